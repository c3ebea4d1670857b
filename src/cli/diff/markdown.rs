//! Changes as Markdown, short enough for a chat message.

use std::fmt::Write as _;

use crate::{
    cli::status::markdown::escape,
    insight::{Board, Change, ChangeGroup, Changes},
};

/// Changes of each group that are printed; the rest is counted.
const ROWS: usize = 10;

pub(super) fn changes(board: &Board, changes: &Changes) -> String {
    let mut out = format!(
        "**{}** · {}\n{}\n",
        escape(&board.title),
        super::span(board, changes),
        super::summary(changes)
    );
    for group in ChangeGroup::ALL {
        let of: Vec<&Change> = changes.of(group).collect();
        if of.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\n**{}**\n", group.title());
        for change in of.iter().take(ROWS) {
            let who = change.who.as_ref().map(|who| format!(" ({})", escape(who))).unwrap_or_default();
            let rebuilt = if change.rebuilt { " \\*" } else { "" };
            let _ = writeln!(out, "- {}: {}{who}{rebuilt}", linked(change), escape(&change.what));
        }
        if of.len() > ROWS {
            let _ = writeln!(out, "- and {} more", of.len() - ROWS);
        }
    }
    if !changes.concerned.is_empty() {
        out.push_str("\n**concerned**\n\n");
        for other in &changes.concerned {
            let owner =
                other.owner.as_ref().map_or("nobody answers for it".to_owned(), |owner| escape(owner));
            let (release, because) = (escape(other.release.as_str()), escape(other.because_of.as_str()));
            let _ = writeln!(out, "- {release} ({owner}): {} of {because} changed", escape(&other.what));
        }
    }
    if changes.changes.iter().any(|change| change.rebuilt) {
        out.push_str("\n\\* told from its own events: nothing had been observed yet\n");
    }
    out
}

/// The name, as a link where it is a link that a browser may follow.
pub(in crate::cli) fn linked(change: &Change) -> String {
    let name = escape(&change.name);
    let is_web = |url: &str| url.starts_with("https://") || url.starts_with("http://");
    match &change.url {
        // In brackets nothing but the closing one ends a link.
        Some(url) if is_web(url) && !url.contains(['<', '>', ' ', '…']) => format!("[{name}](<{url}>)"),
        _ => name,
    }
}
