//! Reports of analyzers as the usual programs write them.

use serde_json::json;

use super::*;
use crate::domain::{FindingState, Kind, Severity};

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";

/// `CodeQL`: rules in an extension, a score for security, a fingerprint, where it comes from.
fn codeql() -> serde_json::Value {
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": { "name": "CodeQL", "organization": "GitHub", "rules": [] },
                "extensions": [
                    { "name": "other", "rules": [{ "id": "wrong" }] },
                    { "name": "codeql/java-queries", "rules": [{
                        "id": "java/sql-injection", "name": "java/sql-injection",
                        "shortDescription": { "text": "Query built from user-controlled sources" },
                        "defaultConfiguration": { "enabled": true, "level": "error" },
                        "properties": { "security-severity": "8.8", "tags": ["security"] }
                    }] }
                ]
            },
            "artifacts": [{ "location": { "uri": "src/Till.java", "uriBaseId": "%SRCROOT%", "index": 0 } }],
            "results": [{
                "ruleId": "java/sql-injection", "ruleIndex": 0,
                "rule": { "id": "java/sql-injection", "index": 0, "toolComponent": { "index": 1 } },
                "message": { "text": "This query depends on a [user-provided value](1)." },
                "locations": [{ "physicalLocation": {
                    "artifactLocation": { "uriBaseId": "%SRCROOT%", "index": 0 },
                    "region": { "startLine": 12, "startColumn": 3, "endColumn": 9 } } }],
                "partialFingerprints": { "primaryLocationLineHash": "39fa2ee980eb94b0:1", "primaryLocationStartColumnFingerprint": "4" }
            }],
            "automationDetails": { "id": "java/" },
            "versionControlProvenance": [{ "repositoryUri": "https://github.com/acme/till.git", "revisionId": COMMIT, "branch": "main" }]
        }]
    })
}

/// A report of one run with one rule and `results`.
fn of(results: &serde_json::Value) -> String {
    json!({ "version": "2.1.0", "runs": [{
        "tool": { "driver": { "name": "ESLint", "rules": [{ "id": "no-eval" }] } },
        "invocations": [{ "executionSuccessful": true, "startTimeUtc": "2026-11-20T08:00:00.000Z" }],
        "results": results
    }] })
    .to_string()
}

#[test]
fn codeql_is_understood() {
    let mut reports = Reports::sarif();
    reports.file("codeql.sarif", 21, codeql().to_string());
    let facts = reports.facts();
    assert!(facts.problems.is_empty(), "{:?}", facts.problems);
    let found = finding(&facts, "This query depends");
    assert_eq!(found.severity, Some(Severity::High));
    assert_eq!((found.repository.as_str(), found.tool.as_str()), ("till", "CodeQL"));
    assert_eq!((found.rule.as_str(), found.path.as_deref()), ("java/sql-injection", Some("src/Till.java")));
    assert_eq!((found.line, found.state), (Some(12), FindingState::Open));
    assert_eq!((found.commit.as_deref(), found.opened_at), (Some(COMMIT), at(21, 12)));
}

#[test]
fn results_are_findings_or_not_and_as_bad_as_they_say() {
    use FindingState::{Dismissed, Fixed, Open, Unknown};
    use Severity::{Critical, High, Low, Medium};
    for (result, expected) in [
        // ESLint and clippy: a level, no score.
        (json!({ "level": "error" }), Some((Open, Some(High)))),
        (json!({ "level": "warning" }), Some((Open, Some(Medium)))),
        (json!({ "level": "note" }), Some((Open, Some(Low)))),
        (json!({ "level": "none" }), Some((Open, None))),
        (json!({ "level": "unheard-of" }), Some((Open, None))),
        (json!({}), Some((Open, Some(Medium)))),
        (json!({ "properties": { "security-severity": 9.1 } }), Some((Open, Some(Critical)))),
        (json!({ "properties": { "security-severity": "4.0" } }), Some((Open, Some(Medium)))),
        (json!({ "properties": { "security-severity": "0.1" } }), Some((Open, Some(Low)))),
        (json!({ "kind": "pass" }), None),
        (json!({ "kind": "informational" }), None),
        (json!({ "kind": "notApplicable" }), None),
        (json!({ "kind": "review" }), Some((Unknown, Some(Medium)))),
        (json!({ "suppressions": [{ "kind": "inSource" }] }), Some((Dismissed, Some(Medium)))),
        (
            json!({ "suppressions": [{ "kind": "external", "status": "accepted" }] }),
            Some((Dismissed, Some(Medium))),
        ),
        (
            json!({ "suppressions": [{ "kind": "external", "status": "rejected" }] }),
            Some((Open, Some(Medium))),
        ),
        (
            json!({ "suppressions": [{ "kind": "external", "status": "underReview" }] }),
            Some((Open, Some(Medium))),
        ),
        (json!({ "suppressions": [] }), Some((Open, Some(Medium)))),
        (json!({ "baselineState": "absent" }), Some((Fixed, Some(Medium)))),
        (json!({ "baselineState": "unchanged" }), Some((Open, Some(Medium)))),
        (json!({ "baselineState": "unheard-of" }), Some((Unknown, Some(Medium)))),
    ] {
        let mut reports = Reports::sarif();
        let mut whole = result.clone();
        whole["ruleId"] = json!("no-eval");
        whole["message"] = json!({ "text": "eval can be harmful" });
        reports.file("eslint.sarif", 21, of(&json!([whole])));
        let facts = reports.facts();
        let found = facts.findings.first().map(|finding| (finding.state, finding.severity));
        assert_eq!(found, expected, "{result}");
        // An analysis that found nothing is one all the same.
        assert_eq!(facts.findings.len(), usize::from(expected.is_some()), "{result}");
    }
}

#[test]
fn a_finding_stays_itself_when_lines_move_and_two_alike_are_two() {
    let result = |line: u32, more: serde_json::Value| {
        let mut result = json!({
            "ruleId": "no-eval", "message": { "text": "eval" },
            "locations": [{ "physicalLocation": {
                "artifactLocation": { "uri": "a.js" },
                "region": { "startLine": line, "snippet": { "text": "  eval(x)  " } } } }]
        });
        for (key, value) in more.as_object().unwrap() {
            result[key] = value.clone();
        }
        result
    };
    let ids = |results: serde_json::Value| {
        let mut reports = Reports::sarif();
        reports.file("a.sarif", 21, of(&results));
        let mut ids: Vec<String> = reports.facts().findings.iter().map(|it| it.id.to_string()).collect();
        ids.sort();
        ids
    };
    let print = |value: &str| json!({ "partialFingerprints": { "v1": value } });
    let one = ids(json!([result(3, json!({}))]));
    assert_eq!(ids(json!([result(9, json!({}))])), one, "the same code, elsewhere");
    assert_ne!(ids(json!([result(3, json!({ "ruleId": "no-new" }))])), one, "another rule");
    assert_eq!(ids(json!([result(3, print("a"))])), ids(json!([result(5, print("a"))])));
    assert_ne!(ids(json!([result(3, print("a"))])), ids(json!([result(3, print("b"))])));
    let two = ids(json!([result(3, json!({})), result(4, json!({}))]));
    assert_eq!((two.len(), &two[0]), (2, &one[0]));
}

#[test]
fn where_nothing_was_analyzed_nobody_says_that_nothing_was_found() {
    let mut reports = Reports::sarif();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let Ok(Answer::Facts(facts)) = runtime.block_on(reports.source.fetch(&Round::at(at(22, 9)))) else {
        panic!("no file is no reason to lose the round")
    };
    assert!(facts.problems[0].what.contains("there is no such file"), "{:?}", facts.problems);
    assert_eq!(facts.incomplete(), [Kind::Findings].into());
    // An empty list says so.
    reports.file("a.sarif", 21, of(&json!([])));
    assert!(reports.facts().findings.is_empty());
    // No list, or a run that failed, does not.
    let mut failed: serde_json::Value = serde_json::from_str(&of(&json!([]))).unwrap();
    failed["runs"][0]["invocations"][0]["executionSuccessful"] = json!(false);
    reports.file("a.sarif", 20, failed.to_string());
    assert_eq!(reports.facts().findings.len(), 1);
    reports.file("a.sarif", 19, of(&json!(null)));
    assert_eq!(reports.facts().findings.len(), 1);
}

#[test]
fn an_analysis_that_found_nothing_says_which_commit_it_looked_at() {
    let mut reports = Reports::sarif();
    let mut empty = codeql();
    empty["runs"][0]["results"] = json!([]);
    reports.file("codeql.sarif", 21, empty.to_string());
    let facts = reports.facts();
    let [analysis] = facts.findings.as_slice() else { panic!("{:?}", facts.findings) };
    assert!(analysis.is_analysis());
    assert_eq!((analysis.tool.as_str(), analysis.commit.as_deref()), ("CodeQL", Some(COMMIT)));
    // One that does not say its commit says nothing.
    reports.file("codeql.sarif", 20, of(&json!([])));
    assert!(reports.facts().findings.is_empty());
}

#[test]
fn what_a_newer_analysis_finds_no_longer_is_fixed_since_then() {
    let result = |rule: &str| json!({ "ruleId": rule, "message": { "text": rule } });
    let on = |day: u32, results: serde_json::Value| {
        of(&results).replace("2026-11-20T08", &format!("2026-11-{day}T08"))
    };
    let states = |facts: &Facts| -> Vec<(String, FindingState, Option<Instant>)> {
        let found = facts.findings.iter().filter(|finding| !finding.is_analysis());
        let mut states: Vec<_> = found.map(|it| (it.rule.to_string(), it.state, it.closed_at)).collect();
        states.sort_by(|one, other| one.0.cmp(&other.0));
        states
    };
    let open = |rule: &str| (rule.to_owned(), FindingState::Open, None);
    let fixed = |rule: &str, day| (rule.to_owned(), FindingState::Fixed, Some(at(day, 8)));
    let mut reports = Reports::sarif();
    reports.file("a.sarif", 18, on(18, json!([result("a"), result("b")])));
    assert_eq!(states(&reports.facts()), [open("a"), open("b")]);
    // Nobody knows what is in half a file.
    reports.file("a.sarif", 19, "{");
    assert!(states(&reports.facts()).iter().all(|(_, state, _)| *state != FindingState::Fixed));
    reports.file("a.sarif", 19, on(19, json!([result("b")])));
    assert_eq!(states(&reports.facts()), [fixed("a", 19), open("b")]);
    assert_eq!(finding(&reports.facts_again(), "a").opened_at, at(18, 8));

    // It is remembered over a restart, and since when.
    let memory = reports.source.memory().unwrap();
    let mut again = Reports::sarif();
    again.source.recall(&memory);
    again.file("a.sarif", 20, on(20, json!([])));
    assert_eq!(states(&again.facts()), [fixed("a", 19), fixed("b", 20)]);
    // What comes back is open.
    again.file("a.sarif", 21, on(21, json!([result("a")])));
    assert_eq!(states(&again.facts()), [open("a"), fixed("b", 20)]);
    // Another tool says nothing of it, nor does a report that was taken away.
    let other = on(22, json!([])).replace("ESLint", "clippy");
    std::fs::remove_file(again.directory.path().join("reports/a.sarif")).unwrap();
    again.file("b.sarif", 22, other);
    assert_eq!(states(&again.facts()), [fixed("b", 20)]);
}

#[test]
fn an_analysis_speaks_for_its_own_branch_only() {
    let result = json!([{ "ruleId": "no-eval", "message": { "text": "eval" } }]);
    let of_branch = |day: u32, branch: &str, results: &serde_json::Value| {
        let mut log: serde_json::Value = serde_json::from_str(&of(results)).unwrap();
        let commit = (branch.len() % 7 + 1).to_string().repeat(40);
        log["runs"][0]["versionControlProvenance"] = json!([{ "repositoryUri": "https://forge.example/payments", "branch": branch, "revisionId": commit }]);
        log.to_string().replace("2026-11-20T08", &format!("2026-11-{day}T08"))
    };
    let mut reports = Reports::sarif();
    reports.file("release.sarif", 18, of_branch(18, "refs/heads/release/4", &result));
    reports.file("main.sarif", 19, of_branch(19, "main", &result));
    let open = |facts: &Facts| {
        let found = facts.findings.iter().filter(|finding| finding.state == FindingState::Open);
        let mut branches: Vec<String> = found.map(|it| it.branch.as_ref().unwrap().to_string()).collect();
        branches.sort();
        branches
    };
    assert_eq!(open(&reports.facts()), ["main", "release/4"]);
    // What was mended on one branch stands on the other one, whoever was analyzed last.
    reports.file("main.sarif", 20, of_branch(20, "main", &json!([])));
    let facts = reports.facts();
    assert_eq!(open(&facts), ["release/4"]);
    assert_eq!(facts.findings.iter().filter(|finding| finding.is_analysis()).count(), 2);
    std::fs::remove_file(reports.directory.path().join("reports/release.sarif")).unwrap();
    assert!(reports.facts().findings.iter().all(|finding| finding.branch.as_deref() == Some("main")));
}

#[test]
fn since_when_it_is_there_is_remembered_over_restarts() {
    let result = json!([{ "ruleId": "no-eval", "message": { "text": "eval" } }]);
    let mut reports = Reports::sarif();
    let later = of(&result).replace("2026-11-20T08", "2026-11-21T08");
    reports.file("a.sarif", 20, of(&result));
    assert_eq!(finding(&reports.facts(), "eval").opened_at, at(20, 8));
    reports.file("a.sarif", 21, later.clone());
    assert!(matches!(reports.round(now()), Answer::Unchanged), "the same since the same time");

    let memory = reports.source.memory().unwrap();
    let mut again = Reports::sarif();
    again.file("a.sarif", 21, &later);
    again.source.recall(&memory);
    assert_eq!(finding(&again.facts(), "eval").opened_at, at(20, 8));
    let mut anew = Reports::sarif();
    anew.file("a.sarif", 21, &later);
    anew.source.recall(b"nonsense");
    assert_eq!(finding(&anew.facts(), "eval").opened_at, at(21, 8));
}
