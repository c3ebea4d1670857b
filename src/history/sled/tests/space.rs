//! Space that comes back.

use super::*;
use crate::history::files;

/// Facts that cannot be compressed, of some size.
fn bulky(random: &mut fastrand::Rng, texts: usize) -> Arc<Facts> {
    let mut text = || (0..300).map(|_| random.alphanumeric()).collect::<String>();
    let problems = (0..texts).map(|_| Problem::new(text(), "mend it")).collect();
    Arc::new(Facts { problems, ..Facts::default() })
}

fn everything(history: &SledHistory) -> Vec<(Instant, Vec<crate::history::Kept>)> {
    let instants = history.instants(Instant::MIN_UTC, Instant::MAX_UTC).unwrap();
    instants.into_iter().map(|at| (at, history.at(at).unwrap())).collect()
}

#[test]
fn a_store_that_is_mostly_waste_is_written_anew() {
    let directory = tempfile::tempdir().unwrap();
    let mut random = fastrand::Rng::with_seed(5);
    let mut history = SledHistory::open(directory.path(), now()).unwrap();
    // A cheaper way to the same file.
    history.options.durable = false;
    for minute in 0..60 {
        history
            .append(&git(), now() + Duration::minutes(minute), &bulky(&mut random, 400), &health())
            .unwrap();
    }
    let later = now() + Duration::days(200);
    history.append(&git(), later, &facts(1), &health()).unwrap();
    let path = directory.path().join("history");
    let size = || files::size(&path, |name| name == "db").unwrap();
    let before = size();
    assert!(before > 4 << 20, "{before}");
    assert!(history.prune(later, &Retention::default()).unwrap() > 50);
    let after = size();
    assert!(after < before / 4, "{before} bytes are {after} now");
    assert_eq!(names(directory.path()), ["history", "marker"]);
    let kept = everything(&history);
    history.append(&git(), later + Duration::minutes(1), &facts(2), &health()).unwrap();
    drop(history);
    let history = SledHistory::open(directory.path(), now()).unwrap();
    assert_eq!(history.problems(), []);
    assert_eq!(everything(&history)[..kept.len()], kept);
    assert_eq!(history.latest().unwrap()[0].facts, facts(2));
}

#[test]
fn a_replacement_that_was_interrupted_leaves_the_whole_past() {
    let directory = tempfile::tempdir().unwrap();
    filled(directory.path(), 5);
    let expected = everything(&SledHistory::open(directory.path(), now()).unwrap());
    let half = |path: &Path| {
        fs::create_dir_all(path.join("blobs")).unwrap();
        fs::write(path.join("db"), b"not yet all of it").unwrap();
    };
    for (case, moves) in [
        ("while it was written", vec![("", "new")]),
        ("after the old one stepped back", vec![("history", "history.old"), ("", "new")]),
        ("before the old one was deleted", vec![("", "old")]),
    ] {
        let board = copied(directory.path());
        for (from, to) in moves {
            match (from, to) {
                ("", label) => half(&board.path().join(format!("history.{label}"))),
                (from, to) => fs::rename(board.path().join(from), board.path().join(to)).unwrap(),
            }
        }
        let history = SledHistory::open(board.path(), now()).unwrap();
        assert_eq!(history.problems(), [], "{case}");
        assert_eq!(everything(&history), expected, "{case}");
        drop(history);
        assert_eq!(names(board.path()), ["history", "marker"], "{case}");
    }
}
