//! Asks the sources, keeps what they say, and publishes boards.
//!
//! ```text
//!            ask           answer            keep
//!  request ──────▶ actor ─────────▶ hub ──────────────▶ keeper (history, own thread)
//!  interval        one per          one task
//!  file change     source            │ derive (blocking thread, one at a time)
//!                                    ▼
//!                              watch<Arc<Board>>
//! ```
//!
//! Actors own their sources, the hub owns what is known, the keeper owns the store. They
//! talk by messages only, so nothing is locked and nobody waits for a slow one.

mod actor;
mod deriver;
mod hub;
mod keeper;
mod keeping;
mod schedule;
#[cfg(test)]
mod tests;
mod watch;

pub use deriver::Deriver;
pub(crate) use deriver::{is_over, until_over};
pub use hub::{Asker, Refresher, Setup};
pub use keeper::{Keeper, Storage};
