//! What lies on top of a tab.

mod can_go;
mod commands;
mod help;
mod operations;
mod palette;
mod recap;
mod release_view;
mod releases;
mod sources;
mod trace;
mod why;

use ratatui::{
    layout::{Margin, Rect},
    text::{Line, Span},
    widgets::{Clear, Widget},
};

use crate::app::Overlay;

use super::{Look, detail, screen::Screen};

/// Draws the topmost overlay over `body`.
pub(super) fn draw(screen: &mut Screen<'_>, body: Rect) {
    let state = screen.state;
    let Some(overlay) = state.overlays.last() else { return };
    match overlay {
        Overlay::Help { scroll } => help::draw(screen, body, *scroll),
        Overlay::Why { subject, explanation, scroll } => {
            why::draw(screen, body, subject, explanation, *scroll);
        }
        Overlay::Trace { answer, scroll, .. } => trace::draw(screen, body, answer, *scroll),
        Overlay::CanGo { scroll } => can_go::draw(screen, body, *scroll),
        Overlay::Item { subject, scroll } => {
            let cells = usize::from(inner_width(body, 100));
            let (title, rich) = detail::everything(screen, subject, cells);
            let inside = frame(screen, body, &title, 100, rich.lines.len());
            screen.layout.overlay_most = screen.rich(inside, &rich, *scroll);
        }
        Overlay::Recap { recap, scroll } => recap::draw(screen, body, recap, *scroll),
        Overlay::Release { scroll } => release_view::draw(screen, body, *scroll),
        Overlay::Sources { scroll } => sources::draw(screen, body, *scroll),
        Overlay::Operations(dialog) => operations::draw(screen, body, dialog),
        Overlay::Commands(dialog) => commands::draw(screen, body, dialog),
        Overlay::Palette(palette) => palette::draw(screen, body, palette),
        Overlay::Chooser(chooser) => releases::draw(screen, body, chooser),
    }
}

/// The keys that answer a question: yes by one key alone, no without a thought.
fn answers(look: &Look, yes: &str, no: &str) -> Line<'static> {
    let styles = &look.styles;
    Line::from(vec![
        Span::styled("y", styles.accent),
        Span::styled(format!(" {yes}   "), styles.base),
        Span::styled("enter", styles.accent),
        Span::styled(format!(" {no}"), styles.strong),
    ])
}

/// Cells for text in an overlay that is at most `most` wide.
fn inner_width(body: Rect, most: u16) -> u16 {
    overlay_width(body, most).saturating_sub(4)
}

fn overlay_width(body: Rect, most: u16) -> u16 {
    // On a narrow screen every cell counts.
    let room = if body.width < 60 { body.width } else { body.width - 4 };
    room.min(most)
}

/// An empty frame in the middle of `body` for so many rows and columns; what is inside it.
fn frame(screen: &mut Screen<'_>, body: Rect, title: &Line<'_>, width: u16, rows: usize) -> Rect {
    let width = overlay_width(body, width);
    let rows = u16::try_from(rows).unwrap_or(u16::MAX).saturating_add(2).min(body.height).max(3);
    let area = Rect {
        x: body.x + (body.width - width) / 2,
        y: body.y + (body.height.saturating_sub(rows)) / 3,
        width,
        height: rows.min(body.height),
    };
    Clear.render(area, screen.buffer);
    screen.buffer.set_style(area, screen.look.styles.base);
    screen.layout.overlay = Some(area);
    // What is covered leads nowhere.
    screen.layout.links.retain(|link| !link.area.intersects(area));
    let inside = screen.panel(area, title, &Line::default(), true);
    inside.inner(Margin::new(1, 0))
}

/// An overlay that is a text.
fn text(screen: &mut Screen<'_>, body: Rect, title: &Line<'_>, lines: &[Line<'_>], width: u16, scroll: u16) {
    let inside = frame(screen, body, title, width, lines.len());
    screen.layout.overlay_most = screen.lines(inside, lines, scroll);
}
