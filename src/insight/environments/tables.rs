//! Environments as tables of words, for those who have no screen.

use crate::{
    domain::{Calendar, Window},
    insight::words,
};

use super::{Conflict, DriftCell, EnvironmentUse, EnvironmentsView, Rate};

/// A table for people, in whichever form.
pub(crate) struct Table {
    /// What stands above it.
    pub(crate) title: &'static str,
    /// Headings.
    pub(crate) columns: &'static [&'static str],
    /// A cell for each column, or fewer.
    pub(crate) rows: Vec<Vec<String>>,
}

/// All that is said of environments.
pub(crate) fn tables(view: &EnvironmentsView, calendar: &Calendar) -> Vec<Table> {
    let cells = view.drift.components.iter();
    let cells = cells.flat_map(|row| row.cells.iter().flatten().map(|cell| (&*row.newest, cell)));
    vec![
        Table {
            title: "Allocation",
            columns: &["environment", "now", "free", "idle", "a day"],
            rows: view.environments.iter().map(|one| allocation(view, one, calendar)).collect(),
        },
        Table {
            title: "Conflicts",
            columns: &["where", "when", "who", "suggestion"],
            rows: view.conflicts.iter().map(|conflict| conflict_words(conflict, calendar)).collect(),
        },
        Table { title: "Cost", columns: &["month", "so far", "ahead", "forecast"], rows: months(view) },
        Table {
            title: "Cost by release",
            columns: &["release", "this month", "in all", "of it idle"],
            rows: view
                .cost
                .releases
                .iter()
                .map(|cost| {
                    let name = cost.release.as_ref().map_or("no release", |release| release.as_str());
                    let figures = [cost.this_month, cost.total, cost.idle].map(|sum| format!("{sum:.0}"));
                    std::iter::once(name.to_owned()).chain(figures).collect()
                })
                .collect(),
        },
        Table {
            title: "Drift",
            columns: &["environment", "release", "newest", "standing", "why"],
            rows: cells.map(|(newest, cell)| drift_words(newest, cell)).collect(),
        },
        Table {
            title: "Hard places",
            columns: &["name", "failed", "longer than planned"],
            rows: view
                .hard
                .iter()
                .map(|place| {
                    let said = |rate: &Rate| {
                        format!("{}/{}, above {}", rate.events, rate.runs, words::percent(rate.lower))
                    };
                    let overran = place.overran.as_ref().map(said).unwrap_or_default();
                    vec![place.name.to_string(), said(&place.failed), overran]
                })
                .collect(),
        },
    ]
}

fn span(window: &Window, calendar: &Calendar) -> String {
    let [from, until] = [window.from, window.until].map(|at| words::day_and_time(at, calendar));
    format!("{from} to {until}")
}

fn allocation(view: &EnvironmentsView, one: &EnvironmentUse, calendar: &Calendar) -> Vec<String> {
    let now: Vec<&str> = view
        .bookings_of(one)
        .map(|made| &made.booking)
        .filter(|booking| booking.window.from <= view.at && view.at < booking.window.until)
        .map(|booking| booking.release.as_ref().map_or(booking.id.as_str(), |release| release.as_str()))
        .collect();
    let idle = view.idle_shares(one).map(|[idle, unclear]| match unclear {
        unclear if unclear > 0.0 => {
            format!("{}, not known {}", words::percent(idle), words::percent(unclear))
        }
        _ => words::percent(idle),
    });
    vec![
        one.id.to_string(),
        words::list(&now, 3),
        one.free.first().map(|slot| span(slot, calendar)).unwrap_or_default(),
        idle.unwrap_or_default(),
        one.cost_per_day.map(|rate| format!("{rate:.0}")).unwrap_or_default(),
    ]
}

fn conflict_words(conflict: &Conflict, calendar: &Calendar) -> Vec<String> {
    let [one, other] = &conflict.claims;
    let agreed = if conflict.approved { " (both approved)" } else { "" };
    let suggestion = conflict.suggestion.as_ref().map(|suggestion| {
        let why = suggestion.reasons.first().map(|reason| format!(": {reason}")).unwrap_or_default();
        format!("{} could go {}{why}", suggestion.yields, span(&suggestion.move_to, calendar))
    });
    vec![
        conflict.environment.to_string(),
        span(&conflict.window, calendar),
        format!("{} and {}{agreed}", one.name(), other.name()),
        suggestion.unwrap_or_default(),
    ]
}

fn months(view: &EnvironmentsView) -> Vec<Vec<String>> {
    let mut rows: Vec<Vec<String>> = view
        .cost
        .months
        .iter()
        .map(|month| {
            let figures = [month.so_far, month.ahead, month.forecast()].map(|sum| format!("{sum:.0}"));
            std::iter::once(month.month.format("%b %Y").to_string()).chain(figures).collect()
        })
        .collect();
    rows.extend(view.cost.unpriced.iter().map(|environment| vec![format!("{environment} is not priced")]));
    rows
}

fn drift_words(newest: &str, cell: &DriftCell) -> Vec<String> {
    vec![
        cell.environment.to_string(),
        cell.release.to_string(),
        newest.to_owned(),
        cell.standing.word().to_owned(),
        cell.why.to_string(),
    ]
}
