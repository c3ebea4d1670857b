//! The source with a Jira on loopback.

mod bodies;
mod examination;
mod faults;
mod recordings;
mod rounds;
mod tracker;

use std::sync::Arc;

use chrono::{Duration, TimeZone, Utc};
use chrono_tz::Tz;
use serde_json::{Value, json};

use super::{JiraSettings, JiraSource};
use crate::{
    domain::{Facts, Instant, SourceId},
    source::{
        Answer, Round, Source, SourceError,
        http::{Credentials, Http, Scheme, Settings, Token, TokenFrom, fake::Fake},
    },
};
use tracker::{State, Tracker};

pub(super) fn now() -> Instant {
    Utc.with_ymd_and_hms(2026, 11, 1, 12, 0, 0).unwrap()
}

fn minutes(minutes: i64) -> Instant {
    now() + Duration::minutes(minutes)
}

/// As Jira writes it.
fn written(day: u32, hour: u32) -> String {
    format!("2026-10-{day:02}T{hour:02}:00:00.000+0000")
}

fn status(id: &str, name: &str, category: &str) -> Value {
    json!({ "self": format!("https://acme.example/rest/api/2/status/{id}"), "description": "", "id": id, "name": name,
            "statusCategory": { "id": 2, "key": category, "colorName": "blue-gray", "name": category } })
}

fn open() -> Value {
    status("1", "Open", "new")
}

fn doing() -> Value {
    status("3", "In Progress", "indeterminate")
}

fn done() -> Value {
    status("10001", "Done", "done")
}

/// Issue PAY-`number`, made and changed on `day` of October, with these fields besides.
fn issue(number: u32, day: u32, more: Value) -> Value {
    let mut fields = json!({
        "summary": format!("Story {number}"), "status": open(), "created": written(day, 8), "updated": written(day, 9),
        "project": { "id": "10000", "key": "PAY", "name": "Payments" },
        "issuetype": { "id": "10001", "name": "Story", "subtask": false },
        "priority": { "id": "3", "name": "Medium" }, "resolution": null, "assignee": null, "duedate": null,
        "fixVersions": [], "components": [], "labels": [], "issuelinks": [], "resolutiondate": null,
    });
    let Value::Object(more) = more else { panic!("fields") };
    fields.as_object_mut().unwrap().extend(more);
    json!({ "id": (10_000 + number).to_string(), "key": format!("PAY-{number}"), "fields": fields,
            "changelog": { "histories": [] } })
}

/// A change of `field` on `day`: ids and names.
fn change(day: u32, field: &str, from: Option<(&str, &str)>, to: Option<(&str, &str)>) -> Value {
    let (id, name) = (
        |end: Option<(&str, &str)>| end.map(|end| end.0.to_owned()),
        |end: Option<(&str, &str)>| end.map(|end| end.1.to_owned()),
    );
    let field_id = match field {
        "Fix Version" => "fixVersions",
        other => other,
    };
    json!({ "id": "1", "author": { "displayName": "Kim Lee" }, "created": written(day, 12), "items": [
        { "field": field, "fieldtype": "jira", "fieldId": field_id, "from": id(from), "fromString": name(from),
          "to": id(to), "toString": name(to) },
    ]})
}

fn version(id: &str, name: &str, more: Value) -> Value {
    let Value::Object(more) = more else { panic!("fields") };
    let mut version = json!({ "self": format!("https://acme.example/rest/api/2/version/{id}"), "id": id, "name": name,
                              "archived": false, "released": false, "projectId": 10000 });
    version.as_object_mut().unwrap().extend(more);
    version
}

fn named(id: &str, name: &str) -> Value {
    json!({ "id": id, "name": name, "archived": false, "released": false })
}

/// A Jira with one project, one version in the making, and these issues.
fn state(is_cloud: bool, issues: Vec<Value>) -> State {
    let custom = |id: &str, name: &str, kind: &str, custom: &str| json!({ "id": id, "key": id, "name": name, "custom": true, "schema": { "type": kind, "custom": custom } });
    State {
        is_cloud,
        issues,
        versions: [(
            "PAY",
            vec![version("20001", "4.2", json!({ "startDate": "2026-10-01", "releaseDate": "2026-11-25" }))],
        )]
        .into(),
        statuses: vec![open(), doing(), done()],
        fields: json!([
            custom(
                "customfield_10016",
                "Story Points",
                "number",
                "com.atlassian.jira.plugin.system.customfieldtypes:float"
            ),
            custom("customfield_10020", "Sprint", "array", "com.pyxis.greenhopper.jira:gh-sprint"),
            custom("customfield_10014", "Epic Link", "any", "com.pyxis.greenhopper.jira:gh-epic-link"),
        ]),
        zone: Tz::UTC,
        page: 1_000,
        no_bulk: false,
        most_histories: usize::MAX,
        headers: Vec::new(),
        faults: [].into(),
        always: Vec::new(),
    }
}

fn settings(tracker: &Tracker) -> JiraSettings {
    JiraSettings { projects: vec!["PAY".to_owned()], ..JiraSettings::new(tracker.fake.url()) }
}

fn http(tracker: &Tracker) -> Http {
    http_of(&tracker.fake)
}

fn http_of(fake: &Fake) -> Http {
    let places = vec![TokenFrom::Given(Token::new("secret").unwrap(), "a test".into())];
    let credentials = Credentials::new(Scheme::Basic { user: "kim@acme.example".to_owned() }, places);
    Http::new(Settings { credentials, service: "jira".into(), ..fake.settings() }).unwrap()
}

fn source_with(tracker: &Tracker, settings: JiraSettings) -> JiraSource {
    JiraSource::new(SourceId::new("jira"), settings, http(tracker))
}

fn source(tracker: &Tracker) -> JiraSource {
    source_with(tracker, settings(tracker))
}

async fn facts(source: &mut JiraSource, at: Instant) -> Arc<Facts> {
    match source.fetch(&Round::at(at)).await.unwrap() {
        Answer::Facts(facts) => facts,
        Answer::Unchanged => panic!("nothing new"),
    }
}

async fn unchanged(source: &mut JiraSource, at: Instant) -> bool {
    matches!(source.fetch(&Round::at(at)).await.unwrap(), Answer::Unchanged)
}

async fn failure(source: &mut JiraSource, at: Instant) -> SourceError {
    source.fetch(&Round::at(at)).await.expect_err("an error")
}

fn problems(facts: &Facts) -> Vec<&str> {
    facts.problems.iter().map(|problem| problem.what.as_str()).collect()
}

fn keys(facts: &Facts) -> Vec<&str> {
    facts.stories.iter().map(|story| story.key.as_str()).collect()
}
