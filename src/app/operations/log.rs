//! The log of operations, as it is kept: who, what, when, and the answer.

use serde::{Deserialize, Serialize};

use crate::{
    domain::{Instant, Text},
    source::operation::{Done, Found, OperationError},
};

use super::QueuedOperation;

/// One line of the log. An operation has a line when it is sent and one when its answer is
/// there, with the same identity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    /// The same on all lines of one operation, and on no other.
    pub id: Text,
    /// When.
    pub at: Instant,
    /// As whom, as far as that is known.
    pub who: Option<Text>,
    /// The source of the service that was asked.
    pub source: Option<Text>,
    /// What a person confirmed.
    pub what: Text,
    /// How it ended.
    pub outcome: Outcome,
    /// What the service said, or why there is no answer.
    pub answer: Option<Text>,
    /// Where a person sees it.
    pub url: Option<Text>,
}

/// How an operation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was sent. Without another line its answer is not known: the program ended first.
    Sent,
    /// It is done.
    Done,
    /// Certain: nothing was changed.
    NotDone,
    /// Nothing was changed: it was not what it was when somebody decided.
    Moved,
    /// The answer got lost.
    Unclear,
    /// A look found it done.
    FoundDone,
    /// A look found that it is not done.
    FoundNotDone,
    /// A look could not tell.
    CannotTell,
    /// A line of a newer version.
    #[serde(other)]
    Unknown,
}

impl Outcome {
    /// For people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Sent => "sent, answer not known",
            Self::Done => "done",
            Self::NotDone => "not done",
            Self::Moved => "not done, it had moved",
            Self::Unclear => "unclear",
            Self::FoundDone => "found done",
            Self::FoundNotDone => "found not done",
            Self::CannotTell => "cannot be told",
            Self::Unknown => "unknown",
        }
    }
}

impl LogEntry {
    /// The line of an operation that is sent at `at`.
    pub fn sent(id: Text, queued: &QueuedOperation, at: Instant) -> Self {
        Self {
            id,
            at,
            who: queued.account.clone(),
            source: queued.source.as_ref().map(|source| Text::new(source.as_str())),
            what: queued.sentence.clone(),
            outcome: Outcome::Sent,
            answer: None,
            url: None,
        }
    }

    /// The line of the answer that came at `at`.
    #[must_use]
    pub fn answered(&self, answer: &Result<Done, OperationError>, at: Instant) -> Self {
        let (outcome, said, url) = match answer {
            Ok(done) => (Outcome::Done, done.what.clone(), done.url.clone()),
            Err(error) => {
                let outcome = match error {
                    OperationError::NotDone(_) => Outcome::NotDone,
                    OperationError::Moved(_) => Outcome::Moved,
                    OperationError::Unclear(_) => Outcome::Unclear,
                };
                (outcome, error.problem().what.clone(), None)
            }
        };
        Self { at, outcome, answer: Some(said), url, ..self.clone() }
    }

    /// The line of what a look found at `at`.
    #[must_use]
    pub fn found(&self, found: &Found, at: Instant) -> Self {
        let (outcome, answer, url) = match found {
            Found::Done(done) => (Outcome::FoundDone, Some(done.what.clone()), done.url.clone()),
            Found::NotDone => (Outcome::FoundNotDone, None, None),
            Found::CannotTell(problem) => (Outcome::CannotTell, Some(problem.what.clone()), None),
        };
        Self { at, outcome, answer, url, ..self.clone() }
    }
}
