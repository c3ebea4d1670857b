//! What goes out when: a picture and a list.

use std::fmt::Write as _;

use chrono::Duration;

use crate::{
    domain::{Instant, Window},
    insight::{Board, DeploymentRow, Depth, ForecastView, Part, Verdict, headline, scheduled, words},
    report::{
        Report, charts,
        document::{Block, Cell, Figure, Section, Span, Table, Tone, cell},
    },
};

/// Days that the picture shows before now and at most after it.
const SIGHT: [i64; 2] = [2, 56];
/// The fewest days after now.
const FEWEST_AHEAD: i64 = 14;
/// Environments with a lane.
const MOST_LANES: usize = 12;
/// Releases with a lane.
const MOST_RELEASES: usize = 8;
/// Freezes that are listed.
const MOST_FREEZES: usize = 10;
/// Problems of one deployment.
const MOST_PROBLEMS: usize = 4;

pub(super) fn section(report: &Report<'_>) -> Section {
    let mut section = super::section("schedule", "Schedule");
    let depth = report.lens.depth(Part::Schedule);
    if depth == Depth::Hidden {
        return section;
    }
    let board = report.board;
    let schedule = scheduled::Scheduled::of(board, report.release);
    let coming: Vec<&DeploymentRow> = schedule.coming(board.at).collect();
    if coming.is_empty() && schedule.releases.is_empty() && schedule.freezes.is_empty() {
        return section;
    }
    section.blocks.push(Block::Lead(lead(board, &coming)));
    if depth.has_picture() {
        section.blocks.extend(gantt(board, &schedule, &coming).map(Block::Figure));
    }
    let most = depth.rows();
    if most == 0 {
        return section;
    }
    if !coming.is_empty() {
        let rows = coming.iter().map(|row| deployment(board, row));
        let titles = ["When", "In", "What", "Where", "State", "Readiness", "In its way"];
        section.blocks.push(Block::Table(Table::of("Deployments to come", &titles, rows, most)));
    }
    if !schedule.freezes.is_empty() {
        let rows =
            schedule.freezes.iter().map(|freeze| scheduled::freeze_words(board, freeze).map(cell).to_vec());
        section.blocks.push(Block::Table(Table::of(
            "Freezes",
            &["When", "Name", "Where"],
            rows,
            MOST_FREEZES,
        )));
    }
    let rows = schedule
        .releases
        .iter()
        .map(|insight| scheduled::release_words(board, &schedule, insight, board.at).map(cell).to_vec());
    let table = Table::of("Releases to come", &["Release", "Target", "Forecast", "Deployment"], rows, most);
    if !table.rows.is_empty() {
        section.blocks.push(Block::Table(table));
    }
    section
}

/// What is next, and how much of what comes has something in its way.
fn lead(board: &Board, coming: &[&DeploymentRow]) -> Vec<Span> {
    let Some(next) = coming.first() else { return vec!["No deployment is planned.".into()] };
    let [_, countdown, what, place, ..] = scheduled::deployment_words(board, next, board.at);
    let mut said = vec![Span::from(format!("Next: {what} to {place}, {countdown}."))];
    let blocked = coming.iter().filter(|row| !row.problems.is_empty()).count();
    if blocked > 0 {
        let of = format!(
            "{blocked} of {} to come have something in their way.",
            words::count(coming.len(), "deployment", "deployments")
        );
        said.push(Span::toned(of, Tone::Watch));
    }
    said
}

fn tone(row: &DeploymentRow) -> Tone {
    match row.verdict {
        _ if !row.problems.is_empty() => Tone::Bad,
        Some(Verdict::Go) => Tone::Good,
        Some(Verdict::NoGo) => Tone::Watch,
        Some(Verdict::Unknown) => Tone::Unknown,
        None => Tone::Plain,
    }
}

fn deployment(board: &Board, row: &DeploymentRow) -> Vec<Cell> {
    let [when, countdown, what, place, state, readiness] = scheduled::deployment_words(board, row, board.at);
    let problems = scheduled::problems(row);
    let more = problems.len().saturating_sub(MOST_PROBLEMS);
    let mut in_its_way: Cell =
        problems.into_iter().take(MOST_PROBLEMS).map(|said| Span::toned(said, Tone::Bad)).collect();
    if more > 0 {
        in_its_way.push(Span::toned(format!("and {more} more"), Tone::Quiet));
    }
    let what = Span::linked(what, row.deployment.url.as_ref());
    vec![cell(when), cell(countdown), cell(what), cell(place), cell(state), cell(readiness), in_its_way]
}

/// The time that is shown: what comes, if that is neither very near nor very far.
fn sight(board: &Board, schedule: &scheduled::Scheduled<'_>, coming: &[&DeploymentRow]) -> Window {
    let ends = coming.iter().map(|row| row.deployment.window.until);
    let targets =
        schedule.releases.iter().filter_map(|insight| insight.release.target.map(|target| target.at));
    let limit = board.at + Duration::days(SIGHT[1]);
    let last = ends.chain(targets).filter(|end| *end < limit).max().unwrap_or(board.at);
    let until = (last + Duration::days(3)).clamp(board.at + Duration::days(FEWEST_AHEAD), limit);
    Window { from: board.at - Duration::days(SIGHT[0]), until }
}

fn gantt(board: &Board, schedule: &scheduled::Scheduled<'_>, coming: &[&DeploymentRow]) -> Option<Figure> {
    let sight = sight(board, schedule, coming);
    let mut places: Vec<&crate::domain::EnvironmentId> = Vec::new();
    for row in coming.iter().filter(|row| row.deployment.window.overlaps(&sight)) {
        if !places.contains(&&row.deployment.environment) {
            places.push(&row.deployment.environment);
        }
    }
    let hidden = places.len().saturating_sub(MOST_LANES);
    let mut lanes: Vec<charts::Lane> = places
        .into_iter()
        .take(MOST_LANES)
        .map(|place| charts::Lane {
            name: place.to_string(),
            closed: frozen(board, place),
            bars: coming
                .iter()
                .filter(|row| row.deployment.environment == *place)
                .map(|row| charts::Bar {
                    label: scheduled::deployment_words(board, row, board.at)[2].clone(),
                    window: row.deployment.window,
                    tone: tone(row),
                })
                .collect(),
            marks: Vec::new(),
        })
        .collect();
    let releases = schedule.releases.iter().take(MOST_RELEASES).map(|insight| {
        let mark = |label, class, at: Option<Instant>| at.map(|at| charts::Mark { label, at, class });
        let dates = match insight.forecast {
            ForecastView::Dates { p50, p85, .. } => [p50.at(), p85.at()],
            _ => [None, None],
        };
        charts::Lane {
            name: insight.release.id.to_string(),
            closed: Vec::new(),
            bars: Vec::new(),
            marks: [
                mark("target", "target", insight.release.target.map(|target| target.at)),
                mark("P50", "forecast", dates[0]),
                mark("P85", "forecast", dates[1]),
            ]
            .into_iter()
            .flatten()
            .collect(),
        }
    });
    lanes.extend(releases.filter(|lane| !lane.marks.is_empty()));
    let calendar = &board.policy.calendar;
    let span = words::window(sight, calendar);
    let mut description =
        format!("Deployments by environment and the dates of releases, {span}; hatched: frozen");
    if hidden > 0 {
        let _ = write!(
            description,
            "; {} more are not drawn",
            words::count(hidden, "environment", "environments")
        );
    }
    let next: Vec<String> = schedule
        .releases
        .iter()
        .take(MOST_RELEASES)
        .map(|insight| format!("{} {}", insight.release.id, headline::target_words(board, insight, board.at)))
        .collect();
    if !next.is_empty() {
        let _ = write!(description, ". {}", next.join("; "));
    }
    charts::timeline(charts::Timeline {
        id: "schedule-chart",
        title: "Deployments and releases over time".to_owned(),
        description: description + ".",
        sight,
        now: board.at,
        calendar,
        lanes,
    })
}

fn frozen(board: &Board, place: &crate::domain::EnvironmentId) -> Vec<Window> {
    let frozen = board.insight.schedule.frozen.iter().filter(|frozen| frozen.environment == *place);
    frozen.map(|frozen| frozen.window).collect()
}
