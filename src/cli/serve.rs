//! `tminus serve`: an owner without a screen.

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
};

use crate::{
    clock::Clock,
    history::{self, OwnerLock},
    insight::{Board, board::Completeness},
    server::{Session, SessionSetup, Standing},
    terminal,
};

use super::{
    Failure, args::Common, complain, context::Context, headless, log, report, say, schedule, sharing,
};

/// Serves the board until TERM, INT or QUIT; reads the configuration anew on HUP. Where
/// another process owns the board, it stands by until that one goes.
pub(super) fn run(common: &Common) -> Result<ExitCode, Failure> {
    let mut context = Arc::new(checked(common)?);
    log::start(&context.config.state_dir);
    let clock = context.clock;
    terminal::report_panics(
        context.config.state_dir.join("reports"),
        move || clock.now(),
        history::owns_panic,
    );
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let ended = runtime.block_on(async {
        let mut signals = Signals::new()?;
        let mut lock: Option<OwnerLock> = None;
        loop {
            let directory = context.directory.clone();
            let setup = sharing::setup(&context, common, sharing::again(Arc::clone(&context), common));
            let setup = SessionSetup { lock: lock.take(), ..setup };
            let started = tokio::select! {
                started = Session::start(setup) => started,
                () = ending(&mut signals.ending) => return Ok(()),
            };
            let session = started.map_err(|problem| Failure::Usage(say(&problem)))?;
            let mut calendar = CalendarFile::of(&context);
            let Some(next) = serve(&session, common, &mut signals, &mut calendar).await else {
                session.stop().await;
                return Ok(());
            };
            // Nobody else shall have the board between two configurations, if it is the same.
            if next.directory == directory {
                lock = session.stop_with_lock().await;
            } else {
                session.stop().await;
            }
            context = Arc::new(next);
        }
    });
    runtime.shutdown_background();
    ended.map(|()| ExitCode::SUCCESS)
}

/// A configuration that can be served.
fn checked(common: &Common) -> Result<Context, Failure> {
    let context = Context::resolve(common, None)?;
    if context.directory.is_none() {
        let what = "the demo is shared with nobody: give it a place with --data-dir";
        return Err(Failure::Usage(what.into()));
    }
    headless::sources(&context, common)?;
    Ok(context)
}

/// Until it shall end (none) or go on with another configuration.
async fn serve(
    session: &Session,
    common: &Common,
    signals: &mut Signals,
    calendar: &mut CalendarFile,
) -> Option<Context> {
    let mut standing = session.standing();
    standing.mark_changed();
    let mut boards = session.boards();
    boards.mark_changed();
    loop {
        tokio::select! {
            biased;
            () = ending(&mut signals.ending) => return None,
            _ = signals.reload.recv() => match checked(common) {
                Ok(context) => {
                    complain("the configuration is read anew");
                    return Some(context);
                }
                Err(failure) => {
                    complain(&format!("the configuration stays as it was: {}", failure.message()));
                }
            },
            Ok(()) = standing.changed() => {
                tell(&mut standing);
                // Who becomes the owner has the board already.
                boards.mark_changed();
            }
            Ok(()) = boards.changed() => {
                let board = Arc::clone(&boards.borrow_and_update());
                // Who stands by leaves the file to the owner.
                let is_owner = matches!(*standing.borrow(), Standing::Owner(_));
                if is_owner {
                    calendar.keep(&board).await;
                }
            }
        }
    }
}

/// Says what it is for its board, for the journal.
fn tell(standing: &mut watch::Receiver<Standing>) {
    match &*standing.borrow_and_update() {
        Standing::Owner(Some(socket)) => complain(&format!("serving at {}", socket.display())),
        Standing::Owner(None) => complain("this board is shared with nobody: see the log"),
        Standing::Viewer(pid) => {
            complain(&format!("process {pid} owns this board; standing by until it goes"));
        }
        // For a moment only.
        Standing::Seeking | Standing::Suspended => {}
    }
}

/// The schedule as a file, for calendar programs that subscribe to one.
struct CalendarFile {
    path: Option<PathBuf>,
    clock: Clock,
    /// What it says, but for when that was written.
    kept: Option<String>,
    /// What was wrong last: said once.
    trouble: Option<String>,
}

impl CalendarFile {
    fn of(context: &Context) -> Self {
        let path = context.config.serve_calendar_file.clone();
        Self { path, clock: context.clock, kept: None, trouble: None }
    }

    /// Writes the schedule of `board` where it says something else than before.
    async fn keep(&mut self, board: &Arc<Board>) {
        let Some(path) = self.path.clone() else { return };
        if board.completeness == Completeness::Preview {
            return;
        }
        let (board, now, kept) = (Arc::clone(board), self.clock.now(), self.kept.take());
        let written = tokio::task::spawn_blocking(move || {
            let calendar = schedule::calendar(&board, now);
            let said = undated(&calendar);
            if kept.as_ref() == Some(&said) {
                return Ok(said);
            }
            report::keep(&path, &calendar).map(|()| said)
        });
        match written.await {
            Ok(Ok(said)) => (self.kept, self.trouble) = (Some(said), None),
            Ok(Err(failure)) => {
                let trouble = failure.message();
                if self.trouble.as_ref() != Some(&trouble) {
                    complain(&format!("serve.calendar_file: {trouble}"));
                }
                self.trouble = Some(trouble);
            }
            // It panicked, which is reported already.
            Err(_) => {}
        }
    }
}

/// A calendar without the instants at which its events were written.
fn undated(calendar: &str) -> String {
    calendar.split_inclusive('\n').filter(|line| !line.starts_with("DTSTAMP")).collect()
}

struct Signals {
    ending: [Signal; 3],
    reload: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        let [terminate, interrupt, quit] =
            [SignalKind::terminate(), SignalKind::interrupt(), SignalKind::quit()].map(signal);
        Ok(Self { ending: [terminate?, interrupt?, quit?], reload: signal(SignalKind::hangup())? })
    }
}

/// Waits until the program shall end.
async fn ending([terminate, interrupt, quit]: &mut [Signal; 3]) {
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        _ = quit.recv() => {}
    }
}

#[cfg(test)]
mod tests {
    use crate::insight::fixture::{ALL_KINDS, Setting, at, deployment, now};

    use super::*;

    #[tokio::test]
    async fn the_calendar_file_follows_the_schedule_and_is_left_alone_otherwise() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("releases.ics");
        let mut file =
            CalendarFile { path: Some(path.clone()), clock: Clock::Frozen(now()), kept: None, trouble: None };
        #[expect(clippy::disallowed_methods, reason = "a test reads what was written")]
        let said = |path: &PathBuf| std::fs::read_to_string(path).unwrap_or_default();
        let board = |day| {
            let setting =
                Setting::covering(&ALL_KINDS).deployment(deployment("a", "payments 4.2", at(day, 10), 60));
            Arc::new(setting.board_at(now()))
        };
        file.keep(&board(25)).await;
        assert!(said(&path).contains("DTSTART:20261125T100000Z"), "{}", said(&path));
        // Nothing else to say: what is there stays, as a calendar program would read it again.
        file.path = Some(directory.path().join("elsewhere.ics"));
        file.clock = Clock::Frozen(now() + chrono::Duration::hours(1));
        file.keep(&board(25)).await;
        assert_eq!(said(&directory.path().join("elsewhere.ics")), "");
        file.keep(&board(26)).await;
        assert!(said(&directory.path().join("elsewhere.ics")).contains("DTSTART:20261126T100000Z"));
        // A directory that is not there is said, and tried again.
        file.path = Some(directory.path().join("none/releases.ics"));
        file.keep(&board(27)).await;
        assert!(file.trouble.is_some() && file.kept.is_none());
        file.path = Some(path.clone());
        file.keep(&board(27)).await;
        assert!(file.trouble.is_none() && said(&path).contains("DTSTART:20261127T100000Z"));
    }
}
