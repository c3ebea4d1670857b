//! Dates as people and programs write them. What could be either day or month first is not
//! guessed.

use chrono::{
    DateTime, FixedOffset, NaiveDate, NaiveDateTime,
    format::{Item, StrftimeItems},
};

use crate::domain::{Calendar, Instant};

/// Formats of a date and time that cannot be mistaken for another.
const TIMES: [&str; 12] = [
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    // Jira's look of dates, with the year in two digits or in four.
    "%d/%b/%y %I:%M %p",
    "%d/%b/%Y %I:%M %p",
    "%d/%b/%y %H:%M",
    "%d/%b/%Y %H:%M",
    "%d %b %Y %H:%M",
    "%d %b %Y %I:%M %p",
];

/// Formats of a day that cannot be mistaken for another.
const DAYS: [&str; 5] = ["%Y-%m-%d", "%Y/%m/%d", "%d/%b/%y", "%d/%b/%Y", "%d %b %Y"];

/// A day, or a time on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    Day(NaiveDate),
    Local(NaiveDateTime),
    Fixed(DateTime<FixedOffset>),
}

impl Written {
    /// The instant; of a day, its first.
    pub(super) fn from(self, calendar: &Calendar) -> Instant {
        match self {
            Self::Day(day) => calendar.start_of(day),
            Self::Local(local) => calendar.instant_of(local),
            Self::Fixed(fixed) => fixed.to_utc(),
        }
    }

    /// The last instant that is on time: of a day, its end.
    pub(super) fn by(self, calendar: &Calendar) -> Instant {
        match self {
            Self::Day(day) => calendar.end_of(day),
            other => other.from(calendar),
        }
    }
}

/// Whether `format` can be understood.
pub(super) fn is_format(format: &str) -> bool {
    let mut items = StrftimeItems::new(format).peekable();
    items.peek().is_some() && items.all(|item| item != Item::Error)
}

/// Reads `written` in `format`, or in one of the usual ways.
pub(super) fn read(written: &str, format: Option<&str>) -> Option<Written> {
    let written = written.trim();
    if let Some(format) = format {
        return in_format(written, format);
    }
    let fixed = DateTime::parse_from_rfc3339(written)
        // `2026-01-22T10:00:00+0100`, as Jira writes it.
        .or_else(|_| DateTime::parse_from_str(written, "%Y-%m-%dT%H:%M:%S%.f%z"))
        .or_else(|_| DateTime::parse_from_str(written, "%Y-%m-%d %H:%M:%S%.f %z"));
    if let Ok(fixed) = fixed {
        return Some(Written::Fixed(fixed));
    }
    let local = TIMES.iter().find_map(|format| time(written, format));
    let day = || DAYS.iter().find_map(|format| NaiveDate::parse_from_str(written, format).ok());
    local.or_else(|| day().filter(|day| is_sane(*day)).map(Written::Day))
}

fn in_format(written: &str, format: &str) -> Option<Written> {
    if let Ok(fixed) = DateTime::parse_from_str(written, format) {
        return Some(Written::Fixed(fixed));
    }
    let day = || NaiveDate::parse_from_str(written, format).ok();
    time(written, format).or_else(|| day().filter(|day| is_sane(*day)).map(Written::Day))
}

fn time(written: &str, format: &str) -> Option<Written> {
    let local = NaiveDateTime::parse_from_str(written, format).ok()?;
    is_sane(local.date()).then_some(Written::Local(local))
}

/// `%Y` takes `26` for a year, and `%y` would take the rest of `2026` for something else.
fn is_sane(day: NaiveDate) -> bool {
    use chrono::Datelike;
    (1970..=9999).contains(&day.year())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_and_never_guessed() {
        let at = |text: &str| text.parse::<Instant>().unwrap();
        let calendar = Calendar { zone: chrono_tz::Tz::Europe__Berlin, ..Calendar::default() };
        for (written, format, expected) in [
            ("2026-01-22", None, Some("2026-01-21T23:00:00Z")),
            ("2026-01-22 14:30", None, Some("2026-01-22T13:30:00Z")),
            ("2026-07-22T14:30:05.25", None, Some("2026-07-22T12:30:05.25Z")),
            ("2026-01-22T14:30:05Z", None, Some("2026-01-22T14:30:05Z")),
            ("2026-01-22T14:30:05.123+0100", None, Some("2026-01-22T13:30:05.123Z")),
            ("22/Jan/26 2:30 PM", None, Some("2026-01-22T13:30:00Z")),
            ("05/Jan/26 12:04 AM", None, Some("2026-01-04T23:04:00Z")),
            ("22/Jan/2026 14:30", None, Some("2026-01-22T13:30:00Z")),
            ("22 Jan 2026", None, Some("2026-01-21T23:00:00Z")),
            // Day or month first: nobody can tell.
            ("01/02/2026", None, None),
            ("1/22/2026 2:30:00 PM", None, None),
            ("22.01.2026 14:30", None, None),
            ("22.01.2026 14:30", Some("%d.%m.%Y %H:%M"), Some("2026-01-22T13:30:00Z")),
            ("1/22/2026 2:30:00 PM", Some("%m/%d/%Y %I:%M:%S %p"), Some("2026-01-22T13:30:00Z")),
            ("01/02/2026", Some("%d/%m/%Y"), Some("2026-01-31T23:00:00Z")),
            ("2026-02-30", None, None),
            ("yesterday", None, None),
            ("", None, None),
        ] {
            let read = read(written, format).map(|written| written.from(&calendar));
            assert_eq!(read, expected.map(at), "{written}");
        }
        assert!(is_format("%d.%m.%Y") && !is_format("%d.%Q") && !is_format(""));
    }
}
