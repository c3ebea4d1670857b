//! What was found, for programs.

use serde::Serialize;

use crate::{
    cli::{
        connectors::Part,
        status::{SCHEMA_VERSION, to_json},
    },
    domain::{Instant, Text},
    source::{Diagnosis, DiagnosisState},
};

use super::{Report, Section};

#[derive(Serialize)]
struct ReportJson<'a> {
    schema_version: u32,
    version: &'static str,
    at: Instant,
    state: &'static str,
    sections: Vec<SectionJson<'a>>,
}

#[derive(Serialize)]
struct SectionJson<'a> {
    name: &'a str,
    part: Option<&'static str>,
    about: &'a Text,
    state: Option<&'static str>,
    points: Vec<PointJson<'a>>,
}

#[derive(Serialize)]
struct PointJson<'a> {
    subject: &'a Text,
    state: &'static str,
    what: &'a Text,
    next_step: Option<&'a Text>,
}

/// The report as one object.
pub(super) fn report(report: &Report) -> String {
    to_json(&ReportJson {
        schema_version: SCHEMA_VERSION,
        version: env!("CARGO_PKG_VERSION"),
        at: report.at,
        state: word(report.state()),
        sections: report.sections.iter().map(section).collect(),
    })
}

fn section(section: &Section) -> SectionJson<'_> {
    let part = section.part.map(|part| match part {
        Part::InUse | Part::Joined if section.is_left_out => "not_asked",
        Part::InUse => "in_use",
        Part::Joined => "joined",
        Part::SwitchedOff => "switched_off",
        Part::NotThere => "not_there",
    });
    SectionJson {
        name: &section.name,
        part,
        about: &section.about,
        state: section.state().map(word),
        points: section.points.iter().map(point).collect(),
    }
}

fn point(point: &Diagnosis) -> PointJson<'_> {
    PointJson {
        subject: &point.subject,
        state: word(point.state),
        what: &point.what,
        next_step: point.next_step.as_ref(),
    }
}

fn word(state: DiagnosisState) -> &'static str {
    match state {
        DiagnosisState::Good => "good",
        DiagnosisState::Limited => "limited",
        DiagnosisState::Bad => "bad",
        DiagnosisState::Unknown => "unknown",
    }
}
