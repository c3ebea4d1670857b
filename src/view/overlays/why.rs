//! Why a number is what it is.

use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use crate::{
    insight::{Explanation, Subject},
    view::{detail, screen::Screen, text},
};

/// Widest overlay.
const WIDTH: u16 = 96;

/// Draws an explanation.
pub(super) fn draw(
    screen: &mut Screen<'_>,
    body: Rect,
    subject: &Subject,
    explanation: &Explanation,
    scroll: u16,
) {
    let styles = &screen.look.styles;
    let cells = usize::from(super::inner_width(body, WIDTH));
    let mut lines = Vec::new();
    let mut part = |title: &'static str, texts: &[String], style| {
        let texts: Vec<&String> = texts.iter().filter(|text| !text.is_empty()).collect();
        if texts.is_empty() {
            return;
        }
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        lines.push(Line::styled(title, styles.header));
        for content in texts {
            let wrapped = text::wrap(content, cells.saturating_sub(2));
            lines.extend(wrapped.into_iter().map(|line| Line::styled(format!("  {line}"), style)));
        }
    };
    part("is", std::slice::from_ref(&explanation.value), styles.strong);
    part("computed by", std::slice::from_ref(&explanation.formula), styles.base);
    part("counts", &explanation.counted, styles.base);
    part("note", &explanation.notes, styles.base);
    part("left out", &explanation.left_out, styles.muted);
    part("from", &explanation.sources, styles.base);
    let said = detail::said(screen, subject, cells);
    if !said.is_empty() {
        lines.extend([Line::default(), Line::styled("said", styles.header)]);
        lines.extend(said);
    }
    if lines.is_empty() {
        lines.push(Line::styled("nothing more is known of it", styles.muted));
    }
    let title = Line::from(vec![
        Span::styled("Why? ", styles.title),
        Span::styled(explanation.title.clone(), styles.strong),
    ]);
    super::text(screen, body, &title, &lines, WIDTH, scroll);
}
