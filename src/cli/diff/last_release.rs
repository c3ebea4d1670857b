//! `tminus diff --since last-release`: a release against the one before it, at the same distance
//! from its target.

use std::{fmt::Write as _, process::ExitCode};

use serde::Serialize;
use unicode_width::UnicodeWidthStr as _;

use crate::{
    cli::{
        Failure,
        args::{Common, DiffArguments, Format},
        as_of,
        context::Context,
        headless, print, status,
        status::markdown::escape,
    },
    domain::Text,
    insight::{Board, Figure, LastRelease, Measure, SameDistance, words},
};

/// What is written behind `--since`.
pub(super) const NAME: &str = "last-release";

/// Rises when a key changes its meaning or goes away; new keys may come at any time.
const SCHEMA_VERSION: u32 = 1;

#[derive(Serialize)]
struct LastReleaseJson<'a> {
    schema_version: u32,
    board: &'a Text,
    #[serde(flatten)]
    last: &'a LastRelease,
}

/// Prints how `--release`, or the board's next one, stands against the one before it.
pub(super) fn run(context: &Context, common: &Common, diff: &DiffArguments) -> Result<ExitCode, Failure> {
    let until = diff.until.as_deref().or(common.as_of.as_deref());
    let board = match until {
        Some(written) => as_of::board(context, as_of::instant("--until", written, context)?)?,
        None => headless::board(context, common)?,
    };
    let release = if let Some(name) = &common.release {
        status::named(&board, name).map_err(Failure::Usage)?
    } else {
        let release = board.default_release().map(|insight| insight.release.id.clone());
        release.ok_or_else(|| Failure::Usage("no source knows a release".into()))?
    };
    let distance = SameDistance::of(&board, &release)
        .map_err(|why| Failure::Usage(format!("{why}\nname another release with --release")))?;
    // A board that keeps no history, or whose history cannot be read, has no board of then.
    let then = context.directory.as_ref().and_then(|_| as_of::boards(context, &[distance.then]).ok());
    let then = then.and_then(|mut boards| boards.pop()).flatten();
    let last = LastRelease::compare(&board, &distance, then.as_deref())
        .ok_or_else(|| Failure::Usage(format!("no source knows {release} any more")))?;
    print(&match diff.format {
        Format::Text => text(&board, &last),
        Format::Json => json(&board, &last),
        Format::Markdown => markdown(&board, &last),
    })?;
    Ok(ExitCode::SUCCESS)
}

fn json(board: &Board, last: &LastRelease) -> String {
    let json = LastReleaseJson { schema_version: SCHEMA_VERSION, board: &board.title, last };
    // Texts, numbers and instants: there is nothing that could not be written.
    serde_json::to_string_pretty(&json).unwrap_or_default() + "\n"
}

/// `payments 4.2 at T-3d 08h against payments 4.1 on Fri 13 Nov 09:00`.
fn title(board: &Board, last: &LastRelease) -> String {
    let SameDistance { release, before, then, was_out, .. } = &last.distance;
    let then = words::day_and_time(*then, &board.policy.calendar);
    let how = if *was_out { "as it went out," } else { "on" };
    format!("{release} at {} against {before} {how} {then}", last.distance.words())
}

const REBUILT: &str = "told from the items' own events: it was not observed then";

fn figure(figure: Option<&Figure>) -> &str {
    figure.map_or("-", |figure| figure.text.as_str())
}

fn text(board: &Board, last: &LastRelease) -> String {
    let row = |measure: &Measure| {
        let cells = [
            measure.name.title(),
            figure(measure.then.as_ref()),
            figure(measure.now.as_ref()),
            measure.compared.word(),
        ];
        cells.map(str::to_owned)
    };
    let rows: Vec<[String; 4]> = std::iter::once(["", "then", "now", ""].map(str::to_owned))
        .chain(last.measures.iter().map(row))
        .collect();
    let width = |column: usize| rows.iter().map(|row| row[column].width()).max().unwrap_or_default();
    let widths = [width(0), width(1), width(2)];
    let mut out = title(board, last) + "\n";
    for row in &rows {
        let mut line = String::from("  ");
        for (cell, width) in row.iter().zip(widths.into_iter().chain([0])) {
            let _ = write!(line, "{cell}{}  ", " ".repeat(width.saturating_sub(cell.width())));
        }
        let _ = writeln!(out, "{}", line.trim_end());
    }
    if last.rebuilt {
        let _ = writeln!(out, "\nthen: {REBUILT}");
    }
    out
}

fn markdown(board: &Board, last: &LastRelease) -> String {
    let mut out = format!(
        "**{}** · {}\n\n| | then | now | |\n| --- | --- | --- | --- |\n",
        escape(&board.title),
        escape(&title(board, last))
    );
    for measure in &last.measures {
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} |",
            measure.name.title(),
            escape(figure(measure.then.as_ref())),
            escape(figure(measure.now.as_ref())),
            measure.compared.word()
        );
    }
    if last.rebuilt {
        let _ = writeln!(out, "\nthen: {REBUILT}");
    }
    out
}
