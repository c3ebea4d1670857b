//! Cards as Markdown.

use std::fmt::Write as _;

use crate::{
    cli::status::markdown::{escape, table},
    insight::{Board, Card, Lens, Study},
};

pub(super) fn study(board: &Board, study: &Study, lens: Lens) -> String {
    let mut out = format!("# What the data of {} says\n", escape(&board.title));
    study.cards.iter().for_each(|card| out.push_str(&one(card, lens)));
    out
}

fn one(card: &Card, lens: Lens) -> String {
    let titles: Vec<&str> = card.columns.iter().map(|column| column.title).collect();
    let mut out =
        format!("\n## {}\n\n**{}**: {}\n", lens.title(card.id), card.standing.word(), escape(&card.sentence));
    for note in card.remarks() {
        let _ = writeln!(out, "\n{}", escape(note));
    }
    if !card.rows.is_empty() {
        let rows = card.rows.iter().map(|row| row.cells.iter().map(|cell| escape(cell)).collect());
        out.push_str(&table("Behind it", &titles, rows.collect()));
    }
    out
}
