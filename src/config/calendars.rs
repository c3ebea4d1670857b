//! What is configured about calendars: the settings of `[source.calendar]`, and what they say.

use std::{path::PathBuf, time::Duration};

use reqwest::Url;

use super::{
    Resolver,
    environment::Project,
    setting::{DAY, Kind, Setting},
    value::{FilePattern, Value},
};
use crate::domain::Calendar;

const TABLE: &str = "source.calendar";

/// `[source.calendar]`.
pub(super) static CALENDAR: &[Setting] = &[
    Setting::new(
        "source.calendar.files",
        Kind::Patterns,
        "[]",
        "Calendars as iCalendar files, with *, ? and **, such as [\"calendars/*.ics\"].",
    ),
    Setting {
        in_project: false,
        ..Setting::new(
            "source.calendar.urls",
            Kind::Addresses,
            "[]",
            "Calendars at addresses that begin with https:// or http://. Not in a project's file: whoever knows\n\
             the address of a calendar may often read it. Of an address only its host is printed.",
        )
    },
    Setting::new(
        "source.calendar.deployment_categories",
        Kind::Summaries,
        "[\"deploy\", \"deployment\"]",
        "Events in these categories are deployments, with *. Upper and lower case are the same, here and below.",
    ),
    Setting::new(
        "source.calendar.deployment_summaries",
        Kind::Summaries,
        "[\"deploy {release} to {environment}\", \"deployment of {release} to {environment}\"]",
        "Events that are called so are deployments: {release} and {environment} stand for names, * for anything.\n\
         An environment that is not in the summary is looked for in the location of the event.",
    ),
    Setting::new(
        "source.calendar.freeze_categories",
        Kind::Summaries,
        "[\"*freeze*\"]",
        "Events in these categories are times in which nothing may be deployed.",
    ),
    Setting::new(
        "source.calendar.freeze_summaries",
        Kind::Summaries,
        "[\"freeze of {environment}\", \"*freeze*\"]",
        "The same for events that are called so; with {environment} of that one only, which may have a *.",
    ),
    Setting::new(
        "source.calendar.day_off_categories",
        Kind::Summaries,
        "[]",
        "Events in these categories are days without deployments, whole ones: [\"public holiday\"].",
    ),
    Setting::new(
        "source.calendar.day_off_summaries",
        Kind::Summaries,
        "[]",
        "The same for events that are called so.",
    ),
    Setting::new(
        "source.calendar.booking_categories",
        Kind::Summaries,
        "[\"booking\"]",
        "Events in these categories are bookings of the environment in their location.",
    ),
    Setting::new(
        "source.calendar.booking_summaries",
        Kind::Summaries,
        "[\"{environment} booked for {release}\"]",
        "The same for events that are called so.",
    ),
    Setting::new(
        "source.calendar.interval",
        Kind::Duration(60..=DAY, 1),
        "\"15m\"",
        "How long to wait before looking again. Changes of files are seen at once where the system tells.",
    ),
    Setting::of_user(
        "source.calendar.ca_file",
        Kind::Path,
        "\"~/.config/tminus/authority.pem\"",
        "Certificate authorities (PEM) to trust besides those of the system.",
    ),
    Setting::of_user(
        "source.calendar.proxy",
        Kind::Proxy,
        "\"http://proxy.example.org:3128\"",
        "The proxy: http, https, socks5 or socks5h. Not set: HTTPS_PROXY, ALL_PROXY and NO_PROXY.",
    ),
];

/// Which calendars to read, and what their events mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CalendarConfig {
    /// The project's directory: messages name files as seen from it.
    pub root: PathBuf,
    /// Calendars that are files.
    pub files: Vec<FilePattern>,
    /// Calendars at addresses. What is behind the host is often a secret.
    pub addresses: Vec<Url>,
    /// Events that are deployments.
    pub deployments: EventPatterns,
    /// Events that are times without deployments.
    pub freezes: EventPatterns,
    /// Events that are days without deployments.
    pub days_off: EventPatterns,
    /// Events that are bookings of environments.
    pub bookings: EventPatterns,
    /// The project that a version alone is one of.
    pub project: Option<String>,
    /// Whose days and local times are meant.
    pub calendar: Calendar,
    /// How long to wait between two rounds.
    pub interval: Duration,
    /// Certificate authorities to trust besides the system's.
    pub ca_file: Option<PathBuf>,
    /// The proxy to use in place of that of the system.
    pub proxy: Option<Url>,
}

/// By what events are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventPatterns {
    /// Their categories, with `*`.
    pub categories: Vec<String>,
    /// What they are called, with `*`, `{release}` and `{environment}`.
    pub summaries: Vec<String>,
}

impl Resolver {
    /// Calendars; none: neither files nor addresses are named.
    pub(super) fn calendars(&self, project: &Project, calendar: &Calendar) -> Option<CalendarConfig> {
        let files = match self.of(TABLE, "files") {
            Some(Value::Patterns(files)) => files.clone(),
            _ => Vec::new(),
        };
        let addresses = match self.of(TABLE, "urls") {
            Some(Value::Addresses(addresses)) => addresses.clone(),
            _ => Vec::new(),
        };
        let events = |what: &str| EventPatterns {
            categories: self.list_of(TABLE, &format!("{what}_categories")),
            summaries: self.list_of(TABLE, &format!("{what}_summaries")),
        };
        (!files.is_empty() || !addresses.is_empty()).then(|| CalendarConfig {
            root: project.root.clone(),
            files,
            addresses,
            deployments: events("deployment"),
            freezes: events("freeze"),
            days_off: events("day_off"),
            bookings: events("booking"),
            project: self.text("project").or_else(|| self.text("source.git.project")),
            calendar: calendar.clone(),
            interval: self.duration("source.calendar.interval"),
            ca_file: self.path("source.calendar.ca_file"),
            proxy: match self.of(TABLE, "proxy") {
                Some(Value::Url(proxy)) => Some(proxy.clone()),
                _ => None,
            },
        })
    }
}
