//! What every part of the screen is drawn with.

use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    style::Style,
    text::Line,
};

use crate::{
    app::{Layout, LinkArea, ListArea, ListId, Row, State},
    domain::Instant,
};

use super::{Look, format::Dates, text};

/// The screen while it is drawn.
pub(crate) struct Screen<'a> {
    pub(crate) buffer: &'a mut Buffer,
    pub(crate) state: &'a State,
    pub(crate) look: &'a Look,
    /// The instant that the board is looked at from.
    pub(crate) now: Instant,
    /// The instant that it is: another one while the past is shown.
    pub(crate) clock: Instant,
    pub(crate) dates: Dates,
    pub(crate) layout: Layout,
    /// Where the terminal's cursor stands; nowhere unless something is typed.
    pub(crate) cursor: Option<Position>,
}

impl Screen<'_> {
    /// A sentence in the words of who looks.
    pub(crate) fn words<'b>(&self, said: &'b str) -> std::borrow::Cow<'b, str> {
        self.state.lens.words(said, &self.state.board)
    }

    /// Writes `content` at `x`, `y` in at most `cells` cells; what is cut ends in an ellipsis.
    /// The cells it took.
    pub(crate) fn put(&mut self, x: u16, y: u16, cells: u16, content: &str, style: Style) -> u16 {
        let area = self.buffer.area;
        if y >= area.bottom() || x >= area.right() {
            return 0;
        }
        let cells = cells.min(area.right() - x);
        let fitted = text::fit(content, usize::from(cells), self.look.glyphs.ellipsis);
        let (end, _) = self.buffer.set_stringn(x, y, fitted.as_ref(), usize::from(cells), style);
        end - x
    }

    /// Writes a line of several styles; what is cut ends in an ellipsis.
    pub(crate) fn put_line(&mut self, x: u16, y: u16, cells: u16, line: &Line<'_>) -> u16 {
        let mut used = 0;
        for span in &line.spans {
            let room = cells.saturating_sub(used);
            if room == 0 {
                // The cut was at the border of two spans: it must be seen all the same.
                if used > 0 && !span.content.trim().is_empty() {
                    let mark = self.look.glyphs.ellipsis;
                    self.put(x + used - 1, y, 1, mark, line.style.patch(span.style));
                }
                break;
            }
            used += self.put(x + used, y, room, &span.content, line.style.patch(span.style));
            if text::width(&span.content) > usize::from(room) {
                break;
            }
        }
        used
    }

    /// Writes at the right end of a row.
    pub(crate) fn put_right(&mut self, row: Rect, line: &Line<'_>) -> u16 {
        let needed = line_width(line).min(usize::from(row.width)) as u16;
        self.put_line(row.right() - needed, row.y, needed, line)
    }

    /// Draws a frame with a title at the left and a note at the right; what is inside it.
    pub(crate) fn panel(&mut self, area: Rect, title: &Line<'_>, note: &Line<'_>, focused: bool) -> Rect {
        if area.width < 4 || area.height < 3 {
            return Rect::new(area.x, area.y, 0, 0);
        }
        let Look { styles, glyphs } = self.look;
        let style = if focused { styles.border_focused } else { styles.border };
        let set = glyphs.border;
        let (right, bottom) = (area.right() - 1, area.bottom() - 1);
        for x in area.x + 1..right {
            self.buffer.set_string(x, area.y, set.horizontal_top, style);
            self.buffer.set_string(x, bottom, set.horizontal_bottom, style);
        }
        for y in area.y + 1..bottom {
            self.buffer.set_string(area.x, y, set.vertical_left, style);
            self.buffer.set_string(right, y, set.vertical_right, style);
        }
        for (x, y, corner) in [
            (area.x, area.y, set.top_left),
            (right, area.y, set.top_right),
            (area.x, bottom, set.bottom_left),
            (right, bottom, set.bottom_right),
        ] {
            self.buffer.set_string(x, y, corner, style);
        }
        let room = area.width - 4;
        if line_width(title) > 0 {
            // What has no colour of its own must not take that of the frame.
            let shown = (line_width(title) as u16).min(room);
            self.buffer.set_style(Rect::new(area.x + 2, area.y, shown, 1), styles.base);
            let used = 1 + self.put_line(area.x + 2, area.y, room, title);
            self.buffer.set_string(area.x + 1, area.y, " ", style);
            self.buffer.set_string(area.x + 1 + used, area.y, " ", style);
            let left = room.saturating_sub(used + 2);
            if line_width(note) > 0 && line_width(note) <= usize::from(left) {
                let needed = line_width(note) as u16;
                let x = area.right() - 2 - needed;
                self.buffer.set_string(x - 1, area.y, " ", style);
                self.put_line(x, area.y, needed, note);
                self.buffer.set_string(x + needed, area.y, " ", style);
            }
        }
        Rect::new(area.x + 1, area.y + 1, area.width - 2, area.height - 2)
    }

    /// Draws the rows of a list that are in sight, and on the border at the right how far
    /// down they are. `draw` gets each row without its first cell, which is the selection's,
    /// and says how many of its cells name the item: those show the selection. The whole row
    /// would cost a slow link twice as much.
    pub(crate) fn list(
        &mut self,
        id: ListId,
        area: Rect,
        focused: bool,
        mut draw: impl FnMut(&mut Self, Rect, Row) -> u16,
    ) {
        let state = self.state;
        let list = state.list(id);
        let first = list.first_for(usize::from(area.height));
        self.layout.lists.push(ListArea { id, area, first, lines: 1 });
        for (offset, row) in (0..area.height).zip(list.rows.iter().skip(first)) {
            let line = Rect { y: area.y + offset, height: 1, ..area };
            let inner = Rect { x: line.x + 1, width: line.width.saturating_sub(1), ..line };
            let named = draw(self, inner, *row);
            if state.differs_from_now(*row) {
                let width = named.min(inner.width);
                self.buffer.set_style(Rect { width, ..inner }, self.look.styles.changed);
            }
            let mark = if is_marked(id) && state.is_unseen(*row) {
                Some((self.look.glyphs.changed, self.look.styles.accent))
            } else if is_marked(id) {
                state.said_mark(*row, self.now).map(|letter| (letter, self.look.styles.muted))
            } else {
                None
            };
            if let Some((mark, style)) = mark
                && line.y < self.buffer.area.bottom()
            {
                self.buffer.set_string(line.x, line.y, mark, style);
            }
            let has_mark = is_marked(id) && state.is_marked(*row);
            if first + usize::from(offset) == list.position && !matches!(row, Row::Heading(_)) {
                let width = named.saturating_add(1).min(line.width);
                self.select(Rect { width, ..line }, focused);
            }
            if is_marked(id) {
                self.link_row(*row, Rect { width: named.min(inner.width), ..inner });
            }
            // What was said of the selected row, too, is to be seen once it is said.
            let stays = if has_mark {
                Some((self.look.glyphs.marked, self.look.styles.accent))
            } else {
                mark.filter(|(mark, _)| *mark != self.look.glyphs.changed)
            };
            if let Some((mark, style)) = stays
                && line.y < self.buffer.area.bottom()
            {
                self.buffer.set_string(line.x, line.y, mark, style);
            }
        }
        self.scroll_bar(area, first, list.rows.len());
    }

    /// The name of a row leads to where more of it is read, in a terminal that knows links.
    fn link_row(&mut self, row: Row, area: Rect) {
        let state = self.state;
        let subject = state.desk.links.then(|| state.subject_of(row)).flatten();
        if let Some(link) = subject.and_then(|subject| state.link(&subject)) {
            self.layout.links.push(LinkArea { area, link });
        }
    }

    /// Shows on the border at the right of `area` which of `total` rows are in sight.
    pub(crate) fn scroll_bar(&mut self, area: Rect, first: usize, total: usize) {
        let height = usize::from(area.height);
        if height < 3 || total <= height || area.right() >= self.buffer.area.right() {
            return;
        }
        let size = (height * height / total).max(1);
        let top = first.min(total - height) * (height - size) / (total - height).max(1);
        let [_, thumb] = self.look.glyphs.scroll;
        for at in top..top + size {
            self.buffer.set_string(area.right(), area.y + at as u16, thumb, self.look.styles.border);
        }
    }

    /// A row that groups: a rule with words in it.
    pub(crate) fn heading(&mut self, row: Rect, words: &Line<'_>) {
        let Look { styles, glyphs } = self.look;
        let [rule, ..] = glyphs.lines;
        let used = self.put_line(row.x, row.y, row.width, words);
        if used + 1 < row.width {
            let rest = rule.repeat(usize::from(row.width - used - 1));
            self.put(row.x + used + 1, row.y, row.width - used - 1, &rest, styles.border);
        }
    }

    /// Lines that can be scrolled, beside a margin of one cell at the right; how far.
    pub(crate) fn lines(&mut self, area: Rect, lines: &[Line<'_>], scroll: u16) -> u16 {
        let most = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_sub(area.height);
        let first = scroll.min(most);
        for (offset, line) in (0..area.height).zip(lines.iter().skip(usize::from(first))) {
            self.put_line(area.x, area.y + offset, area.width, line);
        }
        let bar = Rect { width: area.width + 1, ..area };
        self.scroll_bar(bar, usize::from(first), lines.len());
        most
    }

    /// Marks a row as selected: a mark in front (its first cell is kept free for that), and
    /// the style of the selection where the keys go.
    pub(crate) fn select(&mut self, row: Rect, focused: bool) {
        let Look { styles, glyphs } = self.look;
        if focused {
            self.buffer.set_style(row, styles.selection);
        }
        if row.width > 0 && row.y < self.buffer.area.bottom() {
            self.buffer.set_string(row.x, row.y, glyphs.selected, styles.accent);
        }
    }

    /// The first key that does a command here, as it is written.
    pub(crate) fn key(&self, command: crate::app::Command) -> Option<String> {
        let context = self.state.tab.context();
        self.state.keys.keys(context, command).first().map(ToString::to_string)
    }
}

/// Whether rows of a list say what is new of them, and what people said: those of the tabs do.
fn is_marked(id: ListId) -> bool {
    matches!(id, ListId::Gates | ListId::Stories | ListId::Defects | ListId::PullRequests | ListId::Schedule)
}

/// Cells that a line takes.
pub(crate) fn line_width(line: &Line<'_>) -> usize {
    line.spans.iter().map(|span| text::width(&span.content)).sum()
}
