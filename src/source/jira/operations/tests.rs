//! Operations with a Jira on loopback.

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::super::{JiraSettings, JiraSource, tests::now};
use crate::{
    domain::{SourceId, StoryKey, Text},
    source::{
        Source,
        http::{
            Http, Settings,
            fake::{Answer, Asked, Fake},
        },
        operation::{Attempt, Done, Found, Operation, OperationError, Operator, Operators, StoryOperation},
    },
};

/// A Jira that answers reads by these (the first whose text is in method and target), and every
/// change by `change`.
async fn jira(is_cloud: bool, reads: Vec<(&'static str, Value)>, change: Answer) -> Fake {
    Fake::start(move |asked: &Asked, _| {
        if asked.target.ends_with("/serverInfo") {
            let kind = if is_cloud { "Cloud" } else { "Server" };
            return Answer::json(json!({ "baseUrl": "https://acme.example", "deploymentType": kind }).to_string());
        }
        if asked.method != "GET" {
            return change.clone();
        }
        match reads.iter().find(|(text, _)| asked.target.contains(text)) {
            Some((_, body)) => Answer::json(body.to_string()),
            None => Answer::new(404, r#"{"errorMessages":["Issue does not exist or you do not have permission to see it."],"errors":{}}"#),
        }
    })
    .await
}

fn operator(fake: &Fake) -> std::sync::Arc<dyn Operator> {
    let settings = JiraSettings { projects: vec!["PAY".to_owned()], ..JiraSettings::new(fake.url()) };
    let http = Http::new(Settings { service: "jira".into(), ..fake.settings() }).unwrap();
    JiraSource::new(SourceId::new("jira"), settings, http).operator().unwrap()
}

fn attempt() -> Attempt {
    Attempt { now: now(), cancelled: CancellationToken::new() }
}

fn on(operation: StoryOperation) -> Operation {
    Operation::Story(StoryKey::new("PAY-311"), operation)
}

async fn carry_out(fake: &Fake, operation: StoryOperation) -> Result<Done, OperationError> {
    operator(fake).carry_out(&on(operation), &attempt()).await
}

/// What was sent that changes something: method, target, body.
fn changes(fake: &Fake) -> Vec<(String, String, Value)> {
    let changes = fake.asked().into_iter().filter(|asked| asked.method != "GET");
    changes.map(|asked| (asked.method, asked.target, serde_json::from_str(&asked.body).unwrap())).collect()
}

fn not_done(result: Result<Done, OperationError>) -> String {
    match result {
        Err(OperationError::NotDone(problem)) => format!("{} // {}", problem.what, problem.next_step),
        other => panic!("{other:?}"),
    }
}

fn nothing() -> Answer {
    Answer::new(204, "")
}

fn people() -> Value {
    json!([
        { "accountId": "5b10", "name": "klee", "displayName": "Kim Lee", "emailAddress": "kim@acme.example", "active": true },
        { "accountId": "5b11", "name": "kleeson", "displayName": "Kim Leeson", "active": true },
    ])
}

fn transitions() -> Value {
    json!({ "expand": "transitions", "transitions": [
        { "id": "21", "name": "Start", "to": { "id": "3", "name": "In Progress" }, "fields": {} },
        { "id": "31", "name": "Close", "to": { "id": "10001", "name": "Done" }, "fields": {
            "resolution": { "required": true, "name": "Resolution", "hasDefaultValue": false, "allowedValues": [{ "name": "Done" }] },
            "comment": { "required": false, "name": "Comment", "hasDefaultValue": false },
            "assignee": { "required": true, "name": "Assignee", "hasDefaultValue": true } } },
        { "id": "41", "name": "Send back", "to": { "id": "1", "name": "Open" } },
        { "id": "42", "name": "Stop", "to": { "id": "1", "name": "Open" } },
    ]})
}

fn placed() -> Vec<(&'static str, Value)> {
    let version = |id: &str, name: &str, released: bool, archived: bool| json!({ "id": id, "name": name, "released": released, "archived": archived });
    vec![
        (
            "/project/PAY/versions",
            json!([
                version("1", "v4.1", true, false),
                version("2", "v4.2", false, false),
                version("3", "4.3", false, false),
                version("4", "3.0", true, true),
            ]),
        ),
        (
            "/issue/PAY-311?fields=fixVersions",
            json!({ "id": "9", "key": "PAY-311", "fields": {
                "project": { "key": "PAY" }, "fixVersions": [version("1", "v4.1", true, false), version("2", "v4.2", false, false)],
            }}),
        ),
    ]
}

#[tokio::test]
async fn a_comment_is_a_document_on_cloud_and_a_text_on_data_center() {
    let said = || Answer::new(201, r#"{"id":"10042","created":"2026-11-01T12:00:00.000+0000"}"#);
    let text = || StoryOperation::Comment("Ship it.\nPlease.".to_owned());
    let cloud = jira(true, vec![], said()).await;
    let done = carry_out(&cloud, text()).await.unwrap();
    assert_eq!(done.url.as_deref(), Some("https://acme.example/browse/PAY-311?focusedCommentId=10042"));
    let (method, target, body) = changes(&cloud).remove(0);
    assert_eq!((method.as_str(), target.as_str()), ("POST", "/rest/api/3/issue/PAY-311/comment"));
    assert_eq!(
        (&body["body"]["type"], &body["body"]["content"][0]["content"][2]["text"]),
        (&json!("doc"), &json!("Please."))
    );

    let own = jira(false, vec![], said()).await;
    carry_out(&own, text()).await.unwrap();
    assert_eq!(
        changes(&own),
        [(
            "POST".to_owned(),
            "/rest/api/2/issue/PAY-311/comment".to_owned(),
            json!({ "body": "Ship it.\nPlease." })
        )]
    );
    for text in ["", " \n", &"x".repeat(32_768)] {
        not_done(carry_out(&own, StoryOperation::Comment(text.to_owned())).await);
    }
    assert_eq!(changes(&own).len(), 1);
}

#[tokio::test]
async fn a_person_is_found_by_name_or_the_candidates_are_named() {
    for (is_cloud, parameter, body) in
        [(true, "query=", json!({ "accountId": "5b10" })), (false, "username=", json!({ "name": "klee" }))]
    {
        let fake = jira(is_cloud, vec![("user/assignable/search", people())], nothing()).await;
        for name in ["kim lee", "KIM@acme.example"] {
            let done = carry_out(&fake, StoryOperation::Assign(vec![name.into()])).await.unwrap();
            assert_eq!(done.what, "assigned to Kim Lee");
        }
        assert!(
            fake.asked()
                .iter()
                .any(|asked| asked.target.contains(parameter) && asked.target.contains("issueKey=PAY-311"))
        );
        assert!(changes(&fake).iter().all(|(method, target, sent)| {
            method == "PUT" && target.ends_with("/issue/PAY-311/assignee") && *sent == body
        }));
        let ambiguous = not_done(carry_out(&fake, StoryOperation::Assign(vec!["kim".into()])).await);
        assert!(ambiguous.contains("any of Kim Lee (kim@acme.example), Kim Leeson"), "{ambiguous}");
        assert_eq!(changes(&fake).len(), 2);
    }
    let empty = jira(true, vec![("user/assignable/search", json!([]))], nothing()).await;
    for people in [vec!["nobody".into()], vec![]] {
        not_done(carry_out(&empty, StoryOperation::Assign(people)).await);
    }
}

#[tokio::test]
async fn moving_leaves_what_went_out_and_knows_versions_by_their_numbers() {
    let update = |steps: Value| json!({ "update": { "fixVersions": steps } });
    for (wanted, sent) in [
        (Some("4.3"), Some(json!([{ "remove": { "id": "2" } }, { "add": { "id": "3" } }]))),
        (Some("v4.3"), Some(json!([{ "remove": { "id": "2" } }, { "add": { "id": "3" } }]))),
        (None, Some(json!([{ "remove": { "id": "2" } }]))),
        (Some("4.2"), None),
    ] {
        let fake = jira(true, placed(), nothing()).await;
        carry_out(&fake, StoryOperation::Move(wanted.map(Text::new))).await.unwrap();
        let expected: Vec<_> = sent
            .map(|steps| ("PUT".to_owned(), "/rest/api/3/issue/PAY-311".to_owned(), update(steps)))
            .into_iter()
            .collect();
        assert_eq!(changes(&fake), expected, "{wanted:?}");
    }
    let fake = jira(true, placed(), nothing()).await;
    let archived = not_done(carry_out(&fake, StoryOperation::Move(Some("3.0".into()))).await);
    assert!(archived.contains("archived"), "{archived}");
    let unknown = not_done(carry_out(&fake, StoryOperation::Move(Some("9.9".into()))).await);
    assert!(unknown.contains("it has v4.2, 4.3"), "{unknown}");
    assert!(changes(&fake).is_empty());
}

#[tokio::test]
async fn priorities_are_those_that_the_issue_may_have() {
    let meta = |fields: Value| vec![("/editmeta", json!({ "fields": fields }))];
    let fields = json!({ "priority": { "required": false, "allowedValues": [{ "id": "1", "name": "Highest" }, { "id": "3", "name": "Medium" }] },
                         "customfield_1": { "allowedValues": [{ "value": "without a name" }] } });
    let fake = jira(true, meta(fields), nothing()).await;
    carry_out(&fake, StoryOperation::SetPriority("highest".into())).await.unwrap();
    assert_eq!(changes(&fake)[0].2, json!({ "fields": { "priority": { "name": "Highest" } } }));
    let other = not_done(carry_out(&fake, StoryOperation::SetPriority("P0".into())).await);
    assert!(other.contains("there are Highest, Medium"), "{other}");
    let hidden = jira(true, meta(json!({})), nothing()).await;
    assert!(
        not_done(carry_out(&hidden, StoryOperation::SetPriority("High".into())).await)
            .contains("Edit issues in PAY")
    );
}

#[tokio::test]
async fn a_transition_is_found_by_where_it_leads_and_says_what_it_wants() {
    let reads = || {
        vec![
            ("/transitions?", transitions()),
            ("fields=status", json!({ "fields": { "status": { "name": "Waiting" } } })),
        ]
    };
    let fake = jira(true, reads(), nothing()).await;
    for wanted in ["in progress", "Start"] {
        let done = carry_out(&fake, StoryOperation::Transition(wanted.into())).await.unwrap();
        assert_eq!(done.what, "status is In Progress");
    }
    assert!(changes(&fake).iter().all(|(_, target, body)| {
        target == "/rest/api/3/issue/PAY-311/transitions" && *body == json!({ "transition": { "id": "21" } })
    }));
    for (wanted, says) in [
        (
            "Done",
            r#"the transition "Close" wants Resolution // do it in Jira: https://acme.example/browse/PAY-311"#,
        ),
        ("Open", r#"several transitions lead to "Open": Send back, Stop"#),
        ("Shipped", r#"nothing leads to "Shipped" from here; what can be reached: In Progress, Done, Open"#),
    ] {
        let why = not_done(carry_out(&fake, StoryOperation::Transition(wanted.into())).await);
        assert!(why.contains(says), "{why}");
    }
    assert_eq!(changes(&fake).len(), 2);
    let there = carry_out(&fake, StoryOperation::Transition("waiting".into())).await.unwrap();
    assert_eq!(there.what, "status is waiting, as it was");
}

#[tokio::test]
async fn a_refusal_is_certain_and_a_lost_answer_is_not() {
    let refusal =
        |status, body: &str| Answer::new(status, body.to_owned()).header("content-type", "application/json");
    for (answer, says) in [
        (
            refusal(400, r#"{"errorMessages":[],"errors":{"comment":"Comment body is not valid!"}}"#),
            "Jira says: comment: Comment body is not valid!",
        ),
        (
            refusal(401, r#"{"message":"Client must be authenticated to access this resource."}"#),
            "not signed in",
        ),
        (
            refusal(403, r#"{"errorMessages":["You do not have the permission to comment on this issue."]}"#),
            "ask for the permission Add comments in PAY",
        ),
        (refusal(404, r#"{"errorMessages":["Issue does not exist"]}"#), "not shown to you"),
        (
            refusal(409, r#"{"errorMessages":["It is being changed by somebody else."]}"#),
            "being changed by somebody else",
        ),
        (refusal(422, r#"{"errors":{"body":"\u001b[31mno"}}"#), "body: ␛[31mno"),
        (refusal(429, "{}").header("retry-after", "30"), "rate limit"),
    ] {
        let fake = jira(true, vec![], answer).await;
        let why = not_done(carry_out(&fake, StoryOperation::Comment("x".to_owned())).await);
        assert!(why.starts_with("jira: PAY-311: not commented on: ") && why.contains(says), "{why}");
        assert_eq!(changes(&fake).len(), 1);
    }
    for answer in [
        Answer::reset(),
        Answer::json(r#"{"id":"10042""#).cut_off(),
        Answer::page(502),
        Answer::page(200),
        Answer::new(500, "{}"),
    ] {
        let fake = jira(true, vec![], answer.clone()).await;
        let result = carry_out(&fake, StoryOperation::Comment("x".to_owned())).await;
        assert!(matches!(result, Err(OperationError::Unclear(_))), "{answer:?}: {result:?}");
        assert_eq!(changes(&fake).len(), 1, "never sent again: {answer:?}");
    }
}

#[tokio::test]
async fn no_answer_in_time_is_unclear_and_an_end_of_the_program_before_it_is_certain() {
    let fake = jira(true, vec![], Answer::silence()).await;
    let settings = JiraSettings { projects: vec!["PAY".to_owned()], ..JiraSettings::new(fake.url()) };
    let impatient = Settings { timeout: std::time::Duration::from_millis(300), ..fake.settings() };
    let source = JiraSource::new(SourceId::new("jira"), settings, Http::new(impatient).unwrap());
    let operator = source.operator().unwrap();
    let comment = on(StoryOperation::Comment("x".to_owned()));
    let late = operator.carry_out(&comment, &attempt()).await;
    assert!(matches!(late, Err(OperationError::Unclear(_))), "{late:?}");
    assert_eq!(changes(&fake).len(), 1);
    let ended = attempt();
    ended.cancelled.cancel();
    not_done(operator.carry_out(&comment, &ended).await);
    assert_eq!(changes(&fake).len(), 1);
}

#[tokio::test]
async fn whether_it_was_done_is_found_by_looking() {
    let comments = |text: &str, hour: u32| {
        json!({ "comments": [{ "id": "1", "created": format!("2026-11-01T{hour}:00:00.000+0000"),
                "body": super::super::document::of_text(text) }] })
    };
    let fields = |fields: Value| json!({ "fields": fields });
    let comment = || StoryOperation::Comment("Ship it.\n\nPlease.".to_owned());
    let moved = |id: &str| {
        let mut reads = placed();
        reads[1].1 =
            fields(json!({ "project": { "key": "PAY" }, "fixVersions": [{ "id": id, "name": "x" }] }));
        reads
    };
    for (reads, operation, expected) in [
        (vec![("/comment?", comments("Ship it.\n\nPlease.", 12))], comment(), Some(true)),
        (vec![("/comment?", comments("Ship it.\n\nPlease.", 10))], comment(), Some(false)),
        (vec![("/comment?", comments("Wait.", 12))], comment(), Some(false)),
        (vec![], comment(), None),
        (
            vec![(
                "fields=assignee",
                fields(json!({ "assignee": { "accountId": "5b10", "displayName": "Kim Lee" } })),
            )],
            StoryOperation::Assign(vec!["kim lee".into()]),
            Some(true),
        ),
        (
            vec![("fields=assignee", fields(json!({ "assignee": null })))],
            StoryOperation::Assign(vec!["kim".into()]),
            Some(false),
        ),
        (moved("3"), StoryOperation::Move(Some("4.3".into())), Some(true)),
        (moved("2"), StoryOperation::Move(Some("4.3".into())), Some(false)),
        (
            vec![("fields=priority", fields(json!({ "priority": { "name": "High" } })))],
            StoryOperation::SetPriority("high".into()),
            Some(true),
        ),
        (
            vec![("fields=status", fields(json!({ "status": { "name": "Done" } })))],
            StoryOperation::Transition("done".into()),
            Some(true),
        ),
        (
            vec![
                ("fields=status", fields(json!({ "status": { "name": "Open" } }))),
                ("/transitions?", transitions()),
            ],
            StoryOperation::Transition("done".into()),
            Some(false),
        ),
        (
            vec![
                ("fields=status", fields(json!({ "status": { "name": "Open" } }))),
                ("/transitions?", transitions()),
            ],
            StoryOperation::Transition("shipped".into()),
            None,
        ),
    ] {
        let fake = jira(true, reads, nothing()).await;
        let found = operator(&fake).look(&on(operation.clone()), now(), &attempt()).await;
        let told = match found {
            Found::Done(_) => Some(true),
            Found::NotDone => Some(false),
            Found::CannotTell(_) => None,
        };
        assert_eq!(told, expected, "{operation:?}");
        assert!(changes(&fake).is_empty());
    }
}

#[tokio::test]
async fn only_issues_of_its_projects_are_offered() {
    let fake = jira(true, vec![], nothing()).await;
    let operator = operator(&fake);
    for (key, ours) in [
        ("PAY-311", true),
        ("pay-311", true),
        ("AUTH-7", false),
        ("PAY", false),
        ("PAY-", false),
        ("PAY-3/../../myself", false),
        ("PAY-31 1", false),
        ("api#12", false),
    ] {
        let operation = Operation::Story(StoryKey::new(key), StoryOperation::Comment("x".to_owned()));
        assert_eq!(operator.offers(&operation), ours, "{key}");
    }
    assert!(fake.asked().is_empty());
}

/// As the program opens a board: the source whose operator it is never runs a round.
#[tokio::test]
async fn a_board_of_a_question_offers_operations_before_anything_was_read() {
    let fake = jira(true, vec![], Answer::new(201, r#"{"id":"10042"}"#)).await;
    let jql = Some("project in (PAY, AUTH) AND labels = release".to_owned());
    let settings = JiraSettings { jql, ..JiraSettings::new(fake.url()) };
    let http = Http::new(Settings { service: "jira".into(), ..fake.settings() }).unwrap();
    let source: Box<dyn Source> = Box::new(JiraSource::new(SourceId::new("jira"), settings, http));
    let operators = Operators::of(&[source], None);
    let comment =
        |key: &str| Operation::Story(StoryKey::new(key), StoryOperation::Comment("Ship it.".to_owned()));
    for (key, ours) in [("PAY-311", true), ("AUTH-7", true), ("api#12", false), ("PAY-3/../x", false)] {
        assert_eq!(operators.source(&comment(key)).is_some(), ours, "{key}");
    }
    assert!(fake.asked().is_empty());
    let done = operators.carry_out(&comment("AUTH-7"), &attempt()).await.unwrap();
    assert_eq!(done.url.as_deref(), Some("https://acme.example/browse/AUTH-7?focusedCommentId=10042"));
    assert_eq!(changes(&fake).len(), 1);
}
