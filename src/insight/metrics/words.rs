//! Metrics and their values in words.

use chrono::Duration;

use crate::domain::{Aggregate, Comparison, Metric};
use crate::insight::words;

use super::Unit;

/// To which side a value is rounded: away from what is needed, so that one that misses never
/// reads as one that meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rounding {
    Down,
    Up,
}

impl Rounding {
    /// How a value is rounded that is compared so.
    pub(crate) fn for_comparison(operator: Comparison) -> Self {
        match operator {
            Comparison::AtMost | Comparison::Below => Self::Up,
            Comparison::AtLeast | Comparison::Above | Comparison::Equal => Self::Down,
        }
    }
}

/// A value with its unit: `7`, `12.5`, `99.4 %`, `3d 04h`.
pub(crate) fn amount(value: f64, unit: Unit, rounding: Rounding) -> String {
    let to_side = |value: f64| match rounding {
        Rounding::Down => (value + 1e-9).floor(),
        Rounding::Up => (value - 1e-9).ceil(),
    };
    if !value.is_finite() {
        return "?".to_owned();
    }
    match unit {
        Unit::Share => words::percent(to_side(value * 1_000.0) / 1_000.0),
        Unit::Seconds => {
            let minutes = to_side(value / 60.0);
            Duration::try_minutes(minutes as i64).map(words::duration).unwrap_or_default()
        }
        Unit::Number => {
            let tenths = to_side(value * 10.0) / 10.0;
            // As short as it is exact; never a minus before nothing.
            format!("{}", if tenths == 0.0 { 0.0 } else { tenths })
        }
    }
}

/// How much more a value is than it was: `+2`, `-1d 02h`, `+0.4 points` of a share in percent; none
/// where it is the same in words.
pub(crate) fn change(by: f64, unit: Unit) -> Option<String> {
    let sign = if by < 0.0 { '-' } else { '+' };
    let tenths = |size: f64| (size * 10.0).round() / 10.0;
    let (rounded, said) = match unit {
        Unit::Share => {
            let points = tenths(by.abs() * 100.0);
            (points, format!("{points} points"))
        }
        Unit::Seconds => {
            let seconds = (by.abs() / 60.0).round() * 60.0;
            (seconds, amount(seconds, unit, Rounding::Down))
        }
        Unit::Number => {
            let number = tenths(by.abs());
            (number, format!("{number}"))
        }
    };
    (rounded > 0.0).then(|| format!("{sign}{said}"))
}

/// What is needed, in front of the threshold: `max 5`.
pub(crate) fn operator(operator: Comparison) -> &'static str {
    match operator {
        Comparison::AtMost => "max",
        Comparison::Below => "under",
        Comparison::AtLeast => "min",
        Comparison::Above => "over",
        Comparison::Equal => "exactly",
    }
}

/// How the value of a metric comes about: ``count of stories with `is:open` ``.
pub(crate) fn described(metric: &Metric) -> String {
    let items = metric.items.key().replace('_', " ");
    let of = &metric.of;
    let mut described = match metric.aggregate {
        Aggregate::Count => format!("Count of {items}"),
        Aggregate::Share => format!("Share with `{of}` of {items}"),
        Aggregate::Median => format!("Median of {of} over {items}"),
        Aggregate::P85 => format!("85th percentile (nearest rank) of {of} over {items}"),
        Aggregate::Sum => format!("Sum of {of} over {items}"),
    };
    if !metric.filter.is_empty() {
        described = format!("{described} with `{}`", metric.filter);
    }
    if let Some(length) =
        metric.period_seconds.and_then(|seconds| Duration::try_seconds(seconds.try_into().ok()?))
    {
        described = format!("{described}, of the last {}", words::duration(length));
    }
    described
}
