//! Deleting what the retention does not want, and linking what stays.

use std::collections::{BTreeMap, BTreeSet};

use ::sled::{Batch, Db};

use super::{
    Change, Form, HistoryError, Reader, Retention, SledHistory, Source, Tail, codec, engine, instant,
    key_instant, keys, newest, put, run_at,
    write::{self, put_pieces},
};
use crate::{domain::Instant, history::retention};

/// How many changes are deleted in one batch.
const DELETED_AT_ONCE: usize = 256;

/// What the retention goes by, besides the changes themselves.
struct Wanted<'a> {
    ends: BTreeSet<Instant>,
    now: Instant,
    retention: &'a Retention,
}

impl SledHistory {
    /// Deletes the changes that `retention` does not want; how many. Gives space back to the
    /// disk where much of the file is waste.
    pub(super) fn prune_all(&mut self, now: Instant, retention: &Retention) -> Result<usize, HistoryError> {
        self.mend(now)?;
        let Some(wanted) = self.wanted(now, retention)? else { return Ok(0) };
        let mut count = 0;
        for position in 0..self.sources.len() {
            loop {
                match self.prune_some(position, &wanted)? {
                    0 => break,
                    some => count += some,
                }
            }
        }
        let horizon = wanted.now.timestamp_millis();
        if self.horizon != Some(horizon) {
            let mut batch = Batch::default();
            put(&mut batch, keys::HORIZON, &horizon)?;
            self.commit(batch)?;
            self.horizon = Some(horizon);
        }
        self.give_space_back();
        Ok(count)
    }

    /// How many changes [`prune_all`](Self::prune_all) would delete.
    pub(super) fn prunable(&self, now: Instant, retention: &Retention) -> Result<usize, HistoryError> {
        let Some(wanted) = self.wanted(now, retention)? else { return Ok(0) };
        self.reading(|store| {
            let mut count = 0;
            for source in &self.sources {
                count += plan(&changes(&store.db, source)?, &wanted)?.len();
            }
            Ok(count)
        })
    }

    /// What the retention goes by at `now`; none if nothing was ever kept.
    fn wanted<'a>(&self, now: Instant, retention: &'a Retention) -> Result<Option<Wanted<'a>>, HistoryError> {
        let Some(newest) = self.sources.iter().filter_map(|source| source.head.run.last()).max() else {
            return Ok(None);
        };
        let last = self.horizon.map(instant).transpose()?;
        let now = retention::horizon(last, instant(newest)?, now);
        let ends = self.sources.iter().flat_map(|source| &source.ends).map(|end| instant(*end));
        Ok(Some(Wanted { ends: ends.collect::<Result<_, _>>()?, now, retention }))
    }

    /// Deletes some of the changes of one source; how many.
    fn prune_some(&mut self, position: usize, wanted: &Wanted<'_>) -> Result<usize, HistoryError> {
        let source = &self.sources[position];
        let (number, mut head) = (source.number, source.head.clone());
        let most = self.options.differences;
        let Pruned { mut batch, count, tail } =
            self.reading(|store| Pruning::new(&store.db, source, most).run(wanted))?;
        if count == 0 {
            return Ok(0);
        }
        head.sequence = self.sequence + 1;
        head.changes = head.changes.saturating_sub(count as u64);
        put(&mut batch, &keys::source(number), &head)?;
        self.commit(batch)?;
        self.sequence = head.sequence;
        let source = &mut self.sources[position];
        (source.head, source.tail) = (head, tail);
        self.mark();
        Ok(count)
    }
}

/// The changes of a source, oldest first; without their record where that is damaged.
fn changes(db: &Db, source: &Source) -> Result<Vec<(i64, Option<Change>)>, HistoryError> {
    let mut changes = Vec::new();
    for record in db.range(keys::span(keys::CHANGE, source.number, i64::MIN..=newest(&source.head))) {
        let (key, value) = record.map_err(engine("reading the changes"))?;
        changes.push((key_instant(&key)?, codec::open(&key, &value).ok()));
    }
    Ok(changes)
}

/// The instants of the changes that may go.
fn plan(changes: &[(i64, Option<Change>)], wanted: &Wanted<'_>) -> Result<BTreeSet<i64>, HistoryError> {
    let instants = changes.iter().map(|(at, _)| instant(*at)).collect::<Result<Vec<_>, _>>()?;
    let unwanted = retention::plan(&instants, &wanted.ends, wanted.now, wanted.retention);
    Ok(unwanted.iter().map(Instant::timestamp_millis).collect())
}

/// One batch of deletions.
struct Pruned {
    batch: Batch,
    count: usize,
    /// What follows the newest keyframe then.
    tail: Tail,
}

/// Changes of one source being deleted. What stays keeps its facts: a difference whose
/// predecessor goes is written again, from the one that then comes before it.
struct Pruning<'a> {
    db: &'a Db,
    source: &'a Source,
    most: usize,
    reader: Reader<'a>,
    /// Changes that stay and must be written again, by their place.
    altered: BTreeMap<usize, Change>,
    batch: Batch,
    count: usize,
}

impl<'a> Pruning<'a> {
    fn new(db: &'a Db, source: &'a Source, most: usize) -> Self {
        let reader = Reader::new(db, source.number);
        Self { db, source, most, reader, altered: BTreeMap::new(), batch: Batch::default(), count: 0 }
    }

    /// Looks for stretches of changes to delete. A change before which one was lost stays, and
    /// so does what is damaged: it cannot be said until when the one before it held.
    fn run(mut self, wanted: &Wanted<'_>) -> Result<Pruned, HistoryError> {
        let changes = changes(self.db, self.source)?;
        let unwanted = plan(&changes, wanted)?;
        let follows = |place: usize| match (&changes[place - 1].1, &changes[place].1) {
            (Some(before), Some(change)) => change.predecessor == Some(before.sequence),
            _ => false,
        };
        let mut tail = Tail::default();
        let mut place = 0;
        while place < changes.len() {
            // The one that stays before the stretch, and the first one after it.
            let mut after = place + 1;
            while after < changes.len()
                && self.count + (after - place) <= DELETED_AT_ONCE
                && unwanted.contains(&changes[after].0)
                && follows(after)
            {
                after += 1;
            }
            if let Some(change) = self.altered.get(&place).or(changes[place].1.as_ref()) {
                tail.follow(change);
            }
            if after > place + 1 && !self.stretch(&changes, place, after, &tail)? {
                for change in changes[place + 1..after].iter().filter_map(|(_, change)| change.as_ref()) {
                    tail.follow(change);
                }
            }
            place = after;
        }
        for (place, change) in &self.altered {
            put(&mut self.batch, &keys::timed(keys::CHANGE, self.source.number, changes[*place].0), change)?;
        }
        Ok(Pruned { batch: self.batch, count: self.count, tail })
    }

    /// Deletes what is between the changes at the places `before` and `after`, if `after` can
    /// be written without it; whether it could. `tail` is what follows the keyframe up to
    /// `before`.
    fn stretch(
        &mut self,
        changes: &[(i64, Option<Change>)],
        before: usize,
        after: usize,
        tail: &Tail,
    ) -> Result<bool, HistoryError> {
        let known = |place: usize| changes.get(place).and_then(|(_, change)| change.as_ref());
        let (Some(base), Some(last)) = (known(before), known(after - 1)) else { return Ok(false) };
        let (number, gone) = (self.source.number, changes[before + 1].0);
        let mut base = self.altered.get(&before).unwrap_or(base).clone();
        if let Some(next) = known(after)
            && next.predecessor == Some(last.sequence)
        {
            let (at, mut next) = (changes[after].0, next.clone());
            if next.form == Form::Difference {
                let following = changes[after + 1..].iter().map_while(|(_, change)| change.as_ref());
                let following = following.take_while(|change| change.form == Form::Difference).count();
                let most = self.most.saturating_sub(following);
                let (form, packed) = match self.again(changes, before, (at, &next), tail, most) {
                    Ok(again) => again,
                    // What comes after cannot be read: what it rests on is left as it is.
                    Err(HistoryError::Damaged { .. }) => return Ok(false),
                    Err(error) => return Err(error),
                };
                for piece in 0..next.pieces {
                    self.batch.remove(keys::piece(number, at, piece));
                }
                (next.form, next.length) = (form, packed.length);
                next.pieces = put_pieces(&mut self.batch, number, at, &packed);
            }
            next.predecessor = Some(base.sequence);
            self.altered.insert(after, next);
        }
        if base.held_until.is_none() {
            base.held_until = run_at(self.db, number, &self.source.head, gone - 1)?.last_answered(gone - 1);
        }
        for (at, change) in &changes[before + 1..after] {
            self.batch.remove(keys::timed(keys::CHANGE, number, *at));
            for piece in 0..change.as_ref().map_or(0, |change| change.pieces) {
                self.batch.remove(keys::piece(number, *at, piece));
            }
        }
        self.count += after - before - 1;
        self.altered.insert(before, base);
        Ok(true)
    }

    /// The facts of the change `next`, written to follow the one at the place `before`.
    fn again(
        &mut self,
        changes: &[(i64, Option<Change>)],
        before: usize,
        (at, next): (i64, &Change),
        tail: &Tail,
        most: usize,
    ) -> Result<(Form, codec::Packed), HistoryError> {
        let lost = || HistoryError::damaged("a change");
        let (since, stored) = &changes[before];
        let base = self.reader.facts(*since, stored.as_ref().ok_or_else(lost)?)?.clone();
        let facts = self.reader.facts(at, next)?;
        write::form(Some(&base), tail, most, facts, &codec::write(facts)?)
    }
}
