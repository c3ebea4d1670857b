//! How the sources are doing: age, next round, errors with their next step.

use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use crate::{
    domain::{SourceHealth, SourceState},
    view::{
        Look, format,
        screen::{Screen, line_width},
        text,
    },
};

/// Widest overlay.
const WIDTH: u16 = 92;
/// Problems that are listed; the rest is counted.
const PROBLEMS: usize = 50;

/// Draws the sources, in the order of their rank.
pub(super) fn draw(screen: &mut Screen<'_>, body: Rect, scroll: u16) {
    let styles = &screen.look.styles;
    let cells = usize::from(super::inner_width(body, WIDTH));
    let board = &screen.state.board;
    let mut lines = Vec::new();
    for health in board.health.iter() {
        lines.extend(source(screen, health, cells));
        let problems = board.world.problems.iter().filter(|(source, _)| *source == health.id);
        for (_, problem) in problems.clone().take(PROBLEMS) {
            lines.extend(problem_lines(screen, &problem.what, &problem.next_step, cells));
        }
        if let more @ 1.. = problems.count().saturating_sub(PROBLEMS) {
            lines.push(Line::styled(format!("    and {more} more"), styles.muted));
        }
    }
    if lines.is_empty() {
        lines.push(Line::styled("no source is configured", styles.muted));
    }
    super::text(screen, body, &Line::styled("Sources", styles.title), &lines, WIDTH, scroll);
}

fn source(screen: &Screen<'_>, health: &SourceHealth, cells: usize) -> Vec<Line<'static>> {
    let Look { styles, glyphs } = screen.look;
    let now = screen.now;
    let (mark, word, style) = match health.state {
        SourceState::Starting => (glyphs.running, "not asked yet", styles.muted),
        SourceState::Fetching => (glyphs.running, "is being asked", styles.running),
        SourceState::Waiting if health.is_stale(now) => (glyphs.unknown, "stale", styles.stale),
        SourceState::Waiting => (glyphs.go, "fresh", styles.go),
        SourceState::BackingOff => (glyphs.at_risk, "did not answer", styles.at_risk),
        SourceState::Refused => (glyphs.no_go, "refused", styles.no_go),
    };
    let mut facts = Vec::new();
    match health.answered_at {
        Some(at) => facts.push(format!("answered {} ago", format::age(at, now))),
        None => facts.push("never answered".to_owned()),
    }
    if let Some(at) = health.changed_at {
        facts.push(format!("changed {} ago", format::age(at, now)));
    }
    if health.is_stale(now) && health.state != SourceState::Waiting && health.answered_at.is_some() {
        facts.push("stale".to_owned());
    }
    if let Some(at) = health.next_at {
        facts.push(if at > now {
            format!("next in {}", format::age(now, at))
        } else {
            "next now".to_owned()
        });
    }
    if health.failures > 0 {
        facts.push(format!("{} failures in a row", health.failures));
    }
    let mut lines = vec![Line::from(vec![
        Span::styled(format!("{mark} "), style),
        Span::styled(format!("{:<10} ", health.id.as_str()), styles.strong),
        Span::styled(format!("{word:<15} "), style),
    ])];
    let facts = facts.join(&format!(" {} ", glyphs.separator));
    match lines.first_mut() {
        Some(line) if line_width(line) + text::width(&facts) <= cells => {
            line.spans.push(Span::styled(facts, styles.muted));
        }
        _ => {
            let wrapped = text::wrap(&facts, cells.saturating_sub(4));
            lines.extend(wrapped.into_iter().map(|line| Line::styled(format!("    {line}"), styles.muted)));
        }
    }
    if let Some(progress) = &health.progress {
        let of = progress.total.map(|total| format!(" of {total}")).unwrap_or_default();
        let said = format!("    {} {}{of}", progress.what, progress.done);
        lines.push(Line::styled(said, styles.running));
    }
    if let Some(failure) = &health.failure {
        lines.extend(problem_lines(screen, &failure.what, &failure.next_step, cells));
    }
    lines
}

fn problem_lines(screen: &Screen<'_>, what: &str, next_step: &str, cells: usize) -> Vec<Line<'static>> {
    let Look { styles, glyphs } = screen.look;
    let room = cells.saturating_sub(6);
    let what =
        text::wrap(what, room).into_iter().map(|line| Line::styled(format!("    {line}"), styles.at_risk));
    let arrow = glyphs.right;
    let next = text::wrap(next_step, room).into_iter().enumerate().map(|(index, line)| {
        let lead = if index == 0 { arrow } else { " " };
        Line::styled(format!("    {lead} {line}"), styles.base)
    });
    what.chain(next).collect()
}
