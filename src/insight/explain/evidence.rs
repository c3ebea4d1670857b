//! The evidence behind gates, as something that a pipeline can store.

use serde::Serialize;

use crate::domain::{Instant, ReleaseId, SourceId};
use crate::insight::{Board, board::Completeness};

use super::Explainer;

/// Rows of each list that are kept; of more only the count is.
const MOST_ROWS: usize = 100;

/// What a gate rests on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// How the answer comes about, in words.
    pub formula: String,
    /// What counts.
    pub counted: Vec<Row>,
    /// How many more count.
    pub counted_more: usize,
    /// What does not, each with why.
    pub left_out: Vec<Row>,
    /// How many more do not.
    pub left_out_more: usize,
    /// Who said so, and when.
    pub sources: Vec<Answered>,
}

/// An item behind a gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The key of a story, pull request, finding, deployment or release, or the name of a suite;
    /// none for a remark.
    pub key: Option<String>,
    /// All that is said of it, in a line.
    pub what: String,
}

/// A source, and how old what it said is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answered {
    /// Which one.
    pub id: SourceId,
    /// When it answered last; none if it never did.
    pub answered_at: Option<Instant>,
    /// What it said is older than its limit.
    pub stale: bool,
}

impl Row {
    /// An item with what is said of it.
    #[expect(clippy::needless_pass_by_value, reason = "keys and references to keys alike")]
    pub(super) fn of(key: impl ToString, what: impl Into<String>) -> Self {
        Self { key: Some(key.to_string()), what: what.into() }
    }

    /// A remark.
    pub(super) fn remark(what: impl Into<String>) -> Self {
        Self { key: None, what: what.into() }
    }
}

/// What every gate of `release` rests on, in the order of its gates; nothing for a release that
/// is not on the board, and no items on one from the cache.
pub fn evidence(board: &Board, release: &ReleaseId, now: Instant) -> Vec<Evidence> {
    let Some(insight) = board.release(release) else { return Vec::new() };
    let context = super::context(board);
    let explainer = Explainer::new(board, &context, release, now);
    let is_whole = board.completeness != Completeness::Preview;
    let gates = insight.gates.iter().map(|gate| {
        let rows = if is_whole { explainer.gate_rows(&gate.name) } else { (Vec::new(), Vec::new()) };
        let (mut counted, mut left_out) = rows;
        let (counted_more, left_out_more) =
            (counted.len().saturating_sub(MOST_ROWS), left_out.len().saturating_sub(MOST_ROWS));
        counted.truncate(MOST_ROWS);
        left_out.truncate(MOST_ROWS);
        let answered = |id: &SourceId| {
            let health = context.health(id);
            Answered {
                id: id.clone(),
                answered_at: health.and_then(|health| health.answered_at),
                stale: health.is_none_or(|health| health.is_stale(now)),
            }
        };
        Evidence {
            formula: explainer.gate_formula(&gate.name),
            counted,
            counted_more,
            left_out,
            left_out_more,
            sources: gate.sources.iter().map(answered).collect(),
        }
    });
    gates.collect()
}
