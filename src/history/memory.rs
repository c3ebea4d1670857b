//! The past of this process only: when the store cannot be opened or belongs to another
//! process, and in tests.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::NaiveDate;

use super::{Appended, History, HistoryError, Kept, Retention, retention, whole_figures};
use crate::domain::{DayFigures, Facts, Instant, Problem, SourceHealth, SourceId};

/// Keeps as much of the past as fits in memory, and loses it at the end.
#[derive(Default)]
pub struct MemoryHistory {
    sources: BTreeMap<SourceId, Past>,
    problems: Vec<Problem>,
    memories: BTreeMap<SourceId, Vec<u8>>,
    days: BTreeMap<NaiveDate, DayFigures>,
    /// Until when the past was looked through for what may go.
    horizon: Option<Instant>,
}

#[derive(Default)]
struct Past {
    changes: Vec<Change>,
    rounds: Vec<Round>,
}

struct Change {
    at: Instant,
    facts: Arc<Facts>,
    /// The facts that came after were dropped: until when these are known to have held.
    held_until: Option<Instant>,
    /// When releases went out that these facts are the first to say are out, and when that was.
    ends: Vec<Instant>,
}

struct Round {
    at: Instant,
    answered: bool,
    health: SourceHealth,
}

impl MemoryHistory {
    /// Changes that are kept of a source; the oldest are forgotten.
    const MOST_CHANGES: usize = 2_000;
    /// Rounds that are kept of a source.
    const MOST_ROUNDS: usize = 20_000;

    /// An empty past, and why it is kept in memory only.
    pub fn new(problems: Vec<Problem>) -> Self {
        Self { problems, ..Self::default() }
    }
}

impl Past {
    fn next(&self, at: Instant) -> Result<Instant, HistoryError> {
        super::next_instant(
            at.timestamp_millis(),
            self.rounds.last().map(|round| round.at.timestamp_millis()),
        )
    }

    fn push(&mut self, at: Instant, answered: bool, health: &SourceHealth) {
        self.rounds.push(Round { at, answered, health: super::whole_millis(health) });
        if self.rounds.len() > MemoryHistory::MOST_ROUNDS {
            self.rounds.drain(..MemoryHistory::MOST_ROUNDS / 4);
        }
    }

    fn last_answered(&self, at: Instant) -> Option<Instant> {
        let known = self.rounds.partition_point(|round| round.at <= at);
        self.rounds[..known].iter().rev().find(|round| round.answered).map(|round| round.at)
    }

    fn kept(&self, source: &SourceId, at: Instant) -> Option<Kept> {
        let change = &self.changes[self.changes.partition_point(|change| change.at <= at).checked_sub(1)?];
        let round = &self.rounds[self.rounds.partition_point(|round| round.at <= at).checked_sub(1)?];
        let answered = self.last_answered(at)?;
        Some(Kept {
            source: source.clone(),
            facts: Arc::clone(&change.facts),
            since: change.at,
            until: change.held_until.map_or(answered, |held| held.min(answered)),
            health: SourceHealth { id: source.clone(), ..round.health.clone() },
        })
    }

    /// Forgets the changes at `dropped`.
    fn forget(&mut self, dropped: &BTreeSet<Instant>) {
        for index in 1..self.changes.len() {
            let at = self.changes[index].at;
            if dropped.contains(&at) && !dropped.contains(&self.changes[index - 1].at) {
                let held = self.last_answered(at - chrono::Duration::milliseconds(1));
                let before = &mut self.changes[index - 1];
                before.held_until = before.held_until.or(held);
            }
        }
        self.changes.retain(|change| !dropped.contains(&change.at));
    }
}

impl History for MemoryHistory {
    fn append(
        &mut self,
        source: &SourceId,
        at: Instant,
        facts: &Arc<Facts>,
        health: &SourceHealth,
    ) -> Result<Appended, HistoryError> {
        let past = self.sources.entry(source.clone()).or_default();
        let at = past.next(at)?;
        let same =
            past.changes.last().is_some_and(|last| Arc::ptr_eq(&last.facts, facts) || *last.facts == **facts);
        past.push(at, true, health);
        if same {
            return Ok(Appended::Unchanged(at));
        }
        let mut ends = Vec::new();
        if let (Some(first), Some(last)) = (past.changes.first(), past.changes.last()) {
            ends = retention::ends(&last.facts, facts, first.at);
        }
        if !ends.is_empty() {
            ends.push(at);
        }
        past.changes.push(Change { at, facts: Arc::clone(facts), held_until: None, ends });
        if past.changes.len() > Self::MOST_CHANGES {
            past.changes.drain(..Self::MOST_CHANGES / 4);
        }
        Ok(Appended::Changed(at))
    }

    fn record_health(&mut self, at: Instant, health: &SourceHealth) -> Result<(), HistoryError> {
        let past = self.sources.entry(health.id.clone()).or_default();
        let at = past.next(at)?;
        past.push(at, false, health);
        Ok(())
    }

    fn at(&self, at: Instant) -> Result<Vec<Kept>, HistoryError> {
        Ok(self.sources.iter().filter_map(|(source, past)| past.kept(source, at)).collect())
    }

    fn latest(&self) -> Result<Vec<Kept>, HistoryError> {
        self.at(Instant::MAX_UTC)
    }

    fn instants(&self, from: Instant, until: Instant) -> Result<Vec<Instant>, HistoryError> {
        let all = self.sources.values().flat_map(|past| &past.changes).map(|change| change.at);
        let within: BTreeSet<_> = all.filter(|at| (from..=until).contains(at)).collect();
        Ok(within.into_iter().collect())
    }

    fn prune(&mut self, now: Instant, retention: &Retention) -> Result<usize, HistoryError> {
        let mut count = 0;
        let newest = self.sources.values().filter_map(|past| past.rounds.last()).map(|round| round.at).max();
        let Some(newest) = newest else { return Ok(0) };
        let now = retention::horizon(self.horizon, newest, now);
        self.horizon = Some(now);
        let all = self.sources.values().flat_map(|past| &past.changes);
        let ends: BTreeSet<_> = all.flat_map(|change| &change.ends).copied().collect();
        for past in self.sources.values_mut() {
            let changes: Vec<_> = past.changes.iter().map(|change| change.at).collect();
            let dropped = BTreeSet::from_iter(retention::plan(&changes, &ends, now, retention));
            past.forget(&dropped);
            count += dropped.len();
        }
        Ok(count)
    }

    fn keep_memory(&mut self, source: &SourceId, memory: &[u8]) -> Result<(), HistoryError> {
        self.memories.insert(source.clone(), memory.to_vec());
        Ok(())
    }

    fn memory(&self, source: &SourceId) -> Result<Option<Vec<u8>>, HistoryError> {
        Ok(self.memories.get(source).cloned())
    }

    fn keep_day(&mut self, figures: &DayFigures) -> Result<(), HistoryError> {
        self.days.insert(figures.day, whole_figures(figures));
        Ok(())
    }

    fn days(&self, from: NaiveDate, until: NaiveDate) -> Result<Vec<DayFigures>, HistoryError> {
        let kept = self.days.values().filter(|figures| (from..=until).contains(&figures.day));
        Ok(kept.cloned().collect())
    }

    fn problems(&self) -> Vec<Problem> {
        self.problems.clone()
    }
}
