//! The engine in sled: the only code that names it.
//!
//! One tree. For each source a head, its changes, their facts in pieces, and its rounds in
//! runs (`keys`). The facts of a change are whole (a keyframe) or what is different from the
//! change before it (`write`); they are made again from the keyframe on (`read`). Every round is one atomic batch, which is on the disk before it counts.
//! The heads are in memory as well; a batch becomes part of them when it is durable, so
//! what a failed one left behind is never read.

mod archive;
mod open;
mod prune;
mod read;
mod records;
mod rewrite;
#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests look at the files themselves")]
mod tests;
mod write;

use std::{cell::Cell, collections::BTreeSet, fs::File, path::PathBuf, sync::Arc};

use ::sled::{Batch, Db};
use chrono::NaiveDate;

use self::{
    read::{Reader, change_at, run_at},
    records::{Change, Form, Head, Newest},
    write::{News, Tail, put},
};
use super::{
    Appended, Archive, FULL, History, HistoryError, Kept, Retention, StoreOptions, codec,
    guard::guarded,
    keys,
    marker::{Marker, MarkerFile},
    retention,
    rounds::Run,
    source_memory, whole_figures,
};
use crate::domain::{DayFigures, Facts, Instant, Problem, SourceHealth, SourceId};

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
    marker: MarkerFile,
    /// The marker says less than the store holds.
    marker_behind: bool,
    /// The engine failed: it is opened anew before anything is written.
    failed: Cell<bool>,
    problems: Vec<Problem>,
    options: StoreOptions,
    /// Until when the past was looked through for what may go, in milliseconds since 1970.
    horizon: Option<i64>,
    /// How large the file was when it was last looked at for space to give back.
    weighed: u64,
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
    /// Its newest facts, as they are in the store; none if there are none, or if they are damaged.
    facts: Option<Arc<Facts>>,
    /// What it said last, if that equals the newest facts.
    said: Option<Arc<Facts>>,
    /// What follows its newest keyframe.
    tail: Tail,
    /// Its first change.
    first: Option<i64>,
    /// When releases went out that it was the first to say are out, and when it said so.
    ends: Vec<i64>,
}

impl Source {
    /// A source that has not said anything yet.
    fn new(number: u16, head: Head) -> Self {
        let tail = Tail::default();
        Self { number, head, facts: None, said: None, tail, first: None, ends: Vec::new() }
    }

    /// Whether it said so already.
    fn says(&self, facts: &Arc<Facts>) -> bool {
        let known = [&self.said, &self.facts];
        known.into_iter().flatten().any(|known| Arc::ptr_eq(known, facts))
            || self.facts.as_ref().is_some_and(|known| **known == **facts)
    }

    /// Takes note of a change that was kept.
    fn note(&mut self, at: i64, change: &Change) {
        self.tail.follow(change);
        self.first.get_or_insert(at);
        self.ends.extend(&change.ends);
    }
}

/// One round, as it is kept.
struct Round<'a> {
    source: &'a SourceId,
    at: Instant,
    /// What was answered, if it was.
    answer: Answer<'a>,
    health: &'a SourceHealth,
}

enum Answer<'a> {
    /// None.
    None,
    /// These facts.
    Facts(&'a Arc<Facts>),
    /// What was said before: known from an export.
    Same,
    /// These facts, which are a change even if they equal what is kept before: known from an
    /// export.
    Change { facts: &'a Arc<Facts>, held_until: Option<i64> },
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
        match Self::open_with(&self.board, now, self.options) {
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
            if !self.options.durable {
                return Ok(());
            }
            store.db.flush().map_err(engine(DOING))?;
            store.file.sync_all().map_err(|error| HistoryError::store(DOING, &error))
        })?;
        self.failed.set(false);
        Ok(())
    }

    /// Brings everything to the disk, and keeps it so from now on.
    fn settle(&mut self) -> Result<(), HistoryError> {
        if !self.options.durable {
            self.options.durable = true;
            self.commit(Batch::default())?;
        }
        self.mark();
        if !self.marker_behind {
            let settled = self.marker.settle(self.content());
            self.note_marker(settled);
        }
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

    /// Keeps one round.
    fn keep(&mut self, round: &Round<'_>) -> Result<Appended, HistoryError> {
        self.mend(round.at)?;
        let position = if let Some(position) = self.position(round.source) {
            position
        } else {
            let id = round.source.clone();
            let head = Head { id, sequence: 0, changes: 0, newest: None, run: Run::default() };
            let number = self.new_number()?;
            // Known from here on; in the store once its first round is.
            self.sources.push(Source::new(number, head));
            self.sources.len() - 1
        };
        let source = &self.sources[position];
        let (number, mut head) = (source.number, source.head.clone());
        let instant = super::next_instant(round.at.timestamp_millis(), head.run.last())?;
        let at = instant.timestamp_millis();
        let mut batch = Batch::default();
        head.sequence = self.sequence + 1;

        let news = self.news(source, round, at)?;
        let change =
            news.map(|news| write::put_change(&mut batch, number, at, &mut head, news)).transpose()?;
        let sealed = head.run.is_full();
        if sealed {
            let key = keys::timed(keys::ROUNDS, number, head.run.first().unwrap_or(at));
            put(&mut batch, &key, &head.run)?;
            head.run = head.run.following();
        }
        let answered = !matches!(round.answer, Answer::None);
        head.run.push(at, answered, head.newest.map(|newest| newest.at), round.health);
        put(&mut batch, &keys::source(number), &head)?;
        self.commit(batch)?;

        self.sequence = head.sequence;
        let source = &mut self.sources[position];
        source.head = head;
        if let Answer::Facts(facts) | Answer::Change { facts, .. } = round.answer {
            source.said = Some(Arc::clone(facts));
            if let Some(change) = &change {
                source.facts = Some(Arc::clone(facts));
                source.note(at, change);
            }
        }
        let changed = change.is_some();
        // A quiet round that is lost makes the past older, not wrong; the marker may lag.
        if changed || sealed || self.marker_behind {
            self.mark();
        }
        Ok(if changed { Appended::Changed(instant) } else { Appended::Unchanged(instant) })
    }

    /// The change that a round brings, if it brings one.
    fn news(&self, source: &Source, round: &Round<'_>, at: i64) -> Result<Option<News>, HistoryError> {
        let (facts, held_until, forced) = match round.answer {
            Answer::None | Answer::Same => return Ok(None),
            Answer::Facts(facts) if source.says(facts) => return Ok(None),
            Answer::Facts(facts) => (facts, None, false),
            Answer::Change { facts, held_until } => (facts, held_until, true),
        };
        let before = source.facts.as_deref();
        let written = codec::write(facts)?;
        // What does not equal itself (not a number) may still be what is kept already.
        let same = source.head.newest.is_some_and(|newest| newest.digest == written.digest);
        if same && before.is_some() && !forced {
            return Ok(None);
        }
        let (form, packed) = write::form(before, &source.tail, self.options.differences, facts, &written)?;
        let mut ends = Vec::new();
        if let (Some(before), Some(first)) = (before, source.first) {
            ends.extend(
                retention::ends(before, facts, instant(first)?).iter().map(Instant::timestamp_millis),
            );
        }
        if !ends.is_empty() {
            ends.push(at);
        }
        Ok(Some(News { digest: written.digest, form, packed, held_until, ends }))
    }

    /// Says in the marker what is in the store.
    fn mark(&mut self) {
        if !self.options.durable {
            self.marker_behind = true;
            return;
        }
        let kept = self.marker.keep(self.content());
        self.note_marker(kept);
    }

    /// What is in the store.
    fn content(&self) -> Marker {
        let changes = self.sources.iter().map(|source| source.head.changes).sum();
        Marker { format: codec::FORMAT, sequence: self.sequence, changes }
    }

    fn note_marker(&mut self, written: std::io::Result<()>) {
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
            _ => Arc::new(Reader::new(&store.db, *number).facts(since, &change)?.clone()),
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
        self.keep(&Round { source, at, answer: Answer::Facts(facts), health })
    }

    fn record_health(&mut self, at: Instant, health: &SourceHealth) -> Result<(), HistoryError> {
        self.keep(&Round { source: &health.id, at, answer: Answer::None, health }).map(drop)
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

    fn keep_day(&mut self, figures: &DayFigures) -> Result<(), HistoryError> {
        self.mend(figures.at)?;
        let mut batch = Batch::default();
        put(&mut batch, &keys::day(figures.day), &whole_figures(figures))?;
        self.commit(batch)
    }

    fn days(&self, from: NaiveDate, until: NaiveDate) -> Result<Vec<DayFigures>, HistoryError> {
        if from > until {
            return Ok(Vec::new());
        }
        self.reading(|store| {
            let records = store.db.range(keys::day(from)..=keys::day(until));
            let read = records.map(|record| {
                let (key, value) = record.map_err(engine("reading the days"))?;
                codec::open::<DayFigures>(&key, &value)
            });
            read.collect()
        })
    }

    fn problems(&self) -> Vec<Problem> {
        self.problems.clone()
    }

    fn as_archive(&mut self) -> Option<&mut dyn Archive> {
        Some(self)
    }
}

impl Drop for SledHistory {
    fn drop(&mut self) {
        if self.store.is_some()
            && !self.failed.get()
            && let Err(error) = self.settle()
        {
            tracing::warn!(%error, "closing the history");
        }
        self.close();
    }
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
