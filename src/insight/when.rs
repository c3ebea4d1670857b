//! Times as people write them.

use chrono::{DateTime, Datelike as _, Days, Duration, NaiveDate, NaiveDateTime, NaiveTime, Weekday};

use crate::domain::{Calendar, Instant};

/// How times can be written, for messages.
pub const EXAMPLES: &str =
    "2026-11-22, \"2026-11-22 14:00\", 14:00, yesterday, \"yesterday 14:00\", 3h, 2d or 1w";

/// The longest way back that is understood: a typing error must not overflow.
const LONGEST: Duration = Duration::days(100 * 366);

/// The instant in the past that a person means by `written`, at `now` in the zone of
/// `calendar`; none if it is no time.
///
/// - an instant (`2026-11-22T14:00:00+01:00`), a day and time of day (`2026-11-22 14:00`), a time of
///   today (`14:00`);
/// - a day, which means its end: `2026-11-22`, `today` (that is now), `yesterday`; with a time of day that
///   time: `yesterday 14:00`;
/// - so long ago: `30m`, `3h`, `2d`, `1w`, also with `ago` behind or a minus in front.
pub fn instant(written: &str, now: Instant, calendar: &Calendar) -> Option<Instant> {
    let written = written.trim();
    if let Ok(instant) = DateTime::parse_from_rfc3339(written) {
        return Some(instant.to_utc());
    }
    let at = |day: NaiveDate, time: NaiveTime| {
        let local = day.and_time(time).and_local_timezone(calendar.zone);
        local.earliest().map(|instant| instant.to_utc())
    };
    for format in ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"] {
        if let Ok(local) = NaiveDateTime::parse_from_str(written, format) {
            return at(local.date(), local.time());
        }
    }
    if let Some(time) = time_of_day(written) {
        return at(calendar.day(now), time);
    }
    let (first, rest) = written.split_once(' ').unwrap_or((written, ""));
    let today = calendar.day(now);
    let day = match first.to_lowercase().as_str() {
        "now" if rest.is_empty() => return Some(now),
        "today" => Some(today),
        "yesterday" => today.checked_sub_days(Days::new(1)),
        _ => NaiveDate::parse_from_str(first, "%Y-%m-%d").ok(),
    };
    match (day, rest.trim()) {
        (Some(day), "") if day == today => Some(now),
        (Some(day), "") => Some(calendar.end_of(day)),
        (Some(day), rest) => at(day, time_of_day(rest)?),
        (None, "" | "ago") => now.checked_sub_signed(length(first)?),
        (None, _) => None,
    }
}

/// The instant to come that a person means by `written`: a weekday (the next one, today included
/// while its time is still to come), `today`, `tomorrow` or a date, each with a time of day, a time of
/// day alone (the next one), so long from now (`+3h`), or an instant with its offset. None if it is
/// no such time, or one that clocks skip; of one that they show twice it is the first.
pub fn coming(written: &str, now: Instant, calendar: &Calendar) -> Option<Instant> {
    let written = written.trim();
    if let Some(by) = written.strip_prefix('+') {
        return if by.starts_with('-') { None } else { now.checked_add_signed(length(by)?) };
    }
    let at = |day: NaiveDate, time: NaiveTime| {
        let local = day.and_time(time).and_local_timezone(calendar.zone);
        local.earliest().map(|instant| instant.to_utc())
    };
    let today = calendar.day(now);
    let days_on = |days: u64| today.checked_add_days(Days::new(days));
    if let Some(time) = time_of_day(written) {
        return at(today, time).filter(|at| *at >= now).or_else(|| at(days_on(1)?, time));
    }
    let (first, rest) = written.split_once(' ').unwrap_or((written, ""));
    let time = time_of_day(rest.trim());
    let first = first.to_lowercase();
    if first == "tomorrow" {
        return at(days_on(1)?, time?);
    }
    match first.parse::<Weekday>() {
        Ok(weekday) => {
            let ahead = weekday.days_since(today.weekday());
            let this_week = at(days_on(u64::from(ahead))?, time?);
            if ahead > 0 { this_week } else { this_week.filter(|at| *at >= now).or(at(days_on(7)?, time?)) }
        }
        // A day alone is no time to begin at.
        Err(_) if length(&first).is_some() || rest.is_empty() && !written.contains(['T', 't']) => None,
        Err(_) => instant(written, now, calendar),
    }
}

/// How a time to come can be written, for messages.
pub const COMING_EXAMPLES: &str = "Friday 16:00, 2026-11-27 16:00, tomorrow 9:00, 16:00 or +3h";

fn time_of_day(written: &str) -> Option<NaiveTime> {
    ["%H:%M", "%H:%M:%S"].iter().find_map(|format| NaiveTime::parse_from_str(written, format).ok())
}

/// The instant in the future that a person means by `written`: so long after `from` (`+3d`), so
/// long before it (`-2d`), or a day, which means its end, or a time as [`instant`] reads it. None if
/// it is no such time.
pub fn moved(written: &str, from: Instant, now: Instant, calendar: &Calendar) -> Option<Instant> {
    let written = written.trim();
    if let Some(by) = written.strip_prefix('+') {
        return if by.starts_with('-') { None } else { from.checked_add_signed(length(by)?) };
    }
    if written.starts_with('-') {
        return from.checked_sub_signed(length(written)?);
    }
    let first = written.split(' ').next().unwrap_or_default();
    // So long ago is no target.
    if length(first).is_some() { None } else { instant(written, now, calendar) }
}

/// The length that a person means: `30m`, `3h`, `2d`, `1w`.
pub fn length(written: &str) -> Option<Duration> {
    let written = written.strip_prefix('-').unwrap_or(written);
    let unit = written.chars().next_back()?;
    let count: i64 = written.strip_suffix(unit)?.parse().ok()?;
    let length = match unit {
        'm' => Duration::try_minutes(count),
        'h' => Duration::try_hours(count),
        'd' => Duration::try_days(count),
        'w' => Duration::try_weeks(count),
        _ => None,
    }?;
    (Duration::zero()..=LONGEST).contains(&length).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_as_people_write_it() {
        let calendar = Calendar { zone: chrono_tz::Tz::Europe__Berlin, ..Calendar::default() };
        let parse = |written: &str| DateTime::parse_from_rfc3339(written).unwrap().to_utc();
        let now = parse("2026-11-22T08:24:00Z");
        for (written, meant) in [
            ("2026-11-22T14:00:00+01:00", "2026-11-22T13:00:00Z"),
            ("2026-11-22 14:00", "2026-11-22T13:00:00Z"),
            ("2026-07-22T14:00:30", "2026-07-22T12:00:30Z"),
            ("2026-11-20", "2026-11-20T22:59:59Z"),
            ("2026-11-20 09:30", "2026-11-20T08:30:00Z"),
            ("07:15", "2026-11-22T06:15:00Z"),
            ("now", "2026-11-22T08:24:00Z"),
            ("today", "2026-11-22T08:24:00Z"),
            ("2026-11-22", "2026-11-22T08:24:00Z"),
            (" Yesterday ", "2026-11-21T22:59:59Z"),
            ("yesterday 14:00", "2026-11-21T13:00:00Z"),
            ("30m", "2026-11-22T07:54:00Z"),
            ("3h ago", "2026-11-22T05:24:00Z"),
            ("-2d", "2026-11-20T08:24:00Z"),
            ("1w", "2026-11-15T08:24:00Z"),
        ] {
            assert_eq!(instant(written, now, &calendar), Some(parse(meant)), "{written}");
        }
        for wrong in [
            "",
            "soon",
            "2026-13-01",
            "2026-03-29 02:30",
            "25:00",
            "yesterday noon",
            "3x",
            "h",
            "--3h",
            "99999999999999999999d",
            "40000w",
            "3h later",
            "é",
        ] {
            assert_eq!(instant(wrong, now, &calendar), None, "{wrong}");
        }
    }

    #[test]
    fn a_time_to_come_is_the_next_one_that_exists() {
        let calendar = Calendar { zone: chrono_tz::Tz::Europe__Berlin, ..Calendar::default() };
        let parse = |written: &str| DateTime::parse_from_rfc3339(written).unwrap().to_utc();
        // Sunday, 10:00 in Berlin.
        let now = parse("2026-03-22T09:00:00Z");
        for (written, meant) in [
            ("Friday 16:00", Some("2026-03-27T15:00:00Z")),
            ("fri 9:00", Some("2026-03-27T08:00:00Z")),
            ("Sunday 11:00", Some("2026-03-22T10:00:00Z")),
            // Next Sunday clocks are put on: 9 o'clock is an hour earlier, half past two is skipped.
            ("Sunday 09:00", Some("2026-03-29T07:00:00Z")),
            ("Sunday 02:30", None),
            ("2026-03-29 03:00", Some("2026-03-29T01:00:00Z")),
            // Put back: the first of the two.
            ("2026-10-25 02:30", Some("2026-10-25T00:30:00Z")),
            ("2026-10-25T02:30:00+01:00", Some("2026-10-25T01:30:00Z")),
            ("tomorrow 16:00", Some("2026-03-23T15:00:00Z")),
            ("16:00", Some("2026-03-22T15:00:00Z")),
            ("09:30", Some("2026-03-23T08:30:00Z")),
            ("+3h", Some("2026-03-22T12:00:00Z")),
            ("Friday", None),
            ("2026-03-29", None),
            ("3h", None),
            ("+-3h", None),
            ("soon 16:00", None),
            ("", None),
        ] {
            assert_eq!(coming(written, now, &calendar), meant.map(parse), "{written}");
        }
    }
}
