//! Tab 6, where two releases are compared at the same distance from their targets.

use ratatui::{
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use crate::{
    app::{ListId, Row},
    insight::{Compared, Figure, LastRelease, Measure},
};

use super::{
    Look,
    screen::Screen,
    text,
    widgets::table::{self, Column},
};

/// Draws the figures of both.
pub(super) fn draw(screen: &mut Screen<'_>, body: Rect, last: &LastRelease) {
    let Look { styles, glyphs } = screen.look;
    let distance = &last.distance;
    let title = Line::from(vec![
        Span::styled("Changes", styles.title),
        Span::styled(
            format!(" {} {} against {}", glyphs.separator, distance.release, distance.before),
            styles.base,
        ),
        Span::styled(format!("  {} of each", distance.words()), styles.muted),
    ]);
    let inside = screen.panel(body, &title, &Line::default(), true);
    let (heading, rows) = table::split(inside);
    let columns = [
        Column::growing("measure", 18, 24, 0),
        Column::growing("then", 10, 32, 0),
        Column::growing("now", 10, 32, 0),
        Column::growing("compared", 8, 16, 1),
    ];
    let widest = table::widest(last.measures.iter().map(|measure| cells(screen, measure)), &[]);
    let places = table::place(&columns, &widest, None, heading.width);
    table::headings(screen, heading, &columns, &places, None, false);
    screen.list(ListId::Changes, rows, true, |screen, row, item| {
        if let Row::Measure(index) = item
            && let Some(measure) = last.measures.get(index as usize)
        {
            table::cells(screen, row, &columns, &places, &cells(screen, measure));
        }
        table::until(&places, 0)
    });
    let then = screen.dates.moment(distance.then);
    let said = match (distance.was_out, last.rebuilt) {
        (true, _) => format!(" {} as it went out, {then} ", distance.before),
        (false, true) => {
            format!(" {} on {then}, told from its items' own events: it was not observed ", distance.before)
        }
        (false, false) => format!(" {} as it was on {then} ", distance.before),
    };
    if body.width > 6 && inside.height > 0 {
        let width = (text::width(&said) as u16).min(body.width - 4);
        screen.put(body.x + 2, body.bottom() - 1, width, &said, styles.muted);
    }
}

fn cells(screen: &Screen<'_>, measure: &Measure) -> [(String, Style); 4] {
    let Look { styles, glyphs } = screen.look;
    let figure = |figure: &Option<Figure>| match figure {
        Some(figure) => (figure.text.to_string(), styles.base),
        None => (glyphs.dash.to_owned(), styles.muted),
    };
    let (mark, style) = match measure.compared {
        Compared::Better => (glyphs.go, styles.go),
        Compared::Worse => (glyphs.no_go, styles.no_go),
        Compared::More | Compared::Less => (glyphs.right, styles.scope),
        Compared::Same => (" ", styles.muted),
        Compared::Unknown => (glyphs.unknown, styles.muted),
    };
    [
        (measure.name.title().to_owned(), styles.base),
        figure(&measure.then),
        figure(&measure.now),
        (format!("{mark} {}", measure.compared.word()), style),
    ]
}
