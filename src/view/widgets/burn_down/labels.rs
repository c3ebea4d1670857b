//! Labels that do not cover each other.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    style::Style,
};
use unicode_width::UnicodeWidthStr as _;

use super::{
    canvas::{Canvas, Series},
    scale::short,
};
use crate::{
    app::{ChartPicture, ChartSeries},
    insight::ScopeStep,
};

/// A row of labels that do not touch each other.
#[derive(Clone, Debug)]
pub(super) struct Strip {
    width: u16,
    apart: u16,
    taken: Vec<(u16, u16)>,
}

impl Strip {
    /// An empty one of so many cells, for labels one cell apart.
    pub(super) fn new(width: u16) -> Self {
        Self { width, apart: 1, taken: Vec::new() }
    }

    /// With so many cells between two labels.
    pub(super) fn apart(self, apart: u16) -> Self {
        Self { apart, ..self }
    }

    /// Takes `width` cells from `start` on, if they are free and those between labels are.
    pub(super) fn take(&mut self, start: u16, width: u16) -> Option<u16> {
        let end = start.checked_add(width).filter(|end| *end <= self.width && width > 0)?;
        let free = self.taken.iter().all(|(from, to)| end + self.apart <= *from || to + self.apart <= start);
        free.then(|| self.taken.push((start, end)))?;
        Some(start)
    }

    /// Takes `width` cells around `column`, or as near as the ends of the row allow.
    pub(super) fn around(&mut self, column: u16, width: u16) -> Option<u16> {
        let latest = self.width.checked_sub(width)?;
        self.take(column.saturating_sub(width / 2).min(latest), width)
    }

    /// Takes `width` cells that begin at `column`, or as near before as the end of the row
    /// demands.
    pub(super) fn from(&mut self, column: u16, width: u16) -> Option<u16> {
        let latest = self.width.checked_sub(width)?;
        self.take(column.min(latest), width)
    }
}

/// Cells that a text takes.
pub(super) fn cells(text: &str) -> u16 {
    u16::try_from(text.width()).unwrap_or(u16::MAX)
}

/// Writes what fits of a text into a row of `area`.
pub(super) fn write(buffer: &mut Buffer, area: Rect, column: u16, row: u16, text: &str, style: Style) {
    let room = area.width.saturating_sub(column);
    let (x, y) = (area.x.saturating_add(column), area.y.saturating_add(row));
    if room > 0 && row < area.height && buffer.area.contains(Position { x, y }) {
        buffer.set_stringn(x, y, text, usize::from(room), style);
    }
}

/// `99.4 %`: never rounded up to all.
pub(super) fn percent(share: f64) -> String {
    let tenths = (share.clamp(0.0, 1.0) * 1000.0 + 1e-9).floor();
    let digits = usize::from(tenths % 10.0 != 0.0);
    format!("{:.digits$} %", tenths / 10.0)
}

/// `+6`, `−2`, `+6−2`.
pub(super) fn step(step: &ScopeStep, minus: &str) -> String {
    match (step.added, step.removed) {
        (added, 0) => format!("+{}", short(added)),
        (0, removed) => format!("{minus}{}", short(removed)),
        (added, removed) => format!("+{}{minus}{}", short(added), short(removed)),
    }
}

/// What a line is called and how it is drawn.
pub(super) struct Key {
    /// A piece of the line.
    pub(super) sample: String,
    /// Name and newest value.
    pub(super) text: String,
    /// As the line.
    pub(super) style: Style,
    /// The line, if it need not be drawn.
    pub(super) series: Option<ChartSeries>,
}

/// What the main line is called.
pub(super) fn main(picture: ChartPicture) -> &'static str {
    match picture {
        ChartPicture::BurnDown => "remaining",
        ChartPicture::BurnUp => "ready",
    }
}

impl Key {
    /// What is no line.
    pub(super) fn plain(text: String, style: Style) -> Self {
        Self { sample: String::new(), text, style, series: None }
    }

    /// Cells that it takes.
    pub(super) fn cells(&self, with_sample: bool) -> u16 {
        let sample = if with_sample && !self.sample.is_empty() { cells(&self.sample) + 1 } else { 0 };
        sample + cells(&self.text)
    }
}

/// Cells between two keys.
pub(super) const APART: u16 = 2;

/// Column and row of as many keys as fit into `rows` rows, each with its sample, the most
/// important ones first.
pub(super) fn places(keys: &[Key], width: u16, rows: u16) -> Vec<(u16, u16)> {
    let place = |apart: u16| {
        let (mut column, mut row) = (0_u16, 0_u16);
        let mut places = Vec::new();
        for key in keys {
            let cells = key.cells(true);
            if column > 0 && column.saturating_add(cells) > width {
                (column, row) = (0, row + 1);
            }
            if row >= rows || column.saturating_add(cells) > width {
                break;
            }
            places.push((column, row));
            column += cells + apart;
        }
        places
    };
    let (wide, narrow) = (place(APART + 1), place(APART));
    if wide.len() == narrow.len() { wide } else { narrow }
}

/// Writes the keys that have a place. The first one stands even where its sample has no room.
pub(super) fn legend(buffer: &mut Buffer, area: Rect, keys: &[Key], strong: Style) {
    let places = places(keys, area.width, area.height);
    for (index, (key, (column, row))) in keys.iter().zip(&places).enumerate() {
        let style = if index == 0 { key.style.patch(strong) } else { key.style };
        let mut column = *column;
        if !key.sample.is_empty() {
            write(buffer, area, column, *row, &key.sample, key.style);
            column += cells(&key.sample) + 1;
        }
        write(buffer, area, column, *row, &key.text, style);
    }
    if let (true, Some(first)) = (places.is_empty(), keys.first()) {
        write(buffer, area, 0, 0, &first.text, first.style.patch(strong));
    }
}

/// Which cells of the plot a label may cover.
#[derive(Clone, Debug)]
pub(super) struct Free {
    columns: u16,
    cells: Vec<bool>,
}

impl Free {
    /// The cells of a plot for which `is_free` holds.
    pub(super) fn new(columns: u16, rows: u16, is_free: impl Fn(u16, u16) -> bool) -> Self {
        let cells = (0..rows).flat_map(|row| (0..columns).map(move |column| (column, row)));
        Self { columns, cells: cells.map(|(column, row)| is_free(column, row)).collect() }
    }

    /// Takes `width` cells and one on either side.
    fn take(&mut self, column: u16, row: u16, width: u16) -> bool {
        let (Some(start), Some(end)) = (column.checked_sub(1), column.checked_add(width + 1)) else {
            return false;
        };
        if end > self.columns {
            return false;
        }
        let from = usize::from(row) * usize::from(self.columns);
        let cells = self.cells.get_mut(from + usize::from(start)..from + usize::from(end));
        match cells {
            Some(cells) if cells.iter().all(|free| *free) => {
                cells.fill(false);
                true
            }
            _ => false,
        }
    }

    /// A place for the name of a line: right at its newest end, beyond the line of the target
    /// if that is near, or else as near to the end as there is room above or below. Never
    /// between two lines: it could be the name of either.
    pub(super) fn beside(
        &mut self,
        canvas: &Canvas,
        series: Series,
        width: u16,
        target: Option<u16>,
    ) -> Option<(u16, u16)> {
        let end = (0..self.columns).rev().find(|column| canvas.rows_of(series, *column).next().is_some())?;
        let end_row = canvas.rows_of(series, end).last()?;
        let beyond = target.filter(|target| (end..end + 12).contains(target)).map(|target| target + 2);
        for start in [Some(end + 2), beyond].into_iter().flatten() {
            if self.take(start, end_row, width) {
                return Some((start, end_row));
            }
        }
        for column in (0..=end).rev() {
            let start = (column + 1).checked_sub(width)?;
            for row in canvas.rows_of(series, column).collect::<Vec<_>>() {
                for (row, far) in [(row.wrapping_sub(1), row.wrapping_sub(2)), (row + 1, row + 2)] {
                    let is_between = (start..start + width).any(|column| canvas.is_set(column, far));
                    if !is_between && self.take(start, row, width) {
                        return Some((start, row));
                    }
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;
    use crate::theme::Glyphs;

    #[test]
    fn labels_of_a_row_keep_apart() {
        let mut strip = Strip::new(20);
        assert_eq!(strip.around(10, 5), Some(8));
        assert_eq!(strip.around(5, 3), Some(4), "one cell between");
        assert_eq!(strip.around(14, 3), None);
        assert_eq!(strip.around(19, 4), Some(16), "not over the end");
        assert_eq!(strip.from(0, 3), Some(0));
        assert_eq!(strip.around(5, 21), None);
    }

    #[test]
    fn keys_stand_in_rows_with_their_samples_or_not_at_all() {
        let key =
            |cells: usize| Key { sample: "==".to_owned(), ..Key::plain("x".repeat(cells), Style::default()) };
        let keys = [key(11), key(12), key(9), key(8)];
        assert_eq!(places(&keys, 80, 1).len(), 4);
        assert_eq!(places(&keys, 38, 1), [(0, 0), (17, 0)]);
        assert_eq!(places(&keys, 38, 2), [(0, 0), (17, 0), (0, 1), (15, 1)]);
        assert_eq!(places(&keys, 31, 1), [(0, 0), (16, 0)], "closer together where that is what it takes");
        assert!(places(&keys, 10, 2).is_empty());
    }

    #[test]
    fn names_stand_beside_their_line_and_not_on_another() {
        let mut canvas = Canvas::new(20, 4, false);
        canvas.line((0, 2), (9, 2), Series::Tests);
        let is_free = |column: u16, row: u16| canvas.cell(column, row, &Glyphs::ascii()).is_none();
        let mut free = Free::new(20, 4, is_free);
        assert_eq!(free.beside(&canvas, Series::Tests, 5, None), Some((11, 2)));
        assert_eq!(free.beside(&canvas, Series::Tests, 5, None), Some((5, 1)));
        assert_eq!(free.beside(&canvas, Series::Tests, 5, None), Some((5, 3)));
        assert_eq!(free.beside(&canvas, Series::Tests, 19, None), None);
        assert_eq!(free.beside(&canvas, Series::Defects, 5, None), None, "there is no such line");
    }

    #[test]
    fn numbers_are_short_and_honest() {
        for (share, said) in
            [(1.0, "100 %"), (0.994, "99.4 %"), (0.99996, "99.9 %"), (0.0, "0 %"), (0.29, "29 %")]
        {
            assert_eq!(percent(share), said);
        }
        let day = NaiveDate::MIN;
        for (added, removed, said) in [(6, 0, "+6"), (0, 2, "−2"), (6, 2, "+6−2"), (12_345, 0, "+12k")] {
            assert_eq!(step(&ScopeStep { day, added, removed }, "−"), said);
        }
    }
}
