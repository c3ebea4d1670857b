//! The wall: countdown and headline in blocks, one panel, a heartbeat, and a frame that says
//! when none of it can be believed.
//!
//! ```text
//! ┌──────────────────────────────────────────────┐  STALE STALE … when it is
//! │ payments 4.2  T-3d 04h  ▲ AT RISK 61 %  09:24 │  the words of the board
//! │ ▀█▀ ▄▄ ▀▀█ ▄▄█   █▀█ █ █ █▄▄                  │  countdown
//! │ █▀█ ▀█▀   █▀▄ █ █▀▀ █▄▀                       │  headline
//! │ ┌ Gates ────────────────────────────────────┐ │  a panel, or what newly turned red
//! │ heard 09:24 · · • · · ·                       │  heartbeat: moves when a source answered
//! └──────────────────────────────────────────────┘
//! ```

mod letters;
mod panels;

use ratatui::{
    layout::{Margin, Rect},
    style::Style,
    text::{Line, Span},
};

use crate::{
    app::Wall,
    insight::{Completeness, ReleaseInsight},
};

use super::{
    Look, SMALLEST, format,
    headline::{self, Piece},
    screen::{Screen, line_width},
    states, text, tiny, top,
};

use letters::Size;

/// Rows from which on there is a panel.
const PANEL_FROM: u16 = 16;
/// Rows of the smallest panel, its frame among them.
const LEAST_PANEL: u16 = 5;
/// Places of the mark of the heartbeat.
const BEATS: u16 = 8;

/// Draws the wall.
pub(super) fn draw(screen: &mut Screen<'_>, area: Rect) {
    let stale = screen.state.stale(screen.now);
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        return draw_tiny(screen, area, !stale.is_empty());
    }
    frame(screen, area, !stale.is_empty());
    let inside = area.inner(Margin::new(2, 1));
    let row = |y: u16| Rect { y, height: 1, ..inside };
    said(screen, row(inside.y));
    foot(screen, row(inside.bottom() - 1), &stale);
    let body = Rect { y: inside.y + 1, height: inside.height - 2, ..inside };
    let has_panel = body.height >= PANEL_FROM;
    let room = if has_panel { (body.height * 3 / 5).min(body.height - LEAST_PANEL - 1) } else { body.height };
    let used = blocks(screen, Rect { height: room, ..body }, has_panel);
    if has_panel {
        let top = body.y + used + 1;
        panels::draw(screen, Rect { y: top, height: body.bottom().saturating_sub(top), ..body });
    }
}

/// The smallest screens: the line of the board, and in front of it whether it can be believed.
fn draw_tiny(screen: &mut Screen<'_>, area: Rect, is_stale: bool) {
    const WORD: &str = "STALE ";
    let mut rest = area;
    if is_stale {
        // An ellipsis would hide half of it.
        let word = &WORD[..WORD.len().min(usize::from(area.width))];
        let used = screen.put(area.x, area.y, area.width, word, screen.look.styles.banner);
        rest = Rect { x: area.x + used, width: area.width - used, ..area };
    }
    tiny::draw(screen, rest);
}

/// The frame of the whole wall: of words and reversed when what is inside is too old.
fn frame(screen: &mut Screen<'_>, area: Rect, is_stale: bool) {
    const WORD: &str = "STALE ";
    let Look { styles, .. } = screen.look;
    if !is_stale {
        let (title, note) = (Line::default(), Line::default());
        screen.panel(area, &title, &note, false);
        return;
    }
    let style = styles.banner;
    let across: String = WORD.chars().cycle().take(usize::from(area.width)).collect();
    for y in [area.y, area.bottom() - 1] {
        screen.put(area.x, y, area.width, &across, style);
    }
    for (y, letter) in (area.y + 1..area.bottom() - 1).zip(WORD.chars().cycle().skip(1)) {
        for x in [area.x, area.right() - 1] {
            screen.put(x, y, 1, letter.encode_utf8(&mut [0; 4]), style);
        }
    }
}

/// The first line: the same words as the board's, and the time.
fn said(screen: &mut Screen<'_>, row: Rect) {
    let styles = &screen.look.styles;
    let time = Line::styled(screen.dates.time(screen.clock), styles.muted);
    let Some(insight) = screen.state.release() else {
        let title = screen.state.board.title.clone();
        let used = screen.put(row.x, row.y, row.width, &title, styles.strong) + 2;
        screen.put(row.x + used, row.y, row.width.saturating_sub(used), "no release", styles.muted);
        screen.put_right(row, &time);
        return;
    };
    let name = Span::styled(insight.release.id.to_string(), styles.strong);
    let banner = top::banner(screen, row.width).map(|banner| Piece::new(0, vec![banner]));
    let mut pieces: Vec<Piece> = banner.into_iter().chain([Piece::new(0, vec![name])]).collect();
    pieces.extend(headline::pieces(
        screen.look,
        insight,
        screen.dates,
        screen.now,
        format::countdown,
        screen.state.lens,
    ));
    let beside_time = usize::from(row.width).saturating_sub(line_width(&time) + 2);
    // How far away the target is outlives what time it is.
    let room =
        if headline::least_cells(&pieces, 2) > beside_time { usize::from(row.width) } else { beside_time };
    headline::fold(&mut pieces, room, 2);
    // The answer needs the room more than the time does.
    if headline::cells(&pieces, 2) <= beside_time {
        screen.put_right(row, &time);
    }
    screen.put_line(row.x, row.y, row.width, &headline::line(pieces, 2));
}

/// The last line: whether data comes, and what does not.
fn foot(screen: &mut Screen<'_>, row: Rect, stale: &[String]) {
    let Look { styles, glyphs } = screen.look;
    let Some((beats, at)) = screen.state.wall.as_ref().map(Wall::heartbeat) else { return };
    let heard = match at {
        Some(at) => format!("heard {} ", screen.dates.time(at)),
        None => "nothing heard yet ".to_owned(),
    };
    let mut x = row.x + screen.put(row.x, row.y, row.width, &heard, styles.muted);
    let here = (beats % u64::from(BEATS)) as u16;
    for place in 0..BEATS {
        let (mark, of_place) = if place == here && at.is_some() {
            (glyphs.marked, styles.accent)
        } else {
            (glyphs.ideal, styles.muted)
        };
        x += screen.put(x, row.y, row.right().saturating_sub(x), mark, of_place);
    }
    if stale.is_empty() && screen.state.board.completeness == Completeness::Filling {
        let said = format!("  {} filling in", glyphs.running);
        screen.put(x, row.y, row.right().saturating_sub(x), &said, styles.running);
    }
    if !stale.is_empty() {
        let word = format!(" STALE {} ", stale.join(", "));
        screen.put(x + 2, row.y, row.right().saturating_sub(x + 2), &word, styles.banner);
    }
}

/// Countdown and headline; the rows that they took.
fn blocks(screen: &mut Screen<'_>, area: Rect, has_panel: bool) -> u16 {
    let Some(insight) = screen.state.release() else {
        return words(screen, area, &[(NO_RELEASE.to_owned(), screen.look.styles.muted)], has_panel);
    };
    let styles = &screen.look.styles;
    let mut texts = Vec::new();
    if let (Some(target), None) = (insight.release.target, insight.release.released_at) {
        let countdown = format::countdown(target.at, screen.now);
        // Nobody promised it: no alarm.
        texts.push((countdown, if target.estimated { styles.muted } else { styles.strong }));
    }
    texts.push(answer(screen, insight));
    words(screen, area, &texts, has_panel)
}

const NO_RELEASE: &str = "NO RELEASE";

/// The word that leads on the board: the outlook, from the last day on the verdict.
fn answer(screen: &Screen<'_>, insight: &ReleaseInsight) -> (String, Style) {
    let leads = insight.last_day_from.is_some_and(|from| from <= screen.now);
    let said = if leads && insight.release.released_at.is_none() {
        states::verdict(screen.look, insight.verdict)
    } else {
        states::outlook(screen.look, insight.outlook)
    };
    (said.word.to_uppercase(), said.style.patch(screen.look.styles.strong))
}

/// Lines of blocks, all of one size; where not even the smallest fits, words. The rows they took.
fn words(screen: &mut Screen<'_>, area: Rect, lines: &[(String, Style)], has_panel: bool) -> u16 {
    let count = lines.len().max(1) as u16;
    // A free row above, between and, where something follows, none below.
    let gap = u16::from(has_panel);
    let rows = area.height.saturating_sub(gap * count) / count;
    let has_halves = screen.look.glyphs.braille;
    let texts: Vec<&str> = lines.iter().map(|(text, _)| text.as_str()).collect();
    let same = Size::fitting(&texts, area.width, rows, has_halves);
    let mut y = area.y;
    for (content, style) in lines {
        y += gap;
        // A long word is smaller than the digits rather than both small.
        let size = same.or_else(|| Size::fitting(&[content.as_str()], area.width, rows, has_halves));
        if let Some(size) = size {
            let x = area.x + (area.width - size.width(content)) / 2;
            letters::draw(screen, (x, y), content, size, *style);
            y += size.rows();
        } else {
            let spaced: Vec<String> = content.chars().map(String::from).collect();
            let spaced = spaced.join(" ");
            let shown = if text::width(&spaced) <= usize::from(area.width) { &spaced } else { content };
            let x = area.x + (area.width.saturating_sub(text::width(shown) as u16)) / 2;
            screen.put(x, y + rows.saturating_sub(1) / 2, area.width, shown, *style);
            y += rows.clamp(1, 3);
        }
    }
    y - area.y
}

#[cfg(test)]
mod tests;
