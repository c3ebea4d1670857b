//! Small worlds for tests.

use std::sync::Arc;

use chrono::{Duration, TimeZone, Utc};

use super::{
    Board, Completeness, ForecastBasis, ForecastDate, ForecastView, Gate, GateName, Insight, Learned,
    ReleaseInsight, derive,
};
use crate::domain::{
    Build, BuildId, Category, Check, CheckOutcome, Deployment, DeploymentId, DeploymentState, Environment,
    EnvironmentId, Facts, Finding, FindingId, FindingState, Instant, Kind, Mergeability, Policy, PullRequest,
    PullRequestState, Release, ReleaseId, ScopeChange, ScopeMove, Severity, SourceHealth, SourceId,
    SourceState, StatusMove, Step, Story, StoryKind, Target, TestRun, Text, Tier, Window, World,
};

pub(crate) const ALL_KINDS: [Kind; 11] = [
    Kind::Releases,
    Kind::Stories,
    Kind::Defects,
    Kind::PullRequests,
    Kind::Deployments,
    Kind::Environments,
    Kind::Bookings,
    Kind::Freezes,
    Kind::TestRuns,
    Kind::Findings,
    Kind::Builds,
];

/// An instant in November 2026; the 22nd, 9 o'clock, is now.
pub(crate) fn at(day: u32, hour: u32) -> Instant {
    Utc.with_ymd_and_hms(2026, 11, day, hour, 0, 0).unwrap()
}

/// Sunday 22 November 2026, 9:00.
pub(crate) fn now() -> Instant {
    at(22, 9)
}

pub(crate) fn id() -> ReleaseId {
    ReleaseId::new("payments 4.2")
}

pub(crate) fn release() -> Release {
    Release {
        target: Some(Target { at: at(25, 17), estimated: false }),
        start: Some(at(9, 0)),
        ..Release::named("payments", "4.2")
    }
}

pub(crate) fn story(key: &str, category: Category) -> Story {
    Story {
        status: Text::new("status"),
        category,
        owner: Some(Text::new("lee")),
        moves: match category {
            Category::ToDo => Vec::new(),
            to => vec![StatusMove { at: at(20, 12), to }],
        },
        releases: vec![id()],
        ..Story::new(key, "Refunds", at(9, 12))
    }
}

pub(crate) fn defect(key: &str, category: Category) -> Story {
    Story { kind: StoryKind::Defect, ..story(key, category) }
}

pub(crate) fn scope_move(day: u32, change: ScopeChange) -> ScopeMove {
    ScopeMove { at: at(day, 12), release: id(), change }
}

pub(crate) fn pull_request(number: u64, state: PullRequestState) -> PullRequest {
    let ended = |wanted| (state == wanted).then(|| at(20, 12));
    PullRequest {
        number: Some(number),
        branch: Some(Text::new("refunds")),
        started_at: Some(at(16, 12)),
        opened_at: Some(at(17, 12)),
        ready_at: Some(at(17, 12)),
        merged_at: ended(PullRequestState::Merged),
        closed_at: ended(PullRequestState::Closed),
        updated_at: Some(at(20, 12)),
        mergeability: Mergeability::Clean,
        release: Some(id()),
        ..PullRequest::new(format!("api#{number}"), "api", "Refund webhook retries", "lee", "main", state)
    }
}

pub(crate) fn deployment(name: &str, release: &str, from: Instant, minutes: i64) -> Deployment {
    Deployment {
        id: DeploymentId::new(name),
        release: Some(ReleaseId::new(release)),
        environment: EnvironmentId::new("production/eu"),
        window: Window { from, until: from + Duration::minutes(minutes) },
        state: DeploymentState::Approved,
        started_at: None,
        finished_at: None,
        activities: Vec::new(),
        time_zone: None,
        configuration: std::collections::BTreeMap::new(),
        url: None,
    }
}

pub(crate) fn environment(name: &str, tier: Tier) -> Environment {
    Environment {
        id: EnvironmentId::new(name),
        tier,
        platform: None,
        region: None,
        group: None,
        shareable: false,
        cost_per_day: None,
        time_zone: None,
    }
}

pub(crate) fn test_run(suite: &str, day: u32, passed: u32, failed: u32) -> TestRun {
    TestRun {
        suite: Text::new(suite),
        at: at(day, 12),
        release: Some(id()),
        commit: None,
        passed,
        failed,
        skipped: 1,
        failures: Vec::new(),
        milliseconds: None,
    }
}

/// A finding in what is in the making of the repository `payments`.
pub(crate) fn finding(number: u32, day: u32, severity: Option<Severity>) -> Finding {
    Finding {
        id: FindingId::new(format!("payments!{number}")),
        repository: Text::new("payments"),
        tool: Text::new("CodeQL"),
        rule: Text::new("weak-hash"),
        title: Text::new("Weak hash"),
        severity,
        state: FindingState::Open,
        path: Some(Text::new("src/cards.rs")),
        line: Some(12),
        release: None,
        part: None,
        branch: None,
        commit: None,
        opened_at: at(day, 12),
        closed_at: None,
        url: None,
    }
}

/// The build of `main` in the repository `payments`, whose checks ended at noon of `day`.
pub(crate) fn build(day: u32, checks: &[(&str, CheckOutcome)]) -> Build {
    let checks = checks.iter().map(|(name, outcome)| Check {
        name: Text::new(name),
        step: Step::Test,
        required: true,
        outcome: *outcome,
        at: Some(at(day, 12)),
    });
    Build {
        id: BuildId::of("payments", "main"),
        repository: Text::new("payments"),
        branch: Text::new("main"),
        commit: Text::new("1a2b3c4d".repeat(5)),
        checks: checks.collect(),
        at: at(day, 12),
        url: None,
    }
}

/// The board with another forecast of the release: ready in nine days as likely as not, and no
/// date is known that is surer.
pub(crate) fn with_far_dates(mut board: Board) -> Board {
    let insight = Arc::make_mut(&mut board.insight);
    let release = insight.releases.iter_mut().find(|insight| insight.release.id == id()).unwrap();
    Arc::make_mut(release).forecast = ForecastView::Dates {
        p50: ForecastDate::By(now() + Duration::days(9)),
        p85: ForecastDate::Beyond,
        p95: ForecastDate::Beyond,
        by_target: Some(0.1),
        scored: 0,
        held: None,
        likelihood: None,
        basis: ForecastBasis::default(),
    };
    board
}

/// What one source says, how it is doing, and the rules.
#[derive(Clone, Debug, Default)]
pub(crate) struct Setting {
    pub(crate) facts: Facts,
    pub(crate) health: Vec<SourceHealth>,
    pub(crate) policy: Policy,
}

/// A source that answered a minute before now and is stale ten minutes after it.
pub(crate) fn fresh(source: &str) -> SourceHealth {
    SourceHealth {
        state: SourceState::Waiting,
        answered_at: Some(now() - Duration::minutes(1)),
        stale_from: Some(now() + Duration::minutes(10)),
        ..SourceHealth::starting(SourceId::new(source))
    }
}

impl Setting {
    /// The release, and a source `plan` that covers these kinds.
    pub(crate) fn covering(kinds: &[Kind]) -> Self {
        Self {
            facts: Facts {
                covers: kinds.iter().copied().collect(),
                releases: vec![Arc::new(release())],
                ..Facts::default()
            },
            health: vec![fresh("plan")],
            policy: Policy::default(),
        }
    }

    pub(crate) fn release(mut self, change: impl FnOnce(&mut Release)) -> Self {
        change(Arc::make_mut(&mut self.facts.releases[0]));
        self
    }

    pub(crate) fn other(mut self, release: Release) -> Self {
        self.facts.releases.push(Arc::new(release));
        self
    }

    pub(crate) fn story(mut self, story: Story) -> Self {
        self.facts.stories.push(Arc::new(story));
        self
    }

    pub(crate) fn pull_request(mut self, pull_request: PullRequest) -> Self {
        self.facts.pull_requests.push(Arc::new(pull_request));
        self
    }

    pub(crate) fn deployment(mut self, deployment: Deployment) -> Self {
        self.facts.deployments.push(Arc::new(deployment));
        self
    }

    pub(crate) fn environment(mut self, environment: Environment) -> Self {
        self.facts.environments.push(Arc::new(environment));
        self
    }

    pub(crate) fn test_run(mut self, run: TestRun) -> Self {
        self.facts.test_runs.push(Arc::new(run));
        self
    }

    pub(crate) fn finding(mut self, finding: Finding) -> Self {
        self.facts.findings.push(Arc::new(finding));
        self
    }

    pub(crate) fn build(mut self, build: Build) -> Self {
        self.facts.builds.push(Arc::new(build));
        self
    }

    pub(crate) fn policy(mut self, change: impl FnOnce(&mut Policy)) -> Self {
        change(&mut self.policy);
        self
    }

    pub(crate) fn world(&self) -> World {
        World::union([(&SourceId::new("plan"), &self.facts)])
    }

    pub(crate) fn board_at(&self, now: Instant) -> Board {
        Board::derive(
            Text::new("board"),
            Arc::new(self.world()),
            self.health.clone().into(),
            Arc::new(self.policy.clone()),
            &Learned::default(),
            Completeness::Whole,
            now,
        )
    }

    pub(crate) fn insight(&self) -> Insight {
        self.insight_at(now())
    }

    pub(crate) fn insight_at(&self, now: Instant) -> Insight {
        derive(&self.world(), &self.health, &self.policy, &Learned::default(), now).0
    }

    /// What is said of `payments 4.2`.
    pub(crate) fn answer(&self) -> Arc<ReleaseInsight> {
        let insight = self.insight();
        let found = insight.releases.iter().find(|insight| insight.release.id == id());
        Arc::clone(found.unwrap())
    }

    #[expect(clippy::needless_pass_by_value, reason = "so it reads best where it is asked")]
    pub(crate) fn gate(&self, name: GateName) -> Gate {
        let answer = self.answer();
        answer.gates.iter().find(|gate| gate.name == name).unwrap().clone()
    }
}
