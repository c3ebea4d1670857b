//! What the words of the page mean; each card has its own definition.

use crate::report::document::{Block, Section, Table, cell};

/// Words and their meaning.
const WORDS: [(&str, &str); 6] = [
    (
        "go, no-go",
        "Could it go now? Go: every gate that is needed says go. No-go: one says no. Unknown: none says no, but one \
         has no answer; unknown is never go.",
    ),
    (
        "on track, at risk, late",
        "Will it be ready by its target? On track: with a probability of at least 85 %. At risk: of at least 50 %. \
         Late: of less, or the target has passed.",
    ),
    ("P50, P85, P95", "The days by which it is ready with a probability of 50, 85 and 95 %."),
    ("T-3d 04h", "So long until then: 3 days and 4 hours. T+: so long ago."),
    ("ready, scope, remaining", "Items that are done, items that belong to the release, and the difference."),
    ("stale", "A source has not answered for longer than it may; what rests on it is unknown."),
];

pub(super) fn section() -> Section {
    let mut section = super::section("definitions", "Definitions");
    let rows = WORDS.iter().map(|(word, meaning)| vec![cell(*word), cell(*meaning)]);
    section.blocks.push(Block::Table(Table::of(
        "What the words mean",
        &["Word", "Meaning"],
        rows,
        WORDS.len(),
    )));
    section
}
