//! What is new as lines of plain text.

use std::fmt::Write as _;

use crate::insight::{Board, Changes, Concerned};

/// Sentences that are printed; the rest is counted.
const MOST: usize = 50;

pub(super) fn changes(board: &Board, changes: &Changes) -> String {
    let calendar = &board.policy.calendar;
    let told = changes.changes.iter().map(|change| {
        let rebuilt = if change.rebuilt { " *" } else { "" };
        let url = change.url.as_ref().map(|url| format!(" {url}")).unwrap_or_default();
        format!("{}{rebuilt}{url}", change.sentence(calendar))
    });
    let all: Vec<String> = told.chain(changes.concerned.iter().map(Concerned::sentence)).collect();
    let mut out = String::new();
    for sentence in all.iter().take(MOST) {
        let _ = writeln!(out, "{sentence}");
    }
    if all.len() > MOST {
        let _ = writeln!(out, "And {} more: `tminus diff` has all.", all.len() - MOST);
    }
    if changes.changes.iter().any(|change| change.rebuilt) {
        out.push_str("* told from its own events: nothing had been observed yet\n");
    }
    out
}
