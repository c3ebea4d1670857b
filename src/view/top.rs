//! The two lines at the top: release and headline, sources; tabs, date and time.

use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use crate::{
    app::Tab,
    domain::{SourceHealth, SourceState},
    insight::board::Completeness,
};

use super::{
    Look, format,
    headline::{self, Piece},
    screen::{Screen, line_width},
    text,
};

/// Cells that the headline needs beside the name of the release.
const BESIDE_NAME: u16 = 27;
/// Cells between two pieces.
const GAP: usize = 2;

/// Release, countdown, headline; sources at the right.
pub(crate) fn header(screen: &mut Screen<'_>, row: Rect) {
    let Look { styles, glyphs } = screen.look;
    let Some(insight) = screen.state.release() else {
        let title = format!(" {}", screen.state.board.title);
        let used = screen.put(row.x, row.y, row.width, &title, styles.strong);
        let rest = Rect { x: row.x + used, width: row.width - used, ..row };
        let mut pieces = vec![Piece::new(0, vec![Span::styled("no release", styles.muted)])];
        pieces.extend(sources(screen));
        pieces_in(screen, rest, pieces, 1);
        return;
    };
    let room = usize::from(row.width.saturating_sub(BESIDE_NAME).max(10));
    let name = text::fit(insight.release.id.as_str(), room, glyphs.ellipsis).into_owned();
    let used = screen.put(row.x + 1, row.y, row.width - 1, &name, styles.strong);
    let open = screen.put(row.x + 1 + used, row.y, 2, &format!(" {}", glyphs.drop_down), styles.muted);
    screen.layout.release = Rect { x: row.x + 1, width: used + open, ..row };
    let mut pieces = headline::pieces(screen.look, insight, screen.dates, screen.now);
    let count = pieces.len();
    pieces.extend(sources(screen));
    let taken = 1 + used + open;
    pieces_in(screen, Rect { x: row.x + taken, width: row.width.saturating_sub(taken), ..row }, pieces, count);
}

/// Writes pieces from the left, and from the one at `right_from` on against the right edge.
fn pieces_in(screen: &mut Screen<'_>, row: Rect, mut pieces: Vec<Piece>, right_from: usize) {
    let mut right: Vec<Piece> = pieces.split_off(right_from);
    // One list decides who goes, so that a source in trouble outlives what is nice to know.
    let mut all: Vec<(bool, Piece)> = pieces.into_iter().map(|piece| (false, piece)).collect();
    all.extend(right.drain(..).map(|piece| (true, piece)));
    let width = usize::from(row.width).saturating_sub(GAP + 1);
    let needed = |all: &[(bool, Piece)]| -> usize {
        all.iter().map(|(_, piece)| line_width(&piece.line) + GAP).sum::<usize>()
    };
    while needed(&all) > width + GAP {
        let worst = all.iter().enumerate().max_by_key(|(_, (_, piece))| piece.rank);
        match worst {
            Some((index, (_, piece))) if piece.rank > 0 => all.remove(index),
            _ => break,
        };
    }
    let mut x = row.x + GAP as u16;
    let mut spans = Vec::new();
    for (is_right, piece) in all {
        if is_right {
            if !spans.is_empty() {
                spans.push(Span::raw("  "));
            }
            spans.extend(piece.line.spans);
        } else {
            let room = row.right().saturating_sub(x);
            x += screen.put_line(x, row.y, room, &piece.line) + GAP as u16;
        }
    }
    let row = Rect { x, width: row.right().saturating_sub(x + 1), ..row };
    screen.put_right(row, &Line::from(spans));
}

/// Each source in a word: fresh ones go first when there is no room, troubled ones last.
fn sources(screen: &Screen<'_>) -> Vec<Piece> {
    screen.state.board.health.iter().map(|health| source(screen, health)).collect()
}

fn source(screen: &Screen<'_>, health: &SourceHealth) -> Piece {
    let Look { styles, glyphs } = screen.look;
    let name = || Span::styled(format!("{} ", health.id), styles.muted);
    let trouble = |said: String, style| Piece::new(5, vec![name(), Span::styled(said, style)]);
    if let Some(progress) = &health.progress
        && matches!(health.state, SourceState::Fetching | SourceState::Starting)
    {
        let of = progress.total.map(|total| format!("/{total}")).unwrap_or_default();
        let said = format!("{} {} {}{of}", glyphs.running, progress.what, progress.done);
        return Piece::new(8, vec![name(), Span::styled(said, styles.running)]);
    }
    match (health.state, health.answered_at) {
        (SourceState::Refused, _) => trouble(format!("{} refused", glyphs.no_go), styles.no_go),
        (SourceState::Starting | SourceState::Fetching, None) => {
            Piece::new(8, vec![name(), Span::styled(glyphs.running, styles.running)])
        }
        (_, None) => trouble(format!("{} no answer", glyphs.no_go), styles.no_go),
        (_, Some(at)) if health.is_stale(screen.now) => {
            trouble(format!("{} {} stale", glyphs.unknown, format::age(at, screen.now)), styles.stale)
        }
        (SourceState::BackingOff, Some(at)) => {
            trouble(format!("{} {}", glyphs.at_risk, format::age(at, screen.now)), styles.at_risk)
        }
        _ => Piece::new(8, vec![name(), Span::styled(glyphs.go, styles.go)]),
    }
}

/// The tabs; what is not now, date and time at the right.
pub(crate) fn tabs(screen: &mut Screen<'_>, row: Rect) {
    let Look { styles, glyphs } = screen.look;
    let mut x = row.x + 1;
    for (number, tab) in (1..).zip(Tab::ALL) {
        let active = screen.state.tab == tab;
        let title = format!(" {number} {} ", tab.title());
        let style = if active { styles.tab_active } else { styles.tab };
        let used = screen.put(x, row.y, row.right().saturating_sub(x), &title, style);
        screen.layout.tabs.push((tab, Rect { x, width: used, ..row }));
        x += used + 1;
    }
    let mut pieces = Vec::new();
    let state = screen.state;
    if let Some((since, newest)) = &state.frozen {
        let newer = if newest.is_some() { " newer waits" } else { "" };
        let said = format!(" FROZEN {}{newer} ", screen.dates.time(*since));
        pieces.push(Piece::new(0, vec![Span::styled(said, styles.banner)]));
    }
    match state.board.completeness {
        Completeness::Preview => {
            pieces.push(Piece::new(1, vec![Span::styled("from the last visit", styles.stale)]));
        }
        Completeness::Filling => {
            let said = format!("{} filling in", glyphs.running);
            pieces.push(Piece::new(2, vec![Span::styled(said, styles.running)]));
        }
        Completeness::Whole => {}
    }
    if state.read_only {
        pieces.push(Piece::new(3, vec![Span::styled("read-only", styles.muted)]));
    }
    let (dates, now) = (screen.dates, screen.now);
    pieces.push(Piece::new(5, vec![Span::styled(dates.day(now), styles.muted)]));
    pieces.push(Piece::new(4, vec![Span::styled(dates.time(now), styles.base)]));
    pieces.push(Piece::new(6, vec![Span::styled(dates.zone_name(now), styles.muted)]));
    let rest = Rect { x, width: row.right().saturating_sub(x + 1), ..row };
    headline::fold(&mut pieces, usize::from(rest.width), 1);
    let mut spans = Vec::new();
    for piece in pieces {
        if !spans.is_empty() {
            spans.push(Span::raw(" "));
        }
        spans.extend(piece.line.spans);
    }
    screen.put_right(rest, &Line::from(spans));
}
