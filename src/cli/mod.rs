//! The command line: one file per command.
//!
//! Data goes to the standard output, everything else to the standard error. Exit codes are
//! part of the interface: scripts and pipelines rely on them.

mod announce;
mod args;
mod as_of;
mod background;
mod backtest;
mod check;
mod completions;
mod config;
mod connectors;
mod context;
mod diff;
mod doctor;
mod environments;
mod forecast;
mod headless;
mod history;
mod init;
mod insights;
mod log;
mod looks;
mod man;
mod open;
mod recap;
mod release;
mod report;
mod schedule;
mod serve;
mod sharing;
mod status;
mod themes;
mod trace;

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use clap::Parser as _;

pub use args::Arguments;
use args::Command;
use context::Context;

use crate::{
    config::Environment,
    domain::{Problem, clean},
};

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

impl Failure {
    /// In words, for where the program goes on.
    fn message(&self) -> String {
        match self {
            Self::Usage(message) => message.clone(),
            Self::Broken(report) => format!("{report:#}"),
        }
    }
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
    let is_question = matches!(arguments.command, Some(Command::Check(_) | Command::Forecast(_)));
    let broken = if is_question { EXIT_UNKNOWN } else { 1 };
    match run(&arguments) {
        Ok(code) => code,
        Err(Failure::Usage(message)) => {
            complain(&message);
            ExitCode::from(EXIT_USAGE)
        }
        Err(Failure::Broken(report)) => {
            complain(&format!("{report:#}"));
            ExitCode::from(broken)
        }
    }
}

/// What is known of the process.
fn environment() -> Result<Environment, Failure> {
    Environment::of_process().map_err(|error| {
        Failure::Usage(format!(
            "the directory in which tminus was started cannot be told: {error}\nchange into one that exists"
        ))
    })
}

fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let common = &arguments.common;
    match &arguments.command {
        None => open::run(Context::resolve(common, None)?, common),
        Some(Command::Demo(demo)) => open::run(Context::resolve(common, Some(demo))?, common),
        Some(Command::Status(asked)) => {
            status::run(&Context::resolve(common, None)?, common, asked.format, &asked.what_if)
        }
        Some(Command::Check(question)) => check::run(&Context::resolve(common, None)?, common, question),
        Some(Command::Diff(diff)) => diff::run(&Context::resolve(common, None)?, common, diff),
        Some(Command::Recap(recap)) => recap::run(&Context::resolve(common, None)?, common, recap.format),
        Some(Command::Schedule(schedule)) => {
            schedule::run(&Context::resolve(common, None)?, common, schedule.format)
        }
        Some(Command::Environments(asked)) => {
            environments::run(&Context::resolve(common, None)?, common, asked.format)
        }
        Some(Command::Insights(asked)) => insights::run(&Context::resolve(common, None)?, common, asked),
        Some(Command::Report(asked)) => report::run(&Context::resolve(common, None)?, common, asked),
        Some(Command::Trace(asked)) => {
            trace::run(&Context::resolve(common, None)?, common, asked.format, &asked.what)
        }
        Some(Command::Forecast(asked)) => {
            forecast::run(&Context::resolve(common, None)?, common, asked.format)
        }
        Some(Command::Init(asked)) => init::run(common, asked),
        Some(Command::Themes(asked)) => themes::run(common, asked),
        Some(Command::Completions(asked)) => completions::run(asked.shell),
        Some(Command::Man(asked)) => man::run(asked),
        Some(Command::Announce(asked)) => announce::run(&Context::resolve(common, None)?, common, asked),
        Some(Command::Doctor(doctor)) => doctor::run(common, doctor.format),
        Some(Command::Serve) => serve::run(common),
        Some(Command::Backtest(backtest)) => backtest::run(backtest),
        Some(Command::Config(command)) => config::run(command, common),
        Some(Command::History(command)) => history::run(&Context::resolve(common, None)?, common, command),
    }
}

/// A problem as it is told on a terminal.
fn say(problem: &Problem) -> String {
    format!("{}\n{}", problem.what, problem.next_step)
}

/// Says something that is no data.
fn complain(message: &str) {
    // Nobody may be listening; the exit code says it too.
    drop(writeln!(io::stderr(), "tminus: {}", cleaned(message)));
}

/// Says several lines that are no data, in columns. What of them comes from outside was cleaned before.
fn tell(lines: &str) {
    // As above.
    drop(io::stderr().write_all(lines.as_bytes()));
}

/// `message` without what a terminal would obey: paths, arguments and what the system says of
/// them come from outside. Lines and their indentation stay.
fn cleaned(message: &str) -> String {
    let line = |line: &str| {
        let indented = line.len() - line.trim_start_matches(' ').len();
        " ".repeat(indented) + &clean(line)
    };
    message.trim_end().split('\n').map(line).collect::<Vec<_>>().join("\n")
}

/// Prints data. A reader that has seen enough is no error.
fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout();
    // A last line without an end would wait for the end of the program, which cannot fail.
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(color_eyre::Report::from(error).wrap_err("cannot write to the standard output").into())
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::cleaned;

    #[test]
    fn messages_cannot_command_the_terminal() {
        assert_eq!(
            cleaned("no `\x1b[31mred`:\n  allowed: \u{202e}a\u{7}\n"),
            "no `␛[31mred`:\n  allowed: a␇"
        );
    }
}
