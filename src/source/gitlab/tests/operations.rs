//! Operations: what is sent, once, and what its answer means.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{
    faults::{forbidden, refused},
    service::{API, Service, merge_request, milestone, now, settings, user},
};
use crate::{
    domain::{StoryKey, Text},
    source::{
        Source,
        gitlab::{GitlabProject, GitlabSettings},
        http::fake,
        operation::{
            Attempt, Done, MergeMethod, Operation, OperationError, Operator, PullRequestOperation as Op,
            PullRequestTarget, StoryOperation,
        },
    },
};

pub(super) fn attempt() -> Attempt {
    Attempt { now: now(), cancelled: CancellationToken::new() }
}

pub(super) fn on(operation: Op) -> Operation {
    let head = Some(Text::new("b".repeat(40)));
    Operation::PullRequest(PullRequestTarget { repository: "api".into(), number: 5, head }, operation)
}

pub(super) fn of(operation: StoryOperation) -> Operation {
    Operation::Story(StoryKey::new("api#1"), operation)
}

/// A service with an operator: they are slow to make.
pub(super) struct Desk {
    pub(super) service: Service,
    pub(super) operator: Arc<dyn Operator>,
}

impl Desk {
    pub(super) async fn start() -> Self {
        let service = Service::start().await;
        let operator = service.source().operator().unwrap();
        Self { service, operator }
    }

    pub(super) async fn carry_out(&self, operation: &Operation) -> Result<Done, OperationError> {
        assert!(self.operator.offers(operation));
        self.operator.carry_out(operation, &attempt()).await
    }

    /// The changes that were sent since the last time: method, path below the project.
    pub(super) fn changes(&self) -> Vec<String> {
        let log = self.service.log().into_iter().map(|(asked, _)| asked);
        log.filter(|asked| !asked.starts_with("GET")).map(|asked| asked.replace(API, "")).collect()
    }
}

/// The changes that were sent: method, path below the project, body.
fn sent(service: &Service) -> Vec<(String, String, Value)> {
    let asked = service.fake.asked();
    let changes = asked.into_iter().filter(|asked| asked.method != "GET");
    changes
        .map(|asked| {
            let below = asked.target.replace(&format!("/api/v4/{API}"), "");
            (asked.method, below, serde_json::from_str(&asked.body).unwrap_or_default())
        })
        .collect()
}

fn answered(body: &Value) -> fake::Answer {
    fake::Answer::json(body.to_string())
}

#[tokio::test]
async fn what_is_sent() {
    let head = "b".repeat(40);
    let mut merged = merge_request(5, "2026-11-25T12:00:00Z");
    merged["state"] = "merged".into();
    merged["merge_commit_sha"] = "4f2a9c1e77".into();
    let mut assigned = merge_request(5, "2026-11-25T12:00:00Z");
    assigned["assignees"] = json!([user(3, "ada")]);
    let people = || vec![Text::new("ada")];
    let cases: Vec<(Operation, Value, &str, &str, Value, &str)> = vec![
        (
            on(Op::Comment("fine\n/merge".to_owned())),
            json!({}),
            "POST",
            "/merge_requests/5/notes",
            json!({ "body": "fine\n\\/merge" }),
            "commented",
        ),
        (
            on(Op::Approve(None)),
            json!({}),
            "POST",
            "/merge_requests/5/approve",
            json!({ "sha": head }),
            "approved bbbbbbbb",
        ),
        (
            on(Op::RequestReview(people())),
            merge_request(5, "2026-11-25T12:00:00Z"),
            "PUT",
            "/merge_requests/5",
            json!({ "reviewer_ids": [3, 1] }),
            "asked for a review: ada",
        ),
        (
            on(Op::Assign(people())),
            assigned.clone(),
            "PUT",
            "/merge_requests/5",
            json!({ "assignee_ids": [3, 2] }),
            "assigned: ada",
        ),
        (
            on(Op::Merge(None)),
            merged.clone(),
            "PUT",
            "/merge_requests/5/merge",
            json!({ "sha": head }),
            "merged as 4f2a9c1e",
        ),
        (
            on(Op::Merge(Some(MergeMethod::Squash))),
            merged.clone(),
            "PUT",
            "/merge_requests/5/merge",
            json!({ "sha": head, "squash": true }),
            "merged as 4f2a9c1e",
        ),
        (
            on(Op::MergeWhenReady(Some(MergeMethod::Merge))),
            merge_request(5, "2026-11-25T12:00:00Z"),
            "PUT",
            "/merge_requests/5/merge",
            json!({ "sha": head, "squash": false, "auto_merge": true, "merge_when_pipeline_succeeds": true }),
            "will be merged once it may be",
        ),
        (
            on(Op::RunFailedChecksAgain),
            json!({}),
            "POST",
            "/api/v4/projects/7/pipelines/47/retry",
            json!({}),
            "failed jobs of pipeline 47 run again",
        ),
        (
            on(Op::UpdateBranch),
            json!({ "rebase_in_progress": true }),
            "PUT",
            "/merge_requests/5/rebase",
            json!({}),
            "GitLab has begun to rebase it onto main",
        ),
        (
            on(Op::MarkReady),
            json!({}),
            "PUT",
            "/merge_requests/5",
            json!({ "title": "Refund twice" }),
            "marked as ready",
        ),
        (on(Op::Close), json!({}), "PUT", "/merge_requests/5", json!({ "state_event": "close" }), "closed"),
        (
            on(Op::Move(Some("4.2".into()))),
            json!({}),
            "PUT",
            "/merge_requests/5",
            json!({ "milestone_id": 61 }),
            "moved to 4.2",
        ),
        (
            on(Op::Move(None)),
            json!({}),
            "PUT",
            "/merge_requests/5",
            json!({ "milestone_id": 0 }),
            "taken out of its milestone",
        ),
        (
            of(StoryOperation::Comment("done?".to_owned())),
            json!({}),
            "POST",
            "/issues/1/notes",
            json!({ "body": "done?" }),
            "commented",
        ),
        (
            of(StoryOperation::Move(Some("v4.2".into()))),
            json!({}),
            "PUT",
            "/issues/1",
            json!({ "milestone_id": 61 }),
            "moved to v4.2",
        ),
        (
            of(StoryOperation::Assign(people())),
            assigned,
            "PUT",
            "/issues/1",
            json!({ "assignee_ids": [3] }),
            "assigned: ada",
        ),
    ];
    let desk = Desk::start().await;
    let service = &desk.service;
    for (operation, answer, method, path, body, what) in cases {
        service.tables().faults.clear();
        let mut single = service.tables().routes[&format!("{API}/merge_requests/5")].clone();
        let is_draft = operation == on(Op::MarkReady);
        single["title"] = if is_draft { "Draft: Refund twice" } else { "Refund twice" }.into();
        service.put("/merge_requests/5", single);
        service.put("/issues/1", super::service::issue(1, "2026-11-10T08:00:00Z"));
        service.fail(method, path, answered(&answer));
        service
            .tables()
            .faults
            .insert(format!("{method} {}", path.trim_start_matches("/api/v4/")), answered(&answer));
        let done = desk.carry_out(&operation).await;
        let last = sent(service).pop();
        assert_eq!(last, Some((method.to_owned(), path.to_owned(), body)), "{operation:?}");
        assert_eq!(desk.changes().len(), 1, "{operation:?}");
        assert_eq!(done.unwrap().what.as_str(), what, "{operation:?}");
    }
}

#[tokio::test]
async fn what_an_answer_means() {
    let desk = Desk::start().await;
    let merge = on(Op::Merge(None));
    let message = |status: u16, message: &str| refused(status, &json!({ "message": message }).to_string());
    for (answer, kind, words) in [
        (message(409, "SHA does not match HEAD of source branch"), "moved", "not the one that was seen"),
        (message(401, "401 Unauthorized"), "not done", "you may not, or are not signed in"),
        (forbidden(), "not done", "not allowed"),
        (message(404, "404 Not Found"), "not done", "not there"),
        (message(405, "405 Method Not Allowed"), "not done", "its status is: not approved"),
        (message(422, "Branch cannot be merged"), "not done", "Branch cannot be merged"),
        (message(400, "SHA must be provided when merging"), "not done", "HTTP 400"),
        (
            fake::Answer::new(301, "").header("location", "/api/v4/projects/9/merge"),
            "not done",
            "not sent on",
        ),
        (fake::Answer::reset(), "unclear", "may have been done or not"),
        (fake::Answer::silence(), "unclear", "no answer"),
        (fake::Answer::page(502), "unclear", "HTTP 502"),
        (fake::Answer::page(200), "unclear", "may have been done or not"),
        (fake::Answer::json("{\"state\": \"merged\"}").cut_off(), "unclear", "may have been done or not"),
        // It was done; that its answer cannot be read changes nothing.
        (fake::Answer::json("[]"), "done", "asked to merge"),
        // The last one: nothing is sent before the limit is over.
        (fake::Answer::new(429, "Retry later\n"), "not done", "rate limit"),
    ] {
        desk.service.fail("PUT", "/merge_requests/5/merge", answer.clone());
        let (found, what) = match desk.carry_out(&merge).await {
            Ok(done) => ("done", done.what),
            Err(OperationError::NotDone(problem)) => ("not done", problem.what),
            Err(OperationError::Moved(problem)) => ("moved", problem.what),
            Err(OperationError::Unclear(problem)) => ("unclear", problem.what),
        };
        assert_eq!(found, kind, "{answer:?}: {what}");
        assert!(what.contains(words), "{answer:?}: {what}");
        assert_eq!(desk.changes().len(), 1, "sent once: {answer:?}");
    }
    assert!(matches!(desk.carry_out(&merge).await, Err(OperationError::NotDone(_))));
    assert_eq!(desk.changes(), [] as [String; 0]);
}

#[tokio::test]
async fn what_is_not_sent() {
    let desk = Desk::start().await;
    let unseen = |operation| {
        Operation::PullRequest(
            PullRequestTarget { repository: "api".into(), number: 5, head: None },
            operation,
        )
    };
    let other = |operation| {
        let head = Some(Text::new("a".repeat(40)));
        Operation::PullRequest(PullRequestTarget { repository: "api".into(), number: 5, head }, operation)
    };
    for (operation, words) in [
        (unseen(Op::Merge(None)), "head that was seen is not known"),
        (unseen(Op::MergeWhenReady(None)), "head that was seen is not known"),
        (unseen(Op::Approve(None)), "head that was seen is not known"),
        (unseen(Op::UpdateBranch), "head that was seen is not known"),
        (other(Op::UpdateBranch), "its head is bbbbbbbb now"),
        (other(Op::RunFailedChecksAgain), "its head is bbbbbbbb now"),
        (on(Op::Merge(Some(MergeMethod::Rebase))), "makes a merge commit of every merge"),
        (on(Op::MarkReady), "it is no draft"),
        (on(Op::Comment("  ".to_owned())), "no words"),
        (on(Op::Assign(vec!["nobody".into()])), "nobody is called nobody"),
        (on(Op::Assign(Vec::new())), "0 people are named"),
        (on(Op::Move(Some("9.9".into()))), "no open milestone 9.9"),
    ] {
        let error = desk.carry_out(&operation).await.unwrap_err();
        assert!(!matches!(error, OperationError::Unclear(_)), "{operation:?}");
        assert!(error.problem().what.contains(words), "{operation:?}: {error}");
        assert_eq!(sent(&desk.service), [], "{operation:?}");
    }
    let asked = desk.service.fake.asked().len();
    let Desk { service, operator } = desk;
    let attempt = Attempt { now: now(), cancelled: CancellationToken::new() };
    attempt.cancelled.cancel();
    let error = operator.carry_out(&on(Op::Approve(None)), &attempt).await.unwrap_err();
    assert!(matches!(error, OperationError::NotDone(_)), "{error}");
    assert_eq!(service.fake.asked().len(), asked);
    // Nobody listens: there was no connection, so it was never sent.
    let http = service.http(&settings());
    drop(service);
    let gone = super::super::GitlabOperator::new(settings().projects, http);
    let error = gone.carry_out(&on(Op::Approve(None)), &self::attempt()).await.unwrap_err();
    assert!(matches!(error, OperationError::NotDone(_)), "{error}");
    assert!(error.problem().what.contains("not sent"), "{error}");
}

#[tokio::test]
async fn what_is_there_already_moves() {
    let desk = Desk::start().await;
    let service = &desk.service;
    let mut merged = merge_request(5, "2026-11-25T12:00:00Z");
    merged["state"] = "merged".into();
    service.put("/merge_requests/5", merged);
    let error = desk.carry_out(&on(Op::Close)).await.unwrap_err();
    assert!(
        matches!(&error, OperationError::Moved(problem) if problem.what.contains("it is merged now")),
        "{error}"
    );
    assert_eq!(sent(service), []);
}

#[tokio::test]
async fn a_merge_train_takes_it_where_the_project_has_one() {
    let desk = Desk::start().await;
    let service = &desk.service;
    let mut project = service.tables().routes[API].clone();
    project["merge_trains_enabled"] = true.into();
    service.put("", project);
    service.fail("POST", "/merge_trains/merge_requests/5", answered(&json!([])));
    let done = desk.carry_out(&on(Op::MergeWhenReady(None))).await.unwrap();
    assert!(done.what.contains("merge train"), "{done:?}");
    let body = json!({ "sha": "b".repeat(40), "auto_merge": true, "when_pipeline_succeeds": true });
    assert_eq!(sent(service), [("POST".to_owned(), "/merge_trains/merge_requests/5".to_owned(), body)]);
}

#[tokio::test]
async fn approvals_stand_whatever_becomes_of_the_words() {
    let desk = Desk::start().await;
    let service = &desk.service;
    service.fail("POST", "/merge_requests/5/approve", answered(&json!({})));
    service.fail("POST", "/merge_requests/5/notes", forbidden());
    let operation = on(Op::Approve(Some("well done".to_owned())));
    let done = desk.carry_out(&operation).await.unwrap();
    assert!(done.what.contains("approved bbbbbbbb, without the words"), "{done:?}");
    // Two milestones of one name: one of the project, one of its group.
    let mut of_group = milestone();
    of_group["id"] = 62.into();
    service.put("/milestones", json!([milestone(), of_group]));
    let error = desk.carry_out(&on(Op::Move(Some("v4.2".into())))).await.unwrap_err();
    assert!(error.problem().what.contains("several open milestones"), "{error}");
}

#[tokio::test]
async fn what_it_does_not_offer() {
    let service = Service::start().await;
    let operator = service.source().operator().unwrap();
    let elsewhere = PullRequestTarget { repository: "web".into(), number: 5, head: None };
    for operation in [
        Operation::PullRequest(elsewhere, Op::Close),
        Operation::Story(StoryKey::new("PAY-311"), StoryOperation::Assign(Vec::new())),
        Operation::Story(StoryKey::new("web#1"), StoryOperation::Assign(Vec::new())),
        of(StoryOperation::Transition("done".into())),
        of(StoryOperation::SetPriority("high".into())),
    ] {
        assert!(!operator.offers(&operation), "{operation:?}");
        assert!(matches!(operator.carry_out(&operation, &attempt()).await, Err(OperationError::NotDone(_))));
    }
    // Two projects of one name cannot be told apart.
    let settings = GitlabSettings {
        projects: ["acme/api", "other/api"]
            .map(|path| GitlabProject { path: path.to_owned(), project: None })
            .to_vec(),
        ..settings()
    };
    let operator = service.source_of(settings).operator().unwrap();
    assert!(!operator.offers(&on(Op::Close)));
    assert_eq!(service.fake.asked().len(), 0);
}
