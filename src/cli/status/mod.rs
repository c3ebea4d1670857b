//! `tminus status`: the board for those who have no screen.

mod json;
pub(super) mod markdown;
mod text;

pub(super) use json::{DeploymentJson, SCHEMA_VERSION, deployment_json, to_json};

use std::process::ExitCode;

use crate::{
    domain::{Instant, ReleaseId},
    insight::{Board, ReleaseInsight},
};

use super::{
    Failure,
    args::{Common, Format},
    context::Context,
    headless, print,
    release::find,
};

/// Prints the board, or what of it concerns `--release`.
pub(super) fn run(context: &Context, common: &Common, format: Format) -> Result<ExitCode, Failure> {
    let board = headless::board(context, common)?;
    // The past is looked at from then.
    let now = if common.as_of.is_some() { board.at } else { context.clock.now() };
    let release =
        common.release.as_deref().map(|name| named(&board, name)).transpose().map_err(Failure::Usage)?;
    print(&render(&board, release.as_ref(), format, now))?;
    Ok(ExitCode::SUCCESS)
}

/// The board in words: of `release`, or of all releases with the first one in detail.
pub(super) fn render(board: &Board, release: Option<&ReleaseId>, format: Format, now: Instant) -> String {
    match format {
        Format::Text => text::board(board, release, now),
        Format::Json => json::board(board, release),
        Format::Markdown => markdown::board(board, release, now),
    }
}

/// The gates of one release in words.
pub(super) fn render_check(
    board: &Board,
    release: &ReleaseInsight,
    outlook: bool,
    format: Format,
    now: Instant,
) -> String {
    match format {
        Format::Text => text::check(board, release, outlook, now),
        Format::Json => json::check(board, release, outlook),
        Format::Markdown => markdown::check(board, release, outlook, now),
    }
}

/// The release that is shown in detail: the one asked for, else the board's own choice.
fn shown<'a>(board: &'a Board, release: Option<&ReleaseId>) -> Option<&'a ReleaseInsight> {
    match release {
        Some(id) => board.release(id),
        None => board.default_release(),
    }
    .map(|insight| &**insight)
}

/// The release that a person named, or a message that lists what there is.
pub(super) fn named(board: &Board, name: &str) -> Result<ReleaseId, String> {
    find(board.insight.releases.iter().map(|insight| &*insight.release), name)
}
