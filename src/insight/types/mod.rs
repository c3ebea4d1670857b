//! The answers, as values.

mod readiness;
mod schedule;
mod suites;
mod work;

pub use readiness::{
    BurnDown, BurnDownDay, BurnDownPoints, ForecastBasis, ForecastDate, ForecastEffect, ForecastView, Gate,
    GateAnswer, GateName, MetricDay, MetricValue, Outlook, ScopeStep, Unit, Verdict, Week,
};
pub use schedule::{
    ActivityOutlook, ActivityOverrun, CalendarEntry, CalendarKind, DeploymentRow, Estimate, EstimateBasis,
    Frozen, Need, PointOfNoReturn, RunbookOutlook, Schedule, ScheduleProblem, ScheduleProblemKind,
};
pub use suites::{Flaky, SuiteRow, TestRow};
pub use work::{Feature, NextStep, PullRequestRow, Stage, Standing, StepState, Steps, StoryRow};

use std::sync::Arc;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::CardId;
use crate::domain::{
    Assumption, Build, DeploymentId, EnvironmentId, Instant, PullRequestId, Release, ReleaseId, SourceId,
    StoryKey, StoryKind, Text,
};

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
    /// Metrics of one's own, in their order; none of what went out.
    pub metrics: Vec<MetricValue>,
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
    /// What its stories are parts of, in the order of the worst story of each.
    pub features: Vec<Feature>,
    /// Its test suites with the tests that fail or are flaky, failing ones first.
    pub suites: Vec<SuiteRow>,
    /// Its pull requests, most delayed first, open ones before ended ones.
    pub pull_requests: Vec<PullRequestRow>,
    /// The fewest steps that turn the verdict.
    pub remedies: Vec<Remedy>,
    /// Builds of the branches that it is made of, by repository and branch. No gate asks for them.
    pub builds: Vec<Arc<Build>>,
}

impl Remedy {
    /// What it turns or saves, in a few words: `Stories ready`, `1.1d sooner, on track`.
    pub fn turns(&self) -> String {
        let days = self.days_saved.map(|days| format!("{days:.1}d sooner"));
        let outlook = self.outlook.map(|outlook| outlook.word().to_owned());
        let gate = self.gate.as_ref().map(|gate| gate.title().to_owned());
        gate.into_iter().chain(days).chain(outlook).collect::<Vec<_>>().join(", ")
    }

    /// The same, said as what it is: `turns: Stories ready`, `1.1d sooner, on track`.
    pub fn said(&self) -> String {
        if self.gate.is_some() { format!("turns: {}", self.turns()) } else { self.turns() }
    }
}

impl ReleaseInsight {
    /// It has stories, besides defects.
    pub fn has_stories(&self) -> bool {
        self.stories.iter().any(|row| row.story.kind == StoryKind::Story)
    }

    /// The suite of this name.
    pub fn suite(&self, name: &Text) -> Option<&SuiteRow> {
        self.suites.iter().find(|row| row.suite == *name)
    }

    /// A test that fails or is flaky, by its suite and its name, with its suite.
    pub fn test(&self, suite: &Text, name: &Text) -> Option<(&SuiteRow, &TestRow)> {
        let suite = self.suite(suite)?;
        Some((suite, suite.tests.iter().find(|row| row.name == *name)?))
    }

    /// Everything but the rows of its lists.
    #[must_use]
    pub fn clone_without_rows(&self) -> Self {
        Self {
            release: Arc::clone(&self.release),
            tally: self.tally,
            burn_down: self.burn_down.clone(),
            gates: self.gates.clone(),
            metrics: self.metrics.clone(),
            verdict: self.verdict,
            outlook: self.outlook,
            forecast: self.forecast.clone(),
            last_day_from: self.last_day_from,
            stories: Vec::new(),
            features: Vec::new(),
            suites: Vec::new(),
            pull_requests: Vec::new(),
            remedies: self.remedies.clone(),
            builds: Vec::new(),
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

impl Tally {
    /// Gates that count: those that are needed.
    pub fn gates_needed(&self) -> u32 {
        self.gates_go + self.gates_no_go + self.gates_unknown
    }

    /// How many of the gates that count say go: `4 of 8 go`, `1 of 2 needed go`.
    pub fn gates_said(&self) -> String {
        let needed = if self.gates_not_needed > 0 { " needed" } else { "" };
        format!("{} of {}{needed} go", self.gates_go, self.gates_needed())
    }
}

/// A step towards go: it turns a gate, or it saves days that the forecast can tell of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Remedy {
    /// What to do: `finish or leave out 7 stories`.
    pub action: Text,
    /// The gate that it turns; none for one that only saves days.
    pub gate: Option<GateName>,
    /// Days by which the 85 % date comes sooner; none where the forecast cannot tell.
    pub days_saved: Option<f64>,
    /// What the outlook then is, if another than now.
    pub outlook: Option<Outlook>,
    /// What to assume to see the board as it would be then.
    pub what_if: Vec<Assumption>,
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
    /// One day of the burn-down.
    Day(NaiveDate),
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
    /// A card of the insights.
    Card(CardId),
    /// A row behind a card, by its first cell.
    CardRow(CardId, Text),
    /// A suite of tests of the release.
    Suite(Text),
    /// A test of the release: its suite and its name.
    Test(Text, Text),
    /// An environment.
    Environment(EnvironmentId),
    /// A step of what turns the release green, by what it does.
    Remedy(Text),
    /// A component on an environment.
    Component(Text, EnvironmentId),
}
