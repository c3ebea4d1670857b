//! The thread that writes frames: one slot, the newest frame wins.
//!
//! What is handed over is a whole picture, not the bytes of a difference: the thread knows
//! what the terminal shows and finds the difference itself, so a picture that was never
//! written costs nothing and leaves no trace.

use std::{
    io,
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread,
};

use ratatui::{buffer::Buffer, layout::Position};

use super::{
    encoder::{Encoder, Hyperlink},
    lock,
};

/// Where the bytes of frames go.
pub(crate) trait Sink: Send {
    /// Writes one frame; returns when it is written, or cannot be.
    fn write_frame(&mut self, bytes: &[u8]) -> io::Result<()>;
}

/// Frames into anything that can be written to: tests, recordings.
pub(crate) struct Plain<W>(pub(crate) W);

impl<W: io::Write + Send> Sink for Plain<W> {
    fn write_frame(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)?;
        self.0.flush()
    }
}

/// A picture to show.
struct Frame {
    buffer: Buffer,
    links: Vec<Hyperlink>,
    cursor: Option<Position>,
}

#[derive(Default)]
struct Slot {
    frame: Option<Frame>,
    /// What is written beside frames, in front of the next one.
    beside: Vec<u8>,
    /// The terminal may show anything: the next frame is written in full.
    is_lost: bool,
    is_writing: bool,
    is_closed: bool,
    /// A buffer to use again.
    spare: Option<Buffer>,
}

#[derive(Default)]
struct Shared {
    slot: Mutex<Slot>,
    changed: Condvar,
}

/// Bytes beside frames that wait at most: a terminal may take nothing for a long time.
const MOST_BESIDE: usize = 256 * 1024;

/// What the thread does next.
struct Work {
    frame: Option<Frame>,
    beside: Vec<u8>,
}

/// Hands frames to the thread that writes them.
pub(crate) struct Writer {
    shared: Arc<Shared>,
}

impl Writer {
    /// Starts the thread. It ends when the writer is dropped and the last frame is written
    /// or refused; nobody waits for that.
    pub(crate) fn start(sink: impl Sink + 'static) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let of_thread = Arc::clone(&shared);
        thread::Builder::new().name("screen".into()).spawn(move || write_frames(&of_thread, sink))?;
        Ok(Self { shared })
    }

    /// Shows `buffer` as soon as the terminal takes it, unless a newer one comes first.
    /// Never waits for the terminal. `is_lost` says that the terminal may show anything.
    /// Returns a buffer to use again, of any size and content.
    pub(crate) fn present(
        &self,
        buffer: Buffer,
        links: Vec<Hyperlink>,
        cursor: Option<Position>,
        is_lost: bool,
    ) -> Option<Buffer> {
        let mut slot = lock(&self.shared.slot);
        let skipped = slot.frame.replace(Frame { buffer, links, cursor });
        slot.is_lost |= is_lost;
        self.shared.changed.notify_all();
        skipped.map(|frame| frame.buffer).or_else(|| slot.spare.take())
    }

    /// What writes beside frames.
    pub(crate) fn beside(&self) -> Beside {
        Beside(Arc::clone(&self.shared))
    }

    /// Waits until every frame is written.
    pub(crate) fn wait_until_written(&self) {
        let slot = lock(&self.shared.slot);
        let _slot = self
            .shared
            .changed
            .wait_while(slot, |slot| slot.frame.is_some() || !slot.beside.is_empty() || slot.is_writing)
            .unwrap_or_else(PoisonError::into_inner);
    }
}

/// Writes sequences beside frames.
#[derive(Clone)]
pub struct Beside(Arc<Shared>);

impl Beside {
    /// Writes `bytes`, whole sequences that change no cell, cursor or pen, as soon as the terminal
    /// takes them. Never waits. Whether there was room for them.
    pub fn send(&self, bytes: &[u8]) -> bool {
        let mut slot = lock(&self.0.slot);
        let fits = slot.beside.len() + bytes.len() <= MOST_BESIDE;
        if fits {
            slot.beside.extend_from_slice(bytes);
            self.0.changed.notify_all();
        }
        fits
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        lock(&self.shared.slot).is_closed = true;
        self.shared.changed.notify_all();
    }
}

fn write_frames(shared: &Shared, mut sink: impl Sink) {
    let mut encoder = Encoder::new();
    while let Some(Work { frame, beside }) = next_work(shared, &mut encoder) {
        let mut is_written = beside.is_empty() || sink.write_frame(&beside).is_ok();
        let mut spare = None;
        if let Some(frame) = frame {
            let (bytes, replaced) = encoder.encode_linked(frame.buffer, frame.links, frame.cursor);
            is_written &= bytes.is_empty() || sink.write_frame(bytes).is_ok();
            spare = Some(replaced);
        }
        let mut slot = lock(&shared.slot);
        slot.spare = spare.or_else(|| slot.spare.take());
        slot.is_writing = false;
        // A terminal that is gone for good is the business of the hang-up watch.
        slot.is_lost |= !is_written;
        shared.changed.notify_all();
    }
}

/// Waits for something to write; none when there will be no more.
fn next_work(shared: &Shared, encoder: &mut Encoder) -> Option<Work> {
    let slot = lock(&shared.slot);
    let mut slot = shared
        .changed
        .wait_while(slot, |slot| slot.frame.is_none() && slot.beside.is_empty() && !slot.is_closed)
        .unwrap_or_else(PoisonError::into_inner);
    let (frame, beside) = (slot.frame.take(), std::mem::take(&mut slot.beside));
    if frame.is_none() && beside.is_empty() {
        return None;
    }
    slot.is_writing = true;
    if frame.is_some() && std::mem::take(&mut slot.is_lost) {
        encoder.lose();
    }
    Some(Work { frame, beside })
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use ratatui::layout::Rect;

    use super::*;
    use crate::terminal::tests::emulator;

    /// A link that hands each frame to the test and waits until it lets it pass.
    struct Gate {
        arrived: mpsc::Sender<Vec<u8>>,
        pass: mpsc::Receiver<io::Result<()>>,
    }

    impl Sink for Gate {
        fn write_frame(&mut self, bytes: &[u8]) -> io::Result<()> {
            self.arrived.send(bytes.to_vec()).map_err(io::Error::other)?;
            self.pass.recv().map_err(io::Error::other)?
        }
    }

    fn gated() -> (Writer, mpsc::Receiver<Vec<u8>>, mpsc::Sender<io::Result<()>>) {
        let (arrived, arrivals) = mpsc::channel();
        let (open, pass) = mpsc::channel();
        (Writer::start(Gate { arrived, pass }).expect("a thread"), arrivals, open)
    }

    fn frame(number: usize) -> Buffer {
        let mut buffer = Buffer::empty(Rect::new(0, 0, 20, 3));
        for y in 0..3 {
            let line = format!("row {y} of {number} {}", "日本".repeat(number % 3));
            buffer.set_string(0, y, line, ratatui::style::Style::new());
        }
        buffer
    }

    fn text(parser: &vt100::Parser) -> String {
        parser.screen().contents()
    }

    fn text_of(buffer: &Buffer) -> String {
        let mut parser = emulator(20, 3);
        parser.process(Encoder::new().encode(buffer.clone(), None).0);
        text(&parser)
    }

    #[test]
    fn the_newest_of_a_hundred_frames_wins_over_a_slow_link() {
        let (writer, arrivals, open) = gated();
        let mut parser = emulator(20, 3);
        writer.present(frame(0), Vec::new(), None, false);
        parser.process(&arrivals.recv().expect("the first frame"));
        // The link is blocked by the first frame: no call below waits for it.
        for number in 1..=100 {
            writer.present(frame(number), Vec::new(), None, false);
        }
        open.send(Ok(())).expect("a writer");
        parser.process(&arrivals.recv().expect("the newest frame"));
        open.send(Ok(())).expect("a writer");
        writer.wait_until_written();
        assert!(arrivals.try_recv().is_err(), "98 frames were never written");
        assert_eq!(text(&parser), text_of(&frame(100)));
    }

    #[test]
    fn what_follows_a_frame_that_failed_is_written_in_full() {
        let (writer, arrivals, open) = gated();
        for (number, result) in [(1, Ok(())), (2, Err(io::ErrorKind::BrokenPipe.into())), (3, Ok(()))] {
            writer.present(frame(number), Vec::new(), None, false);
            let bytes = arrivals.recv().expect("a frame");
            assert_eq!(bytes.windows(4).any(|part| part == b"\x1b[2J"), number != 2, "frame {number}");
            open.send(result).expect("a writer");
            writer.wait_until_written();
        }
    }

    #[test]
    fn buffers_are_used_again() {
        let (writer, arrivals, open) = gated();
        assert!(writer.present(frame(1), Vec::new(), None, false).is_none());
        arrivals.recv().expect("a frame");
        assert!(writer.present(frame(2), Vec::new(), None, false).is_none(), "the first is being written");
        assert!(writer.present(frame(3), Vec::new(), None, false).is_some(), "the second was skipped");
        drop(open);
    }
}
