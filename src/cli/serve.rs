//! `tminus serve`: an owner without a screen.

use std::{process::ExitCode, sync::Arc};

use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
};

use crate::{
    history::{self, OwnerLock},
    server::{Session, SessionSetup, Standing},
    terminal,
};

use super::{Failure, args::Common, complain, context::Context, headless, log, say, sharing};

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
            let Some(next) = serve(&session, common, &mut signals).await else {
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
async fn serve(session: &Session, common: &Common, signals: &mut Signals) -> Option<Context> {
    let mut standing = session.standing();
    standing.mark_changed();
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
            Ok(()) = standing.changed() => tell(&mut standing),
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
