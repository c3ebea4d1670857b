//! `tminus backtest`: how good forecasts would have been on releases that ended.

use std::{fs::File, io::BufReader, process::ExitCode};

use crate::{
    domain::clean,
    insight::forecast::{Scope, run_backtest},
};

use super::{
    Failure,
    args::{BacktestArguments, ScopeChoice, TableFormat},
    complain, print,
};

/// Scores every method on the items of a file and prints the table.
pub(super) fn run(arguments: &BacktestArguments) -> Result<ExitCode, Failure> {
    let shown = clean(&arguments.items.to_string_lossy());
    #[expect(clippy::disallowed_methods, reason = "the file is the input that was named on the command line")]
    let file = File::open(&arguments.items).map_err(|error| {
        Failure::Usage(format!(
            "{shown}: {error}\nname a CSV file with --items; `tminus backtest --help` has its columns"
        ))
    })?;
    let scope = match arguments.scope {
        ScopeChoice::Emerging => Scope::Emerging,
        ScopeChoice::Fixed => Scope::Fixed,
    };
    let report = run_backtest(BufReader::new(file), scope)
        .map_err(|error| Failure::Usage(format!("{shown}: {error}")))?;
    for problem in &report.problems {
        complain(&format!("note: {shown}: {} ({})", problem.what, problem.next_step));
    }
    print(&match arguments.format {
        TableFormat::Text => report.to_text(),
        TableFormat::Json => report.to_json()? + "\n",
    })?;
    Ok(ExitCode::SUCCESS)
}
