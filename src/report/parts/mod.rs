//! The parts of a report, in their order.

mod definitions;
mod environments;
mod head;
mod insights;
mod pull_requests;
mod release;
mod schedule;
mod sources;

use std::borrow::Cow;

use crate::insight::{GateAnswer, Outlook, ReleaseInsight, Verdict, words};

use super::{
    Report,
    document::{Document, Section, Span, Tone},
};

/// Releases that are told in detail; the others are in the head.
const MOST_DETAILED: usize = 8;

/// The whole report.
pub(super) fn document(report: &Report<'_>) -> Document {
    let board = report.board;
    let at = words::day_and_time(board.at, &board.policy.calendar);
    let title = match report.release {
        Some(release) => release.to_string(),
        None => board.title.to_string(),
    };
    let year = board.at.with_timezone(&board.policy.calendar.zone).format("%Y %Z");
    let mut sections =
        vec![release::section(report), pull_requests::section(report), schedule::section(report)];
    // Of no release in particular.
    if report.release.is_none() {
        sections.extend([environments::section(report), insights::findings(report), insights::cards(report)]);
    }
    sections.extend([sources::section(report), definitions::section()]);
    sections.retain(|section| !section.is_empty());
    let mut document = Document {
        title,
        as_of: format!("As of {at} {year}"),
        head: head::section(report),
        sections,
        foot: format!(
            "Made by tminus {} from the board {}. This page holds no script and loads nothing.",
            env!("CARGO_PKG_VERSION"),
            board.title,
        ),
    };
    if !report.lens.has_keys() {
        document.in_words(&|said| match report.lens.words(said, board) {
            Cow::Owned(plain) => Some(plain),
            Cow::Borrowed(_) => None,
        });
    }
    document
}

/// The releases that are told in detail: the one that is asked for, else those that are not out;
/// where all are out, the newest.
fn detailed<'a>(report: &Report<'a>) -> Vec<&'a ReleaseInsight> {
    let all = report.board.insight.releases.iter().map(|insight| &**insight);
    if let Some(asked) = report.release {
        return all.filter(|insight| insight.release.id == *asked).collect();
    }
    let open: Vec<&ReleaseInsight> =
        all.filter(|insight| insight.release.released_at.is_none()).take(MOST_DETAILED).collect();
    if open.is_empty() {
        report.board.insight.releases.iter().map(|insight| &**insight).take(1).collect()
    } else {
        open
    }
}

/// Where a release is within the page.
fn address(place: usize) -> String {
    format!("release-{}", place + 1)
}

/// Could it go now? Of what went out it is no question any more.
fn verdict(insight: &ReleaseInsight) -> Span {
    if insight.release.released_at.is_some() {
        return Span::toned("out", Tone::Good);
    }
    let tone = match insight.verdict {
        Verdict::Go => Tone::Good,
        Verdict::NoGo => Tone::Bad,
        Verdict::Unknown => Tone::Unknown,
    };
    Span::toned(format!("now {}", insight.verdict.word()), tone)
}

/// Will it be ready by its target?
fn outlook(insight: &ReleaseInsight) -> Span {
    let tone = match insight.outlook {
        Outlook::OnTrack | Outlook::Released => Tone::Good,
        Outlook::AtRisk => Tone::Watch,
        Outlook::Late => Tone::Bad,
        Outlook::Unknown => Tone::Unknown,
    };
    let word = match insight.outlook {
        Outlook::Unknown => "outlook unknown",
        known => known.word(),
    };
    Span::toned(word, tone)
}

/// What a gate says.
fn answer(answer: GateAnswer) -> Span {
    let tone = match answer {
        GateAnswer::Go => Tone::Good,
        GateAnswer::NoGo => Tone::Bad,
        GateAnswer::Unknown => Tone::Unknown,
        GateAnswer::NotNeeded => Tone::Quiet,
    };
    Span::toned(answer.word(), tone)
}

/// An empty section, to be filled.
fn section(id: &str, title: &str) -> Section {
    Section::new(id, title)
}
