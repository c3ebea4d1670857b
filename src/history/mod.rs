//! Every state that was ever seen, so that the board of any retained instant can be read
//! back exactly.
//!
//! The engine is behind [`History`]; only this room knows which one it is. Facts are kept
//! when they change, as what is different from those before ([`Difference`]); a round without news moves one small record, "unchanged until", so
//! that the age of what was known is part of the past too.

mod archive;
mod codec;
#[cfg(test)]
mod conformance;
mod difference;
mod files;
mod guard;
mod keys;
mod lock;
mod marker;
mod memory;
mod notices;
mod paint_cache;
mod question;
mod retention;
mod rounds;
mod sled;
mod source_memory;
mod triage;
mod visits;

use std::{fmt::Display, io, path::Path, sync::Arc};

pub use archive::{Archive, Change, Record, Verification, export, import};
pub use difference::{Counts, Difference, Part, compare};
pub use guard::{contained, owns_panic};
pub use lock::{LockError, Owner, OwnerLock};
pub use memory::MemoryHistory;
pub use notices::claim_notices;
pub use paint_cache::PaintCache;
pub use question::{ListedChange, Question, Reply, export_aside};
pub use retention::Retention;
pub use triage::{keep_triage, triage};
pub use visits::{keep_announcement, keep_visit, last_announcement, last_visit};

use chrono::NaiveDate;

use crate::domain::{DayFigures, Facts, Instant, Problem, SourceHealth, SourceId};

/// Opens the history of the board that lives in the directory `board`, or begins one there.
/// Nothing is made outside that directory:
///
/// | name | what |
/// | --- | --- |
/// | `lock` | who owns the board: [`OwnerLock`], taken before this is called |
/// | `history/` | the store |
/// | `history.damaged-…` | a store that could not be read, set aside at that time |
/// | `sources/` | what each source wants to know again after a restart |
/// | `visits/` | when each user left the board last |
/// | `announcements/` | until when it was announced to each user what changed |
/// | `triage` | what people said: acknowledgements, snoozes, notes |
/// | `marker` | how much must be in the store |
/// | `paint` | the first picture: [`PaintCache`] |
///
/// May take long, and panics on this thread are caught ([`owns_panic`]): call it on a thread
/// of its own. What was found wrong and could be dealt with is in [`History::problems`].
pub fn open(board: &Path, now: Instant) -> Result<Box<dyn History>, HistoryError> {
    Ok(Box::new(sled::SledHistory::open_with(board, now, StoreOptions::default())?))
}

/// As [`open`], for what is done with the past as a whole.
pub fn open_archive(
    board: &Path,
    now: Instant,
    options: StoreOptions,
) -> Result<Box<dyn Archive>, HistoryError> {
    Ok(Box::new(sled::SledHistory::open_with(board, now, options)?))
}

/// How many bytes the history of the board in `board` takes on the disk: the store, and what was
/// set aside. It need not be open, and may be in use.
pub fn disk_use(board: &Path) -> io::Result<u64> {
    files::size(board, |name| name == "history" || name.starts_with("history."))
}

/// How the store is kept. The default is right for every board; others are for measurements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreOptions {
    /// Every record is on the disk before it counts. Otherwise only what was written when the
    /// store is closed: for what can be made again.
    pub durable: bool,
    /// How many differences follow a keyframe at most.
    pub differences: usize,
}

impl Default for StoreOptions {
    fn default() -> Self {
        // `docs/measurements.md` has what other numbers cost.
        Self { durable: true, differences: 240 }
    }
}

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
/// Instants are kept in whole milliseconds; what is finer is cut off.
pub trait History: Send {
    /// Keeps one round of `source` that ended at `at`. Facts that equal the last ones of that
    /// source only move its "unchanged until". The record is on disk when this returns.
    ///
    /// A round that is not later than the newest record of its source counts as one
    /// millisecond after it: clocks jump backwards, the past does not.
    fn append(
        &mut self,
        source: &SourceId,
        at: Instant,
        facts: &Arc<Facts>,
        health: &SourceHealth,
    ) -> Result<Appended, HistoryError>;

    /// Keeps how a source is doing after a round that brought no facts. On disk when this
    /// returns.
    fn record_health(&mut self, at: Instant, health: &SourceHealth) -> Result<(), HistoryError>;

    /// What every source said at `at`: none of what came later. Sorted by source; a source
    /// that had not answered yet is left out. An error if any of it is damaged: a past that
    /// lacks a source would be taken for one in which it said nothing.
    fn at(&self, at: Instant) -> Result<Vec<Kept>, HistoryError>;

    /// What every source said last, sorted by source. A source whose last facts are damaged
    /// is left out; [`problems`](History::problems) names it.
    fn latest(&self) -> Result<Vec<Kept>, HistoryError>;

    /// Instants in `from..=until` at which some source's facts changed, oldest first.
    fn instants(&self, from: Instant, until: Instant) -> Result<Vec<Instant>, HistoryError>;

    /// Forgets what `retention` no longer wants; says how many changes went. What stays is
    /// what it was: facts whose successor went are known to have held [until](Kept::until)
    /// the last round before it, not longer.
    fn prune(&mut self, now: Instant, retention: &Retention) -> Result<usize, HistoryError>;

    /// Keeps what a source wants to know again after a restart, in place of what it gave
    /// before. Not part of the past: only the newest is kept.
    fn keep_memory(&mut self, source: &SourceId, memory: &[u8]) -> Result<(), HistoryError>;

    /// What was kept of a source by [`keep_memory`](Self::keep_memory), exactly; none if
    /// nothing was, or if it is damaged.
    fn memory(&self, source: &SourceId) -> Result<Option<Vec<u8>>, HistoryError>;

    /// Keeps the figures of a day, in place of earlier ones of that day. No retention deletes
    /// them. On disk when this returns.
    fn keep_day(&mut self, figures: &DayFigures) -> Result<(), HistoryError>;

    /// The figures of the days in `from..=until` that were kept, oldest first; an error if any
    /// of them is damaged.
    fn days(&self, from: NaiveDate, until: NaiveDate) -> Result<Vec<DayFigures>, HistoryError>;

    /// What was found damaged, lost or foreign when the store was opened: shown to a person.
    fn problems(&self) -> Vec<Problem>;

    /// The same past for what is done with it as a whole; none where it is not on a disk.
    fn as_archive(&mut self) -> Option<&mut dyn Archive> {
        None
    }
}

/// What an append did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Appended {
    /// New facts, kept at this instant.
    Changed(Instant),
    /// The same facts, known to hold until this instant.
    Unchanged(Instant),
}

impl Appended {
    /// When the round is kept to have been.
    pub fn at(&self) -> Instant {
        match self {
            Self::Changed(at) | Self::Unchanged(at) => *at,
        }
    }
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

impl HistoryError {
    fn store(doing: &'static str, cause: &dyn Display) -> Self {
        Self::Store { doing, cause: cause.to_string() }
    }

    fn file(doing: &'static str, path: &Path, cause: &io::Error) -> Self {
        Self::Store { doing, cause: format!("{}: {cause}", path.display()) }
    }

    fn damaged(what: impl Into<String>) -> Self {
        Self::Damaged { what: what.into() }
    }

    /// What to show to a person.
    pub fn problem(&self) -> Problem {
        let next_step = match self {
            Self::Held => "end the other process, or look at the board there",
            Self::Newer { .. } => "update tminus, or name another directory with --data-dir",
            Self::Store { cause, .. } if cause.contains("ermission denied") => {
                "make the directory readable and writable, or name another with --data-dir"
            }
            Self::Store { cause, .. } if cause.contains("o space left") || cause.contains(FULL) => {
                "make room on the disk: the history goes on by itself then"
            }
            Self::Store { .. } => "look at the directory and its disk, or name another with --data-dir",
            Self::Damaged { .. } => "start again: what cannot be read is set aside then",
        };
        Problem::new(self.to_string(), next_step)
    }
}

/// What is said of a disk without room.
const FULL: &str = "the disk is full";

/// When a round at `at` is kept to have been, given the newest one of its source.
fn next_instant(at: i64, newest: Option<i64>) -> Result<Instant, HistoryError> {
    let next = newest.map_or(at, |newest| at.max(newest.saturating_add(1)));
    Instant::from_timestamp_millis(next)
        .ok_or_else(|| HistoryError::store("keeping a round", &"there is no later time"))
}

/// `health` as it is kept: in whole milliseconds, and without how a service stood towards us,
/// which is no part of the past.
fn whole_millis(health: &SourceHealth) -> SourceHealth {
    let cut = |instant: Option<Instant>| {
        instant.and_then(|instant| Instant::from_timestamp_millis(instant.timestamp_millis()))
    };
    SourceHealth {
        answered_at: cut(health.answered_at),
        changed_at: cut(health.changed_at),
        stale_from: cut(health.stale_from),
        next_at: cut(health.next_at),
        cadence: None,
        account: None,
        allowances: Vec::new(),
        observed_from: None,
        ..health.clone()
    }
}

/// `figures` as they are kept: in whole milliseconds.
fn whole_figures(figures: &DayFigures) -> DayFigures {
    let at = Instant::from_timestamp_millis(figures.at.timestamp_millis()).unwrap_or(figures.at);
    DayFigures { at, ..figures.clone() }
}
