//! What is read in ten seconds: warnings, one sentence, and a tile for each release.

use crate::{
    domain::SourceState,
    insight::{Completeness, ReleaseInsight, Unit, headline, words},
    report::{
        Report,
        document::{Block, Section, Span, Table, Tile, Tone, cell},
    },
};

use super::{address, detailed, outlook, verdict};

/// Releases with a tile.
const MOST_TILES: usize = 8;
/// Releases in a row below the tiles.
const MOST_OTHERS: usize = 15;
/// Sources that are warned of one by one.
const MOST_WARNINGS: usize = 5;

pub(super) fn section(report: &Report<'_>) -> Section {
    let mut head = super::section("at-a-glance", "At a glance");
    head.blocks = warnings(report);
    let detailed = detailed(report);
    let Some(first) = detailed.first() else {
        head.blocks.push(Block::Lead(vec!["No source knows a release.".into()]));
        return head;
    };
    head.blocks.push(lead(report, first));
    let tiles = detailed.iter().zip(0..).map(|(insight, place)| tile(report, insight, place));
    head.blocks.push(Block::Tiles { tiles: tiles.take(MOST_TILES).collect(), more: 0 });
    if report.release.is_none() {
        let others = others(report, &detailed);
        if !others.rows.is_empty() {
            head.blocks.push(Block::Table(others));
        }
    }
    head
}

/// What must be known before anything else is believed.
fn warnings(report: &Report<'_>) -> Vec<Block> {
    let board = report.board;
    let mut said = Vec::new();
    match board.completeness {
        Completeness::Preview => {
            said.push("this is the picture of the last visit: it need not have everything".to_owned());
        }
        Completeness::Filling => said.push("a source is still telling what it has for the first time".to_owned()),
        Completeness::Whole => {}
    }
    for one in &board.world.assumed {
        let what = crate::insight::said_of(&one.assumption, &board.policy.calendar);
        said.push(format!("this is not the truth: it is assumed of {} that {what}", one.release));
    }
    let failing: Vec<String> = board
        .health
        .iter()
        .filter(|health| {
            health.failure.is_some() || health.is_stale(board.at) || health.state == SourceState::Starting
        })
        .map(|health| format!("{}: {}", health.id, headline::source_state(health, board.at)))
        .collect();
    let more = failing.len().saturating_sub(MOST_WARNINGS);
    said.extend(failing.into_iter().take(MOST_WARNINGS));
    if more > 0 {
        said.push(format!("and {} more are not fresh", words::count(more, "source", "sources")));
    }
    said.into_iter().map(|said| Block::Warning(said.into())).collect()
}

/// One sentence about the release that comes first.
fn lead(report: &Report<'_>, insight: &ReleaseInsight) -> Block {
    let mut spans = vec![Span::from(insight.release.id.to_string()), "is".into()];
    if insight.release.released_at.is_some() {
        spans.push(Span::toned("released", Tone::Good));
        return Block::Lead(spans);
    }
    let mut outlook = outlook(insight);
    if outlook.tone == Tone::Unknown {
        outlook = Span::toned("without an outlook", Tone::Unknown);
    }
    let can = match verdict(insight).tone {
        Tone::Good => Span::toned("could go now", Tone::Good),
        Tone::Bad => Span::toned("could not go now", Tone::Bad),
        _ => Span::toned("cannot be told to go now", Tone::Unknown),
    };
    spans.extend([outlook, "and".into(), can]);
    spans.push(format!("({}).", headline::target_words(report.board, insight, report.board.at)).into());
    Block::Lead(spans)
}

fn tile(report: &Report<'_>, insight: &ReleaseInsight, place: usize) -> Tile {
    let board = report.board;
    let tally = insight.tally;
    let (progress, noun) = match insight.burn_down.unit {
        Unit::Stories => ((tally.stories_ready, tally.stories), "stories ready"),
        Unit::PullRequests => ((tally.pull_requests_merged, tally.pull_requests), "pull requests merged"),
    };
    let is_counted = progress.1 > 0;
    let first = insight.remedies.first().map(|remedy| remedy.action.to_string()).unwrap_or_default();
    Tile {
        name: Span { link: Some(format!("#{}", address(place))), ..insight.release.id.to_string().into() },
        verdict: verdict(insight),
        outlook: outlook(insight),
        target: headline::target_words(board, insight, board.at),
        forecast: headline::forecast_words(board, insight),
        progress: is_counted.then_some(progress),
        counted: if is_counted { format!("{} of {} {noun}", progress.0, progress.1) } else { String::new() },
        first,
    }
}

/// The releases that have no tile.
fn others(report: &Report<'_>, detailed: &[&ReleaseInsight]) -> Table {
    let board = report.board;
    let rows = board
        .insight
        .releases
        .iter()
        .filter(|insight| !detailed.iter().any(|shown| shown.release.id == insight.release.id))
        .map(|insight| {
            let is_out = insight.release.released_at.is_some();
            vec![
                cell(Span::linked(insight.release.id.to_string(), insight.release.url.as_ref())),
                cell(verdict(insight)),
                cell(if is_out { Span::default() } else { outlook(insight) }),
                cell(headline::target_words(board, insight, board.at)),
            ]
        });
    Table::of("Other releases", &["Release", "Now", "Outlook", "When"], rows, MOST_OTHERS)
}
