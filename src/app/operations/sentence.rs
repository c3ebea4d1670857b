//! What an operation does, in words: before it is confirmed, while it waits, and after it ended.

use crate::{
    domain::{Prose, Text},
    insight::{Subject, words},
    source::operation::{MergeMethod, Operation, PullRequestOperation, StoryOperation},
};

use super::{Progress, State};

/// Characters of a commit that are shown.
const SHORT_COMMIT: usize = 7;
/// Characters of a title that are said in the sentence.
const LONGEST_TITLE: usize = 120;

/// What is asked for, as a person reads it before saying yes: its parts, in their order. Each part
/// brings its own blank or comma before it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sentence {
    /// `squash and merge`.
    what: String,
    /// `api#812`.
    row: String,
    /// ` Refund webhook retries`.
    title: String,
    /// ` at 1a2b3c4`.
    at: String,
    /// ` into main`.
    to: String,
    /// `, by the project's own method`.
    how: String,
    /// ` at github.com`.
    place: String,
    /// ` as ana`.
    whom: String,
    /// What is written, whole.
    text: Option<Prose>,
}

/// The parts that sentences which are asked together can share.
const SHARED: usize = 5;

impl Sentence {
    fn shared(&self) -> [&str; SHARED] {
        [&self.what, &self.to, &self.how, &self.place, &self.whom]
    }

    /// All of it, with the beginning of what is written: for the log.
    fn whole(&self) -> String {
        let Self { what, row, title, at, to, how, place, whom, text } = self;
        let text = text.as_ref().map(|text| said(text.as_str())).unwrap_or_default();
        format!("{what} {row}{title}{at}{to}{how}{text}{place}{whom}")
    }
}

/// What is asked of some rows: what is the same for all of them is said once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Together<'a> {
    /// `squash and merge each into main at github.com as ana`; empty where there is one row only, or
    /// nothing is the same.
    pub(crate) head: String,
    /// What is written, where it is the same for several rows.
    pub(crate) text: Option<&'a Prose>,
    /// Each row, with what is written on it alone.
    pub(crate) rows: Vec<(String, Option<&'a Prose>)>,
}

/// `sentences` together.
pub(crate) fn together<'a>(sentences: &[&'a Sentence]) -> Together<'a> {
    let Some((first, rest)) = sentences.split_first() else { return Together::default() };
    let has_several = !rest.is_empty();
    let is_same: [bool; SHARED] = std::array::from_fn(|part| {
        has_several && rest.iter().all(|other| other.shared()[part] == first.shared()[part])
    });
    let has_same_text = has_several && rest.iter().all(|other| other.text == first.text);
    let [what, to, how, place, whom]: [&str; SHARED] =
        std::array::from_fn(|part| if is_same[part] { first.shared()[part] } else { "" });
    let blank = if what.is_empty() { "" } else { " " };
    let mut head = format!("{what}{blank}each{to}{how}{place}{whom}");
    if !is_same.contains(&true) {
        head.clear();
    }
    let row = |sentence: &&'a Sentence| {
        let [what, to, how, place, whom]: [&str; SHARED] =
            std::array::from_fn(|part| if is_same[part] { "" } else { sentence.shared()[part] });
        let Sentence { row, title, at, text, .. } = *sentence;
        let blank = if what.is_empty() { "" } else { " " };
        let text = text.as_ref().filter(|_| !has_same_text);
        (format!("{what}{blank}{row}{title}{at}{to}{how}{place}{whom}"), text)
    };
    Together {
        head,
        text: first.text.as_ref().filter(|_| has_same_text),
        rows: sentences.iter().map(row).collect(),
    }
}

/// What is asked of one row, in words.
pub(super) struct Worded {
    /// Its parts.
    pub(super) sentence: Sentence,
    /// All of it: what, which row, at which commit, into what, where, as whom.
    pub(super) whole: Text,
    /// `merge api#812`.
    pub(super) short: Text,
    /// As whom, as far as that is known.
    pub(super) account: Option<Text>,
}

/// Words for `operation` on the row of `subject`.
pub(super) fn sentence(state: &State, subject: &Subject, operation: &Operation) -> Worded {
    let source = state.operations.operators.source(operation);
    let health = source.and_then(|source| state.board.health.iter().find(|health| health.id == *source));
    let is_viewer = state.operations.is_viewer;
    let account = health.and_then(|health| health.account.clone()).filter(|_| !is_viewer);
    // The two forges do some of it differently, and a person shall know how.
    let is_gitlab = source.is_some_and(|source| source.as_str().starts_with("gitlab"));
    let (mut sentence, url) = match (operation, subject) {
        (Operation::PullRequest(target, operation), Subject::PullRequest(id)) => {
            let row = state.pull_request(id).map(|row| &row.pull_request);
            let title = row.map(|row| title(&row.title)).unwrap_or_default();
            let base = row.map_or("its base", |row| row.base.as_str());
            let at = target.head.as_ref().map(|head| format!(" at {}", commit(head))).unwrap_or_default();
            let name = format!("{}#{}", target.repository, target.number);
            let sentence = on_pull_request(operation, at, base, is_gitlab);
            (Sentence { row: name, title, ..sentence }, row.and_then(|row| row.url.clone()))
        }
        (Operation::Story(key, operation), _) => {
            let row = state.story(key).map(|row| &row.story);
            let title = row.map(|row| title(&row.title)).unwrap_or_default();
            let sentence = Sentence { row: key.to_string(), title, ..on_story(operation) };
            (sentence, row.and_then(|row| row.url.clone()))
        }
        (Operation::PullRequest(target, operation), _) => {
            let name = format!("{}#{}", target.repository, target.number);
            let sentence = on_pull_request(operation, String::new(), "its base", is_gitlab);
            (Sentence { row: name, ..sentence }, None)
        }
    };
    let place = url.as_deref().and_then(host).or(source.map(crate::domain::SourceId::as_str));
    sentence.place = place.map(|place| format!(" at {place}")).unwrap_or_default();
    sentence.whom = account.as_ref().map_or_else(
        || " as whoever your credentials belong to".to_owned(),
        |account| format!(" as {account}"),
    );
    Worded {
        whole: Text::new(sentence.whole()),
        short: Text::new(format!("{} {}", brief(operation), sentence.row)),
        sentence,
        account,
    }
}

/// A text as it is in the log: its beginning, and how much there is, where it is long.
fn said(text: &str) -> String {
    const LONGEST: usize = 200;
    let characters = text.chars().count();
    if characters <= LONGEST {
        return format!(": “{text}”");
    }
    let begin: String = text.chars().take(LONGEST).collect();
    let lines = words::count(text.lines().count(), "line", "lines");
    format!(": “{begin}…” ({characters} characters, {lines})")
}

fn on_pull_request(operation: &PullRequestOperation, at: String, base: &str, is_gitlab: bool) -> Sentence {
    use PullRequestOperation as P;
    let asks = |what: &str| Sentence { what: what.to_owned(), ..Sentence::default() };
    let merges = |what: &str, method: Option<MergeMethod>, at: String| Sentence {
        what: format!("{what}{}", self::method(method)),
        at,
        to: format!(" into {base}"),
        how: which(method, is_gitlab).to_owned(),
        ..Sentence::default()
    };
    match operation {
        P::Comment(text) => Sentence { text: Some(Prose::new(text)), ..asks("comment on") },
        P::Approve(None) => Sentence { at, ..asks("approve") },
        P::Approve(Some(text)) => Sentence { at, text: Some(Prose::new(text)), ..asks("approve") },
        P::RequestReview(people) => asks(&format!("ask {} to review", names(people))),
        P::Merge(method) => merges("", *method, at),
        P::MergeWhenReady(method) => merges("once it may be merged, ", *method, at),
        P::RunFailedChecksAgain => {
            Sentence { at, to: " again".to_owned(), ..asks("run the failed checks of") }
        }
        P::UpdateBranch if is_gitlab => Sentence { at, ..asks(&format!("rebase onto {base} the branch of")) },
        P::UpdateBranch => Sentence { at, ..asks(&format!("merge {base} into the branch of")) },
        P::MarkReady => asks("declare ready for review"),
        P::Close => asks("close without merging"),
        P::Assign(people) => assign(people),
        P::Move(release) => moved(release.as_ref()),
    }
}

fn on_story(operation: &StoryOperation) -> Sentence {
    use StoryOperation as S;
    let asks = |what: &str| Sentence { what: what.to_owned(), ..Sentence::default() };
    match operation {
        S::Comment(text) => Sentence { text: Some(Prose::new(text)), ..asks("comment on") },
        S::Assign(people) => assign(people),
        S::Move(release) => moved(release.as_ref()),
        S::SetPriority(priority) => asks(&format!("set the priority {priority} of")),
        S::Transition(status) => Sentence { to: format!(" to the status “{status}”"), ..asks("move") },
    }
}

fn assign(people: &[Text]) -> Sentence {
    Sentence { what: "give".to_owned(), to: format!(" to {}", names(people)), ..Sentence::default() }
}

fn moved(release: Option<&Text>) -> Sentence {
    let (what, to) = match release {
        Some(release) => ("move", format!(" to the release {release}")),
        None => ("take", " out of its release".to_owned()),
    };
    Sentence { what: what.to_owned(), to, ..Sentence::default() }
}

fn names(people: &[Text]) -> String {
    people.iter().map(Text::as_str).collect::<Vec<_>>().join(", ")
}

fn method(method: Option<MergeMethod>) -> &'static str {
    match method {
        None => "merge",
        Some(MergeMethod::Merge) => "merge with a commit of its own",
        Some(MergeMethod::Squash) => "squash and merge",
        Some(MergeMethod::Rebase) => "rebase and merge",
    }
}

/// Nobody said how.
fn which(method: Option<MergeMethod>, is_gitlab: bool) -> &'static str {
    match method {
        None if is_gitlab => ", by the project's own method",
        None => ", by the first method that the repository allows of merge commit, squash, rebase",
        Some(_) => "",
    }
}

/// A title with a blank before it.
fn title(title: &Text) -> String {
    let mut characters = title.chars().peekable();
    let mut short = String::new();
    if characters.peek().is_some() {
        short.push(' ');
    }
    short.extend(characters.by_ref().take(LONGEST_TITLE));
    if characters.next().is_some() {
        short.push('…');
    }
    short
}

fn commit(head: &str) -> &str {
    head.char_indices().nth(SHORT_COMMIT).map_or(head, |(end, _)| &head[..end])
}

/// The host of an address, without a user.
fn host(url: &str) -> Option<&str> {
    let rest = url.split_once("://")?.1;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    (!host.is_empty()).then_some(host)
}

/// What an operation is, in one or two words: `merge`.
pub(crate) fn brief(operation: &Operation) -> &'static str {
    use PullRequestOperation as P;
    use StoryOperation as S;
    match operation {
        Operation::PullRequest(_, P::Approve(_)) => "approve",
        Operation::PullRequest(_, P::Comment(_)) | Operation::Story(_, S::Comment(_)) => "comment on",
        Operation::PullRequest(_, P::RequestReview(_)) => "ask for a review of",
        Operation::PullRequest(_, P::Merge(_)) => "merge",
        Operation::PullRequest(_, P::MergeWhenReady(_)) => "merge when ready",
        Operation::PullRequest(_, P::RunFailedChecksAgain) => "run failed checks of",
        Operation::PullRequest(_, P::UpdateBranch) => "update the branch of",
        Operation::PullRequest(_, P::MarkReady) => "mark ready",
        Operation::PullRequest(_, P::Close) => "close",
        Operation::PullRequest(_, P::Assign(_)) | Operation::Story(_, S::Assign(_)) => "assign",
        Operation::PullRequest(_, P::Move(_)) | Operation::Story(_, S::Move(_)) => "move",
        Operation::Story(_, S::SetPriority(_)) => "set the priority of",
        Operation::Story(_, S::Transition(_)) => "change the status of",
    }
}

/// How far it is, for its row: `waits`, `merged as 4f2a9c1`.
pub(crate) fn progress(progress: &Progress) -> String {
    match progress {
        Progress::Waits => "waits".to_owned(),
        Progress::Sent(_) => "sent, no answer yet".to_owned(),
        Progress::Unclear { looking: true, .. } => "unclear, looking".to_owned(),
        Progress::Unclear { problem, .. } => format!("unclear whether done: {}", problem.what),
        Progress::Done(done) => done.what.to_string(),
        Progress::NotDone(problem) => format!("not done: {}", problem.what),
        Progress::Moved(problem) => format!("not done, it moved: {}", problem.what),
        Progress::FoundNotDone => "looked: it was not done".to_owned(),
        Progress::CannotTell(problem) => format!("cannot be told: {}", problem.what),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn merge(row: &str, method: &str, place: &str) -> Sentence {
        Sentence {
            what: method.to_owned(),
            row: row.to_owned(),
            title: " Retries".to_owned(),
            at: " at 1a2b3c4".to_owned(),
            to: " into main".to_owned(),
            place: place.to_owned(),
            whom: " as ana".to_owned(),
            ..Sentence::default()
        }
    }

    fn comment(row: &str, text: &str) -> Sentence {
        Sentence { text: Some(Prose::new(text)), what: "comment on".to_owned(), ..merge(row, "", "") }
    }

    #[test]
    fn what_is_the_same_for_all_rows_is_said_once() {
        let (one, other) =
            (merge("api#1", "merge", " at a.example"), merge("api#2", "merge", " at a.example"));
        let alone = together(&[&one]);
        assert_eq!(alone.head, "");
        assert_eq!(alone.rows[0].0, "merge api#1 Retries at 1a2b3c4 into main at a.example as ana");
        let both = together(&[&one, &other]);
        assert_eq!(both.head, "merge each into main at a.example as ana");
        let rows: Vec<&str> = both.rows.iter().map(|(row, _)| row.as_str()).collect();
        assert_eq!(rows, ["api#1 Retries at 1a2b3c4", "api#2 Retries at 1a2b3c4"]);
        // What differs stays at its row.
        let (squash, elsewhere) =
            (merge("api#2", "squash and merge", " at a.example"), merge("web#3", "merge", " at b.example"));
        let mixed = together(&[&one, &squash, &elsewhere]);
        assert_eq!(mixed.head, "each into main as ana");
        assert_eq!(mixed.rows[1].0, "squash and merge api#2 Retries at 1a2b3c4 at a.example");
    }

    #[test]
    fn what_is_written_is_whole_and_once_where_it_is_the_same() {
        let long = "word ".repeat(100);
        let (one, same, other) =
            (comment("api#1", &long), comment("api#2", &long), comment("api#3", "short"));
        let alone = together(&[&one]);
        assert_eq!((alone.text, alone.rows[0].1.unwrap().as_str()), (None, long.trim_end()));
        let both = together(&[&one, &same]);
        assert_eq!(both.text.unwrap().as_str(), long.trim_end());
        assert!(both.rows.iter().all(|(_, text)| text.is_none()));
        let different = together(&[&one, &other]);
        assert_eq!((different.text, different.rows[1].1.unwrap().as_str()), (None, "short"));
        // The log has its beginning, and counts the rest.
        assert!(one.whole().contains("…” (499 characters, 1 line)"), "{}", one.whole());
    }
}
