//! Alerts of code scanning, from first to last.

use serde_json::{Value, json};

use super::{
    facts,
    hub::{Hub, day, filled},
    minutes, now, source, token, unchanged,
};
use crate::{
    domain::{FindingState, Kind},
    source::http::fake::Answer,
};

fn alert(number: u64, state: &str, changed: u32) -> Value {
    json!({
        "number": number, "state": state, "created_at": day(1), "updated_at": day(changed),
        "fixed_at": if state == "fixed" { json!(day(changed)) } else { Value::Null },
        "rule": { "id": "js/xss", "severity": "error", "description": "Cross-site scripting" },
        "tool": { "name": "CodeQL" },
        "most_recent_instance": {
            "commit_sha": "a".repeat(40), "location": { "path": "src/page.js", "start_line": 7 },
        },
    })
}

#[tokio::test]
async fn open_and_recently_closed_ones_are_read_by_pages_and_later_only_what_changed() {
    let mut state = filled(1, 1);
    // The one that changed last first; the last was fixed before what is read.
    let mut old = alert(6, "fixed", 1);
    old["updated_at"] = "2025-01-01T08:00:00Z".into();
    let open = (1..=5).map(|number| alert(number, "open", 20));
    state.alerts = Some([alert(7, "fixed", 21)].into_iter().chain(open).chain([old]).collect());
    let hub = Hub::start(state).await;
    let mut source = source(&hub, token());
    let told = facts(&mut source, now()).await;
    assert!(told.problems.is_empty(), "{:?}", told.problems);
    assert!(told.covers.contains(&Kind::Findings));
    let ids: Vec<_> = told.findings.iter().map(|finding| finding.id.as_str()).collect();
    assert_eq!(ids, ["api#1", "api#2", "api#3", "api#4", "api#5", "api#7"]);
    let first = &told.findings[0];
    assert_eq!(
        (first.path.as_deref(), first.line, first.tool.as_str()),
        (Some("src/page.js"), Some(7), "CodeQL")
    );
    // The question, three pages of open ones, one of fixed and one of dismissed ones.
    let alerts = |from| hub.told(from).iter().filter(|asked| asked.ends_with("alerts")).count();
    assert_eq!(alerts(0), 6);

    let before = hub.fake.asked().len();
    assert!(unchanged(&mut source, minutes(1)).await);
    assert_eq!(alerts(before), 1);
    hub.state().alerts.as_mut().unwrap().remove(3);
    hub.state().alerts.as_mut().unwrap().insert(0, alert(3, "dismissed", 25));
    let before = hub.fake.asked().len();
    let told = facts(&mut source, minutes(2)).await;
    let changed = told.findings.iter().find(|finding| finding.id.as_str() == "api#3").unwrap();
    assert_eq!(changed.state, FindingState::Dismissed);
    // The question, and pages down to the first that changed before what was known: two of five.
    assert_eq!(alerts(before), 3);
    assert_eq!(told.findings.len(), 6);
}

#[tokio::test]
async fn where_code_scanning_is_off_nothing_is_covered_and_nobody_is_nagged() {
    let hub = Hub::start(filled(1, 1)).await;
    let mut source = source(&hub, token());
    let told = facts(&mut source, now()).await;
    assert!(told.problems.is_empty(), "{:?}", told.problems);
    assert!(!told.covers.contains(&Kind::Findings));
    hub.state().alerts = Some(vec![alert(1, "open", 20)]);
    assert!(unchanged(&mut source, minutes(1)).await, "looked at again within the hour");
    let told = facts(&mut source, minutes(61)).await;
    assert_eq!(told.findings.len(), 1);
    assert!(told.covers.contains(&Kind::Findings));
    hub.state().alerts = None;
    let told = facts(&mut source, minutes(62)).await;
    assert!(told.findings.is_empty() && !told.covers.contains(&Kind::Findings));
}

#[tokio::test]
async fn a_token_that_may_not_see_them_is_told_which_permission_is_missing() {
    let mut state = filled(1, 1);
    let denied = Answer::new(403, r#"{"message": "Resource not accessible by personal access token"}"#);
    state.always.push(("/code-scanning", denied));
    let hub = Hub::start(state).await;
    let told = facts(&mut source(&hub, token()), now()).await;
    assert_eq!(told.problems.len(), 1, "{:?}", told.problems);
    assert!(told.problems[0].next_step.contains("Code scanning alerts: read"));
    assert!(!told.covers.contains(&Kind::Findings));
}
