//! What a viewer knows, and the board that it makes of it: with the same functions as the
//! owner, of the same facts, so that the two cannot disagree.

use std::sync::Arc;

use super::wire::{State, WireError};
use crate::{
    clock::Clock,
    domain::{Instant, SourceHealth, World},
    insight::{Board, Completeness},
    refresh::{Deriver, is_over},
};

/// The owner's state, as it was told last.
#[derive(Debug, Default)]
pub(super) struct Mirror {
    known: Option<Known>,
}

#[derive(Debug)]
struct Known {
    at: Instant,
    world: Arc<World>,
    health: Arc<[SourceHealth]>,
    completeness: Completeness,
    is_settled: bool,
}

impl Mirror {
    /// Takes in what the owner says.
    pub(super) fn hear(&mut self, state: State) -> Result<(), WireError> {
        let State { at, truth, is_settled, health, world } = state;
        let world = match (world, &self.known) {
            (Some(delta), Some(known)) => Arc::new(delta.apply(&known.world)?),
            (Some(delta), None) => Arc::new(delta.apply(&World::default())?),
            (None, Some(known)) => Arc::clone(&known.world),
            (None, None) => return Err(WireError::Foreign),
        };
        let old = self.known.replace(Known {
            at,
            world,
            health: health.into(),
            completeness: truth.completeness(),
            is_settled,
        });
        // A large world takes long to take apart.
        drop(tokio::task::spawn_blocking(move || drop(old)));
        Ok(())
    }

    /// Every source has answered or failed, as the owner knows.
    pub(super) fn is_settled(&self) -> bool {
        self.known.as_ref().is_some_and(|known| known.is_settled)
    }

    /// The board of what is known: for the instant at which the owner derived its own, if
    /// that is still good, else for now. What `before` answers is not answered again. None
    /// before the owner said anything, and while the program is ending.
    pub(super) async fn board(
        &self,
        deriver: &Deriver,
        clock: Clock,
        before: Option<&Board>,
    ) -> Option<Board> {
        let known = self.known.as_ref()?;
        let (world, health) = (Arc::clone(&known.world), Arc::clone(&known.health));
        let now = clock.now();
        if let Some(before) = before
            && Arc::ptr_eq(&world, &before.world)
            && known.completeness == before.completeness
            && !is_over(before, now)
            && same_answers(&health, &before.health, now)
        {
            return Some(Board { at: known.at.max(before.at), health, ..before.clone() });
        }
        let made = deriver.derive(move || world, health, known.completeness, known.at).await?;
        if !is_over(&made, now) {
            return Some(made);
        }
        let (world, health) = (Arc::clone(&known.world), Arc::clone(&known.health));
        deriver.derive(move || world, health, known.completeness, now).await
    }
}

/// Whether answers that rest on the first rest on the second as well: whether a source can be
/// relied on is the same.
fn same_answers(first: &[SourceHealth], second: &[SourceHealth], now: Instant) -> bool {
    let rests = |health: &SourceHealth| {
        (health.id.clone(), health.failure.clone(), health.is_stale(now), health.answered_at.is_some())
    };
    let sources = |health: &[SourceHealth]| -> Vec<_> {
        health.iter().filter(|source| !source.is_own()).map(rests).collect()
    };
    sources(first) == sources(second)
}
