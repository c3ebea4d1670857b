//! The days of a month, with what is on them.
//!
//! From 60 columns on every day has room for the names of what is on it. With less, the
//! months are as small as they can be, as many as there is room for, and a day has a mark.

use std::borrow::Cow;

use chrono::{Datelike as _, Days, Months, NaiveDate, Weekday};
use ratatui::{
    buffer::Buffer,
    layout::{Position, Rect},
    style::{Modifier, Style},
};
use unicode_segmentation::UnicodeSegmentation as _;
use unicode_width::UnicodeWidthStr as _;

use crate::{
    insight::{CalendarEntry, CalendarKind},
    theme::{Glyphs, Styles},
};

/// Days of the week, the first one first.
const WEEK: [&str; 7] = ["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"];
/// Cells of a day of a small month: a number and a mark.
const SMALL_DAY: u16 = 3;
/// Cells of a small month.
const SMALL_MONTH: u16 = 7 * SMALL_DAY;
/// From so many columns on, days have names.
const LARGE: u16 = 60;
/// From so many rows on: title, days of the week, and two rows for each of six weeks.
const LARGE_ROWS: u16 = 14;

/// Draws the months around `selected`, or around today.
pub(crate) fn draw(
    buffer: &mut Buffer,
    area: Rect,
    entries: &[CalendarEntry],
    today: NaiveDate,
    selected: Option<NaiveDate>,
    styles: &Styles,
    glyphs: &Glyphs,
) {
    let area = area.intersection(buffer.area);
    let shown = selected.unwrap_or(today);
    let mut sheet = Sheet { buffer, entries, today, selected, styles, glyphs };
    if area.width >= LARGE && area.height >= LARGE_ROWS {
        sheet.large(area, shown);
    } else if area.width + 1 >= SMALL_MONTH && area.height >= 3 {
        sheet.small(area, shown);
    } else {
        sheet.day(area, shown);
    }
}

/// A week of a month: its days from Monday on, those of other months too.
fn weeks(first: NaiveDate) -> impl Iterator<Item = [NaiveDate; 7]> {
    let monday = first.week(Weekday::Mon).checked_first_day().unwrap_or(first);
    let next = move |week: u64| monday.checked_add_days(Days::new(week * 7));
    (0..6).map_while(next).take_while(move |monday| *monday <= last_of(first)).filter_map(|monday| {
        let mut days = [monday; 7];
        for (offset, day) in (0..).zip(days.iter_mut()) {
            *day = monday.checked_add_days(Days::new(offset))?;
        }
        Some(days)
    })
}

fn first_of(day: NaiveDate) -> NaiveDate {
    day.with_day(1).unwrap_or(day)
}

fn last_of(first: NaiveDate) -> NaiveDate {
    let next = first.checked_add_months(Months::new(1)).and_then(|next| next.pred_opt());
    next.unwrap_or(NaiveDate::MAX)
}

/// The name of a day's month.
fn title(day: NaiveDate) -> String {
    day.format("%B %Y").to_string()
}

/// The text in at most so many cells.
fn fit<'a>(text: &'a str, cells: u16, ellipsis: &str) -> Cow<'a, str> {
    let cells = usize::from(cells);
    if text.width() <= cells {
        return Cow::Borrowed(text);
    }
    let mut used = 0;
    let kept = text.graphemes(true).take_while(|grapheme| {
        used += grapheme.width();
        used < cells
    });
    let kept: String = kept.collect();
    Cow::Owned(if cells == 0 { String::new() } else { format!("{}{ellipsis}", kept.trim_end()) })
}

/// How much a kind matters on a day that has several: what is sure comes before what is
/// only likely.
fn rank(kind: CalendarKind) -> u8 {
    match kind {
        CalendarKind::Deployment => 0,
        CalendarKind::Target => 1,
        CalendarKind::EstimatedTarget => 2,
        CalendarKind::P85 => 3,
        CalendarKind::P50 => 4,
        CalendarKind::Released => 5,
        CalendarKind::Freeze => 6,
    }
}

/// The word for a kind, beside the name of a release.
fn word(kind: CalendarKind) -> &'static str {
    match kind {
        CalendarKind::Deployment => "deploy",
        CalendarKind::Target => "target",
        CalendarKind::EstimatedTarget => "estimated",
        CalendarKind::P50 => "P50",
        CalendarKind::P85 => "P85",
        CalendarKind::Freeze => "freeze",
        CalendarKind::Released => "released",
    }
}

/// What is drawn on, and with.
struct Sheet<'a> {
    buffer: &'a mut Buffer,
    /// Oldest first.
    entries: &'a [CalendarEntry],
    today: NaiveDate,
    selected: Option<NaiveDate>,
    styles: &'a Styles,
    glyphs: &'a Glyphs,
}

impl<'a> Sheet<'a> {
    /// What is on a day, the most important first.
    fn of(&self, day: NaiveDate) -> Vec<&'a CalendarEntry> {
        let from = self.entries.partition_point(|entry| entry.day < day);
        let of_day = self.entries.get(from..).unwrap_or_default().iter().take_while(|entry| entry.day == day);
        let mut of_day: Vec<_> = of_day.collect();
        of_day.sort_by_key(|entry| rank(entry.kind));
        of_day
    }

    fn look(&self, kind: CalendarKind) -> (&'static str, Style) {
        let Self { styles, glyphs, .. } = self;
        match kind {
            CalendarKind::Deployment => (glyphs.deployment, styles.accent),
            CalendarKind::Target => (glyphs.promised, styles.strong),
            CalendarKind::EstimatedTarget => (glyphs.estimated, styles.muted),
            CalendarKind::P50 => (glyphs.half_sure, styles.forecast),
            CalendarKind::P85 => (glyphs.sure, styles.forecast),
            CalendarKind::Freeze => (glyphs.freeze, styles.at_risk),
            CalendarKind::Released => (glyphs.go, styles.go),
        }
    }

    fn number_style(&self, day: NaiveDate, month: NaiveDate) -> Style {
        let style = if day.month() != month.month() || matches!(day.weekday(), Weekday::Sat | Weekday::Sun) {
            self.styles.muted
        } else {
            Style::new()
        };
        if day == self.today {
            self.styles.today.add_modifier(Modifier::BOLD | Modifier::UNDERLINED)
        } else {
            style
        }
    }

    fn write(&mut self, area: Rect, column: u16, row: u16, text: &str, style: Style) {
        let room = area.width.saturating_sub(column);
        let (x, y) = (area.x.saturating_add(column), area.y.saturating_add(row));
        if room > 0 && row < area.height && self.buffer.area.contains(Position { x, y }) {
            self.buffer.set_stringn(x, y, text, usize::from(room), style);
        }
    }

    /// The marks that stand in the months shown, with their words: a legend of one line or
    /// more.
    fn legend(&mut self, area: Rect, from: NaiveDate, to: NaiveDate) {
        let mut kinds: Vec<_> = self
            .entries
            .iter()
            .filter(|entry| (from..=to).contains(&entry.day))
            .map(|entry| entry.kind)
            .collect();
        kinds.sort_by_key(|kind| rank(*kind));
        kinds.dedup();
        let (mut column, mut row) = (0, 0);
        for kind in kinds {
            let (mark, style) = self.look(kind);
            let width = word(kind).width() as u16 + 2;
            if column > 0 && column + width > area.width {
                (column, row) = (0, row + 1);
            }
            self.write(area, column, row, mark, style);
            self.write(area, column + 2, row, word(kind), self.styles.muted);
            column += width + 2;
        }
    }

    /// As many small months as there is room for, beside and below each other, that of
    /// `shown` first; what they mean below.
    fn small(&mut self, area: Rect, shown: NaiveDate) {
        let across = ((area.width + 2) / (SMALL_MONTH + 2)).max(1);
        let mut month = first_of(shown);
        let mut top = 0;
        while top + 3 <= area.height {
            let mut rows = 0;
            for column in 0..across {
                let place = Rect {
                    x: area.x + column * (SMALL_MONTH + 2),
                    y: area.y + top,
                    width: SMALL_MONTH.min(area.width),
                    height: area.height - top,
                };
                // A month that does not fit begins with the week that matters.
                let needed = 2 + weeks(month).count() as u16;
                if needed > place.height && top > 0 {
                    break;
                }
                self.small_month(place, month, shown);
                rows = rows.max(needed);
                let Some(next) = month.checked_add_months(Months::new(1)) else { return };
                month = next;
            }
            if rows == 0 {
                break;
            }
            top += rows + 1;
        }
        if top < area.height {
            let below = Rect { y: area.y + top, height: area.height - top, ..area };
            let last = month.pred_opt().unwrap_or(month);
            self.legend(below, first_of(shown), last);
        }
    }

    fn small_month(&mut self, area: Rect, month: NaiveDate, shown: NaiveDate) {
        self.write(area, 0, 0, &title(month), self.styles.title);
        for (index, name) in (0..).zip(WEEK) {
            self.write(area, index * SMALL_DAY, 1, name, self.styles.header);
        }
        let room = usize::from(area.height.saturating_sub(2));
        let all: Vec<_> = weeks(month).collect();
        let current = all.iter().position(|week| week.contains(&shown)).unwrap_or(0);
        let skipped = current.min(all.len().saturating_sub(room));
        for (row, week) in (2..).zip(all.into_iter().skip(skipped)) {
            for (index, day) in (0..).zip(week) {
                if (day.month(), day.year()) != (month.month(), month.year()) {
                    continue;
                }
                let column = index * SMALL_DAY;
                let number = format!("{:>2}", day.day());
                self.write(area, column, row, &number, self.number_style(day, month));
                if let Some(entry) = self.of(day).first() {
                    let (mark, style) = self.look(entry.kind);
                    self.write(area, column + 2, row, mark, style);
                }
                if self.selected == Some(day) {
                    self.select(area, column, row, 2);
                }
            }
        }
    }

    fn select(&mut self, area: Rect, column: u16, row: u16, width: u16) {
        let place = Rect { x: area.x + column, y: area.y + row, width, height: 1 }.intersection(area);
        self.buffer.set_style(place, Style::new().add_modifier(Modifier::REVERSED));
    }

    /// One month whose days say what is on them.
    fn large(&mut self, area: Rect, shown: NaiveDate) {
        let month = first_of(shown);
        let name = title(month);
        self.write(area, 0, 0, &name, self.styles.title);
        let key = area.width.saturating_sub(name.width() as u16 + 3);
        let beside = Rect { x: area.right() - key, width: key, height: 1, ..area };
        self.legend(beside, month, last_of(month));
        let weeks: Vec<_> = weeks(month).collect();
        let count = weeks.len().max(1) as u16;
        let width = area.width / 7;
        let rows = area.height - 2;
        for (index, name) in (0..).zip(WEEK) {
            self.write(area, index * width, 1, name, self.styles.header);
        }
        for (index, week) in (0..).zip(weeks) {
            let top = index * rows / count;
            let height = (index + 1) * rows / count - top;
            for (column, day) in (0..).zip(week) {
                // The last cell keeps the columns apart.
                let place =
                    Rect { x: area.x + column * width, y: area.y + 2 + top, width: width - 1, height };
                self.large_day(place, day, month);
            }
        }
    }

    fn large_day(&mut self, area: Rect, day: NaiveDate, month: NaiveDate) {
        let line = self.glyphs.lines[0].repeat(usize::from(area.width));
        self.write(area, 0, 0, &line, self.styles.border);
        let number = match day.day() {
            1 => day.format("%-d %b").to_string(),
            number => number.to_string(),
        };
        let number = if day == self.today { format!("{number} today") } else { number };
        let number = format!("{} ", fit(&number, area.width.saturating_sub(1), self.glyphs.ellipsis));
        self.write(area, 0, 0, &number, self.number_style(day, month));
        if self.selected == Some(day) {
            self.select(area, 0, 0, area.width);
        }
        let entries = self.of(day);
        let rows = usize::from(area.height.saturating_sub(1));
        let listed = if entries.len() > rows { rows.saturating_sub(1) } else { rows };
        for (row, entry) in (1..).zip(entries.iter().take(listed)) {
            self.entry(area, row, entry);
        }
        let hidden = entries.get(listed..).unwrap_or_default();
        if !hidden.is_empty() {
            self.more(area, rows as u16, hidden);
        }
    }

    fn entry(&mut self, area: Rect, row: u16, entry: &CalendarEntry) {
        let (mark, style) = self.look(entry.kind);
        let label = entry.label.as_str();
        let word = word(entry.kind);
        let room = area.width.saturating_sub(2);
        // The word repeats the mark: it goes first where there is no room for both.
        let with_word = format!("{label} {word}");
        let text = match entry.kind {
            CalendarKind::Freeze => format!("{word} {label}"),
            _ if with_word.width() <= usize::from(room) => with_word,
            _ => label.to_owned(),
        };
        self.write(area, 0, row, mark, style);
        let text = fit(&text, room, self.glyphs.ellipsis).into_owned();
        self.write(area, 2, row, &text, style);
    }

    /// How many are not listed; the marks of them where there is room.
    fn more(&mut self, area: Rect, row: u16, hidden: &[&CalendarEntry]) {
        let row = row.min(area.height.saturating_sub(1));
        let text = format!("+{} more", hidden.len());
        let text = fit(&text, area.width, self.glyphs.ellipsis).into_owned();
        let column = if row == 0 { area.width.saturating_sub(text.width() as u16) } else { 0 };
        self.write(area, column, row, &text, self.styles.muted);
        let mut column = column + text.width() as u16 + 1;
        for entry in hidden.iter().take_while(|_| row > 0) {
            if column >= area.width {
                return;
            }
            let (mark, style) = self.look(entry.kind);
            self.write(area, column, row, mark, style);
            column += 1;
        }
    }

    /// Where there is no room for a month: one day and what is on it.
    fn day(&mut self, area: Rect, shown: NaiveDate) {
        let form = if area.width < 10 { "%-d %b" } else { "%a %-d %b" };
        self.write(area, 0, 0, &shown.format(form).to_string(), self.styles.title);
        for (row, entry) in (1..area.height).zip(self.of(shown)) {
            self.entry(area, row, entry);
        }
    }
}

#[cfg(test)]
mod tests;
