//! What is on the screen before the store is open: one small value, written by rename, read
//! in well under two milliseconds, and never believed if anything about it is odd.

use std::path::{Path, PathBuf};

use serde::{Serialize, de::DeserializeOwned};

use super::{
    HistoryError,
    files::{self, Durability},
};

/// One value of at most [`PaintCache::LARGEST`] bytes beside the history of a board.
///
/// The value is kept as JSON: it names its fields, so a type that changed is noticed. It is
/// compressed: rows of a board are alike, and become a tenth.
#[derive(Clone, Debug)]
pub struct PaintCache {
    path: PathBuf,
    schema: u32,
}

/// Names the file, so that another one at its place is not taken for it.
const MAGIC: [u8; 4] = *b"TMP2";
/// Magic, schema, checksum.
const HEADER: usize = 12;
/// The largest file.
const LARGEST_FILE: usize = 100 * 1024;
/// What is cheap to write; reading takes the same time at every level.
const LEVEL: i32 = 1;

impl PaintCache {
    /// The most bytes of JSON that a value may take: what is read in a few milliseconds.
    pub const LARGEST: usize = 512 * 1024;

    /// The cache of the board that lives in `board`. `schema` is the version of the value's
    /// type: what was written with another one is not read.
    pub fn new(board: &Path, schema: u32) -> Self {
        Self { path: board.join("paint"), schema }
    }

    /// Keeps `value` in place of the last one.
    pub fn store<T: Serialize>(&self, value: &T) -> Result<(), HistoryError> {
        let doing = "keeping the first picture";
        let json = serde_json::to_vec(value).map_err(|error| HistoryError::store(doing, &error))?;
        let within = |size: usize, largest: usize| {
            (size <= largest)
                .then_some(())
                .ok_or_else(|| HistoryError::store(doing, &format!("{size} bytes, {largest} are allowed")))
        };
        within(json.len(), Self::LARGEST)?;
        let payload =
            zstd::bulk::compress(&json, LEVEL).map_err(|error| HistoryError::store(doing, &error))?;
        within(payload.len(), LARGEST_FILE)?;
        let mut content = Vec::with_capacity(HEADER + payload.len());
        content.extend(MAGIC);
        content.extend(self.schema.to_le_bytes());
        content.extend(crc32fast::hash(&payload).to_le_bytes());
        content.extend(payload);
        if let Some(board) = self.path.parent() {
            files::create_directory(board).map_err(|error| HistoryError::file(doing, board, &error))?;
        }
        // The checksum tells what a loss of power left; waiting for the disk gains nothing.
        files::replace(&self.path, &content, Durability::Process)
            .map_err(|error| HistoryError::file(doing, &self.path, &error))
    }

    /// The value that was kept last; none if there is none, or if it is damaged, foreign, or
    /// of another schema.
    pub fn load<T: DeserializeOwned>(&self) -> Option<T> {
        let content = files::read_small(&self.path, (HEADER + LARGEST_FILE) as u64).ok()?;
        let payload = content.strip_prefix(&MAGIC)?.strip_prefix(&self.schema.to_le_bytes())?;
        let (sum, payload) = payload.split_first_chunk::<4>()?;
        if u32::from_le_bytes(*sum) != crc32fast::hash(payload) {
            return None;
        }
        serde_json::from_slice(&zstd::bulk::decompress(payload, Self::LARGEST).ok()?).ok()
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests look at the files themselves")]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_value_comes_back_unless_anything_is_odd() {
        let directory = tempfile::tempdir().unwrap();
        let board = directory.path().join("new/board");
        let cache = PaintCache::new(&board, 3);
        assert_eq!(cache.load::<Vec<String>>(), None, "nothing there yet");

        let value = vec!["payments 4.2".to_owned(), "go".to_owned()];
        cache.store(&value).unwrap();
        assert_eq!(cache.load(), Some(value.clone()));
        assert_eq!(PaintCache::new(&board, 4).load::<Vec<String>>(), None, "another schema");
        assert_eq!(cache.load::<Vec<u32>>(), None, "another type");

        let good = fs::read(board.join("paint")).unwrap();
        for index in 0..good.len() {
            let mut bad = good.clone();
            bad[index] ^= 1;
            fs::write(board.join("paint"), &bad).unwrap();
            assert_eq!(cache.load::<Vec<String>>(), None, "byte {index}");
            fs::write(board.join("paint"), &good[..index]).unwrap();
            assert_eq!(cache.load::<Vec<String>>(), None, "cut at {index}");
        }
        fs::remove_file(board.join("paint")).unwrap();
        fs::create_dir(board.join("paint")).unwrap();
        assert_eq!(cache.load::<Vec<String>>(), None, "a directory");
        assert!(cache.store(&value).is_err());
    }

    #[test]
    fn too_much_is_refused_and_the_last_value_stays() {
        let directory = tempfile::tempdir().unwrap();
        let cache = PaintCache::new(directory.path(), 1);
        cache.store(&"small").unwrap();
        let error = cache.store(&"x".repeat(PaintCache::LARGEST)).unwrap_err();
        assert!(error.to_string().contains("524290 bytes"), "{error}");
        let mut random = fastrand::Rng::with_seed(7);
        let noise: String = (0..PaintCache::LARGEST / 2).map(|_| random.alphanumeric()).collect();
        let error = cache.store(&noise).unwrap_err();
        assert!(error.to_string().contains("102400 are allowed"), "{error}");
        assert_eq!(cache.load(), Some("small".to_owned()));
    }
}
