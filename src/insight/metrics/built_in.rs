//! Metrics that need no definition.

use crate::domain::{Aggregate, Items, Metric, Text};

/// Passed / (passed + failed) in the newest runs, as the gate over the tests counts it.
pub(crate) const TESTS_PASSING: &str = "tests_passing";

use Aggregate::{Count, Share, Sum};
use Items::{Defects, Deployments, Findings, PullRequests, Stories, TestRuns};

const ALL: [(&str, Items, &str, Aggregate, &str); 12] = [
    ("stories_open", Stories, "-is:done", Count, ""),
    ("stories_ready", Stories, "", Share, "is:done"),
    ("stories_blocked", Stories, "is:blocked", Count, ""),
    ("stories_returned", Stories, "", Share, "is:returned"),
    ("points_open", Stories, "-is:done", Sum, "points"),
    ("defects_open", Defects, "-is:done", Count, ""),
    ("pull_requests_open", PullRequests, "is:open", Count, ""),
    (TESTS_PASSING, TestRuns, "is:newest", Share, "-is:failed"),
    ("tests_failed", TestRuns, "is:newest", Sum, "failed"),
    ("findings_open", Findings, "is:open", Count, ""),
    ("findings_new", Findings, "is:open is:new", Count, ""),
    ("deployments_failed", Deployments, "is:failed", Count, ""),
];

/// Their names.
pub(crate) const NAMES: [&str; 12] = {
    let mut names = [""; 12];
    let mut index = 0;
    while index < names.len() {
        names[index] = ALL[index].0;
        index += 1;
    }
    names
};

/// The built-in metric called `name`.
pub(crate) fn built_in(name: &str) -> Option<Metric> {
    let (name, items, filter, aggregate, of) = ALL.into_iter().find(|metric| metric.0 == name)?;
    Some(Metric {
        name: Text::new(name),
        items,
        filter: Text::new(filter),
        aggregate,
        of: Text::new(of),
        period_seconds: None,
    })
}
