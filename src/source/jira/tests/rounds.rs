//! What is read, when, and what it becomes.

use chrono::{Datelike, TimeZone, Utc};
use chrono_tz::Tz;
use serde_json::json;

use super::{
    change, doing, done, facts, issue, keys, minutes, named, now, problems, settings, source, source_with,
    state, status, tracker::Tracker, unchanged, version, written,
};
use crate::{
    domain::{Calendar, Category, Kind, ReleaseId, ScopeChange, Severity, Story, StoryKind},
    source::{Round, Source},
};

fn days(story: &Story) -> Vec<(u32, Category)> {
    story.moves.iter().map(|change| (change.at.day(), change.to)).collect()
}

/// An issue with all there is.
fn full() -> serde_json::Value {
    let mut full = issue(
        311,
        2,
        json!({
            "status": done(), "resolution": { "id": "1", "name": "Done" }, "updated": written(20, 9),
            "resolutiondate": written(18, 12), "issuetype": { "name": "Bug" }, "priority": { "name": "Highest" },
            "assignee": { "accountId": "5b10", "displayName": "Kim Lee" }, "duedate": "2026-10-30",
            "fixVersions": [named("20002", "4.3")], "components": [{ "id": "1", "name": "ledger" }, { "id": "2", "name": "ui" }],
            "labels": ["refunds", "q4"], "parent": { "id": "9", "key": "PAY-1", "fields": {} },
            "issuelinks": [{ "id": "7", "type": { "name": "Blocks", "inward": "is blocked by", "outward": "blocks" },
                             "inwardIssue": { "id": "8", "key": "AUTH-7" } }],
            "customfield_10016": 5.0,
            "customfield_10020": [{ "id": 37, "name": "Sprint 7", "state": "active" }],
        }),
    );
    full["changelog"]["histories"] = json!([
        change(3, "status", Some(("1", "Open")), Some(("3", "In Progress"))),
        change(5, "assignee", None, Some(("kim", "Kim Lee"))),
        change(9, "status", Some(("3", "In Progress")), Some(("4", "In Review"))),
        change(11, "Fix Version", Some(("20001", "4.2")), None),
        change(11, "Fix Version", None, Some(("20002", "4.3 (called so then)"))),
        change(14, "status", Some(("4", "In Review")), Some(("10001", "Done"))),
        change(16, "status", Some(("10001", "Done")), Some(("3", "In Progress"))),
        change(18, "status", Some(("3", "In Progress")), Some(("10001", "Done"))),
        change(18, "resolution", None, Some(("1", "Done"))),
    ]);
    full
}

fn filled(is_cloud: bool) -> super::State {
    let mut state =
        state(is_cloud, vec![full(), issue(312, 3, json!({ "fixVersions": [named("20001", "4.2")] }))]);
    state.statuses.push(status("4", "In Review", "indeterminate"));
    state.versions.get_mut("PAY").unwrap().push(version("20002", "4.3", json!({})));
    state
}

#[tokio::test]
async fn either_product_tells_the_same_stories_with_their_past() {
    use Category::{Done, InProgress, InReview};
    for (is_cloud, no_bulk) in [(true, false), (true, true), (false, false)] {
        let mut holds = filled(is_cloud);
        holds.no_bulk = no_bulk;
        let tracker = Tracker::start(holds).await;
        let mut source = source(&tracker);
        let told = facts(&mut source, now()).await;
        assert_eq!(problems(&told), [""; 0]);
        assert!([Kind::Releases, Kind::Stories, Kind::Defects].iter().all(|kind| told.covers.contains(kind)));
        assert_eq!(keys(&told), ["PAY-311", "PAY-312"]);
        let story = &told.stories[0];
        assert_eq!(days(story), [(3, InProgress), (9, InReview), (14, Done), (16, InProgress), (18, Done)]);
        let scope: Vec<_> =
            story.scope.iter().map(|moved| (moved.at.day(), moved.release.as_str(), moved.change)).collect();
        assert_eq!(
            scope,
            [
                (2, "PAY 4.2", ScopeChange::Added),
                (11, "PAY 4.2", ScopeChange::Removed),
                (11, "PAY 4.3", ScopeChange::Added),
            ],
            "a version is the one with its id, however it was called"
        );
        assert_eq!((story.kind, story.severity), (StoryKind::Defect, Some(Severity::Critical)));
        assert_eq!((story.status.as_str(), story.category), ("Done", Done));
        assert_eq!((story.owner.as_deref(), story.priority.as_deref()), (Some("Kim Lee"), Some("Highest")));
        let owners: Vec<_> = story.owners.iter().map(|moved| (moved.at.day(), moved.to.as_deref())).collect();
        assert_eq!(owners, [(2, None), (5, Some("Kim Lee"))]);
        assert_eq!((story.points, story.sprint.as_deref()), (Some(5.0), Some("Sprint 7")));
        assert_eq!((story.component.as_deref(), story.labels.len()), (Some("ledger"), 2));
        assert_eq!(story.parent.as_ref().unwrap().as_str(), "PAY-1");
        assert_eq!(story.blocked_by[0].as_str(), "AUTH-7");
        assert_eq!(story.releases, [ReleaseId::of("PAY", "4.3")]);
        assert_eq!(story.url.as_deref(), Some("https://acme.example/browse/PAY-311"));
        assert_eq!(story.due, Some(Calendar::default().end_of("2026-10-30".parse().unwrap())));
        let second = &told.stories[1];
        assert_eq!((second.scope.len(), second.moves.len(), second.severity), (1, 0, None));
        assert_eq!(told.releases.len(), 2);
        assert_eq!(told.releases[0].url.as_deref(), Some("https://acme.example/projects/PAY/versions/20001"));
        assert_eq!(source.standing().account.as_deref(), Some("Kim Lee"));
    }
}

#[tokio::test]
async fn versions_are_releases_by_their_dates_in_the_calendars_zone() {
    let mut holds = state(true, vec![]);
    holds.versions.insert(
        "PAY",
        vec![
            version("1", "3.0", json!({ "released": true, "releaseDate": "2026-01-15" })),
            version(
                "2",
                "payments v4.1",
                json!({ "released": true, "releaseDate": "2026-10-20", "archived": true }),
            ),
            version(
                "3",
                "v4.2",
                json!({ "startDate": "2026-10-01", "releaseDate": "2026-11-25", "overdue": false }),
            ),
            version("4", "4.2", json!({})),
            version("5", "Autumn", json!({ "archived": true })),
            version("6", "Nobody knows when", json!({ "released": true })),
            version("7", "4.4", json!({ "releaseDate": "soon" })),
        ],
    );
    let tracker = Tracker::start(holds).await;
    let mut settings = settings(&tracker);
    settings.calendar.zone = Tz::America__New_York;
    settings.names.insert("pay".to_owned(), "payments".to_owned());
    let mut source = source_with(&tracker, settings);
    let told = facts(&mut source, now()).await;
    let ids: Vec<&str> = told.releases.iter().map(|release| release.id.as_str()).collect();
    assert_eq!(ids, ["payments 4.1", "payments 4.2"]);
    let at = |month, day, hour| Some(Utc.with_ymd_and_hms(2026, month, day, hour, 59, 59).unwrap());
    assert_eq!(told.releases[0].released_at, at(10, 21, 3));
    let next = &told.releases[1];
    assert_eq!((next.target.map(|target| target.at), next.released_at), (at(11, 26, 4), None));
    assert_eq!(next.start, Some(Utc.with_ymd_and_hms(2026, 10, 1, 4, 0, 0).unwrap()));
    assert_eq!(problems(&told), [r#"jira: [6].releaseDate: expected a date, got "soon""#]);
    assert!(tracker.searched(0)[0].contains(" OR fixVersion in (2,3,4))"), "{:?}", tracker.searched(0));

    tracker.state().versions.get_mut("PAY").unwrap()[3] = version("4", "4.2.1", json!({ "released": true }));
    let told = facts(&mut source, minutes(6)).await;
    let released = told.releases.iter().find(|release| release.version == "4.2.1").unwrap();
    assert_eq!(released.released_at, Some(minutes(6)), "without a date: when it was seen to happen");
    assert!(unchanged(&mut source, minutes(12)).await);
}

#[tokio::test]
async fn a_round_without_news_is_one_search() {
    for is_cloud in [true, false] {
        let tracker = Tracker::start(filled(is_cloud)).await;
        let mut source = source(&tracker);
        facts(&mut source, now()).await;
        let before = tracker.fake.asked().len();
        assert!(unchanged(&mut source, minutes(1)).await);
        let search = if is_cloud { "POST search/jql" } else { "GET search" };
        assert_eq!(tracker.told(before), [search]);
        let versions = tracker.fake.asked().len();
        assert!(unchanged(&mut source, minutes(6)).await);
        assert_eq!(tracker.told(versions), ["GET project/PAY/versions", search]);
        let asked = tracker.fake.asked();
        assert!(asked[versions].header("if-none-match").is_some(), "versions are sent only if they changed");
    }
}

#[tokio::test]
async fn what_changed_is_read_and_the_rest_shared() {
    for is_cloud in [true, false] {
        let tracker = Tracker::start(filled(is_cloud)).await;
        let mut source = source(&tracker);
        let first = facts(&mut source, now()).await;
        {
            let mut state = tracker.state();
            let changed = &mut state.issues[1];
            changed["fields"]["status"] = doing();
            changed["fields"]["updated"] = written(21, 13).into();
            changed["changelog"]["histories"] =
                json!([change(21, "status", Some(("1", "Open")), Some(("3", "In Progress")))]);
            state.issues.push(issue(313, 21, json!({})));
        }
        let told = facts(&mut source, minutes(1)).await;
        assert_eq!(keys(&told), ["PAY-311", "PAY-312", "PAY-313"]);
        assert_eq!(days(&told.stories[1]), [(21, Category::InProgress)]);
        assert!(std::sync::Arc::ptr_eq(&first.stories[0], &told.stories[0]));
        assert!(unchanged(&mut source, minutes(2)).await);
    }
}

#[tokio::test]
async fn changes_are_asked_for_in_the_zone_of_the_account() {
    let mut holds = filled(true);
    holds.zone = Tz::Australia__Sydney;
    let tracker = Tracker::start(holds).await;
    let mut source = source(&tracker);
    facts(&mut source, now()).await;
    let before = tracker.fake.asked().len();
    tracker.state().issues.push(issue(313, 20, json!({})));
    assert_eq!(keys(&*facts(&mut source, minutes(1)).await).len(), 3);
    // The last change known is of 09:00 UTC, which is 20:00 in Sydney.
    let jql = &tracker.searched(before)[0];
    assert!(jql.ends_with(r#" AND updated >= "2026-10-20 19:55" ORDER BY updated ASC"#), "{jql}");
}

#[tokio::test]
async fn what_is_gone_is_found_by_a_sweep() {
    let tracker = Tracker::start(filled(true)).await;
    let mut source = source(&tracker);
    facts(&mut source, now()).await;
    {
        let mut state = tracker.state();
        state.issues.remove(1);
        // Moved here from elsewhere, and not changed for long.
        state.issues.push(issue(900, 1, json!({})));
    }
    assert!(unchanged(&mut source, minutes(30)).await);
    let before = tracker.fake.asked().len();
    let told = facts(&mut source, minutes(61)).await;
    assert_eq!(keys(&told), ["PAY-311", "PAY-900"]);
    let sweeps = tracker.fake.asked();
    assert!(sweeps[before..].iter().any(|asked| asked.body.contains(r#""fields":["id"]"#)));
    assert!(unchanged(&mut source, minutes(62)).await);
}

#[tokio::test]
async fn statuses_mean_what_category_settings_and_resolution_say() {
    use Category::{Done, Dropped, InProgress, InTest, ToDo, Unknown};
    let resolved = |name: &str| json!({ "status": done(), "resolution": { "name": name } });
    let mut past = issue(9, 1, json!({ "status": doing() }));
    past["changelog"]["histories"] = json!([
        change(2, "status", Some(("77", "Triage")), Some(("78", "In Progress"))),
        change(4, "status", Some(("78", "In Progress")), Some(("3", "In Progress"))),
    ]);
    let mut begun = issue(10, 1, json!({ "status": doing() }));
    begun["changelog"]["histories"] = json!([]);
    let tracker = Tracker::start(state(
        true,
        vec![
            issue(1, 1, json!({})),
            issue(2, 1, json!({ "status": status("50", "In QA", "indeterminate") })),
            issue(3, 1, json!({ "status": status("51", "Parked", "undefined") })),
            issue(4, 1, json!({ "status": status("52", "Brand new", "ascended") })),
            issue(5, 1, resolved("Done")),
            issue(6, 1, resolved("Won't Do")),
            issue(7, 1, resolved("Duplicate")),
            issue(8, 1, json!({ "status": { "id": "53", "name": "No category" } })),
            past,
            begun,
        ],
    ))
    .await;
    let mut source = source(&tracker);
    let told = facts(&mut source, now()).await;
    let categories: Vec<Category> = told.stories.iter().map(|story| story.category).collect();
    assert_eq!(
        categories,
        [ToDo, InTest, Unknown, Unknown, Done, Dropped, Dropped, Unknown, InProgress, InProgress]
    );
    assert_eq!(
        days(&told.stories[8]),
        [(1, Unknown), (2, InProgress)],
        "a status that is gone is unknown, unless one is called like it"
    );
    assert_eq!(days(&told.stories[9]), [(1, InProgress)], "made in this status");
    assert_eq!(
        problems(&told),
        [
            r#"jira: nothing says what these statuses mean: "Brand new", "No category", "Parked", "Triage"; they count as unknown"#
        ]
    );
}

#[tokio::test]
async fn a_question_of_ones_own_brings_its_projects() {
    let tracker = Tracker::start(filled(true)).await;
    let mut settings = settings(&tracker);
    settings.projects.clear();
    settings.jql = Some("labels = board ORDER BY Rank".to_owned());
    let mut source = source_with(&tracker, settings);
    let told = facts(&mut source, now()).await;
    assert_eq!((told.stories.len(), told.releases.len()), (2, 2));
    assert_eq!(tracker.searched(0), ["(labels = board) ORDER BY created DESC"]);
    assert!(unchanged(&mut source, minutes(1)).await);
}

#[tokio::test]
async fn after_a_restart_it_goes_on_where_it_was() {
    let tracker = Tracker::start(filled(true)).await;
    let mut before = source(&tracker);
    assert!(before.memory().is_none(), "nothing is known yet");
    let told = facts(&mut before, now()).await;
    let memory = before.memory().unwrap();

    let mut after = source(&tracker);
    after.recall(&memory);
    let asked = tracker.fake.asked().len();
    assert_eq!(facts(&mut after, minutes(1)).await, told);
    assert_eq!(tracker.told(asked), ["POST search/jql"]);

    let mut other = settings(&tracker);
    other.recent_days = 7;
    let damaged =
        [&memory[..memory.len() - 1], &[memory.as_slice(), &[0]].concat(), b"x", b""].map(<[u8]>::to_vec);
    for (settings, memory) in std::iter::once((other, memory.clone()))
        .chain(damaged.into_iter().map(|memory| (settings(&tracker), memory)))
    {
        let mut source = source_with(&tracker, settings);
        source.recall(&memory);
        let asked = tracker.fake.asked().len();
        facts(&mut source, minutes(1)).await;
        assert!(tracker.told(asked).contains(&"GET serverInfo".to_owned()), "it begins anew");
    }
}

#[tokio::test]
async fn a_first_round_shows_what_it_has_on_the_way() {
    let mut holds = state(true, (1..=40).map(|number| issue(number, 1, json!({}))).collect());
    holds.page = 10;
    let tracker = Tracker::start(holds).await;
    let mut source = source(&tracker);
    let reports = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let noted = std::sync::Arc::clone(&reports);
    let mut round = Round::at(now());
    round.report = Box::new(move |report| {
        let line = match report {
            crate::source::Report::Progress(progress) => format!("{} {}", progress.done, progress.what),
            crate::source::Report::Partial(facts) => format!("{} shown", facts.stories.len()),
        };
        noted.lock().unwrap().push(line);
    });
    source.fetch(&round).await.unwrap();
    assert_eq!(
        *reports.lock().unwrap(),
        ["10 issues", "10 shown", "20 issues", "20 shown", "30 issues", "40 issues", "40 shown"]
    );
}
