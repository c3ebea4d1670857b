//! From what is known to a board, off the loop: for who asks the sources and for who is told.

use std::{sync::Arc, time::Duration};

use crate::{
    clock::Clock,
    domain::{Instant, Policy, SourceHealth, Text, World},
    insight::{Board, Completeness, Learned},
};

use super::schedule::LONGEST_SLEEP;

/// What boards are made by, besides facts.
#[derive(Clone)]
pub struct Deriver {
    /// What the board is called.
    pub title: Text,
    /// By which rules facts are judged.
    pub policy: Arc<Policy>,
    /// What finished releases taught, for all boards.
    pub learned: Arc<Learned>,
}

impl Deriver {
    /// A board on which nothing is known yet.
    pub(crate) fn empty(&self, health: Arc<[SourceHealth]>, at: Instant) -> Board {
        let (title, policy) = (self.title.clone(), Arc::clone(&self.policy));
        Board::derive(title, Arc::default(), health, policy, &self.learned, Completeness::Filling, at)
    }

    /// What the `world` means at this time, derived on a blocking thread. None while the
    /// program is ending.
    pub(crate) async fn derive(
        &self,
        world: impl FnOnce() -> Arc<World> + Send + 'static,
        health: Arc<[SourceHealth]>,
        completeness: Completeness,
        at: Instant,
    ) -> Option<Board> {
        let this = self.clone();
        let derived = tokio::task::spawn_blocking(move || {
            Board::derive(this.title, world(), health, this.policy, &this.learned, completeness, at)
        });
        // An error: the panic hook has said what happened and is ending the program.
        derived.await.ok()
    }

    /// Learns how good forecasts were, which takes longer than all the rest; whether that
    /// makes another board.
    pub(crate) async fn catch_up(&self) -> bool {
        let learned = Arc::clone(&self.learned);
        tokio::task::spawn_blocking(move || learned.catch_up()).await.unwrap_or(false)
    }
}

/// Whether time alone has made another board of this one: it has passed, or was set back. The
/// picture of the last visit stays as it is until there is something better.
pub(crate) fn is_over(board: &Board, now: Instant) -> bool {
    board.completeness != Completeness::Preview && (now >= board.valid_until || now < board.at)
}

/// How long to wait before asking again whether the board [`is_over`].
pub(crate) fn until_over(board: &Board, clock: Clock) -> Duration {
    if matches!(clock, Clock::Frozen(_)) || board.completeness == Completeness::Preview {
        return LONGEST_SLEEP;
    }
    let left = board.valid_until - clock.now();
    left.to_std().unwrap_or(Duration::ZERO).clamp(Duration::from_millis(50), LONGEST_SLEEP)
}
