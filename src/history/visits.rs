//! When each user of a board left it last, and until when it was announced to them what changed: one
//! small file for each, beside the store, so that what changed since can be told.

use std::path::{Path, PathBuf};

use super::{
    HistoryError,
    files::{self, Durability},
};
use crate::domain::{Instant, ReleaseId};

/// Longer than any instant is written.
const LARGEST: u64 = 64;

/// When the user of this process left the board in `board` last; none if that is not known.
pub fn last_visit(board: &Path) -> Option<Instant> {
    read(&visit(board))
}

/// Keeps that the user of this process left the board in `board` at `now`.
pub fn keep_visit(board: &Path, now: Instant) -> Result<(), HistoryError> {
    keep(&visit(board), now, "keeping the last visit")
}

/// Until when it was announced to the user of this process what changed on the board in `board`, of
/// `release` alone or of all; none if it never was.
pub fn last_announcement(board: &Path, release: Option<&ReleaseId>) -> Option<Instant> {
    read(&announcement(board, release))
}

/// Keeps that it was announced until `now`.
pub fn keep_announcement(
    board: &Path,
    release: Option<&ReleaseId>,
    now: Instant,
) -> Result<(), HistoryError> {
    keep(&announcement(board, release), now, "keeping the last announcement")
}

fn read(path: &Path) -> Option<Instant> {
    let content = files::read_small(path, LARGEST).ok()?;
    let written = std::str::from_utf8(&content).ok()?;
    Some(chrono::DateTime::parse_from_rfc3339(written.trim()).ok()?.to_utc())
}

fn keep(path: &Path, now: Instant, what: &'static str) -> Result<(), HistoryError> {
    let written = now.to_rfc3339();
    path.parent()
        .map_or(Ok(()), files::create_directory)
        .and_then(|()| files::replace(path, written.as_bytes(), Durability::Process))
        .map_err(|error| HistoryError::file(what, path, &error))
}

fn visit(board: &Path) -> PathBuf {
    board.join("visits").join(user())
}

fn announcement(board: &Path, release: Option<&ReleaseId>) -> PathBuf {
    // A release may be called anything.
    let of = release.map(|release| format!("-{:08x}", crc32fast::hash(release.as_str().as_bytes())));
    board.join("announcements").join(user() + &of.unwrap_or_default())
}

/// By number: a name of a user may hold anything.
fn user() -> String {
    rustix::process::getuid().as_raw().to_string()
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
        std::fs::write(visit(board), "yesterday").unwrap();
        assert_eq!(last_visit(board), None);
    }
    #[test]
    fn each_release_is_announced_by_itself() {
        let directory = tempfile::tempdir().unwrap();
        let board = directory.path();
        let at = |hour| Utc.with_ymd_and_hms(2026, 11, 21, hour, 0, 0).unwrap();
        let releases = [None, Some(ReleaseId::new("payments 4.2")), Some(ReleaseId::new("../auth 2.9"))];
        for (hour, release) in (1..).zip(&releases) {
            assert_eq!(last_announcement(board, release.as_ref()), None);
            keep_announcement(board, release.as_ref(), at(hour)).unwrap();
        }
        for (hour, release) in (1..).zip(&releases) {
            assert_eq!(last_announcement(board, release.as_ref()), Some(at(hour)));
        }
        assert_eq!(last_visit(board), None);
    }
}
