//! Rounds of the source: what events mean, files and addresses that change or cannot be read.

use std::path::Path;

use super::{calendar, facts, now, settings, shown};
use crate::{
    config::{self, Environment, Flags},
    domain::{Facts, Instant},
    source::{
        Answer, Round, Source, SourceError,
        calendar::CalendarSource,
        http::{
            Http,
            fake::{Answer as Reply, Fake},
        },
    },
};

const FREEZE: &str = "UID:f\nSUMMARY:Winter freeze\nDTSTART;VALUE=DATE:20261221\nDTEND;VALUE=DATE:20270102";

#[test]
fn events_mean_what_their_categories_and_names_say() {
    let at = "DTSTART;TZID=Europe/Berlin:20261204T160000\nDURATION:PT2H";
    let facts = facts(&calendar(&[
        &format!("UID:1\nSUMMARY:Deploy payments 4.2 to production/eu\nURL:https://example.org/1\n{at}"),
        &format!("UID:2\nSUMMARY:deploy 4.3 to staging\nRRULE:FREQ=WEEKLY;COUNT=2\n{at}"),
        &format!("UID:3\nSUMMARY:Release party\nCATEGORIES:Party,DEPLOYMENT\nLOCATION:production/us\n{at}"),
        &format!("UID:4\nSUMMARY:staging booked for 4.2\nSTATUS:CONFIRMED\n{at}"),
        &format!("UID:5\nSUMMARY:Freeze of production/*\n{at}"),
        &format!("UID:6\nSUMMARY:Ada's birthday\nCATEGORIES:Public Holiday\n{at}"),
        &format!("UID:7\nSUMMARY:Stand-up\n{at}"),
        &format!("UID:8\nSUMMARY:A freeze that was called off\nSTATUS:CANCELLED\n{at}"),
        FREEZE,
        // Over for more than a day: whether it was done is not known.
        "UID:9\nSUMMARY:Deploy 4.1 to production\nDTSTART:20261123T080000Z\nDURATION:PT1H",
        "UID:10\nSUMMARY:Deploy 4.1.1 to production\nDTSTART:20261125T080000Z\nDURATION:PT1H",
    ]));
    assert_eq!(facts.problems, []);
    let release = |release: &Option<crate::domain::ReleaseId>| {
        release.as_ref().map(ToString::to_string).unwrap_or_default()
    };
    let deployments: Vec<_> = facts
        .deployments
        .iter()
        .map(|one| format!("{}: {} to {}", one.id, release(&one.release), one.environment))
        .collect();
    assert_eq!(
        deployments,
        [
            "Deploy 4.1.1 to production: payments 4.1.1 to production",
            "Deploy payments 4.2 to production/eu: payments 4.2 to production/eu",
            "deploy 4.3 to staging (2026-12-04): payments 4.3 to staging",
            "Release party:  to production/us",
            "deploy 4.3 to staging (2026-12-11): payments 4.3 to staging",
        ]
    );
    assert_eq!(facts.deployments[1].url.as_deref(), Some("https://example.org/1"));
    let [booking] = &facts.bookings[..] else { panic!("{facts:?}") };
    assert_eq!(
        (booking.environment.as_str(), release(&booking.release).as_str(), booking.approved),
        ("staging", "payments 4.2", true)
    );
    let freezes: Vec<_> = facts
        .freezes
        .iter()
        .map(|one| (one.name.to_string(), shown(&one.window), one.environments.len()))
        .collect();
    assert_eq!(
        freezes,
        [
            ("Freeze of production/*".to_owned(), "12-04 16:00 to 12-04 18:00".to_owned(), 1),
            ("Ada's birthday".to_owned(), "12-04 00:00 to 12-05 00:00".to_owned(), 0),
            ("Winter freeze".to_owned(), "12-21 00:00 to 01-02 00:00".to_owned(), 0),
        ]
    );
}

async fn round(
    source: &mut CalendarSource,
    now: Instant,
) -> Result<Option<std::sync::Arc<Facts>>, SourceError> {
    match source.fetch(&Round::at(now)).await? {
        Answer::Facts(facts) => Ok(Some(facts)),
        Answer::Unchanged => Ok(None),
    }
}

#[expect(clippy::disallowed_methods, reason = "a test makes its files")]
fn write(root: &Path, name: &str, text: &str) {
    std::fs::write(root.join(name), text).unwrap();
}

#[tokio::test]
async fn files_are_read_again_when_they_change() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    write(root, ".tminus.toml", "[source.calendar]\nfiles = [\"*.ics\"]\n");
    write(root, "a.ics", &calendar(&[FREEZE]));
    let environment = Environment {
        working_directory: root.to_owned(),
        home: Some("/nowhere".into()),
        ..Environment::default()
    };
    let config = config::load(&environment, &Flags::default()).unwrap();
    let mut source = CalendarSource::new(config.calendars.unwrap(), Vec::new());
    let first = round(&mut source, now()).await.unwrap().unwrap();
    assert_eq!((first.freezes.len(), first.problems.len()), (1, 0));
    assert!(round(&mut source, now()).await.unwrap().is_none());
    assert!(round(&mut source, now() + chrono::Duration::hours(2)).await.unwrap().is_none());
    // The same event in a newer version, in another file.
    write(
        root,
        "b.ics",
        &calendar(&[&FREEZE.replace("20261221", "20261220").replace("UID:f", "UID:f\nSEQUENCE:1")]),
    );
    let second = round(&mut source, now()).await.unwrap().unwrap();
    let [freeze] = &second.freezes[..] else { panic!("{second:?}") };
    assert_eq!(freeze.window.from.date_naive().to_string(), "2026-12-20");
    // Without one calendar nobody knows when there is no freeze.
    write(root, "b.ics", "to be continued");
    let error = round(&mut source, now()).await.unwrap_err();
    assert!(error.to_string().contains("b.ics: this is no calendar"), "{error}");
}

#[tokio::test]
async fn addresses_are_asked_whether_they_changed_and_never_printed() {
    let text = calendar(&[FREEZE]);
    let fake = Fake::start(move |asked, count| match count {
        0 | 1 => Reply::new(200, text.clone()).with_etag(asked, "\"1\""),
        2 => Reply::new(404, "gone: /private-s3cret/basic.ics"),
        3 => Reply::new(200, "to be continued").with_etag(asked, "\"2\""),
        _ => Reply::new(200, "<html>Sign in</html>"),
    })
    .await;
    let address = fake.url().join("/private-s3cret/basic.ics?key=s3cret").unwrap();
    let mut settings = settings();
    settings.addresses = vec![address];
    let http = Http::new(fake.settings()).unwrap();
    let mut source = CalendarSource::new(settings, vec![http]);
    assert_eq!(round(&mut source, now()).await.unwrap().unwrap().freezes.len(), 1);
    assert!(round(&mut source, now()).await.unwrap().is_none());
    for expected in ["there is no this calendar", "this is no calendar", "got a web page"] {
        let error = round(&mut source, now()).await.unwrap_err();
        let problem = error.problem().unwrap();
        assert!(problem.what.contains(expected), "{problem:?}");
        assert!(!format!("{problem:?}").contains("s3cret"), "{problem:?}");
    }
    let asked = fake.asked();
    assert_eq!(asked[4].header("if-none-match"), None, "what could not be read is read again");
    assert_eq!(asked[0].target, "/private-s3cret/basic.ics?key=s3cret");
    assert_eq!(asked[1].header("if-none-match"), Some("\"1\""));
    assert!(asked.iter().all(|asked| asked.header("authorization").is_none()));
}
