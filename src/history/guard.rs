//! The store's engine panics on damaged files. Such a panic is caught here and becomes an
//! error; it is no reason to end the program or to touch the screen.

use std::{
    cell::Cell,
    panic::{AssertUnwindSafe, catch_unwind},
};

use super::HistoryError;

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Whether a panic on this thread right now is one that the history deals with itself: the
/// panic hook must then leave the terminal alone and may log it at most.
pub fn owns_panic() -> bool {
    // The engine's own threads: their panics end them alone, and the next call fails.
    let of_the_engine = |name: &str| name.starts_with("sled-io-") || name == "log flusher";
    GUARDED.try_with(Cell::get).unwrap_or(false) || std::thread::current().name().is_some_and(of_the_engine)
}

/// Runs `action`; a panic in it becomes what it said, and ends neither the thread nor the program.
/// Whatever `action` changes must not be trusted after that.
pub fn contained<T>(action: impl FnOnce() -> T) -> Result<T, String> {
    let outer = GUARDED.replace(true);
    let outcome = catch_unwind(AssertUnwindSafe(action));
    GUARDED.set(outer);
    outcome.map_err(|panic| {
        panic
            .downcast_ref::<&str>()
            .map(|text| (*text).to_owned())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "it gave up".into())
    })
}

/// Runs `action`; a panic in it becomes [`HistoryError::Damaged`]. Whatever `action` changes
/// must not be trusted after that.
pub(super) fn guarded<T>(
    doing: &'static str,
    action: impl FnOnce() -> Result<T, HistoryError>,
) -> Result<T, HistoryError> {
    contained(action).unwrap_or_else(|said| Err(HistoryError::damaged(format!("{doing}: {said}"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error_and_is_owned_while_it_happens() {
        assert!(!owns_panic());
        let owned = std::sync::atomic::AtomicBool::new(false);
        let error = guarded::<()>("opening", || {
            owned.store(owns_panic(), std::sync::atomic::Ordering::Relaxed);
            panic!("at {}", 7)
        })
        .unwrap_err();
        assert_eq!(error.to_string(), "damaged record: opening: at 7");
        assert!(owned.into_inner() && !owns_panic());
    }
}
