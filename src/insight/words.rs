//! Durations, counts and instants in words: short, stable in width, the coarsest honest unit.

use std::sync::Arc;

use chrono::{Datelike as _, Duration, Offset as _};
use chrono_tz::Tz;

use crate::domain::{Build, Calendar, CheckOutcome, Instant, Text, Window};

/// A duration in its two coarsest units with leading zeros, so that a countdown does not
/// jump: `3d 04h`, `4h 05m`, `14m`, `0m`. Rounded down; a negative one has a minus in front.
pub fn duration(duration: Duration) -> String {
    let minutes = duration.num_minutes();
    let sign = if minutes < 0 { "-" } else { "" };
    let minutes = minutes.unsigned_abs();
    let (days, hours, rest) = (minutes / 1_440, minutes / 60 % 24, minutes % 60);
    match (days, hours) {
        (0, 0) => format!("{sign}{rest}m"),
        (0, _) => format!("{sign}{hours}h {rest:02}m"),
        (1..=99, _) => format!("{sign}{days}d {hours:02}h"),
        _ => format!("{sign}{days}d"),
    }
}

/// Minutes as a duration: `1h 05m`.
pub fn minutes(minutes: u32) -> String {
    duration(Duration::minutes(i64::from(minutes)))
}

/// A window in `zone`, where its clocks show another time than those of the calendar:
/// `Wed 25 Nov 09:00–10:10 EST`. Of an hour that clocks show twice the abbreviation tells which
/// one is meant.
pub fn window_there(window: Window, zone: Tz, calendar: &Calendar) -> Option<String> {
    let differs = |at: Instant| {
        let (there, here) = (at.with_timezone(&zone), at.with_timezone(&calendar.zone));
        there.offset().fix() != here.offset().fix()
    };
    if !differs(window.from) && !differs(window.until) {
        return None;
    }
    let (from, until) = (window.from.with_timezone(&zone), window.until.with_timezone(&zone));
    let day = if from.date_naive() == until.date_naive() { "" } else { "%a %-d %b " };
    let first = from.format("%a %-d %b %H:%M");
    let zones = (from.format("%Z").to_string(), until.format("%Z").to_string());
    // Clocks change within it.
    let changed = if zones.0 == zones.1 { String::new() } else { format!(" {}", zones.0) };
    Some(format!("{first}{changed}–{} {}", until.format(&format!("{day}%H:%M")), zones.1))
}

/// The time of day of `instant` in `zone`, where its clocks show another one than those of the
/// calendar: `09:00 EST`, with the day where that is another one.
pub fn time_there(instant: Instant, zone: Tz, calendar: &Calendar) -> Option<String> {
    let (there, here) = (instant.with_timezone(&zone), instant.with_timezone(&calendar.zone));
    if there.offset().fix() == here.offset().fix() {
        return None;
    }
    let day = if there.date_naive() == here.date_naive() { "" } else { "%a " };
    Some(there.format(&format!("{day}%H:%M %Z")).to_string())
}

/// A duration in its coarsest unit alone, for a narrow column: `3d`, `4h`, `14m`. Rounded down.
pub fn age(duration: Duration) -> String {
    let minutes = duration.num_minutes().max(0);
    match minutes {
        0..60 => format!("{minutes}m"),
        60..1_440 => format!("{}h", minutes / 60),
        _ => format!("{}d", minutes / 1_440),
    }
}

/// How far away `target` is, as it is counted down: `T-3d 04h`, `T+2d 01h` once it has passed.
pub fn countdown(target: Instant, now: Instant) -> String {
    if target >= now {
        format!("T-{}", duration(target - now))
    } else {
        format!("T+{}", duration(now - target))
    }
}

/// How long ago `then` was: `14m ago`; `just now` within the last minute.
pub fn ago(then: Instant, now: Instant) -> String {
    if now - then < Duration::minutes(1) { "just now".to_owned() } else { format!("{} ago", age(now - then)) }
}

/// The day of `instant`: `Wed 25 Nov`.
pub fn day(instant: Instant, calendar: &Calendar) -> String {
    instant.with_timezone(&calendar.zone).format("%a %-d %b").to_string()
}

/// Day and time of `instant`: `Wed 25 Nov 14:00`.
pub fn day_and_time(instant: Instant, calendar: &Calendar) -> String {
    instant.with_timezone(&calendar.zone).format("%a %-d %b %H:%M").to_string()
}

/// The time of day of `instant`: `14:00`.
pub fn time(instant: Instant, calendar: &Calendar) -> String {
    instant.with_timezone(&calendar.zone).format("%H:%M").to_string()
}

/// A span of time: `Wed 25 Nov 14:00–15:10`.
pub fn window(window: Window, calendar: &Calendar) -> String {
    let from = day_and_time(window.from, calendar);
    let until = if calendar.day(window.from) == calendar.day(window.until) {
        time(window.until, calendar)
    } else {
        day_and_time(window.until, calendar)
    };
    format!("{from}–{until}")
}

/// The day of an instant, with its year where that is not the year of `now`.
pub fn day_from(instant: Instant, now: Instant, calendar: &Calendar) -> String {
    let date = calendar.day(instant);
    let said = day(instant, calendar);
    if date.year() == calendar.day(now).year() { said } else { format!("{said} {}", date.year()) }
}

/// A count with its noun: `1 story`, `7 stories`.
pub fn count(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// A chance in whole per cent. One that is not certain is never shown as certain.
pub fn chance(share: f64) -> String {
    let rounded = (share * 100.0).round() as i64;
    match rounded {
        100.. if share < 1.0 => ">99 %".to_owned(),
        ..=0 if share > 0.0 => "<1 %".to_owned(),
        _ => format!("{rounded} %"),
    }
}

/// A share in per cent: `99.4 %`. Rounded down, so that a share that misses a threshold
/// never reads as one that meets it; `100 %` only if it is all.
pub fn percent(share: f64) -> String {
    let tenths = (share.clamp(0.0, 1.0) * 1_000.0 + 1e-9).floor() as u32;
    if tenths.is_multiple_of(10) {
        format!("{} %", tenths / 10)
    } else {
        format!("{}.{} %", tenths / 10, tenths % 10)
    }
}

/// The first `most` of `names`, and how many more there are: `A, B and 3 more`.
pub fn list<T: AsRef<str>>(names: &[T], most: usize) -> String {
    let shown = names.iter().take(most).map(AsRef::as_ref).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(most) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// `1,240`: an amount in thousands; of money the currency is left out, which nobody tells.
pub fn amount(amount: f64) -> String {
    let digits = format!("{:.0}", amount.abs());
    let mut said = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            said.push(',');
        }
        said.push(digit);
    }
    if amount < 0.0 { format!("-{said}") } else { said }
}

/// How a build stands: `integration failed`, `2 of 5 checks running`, `passed`.
pub fn build_state(build: &Build) -> String {
    let of = |outcome| build.checks.iter().filter(|check| check.outcome == outcome).count();
    match build.outcome() {
        CheckOutcome::Failed => {
            let failed: Vec<&str> = build.failed().map(|check| check.name.as_str()).collect();
            format!("{} failed", list(&failed, 2))
        }
        CheckOutcome::Running => {
            format!(
                "{} of {} running",
                of(CheckOutcome::Running),
                count(build.checks.len(), "check", "checks")
            )
        }
        CheckOutcome::Passed => "passed".to_owned(),
        CheckOutcome::Skipped => "all checks skipped".to_owned(),
        CheckOutcome::Unknown => "unknown".to_owned(),
    }
}

/// How a build stands, since when and where: `integration failed 2h ago at 1a2b3c4d`.
pub fn build(build: &Build, now: Instant) -> String {
    format!("{} {} at {}", build_state(build), ago(build.since(), now), commit(&build.commit))
}

/// A line for each repository: its name, and how each of its branches stands. `builds` are by
/// repository.
pub fn builds<'a>(builds: &'a [Arc<Build>], now: Instant) -> Vec<(&'a Text, String)> {
    let of_repository = builds.chunk_by(|one, next| one.repository == next.repository);
    let line = |branches: &'a [Arc<Build>]| {
        let said: Vec<String> =
            branches.iter().map(|branch| format!("{}: {}", branch.branch, build(branch, now))).collect();
        Some((&branches.first()?.repository, said.join("; ")))
    };
    of_repository.filter_map(line).collect()
}

/// The first characters of a commit's name.
pub(crate) fn commit(full: &str) -> &str {
    full.get(..8).unwrap_or(full)
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};

    use super::*;

    #[test]
    fn a_window_is_told_by_the_clocks_of_where_it_goes() {
        use Tz::{America__New_York, Asia__Kolkata, Europe__Berlin, Europe__Madrid};
        let berlin = Calendar { zone: Europe__Berlin, ..Calendar::default() };
        let utc = |month, day, hour, minute| Utc.with_ymd_and_hms(2026, month, day, hour, minute, 0).unwrap();
        for (zone, from, until, said, time) in [
            (
                America__New_York,
                utc(11, 25, 13, 0),
                utc(11, 25, 14, 10),
                Some("Wed 25 Nov 08:00–09:10 EST"),
                Some("08:00 EST"),
            ),
            // Its clocks show the same.
            (Europe__Madrid, utc(11, 25, 13, 0), utc(11, 25, 14, 10), None, None),
            // Its day is another one, at its beginning or at its end.
            (
                America__New_York,
                utc(11, 25, 1, 0),
                utc(11, 25, 2, 0),
                Some("Tue 24 Nov 20:00–21:00 EST"),
                Some("Tue 20:00 EST"),
            ),
            (
                Asia__Kolkata,
                utc(11, 25, 18, 0),
                utc(11, 25, 19, 0),
                Some("Wed 25 Nov 23:30–Thu 26 Nov 00:30 IST"),
                Some("23:30 IST"),
            ),
            // The hour that clocks there show twice: 01:30 is in summer, an hour later in winter.
            (
                America__New_York,
                utc(11, 1, 5, 30),
                utc(11, 1, 6, 30),
                Some("Sun 1 Nov 01:30 EDT–01:30 EST"),
                Some("01:30 EDT"),
            ),
            // The hour that they skip: half an hour lies between 01:45 and 03:15.
            (
                America__New_York,
                utc(3, 8, 6, 45),
                utc(3, 8, 7, 15),
                Some("Sun 8 Mar 01:45 EST–03:15 EDT"),
                Some("01:45 EST"),
            ),
            // The clocks here change alone: the same at the beginning, another time at the end.
            (
                Tz::Africa__Lagos,
                utc(3, 29, 0, 30),
                utc(3, 29, 1, 30),
                Some("Sun 29 Mar 01:30–02:30 WAT"),
                None,
            ),
        ] {
            assert_eq!(window_there(Window { from, until }, zone, &berlin).as_deref(), said, "{zone} {from}");
            assert_eq!(time_there(from, zone, &berlin).as_deref(), time, "{zone} {from}");
        }
    }

    #[test]
    fn durations_keep_two_units() {
        for (minutes, text) in [
            (0, "0m"),
            (14, "14m"),
            (60, "1h 00m"),
            (245, "4h 05m"),
            (1_440, "1d 00h"),
            (4_560, "3d 04h"),
            (144_000, "100d"),
            (-245, "-4h 05m"),
        ] {
            assert_eq!(duration(Duration::minutes(minutes)), text, "{minutes}");
        }
    }

    #[test]
    fn ages_keep_one_unit() {
        for (minutes, text) in [(-5, "0m"), (59, "59m"), (60, "1h"), (1_439, "23h"), (8_640, "6d")] {
            assert_eq!(age(Duration::minutes(minutes)), text, "{minutes}");
        }
    }

    #[test]
    fn a_share_below_the_threshold_never_reads_as_met() {
        for (share, text) in [
            (1.0, "100 %"),
            (0.9999, "99.9 %"),
            (0.994, "99.4 %"),
            (0.99, "99 %"),
            (0.98999, "98.9 %"),
            (0.0, "0 %"),
        ] {
            assert_eq!(percent(share), text, "{share}");
        }
    }

    #[test]
    fn days_and_times_are_those_of_the_zone() {
        let calendar = Calendar { zone: chrono_tz::Tz::Europe__Berlin, ..Calendar::default() };
        let instant = Utc.with_ymd_and_hms(2026, 11, 24, 23, 30, 0).unwrap();
        assert_eq!(day(instant, &calendar), "Wed 25 Nov");
        assert_eq!(day_and_time(instant, &calendar), "Wed 25 Nov 00:30");
        assert_eq!(time(instant, &calendar), "00:30");
    }

    #[test]
    fn long_lists_say_how_much_is_left_out() {
        assert_eq!(list(&["A", "B"], 3), "A, B");
        assert_eq!(list(&["A", "B", "C", "D"], 2), "A, B and 2 more");
        assert_eq!(count(1, "story", "stories"), "1 story");
        assert_eq!(count(0, "story", "stories"), "0 stories");
    }
}
