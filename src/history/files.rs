//! Small files, whole or not at all; the only place of the history that opens one.
#![expect(clippy::disallowed_methods, reason = "the history is one of the rooms that do files")]

use std::{
    ffi::OsString,
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// Whether a small file must survive the loss of power, or merely the end of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Durability {
    /// On the disk when the call returns.
    Power,
    /// Either the old or the new content after a crash of the process; after a loss of power
    /// possibly something else: the content must carry a checksum.
    Process,
}

/// Replaces the file at `path` by `content`: a reader sees the old or the new one, never a
/// mixture. One writer at a time (the owner of the board).
pub(super) fn replace(path: &Path, content: &[u8], durability: Durability) -> io::Result<()> {
    let mut name = OsString::from(".");
    name.push(path.file_name().ok_or(io::ErrorKind::InvalidInput)?);
    name.push(".new");
    let temporary = path.with_file_name(name);
    let written = (|| {
        let mut file =
            OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&temporary)?;
        file.write_all(content)?;
        if durability == Durability::Power {
            file.sync_all()?;
        }
        fs::rename(&temporary, path)
    })();
    if written.is_err() {
        // What is left of it only takes space, and on a full disk that is what is missing.
        let _ = fs::remove_file(&temporary);
    } else if durability == Durability::Power {
        sync_directory(path)?;
    }
    written
}

/// Gives the file at `from` another name.
pub(super) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)
}

/// Puts the directory entry of `path` on the disk.
pub(super) fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(path.parent().ok_or(io::ErrorKind::InvalidInput)?)?.sync_all()
}

/// Opens the file at `path` for writing in it, if it is there and has exactly `length` bytes.
pub(super) fn open_of_length(path: &Path, length: u64) -> io::Result<Option<File>> {
    let file = OpenOptions::new().read(true).write(true).open(path)?;
    let found = file.metadata()?;
    Ok((found.is_file() && found.len() == length).then_some(file))
}

/// The content of a small regular file; an error for anything else and for more than `most`
/// bytes, so that a pipe or a foreign file can neither block nor fill the memory.
pub(super) fn read_small(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let found = fs::metadata(path)?;
    if !found.is_file() || found.len() > most {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "not a small file"));
    }
    let mut content = Vec::with_capacity(found.len() as usize);
    File::open(path)?.take(most + 1).read_to_end(&mut content)?;
    if content.len() as u64 > most {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "not a small file"));
    }
    Ok(content)
}

/// Makes `directory` and what leads to it; only its owner may look into what is made.
pub(super) fn create_directory(directory: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(directory)
}

/// Opens the file at `path` for reading and writing, making it if it is missing; what it
/// holds stays.
pub(super) fn open_or_create(path: &Path) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)
}

/// A file to write and read again that is gone when it is closed, or when the process ends.
/// `path` is where it is for a moment.
pub(super) fn nameless(path: &Path) -> io::Result<File> {
    let path = free_name(path, &format!("{}", std::process::id()));
    let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
    fs::remove_file(&path)?;
    Ok(file)
}

/// A path beside `path` that does not exist yet: `name.label`, `name.label-2` …
pub(super) fn free_name(path: &Path, label: &str) -> PathBuf {
    let named = |suffix: String| {
        let mut name = path.file_name().map(OsString::from).unwrap_or_default();
        name.push(suffix);
        path.with_file_name(name)
    };
    let mut candidate = named(format!(".{label}"));
    let mut number = 2;
    while fs::symlink_metadata(&candidate).is_ok() {
        candidate = named(format!(".{label}-{number}"));
        number += 1;
    }
    candidate
}

/// How many bytes of the disk the regular files below `directory` take, those at the top only
/// if `counted` says so by their name.
pub(super) fn size(directory: &Path, counted: fn(&str) -> bool) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        if !counted(&entry.file_name().to_string_lossy()) {
            continue;
        }
        let found = fs::symlink_metadata(entry.path());
        match found {
            Ok(found) if found.is_dir() => bytes += size(&entry.path(), |_| true)?,
            // The engine makes its file longer in advance; only what is written takes room.
            Ok(found) if found.is_file() => bytes += found.blocks() * 512,
            // What goes away meanwhile takes none.
            _ => {}
        }
    }
    Ok(bytes)
}

/// Removes a file, or a directory with all that is in it, if it is there.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Copies the regular files of `from`, and those of its directories, to `to`, except the
/// ones at the top whose name `skipped` names. Says whether any was skipped.
pub(super) fn copy_directory(from: &Path, to: &Path, skipped: fn(&str) -> bool) -> io::Result<bool> {
    create_directory(to)?;
    let mut any_skipped = false;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if skipped(&entry.file_name().to_string_lossy()) {
            any_skipped = true;
        } else if kind.is_dir() {
            copy_directory(&entry.path(), &to.join(entry.file_name()), |_| false)?;
        } else if kind.is_file() {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(any_skipped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_leaves_nothing_behind() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("marker");
        for durability in [Durability::Power, Durability::Process] {
            replace(&path, b"one", durability).unwrap();
            replace(&path, b"two", durability).unwrap();
            assert_eq!(read_small(&path, 3).unwrap(), b"two");
        }
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
        assert!(read_small(&path, 2).is_err(), "too long");
        assert!(read_small(directory.path(), 100).is_err(), "not a file");
    }

    #[test]
    fn a_replacement_that_fails_leaves_the_old_content() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("marker");
        fs::create_dir(&path).unwrap();
        fs::write(path.join("inside"), b"x").unwrap();
        assert!(replace(&path, b"two", Durability::Power).is_err());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn names_beside_a_path_are_free() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("history");
        let first = free_name(&path, "damaged");
        fs::create_dir(&first).unwrap();
        let second = free_name(&path, "damaged");
        assert_ne!(first, second);
        assert!(second.ends_with("history.damaged-2"));
    }
}
