//! Days: in one time zone, some of them worked on.

use std::collections::BTreeSet;

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Weekday};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::Instant;

/// The days of an organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calendar {
    /// The zone that days begin and end in.
    pub zone: Tz,
    /// Days of the week that are worked on.
    pub working_week: Vec<Weekday>,
    /// Days that are not worked on all the same.
    pub holidays: BTreeSet<NaiveDate>,
}

impl Default for Calendar {
    fn default() -> Self {
        Self {
            zone: Tz::UTC,
            working_week: vec![Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri],
            holidays: BTreeSet::new(),
        }
    }
}

impl Calendar {
    /// The day that `instant` is part of.
    pub fn day(&self, instant: Instant) -> NaiveDate {
        instant.with_timezone(&self.zone).date_naive()
    }

    /// The first instant of `day`. Where clocks skip midnight, the first one that exists.
    pub fn start_of(&self, day: NaiveDate) -> Instant {
        self.instant_of(day.and_time(NaiveTime::MIN))
    }

    /// The instant of a local date and time; where clocks skip it, the first one after.
    pub fn instant_of(&self, local: NaiveDateTime) -> Instant {
        let mut local = local;
        // No zone ever skipped more than a day.
        for _ in 0..=96 {
            if let Some(instant) = self.zone.from_local_datetime(&local).earliest() {
                return instant.to_utc();
            }
            local += chrono::Duration::minutes(15);
        }
        local.and_utc()
    }

    /// The last second of `day`: what is dated that day is on time until then.
    pub fn end_of(&self, day: NaiveDate) -> Instant {
        let next = day.checked_add_days(Days::new(1)).unwrap_or(day);
        self.start_of(next) - chrono::Duration::seconds(1)
    }

    /// Whether `day` is worked on.
    pub fn is_working(&self, day: NaiveDate) -> bool {
        self.working_week.contains(&day.weekday()) && !self.holidays.contains(&day)
    }

    /// All days from `first` to `last`, both included; none if `last` is earlier. At most
    /// `most`, the latest ones.
    pub fn days(first: NaiveDate, last: NaiveDate, most: usize) -> Vec<NaiveDate> {
        let mut days: Vec<_> = std::iter::successors(Some(last), NaiveDate::pred_opt)
            .take_while(|day| *day >= first)
            .take(most)
            .collect();
        days.reverse();
        days
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    #[test]
    fn days_follow_the_zone_through_daylight_saving() {
        let calendar = Calendar { zone: Tz::Europe__Berlin, ..Calendar::default() };
        let hours = |day| (calendar.end_of(day) - calendar.start_of(day)).num_minutes() + 1;
        assert_eq!(hours(date(2026, 3, 29)), 23 * 60);
        assert_eq!(hours(date(2026, 10, 25)), 25 * 60);
        assert_eq!(hours(date(2026, 11, 22)), 24 * 60);
    }

    #[test]
    fn a_midnight_that_does_not_exist_is_the_first_instant_after_it() {
        let calendar = Calendar { zone: Tz::America__Santiago, ..Calendar::default() };
        let day = date(2026, 9, 6);
        assert_eq!(calendar.day(calendar.start_of(day)), day);
        assert_eq!(calendar.day(calendar.end_of(date(2026, 9, 5))), date(2026, 9, 5));
    }

    #[test]
    fn holidays_are_not_worked_on() {
        let mut calendar = Calendar::default();
        calendar.holidays.insert(date(2026, 12, 25));
        assert!(calendar.is_working(date(2026, 12, 24)));
        assert!(!calendar.is_working(date(2026, 12, 25)));
        assert!(!calendar.is_working(date(2026, 12, 26)));
        assert_eq!(Calendar::days(date(2026, 12, 24), date(2026, 12, 26), 10).len(), 3);
        assert_eq!(Calendar::days(date(2026, 12, 24), date(2026, 12, 20), 10).len(), 0);
    }
}
