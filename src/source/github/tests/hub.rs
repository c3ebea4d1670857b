//! A GitHub on loopback: lists with pages, validators that change with what they stand for, and
//! faults on demand. What it answers has the shapes of GitHub's documentation.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
};

use serde_json::{Value, json};

use crate::{
    domain::Instant,
    source::http::fake::{Answer, Asked, Fake},
};

/// What the hub holds, and how it misbehaves.
#[derive(Default)]
pub(super) struct State {
    pub(super) milestones: Vec<Value>,
    /// The one that changed last first, like all lists.
    pub(super) issues: Vec<Value>,
    pub(super) pull_requests: Vec<Value>,
    pub(super) releases: Vec<Value>,
    pub(super) tags: Vec<Value>,
    pub(super) deployments: Vec<Value>,
    pub(super) runs: Vec<Value>,
    /// None: code scanning is off.
    pub(super) alerts: Option<Vec<Value>>,
    /// What a search finds, whatever it is.
    pub(super) found: Vec<Value>,
    /// Rules of branches other than the main one.
    pub(super) branches: BTreeMap<&'static str, Value>,
    /// Heads of branches, with their checks.
    pub(super) heads: BTreeMap<&'static str, Value>,
    /// Repositories of `o` that are there, all with the same in them; none: `api`.
    pub(super) names: Vec<&'static str>,
    /// What every answer says is left of the limit, and until when.
    pub(super) limit: Option<(u64, Instant)>,
    /// Who asks; empty: `kim`.
    pub(super) login: &'static str,
    /// Scopes of a classic token.
    pub(super) scopes: Option<&'static str>,
    pub(super) repository: Value,
    pub(super) rules: Value,
    /// Answers instead of the usual ones, to requests whose target and body hold the text; each once.
    pub(super) faults: VecDeque<(&'static str, Answer)>,
    /// Answers to requests whose target holds the text, for ever.
    pub(super) always: Vec<(&'static str, Answer)>,
    /// Errors beside the data of GraphQL answers to the operation.
    pub(super) errors: BTreeMap<&'static str, Value>,
    /// Pages of pull requests larger than this end in a 502.
    pub(super) most_pull_requests: Option<u64>,
    /// Fields that the server does not have.
    pub(super) lacking: Vec<(&'static str, &'static str)>,
    /// Without a token GraphQL is refused.
    pub(super) demands_token: bool,
}

pub(super) struct Hub {
    pub(super) fake: Fake,
    state: Arc<Mutex<State>>,
}

impl Hub {
    pub(super) async fn start(state: State) -> Self {
        let state = Arc::new(Mutex::new(state));
        let answering = Arc::clone(&state);
        let fake = Fake::start(move |asked, _| answering.lock().unwrap().answer(asked)).await;
        Self { fake, state }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// What was asked since `from`, in short: `GET pulls`, `Issues`.
    pub(super) fn told(&self, from: usize) -> Vec<String> {
        self.fake.asked()[from..].iter().map(short).collect()
    }
}

fn short(asked: &Asked) -> String {
    if asked.method == "POST" {
        return operation(asked);
    }
    let path = asked.target.split('?').next().unwrap_or_default();
    let last = path.strip_prefix("/repos/o/api/").unwrap_or(path);
    format!("GET {last}")
}

fn operation(asked: &Asked) -> String {
    let body: Value = serde_json::from_str(&asked.body).unwrap();
    let query = body["query"].as_str().unwrap().strip_prefix("query ").unwrap();
    query.split('(').next().unwrap().to_owned()
}

/// Variables of a GraphQL request.
pub(super) fn variables(asked: &Asked) -> Value {
    serde_json::from_str::<Value>(&asked.body).unwrap()["variables"].take()
}

impl State {
    fn answer(&mut self, asked: &Asked) -> Answer {
        let answer = self.answer_without_limit(asked);
        let Some((remaining, until)) = self.limit else { return answer };
        answer
            .header("x-ratelimit-limit", "5000")
            .header("x-ratelimit-remaining", remaining.to_string())
            .header("x-ratelimit-reset", until.timestamp().to_string())
            .header("x-ratelimit-resource", "core")
    }

    fn answer_without_limit(&mut self, asked: &Asked) -> Answer {
        let whole = format!("{} {}", asked.target, asked.body);
        if let Some(at) = self.faults.iter().position(|(text, _)| whole.contains(text)) {
            return self.faults.remove(at).unwrap().1;
        }
        if let Some((_, answer)) = self.always.iter().find(|(text, _)| asked.target.contains(text)) {
            return answer.clone();
        }
        if asked.method == "POST" {
            if self.demands_token && asked.header("authorization").is_none() {
                return Answer::new(401, r#"{"message": "This endpoint requires you to be authenticated."}"#);
            }
            return self.graphql(asked);
        }
        let path = asked.target.split('?').next().unwrap_or_default();
        let rest = |items: &[Value], most: usize| Value::Array(items.iter().take(most).cloned().collect());
        let below = |name: &&str| path.strip_prefix("/repos/o/")?.strip_prefix(*name)?.strip_prefix('/');
        let names = if self.names.is_empty() { &["api"] } else { &self.names[..] };
        let body = match names.iter().find_map(below).unwrap_or(path) {
            "pulls" => rest(&self.pull_requests, 1),
            "issues" => rest(&self.issues, 1),
            "milestones" => rest(&self.milestones, 100),
            "releases" => rest(&self.releases, 5),
            "tags" => rest(&self.tags, 100),
            "deployments" => rest(&self.deployments, 10),
            "actions/runs" => {
                json!({ "total_count": self.runs.len(), "workflow_runs": rest(&self.runs, 20) })
            }
            "code-scanning/alerts" => {
                if let Some(alerts) = &self.alerts {
                    return alert_page(alerts, asked);
                }
                let message = "Code scanning is not enabled for this repository.";
                return Answer::new(403, json!({ "message": message }).to_string());
            }
            "/user" => json!({ "login": "kim" }),
            "/rate_limit" => {
                let limit = |remaining: u64| json!({ "limit": 5_000, "remaining": remaining, "reset": 1_793_538_000_i64 });
                let body = json!({ "resources": { "core": limit(4_990), "graphql": limit(120) } });
                let answer = Answer::json(body.to_string()).header("date", "Sun, 01 Nov 2026 12:05:00 GMT");
                return match self.scopes {
                    Some(scopes) => answer.header("x-oauth-scopes", scopes),
                    None => answer,
                };
            }
            "/repos/o/api" => json!({ "full_name": "o/api", "private": true, "has_issues": true }),
            "rules/branches/next" => json!([]),
            "rules/branches/main" => self.rules.clone(),
            _ => return Answer::new(404, r#"{"message": "Not Found"}"#),
        };
        let body = body.to_string();
        let etag = format!("W/\"{:08x}\"", crc32fast::hash(body.as_bytes()));
        Answer::json(body).with_etag(asked, &etag)
    }

    fn graphql(&self, asked: &Asked) -> Answer {
        let body: Value = serde_json::from_str(&asked.body).unwrap();
        let query = body["query"].as_str().unwrap();
        let variables = &body["variables"];
        let unknown: Vec<Value> = self
            .lacking
            .iter()
            .filter(|(_, field)| query.lines().any(|line| line.trim().starts_with(field)))
            .map(|(of, field)| {
                json!({
                    "path": ["query", "repository"],
                    "extensions": { "code": "undefinedField", "typeName": of, "fieldName": field },
                    "message": format!("Field '{field}' doesn't exist on type '{of}'"),
                })
            })
            .collect();
        if !unknown.is_empty() {
            return Answer::json(json!({ "errors": unknown }).to_string());
        }
        let operation = operation(asked);
        let since = variables["since"].as_str();
        let after = |item: &&Value| {
            item.is_null() || since.is_none_or(|since| item["updatedAt"].as_str() >= Some(since))
        };
        let repository = match operation.as_str() {
            "Repository" => self.repository.clone(),
            "Branch" => {
                let branch = variables["ref"].as_str().unwrap().strip_prefix("refs/heads/").unwrap();
                let rule = self.branches.get(branch);
                json!({ "ref": { "name": branch, "refUpdateRule": rule } })
            }
            "Build" => {
                let branch = variables["ref"].as_str().unwrap().strip_prefix("refs/heads/").unwrap();
                let head = self.heads.get(branch);
                json!({ "ref": head.map(|head| json!({ "name": branch, "target": head })) })
            }
            "Search" => {
                let search = page(self.found.iter(), variables);
                return Answer::json(json!({ "data": { "search": search } }).to_string());
            }
            "Milestones" => json!({ "milestones": page(self.milestones.iter(), variables) }),
            "Issues" => json!({ "issues": page(self.issues.iter().filter(after), variables) }),
            "MilestoneIssues" => {
                let milestone = self
                    .milestones
                    .iter()
                    .find(|milestone| milestone["number"] == variables["number"])
                    .unwrap();
                let of = self.issues.iter().filter(|issue| issue["milestone"]["title"] == milestone["title"]);
                json!({ "milestone": { "issues": page(of, variables) } })
            }
            "PullRequests" => {
                if self.most_pull_requests.is_some_and(|most| variables["first"].as_u64().unwrap() > most) {
                    return Answer::page(502);
                }
                let states = variables["states"].as_array().unwrap();
                let found = self.pull_requests.iter().filter(|found| states.contains(&found["state"]));
                json!({ "pullRequests": page(found, variables) })
            }
            "PullRequestsAgain" => {
                let find = |id: &Value| self.pull_requests.iter().find(|found| found["id"] == *id).cloned();
                let nodes: Vec<_> = variables["ids"].as_array().unwrap().iter().map(find).collect();
                return Answer::json(json!({ "data": { "nodes": nodes } }).to_string());
            }
            "Releases" => json!({ "releases": page(self.releases.iter(), variables) }),
            "Tags" => json!({ "refs": page(self.tags.iter(), variables) }),
            "Deployments" => json!({ "deployments": page(self.deployments.iter(), variables) }),
            other => panic!("an operation that nobody knows: {other}"),
        };
        let mut answer = json!({ "data": { "repository": repository } });
        if query.contains("viewer {") {
            let login = if self.login.is_empty() { "kim" } else { self.login };
            answer["data"]["viewer"] = json!({ "login": login });
        }
        if let Some(errors) = self.errors.get(operation.as_str()) {
            answer["errors"] = errors.clone();
        }
        Answer::json(answer.to_string())
    }
}

/// Alerts by pages of two, so that there are some.
fn alert_page(alerts: &[Value], asked: &Asked) -> Answer {
    let url = reqwest::Url::parse(&format!("http://fake{}", asked.target)).unwrap();
    let given =
        |name: &str| url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned());
    assert_eq!(given("sort").as_deref(), Some("updated"));
    let is_wanted = |alert: &&Value| match given("state").as_deref() {
        None => true,
        Some(state) => alert["state"] == state,
    };
    let page: usize = given("page").map_or(1, |page| page.parse().unwrap());
    let size = if given("per_page").as_deref() == Some("1") { 1 } else { 2 };
    let wanted: Vec<&Value> = alerts.iter().filter(is_wanted).collect();
    let shown: Vec<&&Value> = wanted.iter().skip((page - 1) * size).take(size).collect();
    let body = json!(shown).to_string();
    let etag = format!("W/\"{:08x}\"", crc32fast::hash(body.as_bytes()));
    let answer = Answer::json(body).with_etag(asked, &etag);
    if page * size >= wanted.len() {
        return answer;
    }
    let mut next = asked.target.split("&page=").next().unwrap().to_owned();
    next = format!("http://{}{next}&page={}", asked.header("host").unwrap(), page + 1);
    answer.header("link", format!("<{next}>; rel=\"next\""))
}

fn page<'a>(items: impl Iterator<Item = &'a Value>, variables: &Value) -> Value {
    let items: Vec<&Value> = items.collect();
    let first = usize::try_from(variables["first"].as_u64().unwrap()).unwrap();
    assert!((1..=100).contains(&first), "GitHub refuses a page of {first}");
    let from: usize = variables["after"].as_str().map_or(0, |cursor| cursor[1..].parse().unwrap());
    let until = (from + first).min(items.len());
    json!({
        "totalCount": items.len(),
        "pageInfo": { "hasNextPage": until < items.len(), "endCursor": format!("c{until}") },
        "nodes": items[from.min(until)..until],
    })
}

/// A day of October 2026.
pub(super) fn day(day: u32) -> String {
    format!("2026-10-{day:02}T08:00:00Z")
}

/// An open issue in the milestone `v4.2`, last changed on a day of October.
pub(super) fn issue(number: u64, changed: u32) -> Value {
    json!({
        "number": number, "title": format!("Issue {number}"), "state": "OPEN", "stateReason": null,
        "createdAt": day(1), "closedAt": null, "updatedAt": day(changed),
        "url": format!("https://github.com/o/api/issues/{number}"), "milestone": { "title": "v4.2" },
        "assignees": { "nodes": [] }, "labels": { "nodes": [] }, "parent": null,
        "timelineItems": { "nodes": [
            { "__typename": "MilestonedEvent", "createdAt": day(1), "milestoneTitle": "v4.2" },
        ] },
    })
}

/// An open pull request without checks, last changed on a day of October.
pub(super) fn pull_request(number: u64, changed: u32) -> Value {
    json!({
        "id": format!("PR_{number}"), "number": number, "title": format!("Change {number}"), "state": "OPEN",
        "isDraft": false, "author": { "__typename": "User", "login": "kim" }, "headRefName": "fix",
        "headRefOid": format!("{number:040x}"), "baseRefName": "main", "createdAt": day(1), "mergedAt": null,
        "closedAt": null, "updatedAt": day(changed), "url": null, "additions": 3, "deletions": 1,
        "mergeable": "MERGEABLE", "mergeStateStatus": "CLEAN", "reviewDecision": null, "mergeCommit": null,
        "milestone": null, "labels": { "nodes": [] }, "reviews": { "nodes": [] },
        "latestOpinionatedReviews": { "nodes": [] }, "reviewRequests": { "nodes": [] },
        "closingIssuesReferences": { "nodes": [] }, "timelineItems": { "nodes": [] },
        "firstCommit": { "nodes": [] }, "head": { "nodes": [] },
    })
}

/// A hub with one milestone, and so many issues and pull requests.
pub(super) fn filled(issues: u64, pull_requests: u64) -> State {
    State {
        milestones: vec![json!({
            "number": 1, "title": "v4.2", "state": "OPEN", "dueOn": "2026-11-25T00:00:00Z", "createdAt": day(1),
            "closedAt": null, "updatedAt": day(1), "url": null, "issues": { "totalCount": issues },
        })],
        issues: (1..=issues).map(|number| issue(number, 20)).collect(),
        pull_requests: (1..=pull_requests).map(|number| pull_request(10_000 + number, 20)).collect(),
        repository: json!({
            "nameWithOwner": "o/api", "environments": { "nodes": [] },
            "defaultBranchRef": { "name": "main", "refUpdateRule": null },
        }),
        rules: json!([]),
        ..State::default()
    }
}
