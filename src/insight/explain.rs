//! Why a number is what it is.

use super::{Board, Subject};
use crate::domain::{Instant, ReleaseId};

/// The answer to "why?".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    /// What was asked.
    pub title: String,
    /// The value.
    pub value: String,
    /// How it is computed.
    pub formula: String,
    /// What counts.
    pub counted: Vec<String>,
    /// What was left out.
    pub left_out: Vec<String>,
    /// Where it comes from, with its age.
    pub sources: Vec<String>,
}

/// Explains `subject` of `release` on `board`.
pub fn explain(board: &Board, release: &ReleaseId, subject: &Subject, _now: Instant) -> Explanation {
    let mut explanation = Explanation { title: release.to_string(), ..Explanation::default() };
    if let (Subject::Gate(name), Some(insight)) = (subject, board.release(release)) {
        explanation.title = name.title().to_owned();
        for gate in insight.gates.iter().filter(|gate| gate.name == *name) {
            explanation.value = gate.measured.to_string();
            explanation.formula = gate.needed.to_string();
            explanation.sources = gate.sources.iter().map(ToString::to_string).collect();
        }
    }
    explanation
}
