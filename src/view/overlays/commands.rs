//! Commands of one's own: the menu, the question, the output.

use ratatui::{
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use crate::{
    app::{CommandDialog, CommandMenu, CommandQuestion, Job, JobAnswer},
    view::{Look, screen::Screen, text},
};

/// Widest overlay.
const WIDTH: u16 = 100;

/// Draws a dialog.
pub(super) fn draw(screen: &mut Screen<'_>, body: Rect, dialog: &CommandDialog) {
    match dialog {
        CommandDialog::Menu(menu) => draw_menu(screen, body, menu),
        CommandDialog::Question(question) => draw_question(screen, body, question),
        CommandDialog::Output { job, answer, scroll } => {
            draw_output(screen, body, job, answer.as_ref(), *scroll);
        }
    }
}

fn draw_menu(screen: &mut Screen<'_>, body: Rect, menu: &CommandMenu) {
    let Look { styles, glyphs } = screen.look;
    let title = Line::styled("Your commands", styles.title);
    let inside = super::frame(screen, body, &title, WIDTH, menu.offers.len());
    let height = usize::from(inside.height);
    let first = menu.selected.saturating_sub(height.saturating_sub(1));
    let keys =
        menu.offers.iter().filter_map(|offer| offer.key.as_deref()).map(text::width).max().unwrap_or(0);
    for (y, (number, offer)) in (inside.y..inside.bottom()).zip(menu.offers.iter().enumerate().skip(first)) {
        let row = Rect { y, height: 1, ..inside };
        let key = offer.key.as_deref().unwrap_or_default();
        let style = if offer.refused.is_some() { styles.muted } else { styles.base };
        let padding = " ".repeat(keys + 1 - text::width(key).min(keys));
        let mut spans = vec![
            Span::styled(format!(" {key}{padding}"), styles.accent),
            Span::styled(offer.name.to_string(), style),
        ];
        if let Some(why) = &offer.refused {
            spans.push(Span::styled(format!("  {} {why}", glyphs.not_needed), styles.muted));
        }
        screen.put_line(row.x + 1, y, row.width.saturating_sub(1), &Line::from(spans));
        if number == menu.selected {
            screen.select(row, true);
        }
    }
}

fn draw_question(screen: &mut Screen<'_>, body: Rect, question: &CommandQuestion) {
    let Look { styles, .. } = screen.look;
    let cells = usize::from(super::inner_width(body, WIDTH));
    let mut lines = wrapped(&question.job.name, cells, styles.strong);
    lines.push(Line::default());
    lines.extend(wrapped(&crate::domain::clean(&question.job.shown()), cells, styles.base));
    lines.push(Line::default());
    if question.dangerous {
        lines.extend(wrapped(
            "It is marked as dangerous: it changes something outside.",
            cells,
            styles.no_go,
        ));
        lines.push(Line::default());
    }
    lines.push(super::answers(screen.look, "run it", "no"));
    super::text(screen, body, &Line::styled("Run this?", styles.title), &lines, WIDTH, 0);
}

fn draw_output(screen: &mut Screen<'_>, body: Rect, job: &Job, answer: Option<&JobAnswer>, scroll: u16) {
    let Look { styles, glyphs } = screen.look;
    let cells = usize::from(super::inner_width(body, WIDTH));
    let lines = match answer {
        None => vec![Line::styled(format!("{} runs", glyphs.running), styles.running)],
        Some(Err(why)) => wrapped(why, cells, styles.no_go),
        Some(Ok(result)) => {
            let (mark, style) =
                if result.is_good { (glyphs.go, styles.go) } else { (glyphs.no_go, styles.no_go) };
            let mut lines = wrapped(&format!("{mark} {}", result.how), cells, style);
            lines.extend(result.lines.iter().flat_map(|line| wrapped(line, cells, styles.base)));
            lines
        }
    };
    let title = Line::styled(job.name.to_string(), styles.title);
    super::text(screen, body, &title, &lines, WIDTH, scroll);
}

fn wrapped(content: &str, cells: usize, style: Style) -> Vec<Line<'static>> {
    text::wrap(content, cells).into_iter().map(|line| Line::styled(line, style)).collect()
}
