//! Processes that are killed while they write.

use std::{
    io::{BufRead, BufReader},
    process::{Command, Stdio},
};

use super::*;
use crate::history::Archive;

const CHILD: &str = "TMINUS_KILLED_CHILD";

/// What the child keeps as its round `number`.
fn said(number: usize) -> Arc<Facts> {
    let mut facts = sample::facts(40);
    let place = number * 11 % facts.stories.len();
    let story = crate::domain::Story { points: Some(number as f32), ..sample::story(place + 1) };
    facts.stories[place] = Arc::new(story);
    facts.problems.push(Problem::new(format!("round {number}"), "nothing"));
    Arc::new(facts)
}

fn when(number: usize) -> Instant {
    now() + Duration::minutes(i64::try_from(number).unwrap() * 20)
}

/// Retention that has work to do all the time.
fn eager() -> Retention {
    Retention { every_change: Duration::hours(20), hourly: Duration::days(4), ..Retention::default() }
}

/// Not a test by itself: writes until it is killed, and says what it is told is kept.
#[test]
#[ignore = "is run by the trials, which kill it"]
#[expect(clippy::print_stdout, reason = "the trials read it")]
fn child() {
    let Ok(board) = std::env::var(CHILD) else { return };
    let mut history = SledHistory::open(Path::new(&board), now()).unwrap();
    let path = Path::new(&board).join("history");
    let last = history.latest().unwrap().first().map(|kept| kept.since);
    let mut number = last.map_or(0, |since| ((since - now()).num_minutes() / 20 + 1) as usize);
    println!("ready");
    loop {
        history.append(&git(), when(number), &said(number), &health()).unwrap();
        println!("kept {number}");
        if number % 40 == 39 {
            history.prune(when(number), &eager()).unwrap();
        }
        if number % 70 == 69 {
            history.rewrite(&path).unwrap();
        }
        number += 1;
    }
}

/// `cargo test --release --lib kill::trials -- --ignored --nocapture`; `TMINUS_TRIALS` says how many.
#[test]
#[ignore = "kills 200 processes"]
#[expect(clippy::print_stderr, reason = "how far it is")]
fn trials() {
    let count = std::env::var("TMINUS_TRIALS").ok().and_then(|count| count.parse().ok()).unwrap_or(200);
    let directory = tempfile::tempdir().unwrap();
    let mut random = fastrand::Rng::with_seed(9);
    let mut kept: Option<usize> = None;
    for trial in 0..count {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "--nocapture", "history::sled::tests::kill::child"])
            .env(CHILD, directory.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        // Some are killed while they open the store, most while they write, prune or rewrite.
        let rounds = if trial % 10 == 0 { 0 } else { random.usize(1..90) };
        let mut seen = 0;
        while seen < rounds {
            let line = lines.next().expect("it writes until it is killed").unwrap();
            if let Some((_, number)) = line.split_once("kept ") {
                kept = Some(number.parse().unwrap());
                seen += 1;
            }
        }
        let until = std::time::Instant::now() + std::time::Duration::from_micros(random.u64(0..3_000));
        while std::time::Instant::now() < until {
            std::hint::spin_loop();
        }
        child.kill().unwrap();
        // What it still said before it was killed counts, too.
        for line in lines.map_while(Result::ok) {
            kept = line.split_once("kept ").map(|(_, number)| number.parse().unwrap()).or(kept);
        }
        child.wait().unwrap();

        let history = SledHistory::open(directory.path(), now()).unwrap();
        assert_eq!(history.problems(), [], "trial {trial}");
        let Some(last) = kept else { continue };
        let newest = &history.latest().unwrap()[0];
        assert!(newest.since >= when(last), "trial {trial}: round {last} was kept, and is lost");
        // All that is not yet thinned is there, and what is there is what was written.
        let whole = last.saturating_sub(55);
        for number in whole..=last {
            let found = &history.at(when(number)).unwrap()[0];
            assert_eq!((found.since, &found.facts), (when(number), &said(number)), "trial {trial}");
        }
        for at in history.instants(Instant::MIN_UTC, Instant::MAX_UTC).unwrap() {
            let number = usize::try_from((at - now()).num_minutes() / 20).unwrap();
            assert_eq!(history.at(at).unwrap()[0].facts, said(number), "trial {trial}");
        }
        if trial % 20 == 19 {
            assert_eq!(history.verify().unwrap().damage, [""; 0], "trial {trial}");
            eprintln!("{} trials, {last} rounds", trial + 1);
        }
    }
}
