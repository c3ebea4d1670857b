//! The answers, as values.

use std::sync::Arc;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::domain::{
    Deployment, DeploymentId, Instant, PullRequest, PullRequestId, Release, ReleaseId, SourceId,
};
use crate::domain::{Story, StoryKey, Text};

/// Everything that was worked out of one world at one instant.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Insight {
    /// Unreleased ones first, the nearest target first and those without one last; then the
    /// released ones, newest first.
    pub releases: Vec<Arc<ReleaseInsight>>,
    /// Open pull requests and branches that belong to no release, longest untouched first.
    /// Listed, never gated.
    pub unassigned: Vec<PullRequestRow>,
    /// What goes out when.
    pub schedule: Schedule,
}

/// One release, looked at from all sides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReleaseInsight {
    /// The release itself.
    pub release: Arc<Release>,
    /// How its lists add up.
    pub tally: Tally,
    /// Day by day.
    pub burn_down: BurnDown,
    /// One by one, in the order of [`GateName`].
    pub gates: Vec<Gate>,
    /// Could it go now?
    pub verdict: Verdict,
    /// Will it be ready by its target?
    pub outlook: Outlook,
    /// When will it be ready?
    pub forecast: ForecastView,
    /// From here on the verdict leads the headline (the last day before the target); none
    /// without a target that somebody set.
    pub last_day_from: Option<Instant>,
    /// Its stories and defects, worst first.
    pub stories: Vec<StoryRow>,
    /// Its pull requests, most delayed first, open ones before ended ones.
    pub pull_requests: Vec<PullRequestRow>,
    /// The fewest steps that turn the verdict.
    pub remedies: Vec<Remedy>,
}

impl ReleaseInsight {
    /// Everything but the rows of its lists.
    #[must_use]
    pub fn clone_without_rows(&self) -> Self {
        Self {
            release: Arc::clone(&self.release),
            tally: self.tally,
            burn_down: self.burn_down.clone(),
            gates: self.gates.clone(),
            verdict: self.verdict,
            outlook: self.outlook,
            forecast: self.forecast.clone(),
            last_day_from: self.last_day_from,
            stories: Vec::new(),
            pull_requests: Vec::new(),
            remedies: self.remedies.clone(),
        }
    }
}

/// How the lists of a release add up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    /// Stories in scope.
    pub stories: u32,
    /// Of those, ready.
    pub stories_ready: u32,
    /// Defects that are not done.
    pub defects_open: u32,
    /// Of those, of a blocking severity.
    pub defects_blocking: u32,
    /// Pull requests that belong to it, without those closed unmerged.
    pub pull_requests: u32,
    /// Of those, merged.
    pub pull_requests_merged: u32,
    /// Tests that passed, in the newest run of each suite that counts.
    pub tests_passed: u32,
    /// Tests that failed there.
    pub tests_failed: u32,
    /// Tests that were skipped there.
    pub tests_skipped: u32,
    /// Gates that say go.
    pub gates_go: u32,
    /// Gates that say no-go.
    pub gates_no_go: u32,
    /// Gates without an answer.
    pub gates_unknown: u32,
    /// Gates that no source feeds.
    pub gates_not_needed: u32,
}

/// What the burn-down counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Stories of the release.
    #[default]
    Stories,
    /// Pull requests, where no source has stories for the release: all that is known of its work.
    PullRequests,
}

/// A release day by day.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BurnDown {
    /// What is counted.
    pub unit: Unit,
    /// From the start to today or the release, oldest first.
    pub days: Vec<BurnDownDay>,
    /// The day the ideal line reaches zero.
    pub target: Option<NaiveDate>,
    /// Days at whose end the scope was another than the day before, oldest first.
    pub scope_steps: Vec<ScopeStep>,
    /// The sources had no history of the scope: it is counted by creation.
    pub scope_rebuilt: bool,
    /// What the ideal line says remains at the end of the days after the last of `days`, until
    /// the target.
    pub ideal_ahead: Vec<(NaiveDate, f64)>,
    /// The days of the forecast (P50, P85, P95), in the configured time zone.
    pub forecast_days: Option<[NaiveDate; 3]>,
}

/// The state at the end of a day; today's is now's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BurnDownDay {
    /// Which day, in the configured time zone.
    pub day: NaiveDate,
    /// In scope.
    pub scope: u32,
    /// Of those, ready.
    pub ready: u32,
    /// Open defects.
    pub defects: u32,
    /// Share of tests that pass, 0 to 1; none before the first run.
    pub tests: Option<f64>,
    /// What the ideal line says remains.
    pub ideal: Option<f64>,
}

impl BurnDownDay {
    /// What is not ready.
    pub fn remaining(&self) -> u32 {
        self.scope.saturating_sub(self.ready)
    }
}

/// A change of the scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopeStep {
    /// On which day.
    pub day: NaiveDate,
    /// How many entered.
    pub added: u32,
    /// How many left.
    pub removed: u32,
}

/// Could it go now?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every gate that is needed says go.
    Go,
    /// A gate says no-go.
    NoGo,
    /// No gate says no-go, but one has no answer, or nothing is known of the release.
    Unknown,
}

impl Verdict {
    /// Its word on the screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Go => "go",
            Self::NoGo => "no-go",
            Self::Unknown => "unknown",
        }
    }
}

/// Will it be ready by its target?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outlook {
    /// P(ready by target) ≥ 0.85.
    OnTrack,
    /// P ≥ 0.5.
    AtRisk,
    /// P below, or the target has passed.
    Late,
    /// No forecast, or no target that somebody set.
    Unknown,
    /// It went out.
    Released,
}

impl Outlook {
    /// Its word on the screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::OnTrack => "on track",
            Self::AtRisk => "at risk",
            Self::Late => "late",
            Self::Unknown => "unknown",
            Self::Released => "released",
        }
    }
}

/// When it will be ready.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ForecastView {
    /// Dates, by how sure they are.
    Dates {
        /// As likely before as after.
        p50: Instant,
        /// 85 % sure.
        p85: Instant,
        /// 95 % sure.
        p95: Instant,
        /// P(ready by target), 0 to 1; none without a target.
        by_target: Option<f64>,
        /// Forecasts of the latest finished releases that were scored; under twenty it is "not
        /// yet calibrated".
        scored: u32,
        /// Of those, the share that was ready by the 85 % date, 0 to 1; none without any.
        held: Option<f64>,
        /// How it comes about.
        basis: ForecastBasis,
    },
    /// Nothing to forecast from, and why.
    Withheld(Text),
    /// Nothing left to forecast.
    Ready,
}

/// How a forecast comes about: a number of days, multiplied one by one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ForecastBasis {
    /// Days that are left of a release in the middle of the road, before anything is known of
    /// this one.
    pub typical_days: f64,
    /// What is known of this one, and what it multiplies them by.
    pub effects: Vec<ForecastEffect>,
    /// Finished releases here that it was learnt from; none: only the shipped ones.
    pub learnt_from: u32,
    /// The range is wider because fewer than three items are open.
    pub widened: bool,
}

impl ForecastBasis {
    /// Days that are left in the middle of the road.
    pub fn middle_days(&self) -> f64 {
        self.effects.iter().fold(self.typical_days, |days, effect| days * effect.factor)
    }
}

/// One thing that is known of a release, and what it means for the days that are left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForecastEffect {
    /// What is known: `85 % done`.
    pub what: Text,
    /// The days are multiplied by it: under 1 it is sooner, over 1 later.
    pub factor: f64,
}

/// A condition that a release must meet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    /// Which one.
    pub name: GateName,
    /// What it says.
    pub answer: GateAnswer,
    /// What was measured: `41/48`, `2`, `99.4 %`.
    pub measured: Text,
    /// What is needed: `all`, `max 0`, `min 99 %`; or why there is no answer.
    pub needed: Text,
    /// The sources its answer rests on.
    pub sources: Vec<SourceId>,
}

/// The gates there are, in the order they are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateName {
    /// All stories are ready.
    Stories,
    /// No story waits for an unfinished one outside the release.
    Blocked,
    /// No open defect of a blocking severity.
    Defects,
    /// The newest runs of the required suites pass.
    Tests,
    /// Every pull request is merged or moved out.
    PullRequests,
    /// Every release it depends on is deployed where this one goes.
    Dependencies,
    /// The environment it goes to is booked for it, or free.
    Environment,
    /// The planned window touches no freeze.
    Freeze,
    /// The runbook's P85 fits the window.
    Runbook,
}

impl GateName {
    /// All of them, in order.
    pub const ALL: [Self; 9] = [
        Self::Stories,
        Self::Blocked,
        Self::Defects,
        Self::Tests,
        Self::PullRequests,
        Self::Dependencies,
        Self::Environment,
        Self::Freeze,
        Self::Runbook,
    ];

    /// Its name in the configuration and in JSON.
    pub fn key(self) -> &'static str {
        match self {
            Self::Stories => "stories",
            Self::Blocked => "blocked",
            Self::Defects => "defects",
            Self::Tests => "tests",
            Self::PullRequests => "pull_requests",
            Self::Dependencies => "dependencies",
            Self::Environment => "environment",
            Self::Freeze => "freeze",
            Self::Runbook => "runbook",
        }
    }

    /// Its name on the screen.
    pub fn title(self) -> &'static str {
        match self {
            Self::Stories => "Stories ready",
            Self::Blocked => "Blocked stories",
            Self::Defects => "Blocking defects",
            Self::Tests => "Tests passing",
            Self::PullRequests => "Pull requests",
            Self::Dependencies => "Dependencies",
            Self::Environment => "Environment",
            Self::Freeze => "Freeze",
            Self::Runbook => "Runbook",
        }
    }
}

/// What a gate says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateAnswer {
    /// Met.
    Go,
    /// Not met.
    NoGo,
    /// No answer, or one that is too old.
    Unknown,
    /// No configured source feeds it, or it is switched off. Never green.
    NotNeeded,
}

impl GateAnswer {
    /// Its word on the screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Go => "go",
            Self::NoGo => "no-go",
            Self::Unknown => "unknown",
            Self::NotNeeded => "not needed",
        }
    }
}

/// A story or defect of a release.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoryRow {
    /// The story.
    pub story: Arc<Story>,
    /// It is neither ready nor dropped.
    pub open: bool,
    /// Since when it has its status.
    pub since: Instant,
    /// Why it stands where it stands in the list: `blocked by AUTH-12`, `returned 2x`; empty
    /// for nothing in particular.
    pub reason: Text,
    /// It needs somebody's attention: drawn with the mark of a risk.
    pub attention: bool,
    /// Its pull requests.
    pub pull_requests: Vec<PullRequestId>,
    /// Unfinished stories it waits for.
    pub waits_for: Vec<StoryKey>,
    /// 85 % leave the status that it has within so many seconds; none where too few did, and
    /// for what is not under way.
    pub usual_seconds: Option<i64>,
    /// How often it went back from a review, test or done state to an earlier one.
    pub returns: u32,
    /// Why it belongs to the release: `fix version 4.2`.
    pub belongs: Text,
}

/// A pull request or open branch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PullRequestRow {
    /// The pull request.
    pub pull_request: Arc<PullRequest>,
    /// Why it belongs to its release: `milestone 4.2`; empty if it belongs to none.
    pub belongs: Text,
    /// Where it is on its way.
    pub stage: Stage,
    /// Since when; none where the source does not tell.
    pub since: Option<Instant>,
    /// Build, test, review, merge, deploy.
    pub steps: Steps,
    /// Seconds between its usual arrival and when it is due; negative: late. None without a
    /// due date, a promised target, or when it ended.
    pub slack_seconds: Option<i64>,
    /// Compared with the team's own percentiles.
    pub standing: Standing,
    /// What should happen next, and who can do it.
    pub next: NextStep,
}

/// Where a pull request is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// From the first commit to being ready for review.
    Coding,
    /// From being ready to the first review by someone else.
    Pickup,
    /// From the first review to the approval.
    Review,
    /// From the approval to the merge.
    Merge,
    /// From the merge to production.
    Deploy,
    /// In production, or merged where no source knows of deployments.
    Done,
    /// Closed unmerged.
    Closed,
}

impl Stage {
    /// Its word on the screen and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Coding => "coding",
            Self::Pickup => "pickup",
            Self::Review => "review",
            Self::Merge => "merge",
            Self::Deploy => "deploy",
            Self::Done => "done",
            Self::Closed => "closed",
        }
    }
}

/// The steps of a pull request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Steps {
    /// Checks that build.
    pub build: StepState,
    /// Checks that test.
    pub test: StepState,
    /// Approvals: done of required.
    pub review: StepState,
    /// The merge.
    pub merge: StepState,
    /// Production.
    pub deploy: StepState,
}

/// How far a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Done.
    Done,
    /// Failed, or blocked.
    Failed,
    /// Under way.
    Running,
    /// So many of so many.
    Part(u32, u32),
    /// Not begun.
    Waiting,
    /// The source does not tell.
    Unknown,
}

/// A pull request against the team's own percentiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Past its due date, not merged.
    Overdue,
    /// Negative slack.
    Late,
    /// In its stage for longer than 85 % usually are, but it has slack.
    Slow,
    /// In time.
    InTime,
    /// Under the team's median.
    Ahead,
    /// Nothing to compare with.
    Unknown,
    /// It ended.
    Ended,
}

impl Standing {
    /// Its word on the screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Overdue => "overdue",
            Self::Late => "late",
            Self::Slow => "slow",
            Self::InTime => "in time",
            Self::Ahead => "ahead",
            Self::Unknown => "nothing to compare with",
            Self::Ended => "ended",
        }
    }
}

/// One concrete action.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextStep {
    /// Who can take it; empty where nobody is known.
    pub who: Vec<Text>,
    /// What to do: `fix 2 failed checks`; empty when nothing is left.
    pub action: Text,
}

/// What goes out when.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Schedule {
    /// All deployments, by the start of their window, oldest first.
    pub deployments: Vec<DeploymentRow>,
    /// Index in `deployments` of the one that runs, else of the next one.
    pub next: Option<usize>,
    /// Days on which something is, oldest first: for the month.
    pub calendar: Vec<CalendarEntry>,
}

/// A deployment with all that stands in its way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeploymentRow {
    /// The deployment.
    pub deployment: Arc<Deployment>,
    /// How long its runbook usually takes.
    pub estimate: Option<Estimate>,
    /// When it will end, by the critical path of what is not finished; while it runs.
    pub projected_end: Option<Instant>,
    /// The verdict of its release now.
    pub verdict: Option<Verdict>,
    /// P(release ready by the start of the window), 0 to 1.
    pub ready_by_start: Option<f64>,
    /// What stands in its way.
    pub problems: Vec<ScheduleProblem>,
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

/// A step towards go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remedy {
    /// What to do: `finish or leave out 7 stories`.
    pub action: Text,
    /// The gate that it turns.
    pub gate: GateName,
    /// The row to go to, where there is one.
    pub subject: Option<Subject>,
}

/// Something on the board that can be selected, followed by identity and asked "why?".
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// The headline: outlook, verdict, forecast.
    Headline,
    /// The burn-down.
    BurnDown,
    /// A gate.
    Gate(GateName),
    /// A story or defect.
    Story(StoryKey),
    /// A pull request.
    PullRequest(PullRequestId),
    /// A deployment.
    Deployment(DeploymentId),
    /// A release.
    Release(ReleaseId),
    /// A source.
    Source(SourceId),
}
