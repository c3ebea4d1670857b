//! Who owns a board: one process at a time holds a lock on a file, and writes into it who
//! it is, so that a second one can say so.
//!
//! The system lets go of the lock when the process ends, however it ends; the file stays.

use std::{
    fs::File,
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
};

use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};

use super::files;
use crate::domain::{Instant, Problem, Text};

/// The right to poll, keep and serve a board. Held until it is dropped.
#[derive(Debug)]
pub struct OwnerLock {
    file: File,
    owner: Owner,
}

/// A process that owns a board.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// Its process id.
    pub pid: u32,
    /// When it became the owner.
    pub since: Instant,
    /// The version of its program.
    pub version: Text,
    /// Where it serves the board to other processes, once it does.
    #[serde(default)]
    pub socket: Option<PathBuf>,
}

/// Why a board cannot be owned.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process owns it.
    #[error("another tminus owns this board")]
    Held {
        /// Who; none if it has not written that yet.
        owner: Option<Owner>,
    },
    /// The lock file cannot be made or locked.
    #[error("cannot lock {path}: {cause}")]
    File {
        /// The lock file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
}

impl LockError {
    /// What to show to a person.
    pub fn problem(&self) -> Problem {
        match self {
            Self::Held { owner: Some(owner) } => Problem::new(
                format!(
                    "this board is already open: process {} since {}, tminus {}",
                    owner.pid,
                    owner.since.format("%Y-%m-%d %H:%M:%S UTC"),
                    owner.version
                ),
                "look at that one, or end it and start again",
            ),
            Self::Held { owner: None } => Problem::new(
                "this board is already open in another process",
                "look at that one, or end it and start again",
            ),
            Self::File { path, cause } => Problem::new(
                format!("cannot lock {}: {cause}", path.display()),
                "make the directory writable, or name another with --data-dir",
            ),
        }
    }
}

/// More is not ours.
const MOST: u64 = 8192;

impl OwnerLock {
    /// Becomes the owner of the board that lives in `board`, which is made if it is missing.
    pub fn acquire(board: &Path, now: Instant) -> Result<Self, LockError> {
        let path = board.join("lock");
        let file = files::create_directory(board).and_then(|()| files::open_or_create(&path));
        let failed = |cause: io::Error| LockError::File { path: path.clone(), cause };
        let file = file.map_err(&failed)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) => return Err(LockError::Held { owner: read(&file) }),
            Err(errno) => return Err(failed(errno.into())),
        }
        let version = Text::new(env!("CARGO_PKG_VERSION"));
        let owner = Owner { pid: std::process::id(), since: now, version, socket: None };
        let mut lock = Self { file, owner };
        lock.announce(None);
        Ok(lock)
    }

    /// Who owns the board: this process.
    pub fn owner(&self) -> &Owner {
        &self.owner
    }

    /// Writes down where the board is served; none: no longer.
    pub fn announce(&mut self, socket: Option<PathBuf>) {
        self.owner.socket = socket;
        let written = (|| {
            let mut line = serde_json::to_vec(&self.owner)?;
            line.push(b'\n');
            self.file.set_len(0)?;
            self.file.rewind()?;
            self.file.write_all(&line)
        })();
        // On a full disk nobody can read who holds the board; held it is all the same.
        if let Err(error) = written {
            tracing::warn!(%error, "cannot write who owns the board");
        }
    }
}

impl Drop for OwnerLock {
    fn drop(&mut self) {
        // Nobody owns the board any more. The file stays: whoever removes it could remove
        // one that another process has locked just now.
        let _ = self.file.set_len(0);
        let _ = flock(&self.file, FlockOperation::Unlock);
    }
}

fn read(mut file: &File) -> Option<Owner> {
    let mut content = Vec::new();
    file.rewind().ok()?;
    file.take(MOST).read_to_end(&mut content).ok()?;
    serde_json::from_slice(&content).ok()
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests look at the files themselves")]
mod tests {
    use std::fs;

    use chrono::{TimeZone, Utc};

    use super::*;

    fn now() -> Instant {
        Utc.with_ymd_and_hms(2026, 11, 22, 10, 0, 0).unwrap()
    }

    #[test]
    fn one_owner_at_a_time_and_the_next_one_reads_who() {
        let directory = tempfile::tempdir().unwrap();
        let board = directory.path().join("boards/abc");
        let mut lock = OwnerLock::acquire(&board, now()).unwrap();
        let error = OwnerLock::acquire(&board, now()).unwrap_err();
        let LockError::Held { owner: Some(owner) } = &error else { panic!("{error}") };
        assert_eq!((owner.pid, owner.since), (std::process::id(), now()));
        let what = error.problem().what;
        assert!(what.contains(&format!("process {} since 2026-11-22 10:00:00 UTC", owner.pid)), "{what}");
        assert_eq!(owner.socket, None);
        lock.announce(Some("/run/a.sock".into()));
        let error = OwnerLock::acquire(&board, now()).unwrap_err();
        assert!(matches!(error, LockError::Held { owner: Some(owner) } if owner == *lock.owner()));
        assert_eq!(fs::read_to_string(board.join("lock")).unwrap().lines().count(), 1);

        drop(lock);
        let next = OwnerLock::acquire(&board, now()).unwrap();
        fs::write(board.join("lock"), "garbage").unwrap();
        let error = OwnerLock::acquire(&board, now()).unwrap_err();
        assert!(matches!(error, LockError::Held { owner: None }), "{error}");
        drop(next);
    }

    #[test]
    fn a_lock_that_cannot_be_made_says_where() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("file"), "").unwrap();
        let error = OwnerLock::acquire(&directory.path().join("file/board"), now()).unwrap_err();
        assert!(matches!(error, LockError::File { .. }));
        assert!(error.problem().what.contains("file/board/lock"), "{error}");
    }
}
