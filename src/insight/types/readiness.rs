//! How ready a release is: its burn-down, its gates, its forecast.

use chrono::{Duration, NaiveDate};
use serde::{Deserialize, Serialize};

use crate::domain::{Instant, SourceId, Text};

use super::super::forecast::{Distribution, FURTHEST_DAYS};

/// What the burn-down counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Stories of the release.
    #[default]
    Stories,
    /// Pull requests, where no source has stories for the release: all that is known of its work.
    PullRequests,
}

/// A release day by day.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BurnDown {
    /// What is counted.
    pub unit: Unit,
    /// From the start to today or the release, oldest first.
    pub days: Vec<BurnDownDay>,
    /// The day the ideal line reaches zero.
    pub target: Option<NaiveDate>,
    /// Days at whose end the scope was another than the day before, oldest first.
    pub scope_steps: Vec<ScopeStep>,
    /// The sources had no history of the scope: it is counted by creation.
    pub scope_rebuilt: bool,
    /// What the ideal line says remains at the end of the days after the last of `days`, until
    /// the target.
    pub ideal_ahead: Vec<(NaiveDate, f64)>,
    /// The days of the forecast (P50, P85, P95), in the configured time zone; one that is beyond
    /// three years is drawn there.
    pub forecast_days: Option<[NaiveDate; 3]>,
    /// From this day on the sources were being watched; the days before are told by the items'
    /// own events alone. None where nothing was ever observed.
    pub observed_from: Option<NaiveDate>,
    /// The same days by weeks, oldest first.
    pub weeks: Vec<Week>,
}

/// Days below which a release is short.
const SHORT_DAYS: i64 = 10;

impl BurnDown {
    /// The day is told by the items' own events alone: nobody watched yet.
    pub fn is_rebuilt(&self, day: NaiveDate) -> bool {
        self.observed_from.is_none_or(|from| day < from)
    }

    /// It can be counted by story points.
    pub fn has_points(&self) -> bool {
        self.days.last().is_some_and(|day| day.points.is_some())
    }

    /// The last day of a picture that begins on `first` and was counted until `end`: the latest
    /// of those that matter, unless a forecast is so far away that it would leave no room for
    /// what happened.
    pub(crate) fn last_shown(
        &self,
        first: NaiveDate,
        end: NaiveDate,
        forecast: Option<[NaiveDate; 3]>,
    ) -> NaiveDate {
        let sure = self.target.map_or(end, |target| target.max(end));
        // A release of days is not squeezed by a forecast of weeks, one of weeks has room for it.
        let known = (sure - first).num_days();
        let reach = Duration::days((known * if known < SHORT_DAYS { 2 } else { 3 }).max(2));
        let limit = first.checked_add_signed(reach).unwrap_or(sure);
        let Some(dates) = forecast else {
            return sure;
        };
        dates.into_iter().rev().find(|date| *date <= limit).map_or(limit, |date| date.max(sure))
    }

    /// The newest day that is not later than `day`, else the first one.
    pub fn day(&self, day: NaiveDate) -> Option<&BurnDownDay> {
        let after = self.days.partition_point(|known| known.day <= day);
        self.days.get(after.saturating_sub(1))
    }
}

/// The state at the end of a day; today's is now's.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BurnDownDay {
    /// Which day, in the configured time zone.
    pub day: NaiveDate,
    /// In scope.
    pub scope: u32,
    /// Of those, ready.
    pub ready: u32,
    /// Open defects.
    pub defects: u32,
    /// Share of tests that pass, 0 to 1; none before the first run.
    pub tests: Option<f64>,
    /// What the ideal line says remains.
    pub ideal: Option<f64>,
    /// The same by story points; none where no story of the release has any.
    pub points: Option<BurnDownPoints>,
}

/// The stories of a day by their points. No source tells what an estimate was in the past: on
/// all days a story weighs what it weighs now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BurnDownPoints {
    /// In scope.
    pub scope: f64,
    /// Of those, ready.
    pub ready: f64,
    /// Stories in scope without an estimate: they weigh nothing.
    pub unestimated: u32,
    /// What the ideal line says remains.
    pub ideal: Option<f64>,
}

impl BurnDownPoints {
    /// What is not ready.
    pub fn remaining(&self) -> f64 {
        (self.scope - self.ready).max(0.0)
    }
}

impl BurnDownDay {
    /// What is not ready.
    pub fn remaining(&self) -> u32 {
        self.scope.saturating_sub(self.ready)
    }
}

/// What happened in one week, from Monday to Sunday; of the first and the last week only on the
/// days that are told. Something that is opened and solved between two ends of a day is not seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Week {
    /// Its Monday.
    pub from: NaiveDate,
    /// Items that became ready.
    pub done: u32,
    /// Defects that were opened, opened again, or came into the release.
    pub defects_opened: u32,
    /// Defects that were solved or given up, or left the release.
    pub defects_solved: u32,
}

/// A change of the scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopeStep {
    /// On which day.
    pub day: NaiveDate,
    /// How many entered.
    pub added: u32,
    /// How many left.
    pub removed: u32,
}

/// Could it go now?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every gate that is needed says go.
    Go,
    /// A gate says no-go.
    NoGo,
    /// No gate says no-go, but one has no answer, or nothing is known of the release.
    Unknown,
}

impl Verdict {
    /// Its word on the screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Go => "go",
            Self::NoGo => "no-go",
            Self::Unknown => "unknown",
        }
    }
}

/// Will it be ready by its target?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outlook {
    /// P(ready by target) ≥ 0.85.
    OnTrack,
    /// P ≥ 0.5.
    AtRisk,
    /// P below, or the target has passed.
    Late,
    /// No forecast, or no target that somebody set.
    Unknown,
    /// It went out.
    Released,
}

impl Outlook {
    /// Its word on the screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::OnTrack => "on track",
            Self::AtRisk => "at risk",
            Self::Late => "late",
            Self::Unknown => "unknown",
            Self::Released => "released",
        }
    }
}

/// A date of a forecast. No model says anything of what is three years away: in JSON `null`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "Option<Instant>", into = "Option<Instant>")]
pub enum ForecastDate {
    /// It is ready by then.
    By(Instant),
    /// Later than [`FURTHEST_DAYS`]: no date is known.
    Beyond,
}

impl From<Option<Instant>> for ForecastDate {
    fn from(at: Option<Instant>) -> Self {
        at.map_or(Self::Beyond, Self::By)
    }
}

impl From<ForecastDate> for Option<Instant> {
    fn from(date: ForecastDate) -> Self {
        date.at()
    }
}

impl ForecastDate {
    /// What stands where a date would.
    pub const BEYOND: &str = "beyond 3 years";

    /// So many days after `now`. To the minute: more would be pretence, and change from second
    /// to second.
    pub(crate) fn after(now: Instant, days: f64) -> Self {
        if days.is_nan() || days >= FURTHEST_DAYS {
            return Self::Beyond;
        }
        Self::By(now + Duration::minutes((days * MINUTES_A_DAY).ceil() as i64))
    }

    /// One that is kept as an instant, as it was said at `now`.
    pub(crate) fn kept(at: Instant, now: Instant) -> Self {
        // Kept to the minute.
        if at - now >= furthest() - Duration::minutes(1) { Self::Beyond } else { Self::By(at) }
    }

    /// The instant that it is kept as, and drawn at: nothing is further away.
    pub(crate) fn or_furthest(self, now: Instant) -> Instant {
        match self {
            Self::By(at) => at,
            Self::Beyond => now + furthest(),
        }
    }

    /// The instant; none where no date is known.
    pub fn at(self) -> Option<Instant> {
        match self {
            Self::By(at) => Some(at),
            Self::Beyond => None,
        }
    }

    /// In words: the date as `date` says it.
    pub fn said(self, date: impl FnOnce(Instant) -> String) -> String {
        self.at().map_or_else(|| Self::BEYOND.to_owned(), date)
    }
}

const MINUTES_A_DAY: f64 = 1_440.0;

fn furthest() -> Duration {
    Duration::days(FURTHEST_DAYS as i64)
}

/// When it will be ready.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ForecastView {
    /// Dates, by how sure they are.
    Dates {
        /// As likely before as after.
        p50: ForecastDate,
        /// 85 % sure.
        p85: ForecastDate,
        /// 95 % sure.
        p95: ForecastDate,
        /// P(ready by target), 0 to 1; none without a target.
        by_target: Option<f64>,
        /// Forecasts of the latest finished releases that were scored; under twenty it is "not
        /// yet calibrated".
        scored: u32,
        /// Of those, the share that was ready by the 85 % date, 0 to 1; none without any.
        held: Option<f64>,
        /// How it comes about.
        basis: ForecastBasis,
        /// How likely it is ready by any other instant; none in what was kept of another visit.
        #[serde(skip)]
        likelihood: Option<Distribution>,
    },
    /// Nothing to forecast from, and why.
    Withheld(Text),
    /// Nothing left to forecast.
    Ready,
}

/// How a forecast comes about: a number of days, multiplied one by one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ForecastBasis {
    /// Days that are left of a release in the middle of the road, before anything is known of
    /// this one.
    pub typical_days: f64,
    /// What is known of this one, and what it multiplies them by.
    pub effects: Vec<ForecastEffect>,
    /// Finished releases here that it was learnt from; none: only the shipped ones.
    pub learnt_from: u32,
    /// The range is wider because fewer than three items are open.
    pub widened: bool,
    /// Whole days since the start.
    pub elapsed_days: u32,
}

impl ForecastBasis {
    /// Days of data below which a forecast is said to be early.
    const EARLY_DAYS: u32 = 3;

    /// Why the range is wide, so that nobody takes its percentages for more than they are.
    pub fn wide(&self) -> Option<String> {
        match self.elapsed_days {
            1 => Some("1 day of data".to_owned()),
            days if days < Self::EARLY_DAYS => Some(format!("{days} days of data")),
            _ => self.widened.then(|| "fewer than 3 open".to_owned()),
        }
    }

    /// Days that are left in the middle of the road.
    pub fn middle_days(&self) -> f64 {
        self.effects.iter().fold(self.typical_days, |days, effect| days * effect.factor)
    }
}

/// One thing that is known of a release, and what it means for the days that are left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ForecastEffect {
    /// What is known: `85 % done`.
    pub what: Text,
    /// The days are multiplied by it: under 1 it is sooner, over 1 later.
    pub factor: f64,
}

/// A condition that a release must meet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    /// Which one.
    pub name: GateName,
    /// What it says.
    pub answer: GateAnswer,
    /// What was measured: `41/48`, `2`, `99.4 %`.
    pub measured: Text,
    /// What is needed: `all`, `max 0`, `min 99 %`; or why there is no answer.
    pub needed: Text,
    /// The sources its answer rests on.
    pub sources: Vec<SourceId>,
}

/// A gate: those that every board has, in the order they are shown, then those of one's own.
/// Written as its [`key`](Self::key).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "Text", into = "Text")]
pub enum GateName {
    /// All stories are ready.
    Stories,
    /// No story waits for an unfinished one outside the release.
    Blocked,
    /// No open defect of a blocking severity.
    Defects,
    /// The newest runs of the required suites pass.
    Tests,
    /// Every pull request is merged or moved out.
    PullRequests,
    /// No critical or high finding of a code analyzer is new.
    Findings,
    /// Every release it depends on is deployed where this one goes.
    Dependencies,
    /// The environment it goes to is booked for it, or free.
    Environment,
    /// The planned window touches no freeze.
    Freeze,
    /// The runbook's P85 fits the window.
    Runbook,
    /// One of the configuration, by its name.
    Own(Text),
}

impl GateName {
    /// Those that every board has, in order.
    pub const BUILT_IN: [Self; 10] = [
        Self::Stories,
        Self::Blocked,
        Self::Defects,
        Self::Tests,
        Self::PullRequests,
        Self::Findings,
        Self::Dependencies,
        Self::Environment,
        Self::Freeze,
        Self::Runbook,
    ];

    /// Its name in the configuration and in JSON.
    pub fn key(&self) -> &str {
        match self {
            Self::Stories => "stories",
            Self::Blocked => "blocked",
            Self::Defects => "defects",
            Self::Tests => "tests",
            Self::PullRequests => "pull_requests",
            Self::Findings => "findings",
            Self::Dependencies => "dependencies",
            Self::Environment => "environment",
            Self::Freeze => "freeze",
            Self::Runbook => "runbook",
            Self::Own(name) => name,
        }
    }

    /// Its name on the screen.
    pub fn title(&self) -> &str {
        match self {
            Self::Stories => "Stories ready",
            Self::Blocked => "Outside blockers",
            Self::Defects => "Blocking defects",
            Self::Tests => "Tests passing",
            Self::PullRequests => "Pull requests",
            Self::Findings => "New findings",
            Self::Dependencies => "Dependencies",
            Self::Environment => "Environment",
            Self::Freeze => "Freeze",
            Self::Runbook => "Runbook",
            Self::Own(name) => name,
        }
    }
}

impl From<Text> for GateName {
    fn from(key: Text) -> Self {
        let built_in = Self::BUILT_IN.into_iter().find(|name| name.key() == key.as_str());
        built_in.unwrap_or(Self::Own(key))
    }
}

impl From<GateName> for Text {
    fn from(name: GateName) -> Self {
        match name {
            GateName::Own(name) => name,
            built_in => Self::new(built_in.key()),
        }
    }
}

/// A metric of one's own, for one release.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricValue {
    /// What it is called.
    pub name: Text,
    /// A number, a share from 0 to 1, or seconds; none where it is not known exactly.
    pub value: Option<f64>,
    /// The value, or what it is at least and at most, with its unit: `7`, `99.4 %`, `3d 04h`.
    pub shown: Text,
    /// Why it is not known, or not exactly.
    pub why: Text,
    /// What it was on the days before today that are kept, as far as it was counted as it is now
    /// and known exactly: oldest first, of the last [`MOST_DAYS`](Self::MOST_DAYS) days.
    pub trend: Vec<MetricDay>,
    /// How much more it is than at the end of yesterday; none where one of the two is not known.
    pub since_yesterday: Option<f64>,
    /// The same in words: `+2 since yesterday`; empty where there is none.
    pub change: Text,
}

/// What a metric was on a day.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricDay {
    /// Which day, in the configured time zone.
    pub day: NaiveDate,
    /// A number, a share from 0 to 1, or seconds.
    pub value: f64,
}

impl MetricValue {
    /// Days before today that its trend goes back, at most.
    pub const MOST_DAYS: u64 = 30;

    /// Its value, and how much that is more than yesterday: `7 · +2 since yesterday`.
    pub fn said(&self) -> String {
        if self.change.is_empty() {
            return self.shown.to_string();
        }
        format!("{} · {}", self.shown, self.change)
    }
}

/// What a gate says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateAnswer {
    /// Met.
    Go,
    /// Not met.
    NoGo,
    /// No answer, or one that is too old.
    Unknown,
    /// No configured source feeds it, or it is switched off. Never green.
    NotNeeded,
}

impl GateAnswer {
    /// Its word on the screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Go => "go",
            Self::NoGo => "no-go",
            Self::Unknown => "unknown",
            Self::NotNeeded => "not needed",
        }
    }
}
