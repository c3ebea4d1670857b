//! Against a mock that is built from GitHub's own descriptions: it refuses what is not legal.
//! `tests/github/README.md` says how to start it.

use reqwest::Url;

use super::{GithubSettings, GithubSource, token};
use crate::{
    domain::{Facts, Instant, Problem, PullRequestDetail},
    source::{
        Answer, Round, Source, SourceError,
        http::{Http, Settings, Waits},
        operation::Attempt,
        reading::PullRequestPlace,
    },
};

/// The mock makes up what the schema allows: numbers below zero, pages without an end, and things
/// of any kind that a search found.
const MADE_UP: [&str; 4] =
    ["number: expected", "totalCount: expected", "same next page", "missing field `number`"];

/// A source that knows nothing, asking the mock in a mode of it. What it makes up of a repository
/// stays the same while it runs: each `number` is another one.
fn source(mode: Option<&str>, number: u32) -> GithubSource {
    let address = std::env::var("TMINUS_GITHUB_MOCK").expect("the address of the mock");
    let mode = mode.map_or_else(String::new, |mode| format!("x-mock/{mode}/"));
    let base = Url::parse(&address).unwrap().join(&mode).unwrap();
    let http = Settings { waits: Waits::skipped(|_| {}), ..Settings::new("github", base, token()) };
    let mut settings = GithubSettings::new("github.com", "o", &format!("api{number}"));
    settings.search = vec!["label:urgent".to_owned()];
    GithubSource::new("github".into(), settings, Http::new(http).unwrap())
}

/// The day after everything in the mock.
fn now() -> Instant {
    chrono::DateTime::parse_from_rfc3339("2026-02-04T00:00:00Z").unwrap().to_utc()
}

async fn first_round(mode: Option<&str>, number: u32) -> Result<std::sync::Arc<Facts>, SourceError> {
    match source(mode, number).fetch(&Round::at(now())).await? {
        Answer::Facts(told) => Ok(told),
        Answer::Unchanged => panic!("no facts"),
    }
}

/// What there is to read of a pull request, for somebody who looks closer.
async fn detail(mode: Option<&str>, number: u32) -> Result<PullRequestDetail, Problem> {
    let reader = source(mode, number).reader().unwrap();
    let repository = format!("api{number}").into();
    let place = PullRequestPlace { repository, number: 7, base: "main".into() };
    assert!(reader.knows(&place));
    let attempt = Attempt { now: now(), cancelled: tokio_util::sync::CancellationToken::new() };
    reader.read(&place, &attempt).await
}

/// Problems that are not the mock's own making.
fn faults(told: &Facts) -> Vec<&str> {
    let problems = told.problems.iter().map(|problem| problem.what.as_str());
    problems.filter(|what| !MADE_UP.iter().any(|made_up| what.contains(made_up))).collect()
}

#[tokio::test]
#[ignore = "needs a mock: set TMINUS_GITHUB_MOCK to its address"]
async fn every_request_is_legal_and_every_legal_answer_can_be_read() {
    let (mut most, mut lost) = ([0; 7], std::collections::BTreeSet::new());
    for number in 0..20 {
        let told = first_round(None, number).await.unwrap();
        assert!(faults(&told).is_empty(), "{:?}", faults(&told));
        let counts = [
            told.releases.len(),
            told.stories.len(),
            told.pull_requests.len(),
            told.deployments.len(),
            told.environments.len(),
            told.findings.len(),
            told.builds.len(),
        ];
        lost.extend(told.problems.iter().map(|problem| problem.what.clone()));
        most = std::array::from_fn(|index| most[index].max(counts[index]));
    }
    assert!(most.iter().all(|count| *count > 0), "{most:?} {lost:#?}");
}

#[tokio::test]
#[ignore = "needs a mock: set TMINUS_GITHUB_MOCK to its address"]
async fn what_may_be_null_may_be_null() {
    for mode in ["null-heavy:0.1", "null-heavy:0.5", "null-heavy:0.9"] {
        for number in 0..10 {
            match first_round(Some(mode), number).await {
                // A repository or list that is null is said to be missing, never taken for empty.
                Ok(told) => {
                    let is_explained = |what: &&str| {
                        ["null", "nothing", "\"\" is unheard of"].iter().any(|word| what.contains(word))
                    };
                    let unexplained: Vec<_> =
                        faults(&told).into_iter().filter(|what| !is_explained(what)).collect();
                    assert!(unexplained.is_empty(), "{mode}: {unexplained:?}");
                }
                Err(error) => {
                    let problem = error.problem().unwrap();
                    assert!(problem.what.contains("no reason"), "{mode}: {problem:?}");
                }
            }
        }
    }
}

#[tokio::test]
#[ignore = "needs a mock: set TMINUS_GITHUB_MOCK to its address"]
async fn faults_are_what_the_service_says_they_are() {
    let told = first_round(Some("partial-error"), 0).await.unwrap();
    assert!(faults(&told).iter().all(|what| what.contains("Resource not accessible")), "{:?}", faults(&told));
    assert!(told.problems.iter().any(|problem| problem.next_step.contains("Issues: read")));
    for mode in ["rate-limited", "secondary", "timeout502"] {
        let failed = first_round(Some(mode), 0).await;
        assert!(matches!(failed, Err(SourceError::Failed(_))), "{mode}: {failed:?}");
    }
}

#[tokio::test]
#[ignore = "needs a mock: set TMINUS_GITHUB_MOCK to its address"]
async fn a_closer_look_is_legal_and_can_be_read() {
    let mut most = [0; 3];
    for number in 0..200 {
        match detail(None, number).await {
            Ok(read) => {
                let files = read.files.as_ref().map_or(0, Vec::len);
                let counts = [files, read.threads.len(), read.merged_lately.len()];
                most = std::array::from_fn(|index| most[index].max(counts[index]));
            }
            Err(problem) => {
                let is_made_up = MADE_UP.iter().any(|made_up| problem.what.contains(made_up));
                assert!(is_made_up, "{problem:?}");
            }
        }
        for mode in ["null-heavy:0.1", "null-heavy:0.5", "null-heavy:0.9"].into_iter().filter(|_| number < 10)
        {
            if let Err(problem) = detail(Some(mode), number).await {
                let mut reasons = MADE_UP.iter().chain(&["not there", "no reason"]);
                assert!(reasons.any(|word| problem.what.contains(word)), "{mode}: {problem:?}");
            }
        }
    }
    assert!(most.iter().all(|count| *count > 0), "{most:?}");
    for mode in ["rate-limited", "secondary", "timeout502"] {
        assert!(detail(Some(mode), 0).await.is_err(), "{mode}");
    }
}
