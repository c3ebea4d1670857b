//! What the accumulated data says: the automatic findings, and a card for each other question.

use crate::{
    insight::{Card, CardId, CardRow, Depth, Part},
    report::{
        Report, charts,
        document::{Block, Cell, Column, Section, Span, Table, Tone, capitalised, cell},
    },
};

/// Remarks of a card.
const MOST_NOTES: usize = 3;

/// What changed, out of everything.
pub(super) fn findings(report: &Report<'_>) -> Section {
    let card = report.study.card(CardId::AutomaticFindings);
    let mut section = card.and_then(|card| one(report, card)).unwrap_or_default();
    section.is_card = false;
    "what-changed".clone_into(&mut section.id);
    section
}

/// The other cards.
pub(super) fn cards(report: &Report<'_>) -> Section {
    let mut section = super::section("insights", "Insights");
    let cards = report.study.cards.iter().filter(|card| card.id != CardId::AutomaticFindings);
    section.sections = cards.filter_map(|card| one(report, card)).collect();
    section
}

fn one(report: &Report<'_>, card: &Card) -> Option<Section> {
    let depth = report.lens.depth(Part::Card(card.id));
    if depth == Depth::Hidden {
        return None;
    }
    let mut section = Section::new(card.id.name().replace('_', "-"), report.lens.title(card.id));
    section.is_card = true;
    let tone = charts::tone(card.standing);
    // "Told" is no judgement.
    section.badges =
        (tone != Tone::Plain).then(|| Span::toned(card.standing.word(), tone)).into_iter().collect();
    section.blocks.push(Block::Lead(vec![Span::from(&card.sentence)]));
    if depth.has_picture() {
        section.blocks.extend(charts::card(card, report.lens.title(card.id)).map(Block::Figure));
    }
    if depth.rows() > 0 && !card.rows.is_empty() {
        section.blocks.push(Block::Table(rows(card, report.lens.title(card.id), depth.rows())));
    }
    if depth.has_picture() {
        let notes = card.remarks().take(MOST_NOTES).map(|note| Block::Note(note.into()));
        section.blocks.extend(notes);
        section.blocks.push(Block::Note(Span::toned(card.id.definition(), Tone::Quiet)));
    }
    Some(section)
}

fn rows(card: &Card, title: &str, most: usize) -> Table {
    let columns = card
        .columns
        .iter()
        .map(|column| Column { title: capitalised(column.title), is_figure: column.is_figure })
        .collect();
    Table {
        caption: format!("Behind it: {title}"),
        columns,
        rows: card.rows.iter().take(most).map(row).collect(),
        more: card.rows.len().saturating_sub(most),
    }
}

/// The first cell names the row and bears its judgement.
fn row(row: &CardRow) -> Vec<Cell> {
    let tone = charts::tone(row.standing);
    let cells = row.cells.iter().enumerate();
    cells
        .map(|(place, text)| {
            let tone = if place == 0 { tone } else { Tone::Plain };
            cell(Span::toned(text.to_string(), tone))
        })
        .collect()
}
