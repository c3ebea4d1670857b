//! Rounds: everything, nothing, and what changed.

use serde_json::json;

use super::service::{API, Service, facts, issue, merge_request, milestone, now, settings};
use crate::{
    domain::{Category, CheckOutcome, Facts, Kind, Mergeability, ReleaseId, ScopeChange, StoryKey, Text},
    source::{
        Answer,
        DiagnosisState::{Good, Limited},
        Round, Source,
        gitlab::GitlabSettings,
        http::fake,
    },
};

fn statuses(log: &[(String, u16)]) -> Vec<u16> {
    let mut statuses: Vec<u16> = log.iter().map(|(_, status)| *status).collect();
    statuses.sort_unstable();
    statuses.dedup();
    statuses
}

#[tokio::test]
async fn everything_then_nothing_for_nothing() {
    let service = Service::start().await;
    let mut source = service.source();
    let facts = facts(&mut source, &Round::at(now())).await;
    assert_eq!(facts.problems, []);
    let covers = [
        Kind::Releases,
        Kind::Stories,
        Kind::Defects,
        Kind::PullRequests,
        Kind::Deployments,
        Kind::Environments,
        Kind::Freezes,
        Kind::TestRuns,
        Kind::Builds,
    ];
    assert_eq!(facts.covers, covers.into_iter().collect());

    let releases: Vec<&str> = facts.releases.iter().map(|release| release.id.as_str()).collect();
    assert_eq!(releases, ["api 4.1", "api 4.2"]);
    let story = facts.stories.iter().find(|story| story.key.as_str() == "api#1").unwrap();
    assert_eq!(story.releases, [ReleaseId::of("api", "4.2")]);
    assert_eq!((story.points, story.category), (Some(3.0), Category::ToDo));
    assert_eq!(story.blocked_by, [StoryKey::new("api#2")]);
    assert_eq!(story.scope.iter().map(|change| change.change).collect::<Vec<_>>(), [ScopeChange::Added]);

    let found = &facts.pull_requests[0];
    assert_eq!(found.id.as_str(), "api#5");
    assert_eq!(found.head.as_deref(), Some("b".repeat(40).as_str()));
    assert_eq!((found.mergeability, found.required_approvals), (Mergeability::Clean, Some(2)));
    assert_eq!(found.started_at.unwrap().to_rfc3339(), "2026-11-19T06:00:00+00:00");
    let checks: Vec<_> =
        found.checks.iter().map(|check| (check.name.as_str(), check.required, check.outcome)).collect();
    assert_eq!(checks, [("test: rspec", true, CheckOutcome::Passed)]);
    assert_eq!(found.reviews.len(), 2);
    assert_eq!(found.requested_reviewers, [] as [Text; 0]);
    assert_eq!(found.milestone.as_deref(), Some("4.2"));
    assert_eq!((facts.test_runs[0].passed, facts.test_runs[0].skipped), (11, 1));
    assert_eq!(facts.deployments[0].release, Some(ReleaseId::of("api", "4.1")));
    assert!(facts.freezes.len() > 20);
    assert_eq!(source.standing().account.as_deref(), Some("kim"));

    let first = service.log();
    assert!(
        first.iter().all(|(asked, _)| asked.contains("acme%2Fpay%2Fapi") || asked == "GET user"),
        "{first:?}"
    );
    let since: Vec<&String> =
        first.iter().map(|(asked, _)| asked).filter(|asked| asked.contains("updated_after")).collect();
    assert!(
        !since.is_empty()
            && since.iter().all(|asked| asked.contains("T12%3A00%3A00") && !asked.contains('+'))
    );

    assert!(matches!(source.fetch(&Round::at(now())).await, Ok(Answer::Unchanged)));
    let second = service.log();
    assert_eq!((second.len(), statuses(&second)), (7, vec![304]), "{second:?}");
}

#[tokio::test]
async fn what_changed_is_read_and_no_more() {
    let service = Service::start().await;
    let mut source = service.source();
    let before = facts(&mut source, &Round::at(now())).await;
    service.log();
    let mut closed = issue(2, "2026-11-25T11:00:00.000Z");
    closed["state"] = "closed".into();
    closed["closed_at"] = "2026-11-25T11:00:00.000Z".into();
    service.put("/issues", json!([issue(1, "2026-11-10T08:00:00.000Z"), closed]));
    service.put(
        "/issues/2/resource_state_events",
        json!([{ "id": 1, "created_at": "2026-11-25T11:00:00.000Z", "state": "closed" }]),
    );
    let after = facts(&mut source, &Round::at(now())).await;
    let of = |facts: &Facts, key: &str| {
        facts.stories.iter().find(|story| story.key.as_str() == key).cloned().unwrap()
    };
    assert_eq!(of(&after, "api#2").category, Category::Done);
    assert!(
        std::sync::Arc::ptr_eq(&of(&before, "api#1"), &of(&after, "api#1")),
        "what did not change is shared"
    );
    let asked: Vec<String> =
        service.log().into_iter().filter(|(_, status)| *status != 304).map(|(asked, _)| asked).collect();
    let below = |what: &str| format!("GET {API}/issues{what}");
    assert!(asked.iter().all(|asked| asked.starts_with(&below(""))), "{asked:?}");
    assert_eq!(asked.iter().filter(|asked| asked.contains("resource_")).count(), 3, "{asked:?}");
    assert!(!asked.iter().any(|asked| asked.starts_with(&below("/1/"))), "{asked:?}");

    // A pipeline that ended: its merge request is read again, without its notes and commits.
    service.put("/pipelines", json!([
        { "id": 48, "project_id": 7, "status": "running", "ref": "refs/merge-requests/5/head", "sha": "e", "updated_at": "2026-11-25T11:30:00Z" },
    ]));
    let mut single = merge_request(5, "2026-11-24T08:00:00.000Z");
    single["head_pipeline"] = json!({ "id": 48, "project_id": 7, "status": "running" });
    service.put("/merge_requests/5", single);
    service.put(
        "/pipelines/48/jobs",
        json!([{ "id": 9, "name": "rspec", "stage": "test", "status": "running" }]),
    );
    let after = facts(&mut source, &Round::at(now())).await;
    assert_eq!(after.pull_requests[0].checks[0].outcome, CheckOutcome::Running);
    assert_eq!(after.pull_requests[0].reviews.len(), 2);
    let asked: Vec<String> =
        service.log().into_iter().filter(|(_, status)| *status != 304).map(|(asked, _)| asked).collect();
    assert_eq!(asked.len(), 4, "{asked:?}");
}

#[tokio::test]
async fn the_newest_pipeline_of_a_branch_is_its_build() {
    let service = Service::start().await;
    let mut source = service.source();
    let told = |facts: &Facts| -> Vec<(String, CheckOutcome, usize)> {
        let builds = facts.builds.iter();
        builds.map(|build| (build.id.to_string(), build.outcome(), build.checks.len())).collect()
    };
    let first = facts(&mut source, &Round::at(now())).await;
    assert_eq!(told(&first), [("api@main".to_owned(), CheckOutcome::Passed, 1)]);
    service.log();
    let pipelines = |status: &str, at: &str| {
        json!([
            { "id": 50, "project_id": 7, "status": status, "ref": "main", "sha": "f".repeat(40),
              "updated_at": at, "web_url": "https://gitlab.example.com/acme/pay/api/-/pipelines/50" },
        ])
    };
    let jobs = |status: &str| {
        json!([
            { "id": 1, "name": "rspec", "stage": "test", "status": status, "allow_failure": false },
            { "id": 2, "name": "audit", "stage": "test", "status": "failed", "allow_failure": true },
            { "id": 3, "name": "compile", "stage": "build", "status": "success", "allow_failure": false },
        ])
    };
    for (status, job, at, expected) in [
        ("running", "running", "2026-11-25T11:30:00Z", CheckOutcome::Running),
        ("failed", "failed", "2026-11-25T11:40:00Z", CheckOutcome::Failed),
    ] {
        service.put("/pipelines", pipelines(status, at));
        service.put("/pipelines/50/jobs", jobs(job));
        let news = facts(&mut source, &Round::at(now())).await;
        assert_eq!(told(&news), [("api@main".to_owned(), expected, 2)]);
        let asked = service.log().into_iter().filter(|(asked, _)| asked.contains("/jobs")).count();
        assert_eq!(asked, 1, "{status}");
        assert!(matches!(source.fetch(&Round::at(now())).await, Ok(Answer::Unchanged)));
        assert_eq!(statuses(&service.log()), [304]);
    }
}

#[tokio::test]
async fn pipelines_that_do_not_fit_on_a_page_are_read_on_or_said_to_be_missing() {
    // Of a merge request, changed before all others that are new.
    let of_merge_request = json!({ "id": 48, "project_id": 7, "status": "failed",
        "ref": "refs/merge-requests/5/head", "sha": "e", "updated_at": "2026-11-25T01:00:00Z" });
    let others = |count: u64| {
        (0..count).map(|number| {
            let (minute, second) = (number / 60, number % 60);
            json!({ "id": 100 + number, "project_id": 7, "status": "success", "ref": "else", "sha": "f",
                    "updated_at": format!("2026-11-25T02:{minute:02}:{second:02}Z") })
        })
    };
    let all = |count: u64| {
        json!(std::iter::once(of_merge_request.clone()).chain(others(count)).collect::<Vec<_>>())
    };
    for (count, fails, is_whole) in
        [(10, false, true), (150, false, true), (150, true, true), (1_100, false, false)]
    {
        let service = Service::start().await;
        let mut source = service.source();
        let before = facts(&mut source, &Round::at(now())).await;
        assert_eq!(before.pull_requests[0].checks[0].outcome, CheckOutcome::Passed);
        let mut single = merge_request(5, "2026-11-24T08:00:00.000Z");
        single["head_pipeline"] = json!({ "id": 48, "project_id": 7, "status": "failed" });
        service.put("/merge_requests/5", single);
        let job = json!([{ "id": 9, "name": "rspec", "stage": "test", "status": "failed" }]);
        service.put("/pipelines/48/jobs", job);
        service.put("/pipelines", all(count));
        if fails {
            // The page is told once; what is behind it must not be forgotten over a failure.
            service.tables().fails_with =
                Some(("updated_after=2026-11-24T10".to_owned(), fake::Answer::page(502)));
            assert!(source.fetch(&Round::at(now())).await.is_err());
            service.tables().fails_with = None;
        }
        let later = Round::at(now() + chrono::Duration::minutes(3));
        let told = facts(&mut source, &later).await;
        let lost: Vec<Kind> = told.incomplete().into_iter().collect();
        if is_whole {
            assert_eq!(
                (lost, told.pull_requests[0].checks[0].outcome),
                (vec![], CheckOutcome::Failed),
                "{count}"
            );
        } else {
            assert_eq!(lost, [Kind::PullRequests, Kind::TestRuns, Kind::Builds], "{count}");
            let said = told.problems.iter().any(|problem| problem.what.contains("not all are read"));
            assert!(said, "{:?}", told.problems);
        }
        service.log();
        assert!(matches!(source.fetch(&later).await, Ok(Answer::Unchanged)), "{count}");
        assert_eq!(statuses(&service.log()), [304], "{count}: read once");
    }
}

#[tokio::test]
async fn single_things_are_bounded_and_what_is_looked_at_comes_first() {
    let service = Service::start().await;
    let mut later = milestone();
    later["id"] = 62.into();
    later["title"] = "v5.0".into();
    service.put("/milestones", json!([milestone(), later.clone()]));
    let issues: Vec<_> = (1..=150)
        .map(|iid| {
            let mut issue = issue(iid, "2026-11-10T08:00:00.000Z");
            // Those without a milestone are on no board: their past is not read.
            if iid > 20 && iid < 150 {
                issue["milestone"] = serde_json::Value::Null;
            }
            if iid == 150 {
                issue["milestone"] = later.clone();
                issue["updated_at"] = "2026-11-09T08:00:00.000Z".into();
            }
            issue
        })
        .collect();
    service.put("/issues", json!(issues));
    // Half of what is left, eighteen requests: five issues and a test report.
    service.tables().headers = vec![
        ("ratelimit-limit", "2000".to_owned()),
        ("ratelimit-remaining", "36".to_owned()),
        ("ratelimit-reset", (now().timestamp() + 60).to_string()),
    ];
    service.put("/merge_requests", json!([]));
    let mut source = service.source();
    let round = Round { focus: Some(ReleaseId::of("api", "5.0")), ..Round::at(now()) };
    let told = facts(&mut source, &round).await;
    assert_eq!(told.stories.len(), 150);
    let log = service.log();
    let single: Vec<&String> =
        log.iter().map(|(asked, _)| asked).filter(|asked| asked.contains("resource_state_events")).collect();
    assert!((4..=6).contains(&single.len()), "{}", single.len());
    assert!(single.iter().any(|asked| asked.contains("/issues/150/")), "what is looked at comes first");
    assert_eq!(log.iter().filter(|(asked, _)| asked.contains("&page=2")).count(), 1, "pages are followed");
    assert!(
        told.problems.iter().any(|problem| problem.what.contains("is not read yet")),
        "{:?}",
        told.problems
    );
    assert_eq!(source.standing().allowances[0].remaining, 36);

    service.tables().headers.clear();
    facts(&mut source, &Round::at(now() + chrono::Duration::minutes(2))).await;
    let read = service.log().iter().filter(|(asked, _)| asked.contains("resource_state_events")).count();
    assert_eq!(read + single.len(), 21, "the next round reads on");
    assert!(matches!(source.fetch(&Round::at(now())).await, Ok(Answer::Unchanged)));
}

#[tokio::test]
async fn a_restart_goes_on_where_it_was() {
    let service = Service::start().await;
    let mut source = service.source();
    let before = facts(&mut source, &Round::at(now())).await;
    let memory = source.memory().unwrap();
    assert!(!String::from_utf8_lossy(&memory).contains("glpat"));
    service.log();
    let mut restarted = service.source();
    restarted.recall(&memory);
    let after = facts(&mut restarted, &Round::at(now())).await;
    assert_eq!(before, after);
    let asked = service.log();
    let conditional: Vec<_> = asked.into_iter().filter(|(asked, _)| asked != "GET user").collect();
    assert_eq!((conditional.len(), statuses(&conditional)), (7, vec![304]));

    for (settings, memory) in [
        (GitlabSettings { recent_days: 10, ..settings() }, memory.clone()),
        (settings(), memory[..memory.len() / 2].to_vec()),
        (settings(), b"nonsense".to_vec()),
        (settings(), Vec::new()),
    ] {
        let mut other = service.source_of(settings);
        other.recall(&memory);
        facts(&mut other, &Round::at(now())).await;
        assert!(service.log().len() > 20, "it begins anew");
    }
}

#[tokio::test]
async fn what_was_read_before_another_project_failed_is_told_by_the_next_round() {
    let service = Service::start().await;
    let mut source = service.two();
    let copied: Vec<_> = {
        let tables = service.tables();
        let below =
            |path: &String| path.strip_prefix(API).map(|below| format!("projects/acme%2Fgone{below}"));
        tables.routes.iter().filter_map(|(path, value)| Some((below(path)?, value.clone()))).collect()
    };
    service.tables().routes.extend(copied);
    facts(&mut source, &Round::at(now())).await;
    let mut closed = issue(2, "2026-11-25T11:00:00.000Z");
    closed["state"] = "closed".into();
    closed["closed_at"] = "2026-11-25T11:00:00.000Z".into();
    service.put("/issues", json!([issue(1, "2026-11-10T08:00:00.000Z"), closed]));
    let broken = "GET projects/acme%2Fgone/issues".to_owned();
    service.tables().faults.insert(broken.clone(), fake::Answer::page(502));
    assert!(source.fetch(&Round::at(now())).await.is_err());
    service.tables().faults.remove(&broken);
    let told = facts(&mut source, &Round::at(now())).await;
    let story = told.stories.iter().find(|story| story.key.as_str() == "api#2").unwrap();
    assert_eq!(story.category, Category::Done);
}

#[tokio::test]
async fn what_somebody_else_read_is_read_anew() {
    let service = Service::start().await;
    let mut first = service.source();
    facts(&mut first, &Round::at(now())).await;
    let memory = first.memory().unwrap();
    service.tables().routes.insert("user".to_owned(), json!({ "id": 2, "username": "max" }));
    // Nothing tells of it; this one is hidden from the new one.
    service.put("/issues", json!([issue(1, "2026-11-10T08:00:00.000Z")]));
    let mut second = service.source();
    second.recall(&memory);
    let told = facts(&mut second, &Round::at(now())).await;
    assert_eq!(told.stories.len(), 1, "{:?}", told.stories);
}

#[tokio::test]
async fn an_examination_says_what_is_there_and_what_is_not() {
    let service = Service::start().await;
    service.fail("GET", "/freeze_periods", super::faults::forbidden());
    let mut source = service.source();
    let points = source.examine(&Round::at(now())).await;
    let told: Vec<_> = points.iter().map(|point| (point.subject.as_str(), point.state)).collect();
    assert_eq!(
        told,
        [
            ("reachable", Good),
            ("signed in", Good),
            ("scopes", Limited),
            ("token", Limited),
            ("acme/pay/api", Good),
            ("acme/pay/api", Limited),
            ("limits", Good),
            ("clock", Good),
        ]
    );
    let what: Vec<&str> = points.iter().map(|point| point.what.as_str()).collect();
    assert!(what[0].contains("GitLab 17.9.2-ee") && what[1].contains("as kim (token from test)"), "{what:?}");
    assert!(what[2].starts_with("read_api:") && what[4].contains("Developer"), "{what:?}");
    assert!(points[5].next_step.as_ref().unwrap().contains("role Reporter"), "{points:?}");
    let points = service.public().examine(&Round::at(now())).await;
    assert_eq!(points[1].state, Limited);
    assert!(points[1].what.contains("nobody is signed in"), "{points:?}");
}
