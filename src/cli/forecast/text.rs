//! Forecasts as lines for people.

use std::fmt::Write as _;

use crate::{
    cli::{
        release,
        status::text::{rows, section},
    },
    domain::Instant,
    insight::{
        Board, ReleaseInsight, earlier_forecasts, forecast_in_words, forecast_moved,
        headline::{forecast_words, source_words, target_words},
        words,
    },
};

/// Earlier days that are printed; the rest is counted.
const DAYS: usize = 14;

/// One release, with everything that its forecast rests on.
pub(super) fn one(board: &Board, insight: &ReleaseInsight, now: Instant) -> String {
    let mut out = format!(
        "{} · {} · {} · {}\n",
        insight.release.id,
        target_words(board, insight, now),
        insight.outlook.word(),
        forecast_words(board, insight)
    );
    as_of(&mut out, board);
    for source in source_words(board, now) {
        let _ = writeln!(out, "source {source}");
    }
    let said = forecast_in_words(board, &insight.release.id, now);
    let dates = if said.basis.is_empty() { Vec::new() } else { said.dates };
    list(&mut out, "Dates", dates);
    list(&mut out, "How often such dates held", said.record);
    list(&mut out, "Why these dates", said.basis);
    let steps = super::saving(insight).into_iter();
    let steps = steps.map(|remedy| format!("{} ({})", remedy.action, remedy.said()));
    list(&mut out, "What makes it sooner (the P85 date)", steps.collect());
    let earlier = earlier_forecasts(board, &insight.release.id);
    if !earlier.is_empty() {
        section(&mut out, "What was forecast before");
        let more = earlier.len().saturating_sub(DAYS);
        if more > 0 {
            let _ = writeln!(out, "  … {more} earlier (--format json has all)");
        }
        let mut cells = vec![["", "P50", "P85", "P95", "outlook"].map(str::to_owned).to_vec()];
        cells.extend(super::earlier_rows(board, &earlier[more..]));
        rows(&mut out, cells);
        if let Some(moved) = forecast_moved(&earlier[more..], &insight.forecast, &board.policy.calendar) {
            let _ = writeln!(out, "  {moved}");
        }
    }
    list(&mut out, "Counted from", said.sources);
    out
}

/// A line for each release.
pub(super) fn all(board: &Board, releases: &[&ReleaseInsight], now: Instant) -> String {
    let mut out = String::new();
    if releases.is_empty() {
        let none = release::none_known(board, "no release is in the making");
        let _ = writeln!(out, "{}: {none}", board.title);
    } else {
        let _ = writeln!(
            out,
            "{}: {} in the making",
            board.title,
            words::count(releases.len(), "release", "releases")
        );
    }
    as_of(&mut out, board);
    for source in source_words(board, now) {
        let _ = writeln!(out, "source {source}");
    }
    let cells = releases.iter().map(|insight| {
        vec![
            insight.release.id.to_string(),
            target_words(board, insight, now),
            insight.outlook.word().to_owned(),
            forecast_words(board, insight),
        ]
    });
    rows(&mut out, cells.collect());
    if !releases.is_empty() {
        out.push_str("\n--release NAME says why, and what makes it sooner\n");
    }
    out
}

fn as_of(out: &mut String, board: &Board) {
    let _ = writeln!(out, "as of {}", words::day_and_time(board.at, &board.policy.calendar));
}

fn list(out: &mut String, title: &str, lines: Vec<String>) {
    if lines.is_empty() {
        return;
    }
    section(out, title);
    for line in lines {
        let _ = writeln!(out, "  {line}");
    }
}
