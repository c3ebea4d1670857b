//! What is sent for each operation.

use super::*;

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
