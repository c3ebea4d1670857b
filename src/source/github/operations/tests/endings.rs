//! Operations that end badly: what is certain, and what is not.

use super::*;

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
        let Problem { what: happened, next_step: next, .. } = error.problem();
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
