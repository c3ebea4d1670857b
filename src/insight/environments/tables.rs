//! Environments as tables of words, for those who have no screen.

use crate::{
    domain::{Calendar, Window},
    insight::words,
};

use super::{AcceptedDifferences, Conflict, DriftCell, EnvironmentUse, EnvironmentsView, Rate};

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
            columns: &["environment", "now", "free", "frozen", "idle", "a day"],
            rows: view.environments.iter().map(|one| allocation(view, one, calendar)).collect(),
        },
        Table {
            title: "Conflicts",
            columns: &["where", "when", "who", "suggestion"],
            rows: conflicts(view, calendar),
        },
        Table {
            title: "Cost",
            columns: &["month", "so far", "booked ahead", "expected", "forecast"],
            rows: months(view),
        },
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
            columns: &[
                "environment",
                "release",
                "newest",
                "standing",
                "behind",
                "since",
                "keys that differ",
                "accepted",
                "why",
            ],
            rows: cells.map(|(newest, cell)| drift_words(view, newest, cell)).collect(),
        },
        Table {
            title: "Hard places",
            columns: &["name", "failed", "longer than planned"],
            rows: view
                .hard
                .iter()
                .map(|place| {
                    let said = |rate: &Rate| {
                        let counted = format!("{}/{}", rate.events, rate.runs);
                        if rate.is_ranked() {
                            format!("{counted}, above {}", words::percent(rate.lower))
                        } else {
                            format!("{counted}, too few runs")
                        }
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
        match one.free.first() {
            _ if !view.bookings_known => "not known".to_owned(),
            Some(slot) => span(slot, calendar),
            None => String::new(),
        },
        one.frozen
            .first()
            .map(|one| format!("{}: {}", span(&one.window, calendar), one.name))
            .unwrap_or_default(),
        idle.unwrap_or_default(),
        one.cost_per_day.map(|rate| format!("{rate:.0}")).unwrap_or_default(),
    ]
}

/// Where nobody tells who has what, no line would read as if there was no conflict.
fn conflicts(view: &EnvironmentsView, calendar: &Calendar) -> Vec<Vec<String>> {
    let mut rows: Vec<Vec<String>> =
        view.conflicts.iter().map(|conflict| conflict_words(conflict, calendar)).collect();
    if !view.bookings_known && !view.environments.is_empty() {
        let said = if rows.is_empty() { "not known" } else { "more are not known" };
        rows.push(vec![format!("{said}: no source tells all bookings")]);
    }
    rows
}

fn conflict_words(conflict: &Conflict, calendar: &Calendar) -> Vec<String> {
    let agreed = if conflict.is_approved_double_booking() { " (approved double booking)" } else { "" };
    let suggestion = conflict.suggestion.as_ref().map(|suggestion| {
        let why = suggestion.reasons.first().map(|reason| format!(": {reason}")).unwrap_or_default();
        format!("{} {}{why}", suggestion.yields, suggestion.moves(|window| span(window, calendar)))
    });
    vec![
        conflict.environment.to_string(),
        span(&conflict.window, calendar),
        format!("{}{agreed}", conflict.said()),
        suggestion.unwrap_or_default(),
    ]
}

fn months(view: &EnvironmentsView) -> Vec<Vec<String>> {
    // Without a priced booking there is nothing to add up.
    let months = if view.cost.releases.is_empty() { &[][..] } else { &view.cost.months[..] };
    let mut rows: Vec<Vec<String>> = months
        .iter()
        .map(|month| {
            let expected = month.expected.map(|sum| format!("{sum:.0}")).unwrap_or_default();
            let [so_far, ahead, forecast] =
                [month.so_far, month.ahead, month.forecast()].map(|sum| format!("{sum:.0}"));
            vec![month.month.format("%b %Y").to_string(), so_far, ahead, expected, forecast]
        })
        .collect();
    rows.extend(view.cost.unpriced.iter().map(|environment| vec![format!("{environment} is not priced")]));
    rows
}

/// Keys that are named in a table.
const NAMED_KEYS: usize = 4;

fn drift_words(view: &EnvironmentsView, newest: &str, cell: &DriftCell) -> Vec<String> {
    let keys = cell.configuration.as_ref().and_then(|configuration| configuration.said(NAMED_KEYS));
    vec![
        cell.environment.to_string(),
        cell.release.to_string(),
        newest.to_owned(),
        cell.standing.word().to_owned(),
        cell.distance(),
        cell.behind_since.map(|at| words::duration(view.at - at)).unwrap_or_default(),
        keys.unwrap_or_default(),
        AcceptedDifferences::of(std::iter::once(cell)).said().unwrap_or_default(),
        cell.why.to_string(),
    ]
}
