//! A release as it ended: it fills the screen.

use ratatui::{
    layout::{Margin, Rect},
    style::Style,
    text::{Line, Span},
    widgets::{Clear, Widget},
};

use crate::{
    insight::Recap,
    view::{screen::Screen, text},
};

/// Cells before what hangs below a mark.
const INDENT: usize = 2;

/// Draws what became of a release.
pub(super) fn draw(screen: &mut Screen<'_>, body: Rect, recap: &Recap, scroll: u16) {
    Clear.render(body, screen.buffer);
    screen.buffer.set_style(body, screen.look.styles.base);
    screen.layout.overlay = Some(body);
    // What is covered leads nowhere.
    screen.layout.links.retain(|link| !link.area.intersects(body));
    let styles = &screen.look.styles;
    let title = Line::from(vec![
        Span::styled("As it ended ", styles.title),
        Span::styled(recap.release.to_string(), styles.strong),
    ]);
    let owner = recap.owner.as_deref().unwrap_or_default().to_owned();
    let note = Line::styled(owner, styles.muted);
    let inside = screen.panel(body, &title, &note, true).inner(Margin::new(1, 0));
    let lines = lines(screen, recap, usize::from(inside.width));
    screen.layout.overlay_most = screen.lines(inside, &lines, scroll);
}

fn lines(screen: &Screen<'_>, recap: &Recap, cells: usize) -> Vec<Line<'static>> {
    let (styles, glyphs) = (&screen.look.styles, &screen.look.glyphs);
    let board = &screen.state.board;
    let mut lines = Vec::new();
    let judged = recap.judged(board);
    let mut part = |title: &str, rows: &[String], mark: &str, style: Style| {
        if rows.is_empty() {
            return;
        }
        if !lines.is_empty() {
            lines.push(Line::default());
        }
        lines.push(Line::styled(title.to_owned(), styles.header));
        for row in rows {
            for (index, said) in text::wrap(row, cells.saturating_sub(INDENT)).into_iter().enumerate() {
                let mark = if index == 0 { format!("{mark} ") } else { " ".repeat(INDENT) };
                lines.push(Line::from(vec![Span::styled(mark, style), Span::styled(said, styles.base)]));
            }
        }
    };
    let dot = glyphs.separator;
    part("What worked", &judged.worked, glyphs.go, styles.go);
    part("What did not", &judged.did_not, glyphs.no_go, styles.no_go);
    let facts: Vec<String> =
        recap.facts(board).into_iter().map(|(what, how)| format!("{what:<10} {how}")).collect();
    part("In figures", &facts, dot, styles.muted);
    part("Ready after the target", &recap.late_rows(board), dot, styles.muted);
    let returned: Vec<String> =
        recap.returned.iter().map(|one| format!("{}  {}x", one.name, one.times)).collect();
    part("Returned", &returned, dot, styles.muted);
    let joined = |rows: Vec<[String; 4]>| rows.iter().map(|row| row.join("  ")).collect::<Vec<_>>();
    part("Forecasts", &joined(recap.forecast_rows(board)), dot, styles.muted);
    part("Deployments", &joined(recap.deployment_rows(board)), dot, styles.muted);
    lines
}
