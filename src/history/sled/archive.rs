//! The store as a whole: every round in turn, rounds from elsewhere, and a check of
//! everything.

use std::{collections::BTreeMap, path::Path};

use ::sled::Db;

use super::{
    Answer, Change, HistoryError, Reader, Retention, Round, Run, SledHistory, Source, codec, engine, instant,
    key_instant, keys, newest,
};
use crate::{
    domain::{DayFigures, Instant},
    history::archive::{self, Archive, Record, Verification},
};

impl Archive for SledHistory {
    fn visit(&self, each: &mut dyn FnMut(Record) -> Result<(), HistoryError>) -> Result<(), HistoryError> {
        self.reading(|store| {
            let mut sources: Vec<_> = self.sources.iter().collect();
            sources.sort_by(|a, b| a.head.id.cmp(&b.head.id));
            sources.into_iter().try_for_each(|source| visit(&store.db, source, each))
        })
    }

    fn restore(
        &mut self,
        records: &mut dyn Iterator<Item = Result<Record, HistoryError>>,
    ) -> Result<u64, HistoryError> {
        if !self.sources.is_empty() {
            let what = "it is not empty: name an empty directory with --data-dir";
            return Err(HistoryError::store("reading into the history", &what));
        }
        // All of it or nothing: until the end nothing else relies on it.
        self.options.durable = false;
        let mut count = 0;
        for record in records {
            let Record { at, answered, change, health } = record?;
            let answer = match &change {
                _ if !answered => Answer::None,
                None => Answer::Same,
                Some(change) => Answer::Change {
                    facts: &change.facts,
                    held_until: change.held_until.map(|held| held.timestamp_millis()),
                },
            };
            let kept = self.keep(&Round { source: &health.id, at, answer, health: &health })?;
            let whole = at.timestamp_millis();
            if kept.at().timestamp_millis() != whole {
                let what = format!("the round of {} at {at} is not later than the one before", health.id);
                return Err(HistoryError::damaged(what));
            }
            count += 1;
        }
        self.settle()?;
        Ok(count)
    }

    fn verify(&self) -> Result<Verification, HistoryError> {
        self.reading(|store| {
            let mut found = Verification { sources: self.sources.len(), ..Verification::default() };
            for record in store.db.iter() {
                let (key, value) = record.map_err(engine("reading everything"))?;
                let checked = match key.first() {
                    Some(&keys::DAY) => codec::open::<DayFigures>(&key, &value).map(|_| found.days += 1),
                    _ => codec::check(&key, &value),
                };
                if let Err(error) = checked {
                    found.damage.push(format!("{}: {error}", self.place(&key)));
                }
            }
            for source in &self.sources {
                verify_changes(&store.db, source, &mut found)?;
                verify_rounds(&store.db, source, &mut found)?;
            }
            Ok(found)
        })
    }

    fn board(&self) -> &Path {
        &self.board
    }

    fn prunable(&self, now: Instant, retention: &Retention) -> Result<usize, HistoryError> {
        Self::prunable(self, now, retention)
    }
}

impl SledHistory {
    /// What a key stands for, in words.
    fn place(&self, key: &[u8]) -> String {
        let kind = match key.first() {
            Some(&keys::SOURCE) => "the head",
            Some(&keys::CHANGE) => "a change",
            Some(&keys::FACTS) => "facts",
            Some(&keys::ROUNDS) => "rounds",
            Some(&keys::DAY) => return "the figures of a day".to_owned(),
            _ => return codec::show(key),
        };
        let known = self.sources.iter().find(|source| keys::number_of(key) == Some(source.number));
        let of = known.map(|source| format!(" of {}", source.head.id)).unwrap_or_default();
        format!("{kind}{of}{}", keys::instant_of(key).map(at).unwrap_or_default())
    }
}

/// When, for a person.
fn at(millis: i64) -> String {
    instant(millis).map(|at| format!(" at {}", at.format("%Y-%m-%d %H:%M:%S%.3f UTC"))).unwrap_or_default()
}

/// The runs of rounds of a source, oldest first.
fn runs(db: &Db, source: &Source) -> impl Iterator<Item = Result<Run, HistoryError>> {
    let until = source.head.run.first().map_or(i64::MAX, |first| first.saturating_sub(1));
    let sealed = db.range(keys::span(keys::ROUNDS, source.number, i64::MIN..=until)).map(|record| {
        let (key, value) = record.map_err(engine("reading the rounds"))?;
        codec::open::<Run>(&key, &value)
    });
    sealed.chain(std::iter::once(Ok(source.head.run.clone())))
}

fn visit(
    db: &Db,
    source: &Source,
    each: &mut dyn FnMut(Record) -> Result<(), HistoryError>,
) -> Result<(), HistoryError> {
    let head = &source.head;
    let lost = |what: &str| HistoryError::damaged(format!("{what} of {}", head.id));
    let mut changes = BTreeMap::new();
    let mut before: Option<u64> = None;
    for record in db.range(keys::span(keys::CHANGE, source.number, i64::MIN..=newest(head))) {
        let (key, value) = record.map_err(engine("reading the changes"))?;
        let change = codec::open::<Change>(&key, &value)?;
        if change.predecessor != before {
            return Err(lost("a change is lost"));
        }
        before = Some(change.sequence);
        changes.insert(key_instant(&key)?, change);
    }
    if before != head.newest.map(|newest| newest.sequence) {
        return Err(lost("the newest change is lost"));
    }
    let mut reader = Reader::new(db, source.number);
    let mut since = None;
    for (ordinal, run) in runs(db, source).enumerate() {
        let run = run?;
        if run.ordinal != ordinal as u64 {
            return Err(lost("rounds are lost"));
        }
        for (at, answered) in run.rounds() {
            let mut begun = None;
            if let Some(change) = changes.remove(&at) {
                since = Some(at);
                let facts = reader.facts(at, &change)?.clone();
                let held_until = change.held_until.map(instant).transpose()?;
                begun = Some(archive::Change { facts: facts.into(), held_until });
            }
            let known =
                run.known(&head.id, at, since).ok_or_else(|| lost("rounds that contradict each other"))?;
            each(Record { at: instant(at)?, answered, change: begun, health: known.health })?;
        }
    }
    if changes.is_empty() { Ok(()) } else { Err(lost("a change without a round")) }
}

/// Checks that the changes follow each other and that the facts of each can be made.
fn verify_changes(db: &Db, source: &Source, found: &mut Verification) -> Result<(), HistoryError> {
    let id = &source.head.id;
    let mut reader = Reader::new(db, source.number);
    let mut before: Option<Option<u64>> = Some(None);
    for record in db.range(keys::span(keys::CHANGE, source.number, i64::MIN..=i64::MAX)) {
        let (key, value) = record.map_err(engine("reading the changes"))?;
        let when = key_instant(&key)?;
        // What is damaged was named with all other records.
        let Ok(change) = codec::open::<Change>(&key, &value) else {
            before = None;
            continue;
        };
        if before.is_some_and(|before| before != change.predecessor) {
            found.damage.push(format!("before the change of {id}{}: one is lost", at(when)));
        }
        before = Some(Some(change.sequence));
        match reader.facts(when, &change) {
            Ok(_) => found.changes += 1,
            Err(error) => found.damage.push(format!("facts of {id}{}: {error}", at(when))),
        }
    }
    if before.is_some_and(|before| before != source.head.newest.map(|newest| newest.sequence)) {
        found.damage.push(format!("the newest change of {id}: it is lost"));
    }
    Ok(())
}

/// Checks that the rounds follow each other.
fn verify_rounds(db: &Db, source: &Source, found: &mut Verification) -> Result<(), HistoryError> {
    let id = &source.head.id;
    let mut next = Some(0);
    for run in runs(db, source) {
        let run = match run {
            Ok(run) => run,
            Err(HistoryError::Damaged { .. }) => {
                next = None;
                continue;
            }
            Err(error) => return Err(error),
        };
        let began = run.first().unwrap_or_default();
        if next.is_some_and(|next| next != run.ordinal) {
            found.damage.push(format!("before the rounds of {id}{}: some are lost", at(began)));
        }
        next = Some(run.ordinal + 1);
        found.rounds += run.rounds().count() as u64;
    }
    Ok(())
}
