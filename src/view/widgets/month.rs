//! The days of a month, with what is on them.
//!
//! From 60 columns on every day has room for the names of what is on it, and every release
//! has a line below with all its dates. With less, the months are as small as they can be,
//! as many as there is room for, and a day has a mark.

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
/// From so many columns on, days have names, and releases a line with all their dates.
const LARGE: u16 = 60;
/// Rows of a large month without releases: title, days of the week, two rows for each of six
/// weeks, and one to keep the releases apart.
const LARGE_ROWS: u16 = 15;
/// So many releases must have room below a large month, if there are as many.
const LARGE_PLANS: usize = 10;

mod large;
mod releases;

use releases::Plan;

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
    let plans = if area.width >= LARGE { releases::plans(entries, today) } else { Vec::new() };
    let large_rows = LARGE_ROWS + plans.len().min(LARGE_PLANS) as u16;
    if area.width >= LARGE && area.height >= large_rows {
        sheet.large(area, shown, &plans);
    } else if area.width + 1 >= SMALL_MONTH && area.height >= 3 {
        sheet.small(area, shown, &plans);
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
        CalendarKind::Freeze => 5,
        CalendarKind::Released => 6,
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

/// What is on a day, by what it is of.
fn by_label<'a>(entries: &[&'a CalendarEntry]) -> Vec<Vec<&'a CalendarEntry>> {
    let mut labels: Vec<Vec<&CalendarEntry>> = Vec::new();
    for entry in entries {
        match labels.iter_mut().find(|same| same.first().is_some_and(|first| first.label == entry.label)) {
            Some(same) if same.iter().any(|other| other.kind == entry.kind) => {}
            Some(same) => same.push(entry),
            None => labels.push(vec![entry]),
        }
    }
    labels
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
    fn small(&mut self, area: Rect, shown: NaiveDate, plans: &[Plan<'_>]) {
        let across = ((area.width + 2) / (SMALL_MONTH + 2)).max(1);
        // The first row of months and its key come before the releases.
        let listed = (plans.len() as u16).min(area.height.saturating_sub(2 + 6 + 2));
        let place = Rect { y: area.bottom() - listed, height: listed, ..area };
        self.plans(place, plans);
        let area = Rect { height: area.height - listed, ..area };
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
                let of_day = self.of(day);
                if let Some(entry) = of_day.first() {
                    let (mark, style) = self.look(entry.kind);
                    let is = |kind| of_day.iter().any(|entry| entry.kind == kind);
                    let is_in_the_way = is(CalendarKind::Deployment) && is(CalendarKind::Freeze);
                    let style = if is_in_the_way { self.styles.no_go } else { style };
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

    /// What has one name on a day: its marks, the name, and the word of its mark if it has
    /// only one and there is room.
    fn same(&mut self, area: Rect, row: u16, same: &[&CalendarEntry]) {
        let mut column = 0;
        for entry in same {
            let (mark, style) = self.look(entry.kind);
            self.write(area, column, row, mark, style);
            column += 1;
        }
        let Some(entry) = same.first() else { return };
        let label = entry.label.as_str();
        let room = area.width.saturating_sub(column + 1);
        let with_word = match entry.kind {
            CalendarKind::Freeze => format!("{} {label}", word(entry.kind)),
            kind => format!("{label} {}", word(kind)),
        };
        let has_room = same.len() == 1 && with_word.width() <= usize::from(room);
        let text = if has_room { with_word } else { label.to_owned() };
        let text = fit(&text, room, self.glyphs.ellipsis).into_owned();
        let (_, style) = self.look(entry.kind);
        self.write(area, column + 1, row, &text, style);
    }

    /// Where there is no room for a month: one day and what is on it.
    fn day(&mut self, area: Rect, shown: NaiveDate) {
        let form = if area.width < 10 { "%-d %b" } else { "%a %-d %b" };
        self.write(area, 0, 0, &shown.format(form).to_string(), self.styles.title);
        let entries = self.of(shown);
        for (row, same) in (1..area.height).zip(by_label(&entries)) {
            self.same(area, row, &same);
        }
    }
}

#[cfg(test)]
mod tests;
