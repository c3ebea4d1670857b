//! Whole weeks before the one that is under way.

use chrono::{Datelike as _, Days, NaiveDate};

use crate::domain::{Calendar, Instant, Text};

use super::weeks;

/// Consecutive weeks from Monday to Sunday in the configured time zone, oldest first.
pub(super) struct Weeks {
    /// The first instant of each, and the one after the last.
    starts: Vec<Instant>,
    mondays: Vec<NaiveDate>,
}

impl Weeks {
    /// The last `most` weeks that were over at `now`.
    pub(super) fn before(now: Instant, calendar: &Calendar, most: u64) -> Self {
        let today = calendar.day(now);
        let back = |days| today.checked_sub_days(Days::new(days)).unwrap_or(today);
        let since_monday = u64::from(today.weekday().num_days_from_monday());
        let mondays: Vec<NaiveDate> = (0..=most).rev().map(|week| back(since_monday + 7 * week)).collect();
        Self { starts: mondays.iter().map(|day| calendar.start_of(*day)).collect(), mondays }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// The week that `at` is part of; none before the first one and in the one under way.
    pub(super) fn of(&self, at: Instant) -> Option<usize> {
        let started = self.starts.partition_point(|start| *start <= at);
        started.checked_sub(1).filter(|week| *week < self.len())
    }

    /// The first instant after a week.
    pub(super) fn end(&self, week: usize) -> Instant {
        self.starts[week + 1]
    }

    /// The last day of the last one: `Sun 15 Nov`.
    pub(super) fn last_day(&self) -> String {
        let after = self.mondays.last().copied().unwrap_or_default();
        after.pred_opt().unwrap_or(after).format("%a %-d %b").to_string()
    }

    /// What each is called: its Monday.
    pub(super) fn names(&self) -> Vec<Text> {
        weeks::names(self.mondays[..self.len()].iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::fixture::{at, now};

    #[test]
    fn weeks_are_whole_and_begin_on_a_monday_of_the_zone() {
        // Now is Sunday 22 November: the week of the 16th is under way.
        let weeks = Weeks::before(now(), &Calendar::default(), 2);
        assert_eq!(weeks.names(), ["2 Nov", "9 Nov"].map(Text::new));
        assert_eq!(weeks.last_day(), "Sun 15 Nov");
        for (at, week) in [
            (at(1, 23), None),
            (at(2, 0), Some(0)),
            (at(8, 23), Some(0)),
            (at(9, 0), Some(1)),
            (at(15, 23), Some(1)),
            (at(16, 0), None),
        ] {
            assert_eq!(weeks.of(at), week, "{at}");
        }
        let berlin = Calendar { zone: chrono_tz::Tz::Europe__Berlin, ..Calendar::default() };
        assert_eq!(Weeks::before(now(), &berlin, 2).of(at(1, 23)), Some(0));
        assert_eq!(weeks.end(1), at(16, 0));
    }
}
