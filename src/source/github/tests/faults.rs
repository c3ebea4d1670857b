//! What goes wrong, and what it costs.

use serde_json::json;

use super::{
    facts,
    hub::{Hub, filled, issue, variables},
    minutes, now, source, token, unchanged,
};
use crate::{
    domain::Kind,
    source::{Round, Source, SourceError, http::fake::Answer},
};

#[tokio::test]
async fn a_server_that_runs_out_of_time_gets_smaller_pages_and_then_larger_ones_again() {
    let mut state = filled(1, 60);
    state.most_pull_requests = Some(13);
    let hub = Hub::start(state).await;
    let mut source = source(&hub, token());
    let told = facts(&mut source, now()).await;
    assert_eq!(told.pull_requests.len(), 60);
    let asked = hub.fake.asked();
    let sizes: Vec<u64> = asked
        .iter()
        .filter(|asked| asked.body.contains("query PullRequests("))
        .map(|asked| variables(asked)["first"].as_u64().unwrap())
        .collect();
    assert_eq!(sizes[..6], [50, 25, 12, 18, 9, 13]);
    assert!(told.problems.is_empty());
}

#[tokio::test]
async fn a_server_that_never_has_time_fails_the_round_and_keeps_what_was_known() {
    let hub = Hub::start(filled(3, 3)).await;
    let mut source = source(&hub, token());
    facts(&mut source, now()).await;
    {
        let mut state = hub.state();
        state.issues.insert(0, issue(9, 29));
        for _ in 0..30 {
            state.faults.push_back(("query Issues(", Answer::page(502)));
        }
    }
    let failed = source.fetch(&Round::at(minutes(1))).await;
    assert!(matches!(failed, Err(SourceError::Failed(_))), "{failed:?}");
    hub.state().faults.clear();
    // The service said once that issues changed; it is not forgotten.
    let told = facts(&mut source, minutes(5)).await;
    assert_eq!(told.stories.len(), 4);
}

#[tokio::test]
async fn partial_errors_keep_what_came_and_name_path_and_permission() {
    let mut state = filled(4, 1);
    state.issues[1] = serde_json::Value::Null;
    state.issues[2]["createdAt"] = "soon".into();
    state.errors.insert(
        "Issues",
        json!([
            { "type": "FORBIDDEN", "path": ["repository", "issues", "nodes", 1],
              "message": "Resource not accessible by personal access token" },
            { "type": "FORBIDDEN", "path": ["repository", "issues", "nodes", 3, "parent"],
              "message": "Resource not accessible by personal access token" },
            { "type": "FORBIDDEN", "path": ["repository", "issues", "nodes", 7, "parent"],
              "message": "Resource not accessible by personal access token" },
        ]),
    );
    state.milestones[0]["issues"]["totalCount"] = 2.into();
    let hub = Hub::start(state).await;
    let told = facts(&mut source(&hub, token()), now()).await;
    assert_eq!(told.stories.len(), 2);
    assert_eq!(told.pull_requests.len(), 1);
    let problems: Vec<_> = told.problems.iter().map(|problem| problem.what.as_str()).collect();
    assert_eq!(problems.len(), 3, "{problems:?}");
    assert!(
        problems.iter().any(|what| what.contains("data.repository.issues.nodes[2].createdAt")),
        "{problems:?}"
    );
    assert!(
        problems.iter().any(|what| what.contains("data.repository.issues.nodes[…].parent")),
        "{problems:?}"
    );
    assert!(told.problems.iter().any(|problem| problem.next_step.contains("Issues: read")));
}

#[tokio::test]
async fn a_list_that_is_withheld_is_not_taken_for_an_empty_one() {
    let withheld = |kind: &str| {
        Answer::json(
            json!({
                "data": { "repository": { "issues": null } },
                "errors": [{ "type": kind, "path": ["repository", "issues"], "message": "Not this time" }],
            })
            .to_string(),
        )
    };
    let hub = Hub::start(filled(3, 1)).await;
    let mut source = source(&hub, token());
    facts(&mut source, now()).await;
    hub.state().issues.insert(0, issue(9, 29));
    hub.state().faults.push_back(("query Issues(", withheld("INTERNAL")));
    let told = facts(&mut source, minutes(1)).await;
    assert_eq!((told.stories.len(), told.problems.len()), (3, 1));
    assert_eq!(told.incomplete(), [Kind::Stories, Kind::Defects].into());
    let told = facts(&mut source, minutes(2)).await;
    assert_eq!((told.stories.len(), told.problems.len()), (4, 0), "asked again in the next round");
    assert_eq!(told.incomplete(), [].into());

    hub.state().issues.insert(0, issue(10, 30));
    hub.state().faults.push_back(("query Issues(", withheld("FORBIDDEN")));
    let told = facts(&mut source, minutes(3)).await;
    assert!(told.problems[0].what.contains("Not this time"), "{:?}", told.problems);
    assert_eq!(told.stories.len(), 4);
    assert!(unchanged(&mut source, minutes(4)).await, "what is forbidden is not asked for every minute");
    let told = facts(&mut source, minutes(62)).await;
    assert_eq!((told.stories.len(), told.problems.len()), (5, 0));
}

#[tokio::test]
async fn an_issue_that_was_lost_stays_lost_when_others_change() {
    let hub = Hub::start(filled(3, 1)).await;
    let mut source = source(&hub, token());
    facts(&mut source, now()).await;
    let mut broken = issue(9, 29);
    broken["createdAt"] = "soon".into();
    hub.state().issues.insert(0, broken);
    let told = facts(&mut source, minutes(1)).await;
    assert_eq!((told.stories.len(), told.incomplete()), (3, [Kind::Stories, Kind::Defects].into()));
    hub.state().issues.insert(0, issue(10, 30));
    let told = facts(&mut source, minutes(2)).await;
    assert_eq!((told.stories.len(), told.incomplete()), (4, [Kind::Stories, Kind::Defects].into()));
}

#[tokio::test]
async fn fields_that_a_server_does_not_have_are_left_out() {
    let mut state = filled(3, 2);
    state.lacking = vec![
        ("Issue", "issueType"),
        ("Issue", "blockedBy"),
        ("Issue", "parent"),
        ("Issue", "stateReason"),
        ("PullRequest", "mergeStateStatus"),
        ("PullRequest", "mergeQueueEntry"),
        ("PullRequest", "autoMergeRequest"),
        ("Repository", "environments"),
        ("Query", "viewer"),
    ];
    // `stateReason` stands on a closed event, too: the fake takes both for one.
    state.lacking.push(("ClosedEvent", "stateReason"));
    let hub = Hub::start(state).await;
    let mut source = source(&hub, token());
    let told = facts(&mut source, now()).await;
    assert_eq!((told.stories.len(), told.pull_requests.len()), (3, 2));
    assert!(told.problems.is_empty(), "{:?}", told.problems);
    let issues = hub.told(0).iter().filter(|asked| *asked == "Issues").count();
    assert_eq!(issues, 2, "refused once, then without them");
    hub.state().issues.insert(0, issue(4, 30));
    let before = hub.fake.asked().len();
    facts(&mut source, minutes(1)).await;
    assert_eq!(hub.told(before)[7..], ["Issues"], "what it lacks is remembered");
}

#[tokio::test]
async fn a_used_up_rate_limit_ends_the_round_and_nothing_is_lost() {
    let hub = Hub::start(filled(3, 3)).await;
    let mut source = source(&hub, token());
    facts(&mut source, now()).await;
    let limited = Answer::json(
        json!({ "errors": [{ "type": "RATE_LIMITED", "message": "API rate limit exceeded" }] }).to_string(),
    )
    .header("x-ratelimit-remaining", "0")
    .header("x-ratelimit-limit", "5000")
    .header("x-ratelimit-resource", "graphql")
    .header("x-ratelimit-reset", minutes(30).timestamp().to_string());
    {
        let mut state = hub.state();
        state.issues.insert(0, issue(9, 29));
        state.faults.push_back(("query Issues(", limited));
    }
    let failed = source.fetch(&Round::at(minutes(1))).await;
    assert!(matches!(failed, Err(SourceError::Failed(_))), "{failed:?}");
    let told = facts(&mut source, minutes(31)).await;
    assert_eq!(told.stories.len(), 4);
}

#[tokio::test]
async fn what_a_token_may_not_see_is_a_problem_and_the_rest_is_there() {
    let mut state = filled(2, 2);
    let denied = || Answer::new(403, r#"{"message": "Resource not accessible by personal access token"}"#);
    state.always.push(("/actions/runs", denied()));
    state.always.push(("/deployments", denied()));
    let hub = Hub::start(state).await;
    let mut source = source(&hub, token());
    let told = facts(&mut source, now()).await;
    assert_eq!((told.stories.len(), told.pull_requests.len()), (2, 2));
    let steps: Vec<_> = told.problems.iter().map(|problem| problem.next_step.as_str()).collect();
    assert!(steps.iter().any(|step| step.contains("Actions: read")), "{steps:?}");
    assert!(steps.iter().any(|step| step.contains("Deployments: read")), "{steps:?}");
    let before = hub.fake.asked().len();
    assert!(unchanged(&mut source, minutes(1)).await);
    assert_eq!(hub.told(before).len(), 5, "what is not shown is not asked for every minute");
    hub.state().always.clear();
    let told = facts(&mut source, minutes(61)).await;
    assert!(told.problems.is_empty(), "{:?}", told.problems);
}

#[tokio::test]
async fn a_repository_that_is_not_there_is_refused() {
    let mut state = filled(1, 1);
    state.always.push(("/repos/o/api", Answer::new(404, r#"{"message": "Not Found"}"#)));
    let hub = Hub::start(state).await;
    let refused = source(&hub, token()).fetch(&Round::at(now())).await;
    assert!(matches!(refused, Err(SourceError::Refused(_))), "{refused:?}");
}

#[tokio::test]
async fn an_answer_that_makes_no_sense_loses_its_part_until_the_next_one() {
    let hub = Hub::start(filled(2, 2)).await;
    let nonsense = r#"{ "data": { "repository": { "issues": "many" } } }"#;
    hub.state().faults.push_back(("query Issues(", Answer::json(nonsense)));
    hub.state().repository["defaultBranchRef"] = "main".into();
    let mut source = source(&hub, token());
    let told = facts(&mut source, now()).await;
    assert_eq!((told.stories.len(), told.pull_requests.len()), (0, 2));
    let problems: Vec<_> = told.problems.iter().map(|problem| problem.what.as_str()).collect();
    assert!(problems.iter().any(|what| what.contains("data.repository.issues")), "{problems:?}");
    assert!(problems.iter().any(|what| what.contains("defaultBranchRef")), "{problems:?}");
    assert!(!told.covers.contains(&Kind::Stories), "nothing is known of them");
    assert_eq!(facts(&mut source, minutes(1)).await.stories.len(), 2);
}

#[tokio::test]
async fn a_server_that_names_the_same_page_for_ever_is_not_followed() {
    let hub = Hub::start(filled(1, 1)).await;
    let endless = json!({ "data": { "repository": { "issues": {
        "totalCount": 9, "pageInfo": { "hasNextPage": true, "endCursor": "same" }, "nodes": [issue(1, 20)],
    } } } });
    for _ in 0..10 {
        hub.state().faults.push_back(("query Issues(", Answer::json(endless.to_string())));
    }
    let told = facts(&mut source(&hub, token()), now()).await;
    assert_eq!(told.stories.len(), 1);
    assert!(
        told.problems.iter().any(|problem| problem.what.contains("same next page")),
        "{:?}",
        told.problems
    );
    assert_eq!(hub.told(0).iter().filter(|asked| *asked == "Issues").count(), 2);
}

#[tokio::test]
async fn no_token_is_ever_printed() {
    let hub = Hub::start(filled(1, 1)).await;
    let mut source = source(&hub, token());
    facts(&mut source, now()).await;
    assert!(!format!("{source:?}").contains("secret"));
}
