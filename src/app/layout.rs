//! Where things are on the frame that was drawn last.

use ratatui::layout::{Position, Rect};

use super::{Link, ListId, Section, Tab};

/// Where things are on the frame that was drawn last: for pages and for the mouse.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// Columns and rows of the frame.
    pub size: (u16, u16),
    /// The labels of the tabs.
    pub tabs: Vec<(Tab, Rect)>,
    /// The name of the release in the header.
    pub release: Rect,
    /// The rows of each list that is shown, the topmost last.
    pub lists: Vec<ListArea>,
    /// The cards that are shown, by their position in the list.
    pub cards: Vec<(usize, Rect)>,
    /// Cards beside each other.
    pub card_columns: usize,
    /// The cells of the drift that are shown, by row and column.
    pub drift: Vec<((usize, usize), Rect)>,
    /// The sections of the tab Readiness that are shown.
    pub sections: Vec<(Section, Rect)>,
    /// The sections of the tab Pull requests that are shown, by their position.
    pub pull_request_sections: Vec<(usize, Rect)>,
    /// The rows of the menu on top, and the position of the first one.
    pub menu: Option<(Rect, usize)>,
    /// The detail pane, if it is shown.
    pub detail: Option<Rect>,
    /// How far the detail pane can be scrolled.
    pub detail_most: u16,
    /// What leads somewhere, in a terminal that knows links.
    pub links: Vec<LinkArea>,
    /// The overlay on top, if there is one.
    pub overlay: Option<Rect>,
    /// How far the overlay on top can be scrolled.
    pub overlay_most: u16,
    /// What is in sight of the question on top, if there is one.
    pub question: Option<Box<QuestionPage>>,
}

/// What is in sight of a question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct QuestionPage {
    /// Its first line that is in sight.
    pub first: u16,
    /// Lines that are in sight.
    pub height: u16,
    /// Lines that there are.
    pub total: u16,
    /// The line behind the last one of each row, also of those that nothing is done to.
    pub ends: Vec<u16>,
}

/// Cells of one row that lead somewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkArea {
    /// Where they are.
    pub area: Rect,
    /// Where they lead.
    pub link: Link,
}

/// The rows of one list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListArea {
    /// Which list.
    pub id: ListId,
    /// Where its rows are.
    pub area: Rect,
    /// The position of the row at the top of it.
    pub first: usize,
    /// Lines that each row takes.
    pub lines: u16,
}

impl ListArea {
    /// Rows that fit into it.
    pub fn rows(&self) -> u16 {
        self.area.height / self.lines.max(1)
    }
}

impl Layout {
    /// Rows that fit into the list, where it is shown.
    pub fn page(&self, id: ListId) -> Option<u16> {
        self.lists.iter().rev().find(|list| list.id == id).map(ListArea::rows)
    }

    /// The list under a cell, and the position of the row there.
    pub(crate) fn row_at(&self, cell: Position) -> Option<(ListId, usize)> {
        if let Some((position, _)) = self.cards.iter().find(|(_, area)| area.contains(cell)) {
            return Some((ListId::Cards, *position));
        }
        let list = self.lists.iter().rev().find(|list| list.area.contains(cell))?;
        Some((list.id, list.first + usize::from((cell.y - list.area.y) / list.lines.max(1))))
    }

    /// The tab under a cell.
    pub(crate) fn tab_at(&self, cell: Position) -> Option<Tab> {
        self.tabs.iter().find(|(_, area)| area.contains(cell)).map(|(tab, _)| *tab)
    }
}
