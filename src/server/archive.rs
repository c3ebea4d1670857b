//! Boards of the past, made of what the history kept: read here by the owner, through it by a
//! viewer.

use std::sync::Arc;

use chrono::Duration;

use crate::{
    domain::{Assumed, Instant, Problem, SourceHealth, World},
    history::Kept,
    insight::{Board, Completeness},
    refresh::Deriver,
};

use super::SessionHandle;

/// How far around an instant changes are looked for, before all of the past is.
const NEAR: [Duration; 2] = [Duration::days(1), Duration::days(30)];

/// Makes boards of the past. Cheap to clone.
#[derive(Clone)]
pub struct Archive {
    session: SessionHandle,
    deriver: Deriver,
}

impl Archive {
    pub(super) fn new(session: SessionHandle, deriver: Deriver) -> Self {
        Self { session, deriver }
    }

    /// The board as it was at `at`: what every source had said by then, judged by the rules of
    /// today. None if nothing was known yet. `newest` says which source ranks before which.
    pub async fn board(&self, at: Instant, newest: &Board) -> Result<Option<Board>, Problem> {
        let mut kept = self.session.at(at).await?;
        if kept.is_empty() {
            return Ok(None);
        }
        let rank = |kept: &Kept| {
            let of = |health: &SourceHealth| health.id == kept.source;
            newest.health.iter().position(of).unwrap_or(usize::MAX)
        };
        kept.sort_by_key(rank);
        let health = kept.iter().map(|kept| kept.health.clone()).collect();
        let days: Vec<_> = newest.world.days.iter().filter(|day| day.at <= at).cloned().collect();
        let said = Arc::clone(&self.session.triage().borrow());
        let world = move || {
            let union = World::union(kept.iter().map(|kept| (&kept.source, &*kept.facts)));
            let mut world = World { days, ..union };
            world.hear(&said, at);
            Arc::new(world)
        };
        let board = self.deriver.derive(world, health, Completeness::Whole, at).await;
        let ending = || Problem::new("the program is ending", "");
        board.map(Some).ok_or_else(ending)
    }

    /// The board on which `assumed` is true besides what `truth` says: for this screen alone, it
    /// is neither kept nor served. None while the program is ending.
    pub async fn assuming(&self, truth: Arc<Board>, assumed: Vec<Assumed>) -> Option<Board> {
        let learned = Arc::clone(&self.deriver.learned);
        tokio::task::spawn_blocking(move || truth.assuming(&assumed, &learned)).await.ok()
    }

    /// A board of an instant at which nothing was known.
    pub fn empty(&self, at: Instant) -> Board {
        Board { completeness: Completeness::Whole, ..self.deriver.empty([].into(), at) }
    }

    /// The nearest instant after `from` (`later`) or before it at which something changed.
    pub async fn next_change(&self, from: Instant, later: bool) -> Result<Option<Instant>, Problem> {
        let tick = Duration::milliseconds(1);
        for near in NEAR.into_iter().map(Some).chain([None]) {
            let found = if later {
                let until = near.map_or(Instant::MAX_UTC, |near| from + near);
                self.session.instants(from + tick, until).await?
            } else {
                let since = near.map_or(Instant::MIN_UTC, |near| from - near);
                self.session.instants(since, from - tick).await?
            };
            let nearest = if later { found.first() } else { found.last() };
            if nearest.is_some() {
                return Ok(nearest.copied());
            }
        }
        Ok(None)
    }
}
