//! A small file beside the store that says how much must be in it, so that a loss is
//! reported and never taken for an empty past.
//!
//! Two lines of equal length are written in turn, each in a sector of its own: one that is torn
//! leaves the other. A round is on the disk before its line is written, and nobody waits for
//! that line to get there too: after the end of the process it is as it was written, after a
//! loss of power it may speak of a moment before.

use std::{
    fs::File,
    io,
    os::unix::fs::FileExt as _,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread::JoinHandle,
};

use serde::{Deserialize, Serialize};

use super::files::{self, Durability};

/// What was in the store when the marker was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Marker {
    /// The format of the store.
    pub(super) format: u8,
    /// The last batch that was written.
    pub(super) sequence: u64,
    /// How many changes of facts are kept.
    pub(super) changes: u64,
}

/// A marker as it stands in the file.
#[derive(Serialize, Deserialize)]
struct Line {
    #[serde(flatten)]
    marker: Marker,
    /// Of the three numbers.
    checksum: u32,
}

/// What was found at the marker's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing.
    Missing,
    /// Something that is no marker.
    Damaged,
    /// A marker.
    Marker(Marker),
}

/// A line, with blanks up to its end: a sector, which disks write whole.
const LINE: usize = 512;
/// The file. More is not ours.
const LENGTH: u64 = 2 * LINE as u64;

/// Where the marker of a board is.
pub(super) fn path(board: &Path) -> PathBuf {
    board.join("marker")
}

/// Puts `marker` on the disk, in place of all that was there.
pub(super) fn write(board: &Path, marker: Marker) -> io::Result<()> {
    let mut content = line(marker)?;
    content.resize(2 * LINE - 1, b' ');
    content.push(b'\n');
    files::replace(&path(board), &content, Durability::Power)
}

/// A marker as it stands in the file.
fn line(marker: Marker) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(&Line { marker, checksum: checksum(marker) })?;
    line.resize(LINE - 1, b' ');
    line.push(b'\n');
    Ok(line)
}

/// Reads the marker back, the newer of two; an error only if there is something that cannot be
/// read.
pub(super) fn read(board: &Path) -> io::Result<Found> {
    let content = match files::read_small(&path(board), LENGTH) {
        Ok(content) => content,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Missing),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => return Ok(Found::Damaged),
        Err(error) => return Err(error),
    };
    // By place: a line that is torn has lost its end, too.
    let lines = content.chunks(LINE).filter_map(|line| {
        let line: Line = serde_json::from_slice(line).ok()?;
        (line.checksum == checksum(line.marker)).then_some(line.marker)
    });
    Ok(lines.max_by_key(|marker| marker.sequence).map_or(Found::Damaged, Found::Marker))
}

/// The marker of a board, as its owner keeps it up to date.
pub(super) struct MarkerFile {
    board: PathBuf,
    open: Option<Open>,
}

/// A file that holds a line already.
struct Open {
    file: Arc<File>,
    last: Marker,
    /// The line that is written next.
    second: bool,
    disk: Disk,
}

impl MarkerFile {
    pub(super) fn new(board: &Path) -> Self {
        Self { board: board.to_owned(), open: None }
    }

    /// Says that `marker` is in the store, without waiting for the disk where a line before it
    /// stays as well.
    pub(super) fn keep(&mut self, marker: Marker) -> io::Result<()> {
        if let Some(open) = &mut self.open
            && open.last.format == marker.format
            && open.last.sequence < marker.sequence
            && !open.disk.has_failed()
        {
            let written = line(marker)
                .and_then(|line| open.file.write_all_at(&line, if open.second { LINE as u64 } else { 0 }));
            if written.is_ok() {
                (open.last, open.second) = (marker, !open.second);
                open.disk.wants_it();
                return Ok(());
            }
        }
        self.whole(marker)
    }

    /// As [`keep`](Self::keep), and on the disk when this returns.
    pub(super) fn settle(&mut self, marker: Marker) -> io::Result<()> {
        self.whole(marker)
    }

    fn whole(&mut self, marker: Marker) -> io::Result<()> {
        self.open = None;
        write(&self.board, marker)?;
        // Without it every line is written as a whole: slower, and as good.
        if let Ok(Some(file)) = files::open_of_length(&path(&self.board), LENGTH) {
            let file = Arc::new(file);
            self.open = Disk::start(Arc::clone(&file)).ok().map(|disk| Open {
                file,
                last: marker,
                second: true,
                disk,
            });
        }
        Ok(())
    }
}

/// Brings a file to the disk, on a thread of its own.
struct Disk {
    wanted: Option<mpsc::SyncSender<()>>,
    failed: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Disk {
    fn start(file: Arc<File>) -> io::Result<Self> {
        let (wanted, wishes) = mpsc::sync_channel(1);
        let failed = Arc::new(AtomicBool::new(false));
        let said = Arc::clone(&failed);
        let thread = std::thread::Builder::new().name("history-marker".into()).spawn(move || {
            while wishes.recv().is_ok() {
                if file.sync_data().is_err() {
                    said.store(true, Ordering::Relaxed);
                }
            }
        })?;
        Ok(Self { wanted: Some(wanted), failed, thread: Some(thread) })
    }

    fn wants_it(&self) {
        if let Some(wanted) = &self.wanted {
            // One that waits already comes after what was written just now.
            let _ = wanted.try_send(());
        }
    }

    fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        self.wanted = None;
        if let Some(thread) = self.thread.take() {
            // It has nothing to say.
            drop(thread.join());
        }
    }
}

fn checksum(marker: Marker) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&[marker.format]);
    hasher.update(&marker.sequence.to_le_bytes());
    hasher.update(&marker.changes.to_le_bytes());
    hasher.finalize()
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests look at the files themselves")]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_marker_is_read_back_or_known_to_be_damaged() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(read(directory.path()).unwrap(), Found::Missing);
        let marker = Marker { format: 1, sequence: 4_711, changes: 12 };
        write(directory.path(), marker).unwrap();
        assert_eq!(read(directory.path()).unwrap(), Found::Marker(marker));

        let good = fs::read_to_string(path(directory.path())).unwrap();
        for bad in
            [String::new(), "{}".into(), good.replace("4711", "4710"), good[..40].into(), "x".repeat(4_000)]
        {
            fs::write(path(directory.path()), bad).unwrap();
            assert_eq!(read(directory.path()).unwrap(), Found::Damaged);
        }
    }
    #[test]
    fn lines_are_written_in_turn_and_one_that_is_torn_leaves_the_other() {
        let directory = tempfile::tempdir().unwrap();
        let board = directory.path();
        let marker = |sequence| Marker { format: 2, sequence, changes: sequence / 2 };
        let mut file = MarkerFile::new(board);
        for sequence in 1..6 {
            file.keep(marker(sequence)).unwrap();
            assert_eq!(read(board).unwrap(), Found::Marker(marker(sequence)));
        }
        let good = fs::read(path(board)).unwrap();
        assert_eq!(good.len() as u64, LENGTH);
        for (torn, left) in [(0..LINE, 4), (LINE..2 * LINE, 5)] {
            let mut bad = good.clone();
            bad[torn.start + 8..torn.end].fill(0);
            fs::write(path(board), &bad).unwrap();
            assert_eq!(read(board).unwrap(), Found::Marker(marker(left)));
        }
        // The same number again means something else now: nothing of before may stay.
        let fewer = Marker { changes: 1, ..marker(5) };
        file.keep(fewer).unwrap();
        assert_eq!(read(board).unwrap(), Found::Marker(fewer));
        file.settle(fewer).unwrap();
        drop(file);
        // One of an older program is a single line.
        fs::write(
            path(board),
            serde_json::to_vec(&Line { marker: fewer, checksum: checksum(fewer) }).unwrap(),
        )
        .unwrap();
        assert_eq!(read(board).unwrap(), Found::Marker(fewer));
    }
}
