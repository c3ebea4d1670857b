//! Test runs: weekly ones of the past year, nightly ones of the last weeks and of those to
//! come, and those that end while one looks.

use std::collections::HashMap;

use chrono::Duration;

use crate::domain::{Instant, ReleaseId, TestRun, Text};

use super::{
    cast::{LEDGER, PRODUCTS},
    draft::Draft,
    life::Known,
    rhythm::{chance, generator, pick},
    titles,
};

/// Days before the anchor from which on every night's runs are kept.
const NIGHTLY_DAYS: i64 = 45;

/// The commits at the head of each release, from when on, oldest first.
pub(super) type Heads = HashMap<ReleaseId, Vec<(Instant, Text)>>;

/// The heads of all releases: every merge makes a new one.
pub(super) fn heads(draft: &Draft) -> Heads {
    let mut heads = Heads::new();
    for pull in &draft.pull_requests {
        let whole = &pull.whole;
        if let (Some(at), Some(release), Some(commit)) =
            (whole.merged_at, &whole.release, &whole.merge_commit)
        {
            heads.entry(release.clone()).or_default().push((at, commit.clone()));
        }
    }
    for commits in heads.values_mut() {
        commits.sort();
    }
    heads
}

/// Makes all test runs, oldest first; `live` are instants at which one ends, with its product.
pub(super) fn make(draft: &Draft, heads: &Heads, live: &[(Instant, usize)]) -> Vec<Known<TestRun>> {
    let mut runs = Vec::new();
    let mut ended: Vec<(Instant, usize, usize)> = Vec::new();
    let nightly_from = draft.anchor - Duration::days(NIGHTLY_DAYS);
    for (index, day) in draft.rhythm.days().iter().enumerate() {
        for (product, details) in PRODUCTS.iter().enumerate() {
            for suite in 0..details.suites.len() {
                if *day >= nightly_from || (index % 5 == product && suite < 2) {
                    // Between two and five in the morning.
                    let minutes = u32::try_from(22 * suite + 37 * product).unwrap_or(0);
                    let at = *day - Duration::hours(7) + Duration::minutes(minutes.into());
                    ended.push((at, product, suite));
                }
            }
        }
    }
    for (number, (at, product)) in live.iter().enumerate() {
        ended.push((*at, *product, number % PRODUCTS[*product].suites.len()));
    }
    for (at, product, suite) in ended {
        run(draft, heads, (at, product, suite), &mut runs);
    }
    runs.sort_by(|one, other| (one.from, &one.item.suite).cmp(&(other.from, &other.item.suite)));
    runs
}

fn run(
    draft: &Draft,
    heads: &Heads,
    (at, product, suite): (Instant, usize, usize),
    runs: &mut Vec<Known<TestRun>>,
) {
    let details = &PRODUCTS[product];
    let Some((name, tests)) = details.suites.get(suite) else { return };
    // The last release whose work had begun.
    let releases = draft.releases.iter().filter(|made| made.product == product && made.works_from <= at);
    let Some(release) = releases.max_by_key(|made| made.works_from).map(|made| &made.release.id) else {
        return;
    };
    let head = heads.get(release).and_then(|commits| commits.iter().rev().find(|(since, _)| *since <= at));
    let minute = usize::try_from(at.timestamp() - draft.anchor.timestamp() + 400 * 86_400).unwrap_or(0);
    let mut rng = generator(draft.seed, "test run", [product, suite, minute]);
    // A quarter of today's tests was written within the year.
    let days = (draft.anchor - at).num_days().clamp(0, 365) as f64;
    let total = (f64::from(*tests) * (1.0 - 0.25 * days / 365.0)) as u32;
    let is_fragile = matches!(*name, "integration" | "end-to-end");
    let is_late = product == LEDGER && days < 12.0;
    let most = if is_late { total / 40 } else { total / 130 };
    let failed = match (is_fragile, is_late) {
        (true, true) => rng.u32(most / 2..=most),
        (true, false) if chance(&mut rng, 0.55) => rng.u32(0..=most),
        (false, _) if chance(&mut rng, 0.12) => rng.u32(0..=most / 6),
        _ => 0,
    };
    let skipped = total / 160 + rng.u32(0..3);
    let milliseconds = duration(name, total, days, draft.seed, [product, suite, minute]);
    // The same tests are weak for a week: with more failures more of them fail, and some stay.
    let week = minute / (7 * 86_400);
    let made = |at: Instant, failed: u32| {
        let mut fragile = generator(draft.seed, "weak tests", [product, suite, week]);
        let failures = (0..failed.min(100))
            .map(|_| Text::new(titles::test(pick(&mut fragile, details.components), &mut fragile)));
        let run = TestRun {
            suite: Text::new(name),
            at,
            release: Some(release.clone()),
            commit: head.map(|(_, commit)| commit.clone()),
            passed: total - failed - skipped,
            failed,
            skipped,
            failures: failures.collect(),
            milliseconds: Some(milliseconds),
        };
        Known::new(at, run)
    };
    runs.push(made(at, failed));
    // Run again on the same commit, a flaky test passes.
    if failed > 0 && !is_late && chance(&mut rng, 0.3) {
        let again = at + Duration::minutes(rng.i64(12..40));
        runs.push(made(again, 0));
    }
}

/// How long so many tests of a suite took so many days ago, in milliseconds: each takes longer from
/// month to month where a whole system runs, and no two nights are the same.
fn duration(suite: &str, tests: u32, days: f64, seed: u64, run: [usize; 3]) -> u64 {
    let (each, growth) = match suite {
        "end-to-end" => (6_400.0, 0.9),
        "integration" => (740.0, 0.3),
        "contract" => (210.0, 0.1),
        _ => (38.0, 0.0),
    };
    let mut rng = generator(seed, "duration of a test run", run);
    let night = 0.96 + 0.08 * rng.f64();
    (f64::from(tests) * each * (1.0 - growth * days / 730.0) * night).round() as u64
}
