//! `tminus schedule`: what goes out when, and what stands in its way.

mod ics;
mod json;
mod markdown;
mod text;

use std::process::ExitCode;

use crate::insight::scheduled::{
    Scheduled, compared, dates, deployment_words, freeze_words, notes, problems, readiness, release_words,
};

use super::{
    Failure,
    args::{Common, ScheduleFormat},
    context::Context,
    headless, print, status,
};

pub(super) use ics::calendar;

/// Prints the schedule, or what of it concerns `--release`.
pub(super) fn run(context: &Context, common: &Common, format: ScheduleFormat) -> Result<ExitCode, Failure> {
    let board = headless::board(context, common)?;
    // The past is looked at from then.
    let now = if common.as_of.is_some() { board.at } else { context.clock.now() };
    let release = common
        .release
        .as_deref()
        .map(|name| status::named(&board, name))
        .transpose()
        .map_err(Failure::Usage)?;
    let schedule = Scheduled::of(&board, release.as_ref());
    print(&match format {
        ScheduleFormat::Text => text::schedule(&board, &schedule, now),
        ScheduleFormat::Json => json::schedule(&board, &schedule),
        ScheduleFormat::Markdown => markdown::schedule(&board, &schedule, now),
        ScheduleFormat::Ics => ics::written(&board, &schedule, now),
    })?;
    Ok(ExitCode::SUCCESS)
}
