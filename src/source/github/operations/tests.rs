//! Operations with a GitHub on loopback. What it answers has the shapes of GitHub's published
//! descriptions.

mod closer;
mod endings;
mod looking;
mod requests;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use chrono::{TimeZone, Utc};
use reqwest::Url;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::{
    domain::{Problem, StoryKey},
    source::{
        http::{
            Credentials, Scheme, Settings, Token, TokenFrom,
            fake::{Answer, Asked, Fake},
        },
        operation::{MergeMethod, PullRequestTarget},
    },
};

const HEAD: &str = "9f8e7d6c5b4a39281706f5e4d3c2b1a098765432";
const OTHER: &str = "1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d";

fn now() -> Instant {
    Utc.with_ymd_and_hms(2026, 11, 1, 12, 0, 0).unwrap()
}

fn attempt() -> Attempt {
    Attempt { now: now(), cancelled: CancellationToken::new() }
}

fn operator(settings: Settings) -> GithubOperator {
    let credentials = Credentials::new(
        Scheme::Bearer,
        vec![TokenFrom::Given(Token::new("secret").unwrap(), "a test".into())],
    );
    let settings = Settings { credentials, service: "github".into(), ..settings };
    GithubOperator::new(
        "github",
        &GithubSettings::new("github.com", "o", "api"),
        Http::new(settings).unwrap(),
    )
}

fn pull_request(operation: PullRequestOperation) -> Operation {
    let target = PullRequestTarget { repository: Text::new("api"), number: 812, head: Some(Text::new(HEAD)) };
    Operation::PullRequest(target, operation)
}

fn story(operation: StoryOperation) -> Operation {
    Operation::Story(StoryKey::new("api#31"), operation)
}

/// The pull request in the shape of GitHub's schema, with some fields as a case wants them.
fn seen_now(fields: &Value) -> Value {
    let mut pull_request = json!({
        "id": "PR_812", "url": "https://github.com/o/api/pull/812", "state": "OPEN", "isDraft": false,
        "headRefOid": HEAD, "mergeCommit": null, "milestone": null, "autoMergeRequest": null,
        "isMergeQueueEnabled": false, "isInMergeQueue": false,
        "assignees": { "nodes": [] }, "reviewRequests": { "nodes": [] }, "reviews": { "nodes": [] },
        "commits": { "nodes": [{ "commit": { "oid": HEAD, "parents": { "nodes": [] } } }] },
        "baseRef": { "rules": { "nodes": [] } },
    });
    for (name, value) in fields.as_object().unwrap() {
        pull_request[name] = value.clone();
    }
    json!({ "data": { "repository": {
        "mergeCommitAllowed": false, "squashMergeAllowed": true, "rebaseMergeAllowed": true,
        "pullRequest": pull_request,
    } } })
}

fn answer(status: u16, body: &Value) -> Answer {
    Answer::new(status, body.to_string()).header("content-type", "application/json")
}

/// `PUT /repos/o/api/pulls/812/merge`, and for GraphQL the name of the document behind it.
fn line(asked: &Asked) -> String {
    let document = serde_json::from_str::<Value>(&asked.body).unwrap_or_default();
    let document = document["query"].as_str().and_then(|text| text.split('(').next()).unwrap_or_default();
    format!("{} {} {document}", asked.method, asked.target).trim().to_owned()
}

fn is_change(asked: &Asked) -> bool {
    asked.method != "GET" && !line(asked).contains(" query ")
}

type Script = Vec<(&'static str, Answer)>;

/// A GitHub that answers by the first text of `script` that the request's line holds; the same
/// text several times is answered one after the other, and then with the last.
async fn github(script: Script) -> Fake {
    let told: Arc<Mutex<Vec<&str>>> = Arc::default();
    Fake::start(move |asked, _| {
        let line = line(asked);
        let mut told = told.lock().unwrap();
        let matching: Vec<_> = script.iter().filter(|(text, _)| line.contains(text)).collect();
        let Some((text, _)) = matching.first() else {
            return if line.contains("PullRequestNow") {
                answer(200, &seen_now(&json!({})))
            } else {
                answer(404, &json!({ "message": format!("not in the script: {line}") }))
            };
        };
        let answers: Vec<_> = matching.iter().filter(|(other, _)| other == text).collect();
        let before = told.iter().filter(|known| *known == text).count();
        told.push(*text);
        answers[before.min(answers.len() - 1)].1.clone()
    })
    .await
}

/// An operation, what GitHub answers, what it is done as, and the changes that were asked for.
type Case = (Operation, Script, &'static str, Vec<(&'static str, Value)>);

/// What was changed, as lines and bodies.
fn changes(fake: &Fake) -> Vec<(String, Value)> {
    let asked = fake.asked();
    let changes = asked.iter().filter(|asked| is_change(asked));
    changes
        .map(|asked| {
            let body: Value = serde_json::from_str(&asked.body).unwrap_or_default();
            // Of a mutation its input: the document is validated elsewhere.
            let body = if asked.target == "/graphql" { body["variables"]["input"].clone() } else { body };
            (line(asked), body)
        })
        .collect()
}

async fn tried(
    script: Script,
    operation: &Operation,
) -> (Result<Done, OperationError>, Vec<(String, Value)>) {
    let fake = github(script).await;
    let result = operator(fake.settings()).carry_out(operation, &attempt()).await;
    record(&fake.asked());
    (result, changes(&fake))
}

/// Notes REST requests where a check against GitHub's description wants them: see
/// tests/github/README.md.
#[expect(clippy::disallowed_methods, reason = "a test writes for another one")]
fn record(asked: &[Asked]) {
    use std::io::Write as _;
    let Some(file) = std::env::var_os("TMINUS_GITHUB_REQUESTS") else { return };
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(file).unwrap();
    for asked in asked.iter().filter(|asked| asked.target != "/graphql") {
        let body: Option<Value> =
            (!asked.body.is_empty()).then(|| serde_json::from_str(&asked.body).unwrap());
        let line = json!({ "method": asked.method, "target": asked.target, "body": body });
        file.write_all(format!("{line}\n").as_bytes()).unwrap();
    }
}

fn milestones() -> Answer {
    answer(
        200,
        &json!([
            { "number": 3, "title": "v4.2", "state": "closed" },
            { "number": 4, "title": "v4.3", "state": "open" },
            { "number": 5, "title": "Backlog", "state": "open" },
        ]),
    )
}
