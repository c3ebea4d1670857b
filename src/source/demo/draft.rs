//! The organisation while it is being made: items that later steps still add events to.

use chrono::Duration;
use fastrand::Rng;

use crate::domain::{
    Category, CheckOutcome, Instant, Mergeability, PullRequest, PullRequestState, Release, ReleaseId, Review,
    ReviewVerdict, ScopeChange, ScopeMove, Severity, StatusMove, Story, StoryKey, StoryKind, Target, Text,
};

use super::{
    cast::{PRODUCTS, Product},
    life::{CHECKS, CheckRun, DeploymentLife, Known, PullRequestLife, StoryLife},
    rhythm::{Rhythm, between, chance, commit, pick},
};

/// All that was made so far.
pub(super) struct Draft {
    pub(super) seed: u64,
    pub(super) anchor: Instant,
    pub(super) rhythm: Rhythm,
    pub(super) releases: Vec<ReleaseDraft>,
    pub(super) stories: Vec<StoryDraft>,
    pub(super) pull_requests: Vec<PullRequestDraft>,
    pub(super) deployments: Vec<DeploymentLife>,
    pub(super) bookings: Vec<Known<crate::domain::Booking>>,
}

impl Draft {
    /// So many hours after the anchor, or before it.
    pub(super) fn hours(&self, hours: f64) -> Instant {
        self.anchor + Duration::seconds((hours * 3_600.0) as i64)
    }

    /// The end of the last working day before the anchor.
    pub(super) fn today(&self) -> f64 {
        self.rhythm.position(self.anchor) - 0.02
    }
}

/// A release being made.
pub(super) struct ReleaseDraft {
    pub(super) release: Release,
    /// Index of its product.
    pub(super) product: usize,
    pub(super) known_from: Instant,
    /// When its work begins; that of the release before ends then.
    pub(super) works_from: Instant,
    pub(super) targets: Vec<(Instant, Target)>,
}

impl ReleaseDraft {
    /// A release of `product` with the usual owner, links and rules.
    pub(super) fn new(product: usize, version: &str, known_from: Instant, works_from: Instant) -> Self {
        let details = &PRODUCTS[product];
        let mut release = Release::named(details.name, version);
        release.owner = Some(Text::new(details.lead));
        release.start = Some(works_from);
        release.rules = vec![crate::domain::MatchRule::Milestone(release.id.text().clone())];
        release.url = Some(link("releases", release.id.as_str()));
        Self { release, product, known_from, works_from, targets: Vec::new() }
    }

    /// From `since` on it is meant to be ready by `at`.
    pub(super) fn aim(&mut self, since: Instant, at: Instant) {
        self.targets.push((since, Target { at, estimated: false }));
    }
}

/// Where a person would read more, if the organisation were real.
pub(super) fn link(kind: &str, name: &str) -> Text {
    Text::new(format!("https://example.com/{kind}/{}", name.replace([' ', '#'], "/")))
}

/// A story being made.
pub(super) struct StoryDraft {
    pub(super) story: Story,
    pub(super) owned_from: Instant,
    pub(super) blocked_from: Instant,
}

impl StoryDraft {
    /// A story of `product` that nobody has touched yet.
    pub(super) fn new(
        product: &Product,
        number: i64,
        title: &str,
        created_at: Instant,
        rng: &mut Rng,
    ) -> Self {
        let key = product.key(number);
        let points = [1.0, 2.0, 3.0, 3.0, 5.0, 5.0, 8.0];
        let story = Story {
            url: Some(link("browse", &key)),
            category: Category::ToDo,
            points: Some(pick(rng, &points)),
            component: Some(Text::new(pick(rng, product.components))),
            ..Story::new(&key, title, created_at)
        };
        Self { story, owned_from: created_at, blocked_from: created_at }
    }

    /// Makes it a defect.
    pub(super) fn defect(mut self, severity: Severity) -> Self {
        self.story.kind = StoryKind::Defect;
        self.story.severity = Some(severity);
        self.story.points = None;
        self.story.labels = vec![Text::new("bug")];
        self
    }

    /// What its status means after the moves so far.
    pub(super) fn category(&self) -> Category {
        self.story.moves.last().map_or(Category::ToDo, |change| change.to)
    }

    /// It gets another status.
    pub(super) fn moves(&mut self, at: Instant, to: Category) {
        self.story.moves.push(StatusMove { at, to });
    }

    /// It enters a release.
    pub(super) fn joins(&mut self, at: Instant, release: &ReleaseId) {
        self.scope(at, release, ScopeChange::Added);
    }

    /// It leaves a release.
    pub(super) fn leaves(&mut self, at: Instant, release: &ReleaseId) {
        self.scope(at, release, ScopeChange::Removed);
    }

    fn scope(&mut self, at: Instant, release: &ReleaseId, change: ScopeChange) {
        self.story.scope.push(ScopeMove { at, release: release.clone(), change });
    }

    /// Somebody takes it.
    pub(super) fn taken(&mut self, at: Instant, by: &str) {
        self.story.owner = Some(Text::new(by));
        self.owned_from = at;
    }

    /// It has to wait for `other`, which exists since `existing_since`.
    pub(super) fn waits_for(&mut self, other: &StoryKey, existing_since: Instant) {
        self.story.blocked_by.push(other.clone());
        self.blocked_from = self.blocked_from.max(existing_since).max(self.story.created_at);
    }

    /// When it first got to `category`.
    pub(super) fn first(&self, category: Category) -> Option<Instant> {
        self.story.moves.iter().find(|change| change.to == category).map(|change| change.at)
    }

    /// Its life.
    pub(super) fn seal(self) -> StoryLife {
        StoryLife::new(self.story, self.owned_from, self.blocked_from)
    }
}

/// The way of a story to done at position `done`, begun at `earliest` or later; some of them
/// come back from a test and go through it all a second time.
pub(super) fn way_to_done(rhythm: &Rhythm, earliest: f64, done: f64, rng: &mut Rng) -> Vec<StatusMove> {
    use Category::{Done, InProgress, InReview, InTest};
    let mut stages = vec![
        (InProgress, between(rng, 0.5, 5.0)),
        (InReview, between(rng, 0.15, 2.2)),
        (InTest, between(rng, 0.15, 1.5)),
    ];
    if chance(rng, 0.12) {
        stages.extend([
            (InProgress, between(rng, 0.2, 1.5)),
            (InReview, between(rng, 0.1, 0.8)),
            (InTest, between(rng, 0.1, 0.8)),
        ]);
    }
    let total: f64 = stages.iter().map(|(_, length)| length).sum();
    let scale = ((done - earliest).max(0.1) / total).min(1.0);
    let mut position = done - total * scale;
    let mut moves = Vec::with_capacity(stages.len() + 1);
    for (to, length) in stages {
        moves.push(StatusMove { at: rhythm.at(position), to });
        position += length * scale;
    }
    moves.push(StatusMove { at: rhythm.at(done), to: Done });
    moves
}

/// A pull request being made.
pub(super) struct PullRequestDraft {
    pub(super) whole: PullRequest,
    pub(super) opened_at: Instant,
    pub(super) runs: Vec<CheckRun>,
    pub(super) mergeability: Vec<(Instant, Mergeability)>,
    pub(super) asked: Vec<(Instant, Text)>,
    /// The check that fails every time.
    pub(super) broken: Option<usize>,
}

impl PullRequestDraft {
    /// A pull request that was just opened, ready for review.
    pub(super) fn new(
        repository: &str,
        number: usize,
        title: &str,
        author: &str,
        opened_at: Instant,
        rng: &mut Rng,
    ) -> Self {
        let id = format!("{repository}#{number}");
        let slug: String = title
            .to_lowercase()
            .chars()
            .map(|each| if each.is_alphanumeric() { each } else { '-' })
            .collect();
        let additions = (2.0_f64.powf(between(rng, 2.0, 10.0))) as u32;
        let whole = PullRequest {
            url: Some(link("pulls", &id)),
            number: u64::try_from(number).ok(),
            branch: Some(Text::new(format!("{author}/{slug}"))),
            head: Some(commit_of(&id)),
            started_at: Some(opened_at - Duration::minutes(rng.i64(20..2_000))),
            opened_at: Some(opened_at),
            ready_at: Some(opened_at),
            required_approvals: Some(2),
            additions: Some(additions),
            deletions: Some((f64::from(additions) * between(rng, 0.05, 0.9)) as u32),
            ..PullRequest::new(&id, repository, title, author, "main", PullRequestState::Open)
        };
        Self {
            whole,
            opened_at,
            runs: Vec::new(),
            mergeability: vec![
                (opened_at, Mergeability::Unknown),
                (opened_at + Duration::minutes(1), Mergeability::Clean),
            ],
            asked: Vec::new(),
            broken: None,
        }
    }

    /// It is part of `release` and carries these stories.
    pub(super) fn carries(&mut self, release: &ReleaseId, stories: impl IntoIterator<Item = StoryKey>) {
        self.whole.milestone = Some(release.text().clone());
        self.whole.stories.extend(stories);
        if let Some(key) = self.whole.stories.first() {
            self.whole.branch = Some(Text::new(format!("{}/{key}", self.whole.author)));
        }
    }

    /// Two colleagues are asked for a review.
    pub(super) fn asks(&mut self, at: Instant, product: &Product, rng: &mut Rng) -> Vec<&'static str> {
        let author = self.whole.author.clone();
        let mut colleagues: Vec<&'static str> =
            product.people.iter().copied().filter(|person| author != *person).collect();
        rng.shuffle(&mut colleagues);
        colleagues.truncate(2);
        self.asked.extend(colleagues.iter().map(|person| (at, Text::new(person))));
        colleagues
    }

    /// A review arrives.
    pub(super) fn reviewed(&mut self, at: Instant, reviewer: &str, verdict: ReviewVerdict) {
        self.whole.reviews.push(Review {
            at,
            reviewer: Text::new(reviewer),
            verdict,
            bot: false,
            of_head: None,
        });
    }

    /// All checks run on a new head from `at` on: first all of them run, then they end within
    /// some minutes. A flaky one may fail; the broken one does.
    pub(super) fn pushed(&mut self, at: Instant, flaky: f64, rng: &mut Rng) {
        for check in 0..CHECKS.len() {
            self.runs.push(CheckRun { at, check, outcome: CheckOutcome::Running });
            let failed = self.broken == Some(check) || (check >= 3 && chance(rng, flaky));
            let outcome = if failed { CheckOutcome::Failed } else { CheckOutcome::Passed };
            let length = 70 + 80 * i64::try_from(check).unwrap_or(0) + rng.i64(0..90);
            self.runs.push(CheckRun { at: at + Duration::seconds(length), check, outcome });
        }
    }

    /// It is merged into `release`.
    pub(super) fn merged(&mut self, at: Instant, release: Option<&ReleaseId>, rng: &mut Rng) {
        self.whole.merged_at = Some(at);
        self.whole.merge_commit = Some(Text::new(commit(rng)));
        self.whole.release = release.cloned();
    }

    /// The whole way of a pull request that was merged: opened, checked, reviewed by two.
    pub(super) fn finished(
        &mut self,
        merged_at: Instant,
        release: &ReleaseId,
        product: &Product,
        rng: &mut Rng,
    ) {
        let span = merged_at - self.opened_at;
        let share = |part: f64| Duration::seconds((span.num_seconds() as f64 * part) as i64);
        self.pushed(self.opened_at, 0.0, rng);
        let asked = self.asks(self.opened_at, product, rng);
        let first = between(rng, 0.15, 0.5);
        if chance(rng, 0.3)
            && let Some(reviewer) = asked.first()
        {
            let at = self.opened_at + share(first * 0.8);
            self.reviewed(at, reviewer, ReviewVerdict::ChangesRequested);
        }
        for (index, reviewer) in asked.iter().enumerate() {
            let part = first + (0.95 - first) * (index as f64) * between(rng, 0.4, 1.0);
            self.reviewed(self.opened_at + share(part), reviewer, ReviewVerdict::Approved);
        }
        self.merged(merged_at, Some(release), rng);
    }

    /// Approvals so far.
    pub(super) fn approvals(&self) -> usize {
        self.whole.reviews.iter().filter(|review| review.verdict == ReviewVerdict::Approved).count()
    }

    /// Its life.
    pub(super) fn seal(self) -> PullRequestLife {
        let Self { whole, opened_at, mut runs, mut mergeability, asked, .. } = self;
        // What was pushed last may not have been checked to its end before the merge.
        if let Some(end) = whole.merged_at.or(whole.closed_at) {
            let end = end.max(opened_at + Duration::minutes(10));
            runs.retain(|run| run.at <= end);
            mergeability.retain(|(at, _)| *at <= end);
        }
        PullRequestLife::new(whole, opened_at, runs, mergeability, asked)
    }
}

/// A story that was carried by a pull request, ordered by when that was merged.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Carried {
    merged_at: Instant,
    key: StoryKey,
    opened_at: Instant,
    created_at: Instant,
    title: Text,
    author: Text,
}

impl Carried {
    /// `story` as carried by a pull request that was opened when the story came to review,
    /// and merged when it came to test; none if it did not come that far.
    pub(super) fn of(story: &StoryDraft) -> Option<Self> {
        let details = &story.story;
        Some(Self {
            merged_at: story.first(Category::InTest)?,
            key: details.key.clone(),
            opened_at: story.first(Category::InReview)?,
            created_at: details.created_at,
            title: details.title.clone(),
            author: details.owner.clone()?,
        })
    }

    /// The merged pull request of the first story of `group`; it carries those of the others
    /// that were there when it was opened. None without a story.
    pub(super) fn pull_request(
        group: &[Self],
        product: &Product,
        release: &ReleaseId,
        number: usize,
        rng: &mut Rng,
    ) -> Option<PullRequestDraft> {
        let first = group.first()?;
        let mut made = PullRequestDraft::new(
            product.repository,
            number,
            &first.title,
            &first.author,
            first.opened_at,
            rng,
        );
        let known = group.iter().filter(|story| story.created_at <= first.opened_at);
        made.carries(release, known.map(|story| story.key.clone()));
        made.finished(first.merged_at, release, product, rng);
        Some(made)
    }
}

/// A commit that only this pull request has.
fn commit_of(id: &str) -> Text {
    use sha2::{Digest as _, Sha256};
    let digest = Sha256::digest(id);
    let first = u128::from_be_bytes(std::array::from_fn(|index| digest[index]));
    let rest = u32::from_be_bytes(std::array::from_fn(|index| digest[16 + index]));
    Text::new(format!("{first:032x}{rest:08x}"))
}
