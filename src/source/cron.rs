//! Windows of time that patterns of cron make, around now: what the freeze periods of a GitLab and
//! the sync windows of an Argo CD have in common.
//!
//! A clock that skips or repeats an hour is the concern of `croner`: a fixed time that is skipped
//! counts as the first instant after the gap.

use chrono::{DateTime, Duration};
use chrono_tz::Tz;
use croner::{Cron, parser::CronParser};

use crate::domain::{Instant, Text, Window};

/// How far back windows are told.
const DAYS_BACK: i64 = 30;
/// How far ahead windows are told.
const DAYS_AHEAD: i64 = 180;
/// Most windows of one pattern: one for each day, and some.
pub(super) const MOST_WINDOWS: usize = 250;
/// Most occurrences of one pattern that are looked at.
const MOST_STEPS: usize = 10_000;

/// Windows of one pattern, oldest first; they do not touch each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Occurrences {
    pub(super) windows: Vec<Window>,
    /// There are no more of them within the horizon.
    pub(super) is_whole: bool,
}

/// The time that is told of.
pub(super) fn horizon(now: Instant) -> Option<Window> {
    Some(Window {
        from: now.checked_sub_signed(Duration::days(DAYS_BACK))?,
        until: now.checked_add_signed(Duration::days(DAYS_AHEAD))?,
    })
}

/// A pattern of five fields; a sixth one would be seconds or years. An error says why not.
pub(super) fn pattern(raw: &str) -> Result<Cron, String> {
    CronParser::new()
        .parse(raw)
        .map_err(|error| format!("the pattern \"{}\" cannot be read: {error}", clipped(raw)))
}

/// The zone of a pattern; none is UTC. GitLab keeps names of the time zone database, and also
/// Rails' own (`Berlin`, `Eastern Time (US & Canada)`), of which those that are a city's are
/// understood. An error says why not.
pub(super) fn zone(name: Option<&str>) -> Result<Tz, String> {
    let Some(name) = name.map(str::trim).filter(|name| !name.is_empty()) else { return Ok(Tz::UTC) };
    let unheard_of = || format!("the time zone \"{}\" is unheard of", clipped(name));
    name.parse().ok().or_else(|| of_rails(name)).ok_or_else(unheard_of)
}

fn of_rails(name: &str) -> Option<Tz> {
    Some(match name {
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
    })
}

/// What of a setting of somebody else's is shown in a message.
pub(super) fn clipped(raw: &str) -> Text {
    Text::new(raw.chars().take(60).collect::<String>())
}

/// From whenever the first pattern matches until the second one next does; what begins while it
/// lasts adds nothing.
pub(super) fn between(begins: &Cron, ends: &Cron, now: DateTime<Tz>) -> Vec<Window> {
    let Some(Window { from, until }) = horizon(now.to_utc()) else { return Vec::new() };
    let (first, last) = (from.with_timezone(&now.timezone()), until.with_timezone(&now.timezone()));
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

/// From whenever the pattern matches for `length`, in time that passes; what begins while it lasts
/// prolongs it.
pub(super) fn lasting(begins: &Cron, length: Duration, now: DateTime<Tz>) -> Occurrences {
    let mut found = Occurrences { windows: Vec::new(), is_whole: true };
    let Some(horizon) = horizon(now.to_utc()).filter(|_| length > Duration::zero()) else { return found };
    let zone = now.timezone();
    let last = horizon.until.with_timezone(&zone);
    // What began before and has not ended belongs to it.
    let Some(first) = horizon.from.with_timezone(&zone).checked_sub_signed(length) else { return found };
    let mut next = begins.find_next_occurrence(&first, false).ok();
    let mut steps = 0;
    while let Some(from) = next.take().filter(|from| *from < last) {
        let mut newest = from;
        let mut until = newest + length;
        while until < last {
            steps += 1;
            match begins.find_previous_occurrence(&until, true) {
                Ok(later) if later > newest && steps < MOST_STEPS => newest = later,
                _ => break,
            }
            until = newest + length;
        }
        found.windows.push(Window { from: from.to_utc(), until: until.to_utc() });
        if steps >= MOST_STEPS || found.windows.len() >= MOST_WINDOWS {
            found.is_whole = false;
            return found;
        }
        next = begins.find_next_occurrence(&until, false).ok();
    }
    found
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};

    use super::*;

    fn told(schedule: &str, length: Duration, zone: Tz) -> (Vec<(String, String)>, bool) {
        let now = Utc.with_ymd_and_hms(2026, 11, 25, 12, 0, 0).unwrap().with_timezone(&zone);
        let found = lasting(&pattern(schedule).unwrap(), length, now);
        let format = |at: Instant| at.format("%m-%d %H:%M").to_string();
        let windows = found.windows.iter().map(|one| (format(one.from), format(one.until)));
        (windows.collect(), found.is_whole)
    }

    #[test]
    fn a_pattern_and_a_length_are_windows() {
        let pair = |from: &str, until: &str| (from.to_owned(), until.to_owned());
        // It began before the horizon and reaches into it.
        let (nights, is_whole) = told("0 22 * * *", Duration::hours(15), Tz::UTC);
        assert_eq!(nights[0], pair("10-25 22:00", "10-26 13:00"));
        assert_eq!((nights.len(), is_whole), (211, true));
        // The clock goes by the zone, a length is time that passes: Amsterdam skips an hour on
        // 2027-03-28, so that the window ends at 11:00 of its clock, and not at 10:00.
        let (days, _) = told("0 12 * * *", Duration::hours(22), Tz::Europe__Amsterdam);
        assert!(days.contains(&pair("03-27 11:00", "03-28 09:00")), "{days:?}");
        assert!(days.contains(&pair("03-28 10:00", "03-29 08:00")), "{days:?}");
        // What begins while it lasts prolongs it; what begins when it ends, too.
        let (joined, is_whole) = told("0 * * * *", Duration::hours(1), Tz::UTC);
        assert_eq!((joined.len(), is_whole), (1, true));
        let (weekdays, _) = told("0 0 * * 1-5", Duration::hours(24), Tz::UTC);
        assert_eq!(weekdays[1], pair("11-02 00:00", "11-07 00:00"));
        assert_eq!(told("0 0 30 2 *", Duration::hours(1), Tz::UTC), (Vec::new(), true), "never");
        assert_eq!(told("0 0 * * *", Duration::zero(), Tz::UTC), (Vec::new(), true));
    }

    #[test]
    fn patterns_without_an_end_are_bounded() {
        let (all, is_whole) = told("*/2 * * * *", Duration::minutes(1), Tz::UTC);
        assert_eq!((all.len(), is_whole), (MOST_WINDOWS, false));
        let (always, is_whole) = told("* * * * *", Duration::minutes(1), Tz::UTC);
        assert_eq!((always.len(), is_whole), (1, false));
    }
}
