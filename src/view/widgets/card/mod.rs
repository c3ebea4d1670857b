//! The picture of a card, as large as there is room.

mod areas;
mod bars;
pub(crate) mod rows;

use ratatui::{layout::Rect, style::Style};

use crate::{
    domain::Text,
    insight::{Card, CardStanding, Picture, Series},
    view::{Look, screen::Screen, text},
};

use bars::Order;

/// Cells of the longest name beside a picture.
const LONGEST_NAME: usize = 24;
/// Rows of a picture from which on its legend is one of them.
const LEAST_WITH_LEGEND: u16 = 4;
/// Rows of one line of a picture where there is room.
const LINE_HEIGHT: u16 = 3;

/// The mark and the style of a standing.
pub(crate) fn standing(look: &Look, standing: CardStanding) -> (&'static str, Style) {
    let Look { styles, glyphs } = look;
    match standing {
        CardStanding::Poor => (glyphs.no_go, styles.no_go),
        CardStanding::Watch => (glyphs.at_risk, styles.at_risk),
        CardStanding::Good => (glyphs.go, styles.go),
        CardStanding::Told => (glyphs.separator, styles.muted),
        CardStanding::Unknown => (glyphs.unknown, styles.unknown),
    }
}

/// Rows that the picture fills where there is room for all of it.
pub(crate) fn wanted_height(card: &Card) -> u16 {
    match &card.picture {
        Picture::None => 0,
        Picture::Bars { bars } => bars.len() as u16,
        Picture::Parts { bars, .. } => bars.len() as u16 + 1,
        // Two more than there are names: the steps, and air above the areas.
        Picture::Lines { series, stacked: true, .. } => (series.len() as u16).saturating_mul(2) + 2,
        Picture::Lines { series, .. } => (series.len() as u16).saturating_mul(LINE_HEIGHT).saturating_add(1),
    }
}

/// Draws the picture. Bars that have no room are left out from the old end, of those in an order of
/// rank from the lower one, and how many is said.
pub(crate) fn picture(screen: &mut Screen<'_>, area: Rect, card: &Card) {
    if area.height == 0 || area.width < 8 {
        return;
    }
    match &card.picture {
        Picture::None => {}
        Picture::Bars { bars } => bars::draw(screen, area, bars, bars::order(card.id)),
        Picture::Parts { bars, parts } => {
            // In a very small place the bars count more than their legend.
            let below = Rect { y: area.y + 1, height: area.height - 1, ..area };
            if area.height >= LEAST_WITH_LEGEND || usize::from(below.height) >= bars.len() {
                legend(screen, area, parts);
                bars::draw(screen, below, bars, Order::Named);
            } else {
                bars::draw(screen, area, bars, Order::Named);
            }
        }
        Picture::Lines { steps, series, stacked: true } => areas::draw(screen, area, steps, series),
        Picture::Lines { steps, series, .. } => {
            draw_lines(screen, area, steps.iter().map(|step| &**step).collect::<Vec<_>>().as_slice(), series);
        }
    }
}

/// What the parts of bars are.
fn legend(screen: &mut Screen<'_>, area: Rect, parts: &[Text]) {
    let Look { styles, glyphs } = screen.look;
    let mut x = area.x;
    for (name, glyph) in parts.iter().zip(glyphs.bar) {
        let style = if glyph == glyphs.bar[0] { styles.stories } else { styles.muted };
        x += screen.put(x, area.y, area.right().saturating_sub(x), glyph, style) + 1;
        x += screen.put(x, area.y, area.right().saturating_sub(x), name, styles.muted) + 2;
    }
}

fn draw_lines(screen: &mut Screen<'_>, area: Rect, steps: &[&str], series: &[Series]) {
    let Look { styles, glyphs } = screen.look;
    let count = series.len().max(1) as u16;
    let height = (area.height / count).clamp(1, LINE_HEIGHT);
    let name = series.iter().map(|line| text::width(&line.name)).max().unwrap_or(0).min(LONGEST_NAME);
    let last = |line: &Series| {
        line.values
            .iter()
            .rev()
            .flatten()
            .next()
            .map_or(glyphs.dash.to_owned(), |value| format!("{value:.0}"))
    };
    let says = series.iter().map(|line| text::width(&last(line))).max().unwrap_or(0);
    let room = usize::from(area.width).saturating_sub(name + says + 2);
    let palette = [styles.stories, styles.scope, styles.tests, styles.defects, styles.forecast, styles.muted];
    for ((line, index), told) in series.iter().zip(0u16..).zip(palette.into_iter().cycle()) {
        // Colours without a meaning tell lines apart; what has one is coloured by it.
        let style = match line.standing {
            CardStanding::Told => told,
            other => standing(screen.look, other).1,
        };
        let y = area.y + index * height;
        if y + height > area.bottom() {
            return;
        }
        let values = &line.values[line.values.len().saturating_sub(room)..];
        let largest = values.iter().flatten().copied().fold(0.0, f64::max);
        screen.put(area.x, y + height - 1, name as u16, &line.name, style);
        for (value, x) in values.iter().zip(area.x + name as u16 + 1..) {
            let Some(value) = value.filter(|_| largest > 0.0) else { continue };
            // Eight steps in a cell; what is there at all is seen.
            let steps = (value.max(0.0) / largest * f64::from(height) * 8.0).round() as usize;
            let steps = if value > 0.0 { steps.max(1) } else { 0 };
            for row in 0..height {
                let here = steps.saturating_sub(usize::from(row) * 8).min(8);
                if here > 0 {
                    screen.put(x, y + height - 1 - row, 1, glyphs.bars[here], style);
                }
            }
        }
        let x = area.x + (name + 2 + values.len()) as u16;
        screen.put(x, y + height - 1, area.right().saturating_sub(x), &last(line), styles.base);
    }
    let y = area.y + count * height;
    if y < area.bottom() && !steps.is_empty() {
        let shown = &steps[steps.len().saturating_sub(room)..];
        let (first, last) =
            (shown.first().copied().unwrap_or_default(), shown.last().copied().unwrap_or_default());
        let x = area.x + name as u16 + 1;
        let used = screen.put(x, y, room as u16, first, styles.axis);
        let width = text::width(last) as u16;
        let end = x + shown.len() as u16;
        if end > x + used + width {
            screen.put(end - width, y, width, last, styles.axis);
        }
    }
}
