//! Bars with a name each, in as many columns as it takes.

use ratatui::layout::Rect;

use crate::{
    insight::{Bar, CardId, CardStanding},
    view::{Look, screen::Screen, text},
};

use super::{LONGEST_NAME, standing};

/// Cells of a bar at least, where bars stand in several columns.
const LEAST_BAR: usize = 6;
/// Cells between two columns.
const GAP: usize = 2;

/// What the order of bars means, and so which ones are left out where there is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// Time, the newest last.
    Time,
    /// Rank, the most telling first.
    Rank,
    /// Time or a way, each bar of parts that have names.
    Named,
}

/// The order of the bars of a card.
pub(super) fn order(card: CardId) -> Order {
    match card {
        CardId::AutomaticFindings | CardId::Testing | CardId::RecurringDefects | CardId::Effort => {
            Order::Rank
        }
        _ => Order::Time,
    }
}

/// Where each bar stands.
#[derive(Debug, PartialEq, Eq)]
struct Places {
    columns: usize,
    rows: usize,
    /// Bars before the first and after the last one that is shown.
    left_out: [usize; 2],
}

/// The places of `count` bars of which each takes `needed` cells, in `width` by `height` cells. All of
/// them where they fit, if need be in columns; else a row less, in which is said how many there are
/// besides.
fn places(count: usize, needed: usize, width: usize, height: usize, order: Order) -> Places {
    let most = ((width + GAP) / (needed + GAP)).max(1);
    let columns = count.div_ceil(height.max(1)).max(1);
    if columns <= most {
        return Places { columns, rows: count.div_ceil(columns), left_out: [0, 0] };
    }
    let rows = height.saturating_sub(1).max(1);
    let more = count.saturating_sub(rows);
    Places { columns: 1, rows, left_out: if order == Order::Rank { [0, more] } else { [more, 0] } }
}

/// What stands at the end of a bar: what it says, and the mark of how good it is.
fn said(look: &Look, bar: &Bar) -> String {
    match bar.standing {
        CardStanding::Told => bar.says.trim_end().to_owned(),
        judged => format!("{} {}", bar.says.trim_end(), standing(look, judged).0).trim_start().to_owned(),
    }
}

/// Draws the bars in their order, all by one scale.
pub(super) fn draw(screen: &mut Screen<'_>, area: Rect, bars: &[Bar], order: Order) {
    let name = bars.iter().map(|bar| text::width(&bar.label)).max().unwrap_or(0).min(LONGEST_NAME);
    let says = bars.iter().map(|bar| text::width(&said(screen.look, bar))).max().unwrap_or(0);
    let needed = name + says + 2 + LEAST_BAR;
    let places = places(bars.len(), needed, usize::from(area.width), usize::from(area.height), order);
    let [before, after] = places.left_out;
    let shown = &bars[before..bars.len() - after];
    let largest = shown.iter().map(|bar| bar.parts.iter().sum::<f64>()).fold(0.0, f64::max);
    let gaps = GAP * (places.columns - 1);
    let width = (usize::from(area.width).saturating_sub(gaps) / places.columns) as u16;
    let room = usize::from(width).saturating_sub(name + says + 2);
    let mut top = area.y;
    // Where there is one row only, it is that of a bar.
    let is_told = before + after > 0 && area.height > 1;
    if before > 0 && is_told {
        note(screen, Rect { height: 1, ..area }, &format!("{before} before"));
        top += 1;
    }
    for (index, bar) in shown.iter().enumerate() {
        let x = area.x + (index / places.rows) as u16 * (width + GAP as u16);
        let y = top + (index % places.rows) as u16;
        one(screen, Rect { x, y, width, height: 1 }, bar, Scale { name, room, largest, order });
    }
    if after > 0 && is_told {
        let y = top + shown.len() as u16;
        note(screen, Rect { y, height: 1, ..area }, &format!("{after} more"));
    }
}

fn note(screen: &mut Screen<'_>, line: Rect, said: &str) {
    let Look { styles, glyphs } = screen.look;
    screen.put(line.x, line.y, line.width, &format!("{} {said}", glyphs.ellipsis), styles.muted);
}

/// What all bars share.
#[derive(Clone, Copy)]
struct Scale {
    /// Cells of a name and of the longest bar.
    name: usize,
    room: usize,
    /// What the longest bar stands for.
    largest: f64,
    order: Order,
}

/// The parts of a bar have names of their own, or the bar is as good as it is coloured.
fn one(screen: &mut Screen<'_>, line: Rect, bar: &Bar, scale: Scale) {
    let Look { styles, glyphs } = screen.look;
    let [full, rest, expected] = glyphs.bar;
    let Scale { name, room, largest, order } = scale;
    let is_named = order == Order::Named;
    screen.put(line.x, line.y, name as u16, &bar.label, styles.base);
    let (_, style) = standing(screen.look, bar.standing);
    let mut x = line.x + name as u16 + 1;
    for (part, index) in bar.parts.iter().zip(0..) {
        let cells = if largest > 0.0 { (part / largest * room as f64).round() as usize } else { 0 };
        // The first part is the one that counts; what follows is beside it.
        let (glyph, style) = match (index, is_named) {
            (0, false) => (full, style),
            (0, true) => (full, styles.stories),
            (_, true) if bar.standing != CardStanding::Told => (rest, style),
            (2, true) => (expected, styles.muted),
            _ => (rest, styles.muted),
        };
        let least = usize::from(*part > 0.0);
        let left = (line.x as usize + name + 1 + room).saturating_sub(x as usize);
        let cells = cells.max(least).min(left);
        x += screen.put(x, line.y, cells as u16, &glyph.repeat(cells), style);
    }
    x += 1;
    x += screen.put(x, line.y, line.right().saturating_sub(x), bar.says.trim_end(), styles.base);
    if bar.standing != CardStanding::Told {
        let (mark, style) = standing(screen.look, bar.standing);
        let gap = u16::from(!bar.says.trim_end().is_empty());
        screen.put(x + gap, line.y, line.right().saturating_sub(x + gap), mark, style);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_stand_in_columns_before_any_is_left_out_and_never_one_of_the_middle() {
        for (count, needed, width, height, order, columns, rows, left_out) in [
            (5, 20, 76, 5, Order::Time, 1, 5, [0, 0]),
            // Two columns of four.
            (8, 27, 56, 5, Order::Named, 2, 4, [0, 0]),
            (7, 24, 76, 3, Order::Named, 3, 3, [0, 0]),
            // A column more does not fit: the old end goes, and one row says so.
            (8, 28, 56, 5, Order::Named, 1, 4, [4, 0]),
            (8, 28, 56, 5, Order::Time, 1, 4, [4, 0]),
            (8, 28, 56, 5, Order::Rank, 1, 4, [0, 4]),
            (3, 70, 60, 1, Order::Rank, 1, 1, [0, 2]),
            (0, 2, 60, 4, Order::Time, 1, 0, [0, 0]),
        ] {
            let expected = Places { columns, rows, left_out };
            assert_eq!(places(count, needed, width, height, order), expected, "{count} {needed} {order:?}");
        }
    }
}
