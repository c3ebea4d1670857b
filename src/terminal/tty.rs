//! Bytes to the terminal, without ever waiting for it longer than wanted.

use std::{
    io,
    os::fd::OwnedFd,
    sync::{
        Condvar, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::{Mode, OFlags},
    io::Errno,
    termios::{LocalModes, QueueSelector},
};

use super::{lock, writer::Sink};

/// How long one wait for the terminal to take bytes lasts; then the way out is looked at.
const PATIENCE: Duration = Duration::from_millis(50);
/// How many such waits what must be written in any case gets.
const LAST_WAITS: usize = 4;
/// The most to write at once where writing may block.
const SMALL: usize = 256;

/// The terminal as something to write to.
#[derive(Debug)]
pub(crate) struct Tty {
    descriptor: OwnedFd,
    /// Writing returns at once when the terminal takes nothing.
    never_blocks: bool,
    /// Frames are refused, and one being written is cut.
    refuses_frames: AtomicBool,
    progress: Mutex<Progress>,
    idle: Condvar,
}

/// Where a frame being written is.
#[derive(Debug, Default)]
struct Progress {
    is_writing: bool,
    /// The last frame was not written to its end: the terminal may wait for the rest of a
    /// sequence.
    is_cut: bool,
}

impl Tty {
    /// The terminal behind the standard output.
    ///
    /// Opened anew, for writing without blocking: that is a property of the open file, and
    /// the one given to us is shared with the shell that started us and with the reader.
    pub(crate) fn open() -> io::Result<Self> {
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let own = ["/proc/self/fd/1", "/dev/tty"]
            .into_iter()
            .filter_map(|path| rustix::fs::open(path, flags, Mode::empty()).ok())
            .find(|descriptor| rustix::termios::isatty(descriptor));
        Ok(match own {
            Some(descriptor) => Self::over(descriptor, true),
            None => Self::over(rustix::io::dup(rustix::stdio::stdout())?, false),
        })
    }

    pub(crate) fn over(descriptor: OwnedFd, never_blocks: bool) -> Self {
        Self {
            descriptor,
            never_blocks,
            refuses_frames: AtomicBool::new(false),
            progress: Mutex::default(),
            idle: Condvar::new(),
        }
    }

    /// Whether another job of the shell has the terminal. Changing its modes would stop us.
    pub(crate) fn is_in_background(&self) -> bool {
        // An error means that there is no job control here.
        rustix::termios::tcgetpgrp(&self.descriptor).is_ok_and(|group| group != rustix::process::getpgrp())
    }

    /// Whether writing from where we are would stop us.
    pub(crate) fn stops_writers(&self) -> bool {
        self.is_in_background()
            && rustix::termios::tcgetattr(&self.descriptor)
                .is_ok_and(|modes| modes.local_modes.contains(LocalModes::TOSTOP))
    }

    /// Frames are welcome from here on.
    pub(crate) fn accept_frames(&self) {
        self.refuses_frames.store(false, Ordering::SeqCst);
    }

    /// No frame from here on. Waits a bounded time for one being written; returns whether
    /// the last one may have been cut.
    pub(crate) fn refuse_frames(&self) -> bool {
        self.refuses_frames.store(true, Ordering::SeqCst);
        let progress = lock(&self.progress);
        let (mut progress, _) = self
            .idle
            .wait_timeout_while(progress, PATIENCE * 3, |progress| progress.is_writing)
            .unwrap_or_else(PoisonError::into_inner);
        progress.is_writing || std::mem::take(&mut progress.is_cut)
    }

    /// Writes what must reach the terminal, within a bounded time. If it takes nothing for
    /// so long, what it has not shown yet is dropped to make room.
    pub(crate) fn write_in_any_case(&self, bytes: &[u8]) -> io::Result<()> {
        let Err((written, error)) = self.write_until(bytes, &mut patience()) else { return Ok(()) };
        if error.kind() != io::ErrorKind::TimedOut || self.is_in_background() {
            return Err(error);
        }
        rustix::termios::tcflush(&self.descriptor, QueueSelector::OFlush)?;
        // What was written may be gone, and may have been cut within a sequence.
        let again = if written > 0 { &[CANCEL, bytes].concat() } else { bytes };
        self.write_until(again, &mut patience()).map_err(|(_, error)| error)
    }

    /// Writes until all is written or `waits_on` says no. An error comes with the number of
    /// bytes that were written.
    fn write_until(
        &self,
        bytes: &[u8],
        waits_on: &mut dyn FnMut() -> bool,
    ) -> Result<(), (usize, io::Error)> {
        let mut written = 0;
        while written < bytes.len() {
            let mut part = &bytes[written..];
            if !self.never_blocks {
                part = &part[..part.len().min(SMALL)];
                if !self.has_room() {
                    if waits_on() {
                        continue;
                    }
                    return Err((written, io::ErrorKind::TimedOut.into()));
                }
            }
            match rustix::io::write(&self.descriptor, part) {
                Ok(0) => return Err((written, io::ErrorKind::WriteZero.into())),
                Ok(count) => written += count,
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => {
                    if !waits_on() {
                        return Err((written, io::ErrorKind::TimedOut.into()));
                    }
                    self.has_room();
                }
                Err(error) => return Err((written, error.into())),
            }
        }
        Ok(())
    }

    /// Waits a while for the terminal to take bytes.
    fn has_room(&self) -> bool {
        let timeout = Timespec::try_from(PATIENCE).ok();
        let mut descriptors = [PollFd::new(&self.descriptor, PollFlags::OUT)];
        matches!(poll(&mut descriptors, timeout.as_ref()), Ok(1..))
    }
}

/// Ends a sequence that was cut; ignored where none was.
pub(crate) const CANCEL: &[u8] = b"\x18";

fn patience() -> impl FnMut() -> bool {
    let mut left = LAST_WAITS;
    move || {
        left = left.saturating_sub(1);
        left > 0
    }
}

impl Sink for std::sync::Arc<Tty> {
    fn write_frame(&mut self, bytes: &[u8]) -> io::Result<()> {
        {
            let mut progress = lock(&self.progress);
            if self.refuses_frames.load(Ordering::SeqCst) {
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            progress.is_writing = true;
        }
        let result = self.write_until(bytes, &mut || !self.refuses_frames.load(Ordering::SeqCst));
        let mut progress = lock(&self.progress);
        progress.is_writing = false;
        progress.is_cut = result.is_err();
        self.idle.notify_all();
        result.map_err(|(_, error)| error)
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::Read as _,
        sync::{Arc, mpsc},
    };

    use super::*;

    /// A link that takes bytes until it is full, and the other end of it.
    fn link() -> (std::io::PipeReader, Tty) {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        let descriptor = OwnedFd::from(writer);
        rustix::fs::fcntl_setfl(&descriptor, OFlags::NONBLOCK).expect("flags");
        (reader, Tty::over(descriptor, true))
    }

    #[test]
    fn a_frame_that_a_blocked_link_holds_up_is_cut_on_the_way_out() {
        let (mut reader, tty) = link();
        let tty = Arc::new(tty);
        let mut sink = Arc::clone(&tty);
        let (started, starts) = mpsc::channel();
        let writer = std::thread::spawn(move || {
            started.send(()).expect("listening");
            sink.write_frame(&vec![b'x'; 1 << 20])
        });
        starts.recv().expect("started");
        // Once this much arrived, the frame is on its way; the rest is not read.
        reader.read_exact(&mut [0; 1000]).expect("the begin of the frame");
        assert!(tty.refuse_frames(), "the frame was cut");
        assert!(writer.join().expect("no panic").is_err());
        assert!(!tty.refuse_frames(), "asked once");
        let mut sink = Arc::clone(&tty);
        assert!(sink.write_frame(b"late").is_err(), "refused");
        tty.accept_frames();
    }

    #[test]
    fn a_dead_link_is_an_error_and_no_more() {
        let (reader, tty) = link();
        drop(reader);
        let tty = Arc::new(tty);
        assert!(Arc::clone(&tty).write_frame(b"x").is_err());
        assert!(tty.write_in_any_case(b"x").is_err());
    }
}
