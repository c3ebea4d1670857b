//! The schedule as Markdown.

use std::fmt::Write as _;

use crate::{cli::status::markdown::escape, domain::Instant, insight::Board};

use super::{Scheduled, deployment_words, freeze_words, offered::below, release_words};

pub(super) fn schedule(board: &Board, schedule: &Scheduled<'_>, now: Instant) -> String {
    let mut out = format!("# Schedule of {}\n", escape(&board.title));
    let joined = |cells: &[String]| {
        let told: Vec<&str> = cells.iter().map(String::as_str).filter(|cell| !cell.is_empty()).collect();
        escape(&told.join(" · "))
    };
    let coming =
        schedule.coming(now).map(|row| (joined(&deployment_words(board, row, now)), below(board, row)));
    list(&mut out, "Deployments", coming.collect());
    let freezes = schedule.freezes.iter().map(|freeze| (joined(&freeze_words(board, freeze)), Vec::new()));
    list(&mut out, "Freezes", freezes.collect());
    let releases = schedule.releases.iter();
    let releases =
        releases.map(|insight| (joined(&release_words(board, schedule, insight, now)), Vec::new()));
    list(&mut out, "Releases", releases.collect());
    out
}

fn list(out: &mut String, title: &str, rows: Vec<(String, Vec<String>)>) {
    let _ = writeln!(out, "\n## {title}\n");
    if rows.is_empty() {
        out.push_str("None.\n");
    }
    for (row, below) in rows {
        let _ = writeln!(out, "- {row}");
        for what in below {
            let _ = writeln!(out, "  - {}", escape(&what));
        }
    }
}
