//! Reading closer.

use super::*;
use crate::{
    domain::FileChange,
    source::reading::{PullRequestPlace, Reader},
};

fn place(repository: &str) -> PullRequestPlace {
    PullRequestPlace { repository: repository.into(), number: 812, base: "main".into() }
}

fn detail(fields: &Value, merged: &Value) -> Value {
    let mut pull_request = json!({
        "body": "# Why\r\n\r\nRefunds are lost.",
        "files": { "totalCount": 1, "nodes": [
            { "path": "src/refund.rs", "additions": 12, "deletions": 3, "changeType": "MODIFIED" } ] },
        "reviewThreads": { "totalCount": 0, "nodes": [] },
    });
    for (name, value) in fields.as_object().unwrap() {
        pull_request[name] = value.clone();
    }
    json!({ "data": { "repository": { "pullRequest": pull_request, "pullRequests": merged } } })
}

#[expect(clippy::needless_pass_by_value, reason = "so it reads best where it is asked")]
fn thread(resolved: Value, comments: u64) -> Value {
    json!({ "isResolved": resolved, "isOutdated": true, "path": "src/refund.rs", "line": 41,
            "comments": { "totalCount": comments, "nodes": [{
                "author": { "login": "kim" }, "createdAt": "2026-10-30T09:00:00Z",
                "body": "Lost on\nretry?", "url": "https://github.com/o/api/pull/812#discussion_r1" }] } })
}

#[tokio::test]
async fn one_document_tells_what_it_says_what_is_left_open_and_what_it_changes() {
    let merged = json!({ "nodes": [
        { "number": 812, "files": { "nodes": [{ "path": "src/refund.rs" }] } }, null,
        { "number": -1, "files": null },
        { "number": 700, "files": { "nodes": [{ "path": "src/refund.rs" }, { "path": "a" }] } },
    ] });
    let threads = json!({ "totalCount": 120,
        "nodes": [thread(json!(true), 4), thread(json!(false), 3), thread(Value::Null, 1), null] });
    let fake = github(vec![(
        "PullRequestDetail",
        answer(200, &detail(&json!({ "reviewThreads": threads }), &merged)),
    )])
    .await;
    let read = operator(fake.settings()).read(&place("api"), &attempt()).await.unwrap();
    assert_eq!(read.description.as_str(), "# Why\n\nRefunds are lost.");
    let files = read.files.unwrap();
    assert_eq!((files.len(), files[0].change, files[0].additions), (1, FileChange::Modified, Some(12)));
    assert!(!read.more_files && read.more_threads, "100 of 120 threads were read");
    let said: Vec<_> =
        read.threads.iter().map(|open| (open.author.as_str(), &*open.said, open.replies)).collect();
    assert_eq!(said, [("kim", "Lost on retry?", 2), ("kim", "Lost on retry?", 0)]);
    assert_eq!(read.threads[0].line, Some(41));
    let lately: Vec<_> =
        read.merged_lately.iter().map(|other| (other.id.as_str(), other.files.len())).collect();
    assert_eq!(lately, [("api#700", 2)], "itself does not count");
    let asked: Value = serde_json::from_str(&fake.asked()[0].body).unwrap();
    assert_eq!(asked["variables"], json!({ "owner": "o", "name": "api", "number": 812, "base": "main" }));
    assert_eq!(fake.asked().len(), 1);
}

#[tokio::test]
async fn what_cannot_be_read_is_said_and_what_a_server_lacks_is_left_out() {
    let lacks = json!({ "data": null, "errors": [{
        "message": "Field 'changeType' doesn't exist on type 'PullRequestChangedFile'",
        "extensions": { "code": "undefinedField", "typeName": "PullRequestChangedFile", "fieldName": "changeType" } }] });
    let nothing = json!({ "body": null, "files": null, "reviewThreads": null });
    let fake = github(vec![
        ("PullRequestDetail", answer(200, &lacks)),
        ("PullRequestDetail", answer(200, &detail(&nothing, &Value::Null))),
        ("PullRequestDetail", answer(200, &json!({ "data": { "repository": { "pullRequest": null } } }))),
        ("PullRequestDetail", answer(403, &json!({ "message": "Resource not accessible" }))),
    ])
    .await;
    let operator = operator(fake.settings());
    assert!(!operator.knows(&place("web")));
    let read = operator.read(&place("api"), &attempt()).await.unwrap();
    assert_eq!((read.description.as_str(), read.files, read.threads.len()), ("", None, 0));
    assert!(!fake.asked()[1].body.contains("changeType"));
    for word in ["not there", "api#812: not read"] {
        let problem = operator.read(&place("api"), &attempt()).await.unwrap_err();
        assert!(problem.what.contains(word), "{problem:?}");
    }
}
