//! A terminal that goes away: crossterm's reader spins on one, and no signal need come.

use std::{io, os::fd::OwnedFd, thread};

use rustix::{
    event::{PollFd, PollFlags, poll},
    io::Errno,
};
use tokio::sync::mpsc::UnboundedSender;

use super::{events::Outside, signals::GRACE};

/// Exit code for a terminal that is gone: that of the signal that should have come.
pub(super) const EXIT_CODE: i32 = 128 + 1;

/// Watches the terminal behind `descriptor`. When it is gone, says so to `events`; if the
/// program has not ended [`GRACE`] later, `end` ends it.
///
/// The thread sleeps until then: it asks for no event, and hang-up is reported unasked.
pub(super) fn watch(
    descriptor: OwnedFd,
    events: UnboundedSender<Outside>,
    end: impl FnOnce(i32) + Send + 'static,
) -> io::Result<()> {
    thread::Builder::new().name("hang-up".into()).spawn(move || {
        if wait_for_hangup(&descriptor) {
            // Nobody listens once the loop has ended; the program must still be.
            let _ = events.send(Outside::HungUp);
            // Never woken: nobody has the other end of it.
            let (_keep, never) = std::sync::mpsc::channel::<()>();
            let _ = never.recv_timeout(GRACE);
            end(EXIT_CODE);
        }
    })?;
    Ok(())
}

/// Returns whether the terminal is gone; not, if it cannot be watched.
fn wait_for_hangup(descriptor: &OwnedFd) -> bool {
    let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
    loop {
        let mut descriptors = [PollFd::new(descriptor, PollFlags::empty())];
        match poll(&mut descriptors, None) {
            Ok(_) if descriptors[0].revents().intersects(gone) => return true,
            Ok(_) | Err(Errno::INTR | Errno::AGAIN) => {}
            Err(_) => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{io::Write as _, sync::mpsc};

    use super::*;

    #[test]
    fn wakes_when_the_other_end_is_gone_and_not_for_input() {
        let (near, mut far) = std::os::unix::net::UnixStream::pair().expect("a pair");
        let (events, mut seen) = tokio::sync::mpsc::unbounded_channel();
        let (ended, ends) = mpsc::channel();
        watch(near.into(), events, move |code| ended.send(code).expect("listening")).expect("a thread");
        far.write_all(b"keys").expect("room");
        assert!(seen.try_recv().is_err(), "input wakes nobody");
        drop(far);
        assert!(matches!(seen.blocking_recv(), Some(Outside::HungUp)));
        assert_eq!(ends.recv(), Ok(EXIT_CODE), "a loop that does not end is ended");
    }
}
