//! Bodies that other clients of Jira recorded, or keep as what it answers (`fixtures/README.md`): each goes
//! through the reader that reads it in a round.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{facts, http_of, now, problems};
use crate::{
    domain::{Calendar, Category, Facts, Instant, ReleaseId, ScopeChange, Severity, Story, StoryKind, Text},
    source::{
        Round,
        http::fake::{Answer, Asked, Fake},
        jira::{
            Flavour, JiraSettings, JiraSource, api::Api, changelog, fields::CustomFields, issue,
            issue::Changed, timestamp::Timestamp, wire,
        },
    },
};

const ISSUE_WITH_PAST: &str = include_str!("../fixtures/issue_with_past.json");
const SEARCH_WITH_PAST: &str = include_str!("../fixtures/search_with_past.json");
const STATUSES: &str = include_str!("../fixtures/statuses.json");
const JQL: &str = include_str!("../fixtures/cloud_jql.json");
const JQL_PAGES: &str = include_str!("../fixtures/cloud_jql_pages.json");
const BULK: &str = include_str!("../fixtures/cloud_bulk.json");
const BULK_PAGES: &str = include_str!("../fixtures/cloud_bulk_pages.json");
const HISTORIES: &str = include_str!("../fixtures/cloud_histories.json");
const SERVER_ISSUE: &str = include_str!("../fixtures/server_issue.json");
const SERVER_SPRINT: &str = include_str!("../fixtures/server_sprint.json");
const SERVER_STORY: &str = include_str!("../fixtures/server_story.json");
const FIELDS: &str = include_str!("../fixtures/fields.json");
const VERSIONS: &str = include_str!("../fixtures/versions.json");
const MYSELF: &str = include_str!("../fixtures/cloud_myself.json");

/// A token as Jira Cloud makes it, of a recorded page (github.com/m-troja/ChatGPT-SpringBoot,
/// `GetAllJiraIssuesFunctionTest.java`).
const TOKEN: &str = "ChkjU3RyaW5nJlNrRldRUT09JUludCZPVEE9EAMYg_2Z9qgzIgxwcm9qZWN0PUpBVkEqAltd";

fn value(body: &str) -> Value {
    serde_json::from_str(body).unwrap()
}

fn at(written: &str) -> Instant {
    Timestamp::parse(written).unwrap().0
}

/// A Jira that answers a path that ends so with these bodies, one after the other and then with the last;
/// there is nothing else.
async fn jira(bodies: Vec<(&'static str, Vec<Value>)>) -> Fake {
    let given = std::sync::Mutex::new(BTreeMap::<&'static str, usize>::new());
    Fake::start(move |asked: &Asked, _| {
        let path = asked.target.split('?').next().unwrap_or_default();
        match bodies.iter().find(|(end, _)| path.ends_with(end)) {
            Some((end, bodies)) => {
                let mut given = given.lock().unwrap();
                let before = given.entry(end).or_default();
                let body = &bodies[(*before).min(bodies.len() - 1)];
                *before += 1;
                Answer::json(body.to_string())
            }
            None if path.ends_with("/myself") => Answer::json(MYSELF),
            None => super::tracker::missing(),
        }
    })
    .await
}

fn source_with(
    fake: &Fake,
    flavour: Flavour,
    project: &str,
    change: impl Fn(&mut JiraSettings),
) -> JiraSource {
    let mut settings =
        JiraSettings { projects: vec![project.to_owned()], flavour, ..JiraSettings::new(fake.url()) };
    change(&mut settings);
    JiraSource::new(crate::domain::SourceId::new("jira"), settings, http_of(fake))
}

fn moves(story: &Story) -> Vec<(Instant, Category)> {
    story.moves.iter().map(|change| (change.at, change.to)).collect()
}

/// What is asked with the method POST at a path that ends so.
fn posted(fake: &Fake, end: &str) -> Vec<Value> {
    let asked = fake.asked().into_iter().filter(|asked| asked.target.ends_with(end));
    asked.map(|asked| value(&asked.body)).collect()
}

/// Data Center with a search and no versions.
async fn server(search: Value) -> (Fake, impl Fn(&Fake, &str) -> JiraSource) {
    let bodies = vec![
        ("/status", vec![value(STATUSES)]),
        ("/field", vec![sprint_and_points()]),
        ("/versions", vec![json!([])]),
        ("/search", vec![search]),
    ];
    (jira(bodies).await, |fake: &Fake, project: &str| source_with(fake, Flavour::DataCenter, project, |_| ()))
}

/// Recorded fields, and those of the recorded issues in the shape that Atlassian documents.
fn sprint_and_points() -> Value {
    let mut fields = value(FIELDS);
    let custom = |id: &str, name: &str, kind: &str, custom: &str| {
        json!({ "id": id, "key": id, "name": name, "custom": true, "orderable": true, "navigable": true,
                "searchable": true, "clauseNames": [name], "schema": { "type": kind, "custom": custom } })
    };
    fields.as_array_mut().unwrap().extend([
        custom(
            "customfield_10036",
            "Story Points",
            "number",
            "com.atlassian.jira.plugin.system.customfieldtypes:float",
        ),
        custom("customfield_10020", "Sprint", "array", "com.pyxis.greenhopper.jira:gh-sprint"),
    ]);
    fields
}

fn told(facts: &Facts, key: &str) -> Story {
    let story = facts.stories.iter().find(|story| story.key.as_str() == key);
    (**story.unwrap_or_else(|| panic!("{key}: {:?}", facts.stories))).clone()
}

#[tokio::test]
async fn pages_of_search_jql_are_followed_by_their_token_and_end_where_it_ends() {
    let issue = value(ISSUE_WITH_PAST);
    let histories = issue["changelog"]["histories"].clone();
    // The times of histories in bulk are recorded as text, and reported as milliseconds, too.
    let mut in_milliseconds = histories.clone();
    for history in in_milliseconds.as_array_mut().unwrap() {
        history["created"] = at(history["created"].as_str().unwrap()).timestamp_millis().into();
    }
    for (token, histories) in [("token-page-2", histories), (TOKEN, in_milliseconds)] {
        // The pages of one recording around the issues of others: those of it have no ids.
        let mut pages: Vec<Value> = serde_json::from_str(JQL_PAGES).unwrap();
        pages[0]["nextPageToken"] = token.into();
        pages[0]["issues"] = value(JQL)["issues"].clone();
        pages[1]["issues"] = json!([issue]);
        let bulk = json!({ "issueChangeLogs": [{ "issueId": "10022", "changeHistories": histories }] });
        let fake = jira(vec![
            ("/status", vec![value(STATUSES)]),
            ("/field", vec![sprint_and_points()]),
            ("/versions", vec![value(VERSIONS)]),
            ("/search/jql", pages),
            ("/changelog/bulkfetch", vec![bulk]),
        ])
        .await;
        let mut source = source_with(&fake, Flavour::Cloud, "SP", |settings| {
            settings.points_field = Some("story points".to_owned());
        });
        let facts = facts(&mut source, now()).await;
        assert_eq!(problems(&facts), [""; 0]);
        let tokens: Vec<Value> =
            posted(&fake, "/search/jql").iter().map(|body| body["nextPageToken"].clone()).collect();
        assert_eq!(tokens, [Value::Null, token.into()], "as it came, and none after the last page");
        assert_eq!(posted(&fake, "/changelog/bulkfetch")[0]["issueIdsOrKeys"], json!(["10627", "10022"]));

        let epic = told(&facts, "TESTKEY13-1");
        assert_eq!((epic.category, epic.priority.as_deref()), (Category::ToDo, Some("Low")));
        assert_eq!((epic.owner.as_deref(), epic.points), (Some("integration test"), None));
        assert_eq!(
            (epic.component.as_deref(), &epic.labels[..]),
            (Some("Component 0"), &["test".into()][..])
        );
        assert_eq!((epic.created_at, epic.moves.len()), (at("2022-06-09T23:29:31.871Z"), 0));

        let story = told(&facts, "SP-15");
        assert_eq!((story.points, story.sprint.as_deref()), (Some(13.0), Some("Scrum Sprint 3")));
        assert_eq!(
            story.blocked_by.iter().map(crate::domain::StoryKey::as_str).collect::<Vec<_>>(),
            ["SP-14"]
        );
        assert_eq!(moves(&story), [(at("2022-04-24T20:30:38.234Z"), Category::InProgress)]);
        assert_eq!(story.status.as_str(), "Selected for Development");
    }
}

#[tokio::test]
async fn a_search_with_the_changelog_of_each_issue_has_their_past() {
    let mut page = value(SEARCH_WITH_PAST);
    page["total"] = 2.into();
    let (fake, source) = server(page).await;
    let facts = facts(&mut source(&fake, "SP"), now()).await;
    assert_eq!(problems(&facts), [""; 0]);
    for (key, created, started) in [
        ("SP-11", "2021-06-18T18:43:02.284Z", "2021-12-14T00:30:33.979Z"),
        ("SP-2", "2021-06-18T18:41:37.804Z", "2021-06-18T18:43:38.192Z"),
    ] {
        let story = told(&facts, key);
        assert_eq!(story.created_at, at(created));
        assert_eq!(moves(&story), [(at(started), Category::InProgress)], "{key}");
    }
    let search = fake.asked().into_iter().find(|asked| asked.target.contains("/search?")).unwrap();
    assert!(search.target.contains("expand=changelog"), "{}", search.target);
}

#[tokio::test]
async fn a_story_went_back_and_came_into_a_version() {
    use Category::{Done, InProgress, ToDo};
    let page = json!({ "startAt": 0, "maxResults": 50, "total": 1, "issues": [value(SERVER_STORY)] });
    let (fake, source) = server(page).await;
    let mut source = source(&fake, "NETWRKDIAG");
    let facts = facts(&mut source, now()).await;
    assert_eq!(problems(&facts), [""; 0]);
    let story = told(&facts, "NETWRKDIAG-120");
    assert_eq!(
        moves(&story),
        [
            (at("2016-05-20T14:18:35.251-0600"), InProgress),
            (at("2016-05-26T07:20:52.350-0600"), ToDo),
            (at("2016-09-28T13:53:21.498-0600"), InProgress),
            // The changelog lacks it; the last change is when it was there.
            (at("2016-12-12T15:09:30.000-0700"), Done),
        ],
        "a status that is known by its name alone is that one"
    );
    let scope: Vec<_> =
        story.scope.iter().map(|moved| (moved.at, moved.release.clone(), moved.change)).collect();
    let entered = at("2016-12-12T15:09:30.696-0700");
    assert_eq!(scope, [(entered, ReleaseId::of("NETWRKDIAG", "1.5"), ScopeChange::Added)]);
    let owners: Vec<_> = story.owners.iter().map(|moved| (moved.at, moved.to.as_deref())).take(2).collect();
    assert_eq!(owners, [(story.created_at, None), (at("2016-09-28T13:53:29.019-0600"), Some("Person A"))]);
    let past = source.known.issues["18020"].past.as_ref().unwrap();
    let resolutions: Vec<_> = past
        .iter()
        .filter_map(|change| match &change.what {
            Changed::Resolution { from, to } => Some((from.as_deref(), to.as_deref())),
            _ => None,
        })
        .collect();
    assert_eq!(resolutions, [(None, Some("Done")), (Some("Done"), None), (None, Some("Done"))]);
}

#[tokio::test]
async fn an_old_server_names_no_categories_and_that_is_unknown() {
    let page = json!({ "startAt": 0, "maxResults": 50, "total": 1, "issues": [value(SERVER_ISSUE)] });
    let (fake, source) = server(page).await;
    let mut source = source(&fake, "SAMPLEPROJECT");
    let facts = facts(&mut source, now()).await;
    let story = told(&facts, "SAMPLEPROJECT-1");
    assert_eq!(moves(&story), [(at("2011-12-14T10:26:06.030+1300"), Category::Unknown)]);
    assert_eq!(
        problems(&facts),
        [
            "jira: nothing says what these statuses mean: \"Closed\", \"Open\", \"Resolved\"; they count as unknown"
        ]
    );
    assert_eq!(story.due, Some(Calendar::default().end_of("2011-12-14".parse().unwrap())));
    assert_eq!((story.owner.as_deref(), story.component.as_deref()), (Some("admin"), Some("Jamflam")));
    let past = source.known.issues["10014"].past.as_ref().unwrap();
    let changes: Vec<_> = past
        .iter()
        .map(|change| match &change.what {
            Changed::Status { from, to } => (change.at, from.name.as_str(), to.name.as_str()),
            Changed::Resolution { to, .. } => (change.at, "", to.as_deref().unwrap_or_default()),
            other => panic!("{other:?}"),
        })
        .collect();
    let first = at("2012-02-01T21:25:42Z");
    assert_eq!(
        changes,
        [
            (first, "Open", "Resolved"),
            (first, "", "Fixed"),
            (at("2012-02-02T18:38:37Z"), "Resolved", "Closed")
        ]
    );
}

#[tokio::test]
async fn a_sprint_as_the_text_of_java_and_a_bug_that_was_dropped() {
    for (state, sprint) in [("CLOSED", None), ("ACTIVE", Some("07.04 - 24.04"))] {
        let mut page = value(&SERVER_SPRINT.replace("state=CLOSED", &format!("state={state}")));
        page["total"] = 1.into();
        let fields = sprint_and_points().to_string().replace("customfield_10020", "customfield_10012");
        let fake = jira(vec![
            ("/status", vec![value(STATUSES)]),
            ("/field", vec![value(&fields)]),
            ("/versions", vec![json!([])]),
            ("/search", vec![page]),
        ])
        .await;
        let mut source = source_with(&fake, Flavour::DataCenter, "GHPOO", |_| ());
        let facts = facts(&mut source, now()).await;
        assert_eq!(problems(&facts), [""; 0]);
        let bug = told(&facts, "GHPOO-2728");
        assert_eq!(bug.sprint.as_deref(), sprint);
        assert_eq!((bug.kind, bug.severity), (StoryKind::Defect, Some(Severity::High)));
        assert_eq!(bug.category, Category::Dropped, "\"Cannot Reproduce\"");
        assert_eq!(moves(&bug), [(at("2014-04-09T11:50:37.000+0200"), Category::Dropped)]);
        assert_eq!(bug.releases, [ReleaseId::of("GHPOO", "Prototyp")]);
        assert_eq!((bug.owner.as_deref(), bug.labels.len()), (Some("Person C"), 2));
        assert!(bug.title.starts_with("Touch | Produktberater") && bug.title.contains("Verändern"));
    }
}

#[tokio::test]
async fn changes_in_bulk_are_read_in_each_form_in_which_their_times_come() {
    let read = async |pages: Vec<Value>, ids: &[&str]| {
        let fake = jira(vec![("/changelog/bulkfetch", pages)]).await;
        let http = http_of(&fake);
        let round = Round::at(now());
        let session = http.session(&round);
        let ids: Vec<Text> = ids.iter().map(|id| Text::new(*id)).collect();
        let pasts = changelog::bulk(&Api::new(&session, true), &ids).await.unwrap();
        (pasts, posted(&fake, "/changelog/bulkfetch"))
    };
    // Atlassian's example: seconds since 1970, and a token.
    let (pasts, asked) = read(vec![value(BULK), json!({ "issueChangeLogs": [] })], &["10100"]).await;
    assert_eq!((pasts.unreadable, pasts.changes["10100"].len()), (0, 0), "a summary is not told");
    assert_eq!(asked[1]["nextPageToken"], "UxAQBFRF");
    let history: wire::History =
        serde_json::from_value(value(BULK)["issueChangeLogs"][0]["changeHistories"][1].clone()).unwrap();
    assert_eq!(history.created.0, at("2017-04-13T08:17:09Z"));

    // As text and as the digits of milliseconds; an issue goes on on the next page.
    let mut pages: Vec<Value> = serde_json::from_str(BULK_PAGES).unwrap();
    let (pasts, asked) = read(pages.clone(), &["TEST-1", "TEST-2"]).await;
    assert_eq!((pasts.unreadable, pasts.changes.len(), asked.len()), (0, 2, 2));
    assert_eq!(asked[1]["nextPageToken"], "token1");
    // The same histories, had they changed the assignee.
    for page in &mut pages {
        let text = page.to_string().replace("\"Parent\"", "\"assignee\"");
        *page = value(&text);
    }
    let (pasts, _) = read(pages, &["TEST-1", "TEST-2"]).await;
    let times: Vec<Instant> = pasts.changes["TEST-2"].iter().map(|change| change.at).collect();
    assert_eq!(
        times,
        [at("2024-01-01T11:00:00Z"), at("2024-01-06T10:06:03.548+0800"), at("2024-01-10T10:06:03.548+0800")]
    );
}

#[test]
fn what_a_changelog_holds_besides_is_left_out() {
    let (changes, unreadable) = issue::past(serde_json::from_str(HISTORIES).unwrap());
    // Links have no id of a field, on Cloud as well.
    let [change] = &changes[..] else { panic!("{changes:?}") };
    assert_eq!((unreadable, change.at), (0, at("2021-01-25T13:49:52.514Z")));
    assert!(matches!(&change.what, Changed::Status { from, to } if from.name == "Open" && to.id == "10074"));
}

#[test]
fn fields_of_points_are_found_by_their_name() {
    let fields: Vec<wire::Field> = serde_json::from_value(sprint_and_points()).unwrap();
    for (name, found) in [
        (None, &["customfield_10036"][..]),
        (Some("Story Points"), &["customfield_10036"]),
        (Some("original STORY points"), &["customfield_10111"]),
        (Some("customfield_10111"), &["customfield_10111"]),
        (Some("Fix Version/s"), &[]),
        (Some("Estimate"), &[]),
    ] {
        let custom = CustomFields::find(&fields, name);
        assert_eq!(custom.points, found, "{name:?}");
        assert_eq!(custom.candidates, ["Original story points", "Story Points"]);
    }
}

#[tokio::test]
async fn versions_are_told_by_their_dates() {
    let start = |day: &str| Some(Calendar::default().start_of(day.parse().unwrap()));
    let end = |day: &str| Some(Calendar::default().end_of(day.parse().unwrap()));
    for (released, when, released_at) in
        [(true, "2010-07-10T12:00:00Z", end("2010-07-06")), (false, "2010-07-03T12:00:00Z", None)]
    {
        let mut versions = value(VERSIONS);
        versions[0]["released"] = released.into();
        let fake = jira(vec![
            ("/status", vec![value(STATUSES)]),
            ("/field", vec![json!([])]),
            ("/versions", vec![versions]),
            ("/search", vec![json!({ "startAt": 0, "maxResults": 50, "total": 0, "issues": [] })]),
        ])
        .await;
        let mut source = source_with(&fake, Flavour::DataCenter, "PXA", |_| ());
        let facts = facts(&mut source, at(when)).await;
        assert_eq!(problems(&facts), [""; 0]);
        // What is out since nobody knows when, and what was put away without having been released, is none.
        let [dated, open] = &facts.releases[..] else { panic!("{:?}", facts.releases) };
        assert_eq!(dated.id, ReleaseId::of("PXA", "New Version 1"));
        assert_eq!((dated.start, dated.released_at), (start("2010-07-01"), released_at));
        assert_eq!(dated.target.map(|target| target.at), end("2010-07-06"));
        assert_eq!(open.id, ReleaseId::of("PXA", "Second"));
        assert_eq!((open.start, open.target, open.released_at), (None, None, None));
    }
}
