//! Taking the terminal, and giving it back on every way out.

use std::{
    io,
    sync::{Arc, Mutex},
};

use crossterm::terminal::{disable_raw_mode, enable_raw_mode};

use super::{
    lock,
    tty::{CANCEL, Tty},
};

/// Alternate screen, hidden cursor, bracketed paste, reports of focus.
const ENTER: &str = "\x1b[?1049h\x1b[?25l\x1b[?2004h\x1b[?1004h";
/// Clicks and wheel with coordinates of any size. Not movements: each would wake the program.
const ENTER_MOUSE: &str = "\x1b[?1000h\x1b[?1006h";
/// Ends whatever a frame may have begun and `ENTER` and `ENTER_MOUSE` switched on. The
/// screen is cleared for terminals that have no alternate one.
const LEAVE: &str = "\x1b[?2026l\x1b[r\x1b[m\x1b[?1006l\x1b[?1000l\x1b[?1004l\x1b[?2004l\
                     \x1b[H\x1b[2J\x1b[?1049l\x1b[?25h";

/// The terminal that is held now: a panic or a signal in any thread must find it.
static HELD: Mutex<Option<Arc<Guard>>> = Mutex::new(None);

/// Gives the terminal back, if it is held. May be called from any thread, any number of
/// times, and returns when it is done, within about half a second on a blocked link.
pub fn restore() {
    let held = lock(&HELD).clone();
    if let Some(guard) = held {
        guard.leave();
    }
}

/// Holds the terminal.
#[derive(Debug)]
pub(crate) struct Guard {
    tty: Arc<Tty>,
    mouse: bool,
    is_inside: Mutex<bool>,
}

impl Guard {
    /// Takes the terminal for the first time.
    pub(crate) fn enter_first(tty: Arc<Tty>, mouse: bool) -> io::Result<Arc<Self>> {
        let guard = Arc::new(Self { tty, mouse, is_inside: Mutex::new(false) });
        *lock(&HELD) = Some(Arc::clone(&guard));
        guard.enter()?;
        Ok(guard)
    }

    /// Takes the terminal, whatever state it is in. On an error it is as it was.
    pub(crate) fn enter(&self) -> io::Result<()> {
        let mut is_inside = lock(&self.is_inside);
        // After a stop the shell has set its own modes: raw mode must be left to be entered.
        disable_raw_mode()?;
        enable_raw_mode()?;
        *is_inside = true;
        let sequence = format!("{ENTER}{}", if self.mouse { ENTER_MOUSE } else { "" });
        let result = self.tty.write_in_any_case(sequence.as_bytes());
        self.tty.accept_frames();
        drop(is_inside);
        result.inspect_err(|_| self.leave())
    }

    /// Gives the terminal back. Does nothing if that was done; waits if it is being done.
    pub(crate) fn leave(&self) {
        let mut is_inside = lock(&self.is_inside);
        if !std::mem::take(&mut *is_inside) {
            return;
        }
        let is_cut = self.tty.refuse_frames();
        if !self.tty.stops_writers() {
            let cancel: &[u8] = if is_cut { CANCEL } else { b"" };
            // A terminal that does not take it is gone or blocked: nothing more can be done.
            let _ = self.tty.write_in_any_case(&[cancel, LEAVE.as_bytes()].concat());
        }
        if !self.tty.is_in_background() {
            // In the background the modes are those of somebody else.
            let _ = disable_raw_mode();
        }
    }

    /// Whether another job of the shell has the terminal.
    pub(crate) fn is_in_background(&self) -> bool {
        self.tty.is_in_background()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_switched_on_is_switched_off() {
        let on: Vec<&str> = ENTER.split("\x1b[?").chain(ENTER_MOUSE.split("\x1b[?")).collect();
        for mode in on.into_iter().filter(|part| !part.is_empty()) {
            let opposite = if let Some(number) = mode.strip_suffix('h') {
                format!("\x1b[?{number}l")
            } else {
                format!("\x1b[?{}h", mode.trim_end_matches('l'))
            };
            assert!(LEAVE.contains(&opposite), "{opposite:?} is missing");
        }
    }
}
