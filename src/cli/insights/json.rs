//! Cards as JSON.

use serde::Serialize;

use crate::{
    domain::{Instant, Text},
    insight::{Board, Card, Lens, Study},
};

/// Rises when a key changes its meaning or goes away; new keys may come at any time.
const SCHEMA_VERSION: u32 = 1;

#[derive(Serialize)]
struct StudyJson<'a> {
    schema_version: u32,
    board: &'a Text,
    at: Instant,
    /// For whom: which cards are there, and how deep.
    lens: &'static str,
    cards: Vec<CardJson<'a>>,
}

#[derive(Serialize)]
struct CardJson<'a> {
    title: &'static str,
    definition: &'static str,
    #[serde(flatten)]
    card: &'a Card,
}

pub(super) fn study(board: &Board, study: &Study, lens: Lens) -> String {
    let cards = study.cards.iter();
    let cards =
        cards.map(|card| CardJson { title: lens.title(card.id), definition: card.id.definition(), card });
    let cards = cards.collect();
    let json = StudyJson {
        schema_version: SCHEMA_VERSION,
        board: &board.title,
        at: study.at,
        lens: lens.name(),
        cards,
    };
    // Texts, numbers and instants: there is nothing that could not be written.
    serde_json::to_string_pretty(&json).unwrap_or_default() + "\n"
}
