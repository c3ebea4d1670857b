//! Letters and digits of blocks, for what is read from across a room.
//!
//! A font of its own, three by five points, as the digits of a split-flap display need no more:
//! it is drawn at any size with full and half blocks, and with `#` where there is only ASCII.

use ratatui::style::Style;

use crate::view::screen::Screen;

/// Points of a letter from top to bottom.
const HEIGHT: u16 = 5;

/// How large a point is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    /// Cells of a point.
    cells: u16,
    /// Half rows of a point.
    half_rows: u16,
}

impl Size {
    /// Rows of a text of this size.
    pub(super) fn rows(self) -> u16 {
        (HEIGHT * self.half_rows).div_ceil(2)
    }

    /// The largest size in which every one of `texts` fits into so many cells, and into so many
    /// rows. A terminal without half blocks has fewer sizes.
    pub(super) fn fitting(texts: &[&str], cells: u16, rows: u16, has_halves: bool) -> Option<Self> {
        // Cells are twice as high as wide: a half row is a cell.
        let square = (1..=6).rev().map(|size| Self { cells: size, half_rows: size });
        let narrow = Self { cells: 1, half_rows: 2 };
        let sizes = square.filter(|size| has_halves || size.half_rows % 2 == 0);
        let (large, small): (Vec<_>, Vec<_>) = sizes.partition(|size| size.cells > 1);
        let fits = |size: &Self| size.rows() <= rows && texts.iter().all(|text| size.width(text) <= cells);
        large.into_iter().chain([narrow]).chain(small).find(fits)
    }

    /// Cells that a text takes.
    pub(super) fn width(self, text: &str) -> u16 {
        let points: u16 = text.chars().map(|character| letter(character)[0].len() as u16 + 1).sum();
        points.saturating_sub(1).saturating_mul(self.cells)
    }
}

/// Draws a text with its top left corner at `x`, `y`.
pub(super) fn draw(screen: &mut Screen<'_>, (x, y): (u16, u16), text: &str, size: Size, style: Style) {
    let full = screen.look.glyphs.bar[0];
    let mut left = x;
    for character in text.chars() {
        let points = letter(character);
        let width = points[0].len() as u16;
        for row in 0..size.rows() {
            let is_lit = |half: u16, column: u16| {
                let line = points.get(usize::from(half / size.half_rows));
                line.is_some_and(|line| line.as_bytes().get(usize::from(column)) == Some(&b'#'))
            };
            for column in 0..width {
                let block = match (is_lit(row * 2, column), is_lit(row * 2 + 1, column)) {
                    (true, true) => full,
                    (true, false) => "▀",
                    (false, true) => "▄",
                    (false, false) => continue,
                };
                let cells = block.repeat(usize::from(size.cells));
                screen.put(left + column * size.cells, y + row, size.cells, &cells, style);
            }
        }
        left = left.saturating_add((width + 1).saturating_mul(size.cells));
    }
}

/// The points of a character; of one that the font has not got a question mark.
fn letter(character: char) -> [&'static str; HEIGHT as usize] {
    match character {
        '0' => ["###", "# #", "# #", "# #", "###"],
        '1' => [" # ", "## ", " # ", " # ", "###"],
        '2' => ["###", "  #", "###", "#  ", "###"],
        '3' => ["###", "  #", "###", "  #", "###"],
        '4' => ["# #", "# #", "###", "  #", "  #"],
        '5' => ["###", "#  ", "###", "  #", "###"],
        '6' => ["###", "#  ", "###", "# #", "###"],
        '7' => ["###", "  #", "  #", "  #", "  #"],
        '8' => ["###", "# #", "###", "# #", "###"],
        '9' => ["###", "# #", "###", "  #", "###"],
        'A' => [" # ", "# #", "###", "# #", "# #"],
        'B' => ["## ", "# #", "## ", "# #", "## "],
        'C' => ["###", "#  ", "#  ", "#  ", "###"],
        'D' => ["## ", "# #", "# #", "# #", "## "],
        'E' => ["###", "#  ", "## ", "#  ", "###"],
        'F' => ["###", "#  ", "## ", "#  ", "#  "],
        'G' => ["####", "#   ", "# ##", "#  #", "####"],
        'H' => ["# #", "# #", "###", "# #", "# #"],
        'I' => ["#", "#", "#", "#", "#"],
        'J' => ["  #", "  #", "  #", "# #", "###"],
        'K' => ["# #", "# #", "## ", "# #", "# #"],
        'L' => ["#  ", "#  ", "#  ", "#  ", "###"],
        'M' => ["#   #", "## ##", "# # #", "#   #", "#   #"],
        'N' => ["#  #", "## #", "# ##", "#  #", "#  #"],
        'O' => ["####", "#  #", "#  #", "#  #", "####"],
        'P' => ["###", "# #", "###", "#  ", "#  "],
        'Q' => ["####", "#  #", "#  #", "# ##", "####"],
        'R' => ["###", "# #", "## ", "# #", "# #"],
        'S' => [" ##", "#  ", " # ", "  #", "## "],
        'T' => ["###", " # ", " # ", " # ", " # "],
        'U' => ["# #", "# #", "# #", "# #", "###"],
        'V' => ["# #", "# #", "# #", "# #", " # "],
        'W' => ["#   #", "#   #", "# # #", "## ##", "#   #"],
        'X' => ["# #", "# #", " # ", "# #", "# #"],
        'Y' => ["# #", "# #", " # ", " # ", " # "],
        'Z' => ["###", "  #", " # ", "#  ", "###"],
        'd' => ["  #", "  #", "###", "# #", "###"],
        'h' => ["#  ", "#  ", "###", "# #", "# #"],
        'm' => ["     ", "     ", "#####", "# # #", "# # #"],
        's' => ["   ", " ##", "## ", " ##", "## "],
        '-' => ["   ", "   ", "###", "   ", "   "],
        '+' => ["   ", " # ", "###", " # ", "   "],
        ' ' => ["  ", "  ", "  ", "  ", "  "],
        _ => ["###", "  #", " # ", "   ", " # "],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_as_wide_as_they_say_and_no_two_are_alike() {
        let all = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZdhms-+?";
        for one in all.chars() {
            let points = letter(one);
            assert!(points.iter().all(|line| line.len() == points[0].len()), "{one}");
            assert!(points.iter().all(|line| line.bytes().all(|point| b" #".contains(&point))), "{one}");
            let alike: Vec<char> = all.chars().filter(|other| letter(*other) == points).collect();
            assert_eq!(alike, [one]);
        }
    }

    #[test]
    fn the_largest_size_that_fits_is_taken() {
        let texts = ["T-3d 04h", "AT RISK"];
        for (cells, rows, has_halves, expected) in [
            (198, 11, true, Some((4, 4))),
            (198, 11, false, Some((4, 4))),
            (118, 8, true, Some((3, 3))),
            (118, 8, false, Some((2, 2))),
            (78, 5, true, Some((2, 2))),
            (40, 5, true, Some((1, 2))),
            (40, 3, true, Some((1, 1))),
            (40, 3, false, None),
            (12, 20, true, None),
        ] {
            let size = Size::fitting(&texts, cells, rows, has_halves);
            assert_eq!(size.map(|size| (size.cells, size.half_rows)), expected, "{cells}x{rows}");
        }
    }
}
