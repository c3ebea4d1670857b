//! What is new as Markdown, for a chat message.

use std::fmt::Write as _;

use crate::{
    cli::{diff::markdown::linked, status::markdown::escape},
    insight::{Board, Changes, Concerned},
};

/// Sentences that are printed; the rest is counted.
const MOST: usize = 50;

pub(super) fn changes(board: &Board, changes: &Changes) -> String {
    let calendar = &board.policy.calendar;
    let told = changes.changes.iter().map(|change| {
        let sentence = change.sentence(calendar);
        // The name is what leads on.
        let rest = sentence.strip_prefix(change.name.as_str()).unwrap_or_default();
        let rebuilt = if change.rebuilt { " \\*" } else { "" };
        format!("{}{}{rebuilt}", linked(change), escape_tail(rest))
    });
    let concerned = changes.concerned.iter().map(Concerned::sentence).map(|said| escape(&said));
    let all: Vec<String> = told.chain(concerned).collect();
    let mut out = String::new();
    for sentence in all.iter().take(MOST) {
        let _ = writeln!(out, "- {sentence}");
    }
    if all.len() > MOST {
        let _ = writeln!(out, "- And {} more: `tminus diff` has all.", all.len() - MOST);
    }
    if changes.changes.iter().any(|change| change.rebuilt) {
        out.push_str("\n\\* told from its own events: nothing had been observed yet\n");
    }
    out
}

/// Escaped, with the blank that it begins with.
fn escape_tail(rest: &str) -> String {
    match rest.strip_prefix(' ') {
        Some(rest) => format!(" {}", escape(rest)),
        None => escape(rest),
    }
}
