//! What of the board before still holds, so that a board on which little changed is little work.
//!
//! Of a release that went out nearly everything rests on its own items, not on the time: its
//! burn-down, its rows, its features. That is taken over as it is, if everything that it rests on is
//! the same: by identity, as boards share items by `Arc` (the board before is kept meanwhile, so
//! that no address is ever another item's), else by value. Its gates are asked anew, as sources get stale.
//!
//! The result is that of deriving from nothing; a test in this room compares the two.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

use chrono::NaiveDate;

use crate::domain::{
    Build, DayFigures, Deployment, Environment, Finding, Instant, Kind, Policy, PullRequest,
    PullRequestState, Release, SourceId, Story, StoryKey, TestRun,
};

use super::{
    ReleaseInsight, burn_down::Progress, context::Context, membership::Membership, pull_requests::Way,
    stories, stories::UsualAges,
};

/// Beyond so many changed stories their usual ages are learnt anew.
const FEW: usize = 500;

/// What the newest board of somebody was made of. Whoever derives takes it, and puts back what
/// follows: two at once are never mixed, one of them starts from nothing.
#[derive(Debug, Default)]
pub(crate) struct BoardBefore(Mutex<Option<Box<Before>>>);

impl BoardBefore {
    fn take(&self) -> Option<Box<Before>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn put(&self, before: Box<Before>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(before);
    }
}

/// What a board was made of, and what came of it.
#[derive(Debug)]
struct Before {
    rests_on: RestsOn,
    stories: Vec<Arc<Story>>,
    pull_requests: Vec<Arc<PullRequest>>,
    membership: Arc<Membership>,
    usual_ages: UsualAges,
    /// By position of the pull request.
    ways: Vec<Arc<Way>>,
    /// By position of the release.
    finished: Vec<Option<Finished>>,
}

/// What all of a board rests on, stories and pull requests apart.
#[derive(Debug)]
struct RestsOn {
    now: Instant,
    /// The first day that is told apart, and today.
    days: (NaiveDate, NaiveDate),
    policy: Policy,
    covers: BTreeMap<Kind, BTreeSet<SourceId>>,
    observed_from: Vec<(SourceId, Option<Instant>)>,
    has_forge: bool,
    releases: Vec<Arc<Release>>,
    deployments: Vec<Arc<Deployment>>,
    environments: Vec<Arc<Environment>>,
    test_runs: Vec<Arc<TestRun>>,
    findings: Vec<Arc<Finding>>,
    builds: Vec<Arc<Build>>,
    kept_days: Vec<Arc<DayFigures>>,
}

/// A release that went out, and whose items have nothing ahead of them.
#[derive(Clone, Debug)]
pub(crate) struct Finished {
    pub(crate) progress: Arc<Progress>,
    pub(crate) insight: Arc<ReleaseInsight>,
    /// A story of it is under way still: its row says how long that usually lasts.
    has_ages: bool,
}

/// What of a board holds for the next one: nothing of it where nothing is known.
pub(crate) struct Unchanged {
    before: Option<Box<Before>>,
    /// Positions of what is another item with the same name.
    stories: Vec<usize>,
    pull_requests: Vec<usize>,
    /// By position of the story: it changed, or names one that did.
    is_touched: Vec<bool>,
    is_changed_request: Vec<bool>,
    usual_ages_are_the_same: bool,
}

impl Unchanged {
    /// What of the board before holds in `context`, of which nothing may be assumed.
    pub(crate) fn of(before: &BoardBefore, context: &Context<'_>) -> Self {
        let mut unchanged = Self {
            before: None,
            stories: Vec::new(),
            pull_requests: Vec::new(),
            is_touched: Vec::new(),
            is_changed_request: Vec::new(),
            usual_ages_are_the_same: false,
        };
        if !context.world.assumed.is_empty() {
            return unchanged;
        }
        let Some(before) = before.take().filter(|before| before.rests_on.holds(context)) else {
            return unchanged;
        };
        let changed_stories = changed(&before.stories, &context.stories, |story| &story.key);
        let changed_requests = changed(&before.pull_requests, &context.pull_requests, |request| &request.id);
        let (Some(stories), Some(pull_requests)) = (changed_stories, changed_requests) else {
            return unchanged;
        };
        unchanged.is_touched = touched(context, &stories);
        unchanged.is_changed_request = vec![false; context.pull_requests.len()];
        for item in &pull_requests {
            unchanged.is_changed_request[*item] = true;
        }
        (unchanged.stories, unchanged.pull_requests) = (stories, pull_requests);
        unchanged.before = Some(before);
        unchanged
    }

    /// Who belongs where.
    pub(crate) fn membership(&self, context: &Context<'_>) -> Arc<Membership> {
        let Some(before) = &self.before else { return Arc::new(Membership::of(context)) };
        let stories_stay = self
            .stories
            .iter()
            .all(|item| is_story_placed_alike(&before.stories[*item], context.stories[*item]));
        let requests_stay = self
            .pull_requests
            .iter()
            .all(|item| is_request_placed_alike(&before.pull_requests[*item], context.pull_requests[*item]));
        if stories_stay && requests_stay {
            Arc::clone(&before.membership)
        } else {
            Arc::new(Membership::of(context))
        }
    }

    /// How long stories usually stay in a status.
    pub(crate) fn usual_ages(&mut self, context: &Context<'_>) -> UsualAges {
        let Some(before) = &mut self.before else { return UsualAges::learn(context) };
        let mut ages = std::mem::take(&mut before.usual_ages);
        let percentiles = ages.percentiles().clone();
        if self.stories.len() > FEW {
            ages = UsualAges::learn(context);
        } else if !self.stories.is_empty() {
            let changes =
                self.stories.iter().map(|item| (&*before.stories[*item], &**context.stories[*item]));
            ages.replace(changes);
        }
        self.usual_ages_are_the_same = percentiles == *ages.percentiles();
        ages
    }

    /// The way of the pull request at this position, if that is the same and has come to its end.
    pub(crate) fn way(&self, item: usize) -> Option<&Arc<Way>> {
        let way = self.before.as_ref()?.ways.get(item)?;
        (way.has_ended() && !self.is_changed_request[item]).then_some(way)
    }

    /// What was said of the release at this position, if it would be said again, its gates apart.
    pub(crate) fn finished(&self, membership: &Arc<Membership>, release: usize) -> Option<&Finished> {
        let before = self.before.as_ref()?;
        let finished = before.finished[release].as_ref()?;
        if finished.has_ages && !self.usual_ages_are_the_same {
            return None;
        }
        let has_changed_story = items(membership, release).any(|item| self.is_touched[item]);
        let requests = &membership.pull_requests[release];
        if has_changed_story || requests.iter().any(|member| self.is_changed_request[member.item]) {
            return None;
        }
        (Arc::ptr_eq(membership, &before.membership)
            || is_made_of_the_same(membership, &before.membership, release))
        .then_some(finished)
    }

    /// Keeps for the next board what came of this one: `made` is by position of the release.
    pub(crate) fn keep(
        self,
        kept: &BoardBefore,
        context: &Context<'_>,
        membership: Arc<Membership>,
        usual_ages: UsualAges,
        ways: Vec<Arc<Way>>,
        made: Vec<(Arc<Progress>, Arc<ReleaseInsight>)>,
    ) {
        if !context.world.assumed.is_empty() {
            return;
        }
        let now = context.now;
        // A figure that is kept of later than now would count later.
        let is_past = context.world.days.iter().all(|day| day.at < now);
        let finished = made.into_iter().enumerate().map(|(release, (progress, insight))| {
            let has_ages = match self.finished(&membership, release) {
                Some(known) => known.has_ages,
                None if is_past && is_settled(context, &membership, release) => {
                    insight.stories.iter().any(|row| stories::is_under_way(row.story.category))
                }
                None => return None,
            };
            Some(Finished { progress, insight, has_ages })
        });
        let finished: Vec<Option<Finished>> = finished.collect();
        let before = match self.before {
            Some(mut before) => {
                for item in self.stories {
                    before.stories[item] = Arc::clone(context.stories[item]);
                }
                for item in self.pull_requests {
                    before.pull_requests[item] = Arc::clone(context.pull_requests[item]);
                }
                before.rests_on.now = now;
                (before.membership, before.usual_ages) = (membership, usual_ages);
                (before.ways, before.finished) = (ways, finished);
                before
            }
            None => Box::new(Before {
                rests_on: RestsOn::of(context),
                stories: shared(&context.stories),
                pull_requests: shared(&context.pull_requests),
                membership,
                usual_ages,
                ways,
                finished,
            }),
        };
        kept.put(before);
    }
}

impl RestsOn {
    fn of(context: &Context<'_>) -> Self {
        let world = context.world;
        Self {
            now: context.now,
            days: days(context),
            policy: context.policy.clone(),
            covers: world.covers.clone(),
            observed_from: observed_from(context),
            has_forge: has_forge(context),
            releases: shared(&context.releases),
            deployments: shared(&context.deployments),
            environments: world.environments.clone(),
            test_runs: shared(&context.test_runs),
            findings: shared(&context.findings),
            builds: shared(&context.builds),
            kept_days: world.days.clone(),
        }
    }

    /// Whether all of it is the same, and no time was turned back.
    fn holds(&self, context: &Context<'_>) -> bool {
        let world = context.world;
        self.now <= context.now
            && self.days == days(context)
            && self.has_forge == has_forge(context)
            && is_same(&self.releases, context.releases.iter().copied())
            && is_same(&self.deployments, context.deployments.iter().copied())
            && is_same(&self.environments, &world.environments)
            && is_same(&self.test_runs, context.test_runs.iter().copied())
            && is_same(&self.findings, context.findings.iter().copied())
            && is_same(&self.builds, context.builds.iter().copied())
            && is_same(&self.kept_days, &world.days)
            && self.covers == world.covers
            && self.observed_from == observed_from(context)
            && self.policy == *context.policy
    }
}

fn days(context: &Context<'_>) -> (NaiveDate, NaiveDate) {
    (context.days.date(0), context.days.date(context.days.today()))
}

fn observed_from(context: &Context<'_>) -> Vec<(SourceId, Option<Instant>)> {
    context.all_health().iter().map(|health| (health.id.clone(), health.observed_from)).collect()
}

fn has_forge(context: &Context<'_>) -> bool {
    context.pull_requests.iter().any(|request| request.number.is_some())
}

fn shared<T>(items: &[&Arc<T>]) -> Vec<Arc<T>> {
    items.iter().map(|item| Arc::clone(item)).collect()
}

/// Nearly all are the same by identity; what is joined of two sources is made anew each time.
fn is_equal<T: PartialEq>(one: &Arc<T>, other: &Arc<T>) -> bool {
    Arc::ptr_eq(one, other) || **one == **other
}

fn is_same<'a, T: PartialEq + 'a>(before: &[Arc<T>], now: impl IntoIterator<Item = &'a Arc<T>>) -> bool {
    let mut now = now.into_iter();
    before.iter().all(|one| now.next().is_some_and(|other| is_equal(one, other))) && now.next().is_none()
}

/// Positions of what is another item with the same name; none where names came, went or moved.
fn changed<T: PartialEq, K: PartialEq>(
    before: &[Arc<T>],
    now: &[&Arc<T>],
    name: impl Fn(&T) -> &K,
) -> Option<Vec<usize>> {
    if before.len() != now.len() {
        return None;
    }
    let pairs = before.iter().zip(now).enumerate();
    let others: Vec<usize> =
        pairs.filter(|(_, (one, other))| !is_equal(one, other)).map(|(item, _)| item).collect();
    others.iter().all(|item| name(&before[*item]) == name(now[*item])).then_some(others)
}

/// By position of the story: it is one of `changed`, or waits for one of those or is a part of it.
fn touched(context: &Context<'_>, changed: &[usize]) -> Vec<bool> {
    let mut is_touched = vec![false; context.stories.len()];
    if changed.is_empty() {
        return is_touched;
    }
    let names: HashSet<&StoryKey> = changed.iter().map(|item| &context.stories[*item].key).collect();
    for (is_touched, story) in is_touched.iter_mut().zip(&context.stories) {
        *is_touched = story.blocked_by.iter().chain(&story.parent).any(|key| names.contains(key));
    }
    for item in changed {
        is_touched[*item] = true;
    }
    is_touched
}

/// All that says where a story belongs is the same.
fn is_story_placed_alike(one: &Story, other: &Story) -> bool {
    let moved =
        |story: &Story| -> Vec<_> { story.scope.iter().map(|change| change.release.clone()).collect() };
    one.releases == other.releases && one.labels == other.labels && moved(one) == moved(other)
}

/// All that says where a pull request belongs, and what that says of others, is the same.
fn is_request_placed_alike(one: &PullRequest, other: &PullRequest) -> bool {
    let of = |request: &PullRequest| {
        let PullRequest { repository, milestone, stories, base, release, branch, labels, state, .. } =
            request.clone();
        (repository, milestone, stories, base, release, branch, labels, state)
    };
    of(one) == of(other)
}

/// Stories that are or were in a release, by position.
fn items(membership: &Membership, release: usize) -> impl Iterator<Item = usize> {
    let members = membership.stories[release].iter().map(|member| member.item);
    members.chain(membership.left[release].iter().copied())
}

/// A release has the same items for the same reasons.
fn is_made_of_the_same(one: &Membership, other: &Membership, release: usize) -> bool {
    one.stories[release] == other.stories[release]
        && one.left[release] == other.left[release]
        && one.pull_requests[release] == other.pull_requests[release]
        && one.test_runs[release] == other.test_runs[release]
        && one.builds[release] == other.builds[release]
        && one.taken_over[release] == other.taken_over[release]
        && items(one, release).all(|item| one.by_story[item] == other.by_story[item])
}

/// Whether a release went out, and nothing that is known of its items is still to come: then the
/// time that passes until the end of the day changes nothing of it.
fn is_settled(context: &Context<'_>, membership: &Membership, release: usize) -> bool {
    let is_past = |at: Instant| at < context.now;
    context.releases[release].released_at.is_some_and(is_past)
        && items(membership, release).all(|item| {
            let story = context.stories[item];
            is_past(story.created_at)
                && story.moves.iter().all(|change| is_past(change.at))
                && story.scope.iter().all(|change| is_past(change.at))
        })
        && membership.pull_requests[release].iter().all(|member| {
            let request = context.pull_requests[member.item];
            let PullRequest { started_at, opened_at, ready_at, merged_at, closed_at, deployed_at, .. } =
                **request;
            let known = [started_at, opened_at, ready_at, merged_at, closed_at, deployed_at];
            request.state != PullRequestState::Open
                && known.into_iter().chain([request.updated_at]).flatten().all(is_past)
                && request.reviews.iter().all(|review| is_past(review.at))
        })
        && membership.test_runs[release].iter().all(|run| is_past(context.test_runs[*run].at))
}
