//! Why a suite or a test stands as it does: run by run.

use super::{Explainer, Explanation, missing, words};
use crate::{
    domain::{Kind, TestRun, Text},
    insight::{SuiteRow, TestRow, suites},
};

impl Explainer<'_, '_> {
    /// The runs of the suite, newest first.
    fn runs(&self, suite: &Text) -> Vec<&TestRun> {
        let Some(index) = self.index else { return Vec::new() };
        let mut runs = suites::runs(self.context, &self.membership, index).remove(suite).unwrap_or_default();
        runs.reverse();
        runs
    }

    fn ran(&self, run: &TestRun) -> String {
        let commit = run.commit.as_ref().map_or_else(String::new, |it| format!(" on {}", words::commit(it)));
        format!("{}{commit}", self.day(run.at))
    }

    pub(super) fn suite(&self, name: &Text) -> Explanation {
        let Some(row) = self.insight.and_then(|insight| insight.suite(name)) else { return missing(name) };
        let line = |run: &&TestRun| {
            let (passed, failed, skipped) = (run.passed, run.failed, run.skipped);
            format!("{}: {passed} passed, {failed} failed, {skipped} skipped", self.ran(run))
        };
        Explanation {
            notes: Vec::new(),
            title: format!("suite {name}"),
            value: counts(row),
            formula: "The newest run of each suite counts: passed / (passed + failed), skipped tests are shown and \
                      not counted. Runs on one commit are attempts."
                .to_owned(),
            counted: self.runs(name).iter().map(line).collect(),
            left_out: Vec::new(),
            sources: self.sources(&[Kind::TestRuns]),
        }
    }

    pub(super) fn test(&self, suite: &Text, name: &Text) -> Explanation {
        let Some((_, row)) = self.insight.and_then(|insight| insight.test(suite, name)) else {
            return missing(name);
        };
        let (mut counted, mut left_out) = (Vec::new(), Vec::new());
        for run in self.runs(suite) {
            match suites::outcome(run, name) {
                Some(true) => counted.push(format!("{}: passed", self.ran(run))),
                Some(false) => counted.push(format!("{}: failed", self.ran(run))),
                None => left_out.push(format!("{}: the run does not tell", self.ran(run))),
            }
        }
        Explanation {
            notes: Vec::new(),
            title: format!("{suite}: {name}"),
            value: said(row, |at| self.day(at)),
            formula: "Failing since the first of the newest runs that it failed in one after the other; newly \
                      failing: it passed with the commit before. Flaky: it failed and passed on one commit, also in \
                      the attempts of one run; of runs that do not say their commit nobody can tell. The rate is \
                      mixed commits / commits, given as the lower bound of Wilson's interval at 95 %. A test that a \
                      run does not name passed there, if the run names all that failed."
                .to_owned(),
            counted,
            left_out,
            sources: self.sources(&[Kind::TestRuns]),
        }
    }
}

/// `990 passed, 3 failed, 2 skipped`.
fn counts(row: &SuiteRow) -> String {
    format!("{} passed, {} failed, {} skipped", row.passed, row.failed, row.skipped)
}

/// `newly failing, since Sun 22 Nov 02:00, flaky on 2 of 9 commits, at least 6 %`.
fn said(row: &TestRow, day: impl Fn(crate::domain::Instant) -> String) -> String {
    let fails = row.failing_since.map(|since| {
        let word = if row.newly { "newly failing" } else { "failing" };
        format!("{word} since {}", day(since))
    });
    let flaky = row.flaky.map(|flaky| {
        let least = words::percent(flaky.at_least);
        format!("flaky on {} of {} commits, at least {least}", flaky.mixed, flaky.of)
    });
    fails.into_iter().chain(flaky).collect::<Vec<_>>().join(", ")
}
