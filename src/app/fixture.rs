//! A believable board for tests: payments 4.2 on Sunday 22 November, three days before its
//! target, as a project of three sources knows it.

mod closer;
mod pull_requests;

pub(crate) use closer::{closer_look, detail, readers};

use std::{collections::BTreeSet, sync::Arc};

use chrono::{Duration, NaiveDate, TimeZone, Utc};
use chrono_tz::Tz;
use futures_util::future::BoxFuture;

use crate::{
    domain::{
        Activity, Allowance, Assumption, Build, BuildId, Cadence, Calendar, Category, Check, CheckOutcome,
        Deployment, DeploymentId, DeploymentState, EnvironmentId, Instant, Kind, Policy, Release, ReleaseId,
        Severity, SourceHealth, SourceId, SourceState, Step, Story, StoryKind, Target, Text, Window, World,
    },
    insight::{board::Completeness, *},
    source::{
        Answer, Round, Source, SourceError,
        operation::{Attempt, Done, Operation, OperationError, Operator, Operators, StoryOperation},
    },
};

use pull_requests::{pull_requests, unassigned};

/// Sunday 22 November 2026, 09:24 in Berlin.
pub(crate) fn now() -> Instant {
    Utc.with_ymd_and_hms(2026, 11, 22, 8, 24, 0).unwrap()
}

/// A day of November and a time in Berlin (which is one hour ahead of universal time then).
pub(crate) fn at(day: i64, hour: i64, minute: i64) -> Instant {
    Utc.with_ymd_and_hms(2026, 11, 1, 0, 0, 0).unwrap()
        + Duration::days(day - 1)
        + Duration::minutes((hour - 1) * 60 + minute)
}

fn date(day: u32) -> NaiveDate {
    if day > 30 {
        NaiveDate::from_ymd_opt(2026, 12, day - 30).unwrap()
    } else {
        NaiveDate::from_ymd_opt(2026, 11, day).unwrap()
    }
}

/// The release on screen.
pub(crate) fn payments() -> ReleaseId {
    ReleaseId::of("payments", "4.2")
}

/// The board.
pub(crate) fn board() -> Board {
    let releases = vec![
        Arc::new(payments_insight()),
        Arc::new(small("ledger", "1.8", Some(target(25, 14, 30, false)), Outlook::AtRisk, 0.74)),
        Arc::new(small("auth", "2.10", Some(target(32, 12, 0, true)), Outlook::Unknown, 0.0)),
        Arc::new(released("payments", "4.1", 2)),
        Arc::new(released("auth", "2.9", 5)),
    ];
    Board {
        title: Text::new("payments"),
        at: now(),
        valid_until: now() + Duration::minutes(5),
        world: Arc::new(world()),
        insight: Arc::new(Insight { releases, unassigned: unassigned(), schedule: schedule() }),
        health: health(),
        policy: Arc::new(Policy {
            calendar: Calendar { zone: Tz::Europe__Berlin, ..Calendar::default() },
            ..Policy::default()
        }),
        completeness: Completeness::Whole,
    }
}

/// The board with another pull request `api#812`, of which the head is known.
pub(crate) fn board_with_first(change: impl FnOnce(&mut crate::domain::PullRequest)) -> Board {
    board_with(|release| {
        let first = Arc::make_mut(&mut release.pull_requests[0].pull_request);
        first.head = Some(Text::new("1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d"));
        first.url = Some(Text::new("https://github.com/acme/api/pull/812"));
        change(first);
    })
}

/// Operators of a source `github` that carry out everything but setting priorities.
pub(crate) fn operators(hands_off: Option<crate::source::operation::HandsOff>) -> Operators {
    Operators::of(&[Box::new(Operated)], hands_off)
}

#[derive(Clone)]
struct Operated;

impl Source for Operated {
    fn id(&self) -> SourceId {
        SourceId::new("github")
    }

    fn interval(&self) -> std::time::Duration {
        std::time::Duration::from_secs(60)
    }

    fn fetch<'a>(&'a mut self, _: &'a Round) -> BoxFuture<'a, Result<Answer, SourceError>> {
        Box::pin(std::future::ready(Ok(Answer::Unchanged)))
    }

    fn operator(&self) -> Option<Arc<dyn Operator>> {
        Some(Arc::new(Self))
    }
}

impl Operator for Operated {
    fn offers(&self, operation: &Operation) -> bool {
        !matches!(operation, Operation::Story(_, StoryOperation::SetPriority(_)))
    }

    fn carry_out<'a>(
        &'a self,
        _: &'a Operation,
        _: &'a Attempt,
    ) -> BoxFuture<'a, Result<Done, OperationError>> {
        Box::pin(std::future::ready(Ok(Done { what: "merged as 4f2a9c1".into(), url: None })))
    }
}

/// A board of sources that answered and had nothing to say.
pub(crate) fn empty_board() -> Board {
    let mut board = board();
    board.insight = Arc::new(Insight::default());
    board.world = Arc::new(World::default());
    board
}

/// The board with another insight of payments 4.2.
pub(crate) fn board_with(change: impl FnOnce(&mut ReleaseInsight)) -> Board {
    let mut board = board();
    let mut insight = (*board.insight).clone();
    change(Arc::make_mut(&mut insight.releases[0]));
    board.insight = Arc::new(insight);
    board
}

fn target(day: i64, hour: i64, minute: i64, estimated: bool) -> Target {
    Target { at: at(day, hour, minute), estimated }
}

fn world() -> World {
    let mut world = World::default();
    let ids = |names: &[&str]| names.iter().map(|name| SourceId::new(*name)).collect::<BTreeSet<_>>();
    for (kind, names) in [
        (Kind::Releases, &["plan", "github"][..]),
        (Kind::Stories, &["jira"]),
        (Kind::Defects, &["jira"]),
        (Kind::PullRequests, &["github"]),
        (Kind::Deployments, &["plan"]),
    ] {
        world.covers.insert(kind, ids(names));
    }
    world
}

fn health() -> Arc<[SourceHealth]> {
    let answered = |id: &str, minutes: i64, stale: bool| SourceHealth {
        state: SourceState::Waiting,
        answered_at: Some(now() - Duration::minutes(minutes)),
        changed_at: Some(now() - Duration::minutes(minutes + 30)),
        stale_from: Some(now() + Duration::minutes(if stale { -4 } else { 3 })),
        next_at: Some(now() + Duration::minutes(1)),
        ..SourceHealth::starting(SourceId::new(id))
    };
    let allowance = |name: &str, remaining: u64, resets_in: i64, spent: u64| Allowance {
        name: Text::new(name),
        limit: 5_000,
        remaining,
        resets_at: now() + Duration::minutes(resets_in),
        spent,
    };
    let mut github = answered("github", 1, false);
    github.account = Some(Text::new("ana"));
    github.cadence = Some(Cadence { every_seconds: 360, wanted_seconds: 60 });
    github.stale_from = Some(now() + Duration::minutes(17));
    github.next_at = Some(now() + Duration::minutes(5));
    github.allowances = vec![allowance("core", 4_988, 38, 3), allowance("graphql", 312, 17, 96)];
    let mut jira = answered("jira", 1, false);
    jira.account = Some(Text::new("ana@example.org"));
    jira.cadence = Some(Cadence { every_seconds: 60, wanted_seconds: 60 });
    jira.allowances = vec![Allowance { limit: 350, ..allowance("", 346, 1, 2) }];
    let mut sonar = answered("sonar", 14, true);
    sonar.state = SourceState::BackingOff;
    sonar.failures = 4;
    sonar.failure = Some(crate::domain::Problem::new(
        "sonar.example.org did not answer within 10 s",
        "see whether it is up; it is asked again by itself",
    ));
    vec![answered("plan", 0, false), github, jira, sonar].into()
}

fn payments_insight() -> ReleaseInsight {
    let mut release = Release::named("payments", "4.2");
    release.start = Some(at(2, 9, 0));
    release.target = Some(target(25, 14, 0, false));
    release.owner = Some(Text::new("ana"));
    release.depends_on = vec![ReleaseId::of("auth", "2.9"), ReleaseId::of("ledger", "1.7")];
    ReleaseInsight {
        release: Arc::new(release),
        tally: Tally {
            stories: 48,
            stories_ready: 41,
            defects_open: 1,
            defects_blocking: 1,
            pull_requests: 20,
            pull_requests_merged: 14,
            tests_passed: 1988,
            tests_failed: 12,
            tests_skipped: 7,
            gates_go: 4,
            gates_no_go: 3,
            gates_unknown: 1,
            gates_not_needed: 1,
        },
        burn_down: burn_down(),
        gates: gates(),
        metrics: Vec::new(),
        verdict: Verdict::NoGo,
        outlook: Outlook::AtRisk,
        forecast: ForecastView::Dates {
            p50: ForecastDate::By(at(25, 9, 0)),
            p85: ForecastDate::By(at(27, 16, 0)),
            p95: ForecastDate::By(at(30, 12, 0)),
            by_target: Some(0.61),
            scored: 42,
            held: Some(0.86),
            likelihood: None,
            basis: ForecastBasis { elapsed_days: 13, ..ForecastBasis::default() },
        },
        last_day_from: Some(at(24, 14, 0)),
        stories: stories(),
        features: Vec::new(),
        suites: Vec::new(),
        pull_requests: pull_requests(),
        remedies: vec![
            remedy("finish or leave out 7 stories", GateName::Stories, None),
            remedy("fix PAY-330", GateName::Defects, Some(Subject::Story("PAY-330".into()))),
            remedy(
                "lee: fix 2 tests on #812",
                GateName::PullRequests,
                Some(Subject::PullRequest("api#812".into())),
            ),
            remedy("sonar: scan again", GateName::Tests, None),
            Remedy {
                days_saved: Some(1.13),
                gate: None,
                what_if: vec![Assumption::LeaveOut("PAY-320".into())],
                ..remedy("leave out PAY-320", GateName::Stories, Some(Subject::Story("PAY-320".into())))
            },
        ],
        builds: vec![build()],
    }
}

fn build() -> Arc<Build> {
    let check = |name: &str, outcome| Check {
        name: Text::new(name),
        step: Step::Test,
        required: true,
        outcome,
        at: Some(at(22, 7, 20)),
    };
    Arc::new(Build {
        id: BuildId::of("api", "main"),
        repository: Text::new("api"),
        branch: Text::new("main"),
        commit: Text::new("1a2b3c4d".repeat(5)),
        checks: vec![check("unit", CheckOutcome::Passed), check("integration", CheckOutcome::Failed)],
        at: at(22, 7, 20),
        url: None,
    })
}

fn remedy(action: &str, gate: GateName, subject: Option<Subject>) -> Remedy {
    Remedy {
        action: Text::new(action),
        gate: Some(gate),
        days_saved: None,
        outlook: None,
        what_if: Vec::new(),
        subject,
    }
}

fn burn_down() -> BurnDown {
    let days = (2..=22)
        .map(|day| {
            let scope = if day < 12 { 42 } else { 48 };
            BurnDownDay {
                day: date(day),
                scope,
                ready: (day - 2) * 41 / 20,
                defects: 3 + day % 4,
                tests: (day > 5).then(|| 0.95 + 0.0022 * f64::from(day)),
                ideal: Some(42.0 * (25.0 - f64::from(day)).max(0.0) / 23.0),
                points: None,
            }
        })
        .collect();
    BurnDown {
        unit: Unit::Stories,
        days,
        target: Some(date(25)),
        scope_steps: vec![ScopeStep { day: date(12), added: 7, removed: 1 }],
        scope_rebuilt: false,
        ideal_ahead: (23..=25).map(|day| (date(day), 42.0 * (25.0 - f64::from(day)) / 23.0)).collect(),
        forecast_days: Some([date(25), date(27), date(30)]),
        observed_from: None,
        weeks: Vec::new(),
    }
}

fn gates() -> Vec<Gate> {
    let gate = |name, answer, measured: &str, needed: &str, sources: &[&str]| Gate {
        name,
        answer,
        measured: Text::new(measured),
        needed: Text::new(needed),
        sources: sources.iter().map(|id| SourceId::new(*id)).collect(),
    };
    vec![
        gate(GateName::Stories, GateAnswer::NoGo, "41/48", "all", &["jira"]),
        gate(GateName::Blocked, GateAnswer::Go, "0", "max 0", &["jira"]),
        gate(GateName::Defects, GateAnswer::NoGo, "1", "max 0", &["jira"]),
        gate(GateName::Tests, GateAnswer::Unknown, "99.4 %", "sonar is stale", &["sonar"]),
        gate(GateName::PullRequests, GateAnswer::NoGo, "14/20", "all merged", &["github"]),
        gate(GateName::Findings, GateAnswer::Go, "0", "max 0", &["sonar"]),
        gate(GateName::Dependencies, GateAnswer::Go, "2/2", "all live", &["plan"]),
        gate(GateName::Environment, GateAnswer::Go, "booked", "production/eu", &["plan"]),
        gate(GateName::Freeze, GateAnswer::Go, "none", "no freeze", &["plan"]),
        gate(GateName::Runbook, GateAnswer::NotNeeded, "–", "no past runs", &[]),
    ]
}

fn story(
    key: &str,
    title: &str,
    category: Category,
    status: &str,
    days: i64,
    owner: Option<&str>,
) -> StoryRow {
    let since = now() - Duration::days(days);
    let story = Story {
        status: Text::new(status),
        category,
        owner: owner.map(Text::new),
        releases: vec![payments()],
        ..Story::new(key, title, since - Duration::days(20))
    };
    StoryRow {
        story: Arc::new(story),
        open: category != Category::Done,
        since,
        reason: Text::default(),
        attention: false,
        pull_requests: Vec::new(),
        waits_for: Vec::new(),
        usual_seconds: None,
        returns: 0,
        belongs: Text::new("fix version 4.2"),
    }
}

/// A feature with a story of three ready, which waits for one elsewhere.
pub(crate) fn feature(key: &str) -> Feature {
    Feature {
        key: key.into(),
        title: Some(Text::new("Checkout")),
        stories: 3,
        stories_ready: 1,
        defects_open: 1,
        waits_for: vec!["AUTH-12".into()],
        ready: false,
    }
}

fn stories() -> Vec<StoryRow> {
    let mut worst =
        story("PAY-311", "Refund webhook retries", Category::InReview, "in review", 6, Some("lee"));
    worst.attention = true;
    worst.reason = Text::new("returned 2x");
    worst.returns = 2;
    worst.pull_requests = vec!["api#812".into()];
    let mut fallback = story(
        "PAY-298",
        "3DS fallback when the issuer is down",
        Category::InProgress,
        "in progress",
        9,
        Some("ana"),
    );
    fallback.attention = true;
    fallback.pull_requests = vec!["web#798".into()];
    let mut blocked = story("PAY-320", "Invoice locale", Category::ToDo, "to do", 2, None);
    blocked.reason = Text::new("blocked by AUTH-12");
    blocked.waits_for = vec!["AUTH-12".into()];
    let mut defect = story(
        "PAY-330",
        "Double refund on a retried webhook",
        Category::InProgress,
        "in progress",
        1,
        Some("lee"),
    );
    Arc::make_mut(&mut defect.story).kind = StoryKind::Defect;
    Arc::make_mut(&mut defect.story).severity = Some(Severity::Critical);
    defect.attention = true;
    defect.reason = Text::new("critical defect");
    let mut rows = vec![worst, fallback, defect, blocked];
    rows.extend([
        story("PAY-322", "支払い画面の翻訳", Category::InTest, "in test", 1, Some("yuki")),
        story(
            "PAY-325",
            "Show the fee before the confirmation of a transfer",
            Category::InProgress,
            "in progress",
            0,
            Some("raj"),
        ),
        story("PAY-326", "Export of settled payments", Category::ToDo, "to do", 4, Some("kim")),
        story("PAY-327", "Rate limits for partners", Category::InReview, "in review", 1, Some("kim")),
    ]);
    let done = |number: i64| {
        story(
            &format!("PAY-{number}"),
            "A story that is ready",
            Category::Done,
            "done",
            20 - number % 15,
            Some("ana"),
        )
    };
    rows.extend((240..281).map(done));
    rows
}

fn small(
    project: &str,
    version: &str,
    target: Option<Target>,
    outlook: Outlook,
    share: f64,
) -> ReleaseInsight {
    let mut release = Release::named(project, version);
    release.target = target;
    let promised = target.filter(|target| !target.estimated);
    let dates = |target: Target| ForecastView::Dates {
        p50: ForecastDate::By(target.at - Duration::hours(20)),
        p85: ForecastDate::By(target.at + Duration::days(1)),
        p95: ForecastDate::By(target.at + Duration::days(3)),
        by_target: Some(share),
        scored: 4,
        held: Some(0.75),
        likelihood: None,
        basis: ForecastBasis { elapsed_days: 13, ..ForecastBasis::default() },
    };
    let withheld = || ForecastView::Withheld(Text::new("no story and no pull request yet"));
    ReleaseInsight {
        release: Arc::new(release),
        tally: Tally::default(),
        burn_down: BurnDown::default(),
        gates: Vec::new(),
        metrics: Vec::new(),
        verdict: Verdict::Unknown,
        outlook,
        forecast: promised.map_or_else(withheld, dates),
        last_day_from: promised.map(|target| target.at - Duration::hours(24)),
        stories: Vec::new(),
        features: Vec::new(),
        suites: Vec::new(),
        pull_requests: Vec::new(),
        remedies: Vec::new(),
        builds: Vec::new(),
    }
}

fn released(project: &str, version: &str, day: i64) -> ReleaseInsight {
    let mut insight = small(project, version, None, Outlook::Released, 0.0);
    let release = Arc::make_mut(&mut insight.release);
    release.released_at = Some(at(day, 15, 0));
    release.tag = Some(Text::new(format!("v{version}")));
    insight.forecast = ForecastView::Ready;
    insight
}

fn schedule() -> Schedule {
    let deployment = |id: &str, release: ReleaseId, from: Instant, minutes: i64, state| Deployment {
        id: DeploymentId::new(id),
        release: Some(release),
        environment: EnvironmentId::new("production/eu"),
        window: Window { from, until: from + Duration::minutes(minutes) },
        state,
        started_at: None,
        finished_at: None,
        activities: Vec::new(),
        time_zone: None,
        configuration: std::collections::BTreeMap::new(),
        url: None,
    };
    let estimate = |p50_minutes, p85_minutes| {
        Some(Estimate { p50_minutes, p85_minutes, basis: EstimateBasis::Environment, runs: 9 })
    };
    let problem = |kind, what: &str| ScheduleProblem { kind, what: Text::new(what) };
    let mut done =
        deployment("auth-2.9", ReleaseId::of("auth", "2.9"), at(5, 14, 0), 30, DeploymentState::Succeeded);
    done.started_at = Some(at(5, 14, 2));
    done.finished_at = Some(at(5, 14, 26));
    let mut next = deployment("payments-4.2", payments(), at(25, 14, 0), 70, DeploymentState::Approved);
    let activity = |name: &str, after: &[&str], minutes| Activity {
        owner: Some(Text::new("ana")),
        after: after.iter().map(Text::new).collect(),
        ..Activity::new(name, minutes)
    };
    next.activities = vec![
        activity("backup", &[], 10),
        activity("migrate", &["backup"], 25),
        activity("deploy", &["migrate"], 15),
        activity("smoke", &["deploy"], 5),
    ];
    let other =
        deployment("ledger-1.8", ReleaseId::of("ledger", "1.8"), at(25, 14, 30), 40, DeploymentState::Draft);
    let row = |deployment, estimate, verdict, ready_by_start, problems: Vec<ScheduleProblem>| DeploymentRow {
        deployment: Arc::new(deployment),
        platform: Some(Text::new("kubernetes")),
        region: Some(Text::new("frankfurt")),
        estimate,
        projected_end: None,
        verdict,
        ready_by_start,
        slots: match problems.len() {
            0 => Vec::new(),
            _ => vec![Window { from: at(26, 9, 0), until: at(26, 10, 20) }],
        },
        problems,
        no_slot: None,
        needs: match verdict {
            Some(Verdict::NoGo) => vec![Need {
                release: ReleaseId::of("auth", "2.9"),
                answer: GateAnswer::Go,
                said: Text::new("auth 2.9 went to production/eu, Fri 20 Nov 10:00"),
            }],
            _ => Vec::new(),
        },
        time_zone: None,
        runbook: None,
    };
    let entry = |day, kind, release: Option<ReleaseId>, label: &str| CalendarEntry {
        day: date(day),
        kind,
        release,
        label: Text::new(label),
    };
    Schedule {
        deployments: vec![
            row(done, estimate(22, 24), None, None, Vec::new()),
            row(
                next,
                estimate(52, 80),
                Some(Verdict::NoGo),
                Some(0.61),
                vec![
                    problem(ScheduleProblemKind::Overrun, "P85 80m is longer than the window of 70m"),
                    problem(
                        ScheduleProblemKind::Conflict,
                        "with the deployment of ledger 1.8, Wed 25 14:30–15:10",
                    ),
                ],
            ),
            row(
                other,
                estimate(25, 30),
                Some(Verdict::Unknown),
                Some(0.74),
                vec![problem(
                    ScheduleProblemKind::Conflict,
                    "with the deployment of payments 4.2, Wed 25 14:00–15:10",
                )],
            ),
        ],
        next: Some(1),
        calendar: vec![
            entry(2, CalendarKind::Released, Some(ReleaseId::of("payments", "4.1")), "payments 4.1"),
            entry(5, CalendarKind::Deployment, Some(ReleaseId::of("auth", "2.9")), "auth 2.9"),
            entry(25, CalendarKind::Deployment, Some(payments()), "payments 4.2"),
            entry(25, CalendarKind::Target, Some(payments()), "payments 4.2"),
            entry(25, CalendarKind::Deployment, Some(ReleaseId::of("ledger", "1.8")), "ledger 1.8"),
            entry(27, CalendarKind::P85, Some(payments()), "payments 4.2"),
            entry(32, CalendarKind::EstimatedTarget, Some(ReleaseId::of("auth", "2.10")), "auth 2.10"),
        ],
        cadence: vec![DeploymentCadence {
            project: Text::new("payments"),
            environment: EnvironmentId::new("production/eu"),
            deployments: 12,
            days_between: 14.0,
            days_between_before: 17.0,
            days_between_lately: 11.0,
            last_at: at(2, 15, 0),
            minutes: Some(52),
            finished_a_month: 9.5,
            waiting: vec![Waiting {
                key: "PAY-7".into(),
                title: Some(Text::new("Refund in parts")),
                is_feature: true,
                since: at(9, 12, 0),
            }],
            paces: Vec::new(),
            suggestion: Some(PaceName::Double),
            reasons: vec![Text::new(
                "twice as often: 1.9 h more of deploying spare 33.3 days of waiting a month",
            )],
        }],
        frozen: vec![Frozen {
            environment: EnvironmentId::new("production/eu"),
            name: Text::new("Black Friday"),
            window: Window { from: at(27, 0, 0), until: at(29, 0, 0) },
        }],
    }
}

/// The board while payments 4.2 goes out: backup is done, the migration runs.
pub(crate) fn running_board() -> Board {
    let mut board = board();
    let mut insight = (*board.insight).clone();
    let row = &mut insight.schedule.deployments[1];
    let deployment = Arc::make_mut(&mut row.deployment);
    deployment.state = DeploymentState::Running;
    deployment.window = Window { from: now() - Duration::minutes(20), until: now() + Duration::minutes(50) };
    deployment.started_at = Some(now() - Duration::minutes(18));
    deployment.activities[0].started_at = Some(now() - Duration::minutes(18));
    deployment.activities[0].finished_at = Some(now() - Duration::minutes(6));
    deployment.activities[1].started_at = Some(now() - Duration::minutes(6));
    row.projected_end = Some(now() + Duration::minutes(39));
    board.insight = Arc::new(insight);
    board
}
