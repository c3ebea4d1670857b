//! Everything that the terminal and the system tell the loop, in one order.

use std::{io, process};

use crossterm::event::{Event, EventStream, KeyEvent, KeyEventKind, MouseEvent};
use futures_util::StreamExt as _;
use ratatui::layout::Size;
use tokio::{
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    task::JoinHandle,
};

use super::{guard::restore, hangup, screen::current_size, signals};

/// The longest paste that is handed on, in bytes.
const LONGEST_PASTE: usize = 64 * 1024;

/// What happened at the terminal.
#[derive(Clone, Debug, PartialEq)]
pub enum TerminalEvent {
    /// A key was pressed or repeats. Ctrl-c and ctrl-z arrive as keys, too.
    Key(KeyEvent),
    /// A click or the wheel.
    Mouse(MouseEvent),
    /// Text was pasted. It is from outside, and may have many lines.
    Paste(String),
    /// The terminal has another size; one that can be drawn.
    Resize(Size),
    /// The terminal's window was entered.
    FocusGained,
    /// The terminal's window was left.
    FocusLost,
    /// A signal arrived.
    Signal(Signal),
    /// The terminal is gone. End now: soon the program is ended.
    HungUp,
}

/// A signal, as what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// End with this exit code. Soon the program is ended.
    Quit(i32),
    /// Stop: call [`Screen::stop`](super::Screen::stop).
    Stop,
    /// Go on after a stop: call [`Screen::resume`](super::Screen::resume) and draw.
    Continue,
}

/// What comes from the threads beside the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outside {
    Signal(Signal),
    Resized,
    HungUp,
}

/// The one source of [`TerminalEvent`]s.
pub struct Events {
    outside: UnboundedReceiver<Outside>,
    input: UnboundedReceiver<TerminalEvent>,
    sender: UnboundedSender<TerminalEvent>,
    /// None while another program reads the keys.
    reader: Option<JoinHandle<()>>,
}

impl Events {
    /// Starts the reader, the signals and the watch for a terminal that goes away.
    pub(super) fn start() -> io::Result<Self> {
        let (sender, outside) = unbounded_channel();
        signals::start(sender.clone(), end)?;
        hangup::watch(rustix::io::dup(rustix::stdio::stdin())?, signals::GRACE, sender, end)?;
        let (sender, input) = unbounded_channel();
        let mut events = Self { outside, input, sender, reader: None };
        events.resume();
        Ok(events)
    }

    /// Leaves the keys to another program, until [`resume`](Self::resume).
    pub async fn pause(&mut self) {
        if let Some(reader) = self.reader.take() {
            reader.abort();
            // It was told to end, or has.
            let _ = reader.await;
        }
    }

    /// Reads keys again after [`pause`](Self::pause).
    pub fn resume(&mut self) {
        // A task of its own: the stream remembers the first one that waited for it and wakes
        // no other, so a loop that waits now here, now there would miss keys.
        self.reader = Some(tokio::spawn(read(EventStream::new(), self.sender.clone())));
    }

    /// The next event; signals before keys. May be dropped at any time without losing one.
    pub async fn next(&mut self) -> TerminalEvent {
        tokio::select! {
            biased;
            Some(outside) = self.outside.recv() => outside.into(),
            input = self.input.recv() => input.unwrap_or(TerminalEvent::HungUp),
        }
    }

    /// An event that is there already.
    pub fn ready(&mut self) -> Option<TerminalEvent> {
        let outside = self.outside.try_recv().ok().map(TerminalEvent::from);
        outside.or_else(|| self.input.try_recv().ok())
    }
}

async fn read(mut stream: EventStream, sender: UnboundedSender<TerminalEvent>) {
    // A reader that cannot go on would fail again, at once.
    while let Some(Ok(event)) = stream.next().await {
        if translate(event).is_some_and(|event| sender.send(event).is_err()) {
            return;
        }
    }
    // There is nothing to read from any more. A loop that has ended need not know.
    let _ = sender.send(TerminalEvent::HungUp);
}

/// Ends the program from another thread when the loop does not.
fn end(code: i32) {
    restore();
    process::exit(code);
}

impl From<Outside> for TerminalEvent {
    fn from(outside: Outside) -> Self {
        match outside {
            Outside::Signal(signal) => Self::Signal(signal),
            Outside::Resized => Self::Resize(current_size()),
            Outside::HungUp => Self::HungUp,
        }
    }
}

/// What concerns the loop of an event of crossterm.
fn translate(event: Event) -> Option<TerminalEvent> {
    Some(match event {
        Event::Key(key) if key.kind == KeyEventKind::Release => return None,
        // Told by our own listener: crossterm 0.29 loses a change of size that comes together
        // with a key, as its reader leaves a batch of readiness at the first event.
        Event::Resize(..) => return None,
        Event::Key(key) => TerminalEvent::Key(key),
        Event::Mouse(mouse) => TerminalEvent::Mouse(mouse),
        Event::Paste(mut text) => {
            let end = (0..=LONGEST_PASTE.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
            text.truncate(end.unwrap_or(0));
            TerminalEvent::Paste(text)
        }
        Event::FocusGained => TerminalEvent::FocusGained,
        Event::FocusLost => TerminalEvent::FocusLost,
    })
}
