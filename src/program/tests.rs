//! How tests hear of programs: by what they hold open, not by asking again and again.

#![expect(clippy::disallowed_methods, reason = "tests make the pipes that their programs hold")]

use std::{fs::File, io::Read as _, path::Path, process::Stdio};

use tokio::sync::oneshot;

use super::*;

/// How long anything may take, on any machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Hears of the processes that hold a pipe open: when the first of them took it, and when the last
/// of them is gone. What a process starts holds it, too.
pub(crate) struct Watched {
    pub(crate) began: oneshot::Receiver<()>,
    gone: oneshot::Receiver<()>,
}

/// In a script of a shell: holds the pipe of [`watch`] open from here on.
pub(crate) const HOLD: &str = "exec 9>alive; ";

/// Makes the pipe in `directory`.
pub(crate) fn watch(directory: &Path) -> Watched {
    let pipe = directory.join("alive");
    // Of a watch before.
    let _ = std::fs::remove_file(&pipe);
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let (begins, began) = oneshot::channel();
    let (goes, gone) = oneshot::channel();
    // No thread of the runtime: one that waits for ever must not hold up the end of a failed test.
    std::thread::spawn(move || {
        let mut pipe = File::open(pipe).unwrap();
        let _ = begins.send(());
        let _ = pipe.read_to_end(&mut Vec::new());
        let _ = goes.send(());
    });
    Watched { began, gone }
}

impl Watched {
    /// Waits until the last one is gone.
    pub(crate) async fn gone(self) {
        tokio::time::timeout(PATIENCE, self.gone).await.expect("a process goes on").unwrap();
    }
}

fn shell(directory: &Path, script: &str) -> Running {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{HOLD}{script}")]).current_dir(directory);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    Running::start(&mut command).unwrap()
}

#[tokio::test]
async fn whatever_ends_a_program_ends_all_that_it_started() {
    let directory = tempfile::tempdir().unwrap();
    // They take no notice of what could be asked of them.
    let stubborn =
        "trap '' TERM INT HUP; sh -c \"trap '' TERM; while :; do sleep 600; done\" & while :; do wait; done";

    // Nobody waits for it any more.
    let mut watched = watch(directory.path());
    let running = shell(directory.path(), stubborn);
    (&mut watched.began).await.unwrap();
    drop(running);
    watched.gone().await;

    // Its time is over.
    let mut watched = watch(directory.path());
    let running = shell(directory.path(), stubborn);
    tokio::select! {
        ended = running.ended(Leftovers::GoOn, |_, _| true) => panic!("{ended:?}"),
        began = &mut watched.began => began.unwrap(),
    }
    watched.gone().await;

    // It wrote too much.
    let watched = watch(directory.path());
    let running = shell(directory.path(), "sleep 600 & while :; do echo again; done");
    let ended = running.ended(Leftovers::GoOn, |_, printed| printed.len() < 10_000).await.unwrap();
    assert_eq!(ended, None);
    watched.gone().await;

    // It ended, and what it left behind is not wanted.
    let watched = watch(directory.path());
    let running = shell(directory.path(), "sleep 600 & echo printed");
    let mut all = Vec::new();
    let ended = running.ended(Leftovers::End, |_, printed| {
        all.append(printed);
        true
    });
    assert!(ended.await.unwrap().unwrap().success());
    assert_eq!(all, b"printed\n");
    watched.gone().await;
}

#[tokio::test]
async fn what_a_program_that_ended_left_behind_may_go_on() {
    let directory = tempfile::tempdir().unwrap();
    let mut watched = watch(directory.path());
    // It goes on until somebody writes into the other pipe.
    assert!(
        std::process::Command::new("mkfifo").arg(directory.path().join("end")).status().unwrap().success()
    );
    let running = shell(directory.path(), "cat end > /dev/null 2>&1 & echo started");
    assert!(running.ended(Leftovers::GoOn, |_, _| true).await.unwrap().unwrap().success());
    assert!(watched.gone.try_recv().is_err(), "it was killed");
    std::fs::write(directory.path().join("end"), "now").unwrap();
    watched.gone().await;
}
