//! Forecasts as JSON.

use serde::Serialize;

use crate::{
    cli::status::{ForecastJson, SourceJson, sources, to_json},
    domain::{Instant, ReleaseId, Target, Text},
    insight::{
        Board, Completeness, EarlierForecast, ForecastBasis, ForecastView, Outlook, ReleaseInsight, Remedy,
        earlier_forecasts, forecast::CALIBRATED_FROM,
    },
};

/// Rises when a key changes its meaning or goes away; new keys may come at any time.
const SCHEMA_VERSION: u32 = 1;

#[derive(Serialize)]
struct ForecastsJson<'a> {
    schema_version: u32,
    board: &'a Text,
    at: Instant,
    complete: bool,
    releases: Vec<ReleaseJson<'a>>,
    sources: Vec<SourceJson<'a>>,
}

#[derive(Serialize)]
struct ReleaseJson<'a> {
    name: &'a ReleaseId,
    project: &'a Text,
    version: &'a Text,
    target: Option<Target>,
    released_at: Option<Instant>,
    outlook: Outlook,
    forecast: DetailedJson<'a>,
    /// Only the steps of which it is known how many days they save.
    remedies: Vec<&'a Remedy>,
    history: Vec<EarlierForecast>,
}

/// What `status` says of a forecast, and what it rests on.
#[derive(Serialize)]
struct DetailedJson<'a> {
    #[serde(flatten)]
    forecast: ForecastJson<'a>,
    held: Option<f64>,
    calibrated: bool,
    basis: Option<&'a ForecastBasis>,
}

pub(super) fn forecasts(board: &Board, releases: &[&ReleaseInsight]) -> String {
    to_json(&ForecastsJson {
        schema_version: SCHEMA_VERSION,
        board: &board.title,
        at: board.at,
        complete: board.completeness == Completeness::Whole,
        releases: releases.iter().map(|insight| release(board, insight)).collect(),
        sources: sources(board),
    })
}

fn release<'a>(board: &'a Board, insight: &'a ReleaseInsight) -> ReleaseJson<'a> {
    let release = &insight.release;
    ReleaseJson {
        name: &release.id,
        project: &release.project,
        version: &release.version,
        target: release.target,
        released_at: release.released_at,
        outlook: insight.outlook,
        forecast: detailed(&insight.forecast),
        remedies: super::saving(insight),
        history: earlier_forecasts(board, &release.id),
    }
}

fn detailed(view: &ForecastView) -> DetailedJson<'_> {
    let (held, scored, basis) = match view {
        ForecastView::Dates { held, scored, basis, .. } => (*held, *scored as usize, Some(basis)),
        ForecastView::Withheld(_) | ForecastView::Ready => (None, 0, None),
    };
    DetailedJson { forecast: ForecastJson::of(view), held, calibrated: scored >= CALIBRATED_FROM, basis }
}
