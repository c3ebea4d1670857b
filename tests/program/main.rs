//! The whole program from outside: its commands, and its screen on a real terminal.
//!
//! Every test has a home of its own, a fixed time zone and no configuration of whoever runs
//! it. Nothing sleeps: tests wait for what the program shows.

#![expect(clippy::expect_used, reason = "what fails here fails the test")]
#![expect(clippy::disallowed_methods, reason = "tests make the files that the program reads")]

mod agreement;
mod announcements;
mod commands;
mod doctor;
mod documents;
mod forecasts;
mod history;
mod network;
mod reports;
mod screen;
mod set_up;
mod sharing;
mod support;
