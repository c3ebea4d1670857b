//! Builds of the main branch and of release branches.

use serde_json::{Value, json};

use super::{
    facts,
    hub::{Hub, day, filled},
    minutes, now, source, source_of, token, unchanged,
};
use crate::{
    domain::{CheckOutcome, Facts, Kind},
    source::{github::GithubSettings, http::fake::Answer},
};

/// The head of a branch with one check, as GitHub's schema has it.
fn head(commit: &str, status: &str, conclusion: Option<&str>) -> Value {
    json!({
        "oid": commit.repeat(40), "committedDate": day(2), "url": format!("https://github.com/o/api/commit/{commit}"),
        "statusCheckRollup": { "state": "PENDING", "contexts": { "totalCount": 1, "nodes": [
            { "__typename": "CheckRun", "name": "integration", "status": status, "conclusion": conclusion,
              "startedAt": day(3), "completedAt": conclusion.map(|_| day(4)) },
        ] } },
    })
}

/// A workflow run, as far as it is read.
fn run(id: u64, branch: &str, minute: i64) -> Value {
    json!({ "id": id, "head_sha": "f".repeat(40), "head_branch": branch, "status": "completed",
        "updated_at": minutes(minute).to_rfc3339() })
}

fn told(facts: &Facts) -> Vec<(&str, CheckOutcome)> {
    facts.builds.iter().map(|build| (build.id.as_str(), build.outcome())).collect()
}

#[tokio::test]
async fn builds_are_read_when_something_ran_on_their_branch_or_was_merged_into_it() {
    use CheckOutcome::{Failed, Passed};
    let mut state = filled(1, 3);
    state.heads.insert("main", head("a", "COMPLETED", Some("SUCCESS")));
    state.heads.insert("next", head("b", "COMPLETED", Some("FAILURE")));
    state.heads.insert("fix", head("c", "COMPLETED", Some("SUCCESS")));
    state.pull_requests[1]["baseRefName"] = "next".into();
    // On top of another pull request: no release branch.
    state.pull_requests[2]["baseRefName"] = "fix".into();
    let hub = Hub::start(state).await;
    let mut source = source(&hub, token());
    let first = facts(&mut source, now()).await;
    assert_eq!(told(&first), [("api@main", Passed), ("api@next", Failed)]);
    assert!(first.covers.contains(&Kind::Builds) && first.problems.is_empty(), "{:?}", first.problems);
    let build = &first.builds[0];
    assert_eq!((build.commit.as_str(), build.checks[0].name.as_str()), (&*"a".repeat(40), "integration"));
    assert_eq!((build.at.to_rfc3339(), build.branch.as_str()), (day(4).replace('Z', "+00:00"), "main"));

    let read = |from| hub.told(from).iter().filter(|asked| *asked == "Build").count();
    for (runs, expected) in [
        (vec![run(1, "fix", 1)], 0),
        (vec![run(2, "main", 2), run(1, "fix", 1)], 2),
        (vec![run(3, "fix", 3), run(2, "main", 2)], 0),
        // It was run again.
        (vec![run(3, "fix", 3), run(2, "main", 4)], 2),
    ] {
        hub.state().runs = runs;
        let before = hub.fake.asked().len();
        assert!(unchanged(&mut source, minutes(5)).await);
        assert_eq!(read(before), expected, "{:?}", hub.told(before));
    }
    {
        let mut state = hub.state();
        let mut merged = state.pull_requests[0].clone();
        (merged["state"], merged["mergedAt"], merged["updatedAt"]) =
            ("MERGED".into(), day(28).into(), day(28).into());
        state.pull_requests[0] = merged;
        state.heads.insert("main", head("d", "COMPLETED", Some("FAILURE")));
    }
    let last = facts(&mut source, minutes(6)).await;
    assert_eq!(told(&last)[0], ("api@main", Failed));
}

#[tokio::test]
async fn a_running_build_is_asked_again_but_not_for_ever() {
    let mut state = filled(1, 0);
    state.heads.insert("main", head("a", "IN_PROGRESS", None));
    let hub = Hub::start(state).await;
    let mut source = source(&hub, token());
    assert_eq!(facts(&mut source, now()).await.builds[0].outcome(), CheckOutcome::Running);
    for minute in 1..=20 {
        assert!(unchanged(&mut source, minutes(minute)).await);
    }
    let before = hub.fake.asked().len();
    assert!(unchanged(&mut source, minutes(21)).await);
    assert_eq!(hub.told(before).iter().filter(|asked| *asked == "Build").count(), 0);
    hub.state().heads.insert("main", head("a", "COMPLETED", Some("SUCCESS")));
    hub.state().runs = vec![run(1, "main", 22)];
    assert_eq!(facts(&mut source, minutes(22)).await.builds[0].outcome(), CheckOutcome::Passed);
}

#[tokio::test]
async fn a_head_without_checks_and_a_branch_that_is_not_there_have_no_build() {
    let mut state = filled(1, 2);
    let mut bare = head("a", "COMPLETED", None);
    bare["statusCheckRollup"] = Value::Null;
    state.heads.insert("main", bare);
    state.heads.insert("release/4", head("b", "COMPLETED", Some("SUCCESS")));
    state.pull_requests[1]["baseRefName"] = "next".into();
    let hub = Hub::start(state).await;
    let settings = GithubSettings {
        bases: ["main", "release/4", "gone/1", "hot*"].map(str::to_owned).into(),
        ..GithubSettings::new("github.com", "o", "api")
    };
    let facts = facts(&mut source_of(&hub, token(), settings), now()).await;
    assert_eq!(told(&facts), [("api@release/4", CheckOutcome::Passed)]);
    assert_eq!(hub.told(0).iter().filter(|asked| *asked == "Build").count(), 3, "next is not told of");
}

#[tokio::test]
async fn who_may_not_see_checks_is_told_which_permission_is_missing() {
    let mut state = filled(1, 0);
    state.faults.push_back((
        "query Build(",
        Answer::json(
            json!({ "data": { "repository": null }, "errors": [{ "type": "FORBIDDEN", "path": ["repository"],
                "message": "Resource not accessible by personal access token" }] })
            .to_string(),
        ),
    ));
    let hub = Hub::start(state).await;
    let told = facts(&mut source(&hub, token()), now()).await;
    assert!(told.builds.is_empty() && !told.covers.contains(&Kind::Builds));
    let problem = told.problems.iter().find(|problem| problem.next_step.contains("Checks: read"));
    assert!(problem.is_some(), "{:?}", told.problems);
}
