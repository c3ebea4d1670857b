//! Durations and dates: short, stable in width, in the coarsest unit that is honest.

use chrono::{Datelike, NaiveDate};
use chrono_tz::Tz;

use crate::{
    domain::{Instant, Window},
    insight::words,
};

/// The time from an instant until now, in one unit: `6d`, `2h`, `14m`.
pub(crate) fn age(since: Instant, now: Instant) -> String {
    words::age(now - since)
}

/// The time until (`T-3d 04h`) or since (`T+2d 03h`) an instant. In the last hour before
/// it, minutes and seconds.
pub(crate) fn countdown(at: Instant, now: Instant) -> String {
    let left = at - now;
    let sign = if left < chrono::Duration::zero() { '+' } else { '-' };
    let seconds = left.num_seconds().abs();
    let (days, hours, minutes) = (seconds / 86400, seconds / 3600 % 24, seconds / 60 % 60);
    if days > 0 {
        format!("T{sign}{days}d {hours:02}h")
    } else if hours > 0 {
        format!("T{sign}{hours:02}h {minutes:02}m")
    } else if sign == '-' && seconds < 3600 {
        format!("T{sign}{minutes:02}m {:02}s", seconds % 60)
    } else {
        format!("T{sign}{minutes:02}m")
    }
}

/// The time until or since an instant as [`countdown`] says it, never in seconds: for those
/// of many that nobody watches.
pub(crate) fn distance(at: Instant, now: Instant) -> String {
    let mut said = countdown(at, now);
    if said.ends_with('s')
        && let Some(end) = said.rfind(' ')
    {
        said.truncate(end);
    }
    said
}

/// Time to spare with its sign: `+1d 2h`, `-9h`, `+20m`.
pub(crate) fn slack(seconds: i64, minus: &str) -> String {
    let sign = if seconds < 0 { minus } else { "+" };
    let minutes = seconds.unsigned_abs() / 60;
    let (days, hours) = (minutes / 1440, minutes / 60 % 24);
    match (days, hours) {
        (0, 0) => format!("{sign}{minutes}m"),
        (0, _) => format!("{sign}{hours}h"),
        (10.., _) | (_, 0) => format!("{sign}{days}d"),
        _ => format!("{sign}{days}d {hours}h"),
    }
}

/// A length in minutes: `52m`, `1h20`.
pub(crate) fn minutes(minutes: u32) -> String {
    match (minutes / 60, minutes % 60) {
        (0, rest) => format!("{rest}m"),
        (hours, 0) => format!("{hours}h"),
        (hours, rest) => format!("{hours}h{rest:02}"),
    }
}

/// A day: `Wed 25 Nov`; of another year than `today`, with its year.
pub(crate) fn day(day: NaiveDate, today: NaiveDate) -> String {
    let form = if day.year() == today.year() { "%a %-d %b" } else { "%a %-d %b %Y" };
    day.format(form).to_string()
}

/// Days and times in the zone of the board.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dates {
    zone: Tz,
    today: NaiveDate,
}

impl Dates {
    /// Dates of `zone` as they are said at `now`.
    pub(crate) fn new(zone: Tz, now: Instant) -> Self {
        Self { zone, today: now.with_timezone(&zone).date_naive() }
    }

    /// The day that is now.
    pub(crate) fn today(self) -> NaiveDate {
        self.today
    }

    /// `Wed 25 Nov`.
    pub(crate) fn day(self, at: Instant) -> String {
        day(self.date(at), self.today)
    }

    /// `25 Nov`, where there is no room for the day of the week; with its year where the same
    /// day of another year could be meant.
    pub(crate) fn short_day(self, at: Instant) -> String {
        const NEAR_DAYS: i64 = 300;
        let day = self.date(at);
        let is_near = (day - self.today).num_days().abs() < NEAR_DAYS;
        day.format(if is_near { "%-d %b" } else { "%-d %b %Y" }).to_string()
    }

    /// `Wed 25 Nov 14:00`.
    pub(crate) fn moment(self, at: Instant) -> String {
        format!("{} {}", self.day(at), self.time(at))
    }

    /// `14:00`.
    pub(crate) fn time(self, at: Instant) -> String {
        at.with_timezone(&self.zone).format("%H:%M").to_string()
    }

    /// `Wed 25 Nov 14:00–15:10`.
    pub(crate) fn span(self, window: Window, dash: &str) -> String {
        if self.date(window.from) == self.date(window.until) {
            format!("{}{dash}{}", self.moment(window.from), self.time(window.until))
        } else {
            format!("{} {dash} {}", self.moment(window.from), self.moment(window.until))
        }
    }

    /// The zone that dates are said in.
    pub(crate) fn zone(self) -> Tz {
        self.zone
    }

    /// `CET`.
    pub(crate) fn zone_name(self, at: Instant) -> String {
        at.with_timezone(&self.zone).format("%Z").to_string()
    }

    /// The day that an instant is part of.
    pub(crate) fn date(self, at: Instant) -> NaiveDate {
        at.with_timezone(&self.zone).date_naive()
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};

    use super::*;

    fn at(day: u32, hour: u32, minute: u32, second: u32) -> Instant {
        Utc.with_ymd_and_hms(2026, 11, day, hour, minute, second).unwrap()
    }

    #[test]
    fn a_countdown_is_as_fine_as_it_is_near() {
        let target = at(25, 13, 0, 0);
        for (now, said) in [
            (at(22, 8, 24, 0), "T-3d 04h"),
            (at(25, 8, 48, 0), "T-04h 12m"),
            (at(25, 12, 0, 0), "T-01h 00m"),
            (at(25, 12, 0, 1), "T-59m 59s"),
            (at(25, 13, 0, 0), "T-00m 00s"),
            (at(25, 13, 0, 1), "T+00m"),
            (at(25, 14, 30, 0), "T+01h 30m"),
            (at(27, 16, 0, 0), "T+2d 03h"),
        ] {
            assert_eq!(countdown(target, now), said);
            assert_eq!(
                distance(target, now),
                said.split_once('m').map_or(said.to_owned(), |(head, _)| format!("{head}m"))
            );
        }
    }

    #[test]
    fn lengths_are_short() {
        for (seconds, said) in [
            (-100_800, "-1d 4h"),
            (93_600, "+1d 2h"),
            (-540, "-9m"),
            (7200, "+2h"),
            (86_400, "+1d"),
            (1_252_800, "+14d"),
        ] {
            assert_eq!(slack(seconds, "-"), said);
        }
        for (length, said) in [(52, "52m"), (80, "1h20"), (120, "2h"), (0, "0m")] {
            assert_eq!(minutes(length), said);
        }
    }

    #[test]
    fn days_are_those_of_the_zone_and_name_another_year() {
        let dates = Dates::new(Tz::Europe__Berlin, at(22, 8, 24, 0));
        assert_eq!(dates.moment(at(24, 23, 30, 0)), "Wed 25 Nov 00:30");
        assert_eq!(dates.zone_name(at(24, 23, 30, 0)), "CET");
        let newer = Utc.with_ymd_and_hms(2027, 1, 4, 12, 0, 0).unwrap();
        assert_eq!(dates.day(newer), "Mon 4 Jan 2027");
        assert_eq!(dates.short_day(newer), "4 Jan");
        assert_eq!(dates.short_day(newer + chrono::Duration::days(300)), "31 Oct 2027");
    }
}
