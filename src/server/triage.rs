//! What people said about things on the board, kept by its owner.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::watch;

use super::session::nobody;
use crate::{
    clock::Clock,
    domain::{Problem, Triage, TriageChange},
    history,
};

/// Keeps what people say, and tells those who want to know. Cheap to clone.
#[derive(Clone)]
pub(super) struct TriageDesk(Arc<Shared>);

struct Shared {
    /// Where it is kept; none: as long as the process lives.
    directory: Option<PathBuf>,
    clock: Clock,
    publish: watch::Sender<Arc<Triage>>,
    kept: Mutex<Kept>,
}

enum Kept {
    Known(Triage),
    /// It cannot be read, and what cannot be read is not replaced.
    Refused(Problem),
    /// Another process may have the board.
    Closed,
}

impl TriageDesk {
    /// Reads what was said so far; also what was found wrong.
    pub(super) async fn open(
        directory: Option<PathBuf>,
        clock: Clock,
        publish: watch::Sender<Arc<Triage>>,
    ) -> (Self, Option<Problem>) {
        // Without a place what was known is all there is.
        let known = (**publish.borrow()).clone();
        let (kept, problem) = match directory.clone() {
            None => (Kept::Known(known), None),
            Some(place) => {
                let read = tokio::task::spawn_blocking(move || history::triage(&place, clock.now()));
                match read.await {
                    Ok(Ok((triage, problem))) => {
                        publish.send_replace(Arc::new(triage.clone()));
                        (Kept::Known(triage), problem)
                    }
                    Ok(Err(error)) => (Kept::Refused(error.problem()), Some(error.problem())),
                    // The program is ending.
                    Err(_) => (Kept::Closed, None),
                }
            }
        };
        let shared = Shared { directory, clock, publish, kept: Mutex::new(kept) };
        (Self(Arc::new(shared)), problem)
    }

    /// All that was said, and whatever follows.
    pub(super) fn subscribe(&self) -> watch::Receiver<Arc<Triage>> {
        self.0.publish.subscribe()
    }

    /// Lets `change` happen: kept and told when this returns.
    pub(super) async fn note(&self, change: TriageChange) -> Result<(), Problem> {
        let shared = Arc::clone(&self.0);
        let noted = tokio::task::spawn_blocking(move || shared.note(change)).await;
        noted.unwrap_or_else(|_| Err(nobody()))
    }

    /// Keeps nothing from here on: before the board is let go.
    pub(super) async fn close(&self) {
        let shared = Arc::clone(&self.0);
        let closing = move || *shared.kept.lock().unwrap_or_else(PoisonError::into_inner) = Kept::Closed;
        // An error means that the program is ending.
        drop(tokio::task::spawn_blocking(closing).await);
    }
}

impl Shared {
    fn note(&self, change: TriageChange) -> Result<(), Problem> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let triage = match &mut *kept {
            Kept::Known(triage) => triage,
            Kept::Refused(problem) => return Err(problem.clone()),
            Kept::Closed => return Err(nobody()),
        };
        let mut next = triage.clone();
        next.forget(self.clock.now());
        next.apply(change);
        if let Some(directory) = &self.directory {
            history::keep_triage(directory, &next).map_err(|error| error.problem())?;
        }
        triage.clone_from(&next);
        self.publish.send_replace(Arc::new(next));
        Ok(())
    }
}
