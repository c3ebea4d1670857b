//! Keys of the store: one tree, a prefix byte for each kind of record, then numbers with the
//! highest byte first, so that the order of keys is the order of time.

use std::ops::RangeInclusive;

use chrono::{Datelike as _, NaiveDate};

/// The number that batches begin after, where it is not that of the last one: one record.
pub(super) const FLOOR: &[u8] = b"M";
/// Until when the past was looked through for what may go: one record.
pub(super) const HORIZON: &[u8] = b"H";
/// Sources, by number.
pub(super) const SOURCE: u8 = b'S';
/// Changes of a source's facts, by source and instant.
pub(super) const CHANGE: u8 = b'C';
/// Facts in pieces, by source, instant and number of the piece.
pub(super) const FACTS: u8 = b'F';
/// Rounds in runs, by source and first instant.
pub(super) const ROUNDS: u8 = b'R';

/// Figures of days, by day.
pub(super) const DAY: u8 = b'D';

/// The key of the figures of a day.
pub(super) fn day(day: NaiveDate) -> Vec<u8> {
    let mut key = vec![DAY];
    key.extend((day.num_days_from_ce().cast_unsigned() ^ (1 << 31)).to_be_bytes());
    key
}

/// Milliseconds since 1970, which may be negative, as a number in the same order.
fn ordered(at: i64) -> [u8; 8] {
    (at.cast_unsigned() ^ (1 << 63)).to_be_bytes()
}

/// The key of a source.
pub(super) fn source(number: u16) -> Vec<u8> {
    let mut key = vec![SOURCE];
    key.extend(number.to_be_bytes());
    key
}

/// The key of a record of the kind `prefix` at an instant.
pub(super) fn timed(prefix: u8, number: u16, at: i64) -> Vec<u8> {
    let mut key = vec![prefix];
    key.extend(number.to_be_bytes());
    key.extend(ordered(at));
    key
}

/// The key of one piece of the facts of an instant.
pub(super) fn piece(number: u16, at: i64, piece: u32) -> Vec<u8> {
    let mut key = timed(FACTS, number, at);
    key.extend(piece.to_be_bytes());
    key
}

/// All keys of the kind `prefix` from one instant to another.
pub(super) fn span(prefix: u8, number: u16, instants: RangeInclusive<i64>) -> RangeInclusive<Vec<u8>> {
    timed(prefix, number, *instants.start())..=timed(prefix, number, *instants.end())
}

/// The source of a key.
pub(super) fn number_of(key: &[u8]) -> Option<u16> {
    key.get(1..3).and_then(|bytes| bytes.try_into().ok()).map(u16::from_be_bytes)
}

/// The instant of a key made by [`timed`] or [`piece`].
pub(super) fn instant_of(key: &[u8]) -> Option<i64> {
    let bytes = key.get(3..11)?.try_into().ok()?;
    Some((u64::from_be_bytes(bytes) ^ (1 << 63)).cast_signed())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn keys_are_in_the_order_of_source_and_time(
            a in any::<(u16, i64)>(), b in any::<(u16, i64)>(),
        ) {
            let (first, second) = (timed(CHANGE, a.0, a.1), timed(CHANGE, b.0, b.1));
            prop_assert_eq!(first.cmp(&second), a.cmp(&b));
            prop_assert_eq!((number_of(&first), instant_of(&first)), (Some(a.0), Some(a.1)));
            let part = piece(a.0, a.1, 7);
            prop_assert_eq!((number_of(&part), instant_of(&part)), (Some(a.0), Some(a.1)));
        }
    }

    #[test]
    fn keys_of_days_are_in_their_order() {
        let days = [(-3, 1, 1), (1969, 12, 31), (1970, 1, 1), (2026, 11, 22), (2027, 1, 1)];
        let keys = days.map(|(year, month, date)| day(NaiveDate::from_ymd_opt(year, month, date).unwrap()));
        assert!(keys.is_sorted(), "{keys:?}");
    }

    #[test]
    fn short_keys_have_no_parts() {
        assert_eq!(number_of(b"C"), None);
        assert_eq!(instant_of(b"C\0\0"), None);
    }
}
