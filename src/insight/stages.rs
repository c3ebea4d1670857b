//! The way of a pull request: coding, pickup, review, merge, deploy, and how long each lasts.
//!
//! ```text
//! first commit ─ coding ─ ready ─ pickup ─ first review ─ review ─ approved ─ merge ─ merged ─ deploy ─ production
//!                                                             └── changes requested: back ──┘
//! ```
//!
//! All lengths are working time: days that are not worked on are left out, a working day
//! counts whole.

use std::collections::{BTreeMap, HashMap};

use crate::domain::{Instant, PullRequest, PullRequestState, ReviewVerdict, Text};

use super::{Stage, days::Days, percentile::Survival};

/// Stages that can be compared, in their order.
pub(crate) const ON_THE_WAY: [Stage; 5] =
    [Stage::Coding, Stage::Pickup, Stage::Review, Stage::Merge, Stage::Deploy];

/// One time in one stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) stage: Stage,
    pub(crate) entered: Instant,
    /// None: it is in it now.
    pub(crate) left: Option<Instant>,
}

/// Who stands behind a pull request now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reviews<'a> {
    /// Whose last decision is an approval.
    pub(crate) approved: Vec<&'a Text>,
    /// Whose last decision asks for changes.
    pub(crate) requested_changes: Vec<&'a Text>,
}

impl Reviews<'_> {
    fn is_approval(&self, required: u32) -> bool {
        self.requested_changes.is_empty() && self.approved.len() >= required as usize
    }
}

/// Approvals that are needed: what the source says, else one.
pub(crate) fn required_approvals(pull_request: &PullRequest) -> u32 {
    pull_request.required_approvals.unwrap_or(1)
}

/// Whether the source tells of reviews at all.
pub(crate) fn tells_of_reviews(pull_request: &PullRequest) -> bool {
    pull_request.required_approvals.is_some()
        || !pull_request.reviews.is_empty()
        || !pull_request.requested_reviewers.is_empty()
}

/// What reviewers decided up to and including `until`. Programs and the author do not count;
/// a later decision of the same person replaces an earlier one, a comment does not.
pub(crate) fn reviews(pull_request: &PullRequest, until: Instant) -> Reviews<'_> {
    let mut decisions = BTreeMap::<&Text, ReviewVerdict>::new();
    let counted = pull_request
        .reviews
        .iter()
        .filter(|review| !review.bot && review.reviewer != pull_request.author && review.at <= until);
    for review in counted {
        match review.verdict {
            ReviewVerdict::Approved | ReviewVerdict::ChangesRequested => {
                decisions.insert(&review.reviewer, review.verdict);
            }
            ReviewVerdict::Dismissed => {
                decisions.remove(&review.reviewer);
            }
            ReviewVerdict::Commented => {}
        }
    }
    let whose =
        |wanted| decisions.iter().filter(|(_, verdict)| **verdict == wanted).map(|(who, _)| *who).collect();
    Reviews {
        approved: whose(ReviewVerdict::Approved),
        requested_changes: whose(ReviewVerdict::ChangesRequested),
    }
}

/// Whether what was merged is in production.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Production {
    /// Since then.
    Since(Instant),
    /// Not yet.
    NotYet,
    /// No source tells, so the merge is the end.
    NotTold,
}

/// The times in each stage, oldest first.
pub(crate) fn spans(pull_request: &PullRequest, production: Production) -> Vec<Span> {
    let mut spans = Vec::new();
    let mut enter = |stage, entered: Option<Instant>, left: Option<Instant>| {
        let Some(entered) = entered else { return };
        let left = left.map(|left| left.max(entered));
        spans.push(Span { stage, entered, left });
    };
    let ended = match pull_request.state {
        PullRequestState::Open => None,
        PullRequestState::Merged => pull_request.merged_at,
        PullRequestState::Closed => pull_request.closed_at,
    };
    let is_open = pull_request.state == PullRequestState::Open;
    let ready = pull_request.ready_at.or(pull_request.opened_at.filter(|_| !pull_request.draft));
    let began = pull_request.started_at.or(pull_request.opened_at);
    if is_open && (pull_request.draft || ready.is_none()) {
        // A draft again: since when is not told, so only the first time is known.
        enter(Stage::Coding, began, pull_request.ready_at);
        return spans;
    }
    enter(
        Stage::Coding,
        began.filter(|began| ready.or(ended).is_some_and(|end| *began <= end)),
        ready.or(ended),
    );
    if let Some(ready) = ready {
        let required = required_approvals(pull_request);
        let mut at: Vec<Instant> = pull_request
            .reviews
            .iter()
            .filter(|review| !review.bot && review.reviewer != pull_request.author)
            .map(|review| review.at)
            .filter(|at| ended.is_none_or(|ended| *at <= ended))
            .collect();
        at.sort_unstable();
        let first = if required == 0 { Some(ready) } else { at.first().map(|at| (*at).max(ready)) };
        // A source that tells of no review says nothing of the time until the merge either.
        if first.is_some() || is_open || tells_of_reviews(pull_request) {
            enter(Stage::Pickup, Some(ready), first.or(ended));
        }
        if let Some(first) = first {
            let mut stage = None;
            let mut since = first;
            for moment in std::iter::once(first).chain(at.into_iter().filter(|at| *at > first)) {
                let is_approved = reviews(pull_request, moment).is_approval(required);
                let next = if is_approved { Stage::Merge } else { Stage::Review };
                match stage {
                    // Approved at once: a review without length.
                    None if next == Stage::Merge && required > 0 => {
                        enter(Stage::Review, Some(moment), Some(moment));
                    }
                    Some(stage) if stage != next => enter(stage, Some(since), Some(moment)),
                    None => {}
                    Some(_) => continue,
                }
                stage = Some(next);
                since = moment;
            }
            if let Some(stage) = stage {
                enter(stage, Some(since), ended);
            }
        }
    }
    if pull_request.state == PullRequestState::Merged {
        match production {
            Production::Since(at) => enter(Stage::Deploy, pull_request.merged_at, Some(at)),
            Production::NotYet => enter(Stage::Deploy, pull_request.merged_at, None),
            Production::NotTold => {}
        }
    }
    spans
}

/// Working seconds in each stage so far; re-entry adds up.
pub(crate) fn lengths(spans: &[Span], days: &Days, now: Instant) -> BTreeMap<Stage, i64> {
    let mut lengths = BTreeMap::new();
    for span in spans {
        *lengths.entry(span.stage).or_default() +=
            days.worked_between(span.entered, span.left.unwrap_or(now));
    }
    lengths
}

/// How long stages usually last.
#[derive(Clone, Debug)]
pub(crate) enum Usual {
    /// Learnt from pull requests.
    Learnt(Survival),
    /// Too few were finished: a usual P50 and P85, in working seconds.
    Default(i64, i64),
}

impl Usual {
    /// What half of them do not exceed, working seconds.
    pub(crate) fn p50(&self) -> i64 {
        match self {
            Self::Learnt(survival) => survival.percentile(0.5),
            Self::Default(p50, _) => *p50,
        }
    }

    /// What 85 % of them do not exceed, working seconds.
    pub(crate) fn p85(&self) -> i64 {
        match self {
            Self::Learnt(survival) => survival.percentile(0.85),
            Self::Default(_, p85) => *p85,
        }
    }

    /// What usually remains after `age` working seconds in the stage.
    pub(crate) fn remaining(&self, age: i64) -> i64 {
        match self {
            Self::Learnt(survival) => survival.remaining(age),
            Self::Default(p50, p85) if age >= *p50 => (p85 - age).max(*p50),
            Self::Default(p50, _) => p50 - age,
        }
    }
}

const HOUR: i64 = 3_600;

/// Before a team has finished twenty: a day of coding, four hours until somebody looks, a
/// day of review, two hours until the merge, a day until production; and four times that
/// for the slow ones. Placeholders that are marked as such, not somebody's statistics.
fn default_of(stage: Stage) -> Usual {
    let hours = match stage {
        Stage::Coding | Stage::Review | Stage::Deploy => 24,
        Stage::Pickup => 4,
        Stage::Merge => 2,
        Stage::Done | Stage::Closed => 0,
    };
    Usual::Default(hours * HOUR, 4 * hours * HOUR)
}

/// How long each stage usually lasts, by repository, as a team's own.
pub(crate) struct UsualLengths<'a> {
    by_repository: HashMap<&'a Text, BTreeMap<Stage, Usual>>,
    everywhere: BTreeMap<Stage, Usual>,
}

impl<'a> UsualLengths<'a> {
    /// From pull requests with their lengths, and the stage each is in now. Closed ones tell
    /// nothing. Where a repository has not finished enough, all repositories together count.
    pub(crate) fn learn<'b>(
        known: impl Iterator<Item = (&'a PullRequest, Stage, &'b BTreeMap<Stage, i64>)>,
    ) -> Self {
        let mut by_repository = HashMap::<&Text, BTreeMap<Stage, Vec<(i64, bool)>>>::new();
        let mut everywhere = BTreeMap::<Stage, Vec<(i64, bool)>>::new();
        for (pull_request, now_in, lengths) in known {
            if now_in == Stage::Closed {
                continue;
            }
            let own = by_repository.entry(&pull_request.repository).or_default();
            for (&stage, &length) in lengths {
                let span = (length, stage != now_in);
                own.entry(stage).or_default().push(span);
                everywhere.entry(stage).or_default().push(span);
            }
        }
        let learn = |spans: BTreeMap<Stage, Vec<(i64, bool)>>| -> BTreeMap<Stage, Usual> {
            spans
                .into_iter()
                .filter_map(|(stage, spans)| Some((stage, Usual::Learnt(Survival::of(spans)?))))
                .collect()
        };
        Self {
            by_repository: by_repository.into_iter().map(|(name, spans)| (name, learn(spans))).collect(),
            everywhere: learn(everywhere),
        }
    }

    /// How long `stage` usually lasts in `repository`.
    pub(crate) fn of(&self, repository: &Text, stage: Stage) -> Usual {
        let own = self.by_repository.get(repository).and_then(|stages| stages.get(&stage));
        own.or_else(|| self.everywhere.get(&stage)).cloned().unwrap_or_else(|| default_of(stage))
    }
}
