//! `tminus completions`: what completes the command line in a shell.

use std::process::ExitCode;

use clap::CommandFactory as _;
use clap_complete::Shell;

use super::{Failure, args::Arguments, print};

/// Prints the script for `shell`.
pub(super) fn run(shell: Shell) -> Result<ExitCode, Failure> {
    let mut written = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "tminus", &mut written);
    print(&String::from_utf8(written)?)?;
    Ok(ExitCode::SUCCESS)
}
