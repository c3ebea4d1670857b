//! A recap as lines for people.

use std::fmt::Write as _;

use crate::insight::{Board, Recap, words};

/// Rows of each list that are printed; the rest is counted.
const ROWS: usize = 20;

pub(super) fn recap(board: &Board, recap: &Recap) -> String {
    let mut out = format!("{}", recap.release);
    if let Some(owner) = &recap.owner {
        let _ = write!(out, " ({owner})");
    }
    out.push('\n');
    for (what, how) in super::facts(board, recap) {
        let _ = writeln!(out, "  {what:<10} {how}");
    }
    let forecasts = super::forecasts(board, recap);
    if forecasts.is_empty() {
        out.push_str("\nForecasts: no board was kept while it was in the making\n");
    } else {
        list(&mut out, "Forecasts", forecasts.iter().map(|row| row.join("  ")));
    }
    let late = recap.late.iter().map(|one| {
        let at = words::day(one.at, &board.policy.calendar);
        let why = if one.why.is_empty() { String::new() } else { format!("  ({})", one.why) };
        format!("{}  ready {at}{why}", one.name)
    });
    list(&mut out, "Ready after the target", late);
    list(&mut out, "Returned", recap.returned.iter().map(|one| format!("{}  {}x", one.name, one.times)));
    let steps = recap
        .scope_steps
        .iter()
        .map(|step| format!("{}  +{} -{}", step.day.format("%a %-d %b"), step.added, step.removed));
    list(&mut out, "Scope", steps);
    list(&mut out, "Deployments", super::deployments(board, recap).iter().map(|row| row.join("  ")));
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
