//! `tminus doctor`: what works, what does not, and what to do about it.
//!
//! It is for when something is wrong, so it needs nothing to be right: a configuration that
//! cannot be read is one of its points, and every source is examined by itself, within a time.

mod json;
mod machine;
mod sources;
mod text;

use std::{borrow::Cow, io::IsTerminal as _, process::ExitCode, time::Duration};

use crate::{
    clock::Clock,
    config::{self, Config, ConfigError, Environment},
    domain::{Instant, Text},
    source::{Diagnosis, DiagnosisState},
    terminal::Capabilities,
    theme::ColorDepth,
};

use super::{
    Failure,
    args::{Common, TableFormat},
    connectors::Part,
    context::{Context, flags},
    environment, print,
};

/// How long one source may take unless `--timeout` says otherwise.
const EXAMINED_WITHIN: Duration = Duration::from_secs(20);

/// What was looked at together.
struct Section {
    name: Cow<'static, str>,
    /// What a connector does on this board; none for what is no connector.
    part: Option<Part>,
    /// It was left alone, as `--offline` asks.
    is_left_out: bool,
    about: Text,
    points: Vec<Diagnosis>,
}

/// Everything that was looked at, in the order of the board's sources.
struct Report {
    at: Instant,
    sections: Vec<Section>,
}

impl Section {
    fn new(name: impl Into<Cow<'static, str>>, about: impl AsRef<str>, points: Vec<Diagnosis>) -> Self {
        Self { name: name.into(), part: None, is_left_out: false, about: Text::new(about), points }
    }

    /// The worst of its points; none if it has none.
    fn state(&self) -> Option<DiagnosisState> {
        self.points.iter().map(|point| point.state).max_by_key(|state| severity(*state))
    }
}

impl Report {
    /// The worst there is.
    fn state(&self) -> DiagnosisState {
        let states = self.sections.iter().filter_map(Section::state);
        states.max_by_key(|state| severity(*state)).unwrap_or(DiagnosisState::Good)
    }
}

/// How bad a state is: what could not be found out is not taken for good.
fn severity(state: DiagnosisState) -> u8 {
    match state {
        DiagnosisState::Good => 0,
        DiagnosisState::Limited => 1,
        DiagnosisState::Unknown => 2,
        DiagnosisState::Bad => 3,
    }
}

/// Looks at everything and prints what it found. Exit 0: it works, perhaps with less than there
/// could be; exit 1: something does not, or cannot be told.
pub(super) fn run(common: &Common, format: TableFormat) -> Result<ExitCode, Failure> {
    let environment = environment()?;
    let report = examine(common, &environment)?;
    print(&match format {
        TableFormat::Text => text::report(&report, is_coloured(common)),
        TableFormat::Json => json::report(&report),
    })?;
    Ok(match report.state() {
        DiagnosisState::Good | DiagnosisState::Limited => ExitCode::SUCCESS,
        DiagnosisState::Bad | DiagnosisState::Unknown => ExitCode::FAILURE,
    })
}

fn examine(common: &Common, environment: &Environment) -> Result<Report, Failure> {
    let variable = |name: &str| std::env::var(name).ok();
    let loaded = config::load(environment, &flags(common));
    let is_ascii = common.ascii || loaded.as_ref().is_ok_and(|config| config.ascii);
    let terminal = machine::terminal(common.color.unwrap_or_default(), is_ascii, variable);
    let version = Diagnosis::good("version", concat!("tminus ", env!("CARGO_PKG_VERSION")));
    let (config, wrong) = match loaded {
        Ok(config) => (Some(config), None),
        Err(error) => (None, Some(error)),
    };
    let mut sections = vec![
        Section::new("machine", "", {
            let zone = config.as_ref().map(machine::time_zone);
            [Some(version), zone, Some(terminal)].into_iter().flatten().collect()
        }),
        configuration(environment, common, config.as_ref(), wrong.as_ref()),
    ];
    let Some(config) = config else { return Ok(Report { at: Clock::Real.now(), sections }) };
    let context = match Context::of(config, common, None) {
        Ok(context) => context,
        Err(failure) => {
            sections.push(Section::new("board", "", vec![of_failure("settings", failure)?]));
            return Ok(Report { at: Clock::Real.now(), sections });
        }
    };
    let at = context.clock.now();
    sections.push(machine::history(&context, at));
    let within = common.timeout.map_or(EXAMINED_WITHIN, Duration::from_secs);
    sections.extend(sources::examine(&context, common.offline && !context.is_demo(), within)?);
    Ok(Report { at, sections })
}

/// The files that were looked for, and what is wrong with them.
fn configuration(
    environment: &Environment,
    common: &Common,
    config: Option<&Config>,
    wrong: Option<&ConfigError>,
) -> Section {
    let mut points: Vec<Diagnosis> = config::looked_for(environment, &flags(common))
        .into_iter()
        .map(|file| {
            let state = if file.exists { "" } else { ", which is not there" };
            Diagnosis::good(file.layer.name(), format!("{}{state}", file.shown))
        })
        .collect();
    for complaint in wrong.iter().flat_map(|error| &error.complaints) {
        points.push(Diagnosis {
            subject: "wrong".into(),
            state: DiagnosisState::Bad,
            what: Text::new(format!("{}: {}", complaint.at, complaint.what)),
            next_step: (!complaint.next_step.is_empty()).then(|| Text::new(&complaint.next_step)),
        });
    }
    for warning in config.iter().flat_map(|config| &config.warnings) {
        points.push(Diagnosis::of_problem("variable", DiagnosisState::Limited, warning));
    }
    let about = if wrong.is_some() { "the sources are examined once it is right" } else { "" };
    Section::new("configuration", about, points)
}

/// A failure as a point; what nobody can mend stays one.
fn of_failure(subject: &str, failure: Failure) -> Result<Diagnosis, Failure> {
    let Failure::Usage(message) = failure else { return Err(failure) };
    let (what, next_step) = message.split_once('\n').unwrap_or((&message, ""));
    Ok(Diagnosis {
        subject: subject.into(),
        state: DiagnosisState::Bad,
        what: Text::new(what),
        next_step: (!next_step.is_empty()).then(|| Text::new(next_step)),
    })
}

/// Colours are for terminals that have them.
fn is_coloured(common: &Common) -> bool {
    let capabilities =
        Capabilities::detect(common.color.unwrap_or_default(), common.ascii, |name| std::env::var(name).ok());
    std::io::stdout().is_terminal() && capabilities.color != ColorDepth::None
}
