//! "What if?": what would be another, beside the truth, on every tab.

use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use crate::insight::{differences, said_of};

use super::{Look, screen::Screen};

/// Rows below the tabs that it takes.
pub(super) const ROWS: u16 = 2;

/// What is assumed in one row, what would be another in the next.
pub(super) fn draw(screen: &mut Screen<'_>, area: Rect) {
    let Look { styles, glyphs } = screen.look;
    let state = screen.state;
    let Some(what_if) = &state.what_if else { return };
    let calendar = &state.board.policy.calendar;
    let shown = |id| state.release.as_ref() == Some(id);
    let said: Vec<String> = what_if
        .assumed
        .iter()
        .map(|one| {
            let words = said_of(&one.assumption, calendar);
            if shown(&one.release) { words } else { format!("{}: {words}", one.release) }
        })
        .collect();
    let said = Line::from(vec![
        Span::styled("what if ", styles.strong),
        Span::styled(said.join(", "), styles.strong),
    ]);
    let row = |y| Rect { x: area.x + 1, y, width: area.width.saturating_sub(2), height: 1 };
    let first = row(area.y);
    screen.put_line(first.x, first.y, first.width, &said);

    let mut spans = vec![Span::styled("then ", styles.muted)];
    if state.is_assumed() {
        let truth = state.release.as_ref().and_then(|id| what_if.truth.release(id));
        let found = truth.zip(state.release()).map(|(truth, then)| differences(truth, then, calendar));
        let found = found.unwrap_or_default();
        if found.is_empty() {
            spans.push(Span::styled("nothing is another", styles.muted));
        }
        for (index, one) in found.iter().enumerate() {
            if index > 0 {
                spans.push(Span::styled(format!(" {} ", glyphs.separator), styles.muted));
            }
            spans.push(Span::styled(format!("{} {} {} ", one.what, one.truth, glyphs.right), styles.muted));
            spans.push(Span::styled(one.assumed.clone(), styles.strong));
        }
    } else {
        spans.push(Span::styled(glyphs.running, styles.running));
    }
    let second = row(area.y + 1);
    screen.put_line(second.x, second.y, second.width, &Line::from(spans));
}
