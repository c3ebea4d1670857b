//! The board as JSON: keys are the domain's field names in `snake_case`.

use serde::Serialize;

use crate::{
    domain::{
        Assumed, Assumption, Build, CheckOutcome, Deployment, Instant, Policy, Problem, ReleaseId,
        SourceHealth, StoryKey, Target, Text, Window,
    },
    insight::{
        Board, Completeness, DeploymentCadence, DeploymentRow, Estimate, Evidence, Feature, ForecastDate,
        ForecastView, Gate, MetricValue, NextStep, Outlook, PullRequestRow, ReleaseInsight, Remedy,
        RunbookComparison, RunbookComparisons, RunbookOutlook, ScheduleProblem, Stage, Standing, StepState,
        Steps, StoryRow, SuiteRow, Tally, Verdict, Week,
    },
};

/// Rises when a key changes its meaning or goes away; new keys may come at any time.
pub(in crate::cli) const SCHEMA_VERSION: u32 = 1;

#[derive(Serialize)]
struct BoardJson<'a> {
    schema_version: u32,
    board: &'a Text,
    at: Instant,
    complete: bool,
    release: Option<&'a ReleaseId>,
    releases: Vec<ReleaseJson<'a>>,
    stories: Vec<StoryJson<'a>>,
    pull_requests: Vec<PullRequestJson<'a>>,
    deployments: Vec<DeploymentJson<'a>>,
    cadence: &'a [DeploymentCadence],
    builds: Vec<BuildJson<'a>>,
    sources: Vec<SourceJson<'a>>,
    problems: Vec<ProblemJson<'a>>,
    policy: &'a Policy,
    assumptions: Vec<AssumptionJson<'a>>,
    truth: Option<TruthJson<'a>>,
}

/// What is assumed: one shape for all.
#[derive(Serialize)]
struct AssumptionJson<'a> {
    release: &'a ReleaseId,
    kind: &'static str,
    story: Option<&'a StoryKey>,
    target: Option<Instant>,
}

/// What is true of the release that something is assumed of.
#[derive(Serialize)]
struct TruthJson<'a> {
    name: &'a ReleaseId,
    target: Option<Target>,
    verdict: Verdict,
    outlook: Outlook,
    forecast: ForecastJson<'a>,
    tally: Tally,
    gates: &'a [Gate],
}

impl<'a> AssumptionJson<'a> {
    fn of(assumed: &'a Assumed) -> Self {
        let release = &assumed.release;
        let (kind, story, target) = match &assumed.assumption {
            Assumption::LeaveOut(key) => ("leave_out", Some(key), None),
            Assumption::FreezeScope => ("freeze_scope", None, None),
            Assumption::MoveTarget(at) => ("move_target", None, Some(*at)),
        };
        Self { release, kind, story, target }
    }
}

impl<'a> TruthJson<'a> {
    fn of(insight: &'a ReleaseInsight) -> Self {
        Self {
            name: &insight.release.id,
            target: insight.release.target,
            verdict: insight.verdict,
            outlook: insight.outlook,
            forecast: ForecastJson::of(&insight.forecast),
            tally: insight.tally,
            gates: &insight.gates,
        }
    }
}

#[derive(Serialize)]
struct CheckJson<'a> {
    schema_version: u32,
    board: &'a Text,
    at: Instant,
    asked: &'static str,
    answer: &'static str,
    #[serde(flatten)]
    release: ReleaseJson<'a>,
    sources: Vec<SourceJson<'a>>,
}

#[derive(Serialize)]
struct ReleaseJson<'a> {
    name: &'a ReleaseId,
    project: &'a Text,
    version: &'a Text,
    start: Option<Instant>,
    target: Option<Target>,
    released_at: Option<Instant>,
    owner: Option<&'a Text>,
    depends_on: &'a [ReleaseId],
    tag: Option<&'a Text>,
    commit: Option<&'a Text>,
    url: Option<&'a Text>,
    verdict: Verdict,
    outlook: Outlook,
    forecast: ForecastJson<'a>,
    tally: Tally,
    gates: Vec<GateJson<'a>>,
    metrics: &'a [MetricValue],
    features: &'a [Feature],
    suites: &'a [SuiteRow],
    weeks: &'a [Week],
    remedies: &'a [Remedy],
}

#[derive(Serialize)]
struct GateJson<'a> {
    #[serde(flatten)]
    gate: &'a Gate,
    /// Only where the gates are what is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<Evidence>,
}

/// One shape whatever is known, so that a reader needs no case for each.
#[derive(Default, Serialize)]
pub(in crate::cli) struct ForecastJson<'a> {
    state: &'static str,
    p50: Option<Instant>,
    p85: Option<Instant>,
    p95: Option<Instant>,
    /// Which of the three are beyond three years: they have no date.
    beyond: Vec<&'static str>,
    /// Why the range is wide; null where it is not.
    wide: Option<String>,
    by_target: Option<f64>,
    scored: u32,
    withheld: Option<&'a Text>,
}

impl<'a> ForecastJson<'a> {
    pub(in crate::cli) fn of(forecast: &'a ForecastView) -> Self {
        match forecast {
            ForecastView::Dates { p50, p85, p95, by_target, scored, basis, .. } => Self {
                state: "dates",
                p50: p50.at(),
                p85: p85.at(),
                p95: p95.at(),
                beyond: beyond(&[("p50", *p50), ("p85", *p85), ("p95", *p95)]),
                wide: basis.wide(),
                by_target: *by_target,
                scored: *scored,
                withheld: None,
            },
            ForecastView::Withheld(why) => Self { state: "withheld", withheld: Some(why), ..Self::default() },
            ForecastView::Ready => Self { state: "ready", ..Self::default() },
        }
    }
}

/// The names of the dates that are beyond three years.
pub(crate) fn beyond(dates: &[(&'static str, ForecastDate)]) -> Vec<&'static str> {
    dates.iter().filter(|(_, date)| date.at().is_none()).map(|(name, _)| *name).collect()
}

#[derive(Serialize)]
struct StepsJson {
    build: StepJson,
    test: StepJson,
    review: StepJson,
    merge: StepJson,
    deploy: StepJson,
}

/// How far a step is: `done` of `required` where it is counted.
#[derive(Serialize)]
struct StepJson {
    state: &'static str,
    done: Option<u32>,
    required: Option<u32>,
}

impl StepsJson {
    fn of(steps: Steps) -> Self {
        let step = |step| {
            let state = match step {
                StepState::Done => "done",
                StepState::Failed => "failed",
                StepState::Running => "running",
                StepState::Part(done, required) => {
                    return StepJson { state: "part", done: Some(done), required: Some(required) };
                }
                StepState::Waiting => "waiting",
                StepState::Unknown => "unknown",
            };
            StepJson { state, done: None, required: None }
        };
        Self {
            build: step(steps.build),
            test: step(steps.test),
            review: step(steps.review),
            merge: step(steps.merge),
            deploy: step(steps.deploy),
        }
    }
}

/// A deployment with what stands in its way.
#[derive(Serialize)]
pub(in crate::cli) struct DeploymentJson<'a> {
    #[serde(flatten)]
    deployment: &'a Deployment,
    platform: Option<&'a Text>,
    region: Option<&'a Text>,
    estimate: Option<Estimate>,
    projected_end: Option<Instant>,
    verdict: Option<Verdict>,
    ready_by_start: Option<f64>,
    problems: &'a [ScheduleProblem],
    slots: &'a [Window],
    no_slot: Option<&'a Text>,
    /// Its window where it goes.
    there: Option<ThereJson>,
    runbook: Option<&'a RunbookOutlook>,
    /// Only in a schedule.
    #[serde(skip_serializing_if = "Option::is_none")]
    comparison: Option<RunbookComparison>,
}

/// A window by the clocks of another zone.
#[derive(Serialize)]
struct ThereJson {
    time_zone: &'static str,
    from: String,
    until: String,
}

#[derive(Serialize)]
struct StoryJson<'a> {
    key: &'a StoryKey,
    parent: Option<&'a StoryKey>,
    release: &'a ReleaseId,
    belongs: &'a Text,
    open: bool,
    reason: &'a Text,
    waits_for: &'a [StoryKey],
    returns: u32,
    title: &'a Text,
    kind: crate::domain::StoryKind,
    status: &'a Text,
    category: crate::domain::Category,
    severity: Option<crate::domain::Severity>,
    owner: Option<&'a Text>,
    points: Option<f32>,
    created_at: Instant,
    since: Instant,
    blocked_by: &'a [StoryKey],
    component: Option<&'a Text>,
    url: Option<&'a Text>,
}

#[derive(Serialize)]
struct PullRequestJson<'a> {
    id: &'a crate::domain::PullRequestId,
    repository: &'a Text,
    number: Option<u64>,
    title: &'a Text,
    author: &'a Text,
    branch: Option<&'a Text>,
    base: &'a Text,
    state: crate::domain::PullRequestState,
    draft: bool,
    release: Option<&'a ReleaseId>,
    belongs: &'a Text,
    stage: Stage,
    since: Option<Instant>,
    steps: StepsJson,
    standing: Standing,
    slack_seconds: Option<i64>,
    next_step: &'a NextStep,
    stories: &'a [StoryKey],
    opened_at: Option<Instant>,
    merged_at: Option<Instant>,
    merge_commit: Option<&'a Text>,
    url: Option<&'a Text>,
}

#[derive(Serialize)]
struct BuildJson<'a> {
    #[serde(flatten)]
    build: &'a Build,
    outcome: CheckOutcome,
    since: Instant,
    releases: Vec<&'a ReleaseId>,
}

/// A source, and whether what it said is old.
#[derive(Serialize)]
pub(in crate::cli) struct SourceJson<'a> {
    #[serde(flatten)]
    health: &'a SourceHealth,
    stale: bool,
}

#[derive(Serialize)]
struct ProblemJson<'a> {
    source: &'a str,
    #[serde(flatten)]
    problem: &'a Problem,
}

/// The whole board, or what of it concerns `release`.
pub(super) fn board(board: &Board, release: Option<&ReleaseId>) -> String {
    assumed(board, release, None)
}

/// The same of a board on which something is assumed, with what is true of that release.
pub(super) fn assumed(board: &Board, release: Option<&ReleaseId>, truth: Option<&ReleaseInsight>) -> String {
    let all = &board.insight.releases;
    let chosen: Vec<_> = match release {
        Some(id) => board.release(id).into_iter().map(|insight| &**insight).collect(),
        None => all.iter().map(|insight| &**insight).collect(),
    };
    let unassigned: &[PullRequestRow] = if release.is_some() { &[] } else { &board.insight.unassigned };
    let of_chosen = |row: &&DeploymentRow| release.is_none() || row.deployment.release.as_ref() == release;
    to_json(&BoardJson {
        schema_version: SCHEMA_VERSION,
        board: &board.title,
        at: board.at,
        complete: board.completeness == Completeness::Whole,
        release: super::shown(board, release).map(|insight| &insight.release.id),
        stories: chosen.iter().flat_map(|insight| stories(insight)).collect(),
        pull_requests: chosen
            .iter()
            .flat_map(|insight| pull_requests(&insight.pull_requests, Some(&insight.release.id)))
            .chain(pull_requests(unassigned, None))
            .collect(),
        releases: chosen.into_iter().map(release_json).collect(),
        deployments: board
            .insight
            .schedule
            .deployments
            .iter()
            .filter(of_chosen)
            .map(|row| deployment_json(row, None))
            .collect(),
        cadence: &board.insight.schedule.cadence,
        builds: builds(board, release),
        sources: sources(board),
        problems: board
            .world
            .problems
            .iter()
            .map(|(source, problem)| ProblemJson { source: source.as_str(), problem })
            .collect(),
        policy: &board.policy,
        assumptions: board.world.assumed.iter().map(AssumptionJson::of).collect(),
        truth: truth.map(TruthJson::of),
    })
}

/// One release with its gates: the evidence that a pipeline can store.
pub(super) fn check(board: &Board, release: &ReleaseInsight, outlook: bool) -> String {
    let mut evidence = crate::insight::evidence(board, &release.release.id, board.at).into_iter();
    let mut described = release_json(release);
    for gate in &mut described.gates {
        gate.evidence = evidence.next();
    }
    to_json(&CheckJson {
        schema_version: SCHEMA_VERSION,
        board: &board.title,
        at: board.at,
        asked: if outlook { "outlook" } else { "verdict" },
        answer: super::text::answer_word(release, outlook),
        release: described,
        sources: sources(board),
    })
}

/// A value as it is printed.
pub(in crate::cli) fn to_json(value: &impl Serialize) -> String {
    // Only maps with keys that are no strings can fail, and there are none.
    serde_json::to_string_pretty(value).unwrap_or_else(|error| format!("{{\"error\": \"{error}\"}}")) + "\n"
}

/// How each source is doing.
pub(in crate::cli) fn sources(board: &Board) -> Vec<SourceJson<'_>> {
    board.health.iter().map(|health| SourceJson { health, stale: health.is_stale(board.at) }).collect()
}

fn release_json(insight: &ReleaseInsight) -> ReleaseJson<'_> {
    let release = &insight.release;
    ReleaseJson {
        name: &release.id,
        project: &release.project,
        version: &release.version,
        start: release.start,
        target: release.target,
        released_at: release.released_at,
        owner: release.owner.as_ref(),
        depends_on: &release.depends_on,
        tag: release.tag.as_ref(),
        commit: release.commit.as_ref(),
        url: release.url.as_ref(),
        verdict: insight.verdict,
        outlook: insight.outlook,
        forecast: ForecastJson::of(&insight.forecast),
        tally: insight.tally,
        gates: insight.gates.iter().map(|gate| GateJson { gate, evidence: None }).collect(),
        metrics: &insight.metrics,
        features: &insight.features,
        suites: &insight.suites,
        weeks: &insight.burn_down.weeks,
        remedies: &insight.remedies,
    }
}

/// Those of `release`, or all.
fn builds<'a>(board: &'a Board, release: Option<&ReleaseId>) -> Vec<BuildJson<'a>> {
    let json = |build: &'a Build| BuildJson {
        build,
        outcome: build.outcome(),
        since: build.since(),
        releases: board
            .insight
            .releases
            .iter()
            .filter(|insight| insight.builds.iter().any(|known| known.id == build.id))
            .map(|insight| &insight.release.id)
            .collect(),
    };
    let all = board.world.builds.iter().map(|build| json(build));
    all.filter(|build| release.is_none_or(|release| build.releases.contains(&release))).collect()
}

/// A deployment with what stands in its way.
pub(in crate::cli) fn deployment_json<'a>(
    row: &'a DeploymentRow,
    comparisons: Option<&RunbookComparisons<'_>>,
) -> DeploymentJson<'a> {
    DeploymentJson {
        deployment: &row.deployment,
        platform: row.platform.as_ref(),
        region: row.region.as_ref(),
        estimate: row.estimate,
        projected_end: row.projected_end,
        verdict: row.verdict,
        ready_by_start: row.ready_by_start,
        problems: &row.problems,
        slots: &row.slots,
        no_slot: row.no_slot.as_ref(),
        there: row.time_zone.map(|zone| ThereJson {
            time_zone: zone.name(),
            from: row.deployment.window.from.with_timezone(&zone).to_rfc3339(),
            until: row.deployment.window.until.with_timezone(&zone).to_rfc3339(),
        }),
        runbook: row.runbook.as_ref(),
        comparison: comparisons.and_then(|comparisons| comparisons.compare(&row.deployment)),
    }
}

fn stories(insight: &ReleaseInsight) -> impl Iterator<Item = StoryJson<'_>> {
    let release = &insight.release.id;
    insight.stories.iter().map(move |row: &StoryRow| StoryJson {
        key: &row.story.key,
        parent: row.story.parent.as_ref(),
        release,
        belongs: &row.belongs,
        open: row.open,
        reason: &row.reason,
        waits_for: &row.waits_for,
        returns: row.returns,
        title: &row.story.title,
        kind: row.story.kind,
        status: &row.story.status,
        category: row.story.category,
        severity: row.story.severity,
        owner: row.story.owner.as_ref(),
        points: row.story.points,
        created_at: row.story.created_at,
        since: row.since,
        blocked_by: &row.story.blocked_by,
        component: row.story.component.as_ref(),
        url: row.story.url.as_ref(),
    })
}

fn pull_requests<'a>(
    rows: &'a [PullRequestRow],
    release: Option<&'a ReleaseId>,
) -> impl Iterator<Item = PullRequestJson<'a>> {
    rows.iter().map(move |row| {
        let pull_request = &row.pull_request;
        PullRequestJson {
            id: &pull_request.id,
            repository: &pull_request.repository,
            number: pull_request.number,
            title: &pull_request.title,
            author: &pull_request.author,
            branch: pull_request.branch.as_ref(),
            base: &pull_request.base,
            state: pull_request.state,
            draft: pull_request.draft,
            release,
            belongs: &row.belongs,
            stage: row.stage,
            since: row.since,
            steps: StepsJson::of(row.steps),
            standing: row.standing,
            slack_seconds: row.slack_seconds,
            next_step: &row.next,
            stories: &pull_request.stories,
            opened_at: pull_request.opened_at,
            merged_at: pull_request.merged_at,
            merge_commit: pull_request.merge_commit.as_ref(),
            url: pull_request.url.as_ref(),
        }
    })
}
