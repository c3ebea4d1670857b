//! A Jira on loopback: either product, with pages as short as one likes and faults on demand. What
//! it answers has the shapes of Atlassian's REST documentation (Cloud v3 and Data Center v2) and
//! of the fixtures of go-jira and pycontribs/jira.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
};

use chrono::{NaiveDateTime, TimeZone};
use chrono_tz::Tz;
use serde_json::{Value, json};

use crate::{
    domain::Instant,
    source::{
        http::fake::{Answer, Asked, Fake},
        jira::timestamp::Timestamp,
    },
};

/// What the tracker holds, and how it misbehaves.
pub(super) struct State {
    pub(super) is_cloud: bool,
    /// As Data Center sends them with `expand=changelog`.
    pub(super) issues: Vec<Value>,
    /// By the key of the project.
    pub(super) versions: BTreeMap<&'static str, Vec<Value>>,
    pub(super) statuses: Vec<Value>,
    pub(super) fields: Value,
    /// The time zone of whoever asks.
    pub(super) zone: Tz,
    /// Most issues to a page.
    pub(super) page: usize,
    /// There is no changelog in bulk.
    pub(super) no_bulk: bool,
    /// How many histories of an issue come with it; all of them for it alone.
    pub(super) most_histories: usize,
    /// Headers of every answer.
    pub(super) headers: Vec<(&'static str, &'static str)>,
    /// Answers instead of the usual ones, to requests whose method, target and body hold the text; each once.
    pub(super) faults: VecDeque<(&'static str, Answer)>,
    /// The same, for ever.
    pub(super) always: Vec<(&'static str, Answer)>,
}

pub(super) struct Tracker {
    pub(super) fake: Fake,
    state: Arc<Mutex<State>>,
}

impl Tracker {
    pub(super) async fn start(state: State) -> Self {
        let state = Arc::new(Mutex::new(state));
        let answering = Arc::clone(&state);
        let fake = Fake::start(move |asked, _| answering.lock().unwrap().answer(asked)).await;
        Self { fake, state }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// What was asked since `from`: `GET project/PAY/versions`.
    pub(super) fn told(&self, from: usize) -> Vec<String> {
        self.fake.asked()[from..].iter().map(|asked| format!("{} {}", asked.method, path(asked))).collect()
    }

    /// The JQL of the searches since `from`.
    pub(super) fn searched(&self, from: usize) -> Vec<String> {
        self.fake.asked()[from..].iter().filter(|asked| path(asked).starts_with("search")).map(jql).collect()
    }
}

fn path(asked: &Asked) -> String {
    let path = asked.target.split('?').next().unwrap_or_default();
    let rest = path.strip_prefix("/rest/api/3/").or_else(|| path.strip_prefix("/rest/api/2/"));
    rest.unwrap_or(path).to_owned()
}

fn body(asked: &Asked) -> Value {
    serde_json::from_str(&asked.body).unwrap_or_default()
}

fn parameter(asked: &Asked, name: &str) -> Option<String> {
    let url = reqwest::Url::parse("http://localhost").unwrap().join(&asked.target).unwrap();
    url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned())
}

fn jql(asked: &Asked) -> String {
    body(asked)["jql"].as_str().map(str::to_owned).or_else(|| parameter(asked, "jql")).unwrap()
}

impl State {
    fn answer(&mut self, asked: &Asked) -> Answer {
        let whole = format!("{} {} {}", asked.method, asked.target, asked.body);
        if let Some(at) = self.faults.iter().position(|(text, _)| whole.contains(text)) {
            return self.faults.remove(at).unwrap().1;
        }
        if let Some((_, answer)) = self.always.iter().find(|(text, _)| whole.contains(text)) {
            return answer.clone();
        }
        let answer = self.usual(asked);
        self.headers.iter().fold(answer, |answer, (name, value)| answer.header(name, *value))
    }

    fn usual(&self, asked: &Asked) -> Answer {
        let path = path(asked);
        let parts: Vec<&str> = path.split('/').collect();
        let json = |value: Value| Answer::json(value.to_string());
        let interface = if self.is_cloud { "/rest/api/3/" } else { "/rest/api/2/" };
        if path != "serverInfo" && !asked.target.starts_with(interface) {
            return missing();
        }
        match parts[..] {
            ["serverInfo"] => json(json!({
                "baseUrl": "https://acme.example", "version": "9.12.2",
                "deploymentType": if self.is_cloud { "Cloud" } else { "Server" },
            })),
            ["myself"] => json(json!({
                "accountId": "5b10a2844c20165700ede21g", "displayName": "Kim Lee", "active": true,
                "timeZone": self.zone.name(),
            })),
            ["status"] => json(Value::Array(self.statuses.clone())),
            ["field"] => json(self.fields.clone()),
            ["project", key, "versions"] => match self.versions.get(key) {
                Some(versions) => {
                    let body = Value::Array(versions.clone()).to_string();
                    let etag = format!("\"{}\"", body.len());
                    Answer::json(body).with_etag(asked, &etag)
                }
                None => missing(),
            },
            ["search", "jql"] if self.is_cloud => json(self.search_by_token(asked)),
            ["search"] if !self.is_cloud => json(self.search_by_offset(asked)),
            ["changelog", "bulkfetch"] if self.is_cloud && !self.no_bulk => json(self.bulk(asked)),
            ["issue", id, "changelog"] => {
                let Some(issue) = self.issues.iter().find(|issue| issue["id"] == id) else {
                    return missing();
                };
                let from: usize = parameter(asked, "startAt").unwrap().parse().unwrap();
                let all = issue["changelog"]["histories"].as_array().unwrap();
                let values: Vec<&Value> = all.iter().skip(from).take(2).collect();
                json(json!({ "startAt": from, "maxResults": 2, "total": all.len(), "values": values,
                             "isLast": from + values.len() >= all.len() }))
            }
            _ => missing(),
        }
    }

    fn search_by_token(&self, asked: &Asked) -> Value {
        let body = body(asked);
        let from: usize = body["nextPageToken"]
            .as_str()
            .map_or(0, |token| token.strip_prefix("page-").unwrap().parse().unwrap());
        let fields: Vec<String> = serde_json::from_value(body["fields"].clone()).unwrap();
        let most = (body["maxResults"].as_u64().unwrap() as usize).min(self.page);
        let found = self.found(&jql(asked));
        let with_past = body["expand"] == "changelog";
        let issues: Vec<Value> =
            found.iter().skip(from).take(most).map(|issue| self.shown(issue, &fields, with_past)).collect();
        let mut answer = json!({ "issues": issues });
        if from + most < found.len() {
            answer["nextPageToken"] = format!("page-{}", from + most).into();
        }
        answer
    }

    fn search_by_offset(&self, asked: &Asked) -> Value {
        let number = |name| parameter(asked, name).unwrap().parse::<usize>().unwrap();
        let (from, most) = (number("startAt"), number("maxResults").min(self.page));
        let fields: Vec<String> = parameter(asked, "fields").unwrap().split(',').map(str::to_owned).collect();
        let found = self.found(&jql(asked));
        let with_past = parameter(asked, "expand").as_deref() == Some("changelog");
        let issues: Vec<Value> =
            found.iter().skip(from).take(most).map(|issue| self.shown(issue, &fields, with_past)).collect();
        json!({ "expand": "schema,names", "startAt": from, "maxResults": most, "total": found.len(), "issues": issues })
    }

    /// What the parts of JQL that are used here choose.
    fn found(&self, jql: &str) -> Vec<&Value> {
        let between = |begin: &str, end: &str| {
            let rest = &jql[jql.find(begin)? + begin.len()..];
            Some(&rest[..rest.find(end)?])
        };
        let projects = between("project in (", ")");
        let ids = between("id in (", ")").filter(|_| jql.starts_with("id in"));
        let since = between("AND updated >= \"20", "\"").map(|moment| {
            let local = NaiveDateTime::parse_from_str(&format!("20{moment}"), "%Y-%m-%d %H:%M").unwrap();
            self.zone.from_local_datetime(&local).earliest().unwrap().to_utc()
        });
        let mut found: Vec<&Value> = self
            .issues
            .iter()
            .filter(|issue| {
                let key = issue["key"].as_str().unwrap();
                let project = format!("\"{}\"", key.split('-').next().unwrap());
                projects.is_none_or(|projects| projects.contains(&project))
                    && ids.is_none_or(|ids| ids.split(',').any(|id| issue["id"] == id))
                    && since.is_none_or(|since| at(&issue["fields"]["updated"]) >= since)
            })
            .collect();
        if jql.ends_with("ORDER BY created DESC") {
            found.sort_by_key(|issue| std::cmp::Reverse(at(&issue["fields"]["created"])));
        } else {
            assert!(jql.ends_with("ORDER BY updated ASC"), "{jql}");
            found.sort_by_key(|issue| at(&issue["fields"]["updated"]));
        }
        found
    }

    fn shown(&self, issue: &Value, fields: &[String], with_past: bool) -> Value {
        let all = issue["fields"].as_object().unwrap();
        let shown: serde_json::Map<String, Value> = all
            .iter()
            .filter(|(name, _)| fields.contains(name))
            .map(|(n, v)| (n.clone(), v.clone()))
            .collect();
        let mut answer =
            json!({ "id": issue["id"], "key": issue["key"], "self": "https://acme.example/rest" });
        if !shown.is_empty() {
            answer["fields"] = Value::Object(shown);
        }
        if with_past {
            let all = issue["changelog"]["histories"].as_array().unwrap();
            let some: Vec<&Value> = all.iter().rev().take(self.most_histories).collect();
            answer["changelog"] =
                json!({ "startAt": 0, "maxResults": some.len(), "total": all.len(), "histories": some });
        }
        answer
    }

    fn bulk(&self, asked: &Asked) -> Value {
        let body = body(asked);
        let wanted: Vec<String> = serde_json::from_value(body["issueIdsOrKeys"].clone()).unwrap();
        let logs: Vec<Value> = self
            .issues
            .iter()
            .filter(|issue| wanted.iter().any(|id| issue["id"] == id.as_str()))
            .map(|issue| {
                let histories = issue["changelog"]["histories"].as_array().unwrap().iter().map(|history| {
                    let mut history = history.clone();
                    history["created"] = at(&history["created"]).timestamp_millis().into();
                    history
                });
                json!({ "issueId": issue["id"], "changeHistories": histories.collect::<Vec<_>>() })
            })
            .collect();
        // One issue to a page, to see that all pages are read.
        let from: usize = body["nextPageToken"].as_str().map_or(0, |token| token.parse().unwrap());
        let mut answer = json!({ "issueChangeLogs": logs.iter().skip(from).take(1).collect::<Vec<_>>() });
        if from + 1 < logs.len() {
            answer["nextPageToken"] = (from + 1).to_string().into();
        }
        answer
    }
}

fn at(value: &Value) -> Instant {
    Timestamp::parse(value.as_str().unwrap()).unwrap().0
}

pub(super) fn missing() -> Answer {
    Answer::new(404, r#"{"errorMessages":["No such thing, or you may not see it."],"errors":{}}"#)
        .header("content-type", "application/json")
}
