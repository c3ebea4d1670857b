//! What the organisation agreed on: the rules by which facts are judged.

use chrono::NaiveTime;
use serde::{Deserialize, Serialize};

use super::{Calendar, GateRule, Metric, Severity, StoriesPerRelease, Team, Text, Window};

/// The rules by which facts are judged. Comes from the configuration; the same facts under
/// the same policy at the same instant always give the same answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Policy {
    /// Days: which time zone they are in, and which of them are worked on.
    pub calendar: Calendar,
    /// From so many hours before the target on, the headline is the verdict; before, the
    /// outlook.
    pub last_day_hours: u32,
    /// Share of tests that must pass, 0 to 1.
    pub tests_passing: f64,
    /// Suites whose newest run counts; none: every suite that ever ran for the release.
    pub required_suites: Vec<Text>,
    /// Defects of these severities block a release.
    pub blocking: Vec<Severity>,
    /// Gates (by their name) that must have an answer: where no source feeds them they are
    /// unknown, not "not needed".
    pub required_gates: Vec<Text>,
    /// Gates (by their name) that are switched off.
    pub disabled_gates: Vec<Text>,
    /// Metrics of the organisation's own.
    pub metrics: Vec<Metric>,
    /// Gates of its own, in the order they are shown; each name is there once and is none of a
    /// gate that every board has.
    pub own_gates: Vec<GateRule>,
    /// Differences between environments that are meant to be.
    #[serde(default)]
    pub accepted_drift: Vec<AcceptedDrift>,
    /// Labels of stories that are incidents in production, whatever their case.
    pub incident_labels: Vec<Text>,
    /// Authors whose pull requests are left out of delivery metrics, with `*` and `?`.
    pub left_out_authors: Vec<Text>,
    /// Who works together, the first team first.
    #[serde(default)]
    pub teams: Vec<Team>,
    /// How many stories of a release are few, and how many are many.
    #[serde(default)]
    pub stories_per_release: StoriesPerRelease,
    /// Returned stories are told by person, too.
    #[serde(default)]
    pub returned_by_person: bool,
    /// What the window of a deployment must keep to.
    pub schedule: SchedulePolicy,
}

/// What the window of a deployment must keep to, besides freezes and bookings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SchedulePolicy {
    /// Hours of a day that it must lie within; none: any.
    pub hours: Option<Hours>,
    /// It must lie on working days.
    pub working_days: bool,
    /// Somebody must be on call all the time.
    pub on_call: bool,
    /// Who is on call when.
    pub shifts: Vec<OnCall>,
}

/// Hours of a day, in the zone of the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hours {
    /// The first time of day.
    pub from: NaiveTime,
    /// The first time of day after; where it is not later than `from`, on the next day.
    pub until: NaiveTime,
}

/// Somebody is on call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnCall {
    /// Who.
    pub who: Text,
    /// When.
    pub window: Window,
    /// For which environments, as patterns with `*` and `?`; none: all.
    pub environments: Vec<Text>,
}

/// A component may be behind on an environment. Patterns may use `*` and `?`, and match the whole
/// name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptedDrift {
    /// A pattern of components: projects of releases.
    pub component: Text,
    /// A pattern of environments.
    pub environment: Text,
    /// Why.
    pub reason: Text,
    /// Patterns of keys of the configuration: these may differ there from the environment before.
    /// None: it is about versions.
    #[serde(default)]
    pub keys: Vec<Text>,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            calendar: Calendar::default(),
            last_day_hours: 24,
            tests_passing: 0.99,
            required_suites: Vec::new(),
            blocking: vec![Severity::Critical],
            required_gates: Vec::new(),
            disabled_gates: Vec::new(),
            metrics: Vec::new(),
            own_gates: Vec::new(),
            schedule: SchedulePolicy::default(),
            incident_labels: vec![Text::new("incident")],
            left_out_authors: Vec::new(),
            teams: Vec::new(),
            stories_per_release: StoriesPerRelease::default(),
            returned_by_person: false,
            accepted_drift: Vec::new(),
        }
    }
}
