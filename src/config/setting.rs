//! All settings there are, in one table: keys, kinds, defaults and what they mean. Reading,
//! checking, printing, the sample and the variables of the environment come from here.

use std::ops::RangeInclusive;

use super::calendars::CALENDAR;
use super::report_settings::{CSV, CSV_COLUMNS, JUNIT, SARIF};
use super::service_settings::{
    ARGOCD, ARGOCD_ACCESS, GITHUB, GITHUB_ACCESS, GITHUB_LABELS, GITLAB, GITLAB_ACCESS, GITLAB_LABELS, JIRA,
    JIRA_ACCESS, SONARQUBE, SONARQUBE_ACCESS,
};

/// Seconds of a day.
pub(crate) const DAY: u64 = 86_400;

/// What a setting can hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Flag,
    /// A share, from 0 to 1.
    Share,
    Count(RangeInclusive<u64>),
    /// A length of time: at least and at most so many seconds, a multiple of the third.
    Duration(RangeInclusive<u64>, u64),
    Texts,
    Zone,
    Week,
    /// Hours of a day: `09:00-17:00`.
    Hours,
    Days,
    Severities,
    /// A path, relative to the file that names it.
    Path,
    /// Paths with `*`, `?` and `**`, relative to the file that names them.
    Patterns,
    /// A pattern with `*` and `?`.
    Pattern,
    /// Patterns with `*` and `?`, of names.
    Globs,
    /// A host, perhaps with a port.
    Host,
    /// A host, perhaps with a port and with the folder that a service is installed under.
    HostAndFolder,
    /// Hosts, each perhaps with a port.
    Hosts,
    /// Where a service is: an address without a user.
    Site,
    /// The address of a proxy. What is secret in it is not printed.
    Proxy,
    /// A program and its arguments.
    Command,
    /// Addresses that begin with https:// or http://; of each only the host is printed.
    Addresses,
    /// Patterns on what events are called, with `*`, `{release}` and `{environment}`.
    Summaries,
    /// A question in the language of a service: as it was written, and longer than a text.
    Query,
    /// Paths of repositories at a forge, of so many names each: `owner/name`.
    RepositoryPaths(RangeInclusive<usize>),
}

/// A setting.
#[derive(Debug)]
pub(crate) struct Setting {
    /// Its key with its tables: `gates.tests_passing`.
    pub(crate) key: &'static str,
    pub(crate) kind: Kind,
    /// What holds without a word, as TOML. None: nothing, or something that is found out.
    pub(crate) default: Option<&'static str>,
    /// What to write in the sample where there is no default.
    pub(crate) example: &'static str,
    /// May stand in a project's file. Not so for what is a matter of the machine.
    pub(crate) in_project: bool,
    /// What it means, in a line or two.
    pub(crate) about: &'static str,
}

impl Setting {
    pub(super) const fn new(
        key: &'static str,
        kind: Kind,
        default: &'static str,
        about: &'static str,
    ) -> Self {
        Self { key, kind, default: Some(default), example: "", in_project: true, about }
    }

    pub(super) const fn unset(
        key: &'static str,
        kind: Kind,
        example: &'static str,
        about: &'static str,
    ) -> Self {
        Self { key, kind, default: None, example, in_project: true, about }
    }

    /// A matter of the user and the machine: not in a project's file. Lists are empty and other
    /// values not set unless the user says something.
    pub(super) const fn of_user(
        key: &'static str,
        kind: Kind,
        example: &'static str,
        about: &'static str,
    ) -> Self {
        let default = if matches!(kind, Kind::Hosts) { Some(example) } else { None };
        Self { key, kind, default, example, in_project: false, about }
    }

    /// The setting called `key`.
    pub(crate) fn of(key: &str) -> Option<&'static Self> {
        settings().find(|setting| setting.key == key)
    }

    /// The variable of the environment that sets it; none for lists.
    pub(crate) fn variable(&self) -> Option<String> {
        let is_list = matches!(
            self.kind,
            Kind::Texts
                | Kind::Week
                | Kind::Days
                | Kind::Severities
                | Kind::Patterns
                | Kind::Globs
                | Kind::Hosts
                | Kind::Command
                | Kind::Addresses
                | Kind::Summaries
                | Kind::RepositoryPaths(_)
        );
        (!is_list).then(|| format!("TMINUS_{}", self.key.to_uppercase().replace('.', "_")))
    }
}

/// All settings, table by table.
pub(crate) fn settings() -> impl Iterator<Item = &'static Setting> {
    let tables = [
        BOARD,
        DESK,
        GIT,
        GITHUB,
        GITHUB_ACCESS,
        GITHUB_LABELS,
        GITLAB,
        GITLAB_ACCESS,
        GITLAB_LABELS,
        JIRA,
        JIRA_ACCESS,
        SONARQUBE,
        SONARQUBE_ACCESS,
        ARGOCD,
        ARGOCD_ACCESS,
        PLAN,
        CALENDAR,
        JUNIT,
        SARIF,
        CSV,
        CSV_COLUMNS,
    ];
    tables.into_iter().flatten()
}

/// The board itself, and its gates.
static BOARD: &[Setting] = &[
    Setting::unset(
        "board",
        Kind::Text,
        "\"payments\"",
        "A name for this board. Boards of one name share their history, whatever the directory.\n\
         Not set: the board is that of the project's directory and its sources.",
    ),
    Setting::unset(
        "project",
        Kind::Text,
        "\"payments\"",
        "The project that releases belong to where they do not say so themselves.\n\
         Not set: releases of a plan must, and those of a repository have its name.",
    ),
    Setting::unset(
        "time_zone",
        Kind::Zone,
        "\"Europe/Berlin\"",
        "The time zone that days begin and end in.\n\
         Not set: the variable TZ, else the zone of this machine, else UTC.",
    ),
    Setting::new(
        "working_week",
        Kind::Week,
        "[\"mon\", \"tue\", \"wed\", \"thu\", \"fri\"]",
        "Days of the week that are worked on.",
    ),
    Setting::new("holidays", Kind::Days, "[]", "Days that are not worked on all the same: [\"2026-12-25\"]."),
    Setting::new(
        "last_day",
        Kind::Duration(0..=30 * DAY, 3600),
        "\"24h\"",
        "So long before the target the headline turns from the outlook to the verdict. Whole hours.",
    ),
    Setting::new("theme", Kind::Text, "\"auto\"", "The colours. auto: dark or light, as the terminal is."),
    Setting {
        in_project: false,
        ..Setting::new(
            "lens",
            Kind::Text,
            "\"all\"",
            "For whom the screen shows the board: engineer, release-manager, executive, or all for everything.\n\
             Not in a project's file.",
        )
    },
    Setting::new("mouse", Kind::Flag, "true", "React to the mouse."),
    Setting::new("ascii", Kind::Flag, "false", "Draw with ASCII characters only."),
    Setting::new(
        "read_only",
        Kind::Flag,
        "false",
        "Change nothing outside: no operations. A project's file can switch this on only.",
    ),
    Setting::of_user(
        "data_dir",
        Kind::Path,
        "\"/var/lib/tminus\"",
        "Where the history is kept. Not in a project's file.\n\
         Not set: ~/.local/share/tminus, or tminus in XDG_DATA_HOME.",
    ),
    Setting {
        in_project: false,
        ..Setting::new(
            "history.every_change",
            Kind::Duration(DAY..=3_650 * DAY, DAY),
            "\"14d\"",
            "For so long every change is kept. Whole days. Not in a project's file.",
        )
    },
    Setting {
        in_project: false,
        ..Setting::new(
            "history.hourly",
            Kind::Duration(DAY..=3_650 * DAY, DAY),
            "\"90d\"",
            "For so long the last state of each hour is kept; after that the last of each day, for ever, and\n\
             what was known when a release went out. Whole days. Not in a project's file.",
        )
    },
    Setting::of_user(
        "serve.group",
        Kind::Text,
        "\"releases\"",
        "Users of this group of the machine may look at the board on its socket, too: a name or a number.\n\
         Not set: the user alone. Not in a project's file.",
    ),
    Setting::of_user(
        "serve.calendar_file",
        Kind::Path,
        "\"~/calendars/releases.ics\"",
        "`tminus serve` keeps the schedule in this file, for calendar programs that subscribe to a file.\n\
         Not set: nowhere. Not in a project's file.",
    ),
    Setting::new(
        "gates.tests_passing",
        Kind::Share,
        "0.99",
        "Share of the tests that must pass, from 0 to 1.",
    ),
    Setting::new(
        "gates.required_suites",
        Kind::Texts,
        "[]",
        "Suites whose newest run counts. None: every suite that ever ran for the release.",
    ),
    Setting::new(
        "gates.blocking_severities",
        Kind::Severities,
        "[\"critical\"]",
        "Open defects of these severities block a release: critical, high, medium, low.",
    ),
    Setting::new(
        "gates.required",
        Kind::Texts,
        "[]",
        "Gates that must have an answer: without one they are unknown, not \"not needed\".",
    ),
    Setting::new("gates.disabled", Kind::Texts, "[]", "Gates that are switched off."),
    Setting::unset(
        "schedule.hours",
        Kind::Hours,
        "\"09:00-17:00\"",
        "Hours of a day, in the time zone of the board, that deployments must lie within. Not set: any.",
    ),
    Setting::new("schedule.working_days", Kind::Flag, "false", "Deployments must lie on working days."),
    Setting::new(
        "schedule.on_call",
        Kind::Flag,
        "false",
        "Somebody must be on call while a deployment runs: say who with [[on_call]].",
    ),
    Setting::new(
        "insights.incident_labels",
        Kind::Texts,
        "[\"incident\"]",
        "Labels of stories and issues that are incidents in production, whatever their case.",
    ),
    Setting::new(
        "insights.left_out_authors",
        Kind::Texts,
        "[]",
        "Authors whose pull requests are left out of delivery metrics, with * and ?: [\"*[bot]\"].",
    ),
    Setting::new(
        "insights.people",
        Kind::Flag,
        "false",
        "The card on testing tells by person, too, whose stories failing tests returned.",
    ),
    Setting::unset(
        "insights.stories_per_release.few",
        Kind::Count(0..=100_000),
        "8",
        "A release with fewer stories has few. Not set: fewer than the lower quartile of its project.",
    ),
    Setting::unset(
        "insights.stories_per_release.many",
        Kind::Count(0..=100_000),
        "20",
        "A release with so many stories or more has many. Not set: the median of its project.",
    ),
];

/// `[notify]`, `[checkout]` and `[wall]`: what the board does beside the screen.
static DESK: &[Setting] = &[
    Setting {
        in_project: false,
        ..Setting::new(
            "notify.about",
            Kind::Texts,
            "[]",
            "What is told while nobody looks: \"red\" what turned red, \"me\" what needs you, \"verdict\" a\n\
             release that changed its verdict. Not in a project's file.",
        )
    },
    Setting {
        in_project: false,
        ..Setting::new(
            "notify.by",
            Kind::Text,
            "\"auto\"",
            "How the terminal is told: bell, osc9, osc777 or osc99; auto: as the terminal is. Not in a\n\
             project's file.",
        )
    },
    Setting::of_user(
        "notify.command",
        Kind::Command,
        "[\"notify-send\"]",
        "A command that tells instead of the terminal: it gets a title and a text as its last arguments,\n\
         without a shell. Not in a project's file.",
    ),
    Setting::of_user(
        "notify.quiet",
        Kind::Text,
        "\"22:00-07:00\"",
        "Hours of the day, in time_zone, in which nothing is told. Not in a project's file.",
    ),
    Setting::of_user(
        "checkout.directory",
        Kind::Path,
        "\"../reviews\"",
        "Where pull requests are checked out, each into a work tree of its own. Not set: nowhere.\n\
         Not in a project's file.",
    ),
    Setting::new(
        "wall.seconds",
        Kind::Count(1..=3_600),
        "15",
        "How many seconds each panel of a wall (--wall) is shown.",
    ),
    Setting::new(
        "wall.panels",
        Kind::Texts,
        "[\"burn-down\", \"gates\", \"pull-requests\", \"deployments\", \"stories\", \"insights\"]",
        "The panels of a wall, in their order. One that has nothing to show is left out.",
    ),
];

/// `[source.git]`.
static GIT: &[Setting] = &[
    Setting::new(
        "source.git.enabled",
        Kind::Flag,
        "true",
        "Read the git repository that the project is in, if it is in one.",
    ),
    Setting::unset(
        "source.git.path",
        Kind::Path,
        "\"../payments\"",
        "The repository. Not set: the one that the project is in.",
    ),
    Setting::unset(
        "source.git.project",
        Kind::Text,
        "\"payments\"",
        "The project that the repository's releases belong to. Not set: `project`, else its name.",
    ),
    Setting::unset(
        "source.git.base",
        Kind::Text,
        "\"main\"",
        "The branch that releases are made from. Not set: the default branch.",
    ),
    Setting::unset(
        "source.git.tag_pattern",
        Kind::Pattern,
        "\"v*\"",
        "Tags that are releases, with * and ?. Not set: all that look like a version.",
    ),
    Setting::new("source.git.releases", Kind::Count(1..=1_000), "50", "How many releases back to read."),
    Setting::new(
        "source.git.recent_branches",
        Kind::Duration(DAY..=3_650 * DAY, DAY),
        "\"30d\"",
        "Branches without a commit for longer are no open work. Whole days.",
    ),
    Setting::new(
        "source.git.interval",
        Kind::Duration(5..=DAY, 1),
        "\"1m\"",
        "How long to wait before looking again.",
    ),
];

/// `[source.plan]`.
static PLAN: &[Setting] = &[
    Setting::new(
        "source.plan.files",
        Kind::Patterns,
        "[]",
        "Plan files, with *, ? and **, such as [\"plan/*.toml\"]. Plan tables may also stand in this file.",
    ),
    Setting::new(
        "source.plan.interval",
        Kind::Duration(5..=DAY, 1),
        "\"1m\"",
        "How long to wait before looking again. Changes are seen at once where the system tells.",
    ),
];

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, path::Path};

    use toml::de::DeValue;

    use super::*;
    use crate::config::value::Base;

    #[test]
    fn every_default_and_example_fits_its_setting() {
        for setting in settings() {
            if let Some(default) = setting.default {
                // The printed form of a default is the default as it is written.
                let printed = setting.default_value().map(|value| value.to_string());
                assert_eq!(printed.as_deref(), Some(default), "{}", setting.key);
            } else {
                let example = DeValue::parse(setting.example).unwrap();
                let base = Base { directory: Path::new("/"), home: None };
                assert!(setting.read(example.get_ref(), base).is_ok(), "{}", setting.key);
            }
            assert!(setting.about.ends_with('.'), "{}", setting.key);
        }
        let keys: BTreeSet<_> = settings().map(|setting| setting.key).collect();
        assert_eq!(keys.len(), settings().count());
    }
}
