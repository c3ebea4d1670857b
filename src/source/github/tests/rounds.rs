//! First rounds, rounds without news, rounds with some.

use std::sync::{Arc, Mutex};

use serde_json::json;

use super::{
    facts,
    hub::{Hub, day, filled, issue, pull_request, variables},
    minutes, now, source, token, unchanged,
};
use crate::{
    domain::{CheckOutcome, Kind, Mergeability, ReleaseId},
    source::{Report, Round, Source, http::fake::Asked},
};

/// All requests of a round were conditional questions.
fn only_conditional(asked: &[Asked]) -> bool {
    asked.iter().all(|asked| asked.method == "GET" && asked.header("if-none-match").is_some())
}

#[tokio::test]
async fn a_first_round_reads_all_pages_and_a_second_one_only_asks_whether_anything_changed() {
    let hub = Hub::start(filled(250, 120)).await;
    let mut source = source(&hub, token());
    let told = facts(&mut source, now()).await;
    assert_eq!((told.stories.len(), told.pull_requests.len()), (250, 120));
    assert!(told.problems.is_empty(), "{:?}", told.problems);
    assert_eq!(told.releases[0].id, ReleaseId::of("api", "4.2"));
    assert_eq!(source.standing().account.as_deref(), Some("kim"));
    assert_eq!(
        told.covers.iter().copied().collect::<Vec<_>>(),
        [Kind::Releases, Kind::Stories, Kind::Defects, Kind::PullRequests]
    );
    let asked = hub.fake.asked().len();
    // 8 questions; repository; milestones, releases, tags, deployments: 1 page each; pull requests:
    // 3 pages of open ones, 1 of others; issues: 3 pages; rules of the branch, its build.
    assert_eq!(asked, 8 + 1 + 4 + 4 + 3 + 1 + 1, "{:?}", hub.told(0));

    for minute in [1, 2, 30] {
        let before = hub.fake.asked().len();
        assert!(unchanged(&mut source, minutes(minute)).await);
        let round = &hub.fake.asked()[before..];
        assert_eq!(round.len(), 7, "code scanning is off, and not asked for every minute");
        assert!(only_conditional(round), "{:?}", hub.told(before));
    }
}

#[tokio::test]
async fn five_thousand_issues_and_two_thousand_pull_requests_take_at_most_150_requests() {
    let mut state = filled(5_000, 500);
    for number in 1..=1_500 {
        let mut merged = pull_request(20_000 + number, 15);
        merged["state"] = "MERGED".into();
        merged["mergedAt"] = day(15).into();
        state.pull_requests.push(merged);
    }
    let hub = Hub::start(state).await;
    let mut source = source(&hub, token());
    let progress = Arc::new(Mutex::new((0, 0)));
    let seen = Arc::clone(&progress);
    let mut round = Round::at(now());
    round.report = Box::new(move |report| {
        let mut seen = seen.lock().unwrap();
        match report {
            Report::Progress(_) => seen.0 += 1,
            Report::Partial(_) => seen.1 += 1,
        }
    });
    source.fetch(&round).await.unwrap();
    let told = source.last.clone().unwrap();
    assert_eq!((told.stories.len(), told.pull_requests.len()), (5_000, 2_000));
    assert!(hub.fake.asked().len() <= 150, "{}", hub.fake.asked().len());
    let (steps, parts) = *progress.lock().unwrap();
    assert!(steps >= 90 && parts >= 4, "{steps} {parts}");
}

#[tokio::test]
async fn what_changed_is_read_and_the_rest_is_shared() {
    let hub = Hub::start(filled(30, 10)).await;
    let mut source = source(&hub, token());
    let first = facts(&mut source, now()).await;
    {
        let mut state = hub.state();
        let mut closed = issue(7, 28);
        (closed["state"], closed["stateReason"]) = ("CLOSED".into(), "COMPLETED".into());
        closed["closedAt"] = day(28).into();
        state.issues.retain(|issue| issue["number"] != 7);
        state.issues.insert(0, closed);
    }
    let before = hub.fake.asked().len();
    let second = facts(&mut source, minutes(1)).await;
    assert_eq!(hub.told(before)[7..], ["Issues"]);
    let asked = hub.fake.asked();
    assert_eq!(variables(asked.last().unwrap())["since"], "2026-10-20T08:00:00Z");
    let shared = first.stories.iter().zip(&second.stories).filter(|(old, new)| Arc::ptr_eq(old, new));
    assert_eq!(shared.count(), 29);
    assert!(first.pull_requests.iter().zip(&second.pull_requests).all(|(old, new)| Arc::ptr_eq(old, new)));
    let closed = second.stories.iter().find(|story| story.key.as_str() == "api#7").unwrap();
    assert_eq!(closed.status, "closed as completed");

    let before = hub.fake.asked().len();
    assert!(unchanged(&mut source, minutes(2)).await);
    assert!(only_conditional(&hub.fake.asked()[before..]));
}

#[tokio::test]
async fn issues_of_a_milestone_are_read_however_old_they_are() {
    let mut state = filled(3, 0);
    for number in 4..=6 {
        let mut old = issue(number, 1);
        old["updatedAt"] = "2025-02-03T08:00:00Z".into();
        old["createdAt"] = "2025-02-01T08:00:00Z".into();
        state.issues.push(old);
    }
    state.milestones[0]["issues"]["totalCount"] = 6.into();
    let hub = Hub::start(state).await;
    let told = facts(&mut source(&hub, token()), now()).await;
    assert_eq!(told.stories.len(), 6);
    assert_eq!(hub.told(0).iter().filter(|asked| *asked == "MilestoneIssues").count(), 1);
}

#[tokio::test]
async fn what_is_not_known_yet_is_asked_again_but_not_for_ever() {
    let mut state = filled(1, 2);
    state.pull_requests[0]["mergeable"] = "UNKNOWN".into();
    let hub = Hub::start(state).await;
    let mut source = source(&hub, token());
    let told = facts(&mut source, now()).await;
    let of = |told: &crate::domain::Facts, index: usize| told.pull_requests[index].mergeability;
    assert_eq!((of(&told, 0), of(&told, 1)), (Mergeability::Unknown, Mergeability::Clean));
    let again = |from| hub.told(from).iter().filter(|asked| *asked == "PullRequestsAgain").count();
    let before = hub.fake.asked().len();
    for minute in 1..=3 {
        assert!(unchanged(&mut source, minutes(minute)).await);
    }
    assert_eq!(again(before), 3);
    hub.state().pull_requests[0]["mergeable"] = "CONFLICTING".into();
    let told = facts(&mut source, minutes(4)).await;
    assert_eq!(of(&told, 0), Mergeability::Conflicts);

    hub.state().pull_requests[0]["mergeable"] = "UNKNOWN".into();
    for minute in 5..=40 {
        source.fetch(&Round::at(minutes(minute))).await.unwrap();
    }
    let before = hub.fake.asked().len();
    assert!(unchanged(&mut source, minutes(41)).await);
    assert!(only_conditional(&hub.fake.asked()[before..]), "{:?}", hub.told(before));
}

#[tokio::test]
async fn a_workflow_run_makes_its_pull_request_be_read_again() {
    let hub = Hub::start(filled(1, 2)).await;
    let mut source = source(&hub, token());
    facts(&mut source, now()).await;
    {
        let mut state = hub.state();
        state.runs.push(json!({ "id": 1, "head_sha": format!("{:040x}", 10_002), "status": "completed" }));
        // Checks of a pull request change without it being changed.
        state.pull_requests[1]["head"] = json!({ "nodes": [{ "commit": { "statusCheckRollup": { "contexts": {
            "totalCount": 1,
            "nodes": [{ "__typename": "CheckRun", "name": "build", "status": "COMPLETED", "conclusion": "FAILURE" }],
        } } } }] });
    }
    let before = hub.fake.asked().len();
    let told = facts(&mut source, minutes(1)).await;
    assert!(hub.told(before).contains(&"PullRequestsAgain".to_owned()));
    assert_eq!(told.pull_requests[1].checks[0].outcome, CheckOutcome::Failed);
}

#[tokio::test]
async fn after_a_day_what_was_deleted_is_gone() {
    let hub = Hub::start(filled(5, 1)).await;
    let mut source = source(&hub, token());
    assert_eq!(facts(&mut source, now()).await.stories.len(), 5);
    hub.state().issues.remove(4);
    assert!(unchanged(&mut source, minutes(1)).await, "nothing tells of it");
    assert_eq!(facts(&mut source, minutes(24 * 60)).await.stories.len(), 4);
}

#[tokio::test]
async fn rules_of_the_branch_count_from_both_kinds_of_rules() {
    let mut state = filled(0, 1);
    state.repository["defaultBranchRef"]["refUpdateRule"] =
        json!({ "requiredApprovingReviewCount": 1, "requiredStatusCheckContexts": ["build"] });
    state.rules = json!([{ "type": "pull_request", "parameters": { "required_approving_review_count": 2 } }]);
    state.pull_requests[0]["head"] = json!({ "nodes": [{ "commit": { "statusCheckRollup": null } }] });
    let hub = Hub::start(state).await;
    let told = facts(&mut source(&hub, token()), now()).await;
    let found = &told.pull_requests[0];
    assert_eq!(found.required_approvals, Some(2));
    assert!(found.checks[0].required && found.checks[0].outcome == CheckOutcome::Running);
}
