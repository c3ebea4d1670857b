//! What the board speaks of: plain data, and the words for it.
//!
//! Everything here is a value. Sources make it, the history keeps it, insight reads it.
//! All texts are [`Text`]: cleaned at the door, so that nobody further in has to think of it.

mod assumption;
mod build;
mod by_hand;
mod calendar;
mod day;
mod deployment;
mod facts;
mod finding;
mod health;
mod ids;
mod metric;
mod policy;
mod pull_request;
mod pull_request_detail;
mod release;
mod story;
mod team;
mod test_run;
mod text;
mod triage;
pub(crate) mod version;
mod world;

pub use assumption::{Assumed, Assumption};
pub use build::Build;
pub use calendar::Calendar;
pub use day::{DayFigures, ForecastFigures, MetricFigure, ReleaseFigures};
pub use deployment::{Activity, Booking, Deployment, DeploymentState, Environment, Freeze, Tier, Window};
pub use facts::{Facts, Kind, Problem};
pub use finding::{Finding, FindingState};
pub use health::{Allowance, Cadence, Progress, SourceHealth, SourceState};
pub use ids::{
    BookingId, BuildId, DeploymentId, EnvironmentId, FindingId, PullRequestId, ReleaseId, SourceId, StoryKey,
};
pub use metric::{Aggregate, Comparison, GateRule, Items, Metric};
pub use policy::{AcceptedDrift, Hours, OnCall, Policy, SchedulePolicy};
pub use pull_request::{
    Check, CheckOutcome, Mergeability, PullRequest, PullRequestState, Review, ReviewVerdict, Step,
};
pub use pull_request_detail::{ChangedFile, FileChange, MergedLately, Prose, PullRequestDetail, Thread};
pub use release::{MatchRule, Release, Target};
pub use story::{Category, OwnerMove, ScopeChange, ScopeMove, Severity, StatusMove, Story, StoryKind};
pub use team::{StoriesPerRelease, Team};
pub use test_run::TestRun;
pub use text::{Text, clean, shell_word};
pub use triage::{Triage, TriageChange, TriageEntry, TriageKind, TriageSubject, Wake, WakeEvent};
pub use world::World;

/// An instant.
pub type Instant = chrono::DateTime<chrono::Utc>;
