//! Whether a deployment can go at a time that somebody asked about.

use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use crate::{
    domain::DeploymentId,
    view::{detail, screen::Screen, states, text},
};

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
        Span::styled(format!("{asked}? {}", name(screen, id)), styles.strong),
    ]);
    super::text(screen, body, &title, &lines, WIDTH, scroll);
}

/// What the deployment brings where, as its row says it.
fn name(screen: &Screen<'_>, id: &DeploymentId) -> String {
    let row = screen.state.deployment(id).map(|row| &row.deployment);
    match row.and_then(|deployment| Some((deployment.release.as_ref()?, &deployment.environment))) {
        Some((release, environment)) => {
            format!("{release} {} {environment}", screen.look.glyphs.right)
        }
        None => id.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chrono::Duration;
    use ratatui::{Terminal, backend::TestBackend};

    use crate::{
        app::{
            Options, Overlay, State,
            fixture::{board, now},
        },
        domain::{Text, Window},
        insight::{CanGo, ScheduleProblem, ScheduleProblemKind, Verdict},
        theme::{ColorDepth, GlyphSet, Glyphs, Styles, shipped},
        view::{Look, draw},
    };

    #[test]
    fn nothing_of_an_answer_is_cut_on_a_small_screen() {
        let mut state = State::new(Arc::new(board()), Options::default(), now());
        let window = |days| {
            let from = now() + Duration::days(days);
            Window { from, until: from + Duration::minutes(73) }
        };
        let what =
            "Sale weekend, free from Tue 1 Dec 00:00, and after it the quarter close that nobody may touch";
        let kind = ScheduleProblemKind::Freeze;
        let answer = CanGo {
            window: window(1),
            against: vec![ScheduleProblem { kind, what: Text::new(what) }; 2],
            slots: vec![window(3), window(0)],
            no_slot: None,
            verdict: Some(Verdict::NoGo),
            readiness: Some(Text::new("payments 4.2: all stories ready; 2 gates no-go (Tests, Findings)")),
        };
        state.can_go = Some(("payments-4.2".into(), answer));
        state.overlays.push(Overlay::CanGo { scroll: 0 });
        let look = Look {
            styles: Styles::resolve(&shipped("dark").unwrap(), ColorDepth::None),
            glyphs: Glyphs::of(GlyphSet::Unicode),
        };
        let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
        terminal.draw(|frame| drop(draw(frame, &state, &look, now()))).unwrap();
        let shown = terminal.backend().to_string();
        for word in what.split(' ').chain([
            "payments",
            "production/eu",
            "no",
            "next",
            "free",
            "2",
            "gates",
            "Findings)",
        ]) {
            assert!(shown.contains(word), "{word} is not in {shown}");
        }
    }
}
