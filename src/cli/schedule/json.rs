//! The schedule as JSON.

use serde::Serialize;

use crate::{
    cli::status::{DeploymentJson, SCHEMA_VERSION, beyond, deployment_json, to_json},
    domain::{Freeze, Instant, ReleaseId, Target, Text},
    insight::{Board, RunbookComparisons},
};

use super::{Scheduled, dates};

#[derive(Serialize)]
struct ScheduleJson<'a> {
    schema_version: u32,
    board: &'a Text,
    at: Instant,
    deployments: Vec<DeploymentJson<'a>>,
    freezes: &'a [&'a Freeze],
    releases: Vec<ReleaseJson<'a>>,
}

#[derive(Serialize)]
struct ReleaseJson<'a> {
    name: &'a ReleaseId,
    target: Option<Target>,
    p50: Option<Instant>,
    p85: Option<Instant>,
    /// Those of them that are beyond three years: they have no date.
    beyond: Vec<&'static str>,
    /// A deployment of it runs or will.
    planned: bool,
}

pub(super) fn schedule(board: &Board, schedule: &Scheduled<'_>) -> String {
    let comparisons = RunbookComparisons::of(&board.world);
    to_json(&ScheduleJson {
        schema_version: SCHEMA_VERSION,
        board: &board.title,
        at: board.at,
        deployments: schedule
            .deployments
            .iter()
            .map(|row| deployment_json(row, Some(&comparisons)))
            .collect(),
        freezes: &schedule.freezes,
        releases: schedule
            .releases
            .iter()
            .map(|insight| ReleaseJson {
                name: &insight.release.id,
                target: insight.release.target,
                p50: dates(insight).and_then(|(p50, _)| p50.at()),
                p85: dates(insight).and_then(|(_, p85)| p85.at()),
                beyond: dates(insight)
                    .map_or_else(Vec::new, |(p50, p85)| beyond(&[("p50", p50), ("p85", p85)])),
                planned: schedule.is_planned(&insight.release.id, board.at),
            })
            .collect(),
    })
}
