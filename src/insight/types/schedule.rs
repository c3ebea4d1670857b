//! Deployments and the days of the month.

use std::sync::Arc;

use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::domain::{Deployment, EnvironmentId, Instant, ReleaseId, Text, Window};

use super::{super::DeploymentCadence, GateAnswer, Verdict};

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
    /// The releases that must be where it goes before it, until it is over.
    pub needs: Vec<Need>,
    /// Its own time zone, or that of where it goes, where a source tells.
    pub time_zone: Option<Tz>,
    /// How its runbook goes on; none once it is over, and without activities.
    pub runbook: Option<RunbookOutlook>,
}

/// A release that another one depends on, by the same rule as the gate `dependencies`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Need {
    /// Which one.
    pub release: ReleaseId,
    /// Go where it is deployed, unknown where no source knows it.
    pub answer: GateAnswer,
    /// In words: `auth 2.9 went to production/eu, Mon 23 Nov 10:24`.
    pub said: Text,
}

impl DeploymentRow {
    /// What is said of it instead of a countdown, once its window is over and nothing was
    /// reported: `window passed 3h 00m ago, not reported`.
    pub fn passed(&self) -> Option<String> {
        let is_it = |problem: &&ScheduleProblem| problem.kind == ScheduleProblemKind::WindowPassed;
        let passed = self.problems.iter().find(is_it)?;
        Some(format!("{} {}", passed.kind.word(), passed.what))
    }
}

/// How a runbook goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunbookOutlook {
    /// One for each activity of the deployment, in their order.
    pub activities: Vec<ActivityOutlook>,
    /// From when on there is no way back; none where the plan names no such activity.
    pub point_of_no_return: Option<PointOfNoReturn>,
}

/// How an activity goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityOutlook {
    /// When it began, or will by what is before it.
    pub begins_at: Instant,
    /// When it ended, or will by its estimate.
    pub ends_at: Instant,
    /// It is on the critical path: if it takes longer, the end is later.
    pub is_critical: bool,
    /// How long it took in past runs: there, else on that platform, else anywhere.
    pub usual: Option<Estimate>,
    /// It takes longer than it should.
    pub overrun: Option<ActivityOverrun>,
}

/// An activity that takes longer than it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityOverrun {
    /// By how many minutes; a begun one is one.
    pub over_minutes: u32,
    /// How long it should take at most: the P85 of past runs, else the estimate of the plan.
    pub limit_minutes: u32,
    /// The limit is that of past runs.
    pub is_usual: bool,
    /// By how many minutes it moves the end of the deployment away from what the plan says.
    pub moves_end_minutes: u32,
}

/// From when on there is no way back: the activity that is marked so begins, or a rollback
/// would not end within the window any more, whichever is first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PointOfNoReturn {
    /// The activity from which on there is no way back.
    pub activity: Text,
    /// When it is reached, or was.
    pub at: Instant,
    /// It was.
    pub passed: bool,
    /// How many minutes it takes to go back, by the plan.
    pub rollback_minutes: Option<u32>,
    /// The latest moment from which a rollback ends within the window; where the plan says
    /// how long one takes.
    pub latest_rollback: Option<Instant>,
    /// When the activity begins, or began, a rollback still ended by the end of the planned window, if
    /// what is before it takes as long as planned; none where the plan does not say how long one takes.
    pub rollback_fits: Option<bool>,
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
    /// Which freeze, which other deployment or booking: `with the deployment of ledger 1.8,
    /// Wed 25 Nov 14:30–15:10`.
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
    /// The window is over, and nothing was reported of the deployment.
    WindowPassed,
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
            Self::WindowPassed => "window passed",
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
