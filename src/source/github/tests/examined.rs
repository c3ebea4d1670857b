//! What `tminus doctor` is told.

use serde_json::json;

use super::{
    hub::{Hub, filled},
    now, source, token,
};
use crate::source::{
    Diagnosis, DiagnosisState, Round, Source,
    http::{Credentials, fake::Answer},
};

fn point<'a>(points: &'a [Diagnosis], subject: &str) -> &'a Diagnosis {
    let found = points.iter().find(|point| point.subject.contains(subject));
    found.unwrap_or_else(|| panic!("no {subject} in {points:#?}"))
}

#[tokio::test]
async fn each_point_says_what_is_missing_and_how_to_get_it() {
    use DiagnosisState::{Bad, Good, Limited};
    let mut state = filled(1, 1);
    state.scopes = Some("gist, public_repo");
    let denied = Answer::new(403, r#"{"message": "Resource not accessible by personal access token"}"#);
    state.always.push(("/deployments", denied));
    let hub = Hub::start(state).await;
    let mut source = source(&hub, token());
    let points = source.examine(&Round::at(now())).await;
    for (subject, state, what, next_step) in [
        ("reachable", Good, "127.0.0.1 answers", None),
        ("signed in", Good, "as kim, with the token from a test", None),
        ("scopes", Limited, "gist, public_repo", Some("--scopes repo")),
        ("clock", Limited, "300 s behind", Some("set the clock")),
        ("o/api", Good, "private", None),
        ("newest deployments", Limited, "not allowed", Some("Deployments: read")),
        ("code scanning", Limited, "is off", Some("switch it on")),
    ] {
        let found = point(&points, subject);
        assert_eq!(found.state, state, "{found:?}");
        assert!(found.what.contains(what), "{found:?}");
        let told = found.next_step.as_deref();
        assert!(next_step.is_none_or(|step| told.is_some_and(|told| told.contains(step))), "{found:?}");
        assert_eq!(told.is_none(), next_step.is_none(), "{found:?}");
    }
    let limits: Vec<_> = points.iter().filter(|point| point.subject == *"limits").collect();
    assert_eq!(limits[0].what, "core: 4990 of 5000 left, whole again at 13:00 UTC");
    assert_eq!((limits[0].state, limits[1].state), (Good, Limited));
    assert!(points.iter().all(|point| point.state != Bad));
    assert_eq!(source.standing().account.as_deref(), Some("kim"));

    // What was examined is not taken for read: the first round reads everything.
    let told = super::facts(&mut source, now()).await;
    assert_eq!((told.stories.len(), told.pull_requests.len()), (1, 1));
}

#[tokio::test]
async fn what_does_not_work_at_all_is_said_first() {
    use DiagnosisState::{Bad, Good, Limited};
    // Nobody is signed in.
    let hub = Hub::start(filled(1, 1)).await;
    let points = source(&hub, Credentials::none()).examine(&Round::at(now())).await;
    assert_eq!(point(&points, "signed in").state, Limited);
    assert_eq!(point(&points, "signed in").next_step.as_deref(), Some("set FAKE_TOKEN"));
    assert!(points.iter().all(|point| point.subject != *"scopes"));

    // The repository is not there; issues are off; it has another name now; no limits.
    let answer = |body: serde_json::Value| Answer::json(body.to_string());
    for (answer, state, what) in [
        (Answer::new(404, r#"{"message": "Not Found"}"#), Bad, "not shown to you"),
        (answer(json!({ "full_name": "o/api", "has_issues": false })), Limited, "without issues"),
        (answer(json!({ "full_name": "p/api" })), Limited, "called p/api now"),
    ] {
        hub.state().faults.push_back(("/repos/o/api ", answer));
        hub.state().faults.push_back(("/rate_limit", Answer::new(404, "{}")));
        let points = source(&hub, token()).examine(&Round::at(now())).await;
        let found = point(&points, "o/api");
        assert!(found.state == state && found.what.contains(what), "{found:?}");
        assert_eq!(point(&points, "limits").what, "the service has none");
        assert_eq!(point(&points, "reachable").state, Good);
    }

    // An app's token is nobody's.
    hub.state()
        .faults
        .push_back(("/user", Answer::new(403, r#"{"message": "Resource not accessible by integration"}"#)));
    let points = source(&hub, token()).examine(&Round::at(now())).await;
    assert!(point(&points, "signed in").what.starts_with("as an app"));

    // Nobody is there.
    let mut source = source(&hub, token());
    drop(hub);
    tokio::task::yield_now().await;
    let points = source.examine(&Round::at(now())).await;
    assert_eq!((points.len(), points[0].subject.as_str(), points[0].state), (1, "reachable", Bad));
}
