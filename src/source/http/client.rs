//! The client of one service.

use std::sync::Arc;

use super::{Budget, HttpError, Reply, Request, Settings, SignedIn, Validators};
use crate::{domain::Instant, source::Round};

/// One service: its address, who asks, what is remembered. Cheap to clone; clones share all.
#[derive(Clone, Debug)]
pub struct Http(Arc<Settings>);

/// One round with a service: the requests of a round go through it.
pub struct Session<'r> {
    http: &'r Http,
    round: &'r Round,
}

/// What a round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Requests that were sent, repeated ones included.
    pub requests: u64,
    /// Answers that said that nothing has changed.
    pub unchanged: u64,
    /// Bytes of bodies that were received, after decompression.
    pub bytes: u64,
}

impl Http {
    /// A client. Fails if the settings cannot work: an unreadable certificate file, an address
    /// that is not http or https.
    pub fn new(settings: Settings) -> Result<Self, HttpError> {
        Ok(Self(Arc::new(settings)))
    }

    /// Begins a round. The budget counts what it spends from here on.
    pub fn session<'r>(&'r self, round: &'r Round) -> Session<'r> {
        Session { http: self, round }
    }

    /// What the service still allows.
    pub fn budget(&self) -> Budget {
        Budget::default()
    }

    /// Who asked last; None before the first request.
    pub fn signed_in(&self) -> Option<SignedIn> {
        None
    }

    /// What is remembered of answers, to be kept across restarts.
    pub fn validators(&self) -> Validators {
        Validators::default()
    }

    /// Takes what was remembered before a restart.
    pub fn remember(&self, _validators: Validators) {}

    /// Forgets what is remembered of answers: the next round reads everything.
    pub fn forget(&self) {}
}

impl Session<'_> {
    /// The instant that the round counts as.
    pub fn now(&self) -> Instant {
        self.round.now
    }

    /// Sends `request` and waits for its answer. Tries again, shortly and a few times, what may
    /// be tried again; ends with [`HttpErrorKind::Cancelled`](super::HttpErrorKind) soon after
    /// the round is cancelled.
    pub async fn send(&self, _request: Request) -> Result<Reply, HttpError> {
        std::future::pending().await
    }

    /// What the round did so far.
    pub fn tally(&self) -> Tally {
        let _ = self.http;
        Tally::default()
    }
}
