//! Columns that give way: the least important ones go first when the screen is narrow.

use ratatui::{layout::Rect, style::Style};

use crate::view::{screen::Screen, text};

/// One column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    /// Its heading.
    pub(crate) title: &'static str,
    /// Cells below which it makes no sense.
    pub(crate) least: u16,
    /// Cells beyond which it gains nothing.
    pub(crate) most: u16,
    /// Columns with a higher rank go first when there is no room; those with 0 stay.
    pub(crate) rank: u8,
    /// Written against the right edge, as figures are.
    pub(crate) right: bool,
}

impl Column {
    /// A column of fixed width.
    pub(crate) const fn fixed(title: &'static str, cells: u16, rank: u8) -> Self {
        Self { title, least: cells, most: cells, rank, right: false }
    }

    /// A column that takes more room where there is some.
    pub(crate) const fn growing(title: &'static str, least: u16, most: u16, rank: u8) -> Self {
        Self { title, least, most, rank, right: false }
    }

    /// Figures.
    pub(crate) const fn figures(title: &'static str, cells: u16, rank: u8) -> Self {
        Self { title, least: cells, most: cells, rank, right: true }
    }
}

/// Where each column is: its offset from the left and its cells; none for one that gave way.
pub(crate) type Places = Vec<Option<(u16, u16)>>;

/// Cells between two columns.
const GAP: u16 = 1;

/// The line of the headings, and what is below it. The first cell of a row is the
/// selection's, so that the headings begin one cell further right than the rows.
pub(crate) fn split(area: Rect) -> (Rect, Rect) {
    let heading =
        Rect { x: area.x + 1, width: area.width.saturating_sub(1), height: area.height.min(1), ..area };
    let body = Rect { y: area.y + heading.height, height: area.height - heading.height, ..area };
    (heading, body)
}

/// Decides which columns fit into `width` cells, and where.
pub(crate) fn place(columns: &[Column], width: u16) -> Places {
    let mut kept: Vec<bool> = vec![true; columns.len()];
    let needed = |kept: &[bool]| -> u32 {
        let cells = columns.iter().zip(kept).filter(|(_, kept)| **kept).map(|(column, _)| column.least + GAP);
        cells.map(u32::from).sum::<u32>().saturating_sub(u32::from(GAP))
    };
    while needed(&kept) > u32::from(width) {
        let candidates = columns.iter().zip(&kept).enumerate();
        let worst = candidates
            .filter(|(_, (column, kept))| **kept && column.rank > 0)
            .max_by_key(|(_, (column, _))| column.rank)
            .map(|(index, _)| index);
        match worst {
            Some(index) => kept[index] = false,
            None => break,
        }
    }
    // What is left is shared by how much each could use.
    let room = u32::from(width).saturating_sub(needed(&kept));
    let headroom = |column: &Column| u32::from(column.most - column.least);
    let shown = columns.iter().zip(&kept).filter(|(_, kept)| **kept);
    let all_usable: u32 = shown.clone().map(|(column, _)| headroom(column)).sum();
    let share = |column: &Column| {
        (room * headroom(column)).checked_div(all_usable).unwrap_or(0).min(headroom(column))
    };
    let mut cells: Vec<u16> = columns.iter().map(|column| column.least + share(column) as u16).collect();
    // What the division left goes where it is missed most.
    let given: u32 = shown.map(|(column, _)| share(column)).sum();
    let mut remainder = room.min(all_usable).saturating_sub(given);
    while remainder > 0 {
        let most_missed = (0..columns.len())
            .filter(|index| kept[*index])
            .max_by_key(|index| columns[*index].most - cells[*index]);
        match most_missed {
            Some(index) if cells[index] < columns[index].most => cells[index] += 1,
            _ => break,
        }
        remainder -= 1;
    }
    let mut x = 0;
    kept.iter()
        .zip(&cells)
        .map(|(kept, cells)| {
            // The last resort on a very narrow screen: what begins outside is not drawn.
            if !kept || x >= width {
                return None;
            }
            let placed = (x, (*cells).min(width - x));
            x += cells + GAP;
            Some(placed)
        })
        .collect()
}

/// Writes the headings; the one that the list is sorted by carries an arrow.
pub(crate) fn headings(
    screen: &mut Screen<'_>,
    row: Rect,
    columns: &[Column],
    places: &Places,
    sorted: Option<&str>,
    reversed: bool,
) {
    let glyphs = &screen.look.glyphs;
    let arrow = if reversed { glyphs.down } else { glyphs.up };
    for (index, column) in columns.iter().enumerate() {
        let title = if sorted == Some(column.title) {
            format!("{}{arrow}", column.title)
        } else {
            column.title.to_owned()
        };
        let style = screen.look.styles.header;
        cell(screen, row, columns, places, index, &title, style);
    }
}

/// Cells from the left end of a row to the end of column `index`.
pub(crate) fn until(places: &Places, index: usize) -> u16 {
    places.iter().take(index + 1).flatten().last().map_or(0, |(x, cells)| x + cells)
}

/// Writes one cell of a row.
pub(crate) fn cell(
    screen: &mut Screen<'_>,
    row: Rect,
    columns: &[Column],
    places: &Places,
    index: usize,
    content: &str,
    style: Style,
) {
    let Some(Some((x, cells))) = places.get(index).copied() else { return };
    let indent = if columns.get(index).is_some_and(|column| column.right) {
        cells.saturating_sub(text::width(content) as u16)
    } else {
        0
    };
    screen.put(row.x + x + indent, row.y, cells - indent, content, style);
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 4] = [
        Column::fixed("", 1, 0),
        Column::growing("title", 10, 60, 0),
        Column::figures("age", 4, 2),
        Column::growing("next", 8, 30, 1),
    ];

    #[test]
    fn the_least_important_columns_give_way_first() {
        for (width, kept) in [
            (200, [true, true, true, true]),
            (26, [true, true, true, true]),
            (25, [true, true, false, true]),
            (20, [true, true, false, false]),
            (2, [true, false, false, false]),
            (0, [false; 4]),
        ] {
            let places = place(&COLUMNS, width);
            let shown: Vec<bool> = places.iter().map(Option::is_some).collect();
            assert_eq!(shown, kept, "{width}");
            assert!(places.iter().flatten().all(|(x, cells)| x + cells <= width), "{width}: {places:?}");
        }
    }

    #[test]
    fn growing_columns_share_the_room_and_stop_at_their_most() {
        assert_eq!(place(&COLUMNS, 46), [Some((0, 1)), Some((2, 24)), Some((27, 4)), Some((32, 14))]);
        assert_eq!(place(&COLUMNS, 200), [Some((0, 1)), Some((2, 60)), Some((63, 4)), Some((68, 30))]);
    }
}
