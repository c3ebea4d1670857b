//! Giving space back to the disk. The engine uses what was freed again but never makes its
//! file shorter, so where much of it is waste the store is written anew beside itself and
//! takes the old one's place.
//!
//! | step | on the disk | after a kill |
//! | --- | --- | --- |
//! | written | `history`, `history.new` | `history.new` is deleted |
//! | the old one steps back | `history.old`, `history.new` | `history.old` steps forward again |
//! | the new one steps forward | `history.old`, `history` | `history.old` is deleted |

#![expect(clippy::disallowed_methods, reason = "this room replaces the files of the store")]

use std::{
    ffi::OsString,
    fs, io,
    path::{Path, PathBuf},
};

use ::sled::{Batch, Db};

use super::{HistoryError, LEAST_ROOM, SledHistory, Store, engine, guarded, open};
use crate::history::files;

/// A smaller file is left as it is; in tests a much smaller one.
const WORTH_IT: u64 = if cfg!(test) { 4 << 20 } else { 24 << 20 };
/// So many times as large as what is in it a file may be. The engine cannot do with much less.
const MOST_WASTE: u64 = 3;
/// So many bytes are copied in one batch.
const AT_ONCE: usize = 1 << 20;

const DOING: &str = "giving space back";

fn beside(path: &Path, label: &str) -> PathBuf {
    let mut name = path.file_name().map(OsString::from).unwrap_or_default();
    name.push(label);
    path.with_file_name(name)
}

/// Brings a replacement that was interrupted to its end, or undoes it. The board is locked.
pub(super) fn resume(path: &Path) -> io::Result<()> {
    let (old, new) = (beside(path, ".old"), beside(path, ".new"));
    if !path.exists() && old.exists() {
        fs::rename(&old, path)?;
        files::sync_directory(path)?;
    }
    for left in [&old, &new] {
        files::remove(left)?;
    }
    Ok(())
}

impl SledHistory {
    /// Writes the store anew if most of its file is waste. That this fails costs nothing but
    /// space: the store stays as it is.
    pub(super) fn give_space_back(&mut self) {
        let path = self.board.join("history");
        let Ok(size) = files::size(&path, |name| name == "db") else { return };
        // Weighed again only when it grew by a fourth.
        if size < WORTH_IT || size < self.weighed + self.weighed / 4 {
            return;
        }
        self.weighed = size;
        let needed = self.reading(|store| weight(&store.db));
        match needed {
            Ok(needed) if needed.saturating_mul(MOST_WASTE) < size => {}
            Ok(_) => return,
            Err(error) => {
                tracing::warn!(%error, "weighing the history");
                return;
            }
        }
        match self.rewrite(&path) {
            Ok(()) => self.weighed = files::size(&path, |name| name == "db").unwrap_or(size),
            Err(error) => tracing::warn!(%error, "the history stays as large as it is"),
        }
    }

    /// Writes the store anew and puts it in the place of the old one.
    pub(super) fn rewrite(&mut self, path: &Path) -> Result<(), HistoryError> {
        let failed = |error: &io::Error| HistoryError::file(DOING, path, error);
        let (old, new) = (beside(path, ".old"), beside(path, ".new"));
        resume(path).map_err(|error| failed(&error))?;
        let written = self.reading(|store| {
            let needed = weight(&store.db)?;
            match rustix::fs::statvfs(&self.board) {
                Ok(disk)
                    if disk.f_bavail.saturating_mul(disk.f_frsize) < needed * MOST_WASTE + LEAST_ROOM =>
                {
                    Err(HistoryError::store(DOING, &super::FULL))
                }
                _ => copy(&store.db, &new),
            }
        });
        if let Err(error) = written {
            let _ = fs::remove_dir_all(&new);
            return Err(error);
        }
        // The engine writes into its directory when it is closed: both are closed now.
        self.close();
        let swapped = (|| {
            fs::rename(path, &old)?;
            if let Err(error) = fs::rename(&new, path) {
                fs::rename(&old, path)?;
                return Err(error);
            }
            files::sync_directory(path)
        })();
        // What was kept is the same, so only the engine is another one.
        match guarded(DOING, || open::open_store(path)) {
            Ok(store) => self.store = Some(store),
            Err(error) => {
                self.failed.set(true);
                return Err(error);
            }
        }
        swapped.map_err(|error| failed(&error))?;
        fs::remove_dir_all(&old).map_err(|error| failed(&error))
    }
}

/// How many bytes are in the store.
fn weight(db: &Db) -> Result<u64, HistoryError> {
    let mut bytes = 0;
    for record in db.iter() {
        let (key, value) = record.map_err(engine(DOING))?;
        bytes += (key.len() + value.len()) as u64;
    }
    Ok(bytes)
}

/// Copies every record as it is into a new store, and makes sure that all of it is there and
/// on the disk.
fn copy(db: &Db, new: &Path) -> Result<(), HistoryError> {
    let Store { db: copy, file } = open::open_store(new)?;
    let mut batch = Batch::default();
    let mut bytes = 0;
    for record in db.iter() {
        let (key, value) = record.map_err(engine(DOING))?;
        bytes += key.len() + value.len();
        batch.insert(key, value);
        if bytes > AT_ONCE {
            copy.apply_batch(std::mem::take(&mut batch)).map_err(engine(DOING))?;
            bytes = 0;
        }
    }
    copy.apply_batch(batch).map_err(engine(DOING))?;
    copy.flush().map_err(engine(DOING))?;
    let mut copied = copy.iter();
    for record in db.iter() {
        let same = match (record.map_err(engine(DOING))?, copied.next()) {
            (record, Some(copied)) => record == copied.map_err(engine(DOING))?,
            _ => false,
        };
        if !same {
            return Err(HistoryError::store(DOING, &"the copy is not the same"));
        }
    }
    if copied.next().is_some() {
        return Err(HistoryError::store(DOING, &"the copy has more than there was"));
    }
    drop(copied);
    drop(copy);
    file.sync_all().map_err(|error| HistoryError::file(DOING, new, &error))?;
    files::sync_directory(&new.join("db")).map_err(|error| HistoryError::file(DOING, new, &error))
}
