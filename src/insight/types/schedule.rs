//! Deployments and the days of the month.

use std::sync::Arc;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::domain::{Deployment, EnvironmentId, Instant, ReleaseId, Text, Window};

use super::{super::DeploymentCadence, Verdict};

/// What goes out when.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Schedule {
    /// All deployments, by the start of their window, oldest first.
    pub deployments: Vec<DeploymentRow>,
    /// Index in `deployments` of the one that runs, else of the next one.
    pub next: Option<usize>,
    /// Days on which something is, oldest first: for the month.
    pub calendar: Vec<CalendarEntry>,
    /// Freezes of the environments that deployments still go to, by environment and beginning.
    pub frozen: Vec<Frozen>,
    /// How often projects go to environments, what waits for it, and what another pace would
    /// cost; by project and environment.
    pub cadence: Vec<DeploymentCadence>,
}

/// A time in which nothing may go to an environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frozen {
    /// Where.
    pub environment: EnvironmentId,
    /// The freeze.
    pub name: Text,
    /// When.
    pub window: Window,
}

/// A deployment with all that stands in its way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeploymentRow {
    /// The deployment.
    pub deployment: Arc<Deployment>,
    /// What its environment runs on, where a source tells.
    pub platform: Option<Text>,
    /// Where its environment is, where a source tells.
    pub region: Option<Text>,
    /// How long its runbook usually takes.
    pub estimate: Option<Estimate>,
    /// When it will end, by the critical path of what is not finished; while it runs.
    pub projected_end: Option<Instant>,
    /// The verdict of its release now.
    pub verdict: Option<Verdict>,
    /// P(all stories of the release ready by the start of the window), 0 to 1; gates are not in it,
    /// those are in `verdict`.
    pub ready_by_start: Option<f64>,
    /// What stands in its way.
    pub problems: Vec<ScheduleProblem>,
    /// Where something that another window solves is in its way: the nearest later window that
    /// keeps to all rules, then the nearest earlier one.
    pub slots: Vec<Window>,
    /// Why there is no such window, in words.
    pub no_slot: Option<Text>,
}

/// How long something usually takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Estimate {
    /// Median, minutes.
    pub p50_minutes: u32,
    /// 85 % take no longer, minutes.
    pub p85_minutes: u32,
    /// What it was learnt from.
    pub basis: EstimateBasis,
    /// From how many past runs; zero for the plan.
    pub runs: u32,
}

/// What an estimate was learnt from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EstimateBasis {
    /// Past runs on the same environment.
    Environment,
    /// Past runs on the same platform.
    Platform,
    /// Past runs anywhere.
    Anywhere,
    /// The plan's own estimates: it never ran.
    Plan,
}

/// Something in the way of a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScheduleProblem {
    /// Of which kind.
    pub kind: ScheduleProblemKind,
    /// Which freeze, which other deployment: `with ledger 1.8, 14:30–15:10`.
    pub what: Text,
}

/// A kind of problem of a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScheduleProblemKind {
    /// The window touches a freeze.
    Freeze,
    /// Another deployment or booking has the environment then.
    Conflict,
    /// A release that it depends on is not deployed there.
    Dependency,
    /// The runbook's P85 is longer than the window.
    Overrun,
    /// The window began, the deployment did not.
    NotStarted,
    /// The environment is not known to any source.
    UnknownEnvironment,
    /// Nobody answers for it at the moment: it cannot be told.
    Unknown,
    /// The window lies outside of working hours or days.
    OutsideHours,
    /// Nobody is on call for a part of the window.
    NobodyOnCall,
    /// The last day has begun, and a gate of its release says no.
    GateRed,
    /// The time is over.
    Past,
}

impl ScheduleProblemKind {
    /// Its word on the screen and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Freeze => "freeze",
            Self::Conflict => "conflict",
            Self::Dependency => "dependency",
            Self::Overrun => "overrun",
            Self::NotStarted => "not started",
            Self::UnknownEnvironment => "unknown environment",
            Self::Unknown => "cannot tell",
            Self::OutsideHours => "outside hours",
            Self::NobodyOnCall => "nobody on call",
            Self::GateRed => "gate red",
            Self::Past => "past",
        }
    }
}

/// Something on a day of the month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalendarEntry {
    /// The day, in the configured time zone.
    pub day: NaiveDate,
    /// What it is.
    pub kind: CalendarKind,
    /// Of which release; none for a freeze.
    pub release: Option<ReleaseId>,
    /// What to show: the release's name, the freeze's name.
    pub label: Text,
}

/// What can be on a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CalendarKind {
    /// A deployment starts.
    Deployment,
    /// A target that somebody set.
    Target,
    /// A target that was estimated from the cadence.
    EstimatedTarget,
    /// Half sure to be ready.
    P50,
    /// 85 % sure to be ready.
    P85,
    /// Nothing may be deployed.
    Freeze,
    /// A release went out.
    Released,
}
