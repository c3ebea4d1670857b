//! What the facts mean: pure functions of (world, health, policy, learned, now).
//!
//! Nothing here reads a clock, a file or a network, so the same world at the same instant
//! always gives the same answers, on the screen, in a pipeline and when the past is looked at.
//!
//! ```text
//! World ─ context (without repetitions) ─ membership ─┬─ scope ─ burn_down ─ outlook ─┐
//!                                                     ├─ stories, pull_requests ──────┼─ derive ─ Insight
//!                                                     └─ schedule ─ gates ─ remedies ─┘
//! ```
//!
//! [`Insight`] is what a board shows. It holds values only, small enough to be cached on
//! disk for the first paint; the longer lists behind a number are made by [`explain()`] when
//! somebody asks.

mod announced;
mod arrival;
mod assume;
pub mod board;
mod builds;
mod burn_down;
mod cadence;
mod can_go;
mod cards;
mod changes;
mod closer_look;
mod context;
mod counterfactuals;
mod day;
mod days;
mod dependencies;
mod derive;
mod earlier_forecasts;
mod environments;
mod explain;
mod features;
mod findings;
#[cfg(test)]
pub(crate) mod fixture;
pub mod forecast;
mod gates;
pub(crate) mod headline;
mod last_release;
mod lens;
mod membership;
mod merge_reasons;
pub(crate) mod metrics;
mod next_step;
mod observed;
mod outlook;
mod past_activities;
mod patterns;
mod percentile;
mod plain_words;
mod preview;
mod pull_requests;
pub(crate) mod query;
mod readiness;
mod recap;
mod recap_words;
mod release_view;
mod remedies;
mod runbook;
mod runbook_comparison;
mod runbook_outlook;
mod schedule;
mod schedule_rules;
pub(crate) mod scheduled;
mod scope;
mod slots;
mod stages;
mod stories;
mod suggested_window;
mod suites;
mod teams;
mod test_results;
#[cfg(test)]
mod tests;
mod trace;
mod types;
mod unchanged;
pub mod when;
pub mod words;

pub use assume::{Difference, assume, differences, parse_assumption, said_of, with_assumption};
pub use board::{Board, Completeness};
pub use cadence::{DeploymentCadence, Pace, PaceName, Waiting};
pub use can_go::{CanGo, can_go};
pub(crate) use cards::triage_subject;
pub use cards::{
    Bar, Card, CardColumn, CardId, CardRow, CardStanding, Figure as CardFigure, Picture, Series, Study,
};
pub use changes::{Change, ChangeGroup, Changes, Concerned};
pub use closer_look::{AlsoFailed, CheckHistory, CloserLook, FileHeat, StageTime};
pub use derive::derive;
pub use earlier_forecasts::{EarlierForecast, earlier_forecasts, forecast_moved};
pub use environments::{
    AcceptedDifferences, BookingUse, Claim, ClaimKind, ComponentDrift, ConfigurationDifference, Conflict,
    Cost, Drift, DriftCell, DriftStanding, EnvironmentUse, EnvironmentsView, Extreme, HORIZON_DAYS,
    HardPlace, KeyDifference, KeyStanding, MonthCost, Observation, ObservationKind, PlaceKind, Rate,
    ReleaseCost, Suggestion,
};
pub(crate) use environments::{Table as EnvironmentTable, tables as environment_tables};
pub use explain::{Answered, Evidence, Explanation, ForecastInWords, Row, evidence, explain, explain_card, explain_card_row, forecast_in_words};
pub use forecast::Learned;
pub use last_release::{Compared, Figure, LastRelease, Measure, MeasureName, SameDistance};
pub use lens::{Depth, Lens, Part};
pub(crate) use past_activities::minutes_between;
pub use merge_reasons::{MergeReason, MergeReasons};
pub(crate) use merge_reasons::{OpenThreads, freezes_now, merge_reasons};
pub use preview::Preview;
pub use readiness::{gates_against, readiness, stories_in_short, stories_ready};
pub use recap::{DailyForecasts, Deployed, Late, Recap, Returned, Said};
pub use recap_words::Judged;
pub(crate) use release_view::bar;
pub use release_view::{Happened, ReleaseView, StepShare};
pub use runbook_comparison::{ComparedTime, RunbookComparison, RunbookComparisons};
pub(crate) use schedule::is_ahead;
pub use trace::{Certainty, Trace, TraceKind, TraceLink, TracePart, Traced, trace, traced};
pub use types::{
    ActivityOutlook, ActivityOverrun, BurnDown, BurnDownDay, BurnDownPoints, CalendarEntry, CalendarKind,
    DeploymentRow, Estimate, EstimateBasis, Feature, Flaky, ForecastBasis, ForecastDate, ForecastEffect,
    ForecastView, Frozen, Gate, GateAnswer, GateName, Insight, MetricDay, MetricValue, Need, NextStep,
    Outlook, PointOfNoReturn, PullRequestRow, ReleaseInsight, Remedy, RunbookOutlook, Schedule,
    ScheduleProblem, ScheduleProblemKind, ScopeStep, Stage, Standing, StepState, Steps, StoryRow, Subject,
    SuiteRow, Tally, TestRow, Unit, Verdict, Week,
};
