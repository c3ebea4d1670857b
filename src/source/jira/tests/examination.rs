//! What an examination finds.

use serde_json::json;

use super::{
    issue, now, settings, source, source_with, state, status,
    tracker::{State, Tracker},
};
use crate::source::{Diagnosis, DiagnosisState, Round, Source, http::fake::Answer};

fn permitted(names: &[&str]) -> Answer {
    let all = [
        "BROWSE_PROJECTS",
        "ADD_COMMENTS",
        "ASSIGN_ISSUES",
        "EDIT_ISSUES",
        "RESOLVE_ISSUES",
        "TRANSITION_ISSUES",
    ];
    let permissions: serde_json::Map<_, _> = all
        .iter()
        .map(|key| {
            let name = key.to_lowercase().replace('_', " ");
            ((*key).to_owned(), json!({ "id": "10", "key": key, "name": name, "type": "PROJECT", "havePermission": names.contains(key) }))
        })
        .collect();
    Answer::json(json!({ "permissions": permissions }).to_string())
}

async fn examined(holds: State, change: impl Fn(&mut crate::source::jira::JiraSettings)) -> Vec<Diagnosis> {
    let tracker = Tracker::start(holds).await;
    let mut settings = settings(&tracker);
    change(&mut settings);
    source_with(&tracker, settings).examine(&Round::at(now())).await
}

fn point<'a>(found: &'a [Diagnosis], subject: &str) -> (DiagnosisState, &'a str, &'a str) {
    let point =
        found.iter().find(|point| point.subject == subject).unwrap_or_else(|| panic!("{subject}: {found:?}"));
    (point.state, &point.what, point.next_step.as_deref().unwrap_or_default())
}

#[tokio::test]
async fn what_is_in_order_is_said_too() {
    let mut holds = state(true, vec![issue(1, 1, json!({}))]);
    let all = [
        "BROWSE_PROJECTS",
        "ADD_COMMENTS",
        "ASSIGN_ISSUES",
        "EDIT_ISSUES",
        "RESOLVE_ISSUES",
        "TRANSITION_ISSUES",
    ];
    holds.always.push(("mypermissions", permitted(&all)));
    holds.headers.push(("date", "Sun, 01 Nov 2026 12:00:30 GMT"));
    let found = examined(holds, |_| ()).await;
    assert!(found.iter().all(|point| point.state == DiagnosisState::Good), "{found:?}");
    assert_eq!(point(&found, "reachable").1, "127.0.0.1 is Jira Cloud 9.12.2");
    assert_eq!(point(&found, "signed in").1, "as Kim Lee, with a test");
    assert_eq!(point(&found, "points").1, r#"read from "Story Points" (customfield_10016)"#);
    assert_eq!(point(&found, "statuses").1, "all 3 are understood");
}

#[tokio::test]
async fn what_is_missing_is_named_with_the_way_to_get_it() {
    use DiagnosisState::{Bad, Limited};
    let mut holds = state(false, vec![]);
    holds.always.push(("projectKey=PAY", permitted(&["BROWSE_PROJECTS", "ADD_COMMENTS"])));
    holds.always.push(("projectKey=AUTH", permitted(&[])));
    holds.headers.push(("date", "Sun, 01 Nov 2026 11:50:00 GMT"));
    holds.statuses.push(status("9", "Parked", "undefined"));
    let found = examined(holds, |settings| {
        settings.projects.extend(["auth".to_owned(), "GONE".to_owned()]);
        settings.points_field = Some("Weight".to_owned());
        settings.dropped.push("[".to_owned());
    })
    .await;
    let (state, what, _) = point(&found, "project PAY");
    assert_eq!(state, Limited);
    assert!(
        what.ends_with("missing: assign issues, edit issues, resolve issues, transition issues"),
        "{what}"
    );
    let (state, _, next_step) = point(&found, "project AUTH");
    assert!(state == Bad && next_step.contains("Browse projects in AUTH"), "{next_step}");
    assert_eq!(point(&found, "project GONE").0, Bad);
    let (state, what, _) = point(&found, "clock");
    assert_eq!((state, what), (Limited, "it is 600 s behind this machine's"));
    let (state, _, next_step) = point(&found, "points");
    assert_eq!((state, next_step), (Limited, r#"set `points_field` to one of "Story Points""#));
    assert_eq!(point(&found, "statuses").1, r#"1 of 4 have no meaning: "Parked""#);
    assert_eq!(point(&found, "settings").0, Limited);
}

#[tokio::test]
async fn without_the_service_that_is_all_there_is_to_say() {
    let mut holds = state(true, vec![]);
    holds.always.push(("serverInfo", Answer::page(503)));
    let tracker = Tracker::start(holds).await;
    let found = source(&tracker).examine(&Round::at(now())).await;
    assert_eq!(found.len(), 1);
    assert_eq!(point(&found, "reachable").0, DiagnosisState::Bad);
}
