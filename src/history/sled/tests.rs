//! What the store does when the disk or a person was at its files.

mod damage;
mod formats;
mod generated;
mod kill;
mod space;

use std::{fs, os::unix::fs::PermissionsExt, path::Path};

use chrono::{Duration, TimeZone, Utc};

use super::*;
use crate::history::marker;
use crate::{
    domain::{Release, SourceState},
    history::conformance::sample,
};

fn now() -> Instant {
    Utc.with_ymd_and_hms(2026, 11, 22, 10, 0, 0).unwrap()
}

fn git() -> SourceId {
    SourceId::new("git")
}

fn facts(version: usize) -> Arc<Facts> {
    let release = Arc::new(Release::named("payments", &format!("4.{version}")));
    Arc::new(Facts { releases: vec![release], ..Facts::default() })
}

/// Every change for two days, hours for fourteen.
fn short() -> Retention {
    Retention { every_change: Duration::days(2), hourly: Duration::days(14), ..Retention::default() }
}

fn health() -> SourceHealth {
    SourceHealth { state: SourceState::Waiting, ..SourceHealth::starting(git()) }
}

/// Keeps `count` changes, a minute apart.
fn fill(history: &mut SledHistory, count: usize) {
    fill_from(history, 0, count);
}

fn fill_from(history: &mut SledHistory, first: usize, end: usize) {
    for version in first..end {
        let at = now() + Duration::minutes(i64::try_from(version).unwrap());
        history.append(&git(), at, &facts(version), &health()).unwrap();
    }
}

fn filled(board: &Path, count: usize) {
    fill(&mut SledHistory::open(board, now()).unwrap(), count);
}

fn names(board: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(board)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

fn only_problem(history: &SledHistory) -> String {
    let problems = history.problems();
    assert_eq!(problems.len(), 1, "{problems:?}");
    problems[0].what.to_string()
}

/// The records behind the history's back.
fn change_raw(board: &Path, change: impl FnOnce(&Db)) {
    let db = open::patiently(|| ::sled::open(board.join("history"))).unwrap();
    change(&db);
    db.flush().unwrap();
}

#[test]
fn nothing_is_made_outside_the_directory_of_the_board() {
    let directory = tempfile::tempdir().unwrap();
    let board = directory.path().join("boards/abc");
    filled(&board, 3);
    assert_eq!(names(directory.path()), ["boards"]);
    assert_eq!(names(&directory.path().join("boards")), ["abc"]);
    assert_eq!(names(&board), ["history", "marker"]);
    assert_eq!(fs::metadata(&board).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(fs::read_dir(board.join("history/blobs")).unwrap().count(), 0);
}

#[test]
fn large_facts_are_kept_in_pieces_and_never_in_files_of_their_own() {
    let directory = tempfile::tempdir().unwrap();
    let mut history = SledHistory::open(directory.path(), now()).unwrap();
    let mut random = fastrand::Rng::with_seed(7);
    for round in 0..6i64 {
        let mut facts = sample::facts(100);
        // Texts that cannot be compressed.
        facts.problems = (0..1_500)
            .map(|_| {
                let text: String = (0..300).map(|_| random.alphanumeric()).collect();
                Problem::new(text, "mend it")
            })
            .collect();
        let facts = Arc::new(facts);
        history.append(&git(), now() + Duration::minutes(round), &facts, &health()).unwrap();
        assert_eq!(history.latest().unwrap()[0].facts, facts);
        drop(history);
        history = SledHistory::open(directory.path(), now()).unwrap();
        assert_eq!(history.latest().unwrap()[0].facts, facts);
    }
    assert_eq!(fs::read_dir(directory.path().join("history/blobs")).unwrap().count(), 0);
}

#[test]
fn a_second_process_is_told_that_the_store_is_held() {
    let directory = tempfile::tempdir().unwrap();
    let history = SledHistory::open(directory.path(), now()).unwrap();
    let second = SledHistory::open(directory.path(), now()).err();
    assert!(matches!(second, Some(HistoryError::Held)), "{second:?}");
    drop(history);
    assert!(SledHistory::open(directory.path(), now()).is_ok());
}

#[test]
fn a_newer_format_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    filled(directory.path(), 3);
    let newer = Marker { format: codec::FORMAT + 1, sequence: 3, changes: 3 };
    marker::write(directory.path(), newer).unwrap();
    let before = fs::read(directory.path().join("history/db")).unwrap();
    let error = SledHistory::open(directory.path(), now()).err().unwrap();
    assert!(matches!(error, HistoryError::Newer { found: 5, known: 4 }), "{error}");
    assert!(error.problem().next_step.contains("update tminus"));
    assert_eq!(fs::read(directory.path().join("history/db")).unwrap(), before);
    assert_eq!(names(directory.path()), ["history", "marker"]);
}

#[test]
fn a_store_that_is_gone_or_older_is_reported_once() {
    let directory = tempfile::tempdir().unwrap();
    let board = directory.path();
    filled(board, 3);
    fs::rename(board.join("history"), board.join("old")).unwrap();
    let history = SledHistory::open(board, now()).unwrap();
    assert!(only_problem(&history).contains("is gone: it held 3 changes"));
    drop(history);
    assert_eq!(SledHistory::open(board, now()).unwrap().problems(), []);

    // Numbers go on where they were, so an older store at its place is noticed.
    fill(&mut SledHistory::open(board, now()).unwrap(), 2);
    fs::remove_dir_all(board.join("history")).unwrap();
    fs::rename(board.join("old"), board.join("history")).unwrap();
    let history = SledHistory::open(board, now()).unwrap();
    assert!(only_problem(&history).contains("lost its last 2 rounds"), "{:?}", history.problems());
    assert_eq!(history.latest().unwrap()[0].facts, facts(2));
}

#[test]
fn a_marker_that_is_missing_or_damaged_is_written_again() {
    for (damage, said) in [(None, "has no marker"), (Some("garbage"), "is damaged")] {
        let directory = tempfile::tempdir().unwrap();
        filled(directory.path(), 3);
        match damage {
            None => fs::remove_file(directory.path().join("marker")).unwrap(),
            Some(content) => fs::write(directory.path().join("marker"), content).unwrap(),
        }
        let history = SledHistory::open(directory.path(), now()).unwrap();
        assert!(only_problem(&history).contains(said), "{:?}", history.problems());
        assert_eq!(history.latest().unwrap()[0].facts, facts(2));
        drop(history);
        assert_eq!(SledHistory::open(directory.path(), now()).unwrap().problems(), []);
    }
}

#[test]
fn a_change_that_is_lost_or_damaged_is_never_papered_over() {
    let key =
        |minute: i64| keys::timed(keys::CHANGE, 0, (now() + Duration::minutes(minute)).timestamp_millis());
    for damage in [None, Some(b"garbage")] {
        let directory = tempfile::tempdir().unwrap();
        filled(directory.path(), 6);
        change_raw(directory.path(), |db| {
            match damage {
                None => db.remove(key(2)).unwrap(),
                Some(garbage) => db.insert(key(2), garbage).unwrap(),
            };
        });
        let mut history = SledHistory::open(directory.path(), now()).unwrap();
        assert!(only_problem(&history).contains("damaged in 1 places"), "{:?}", history.problems());
        for minute in 0..6i64 {
            let read = history.at(now() + Duration::minutes(minute));
            match read {
                Ok(kept) => assert_eq!(kept[0].facts, facts(usize::try_from(minute).unwrap())),
                Err(error) => assert!(matches!(error, HistoryError::Damaged { .. }), "{error}"),
            }
        }
        assert!(history.at(now() + Duration::minutes(2)).is_err());
        assert!(history.at(now() + Duration::minutes(3)).is_ok());
        history.append(&git(), now() + Duration::hours(1), &facts(9), &health()).unwrap();
        assert_eq!(history.latest().unwrap()[0].facts, facts(9));
    }
}

#[test]
fn pruning_beside_a_gap_claims_no_more_than_is_known() {
    let directory = tempfile::tempdir().unwrap();
    filled(directory.path(), 20);
    let minute = |minute: i64| now() + Duration::minutes(minute);
    change_raw(directory.path(), |db| {
        db.remove(keys::timed(keys::CHANGE, 0, minute(5).timestamp_millis())).unwrap();
        db.insert(keys::timed(keys::CHANGE, 0, minute(12).timestamp_millis()), b"garbage").unwrap();
    });
    let mut history = SledHistory::open(directory.path(), now()).unwrap();
    history.record_health(now() + Duration::days(30), &health()).unwrap();
    // Left: the first, those on both sides of the gaps as far as needed, and the newest.
    let dropped = history.prune(now() + Duration::days(30), &short()).unwrap();
    assert_eq!(dropped, 4 + 5 + 5);
    assert_eq!(history.prune(now() + Duration::days(30), &short()).unwrap(), 0);
    for (at, expected) in [
        (0, Some((0, 0))),
        (5, Some((0, 0))),
        (6, Some((6, 6))),
        (11, Some((6, 6))),
        (12, None),
        (13, Some((13, 13))),
        (18, Some((13, 13))),
        (19, Some((19, 19))),
    ] {
        let read = history.at(minute(at)).ok().map(|kept| (kept[0].since, kept[0].until));
        assert_eq!(read, expected.map(|(since, until)| (minute(since), minute(until))), "minute {at}");
    }
}

#[test]
fn facts_that_are_damaged_are_named_and_kept_anew() {
    let directory = tempfile::tempdir().unwrap();
    filled(directory.path(), 2);
    let at = now() + Duration::minutes(1);
    change_raw(directory.path(), |db| {
        db.remove(keys::piece(0, at.timestamp_millis(), 0)).unwrap();
    });
    let mut history = SledHistory::open(directory.path(), now()).unwrap();
    assert!(only_problem(&history).contains("what git said last cannot be read"));
    assert_eq!(history.latest().unwrap(), []);
    assert!(history.at(at).is_err());
    assert_eq!(history.at(now()).unwrap()[0].facts, facts(0));
    let later = at + Duration::minutes(1);
    let done = history.append(&git(), later, &facts(1), &health()).unwrap();
    assert_eq!(done, Appended::Changed(later));
    assert_eq!(history.latest().unwrap()[0].facts, facts(1));
}

#[test]
fn rounds_that_are_lost_are_an_error_and_not_a_quiet_time() {
    let directory = tempfile::tempdir().unwrap();
    let mut history = SledHistory::open(directory.path(), now()).unwrap();
    for minute in 0..200 {
        history.append(&git(), now() + Duration::minutes(minute), &facts(0), &health()).unwrap();
    }
    drop(history);
    let second = now() + Duration::minutes(64);
    change_raw(directory.path(), |db| {
        let key = keys::timed(keys::ROUNDS, 0, second.timestamp_millis());
        assert!(db.remove(key).unwrap().is_some());
    });
    let history = SledHistory::open(directory.path(), now()).unwrap();
    for (minute, readable) in [(63, false), (64, false), (127, false), (128, true), (199, true)] {
        let read = history.at(now() + Duration::minutes(minute));
        assert_eq!(read.is_ok(), readable, "minute {minute}: {read:?}");
    }
}

#[test]
fn a_store_whose_heads_are_damaged_is_set_aside() {
    for what in ["garbage", "nothing"] {
        let directory = tempfile::tempdir().unwrap();
        filled(directory.path(), 3);
        change_raw(directory.path(), |db| {
            match what {
                "garbage" => db.insert(keys::source(0), what).unwrap(),
                _ => db.remove(keys::source(0)).unwrap(),
            };
        });
        let mut history = SledHistory::open(directory.path(), now()).unwrap();
        let problem = only_problem(&history);
        assert!(problem.contains("history.damaged-20261122T100000Z"), "{problem}");
        assert_eq!(names(directory.path()), ["history", "history.damaged-20261122T100000Z", "marker"]);
        assert_eq!(history.latest().unwrap(), []);
        fill(&mut history, 1);
        drop(history);
        assert_eq!(SledHistory::open(directory.path(), now()).unwrap().problems(), []);
    }
}

#[test]
fn a_directory_that_cannot_be_used_is_named() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("file"), "").unwrap();
    let error = SledHistory::open(&directory.path().join("file/board"), now()).err().unwrap();
    assert!(error.to_string().contains("file/board"), "{error}");

    let locked = directory.path().join("locked");
    fs::create_dir(&locked).unwrap();
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o500)).unwrap();
    // Nothing is forbidden to the superuser.
    if let Err(error) = SledHistory::open(&locked.join("board"), now()) {
        assert!(error.to_string().contains("locked/board"), "{error}");
        assert!(error.problem().next_step.contains("--data-dir"), "{error}");
    }
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o700)).unwrap();

    let endless = directory.path().join("d/".repeat(3_000));
    let error = SledHistory::open(&endless, now()).err().unwrap();
    assert!(matches!(error, HistoryError::Store { .. }), "{error}");
}

#[test]
fn long_paths_and_links_to_directories_are_paths_like_any_other() {
    let directory = tempfile::tempdir().unwrap();
    let long = directory.path().join(format!("{}/", "d".repeat(200)).repeat(6));
    filled(&long, 2);
    let link = directory.path().join("link");
    std::os::unix::fs::symlink(&long, &link).unwrap();
    let history = SledHistory::open(&link, now()).unwrap();
    assert_eq!(history.problems(), []);
    assert_eq!(history.latest().unwrap()[0].facts, facts(1));
}

/// A copy of a board; of one that is open, as a killed process leaves it.
fn copied(board: &Path) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    crate::history::files::copy_directory(board, copy.path(), |_| false).unwrap();
    copy
}

#[test]
fn a_damaged_snapshot_of_the_engine_costs_nothing() {
    let directory = tempfile::tempdir().unwrap();
    filled(directory.path(), 3);
    drop(SledHistory::open(directory.path(), now()).unwrap());
    let store = directory.path().join("history");
    let snapshot = names(&store).into_iter().find(|name| name.starts_with("snap.")).unwrap();
    let mut content = fs::read(store.join(&snapshot)).unwrap();
    let middle = content.len() / 2;
    content[middle] ^= 0xff;
    fs::write(store.join(&snapshot), content).unwrap();
    let history = SledHistory::open(directory.path(), now()).unwrap();
    assert_eq!(history.latest().unwrap()[0].facts, facts(2));
    assert!(only_problem(&history).contains("could be read again"), "{:?}", history.problems());
}

#[test]
fn a_failed_write_leaves_nothing_behind_and_is_mended() {
    let directory = tempfile::tempdir().unwrap();
    let mut history = SledHistory::open(directory.path(), now()).unwrap();
    fill(&mut history, 2);
    // As after a failure in the middle of a batch: a change is there, its head is not.
    let at = now() + Duration::minutes(5);
    let stray = Change {
        sequence: 9,
        predecessor: None,
        pieces: 0,
        length: 0,
        digest: [0; 16],
        held_until: None,
        form: Form::Whole,
        ends: Vec::new(),
    };
    let key = keys::timed(keys::CHANGE, 0, at.timestamp_millis());
    let sealed = codec::seal(&key, &stray).unwrap();
    history.store().unwrap().db.insert(key, sealed).unwrap();
    history.failed.set(true);
    assert_eq!(history.at(at).unwrap()[0].facts, facts(1));
    assert_eq!(history.latest().unwrap()[0].facts, facts(1));
    assert_eq!(history.instants(now(), at).unwrap().len(), 2);
    history.store().unwrap().db.remove(keys::timed(keys::CHANGE, 0, at.timestamp_millis())).unwrap();

    let done = history.append(&git(), at, &facts(7), &health()).unwrap();
    assert_eq!(done, Appended::Changed(at));
    assert!(!history.failed.get());
    drop(history);
    let history = SledHistory::open(directory.path(), now()).unwrap();
    assert_eq!((history.problems(), history.latest().unwrap()[0].since), (vec![], at));
}

/// What a year's worth of use costs; printed, not judged. `TMINUS_ITEMS` and `TMINUS_CHANGES`
/// say how much.
#[test]
#[ignore = "measures"]
#[expect(clippy::print_stderr, reason = "a measurement")]
fn measure() {
    let number =
        |name, default| std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(default);
    let (items, count) = (number("TMINUS_ITEMS", 410), number("TMINUS_CHANGES", 500));
    let directory = tempfile::tempdir_in(".").unwrap();
    let mut history = SledHistory::open(directory.path(), now()).unwrap();
    let base = sample::facts(items);
    let packed = codec::write(&base).unwrap().pack().unwrap();
    eprintln!("{items} items: {} bytes, {} compressed", packed.length, packed.bytes.len());
    let mut times = [Vec::new(), Vec::new()];
    let mut at = now();
    let mut current = Arc::new(base);
    for round in 0..count * 2 {
        at += Duration::seconds(37);
        let is_new = round % 2 == 0;
        if is_new {
            let mut next = Facts::clone(&current);
            let story = (round * 31) % next.stories.len();
            let mut moved = next.stories[story].as_ref().clone();
            moved.points = Some(round as f32);
            next.stories[story] = Arc::new(moved);
            current = Arc::new(next);
        }
        let began = std::time::Instant::now();
        history.append(&git(), at, &current, &health()).unwrap();
        times[usize::from(is_new)].push(began.elapsed());
    }
    for (what, times) in ["quiet round", "change"].iter().zip(&mut times) {
        times.sort();
        eprintln!("{what}: p50 {:?}, p99 {:?}", times[times.len() / 2], times[times.len() * 99 / 100]);
    }
    let size = |path: &Path| fs::metadata(path.join("history/db")).unwrap().len() / 1024;
    eprintln!("disk {} KiB", size(directory.path()));
    let mut reads: Vec<_> = (0..100)
        .map(|index| {
            let began = std::time::Instant::now();
            history.at(now() + (at - now()) * index / 100).unwrap();
            began.elapsed()
        })
        .collect();
    reads.sort();
    eprintln!("any instant: p50 {:?}, p99 {:?}", reads[50], reads[99]);
    drop(history);
    let began = std::time::Instant::now();
    let mut history = SledHistory::open(directory.path(), now()).unwrap();
    eprintln!("reopened in {:?}", began.elapsed());
    let began = std::time::Instant::now();
    let count = history.prune(at + Duration::days(20), &short()).unwrap();
    eprintln!("pruned {count} in {:?}, disk {} KiB", began.elapsed(), size(directory.path()));
}

/// `TMINUS_SMALL_DISK` names a directory on a file system of its own, of some 24 MB.
#[test]
#[ignore = "needs a small file system"]
fn a_full_disk_stops_the_history_and_nothing_else() {
    let disk = std::path::PathBuf::from(std::env::var("TMINUS_SMALL_DISK").unwrap());
    let board = disk.join("board");
    let ballast = disk.join("ballast");
    fs::write(&ballast, vec![1; 10 << 20]).unwrap();
    let mut history = SledHistory::open(&board, now()).unwrap();
    let mut random = fastrand::Rng::with_seed(3);
    let mut kept: Vec<(Instant, Arc<Facts>)> = Vec::new();
    let mut failures = 0;
    let mut at = now();
    while failures < 20 {
        at += Duration::minutes(1);
        let mut facts = sample::facts(4);
        facts.problems = (0..300)
            .map(|_| Problem::new((0..300).map(|_| random.alphanumeric()).collect::<String>(), "mend it"))
            .collect();
        let facts = Arc::new(facts);
        match history.append(&git(), at, &facts, &health()) {
            Ok(_) => kept.push((at, facts)),
            Err(error) => {
                assert!(error.problem().next_step.contains("make room"), "{error}");
                failures += 1;
            }
        }
        for (at, facts) in kept.iter().rev().take(3) {
            assert_eq!(&history.at(*at).unwrap()[0].facts, facts);
        }
    }
    assert!(kept.len() > 3, "{}", kept.len());
    fs::remove_file(&ballast).unwrap();
    let done = history.append(&git(), at, &facts(1), &health()).unwrap();
    assert_eq!(done, Appended::Changed(at));
    kept.push((at, facts(1)));
    for open_again in [false, true] {
        if open_again {
            drop(history);
            history = SledHistory::open(&board, now()).unwrap();
        }
        assert_eq!(history.problems(), []);
        for (at, facts) in &kept {
            assert_eq!(&history.at(*at).unwrap()[0].facts, facts);
        }
        assert_eq!(history.instants(Instant::MIN_UTC, Instant::MAX_UTC).unwrap().len(), kept.len());
    }
}

/// Whether room that was freed is used again; printed, not judged.
#[test]
#[ignore = "measures"]
#[expect(clippy::print_stderr, reason = "a measurement")]
fn measure_growth() {
    let directory = tempfile::tempdir_in(".").unwrap();
    let mut history = SledHistory::open(directory.path(), now()).unwrap();
    let mut at = now();
    let mut facts = sample::facts(200);
    for day in 0..12 {
        for _ in 0..300 {
            at += Duration::minutes(4);
            facts.test_runs[0] =
                Arc::new(crate::domain::TestRun { at, ..crate::domain::TestRun::clone(&facts.test_runs[0]) });
            history.append(&git(), at, &Arc::new(facts.clone()), &health()).unwrap();
        }
        let dropped = history.prune(at, &short()).unwrap();
        let size = fs::metadata(directory.path().join("history/db")).unwrap().len() / 1024;
        eprintln!("day {day}: {dropped} dropped, disk {size} KiB");
    }
}
