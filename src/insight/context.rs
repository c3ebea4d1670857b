//! What every question needs: the world without repetitions, found by identity.

use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    hash::Hash,
    sync::Arc,
};

use ahash::RandomState;
use chrono::Duration;

use crate::domain::{
    Assumption, Booking, Build, Deployment, Environment, EnvironmentId, Finding, Freeze, Instant, Kind,
    Policy, Problem, PullRequest, Release, ReleaseId, SourceHealth, SourceId, Story, StoryKey, TestRun, Tier,
    World,
};

use super::{days::Days, words};

/// Where each item is, by its identity. Every key of a board is hashed for every board: with keys that
/// nobody outside can guess, as with the usual hasher, and in a third of its time.
type Positions<K> = HashMap<K, usize, RandomState>;

/// One world at one instant, under one policy. An item that is named twice counts once: the
/// first one stands, as the world is ordered by the rank of its sources.
pub(crate) struct Context<'a> {
    pub(crate) world: &'a World,
    pub(crate) policy: &'a Policy,
    pub(crate) now: Instant,
    pub(crate) days: Days,
    pub(crate) releases: Vec<&'a Arc<Release>>,
    pub(crate) stories: Vec<&'a Arc<Story>>,
    pub(crate) pull_requests: Vec<&'a Arc<PullRequest>>,
    /// By the start of the window.
    pub(crate) deployments: Vec<&'a Arc<Deployment>>,
    pub(crate) bookings: Vec<&'a Arc<Booking>>,
    pub(crate) freezes: Vec<&'a Arc<Freeze>>,
    /// Oldest first.
    pub(crate) test_runs: Vec<&'a Arc<TestRun>>,
    pub(crate) findings: Vec<&'a Arc<Finding>>,
    /// By repository and branch.
    pub(crate) builds: Vec<&'a Arc<Build>>,
    health: &'a [SourceHealth],
    /// Who does not tell all of a kind, and why.
    incomplete: HashMap<Kind, Vec<(&'a SourceId, &'a Problem)>>,
    release_by_id: Positions<&'a ReleaseId>,
    story_by_key: Positions<&'a StoryKey>,
    environment_by_id: HashMap<&'a EnvironmentId, &'a Arc<Environment>>,
    /// Positions in `deployments`.
    deployments_by_release: HashMap<&'a ReleaseId, Vec<usize>>,
}

/// How good the data of some kinds is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Freshness {
    /// No source has any.
    NotCovered,
    /// Every source that covers it answered lately.
    Fresh(Vec<SourceId>),
    /// A source did not, or what a source covers is not known yet.
    Stale {
        /// All that cover it.
        sources: Vec<SourceId>,
        /// Those that did not answer.
        stale: Vec<SourceId>,
        /// `git 14m stale`.
        why: String,
    },
    /// All answered lately, and one does not tell all.
    Incomplete {
        /// All that cover it, or would if they were let.
        sources: Vec<SourceId>,
        /// What is missing: `sonarqube: of 12345 hotspots 10000 were read`.
        why: String,
    },
}

impl<'a> Context<'a> {
    pub(crate) fn new(
        world: &'a World,
        health: &'a [SourceHealth],
        policy: &'a Policy,
        now: Instant,
    ) -> Self {
        let mut first_story = None;
        let (stories, story_by_key) = by_identity(&world.stories, |story| {
            first_story =
                Some(first_story.map_or(story.created_at, |first: Instant| first.min(story.created_at)));
            &story.key
        });
        let pull_requests = distinct(&world.pull_requests, |pull_request| &pull_request.id);
        let (releases, release_by_id) = by_identity(&world.releases, |release| &release.id);
        let mut deployments = distinct(&world.deployments, |deployment| &deployment.id);
        deployments.sort_by(|a, b| (a.window.from, &a.id).cmp(&(b.window.from, &b.id)));
        let mut deployments_by_release = HashMap::<&ReleaseId, Vec<usize>>::new();
        for (index, deployment) in deployments.iter().enumerate() {
            if let Some(release) = &deployment.release {
                deployments_by_release.entry(release).or_default().push(index);
            }
        }
        let mut bookings = distinct(&world.bookings, |booking| &booking.id);
        bookings.sort_by(|a, b| (a.window.from, &a.id).cmp(&(b.window.from, &b.id)));
        let mut freezes = distinct(&world.freezes, |freeze| (&freeze.name, freeze.window.from));
        freezes.sort_by(|a, b| (a.window.from, &a.name).cmp(&(b.window.from, &b.name)));
        let mut test_runs = distinct(&world.test_runs, |run| (&run.suite, run.at, &run.release, &run.commit));
        // Of two runs at once the worse one counts: last is newest.
        test_runs
            .sort_by(|a, b| (a.at, &a.suite, a.failed, a.passed).cmp(&(b.at, &b.suite, b.failed, b.passed)));
        let mut builds = distinct(&world.builds, |build| &build.id);
        builds.sort_by(|a, b| (&a.repository, &a.branch, &a.id).cmp(&(&b.repository, &b.branch, &b.id)));
        let mut incomplete = HashMap::<Kind, Vec<_>>::new();
        for (kind, source, problem) in world.incomplete() {
            incomplete.entry(kind).or_default().push((source, problem));
        }
        let earliest = first_story
            .into_iter()
            .chain(pull_requests.iter().filter_map(|pull_request| first_known(pull_request)))
            .chain(releases.iter().flat_map(|release| [release.start, release.released_at]).flatten())
            .min();
        Self {
            world,
            policy,
            now,
            days: Days::new(&policy.calendar, earliest.unwrap_or(now), now),
            health,
            incomplete,
            release_by_id,
            story_by_key,
            environment_by_id: world.environments.iter().rev().map(|one| (&one.id, one)).collect(),
            deployments_by_release,
            releases,
            stories,
            pull_requests,
            deployments,
            bookings,
            freezes,
            test_runs,
            findings: distinct(&world.findings, |finding| &finding.id),
            builds,
        }
    }

    /// Position of a release.
    pub(crate) fn release(&self, id: &ReleaseId) -> Option<usize> {
        self.release_by_id.get(id).copied()
    }

    /// The deployments of a release, by the start of their window.
    pub(crate) fn deployments_of(&self, id: &ReleaseId) -> impl Iterator<Item = &'a Arc<Deployment>> + '_ {
        let positions = self.deployments_by_release.get(id).map(Vec::as_slice).unwrap_or_default();
        positions.iter().map(|index| self.deployments[*index])
    }

    /// Position of a story.
    pub(crate) fn story(&self, key: &StoryKey) -> Option<usize> {
        self.story_by_key.get(key).copied()
    }

    /// Whether the story is assumed to be left out of the release, whatever else says that it
    /// belongs.
    pub(crate) fn is_left_out(&self, release: usize, story: &StoryKey) -> bool {
        let id = &self.releases[release].id;
        self.world.assumed.iter().any(|assumed| {
            assumed.release == *id && matches!(&assumed.assumption, Assumption::LeaveOut(key) if key == story)
        })
    }

    /// Whether the scope of the release is assumed to stay as it is.
    pub(crate) fn is_scope_frozen(&self, release: usize) -> bool {
        let id = &self.releases[release].id;
        let mut assumed = self.world.assumed.iter().filter(|assumed| assumed.release == *id);
        assumed.any(|assumed| assumed.assumption == Assumption::FreezeScope)
    }

    /// An environment that a source knows.
    pub(crate) fn environment(&self, id: &EnvironmentId) -> Option<&'a Environment> {
        self.environment_by_id.get(id).map(|environment| &***environment)
    }

    /// What an environment is for, where a source knows it.
    pub(crate) fn tier(&self, id: &EnvironmentId) -> Option<Tier> {
        self.environment(id).map(|environment| environment.tier)
    }

    /// Deployments there count as production.
    pub(crate) fn is_production(&self, id: &EnvironmentId) -> bool {
        match self.tier(id) {
            Some(tier) => tier == Tier::Production,
            // No source describes it: its name is all there is.
            None => id.as_str().to_ascii_lowercase().starts_with("prod"),
        }
    }

    /// The environment and the groups that hold it, innermost first.
    pub(crate) fn held_by(&self, id: &'a EnvironmentId) -> Vec<&'a EnvironmentId> {
        let mut chain = vec![id];
        while let Some(group) = chain
            .last()
            .and_then(|id| self.environment_by_id.get(*id))
            .and_then(|environment| environment.group.as_ref())
        {
            // A group that holds itself ends the chain.
            if chain.contains(&group) {
                break;
            }
            chain.push(group);
        }
        chain
    }

    /// How one source is doing.
    pub(crate) fn health(&self, source: &SourceId) -> Option<&'a SourceHealth> {
        self.health.iter().find(|health| health.id == *source)
    }

    /// How all sources are doing.
    pub(crate) fn all_health(&self) -> &'a [SourceHealth] {
        self.health
    }

    /// A source that never answered, so that nobody knows what it covers.
    pub(crate) fn unheard(&self) -> impl Iterator<Item = &'a SourceId> {
        let unheard = |health: &&SourceHealth| health.answered_at.is_none() && !health.is_own();
        self.health.iter().filter(unheard).map(|health| &health.id)
    }

    /// How good the data of all of `kinds` that are covered is.
    pub(crate) fn freshness(&self, kinds: &[Kind]) -> Freshness {
        let mut sources: Vec<&SourceId> = kinds
            .iter()
            .filter_map(|kind| self.world.covers.get(kind))
            .flat_map(|sources| sources.iter())
            // What a source may not see it does not even cover.
            .chain(self.missing(kinds).map(|(source, _)| source))
            .collect();
        sources.sort_unstable();
        sources.dedup();
        let sources: Vec<SourceId> = sources.into_iter().cloned().collect();
        if sources.is_empty() {
            let unheard: Vec<SourceId> = self.unheard().cloned().collect();
            if unheard.is_empty() {
                return Freshness::NotCovered;
            }
            let why = format!("{} has not answered", words::list(&names(&unheard), 2));
            return Freshness::Stale { sources: unheard.clone(), stale: unheard, why };
        }
        let stale: Vec<SourceId> = sources
            .iter()
            .filter(|source| self.health(source).is_none_or(|health| health.is_stale(self.now)))
            .cloned()
            .collect();
        if stale.is_empty() {
            let mut reasons: Vec<&str> =
                self.missing(kinds).map(|(_, problem)| problem.what.as_str()).collect();
            reasons.dedup();
            return if reasons.is_empty() {
                Freshness::Fresh(sources)
            } else {
                Freshness::Incomplete { sources, why: format!("incomplete: {}", words::list(&reasons, 1)) }
            };
        }
        let why = stale.iter().map(|source| self.staleness(source)).collect::<Vec<_>>();
        Freshness::Stale { sources, stale, why: words::list(&why, 2) }
    }

    /// Who does not tell all of `kinds`, and why.
    pub(crate) fn missing(&self, kinds: &[Kind]) -> impl Iterator<Item = (&'a SourceId, &'a Problem)> {
        kinds.iter().filter_map(|kind| self.incomplete.get(kind)).flatten().copied()
    }

    /// `git 14m stale`: for how long no answer has come from it.
    pub(crate) fn staleness(&self, source: &SourceId) -> String {
        match self.health(source).and_then(|health| health.answered_at) {
            Some(at) => format!("{source} {} stale", words::age(self.now - at)),
            None => format!("{source} has not answered"),
        }
    }
}

/// `instant` moved by `by`; where no calendar reaches so far, not moved.
pub(crate) fn later(instant: Instant, by: Duration) -> Instant {
    instant.checked_add_signed(by).unwrap_or(instant)
}

/// The first instant at which a pull request is known to have been.
pub(crate) fn first_known(pull_request: &PullRequest) -> Option<Instant> {
    let PullRequest { opened_at, started_at, merged_at, closed_at, updated_at, .. } = pull_request;
    opened_at.or(*started_at).or(*merged_at).or(*closed_at).or(*updated_at)
}

fn names(sources: &[SourceId]) -> Vec<&str> {
    sources.iter().map(SourceId::as_str).collect()
}

fn distinct<'a, T, K: Eq + Hash + 'a>(items: &'a [Arc<T>], key: impl Fn(&'a T) -> K) -> Vec<&'a Arc<T>> {
    let mut seen = HashSet::with_capacity_and_hasher(items.len(), RandomState::new());
    items.iter().filter(|item| seen.insert(key(item))).collect()
}

/// The distinct ones, and where each is, in one pass: a hash of every key is what costs.
fn by_identity<'a, T, K: Eq + Hash + 'a>(
    items: &'a [Arc<T>],
    mut key: impl FnMut(&'a T) -> K,
) -> (Vec<&'a Arc<T>>, Positions<K>) {
    let mut distinct = Vec::with_capacity(items.len());
    let mut positions = Positions::with_capacity_and_hasher(items.len(), RandomState::new());
    for item in items {
        if let Entry::Vacant(free) = positions.entry(key(item)) {
            free.insert(distinct.len());
            distinct.push(item);
        }
    }
    (distinct, positions)
}
