//! A recap as JSON.

use serde::Serialize;

use crate::{
    domain::Text,
    insight::{Board, Recap},
};

/// Rises when a key changes its meaning or goes away; new keys may come at any time.
const SCHEMA_VERSION: u32 = 1;

#[derive(Serialize)]
struct RecapJson<'a> {
    schema_version: u32,
    board: &'a Text,
    #[serde(flatten)]
    recap: &'a Recap,
}

pub(super) fn recap(board: &Board, recap: &Recap) -> String {
    let json = RecapJson { schema_version: SCHEMA_VERSION, board: &board.title, recap };
    // Texts, numbers and instants: there is nothing that could not be written.
    serde_json::to_string_pretty(&json).unwrap_or_default() + "\n"
}
