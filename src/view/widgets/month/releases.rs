//! Releases with all their dates, and rows for what needs them.

use std::cmp::Reverse;

use chrono::{Datelike as _, NaiveDate};
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr as _;

use super::{Sheet, fit, word};
use crate::insight::{CalendarEntry, CalendarKind};

/// The dates of a release that is not out, column by column.
const COLUMNS: [&[CalendarKind]; 4] = [
    &[CalendarKind::Target, CalendarKind::EstimatedTarget],
    &[CalendarKind::P50],
    &[CalendarKind::P85],
    &[CalendarKind::Deployment],
];

/// A release whose last deployment is older than this, and that has no other date, is over.
const RECENT_DAYS: i64 = 31;

/// A release with what the calendar has of it.
#[derive(Clone, Debug)]
pub(super) struct Plan<'a> {
    /// The release's name.
    name: &'a str,
    /// The next ones first, then those that are over, the newest first.
    entries: Vec<&'a CalendarEntry>,
}

impl<'a> Plan<'a> {
    /// The next one of a kind, or else the newest.
    fn entry(&self, kind: CalendarKind) -> Option<&'a CalendarEntry> {
        self.entries.iter().find(|entry| entry.kind == kind).copied()
    }
}

/// The releases that are not out, the one with the earliest date first.
pub(super) fn plans(entries: &[CalendarEntry], today: NaiveDate) -> Vec<Plan<'_>> {
    let mut of_releases: Vec<_> = entries.iter().filter(|entry| entry.release.is_some()).collect();
    of_releases.sort_by(|one, other| one.release.cmp(&other.release));
    let same = of_releases.chunk_by(|one, other| one.release == other.release);
    let mut plans: Vec<_> = same
        .filter(|entries| !entries.iter().any(|entry| entry.kind == CalendarKind::Released))
        // Deployed long ago, and nothing more is planned: it is over.
        .filter(|entries| {
            let is_recent = |entry: &CalendarEntry| (today - entry.day).num_days() < RECENT_DAYS;
            entries.iter().any(|entry| entry.kind != CalendarKind::Deployment || is_recent(entry))
        })
        .filter_map(|entries| {
            let mut entries = entries.to_vec();
            let is_over = |day: NaiveDate| day < today;
            entries.sort_by_key(|entry| {
                let over = is_over(entry.day).then_some(Reverse(entry.day));
                (is_over(entry.day), over, entry.day)
            });
            Some(Plan { name: entries.first()?.label.as_str(), entries })
        })
        .collect();
    plans.sort_by_key(|plan| plan.entries.iter().map(|entry| entry.day).min());
    plans
}

impl Sheet<'_> {
    /// The releases with their dates, a line for each; the last line counts those for which
    /// there is no room. The words of the marks are left out where they do not all fit.
    pub(super) fn plans(&mut self, area: Rect, plans: &[Plan<'_>]) {
        let rows = usize::from(area.height);
        let listed = if plans.len() > rows { rows.saturating_sub(1) } else { rows };
        let shown = plans.get(..listed.min(plans.len())).unwrap_or_default();
        let longest = shown.iter().map(|plan| plan.name.width()).max().unwrap_or(0) as u16;
        let today = self.today;
        let text = |plan: &Plan<'_>, kinds: &[CalendarKind], has_words: bool| {
            let entry = kinds.iter().find_map(|kind| plan.entry(*kind))?;
            let day = day(entry.day, today);
            Some((entry.kind, if has_words { format!("{} {day}", word(entry.kind)) } else { day }))
        };
        let widths = |has_words: bool| {
            COLUMNS.map(|kinds| {
                let texts = shown.iter().filter_map(|plan| text(plan, kinds, has_words));
                texts.map(|(_, text)| text.width() as u16 + 4).max().unwrap_or(0)
            })
        };
        let has_words = longest + widths(true).iter().sum::<u16>() <= area.width;
        let widths = widths(has_words);
        let names = longest.min(area.width.saturating_sub(widths.iter().sum()));
        for (row, plan) in (0..).zip(shown) {
            let name = fit(plan.name, names, self.glyphs.ellipsis).into_owned();
            self.write(area, 0, row, &name, self.styles.strong);
            let mut column = names + 2;
            for (kinds, width) in COLUMNS.into_iter().zip(widths) {
                if let Some((kind, text)) = text(plan, kinds, has_words) {
                    let (mark, style) = self.look(kind);
                    self.write(area, column, row, mark, style);
                    self.write(area, column + 2, row, &text, style);
                }
                column += width;
            }
        }
        if listed < plans.len() && rows > 0 {
            let text = format!("+{} more releases", plans.len() - listed);
            self.write(area, 0, listed as u16, &text, self.styles.muted);
        }
    }
}

/// `25 Nov`; of another year than `today`, `Jan 2027`.
fn day(day: NaiveDate, today: NaiveDate) -> String {
    day.format(if day.year() == today.year() { "%-d %b" } else { "%-d %b %y" }).to_string()
}

/// So many rows for parts that need so many each: at least two for each as far as they
/// reach, then what they need; what is left goes to all alike.
pub(super) fn share(rows: u16, needed: &[u16]) -> Vec<u16> {
    let mut heights = vec![0; needed.len()];
    let mut left = rows;
    let mut give = |heights: &mut [u16], wants: &dyn Fn(usize, u16) -> bool| {
        let mut gave = true;
        while gave && left > 0 {
            gave = false;
            for (index, height) in heights.iter_mut().enumerate() {
                if left > 0 && wants(index, *height) {
                    *height += 1;
                    left -= 1;
                    gave = true;
                }
            }
        }
    };
    give(&mut heights, &|_, height| height < 2);
    give(&mut heights, &|index, height| needed.get(index).is_some_and(|needed| height < *needed));
    give(&mut heights, &|_, _| true);
    heights
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{ReleaseId, Text};

    #[test]
    fn rows_go_where_they_are_needed() {
        for (rows, needed, heights) in [
            (10, vec![2, 2, 5], vec![3, 2, 5]),
            (6, vec![2, 2, 5], vec![2, 2, 2]),
            (8, vec![2, 2, 5], vec![2, 2, 4]),
            (12, vec![2, 2, 2], vec![4, 4, 4]),
            (2, vec![2, 2, 2], vec![1, 1, 0]),
            (5, vec![], vec![]),
        ] {
            assert_eq!(share(rows, &needed), heights, "{rows} rows for {needed:?}");
        }
    }

    #[test]
    fn a_release_has_its_next_dates_and_one_that_is_out_none() {
        let at = |day| NaiveDate::from_ymd_opt(2026, 11, day).unwrap();
        let entry = |day, kind, name| CalendarEntry {
            day: at(day),
            kind,
            release: Some(ReleaseId::new(name)),
            label: Text::new(name),
        };
        let entries = [
            entry(3, CalendarKind::Released, "out"),
            entry(4, CalendarKind::Deployment, "b"),
            entry(9, CalendarKind::Deployment, "b"),
            entry(20, CalendarKind::Target, "a"),
            entry(24, CalendarKind::Deployment, "b"),
            entry(29, CalendarKind::Deployment, "b"),
        ];
        let day = |today| {
            let plans = plans(&entries, at(today));
            assert_eq!(plans.iter().map(|plan| plan.name).collect::<Vec<_>>(), ["b", "a"]);
            plans[0].entry(CalendarKind::Deployment).unwrap().day
        };
        assert_eq!([day(1), day(9), day(22), day(30)], [at(4), at(9), at(24), at(29)]);
        let next_year = NaiveDate::from_ymd_opt(2027, 2, 1).unwrap();
        let names: Vec<_> = plans(&entries, next_year).iter().map(|plan| plan.name).collect();
        assert_eq!(names, ["a"], "its target still stands; what was deployed then is over");
    }
}
