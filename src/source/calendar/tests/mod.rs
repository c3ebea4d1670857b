//! Calendars as others write them, and what is told of them.

mod hostile;
mod rounds;
mod rules;

use chrono::{TimeZone, Utc};
use chrono_tz::Tz;

use super::{event, meaning::Meanings, occurrences::Newest};
use crate::{
    config::{CalendarConfig, EventPatterns},
    domain::{Calendar, Facts, Instant, Window},
};

/// When the tests are.
pub(super) fn now() -> Instant {
    Utc.with_ymd_and_hms(2026, 11, 25, 12, 0, 0).unwrap()
}

pub(super) fn berlin() -> Calendar {
    Calendar { zone: Tz::Europe__Berlin, ..Calendar::default() }
}

/// A calendar with `events`, each the lines between its begin and its end.
pub(super) fn calendar(events: &[&str]) -> String {
    let events: Vec<String> = events
        .iter()
        .map(|lines| format!("BEGIN:VEVENT\r\n{}\r\nEND:VEVENT\r\n", lines.trim().replace('\n', "\r\n")))
        .collect();
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//test//EN\r\n{}END:VCALENDAR\r\n", events.concat())
}

/// When the events of a calendar happen within `span`, and what is wrong with them.
pub(super) fn occurrences(text: &str, span: Window) -> (Vec<Window>, Vec<String>) {
    let read = event::read("team.ics", text).unwrap();
    let calendar = berlin();
    let newest = Newest::of(read.events.iter(), &calendar);
    let (found, problems) = newest.occurrences(span, &calendar, |_| true);
    let problems = read.problems.iter().chain(&problems).map(|problem| problem.what.to_string());
    (found.into_iter().map(|one| one.window).collect(), problems.collect())
}

pub(super) fn settings() -> CalendarConfig {
    let patterns = |categories: &[&str], summaries: &[&str]| EventPatterns {
        categories: categories.iter().map(|one| (*one).to_owned()).collect(),
        summaries: summaries.iter().map(|one| (*one).to_owned()).collect(),
    };
    CalendarConfig {
        root: "/".into(),
        files: Vec::new(),
        addresses: Vec::new(),
        deployments: patterns(&["deployment"], &["deploy {release} to {environment}"]),
        freezes: patterns(&["*freeze*"], &["freeze of {environment}", "*freeze*"]),
        days_off: patterns(&["public holiday"], &[]),
        bookings: patterns(&["booking"], &["{environment} booked for {release}"]),
        project: Some("payments".to_owned()),
        calendar: berlin(),
        interval: std::time::Duration::from_secs(900),
        ca_file: None,
        proxy: None,
    }
}

/// What a calendar says now.
pub(super) fn facts(text: &str) -> Facts {
    let settings = settings();
    let read = event::read("team.ics", text).unwrap();
    let mut facts = Meanings::new(&settings).facts(read.events.iter(), &settings.calendar, now());
    facts.problems.extend(read.problems);
    facts
}

/// A window as Berlin's clocks show it.
pub(super) fn shown(window: &Window) -> String {
    let format = |at: Instant| at.with_timezone(&Tz::Europe__Berlin).format("%m-%d %H:%M").to_string();
    format!("{} to {}", format(window.from), format(window.until))
}
