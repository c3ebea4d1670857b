//! What every engine must do: the same suite for all of them, against a model that keeps
//! everything and looks at all of it.

use std::sync::Arc;

use chrono::{Duration, NaiveDate, TimeZone, Utc};
use proptest::{prelude::*, test_runner::TestRunner};

use super::{
    Appended, History, HistoryError, Kept, MemoryHistory, Retention, sled::SledHistory, whole_millis,
};
use crate::domain::{
    Allowance, Cadence, DayFigures, Facts, ForecastFigures, Instant, Kind, MetricFigure, Problem, Release,
    ReleaseFigures, SourceHealth, SourceId, SourceState, Text,
};

/// An engine under test; the store is gone when this is dropped.
trait Engine {
    fn history(&mut self) -> &mut dyn History;
    /// Closes it and opens it again, if it outlives its process.
    fn reopen(&mut self);
}

struct Memory(MemoryHistory);

impl Engine for Memory {
    fn history(&mut self) -> &mut dyn History {
        &mut self.0
    }

    fn reopen(&mut self) {}
}

struct Sled {
    history: Option<SledHistory>,
    directory: tempfile::TempDir,
}

impl Engine for Sled {
    fn history(&mut self) -> &mut dyn History {
        self.history.as_mut().unwrap()
    }

    fn reopen(&mut self) {
        drop(self.history.take());
        let history = SledHistory::open(self.directory.path(), start()).unwrap();
        assert_eq!(history.problems(), []);
        self.history = Some(history);
    }
}

fn engines() -> Vec<(&'static str, Box<dyn Engine>)> {
    let directory = tempfile::tempdir().unwrap();
    let history = Some(SledHistory::open(directory.path(), start()).unwrap());
    vec![
        ("memory", Box::new(Memory(MemoryHistory::default()))),
        ("sled", Box::new(Sled { history, directory })),
    ]
}

fn start() -> Instant {
    Utc.with_ymd_and_hms(2026, 11, 22, 10, 0, 0).unwrap()
}

fn seconds(count: i64) -> Instant {
    start() + Duration::seconds(count)
}

fn source(name: &str) -> SourceId {
    SourceId::new(name)
}

fn facts(version: usize) -> Arc<Facts> {
    Arc::new(Facts {
        covers: [Kind::Releases].into(),
        releases: vec![Arc::new(Release::named("payments", &format!("4.{version}")))],
        ..Facts::default()
    })
}

/// Every change for two days, hours for fourteen.
fn short() -> Retention {
    Retention { every_change: Duration::days(2), hourly: Duration::days(14), ..Retention::default() }
}

fn waiting(name: &str, at: Instant) -> SourceHealth {
    SourceHealth {
        state: SourceState::Waiting,
        answered_at: Some(at),
        changed_at: Some(start()),
        stale_from: Some(at + Duration::seconds(180)),
        next_at: Some(at + Duration::seconds(61)),
        ..SourceHealth::starting(source(name))
    }
}

fn failing(name: &str, at: Instant, failures: u32) -> SourceHealth {
    SourceHealth {
        state: SourceState::BackingOff,
        failure: Some(Problem::new("no route", "look at the cable")),
        failures,
        next_at: Some(at + Duration::seconds(i64::from(failures) * 7)),
        ..waiting(name, start())
    }
}

/// Every round, as it was handed in.
#[derive(Default)]
struct Model(Vec<Entry>);

struct Entry {
    source: SourceId,
    at: Instant,
    facts: Option<Arc<Facts>>,
    health: SourceHealth,
}

impl Model {
    fn push(&mut self, at: Instant, facts: Option<&Arc<Facts>>, health: &SourceHealth) -> Instant {
        let whole = Instant::from_timestamp_millis(at.timestamp_millis()).unwrap();
        let after = self
            .0
            .iter()
            .filter(|entry| entry.source == health.id)
            .map(|entry| entry.at + Duration::milliseconds(1))
            .max();
        let at = after.map_or(whole, |after| after.max(whole));
        let source = health.id.clone();
        self.0.push(Entry { source, at, facts: facts.cloned(), health: whole_millis(health) });
        at
    }

    fn at(&self, at: Instant) -> Vec<Kept> {
        let mut sources: Vec<_> = self.0.iter().map(|entry| entry.source.clone()).collect();
        sources.sort();
        sources.dedup();
        sources
            .into_iter()
            .filter_map(|source| {
                let past: Vec<_> =
                    self.0.iter().filter(|entry| entry.source == source && entry.at <= at).collect();
                let answers: Vec<_> = past.iter().filter(|entry| entry.facts.is_some()).collect();
                let last = answers.last()?;
                let same = answers.iter().rev().take_while(|entry| entry.facts == last.facts);
                Some(Kept {
                    source,
                    facts: last.facts.clone()?,
                    since: same.last()?.at,
                    until: last.at,
                    health: past.last()?.health.clone(),
                })
            })
            .collect()
    }

    /// Instants at which something changed, and those around every round.
    fn interesting(&self) -> Vec<Instant> {
        let mut instants = vec![start() - Duration::days(1), start() + Duration::days(1000)];
        for entry in &self.0 {
            instants.extend([-1, 0, 1].map(|step| entry.at + Duration::milliseconds(step)));
        }
        instants.sort();
        instants.dedup();
        instants
    }
}

#[test]
fn an_empty_past_has_nothing() {
    for (name, mut engine) in engines() {
        let history = engine.history();
        assert_eq!(history.at(start()).unwrap(), [], "{name}");
        assert_eq!(history.latest().unwrap(), [], "{name}");
        assert!(history.instants(Instant::MIN_UTC, Instant::MAX_UTC).unwrap().is_empty(), "{name}");
        assert_eq!(history.problems(), [], "{name}");
        assert_eq!(history.prune(start(), &Retention::default()).unwrap(), 0, "{name}");
    }
}

#[test]
fn facts_are_kept_when_they_change_and_only_then() {
    for (name, mut engine) in engines() {
        let git = source("git");
        for (at, version, expected) in [
            (0, 1, Appended::Changed(seconds(0))),
            (60, 1, Appended::Unchanged(seconds(60))),
            (120, 2, Appended::Changed(seconds(120))),
            (180, 2, Appended::Unchanged(seconds(180))),
            (240, 1, Appended::Changed(seconds(240))),
        ] {
            let done =
                engine.history().append(&git, seconds(at), &facts(version), &waiting("git", seconds(at)));
            assert_eq!(done.unwrap(), expected, "{name}");
        }
        engine.reopen();
        let history = engine.history();
        let again = history.append(&git, seconds(300), &facts(1), &waiting("git", seconds(300)));
        assert_eq!(again.unwrap(), Appended::Unchanged(seconds(300)), "{name}");
        let all = [0, 120, 240].map(seconds);
        for (from, until, expected) in [
            (Instant::MIN_UTC, Instant::MAX_UTC, &all[..]),
            (seconds(0), seconds(240), &all[..]),
            (seconds(0) + Duration::nanoseconds(1), seconds(239), &all[1..2]),
            (seconds(240), seconds(0), &[]),
        ] {
            assert_eq!(history.instants(from, until).unwrap(), expected, "{name}");
        }
    }
}

#[test]
fn what_a_source_remembers_is_the_newest_exactly_and_no_part_of_the_past() {
    let (hub, git) = (source("git/../hub"), source("git"));
    let large: Vec<u8> = (0..200_000_u32).flat_map(u32::to_le_bytes).collect();
    for (name, mut engine) in engines() {
        assert_eq!(engine.history().memory(&hub).unwrap(), None, "{name}");
        for memory in [&b"older"[..], &large, b"", b"newer"] {
            let history = engine.history();
            history.keep_memory(&hub, memory).unwrap();
            assert!(history.memory(&hub).unwrap().as_deref() == Some(memory), "{name}");
            engine.reopen();
            assert!(engine.history().memory(&hub).unwrap().as_deref() == Some(memory), "{name}");
        }
        let history = engine.history();
        assert_eq!(history.memory(&git).unwrap(), None, "{name}: of another source");
        history.keep_memory(&git, b"its own").unwrap();
        assert_eq!(history.memory(&hub).unwrap().as_deref(), Some(&b"newer"[..]), "{name}");
        assert_eq!((history.latest().unwrap(), history.problems()), (vec![], vec![]), "{name}");
        assert!(history.instants(Instant::MIN_UTC, Instant::MAX_UTC).unwrap().is_empty(), "{name}");
        history.prune(seconds(9_000_000), &Retention::default()).unwrap();
        assert!(history.memory(&hub).unwrap().is_some(), "{name}: retention is about the past");
    }
}

#[test]
fn how_a_service_stood_is_no_part_of_the_past() {
    for (name, mut engine) in engines() {
        let mut health = waiting("hub", seconds(0));
        health.account = Some("octocat".into());
        health.cadence = Some(Cadence { every_seconds: 360, wanted_seconds: 60 });
        health.allowances = vec![Allowance {
            name: "core".into(),
            limit: 5_000,
            remaining: 9,
            resets_at: seconds(600),
            spent: 1,
        }];
        let history = engine.history();
        history.append(&source("hub"), seconds(0), &facts(1), &health).unwrap();
        assert_eq!(history.latest().unwrap()[0].health, waiting("hub", seconds(0)), "{name}");
        engine.reopen();
        assert_eq!(engine.history().latest().unwrap()[0].health, waiting("hub", seconds(0)), "{name}");
    }
}

#[test]
fn a_gap_between_answers_is_part_of_the_past() {
    for (name, mut engine) in engines() {
        let history = engine.history();
        let git = source("git");
        for at in [0, 60, 120] {
            history.append(&git, seconds(at), &facts(1), &waiting("git", seconds(at))).unwrap();
        }
        for failures in 1..=100 {
            let at = seconds(120 + 60 * i64::from(failures));
            history.record_health(at, &failing("git", at, failures)).unwrap();
        }
        history.append(&git, seconds(9_000), &facts(1), &waiting("git", seconds(9_000))).unwrap();
        engine.reopen();
        for (at, until, state) in [
            (59, 0, SourceState::Waiting),
            (179, 120, SourceState::Waiting),
            (180, 120, SourceState::BackingOff),
            (8_999, 120, SourceState::BackingOff),
            (9_000, 9_000, SourceState::Waiting),
        ] {
            let kept = &engine.history().at(seconds(at)).unwrap()[0];
            assert_eq!((kept.until, kept.health.state), (seconds(until), state), "{name} at {at}");
        }
    }
}

#[test]
fn clocks_that_jump_and_stand_still_do_not_move_the_past() {
    for (name, mut engine) in engines() {
        let history = engine.history();
        let git = source("git");
        let milli = Duration::milliseconds(1);
        for (at, version, kept) in [
            (seconds(10), 1, seconds(10)),
            (seconds(10), 2, seconds(10) + milli),
            (seconds(10) + Duration::nanoseconds(999), 3, seconds(10) + milli * 2),
            (seconds(-3_600), 4, seconds(10) + milli * 3),
            (seconds(11), 5, seconds(11)),
        ] {
            let done = history.append(&git, at, &facts(version), &waiting("git", at)).unwrap();
            assert_eq!(done, Appended::Changed(kept), "{name}");
            let now = &history.at(kept).unwrap()[0];
            assert_eq!((&now.facts, now.since), (&facts(version), kept), "{name}");
            assert_eq!(
                now.health,
                waiting("git", at - Duration::nanoseconds(i64::from(at.timestamp_subsec_nanos()))),
                "{name}"
            );
        }
        // Another source has its own time: it can speak at the same instant.
        let done = history.append(&source("plan"), seconds(10), &facts(9), &waiting("plan", seconds(10)));
        assert_eq!(done.unwrap(), Appended::Changed(seconds(10)), "{name}");
        assert_eq!(history.at(seconds(10)).unwrap().len(), 2, "{name}");
        let end = history.append(&git, Instant::MAX_UTC, &facts(6), &waiting("git", seconds(0)));
        assert!(end.is_ok(), "{name}");
        let after = history.append(&git, Instant::MAX_UTC, &facts(7), &waiting("git", seconds(0)));
        assert!(matches!(after, Err(HistoryError::Store { .. })), "{name}");
    }
}

#[test]
fn facts_that_do_not_equal_themselves_are_kept_once_by_the_store() {
    let (_, mut engine) = engines().pop().unwrap();
    let story = crate::domain::Story { points: Some(f32::NAN), ..sample::story(1) };
    let facts = Arc::new(Facts { stories: vec![Arc::new(story)], ..Facts::default() });
    let same = Arc::new(Facts::clone(&facts));
    let history = engine.history();
    history.append(&source("git"), seconds(0), &facts, &waiting("git", seconds(0))).unwrap();
    let done = history.append(&source("git"), seconds(1), &same, &waiting("git", seconds(1))).unwrap();
    assert_eq!(done, Appended::Unchanged(seconds(1)));
}

#[test]
fn pruning_leaves_what_it_leaves_as_it_was() {
    for (name, mut engine) in engines() {
        let git = source("git");
        let now = start() + Duration::days(40);
        // A change every 20 minutes for the first two days, asked about every 10.
        for round in 0..288 {
            let at = seconds(round * 600);
            let version = usize::try_from(round / 2).unwrap();
            engine.history().append(&git, at, &facts(version), &waiting("git", at)).unwrap();
        }
        for step in 1..=3 {
            let at = now - Duration::minutes(10 - step);
            engine.history().append(&git, at, &facts(1000), &waiting("git", at)).unwrap();
        }
        let before: Vec<_> = engine.history().instants(Instant::MIN_UTC, now).unwrap();
        let kept: Vec<_> = before.iter().map(|at| engine.history().at(*at).unwrap().remove(0)).collect();
        let dropped = engine.history().prune(now, &short()).unwrap();
        // The first, the last of three days, and the newest stay.
        assert_eq!(dropped, before.len() - 5, "{name}");
        engine.reopen();
        let after = engine.history().instants(Instant::MIN_UTC, now).unwrap();
        assert_eq!(after.len(), 5, "{name}");
        for old in kept.iter().filter(|old| after.contains(&old.since)) {
            let new = engine.history().at(old.since).unwrap().remove(0);
            assert_eq!((new.facts, new.since), (Arc::clone(&old.facts), old.since), "{name}");
            assert_eq!(new.until, old.until, "{name}");
        }
        // Between two that stay, it is said how long the earlier one is known to have held.
        let between = engine.history().at(seconds(5_000)).unwrap().remove(0);
        assert_eq!((between.since, between.until), (seconds(0), seconds(600)), "{name}");
        let again = engine.history().prune(now, &short()).unwrap();
        assert_eq!(again, 0, "{name}");
        let newest = engine.history().latest().unwrap().remove(0);
        assert_eq!(newest.until, now - Duration::minutes(7), "{name}");
    }
}

#[test]
fn what_a_release_went_out_with_is_kept_for_ever() {
    for (name, mut engine) in engines() {
        let stories = |count: usize| {
            let stories = (0..count).map(|number| Arc::new(sample::story(number))).collect();
            Arc::new(Facts { stories, ..Facts::default() })
        };
        let release = |out: Option<i64>| {
            let mut release = Release::named("payments", "4.2");
            release.released_at = out.map(seconds);
            Arc::new(Facts { releases: vec![Arc::new(release)], ..Facts::default() })
        };
        let history = engine.history();
        // The repository says at 1,200 that it went out at 1,000; the tracker speaks every 100.
        for step in 0..20_usize {
            let at = i64::try_from(step).unwrap() * 100 + 50;
            history
                .append(&source("tracker"), seconds(at), &stories(step), &waiting("tracker", seconds(at)))
                .unwrap();
        }
        for (at, out) in [(0, None), (1_200, Some(1_000)), (1_900, Some(1_001))] {
            history.append(&source("git"), seconds(at), &release(out), &waiting("git", seconds(at))).unwrap();
        }
        let later = start() + Duration::days(400);
        history.append(&source("git"), later, &release(None), &waiting("git", later)).unwrap();
        history.prune(later, &Retention::default()).unwrap();
        engine.reopen();
        // The first; before 1,000; before 1,200; the last of the day, which is the newest.
        let tracker: Vec<_> = (0..20)
            .map(|step| seconds(step * 100 + 50))
            .filter(|at| engine.history().at(*at).unwrap().iter().any(|kept| kept.since == *at))
            .collect();
        assert_eq!(tracker, [50, 950, 1_150, 1_950].map(seconds), "{name}");
        let kept = engine.history().at(seconds(1_200)).unwrap();
        assert_eq!((&kept[0].facts, &kept[1].facts), (&release(Some(1_000)), &stories(11)), "{name}");
    }
}

#[test]
fn a_clock_that_is_far_ahead_does_not_thin_the_past() {
    for (name, mut engine) in engines() {
        let git = source("git");
        let history = engine.history();
        let keep = |history: &mut dyn History, at: Instant, version| {
            history.append(&git, at, &facts(version), &waiting("git", at)).unwrap();
        };
        for round in 0..50 {
            keep(history, seconds(round * 600), usize::try_from(round).unwrap());
        }
        let wrong = start() + Duration::days(9_000);
        assert_eq!(history.prune(wrong, &Retention::default()).unwrap(), 0, "{name}");
        // It even kept a round then.
        keep(history, wrong, 99);
        assert_eq!(history.prune(wrong, &Retention::default()).unwrap(), 0, "{name}");
        engine.reopen();
        assert_eq!(engine.history().prune(wrong, &Retention::default()).unwrap(), 0, "{name}");
        // Whoever is right all the time loses it after a fortnight.
        let count: usize =
            (0..20).map(|_| engine.history().prune(wrong, &Retention::default()).unwrap()).sum();
        assert!(count > 20, "{name}: {count}");
    }
}

#[test]
fn the_figures_of_days_outlive_everything() {
    let figures = |day: i64, scope| {
        let at = start() + Duration::days(day);
        let release = ReleaseFigures {
            release: "payments 4.2".into(),
            scope,
            ready: 7,
            defects: 2,
            tests_passed: 90,
            tests: 100,
            target: Some(at + Duration::days(9)),
            forecast: Some(ForecastFigures {
                p50: at,
                p85: at + Duration::days(1),
                p95: at + Duration::days(2),
            }),
            verdict: Text::new("no-go"),
            outlook: Text::new("at risk"),
            metrics: vec![MetricFigure {
                name: Text::new("points left"),
                definition: 7,
                value: f64::from(scope) / 3.0,
            }],
        };
        DayFigures { day: at.date_naive(), at, releases: vec![release] }
    };
    for (name, mut engine) in engines() {
        let history = engine.history();
        let git = source("git");
        for day in 0..40 {
            let at = start() + Duration::days(day);
            history.append(&git, at, &facts(usize::try_from(day).unwrap()), &waiting("git", at)).unwrap();
            history.keep_day(&figures(day, 1)).unwrap();
            history.keep_day(&figures(day, 20)).unwrap();
        }
        let retention = Retention { every_change: Duration::zero(), hourly: Duration::zero(), ..short() };
        for day in 0..3_000 {
            history.prune(start() + Duration::days(40 + day), &retention).unwrap();
        }
        engine.reopen();
        let history = engine.history();
        let all = history.days(NaiveDate::MIN, NaiveDate::MAX).unwrap();
        assert_eq!(all, (0..40).map(|day| figures(day, 20)).collect::<Vec<_>>(), "{name}");
        let day = |day: i64| (start() + Duration::days(day)).date_naive();
        assert_eq!(history.days(day(3), day(5)).unwrap(), all[3..=5], "{name}");
        assert_eq!(history.days(day(5), day(3)).unwrap(), [], "{name}");
        assert_eq!(history.days(day(40), day(50)).unwrap(), [], "{name}");
    }
}

/// One step of a generated history.
#[derive(Clone, Debug)]
enum Step {
    Answer { source: usize, after_millis: i64, version: usize },
    Failure { source: usize, after_millis: i64, kind: u32 },
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let after = prop_oneof![8 => 0i64..120_000, 1 => Just(0i64), 1 => -50_000i64..0];
    prop_oneof![
        20 => (0usize..2, after.clone(), 0usize..3)
            .prop_map(|(source, after_millis, version)| Step::Answer { source, after_millis, version }),
        6 => (0usize..2, after, 0u32..3)
            .prop_map(|(source, after_millis, kind)| Step::Failure { source, after_millis, kind }),
        1 => Just(Step::Reopen),
    ]
}

#[test]
fn every_instant_is_what_was_handed_in() {
    let cases = proptest::test_runner::Config { cases: 12, ..Default::default() };
    TestRunner::new(cases)
        .run(&proptest::collection::vec(step(), 1..220), |steps| {
            for (name, mut engine) in engines() {
                let mut model = Model::default();
                let mut now = start();
                for step in &steps {
                    match *step {
                        Step::Reopen => engine.reopen(),
                        Step::Answer { source: number, after_millis, version } => {
                            now += Duration::milliseconds(after_millis);
                            let id = ["git", "plan"][number];
                            let health = waiting(id, now);
                            let before = model.at(Instant::MAX_UTC);
                            let at = model.push(now, Some(&facts(version)), &health);
                            let same = before
                                .iter()
                                .any(|kept| kept.source == source(id) && kept.facts == facts(version));
                            let expected = if same { Appended::Unchanged(at) } else { Appended::Changed(at) };
                            let done = engine.history().append(&source(id), now, &facts(version), &health);
                            prop_assert_eq!(done.unwrap(), expected, "{}", name);
                        }
                        Step::Failure { source: number, after_millis, kind } => {
                            now += Duration::milliseconds(after_millis);
                            let id = ["git", "plan"][number];
                            let health = match kind {
                                0 => SourceHealth::starting(source(id)),
                                _ => failing(id, now, kind),
                            };
                            model.push(now, None, &health);
                            engine.history().record_health(now, &health).unwrap();
                        }
                    }
                }
                for at in model.interesting() {
                    prop_assert_eq!(engine.history().at(at).unwrap(), model.at(at), "{} at {}", name, at);
                }
                prop_assert_eq!(engine.history().latest().unwrap(), model.at(Instant::MAX_UTC));
                let changes: Vec<_> = model
                    .interesting()
                    .into_iter()
                    .filter(|at| model.at(*at).iter().any(|kept| kept.since == *at))
                    .collect();
                let found = engine.history().instants(Instant::MIN_UTC, Instant::MAX_UTC).unwrap();
                prop_assert_eq!(found, changes, "{}", name);
            }
            Ok(())
        })
        .unwrap();
}

/// Facts of every kind.
pub(super) mod sample {
    use std::sync::Arc;

    use chrono::Duration;

    use super::start;
    use crate::domain::{
        Activity, Booking, BookingId, Build, BuildId, Category, Check, CheckOutcome, Deployment,
        DeploymentId, DeploymentState, Environment, EnvironmentId, Facts, Finding, FindingId, FindingState,
        Freeze, Kind, MatchRule, Mergeability, Problem, PullRequest, PullRequestState, Release, ReleaseId,
        Review, ReviewVerdict, ScopeChange, ScopeMove, Severity, StatusMove, Step, Story, StoryKey,
        StoryKind, Target, TestRun, Text, Tier, Window,
    };

    /// A story that has been through a few things.
    pub(crate) fn story(number: usize) -> Story {
        let ago = |hours: usize| start() - Duration::hours(i64::try_from(hours % 2_000).unwrap());
        Story {
            kind: if number.is_multiple_of(7) { StoryKind::Defect } else { StoryKind::Story },
            status: Text::new("In review"),
            category: Category::InReview,
            severity: (number.is_multiple_of(7)).then_some(Severity::High),
            owner: Some(Text::new(["ada", "grace", "linus", "edsger"][number % 4])),
            points: Some(number as f32 / 4.0),
            moves: vec![
                StatusMove { at: ago(number * 17), to: Category::InProgress },
                StatusMove { at: ago(number * 3), to: Category::InReview },
            ],
            releases: vec![ReleaseId::of("payments", "4.2")],
            scope: vec![ScopeMove {
                at: ago(number * 29),
                release: ReleaseId::of("payments", "4.2"),
                change: ScopeChange::Added,
            }],
            blocked_by: vec![StoryKey::new(format!("PAY-{}", number + 1))],
            parent: Some(StoryKey::new("PAY-1")),
            component: Some(Text::new("ledger")),
            labels: vec![Text::new("customer")],
            url: Some(Text::new(format!("https://tracker.example/browse/PAY-{number}"))),
            ..Story::new(
                format!("PAY-{number}"),
                format!("Refund {} is shown twice after step {}", number * 7919, number % 13),
                ago(number * 31),
            )
        }
    }

    /// A pull request on its way.
    pub(crate) fn pull_request(number: usize) -> PullRequest {
        let ago = |hours: usize| Some(start() - Duration::hours(i64::try_from(hours % 900).unwrap()));
        PullRequest {
            number: Some(number as u64),
            branch: Some(Text::new(format!("fix/refund-{number}"))),
            draft: number.is_multiple_of(5),
            started_at: ago(number * 9),
            opened_at: ago(number * 5),
            ready_at: ago(number * 5),
            updated_at: ago(number),
            merge_commit: Some(Text::new(format!("{:040x}", number * 7_368_787))),
            reviews: vec![Review {
                at: start() - Duration::hours(1),
                reviewer: Text::new("grace"),
                verdict: ReviewVerdict::Approved,
                bot: false,
                of_head: Some(number.is_multiple_of(2)),
            }],
            requested_reviewers: vec![Text::new("linus")],
            required_approvals: Some(2),
            checks: vec![Check {
                name: Text::new("unit"),
                step: Step::Test,
                required: true,
                outcome: CheckOutcome::Failed,
                at: ago(1),
            }],
            mergeability: Mergeability::Behind,
            milestone: Some(Text::new("4.2")),
            stories: vec![StoryKey::new(format!("PAY-{number}"))],
            additions: Some(12),
            deletions: Some(3),
            ..PullRequest::new(
                format!("api#{number}"),
                "api",
                format!("Show refund {} once", number * 6131),
                "ada",
                "main",
                PullRequestState::Open,
            )
        }
    }

    fn finding() -> Finding {
        Finding {
            id: FindingId::new("api!17"),
            repository: Text::new("api"),
            tool: Text::new("CodeQL"),
            rule: Text::new("rust/sql-injection"),
            title: Text::new("A query is made from what a user wrote"),
            severity: Some(Severity::High),
            state: FindingState::Fixed,
            path: Some(Text::new("src/ledger.rs")),
            line: Some(212),
            release: None,
            part: Some(Text::new("server")),
            branch: Some(Text::new("release/4")),
            commit: Some(Text::new("5".repeat(40))),
            opened_at: start() - Duration::days(3),
            closed_at: Some(start()),
            url: None,
        }
    }

    fn build() -> Build {
        Build {
            id: BuildId::of("api", "main"),
            repository: Text::new("api"),
            branch: Text::new("main"),
            commit: Text::new("6".repeat(40)),
            checks: vec![Check {
                name: Text::new("integration"),
                step: Step::Test,
                required: true,
                outcome: CheckOutcome::Failed,
                at: Some(start()),
            }],
            at: start(),
            url: Some(Text::new("https://example.com/api/commit/6")),
        }
    }

    /// Facts of every kind; about `items` of them.
    pub(crate) fn facts(items: usize) -> Facts {
        let window = Window { from: start(), until: start() + Duration::hours(2) };
        let mut release = Release::named("payments", "4.2");
        release.target = Some(Target { at: window.until, estimated: true });
        release.depends_on = vec![ReleaseId::of("auth", "2.9")];
        release.rules = vec![MatchRule::Milestone(Text::new("4.2")), MatchRule::Tag(Text::new("v4.2*"))];
        let staging = EnvironmentId::new("staging");
        Facts {
            covers: [Kind::Stories, Kind::TestRuns, Kind::Freezes].into(),
            releases: vec![Arc::new(release)],
            stories: (1..=items * 3 / 4).map(story).map(Arc::new).collect(),
            pull_requests: (1..=items / 4).map(pull_request).map(Arc::new).collect(),
            deployments: vec![Arc::new(Deployment {
                id: DeploymentId::new("42-staging"),
                release: Some(ReleaseId::of("payments", "4.2")),
                environment: staging.clone(),
                window,
                state: DeploymentState::Running,
                started_at: Some(start() + Duration::nanoseconds(123_456_789)),
                finished_at: None,
                activities: vec![Activity {
                    after: vec![Text::new("back up")],
                    point_of_no_return: true,
                    rollback_minutes: Some(15),
                    ..Activity::new("migrate", 20)
                }],
                url: None,
                time_zone: Some(chrono_tz::Tz::America__New_York),
                configuration: std::collections::BTreeMap::new(),
            })],
            environments: vec![Arc::new(Environment {
                id: staging.clone(),
                tier: Tier::Staging,
                platform: Some(Text::new("kubernetes")),
                region: None,
                group: None,
                shareable: false,
                cost_per_day: Some(12.5),
                time_zone: None,
            })],
            bookings: vec![Arc::new(Booking {
                id: BookingId::new("b1"),
                environment: staging,
                release: None,
                window,
                approved: true,
                shareable: false,
            })],
            freezes: vec![Arc::new(Freeze {
                name: Text::new("end of year"),
                window,
                environments: vec![Text::new("production/*")],
            })],
            findings: vec![Arc::new(finding())],
            builds: vec![Arc::new(build())],
            test_runs: vec![Arc::new(TestRun {
                suite: Text::new("smoke"),
                at: start(),
                release: None,
                commit: None,
                passed: 100,
                failed: 1,
                skipped: 2,
                failures: vec![Text::new("pays twice")],
                milliseconds: Some(61_500),
            })],
            problems: vec![Problem::new("one line cannot be read", "mend it").losing(&[Kind::Stories])],
        }
    }
}
