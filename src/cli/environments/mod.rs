//! `tminus environments`: who has which environment when, what that costs, which versions are where.

mod json;
mod text;

use std::process::ExitCode;

use crate::insight::{EnvironmentTable as Table, EnvironmentsView, environment_tables as tables};

use super::{
    Failure,
    args::{Common, Format},
    context::Context,
    headless, print,
    status::markdown::{escape, table},
};

/// Prints all that is said of environments.
pub(super) fn run(context: &Context, common: &Common, format: Format) -> Result<ExitCode, Failure> {
    let board = headless::board(context, common)?;
    let view = EnvironmentsView::of(&board);
    let calendar = &board.policy.calendar;
    print(&match format {
        Format::Text => text::written(&tables(&view, calendar)),
        Format::Json => json::written(&board, &view),
        Format::Markdown => {
            let mut out = format!("# Environments of {}\n", escape(&board.title));
            for one in tables(&view, calendar).iter().filter(|table| !table.rows.is_empty()) {
                let rows = one.rows.iter().map(|row| row.iter().map(|cell| escape(cell)).collect());
                out.push_str(&table(one.title, one.columns, rows.collect()));
            }
            out
        }
    })?;
    Ok(ExitCode::SUCCESS)
}
