//! A recap as lines for people.

use std::fmt::Write as _;

use crate::insight::{Board, Recap};

/// Rows of each list that are printed; the rest is counted.
const ROWS: usize = 20;

pub(super) fn recap(board: &Board, recap: &Recap) -> String {
    let mut out = format!("{}", recap.release);
    if let Some(owner) = &recap.owner {
        let _ = write!(out, " ({owner})");
    }
    out.push('\n');
    for (what, how) in recap.facts(board) {
        let _ = writeln!(out, "  {what:<10} {how}");
    }
    let judged = recap.judged(board);
    list(&mut out, "What worked", judged.worked.into_iter());
    list(&mut out, "What did not", judged.did_not.into_iter());
    let forecasts = recap.forecast_rows(board);
    if forecasts.is_empty() {
        out.push_str("\nForecasts: no board was kept while it was in the making\n");
    } else {
        list(&mut out, "Forecasts", forecasts.iter().map(|row| row.join("  ")));
    }
    list(&mut out, "Ready after the target", recap.late_rows(board).into_iter());
    list(&mut out, "Returned", recap.returned.iter().map(|one| format!("{}  {}x", one.name, one.times)));
    let steps = recap
        .scope_steps
        .iter()
        .map(|step| format!("{}  +{} -{}", step.day.format("%a %-d %b"), step.added, step.removed));
    list(&mut out, "Scope", steps);
    list(&mut out, "Deployments", recap.deployment_rows(board).iter().map(|row| row.join("  ")));
    out
}

fn list(out: &mut String, title: &str, rows: impl Iterator<Item = String>) {
    let rows: Vec<String> = rows.collect();
    if rows.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{title}");
    for row in rows.iter().take(ROWS) {
        let _ = writeln!(out, "  {row}");
    }
    if rows.len() > ROWS {
        let _ = writeln!(out, "  and {} more", rows.len() - ROWS);
    }
}
