//! What is planned, for those who have no screen: deployments, freezes and releases, in words.

use chrono::Duration;

use crate::domain::{Freeze, Instant, ReleaseId, Window};

use super::{
    Board, ComparedTime, DeploymentRow, ForecastDate, ForecastView, ReleaseInsight, RunbookComparisons,
    ScheduleProblemKind, is_ahead, words,
};

/// For how long a deployment that ended is compared with its plan.
const COMPARED_FOR: Duration = Duration::days(7);
/// Most deployments that are.
const MOST_COMPARED: usize = 5;

/// What is printed, in whichever form.
pub(crate) struct Scheduled<'a> {
    /// By the start of their window.
    pub(crate) deployments: Vec<&'a DeploymentRow>,
    /// Those that are not over, by their beginning.
    pub(crate) freezes: Vec<&'a Freeze>,
    /// Those that are not out.
    pub(crate) releases: Vec<&'a ReleaseInsight>,
}

impl<'a> Scheduled<'a> {
    /// Of `release`, or of all.
    pub(crate) fn of(board: &'a Board, release: Option<&ReleaseId>) -> Self {
        let is_asked = |id: Option<&ReleaseId>| release.is_none() || id == release;
        let rows = &board.insight.schedule.deployments;
        let mut freezes: Vec<&Freeze> = board
            .world
            .freezes
            .iter()
            .map(|freeze| &**freeze)
            .filter(|freeze| freeze.window.until > board.at)
            .collect();
        freezes.sort_by(|a, b| {
            (a.window.from, a.window.until, &a.name).cmp(&(b.window.from, b.window.until, &b.name))
        });
        // Two sources may tell of the same one.
        freezes.dedup();
        let releases = board.insight.releases.iter().map(|insight| &**insight);
        Self {
            deployments: rows.iter().filter(|row| is_asked(row.deployment.release.as_ref())).collect(),
            freezes,
            releases: releases
                .filter(|insight| {
                    insight.release.released_at.is_none() && is_asked(Some(&insight.release.id))
                })
                .collect(),
        }
    }

    /// Deployments that run or will.
    pub(crate) fn coming(&self, now: Instant) -> impl Iterator<Item = &'a DeploymentRow> {
        self.deployments.iter().copied().filter(move |row| is_ahead(&row.deployment, now))
    }

    /// Whether a deployment of a release runs or will.
    pub(crate) fn is_planned(&self, release: &ReleaseId, now: Instant) -> bool {
        self.coming(now).any(|row| row.deployment.release.as_ref() == Some(release))
    }
}

/// What stands in the way of a deployment, in words.
pub(crate) fn problems(row: &DeploymentRow) -> Vec<String> {
    row.problems.iter().map(|problem| format!("{}: {}", problem.kind.word(), problem.what)).collect()
}

/// The lines below a deployment: what it goes to and how long it usually takes, what stands in its
/// way, and the windows that are free instead.
pub(crate) fn below(board: &Board, row: &DeploymentRow) -> Vec<String> {
    let mut lines: Vec<String> = Some(target(row)).filter(|said| !said.is_empty()).into_iter().collect();
    lines.extend(problems(row));
    lines.extend(slots(board, row));
    lines
}

/// The same, and how its runbook goes on.
pub(crate) fn notes(board: &Board, row: &DeploymentRow, now: Instant) -> Vec<String> {
    let mut notes = below(board, row);
    let calendar = &board.policy.calendar;
    if let Some(end) = row.projected_end {
        notes.push(format!("projected end {}", words::day_and_time(end, calendar)));
    }
    let Some(runbook) = &row.runbook else { return notes };
    if let Some(point) = &runbook.point_of_no_return {
        notes.push(point.words(row.deployment.window, now, |at| words::time(at, calendar)));
    }
    let activities = row.deployment.activities.iter().zip(&runbook.activities);
    let over =
        activities.filter_map(|(activity, it)| Some(format!("{}: {}", activity.name, it.overrun?.words())));
    notes.extend(over);
    notes
}

/// `platform kubernetes, region eu-west-1, usually P50 45m, P85 1h 13m`.
fn target(row: &DeploymentRow) -> String {
    let platform = row.platform.as_ref().map(|platform| format!("platform {platform}"));
    let region = row.region.as_ref().map(|region| format!("region {region}"));
    let minutes = |minutes: u32| words::duration(chrono::Duration::minutes(i64::from(minutes)));
    let estimate = row.estimate.map(|estimate| {
        format!("usually P50 {}, P85 {}", minutes(estimate.p50_minutes), minutes(estimate.p85_minutes))
    });
    platform.into_iter().chain(region).chain(estimate).collect::<Vec<_>>().join(", ")
}

/// `next free Tue 24 Nov 10:00–11:13, or …`, or why nothing is free; none where it need not move.
fn slots(board: &Board, row: &DeploymentRow) -> Option<String> {
    let calendar = &board.policy.calendar;
    let free: Vec<String> = row.slots.iter().map(|slot| words::window(*slot, calendar)).collect();
    if free.is_empty() {
        return row.no_slot.as_ref().map(|why| format!("no free window: {why}"));
    }
    Some(format!("next free {}", free.join(", or ")))
}

/// Deployments that ended lately against what was planned and is usual: in a line each, from when to
/// when, and in one for each activity below it.
pub(crate) fn compared(board: &Board, schedule: &Scheduled<'_>) -> Vec<([String; 4], Vec<String>)> {
    let mut over: Vec<&DeploymentRow> = schedule
        .deployments
        .iter()
        .copied()
        .filter(|row| !row.deployment.activities.is_empty())
        .filter(|row| row.deployment.finished_at.is_some_and(|at| board.at - at <= COMPARED_FOR))
        .collect();
    over.sort_by_key(|row| std::cmp::Reverse(row.deployment.finished_at));
    let comparisons = RunbookComparisons::of(&board.world);
    let of = |row: &&DeploymentRow| {
        let deployment = &row.deployment;
        let found = comparisons.compare(deployment)?;
        let ran = Window { from: deployment.started_at?, until: deployment.finished_at? };
        let cells = [
            words::window(ran, &board.policy.calendar),
            deployment.release.as_ref().map_or_else(|| deployment.id.to_string(), ToString::to_string),
            deployment.environment.to_string(),
            time_words(&found.target),
        ];
        let below = found.activities.iter().map(|it| format!("{}: {}", it.name, time_words(it)));
        Some((cells, below.collect()))
    };
    over.iter().filter_map(of).take(MOST_COMPARED).collect()
}

/// `18m, planned 20m, usually 16m: 2m shorter than planned, 2m longer than usual`.
pub(crate) fn time_words(time: &ComparedTime) -> String {
    let Some(actual) = time.actual_minutes else { return time.difference.to_string() };
    let planned = time.planned_minutes.map(|planned| format!(", planned {}", words::minutes(planned)));
    let usual = time.usual.map(|usual| format!(", usually {}", words::minutes(usual.p50_minutes)));
    let difference =
        if time.difference.is_empty() { String::new() } else { format!(": {}", time.difference) };
    format!(
        "{}{}{}{difference}",
        words::minutes(actual),
        planned.unwrap_or_default(),
        usual.unwrap_or_default()
    )
}

/// How ready what goes out is, in words; empty where nothing is known.
pub(crate) fn readiness(board: &Board, row: &DeploymentRow) -> String {
    let verdict = row.verdict.map(|verdict| format!("now {}", verdict.word()));
    let release = row.deployment.release.as_ref().and_then(|id| board.release(id));
    let by_start = row.verdict.and(super::readiness(release.map(|it| &**it), row.ready_by_start));
    verdict.into_iter().chain(by_start).collect::<Vec<_>>().join(", ")
}

/// The dates of a forecast: P50 and P85.
pub(crate) fn dates(insight: &ReleaseInsight) -> Option<(ForecastDate, ForecastDate)> {
    match insight.forecast {
        ForecastView::Dates { p50, p85, .. } => Some((p50, p85)),
        _ => None,
    }
}

/// A release that is not out: its target, forecast, and whether a deployment is planned.
pub(crate) fn release_words(
    board: &Board,
    schedule: &Scheduled<'_>,
    insight: &ReleaseInsight,
    now: Instant,
) -> [String; 4] {
    let calendar = &board.policy.calendar;
    let target = insight.release.target.map_or("no target".to_owned(), |target| {
        let about = if target.estimated { " (estimated)" } else { "" };
        format!("target {}{about}", words::day(target.at, calendar))
    });
    let forecast = dates(insight).map_or_else(String::new, |(p50, p85)| {
        let day = |at| words::day_from(at, now, calendar);
        format!("P50 {}, P85 {}", p50.said(day), p85.said(day))
    });
    let planned =
        if schedule.is_planned(&insight.release.id, now) { "planned" } else { "no deployment planned" };
    [insight.release.id.to_string(), target, forecast, planned.to_owned()]
}

/// A deployment: when, what, where, how it stands, how ready it is.
pub(crate) fn deployment_words(board: &Board, row: &DeploymentRow, now: Instant) -> [String; 6] {
    let calendar = &board.policy.calendar;
    let deployment = &row.deployment;
    let passed = row.passed().map(|_| ScheduleProblemKind::WindowPassed.word().to_owned());
    let there = row.time_zone.and_then(|zone| words::window_there(deployment.window, zone, calendar));
    [
        words::day_and_time(deployment.window.from, calendar),
        passed.unwrap_or_else(|| words::countdown(deployment.window.from, now)),
        deployment.release.as_ref().map_or_else(|| deployment.id.to_string(), ToString::to_string),
        match there {
            Some(there) => format!("{} ({there})", deployment.environment),
            None => deployment.environment.to_string(),
        },
        deployment.state.word().to_owned(),
        readiness(board, row),
    ]
}

/// A freeze: from when to when, what it is called, where it holds.
pub(crate) fn freeze_words(board: &Board, freeze: &Freeze) -> [String; 3] {
    let calendar = &board.policy.calendar;
    let time = |at| words::day_and_time(at, calendar);
    let environments: Vec<&str> = freeze.environments.iter().map(|one| &**one).collect();
    [
        format!("{} to {}", time(freeze.window.from), time(freeze.window.until)),
        freeze.name.to_string(),
        if environments.is_empty() { "everywhere".to_owned() } else { environments.join(", ") },
    ]
}
