//! A recap as Markdown.

use std::fmt::Write as _;

use crate::{
    cli::status::markdown::escape,
    insight::{Board, Recap, words},
};

/// Rows of each list that are printed; the rest is counted.
const ROWS: usize = 20;

pub(super) fn recap(board: &Board, recap: &Recap) -> String {
    let mut out = format!("# {}\n\n", escape(recap.release.as_str()));
    for (what, how) in super::facts(board, recap) {
        let _ = writeln!(out, "- **{what}**: {}", escape(&how));
    }
    let joined = |rows: Vec<[String; 4]>| rows.iter().map(|row| escape(&row.join(" · "))).collect();
    let forecasts: Vec<String> = joined(super::forecasts(board, recap));
    if forecasts.is_empty() {
        out.push_str("\nNo board was kept while it was in the making.\n");
    }
    list(&mut out, "Forecasts", &forecasts);
    let late = recap.late.iter().map(|one| {
        let at = words::day(one.at, &board.policy.calendar);
        let why = if one.why.is_empty() { String::new() } else { format!(" ({})", one.why) };
        escape(&format!("{}: ready {at}{why}", one.name))
    });
    list(&mut out, "Ready after the target", &late.collect::<Vec<_>>());
    let returned = recap.returned.iter().map(|one| escape(&format!("{}: {}x", one.name, one.times)));
    list(&mut out, "Returned", &returned.collect::<Vec<_>>());
    list(&mut out, "Deployments", &joined(super::deployments(board, recap)));
    out
}

fn list(out: &mut String, title: &str, rows: &[String]) {
    if rows.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n## {title}\n");
    for row in rows.iter().take(ROWS) {
        let _ = writeln!(out, "- {row}");
    }
    if rows.len() > ROWS {
        let _ = writeln!(out, "- and {} more", rows.len() - ROWS);
    }
}
