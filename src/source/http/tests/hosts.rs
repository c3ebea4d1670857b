//! The token stays on its host.

use std::{path::PathBuf, sync::Arc};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{self, pki_types::PrivatePkcs8KeyDer},
};

use crate::source::{
    SourceError,
    http::fake::{Answer, Fake},
};

use super::*;

fn redirect(status: u16, to: &str) -> Answer {
    Answer::new(status, "").header("location", to)
}

#[tokio::test]
async fn a_redirect_on_the_host_is_followed_with_the_token() {
    for status in [301, 302, 303, 307, 308] {
        let fake = Fake::start(move |asked, _| match asked.target.as_str() {
            "/items" => redirect(status, "/repositories/1/items?page=1"),
            _ => Answer::json(r#"[{"id": 1}]"#),
        })
        .await;
        let reply = ask(signed(fake.settings()), items()).await.unwrap();
        assert_eq!(reply.items::<Item>(&[]).unwrap().kept.len(), 1);
        let asked = fake.asked();
        assert_eq!(asked[1].target, "/repositories/1/items?page=1");
        for request in asked {
            assert_eq!(request.header("authorization"), Some("Bearer s3cret-t0ken"));
        }
    }
}

#[tokio::test]
async fn another_host_never_sees_token_headers_or_conditions() {
    let other = Fake::sequence([Answer::json(r#"[{"id": 7}]"#).header("etag", "\"other\"")]).await;
    let elsewhere = other.url().join("stolen").unwrap().to_string();
    let fake = Fake::start(move |_, before| {
        if before == 0 { Answer::json("[]").header("etag", "\"own\"") } else { redirect(302, &elsewhere) }
    })
    .await;
    let http = Http::new(signed(fake.settings())).unwrap();
    let round = round();
    let session = http.session(&round);
    let request = items().header("x-own", "private");
    session.send(request.clone()).await.unwrap();
    let reply = session.send(request).await.unwrap();
    assert_eq!(reply.items::<Item>(&[]).unwrap().kept, [Item { id: 7 }]);
    assert_eq!(fake.asked()[1].header("if-none-match"), Some("\"own\""));
    let stolen = other.asked();
    assert_eq!(stolen.len(), 1);
    for name in ["authorization", "private-token", "x-own", "if-none-match", "referer", "cookie"] {
        assert_eq!(stolen[0].header(name), None, "{name}");
    }
    assert!(!format!("{stolen:?}").contains(TOKEN));
}

#[tokio::test]
async fn redirects_that_lead_astray_are_refused() {
    let other = Fake::sequence([Answer::json("[]")]).await;
    let at = |path: &str| other.url().join(path).unwrap().to_string();
    let with_password = at("x").replace("http://", "http://user:pass@");
    for (method, status, to, why) in [
        (Method::Get, 302, "http://example.com/".to_owned(), "to http://example.com"),
        (Method::Get, 302, "https://10.0.0.1/".to_owned(), "to https://10.0.0.1"),
        (Method::Get, 302, "https://[fe80::1]:1/".to_owned(), "to https://[fe80::1]"),
        (Method::Get, 302, "ftp://example.com/".to_owned(), "to ftp://example.com"),
        (Method::Get, 302, "file:///etc/passwd".to_owned(), "to file://"),
        (Method::Get, 302, "http://[".to_owned(), "cannot be read"),
        (Method::Get, 302, with_password, "holds a password"),
        (Method::Get, 302, "/items".to_owned(), "more than 5 redirects"),
        (Method::Post, 307, at("x"), "only reads"),
        (Method::Post, 302, "/x".to_owned(), "only reads"),
        (Method::Delete, 301, "/x".to_owned(), "only reads"),
    ] {
        let target = to.clone();
        let fake = Fake::start(move |_, _| redirect(status, &target)).await;
        let base = fake.settings();
        let error = ask(signed(base), Request::new("items", method, "items")).await.unwrap_err();
        assert!(matches!(error.kind(), HttpErrorKind::Redirected { .. }), "{to}: {error:?}");
        assert!(error.to_string().contains(why), "{to}: {error}");
        assert!(!error.to_string().contains("user:pass"), "{error}");
        assert!(fake.asked().len() <= 6);
    }
    assert!(other.asked().is_empty());
}

#[tokio::test]
async fn a_body_follows_on_its_host() {
    let fake = Fake::sequence([redirect(307, "/renamed/graphql"), Answer::json("{}")]).await;
    let request = Request::post("query", "graphql").json(&serde_json::json!({"query": "{a}"}));
    ask(signed(fake.settings()), request).await.unwrap();
    let asked = fake.asked();
    assert_eq!((asked[1].method.as_str(), asked[1].target.as_str()), ("POST", "/renamed/graphql"));
    assert_eq!(asked[1].body, r#"{"query":"{a}"}"#);
}

#[tokio::test]
async fn after_a_change_see_other_does_not_say_that_nothing_was_done() {
    for (status, changed_nothing) in [(303, false), (302, true), (301, true)] {
        let fake = Fake::start(move |_, _| redirect(status, "/done")).await;
        let error = ask(fake.settings(), Request::post("merge", "x")).await.unwrap_err();
        assert_eq!(error.kind().changed_nothing(), changed_nothing, "{error:?}");
        assert_eq!(fake.asked().len(), 1);
    }
}

#[tokio::test]
async fn a_next_page_on_another_host_is_not_asked_for() {
    let other = Fake::sequence([Answer::json("[]")]).await;
    let link = format!("<{}page2>; rel=\"next\"", other.url());
    let fake = Fake::sequence([Answer::json("[]").header("link", link)]).await;
    let http = Http::new(signed(fake.settings())).unwrap();
    let round = round();
    let session = http.session(&round);
    let mut pages = Pages::new(&session, items());
    assert!(pages.next().await.unwrap().is_some());
    let error = pages.next().await.unwrap_err();
    assert!(error.to_string().contains("another host"), "{error}");
    assert!(pages.next().await.unwrap().is_none(), "over after an error");
    assert!(other.asked().is_empty());
}

#[tokio::test]
async fn a_path_cannot_leave_the_host() {
    let fake = Fake::sequence([Answer::json("[]")]).await;
    for path in ["//example.com/x", "/\\example.com", "@example.com/", ":80@example.com/", "a:b", "../../x"] {
        ask(signed(fake.settings()), Request::get("items", path)).await.unwrap();
    }
    assert_eq!(fake.asked().len(), 6, "all came here");
    for path in ["https://example.com/x", "http://example.com/x"] {
        let error = ask(signed(fake.settings()), Request::get("items", path)).await.unwrap_err();
        assert!(error.to_string().contains("another host"), "{error}");
    }
    assert_eq!(fake.asked().len(), 6);
}

#[test]
fn settings_that_would_give_a_token_away_are_refused() {
    let credentials = || Credentials::new(Scheme::Bearer, vec![TokenFrom::Environment("X".to_owned())]);
    for (base, why) in [
        ("http://jira.example.com/", "only sent over https"),
        ("ftp://jira.example.com/", "does not begin with https"),
        ("https://me:s3cret-t0ken@jira.example.com/", "holds a user or a password"),
        ("mailto:me", "does not begin with https"),
    ] {
        let settings = Settings::new("jira", base.parse().unwrap(), credentials());
        let error = Http::new(settings).unwrap_err();
        assert!(matches!(error.kind(), HttpErrorKind::Setup { .. }));
        assert!(error.to_string().contains(why), "{error}");
        assert!(!format!("{error} {error:?}").contains(TOKEN));
    }
    let anonymous = Settings::new("jira", "http://jira.example.com/".parse().unwrap(), Credentials::none());
    assert!(Http::new(anonymous).is_ok(), "without a token there is none to lose");
}

#[test]
fn a_file_of_certificates_must_hold_some() {
    let directory = tempfile::tempdir().unwrap();
    let empty = directory.path().join("empty.pem");
    #[expect(clippy::disallowed_methods, reason = "a test makes its files")]
    std::fs::write(&empty, "nothing").unwrap();
    for (file, why) in
        [(directory.path().join("none.pem"), "cannot be read"), (empty, "holds no certificates")]
    {
        let base = "https://example.com/".parse().unwrap();
        let settings = Settings { ca_file: Some(file), ..Settings::new("jira", base, Credentials::none()) };
        let problem = Http::new(settings).unwrap_err().problem();
        assert!(problem.what.contains(why) && problem.what.contains(".pem"), "{problem:?}");
        assert_eq!(problem.next_step, "change it in the configuration");
    }
}

/// A service with a certificate from an authority of its own, and that authority in a file.
fn own_authority(directory: &std::path::Path) -> (TlsAcceptor, PathBuf) {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate =
        CertificateParams::new(["127.0.0.1".to_owned()]).unwrap().signed_by(&key, &authority).unwrap();
    let file = directory.join("authority.pem");
    #[expect(clippy::disallowed_methods, reason = "a test makes its files")]
    std::fs::write(&file, authority.pem()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.into()], PrivatePkcs8KeyDer::from(key.serialize_der()).into())
        .unwrap();
    (TlsAcceptor::from(Arc::new(config)), file)
}

#[tokio::test]
async fn a_certificate_is_trusted_by_its_authority_only() {
    let directory = tempfile::tempdir().unwrap();
    let (tls, file) = own_authority(directory.path());
    let fake = Fake::over_tls(tls, Answer::json(r#"{"id": 1}"#)).await;
    let error = ask(signed(fake.settings()), items()).await.unwrap_err();
    assert!(matches!(error.kind(), HttpErrorKind::Untrusted { .. }), "{error:?}");
    assert!(error.problem().next_step.contains("ca_file"));
    assert!(matches!(SourceError::from(error), SourceError::Refused(_)));
    assert!(fake.asked().is_empty(), "nothing was said before the certificate was trusted");

    let settings = Settings { ca_file: Some(file.clone()), ..signed(fake.settings()) };
    let reply = ask(settings, items()).await.unwrap();
    assert_eq!(reply.json::<Item>().unwrap().id, 1);
    assert_eq!(fake.asked()[0].header("authorization"), Some("Bearer s3cret-t0ken"));

    // Trusted, but for another name.
    let mut base = fake.url();
    base.set_host(Some("localhost")).unwrap();
    let settings = Settings { base, ca_file: Some(file), ..signed(fake.settings()) };
    let error = ask(settings, items()).await.unwrap_err();
    assert!(matches!(error.kind(), HttpErrorKind::Untrusted { .. }), "{error:?}");
}

#[tokio::test]
async fn a_redirect_away_from_tls_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let (tls, file) = own_authority(directory.path());
    let plain = Fake::sequence([Answer::json("[]")]).await;
    let fake = Fake::over_tls(tls, redirect(302, plain.url().as_str())).await;
    let settings = Settings { ca_file: Some(file), ..signed(fake.settings()) };
    let error = ask(settings, items()).await.unwrap_err();
    assert!(matches!(error.kind(), HttpErrorKind::Redirected { .. }), "{error:?}");
    assert!(plain.asked().is_empty());
}

#[tokio::test]
async fn a_proxy_that_is_configured_is_used() {
    let proxy = Fake::sequence([Answer::json(r#"{"id": 9}"#)]).await;
    let base = "http://service.invalid/api".parse().unwrap();
    let settings = Settings { proxy: Some(proxy.url()), ..Settings::new("jira", base, Credentials::none()) };
    let reply = ask(settings, items()).await.unwrap();
    assert_eq!(reply.json::<Item>().unwrap().id, 9);
    assert_eq!(proxy.asked()[0].target, "http://service.invalid/api/items");

    // Over TLS it is only asked for a way, and sees nothing of what goes along it.
    let proxy = Fake::sequence([Answer::new(502, "")]).await;
    let base = "https://service.invalid/".parse().unwrap();
    let settings = Settings { base, proxy: Some(proxy.url()), ..signed(proxy.settings()) };
    let error = ask(settings, items()).await.unwrap_err();
    assert!(matches!(error.kind(), HttpErrorKind::Unreachable { .. }), "{error:?}");
    let asked = &proxy.asked()[0];
    assert_eq!((asked.method.as_str(), asked.target.as_str()), ("CONNECT", "service.invalid:443"));
    assert!(!format!("{asked:?}").contains(TOKEN));
}
