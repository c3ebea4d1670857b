//! The log file: what a person looks for after something went wrong.

#![expect(clippy::disallowed_methods, reason = "this is the room of the log")]

use std::{fs, path::Path, sync::Mutex};

use tracing_subscriber::EnvFilter;

/// A log larger than this is begun anew; the one before is kept.
const LARGEST: u64 = 4 << 20;

/// Writes the log to `tminus.log` in `directory`, from now on: warnings, or what
/// `TMINUS_LOG` asks for. A log that cannot be written is done without.
pub(super) fn start(directory: &Path) {
    let path = directory.join("tminus.log");
    if fs::create_dir_all(directory).is_err() {
        return;
    }
    if fs::metadata(&path).is_ok_and(|file| file.len() > LARGEST) {
        drop(fs::rename(&path, directory.join("tminus.log.1")));
    }
    let Ok(file) = fs::OpenOptions::new().create(true).append(true).open(&path) else {
        return;
    };
    let filter = EnvFilter::try_from_env("TMINUS_LOG").unwrap_or_else(|_| EnvFilter::new("warn"));
    let subscriber =
        tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(Mutex::new(file));
    // A second one in this process could only be a test's.
    drop(subscriber.try_init());
}
