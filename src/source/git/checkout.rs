//! Which commit was checked out when.

use std::path::Path;

use super::repository;
use crate::domain::{Instant, Text};

/// For each of `instants`, the commit that was checked out then in the repository that `path` is
/// part of, by the log of its HEAD; none where that does not reach back so far. A repository
/// without such a log only knows what is checked out now, and that it was not before it was made.
pub(crate) fn checked_out_at(path: &Path, instants: &[Instant]) -> Vec<Option<Text>> {
    moves(path).map_or_else(
        || vec![None; instants.len()],
        |moves| {
            let at = |instant: &Instant| {
                let last = moves.iter().rev().find(|(second, _)| *second <= instant.timestamp());
                last.map(|(_, commit)| commit.clone())
            };
            instants.iter().map(at).collect()
        },
    )
}

/// Seconds since 1970 and commits of HEAD, oldest first.
fn moves(path: &Path) -> Option<Vec<(i64, Text)>> {
    let repository = repository::open(path).ok()?;
    let head = repository.head().ok()?;
    let mut log = head.log_iter();
    let mut moves = Vec::new();
    if let Ok(Some(lines)) = log.all() {
        for line in lines.flatten() {
            let Ok(time) = line.signature.time() else { continue };
            moves.push((time.seconds, Text::new(line.new_oid().to_string())));
        }
    }
    if moves.is_empty() {
        let commit = repository.head_commit().ok()?;
        let made = commit.time().ok()?.seconds;
        moves.push((made, Text::new(commit.id.to_string())));
    }
    Some(moves)
}
