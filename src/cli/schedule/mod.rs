//! `tminus schedule`: what goes out when, and what stands in its way.

mod ics;
mod json;
mod markdown;
mod offered;
mod text;

use std::process::ExitCode;

use crate::{
    domain::{Freeze, Instant, ReleaseId},
    insight::{self, Board, DeploymentRow, ForecastView, ReleaseInsight, is_ahead, words},
};

use super::{
    Failure,
    args::{Common, ScheduleFormat},
    context::Context,
    headless, print, status,
};

pub(super) use ics::calendar;

/// Prints the schedule, or what of it concerns `--release`.
pub(super) fn run(context: &Context, common: &Common, format: ScheduleFormat) -> Result<ExitCode, Failure> {
    let board = headless::board(context, common)?;
    // The past is looked at from then.
    let now = if common.as_of.is_some() { board.at } else { context.clock.now() };
    let release = common
        .release
        .as_deref()
        .map(|name| status::named(&board, name))
        .transpose()
        .map_err(Failure::Usage)?;
    let schedule = Scheduled::of(&board, release.as_ref());
    print(&match format {
        ScheduleFormat::Text => text::schedule(&board, &schedule, now),
        ScheduleFormat::Json => json::schedule(&board, &schedule),
        ScheduleFormat::Markdown => markdown::schedule(&board, &schedule, now),
        ScheduleFormat::Ics => ics::written(&board, &schedule, now),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// What is printed, in whichever form.
struct Scheduled<'a> {
    /// By the start of their window.
    deployments: Vec<&'a DeploymentRow>,
    /// Those that are not over, by their beginning.
    freezes: Vec<&'a Freeze>,
    /// Those that are not out.
    releases: Vec<&'a ReleaseInsight>,
}

impl<'a> Scheduled<'a> {
    fn of(board: &'a Board, release: Option<&ReleaseId>) -> Self {
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
    fn coming(&self, now: Instant) -> impl Iterator<Item = &'a DeploymentRow> {
        self.deployments.iter().copied().filter(move |row| is_ahead(&row.deployment, now))
    }

    /// Whether a deployment of a release runs or will.
    fn is_planned(&self, release: &ReleaseId, now: Instant) -> bool {
        self.coming(now).any(|row| row.deployment.release.as_ref() == Some(release))
    }
}

/// What stands in the way of a deployment, in words.
fn problems(row: &DeploymentRow) -> Vec<String> {
    row.problems.iter().map(|problem| format!("{}: {}", problem.kind.word(), problem.what)).collect()
}

/// How ready what goes out is, in words; empty where nothing is known.
fn readiness(board: &Board, row: &DeploymentRow) -> String {
    let verdict = row.verdict.map(|verdict| format!("now {}", verdict.word()));
    let release = row.deployment.release.as_ref().and_then(|id| board.release(id));
    let by_start = row.verdict.and(insight::readiness(release.map(|it| &**it), row.ready_by_start));
    verdict.into_iter().chain(by_start).collect::<Vec<_>>().join(", ")
}

/// The dates of a forecast: P50 and P85.
fn dates(insight: &ReleaseInsight) -> Option<(Instant, Instant)> {
    match insight.forecast {
        ForecastView::Dates { p50, p85, .. } => Some((p50, p85)),
        _ => None,
    }
}

/// A release that is not out: its target, forecast, and whether a deployment is planned.
fn release_words(
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
        format!("P50 {}, P85 {}", words::day(p50, calendar), words::day(p85, calendar))
    });
    let planned =
        if schedule.is_planned(&insight.release.id, now) { "planned" } else { "no deployment planned" };
    [insight.release.id.to_string(), target, forecast, planned.to_owned()]
}

/// A deployment: when, what, where, how it stands, how ready it is.
fn deployment_words(board: &Board, row: &DeploymentRow, now: Instant) -> [String; 6] {
    let calendar = &board.policy.calendar;
    let deployment = &row.deployment;
    [
        words::day_and_time(deployment.window.from, calendar),
        words::countdown(deployment.window.from, now),
        deployment.release.as_ref().map_or_else(|| deployment.id.to_string(), ToString::to_string),
        deployment.environment.to_string(),
        deployment.state.word().to_owned(),
        readiness(board, row),
    ]
}

/// A freeze: from when to when, what it is called, where it holds.
fn freeze_words(board: &Board, freeze: &Freeze) -> [String; 3] {
    let calendar = &board.policy.calendar;
    let time = |at| words::day_and_time(at, calendar);
    let environments: Vec<&str> = freeze.environments.iter().map(|one| &**one).collect();
    [
        format!("{} to {}", time(freeze.window.from), time(freeze.window.until)),
        freeze.name.to_string(),
        if environments.is_empty() { "everywhere".to_owned() } else { environments.join(", ") },
    ]
}
