//! Services over HTTP: one client for all connectors, a polite one.
//!
//! ```text
//! Settings ─▶ Http ─▶ Session (one round) ─▶ Request ─▶ Reply
//!              │                               Pages ─▶ Reply, Reply, …
//!              ├ Credentials   who asks, found when first needed, never printed
//!              ├ Validators    ETag and Last-Modified: what has not changed is not sent again
//!              └ Budget        what the service still allows, and what a round costs
//! ```
//!
//! What holds for every request:
//! - **The token stays on its host.** It is sent to the scheme, host and port of the base URL
//!   only, never over plain http (loopback aside), whatever a redirect or a `Link` says.
//! - **Nothing is without an end.** The size of an answer, its depth, the pages, the redirects,
//!   the attempts and every wait are bounded; a repeated cursor ends the paging.
//! - **Nothing is asked twice that is not safe to ask twice.** A request that changes something
//!   is tried once. Others are tried again after a short wait, as [`retry::decide`] says; a long
//!   wait is left to the next round: see [`HttpError::not_before`].
//! - **What has not changed is not sent again.** See [`Validators`].
//! - **Errors say where.** `jira: issues[3].fields.duedate: expected a date, got "soon"`. One bad
//!   item loses itself, not the round: see [`Reply::items`].
//!
//! A connector keeps its [`Http`] between rounds:
//!
//! ```no_run
//! # use tminus::source::{Round, SourceError, http::*};
//! # #[derive(serde::Deserialize)] struct Milestone { title: String }
//! # async fn fetch(http: &Http, round: &Round) -> Result<(), SourceError> {
//! let session = http.session(round);
//! let request = Request::get("milestones", "repos/o/r/milestones").query("state", "all");
//! let mut pages = Pages::new(&session, request);
//! while let Some(page) = pages.next().await? {
//!     let milestones = page.items::<Milestone>(&[])?;
//!     // milestones.kept, milestones.lost
//! }
//! # Ok(()) }
//! ```

pub mod budget;
mod client;
mod credentials;
mod error;
mod exchange;
#[cfg(test)]
pub(crate) mod fake;
mod json;
mod link;
mod page;
mod reply;
mod request;
pub mod retry;
mod settings;
#[cfg(test)]
mod tests;
mod validators;

pub use budget::{Budget, Window};
pub use client::{Http, Session, Tally};
pub use credentials::{Credentials, Scheme, SignedIn, Token, TokenFrom};
pub use error::{HttpError, HttpErrorKind};
pub use link::next_link;
pub use page::{Cursors, Pages};
pub use reply::{Items, Reply};
pub use request::{Method, Request};
pub use settings::{Settings, Waits};
pub use validators::{Validator, Validators};
