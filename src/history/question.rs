//! What is asked of the past as a whole: answered by who has the board, for itself or for
//! another process.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufWriter, Seek as _, Write as _},
    sync::Arc,
};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    Archive, Counts, HistoryError, Retention, Verification, compare, disk_use, export, files, triage,
};
use crate::domain::{DayFigures, Facts, Instant, Problem, SourceId, Text};

/// What can be asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Question {
    /// The changes that are kept: of one source, or all; only the newest ones, or all.
    Changes {
        /// Of this source only.
        source: Option<Text>,
        /// So many at most.
        last: Option<u64>,
    },
    /// The figures of days.
    Days {
        /// From this one on.
        from: NaiveDate,
        /// Until this one.
        until: NaiveDate,
    },
    /// Whether everything can be read.
    Verify,
    /// To delete what is kept no longer.
    Prune {
        /// Only to say how much that is.
        dry_run: bool,
    },
}

/// What is said to that.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Reply {
    /// Oldest first.
    Changes(Vec<ListedChange>),
    /// Oldest first.
    Days(Vec<DayFigures>),
    /// What the check found.
    Verified(Verification),
    /// What was deleted, or would be.
    Pruned {
        /// So many changes.
        changes: u64,
        /// Bytes on the disk before.
        before: u64,
        /// And after.
        after: u64,
    },
}

/// A change that is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListedChange {
    /// What said it.
    pub source: SourceId,
    /// From when on.
    pub at: Instant,
    /// What came after is kept no more: until when this is known to have held.
    pub held_until: Option<Instant>,
    /// How many items of each list it changed, by the name of the list.
    pub lists: Vec<(Text, Counts)>,
}

impl Question {
    /// It changes what is kept.
    pub fn deletes(&self) -> bool {
        matches!(self, Self::Prune { dry_run: false })
    }

    /// The reply of `archive` at `now`, and what was found wrong when it was opened.
    pub fn ask(
        &self,
        archive: &mut dyn Archive,
        retention: &Retention,
        now: Instant,
    ) -> Result<(Reply, Vec<Problem>), HistoryError> {
        let reply = match self {
            Self::Changes { source, last } => {
                let mut changes = changes(archive, source.as_ref())?;
                let most = last.map_or(usize::MAX, |last| usize::try_from(last).unwrap_or(usize::MAX));
                changes.drain(..changes.len().saturating_sub(most));
                Reply::Changes(changes)
            }
            Self::Days { from, until } => Reply::Days(archive.days(*from, *until)?),
            Self::Verify => Reply::Verified(archive.verify()?),
            Self::Prune { dry_run } => {
                let weigh = |archive: &dyn Archive| {
                    disk_use(archive.board())
                        .map_err(|error| HistoryError::store("weighing the history", &error))
                };
                let before = weigh(archive)?;
                let changes = if *dry_run {
                    archive.prunable(now, retention)?
                } else {
                    archive.prune(now, retention)?
                };
                Reply::Pruned { changes: changes as u64, before, after: weigh(archive)? }
            }
        };
        Ok((reply, archive.problems()))
    }
}

fn changes(archive: &dyn Archive, wanted: Option<&Text>) -> Result<Vec<ListedChange>, HistoryError> {
    let mut known: BTreeMap<SourceId, Arc<Facts>> = BTreeMap::new();
    let mut listed = Vec::new();
    archive.visit(&mut |record| {
        let Some(change) = record.change else { return Ok(()) };
        let source = record.health.id;
        if wanted.is_some_and(|wanted| wanted.as_str() != source.as_str()) {
            return Ok(());
        }
        let before = known.insert(source.clone(), Arc::clone(&change.facts)).unwrap_or_default();
        let lists = compare(&before, &change.facts)?;
        let lists = lists.into_iter().map(|(name, counts)| (Text::new(name), counts)).collect();
        listed.push(ListedChange { source, at: record.at, held_until: change.held_until, lists });
        Ok(())
    })?;
    listed.sort_by(|a, b| (a.at, &a.source).cmp(&(b.at, &b.source)));
    Ok(listed)
}

/// Writes the [`export`] of `archive`, which is that of the board `title`, to a file without a
/// name: whoever reads it may take their time without holding the store up. It stands at its
/// beginning; its length.
pub fn export_aside(archive: &dyn Archive, title: &str, now: Instant) -> Result<(File, u64), HistoryError> {
    let (said, _) = triage(archive.board(), now)?;
    let failed = |error: std::io::Error| HistoryError::store("writing the export", &error);
    let file = files::nameless(&archive.board().join("export")).map_err(failed)?;
    let mut out = BufWriter::new(file);
    export(archive, &said, title, now, &mut out)?;
    out.flush().map_err(failed)?;
    let mut file = out.into_inner().map_err(|error| failed(error.into_error()))?;
    let length = file.stream_position().map_err(failed)?;
    file.rewind().map_err(failed)?;
    Ok((file, length))
}
