//! The log of operations on the disk: a line of JSON for each, only for its user's eyes.

#![expect(clippy::disallowed_methods, reason = "this is the room of the log of operations")]

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

use crate::{
    app::{Event, LogEntry, Outcome},
    domain::{Instant, Text},
};

/// A log larger than this is begun anew; the one before is kept.
const LARGEST: u64 = 1 << 20;
/// Bytes at the end of a log that are read: more than [`MOST`] lines have.
const TAIL: u64 = 256 << 10;
/// Operations that are shown.
const MOST: usize = 50;

/// Where operations are written down.
#[derive(Clone, Debug)]
pub struct OperationLog {
    path: Option<PathBuf>,
    largest: u64,
}

impl OperationLog {
    /// The log in the directory for state.
    pub fn new(directory: &Path) -> Self {
        Self { path: Some(directory.join("operations.jsonl")), largest: LARGEST }
    }

    /// No log: for tests.
    #[cfg(test)]
    pub(super) fn none() -> Self {
        Self { path: None, largest: LARGEST }
    }

    /// What tells an operation of this process apart from all others.
    #[expect(clippy::unused_self, reason = "the log says what its lines are called")]
    pub(super) fn identity(&self, sent: Instant, number: u64) -> Text {
        Text::new(format!("{}-{}-{number}", sent.timestamp_millis(), std::process::id()))
    }

    /// Adds a line. A line is written in one piece, so that several processes can share the log.
    pub(super) fn append(&self, entry: &LogEntry) -> io::Result<()> {
        let Some(path) = &self.path else { return Ok(()) };
        if let Some(directory) = path.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        }
        if fs::metadata(path).is_ok_and(|file| file.len() > self.largest) {
            fs::rename(path, before(path))?;
        }
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        let mut file = OpenOptions::new().create(true).append(true).mode(0o600).open(path)?;
        file.write_all(&line)?;
        // What was changed outside must not be forgotten by a loss of power.
        file.sync_data()
    }

    /// The last operations, the newest first, each with its last line.
    pub(super) async fn last(self) -> Event {
        let read = tokio::task::spawn_blocking(move || self.read()).await;
        Event::OperationLog(match read {
            Ok(Ok(entries)) => Ok(entries),
            Ok(Err(error)) => Err(Text::new(format!("the log cannot be read: {error}"))),
            Err(_) => Err(Text::new("the log cannot be read")),
        })
    }

    fn read(&self) -> io::Result<Vec<LogEntry>> {
        let Some(path) = &self.path else { return Ok(Vec::new()) };
        let mut lines = tail(&before(path))?;
        lines.extend(tail(path)?);
        let mut entries: Vec<LogEntry> = Vec::new();
        for entry in lines.iter().filter_map(|line| serde_json::from_str::<LogEntry>(line).ok()) {
            match entries.iter_mut().rev().find(|known| known.id == entry.id) {
                // The instant that it was sent at says more than that of the answer.
                Some(known) => *known = LogEntry { at: known.at, ..entry },
                None => entries.push(entry),
            }
        }
        // Of an answer whose beginning is out of reach there is still the answer.
        entries.retain(|entry| entry.outcome != Outcome::Unknown);
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.at));
        entries.truncate(MOST);
        Ok(entries)
    }
}

fn before(path: &Path) -> PathBuf {
    path.with_extension("jsonl.1")
}

/// The whole lines at the end of a file; none if there is no such file.
fn tail(path: &Path) -> io::Result<Vec<String>> {
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let found = file.metadata()?;
    if !found.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "not a file"));
    }
    let skipped = found.len().saturating_sub(TAIL);
    file.seek(SeekFrom::Start(skipped))?;
    let mut content = Vec::new();
    file.take(TAIL).read_to_end(&mut content)?;
    let text = String::from_utf8_lossy(&content);
    // The first one may be the rest of a line.
    Ok(text.lines().skip(usize::from(skipped > 0)).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use chrono::{Duration, TimeZone as _, Utc};

    use super::*;

    fn entry(number: i64, outcome: Outcome) -> LogEntry {
        let at = Utc.with_ymd_and_hms(2026, 11, 22, 8, 0, 0).unwrap() + Duration::seconds(number);
        LogEntry {
            id: Text::new(number.to_string()),
            at,
            who: Some("ana".into()),
            source: Some("github".into()),
            what: Text::new(format!("approve api#{number} {}", "x".repeat(400))),
            outcome,
            answer: None,
            url: None,
        }
    }

    #[test]
    fn the_last_fifty_come_back_with_their_answers_and_the_file_stays_small_and_private() {
        let directory = tempfile::tempdir().unwrap();
        let log = OperationLog { largest: 64 << 10, ..OperationLog::new(&directory.path().join("state")) };
        assert_eq!(log.read().unwrap(), [], "no log yet");
        for number in 0..200 {
            log.append(&entry(number, Outcome::Sent)).unwrap();
            // One answer never came.
            if number != 198 {
                log.append(&entry(number, Outcome::Done)).unwrap();
            }
        }
        let entries = log.read().unwrap();
        assert_eq!(entries.len(), MOST);
        assert_eq!((entries[0].id.as_str(), entries[0].outcome), ("199", Outcome::Done));
        assert_eq!((entries[1].id.as_str(), entries[1].outcome), ("198", Outcome::Sent));
        assert!(entries.iter().skip(2).all(|entry| entry.outcome == Outcome::Done));

        let path = log.path.clone().unwrap();
        for path in [path.clone(), before(&path)] {
            let file = fs::metadata(&path).unwrap();
            assert!(file.len() <= log.largest + 4096, "{} bytes", file.len());
            assert_eq!(file.permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn what_cannot_be_read_is_left_out_and_what_is_no_file_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        let log = OperationLog::new(directory.path());
        log.append(&entry(1, Outcome::Done)).unwrap();
        let path = log.path.clone().unwrap();
        let mut content = fs::read(&path).unwrap();
        content.extend_from_slice(b"{\"id\": \"half a li");
        fs::write(&path, content).unwrap();
        assert_eq!(log.read().unwrap().len(), 1);
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(log.read().is_err());
        assert!(log.append(&entry(2, Outcome::Done)).is_err());
    }
}
