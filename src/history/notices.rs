//! What a user was told, so that it is told once however many boards of theirs are open: one
//! small file for each user, beside the boards.

use std::{io, path::Path};

use chrono::Duration;
use rustix::fs::{FlockOperation, flock};
use sha2::{Digest as _, Sha256};

use super::files::{self, Durability};
use crate::domain::Instant;

/// For so long the same is not told again: boards hear of it within minutes of each other.
const SAME: Duration = Duration::minutes(10);
/// Larger than any such file gets.
const LARGEST: u64 = 256 * 1024;
/// What is remembered at most.
const MOST: usize = 1_000;

/// Of `keys`, those that no board of this user told lately; from here on they count as told.
pub fn claim_notices(data: &Path, keys: &[String], now: Instant) -> io::Result<Vec<bool>> {
    let directory = data.join("notices");
    files::create_directory(&directory)?;
    let path = directory.join(rustix::process::getuid().as_raw().to_string());
    let lock = files::open_or_create(&path.with_extension("lock"))?;
    // Held for the time of one small file.
    flock(&lock, FlockOperation::LockExclusive)?;
    let content = files::read_small(&path, LARGEST).unwrap_or_default();
    let since = (now - SAME).timestamp_millis();
    let mut told: Vec<(i64, String)> = String::from_utf8_lossy(&content)
        .lines()
        .filter_map(|line| {
            let (at, digest) = line.split_once(' ')?;
            Some((at.parse().ok()?, digest.to_owned()))
        })
        .filter(|(at, _)| *at > since && *at <= now.timestamp_millis())
        .collect();
    let claimed = keys
        .iter()
        .map(|key| {
            let digest = Sha256::digest(key);
            let digest = format!("{:032x}", u128::from_be_bytes(std::array::from_fn(|index| digest[index])));
            let is_new = told.iter().all(|(_, known)| *known != digest);
            if is_new {
                told.push((now.timestamp_millis(), digest));
            }
            is_new
        })
        .collect();
    let surplus = told.len().saturating_sub(MOST);
    let lines: Vec<String> = told[surplus..].iter().map(|(at, digest)| format!("{at} {digest}\n")).collect();
    let kept = lines.concat();
    files::replace(&path, kept.as_bytes(), Durability::Process)?;
    Ok(claimed)
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone as _, Utc};

    use super::*;

    #[test]
    fn the_same_is_claimed_by_one_board_and_again_much_later() {
        let directory = tempfile::tempdir().unwrap();
        let now = Utc.with_ymd_and_hms(2026, 11, 22, 9, 0, 0).unwrap();
        let claim = |keys: &[&str], minutes: i64| {
            let keys: Vec<String> = keys.iter().map(|key| (*key).to_owned()).collect();
            claim_notices(directory.path(), &keys, now + Duration::minutes(minutes)).unwrap()
        };
        assert_eq!(claim(&["a", "b", "a"], 0), [true, true, false]);
        assert_eq!(claim(&["b", "c\nd"], 1), [false, true]);
        assert_eq!(claim(&["c\nd"], 2), [false]);
        assert_eq!(claim(&["a", "c\nd"], 10), [true, false]);
        // Threads stand for boards: each takes the lock through a file of its own.
        let path = directory.path();
        let winners: usize = std::thread::scope(|scope| {
            let boards: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| claim_notices(path, &["at once".to_owned()], now).unwrap()[0]))
                .collect();
            boards.into_iter().map(|board| usize::from(board.join().unwrap())).sum()
        });
        assert_eq!(winners, 1);
    }
}
