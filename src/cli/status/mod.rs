//! `tminus status`: the board for those who have no screen.

mod json;
mod markdown;
mod text;

use crate::{
    domain::{Instant, ReleaseId},
    insight::{Board, ReleaseInsight},
};

pub use json::SCHEMA_VERSION;

use super::{args::Format, release::find};

/// The board in words: of `release`, or of all releases with the first one in detail.
pub fn render(board: &Board, release: Option<&ReleaseId>, format: Format, now: Instant) -> String {
    match format {
        Format::Text => text::board(board, release, now),
        Format::Json => json::board(board, release),
        Format::Markdown => markdown::board(board, release, now),
    }
}

/// The gates of one release in words.
pub fn render_check(board: &Board, release: &ReleaseInsight, outlook: bool, format: Format, now: Instant) -> String {
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
pub fn named(board: &Board, name: &str) -> Result<ReleaseId, String> {
    find(board.insight.releases.iter().map(|insight| &*insight.release), name)
}
