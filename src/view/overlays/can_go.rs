//! Whether a deployment can go at a time that somebody asked about.

use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use crate::view::{detail, screen::Screen, states, text};

/// Widest overlay.
const WIDTH: u16 = 90;

/// Draws the last answer.
pub(super) fn draw(screen: &mut Screen<'_>, body: Rect, scroll: u16) {
    let styles = &screen.look.styles;
    let Some((id, answer)) = screen.state.can_go.as_ref() else { return };
    let cells = usize::from(super::inner_width(body, WIDTH));
    let wrapped = |said: &str, style| {
        text::wrap(said, cells).into_iter().map(|line| Line::styled(line, style)).collect::<Vec<_>>()
    };
    let (mark, style) = states::can_go(screen.look, answer);
    let mut lines = wrapped(&format!("{mark} {}", answer.answer()), style);
    for problem in &answer.against {
        lines.extend(wrapped(&format!("  {}: {}", problem.kind.word(), problem.what), styles.at_risk));
    }
    if let Some(readiness) = &answer.readiness {
        lines.extend(wrapped(readiness, styles.base));
    }
    lines.extend(detail::slots(screen, &answer.slots, answer.no_slot.as_ref(), cells));
    let asked = screen.dates.span(answer.window, screen.look.glyphs.dash);
    let title = Line::from(vec![
        Span::styled("Can it go ", styles.title),
        Span::styled(format!("{asked}? {id}"), styles.strong),
    ]);
    super::text(screen, body, &title, &lines, WIDTH, scroll);
}
