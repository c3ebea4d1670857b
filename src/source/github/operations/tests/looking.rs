//! Looking whether something was done.

use super::*;

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
