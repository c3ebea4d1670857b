//! Signals from outside, on a thread of their own: they work whatever the rest does.

use std::{
    io,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::Duration,
};

use rustix::process::{
    Signal as Number, getpgrp, getpid, getppid, getsid, kill_current_process_group, kill_process,
};
use tokio::{
    signal::unix::{Signal as Stream, SignalKind, signal},
    sync::mpsc::UnboundedSender,
    time::timeout,
};

use super::events::{Outside, Signal};

/// How long the loop has to end the program after it was told to. Then it is ended for it.
pub(super) const GRACE: Duration = Duration::from_secs(2);

/// Signals that end the program.
const ENDING: [SignalKind; 4] =
    [SignalKind::terminate(), SignalKind::hangup(), SignalKind::interrupt(), SignalKind::quit()];

/// Another program has the terminal.
static IS_LENT: AtomicBool = AtomicBool::new(false);

/// Says whether another program has the terminal: what its keys send (interrupt, quit, stop) is
/// meant for it, and reaches us because it is of our job.
pub(super) fn lend(lent: bool) {
    IS_LENT.store(lent, Ordering::SeqCst);
}

/// Whether a signal is meant for the program that has the terminal.
fn is_for_another(arrived: Outside) -> bool {
    let keys = [SignalKind::interrupt(), SignalKind::quit()].map(|kind| 128 + kind.as_raw_value());
    IS_LENT.load(Ordering::SeqCst)
        && match arrived {
            Outside::Signal(Signal::Quit(code)) => keys.contains(&code),
            Outside::Signal(Signal::Stop | Signal::Continue) => true,
            Outside::Resized | Outside::HungUp => false,
        }
}

/// Begins to listen. Every signal goes to `events`; a program that has not ended [`GRACE`]
/// after a signal to end, or when another one arrives, is ended by `end` with the exit code.
pub(super) fn start(events: UnboundedSender<Outside>, end: impl Fn(i32) + Send + 'static) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // Registered before this returns: from here on no signal ends the program by itself.
    let listener = {
        let _inside = runtime.enter();
        Listener::new()?
    };
    thread::Builder::new()
        .name("signals".into())
        .spawn(move || runtime.block_on(listener.listen(&events, &end)))?;
    Ok(())
}

struct Listener {
    ending: [(Stream, i32); 4],
    stop: Stream,
    go_on: Stream,
    resized: Stream,
}

impl Listener {
    fn new() -> io::Result<Self> {
        let ending = |kind: SignalKind| io::Result::Ok((signal(kind)?, 128 + kind.as_raw_value()));
        let [terminate, hangup, interrupt, quit] = ENDING;
        Ok(Self {
            ending: [ending(terminate)?, ending(hangup)?, ending(interrupt)?, ending(quit)?],
            stop: signal(SignalKind::from_raw(Number::TSTP.as_raw()))?,
            go_on: signal(SignalKind::from_raw(Number::CONT.as_raw()))?,
            resized: signal(SignalKind::window_change())?,
        })
    }

    async fn listen(mut self, events: &UnboundedSender<Outside>, end: &impl Fn(i32)) {
        loop {
            let arrived = self.next().await;
            if is_for_another(arrived) {
                // A job of two, of which one stops, would have nobody to go on with.
                if arrived == Outside::Signal(Signal::Stop) {
                    let _ = kill_current_process_group(Number::CONT);
                }
                continue;
            }
            // Nobody listens once the loop has ended; the program must still be.
            let _ = events.send(arrived);
            if let Outside::Signal(Signal::Quit(code)) = arrived {
                let again = timeout(GRACE, self.next_ending()).await;
                end(again.unwrap_or(code));
            }
        }
    }

    /// What arrives next; of several, what ends.
    async fn next(&mut self) -> Outside {
        let [first, second, third, fourth] = &mut self.ending;
        let quit = |code| Outside::Signal(Signal::Quit(code));
        tokio::select! {
            biased;
            code = arrival(first) => quit(code),
            code = arrival(second) => quit(code),
            code = arrival(third) => quit(code),
            code = arrival(fourth) => quit(code),
            _ = self.go_on.recv() => Outside::Signal(Signal::Continue),
            _ = self.stop.recv() => Outside::Signal(Signal::Stop),
            _ = self.resized.recv() => Outside::Resized,
        }
    }

    async fn next_ending(&mut self) -> i32 {
        let [first, second, third, fourth] = &mut self.ending;
        tokio::select! {
            code = arrival(first) => code,
            code = arrival(second) => code,
            code = arrival(third) => code,
            code = arrival(fourth) => code,
        }
    }
}

/// Waits for the signal; the exit code that it stands for.
async fn arrival((stream, code): &mut (Stream, i32)) -> i32 {
    stream.recv().await;
    *code
}

/// Asks for a stop as the terminal does for ctrl-z: the whole job is stopped, with whatever
/// else runs in it. [`Signal::Stop`] arrives.
pub fn request_stop() -> io::Result<()> {
    Ok(kill_current_process_group(Number::TSTP)?)
}

/// Stops this process; returns when it goes on.
pub(super) fn stop_now() -> io::Result<()> {
    Ok(kill_process(getpid(), Number::STOP)?)
}

/// Whether a shell with job control started this process. Without one, a stopped process
/// would stay stopped for good.
pub(super) fn somebody_can_continue_us() -> bool {
    let (Some(parent), Ok(session)) = (getppid(), getsid(None)) else { return false };
    getpgrp() != session && getsid(Some(parent)) == Ok(session)
}
