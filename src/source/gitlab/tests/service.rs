//! A GitLab on loopback: tables behind routes, pages, conditional requests, and faults.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Arc, Mutex, MutexGuard},
};

use chrono::{DateTime, TimeZone, Utc};
use serde_json::{Value, json};

use crate::{
    domain::{Facts, Instant, SourceId},
    source::{
        Answer, Round, Source,
        gitlab::{GitlabProject, GitlabSettings, GitlabSource},
        http::{
            Credentials, Http, Scheme, Token, TokenFrom,
            fake::{self, Asked, Fake},
        },
    },
};

/// When the tests are.
pub(super) fn now() -> Instant {
    Utc.with_ymd_and_hms(2026, 11, 25, 12, 0, 0).unwrap()
}

/// What the service holds.
#[derive(Default)]
pub(super) struct Tables {
    /// By path below `/api/v4/`.
    pub(super) routes: BTreeMap<String, Value>,
    /// Answers that come instead, by method and path.
    pub(super) faults: BTreeMap<String, fake::Answer>,
    /// What a request changes before it is answered, by its method and path: a path and what is there then.
    pub(super) effects: BTreeMap<String, (String, Value)>,
    /// Headers of every answer.
    pub(super) headers: Vec<(&'static str, String)>,
    /// Answers requests whose target holds the text otherwise.
    pub(super) fails_with: Option<(String, fake::Answer)>,
    /// The server has pages by key.
    pub(super) keyset: bool,
    /// What was asked, and the status that it was answered with.
    pub(super) log: Vec<(String, u16)>,
}

/// A GitLab with its tables.
pub(super) struct Service {
    pub(super) fake: Fake,
    tables: Arc<Mutex<Tables>>,
}

pub(super) const API: &str = "projects/acme%2Fpay%2Fapi";

impl Service {
    pub(super) async fn start() -> Self {
        let tables = Arc::new(Mutex::new(Tables { routes: sample(), ..Tables::default() }));
        let shared = Arc::clone(&tables);
        let fake = Fake::start(move |asked, _| shared.lock().unwrap().answer(asked)).await;
        Self { fake, tables }
    }

    pub(super) fn tables(&self) -> MutexGuard<'_, Tables> {
        self.tables.lock().unwrap()
    }

    /// Puts `value` at a path below the project.
    pub(super) fn put(&self, below: &str, value: Value) {
        self.tables().routes.insert(format!("{API}{below}"), value);
    }

    /// Answers a path below the project otherwise.
    pub(super) fn fail(&self, method: &str, below: &str, answer: fake::Answer) {
        self.tables().faults.insert(format!("{method} {API}{below}"), answer);
    }

    /// What was asked since the last time, with its status.
    pub(super) fn log(&self) -> Vec<(String, u16)> {
        std::mem::take(&mut self.tables().log)
    }

    pub(super) fn http(&self, settings: &GitlabSettings) -> Http {
        let mut http = self.fake.settings();
        http.base = http.base.join("api/v4/").unwrap();
        http.credentials = settings.credentials.clone();
        http.service = "gitlab".into();
        http.timeout = std::time::Duration::from_millis(300);
        Http::new(http).unwrap()
    }

    pub(super) fn source(&self) -> GitlabSource {
        self.source_of(settings())
    }

    pub(super) fn source_of(&self, settings: GitlabSettings) -> GitlabSource {
        let http = self.http(&settings);
        GitlabSource::new(SourceId::new("gitlab"), settings, http)
    }

    /// A source without a token.
    pub(super) fn public(&self) -> GitlabSource {
        self.source_of(GitlabSettings { credentials: Credentials::none(), ..settings() })
    }

    /// A source of two projects, of which the second one is not there.
    pub(super) fn two(&self) -> GitlabSource {
        let mut settings = settings();
        settings.projects.push(GitlabProject { path: "acme/gone".to_owned(), project: None });
        self.source_of(settings)
    }
}

/// One project, and a token.
pub(super) fn settings() -> GitlabSettings {
    let token = TokenFrom::Given(Token::new("glpat-secret").unwrap(), "test".into());
    GitlabSettings {
        credentials: Credentials::new(Scheme::Bearer, vec![token]),
        ..GitlabSettings::new("gitlab.example.com", "acme/pay/api")
    }
}

/// The facts of a round that has news.
pub(super) async fn facts(source: &mut GitlabSource, round: &Round) -> Arc<Facts> {
    match source.fetch(round).await.unwrap() {
        Answer::Facts(facts) => facts,
        Answer::Unchanged => panic!("nothing new"),
    }
}

impl Tables {
    fn answer(&mut self, asked: &Asked) -> fake::Answer {
        let target = asked.target.trim_start_matches("/api/v4/").to_owned();
        let (path, query) = target.split_once('?').unwrap_or((&target, ""));
        if let Some((path, value)) = self.effects.get(&format!("{} {path}", asked.method)) {
            self.routes.insert(path.clone(), value.clone());
        }
        let fails =
            self.fails_with.as_ref().filter(|(text, _)| target.contains(text)).map(|(_, fault)| fault);
        let (answer, status) = match fails.or(self.faults.get(&format!("{} {path}", asked.method))) {
            Some(fault) => (fault.clone(), 0),
            None => self.found(asked, path, query),
        };
        self.log.push((format!("{} {target}", asked.method), status));
        let date = ("date", now().format("%a, %d %b %Y %H:%M:%S GMT").to_string());
        self.headers
            .iter()
            .chain([&date])
            .fold(answer, |answer, (name, value)| answer.header(name, value.clone()))
    }

    fn found(&self, asked: &Asked, path: &str, query: &str) -> (fake::Answer, u16) {
        let Some(value) = self.routes.get(path) else {
            let body = r#"{"message":"404 Not Found"}"#;
            return (fake::Answer::new(404, body).header("content-type", "application/json"), 404);
        };
        let Value::Array(items) = value else { return conditional(asked, value, None) };
        let query: BTreeMap<String, String> = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.replace("%3A", ":").replace("%20", " ")))
            .collect();
        let get = |name: &str| query.get(name).map(String::as_str);
        if get("pagination") == Some("keyset") && !self.keyset {
            let body = r#"{"error":"Keyset pagination is not yet available for this type of request"}"#;
            return (fake::Answer::new(405, body).header("content-type", "application/json"), 405);
        }
        let time = |item: &Value| {
            item["updated_at"]
                .as_str()
                .and_then(|at| DateTime::parse_from_rfc3339(at).ok())
                .map(|at| at.to_utc())
        };
        let limit = |name: &str| get(name).map(|at| DateTime::parse_from_rfc3339(at).unwrap().to_utc());
        let mut items: Vec<&Value> = items
            .iter()
            .filter(|item| limit("updated_after").is_none_or(|limit| time(item).is_none_or(|at| at >= limit)))
            .filter(|item| {
                limit("updated_before").is_none_or(|limit| time(item).is_none_or(|at| at <= limit))
            })
            .filter(|item| get("state").is_none_or(|state| state == "all" || item["state"] == *state))
            .filter(|item| get("ref").is_none_or(|reference| item["ref"] == *reference))
            .filter(|item| match get("milestone") {
                None => true,
                Some("Any") => !item["milestone"].is_null(),
                Some(title) => item["milestone"]["title"] == *title,
            })
            .collect();
        if get("order_by") == Some("updated_at") {
            items.sort_by_key(|item| time(item));
            if get("sort") == Some("desc") {
                items.reverse();
            }
        }
        let number =
            |name: &str, otherwise: usize| get(name).map_or(otherwise, |value| value.parse().unwrap());
        let (page, per_page) = (number("page", 1), number("per_page", 20));
        let rest: Vec<&Value> = items.into_iter().skip((page - 1) * per_page).collect();
        let link = (rest.len() > per_page).then(|| {
            let others: Vec<String> = query
                .iter()
                .filter(|(name, _)| name.as_str() != "page")
                .map(|(name, value)| format!("{name}={}", value.replace(':', "%3A").replace(' ', "%20")))
                .collect();
            let address = format!(
                "http://{}/api/v4/{path}?{}&page={}",
                asked.header("host").unwrap(),
                others.join("&"),
                page + 1
            );
            format!("<{address}>; rel=\"next\"")
        });
        let body = Value::from(rest.into_iter().take(per_page).cloned().collect::<Vec<_>>());
        conditional(asked, &body, link)
    }
}

/// 304 for what the asker has, as Rails does it: a weak `ETag` of the body.
fn conditional(asked: &Asked, body: &Value, link: Option<String>) -> (fake::Answer, u16) {
    let body = body.to_string();
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    let etag = format!("W/\"{:032x}\"", hasher.finish());
    let status = if asked.header("if-none-match") == Some(etag.as_str()) { 304 } else { 200 };
    let answer = fake::Answer::json(body).with_etag(asked, &etag);
    let answer = match link {
        Some(link) if status == 200 => answer.header("link", link),
        _ => answer,
    };
    (answer, status)
}

pub(super) fn user(id: u64, name: &str) -> Value {
    json!({ "id": id, "username": name, "name": name, "state": "active", "avatar_url": null,
            "web_url": format!("https://gitlab.example.com/{name}") })
}

pub(super) fn milestone() -> Value {
    json!({ "id": 61, "iid": 9, "project_id": 7, "title": "v4.2", "state": "active", "due_date": "2026-12-01",
            "start_date": "2026-11-02", "updated_at": "2026-11-02T08:00:00.000Z",
            "web_url": "https://gitlab.example.com/acme/pay/api/-/milestones/9" })
}

pub(super) fn issue(iid: u64, updated_at: &str) -> Value {
    json!({
        "id": 1000 + iid, "iid": iid, "project_id": 7, "title": format!("Story {iid}"), "description": "…",
        "state": "opened", "created_at": "2026-11-03T08:00:00.000Z", "updated_at": updated_at, "closed_at": null,
        "labels": [], "milestone": milestone(), "assignees": [], "author": user(1, "kim"), "type": "ISSUE",
        "issue_type": "issue", "severity": "UNKNOWN", "weight": 3, "blocking_issues_count": 0, "due_date": null,
        "web_url": format!("https://gitlab.example.com/acme/pay/api/-/issues/{iid}"),
        "references": { "short": format!("#{iid}"), "full": format!("acme/pay/api#{iid}") },
    })
}

pub(super) fn merge_request(iid: u64, updated_at: &str) -> Value {
    json!({
        "id": 2000 + iid, "iid": iid, "project_id": 7, "title": "Refund twice", "description": "Closes #1",
        "state": "opened", "draft": false, "work_in_progress": false, "author": user(2, "lee"),
        "assignees": [user(2, "lee")], "reviewers": [user(1, "kim"), user(3, "ada")], "labels": ["payments"],
        "milestone": milestone(), "source_branch": "refunds", "target_branch": "main", "sha": "b".repeat(40),
        "created_at": "2026-11-20T08:00:00.000Z", "updated_at": updated_at, "merged_at": null, "closed_at": null,
        "merge_commit_sha": null, "squash_commit_sha": null, "merge_status": "can_be_merged",
        "detailed_merge_status": "not_approved", "has_conflicts": false, "merge_when_pipeline_succeeds": false,
        "web_url": format!("https://gitlab.example.com/acme/pay/api/-/merge_requests/{iid}"),
    })
}

/// One project with one of everything.
fn sample() -> BTreeMap<String, Value> {
    let pipeline = json!({ "id": 46, "iid": 11, "project_id": 7, "status": "success", "source": "push",
        "ref": "main", "sha": "a".repeat(40), "updated_at": "2026-11-24T10:09:00.000Z" });
    let mut single = merge_request(5, "2026-11-24T08:00:00.000Z");
    single["head_pipeline"] = json!({ "id": 47, "project_id": 7, "sha": "b".repeat(40), "status": "success",
        "ref": "refs/merge-requests/5/head", "updated_at": "2026-11-24T08:30:00.000Z" });
    let note = |body: &str, at: &str, who: Value, system: bool| json!({ "id": 302, "body": body, "author": who, "created_at": at, "system": system });
    let below = [
        (
            "",
            json!({
                "id": 7, "path_with_namespace": "acme/pay/api", "default_branch": "main", "merge_method": "merge",
                "squash_option": "default_off", "merge_trains_enabled": false, "issues_enabled": true,
                "only_allow_merge_if_pipeline_succeeds": true, "merge_requests_enabled": true, "jobs_enabled": true,
                "permissions": { "project_access": { "access_level": 30, "notification_level": 3 }, "group_access": null },
            }),
        ),
        ("/milestones", json!([milestone()])),
        ("/issues", json!([issue(1, "2026-11-10T08:00:00.000Z"), issue(2, "2026-11-12T08:00:00.000Z")])),
        ("/issues/1/resource_state_events", json!([])),
        (
            "/issues/1/resource_milestone_events",
            json!([{ "id": 142, "created_at": "2026-11-04T08:00:00.000Z",
            "resource_type": "Issue", "resource_id": 1001, "milestone": milestone(), "action": "add" }]),
        ),
        ("/issues/1/resource_label_events", json!([])),
        (
            "/issues/1/links",
            json!([{ "id": 1002, "iid": 2, "title": "Story 2", "link_type": "is_blocked_by",
            "references": { "short": "#2", "full": "acme/pay/api#2" } }]),
        ),
        ("/issues/2/resource_state_events", json!([])),
        ("/issues/2/resource_milestone_events", json!([])),
        ("/issues/2/resource_label_events", json!([])),
        ("/issues/2/links", json!([])),
        ("/merge_requests", json!([merge_request(5, "2026-11-24T08:00:00.000Z")])),
        ("/merge_requests/5", single),
        (
            "/merge_requests/5/approvals",
            json!({ "id": 5, "approvals_required": 2, "approvals_left": 1, "approved": false,
            "approved_by": [{ "user": user(1, "kim") }] }),
        ),
        (
            "/merge_requests/5/notes",
            json!([
                note("approved this merge request", "2026-11-23T08:00:00.000Z", user(1, "kim"), true),
                note("why twice?", "2026-11-22T08:00:00.000Z", user(3, "ada"), false),
            ]),
        ),
        (
            "/merge_requests/5/commits",
            json!([
                { "id": "b".repeat(40), "authored_date": "2026-11-20T07:00:00.000Z", "created_at": "2026-11-20T07:00:00.000Z" },
                { "id": "c".repeat(40), "authored_date": "2026-11-19T07:00:00.000+01:00", "created_at": "2026-11-19T07:00:00.000Z" },
            ]),
        ),
        ("/pipelines", json!([pipeline])),
        (
            "/pipelines/47/jobs",
            json!([{ "id": 7, "name": "rspec", "stage": "test", "status": "success",
            "allow_failure": false, "finished_at": "2026-11-24T08:29:00.000Z" }]),
        ),
        (
            "/pipelines/46/test_report_summary",
            json!({ "total": { "count": 12 }, "test_suites": [
            { "name": "rspec", "total_count": 12, "success_count": 11, "failed_count": 0, "skipped_count": 1, "error_count": 0, "suite_error": null },
        ] }),
        ),
        (
            "/releases",
            json!([{ "tag_name": "v4.1", "name": "4.1", "released_at": "2026-10-30T12:00:00.000Z",
            "commit": { "id": "d".repeat(40) }, "milestones": [], "_links": { "self": "https://gitlab.example.com/acme/pay/api/-/releases/v4.1" } }]),
        ),
        (
            "/repository/tags",
            json!([{ "name": "v4.1", "commit": { "id": "d".repeat(40), "committed_date": "2026-10-30T11:00:00.000Z" } }]),
        ),
        (
            "/deployments",
            json!([{ "id": 42, "iid": 2, "ref": "v4.1", "sha": "d".repeat(40), "status": "success",
            "created_at": "2026-10-30T12:01:00.000Z", "updated_at": "2026-10-30T12:09:00.000Z",
            "environment": { "id": 9, "name": "production", "tier": "production" }, "deployable": null }]),
        ),
        (
            "/environments",
            json!([{ "id": 9, "name": "production", "slug": "production", "tier": "production", "state": "available" }]),
        ),
        (
            "/freeze_periods",
            json!([{ "id": 1, "freeze_start": "0 23 * * 5", "freeze_end": "0 8 * * 1", "cron_timezone": "UTC",
            "created_at": "2020-05-15T17:03:35.702Z", "updated_at": "2020-05-15T17:06:41.566Z" }]),
        ),
    ];
    let mut routes: BTreeMap<String, Value> =
        below.into_iter().map(|(below, value)| (format!("{API}{below}"), value)).collect();
    routes.insert("user".to_owned(), user(1, "kim"));
    routes.insert("version".to_owned(), json!({ "version": "17.9.2-ee", "revision": "4e963fe" }));
    routes.insert(
        "personal_access_tokens/self".to_owned(),
        json!({ "id": 4, "name": "board", "revoked": false, "scopes": ["read_api"], "user_id": 1, "active": true,
                "expires_at": "2026-12-01" }),
    );
    routes.insert("users".to_owned(), json!([user(3, "ada")]));
    routes
}
