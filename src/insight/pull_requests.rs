//! Pull requests of a release: where each stands, how late it is, what comes next.

use std::{cmp::Reverse, collections::BTreeMap, sync::Arc};

use chrono::Duration;

use crate::domain::{CheckOutcome, Instant, Mergeability, PullRequest, PullRequestState, Step, Text};

use super::{
    PullRequestRow, Stage, Standing, StepState, Steps,
    arrival::Arrivals,
    context::{Context, later},
    membership::Membership,
    next_step::next_step,
    stages::{self, Reviews, Span, Usual, UsualLengths},
};

/// What is the same for a pull request in every release that it belongs to.
#[derive(Debug)]
pub(crate) struct Way {
    spans: Vec<Span>,
    lengths: BTreeMap<Stage, i64>,
    stage: Stage,
}

impl Way {
    /// It is in no stage any more: time changes nothing of it.
    pub(crate) fn has_ended(&self) -> bool {
        self.spans.iter().all(|span| span.left.is_some())
    }
}

/// All pull requests, each worked out once.
pub(crate) struct PullRequests<'a> {
    ways: Vec<Arc<Way>>,
    arrivals: Arrivals<'a>,
    /// A source knows of pull requests, not of branches only.
    has_forge: bool,
}

/// What a row is compared with.
struct Compared {
    age: i64,
    usual: Usual,
}

impl<'a> PullRequests<'a> {
    pub(crate) fn of(context: &Context<'a>) -> Self {
        Self::knowing(context, |_| None)
    }

    /// The same with what is known of the ones at these positions.
    pub(crate) fn knowing<'w>(context: &Context<'a>, known: impl Fn(usize) -> Option<&'w Arc<Way>>) -> Self {
        let mut all = Self {
            ways: Vec::with_capacity(context.pull_requests.len()),
            arrivals: Arrivals::of(context),
            has_forge: context.pull_requests.iter().any(|pull_request| pull_request.number.is_some()),
        };
        for (item, pull_request) in context.pull_requests.iter().enumerate() {
            if let Some(known) = known(item) {
                all.ways.push(Arc::clone(known));
                continue;
            }
            let deployed = all.arrivals.of_pull_request(context, pull_request);
            let spans = stages::spans(pull_request, deployed);
            let lengths = stages::lengths(&spans, &context.days, context.now);
            let stage = stage_of(pull_request, &spans);
            all.ways.push(Arc::new(Way { spans, lengths, stage }));
        }
        all
    }

    /// The usual lengths of stages.
    pub(crate) fn usual(&self, context: &Context<'a>) -> UsualLengths<'a> {
        let known = context.pull_requests.iter().zip(&self.ways);
        UsualLengths::learn(known.map(|(pull_request, way)| (&***pull_request, way.stage, &way.lengths)))
    }

    /// What was worked out of each, by position.
    pub(crate) fn ways(self) -> Vec<Arc<Way>> {
        self.ways
    }

    /// The times in each stage of the pull request at this position, oldest first.
    pub(crate) fn spans(&self, item: usize) -> &[Span] {
        &self.ways[item].spans
    }

    /// Working seconds in each stage of the pull request at this position.
    pub(crate) fn lengths(&self, item: usize) -> &BTreeMap<Stage, i64> {
        &self.ways[item].lengths
    }

    /// When the release at this position first ran in production.
    pub(crate) fn in_production(&self, release: usize) -> Option<Instant> {
        self.arrivals.of_release(release)
    }

    /// The rows of a release, most delayed first, ended ones last.
    pub(crate) fn rows(
        &self,
        context: &Context<'a>,
        membership: &Membership,
        usual: &UsualLengths<'_>,
        release: usize,
    ) -> Vec<PullRequestRow> {
        let described = context.releases[release];
        let promised = described.target.filter(|target| !target.estimated && described.released_at.is_none());
        let mut rows: Vec<_> = membership.pull_requests[release]
            .iter()
            .map(|member| {
                let due = promised.map(|target| target.at);
                let owner = described.owner.as_ref();
                self.row(context, usual, member.item, member.belongs.clone(), due, owner)
            })
            .collect();
        sort(&mut rows);
        rows
    }

    /// Open ones that belong to no release, longest untouched first.
    pub(crate) fn unassigned(
        &self,
        context: &Context<'a>,
        membership: &Membership,
        usual: &UsualLengths<'_>,
    ) -> Vec<PullRequestRow> {
        let mut rows: Vec<_> = membership
            .unassigned
            .iter()
            .filter(|item| context.pull_requests[**item].state == PullRequestState::Open)
            .map(|item| self.row(context, usual, *item, Text::default(), None, None))
            .collect();
        rows.sort_by_key(|row| (row.pull_request.updated_at.or(row.since), row.pull_request.id.clone()));
        rows
    }

    fn row(
        &self,
        context: &Context<'a>,
        usual: &UsualLengths<'_>,
        item: usize,
        belongs: Text,
        release_due: Option<Instant>,
        release_owner: Option<&Text>,
    ) -> PullRequestRow {
        let pull_request = context.pull_requests[item];
        let way = &self.ways[item];
        let reviews = stages::reviews(pull_request, context.now);
        let since = since(pull_request, way);
        let is_open = pull_request.state == PullRequestState::Open;
        let due = if is_open { due(context, pull_request, release_due) } else { None };
        let compared = since.and_then(|_| {
            let usual = usual.of(&pull_request.repository, way.stage);
            Some(Compared { age: *way.lengths.get(&way.stage)?, usual })
        });
        let slack_seconds = due.map(|due| {
            let remaining = remaining(usual, pull_request, way.stage, compared.as_ref());
            (due - context.days.after_work(context.now, remaining)).num_seconds()
        });
        PullRequestRow {
            pull_request: Arc::clone(pull_request),
            belongs,
            stage: way.stage,
            since,
            steps: self.steps(pull_request, way, &reviews),
            slack_seconds,
            standing: standing(context.now, is_open, due, slack_seconds, compared.as_ref()),
            next: next_step(pull_request, way.stage, &reviews, release_owner, self.has_forge),
        }
    }

    fn steps(&self, pull_request: &PullRequest, way: &Way, reviews: &Reviews<'_>) -> Steps {
        Steps {
            build: checks(pull_request, Step::Build),
            test: checks(pull_request, Step::Test),
            review: review(pull_request, reviews),
            merge: merge(pull_request),
            deploy: match way.stage {
                Stage::Done if way.spans.iter().any(|span| span.stage == Stage::Deploy) => StepState::Done,
                Stage::Done => StepState::Unknown,
                _ if !self.arrivals.covers_deployments() => StepState::Unknown,
                _ => StepState::Waiting,
            },
        }
    }

    /// Instants at which an open pull request is longer in its stage than is usual.
    pub(crate) fn changes_at(
        &self,
        context: &Context<'a>,
        usual: &UsualLengths<'_>,
    ) -> impl Iterator<Item = Instant> {
        let open = context.pull_requests.iter().zip(&self.ways);
        let open = open.filter(|(pull_request, _)| pull_request.state == PullRequestState::Open);
        open.flat_map(move |(pull_request, way)| {
            let age = way.lengths.get(&way.stage).copied().unwrap_or_default();
            let usual = usual.of(&pull_request.repository, way.stage);
            let ages = [usual.p50(), usual.p85() + 1].into_iter().filter(move |seconds| *seconds > age);
            ages.map(move |seconds| context.days.after_work(context.now, seconds - age))
        })
    }

    /// When the slack of a row is used up, or its due date has passed.
    pub(crate) fn row_changes_at(row: &PullRequestRow, now: Instant) -> impl Iterator<Item = Instant> {
        let slack = row.slack_seconds.filter(|slack| *slack >= 0);
        let used_up = slack.map(|slack| later(now, Duration::seconds(slack + 1)));
        used_up.into_iter().chain(row.pull_request.due.map(|due| later(due, Duration::milliseconds(1))))
    }
}

fn stage_of(pull_request: &PullRequest, spans: &[Span]) -> Stage {
    let now_in = spans.last().filter(|span| span.left.is_none()).map(|span| span.stage);
    match pull_request.state {
        PullRequestState::Closed => Stage::Closed,
        PullRequestState::Merged => now_in.filter(|stage| *stage == Stage::Deploy).unwrap_or(Stage::Done),
        PullRequestState::Open => now_in.unwrap_or(Stage::Coding),
    }
}

fn since(pull_request: &PullRequest, way: &Way) -> Option<Instant> {
    match way.stage {
        Stage::Closed => pull_request.closed_at,
        Stage::Done => {
            let deploy = way.spans.last().filter(|span| span.stage == Stage::Deploy);
            deploy.and_then(|span| span.left).or(pull_request.merged_at)
        }
        _ => way.spans.last().filter(|span| span.left.is_none()).map(|span| span.entered),
    }
}

/// The earliest of its own date, its unfinished stories' and its release's.
fn due(context: &Context<'_>, pull_request: &PullRequest, release: Option<Instant>) -> Option<Instant> {
    let stories = pull_request.stories.iter().filter_map(|key| context.story(key));
    let of_stories = stories.filter_map(|story| context.stories[story].due);
    of_stories.chain(pull_request.due).chain(release).min()
}

/// Working seconds until it is usually merged: what remains of its stage, and the stages
/// after it.
fn remaining(
    usual: &UsualLengths<'_>,
    pull_request: &PullRequest,
    stage: Stage,
    compared: Option<&Compared>,
) -> i64 {
    let here = compared.map_or_else(
        || usual.of(&pull_request.repository, stage).p50(),
        |compared| compared.usual.remaining(compared.age),
    );
    let ahead = stages::ON_THE_WAY.into_iter().filter(|ahead| *ahead > stage && *ahead < Stage::Deploy);
    here + ahead.map(|ahead| usual.of(&pull_request.repository, ahead).p50()).sum::<i64>()
}

fn standing(
    now: Instant,
    is_open: bool,
    due: Option<Instant>,
    slack: Option<i64>,
    compared: Option<&Compared>,
) -> Standing {
    if !is_open {
        return Standing::Ended;
    }
    if due.is_some_and(|due| due < now) {
        return Standing::Overdue;
    }
    if slack.is_some_and(|slack| slack < 0) {
        return Standing::Late;
    }
    match compared {
        Some(compared) if compared.age > compared.usual.p85() => Standing::Slow,
        Some(compared) if compared.age < compared.usual.p50() => Standing::Ahead,
        None if slack.is_none() => Standing::Unknown,
        _ => Standing::InTime,
    }
}

fn checks(pull_request: &PullRequest, step: Step) -> StepState {
    let has =
        |outcome| pull_request.checks.iter().any(|check| check.step == step && check.outcome == outcome);
    if has(CheckOutcome::Failed) {
        StepState::Failed
    } else if has(CheckOutcome::Running) {
        StepState::Running
    } else if has(CheckOutcome::Unknown) {
        StepState::Unknown
    } else if has(CheckOutcome::Passed) {
        StepState::Done
    } else {
        // No check, or all of them decided not to run.
        StepState::Unknown
    }
}

fn review(pull_request: &PullRequest, reviews: &Reviews<'_>) -> StepState {
    if pull_request.number.is_none() && pull_request.state == PullRequestState::Open {
        return StepState::Waiting;
    }
    if !stages::tells_of_reviews(pull_request) {
        return StepState::Unknown;
    }
    let required = stages::required_approvals(pull_request);
    let approved = reviews.approved.len() as u32;
    if !reviews.requested_changes.is_empty() {
        StepState::Failed
    } else if approved >= required {
        StepState::Done
    } else {
        StepState::Part(approved, required)
    }
}

fn merge(pull_request: &PullRequest) -> StepState {
    match (pull_request.state, pull_request.mergeability) {
        (PullRequestState::Merged, _) => StepState::Done,
        (PullRequestState::Open, Mergeability::Clean) => StepState::Waiting,
        (PullRequestState::Closed, _)
        | (PullRequestState::Open, Mergeability::Conflicts | Mergeability::Behind) => StepState::Failed,
        (PullRequestState::Open, Mergeability::Unknown) => match pull_request.number {
            Some(_) => StepState::Unknown,
            None => StepState::Waiting,
        },
    }
}

/// Most delayed first: by standing, then by slack, then the longest in its stage; ended ones
/// last, the newest end first.
fn sort(rows: &mut [PullRequestRow]) {
    let rank = |standing| match standing {
        Standing::Overdue => 0,
        Standing::Late => 1,
        Standing::Slow => 2,
        Standing::InTime => 3,
        Standing::Unknown => 4,
        Standing::Ahead => 5,
        Standing::Ended => 6,
    };
    rows.sort_by_cached_key(|row| {
        let pull_request = &row.pull_request;
        let ended = pull_request.merged_at.or(pull_request.closed_at);
        (
            rank(row.standing),
            row.slack_seconds.unwrap_or(i64::MAX),
            Reverse(if row.standing == Standing::Ended { ended } else { None }),
            row.since,
            pull_request.id.clone(),
        )
    });
}
