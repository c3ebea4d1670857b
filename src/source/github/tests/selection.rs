//! Which pull requests are told, what their branches demand, and which repositories are asked.

use std::time::Duration;

use serde_json::json;

use super::{
    GithubSettings, facts,
    hub::{Hub, filled, issue, pull_request, variables},
    minutes, now, source, source_of, token, unchanged,
};
use crate::{
    domain::{CheckOutcome, ReleaseId},
    source::{Answer, Round, Source, github::GithubRepository, http::fake},
};

#[tokio::test]
async fn a_search_adds_pull_requests_of_other_bases_and_old_ones() {
    let mut state = filled(1, 1);
    let mut other = pull_request(5, 20);
    other["baseRefName"] = "next".into();
    let mut old = pull_request(6, 1);
    (old["state"], old["mergedAt"]) = ("MERGED".into(), "2024-02-01T08:00:00Z".into());
    (old["createdAt"], old["updatedAt"]) = (old["mergedAt"].clone(), old["mergedAt"].clone());
    let mut elsewhere = pull_request(7, 20);
    elsewhere["repository"] = json!({ "nameWithOwner": "o/web" });
    old["repository"] = json!({ "nameWithOwner": "o/api" });
    state.pull_requests.push(other.clone());
    state.found = vec![other, old, elsewhere];
    let hub = Hub::start(state).await;
    let mut settings = GithubSettings::new("github.com", "o", "api");
    settings.bases = vec!["main".to_owned()];
    let told = facts(&mut source_of(&hub, token(), settings.clone()), now()).await;
    assert_eq!(told.pull_requests.len(), 1, "only the one into main");

    settings.search = vec!["label:urgent".to_owned(), "repo:o/web is:open".to_owned()];
    let before = hub.fake.asked().len();
    let mut source = source_of(&hub, token(), settings);
    let told = facts(&mut source, now()).await;
    let ids: Vec<_> = told.pull_requests.iter().map(|found| found.id.as_str()).collect();
    assert_eq!(ids, ["api#5", "api#6", "api#10001"]);
    let problems: Vec<_> = told.problems.iter().map(|problem| problem.what.as_str()).collect();
    assert!(problems.len() == 1 && problems[0].contains("repo:o/web"), "{problems:?}");
    let asked = hub.fake.asked();
    let searched: Vec<_> =
        asked[before..].iter().filter(|asked| asked.body.contains("query Search(")).collect();
    assert_eq!(searched.len(), 1);
    assert_eq!(variables(searched[0])["search"], "label:urgent repo:o/api is:pr");

    assert!(unchanged(&mut source, minutes(1)).await, "not searched again while nothing changes");
    hub.state().pull_requests.insert(0, pull_request(8, 28));
    hub.state().found.remove(0);
    let told = facts(&mut source, minutes(2)).await;
    let ids: Vec<_> = told.pull_requests.iter().map(|found| found.id.as_str()).collect();
    assert_eq!(ids, ["api#6", "api#8", "api#10001"], "what the search no longer finds is gone");
}

#[tokio::test]
async fn required_checks_are_marked_for_every_base() {
    let mut state = filled(0, 1);
    state.pull_requests[0]["baseRefName"] = "next".into();
    state.pull_requests[0]["head"] = json!({ "nodes": [{ "commit": { "statusCheckRollup": { "contexts": {
        "totalCount": 1, "nodes": [{ "__typename": "StatusContext", "context": "build", "state": "SUCCESS" }],
    } } } }] });
    state.branches.insert(
        "next",
        json!({ "requiredApprovingReviewCount": 2, "requiredStatusCheckContexts": ["build", "e2e"] }),
    );
    let hub = Hub::start(state).await;
    let told = facts(&mut source(&hub, token()), now()).await;
    let found = &told.pull_requests[0];
    let checks: Vec<_> =
        found.checks.iter().map(|check| (check.name.as_str(), check.required, check.outcome)).collect();
    assert_eq!(checks, [("build", true, CheckOutcome::Passed), ("e2e", true, CheckOutcome::Running)]);
    assert_eq!(found.required_approvals, Some(2));
    assert_eq!(hub.told(0).iter().filter(|asked| *asked == "Branch").count(), 1, "main is known already");
}

#[tokio::test]
async fn a_place_in_the_merge_queue_is_followed() {
    let mut state = filled(0, 1);
    state.pull_requests[0]["mergeQueueEntry"] = json!({ "position": 2 });
    let hub = Hub::start(state).await;
    let mut source = source(&hub, token());
    assert_eq!(facts(&mut source, now()).await.pull_requests[0].queue_position, Some(2));
    // The ones before it leave the queue: it does not change itself.
    hub.state().pull_requests[0]["mergeQueueEntry"]["position"] = 1.into();
    assert_eq!(facts(&mut source, minutes(1)).await.pull_requests[0].queue_position, Some(1));
}

#[tokio::test]
async fn the_repository_on_screen_is_asked_first_and_more_often_while_the_budget_is_tight() {
    let hub = Hub::start(filled(1, 1)).await;
    let mut settings = GithubSettings::new("github.com", "o", "web");
    settings.interval = Duration::from_secs(60);
    let repository = |name: &str| GithubRepository { owner: "o".into(), name: name.into(), project: None };
    settings.repositories = vec![repository("web"), repository("api")];
    hub.state().names = vec!["web", "api"];
    let mut source = source_of(&hub, token(), settings);
    let mut asked = async |minute: i64, focus: Option<&str>| {
        let before = hub.fake.asked().len();
        let round = Round { focus: focus.map(ReleaseId::new), ..Round::at(minutes(minute)) };
        let answer = source.fetch(&round).await.unwrap();
        let names = hub.fake.asked()[before..]
            .iter()
            .filter_map(|asked| Some(asked.target.strip_prefix("/repos/o/")?.split('/').next()?.to_owned()))
            .fold(Vec::new(), |mut names: Vec<String>, name| {
                if !names.contains(&name) {
                    names.push(name);
                }
                names
            });
        (names, source.interval(), answer)
    };
    let (names, _, first) = asked(0, Some("api 4.2")).await;
    assert_eq!(names, ["api", "web"]);
    // What is left lasts for a few rounds only.
    hub.state().limit = Some((40, minutes(60)));
    let (names, wait, _) = asked(1, Some("api 4.2")).await;
    assert_eq!(names, ["api", "web"]);
    hub.state().limit = Some((30, minutes(60)));
    let (_, wait_then, _) = asked(2, Some("api 4.2")).await;
    assert!(wait_then > Duration::from_secs(4 * 60), "{wait:?} {wait_then:?}");
    let mut seen = Vec::new();
    for (minute, left) in [(3, 25), (4, 20), (5, 15), (6, 10)] {
        hub.state().limit = Some((left, minutes(60)));
        let (names, _, answer) = asked(minute, Some("api 4.2")).await;
        assert_eq!(names[0], "api");
        assert!(matches!(answer, Answer::Unchanged), "what was not asked is still known");
        seen.push(names.len());
    }
    assert!(seen.iter().sum::<usize>() < 8 && seen.contains(&2), "{seen:?}");
    let (names, ..) = asked(7, None).await;
    assert_eq!(names, ["web", "api"], "nothing on screen: all are equal");
    let Answer::Facts(told) = first else { panic!("no facts") };
    assert_eq!(told.releases.len(), 2);
}

#[tokio::test]
async fn what_was_read_before_another_repository_failed_is_told_by_the_next_round() {
    let hub = Hub::start(filled(1, 1)).await;
    let mut settings = GithubSettings::new("github.com", "o", "web");
    settings.interval = Duration::from_secs(60);
    let repository = |name: &str| GithubRepository { owner: "o".into(), name: name.into(), project: None };
    settings.repositories = vec![repository("web"), repository("api")];
    hub.state().names = vec!["web", "api"];
    let mut source = source_of(&hub, token(), settings);
    let on_web = |minute: i64| Round { focus: Some(ReleaseId::new("web 4.2")), ..Round::at(minutes(minute)) };
    source.fetch(&on_web(0)).await.unwrap();
    // So tight that only the one on screen is asked every time.
    hub.state().limit = Some((20, minutes(60)));
    source.fetch(&on_web(1)).await.unwrap();
    hub.state().limit = Some((10, minutes(60)));
    source.fetch(&on_web(2)).await.unwrap();
    hub.state().always.push(("/repos/o/api/", fake::Answer::page(502)));
    let mut minute = 3;
    loop {
        hub.state().issues.insert(0, issue(20 + minute as u64, 29));
        if source.fetch(&on_web(minute)).await.is_err() {
            break;
        }
        minute += 1;
        assert!(minute < 12, "it is asked now and then");
    }
    let before = hub.fake.asked().len();
    let told = source.fetch(&on_web(minute + 1)).await.unwrap();
    assert!(hub.fake.asked()[before..].iter().all(|asked| !asked.target.starts_with("/repos/o/api/")));
    let Answer::Facts(told) = told else { panic!("what was read was kept back") };
    let newest = format!("web#{}", 20 + minute);
    assert!(told.stories.iter().any(|story| story.key.as_str() == newest), "{newest}");
}
