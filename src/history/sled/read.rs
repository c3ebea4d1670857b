//! Reading records, and making facts of them again.

use std::ops::RangeInclusive;

use ::sled::Db;

use super::{
    Change, Form, Head, HistoryError, PIECE, Run, codec,
    codec::{Packed, Record},
    engine, key_instant, keys,
};
use crate::{domain::Facts, history::difference::Difference};

/// No more differences than this follow each other, so no chain of ours is longer.
const LONGEST_CHAIN: usize = 100_000;

/// A record of the store, by its instant.
fn record<T: Record>(
    found: Option<::sled::Result<(::sled::IVec, ::sled::IVec)>>,
) -> Result<Option<(i64, T)>, HistoryError> {
    let Some(found) = found else { return Ok(None) };
    let (key, value) = found.map_err(engine("reading a record"))?;
    Ok(Some((key_instant(&key)?, codec::open(&key, &value)?)))
}

/// The last record of the kind `prefix` within `span`.
pub(super) fn last<T: Record>(
    db: &Db,
    prefix: u8,
    number: u16,
    span: RangeInclusive<i64>,
) -> Result<Option<(i64, T)>, HistoryError> {
    record(db.range(keys::span(prefix, number, span)).next_back())
}

/// The first record of the kind `prefix` within `span`.
fn first<T: Record>(
    db: &Db,
    prefix: u8,
    number: u16,
    span: RangeInclusive<i64>,
) -> Result<Option<(i64, T)>, HistoryError> {
    record(db.range(keys::span(prefix, number, span)).next())
}

/// The change that held at `at`, and when it was; an error if one was lost around there.
pub(super) fn change_at(
    db: &Db,
    number: u16,
    head: &Head,
    at: i64,
) -> Result<Option<(i64, Change)>, HistoryError> {
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
pub(super) fn run_at(db: &Db, number: u16, head: &Head, at: i64) -> Result<Run, HistoryError> {
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

/// Changes and when they were.
type Steps = Vec<(i64, Change)>;

/// Makes the facts of one source again. Going forward costs one difference for each change.
pub(super) struct Reader<'a> {
    db: &'a Db,
    number: u16,
    /// What was made last, and of which change.
    known: Option<(i64, Facts)>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(db: &'a Db, number: u16) -> Self {
        Self { db, number, known: None }
    }

    /// The facts of the change at `at`: exactly those that were kept, or an error.
    pub(super) fn facts(&mut self, at: i64, change: &Change) -> Result<&Facts, HistoryError> {
        let (base, steps) = self.steps(at, change)?;
        let mut facts = base;
        for (at, change) in steps.iter().rev() {
            let packed = self.pieces(*at, change)?;
            facts = Some(match (change.form, facts) {
                (Form::Whole, _) => codec::unpack(&packed)?,
                (Form::Difference, Some(before)) => codec::unpack::<Difference>(&packed)?.apply(before)?,
                (Form::Difference, None) => return Err(HistoryError::damaged("a keyframe is lost")),
            });
        }
        let facts = facts.ok_or_else(|| HistoryError::damaged("a keyframe is lost"))?;
        codec::verify(&facts, change.digest)?;
        Ok(&self.known.insert((at, facts)).1)
    }

    /// What leads to the change at `at`, newest first, and the facts that it begins with if
    /// that is no keyframe.
    fn steps(&mut self, at: i64, change: &Change) -> Result<(Option<Facts>, Steps), HistoryError> {
        let mut steps = Steps::new();
        let mut next = (at, change.clone());
        loop {
            if self.known.as_ref().is_some_and(|(known, _)| *known == next.0) {
                return Ok((self.known.take().map(|(_, facts)| facts), steps));
            }
            let (at, form, predecessor) = (next.0, next.1.form, next.1.predecessor);
            steps.push(next);
            if form == Form::Whole {
                return Ok((None, steps));
            }
            let before = last::<Change>(self.db, keys::CHANGE, self.number, i64::MIN..=at.saturating_sub(1))?;
            next = match before {
                Some(before) if Some(before.1.sequence) == predecessor && steps.len() < LONGEST_CHAIN => {
                    before
                }
                _ => return Err(HistoryError::damaged("a change before it is lost")),
            };
        }
    }

    /// What is in the pieces of a change.
    fn pieces(&self, at: i64, change: &Change) -> Result<Packed, HistoryError> {
        let mut bytes = Vec::with_capacity((change.pieces as usize).min(64) * PIECE);
        for piece in 0..change.pieces {
            let key = keys::piece(self.number, at, piece);
            let sealed = self
                .db
                .get(&key)
                .map_err(engine("reading facts"))?
                .ok_or_else(|| HistoryError::damaged("a piece of facts is lost"))?;
            bytes.extend(codec::open_piece(&key, &sealed)?);
        }
        Ok(Packed { bytes, length: change.length })
    }
}
