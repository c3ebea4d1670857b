//! `tminus status`: the board for those who have no screen.

mod json;
pub(super) mod markdown;
pub(super) mod text;

pub(super) use json::{
    DeploymentJson, ForecastJson, SCHEMA_VERSION, SourceJson, beyond, deployment_json, sources, to_json,
};

use std::process::ExitCode;

use crate::{
    app::Tab,
    domain::{Instant, ReleaseId},
    insight::{
        Board, Completeness, ForecastView, Learned, ReleaseInsight, ReleaseView, differences,
        parse_assumption, with_assumption,
    },
};

use super::{
    Failure,
    args::{Common, Format},
    context::Context,
    headless, print,
    release::find,
};

/// Prints the board, or what of it concerns `--release`.
pub(super) fn run(
    context: &Context,
    common: &Common,
    format: Format,
    what_if: &[String],
) -> Result<ExitCode, Failure> {
    let board = headless::board(context, common)?;
    // The past is looked at from then.
    let now = if common.as_of.is_some() { board.at } else { context.clock.now() };
    let release =
        common.release.as_deref().map(|name| named(&board, name)).transpose().map_err(Failure::Usage)?;
    if let Some(tab) = common.tab.as_deref() {
        print(&one_tab(&board, tab, release.as_ref(), what_if, format, now)?)?;
    } else if what_if.is_empty() {
        print(&render(&board, release.as_ref(), format, now))?;
    } else {
        let assumed = assuming(&board, release.as_ref(), what_if)?;
        print(&render_assumed(&board, &assumed, release.as_ref(), format, now))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// A tab by itself: the pull requests of a release, as they are shown to somebody else.
fn one_tab(
    board: &Board,
    tab: &str,
    release: Option<&ReleaseId>,
    what_if: &[String],
    format: Format,
    now: Instant,
) -> Result<String, Failure> {
    let name = Tab::PullRequests.name();
    if tab != name {
        let said = format!("--tab {tab}: only {name} is printed by itself; without --tab all is printed");
        return Err(Failure::Usage(said));
    }
    if !what_if.is_empty() {
        return Err(Failure::Usage(format!("--what-if: not with --tab {name}; leave one of them out")));
    }
    let Some(insight) = shown(board, release) else {
        return Err(Failure::Usage(format!("--tab {name}: no source knows a release")));
    };
    let view = ReleaseView::of(board, insight, now);
    match format {
        Format::Text => Ok(view.text()),
        Format::Markdown => Ok(view.markdown()),
        Format::Json => {
            Err(Failure::Usage(format!("--tab {name}: JSON has all of it already; leave out --tab")))
        }
    }
}

/// The board on which all that was written behind `--what-if` is true of the release that is
/// shown.
fn assuming(truth: &Board, release: Option<&ReleaseId>, written: &[String]) -> Result<Board, Failure> {
    let Some(insight) = shown(truth, release) else {
        return Err(Failure::Usage("--what-if: no source knows a release".into()));
    };
    if truth.completeness == Completeness::Preview {
        return Err(Failure::Usage("--what-if: only the picture of the last visit can be read".into()));
    }
    let mut assumed = Vec::new();
    for one in written {
        let new = parse_assumption(one, insight, truth.at, &truth.policy.calendar)
            .map_err(|problem| Failure::Usage(format!("--what-if: {problem}")))?;
        assumed = with_assumption(&assumed, new);
    }
    let learned = Learned::default();
    let board = truth.assuming(&assumed, &learned);
    // How good forecasts were is said of the assumed ones as of the true ones.
    let is_scored = matches!(insight.forecast, ForecastView::Dates { scored: 1.., .. });
    Ok(if is_scored && learned.catch_up() { truth.assuming(&assumed, &learned) } else { board })
}

/// The board on which something is assumed, in words that say so first.
fn render_assumed(
    truth: &Board,
    board: &Board,
    release: Option<&ReleaseId>,
    format: Format,
    now: Instant,
) -> String {
    // Looked up by name: with another target another release may be the first one.
    let shown = shown(truth, release).map(|insight| insight.release.id.clone());
    let is_first = board.default_release().map(|insight| &insight.release.id) == shown.as_ref();
    let asked = if release.is_none() && is_first { None } else { shown.as_ref() };
    let pair = shown.as_ref().and_then(|id| truth.release(id).zip(board.release(id)));
    let calendar = &board.policy.calendar;
    let different = pair.map(|(truth, then)| differences(truth, then, calendar)).unwrap_or_default();
    match format {
        Format::Text => text::assumed(board, &different) + &text::board(board, asked, now),
        Format::Json => json::assumed(board, asked, pair.map(|(truth, _)| &**truth)),
        Format::Markdown => markdown::assumed(board, &different) + &markdown::board(board, asked, now),
    }
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
