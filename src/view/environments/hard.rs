//! Where deployments are hard, with the numbers.

use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use crate::{
    insight::{EnvironmentsView, PlaceKind, Rate},
    view::{screen::Screen, text},
};

pub(super) fn draw(screen: &mut Screen<'_>, area: Rect, view: &EnvironmentsView) {
    let styles = &screen.look.styles;
    let mut lines = Vec::new();
    let name = view.hard.iter().map(|place| text::width(&place.name)).max().unwrap_or(0).clamp(8, 28);
    for (kind, title) in [(PlaceKind::Platform, "platform"), (PlaceKind::Environment, "environment")] {
        let fill = " ".repeat((name + 2).saturating_sub(title.len()));
        lines.push(Line::styled(
            format!("{title}{fill}failed                   longer than planned"),
            styles.header,
        ));
        for place in view.hard.iter().filter(|place| place.kind == kind) {
            let shown = text::fit(&place.name, name, screen.look.glyphs.ellipsis);
            let fill = " ".repeat(name + 2 - text::width(&shown));
            let overran = place.overran.as_ref().map_or_else(|| screen.look.glyphs.dash.to_owned(), said);
            lines.push(Line::from(vec![
                Span::styled(format!("{shown}{fill}"), styles.strong),
                Span::styled(format!("{:<25}", said(&place.failed)), styles.base),
                Span::styled(overran, styles.base),
            ]));
        }
        lines.push(Line::default());
    }
    if view.hard.is_empty() {
        lines = vec![Line::styled("no deployment has ended yet", styles.muted)];
    } else {
        lines.push(Line::styled(
            "in brackets: drawn towards the rate of all places, and above what it is with 90 %; by the latter they \
             are ranked",
            styles.muted,
        ));
    }
    super::lines(screen, area, "Hard places", "", &lines, true);
}

/// `3/24 (11 %, >6 %)`.
fn said(rate: &Rate) -> String {
    if !rate.is_ranked() {
        return format!("{}/{} (too few runs)", rate.events, rate.runs);
    }
    format!("{}/{} ({:.0} %, >{:.0} %)", rate.events, rate.runs, rate.expected * 100.0, rate.lower * 100.0)
}
