//! Generated histories of many items: every instant is what was handed in, through pruning,
//! reopening, rewriting, and an export.

use proptest::{prelude::*, test_runner::TestRunner};

use super::*;
use crate::{
    domain::{Story, Triage, TriageEntry, TriageKind, TriageSubject},
    history::{Archive, Kept, StoreOptions, export, import},
};

#[derive(Clone, Debug)]
enum Edit {
    Add(usize, usize),
    Remove(usize),
    Move(usize, usize),
    Change(usize, i8),
    Run(usize),
    Trouble(usize),
}

#[derive(Clone, Debug)]
enum Step {
    Say { source: usize, after: i64, edits: Vec<Edit> },
    Fail { source: usize, after: i64 },
    Prune,
    Reopen,
    Rewrite,
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        4 => (0..40usize, 0..60usize).prop_map(|(at, number)| Edit::Add(at, number)),
        2 => (0..40usize).prop_map(Edit::Remove),
        2 => (0..40usize, 0..40usize).prop_map(|(from, to)| Edit::Move(from, to)),
        4 => (0..40usize, any::<i8>()).prop_map(|(at, points)| Edit::Change(at, points)),
        2 => (0..40usize).prop_map(Edit::Run),
        1 => (0..4usize).prop_map(Edit::Trouble),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    // Seconds; clocks stand still and jump backwards, too.
    let after = prop_oneof![8 => 0i64..5_000, 1 => Just(0i64), 1 => -9_000i64..0, 1 => 80_000i64..400_000];
    prop_oneof![
        30 => (0..2usize, after.clone(), proptest::collection::vec(edit(), 0..5))
            .prop_map(|(source, after, edits)| Step::Say { source, after, edits }),
        4 => (0..2usize, after).prop_map(|(source, after)| Step::Fail { source, after }),
        2 => Just(Step::Prune),
        1 => Just(Step::Reopen),
        1 => Just(Step::Rewrite),
    ]
}

fn apply(facts: &mut Facts, edit: &Edit) {
    let count = facts.stories.len();
    match *edit {
        Edit::Add(at, number) => facts.stories.insert(at.min(count), Arc::new(sample::story(number))),
        Edit::Trouble(number) => facts.problems.push(Problem::new(format!("line {number}"), "mend it")),
        Edit::Run(number) => {
            let at = now() + Duration::minutes(i64::try_from(number).unwrap());
            let run = sample::facts(4).test_runs.remove(0);
            facts
                .test_runs
                .push(Arc::new(crate::domain::TestRun { at, ..crate::domain::TestRun::clone(&run) }));
        }
        _ if count == 0 => {}
        Edit::Remove(at) => drop(facts.stories.remove(at % count)),
        Edit::Move(from, to) => {
            let story = facts.stories.remove(from % count);
            facts.stories.insert(to % count, story);
        }
        Edit::Change(at, points) => {
            let story = &mut facts.stories[at % count];
            *story = Arc::new(Story { points: Some(f32::from(points)), ..Story::clone(story) });
        }
    }
}

/// Every change as it was handed in: source, instant, facts.
type Told = Vec<(SourceId, Instant, Arc<Facts>)>;

fn told_at<'a>(
    told: &'a Told,
    source: &SourceId,
    at: Instant,
) -> Option<&'a (SourceId, Instant, Arc<Facts>)> {
    told.iter().rev().find(|(id, since, _)| id == source && *since <= at)
}

/// All that is kept is what was told, and was so until then.
fn check(history: &SledHistory, told: &Told, pruned: bool) {
    let instants = history.instants(Instant::MIN_UTC, Instant::MAX_UTC).unwrap();
    for (_, at, _) in told {
        for at in [*at, *at + Duration::seconds(1)] {
            for kept in history.at(at).unwrap() {
                let (_, since, facts) = told_at(told, &kept.source, kept.since).unwrap();
                assert_eq!((*since, facts), (kept.since, &kept.facts));
                assert!(kept.until <= at);
                let (_, since, facts) = told_at(told, &kept.source, kept.until).unwrap();
                assert_eq!((*since, facts), (kept.since, &kept.facts), "it did not hold so long");
            }
        }
        assert!(pruned || instants.contains(at));
    }
    for at in instants {
        assert!(history.at(at).unwrap().iter().any(|kept| kept.since == at));
    }
    assert_eq!(history.verify().unwrap().damage, [""; 0]);
}

fn everything(history: &SledHistory, told: &Told) -> Vec<Vec<Kept>> {
    let around = |at: Instant| [0, 700].map(|millis| at + Duration::milliseconds(millis));
    told.iter().flat_map(|(_, at, _)| around(*at)).map(|at| history.at(at).unwrap()).collect()
}

#[test]
fn every_instant_of_many_items_is_what_was_handed_in() {
    let cases = proptest::test_runner::Config { cases: 8, ..Default::default() };
    let strategy = (prop_oneof![Just(0), Just(3), Just(240)], proptest::collection::vec(step(), 1..70));
    TestRunner::new(cases)
        .run(&strategy, |(differences, steps)| {
            let directory = tempfile::tempdir().unwrap();
            let options = StoreOptions { differences, ..StoreOptions::default() };
            let open = || SledHistory::open_with(directory.path(), now(), options).unwrap();
            let mut history = open();
            let mut told = Told::new();
            let mut current = [Facts::default(), sample::facts(30)];
            let retention = Retention {
                every_change: Duration::hours(6),
                hourly: Duration::days(2),
                ..Retention::default()
            };
            let (mut clock, mut pruned) = (now(), false);
            for step in &steps {
                match step {
                    Step::Say { source, after, edits } => {
                        clock += Duration::seconds(*after);
                        let id = SourceId::new(["git", "plan"][*source]);
                        for edit in edits {
                            apply(&mut current[*source], edit);
                        }
                        let facts = Arc::new(current[*source].clone());
                        let health =
                            SourceHealth { answered_at: Some(clock), ..SourceHealth::starting(id.clone()) };
                        let known =
                            told_at(&told, &id, Instant::MAX_UTC).is_some_and(|(_, _, last)| *last == facts);
                        match history.append(&id, clock, &facts, &health).unwrap() {
                            Appended::Changed(at) => {
                                assert!(!known);
                                told.push((id, at, facts));
                            }
                            Appended::Unchanged(_) => assert!(known),
                        }
                    }
                    Step::Fail { source, after } => {
                        clock += Duration::seconds(*after);
                        let id = SourceId::new(["git", "plan"][*source]);
                        let failure = Some(Problem::new("no route", "look at the cable"));
                        let health = SourceHealth { failure, ..SourceHealth::starting(id) };
                        history.record_health(clock, &health).unwrap();
                    }
                    Step::Prune => {
                        pruned = true;
                        history.prune(clock, &retention).unwrap();
                    }
                    Step::Reopen => {
                        drop(history);
                        history = open();
                        assert_eq!(history.problems(), []);
                    }
                    Step::Rewrite => history.rewrite(&directory.path().join("history")).unwrap(),
                }
            }
            check(&history, &told, pruned);
            let before = everything(&history, &told);
            drop(history);
            history = open();
            assert_eq!(history.problems(), []);
            assert_eq!(everything(&history, &told), before);
            let planned = history.prunable(clock, &retention).unwrap();
            assert_eq!(history.prune(clock, &retention).unwrap(), planned);
            check(&history, &told, true);

            let mut stream = Vec::new();
            export(&history, &Triage::default(), "board", now(), &mut stream).unwrap();
            let other = tempfile::tempdir().unwrap();
            let board = other.path().join("board");
            import(&board, now(), &mut &stream[..]).unwrap();
            let copy = SledHistory::open(&board, now()).unwrap();
            assert_eq!(copy.problems(), []);
            assert_eq!(everything(&copy, &told), everything(&history, &told));
            check(&copy, &told, true);
            Ok(())
        })
        .unwrap();
}

#[test]
fn a_stream_that_is_not_ours_leaves_nothing_behind() {
    let directory = tempfile::tempdir().unwrap();
    let board = directory.path().join("board");
    let mut good = Vec::new();
    let source = tempfile::tempdir().unwrap();
    filled(source.path(), 4);
    let said = TriageEntry {
        subject: TriageSubject::Story("PAY-1".into()),
        kind: TriageKind::Acknowledged,
        who: "ada".into(),
        at: now(),
        text: "on it".into(),
    };
    let said = Triage { entries: vec![said] };
    export(&SledHistory::open(source.path(), now()).unwrap(), &said, "board", now(), &mut good).unwrap();
    let good = String::from_utf8(good).unwrap();
    let lines: Vec<_> = good.lines().collect();
    let again = format!("{}\n{}\n{}\n", lines[0], lines[1], lines[1]);
    for (bad, said) in [
        (String::new(), "line 1: the stream is empty"),
        ("{}\n".into(), "line 1: this is no export"),
        (good.replacen("\"schema_version\":1", "\"schema_version\":7", 1), "schema_version 7"),
        (good[..good.len() - 20].into(), "line 6 is cut short"),
        (good.replacen("\"answered\":true", "\"answered\":false", 1), "line 2: facts of a round without"),
        (format!("{}\n{}\n", lines[0], lines[2]), "line 2: no facts came before"),
        (again, "is not later than the one before"),
    ] {
        let error = import(&board, now(), &mut bad.as_bytes()).unwrap_err();
        assert!(error.to_string().contains(said), "{said}: {error}");
        assert!(!board.exists() || names(&board).is_empty(), "{said}: {:?}", names(&board));
    }
    assert_eq!(import(&board, now(), &mut good.as_bytes()).unwrap(), 4);
    assert_eq!(crate::history::triage(&board, now()).unwrap(), (said, None), "what people said came along");
    let error = import(&board, now(), &mut good.as_bytes()).unwrap_err();
    assert!(error.to_string().contains("has a history"), "{error}");
}
