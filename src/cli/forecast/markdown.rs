//! Forecasts as Markdown.

use std::fmt::Write as _;

use crate::{
    cli::{
        release,
        status::markdown::{escape, table},
    },
    domain::Instant,
    insight::{
        Board, ReleaseInsight, earlier_forecasts, forecast_in_words, forecast_moved,
        headline::{forecast_words, target_words},
        words,
    },
};

/// Earlier days that are printed; JSON has all.
const DAYS: usize = 14;

/// One release, with everything that its forecast rests on.
pub(super) fn one(board: &Board, insight: &ReleaseInsight, now: Instant) -> String {
    let mut out = format!(
        "# {}\n\n**{}** · {} · {}\n\nAs of {}\n",
        escape(insight.release.id.as_str()),
        insight.outlook.word(),
        escape(&target_words(board, insight, now)),
        escape(&forecast_words(board, insight)),
        words::day_and_time(board.at, &board.policy.calendar),
    );
    let said = forecast_in_words(board, &insight.release.id, now);
    let dates = if said.basis.is_empty() { Vec::new() } else { said.dates };
    list(&mut out, "Dates", &dates);
    list(&mut out, "How often such dates held", &said.record);
    list(&mut out, "Why these dates", &said.basis);
    let steps = super::saving(insight).into_iter();
    let steps: Vec<_> = steps.map(|remedy| format!("{} ({})", remedy.action, remedy.said())).collect();
    list(&mut out, "What makes it sooner (the P85 date)", &steps);
    let earlier = earlier_forecasts(board, &insight.release.id);
    let shown = &earlier[earlier.len().saturating_sub(DAYS)..];
    let rows = super::earlier_rows(board, shown).into_iter();
    let rows = rows.map(|cells| cells.iter().map(|cell| escape(cell)).collect());
    out.push_str(&table(
        "What was forecast before",
        &["Day", "P50", "P85", "P95", "Outlook"],
        rows.collect(),
    ));
    if let Some(moved) = forecast_moved(shown, &insight.forecast, &board.policy.calendar) {
        let _ = writeln!(out, "\n{}", escape(&moved));
    }
    list(&mut out, "Counted from", &said.sources);
    out
}

/// A row for each release.
pub(super) fn all(board: &Board, releases: &[&ReleaseInsight], now: Instant) -> String {
    let mut out = format!(
        "# Forecasts of {}\n\nAs of {}\n",
        escape(&board.title),
        words::day_and_time(board.at, &board.policy.calendar)
    );
    if releases.is_empty() {
        let _ = writeln!(out, "\n{}.", release::none_known(board, "No release is in the making"));
    }
    let rows = releases.iter().map(|insight| {
        vec![
            escape(insight.release.id.as_str()),
            escape(&target_words(board, insight, now)),
            insight.outlook.word().to_owned(),
            escape(&forecast_words(board, insight)),
        ]
    });
    out.push_str(&table("In the making", &["Release", "Target", "Outlook", "Forecast"], rows.collect()));
    out
}

fn list(out: &mut String, title: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n## {title}\n");
    for line in lines {
        let _ = writeln!(out, "- {}", escape(line));
    }
}
