//! Stores of every format there ever was.

use chrono::NaiveDate;

use super::*;
use crate::domain::{DayFigures, ForecastFigures, MetricFigure, ReleaseFigures, Text};
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
    for (format, records) in [(4, &include_bytes!("../../fixtures/store-4.bin")[..])] {
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

/// What is in the fixture of the figures of a day.
fn figures() -> DayFigures {
    let at = now();
    let release = ReleaseFigures {
        release: "payments 4.2".into(),
        scope: 30,
        ready: 12,
        defects: 3,
        tests_passed: 990,
        tests: 1_000,
        target: Some(at + Duration::days(3)),
        forecast: Some(ForecastFigures { p50: at, p85: at + Duration::days(1), p95: at + Duration::days(2) }),
        verdict: Text::new("no-go"),
        outlook: Text::new("at risk"),
        metrics: vec![MetricFigure { name: Text::new("points left"), definition: 7, value: 20.5 }],
    };
    DayFigures { day: at.date_naive(), at, releases: vec![release] }
}

/// Run by hand to make the fixture of a new format.
#[test]
#[ignore = "writes the fixture of the format"]
fn write_the_fixture_of_a_day() {
    let figures = figures();
    let sealed = codec::seal(&keys::day(figures.day), &figures).unwrap();
    let name = format!("day-{}.bin", codec::FORMAT);
    fs::write(format!("{}/src/history/fixtures/{name}", env!("CARGO_MANIFEST_DIR")), sealed).unwrap();
}

/// Figures of a day, written by format 4 and kept as they were then. If this fails, see
/// `facts_are_read_as_they_were_written`.
#[test]
fn figures_are_read_as_they_were_written() {
    let figures = figures();
    let key = keys::day(figures.day);
    let sealed = codec::seal(&key, &figures).unwrap();
    assert_eq!(sealed, DAY_FIGURES);
    assert_eq!(codec::open::<DayFigures>(&key, DAY_FIGURES).unwrap(), figures);

    let directory = tempfile::tempdir().unwrap();
    let mut history = SledHistory::open(directory.path(), now()).unwrap();
    fill(&mut history, 2);
    history.keep_day(&figures).unwrap();
    assert_eq!(history.verify().unwrap().days, 1);
    drop(history);
    change_raw(directory.path(), |db| {
        let mut bad = db.get(&key).unwrap().unwrap().to_vec();
        bad[9] ^= 1;
        db.insert(&key, bad).unwrap();
    });
    let history = SledHistory::open(directory.path(), now()).unwrap();
    assert!(history.days(NaiveDate::MIN, NaiveDate::MAX).is_err(), "never wrong ones taken for right");
    let found = history.verify().unwrap();
    assert_eq!((found.days, found.changes, found.damage.len()), (0, 2, 1), "{found:?}");
    assert!(found.damage[0].starts_with("the figures of a day"), "{found:?}");
}

const DAY_FIGURES: &[u8] = include_bytes!("../../fixtures/day-4.bin");
