//! From two pictures of the screen to the fewest bytes that turn one into the other.
//!
//! On a slow link a key is as slow as the bytes it costs. Against the backend that comes
//! with ratatui this saves the three resets at the end of every frame, two thirds of the
//! bytes of each colour of the first sixteen, the blanks at the end of a row, a cursor movement
//! for every gap of a few cells, and the rows of a list that scrolls.

use std::{io::Write as _, sync::Arc};

use ratatui::{
    buffer::{Buffer, Cell, CellWidth as _},
    layout::Position,
    style::{Color, Modifier},
};

use super::scroll::Scroll;

/// A frame of at least so many bytes is drawn as one synchronized update: it spans several
/// reads of the terminal, so one could see it half done. A smaller one arrives in one piece
/// and is not worth the 16 bytes.
const SYNCHRONIZED_FROM: usize = 2_048;
/// From so many bytes on it is looked for rows that moved: less is hardly a list that scrolls.
const SCROLLED_FROM: usize = 240;
const BEGIN_SYNCHRONIZED: &[u8] = b"\x1b[?2026h";
const END_SYNCHRONIZED: &[u8] = b"\x1b[?2026l";

/// Cells of one row that lead somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hyperlink {
    /// The first column.
    pub x: u16,
    /// The row.
    pub y: u16,
    /// How many cells.
    pub cells: u16,
    /// Where they lead: an address of plain characters, without controls.
    pub url: Arc<str>,
}

/// Knows what the terminal shows and how to change it.
#[derive(Debug)]
pub(crate) struct Encoder {
    /// What the terminal shows.
    shown: Buffer,
    /// Where its cursor is, unless that depends on the terminal.
    cursor: Option<Position>,
    cursor_is_visible: bool,
    /// What the next character is drawn with.
    pen: Pen,
    /// Nothing is known of what the terminal shows.
    lost: bool,
    /// Which cells lead somewhere.
    links: Vec<Hyperlink>,
    /// Where the next character leads.
    link: Option<Arc<str>>,
    /// Cells to write, kept for its memory.
    updates: Vec<Position>,
    out: Vec<u8>,
}

impl Encoder {
    /// An encoder for a terminal that shows anything.
    pub(crate) fn new() -> Self {
        Self {
            shown: Buffer::default(),
            cursor: None,
            cursor_is_visible: false,
            pen: Pen::PLAIN,
            lost: true,
            links: Vec::new(),
            link: None,
            updates: Vec::new(),
            out: Vec::new(),
        }
    }

    /// The terminal may show anything from here on: the next frame is drawn in full.
    pub(crate) fn lose(&mut self) {
        self.lost = true;
    }

    /// The bytes that make the terminal show `next`, and the buffer that it replaces. The
    /// cursor is shown at `cursor`, or hidden. A frame of another size is drawn in full.
    #[cfg(test)]
    pub(crate) fn encode(&mut self, next: Buffer, cursor: Option<Position>) -> (&[u8], Buffer) {
        self.encode_linked(next, Vec::new(), cursor)
    }

    /// The same, of a frame in which cells lead somewhere.
    pub(crate) fn encode_linked(
        &mut self,
        mut next: Buffer,
        links: Vec<Hyperlink>,
        cursor: Option<Position>,
    ) -> (&[u8], Buffer) {
        next.content.iter_mut().for_each(forget_unseen);
        self.out.clear();
        self.out.extend_from_slice(BEGIN_SYNCHRONIZED);
        if self.lost || next.area != self.shown.area {
            self.start_over(&next);
        }
        let before = std::mem::replace(&mut self.links, links);
        self.write(&next, before);
        self.place_cursor(cursor, &next);
        let replaced = std::mem::replace(&mut self.shown, next);
        if self.out.len() < SYNCHRONIZED_FROM {
            return (&self.out[BEGIN_SYNCHRONIZED.len()..], replaced);
        }
        self.out.extend_from_slice(END_SYNCHRONIZED);
        (&self.out, replaced)
    }

    /// Clears the screen. Never asks the terminal for anything: the answer would be read as
    /// keys.
    fn start_over(&mut self, next: &Buffer) {
        self.out.extend_from_slice(b"\x1b[m\x1b[?25l\x1b[2J");
        self.cursor_is_visible = false;
        self.cursor = None;
        self.pen = Pen::PLAIN;
        self.shown.resize(next.area);
        self.shown.reset();
        self.links.clear();
        self.lost = false;
    }

    /// Writes what is different: cell by cell, or what is left after rows were moved, whichever takes
    /// fewer bytes.
    fn write(&mut self, next: &Buffer, mut before: Vec<Hyperlink>) {
        let (start, pen, cursor) = (self.out.len(), self.pen, self.cursor);
        self.write_cells(next, &before);
        if self.out.len() - start < SCROLLED_FROM {
            return;
        }
        let Some(scroll) = Scroll::find(&self.shown, next) else { return };
        let by_cells = self.out.split_off(start);
        let after = (std::mem::replace(&mut self.pen, pen), std::mem::replace(&mut self.cursor, cursor));
        // What comes into view has the background of the pen.
        self.set_pen(Pen::PLAIN);
        self.push(format_args!("{}", scroll.sequence()));
        self.cursor = None;
        scroll.apply(&mut self.shown, &mut before);
        self.write_cells(next, &before);
        if self.out.len() - start >= by_cells.len() {
            self.out.truncate(start);
            self.out.extend_from_slice(&by_cells);
            (self.pen, self.cursor) = after;
        }
    }

    fn write_cells(&mut self, next: &Buffer, before: &[Hyperlink]) {
        let mut updates = std::mem::take(&mut self.updates);
        updates.clear();
        updates.extend(self.shown.diff_iter(next).map(|(x, y, _)| Position { x, y }));
        self.add_links(next, before, &mut updates);
        self.add_halves(next, &mut updates);
        for row in updates.chunk_by(|one, other| one.y == other.y) {
            self.write_row(row, next);
        }
        self.set_link(None);
        self.updates = updates;
    }

    /// Writes cells of one row: from left to right, or those of one pen after those of another,
    /// whichever takes fewer bytes. A colour of sixteen million costs more than going back.
    fn write_row(&mut self, row: &[Position], next: &Buffer) {
        let end = end_of_text(next, row[0].y);
        let text = row.iter().take_while(|at| at.x < end || !is_blank(&next[**at])).count();
        // The blanks at the end are erased, if there are some.
        let erased = row[text..].first().filter(|_| row.len() - text > ERASE.len());
        let row = if erased.is_some() { &row[..text] } else { row };
        let (start, pen, cursor, link) = (self.out.len(), self.pen, self.cursor, self.link.clone());
        self.write_in_order(row, erased, next);
        let Some(by_pen) = Self::by_pen(pen, row, next) else { return };
        let from_left = self.out.split_off(start);
        let after = (
            std::mem::replace(&mut self.pen, pen),
            std::mem::replace(&mut self.cursor, cursor),
            std::mem::replace(&mut self.link, link),
        );
        self.write_in_order(&by_pen, erased, next);
        if self.out.len() - start >= from_left.len() {
            self.out.truncate(start);
            self.out.extend_from_slice(&from_left);
            (self.pen, self.cursor, self.link) = after;
        }
    }

    /// Cells of one pen side by side, those of `pen` first, then in the order in which pens come; none
    /// where they stand so already.
    fn by_pen(pen: Pen, row: &[Position], next: &Buffer) -> Option<Vec<Position>> {
        let mut pens = vec![pen];
        let mut last = 0;
        let with_pen = row.iter().map(|at| {
            // What is not seen belongs to what is written beside it.
            if !pens[last].draws(&next[*at]) {
                let of_cell = Pen::of(&next[*at]);
                last = pens.iter().position(|pen| *pen == of_cell).unwrap_or_else(|| {
                    pens.push(of_cell);
                    pens.len() - 1
                });
            }
            (last, *at)
        });
        let mut cells: Vec<(usize, Position)> = with_pen.collect();
        if cells.is_sorted_by_key(|(pen, _)| *pen) {
            return None;
        }
        cells.sort_by_key(|(pen, _)| *pen);
        Some(cells.into_iter().map(|(_, at)| at).collect())
    }

    /// Writes cells of one row in this order, and erases the rest of it from `erased` on.
    fn write_in_order(&mut self, row: &[Position], erased: Option<&Position>, next: &Buffer) {
        for at in row {
            let cell = &next[*at];
            self.move_to(*at, next);
            if !self.pen.draws(cell) {
                self.set_pen(Pen::of(cell));
            }
            let link = self.link_at(*at).cloned();
            self.set_link(link);
            self.write_symbol(cell, *at, next.area.width);
        }
        if let Some(at) = erased {
            self.move_to(*at, next);
            self.set_link(None);
            self.set_pen(Pen::PLAIN);
            self.out.extend_from_slice(ERASE);
        }
    }

    /// Adds cells that lead elsewhere than before: they are written again, as they are.
    fn add_links(&self, next: &Buffer, before: &[Hyperlink], updates: &mut Vec<Position>) {
        let gone = before.iter().filter(|link| !self.links.contains(link));
        let new = self.links.iter().filter(|link| !before.contains(link));
        let known = updates.len();
        for link in gone.chain(new) {
            let end = link.x.saturating_add(link.cells).min(next.area.width);
            for x in (link.x..end).filter(|_| link.y < next.area.height) {
                let is_half = x > 0 && next[(x - 1, link.y)].symbol().cell_width() > 1;
                if !is_half {
                    updates.push(Position { x, y: link.y });
                }
            }
        }
        if updates.len() > known {
            updates.sort_unstable_by_key(|position| (position.y, position.x));
            updates.dedup();
        }
    }

    fn link_at(&self, at: Position) -> Option<&Arc<str>> {
        let covers = |link: &&Hyperlink| link.y == at.y && at.x >= link.x && at.x - link.x < link.cells;
        self.links.iter().find(covers).map(|link| &link.url)
    }

    /// What is written from here on leads to `link` (OSC 8).
    fn set_link(&mut self, link: Option<Arc<str>>) {
        if link != self.link {
            self.push(format_args!("\x1b]8;;{}\x1b\\", link.as_deref().unwrap_or_default()));
            self.link = link;
        }
    }

    /// Adds the right halves of wide characters that lose their left half: the terminal
    /// clears them with the pen of what is written there, which may have a background.
    fn add_halves(&self, next: &Buffer, updates: &mut Vec<Position>) {
        let shown = &self.shown;
        for index in 0..updates.len() {
            let Position { x, y } = updates[index];
            let end = x + next[(x, y)].symbol().cell_width().max(1);
            let is_cut = end < next.area.width && shown[(end - 1, y)].symbol().cell_width() > 1;
            let comes_next = updates.get(index + 1) == Some(&Position { x: end, y });
            if is_cut && !comes_next {
                updates.push(Position { x: end, y });
            }
        }
        updates.sort_unstable_by_key(|position| (position.y, position.x));
    }

    fn write_symbol(&mut self, cell: &Cell, at: Position, width: u16) {
        let symbol = cell.symbol();
        // The door cleans texts; this keeps a widget's own slip from moving the cursor.
        let symbol = if symbol.is_empty() || symbol.chars().any(char::is_control) { " " } else { symbol };
        self.out.extend_from_slice(symbol.as_bytes());
        // Terminals disagree on how far anything but a plain narrow character moves the
        // cursor, and on where it is after the last column: then it is placed anew.
        let is_certain = symbol.chars().count() == 1 && symbol.cell_width() == 1 && at.x + 1 < width;
        self.cursor = is_certain.then_some(Position { x: at.x + 1, y: at.y });
    }

    fn move_to(&mut self, target: Position, next: &Buffer) {
        match self.cursor {
            Some(cursor) if cursor == target => {}
            Some(cursor) if cursor.y == target.y && cursor.x < target.x => {
                let gap = target.x - cursor.x;
                let between = (cursor.x..target.x).map(|x| &next[Position { x, y: target.y }]);
                let leads_nowhere = self.link.is_none()
                    && (cursor.x..target.x).all(|x| self.link_at(Position { x, y: target.y }).is_none());
                if gap <= 3 && leads_nowhere && between.clone().all(|cell| self.is_cheap(cell)) {
                    for cell in between {
                        self.out.extend_from_slice(cell.symbol().as_bytes());
                    }
                } else if gap == 1 {
                    self.out.extend_from_slice(b"\x1b[C");
                } else {
                    self.push(format_args!("\x1b[{gap}C"));
                }
            }
            Some(cursor) if cursor.y == target.y && target.x == 0 => self.out.push(b'\r'),
            Some(cursor) if cursor.y == target.y && cursor.x - target.x == 1 => {
                self.out.extend_from_slice(b"\x1b[D");
            }
            Some(cursor) if cursor.y == target.y => self.push(format_args!("\x1b[{}D", cursor.x - target.x)),
            _ if target.x == 0 => self.push(format_args!("\x1b[{}H", u32::from(target.y) + 1)),
            _ => self.push(format_args!("\x1b[{};{}H", u32::from(target.y) + 1, u32::from(target.x) + 1)),
        }
        self.cursor = Some(target);
    }

    /// Writing it again costs one byte and no change of the pen.
    fn is_cheap(&self, cell: &Cell) -> bool {
        matches!(cell.symbol().as_bytes(), [b' '..=b'~']) && self.pen.draws(cell)
    }

    fn place_cursor(&mut self, cursor: Option<Position>, next: &Buffer) {
        let cursor = cursor.filter(|position| next.area.contains(*position));
        if let Some(position) = cursor {
            self.move_to(position, next);
        }
        if self.cursor_is_visible != cursor.is_some() {
            self.cursor_is_visible = cursor.is_some();
            self.out.extend_from_slice(if self.cursor_is_visible { b"\x1b[?25h" } else { b"\x1b[?25l" });
        }
    }

    fn set_pen(&mut self, pen: Pen) {
        if pen != self.pen {
            let (anew, changed) = (pen.anew(), pen.changed_from(self.pen));
            self.out.extend_from_slice(if changed.len() <= anew.len() { &changed } else { &anew });
            self.pen = pen;
        }
    }

    fn push(&mut self, arguments: std::fmt::Arguments<'_>) {
        // Writing to memory does not fail.
        let _ = self.out.write_fmt(arguments);
    }
}

/// What can be seen where there is no character, besides the background.
const SEEN_ON_BLANKS: Modifier = Modifier::UNDERLINED.union(Modifier::REVERSED).union(Modifier::CROSSED_OUT);

/// A blank has no colour of its own: two that look the same shall be the same.
fn forget_unseen(cell: &mut Cell) {
    if cell.symbol() == " " && !cell.modifier.intersects(SEEN_ON_BLANKS) {
        cell.fg = Color::Reset;
        cell.modifier = Modifier::empty();
    }
}

/// Erases from the cursor to the end of the row.
const ERASE: &[u8] = b"\x1b[K";

fn is_blank(cell: &Cell) -> bool {
    cell.symbol() == " " && Pen::of(cell) == Pen::PLAIN
}

/// The column after the last one of row `y` that shows anything.
fn end_of_text(buffer: &Buffer, y: u16) -> u16 {
    (0..buffer.area.width)
        .rev()
        .map(|x| (x, &buffer[Position { x, y }]))
        .find(|(_, cell)| !is_blank(cell))
        .map_or(0, |(x, cell)| x + cell.symbol().cell_width().max(1))
}

/// What a character is drawn with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Pen {
    foreground: Color,
    background: Color,
    modifier: Modifier,
}

/// Each modifier with the code that sets it and the one that ends it.
const MODIFIERS: [(Modifier, u8, u8); 9] = [
    (Modifier::BOLD, 1, 22),
    (Modifier::DIM, 2, 22),
    (Modifier::ITALIC, 3, 23),
    (Modifier::UNDERLINED, 4, 24),
    (Modifier::SLOW_BLINK, 5, 25),
    (Modifier::RAPID_BLINK, 6, 25),
    (Modifier::REVERSED, 7, 27),
    (Modifier::HIDDEN, 8, 28),
    (Modifier::CROSSED_OUT, 9, 29),
];

impl Pen {
    const PLAIN: Self =
        Self { foreground: Color::Reset, background: Color::Reset, modifier: Modifier::empty() };

    fn of(cell: &Cell) -> Self {
        Self { foreground: cell.fg, background: cell.bg, modifier: cell.modifier }
    }

    /// Whether `cell` (after [`forget_unseen`]) looks as it should when written with this pen.
    fn draws(self, cell: &Cell) -> bool {
        let pen = Self::of(cell);
        let is_unseen = cell.symbol() == " "
            && pen.background == self.background
            && !(pen.modifier | self.modifier).intersects(SEEN_ON_BLANKS);
        pen == self || is_unseen
    }

    /// The sequence that sets this pen whatever was set before.
    fn anew(self) -> Vec<u8> {
        if self == Self::PLAIN {
            return b"\x1b[m".to_vec();
        }
        let mut sequence = b"\x1b[0".to_vec();
        for (modifier, set, _) in MODIFIERS {
            if self.modifier.contains(modifier) {
                parameter(&mut sequence, format_args!("{set}"));
            }
        }
        self.push_colors(Self::PLAIN, &mut sequence);
        sequence.push(b'm');
        sequence
    }

    /// The sequence that turns `before` into this pen.
    fn changed_from(self, before: Self) -> Vec<u8> {
        let mut sequence = b"\x1b[".to_vec();
        let mut kept = before.modifier;
        for (modifier, _, end) in MODIFIERS {
            if kept.contains(modifier) && !self.modifier.contains(modifier) {
                parameter(&mut sequence, format_args!("{end}"));
                // Bold and dim end together, and so do the two ways to blink.
                for (other, _, other_end) in MODIFIERS {
                    if other_end == end {
                        kept.remove(other);
                    }
                }
            }
        }
        for (modifier, set, _) in MODIFIERS {
            if self.modifier.contains(modifier) && !kept.contains(modifier) {
                parameter(&mut sequence, format_args!("{set}"));
            }
        }
        self.push_colors(before, &mut sequence);
        sequence.push(b'm');
        sequence
    }

    fn push_colors(self, before: Self, sequence: &mut Vec<u8>) {
        if self.foreground != before.foreground {
            push_color(self.foreground, 30, sequence);
        }
        if self.background != before.background {
            push_color(self.background, 40, sequence);
        }
    }
}

/// Adds one parameter to a sequence that is being built.
fn parameter(sequence: &mut Vec<u8>, arguments: std::fmt::Arguments<'_>) {
    if sequence.last() != Some(&b'[') {
        sequence.push(b';');
    }
    // Writing to memory does not fail.
    let _ = sequence.write_fmt(arguments);
}

/// `base` is 30 for the foreground, 40 for the background.
fn push_color(color: Color, base: u8, sequence: &mut Vec<u8>) {
    let code = match color {
        Color::Reset => base + 9,
        Color::Black => base,
        Color::Red => base + 1,
        Color::Green => base + 2,
        Color::Yellow => base + 3,
        Color::Blue => base + 4,
        Color::Magenta => base + 5,
        Color::Cyan => base + 6,
        Color::Gray => base + 7,
        Color::DarkGray => base + 60,
        Color::LightRed => base + 61,
        Color::LightGreen => base + 62,
        Color::LightYellow => base + 63,
        Color::LightBlue => base + 64,
        Color::LightMagenta => base + 65,
        Color::LightCyan => base + 66,
        Color::White => base + 67,
        Color::Indexed(index) => return parameter(sequence, format_args!("{};5;{index}", base + 8)),
        Color::Rgb(red, green, blue) => {
            return parameter(sequence, format_args!("{};2;{red};{green};{blue}", base + 8));
        }
    };
    parameter(sequence, format_args!("{code}"));
}

#[cfg(test)]
#[path = "encoder_tests.rs"]
mod tests;
