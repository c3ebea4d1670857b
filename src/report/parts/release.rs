//! Each release: verdict, burn-down, gates with what they rest on, what turns them, stories.

use crate::{
    insight::{Depth, Evidence, GateAnswer, Part, ReleaseInsight, StoryRow, evidence, headline, words},
    report::{
        Report, charts,
        document::{Block, Cell, Section, Span, Table, Tone, cell},
    },
};

use super::{address, answer, detailed, outlook, verdict};

/// Sources of a gate that are named.
const MOST_SOURCES: usize = 4;
/// Metrics of one's own.
const MOST_METRICS: usize = 20;

pub(super) fn section(report: &Report<'_>) -> Section {
    let mut section = super::section("releases", "Releases");
    section.sections = detailed(report)
        .into_iter()
        .enumerate()
        .map(|(place, insight)| release(report, insight, place))
        .collect();
    section
}

fn release(report: &Report<'_>, insight: &ReleaseInsight, place: usize) -> Section {
    let board = report.board;
    let lens = report.lens;
    let mut section = Section::new(address(place), insight.release.id.to_string());
    section.badges = vec![outlook(insight), verdict(insight)];
    if insight.release.released_at.is_some() {
        section.badges.remove(0);
    }
    let mut about = vec![headline::target_words(board, insight, board.at)];
    about.push(headline::forecast_words(board, insight));
    about.extend(insight.release.owner.as_ref().map(|owner| format!("{owner} answers for it")));
    section.blocks.push(Block::Note(Span { link: None, ..about.join(" · ").into() }));
    if lens.depth(Part::BurnDown).has_picture() {
        let today = board.policy.calendar.day(board.at);
        section.blocks.extend(charts::burn_down(insight, today).map(Block::Figure));
    }
    remedies(&mut section, insight, lens.depth(Part::Remedies).rows());
    gates(report, &mut section, insight);
    let most = lens.depth(Part::Stories).rows();
    if most > 0 {
        stories(report, &mut section, insight, most);
    }
    section
}

fn remedies(section: &mut Section, insight: &ReleaseInsight, most: usize) {
    if insight.remedies.is_empty() || most == 0 {
        return;
    }
    let items = insight.remedies.iter().take(most).map(|remedy| {
        let turns = remedy.turns();
        if turns.is_empty() {
            Span::from(&remedy.action)
        } else {
            format!("{}: {turns}", remedy.action).into()
        }
    });
    section.blocks.push(Block::List {
        title: "What turns it green".to_owned(),
        items: items.collect(),
        more: insight.remedies.len().saturating_sub(most),
    });
}

fn gates(report: &Report<'_>, section: &mut Section, insight: &ReleaseInsight) {
    let depth = report.lens.depth(Part::Gates);
    if insight.gates.is_empty() || depth == Depth::Hidden {
        return;
    }
    let tally = insight.tally;
    let counted = format!(
        "Gates: {} go, {} no-go, {} unknown, {} not needed",
        tally.gates_go, tally.gates_no_go, tally.gates_unknown, tally.gates_not_needed
    );
    if depth.rows() == 0 {
        let red = insight
            .gates
            .iter()
            .filter(|gate| matches!(gate.answer, GateAnswer::NoGo | GateAnswer::Unknown))
            .map(|gate| {
                let tone = answer(gate.answer).tone;
                let said = format!(
                    "{} {}: {}, needs {}",
                    gate.name.title(),
                    gate.answer.word(),
                    gate.measured,
                    gate.needed
                );
                Span::toned(said, tone)
            });
        section.blocks.push(Block::List { title: counted, items: red.collect(), more: 0 });
        return;
    }
    let most = report.lens.depth(Part::Evidence).rows();
    let behind =
        if most > 0 { evidence(report.board, &insight.release.id, report.board.at) } else { Vec::new() };
    let rows = insight.gates.iter().enumerate().map(|(index, gate)| {
        let mut row = vec![
            cell(gate.name.title()),
            cell(answer(gate.answer)),
            cell(&gate.measured),
            cell(&gate.needed),
        ];
        if most > 0 {
            row.push(behind.get(index).map(|one| items(one, most)).unwrap_or_default());
            row.push(behind.get(index).map(|one| sources(report, one)).unwrap_or_default());
        }
        row
    });
    let titles = ["Gate", "Answer", "Measured", "Needed", "Rests on", "Sources"];
    let titles = if most > 0 { &titles[..] } else { &titles[..4] };
    section.blocks.push(Block::Table(Table::of(&counted, titles, rows, depth.rows())));
    if insight.metrics.is_empty() {
        return;
    }
    let rows = insight
        .metrics
        .iter()
        .map(|metric| vec![cell(&metric.name), cell(metric.said().as_str()), cell(&metric.why)]);
    let mut table = Table::of("Metrics", &["Metric", "Value", "Why not"], rows, MOST_METRICS);
    if let Some(column) = table.columns.get_mut(1) {
        column.is_figure = true;
    }
    section.blocks.push(Block::Table(table));
}

/// The first items that a gate counts.
fn items(evidence: &Evidence, most: usize) -> Cell {
    let mut lines: Cell = evidence
        .counted
        .iter()
        .take(most)
        .map(|row| match &row.key {
            // Most items are told with their name.
            Some(key) if !row.what.contains(key.as_str()) => format!("{key} {}", row.what).into(),
            _ => row.what.as_str().into(),
        })
        .collect();
    let more = evidence.counted.len().saturating_sub(most) + evidence.counted_more;
    if more > 0 {
        lines.push(Span::toned(format!("and {more} more"), Tone::Quiet));
    }
    if lines.is_empty() {
        lines.push(Span::toned(evidence.formula.clone(), Tone::Quiet));
    }
    lines
}

/// Who said so, and how old that is.
fn sources(report: &Report<'_>, evidence: &Evidence) -> Cell {
    let sources = evidence.sources.iter().take(MOST_SOURCES).map(|source| {
        let age = source
            .answered_at
            .map_or_else(|| "never answered".to_owned(), |at| words::ago(at, report.board.at));
        if source.stale {
            Span::toned(format!("{} stale, {age}", source.id), Tone::Watch)
        } else {
            Span::toned(format!("{} {age}", source.id), Tone::Quiet)
        }
    });
    sources.collect()
}

fn stories(report: &Report<'_>, section: &mut Section, insight: &ReleaseInsight, most: usize) {
    let open = || insight.stories.iter().filter(|row| row.open);
    if open().next().is_none() {
        return;
    }
    let tally = insight.tally;
    let caption = format!(
        "Open stories and defects, worst first: {} of {} stories ready, {} open",
        tally.stories_ready,
        tally.stories,
        words::count(tally.defects_open as usize, "defect", "defects")
    );
    let titles = ["Story", "Title", "Status", "For", "Owner", "Note"];
    let rows = open().map(|row| story(report, row));
    let mut table = Table::of(&caption, &titles, rows, most);
    if let Some(column) = table.columns.get_mut(3) {
        column.is_figure = true;
    }
    section.blocks.push(Block::Table(table));
}

fn story(report: &Report<'_>, row: &StoryRow) -> Vec<Cell> {
    let story = &row.story;
    let note = if row.attention { Tone::Watch } else { Tone::Plain };
    vec![
        cell(Span::linked(story.key.to_string(), story.url.as_ref())),
        cell(&story.title),
        cell(&story.status),
        cell(words::age(report.board.at - row.since)),
        cell(story.owner.as_ref().map_or_else(|| Span::toned("nobody", Tone::Watch), Span::from)),
        cell(if row.reason.as_str().is_empty() {
            Span::default()
        } else {
            Span::toned(row.reason.to_string(), note)
        }),
    ]
}
