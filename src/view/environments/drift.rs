//! Which version is where: components by environments.

use std::fmt::Write as _;

use ratatui::{
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use crate::{
    insight::{ConfigurationDifference, DriftCell, DriftStanding, EnvironmentsView, words},
    view::{Look, format, screen::Screen, text},
};

/// Cells between two columns.
const GAP: usize = 2;
/// Keys that are named of one cell.
const NAMED_KEYS: usize = 6;
/// Cells of the narrowest column that is still shown.
const NARROWEST: usize = 8;

pub(super) fn draw(screen: &mut Screen<'_>, area: Rect, view: &EnvironmentsView, focused: bool) {
    let Look { styles, .. } = screen.look;
    let cells = || view.drift.components.iter().flat_map(|row| row.cells.iter().flatten());
    let count = |wanted: DriftStanding| cells().filter(|cell| cell.standing == wanted).count();
    let differ: usize = cells().filter_map(|cell| Some(cell.configuration.as_ref()?.unaccepted())).sum();
    let differing = match differ {
        0 => String::new(),
        some => format!(", {}", words::count(some, "key differs", "keys differ")),
    };
    let note = format!(
        "{} behind, {} on their way, {} accepted{differing}",
        count(DriftStanding::Behind),
        count(DriftStanding::OnItsWay),
        count(DriftStanding::Accepted)
    );
    if view.drift.components.is_empty() {
        let nothing = Line::styled("no successful deployment of a release is known", styles.muted);
        super::lines(screen, area, "Drift", "", &[nothing], focused);
        return;
    }
    let width = usize::from(area.width.saturating_sub(4));
    let mut lines = matrix(screen, view, width);
    if focused {
        lines.push(Line::default());
        let mut behind: Vec<(&DriftCell, &str)> = view
            .drift
            .components
            .iter()
            .flat_map(|row| row.cells.iter().flatten().map(|cell| (cell, row.newest.as_str())))
            .filter(|(cell, _)| cell.standing != DriftStanding::Newest)
            .collect();
        behind.sort_by_key(|(cell, _)| std::cmp::Reverse(cell.standing == DriftStanding::Behind));
        lines.extend(behind.iter().map(|(cell, newest)| told(screen, cell, newest)));
        lines.extend(cells().filter_map(|cell| keys(screen, cell)));
    }
    super::lines(screen, area, "Drift", &note, &lines, focused);
}

/// A line for each component, with as many environments as there is room for.
fn matrix(screen: &Screen<'_>, view: &EnvironmentsView, width: usize) -> Vec<Line<'static>> {
    let styles = &screen.look.styles;
    let drift = &view.drift;
    let ellipsis = screen.look.glyphs.ellipsis;
    let name = drift
        .components
        .iter()
        .map(|row| text::width(&row.component))
        .max()
        .unwrap_or(0)
        .max(9)
        .min(width / 3);
    let said: Vec<Vec<(String, Style)>> = drift
        .components
        .iter()
        .map(|row| row.cells.iter().map(|cell| short(screen, cell.as_ref())).collect())
        .collect();
    // The environments nearest to the users say most: what has no room is left out at the front.
    let mut columns: Vec<(usize, usize)> = Vec::new();
    let mut room = width.saturating_sub(name);
    for index in (0..drift.environments.len()).rev() {
        let title = text::width(drift.environments[index].as_str());
        let widest = said.iter().map(|row| text::width(&row[index].0)).max().unwrap_or(0).max(title);
        let cells = widest.max(NARROWEST);
        if cells + GAP > room {
            break;
        }
        room -= cells + GAP;
        columns.insert(0, (index, cells));
    }
    let padded = |content: &str, cells: usize| {
        let fitted = text::fit(content, cells, ellipsis);
        format!("{fitted}{}", " ".repeat(cells.saturating_sub(text::width(&fitted)) + GAP))
    };
    let mut head = vec![Span::styled(padded("component", name), styles.header)];
    for (index, cells) in &columns {
        head.push(Span::styled(padded(drift.environments[*index].as_str(), *cells), styles.header));
    }
    let mut lines = vec![Line::from(head)];
    for (row, said) in drift.components.iter().zip(&said) {
        let mut spans = vec![Span::styled(padded(&row.component, name), styles.strong)];
        for (index, cells) in &columns {
            let (content, style) = &said[*index];
            spans.push(Span::styled(padded(content, *cells), *style));
        }
        lines.push(Line::from(spans));
    }
    let hidden = drift.environments.len() - columns.len();
    if hidden > 0 {
        let said = format!(
            "{} of fewer users have no room here",
            words::count(hidden, "environment", "environments")
        );
        lines.push(Line::styled(said, styles.muted));
    }
    lines
}

/// The version and what it means: `4.1 ▲1 24d`.
fn short(screen: &Screen<'_>, cell: Option<&DriftCell>) -> (String, Style) {
    let Look { styles, glyphs } = screen.look;
    let Some(cell) = cell else { return (glyphs.dash.to_owned(), styles.muted) };
    let (said, style) = version(screen, cell);
    match cell.configuration.as_ref().map_or(0, ConfigurationDifference::unaccepted) {
        0 => (said, style),
        // The version may be the newest one: what it runs with is not.
        some => {
            let style = if cell.standing == DriftStanding::Newest { styles.at_risk } else { style };
            (format!("{said} {}", words::count(some, "key", "keys")), style)
        }
    }
}

fn version(screen: &Screen<'_>, cell: &DriftCell) -> (String, Style) {
    let Look { styles, glyphs } = screen.look;
    let since = cell.behind_since.map(|at| format!(" {}", format::age(at, screen.now))).unwrap_or_default();
    let behind = format!("{} {}{}{since}", cell.version, glyphs.minus, cell.versions_behind);
    match cell.standing {
        DriftStanding::Newest => (format!("{} {}", cell.version, glyphs.go), styles.go),
        DriftStanding::OnItsWay => (format!("{behind} {}", glyphs.right), styles.running),
        DriftStanding::Accepted => (format!("{behind} {}", glyphs.not_needed), styles.muted),
        DriftStanding::Behind => (format!("{behind} {}", glyphs.at_risk), styles.at_risk),
    }
}

/// A difference in words.
pub(super) fn told(screen: &Screen<'_>, cell: &DriftCell, newest: &str) -> Line<'static> {
    let Look { styles, glyphs } = screen.look;
    let (mark, style) = match cell.standing {
        DriftStanding::Newest => (glyphs.go, styles.go),
        DriftStanding::OnItsWay => (glyphs.running, styles.running),
        DriftStanding::Accepted => (glyphs.not_needed, styles.muted),
        DriftStanding::Behind => (glyphs.at_risk, styles.at_risk),
    };
    let mut said = format!(" {} on {}", cell.release, cell.environment);
    if cell.versions_behind > 0 {
        let _ = write!(said, ", {} behind {newest}", cell.distance());
    }
    if let Some(at) = cell.behind_since {
        let _ = write!(said, " for {}", format::age(at, screen.now));
    }
    let why = if cell.why.is_empty() { String::new() } else { format!(": {}", cell.why) };
    Line::from(vec![
        Span::styled(format!("{mark} {}", cell.standing.word()), style),
        Span::styled(said, styles.base),
        Span::styled(why, styles.muted),
    ])
}

/// The keys that are not the same as on the environment before, if any.
pub(super) fn keys(screen: &Screen<'_>, cell: &DriftCell) -> Option<Line<'static>> {
    let Look { styles, glyphs } = screen.look;
    let configuration = cell.configuration.as_ref()?;
    let said = configuration.said(NAMED_KEYS)?;
    let (mark, style) = match configuration.unaccepted() {
        0 => (glyphs.not_needed, styles.muted),
        _ => (glyphs.at_risk, styles.at_risk),
    };
    Some(Line::styled(format!("{mark} {} on {}: {said}", cell.release, cell.environment), style))
}
