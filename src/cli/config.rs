//! `tminus config`: which configuration applies, and whether it is right.

use std::process::ExitCode;

use crate::config;

use super::{Failure, args::Common, args::ConfigCommand, context::flags, environment, print};

/// Prints what was asked for; a wrong configuration is a usage error.
pub(super) fn run(command: &ConfigCommand, common: &Common) -> Result<ExitCode, Failure> {
    let (environment, flags) = (environment()?, flags(common));
    let load = || config::load(&environment, &flags).map_err(|error| Failure::Usage(error.to_string()));
    print(&match command {
        ConfigCommand::Path => config::path(&environment, &flags),
        ConfigCommand::Print => config::print(&load()?),
        ConfigCommand::Check => {
            config::check(&environment, &flags).map_err(|error| Failure::Usage(error.to_string()))?
        }
    })?;
    Ok(ExitCode::SUCCESS)
}
