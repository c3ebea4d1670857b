//! What one source knows: complete for what it covers, true at one time.

use std::{collections::BTreeSet, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{
    Booking, Build, Deployment, Environment, Finding, Freeze, PullRequest, Release, Story, TestRun, Text,
};

/// Everything that one source knows. A later `Facts` of the same source replaces an earlier
/// one as a whole: what it no longer names is gone.
///
/// Items are behind `Arc` so that boards that follow each other share them; a source hands
/// out the same `Arc` again for what did not change where it can.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// Kinds of items that the source covers, whether it has any or not. A gate over a kind
    /// that nobody covers is "not needed" and never green.
    pub covers: BTreeSet<Kind>,
    /// Releases.
    pub releases: Vec<Arc<Release>>,
    /// Stories and defects.
    pub stories: Vec<Arc<Story>>,
    /// Pull requests and open branches.
    pub pull_requests: Vec<Arc<PullRequest>>,
    /// Deployments, planned and done.
    pub deployments: Vec<Arc<Deployment>>,
    /// Environments.
    pub environments: Vec<Arc<Environment>>,
    /// Bookings of environments.
    pub bookings: Vec<Arc<Booking>>,
    /// Times without deployments.
    pub freezes: Vec<Arc<Freeze>>,
    /// Test runs, oldest first.
    pub test_runs: Vec<Arc<TestRun>>,
    /// Findings of code analyzers.
    pub findings: Vec<Arc<Finding>>,
    /// Builds of the branches that releases are made of; of a repository the main branch first.
    pub builds: Vec<Arc<Build>>,
    /// What could not be read: each loses one item, not the round.
    pub problems: Vec<Problem>,
}

/// A kind of item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// [`Release`].
    Releases,
    /// [`Story`] of kind story.
    Stories,
    /// [`Story`] of kind defect.
    Defects,
    /// [`PullRequest`].
    PullRequests,
    /// [`Deployment`].
    Deployments,
    /// [`Environment`].
    Environments,
    /// [`Booking`].
    Bookings,
    /// [`Freeze`].
    Freezes,
    /// [`TestRun`].
    TestRuns,
    /// [`Finding`].
    Findings,
    /// [`Build`].
    Builds,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Releases,
        Self::Stories,
        Self::Defects,
        Self::PullRequests,
        Self::Deployments,
        Self::Environments,
        Self::Bookings,
        Self::Freezes,
        Self::TestRuns,
        Self::Findings,
        Self::Builds,
    ];

    /// Its name in JSON and in the configuration.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Releases => "releases",
            Self::Stories => "stories",
            Self::Defects => "defects",
            Self::PullRequests => "pull_requests",
            Self::Deployments => "deployments",
            Self::Environments => "environments",
            Self::Bookings => "bookings",
            Self::Freezes => "freezes",
            Self::TestRuns => "test_runs",
            Self::Findings => "findings",
            Self::Builds => "builds",
        }
    }

    /// The kind of this name.
    pub fn of_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.key() == key)
    }
}

/// Something a person should know of and can mend.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What happened and where: `release "payments 4.2" depends on itself through "auth 2.9"`.
    pub what: Text,
    /// What to do about it.
    pub next_step: Text,
}

impl Problem {
    /// A problem and its next step.
    pub fn new(what: impl AsRef<str>, next_step: impl AsRef<str>) -> Self {
        Self { what: Text::new(what), next_step: Text::new(next_step) }
    }
}
