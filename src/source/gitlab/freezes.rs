//! Deploy freezes: pairs of cron patterns in a time zone become windows.
//!
//! A freeze begins whenever its first pattern matches and ends when its second one next does:
//! [`cron`].

use super::wire::FreezePeriod;
use crate::{
    domain::{Freeze, Instant, Problem, Text},
    source::{cron, naming::Naming},
};

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
    let zone = cron::zone(period.cron_timezone.as_deref()).map_err(problem)?;
    let begins = cron::pattern(&period.freeze_start).map_err(problem)?;
    let ends = cron::pattern(&period.freeze_end).map_err(problem)?;
    let name = Text::new(format!("deploy freeze of {}", naming.repository));
    Ok(cron::between(&begins, &ends, now.with_timezone(&zone))
        .into_iter()
        .map(|window| Freeze { name: name.clone(), window, environments: Vec::new() })
        .collect())
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};
    use chrono_tz::Tz;

    use super::*;
    use crate::source::cron::{MOST_WINDOWS, zone};

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
        assert_eq!(zone(Some("Eastern Time (US & Canada)")), Ok(Tz::America__New_York));
        assert_eq!(zone(Some("Buenos Aires")).map(|zone| zone.name().ends_with("Buenos_Aires")), Ok(true));
        // A date that never is: no window, and no endless search.
        assert_eq!(told("0 0 30 2 *", "0 8 * * 1", None, at(2026, 11, 25)).unwrap(), []);
    }
}
