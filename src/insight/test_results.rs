//! What the newest test runs of a release say.

use std::collections::BTreeMap;

use crate::domain::{TestRun, Text};

use super::{context::Context, membership::Membership, words};

/// The newest run of each suite that counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct TestResults<'a> {
    /// By suite.
    pub(crate) newest: BTreeMap<&'a str, &'a TestRun>,
    /// Required suites that never ran for the release.
    pub(crate) missing: Vec<&'a Text>,
}

impl<'a> TestResults<'a> {
    /// The results of the release at this position; of one that went out, those of that day.
    pub(crate) fn of(context: &Context<'a>, membership: &Membership, release: usize) -> Self {
        let mut results = Self::default();
        let days = &context.days;
        let last = context.releases[release].released_at.map(|at| days.past(at));
        for &run in &membership.test_runs[release] {
            let run = context.test_runs[run];
            if last.is_none_or(|last| days.past(run.at) <= last) {
                results.add(context, run);
            }
        }
        let required = &context.policy.required_suites;
        results.missing =
            required.iter().filter(|suite| !results.newest.contains_key(suite.as_str())).collect();
        results
    }

    /// Replaces an earlier run of the same suite, if the suite counts.
    pub(crate) fn add(&mut self, context: &Context<'a>, run: &'a TestRun) {
        let required = &context.policy.required_suites;
        if required.is_empty() || required.contains(&run.suite) {
            self.newest.insert(run.suite.as_str(), run);
        }
    }

    /// Passed, failed and skipped tests.
    pub(crate) fn totals(&self) -> (u32, u32, u32) {
        self.newest.values().fold((0, 0, 0), |(passed, failed, skipped): (u32, u32, u32), run| {
            (
                passed.saturating_add(run.passed),
                failed.saturating_add(run.failed),
                skipped.saturating_add(run.skipped),
            )
        })
    }

    /// Why they say nothing of the release as it is now: a required suite or all of them never
    /// ran, one ran nothing at all, before the last merge, or on another commit.
    pub(crate) fn silence(
        &self,
        context: &Context<'_>,
        membership: &Membership,
        release: usize,
    ) -> Option<String> {
        if !self.missing.is_empty() {
            return Some(format!("{} never ran", words::list(&self.missing, 2)));
        }
        if self.newest.is_empty() {
            return Some("no run for it".to_owned());
        }
        let of_nothing = |run: &&&TestRun| run.passed == 0 && run.failed == 0 && run.skipped == 0;
        if let Some(run) = self.newest.values().find(of_nothing) {
            return Some(format!("no test ran in {}", run.suite));
        }
        // Without a commit only the time can tell whether it saw what was merged.
        let members = membership.pull_requests[release].iter();
        let merged = members.filter_map(|member| context.pull_requests[member.item].merged_at).max();
        let is_before = |run: &&&TestRun| run.commit.is_none() && Some(run.at) < merged;
        if let Some(run) = self.newest.values().find(is_before) {
            return Some(format!("{} ran before the last merge", run.suite));
        }
        let heads = membership.heads(context, release);
        self.newest.values().find_map(|run| {
            let commit = run.commit.as_ref()?;
            let is_old = !heads.is_empty() && !heads.contains(&commit);
            is_old.then(|| format!("{} ran on {}", run.suite, words::commit(commit)))
        })
    }

    /// passed / (passed + failed); none if no test ran.
    pub(crate) fn share(&self) -> Option<f64> {
        let (passed, failed, _) = self.totals();
        let ran = f64::from(passed) + f64::from(failed);
        (ran > 0.0).then(|| f64::from(passed) / ran)
    }
}
