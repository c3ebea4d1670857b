//! Everything that the terminal and the system tell the loop, in one order.

use std::{io, process};

use crossterm::event::{Event, EventStream, KeyEvent, KeyEventKind, MouseEvent};
use futures_util::StreamExt as _;
use ratatui::layout::Size;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use super::{guard::restore, hangup, screen::usable, signals};

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
    HungUp,
}

/// The one source of [`TerminalEvent`]s.
pub struct Events {
    outside: UnboundedReceiver<Outside>,
    input: EventStream,
}

impl Events {
    /// Starts the reader, the signals and the watch for a terminal that goes away.
    pub(super) fn start() -> io::Result<Self> {
        let (sender, outside) = unbounded_channel();
        signals::start(sender.clone(), end)?;
        hangup::watch(rustix::io::dup(rustix::stdio::stdin())?, sender, end)?;
        Ok(Self { outside, input: EventStream::new() })
    }

    /// The next event; signals before keys. May be dropped at any time without losing one.
    pub async fn next(&mut self) -> TerminalEvent {
        loop {
            tokio::select! {
                biased;
                Some(outside) = self.outside.recv() => return outside.into(),
                input = self.input.next() => match input {
                    Some(Ok(event)) => {
                        if let Some(event) = translate(event) {
                            return event;
                        }
                    }
                    // The reader cannot go on; asked again it would fail again, at once.
                    Some(Err(_)) | None => return TerminalEvent::HungUp,
                },
            }
        }
    }
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
            Outside::HungUp => Self::HungUp,
        }
    }
}

/// What concerns the loop of an event of crossterm.
fn translate(event: Event) -> Option<TerminalEvent> {
    Some(match event {
        Event::Key(key) if key.kind == KeyEventKind::Release => return None,
        Event::Key(key) => TerminalEvent::Key(key),
        Event::Mouse(mouse) => TerminalEvent::Mouse(mouse),
        Event::Paste(mut text) => {
            let end = (0..=LONGEST_PASTE.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
            text.truncate(end.unwrap_or(0));
            TerminalEvent::Paste(text)
        }
        Event::Resize(width, height) => TerminalEvent::Resize(usable(Size { width, height })),
        Event::FocusGained => TerminalEvent::FocusGained,
        Event::FocusLost => TerminalEvent::FocusLost,
    })
}
