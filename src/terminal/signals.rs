//! Signals from outside, on a thread of their own: they work whatever the rest does.

use std::{io, thread, time::Duration};

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
}

impl Listener {
    fn new() -> io::Result<Self> {
        let ending = |kind: SignalKind| io::Result::Ok((signal(kind)?, 128 + kind.as_raw_value()));
        let [terminate, hangup, interrupt, quit] = ENDING;
        Ok(Self {
            ending: [ending(terminate)?, ending(hangup)?, ending(interrupt)?, ending(quit)?],
            stop: signal(SignalKind::from_raw(Number::TSTP.as_raw()))?,
            go_on: signal(SignalKind::from_raw(Number::CONT.as_raw()))?,
        })
    }

    async fn listen(mut self, events: &UnboundedSender<Outside>, end: &impl Fn(i32)) {
        loop {
            let signal = self.next().await;
            // Nobody listens once the loop has ended; the program must still be.
            let _ = events.send(Outside::Signal(signal));
            if let Signal::Quit(code) = signal {
                let again = timeout(GRACE, self.next_ending()).await;
                end(again.unwrap_or(code));
            }
        }
    }

    /// The next signal; of several, one that ends.
    async fn next(&mut self) -> Signal {
        let [first, second, third, fourth] = &mut self.ending;
        tokio::select! {
            biased;
            code = arrival(first) => Signal::Quit(code),
            code = arrival(second) => Signal::Quit(code),
            code = arrival(third) => Signal::Quit(code),
            code = arrival(fourth) => Signal::Quit(code),
            _ = self.go_on.recv() => Signal::Continue,
            _ = self.stop.recv() => Signal::Stop,
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
