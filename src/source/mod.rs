//! Where facts come from: one file or folder per connector, all behind [`Source`].
//!
//! A source is asked by its actor in [`refresh`](crate::refresh), one round at a time. It
//! returns all it knows as [`Facts`], or says that nothing changed, or why it cannot answer.
//! What its service sends stays private to it; what it hands over is made of domain types,
//! whose texts are cleaned when they are made.

pub mod demo;
pub mod git;
pub mod github;
pub mod http;
pub mod plan;

use std::{path::PathBuf, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use crate::domain::{Facts, Instant, Problem, Progress, SourceId};

/// Something that knows facts.
pub trait Source: Send {
    /// Its name on the board and in the history.
    fn id(&self) -> SourceId;

    /// How long to wait between two rounds when all is well.
    fn interval(&self) -> Duration;

    /// What on the disk is a reason to ask before the interval is over when it changes.
    fn watched(&self) -> Vec<Watched> {
        Vec::new()
    }

    /// One round. Must end soon after `round.cancelled` is; blocking work goes to
    /// `spawn_blocking`, never onto the caller's thread.
    fn fetch<'a>(&'a mut self, round: &'a Round) -> BoxFuture<'a, Result<Answer, SourceError>>;
}

/// A place on the disk.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Watched {
    /// A file by its name, there or not: editors replace files.
    File(PathBuf),
    /// A directory: what is in it, not what is deeper.
    Directory(PathBuf),
    /// A directory with all that is below it.
    Tree(PathBuf),
}

/// What a round is given.
pub struct Round {
    /// The instant that the round counts as.
    pub now: Instant,
    /// The program or the round is being ended.
    pub cancelled: CancellationToken,
    /// Told about the way while the round lasts.
    pub report: Box<dyn Fn(Report) + Send + Sync>,
}

impl Round {
    /// A round at `now` that nobody watches: for headless use and tests.
    pub fn at(now: Instant) -> Self {
        Self { now, cancelled: CancellationToken::new(), report: Box::new(|_| {}) }
    }
}

/// What a source says while a long round lasts.
#[derive(Clone, Debug)]
pub enum Report {
    /// How far it is.
    Progress(Progress),
    /// What it knows already. Shown at once, as incomplete; never kept in the history.
    Partial(Arc<Facts>),
}

/// How a round ended well.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Everything the source knows now.
    Facts(Arc<Facts>),
    /// What it said last is still so.
    Unchanged,
}

/// How a round ended badly.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SourceError {
    /// May work again by itself: the network, a busy service, a file being written.
    #[error("{}", .0.what)]
    Failed(Problem),
    /// Will not work before a person changes something: no permission, no such repository.
    #[error("{}", .0.what)]
    Refused(Problem),
    /// The round was ended from outside.
    #[error("cancelled")]
    Cancelled,
}

impl SourceError {
    /// What to show, unless the round was merely ended.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Failed(problem) | Self::Refused(problem) => Some(problem),
            Self::Cancelled => None,
        }
    }
}
