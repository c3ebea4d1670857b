//! Looking whether something was done: after an answer that got lost, and after one that did not.

use chrono::Duration;
use serde_json::{Value, json};

use super::{
    faults::{forbidden, refused},
    operations::{Desk, attempt, of, on},
    service::{API, issue, merge_request, milestone, now, user},
};
use crate::{
    domain::Text,
    source::{
        http::fake,
        operation::{Found, Operation, OperationError, PullRequestOperation as Op, StoryOperation},
    },
};

/// A merge request with other fields, as it is when it is asked for by itself.
fn single(more: Value) -> Value {
    let mut body = merge_request(5, "2026-11-24T08:00:00.000Z");
    let Value::Object(more) = more else { panic!("fields") };
    body.as_object_mut().unwrap().extend(more);
    body
}

fn note(who: &str, body: &str, seconds: i64) -> Value {
    let at = now() + Duration::seconds(seconds);
    json!([{ "id": 302, "body": body, "author": user(1, who), "created_at": at.to_rfc3339(), "system": false }])
}

fn approvals(who: &str, at: Option<i64>) -> Value {
    let at = at.map(|seconds| (now() + Duration::seconds(seconds)).to_rfc3339());
    json!({ "id": 5, "approved_by": [{ "user": user(1, who), "approved_at": at }] })
}

fn job(seconds: i64) -> Value {
    let at = now() + Duration::seconds(seconds);
    json!({ "id": 7, "name": "rspec", "stage": "test", "status": "failed", "created_at": at.to_rfc3339() })
}

fn people(names: &[&str]) -> Vec<Text> {
    names.iter().map(Text::new).collect()
}

impl Desk {
    async fn look(&self, operation: &Operation) -> Found {
        self.operator.look(operation, now(), &attempt()).await
    }
}

fn told(found: &Found) -> (&str, &str) {
    match found {
        Found::Done(done) => ("done", &done.what),
        Found::NotDone => ("not done", ""),
        Found::CannotTell(problem) => ("cannot tell", &problem.what),
    }
}

const REQUEST: &str = "/merge_requests/5";
const NOTES: &str = "/merge_requests/5/notes";
const APPROVALS: &str = "/merge_requests/5/approvals";
/// Another head than the one that was seen.
const OTHER: &str = "cccccccccccccccccccccccccccccccccccccccc";

/// What was asked for, what the service holds then, what is found and what it says.
type Case = (Operation, Vec<(&'static str, Value)>, &'static str, &'static str);

#[tokio::test]
async fn what_is_there_tells_whether_it_was_done() {
    let at_other = |more: Value| {
        let mut body = single(more);
        body["sha"] = OTHER.into();
        body
    };
    let merge = || on(Op::Merge(None));
    let when_ready = || on(Op::MergeWhenReady(None));
    let hello = || on(Op::Comment("Hello\n/merge".to_owned()));
    let approve = || on(Op::Approve(None));
    let head_pipeline = json!({ "id": 47, "project_id": null, "status": "running" });
    let jobs = "/pipelines/47/jobs";
    let cases: Vec<Case> = vec![
        (hello(), vec![(NOTES, note("kim", "Hello\r\n\\/merge", 2))], "done", "commented"),
        (hello(), vec![(NOTES, note("ada", "Hello\n\\/merge", 2))], "not done", ""),
        (hello(), vec![(NOTES, note("kim", "Hello\n\\/merge", -600))], "not done", ""),
        (hello(), vec![(NOTES, note("kim", "Hello", 2))], "not done", ""),
        (
            approve(),
            vec![(APPROVALS, approvals("kim", None)), (REQUEST, single(json!({})))],
            "done",
            "approved bbbbbbbb",
        ),
        (
            on(Op::Approve(Some("well done".to_owned()))),
            vec![(APPROVALS, approvals("kim", Some(1))), (REQUEST, at_other(json!({})))],
            "done",
            "approved bbbbbbbb, without the words",
        ),
        (
            approve(),
            vec![(APPROVALS, approvals("ada", Some(1))), (REQUEST, single(json!({})))],
            "not done",
            "",
        ),
        // A push may have taken it away, or it was of another head.
        (
            approve(),
            vec![(APPROVALS, approvals("ada", None)), (REQUEST, at_other(json!({})))],
            "cannot tell",
            "cccccccc",
        ),
        (
            approve(),
            vec![(APPROVALS, approvals("kim", Some(-600))), (REQUEST, at_other(json!({})))],
            "cannot tell",
            "cccccccc",
        ),
        (
            merge(),
            vec![(REQUEST, single(json!({ "state": "merged", "merge_commit_sha": "4f2a9c1e77" })))],
            "done",
            "merged as 4f2a9c1e",
        ),
        (merge(), vec![(REQUEST, at_other(json!({ "state": "merged" })))], "done", "by somebody else"),
        (merge(), vec![(REQUEST, single(json!({ "state": "locked" })))], "cannot tell", "being merged"),
        (merge(), vec![(REQUEST, single(json!({ "state": "evaporated" })))], "cannot tell", "unknown state"),
        (merge(), vec![(REQUEST, single(json!({ "state": "closed" })))], "not done", ""),
        (merge(), vec![(REQUEST, single(json!({ "merge_when_pipeline_succeeds": true })))], "not done", ""),
        (merge(), vec![(REQUEST, at_other(json!({})))], "not done", ""),
        (
            when_ready(),
            vec![(REQUEST, single(json!({ "merge_when_pipeline_succeeds": true })))],
            "done",
            "will be merged once it may be",
        ),
        (when_ready(), vec![(REQUEST, single(json!({})))], "not done", ""),
        (when_ready(), vec![(REQUEST, at_other(json!({})))], "cannot tell", "somebody has pushed"),
        (
            when_ready(),
            vec![(REQUEST, single(json!({ "merge_when_pipeline_succeeds": null })))],
            "cannot tell",
            "does not tell",
        ),
        (
            on(Op::RunFailedChecksAgain),
            vec![
                (REQUEST, single(json!({ "head_pipeline": head_pipeline }))),
                (jobs, json!([job(1), job(-600)])),
            ],
            "done",
            "failed jobs of pipeline 47 run again",
        ),
        (
            on(Op::RunFailedChecksAgain),
            vec![(REQUEST, single(json!({ "head_pipeline": head_pipeline }))), (jobs, json!([job(-600)]))],
            "not done",
            "",
        ),
        (
            on(Op::RunFailedChecksAgain),
            vec![(REQUEST, single(json!({ "head_pipeline": head_pipeline }))), (jobs, json!([job(1)]))],
            "cannot tell",
            "a new one",
        ),
        (on(Op::RunFailedChecksAgain), vec![(REQUEST, at_other(json!({})))], "cannot tell", "cccccccc"),
        (
            on(Op::UpdateBranch),
            vec![(REQUEST, single(json!({ "rebase_in_progress": true })))],
            "done",
            "is rebasing it",
        ),
        (
            on(Op::UpdateBranch),
            vec![(REQUEST, at_other(json!({ "diverged_commits_count": 0 })))],
            "done",
            "its base is in it",
        ),
        (
            on(Op::UpdateBranch),
            vec![(REQUEST, single(json!({ "diverged_commits_count": 3 })))],
            "not done",
            "",
        ),
        (
            on(Op::UpdateBranch),
            vec![(REQUEST, at_other(json!({ "diverged_commits_count": 3 })))],
            "cannot tell",
            "pushed",
        ),
        (on(Op::MarkReady), vec![(REQUEST, single(json!({})))], "done", "marked as ready"),
        (on(Op::MarkReady), vec![(REQUEST, single(json!({ "title": "Draft: Refunds" })))], "not done", ""),
        (on(Op::Close), vec![(REQUEST, single(json!({ "state": "closed" })))], "done", "closed"),
        (on(Op::Close), vec![(REQUEST, single(json!({ "state": "merged" })))], "not done", ""),
        (
            on(Op::RequestReview(people(&["Ada", "kim"]))),
            vec![(REQUEST, single(json!({})))],
            "done",
            "Ada, kim",
        ),
        (on(Op::RequestReview(people(&["eve", "kim"]))), vec![(REQUEST, single(json!({})))], "not done", ""),
        // The free tier keeps the first one only.
        (
            on(Op::Assign(people(&["lee", "ada"]))),
            vec![(REQUEST, single(json!({})))],
            "done",
            "assigned: lee",
        ),
        (on(Op::Assign(people(&["ada", "lee"]))), vec![(REQUEST, single(json!({})))], "not done", ""),
        (on(Op::Move(Some("4.2".into()))), vec![(REQUEST, single(json!({})))], "done", "moved to 4.2"),
        (on(Op::Move(None)), vec![(REQUEST, single(json!({})))], "not done", ""),
        (on(Op::Move(None)), vec![(REQUEST, single(json!({ "milestone": null })))], "done", "taken out"),
        (of(StoryOperation::Move(Some("v4.2".into()))), vec![], "done", "moved to v4.2"),
        (of(StoryOperation::Move(Some("v4.3".into()))), vec![], "not done", ""),
        (of(StoryOperation::Assign(people(&["ada"]))), vec![], "not done", ""),
        (
            of(StoryOperation::Comment("so?".to_owned())),
            vec![("/issues/1/notes", note("kim", "so?", 0))],
            "done",
            "commented",
        ),
    ];
    let desk = Desk::start().await;
    desk.service.put("/issues/1", issue(1, "2026-11-10T08:00:00Z"));
    for (operation, there, kind, words) in cases {
        for (below, value) in &there {
            desk.service.put(below, value.clone());
        }
        let found = desk.look(&operation).await;
        let (told, what) = told(&found);
        assert_eq!(told, kind, "{operation:?} {there:?}: {what}");
        assert!(what.contains(words), "{operation:?}: {what}");
        assert_eq!(desk.changes(), [] as [String; 0], "{operation:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_read_cannot_be_told() {
    let desk = Desk::start().await;
    let merge = on(Op::Merge(None));
    for answer in [fake::Answer::page(502), forbidden(), fake::Answer::json("[]"), fake::Answer::silence()] {
        desk.service.fail("GET", REQUEST, answer.clone());
        assert_eq!(told(&desk.look(&merge).await).0, "cannot tell", "{answer:?}");
    }
    // A comment of ours is told by its author: whoever we are.
    desk.service.put(NOTES, note("kim", "so?", 0));
    desk.service.tables().faults.insert("GET user".to_owned(), forbidden());
    let found = desk.look(&on(Op::Comment("so?".to_owned()))).await;
    assert!(matches!(&found, Found::CannotTell(problem) if problem.what.contains("as whom")), "{found:?}");
    // A merge train holds what is not merged yet.
    desk.service.tables().faults.clear();
    desk.service.put(REQUEST, single(json!({})));
    let mut project = desk.service.tables().routes[API].clone();
    project["merge_trains_enabled"] = true.into();
    desk.service.put("", project);
    assert_eq!(told(&desk.look(&on(Op::MergeWhenReady(None))).await).0, "not done");
    let car = json!({ "id": 110, "merge_request": { "iid": 5 }, "target_branch": "main", "status": "idle" });
    desk.service.put("/merge_trains/merge_requests/5", car);
    for operation in [merge, on(Op::MergeWhenReady(None))] {
        assert_eq!(told(&desk.look(&operation).await), ("done", "on the merge train"));
    }
}

#[tokio::test]
async fn done_and_then_no_answer() {
    let merged = single(json!({ "state": "merged", "merge_commit_sha": "4f2a9c1e77" }));
    let mut moved = issue(1, "2026-11-25T12:00:00Z");
    moved["milestone"] = milestone();
    let cases: Vec<(Operation, &str, &str, &str, Value)> = vec![
        (on(Op::Merge(None)), "PUT", "/merge_requests/5/merge", REQUEST, merged),
        (
            on(Op::MergeWhenReady(None)),
            "PUT",
            "/merge_requests/5/merge",
            REQUEST,
            single(json!({ "merge_when_pipeline_succeeds": true })),
        ),
        (on(Op::Approve(None)), "POST", "/merge_requests/5/approve", APPROVALS, approvals("kim", Some(0))),
        (on(Op::Comment("so?".to_owned())), "POST", NOTES, NOTES, note("kim", "so?", 0)),
        (on(Op::Close), "PUT", REQUEST, REQUEST, single(json!({ "state": "closed" }))),
        (on(Op::Move(None)), "PUT", REQUEST, REQUEST, single(json!({ "milestone": null }))),
        (of(StoryOperation::Move(Some("v4.2".into()))), "PUT", "/issues/1", "/issues/1", moved),
    ];
    let desk = Desk::start().await;
    let untouched = desk.service.tables().routes.clone();
    // A silence takes its time: one operation is enough.
    for (answer, cases) in [
        (fake::Answer::reset(), &cases[..]),
        (fake::Answer::silence(), &cases[..1]),
        (fake::Answer::page(502), &cases[..1]),
    ] {
        for (operation, method, sent, below, then) in cases {
            desk.service.tables().routes = untouched.clone();
            let mut before = issue(1, "2026-11-10T08:00:00Z");
            before["milestone"] = Value::Null;
            desk.service.put("/issues/1", before);
            desk.service.put(APPROVALS, approvals("ada", None));
            desk.service.tables().faults.clear();
            desk.service.fail(method, sent, answer.clone());
            for is_done in [false, true] {
                desk.service.tables().effects.clear();
                if is_done {
                    let effect = (format!("{API}{below}"), then.clone());
                    desk.service.tables().effects.insert(format!("{method} {API}{sent}"), effect);
                }
                let error = desk.carry_out(operation).await.unwrap_err();
                assert!(matches!(error, OperationError::Unclear(_)), "{operation:?} {answer:?}: {error}");
                assert_eq!(desk.changes(), [format!("{method} {sent}")], "sent once: {operation:?}");
                let found = desk.look(operation).await;
                let expected = if is_done { "done" } else { "not done" };
                assert_eq!(told(&found).0, expected, "{operation:?} {answer:?}: {found:?}");
                assert_eq!(desk.changes(), [] as [String; 0], "looking changes nothing: {operation:?}");
            }
        }
    }
}

#[tokio::test]
async fn refused_and_so_not_done() {
    let desk = Desk::start().await;
    let merge = on(Op::Merge(None));
    let says = |status: u16, message: &str| refused(status, &json!({ "message": message }).to_string());
    for (answer, head, refusal) in [
        (says(409, "SHA does not match HEAD of source branch"), OTHER, "moved"),
        (says(422, "Branch cannot be merged"), &"b".repeat(40), "not done"),
        (says(405, "405 Method Not Allowed"), &"b".repeat(40), "not done"),
    ] {
        desk.service.put(REQUEST, single(json!({ "sha": head })));
        desk.service.fail("PUT", "/merge_requests/5/merge", answer.clone());
        let told_before = match desk.carry_out(&merge).await {
            Err(OperationError::Moved(_)) => "moved",
            Err(OperationError::NotDone(_)) => "not done",
            other => panic!("{answer:?}: {other:?}"),
        };
        assert_eq!(told_before, refusal, "{answer:?}");
        assert_eq!(desk.changes().len(), 1, "sent once: {answer:?}");
        assert_eq!(told(&desk.look(&merge).await).0, "not done", "{answer:?}");
        assert_eq!(desk.changes(), [] as [String; 0]);
    }
}
