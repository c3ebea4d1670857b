//! What is new as JSON.

use serde::Serialize;

use crate::{
    cli::status::to_json,
    domain::{Instant, Text},
    insight::{Board, Change, Changes, Concerned},
};

/// Rises when a key changes its meaning or goes away; new keys may come at any time.
const SCHEMA_VERSION: u32 = 1;

#[derive(Serialize)]
struct AnnouncementJson<'a> {
    schema_version: u32,
    board: &'a Text,
    from: Instant,
    until: Instant,
    changes: Vec<ChangeJson<'a>>,
    concerned: Vec<ConcernedJson<'a>>,
}

#[derive(Serialize)]
struct ChangeJson<'a> {
    sentence: String,
    #[serde(flatten)]
    change: &'a Change,
}

#[derive(Serialize)]
struct ConcernedJson<'a> {
    sentence: String,
    #[serde(flatten)]
    concerned: &'a Concerned,
}

pub(super) fn changes(board: &Board, changes: &Changes) -> String {
    let calendar = &board.policy.calendar;
    let told = changes.changes.iter();
    let concerned = changes.concerned.iter();
    to_json(&AnnouncementJson {
        schema_version: SCHEMA_VERSION,
        board: &board.title,
        from: changes.from,
        until: changes.until,
        changes: told.map(|change| ChangeJson { sentence: change.sentence(calendar), change }).collect(),
        concerned: concerned
            .map(|concerned| ConcernedJson { sentence: concerned.sentence(), concerned })
            .collect(),
    })
}
