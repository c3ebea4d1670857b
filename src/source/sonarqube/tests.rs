use chrono::TimeZone;
use serde_json::{Value, json};

use super::*;
use crate::{
    domain::{FindingState, Severity},
    source::http::fake::{self, Asked, Fake},
};

// The bodies are those of SonarQube's own documentation of its Web API, shortened.

const ANALYSES: &str = r#"{"paging": {"pageIndex": 1, "pageSize": 100, "total": 3}, "analyses": [
    {"key": "A2", "date": "2016-12-12T17:12:45+0100", "projectVersion": "1.2.1", "buildString": "1.2.1.423",
     "revision": "be6c75b85da526349c44e3978374c95e0b80a96d", "manualNewCodePeriodBaseline": false,
     "events": [{"key": "E22", "category": "OTHER", "name": "6.3"}]}]}"#;

const GATE: &str = r#"{"projectStatus": {"status": "ERROR", "ignoredConditions": false, "caycStatus": "non-compliant",
    "conditions": [
        {"status": "ERROR", "metricKey": "new_coverage", "comparator": "LT", "errorThreshold": "85", "actualValue": "82.50562381034781"},
        {"status": "ERROR", "metricKey": "new_blocker_violations", "comparator": "GT", "errorThreshold": "0", "actualValue": "14"},
        {"status": "OK", "metricKey": "new_sqale_debt_ratio", "comparator": "GT", "errorThreshold": "5", "actualValue": "0.6562109862671661"},
        {"status": "OK", "metricKey": "skipped_tests", "comparator": "GT", "actualValue": "0"}],
    "period": {"mode": "last_version", "date": "2000-04-27T00:45:23+0200", "parameter": "2015-12-07"}}}"#;

const ISSUES: &str = r#"{"paging": {"pageIndex": 1, "pageSize": 100, "total": 1}, "issues": [
    {"key": "01fc972e-2a3c-433e-bcae-0bd7f88f5123",
     "component": "com.github.kevinsawicki:http-request:src/main/java/HttpRequest.java",
     "project": "com.github.kevinsawicki:http-request", "rule": "java:S1144", "status": "RESOLVED", "resolution": "WONTFIX",
     "severity": "MAJOR", "simpleStatus": "ACCEPTED", "impacts": [{"softwareQuality": "SECURITY", "severity": "HIGH"}],
     "message": "Remove this unused private \"getKee\" method.", "line": 81, "author": "Developer 1",
     "creationDate": "2013-05-13T17:55:39+0200", "updateDate": "2013-05-13T17:55:39+0200", "type": "CODE_SMELL"}]}"#;

const HOTSPOTS: &str = r#"{"paging": {"pageIndex": 1, "pageSize": 100, "total": 1}, "hotspots": [
    {"key": "hotspot-0", "component": "com.github.kevinsawicki:http-request:src/main/java/FourthClass.java",
     "project": "com.github.kevinsawicki:http-request", "securityCategory": "others", "vulnerabilityProbability": "LOW",
     "status": "TO_REVIEW", "line": 10, "message": "message-0", "author": "joe",
     "creationDate": "2020-01-02T15:43:10+0100", "updateDate": "2020-01-02T15:43:10+0100"}]}"#;

const KEY: &str = "com.github.kevinsawicki:http-request";

fn at(day: u32, minute: u32) -> Instant {
    chrono::Utc.with_ymd_and_hms(2026, 11, day, 8, minute, 0).unwrap()
}

fn source(fake: &Fake) -> SonarqubeSource {
    let mut settings = SonarqubeSettings::new(fake.url().join("sonar").unwrap());
    settings.projects = vec![KEY.to_owned()];
    settings.names.insert(KEY.to_owned(), "http-request".to_owned());
    settings.recent_days = 5_000;
    let http = Http::new(Settings { base: settings.site.clone(), ..fake.settings() }).unwrap();
    SonarqubeSource::new(SourceId::new("sonarqube"), settings, http)
}

fn usual(asked: &Asked) -> fake::Answer {
    let is = |path: &str| asked.target.starts_with(path);
    let empty = r#"{"paging": {"total": 0}, "issues": []}"#;
    fake::Answer::json(match () {
        () if is("/sonar/api/project_analyses/search?") => ANALYSES,
        () if is("/sonar/api/qualitygates/project_status?") => GATE,
        () if is("/sonar/api/qualitygates/get_by_project?") => {
            r#"{"qualityGate": {"id": "1", "name": "Sonar way", "default": true}}"#
        }
        () if is("/sonar/api/hotspots/search?") => HOTSPOTS,
        () if is("/sonar/api/issues/search?") && asked.target.contains("resolved=true") => ISSUES,
        () if is("/sonar/api/issues/search?") => empty,
        () => return fake::Answer::new(404, ""),
    })
}

/// An open issue of the newest version.
fn open_issue(key: usize, severity: &str) -> Value {
    json!({"key": format!("i{key}"), "rule": "java:S1", "component": format!("{KEY}:a.java"), "issueStatus": "OPEN",
           "impacts": [{"softwareQuality": "RELIABILITY", "severity": severity}], "creationDate": "2026-11-20T10:00:00+0000"})
}

#[tokio::test]
async fn issues_hotspots_and_the_quality_gate_are_findings() {
    let fake = Fake::start(|asked, _| usual(asked)).await;
    let mut source = source(&fake);
    let answer = source.fetch(&Round::at(at(22, 0))).await;
    let Ok(Answer::Facts(facts)) = answer else { panic!("{answer:?}") };
    let told: Vec<String> = facts
        .findings
        .iter()
        .map(|finding| {
            let path = finding.path.as_deref().unwrap_or("-");
            format!(
                "{} | {} | {:?} {:?} | {path}",
                finding.rule, finding.title, finding.state, finding.severity
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "tminus: analysis | what was analyzed | Dismissed None | -",
            "tminus: quality gate | Sonar way failed: new_coverage is 82.51, and must not be less than 85; \
             new_blocker_violations is 14, and must not be more than 0; met: new_sqale_debt_ratio, skipped_tests \
             | Dismissed Some(Critical) | -",
            "quality gate: new_coverage | new_coverage is 82.51, and must not be less than 85 | Open Some(Critical) | -",
            "quality gate: new_blocker_violations | new_blocker_violations is 14, and must not be more than 0 | Open Some(Critical) | -",
            "java:S1144 | Remove this unused private \"getKee\" method. | Dismissed Some(High) | src/main/java/HttpRequest.java",
            "security hotspot: others | message-0 | Open Some(Low) | src/main/java/FourthClass.java",
        ]
    );
    assert!(facts.findings[0].is_analysis());
    assert_eq!(facts.findings[0].commit.as_deref(), Some("be6c75b85da526349c44e3978374c95e0b80a96d"));
    assert!(facts.findings.iter().all(|finding| finding.repository.as_str() == "http-request"));
    assert_eq!(facts.covers.iter().copied().collect::<Vec<_>>(), [Kind::Findings]);
    let url = facts.findings[4].url.as_deref().unwrap();
    assert!(
        url.contains("/sonar/project/issues?id=com.github.kevinsawicki%3Ahttp-request&open=01fc972e"),
        "{url}"
    );
    let ids: std::collections::BTreeSet<_> = facts.findings.iter().map(|finding| &finding.id).collect();
    assert_eq!(ids.len(), facts.findings.len());
    // Nobody is signed in: that is said.
    assert!(facts.problems[0].what.contains("nobody is signed in"), "{:?}", facts.problems);

    // Nothing was analyzed since: one question is enough, for a while.
    let before = fake.asked().len();
    assert!(matches!(source.fetch(&Round::at(at(22, 5))).await, Ok(Answer::Unchanged)));
    assert_eq!(fake.asked().len(), before + 1);
    assert!(matches!(source.fetch(&Round::at(at(22, 15))).await, Ok(Answer::Unchanged)));
    assert!(fake.asked().len() > before + 4, "people may have decided on issues in between");
}

#[tokio::test]
async fn more_issues_than_can_be_had_are_asked_for_by_severity_and_missing_ones_said() {
    let fake = Fake::start(|asked, _| {
        let number = |name: &str| {
            let rest = asked.target.split(&format!("{name}=")).nth(1)?;
            rest.split('&').next()?.parse::<usize>().ok()
        };
        if !asked.target.contains("issues/search") || asked.target.contains("resolved=true") {
            return usual(asked);
        }
        let (size, page) = (number("&ps").unwrap_or(0), number("&p").unwrap_or(1));
        let total = match asked.target.split("severities=").nth(1).and_then(|rest| rest.split('&').next()) {
            None => 12_000,
            Some("MAJOR") => 11_500,
            Some("BLOCKER") => 500,
            Some(_) => 0,
        };
        assert!(size * page <= MOST_OF_A_LIST, "{}", asked.target);
        // Each page holds one: its size does not matter here.
        let issues = if total == 0 { vec![] } else { vec![open_issue(total + page, "MEDIUM")] };
        fake::Answer::json(json!({"paging": {"total": total}, "issues": issues}).to_string())
    })
    .await;
    let Ok(Answer::Facts(facts)) = source(&fake).fetch(&Round::at(at(22, 0))).await else { panic!() };
    let open = facts.findings.iter().filter(|finding| finding.rule.as_str() == "java:S1");
    assert_eq!(open.count(), 20 + 1);
    let said: Vec<&str> = facts.problems.iter().map(|problem| problem.what.as_str()).collect();
    assert!(
        said.iter().any(|what| what.contains("20 of 11500 open issues of severity MAJOR read")),
        "{said:?}"
    );
}

#[tokio::test]
async fn what_cannot_be_read_is_never_taken_for_all_is_well() {
    for (path, answer, what) in [
        (
            "project_analyses",
            fake::Answer::json(r#"{"paging": {"total": 0}, "analyses": []}"#),
            "was never analyzed",
        ),
        (
            "project_analyses",
            fake::Answer::new(404, r#"{"errors": [{"msg": "Component key not found"}]}"#),
            "there is no",
        ),
        (
            "qualitygates",
            fake::Answer::new(403, r#"{"errors": [{"msg": "Insufficient privileges"}]}"#),
            "not allowed",
        ),
        ("hotspots", fake::Answer::json("{}"), "paging"),
        ("issues", fake::Answer::new(429, "").header("retry-after", "3600"), "rate limit"),
        ("issues", fake::Answer::page(502), "cannot answer now"),
    ] {
        let fake = Fake::start(move |asked, _| {
            if asked.target.contains(&format!("/{path}/")) { answer.clone() } else { usual(asked) }
        })
        .await;
        let error = source(&fake).fetch(&Round::at(at(22, 0))).await.unwrap_err();
        assert!(error.problem().unwrap().what.contains(what), "{path}: {error:?}");
    }
}

#[tokio::test]
async fn a_list_that_is_cut_or_lacks_an_item_makes_the_findings_incomplete() {
    let many = r#"{"paging": {"pageIndex": 1, "pageSize": 500, "total": 12345}, "hotspots": []}"#;
    let odd = r#"{"paging": {"pageIndex": 1, "pageSize": 500, "total": 1}, "hotspots": [{"key": 7}]}"#;
    for (answer, what) in [(many, "0 of 12345 hotspots read"), (odd, "hotspots[0]")] {
        let fake = Fake::start(move |asked, _| {
            if asked.target.contains("/hotspots/") { fake::Answer::json(answer) } else { usual(asked) }
        })
        .await;
        let Ok(Answer::Facts(facts)) = source(&fake).fetch(&Round::at(at(22, 0))).await else { panic!() };
        assert!(facts.problems.iter().any(|problem| problem.what.contains(what)), "{:?}", facts.problems);
        assert_eq!(facts.incomplete(), [Kind::Findings].into());
    }
}

#[test]
fn words_of_all_versions_are_understood_and_others_are_unknown() {
    let analyzed = Analyzed {
        key: KEY,
        repository: "r".into(),
        branch: Some("main"),
        commit: None,
        at: at(22, 0),
        site: "https://x.org/",
    };
    let finding = |changes: Value| {
        let mut issue = json!({"key": "1", "rule": "r", "creationDate": "2026-11-20T10:00:00+0000"});
        issue.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        analyzed.issue(&serde_json::from_value(issue).unwrap())
    };
    for (changes, state) in [
        (json!({"status": "REOPENED"}), FindingState::Open),
        (json!({"status": "CLOSED", "resolution": "REMOVED"}), FindingState::Fixed),
        (json!({"status": "RESOLVED", "resolution": "FALSE-POSITIVE"}), FindingState::Dismissed),
        (json!({"status": "CLOSED", "issueStatus": "FIXED"}), FindingState::Fixed),
        (json!({"issueStatus": "IN_SANDBOX"}), FindingState::Unknown),
        (json!({}), FindingState::Unknown),
    ] {
        assert_eq!(finding(changes.clone()).state, state, "{changes}");
    }
    for (changes, severity) in [
        (json!({"severity": "BLOCKER"}), Some(Severity::Critical)),
        (json!({"severity": "CRITICAL"}), Some(Severity::High)),
        (json!({"severity": "INFO"}), Some(Severity::Low)),
        (json!({"impacts": [{"severity": "LOW"}, {"severity": "BLOCKER"}]}), Some(Severity::Critical)),
        (json!({"severity": "SPLENDID"}), None),
        (json!({}), None),
    ] {
        assert_eq!(finding(changes.clone()).severity, severity, "{changes}");
    }
    let gate = |status: &str| {
        let gate: wire::ProjectStatus = serde_json::from_value(json!({"status": status})).unwrap();
        analyzed.quality_gate(&gate).iter().map(|finding| finding.severity).collect::<Vec<_>>()
    };
    assert_eq!(gate("OK"), []);
    assert_eq!(gate("NONE"), []);
    assert_eq!(gate("ERROR"), [Some(Severity::Critical)]);
    assert_eq!(gate("PENDING"), [None], "unheard of: a finding that nobody rated");
}

#[test]
fn a_quality_gate_is_told_as_such_whatever_it_says() {
    let analyzed = Analyzed {
        key: KEY,
        repository: "http-request".into(),
        branch: None,
        commit: None,
        at: at(22, 0),
        site: "https://sonar.example/",
    };
    let gate = |status: &str, conditions: Value| -> wire::ProjectStatus {
        serde_json::from_value(json!({"status": status, "conditions": conditions})).unwrap()
    };
    let met =
        json!([{"status": "OK", "metricKey": "new_coverage", "comparator": "LT", "errorThreshold": "80"}]);
    let name = Text::new("Sonar way");
    for (gate, name, expected) in [
        (
            gate("OK", met.clone()),
            Some(&name),
            Some(("Sonar way passed: met: new_coverage", Some(Severity::Low))),
        ),
        (
            gate("OK", json!([])),
            None,
            Some(("the quality gate passed: it has no conditions", Some(Severity::Low))),
        ),
        (gate("BLUE", met.clone()), Some(&name), Some(("Sonar way says BLUE: met: new_coverage", None))),
        (gate("NONE", met), Some(&name), None),
    ] {
        let told = analyzed.how_the_gate_stands(&gate, name);
        assert!(told.iter().all(Finding::is_quality_gate));
        let told = told.map(|told| (told.title.to_string(), told.severity));
        assert_eq!(told, expected.map(|(title, severity)| (title.to_owned(), severity)));
    }
}

#[tokio::test]
async fn a_gate_whose_name_is_not_told_stands_all_the_same() {
    let fake = Fake::start(|asked, _| {
        if asked.target.contains("get_by_project") {
            fake::Answer::new(400, "organization is missing")
        } else {
            usual(asked)
        }
    })
    .await;
    let answer = source(&fake).fetch(&Round::at(at(22, 0))).await;
    let Ok(Answer::Facts(facts)) = answer else { panic!("{answer:?}") };
    let gate = facts.findings.iter().find(|finding| finding.is_quality_gate()).unwrap();
    assert!(gate.title.starts_with("the quality gate failed: new_coverage"), "{}", gate.title);
}
