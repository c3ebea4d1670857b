//! What was done, opened and solved week by week, under the chart.
//!
//! ```text
//! stories done a week     ▁▃▅▇▂   5 this week, 8 the week before
//! defects opened          ▂▁▃ ▁   1           , 3
//! defects solved           ▁▂▃    0
//! ```

use ratatui::{buffer::Buffer, layout::Rect};

use crate::{
    insight::{BurnDown, Unit, Week},
    theme::{Glyphs, Styles},
};

use super::labels::write;

/// A line of bars: its name, and what it counts.
type Series = (&'static str, fn(&Week) -> u32);

/// Rows that it takes.
pub(super) const ROWS: u16 = 3;

/// Rows of the chart that must be left above it.
const LEAST_ABOVE: u16 = 11;

/// Cells of the names.
const NAMES: u16 = 16;

/// The place of it beneath the chart, and what is left for the chart; none where there is no room
/// for both, or nothing to tell.
pub(super) fn place(area: Rect, data: &BurnDown) -> Option<(Rect, Rect)> {
    let has_room = area.height >= LEAST_ABOVE + ROWS && area.width >= 50;
    let tells = data.weeks.iter().any(|week| week.done + week.defects_opened + week.defects_solved > 0);
    let above = Rect { height: area.height.checked_sub(ROWS)?, ..area };
    let below = Rect { y: above.bottom(), height: ROWS, ..area };
    (has_room && tells).then_some((above, below))
}

/// Draws the weeks.
pub(super) fn draw(buffer: &mut Buffer, area: Rect, data: &BurnDown, styles: &Styles, glyphs: &Glyphs) {
    let done = match data.unit {
        Unit::Stories => "stories done",
        Unit::PullRequests => "merged",
    };
    let series: [Series; 3] = [
        (done, |week| week.done),
        ("defects opened", |week| week.defects_opened),
        ("defects solved", |week| week.defects_solved),
    ];
    // The figures beside the bars: `12 this week, 120 before`.
    let bars = usize::from(area.width.saturating_sub(NAMES + 36)).min(data.weeks.len());
    let shown = &data.weeks[data.weeks.len() - bars..];
    let colours = [styles.stories, styles.defects, styles.go];
    for (((name, value), row), style) in series.into_iter().zip(0..area.height).zip(colours) {
        write(buffer, area, 1, row, name, styles.muted);
        // Defects are held against each other, what is done against itself.
        let largest = shown.iter().flat_map(|week| match name {
            "defects opened" | "defects solved" => [week.defects_opened, week.defects_solved],
            _ => [week.done, 0],
        });
        let largest = largest.max().unwrap_or(0).max(1);
        let mut x = NAMES;
        for week in shown {
            let height = (u64::from(value(week)) * 8).div_ceil(u64::from(largest)) as usize;
            write(buffer, area, x, row, glyphs.bars[height.min(8)], style);
            x += 1;
        }
        let [.., newest] = shown else { continue };
        let mut said = format!("  {} this week", value(newest));
        if let [.., before, _] = shown {
            said = format!("{said}, {} the week before", value(before));
        }
        write(buffer, area, x, row, &said, styles.muted);
    }
}
