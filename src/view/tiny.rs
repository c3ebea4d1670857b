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
    let Some(insight) = screen.state.release() else {
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
    let problem = worst(insight);
    if area.height == 1 {
        if let Some(problem) = problem {
            spans.truncate(2);
            spans.push(Span::styled(format!(" {problem}"), styles.base));
        }
        screen.put_line(area.x, area.y, area.width, &Line::from(spans));
        return;
    }
    screen.put_line(area.x, area.y, area.width, &Line::from(spans));
    if let Some(problem) = problem {
        screen.put(area.x, area.y + 1, area.width, &problem, styles.base);
    }
    if area.height > 2 {
        let small = format!("{} too small for the board", glyphs.ellipsis);
        screen.put(area.x, area.bottom() - 1, area.width, &small, styles.muted);
    }
}

/// The first gate that says no-go, else the first without an answer.
fn worst(insight: &ReleaseInsight) -> Option<String> {
    let gate = [GateAnswer::NoGo, GateAnswer::Unknown]
        .into_iter()
        .find_map(|answer| insight.gates.iter().find(|gate| gate.answer == answer))?;
    Some(format!("{} {}", gate.name.title(), gate.measured))
}
