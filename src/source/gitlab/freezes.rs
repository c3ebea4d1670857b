//! Deploy freezes: pairs of cron patterns in a time zone become windows.
//!
//! A freeze begins whenever its first pattern matches and ends when its second one next does;
//! what begins while it lasts adds nothing. A clock that skips or repeats an hour is the concern
//! of `croner`: a fixed time that is skipped counts as the first instant after the gap.

use chrono::{DateTime, Duration};
use chrono_tz::Tz;
use croner::{Cron, parser::CronParser};

use super::wire::FreezePeriod;
use crate::{
    domain::{Freeze, Instant, Problem, Text, Window},
    source::naming::Naming,
};

/// How far back windows are told.
const DAYS_BACK: i64 = 30;
/// How far ahead windows are told.
const DAYS_AHEAD: i64 = 180;
/// Most windows of one freeze period: one for each day, and some.
const MOST_WINDOWS: usize = 250;

/// The windows of `period` around `now`, oldest first. A pattern or a zone that cannot be read is
/// a problem.
pub(super) fn freezes(
    period: &FreezePeriod,
    now: Instant,
    naming: &Naming,
    service: &str,
) -> Result<Vec<Freeze>, Problem> {
    let problem = |why: String| {
        Problem::new(
            format!("{service}: {}: freeze period {}: {why}", naming.repository, period.id),
            "correct it in the project's settings: CI/CD, Deploy freezes",
        )
    };
    let zone = zone(period.cron_timezone.as_deref()).ok_or_else(|| {
        problem(format!(
            "the time zone \"{}\" is unheard of",
            clipped(period.cron_timezone.as_deref().unwrap_or_default())
        ))
    })?;
    let read = |pattern: &str| {
        // GitLab's patterns have five fields; a sixth one would be seconds or years.
        CronParser::new()
            .parse(pattern)
            .map_err(|error| problem(format!("the pattern \"{}\" cannot be read: {error}", clipped(pattern))))
    };
    let (begins, ends) = (read(&period.freeze_start)?, read(&period.freeze_end)?);
    let name = Text::new(format!("deploy freeze of {}", naming.repository));
    let windows = windows(&begins, &ends, now.with_timezone(&zone));
    Ok(windows
        .into_iter()
        .map(|window| Freeze { name: name.clone(), window, environments: Vec::new() })
        .collect())
}

fn clipped(raw: &str) -> Text {
    Text::new(raw.chars().take(60).collect::<String>())
}

/// The zone of a pattern. GitLab keeps names of the time zone database, and also Rails' own
/// (`Berlin`, `Eastern Time (US & Canada)`), of which those that are a city's are understood.
fn zone(name: Option<&str>) -> Option<Tz> {
    let Some(name) = name.map(str::trim).filter(|name| !name.is_empty()) else { return Some(Tz::UTC) };
    name.parse().ok().or_else(|| {
        let known = match name {
            "Eastern Time (US & Canada)" => Tz::America__New_York,
            "Central Time (US & Canada)" => Tz::America__Chicago,
            "Mountain Time (US & Canada)" => Tz::America__Denver,
            "Pacific Time (US & Canada)" => Tz::America__Los_Angeles,
            "Edinburgh" => Tz::Europe__London,
            "Bern" => Tz::Europe__Zurich,
            "Mumbai" | "Chennai" | "New Delhi" => Tz::Asia__Kolkata,
            "Beijing" => Tz::Asia__Shanghai,
            "Osaka" | "Sapporo" => Tz::Asia__Tokyo,
            _ => {
                let city = name.replace(' ', "_");
                return chrono_tz::TZ_VARIANTS
                    .iter()
                    .find(|zone| {
                        zone.name().rsplit('/').next().is_some_and(|last| last.eq_ignore_ascii_case(&city))
                    })
                    .copied();
            }
        };
        Some(known)
    })
}

fn windows(begins: &Cron, ends: &Cron, now: DateTime<Tz>) -> Vec<Window> {
    let Some(first) = now.checked_sub_signed(Duration::days(DAYS_BACK)) else { return Vec::new() };
    let Some(last) = now.checked_add_signed(Duration::days(DAYS_AHEAD)) else { return Vec::new() };
    let mut windows = Vec::new();
    // What began before and has not ended belongs to it.
    let begun = begins.find_previous_occurrence(&first, true).ok();
    let mut next = match begun {
        Some(begun) if ends.find_next_occurrence(&begun, false).is_ok_and(|end| end > first) => Some(begun),
        _ => begins.find_next_occurrence(&first, true).ok(),
    };
    while let Some(from) = next.take().filter(|from| *from < last) {
        let Ok(until) = ends.find_next_occurrence(&from, false) else { break };
        windows.push(Window { from: from.to_utc(), until: until.to_utc() });
        if windows.len() >= MOST_WINDOWS {
            break;
        }
        next = begins.find_next_occurrence(&until, true).ok();
    }
    windows
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};

    use super::*;

    fn told(
        start: &str,
        end: &str,
        zone: Option<&str>,
        now: Instant,
    ) -> Result<Vec<(String, String)>, Problem> {
        let period = FreezePeriod {
            id: 1,
            freeze_start: start.to_owned(),
            freeze_end: end.to_owned(),
            cron_timezone: zone.map(str::to_owned),
        };
        let naming = Naming { repository: Text::new("api"), project: Text::new("api") };
        let freezes = freezes(&period, now, &naming, "gitlab")?;
        let format = |at: Instant| at.format("%m-%d %H:%M").to_string();
        Ok(freezes.iter().map(|freeze| (format(freeze.window.from), format(freeze.window.until))).collect())
    }

    fn at(year: i32, month: u32, day: u32) -> Instant {
        Utc.with_ymd_and_hms(year, month, day, 12, 0, 0).unwrap()
    }

    #[test]
    fn pairs_of_patterns_are_windows() {
        // The example of doc/api/freeze_periods.md: Friday night to Monday morning.
        let weekends = told("0 23 * * 5", "0 8 * * 1", Some("UTC"), at(2026, 11, 25)).unwrap();
        assert_eq!(weekends[0], ("10-30 23:00".to_owned(), "11-02 08:00".to_owned()));
        assert_eq!(weekends.len(), 30, "thirty days back, a hundred and eighty ahead");
        // It lasts already when the horizon begins; what begins in between adds nothing.
        let winter = told("0 0 20 12 *", "0 6 4 1 *", None, at(2027, 1, 25)).unwrap();
        assert_eq!(winter[0], ("12-20 00:00".to_owned(), "01-04 06:00".to_owned()));
        let daily = told("0 0 * 12 *", "0 6 4 1 *", None, at(2026, 12, 25)).unwrap();
        assert_eq!(daily, [("12-01 00:00".to_owned(), "01-04 06:00".to_owned())]);
        // Sunday is 0 and 7; one day of the week or one of the month.
        assert_eq!(
            told("0 22 * * 0", "0 4 * * 1", None, at(2026, 11, 25)).unwrap(),
            told("0 22 * * 7", "0 4 * * 1", None, at(2026, 11, 25)).unwrap()
        );
        let most = told("0 * * * *", "30 * * * *", None, at(2026, 11, 25)).unwrap();
        assert_eq!(most.len(), MOST_WINDOWS);
    }

    #[test]
    fn clocks_that_skip_or_repeat_an_hour() {
        // Berlin skips 02:00 to 03:00 on 2027-03-28, and has 02:00 to 03:00 twice on 2026-10-25.
        let spring = told("30 2 * * *", "0 5 * * *", Some("Europe/Berlin"), at(2027, 3, 27)).unwrap();
        let of = |day: &str, windows: &[(String, String)]| {
            windows.iter().filter(|(from, _)| from.starts_with(day)).cloned().collect::<Vec<_>>()
        };
        let pair = |from: &str, until: &str| (from.to_owned(), until.to_owned());
        assert_eq!(of("03-27", &spring), [pair("03-27 01:30", "03-27 04:00")]);
        assert_eq!(
            of("03-28", &spring),
            [pair("03-28 01:00", "03-28 03:00")],
            "the first instant after the gap"
        );
        assert_eq!(of("03-29", &spring), [pair("03-29 00:30", "03-29 03:00")]);
        let autumn = told("30 2 * * *", "0 5 * * *", Some("Berlin"), at(2026, 10, 24)).unwrap();
        assert_eq!(of("10-25", &autumn), [pair("10-25 00:30", "10-25 04:00")], "once, the first time");
        // An end that is skipped ends it all the same.
        let ends = told("0 22 * * *", "30 2 * * *", Some("Europe/Berlin"), at(2027, 3, 27)).unwrap();
        assert_eq!(of("03-27", &ends), [pair("03-27 21:00", "03-28 01:00")]);
    }

    #[test]
    fn what_cannot_be_read_is_a_problem() {
        for (start, end, zone, why) in [
            ("at noon", "0 8 * * 1", None, "the pattern \"at noon\" cannot be read"),
            ("0 23 * * 5", "61 8 * * 1", None, "the pattern \"61 8 * * 1\" cannot be read"),
            ("0 23 * * 5", "0 8 * * 1", Some("Middle-earth"), "the time zone \"Middle-earth\" is unheard of"),
        ] {
            let problem = told(start, end, zone, at(2026, 11, 25)).unwrap_err();
            assert!(problem.what.contains(why), "{problem:?}");
        }
        assert_eq!(zone(Some("Eastern Time (US & Canada)")), Some(Tz::America__New_York));
        assert_eq!(zone(Some("Buenos Aires")).map(|zone| zone.name().ends_with("Buenos_Aires")), Some(true));
        // A date that never is: no window, and no endless search.
        assert_eq!(told("0 0 30 2 *", "0 8 * * 1", None, at(2026, 11, 25)).unwrap(), []);
    }
}
