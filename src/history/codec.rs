//! What a value looks like on the disk.
//!
//! ```text
//! byte 0      format
//! byte 1      0 plain, 1 compressed with zstd
//! bytes 2..6  CRC-32 of the key, bytes 0 and 1, and the payload; lowest byte first
//! bytes 6..   payload, in postcard
//! ```
//!
//! The key is part of the sum, so that a value at another's place is found out too. Postcard
//! carries no names: a change of any type that is kept here needs a new [`FORMAT`], and a
//! test in this room fails until it gets one. Each value says its own format, so a store may
//! hold several: what is old stays as it was written until it is rewritten for another reason.
//!
//! | format | |
//! | --- | --- |
//! | 4 | a change has its facts, or what is different from the change before it; figures of days; problems say what is incomplete because of them; time zones; what is done by hand, points of no return |
//!
//! Formats 1 to 3 were never released, and are read no more.

use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use super::HistoryError;
use crate::domain::Facts;

/// The format that this program writes, and the newest one that it reads.
pub(super) const FORMAT: u8 = 4;
/// The oldest format that it reads.
const OLDEST: u8 = 4;

const HEADER: usize = 6;
const PLAIN: u8 = 0;
const COMPRESSED: u8 = 1;
/// Longer records are worth compressing.
const WORTH_COMPRESSING: usize = 200;
/// Much in little time: the level beyond which ours hardly get smaller.
const LEVEL: i32 = 3;
/// No record of ours is longer; what claims to be is damaged.
const LONGEST: usize = 1 << 28;

/// A record of the store, in every format that was ever written.
pub(super) trait Record: Sized {
    /// The record in `bytes`, all of them, as `format` wrote it.
    fn decode(format: u8, bytes: &[u8]) -> Result<Self, postcard::Error>;
}

impl Record for u64 {
    fn decode(_: u8, bytes: &[u8]) -> Result<Self, postcard::Error> {
        decode(bytes)
    }
}

impl Record for Vec<u8> {
    fn decode(_: u8, bytes: &[u8]) -> Result<Self, postcard::Error> {
        decode(bytes)
    }
}

impl Record for i64 {
    fn decode(_: u8, bytes: &[u8]) -> Result<Self, postcard::Error> {
        decode(bytes)
    }
}

/// Facts, or a difference between two, as they are kept.
pub(super) struct Packed {
    /// Compressed.
    pub(super) bytes: Vec<u8>,
    /// How long they are uncompressed.
    pub(super) length: u64,
}

/// `value` as it is kept under `key`.
pub(super) fn seal<T: Serialize>(key: &[u8], value: &T) -> Result<Vec<u8>, HistoryError> {
    let plain =
        postcard::to_stdvec(value).map_err(|error| HistoryError::store("encoding a record", &error))?;
    if plain.len() > WORTH_COMPRESSING {
        let compressed = zstd::bulk::compress(&plain, LEVEL)
            .map_err(|error| HistoryError::store("compressing a record", &error))?;
        if compressed.len() < plain.len() {
            return Ok(seal_bytes(key, COMPRESSED, &compressed));
        }
    }
    Ok(seal_bytes(key, PLAIN, &plain))
}

/// Bytes that are compressed already, as they are kept under `key`.
pub(super) fn seal_piece(key: &[u8], bytes: &[u8]) -> Vec<u8> {
    seal_bytes(key, PLAIN, bytes)
}

fn seal_bytes(key: &[u8], form: u8, payload: &[u8]) -> Vec<u8> {
    let mut sealed = Vec::with_capacity(HEADER + payload.len());
    sealed.extend([FORMAT, form]);
    sealed.extend(checksum(key, FORMAT, form, payload).to_le_bytes());
    sealed.extend(payload);
    sealed
}

fn checksum(key: &[u8], format: u8, form: u8, payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(key);
    hasher.update(&[format, form]);
    hasher.update(payload);
    hasher.finalize()
}

/// The bytes that [`seal_piece`] was given.
pub(super) fn open_piece<'a>(key: &[u8], sealed: &'a [u8]) -> Result<&'a [u8], HistoryError> {
    Ok(verified(key, sealed)?.2)
}

/// The value that [`seal`] was given.
pub(super) fn open<T: Record>(key: &[u8], sealed: &[u8]) -> Result<T, HistoryError> {
    let (format, form, payload) = verified(key, sealed)?;
    if form == COMPRESSED {
        let plain = zstd::bulk::decompress(payload, LONGEST)
            .map_err(|error| HistoryError::damaged(format!("{}: {error}", show(key))))?;
        T::decode(format, &plain)
    } else {
        T::decode(format, payload)
    }
    .map_err(|error| HistoryError::damaged(format!("{}: {error}", show(key))))
}

/// Checks that what is kept under `key` is what was written there.
pub(super) fn check(key: &[u8], sealed: &[u8]) -> Result<(), HistoryError> {
    verified(key, sealed).map(drop)
}

/// All of `bytes` as one value.
pub(super) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, postcard::Error> {
    match postcard::take_from_bytes(bytes)? {
        (value, []) => Ok(value),
        _ => Err(postcard::Error::DeserializeBadEncoding),
    }
}

fn verified<'a>(key: &[u8], sealed: &'a [u8]) -> Result<(u8, u8, &'a [u8]), HistoryError> {
    let &[format, form, a, b, c, d, ref payload @ ..] = sealed else {
        return Err(HistoryError::damaged(format!("{} is cut short", show(key))));
    };
    let sum = u32::from_le_bytes([a, b, c, d]);
    if sum != checksum(key, format, form, payload) {
        return Err(HistoryError::damaged(format!("the checksum of {} is wrong", show(key))));
    }
    if format > FORMAT {
        return Err(HistoryError::Newer { found: format, known: FORMAT });
    }
    if format < OLDEST {
        let what = "was written by a version of tminus that was never released";
        return Err(HistoryError::damaged(format!("{} {what}", show(key))));
    }
    if form > COMPRESSED {
        return Err(HistoryError::damaged(format!("{} has an unknown form", show(key))));
    }
    Ok((format, form, payload))
}

/// A key for a person: the kind, then the rest in hexadecimal.
pub(super) fn show(key: &[u8]) -> String {
    use std::fmt::Write;
    let mut shown = String::from("record ");
    for (index, byte) in key.iter().enumerate() {
        // Writing to a string cannot fail.
        let _ = match index {
            0 => write!(shown, "{} ", byte.escape_ascii()),
            _ => write!(shown, "{byte:02x}"),
        };
    }
    shown
}

/// Facts written out: as they are kept, and what names them.
pub(super) struct Written {
    plain: Vec<u8>,
    /// Names the content: equal facts have equal ones.
    pub(super) digest: [u8; 16],
}

/// `facts`, written out.
pub(super) fn write(facts: &Facts) -> Result<Written, HistoryError> {
    let plain = plain(facts)?;
    Ok(Written { digest: digest(&plain), plain })
}

impl Written {
    /// Compresses it.
    pub(super) fn pack(&self) -> Result<Packed, HistoryError> {
        compress(&self.plain)
    }
}

/// A difference, ready to be kept.
pub(super) fn pack<T: Serialize>(value: &T) -> Result<Packed, HistoryError> {
    compress(&plain(value)?)
}

fn plain<T: Serialize>(value: &T) -> Result<Vec<u8>, HistoryError> {
    let plain = postcard::to_stdvec(value).map_err(|error| HistoryError::store("encoding facts", &error))?;
    if plain.len() > LONGEST {
        return Err(HistoryError::store("keeping facts", &format!("{} bytes are too many", plain.len())));
    }
    Ok(plain)
}

fn compress(plain: &[u8]) -> Result<Packed, HistoryError> {
    let bytes = zstd::bulk::compress(plain, LEVEL)
        .map_err(|error| HistoryError::store("compressing facts", &error))?;
    Ok(Packed { length: plain.len() as u64, bytes })
}

/// What was packed.
pub(super) fn unpack<T: DeserializeOwned>(packed: &Packed) -> Result<T, HistoryError> {
    let damaged = |error: &dyn std::fmt::Display| HistoryError::damaged(format!("facts: {error}"));
    let length = usize::try_from(packed.length).unwrap_or(usize::MAX);
    if length > LONGEST {
        return Err(damaged(&"too long"));
    }
    let plain = zstd::bulk::decompress(&packed.bytes, length).map_err(|error| damaged(&error))?;
    decode(&plain).map_err(|error| damaged(&error))
}

/// An error if `facts` are not those that `digest` names.
pub(super) fn verify(facts: &Facts, digest: [u8; 16]) -> Result<(), HistoryError> {
    if write(facts)?.digest == digest {
        Ok(())
    } else {
        Err(HistoryError::damaged("facts: not what was written"))
    }
}

fn digest(bytes: &[u8]) -> [u8; 16] {
    let mut digest = [0; 16];
    digest.copy_from_slice(&Sha256::digest(bytes)[..16]);
    digest
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests look at the files themselves")]
mod tests {
    use super::*;
    use crate::history::conformance::sample;

    impl Record for String {
        fn decode(_: u8, bytes: &[u8]) -> Result<Self, postcard::Error> {
            decode(bytes)
        }
    }

    #[test]
    fn facts_of_every_kind_come_back_as_they_were() {
        let facts = sample::facts(40);
        let written = write(&facts).unwrap();
        let read: Facts = unpack(&written.pack().unwrap()).unwrap();
        verify(&read, written.digest).unwrap();
        assert_eq!(read, facts);
    }

    /// Written by format 4 and kept as it was then. If
    /// this fails, a type that is kept has changed: what is on people's disks would be
    /// misread. Give the format a new number, read the old one too, and add a fixture of the
    /// new one.
    #[test]
    fn facts_are_read_as_they_were_written() {
        let facts = sample::facts(8);
        let bytes = include_bytes!("fixtures/facts-4.bin").to_vec();
        let read: Facts = unpack(&Packed { bytes, length: FIXTURE.0 }).unwrap();
        verify(&read, FIXTURE.1.to_be_bytes()).unwrap();
        assert_eq!(read, facts);
        assert_eq!(FORMAT, 4);
        let now = write(&facts).unwrap();
        assert_eq!((now.plain.len() as u64, u128::from_be_bytes(now.digest)), FIXTURE);
    }

    const FIXTURE: (u64, u128) = (2994, 0xebf3_ec70_c52d_0f2f_d066_b89c_198c_fd9f);

    /// Run by hand to make the fixture of a new format.
    #[test]
    #[ignore = "writes the fixture of the format"]
    fn write_the_fixture() {
        let written = write(&sample::facts(8)).unwrap();
        let path = format!("{}/src/history/fixtures/facts-{FORMAT}.bin", env!("CARGO_MANIFEST_DIR"));
        std::fs::write(path, &written.pack().unwrap().bytes).unwrap();
        panic!("({}, {:#034x})", written.plain.len(), u128::from_be_bytes(written.digest));
    }

    #[test]
    fn a_record_at_another_place_cut_or_changed_is_found_out() {
        let long = "x".repeat(1_000);
        for value in ["short".to_owned(), long] {
            let sealed = seal(b"Ckey", &value).unwrap();
            assert_eq!(open::<String>(b"Ckey", &sealed).unwrap(), value);
            let damaged = |error| matches!(error, HistoryError::Damaged { .. });
            assert!(damaged(open::<String>(b"Ckez", &sealed).unwrap_err()));
            for index in 0..sealed.len() {
                let mut bad = sealed.clone();
                bad[index] ^= 0x40;
                assert!(damaged(open::<String>(b"Ckey", &bad).unwrap_err()), "byte {index}");
                assert!(damaged(open::<String>(b"Ckey", &sealed[..index]).unwrap_err()), "cut at {index}");
            }
            assert!(damaged(open::<u64>(b"Ckey", &sealed).unwrap_err()), "more than the type holds");
        }
    }

    #[test]
    fn a_newer_record_is_called_newer() {
        let mut sealed = vec![FORMAT + 1, PLAIN];
        sealed.extend(checksum(b"S", FORMAT + 1, PLAIN, b"?").to_le_bytes());
        sealed.push(b'?');
        let error = open::<String>(b"S", &sealed).unwrap_err();
        assert!(matches!(error, HistoryError::Newer { found: 5, known: 4 }), "{error}");
    }

    #[test]
    fn packed_facts_that_are_not_what_was_written_are_found_out() {
        let good = write(&sample::facts(4)).unwrap().pack().unwrap();
        for bad in [
            Packed { bytes: good.bytes[..good.bytes.len() - 1].to_vec(), ..good },
            Packed { bytes: good.bytes.clone(), length: u64::MAX },
            Packed { bytes: good.bytes.clone(), length: 1 },
            Packed { bytes: Vec::new(), ..good },
        ] {
            assert!(matches!(unpack::<Facts>(&bad), Err(HistoryError::Damaged { .. })));
        }
        let other = write(&sample::facts(9)).unwrap();
        let read: Facts = unpack(&good).unwrap();
        assert!(matches!(verify(&read, other.digest), Err(HistoryError::Damaged { .. })));
    }
}
