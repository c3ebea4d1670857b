//! Deployments, and the environments they go to.

use std::collections::BTreeMap;

use chrono_tz::Tz;
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
    /// The time zone that it is planned in, where a source says so.
    pub time_zone: Option<Tz>,
    /// What its release is configured with there: keys, each with a digest of its value. Sources
    /// hand over digests only; empty where none tells.
    pub configuration: BTreeMap<Text, Text>,
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
    /// People say when it begins and ends, whatever a source says of the other ones.
    pub manual: bool,
    /// Once it has begun there is no way back.
    pub point_of_no_return: bool,
    /// How many minutes it takes to go back from there, by the plan.
    pub rollback_minutes: Option<u32>,
    /// Who said that it began; none: a source, or nobody. No source ever says it.
    pub started_by: Option<Text>,
    /// Who said that it ended; none: a source, or nobody. No source ever says it.
    pub finished_by: Option<Text>,
}

impl Activity {
    /// An activity that nobody has begun.
    pub fn new(name: impl Into<Text>, estimate_minutes: u32) -> Self {
        Self {
            name: name.into(),
            owner: None,
            after: Vec::new(),
            estimate_minutes,
            started_at: None,
            finished_at: None,
            manual: false,
            point_of_no_return: false,
            rollback_minutes: None,
            started_by: None,
            finished_by: None,
        }
    }

    /// A source says when it began or ended.
    pub fn is_reported(&self) -> bool {
        (self.started_at.is_some() && self.started_by.is_none())
            || (self.finished_at.is_some() && self.finished_by.is_none())
    }
}

impl Deployment {
    /// Whether people say when this activity of its runbook begins and ends: the plan says so,
    /// or no source tells of any of its activities.
    pub fn is_by_hand(&self, activity: &Activity) -> bool {
        !activity.is_reported() && (activity.manual || !self.activities.iter().any(Activity::is_reported))
    }
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
    /// The time zone of those who work with it.
    pub time_zone: Option<Tz>,
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
