//! Days as they were observed, in place of what the items' own events make of them by now.
//!
//! A board keeps its figures of each day. Sources rewrite their past: what is deleted leaves no
//! event, what is imported anew begins later. What such a day was then counts:
//!
//! ```text
//! day = rebuilt at its end + (observed − rebuilt at the instant of the observation)
//! ```
//!
//! Where nothing was rewritten the difference is zero, also if nobody looked at the end of the
//! day. It holds until the next observation, as a past that was rewritten stays so.

use chrono::Duration;

use crate::domain::{Instant, ReleaseFigures};

use super::{
    Unit,
    burn_down::{trace_pull_requests, trace_stories},
    context::Context,
    membership::Membership,
    scope::{DayState, Lines, Spans, Tracer},
};

/// So long before its figures were kept a board may have heard of its sources last: what
/// happened meanwhile is no difference.
const UNHEARD: Duration = Duration::hours(1);

/// What was kept of a release on a day that is over.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen<'a> {
    /// The number of the day.
    pub(crate) day: usize,
    /// When it was seen.
    at: Instant,
    /// What was seen.
    pub(crate) figures: &'a ReleaseFigures,
}

impl Seen<'_> {
    /// passed / (passed + failed), if so many of all tests were skipped; none if none ran.
    pub(crate) fn share_of_tests(&self, skipped: u32) -> Option<f64> {
        let ReleaseFigures { tests_passed, tests, .. } = *self.figures;
        let ran = tests.saturating_sub(skipped).max(tests_passed);
        (ran > 0).then(|| f64::from(tests_passed) / f64::from(ran))
    }
}

/// What was observed of the release at this position on the days before `last`, oldest first.
pub(crate) fn seen<'a>(context: &Context<'a>, release: usize, last: usize) -> Vec<Seen<'a>> {
    let id = &context.releases[release].id;
    let known = context.world.days.iter().filter(|day| day.at <= context.now);
    let mut seen: Vec<Seen<'a>> = known
        .filter_map(|day| Some(Seen { day: context.days.past(day.at), at: day.at, figures: day.of(id)? }))
        .filter(|seen| seen.day < last)
        .collect();
    seen.sort_by_key(|seen| seen.at);
    // In another time zone than then, two may be of one day: the later one is nearer to its end.
    seen.reverse();
    seen.dedup_by_key(|seen| seen.day);
    seen.reverse();
    seen
}

/// The spans between instants, each with the instant at its end.
struct Moments(Vec<Instant>);

impl Spans for Moments {
    fn past(&self, instant: Instant) -> usize {
        self.0.partition_point(|moment| *moment < instant)
    }
}

/// How much more was observed than is rebuilt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Difference {
    scope: i64,
    ready: i64,
    defects: i64,
}

/// Puts what was `seen` in place of what is rebuilt in `states`, by day. The last one is left as
/// it is: it is the list beside it.
pub(crate) fn correct(
    context: &Context<'_>,
    membership: &Membership,
    release: usize,
    unit: Unit,
    tracer: &mut Tracer,
    seen: &[Seen<'_>],
    states: &mut [DayState],
) {
    let Some(last) = states.len().checked_sub(1).filter(|_| !seen.is_empty()) else { return };
    let mut of_days = differences(context, membership, release, unit, tracer, seen).into_iter().peekable();
    let Some((first, mut difference)) = of_days.peek().copied() else { return };
    for (day, state) in states.iter_mut().enumerate().skip(first) {
        let before = difference;
        while let Some((_, newer)) = of_days.next_if(|(seen, _)| *seen <= day) {
            difference = newer;
        }
        if day == last {
            difference = Difference::default();
        }
        state.scope = sum(state.scope, difference.scope);
        state.ready = sum(state.ready, difference.ready).min(state.scope);
        state.defects = sum(state.defects, difference.defects);
        // What nobody tells of any more happened all the same, on the day that shows it.
        (state.added, state.removed) = moved(state.added, state.removed, difference.scope - before.scope);
        (state.completed, _) = moved(state.completed, 0, difference.ready - before.ready);
        (state.defects_opened, state.defects_solved) =
            moved(state.defects_opened, state.defects_solved, difference.defects - before.defects);
    }
}

/// By day, what was seen besides what is rebuilt for that instant.
fn differences(
    context: &Context<'_>,
    membership: &Membership,
    release: usize,
    unit: Unit,
    tracer: &mut Tracer,
    seen: &[Seen<'_>],
) -> Vec<(usize, Difference)> {
    let mut moments: Vec<Instant> = seen.iter().flat_map(|seen| [seen.at - UNHEARD, seen.at]).collect();
    moments.sort_unstable();
    moments.dedup();
    let moments = Moments(moments);
    let last = moments.0.len() - 1;
    let mut lines = Lines::until(last);
    trace_stories(context, membership, release, tracer, &moments, |_, changes, _| {
        lines.add_until(changes, None, last);
    });
    if unit == Unit::PullRequests {
        trace_pull_requests(context, membership, release, tracer, &moments, |_, changes| {
            lines.add_until(changes, None, last);
        });
    }
    let states = lines.states();
    let has_pull_requests = !membership.pull_requests[release].is_empty();
    let of = |seen: &Seen<'_>| {
        let before = states.get(moments.past(seen.at - UNHEARD))?;
        let then = states.get(moments.past(seen.at))?;
        // Before a release has a story its pull requests are counted.
        let is_other_unit = unit == Unit::Stories && then.scope == 0 && has_pull_requests;
        let beyond = |observed: u32, one: u32, other: u32| {
            i64::from(observed) - i64::from(observed.clamp(one.min(other), one.max(other)))
        };
        (!is_other_unit).then(|| {
            let difference = Difference {
                scope: beyond(seen.figures.scope, before.scope, then.scope),
                ready: beyond(seen.figures.ready, before.ready, then.ready),
                defects: beyond(seen.figures.defects, before.defects, then.defects),
            };
            (seen.day, difference)
        })
    };
    seen.iter().filter_map(of).collect()
}

fn sum(count: u32, difference: i64) -> u32 {
    u32::try_from((i64::from(count) + difference).max(0)).unwrap_or(u32::MAX)
}

/// What entered and what left, if `more` entered in the end.
fn moved(entered: u32, left: u32, more: i64) -> (u32, u32) {
    if more >= 0 {
        let back = more.min(i64::from(left));
        (sum(entered, more - back), sum(left, -back))
    } else {
        let back = (-more).min(i64::from(entered));
        (sum(entered, -back), sum(left, -more - back))
    }
}
