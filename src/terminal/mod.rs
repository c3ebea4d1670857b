//! The terminal: everything that asks it, changes it, writes to it and gives it back.
//!
//! The loop draws into memory and hands over whole pictures; a thread of its own writes what
//! differs, so that keys and signals never wait for a slow link. Whatever ends the program
//! (the loop, a signal, a terminal that is gone, a panic in any thread) goes through
//! [`restore`], which may be called any number of times and takes a bounded time.

mod capabilities;
mod encoder;
mod escapes;
mod events;
mod guard;
mod hangup;
mod panic;
mod screen;
mod scroll;
mod signals;
mod surroundings;
mod tty;
mod writer;

pub use capabilities::{
    Asked, Background, Capabilities, ColorChoice, Unusable, ask_background, background_from_environment,
};
pub use encoder::Hyperlink;
pub use escapes::{LONGEST_COPY, copy as copy_sequence, notice as notice_sequence};
pub use events::{Events, Signal, TerminalEvent};
pub use guard::restore;
pub use panic::report_panics;
pub use screen::Screen;
pub use signals::request_stop;
pub use surroundings::{Multiplexer, NoticeForm, Surroundings};
pub use writer::Beside;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use guard::Guard;

/// Takes the terminal: raw mode, alternate screen, mouse clicks and wheel if `mouse`, signals
/// and the watch for a terminal that goes away. Dropping the [`Screen`] gives it back.
///
/// Ask [`ask_background`] before, never after: the answer would be read as keys.
pub fn open(mouse: bool) -> std::io::Result<(Screen, Events)> {
    let tty = Arc::new(tty::Tty::open()?);
    let events = Events::start()?;
    let guard = Guard::enter_first(Arc::clone(&tty), mouse)?;
    Ok((Screen::on(tty, &guard)?, events))
}

/// Locks what no one leaves half changed: a panic elsewhere does not make it unusable.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::emulator;
