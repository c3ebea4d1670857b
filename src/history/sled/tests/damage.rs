//! Flipped bits and files that are cut short: what is read is what was written, or an error.

use super::*;

/// Facts of which most stay the same from one version to the next.
fn rich(version: usize) -> Arc<Facts> {
    let mut facts = sample::facts(60);
    let place = version * 7 % facts.stories.len();
    let moved = crate::domain::Story { points: Some(version as f32), ..sample::story(place + 1) };
    facts.stories[place] = Arc::new(moved);
    facts.releases.extend(super::facts(version).releases.clone());
    Arc::new(facts)
}

fn fill(history: &mut SledHistory, first: usize, end: usize) {
    for version in first..end {
        let at = now() + Duration::minutes(i64::try_from(version).unwrap());
        history.append(&git(), at, &rich(version), &health()).unwrap();
    }
}

/// Opens what is left of `count` changes: the same facts or an error, and a problem for whatever
/// is not as it was.
fn open_damaged(board: &Path, facts: &[Arc<Facts>], count: i64, case: &str) {
    let history = match SledHistory::open(board, now()) {
        Ok(history) => history,
        // Nothing was touched, nothing is believed.
        Err(HistoryError::Store { .. } | HistoryError::Damaged { .. }) => return,
        Err(error) => panic!("{case}: {error}"),
    };
    let mut whole = true;
    for minute in 0..count {
        match history.at(now() + Duration::minutes(minute)) {
            Ok(kept) if kept.is_empty() => whole = false,
            Ok(kept) => {
                let until = usize::try_from(minute).unwrap();
                let version = (0..=until).rev().find(|version| kept[0].facts == facts[*version]);
                let since = now() + Duration::minutes(i64::try_from(version.unwrap()).unwrap());
                assert_eq!(kept[0].since, since, "{case}");
                assert!(kept[0].until <= since, "{case}: said to hold longer than it did");
                whole &= version == Some(until);
            }
            Err(_) => whole = false,
        }
    }
    assert!(whole || !history.problems().is_empty(), "{case}: a loss without a word");
}

#[test]
fn no_damage_is_taken_for_the_truth() {
    damage(30, 11);
}

#[test]
#[ignore = "takes a minute"]
fn no_damage_in_200_places_is_taken_for_the_truth() {
    damage(200, 12);
}

fn damage(trials: usize, seed: u64) {
    let facts: Vec<_> = (0..40).map(rich).collect();
    let directory = tempfile::tempdir().unwrap();
    let mut history = SledHistory::open(directory.path(), now()).unwrap();
    fill(&mut history, 0, 30);
    let killed = copied(directory.path());
    drop(history);
    // The second time, the engine begins from a snapshot.
    let mut history = SledHistory::open(directory.path(), now()).unwrap();
    fill(&mut history, 30, 40);
    let killed_later = copied(directory.path());
    drop(history);
    drop(SledHistory::open(directory.path(), now()).unwrap());
    let closed = copied(directory.path());
    let stores = [(&killed, 30), (&killed_later, 40), (&closed, 40)];
    for (store, count) in stores {
        let undamaged = copied(store.path());
        let history = SledHistory::open(undamaged.path(), now()).unwrap();
        assert_eq!(history.problems(), []);
        assert_eq!(history.instants(Instant::MIN_UTC, Instant::MAX_UTC).unwrap().len(), count as usize);
    }

    let mut random = fastrand::Rng::with_seed(seed);
    for trial in 0..trials {
        let (store, count) = stores[trial % 3];
        let board = copied(store.path());
        let path = board.path().join("history/db");
        let mut content = fs::read(&path).unwrap();
        // The engine makes room in advance: damage what is in use.
        let used = content.iter().rposition(|byte| *byte != 0).unwrap_or(0) + 1;
        let at = random.usize(0..used);
        let case = if trial / 3 % 2 == 0 {
            content[at] ^= 1 << random.u8(0..8);
            format!("bit at {at} of {used}")
        } else {
            content.truncate(at);
            format!("cut at {at} of {used}")
        };
        fs::write(&path, content).unwrap();
        open_damaged(board.path(), &facts, count, &format!("trial {trial}: {case}"));
    }
}

#[test]
fn a_check_of_everything_names_each_place() {
    use crate::history::Archive;

    let minute = |minute: i64| (now() + Duration::minutes(minute)).timestamp_millis();
    let directory = tempfile::tempdir().unwrap();
    fill(&mut SledHistory::open(directory.path(), now()).unwrap(), 0, 200);
    let history = SledHistory::open(directory.path(), now()).unwrap();
    let found = history.verify().unwrap();
    assert_eq!((found.sources, found.changes, found.rounds), (1, 200, 200));
    assert_eq!(found.damage, [""; 0]);
    drop(history);

    change_raw(directory.path(), |db| {
        db.insert(keys::piece(0, minute(7), 0), b"garbage").unwrap();
        assert!(db.remove(keys::timed(keys::CHANGE, 0, minute(150))).unwrap().is_some());
        assert!(db.remove(keys::timed(keys::ROUNDS, 0, minute(64))).unwrap().is_some());
    });
    let history = SledHistory::open(directory.path(), now()).unwrap();
    let damage = history.verify().unwrap().damage;
    for said in [
        "facts of git at 2026-11-22 10:07:00.000 UTC: damaged record",
        "before the change of git at 2026-11-22 12:31:00.000 UTC: one is lost",
        "before the rounds of git at 2026-11-22 12:08:00.000 UTC: some are lost",
    ] {
        assert!(damage.iter().any(|place| place.contains(said)), "{said}: {damage:#?}");
    }
    // What does not rest on what is lost can be read.
    let whole = (0..200).filter(|at| history.at(now() + Duration::minutes(*at)).is_ok()).count();
    assert!((7..190).contains(&whole), "{whole}");
}

#[test]
fn pruning_leaves_alone_what_rests_on_damage() {
    let directory = tempfile::tempdir().unwrap();
    fill(&mut SledHistory::open(directory.path(), now()).unwrap(), 0, 40);
    let at = |minute: i64| now() + Duration::minutes(minute);
    change_raw(directory.path(), |db| {
        db.insert(keys::piece(0, at(20).timestamp_millis(), 0), b"garbage").unwrap();
    });
    let mut history = SledHistory::open(directory.path(), now()).unwrap();
    let later = at(60 * 24 * 30);
    history.append(&git(), later, &rich(41), &health()).unwrap();
    let before: Vec<_> = (0..40).filter(|minute| history.at(at(*minute)).is_ok()).collect();
    assert!((0..20).all(|minute| before.contains(&minute)) && !before.contains(&20), "{before:?}");
    history.prune(later, &Retention::default()).unwrap();
    assert_eq!(history.latest().unwrap()[0].facts, rich(41));
    for minute in 0..20 {
        let kept = &history.at(at(minute)).unwrap()[0];
        let version = usize::try_from((kept.since - now()).num_minutes()).unwrap();
        assert_eq!(kept.facts, rich(version));
    }
}
