//! One release as it is shown to somebody else.

use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use crate::{
    insight::{ReleaseView, StepShare, words},
    view::{Look, screen::Screen, text},
};

/// Widest overlay.
const WIDTH: u16 = 100;
/// Cells of a bar.
const BAR: usize = 24;

/// Draws the release that is shown.
pub(super) fn draw(screen: &mut Screen<'_>, body: Rect, scroll: u16) {
    let Some(insight) = screen.state.release() else { return };
    let view = ReleaseView::of(&screen.state.board, insight, screen.now);
    let Look { styles, glyphs } = screen.look;
    let cells = usize::from(super::inner_width(body, WIDTH));
    let mut lines = vec![Line::styled(view.standing.clone(), styles.strong), Line::default()];
    lines.extend(view.steps.iter().map(|step| bar(screen.look, step)));
    lines.push(Line::default());
    let (mark, style) =
        if view.overdue > 0 { (glyphs.at_risk, styles.at_risk) } else { (glyphs.go, styles.go) };
    lines.push(Line::styled(format!("{mark} {}", view.overdue_words()), style));
    let part = |lines: &mut Vec<Line<'static>>, title: &str| {
        lines.extend([Line::default(), Line::styled(title.to_owned(), styles.header)]);
    };
    part(&mut lines, "since yesterday");
    if view.happened.is_empty() {
        lines.push(Line::styled("nothing happened", styles.muted));
    }
    for one in &view.happened {
        let said = format!("{} {}: {}", one.names.len(), one.what, one.words());
        lines.extend(hanging(&said, cells, styles.base, glyphs.separator));
    }
    if !view.suggestions.is_empty() {
        part(&mut lines, "next");
    }
    for one in &view.suggestions {
        lines.extend(hanging(one, cells, styles.base, glyphs.right));
    }
    let title = Line::styled(view.title.to_string(), styles.title);
    super::text(screen, body, &title, &lines, WIDTH, scroll);
}

fn bar(look: &Look, step: &StepShare) -> Line<'static> {
    let Look { styles, glyphs } = look;
    let share = step.share().map_or_else(|| glyphs.unknown.to_owned(), words::percent);
    let [full, empty, _] = glyphs.bar;
    let drawn = crate::insight::bar(step, BAR, full, empty);
    let style = if step.failed > 0 {
        styles.no_go
    } else if step.of > 0 && step.done == step.of {
        styles.go
    } else {
        styles.accent
    };
    Line::from(vec![
        Span::styled(format!("{:<7} ", step.name), styles.base),
        Span::styled(drawn, style),
        Span::styled(format!(" {share:>7}  "), styles.strong),
        Span::styled(step.words(), styles.muted),
    ])
}

fn hanging(said: &str, cells: usize, style: ratatui::style::Style, mark: &str) -> Vec<Line<'static>> {
    let lines = text::wrap(said, cells.saturating_sub(2));
    let front = |index: usize| if index == 0 { format!("{mark} ") } else { "  ".to_owned() };
    lines.into_iter().enumerate().map(|(index, line)| Line::styled(front(index) + &line, style)).collect()
}
