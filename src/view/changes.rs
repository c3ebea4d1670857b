//! Tab 6: what is another than it was.

use ratatui::{
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use crate::{
    app::{Heading, ListId, Row},
    insight::{Change, ChangeGroup, Concerned},
};

use super::{
    Look, last_release,
    screen::Screen,
    text,
    widgets::table::{self, Column, Places},
};

const COLUMNS: [Column; 5] = [
    Column::fixed("", 1, 0),
    Column::growing("what", 20, 56, 0),
    Column::growing("changed", 22, 60, 0),
    Column::growing("who", 5, 16, 2),
    Column::fixed("when", 16, 1),
];
/// The last of the columns that name a row.
const NAME: usize = 1;
/// What is told from an item's own events.
const REBUILT: &str = "*";
/// Changes that are measured for the widths of the columns.
const MEASURED: usize = 500;

/// Draws the tab.
pub(super) fn draw(screen: &mut Screen<'_>, body: Rect) {
    let Look { styles, glyphs } = screen.look;
    let state = screen.state;
    if let Some(last) = state.comparison.last_release.as_deref() {
        return last_release::draw(screen, body, last);
    }
    let comparison = &state.comparison;
    let (from, until) = if let Some(changes) = &comparison.changes {
        (changes.from, changes.until)
    } else {
        let shown = state.compared_with().at;
        let (from, until) = comparison.span(shown);
        (from, until.unwrap_or(shown))
    };
    let span = format!("  {} {} {}", screen.dates.moment(from), glyphs.right, screen.dates.moment(until));
    let title = Line::from(vec![
        Span::styled("Changes", styles.title),
        Span::styled(format!(" {} {}", glyphs.separator, comparison.words()), styles.base),
        Span::styled(span, styles.muted),
    ]);
    let list = state.list(ListId::Changes);
    let note = match &comparison.changes {
        Some(changes) if list.filter.is_empty() => changes.changes.len().to_string(),
        Some(_) => format!("{} of {}", list.shown, list.known),
        None => String::new(),
    };
    let inside = screen.panel(body, &title, &Line::styled(note, styles.muted), true);
    let line = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let Some(changes) = comparison.changes.as_deref() else {
        let (said, style) = match &comparison.problem {
            Some(problem) => (problem.to_string(), styles.error),
            None => (format!("{} comparing", glyphs.running), styles.running),
        };
        screen.put(line.x, line.y, line.width, &said, style);
        return;
    };
    if list.rows.is_empty() {
        let said = if changes.changes.is_empty() { "nothing changed" } else { "no change has these words" };
        screen.put(line.x, line.y, line.width, said, styles.muted);
        return;
    }
    let (heading, rows) = table::split(inside);
    // The same columns wherever the list is scrolled to.
    let measured = changes.changes.iter().take(MEASURED);
    let widest = table::widest(measured.map(|change| cells(screen, change)), &[]);
    let places = table::place(&COLUMNS, &widest, None, heading.width);
    table::headings(screen, heading, &COLUMNS, &places, None, false);
    screen.list(ListId::Changes, rows, true, |screen, row, item| draw_row(screen, row, item, &places));
    if changes.changes.iter().any(|change| change.rebuilt) && inside.height > 4 {
        let said = format!(" {REBUILT} told from its own events: nothing had been observed yet ");
        let width = text::width(&said) as u16;
        if width + 4 < body.width {
            screen.put(body.x + 2, body.bottom() - 1, width, &said, styles.muted);
        }
    }
}

fn draw_row(screen: &mut Screen<'_>, row: Rect, item: Row, places: &Places) -> u16 {
    let Look { styles, .. } = screen.look;
    let Some(changes) = screen.state.comparison.changes.as_deref() else { return 0 };
    match item {
        Row::Heading(Heading::Changes(group, count)) => {
            let (mark, style) = looks(screen, group);
            let words = format!("{mark} {count} {}", group.title());
            screen.heading(row, &Line::styled(words, style));
        }
        Row::Heading(Heading::Concerned(count)) => {
            screen.heading(row, &Line::styled(format!("{count} should hear of it"), styles.strong));
        }
        Row::Change(index) => {
            if let Some(change) = changes.changes.get(index as usize) {
                table::cells(screen, row, &COLUMNS, places, &cells(screen, change));
            }
        }
        Row::Concerned(index) => {
            if let Some(other) = changes.concerned.get(index as usize) {
                table::cells(screen, row, &COLUMNS, places, &concerned(screen, other));
            }
        }
        _ => {}
    }
    table::until(places, NAME)
}

fn looks(screen: &Screen<'_>, group: ChangeGroup) -> (&'static str, Style) {
    let Look { styles, glyphs } = screen.look;
    match group {
        ChangeGroup::TurnedRed => (glyphs.no_go, styles.no_go),
        ChangeGroup::TurnedGreen | ChangeGroup::Done => (glyphs.go, styles.go),
        ChangeGroup::Added => ("+", styles.scope),
        ChangeGroup::Removed => (glyphs.minus, styles.muted),
        ChangeGroup::Slipped => (glyphs.at_risk, styles.at_risk),
        ChangeGroup::Moved => (glyphs.right, styles.base),
    }
}

fn cells(screen: &Screen<'_>, change: &Change) -> [(String, Style); 5] {
    let Look { styles, .. } = screen.look;
    let (mark, style) = looks(screen, change.group);
    let rebuilt = if change.rebuilt { format!(" {REBUILT}") } else { String::new() };
    [
        (mark.to_owned(), style),
        (change.name.to_string(), styles.base),
        (format!("{}{rebuilt}", change.what), style),
        (change.who.as_ref().map(ToString::to_string).unwrap_or_default(), styles.muted),
        (change.at.map(|at| screen.dates.moment(at)).unwrap_or_default(), styles.muted),
    ]
}

fn concerned(screen: &Screen<'_>, other: &Concerned) -> [(String, Style); 5] {
    let Look { styles, glyphs } = screen.look;
    let owner = other.owner.as_ref().map_or("nobody", |owner| owner.as_str());
    [
        (glyphs.right.to_owned(), styles.muted),
        (other.release.to_string(), styles.base),
        (format!("waits for {}: {} changed", other.because_of, other.what), styles.at_risk),
        (owner.to_owned(), styles.muted),
        (String::new(), styles.muted),
    ]
}
