//! Test reports of pipelines as test runs.

use super::wire::{Pipeline, Report, Suite, Summary};
use crate::{
    domain::{ReleaseId, TestRun, Text},
    source::naming::Naming,
};

/// Most names of failed tests of a suite.
const MOST_FAILURES: usize = 100;

/// The test runs that the report of `pipeline` tells of: one for each suite that ran anything.
pub(super) fn test_runs(pipeline: &Pipeline, summary: &Summary, naming: &Naming) -> Vec<TestRun> {
    let Some(at) = pipeline.updated_at else { return Vec::new() };
    let release = pipeline
        .reference
        .as_ref()
        .and_then(|reference| naming.release_of_tag(reference))
        .map(|(project, version)| ReleaseId::of(&project, &version));
    let runs = summary.test_suites.iter().filter_map(|suite| {
        let mut run = TestRun {
            suite: Text::new(format!("{}: {}", naming.repository, suite.name)),
            at,
            release: release.clone(),
            commit: pipeline.sha.clone(),
            passed: suite.success_count,
            failed: suite.failed_count.saturating_add(suite.error_count),
            skipped: suite.skipped_count,
            failures: suite.failures.clone(),
            milliseconds: suite
                .total_time
                .map(|seconds| (seconds * 1_000.0).round() as u64)
                .filter(|milliseconds| *milliseconds > 0),
        };
        if let Some(error) = suite.suite_error.as_ref().filter(|error| !error.is_empty()) {
            // A report that cannot be read is no report that all is well.
            run.failed = run.failed.max(1);
            run.failures.insert(0, Text::new(format!("its report cannot be read: {error}")));
        }
        (run.passed > 0 || run.failed > 0 || run.skipped > 0).then_some(run)
    });
    runs.collect()
}

/// Whether something failed whose name is worth asking for.
pub(super) fn has_failed(summary: &Summary) -> bool {
    summary.test_suites.iter().any(|suite| suite.failed_count > 0 || suite.error_count > 0)
}

/// Adds the names of what failed to the numbers.
pub(super) fn name_failures(summary: &mut Summary, report: &Report) {
    for suite in &mut summary.test_suites {
        suite.failures = failures(suite, report);
    }
}

fn failures(suite: &Suite, report: &Report) -> Vec<Text> {
    let of = report.test_suites.iter().filter(|reported| reported.name == suite.name);
    of.flat_map(|reported| &reported.test_cases)
        .filter(|case| matches!(case.status.as_deref(), Some("failed" | "error")))
        .map(|case| case.name.clone())
        .take(MOST_FAILURES)
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn suites_are_runs() {
        let pipeline: Pipeline = serde_json::from_value(json!({
            "id": 46, "iid": 11, "project_id": 1, "status": "failed", "ref": "v4.2", "sha": "abc",
            "updated_at": "2026-11-24T10:09:00Z", "web_url": "https://example.com/foo/bar/pipelines/46",
        }))
        .unwrap();
        // The shapes of doc/api/pipelines.md.
        let suite = |name: &str,
                     passed: u32,
                     failed: u32,
                     error: u32,
                     skipped: u32,
                     problem: Option<&str>| {
            json!({ "name": name, "total_time": 1904, "total_count": passed + failed + error + skipped,
                "success_count": passed, "failed_count": failed, "skipped_count": skipped, "error_count": error,
                "build_ids": [66004], "suite_error": problem })
        };
        let mut summary: Summary = serde_json::from_value(json!({
            "total": { "time": 1904, "count": 3363, "success": 3351, "failed": 0, "skipped": 12, "error": 0, "suite_error": null },
            "test_suites": [
                suite("rspec", 3351, 1, 1, 12, None), suite("empty", 0, 0, 0, 0, None),
                suite("jest", 0, 0, 0, 0, Some("JUnit XML parsing failed")),
            ],
        }))
        .unwrap();
        assert!(has_failed(&summary));
        let report: Report = serde_json::from_value(json!({ "total_count": 2, "test_suites": [{ "name": "rspec", "test_cases": [
            { "status": "failed", "name": "refunds twice", "classname": "spec", "execution_time": 5, "stack_trace": null },
            { "status": "success", "name": "pays" }, { "status": "error", "name": "ships" },
        ] }] }))
        .unwrap();
        name_failures(&mut summary, &report);
        let naming = Naming { repository: Text::new("api"), project: Text::new("api") };
        let runs = test_runs(&pipeline, &summary, &naming);
        let told: Vec<_> =
            runs.iter().map(|run| (run.suite.as_str(), run.passed, run.failed, run.skipped)).collect();
        assert_eq!(told, [("api: rspec", 3351, 2, 12), ("api: jest", 0, 1, 0)]);
        assert_eq!(runs[0].failures, [Text::new("refunds twice"), Text::new("ships")]);
        assert!(runs[1].failures[0].contains("cannot be read"));
        assert_eq!(runs[0].release, Some(ReleaseId::of("api", "4.2")));
        assert_eq!(runs[0].commit.as_deref(), Some("abc"));
        assert_eq!(runs[0].milliseconds, Some(1_904_000));
    }
}
