//! Builds: the checks of the heads of the main branch and of release branches. These are the
//! bases of open pull requests that are no pull request's own branch, and those that the settings
//! name.

use std::collections::{BTreeMap, BTreeSet};

use globset::GlobSet;

use super::{
    known::Known,
    naming::Naming,
    pull_requests::{self, outcome},
    rules::BranchRules,
    wire::{BranchHead, all},
};
use crate::domain::{Build, BuildId, CheckOutcome, Text};

/// Which branches have a build, besides the main one.
#[derive(Clone, Copy)]
pub(super) struct Branches<'a> {
    /// The base branches of the settings, as they are written.
    pub(super) patterns: &'a [String],
    /// As they match; none: all do.
    pub(super) bases: Option<&'a GlobSet>,
}

impl Branches<'_> {
    /// Whether the build of `branch` is told.
    pub(super) fn has(self, branch: &str) -> bool {
        self.bases.is_none_or(|bases| bases.is_match(branch))
    }

    /// The first `most` branches that are worth reading: the main one, those that the settings
    /// name, and the bases of most open pull requests.
    pub(super) fn of(self, known: &Known, most: usize) -> Vec<Text> {
        let is_name = |pattern: &&String| !pattern.contains(['*', '?', '[', '{', '\\']);
        let named = self.patterns.iter().filter(is_name).map(Text::new);
        let own: BTreeSet<&Text> =
            known.open_pull_requests().filter_map(|found| found.head_ref_name.as_ref()).collect();
        let mut bases: BTreeMap<&Text, usize> = known.open_bases();
        bases.retain(|base, _| self.has(base) && !own.contains(base));
        let mut bases: Vec<(&Text, usize)> = bases.into_iter().collect();
        bases.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        let mut branches: Vec<Text> = Vec::new();
        for branch in
            known.main.clone().into_iter().chain(named).chain(bases.into_iter().map(|(base, _)| base.clone()))
        {
            if branches.len() < most && !branches.contains(&branch) {
                branches.push(branch);
            }
        }
        branches
    }
}

/// The build of `branch`; none if its head has no checks.
pub(super) fn build(
    branch: &Text,
    head: &BranchHead,
    naming: &Naming,
    rules: Option<&BranchRules>,
) -> Option<Build> {
    let none = BTreeSet::new();
    let required = rules.map_or(&none, |rules| &rules.checks);
    let checks = pull_requests::checks_of(head.status_check_rollup.as_ref(), required);
    if checks.is_empty() {
        return None;
    }
    Some(Build {
        id: BuildId::of(&naming.repository, branch),
        repository: naming.repository.clone(),
        branch: branch.clone(),
        commit: head.oid.clone()?,
        at: checks.iter().filter_map(|check| check.at).max().or(head.committed_date)?,
        checks,
        url: head.url.clone(),
    })
}

/// Whether a check of it runs.
pub(super) fn is_running(head: &BranchHead) -> bool {
    let contexts = head.status_check_rollup.as_ref().and_then(|rollup| rollup.contexts.as_ref());
    all(contexts).iter().any(|context| outcome(context) == CheckOutcome::Running)
}
