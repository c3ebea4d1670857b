//! A day in the unit that is counted.

use crate::{app::CountedBy, insight::BurnDownDay};

/// What a day counts, in stories, pull requests or points.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Values {
    /// In scope.
    pub(super) scope: f64,
    /// Of that, ready.
    pub(super) ready: f64,
    /// What is not ready.
    pub(super) remaining: f64,
    /// What the ideal line says remains.
    pub(super) ideal: Option<f64>,
}

impl Values {
    /// The values of a day; in items where it has no points.
    pub(super) fn of(day: &BurnDownDay, counted_by: CountedBy) -> Self {
        match (counted_by, day.points) {
            (CountedBy::Points, Some(points)) => Self {
                scope: points.scope,
                ready: points.ready,
                remaining: points.remaining(),
                ideal: points.ideal,
            },
            _ => Self {
                scope: f64::from(day.scope),
                ready: f64::from(day.ready),
                remaining: f64::from(day.remaining()),
                ideal: day.ideal,
            },
        }
    }
}

/// A number of items or points: `7`, `7.5`.
pub(super) fn amount(value: f64) -> String {
    let digits = usize::from((value - value.round()).abs() >= 0.05);
    format!("{value:.digits$}")
}
