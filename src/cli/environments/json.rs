//! Environments as JSON.

use serde::Serialize;

use crate::{
    domain::Text,
    insight::{Board, EnvironmentsView},
};

/// Rises when a key changes its meaning or goes away; new keys may come at any time.
const SCHEMA_VERSION: u32 = 1;

#[derive(Serialize)]
struct EnvironmentsJson<'a> {
    schema_version: u32,
    board: &'a Text,
    #[serde(flatten)]
    view: &'a EnvironmentsView,
}

pub(super) fn written(board: &Board, view: &EnvironmentsView) -> String {
    let json = EnvironmentsJson { schema_version: SCHEMA_VERSION, board: &board.title, view };
    // Texts, numbers and instants: there is nothing that could not be written.
    serde_json::to_string_pretty(&json).unwrap_or_default() + "\n"
}
