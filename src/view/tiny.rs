//! The smallest screens: one line with verdict, countdown and the worst problem.

use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use crate::insight::{GateAnswer, ReleaseInsight};

use super::{Look, format, screen::Screen, states};

/// Draws the line.
pub(super) fn draw(screen: &mut Screen<'_>, area: Rect) {
    if area.width == 0 || area.height == 0 {
        return;
    }
    let Look { styles, glyphs } = screen.look;
    let state = screen.state;
    let Some(insight) = state.release() else {
        screen.put(area.x, area.y, area.width, "no release", styles.muted);
        return;
    };
    let release = &insight.release;
    let said = if release.released_at.is_some() {
        states::outlook(screen.look, insight.outlook)
    } else {
        states::verdict(screen.look, insight.verdict)
    };
    let mut spans = vec![Span::styled(said.full(), said.style)];
    if let (Some(target), None) = (release.target, release.released_at) {
        let estimated = if target.estimated { " est." } else { "" };
        let countdown = format::countdown(target.at, screen.now);
        spans.push(Span::styled(format!(" {countdown}{estimated}"), styles.strong));
    }
    spans.push(Span::styled(format!(" {}", release.id), styles.base));
    let not_now = match (&state.past, &state.what_if) {
        (Some(_), _) => Some("AS OF "),
        (None, Some(_)) => Some("WHAT IF "),
        (None, None) => None,
    };
    if let Some(word) = not_now {
        spans.insert(0, Span::styled(word, styles.banner));
    }
    let mut problems = problems(insight);
    if area.height == 1 {
        if let Some(problem) = problems.next() {
            spans.truncate(if not_now.is_some() { 3 } else { 2 });
            spans.push(Span::styled(format!(" {problem}"), styles.base));
        }
        screen.put_line(area.x, area.y, area.width, &Line::from(spans));
        return;
    }
    screen.put_line(area.x, area.y, area.width, &Line::from(spans));
    let rows = area.height.saturating_sub(2).max(1);
    for (y, problem) in (area.y + 1..area.y + 1 + rows).zip(problems) {
        screen.put(area.x, y, area.width, &problem, styles.base);
    }
    if area.height > 2 {
        let small = format!("{} too small for the board", glyphs.ellipsis);
        screen.put(area.x, area.bottom() - 1, area.width, &small, styles.muted);
    }
}

/// The gates that say no-go, then those without an answer.
fn problems(insight: &ReleaseInsight) -> impl Iterator<Item = String> {
    [GateAnswer::NoGo, GateAnswer::Unknown].into_iter().flat_map(|answer| {
        let gates = insight.gates.iter().filter(move |gate| gate.answer == answer);
        gates.map(|gate| format!("{} {}", gate.name.title(), gate.measured))
    })
}
