use std::collections::BTreeMap;

use chrono::{TimeZone, Utc};

use super::*;
use crate::{
    domain::{Instant, Kind, ReleaseId},
    source::http::{
        Credentials, Scheme, Token, TokenFrom,
        fake::{self, Fake},
    },
};

fn now() -> Instant {
    Utc.with_ymd_and_hms(2026, 11, 22, 8, 24, 0).unwrap()
}

fn source(fake: &Fake, map: &[(&str, &str)], covers: &[Kind], credentials: Credentials) -> EndpointSource {
    let settings = HttpConfig {
        name: "try".to_owned(),
        url: fake.url().join("api/facts?key=s3cret-key").unwrap(),
        map: map
            .iter()
            .map(|(list, made)| ((*list).to_owned(), (*made).to_owned()))
            .collect::<BTreeMap<_, _>>(),
        covers: covers.to_vec(),
        tokens: Vec::new(),
        sign: crate::config::Sign::Bearer,
        directories: Vec::new(),
        project: Some("payments".to_owned()),
        interval: Duration::from_secs(300),
        ca_file: None,
        proxy: None,
    };
    let http = Http::new(crate::source::http::Settings { credentials, ..fake.settings() }).unwrap();
    EndpointSource::new(&settings, http, Calendar::default()).unwrap()
}

/// What an incident tracker might answer.
const INCIDENTS: &str = r#"{"incidents": [
    {"id": 17, "name": "Payments down", "impact": "critical", "resolved": false, "opened": "2026-11-20T10:00:00Z", "versions": ["4.2"], "link": "https://status.example.org/17"},
    {"id": 18, "name": "Slow", "impact": "minor", "resolved": true, "opened": "2026-11-21T10:00:00Z", "versions": [], "link": null}
]}"#;

const MAP: &str = "incidents[].{key: join('-', ['INC', to_string(id)]), title: name, kind: 'defect', \
    category: resolved && 'done' || 'in_progress', severity: impact == 'minor' && 'low' || impact, \
    created: opened, releases: versions, url: link}";

#[tokio::test]
async fn an_answer_is_mapped_and_what_has_not_changed_is_not_asked_for_again() {
    let fake = Fake::start(|asked, _| fake::Answer::json(INCIDENTS).with_etag(asked, "\"1\"")).await;
    let mut source = source(&fake, &[("stories", MAP)], &[Kind::Defects], Credentials::none());
    assert_eq!(source.id().as_str(), "http:try");
    let round = Round::at(now());
    let Ok(Answer::Facts(facts)) = source.fetch(&round).await else { panic!() };
    assert_eq!(facts.problems, []);
    let told: Vec<_> = facts
        .stories
        .iter()
        .map(|story| {
            let releases: Vec<&str> = story.releases.iter().map(ReleaseId::as_str).collect();
            format!("{} {:?} {:?} {:?} {releases:?}", story.key, story.kind, story.category, story.severity)
        })
        .collect();
    assert_eq!(
        told,
        ["INC-17 Defect InProgress Some(Critical) [\"payments 4.2\"]", "INC-18 Defect Done Some(Low) []",]
    );
    assert_eq!(facts.covers.iter().copied().collect::<Vec<_>>(), [Kind::Defects]);
    assert!(matches!(source.fetch(&round).await, Ok(Answer::Unchanged)));

    // After a restart the body comes from memory, and the first answer has all facts.
    let memory = source.memory().unwrap();
    let mut again = self::source(&fake, &[("stories", MAP)], &[Kind::Defects], Credentials::none());
    again.recall(&memory);
    assert!(matches!(again.fetch(&round).await, Ok(Answer::Facts(again)) if *again == *facts));
    let tags: Vec<bool> = fake.asked().iter().map(|asked| asked.header("if-none-match").is_some()).collect();
    assert_eq!(tags, [false, true, true]);
    assert_eq!(fake.asked()[0].target, "/api/facts?key=s3cret-key");
}

#[tokio::test]
async fn facts_that_are_published_need_no_map_and_pages_are_put_together() {
    let fake = Fake::sequence([fake::Answer::json(r#"{"covers": ["freezes"]}"#)]).await;
    let mut plain = source(&fake, &[], &[], Credentials::none());
    assert!(
        matches!(plain.fetch(&Round::at(now())).await, Ok(Answer::Facts(facts)) if facts.covers.contains(&Kind::Freezes))
    );

    let fake = Fake::start(|asked, _| {
        let page = |from: u32| format!(r#"[{{"n": "f{from}", "a": "2026-12-0{from}"}}]"#);
        if asked.target.contains("page=2") {
            fake::Answer::json(page(2))
        } else {
            let host = asked.header("host").unwrap();
            fake::Answer::json(page(1))
                .header("link", format!("<http://{host}/api/facts?page=2>; rel=\"next\""))
        }
    })
    .await;
    let map = [("freezes", "[].{name: n, from: a, until: a}")];
    let mut paged = source(&fake, &map, &[Kind::Freezes], Credentials::none());
    let answer = paged.fetch(&Round::at(now())).await;
    let Ok(Answer::Facts(facts)) = answer else { panic!("{answer:?}") };
    let names: Vec<&str> = facts.freezes.iter().map(|freeze| freeze.name.as_str()).collect();
    assert_eq!(names, ["f1", "f2"]);
}

#[tokio::test]
async fn an_answer_that_is_none_says_why_and_no_address_is_printed() {
    let deep = format!("{}{}", "[".repeat(4_000), "]".repeat(4_000));
    for (answer, what) in [
        (
            fake::Answer::json("{\"incident\": []}"),
            "http:try: map.stories: expected a list, the answer gives nothing",
        ),
        (fake::Answer::json("<html>"), "facts: its address: expected data, got a web page"),
        (fake::Answer::json(deep), "the answer is no JSON: recursion limit exceeded"),
        (
            fake::Answer::json("{\"incidents\": [{\"id\": 1e400}]}"),
            "the answer is no JSON: number out of range",
        ),
        (fake::Answer::new(404, "no api/facts?key=s3cret-key here"), "fake: facts: there is no"),
        (fake::Answer::page(502), "cannot answer now (HTTP 502)"),
    ] {
        let fake = Fake::sequence([answer]).await;
        let mut source = source(&fake, &[("stories", MAP)], &[Kind::Defects], Credentials::none());
        let error = source.fetch(&Round::at(now())).await.unwrap_err();
        let problem = error.problem().unwrap();
        assert!(problem.what.contains(what), "{problem:?}\n{what}");
        let printed = format!("{problem:?} {:?}", source.examine(&Round::at(now())).await);
        assert!(!printed.contains("s3cret-key") && !printed.contains("api/facts"), "{printed}");
    }
}

#[tokio::test]
async fn the_token_is_sent_and_a_refused_one_is_said() {
    let token = TokenFrom::Given(Token::new("t0p-s3cret").unwrap(), "FACTS_TOKEN".into());
    let fake = Fake::start(|asked, _| match asked.header("authorization") {
        Some("Bearer t0p-s3cret") => fake::Answer::json(r#"{"covers": []}"#),
        _ => fake::Answer::new(401, "who are you"),
    })
    .await;
    let mut known = source(&fake, &[], &[], Credentials::new(Scheme::Bearer, vec![token]));
    let points = known.examine(&Round::at(now())).await;
    assert!(points.iter().any(|point| point.what.contains("with FACTS_TOKEN")), "{points:?}");

    let mut unknown = source(&fake, &[], &[], Credentials::none());
    let error = unknown.fetch(&Round::at(now())).await.unwrap_err();
    assert!(error.problem().unwrap().what.contains("not signed in"), "{error:?}");
}
