//! Who said all this, and how old it is.

use crate::{
    domain::{SourceHealth, SourceState},
    insight::{Part, headline, words},
    report::{
        Report,
        document::{Block, Cell, Section, Span, Table, Tone, cell},
    },
};

/// Problems of facts that are listed.
const MOST_PROBLEMS: usize = 20;

pub(super) fn section(report: &Report<'_>) -> Section {
    let mut section = super::section("sources", "Sources");
    let board = report.board;
    let most = report.lens.depth(Part::Sources).rows();
    let rows = board.health.iter().map(|health| source(report, health));
    let table = Table::of("Where this comes from", &["Source", "State", "Answered"], rows, most);
    if !table.rows.is_empty() {
        section.blocks.push(Block::Table(table));
    }
    let problems = &board.world.problems;
    if !problems.is_empty() {
        let rows = problems.iter().map(|(source, problem)| {
            vec![
                cell(source.to_string()),
                cell(problem.what.to_string()),
                cell(problem.next_step.to_string()),
            ]
        });
        let titles = ["Source", "Problem", "What to do"];
        section.blocks.push(Block::Table(Table::of("What could not be read", &titles, rows, MOST_PROBLEMS)));
    }
    section
}

fn source(report: &Report<'_>, health: &SourceHealth) -> Vec<Cell> {
    let board = report.board;
    let tone = match (&health.failure, health.state) {
        (Some(_), _) => Tone::Bad,
        (None, SourceState::Starting) => Tone::Unknown,
        (None, _) if health.is_stale(board.at) => Tone::Watch,
        (None, _) => Tone::Good,
    };
    let answered = health.answered_at.map(|at| {
        format!("{}, {}", words::ago(at, board.at), words::day_and_time(at, &board.policy.calendar))
    });
    vec![
        cell(health.id.to_string()),
        cell(Span::toned(headline::source_state(health, board.at), tone)),
        cell(answered.unwrap_or_else(|| "never".to_owned())),
    ]
}
