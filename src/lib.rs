//! tminus: the go/no-go board for software releases, in the terminal.
//!
//! Data flows one way: source → refresh → history → insight → app → view.
//! `ARCHITECTURE.md` walks through the house.

pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod domain;
pub mod history;
pub mod insight;
pub(crate) mod markdown;
pub(crate) mod program;
pub mod refresh;
pub mod report;
pub mod runtime;
pub mod server;
pub mod source;
pub mod terminal;
pub mod theme;
pub mod view;
