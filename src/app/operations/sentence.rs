//! What an operation does, in words: before it is confirmed, while it waits, and after it ended.

use crate::{
    domain::Text,
    insight::Subject,
    source::operation::{MergeMethod, Operation, PullRequestOperation, StoryOperation},
};

use super::{Progress, State};

/// Characters of a commit that are shown.
const SHORT_COMMIT: usize = 7;
/// Characters of a title that are said in the sentence.
const LONGEST_TITLE: usize = 120;

/// What is asked for, as a person reads it before saying yes.
pub(super) struct Sentence {
    /// All of it: what, which row, at which commit, into what, where, as whom.
    pub(super) whole: Text,
    /// `merge api#812`.
    pub(super) short: Text,
    /// As whom, as far as that is known.
    pub(super) account: Option<Text>,
}

/// Words for `operation` on the row of `subject`.
pub(super) fn sentence(state: &State, subject: &Subject, operation: &Operation) -> Sentence {
    let source = state.operations.operators.source(operation);
    let health = source.and_then(|source| state.board.health.iter().find(|health| health.id == *source));
    let is_viewer = state.operations.is_viewer;
    let account = health.and_then(|health| health.account.clone()).filter(|_| !is_viewer);
    // The two forges do some of it differently, and a person shall know how.
    let is_gitlab = source.is_some_and(|source| source.as_str().starts_with("gitlab"));
    let (what, row, rest, url) = match (operation, subject) {
        (Operation::PullRequest(target, operation), Subject::PullRequest(id)) => {
            let row = state.pull_request(id).map(|row| &row.pull_request);
            let title = row.map(|row| title(&row.title)).unwrap_or_default();
            let base = row.map_or("its base", |row| row.base.as_str());
            let at = target.head.as_ref().map(|head| format!(" at {}", commit(head))).unwrap_or_default();
            let row_name = format!("{}#{}", target.repository, target.number);
            let (what, rest) = on_pull_request(operation, &at, base, is_gitlab);
            (what, (row_name, title), rest, row.and_then(|row| row.url.clone()))
        }
        (Operation::Story(key, operation), _) => {
            let row = state.story(key).map(|row| &row.story);
            let title = row.map(|row| title(&row.title)).unwrap_or_default();
            let (what, rest) = on_story(operation);
            (what, (key.to_string(), title), rest, row.and_then(|row| row.url.clone()))
        }
        (Operation::PullRequest(target, operation), _) => {
            let (what, rest) = on_pull_request(operation, "", "its base", is_gitlab);
            (what, (format!("{}#{}", target.repository, target.number), String::new()), rest, None)
        }
    };
    let (row, title) = row;
    let place = url.as_deref().and_then(host).or(source.map(crate::domain::SourceId::as_str));
    let place = place.map(|place| format!(" at {place}")).unwrap_or_default();
    let whom = account.as_ref().map_or_else(
        || " as whoever your credentials belong to".to_owned(),
        |account| format!(" as {account}"),
    );
    let title = if title.is_empty() { title } else { format!(" {title}") };
    Sentence {
        whole: Text::new(format!("{what} {row}{title}{rest}{place}{whom}")),
        short: Text::new(format!("{} {row}", brief(operation))),
        account,
    }
}

/// A text as it is in a question: its beginning, and how much there is, where it is long.
fn said(text: &str) -> String {
    const LONGEST: usize = 200;
    let characters = text.chars().count();
    if characters <= LONGEST {
        return format!(": “{text}”");
    }
    let begin: String = text.chars().take(LONGEST).collect();
    format!(": “{begin}…” ({characters} characters, {} lines)", text.lines().count())
}

fn on_pull_request(
    operation: &PullRequestOperation,
    at: &str,
    base: &str,
    is_gitlab: bool,
) -> (String, String) {
    use PullRequestOperation as P;
    match operation {
        P::Comment(text) => ("comment on".to_owned(), said(text)),
        P::Approve(None) => ("approve".to_owned(), at.to_owned()),
        P::Approve(Some(text)) => ("approve".to_owned(), format!("{at}{}", said(text))),
        P::RequestReview(people) => (format!("ask {} to review", names(people)), String::new()),
        P::Merge(method) => {
            (self::method(*method).to_owned(), format!("{at} into {base}{}", which(*method, is_gitlab)))
        }
        P::MergeWhenReady(method) => {
            let what = format!("once it may be merged, {}", self::method(*method));
            (what, format!("{at} into {base}{}", which(*method, is_gitlab)))
        }
        P::RunFailedChecksAgain => ("run the failed checks of".to_owned(), format!("{at} again")),
        P::UpdateBranch if is_gitlab => (format!("rebase onto {base} the branch of"), at.to_owned()),
        P::UpdateBranch => (format!("merge {base} into the branch of"), at.to_owned()),
        P::MarkReady => ("declare ready for review".to_owned(), String::new()),
        P::Close => ("close without merging".to_owned(), String::new()),
        P::Assign(people) => assign(people),
        P::Move(release) => moved(release.as_ref()),
    }
}

fn on_story(operation: &StoryOperation) -> (String, String) {
    use StoryOperation as S;
    match operation {
        S::Comment(text) => ("comment on".to_owned(), said(text)),
        S::Assign(people) => assign(people),
        S::Move(release) => moved(release.as_ref()),
        S::SetPriority(priority) => (format!("set the priority {priority} of"), String::new()),
        S::Transition(status) => ("move".to_owned(), format!(" to the status “{status}”")),
    }
}

fn assign(people: &[Text]) -> (String, String) {
    ("give".to_owned(), format!(" to {}", names(people)))
}

fn moved(release: Option<&Text>) -> (String, String) {
    match release {
        Some(release) => ("move".to_owned(), format!(" to the release {release}")),
        None => ("take".to_owned(), " out of its release".to_owned()),
    }
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

fn title(title: &Text) -> String {
    let mut characters = title.chars();
    let mut short: String = characters.by_ref().take(LONGEST_TITLE).collect();
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
