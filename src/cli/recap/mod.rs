//! `tminus recap`: a release that ended.

mod json;
mod markdown;
mod text;

use std::{process::ExitCode, sync::Arc};

use chrono::{Days, NaiveDate};

use crate::{
    domain::{DayFigures, Instant},
    history::{Question, Reply},
    insight::{Board, Recap},
};

use super::{
    Failure,
    args::{Common, Format},
    as_of, complain,
    context::Context,
    headless, history, print, status,
};

/// Prints what became of `--release`.
pub(super) fn run(context: &Context, common: &Common, format: Format) -> Result<ExitCode, Failure> {
    let Some(name) = common.release.as_deref() else {
        return Err(Failure::Usage("which release?\nname one that went out with --release".into()));
    };
    let board = headless::board(context, common)?;
    let release = status::named(&board, name).map_err(Failure::Usage)?;
    let instants = Recap::instants(&board, &release);
    let (days, then) = told(context, &board, &instants).unwrap_or_else(|failure| {
        complain(&format!("note: the history is not read, so no forecasts are told\n{}", failure.message()));
        (Vec::new(), Vec::new())
    });
    let then = then.iter().flatten().map(|board| &**board);
    let Some(recap) = Recap::of(&board, &release, then, &days) else {
        return Err(Failure::Usage(format!(
            "{release} did not go out yet\n`tminus status --release '{release}'` says how it stands"
        )));
    };
    print(&match format {
        Format::Text => text::recap(&board, &recap),
        Format::Json => json::recap(&board, &recap),
        Format::Markdown => markdown::recap(&board, &recap),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Figures of days, and boards of instants.
type Told = (Vec<DayFigures>, Vec<Option<Arc<Board>>>);

/// What the board said on the way: the figures of the days, and boards of those `instants` of
/// which there are none.
fn told(context: &Context, board: &Board, instants: &[Instant]) -> Result<Told, Failure> {
    let (Some(first), Some(_)) = (instants.first(), &context.directory) else {
        return Ok((Vec::new(), Vec::new()));
    };
    let day = |at| board.policy.calendar.day(at);
    let margin = Days::new(7);
    let from = day(*first).checked_sub_days(margin).unwrap_or(NaiveDate::MIN);
    let (reply, _) = history::ask(context, &Question::Days { from, until: day(board.at) })?;
    let days = if let Reply::Days(days) = reply { days } else { Vec::new() };
    let then = as_of::boards(context, &Recap::missing(instants, &days))?;
    Ok((days, then))
}
