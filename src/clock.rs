//! The only clock: everything else is handed its `now`.

use crate::domain::Instant;

/// Where `now` comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// The machine's clock.
    Real,
    /// Time that stands still: `--frozen`, tests, pictures in documents.
    Frozen(Instant),
}

impl Clock {
    /// The instant that counts as now.
    pub fn now(self) -> Instant {
        match self {
            #[expect(clippy::disallowed_methods, reason = "this is the room of the clock")]
            Self::Real => chrono::Utc::now(),
            Self::Frozen(instant) => instant,
        }
    }
}

/// How long it has been since this was called: for what takes time, not for when it is.
pub fn stopwatch() -> impl Fn() -> std::time::Duration {
    #[expect(clippy::disallowed_methods, reason = "this is the room of the clock")]
    let begun = std::time::Instant::now();
    move || begun.elapsed()
}
