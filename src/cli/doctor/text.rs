//! What was found, for people: the worst last, where it is seen.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr;

use crate::{insight::words, source::DiagnosisState};

use super::{Report, Section, severity};

/// How a state is written, and its colour by the number of the terminal.
fn word(state: DiagnosisState) -> (&'static str, u8) {
    match state {
        DiagnosisState::Good => ("ok", 32),
        DiagnosisState::Limited => ("limited", 33),
        DiagnosisState::Unknown => ("unknown", 35),
        DiagnosisState::Bad => ("fails", 31),
    }
}

/// The width of the states' words.
const WORDS: usize = 7;

/// The report in lines.
pub(super) fn report(report: &Report, is_coloured: bool) -> String {
    let mut out = String::new();
    let mut sections: Vec<&Section> = report.sections.iter().collect();
    sections.sort_by_key(|section| section.state().map(severity));
    let subjects = sections.iter().flat_map(|section| &section.points);
    let width = subjects.map(|point| point.subject.width()).max().unwrap_or(0);
    for section in sections {
        heading(&mut out, section);
        let mut points: Vec<_> = section.points.iter().collect();
        points.sort_by_key(|point| severity(point.state));
        for point in points {
            let (word, colour) = word(point.state);
            let word = format!("{word:<WORDS$}");
            let word = if is_coloured { format!("\u{1b}[{colour}m{word}\u{1b}[0m") } else { word };
            let gap = " ".repeat(width.saturating_sub(point.subject.width()));
            let _ = writeln!(out, "  {word}  {}{gap}  {}", point.subject, point.what);
            if let Some(next_step) = &point.next_step {
                let _ = writeln!(out, "  {:WORDS$}  {:width$}  do: {next_step}", "", "");
            }
        }
        out.push('\n');
    }
    let _ = writeln!(out, "{}", summary(report));
    out
}

fn heading(out: &mut String, section: &Section) {
    let mut parts = Vec::new();
    if let Some(part) = section.part {
        parts.push(part.word());
    }
    if section.is_left_out {
        parts.push("not asked: --offline");
    }
    if !section.about.is_empty() {
        parts.push(&section.about);
    }
    let about = parts.join("; ");
    let _ = if about.is_empty() {
        writeln!(out, "{}", section.name)
    } else {
        writeln!(out, "{}: {about}", section.name)
    };
}

/// How many points are how.
fn summary(report: &Report) -> String {
    let states =
        [DiagnosisState::Bad, DiagnosisState::Unknown, DiagnosisState::Limited, DiagnosisState::Good];
    let count = |state| {
        let points = report.sections.iter().flat_map(|section| &section.points);
        points.filter(|point| point.state == state).count()
    };
    let said = |state| {
        let count = count(state);
        (count > 0).then(|| match state {
            DiagnosisState::Bad => format!("{} not work", words::count(count, "point does", "points do")),
            DiagnosisState::Unknown => format!("{count} could not be found out"),
            DiagnosisState::Limited => format!("{count} could be better"),
            DiagnosisState::Good => format!("{count} in order"),
        })
    };
    states.into_iter().filter_map(said).collect::<Vec<_>>().join(", ")
}
