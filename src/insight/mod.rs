//! What the facts mean: pure functions of (world, health, policy, now).
//!
//! Nothing here reads a clock, a file or a network, so the same world at the same instant
//! always gives the same answers, on the screen, in a pipeline and when the past is looked at.
//!
//! [`Insight`] is what a board shows. It holds values only, small enough to be cached on
//! disk for the first paint; the longer lists behind a number are made by `explain` when
//! somebody asks.

pub mod board;
mod explain;
mod types;

pub use board::Board;
pub use explain::{Explanation, explain};
pub use types::{
    BurnDown, BurnDownDay, CalendarEntry, CalendarKind, DeploymentRow, Estimate, EstimateBasis, ForecastView,
    Gate, GateAnswer, GateName, Insight, NextStep, Outlook, PullRequestRow, ReleaseInsight, Remedy, Schedule,
    ScheduleProblem, ScheduleProblemKind, ScopeStep, Stage, Standing, StepState, Steps, StoryRow, Subject,
    Tally, Unit, Verdict,
};
