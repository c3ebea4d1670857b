//! What people said about things on the board, for everybody who looks at it: seen, not now,
//! a note, watched.

use chrono::Duration;
use serde::{Deserialize, Serialize};

use super::{DeploymentId, Instant, PullRequestId, ReleaseId, SourceId, StoryKey, Text};

/// A thing on the board that people say something about.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TriageSubject {
    /// A release.
    Release(ReleaseId),
    /// A gate of a release, by its name in the configuration.
    Gate(ReleaseId, Text),
    /// A story or defect.
    Story(StoryKey),
    /// A pull request.
    PullRequest(PullRequestId),
    /// A deployment.
    Deployment(DeploymentId),
    /// A source.
    Source(SourceId),
    /// An activity of the runbook of a deployment, by its name.
    Activity(DeploymentId, Text),
    /// A row of a card of the insights: the name of the card, and what the row is called.
    CardRow(Text, Text),
}

/// When something that was put off comes back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wake {
    /// At an instant.
    At(Instant),
    /// When it does not stand any more as it stood then, in words.
    Change(Text),
    /// When this happens to a pull request, which stood so then.
    Event(WakeEvent, Text),
}

/// What can happen to a pull request that somebody waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WakeEvent {
    /// A new commit.
    Commit,
    /// Its checks are over.
    Checks,
    /// A review.
    Review,
}

impl WakeEvent {
    /// The one that is called so.
    pub fn named(name: &str) -> Option<Self> {
        match name {
            "commit" => Some(Self::Commit),
            "checks" => Some(Self::Checks),
            "review" => Some(Self::Review),
            _ => None,
        }
    }

    /// What it is, in words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Commit => "a new commit",
            Self::Checks => "its checks are over",
            Self::Review => "a review",
        }
    }
}

/// What somebody said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TriageKind {
    /// It was seen, and somebody cares.
    Acknowledged,
    /// Not now.
    Snoozed(Wake),
    /// A note.
    Note,
    /// The one who said it wants to hear of every change.
    Watched,
    /// It began: an activity that people start by hand.
    Started,
    /// It ended: an activity that people finish by hand.
    Finished,
}

/// One thing that somebody said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TriageEntry {
    /// About what.
    pub subject: TriageSubject,
    /// What.
    pub kind: TriageKind,
    /// Who said it: the name of a user, as that user's process gave it.
    pub who: Text,
    /// When.
    pub at: Instant,
    /// In words; may be empty but for a note.
    pub text: Text,
}

impl TriageEntry {
    /// Whether it says anew what `other` said: one acknowledgement and one snooze for each
    /// thing, one watch for each thing and person, one beginning and one end, any number of
    /// notes.
    pub fn replaces(&self, other: &Self) -> bool {
        use TriageKind as K;
        self.subject == other.subject
            && match (&self.kind, &other.kind) {
                (K::Acknowledged, K::Acknowledged)
                | (K::Snoozed(_), K::Snoozed(_))
                | (K::Started, K::Started)
                | (K::Finished, K::Finished) => true,
                (K::Watched, K::Watched) => self.who == other.who,
                (K::Note, K::Note) => self == other,
                _ => false,
            }
    }

    /// It says when an activity began or ended.
    pub fn is_step(&self) -> bool {
        matches!(self.kind, TriageKind::Started | TriageKind::Finished)
    }

    /// Whether it is put off until an instant that has come.
    pub fn is_over(&self, now: Instant) -> bool {
        matches!(self.kind, TriageKind::Snoozed(Wake::At(until)) if until <= now)
    }
}

/// A change of what was said: something is taken back, something is said, or both.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TriageChange {
    /// Taken back, if it is still there.
    pub withdrawn: Option<TriageEntry>,
    /// Said.
    pub said: Option<TriageEntry>,
}

/// All that was said and not taken back, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Triage {
    /// What was said.
    pub entries: Vec<TriageEntry>,
}

impl Triage {
    /// The most that is kept; beyond it the oldest goes.
    pub const MOST: usize = 2_000;
    /// The most beginnings and ends of activities that are kept besides: what is planned later
    /// is compared with them.
    pub const MOST_STEPS: usize = 8_000;

    /// What was said of `subject`, oldest first.
    pub fn of(&self, subject: &TriageSubject) -> impl Iterator<Item = &TriageEntry> {
        self.entries.iter().filter(move |entry| entry.subject == *subject)
    }

    /// Forgets what was put off until an instant that is long over.
    pub fn forget(&mut self, now: Instant) {
        self.entries.retain(|entry| {
            !matches!(entry.kind, TriageKind::Snoozed(Wake::At(until)) if now - until > Duration::days(30))
        });
    }

    /// Lets `change` happen.
    pub fn apply(&mut self, change: TriageChange) {
        let TriageChange { withdrawn, said } = change;
        self.entries.retain(|entry| {
            withdrawn.as_ref() != Some(entry) && !said.as_ref().is_some_and(|said| said.replaces(entry))
        });
        self.entries.extend(said);
        let steps = self.entries.iter().filter(|entry| entry.is_step()).count();
        let mut surplus_steps = steps.saturating_sub(Self::MOST_STEPS);
        let mut surplus = (self.entries.len() - steps).saturating_sub(Self::MOST);
        self.entries.retain(|entry| {
            let surplus = if entry.is_step() { &mut surplus_steps } else { &mut surplus };
            let stays = *surplus == 0;
            *surplus = surplus.saturating_sub(1);
            stays
        });
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone as _, Utc};

    use super::*;

    fn said(key: &str, kind: TriageKind, who: &str, minute: u32) -> TriageEntry {
        let at = Utc.with_ymd_and_hms(2026, 11, 22, 9, minute, 0).unwrap();
        let subject = TriageSubject::Story(key.into());
        TriageEntry { subject, kind, who: who.into(), at, text: Text::new("") }
    }

    #[test]
    fn what_is_said_anew_replaces_what_was_said_and_can_be_taken_back() {
        use TriageKind::{Acknowledged, Note, Watched};
        let mut triage = Triage::default();
        let mut say = |entry: &TriageEntry| {
            triage.apply(TriageChange { said: Some(entry.clone()), ..TriageChange::default() });
            triage.entries.len()
        };
        let first = said("PAY-1", Acknowledged, "ada", 1);
        assert_eq!(say(&first), 1);
        assert_eq!(say(&said("PAY-1", Acknowledged, "lee", 2)), 1, "one for each thing");
        assert_eq!(say(&said("PAY-1", Watched, "ada", 3)), 2);
        assert_eq!(say(&said("PAY-1", Watched, "lee", 4)), 3, "everybody watches for themselves");
        assert_eq!(say(&said("PAY-1", Note, "lee", 5)), 4);
        assert_eq!(say(&said("PAY-1", Note, "lee", 6)), 5, "notes follow each other");
        assert_eq!(say(&said("PAY-2", Acknowledged, "ada", 7)), 6);
        // Undone: what it replaced is back.
        triage.apply(TriageChange {
            withdrawn: Some(said("PAY-1", Acknowledged, "lee", 2)),
            said: Some(first.clone()),
        });
        assert_eq!(triage.of(&first.subject).filter(|entry| entry.kind == Acknowledged).count(), 1);
        assert!(triage.entries.contains(&first));
    }

    #[test]
    fn the_oldest_goes_when_there_is_too_much() {
        let mut triage = Triage::default();
        for number in 0..Triage::MOST + 3 {
            let entry = said(&format!("PAY-{number}"), TriageKind::Note, "ada", 1);
            triage.apply(TriageChange { said: Some(entry), ..TriageChange::default() });
        }
        assert_eq!(triage.entries.len(), Triage::MOST);
        assert_eq!(triage.entries[0].subject, TriageSubject::Story("PAY-3".into()));
        // What was done is not pushed out by what was said.
        let step = said("PAY-0", TriageKind::Started, "ada", 1);
        triage.entries.insert(0, step.clone());
        let note = said("PAY-9", TriageKind::Note, "lee", 2);
        triage.apply(TriageChange { said: Some(note), ..TriageChange::default() });
        assert_eq!(triage.entries.len(), Triage::MOST + 1);
        assert_eq!(triage.entries[0], step);
    }
}
