//! Bodies as GitHub sent them (`tests/github/README.md`), beyond those that `anonymous.rs` reads.

use serde_json::{Value, json};

use super::super::{
    deployments,
    findings::{self, Alert},
    naming::Naming,
    pull_requests, wire,
};
use crate::domain::{CheckOutcome, DeploymentState, FindingState, Severity, Text};

const ALERTS: &str = include_str!("../../../../tests/github/code_scanning_alerts.json");
const CHECK_RUNS: &str = include_str!("../../../../tests/github/check_runs.json");
const DEPLOYMENTS: &str = include_str!("../../../../tests/github/deployments.json");
const STATUSES: &str = include_str!("../../../../tests/github/deployment_statuses.json");

fn naming() -> Naming {
    Naming { repository: Text::new("api"), project: Text::new("api") }
}

/// The same with the names of GraphQL: `started_at` is `startedAt`.
fn camel(value: &Value) -> Value {
    let renamed = value.as_object().unwrap().iter().map(|(name, value)| {
        let mut words = name.split('_');
        let first = words.next().unwrap().to_owned();
        let name = words.fold(first, |name, word| name + &word[..1].to_uppercase() + &word[1..]);
        (name, value.clone())
    });
    renamed.collect::<serde_json::Map<_, _>>().into()
}

#[test]
fn alerts_are_findings() {
    let alerts: Vec<Alert> = serde_json::from_str(ALERTS).unwrap();
    let told: Vec<_> = alerts.iter().map(|alert| findings::finding(alert, &naming())).collect();
    let states: Vec<_> = told
        .iter()
        .map(|found| (found.rule.as_str(), found.state, found.severity, found.closed_at.is_some()))
        .collect();
    assert_eq!(
        states,
        [
            ("Style/FrozenStringLiteralComment", FindingState::Open, Some(Severity::Low), false),
            (
                "ANCHOREVULN_CVE-2020-27218_java-archive_http2-hpack_9.4.27.v20200227",
                FindingState::Dismissed,
                Some(Severity::High),
                true
            ),
            ("java/sql-injection", FindingState::Open, Some(Severity::High), false),
            ("java/sql-injection", FindingState::Fixed, Some(Severity::High), false),
        ]
    );
    assert_eq!(told[2].title, "Query built from user-controlled sources");
    assert!(told[3].path.is_some() && told[3].commit.is_some());
    assert!(told.iter().all(|found| !found.tool.is_empty()));
}

#[test]
fn check_runs_are_checks() {
    use CheckOutcome::{Failed, Passed, Running};
    let runs: Vec<Value> = serde_json::from_str(CHECK_RUNS).unwrap();
    for (run, expected) in runs.iter().zip([Running, Failed, Passed, Running, Passed]) {
        let contexts = json!({ "contexts": { "nodes": [camel(run)] } });
        let found: wire::PullRequest = serde_json::from_value(json!({
            "number": 1, "title": "x", "state": "open", "createdAt": run["started_at"], "updatedAt": run["started_at"],
            "head": { "nodes": [{ "commit": { "statusCheckRollup": contexts } }] },
        }))
        .unwrap();
        let told = pull_requests::pull_request(&found, &naming(), None).unwrap();
        assert_eq!(told.checks.len(), 1);
        assert_eq!(
            (told.checks[0].name.as_str(), told.checks[0].outcome),
            (run["name"].as_str().unwrap(), expected)
        );
        assert!(told.checks[0].at.is_some());
    }
}

#[test]
fn deployments_have_their_statuses() {
    let deployments: Vec<Value> = serde_json::from_str(DEPLOYMENTS).unwrap();
    let statuses: Vec<Value> = serde_json::from_str(STATUSES).unwrap();
    let expected = [DeploymentState::Succeeded, DeploymentState::Running];
    for ((deployment, status), expected) in deployments.iter().zip(&statuses).zip(expected) {
        let mut body = camel(deployment);
        body["databaseId"] = deployment["id"].clone();
        body["id"] = deployment["node_id"].clone();
        body["ref"] = json!({ "name": deployment["ref"] });
        body["commitOid"] = deployment["sha"].clone();
        body["state"] = status["state"].clone();
        body["statuses"] = json!({ "nodes": [camel(status)] });
        let found: wire::Deployment = serde_json::from_value(body).unwrap();
        let (told, problems) = deployments::deployments(&[found], &[], &naming(), "github");
        assert!(problems.is_empty(), "{problems:?}");
        assert_eq!(
            (told[0].state, told[0].environment.as_str()),
            (expected, deployment["environment"].as_str().unwrap())
        );
        assert_eq!(told[0].finished_at.is_some(), expected.is_over());
    }
}
