//! How good forecasts would have been on releases that have finished.
//!
//! Strictly chronological: each checkpoint sees only what was known at the end of its day,
//! and models learn only from releases that had finished by then.

use std::{collections::BTreeMap, io};

use chrono::NaiveDate;
use thiserror::Error;

use super::{
    baselines::Baselines,
    features::State,
    items::{self, ItemsError},
    model::Model,
    past::{Finished, LEAST_RELEASES, Past},
    prior::{self, Scope},
    report::Report,
    scores::{MethodScores, Score},
};
use crate::domain::Text;

/// Days between two checkpoints of a release.
const CHECKPOINT_DAYS: usize = 7;
/// Checkpoints of a release at most: of more, so many are taken at equal distances.
const MOST_CHECKPOINTS: usize = 20;
/// Releases that a track record is of, at most: what was long ago says little of today, and
/// each one costs several fits.
const MOST_RECORDED: usize = 30;
/// Open items that a release has at a checkpoint, at least.
const LEAST_OPEN: u32 = 3;
/// Days that a release has left at a checkpoint, at least.
const LEAST_REMAINING: u32 = 2;

/// The methods that are scored, ours last.
const METHODS: [&str; 6] = ["linear", "jira-like", "monte carlo", "monte carlo x split", "own cadence", OURS];
/// The name of our method.
const OURS: &str = "tminus";

/// Why a back-test has no answer.
#[derive(Debug, Error)]
pub enum BacktestError {
    /// The items cannot be read.
    #[error(transparent)]
    Items(#[from] ItemsError),
    /// Too few releases have finished for one to be scored.
    #[error(
        "nothing to score: {finished} releases have finished ({left_out} rows were left out), and scoring begins \
         after the first {LEAST_RELEASES}; a release counts with 20 items and 14 days, all items done, and one \
         of the same project before it"
    )]
    TooFew {
        /// Releases that have finished.
        finished: usize,
        /// Rows that could not be used.
        left_out: usize,
    },
}

/// Scores all methods on the items of a CSV with the columns of `data/forecast/releases.csv`.
///
/// The first ten finished releases are warm-up. The shipped prior takes part with the
/// releases that had finished by then, those of the projects in the file left out.
pub fn run_backtest(csv: impl io::Read, scope: Scope) -> Result<Report, BacktestError> {
    let items = items::read(csv)?;
    let past = Past::of_items(&items, scope);
    let mut scores = Scores::default();
    for_each_checkpoint(&past, 0, LEAST_RELEASES, |release, checkpoint, model| {
        let baselines = Baselines::of(&past, release, checkpoint.day, &checkpoint.state);
        let ours = model.predict(&checkpoint.state.features());
        let methods: [&dyn Fn(f64) -> f64; METHODS.len()] = [
            &|_| baselines.linear(),
            &|share| baselines.jira_like(share),
            &|share| baselines.monte_carlo(share),
            &|share| baselines.monte_carlo_split(share),
            &|share| baselines.own_cadence(share),
            &|share| ours.days(share),
        ];
        scores.add(release, methods.map(|days| Score::of(days, checkpoint.remaining)));
    });
    let methods = scores.sum_up(None);
    if methods.is_empty() {
        return Err(BacktestError::TooFew { finished: past.releases().len(), left_out: items.left_out });
    }
    let projects = past.projects().iter().enumerate();
    let projects = projects.map(|(index, (name, _))| (name.clone(), scores.sum_up(Some(index))));
    Ok(Report {
        scope,
        methods,
        projects: projects.filter(|(_, methods)| !methods.is_empty()).collect(),
        problems: items.problems,
        rows_left_out: items.left_out,
    })
}

/// How good the forecasts of the latest releases of `past` would have been, as the board would
/// have made them: from the shipped prior until ten releases had finished. None where none
/// could be scored.
pub fn track_record(past: &Past) -> Option<MethodScores> {
    let mut scores = BTreeMap::<_, Vec<Score>>::new();
    let first = past.releases().len().saturating_sub(MOST_RECORDED);
    for_each_checkpoint(past, first, 0, |release, checkpoint, model| {
        let ours = model.predict(&checkpoint.state.features());
        let score = Score::of(&|share| ours.days(share), checkpoint.remaining);
        scores.entry((release.project, &release.name)).or_default().push(score);
    });
    MethodScores::of(OURS, &scores.values().map(Vec::as_slice).collect::<Vec<_>>())
}

/// A day of a release on which it is forecast.
struct Checkpoint {
    day: NaiveDate,
    state: State,
    /// Days that it really had left.
    remaining: f64,
}

/// Calls `visit` with each checkpoint of each release from the `first` one on, and the model
/// of that day, after `warm_up` releases have finished.
fn for_each_checkpoint<'past>(
    past: &'past Past,
    first: usize,
    warm_up: usize,
    mut visit: impl FnMut(&'past Finished, &Checkpoint, &Model),
) {
    let mut models = BTreeMap::new();
    for release in past.releases().iter().skip(first) {
        for elapsed in checkpoint_days(release.duration) {
            let Some(counts) = release.series.days.get(elapsed as usize) else { continue };
            let Some(day) = release.series.day(elapsed as usize) else { continue };
            let remaining = release.duration - elapsed;
            let known = past.known_on(day).len();
            if counts.open < LEAST_OPEN || remaining < LEAST_REMAINING || known < warm_up {
                continue;
            }
            let Some(state) = past.state(release.project, &release.series, elapsed) else { continue };
            let known = (release.project, known, prior::known_on(past.scope(), day));
            let model = models.entry(known).or_insert_with(|| past.train(release.project, day));
            if let Some(model) = model {
                visit(release, &Checkpoint { day, state, remaining: f64::from(remaining) }, model);
            }
        }
    }
}

/// Each seventh day of a release; at most twenty, at equal distances.
fn checkpoint_days(duration: u32) -> impl Iterator<Item = u32> {
    let all: Vec<_> = (0..duration).step_by(CHECKPOINT_DAYS).skip(1).collect();
    let taken = all.len().min(MOST_CHECKPOINTS);
    (0..taken).map(move |index| all[if taken == 1 { 0 } else { index * (all.len() - 1) / (taken - 1) }])
}

/// Scores of all methods, release by release.
#[derive(Default)]
struct Scores(BTreeMap<(usize, Text), [Vec<Score>; METHODS.len()]>);

impl Scores {
    fn add(&mut self, release: &Finished, scores: [Score; METHODS.len()]) {
        let of_release = self.0.entry((release.project, release.name.clone())).or_default();
        of_release.iter_mut().zip(scores).for_each(|(method, score)| method.push(score));
    }

    fn sum_up(&self, project: Option<usize>) -> Vec<MethodScores> {
        let of_method = |method: usize| {
            let releases = self.0.iter().filter(|((of, _), _)| project.is_none_or(|project| project == *of));
            let scores: Vec<_> = releases.map(|(_, scores)| scores[method].as_slice()).collect();
            MethodScores::of(METHODS[method], &scores)
        };
        (0..METHODS.len()).filter_map(of_method).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checkpoints_are_a_week_apart_and_twenty_at_most() {
        let days = |duration| checkpoint_days(duration).collect::<Vec<_>>();
        assert_eq!(days(7), [0; 0]);
        assert_eq!(days(8), [7]);
        assert_eq!(days(29), [7, 14, 21, 28]);
        let many = days(400);
        assert_eq!((many.len(), many[0], many[19]), (20, 7, 399));
        assert!(many.windows(2).all(|pair| pair[0] < pair[1] && pair[0] % 7 == 0));
    }

    /// The dates that are forecast for releases which had finished by `end`.
    fn forecasts(items: &str, end: NaiveDate) -> Vec<(Text, NaiveDate, f64, f64)> {
        let items = items::read(items.as_bytes()).unwrap();
        let mut forecasts = Vec::new();
        for_each_checkpoint(
            &Past::of_items(&items, Scope::Emerging),
            0,
            LEAST_RELEASES,
            |release, checkpoint, model| {
                if release.ended_on <= end {
                    let dates = model.predict(&checkpoint.state.features());
                    forecasts.push((release.name.clone(), checkpoint.day, dates.days(0.5), dates.days(0.85)));
                }
            },
        );
        forecasts
    }

    #[test]
    fn what_happens_later_changes_no_earlier_forecast() {
        let real = include_str!("../../../data/forecast/releases.csv");
        let end = NaiveDate::from_ymd_opt(2021, 6, 30).unwrap();
        // The same past; whatever is done after `end` is done in 2035.
        let mut other = String::new();
        for line in real.lines() {
            let mut fields: Vec<_> = line.split(',').collect();
            if fields[4].starts_with('2') && fields[4] > "2021-07" {
                fields[4] = "2035-01-01T00:00:00";
            }
            other.push_str(&fields.join(","));
            other.push('\n');
        }
        let (real, other) = (forecasts(real, end), forecasts(&other, end));
        assert!(real.len() > 100, "{}", real.len());
        assert_eq!(real, other);
    }
}
