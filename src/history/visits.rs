//! When each user of a board left it last: one small file for each, beside the store, so that
//! what changed since can be told.

use std::path::{Path, PathBuf};

use super::{
    HistoryError,
    files::{self, Durability},
};
use crate::domain::Instant;

/// Longer than any instant is written.
const LARGEST: u64 = 64;

/// When the user of this process left the board in `board` last; none if that is not known.
pub fn last_visit(board: &Path) -> Option<Instant> {
    let content = files::read_small(&path(board), LARGEST).ok()?;
    let written = std::str::from_utf8(&content).ok()?;
    Some(chrono::DateTime::parse_from_rfc3339(written.trim()).ok()?.to_utc())
}

/// Keeps that the user of this process left the board in `board` at `now`.
pub fn keep_visit(board: &Path, now: Instant) -> Result<(), HistoryError> {
    let path = path(board);
    let written = now.to_rfc3339();
    path.parent()
        .map_or(Ok(()), files::create_directory)
        .and_then(|()| files::replace(&path, written.as_bytes(), Durability::Process))
        .map_err(|error| HistoryError::file("keeping the last visit", &path, &error))
}

/// By number: a name of a user may hold anything.
fn path(board: &Path) -> PathBuf {
    board.join("visits").join(rustix::process::getuid().as_raw().to_string())
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test damages the file itself")]
mod tests {
    use chrono::{TimeZone as _, Utc};

    use super::*;

    #[test]
    fn a_visit_is_remembered_and_what_is_not_understood_is_none() {
        let directory = tempfile::tempdir().unwrap();
        let board = directory.path();
        assert_eq!(last_visit(board), None);
        let then = Utc.with_ymd_and_hms(2026, 11, 21, 18, 2, 0).unwrap();
        keep_visit(board, then).unwrap();
        assert_eq!(last_visit(board), Some(then));
        std::fs::write(path(board), "yesterday").unwrap();
        assert_eq!(last_visit(board), None);
    }
}
