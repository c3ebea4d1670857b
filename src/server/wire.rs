//! What goes over the line between an owner and its viewers.
//!
//! ```text
//! bytes 0..4    length of what follows, lowest byte first
//! bytes 4..12   number of the frame: 0, 1, 2 … without a gap
//! bytes 12..    the first one: Hello, in JSON, which every version can read
//!               all others: Frame, in postcard
//! ```
//!
//! Postcard carries no names, so both ends must be the same program: [`Hello`] says which one
//! it is and comes first.

use std::{fmt::Write as _, sync::Arc};

use axum::body::Bytes;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::delta::WorldDelta;
use crate::{
    domain::{Facts, Instant, Problem, SourceHealth, SourceId, Text, Triage},
    history::{Kept, Owner},
    insight::{Board, Completeness},
};

/// The shape of [`Frame`] and of answers about the past: rises with every change of a type
/// that goes over the line.
pub(super) const WIRE: u32 = 13;
/// No frame of ours is longer: a world of a million items has some 300 MB.
pub(super) const LONGEST: usize = 1 << 29;
/// How long the header of a frame is.
const HEADER: usize = 12;

/// What a process shows, so that two of them can tell whether it is the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The version of the program.
    pub version: Text,
    /// Its sources, one line for people each.
    pub sources: Vec<Text>,
    /// It asks no source.
    pub is_offline: bool,
}

/// The first frame: who serves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Hello {
    pub(super) wire: u32,
    pub(super) owner: Owner,
    pub(super) identity: Identity,
}

/// What follows.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Frame {
    /// Something is known that was not known before.
    State(Box<State>),
    /// Nothing new; the owner lives.
    Alive,
    /// The owner goes: somebody else may have the board.
    End,
    /// All that people said about things on the board.
    Triage(Arc<Triage>),
}

/// What is known, as a difference to the state before.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct State {
    /// When the owner derived its board.
    pub(super) at: Instant,
    pub(super) truth: Truth,
    /// Every source has answered or failed.
    pub(super) is_settled: bool,
    pub(super) health: Vec<SourceHealth>,
    /// What changed in the world; none: nothing did.
    pub(super) world: Option<WorldDelta>,
}

/// [`Completeness`] of what is sent: a picture of the last visit never is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Truth {
    Filling,
    Whole,
}

impl Truth {
    pub(super) fn of(board: &Board) -> Option<Self> {
        match board.completeness {
            Completeness::Preview => None,
            Completeness::Filling => Some(Self::Filling),
            Completeness::Whole => Some(Self::Whole),
        }
    }

    pub(super) fn completeness(self) -> Completeness {
        match self {
            Self::Filling => Completeness::Filling,
            Self::Whole => Completeness::Whole,
        }
    }
}

/// What one source said, for an answer about the past: [`Kept`].
#[derive(Serialize, Deserialize)]
pub(super) struct KeptFacts {
    source: SourceId,
    facts: Arc<Facts>,
    since: Instant,
    until: Instant,
    health: SourceHealth,
}

impl From<Kept> for KeptFacts {
    fn from(kept: Kept) -> Self {
        let Kept { source, facts, since, until, health } = kept;
        Self { source, facts, since, until, health }
    }
}

impl From<KeptFacts> for Kept {
    fn from(kept: KeptFacts) -> Self {
        let KeptFacts { source, facts, since, until, health } = kept;
        Self { source, facts, since, until, health }
    }
}

/// Why what came over the line cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum WireError {
    #[error("a frame of {0} bytes")]
    TooLong(u64),
    #[error("frame {found} came after frame {before}")]
    Gap { before: u64, found: u64 },
    #[error("unreadable: {0}")]
    Unreadable(String),
    #[error("a change of what is not there")]
    Foreign,
}

/// The header of a frame with `payload` bytes.
pub(super) fn header(sequence: u64, payload: usize) -> Bytes {
    let mut header = Vec::with_capacity(HEADER);
    // What is longer than LONGEST was refused when it was made.
    header.extend(u32::try_from(payload + 8).unwrap_or(u32::MAX).to_le_bytes());
    header.extend(sequence.to_le_bytes());
    header.into()
}

/// A value as the payload of a frame.
pub(super) fn encode<T: Serialize>(value: &T) -> Result<Bytes, WireError> {
    let bytes = postcard::to_stdvec(value).map_err(|error| WireError::Unreadable(error.to_string()))?;
    if bytes.len() > LONGEST {
        return Err(WireError::TooLong(bytes.len() as u64));
    }
    Ok(bytes.into())
}

/// What [`encode`] made.
pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, WireError> {
    postcard::from_bytes(bytes).map_err(|error| WireError::Unreadable(error.to_string()))
}

/// Takes frames out of what arrives in pieces.
#[derive(Debug, Default)]
pub(super) struct Reader {
    buffer: Vec<u8>,
    next: u64,
}

impl Reader {
    /// Adds a piece.
    pub(super) fn push(&mut self, piece: &[u8]) {
        self.buffer.extend_from_slice(piece);
    }

    /// The payload of the next frame, if all of it is there.
    pub(super) fn take(&mut self) -> Result<Option<Vec<u8>>, WireError> {
        let Some((length, rest)) = self.buffer.split_first_chunk::<4>() else { return Ok(None) };
        let length = u32::from_le_bytes(*length) as usize;
        if !(8..=LONGEST + 8).contains(&length) {
            return Err(WireError::TooLong(length as u64));
        }
        let Some(frame) = rest.get(..length) else { return Ok(None) };
        let Some((sequence, payload)) = frame.split_first_chunk::<8>() else { return Ok(None) };
        let found = u64::from_le_bytes(*sequence);
        if found != self.next {
            return Err(WireError::Gap { before: self.next.wrapping_sub(1), found });
        }
        self.next += 1;
        let payload = payload.to_vec();
        self.buffer.drain(..4 + length);
        if self.buffer.is_empty() {
            // A snapshot is large, what follows is not.
            self.buffer.shrink_to(1 << 16);
        }
        Ok(Some(payload))
    }
}

impl Identity {
    /// Why a process that is `self` cannot show what the owner shows; none: it can.
    pub(super) fn refusal(&self, hello: &Hello) -> Option<Problem> {
        let (pid, theirs) = (hello.owner.pid, &hello.identity);
        if hello.wire != WIRE || theirs.version != self.version {
            let what = format!(
                "process {pid} owns this board with tminus {}, this is tminus {}",
                theirs.version, self.version
            );
            return Some(Problem::new(what, "end that one, or use the same version"));
        }
        if theirs.sources != self.sources {
            let mut what = format!("process {pid} owns this board with other sources: ");
            let missing = |ours: &[Text], others: &[Text]| {
                let lines: Vec<_> = ours.iter().filter(|line| !others.contains(line)).collect();
                lines.iter().map(|line| line.as_str()).collect::<Vec<_>>().join(", ")
            };
            let (only_theirs, only_ours) =
                (missing(&theirs.sources, &self.sources), missing(&self.sources, &theirs.sources));
            let _ = match (only_theirs.as_str(), only_ours.as_str()) {
                ("", "") => write!(what, "the same ones in another order"),
                ("", ours) => write!(what, "it lacks {ours}"),
                (theirs, "") => write!(what, "it has also {theirs}"),
                (theirs, ours) => write!(what, "it has {theirs}, this one has {ours}"),
            };
            let next_step = format!(
                "start that one again, so that it reads the configuration anew (`tminus serve`: kill -HUP {pid})"
            );
            return Some(Problem::new(what, next_step));
        }
        if theirs.is_offline && !self.is_offline {
            let what = format!("process {pid} shows this board with --offline, and asks no source");
            return Some(Problem::new(what, "end that one, or start this one with --offline, too"));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};

    use super::*;

    #[test]
    fn frames_come_out_as_they_went_in_however_they_are_cut() {
        let payloads = [b"".to_vec(), vec![7; 300], b"end".to_vec()];
        let mut line = Vec::new();
        for (sequence, payload) in (0..).zip(&payloads) {
            line.extend(header(sequence, payload.len()));
            line.extend(payload);
        }
        for size in [1, 5, 13, line.len()] {
            let (mut reader, mut read) = (Reader::default(), Vec::new());
            for piece in line.chunks(size) {
                reader.push(piece);
                while let Some(payload) = reader.take().unwrap() {
                    read.push(payload);
                }
            }
            assert_eq!(read, payloads, "in pieces of {size}");
        }
    }

    #[test]
    fn what_is_no_frame_is_refused_before_it_is_kept() {
        let mut reader = Reader::default();
        reader.push(&u32::MAX.to_le_bytes());
        assert!(matches!(reader.take(), Err(WireError::TooLong(_))));
        let mut reader = Reader::default();
        reader.push(&[1, 0, 0, 0, 9]);
        assert!(matches!(reader.take(), Err(WireError::TooLong(1))));
        let mut reader = Reader::default();
        reader.push(&header(1, 0));
        assert!(matches!(reader.take(), Err(WireError::Gap { found: 1, .. })));
        assert!(decode::<Frame>(&[250, 1, 2]).is_err());
    }

    #[test]
    fn another_version_other_sources_and_an_idle_owner_are_refused_with_the_reason() {
        let identity = |version: &str, sources: &[&str], is_offline| Identity {
            version: Text::new(version),
            sources: sources.iter().map(Text::new).collect(),
            is_offline,
        };
        let hello = |identity, wire| {
            let since = Utc.with_ymd_and_hms(2026, 11, 22, 8, 24, 0).unwrap();
            let owner = Owner { pid: 4711, since, version: Text::new("0.1.0"), socket: None };
            Hello { wire, owner, identity }
        };
        let ours = identity("0.1.0", &["plan a", "git b"], false);
        assert_eq!(ours.refusal(&hello(ours.clone(), WIRE)), None);
        for (theirs, wire, said) in [
            (identity("0.2.0", &["plan a", "git b"], false), WIRE, "with tminus 0.2.0, this is tminus 0.1.0"),
            (ours.clone(), WIRE + 1, "with tminus 0.1.0"),
            (identity("0.1.0", &["plan a"], false), WIRE, "it lacks git b"),
            (identity("0.1.0", &["plan a", "git c"], false), WIRE, "it has git c, this one has git b"),
            (identity("0.1.0", &["plan a", "git b"], true), WIRE, "--offline"),
        ] {
            let refusal = ours.refusal(&hello(theirs, wire)).unwrap();
            assert!(refusal.what.contains(said) && refusal.what.contains("4711"), "{refusal:?}");
        }
        let offline = Identity { is_offline: true, ..ours.clone() };
        assert_eq!(offline.refusal(&hello(ours, WIRE)), None, "what is known can be looked at");
    }
}
