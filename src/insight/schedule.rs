//! What goes out when, and what stands in its way.

use std::sync::Arc;

use chrono::Duration;
use chrono_tz::Tz;

use crate::domain::{Deployment, DeploymentState, EnvironmentId, Instant, ReleaseId, Text, Tier};

use super::{
    CalendarEntry, CalendarKind, DeploymentRow, ForecastView, Gate, GateAnswer, GateName, ReleaseInsight,
    Schedule, ScheduleProblem, ScheduleProblemKind, Verdict,
    cadence::cadence,
    context::{Context, later},
    dependencies::dependencies,
    membership::Membership,
    past_activities::PastActivities,
    runbook::{self, PastRuns},
    runbook_outlook,
    schedule_rules::{ScheduleRules, is_solved_by_moving},
    suggested_window, words,
};

/// Days before and after today that the calendar tells of.
const CALENDAR_DAYS: i64 = 366;
/// Days for which a release that went out stays in the calendar.
const RELEASED_DAYS: i64 = 30;
/// Hours for which a deployment that did not start in its window is still the next one.
const MISSED_HOURS: i64 = 24;

/// Deployments, and which belongs to which release.
pub(crate) struct Deployments<'a> {
    /// One for each deployment of the context, in its order; without what needs the verdict.
    pub(crate) rows: Vec<DeploymentRow>,
    /// By position of the release: those that run or will, the earliest first.
    pub(crate) planned: Vec<Vec<usize>>,
    /// By position of the release: there is any that was not cancelled.
    pub(crate) any: Vec<bool>,
    /// What windows must keep to.
    pub(crate) rules: ScheduleRules<'a>,
}

impl<'a> Deployments<'a> {
    pub(crate) fn of(context: &Context<'a>, membership: &Membership) -> Self {
        let count = context.releases.len();
        let mut all = Self {
            rows: Vec::new(),
            planned: vec![Vec::new(); count],
            any: vec![false; count],
            rules: ScheduleRules::of(context),
        };
        let mut taken_by = vec![Vec::new(); count];
        for (taker, taken) in membership.taken_over.iter().enumerate() {
            for taken in taken {
                taken_by[*taken].push(taker);
            }
        }
        let past = PastRuns::learn(context);
        let activities = PastActivities::learn(context.deployments.iter().map(|it| &***it), |id| {
            context.environment(id)?.platform.as_ref()
        });
        for (index, deployment) in context.deployments.iter().enumerate() {
            let named = deployment.release.as_ref().and_then(|id| context.release(id));
            for release in
                named.into_iter().chain(named.into_iter().flat_map(|named| taken_by[named].clone()))
            {
                all.any[release] |= deployment.state != DeploymentState::Cancelled;
                if is_ahead(deployment, context.now) {
                    all.planned[release].push(index);
                }
            }
            all.rows.push(row(context, &past, &activities, &all.rules, deployment));
        }
        all
    }

    /// The deployment that the gates of the release at this position ask about:
    /// [`destination`].
    pub(crate) fn destination_of(&self, context: &Context<'_>, release: usize) -> Option<&DeploymentRow> {
        destination(context, self.planned[release].iter().map(|index| &self.rows[*index]), |row| {
            &row.deployment
        })
    }
}

/// Where a release really goes, out of its `planned` deployments, the earliest first: the next
/// one of the highest tier, so that an hourly one to staging does not hide what stands in the
/// way of production. A place that nothing is known of is the lowest.
pub(crate) fn destination<T>(
    context: &Context<'_>,
    planned: impl Iterator<Item = T>,
    deployment: impl Fn(&T) -> &Deployment,
) -> Option<T> {
    let tier = |planned: &T| {
        let place = &deployment(planned).environment;
        if context.is_production(place) { Some(Tier::Production) } else { context.tier(place) }
    };
    planned.reduce(|best, other| if tier(&other) > tier(&best) { other } else { best })
}

fn row<'a>(
    context: &Context<'a>,
    past: &PastRuns<'_>,
    activities: &PastActivities<'_>,
    rules: &ScheduleRules<'a>,
    deployment: &'a Arc<Deployment>,
) -> DeploymentRow {
    let known = context.environment(&deployment.environment);
    let mut row = DeploymentRow {
        deployment: Arc::clone(deployment),
        platform: known.and_then(|environment| environment.platform.clone()),
        region: known.and_then(|environment| environment.region.clone()),
        estimate: None,
        projected_end: None,
        verdict: None,
        ready_by_start: None,
        problems: Vec::new(),
        slots: Vec::new(),
        no_slot: None,
        needs: Vec::new(),
        time_zone: deployment.time_zone.or_else(|| time_zone(context, &deployment.environment)),
        runbook: None,
    };
    if deployment.state.is_over() {
        return row;
    }
    let release = deployment.release.as_ref().and_then(|id| context.release(id));
    let needs = release.map(|release| dependencies(context, release, Some(&deployment.environment)));
    row.needs = needs.into_iter().flatten().map(|(id, state)| state.need(id)).collect();
    row.estimate = past.estimate(context, deployment);
    if deployment.state == DeploymentState::Running {
        row.projected_end = runbook::projected_end(deployment, row.estimate.as_ref(), context.now);
    }
    if is_ahead(deployment, context.now) {
        row.runbook = runbook_outlook::outlook(deployment, activities, context.now);
    }
    row.problems = rules.against(context, deployment, deployment.window);
    let mut problem = |kind, what: String| {
        row.problems.push(ScheduleProblem { kind, what: Text::new(what) });
    };
    let planned_end = deployment.window.until;
    match (row.projected_end, row.estimate) {
        (Some(end), _) if end > planned_end => {
            let late = words::duration(end - planned_end);
            problem(ScheduleProblemKind::Overrun, format!("ends {late} after its window"));
        }
        (None, Some(estimate)) if minutes(estimate.p85_minutes) > deployment.window.duration() => {
            let (usual, window) = (
                words::duration(minutes(estimate.p85_minutes)),
                words::duration(deployment.window.duration()),
            );
            problem(ScheduleProblemKind::Overrun, format!("P85 {usual}, window {window}"));
        }
        _ => {}
    }
    let has_begun = deployment.started_at.is_some() || deployment.state == DeploymentState::Running;
    if !has_begun && deployment.window.from <= context.now {
        if deployment.window.until <= context.now {
            let passed = words::duration(context.now - deployment.window.until);
            problem(ScheduleProblemKind::WindowPassed, format!("{passed} ago, not reported"));
        } else {
            let late = words::duration(context.now - deployment.window.from);
            problem(ScheduleProblemKind::NotStarted, format!("{late} late"));
        }
    }
    row.problems.sort_by_key(|problem| problem.kind);
    row
}

/// The time zone of an environment, or of the nearest group that holds it and has one.
fn time_zone(context: &Context<'_>, environment: &EnvironmentId) -> Option<Tz> {
    let places = context.held_by(environment);
    places.into_iter().find_map(|place| context.environment(place)?.time_zone)
}

/// What a release says of the deployments that bring it: whether its gates are red on the last
/// day, and from when on it is likely to be ready.
pub(crate) fn gate_red(
    context: &Context<'_>,
    insight: &ReleaseInsight,
    start: Instant,
) -> Option<ScheduleProblem> {
    let last_day = Duration::hours(i64::from(context.policy.last_day_hours));
    if insight.verdict != Verdict::NoGo || later(start, -last_day) > context.now {
        return None;
    }
    // Those that ask about the deployment itself are named as problems of their own.
    let is_own = |gate: &&Gate| {
        use GateName::{Dependencies, Environment, Freeze, Runbook};
        !matches!(gate.name, Dependencies | Environment | Freeze | Runbook)
    };
    let red = insight.gates.iter().filter(|gate| gate.answer == GateAnswer::NoGo).filter(is_own);
    let red: Vec<&str> = red.map(|gate| gate.name.title()).collect();
    if red.is_empty() {
        return None;
    }
    let what = format!("{} no-go: {}", insight.release.id, words::list(&red, 3));
    Some(ScheduleProblem { kind: ScheduleProblemKind::GateRed, what: Text::new(what) })
}

/// Names what needs the releases, and finds for each row with a problem the next windows that
/// keep to all rules.
fn complete<'a>(
    context: &Context<'a>,
    rules: &ScheduleRules<'a>,
    rows: &mut [DeploymentRow],
    releases: &[Arc<ReleaseInsight>],
) {
    for (row, deployment) in rows.iter_mut().zip(&context.deployments) {
        if !is_ahead(deployment, context.now) || deployment.state == DeploymentState::Running {
            continue;
        }
        let release = deployment.release.as_ref().and_then(|id| context.release(id));
        let release = release.map(|release| &*releases[release]);
        let red = release.and_then(|release| gate_red(context, release, deployment.window.from));
        let is_red = red.is_some();
        row.problems.extend(red);
        let others = row.problems.iter().any(|problem| problem.kind != ScheduleProblemKind::GateRed);
        // When gates turn that no forecast speaks of, no slot can promise.
        let is_forecast = release.is_some_and(|it| matches!(it.forecast, ForecastView::Dates { .. }));
        if !is_solved_by_moving(&row.problems) || (is_red && !others && !is_forecast) {
            continue;
        }
        let earliest = suggested_window::earliest(context, deployment, release, is_red);
        let length = suggested_window::needed_length(deployment.window, row.estimate.as_ref());
        let found = rules.free(context, deployment, deployment.window.from, length, earliest);
        row.slots = found.windows;
        row.no_slot = found.why_none.map(Text::new);
    }
}

pub(crate) fn minutes(minutes: u32) -> Duration {
    Duration::minutes(i64::from(minutes))
}

/// Whether somebody agreed that the environment is kept for the deployment's release all the
/// time of its window, itself or a group that holds it.
pub(crate) fn is_booked(context: &Context<'_>, deployment: &Deployment) -> bool {
    let places = context.held_by(&deployment.environment);
    context.bookings.iter().any(|booking| {
        booking.approved
            && booking.release.is_some()
            && booking.release == deployment.release
            && booking.window.from <= deployment.window.from
            && deployment.window.until <= booking.window.until
            && places.contains(&&booking.environment)
    })
}

/// The schedule: `rows` with what their releases say, and all that is on some day. `releases`
/// are in the order of the context.
pub(crate) fn schedule<'a>(
    context: &Context<'a>,
    rules: &ScheduleRules<'a>,
    mut rows: Vec<DeploymentRow>,
    releases: &[Arc<ReleaseInsight>],
) -> Schedule {
    complete(context, rules, &mut rows, releases);
    let next = next(&rows, context.now);
    let calendar = calendar(context, &rows, releases);
    Schedule {
        deployments: rows,
        next,
        calendar,
        frozen: rules.frozen(context),
        cadence: cadence(context, releases),
    }
}

/// The one that runs, else the next one.
fn next(rows: &[DeploymentRow], now: Instant) -> Option<usize> {
    let is_running = |row: &DeploymentRow| row.deployment.state == DeploymentState::Running;
    rows.iter().position(is_running).or_else(|| rows.iter().position(|row| is_ahead(&row.deployment, now)))
}

/// It runs or will; one whose window passed a day ago without a start was forgotten.
pub(crate) fn is_ahead(deployment: &Deployment, now: Instant) -> bool {
    match deployment.state {
        DeploymentState::Running => true,
        DeploymentState::Draft | DeploymentState::Approved => ahead_until(deployment) > now,
        _ => false,
    }
}

/// Until when a deployment that does not start counts as one that will.
pub(crate) fn ahead_until(deployment: &Deployment) -> Instant {
    later(deployment.window.until, Duration::hours(MISSED_HOURS))
}

fn calendar(
    context: &Context<'_>,
    rows: &[DeploymentRow],
    releases: &[Arc<ReleaseInsight>],
) -> Vec<CalendarEntry> {
    let days = &context.policy.calendar;
    let today = days.day(context.now);
    let (first, last) = (today - Duration::days(CALENDAR_DAYS), today + Duration::days(CALENDAR_DAYS));
    let mut entries = Vec::new();
    let mut add = |day, kind, release: Option<&ReleaseId>, label: &Text| {
        if (first..=last).contains(&day) {
            entries.push(CalendarEntry { day, kind, release: release.cloned(), label: label.clone() });
        }
    };
    for row in rows.iter().filter(|row| row.deployment.state != DeploymentState::Cancelled) {
        let deployment = &row.deployment;
        let label = deployment.release.as_ref().map_or(deployment.id.text(), ReleaseId::text);
        add(days.day(deployment.window.from), CalendarKind::Deployment, deployment.release.as_ref(), label);
    }
    for insight in releases {
        let release = &insight.release;
        let mut of_release = |at, kind| add(days.day(at), kind, Some(&release.id), release.id.text());
        if let Some(at) = release.released_at {
            if today - days.day(at) <= Duration::days(RELEASED_DAYS) {
                of_release(at, CalendarKind::Released);
            }
            continue;
        }
        if let Some(target) = release.target {
            let kind = if target.estimated { CalendarKind::EstimatedTarget } else { CalendarKind::Target };
            of_release(target.at, kind);
        }
        if let ForecastView::Dates { p50, p85, .. } = insight.forecast {
            let dates = [(p50, CalendarKind::P50), (p85, CalendarKind::P85)];
            for (date, kind) in dates {
                if let Some(at) = date.at() {
                    of_release(at, kind);
                }
            }
        }
    }
    for freeze in &context.freezes {
        let until = freeze.window.until - Duration::seconds(1);
        let (from, until) = (days.day(freeze.window.from).max(first), days.day(until).min(last));
        for day in from.iter_days().take_while(|day| *day <= until) {
            add(day, CalendarKind::Freeze, None, &freeze.name);
        }
    }
    entries.sort_by(|a, b| (a.day, a.kind, &a.release, &a.label).cmp(&(b.day, b.kind, &b.release, &b.label)));
    entries.dedup();
    entries
}
