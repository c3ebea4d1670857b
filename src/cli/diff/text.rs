//! Changes as lines for people and for `grep`.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr as _;

use crate::insight::{Board, Change, ChangeGroup, Changes, words};

/// The widest column of names: a longer one moves its own line only.
const WIDEST: usize = 48;

pub(super) fn changes(board: &Board, changes: &Changes) -> String {
    let mut out = format!("{}: {}\n{}\n", board.title, super::span(board, changes), super::summary(changes));
    for group in ChangeGroup::ALL {
        let of: Vec<&Change> = changes.of(group).collect();
        if of.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\n{}", group.title());
        let width = of.iter().map(|change| change.name.width()).max().unwrap_or_default().min(WIDEST);
        for change in of {
            let pad = width.saturating_sub(change.name.width());
            let _ =
                writeln!(out, "  {}{}  {}{}", change.name, " ".repeat(pad), change.what, tail(board, change));
        }
    }
    if !changes.concerned.is_empty() {
        out.push_str("\nconcerned\n");
        for other in &changes.concerned {
            let _ = writeln!(out, "  {}", other.sentence());
        }
    }
    if changes.changes.iter().any(|change| change.rebuilt) {
        out.push_str("\n* told from its own events: nothing had been observed yet\n");
    }
    out
}

fn tail(board: &Board, change: &Change) -> String {
    let mut notes: Vec<String> = Vec::new();
    notes.extend(change.who.as_ref().map(ToString::to_string));
    notes.extend(change.at.map(|at| words::day_and_time(at, &board.policy.calendar)));
    let notes = if notes.is_empty() { String::new() } else { format!("  ({})", notes.join(", ")) };
    format!("{notes}{}", if change.rebuilt { " *" } else { "" })
}
