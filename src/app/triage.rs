//! What people say about things on the board: seen, not now, a note, watched.

use std::{collections::HashMap, sync::Arc};

use chrono::Duration;

use crate::{
    domain::{Instant, ReleaseId, Text, Triage, TriageChange, TriageEntry, TriageKind, TriageSubject, Wake},
    insight::{Subject, when, words},
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
    /// The change that undoes the last one, and until when it does.
    undo: Option<(TriageChange, Instant)>,
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

impl State {
    /// Takes what people said.
    pub(super) fn hear(&mut self, all: Arc<Triage>) {
        self.said.by_subject.clear();
        for (index, entry) in all.entries.iter().enumerate() {
            self.said.by_subject.entry(entry.subject.clone()).or_default().push(index);
        }
        self.said.all = all;
    }

    /// What was said of `subject`, in the release that is shown, and still counts: oldest first.
    pub(crate) fn said_of(&self, subject: &Subject, now: Instant) -> Vec<&TriageEntry> {
        let Some(about) = about(subject, self.release.as_ref()) else { return Vec::new() };
        let counts = |entry: &&TriageEntry| !entry.is_over(now) && !self.woke(subject, entry);
        self.said.of(&about).filter(counts).collect()
    }

    /// The letter that says what was said of a row: `z` put off, `a` seen, `w` watched by who
    /// looks, `n` a note.
    pub(crate) fn said_mark(&self, row: Row, now: Instant) -> Option<&'static str> {
        if self.said.by_subject.is_empty() {
            return None;
        }
        let subject = self.subject_of(row)?;
        let said = self.said_of(&subject, now);
        let letter = |entry: &&TriageEntry| match entry.kind {
            TriageKind::Snoozed(_) => Some((0, "z")),
            TriageKind::Acknowledged => Some((1, "a")),
            TriageKind::Watched => (entry.who == self.said.user).then_some((2, "w")),
            TriageKind::Note => Some((3, "n")),
        };
        said.iter().filter_map(letter).min().map(|(_, letter)| letter)
    }

    /// Put off until it changes, and it did.
    fn woke(&self, subject: &Subject, entry: &TriageEntry) -> bool {
        match &entry.kind {
            TriageKind::Snoozed(Wake::Change(was)) => self.stands(subject).is_some_and(|is| is != *was),
            _ => false,
        }
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
            Subject::Source(id) => {
                format!("{:?}", self.board.health.iter().find(|health| health.id == *id)?.state)
            }
            Subject::Environment(_) | Subject::Card(_) | Subject::CardRow(..) => return None,
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
        Subject::Environment(_) | Subject::Card(_) | Subject::CardRow(..) => return None,
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

/// Says it, or takes it back.
pub(super) fn tell(state: &mut State, saying: &Saying<'_>, now: Instant, effects: &mut Vec<Effect>) {
    if state.past.is_some() {
        return say(state, "this is the past: = is now", now, effects);
    }
    let Some((subject, about)) = state.pointed_at() else {
        return say(state, "nothing is selected", now, effects);
    };
    let (kind, words, done) = match saying {
        Saying::Acknowledge(words) => (TriageKind::Acknowledged, *words, "acknowledged".to_owned()),
        Saying::Note(words) => (TriageKind::Note, *words, "noted".to_owned()),
        Saying::Watch => (TriageKind::Watched, "", "watched".to_owned()),
        Saying::Snooze(until) => {
            if let Some((wake, words)) = wake(state, &subject, until, now) {
                (TriageKind::Snoozed(wake), "", words)
            } else {
                let said = format!("\"{until}\" is no length; write 4h, 2d, 1w or changed");
                return say(state, said, now, effects);
            }
        }
    };
    let entry = TriageEntry {
        subject: about.clone(),
        kind,
        who: state.said.user.clone(),
        at: now,
        text: Text::new(words),
    };
    let known = state.said_of(&subject, now);
    let replaced = known.into_iter().find(|known| entry.replaces(known)).cloned();
    let again = match saying {
        Saying::Acknowledge(words) | Saying::Snooze(words) => words.is_empty(),
        Saying::Watch => true,
        Saying::Note(_) => false,
    };
    let (change, undo, done) = match replaced {
        Some(replaced) if again => {
            let change = TriageChange { withdrawn: Some(replaced.clone()), said: None };
            (change, TriageChange { withdrawn: None, said: Some(replaced) }, format!("no longer {done}"))
        }
        replaced => {
            let undo = TriageChange { withdrawn: Some(entry.clone()), said: replaced };
            (TriageChange { withdrawn: None, said: Some(entry) }, undo, done)
        }
    };
    let key = state.keys.keys(state.context(), super::Command::Undo);
    let key = key.first().map(|key| format!(", {key} undoes it")).unwrap_or_default();
    state.said.undo = Some((undo, now + UNDO));
    state.undo = Some(super::Undo::Said);
    effects.push(Effect::Note(change));
    say(state, format!("{}: {done}{key}", name(&about)), now, effects);
}

/// Until when something is put off, and that in words.
fn wake(state: &State, subject: &Subject, until: &str, now: Instant) -> Option<(Wake, String)> {
    let until = until.trim();
    if until == "changed" {
        return Some((Wake::Change(state.stands(subject)?), "put off until it changes".to_owned()));
    }
    let length = if until.is_empty() { SNOOZE } else { when::length(until)? };
    let length = Some(length).filter(|length| *length > Duration::zero() && *length <= LONGEST_SNOOZE)?;
    let at = now + length;
    let day = words::day_and_time(at, &state.board.policy.calendar);
    Some((Wake::At(at), format!("put off until {day}")))
}

/// Takes back what was said last.
pub(super) fn undo(state: &mut State, now: Instant, effects: &mut Vec<Effect>) {
    match state.said.undo.take().filter(|(_, until)| now <= *until) {
        Some((change, _)) => {
            effects.push(Effect::Note(change));
            say(state, "undone", now, effects);
        }
        None => say(state, "there is nothing to undo: what was said can be for 10 seconds", now, effects),
    }
}
