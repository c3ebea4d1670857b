//! Areas one upon the other, such as a cumulative flow diagram.

use ratatui::{
    layout::Rect,
    style::{Color, Style},
};

use crate::{
    domain::Text,
    insight::Series,
    view::{Look, screen::Screen, text},
};

use super::LONGEST_NAME;

/// Draws the areas with their names beside them, the topmost first, and the first and last
/// step below. All steps are shown, however many columns there are.
pub(super) fn draw(screen: &mut Screen<'_>, area: Rect, steps: &[Text], series: &[Series]) {
    let names = series.iter().map(|one| text::width(&one.name)).max().unwrap_or(0).min(LONGEST_NAME);
    let says: Vec<String> = series.iter().map(|one| said(screen.look, one)).collect();
    let figures = says.iter().map(|said| text::width(said)).max().unwrap_or(0);
    // A mark, the name and the newest value of each.
    let legend = names + figures + 4;
    let room = usize::from(area.width).saturating_sub(legend + 1);
    let height = area.height.saturating_sub(1);
    if room < 4 || height == 0 || steps.is_empty() {
        return;
    }
    let columns: Vec<Vec<f64>> = (0..room).map(|column| stack(series, column * steps.len() / room)).collect();
    let largest = columns.iter().filter_map(|stack| stack.last()).copied().fold(0.0, f64::max);
    let bottom = area.y + height;
    for (stack, x) in columns.iter().zip(area.x..) {
        for row in 0..height {
            let Some((glyph, style)) = cell(screen.look, stack, largest, row, height) else { continue };
            screen.put(x, bottom - 1 - row, 1, glyph, style);
        }
    }
    let x = area.x + room as u16 + 1;
    for (((index, one), said), y) in series.iter().enumerate().zip(&says).rev().zip(area.y..bottom) {
        let (glyph, style) = fill(screen.look, index);
        screen.put(x, y, 1, glyph, style);
        screen.put(x + 2, y, names as u16, &one.name, screen.look.styles.base);
        let indent = figures - text::width(said);
        let at = x + 3 + (names + indent) as u16;
        screen.put(at, y, area.right().saturating_sub(at), said, screen.look.styles.base);
    }
    let axis = screen.look.styles.axis;
    let used = steps.first().map_or(0, |first| screen.put(area.x, bottom, room as u16, first, axis));
    if let Some(last) = steps.last() {
        let width = text::width(last);
        if usize::from(used) + width < room {
            screen.put(area.x + (room - width) as u16, bottom, width as u16, last, axis);
        }
    }
}

fn said(look: &Look, series: &Series) -> String {
    let last = series.values.iter().rev().flatten().next();
    last.map_or(look.glyphs.dash.to_owned(), |value| format!("{value:.0}"))
}

/// The upper edge of each area at a step.
fn stack(series: &[Series], step: usize) -> Vec<f64> {
    let mut sum = 0.0;
    let edges = series.iter().map(|one| {
        sum += one.values.get(step).copied().flatten().unwrap_or(0.0).max(0.0);
        sum
    });
    edges.collect()
}

/// How the area at this place in the stack is filled: neighbours differ without colour, too.
fn fill(look: &Look, index: usize) -> (&'static str, Style) {
    let Look { styles, glyphs } = look;
    let palette = [styles.go, styles.stories, styles.scope, styles.unknown, styles.muted, styles.defects];
    let style = palette[index % palette.len()];
    let has_colour = style.fg.is_some_and(|colour| colour != Color::Reset);
    (glyphs.bar[if has_colour { 0 } else { index % 2 }], style)
}

/// What is seen in a row, counted from the bottom: the area that covers its middle, and of
/// the uppermost one also a part of a cell.
fn cell(look: &Look, stack: &[f64], largest: f64, row: u16, height: u16) -> Option<(&'static str, Style)> {
    if largest <= 0.0 {
        return None;
    }
    let middle = (f64::from(row) + 0.5) * largest / f64::from(height);
    if let Some(index) = stack.iter().position(|edge| middle < *edge) {
        return Some(fill(look, index));
    }
    let top = stack.last()? * f64::from(height) / largest - f64::from(row);
    let eighths = (top * 8.0).round().clamp(0.0, 8.0) as usize;
    let index = stack.iter().position(|edge| Some(edge) == stack.last())?;
    (eighths > 0).then(|| (look.glyphs.bars[eighths], fill(look, index).1))
}
