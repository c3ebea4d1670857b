//! The release chooser.

use ratatui::{
    layout::Rect,
    style::Style,
    text::{Line, Span},
};

use crate::{
    app::{Chooser, ListId, Row},
    insight::{ForecastView, Outlook, ReleaseInsight},
    view::{
        footer, format,
        headline::percent,
        screen::Screen,
        states,
        widgets::table::{self, Column},
    },
};

const COLUMNS: [Column; 5] = [
    Column::fixed("", 1, 0),
    Column::growing("release", 14, 40, 0),
    Column::growing("outlook", 15, 20, 0),
    Column::growing("target", 15, 24, 1),
    Column::fixed("", 12, 2),
];

/// Draws the line that is typed and the releases that match.
pub(super) fn draw(screen: &mut Screen<'_>, body: Rect, chooser: &Chooser) {
    let styles = &screen.look.styles;
    let list = screen.state.list(ListId::Releases);
    let (shown, known) = (list.shown, list.known);
    let title = Line::from(vec![
        Span::styled("Release", styles.title),
        Span::styled(format!(" {shown} of {known}"), styles.muted),
    ]);
    let inside = super::frame(screen, body, &title, 84, known + 1);
    let prompt = Rect { height: 1, ..inside };
    footer::typed(screen, prompt, "> ", &chooser.input);
    let rows = Rect { y: inside.y + 1, height: inside.height.saturating_sub(1), ..inside };
    if shown == 0 {
        screen.put(rows.x + 1, rows.y, rows.width, "no release is called so", styles.muted);
    }
    let releases = &screen.state.board.insight.releases;
    let widest = table::widest(releases.iter().map(|insight| cells(screen, insight)), &[]);
    let places = table::place(&COLUMNS, &widest, None, rows.width.saturating_sub(1));
    screen.list(ListId::Releases, rows, true, |screen, row, item| {
        if item == Row::AllReleases {
            let style = screen.look.styles.base;
            return screen.put(row.x + 2, row.y, row.width, "all releases that did not go out", style) + 2;
        }
        let Row::Release(index) = item else { return 0 };
        let state = screen.state;
        if let Some(insight) = state.board.insight.releases.get(index as usize) {
            table::cells(screen, row, &COLUMNS, &places, &cells(screen, insight));
        }
        table::until(&places, 1)
    });
}

fn cells(screen: &Screen<'_>, insight: &ReleaseInsight) -> [(String, Style); 5] {
    let look = screen.look;
    let styles = &look.styles;
    let release = &insight.release;
    let said = states::outlook(look, insight.outlook);
    let outlook = match (&insight.forecast, insight.outlook) {
        (_, Outlook::Unknown) => said.full(),
        (ForecastView::Dates { by_target: Some(share), .. }, _) => {
            format!("{} {}", said.full(), percent(*share))
        }
        _ => said.full(),
    };
    let (target, distance) = match (release.released_at, release.target) {
        (Some(at), _) => (screen.dates.day(at), format!("{} ago", format::age(at, screen.now))),
        (None, Some(target)) => {
            let estimated = if target.estimated { "est. " } else { "" };
            (format!("{estimated}{}", screen.dates.day(target.at)), format::distance(target.at, screen.now))
        }
        (None, None) => ("no target".to_owned(), String::new()),
    };
    let is_shown = screen.state.release.as_ref() == Some(&release.id);
    let mark = if is_shown { look.glyphs.marked } else { " " };
    [
        (mark.to_owned(), styles.accent),
        (release.id.to_string(), styles.base),
        (outlook, said.style),
        (target, styles.base),
        (distance, styles.muted),
    ]
}
