//! What one file holds, and when it has to be read again.

use std::{
    io::{IsTerminal, Read},
    path::{Path, PathBuf},
    sync::Arc,
};

use super::STANDARD_INPUT;
use crate::domain::{Finding, Instant, Problem, Release, Story, TestRun, Text};

/// Largest file, in bytes.
const LARGEST: u64 = 64 * 1024 * 1024;

/// A file that changed less than so many seconds before it was read may change again without
/// another time or size.
const SETTLED_AFTER: i64 = 3;

/// Most problems of one file that are told one by one.
const MOST_PROBLEMS: usize = 20;

/// What a file holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Contents {
    /// Runs of suites. Their release is not known yet, nor the commit where they do not say it.
    pub(super) runs: Vec<ReadRun>,
    /// Tests that failed and then passed, by suite.
    pub(super) flaky: Vec<(Text, Vec<Text>)>,
    /// Findings, opened as far as the file knows.
    pub(super) findings: Vec<Finding>,
    /// Analyses that the findings are from.
    pub(super) analyses: usize,
    /// Stories and defects.
    pub(super) stories: Vec<ReadStory>,
    /// What of it could not be read.
    pub(super) problems: Vec<Problem>,
}

/// A run of a suite.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ReadRun {
    /// How its tests ended at last.
    pub(super) run: TestRun,
    /// How they ended before: tests that were tried again and ended differently count as they did at
    /// an earlier attempt. None where all ended the same each time.
    pub(super) before: Option<TestRun>,
}

/// A story of a table.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ReadStory {
    /// What the table says.
    pub(super) story: Story,
    /// The releases that it is in.
    pub(super) releases: Vec<Release>,
    /// It does not say when it was created: the time of the file stands in.
    pub(super) created_is_unknown: bool,
    /// It does not say when it became what it is: the time of the file stands in.
    pub(super) last_move_is_unknown: bool,
}

impl Contents {
    /// Adds a problem, unless there are too many to read.
    pub(super) fn problem(&mut self, problem: Problem) {
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(problem);
        }
    }
}

/// A file as it was read last.
#[derive(Clone, Debug)]
pub(super) struct Known {
    /// What it is called.
    pub(super) name: String,
    /// When it was written; none: it is not there.
    pub(super) written_at: Option<Instant>,
    /// What it holds, or why it cannot be read.
    pub(super) contents: Arc<Result<Contents, Problem>>,
    /// By what a change of it is seen; none: it must be read again.
    stamp: Option<(u64, Instant)>,
}

/// What is in the file at `path` now: what `before` says if it did not change since, else what
/// `read` makes of it.
pub(super) fn of(
    path: &Path,
    root: &Path,
    now: Instant,
    before: Option<Known>,
    read: impl Fn(&str, &[u8], Instant) -> Result<Contents, Problem>,
) -> Known {
    if path == Path::new(STANDARD_INPUT) {
        // What was put into the program can be read once.
        return before.unwrap_or_else(|| {
            let name = "standard input".to_owned();
            let bytes = if std::io::stdin().is_terminal() {
                Err(Problem::new(
                    format!("{name}: nothing is put in"),
                    "put a report in: `tminus check --junit - < report.xml`",
                ))
            } else {
                bounded(std::io::stdin().lock(), &name)
            };
            let contents = bytes.and_then(|bytes| read(&name, &bytes, now));
            Known { name, written_at: Some(now), contents: Arc::new(contents), stamp: None }
        });
    }
    let name = path.strip_prefix(root).unwrap_or(path).display().to_string();
    let stamp = stamp(path, &name);
    if let (Some(before), Ok(stamp)) = (&before, &stamp)
        && before.stamp == Some(*stamp)
    {
        return before.clone();
    }
    let written_at = stamp.as_ref().ok().map(|(_, at)| (*at).min(now));
    let bytes = stamp.clone().and_then(|_| bytes(path.to_owned(), &name));
    let contents = bytes.and_then(|bytes| read(&name, &bytes, written_at.unwrap_or(now)));
    let stamp = stamp.ok().filter(|(_, at)| (now - *at).num_seconds() > SETTLED_AFTER);
    Known { name, written_at, contents: Arc::new(contents), stamp }
}

/// Size and time of the last change. What is no file (a pipe, a device) is not opened: reading it
/// might never end.
fn stamp(path: &Path, name: &str) -> Result<(u64, Instant), Problem> {
    let metadata = std::fs::metadata(path).map_err(|error| unreadable(name, &error))?;
    if !metadata.is_file() {
        return Err(Problem::new(format!("{name}: this is no file"), "name a file"));
    }
    let modified = metadata.modified().map_err(|error| unreadable(name, &error))?;
    Ok((metadata.len(), modified.into()))
}

fn bytes(path: PathBuf, name: &str) -> Result<Vec<u8>, Problem> {
    #[expect(clippy::disallowed_methods, reason = "reports are files")]
    let file = std::fs::File::open(path).map_err(|error| unreadable(name, &error))?;
    bounded(file, name)
}

fn bounded(from: impl Read, name: &str) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    from.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| unreadable(name, &error))?;
    if bytes.len() as u64 > LARGEST {
        return Err(Problem::new(
            format!("{name}: larger than {} MiB", LARGEST / 1024 / 1024),
            "leave captured output out of the report, or split it",
        ));
    }
    Ok(bytes)
}

fn unreadable(name: &str, error: &std::io::Error) -> Problem {
    let what = match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "you may not read it".to_owned(),
        _ => format!("cannot be read: {error}"),
    };
    Problem::new(format!("{name}: {what}"), "write the report there, or correct the files of the source")
}

/// The text of a file, without a mark of its byte order.
pub(super) fn text<'a>(name: &str, bytes: &'a [u8]) -> Result<&'a str, Problem> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = line(bytes, error.valid_up_to());
        Problem::new(format!("{name}:{line}: this is no UTF-8"), "write the file in UTF-8")
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// The line of a position, counted from 1.
pub(super) fn line(bytes: &[u8], position: usize) -> usize {
    1 + bytes.iter().take(position).filter(|byte| **byte == b'\n').count()
}
