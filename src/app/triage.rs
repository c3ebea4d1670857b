//! What people say about things on the board: seen, not now, a note, watched.

use std::{collections::HashMap, sync::Arc};

use chrono::Duration;

use crate::{
    domain::{
        CheckOutcome, Instant, ReleaseId, Text, Triage, TriageChange, TriageEntry, TriageKind, TriageSubject,
        Wake, WakeEvent,
    },
    insight::{
        Change, DeploymentRow, GateName, PullRequestRow, StoryRow, Subject, query::SaidOf, triage_subject,
        when, words,
    },
};

use super::{Effect, ListId, Overlay, Row, State, update::say};

/// How long what was said can be undone.
const UNDO: Duration = Duration::seconds(10);
/// How long something is put off if nobody says how long.
const SNOOZE: Duration = Duration::days(1);
/// The longest that something is put off.
const LONGEST_SNOOZE: Duration = Duration::days(366);

/// What people said, by what it is about.
#[derive(Clone, Debug, Default)]
pub struct Said {
    all: Arc<Triage>,
    by_subject: HashMap<TriageSubject, Vec<usize>>,
    /// Who looks at the screen.
    pub(super) user: Text,
    /// The changes that undo what was said last, and until when they do.
    undo: Option<(Vec<TriageChange>, Instant)>,
}

impl Said {
    pub(super) fn by(user: Text) -> Self {
        Self { user, ..Self::default() }
    }

    /// All that was said.
    pub(super) fn all(&self) -> Arc<Triage> {
        Arc::clone(&self.all)
    }

    fn of<'a>(&'a self, subject: &TriageSubject) -> impl Iterator<Item = &'a TriageEntry> + use<'a> {
        let indices = self.by_subject.get(subject).map(Vec::as_slice).unwrap_or_default();
        indices.iter().filter_map(|index| self.all.entries.get(*index))
    }
}

impl Said {
    /// What was said of a pull request, for a query.
    pub(super) fn of_pull_request(&self, row: &PullRequestRow, now: Instant) -> SaidOf {
        self.flags(&TriageSubject::PullRequest(row.pull_request.id.clone()), now, |event| {
            pull_request_stands(row, event)
        })
    }

    /// What was said of a story, for a query.
    pub(super) fn of_story(&self, row: &StoryRow, now: Instant) -> SaidOf {
        let subject = TriageSubject::Story(row.story.key.clone());
        self.flags(&subject, now, |event| event.is_none().then(|| row.story.status.clone()))
    }

    /// What was said of a deployment, for a query.
    pub(super) fn of_deployment(&self, row: &DeploymentRow, now: Instant) -> SaidOf {
        let subject = TriageSubject::Deployment(row.deployment.id.clone());
        self.flags(&subject, now, |event| {
            event.is_none().then(|| Text::new(format!("{:?}", row.deployment.state)))
        })
    }

    fn flags(
        &self,
        about: &TriageSubject,
        now: Instant,
        stands: impl Fn(Option<WakeEvent>) -> Option<Text>,
    ) -> SaidOf {
        let mut flags = SaidOf::default();
        let counts = |entry: &&TriageEntry| !entry.is_over(now) && !woke(entry, &stands);
        for entry in self.of(about).filter(counts) {
            match entry.kind {
                TriageKind::Snoozed(_) => flags.snoozed = true,
                TriageKind::Acknowledged => flags.acknowledged = true,
                TriageKind::Watched => flags.watched |= entry.who == self.user,
                TriageKind::Note | TriageKind::Started | TriageKind::Finished => {}
            }
        }
        flags
    }
}

/// Put off until something happens, and it did.
fn woke(entry: &TriageEntry, stands: impl Fn(Option<WakeEvent>) -> Option<Text>) -> bool {
    match &entry.kind {
        TriageKind::Snoozed(Wake::Change(was)) => stands(None).is_some_and(|is| is != *was),
        TriageKind::Snoozed(Wake::Event(event, was)) => stands(Some(*event)).is_some_and(|is| is != *was),
        _ => false,
    }
}

/// How a pull request stands, in words that are others after `event`; none: after it went on.
pub(super) fn pull_request_stands(row: &PullRequestRow, event: Option<WakeEvent>) -> Option<Text> {
    let pull_request = &row.pull_request;
    Some(match event {
        None => Text::new(row.stage.word()),
        Some(WakeEvent::Commit) => pull_request.head.clone()?,
        // Of those that run now, which are over does not matter: all must be.
        Some(WakeEvent::Checks) => {
            let runs = pull_request.checks.iter().any(|check| check.outcome == CheckOutcome::Running);
            Text::new(if runs { "running" } else { "over" })
        }
        Some(WakeEvent::Review) => Text::new(pull_request.reviews.len().to_string()),
    })
}

impl State {
    /// All that was said about something, oldest first.
    pub(super) fn said_about<'a>(
        &'a self,
        subject: &TriageSubject,
    ) -> impl Iterator<Item = &'a TriageEntry> + use<'a> {
        self.said.of(subject)
    }

    /// Who looks at the screen.
    pub(super) fn user(&self) -> &Text {
        &self.said.user
    }

    /// Takes what people said.
    pub(super) fn hear(&mut self, all: Arc<Triage>, now: Instant) {
        self.said.by_subject.clear();
        for (index, entry) in all.entries.iter().enumerate() {
            self.said.by_subject.entry(entry.subject.clone()).or_default().push(index);
        }
        self.said.all = all;
        self.show_study(now);
        self.arrange(ListId::CardRows);
        self.arrange_said();
    }

    /// What was said of `subject`, in the release that is shown, and still counts: oldest first.
    pub(crate) fn said_of(&self, subject: &Subject, now: Instant) -> Vec<&TriageEntry> {
        let Some(about) = about(subject, self.release.as_ref()) else { return Vec::new() };
        let counts = |entry: &&TriageEntry| !entry.is_over(now) && !self.woke(subject, entry);
        self.said.of(&about).filter(counts).collect()
    }

    /// The letter that says what was said of a row: `z` put off, `a` seen, `w` watched by who
    /// looks (`W` where it changed since the board that is compared with), `n` a note.
    pub(crate) fn said_mark(&self, row: Row, now: Instant) -> Option<&'static str> {
        if self.said.by_subject.is_empty() {
            return None;
        }
        let subject = self.subject_of(row)?;
        let said = self.said_of(&subject, now);
        let letter = |entry: &&TriageEntry| match entry.kind {
            TriageKind::Snoozed(_) => Some((0, "z")),
            TriageKind::Acknowledged => Some((1, "a")),
            TriageKind::Watched if entry.who != self.said.user => None,
            TriageKind::Watched => Some((2, if self.has_changed(&subject) { "W" } else { "w" })),
            TriageKind::Note => Some((3, "n")),
            TriageKind::Started | TriageKind::Finished => None,
        };
        said.iter().filter_map(letter).min().map(|(_, letter)| letter)
    }

    /// It is among the changes since the board that is compared with.
    fn has_changed(&self, subject: &Subject) -> bool {
        let changes = self.comparison.changes.as_deref();
        let is_of =
            |release: &Option<ReleaseId>| !matches!(subject, Subject::Gate(_)) || *release == self.release;
        let is_it = |change: &Change| change.subject == *subject && is_of(&change.release);
        changes.is_some_and(|changes| changes.changes.iter().any(is_it))
    }

    /// Put off until it changes, and it did.
    fn woke(&self, subject: &Subject, entry: &TriageEntry) -> bool {
        woke(entry, |event| match (event, subject) {
            (None, _) => self.stands(subject),
            (Some(event), Subject::PullRequest(id)) => {
                pull_request_stands(self.pull_request(id)?, Some(event))
            }
            (Some(_), _) => None,
        })
    }

    /// How something stands, in words that are others when it stands otherwise.
    fn stands(&self, subject: &Subject) -> Option<Text> {
        let said = match subject {
            Subject::Story(key) => return Some(self.story(key)?.story.status.clone()),
            Subject::PullRequest(id) => self.pull_request(id)?.stage.word().to_owned(),
            Subject::Deployment(id) => format!("{:?}", self.deployment(id)?.deployment.state),
            Subject::Gate(name) => {
                let gate = self.release()?.gates.iter().find(|gate| gate.name == *name)?;
                format!("{} {}", gate.answer.word(), gate.measured)
            }
            Subject::Release(id) => outlook(self.board.release(id)?),
            Subject::Headline | Subject::BurnDown | Subject::Day(_) => outlook(self.release()?),
            Subject::Suite(name) => self.release()?.suite(name)?.failed.to_string(),
            Subject::Test(suite, name) => {
                format!("{}", self.release()?.test(suite, name)?.1.fails())
            }
            Subject::Source(id) => {
                format!("{:?}", self.board.health.iter().find(|health| health.id == *id)?.state)
            }
            Subject::CardRow(card, row) => return self.insights.stands(*card, row).cloned(),
            Subject::Environment(_) | Subject::Component(..) | Subject::Card(_) | Subject::Remedy(_) => {
                return None;
            }
        };
        Some(Text::new(said))
    }

    /// What is selected, and the release that it is of.
    fn pointed_at(&self) -> Option<(Subject, TriageSubject)> {
        let (subject, release) = if let Some(Overlay::Item { subject, .. } | Overlay::Why { subject, .. }) =
            self.overlays.last()
        {
            (subject.clone(), None)
        } else {
            let change = match (self.active_list(), self.comparison.changes.as_deref()) {
                (Some(ListId::Changes), Some(changes)) => match self.list(ListId::Changes).row() {
                    Some(Row::Change(index)) => changes.changes.get(index as usize),
                    _ => None,
                },
                _ => None,
            };
            (self.subject(), change.and_then(|change| change.release.clone()))
        };
        let about = about(&subject, release.as_ref().or(self.release.as_ref()))?;
        Some((subject, about))
    }
}

fn outlook(insight: &crate::insight::ReleaseInsight) -> String {
    format!("{} {}", insight.outlook.word(), insight.verdict.word())
}

pub(super) fn about(subject: &Subject, release: Option<&ReleaseId>) -> Option<TriageSubject> {
    Some(match subject {
        Subject::Headline | Subject::BurnDown | Subject::Day(_) => TriageSubject::Release(release?.clone()),
        Subject::Gate(name) => TriageSubject::Gate(release?.clone(), Text::new(name.key())),
        Subject::Story(key) => TriageSubject::Story(key.clone()),
        Subject::PullRequest(id) => TriageSubject::PullRequest(id.clone()),
        Subject::Deployment(id) => TriageSubject::Deployment(id.clone()),
        Subject::Release(id) => TriageSubject::Release(id.clone()),
        Subject::Source(id) => TriageSubject::Source(id.clone()),
        // What is said of tests is said of their gate.
        Subject::Suite(_) | Subject::Test(..) => {
            TriageSubject::Gate(release?.clone(), Text::new(GateName::Tests.key()))
        }
        Subject::CardRow(card, row) => triage_subject(*card, row),
        Subject::Environment(_) | Subject::Component(..) | Subject::Card(_) | Subject::Remedy(_) => {
            return None;
        }
    })
}

/// What it is called, for a message.
fn name(subject: &TriageSubject) -> String {
    match subject {
        TriageSubject::Release(id) => id.to_string(),
        TriageSubject::Gate(release, gate) => format!("gate {gate} of {release}"),
        TriageSubject::Story(key) => key.to_string(),
        TriageSubject::PullRequest(id) => id.to_string(),
        TriageSubject::Deployment(id) => id.to_string(),
        TriageSubject::Source(id) => id.to_string(),
        TriageSubject::Activity(_, activity) => activity.to_string(),
        TriageSubject::CardRow(_, row) => row.to_string(),
    }
}

/// Something to say about what is selected.
pub(super) enum Saying<'a> {
    /// It was seen; said again without words: taken back.
    Acknowledge(&'a str),
    /// Not for so long, or until it changes; said again without a length: taken back.
    Snooze(&'a str),
    /// A note.
    Note(&'a str),
    /// Watched; said again: taken back.
    Watch,
}

/// Says it of the rows that are marked, else of the selected one, or takes it back: of all of
/// them, if it was said of all.
pub(super) fn tell(state: &mut State, saying: &Saying<'_>, now: Instant, effects: &mut Vec<Effect>) {
    if state.past.is_some() {
        return say(state, "this is the past: = is now", now, effects);
    }
    let marked: Vec<_> = state
        .marked()
        .into_iter()
        .filter_map(|subject| {
            let about = about(&subject, state.release.as_ref())?;
            Some((subject, about))
        })
        .collect();
    let pointed = if marked.is_empty() { state.pointed_at().into_iter().collect() } else { marked };
    if pointed.is_empty() {
        return say(state, "nothing is selected", now, effects);
    }
    let again = match saying {
        Saying::Acknowledge(words) | Saying::Snooze(words) => words.is_empty(),
        Saying::Watch => true,
        Saying::Note(_) => false,
    };
    let mut told = Vec::new();
    let mut done = String::new();
    for (subject, about) in pointed {
        let (kind, words) = match saying {
            Saying::Acknowledge(words) => {
                "acknowledged".clone_into(&mut done);
                (TriageKind::Acknowledged, *words)
            }
            Saying::Note(words) => {
                "noted".clone_into(&mut done);
                (TriageKind::Note, *words)
            }
            Saying::Watch => {
                "watched".clone_into(&mut done);
                (TriageKind::Watched, "")
            }
            Saying::Snooze(until) => {
                let Some((wake, words)) = wake(state, &subject, until, now) else {
                    let said = format!(
                        "\"{until}\" is no length; write 4h, 2d, 1w or changed; of a pull request commit, checks, review"
                    );
                    return say(state, said, now, effects);
                };
                done = words;
                (TriageKind::Snoozed(wake), "")
            }
        };
        let who = state.said.user.clone();
        let entry = TriageEntry { subject: about, kind, who, at: now, text: Text::new(words) };
        let replaced = state.said_of(&subject, now).into_iter().find(|known| entry.replaces(known)).cloned();
        told.push((entry, replaced));
    }
    let is_taken_back = again && told.iter().all(|(_, replaced)| replaced.is_some());
    let name = match told.as_slice() {
        [(entry, _)] => name(&entry.subject),
        several => words::count(several.len(), "row", "rows"),
    };
    let mut undo = Vec::new();
    for (entry, replaced) in told {
        if is_taken_back {
            undo.push(TriageChange { withdrawn: None, said: replaced.clone() });
            effects.push(Effect::Note(TriageChange { withdrawn: replaced, said: None }));
        } else {
            undo.push(TriageChange { withdrawn: Some(entry.clone()), said: replaced });
            effects.push(Effect::Note(TriageChange { withdrawn: None, said: Some(entry) }));
        }
    }
    if is_taken_back {
        done = format!("no longer {done}");
    }
    let key = state.keys.keys(state.context(), super::Command::Undo);
    let key = key.first().map(|key| format!(", {key} undoes it")).unwrap_or_default();
    state.said.undo = Some((undo, now + UNDO));
    state.undo = Some(super::Undo::Said);
    say(state, format!("{name}: {done}{key}"), now, effects);
}

/// Until when something is put off, and that in words.
fn wake(state: &State, subject: &Subject, until: &str, now: Instant) -> Option<(Wake, String)> {
    let until = until.trim();
    if until == "changed" {
        return Some((Wake::Change(state.stands(subject)?), "put off until it changes".to_owned()));
    }
    if let Some(event) = WakeEvent::named(until.strip_prefix("until ").unwrap_or(until)) {
        let Subject::PullRequest(id) = subject else { return None };
        let was = pull_request_stands(state.pull_request(id)?, Some(event))?;
        return Some((Wake::Event(event, was), format!("put off until {}", event.word())));
    }
    let length = if until.is_empty() { SNOOZE } else { when::length(until)? };
    let length = Some(length).filter(|length| *length > Duration::zero() && *length <= LONGEST_SNOOZE)?;
    let at = now + length;
    let day = words::day_and_time(at, &state.board.policy.calendar);
    Some((Wake::At(at), format!("put off until {day}")))
}

/// For a while `changes` undo what was said just now.
pub(super) fn can_be_undone(state: &mut State, changes: Vec<TriageChange>, now: Instant) {
    state.said.undo = Some((changes, now + UNDO));
}

/// What is taken back, in words: `undone: api#823 watched`.
fn undone(changes: &[TriageChange]) -> String {
    let Some(change) = changes.first() else { return "undone".to_owned() };
    let Some(entry) = change.withdrawn.as_ref().or(change.said.as_ref()) else { return "undone".to_owned() };
    let word = match &entry.kind {
        TriageKind::Acknowledged => "acknowledged",
        TriageKind::Snoozed(_) => "put off",
        TriageKind::Note => "noted",
        TriageKind::Watched => "watched",
        TriageKind::Started => "started",
        TriageKind::Finished => "finished",
    };
    let what = match changes.len() {
        1 => name(&entry.subject),
        several => words::count(several, "row", "rows"),
    };
    // What was taken back counts again.
    let again = if change.withdrawn.is_none() { " again" } else { "" };
    format!("undone: {what} {word}{again}")
}

/// Takes back what was said last.
pub(super) fn undo(state: &mut State, now: Instant, effects: &mut Vec<Effect>) {
    match state.said.undo.take().filter(|(_, until)| now <= *until) {
        Some((changes, _)) => {
            let said = undone(&changes);
            effects.extend(changes.into_iter().map(Effect::Note));
            say(state, said, now, effects);
        }
        None => say(state, "there is nothing to undo: what was said can be for 10 seconds", now, effects),
    }
}
