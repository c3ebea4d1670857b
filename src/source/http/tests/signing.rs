//! Who asks: found once, renewed when refused, never shown.

use crate::source::http::fake::{Answer, Asked, Fake};

use super::*;

fn from_file(settings: Settings, file: &std::path::Path) -> Settings {
    let places = vec![TokenFrom::File(file.to_owned())];
    Settings { credentials: Credentials::new(Scheme::Bearer, places), ..settings }
}

fn write_token(file: &std::path::Path, token: &str) {
    use std::os::unix::fs::PermissionsExt;
    #[expect(clippy::disallowed_methods, reason = "a test makes its files")]
    std::fs::write(file, token).unwrap();
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
}

#[tokio::test]
async fn nothing_prints_the_token() {
    let fake = Fake::sequence([Answer::json("[]").header("etag", "\"a\""), Answer::new(401, "{}")]).await;
    let settings = Settings { proxy: None, ..signed(fake.settings()) };
    let http = Http::new(settings.clone()).unwrap();
    let round = round();
    let session = http.session(&round);
    let request = items();
    let reply = session.send(request.clone()).await.unwrap();
    let error = session.send(Request::post("merge", "x")).await.unwrap_err();
    let with_proxy =
        Settings { proxy: Some("http://me:s3cret-t0ken@proxy:1/".parse().unwrap()), ..settings.clone() };
    let bad_proxy =
        Settings { proxy: Some("nonsense://me:s3cret-t0ken@proxy:1/".parse().unwrap()), ..settings.clone() };
    let shown = [
        format!("{settings:?} {with_proxy:?} {:?}", settings.credentials),
        format!("{http:?} {:?} {:?}", http.signed_in(), http.validators()),
        format!("{request:?} {reply:?}"),
        format!("{error} {error:?} {:?}", error.problem()),
        format!("{:?}", session.sign_in_problem()),
        format!("{:?}", Http::new(bad_proxy).map(|_| ())),
        serde_json::to_string(&http.validators()).unwrap(),
    ];
    for text in shown {
        assert!(!text.contains("s3cret"), "{text}");
    }
    assert_eq!(fake.asked()[0].header("authorization"), Some("Bearer s3cret-t0ken"), "but it was sent");
}

/// Some gateways repeat in their errors what they were sent.
#[tokio::test]
async fn a_service_that_repeats_the_token_does_not_make_it_shown() {
    let fake = Fake::start(|asked, before| {
        let sent = asked.header("authorization").unwrap();
        let body = format!(r#"{{"id": 7, "message": "you sent {sent}"}}"#);
        let answer = Answer::new([400, 403, 200][before % 3], body).header("etag", format!("\"{sent}\""));
        answer.header("x-accepted-oauth-scopes", sent)
    })
    .await;
    let places = signed(fake.settings()).credentials.places;
    let basic = Scheme::Basic { user: "kim@example.com".to_owned() };
    for scheme in [Scheme::Bearer, basic] {
        let credentials = Credentials::new(scheme, places.clone());
        let http = Http::new(Settings { credentials, ..fake.settings() }).unwrap();
        let round = round();
        let session = http.session(&round);
        let mut shown = Vec::new();
        for _ in 0..2 {
            let error = session.send(items()).await.unwrap_err();
            shown.push(format!("{error} {error:?} {:?}", error.problem()));
        }
        let reply = session.send(items()).await.unwrap();
        assert_eq!(reply.json::<Item>().unwrap().id, 7, "the rest can be read");
        let said: serde_json::Value = reply.json().unwrap();
        shown.push(format!("{said} {:?}", http.validators()));
        let shown = shown.concat();
        let sent = fake.asked().pop().unwrap();
        let (_, sent) = sent.header("authorization").unwrap().split_once(' ').unwrap();
        assert!(shown.contains("you sent") && !shown.contains(TOKEN) && !shown.contains(sent), "{shown}");
    }
}

#[tokio::test]
async fn a_token_that_was_renewed_is_used_without_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("token");
    write_token(&file, "old");
    let renewing = file.clone();
    let fake = Fake::start(move |asked: &Asked, before| match asked.header("authorization") {
        Some("Bearer old") if before == 0 => Answer::json("[]"),
        Some("Bearer old") => {
            write_token(&renewing, "new");
            Answer::new(401, r#"{"message": "expired"}"#)
        }
        Some("Bearer new") => Answer::json("[]"),
        other => panic!("{other:?}"),
    })
    .await;
    let http = Http::new(from_file(fake.settings(), &file)).unwrap();
    let round = round();
    let session = http.session(&round);
    session.send(items()).await.unwrap();
    // What changes something was not carried out, so it is sent once more.
    http.set_account("the old one's".into());
    session.send(Request::post("merge", "merge")).await.unwrap();
    assert_eq!(http.standing().account, None, "the new token may be somebody else's");
    session.send(items()).await.unwrap();
    assert_eq!(fake.asked().len(), 4);
    assert_eq!(session.sign_in_problem(), None);
}

#[tokio::test]
async fn with_a_token_that_is_refused_public_things_are_still_read() {
    let fake = Fake::start(|asked, _| match (asked.header("authorization"), asked.target.as_str()) {
        (Some(_), _) => Answer::new(401, r#"{"message": "Bad credentials"}"#),
        (None, "/items") => Answer::json("[]"),
        (None, _) => Answer::new(404, "{}"),
    })
    .await;
    let http = Http::new(signed(fake.settings())).unwrap();
    let round = round();
    let session = http.session(&round);
    session.send(items()).await.unwrap();
    session.send(items()).await.unwrap();
    assert_eq!(fake.asked().len(), 3, "refused once a round");
    let problem = session.sign_in_problem().unwrap();
    assert_eq!(problem.what, "fake: the token is refused (Bad credentials); only what is public was read");
    assert_eq!(problem.next_step, "set FAKE_TOKEN");

    // What is hidden from everybody is the old token's fault.
    let error = session.send(Request::get("secret", "secret")).await.unwrap_err();
    assert_eq!(error.to_string(), "fake: secret: not signed in (it says: Bad credentials)");
    assert_eq!(error.problem().next_step, "set FAKE_TOKEN");

    // What changes something is not sent as nobody.
    let before = fake.asked().len();
    let session = http.session(&round);
    assert!(session.send(Request::post("merge", "items")).await.is_err());
    assert_eq!(fake.asked().len(), before + 1);
}

#[tokio::test]
async fn without_a_token_it_is_said_where_was_looked() {
    let fake = Fake::start(|asked, _| {
        assert_eq!(asked.header("authorization"), None);
        if asked.target == "/items" { Answer::json("[]") } else { Answer::new(401, "") }
    })
    .await;
    let places = vec![
        TokenFrom::Environment("TMINUS_TEST_NOT_SET".to_owned()),
        TokenFrom::Command(["sh", "-c", "exit 1"].map(str::to_owned).to_vec()),
    ];
    let credentials = Credentials::new(Scheme::Bearer, places);
    let http = Http::new(Settings { credentials, ..fake.settings() }).unwrap();
    let round = round();
    let session = http.session(&round);
    assert_eq!(session.sign_in_problem(), None, "nothing was asked yet");
    session.send(items()).await.unwrap();
    assert!(session.sign_in_problem().unwrap().what.contains("nobody is signed in"));
    let next_step = session.send(Request::get("me", "me")).await.unwrap_err().problem().next_step;
    assert_eq!(
        next_step,
        "set FAKE_TOKEN (looked at TMINUS_TEST_NOT_SET: is not set; `sh -c exit 1`: failed (exit status: 1))"
    );
    assert!(matches!(http.signed_in(), Some(SignedIn::Anonymously(reasons)) if reasons.len() == 2));
}

#[tokio::test]
async fn a_token_is_looked_for_once() {
    let directory = tempfile::tempdir().unwrap();
    let count = directory.path().join("count");
    let script = format!("echo x >> '{}'; echo token", count.display());
    let fake = Fake::sequence([Answer::json("[]")]).await;
    let places = vec![TokenFrom::Command(["sh", "-c", &script].map(str::to_owned).to_vec())];
    let credentials = Credentials::new(Scheme::PrivateToken, places);
    let http = Http::new(Settings { credentials, ..fake.settings() }).unwrap();
    for _ in 0..2 {
        let round = round();
        let session = http.session(&round);
        let all = futures_util::future::join_all((0..5).map(|_| session.send(items()))).await;
        assert!(all.iter().all(Result::is_ok));
    }
    #[expect(clippy::disallowed_methods, reason = "a test reads its file")]
    let counted = std::fs::read_to_string(&count).unwrap();
    assert_eq!(counted, "x\n");
    assert!(fake.asked().iter().all(|asked| asked.header("private-token") == Some("token")));
}
