//! What a forecast is made from: a release day by day, and its team's throughput.

use chrono::{Days, NaiveDate};

/// Days of a release that are looked at, at most: ten years.
pub const LONGEST_DAYS: usize = 3_660;

/// One release on one day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct DayCounts {
    /// Items in scope and not done at the end of the day (R).
    pub open: u32,
    /// Items in scope and done at the end of the day (D).
    pub done: u32,
    /// Items that entered the scope on the day.
    pub added: u32,
    /// Items that left the scope on the day.
    pub removed: u32,
    /// Items that became done on the day.
    pub completed: u32,
}

/// A release from its start on, day by day.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ReleaseSeries {
    /// The day it started: that of the previous release, where nothing else is configured.
    pub start: NaiveDate,
    /// Its days; the first is that of the start, and none is left out.
    pub days: Vec<DayCounts>,
    /// The day after the one on which the last item was done, for a finished release.
    pub finished_on: Option<NaiveDate>,
}

impl ReleaseSeries {
    /// What `day` is counted as: 0 for that of the start, negative before.
    pub fn elapsed(&self, day: NaiveDate) -> i64 {
        (day - self.start).num_days()
    }

    /// From the start to the day after the last item, for a finished release.
    pub fn duration(&self) -> Option<u32> {
        u32::try_from(self.elapsed(self.finished_on?)).ok()
    }

    /// The day that is `elapsed` days after the start.
    pub fn day(&self, elapsed: usize) -> Option<NaiveDate> {
        self.start.checked_add_days(Days::new(elapsed as u64))
    }
}

/// The days on which a team completed items, in whatever release.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Throughput {
    /// One day for each item, sorted.
    completions: Vec<NaiveDate>,
}

impl Throughput {
    /// Of the day of each completed item, in any order.
    pub fn of(completions: impl IntoIterator<Item = NaiveDate>) -> Self {
        let mut completions: Vec<_> = completions.into_iter().collect();
        completions.sort_unstable();
        Self { completions }
    }

    /// The completions until the end of `last`.
    pub(super) fn until(&self, last: NaiveDate) -> &[NaiveDate] {
        &self.completions[..self.completions.partition_point(|day| *day <= last)]
    }

    /// Items completed on the `days` days that end with `last`.
    pub fn completed(&self, last: NaiveDate, days: u32) -> u32 {
        let until = self.completions.partition_point(|day| *day <= last);
        let before = match last.checked_sub_days(Days::new(u64::from(days))) {
            Some(first) => self.completions.partition_point(|day| *day <= first),
            None => 0,
        };
        u32::try_from(until - before).unwrap_or(u32::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completions_are_counted_over_the_days_that_end_with_the_last() {
        let day = |day| NaiveDate::from_ymd_opt(2026, 3, day).unwrap();
        let team = Throughput::of([day(9), day(1), day(5), day(5), day(10)]);
        let cases = [(5, 1, 2), (5, 4, 2), (5, 5, 3), (10, 90, 5), (8, 3, 0), (10, 2, 2), (10, 0, 0)];
        for (last, days, expected) in cases {
            assert_eq!(team.completed(day(last), days), expected, "{days} days until {last}");
        }
        assert_eq!(team.completed(NaiveDate::MIN, 90), 0);
        assert_eq!(Throughput::default().completed(day(1), 90), 0);
    }
}
