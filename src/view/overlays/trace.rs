//! Where something is, and what a deployment brings.

use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use crate::{
    insight::{Certainty, Trace, TraceKind, TraceLink, TracePart},
    view::{screen::Screen, text},
};

/// Widest overlay.
const WIDTH: u16 = 110;

/// Draws a trace.
pub(super) fn draw(screen: &mut Screen<'_>, body: Rect, trace: &Trace, scroll: u16) {
    let styles = &screen.look.styles;
    let cells = usize::from(super::inner_width(body, WIDTH));
    let mut lines: Vec<Line<'static>> =
        text::wrap(&trace.answer, cells).into_iter().map(|line| Line::styled(line, styles.strong)).collect();
    let mut part = None;
    for link in &trace.links {
        if part != Some(link.part) {
            part = Some(link.part);
            lines.push(Line::default());
            if link.part != TracePart::Way {
                lines.push(Line::styled(link.part.title(), styles.header));
            }
        }
        lines.extend(link_lines(screen, link, cells));
    }
    for note in &trace.notes {
        lines.push(Line::default());
        let wrapped = text::wrap(note, cells).into_iter();
        lines.extend(wrapped.map(|line| Line::styled(line, styles.muted)));
    }
    let title = Line::from(vec![
        Span::styled("Trace ", styles.title),
        Span::styled(trace.title.to_string(), styles.strong),
    ]);
    super::text(screen, body, &title, &lines, WIDTH, scroll);
}

/// A link: what it is and how it stands, and below why it holds.
fn link_lines(screen: &Screen<'_>, link: &TraceLink, cells: usize) -> Vec<Line<'static>> {
    let (styles, glyphs) = (&screen.look.styles, &screen.look.glyphs);
    let indent = "  ".repeat(usize::from(link.depth));
    let (mark, style) = match (link.certainty, link.kind) {
        (Certainty::Unknown, _) => (glyphs.unknown, styles.unknown),
        (_, TraceKind::End) => (glyphs.no_go, styles.at_risk),
        (Certainty::Inferred, _) => ("~", styles.muted),
        (Certainty::Said, TraceKind::Environment) => (glyphs.go, styles.go),
        (Certainty::Said, _) => (glyphs.separator, styles.muted),
    };
    let mut lines = vec![Line::from(vec![
        Span::styled(format!("{indent}{mark} "), style),
        Span::styled(format!("{} ", link.kind.word()), styles.muted),
        Span::styled(link.name.to_string(), styles.strong),
        Span::styled(format!("  {}", link.state), styles.base),
    ])];
    if !link.because.is_empty() {
        let room = cells.saturating_sub(indent.len() + 4).max(10);
        let wrapped = text::wrap(&link.because, room).into_iter();
        lines.extend(wrapped.map(|line| Line::styled(format!("{indent}    {line}"), styles.muted)));
    }
    lines
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ratatui::{Terminal, backend::TestBackend};

    use crate::{
        app::{
            Event, Key, Options, Overlay, State,
            fixture::{board, now},
            update,
        },
        theme::{ColorDepth, GlyphSet, Glyphs, Styles, shipped},
        view::{Look, draw},
    };

    fn press(state: &mut State, key: &str) {
        let key: Key = key.parse().unwrap();
        update(state, Event::Key(key.into()), now());
    }

    #[test]
    fn a_key_traces_the_selected_row_and_closes_it_again() {
        let mut board = board();
        let mut world = (*board.world).clone();
        world.releases = board.insight.releases.iter().map(|insight| Arc::clone(&insight.release)).collect();
        let shown = &board.insight.releases[0];
        world.stories = shown.stories.iter().map(|row| Arc::clone(&row.story)).collect();
        world.pull_requests = shown.pull_requests.iter().map(|row| Arc::clone(&row.pull_request)).collect();
        let rows = &board.insight.schedule.deployments;
        world.deployments = rows.iter().map(|row| Arc::clone(&row.deployment)).collect();
        board.world = Arc::new(world);
        let mut state = State::new(Arc::new(board), Options::default(), now());
        let look = Look {
            styles: Styles::resolve(&shipped("dark").unwrap(), ColorDepth::None),
            glyphs: Glyphs::of(GlyphSet::Unicode),
        };
        press(&mut state, "t");
        let Some(Overlay::Trace { answer, .. }) = state.overlays.last() else { panic!("no trace") };
        let (title, said) = (answer.title.clone(), answer.answer.clone());
        let mut terminal = Terminal::new(TestBackend::new(120, 36)).unwrap();
        terminal.draw(|frame| drop(draw(frame, &state, &look, now()))).unwrap();
        let shown = terminal.backend().to_string();
        let begin: String = said.chars().take(20).collect();
        assert!(shown.contains(&format!("Trace {title}")) && shown.contains(&begin), "{shown}");
        press(&mut state, "t");
        assert!(state.overlays.is_empty());
        // There is nothing to trace of a gate.
        press(&mut state, "h");
        press(&mut state, "t");
        assert!(state.overlays.is_empty() && state.message.is_some());
    }
}
