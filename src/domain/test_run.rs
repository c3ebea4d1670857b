//! Runs of test suites.

use serde::{Deserialize, Serialize};

use super::{Instant, ReleaseId, Text};

/// One run of one suite.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestRun {
    /// The suite.
    pub suite: Text,
    /// When it ended.
    pub at: Instant,
    /// The release that it tested, where the source knows.
    pub release: Option<ReleaseId>,
    /// The commit that it tested (full hexadecimal).
    pub commit: Option<Text>,
    /// Tests that passed.
    pub passed: u32,
    /// Tests that failed.
    pub failed: u32,
    /// Tests that did not run: shown, never counted.
    pub skipped: u32,
    /// Names of the tests that failed, the first hundred.
    pub failures: Vec<Text>,
    /// How long it took from its beginning to its end, in milliseconds; none where the source does
    /// not tell.
    pub milliseconds: Option<u64>,
}
