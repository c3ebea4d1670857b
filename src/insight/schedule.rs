//! What goes out when, and what stands in its way.

use std::sync::Arc;

use chrono::Duration;

use crate::domain::{
    Deployment, DeploymentState, EnvironmentId, Instant, Kind, ReleaseId, Text, Tier, Window,
};

use super::{
    CalendarEntry, CalendarKind, DeploymentRow, ForecastView, ReleaseInsight, Schedule, ScheduleProblem,
    ScheduleProblemKind,
    context::{Context, later},
    membership::Membership,
    patterns::Patterns,
    runbook::{self, PastRuns},
    words,
};

/// Days before and after today that the calendar tells of.
const CALENDAR_DAYS: i64 = 366;
/// Days for which a release that went out stays in the calendar.
const RELEASED_DAYS: i64 = 30;
/// Hours for which a deployment that did not start in its window is still the next one.
const MISSED_HOURS: i64 = 24;
/// Problems of one kind that are named for one deployment.
const MOST_NAMED: usize = 5;

/// Deployments, and which belongs to which release.
pub(crate) struct Deployments {
    /// One for each deployment of the context, in its order; without what needs the verdict.
    pub(crate) rows: Vec<DeploymentRow>,
    /// By position of the release: those that run or will, the earliest first.
    pub(crate) planned: Vec<Vec<usize>>,
    /// By position of the release: there is any that was not cancelled.
    pub(crate) any: Vec<bool>,
}

impl Deployments {
    pub(crate) fn of(context: &Context<'_>, membership: &Membership) -> Self {
        let count = context.releases.len();
        let mut all = Self { rows: Vec::new(), planned: vec![Vec::new(); count], any: vec![false; count] };
        let mut taken_by = vec![Vec::new(); count];
        for (taker, taken) in membership.taken_over.iter().enumerate() {
            for taken in taken {
                taken_by[*taken].push(taker);
            }
        }
        let past = PastRuns::learn(context);
        let freezes = Freezes::of(context);
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
            all.rows.push(row(context, &past, &freezes, deployment));
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

fn row(
    context: &Context<'_>,
    past: &PastRuns<'_>,
    freezes: &Freezes,
    deployment: &Arc<Deployment>,
) -> DeploymentRow {
    let mut row = DeploymentRow {
        deployment: Arc::clone(deployment),
        estimate: None,
        projected_end: None,
        verdict: None,
        ready_by_start: None,
        problems: Vec::new(),
    };
    if deployment.state.is_over() {
        return row;
    }
    row.estimate = past.estimate(context, deployment);
    if deployment.state == DeploymentState::Running {
        row.projected_end = runbook::projected_end(deployment, row.estimate.as_ref(), context.now);
    }
    let mut problem = |kind, what: String| {
        row.problems.push(ScheduleProblem { kind, what: Text::new(what) });
    };
    for what in freezes.touching(context, deployment) {
        problem(ScheduleProblemKind::Freeze, what);
    }
    for conflict in conflicts(context, deployment) {
        problem(ScheduleProblemKind::Conflict, conflict);
    }
    if let Some(release) = deployment.release.as_ref().and_then(|id| context.release(id)) {
        for (id, state) in dependencies(context, release, Some(&deployment.environment)) {
            if !state.is_deployed() {
                problem(ScheduleProblemKind::Dependency, state.said_of(&id));
            }
        }
    }
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
        let late = words::duration(context.now - deployment.window.from);
        problem(ScheduleProblemKind::NotStarted, format!("{late} late"));
    }
    let is_known = context.environment(&deployment.environment).is_some();
    if context.world.is_covered(Kind::Environments) && !is_known {
        problem(ScheduleProblemKind::UnknownEnvironment, deployment.environment.to_string());
    }
    row
}

pub(crate) fn minutes(minutes: u32) -> Duration {
    Duration::minutes(i64::from(minutes))
}

/// Freezes and what they cover.
struct Freezes {
    patterns: Patterns<usize>,
    everywhere: Vec<usize>,
}

impl Freezes {
    fn of(context: &Context<'_>) -> Self {
        let freezes = context.freezes.iter().enumerate();
        Self {
            patterns: Patterns::new(freezes.clone().flat_map(|(index, freeze)| {
                freeze.environments.iter().map(move |pattern| (pattern.clone(), index))
            })),
            everywhere: freezes
                .filter(|(_, freeze)| freeze.environments.is_empty())
                .map(|(index, _)| index)
                .collect(),
        }
    }

    /// Freezes of an environment, or of a group that holds it, by their beginning.
    fn covering(&self, context: &Context<'_>, environment: &EnvironmentId) -> Vec<usize> {
        let mut covering = self.everywhere.clone();
        for id in context.held_by(environment) {
            covering.extend(self.patterns.matching(id.as_str()));
        }
        covering.sort_unstable();
        covering.dedup();
        covering
    }

    /// The freezes that a deployment's window touches, each with the next time that is free.
    fn touching(&self, context: &Context<'_>, deployment: &Deployment) -> Vec<String> {
        let covering = self.covering(context, &deployment.environment);
        let length = deployment.window.duration();
        let mut free = deployment.window.from;
        let mut touching = Vec::new();
        // By beginning, so one pass finds the first gap that is long enough.
        for freeze in covering.into_iter().map(|index| context.freezes[index]) {
            if freeze.window.overlaps(&deployment.window) {
                touching.push(&freeze.name);
            }
            if freeze.window.overlaps(&Window { from: free, until: later(free, length) }) {
                free = freeze.window.until;
            }
        }
        let from = words::day_and_time(free, &context.policy.calendar);
        touching.truncate(MOST_NAMED);
        touching.into_iter().map(|name| format!("{name}, free from {from}")).collect()
    }
}

/// Whether one environment holds the other, or they are the same.
fn share_a_place(context: &Context<'_>, one: &EnvironmentId, other: &EnvironmentId) -> bool {
    context.held_by(one).contains(&other) || context.held_by(other).contains(&one)
}

/// What else has the environment of a deployment during its window.
fn conflicts(context: &Context<'_>, deployment: &Deployment) -> Vec<String> {
    let is_shared = |id| context.environment(id).is_some_and(|environment| environment.shareable);
    if is_shared(&deployment.environment) {
        return Vec::new();
    }
    let calendar = &context.policy.calendar;
    let is_other = |release: &Option<ReleaseId>| release.is_none() || *release != deployment.release;
    let whose = |release: &Option<ReleaseId>, name: &str| {
        release.as_ref().map_or_else(|| name.to_owned(), ToString::to_string)
    };
    let said = |who: String, window: &Window| {
        let from = words::day_and_time(window.from, calendar);
        let until = if calendar.day(window.from) == calendar.day(window.until) {
            words::time(window.until, calendar)
        } else {
            words::day_and_time(window.until, calendar)
        };
        format!("with {who}, {from}–{until}")
    };
    let deployments = context
        .deployments
        .iter()
        .filter(|other| !other.state.is_over() && other.id != deployment.id)
        .filter(|other| other.window.overlaps(&deployment.window) && is_other(&other.release))
        .filter(|other| share_a_place(context, &other.environment, &deployment.environment))
        .map(|other| said(whose(&other.release, other.id.as_str()), &other.window));
    let bookings = context
        .bookings
        .iter()
        .filter(|booking| !booking.shareable && is_other(&booking.release))
        .filter(|booking| booking.window.overlaps(&deployment.window))
        .filter(|booking| share_a_place(context, &booking.environment, &deployment.environment))
        .map(|booking| said(whose(&booking.release, booking.id.as_str()), &booking.window));
    let mut all: Vec<String> = Vec::new();
    for conflict in deployments.chain(bookings) {
        if all.len() < MOST_NAMED && !all.contains(&conflict) {
            all.push(conflict);
        }
    }
    all
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

/// Where a release that must be deployed before stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Dependency {
    /// It is where it must be; since when and where, in words.
    Deployed(String),
    /// It is not; where it must be.
    Missing(String),
    /// No source knows it.
    Unknown,
}

impl Dependency {
    /// It is where it must be.
    pub(crate) fn is_deployed(&self) -> bool {
        matches!(self, Self::Deployed(_))
    }

    /// In words, of a release.
    pub(crate) fn said_of(&self, id: &ReleaseId) -> String {
        match self {
            Self::Deployed(evidence) => format!("{id} {evidence}"),
            Self::Missing(place) => format!("{id} is not in {place}"),
            Self::Unknown => format!("{id} is not known"),
        }
    }
}

/// The releases that the one at this position depends on, each with whether it is deployed to
/// `environment` or another one of its tier; without one, to production. Where no source
/// covers deployments, having gone out is all that can be asked.
pub(crate) fn dependencies(
    context: &Context<'_>,
    release: usize,
    environment: Option<&EnvironmentId>,
) -> Vec<(ReleaseId, Dependency)> {
    let covered = context.world.is_covered(Kind::Deployments);
    let tier = match environment {
        Some(environment) => context.tier(environment),
        None => Some(Tier::Production),
    };
    let is_there = |place: &EnvironmentId| match tier {
        Some(Tier::Production) => context.is_production(place),
        Some(tier) => context.tier(place) == Some(tier),
        None => Some(place) == environment,
    };
    let place = match tier {
        Some(Tier::Development) => "development".to_owned(),
        Some(Tier::Test) => "test".to_owned(),
        Some(Tier::Staging) => "staging".to_owned(),
        Some(Tier::Production) => "production".to_owned(),
        None => environment.map(ToString::to_string).unwrap_or_default(),
    };
    let calendar = &context.policy.calendar;
    let mut seen = std::collections::HashSet::new();
    let depends_on = context.releases[release].depends_on.iter().filter(|id| seen.insert(*id));
    depends_on
        .map(|id| {
            let Some(index) = context.release(id) else { return (id.clone(), Dependency::Unknown) };
            let evidence = if covered {
                // In each place the last one that ended decides: it may have been taken back.
                let mut last = std::collections::HashMap::<&EnvironmentId, (Instant, bool)>::new();
                for deployment in &context.deployments {
                    let succeeded = match deployment.state {
                        DeploymentState::Succeeded => true,
                        DeploymentState::RolledBack => false,
                        _ => continue,
                    };
                    if deployment.release.as_ref() == Some(id) && is_there(&deployment.environment) {
                        let ended = (deployment.finished_at.unwrap_or(deployment.window.until), succeeded);
                        let newest = last.entry(&deployment.environment).or_insert(ended);
                        *newest = (*newest).max(ended);
                    }
                }
                let there = last.into_iter().filter(|(_, (_, succeeded))| *succeeded);
                let newest = there.map(|(place, (at, _))| (at, place)).max();
                newest.map(|(at, place)| format!("went to {place}, {}", words::day_and_time(at, calendar)))
            } else {
                let went_out = context.releases[index].released_at.filter(|at| *at <= context.now);
                went_out.map(|at| format!("went out {}", words::day(at, calendar)))
            };
            let missing = || if covered { place.clone() } else { "the releases that went out".to_owned() };
            (id.clone(), evidence.map_or_else(|| Dependency::Missing(missing()), Dependency::Deployed))
        })
        .collect()
}

/// The schedule: `rows` with what their releases say, and all that is on some day.
pub(crate) fn schedule(
    context: &Context<'_>,
    rows: Vec<DeploymentRow>,
    releases: &[Arc<ReleaseInsight>],
) -> Schedule {
    let next = next(&rows, context.now);
    let calendar = calendar(context, &rows, releases);
    Schedule { deployments: rows, next, calendar }
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
            of_release(p50, CalendarKind::P50);
            of_release(p85, CalendarKind::P85);
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
