//! What one viewer is sent: the newest state whenever it can take one, and a sign of life.
//!
//! A viewer that reads slowly holds up nobody. Nothing waits for it in a queue: what it
//! missed is in the difference to the state that it was sent last.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use axum::body::Bytes;
use futures_util::stream::{self, Stream};
use tokio::sync::watch;

use super::{
    delta::WorldDelta,
    host::Served,
    wire::{Frame, State, Truth, WireError, encode, header},
};
use crate::{
    domain::{SourceHealth, Triage, World},
    insight::Board,
};

/// How often a viewer hears from an owner that has no news.
pub(super) const HEARTBEAT: Duration = Duration::from_secs(5);

/// Frames for one viewer, until the owner goes.
pub(super) fn feed(
    served: Arc<Served>,
    hello: Bytes,
) -> impl Stream<Item = Result<Bytes, WireError>> + Send + 'static {
    let (boards, settled) = (served.boards.clone(), served.settled.clone());
    let beats = served.beats.subscribe();
    served.attached.notify_one();
    let mut triage = served.triage.subscribe();
    // What was said before is news to who comes.
    triage.mark_changed();
    let queue = VecDeque::new();
    let mut feed =
        Feed { served, boards, settled, triage, beats, sent: None, sequence: 0, queue, is_over: false };
    feed.enqueue(hello);
    stream::try_unfold(feed, |mut feed| async {
        let piece = feed.next().await?;
        Ok(piece.map(|piece| (piece, feed)))
    })
}

struct Feed {
    served: Arc<Served>,
    boards: watch::Receiver<Arc<Board>>,
    settled: watch::Receiver<bool>,
    triage: watch::Receiver<Arc<Triage>>,
    beats: watch::Receiver<u64>,
    sent: Option<Sent>,
    sequence: u64,
    queue: VecDeque<Bytes>,
    is_over: bool,
}

/// What the viewer knows.
struct Sent {
    world: Arc<World>,
    health: Arc<[SourceHealth]>,
    truth: Truth,
    is_settled: bool,
}

impl Feed {
    async fn next(&mut self) -> Result<Option<Bytes>, WireError> {
        loop {
            if let Some(piece) = self.queue.pop_front() {
                return Ok(Some(piece));
            }
            if self.is_over {
                return Ok(None);
            }
            if self.is_news() {
                self.send_state().await?;
                continue;
            }
            tokio::select! {
                biased;
                () = self.served.closing.cancelled() => self.end()?,
                changed = self.boards.changed() => if changed.is_err() { self.end()? },
                changed = self.settled.changed() => if changed.is_err() { self.end()? },
                Ok(()) = self.triage.changed() => {
                    let triage = Arc::clone(&self.triage.borrow_and_update());
                    self.enqueue(encode(&Frame::Triage(triage))?);
                }
                Ok(()) = self.beats.changed() => self.enqueue(encode(&Frame::Alive)?),
            }
        }
    }

    fn end(&mut self) -> Result<(), WireError> {
        self.is_over = true;
        self.enqueue(encode(&Frame::End)?);
        Ok(())
    }

    /// Whether the viewer would see anything else. That time passed it sees by itself.
    fn is_news(&self) -> bool {
        let board = self.boards.borrow();
        let Some(truth) = Truth::of(&board) else { return false };
        self.sent.as_ref().is_none_or(|sent| {
            !Arc::ptr_eq(&sent.world, &board.world)
                || sent.truth != truth
                || sent.is_settled != *self.settled.borrow()
                || sent.health[..] != board.health[..]
        })
    }

    async fn send_state(&mut self) -> Result<(), WireError> {
        let is_settled = *self.settled.borrow_and_update();
        let board = Arc::clone(&self.boards.borrow_and_update());
        let Some(truth) = Truth::of(&board) else { return Ok(()) };
        let before = self.sent.as_ref().map(|sent| Arc::clone(&sent.world));
        let payload =
            self.served.states.payload(before.clone(), Arc::clone(&board), truth, is_settled).await?;
        self.enqueue(payload);
        let (world, health) = (Arc::clone(&board.world), Arc::clone(&board.health));
        let old = self.sent.replace(Sent { world, health, truth, is_settled });
        // Whoever holds a large world last takes long to take it apart.
        drop(tokio::task::spawn_blocking(move || drop((old, before, board))));
        Ok(())
    }

    fn enqueue(&mut self, payload: Bytes) {
        self.queue.push_back(header(self.sequence, payload.len()));
        self.queue.push_back(payload);
        self.sequence += 1;
    }
}

/// States that were written down, for the next viewer that needs the same one: most of them
/// go from the same board to the same board.
#[derive(Default)]
pub(super) struct States {
    ready: Mutex<VecDeque<Ready>>,
    /// One at a time: the others find it ready then.
    making: tokio::sync::Mutex<()>,
}

struct Ready {
    from: Option<Weak<World>>,
    to: Weak<Board>,
    is_settled: bool,
    payload: Bytes,
}

impl States {
    /// One for those who follow, one for those who come.
    const MOST: usize = 2;

    async fn payload(
        &self,
        from: Option<Arc<World>>,
        to: Arc<Board>,
        truth: Truth,
        is_settled: bool,
    ) -> Result<Bytes, WireError> {
        let _one = self.making.lock().await;
        if let Some(payload) = self.find(from.as_ref(), &to, is_settled) {
            return Ok(payload);
        }
        let (from_weak, to_weak) = (from.as_ref().map(Arc::downgrade), Arc::downgrade(&to));
        let made = tokio::task::spawn_blocking(move || {
            let world = match &from {
                Some(from) if Arc::ptr_eq(from, &to.world) => None,
                Some(from) => Some(WorldDelta::between(from, &to.world)),
                None => Some(WorldDelta::between(&World::default(), &to.world)),
            };
            let (at, health) = (to.at, to.health.to_vec());
            encode(&Frame::State(Box::new(State { at, truth, is_settled, health, world })))
        });
        let payload = made.await.map_err(|error| WireError::Unreadable(error.to_string()))??;
        let mut ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        if ready.len() >= Self::MOST {
            ready.pop_front();
        }
        ready.push_back(Ready { from: from_weak, to: to_weak, is_settled, payload: payload.clone() });
        Ok(payload)
    }

    fn find(&self, from: Option<&Arc<World>>, to: &Arc<Board>, is_settled: bool) -> Option<Bytes> {
        let same_world = |ready: &Option<Weak<World>>| match (ready, from) {
            (Some(ready), Some(from)) => Weak::as_ptr(ready) == Arc::as_ptr(from),
            (None, None) => true,
            _ => false,
        };
        let ready = self.ready.lock().unwrap_or_else(PoisonError::into_inner);
        let found = ready.iter().find(|ready| {
            same_world(&ready.from)
                && Weak::as_ptr(&ready.to) == Arc::as_ptr(to)
                && ready.is_settled == is_settled
        });
        found.map(|ready| ready.payload.clone())
    }
}
