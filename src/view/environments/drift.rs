//! Which version is where: components by environments.

use std::fmt::Write as _;

use ratatui::{
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use crate::{
    domain::EnvironmentId,
    insight::{
        AcceptedDifferences, ComponentDrift, ConfigurationDifference, DriftCell, DriftStanding,
        EnvironmentsView, words,
    },
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
    let selected = if focused { screen.state.environments.cell() } else { None };
    // The frame, the names of the environments, and what may be said to be left.
    let rows = usize::from(area.height.saturating_sub(4)).max(1);
    let matrix = Matrix::of(screen, view, (width, rows), selected);
    let mut lines = matrix.lines(screen, view);
    if focused {
        lines.push(Line::default());
        let is_told =
            |cell: &DriftCell| !matches!(cell.standing, DriftStanding::Newest | DriftStanding::Accepted);
        let mut behind: Vec<(&DriftCell, &str)> = view
            .drift
            .components
            .iter()
            .flat_map(|row| row.cells.iter().flatten().map(|cell| (cell, row.newest.as_str())))
            .filter(|(cell, _)| is_told(cell))
            .collect();
        behind.sort_by_key(|(cell, _)| std::cmp::Reverse(cell.standing == DriftStanding::Behind));
        lines.extend(behind.iter().map(|(cell, newest)| told(screen, cell, newest)));
        lines.extend(cells().filter_map(|cell| keys(screen, cell)));
        lines.extend(accepted(screen, cells()));
    }
    let inside = super::lines(screen, area, "Drift", &note, &lines, focused);
    if focused {
        matrix.place(screen, view, inside, selected);
    }
}

/// Which environments have a column, and the contents.
struct Matrix {
    /// Cells of the names of the components.
    name: usize,
    /// The environments that have room: their positions, and the cells of their columns.
    columns: Vec<(usize, usize)>,
    /// What is said in each row and of each environment.
    said: Vec<Vec<(String, Style)>>,
    /// Rows at the top that have no room, as somebody looks at one below them.
    above: usize,
}

impl Matrix {
    fn of(
        screen: &Screen<'_>,
        view: &EnvironmentsView,
        (width, rows): (usize, usize),
        selected: Option<(usize, usize)>,
    ) -> Self {
        let drift = &view.drift;
        let widest = drift.components.iter().map(|row| text::width(&row.component)).max().unwrap_or(0);
        let name = widest.max(9).min(width / 3);
        let said: Vec<Vec<(String, Style)>> = drift
            .components
            .iter()
            .map(|row| row.cells.iter().map(|cell| short(screen, cell.as_ref())).collect())
            .collect();
        let cells = |index: usize| {
            let title = text::width(drift.environments[index].as_str());
            let widest = said.iter().map(|row| text::width(&row[index].0)).max().unwrap_or(0);
            widest.max(title).max(NARROWEST)
        };
        let fitting = |indices: &mut dyn Iterator<Item = usize>| {
            let mut room = width.saturating_sub(name);
            let fits = indices.map(|index| (index, cells(index))).take_while(|(_, cells)| {
                let is_in = cells + GAP <= room;
                room = room.saturating_sub(cells + GAP);
                is_in
            });
            fits.collect::<Vec<_>>()
        };
        // The environments nearest to the users say most: what has no room is left out at the front,
        // unless it is there that somebody looks.
        let count = drift.environments.len();
        let mut columns = fitting(&mut (0..count).rev());
        columns.reverse();
        let first = columns.first().map_or(0, |(index, _)| *index);
        if let Some((_, column)) = selected.filter(|(_, column)| *column < first) {
            columns = fitting(&mut (column..count));
        }
        let above = selected.map_or(0, |(row, _)| (row + 1).saturating_sub(rows));
        Self { name, columns, said, above }
    }

    /// A line for the environments, one for each component, and one for what has no room.
    fn lines(&self, screen: &Screen<'_>, view: &EnvironmentsView) -> Vec<Line<'static>> {
        let styles = &screen.look.styles;
        let drift = &view.drift;
        let ellipsis = screen.look.glyphs.ellipsis;
        let fitted = |content: &str, cells: usize| {
            let fitted = text::fit(content, cells, ellipsis);
            format!("{fitted}{}", " ".repeat(cells.saturating_sub(text::width(&fitted))))
        };
        let line = |name: Span<'static>, contents: &mut dyn Iterator<Item = Span<'static>>| {
            let mut spans = vec![name];
            for content in contents {
                spans.push(Span::raw(" ".repeat(GAP)));
                spans.push(content);
            }
            Line::from(spans)
        };
        let titles = &mut self.columns.iter().map(|(index, cells)| {
            Span::styled(fitted(drift.environments[*index].as_str(), *cells), styles.header)
        });
        let title = match self.above {
            0 => "component".to_owned(),
            above => format!("{} {above} more", screen.look.glyphs.up),
        };
        let mut lines = vec![line(Span::styled(fitted(&title, self.name), styles.header), titles)];
        for (row, said) in drift.components.iter().zip(&self.said).skip(self.above) {
            let contents = &mut self.columns.iter().map(|(index, cells)| {
                let (content, style) = &said[*index];
                Span::styled(fitted(content, *cells), *style)
            });
            lines.push(line(Span::styled(fitted(&row.component, self.name), styles.strong), contents));
        }
        let hidden = drift.environments.len() - self.columns.len();
        if hidden > 0 {
            let said = words::count(hidden, "environment has", "environments have");
            lines.push(Line::styled(format!("{said} no room here"), styles.muted));
        }
        lines
    }

    /// Says where the cells are, and marks the selected one.
    fn place(
        &self,
        screen: &mut Screen<'_>,
        view: &EnvironmentsView,
        inside: Rect,
        selected: Option<(usize, usize)>,
    ) {
        for (row, y) in (self.above..view.drift.components.len()).zip(inside.y + 1..inside.bottom()) {
            let mut x = inside.x + self.name as u16;
            for (column, cells) in &self.columns {
                // The last cell of the gap is kept free for the mark.
                let start = x + GAP as u16 - 1;
                let width = (*cells as u16 + 1).min(inside.right().saturating_sub(start));
                let area = Rect { x: start, y, width, height: 1 };
                screen.layout.drift.push(((row, *column), area));
                if selected == Some((row, *column)) {
                    screen.select(area, true);
                }
                x += (GAP + cells) as u16;
            }
        }
    }
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

/// The keys that are not the same as on the environment before and that nobody accepted, if any.
pub(super) fn keys(screen: &Screen<'_>, cell: &DriftCell) -> Option<Line<'static>> {
    let Look { styles, glyphs } = screen.look;
    let said = cell.configuration.as_ref()?.said(NAMED_KEYS)?;
    let line = format!("{} {} on {}: {said}", glyphs.at_risk, cell.release, cell.environment);
    Some(Line::styled(line, styles.at_risk))
}

/// What of `cells` is accepted, folded into one line; which ones, each cell says.
pub(super) fn accepted<'a>(
    screen: &Screen<'_>,
    cells: impl Iterator<Item = &'a DriftCell>,
) -> Option<Line<'static>> {
    let Look { styles, glyphs } = screen.look;
    let said = AcceptedDifferences::of(cells).said()?;
    Some(Line::styled(format!("{} accepted: {said}", glyphs.not_needed), styles.muted))
}

/// All that is known of one component on one environment: its title, and its pages with theirs.
pub(in crate::view) fn pages(
    screen: &Screen<'_>,
    row: &ComponentDrift,
    environment: &EnvironmentId,
    cells: usize,
) -> (Line<'static>, [(&'static str, Vec<Line<'static>>); 3]) {
    let Look { styles, glyphs } = screen.look;
    let wrapped = |said: &str, style: Style| {
        let lines = text::wrap(said, cells).into_iter();
        lines.map(|line| Line::styled(line, style)).collect::<Vec<_>>()
    };
    let cell = row.at(environment);
    let mut version = Vec::new();
    let mut keys = Vec::new();
    let mut accepted = Vec::new();
    if let Some(cell) = cell {
        let told = told(screen, cell, &row.newest);
        let said: String = told.spans.iter().map(|span| &*span.content).collect();
        version.extend(wrapped(&said, told.spans.first().map_or(styles.base, |span| span.style)));
        version.extend(wrapped(&format!("there since {}", screen.dates.moment(cell.since)), styles.base));
        if let Some(at) = cell.expected {
            version.extend(wrapped(&format!("next expected {}", screen.dates.moment(at)), styles.base));
        }
        if cell.standing == DriftStanding::Accepted {
            accepted.extend(wrapped(
                &format!("{} version {}: {}", glyphs.not_needed, cell.version, cell.why),
                styles.muted,
            ));
        }
    } else {
        let said = format!("no successful deployment of {} to {environment} is known", row.component);
        version.extend(wrapped(&said, styles.muted));
    }
    match cell.and_then(|cell| cell.configuration.as_ref()) {
        Some(configuration) => {
            if let Some(said) = configuration.said(usize::MAX) {
                keys.extend(wrapped(&format!("{} {said}", glyphs.at_risk), styles.at_risk));
            } else {
                let said = format!("{} no key differs unaccepted from {}", glyphs.go, configuration.from);
                keys.extend(wrapped(&said, styles.go));
            }
            let said = configuration.said_accepted();
            accepted.extend(
                said.flat_map(|said| wrapped(&format!("{} {said}", glyphs.not_needed), styles.muted)),
            );
        }
        None => keys.extend(wrapped(
            "no source tells the keys of its configuration and of the environment before",
            styles.muted,
        )),
    }
    if accepted.is_empty() {
        accepted.push(Line::styled("nothing is accepted", styles.muted));
    }
    let title = Line::from(vec![
        Span::styled(row.component.to_string(), styles.title),
        Span::styled(format!(" on {environment}"), styles.strong),
    ]);
    (title, [("version", version), ("keys", keys), ("accepted", accepted)])
}
