//! One month, large enough to say what is on every day.

use chrono::{Datelike as _, NaiveDate};
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr as _;

use super::{
    Sheet, WEEK, by_label, first_of, fit, last_of,
    releases::{self, Plan},
    title, weeks,
};
use crate::insight::CalendarEntry;

impl Sheet<'_> {
    /// One month whose days say what is on them, and the releases with all their dates.
    pub(super) fn large(&mut self, area: Rect, shown: NaiveDate, releases: &[Plan<'_>]) {
        let month = first_of(shown);
        let name = title(month);
        self.write(area, 0, 0, &name, self.styles.title);
        let key = area.width.saturating_sub(name.width() as u16 + 3);
        let beside = Rect { x: area.right() - key, width: key, height: 1, ..area };
        self.legend(beside, month, last_of(month));
        let width = area.width / 7;
        for (index, name) in (0..).zip(WEEK) {
            self.write(area, index * width, 1, name, self.styles.header);
        }
        let weeks: Vec<_> = weeks(month).collect();
        let least = 2 + 2 * weeks.len() as u16;
        // One row keeps the releases apart from the month.
        let listed = (releases.len() as u16).min(area.height.saturating_sub(least + 1));
        let below = if listed > 0 { listed + 1 } else { 0 };
        let needed: Vec<_> = weeks.iter().map(|week| self.rows_of(week)).collect();
        let heights = releases::share(area.height - 2 - below, &needed);
        let mut top = area.y + 2;
        for (week, height) in weeks.iter().zip(heights) {
            for (column, day) in (0..).zip(week) {
                // The last cell keeps the columns apart.
                let place = Rect { x: area.x + column * width, y: top, width: width - 1, height };
                self.large_day(place, *day, month);
            }
            top += height;
        }
        let place = Rect { y: area.bottom() - listed, height: listed, ..area };
        self.plans(place, releases);
    }

    /// Rows that a week takes to say all.
    fn rows_of(&self, week: &[NaiveDate; 7]) -> u16 {
        let rows = week.iter().map(|day| by_label(&self.of(*day)).len() + 1).max().unwrap_or(1);
        (rows as u16).max(2)
    }

    fn large_day(&mut self, area: Rect, day: NaiveDate, month: NaiveDate) {
        let number = match day.day() {
            1 => day.format("%-d %b").to_string(),
            number => number.to_string(),
        };
        let long = format!("{number} today ");
        let is_long = day == self.today && long.width() <= usize::from(area.width);
        let number = if is_long { long } else { format!("{number} ") };
        let used = number.width() as u16;
        self.write(area, 0, 0, number.trim_end(), self.number_style(day, month));
        let line = self.glyphs.lines[0].repeat(usize::from(area.width.saturating_sub(used)));
        self.write(area, used, 0, &line, self.styles.border);
        if self.selected == Some(day) {
            self.select(area, 0, 0, area.width);
        }
        let entries = self.of(day);
        let labels = by_label(&entries);
        let rows = usize::from(area.height.saturating_sub(1));
        let listed = if labels.len() > rows { rows.saturating_sub(1) } else { rows };
        for (row, same) in (1..).zip(labels.iter().take(listed)) {
            self.same(area, row, same);
        }
        let hidden = labels.get(listed..).unwrap_or_default();
        if !hidden.is_empty() {
            self.more(area, rows as u16, hidden);
        }
    }

    /// How many are not listed; the marks of them where there is room.
    fn more(&mut self, area: Rect, row: u16, hidden: &[Vec<&CalendarEntry>]) {
        let is_narrow = row == 1 && area.width < 12;
        let text = format!("+{}{}", hidden.len(), if is_narrow { "" } else { " more" });
        let text = fit(&text, area.width, self.glyphs.ellipsis).into_owned();
        let row = row.min(area.height.saturating_sub(1));
        let start = if row == 0 { area.width.saturating_sub(text.width() as u16) } else { 0 };
        self.write(area, start, row, &text, self.styles.muted);
        let marks = (start + text.width() as u16 + 1)..area.width;
        for (column, entry) in marks.zip(hidden.iter().flatten()) {
            let (mark, style) = self.look(entry.kind);
            self.write(area, column, row, mark, style);
        }
    }
}
