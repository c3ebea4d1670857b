//! Open pull requests by stage, with what should happen next and by whom.

use crate::{
    domain::{PullRequestState, Text},
    insight::{Depth, Part, PullRequestRow, ReleaseInsight, ReleaseView, Stage, Standing, words},
    report::{
        Report,
        document::{Block, Cell, Section, Span, Table, Tone, cell},
    },
};

use super::detailed;

/// The stages of what is open, in their order.
const STAGES: [Stage; 4] = [Stage::Coding, Stage::Pickup, Stage::Review, Stage::Merge];
/// People who are named.
const MOST_PEOPLE: usize = 3;

pub(super) fn section(report: &Report<'_>) -> Section {
    let mut section = super::section("pull-requests", "Pull requests");
    let depth = report.lens.depth(Part::PullRequests);
    if depth == Depth::Hidden {
        return section;
    }
    let detailed = detailed(report);
    let with_some: Vec<&ReleaseInsight> =
        detailed.into_iter().filter(|insight| !insight.pull_requests.is_empty()).collect();
    let said = with_some.iter().map(|insight| {
        let view = ReleaseView::of(report.board, insight, report.board.at);
        let tone = match (view.overdue, view.late) {
            (0, 0) => Tone::Plain,
            (0, _) => Tone::Watch,
            _ => Tone::Bad,
        };
        Span::toned(format!("{}: {}", insight.release.id, view.overdue_words()), tone)
    });
    let said: Vec<Span> = said.collect();
    if !said.is_empty() {
        section.blocks.push(Block::List { title: String::new(), items: said, more: 0 });
    }
    if depth.rows() == 0 {
        return section;
    }
    let open = |rows: &'_ [PullRequestRow]| {
        rows.iter()
            .filter(|row| row.pull_request.state == PullRequestState::Open)
            .cloned()
            .collect::<Vec<_>>()
    };
    let mut rows: Vec<(Option<&ReleaseInsight>, PullRequestRow)> = Vec::new();
    for insight in with_some {
        rows.extend(open(&insight.pull_requests).into_iter().map(|row| (Some(insight), row)));
    }
    if report.release.is_none() {
        rows.extend(open(&report.board.insight.unassigned).into_iter().map(|row| (None, row)));
    }
    let mut left = depth.rows();
    for stage in STAGES {
        let of: Vec<_> = rows.iter().filter(|(_, row)| row.stage == stage).collect();
        if of.is_empty() {
            continue;
        }
        // The last stages are the nearest to being done; each stage shows some.
        let most = left.min((depth.rows() / STAGES.len()).max(3));
        left = left.saturating_sub(of.len().min(most));
        let caption = format!(
            "{}: {}",
            title(stage),
            words::count(of.len(), "open pull request", "open pull requests")
        );
        let titles = ["Pull request", "Title", "Author", "For", "Standing", "Next step", "Who", "Release"];
        let cells = of.into_iter().map(|(insight, row)| pull_request(report, *insight, row));
        let mut table = Table::of(&caption, &titles, cells, most);
        if let Some(column) = table.columns.get_mut(3) {
            column.is_figure = true;
        }
        section.blocks.push(Block::Table(table));
    }
    section
}

fn title(stage: Stage) -> &'static str {
    match stage {
        Stage::Coding => "Being written",
        Stage::Pickup => "Waiting for a first review",
        Stage::Review => "In review",
        Stage::Merge => "Approved, to be merged",
        Stage::Deploy => "Merged, on the way to production",
        Stage::Done => "Done",
        Stage::Closed => "Closed",
    }
}

fn pull_request(report: &Report<'_>, insight: Option<&ReleaseInsight>, row: &PullRequestRow) -> Vec<Cell> {
    let of = &row.pull_request;
    let tone = match row.standing {
        Standing::Overdue | Standing::Late => Tone::Bad,
        Standing::Slow => Tone::Watch,
        Standing::InTime | Standing::Ahead => Tone::Good,
        Standing::Unknown => Tone::Quiet,
        Standing::Ended => Tone::Plain,
    };
    let who: Vec<&str> = row.next.who.iter().map(Text::as_str).collect();
    vec![
        cell(Span::linked(of.id.to_string(), of.url.as_ref())),
        cell(&of.title),
        cell(&of.author),
        cell(row.since.map(|since| words::age(report.board.at - since)).unwrap_or_default()),
        cell(Span::toned(row.standing.word(), tone)),
        cell(&row.next.action),
        cell(words::list(&who, MOST_PEOPLE)),
        cell(insight.map(|insight| insight.release.id.to_string()).unwrap_or_default()),
    ]
}
