//! Without a token, and with bodies as GitHub sent them (`tests/github/README.md`).

use std::time::Duration;

use super::{
    facts,
    hub::{Hub, State},
    minutes, now, source, unchanged,
};
use crate::{
    domain::{Category, Mergeability, PullRequestState, ReleaseId, StoryKind},
    source::{
        Source,
        http::{
            Credentials,
            fake::{Answer, Fake},
        },
    },
};

const ISSUES: &str = include_str!("../../../../tests/github/issues.json");
const ISSUES_PAGE: &str = include_str!("../../../../tests/github/issues_page.json");
const MILESTONES: &str = include_str!("../../../../tests/github/milestones.json");
const PULL_REQUESTS: &str = include_str!("../../../../tests/github/pull_requests.json");
const RELEASES: &str = include_str!("../../../../tests/github/releases.json");

fn recorded() -> State {
    let etag = |body: &str| Answer::json(body).header("etag", "\"1\"");
    State {
        demands_token: true,
        always: vec![
            ("/issues", etag(ISSUES)),
            ("/pulls", etag(PULL_REQUESTS)),
            ("/milestones", etag(MILESTONES)),
            ("/releases", etag(RELEASES)),
        ],
        ..State::default()
    }
}

#[tokio::test]
async fn what_is_public_is_read_and_the_board_says_how_to_sign_in() {
    let hub = Hub::start(recorded()).await;
    let mut source = source(&hub, Credentials::none());
    // In the days of the recording.
    let then = chrono::DateTime::parse_from_rfc3339("2019-06-01T12:00:00Z").unwrap().to_utc();
    let told = facts(&mut source, then).await;
    assert_eq!(told.problems.len(), 1, "{:?}", told.problems);
    assert_eq!(told.problems[0].next_step, "set FAKE_TOKEN");
    assert!(hub.told(0).iter().all(|asked| asked.starts_with("GET ")), "{:?}", hub.told(0));
    assert!(hub.told(0).len() <= 7);
    assert!(source.interval() >= Duration::from_secs(15 * 60), "sixty requests an hour");

    let stories: Vec<_> = told
        .stories
        .iter()
        .map(|story| (story.key.as_str(), story.kind, story.category, story.status.as_str()))
        .collect();
    // The other one is a pull request.
    assert_eq!(stories, [("api#1", StoryKind::Defect, Category::Done, "closed")]);
    assert_eq!(told.stories[0].releases, [ReleaseId::of("api", "1.0")]);
    let milestone = told.releases.iter().find(|release| release.version == *"1.0").unwrap();
    assert_eq!(milestone.target.unwrap().at.to_rfc3339(), "2019-05-23T23:59:59+00:00");
    let found = &told.pull_requests[0];
    assert_eq!((found.id.as_str(), found.author.as_str()), ("api#2", "Codertocat"));
    assert_eq!((found.state, found.mergeability), (PullRequestState::Closed, Mergeability::Unknown));
    assert!(found.merge_commit.is_none(), "a closed one has a commit of a trial merge only");
}

#[tokio::test]
async fn a_second_round_without_a_token_is_conditional_too() {
    let fake = Fake::start(|asked, _| {
        let body = match asked.target.split('?').next().unwrap_or_default() {
            "/repos/o/api/issues" => ISSUES_PAGE,
            "/repos/o/api/pulls" => PULL_REQUESTS,
            "/repos/o/api/milestones" => MILESTONES,
            _ => RELEASES,
        };
        Answer::json(body).with_etag(asked, "\"1\"")
    })
    .await;
    let settings = super::GithubSettings::new("github.com", "o", "api");
    let http = crate::source::http::Http::new(fake.settings()).unwrap();
    let mut source = super::GithubSource::new("github".into(), settings, http);
    let told = facts(&mut source, now()).await;
    assert_eq!(told.stories.len(), 3);
    assert_eq!(told.stories[0].title, "Test issue 11");
    assert!(unchanged(&mut source, minutes(15)).await);
    let before = fake.asked().len() - 5;
    assert!(fake.asked()[before..].iter().all(|asked| asked.header("if-none-match").is_some()));
}
