//! Who has which environment, what that costs, and which versions are where.

use std::fmt::Write as _;

use chrono::Duration;

use crate::{
    domain::{EnvironmentId, ReleaseId, Window},
    insight::{
        Board, ComponentDrift, ConfigurationDifference, Depth, DriftCell, DriftStanding, EnvironmentTable,
        EnvironmentUse, EnvironmentsView, Part, environment_tables, words,
    },
    report::{
        Report, charts,
        document::{Block, Cell, Column, Figure, Section, Span, Table, Tone, capitalised, cell},
    },
};

/// Days that the picture shows before now and after it.
const SIGHT: [i64; 2] = [7, 35];
/// Environments with a lane.
const MOST_LANES: usize = 14;
/// Environments with a column: more are not read side by side.
const MOST_COLUMNS: usize = 8;
/// Keys of a configuration that are named of one cell.
const NAMED_KEYS: usize = 4;
/// What of [`environment_tables`] is shown as it is; the drift has a table of its own.
const SHOWN: [&str; 5] = ["Allocation", "Conflicts", "Cost", "Cost by release", "Hard places"];

pub(super) fn section(report: &Report<'_>) -> Section {
    let mut section = super::section("environments", "Environments");
    let depth = report.lens.depth(Part::Environments);
    if depth == Depth::Hidden {
        return section;
    }
    let board = report.board;
    let view = EnvironmentsView::of(board);
    if view.environments.is_empty() {
        return section;
    }
    section.blocks.push(Block::Lead(lead(&view)));
    if depth.has_picture() {
        section.blocks.extend(allocation(board, &view).map(Block::Figure));
    }
    let most = depth.rows();
    if most == 0 {
        return section;
    }
    if !view.drift.components.is_empty() {
        section.blocks.extend(drift(&view, most).map(Block::Table));
    }
    for table in environment_tables(&view, &board.policy.calendar) {
        if SHOWN.contains(&table.title) && !table.rows.is_empty() {
            section.blocks.push(Block::Table(as_it_is(table, most)));
        }
    }
    section
}

fn lead(view: &EnvironmentsView) -> Vec<Span> {
    let count = words::count(view.environments.len(), "environment", "environments");
    let agreed = view.conflicts.iter().filter(|conflict| conflict.is_approved_double_booking()).count();
    let of = match view.conflicts.len() - agreed {
        0 if !view.bookings_known => {
            Span::toned("conflicts not known: no source tells all bookings.", Tone::Watch)
        }
        0 => Span::toned("no conflict.", Tone::Good),
        some => Span::toned(format!("{}.", words::count(some, "conflict", "conflicts")), Tone::Bad),
    };
    let mut said = vec![format!("{count},").into(), of];
    if agreed > 0 {
        let double = words::count(agreed, "approved double booking", "approved double bookings");
        said.push(format!("{double}.").into());
    }
    said
}

fn as_it_is(table: EnvironmentTable, most: usize) -> Table {
    let EnvironmentTable { title, columns, rows } = table;
    let width = columns.len();
    let is_number = |cell: &String| cell.is_empty() || cell.parse::<f64>().is_ok();
    let columns: Vec<Column> = columns
        .iter()
        .zip(0..)
        .map(|(title, place)| Column {
            title: capitalised(title),
            is_figure: rows.iter().all(|row| row.get(place).is_none_or(is_number)),
        })
        .collect();
    let more = rows.len().saturating_sub(most);
    let rows = rows.into_iter().map(|mut row| {
        // A remark in place of a row fills its first cell only.
        row.resize(width, String::new());
        row.into_iter().map(cell).collect()
    });
    let rows = rows.take(most).collect();
    Table { caption: title.to_owned(), columns, rows, more }
}

/// Bookings along the time.
fn allocation(board: &Board, view: &EnvironmentsView) -> Option<Figure> {
    let [before, after] = SIGHT.map(Duration::days);
    let sight = Window { from: board.at - before, until: board.at + after };
    let booked: Vec<(&EnvironmentUse, Vec<charts::Bar>)> = view
        .environments
        .iter()
        .map(|one| (one, bars(view, one, sight)))
        .filter(|(_, bars)| !bars.is_empty())
        .collect();
    let hidden = booked.len().saturating_sub(MOST_LANES);
    let unbooked = view.environments.len() - booked.len();
    let calendar = &board.policy.calendar;
    let mut description = format!("Bookings by environment, {}", words::window(sight, calendar));
    let in_sight = view.conflicts.iter().filter(|conflict| conflict.window.overlaps(&sight));
    let conflicts = in_sight.filter(|conflict| !conflict.is_approved_double_booking()).count();
    let _ = write!(description, "; {} marked ✗", words::count(conflicts, "conflict", "conflicts"));
    if unbooked > 0 {
        let _ = write!(
            description,
            "; {} without a booking",
            words::count(unbooked, "environment", "environments")
        );
    }
    if hidden > 0 {
        let _ = write!(
            description,
            "; {} more are not drawn",
            words::count(hidden, "environment", "environments")
        );
    }
    let lanes = booked.into_iter().take(MOST_LANES).map(|(one, bars)| charts::Lane {
        name: one.id.to_string(),
        closed: Vec::new(),
        bars,
        marks: Vec::new(),
    });
    charts::timeline(charts::Timeline {
        id: "allocation-chart",
        title: "Who has which environment".to_owned(),
        description: description + ".",
        sight,
        now: board.at,
        calendar,
        lanes: lanes.collect(),
    })
}

fn bars(view: &EnvironmentsView, one: &EnvironmentUse, sight: Window) -> Vec<charts::Bar> {
    let made = view.bookings_of(one).map(|made| &made.booking).filter(|made| made.window.overlaps(&sight));
    made.map(|booking| {
        let is_contested = view
            .conflicts_of(&one.id)
            .filter(|conflict| !conflict.is_approved_double_booking())
            .any(|conflict| conflict.claims.iter().any(|claim| claim.id.as_str() == booking.id.as_str()));
        charts::Bar {
            label: booking.release.as_ref().map_or(booking.id.as_str(), ReleaseId::as_str).to_owned(),
            window: booking.window,
            tone: if is_contested { Tone::Bad } else { Tone::Plain },
        }
    })
    .collect()
}

/// Which version of each component is where: a row for each component, a column for each place.
fn drift(view: &EnvironmentsView, most: usize) -> Option<Table> {
    let places = view.drift.environments.iter().take(MOST_COLUMNS);
    let hidden = view.drift.environments.len().saturating_sub(MOST_COLUMNS);
    let titles = ["Component", "Newest"].into_iter().chain(places.map(EnvironmentId::as_str));
    let columns: Vec<Column> =
        titles.map(|title| Column { title: title.to_owned(), is_figure: false }).collect();
    let rows: Vec<Vec<Cell>> = view.drift.components.iter().map(component).collect();
    let more = rows.len().saturating_sub(most);
    let mut caption = "Which version is where".to_owned();
    if hidden > 0 {
        let _ = write!(caption, " ({} more not shown)", words::count(hidden, "environment", "environments"));
    }
    let rows: Vec<Vec<Cell>> = rows.into_iter().take(most).collect();
    (!rows.is_empty()).then_some(Table { caption, columns, rows, more })
}

fn component(of: &ComponentDrift) -> Vec<Cell> {
    let mut row = vec![cell(&of.component), cell(&of.newest)];
    row.extend(
        of.cells
            .iter()
            .take(MOST_COLUMNS)
            .map(|one| one.as_ref().map_or_else(|| cell(Span::toned("–", Tone::Quiet)), version)),
    );
    row
}

fn version(of: &DriftCell) -> Cell {
    let tone = match of.standing {
        DriftStanding::Newest => Tone::Good,
        DriftStanding::OnItsWay | DriftStanding::Accepted => Tone::Plain,
        DriftStanding::Behind => Tone::Watch,
    };
    let mut said = vec![Span::toned(format!("{} {}", of.version, of.standing.word()), tone)];
    let behind = Some(of.distance()).filter(|distance| !distance.is_empty());
    said.extend(behind.map(|distance| Span::toned(format!("{distance} behind"), Tone::Quiet)));
    said.push(Span::toned(of.why.to_string(), Tone::Quiet));
    let keys = of.configuration.as_ref();
    said.extend(keys.and_then(|keys| keys.said(NAMED_KEYS)).map(|keys| Span::toned(keys, Tone::Watch)));
    let accepted = keys.map_or(0, ConfigurationDifference::accepted);
    if accepted > 0 {
        let count = words::count(accepted, "key", "keys");
        said.push(Span::toned(format!("{count} accepted"), Tone::Quiet));
    }
    said
}
