//! A recap as Markdown.

use std::fmt::Write as _;

use crate::{
    cli::status::markdown::escape,
    insight::{Board, Recap},
};

/// Rows of each list that are printed; the rest is counted.
const ROWS: usize = 20;

pub(super) fn recap(board: &Board, recap: &Recap) -> String {
    let mut out = format!("# {}\n\n", escape(recap.release.as_str()));
    for (what, how) in recap.facts(board) {
        let _ = writeln!(out, "- **{what}**: {}", escape(&how));
    }
    let judged = recap.judged(board);
    let escaped = |said: Vec<String>| said.iter().map(|one| escape(one)).collect::<Vec<_>>();
    list(&mut out, "What worked", &escaped(judged.worked));
    list(&mut out, "What did not", &escaped(judged.did_not));
    let joined = |rows: Vec<[String; 4]>| rows.iter().map(|row| escape(&row.join(" · "))).collect();
    let forecasts: Vec<String> = joined(recap.forecast_rows(board));
    if forecasts.is_empty() {
        out.push_str("\nNo board was kept while it was in the making.\n");
    }
    list(&mut out, "Forecasts", &forecasts);
    list(&mut out, "Ready after the target", &escaped(recap.late_rows(board)));
    let returned = recap.returned.iter().map(|one| escape(&format!("{}: {}x", one.name, one.times)));
    list(&mut out, "Returned", &returned.collect::<Vec<_>>());
    list(&mut out, "Deployments", &joined(recap.deployment_rows(board)));
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
