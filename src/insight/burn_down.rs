//! A release day by day: scope, ready, defects, tests and the ideal line.
//!
//! ```text
//! items ─ changes by day (scope.rs) ─ sums ─┬─ BurnDown: what is drawn
//!                                           └─ Progress: what the forecast reads
//! ```

use chrono::{Datelike, Days as DayCount, NaiveDate};

use crate::domain::{Instant, Kind, StoryKind};

use super::{
    BurnDown, BurnDownDay, BurnDownPoints, ScopeStep, Unit, Week,
    context::Context,
    membership::Membership,
    observed::{self, Seen},
    scope::{self, Change, Counts, DayState, Lines, Spans, Tracer, counts_now},
    test_results::TestResults,
};

/// Most days that are drawn, the latest ones.
pub(crate) const MOST_DAYS: usize = 800;

/// A release from its start on, for the forecast.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Progress {
    /// The date of the first of `days`.
    pub(crate) start: NaiveDate,
    /// The state at the end of each day; what was there before the start entered on its day.
    pub(crate) days: Vec<DayState>,
    /// Of a release that went out, what its items counted as at the end of that day.
    pub(crate) went_out: Option<WentOut>,
}

/// What the items of a release counted as on the day that it went out: what was moved,
/// reopened or added since is no part of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct WentOut {
    /// Stories and defects by position, those that left it too.
    pub(crate) stories: Vec<(usize, Counts)>,
    /// Pull requests.
    pub(crate) pull_requests: Vec<Counts>,
}

/// What the burn-down of a release counts: pull requests where it has no story.
pub(crate) fn unit(context: &Context<'_>, membership: &Membership, release: usize) -> Unit {
    let is_story = |item: usize| context.stories[item].kind == StoryKind::Story;
    let any = membership.stories[release].iter().any(|member| is_story(member.item))
        || membership.left[release].iter().any(|item| is_story(*item));
    if any || membership.pull_requests[release].is_empty() { Unit::Stories } else { Unit::PullRequests }
}

/// The burn-down of the release at this position, and the same for the forecast.
pub(crate) fn burn_down(
    context: &Context<'_>,
    membership: &Membership,
    release: usize,
    tracer: &mut Tracer,
) -> (BurnDown, Progress) {
    let described = context.releases[release];
    let days = &context.days;
    let unit = unit(context, membership, release);
    let last = described.released_at.map_or(days.today(), |at| days.past(at));

    let mut lines = Lines::until(last);
    let mut rebuilt = false;
    let mut has_points = false;
    // Assumed to be left out: those that were in it yesterday, and those that entered today.
    let mut left_out = (0, 0);
    let mut went_out = described.released_at.map(|_| WentOut::default());
    trace_stories(context, membership, release, tracer, days, |item, changes, is_rebuilt| {
        let story = context.stories[item];
        rebuilt |= is_rebuilt && story.kind == StoryKind::Story;
        let weight = scope::weight(story);
        has_points |= weight.is_some_and(|weight| weight > 0) && story.kind == StoryKind::Story;
        lines.add_until(changes, weight, last);
        if context.is_left_out(release, &story.key) && counts_now(story, true).scope {
            let was_in = last.checked_sub(1).is_some_and(|day| Lines::counts_on(changes, day).scope);
            if was_in { left_out.0 += 1 } else { left_out.1 += 1 }
        }
        if let Some(went_out) = &mut went_out {
            went_out.stories.push((item, Lines::counts_on(changes, last)));
        }
    });
    if unit == Unit::PullRequests || went_out.is_some() {
        trace_pull_requests(context, membership, release, tracer, days, |_, changes| {
            if unit == Unit::PullRequests {
                lines.add_until(changes, None, last);
            }
            if let Some(went_out) = &mut went_out {
                went_out.pull_requests.push(Lines::counts_on(changes, last));
            }
        });
    }
    let mut states = lines.states();
    let seen = observed::seen(context, release, last);
    observed::correct(context, membership, release, unit, tracer, &seen, &mut states);
    let target = described.target.map(|target| target.at);
    let seen_from = seen.first().map(|seen| days.date(seen.day));
    let burn_down = |days| BurnDown {
        unit,
        days,
        target: target.map(|at| context.policy.calendar.day(at)),
        scope_steps: Vec::new(),
        scope_rebuilt: rebuilt,
        ideal_ahead: Vec::new(),
        forecast_days: None,
        observed_from: observed_from(context, unit).into_iter().chain(seen_from).min(),
        weeks: Vec::new(),
    };
    let Some(start) = start(context, membership, release, &states) else {
        return (burn_down(Vec::new()), Progress { went_out, ..Progress::default() });
    };
    let start = start.min(last);

    let mut progress = Progress {
        start: days.date(start),
        days: states.get(start..).unwrap_or_default().to_vec(),
        went_out,
    };
    if let Some(first) = progress.days.first_mut() {
        (first.added, first.removed, first.completed) = (first.scope, 0, first.ready);
    }
    // To assume that something is left out says nothing about how the scope grows otherwise.
    let is_first = progress.days.len() == 1;
    if let Some(today) = progress.days.last_mut() {
        let (removed, entered) = if is_first { (0, left_out.0 + left_out.1) } else { left_out };
        today.removed = today.removed.saturating_sub(removed);
        today.added += entered;
    }

    let shown = start.max((last + 1).saturating_sub(MOST_DAYS));
    let tests = tests_by_day(context, membership, release, &seen, shown, last);
    let left = left_by_plan(context, start, target);
    let begun = states.get(start).copied().unwrap_or_default();
    let ideal = |day| left(day).map(|left| f64::from(begun.scope) * left);
    let ideal_points = |day| left(day).map(|left| scope::points(begun.weight) * left);
    let has_points = has_points && unit == Unit::Stories;
    let rows = (shown..=last)
        .zip(tests)
        .filter_map(|(day, tests)| {
            let state = states.get(day)?;
            Some(BurnDownDay {
                day: days.date(day),
                scope: state.scope,
                ready: state.ready,
                defects: state.defects,
                tests,
                ideal: ideal(day),
                points: has_points.then(|| BurnDownPoints {
                    scope: scope::points(state.weight),
                    ready: scope::points(state.weight_ready),
                    unestimated: state.unestimated,
                    ideal: ideal_points(day),
                }),
            })
        })
        .collect();
    let mut drawn = burn_down(rows);
    if let Some(target) = target.filter(|_| described.released_at.is_none()) {
        let ahead = (last + 1..=days.of(target)).take(MOST_DAYS);
        drawn.ideal_ahead = ahead.filter_map(|day| Some((days.date(day), ideal(day)?))).collect();
    }
    drawn.scope_steps = (shown + 1..=last)
        .filter_map(|day| Some((day, states.get(day)?)))
        .filter(|(_, state)| state.added + state.removed > 0)
        .map(|(day, state)| ScopeStep { day: days.date(day), added: state.added, removed: state.removed })
        .collect();
    let shown_days = (shown..=last).filter_map(|day| Some((days.date(day), states.get(day)?)));
    drawn.weeks = weeks(shown_days);
    (drawn, progress)
}

/// The days by weeks.
fn weeks<'a>(days: impl Iterator<Item = (NaiveDate, &'a DayState)>) -> Vec<Week> {
    let mut weeks: Vec<Week> = Vec::new();
    for (day, state) in days {
        let into = u64::from(day.weekday().num_days_from_monday());
        let from = day.checked_sub_days(DayCount::new(into)).unwrap_or(day);
        if weeks.last().is_none_or(|week| week.from != from) {
            weeks.push(Week { from, ..Week::default() });
        }
        if let Some(week) = weeks.last_mut() {
            week.done += state.completed;
            week.defects_opened += state.defects_opened;
            week.defects_solved += state.defects_solved;
        }
    }
    weeks
}

/// The day from which on all sources of what is counted were watched.
fn observed_from(context: &Context<'_>, unit: Unit) -> Option<NaiveDate> {
    let kind = match unit {
        Unit::Stories => Kind::Stories,
        Unit::PullRequests => Kind::PullRequests,
    };
    let sources = context.world.covers.get(&kind)?;
    let from = |source| context.health(source)?.observed_from;
    let all: Option<Vec<Instant>> = sources.iter().map(from).collect();
    Some(context.policy.calendar.day(all?.into_iter().max()?))
}

/// What every story and defect that is or was in a release counted as, day by day, by
/// position; and whether that had to be rebuilt from its creation.
pub(crate) fn trace_stories(
    context: &Context<'_>,
    membership: &Membership,
    release: usize,
    tracer: &mut Tracer,
    spans: &impl Spans,
    mut visit: impl FnMut(usize, &[Change], bool),
) {
    let id = &context.releases[release].id;
    let members = membership.stories[release].iter().map(|member| (member.item, true));
    let left = membership.left[release].iter().map(|item| (*item, false));
    for (item, member) in members.chain(left) {
        let (changes, is_rebuilt) = tracer.story(context.stories[item], id, member, spans, context.now);
        visit(item, changes, is_rebuilt);
    }
}

/// The same for its pull requests.
pub(crate) fn trace_pull_requests(
    context: &Context<'_>,
    membership: &Membership,
    release: usize,
    tracer: &mut Tracer,
    spans: &impl Spans,
    mut visit: impl FnMut(usize, &[Change]),
) {
    let names: Vec<_> = membership.names(release).map(|index| &context.releases[index].id).collect();
    for member in &membership.pull_requests[release] {
        let pull_request = context.pull_requests[member.item];
        let is_contained = pull_request.release.as_ref().is_some_and(|id| names.contains(&id));
        let merged_by = context.releases[release].released_at.filter(|_| is_contained);
        visit(member.item, tracer.pull_request(pull_request, merged_by, spans, context.now));
    }
}

/// The day that a release began: the configured one, else that of the previous release of
/// its project, else the first one with three items in scope, else with any.
fn start(
    context: &Context<'_>,
    membership: &Membership,
    release: usize,
    states: &[DayState],
) -> Option<usize> {
    let described = context.releases[release];
    let holds = |least: u32| states.iter().position(|state| state.scope >= least);
    let any = holds(1).or_else(|| states.iter().position(|state| state.defects > 0));
    if let Some(at) = described.start {
        return Some(context.days.past(at));
    }
    any?;
    if let Some(at) = previous_release(context, membership, release) {
        return Some(context.days.past(at));
    }
    holds(3).or(any)
}

/// When the release of the same project before this one went out.
pub(crate) fn previous_release(
    context: &Context<'_>,
    membership: &Membership,
    release: usize,
) -> Option<Instant> {
    let described = context.releases[release];
    let until = described.released_at.unwrap_or(context.now);
    context
        .releases
        .iter()
        .enumerate()
        .filter(|(index, other)| {
            other.project == described.project && membership.names(release).all(|own| own != *index)
        })
        .filter_map(|(_, other)| other.released_at)
        .filter(|at| *at < until)
        .max()
}

/// Passing tests at the end of each day, of the newest run of each suite until then; of days on
/// which more tests were seen than are told of now, what was seen.
fn tests_by_day(
    context: &Context<'_>,
    membership: &Membership,
    release: usize,
    seen: &[Seen<'_>],
    first: usize,
    last: usize,
) -> Vec<Option<f64>> {
    let mut runs = membership.test_runs[release].iter().map(|run| context.test_runs[*run]).peekable();
    let mut results = TestResults::default();
    let (mut share, mut told) = (None, 0_u32);
    let by_day: Vec<(Option<f64>, u32)> = (first..=last)
        .map(|day| {
            let mut is_new = false;
            while let Some(run) = runs.next_if(|run| context.days.past(run.at) <= day) {
                results.add(context, run);
                is_new = true;
            }
            if is_new {
                share = results.share();
                let (passed, failed, skipped) = results.totals();
                told = passed.saturating_add(failed).saturating_add(skipped);
            }
            (share, told)
        })
        .collect();
    // How many of a day's tests were skipped is not kept: as many as now.
    let (_, _, skipped) = results.totals();
    let mut seen = seen.iter().peekable();
    let mut missed: Option<&Seen<'_>> = None;
    let days = (first..).zip(by_day);
    days.map(|(day, (share, told))| {
        while let Some(newer) = seen.next_if(|seen| seen.day <= day) {
            missed = Some(newer);
        }
        missed = missed.filter(|missed| missed.figures.tests > told && day < last);
        missed.map_or(share, |missed| missed.share_of_tests(skipped))
    })
    .collect()
}

/// Which share of the scope at the start remains on a day if it is worked off evenly until
/// the target, day by working day.
fn left_by_plan(
    context: &Context<'_>,
    start: usize,
    target: Option<Instant>,
) -> impl Fn(usize) -> Option<f64> {
    let days = &context.days;
    let target = target.map(|at| days.of(at)).filter(|target| *target > start);
    let all = target.map_or(0, |target| days.working_days(start, target));
    move |day| {
        let target = target.filter(|_| all > 0)?;
        let worked = days.working_days(start, day.min(target));
        Some(1.0 - f64::from(worked) / f64::from(all))
    }
}
