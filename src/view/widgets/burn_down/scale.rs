//! From days and counts to dots.

use chrono::{Datelike as _, Days, Months, NaiveDate, Weekday};

/// The days from left to right.
#[derive(Clone, Copy, Debug)]
pub(super) struct DayScale {
    first: NaiveDate,
    last: NaiveDate,
    dots: i64,
    dots_per_column: i64,
}

impl DayScale {
    /// `first` in the first column, `last` in the last one.
    pub(super) fn new(first: NaiveDate, last: NaiveDate, columns: u16, dots_per_column: u16) -> Self {
        let dots_per_column = i64::from(dots_per_column.max(1));
        let dots = i64::from(columns.max(1)) * dots_per_column;
        Self { first, last: last.max(first), dots, dots_per_column }
    }

    /// Days between the first and the last one; at least one.
    fn span(self) -> i64 {
        (self.last - self.first).num_days().max(1)
    }

    /// The dot of a day; outside of the chart for a day that is not on the axis.
    pub(super) fn dot(self, day: NaiveDate) -> i64 {
        let days = (day - self.first).num_days();
        (2 * days * (self.dots - 1) + self.span()).div_euclid(2 * self.span())
    }

    /// The column of a day that is on the axis.
    pub(super) fn column(self, day: NaiveDate) -> Option<u16> {
        let on_axis = (self.first..=self.last).contains(&day);
        on_axis.then(|| (self.dot(day) / self.dots_per_column) as u16)
    }

    /// The days that get a label, so that two of them are about `apart` columns apart or more.
    pub(super) fn ticks(self, apart: i64) -> Vec<(NaiveDate, Tick)> {
        let columns = self.dots / self.dots_per_column;
        let fits = |days: i64| days * columns >= apart * self.span();
        let (start, tick, step) = if let Some(step) = [1, 2, 3].into_iter().find(|step| fits(*step)) {
            (Some(self.first), Tick::Day, Step::Days(step as u64))
        } else if let Some(step) = [7, 14].into_iter().find(|step| fits(*step)) {
            let monday = self.first.week(Weekday::Mon).last_day().succ_opt();
            (monday, Tick::Day, Step::Days(step as u64))
        } else {
            let step = [1, 2, 3, 6, 12, 60, 120].into_iter().find(|step| fits(step * 30)).unwrap_or(1200);
            let ahead = if step < 12 { 1 } else { 12 - self.first.month0() };
            let month = self.first.with_day(1).and_then(|day| day.checked_add_months(Months::new(ahead)));
            (month, if step < 12 { Tick::Month } else { Tick::Year }, Step::Months(step as u32))
        };
        std::iter::successors(start, |day| match step {
            Step::Days(days) => day.checked_add_days(Days::new(days)),
            Step::Months(months) => day.checked_add_months(Months::new(months)),
        })
        .take_while(|day| *day <= self.last)
        .map(|day| (day, tick))
        .collect()
    }
}

/// From one label to the next.
#[derive(Clone, Copy, Debug)]
enum Step {
    Days(u64),
    Months(u32),
}

/// What a label of the axis names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tick {
    /// `12`, or `1 Dec` when another month begins, `4 Jan 2027` when another year does.
    Day,
    /// `Dec`, or `Jan 2027` when another year begins.
    Month,
    /// `2027`.
    Year,
}

impl Tick {
    /// The label of `day`, after a label for `before`.
    pub(super) fn label(self, day: NaiveDate, before: NaiveDate) -> String {
        let form = match self {
            Self::Day if (day.month(), day.year()) == (before.month(), before.year()) => "%-d",
            Self::Day if day.year() == before.year() => "%-d %b",
            Self::Day => "%-d %b %Y",
            Self::Month if day.year() == before.year() => "%b",
            Self::Month => "%b %Y",
            Self::Year => "%Y",
        };
        day.format(form).to_string()
    }
}

/// Counts from the bottom to the top.
#[derive(Clone, Copy, Debug)]
pub(super) struct CountScale {
    top: u32,
    dots: i64,
}

impl CountScale {
    /// A scale on which `largest` fits, that ends at a number one can halve.
    pub(super) fn new(largest: u32, rows: u16, dots_per_row: u16) -> Self {
        let dots = i64::from(rows.max(1)) * i64::from(dots_per_row.max(1));
        Self { top: nice(largest), dots }
    }

    /// The number at the top.
    pub(super) fn top(self) -> u32 {
        self.top
    }

    /// The dot of a count, from above. Only nothing is at the bottom: a few left of many are
    /// seen to be left.
    pub(super) fn dot(self, count: f64) -> i64 {
        let share = (count / f64::from(self.top)).clamp(0.0, 1.0);
        let dot = self.share(share);
        if count > 0.0 { dot.min((self.dots - 2).max(0)) } else { dot }
    }

    /// The dot of a share of the height. Only all is at the top.
    pub(super) fn share(self, share: f64) -> i64 {
        let share = share.clamp(0.0, 1.0);
        let dot = ((1.0 - share) * (self.dots - 1) as f64).round() as i64;
        if share < 1.0 { dot.max(1.min(self.dots - 1)) } else { dot }
    }
}

/// The next number that is even, or has at most two digits other than zero.
fn nice(largest: u32) -> u32 {
    let step = match largest {
        0 | 1 => return 1,
        2..100 => 2,
        _ => 10_u32.pow(largest.ilog10() - 1),
    };
    largest.div_ceil(step).saturating_mul(step)
}

/// A count in at most five characters: `48`, `1300`, `50k`.
pub(super) fn short(count: u32) -> String {
    match count {
        0..10_000 => count.to_string(),
        10_000..10_000_000 => format!("{}k", count / 1000),
        _ => format!("{}M", count / 1_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, month, day).unwrap()
    }

    #[test]
    fn the_axis_ends_at_a_number_one_can_halve() {
        for (largest, top) in [
            (0, 1),
            (1, 1),
            (2, 2),
            (3, 4),
            (47, 48),
            (48, 48),
            (99, 100),
            (137, 140),
            (1234, 1300),
            (50_000, 50_000),
        ] {
            assert_eq!(nice(largest), top, "{largest}");
            assert!(nice(largest) >= largest);
        }
        assert_eq!(nice(u32::MAX), u32::MAX);
        assert_eq!([short(48), short(1300), short(50_000), short(u32::MAX)], ["48", "1300", "50k", "4294M"]);
    }

    #[test]
    fn counts_go_from_the_bottom_to_the_top() {
        let scale = CountScale::new(48, 10, 4);
        for (count, dot) in [(0.0, 39), (48.0, 0), (24.0, 20), (0.1, 38), (47.9, 1), (99.0, 0)] {
            assert_eq!(scale.dot(count), dot, "{count}");
        }
        assert_eq!((scale.share(1.0), scale.share(0.9999), scale.share(0.0)), (0, 1, 39));
        let flat = CountScale::new(48, 1, 1);
        assert_eq!((flat.dot(0.0), flat.dot(7.0), flat.dot(48.0)), (0, 0, 0));
    }

    #[test]
    fn days_go_from_the_first_column_to_the_last() {
        let scale = DayScale::new(day(11, 9), day(11, 28), 40, 2);
        assert_eq!((scale.column(day(11, 9)), scale.column(day(11, 28))), (Some(0), Some(39)));
        assert_eq!((scale.column(day(11, 8)), scale.column(day(11, 29))), (None, None));
        assert_eq!(scale.dot(day(11, 10)), 4);
        let one = DayScale::new(day(11, 9), day(11, 9), 40, 2);
        assert_eq!(one.column(day(11, 9)), Some(0));
    }

    #[test]
    fn labels_get_rarer_as_the_span_grows() {
        let ticks = |last: NaiveDate| {
            let ticks = DayScale::new(day(11, 9), last, 60, 2).ticks(6);
            let mut before = day(11, 9);
            let labels = ticks.iter().map(|(day, tick)| {
                let label = tick.label(*day, before);
                before = *day;
                label
            });
            labels.take(4).collect::<Vec<_>>().join(" ")
        };
        for (last, labels) in [
            (day(11, 11), "9 10 11"),
            (day(11, 28), "9 11 13 15"),
            (day(12, 28), "16 23 30 7 Dec"),
            (NaiveDate::from_ymd_opt(2027, 2, 20).unwrap(), "16 30 14 Dec 28"),
            (NaiveDate::from_ymd_opt(2028, 5, 9).unwrap(), "Dec Feb 2027 Apr Jun"),
            (NaiveDate::from_ymd_opt(2090, 5, 9).unwrap(), "2027 2037 2047 2057"),
        ] {
            assert_eq!(ticks(last), labels, "until {last}");
        }
    }
}
