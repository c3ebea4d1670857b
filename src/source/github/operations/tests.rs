//! Operations with a GitHub on loopback. What it answers has the shapes of GitHub's published
//! descriptions.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use chrono::{TimeZone, Utc};
use reqwest::Url;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::{
    domain::{Problem, StoryKey},
    source::{
        http::{
            Credentials, Scheme, Settings, Token, TokenFrom,
            fake::{Answer, Asked, Fake},
        },
        operation::{MergeMethod, PullRequestTarget},
    },
};

const HEAD: &str = "9f8e7d6c5b4a39281706f5e4d3c2b1a098765432";
const OTHER: &str = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d";

fn now() -> Instant {
    Utc.with_ymd_and_hms(2026, 11, 1, 12, 0, 0).unwrap()
}

fn attempt() -> Attempt {
    Attempt { now: now(), cancelled: CancellationToken::new() }
}

fn operator(settings: Settings) -> GithubOperator {
    let credentials = Credentials::new(
        Scheme::Bearer,
        vec![TokenFrom::Given(Token::new("secret").unwrap(), "a test".into())],
    );
    let settings = Settings { credentials, service: "github".into(), ..settings };
    GithubOperator::new(
        "github",
        &GithubSettings::new("github.com", "o", "api"),
        Http::new(settings).unwrap(),
    )
}

fn pull_request(operation: PullRequestOperation) -> Operation {
    let target = PullRequestTarget { repository: Text::new("api"), number: 812, head: Some(Text::new(HEAD)) };
    Operation::PullRequest(target, operation)
}

fn story(operation: StoryOperation) -> Operation {
    Operation::Story(StoryKey::new("api#31"), operation)
}

/// The pull request in the shape of GitHub's schema, with some fields as a case wants them.
fn seen_now(fields: &Value) -> Value {
    let mut pull_request = json!({
        "id": "PR_812", "url": "https://github.com/o/api/pull/812", "state": "OPEN", "isDraft": false,
        "headRefOid": HEAD, "mergeCommit": null, "milestone": null, "autoMergeRequest": null,
        "isMergeQueueEnabled": false, "isInMergeQueue": false,
        "assignees": { "nodes": [] }, "reviewRequests": { "nodes": [] }, "reviews": { "nodes": [] },
        "commits": { "nodes": [{ "commit": { "oid": HEAD, "parents": { "nodes": [] } } }] },
        "baseRef": { "rules": { "nodes": [] } },
    });
    for (name, value) in fields.as_object().unwrap() {
        pull_request[name] = value.clone();
    }
    json!({ "data": { "repository": {
        "mergeCommitAllowed": false, "squashMergeAllowed": true, "rebaseMergeAllowed": true,
        "pullRequest": pull_request,
    } } })
}

fn answer(status: u16, body: &Value) -> Answer {
    Answer::new(status, body.to_string()).header("content-type", "application/json")
}

/// `PUT /repos/o/api/pulls/812/merge`, and for GraphQL the name of the document behind it.
fn line(asked: &Asked) -> String {
    let document = serde_json::from_str::<Value>(&asked.body).unwrap_or_default();
    let document = document["query"].as_str().and_then(|text| text.split('(').next()).unwrap_or_default();
    format!("{} {} {document}", asked.method, asked.target).trim().to_owned()
}

fn is_change(asked: &Asked) -> bool {
    asked.method != "GET" && !line(asked).contains(" query ")
}

type Script = Vec<(&'static str, Answer)>;

/// A GitHub that answers by the first text of `script` that the request's line holds; the same
/// text several times is answered one after the other, and then with the last.
async fn github(script: Script) -> Fake {
    let told: Arc<Mutex<Vec<&str>>> = Arc::default();
    Fake::start(move |asked, _| {
        let line = line(asked);
        let mut told = told.lock().unwrap();
        let matching: Vec<_> = script.iter().filter(|(text, _)| line.contains(text)).collect();
        let Some((text, _)) = matching.first() else {
            return if line.contains("PullRequestNow") {
                answer(200, &seen_now(&json!({})))
            } else {
                answer(404, &json!({ "message": format!("not in the script: {line}") }))
            };
        };
        let answers: Vec<_> = matching.iter().filter(|(other, _)| other == text).collect();
        let before = told.iter().filter(|known| *known == text).count();
        told.push(*text);
        answers[before.min(answers.len() - 1)].1.clone()
    })
    .await
}

/// An operation, what GitHub answers, what it is done as, and the changes that were asked for.
type Case = (Operation, Script, &'static str, Vec<(&'static str, Value)>);

/// What was changed, as lines and bodies.
fn changes(fake: &Fake) -> Vec<(String, Value)> {
    let asked = fake.asked();
    let changes = asked.iter().filter(|asked| is_change(asked));
    changes
        .map(|asked| {
            let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
            // Of a mutation its input: the document is validated elsewhere.
            let body = if asked.target == "/graphql" { body["variables"]["input"].clone() } else { body };
            (line(asked), body)
        })
        .collect()
}

async fn tried(
    script: Script,
    operation: &Operation,
) -> (Result<Done, OperationError>, Vec<(String, Value)>) {
    let fake = github(script).await;
    let result = operator(fake.settings()).carry_out(operation, &attempt()).await;
    record(&fake.asked());
    (result, changes(&fake))
}

/// Notes REST requests where a check against GitHub's description wants them: see
/// tests/github/README.md.
#[expect(clippy::disallowed_methods, reason = "a test writes for another one")]
fn record(asked: &[Asked]) {
    use std::io::Write as _;
    let Some(file) = std::env::var_os("TMINUS_GITHUB_REQUESTS") else { return };
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(file).unwrap();
    for asked in asked.iter().filter(|asked| asked.target != "/graphql") {
        let body: Option<Value> =
            (!asked.body.is_empty()).then(|| serde_json::from_str(&asked.body).unwrap());
        let line = json!({ "method": asked.method, "target": asked.target, "body": body });
        file.write_all(format!("{line}\n").as_bytes()).unwrap();
    }
}

fn milestones() -> Answer {
    answer(
        200,
        &json!([
            { "number": 3, "title": "v4.2", "state": "closed" },
            { "number": 4, "title": "v4.3", "state": "open" },
            { "number": 5, "title": "Backlog", "state": "open" },
        ]),
    )
}

#[tokio::test]
async fn each_operation_is_the_request_that_github_describes() {
    use PullRequestOperation as Pull;
    let people = |names: &[&str]| names.iter().map(|name| Text::new(*name)).collect::<Vec<_>>();
    let issue = |fields: Value| {
        let mut issue = json!({ "html_url": "https://github.com/o/api/issues/31", "state": "open" });
        for (name, value) in fields.as_object().unwrap() {
            issue[name] = value.clone();
        }
        answer(200, &issue)
    };
    let queue = || answer(200, &seen_now(&json!({ "isMergeQueueEnabled": true })));
    let cases: Vec<Case> = vec![
        (
            pull_request(Pull::Comment("One\nTwo".to_owned())),
            vec![("comments", answer(201, &json!({ "html_url": "https://github.com/o/api/pull/812#c" })))],
            "commented",
            vec![("POST /repos/o/api/issues/812/comments", json!({ "body": "One\nTwo" }))],
        ),
        (
            pull_request(Pull::Approve(Some("Fine".to_owned()))),
            vec![("reviews", answer(200, &json!({ "html_url": "https://x", "state": "APPROVED" })))],
            "approved 9f8e7d6",
            vec![(
                "POST /repos/o/api/pulls/812/reviews",
                json!({ "commit_id": HEAD, "event": "APPROVE", "body": "Fine" }),
            )],
        ),
        (
            pull_request(Pull::RequestReview(people(&["@max", "acme/payments"]))),
            vec![(
                "requested_reviewers",
                answer(
                    201,
                    &json!({ "requested_reviewers": [{ "login": "Max" }], "requested_teams": [{ "slug": "payments" }] }),
                ),
            )],
            "asked max, payments for a review",
            vec![(
                "POST /repos/o/api/pulls/812/requested_reviewers",
                json!({ "reviewers": ["max"], "team_reviewers": ["payments"] }),
            )],
        ),
        (
            pull_request(Pull::Merge(None)),
            vec![("merge", answer(200, &json!({ "sha": OTHER, "merged": true, "message": "merged" })))],
            "merged as 1a2b3c4",
            vec![("PUT /repos/o/api/pulls/812/merge", json!({ "sha": HEAD, "merge_method": "squash" }))],
        ),
        (
            pull_request(Pull::Merge(Some(MergeMethod::Rebase))),
            vec![("merge", answer(200, &json!({ "sha": OTHER })))],
            "merged as 1a2b3c4",
            vec![("PUT /repos/o/api/pulls/812/merge", json!({ "sha": HEAD, "merge_method": "rebase" }))],
        ),
        (
            pull_request(Pull::Merge(None)),
            vec![
                ("PullRequestNow", queue()),
                (
                    "mutation Enqueue",
                    answer(
                        200,
                        &json!({ "data": { "enqueuePullRequest": { "mergeQueueEntry": { "position": 2 } } } }),
                    ),
                ),
            ],
            "in the merge queue, place 2",
            vec![(
                "POST /graphql mutation Enqueue",
                json!({ "pullRequestId": "PR_812", "expectedHeadOid": HEAD }),
            )],
        ),
        (
            pull_request(Pull::MergeWhenReady(None)),
            vec![(
                "mutation MergeWhenReady",
                answer(200, &json!({ "data": { "enablePullRequestAutoMerge": { "pullRequest": {} } } })),
            )],
            "merged when ready",
            vec![(
                "POST /graphql mutation MergeWhenReady",
                json!({ "pullRequestId": "PR_812", "expectedHeadOid": HEAD, "mergeMethod": "SQUASH" }),
            )],
        ),
        (
            pull_request(Pull::RunFailedChecksAgain),
            vec![
                (
                    "GET /repos/o/api/actions/runs",
                    answer(
                        200,
                        &json!({ "total_count": 4, "workflow_runs": [
                            { "id": 1, "name": "Build", "status": "completed", "conclusion": "failure" },
                            { "id": 2, "name": "Lint", "status": "completed", "conclusion": "success" },
                            { "id": 3, "name": "Broken", "status": "completed", "conclusion": "startup_failure" },
                            { "id": 4, "name": "Slow", "status": "in_progress", "conclusion": null },
                        ] }),
                    ),
                ),
                (
                    "check-runs?",
                    answer(
                        200,
                        &json!({ "total_count": 3, "check_runs": [
                            { "id": 7, "name": "test", "conclusion": "failure", "app": { "slug": "github-actions" } },
                            { "id": 8, "name": "scan", "conclusion": "timed_out", "app": { "slug": "scanner" } },
                            { "id": 9, "name": "other", "conclusion": "neutral", "app": { "slug": "scanner" } },
                        ] }),
                    ),
                ),
                ("POST /repos", answer(201, &json!({}))),
            ],
            "run again: Build, Broken, scan",
            vec![
                ("POST /repos/o/api/actions/runs/1/rerun-failed-jobs", Value::Null),
                ("POST /repos/o/api/actions/runs/3/rerun", Value::Null),
                ("POST /repos/o/api/check-runs/8/rerequest", Value::Null),
            ],
        ),
        (
            pull_request(Pull::UpdateBranch),
            vec![("update-branch", answer(202, &json!({ "message": "Updating pull request branch." })))],
            "its base is being brought in",
            vec![("PUT /repos/o/api/pulls/812/update-branch", json!({ "expected_head_sha": HEAD }))],
        ),
        (
            pull_request(Pull::MarkReady),
            vec![
                ("PullRequestNow", answer(200, &seen_now(&json!({ "isDraft": true })))),
                (
                    "mutation MarkReady",
                    answer(
                        200,
                        &json!({ "data": { "markPullRequestReadyForReview": { "pullRequest": {} } } }),
                    ),
                ),
            ],
            "marked ready",
            vec![("POST /graphql mutation MarkReady", json!({ "pullRequestId": "PR_812" }))],
        ),
        (
            pull_request(Pull::Close),
            vec![("PATCH", answer(200, &json!({ "state": "closed", "merged_at": null })))],
            "closed",
            vec![("PATCH /repos/o/api/pulls/812", json!({ "state": "closed" }))],
        ),
        (
            pull_request(Pull::Assign(people(&["lee", "@lee", "kim"]))),
            vec![("assignees", issue(json!({ "assignees": [{ "login": "Lee" }] })))],
            "assigned to lee, but GitHub left out kim",
            vec![("POST /repos/o/api/issues/812/assignees", json!({ "assignees": ["lee", "kim"] }))],
        ),
        (
            pull_request(Pull::Move(Some("4.3".into()))),
            vec![
                ("milestones", milestones()),
                ("PATCH", issue(json!({ "milestone": { "number": 4, "title": "v4.3" } }))),
            ],
            "moved to v4.3",
            vec![("PATCH /repos/o/api/issues/812", json!({ "milestone": 4 }))],
        ),
        (
            pull_request(Pull::Move(None)),
            vec![("PATCH", issue(json!({ "milestone": null })))],
            "moved out of its milestone",
            vec![("PATCH /repos/o/api/issues/812", json!({ "milestone": null }))],
        ),
        (
            story(StoryOperation::Move(Some("Backlog".into()))),
            vec![
                ("milestones", milestones()),
                ("PATCH", issue(json!({ "milestone": { "number": 5, "title": "Backlog" } }))),
            ],
            "moved to Backlog",
            vec![("PATCH /repos/o/api/issues/31", json!({ "milestone": 5 }))],
        ),
        (
            story(StoryOperation::Transition("not planned".into())),
            vec![("PATCH", issue(json!({ "state": "closed" })))],
            "closed as not planned",
            vec![(
                "PATCH /repos/o/api/issues/31",
                json!({ "state": "closed", "state_reason": "not_planned" }),
            )],
        ),
        (
            story(StoryOperation::Transition("reopen".into())),
            vec![("PATCH", issue(json!({})))],
            "open again",
            vec![("PATCH /repos/o/api/issues/31", json!({ "state": "open", "state_reason": "reopened" }))],
        ),
    ];
    for (operation, script, what, expected) in cases {
        let (result, changed) = tried(script, &operation).await;
        assert_eq!(result.as_ref().map(|done| done.what.as_str()), Ok(what), "{operation:?}");
        let expected: Vec<_> = expected.into_iter().map(|(line, body)| (line.to_owned(), body)).collect();
        assert_eq!(changed, expected, "{operation:?}");
    }
}

/// What a change may be answered with, and what that means: the kind, a word of what happened,
/// and one of what to do.
fn faults() -> Vec<(Answer, &'static str, &'static str, &'static str)> {
    let said = |status, message: &str| answer(status, &json!({ "message": message }));
    vec![
        (Answer::reset(), "unclear", "ended the connection", "look whether"),
        (Answer::silence(), "unclear", "no answer", "look whether"),
        (answer(200, &json!({ "sha": OTHER })).cut_off(), "unclear", "ended the connection", "look whether"),
        (Answer::page(502), "unclear", "HTTP 502", "look whether"),
        (said(500, "oops"), "unclear", "HTTP 500", "look whether"),
        (Answer::page(200), "unclear", "web page", "look whether"),
        (
            said(403, "Resource not accessible by personal access token"),
            "not done",
            "not accessible by personal",
            "Contents: write",
        ),
        (
            said(403, "Nope").header("x-accepted-github-permissions", "contents=write; workflows=write"),
            "not done",
            "Nope",
            "workflows=write",
        ),
        (
            said(
                403,
                "Resource protected by organization SAML enforcement. You must grant your token access",
            ),
            "not done",
            "SAML enforcement",
            "single sign-on",
        ),
        (said(403, "Repository was archived so is read-only."), "not done", "archived", "unarchive"),
        (said(403, "You have exceeded a secondary rate limit"), "not done", "rate limit", "try again then"),
        (said(429, "Too many"), "not done", "rate limit", "try again then"),
        (said(401, "Bad credentials"), "not done", "Bad credentials", "FAKE_TOKEN"),
        (said(404, "Not Found"), "not done", "not shown to you", "Contents: write"),
        (said(405, "Pull Request is not mergeable"), "not done", "is not mergeable", "try again"),
        (said(409, "Head branch was modified."), "moved", "Head branch was modified", "try again"),
        (
            answer(422, &json!({ "message": "Unprocessable Entity", "errors": ["Can not\u{1b}[2J do it"] })),
            "not done",
            "Unprocessable Entity: Can not␛[2J do it",
            "try again",
        ),
    ]
}

fn kind(error: &OperationError) -> &'static str {
    match error {
        OperationError::NotDone(_) => "not done",
        OperationError::Moved(_) => "moved",
        OperationError::Unclear(_) => "unclear",
    }
}

#[tokio::test]
async fn every_bad_end_says_whether_it_was_done_and_nothing_is_sent_twice() {
    let merge = pull_request(PullRequestOperation::Merge(None));
    for (fault, expected, what, next_step) in faults() {
        let fake = github(vec![("PUT", fault.clone())]).await;
        let settings = Settings { timeout: Duration::from_millis(400), ..fake.settings() };
        let error = operator(settings).carry_out(&merge, &attempt()).await.unwrap_err();
        let Problem { what: happened, next_step: next } = error.problem();
        assert_eq!(kind(&error), expected, "{fault:?}: {error:?}");
        assert!(happened.starts_with("github: api#812: ") && happened.contains(what), "{error:?}");
        assert!(next.contains(next_step), "{error:?}");
        assert_eq!(changes(&fake).len(), 1, "{fault:?}");
        assert!(!format!("{error:?}").contains("secret"));
    }
}

#[tokio::test]
async fn whatever_is_asked_for_a_lost_answer_is_unclear_and_not_repeated() {
    use PullRequestOperation as Pull;
    let failed = json!({ "workflow_runs": [
        { "id": 1, "name": "Build", "conclusion": "failure" },
        { "id": 2, "name": "Test", "conclusion": "failure" },
    ] });
    for operation in [
        pull_request(Pull::Comment("Hello".to_owned())),
        pull_request(Pull::Approve(None)),
        pull_request(Pull::RequestReview(vec!["max".into()])),
        pull_request(Pull::MergeWhenReady(None)),
        pull_request(Pull::RunFailedChecksAgain),
        pull_request(Pull::UpdateBranch),
        pull_request(Pull::MarkReady),
        pull_request(Pull::Close),
        pull_request(Pull::Assign(vec!["lee".into()])),
        pull_request(Pull::Move(Some("4.3".into()))),
        story(StoryOperation::Transition("closed".into())),
    ] {
        let fake = github(vec![
            ("PullRequestNow", answer(200, &seen_now(&json!({ "isDraft": true })))),
            ("GET /repos/o/api/actions/runs", answer(200, &failed)),
            ("check-runs?", answer(200, &json!({ "check_runs": [] }))),
            ("milestones", milestones()),
            ("P", Answer::reset()),
        ])
        .await;
        let ended = operator(fake.settings()).carry_out(&operation, &attempt()).await;
        assert!(matches!(ended, Err(OperationError::Unclear(_))), "{operation:?}: {ended:?}");
        assert_eq!(changes(&fake).len(), 1, "{operation:?}");
    }
}

#[tokio::test]
async fn another_head_is_told_before_and_after_asking() {
    use PullRequestOperation as Pull;
    let other = || answer(200, &seen_now(&json!({ "headRefOid": OTHER })));
    for operation in [
        Pull::Approve(None),
        Pull::Merge(None),
        Pull::MergeWhenReady(None),
        Pull::UpdateBranch,
        Pull::RunFailedChecksAgain,
    ] {
        let (result, changed) =
            tried(vec![("PullRequestNow", other())], &pull_request(operation.clone())).await;
        let Err(OperationError::Moved(problem)) = result else { panic!("{operation:?}: {result:?}") };
        assert!(problem.what.ends_with(": the head is 1a2b3c4 now, 9f8e7d6 was seen"), "{problem:?}");
        assert!(changed.is_empty());
    }
    // Pushed between the look and the change: the service's own guard.
    let refused = json!({ "message": "expected head sha didn't match current head ref." });
    let stale = json!({ "data": { "enqueuePullRequest": null }, "errors": [
        { "type": "UNPROCESSABLE", "path": ["enqueuePullRequest"], "message": "Head is out of date" } ] });
    let queue = || answer(200, &seen_now(&json!({ "isMergeQueueEnabled": true })));
    let same = || answer(200, &seen_now(&json!({})));
    for (operation, before, change) in [
        (Pull::UpdateBranch, same(), ("PUT", answer(422, &refused))),
        (Pull::Merge(None), same(), ("PUT", answer(405, &json!({ "message": "Base was modified" })))),
        (Pull::Merge(None), queue(), ("mutation", answer(200, &stale))),
    ] {
        let script = vec![("PullRequestNow", before), ("PullRequestNow", other()), change];
        let (result, changed) = tried(script, &pull_request(operation.clone())).await;
        assert!(matches!(result, Err(OperationError::Moved(_))), "{operation:?}: {result:?}");
        assert_eq!(changed.len(), 1, "{operation:?}");
    }
}

#[tokio::test]
async fn a_refused_mutation_is_certain_only_where_github_says_so() {
    let merge = pull_request(PullRequestOperation::MergeWhenReady(None));
    let said = |kind: Value, message: &str| {
        answer(
            200,
            &json!({ "data": { "enablePullRequestAutoMerge": null },
                     "errors": [{ "type": kind, "path": ["enablePullRequestAutoMerge"], "message": message }] }),
        )
    };
    for (answer, expected, next_step) in [
        (said(json!("UNPROCESSABLE"), "Pull request is in clean status"), "not done", "merge it now"),
        (said(json!("FORBIDDEN"), "Resource not accessible"), "not done", "Contents: write"),
        (said(json!("NOT_FOUND"), "Could not resolve"), "not done", "still exists"),
        (said(Value::Null, "Something went wrong while executing your query"), "unclear", "look whether"),
        (answer(200, &json!({ "data": {} })), "unclear", "look whether"),
        (
            answer(
                200,
                &json!({ "errors": [{ "type": "RATE_LIMITED", "message": "API rate limit exceeded" }] }),
            ),
            "not done",
            "try again then",
        ),
    ] {
        let (result, changed) = tried(vec![("mutation", answer)], &merge).await;
        let error = result.unwrap_err();
        assert_eq!(kind(&error), expected, "{error:?}");
        assert!(error.problem().next_step.contains(next_step), "{error:?}");
        assert_eq!(changed.len(), 1);
    }
    // An older server: the question itself is refused, and asked without what it does not know.
    let older = answer(
        200,
        &json!({ "errors": [{
            "message": "Variable $input of type EnablePullRequestAutoMergeInput! was provided invalid value for \
                        expectedHeadOid (Field is not defined on EnablePullRequestAutoMergeInput)",
            "extensions": { "code": "variableMismatch" },
        }] }),
    );
    let done = answer(200, &json!({ "data": { "enablePullRequestAutoMerge": { "pullRequest": {} } } }));
    let (result, changed) = tried(vec![("mutation", older), ("mutation", done)], &merge).await;
    assert!(result.is_ok(), "{result:?}");
    let guards: Vec<_> = changed.iter().map(|(_, input)| input.get("expectedHeadOid").is_some()).collect();
    assert_eq!(guards, [true, false]);
}

#[tokio::test]
async fn what_github_drops_silently_is_not_done() {
    let issue = json!({ "state": "open", "milestone": null, "assignees": [{ "login": "kim" }] });
    for operation in [
        story(StoryOperation::Assign(vec!["lee".into()])),
        story(StoryOperation::Move(Some("4.3".into()))),
        story(StoryOperation::Transition("closed".into())),
    ] {
        let script = vec![
            ("milestones", milestones()),
            ("PATCH", answer(200, &issue)),
            ("assignees", answer(201, &issue)),
        ];
        let (result, _) = tried(script, &operation).await;
        assert!(matches!(result, Err(OperationError::NotDone(_))), "{operation:?}: {result:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_asked_is_refused_without_changing_anything() {
    use PullRequestOperation as Pull;
    let unseen = PullRequestTarget { repository: "api".into(), number: 812, head: None };
    let not_open = |state: &str| vec![("PullRequestNow", answer(200, &seen_now(&json!({ "state": state }))))];
    let cases: Vec<(Operation, Script, &str)> = vec![
        (Operation::PullRequest(unseen, Pull::Merge(None)), vec![], "which head"),
        (pull_request(Pull::Merge(Some(MergeMethod::Merge))), vec![], "method merge is not allowed"),
        (pull_request(Pull::Merge(None)), not_open("MERGED"), "merged already"),
        (pull_request(Pull::Merge(None)), not_open("CLOSED"), "is closed"),
        (pull_request(Pull::Merge(None)), not_open("LIMBO"), "unheard of"),
        (pull_request(Pull::Merge(None)), vec![("PullRequestNow", Answer::page(502))], "HTTP 502"),
        (
            pull_request(Pull::Merge(None)),
            vec![(
                "PullRequestNow",
                answer(200, &json!({ "data": { "repository": { "pullRequest": null } } })),
            )],
            "not there",
        ),
        (pull_request(Pull::MarkReady), vec![], "no draft"),
        (pull_request(Pull::Comment(" \n".to_owned())), vec![], "nothing to say"),
        (pull_request(Pull::Assign(vec!["@".into()])), vec![], "nobody"),
        (pull_request(Pull::Move(Some("9.9".into()))), vec![("milestones", milestones())], "no milestone"),
        (story(StoryOperation::SetPriority("high".into())), vec![], "no such operation"),
        (story(StoryOperation::Transition("In progress".into())), vec![], "no such operation"),
    ];
    for (operation, script, what) in cases {
        let (result, changed) = tried(script, &operation).await;
        let Err(OperationError::NotDone(problem)) = result else { panic!("{operation:?}: {result:?}") };
        assert!(problem.what.contains(what), "{problem:?}");
        assert!(changed.is_empty(), "{operation:?}");
    }
}

#[tokio::test]
async fn what_was_never_sent_was_not_done() {
    // Nobody listens: the port was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let fake = github(Vec::new()).await;
    let comment = pull_request(PullRequestOperation::Comment("Hello".to_owned()));
    let nowhere =
        Settings { base: Url::parse(&format!("http://127.0.0.1:{port}/")).unwrap(), ..fake.settings() };
    let ended = operator(nowhere).carry_out(&comment, &attempt()).await;
    let Err(OperationError::NotDone(problem)) = ended else { panic!("{ended:?}") };
    assert!(problem.next_step.contains("nothing was sent"), "{problem:?}");

    let ended = attempt();
    ended.cancelled.cancel();
    let result = operator(fake.settings()).carry_out(&comment, &ended).await;
    assert!(matches!(result, Err(OperationError::NotDone(_))), "{result:?}");
    assert!(fake.asked().is_empty());
}

#[tokio::test]
async fn ending_the_program_while_it_is_under_way_is_unclear() {
    let ended = attempt();
    let cancelled = ended.cancelled.clone();
    let fake = Fake::start(move |_, _| {
        cancelled.cancel();
        Answer::silence()
    })
    .await;
    let comment = pull_request(PullRequestOperation::Comment("Hello".to_owned()));
    let result = operator(fake.settings()).carry_out(&comment, &ended).await;
    assert!(matches!(result, Err(OperationError::Unclear(_))), "{result:?}");
}

#[tokio::test]
async fn a_check_that_cannot_be_run_again_does_not_hide_those_that_are() {
    let runs = json!({ "workflow_runs": [
        { "id": 1, "name": "Build", "conclusion": "failure" },
        { "id": 2, "name": "Old", "conclusion": "failure" },
    ] });
    let script = || {
        vec![
            ("GET /repos/o/api/actions/runs", answer(200, &runs)),
            ("check-runs?", answer(200, &json!({ "check_runs": [] }))),
            ("runs/2/", answer(403, &json!({ "message": "This workflow run cannot be retried" }))),
        ]
    };
    let operation = pull_request(PullRequestOperation::RunFailedChecksAgain);
    let both = [script(), vec![("runs/1/", answer(201, &json!({})))]].concat();
    let (result, changed) = tried(both, &operation).await;
    let what = result.unwrap().what;
    assert!(what.starts_with("run again: Build; 1 not: Old") && what.contains("cannot be retried"), "{what}");
    assert_eq!(changed.len(), 2);

    let neither = [script(), vec![("runs/1/", answer(403, &json!({ "message": "No" })))]].concat();
    let (result, _) = tried(neither, &operation).await;
    assert!(matches!(result, Err(OperationError::NotDone(_))), "{result:?}");
}

#[tokio::test]
async fn looking_tells_whether_it_was_done() {
    use PullRequestOperation as Pull;
    let with = |fields: Value| vec![("PullRequestNow", answer(200, &seen_now(&fields)))];
    let comment = |minutes: i64, ours: bool, body: &str| {
        let at = now() + chrono::Duration::minutes(minutes);
        let comment =
            json!({ "viewerDidAuthor": ours, "createdAt": at.to_rfc3339(), "body": body, "url": null });
        vec![(
            "Comments",
            answer(
                200,
                &json!({ "data": { "repository": { "issueOrPullRequest": { "comments": { "nodes": [comment] } } } } }),
            ),
        )]
    };
    let merged_into = |parents: &[&str]| {
        let parents: Vec<_> = parents.iter().map(|oid| json!({ "oid": oid })).collect();
        json!({ "headRefOid": OTHER,
                "commits": { "nodes": [{ "commit": { "oid": OTHER, "parents": { "nodes": parents } } }] } })
    };
    let approval = |oid: &str, ours: bool| json!({ "reviews": { "nodes": [{ "viewerDidAuthor": ours, "url": null, "commit": { "oid": oid } }] } });
    let issue = |state: &str, reason: Value| {
        vec![(
            "IssueNow",
            answer(
                200,
                &json!({ "data": { "repository": { "issue": {
                    "url": null, "state": state, "stateReason": reason, "milestone": { "title": "v4.3" },
                    "assignees": { "nodes": [{ "login": "lee" }] } } } } }),
            ),
        )]
    };
    let hello = || Pull::Comment("Hello\r\nyou".to_owned());
    let asked =
        json!({ "reviewRequests": { "nodes": [{ "requestedReviewer": { "slug": "payments" } }, null] } });
    let cases: Vec<(Operation, Script, Option<bool>)> = vec![
        (pull_request(hello()), comment(0, true, "Hello\nyou"), Some(true)),
        (pull_request(hello()), comment(0, false, "Hello\nyou"), Some(false)),
        (pull_request(hello()), comment(-30, true, "Hello\nyou"), Some(false)),
        (pull_request(hello()), comment(0, true, "Hello"), Some(false)),
        (
            pull_request(Pull::Merge(None)),
            with(json!({ "state": "MERGED", "mergeCommit": { "oid": OTHER } })),
            Some(true),
        ),
        (pull_request(Pull::Merge(None)), with(json!({ "isInMergeQueue": true })), Some(true)),
        (pull_request(Pull::Merge(None)), with(json!({})), Some(false)),
        (pull_request(Pull::Merge(None)), vec![("PullRequestNow", Answer::page(502))], None),
        (
            pull_request(Pull::MergeWhenReady(None)),
            with(json!({ "autoMergeRequest": { "enabledAt": null } })),
            Some(true),
        ),
        (pull_request(Pull::Approve(None)), with(approval(HEAD, true)), Some(true)),
        (pull_request(Pull::Approve(None)), with(approval(OTHER, true)), Some(false)),
        (pull_request(Pull::Approve(None)), with(approval(HEAD, false)), Some(false)),
        (pull_request(Pull::UpdateBranch), with(json!({})), Some(false)),
        (pull_request(Pull::UpdateBranch), with(merged_into(&[HEAD, "b1"])), Some(true)),
        (pull_request(Pull::UpdateBranch), with(merged_into(&[HEAD])), None),
        (pull_request(Pull::MarkReady), with(json!({ "isDraft": true })), Some(false)),
        (pull_request(Pull::Close), with(json!({ "state": "CLOSED" })), Some(true)),
        (pull_request(Pull::RequestReview(vec!["acme/payments".into()])), with(asked), Some(true)),
        (pull_request(Pull::Move(None)), with(json!({ "milestone": { "title": "v4.3" } })), Some(false)),
        (story(StoryOperation::Move(Some("4.3".into()))), issue("OPEN", Value::Null), Some(true)),
        (story(StoryOperation::Assign(vec!["kim".into()])), issue("OPEN", Value::Null), Some(false)),
        (story(StoryOperation::Transition("done".into())), issue("CLOSED", json!("COMPLETED")), Some(true)),
        (
            story(StoryOperation::Transition("done".into())),
            issue("CLOSED", json!("NOT_PLANNED")),
            Some(false),
        ),
    ];
    for (operation, script, expected) in cases {
        let fake = github(script).await;
        let found = operator(fake.settings()).look(&operation, now(), &attempt()).await;
        let is_done = match &found {
            Found::Done(_) => Some(true),
            Found::NotDone => Some(false),
            Found::CannotTell(_) => None,
        };
        assert_eq!(is_done, expected, "{operation:?}: {found:?}");
        assert!(changes(&fake).is_empty(), "{operation:?}");
    }
}

#[test]
fn two_repositories_of_one_name_are_told_apart_by_nobody() {
    let mut settings = GithubSettings::new("github.com", "o", "api");
    settings.repositories.push(GithubRepository {
        owner: "p".to_owned(),
        name: "api".to_owned(),
        project: None,
    });
    settings.repositories.push(GithubRepository {
        owner: "p".to_owned(),
        name: "web".to_owned(),
        project: None,
    });
    let base = Url::parse("https://api.github.com/").unwrap();
    let http = Http::new(Settings::new("github", base, Credentials::none())).unwrap();
    let operator = GithubOperator::new("github", &settings, http);
    let close = |repository: &str| {
        let target = PullRequestTarget { repository: Text::new(repository), number: 1, head: None };
        operator.offers(&Operation::PullRequest(target, PullRequestOperation::Close))
    };
    assert_eq!([close("api"), close("web"), close("elsewhere")], [false, true, false]);
    let comment = |key: &str| {
        operator.offers(&Operation::Story(StoryKey::new(key), StoryOperation::Comment(String::new())))
    };
    assert_eq!([comment("web#3"), comment("web#x"), comment("PAY-311")], [true, false, false]);
}
