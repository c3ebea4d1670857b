//! Changes as JSON.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    domain::{Instant, Text},
    insight::{Board, Change, ChangeGroup, Changes, Concerned},
};

/// Rises when a key changes its meaning or goes away; new keys may come at any time.
const SCHEMA_VERSION: u32 = 1;

#[derive(Serialize)]
struct ChangesJson<'a> {
    schema_version: u32,
    board: &'a Text,
    from: Instant,
    until: Instant,
    counts: BTreeMap<ChangeGroup, usize>,
    changes: &'a [Change],
    concerned: &'a [Concerned],
}

pub(super) fn changes(board: &Board, changes: &Changes) -> String {
    let counts = ChangeGroup::ALL.into_iter().map(|group| (group, changes.of(group).count())).collect();
    let json = ChangesJson {
        schema_version: SCHEMA_VERSION,
        board: &board.title,
        from: changes.from,
        until: changes.until,
        counts,
        changes: &changes.changes,
        concerned: &changes.concerned,
    };
    // Texts, numbers and instants: there is nothing that could not be written.
    serde_json::to_string_pretty(&json).unwrap_or_default() + "\n"
}
