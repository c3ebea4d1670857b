//! Columns that give way: the least important ones go first when the screen is narrow.

use ratatui::{layout::Rect, style::Style};

use crate::view::{screen::Screen, text};

/// One column.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    /// Its heading.
    pub(crate) title: &'static str,
    /// Cells below which it makes no sense; never less than its heading.
    pub(crate) least: u16,
    /// Cells beyond which it gains nothing.
    pub(crate) most: u16,
    /// Columns with a higher rank go first when there is no room; those with 0 stay.
    pub(crate) rank: u8,
    /// Written against the right edge, as figures are.
    pub(crate) right: bool,
}

impl Column {
    /// A column that takes what its contents need, up to `cells`, and is never cut below that.
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

    /// The least and the most cells for contents that are `widest` cells wide. What may grow
    /// far grows in steps, so that a longer word somewhere seldom moves the whole table.
    fn range(&self, widest: u16, is_sorted: bool) -> (u16, u16) {
        const STEP: u16 = 4;
        const LARGE: u16 = 20;
        let heading = text::width(self.title) as u16 + u16::from(is_sorted);
        let wanted =
            if self.least < self.most && self.most >= LARGE { widest.next_multiple_of(STEP) } else { widest };
        let most = wanted.min(self.most).max(heading);
        (self.least.min(most).max(heading), most)
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

/// Rows that are measured for the widths of the columns: the first ones, which are the worst.
const MEASURED: usize = 100;

/// The cells that the contents of each column take at most. A column in which no row says
/// anything is not worth its room: marks in `nothing`, of what is not known or not there, are 0.
pub(crate) fn widest<const N: usize, S>(
    rows: impl Iterator<Item = [(String, S); N]>,
    nothing: &[&str],
) -> [u16; N] {
    let mut widest = [0; N];
    for cells in rows.take(MEASURED) {
        for (widest, (content, _)) in widest.iter_mut().zip(&cells) {
            if !nothing.contains(&content.as_str()) {
                *widest = (*widest).max(text::width(content) as u16);
            }
        }
    }
    widest
}

/// Takes columns away, whatever room there is: for a reader to whom they say nothing.
pub(crate) fn without<const N: usize>(columns: &mut [Column; N], widest: &mut [u16; N], which: &[usize]) {
    for index in which.iter().copied().filter(|index| *index < N) {
        columns[index].rank = columns[index].rank.max(1);
        widest[index] = 0;
    }
}

/// Decides which columns fit into `width` cells, and where, for contents that are `widest`
/// cells wide; the heading of the one `sorted` by has an arrow.
pub(crate) fn place<const N: usize>(
    columns: &[Column; N],
    widest: &[u16; N],
    sorted: Option<&str>,
    width: u16,
) -> Places {
    let range = |index: usize| columns[index].range(widest[index], sorted == Some(columns[index].title));
    let least: [u16; N] = std::array::from_fn(|index| range(index).0);
    let most: [u16; N] = std::array::from_fn(|index| range(index).1);
    let mut kept: [bool; N] = std::array::from_fn(|index| columns[index].rank == 0 || widest[index] > 0);
    let needed = |kept: &[bool; N]| -> u32 {
        let cells =
            least.iter().zip(kept).filter(|(_, kept)| **kept).map(|(least, _)| u32::from(least + GAP));
        cells.sum::<u32>().saturating_sub(u32::from(GAP))
    };
    while needed(&kept) > u32::from(width) {
        let candidates = (0..N).filter(|index| kept[*index] && columns[*index].rank > 0);
        match candidates.max_by_key(|index| columns[*index].rank) {
            Some(index) => kept[index] = false,
            None => break,
        }
    }
    // What is left is shared by how much each could use.
    let room = u32::from(width).saturating_sub(needed(&kept));
    let headroom = |index: usize| if kept[index] { u32::from(most[index] - least[index]) } else { 0 };
    let all_usable: u32 = (0..N).map(headroom).sum();
    let share = |index: usize| {
        (room * headroom(index)).checked_div(all_usable).unwrap_or(0).min(headroom(index)) as u16
    };
    let mut cells: [u16; N] = std::array::from_fn(|index| least[index] + share(index));
    // What the division left goes where it is missed most.
    let given: u32 = (0..N).map(|index| u32::from(share(index))).sum();
    for _ in 0..room.min(all_usable).saturating_sub(given) {
        let missed = |index: &usize| most[*index].saturating_sub(cells[*index]);
        match (0..N).filter(|index| kept[*index]).max_by_key(missed) {
            Some(index) if cells[index] < most[index] => cells[index] += 1,
            _ => break,
        }
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

/// Writes the headings; the one that the list is sorted by carries an arrow: down where its figures
/// fall from row to row.
pub(crate) fn headings(
    screen: &mut Screen<'_>,
    row: Rect,
    columns: &[Column],
    places: &Places,
    sorted: Option<&str>,
    falls: bool,
) {
    let glyphs = &screen.look.glyphs;
    let arrow = if falls { glyphs.down } else { glyphs.up };
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

/// Cells that column `index` has, where it is shown.
pub(crate) fn room(places: &Places, index: usize) -> Option<u16> {
    places.get(index).copied().flatten().map(|(_, cells)| cells)
}

/// Writes the cells of a row.
pub(crate) fn cells<S: AsRef<str>>(
    screen: &mut Screen<'_>,
    row: Rect,
    columns: &[Column],
    places: &Places,
    cells: &[(S, Style)],
) {
    for (index, (content, style)) in cells.iter().enumerate() {
        cell(screen, row, columns, places, index, content.as_ref(), *style);
    }
}

/// Writes one cell of a row.
fn cell(
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

    const WIDE: [u16; 4] = [100; 4];

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
            let places = place(&COLUMNS, &WIDE, None, width);
            let shown: Vec<bool> = places.iter().map(Option::is_some).collect();
            assert_eq!(shown, kept, "{width}");
            assert!(places.iter().flatten().all(|(x, cells)| x + cells <= width), "{width}: {places:?}");
        }
    }

    #[test]
    fn growing_columns_share_the_room_and_stop_at_their_most() {
        let places = |width| place(&COLUMNS, &WIDE, None, width);
        assert_eq!(places(46), [Some((0, 1)), Some((2, 24)), Some((27, 4)), Some((32, 14))]);
        assert_eq!(places(200), [Some((0, 1)), Some((2, 60)), Some((63, 4)), Some((68, 30))]);
    }

    #[test]
    fn columns_take_what_their_contents_need_and_headings_are_never_cut() {
        let places = place(&COLUMNS, &[1, 22, 2, 9], None, 200);
        assert_eq!(places, [Some((0, 1)), Some((2, 24)), Some((27, 3)), Some((31, 12))]);
        let sorted = place(&COLUMNS, &[1, 22, 2, 9], Some("age"), 200);
        assert_eq!(sorted[2], Some((27, 4)), "room for the arrow");
        let silent = place(&COLUMNS, &[1, 22, 0, 9], None, 200);
        assert_eq!(silent[2], None, "no row says anything there");
        let rows = [["?".to_owned(), "ab".to_owned()], ["?".to_owned(), "支払".to_owned()]];
        assert_eq!(widest(rows.into_iter().map(|row| row.map(|text| (text, ()))), &["?"]), [0, 4]);
    }
}
