//! What is known of a project between rounds, and the facts that it is.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use globset::GlobSet;
use serde::{Deserialize, Serialize};

use super::{
    builds::{self, Built},
    deployments, freezes,
    merge_requests::{self, Beside},
    releases,
    stories::{self, Statuses},
    test_runs,
    wire::{
        Car, Deployment, Detail, Environment, FreezePeriod, History, Issue, MergeRequest, Milestone,
        Pipeline, Project, Release, Summary, Tag,
    },
};
use crate::{
    domain::{Calendar, Facts, Instant, Kind, Problem, StoryKey, Text},
    source::{forge::note, labels::Labels, naming::Naming},
};

/// Most problems of a kind that are told.
const MOST_PROBLEMS: usize = 20;

/// A part of a project that is read, and may be hidden, by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) enum Part {
    Project,
    MergeRequests,
    Issues,
    Milestones,
    Releases,
    Tags,
    Deployments,
    Environments,
    Freezes,
    Pipelines,
    Trains,
    /// Events of issues.
    Histories,
    /// Links between issues.
    Links,
    Approvals,
    /// Notes of merge requests.
    Notes,
    Jobs,
    /// Commits of merge requests.
    Commits,
    /// Test reports of pipelines.
    Reports,
}

impl Part {
    /// Parts that are lists of the project.
    pub(super) const LISTS: [Self; 10] = [
        Self::Milestones,
        Self::Releases,
        Self::Tags,
        Self::MergeRequests,
        Self::Issues,
        Self::Deployments,
        Self::Environments,
        Self::Freezes,
        Self::Pipelines,
        Self::Trains,
    ];

    /// What it is called, and what somebody needs to read it.
    pub(super) fn needs(self) -> (&'static str, &'static str) {
        const GUEST: &str = "a token with the scope read_api of somebody with at least the role Guest";
        const REPORTER: &str = "a token with the scope read_api of somebody with at least the role Reporter";
        const DEVELOPER: &str =
            "a token with the scope read_api of somebody with at least the role Developer";
        match self {
            Self::Project => ("the project", GUEST),
            Self::MergeRequests => ("merge requests", REPORTER),
            Self::Issues => ("issues", GUEST),
            Self::Milestones => ("milestones", GUEST),
            Self::Releases => ("releases", REPORTER),
            Self::Tags => ("tags", REPORTER),
            Self::Deployments => ("deployments", REPORTER),
            Self::Environments => ("environments", REPORTER),
            Self::Freezes => ("deploy freezes", REPORTER),
            Self::Pipelines => ("pipelines", REPORTER),
            Self::Trains => ("merge trains", DEVELOPER),
            Self::Histories => ("events of issues", GUEST),
            Self::Links => ("links between issues", GUEST),
            Self::Approvals => ("approvals", REPORTER),
            Self::Notes => ("notes of merge requests", REPORTER),
            Self::Jobs => ("jobs", REPORTER),
            Self::Commits => ("commits", REPORTER),
            Self::Reports => ("test reports", REPORTER),
        }
    }

    /// Whether the project does not have it, by its own words: nobody needs to be told.
    pub(super) fn is_off(self, project: Option<&Project>) -> bool {
        let Some(project) = project else { return false };
        let is_disabled = |level: &Option<Text>| level.as_deref() == Some("disabled");
        match self {
            Self::Issues => project.issues_enabled == Some(false),
            Self::MergeRequests => project.merge_requests_enabled == Some(false),
            Self::Pipelines => project.jobs_enabled == Some(false),
            Self::Environments | Self::Deployments | Self::Freezes => {
                is_disabled(&project.environments_access_level) || project.jobs_enabled == Some(false)
            }
            Self::Releases => is_disabled(&project.releases_access_level),
            Self::Tags => is_disabled(&project.repository_access_level),
            Self::Trains => project.merge_trains_enabled != Some(true),
            _ => false,
        }
    }
}

impl Part {
    /// Of which kinds not all is told where something of it cannot be read; none: any may be.
    pub(super) fn kinds(self) -> Option<&'static [Kind]> {
        Some(match self {
            Self::Project => return None,
            Self::MergeRequests => &[Kind::PullRequests],
            Self::Issues | Self::Links => &[Kind::Stories, Kind::Defects],
            // What belongs to a release is told by its milestone.
            Self::Milestones => &[Kind::Releases, Kind::Stories, Kind::Defects],
            Self::Releases | Self::Tags => &[Kind::Releases],
            Self::Deployments => &[Kind::Deployments],
            Self::Environments => &[Kind::Environments],
            Self::Freezes => &[Kind::Freezes],
            Self::Pipelines => &[Kind::Builds, Kind::TestRuns],
            Self::Jobs => &[Kind::Builds],
            Self::Reports => &[Kind::TestRuns],
            // How something came about, and who has a say: the lists are whole.
            Self::Trains | Self::Histories | Self::Approvals | Self::Notes | Self::Commits => &[],
        })
    }

    /// Only what changed is read again, until everything is.
    pub(super) fn is_read_by_change(self) -> bool {
        matches!(self, Self::Issues | Self::MergeRequests | Self::Deployments | Self::Pipelines)
    }

    /// `problem` with something of this part.
    pub(super) fn explain(self, problem: Problem) -> Problem {
        match self.kinds() {
            Some(kinds) => problem.within(kinds),
            None => problem,
        }
    }
}

/// What is known of a project.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Known {
    pub(super) project: Option<Project>,
    pub(super) milestones: BTreeMap<u64, Milestone>,
    pub(super) issues: BTreeMap<u64, Issue>,
    pub(super) histories: BTreeMap<u64, History>,
    pub(super) merge_requests: BTreeMap<u64, MergeRequest>,
    pub(super) details: BTreeMap<u64, Detail>,
    pub(super) releases: Vec<Release>,
    pub(super) tags: Vec<Tag>,
    pub(super) environments: Vec<Environment>,
    pub(super) deployments: BTreeMap<u64, Deployment>,
    pub(super) freezes: Vec<FreezePeriod>,
    /// Merge requests on merge trains, the first one first.
    pub(super) trains: Vec<Car>,
    /// Pipelines of the main branch, of bases of merge requests and of tags of releases.
    pub(super) pipelines: BTreeMap<u64, Pipeline>,
    pub(super) reports: BTreeMap<u64, Summary>,
    /// Jobs of the newest pipelines of branches.
    pub(super) builds: BTreeMap<u64, Built>,
    /// Base branches that the settings name.
    pub(super) named: BTreeSet<Text>,
    /// Parts that were read to their end at least once.
    pub(super) read: BTreeSet<Part>,
    /// Parts of which something has changed that was not read yet. Only a part that was read
    /// leaves: the service tells a change once.
    pub(super) changed: BTreeSet<Part>,
    /// Open merge requests whose pipeline has changed.
    pub(super) checked: BTreeSet<u64>,
    /// What could not be read.
    pub(super) problems: BTreeMap<Part, Vec<Problem>>,
    /// What could not be read of parts of which only changes are read: not there until everything
    /// is read again.
    pub(super) lost: BTreeMap<Part, Vec<Problem>>,
    /// Parts that the service does not show, until they are asked for again.
    pub(super) hidden: BTreeSet<Part>,
    /// The last change that is known.
    pub(super) issues_until: Option<Instant>,
    pub(super) merge_requests_until: Option<Instant>,
    pub(super) deployments_until: Option<Instant>,
    pub(super) pipelines_until: Option<Instant>,
    /// More pipelines changed since then than a page holds, and they are not read yet: the service tells
    /// a change once.
    pub(super) pipelines_from: Option<Instant>,
    /// How often an unsettled merge request was asked for again.
    pub(super) asked: BTreeMap<u64, u32>,
    /// How many histories, merge requests and reports are left for the next rounds.
    pub(super) left: u64,
    /// What they are part of.
    pub(super) left_of: BTreeSet<Part>,
    /// When everything was read.
    pub(super) whole_at: Option<Instant>,
    /// When was looked for changes that nothing tells of.
    pub(super) swept_at: Option<Instant>,
}

/// How what is known becomes facts.
pub(super) struct Meaning<'a> {
    pub(super) service: &'a str,
    pub(super) naming: &'a Naming,
    pub(super) labels: &'a Labels,
    pub(super) statuses: &'a Statuses,
    pub(super) bases: Option<&'a GlobSet>,
    pub(super) calendar: &'a Calendar,
    pub(super) now: Instant,
    /// What ended before is not told.
    pub(super) since: Instant,
}

impl Known {
    /// What was read of single issues, merge requests and pipelines, without the lists: what a
    /// new reading of everything need not ask again.
    pub(super) fn without_lists(&self) -> Self {
        Self {
            histories: self.histories.clone(),
            details: self.details.clone(),
            reports: self.reports.clone(),
            builds: self.builds.clone(),
            named: self.named.clone(),
            ..Self::default()
        }
    }

    /// Milestones that are releases on the board: open, or closed since.
    pub(super) fn milestones_since(&self, since: Instant) -> Vec<&Milestone> {
        let is_told = |milestone: &&Milestone| {
            !milestone.is_closed() || milestone.updated_at.is_none_or(|at| at >= since)
        };
        self.milestones.values().filter(is_told).collect()
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

    /// Whether a pipeline of `reference` is told: of the main branch, of a base of an open merge
    /// request or of the settings, or of a tag of a release.
    pub(super) fn is_watched(&self, reference: &str, naming: &Naming) -> bool {
        let main = self.project.as_ref().and_then(|project| project.default_branch.as_deref());
        main == Some(reference)
            || self.named.iter().any(|named| named.as_str() == reference)
            || naming.release_of_tag(reference).is_some()
            || self
                .merge_requests
                .values()
                .any(|found| found.is_open() && found.target_branch.as_deref() == Some(reference))
    }

    /// Its place on its merge train, counted from 1.
    fn queue_position(&self, iid: u64) -> Option<u32> {
        let car = self.trains.iter().find(|car| car.merge_request.iid == iid)?;
        let train = self.trains.iter().filter(|other| other.target_branch == car.target_branch);
        let place = train.take_while(|other| other.id != car.id).count();
        u32::try_from(place).ok()?.checked_add(1)
    }

    /// Adds its facts to `facts`.
    pub(super) fn tell(&self, meaning: &Meaning<'_>, facts: &mut Facts) {
        let naming = meaning.naming;
        let milestones = self.milestones_since(meaning.since);
        let told = releases::releases(
            &milestones,
            &self.releases,
            &self.tags,
            naming,
            meaning.calendar,
            meaning.now,
        );
        let (deployed, mut problems) =
            deployments::deployments(self.deployments.values(), &told, naming, meaning.service);
        let environments = deployments::environments(&self.environments, self.deployments.values());
        let is_recent = |found: &MergeRequest| {
            found.is_open()
                || found.merged_at.or(found.closed_at).unwrap_or(found.updated_at) >= meaning.since
        };
        let has_base = |found: &MergeRequest| {
            let base = found.target_branch.as_deref().unwrap_or_default();
            meaning.bases.is_none_or(|bases| bases.is_match(base))
        };
        for found in self.merge_requests.values().filter(|found| is_recent(found) && has_base(found)) {
            let beside = Beside {
                project: self.project.as_ref(),
                detail: self.details.get(&found.iid),
                queue_position: self.queue_position(found.iid),
            };
            let Some(mut pull_request) = merge_requests::pull_request(found, beside, naming) else {
                let problem = Problem::new(
                    format!(
                        "{}: merge request {}: the state \"{}\" is unheard of, it is left out",
                        meaning.service,
                        naming.pull_request(found.iid),
                        found.state.as_deref().unwrap_or("")
                    ),
                    "update tminus, or report it",
                );
                problem.losing(&[Kind::PullRequests]).note(&mut problems, MOST_PROBLEMS);
                continue;
            };
            pull_request.deployed_at = pull_request.merge_commit.as_ref().and_then(|commit| {
                deployments::in_production(commit, self.deployments.values(), &environments)
            });
            facts.pull_requests.push(Arc::new(pull_request));
        }
        let blockers = self.blockers(naming);
        let story = stories::Meaning {
            naming,
            labels: meaning.labels,
            statuses: meaning.statuses,
            calendar: meaning.calendar,
            blockers: &blockers,
        };
        let stories =
            self.issues.values().map(|issue| stories::story(issue, self.histories.get(&issue.iid), &story));
        facts.stories.extend(stories.map(Arc::new));
        for period in &self.freezes {
            match freezes::freezes(period, meaning.now, naming, meaning.service) {
                Ok(windows) => facts.freezes.extend(windows.into_iter().map(Arc::new)),
                Err(problem) => problem.losing(&[Kind::Freezes]).note(&mut problems, MOST_PROBLEMS),
            }
        }
        let main = self.project.as_ref().and_then(|project| project.default_branch.as_ref());
        for (branch, pipeline) in builds::newest(self) {
            if main == Some(branch) || meaning.bases.is_none_or(|bases| bases.is_match(&**branch)) {
                let jobs = self.builds.get(&pipeline.id);
                let build = builds::build(branch, pipeline, jobs, self.project.as_ref(), naming);
                facts.builds.extend(build.map(Arc::new));
            }
        }
        let mut runs: Vec<_> = self
            .reports
            .iter()
            .filter_map(|(id, summary)| Some((self.pipelines.get(id)?, summary)))
            .flat_map(|(pipeline, summary)| test_runs::test_runs(pipeline, summary, naming))
            .collect();
        runs.sort_by_key(|run| run.at);
        facts.covers.extend(self.covers(!deployed.is_empty() || !environments.is_empty(), !runs.is_empty()));
        facts.test_runs.extend(runs.into_iter().map(Arc::new));
        facts.releases.extend(told.into_iter().map(Arc::new));
        facts.deployments.extend(deployed.into_iter().map(Arc::new));
        facts.environments.extend(environments.into_iter().map(Arc::new));
        for (part, unread) in self.problems.iter().chain(&self.lost) {
            facts.problems.extend(unread.iter().map(|problem| part.explain(problem.clone())));
        }
        facts.problems.extend(problems);
        if self.left > 0 {
            let problem = Problem::new(
                format!(
                    "{}: {}: the past of {} issues, merge requests and pipelines is not read yet",
                    meaning.service, naming.repository, self.left
                ),
                "nothing to do: the next rounds read on, within what the service allows",
            );
            let kinds: Vec<Kind> =
                self.left_of.iter().filter_map(|part| part.kinds()).flatten().copied().collect();
            facts.problems.push(problem.losing(&kinds));
        }
    }

    /// What blocks an issue, as those say that block it.
    fn blockers(&self, naming: &Naming) -> BTreeMap<StoryKey, Vec<StoryKey>> {
        let mut blockers: BTreeMap<StoryKey, Vec<StoryKey>> = BTreeMap::new();
        for (iid, history) in &self.histories {
            for linked in history.links.iter().filter(|linked| linked.link_type.as_deref() == Some("blocks"))
            {
                let reference = linked.references.as_ref().and_then(|found| found.full.as_ref());
                let blocked = stories::linked_key(reference, linked.iid, naming);
                blockers.entry(blocked).or_default().push(naming.story(*iid));
            }
        }
        blockers
    }

    /// What it speaks of. Stories and defects need milestones to belong to a release; deployments,
    /// freezes and test runs are covered by a project that has any: where nobody uses these features,
    /// a gate about them is not needed rather than unknown.
    fn covers(&self, deploys: bool, tests: bool) -> Vec<Kind> {
        let mut covers = vec![Kind::Releases];
        if self.read.contains(&Part::Issues) && !self.milestones.is_empty() {
            covers.extend([Kind::Stories, Kind::Defects]);
        }
        if self.read.contains(&Part::MergeRequests) {
            covers.push(Kind::PullRequests);
        }
        if deploys {
            covers.extend([Kind::Deployments, Kind::Environments]);
        }
        if !self.freezes.is_empty() {
            covers.push(Kind::Freezes);
        }
        if tests {
            covers.push(Kind::TestRuns);
        }
        if !builds::newest(self).is_empty() {
            covers.push(Kind::Builds);
        }
        covers
    }
}
