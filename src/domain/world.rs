//! The union of all sources' facts.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use super::{
    Assumed, Booking, Build, DayFigures, Deployment, Environment, Facts, Finding, Freeze, Kind, Problem,
    PullRequest, PullRequestId, PullRequestState, Release, ReleaseId, SourceId, Story, TestRun, Text,
};

/// All that is known at one time. Nothing is merged by guessing: only releases and pull
/// requests that several sources name by the same identity are joined; every other item stands
/// as its source handed it over.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// Which sources cover which kinds.
    pub covers: BTreeMap<Kind, BTreeSet<SourceId>>,
    /// Releases, joined by identity.
    pub releases: Vec<Arc<Release>>,
    /// Stories and defects.
    pub stories: Vec<Arc<Story>>,
    /// Pull requests and open branches.
    pub pull_requests: Vec<Arc<PullRequest>>,
    /// Deployments, planned and done.
    pub deployments: Vec<Arc<Deployment>>,
    /// Environments.
    pub environments: Vec<Arc<Environment>>,
    /// Bookings of environments.
    pub bookings: Vec<Arc<Booking>>,
    /// Times without deployments.
    pub freezes: Vec<Arc<Freeze>>,
    /// Test runs, oldest first.
    pub test_runs: Vec<Arc<TestRun>>,
    /// Findings of code analyzers.
    pub findings: Vec<Arc<Finding>>,
    /// Builds of the branches that releases are made of; of a repository the main branch first.
    pub builds: Vec<Arc<Build>>,
    /// What could not be read, by source.
    pub problems: Vec<(SourceId, Problem)>,
    /// What boards said on earlier days, oldest first: it counts even where a source has rewritten
    /// its past since.
    pub days: Vec<Arc<DayFigures>>,
    /// What of this is no fact but assumed ("what if?"). Empty in all that sources say, all that
    /// is kept and all that is served.
    pub assumed: Vec<Assumed>,
}

impl World {
    /// The union of `parts`. Where several sources describe one release, the first one that
    /// says something about a property is believed, so the order of `parts` is their rank:
    /// what people wrote down (plan, tracker) before what was derived (repository). A target
    /// that somebody set always beats an estimated one.
    pub fn union<'a>(parts: impl IntoIterator<Item = (&'a SourceId, &'a Facts)>) -> Self {
        let mut world = Self::default();
        let mut known: HashMap<ReleaseId, usize> = HashMap::new();
        let mut requests: HashMap<PullRequestId, usize> = HashMap::new();
        for (source, facts) in parts {
            for kind in &facts.covers {
                world.covers.entry(*kind).or_default().insert(source.clone());
            }
            for release in &facts.releases {
                if let Some(&index) = known.get(&release.id) {
                    let joined = join(&world.releases[index], release);
                    world.releases[index] = Arc::new(joined);
                } else {
                    known.insert(release.id.clone(), world.releases.len());
                    world.releases.push(Arc::clone(release));
                }
            }
            world.stories.extend(facts.stories.iter().cloned());
            for pull_request in &facts.pull_requests {
                if let Some(&index) = requests.get(&pull_request.id) {
                    let joined = join_pull_requests(&world.pull_requests[index], pull_request);
                    world.pull_requests[index] = Arc::new(joined);
                } else {
                    requests.insert(pull_request.id.clone(), world.pull_requests.len());
                    world.pull_requests.push(Arc::clone(pull_request));
                }
            }
            world.deployments.extend(facts.deployments.iter().cloned());
            world.environments.extend(facts.environments.iter().cloned());
            world.bookings.extend(facts.bookings.iter().cloned());
            world.freezes.extend(facts.freezes.iter().cloned());
            world.test_runs.extend(facts.test_runs.iter().cloned());
            world.findings.extend(facts.findings.iter().cloned());
            world.builds.extend(facts.builds.iter().cloned());
            world.problems.extend(facts.problems.iter().map(|problem| (source.clone(), problem.clone())));
        }
        world.test_runs.sort_by_key(|run| run.at);
        world.drop_branches_with_pull_requests();
        world
    }

    /// A branch that one source lists as open work is the pull request that another source
    /// knows to be open from it.
    fn drop_branches_with_pull_requests(&mut self) {
        let open: HashSet<(Text, Text)> = self
            .pull_requests
            .iter()
            .filter(|request| request.number.is_some() && request.state == PullRequestState::Open)
            .filter_map(|request| Some((request.repository.clone(), request.branch.clone()?)))
            .collect();
        if open.is_empty() {
            return;
        }
        self.pull_requests.retain(|request| {
            let branch = request.branch.clone().filter(|_| request.number.is_none());
            branch.is_none_or(|branch| !open.contains(&(request.repository.clone(), branch)))
        });
    }

    /// Of which kinds which source does not tell all, and why. A problem of which nobody says what
    /// it loses may have lost anything that its source covers.
    pub fn incomplete(&self) -> impl Iterator<Item = (Kind, &SourceId, &Problem)> {
        let lacks = |kind, source, problem: &Problem| match &problem.incomplete {
            Some(kinds) => kinds.contains(&kind),
            None => self.covers.get(&kind).is_some_and(|sources| sources.contains(source)),
        };
        self.problems.iter().flat_map(move |(source, problem)| {
            let kinds = Kind::ALL.into_iter().filter(move |kind| lacks(*kind, source, problem));
            kinds.map(move |kind| (kind, source, problem))
        })
    }

    /// Whether a source covers `kind`.
    pub fn is_covered(&self, kind: Kind) -> bool {
        self.covers.contains_key(&kind)
    }
}

/// A pull request as the forge tells of it, with what only the repository knows: the release
/// that contains it, and the commit that brought it in.
fn join_pull_requests(first: &PullRequest, second: &PullRequest) -> PullRequest {
    let mut joined = first.clone();
    joined.release = joined.release.or_else(|| second.release.clone());
    joined.merge_commit = joined.merge_commit.or_else(|| second.merge_commit.clone());
    joined.branch = joined.branch.or_else(|| second.branch.clone());
    joined.head = joined.head.or_else(|| second.head.clone());
    joined.started_at = joined.started_at.or(second.started_at);
    joined.deployed_at = joined.deployed_at.or(second.deployed_at);
    joined.stories.extend(second.stories.iter().filter(|story| !first.stories.contains(story)).cloned());
    joined
}

fn join(first: &Release, second: &Release) -> Release {
    let target = match (first.target, second.target) {
        (Some(ours), Some(theirs)) if ours.estimated && !theirs.estimated => Some(theirs),
        (ours, theirs) => ours.or(theirs),
    };
    let mut joined = Release {
        id: first.id.clone(),
        project: first.project.clone(),
        version: first.version.clone(),
        start: first.start.or(second.start),
        target,
        released_at: first.released_at.or(second.released_at),
        owner: first.owner.clone().or_else(|| second.owner.clone()),
        depends_on: first.depends_on.clone(),
        rules: first.rules.clone(),
        tag: first.tag.clone().or_else(|| second.tag.clone()),
        commit: first.commit.clone().or_else(|| second.commit.clone()),
        commits: first.commits.or(second.commits),
        url: first.url.clone().or_else(|| second.url.clone()),
    };
    for release in &second.depends_on {
        if !joined.depends_on.contains(release) {
            joined.depends_on.push(release.clone());
        }
    }
    joined.rules.extend(second.rules.iter().filter(|rule| !first.rules.contains(rule)).cloned());
    joined
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};

    use super::*;
    use crate::domain::Target;

    fn pull_request(id: &str, number: Option<u64>, branch: &str, state: PullRequestState) -> PullRequest {
        PullRequest {
            number,
            branch: Some(Text::new(branch)),
            ..PullRequest::new(id, "api", "a title", "lee", "main", state)
        }
    }

    #[test]
    fn what_a_forge_and_a_repository_say_of_a_pull_request_is_one() {
        use PullRequestState::{Merged, Open};
        let facts = |requests: Vec<PullRequest>| Facts {
            pull_requests: requests.into_iter().map(Arc::new).collect(),
            ..Facts::default()
        };
        let mut milestone = pull_request("api#1", Some(1), "one", Merged);
        milestone.milestone = Some(Text::new("4.2"));
        let forge = facts(vec![milestone, pull_request("api#2", Some(2), "two", Open)]);
        let mut contained = pull_request("api#1", Some(1), "one", Merged);
        contained.release = Some(ReleaseId::of("api", "4.2"));
        let branch = |name: &str| pull_request(&format!("api:{name}"), None, name, Open);
        let repository = facts(vec![contained, branch("two"), branch("one"), branch("three")]);
        let (github, git) = (SourceId::new("github"), SourceId::new("git"));
        let world = World::union([(&github, &forge), (&git, &repository)]);
        let ids: Vec<_> = world.pull_requests.iter().map(|request| request.id.as_str()).collect();
        // Branch one was merged: what is on it now is new work.
        assert_eq!(ids, ["api#1", "api#2", "api:one", "api:three"]);
        assert_eq!(world.pull_requests[0].milestone, Some(Text::new("4.2")));
        assert_eq!(world.pull_requests[0].release, Some(ReleaseId::of("api", "4.2")));
    }

    #[test]
    fn what_a_problem_that_nobody_explained_loses_is_all_that_its_source_covers() {
        let problem = || Problem::new("it broke", "mend it");
        let (tracker, forge) = (SourceId::new("tracker"), SourceId::new("forge"));
        let of_forge = Facts { covers: Kind::ALL.into(), ..Facts::default() };
        for (problem, expected) in [
            (problem(), vec![Kind::Stories, Kind::Defects]),
            (problem().losing_nothing(), vec![]),
            (problem().losing(&[Kind::Findings]), vec![Kind::Findings]),
            (problem().within(&[Kind::Stories]), vec![Kind::Stories]),
            (problem().losing_nothing().within(&[Kind::Stories]), vec![]),
        ] {
            let covers = [Kind::Stories, Kind::Defects].into();
            let of_tracker = Facts { covers, problems: vec![problem], ..Facts::default() };
            let world = World::union([(&tracker, &of_tracker), (&forge, &of_forge)]);
            let lacks: Vec<_> = world.incomplete().map(|(kind, source, _)| (kind, source)).collect();
            let expected: Vec<_> = expected.into_iter().map(|kind| (kind, &tracker)).collect();
            assert_eq!(lacks, expected);
        }
    }

    #[test]
    fn a_promised_target_beats_an_estimated_one_whatever_the_order() {
        let at = |day| Utc.with_ymd_and_hms(2026, 11, day, 12, 0, 0).unwrap();
        let mut planned = Release::named("payments", "4.2");
        planned.target = Some(Target { at: at(25), estimated: false });
        let mut tagged = Release::named("payments", "4.2");
        tagged.target = Some(Target { at: at(30), estimated: true });
        tagged.tag = Some(Text::new("v4.2"));
        let facts =
            |release: &Release| Facts { releases: vec![Arc::new(release.clone())], ..Facts::default() };
        let (plan, git) = (SourceId::new("plan"), SourceId::new("git"));
        let (plan_facts, git_facts) = (facts(&planned), facts(&tagged));
        for parts in [[(&plan, &plan_facts), (&git, &git_facts)], [(&git, &git_facts), (&plan, &plan_facts)]]
        {
            let world = World::union(parts);
            assert_eq!(world.releases.len(), 1);
            assert_eq!(world.releases[0].target, planned.target);
            assert_eq!(world.releases[0].tag, tagged.tag);
        }
    }
}
