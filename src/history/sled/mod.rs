//! The engine in sled: the only code that names it.
//!
//! One tree. For each source a head, its changes, their facts in pieces, and its rounds in
//! runs (`keys`). Every round is one atomic batch, which is on the disk before it counts.
//! The heads are in memory as well; a batch becomes part of them when it is durable, so
//! what a failed one left behind is never read.

mod open;
mod prune;
mod records;
#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests look at the files themselves")]
mod tests;

use std::{cell::Cell, collections::BTreeSet, fs::File, ops::RangeInclusive, path::PathBuf, sync::Arc};

use ::sled::{Batch, Db};
use serde::de::DeserializeOwned;

use self::records::{Change, Head, Newest};
use super::{
    Appended, FULL, History, HistoryError, Kept, Retention, codec,
    codec::Packed,
    guard::guarded,
    keys,
    marker::{self, Marker},
    rounds::Run,
    source_memory,
};
use crate::domain::{Facts, Instant, Problem, SourceHealth, SourceId};

/// Longest piece of facts. A page of the engine holds up to seventeen records; above some
/// 130 kB it becomes a file of its own, which the engine never brings safely to the disk.
const PIECE: usize = 7_000;
/// Less room than this on the disk counts as none: the engine cannot even be opened then.
const LEAST_ROOM: u64 = 8 << 20;

/// The past of a board in a store of its own.
pub(super) struct SledHistory {
    board: PathBuf,
    /// None after a failure that could not be mended yet.
    store: Option<Store>,
    sources: Vec<Source>,
    sequence: u64,
    /// The marker says less than the store holds.
    marker_behind: bool,
    /// The engine failed: it is opened anew before anything is written.
    failed: Cell<bool>,
    problems: Vec<Problem>,
}

struct Store {
    db: Db,
    /// The engine's own file: only this makes its writes survive a loss of power.
    file: File,
}

/// A source and what is needed of it all the time.
struct Source {
    number: u16,
    head: Head,
    /// Its newest facts; none if there are none, or if they are damaged.
    facts: Option<Arc<Facts>>,
}

/// Whether somebody else has the store open.
fn is_held(error: &::sled::Error) -> bool {
    // The engine has no kind for this.
    matches!(error, ::sled::Error::Io(cause) if cause.to_string().contains("could not acquire lock"))
}

/// What the engine said, as an error of ours.
fn engine(doing: &'static str) -> impl Fn(::sled::Error) -> HistoryError {
    move |error| match error {
        held if is_held(&held) => HistoryError::Held,
        ::sled::Error::Io(cause) if cause.kind() != std::io::ErrorKind::UnexpectedEof => {
            HistoryError::store(doing, &cause)
        }
        ::sled::Error::Corruption { .. } => {
            HistoryError::damaged(format!("{doing}: the file of the store is damaged"))
        }
        other => HistoryError::damaged(format!("{doing}: {other}")),
    }
}

impl SledHistory {
    fn store(&self) -> Result<&Store, HistoryError> {
        self.store.as_ref().ok_or_else(|| {
            HistoryError::store("reading the history", &"the store failed and is not open again yet")
        })
    }

    /// Opens the engine anew after a failure, where that can work.
    fn mend(&mut self, now: Instant) -> Result<(), HistoryError> {
        if !self.failed.get() {
            return Ok(());
        }
        open::check_room(&self.board)?;
        self.close();
        let mut problems = std::mem::take(&mut self.problems);
        match Self::open(&self.board, now) {
            Ok(mut opened) => {
                problems.append(&mut opened.problems);
                opened.problems = problems;
                *self = opened;
                Ok(())
            }
            Err(error) => {
                self.problems = problems;
                Err(error)
            }
        }
    }

    fn close(&mut self) {
        let store = self.store.take();
        // The engine writes when it is dropped, and panics if it cannot.
        let _ = guarded("closing the history", || {
            drop(store);
            Ok(())
        });
    }

    /// Runs a reading action; after a panic nothing is written to this engine any more.
    fn reading<T>(&self, action: impl FnOnce(&Store) -> Result<T, HistoryError>) -> Result<T, HistoryError> {
        let store = self.store()?;
        let mut finished = false;
        let outcome = guarded("reading the history", || {
            let outcome = action(store);
            finished = true;
            outcome
        });
        if !finished {
            self.failed.set(true);
        }
        outcome
    }

    /// Brings `batch` to the disk, all of it or nothing.
    fn commit(&self, batch: Batch) -> Result<(), HistoryError> {
        const DOING: &str = "writing to the history";
        let store = self.store()?;
        self.failed.set(true);
        guarded(DOING, || {
            store.db.apply_batch(batch).map_err(engine(DOING))?;
            store.db.flush().map_err(engine(DOING))?;
            store.file.sync_all().map_err(|error| HistoryError::store(DOING, &error))
        })?;
        self.failed.set(false);
        Ok(())
    }

    fn position(&self, source: &SourceId) -> Option<usize> {
        self.sources.iter().position(|known| known.head.id == *source)
    }

    /// The number for a source that is new.
    fn new_number(&self) -> Result<u16, HistoryError> {
        self.sources
            .iter()
            .map(|source| source.number)
            .max()
            .map_or(Some(0), |last| last.checked_add(1))
            .ok_or_else(|| HistoryError::store("keeping a new source", &"the history knows too many already"))
    }

    /// Keeps one round, with facts or without.
    fn keep(
        &mut self,
        source: &SourceId,
        at: Instant,
        facts: Option<&Arc<Facts>>,
        health: &SourceHealth,
    ) -> Result<Appended, HistoryError> {
        self.mend(at)?;
        let position = self.position(source);
        let (number, mut head) = match position {
            Some(position) => (self.sources[position].number, self.sources[position].head.clone()),
            None => (
                self.new_number()?,
                Head { id: source.clone(), sequence: 0, changes: 0, newest: None, run: Run::default() },
            ),
        };
        let instant = super::next_instant(at.timestamp_millis(), head.run.last())?;
        let at = instant.timestamp_millis();
        let mut batch = Batch::default();
        head.sequence = self.sequence + 1;

        let last = position.and_then(|position| self.sources[position].facts.as_ref());
        let news = facts.filter(|facts| !last.is_some_and(|last| Arc::ptr_eq(last, facts) || last == *facts));
        let mut changed = false;
        if let Some(facts) = news {
            let packed = codec::pack(facts)?;
            // What does not equal itself (not a number) may still be what is kept already.
            changed = last.is_none() || head.newest.is_none_or(|newest| newest.digest != packed.digest);
            if changed {
                put_change(&mut batch, number, at, &mut head, &packed)?;
            }
        }

        let sealed = head.run.is_full();
        if sealed {
            let key = keys::timed(keys::ROUNDS, number, head.run.first().unwrap_or(at));
            batch.insert(key.as_slice(), codec::seal(&key, &head.run)?);
            head.run = head.run.following();
        }
        head.run.push(at, facts.is_some(), head.newest.map(|newest| newest.at), health);
        let key = keys::source(number);
        batch.insert(key.as_slice(), codec::seal(&key, &head)?);
        self.commit(batch)?;

        self.sequence = head.sequence;
        let facts = facts.map(Arc::clone);
        match position {
            Some(position) => {
                let kept = &mut self.sources[position];
                kept.head = head;
                kept.facts = facts.or(kept.facts.take());
            }
            None => self.sources.push(Source { number, head, facts }),
        }
        // A quiet round that is lost makes the past older, not wrong; the marker may lag.
        if changed || sealed || self.marker_behind {
            self.mark();
        }
        Ok(if changed { Appended::Changed(instant) } else { Appended::Unchanged(instant) })
    }

    /// Says in the marker what is in the store.
    fn mark(&mut self) {
        let changes = self.sources.iter().map(|source| source.head.changes).sum();
        let marker = Marker { format: codec::FORMAT, sequence: self.sequence, changes };
        let written = marker::write(&self.board, marker);
        // The record itself is safe; the next one brings the marker up to date.
        self.marker_behind = written.is_err();
        if let Err(error) = written {
            tracing::warn!(%error, "cannot write the marker of the history");
        }
    }

    /// What `source` said at `at`; none if it had not answered yet.
    fn kept(store: &Store, source: &Source, at: i64) -> Result<Option<Kept>, HistoryError> {
        let Source { number, head, .. } = source;
        let Some((since, change)) = change_at(&store.db, *number, head, at)? else { return Ok(None) };
        let run = run_at(&store.db, *number, head, at)?;
        let contradiction =
            || HistoryError::damaged(format!("the rounds of {} contradict each other", head.id));
        let known = run.known(&head.id, at, Some(since)).ok_or_else(contradiction)?;
        let answered = known.answered.filter(|answered| *answered >= since).ok_or_else(contradiction)?;
        let until = change.held_until.map_or(answered, |held| held.min(answered));
        let newest = head.newest.is_some_and(|newest| newest.at == since);
        let facts = match &source.facts {
            Some(facts) if newest => Arc::clone(facts),
            _ => Arc::new(facts_of(&store.db, *number, since, &change)?),
        };
        Ok(Some(Kept {
            source: head.id.clone(),
            facts,
            since: instant(since)?,
            until: instant(until)?,
            health: known.health,
        }))
    }
}

impl History for SledHistory {
    fn append(
        &mut self,
        source: &SourceId,
        at: Instant,
        facts: &Arc<Facts>,
        health: &SourceHealth,
    ) -> Result<Appended, HistoryError> {
        self.keep(source, at, Some(facts), health)
    }

    fn record_health(&mut self, at: Instant, health: &SourceHealth) -> Result<(), HistoryError> {
        self.keep(&health.id, at, None, health).map(drop)
    }

    fn at(&self, at: Instant) -> Result<Vec<Kept>, HistoryError> {
        self.reading(|store| {
            let mut kept = Vec::with_capacity(self.sources.len());
            for source in &self.sources {
                kept.extend(Self::kept(store, source, at.timestamp_millis())?);
            }
            kept.sort_by(|a, b| a.source.cmp(&b.source));
            Ok(kept)
        })
    }

    fn latest(&self) -> Result<Vec<Kept>, HistoryError> {
        self.reading(|store| {
            let mut kept = Vec::with_capacity(self.sources.len());
            for source in self.sources.iter().filter(|source| source.facts.is_some()) {
                kept.extend(Self::kept(store, source, i64::MAX)?);
            }
            kept.sort_by(|a, b| a.source.cmp(&b.source));
            Ok(kept)
        })
    }

    fn instants(&self, from: Instant, until: Instant) -> Result<Vec<Instant>, HistoryError> {
        let whole = from.timestamp_millis();
        let from = if from.timestamp_subsec_nanos().is_multiple_of(1_000_000) { whole } else { whole + 1 };
        self.reading(|store| {
            let mut instants = BTreeSet::new();
            for source in &self.sources {
                let until = until.timestamp_millis().min(newest(&source.head));
                if from > until {
                    continue;
                }
                for key in store.db.range(keys::span(keys::CHANGE, source.number, from..=until)).keys() {
                    instants.insert(instant(key_instant(&key.map_err(engine("reading the changes"))?)?)?);
                }
            }
            Ok(instants.into_iter().collect())
        })
    }

    fn prune(&mut self, now: Instant, retention: &Retention) -> Result<usize, HistoryError> {
        self.prune_all(now, retention)
    }

    fn keep_memory(&mut self, source: &SourceId, memory: &[u8]) -> Result<(), HistoryError> {
        source_memory::write(&self.board, source, memory)
    }

    fn memory(&self, source: &SourceId) -> Result<Option<Vec<u8>>, HistoryError> {
        source_memory::read(&self.board, source)
    }

    fn problems(&self) -> Vec<Problem> {
        self.problems.clone()
    }
}

impl Drop for SledHistory {
    fn drop(&mut self) {
        if self.store.is_some() && !self.failed.get() {
            self.mark();
        }
        self.close();
    }
}

fn put<T: serde::Serialize>(batch: &mut Batch, key: &[u8], value: &T) -> Result<(), HistoryError> {
    batch.insert(key, codec::seal(key, value)?);
    Ok(())
}

/// Adds a change to `batch` and to its source's head.
fn put_change(
    batch: &mut Batch,
    number: u16,
    at: i64,
    head: &mut Head,
    packed: &Packed,
) -> Result<(), HistoryError> {
    let mut pieces = 0;
    for bytes in packed.bytes.chunks(PIECE) {
        let key = keys::piece(number, at, pieces);
        batch.insert(key.as_slice(), codec::seal_piece(&key, bytes));
        pieces += 1;
    }
    let change = Change {
        sequence: head.sequence,
        predecessor: head.newest.map(|newest| newest.sequence),
        pieces,
        length: packed.length,
        digest: packed.digest,
        held_until: None,
    };
    put(batch, &keys::timed(keys::CHANGE, number, at), &change)?;
    head.newest = Some(Newest { at, sequence: head.sequence, digest: packed.digest });
    head.changes += 1;
    Ok(())
}

fn instant(millis: i64) -> Result<Instant, HistoryError> {
    Instant::from_timestamp_millis(millis).ok_or_else(|| HistoryError::damaged("an instant that is none"))
}

fn key_instant(key: &[u8]) -> Result<i64, HistoryError> {
    keys::instant_of(key).ok_or_else(|| HistoryError::damaged("a key that is cut short"))
}

/// When the newest change of a source is; before all times if there is none.
fn newest(head: &Head) -> i64 {
    head.newest.map_or(i64::MIN, |newest| newest.at)
}

/// A record of the store, by its instant.
fn record<T: DeserializeOwned>(
    found: Option<::sled::Result<(::sled::IVec, ::sled::IVec)>>,
) -> Result<Option<(i64, T)>, HistoryError> {
    let Some(found) = found else { return Ok(None) };
    let (key, value) = found.map_err(engine("reading a record"))?;
    Ok(Some((key_instant(&key)?, codec::open(&key, &value)?)))
}

/// The last record of the kind `prefix` within `span`.
fn last<T: DeserializeOwned>(
    db: &Db,
    prefix: u8,
    number: u16,
    span: RangeInclusive<i64>,
) -> Result<Option<(i64, T)>, HistoryError> {
    record(db.range(keys::span(prefix, number, span)).next_back())
}

/// The first record of the kind `prefix` within `span`.
fn first<T: DeserializeOwned>(
    db: &Db,
    prefix: u8,
    number: u16,
    span: RangeInclusive<i64>,
) -> Result<Option<(i64, T)>, HistoryError> {
    record(db.range(keys::span(prefix, number, span)).next())
}

/// The change that held at `at`, and when it was; an error if one was lost around there.
fn change_at(db: &Db, number: u16, head: &Head, at: i64) -> Result<Option<(i64, Change)>, HistoryError> {
    let Some(newest) = head.newest else { return Ok(None) };
    let found = last::<Change>(db, keys::CHANGE, number, i64::MIN..=at.min(newest.at))?;
    if found.as_ref().is_some_and(|(_, change)| change.held_until.is_some()) {
        // What came after is not kept, so nothing is claimed of it.
        return Ok(found);
    }
    let sequence = found.as_ref().map(|(_, change)| change.sequence);
    // What the change after it says came before; the head says which one is the last.
    let expected = if at >= newest.at {
        Some(newest.sequence)
    } else {
        match first::<Change>(db, keys::CHANGE, number, at + 1..=newest.at)? {
            Some((_, after)) => after.predecessor,
            None => Some(newest.sequence),
        }
    };
    if sequence == expected {
        Ok(found)
    } else {
        Err(HistoryError::damaged(format!("a change of {} is lost", head.id)))
    }
}

/// The run of rounds that `at` falls into, or the last one before; an error if it was lost.
fn run_at(db: &Db, number: u16, head: &Head, at: i64) -> Result<Run, HistoryError> {
    let began = head.run.first().unwrap_or(i64::MAX);
    if at >= began {
        return Ok(head.run.clone());
    }
    let found = last::<Run>(db, keys::ROUNDS, number, i64::MIN..=at)?;
    let after = match first::<Run>(db, keys::ROUNDS, number, at + 1..=began - 1)? {
        Some((_, run)) => run.ordinal,
        None => head.run.ordinal,
    };
    match found {
        Some((_, run)) if run.ordinal + 1 == after => Ok(run),
        _ => Err(HistoryError::damaged(format!("rounds of {} are lost", head.id))),
    }
}

/// The facts of a change.
fn facts_of(db: &Db, number: u16, at: i64, change: &Change) -> Result<Facts, HistoryError> {
    let mut bytes = Vec::with_capacity(change.pieces as usize * PIECE);
    for piece in 0..change.pieces {
        let key = keys::piece(number, at, piece);
        let sealed = db
            .get(&key)
            .map_err(engine("reading facts"))?
            .ok_or_else(|| HistoryError::damaged("a piece of facts is lost"))?;
        bytes.extend(codec::open_piece(&key, &sealed)?);
    }
    codec::unpack(&Packed { bytes, digest: change.digest, length: change.length })
}
