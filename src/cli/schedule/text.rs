//! The schedule as lines.

use std::fmt::Write as _;

use crate::{domain::Instant, insight::Board};

use super::{Scheduled, deployment_words, freeze_words, offered::below, release_words};

pub(super) fn schedule(board: &Board, schedule: &Scheduled<'_>, now: Instant) -> String {
    let mut out = String::new();
    let coming: Vec<_> = schedule.coming(now).collect();
    let rows = coming.iter().map(|row| deployment_words(board, row, now).to_vec());
    let below = coming.iter().map(|row| below(board, row));
    section(&mut out, "Deployments", rows.zip(below).collect());
    let rows = schedule.freezes.iter().map(|freeze| (freeze_words(board, freeze).to_vec(), Vec::new()));
    section(&mut out, "Freezes", rows.collect());
    let rows = schedule
        .releases
        .iter()
        .map(|insight| (release_words(board, schedule, insight, now).to_vec(), Vec::new()));
    section(&mut out, "Releases", rows.collect());
    out
}

/// A heading, rows in columns, and lines below each row.
fn section(out: &mut String, title: &str, rows: Vec<(Vec<String>, Vec<String>)>) {
    if !out.is_empty() {
        out.push('\n');
    }
    let _ = writeln!(
        out,
        "{title}: {}",
        if rows.is_empty() { "none".to_owned() } else { rows.len().to_string() }
    );
    let width = |text: &str| unicode_width::UnicodeWidthStr::width(text);
    let columns = rows.iter().map(|(cells, _)| cells.len()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            rows.iter().filter_map(|(cells, _)| cells.get(column)).map(|cell| width(cell)).max().unwrap_or(0)
        })
        .collect();
    for (cells, below) in rows {
        let mut line = String::new();
        for (cell, width_of_column) in cells.iter().zip(&widths).filter(|(_, width)| **width > 0) {
            let _ = write!(line, "  {cell}{}", " ".repeat(width_of_column - width(cell)));
        }
        let _ = writeln!(out, "{}", line.trim_end());
        for what in below {
            let _ = writeln!(out, "      {what}");
        }
    }
}
