//! What people said about things on the board: one small file beside the store, replaced as a
//! whole by the owner of the board.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::{
    HistoryError, codec,
    files::{self, Durability},
};
use crate::domain::{Instant, Problem, Triage};

/// The largest file that is read or written.
const LARGEST: u64 = 4 << 20;
/// What the content is sealed with.
const KEY: &[u8] = b"triage";

/// What was said of the board in `board`; nothing if nothing was. One that is damaged is set
/// aside, and the problem says where.
pub fn triage(board: &Path, now: Instant) -> Result<(Triage, Option<Problem>), HistoryError> {
    let path = path(board);
    let content = match files::read_small(&path, LARGEST) {
        Ok(content) => content,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((Triage::default(), None)),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Vec::new(),
        Err(error) => return Err(HistoryError::file("reading what people said", &path, &error)),
    };
    let read = codec::open::<Vec<u8>>(KEY, &content).and_then(|json| {
        serde_json::from_slice::<Triage>(&json).map_err(|error| HistoryError::damaged(error.to_string()))
    });
    match read {
        Ok(triage) => Ok((triage, None)),
        Err(newer @ HistoryError::Newer { .. }) => Err(newer),
        Err(_) => {
            let aside = files::free_name(&path, &format!("damaged-{}", now.format("%Y%m%dT%H%M%SZ")));
            files::rename(&path, &aside)
                .map_err(|error| HistoryError::file("setting damaged notes aside", &path, &error))?;
            let what = format!(
                "acknowledgements, snoozes and notes could not be read: they are in {}",
                aside.display()
            );
            Ok((Triage::default(), Some(Problem::new(what, "copy the file back from a backup, or go on"))))
        }
    }
}

/// Keeps what was said; on the disk when this returns. Only the owner of the board may.
pub fn keep_triage(board: &Path, triage: &Triage) -> Result<(), HistoryError> {
    const DOING: &str = "keeping what people said";
    let path = path(board);
    let json = serde_json::to_vec(triage).map_err(|error| HistoryError::store(DOING, &error))?;
    let sealed = codec::seal(KEY, &json)?;
    if sealed.len() as u64 > LARGEST {
        return Err(HistoryError::store(DOING, &format!("{} bytes are too many", sealed.len())));
    }
    files::create_directory(board)
        .and_then(|()| files::replace(&path, &sealed, Durability::Power))
        .map_err(|error| HistoryError::file(DOING, &path, &error))
}

fn path(board: &Path) -> PathBuf {
    board.join("triage")
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a test damages the file itself")]
mod tests {
    use chrono::{TimeZone as _, Utc};

    use super::*;
    use crate::domain::{TriageEntry, TriageKind, TriageSubject, Wake};

    #[test]
    fn what_was_said_comes_back_and_damage_is_set_aside() {
        let directory = tempfile::tempdir().unwrap();
        let (board, now) = (directory.path(), Utc.with_ymd_and_hms(2026, 11, 22, 9, 0, 0).unwrap());
        assert_eq!(triage(board, now).unwrap(), (Triage::default(), None));
        let kinds = [TriageKind::Snoozed(Wake::At(now)), TriageKind::Snoozed(Wake::Change("open".into()))];
        let entry = |kind| TriageEntry {
            subject: TriageSubject::Gate("payments 4.2".into(), "tests".into()),
            kind,
            who: "ada".into(),
            at: now,
            text: "flaky since Monday".into(),
        };
        let kept = Triage { entries: kinds.into_iter().map(entry).collect() };
        keep_triage(board, &kept).unwrap();
        assert_eq!(triage(board, now).unwrap(), (kept, None));

        let whole = std::fs::read(path(board)).unwrap();
        for position in [0, whole.len() / 2, whole.len() - 1] {
            let mut damaged = whole.clone();
            damaged[position] ^= 4;
            std::fs::write(path(board), &damaged).unwrap();
            match triage(board, now) {
                Ok((read, Some(problem))) => {
                    assert_eq!(read, Triage::default());
                    assert!(problem.what.contains("triage.damaged-"), "{problem:?}");
                }
                // What looks like a newer format is left alone.
                Err(HistoryError::Newer { .. }) => assert_eq!(std::fs::read(path(board)).unwrap(), damaged),
                other => panic!("{other:?}"),
            }
        }
    }
}
