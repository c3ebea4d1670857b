//! Boards of the past, made of what the history kept.

use std::sync::Arc;

use chrono::Duration;

use crate::{
    domain::{Instant, Policy, Problem, SourceId, Text, World},
    history::{HistoryError, Kept},
    insight::{Board, Completeness, Learned},
};

use super::Keeper;

/// How far around an instant changes are looked for, before all of the past is.
const NEAR: [Duration; 2] = [Duration::days(1), Duration::days(30)];

/// Makes boards of the past. Cheap to clone.
#[derive(Clone)]
pub struct Archive {
    keeper: Option<Keeper>,
    title: Text,
    policy: Arc<Policy>,
    /// The sources by their rank: what people wrote down before what is derived.
    rank: Arc<[SourceId]>,
}

impl Archive {
    pub(super) fn new(
        keeper: Option<Keeper>,
        title: Text,
        policy: Arc<Policy>,
        rank: Arc<[SourceId]>,
    ) -> Self {
        Self { keeper, title, policy, rank }
    }

    /// The board as it was at `at`: what every source had said by then, judged by the rules of
    /// today. None if nothing was known yet.
    pub async fn board(&self, at: Instant) -> Result<Option<Board>, Problem> {
        let kept = self.keeper()?.at(at).await.ok_or_else(closed)?.map_err(|error| error.problem())?;
        if kept.is_empty() {
            return Ok(None);
        }
        let archive = self.clone();
        // A big board takes longer than the loop may wait.
        let derived = tokio::task::spawn_blocking(move || archive.derive(kept, at)).await;
        derived.map(Some).map_err(|_| Problem::new("the past could not be made into a board", "try again"))
    }

    /// A board of an instant at which nothing was known.
    pub fn empty(&self, at: Instant) -> Board {
        self.derive(Vec::new(), at)
    }

    /// The nearest instant after `from` (`later`) or before it at which something changed.
    pub async fn next_change(&self, from: Instant, later: bool) -> Result<Option<Instant>, Problem> {
        let keeper = self.keeper()?;
        let tick = Duration::milliseconds(1);
        for near in NEAR.into_iter().map(Some).chain([None]) {
            let found = if later {
                let until = near.map_or(Instant::MAX_UTC, |near| from + near);
                keeper.instants(from + tick, until).await
            } else {
                let since = near.map_or(Instant::MIN_UTC, |near| from - near);
                keeper.instants(since, from - tick).await
            };
            let found: Vec<Instant> =
                found.ok_or_else(closed)?.map_err(|error: HistoryError| error.problem())?;
            let nearest = if later { found.first() } else { found.last() };
            if nearest.is_some() {
                return Ok(nearest.copied());
            }
        }
        Ok(None)
    }

    fn keeper(&self) -> Result<&Keeper, Problem> {
        let none = || Problem::new("this board keeps no history", "give it a place with --data-dir");
        self.keeper.as_ref().ok_or_else(none)
    }

    fn derive(&self, mut kept: Vec<Kept>, at: Instant) -> Board {
        let rank = |id: &SourceId| self.rank.iter().position(|known| known == id).unwrap_or(usize::MAX);
        kept.sort_by_key(|kept| rank(&kept.source));
        let world = World::union(kept.iter().map(|kept| (&kept.source, &*kept.facts)));
        let health = kept.iter().map(|kept| kept.health.clone()).collect();
        let (title, policy) = (self.title.clone(), Arc::clone(&self.policy));
        Board::derive(title, Arc::new(world), health, policy, &Learned::default(), Completeness::Whole, at)
    }
}

fn closed() -> Problem {
    Problem::new("the history is closed", "look at the sources (%) for the reason")
}
