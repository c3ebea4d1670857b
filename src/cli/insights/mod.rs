//! `tminus insights`: what the accumulated data says, card by card.

mod json;
mod markdown;
mod text;

use std::process::ExitCode;

use crate::insight::{CardId, Study};

use super::{
    Failure,
    args::{Common, Format},
    context::Context,
    headless, print,
};

/// Prints the cards, or only those that are named.
pub(super) fn run(
    context: &Context,
    common: &Common,
    format: Format,
    names: &[String],
) -> Result<ExitCode, Failure> {
    let asked: Vec<CardId> = names.iter().map(|name| named(name)).collect::<Result<_, _>>()?;
    let board = headless::board(context, common)?;
    let mut study = Study::of(&board);
    study.cards.retain(|card| asked.is_empty() || asked.contains(&card.id));
    print(&match format {
        Format::Text => text::study(&study),
        Format::Json => json::study(&board, &study),
        Format::Markdown => markdown::study(&board, &study),
    })?;
    Ok(ExitCode::SUCCESS)
}

fn named(name: &str) -> Result<CardId, Failure> {
    CardId::named(&name.replace('-', "_")).ok_or_else(|| {
        let known: Vec<&str> = CardId::ALL.iter().map(|id| id.name()).collect();
        Failure::Usage(format!("there is no card {name:?}\nname one of: {}", known.join(", ")))
    })
}
