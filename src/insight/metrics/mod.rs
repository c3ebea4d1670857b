//! Metrics: one number about a release, of items that a query picks.
//!
//! Where a source does not tell enough of an item, the number is a range: what it is at least
//! and at most. So a gate over it says go only if it would whatever the answer is.

mod built_in;
pub(crate) mod figures;
mod measure;
#[cfg(test)]
mod tests;
mod words;

pub(crate) use built_in::{NAMES as BUILT_IN, built_in};
pub(crate) use measure::{Inputs, Measured, NOT_TOLD, Outcome};
pub(crate) use words::{Rounding, amount, change, described, operator};

use chrono::Duration;

use crate::domain::{Aggregate, Items, Kind, Metric};

use super::query::{Field, FieldKind, Query, QueryError, measured_field, parse};

/// What the number of a metric counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Things, points, tests.
    Number,
    /// A share, 0 to 1.
    Share,
    /// Seconds.
    Seconds,
}

/// What is wrong with a metric.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum MetricError {
    /// Its `where`.
    Filter(QueryError),
    /// Its `of`.
    Of(QueryError),
    /// It has no `of` and needs one.
    OfMissing,
    /// It has an `of` and needs none.
    OfNotNeeded,
}

/// A metric that was read.
#[derive(Clone, Debug)]
pub(crate) struct Compiled {
    pub(crate) items: Items,
    filter: Query,
    work: Work,
    period: Option<Duration>,
    /// Its number is that of the gate over the tests.
    is_tests_passing: bool,
}

/// What is made of the items.
#[derive(Clone, Debug)]
enum Work {
    Count,
    Share(Query),
    Median(Field),
    P85(Field),
    Sum(Field),
}

/// Reads the queries of a metric; says what its number counts.
pub(crate) fn compile(metric: &Metric) -> Result<(Compiled, Unit), MetricError> {
    let filter = parse(&metric.filter, metric.items).map_err(MetricError::Filter)?;
    let field = || {
        if metric.of.is_empty() {
            Err(MetricError::OfMissing)
        } else {
            measured_field(&metric.of, metric.items).map_err(MetricError::Of)
        }
    };
    let unit = |kind| if kind == FieldKind::Time { Unit::Seconds } else { Unit::Number };
    let (work, unit) = match metric.aggregate {
        Aggregate::Count if !metric.of.is_empty() => return Err(MetricError::OfNotNeeded),
        Aggregate::Count => (Work::Count, Unit::Number),
        Aggregate::Share if metric.of.is_empty() => return Err(MetricError::OfMissing),
        Aggregate::Share => {
            let of = parse(&metric.of, metric.items).map_err(MetricError::Of)?;
            (Work::Share(of), Unit::Share)
        }
        Aggregate::Median => field().map(|(field, kind)| (Work::Median(field), unit(kind)))?,
        Aggregate::P85 => field().map(|(field, kind)| (Work::P85(field), unit(kind)))?,
        Aggregate::Sum => field().map(|(field, kind)| (Work::Sum(field), unit(kind)))?,
    };
    let period = metric.period_seconds.and_then(|seconds| Duration::try_seconds(seconds.try_into().ok()?));
    let is_tests_passing = metric.name == built_in::TESTS_PASSING;
    Ok((Compiled { items: metric.items, filter, work, period, is_tests_passing }, unit))
}

/// The kind of items that sources must cover.
pub(crate) fn kind(items: Items) -> Kind {
    match items {
        Items::Stories => Kind::Stories,
        Items::Defects => Kind::Defects,
        Items::PullRequests => Kind::PullRequests,
        Items::Findings => Kind::Findings,
        Items::TestRuns => Kind::TestRuns,
        Items::Deployments => Kind::Deployments,
    }
}
