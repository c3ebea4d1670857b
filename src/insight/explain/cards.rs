//! Why a card says what it says.

use crate::{
    domain::{Instant, Text},
    insight::{Board, Card, CardId},
};

use super::{Explainer, Explanation, Membership};

/// Explains a card as it is shown: with the days that it was made of, and without what somebody
/// dismissed.
pub fn explain_card(board: &Board, card: &Card, now: Instant) -> Explanation {
    let context = super::context(board);
    let explainer = Explainer {
        context: &context,
        membership: Membership::default(),
        insight: None,
        index: None,
        board,
        now,
    };
    let written = |texts: &[Text]| texts.iter().map(ToString::to_string).collect();
    let explanation = Explanation {
        title: card.id.title().to_owned(),
        value: card.sentence.to_string(),
        formula: card.id.definition().to_owned(),
        counted: card
            .rows
            .iter()
            .map(|row| row.cells.iter().map(|cell| &**cell).collect::<Vec<_>>().join("  "))
            .collect(),
        notes: written(&card.notes),
        left_out: written(&card.left_out),
        sources: explainer.sources(card.id.kinds()),
    };
    explainer.finish(explanation)
}

/// Explains a row behind a card: what each of its cells says, and what it is made of. A row that
/// is not there any more is explained by its card.
pub fn explain_card_row(board: &Board, card: &Card, name: &Text, now: Instant) -> Explanation {
    let of_card = explain_card(board, card, now);
    let Some(row) = card.rows.iter().find(|row| row.cells.first() == Some(name)) else { return of_card };
    let cells = card.columns.iter().zip(&row.cells).skip(1);
    let said =
        cells.filter(|(_, cell)| !cell.is_empty()).map(|(column, cell)| format!("{}: {cell}", column.title));
    Explanation {
        title: format!("{}: {name}", of_card.title),
        value: said.collect::<Vec<_>>().join("; "),
        counted: row.behind.iter().map(ToString::to_string).collect(),
        ..of_card
    }
}

/// What is said of a card that nobody has made yet.
pub(super) fn not_made(id: CardId) -> Explanation {
    Explanation {
        title: id.title().to_owned(),
        value: "this card is still being made".to_owned(),
        formula: id.definition().to_owned(),
        ..Explanation::default()
    }
}
