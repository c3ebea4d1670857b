//! What is on the screen, as values: state, what can happen to it, what it asks for.
//!
//! ```text
//! key, mouse, board, time ──Event──▶ update(&mut State) ──Effect──▶ runtime
//!                                          │
//!                                          └──▶ view draws &State, answers with a Layout
//! ```
//!
//! A [`Command`] is what a key can be bound to; an [`Event`] is what happened. Nothing here
//! reads a clock, a file or a terminal: the same events at the same instants always lead to
//! the same state.

mod chart;
mod checkout;
mod closer;
mod command;
mod commands;
mod desk;
mod environments;
mod event;
mod filter;
#[cfg(test)]
pub(crate) mod fixture;
mod groups;
mod insights;
mod key_map;
mod keys;
mod layout;
mod list;
mod marks;
mod mouse;
mod notify;
mod open;
mod operations;
mod overlay;
mod palette;
mod past;
mod rows;
mod runbook;
mod sections;
mod share;
mod state;
#[cfg(test)]
mod tests;
mod triage;
mod update;
mod wall;
mod what_if;
mod when;

pub use chart::{ChartPicture, ChartSeries, ChartState, CountedBy};
pub use checkout::Checkout;
pub use closer::{Closely, Closer, Version};
pub use command::{Command, Group};
pub use commands::{
    CommandDialog, CommandMenu, CommandOffer, CommandQuestion, CommandResult, Job, JobAnswer, OwnCommand,
    OwnCommands,
};
pub use desk::{Desk, Link};
pub use environments::{Environments, EnvironmentsPicture, TimeScale};
pub use event::{Effect, Event};
pub use groups::GroupBy;
pub use insights::Insights;
pub(crate) use insights::opens;
pub use key_map::{Context, KeyMap, KeyProblem};
pub use keys::{Key, NotAKey};
pub use layout::{Layout, LinkArea, ListArea, QuestionPage};
pub use list::{Heading, List, ListId, Listed, Row};
pub use marks::Marks;
pub use notify::{Considered, NewNotice, NotifySettings, in_short, notices};
pub use operations::{
    Asked as OperationAsked, Choice, Dialog, Line as OperationLine, LogEntry, Menu as OperationMenu, Offer,
    OperationKind, Operations, Outcome, Progress, Question as OperationQuestion, QueuedOperation,
    Sentence as OperationSentence, Tracked, Undo,
};
pub(crate) use operations::{brief, progress};
pub use overlay::{Chooser, Overlay};
pub use palette::{Palette, PaletteEntry};
pub use past::{Comparison, Look, Past, Since, Step};
pub(crate) use rows::opened;
pub use runbook::FarBeginning;
pub(crate) use runbook::distance as distance_from_window;
pub use sections::{PullRequestSection, Sections};
pub(crate) use state::is_first_round;
pub use state::{
    DetailPane, DetailPlace, GanttScale, Message, Options, PullRequestPicture, SchedulePicture, Section,
    State, Tab,
};
pub use triage::Said;
pub use update::update;
pub use wall::{Alarm, Front, Red, Wall, WallOptions};
pub use what_if::WhatIf;
