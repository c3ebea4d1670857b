//! Every state that was ever seen, so that the board of any retained instant can be read
//! back exactly.
//!
//! The engine is behind [`History`]; only this room knows which one it is. Facts are kept
//! when they change; a round without news moves one small record, "unchanged until", so
//! that the age of what was known is part of the past too.

use std::sync::Arc;

use crate::domain::{Facts, Instant, SourceHealth, SourceId};

/// What one source said, and how it was doing, at a retained instant.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// Which source.
    pub source: SourceId,
    /// What it said last, at that instant.
    pub facts: Arc<Facts>,
    /// When it began to say so.
    pub since: Instant,
    /// Until when it is known to have said so: its last round, with news or without, at or
    /// before the instant that was asked for.
    pub until: Instant,
    /// How it was doing, as recorded last at or before that instant.
    pub health: SourceHealth,
}

/// The past of one board.
///
/// Implementations are synchronous and may block on the disk: call them off the loop.
pub trait History: Send {
    /// Keeps one round of `source` that ended at `at`. Facts that equal the last ones of that
    /// source only move its "unchanged until". The record is on disk when this returns.
    ///
    /// A round that is not later than the newest record counts as one millisecond after it:
    /// clocks jump backwards, the past does not.
    fn append(
        &mut self,
        source: &SourceId,
        at: Instant,
        facts: &Arc<Facts>,
        health: &SourceHealth,
    ) -> Result<Appended, HistoryError>;

    /// Keeps how a source is doing after a round that brought no facts.
    fn record_health(&mut self, at: Instant, health: &SourceHealth) -> Result<(), HistoryError>;

    /// What every source said at `at`: none of what came later. Sorted by source.
    fn at(&self, at: Instant) -> Result<Vec<Kept>, HistoryError>;

    /// What every source said last.
    fn latest(&self) -> Result<Vec<Kept>, HistoryError>;

    /// Instants in `from..=until` at which some source's facts changed, oldest first.
    fn instants(&self, from: Instant, until: Instant) -> Result<Vec<Instant>, HistoryError>;

    /// What was found damaged, lost or foreign when the store was opened: shown to a person.
    fn problems(&self) -> Vec<crate::domain::Problem>;
}

/// What an append did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// New facts, kept at this instant.
    Changed(Instant),
    /// The same facts, known to hold until this instant.
    Unchanged(Instant),
}

/// Why the past cannot be read or kept. The board goes on without it.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// Another process has the store open.
    #[error("the history is held by another process")]
    Held,
    /// Written by a newer tminus: left alone.
    #[error("the history was written by a newer tminus (format {found}, this one knows {known})")]
    Newer {
        /// The format found.
        found: u8,
        /// The newest format that this program knows.
        known: u8,
    },
    /// The store or the disk failed.
    #[error("{doing}: {cause}")]
    Store {
        /// What was being done.
        doing: &'static str,
        /// What the engine or the system said.
        cause: String,
    },
    /// A record is not what was written.
    #[error("damaged record: {what}")]
    Damaged {
        /// Which record, and how it shows.
        what: String,
    },
}
