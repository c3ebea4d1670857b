//! `tminus insights`: what the accumulated data says, card by card.

mod json;
mod markdown;
mod text;

use std::process::ExitCode;

use chrono::NaiveDate;

use crate::{
    history::{Question, Reply},
    insight::{Board, CardId, Depth, Part, Study},
};

use super::{
    Failure,
    args::{Common, Format, InsightsArguments},
    complain,
    context::Context,
    headless, history, print,
};

/// Prints the cards that their reader sees, or only those of them that are named.
pub(super) fn run(
    context: &Context,
    common: &Common,
    asked: &InsightsArguments,
) -> Result<ExitCode, Failure> {
    let lens = asked.lens;
    let named: Vec<CardId> = asked.cards.iter().map(|name| named(name)).collect::<Result<_, _>>()?;
    if let Some(hidden) = named.iter().find(|card| lens.depth(Part::Card(**card)) == Depth::Hidden) {
        return Err(Failure::Usage(format!(
            "{} is not a card for the reader {}\nname another card, or leave --lens out",
            hidden.name(),
            lens.name()
        )));
    }
    let board = headless::board(context, common)?;
    let mut study = study(context, &board)?.seen_by(lens, &board).cut(lens);
    study.cards.retain(|card| named.is_empty() || named.contains(&card.id));
    print(&match asked.format {
        Format::Text => text::study(&study, lens),
        Format::Json => json::study(&board, &study, lens),
        Format::Markdown => markdown::study(&board, &study, lens),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The cards with what the history adds: forecasts of the past, and what people dismissed.
pub(super) fn study(context: &Context, board: &Board) -> Result<Study, Failure> {
    let Some(directory) = context.directory.as_deref().filter(|directory| directory.join("history").exists())
    else {
        return Ok(Study::of(board));
    };
    let question = Question::Days { from: NaiveDate::MIN, until: NaiveDate::MAX };
    let days = match history::ask(context, &question) {
        Ok((Reply::Days(days), _)) => days,
        Ok(_) => Vec::new(),
        Err(failure) => {
            complain(&format!(
                "note: the history is not read, so no past forecast counts\n{}",
                failure.message()
            ));
            Vec::new()
        }
    };
    let (said, problem) = crate::history::triage(directory, board.at)?;
    if let Some(problem) = problem {
        complain(&format!("note: {}; {}", problem.what, problem.next_step));
    }
    // What the board itself was told of earlier days is read from the same history.
    let study = if days.is_empty() { Study::of(board) } else { Study::with_days(board, &days) };
    Ok(study.without_dismissed(&said, board.at))
}

fn named(name: &str) -> Result<CardId, Failure> {
    CardId::named(&name.replace('-', "_")).ok_or_else(|| {
        let known: Vec<&str> = CardId::ALL.iter().map(|id| id.name()).collect();
        Failure::Usage(format!("there is no card {name:?}\nname one of: {}", known.join(", ")))
    })
}
