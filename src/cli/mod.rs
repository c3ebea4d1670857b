//! The command line: one file per command.
//!
//! Data goes to the standard output, everything else to the standard error. Exit codes are
//! part of the interface: scripts and pipelines rely on them.

mod args;
mod background;
mod backtest;
mod check;
mod config;
mod context;
mod headless;
mod log;
mod looks;
mod open;
mod release;
mod status;

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use clap::Parser as _;

pub use args::Arguments;
use args::Command;
use context::Context;

/// Wrong usage or configuration.
const EXIT_USAGE: u8 = 2;
/// A question that cannot be answered.
const EXIT_UNKNOWN: u8 = 3;

/// How a command fails.
#[derive(Debug)]
enum Failure {
    /// The person can mend it: what, and what to do.
    Usage(String),
    /// Something went wrong that nobody asked for.
    Broken(color_eyre::Report),
}

impl<E: Into<color_eyre::Report>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Broken(error.into())
    }
}

/// The program: parses, runs, and turns the result into an exit code.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // A check that breaks has not said no.
    let broken = if matches!(arguments.command, Some(Command::Check(_))) { EXIT_UNKNOWN } else { 1 };
    match run(&arguments) {
        Ok(code) => code,
        Err(Failure::Usage(message)) => {
            complain(&message);
            ExitCode::from(EXIT_USAGE)
        }
        Err(Failure::Broken(report)) => {
            complain(&format!("{report:?}"));
            ExitCode::from(broken)
        }
    }
}

fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let common = &arguments.common;
    match &arguments.command {
        None => open::run(&Context::resolve(common, None)?, common),
        Some(Command::Demo(demo)) => open::run(&Context::resolve(common, Some(demo))?, common),
        Some(Command::Status(status)) => status::run(&Context::resolve(common, None)?, common, status.format),
        Some(Command::Check(question)) => check::run(&Context::resolve(common, None)?, common, question),
        Some(Command::Backtest(backtest)) => backtest::run(backtest),
        Some(Command::Config(command)) => config::run(command, common),
    }
}

/// Says something that is no data.
fn complain(message: &str) {
    // Nobody may be listening; the exit code says it too.
    drop(writeln!(io::stderr(), "tminus: {}", message.trim_end()));
}

/// Prints data. A reader that has seen enough is no error.
fn print(text: &str) -> Result<(), Failure> {
    match io::stdout().write_all(text.as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}
