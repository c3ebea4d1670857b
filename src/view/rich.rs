//! Lines of which some cells are links.

use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use crate::app::{Link, LinkArea};

use super::{
    screen::{Screen, line_width},
    text,
};

/// Lines, and which of their cells lead somewhere.
#[derive(Clone, Debug, Default)]
pub(super) struct Rich {
    pub(super) lines: Vec<Line<'static>>,
    links: Vec<LineLink>,
}

#[derive(Clone, Debug)]
struct LineLink {
    line: usize,
    from: usize,
    cells: usize,
    link: Link,
}

impl From<Vec<Line<'static>>> for Rich {
    fn from(lines: Vec<Line<'static>>) -> Self {
        Self { lines, links: Vec::new() }
    }
}

impl Rich {
    pub(super) fn push(&mut self, line: Line<'static>) {
        self.lines.push(line);
    }

    pub(super) fn extend(&mut self, lines: impl IntoIterator<Item = Line<'static>>) {
        self.lines.extend(lines);
    }

    /// A line whose spans may each lead somewhere.
    pub(super) fn push_linked(&mut self, spans: Vec<(Span<'static>, Option<Link>)>) {
        let mut from = 0;
        let line = self.lines.len();
        let mut shown = Vec::with_capacity(spans.len());
        for (span, link) in spans {
            let cells = text::width(&span.content);
            if let Some(link) = link {
                let cells = text::width(span.content.trim_end());
                self.links.push(LineLink { line, from, cells, link });
            }
            from += cells;
            shown.push(span);
        }
        self.lines.push(Line::from(shown));
    }

    /// Keeps so many lines.
    pub(super) fn truncate(&mut self, lines: usize) {
        self.lines.truncate(lines);
        self.links.retain(|link| link.line < lines);
    }

    pub(super) fn append(&mut self, other: Self) {
        let before = self.lines.len();
        self.lines.extend(other.lines);
        self.links.extend(other.links.into_iter().map(|link| LineLink { line: link.line + before, ..link }));
    }
}

impl Screen<'_> {
    /// Lines that can be scrolled, like [`Screen::lines`], with their links where the terminal
    /// knows some; how far.
    pub(super) fn rich(&mut self, area: Rect, rich: &Rich, scroll: u16) -> u16 {
        let most = self.lines(area, &rich.lines, scroll);
        if !self.state.desk.links {
            return most;
        }
        let first = usize::from(scroll.min(most));
        for found in &rich.links {
            let Some(offset) =
                found.line.checked_sub(first).filter(|offset| *offset < usize::from(area.height))
            else {
                continue;
            };
            // What ends in an ellipsis is no part of it.
            let is_cut = line_width(&rich.lines[found.line]) > usize::from(area.width);
            let room = usize::from(area.width).saturating_sub(usize::from(is_cut));
            let cells = found.cells.min(room.saturating_sub(found.from));
            if cells > 0 {
                let (x, y) = (area.x + found.from as u16, area.y + offset as u16);
                self.layout
                    .links
                    .push(LinkArea { area: Rect::new(x, y, cells as u16, 1), link: found.link.clone() });
            }
        }
        most
    }
}
