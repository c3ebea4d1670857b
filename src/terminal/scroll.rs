//! Rows of the screen that moved as one: the terminal moves them by a few bytes, where writing
//! them again costs hundreds.
//!
//! What is found is a guess at what is cheap: the encoder writes what is still different
//! afterwards, and keeps the shorter of both ways.

use std::hash::{Hash as _, Hasher as _};

use ratatui::buffer::{Buffer, Cell};

use super::encoder::Hyperlink;

/// Rows that are looked for at most: keys that are held move a few, and a page has nothing in common
/// with the one before.
const MOST_ROWS: usize = 12;
/// Cells that must be spared: the sequence itself costs about as much as writing twenty.
const WORTH_IT: i64 = 30;

/// Rows that moved as one, with nothing where the last ones of them were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scroll {
    /// The first row that takes part.
    pub(super) top: u16,
    /// The last row that takes part.
    pub(super) bottom: u16,
    /// By how many rows; at least one, fewer than take part.
    pub(super) rows: u16,
    /// Up, as when one reads on.
    pub(super) up: bool,
}

impl Scroll {
    /// What makes `next` of `shown`, two pictures of one size, with the fewest cells to write.
    pub(super) fn find(shown: &Buffer, next: &Buffer) -> Option<Self> {
        let (width, height) = (usize::from(next.area.width), usize::from(next.area.height));
        if width == 0 || height < 3 || shown.area != next.area {
            return None;
        }
        let shown = Rows::of(shown, width);
        let next = Rows::of(next, width);
        let in_place: Vec<i64> = (0..height).map(|row| next.unlike(row, &shown, row)).collect();
        if in_place.iter().sum::<i64>() <= WORTH_IT {
            return None;
        }
        // What is spared in the first rows all together if they are left blank, by row.
        let mut blank = vec![0; height + 1];
        for row in 0..height {
            blank[row + 1] = blank[row] + in_place[row] - next.written(row);
        }
        let mut best: Option<(i64, Self)> = None;
        for rows in 1..height.min(MOST_ROWS + 1) {
            for up in [true, false] {
                // In the order in which rows are taken over, of which the blank ones are the last.
                let row = |index: usize| if up { index } else { height - 1 - index };
                let mut spared = 0;
                let mut first = 0;
                for index in 0..height - rows {
                    if spared <= 0 {
                        (spared, first) = (0, index);
                    }
                    let (to, from) = (row(index), row(index + rows));
                    spared += in_place[to] - next.unlike(to, &shown, from);
                    let blanks = if up {
                        blank[index + rows + 1] - blank[index + 1]
                    } else {
                        blank[row(index)] - blank[row(index + rows)]
                    };
                    let all = spared + blanks;
                    if all > best.map_or(WORTH_IT, |(known, _)| known) {
                        let (one, other) = (row(first), row(index + rows));
                        let (top, bottom) = (one.min(other) as u16, one.max(other) as u16);
                        best = Some((all, Self { top, bottom, rows: rows as u16, up }));
                    }
                }
            }
        }
        best.map(|(_, scroll)| scroll)
    }

    /// What is shown, and what leads somewhere, after it.
    pub(super) fn apply(self, shown: &mut Buffer, links: &mut Vec<Hyperlink>) {
        let width = usize::from(shown.area.width);
        let moved = width * usize::from(self.rows);
        let cells = &mut shown.content[width * usize::from(self.top)..width * (usize::from(self.bottom) + 1)];
        let gone = if self.up {
            cells.rotate_left(moved);
            cells.len() - moved..cells.len()
        } else {
            cells.rotate_right(moved);
            0..moved
        };
        cells[gone].iter_mut().for_each(Cell::reset);
        links.retain_mut(|link| {
            if !(self.top..=self.bottom).contains(&link.y) {
                return true;
            }
            let target = if self.up { link.y.checked_sub(self.rows) } else { Some(link.y + self.rows) };
            let target = target.filter(|y| (self.top..=self.bottom).contains(y));
            link.y = target.unwrap_or(link.y);
            target.is_some()
        });
    }

    /// What makes a terminal do it, with a plain pen; where its cursor is then is not certain.
    pub(super) fn sequence(self) -> String {
        let (top, bottom) = (u32::from(self.top) + 1, u32::from(self.bottom) + 1);
        // A new line at the end of the region, or a step back at its beginning, moves it: the
        // oldest terminals know that.
        let (at, step) = if self.up { (bottom, "\n") } else { (top, "\x1bM") };
        format!("\x1b[{top};{bottom}r\x1b[{at}H{}\x1b[r", step.repeat(usize::from(self.rows)))
    }
}

/// The cells of all rows of a picture, each as one number: they are compared many times.
struct Rows {
    cells: Vec<u64>,
    width: usize,
    blank: u64,
}

impl Rows {
    fn of(picture: &Buffer, width: usize) -> Self {
        Self { cells: picture.content.iter().map(number).collect(), width, blank: number(&Cell::EMPTY) }
    }

    fn row(&self, row: usize) -> &[u64] {
        &self.cells[row * self.width..(row + 1) * self.width]
    }

    /// Cells of a row that are others in a row of `other`.
    fn unlike(&self, row: usize, other: &Self, other_row: usize) -> i64 {
        let pairs = self.row(row).iter().zip(other.row(other_row));
        pairs.map(|(one, other)| i64::from(one != other)).sum()
    }

    /// Cells of a row in which anything is to be seen.
    fn written(&self, row: usize) -> i64 {
        self.row(row).iter().map(|cell| i64::from(*cell != self.blank)).sum()
    }
}

/// Equal cells have equal numbers.
fn number(cell: &Cell) -> u64 {
    let mut hasher = ahash::AHasher::default();
    cell.hash(&mut hasher);
    hasher.finish()
}
