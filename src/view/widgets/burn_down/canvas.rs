//! Lines as dots: eight in a cell where braille is allowed, one elsewhere.

use crate::theme::Glyphs;

/// The lines, the least important first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Series {
    /// Items in scope.
    Scope,
    /// Open defects.
    Defects,
    /// Tests that pass.
    Tests,
    /// Items that are not ready, or those that are.
    Main,
}

impl Series {
    /// Whether a line has a dot at this place on its way: solid, dashed or dotted, so that lines
    /// are told apart without colour.
    fn is_inked(self, along: i64) -> bool {
        match self {
            Self::Main | Self::Scope => true,
            Self::Tests => along.rem_euclid(4) < 2,
            Self::Defects => along.rem_euclid(2) == 0,
        }
    }

    /// A piece of the line where there is braille.
    pub(super) fn sample(self) -> &'static str {
        match self {
            Self::Main => "⠶⠶",
            Self::Tests => "⠒ ⠒",
            Self::Defects => "⠂⠂",
            Self::Scope => "⠒⠒",
        }
    }

    /// The character of a point where there is no braille: it tells the lines apart.
    pub(super) fn point(self, glyphs: &Glyphs) -> &'static str {
        match self {
            Self::Main => glyphs.point,
            Self::Tests => "t",
            Self::Defects => "d",
            Self::Scope => glyphs.lines[0],
        }
    }
}

/// A field of cells with dots in them.
#[derive(Clone, Debug)]
pub(super) struct Canvas {
    columns: u16,
    rows: u16,
    braille: bool,
    cells: Vec<(u8, Option<Series>)>,
}

impl Canvas {
    /// An empty one.
    pub(super) fn new(columns: u16, rows: u16, braille: bool) -> Self {
        let cells = vec![(0, None); usize::from(columns) * usize::from(rows)];
        Self { columns, rows, braille, cells }
    }

    /// Dots in a cell: across and down.
    pub(super) fn resolution(braille: bool) -> (u16, u16) {
        if braille { (2, 4) } else { (1, 1) }
    }

    /// Sets a dot. One outside is not drawn.
    pub(super) fn dot(&mut self, (x, y): (i64, i64), series: Series) {
        let (across, down) = Self::resolution(self.braille);
        let (across, down) = (i64::from(across), i64::from(down));
        let (column, row) = (x.div_euclid(across), y.div_euclid(down));
        let inside =
            (0..i64::from(self.columns)).contains(&column) && (0..i64::from(self.rows)).contains(&row);
        if !inside {
            return;
        }
        if let Some(cell) = self.cells.get_mut((row * i64::from(self.columns) + column) as usize) {
            cell.0 |= match (x.rem_euclid(across), y.rem_euclid(down)) {
                (0, 3) => 0x40,
                (_, 3) => 0x80,
                (0, line) => 1 << line,
                (_, line) => 8 << line,
            };
            cell.1 = cell.1.max(Some(series));
        }
    }

    /// A line without gaps, by Bresenham.
    pub(super) fn line(&mut self, from: (i64, i64), to: (i64, i64), series: Series) {
        let (dx, dy) = ((to.0 - from.0).abs(), -(to.1 - from.1).abs());
        let (step_x, step_y) = ((to.0 - from.0).signum(), (to.1 - from.1).signum());
        let (mut x, mut y) = from;
        let mut error = dx + dy;
        loop {
            // Along its longer side, so that a steep piece has the pattern, too.
            if !self.braille || series.is_inked(if dx >= -dy { x } else { y }) {
                self.dot((x, y), series);
            }
            if (x, y) == to {
                return;
            }
            let doubled = 2 * error;
            if doubled >= dy {
                error += dy;
                x += step_x;
            }
            if doubled <= dx {
                error += dx;
                y += step_y;
            }
        }
    }

    /// What a cell shows, if anything.
    pub(super) fn cell(&self, column: u16, row: u16, glyphs: &Glyphs) -> Option<(Series, char)> {
        let (bits, series) = *self.cells.get(self.index(column, row)?)?;
        let series = series?;
        let braille = char::from_u32(0x2800 | u32::from(bits)).filter(|_| self.braille);
        Some((series, braille.or_else(|| series.point(glyphs).chars().next())?))
    }

    /// Whether any line goes through a cell; none does outside.
    pub(super) fn is_set(&self, column: u16, row: u16) -> bool {
        self.index(column, row).and_then(|index| self.cells.get(index)).is_some_and(|cell| cell.1.is_some())
    }

    /// The rows in which `series` is the most important line of a column.
    pub(super) fn rows_of(&self, series: Series, column: u16) -> impl Iterator<Item = u16> + '_ {
        (0..self.rows).filter(move |row| {
            self.index(column, *row)
                .and_then(|index| self.cells.get(index))
                .is_some_and(|cell| cell.1 == Some(series))
        })
    }

    fn index(&self, column: u16, row: u16) -> Option<usize> {
        let inside = column < self.columns && row < self.rows;
        inside.then(|| usize::from(row) * usize::from(self.columns) + usize::from(column))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dots_are_where_braille_has_them() {
        for (dot, shown) in
            [((0, 0), '⠁'), ((1, 0), '⠈'), ((0, 2), '⠄'), ((0, 3), '⡀'), ((1, 3), '⢀'), ((1, 1), '⠐')]
        {
            let mut canvas = Canvas::new(1, 1, true);
            canvas.dot(dot, Series::Tests);
            assert_eq!(canvas.cell(0, 0, &Glyphs::unicode()), Some((Series::Tests, shown)));
        }
    }

    #[test]
    fn the_most_important_line_gives_a_cell_its_colour() {
        let mut canvas = Canvas::new(1, 1, true);
        canvas.dot((0, 0), Series::Main);
        canvas.dot((1, 3), Series::Scope);
        assert_eq!(canvas.cell(0, 0, &Glyphs::unicode()), Some((Series::Main, '⢁')));
        assert_eq!(canvas.cell(1, 0, &Glyphs::unicode()), None);
    }

    proptest! {
        #[test]
        fn lines_have_no_gap(from in (0..40_i64, 0..40_i64), to in (0..40_i64, 0..40_i64)) {
            let mut canvas = Canvas::new(40, 40, false);
            canvas.line(from, to, Series::Main);
            let is_set = |x: i64, y: i64| canvas.cell(x as u16, y as u16, &Glyphs::ascii()).is_some();
            let set: Vec<_> = (0..40).flat_map(|x| (0..40).map(move |y| (x, y))).filter(|(x, y)| is_set(*x, *y)).collect();
            let longest = (from.0 - to.0).abs().max((from.1 - to.1).abs());
            prop_assert_eq!(set.len(), longest as usize + 1);
            prop_assert!(set.contains(&from) && set.contains(&to));
            for (x, y) in &set {
                let neighbours = set.iter().filter(|(a, b)| (a - x).abs() <= 1 && (b - y).abs() <= 1).count();
                prop_assert!(neighbours >= 2 || set.len() == 1, "{:?}", (x, y));
            }
        }
    }
}
