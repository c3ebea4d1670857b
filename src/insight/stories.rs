//! Stories and defects of a release, worst first, with what is the matter with each.
//!
//! The order of the list is that of [`Concern`]: open ones by the worst thing about them,
//! blocking defects also by severity; then what is furthest from done, and of that what has
//! its status for longest. Ready ones come last, the newest first.

use std::{cmp::Reverse, collections::BTreeMap, sync::Arc};

use chrono::Duration;

use crate::domain::{
    Category, Instant, Kind, Release, Severity, StatusMove, Story, StoryKey, StoryKind, Text,
};

use super::{
    StoryRow,
    burn_down::WentOut,
    context::{Context, later},
    membership::Membership,
    percentile::{ENOUGH, nearest_rank},
    words,
};

/// What nobody has is a risk from so many days before a promised target, or before the day
/// that it is due itself, on.
const OWNER_NEEDED_DAYS: i64 = 7;
/// A story that somebody works on may be without a pull request for so long.
const PULL_REQUEST_EXPECTED_DAYS: i64 = 2;

/// How long stories usually stay in a status, learnt from all spans that ended.
#[derive(Debug, Default)]
pub(crate) struct UsualAges {
    /// All spans in seconds, ascending.
    spans: BTreeMap<Category, Vec<i64>>,
    /// What 85 % of them do not exceed, where there are enough.
    p85: BTreeMap<Category, i64>,
}

impl UsualAges {
    /// The 85th percentile of each category of work under way. What waits to be begun is
    /// left out: how long it may wait depends on the plan, not on the team.
    pub(crate) fn learn(context: &Context<'_>) -> Self {
        let mut spans = BTreeMap::<Category, Vec<i64>>::new();
        for story in &context.stories {
            for (category, seconds) in ended_spans(story) {
                spans.entry(category).or_default().push(seconds);
            }
        }
        for spans in spans.values_mut() {
            spans.sort_unstable();
        }
        let mut ages = Self { spans, p85: BTreeMap::new() };
        ages.take_percentiles();
        ages
    }

    /// Learns the second story of each pair in place of the first, from which it was learnt.
    pub(crate) fn replace<'b>(&mut self, changes: impl Iterator<Item = (&'b Story, &'b Story)>) {
        for (before, after) in changes {
            for (category, seconds) in ended_spans(before) {
                if let Some(spans) = self.spans.get_mut(&category)
                    && let Ok(found) = spans.binary_search(&seconds)
                {
                    spans.remove(found);
                }
            }
            for (category, seconds) in ended_spans(after) {
                let spans = self.spans.entry(category).or_default();
                spans.insert(spans.partition_point(|known| *known < seconds), seconds);
            }
        }
        self.take_percentiles();
    }

    /// What 85 % do not exceed, in seconds.
    pub(crate) fn percentiles(&self) -> &BTreeMap<Category, i64> {
        &self.p85
    }

    fn take_percentiles(&mut self) {
        let enough = self.spans.iter().filter(|(_, spans)| spans.len() >= ENOUGH);
        let known = enough.filter_map(|(category, spans)| Some((*category, nearest_rank(spans, 0.85)?)));
        self.p85 = known.collect();
    }

    /// How long a story that has been in `category` for `spent` may still take, where 85 % of
    /// the stories do not exceed it: what is left there, and all that comes after.
    pub(crate) fn left(&self, category: Category, spent: Duration) -> Duration {
        let ahead = [Category::InProgress, Category::InReview, Category::InTest];
        let first = ahead.iter().position(|one| *one == category);
        let usual = |one: &Category| self.p85(*one).unwrap_or_else(Duration::zero);
        let here = first.map_or_else(Duration::zero, |index| usual(&ahead[index]) - spent);
        let after = first.map_or(0, |index| index + 1);
        ahead[after..].iter().map(usual).fold(here.max(Duration::zero()), |sum, one| sum + one)
    }

    /// What 85 % of the stories do not exceed in this category.
    pub(crate) fn p85(&self, category: Category) -> Option<Duration> {
        self.p85.get(&category).map(|seconds| Duration::seconds(*seconds))
    }
}

/// The spans of work under way that ended, in seconds.
fn ended_spans(story: &Story) -> impl Iterator<Item = (Category, i64)> {
    let ended = |pair: &&[StatusMove]| is_under_way(pair[0].to) && pair[1].to != pair[0].to;
    story.moves.windows(2).filter(ended).map(|pair| (pair[0].to, (pair[1].at - pair[0].at).num_seconds()))
}

/// Begun and not ended.
pub(crate) fn is_under_way(category: Category) -> bool {
    matches!(category, Category::InProgress | Category::InReview | Category::InTest)
}

/// Neither ready nor dropped.
pub(crate) fn is_open(story: &Story) -> bool {
    !matches!(story.category, Category::Done | Category::Dropped)
}

/// How often a story went back from a review, test or done state to an earlier one.
pub(crate) fn returns(story: &Story) -> u32 {
    u32::try_from(went_back(story).count()).unwrap_or(u32::MAX)
}

/// When a story went back from a review, test or done state to an earlier one, oldest first.
pub(crate) fn went_back(story: &Story) -> impl Iterator<Item = Instant> {
    let step = |category| match category {
        Category::ToDo => Some(0),
        Category::InProgress => Some(1),
        Category::InReview => Some(2),
        Category::InTest => Some(3),
        Category::Done => Some(4),
        Category::Dropped | Category::Unknown => None,
    };
    let mut before = None;
    story.moves.iter().filter_map(move |change| {
        let now = step(change.to)?;
        let is_back = before.is_some_and(|before| before >= 2 && now < before);
        before = Some(now);
        is_back.then_some(change.at)
    })
}

/// Stories that an open story waits for: those before it that are not finished, and those
/// that no source knows.
pub(crate) fn waits_for(context: &Context<'_>, story: &Story) -> Vec<StoryKey> {
    if !is_open(story) {
        return Vec::new();
    }
    let is_unfinished =
        |key: &&StoryKey| context.story(key).is_none_or(|index| is_open(context.stories[index]));
    story.blocked_by.iter().filter(is_unfinished).cloned().collect()
}

/// The rows of a release; what was dropped is not in scope and not listed. Of one that
/// `went_out`, what was in it on that day and was ready then, or not.
pub(crate) fn rows(
    context: &Context<'_>,
    membership: &Membership,
    usual: &UsualAges,
    release: usize,
    went_out: Option<&WentOut>,
) -> Vec<StoryRow> {
    let described = context.releases[release];
    let members = &membership.stories[release];
    let now = members.iter().filter_map(|member| {
        let story = context.stories[member.item];
        (story.category != Category::Dropped).then(|| (member.item, is_open(story), member.belongs.clone()))
    });
    let then = went_out.into_iter().flat_map(|went_out| &went_out.stories).filter_map(|(item, counts)| {
        let story = context.stories[*item];
        let member = members.binary_search_by_key(item, |member| member.item).ok();
        let is_fixed_defect =
            member.is_some() && story.kind == StoryKind::Defect && story.category == Category::Done;
        let belongs = || match member {
            Some(member) => members[member].belongs.clone(),
            None => Text::new(format!("was in {} when it went out", described.version)),
        };
        (counts.scope || counts.defect || is_fixed_defect)
            .then(|| (*item, counts.defect || (counts.scope && !counts.ready), belongs()))
    });
    let mut rows: Vec<(Concern, StoryRow)> = then
        .chain(now.filter(|_| went_out.is_none()))
        .map(|(item, open, belongs)| {
            let story = context.stories[item];
            let pull_requests = &membership.by_story[item];
            let waits_for = waits_for(context, story);
            let returns = returns(story);
            let (concern, reason) = if open {
                concern(context, described, story, usual, &waits_for, returns, pull_requests.is_empty())
            } else {
                (Concern::Ready, String::new())
            };
            let row = StoryRow {
                story: Arc::clone(story),
                open,
                since: story.since(),
                reason: Text::new(reason),
                attention: concern < Concern::None,
                pull_requests: pull_requests
                    .iter()
                    .map(|index| context.pull_requests[*index].id.clone())
                    .collect(),
                waits_for,
                usual_seconds: usual.p85(story.category).map(|p85| p85.num_seconds()),
                returns,
                belongs,
            };
            (concern, row)
        })
        .collect();
    rows.sort_by(|a, b| key(a).cmp(&key(b)));
    rows.into_iter().map(|(_, row)| row).collect()
}

/// What is the matter with a story or defect, the worst first: the first that applies counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Concern {
    /// An open defect of a blocking severity, the most severe first.
    BlockingDefect(Reverse<Severity>),
    /// It waits for what is not finished.
    Blocked,
    /// It went back from a review, test or done state.
    Returned,
    /// It has its status for longer than 85 % do here.
    Slow,
    /// It is overdue, or lacks an owner or a pull request when it should have one.
    Other,
    /// Nothing that needs attention.
    None,
    /// It is ready.
    Ready,
}

/// By concern; what is furthest from ready; the oldest. Of the ready ones the newest first.
fn key((concern, row): &(Concern, StoryRow)) -> (Concern, u8, Reverse<Option<Instant>>, Instant, &StoryKey) {
    let distance = match row.story.category {
        Category::Unknown => 0,
        Category::ToDo => 1,
        Category::InProgress => 2,
        Category::InReview => 3,
        Category::InTest => 4,
        Category::Done | Category::Dropped => 5,
    };
    let ended = (!row.open).then_some(row.since);
    // The age of a blocking defect says more than how far it is.
    let distance = if matches!(concern, Concern::BlockingDefect(_)) { 0 } else { distance };
    (*concern, distance, Reverse(ended), row.since, &row.story.key)
}

/// Instants at which age alone changes what is said of an open story.
pub(crate) fn changes_at(
    row: &StoryRow,
    usual: &UsualAges,
    release: &Release,
) -> impl Iterator<Item = Instant> {
    let moment = Duration::milliseconds(1);
    let due = row.story.due.map(|due| later(due, moment));
    let slow = usual.p85(row.story.category).map(|p85| later(row.since, p85 + moment));
    let expected = later(row.since, Duration::days(PULL_REQUEST_EXPECTED_DAYS) + moment);
    let before = |at| later(at, -Duration::days(OWNER_NEEDED_DAYS));
    let near = [release.target.map(|target| before(target.at)), row.story.due.map(before)];
    [due, slow, Some(expected)].into_iter().chain(near).flatten().filter(|_| row.open)
}

/// The worst thing about an open story, and in a few words.
fn concern(
    context: &Context<'_>,
    release: &Release,
    story: &Story,
    usual: &UsualAges,
    waits_for: &[StoryKey],
    returns: u32,
    without_pull_request: bool,
) -> (Concern, String) {
    if release.released_at.is_some() {
        return (Concern::None, "not ready at the release".to_owned());
    }
    let is_defect = story.kind == StoryKind::Defect;
    if let Some(severity) = story.severity
        && is_defect
        && context.policy.blocking.contains(&severity)
    {
        return (Concern::BlockingDefect(Reverse(severity)), format!("{} defect", severity_word(severity)));
    }
    if !waits_for.is_empty() {
        let keys: Vec<&str> = waits_for.iter().map(StoryKey::as_str).collect();
        return (Concern::Blocked, format!("blocked by {}", words::list(&keys, 2)));
    }
    if returns > 0 {
        return (Concern::Returned, format!("returned {returns}x"));
    }
    let age = context.now - story.since();
    if let Some(p85) = usual.p85(story.category).filter(|p85| is_under_way(story.category) && age > *p85) {
        return (Concern::Slow, format!("P85 {}", words::age(p85)));
    }
    if story.due.is_some_and(|due| due < context.now) {
        return (Concern::Other, "overdue".to_owned());
    }
    let is_near = |at: Instant| at - context.now <= Duration::days(OWNER_NEEDED_DAYS);
    let promised = release.target.filter(|target| !target.estimated).map(|target| target.at);
    // A defect that blocks nothing may stay open, so it is no alarm that nobody has it.
    let is_needed = (!is_defect && promised.is_some_and(is_near)) || story.due.is_some_and(is_near);
    if story.owner.is_none() && is_needed {
        return (Concern::Other, "no owner".to_owned());
    }
    let is_due = story.category == Category::InReview
        || (story.category == Category::InProgress && age > Duration::days(PULL_REQUEST_EXPECTED_DAYS));
    if without_pull_request && is_due && context.world.is_covered(Kind::PullRequests) {
        return (Concern::Other, "no pull request".to_owned());
    }
    if story.category == Category::Unknown {
        return (Concern::None, "status not understood".to_owned());
    }
    (Concern::None, if story.owner.is_none() { "no owner".to_owned() } else { String::new() })
}

/// The word for a severity.
pub(crate) fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "low",
        Severity::Medium => "medium",
        Severity::High => "high",
        Severity::Critical => "critical",
    }
}
