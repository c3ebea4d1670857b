//! No release: where it was looked for, and what to do next.

use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use crate::{
    app::is_first_round,
    domain::{Progress, SourceHealth, SourceState},
};

use super::{Look, format, screen::Screen, text};

/// Draws the body of a tab that has no release to show.
pub(super) fn draw(screen: &mut Screen<'_>, area: Rect) {
    let Look { styles, .. } = screen.look;
    if screen.state.is_reading() {
        return reading(screen, area);
    }
    let inside = screen.panel(area, &Line::styled("No release yet", styles.title), &Line::default(), false);
    let inside = Rect { x: inside.x + 1, width: inside.width.saturating_sub(2), ..inside };
    let cells = usize::from(inside.width);
    let board = &screen.state.board;
    let mut lines = vec![Line::styled("Where it was looked for", styles.header)];
    if board.health.is_empty() {
        lines.push(Line::styled("  no source is configured", styles.muted));
    }
    for health in board.health.iter() {
        lines.push(source(screen, health));
        if let Some(failure) = &health.failure {
            for part in [&failure.what, &failure.next_step] {
                let wrapped = text::wrap(part, cells.saturating_sub(6));
                lines.extend(
                    wrapped.into_iter().map(|line| Line::styled(format!("      {line}"), styles.muted)),
                );
            }
        }
    }
    for (source, problem) in board.world.problems.iter().take(5) {
        lines.push(Line::styled(format!("  {source}: {}", problem.what), styles.at_risk));
        lines.push(Line::styled(format!("      {}", problem.next_step), styles.muted));
    }
    lines.push(Line::default());
    lines.push(Line::styled("What to do", styles.header));
    for (command, what) in [
        ("git tag v0.1.0", "a tag with a version makes a release of a repository"),
        ("tminus init", "writes a .tminus.toml for what is here, with a plan"),
        ("tminus demo", "shows the board on a simulated organisation"),
        ("tminus config check", "says what is configured, and what is wrong with it"),
    ] {
        lines.push(Line::from(vec![
            Span::styled(format!("  {command:<21}"), styles.accent),
            Span::styled(what, styles.base),
        ]));
    }
    screen.lines(inside, &lines, 0);
}

/// Before the first answer there is nothing to advise: one quiet line says what is awaited.
fn reading(screen: &mut Screen<'_>, area: Rect) {
    let Look { styles, glyphs } = screen.look;
    let awaited = screen.state.board.health.iter().filter(|health| is_first_round(health));
    let said: Vec<String> = awaited
        .map(|health| match &health.progress {
            Some(Progress { what, done, total: Some(total) }) => {
                format!("{}: {} of {} {what}", health.id, grouped(*done), grouped(*total))
            }
            Some(Progress { what, done, total: None }) => format!("{}: {} {what}", health.id, grouped(*done)),
            None => health.id.to_string(),
        })
        .collect();
    let said = format!("reading {}", said.join(&format!(" {} ", glyphs.separator)));
    screen.put(area.x + 1, area.y + 1, area.width.saturating_sub(2), &said, styles.muted);
}

/// `12,000`.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut said = String::with_capacity(digits.len() * 4 / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            said.push(',');
        }
        said.push(digit);
    }
    said
}

fn source(screen: &Screen<'_>, health: &SourceHealth) -> Line<'static> {
    let Look { styles, glyphs } = screen.look;
    let (mark, said, style) = match (health.state, health.answered_at) {
        (SourceState::Starting | SourceState::Fetching, None) => {
            (glyphs.running, "is being asked".to_owned(), styles.running)
        }
        (_, None) => (glyphs.no_go, "did not answer".to_owned(), styles.no_go),
        (_, Some(at)) if health.failure.is_some() => {
            let said = format!("answered {} ago, and does not any more", format::age(at, screen.now));
            (glyphs.at_risk, said, styles.at_risk)
        }
        (_, Some(at)) => {
            let said = format!("answered {} ago, and knows no release", format::age(at, screen.now));
            (glyphs.go, said, styles.base)
        }
    };
    Line::from(vec![
        Span::styled(format!("  {mark} "), style),
        Span::styled(format!("{} ", health.id), styles.strong),
        Span::styled(said, style),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_counts_are_grouped() {
        for (count, said) in [(0, "0"), (999, "999"), (12_000, "12,000"), (1_234_567, "1,234,567")] {
            assert_eq!(grouped(count), said);
        }
    }
}
