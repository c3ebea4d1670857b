//! Deleting what the retention does not want, and linking what stays.

use std::collections::BTreeSet;

use ::sled::{Batch, Db};

use super::{
    Change, Head, HistoryError, Retention, SledHistory, codec, engine, instant, key_instant, keys, newest,
    put, run_at,
};
use crate::{domain::Instant, history::retention};

/// How many changes are deleted in one batch.
const DELETED_AT_ONCE: usize = 256;

impl SledHistory {
    /// Deletes the changes that `retention` does not want; how many.
    pub(super) fn prune_all(&mut self, now: Instant, retention: &Retention) -> Result<usize, HistoryError> {
        self.mend(now)?;
        let mut count = 0;
        for position in 0..self.sources.len() {
            loop {
                match self.prune_some(position, now, retention)? {
                    0 => break,
                    some => count += some,
                }
            }
        }
        Ok(count)
    }

    /// Deletes some of the changes of one source; how many.
    fn prune_some(
        &mut self,
        position: usize,
        now: Instant,
        retention: &Retention,
    ) -> Result<usize, HistoryError> {
        let source = &self.sources[position];
        let number = source.number;
        let mut head = source.head.clone();
        let (mut batch, count) = self.reading(|store| deletions(&store.db, number, &head, now, retention))?;
        if count == 0 {
            return Ok(0);
        }
        head.sequence = self.sequence + 1;
        head.changes = head.changes.saturating_sub(count as u64);
        put(&mut batch, &keys::source(number), &head)?;
        self.commit(batch)?;
        self.sequence = head.sequence;
        self.sources[position].head = head;
        self.mark();
        Ok(count)
    }
}

/// A change that stays.
struct Staying {
    at: i64,
    change: Change,
    /// It has to be written again.
    altered: bool,
}

/// A batch that deletes some changes, and how many. A change before which one was lost stays,
/// and so does what is damaged: it cannot be said until when the one before it held.
fn deletions(
    db: &Db,
    number: u16,
    head: &Head,
    now: Instant,
    retention: &Retention,
) -> Result<(Batch, usize), HistoryError> {
    let mut changes: Vec<(i64, Option<Change>)> = Vec::new();
    for record in db.range(keys::span(keys::CHANGE, number, i64::MIN..=newest(head))) {
        let (key, value) = record.map_err(engine("reading the changes"))?;
        changes.push((key_instant(&key)?, codec::open(&key, &value).ok()));
    }
    let instants = changes.iter().map(|(at, _)| instant(*at)).collect::<Result<Vec<_>, _>>()?;
    let unwanted: BTreeSet<i64> =
        retention::plan(&instants, now, retention).iter().map(Instant::timestamp_millis).collect();

    let mut batch = Batch::default();
    let mut count = 0;
    let mut staying: Option<Staying> = None;
    // The record just before, whether it goes or stays.
    let mut previous: Option<u64> = None;
    for (at, change) in changes {
        let Some(mut change) = change else {
            write(&mut batch, number, staying.take())?;
            previous = None;
            continue;
        };
        let follows = previous.is_some() && change.predecessor == previous;
        previous = Some(change.sequence);
        match &mut staying {
            Some(before) if follows && unwanted.contains(&at) && count < DELETED_AT_ONCE => {
                if before.change.held_until.is_none() {
                    before.change.held_until = run_at(db, number, head, at - 1)?.last_answered(at - 1);
                }
                before.altered = true;
                batch.remove(keys::timed(keys::CHANGE, number, at));
                for piece in 0..change.pieces {
                    batch.remove(keys::piece(number, at, piece));
                }
                count += 1;
            }
            before => {
                let mut altered = false;
                if let Some(before) = before
                    && follows
                    && change.predecessor != Some(before.change.sequence)
                {
                    change.predecessor = Some(before.change.sequence);
                    altered = true;
                }
                write(&mut batch, number, staying.replace(Staying { at, change, altered }))?;
            }
        }
    }
    write(&mut batch, number, staying)?;
    Ok((batch, count))
}

fn write(batch: &mut Batch, number: u16, staying: Option<Staying>) -> Result<(), HistoryError> {
    match staying {
        Some(Staying { at, change, altered: true }) => {
            put(batch, &keys::timed(keys::CHANGE, number, at), &change)
        }
        _ => Ok(()),
    }
}
