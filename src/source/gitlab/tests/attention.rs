//! Which of several projects a round asks: what is on screen first, and the rest less often while the limit
//! is tight.

use std::time::Duration;

use serde_json::Value;

use super::service::{API, Service, now, settings};
use crate::{
    domain::ReleaseId,
    source::{
        Answer, Round, Source,
        gitlab::{GitlabProject, GitlabSettings, GitlabSource},
    },
};

const WEB: &str = "projects/acme%2Fweb";

/// Two projects with the same in them: `api` and `web`.
async fn two() -> (Service, GitlabSource) {
    let service = Service::start().await;
    {
        let mut tables = service.tables();
        let of_web: Vec<(String, Value)> = tables
            .routes
            .iter()
            .filter_map(|(path, value)| Some((format!("{WEB}{}", path.strip_prefix(API)?), value.clone())))
            .collect();
        tables.routes.extend(of_web);
    }
    let mut both = GitlabSettings { interval: Duration::from_secs(60), ..settings() };
    both.projects.push(GitlabProject { path: "acme/web".to_owned(), project: None });
    let source = service.source_of(both);
    (service, source)
}

/// The projects that were asked since the last time, in the order in which they were.
fn asked(service: &Service) -> Vec<&'static str> {
    let mut projects = Vec::new();
    for (asked, _) in service.log() {
        let project = match asked.trim_start_matches("GET ") {
            path if path.starts_with(API) => "api",
            path if path.starts_with(WEB) => "web",
            _ => continue,
        };
        if !projects.contains(&project) {
            projects.push(project);
        }
    }
    projects
}

#[tokio::test]
async fn what_is_on_screen_is_asked_first_and_the_rest_less_often_while_the_limit_is_tight() {
    // What is on screen, what is left of the limit for an hour, who is asked first in each of four rounds,
    // and in how many of them the other is asked.
    for (focus, left, first, others) in [
        (Some("web 4.2"), 100_000, "web", 4),
        (Some("api 4.2"), 100_000, "api", 4),
        (Some("web 4.2"), 60, "web", 1),
        (Some("api 4.2"), 60, "api", 1),
        (Some("docs 1.0"), 60, "api", 4),
        (None, 60, "api", 4),
    ] {
        let case = format!("{focus:?} with {left} left");
        let (service, mut source) = two().await;
        let at = |minute: i64| {
            let now = now() + chrono::Duration::minutes(minute);
            Round { focus: focus.map(ReleaseId::new), ..Round::at(now) }
        };
        let Answer::Facts(told) = source.fetch(&at(0)).await.unwrap() else { panic!("{case}: no facts") };
        let releases: Vec<&str> = told.releases.iter().map(|release| release.id.as_str()).collect();
        assert_eq!(releases, ["api 4.1", "api 4.2", "web 4.1", "web 4.2"], "{case}");
        let other = if first == "api" { "web" } else { "api" };
        assert_eq!(asked(&service), [first, other], "{case}: nothing is known of either yet");
        // Whoever uses the token spends five of it a minute, for the rest of the hour.
        let limit = |minute: i64| {
            service.tables().headers = vec![
                ("ratelimit-limit", "100000".to_owned()),
                ("ratelimit-remaining", (left - 5 * minute).to_string()),
                ("ratelimit-reset", (now().timestamp() + 3_600).to_string()),
            ];
        };
        // These rounds learn what is left, and what goes between two of them.
        for minute in 1..3 {
            limit(minute);
            assert!(matches!(source.fetch(&at(minute)).await.unwrap(), Answer::Unchanged), "{case}");
        }
        assert_eq!(
            source.interval() > Duration::from_secs(240),
            left == 60,
            "{case}: {:?}",
            source.interval()
        );
        asked(&service);
        let mut seen = Vec::new();
        for minute in 3..7 {
            limit(minute);
            // What was not asked is still known.
            assert!(matches!(source.fetch(&at(minute)).await.unwrap(), Answer::Unchanged), "{case}");
            seen.push(asked(&service));
        }
        assert!(seen.iter().all(|asked| asked.first() == Some(&first)), "{case}: {seen:?}");
        assert_eq!(seen.iter().filter(|asked| asked.contains(&other)).count(), others, "{case}: {seen:?}");
    }
}
