//! What differs between two boards, item by item.
//!
//! ```text
//! before: Board ─┐
//!                ├─ releases, stories, pull_requests, deployments, builds, sources ─ Changes
//! after:  Board ─┘
//! ```
//!
//! An item is compared with what it was on the earlier board. Where no source covered its kind
//! then (the history begins later), what it was is told from its own events, and the change
//! says so: [`Change::rebuilt`].

mod builds;
mod deployments;
mod pull_requests;
mod releases;
mod sources;
mod stories;
#[cfg(test)]
mod tests;

use chrono::Datelike as _;
use serde::{Deserialize, Serialize};

use super::{Board, Subject, words};
use crate::domain::{Instant, Kind, ReleaseId, Text};

/// What differs between two boards.
#[expect(clippy::struct_field_names, reason = "the changes of Changes are what it is about")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// The instant of the earlier board.
    pub from: Instant,
    /// The instant of the later board.
    pub until: Instant,
    /// By group, the newest first; those whose time is not known come last in their group.
    pub changes: Vec<Change>,
    /// Releases that wait for one whose target or scope is another now.
    pub concerned: Vec<Concerned>,
}

/// One thing that is not what it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// How it is counted.
    pub group: ChangeGroup,
    /// What changed: the row to go to. A gate is that of `release`.
    pub subject: Subject,
    /// The release that it belongs to, if it belongs to one.
    pub release: Option<ReleaseId>,
    /// Its name: `PAY-311 Refund webhook retries`.
    pub name: Text,
    /// What is another now: `in review → done`.
    pub what: Text,
    /// Who did it or owns it, where it is known.
    pub who: Option<Text>,
    /// When, where its source tells; else it was at some time between the two boards.
    pub at: Option<Instant>,
    /// Where a person reads more.
    pub url: Option<Text>,
    /// What it was is told from its own events: nothing had been observed yet.
    pub rebuilt: bool,
}

/// How a change is counted, in the order in which changes are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeGroup {
    /// It stands worse: a gate that no longer says go, a failed check, a source that is silent.
    TurnedRed,
    /// It stands well now, and did not.
    TurnedGreen,
    /// It is ready, merged, deployed.
    Done,
    /// It came into a release or onto the board.
    Added,
    /// It left a release or the board.
    Removed,
    /// Its date is later now.
    Slipped,
    /// Anything else: it moved on, its date is earlier, it is no longer no-go but not go either.
    Moved,
}

impl ChangeGroup {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 7] = [
        Self::TurnedRed,
        Self::TurnedGreen,
        Self::Done,
        Self::Added,
        Self::Removed,
        Self::Slipped,
        Self::Moved,
    ];

    /// Its words on the screen.
    pub fn title(self) -> &'static str {
        match self {
            Self::TurnedRed => "turned red",
            Self::TurnedGreen => "turned green",
            Self::Done => "done",
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Slipped => "slipped",
            Self::Moved => "moved",
        }
    }

    /// By how well something stood and stands, 0 being well.
    fn by_rank(before: u8, after: u8) -> Option<Self> {
        match (before, after) {
            (before, after) if before == after => None,
            (before, after) if after > before => Some(Self::TurnedRed),
            (_, 0) => Some(Self::TurnedGreen),
            _ => Some(Self::Moved),
        }
    }

    /// By two dates; a difference under `tolerance` is none.
    fn by_date(before: Instant, after: Instant, tolerance: chrono::Duration) -> Option<Self> {
        let moved = after - before;
        if moved.abs() < tolerance || moved.is_zero() {
            None
        } else if moved > chrono::Duration::zero() {
            Some(Self::Slipped)
        } else {
            Some(Self::Moved)
        }
    }
}

/// A release whose people should hear of a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Concerned {
    /// The release that waits.
    pub release: ReleaseId,
    /// Who answers for it, where it is known.
    pub owner: Option<Text>,
    /// The release that changed.
    pub because_of: ReleaseId,
    /// What changed there: `target, scope`.
    pub what: Text,
}

impl Changes {
    /// What is another on `after` than it was on `before`.
    pub fn between(before: &Board, after: &Board) -> Self {
        let pair = Pair { before, after };
        let mut changes = Vec::new();
        releases::changes(&pair, &mut changes);
        stories::changes(&pair, &mut changes);
        pull_requests::changes(&pair, &mut changes);
        deployments::changes(&pair, &mut changes);
        builds::changes(&pair, &mut changes);
        sources::changes(&pair, &mut changes);
        changes.sort_by(|a, b| {
            let key = |change: &Change| (change.group, std::cmp::Reverse(change.at));
            key(a).cmp(&key(b)).then_with(|| a.subject.cmp(&b.subject))
        });
        let concerned = releases::concerned(&pair, &changes);
        Self { from: before.at, until: after.at, changes, concerned }
    }

    /// Those of `group`.
    pub fn of(&self, group: ChangeGroup) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(move |change| change.group == group)
    }
}

/// Two boards that are compared.
struct Pair<'a> {
    before: &'a Board,
    after: &'a Board,
}

impl Pair<'_> {
    /// Whether a source had told of `kind` on the earlier board. If not, an item that is missing
    /// there need not be new.
    fn was_observed(&self, kind: Kind) -> bool {
        self.before.world.is_covered(kind)
    }

    /// Whether a source tells of `kind` now. If not, an item that is missing need not be gone.
    fn is_observed(&self, kind: Kind) -> bool {
        self.after.world.is_covered(kind)
    }

    /// `at`, if it is between the two boards.
    fn within(&self, at: Option<Instant>) -> Option<Instant> {
        at.filter(|at| self.before.at < *at && *at <= self.after.at)
    }

    fn day(&self, at: Instant) -> String {
        words::day(at, &self.after.policy.calendar) + &self.year(at)
    }

    fn day_and_time(&self, at: Instant) -> String {
        words::day_and_time(at, &self.after.policy.calendar) + &self.year(at)
    }

    /// The year, where it is not the one that everybody thinks of.
    fn year(&self, at: Instant) -> String {
        let year = |at| self.after.policy.calendar.day(at).year();
        if year(at) == year(self.after.at) { String::new() } else { format!(" {}", year(at)) }
    }
}

/// `before → after`.
fn arrow(before: impl std::fmt::Display, after: impl std::fmt::Display) -> Text {
    Text::new(format!("{before} → {after}"))
}
