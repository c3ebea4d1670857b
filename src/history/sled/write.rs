//! How a change is written: as a whole, or as what is different from the one before.

use ::sled::Batch;
use serde::Serialize;

use super::{
    Change, Form, Head, HistoryError, Newest, PIECE, codec,
    codec::{Packed, Written},
    keys,
};
use crate::{domain::Facts, history::difference::Difference};

/// What follows the newest keyframe of a source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tail {
    /// How many differences.
    pub(super) count: usize,
    /// How long they are together, uncompressed.
    differences: u64,
    /// How long the keyframe is, uncompressed.
    whole: u64,
}

impl Tail {
    /// The tail after `change`, which comes next.
    pub(super) fn follow(&mut self, change: &Change) {
        match change.form {
            Form::Whole => *self = Self { count: 0, differences: 0, whole: change.length },
            Form::Difference => {
                self.count += 1;
                self.differences = self.differences.saturating_add(change.length);
            }
        }
    }
}

/// `facts` as they are kept after `before` (none: it is not known): as a difference if no more
/// than `most` of them follow their keyframe then, and all of them together are not longer than
/// it: whatever is read is read in bounded time.
pub(super) fn form(
    before: Option<&Facts>,
    tail: &Tail,
    most: usize,
    facts: &Facts,
    written: &Written,
) -> Result<(Form, Packed), HistoryError> {
    if let Some(before) = before
        && tail.count < most
    {
        let difference = codec::pack(&Difference::between(before, facts)?)?;
        if tail.differences.saturating_add(difference.length) <= tail.whole {
            return Ok((Form::Difference, difference));
        }
    }
    Ok((Form::Whole, written.pack()?))
}

/// A change that is about to be kept.
pub(super) struct News {
    pub(super) digest: [u8; 16],
    pub(super) form: Form,
    pub(super) packed: Packed,
    pub(super) held_until: Option<i64>,
    pub(super) ends: Vec<i64>,
}

/// Adds a record to `batch`.
pub(super) fn put<T: Serialize>(batch: &mut Batch, key: &[u8], value: &T) -> Result<(), HistoryError> {
    batch.insert(key, codec::seal(key, value)?);
    Ok(())
}

/// Adds what is in the pieces of a change to `batch`; how many there are.
pub(super) fn put_pieces(batch: &mut Batch, number: u16, at: i64, packed: &Packed) -> u32 {
    let mut pieces = 0;
    for bytes in packed.bytes.chunks(PIECE) {
        let key = keys::piece(number, at, pieces);
        batch.insert(key.as_slice(), codec::seal_piece(&key, bytes));
        pieces += 1;
    }
    pieces
}

/// Adds a change to `batch` and to its source's head; the change.
pub(super) fn put_change(
    batch: &mut Batch,
    number: u16,
    at: i64,
    head: &mut Head,
    news: News,
) -> Result<Change, HistoryError> {
    let change = Change {
        sequence: head.sequence,
        predecessor: head.newest.map(|newest| newest.sequence),
        pieces: put_pieces(batch, number, at, &news.packed),
        length: news.packed.length,
        digest: news.digest,
        held_until: news.held_until,
        form: news.form,
        ends: news.ends,
    };
    put(batch, &keys::timed(keys::CHANGE, number, at), &change)?;
    head.newest = Some(Newest { at, sequence: head.sequence, digest: change.digest });
    head.changes += 1;
    Ok(change)
}
