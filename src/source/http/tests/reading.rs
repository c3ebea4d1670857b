//! Reading: conditions, pages, bounds, items that cannot be read.

use chrono::NaiveDate;

use crate::source::http::fake::{Answer, Asked, Fake};

use super::*;

/// Three pages of a list, each with an `ETag`.
fn three_pages(asked: &Asked, _: usize) -> Answer {
    let page: u64 = asked.target.rsplit_once("page=").map_or(1, |(_, page)| page.parse().unwrap());
    let host = asked.header("host").unwrap();
    let answer = Answer::json(format!(r#"[{{"id": {page}}}]"#));
    let link = format!(r#"<http://{host}/items?per_page=1&page={}>; rel="next""#, page + 1);
    let answer = if page < 3 { answer.header("link", link) } else { answer };
    // Like the real ones: 304 does not repeat the link.
    answer.with_etag(asked, &format!("W/\"{page}\""))
}

async fn read_all(http: &Http) -> (Vec<u64>, Tally, bool) {
    let round = round();
    let session = http.session(&round);
    let mut pages = Pages::new(&session, items().query("per_page", "1"));
    let (mut ids, mut all_unchanged) = (Vec::new(), true);
    while let Some(page) = pages.next().await.unwrap() {
        all_unchanged &= page.unchanged();
        ids.extend(page.items::<Item>(&[]).unwrap().kept.iter().map(|item| item.id));
    }
    (ids, session.tally(), all_unchanged)
}

#[tokio::test]
async fn the_second_poll_of_an_unchanged_service_is_304_only() {
    let fake = Fake::start(three_pages).await;
    let http = Http::new(signed(fake.settings())).unwrap();
    let (ids, tally, unchanged) = read_all(&http).await;
    assert_eq!((ids.as_slice(), tally.requests, tally.unchanged, unchanged), (&[1, 2, 3][..], 3, 0, false));

    let (ids, tally, unchanged) = read_all(&http).await;
    assert_eq!((ids.as_slice(), tally.requests, tally.unchanged, unchanged), (&[1, 2, 3][..], 3, 3, true));
    assert_eq!(tally.bytes, 0);

    // After a restart, too: what is remembered is data.
    let kept = http.validators().to_bytes();
    assert!(!String::from_utf8_lossy(&kept).contains(TOKEN));
    let restarted = Http::new(signed(fake.settings())).unwrap();
    restarted.remember(Validators::from_bytes(&kept).unwrap());
    let (ids, tally, _) = read_all(&restarted).await;
    assert_eq!((ids.as_slice(), tally.unchanged), (&[1, 2, 3][..], 3));

    // Another token may see other things: nothing is taken from what the first one saw.
    let anonymous = Http::new(fake.settings()).unwrap();
    anonymous.remember(http.validators());
    let (_, tally, _) = read_all(&anonymous).await;
    assert_eq!((tally.requests, tally.unchanged), (3, 0));

    http.forget();
    let (_, tally, _) = read_all(&http).await;
    assert_eq!(tally.unchanged, 0);
}

#[tokio::test]
async fn a_date_does_where_there_is_no_etag_and_a_new_answer_replaces_the_old() {
    let fake = Fake::start(|asked, before| match (before, asked.header("if-modified-since")) {
        (0 | 2, _) => {
            Answer::json(format!(r#"{{"id": {before}}}"#)).header("last-modified", format!("day {before}"))
        }
        (1, Some("day 0")) | (3, Some("day 2")) => Answer::new(304, ""),
        other => panic!("{other:?}"),
    })
    .await;
    let http = Http::new(fake.settings()).unwrap();
    let round = round();
    let session = http.session(&round);
    for (id, unchanged) in [(0, false), (0, true), (2, false), (2, true)] {
        let reply = session.send(items()).await.unwrap();
        assert_eq!((reply.json::<Item>().unwrap().id, reply.unchanged()), (id, unchanged));
    }
}

#[tokio::test]
async fn what_the_asker_keeps_is_not_kept_twice() {
    let fake = Fake::start(|asked, _| Answer::json(r#"{"id": 1}"#).with_etag(asked, "\"a\"")).await;
    let http = Http::new(fake.settings()).unwrap();
    let round = round();
    let session = http.session(&round);
    assert!(!session.send(items().kept_by_asker()).await.unwrap().unchanged());
    let second = session.send(items().kept_by_asker()).await.unwrap();
    assert!(second.unchanged() && second.body().is_empty());
    assert_eq!(http.validators().entries[0].body, None);
    // Who needs the body gets it.
    assert_eq!(session.send(items()).await.unwrap().json::<Item>().unwrap().id, 1);
    assert!(!session.send(items().never_remembered()).await.unwrap().unchanged());
}

#[tokio::test]
async fn pages_end() {
    let same = |asked: &Asked, _: usize| {
        let link = format!("<http://{}/items?page=2>; rel=\"next\"", asked.header("host").unwrap());
        Answer::json("[]").header("link", link)
    };
    let fake = Fake::start(same).await;
    let http = Http::new(fake.settings()).unwrap();
    let round = round();
    let session = http.session(&round);
    let mut pages = Pages::new(&session, items());
    assert!(pages.next().await.unwrap().is_some());
    let error = pages.next().await.unwrap_err();
    assert!(error.to_string().contains("the same next page twice"), "{error}");

    let endless = Fake::start(|asked, before| {
        let link = format!("<http://{}/items?page={before}>; rel=\"next\"", asked.header("host").unwrap());
        Answer::json("[]").header("link", link)
    })
    .await;
    let http = Http::new(endless.settings()).unwrap();
    let session = http.session(&round);
    let mut pages = Pages::new(&session, items()).at_most(4);
    for _ in 0..3 {
        assert!(pages.next().await.unwrap().is_some());
    }
    let error = pages.next().await.unwrap_err();
    assert!(error.to_string().contains("more than 4 pages"), "{error}");
    assert_eq!(endless.asked().len(), 4);

    let mut cursors = Cursors::default();
    let reply = session.send(items()).await.unwrap();
    cursors.advance(&reply, "a").unwrap();
    cursors.advance(&reply, "b").unwrap();
    assert!(matches!(cursors.advance(&reply, "a").unwrap_err().kind(), HttpErrorKind::Endless { .. }));
}

#[tokio::test]
async fn a_next_page_is_asked_for_as_it_was_written() {
    for target in [
        "/repositories/1300192/issues?after=Y3Vyc29yOnYyOpK5&per_page=100&page=2",
        "/x/a%2Fb/c?id_after=7&order_by=id&labels=a%2Cb+c&since=2026-03-02T12:00:00%2B01:00",
        "/x?cursor=a,b;c%3D%3D&&empty=",
    ] {
        let fake = Fake::start(move |asked: &Asked, before| {
            let next = format!("<http://{}{target}>; rel=\"next\"", asked.header("host").unwrap());
            if before == 0 { Answer::json("[]").header("link", next) } else { Answer::json("[]") }
        })
        .await;
        let http = Http::new(fake.settings()).unwrap();
        let round = round();
        let session = http.session(&round);
        let mut pages = Pages::new(&session, items().query("per_page", "100"));
        while pages.next().await.unwrap().is_some() {}
        assert_eq!(fake.asked()[1].target, target);
    }
}

#[tokio::test]
async fn how_the_service_stands_is_told_of_the_last_round() {
    let reset = (now() + chrono::TimeDelta::hours(1)).timestamp();
    let fake = Fake::start(move |asked, before| {
        let limited = asked.target == "/limited";
        Answer::new(if limited { 429 } else { 200 }, "[]")
            .header("retry-after", if limited { "600" } else { "0" })
            .header("x-ratelimit-limit", "60")
            .header("x-ratelimit-remaining", (59 - before).to_string())
            .header("x-ratelimit-reset", reset.to_string())
            .header("x-ratelimit-resource", "core")
    })
    .await;
    let http = Http::new(signed(fake.settings())).unwrap();
    assert_eq!(http.standing(), crate::source::Standing::default(), "nothing is known before it is asked");
    for (requests, remaining) in [(3, 57), (2, 55)] {
        let round = round();
        let session = http.session(&round);
        for _ in 0..requests {
            session.send(items()).await.unwrap();
        }
        http.set_account("octocat".into());
        let standing = http.standing();
        assert_eq!((standing.account.as_deref(), standing.not_before), (Some("octocat"), None));
        let [core] = &standing.allowances[..] else { panic!("{standing:?}") };
        assert_eq!(
            (core.name.as_str(), core.limit, core.remaining, core.spent),
            ("core", 60, remaining, requests)
        );
        assert_eq!(core.resets_at.timestamp(), reset);
    }
    let round = round();
    assert!(http.session(&round).send(Request::get("limited", "limited")).await.is_err());
    assert_eq!(http.standing().not_before, Some(now() + chrono::TimeDelta::minutes(10)));
}

#[tokio::test]
async fn limits_are_read_in_the_words_of_each_service() {
    let minute = now() + chrono::TimeDelta::minutes(1);
    for (headers, expected) in [
        (
            // GitHub.
            &[
                ("x-ratelimit-limit", "5000"),
                ("x-ratelimit-remaining", "4999"),
                ("x-ratelimit-reset", "1772452860"),
                ("x-ratelimit-resource", "graphql"),
            ][..],
            Some(("graphql", 5_000, 4_999, minute)),
        ),
        (
            // GitLab.
            &[
                ("ratelimit-limit", "2000"),
                ("ratelimit-observed", "10"),
                ("ratelimit-remaining", "1990"),
                ("ratelimit-reset", "1772452860"),
                ("ratelimit-name", "throttle_authenticated_api"),
            ],
            Some(("throttle_authenticated_api", 2_000, 1_990, minute)),
        ),
        (
            // Jira Cloud.
            &[
                ("x-ratelimit-limit", "350"),
                ("x-ratelimit-remaining", "349"),
                ("x-ratelimit-reset", "2026-03-02T12:01Z"),
            ],
            Some(("", 350, 349, minute)),
        ),
        (
            // Jira Data Center: a bucket, 20 short, 5 more every 15 s.
            &[
                ("x-ratelimit-limit", "100"),
                ("x-ratelimit-remaining", "80"),
                ("x-ratelimit-interval-seconds", "15"),
                ("x-ratelimit-fillrate", "5"),
                ("retry-after", "0"),
            ],
            Some(("", 100, 80, minute)),
        ),
        // A bucket that is never filled, and what is no limit.
        (
            &[
                ("x-ratelimit-limit", "100"),
                ("x-ratelimit-remaining", "80"),
                ("x-ratelimit-interval-seconds", "15"),
                ("x-ratelimit-fillrate", "0"),
            ],
            None,
        ),
        (&[("x-ratelimit-limit", "many"), ("x-ratelimit-remaining", "80")], None),
    ] {
        let answer =
            headers.iter().fold(Answer::json("[]"), |answer, (name, value)| answer.header(name, *value));
        let fake = Fake::sequence([answer]).await;
        let http = Http::new(fake.settings()).unwrap();
        let round = round();
        http.session(&round).send(items()).await.unwrap();
        let told = http.standing().allowances;
        let told: Vec<_> =
            told.iter().map(|it| (it.name.as_str(), it.limit, it.remaining, it.resets_at)).collect();
        assert_eq!(told, expected.into_iter().collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn answers_are_bounded_also_when_they_are_compressed() {
    let large = vec![b' '; 200_000];
    for answer in [
        Answer::json(large.clone()),
        Answer::json(large.clone()).gzip(),
        Answer::json("{}").header("content-length", "99999999999"),
    ] {
        let fake = Fake::sequence([answer]).await;
        let settings = Settings { longest_answer: 100_000, ..fake.settings() };
        let error = ask(settings, items()).await.unwrap_err();
        assert_eq!(error.kind(), &HttpErrorKind::TooLarge { limit: 100_000 });
        assert_eq!(fake.asked().len(), 1);
    }
    let fake = Fake::sequence([Answer::json(r#"{"id": 4}"#).gzip()]).await;
    let reply = ask(fake.settings(), items()).await.unwrap();
    assert_eq!(reply.json::<Item>().unwrap().id, 4);
}

#[tokio::test]
async fn every_request_says_which_program_asks_and_takes_compressed_answers() {
    let fake = Fake::start(|asked: &Asked, _| match asked.target.as_str() {
        "/items" => Answer::new(302, "").header("location", "/moved"),
        _ => Answer::json("{}").gzip(),
    })
    .await;
    ask(fake.settings(), items()).await.unwrap();
    ask(signed(fake.settings()), Request::post("query", "graphql").json(&serde_json::json!({})))
        .await
        .unwrap();
    let asked = fake.asked();
    assert_eq!(asked.len(), 3, "a redirect, where it leads, and a question");
    for asked in asked {
        assert_eq!(asked.header("user-agent"), Some(concat!("tminus/", env!("CARGO_PKG_VERSION"))));
        assert_eq!(asked.header("accept-encoding"), Some("gzip"));
    }
}

#[derive(Debug, Deserialize)]
struct Issue {
    key: String,
    fields: Fields,
}

#[derive(Debug, Deserialize)]
struct Fields {
    duedate: Option<NaiveDate>,
}

#[tokio::test]
async fn a_bad_item_is_lost_alone_and_says_where_it_was() {
    let body = r#"{"issues": [
        {"key": "A-1", "fields": {"duedate": "2026-03-01"}},
        {"key": "A-2", "fields": {"duedate": "soon\u001b[31m"}},
        {"key": 3, "fields": {}},
        null,
        {"key": "A-5", "fields": {"duedate": null}}
    ]}"#;
    let fake = Fake::sequence([Answer::json(body)]).await;
    let settings = Settings { service: "jira".into(), ..fake.settings() };
    let reply = ask(settings, Request::get("issues", "rest/api/3/search/jql")).await.unwrap();
    let items = reply.items::<Issue>(&["issues"]).unwrap();
    let keys: Vec<&str> = items.kept.iter().map(|issue| issue.key.as_str()).collect();
    assert_eq!(keys, ["A-1", "A-5"]);
    assert_eq!(items.kept[0].fields.duedate, NaiveDate::from_ymd_opt(2026, 3, 1));
    let lost: Vec<String> = items.lost.iter().map(ToString::to_string).collect();
    assert_eq!(
        lost,
        [
            r#"jira: issues[1].fields.duedate: expected a date, got "soon\u001b[31m""#,
            "jira: issues[2].key: expected a string, got integer `3`",
            "jira: issues[3]: expected struct Issue, got null",
        ]
    );
    let error = reply.json::<Vec<Item>>().unwrap_err();
    assert!(error.to_string().contains("/search/jql: expected a sequence, got map"), "{error}");
    let error = reply.items::<Item>(&["values"]).unwrap_err();
    assert!(error.to_string().contains("expected a field `values`, there is none"), "{error}");
}

#[tokio::test]
async fn queries_and_segments_are_encoded() {
    let fake = Fake::sequence([Answer::json("[]")]).await;
    let path = format!("projects/{}/issues?scope=all", Request::segment("group/sub group"));
    let request = Request::get("issues", path)
        .query("updated_after", "2026-03-02T12:00:00+01:00")
        .query("search", "a&b=ü");
    ask(fake.settings(), request).await.unwrap();
    assert_eq!(
        fake.asked()[0].target,
        "/projects/group%2Fsub%20group/issues?scope=all&updated_after=2026-03-02T12%3A00%3A00%2B01%3A00&search=a%26b%3D%C3%BC"
    );
}

#[tokio::test]
async fn the_base_keeps_its_path() {
    let fake = Fake::sequence([Answer::json("[]")]).await;
    for base in ["api/v3", "api/v3/"] {
        let settings = Settings { base: fake.url().join(base).unwrap(), ..fake.settings() };
        ask(settings, Request::get("user", "/user")).await.unwrap();
    }
    assert!(fake.asked().iter().all(|asked| asked.target == "/api/v3/user"));
}

#[tokio::test]
async fn what_a_round_costs_is_seen() {
    let reset = (now() + chrono::TimeDelta::hours(1)).timestamp();
    let fake = Fake::start(move |asked, before| {
        Answer::json("[]")
            .with_etag(asked, &asked.target)
            .header("x-ratelimit-limit", "60")
            .header("x-ratelimit-remaining", (if before < 10 { 59 - before } else { 50 }).to_string())
            .header("x-ratelimit-reset", reset.to_string())
            .header("x-ratelimit-resource", "core")
    })
    .await;
    let http = Http::new(fake.settings()).unwrap();
    let minute = std::time::Duration::from_secs(60);
    for (spent, minutes) in [(10, 13), (0, 1)] {
        let round = round();
        let session = http.session(&round);
        let requests = (0..10).map(|page| session.send(items().query("page", page.to_string())));
        for reply in futures_util::future::join_all(requests).await {
            reply.unwrap();
        }
        let budget = http.budget();
        assert_eq!(budget.windows["core"].remaining, 50);
        assert_eq!(budget.windows["core"].spent, spent);
        assert_eq!(budget.advise(minute, now()).as_secs() / 60, minutes);
    }
}

#[test]
fn a_round_can_be_sent_between_threads() {
    fn is_send<T: Send>(_: T) {}
    let settings = Settings::new("x", "https://example.com/".parse().unwrap(), Credentials::none());
    let http = Http::new(settings).unwrap();
    let round = round();
    let session = http.session(&round);
    is_send(session.send(items()));
    is_send(async {
        let mut pages = Pages::new(&session, items());
        pages.next().await.is_ok()
    });
}
