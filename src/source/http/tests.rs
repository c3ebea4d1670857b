//! The client against a service on loopback that does everything wrong that services do.

mod faults;
mod hosts;
mod reading;
mod signing;

use serde::Deserialize;

use chrono::{TimeZone, Utc};

use crate::{domain::Instant, source::Round};

use super::*;

#[derive(Debug, Deserialize, PartialEq)]
struct Item {
    id: u64,
}

fn now() -> Instant {
    Utc.with_ymd_and_hms(2026, 3, 2, 12, 0, 0).unwrap()
}

fn round() -> Round {
    Round::at(now())
}

fn items() -> Request {
    Request::get("items", "items")
}

const TOKEN: &str = "s3cret-t0ken";

fn signed(settings: Settings) -> Settings {
    let places = vec![TokenFrom::Given(Token::new(TOKEN).unwrap(), "FAKE_TOKEN".into())];
    Settings { credentials: Credentials::new(Scheme::Bearer, places), ..settings }
}

/// One request in a round of its own.
async fn ask(settings: Settings, request: Request) -> Result<Reply, HttpError> {
    let http = Http::new(settings)?;
    let round = round();
    http.session(&round).send(request).await
}
