//! How a source is doing: what is known is only as good as this.

use serde::{Deserialize, Serialize};

use super::{Instant, Problem, SourceId, Text};

/// How one source is doing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourceHealth {
    /// Which source.
    pub id: SourceId,
    /// What it is doing.
    pub state: SourceState,
    /// When it last answered, whether there was news or not: its facts were true then.
    pub answered_at: Option<Instant>,
    /// Since when its facts have been what they are.
    pub changed_at: Option<Instant>,
    /// From when on its facts count as stale.
    pub stale_from: Option<Instant>,
    /// When it will be asked next.
    pub next_at: Option<Instant>,
    /// Why it did not answer, if it did not.
    pub failure: Option<Problem>,
    /// Rounds that failed since the last answer.
    pub failures: u32,
    /// How far a long first round is.
    pub progress: Option<Progress>,
    /// How often it is asked; none before its first round. Not part of the past.
    pub cadence: Option<Cadence>,
    /// Who asks, as the service calls them. Not part of the past.
    pub account: Option<Text>,
    /// What the service still allows, by limit. Not part of the past.
    pub allowances: Vec<Allowance>,
    /// Since when what the board's sources said has been kept: what was before is known from the
    /// items' own events alone. None where nothing is kept. Not part of the past.
    #[serde(default)]
    pub observed_from: Option<Instant>,
}

/// How often a source is asked while all is well.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cadence {
    /// The pause between two rounds, in seconds.
    pub every_seconds: u64,
    /// The pause that its settings want, in seconds: shorter, where a limit has to last.
    pub wanted_seconds: u64,
}

impl Cadence {
    /// It is asked less often than its settings want.
    pub fn is_slowed(self) -> bool {
        self.every_seconds > self.wanted_seconds
    }
}

/// One limit of a service, as it told it last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allowance {
    /// The service's name of the limit (`core`, `graphql`); empty where it has only one.
    pub name: Text,
    /// How much is allowed from one reset to the next, in the service's own unit.
    pub limit: u64,
    /// How much of it is left.
    pub remaining: u64,
    /// When it is whole again.
    pub resets_at: Instant,
    /// What the last round used up.
    pub spent: u64,
}

impl Allowance {
    /// Which part of it is left: 0 to 1.
    pub fn share_left(&self) -> f64 {
        self.remaining.min(self.limit) as f64 / self.limit.max(1) as f64
    }
}

/// What a source is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceState {
    /// Never answered yet.
    Starting,
    /// Being asked.
    Fetching,
    /// Answered; waits for its next round.
    Waiting,
    /// Did not answer; will be asked again later than usual.
    BackingOff,
    /// Cannot answer before a person changes something; still asked now and then.
    Refused,
}

/// How far a round is that takes long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// What is being read.
    pub what: Text,
    /// How many of it are read.
    pub done: u64,
    /// How many there are, where known.
    pub total: Option<u64>,
}

impl SourceHealth {
    const OWNER: &str = "owner";

    /// A source that has not been asked yet.
    pub fn starting(id: SourceId) -> Self {
        Self {
            id,
            state: SourceState::Starting,
            answered_at: None,
            changed_at: None,
            stale_from: None,
            next_at: None,
            failure: None,
            failures: 0,
            progress: None,
            cadence: None,
            account: None,
            allowances: Vec::new(),
            observed_from: None,
        }
    }

    /// The store of the past, which fails: shown among the sources though it is none, because
    /// whoever looks must know that nothing is kept. No answer rests on it.
    pub fn of_history(failure: Problem) -> Self {
        Self { state: SourceState::BackingOff, failure: Some(failure), ..Self::starting(SourceId::history()) }
    }

    /// The limit of which the smallest part is left: the one that slows it down.
    pub fn tightest(&self) -> Option<&Allowance> {
        self.allowances.iter().min_by(|one, other| one.share_left().total_cmp(&other.share_left()))
    }

    /// The way to the process that owns the board, or to those that look at it, which fails:
    /// shown among the sources as the store is. No answer rests on it.
    pub fn of_owner(failure: Problem, answered_at: Option<Instant>) -> Self {
        Self {
            state: SourceState::BackingOff,
            answered_at,
            failure: Some(failure),
            ..Self::starting(SourceId::new(Self::OWNER))
        }
    }

    /// Whether this is a part of tminus itself, not a source.
    pub fn is_own(&self) -> bool {
        self.id == SourceId::history() || self.id.as_str() == Self::OWNER
    }

    /// What it said may no longer be so: it never answered, or too long ago.
    pub fn is_stale(&self, now: Instant) -> bool {
        self.stale_from.is_none_or(|from| from <= now)
    }
}
