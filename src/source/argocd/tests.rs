//! Bodies in the shapes of Argo CD's own description (`assets/swagger.json`, `v1alpha1Application`
//! and `v1alpha1AppProject`), with the windows of `docs/user-guide/sync_windows.md`. A list that is
//! asked for by fields holds what `forwarder_overwrite.go` puts into it, `null` included.

use std::{collections::HashMap, fmt::Write as _};

use chrono::TimeZone;
use reqwest::Url;
use serde_json::{Value, json};

use super::*;
use crate::{
    domain::Tier,
    source::{
        DiagnosisState,
        http::{
            Settings,
            fake::{self, Asked, Fake},
        },
    },
};

fn at(day: u32, hour: u32) -> Instant {
    chrono::Utc.with_ymd_and_hms(2026, 11, day, hour, 0, 0).unwrap()
}

fn source_with(fake: &Fake, change: impl FnOnce(&mut ArgocdSettings, &mut Settings)) -> ArgocdSource {
    let mut settings = ArgocdSettings::new(fake.url().join("argo").unwrap());
    let mut http = Settings { base: settings.site.clone(), ..fake.settings() };
    change(&mut settings, &mut http);
    ArgocdSource::new(SourceId::new("argocd"), settings, Http::new(http).unwrap())
}

fn source(fake: &Fake) -> ArgocdSource {
    source_with(fake, |_, _| {})
}

async fn facts(source: &mut ArgocdSource, now: Instant) -> Arc<Facts> {
    match source.fetch(&Round::at(now)).await {
        Ok(Answer::Facts(facts)) => facts,
        other => panic!("{other:?}"),
    }
}

const A: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const B: &str = "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const C: &str = "cccccccccccccccccccccccccccccccccccccccc";

/// Three applications, whole: one whose images say the version, a chart that is out of sync, and
/// one whose last sync failed.
fn whole() -> Vec<Value> {
    let git = json!({"repoURL": "https://git.example.org/shop/deploy.git", "path": "payments", "targetRevision": "HEAD"});
    let chart =
        json!({"repoURL": "https://charts.example.org", "chart": "ingress-nginx", "targetRevision": "4.*"});
    vec![
        json!({
            "metadata": {"name": "payments-prod", "namespace": "argocd", "uid": "1", "resourceVersion": "77",
                         "labels": {"region": "eu-central-1"}},
            "spec": {"project": "shop", "source": git,
                     "destination": {"name": "prod-eu", "namespace": "prod"}, "syncPolicy": {"automated": {"prune": true}}},
            "status": {
                "sync": {"status": "Synced", "revision": B, "comparedTo": {}}, "health": {"status": "Healthy"},
                "summary": {"images": ["registry.example.org:5000/shop/payments:v4.2.0@sha256:1234", "istio/proxyv2:1.20.1"]},
                "operationState": {"phase": "Succeeded", "message": "successfully synced",
                    "operation": {"sync": {"revision": B}},
                    "startedAt": "2026-11-21T10:00:00Z", "finishedAt": "2026-11-21T10:02:00Z",
                    "syncResult": {"revision": B, "source": git, "resources": []}},
                "history": [
                    {"id": 2, "revision": C, "deployedAt": "2026-06-10T09:03:00Z", "deployStartedAt": "2026-06-10T09:00:00Z", "source": git},
                    {"id": 3, "revision": A, "deployedAt": "2026-11-10T09:03:00Z", "deployStartedAt": "2026-11-10T09:00:00Z", "source": git,
                     "initiatedBy": {"username": "kim"}},
                    {"id": 4, "revision": B, "deployedAt": "2026-11-21T10:02:00Z", "deployStartedAt": "2026-11-21T10:00:00Z", "source": git,
                     "initiatedBy": {"automated": true}}]}
        }),
        json!({
            "metadata": {"name": "ingress", "namespace": "argocd"},
            "spec": {"project": "platform", "source": chart,
                     "destination": {"server": "https://kubernetes.default.svc", "namespace": "ingress-nginx"}},
            "status": {
                "sync": {"status": "OutOfSync", "revision": "4.9.0"}, "health": {"status": "Healthy"}, "summary": {},
                "history": [{"id": 0, "revision": "4.8.3", "deployedAt": "2026-08-01T07:00:00Z", "source": chart}]}
        }),
        json!({
            "metadata": {"name": "auth-prod", "namespace": "argocd"},
            "spec": {"project": "shop", "source": {"repoURL": "https://git.example.org/auth.git", "targetRevision": "v2.10"},
                     "destination": {"name": "prod-eu", "namespace": "prod"}},
            "status": {
                "sync": {"status": "Synced", "revision": C}, "health": {"status": "Degraded"},
                "operationState": {"phase": "Failed", "operation": {}, "startedAt": "2026-11-21T11:00:00Z",
                    "finishedAt": "2026-11-21T11:01:00Z",
                    "syncResult": {"revision": C, "source": {"repoURL": "https://git.example.org/auth.git", "targetRevision": "v2.10"}}},
                "history": [{"id": 0, "revision": A, "deployedAt": "2026-11-20T07:10:00Z", "deployStartedAt": "2026-11-20T07:00:00Z",
                             "source": {"repoURL": "https://git.example.org/auth.git", "targetRevision": "v2.9"}}]}
        }),
    ]
}

/// What a list by fields says of an application.
fn listed(whole: &Value) -> Value {
    let mut item = json!({
        "metadata": {"name": whole["metadata"]["name"], "namespace": whole["metadata"]["namespace"],
                     "labels": whole["metadata"]["labels"]},
        "spec": whole["spec"],
        "status": {"sync": {"status": whole["status"]["sync"]["status"]}, "health": whole["status"]["health"],
                   "summary": whole["status"]["summary"]},
    });
    if let Some(operation) = whole["status"].get("operationState") {
        item["status"]["operationState"] = json!({
            "phase": operation["phase"], "startedAt": operation["startedAt"], "finishedAt": operation["finishedAt"]});
    }
    item
}

fn list(items: &[Value]) -> String {
    json!({"metadata": {"resourceVersion": "4711"}, "items": items.iter().map(listed).collect::<Vec<_>>()})
        .to_string()
}

const PROJECTS: &str = r#"{"metadata": {}, "items": [
    {"metadata": {"name": "platform"}, "spec": {}},
    {"metadata": {"name": "shop"}, "spec": {"syncWindows": [
        {"kind": "deny", "schedule": "0 22 * * *", "timeZone": "Europe/Amsterdam", "duration": "1h", "namespaces": ["prod"]}]}}]}"#;

fn answer(asked: &Asked, applications: &[Value]) -> fake::Answer {
    let path = asked.target.split('?').next().unwrap_or_default();
    match path.strip_prefix("/argo/api/") {
        Some("version") => fake::Answer::json(r#"{"Version": "v3.1.0+abc"}"#),
        Some("v1/projects") => fake::Answer::json(PROJECTS),
        Some("v1/applications") => fake::Answer::json(list(applications)),
        Some(rest) => {
            let name = rest.strip_prefix("v1/applications/").unwrap_or_default();
            match applications.iter().find(|one| one["metadata"]["name"] == name) {
                Some(found) => fake::Answer::json(found.to_string()),
                None => {
                    fake::Answer::new(404, r#"{"error": "not found", "code": 5, "message": "not found"}"#)
                }
            }
        }
        None => fake::Answer::new(404, ""),
    }
}

fn lines(facts: &Facts) -> Vec<String> {
    let mut lines = Vec::new();
    for one in &facts.deployments {
        let mut line = format!("{} | {} | {}", one.id, one.state.word(), one.environment);
        if let Some(release) = &one.release {
            write!(line, " | {release}").unwrap();
        }
        if let (Some(from), Some(until)) = (one.started_at, one.finished_at) {
            write!(line, " | {} min", (until - from).num_minutes()).unwrap();
        }
        lines.push(line);
    }
    lines
}

#[tokio::test]
async fn applications_are_deployments_versions_environments_and_freezes() {
    let fake = Fake::start(|asked, _| answer(asked, &whole())).await;
    let mut source = source_with(&fake, |settings, _| settings.region_label = Some("region".into()));
    let told = facts(&mut source, at(22, 9)).await;
    assert_eq!(
        lines(&told),
        [
            "argocd/auth-prod 2026-11-20T07:00:00Z | succeeded | prod-eu/prod | auth 2.9 | 10 min",
            "argocd/auth-prod 2026-11-21T11:00:00Z | failed | prod-eu/prod | auth 2.10 | 1 min",
            // Long ago, but the newest one; an old Argo CD does not say when it began.
            "argocd/ingress #0 | succeeded | in-cluster/ingress-nginx | ingress 4.8.3",
            "argocd/payments-prod 2026-11-10T09:00:00Z | succeeded | prod-eu/prod | 3 min",
            "argocd/payments-prod 2026-11-21T10:00:00Z | succeeded | prod-eu/prod | payments 4.2.0 | 2 min",
        ]
    );
    let environments: Vec<_> =
        told.environments.iter().map(|one| (one.id.as_str(), one.tier, one.region.as_deref())).collect();
    assert_eq!(
        environments,
        [
            ("in-cluster/ingress-nginx", Tier::Development, None),
            ("prod-eu/prod", Tier::Production, Some("eu-central-1"))
        ]
    );
    let released: Vec<_> = told.releases.iter().map(|one| (one.id.as_str(), one.released_at)).collect();
    let minutes = |day, hour, minutes| Some(at(day, hour) + chrono::TimeDelta::minutes(minutes));
    assert_eq!(
        released,
        [
            // 2.10 failed: it is nowhere.
            ("auth 2.9", minutes(20, 7, 10)),
            ("ingress 4.8.3", Some(chrono::Utc.with_ymd_and_hms(2026, 8, 1, 7, 0, 0).unwrap())),
            ("payments 4.2.0", minutes(21, 10, 2)),
        ]
    );
    assert_eq!(told.covers, [Kind::Deployments, Kind::Environments, Kind::Freezes].into());
    let freeze = told.freezes.iter().find(|freeze| freeze.window.from > at(22, 9)).unwrap();
    assert_eq!((freeze.window.from, freeze.window.until), (at(22, 21), at(22, 22)));
    assert_eq!(freeze.name.as_str(), "sync window of shop: deny 0 22 * * * for 1h, namespaces prod");
    assert_eq!(freeze.environments, [Text::new("prod-eu/prod")]);
    let problems: Vec<_> = told.problems.iter().map(|problem| problem.what.as_str()).collect();
    assert!(problems[0].contains("nobody is signed in"), "{problems:?}");
    assert_eq!(
        problems[1..],
        [
            "argocd: auth-prod (auth at prod-eu/prod) is degraded",
            "argocd: ingress (ingress at in-cluster/ingress-nginx) is out of sync: it holds 4.8.3, wanted is 4.9.0",
        ]
    );
    let url = told.deployments[0].url.as_deref().unwrap();
    assert!(url.ends_with("/argo/applications/argocd/auth-prod"), "{url}");
}

/// Names of parameters of the two lists and of one application in the description, and `fields`,
/// which its forwarders read.
const PARAMETERS: [&str; 9] = [
    "name",
    "refresh",
    "projects",
    "project",
    "resourceVersion",
    "selector",
    "repo",
    "appNamespace",
    "fields",
];

#[tokio::test]
async fn what_did_nothing_since_is_not_read_again_and_a_version_is_remembered() {
    let fake = Fake::start(|asked, before| {
        let mut applications = whole();
        if before >= 7 {
            // 4.3 went out since.
            let status = &mut applications[0]["status"];
            status["operationState"]["startedAt"] = "2026-11-22T09:30:00Z".into();
            status["operationState"]["finishedAt"] = "2026-11-22T09:31:00Z".into();
            status["summary"]["images"] = json!(["shop/payments:4.3.0"]);
            let entry = json!({"id": 5, "revision": C, "deployedAt": "2026-11-22T09:31:00Z", "deployStartedAt": "2026-11-22T09:30:00Z"});
            status["history"].as_array_mut().unwrap().push(entry);
        }
        answer(asked, &applications)
    })
    .await;
    let mut source = source_with(&fake, |settings, _| {
        settings.projects = vec!["shop".into(), "platform".into()];
        settings.selector = Some("team=payments".into());
    });
    facts(&mut source, at(22, 9)).await;
    assert_eq!(fake.asked().len(), 5, "projects, applications, and three of them");
    assert!(matches!(source.fetch(&Round::at(at(22, 9))).await, Ok(Answer::Unchanged)));
    assert_eq!(fake.asked().len(), 7);
    let told = facts(&mut source, at(22, 10)).await;
    assert_eq!(fake.asked().len(), 10, "only the one to which something happened");
    let of_payments: Vec<_> =
        lines(&told).into_iter().filter(|line| line.contains("payments-prod")).collect();
    assert_eq!(
        of_payments[1..],
        [
            "argocd/payments-prod 2026-11-21T10:00:00Z | succeeded | prod-eu/prod | payments 4.2.0 | 2 min",
            "argocd/payments-prod 2026-11-22T09:30:00Z | succeeded | prod-eu/prod | payments 4.3.0 | 1 min",
        ]
    );
    for asked in fake.asked() {
        assert_eq!(asked.method, "GET");
        let address = Url::parse(&format!("http://x{}", asked.target)).unwrap();
        for (name, value) in address.query_pairs() {
            assert!(PARAMETERS.contains(&name.as_ref()), "{}", asked.target);
            assert!(name != "project" || value == "shop" || value == "platform", "{}", asked.target);
        }
    }
    assert!(
        fake.asked()[1].target.contains("projects=shop&projects=platform&selector=team%3Dpayments"),
        "{}",
        fake.asked()[1].target
    );
}

#[tokio::test]
async fn what_a_token_may_not_is_said_with_the_policy_that_is_missing() {
    use DiagnosisState::{Good, Limited};
    let denied = r#"{"error": "permission denied: applications, get, shop/payments-prod", "code": 7, "message": "permission denied: applications, get, shop/payments-prod"}"#;
    for (status, body, path, says, next) in [
        (
            401,
            r#"{"error": "no session information", "code": 16, "message": "no session information"}"#,
            "projects",
            "not signed in",
            "FAKE_TOKEN",
        ),
        (403, denied, "applications?", "not allowed", "applications, get, */*, allow"),
        (500, "{}", "applications?", "cannot answer now", "asked again"),
        (200, r#"{"items": 7}"#, "applications?", "items", "report"),
    ] {
        let fake = Fake::start(move |asked, _| {
            if asked.target.contains(path) {
                fake::Answer::new(status, body)
            } else {
                answer(asked, &whole())
            }
        })
        .await;
        let error = source(&fake).fetch(&Round::at(at(22, 9))).await.unwrap_err();
        let problem = error.problem().unwrap();
        assert!(problem.what.contains(says) && problem.next_step.contains(next), "{problem:?}");
    }
    // Without the projects, what their windows say is not known; the rest is.
    let fake = Fake::start(move |asked, _| {
        if asked.target.contains("v1/projects") {
            fake::Answer::new(403, denied)
        } else {
            answer(asked, &whole())
        }
    })
    .await;
    let told = facts(&mut source(&fake), at(22, 9)).await;
    assert_eq!((told.deployments.len(), told.covers.contains(&Kind::Freezes)), (5, false));
    assert!(told.problems[0].next_step.contains("projects, get, *, allow"), "{:?}", told.problems);
    // An account without a role is shown an empty list.
    let fake = Fake::start(|asked, _| {
        let is_list = asked.target.contains("v1/");
        if is_list { fake::Answer::json(r#"{"metadata": {}, "items": null}"#) } else { answer(asked, &[]) }
    })
    .await;
    let told = facts(&mut source(&fake), at(22, 9)).await;
    assert!(told.problems[0].what.contains("none that this token may see"), "{:?}", told.problems);
    let points = source(&fake).examine(&Round::at(at(22, 9))).await;
    let states: Vec<_> = points.iter().map(|point| (point.subject.as_str(), point.state)).collect();
    assert_eq!(
        states[..4],
        [("reachable", Good), ("signed in", Limited), ("reads", Good), ("reads", Limited)]
    );
    assert!(points[0].what.ends_with(", Argo CD v3.1.0+abc"), "{:?}", points[0]);
}

#[tokio::test]
async fn a_broken_application_loses_only_itself() {
    let fake = Fake::start(|asked, _| {
        if asked.target.contains("applications/payments-prod") {
            return fake::Answer::json(
                r#"{"metadata": {"name": "payments-prod"}, "status": {"history": [{"deployedAt": "soon"}]}}"#,
            );
        }
        if asked.target.contains("applications/auth-prod") {
            return fake::Answer::new(404, "{}");
        }
        let mut applications = whole();
        applications.push(json!({"metadata": {"namespace": "argocd"}, "status": {"sync": {}}}));
        answer(asked, &applications)
    })
    .await;
    let mut source = source(&fake);
    let told = facts(&mut source, at(22, 9)).await;
    // Of those that could not be read whole there is what the list says.
    assert_eq!(
        lines(&told),
        [
            "argocd/auth-prod 2026-11-21T11:00:00Z | failed | prod-eu/prod | 1 min",
            "argocd/ingress #0 | succeeded | in-cluster/ingress-nginx | ingress 4.8.3",
            "argocd/payments-prod 2026-11-21T10:00:00Z | succeeded | prod-eu/prod | payments 4.2.0 | 2 min",
        ]
    );
    let said = |what: &str| told.problems.iter().any(|problem| problem.what.contains(what));
    assert!(said("items[3].metadata"), "{:?}", told.problems);
    assert!(said("payments-prod: fake: status.history[0].deployedAt"), "{:?}", told.problems);
    assert!(said("auth-prod: fake: application: there is no"), "{:?}", told.problems);
    assert_eq!(told.incomplete(), [Kind::Deployments, Kind::Environments].into());
    // They are not asked for in every round, and stay unknown until they are.
    let before = fake.asked().len();
    assert!(matches!(source.fetch(&Round::at(at(22, 9))).await, Ok(Answer::Unchanged)));
    assert_eq!(fake.asked().len(), before + 2);
}

#[tokio::test]
async fn what_fails_for_a_while_is_asked_for_again() {
    let fake = Fake::start(|asked, before| {
        if before < 12 && asked.target.contains("applications/ingress") {
            return fake::Answer::new(502, "");
        }
        answer(asked, &whole())
    })
    .await;
    let mut source = source(&fake);
    let told = facts(&mut source, at(22, 9)).await;
    assert_eq!(lines(&told).len(), 4, "all but that of ingress");
    assert!(
        told.problems.iter().any(|problem| problem.what.contains("cannot answer now")),
        "{:?}",
        told.problems
    );
    let mut told = told;
    for _ in 0..8 {
        if let Ok(Answer::Facts(facts)) = source.fetch(&Round::at(at(22, 9))).await {
            told = facts;
        }
    }
    assert_eq!(lines(&told).len(), 5);
}

#[tokio::test]
async fn thousands_of_applications_are_read_piece_by_piece_the_newest_first() {
    let many: Vec<Value> = (0..5_000)
        .map(|number| {
            let mut one = whole()[0].clone();
            one["metadata"]["name"] = format!("app-{number}").into();
            let second =
                format!("2026-11-21T1{}:{:02}:{:02}Z", number / 3_600, number / 60 % 60, number % 60);
            one["status"]["operationState"]["startedAt"] = second.clone().into();
            one["status"]["operationState"]["finishedAt"] = second.into();
            one
        })
        .collect();
    let body = list(&many);
    let fake = Fake::start(move |asked, _| {
        let path = asked.target.split('?').next().unwrap_or_default();
        match path.rsplit('/').next() {
            Some("projects") => fake::Answer::json(r#"{"items": []}"#),
            Some("applications") => fake::Answer::json(body.clone()),
            name => {
                let found = many.iter().find(|one| one["metadata"]["name"].as_str() == name);
                fake::Answer::json(found.map(ToString::to_string).unwrap_or_default())
            }
        }
    })
    .await;
    let mut source = source(&fake);
    let told = facts(&mut source, at(22, 9)).await;
    assert_eq!(fake.asked().len(), 2 + MOST_DETAILS);
    assert!(fake.asked()[2..].iter().any(|asked| asked.target.contains("app-4999?")), "the newest");
    let unread = told.problems.iter().find(|problem| problem.what.contains("not read yet")).unwrap();
    assert_eq!(unread.what.as_str(), "argocd: the history of 4500 applications is not read yet");
    assert!(told.deployments.len() >= 5_000);
    facts(&mut source, at(22, 9)).await;
    assert_eq!(fake.asked().len(), 2 * (2 + MOST_DETAILS), "the next of them");
}

#[tokio::test]
async fn a_list_that_is_too_large_is_asked_for_by_project() {
    let fake = Fake::start(|asked, _| {
        if !asked.target.contains("v1/applications?") {
            return answer(asked, &whole());
        }
        let of = |project: &str| {
            whole().into_iter().filter(|one| one["spec"]["project"] == project).collect::<Vec<_>>()
        };
        match asked.target.split("projects=").nth(1) {
            None => fake::Answer::json(format!("{}{}", list(&whole()), " ".repeat(5_000))),
            Some(project) => fake::Answer::json(list(&of(project))),
        }
    })
    .await;
    let mut source = source_with(&fake, |_, http| http.longest_answer = 4_000);
    let told = facts(&mut source, at(22, 9)).await;
    assert_eq!(told.deployments.len(), 5);
}

#[expect(clippy::needless_pass_by_value, reason = "cases write their JSON in place")]
fn told(
    history: Value,
    operation: Value,
    images: &[&str],
    seen: &mut HashMap<i64, Version>,
) -> (Vec<String>, usize) {
    let application: Application = serde_json::from_value(json!({
        "metadata": {"name": "pay", "namespace": "argocd"},
        "status": {"sync": {"status": "Synced"}, "summary": {"images": images}, "history": history, "operationState": operation},
    }))
    .unwrap();
    let place = Place { component: "pay".into(), environment: "prod".into(), region: None };
    let found = deployments::deployments(&application, &place, at(1, 0), seen, &"u".into(), "argocd");
    let lines = found.deployments.iter().map(|one| {
        let release = one.release.as_ref().map_or("-", |release| release.as_str());
        format!("{} {} {release}", one.window.from.format("%d %H:%M"), one.state.word())
    });
    (lines.collect(), found.problems.len())
}

#[test]
fn phases_are_states_and_one_that_is_unheard_of_is_no_success() {
    let history = || json!([{"id": 1, "revision": "1.0.0", "deployedAt": "2026-11-20T09:00:00Z", "deployStartedAt": "2026-11-20T08:58:00Z"}]);
    for (phase, expected) in [
        ("Running", Some("21 10:00 running pay 1.1.0")),
        ("Terminating", Some("21 10:00 running pay 1.1.0")),
        ("Failed", Some("21 10:00 failed pay 1.1.0")),
        ("Error", Some("21 10:00 failed pay 1.1.0")),
        // Of a part of the application: else it stood in the history.
        ("Succeeded", None),
        ("Levitating", None),
        ("", None),
    ] {
        let operation = json!({"phase": phase, "startedAt": "2026-11-21T10:00:00Z", "finishedAt": "2026-11-21T10:05:00Z", "syncResult": {"revision": "1.1.0"}});
        let (lines, problems) = told(history(), operation, &[], &mut HashMap::new());
        assert_eq!(lines[0], "20 08:58 succeeded pay 1.0.0");
        assert_eq!(lines.get(1).map(String::as_str), expected, "{phase}");
        assert_eq!(problems, usize::from(phase == "Levitating"));
    }
    // A sync that stands in both is one; what came back took away what was in between.
    let entry = |day: u32, revision: &str| json!({"id": day, "revision": revision, "deployedAt": format!("2026-11-{day}T09:00:00Z"), "deployStartedAt": format!("2026-11-{day}T08:00:00Z")});
    let operation = json!({"phase": "Succeeded", "startedAt": "2026-11-13T08:00:00Z", "finishedAt": "2026-11-13T09:00:00Z"});
    let history = json!([entry(13, "v1.0"), entry(12, "v1.1"), entry(11, "v1.0"), entry(10, "v1.0")]);
    assert_eq!(
        told(history, operation, &[], &mut HashMap::new()).0,
        [
            "10 08:00 succeeded pay 1.0",
            "11 08:00 succeeded pay 1.0",
            "12 08:00 rolled back pay 1.1",
            "13 08:00 succeeded pay 1.0"
        ]
    );
}

#[test]
fn versions_are_those_of_charts_tags_and_images_and_never_commits() {
    let version = |entry: Value, images: &[&str]| {
        let mut entry = entry;
        entry["deployedAt"] = "2026-11-20T09:00:00Z".into();
        let line = told(json!([entry]), Value::Null, images, &mut HashMap::new()).0.remove(0);
        line.rsplit("succeeded ").next().unwrap().to_owned()
    };
    for (entry, images, expected) in [
        (json!({"revision": "v2.1.0"}), &[][..], "pay 2.1.0"),
        (json!({"revision": "2.1.0-rc1", "source": {"chart": "pay"}}), &[], "pay 2.1.0-rc1"),
        (json!({"revision": A, "source": {"targetRevision": "pay-2.1"}}), &[], "pay 2.1"),
        (json!({"revision": A, "source": {"targetRevision": ">=2.1 <3"}}), &[], "-"),
        (json!({"revision": A, "source": {"targetRevision": "main"}}), &[], "-"),
        (json!({"revision": "1234567"}), &[], "-"),
        (
            json!({"revisions": [A, "3.0.1"], "sources": [{"targetRevision": "v9.9"}, {"chart": "pay"}]}),
            &[],
            "pay 3.0.1",
        ),
        (json!({"revision": A}), &["a/pay:4.1", "b/sidecar:7.0"], "pay 4.1"),
        (json!({"revision": A}), &["localhost:5000/x:4.1", "b/y:4.1"], "pay 4.1"),
        (json!({"revision": A}), &["a/x:4.1", "b/y:4.2"], "-"),
        (json!({"revision": A}), &["a/pay:latest"], "-"),
        (json!({"revision": A}), &["a/pay@sha256:12"], "-"),
        (json!({"revision": A}), &["a/pay:1234567"], "-"),
    ] {
        assert_eq!(version(entry.clone(), images), expected, "{entry} {images:?}");
    }
}

#[test]
fn sync_windows_are_freezes() {
    let applications: Vec<Application> = [
        ("pay-prod", json!({"name": "eu", "namespace": "prod"}), false),
        ("auth-prod", json!({"name": "us", "namespace": "prod"}), true),
        ("pay-test", json!({"server": "https://kubernetes.default.svc", "namespace": "test"}), true),
    ]
    .into_iter()
    .map(|(name, destination, automated)| {
        let policy =
            if automated { json!({"automated": {}}) } else { json!({"automated": {"enabled": false}}) };
        serde_json::from_value(json!({"metadata": {"name": name},
            "spec": {"project": "shop", "destination": destination, "syncPolicy": policy}}))
        .unwrap()
    })
    .collect();
    let settings = ArgocdSettings::new(Url::parse("https://argo.example.org").unwrap());
    let places: Vec<Place> = applications.iter().map(|one| settings.place(one)).collect();
    let pairs: Vec<_> = applications.iter().zip(&places).collect();
    // The freezes that touch Wednesday the 25th, and how many problems there are.
    let frozen = |windows: Value| {
        let project: Project =
            serde_json::from_value(json!({"metadata": {"name": "shop"}, "spec": {"syncWindows": windows}}))
                .unwrap();
        let found = windows::freezes(&[project], &pairs, at(22, 9), "argocd");
        let day = crate::domain::Window { from: at(25, 0), until: at(26, 0) };
        let told = found.freezes.iter().filter(|freeze| freeze.window.overlaps(&day)).map(|freeze| {
            let time = |at: Instant| at.format("%d %H:%M").to_string();
            let environments: Vec<_> = freeze.environments.iter().map(Text::as_str).collect();
            format!("{}-{} {}", time(freeze.window.from), time(freeze.window.until), environments.join(" "))
        });
        (told.collect::<Vec<_>>(), found.problems.len())
    };
    let none: &[&str] = &[];
    for (windows, expected, problems) in [
        (json!([]), none, 0),
        (json!(null), none, 0),
        (
            json!([{"kind": "deny", "schedule": "0 22 * * *", "duration": "1h30m", "applications": ["*-prod"]}]),
            &["25 22:00-25 23:30 eu/prod us/prod"],
            0,
        ),
        // Whoever syncs by hand is not held up by it.
        (
            json!([{"kind": "deny", "schedule": "0 22 * * *", "duration": "1h", "applications": ["*-prod"], "manualSync": true}]),
            &["25 22:00-25 23:00 us/prod"],
            0,
        ),
        (
            json!([{"kind": "deny", "schedule": "0 8 * * 3", "duration": "1h", "clusters": ["eu"], "namespaces": ["test"]}]),
            &["25 08:00-25 09:00 eu/prod in-cluster/test"],
            0,
        ),
        (
            json!([{"kind": "deny", "schedule": "0 8 * * 3", "duration": "1h", "clusters": ["eu", "us"], "applications": ["pay-*"], "useAndOperator": true}]),
            &["25 08:00-25 09:00 eu/prod"],
            0,
        ),
        (json!([{"kind": "deny", "schedule": "0 8 * * 3", "duration": "1h"}]), none, 0),
        // Only while one of those that match is open.
        (
            json!([
                {"kind": "allow", "schedule": "0 9 * * *", "duration": "8h", "applications": ["pay-prod"]},
                {"kind": "allow", "schedule": "0 16 * * *", "duration": "2h", "clusters": ["eu"]}
            ]),
            &["24 18:00-25 09:00 eu/prod", "25 18:00-26 09:00 eu/prod"],
            0,
        ),
        // One that cannot be read opens nothing, and is a problem.
        (
            json!([
                {"kind": "allow", "schedule": "0 0 * * *", "duration": "23h", "applications": ["pay-prod"]},
                {"kind": "allow", "schedule": "0 23 * * *", "duration": "an hour", "applications": ["pay-prod"]}
            ]),
            &["25 23:00-26 00:00 eu/prod"],
            1,
        ),
        (json!([{"kind": "deny", "schedule": "at noon", "duration": "1h", "applications": ["*"]}]), none, 1),
        (
            json!([{"kind": "deny", "schedule": "0 8 * * *", "duration": "1h", "applications": ["*"], "timeZone": "Mars/North"}]),
            none,
            1,
        ),
        (
            json!([{"kind": "inactive", "schedule": "0 8 * * *", "duration": "1h", "applications": ["*"]}]),
            none,
            1,
        ),
    ] {
        let (told, count) = frozen(windows.clone());
        let told: Vec<&str> = told.iter().map(String::as_str).collect();
        assert_eq!((told, count), (expected.to_vec(), problems), "{windows}");
    }
    // Many of them are bounded.
    let often = json!({"kind": "deny", "schedule": "*/2 * * * *", "duration": "1m", "applications": ["*"]});
    let (_, problems) = frozen(Value::Array(vec![often; 60]));
    assert!(problems > 1);
}
