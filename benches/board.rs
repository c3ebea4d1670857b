//! Benchmarks: `cargo bench`.

use std::{ops::ControlFlow, sync::Arc};

use chrono::{DateTime, Days, Duration, NaiveDate, Utc};
use divan::{Bencher, black_box};
use tminus::{
    domain::{
        Booking, BookingId, Category, Deployment, DeploymentId, DeploymentState, Environment, EnvironmentId,
        Facts, Finding, FindingId, FindingState, Freeze, Instant, Kind, Mergeability, Policy, PullRequest,
        PullRequestState, Release, ReleaseId, Review, ReviewVerdict, ScopeChange, ScopeMove, Severity,
        SourceHealth, SourceId, StatusMove, Story, StoryKey, StoryKind, Target, TestRun, Text, Tier, Window,
        World,
    },
    insight::{
        Board, Completeness, EnvironmentsView, Learned, Study, derive,
        forecast::{DayCounts, Forecaster, Past, Project, ReleaseSeries, Scope, Throughput},
    },
};

fn main() {
    divan::main();
}

/// What everything means, from nothing: stories, releases.
#[divan::bench(args = [(1_000, 20), (10_000, 50), (50_000, 200)], max_time = 5)]
fn derive_insight(bencher: Bencher<'_, '_>, (stories, releases): (usize, usize)) {
    let world = world(stories, releases);
    let mut health = SourceHealth::starting(source());
    (health.answered_at, health.stale_from) = (Some(now()), Some(now() + Duration::hours(1)));
    let health = [health];
    // Under another policy than the board before: nothing of that holds.
    let mut policy = Policy::default();
    // As on a board that runs: what the finished releases teach is known.
    let learned = Learned::default();
    derive(&world, &health, &policy, &learned, now());
    bencher.bench_local(|| {
        policy.last_day_hours ^= 1;
        derive(black_box(&world), &health, &policy, &learned, now())
    });
}

/// The same where one story has changed since the board before, under the same policy.
#[divan::bench(args = [(1_000, 20), (10_000, 50), (50_000, 200)], max_time = 5)]
fn derive_after_one_change(bencher: Bencher<'_, '_>, (stories, releases): (usize, usize)) {
    let world = world(stories, releases);
    let mut health = SourceHealth::starting(source());
    (health.answered_at, health.stale_from) = (Some(now()), Some(now() + Duration::hours(1)));
    let health = [health];
    let policy = Policy::default();
    let learned = Learned::default();
    derive(&world, &health, &policy, &learned, now());
    // Of the last release, which is in the making.
    let changed = releases - 1;
    let mut turn = 0;
    bencher
        .with_inputs(|| {
            turn += 1;
            let mut world = world.clone();
            if let Some(story) = world.stories.get_mut(changed) {
                *story = Arc::new(Story { title: Text::new(format!("title {turn}")), ..(**story).clone() });
            }
            world
        })
        .bench_local_refs(|world| derive(black_box(world), &health, &policy, &learned, now()));
}

/// A fit of the forecast: 132 finished releases of twelve projects are 2,508 training rows, and
/// those of the shipped prior come on top.
#[divan::bench(max_time = 5)]
fn fit(bencher: Bencher<'_, '_>) {
    const DAYS: u32 = 40;
    let first = NaiveDate::from_ymd_opt(2021, 1, 4).unwrap_or_default();
    let after = |days: u32| first + Days::new(u64::from(days));
    let projects = (0..12).map(|project| {
        let releases = (0..11).map(|number| {
            let start = number * DAYS + project;
            // One is done each day, and a few come later.
            let late = 1 + (number + project) % 7;
            let days = (0..DAYS).map(|day| {
                let added = u32::from(day < late);
                let done = day + 1;
                let open = DAYS - late + late.min(done) - done;
                DayCounts { open, done, added, removed: 0, completed: 1 }
            });
            let series = ReleaseSeries {
                start: after(start),
                days: days.collect(),
                finished_on: Some(after(start + DAYS)),
            };
            (Text::new(number.to_string()), series)
        });
        Project {
            name: Text::new(format!("project-{project}")),
            team: Throughput::of((project..project + 11 * DAYS).map(after)),
            releases: releases.collect(),
        }
    });
    let past = Arc::new(Past::new(Scope::Emerging, projects.collect()));
    let today = after(12 * DAYS);
    bencher.bench_local(|| Forecaster::learn(Arc::clone(black_box(&past)), 0, today));
}

/// What finished releases teach: once for each set of them.
#[divan::bench(args = [(1_000, 20), (10_000, 50), (50_000, 200)], max_time = 5)]
fn learn(bencher: Bencher<'_, '_>, (stories, releases): (usize, usize)) {
    let world = world(stories, releases);
    let policy = Policy::default();
    bencher
        .with_inputs(|| {
            let learned = Learned::default();
            derive(&world, &[], &policy, &learned, now());
            learned
        })
        .bench_local_values(|learned| learned.catch_up());
}

/// What is said of environments: 300 of them, with 5,000 bookings and 2,000 deployments.
#[divan::bench(args = [(300, 5_000, 2_000)], max_time = 5)]
fn environments(bencher: Bencher<'_, '_>, (places, bookings, deployments): (usize, usize, usize)) {
    let mut world = world(1_000, 20);
    let mut random = fastrand::Rng::with_seed(11);
    let place = |index: usize| EnvironmentId::new(format!("place-{index}"));
    world.environments = (0..places)
        .map(|index| {
            Arc::new(Environment {
                id: place(index),
                tier: [Tier::Development, Tier::Test, Tier::Staging, Tier::Production][index % 4],
                platform: Some(Text::new(["kubernetes", "machines"][index % 2])),
                region: None,
                group: (index % 5 != 0).then(|| place(index / 5 * 5)),
                shareable: index % 7 == 0,
                cost_per_day: (index % 3 != 0).then_some(100.0),
                time_zone: None,
            })
        })
        .collect();
    let releases: Vec<ReleaseId> = world.releases.iter().map(|release| release.id.clone()).collect();
    let mut window = |most_hours: i64| {
        let from = now() + Duration::hours(random.i64(-4_000..1_500));
        (
            random.usize(..releases.len()),
            Window { from, until: from + Duration::hours(random.i64(1..most_hours)) },
        )
    };
    for index in 0..bookings {
        let (release, window) = window(200);
        world.bookings.push(Arc::new(Booking {
            id: BookingId::new(format!("booking-{index}")),
            environment: place(index % places),
            release: Some(releases[release].clone()),
            window,
            approved: index % 3 != 0,
            shareable: index % 4 == 0,
        }));
    }
    for index in 0..deployments {
        let (release, window) = window(3);
        let is_over = window.until < now();
        world.deployments.push(Arc::new(Deployment {
            id: DeploymentId::new(format!("deployment-{index}")),
            release: Some(releases[release].clone()),
            environment: place(index % places),
            window,
            state: if is_over { DeploymentState::Succeeded } else { DeploymentState::Approved },
            started_at: is_over.then_some(window.from),
            finished_at: is_over.then_some(window.until),
            activities: Vec::new(),
            time_zone: None,
            configuration: std::collections::BTreeMap::new(),
            url: None,
        }));
    }
    for kind in [Kind::Environments, Kind::Bookings, Kind::Deployments] {
        world.covers.entry(kind).or_default().insert(source());
    }
    let board = Board::derive(
        Text::new("board"),
        Arc::new(world),
        Vec::new().into(),
        Arc::new(Policy::default()),
        &Learned::default(),
        Completeness::Whole,
        now(),
    );
    bencher.bench_local(|| EnvironmentsView::of(black_box(&board)));
}

/// What the tab Insights shows of five years: 650 releases with 100,000 stories, 25,000 pull requests,
/// 13,000 test runs, 1,950 deployments and 5,000 findings. All cards, without a history.
#[divan::bench(max_time = 20)]
fn cards_of_five_years(bencher: Bencher<'_, '_>) {
    let board = board_of_five_years();
    bencher.bench_local(|| Study::of(black_box(&board)));
}

/// The same until the first card is there: what somebody waits for who opens the tab. Under 200 ms.
#[divan::bench(max_time = 20)]
fn first_card_of_five_years(bencher: Bencher<'_, '_>) {
    let board = board_of_five_years();
    bencher.bench_local(|| {
        let mut first = None;
        Study::one_by_one(black_box(&board), &[], |card| {
            first = Some(card);
            ControlFlow::Break(())
        });
        first
    });
}

fn board_of_five_years() -> Board {
    let mut world = world(100_000, 650);
    let mut random = fastrand::Rng::with_seed(13);
    for (number, story) in world.stories.iter_mut().enumerate() {
        let story = Arc::make_mut(story);
        story.component = Some(Text::new(format!("component {}", number % 40)));
        story.title = Text::new(format!("calculation {} of the total is wrong", number % 9_000));
        if number % 600 == 5 {
            story.labels.push(Text::new("incident"));
        }
    }
    let releases: Vec<(ReleaseId, Option<Instant>, Option<Instant>)> = world
        .releases
        .iter()
        .map(|release| (release.id.clone(), release.start, release.released_at))
        .collect();
    for (number, run) in world.test_runs.iter_mut().enumerate() {
        let run = Arc::make_mut(run);
        run.commit = Some(Text::new(format!("{:040x}", number / 3)));
        run.milliseconds = Some(random.u64(40_000..90_000));
        run.failures =
            (0..run.failed.min(5)).map(|test| Text::new(format!("test {test} of the total"))).collect();
    }
    for place in ["staging", "production/eu", "production/us"] {
        world.environments.push(Arc::new(Environment {
            id: EnvironmentId::new(place),
            tier: if place == "staging" { Tier::Staging } else { Tier::Production },
            platform: None,
            region: None,
            group: None,
            shareable: false,
            cost_per_day: None,
            time_zone: None,
        }));
        for (id, _, released_at) in &releases {
            let Some(from) = released_at else { continue };
            let until = *from + Duration::minutes(random.i64(10..120));
            world.deployments.push(Arc::new(Deployment {
                id: DeploymentId::new(format!("{id} to {place}")),
                release: Some(id.clone()),
                environment: EnvironmentId::new(place),
                window: Window { from: *from, until },
                state: if random.u8(0..12) == 0 {
                    DeploymentState::RolledBack
                } else {
                    DeploymentState::Succeeded
                },
                started_at: Some(*from),
                finished_at: Some(until),
                activities: Vec::new(),
                time_zone: None,
                configuration: std::collections::BTreeMap::new(),
                url: None,
            }));
        }
    }
    for number in 0..5_000_usize {
        let (id, start, _) = &releases[number % releases.len()];
        let opened_at = start.unwrap_or_else(now).min(now());
        let is_fixed = number % 4 != 0;
        world.findings.push(Arc::new(Finding {
            id: FindingId::new(format!("finding {number}")),
            repository: Text::new(format!("project-{}", number % 10)),
            tool: Text::new("CodeQL"),
            rule: Text::new("weak-hash"),
            title: Text::new("Weak hash"),
            severity: [Some(Severity::Critical), Some(Severity::Medium), Some(Severity::Low), None]
                [number % 4],
            state: if is_fixed { FindingState::Fixed } else { FindingState::Open },
            path: Some(Text::new(format!("src/part{}/file.rs", number % 60))),
            line: Some(1),
            release: Some(id.clone()),
            part: None,
            branch: None,
            commit: None,
            opened_at,
            closed_at: is_fixed.then(|| (opened_at + Duration::days(random.i64(1..60))).min(now())),
            url: None,
        }));
    }
    for kind in [Kind::Deployments, Kind::Environments, Kind::Findings] {
        world.covers.entry(kind).or_default().insert(source());
    }
    Board::derive(
        Text::new("board"),
        Arc::new(world),
        Vec::new().into(),
        Arc::new(Policy::default()),
        &Learned::default(),
        Completeness::Whole,
        now(),
    )
}

fn now() -> Instant {
    DateTime::<Utc>::from_timestamp(1_795_338_000, 0).unwrap_or_default()
}

fn source() -> SourceId {
    SourceId::new("generated")
}

/// Ten projects with releases of four weeks one after the other, of which the last is in the
/// making; each story goes through all states, some come back; every fourth has a pull request.
fn world(stories: usize, releases: usize) -> World {
    const PROJECTS: usize = 10;
    let mut random = fastrand::Rng::with_seed(7);
    let mut facts = Facts {
        covers: [Kind::Releases, Kind::Stories, Kind::Defects, Kind::PullRequests, Kind::TestRuns].into(),
        ..Facts::default()
    };
    let per_project = releases.div_ceil(PROJECTS);
    let mut spans = Vec::new();
    for number in 0..releases {
        let (project, version) = (number % PROJECTS, number / PROJECTS);
        let back = Duration::weeks(4 * i64::try_from(per_project - 1 - version).unwrap_or(0));
        let start = now() - back - Duration::days(20);
        let end = start + Duration::days(28);
        let mut release = Release::named(&format!("project-{project}"), &version.to_string());
        release.start = Some(start);
        release.target = Some(Target { at: end, estimated: false });
        release.released_at = (end < now()).then_some(end);
        spans.push((release.id.clone(), start, end));
        facts.releases.push(Arc::new(release));
    }
    for number in 0..stories {
        let (release, start, _) = &spans[number % releases];
        facts.stories.push(Arc::new(story(&mut random, number, release, *start)));
        if number % 4 == 0 {
            facts.pull_requests.push(Arc::new(pull_request(&mut random, number, release, *start)));
        }
    }
    for (release, start, _) in &spans {
        for day in 0..20 {
            facts.test_runs.push(Arc::new(TestRun {
                suite: Text::new("unit"),
                at: *start + Duration::days(day),
                release: Some(release.clone()),
                commit: None,
                passed: 990,
                failed: random.u32(0..20),
                skipped: 3,
                failures: Vec::new(),
                milliseconds: None,
            }));
        }
    }
    World::union([(&source(), &facts)])
}

fn story(random: &mut fastrand::Rng, number: usize, release: &ReleaseId, start: Instant) -> Story {
    let created_at = start + Duration::hours(random.i64(0..400));
    let mut moves = Vec::new();
    let mut at = created_at;
    let steps =
        [Category::InProgress, Category::InReview, Category::InProgress, Category::InTest, Category::Done];
    for to in steps {
        at += Duration::hours(random.i64(2..60));
        if at > now() {
            break;
        }
        if to != Category::InProgress || moves.is_empty() || random.u8(0..10) == 0 {
            moves.push(StatusMove { at, to });
        }
    }
    Story {
        kind: if number % 6 == 5 { StoryKind::Defect } else { StoryKind::Story },
        status: Text::new("In progress"),
        category: moves.last().map_or(Category::ToDo, |change| change.to),
        owner: Some(Text::new("lee")),
        moves,
        releases: vec![release.clone()],
        scope: vec![ScopeMove { at: created_at, release: release.clone(), change: ScopeChange::Added }],
        blocked_by: if number % 50 == 1 {
            vec![StoryKey::new(format!("PAY-{}", number - 1))]
        } else {
            Vec::new()
        },
        labels: vec![Text::new("backend")],
        ..Story::new(format!("PAY-{number}"), "A story of an ordinary length, as titles go", created_at)
    }
}

fn pull_request(
    random: &mut fastrand::Rng,
    number: usize,
    release: &ReleaseId,
    start: Instant,
) -> PullRequest {
    let opened = start + Duration::hours(random.i64(0..400));
    let reviewed = opened + Duration::hours(random.i64(1..50));
    let merged = reviewed + Duration::hours(random.i64(1..50));
    let is_merged = merged < now();
    let review = Review {
        at: reviewed,
        reviewer: Text::new("kim"),
        verdict: ReviewVerdict::Approved,
        bot: false,
        of_head: None,
    };
    let state = if is_merged { PullRequestState::Merged } else { PullRequestState::Open };
    PullRequest {
        number: Some(number as u64),
        branch: Some(Text::new("change")),
        started_at: Some(opened - Duration::hours(20)),
        opened_at: Some(opened),
        ready_at: Some(opened),
        merged_at: is_merged.then_some(merged),
        updated_at: Some(merged.min(now())),
        reviews: if reviewed < now() { vec![review] } else { Vec::new() },
        required_approvals: Some(1),
        mergeability: Mergeability::Clean,
        stories: vec![StoryKey::new(format!("PAY-{number}"))],
        release: is_merged.then(|| release.clone()),
        ..PullRequest::new(
            format!("api#{number}"),
            "api",
            "A change of an ordinary length",
            "lee",
            "main",
            state,
        )
    }
}

/// What goes out when: 2,000 deployments, half of them still to come, to 300 environments in 30
/// groups, with 5,000 bookings and 40 freezes, hours and working days.
#[divan::bench(max_time = 5)]
fn derive_schedule(bencher: Bencher<'_, '_>) {
    let world = planned(2_000, 300, 5_000);
    let mut policy = Policy::default();
    policy.schedule.working_days = true;
    let learned = Learned::default();
    bencher.bench_local(|| derive(black_box(&world), &[], &policy, &learned, now()));
}

fn planned(deployments: usize, environments: usize, bookings: usize) -> World {
    let mut random = fastrand::Rng::with_seed(11);
    let mut facts = Facts {
        covers: [Kind::Releases, Kind::Deployments, Kind::Environments, Kind::Bookings, Kind::Freezes].into(),
        ..Facts::default()
    };
    let place = |number: usize| {
        if number < 30 { format!("group-{number}") } else { format!("group-{}/{number}", number % 30) }
    };
    for number in 0..environments {
        facts.environments.push(Arc::new(Environment {
            id: EnvironmentId::new(place(number)),
            tier: if number % 3 == 0 { Tier::Production } else { Tier::Test },
            platform: Some(Text::new("kubernetes")),
            region: None,
            group: (number >= 30).then(|| EnvironmentId::new(place(number % 30))),
            shareable: false,
            cost_per_day: None,
            time_zone: None,
        }));
    }
    for number in 0..50 {
        let mut release = Release::named("payments", &number.to_string());
        if number > 0 {
            release.depends_on = vec![ReleaseId::of("payments", &(number - 1).to_string())];
        }
        facts.releases.push(Arc::new(release));
    }
    let mut window = |back: i64, ahead: i64, minutes: i64| {
        let from = now() + Duration::minutes(random.i64(-back * 1440..ahead * 1440));
        Window { from, until: from + Duration::minutes(minutes) }
    };
    for number in 0..deployments {
        let is_over = number % 2 == 0;
        let window = if is_over { window(180, -1, 60) } else { window(-1, 90, 60) };
        facts.deployments.push(Arc::new(Deployment {
            id: DeploymentId::new(format!("deployment {number}")),
            release: Some(ReleaseId::of("payments", &(number % 50).to_string())),
            environment: EnvironmentId::new(place(number % environments)),
            window,
            state: if is_over { DeploymentState::Succeeded } else { DeploymentState::Approved },
            started_at: is_over.then_some(window.from),
            finished_at: is_over.then_some(window.until),
            activities: Vec::new(),
            time_zone: None,
            configuration: std::collections::BTreeMap::new(),
            url: None,
        }));
    }
    for number in 0..bookings {
        facts.bookings.push(Arc::new(Booking {
            id: BookingId::new(format!("booking {number}")),
            environment: EnvironmentId::new(place(30 + number % (environments - 30))),
            release: None,
            window: window(90, 90, 600),
            approved: true,
            shareable: number % 4 == 0,
        }));
    }
    for number in 0..40 {
        facts.freezes.push(Arc::new(Freeze {
            name: Text::new(format!("freeze {number}")),
            window: window(90, 90, 2_000),
            environments: vec![Text::new(format!("group-{}*", number % 30))],
        }));
    }
    World::union([(&source(), &facts)])
}
