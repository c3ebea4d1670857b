//! What is read in ten seconds: warnings, one sentence, and a tile for each release.

use crate::{
    domain::SourceState,
    insight::{Completeness, Outlook, ReleaseInsight, Unit, Verdict, headline, words},
    report::{
        Report,
        document::{Block, Section, Span, Table, Tile, Tone, cell},
    },
};

use super::{address, detailed, outlook, verdict};

/// Releases with a tile.
const MOST_TILES: usize = 8;
/// Releases in a row below the tiles.
const MOST_OTHERS: usize = 6;
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
    head.blocks.extend(all_of_them(&detailed));
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
        Completeness::Filling => {
            said.push("a source is still telling what it has for the first time".to_owned());
        }
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

/// How the releases stand together, where there are several.
fn all_of_them(detailed: &[&ReleaseInsight]) -> Option<Block> {
    let open: Vec<_> = detailed.iter().filter(|insight| insight.release.released_at.is_none()).collect();
    if open.len() < 2 {
        return None;
    }
    let mut said = vec![format!("Of {} releases in the making:", open.len()).into()];
    let words = [
        (Outlook::Late, Tone::Bad, "late"),
        (Outlook::AtRisk, Tone::Watch, "at risk"),
        (Outlook::OnTrack, Tone::Good, "on track"),
        (Outlook::Unknown, Tone::Unknown, "without an outlook"),
    ];
    for (outlook, tone, word) in words {
        let count = open.iter().filter(|insight| insight.outlook == outlook).count();
        if count > 0 {
            said.push(Span::toned(format!("{count} {word}"), tone));
        }
    }
    let ready = open.iter().filter(|insight| insight.verdict == Verdict::Go).count();
    let ready = if ready == 0 { "none".to_owned() } else { ready.to_string() };
    said.push(format!("· {ready} could go now").into());
    Some(Block::Line(said))
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
        // On the last day whether it can go counts more than whether it will be ready.
        tone: if insight.last_day_from.is_some_and(|from| from <= board.at) {
            verdict(insight).tone
        } else {
            outlook(insight).tone
        },
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
                cell(if is_out { verdict(insight) } else { outlook(insight) }),
                cell(if is_out { Span::default() } else { verdict(insight) }),
                cell(headline::target_words(board, insight, board.at)),
            ]
        });
    Table::of("Other releases", &["Release", "Outlook", "Now", "When"], rows, MOST_OTHERS)
}
