//! Against a mock that is built from GitHub's own descriptions: it refuses what is not legal.

use reqwest::Url;

use super::{GithubSettings, GithubSource, token};
use crate::source::{
    Answer, Round, Source,
    http::{Http, Settings},
};

/// `tests/github/README.md` says how to start the mock.
#[tokio::test]
#[ignore = "needs a mock: set TMINUS_GITHUB_MOCK to its address"]
async fn every_request_is_legal_and_every_legal_answer_can_be_read() {
    let address = std::env::var("TMINUS_GITHUB_MOCK").expect("the address of the mock");
    let base = Url::parse(&address).unwrap();
    let http = Http::new(Settings::new("github", base, token())).unwrap();
    let settings = GithubSettings::new("github.com", "o", "api");
    let mut source = GithubSource::new("github".into(), settings, http);
    // The day after everything in the mock.
    let now = chrono::DateTime::parse_from_rfc3339("2026-02-04T00:00:00Z").unwrap().to_utc();
    let Answer::Facts(told) = source.fetch(&Round::at(now)).await.unwrap() else { panic!("no facts") };
    assert!(!told.releases.is_empty() && !told.stories.is_empty() && !told.pull_requests.is_empty());
    assert!(!told.deployments.is_empty() && !told.environments.is_empty());
    // The mock makes up what the schema allows: numbers below zero, and pages without an end.
    let made_up = ["number: expected", "same next page"];
    let is_made_up = |what: &str| made_up.iter().any(|made_up| what.contains(made_up));
    let faults: Vec<_> = told.problems.iter().filter(|problem| !is_made_up(&problem.what)).collect();
    assert!(faults.is_empty(), "{faults:?}");
}
