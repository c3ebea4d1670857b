//! A panic, in whatever thread or task: the terminal first, then a report, then the end.

use std::{
    backtrace::Backtrace,
    fmt::Write as _,
    io::{self, Write as _},
    panic::PanicHookInfo,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};

use super::guard::restore;
use crate::domain::{Instant, Text};

/// Exit code after a panic: the one that Rust programs have.
const EXIT_CODE: i32 = 101;

/// Somebody panics already.
static IS_REPORTING: AtomicBool = AtomicBool::new(false);

/// From here on a panic anywhere gives the terminal back, writes a report into `directory`
/// (made if it is not there), says on the standard error where it is, and ends the program.
///
/// Also one in a task, which would otherwise be kept from sight while the rest goes on
/// with half of its state; not one of which `is_dealt_with` says on its thread that
/// somebody catches it and goes on.
pub fn report_panics(
    directory: PathBuf,
    now: impl Fn() -> Instant + Send + Sync + 'static,
    is_dealt_with: fn() -> bool,
) {
    std::panic::set_hook(Box::new(move |panic| {
        if is_dealt_with() {
            tracing::warn!(%panic, "a panic that is dealt with");
            return;
        }
        if IS_REPORTING.swap(true, Ordering::SeqCst) {
            // The first one ends the program. One within this hook never comes here: the
            // standard library aborts.
            loop {
                thread::park();
            }
        }
        restore();
        let report = Report::of(panic, now());
        let place = report.write(&directory);
        // If there is nobody to read it, that changes nothing.
        let _ = io::stderr().write_all(report.summary(place.as_deref()).as_bytes());
        process::exit(EXIT_CODE);
    }));
}

/// What is known of a panic.
#[derive(Debug)]
struct Report {
    at: Instant,
    message: Text,
    location: String,
    thread: Text,
    backtrace: String,
}

impl Report {
    fn of(panic: &PanicHookInfo<'_>, at: Instant) -> Self {
        let payload = panic.payload();
        let message = payload
            .downcast_ref::<&str>()
            .copied()
            .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
            .unwrap_or("a panic without a message");
        Self {
            at,
            message: Text::new(message),
            location: panic.location().map_or_else(|| "an unknown place".into(), ToString::to_string),
            thread: Text::new(thread::current().name().unwrap_or("unnamed")),
            backtrace: Backtrace::force_capture().to_string(),
        }
    }

    fn file_name(&self) -> String {
        format!("panic-{}-{}.txt", self.at.format("%Y%m%dT%H%M%SZ"), process::id())
    }

    fn text(&self) -> String {
        let mut text = format!(
            "tminus {} panicked\n\nat:       {}\nmessage:  {}\nlocation: {}\nthread:   {}\nsystem:   {} {}\n\n",
            env!("CARGO_PKG_VERSION"),
            self.at.format("%Y-%m-%dT%H:%M:%SZ"),
            self.message,
            self.location,
            self.thread,
            std::env::consts::OS,
            std::env::consts::ARCH,
        );
        // Writing to memory does not fail.
        let _ = writeln!(text, "{}", self.backtrace.trim_end());
        text
    }

    #[expect(clippy::disallowed_methods, reason = "the report of a panic is written by nobody else")]
    fn write(&self, directory: &Path) -> io::Result<PathBuf> {
        std::fs::create_dir_all(directory)?;
        let path = directory.join(self.file_name());
        std::fs::write(&path, self.text())?;
        Ok(path)
    }
}

impl Report {
    /// What a person is told on the standard error.
    fn summary(&self, place: Result<&Path, &io::Error>) -> String {
        let what =
            format!("tminus ended because of an error in tminus: {} ({})", self.message, self.location);
        match place {
            Ok(path) => format!(
                "{what}\nThe report is {}\nPlease file an issue with it. Nothing kept is lost: start tminus again.\n",
                Text::new(path.to_string_lossy()),
            ),
            Err(error) => format!(
                "{what}\nThe report could not be written ({}):\n{}Please file an issue with it. \
                 Nothing kept is lost: start tminus again.\n",
                Text::new(error.to_string()),
                self.text(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> Report {
        Report {
            at: Instant::UNIX_EPOCH,
            message: Text::new("index \u{1b}[31m out of bounds"),
            location: "src/view/frame.rs:1:2".into(),
            thread: Text::new("main"),
            backtrace: "0: frame\n1: main\n".into(),
        }
    }

    #[test]
    fn the_report_is_written_into_a_directory_that_need_not_exist() {
        let directory = tempfile::tempdir().expect("a directory");
        let place = report().write(&directory.path().join("state/panics"));
        let path = place.as_deref().expect("written");
        #[expect(clippy::disallowed_methods, reason = "looks at what was written")]
        let text = std::fs::read_to_string(path).expect("readable");
        for part in ["1970-01-01T00:00:00Z", "index ␛[31m out", "src/view/frame.rs:1:2", "main", "0: frame"]
        {
            assert!(text.contains(part), "{part} in {text}");
        }
        assert!(report().summary(place.as_deref()).contains("state/panics/panic-19700101T000000Z-"));
    }

    #[test]
    fn a_report_that_cannot_be_written_is_printed() {
        let summary = report().summary(Err(&io::Error::from(io::ErrorKind::PermissionDenied)));
        assert!(summary.contains("permission denied") && summary.contains("0: frame"), "{summary}");
        assert!(!summary.contains('\u{1b}'), "{summary}");
    }
}
