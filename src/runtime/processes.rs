//! Programs that the board runs for its user: never through a shell, never in its own job.

#![expect(clippy::disallowed_methods, reason = "this is the room of the log of commands")]

use std::{
    fs::OpenOptions,
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tokio::{io::AsyncWriteExt as _, process::Command};

use crate::{
    app::{CommandResult, Job, JobAnswer},
    config::CommandOutput,
    domain::{Instant, Text},
    program::{Leftovers, Running},
};

/// How long a program may take that nobody sees.
const LIMIT: Duration = Duration::from_secs(600);
/// Bytes of output that are kept, of the end.
const MOST_BYTES: usize = 64 * 1024;
/// Lines of output that are shown, of the end.
const MOST_LINES: usize = 500;
/// A log larger than this is begun anew; the one before is kept.
const LARGEST_LOG: u64 = 1 << 20;

/// Runs the steps of `job` in `directory`; its output goes where it shall.
pub(super) async fn run(job: &Job, directory: &Path, log: Option<PathBuf>, now: Instant) -> JobAnswer {
    run_until(job, directory, log, now, tokio::time::sleep(LIMIT)).await
}

/// The same, as long as it is not `over`: then it is killed, with all that it started.
async fn run_until(
    job: &Job,
    directory: &Path,
    log: Option<PathBuf>,
    now: Instant,
    over: impl Future<Output = ()>,
) -> JobAnswer {
    let mut written = Vec::new();
    let failure = tokio::select! {
        ended = steps(job, directory, &mut written) => ended.err(),
        () = over => Some(format!("did not end within {} minutes and was ended", LIMIT.as_secs() / 60)),
    };
    let how = match &failure {
        None => job.done.clone(),
        Some(why) => Text::new(format!("{}: {why}", job.name)),
    };
    let text = String::from_utf8_lossy(&written);
    let lines: Vec<Text> = text.lines().map(Text::new).collect();
    let lines = lines[lines.len().saturating_sub(MOST_LINES)..].to_vec();
    if job.output == CommandOutput::Log
        && let Some(path) = log
    {
        let entry = entry(job, &how, &lines, now);
        let kept = tokio::task::spawn_blocking(move || append(&path, &entry)).await;
        if let Ok(Err(error)) = kept {
            return Err(Text::new(format!("{how}; its output was not kept: {error}")));
        }
    }
    Ok(CommandResult { is_good: failure.is_none(), how, lines })
}

async fn steps(job: &Job, directory: &Path, written: &mut Vec<u8>) -> Result<(), String> {
    for words in &job.steps {
        step(words, directory, written).await?;
    }
    Ok(())
}

/// Runs one program, without input; what it writes is added to `written`. What it started in the
/// background goes on when it ended well or badly by itself.
async fn step(words: &[String], directory: &Path, written: &mut Vec<u8>) -> Result<(), String> {
    let cannot =
        |error: io::Error| format!("{} cannot be run: {error}", words.first().map_or("", String::as_str));
    let mut command = command(words)?;
    command
        .current_dir(directory)
        .env("NO_COLOR", "1")
        .env("TERM", "dumb")
        // Nobody can answer.
        .env("GIT_TERMINAL_PROMPT", "0")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let running = Running::start(&mut command).map_err(cannot)?;
    let ended = running.ended(Leftovers::GoOn, |_, part| {
        written.append(part);
        let surplus = written.len().saturating_sub(MOST_BYTES);
        written.drain(..surplus);
        true
    });
    match ended.await.map_err(cannot)? {
        Some(status) if status.success() => Ok(()),
        Some(status) => Err(format!("ended with {status}")),
        None => Err("did not end".to_owned()),
    }
}

/// A program that is asked for nothing.
fn command(words: &[String]) -> Result<Command, String> {
    let (program, arguments) = words.split_first().ok_or("names no program")?;
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null());
    Ok(command)
}

/// Runs the steps of `job` with the terminal, which somebody else must have left to it.
pub(super) async fn run_in_terminal(job: &Job, directory: &Path) -> JobAnswer {
    for words in &job.steps {
        let (program, arguments) = words.split_first().ok_or("names no program")?;
        let status = Command::new(program).args(arguments).current_dir(directory).status().await;
        let failed = match status {
            Ok(status) if status.success() => continue,
            Ok(status) => format!("{}: ended with {status}", job.name),
            Err(error) => format!("{}: {program} cannot be run: {error}", job.name),
        };
        return Ok(CommandResult { is_good: false, how: Text::new(failed), lines: Vec::new() });
    }
    Ok(CommandResult { is_good: true, how: job.done.clone(), lines: Vec::new() })
}

/// Runs a program that takes `input` and says nothing. Whether it ended well within `limit`.
pub(super) async fn feed(words: &[String], input: &str, limit: Duration) -> Result<(), String> {
    let mut command = command(words)?;
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut running = Running::start(&mut command).map_err(|error| error.to_string())?;
    let mut pipe = running.input().ok_or("takes nothing")?;
    let ended = tokio::time::timeout(limit, async move {
        pipe.write_all(input.as_bytes()).await?;
        drop(pipe);
        // Who keeps a clipboard goes on in the background.
        running.ended(Leftovers::GoOn, |_, _| true).await
    });
    match ended.await {
        Ok(Ok(Some(status))) if status.success() => Ok(()),
        Ok(Ok(Some(status))) => Err(format!("ended with {status}")),
        Ok(Ok(None)) => Err("did not end".to_owned()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err(format!("did not end within {} s", limit.as_secs())),
    }
}

/// Begins a program and leaves it alone; one that ends badly within `watched` is told.
pub(super) async fn launch(words: &[String], watched: Duration) -> Result<(), String> {
    let mut child = command(words)?
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Not of the terminal's job, and not ours to end.
        .process_group(0)
        .spawn()
        .map_err(|error| error.to_string())?;
    match tokio::time::timeout(watched, child.wait()).await {
        Ok(Ok(status)) if !status.success() => Err(format!("ended with {status}")),
        Ok(Err(error)) => Err(error.to_string()),
        // A browser that is its own window goes on.
        Ok(Ok(_)) | Err(_) => Ok(()),
    }
}

fn entry(job: &Job, how: &Text, lines: &[Text], now: Instant) -> String {
    let mut entry = format!("{} {}\n$ {}\n", now.to_rfc3339(), how, crate::domain::clean(&job.shown()));
    for line in lines {
        entry.push_str("  ");
        entry.push_str(line);
        entry.push('\n');
    }
    entry
}

fn append(path: &Path, entry: &str) -> io::Result<()> {
    if std::fs::metadata(path).is_ok_and(|found| found.len() > LARGEST_LOG) {
        std::fs::rename(path, path.with_extension("log.1"))?;
    }
    if let Some(directory) = path.parent() {
        std::fs::create_dir_all(directory)?;
    }
    OpenOptions::new().append(true).create(true).mode(0o600).open(path)?.write_all(entry.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::fixture::now;

    fn job(output: CommandOutput, steps: &[&[&str]]) -> Job {
        let words = |step: &&[&str]| step.iter().map(|word| (*word).to_owned()).collect();
        let steps = steps.iter().map(words).collect();
        Job { number: 1, name: "try".into(), steps, output, done: "try: done".into() }
    }

    #[tokio::test]
    async fn steps_run_in_turn_without_a_shell_and_their_output_is_clean() {
        let directory = tempfile::tempdir().unwrap();
        for (steps, good, how, shown) in [
            (&[&["echo", "$(id); `id`", "a b"][..]][..], true, "try: done", "$(id); `id` a b"),
            (&[&["printf", "\\033[31mred\\n"], &["pwd"]], true, "try: done", "␛[31mred"),
            (&[&["sh", "-c", "echo why >&2; exit 3"], &["echo", "never"]], false, "exit status: 3", "why"),
            (&[&["no-such-program-here"]], false, "no-such-program-here cannot be run", ""),
            (
                &[&["sh", "-c", "printf %s \"$1\"", "tminus", "'; echo injected"]],
                true,
                "done",
                "'; echo injected",
            ),
        ] {
            let answer = run(&job(CommandOutput::Pane, steps), directory.path(), None, now()).await.unwrap();
            assert_eq!(answer.is_good, good, "{steps:?}: {answer:?}");
            assert!(answer.how.contains(how), "{answer:?}");
            assert_eq!(answer.lines.first().map_or("", |line| line.as_str()), shown);
            assert!(!answer.lines.iter().any(|line| line.as_str() == "never"));
        }
    }

    #[tokio::test]
    async fn the_end_of_a_long_output_is_kept_and_a_log_is_written() {
        let directory = tempfile::tempdir().unwrap();
        let log = directory.path().join("state/commands.log");
        let much = "i=0; while [ $i -lt 9000 ]; do echo line $i; i=$((i+1)); done";
        let job = job(CommandOutput::Log, &[&["sh", "-c", much]]);
        let answer = run(&job, directory.path(), Some(log.clone()), now()).await.unwrap();
        assert_eq!(answer.lines.len(), MOST_LINES);
        assert_eq!(answer.lines.last().unwrap().as_str(), "line 8999");
        let kept = std::fs::read_to_string(&log).unwrap();
        assert!(kept.starts_with("2026-11-22T08:24:00+00:00 try: done\n$ sh -c 'i=0;"), "{kept:.100}");
        assert!(kept.ends_with("  line 8999\n"));
    }

    #[tokio::test]
    async fn one_whose_time_is_over_is_ended_with_all_that_it_started() {
        use crate::program::tests::{HOLD, watch};
        let directory = tempfile::tempdir().unwrap();
        let mut watched = watch(directory.path());
        let began = std::mem::replace(&mut watched.began, tokio::sync::oneshot::channel().1);
        let script = format!("{HOLD}echo begun; trap '' TERM; sleep 600 & while :; do wait; done");
        let job = job(CommandOutput::Pane, &[&["sh", "-c", &script], &["echo", "never"]]);
        let over = async { began.await.unwrap() };
        let answer = run_until(&job, directory.path(), None, now(), over).await.unwrap();
        assert!(!answer.is_good && answer.how.contains("did not end within 10 minutes and was ended"));
        assert!(!answer.lines.iter().any(|line| line.as_str() == "never"));
        watched.gone().await;
    }
}
