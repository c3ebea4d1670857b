//! What sources want to know again after a restart: one small file for each, replaced as a
//! whole. Not in the store: it is big, changes often, and only the newest counts.

use std::{
    io,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use super::{
    HistoryError, codec,
    files::{self, Durability},
};
use crate::domain::SourceId;

/// The largest file that is read or written.
const LARGEST: usize = 64 << 20;

/// Keeps `memory` of `source` in the directory `board`.
pub(super) fn write(board: &Path, source: &SourceId, memory: &[u8]) -> Result<(), HistoryError> {
    const DOING: &str = "keeping what a source remembers";
    let path = path(board, source);
    let sealed = codec::seal(source.as_str().as_bytes(), &memory)?;
    if sealed.len() > LARGEST {
        return Err(HistoryError::store(DOING, &format!("{} bytes are too many", sealed.len())));
    }
    let directory = path.parent().unwrap_or(board);
    files::create_directory(directory)
        .and_then(|()| files::replace(&path, &sealed, Durability::Process))
        .map_err(|error| HistoryError::file(DOING, &path, &error))
}

/// What was kept of `source`, exactly; none if there is nothing, or nothing that can be used:
/// the source then asks for everything again.
pub(super) fn read(board: &Path, source: &SourceId) -> Result<Option<Vec<u8>>, HistoryError> {
    let path = path(board, source);
    match files::read_small(&path, LARGEST as u64) {
        Ok(sealed) => Ok(codec::open(source.as_str().as_bytes(), &sealed).ok()),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidData) => {
            Ok(None)
        }
        Err(error) => Err(HistoryError::file("reading what a source remembers", &path, &error)),
    }
}

/// A source may be called anything: its name is not a name of a file.
fn path(board: &Path, source: &SourceId) -> PathBuf {
    let digest = Sha256::digest(source.as_str().as_bytes());
    let name = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    board.join("sources").join(format!("{name:016x}"))
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests damage the files themselves")]
mod tests {
    use super::*;

    #[test]
    fn a_memory_comes_back_as_it_was_or_not_at_all() {
        let directory = tempfile::tempdir().unwrap();
        let (board, source) = (directory.path(), SourceId::new("git/../hub"));
        assert_eq!(read(board, &source).unwrap(), None);
        let memory: Vec<u8> = (0..100_000_u32).flat_map(|number| (number / 7).to_le_bytes()).collect();
        write(board, &source, b"older").unwrap();
        write(board, &source, &memory).unwrap();
        assert_eq!(read(board, &source).unwrap(), Some(memory));
        assert_eq!(read(board, &SourceId::new("another")).unwrap(), None);

        let file = path(board, &source);
        let whole = std::fs::read(&file).unwrap();
        for position in (0..whole.len()).step_by(whole.len() / 50) {
            let mut damaged = whole.clone();
            damaged[position] ^= 4;
            std::fs::write(&file, &damaged).unwrap();
            assert_eq!(read(board, &source).unwrap(), None, "byte {position}");
            std::fs::write(&file, &whole[..position]).unwrap();
            assert_eq!(read(board, &source).unwrap(), None, "cut at {position}");
        }
    }
}
