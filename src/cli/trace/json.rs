//! A trace as JSON.

use serde::Serialize;

use crate::{
    cli::status::{SCHEMA_VERSION, to_json},
    domain::{Instant, Text},
    insight::{Board, Trace, TraceLink},
};

#[derive(Serialize)]
struct TraceJson<'a> {
    schema_version: u32,
    board: &'a Text,
    at: Instant,
    title: &'a Text,
    answer: &'a Text,
    links: &'a [TraceLink],
    notes: &'a [Text],
}

pub(super) fn trace(board: &Board, trace: &Trace) -> String {
    to_json(&TraceJson {
        schema_version: SCHEMA_VERSION,
        board: &board.title,
        at: board.at,
        title: &trace.title,
        answer: &trace.answer,
        links: &trace.links,
        notes: &trace.notes,
    })
}
