//! Deployments, and the environments they go to.

use serde::{Deserialize, Serialize};

use super::{BookingId, DeploymentId, EnvironmentId, Instant, ReleaseId, Text};

/// A span of time, its end not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    /// Its first instant.
    pub from: Instant,
    /// The first instant after it.
    pub until: Instant,
}

impl Window {
    /// Whether the two share an instant.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.from < other.until && other.from < self.until
    }

    /// How long it is.
    pub fn duration(&self) -> chrono::Duration {
        self.until - self.from
    }
}

/// A release that goes, went or shall go to an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployment {
    /// Its name in the plan or at the forge.
    pub id: DeploymentId,
    /// What goes out.
    pub release: Option<ReleaseId>,
    /// Where it goes.
    pub environment: EnvironmentId,
    /// When it is meant to run.
    pub window: Window,
    /// Where it stands.
    pub state: DeploymentState,
    /// When it really began.
    pub started_at: Option<Instant>,
    /// When it really ended.
    pub finished_at: Option<Instant>,
    /// Its runbook: what is done, in which order.
    pub activities: Vec<Activity>,
    /// Where a person reads more.
    pub url: Option<Text>,
}

/// Where a deployment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeploymentState {
    /// Planned, not approved.
    Draft,
    /// Planned and approved.
    Approved,
    /// Under way.
    Running,
    /// Done.
    Succeeded,
    /// Ended without success.
    Failed,
    /// Will not happen.
    Cancelled,
    /// Done, and taken back.
    RolledBack,
}

impl DeploymentState {
    /// In a word or two: `rolled back`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Approved => "approved",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::RolledBack => "rolled back",
        }
    }

    /// It is over, well or not.
    pub fn is_over(self) -> bool {
        !matches!(self, Self::Draft | Self::Approved | Self::Running)
    }
}

/// One step of a runbook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Activity {
    /// What is done; unique within the deployment.
    pub name: Text,
    /// By whom.
    pub owner: Option<Text>,
    /// Names of the activities that must be finished before.
    pub after: Vec<Text>,
    /// Planned length in minutes.
    pub estimate_minutes: u32,
    /// When it began.
    pub started_at: Option<Instant>,
    /// When it ended.
    pub finished_at: Option<Instant>,
}

/// A place that releases are deployed to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// Its name.
    pub id: EnvironmentId,
    /// What it is for.
    pub tier: Tier,
    /// What it runs on, such as `kubernetes`.
    pub platform: Option<Text>,
    /// Where it is.
    pub region: Option<Text>,
    /// An environment that holds this one: whoever books the group books this.
    pub group: Option<EnvironmentId>,
    /// Several releases may use it at once.
    pub shareable: bool,
    /// What a day of it costs, in the organisation's currency.
    pub cost_per_day: Option<f64>,
}

/// What an environment is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// For those who write the product.
    Development,
    /// For those who test it.
    Test,
    /// The last stop before production.
    Staging,
    /// For those who use it.
    Production,
}

/// An environment that is kept for a release for a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Booking {
    /// Its name in the plan.
    pub id: BookingId,
    /// What is booked.
    pub environment: EnvironmentId,
    /// For which release.
    pub release: Option<ReleaseId>,
    /// When.
    pub window: Window,
    /// Somebody agreed to it.
    pub approved: bool,
    /// Others may use the environment at the same time.
    pub shareable: bool,
}

/// A time in which nothing may be deployed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Freeze {
    /// What it is called: shown as the reason.
    pub name: Text,
    /// When.
    pub window: Window,
    /// Environments it covers, as patterns with `*` and `?`; none: all.
    pub environments: Vec<Text>,
}
