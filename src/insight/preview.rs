//! A small board for the first paint: headline and first rows, kept in a small file beside
//! the history so that the screen is there before the store is open.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::{Instant, Policy, SourceHealth, Text, World};

use super::{Board, Completeness, Insight, ReleaseInsight, Schedule, SuiteRow};

/// Rows of each list of the release that is shown first: as many as a tall screen has.
const ROWS: usize = 50;
/// Releases that the chooser can offer at once.
const RELEASES: usize = 20;
/// Days of a burn-down: more than a wide screen has columns for.
const DAYS: usize = 250;

/// The parts of a [`Board`] that a first screen needs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Preview {
    title: Text,
    at: Instant,
    insight: Insight,
    health: Vec<SourceHealth>,
    policy: Policy,
}

impl Preview {
    /// The first rows of `board`. `size` (1 is the usual) scales how many, so that a caller
    /// with a limit in bytes can ask for less.
    pub fn of(board: &Board, size: f64) -> Self {
        let some = |usual: usize| (usual as f64 * size.clamp(0.0, 1.0)).ceil() as usize;
        let releases = board
            .insight
            .releases
            .iter()
            .take(some(RELEASES))
            .enumerate()
            .map(|(index, release)| {
                Arc::new(shorten(release, if index == 0 { some(ROWS) } else { 0 }, some(DAYS)))
            })
            .collect();
        let schedule = shorten_schedule(&board.insight.schedule, some(ROWS));
        let unassigned = board.insight.unassigned.iter().take(some(ROWS)).cloned().collect();
        Self {
            title: board.title.clone(),
            at: board.at,
            insight: Insight { releases, unassigned, schedule },
            health: board.health.to_vec(),
            policy: (*board.policy).clone(),
        }
    }

    /// The board that it shows until there is a better one.
    pub fn into_board(self) -> Board {
        Board {
            title: self.title,
            at: self.at,
            valid_until: self.at,
            world: Arc::new(World::default()),
            insight: Arc::new(self.insight),
            health: self.health.into(),
            policy: Arc::new(self.policy),
            completeness: Completeness::Preview,
        }
    }
}

fn shorten(release: &ReleaseInsight, rows: usize, days: usize) -> ReleaseInsight {
    let mut short = ReleaseInsight {
        stories: release.stories.iter().take(rows).cloned().collect(),
        pull_requests: release.pull_requests.iter().take(rows).cloned().collect(),
        suites: release.suites.iter().take(rows).map(|suite| shorten_suite(suite, rows)).collect(),
        builds: release.builds.iter().take(rows).cloned().collect(),
        ..release.clone_without_rows()
    };
    if rows == 0 {
        short.burn_down.days.clear();
        short.burn_down.ideal_ahead.clear();
        short.burn_down.weeks.clear();
    }
    let surplus = short.burn_down.days.len().saturating_sub(days);
    short.burn_down.days.drain(..surplus);
    short
}

fn shorten_suite(suite: &SuiteRow, rows: usize) -> SuiteRow {
    let tests = suite.tests.iter().take(rows).cloned().collect();
    SuiteRow { tests, suite: suite.suite.clone(), commit: suite.commit.clone(), ..*suite }
}

/// The deployments around the next one, so that the list opens where it matters.
fn shorten_schedule(schedule: &Schedule, rows: usize) -> Schedule {
    let first = schedule.next.unwrap_or(schedule.deployments.len()).saturating_sub(rows / 4);
    let deployments: Vec<_> = schedule.deployments.iter().skip(first).take(rows).cloned().collect();
    Schedule {
        next: schedule.next.map(|next| next - first).filter(|next| *next < deployments.len()),
        deployments,
        calendar: schedule.calendar.iter().rev().take(4 * rows).rev().cloned().collect(),
        cadence: schedule.cadence.iter().take(rows).cloned().collect(),
        frozen: schedule.frozen.iter().take(rows).cloned().collect(),
    }
}
