//! The board as Markdown, for a page or a chat message.

use std::fmt::Write as _;

use crate::{
    domain::{Instant, PullRequestState, ReleaseId, Text},
    insight::{Board, Difference, GateAnswer, ReleaseInsight, Verdict, said_of, words},
};

pub(in crate::cli) use crate::markdown::{escape, table};

use super::text::{
    answer_word, forecast_words, gate_word, outlook_word, source_words, target_words, verdict_word,
};

/// The release in detail and the others in a table.
pub(super) fn board(board: &Board, release: Option<&ReleaseId>, now: Instant) -> String {
    let Some(insight) = super::shown(board, release) else {
        return format!("# {}\n\nNo release known.\n{}", escape(&board.title), sources(board, now));
    };
    let mut out = head(board, insight, now);
    out.push_str(&gates(insight));
    let stories = insight.stories.iter().filter(|row| row.open).map(|row| {
        let owner = row.story.owner.as_ref().map_or("nobody", |owner| owner.as_str());
        [row.story.key.as_str(), &row.story.title, &row.story.status, owner, &row.reason].map(escape).to_vec()
    });
    out.push_str(&table("Open stories", &["Story", "Title", "Status", "Owner", "Note"], stories.collect()));
    let open = insight.pull_requests.iter().filter(|row| row.pull_request.state == PullRequestState::Open);
    let open = open.map(|row| {
        let who = row.next.who.iter().map(Text::as_str).collect::<Vec<_>>().join(", ");
        let next =
            if who.is_empty() { row.next.action.to_string() } else { format!("{who}: {}", row.next.action) };
        let pull_request = &row.pull_request;
        [pull_request.id.as_str(), &pull_request.title, &pull_request.author, row.stage.word(), &next]
            .map(escape)
            .to_vec()
    });
    out.push_str(&table(
        "Open pull requests",
        &["Pull request", "Title", "Author", "Stage", "Next"],
        open.collect(),
    ));
    let builds = words::builds(&insight.builds, now);
    let builds = builds.into_iter().map(|(name, said)| vec![escape(name), escape(&said)]).collect();
    out.push_str(&table("Builds", &["Repository", "Branches"], builds));
    if release.is_none() {
        let others = board.insight.releases.iter().filter(|other| other.release.id != insight.release.id);
        let others = others.map(|other| {
            vec![
                escape(other.release.id.as_str()),
                escape(&target_words(board, other, now)),
                outlook_word(other.outlook).to_owned(),
                verdict_word(other.verdict).to_owned(),
            ]
        });
        out.push_str(&table("Other releases", &["Release", "Target", "Outlook", "Now"], others.collect()));
    }
    out
}

/// What is assumed, and what is another by it.
pub(super) fn assumed(board: &Board, different: &[Difference]) -> String {
    let mut out = String::from("> **What if**: this is not the truth, it is assumed that\n");
    for one in &board.world.assumed {
        let said = said_of(&one.assumption, &board.policy.calendar);
        let _ = writeln!(out, "> - {}: {}", escape(one.release.as_str()), escape(&said));
    }
    let rows = different.iter().map(|one| [&*one.what, &one.truth, &one.assumed].map(escape).to_vec());
    out.push_str(&table("What if", &["", "Truth", "What if"], rows.collect()));
    out.push('\n');
    out
}

/// The gates of one release and the answer.
pub(super) fn check(board: &Board, release: &ReleaseInsight, outlook: bool, now: Instant) -> String {
    let mut out = head(board, release, now);
    let asked = if outlook { "Ready by its target?" } else { "May it go now?" };
    let _ = writeln!(out, "\n{asked} **{}**", answer_word(release, outlook));
    out.push_str(&gates(release));
    if !release.remedies.is_empty() {
        out.push_str("\n## What turns it green\n\n");
    }
    for remedy in &release.remedies {
        let _ = writeln!(out, "- {} ({})", escape(&remedy.action), escape(&remedy.said()));
    }
    out
}

fn head(board: &Board, insight: &ReleaseInsight, now: Instant) -> String {
    let mark = match insight.verdict {
        Verdict::Go => "✓",
        Verdict::NoGo => "✗",
        Verdict::Unknown => "?",
    };
    format!(
        "# {}\n\n**{}** · {} · {}\n\nNow {mark} **{}** · as of {}\n{}",
        escape(insight.release.id.as_str()),
        outlook_word(insight.outlook),
        escape(&target_words(board, insight, now)),
        escape(&forecast_words(board, insight)),
        verdict_word(insight.verdict),
        words::day_and_time(board.at, &board.policy.calendar),
        sources(board, now),
    )
}

fn sources(board: &Board, now: Instant) -> String {
    let mut out = String::from("\n");
    for source in source_words(board, now) {
        let _ = writeln!(out, "- source {}", escape(&source));
    }
    out
}

fn gates(insight: &ReleaseInsight) -> String {
    let rows = insight.gates.iter().map(|gate| {
        let mark = match gate.answer {
            GateAnswer::Go => "✓",
            GateAnswer::NoGo => "✗",
            GateAnswer::Unknown => "?",
            GateAnswer::NotNeeded => "–",
        };
        vec![
            format!("{mark} {}", gate_word(gate.answer)),
            escape(gate.name.title()),
            escape(&gate.measured),
            escape(&gate.needed),
        ]
    });
    let mut out = table("Gates", &["Answer", "Gate", "Measured", "Needed"], rows.collect());
    let metrics = insight.metrics.iter();
    let metrics =
        metrics.map(|metric| vec![escape(&metric.name), escape(&metric.said()), escape(&metric.why)]);
    out.push_str(&table("Metrics", &["Metric", "Value", "Why not"], metrics.collect()));
    out
}
