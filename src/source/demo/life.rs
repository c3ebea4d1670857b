//! Lives of items: the whole of one, from its first event to its last, and what of it is
//! known at an instant.

use std::sync::Arc;

use chrono::Duration;

use crate::domain::{
    Category, Check, CheckOutcome, Deployment, DeploymentState, Finding, FindingState, Instant, Mergeability,
    PullRequest, PullRequestState, Release, ReleaseId, ScopeChange, Step, Story, Target, Text,
};

/// An item with all its events, those to come included.
pub(super) trait Life {
    /// What it is at one instant.
    type Item;

    /// What is known of it at `now`: nothing before its first event, and the same `Arc` for
    /// every instant after its last one.
    fn at(&self, now: Instant) -> Option<Arc<Self::Item>>;

    /// Tells `each` every instant at which it changes, in any order.
    fn times(&self, each: &mut dyn FnMut(Instant));
}

/// The latest change of a life.
fn last_change(life: &impl Life) -> Instant {
    let mut last = Instant::MIN_UTC;
    life.times(&mut |at| last = last.max(at));
    last
}

/// What held at `now`, of what holds from some instants on, oldest first.
fn latest<T>(changes: &[(Instant, T)], now: Instant) -> Option<&T> {
    changes.iter().rev().find(|(at, _)| *at <= now).map(|(_, value)| value)
}

/// An item that never changes once it is known.
pub(super) struct Known<T> {
    /// Since when it is known.
    pub(super) from: Instant,
    /// The item.
    pub(super) item: Arc<T>,
}

impl<T> Known<T> {
    /// `item`, known from `from` on.
    pub(super) fn new(from: Instant, item: T) -> Self {
        Self { from, item: Arc::new(item) }
    }
}

impl<T> Life for Known<T> {
    type Item = T;

    fn at(&self, now: Instant) -> Option<Arc<T>> {
        (self.from <= now).then(|| Arc::clone(&self.item))
    }

    fn times(&self, each: &mut dyn FnMut(Instant)) {
        each(self.from);
    }
}

/// The life of a finding: open, then fixed or dismissed.
pub(super) struct FindingLife {
    open: Arc<Finding>,
    closed: Arc<Finding>,
    closed_at: Instant,
}

impl FindingLife {
    /// The life of `finding` from `opened_at` until `closed`.
    pub(super) fn new(finding: Finding, opened_at: Instant, closed: (Instant, FindingState)) -> Self {
        let (closed_at, state) = closed;
        let open = Finding { opened_at, state: FindingState::Open, closed_at: None, ..finding };
        let closed = Finding { state, closed_at: Some(closed_at), ..open.clone() };
        Self { open: Arc::new(open), closed: Arc::new(closed), closed_at }
    }
}

impl Life for FindingLife {
    type Item = Finding;

    fn at(&self, now: Instant) -> Option<Arc<Finding>> {
        match now {
            now if now < self.open.opened_at => None,
            now if now < self.closed_at => Some(Arc::clone(&self.open)),
            _ => Some(Arc::clone(&self.closed)),
        }
    }

    fn times(&self, each: &mut dyn FnMut(Instant)) {
        each(self.open.opened_at);
        each(self.closed_at);
    }
}

/// The life of a story or defect.
pub(super) struct StoryLife {
    whole: Arc<Story>,
    owned_from: Instant,
    blocked_from: Instant,
    settled: Instant,
}

impl StoryLife {
    /// The life of `story`, whose moves and scope are complete; status, category and releases
    /// follow from them. It gets its owner at `owned_from`, and is known to be blocked from
    /// `blocked_from` on.
    pub(super) fn new(mut story: Story, owned_from: Instant, blocked_from: Instant) -> Self {
        story.moves.sort_by_key(|change| change.at);
        let mut earliest = story.created_at;
        for change in &mut story.moves {
            change.at = change.at.max(earliest);
            earliest = change.at + Duration::minutes(1);
        }
        story.scope.sort_by_key(|change| change.at);
        conclude(&mut story);
        let mut life = Self { whole: Arc::new(story), owned_from, blocked_from, settled: Instant::MIN_UTC };
        life.settled = last_change(&life);
        life
    }
}

/// Derives what follows from a story's events.
fn conclude(story: &mut Story) {
    story.category = story.moves.last().map_or(Category::ToDo, |change| change.to);
    story.status = Text::new(match story.category {
        Category::ToDo => "To do",
        Category::InProgress => "In progress",
        Category::InReview => "In review",
        Category::InTest => "In test",
        Category::Done => "Done",
        Category::Dropped => "Won't do",
        Category::Unknown => "?",
    });
    let mut releases: Vec<ReleaseId> = Vec::new();
    for change in &story.scope {
        releases.retain(|release| *release != change.release);
        if change.change == ScopeChange::Added {
            releases.push(change.release.clone());
        }
    }
    story.releases = releases;
}

impl Life for StoryLife {
    type Item = Story;

    fn at(&self, now: Instant) -> Option<Arc<Story>> {
        if now >= self.settled {
            return Some(Arc::clone(&self.whole));
        }
        if now < self.whole.created_at {
            return None;
        }
        let mut story = Story::clone(&self.whole);
        story.moves.retain(|change| change.at <= now);
        story.scope.retain(|change| change.at <= now);
        if now < self.owned_from {
            story.owner = None;
        }
        if now < self.blocked_from {
            story.blocked_by.clear();
        }
        conclude(&mut story);
        Some(Arc::new(story))
    }

    fn times(&self, each: &mut dyn FnMut(Instant)) {
        each(self.whole.created_at);
        self.whole.moves.iter().for_each(|change| each(change.at));
        self.whole.scope.iter().for_each(|change| each(change.at));
        if self.whole.owner.is_some() {
            each(self.owned_from);
        }
        if !self.whole.blocked_by.is_empty() {
            each(self.blocked_from);
        }
    }
}

/// Checks of every pull request: name, step, whether it must pass.
pub(super) const CHECKS: [(&str, Step, bool); 5] = [
    ("build", Step::Build, true),
    ("lint", Step::Build, true),
    ("unit", Step::Test, true),
    ("integration", Step::Test, true),
    ("contract", Step::Test, false),
];

/// Something that a check did: it began (running) or ended.
#[derive(Clone, Copy)]
pub(super) struct CheckRun {
    /// When.
    pub(super) at: Instant,
    /// Which of [`CHECKS`].
    pub(super) check: usize,
    /// With which result.
    pub(super) outcome: CheckOutcome,
}

/// The life of a pull request.
pub(super) struct PullRequestLife {
    whole: Arc<PullRequest>,
    opened_at: Instant,
    /// All runs of its checks, oldest first.
    runs: Vec<CheckRun>,
    /// What the forge says of merging it, from when on.
    mergeability: Vec<(Instant, Mergeability)>,
    /// Who was asked for a review, and when.
    asked: Vec<(Instant, Text)>,
    settled: Instant,
}

impl PullRequestLife {
    /// The life of `pull_request`, whose reviews and dates are complete; its checks,
    /// mergeability, state and requested reviewers follow from the rest.
    pub(super) fn new(
        mut pull_request: PullRequest,
        opened_at: Instant,
        mut runs: Vec<CheckRun>,
        mut mergeability: Vec<(Instant, Mergeability)>,
        asked: Vec<(Instant, Text)>,
    ) -> Self {
        pull_request.reviews.sort_by_key(|review| review.at);
        runs.sort_by_key(|run| run.at);
        mergeability.sort_by_key(|(at, _)| *at);
        pull_request.opened_at = Some(opened_at);
        let mut life = Self {
            whole: Arc::new(pull_request),
            opened_at,
            runs,
            mergeability,
            asked,
            settled: Instant::MIN_UTC,
        };
        life.settled = last_change(&life);
        life.whole = Arc::new(life.trimmed(life.settled));
        life
    }

    fn trimmed(&self, now: Instant) -> PullRequest {
        let mut known = PullRequest::clone(&self.whole);
        for date in [&mut known.merged_at, &mut known.closed_at, &mut known.ready_at, &mut known.deployed_at]
        {
            *date = date.filter(|at| *at <= now);
        }
        known.draft = known.ready_at.is_none();
        known.state = match (known.merged_at, known.closed_at) {
            (Some(_), _) => PullRequestState::Merged,
            (None, Some(_)) => PullRequestState::Closed,
            (None, None) => PullRequestState::Open,
        };
        if known.merged_at.is_none() {
            known.merge_commit = None;
            known.release = None;
        }
        known.reviews.retain(|review| review.at <= now);
        // Checks begin to run when something is pushed.
        let began = self.runs.iter().filter(|run| run.outcome == CheckOutcome::Running && run.at <= now);
        let pushed = began.map(|run| run.at).max();
        for review in &mut known.reviews {
            review.of_head = pushed.map(|pushed| pushed <= review.at);
        }
        known.checks = CHECKS
            .iter()
            .enumerate()
            .filter_map(|(index, (name, step, required))| {
                let run = self.runs.iter().rev().find(|run| run.check == index && run.at <= now)?;
                let (name, step, required) = (Text::new(name), *step, *required);
                Some(Check { name, step, required, outcome: run.outcome, at: Some(run.at) })
            })
            .collect();
        known.mergeability = latest(&self.mergeability, now).copied().unwrap_or(Mergeability::Unknown);
        known.requested_reviewers = self
            .asked
            .iter()
            .filter(|(at, _)| *at <= now && known.state == PullRequestState::Open)
            .filter(|(at, who)| {
                !known.reviews.iter().any(|review| review.at >= *at && review.reviewer == *who)
            })
            .map(|(_, who)| who.clone())
            .collect();
        let mut updated = self.opened_at;
        self.times(&mut |at| {
            if at <= now {
                updated = updated.max(at);
            }
        });
        known.updated_at = Some(updated);
        known
    }
}

impl Life for PullRequestLife {
    type Item = PullRequest;

    fn at(&self, now: Instant) -> Option<Arc<PullRequest>> {
        if now >= self.settled {
            return Some(Arc::clone(&self.whole));
        }
        (now >= self.opened_at).then(|| Arc::new(self.trimmed(now)))
    }

    fn times(&self, each: &mut dyn FnMut(Instant)) {
        each(self.opened_at);
        let whole = &self.whole;
        let dates = [whole.ready_at, whole.merged_at, whole.closed_at, whole.deployed_at];
        dates.into_iter().flatten().for_each(&mut *each);
        whole.reviews.iter().for_each(|review| each(review.at));
        self.runs.iter().for_each(|run| each(run.at));
        self.mergeability.iter().for_each(|(at, _)| each(*at));
        self.asked.iter().for_each(|(at, _)| each(*at));
    }
}

/// The life of a deployment.
pub(super) struct DeploymentLife {
    whole: Arc<Deployment>,
    /// Where it stands from when on; the first entry is when it was planned.
    states: Vec<(Instant, DeploymentState)>,
    settled: Instant,
}

impl DeploymentLife {
    /// The life of `deployment`, whose dates are complete; its state follows from `states`,
    /// oldest first.
    pub(super) fn new(mut deployment: Deployment, states: Vec<(Instant, DeploymentState)>) -> Self {
        if let Some((_, state)) = states.last() {
            deployment.state = *state;
        }
        let mut life = Self { whole: Arc::new(deployment), states, settled: Instant::MIN_UTC };
        life.settled = last_change(&life);
        life
    }
}

impl Life for DeploymentLife {
    type Item = Deployment;

    fn at(&self, now: Instant) -> Option<Arc<Deployment>> {
        if now >= self.settled {
            return Some(Arc::clone(&self.whole));
        }
        let state = *latest(&self.states, now)?;
        let mut known = Deployment::clone(&self.whole);
        let past = |at: Option<Instant>| at.filter(|at| *at <= now);
        known.state = state;
        known.started_at = past(known.started_at);
        known.finished_at = past(known.finished_at);
        for activity in &mut known.activities {
            activity.started_at = past(activity.started_at);
            activity.finished_at = past(activity.finished_at);
        }
        Some(Arc::new(known))
    }

    fn times(&self, each: &mut dyn FnMut(Instant)) {
        self.states.iter().for_each(|(at, _)| each(*at));
        let whole = &self.whole;
        whole.started_at.into_iter().chain(whole.finished_at).for_each(&mut *each);
        for activity in &whole.activities {
            activity.started_at.into_iter().chain(activity.finished_at).for_each(&mut *each);
        }
    }
}

/// The life of a release.
pub(super) struct ReleaseLife {
    whole: Arc<Release>,
    known_from: Instant,
    /// What it is meant to be ready by, from when on.
    targets: Vec<(Instant, Target)>,
    /// Its newest commit, from when on.
    heads: Vec<(Instant, Text)>,
    settled: Instant,
}

impl ReleaseLife {
    /// The life of `release`, known from `known_from` on; its target and commit follow from
    /// `targets` and `heads`, oldest first.
    pub(super) fn new(
        mut release: Release,
        known_from: Instant,
        targets: Vec<(Instant, Target)>,
        heads: Vec<(Instant, Text)>,
    ) -> Self {
        release.target = targets.last().map(|(_, target)| *target);
        release.commit = heads.last().map(|(_, head)| head.clone());
        let mut life =
            Self { whole: Arc::new(release), known_from, targets, heads, settled: Instant::MIN_UTC };
        life.settled = last_change(&life);
        life
    }
}

impl Life for ReleaseLife {
    type Item = Release;

    fn at(&self, now: Instant) -> Option<Arc<Release>> {
        if now >= self.settled {
            return Some(Arc::clone(&self.whole));
        }
        if now < self.known_from {
            return None;
        }
        let mut known = Release::clone(&self.whole);
        known.target = latest(&self.targets, now).copied();
        known.commit = latest(&self.heads, now).cloned();
        known.released_at = known.released_at.filter(|at| *at <= now);
        if known.released_at.is_none() {
            known.tag = None;
        }
        Some(Arc::new(known))
    }

    fn times(&self, each: &mut dyn FnMut(Instant)) {
        each(self.known_from);
        self.targets.iter().for_each(|(at, _)| each(*at));
        self.heads.iter().for_each(|(at, _)| each(*at));
        self.whole.released_at.into_iter().for_each(each);
    }
}
