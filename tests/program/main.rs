//! The whole program from outside: its commands, and its screen on a real terminal.
//!
//! Every test has a home of its own, a fixed time zone and no configuration of whoever runs
//! it. Nothing sleeps: tests wait for what the program shows.

mod agreement;
mod commands;
mod screen;
mod support;
