//! The board as lines for people and for `grep`: words only, no marks, no colours.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use crate::{
    cli::release,
    domain::{Instant, ReleaseId},
    insight::{
        Board, Difference, GateAnswer, Outlook, PullRequestRow, ReleaseInsight, ScheduleProblemKind,
        StepState, StoryRow, Verdict, said_of, words,
    },
};

pub(super) use crate::insight::headline::{forecast_words, source_words, target_words};

/// Rows of each list that are printed; the rest is counted.
const ROWS: usize = 20;

/// The whole board: one release in detail, the others in a line each.
pub(super) fn board(board: &Board, release: Option<&ReleaseId>, now: Instant) -> String {
    let mut out = String::new();
    let Some(insight) = super::shown(board, release) else {
        let none = release::none_known(board, "no release is known");
        line(&mut out, format_args!("{}: {none}", board.title));
        sources(&mut out, board, now);
        problems(&mut out, board);
        section(&mut out, "What to do");
        if release::may_be_missing(board) {
            line(&mut out, format_args!("  `tminus doctor` says of every source what it lacks"));
            return out;
        }
        line(&mut out, format_args!("  tag a version (`git tag v0.1.0`): tags are releases"));
        line(
            &mut out,
            format_args!(
                "  `tminus init` writes .tminus.toml for what is found here, with a plan to fill in"
            ),
        );
        line(&mut out, format_args!("  `tminus demo` shows the board on a simulated organisation"));
        return out;
    };
    headline(&mut out, board, insight, now);
    sources(&mut out, board, now);
    gates(&mut out, insight);
    if !insight.stories.is_empty() {
        let tally = insight.tally;
        section(
            &mut out,
            &format!(
                "Stories: {} of {} ready, {} defects open",
                tally.stories_ready, tally.stories, tally.defects_open
            ),
        );
        rows(&mut out, insight.stories.iter().filter(|row| row.open).map(|row| story(row, now)).collect());
    }
    if !insight.pull_requests.is_empty() {
        let tally = insight.tally;
        section(
            &mut out,
            &format!("Pull requests: {} of {} merged", tally.pull_requests_merged, tally.pull_requests),
        );
        let open = insight.pull_requests.iter().filter(|row| !has_ended(row));
        rows(&mut out, open.map(|row| pull_request(row, now)).collect());
    }
    if !insight.builds.is_empty() {
        section(&mut out, "Builds");
        let builds = words::builds(&insight.builds, now);
        rows(&mut out, builds.into_iter().map(|(name, said)| vec![name.to_string(), said]).collect());
    }
    if release.is_none() {
        if !board.insight.unassigned.is_empty() {
            section(&mut out, &format!("In no release: {} open", board.insight.unassigned.len()));
            rows(&mut out, board.insight.unassigned.iter().map(|row| pull_request(row, now)).collect());
        }
        deployments(&mut out, board, now);
        let others = board.insight.releases.iter().filter(|other| other.release.id != insight.release.id);
        let others: Vec<_> = others.map(|other| other_release(board, other, now)).collect();
        if !others.is_empty() {
            section(&mut out, &format!("Other releases: {}", others.len()));
            rows(&mut out, others);
        }
    }
    problems(&mut out, board);
    out
}

/// What is assumed, and what is another by it.
pub(super) fn assumed(board: &Board, different: &[Difference]) -> String {
    let mut out = String::new();
    line(&mut out, format_args!("WHAT IF: this is not the truth, it is assumed that"));
    for one in &board.world.assumed {
        let said = said_of(&one.assumption, &board.policy.calendar);
        line(&mut out, format_args!("  {}: {said}", one.release));
    }
    section(&mut out, "Truth → what if");
    if different.is_empty() {
        line(&mut out, format_args!("  nothing is another"));
    }
    let cells =
        different.iter().map(|one| vec![one.what.to_string(), format!("{} → {}", one.truth, one.assumed)]);
    rows(&mut out, cells.collect());
    out.push('\n');
    out
}

/// The gates of one release and the answer.
pub(super) fn check(board: &Board, release: &ReleaseInsight, outlook: bool, now: Instant) -> String {
    let mut out = String::new();
    line(&mut out, format_args!("{}: {}", release.release.id, answer_word(release, outlook)));
    headline(&mut out, board, release, now);
    sources(&mut out, board, now);
    gates(&mut out, release);
    if !release.remedies.is_empty() {
        section(&mut out, "What turns it green");
        for remedy in &release.remedies {
            line(&mut out, format_args!("  {} ({})", remedy.action, remedy.said()));
        }
    }
    out
}

/// The answer to the question that was asked, in one word or two.
pub(super) fn answer_word(release: &ReleaseInsight, outlook: bool) -> &'static str {
    let is_out = release.release.released_at.is_some();
    if outlook || is_out { outlook_word(release.outlook) } else { verdict_word(release.verdict) }
}

pub(super) fn verdict_word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Go => "go",
        Verdict::NoGo => "no-go",
        Verdict::Unknown => "unknown",
    }
}

pub(super) fn outlook_word(outlook: Outlook) -> &'static str {
    match outlook {
        Outlook::OnTrack => "on track",
        Outlook::AtRisk => "at risk",
        Outlook::Late => "late",
        Outlook::Unknown => "unknown",
        Outlook::Released => "released",
    }
}

pub(super) fn gate_word(answer: GateAnswer) -> &'static str {
    match answer {
        GateAnswer::Go => "go",
        GateAnswer::NoGo => "no-go",
        GateAnswer::Unknown => "unknown",
        GateAnswer::NotNeeded => "not needed",
    }
}

fn headline(out: &mut String, board: &Board, insight: &ReleaseInsight, now: Instant) {
    let tally = insight.tally;
    line(
        out,
        format_args!(
            "{} · {} · {} · {}",
            insight.release.id,
            target_words(board, insight, now),
            outlook_word(insight.outlook),
            forecast_words(board, insight),
        ),
    );
    line(
        out,
        format_args!(
            "now {}: {} go · {} no-go · {} unknown · {} not needed",
            verdict_word(insight.verdict),
            tally.gates_go,
            tally.gates_no_go,
            tally.gates_unknown,
            tally.gates_not_needed,
        ),
    );
}

fn sources(out: &mut String, board: &Board, now: Instant) {
    line(out, format_args!("as of {}", words::day_and_time(board.at, &board.policy.calendar)));
    for source in source_words(board, now) {
        line(out, format_args!("source {source}"));
    }
}

fn gates(out: &mut String, insight: &ReleaseInsight) {
    section(out, "Gates");
    let gates = insight.gates.iter().map(|gate| {
        vec![
            gate_word(gate.answer).to_owned(),
            gate.name.title().to_owned(),
            gate.measured.to_string(),
            gate.needed.to_string(),
        ]
    });
    rows(out, gates.collect());
    if insight.metrics.is_empty() {
        return;
    }
    section(out, "Metrics");
    let metrics = insight.metrics.iter();
    let cells = metrics.map(|metric| vec![metric.name.to_string(), metric.said(), metric.why.to_string()]);
    rows(out, cells.collect());
}

fn story(row: &StoryRow, now: Instant) -> Vec<String> {
    let story = &row.story;
    vec![
        story.key.to_string(),
        story.title.to_string(),
        story.status.to_string(),
        words::age(now - row.since),
        story.owner.as_ref().map_or_else(|| "nobody".to_owned(), ToString::to_string),
        row.reason.to_string(),
    ]
}

fn has_ended(row: &PullRequestRow) -> bool {
    row.pull_request.state != crate::domain::PullRequestState::Open
}

fn pull_request(row: &PullRequestRow, now: Instant) -> Vec<String> {
    let pull_request = &row.pull_request;
    let mut next = row.next.who.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    if !next.is_empty() {
        next.push_str(": ");
    }
    next.push_str(&row.next.action);
    let review = match row.steps.review {
        StepState::Part(done, all) => format!("{done}/{all} approvals"),
        StepState::Done => "approved".to_owned(),
        _ => String::new(),
    };
    vec![
        pull_request.number.map_or_else(|| pull_request.id.to_string(), |number| format!("#{number}")),
        pull_request.title.to_string(),
        pull_request.author.to_string(),
        row.stage.word().to_owned(),
        row.since.map(|since| format!("in stage {}", words::age(now - since))).unwrap_or_default(),
        crate::app::opened(row).map(|at| format!("age {}", words::age(now - at))).unwrap_or_default(),
        review,
        next,
    ]
}

fn deployments(out: &mut String, board: &Board, now: Instant) {
    let schedule = &board.insight.schedule;
    let coming: Vec<_> = schedule.deployments.iter().filter(|row| !row.deployment.state.is_over()).collect();
    if coming.is_empty() {
        return;
    }
    section(out, &format!("Deployments: {} to come", coming.len()));
    let cells = coming.into_iter().map(|row| {
        let deployment = &row.deployment;
        vec![
            words::day_and_time(deployment.window.from, &board.policy.calendar),
            row.passed().map_or_else(
                || words::countdown(deployment.window.from, now),
                |_| ScheduleProblemKind::WindowPassed.word().to_owned(),
            ),
            deployment.release.as_ref().map(ToString::to_string).unwrap_or_default(),
            deployment.environment.to_string(),
            row.problems
                .iter()
                .map(|problem| format!("{}: {}", problem.kind.word(), problem.what))
                .collect::<Vec<_>>()
                .join("; "),
        ]
    });
    rows(out, cells.collect());
}

fn other_release(board: &Board, insight: &ReleaseInsight, now: Instant) -> Vec<String> {
    let (mut outlook, mut verdict) = (outlook_word(insight.outlook), verdict_word(insight.verdict));
    if insight.release.released_at.is_some() {
        // It went: whether it could go now is no question any more.
        (outlook, verdict) = ("", "");
    }
    let verdict = if verdict.is_empty() { String::new() } else { format!("now {verdict}") };
    vec![insight.release.id.to_string(), target_words(board, insight, now), outlook.to_owned(), verdict]
}

fn problems(out: &mut String, board: &Board) {
    if board.world.problems.is_empty() {
        return;
    }
    section(out, "Problems");
    for (source, problem) in &board.world.problems {
        line(out, format_args!("  {source}: {} → {}", problem.what, problem.next_step));
    }
}

/// A heading, after an empty line.
pub(in crate::cli) fn section(out: &mut String, title: &str) {
    line(out, format_args!("\n{title}"));
}

fn line(out: &mut String, words: std::fmt::Arguments<'_>) {
    // Writing to a String cannot fail.
    let _ = out.write_fmt(words);
    out.push('\n');
}

/// Columns as wide as their widest cell; the last one is not padded.
pub(in crate::cli) fn rows(out: &mut String, mut cells: Vec<Vec<String>>) {
    let more = cells.len().saturating_sub(ROWS);
    cells.truncate(ROWS);
    let columns = cells.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns)
        .map(|column| {
            cells.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max().unwrap_or(0)
        })
        .collect();
    for row in &cells {
        let mut text = String::from(" ");
        for (cell, width) in row.iter().zip(&widths) {
            if *width > 0 {
                text.push(' ');
                text.push_str(cell);
                text.extend(std::iter::repeat_n(' ', width.saturating_sub(cell.width()) + 1));
            }
        }
        line(out, format_args!("{}", text.trim_end()));
    }
    if more > 0 {
        line(out, format_args!("  … and {more} more (--format json has all)"));
    }
}
