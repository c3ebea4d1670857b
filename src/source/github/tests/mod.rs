//! The source with a GitHub on loopback.

mod anonymous;
mod bodies;
mod builds;
mod examined;
mod faults;
mod findings;
mod hub;
mod live;
mod memory;
mod rounds;
mod selection;

use std::sync::Arc;

use chrono::{Duration, TimeZone, Utc};

use super::{GithubSettings, GithubSource};
use crate::{
    domain::{Facts, Instant, SourceId},
    source::{
        Answer, Round, Source,
        http::{Credentials, Http, Scheme, Settings, Token, TokenFrom},
    },
};

fn now() -> Instant {
    Utc.with_ymd_and_hms(2026, 11, 1, 12, 0, 0).unwrap()
}

fn minutes(minutes: i64) -> Instant {
    now() + Duration::minutes(minutes)
}

fn token() -> Credentials {
    Credentials::new(Scheme::Bearer, vec![TokenFrom::Given(Token::new("secret").unwrap(), "a test".into())])
}

fn source(hub: &hub::Hub, credentials: Credentials) -> GithubSource {
    source_of(hub, credentials, GithubSettings::new("github.com", "o", "api"))
}

fn source_of(hub: &hub::Hub, credentials: Credentials, settings: GithubSettings) -> GithubSource {
    let http = Settings { credentials, service: "github".into(), ..hub.fake.settings() };
    GithubSource::new(SourceId::new("github"), settings, Http::new(http).unwrap())
}

async fn facts(source: &mut GithubSource, at: Instant) -> Arc<Facts> {
    match source.fetch(&Round::at(at)).await.unwrap() {
        Answer::Facts(facts) => facts,
        Answer::Unchanged => panic!("nothing new"),
    }
}

async fn unchanged(source: &mut GithubSource, at: Instant) -> bool {
    matches!(source.fetch(&Round::at(at)).await.unwrap(), Answer::Unchanged)
}
