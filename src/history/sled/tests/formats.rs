//! Stores of every format there ever was.

use super::*;
use crate::history::marker;
use crate::history::{Archive, conformance::sample};

/// A board as a program of that format left it.
fn board(records: &[u8], format: u8) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let plain = zstd::bulk::decompress(records, 1 << 20).unwrap();
    let records: Vec<(Vec<u8>, Vec<u8>)> = postcard::from_bytes(&plain).unwrap();
    let db = open::patiently(|| ::sled::open(directory.path().join("history"))).unwrap();
    let mut marker = Marker { format, ..Marker::default() };
    for (key, value) in records {
        assert_eq!(value[0], format);
        if key[0] == keys::SOURCE {
            let head: Head = codec::open(&key, &value).unwrap();
            marker.sequence = marker.sequence.max(head.sequence);
            marker.changes += head.changes;
        }
        db.insert(key, value).unwrap();
    }
    db.flush().unwrap();
    marker::write(directory.path(), marker).unwrap();
    directory
}

#[test]
fn a_store_of_every_format_is_read_and_goes_on() {
    for (format, records) in [(2, &include_bytes!("../../fixtures/store-2.bin")[..])] {
        let directory = board(records, format);
        let mut told = SledHistory::open(&directory.path().join("new"), now()).unwrap();
        story(&mut told);
        let history = SledHistory::open(directory.path(), now()).unwrap();
        assert_eq!(history.problems(), [], "format {format}");
        let instants = |history: &SledHistory| history.instants(Instant::MIN_UTC, Instant::MAX_UTC).unwrap();
        let kept = instants(&history);
        assert!((4..instants(&told).len()).contains(&kept.len()), "format {format}: {kept:?}");
        for at in kept {
            let told = told.at(at).unwrap();
            // Another source's change just before may be gone.
            for kept in history.at(at).unwrap().into_iter().filter(|kept| kept.since == at) {
                assert!(told.contains(&kept), "format {format} at {at}");
            }
        }
        for half in -2..310 {
            let at = now() + Duration::seconds(30 * half);
            for kept in history.at(at).unwrap() {
                assert!(kept.until <= at);
                let told = told.at(kept.until).unwrap();
                let told = told.iter().find(|told| told.source == kept.source).unwrap();
                assert_eq!((&told.facts, told.since), (&kept.facts, kept.since), "format {format} at {at}");
            }
        }
        assert_eq!(history.verify().unwrap().damage, [""; 0]);
        drop(history);

        // From now on it is one of ours.
        let marker = marker::read(directory.path()).unwrap();
        assert!(matches!(marker, marker::Found::Marker(Marker { format: codec::FORMAT, .. })));
        let mut history = SledHistory::open(directory.path(), now()).unwrap();
        let later = now() + Duration::days(30);
        let mut more = Facts::clone(&sample::facts(8));
        more.stories.pop();
        history.append(&SourceId::new("plan"), later, &Arc::new(more.clone()), &health()).unwrap();
        // A day further each time.
        let dropped: usize = (0..30).map(|_| history.prune(later, &short()).unwrap()).sum();
        assert!(dropped > 0);
        drop(history);
        let history = SledHistory::open(directory.path(), now()).unwrap();
        assert_eq!(history.problems(), []);
        assert_eq!(*history.latest().unwrap()[1].facts, more, "format {format}");
        assert_eq!(history.verify().unwrap().damage, [""; 0]);
    }
}

/// Run by hand to make the fixture of a new format: a small store, record by record.
#[test]
#[ignore = "writes the fixture of the format"]
fn write_the_fixture_of_a_store() {
    let directory = tempfile::tempdir().unwrap();
    let mut history = SledHistory::open(directory.path(), now()).unwrap();
    story(&mut history);
    history.record_health(now() + Duration::days(3), &health()).unwrap();
    history.prune(now() + Duration::days(3), &short()).unwrap();
    drop(history);
    let db = open::patiently(|| ::sled::open(directory.path().join("history"))).unwrap();
    let records: Vec<(Vec<u8>, Vec<u8>)> =
        db.iter().map(|record| record.map(|(key, value)| (key.to_vec(), value.to_vec())).unwrap()).collect();
    let packed = zstd::bulk::compress(&postcard::to_stdvec(&records).unwrap(), 19).unwrap();
    let name = format!("store-{}.bin", codec::FORMAT);
    fs::write(format!("{}/src/history/fixtures/{name}", env!("CARGO_MANIFEST_DIR")), packed).unwrap();
}

/// What is in the fixtures: two sources, more than one run of rounds, failures, facts of every
/// kind, and differences. Then changes of it were pruned.
fn story(history: &mut SledHistory) {
    let plan = SourceId::new("plan");
    let full = Arc::new(sample::facts(8));
    for round in 0..150_i64 {
        let at = now() + Duration::minutes(round);
        let version = usize::try_from(round / 10).unwrap();
        if round % 13 == 12 {
            let failure = Some(Problem::new("no route", "look at the cable"));
            history.record_health(at, &SourceHealth { failure, failures: 1, ..health() }).unwrap();
        } else {
            history.append(&git(), at, &facts(version), &health()).unwrap();
        }
        if round % 50 == 0 {
            let health = SourceHealth::starting(plan.clone());
            history.append(&plan, at, &full, &health).unwrap();
        }
    }
    let mut facts = sample::facts(12);
    for round in 0..100 {
        facts.stories.rotate_left(round % 3);
        facts.problems = vec![Problem::new(format!("line {}", round / 2), "mend it")];
        let at = now() + Duration::seconds(40 * i64::try_from(round).unwrap());
        let tracker = SourceId::new("tracker");
        let health = SourceHealth::starting(tracker.clone());
        history.append(&tracker, at, &Arc::new(facts.clone()), &health).unwrap();
    }
}
