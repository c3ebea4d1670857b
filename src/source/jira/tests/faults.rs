//! What goes wrong, and what is lost by it.

use serde_json::json;

use super::{
    change, facts, failure, http, issue, keys, minutes, now, problems, settings, source, source_with, state,
    tracker::{Tracker, missing},
    unchanged, version, written,
};
use crate::{
    domain::{Kind, SourceId},
    source::{
        Source, SourceError,
        http::{Http, Settings, fake::Answer},
        jira::JiraSource,
    },
};

#[tokio::test]
async fn pages_may_be_short_and_only_a_missing_token_ends_them() {
    let mut holds = state(true, (1..=5).map(|number| issue(number, 1, json!({}))).collect());
    holds.page = 2;
    // An empty page that is not the last.
    holds.faults.push_back((
        r#""nextPageToken":"page-2""#,
        Answer::json(r#"{"issues":[],"nextPageToken":"page-3","isLast":false}"#),
    ));
    let tracker = Tracker::start(holds).await;
    let told = facts(&mut source(&tracker), now()).await;
    assert_eq!(keys(&told).len(), 4, "one was on the page that came empty");
    assert_eq!(tracker.searched(0).len(), 3);
}

#[tokio::test]
async fn a_token_that_comes_again_ends_the_round_and_not_the_program() {
    let mut holds = state(true, vec![issue(1, 1, json!({}))]);
    let again = |last: bool| {
        let issue = issue(1, 1, json!({}));
        Answer::json(json!({ "issues": [issue], "nextPageToken": "again", "isLast": last }).to_string())
    };
    holds.always.push(("search/jql", again(false)));
    let tracker = Tracker::start(holds).await;
    let mut source = source(&tracker);
    let SourceError::Failed(problem) = failure(&mut source, now()).await else { panic!("not failed") };
    assert!(problem.what.contains("the same next page twice"), "{problem:?}");
    assert_eq!(tracker.searched(0).len(), 2);
    tracker.state().always[0].1 = again(true);
    assert_eq!(keys(&*facts(&mut source, minutes(1)).await), ["PAY-1"], "said to be the last page");
}

#[tokio::test]
async fn offsets_overlap_and_follow_a_total_that_changes() {
    let mut holds = state(false, (1..=40).map(|number| issue(number, 1 + number % 28, json!({}))).collect());
    holds.page = 20;
    let tracker = Tracker::start(holds).await;
    let told = facts(&mut source(&tracker), now()).await;
    assert_eq!(told.stories.len(), 40);
    let offsets: Vec<String> = tracker
        .fake
        .asked()
        .iter()
        .filter_map(|asked| {
            asked.target.split("startAt=").nth(1).map(|rest| rest[..rest.find('&').unwrap()].to_owned())
        })
        .collect();
    assert_eq!(offsets, ["0", "17", "34"], "each page begins before the end of the last");

    // The second page says that there are fewer now, and the third is empty.
    let mut holds = state(false, (1..=40).map(|number| issue(number, 1, json!({}))).collect());
    holds.page = 20;
    holds
        .faults
        .push_back(("startAt=17", Answer::json(r#"{"startAt":17,"maxResults":20,"total":12,"issues":[]}"#)));
    let tracker = Tracker::start(holds).await;
    assert_eq!(facts(&mut source(&tracker), now()).await.stories.len(), 20);
}

#[tokio::test]
async fn a_past_that_comes_cut_off_is_read_to_its_end() {
    let past = || {
        let mut issue = issue(1, 1, json!({ "status": super::done(), "updated": written(9, 9) }));
        let step = |day, from: (&'static str, &'static str), to| change(day, "status", Some(from), Some(to));
        let (open, doing, done) = (("1", "Open"), ("3", "In Progress"), ("10001", "Done"));
        issue["changelog"]["histories"] =
            json!([step(2, open, doing), step(3, doing, open), step(4, open, doing), step(5, doing, done)]);
        issue
    };
    for is_cloud in [false, true] {
        let mut holds = state(is_cloud, vec![past()]);
        (holds.no_bulk, holds.most_histories) = (true, 1);
        let tracker = Tracker::start(holds).await;
        let told = facts(&mut source(&tracker), now()).await;
        assert_eq!((told.stories[0].moves.len(), problems(&told)), (4, vec![]), "cloud: {is_cloud}");
    }
    // A server without pages of changelogs.
    let mut holds = state(false, vec![past()]);
    holds.most_histories = 1;
    holds.always.push(("/issue/10001/changelog", missing()));
    let tracker = Tracker::start(holds).await;
    let told = facts(&mut source(&tracker), now()).await;
    assert_eq!(told.stories[0].moves.len(), 2);
    assert_eq!(problems(&told), ["jira: the past of PAY-1 is longer than what the service shows"]);
}

#[tokio::test]
async fn a_list_of_changes_that_is_cut_is_no_whole_one() {
    for is_cloud in [true, false] {
        let tracker = Tracker::start(state(is_cloud, vec![issue(1, 4, json!({}))])).await;
        let mut source = source(&tracker);
        let told = facts(&mut source, now()).await;
        assert_eq!(told.incomplete(), [].into());
        // As many as one round takes, and there are more.
        let handles: Vec<_> = (0..10_000)
            .map(|number| {
                json!({ "id": (20_000 + number).to_string(), "key": format!("PAY-{number}"),
                        "fields": { "updated": written(20, 9) } })
            })
            .collect();
        let cut = json!({ "issues": handles, "nextPageToken": "more", "startAt": 0, "maxResults": 10_000,
                          "total": 10_001 });
        let only_changes = if is_cloud { r#""fields":["updated"]"# } else { "&fields=updated " };
        tracker.state().faults.push_back((only_changes, Answer::json(cut.to_string())));
        let told = facts(&mut source, minutes(1)).await;
        assert_eq!(told.incomplete(), [Kind::Stories, Kind::Defects].into(), "cloud: {is_cloud}");
        assert!(problems(&told)[0].contains("not all are read yet"), "{:?}", problems(&told));
        // The next list is whole.
        let told = facts(&mut source, minutes(2)).await;
        assert_eq!((told.incomplete(), problems(&told)), ([].into(), vec![]), "cloud: {is_cloud}");
        assert!(unchanged(&mut source, minutes(3)).await);
    }
}

#[tokio::test]
async fn one_bad_issue_is_lost_alone_and_said_once() {
    let tracker = Tracker::start(state(
        true,
        vec![
            issue(1, 4, json!({})),
            issue(2, 3, json!({})),
            issue(3, 2, json!({})),
            issue(4, 1, json!({ "duedate": "soon" })),
        ],
    ))
    .await;
    let mut source = source(&tracker);
    let told = facts(&mut source, now()).await;
    assert_eq!(keys(&told), ["PAY-1", "PAY-2", "PAY-3"]);
    assert_eq!(problems(&told), [r#"jira: issues[3].fields.duedate: expected a date, got "soon""#]);
    assert_eq!(told.incomplete(), [Kind::Stories, Kind::Defects].into());
    assert!(unchanged(&mut source, minutes(1)).await);

    tracker.state().issues[3]["fields"]["updated"] = written(4, 10).into();
    let before = tracker.fake.asked().len();
    let told = source.fetch(&crate::source::Round::at(minutes(2))).await;
    assert!(told.is_ok());
    assert_eq!(tracker.searched(before).len(), 2, "changed, and still not readable");
    let before = tracker.fake.asked().len();
    assert!(unchanged(&mut source, minutes(3)).await);
    assert_eq!(tracker.searched(before).len(), 1, "not read again while nothing changes");

    {
        let mended = &mut tracker.state().issues[3]["fields"];
        mended["duedate"] = "2026-11-09".into();
        mended["updated"] = written(4, 11).into();
    }
    let told = facts(&mut source, minutes(4)).await;
    assert_eq!((told.stories.len(), problems(&told)), (4, vec![]));
    assert_eq!(told.incomplete(), [].into());
}

#[tokio::test]
async fn a_project_that_is_not_shown_loses_itself_and_names_the_permission() {
    let tracker = Tracker::start(state(true, vec![issue(1, 1, json!({}))])).await;
    let mut wanted = settings(&tracker);
    wanted.projects.push("AUTH".to_owned());
    let mut source = source_with(&tracker, wanted.clone());
    let told = facts(&mut source, now()).await;
    assert_eq!((told.stories.len(), told.releases.len()), (1, 1));
    assert_eq!(problems(&told), ["jira: the project AUTH is not there, or not shown to you"]);
    assert!(told.problems[0].next_step.contains("Browse projects in AUTH"));
    assert!(
        tracker.searched(0)[0].starts_with(r#"(project in ("PAY") "#),
        "Jira refuses a question about it"
    );

    tracker.state().versions.insert("AUTH", vec![version("30001", "2.9", json!({}))]);
    let told = facts(&mut source, minutes(6)).await;
    assert_eq!((told.releases.len(), problems(&told)), (2, vec![]));

    tracker.state().versions.clear();
    wanted.projects.remove(0);
    let mut source = source_with(&tracker, wanted);
    assert!(matches!(failure(&mut source, now()).await, SourceError::Refused(_)));
}

#[tokio::test]
async fn a_limit_is_kept_by_its_iso_time_and_a_gateways_page_is_asked_again() {
    let mut holds = state(true, vec![issue(1, 1, json!({}))]);
    let limit = Answer::new(429, r#"{"errorMessages":["Rate limit exceeded."]}"#)
        .header("x-ratelimit-reset", "2026-11-01T12:05Z")
        .header("date", "Sun, 01 Nov 2026 12:00:00 GMT")
        .header("ratelimit-reason", "jira-cost-based");
    holds.faults.push_back(("search/jql", limit));
    holds.faults.push_back(("myself", Answer::page(503)));
    let tracker = Tracker::start(holds).await;
    let mut source = source(&tracker);
    assert!(matches!(failure(&mut source, now()).await, SourceError::Failed(_)));
    assert_eq!(source.standing().not_before, Some(minutes(5)));
    assert_eq!(tracker.fake.waited(), [500], "the page of the gateway");
    let before = tracker.fake.asked().len();
    assert!(matches!(failure(&mut source, minutes(4)).await, SourceError::Failed(_)));
    assert_eq!(tracker.fake.asked().len(), before, "it is left alone");
    assert_eq!(facts(&mut source, minutes(6)).await.stories.len(), 1);
}

#[tokio::test]
async fn near_its_limit_it_is_asked_half_as_often() {
    let mut holds = state(true, vec![issue(1, 1, json!({}))]);
    holds.headers.push(("x-ratelimit-nearlimit", "true"));
    let tracker = Tracker::start(holds).await;
    let mut source = source(&tracker);
    facts(&mut source, now()).await;
    assert_eq!(source.interval().as_secs(), 120);
    tracker.state().headers.clear();
    unchanged(&mut source, minutes(2)).await;
    assert_eq!(source.interval().as_secs(), 60);
}

#[tokio::test]
async fn what_is_known_stays_and_is_told_after_a_round_that_failed_half_way() {
    let tracker = Tracker::start(state(true, vec![issue(1, 1, json!({}))])).await;
    let mut source = source(&tracker);
    facts(&mut source, now()).await;
    {
        let mut state = tracker.state();
        state.versions.get_mut("PAY").unwrap().push(version("20009", "5.0", json!({})));
        for _ in 0..3 {
            state.faults.push_back(("search/jql", Answer::reset()));
        }
    }
    assert!(matches!(failure(&mut source, minutes(6)).await, SourceError::Failed(_)));
    let told = facts(&mut source, minutes(7)).await;
    assert_eq!((told.releases.len(), told.stories.len()), (2, 1));
}

#[tokio::test]
async fn who_is_not_known_is_told_how_to_sign_in() {
    // Jira answers a wrong token like a stranger, and says so in a header only.
    let mut holds = state(true, vec![issue(1, 1, json!({}))]);
    holds.headers.push(("x-seraph-loginreason", "AUTHENTICATED_FAILED"));
    let tracker = Tracker::start(holds).await;
    let mut source = source_with(&tracker, settings(&tracker));
    let SourceError::Refused(problem) = failure(&mut source, now()).await else { panic!("not refused") };
    assert!(problem.what.contains("the e-mail address or the token is wrong"), "{problem:?}");

    // What everybody may read is read without a token.
    let mut holds = state(true, vec![issue(1, 1, json!({}))]);
    holds.always.push(("GET /rest/api/3/myself", Answer::new(401, "")));
    let tracker = Tracker::start(holds).await;
    let nobody = Http::new(Settings { service: "jira".into(), ..tracker.fake.settings() }).unwrap();
    let mut source = JiraSource::new(SourceId::new("jira"), settings(&tracker), nobody);
    let told = facts(&mut source, now()).await;
    assert_eq!((told.stories.len(), problems(&told).len()), (1, 1));
    assert!(problems(&told)[0].contains("nobody is signed in"), "{:?}", told.problems);
    let before = tracker.fake.asked().len();
    assert!(unchanged(&mut source, minutes(1)).await);
    assert!(tracker.searched(before)[0].contains(r#"updated >= "-"#), "nobody has a time zone");
}

#[tokio::test]
async fn what_a_stranger_is_not_shown_is_not_gone() {
    let tracker = Tracker::start(state(true, vec![issue(1, 1, json!({}))])).await;
    let mut own = settings(&tracker);
    own.jql = Some("labels = board".to_owned());
    let mut source = source_with(&tracker, own);
    facts(&mut source, now()).await;
    // The token expires; a stranger finds nothing, with 200.
    tracker.state().always.extend([
        ("/myself", Answer::new(401, "")),
        ("search/jql", Answer::json(r#"{"issues":[],"isLast":true}"#)),
    ]);
    let SourceError::Refused(problem) = failure(&mut source, minutes(61)).await else {
        panic!("not refused")
    };
    assert!(problem.what.contains("not signed in"), "{problem:?}");
    assert!(matches!(failure(&mut source, minutes(24 * 60)).await, SourceError::Refused(_)));
    tracker.state().always.clear();
    let told = source.fetch(&crate::source::Round::at(minutes(24 * 60 + 1))).await;
    assert!(told.is_ok());
    assert_eq!(source.last.as_ref().unwrap().stories.len(), 1);
}

#[tokio::test]
async fn settings_that_name_nothing_are_refused_before_anything_is_asked() {
    let tracker = Tracker::start(state(true, vec![])).await;
    let mut nothing = settings(&tracker);
    nothing.projects = vec![" ".to_owned()];
    let mut sorted = nothing.clone();
    sorted.jql = Some("ORDER BY created".to_owned());
    for settings in [nothing, sorted] {
        let mut source = JiraSource::new(SourceId::new("jira"), settings, http(&tracker));
        assert!(matches!(failure(&mut source, now()).await, SourceError::Refused(_)));
    }
    assert!(tracker.fake.asked().is_empty());
}
