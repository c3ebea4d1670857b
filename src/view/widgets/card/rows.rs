//! The rows behind a card.

use ratatui::layout::Rect;

use crate::{
    app::{ListId, Row},
    insight::Card,
    view::{Look, screen::Screen, text},
};

/// Cells of the widest column besides the first one.
const WIDEST: usize = 48;
/// Rows that are measured for the widths of the columns.
const MEASURED: usize = 200;
/// Cells between two columns.
const GAP: usize = 2;

/// Draws them with their headings.
pub(crate) fn draw(screen: &mut Screen<'_>, area: Rect, card: &Card) {
    if area.height < 2 || card.columns.is_empty() {
        return;
    }
    let widths = widths(card, usize::from(area.width).saturating_sub(4));
    let heading = Rect { x: area.x + 3, width: area.width.saturating_sub(4), height: 1, ..area };
    let titles: Vec<&str> = card.columns.iter().map(|column| column.title).collect();
    line(screen, heading, card, &widths, &titles, true);
    let body = Rect { y: area.y + 1, height: area.height - 1, ..area };
    screen.list(ListId::CardRows, body, true, |screen, place, item| {
        let Row::OfCard(index) = item else { return 0 };
        let Some(row) = card.rows.get(index as usize) else { return 0 };
        let (mark, style) = super::standing(screen.look, row.standing);
        screen.put(place.x, place.y, 1, mark, style);
        let cells: Vec<&str> = row.cells.iter().map(|cell| &**cell).collect();
        let inside = Rect { x: place.x + 2, width: place.width.saturating_sub(3), ..place };
        line(screen, inside, card, &widths, &cells, false);
        2 + widths.first().map_or(0, |width| *width as u16)
    });
}

/// What each column gets: what it needs, and where that is too much the last ones give way.
fn widths(card: &Card, room: usize) -> Vec<usize> {
    let mut left = room;
    let needed = card.columns.iter().enumerate().map(|(index, column)| {
        let cells = card.rows.iter().take(MEASURED).filter_map(|row| row.cells.get(index));
        let widest = cells.map(|cell| text::width(cell)).max().unwrap_or(0).min(WIDEST);
        widest.max(text::width(column.title))
    });
    let given = needed.map(|needed| {
        let given = needed.min(left);
        left = left.saturating_sub(given + GAP);
        given
    });
    given.collect()
}

fn line(
    screen: &mut Screen<'_>,
    area: Rect,
    card: &Card,
    widths: &[usize],
    cells: &[&str],
    is_heading: bool,
) {
    let Look { styles, .. } = screen.look;
    let mut x = area.x;
    for ((column, width), cell) in card.columns.iter().zip(widths).zip(cells) {
        if *width == 0 {
            break;
        }
        let used = text::width(cell).min(*width);
        let indent = if column.is_figure { width - used } else { 0 };
        let style = if is_heading { styles.muted } else { styles.base };
        screen.put(x + indent as u16, area.y, (*width - indent) as u16, cell, style);
        x += (width + GAP) as u16;
    }
}
