//! Test suites and their tests as rows.

use serde::{Deserialize, Serialize};

use crate::domain::{Instant, Text};

/// A suite by its runs for a release.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SuiteRow {
    /// What it is called.
    pub suite: Text,
    /// Its newest run counts for the tests gate.
    pub counts: bool,
    /// When its newest run ended.
    pub at: Instant,
    /// The commit that it tested (full hexadecimal), where the source knows.
    pub commit: Option<Text>,
    /// Tests that passed there.
    pub passed: u32,
    /// Tests that failed there.
    pub failed: u32,
    /// Tests that did not run there.
    pub skipped: u32,
    /// How many of its runs were looked at.
    pub runs: u32,
    /// Its tests that fail, the newly failing ones first, then those that are flaky and pass.
    pub tests: Vec<TestRow>,
}

/// A test that fails, or whose outcomes are mixed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestRow {
    /// What it is called.
    pub name: Text,
    /// Since the run that ended then it has failed; none: it passes.
    pub failing_since: Option<Instant>,
    /// It passed in the run before, of the commit before.
    pub newly: bool,
    /// When it failed last.
    pub failed_at: Instant,
    /// It had mixed outcomes on one commit.
    pub flaky: Option<Flaky>,
}

impl TestRow {
    /// It failed when it ran last.
    pub fn fails(&self) -> bool {
        self.failing_since.is_some()
    }
}

/// How flaky a test is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Flaky {
    /// Commits on which it failed and passed.
    pub mixed: u32,
    /// Commits that it ran on.
    pub of: u32,
    /// Its rate is at least so much, 0 to 1: the lower bound of Wilson's interval at 95 %.
    pub at_least: f64,
}
