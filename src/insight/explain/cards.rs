//! Why a card says what it says.

use crate::insight::{CardId, Study};

use super::{Explainer, Explanation};

impl Explainer<'_, '_> {
    pub(super) fn card(&self, id: CardId) -> Explanation {
        let study = Study::of(self.board);
        let Some(card) = study.card(id) else { return super::missing(id.title()) };
        Explanation {
            title: id.title().to_owned(),
            value: card.sentence.to_string(),
            formula: id.definition().to_owned(),
            counted: card
                .rows
                .iter()
                .map(|row| row.cells.iter().map(|cell| &**cell).collect::<Vec<_>>().join("  "))
                .collect(),
            left_out: card.notes.iter().map(ToString::to_string).collect(),
            sources: self.sources(id.kinds()),
        }
    }
}
