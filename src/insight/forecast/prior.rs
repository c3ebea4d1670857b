//! The shipped prior: what releases of others were like, for teams with few of their own.
//!
//! `prior.csv` is learnt from `data/forecast/releases.csv` by
//! `cargo run --example learn-prior`. It holds the training rows, not a fitted model: so a
//! team's own releases can be learnt from together with it, by the same fit.

use std::{io, sync::LazyLock};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{
    features::{Cadence, State},
    items::{self, ItemsError},
    model::{Model, TrainingRow, fold_of},
    past::{Past, training_days},
};

/// What counts as the scope of a release.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// An item is in scope from its creation: the scope grows, as it does in life.
    #[default]
    Emerging,
    /// All items are in scope from the start.
    Fixed,
}

/// A training row of the prior.
#[derive(Clone, Debug)]
pub(super) struct PriorRow {
    /// The project that it is of, in lower case.
    pub(super) project: String,
    /// The day after the last item of its release.
    pub(super) finished_on: NaiveDate,
    pub(super) training: TrainingRow,
}

/// A line of `prior.csv`: a release on one of its days.
#[derive(Clone, Serialize, Deserialize)]
struct Line {
    project: String,
    release: String,
    finished_on: NaiveDate,
    elapsed: u32,
    remaining: u32,
    done: u32,
    /// Items open: of those created until then, and of all.
    open: u32,
    open_of_all: u32,
    velocity: f64,
    velocity_since_start: f64,
    growth: f64,
    finished_before: u32,
    median_before: f64,
}

static PRIOR: &str = include_str!("prior.csv");
static ROWS: LazyLock<[Vec<PriorRow>; 2]> =
    LazyLock::new(|| [Scope::Emerging, Scope::Fixed].map(|scope| parse(PRIOR, scope)));
static MODELS: LazyLock<[Option<Model>; 2]> = LazyLock::new(|| {
    [Scope::Emerging, Scope::Fixed]
        .map(|scope| Model::fit(&rows(scope).iter().map(|row| row.training).collect::<Vec<_>>()))
});

/// The rows of the prior, in the order in which their releases finished.
pub(super) fn rows(scope: Scope) -> &'static [PriorRow] {
    &ROWS[scope as usize]
}

/// How many rows of the prior are of releases that had finished by the end of `day`.
pub(super) fn known_on(scope: Scope, day: NaiveDate) -> usize {
    rows(scope).partition_point(|row| row.finished_on <= day)
}

/// The model of the prior alone.
pub(super) fn model(scope: Scope) -> Option<&'static Model> {
    MODELS[scope as usize].as_ref()
}

fn parse(csv: &str, scope: Scope) -> Vec<PriorRow> {
    let lines: Vec<Line> = csv::Reader::from_reader(csv.as_bytes()).deserialize().flatten().collect();
    let of_release =
        lines.chunk_by(|left, right| (&left.project, &left.release) == (&right.project, &right.release));
    of_release
        .flat_map(|lines| {
            lines.iter().map(move |line| {
                let (open, growth) = match scope {
                    Scope::Emerging => (line.open, line.growth),
                    Scope::Fixed => (line.open_of_all, 0.0),
                };
                let state = State {
                    open: f64::from(open),
                    done: f64::from(line.done),
                    elapsed: f64::from(line.elapsed),
                    velocity: line.velocity,
                    velocity_since_start: line.velocity_since_start,
                    growth,
                    cadence: Cadence { finished: line.finished_before, median: line.median_before },
                };
                let fold = fold_of(&line.project, &line.release);
                PriorRow {
                    project: line.project.to_lowercase(),
                    finished_on: line.finished_on,
                    training: TrainingRow::new(
                        fold,
                        1.0 / lines.len() as f64,
                        &state,
                        f64::from(line.remaining),
                    ),
                }
            })
        })
        .collect()
}

/// Learns the prior from the items of finished releases: the text of `prior.csv`.
pub fn learn_prior(csv: impl io::Read) -> Result<String, ItemsError> {
    let items = items::read(csv)?;
    let emerging = Past::of_items(&items, Scope::Emerging);
    let fixed = Past::of_items(&items, Scope::Fixed);
    let mut writer = csv::Writer::from_writer(Vec::new());
    for (release, all) in emerging.releases().iter().zip(fixed.releases()) {
        for elapsed in training_days(release.duration) {
            let Some(state) = emerging.state(release.project, &release.series, elapsed) else { continue };
            let Some(of_all) = all.series.days.get(elapsed as usize) else { continue };
            writer.serialize(Line {
                project: emerging.projects()[release.project].0.to_string(),
                release: release.name.to_string(),
                finished_on: release.ended_on,
                elapsed,
                remaining: release.duration - elapsed,
                done: of_all.done,
                open: state.open as u32,
                open_of_all: of_all.open,
                velocity: rounded(state.velocity),
                velocity_since_start: rounded(state.velocity_since_start),
                growth: rounded(state.growth),
                finished_before: state.cadence.finished,
                median_before: state.cadence.median,
            })?;
        }
    }
    let bytes = writer.into_inner().map_err(|error| csv::Error::from(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// To five places: the same text on every machine, whatever its last bit of a power is.
fn rounded(value: f64) -> f64 {
    (value * 1e5).round() / 1e5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prior_is_what_the_data_teach() {
        let data = include_bytes!("../../../data/forecast/releases.csv");
        assert!(
            learn_prior(data.as_slice()).unwrap() == PRIOR,
            "prior.csv is not what data/forecast/releases.csv teaches: cargo run --example learn-prior"
        );
    }

    #[test]
    fn every_line_of_the_prior_is_read() {
        for scope in [Scope::Emerging, Scope::Fixed] {
            let rows = rows(scope);
            assert_eq!(rows.len(), PRIOR.lines().count() - 1);
            assert!(rows.is_sorted_by_key(|row| row.finished_on));
            let weight: f64 = rows.iter().map(|row| row.training.weight).sum();
            assert!((weight - 100.0).abs() < 1e-9, "100 releases, one unit each: {weight}");
            assert!(model(scope).is_some());
        }
    }
}
