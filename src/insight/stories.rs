//! Stories and defects of a release, worst first, with what is the matter with each.

use std::{cmp::Reverse, collections::BTreeMap, sync::Arc};

use chrono::Duration;

use crate::domain::{Category, Instant, Kind, Release, Severity, Story, StoryKey, StoryKind, Text};

use super::{
    StoryRow,
    context::{Context, later},
    membership::Membership,
    percentile::{ENOUGH, nearest_rank},
    words,
};

/// A story without an owner is a risk from so many days before a promised target on.
const OWNER_NEEDED_DAYS: i64 = 7;
/// A story that somebody works on may be without a pull request for so long.
const PULL_REQUEST_EXPECTED_DAYS: i64 = 2;

/// How long stories usually stay in a status, learnt from all spans that ended.
pub(crate) struct UsualAges(BTreeMap<Category, i64>);

impl UsualAges {
    /// The 85th percentile of each category of work under way. What waits to be begun is
    /// left out: how long it may wait depends on the plan, not on the team.
    pub(crate) fn learn(context: &Context<'_>) -> Self {
        let mut spans = BTreeMap::<Category, Vec<i64>>::new();
        for story in &context.stories {
            for pair in story.moves.windows(2) {
                let category = pair[0].to;
                if is_under_way(category) && pair[1].to != category {
                    spans.entry(category).or_default().push((pair[1].at - pair[0].at).num_seconds());
                }
            }
        }
        let percentile = |mut spans: Vec<i64>| {
            spans.sort_unstable();
            nearest_rank(&spans, 0.85).filter(|_| spans.len() >= ENOUGH)
        };
        Self(spans.into_iter().filter_map(|(category, spans)| Some((category, percentile(spans)?))).collect())
    }

    /// What 85 % of the stories do not exceed in this category.
    pub(crate) fn p85(&self, category: Category) -> Option<Duration> {
        self.0.get(&category).map(|seconds| Duration::seconds(*seconds))
    }
}

/// Begun and not ended.
fn is_under_way(category: Category) -> bool {
    matches!(category, Category::InProgress | Category::InReview | Category::InTest)
}

/// Neither ready nor dropped.
pub(crate) fn is_open(story: &Story) -> bool {
    !matches!(story.category, Category::Done | Category::Dropped)
}

/// How often a story went back from a review, test or done state to an earlier one.
pub(crate) fn returns(story: &Story) -> u32 {
    let step = |category| match category {
        Category::ToDo => Some(0),
        Category::InProgress => Some(1),
        Category::InReview => Some(2),
        Category::InTest => Some(3),
        Category::Done => Some(4),
        Category::Dropped | Category::Unknown => None,
    };
    let mut count = 0;
    let mut before = None;
    for change in &story.moves {
        let Some(now) = step(change.to) else { continue };
        count += u32::from(before.is_some_and(|before| before >= 2 && now < before));
        before = Some(now);
    }
    count
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

/// The rows of a release; what was dropped is not in scope and not listed.
pub(crate) fn rows(
    context: &Context<'_>,
    membership: &Membership,
    usual: &UsualAges,
    release: usize,
) -> Vec<StoryRow> {
    let described = context.releases[release];
    let mut rows: Vec<StoryRow> = membership.stories[release]
        .iter()
        .filter(|member| context.stories[member.item].category != Category::Dropped)
        .map(|member| {
            let story = context.stories[member.item];
            let pull_requests = &membership.by_story[member.item];
            let waits_for = waits_for(context, story);
            let returns = returns(story);
            let reason = if is_open(story) {
                reason(context, described, story, usual, &waits_for, returns, pull_requests.is_empty())
            } else {
                None
            };
            let (reason, attention) = reason.unwrap_or_default();
            StoryRow {
                story: Arc::clone(story),
                open: is_open(story),
                since: story.since(),
                reason: Text::new(reason),
                attention,
                pull_requests: pull_requests
                    .iter()
                    .map(|index| context.pull_requests[*index].id.clone())
                    .collect(),
                waits_for,
                returns,
                belongs: member.belongs.clone(),
            }
        })
        .collect();
    rows.sort_by(|a, b| key(a).cmp(&key(b)));
    rows
}

/// Open before ready; what needs attention first; what is furthest from ready; the oldest.
/// Of the ready ones the newest first.
fn key(row: &StoryRow) -> (bool, bool, u8, Reverse<Option<Instant>>, Instant, &StoryKey) {
    let distance = match row.story.category {
        Category::Unknown => 0,
        Category::ToDo => 1,
        Category::InProgress => 2,
        Category::InReview => 3,
        Category::InTest => 4,
        Category::Done | Category::Dropped => 5,
    };
    let ended = (!row.open).then_some(row.since);
    (!row.open, !row.attention, distance, Reverse(ended), row.since, &row.story.key)
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
    let near = release.target.map(|target| later(target.at, -Duration::days(OWNER_NEEDED_DAYS)));
    [due, slow, Some(expected), near].into_iter().flatten().filter(|_| row.open)
}

/// The worst thing about an open story in a few words, and whether it needs attention.
fn reason(
    context: &Context<'_>,
    release: &Release,
    story: &Story,
    usual: &UsualAges,
    waits_for: &[StoryKey],
    returns: u32,
    without_pull_request: bool,
) -> Option<(String, bool)> {
    if release.released_at.is_some() {
        return Some(("not ready at the release".to_owned(), false));
    }
    if !waits_for.is_empty() {
        let keys: Vec<&str> = waits_for.iter().map(StoryKey::as_str).collect();
        return Some((format!("blocked by {}", words::list(&keys, 2)), true));
    }
    if story.kind == StoryKind::Defect
        && let Some(severity) = story.severity.filter(|severity| context.policy.blocking.contains(severity))
    {
        return Some((format!("{} defect", severity_word(severity)), true));
    }
    if story.due.is_some_and(|due| due < context.now) {
        return Some(("overdue".to_owned(), true));
    }
    if returns > 0 {
        return Some((format!("returned {returns}x"), true));
    }
    let age = context.now - story.since();
    if let Some(p85) = usual.p85(story.category).filter(|p85| is_under_way(story.category) && age > *p85) {
        return Some((format!("P85 {}", words::age(p85)), true));
    }
    let target = release.target.filter(|target| !target.estimated);
    let is_near = target.is_some_and(|target| target.at - context.now <= Duration::days(OWNER_NEEDED_DAYS));
    if story.owner.is_none() && is_near {
        return Some(("no owner".to_owned(), true));
    }
    let is_due = story.category == Category::InReview
        || (story.category == Category::InProgress && age > Duration::days(PULL_REQUEST_EXPECTED_DAYS));
    if without_pull_request && is_due && context.world.is_covered(Kind::PullRequests) {
        return Some(("no pull request".to_owned(), true));
    }
    if story.category == Category::Unknown {
        return Some(("status not understood".to_owned(), false));
    }
    story.owner.is_none().then(|| ("no owner".to_owned(), false))
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
