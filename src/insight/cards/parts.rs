//! What several cards say alike.

use crate::{domain::Text, insight::words};

use super::Figure;

/// A figure with its name and unit.
pub(super) fn figure(name: &'static str, value: Option<f64>, unit: &'static str) -> Figure {
    Figure { name, value, unit }
}

/// A count as a figure.
pub(super) fn counted(name: &'static str, count: usize, unit: &'static str) -> Figure {
    figure(name, Some(count as f64), unit)
}

/// A number of days: `0.5d`, `12d`; a dash where it is not known.
pub(super) fn days(days: Option<f64>) -> String {
    match days {
        None => "–".to_owned(),
        Some(days) if days.abs() < 9.95 => format!("{days:.1}d"),
        Some(days) => format!("{days:.0}d"),
    }
}

/// Parts of a sentence; what is empty is left out.
pub(super) fn sentence(parts: impl IntoIterator<Item = String>) -> String {
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("; ")
}

/// Says how many items are left out because their events do not lead to what they are.
pub(super) fn undated(items: usize) -> Vec<Text> {
    let count = words::count(items, "item", "items");
    let said = || Text::new(format!("{count} left out: nobody tells when they were closed or opened again"));
    (items > 0).then(said).into_iter().collect()
}
