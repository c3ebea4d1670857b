//! The two lines at the top: release and headline, sources; tabs, date and time.

use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use crate::{
    app::{Command, Tab},
    domain::{SourceHealth, SourceState},
    insight::{Lens, board::Completeness, words},
};

use super::{
    Look,
    format::{self, Dates},
    headline::{self, Piece},
    screen::Screen,
    text,
};

/// Cells that the headline needs beside the name of the release.
const BESIDE_NAME: u16 = 27;
/// Cells of the longest banner: ` AS OF Sat 21 Nov 2025 18:24 `.
const BANNER: usize = 30;
/// Cells from which on the first line says the whole banner; below, the second one says it again.
const WHOLE_BANNER_FROM: u16 = 70;
/// Cells of the banner without which it says nothing: ` WHAT IF 1 ch… `.
const SHORT_BANNER: usize = 15;
/// Cells between two pieces.
const GAP: usize = 2;

/// That what is on the screen is not the truth of now: ` AS OF Sat 21 Nov 18:24 `, or with fewer
/// words where there are few cells.
pub(super) fn banner(screen: &Screen<'_>, width: u16) -> Option<Span<'static>> {
    let state = screen.state;
    let is_whole = width >= WHOLE_BANNER_FROM;
    let said = if state.past.is_some() {
        // Told from now: another year has its number.
        let dates = Dates::new(state.board.policy.calendar.zone, state.newest().at);
        let moment = if is_whole { format!(" {}", dates.moment(state.board.at)) } else { String::new() };
        format!(" AS OF{moment} ")
    } else {
        let what_if = state.what_if.as_ref()?;
        let changes = words::count(what_if.assumed.len(), "change", "changes");
        let changes = if is_whole { format!(" {changes}") } else { String::new() };
        format!(" WHAT IF{changes} ")
    };
    Some(Span::styled(said, screen.look.styles.banner))
}

/// Release, countdown, headline; sources at the right.
pub(crate) fn header(screen: &mut Screen<'_>, row: Rect) {
    let Look { styles, glyphs } = screen.look;
    // What is read first says that it is not the truth.
    let mut row = row;
    if let Some(banner) = banner(screen, row.width) {
        let used = screen.put_line(row.x, row.y, row.width, &Line::from(banner));
        row = Rect { x: row.x + used, width: row.width - used, ..row };
    }
    let Some(insight) = screen.state.release() else {
        let title = format!(" {}", screen.state.board.title);
        let used = screen.put(row.x, row.y, row.width, &title, styles.strong);
        let rest = Rect { x: row.x + used, width: row.width - used, ..row };
        let said = if screen.state.is_reading() { "" } else { "no release" };
        let left = vec![Piece::new(0, vec![Span::styled(said, styles.muted)])];
        put_pieces(screen, rest, left, sources(screen));
        return;
    };
    let room = usize::from(row.width.saturating_sub(BESIDE_NAME).max(10));
    let name = text::fit(insight.release.id.as_str(), room, glyphs.ellipsis).into_owned();
    let used = screen.put(row.x + 1, row.y, row.width - 1, &name, styles.strong);
    let open = screen.put(row.x + 1 + used, row.y, 2, &format!(" {}", glyphs.drop_down), styles.muted);
    screen.layout.release = Rect { x: row.x + 1, width: used + open, ..row };
    let mut left = headline::pieces(
        screen.look,
        insight,
        screen.dates,
        screen.now,
        format::countdown,
        screen.state.lens,
    );
    if let (Some(next), Some(key)) = (screen.state.next_release(), screen.key(Command::ChooseRelease)) {
        left.push(Piece::new(
            3,
            vec![
                Span::styled(format!("{key} "), styles.accent),
                Span::styled(format!("next is {next}"), styles.muted),
            ],
        ));
    }
    let taken = 1 + used + open;
    let rest = Rect { x: row.x + taken, width: row.width.saturating_sub(taken), ..row };
    put_pieces(screen, rest, left, sources(screen));
}

/// Writes pieces at the left, and others against the right edge. One order decides which
/// go, so that a source in trouble outlives what is nice to know.
fn put_pieces(screen: &mut Screen<'_>, row: Rect, mut left: Vec<Piece>, mut right: Vec<Piece>) {
    let width = usize::from(row.width).saturating_sub(GAP + 1);
    loop {
        let left_cells = headline::cells(&left, GAP);
        let right_cells = headline::cells(&right, GAP);
        let between = if right.is_empty() { 0 } else { GAP };
        if left_cells + between + right_cells <= width {
            break;
        }
        let worst = |pieces: &[Piece]| pieces.iter().map(|piece| piece.rank).max().unwrap_or(0);
        let rank = worst(&left).max(worst(&right));
        if rank <= headline::LAST_RANK && headline::shorten(&mut left) {
            continue;
        }
        if rank == 0 {
            break;
        }
        let from = if worst(&right) == rank { &mut right } else { &mut left };
        if let Some(index) = from.iter().rposition(|piece| piece.rank == rank) {
            from.remove(index);
        }
    }
    let left = headline::line(left, GAP);
    let x = row.x + GAP as u16;
    let used = screen.put_line(x, row.y, row.right().saturating_sub(x), &left);
    let x = x + used;
    let rest = Rect { x, width: row.right().saturating_sub(x + 1), ..row };
    screen.put_right(rest, &headline::line(right, GAP));
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
            trouble(format!("{} stale", format::age(at, screen.now)), styles.stale)
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
    let needed: usize = Tab::ALL.iter().map(|tab| tab.title().len() + 5).sum();
    // Where the words do not fit, the open tab keeps its own; what is not now comes first.
    let state = screen.state;
    let is_other = state.past.is_some() || state.frozen.is_some() || state.what_if.is_some();
    let banner = if is_other { BANNER } else { 0 };
    let all_words = needed + banner < usize::from(row.width);
    let is_said_above = row.width >= WHOLE_BANNER_FROM;
    // On the narrowest not even that one, where the banner would be cut.
    let narrow = Tab::ALL.len() * 4 + state.tab.title().len() + SHORT_BANNER > usize::from(row.width);
    let own_words = !(is_other && narrow);
    for tab in Tab::ALL {
        let number = tab.digit();
        let active = screen.state.tab == tab;
        let title = if all_words || (active && own_words) {
            format!(" {number} {} ", tab.title())
        } else {
            format!(" {number} ")
        };
        let style = if active { styles.tab_active } else { styles.tab };
        let used = screen.put(x, row.y, row.right().saturating_sub(x), &title, style);
        screen.layout.tabs.push((tab, Rect { x, width: used, ..row }));
        x += used + 1;
    }
    let mut pieces = Vec::new();
    if let Some((since, newest)) = &state.frozen {
        let newer = if newest.is_some() { " newer waits" } else { "" };
        let said = format!(" FROZEN {}{newer} ", screen.dates.time(*since));
        pieces.push(Piece::new(0, vec![Span::styled(said, styles.banner)]));
    }
    if state.past.is_some() {
        // Told from now: another year has its number.
        let dates = Dates::new(state.board.policy.calendar.zone, state.newest().at);
        let said = format!(" AS OF {} ", dates.moment(state.board.at));
        pieces.extend((!is_said_above).then(|| Piece::new(0, vec![Span::styled(said, styles.banner)])));
        let back = screen.key(crate::app::Command::Now).unwrap_or_default();
        pieces.push(Piece::new(4, vec![Span::styled(format!("{back} now"), styles.muted)]));
    }
    if let Some(what_if) = &state.what_if {
        let changes = words::count(what_if.assumed.len(), "change", "changes");
        let said = format!(" WHAT IF {changes} ");
        pieces.extend((!is_said_above).then(|| Piece::new(0, vec![Span::styled(said, styles.banner)])));
        let back = screen.key(crate::app::Command::Now).unwrap_or_default();
        pieces.push(Piece::new(4, vec![Span::styled(format!("{back} the truth"), styles.muted)]));
    }
    match state.board.completeness {
        Completeness::Preview => {
            pieces.push(Piece::new(1, vec![Span::styled("from the last visit", styles.stale)]));
        }
        // The one quiet line below says it.
        Completeness::Filling if state.is_reading() => {}
        Completeness::Filling => {
            let said = format!("{} filling in", glyphs.running);
            pieces.push(Piece::new(2, vec![Span::styled(said, styles.running)]));
        }
        Completeness::Whole => {}
    }
    // Who does not see everything is told so.
    if state.lens != Lens::All {
        pieces.push(Piece::new(2, vec![Span::styled(state.lens.name(), styles.base)]));
        pieces.push(Piece::joined(5, vec![Span::styled(" lens", styles.muted)]));
    }
    if state.read_only {
        pieces.push(Piece::new(3, vec![Span::styled("read-only", styles.muted)]));
    }
    let (dates, now) = (screen.dates, screen.clock);
    pieces.push(Piece::new(5, vec![Span::styled(dates.day(now), styles.muted)]));
    pieces.push(Piece::new(4, vec![Span::styled(dates.time(now), styles.base)]));
    pieces.push(Piece::new(6, vec![Span::styled(dates.zone_name(now), styles.muted)]));
    let rest = Rect { x, width: row.right().saturating_sub(x + 1), ..row };
    headline::fold(&mut pieces, usize::from(rest.width), 1);
    screen.put_right(rest, &headline::line(pieces, 1));
}
