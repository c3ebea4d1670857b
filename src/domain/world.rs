//! The union of all sources' facts.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use super::{
    Booking, Deployment, Environment, Facts, Freeze, Kind, Problem, PullRequest, Release, ReleaseId,
    SourceId, Story, TestRun,
};

/// All that is known at one time. Nothing is merged by guessing: only releases that several
/// sources name by the same identity are joined; every other item stands as its source
/// handed it over.
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
    /// What could not be read, by source.
    pub problems: Vec<(SourceId, Problem)>,
}

impl World {
    /// The union of `parts`. Where several sources describe one release, the first one that
    /// says something about a property is believed, so the order of `parts` is their rank:
    /// what people wrote down (plan, tracker) before what was derived (repository). A target
    /// that somebody set always beats an estimated one.
    pub fn union<'a>(parts: impl IntoIterator<Item = (&'a SourceId, &'a Facts)>) -> Self {
        let mut world = Self::default();
        let mut known: HashMap<ReleaseId, usize> = HashMap::new();
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
            world.pull_requests.extend(facts.pull_requests.iter().cloned());
            world.deployments.extend(facts.deployments.iter().cloned());
            world.environments.extend(facts.environments.iter().cloned());
            world.bookings.extend(facts.bookings.iter().cloned());
            world.freezes.extend(facts.freezes.iter().cloned());
            world.test_runs.extend(facts.test_runs.iter().cloned());
            world.problems.extend(facts.problems.iter().map(|problem| (source.clone(), problem.clone())));
        }
        world.test_runs.sort_by_key(|run| run.at);
        world
    }

    /// Whether a source covers `kind`.
    pub fn is_covered(&self, kind: Kind) -> bool {
        self.covers.contains_key(&kind)
    }
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
    use crate::domain::{Target, Text};

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
