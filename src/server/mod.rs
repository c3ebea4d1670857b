//! One owner, many viewers: the first process on a board asks, keeps and serves; every
//! further one attaches to it and asks nobody.
//!
//! ```text
//! owner   refresher ─▶ boards ─▶ screen
//!                        │
//!                        ├─▶ feed ─▶ socket ┈▶ viewer: mirror ─▶ boards ─▶ screen
//!                        └─▶ router ┈▶ scripts: status, events, healthz
//! ```
//!
//! A [`Session`] is either of them, and becomes the other when it has to.

mod archive;
mod client;
mod delta;
mod events;
mod feed;
mod group;
mod host;
mod mirror;
mod owning;
mod router;
mod session;
mod socket;
#[cfg(test)]
mod tests;
mod triage;
mod viewing;
mod wire;

pub use archive::Archive;
pub(crate) use client::{ask_export, ask_history, ask_past};
pub use session::{MakeSources, MakeStorage, Place, Session, SessionHandle, SessionSetup, Standing};
pub use wire::Identity;
