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
//! test in this room fails until it gets one.

use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};

use super::HistoryError;
use crate::domain::Facts;

/// The format that this program writes, and the newest one that it reads.
pub(super) const FORMAT: u8 = 1;

const HEADER: usize = 6;
const PLAIN: u8 = 0;
const COMPRESSED: u8 = 1;
/// Longer records are worth compressing.
const WORTH_COMPRESSING: usize = 200;
/// Much in little time: the level beyond which ours hardly get smaller.
const LEVEL: i32 = 3;
/// No record of ours is longer; what claims to be is damaged.
const LONGEST: usize = 1 << 28;

/// Facts as they are kept.
pub(super) struct Packed {
    /// Compressed.
    pub(super) bytes: Vec<u8>,
    /// Names the content: equal facts have equal ones.
    pub(super) digest: [u8; 16],
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
    Ok(verified(key, sealed)?.1)
}

/// The value that [`seal`] was given.
pub(super) fn open<T: DeserializeOwned>(key: &[u8], sealed: &[u8]) -> Result<T, HistoryError> {
    let (form, payload) = verified(key, sealed)?;
    if form == COMPRESSED {
        let plain = zstd::bulk::decompress(payload, LONGEST)
            .map_err(|error| HistoryError::damaged(format!("{}: {error}", show(key))))?;
        decode(&plain)
    } else {
        decode(payload)
    }
    .map_err(|error| HistoryError::damaged(format!("{}: {error}", show(key))))
}

/// All of `bytes` as one value.
fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, postcard::Error> {
    match postcard::take_from_bytes(bytes)? {
        (value, []) => Ok(value),
        _ => Err(postcard::Error::DeserializeBadEncoding),
    }
}

fn verified<'a>(key: &[u8], sealed: &'a [u8]) -> Result<(u8, &'a [u8]), HistoryError> {
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
    if format < FORMAT || form > COMPRESSED {
        return Err(HistoryError::damaged(format!("{} has an unknown form", show(key))));
    }
    Ok((form, payload))
}

/// A key for a person: the kind, then the rest in hexadecimal.
fn show(key: &[u8]) -> String {
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

/// `facts`, ready to be kept.
pub(super) fn pack(facts: &Facts) -> Result<Packed, HistoryError> {
    let plain = postcard::to_stdvec(facts).map_err(|error| HistoryError::store("encoding facts", &error))?;
    if plain.len() > LONGEST {
        return Err(HistoryError::store("keeping facts", &format!("{} bytes are too many", plain.len())));
    }
    let bytes = zstd::bulk::compress(&plain, LEVEL)
        .map_err(|error| HistoryError::store("compressing facts", &error))?;
    Ok(Packed { digest: digest(&plain), length: plain.len() as u64, bytes })
}

/// The facts that were [`pack`]ed.
pub(super) fn unpack(packed: &Packed) -> Result<Facts, HistoryError> {
    let damaged = |error: &dyn std::fmt::Display| HistoryError::damaged(format!("facts: {error}"));
    let length = usize::try_from(packed.length).unwrap_or(usize::MAX);
    if length > LONGEST {
        return Err(damaged(&"too long"));
    }
    let plain = zstd::bulk::decompress(&packed.bytes, length).map_err(|error| damaged(&error))?;
    if digest(&plain) != packed.digest {
        return Err(damaged(&"not what was written"));
    }
    decode(&plain).map_err(|error| damaged(&error))
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

    #[test]
    fn facts_of_every_kind_come_back_as_they_were() {
        let facts = sample::facts(40);
        assert_eq!(unpack(&pack(&facts).unwrap()).unwrap(), facts);
    }

    /// Written by format 1 and kept as it was then. If this fails, a type that is kept has
    /// changed: what is on people's disks would be misread. Give the format a new number,
    /// read the old one too, and add a fixture of the new one.
    #[test]
    fn format_1_is_read_as_it_was_written() {
        let facts = sample::facts(8);
        let packed = Packed {
            bytes: include_bytes!("fixtures/facts-1.bin").to_vec(),
            length: FIXTURE.0,
            digest: FIXTURE.1.to_be_bytes(),
        };
        assert_eq!(FORMAT, 1);
        assert_eq!(unpack(&packed).unwrap(), facts);
        let now = pack(&facts).unwrap();
        assert_eq!((now.length, u128::from_be_bytes(now.digest)), FIXTURE);
    }

    const FIXTURE: (u64, u128) = (2778, 0x060f_7579_b4d9_a1f0_7b82_bc21_80af_5253);

    /// Run by hand to make the fixture of a new format.
    #[test]
    #[ignore = "writes the fixture of the format"]
    fn write_the_fixture() {
        let packed = pack(&sample::facts(8)).unwrap();
        let path = format!("{}/src/history/fixtures/facts-{FORMAT}.bin", env!("CARGO_MANIFEST_DIR"));
        std::fs::write(path, &packed.bytes).unwrap();
        panic!("({}, {:#034x})", packed.length, u128::from_be_bytes(packed.digest));
    }

    #[test]
    fn a_record_at_another_place_cut_or_changed_is_found_out() {
        let long = "x".repeat(1_000);
        for value in ["short", &long] {
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
            assert!(damaged(open::<u8>(b"Ckey", &sealed).unwrap_err()), "more than the type holds");
        }
    }

    #[test]
    fn a_newer_record_is_called_newer() {
        let mut sealed = vec![FORMAT + 1, PLAIN];
        sealed.extend(checksum(b"S", FORMAT + 1, PLAIN, b"?").to_le_bytes());
        sealed.push(b'?');
        let error = open::<String>(b"S", &sealed).unwrap_err();
        assert!(matches!(error, HistoryError::Newer { found: 2, known: 1 }), "{error}");
    }

    #[test]
    fn packed_facts_that_are_not_what_was_written_are_found_out() {
        let good = pack(&sample::facts(4)).unwrap();
        let other = pack(&sample::facts(5)).unwrap();
        for bad in [
            Packed { bytes: good.bytes[..good.bytes.len() - 1].to_vec(), ..other },
            Packed { bytes: good.bytes.clone(), digest: [0; 16], length: good.length },
            Packed { bytes: good.bytes.clone(), digest: good.digest, length: u64::MAX },
            Packed { bytes: good.bytes.clone(), digest: good.digest, length: 1 },
            Packed { bytes: Vec::new(), digest: good.digest, length: good.length },
        ] {
            assert!(matches!(unpack(&bad), Err(HistoryError::Damaged { .. })));
        }
    }
}
