//! What one item was on each day: in the scope of a release or not, ready or not.
//!
//! Each item becomes a few changes of what it counts as; lines over days are sums of them.

use crate::domain::{
    Category, Instant, PullRequest, PullRequestState, ReleaseId, ScopeChange, Story, StoryKind,
};

use super::{context::first_known, days::Days};

/// What an item counts as in a release.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// In scope: a story or pull request that is in the release and was not given up.
    pub(crate) scope: bool,
    /// Of those, ready.
    pub(crate) ready: bool,
    /// An open defect.
    pub(crate) defect: bool,
}

/// What a story weighs, in hundredths of a point: whole numbers, so that a line and its list
/// add up to the same whatever the order. None without an estimate.
pub(crate) fn weight(story: &Story) -> Option<u64> {
    /// No estimate is larger than that.
    const LARGEST: f32 = 1e6;
    let points = story.points.filter(|points| points.is_finite() && *points >= 0.0)?;
    Some((f64::from(points.min(LARGEST)) * HUNDREDTHS).round() as u64)
}

/// Hundredths in a point.
const HUNDREDTHS: f64 = 100.0;

/// Points of so many hundredths.
pub(crate) fn points(hundredths: u64) -> f64 {
    hundredths as f64 / HUNDREDTHS
}

/// What an item counts as from a day's end on.
pub(crate) type Change = (usize, Counts);

/// What a story or defect counts as now.
pub(crate) fn counts_now(story: &Story, member: bool) -> Counts {
    counts(story.kind, member, Some(story.category))
}

fn counts(kind: StoryKind, member: bool, category: Option<Category>) -> Counts {
    let Some(category) = category.filter(|_| member) else { return Counts::default() };
    match kind {
        StoryKind::Story => {
            Counts { scope: category != Category::Dropped, ready: category == Category::Done, defect: false }
        }
        StoryKind::Defect => Counts {
            scope: false,
            ready: false,
            defect: !matches!(category, Category::Done | Category::Dropped),
        },
    }
}

/// Which of consecutive spans of time an instant is part of.
pub(crate) trait Spans {
    /// The number of the span; nothing that is known happens after the last one.
    fn past(&self, instant: Instant) -> usize;
}

impl Spans for Days {
    fn past(&self, instant: Instant) -> usize {
        Self::past(self, instant)
    }
}

/// Something that happened to an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Event {
    Is(Category),
    Member(bool),
}

/// Makes the changes of one item after the other without allocating anew.
#[derive(Default)]
pub(crate) struct Tracer {
    events: Vec<(Instant, Event)>,
    changes: Vec<Change>,
}

impl Tracer {
    /// What `story` counted as in `release`, day by day; `member`: it is in it now. Also
    /// whether its scope had to be rebuilt from its creation.
    ///
    /// What its source says of now is believed over what the events add up to, and so are
    /// events of the future: they count as of now.
    pub(crate) fn story(
        &mut self,
        story: &Story,
        release: &ReleaseId,
        member: bool,
        days: &impl Spans,
        now: Instant,
    ) -> (&[Change], bool) {
        let events = &mut self.events;
        events.clear();
        let created = story.created_at.min(now);
        let at = |instant: Instant| instant.clamp(created, now);
        let first = if story.moves.is_empty() { story.category } else { Category::ToDo };
        events.push((created, Event::Is(first)));
        let mut scope = story.scope.iter().filter(|change| change.release == *release).peekable();
        let rebuilt = scope.peek().is_none() && member;
        if rebuilt || scope.peek().is_some_and(|change| change.change == ScopeChange::Removed) {
            events.push((created, Event::Member(true)));
        }
        events
            .extend(scope.map(|change| (at(change.at), Event::Member(change.change == ScopeChange::Added))));
        events.extend(story.moves.iter().map(|change| (at(change.at), Event::Is(change.to))));
        events.push((now, Event::Is(story.category)));
        events.push((now, Event::Member(member)));
        // Stable: what the source ordered stays so within an instant.
        events.sort_by_key(|(instant, _)| *instant);

        self.changes.clear();
        let (mut category, mut inside) = (None, false);
        for (instant, event) in &self.events {
            match event {
                Event::Is(to) => category = Some(*to),
                Event::Member(is) => inside = *is,
            }
            push(&mut self.changes, days.past(*instant), counts(story.kind, inside, category));
        }
        (&self.changes, rebuilt)
    }

    /// What a pull request counted as in its release, day by day: in scope from its first
    /// known instant, ready from its merge, out of scope from its closing. What went out with
    /// the release was merged by then (`merged_by`), whatever its own times say.
    pub(crate) fn pull_request(
        &mut self,
        pull_request: &PullRequest,
        merged_by: Option<Instant>,
        days: &impl Spans,
        now: Instant,
    ) -> &[Change] {
        self.changes.clear();
        let now =
            merged_by.filter(|_| pull_request.state == PullRequestState::Merged).unwrap_or(now).min(now);
        let known = first_known(pull_request).unwrap_or(now).min(now);
        let ended = |at: Option<Instant>| at.or(pull_request.updated_at).unwrap_or(known).clamp(known, now);
        let open = Counts { scope: true, ..Counts::default() };
        push(&mut self.changes, days.past(known), open);
        match pull_request.state {
            PullRequestState::Open => {}
            PullRequestState::Merged => {
                let day = days.past(ended(pull_request.merged_at));
                push(&mut self.changes, day, Counts { ready: true, ..open });
            }
            PullRequestState::Closed => {
                push(&mut self.changes, days.past(ended(pull_request.closed_at)), Counts::default());
            }
        }
        &self.changes
    }
}

/// Only the state at the end of a day counts, and only if it is another than before.
fn push(changes: &mut Vec<Change>, day: usize, counts: Counts) {
    if let Some(last) = changes.last_mut().filter(|last| last.0 == day) {
        last.1 = counts;
    } else {
        changes.push((day, counts));
    }
    let before = changes.len().checked_sub(2).map_or(Counts::default(), |index| changes[index].1);
    if changes.last().is_some_and(|last| last.1 == before) {
        changes.pop();
    }
}

/// Sums of changes by day: entered, left, became ready, is ready no longer, open defects.
#[derive(Clone, Debug)]
pub(crate) struct Lines {
    days: Vec<DayChange>,
}

/// What changed on one day.
#[derive(Clone, Copy, Debug, Default)]
struct DayChange {
    added: u32,
    removed: u32,
    readied: u32,
    unreadied: u32,
    defects_opened: u32,
    defects_solved: u32,
    weight: i64,
    weight_ready: i64,
    unestimated: i32,
}

/// What the items of a release are at the end of one day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DayState {
    pub(crate) scope: u32,
    pub(crate) ready: u32,
    pub(crate) defects: u32,
    /// What is in scope and what is ready, in hundredths of a point; items without an estimate.
    pub(crate) weight: u64,
    pub(crate) weight_ready: u64,
    pub(crate) unestimated: u32,
    /// Entered, left and became ready since the end of the day before.
    pub(crate) added: u32,
    pub(crate) removed: u32,
    pub(crate) completed: u32,
    /// Defects that were opened and solved since the end of the day before.
    pub(crate) defects_opened: u32,
    pub(crate) defects_solved: u32,
}

impl Lines {
    /// Nothing yet, on days up to and including `last`.
    pub(crate) fn until(last: usize) -> Self {
        Self { days: vec![DayChange::default(); last + 1] }
    }

    /// What an item counts as at the end of the day `last`, by its changes.
    pub(crate) fn counts_on(changes: &[Change], last: usize) -> Counts {
        let until = changes.iter().take_while(|(day, _)| *day <= last).last();
        until.map_or(Counts::default(), |(_, counts)| *counts)
    }

    /// Adds the changes of one item of this weight up to and including the day `last`.
    pub(crate) fn add_until(&mut self, changes: &[Change], weight: Option<u64>, last: usize) {
        let hundredths = weight.unwrap_or(0).cast_signed();
        let mut before = Counts::default();
        for (day, counts) in changes.iter().take_while(|(day, _)| *day <= last) {
            let Some(change) = self.days.get_mut(*day) else { break };
            change.added += u32::from(counts.scope && !before.scope);
            change.removed += u32::from(!counts.scope && before.scope);
            change.readied += u32::from(counts.ready && !before.ready);
            change.unreadied += u32::from(!counts.ready && before.ready);
            change.defects_opened += u32::from(counts.defect && !before.defect);
            change.defects_solved += u32::from(!counts.defect && before.defect);
            let scope = i32::from(counts.scope) - i32::from(before.scope);
            let ready = i32::from(counts.ready) - i32::from(before.ready);
            change.weight += i64::from(scope) * hundredths;
            change.weight_ready += i64::from(ready) * hundredths;
            change.unestimated += if weight.is_none() { scope } else { 0 };
            before = *counts;
        }
    }

    /// The state at the end of each day.
    pub(crate) fn states(&self) -> Vec<DayState> {
        let mut state = DayState::default();
        let (mut weight, mut weight_ready, mut unestimated) = (0, 0, 0);
        self.days
            .iter()
            .map(|change| {
                weight += change.weight;
                weight_ready += change.weight_ready;
                unestimated += change.unestimated;
                state = DayState {
                    scope: state.scope + change.added - change.removed,
                    ready: state.ready + change.readied - change.unreadied,
                    defects: state.defects + change.defects_opened - change.defects_solved,
                    weight: u64::try_from(weight).unwrap_or(0),
                    weight_ready: u64::try_from(weight_ready).unwrap_or(0),
                    unestimated: u32::try_from(unestimated).unwrap_or(0),
                    added: change.added,
                    removed: change.removed,
                    completed: change.readied,
                    defects_opened: change.defects_opened,
                    defects_solved: change.defects_solved,
                };
                state
            })
            .collect()
    }
}
