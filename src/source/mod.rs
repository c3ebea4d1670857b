//! Where facts come from: one file or folder per connector, all behind [`Source`].
//!
//! A source is asked by its actor in [`refresh`](crate::refresh), one round at a time. It
//! returns all it knows as [`Facts`], or says that nothing changed, or why it cannot answer.
//! What its service sends stays private to it; what it hands over is made of domain types,
//! whose texts are cleaned when they are made.

pub mod argocd;
mod attention;
pub mod calendar;
mod configuration;
mod cron;
pub mod demo;
pub mod endpoint;
pub mod exec;
mod files;
mod forge;
pub mod git;
pub mod github;
pub mod gitlab;
pub mod home;
pub mod http;
pub mod jira;
mod labels;
mod naming;
pub mod operation;
pub mod plan;
mod published;
pub mod reading;
pub mod reports;
pub mod sonarqube;
mod status;
mod timestamp;

pub use labels::LabelSettings;

use std::{path::PathBuf, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use crate::domain::{Allowance, Facts, Instant, Problem, Progress, ReleaseId, SourceId, Text};

/// Something that knows facts.
pub trait Source: Send {
    /// Its name on the board and in the history.
    fn id(&self) -> SourceId;

    /// How long to wait between two rounds when all is well: before the first round what its
    /// settings want, after a round what makes the service's limits last
    /// ([`Budget::advise`](http::Budget::advise)). What it said counts as stale after three.
    fn interval(&self) -> Duration;

    /// What on the disk is a reason to ask before the interval is over when it changes. May read
    /// the disk: called where that holds up nobody.
    fn watched(&self) -> Vec<Watched> {
        Vec::new()
    }

    /// One round. Must end soon after `round.cancelled` is; blocking work goes to
    /// `spawn_blocking`, never onto the caller's thread.
    fn fetch<'a>(&'a mut self, round: &'a Round) -> BoxFuture<'a, Result<Answer, SourceError>>;

    /// How the service stands towards whoever asks, as of the last round.
    fn standing(&self) -> Standing {
        Standing::default()
    }

    /// What it must know to go on after a restart as if there had been none, in a form of its
    /// own: what it read, and what lets it ask only for what changed since. None: nothing.
    ///
    /// Asked for after a round with news, every ten minutes at most, and before the end, where it
    /// holds up nobody; may be big, and is compressed by whoever keeps it.
    fn memory(&self) -> Option<Vec<u8>> {
        None
    }

    /// Whether it may have a [`memory`](Self::memory). One that never has need not wait for the
    /// history to be read before its first round.
    fn has_memory(&self) -> bool {
        true
    }

    /// Takes what [`memory`](Self::memory) gave before a restart. What it cannot use (another
    /// version, other settings, damaged) it leaves, and begins anew. May take its time: called
    /// where that holds up nobody.
    ///
    /// The first round after it answers with all facts, never that nothing has changed: the
    /// history may not have what was said before.
    fn recall(&mut self, _memory: &[u8]) {}

    /// What can be said about its service to somebody who wonders why it does not answer as
    /// it should: each point by itself, also those that are in order. May ask more than a round.
    fn examine<'a>(&'a mut self, round: &'a Round) -> BoxFuture<'a, Vec<Diagnosis>> {
        Box::pin(async move {
            let facts = match self.fetch(round).await {
                Ok(Answer::Facts(facts)) => facts,
                Ok(Answer::Unchanged) => return vec![Diagnosis::good("reads", "it answered")],
                Err(error) => return vec![Diagnosis::of_error("reads", &error)],
            };
            let limited = |problem| Diagnosis::of_problem("reads", DiagnosisState::Limited, problem);
            let mut points = vec![Diagnosis::good("reads", "it answered")];
            points.extend(facts.problems.iter().map(limited));
            points
        })
    }

    /// What carries out operations at its service; none: it has none.
    fn operator(&self) -> Option<Arc<dyn operation::Operator>> {
        None
    }

    /// What reads closer at its service; none: it tells all that it knows.
    fn reader(&self) -> Option<Arc<dyn reading::Reader>> {
        None
    }
}

/// How a service stands towards whoever asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// As whom the source is signed in.
    pub account: Option<Text>,
    /// What the service still allows.
    pub allowances: Vec<Allowance>,
    /// The service wants to be left alone until then.
    pub not_before: Option<Instant>,
}

/// One point of an examination.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// What was looked at, in one or two words: `reachable`, `signed in`, `scopes`, `limits`,
    /// `clock`, `code scanning`.
    pub subject: Text,
    /// How it is.
    pub state: DiagnosisState,
    /// What was found.
    pub what: Text,
    /// What to do about it; none if it is in order.
    pub next_step: Option<Text>,
}

/// How a point of an examination is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiagnosisState {
    /// In order.
    Good,
    /// It works, with less than there could be.
    Limited,
    /// It does not work.
    Bad,
    /// It could not be found out.
    Unknown,
}

impl Diagnosis {
    /// A point that is in order.
    pub fn good(subject: &str, what: impl AsRef<str>) -> Self {
        Self { subject: subject.into(), state: DiagnosisState::Good, what: Text::new(what), next_step: None }
    }

    /// A point that is not in order.
    pub fn of_problem(subject: &str, state: DiagnosisState, problem: &Problem) -> Self {
        let next_step = Some(problem.next_step.clone());
        Self { subject: subject.into(), state, what: problem.what.clone(), next_step }
    }

    /// A point that could not be looked at, because its round ended badly.
    pub fn of_error(subject: &str, error: &SourceError) -> Self {
        match error.problem() {
            Some(problem) => Self::of_problem(subject, DiagnosisState::Bad, problem),
            None => Self {
                subject: subject.into(),
                state: DiagnosisState::Unknown,
                what: "the round was ended".into(),
                next_step: None,
            },
        }
    }
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
    /// The release that somebody looks at: what belongs to it is worth reading first.
    pub focus: Option<ReleaseId>,
    /// The program or the round is being ended.
    pub cancelled: CancellationToken,
    /// Told about the way while the round lasts.
    pub report: Box<dyn Fn(Report) + Send + Sync>,
}

impl Round {
    /// A round at `now` that nobody watches: for headless use and tests.
    pub fn at(now: Instant) -> Self {
        Self { now, focus: None, cancelled: CancellationToken::new(), report: Box::new(|_| {}) }
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
