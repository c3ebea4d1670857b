//! What a board said at the end of a day: a few figures for each release, kept for ever.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Instant, ReleaseId, Text};

/// A day of a board, as it stood when it was looked at last on that day.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DayFigures {
    /// Which day, in the configured time zone.
    pub day: NaiveDate,
    /// The instant that the figures are true for: the last one of the day that was kept.
    pub at: Instant,
    /// The releases that had not gone out before that day.
    pub releases: Vec<ReleaseFigures>,
}

/// How a release stood.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReleaseFigures {
    /// Which release.
    pub release: ReleaseId,
    /// Stories (or pull requests, where it has no story) in scope.
    pub scope: u32,
    /// Of those, ready.
    pub ready: u32,
    /// Defects that were not done.
    pub defects: u32,
    /// Tests that passed, in the newest run of each suite.
    pub tests_passed: u32,
    /// Tests that ran or were skipped there.
    pub tests: u32,
    /// What was promised; none where nobody set a target.
    pub target: Option<Instant>,
    /// The forecast; none where there was none.
    pub forecast: Option<ForecastFigures>,
    /// The word of the verdict: `go`.
    pub verdict: Text,
    /// The words of the outlook: `at risk`.
    pub outlook: Text,
    /// The metrics of one's own whose value was known exactly, at most
    /// [`MOST_METRICS`](Self::MOST_METRICS), in their order.
    pub metrics: Vec<MetricFigure>,
}

/// What a metric of one's own was.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricFigure {
    /// What it was called.
    pub name: Text,
    /// How it was counted ([`Metric::definition`](super::Metric::definition)): what was counted
    /// otherwise is no part of the same trend.
    pub definition: u32,
    /// A number, a share from 0 to 1, or seconds, to the minute.
    pub value: f64,
}

impl ReleaseFigures {
    /// Metrics that are kept of a release, at most.
    pub const MOST_METRICS: usize = 32;
}

/// When a release was said to be ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForecastFigures {
    /// As likely before as after.
    pub p50: Instant,
    /// 85 % sure.
    pub p85: Instant,
    /// 95 % sure.
    pub p95: Instant,
}

impl DayFigures {
    /// Releases that a day has figures of, at most.
    pub const MOST: usize = 200;

    /// Says the same as `other` of the same day, whenever that was.
    pub fn equals(&self, other: &Self) -> bool {
        self.day == other.day && self.releases == other.releases
    }

    /// How `release` stood.
    pub fn of(&self, release: &ReleaseId) -> Option<&ReleaseFigures> {
        self.releases.iter().find(|figures| figures.release == *release)
    }
}
