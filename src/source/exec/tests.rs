#![expect(clippy::disallowed_methods, reason = "tests make the files that their programs read")]

use std::{path::Path, process::Command};

use chrono::{TimeZone, Utc};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::{
    domain::{DeploymentState, Instant, Text},
    program::tests::{HOLD, watch},
    source::published::tests::assert_valid,
};

const NOTHING: &str = "echo '{\"covers\": [\"freezes\"], \"freezes\": []}'";

fn now() -> Instant {
    Utc.with_ymd_and_hms(2026, 11, 22, 8, 24, 0).unwrap()
}

fn source(directory: &Path, command: &[&str]) -> ExecSource {
    let settings = ExecConfig {
        name: "try".to_owned(),
        command: command.iter().map(|word| (*word).to_owned()).collect(),
        variables: vec!["CARGO_MANIFEST_DIR".to_owned(), "TMINUS_TEST_NOT_SET".to_owned()],
        directories: Vec::new(),
        project: None,
        timeout: Duration::from_secs(30),
        interval: Duration::from_secs(300),
    };
    ExecSource::new(&settings, directory.to_owned(), Calendar::default())
}

fn shell(directory: &Path, script: &str) -> ExecSource {
    source(directory, &["sh", "-c", script])
}

async fn problem(mut source: ExecSource) -> Problem {
    let error = source.fetch(&Round::at(now())).await.unwrap_err();
    error.problem().unwrap().clone()
}

#[tokio::test]
async fn what_it_prints_again_is_no_news() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("facts.json");
    let mut source = source(directory.path(), &["cat", "facts.json"]);
    assert_eq!((source.id().as_str(), source.has_memory()), ("exec:try", false));
    for (printed, is_news) in [
        ("{\"covers\": [\"freezes\"], \"freezes\": []}", true),
        ("{\"covers\": [\"freezes\"], \"freezes\": []}", false),
        ("{\"freezes\": [],   \"covers\": [\"freezes\"]}", false),
        (
            "{\"covers\": [\"freezes\"], \"freezes\": [{\"name\": \"x\", \"from\": \"2026-12-24\", \"until\": \"2026-12-25\"}]}",
            true,
        ),
    ] {
        std::fs::write(&file, printed).unwrap();
        let answer = source.fetch(&Round::at(now())).await.unwrap();
        assert_eq!(matches!(answer, Answer::Facts(_)), is_news, "{printed}");
    }
}

#[tokio::test]
async fn it_sees_what_it_needs_and_nothing_else() {
    let directory = tempfile::tempdir().unwrap();
    // Cargo sets these for tests: the one is named in the settings, the other is not.
    let script = format!(
        "test \"$(pwd -P)\" = \"$(cd '{}' && pwd -P)\" && test \"$TMINUS_NOW\" = 2026-11-22T08:24:00Z \
         && test \"$TMINUS_SOURCE\" = exec:try && test -n \"$PATH\" && test -n \"$CARGO_MANIFEST_DIR\" \
         && test -z \"${{CARGO_PKG_NAME+set}}\" && test -z \"$(cat)\" && {NOTHING}",
        directory.path().display()
    );
    let answer = shell(directory.path(), &script).fetch(&Round::at(now())).await;
    assert!(matches!(answer, Ok(Answer::Facts(_))), "{answer:?}");
    assert!(std::env::var_os("CARGO_PKG_NAME").is_some());
    // No shell reads the words.
    let words = ["printf", "%s", "$(id) `id` {\"covers\": []}"];
    let problem = problem(source(directory.path(), &words)).await;
    assert!(problem.what.contains("this is no JSON"), "{problem:?}");
}

#[tokio::test]
async fn a_program_that_fails_says_why_and_what_to_try() {
    let directory = tempfile::tempdir().unwrap();
    let not_executable = directory.path().join("facts.sh");
    std::fs::write(&not_executable, "#!/bin/sh\n").unwrap();
    let secret = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    let long = "i=0; while [ $i -lt 5000 ]; do echo line $i >&2; i=$((i+1)); done; exit 1";
    for (command, what, next) in [
        (
            &["sh", "-c", "echo {; printf '\\033[31mno token\\n' >&2; exit 3"][..],
            "exec:try: sh ended with exit status: 3 (it says: ␛[31mno token)",
            "run it by hand: cd ",
        ),
        (
            &["sh", "-c", "echo refused: $CARGO_MANIFEST_DIR >&2; exit 1"],
            "(it says: refused: ***)",
            "&& sh -c 'echo",
        ),
        (&["sh", "-c", long], "line 4999)", "run it by hand"),
        (&["sh", "-c", "kill -9 $$"], "ended with signal: 9", "run it by hand"),
        (
            &["no-such-program-here"],
            "there is no program no-such-program-here",
            "correct `command` under [source.exec.try]",
        ),
        (&[not_executable.to_str().unwrap()], "may not be run: `chmod +x` it", "[source.exec.try]"),
        (&[], "names no program", "[source.exec.try]"),
        (&["true"], "exec:try: it said nothing, and nothing is no facts", "docs/facts.schema.json"),
    ] {
        let problem = problem(source(directory.path(), command)).await;
        assert!(problem.what.contains(what), "{problem:?}\n{what}");
        assert!(problem.next_step.contains(next), "{problem:?}\n{next}");
        assert!(!problem.what.contains(&secret), "{problem:?}");
    }
    let gone = problem(shell(&directory.path().join("gone"), NOTHING)).await;
    assert!(gone.what.contains("its directory") && gone.what.contains("is not there"), "{gone:?}");
}

#[tokio::test]
async fn endless_output_ends_the_program_and_all_that_it_started() {
    let directory = tempfile::tempdir().unwrap();
    let watched = watch(directory.path());
    let script = format!(
        "{HOLD}exec 2>&1; yes & sleep 600 & while :; do echo '{{\"covers\": [], \"covers\": []}}'; done"
    );
    let problem = problem(shell(directory.path(), &script)).await;
    assert!(problem.what.contains("printed more than 16 MiB and was ended"), "{problem:?}");
    watched.gone().await;
}

#[tokio::test]
async fn a_program_that_does_not_end_is_killed_with_all_that_it_started() {
    let directory = tempfile::tempdir().unwrap();
    let mut watched = watch(directory.path());
    let began = std::mem::replace(&mut watched.began, tokio::sync::oneshot::channel().1);
    // It and its child take no notice of what could be asked of them.
    let script = format!(
        "{HOLD}trap '' TERM INT HUP; sh -c \"trap '' TERM; while :; do sleep 600; done\" & while :; do wait; done"
    );
    let source = shell(directory.path(), &script);
    let ended = source.program.run_until(now(), async { began.await.unwrap() }).await;
    let problem = ended.unwrap_err().problem().unwrap().clone();
    assert!(problem.what.contains("did not end within 30s and was ended"), "{problem:?}");
    assert!(problem.next_step.contains("raise `timeout` under [source.exec.try]"), "{problem:?}");
    watched.gone().await;
    // The limit of the settings is what it is.
    let mut source = shell(directory.path(), "sleep 600");
    source.program.limit = Duration::from_millis(50);
    assert!(self::problem(source).await.what.contains("did not end within"));
}

#[tokio::test]
async fn a_round_that_is_cancelled_kills_it_and_what_it_leaves_behind_does_not_hold_it_up() {
    let directory = tempfile::tempdir().unwrap();
    let cancelled = CancellationToken::new();
    let round = Round { cancelled: cancelled.clone(), ..Round::at(now()) };
    let mut watched = watch(directory.path());
    let mut source = shell(directory.path(), &format!("{HOLD}sleep 600"));
    let began = &mut watched.began;
    let cancel = async move {
        began.await.unwrap();
        cancelled.cancel();
    };
    let (fetched, ()) = tokio::join!(source.fetch(&round), cancel);
    assert!(matches!(fetched, Err(SourceError::Cancelled)), "{fetched:?}");
    watched.gone().await;

    // Something in the background keeps the output open: what was printed counts, and it ends.
    let watched = watch(directory.path());
    let script = format!("{HOLD}{NOTHING}; sleep 600 &");
    let answer = shell(directory.path(), &script).fetch(&Round::at(now())).await;
    assert!(matches!(answer, Ok(Answer::Facts(_))), "{answer:?}");
    watched.gone().await;
}

#[tokio::test]
async fn doctor_says_how_it_runs_and_what_it_covers() {
    let directory = tempfile::tempdir().unwrap();
    let points =
        shell(directory.path(), &format!("echo warming up >&2; {NOTHING}")).examine(&Round::at(now())).await;
    let said: Vec<String> = points.iter().map(|point| format!("{}: {}", point.subject, point.what)).collect();
    assert_eq!(
        said,
        [
            "variables: exec:try: the variable TMINUS_TEST_NOT_SET is not set",
            "runs: it ended well, with 39 bytes of facts",
            "says: on its error output: warming up",
            "covers: freezes",
        ]
    );
    let points = shell(directory.path(), "exit 1").examine(&Round::at(now())).await;
    assert_eq!(points.last().map(|point| point.state), Some(DiagnosisState::Bad));
}

/// What an example prints, if its interpreter is on this machine.
async fn example(directory: &Path, interpreter: &str, script: &str, argument: &str) -> Option<Arc<Facts>> {
    if Command::new(interpreter).arg("--version").output().is_err() && interpreter != "sh" {
        return None;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/facts").join(script);
    let script = script.to_str().unwrap().to_owned();
    let mut source = source(directory, &[interpreter, &script, argument]);
    let printed = source.program.run(now()).await.unwrap().printed;
    assert_valid(&serde_json::from_slice(&printed).unwrap());
    let Ok(Answer::Facts(facts)) = source.fetch(&Round::at(now())).await else { panic!("{script}") };
    assert_eq!(facts.problems, [], "{script}");
    Some(facts)
}

#[tokio::test]
async fn the_examples_print_what_the_schema_says() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
    write(
        "freezes.txt",
        "# from\tuntil\n2026-12-20\t2027-01-06\tproduction/*\tthe \"quiet\" weeks\n2026-11-27\t2026-11-27\t*\tBlack Friday\n",
    );
    let facts = example(directory.path(), "sh", "freezes.sh", "freezes.txt").await.unwrap();
    let freezes: Vec<_> = facts
        .freezes
        .iter()
        .map(|freeze| (freeze.name.as_str(), freeze.window.duration().num_days()))
        .collect();
    assert_eq!(freezes, [("the \"quiet\" weeks", 18), ("Black Friday", 1)]);

    write(
        "smoke.tap",
        "TAP version 13\n1..4\nok 1 - opens\nnot ok 2 - pays\nok 3 - prints # SKIP no printer\nok 4\nBail out!\n",
    );
    if let Some(facts) = example(directory.path(), "python3", "tap.py", ".").await {
        let run = &facts.test_runs[0];
        assert_eq!((run.suite.as_str(), run.passed, run.failed, run.skipped), ("smoke", 2, 2, 1));
        assert_eq!(run.failures.iter().map(Text::as_str).collect::<Vec<_>>(), ["pays", "it bailed out"]);
    }

    write(
        "log.jsonl",
        "{\"app\": \"payments\", \"version\": \"4.2\", \"to\": \"production\", \"began\": \"2026-11-21T09:00:00Z\", \"ended\": \"2026-11-21T09:20:00Z\", \"ok\": false}\n{\"app\": \"auth\", \"version\": \"2.9\", \"to\": \"staging\", \"began\": \"2026-11-22T08:00:00Z\"}\n",
    );
    if let Some(facts) = example(directory.path(), "node", "deployments.mjs", "log.jsonl").await {
        let states: Vec<_> = facts.deployments.iter().map(|deployment| deployment.state).collect();
        assert_eq!(states, [DeploymentState::Failed, DeploymentState::Running]);
        assert_eq!(facts.environments.len(), 2);
    }
}
