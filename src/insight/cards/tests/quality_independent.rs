//! Testing, defects that come back and code analysis, computed once more in another, plainer way
//! over generated worlds, and what must not change them.

use std::collections::{BTreeMap, BTreeSet};

use chrono_tz::Tz;
use proptest::prelude::*;

use super::*;
use crate::{
    domain::{Calendar, Finding, FindingId, FindingState, Severity, TestRun},
    insight::fixture::{self, ALL_KINDS},
};

const VERSIONS: [&str; 3] = ["4.2", "4.1", "4.0"];
/// When they went out, in days before now; 4.2 did not.
const OUT: [Option<i64>; 3] = [None, Some(16), Some(40)];
const SUITES: [&str; 3] = ["e2e", "load", "unit"];
const TESTS: [&str; 3] = ["pays_by_card", "ships_abroad", "adds_tax"];
const COMMITS: [&str; 3] = ["aaaa1111", "bbbb2222", "cccc3333"];
const TITLES: [&str; 3] = ["Total is wrong", "Session expires", "Label missing"];
const COMPONENTS: [&str; 2] = ["Cart", "Login"];
const STATES: [FindingState; 4] =
    [FindingState::Open, FindingState::Fixed, FindingState::Dismissed, FindingState::Unknown];
const SEVERITIES: [Option<Severity>; 5] =
    [Some(Severity::Critical), Some(Severity::High), Some(Severity::Medium), Some(Severity::Low), None];

/// All times are minutes before now.
#[derive(Clone, Debug)]
struct Ran {
    ago: i64,
    suite: usize,
    version: usize,
    commit: usize,
    passed: u32,
    failures: BTreeSet<usize>,
    seconds: Option<u64>,
}

#[derive(Clone, Debug)]
struct Reported {
    ago: i64,
    title: usize,
    component: usize,
    version: usize,
    /// Minutes until it was done for the first time.
    took: Option<i64>,
    /// It was opened again, and is open still.
    again: bool,
}

#[derive(Clone, Debug)]
struct Found {
    ago: i64,
    state: usize,
    severity: usize,
    took: Option<i64>,
}

#[derive(Clone, Debug)]
struct Generated {
    runs: Vec<Ran>,
    defects: Vec<Reported>,
    findings: Vec<Found>,
}

fn generated() -> impl Strategy<Value = Generated> {
    let minute = || 1_i64..90_000;
    let run = (
        (minute(), 0_usize..3, 0_usize..3, 0_usize..3),
        (0_u32..5, prop::collection::btree_set(0_usize..3, 0..3), prop::option::of(1_u64..900)),
    );
    let defect =
        ((minute(), 0_usize..3, 0_usize..2), (0_usize..3, prop::option::of(1_i64..50_000), any::<bool>()));
    let finding = (minute(), 0_usize..4, 0_usize..5, prop::option::of(1_i64..50_000));
    let all = (
        prop::collection::vec(run, 1..16),
        prop::collection::vec(defect, 1..10),
        prop::collection::vec(finding, 1..10),
    );
    all.prop_map(|(runs, defects, findings)| Generated {
        // No two of a kind at once.
        runs: (0..)
            .zip(runs)
            .map(|(index, ((ago, suite, version, commit), (passed, failures, seconds)))| Ran {
                ago: ago / 16 * 16 + index,
                suite,
                version,
                commit,
                passed,
                failures,
                seconds,
            })
            .collect(),
        defects: (0..)
            .zip(defects)
            .map(|(index, ((ago, title, component), (version, took, again)))| {
                let ago = ago / 16 * 16 + index;
                let took = took.filter(|took| *took < ago);
                Reported { ago, title, component, version, took, again: again && took.is_some() }
            })
            .collect(),
        findings: findings
            .into_iter()
            .map(|(ago, state, severity, took)| Found {
                ago,
                state,
                severity,
                took: took.filter(|took| *took < ago),
            })
            .collect(),
    })
}

impl Generated {
    /// The world, all of it `shift` later.
    fn setting(&self, shift: Duration) -> Setting {
        let now = now() + shift;
        let ago = |minutes: i64| now - Duration::minutes(minutes);
        let mut setting = Setting::covering(&ALL_KINDS).release(|release| {
            release.start = release.start.map(|at| at + shift);
            release.target = release.target.map(|target| Target { at: target.at + shift, ..target });
        });
        for (version, out) in VERSIONS.into_iter().zip(OUT).skip(1) {
            let released_at = out.map(|days| now - Duration::days(days));
            setting = setting.other(Release { released_at, ..Release::named("payments", version) });
        }
        for ran in &self.runs {
            let failures: Vec<Text> = ran.failures.iter().map(|test| Text::new(TESTS[*test])).collect();
            setting = setting.test_run(TestRun {
                suite: Text::new(SUITES[ran.suite]),
                at: ago(ran.ago),
                release: Some(ReleaseId::of("payments", VERSIONS[ran.version])),
                commit: Some(Text::new(COMMITS[ran.commit])),
                passed: ran.passed,
                failed: failures.len() as u32,
                skipped: 1,
                failures,
                milliseconds: ran.seconds.map(|seconds| seconds * 1_000),
            });
        }
        for (number, defect) in self.defects.iter().enumerate() {
            let created = ago(defect.ago);
            let mut moves = Vec::new();
            if let Some(took) = defect.took {
                moves.push((created + Duration::minutes(took), Category::Done));
            }
            if defect.again {
                moves.push((now, Category::InProgress));
            }
            setting = setting.story(Story {
                kind: StoryKind::Defect,
                title: Text::new(TITLES[defect.title]),
                component: Some(Text::new(COMPONENTS[defect.component])),
                releases: vec![ReleaseId::of("payments", VERSIONS[defect.version])],
                ..story_with(&format!("PAY-{number}"), created, &moves)
            });
        }
        for (number, found) in self.findings.iter().enumerate() {
            let state = STATES[found.state];
            let is_over = matches!(state, FindingState::Fixed | FindingState::Dismissed);
            let closed_at = found.took.map(|took| ago(found.ago - took)).filter(|_| is_over);
            setting = setting.finding(Finding {
                id: FindingId::new(format!("payments!{number}")),
                state,
                opened_at: ago(found.ago),
                closed_at,
                ..fixture::finding(0, 1, SEVERITIES[found.severity])
            });
        }
        setting
    }

    /// Runs of a version, of one that went out until the end of that day, the newest first.
    fn of(&self, version: usize) -> Vec<&Ran> {
        let last = OUT[version].map(|days| (now() - Duration::days(days)).date_naive());
        let is_before =
            |ran: &&Ran| last.is_none_or(|last| (now() - Duration::minutes(ran.ago)).date_naive() <= last);
        let mut runs: Vec<&Ran> =
            self.runs.iter().filter(|ran| ran.version == version).filter(is_before).collect();
        runs.sort_by_key(|ran| ran.ago);
        runs
    }

    /// Figures of the card on testing, by name.
    fn testing(&self) -> BTreeMap<&'static str, Option<f64>> {
        let runs = self.of(0);
        let is_tested = |version: &usize| self.runs.iter().any(|ran| ran.version == *version);
        let before = [1, 2].into_iter().find(is_tested).map(|version| self.of(version)).unwrap_or_default();
        let of = |runs: &[&Ran], suite: usize| -> Vec<Ran> {
            runs.iter().filter(|ran| ran.suite == suite).map(|ran| (*ran).clone()).collect()
        };
        let (mut passed, mut failed, mut skipped, mut suites, mut not_run) = (0, 0, 0, 0, 0);
        let (mut repeated, mut mixed) = (0, 0);
        let mut growth: Option<f64> = None;
        for suite in 0..3 {
            let (here, there) = (of(&runs, suite), of(&before, suite));
            suites += usize::from(!here.is_empty() || !there.is_empty());
            not_run += usize::from(here.is_empty() && !there.is_empty());
            if let Some(newest) = here.first() {
                passed += newest.passed;
                failed += newest.failures.len();
                skipped += 1;
            }
            for commit in 0..3 {
                let tested: Vec<bool> = here
                    .iter()
                    .filter(|ran| ran.commit == commit && (ran.passed > 0 || !ran.failures.is_empty()))
                    .map(|ran| ran.failures.is_empty())
                    .collect();
                repeated += usize::from(tested.len() > 1);
                mixed += usize::from(tested.contains(&true) && tested.contains(&false));
            }
            if let (Some(now), Some(then)) = (middle(&here), middle(&there)) {
                let more = now / then - 1.0;
                growth = Some(growth.map_or(more, |most| if more > most { more } else { most }));
            }
        }
        let share = |some: usize, all: usize| (all > 0).then(|| some as f64 / all as f64);
        BTreeMap::from([
            ("passed", Some(f64::from(passed))),
            ("failed", Some(failed as f64)),
            ("skipped", Some(f64::from(skipped))),
            ("passing", share(passed as usize, passed as usize + failed)),
            ("suites", Some(suites as f64)),
            ("suites_not_run", Some(not_run as f64)),
            ("flaky", share(mixed, repeated)),
            ("slowest_growth", growth),
        ])
    }

    /// Defects that came back, and tests that failed in several releases.
    fn recurring(&self) -> (usize, usize) {
        let mut defects = 0;
        for (title, component) in (0..3).flat_map(|title| (0..2).map(move |component| (title, component))) {
            let same: Vec<&Reported> = self
                .defects
                .iter()
                .filter(|defect| defect.title == title && defect.component == component)
                .collect();
            let versions: BTreeSet<usize> = same.iter().map(|defect| defect.version).collect();
            let is_after_a_fix = same.iter().any(|late| {
                same.iter().any(|early| early.took.is_some_and(|took| early.ago - took > late.ago))
            });
            let is_again = same.iter().any(|defect| defect.again);
            defects += usize::from(versions.len() > 1 || is_after_a_fix || is_again);
        }
        let is_failing = |test: &usize, version: &usize| {
            self.runs.iter().any(|ran| ran.version == *version && ran.failures.contains(test))
        };
        let again = |test: &usize| (0..3).filter(|version| is_failing(test, version)).count() > 1;
        (defects, (0..3).filter(again).count())
    }

    /// Figures of the card on code analysis, by name.
    fn analysis(&self) -> BTreeMap<&'static str, Option<f64>> {
        let open: Vec<&Found> = self.findings.iter().filter(|found| matches!(found.state, 0 | 3)).collect();
        let is_severe = |found: &&&Found| matches!(found.severity, 0 | 1 | 4);
        // 4.1 went out 16 days ago.
        let is_new = |found: &&&Found| found.ago < 16 * 24 * 60;
        let days = |minutes: i64| minutes as f64 / 1_440.0;
        let fixed: Vec<f64> = self
            .findings
            .iter()
            .filter(|found| found.state == 1)
            .filter_map(|found| found.took.map(days))
            .collect();
        BTreeMap::from([
            ("open", Some(open.len() as f64)),
            ("open_severe_or_unrated", Some(open.iter().filter(is_severe).count() as f64)),
            ("new_since_release", Some(open.iter().filter(is_new).count() as f64)),
            ("new_severe_or_unrated", Some(open.iter().filter(is_new).filter(is_severe).count() as f64)),
            ("median_age", median(open.iter().map(|found| days(found.ago)).collect())),
            ("median_time_to_fix", median(fixed)),
        ])
    }
}

fn median(mut numbers: Vec<f64>) -> Option<f64> {
    numbers.sort_by(f64::total_cmp);
    let count = numbers.len();
    (count > 0).then(|| f64::midpoint(numbers[(count - 1) / 2], numbers[count / 2]))
}

/// Seconds of the run in the middle of those that say how long they took.
fn middle(runs: &[Ran]) -> Option<f64> {
    median(runs.iter().filter_map(|ran| ran.seconds).map(|seconds| seconds as f64).collect())
}

const OF_QUALITY: [CardId; 3] = [CardId::Testing, CardId::RecurringDefects, CardId::CodeAnalysis];

fn of_quality(setting: &Setting, at: Instant) -> Vec<Card> {
    let study = Study::of(&setting.board_at(at));
    OF_QUALITY.map(|id| study.card(id).unwrap().clone()).to_vec()
}

fn is_near(one: Option<f64>, other: Option<f64>) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => (one - other).abs() < 1e-9,
        (one, other) => one == other,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn figures_are_what_a_plain_count_says(world in generated()) {
        let [testing, recurring, analysis]: [Card; 3] =
            of_quality(&world.setting(Duration::zero()), now()).try_into().unwrap();
        for (card, expected) in [(&testing, world.testing()), (&analysis, world.analysis())] {
            for (name, value) in expected {
                let found = figure(card, name);
                prop_assert!(is_near(found, value), "{name}: {found:?} for {value:?}");
            }
        }
        let (defects, tests) = world.recurring();
        prop_assert_eq!(figure(&recurring, "recurring"), Some(defects as f64));
        prop_assert_eq!(figure(&recurring, "tests_failing_again"), Some(tests as f64));
    }

    #[test]
    fn order_repetition_and_the_zone_change_nothing(world in generated(), east in 1_i64..12) {
        let setting = world.setting(Duration::zero());
        let expected = of_quality(&setting, now());
        let mut other = setting;
        let facts = &mut other.facts;
        facts.test_runs = facts.test_runs.iter().rev().flat_map(|one| [one.clone(), one.clone()]).collect();
        facts.findings = facts.findings.iter().rev().flat_map(|one| [one.clone(), one.clone()]).collect();
        facts.stories = facts.stories.iter().rev().flat_map(|one| [one.clone(), one.clone()]).collect();
        facts.releases.reverse();
        prop_assert_eq!(&of_quality(&other, now()), &expected);
        // So many hours east everything happens so many hours earlier.
        let shift = Duration::hours(-east);
        let zone: Tz = format!("Etc/GMT-{east}").parse().unwrap();
        let there = world.setting(shift).policy(|policy| {
            policy.calendar = Calendar { zone, ..Calendar::default() };
        });
        prop_assert_eq!(&of_quality(&there, now() + shift), &expected);
    }
}
