//! The suites of a release and which of their tests fail, since when, and which are flaky.
//!
//! A run tells the names of what failed: a test that it does not name passed there, if it names all
//! that failed. Several runs of a suite on one commit are attempts: a test with mixed outcomes among
//! them is flaky.

use std::collections::{BTreeMap, HashMap};

use crate::domain::{Instant, TestRun, Text};

use super::{Flaky, SuiteRow, TestRow, context::Context, membership::Membership, percentile::wilson_lower};

/// Most runs of a suite that are looked at, the newest ones.
pub(crate) const MOST_RUNS: usize = 200;

/// Most tests of a suite that are followed, those that failed last.
const MOST_TESTS: usize = 500;

/// How a test ended in one run; none where the run does not tell.
pub(crate) type Outcome = Option<bool>;

/// The runs of each suite of the release at this position, oldest first; of one that went out,
/// those until that day.
pub(crate) fn runs<'a>(
    context: &Context<'a>,
    membership: &Membership,
    release: usize,
) -> BTreeMap<&'a Text, Vec<&'a TestRun>> {
    let days = &context.days;
    let last = context.releases[release].released_at.map(|at| days.past(at));
    let mut suites: BTreeMap<&Text, Vec<&TestRun>> = BTreeMap::new();
    for &run in &membership.test_runs[release] {
        let run = context.test_runs[run];
        if last.is_none_or(|last| days.past(run.at) <= last) {
            suites.entry(&run.suite).or_default().push(run);
        }
    }
    for runs in suites.values_mut() {
        runs.drain(..runs.len().saturating_sub(MOST_RUNS));
    }
    suites
}

/// Whether the test passed in that run.
pub(crate) fn outcome(run: &TestRun, test: &str) -> Outcome {
    if run.failures.iter().any(|failed| failed.as_str() == test) {
        return Some(false);
    }
    passed_unnamed(run).then_some(true)
}

/// What the run does not name passed there: it ran, and names all that failed.
fn passed_unnamed(run: &TestRun) -> bool {
    run.passed > 0 && run.failed as usize <= run.failures.len()
}

/// The suites of the release at this position, those with a failing test first.
pub(crate) fn rows(context: &Context<'_>, membership: &Membership, release: usize) -> Vec<SuiteRow> {
    let required = &context.policy.required_suites;
    let suites = runs(context, membership, release).into_iter().filter_map(|(suite, runs)| {
        let newest = runs.last()?;
        Some(SuiteRow {
            suite: suite.clone(),
            counts: required.is_empty() || required.contains(suite),
            at: newest.at,
            commit: newest.commit.clone(),
            passed: newest.passed,
            failed: newest.failed,
            skipped: newest.skipped,
            runs: u32::try_from(runs.len()).unwrap_or(u32::MAX),
            tests: tests(&runs),
        })
    });
    let mut suites: Vec<SuiteRow> = suites.collect();
    suites.sort_by(|one, other| (one.failed == 0, &one.suite).cmp(&(other.failed == 0, &other.suite)));
    suites
}

/// The tests of a suite that fail or are flaky, by its runs, oldest first.
fn tests(runs: &[&TestRun]) -> Vec<TestRow> {
    // By test the runs in which it failed, oldest first; the tests that failed last come first.
    let mut known: HashMap<&Text, Vec<usize>> = HashMap::new();
    for (index, run) in runs.iter().enumerate().rev() {
        for name in &run.failures {
            if known.len() < MOST_TESTS || known.contains_key(name) {
                let failed = known.entry(name).or_default();
                if failed.last() != Some(&index) {
                    failed.push(index);
                }
            }
        }
    }
    let commits = commits(runs);
    let mut outcomes: Vec<Outcome> = Vec::new();
    let rows = known.into_iter().filter_map(|(name, failed)| {
        outcomes.clear();
        outcomes.extend(runs.iter().map(|run| passed_unnamed(run).then_some(true)));
        for index in &failed {
            outcomes[*index] = Some(false);
        }
        row(name, runs, &commits, &outcomes)
    });
    let mut rows: Vec<TestRow> = rows.collect();
    rows.sort_by(|one, other| {
        let place = |row: &TestRow| (!row.fails(), !row.newly, row.failing_since);
        place(one).cmp(&place(other)).then_with(|| one.name.cmp(&other.name))
    });
    rows
}

/// To which commit each run belongs, as a number; runs that do not say theirs are each of one of
/// their own, as nobody knows whether it was the same.
fn commits(runs: &[&TestRun]) -> Vec<usize> {
    // The first run on a commit stands for it.
    let mut known: HashMap<&Text, usize> = HashMap::new();
    runs.iter()
        .enumerate()
        .map(|(index, run)| run.commit.as_ref().map_or(index, |commit| *known.entry(commit).or_insert(index)))
        .collect()
}

fn row(name: &Text, runs: &[&TestRun], commits: &[usize], outcomes: &[Outcome]) -> Option<TestRow> {
    // By commit: whether it failed there, and whether it passed.
    let mut by_commit: BTreeMap<usize, (bool, bool)> = BTreeMap::new();
    for (commit, outcome) in commits.iter().zip(outcomes) {
        if let Some(passed) = outcome {
            let seen = by_commit.entry(*commit).or_default();
            seen.0 |= !passed;
            seen.1 |= passed;
        }
    }
    let of = by_commit.len() as u32;
    let mixed = by_commit.values().filter(|seen| **seen == (true, true)).count() as u32;
    let flaky = (mixed > 0).then(|| Flaky { mixed, of, at_least: wilson_lower(mixed, of) });

    let failed_at = outcomes.iter().rposition(|outcome| *outcome == Some(false))?;
    let mut newest =
        outcomes.iter().enumerate().rev().filter_map(|(index, outcome)| Some((index, (*outcome)?)));
    let mut failing: Option<usize> = None;
    let passed_before = loop {
        match newest.next() {
            Some((index, false)) => failing = Some(index),
            Some((index, true)) => break Some(index),
            None => break None,
        }
    };
    if failing.is_none() && flaky.is_none() {
        return None;
    }
    // It passed with the commit before, and failed with this one alone.
    let last = commits.last().copied();
    let newly = failing.is_some_and(|first| commits.get(first).copied() == last)
        && passed_before.is_some_and(|before| commits.get(before).copied() != last);
    Some(TestRow {
        name: name.clone(),
        failing_since: failing.map(|first| runs[first].at),
        newly,
        failed_at: runs.get(failed_at).map_or(Instant::MIN_UTC, |run| run.at),
        flaky,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::fixture::{at, test_run};

    /// Runs on the days from the first of November on: the commit (none for a blank), and the
    /// tests that failed.
    fn made(runs: &[(&str, &[&str])]) -> Vec<TestRun> {
        let made = |(index, (commit, failures)): (usize, &(&str, &[&str]))| TestRun {
            commit: (!commit.is_empty()).then(|| Text::new(commit)),
            failures: failures.iter().map(Text::new).collect(),
            ..test_run("unit", index as u32 + 1, 10, failures.len() as u32)
        };
        runs.iter().enumerate().map(made).collect()
    }

    /// By run its commit and what failed.
    type Runs<'a> = &'a [(&'a str, &'a [&'a str])];
    /// Since when it fails, newly or not, and of how many commits how many were mixed.
    type Expected = (Option<Instant>, bool, Option<(u32, u32)>);

    #[test]
    fn what_fails_since_when_and_what_is_flaky() {
        let failing = |day: u32, newly| (Some(at(day, 12)), newly, None);
        let flaky = |mixed, of| (None, false, Some((mixed, of)));
        let cases: [(&str, Runs<'_>, Option<Expected>); 12] = [
            ("it never failed", &[("a", &[])], None),
            ("in the first run that is known", &[("a", &["t"])], Some(failing(1, false))),
            ("it passed before", &[("a", &[]), ("b", &["t"])], Some(failing(2, true))),
            ("and still", &[("a", &[]), ("b", &["t"]), ("c", &["t"])], Some(failing(2, false))),
            (
                "both attempts on the new commit",
                &[("a", &[]), ("b", &["t"]), ("b", &["t"])],
                Some(failing(2, true)),
            ),
            ("mended", &[("a", &["t"]), ("b", &[])], None),
            ("passed on a retry", &[("a", &["t"]), ("a", &[])], Some(flaky(1, 1))),
            ("of three commits", &[("a", &[]), ("b", &["t"]), ("b", &[]), ("c", &[])], Some(flaky(1, 3))),
            ("nobody knows whether it was the same commit", &[("", &["t"]), ("", &[])], None),
            (
                "passed, then failed on the same commit",
                &[("a", &[]), ("a", &["t"])],
                Some((Some(at(2, 12)), false, Some((1, 1)))),
            ),
            ("a commit that comes again", &[("a", &["t"]), ("b", &[]), ("a", &[])], Some(flaky(1, 2))),
            ("another test", &[("a", &["u"]), ("a", &["u"])], None),
        ];
        for (name, runs, expected) in cases {
            let runs = made(runs);
            let found = tests(&runs.iter().collect::<Vec<_>>());
            let found = found.iter().find(|row| row.name.as_str() == "t");
            let told = found.map(|row| {
                let flaky = row.flaky.map(|flaky| (flaky.mixed, flaky.of));
                (row.failing_since, row.newly, flaky)
            });
            assert_eq!(told, expected, "{name}");
        }
    }

    #[test]
    fn a_run_that_does_not_name_all_that_failed_says_nothing_of_the_others() {
        let mut runs = made(&[("a", &["t"]), ("a", &["u"])]);
        runs[1].failed = 3;
        let found = tests(&runs.iter().collect::<Vec<_>>());
        let of = |name: &str| found.iter().find(|row| row.name.as_str() == name).unwrap();
        // It failed when something is known of it last, and was not seen to pass.
        assert_eq!((of("t").failing_since, of("t").flaky), (Some(at(1, 12)), None));
        // It passed on that commit before: not newly failing, but flaky.
        assert_eq!((of("u").newly, of("u").flaky.is_some()), (false, true));
        // What fails longest comes first.
        assert_eq!(found[0].name.as_str(), "t");
    }

    #[test]
    fn the_rate_is_at_least_what_wilson_says() {
        // Newcombe (1998), Statistics in Medicine 17: 81/263 is 0.2553 to 0.3662, 15/148 0.0624 to
        // 0.1605, 1/29 0.0061 to 0.1718.
        for (mixed, of, expected) in [(81, 263, 0.2553), (15, 148, 0.0624), (0, 20, 0.0), (1, 29, 0.0061)] {
            assert!(
                (wilson_lower(mixed, of) - expected).abs() < 5e-5,
                "{mixed}/{of}: {}",
                wilson_lower(mixed, of)
            );
        }
        assert!(wilson_lower(0, 0).abs() < f64::EPSILON);
    }
}
