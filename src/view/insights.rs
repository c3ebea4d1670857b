//! Tab 5: cards, one for each question, and the one that fills the screen.

use ratatui::{
    layout::Rect,
    text::{Line, Span},
};

use crate::{
    app::{Command, ListId, Row},
    insight::{Card, Part, Study, words},
};

use super::{
    Look,
    screen::Screen,
    text,
    widgets::card::{self, rows},
};

/// Cells below which a card is not drawn beside another one.
const LEAST_WIDTH: u16 = 56;
/// Rows of a card at least, its frame among them.
const HEIGHT: u16 = 9;
/// Lines of a sentence.
const SENTENCE: usize = 2;

/// Draws the tab.
pub(super) fn draw(screen: &mut Screen<'_>, body: Rect) {
    let state = screen.state;
    let Some(study) = state.insights.study.as_deref() else {
        let Look { styles, glyphs } = screen.look;
        let said = format!("{} reading what the data says", glyphs.running);
        screen.put(body.x + 1, body.y, body.width.saturating_sub(2), &said, styles.running);
        return;
    };
    let body = if study.is_whole() { body } else { progress(screen, body, study) };
    match state.card().filter(|_| state.insights.opened) {
        Some(card) => one(screen, body, card),
        None => all(screen, body, study),
    }
}

/// How many cards are there while more are being made; the rest of the place.
fn progress(screen: &mut Screen<'_>, body: Rect, study: &Study) -> Rect {
    let Look { styles, glyphs } = screen.look;
    let said =
        format!("{} {} of {} cards", glyphs.running, study.cards.len(), study.cards.len() + study.remaining);
    screen.put(body.x + 1, body.y, body.width.saturating_sub(2), &said, styles.running);
    Rect { y: body.y + 1, height: body.height.saturating_sub(1), ..body }
}

fn all(screen: &mut Screen<'_>, body: Rect, study: &Study) {
    let list = screen.state.list(ListId::Cards);
    if list.rows.is_empty() {
        screen.put(body.x + 1, body.y, body.width, "no card has these words", screen.look.styles.muted);
        return;
    }
    let columns = (body.width / LEAST_WIDTH).clamp(1, list.rows.len() as u16);
    let lines = (body.height / HEIGHT).max(1);
    // What is left over makes each a little higher.
    let height = (body.height / lines).max(HEIGHT);
    let width = body.width / columns;
    // The line of the selected card is in sight; nothing scrolls that need not.
    let selected = list.position / usize::from(columns);
    let first = (selected + 1).saturating_sub(usize::from(lines));
    let shown = list.rows.iter().copied().enumerate().skip(first * usize::from(columns));
    for ((position, row), place) in shown.zip(0..lines * columns) {
        let Row::Card(index) = row else { continue };
        let Some(card) = study.cards.get(index as usize) else { continue };
        let (line, column) = (place / columns, place % columns);
        let is_rightmost = column + 1 == columns;
        let area = Rect {
            x: body.x + column * width,
            y: body.y + line * height,
            width: if is_rightmost { body.width - column * width } else { width },
            height: height.min(body.height - line * height),
        };
        small(screen, area, card, position == list.position);
        screen.layout.cards.push((position, area));
    }
    screen.layout.card_columns = usize::from(columns);
}

fn title(screen: &Screen<'_>, card: &Card) -> Line<'static> {
    Line::styled(screen.state.lens.title(card.id), screen.look.styles.title)
}

/// The sentence, a mark and a word before it; the rows that it took.
fn sentence(screen: &mut Screen<'_>, area: Rect, card: &Card, most: usize) -> u16 {
    let (mark, style) = card::standing(screen.look, card.standing);
    let cells = usize::from(area.width.saturating_sub(2));
    let said = text::wrap(&card.sentence, cells);
    let mut used = 0;
    for (line, y) in said.iter().take(most).zip(area.y..area.bottom()) {
        let is_cut = usize::from(used) + 1 == most && said.len() > most;
        let line = if is_cut { format!("{line} {}", screen.look.glyphs.ellipsis) } else { line.clone() };
        screen.put(area.x + 2, y, area.width.saturating_sub(2), &line, screen.look.styles.base);
        used += 1;
    }
    if used > 0 {
        screen.put(area.x, area.y, 1, mark, style);
    }
    used
}

fn small(screen: &mut Screen<'_>, area: Rect, card: &Card, selected: bool) {
    let (_, style) = card::standing(screen.look, card.standing);
    let note = Line::styled(card.standing.word(), style);
    let inside = screen.panel(area, &title(screen, card), &note, selected);
    if inside.width < 6 {
        return;
    }
    let line = Rect { x: inside.x + 1, width: inside.width - 2, ..inside };
    let used = sentence(screen, line, card, SENTENCE);
    let rest = Rect { y: line.y + used, height: line.height.saturating_sub(used), ..line };
    card::picture(screen, rest, card);
}

/// All that is remarked, wrapped; of more than a third of the place the rest is behind the key that
/// asks why. The rows that it took.
fn remarks(screen: &mut Screen<'_>, area: Rect, card: &Card) -> u16 {
    let Look { styles, glyphs } = screen.look;
    let cells = usize::from(area.width.saturating_sub(2));
    let mut lines: Vec<(bool, String)> = Vec::new();
    for remark in card.remarks() {
        let wrapped = text::wrap(remark, cells).into_iter().enumerate();
        lines.extend(wrapped.map(|(index, line)| (index == 0, line)));
    }
    let most = usize::from(area.height / 3).max(1);
    if most == 1
        && let Some(first) = card.remarks().next()
    {
        // Where there is room for one line only, it is cut off and says so.
        lines = vec![(true, first.to_string())];
    }
    if lines.len() > most {
        let hidden = lines.len() - most + 1;
        lines.truncate(most - 1);
        let key = screen.key(Command::Why).map(|key| format!(", {key} shows all")).unwrap_or_default();
        lines.push((
            true,
            format!("{} {}{key}", glyphs.ellipsis, words::count(hidden, "more line", "more lines")),
        ));
    }
    for ((is_first, line), y) in lines.iter().zip(area.y..) {
        if *is_first {
            screen.put(area.x, y, 1, glyphs.separator, styles.muted);
        }
        screen.put(area.x + 2, y, area.width.saturating_sub(2), line, styles.muted);
    }
    lines.len() as u16
}

fn one(screen: &mut Screen<'_>, body: Rect, card: &Card) {
    let Look { styles, glyphs } = screen.look;
    let (_, style) = card::standing(screen.look, card.standing);
    let title = Line::from(vec![
        Span::styled("Insights", styles.title),
        Span::styled(format!(" {} {}", glyphs.separator, screen.state.lens.title(card.id)), styles.base),
    ]);
    let inside = screen.panel(body, &title, &Line::styled(card.standing.word(), style), true);
    if inside.width < 6 {
        return;
    }
    let line = Rect { x: inside.x + 1, width: inside.width - 2, ..inside };
    let mut y = line.y + sentence(screen, line, card, usize::from(line.height));
    y += remarks(screen, Rect { y, height: line.bottom().saturating_sub(y), ..line }, card);
    // Half of the rest for each, and to the rows what the picture does not need.
    let rest = line.bottom().saturating_sub(y);
    let needed = card::wanted_height(card).min(rest / 2);
    card::picture(screen, Rect { y, height: needed, ..line }, card);
    let below = Rect { y: y + needed, height: rest - needed, x: inside.x, width: inside.width };
    let depth = screen.state.lens.depth(Part::Card(card.id));
    if depth.rows() > 0 {
        return rows::draw(screen, below, card);
    }
    // One that cannot say anything has none for anybody.
    if below.height > 1 && !card.columns.is_empty() {
        let what = if depth.has_picture() { "the rows" } else { "the picture and the rows" };
        let said = format!("{what} behind it are for other readers: \":lens all\" shows them");
        screen.put(below.x + 3, below.y + 1, below.width.saturating_sub(3), &said, styles.muted);
    }
}
