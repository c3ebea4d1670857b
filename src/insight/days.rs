//! Days by number: which day an instant is part of, and how much of a span was worked on.
//!
//! Asking a time zone for every event of 50,000 stories is slow; here each day is asked for
//! once, and an instant finds its day by a division and a step.

use chrono::{Duration, NaiveDate};

use crate::domain::{Calendar, Instant};

/// Days before today that are told apart; what is older counts as the first of them.
const PAST: i64 = 4_000;
/// Days after today that are told apart.
const AHEAD: i64 = 800;
const DAY: i64 = 86_400;

/// Consecutive days of one calendar.
pub(crate) struct Days {
    first: NaiveDate,
    /// The first instant of each day, and the one after the last day.
    starts: Vec<Instant>,
    /// Seconds worked on before each of `starts`: working days count whole.
    worked: Vec<i64>,
    /// Working days before each of `starts`.
    working: Vec<u32>,
    today: usize,
}

impl Days {
    /// From the day of `earliest` until well after `now`.
    pub(crate) fn new(calendar: &Calendar, earliest: Instant, now: Instant) -> Self {
        let today = calendar.day(now);
        let past = (today - calendar.day(earliest)).num_days().clamp(0, PAST);
        let first = today - Duration::days(past);
        let count = (past + AHEAD) as usize;
        let mut starts: Vec<Instant> = Vec::with_capacity(count + 1);
        let mut worked = Vec::with_capacity(count + 1);
        let mut working = Vec::with_capacity(count + 1);
        let (mut total, mut number) = (0, 0);
        for day in first.iter_days().take(count + 1) {
            let start = calendar.start_of(day);
            if let Some(before) = starts.last() {
                let yesterday = day.pred_opt().unwrap_or(day);
                if calendar.is_working(yesterday) {
                    total += (start - *before).num_seconds();
                    number += 1;
                }
            }
            starts.push(start);
            worked.push(total);
            working.push(number);
        }
        Self { first, starts, worked, working, today: past as usize }
    }

    /// The number of today.
    pub(crate) fn today(&self) -> usize {
        self.today
    }

    /// The number of the day that `instant` is part of; the first or last one if it is
    /// outside.
    pub(crate) fn of(&self, instant: Instant) -> usize {
        let last = self.starts.len() - 2;
        let seconds = (instant - self.starts[0]).num_seconds();
        let mut day = usize::try_from(seconds / DAY).unwrap_or(0).min(last);
        // Clocks move by hours in a year, so the guess is off by one day at most.
        while day > 0 && self.starts[day] > instant {
            day -= 1;
        }
        while day < last && self.starts[day + 1] <= instant {
            day += 1;
        }
        day
    }

    /// Like [`of`](Self::of), but nothing that is known happens after today.
    pub(crate) fn past(&self, instant: Instant) -> usize {
        self.of(instant).min(self.today)
    }

    /// The date of a day.
    pub(crate) fn date(&self, day: usize) -> NaiveDate {
        self.first + chrono::Days::new(day as u64)
    }

    /// The first instant of tomorrow.
    pub(crate) fn tomorrow(&self) -> Instant {
        self.starts[self.today + 1]
    }

    fn worked_until(&self, instant: Instant) -> i64 {
        let day = self.of(instant);
        let works = self.worked[day + 1] > self.worked[day];
        let length = (self.starts[day + 1] - self.starts[day]).num_seconds();
        let part = (instant - self.starts[day]).num_seconds().clamp(0, length);
        self.worked[day] + if works { part } else { 0 }
    }

    /// Seconds between two instants, days that are not worked on left out; zero if `until` is
    /// not later. Working hours are not modelled: a working day counts whole.
    pub(crate) fn worked_between(&self, from: Instant, until: Instant) -> i64 {
        (self.worked_until(until) - self.worked_until(from)).max(0)
    }

    /// The instant at which `seconds` more will have been worked.
    pub(crate) fn after_work(&self, from: Instant, seconds: i64) -> Instant {
        if seconds <= 0 {
            return from;
        }
        let wanted = self.worked_until(from) + seconds;
        // The first day at whose end so much was worked.
        let day = self.worked.partition_point(|worked| *worked < wanted);
        match day.checked_sub(1).filter(|_| day < self.worked.len()) {
            Some(day) => self.starts[day] + Duration::seconds(wanted - self.worked[day]),
            // Beyond all known days, or none of them is worked on: as if all were.
            None => from + Duration::seconds(seconds),
        }
    }

    /// Working days after `from` up to and including `until`.
    pub(crate) fn working_days(&self, from: usize, until: usize) -> u32 {
        let last = self.starts.len() - 2;
        let before = |day: usize| self.working[day.min(last) + 1];
        before(until).saturating_sub(before(from))
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};
    use chrono_tz::Tz;
    use proptest::prelude::*;

    use super::*;

    fn at(month: u32, day: u32, hour: u32) -> Instant {
        Utc.with_ymd_and_hms(2026, month, day, hour, 0, 0).unwrap()
    }

    #[test]
    fn weekends_are_not_worked_on() {
        // 20 November 2026 is a Friday.
        let days = Days::new(&Calendar::default(), at(11, 1, 0), at(11, 22, 9));
        assert_eq!(days.worked_between(at(11, 20, 12), at(11, 23, 12)), DAY);
        assert_eq!(days.worked_between(at(11, 21, 1), at(11, 22, 23)), 0);
        assert_eq!(days.worked_between(at(11, 23, 12), at(11, 20, 12)), 0);
        assert_eq!(days.after_work(at(11, 20, 12), DAY), at(11, 23, 12));
        assert_eq!(days.after_work(at(11, 21, 12), 3_600), at(11, 23, 1));
        assert_eq!(days.after_work(at(11, 20, 12), 0), at(11, 20, 12));
        assert_eq!(days.working_days(days.of(at(11, 20, 0)), days.of(at(11, 24, 0))), 2);
    }

    #[test]
    fn a_calendar_without_working_days_still_ends() {
        let calendar = Calendar { working_week: Vec::new(), ..Calendar::default() };
        let days = Days::new(&calendar, at(11, 1, 0), at(11, 22, 9));
        assert_eq!(days.after_work(at(11, 22, 0), 60), at(11, 22, 0) + Duration::seconds(60));
    }

    proptest! {
        #[test]
        fn an_instant_finds_the_day_that_the_calendar_says(
            zone in prop::sample::select(vec![Tz::UTC, Tz::Europe__Berlin, Tz::America__Santiago, Tz::Pacific__Apia]),
            minutes in 0_i64..525_600,
        ) {
            let calendar = Calendar { zone, ..Calendar::default() };
            let days = Days::new(&calendar, at(1, 1, 0) - Duration::days(2), at(12, 30, 0));
            let instant = at(1, 1, 0) + Duration::minutes(minutes);
            prop_assert_eq!(days.date(days.of(instant)), calendar.day(instant));
            let later = days.after_work(instant, 200_000);
            prop_assert_eq!(days.worked_between(instant, later), 200_000);
        }
    }
}
