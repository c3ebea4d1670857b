//! A small file beside the store that says how much must be in it, so that a loss is
//! reported and never taken for an empty past.

use std::{
    io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::files::{self, Durability};

/// What was in the store when the marker was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Marker {
    /// The format of the store.
    pub(super) format: u8,
    /// The last batch that was written.
    pub(super) sequence: u64,
    /// How many changes of facts are kept.
    pub(super) changes: u64,
}

/// A marker as it stands in the file.
#[derive(Serialize, Deserialize)]
struct Line {
    #[serde(flatten)]
    marker: Marker,
    /// Of the three numbers.
    checksum: u32,
}

/// What was found at the marker's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing.
    Missing,
    /// Something that is no marker.
    Damaged,
    /// A marker.
    Marker(Marker),
}

/// More is not ours.
const MOST: u64 = 1024;

/// Where the marker of a board is.
pub(super) fn path(board: &Path) -> PathBuf {
    board.join("marker")
}

/// Puts `marker` on the disk.
pub(super) fn write(board: &Path, marker: Marker) -> io::Result<()> {
    let mut line = serde_json::to_vec(&Line { marker, checksum: checksum(marker) })?;
    line.push(b'\n');
    files::replace(&path(board), &line, Durability::Power)
}

/// Reads the marker back; an error only if there is something that cannot be read.
pub(super) fn read(board: &Path) -> io::Result<Found> {
    let content = match files::read_small(&path(board), MOST) {
        Ok(content) => content,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Missing),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => return Ok(Found::Damaged),
        Err(error) => return Err(error),
    };
    Ok(match serde_json::from_slice::<Line>(&content) {
        Ok(line) if line.checksum == checksum(line.marker) => Found::Marker(line.marker),
        _ => Found::Damaged,
    })
}

fn checksum(marker: Marker) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&[marker.format]);
    hasher.update(&marker.sequence.to_le_bytes());
    hasher.update(&marker.changes.to_le_bytes());
    hasher.finalize()
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests look at the files themselves")]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_marker_is_read_back_or_known_to_be_damaged() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(read(directory.path()).unwrap(), Found::Missing);
        let marker = Marker { format: 1, sequence: 4_711, changes: 12 };
        write(directory.path(), marker).unwrap();
        assert_eq!(read(directory.path()).unwrap(), Found::Marker(marker));

        let good = fs::read_to_string(path(directory.path())).unwrap();
        for bad in [
            String::new(),
            "{}".into(),
            good.replace("4711", "4710"),
            good[..good.len() / 2].into(),
            "x".repeat(4_000),
        ] {
            fs::write(path(directory.path()), bad).unwrap();
            assert_eq!(read(directory.path()).unwrap(), Found::Damaged);
        }
    }
}
