//! The records of the store, besides the facts themselves.

use serde::{Deserialize, Serialize};

use crate::{
    domain::{DayFigures, SourceId},
    history::{
        codec::{self, Record},
        rounds::Run,
    },
};

/// A source: where its records begin and end. Rewritten in every batch that touches it, so
/// that a batch is there as a whole or shows that it is not.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Head {
    /// Which source.
    pub(super) id: SourceId,
    /// The last batch that touched it.
    pub(super) sequence: u64,
    /// How many changes are kept.
    pub(super) changes: u64,
    /// The newest change.
    pub(super) newest: Option<Newest>,
    /// The newest rounds.
    pub(super) run: Run,
}

/// Which change is the newest one of a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Newest {
    /// When, in milliseconds since 1970.
    pub(super) at: i64,
    /// In which batch it was written.
    pub(super) sequence: u64,
    /// The [`Change::digest`] of its facts.
    pub(super) digest: [u8; 16],
}

/// A change of a source's facts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Change {
    /// In which batch it was written.
    pub(super) sequence: u64,
    /// The batch of the change before it that is kept; a gap shows that one was lost.
    pub(super) predecessor: Option<u64>,
    /// Of how many pieces its facts are.
    pub(super) pieces: u32,
    /// How long what is in the pieces is, uncompressed.
    pub(super) length: u64,
    /// Names the facts.
    pub(super) digest: [u8; 16],
    /// The change that came after is kept no more: the last answer before it.
    pub(super) held_until: Option<i64>,
    /// What is in the pieces.
    pub(super) form: Form,
    /// When releases went out that are said to be out for the first time here.
    pub(super) ends: Vec<i64>,
}

/// How the facts of a change are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Form {
    /// As a whole: a keyframe.
    Whole,
    /// What is different from the change before it.
    Difference,
}

impl Record for Head {
    fn decode(_: u8, bytes: &[u8]) -> Result<Self, postcard::Error> {
        codec::decode(bytes)
    }
}

impl Record for Run {
    fn decode(_: u8, bytes: &[u8]) -> Result<Self, postcard::Error> {
        codec::decode(bytes)
    }
}

impl Record for Change {
    fn decode(_: u8, bytes: &[u8]) -> Result<Self, postcard::Error> {
        codec::decode(bytes)
    }
}

impl Record for DayFigures {
    fn decode(_: u8, bytes: &[u8]) -> Result<Self, postcard::Error> {
        codec::decode(bytes)
    }
}
