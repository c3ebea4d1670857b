//! Bodies as gitlab.com sent them, and as GitLab publishes them (`fixtures/README.md`).

use chrono::{DateTime, NaiveDate};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::super::{
    builds::{self, Built},
    deployments, freezes,
    merge_requests::{self, Beside},
    releases,
    stories::{self, Statuses},
    test_runs, wire,
};
use crate::{
    domain::{
        Calendar, Category, CheckOutcome, DeploymentState, Instant, Mergeability, PullRequest,
        PullRequestState, ScopeChange, StoryKind, Text, Tier,
    },
    source::{
        LabelSettings, Round,
        gitlab::GitlabSettings,
        http::{
            Http, Request,
            fake::{Answer, Fake},
        },
        labels::Labels,
        naming::Naming,
    },
};

macro_rules! fixture {
    ($name:literal) => {
        parse(include_str!(concat!("../fixtures/", $name)))
    };
}

fn parse<T: DeserializeOwned>(body: &str) -> T {
    serde_json::from_str(body).unwrap()
}

fn naming() -> Naming {
    Naming { repository: Text::new("api"), project: Text::new("api") }
}

fn at(text: &str) -> Instant {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

fn read(found: wire::MergeRequest, detail: Option<&wire::Detail>) -> PullRequest {
    let beside = Beside { project: None, detail, queue_position: None };
    merge_requests::pull_request(&found.settle(), beside, &naming()).unwrap()
}

#[test]
fn recorded_merge_requests_are_pull_requests() {
    use Mergeability::{Clean, Conflicts};
    use PullRequestState::{Closed, Merged, Open};
    let found: Vec<wire::MergeRequest> = fixture!("recorded/merge_requests.json");
    let told: Vec<PullRequest> = found.into_iter().map(|found| read(found, None)).collect();
    let states: Vec<_> = told.iter().map(|told| (told.number.unwrap(), told.state, told.draft)).collect();
    assert_eq!(
        states,
        [
            (88, Closed, false),
            (86, Open, false),
            (81, Open, false),
            (78, Closed, false),
            (76, Open, true),
            (71, Merged, false),
            (54, Open, true),
        ]
    );
    let open = told.iter().filter(|told| told.state == Open);
    let mergeability: Vec<_> = open.map(|told| told.mergeability).collect();
    assert_eq!(mergeability, [Conflicts, Clean, Clean, Conflicts]);
    assert!(told.iter().all(|told| told.opened_at.is_some() && told.url.is_some() && !told.title.is_empty()));
    assert_eq!(told[0].closed_at, Some(at("2023-10-26T10:12:29.812Z")));
    assert_eq!(told[0].head, None, "its branch is gone");
    assert_eq!(told[5].merge_commit.as_deref(), Some("dd9b6c54c0788301c86bdf058a8e91e3594a0a17"));
    assert_eq!(told[5].merged_at, Some(at("2021-04-27T07:18:37.595Z")));
    assert!(told[1..5].iter().all(|told| told.merge_commit.is_none()));
    // What a merge was answered with.
    let merged: wire::MergeRequest = fixture!("recorded/merged.json");
    let merged = read(merged, None);
    assert_eq!((merged.state, merged.merge_commit), (Merged, told[5].merge_commit.clone()));
}

#[test]
fn a_recorded_merge_request_with_its_pipeline_notes_and_commits() {
    let body = include_str!("../fixtures/recorded/merge_request.json");
    let notes: Vec<wire::Note> = fixture!("recorded/notes.json");
    let commits: Vec<wire::Commit> = fixture!("recorded/commits.json");
    let first = commits.iter().filter_map(|commit| commit.authored_date).min();
    assert_eq!(first, Some(at("2019-09-10T13:54:50.000Z")));
    let detail = wire::Detail {
        single: parse(body),
        said: notes.iter().filter_map(merge_requests::said).collect(),
        approvals: Some(fixture!("documented/approvals.json")),
        ..wire::Detail::default()
    };
    let told = read(parse(body), Some(&detail));
    let checks: Vec<_> = told.checks.iter().map(|check| (check.name.as_str(), check.outcome)).collect();
    assert_eq!(checks, [("pipeline", CheckOutcome::Passed)]);
    // A server before 15.6: without `detailed_merge_status`.
    assert_eq!(told.mergeability, Mergeability::Conflicts);
    // Of its notes one was written by a person; one of two approvals is given.
    let reviewers: Vec<&str> = told.reviews.iter().map(|review| review.reviewer.as_str()).collect();
    assert_eq!(reviewers, ["lbarcziova", "root"]);
    assert_eq!(told.required_approvals, Some(2));
    let found: wire::MergeRequest = parse(body);
    assert!(!merge_requests::is_unsettled(&found, Some(&detail)));
}

/// Every value that GitLab documents means something, and only "mergeable" leaves nothing to do.
#[test]
fn every_documented_merge_status_is_known() {
    use Mergeability::{Behind, Clean, Conflicts, Unknown};
    let body: Vec<Value> = fixture!("recorded/merge_requests.json");
    let open = body.into_iter().find(|body| body["detailed_merge_status"] == "mergeable").unwrap();
    let documented = include_str!("../fixtures/documented/detailed_merge_status.txt");
    let (mut unknown, mut blocked, mut elsewhere) = (Vec::new(), Vec::new(), Vec::new());
    for status in documented.lines() {
        let mut body = open.clone();
        body["detailed_merge_status"] = status.into();
        let found: wire::MergeRequest = serde_json::from_value(body).unwrap();
        let is_unsettled = merge_requests::is_unsettled(&found, None);
        let told = read(found, None);
        let failed = told.checks.iter().any(|check| check.required && check.outcome == CheckOutcome::Failed);
        match (told.mergeability, failed) {
            (Unknown, false) => {
                assert!(is_unsettled, "{status} is asked for again");
                unknown.push(status);
            }
            (Clean, true) => blocked.push(status),
            (Clean, false) => elsewhere.push(status),
            (told, _) => assert_eq!(
                (status, told),
                if told == Behind { ("need_rebase", Behind) } else { ("conflict", Conflicts) }
            ),
        }
    }
    assert_eq!(unknown, ["approvals_syncing", "checking", "preparing", "unchecked"]);
    assert_eq!(
        elsewhere,
        [
            "ci_must_pass",
            "ci_still_running",
            "draft_status",
            "mergeable",
            "not_approved",
            "not_open",
            "requested_changes"
        ]
    );
    assert_eq!(
        blocked.len() + elsewhere.len() + unknown.len() + 2,
        documented.lines().count(),
        "{blocked:?}"
    );
}

#[test]
fn recorded_issues_are_stories_and_published_events_their_past() {
    let issues: Vec<wire::Issue> = fixture!("recorded/issues.json");
    let naming = naming();
    let labels = Labels::new(&LabelSettings::default()).0;
    let settings = GitlabSettings::new("gitlab.com", "packit-service/ogr-tests");
    let statuses = Statuses::new(&settings.statuses, &mut Vec::new());
    let (calendar, blockers) = (Calendar::default(), std::collections::BTreeMap::default());
    let meaning = stories::Meaning {
        naming: &naming,
        labels: &labels,
        statuses: &statuses,
        calendar: &calendar,
        blockers: &blockers,
    };
    let told: Vec<_> = issues.iter().map(|issue| stories::story(issue, None, &meaning)).collect();
    let states: Vec<_> = told
        .iter()
        .map(|story| (story.key.as_str(), story.category, story.kind, story.moves.len()))
        .collect();
    assert_eq!(
        states,
        [("api#80", Category::ToDo, StoryKind::Story, 0), ("api#79", Category::Done, StoryKind::Story, 1)]
    );
    assert_eq!(told[1].moves[0].at, at("2020-08-27T09:29:09.328Z"));
    // Opened, closed; put into a milestone, taken out again.
    let history = wire::History {
        states: fixture!("documented/resource_state_events.json"),
        milestones: fixture!("documented/resource_milestone_events.json"),
        ..wire::History::default()
    };
    let mut issue = issues[1].clone();
    issue.created_at = at("2018-08-20T13:38:20.077Z");
    issue.closed_at = Some(at("2018-08-21T14:38:20.077Z"));
    let story = stories::story(&issue, Some(&history), &meaning);
    let moves: Vec<_> = story.moves.iter().map(|change| (Some(change.at), change.to)).collect();
    assert_eq!(moves, [(issue.closed_at, Category::Done)]);
    let scope: Vec<_> =
        story.scope.iter().map(|change| (change.release.as_str(), change.change, Some(change.at))).collect();
    assert_eq!(
        scope,
        [
            ("api 1.2", ScopeChange::Added, Some(at("2018-08-20T13:38:20.077Z"))),
            ("api 1.2", ScopeChange::Removed, Some(at("2018-08-21T14:38:20.077Z"))),
        ]
    );
}

#[test]
fn recorded_releases_and_tags_and_published_milestones_are_releases() {
    let milestones: Vec<wire::Milestone> = fixture!("documented/milestones.json");
    let published: Vec<wire::Release> = fixture!("recorded/releases.json");
    let tags: Vec<wire::Tag> = vec![fixture!("recorded/tag.json")];
    let milestones: Vec<&wire::Milestone> = milestones.iter().collect();
    let now = at("2026-11-25T12:00:00Z");
    let told = releases::releases(&milestones, &published, &tags, &naming(), &Calendar::default(), now);
    let dates: Vec<_> = told
        .iter()
        .map(|release| (release.id.as_str(), release.released_at, release.tag.as_deref()))
        .collect();
    assert_eq!(
        dates,
        [
            ("api 0.1.0", Some(at("2019-09-10T10:28:10.000Z")), Some("0.1.0")),
            ("api 0.2.6", Some(at("2020-08-24T08:19:39.897Z")), Some("0.2.6")),
            ("api 0.2.7", Some(at("2020-08-24T08:45:13.331Z")), Some("0.2.7")),
            ("api 10.0", None, None),
        ]
    );
    assert_eq!(
        told[3].target.unwrap().at,
        Calendar::default().end_of(NaiveDate::from_ymd_opt(2013, 11, 29).unwrap())
    );
    assert!(told[2].url.as_deref().unwrap().ends_with("/-/releases/0.2.7"));
    assert_eq!(told[2].commit.as_deref(), Some("b8e18207cfdad954f1b3a96db34d0706b272e6cf"));
    let project: wire::Project = fixture!("recorded/project.json");
    assert_eq!(
        (project.merge_method.as_deref(), project.squash_option.as_deref()),
        (Some("merge"), Some("default_off"))
    );
    assert_eq!(project.only_allow_merge_if_pipeline_succeeds, Some(false));
}

#[test]
fn published_pipelines_and_jobs_are_builds_and_test_reports_runs() {
    let pipelines: Vec<wire::Pipeline> = fixture!("documented/pipelines.json");
    let jobs: Vec<wire::Job> = fixture!("documented/jobs.json");
    let branch = Text::new("new-pipeline");
    for (jobs, expected) in [
        (Vec::new(), vec![("pipeline", CheckOutcome::Running)]),
        (jobs, vec![("test: teaspoon", CheckOutcome::Failed), ("pipeline", CheckOutcome::Running)]),
    ] {
        let known = Built { of: pipelines[1].updated_at, jobs };
        let build = builds::build(&branch, &pipelines[1], Some(&known), None, &naming()).unwrap();
        let checks: Vec<_> = build.checks.iter().map(|check| (check.name.as_str(), check.outcome)).collect();
        assert_eq!(checks, expected);
        assert_eq!(build.commit, "eb94b618fb5865b26e80fdd8ae531b7a63ad851a");
    }
    let mut summary: wire::Summary = fixture!("documented/test_report_summary.json");
    let report: wire::Report = fixture!("documented/test_report.json");
    assert!(!test_runs::has_failed(&summary));
    test_runs::name_failures(&mut summary, &report);
    let runs = test_runs::test_runs(&pipelines[0], &summary, &naming());
    let told: Vec<_> =
        runs.iter().map(|run| (run.suite.as_str(), run.passed, run.failed, run.skipped)).collect();
    assert_eq!(told, [("api: test", 3351, 0, 12)]);
    assert_eq!(runs[0].at, at("2016-08-11T11:32:35.169Z"));
}

#[test]
fn published_deployments_environments_and_freezes() {
    let deployment: wire::Deployment = fixture!("documented/deployment.json");
    let set_up: Vec<wire::Environment> = fixture!("documented/environments.json");
    let (told, problems) = deployments::deployments([&deployment].into_iter(), &[], &naming(), "gitlab");
    assert_eq!(problems, []);
    assert_eq!((told[0].state, told[0].environment.as_str()), (DeploymentState::Succeeded, "production"));
    // Its job was over before the deployment was written down.
    assert_eq!(told[0].started_at, Some(at("2016-08-11T11:32:35.444Z")));
    assert_eq!(told[0].finished_at, told[0].started_at);
    let places = deployments::environments(&set_up, [&deployment].into_iter());
    let tiers: Vec<_> = places.iter().map(|place| (place.id.as_str(), place.tier)).collect();
    assert_eq!(tiers, [("production", Tier::Production), ("review/fix-foo", Tier::Development)]);
    let periods: Vec<wire::FreezePeriod> = fixture!("documented/freeze_periods.json");
    let now = at("2026-11-25T12:00:00Z");
    let windows = freezes::freezes(&periods[0], now, &naming(), "gitlab").unwrap();
    assert_eq!(windows[0].window.from, at("2026-10-30T23:00:00Z"));
    assert_eq!(windows[0].window.until, at("2026-11-02T08:00:00Z"));
}

/// The `ETag` of a list of gitlab.com is a weak one: it goes back as it came, and a 304 is the same list.
#[tokio::test]
async fn recorded_headers_are_asked_with_and_counted() {
    let headers: std::collections::BTreeMap<String, String> = fixture!("recorded/headers.json");
    let etag = headers["etag"].clone();
    assert!(etag.starts_with("W/\""), "{etag}");
    let sent = etag.clone();
    let fake = Fake::start(move |asked, _| {
        let others = headers.iter().filter(|(name, _)| name.as_str() != "etag");
        others.fold(Answer::json("[]").with_etag(asked, &sent), |answer, (name, value)| {
            answer.header(name, value)
        })
    })
    .await;
    let http = Http::new(fake.settings()).unwrap();
    // Before the limit that was recorded is counted anew.
    let round = Round::at(at("2020-08-28T09:07:00Z"));
    let session = http.session(&round);
    for expected in [false, true] {
        let reply =
            session.send(Request::get("merge requests", "merge_requests").kept_by_asker()).await.unwrap();
        assert_eq!((reply.unchanged(), reply.next()), (expected, None));
    }
    let asked: Vec<Option<String>> =
        fake.asked().iter().map(|asked| asked.header("if-none-match").map(str::to_owned)).collect();
    assert_eq!(asked, [None, Some(etag)]);
    let allowances = http.standing().allowances;
    assert_eq!(allowances.len(), 1, "{allowances:?}");
    assert_eq!((allowances[0].limit, allowances[0].remaining), (600, 583));
    assert_eq!(allowances[0].resets_at, at("2020-08-28T09:07:17Z"));
}
