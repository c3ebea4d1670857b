//! What a service does that it should not.

use serde_json::json;

use super::service::{API, Service, facts, issue, merge_request, now, settings};
use crate::{
    domain::Kind,
    source::{Answer, Round, Source, SourceError, http::fake},
};

pub(super) fn refused(status: u16, body: &str) -> fake::Answer {
    fake::Answer::new(status, body).header("content-type", "application/json")
}

pub(super) fn forbidden() -> fake::Answer {
    refused(403, r#"{"message":"403 Forbidden"}"#)
}

#[tokio::test]
async fn a_part_that_is_hidden_names_what_it_needs() {
    let service = Service::start().await;
    service.fail("GET", "/freeze_periods", forbidden());
    service.fail("GET", "/merge_requests/5/approvals", forbidden());
    let mut source = service.source();
    let told = facts(&mut source, &Round::at(now())).await;
    let problems: Vec<(&str, &str)> =
        told.problems.iter().map(|problem| (problem.what.as_str(), problem.next_step.as_str())).collect();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert_eq!(problems[0].0, "gitlab: acme/pay/api: deploy freezes cannot be read");
    assert!(
        problems[0].1.contains("scope read_api of somebody with at least the role Reporter"),
        "{problems:?}"
    );
    assert_eq!(problems[1].0, "gitlab: acme/pay/api: approvals cannot be read");
    assert!(told.freezes.is_empty() && told.pull_requests.len() == 1);
    assert_eq!(told.pull_requests[0].required_approvals, Some(1), "its status says that some are lacking");
    assert!(matches!(source.fetch(&Round::at(now())).await, Ok(Answer::Unchanged)));
    // Asked for again within the hour.
    service.tables().faults.clear();
    service.put("/issues", json!([issue(1, "2026-11-25T11:00:00.000Z")]));
    let told = facts(&mut source, &Round::at(now() + chrono::Duration::minutes(61))).await;
    assert_eq!(told.problems, []);
    assert!(!told.freezes.is_empty());
}

#[tokio::test]
async fn a_project_that_is_not_there() {
    let service = Service::start().await;
    let mut two = service.two();
    let told = facts(&mut two, &Round::at(now())).await;
    assert_eq!(told.problems.len(), 1, "{:?}", told.problems);
    assert!(told.problems[0].what.contains("acme%2Fgone") && told.pull_requests.len() == 1);

    let mut source = service.source();
    facts(&mut source, &Round::at(now())).await;
    // It is made private, or deleted: everything below it is gone at once.
    service.tables().routes.retain(|path, _| !path.starts_with(API));
    let Err(SourceError::Refused(problem)) = source.fetch(&Round::at(now())).await else { panic!("gone") };
    assert!(problem.what.contains("not shown to you") && problem.next_step.contains("name"), "{problem:?}");
}

#[tokio::test]
async fn without_a_token_what_is_public_is_read() {
    let service = Service::start().await;
    service.fail("GET", "/merge_requests/5/approvals", refused(401, r#"{"message":"401 Unauthorized"}"#));
    let mut source = service.public();
    let told = facts(&mut source, &Round::at(now())).await;
    assert!(told.problems[0].what.contains("nobody is signed in"), "{:?}", told.problems);
    assert!(told.problems[1].what.contains("approvals cannot be read"), "{:?}", told.problems);
    assert_eq!((told.stories.len(), told.pull_requests.len()), (2, 1));
    assert!(source.interval() >= std::time::Duration::from_secs(300));
    assert!(!service.log().iter().any(|(asked, _)| asked == "GET user"));
}

#[tokio::test]
async fn a_renamed_project_is_followed() {
    let service = Service::start().await;
    let settings = crate::source::gitlab::GitlabSettings {
        projects: vec![crate::source::gitlab::GitlabProject { path: "acme/api".to_owned(), project: None }],
        ..settings()
    };
    let routes: Vec<String> = service.tables().routes.keys().cloned().collect();
    for below in routes.iter().filter_map(|path| path.strip_prefix(API)) {
        let answer = fake::Answer::new(301, "").header("location", format!("/api/v4/{API}{below}"));
        service.tables().faults.insert(format!("GET projects/acme%2Fapi{below}"), answer);
    }
    let told = facts(&mut service.source_of(settings), &Round::at(now())).await;
    assert_eq!((told.pull_requests.len(), told.stories.len()), (1, 2));
}

#[tokio::test]
async fn a_limit_in_plain_text_is_a_limit() {
    let service = Service::start().await;
    let mut source = service.source();
    facts(&mut source, &Round::at(now())).await;
    service.fail(
        "GET",
        "/issues",
        fake::Answer::new(429, "Retry later\n").header("content-type", "text/plain"),
    );
    service.log();
    let Err(SourceError::Failed(problem)) = source.fetch(&Round::at(now())).await else { panic!("limited") };
    assert!(problem.what.contains("rate limit is used up"), "{problem:?}");
    assert!(source.standing().not_before.unwrap() > now());
    assert_eq!(service.log().iter().filter(|(asked, _)| asked.contains("/issues")).count(), 1, "asked once");
    // Left alone until then.
    assert!(source.fetch(&Round::at(now())).await.is_err());
    assert_eq!(service.log(), []);
    service.tables().faults.clear();
    let later = Round::at(now() + chrono::Duration::minutes(3));
    assert!(matches!(source.fetch(&later).await, Ok(Answer::Unchanged)));
}

#[tokio::test]
async fn one_thing_that_cannot_be_read_loses_itself() {
    let service = Service::start().await;
    let mut bad = issue(3, "2026-11-10T08:00:00.000Z");
    bad["created_at"] = "soon".into();
    let mut unheard = merge_request(6, "2026-11-24T08:00:00.000Z");
    unheard["state"] = "sublimated".into();
    service.put("/issues", json!([issue(1, "2026-11-10T08:00:00.000Z"), bad]));
    service.put("/merge_requests", json!([merge_request(5, "2026-11-24T08:00:00.000Z"), unheard]));
    service.fail("GET", "/issues/1/resource_state_events", fake::Answer::page(502));
    service.fail("GET", "/merge_requests/5/notes", fake::Answer::json("{\"odd\": true}"));
    let mut source = service.source();
    let told = facts(&mut source, &Round::at(now())).await;
    assert_eq!((told.stories.len(), told.pull_requests.len()), (1, 1));
    let what: Vec<&str> = told.problems.iter().map(|problem| problem.what.as_str()).collect();
    let says = |words: &str| assert!(what.iter().any(|what| what.contains(words)), "{words}: {what:?}");
    says("[1].created_at: expected a date");
    says("merge request api#6: the state \"sublimated\" is unheard of");
    says("cannot answer now (HTTP 502)");
    says("the past of 1 issues");
    let kinds = [Kind::Stories, Kind::Defects, Kind::PullRequests];
    assert_eq!(told.incomplete(), kinds.into(), "{:#?}", told.problems);
    assert_eq!(told.pull_requests[0].checks.len(), 1, "what could be read of it is told");
    service.tables().faults.clear();
    let told = facts(&mut source, &Round::at(now())).await;
    assert!(!told.problems.iter().any(|problem| problem.what.contains("502")), "{:?}", told.problems);
    assert_eq!(told.stories[0].scope.len(), 1);
}

#[tokio::test]
async fn pages_by_key_where_the_server_has_them() {
    for keyset in [true, false] {
        let service = Service::start().await;
        service.tables().keyset = keyset;
        service.put("/merge_requests", json!([]));
        let told = facts(&mut service.source(), &Round::at(now())).await;
        assert_eq!((told.stories.len(), told.problems.len()), (2, 0));
        let asked: Vec<(String, u16)> =
            service.log().into_iter().filter(|(asked, _)| asked.contains("pagination=keyset")).collect();
        assert!(!asked.is_empty() && asked.iter().all(|(_, status)| (*status == 200) == keyset), "{asked:?}");
    }
}

#[tokio::test]
async fn a_round_that_is_ended_ends() {
    let service = Service::start().await;
    let round = Round::at(now());
    round.cancelled.cancel();
    assert!(matches!(service.source().fetch(&round).await, Err(SourceError::Cancelled)));
    assert_eq!(service.log(), []);
}
