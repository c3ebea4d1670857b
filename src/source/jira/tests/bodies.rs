//! Bodies as Atlassian and a client of Jira published them (`fixtures/README.md`).

use chrono::{TimeZone, Utc};
use serde_json::{Value, json};

use super::{facts, http_of, minutes, now, problems};
use crate::{
    domain::{Category, Instant, ReleaseId, SourceId, StoryKey, StoryKind, Text},
    source::{
        Round, Source,
        http::{
            Request,
            fake::{Answer, Asked, Fake},
        },
        jira::{
            Flavour, JiraSettings, JiraSource, document, issue, meaning::category_of_key,
            timestamp::Timestamp, wire,
        },
        operation::{Attempt, Found, Operation, OperationError, StoryOperation},
    },
};

const SERVER_INFO: &str = include_str!("../fixtures/cloud_server_info.json");
const MYSELF: &str = include_str!("../fixtures/cloud_myself.json");
const STATUSES: &str = include_str!("../fixtures/cloud_status.json");
const FIELDS: &str = include_str!("../fixtures/cloud_field.json");
const VERSIONS: &str = include_str!("../fixtures/cloud_versions.json");
const SEARCH: &str = include_str!("../fixtures/cloud_search.json");
const CHANGELOG: &str = include_str!("../fixtures/cloud_changelog.json");
const TRANSITIONS: &str = include_str!("../fixtures/cloud_transitions.json");
const PERMISSIONS: &str = include_str!("../fixtures/cloud_permissions.json");
const COMMENTS: &str = include_str!("../fixtures/cloud_comments.json");
const LINK_TYPES: &str = include_str!("../fixtures/cloud_link_types.json");
const LINK: &str = include_str!("../fixtures/cloud_link.json");
const ERRORS: &str = include_str!("../fixtures/cloud_errors.json");
const ISSUE: &str = include_str!("../fixtures/issue.json");
const ISSUES: &str = include_str!("../fixtures/issues.json");

fn value(body: &str) -> Value {
    serde_json::from_str(body).unwrap()
}

fn at(written: &str) -> Instant {
    Timestamp::parse(written).unwrap().0
}

/// A Jira that answers with these bodies, and a search with `issues`.
async fn jira(issues: String) -> Fake {
    let refusal = value(ERRORS)[3]["body"].to_string();
    Fake::start(move |asked: &Asked, _| {
        let path = asked.target.split('?').next().unwrap_or_default();
        let answers = [
            ("/serverInfo", SERVER_INFO),
            ("/myself", MYSELF),
            ("/status", STATUSES),
            ("/field", FIELDS),
            ("/versions", VERSIONS),
            ("/search/jql", &issues),
            ("/search", &issues),
            ("/changelog", CHANGELOG),
            ("/transitions", TRANSITIONS),
            ("/comment", COMMENTS),
            ("/mypermissions", PERMISSIONS),
        ];
        match answers.iter().find(|(end, _)| path.ends_with(end)) {
            Some((_, body)) => Answer::json(*body),
            None => Answer::new(404, refusal.clone()).header("content-type", "application/json"),
        }
    })
    .await
}

fn source(fake: &Fake, flavour: Flavour, project: &str) -> JiraSource {
    let settings =
        JiraSettings { projects: vec![project.to_owned()], flavour, ..JiraSettings::new(fake.url()) };
    JiraSource::new(SourceId::new("jira"), settings, http_of(fake))
}

#[tokio::test]
async fn a_round_with_the_examples_of_clouds_own_description() {
    let fake = jira(SEARCH.to_owned()).await;
    let mut source = source(&fake, Flavour::Cloud, "EX");
    let told = facts(&mut source, now()).await;
    // What is unreleased is told; what went out in 2010 is no news.
    let [release] = &told.releases[..] else { panic!("{:?}", told.releases) };
    assert_eq!(release.id, ReleaseId::of("EX", "Next Version"));
    assert_eq!((release.target, release.start, release.released_at), (None, None, None));
    assert_eq!(
        release.url.as_deref(),
        Some("https://your-domain.atlassian.net/jira/projects/EX/versions/10010")
    );
    assert_eq!(source.standing().account.as_deref(), Some("Mia Krystof"));
    assert_eq!(source.known.zone, Some(chrono_tz::Australia::Sydney));
    let old = &source.known.versions["10000"];
    assert!(old.is_released && !old.is_archived && old.date == "2010-07-06".parse().ok());
    // The example's issue has no summary and no status: it is lost alone, and said to be.
    assert!(told.stories.is_empty());
    let [lost] = problems(&told)[..] else { panic!("{:?}", told.problems) };
    assert!(lost.starts_with("jira: issues[0].fields") && lost.contains("missing field"), "{lost}");
    assert!(source.known.lost.contains_key("10002"), "by its id, so that it is asked for when it changes");
    // The examples have categories that no Jira has: what is unheard of is unknown, never ready.
    let categories: Vec<_> = source.known.statuses.values().map(|status| status.category.as_str()).collect();
    assert_eq!(categories, ["in-flight", "completed"]);
    for category in categories {
        assert_eq!(category_of_key(category), Category::Unknown);
    }
}

#[tokio::test]
async fn issues_as_a_service_sent_them() {
    let mut page = value(ISSUES);
    page["issues"].as_array_mut().unwrap().push(value(ISSUE));
    page["total"] = 2.into();
    let fake = jira(page.to_string()).await;
    let mut source = source(&fake, Flavour::DataCenter, "BAR");
    let told = facts(&mut source, now()).await;
    assert_eq!(problems(&told), [""; 0]);
    let [done, open] = &told.stories[..] else { panic!("{:?}", told.stories) };
    assert_eq!((done.key.as_str(), done.title.as_str()), ("BAR-111", "Sample Story in Epic"));
    assert_eq!((done.kind, done.category, done.status.as_str()), (StoryKind::Story, Category::Done, "Done"));
    assert_eq!((done.owner.as_deref(), done.priority.as_deref()), (Some("Some Person"), Some("Normal")));
    assert_eq!((done.labels[0].as_str(), done.created_at), ("test", at("2021-06-14T15:22:58.891-0400")));
    // Without a changelog the move is when its category was changed last.
    assert_eq!(done.moves.len(), 1);
    assert_eq!((done.moves[0].at, done.moves[0].to), (at("2022-03-23T12:46:25.923-0400"), Category::Done));
    assert_eq!(source.known.issues["125595"].resolution.as_deref(), Some("Done"));
    assert_eq!(
        source.known.issues["125595"].resolved_at,
        Some(at("2022-02-03T11:33:07.230-0500")),
        "which is not when it got its status"
    );
    assert_eq!((open.key.as_str(), open.category, open.owner.as_deref()), ("FOO-123", Category::ToDo, None));
    assert_eq!((open.status.as_str(), open.moves.len(), open.points), ("Backlog", 0, None));
    assert_eq!(open.url.as_deref(), Some("https://your-domain.atlassian.net/jira/browse/FOO-123"));
}

#[test]
fn links_say_which_end_waits() {
    let links = &value(SEARCH)["issues"][0]["fields"]["issuelinks"];
    let blockers = |links: Value| issue::blockers(&serde_json::from_value::<Vec<wire::Link>>(links).unwrap());
    // "depends on" PR-3; PR-2 "is depended by" it.
    assert_eq!(blockers(links.clone()), ["PR-3"]);
    assert_eq!(blockers(json!([value(LINK)])), [""; 0], "a duplicate waits for nothing");
    let types = value(LINK_TYPES);
    for (kind, expected) in types["issueLinkTypes"].as_array().unwrap().iter().zip([None, Some("PR-3")]) {
        let mut link = value(LINK);
        link["type"] = kind.clone();
        assert_eq!(blockers(json!([link])).first().map(Text::as_str), expected, "{kind}");
    }
}

#[test]
fn histories_are_read_and_what_is_not_told_is_left_out() {
    let histories = value(CHANGELOG)["values"].as_array().unwrap().clone();
    for history in &histories {
        let read: wire::History = serde_json::from_value(history.clone()).unwrap();
        assert_eq!(read.items.len(), 1);
        assert_eq!(read.created.0.timestamp() / 1_000, 1_492, "in January 1970, as the example says");
    }
    assert_eq!(issue::past(histories), (Vec::new(), 0), "labels are not told");
}

#[tokio::test]
async fn operations_with_the_examples_of_clouds_own_description() {
    let fake = jira(SEARCH.to_owned()).await;
    let source = source(&fake, Flavour::Cloud, "EX");
    let operator = source.operator().unwrap();
    let attempt = Attempt { now: now(), cancelled: tokio_util::sync::CancellationToken::new() };
    let on = |operation| Operation::Story(StoryKey::new("EX-1"), operation);
    // Where a transition leads counts before how it is called: "Close Issue" leads to In Progress.
    for (wanted, status, id) in
        [("in progress", "In Progress", "2"), ("Closed", "Closed", "711"), ("QA Review", "Closed", "711")]
    {
        let before = fake.asked().len();
        let done =
            operator.carry_out(&on(StoryOperation::Transition(wanted.into())), &attempt).await.unwrap();
        assert_eq!(done.what.as_str(), format!("status is {status}"));
        let asked = fake.asked().split_off(before);
        let change = asked.iter().find(|asked| asked.method == "POST").unwrap();
        assert_eq!(value(&change.body), json!({ "transition": { "id": id } }));
    }
    // A comment is recognised by its words, since when it was tried.
    let said = &value(COMMENTS)["comments"][0];
    let comment = on(StoryOperation::Comment(document::words(&said["body"])));
    let written = at(said["created"].as_str().unwrap());
    assert!(matches!(operator.look(&comment, written, &attempt).await, Found::Done(_)));
    assert!(matches!(operator.look(&comment, minutes(0), &attempt).await, Found::NotDone));
    // What a refusal says is told.
    let moved = on(StoryOperation::Move(Some("4.2".into())));
    let refused = operator.carry_out(&moved, &attempt).await;
    assert!(matches!(refused, Err(OperationError::NotDone(_))), "{refused:?}");
}

#[tokio::test]
async fn what_a_refusal_says_is_told() {
    for (refusal, says) in value(ERRORS).as_array().unwrap().iter().zip([
        "Only custom fields can be queried.",
        "Only Jira administrators can access fields.",
        "title: 'title' is required.",
        "there is no x, or it is not shown to you",
        "issuetype: The issue type selected is invalid.",
        "Access to this resource must be authenticated as an app.",
    ]) {
        let status = u16::try_from(refusal["status"].as_u64().unwrap()).unwrap();
        let body = refusal["body"].to_string();
        let fake =
            Fake::sequence([Answer::new(status, body).header("content-type", "application/json")]).await;
        let http = http_of(&fake);
        let round = Round::at(Utc.timestamp_opt(0, 0).unwrap());
        let request = Request::get("x", "x");
        let error = http.session(&round).send(request).await.unwrap_err();
        assert!(error.to_string().contains(says), "{error}");
        assert!(!error.to_string().contains("errorMessages"), "what is empty says nothing: {error}");
    }
}

#[test]
fn permissions_have_names() {
    let read: wire::Permissions = serde_json::from_str(PERMISSIONS).unwrap();
    let edit = &read.permissions["EDIT_ISSUES"];
    assert_eq!((edit.name.as_deref(), edit.have_permission), (Some("Edit Issues"), true));
}
