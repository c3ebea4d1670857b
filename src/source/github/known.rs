//! What is known of a repository between rounds, and the facts that it is.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use super::{
    builds::{self, Branches},
    deployments,
    findings::{self, Alert},
    naming::Naming,
    pull_requests, releases,
    rules::BranchRules,
    stories,
    wire::{BranchHead, Deployment, Issue, Milestone, PullRequest, Release, Tag},
};
use crate::{
    domain::{Calendar, Facts, Instant, Kind, Problem, Text},
    source::{forge::note, labels::Labels},
};

/// Most problems with single items that are told.
pub(super) const MOST_PROBLEMS: usize = 20;

/// A part of a repository that is read by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) enum Part {
    /// Its name, main branch, rules and environments.
    Repository,
    Milestones,
    Issues,
    PullRequests,
    /// Releases and tags.
    Releases,
    Deployments,
    /// Heads of the main branch and of release branches, with their checks.
    Builds,
    /// Workflow runs: read only to notice that checks changed.
    Runs,
    /// Alerts of code scanning.
    Findings,
    /// Searches of the settings.
    Search,
}

impl Part {
    /// Of which kinds not all is told where something of it cannot be read.
    fn kinds(self) -> &'static [Kind] {
        match self {
            Self::Repository => &[Kind::Environments, Kind::Builds],
            // What belongs to a release is told by its milestone.
            Self::Milestones => &[Kind::Releases, Kind::Stories, Kind::Defects],
            Self::Issues => &[Kind::Stories, Kind::Defects],
            Self::PullRequests | Self::Search => &[Kind::PullRequests],
            Self::Releases => &[Kind::Releases],
            Self::Deployments => &[Kind::Deployments],
            Self::Builds => &[Kind::Builds],
            // What runs say is read elsewhere, if later.
            Self::Runs => &[],
            Self::Findings => &[Kind::Findings],
        }
    }

    /// Only what changed is read again, until everything is.
    pub(super) fn is_read_by_change(self) -> bool {
        matches!(self, Self::Issues | Self::PullRequests | Self::Findings)
    }
}

/// What is known of a repository.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Known {
    /// What its branches demand.
    pub(super) rules: BTreeMap<Text, BranchRules>,
    pub(super) environments: BTreeSet<Text>,
    pub(super) milestones: BTreeMap<u64, Milestone>,
    pub(super) issues: BTreeMap<u64, Issue>,
    pub(super) pull_requests: BTreeMap<u64, PullRequest>,
    pub(super) published: Vec<Release>,
    pub(super) tags: Vec<Tag>,
    pub(super) deployments: Vec<Deployment>,
    pub(super) findings: BTreeMap<u64, Alert>,
    /// The main branch.
    pub(super) main: Option<Text>,
    /// The heads of the main branch and of release branches.
    pub(super) builds: BTreeMap<Text, BranchHead>,
    /// How often they were read in vain while a check of them ran.
    pub(super) builds_asked: u32,
    /// When a workflow run on a branch changed last.
    pub(super) runs: BTreeMap<Text, Instant>,
    /// Pull requests that a search of the settings found.
    pub(super) searched: BTreeSet<u64>,
    /// How the service calls it: other names lead to it after it was renamed.
    pub(super) full_name: Option<Text>,
    /// Who read it.
    pub(super) account: Option<Text>,
    /// Parts that were read to their end at least once.
    pub(super) read: BTreeSet<Part>,
    /// Parts of which something has changed that was not read yet. Only a part that was read
    /// leaves: the service tells a change once.
    pub(super) changed: BTreeSet<Part>,
    /// Heads of pull requests whose checks have changed.
    pub(super) checked: BTreeSet<Text>,
    /// What could not be read.
    pub(super) problems: BTreeMap<Part, Vec<Problem>>,
    /// What could not be read of parts of which only changes are read: not there until everything
    /// is read again.
    pub(super) lost: BTreeMap<Part, Vec<Problem>>,
    /// Parts that the service does not show, until they are asked for again.
    pub(super) hidden: BTreeSet<Part>,
    /// The last change of an issue, and of a pull request, that is known.
    pub(super) issues_until: Option<Instant>,
    pub(super) pull_requests_until: Option<Instant>,
    pub(super) findings_until: Option<Instant>,
    /// How often an unsettled pull request was asked again.
    pub(super) asked: BTreeMap<u64, u32>,
    /// When everything was read.
    pub(super) whole_at: Option<Instant>,
    /// When open pull requests, rules and hidden parts were looked at for changes that nothing
    /// tells of.
    pub(super) swept_at: Option<Instant>,
    /// It was read without a token.
    pub(super) is_public: bool,
}

/// How what is known becomes facts.
pub(super) struct Meaning<'a> {
    pub(super) service: &'a str,
    pub(super) naming: &'a Naming,
    pub(super) labels: &'a Labels,
    pub(super) branches: Branches<'a>,
    pub(super) calendar: &'a Calendar,
    /// What ended before is not told.
    pub(super) since: Instant,
}

impl Known {
    /// Milestones that are releases on the board: open, or closed since.
    pub(super) fn milestones_since(&self, since: Instant) -> Vec<&Milestone> {
        let is_told = |milestone: &&Milestone| milestone.closed_at.is_none_or(|at| at >= since);
        self.milestones.values().filter(is_told).collect()
    }

    /// Pull requests that are open.
    pub(super) fn open_pull_requests(&self) -> impl Iterator<Item = &PullRequest> {
        self.pull_requests.values().filter(|found| found.is_open())
    }

    /// The bases of open pull requests, and of how many each is.
    pub(super) fn open_bases(&self) -> BTreeMap<&Text, usize> {
        let mut bases = BTreeMap::new();
        for base in self.open_pull_requests().filter_map(|found| found.base_ref_name.as_ref()) {
            *bases.entry(base).or_default() += 1;
        }
        bases
    }

    /// Whether the build of `branch` is read.
    pub(super) fn is_built(&self, branch: &Text) -> bool {
        self.main.as_ref() == Some(branch) || self.builds.contains_key(branch)
    }

    /// What a part could not read, replacing what it could not read before.
    pub(super) fn set_problems(&mut self, part: Part, problems: Vec<Problem>) {
        if problems.is_empty() {
            self.problems.remove(&part);
        } else {
            self.problems.insert(part, problems);
        }
    }

    /// Remembers what was lost of a part of which only changes are read.
    pub(super) fn lose(&mut self, part: Part, problems: Vec<Problem>) {
        for problem in problems {
            note(self.lost.entry(part).or_default(), problem);
        }
    }

    /// Pull requests that are worth asking again: their checks changed, or they are unsettled
    /// and were not asked `most` times in vain.
    pub(super) fn unsettled(&self, most: u32) -> Vec<(u64, String)> {
        self.pull_requests
            .values()
            .filter(|found| {
                let is_checked = found.head_ref_oid.as_ref().is_some_and(|head| self.checked.contains(head));
                let asked = self.asked.get(&found.number).copied().unwrap_or_default();
                found.is_open() && (is_checked || (pull_requests::is_unsettled(found) && asked < most))
            })
            .filter_map(|found| Some((found.number, found.id.clone()?)))
            .collect()
    }

    /// Adds its facts to `facts`.
    pub(super) fn tell(&self, meaning: &Meaning<'_>, facts: &mut Facts) {
        let naming = meaning.naming;
        let milestones = self.milestones_since(meaning.since);
        let told = releases::releases(&milestones, &self.published, &self.tags, naming, meaning.calendar);
        let (deployed, mut problems) =
            deployments::deployments(&self.deployments, &told, naming, meaning.service);
        let environments = deployments::environments(&self.environments, &deployed);
        let by_id = deployed.iter().map(|deployment| (deployment.id.clone(), deployment)).collect();

        let is_recent = |found: &PullRequest| {
            found.is_open() || found.merged_at.or(found.closed_at).is_none_or(|at| at >= meaning.since)
        };
        let has_base =
            |found: &PullRequest| meaning.branches.has(found.base_ref_name.as_deref().unwrap_or_default());
        let is_told = |found: &&PullRequest| {
            is_recent(found) && has_base(found) || self.searched.contains(&found.number)
        };
        for found in self.pull_requests.values().filter(is_told) {
            let rules = found.base_ref_name.as_ref().and_then(|base| self.rules.get(base));
            let Some(mut pull_request) = pull_requests::pull_request(found, naming, rules) else {
                let problem = Problem::new(
                    format!(
                        "{}: pull request {}: the state \"{}\" is unheard of, it is left out",
                        meaning.service,
                        naming.pull_request(found.number),
                        found.state.as_deref().unwrap_or("")
                    ),
                    "update tminus, or report it",
                );
                problem.losing(&[Kind::PullRequests]).note(&mut problems, MOST_PROBLEMS);
                continue;
            };
            pull_request.deployed_at = pull_request
                .merge_commit
                .as_ref()
                .and_then(|commit| deployments::in_production(commit, &self.deployments, &by_id, naming));
            facts.pull_requests.push(Arc::new(pull_request));
        }
        drop(by_id);
        let stories = self.issues.values().map(|issue| stories::story(issue, naming, meaning.labels));
        facts.stories.extend(stories.map(Arc::new));
        facts.covers.extend(self.covers(!deployed.is_empty() || !environments.is_empty()));
        facts.releases.extend(told.into_iter().map(Arc::new));
        facts.deployments.extend(deployed.into_iter().map(Arc::new));
        facts.findings.extend(self.findings.values().map(|alert| Arc::new(findings::finding(alert, naming))));
        for (branch, head) in &self.builds {
            if self.main.as_ref() == Some(branch) || meaning.branches.has(branch) {
                let build = builds::build(branch, head, naming, self.rules.get(branch));
                facts.builds.extend(build.map(Arc::new));
            }
        }
        facts.environments.extend(environments.into_iter().map(Arc::new));
        for (part, unread) in self.problems.iter().chain(&self.lost) {
            facts.problems.extend(unread.iter().map(|problem| problem.clone().within(part.kinds())));
        }
        facts.problems.extend(problems);
    }

    /// What it speaks of. Stories and defects need milestones to belong to a release, and
    /// deployments are covered by a repository that deploys: where nobody uses these features,
    /// a gate about them is not needed rather than unknown.
    fn covers(&self, deploys: bool) -> Vec<Kind> {
        let mut covers = vec![Kind::Releases];
        if self.read.contains(&Part::Issues) && !self.milestones.is_empty() {
            covers.extend([Kind::Stories, Kind::Defects]);
        }
        if self.read.contains(&Part::PullRequests) {
            covers.push(Kind::PullRequests);
        }
        if self.read.contains(&Part::Findings) {
            covers.push(Kind::Findings);
        }
        if self.builds.values().any(|head| head.status_check_rollup.is_some()) {
            covers.push(Kind::Builds);
        }
        if deploys {
            covers.extend([Kind::Deployments, Kind::Environments]);
        }
        covers
    }
}
