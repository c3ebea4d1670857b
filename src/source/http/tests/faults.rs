//! Faults: what is tried again, how long is waited, and what it is called in the end.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use crate::source::{
    SourceError,
    http::fake::{Answer, Fake},
};

use super::*;

#[tokio::test]
async fn what_passes_is_tried_again_until_it_has_passed() {
    let good = || Answer::json(r#"[{"id": 1}]"#);
    for (fault, waits) in [
        (Answer::page(502), &[500, 1_000][..]),
        (Answer::page(503), &[500, 1_000]),
        (Answer::page(504), &[500, 1_000]),
        (Answer::new(500, r#"{"message": "oops"}"#), &[500, 1_000]),
        (Answer::page(503).header("retry-after", "3"), &[3_000, 3_000]),
        (Answer::new(429, "Retry later").header("retry-after", "2"), &[2_000, 2_000]),
        (Answer::new(403, "{}").header("retry-after", "1"), &[1_000, 1_000]),
        (good().cut_off(), &[500, 1_000]),
        (good().gzip().cut_off(), &[500, 1_000]),
        // In chunks, of which the last does not come.
        (
            Answer::json("40\r\n[{\"id\": 1}, {\"id\"").header("transfer-encoding", "chunked").cut_off(),
            &[500, 1_000],
        ),
        (good().header("content-encoding", "gzip"), &[500, 1_000]), // damaged: not gzip
        (Answer::reset(), &[500, 1_000]),
    ] {
        let fake = Fake::sequence([fault.clone(), fault.clone(), good()]).await;
        let reply = ask(fake.settings(), items()).await;
        assert!(reply.is_ok(), "{fault:?}: {reply:?}");
        assert_eq!(reply.unwrap().json::<Vec<Item>>().unwrap(), [Item { id: 1 }]);
        assert_eq!(fake.waited(), waits, "{fault:?}");
        assert_eq!(fake.asked().len(), 3);
    }
}

#[tokio::test]
async fn what_stays_is_an_error_with_a_name_and_a_next_step() {
    let failed = |error| matches!(error, SourceError::Failed(_));
    let cases: Vec<(Answer, usize, &str, bool)> = vec![
        (Answer::page(502), 3, "cannot answer now (HTTP 502)", true),
        (Answer::page(200), 1, "expected data, got a web page", true),
        (Answer::json("[1").cut_off(), 3, "ended the connection", true),
        (Answer::reset(), 3, "ended the connection", true),
        (Answer::new(429, "Retry later"), 1, "used up until 2026-03-02 12:01:02", true),
        (
            // GitLab's, whose rack says so in plain text.
            Answer::new(429, "Retry later\n")
                .header("content-type", "text/plain")
                .header("ratelimit-name", "throttle_authenticated_api")
                .header("ratelimit-limit", "2000")
                .header("ratelimit-observed", "2001")
                .header("ratelimit-remaining", "0")
                .header("ratelimit-reset", "1772452860"),
            1,
            "used up until 2026-03-02 12:01:00",
            true,
        ),
        (Answer::new(403, "Retry later"), 1, "used up until 2026-03-02 12:01:02", true),
        (
            Answer::new(403, r#"{"message": "You have exceeded a secondary rate limit."}"#),
            1,
            "used up until 2026-03-02 12:01:02",
            true,
        ),
        (
            Answer::new(403, "{}")
                .header("x-ratelimit-remaining", "0")
                .header("x-ratelimit-reset", "1772453100"),
            1,
            "used up until 2026-03-02 12:05:00",
            true,
        ),
        (
            Answer::new(401, r#"{"message": "Bad credentials"}"#),
            1,
            "not signed in (it says: Bad credentials)",
            false,
        ),
        (
            Answer::new(403, r#"{"message": "Resource not accessible"}"#),
            1,
            "not allowed to read items",
            false,
        ),
        (Answer::new(404, "{}"), 1, "there is no items", false),
        (
            Answer::new(400, r#"{"errorMessages": ["The value 'x' does not exist"], "errors": {}}"#),
            1,
            "HTTP 400) (it says: The value 'x' does not exist)",
            false,
        ),
        (
            Answer::new(422, r#"{"message": [], "errors": [{"message": "no such"}]}"#),
            1,
            "it says: no such",
            false,
        ),
        (Answer::new(304, ""), 1, "nothing has changed, but was not asked", true),
    ];
    for (answer, requests, message, is_failed) in cases {
        let fake = Fake::sequence([answer.clone()]).await;
        let error = ask(fake.settings(), items()).await.unwrap_err();
        let problem = error.problem();
        assert!(problem.what.starts_with("fake: items: "), "{problem:?}");
        assert!(problem.what.contains(message), "{answer:?}: {problem:?}");
        assert!(!problem.next_step.is_empty());
        assert_eq!(fake.asked().len(), requests, "{answer:?}");
        assert_eq!(failed(error.into()), is_failed, "{answer:?}");
    }
}

#[tokio::test]
async fn a_limit_in_graphql_is_a_limit() {
    let limited = r#"{"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}"#;
    let answer =
        Answer::json(limited).header("x-ratelimit-remaining", "0").header("x-ratelimit-reset", "1772453100");
    let fake = Fake::sequence([answer]).await;
    let query = Request::post("query", "graphql").json(&serde_json::json!({"query": "{}"})).repeatable();
    let error = ask(fake.settings(), query.clone()).await.unwrap_err();
    let until = now() + chrono::TimeDelta::minutes(5);
    assert_eq!(error.kind(), &HttpErrorKind::Limited { until });
    assert_eq!(error.not_before(), Some(until));

    // A secondary limit: only the message says so, and not until when.
    let secondary = r#"{"errors": [{"message": "You have exceeded a secondary rate limit. Please wait."}]}"#;
    let fake = Fake::sequence([Answer::json(secondary).header("x-ratelimit-remaining", "4000")]).await;
    let error = ask(fake.settings(), query.clone()).await.unwrap_err();
    assert!(error.not_before() >= Some(now() + chrono::TimeDelta::seconds(60)), "{error:?}");

    // A title that speaks of it is none.
    for title in [r#"fix \"type\": RATE_LIMITED"#, "exceeded a secondary rate limit"] {
        let fake = Fake::sequence([Answer::json(format!(r#"{{"data": {{"title": "{title}"}}}}"#))]).await;
        assert!(ask(fake.settings(), query.clone()).await.is_ok());
    }
}

#[tokio::test]
async fn a_limited_service_is_left_alone_until_it_may_be_asked_again() {
    let fake = Fake::sequence([Answer::new(429, "").header("retry-after", "120"), Answer::json("[]")]).await;
    let http = Http::new(fake.settings()).unwrap();
    let until = now() + chrono::TimeDelta::seconds(120);
    for later in [0, 60, 119] {
        let round = Round::at(now() + chrono::TimeDelta::seconds(later));
        let error = http.session(&round).send(items()).await.unwrap_err();
        assert_eq!(error.not_before(), Some(until));
        assert_eq!(fake.asked().len(), 1, "not asked before its time");
    }
    assert_eq!(http.not_before(), Some(until));
    let round = Round::at(until);
    assert!(http.session(&round).send(items()).await.is_ok());
    assert_eq!(http.not_before(), None, "over");
}

#[tokio::test]
async fn what_changes_something_is_sent_once() {
    for answer in [Answer::page(502), Answer::reset(), Answer::new(429, "").header("retry-after", "1")] {
        for method in [Method::Post, Method::Put, Method::Patch, Method::Delete] {
            let fake = Fake::sequence([answer.clone()]).await;
            let request = Request::new("merge", method, "merge").json(&serde_json::json!({"sha": "abc"}));
            assert!(ask(fake.settings(), request.clone()).await.is_err());
            let asked = fake.asked();
            assert_eq!(asked.len(), 1, "{method:?} {answer:?}");
            assert_eq!(asked[0].body, r#"{"sha":"abc"}"#);
            assert!(fake.waited().is_empty());

            let fake = Fake::sequence([answer.clone()]).await;
            assert!(ask(fake.settings(), request.repeatable()).await.is_err());
            assert_eq!(fake.asked().len(), 3, "{method:?} {answer:?}");
        }
    }
}

#[tokio::test]
async fn a_round_that_is_cancelled_ends() {
    let fake = Fake::sequence([Answer::silence()]).await;
    let http = Http::new(fake.settings()).unwrap();
    let round = round();
    let session = http.session(&round);
    let cancelled = async {
        while fake.asked().is_empty() {
            tokio::task::yield_now().await;
        }
        round.cancelled.cancel();
    };
    let (answer, ()) = tokio::join!(session.send(items()), cancelled);
    let error = answer.unwrap_err();
    assert_eq!(error.kind(), &HttpErrorKind::Cancelled);
    assert!(matches!(SourceError::from(error), SourceError::Cancelled));
    assert!(session.send(items()).await.is_err(), "and asks nothing more");
    assert_eq!(fake.asked().len(), 1);
}

#[tokio::test]
async fn silence_ends_with_the_time_limit() {
    let fake = Fake::sequence([Answer::silence()]).await;
    let settings = Settings { timeout: std::time::Duration::from_millis(200), ..fake.settings() };
    let error = ask(settings, items()).await.unwrap_err();
    assert!(matches!(error.kind(), HttpErrorKind::TimedOut { .. }), "{error:?}");
    assert_eq!(fake.asked().len(), 1, "not tried again: it would take as long");
}

#[tokio::test]
async fn a_connection_that_does_not_come_about_ends_with_its_own_limit() {
    // It takes the connection, and never says a word of TLS.
    let fake = Fake::sequence([Answer::json("[]")]).await;
    let mut base = fake.url();
    base.set_scheme("https").unwrap();
    let settings =
        Settings { base, connect_timeout: std::time::Duration::from_millis(50), ..fake.settings() };
    let error = ask(settings, items()).await.unwrap_err();
    assert!(matches!(error.kind(), HttpErrorKind::Unreachable { .. }), "{error:?}");
    assert_eq!(fake.waited(), [500, 1_000]);
}

#[tokio::test]
async fn nobody_there_is_said_so() {
    let fake = Fake::sequence([Answer::json("[]")]).await;
    let usual = fake.settings();
    drop(fake);
    // The port is free again once the task has ended.
    tokio::task::yield_now().await;
    for (insists, waits) in [(true, 2), (false, 0)] {
        let waited = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&waited);
        let skipped = Waits::skipped(move |_| {
            counter.fetch_add(1, Ordering::SeqCst);
        });
        let settings = Settings { insists, waits: skipped, ..usual.clone() };
        let error = ask(settings, items()).await.unwrap_err();
        assert!(matches!(error.kind(), HttpErrorKind::Unreachable { .. }), "{error:?}");
        assert!(error.to_string().contains("cannot reach 127.0.0.1: "), "{error}");
        assert_eq!(waited.load(Ordering::SeqCst), waits, "tried again if it is worth it");
    }
}

#[tokio::test]
async fn the_clock_of_the_service_tells_how_long_a_round_has_lasted() {
    // Ten minutes into the round, and an hour ahead of us: a limit of one minute.
    let fake = Fake::sequence([
        Answer::json("[]").header("date", "Mon, 02 Mar 2026 13:00:00 GMT"),
        Answer::new(429, "").header("date", "Mon, 02 Mar 2026 13:10:00 GMT").header("retry-after", "60"),
    ])
    .await;
    let http = Http::new(fake.settings()).unwrap();
    let round = round();
    let session = http.session(&round);
    session.send(items()).await.unwrap();
    let error = session.send(items()).await.unwrap_err();
    assert_eq!(error.not_before(), Some(now() + chrono::TimeDelta::minutes(11)));
    assert_eq!(http.clock_skew(), Some(chrono::TimeDelta::hours(1)));
}
