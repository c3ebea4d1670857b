//! What a command works on: configuration, sources, and where the board's past is kept.

use std::{borrow::Cow, path::PathBuf, sync::Arc};

use chrono::DateTime;
use sha2::{Digest, Sha256};

use crate::{
    clock::Clock,
    config::{self, Config, Flags, Layer, Origin, host_of_site},
    domain::{Calendar, Instant, Policy, Text},
    insight::GateName,
    source::{
        Source,
        demo::{DemoSettings, DemoSource},
        git::discover,
    },
};

use super::{
    Failure,
    args::{Common, DemoArguments},
    connectors::{self, Connector, Part},
};

/// The instant at which a frozen demo stands still: 2026-11-22 08:24 UTC.
const FROZEN_AT: Instant = match DateTime::from_timestamp(1_795_335_840, 0) {
    Some(instant) => instant,
    None => DateTime::UNIX_EPOCH,
};

/// What a command works on.
pub(super) struct Context {
    /// The configuration.
    pub(super) config: Config,
    /// Where `now` comes from.
    pub(super) clock: Clock,
    /// What the board is called.
    pub(super) title: Text,
    /// The rules by which facts are judged.
    pub(super) policy: Arc<Policy>,
    /// Where the board's past is kept; none for a demo, whose past goes with it.
    pub(super) directory: Option<PathBuf>,
    demo: Option<DemoSettings>,
}

impl Context {
    /// Reads the configuration and decides what the board is made of. `demo` is the demo's
    /// own command; `--demo` counts everywhere.
    pub(super) fn resolve(common: &Common, demo: Option<&DemoArguments>) -> Result<Self, Failure> {
        let environment = super::environment()?;
        let config =
            config::load(&environment, &flags(common)).map_err(|error| Failure::Usage(error.to_string()))?;
        Self::of(config, common, demo)
    }

    /// What the board is made of, by `config`.
    pub(super) fn of(config: Config, common: &Common, demo: Option<&DemoArguments>) -> Result<Self, Failure> {
        gates_exist(&config)?;
        let demo = demo.or(common.demo.as_ref().map(|spec| &spec.0));
        let clock = if demo.is_some_and(|demo| demo.frozen) { Clock::Frozen(FROZEN_AT) } else { Clock::Real };
        let calendar = &config.policy.calendar;
        let demo = demo.map(|demo| demo_settings(demo, calendar, clock.now()));
        let (title, policy) = match &demo {
            // The project's rules are made for the project's releases.
            Some(_) => {
                let accepted_drift = crate::source::demo::accepted_drift();
                let teams = crate::source::demo::teams();
                let calendar = calendar.clone();
                (Text::new("demo"), Policy { calendar, accepted_drift, teams, ..Policy::default() })
            }
            None => (Text::new(title(&config)), config.policy.clone()),
        };
        let directory = match (&demo, &common.data_dir) {
            (Some(_), None) => None,
            _ => Some(config.data_dir.join("boards").join(identity(&config, demo.as_ref()))),
        };
        Ok(Self { config, clock, title, policy: Arc::new(policy), directory, demo })
    }

    /// Whether the board is that of the simulated organisation.
    pub(super) fn is_demo(&self) -> bool {
        self.demo.is_some()
    }

    /// The sources, in the order of their rank: what people wrote down before what is derived.
    pub(super) fn sources(&self) -> Result<Vec<Box<dyn Source>>, Failure> {
        self.connectors().into_iter().filter_map(|connector| connector.source).collect()
    }

    /// Every connector that there is, in the order of their rank, and what it does on this board;
    /// on that of the demo there is none besides.
    pub(super) fn connectors(&self) -> Vec<Connector> {
        let Some(demo) = &self.demo else { return connectors::all(&self.config) };
        let source = DemoSource::new(demo.clone());
        vec![Connector {
            name: "demo".into(),
            part: Part::InUse,
            about: "a simulated organisation".to_owned(),
            source: Some(Ok(Box::new(source))),
        }]
    }
}

/// A mistyped gate would be asked for in vain: its name is an error.
fn gates_exist(config: &Config) -> Result<(), Failure> {
    let own = &config.policy.own_gates;
    let names: Vec<GateName> = GateName::BUILT_IN
        .into_iter()
        .chain(own.iter().map(|gate| GateName::Own(gate.name.clone())))
        .collect();
    let known = || names.iter().map(GateName::key);
    for (setting, gates) in
        [("gates.required", &config.policy.required_gates), ("gates.disabled", &config.policy.disabled_gates)]
    {
        let Some(wrong) = gates.iter().find(|gate| known().all(|key| key != gate.as_str())) else {
            continue;
        };
        let place = config.origin(setting).map(|origin| format!(" at {origin}")).unwrap_or_default();
        let hint = match config::nearest(wrong, known()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are {}", known().collect::<Vec<_>>().join(", ")),
        };
        return Err(Failure::Usage(format!("{setting}{place}: no gate `{wrong}`\n{hint}")));
    }
    Ok(())
}

/// What of the command line are settings.
pub(super) fn flags(common: &Common) -> Flags {
    Flags {
        config: common.config.clone(),
        data_dir: common.data_dir.clone(),
        theme: common.theme.clone(),
        mouse: common.no_mouse.then_some(false),
        ascii: common.ascii.then_some(true),
        read_only: common.read_only.then_some(true),
        junit: common.junit.clone(),
        sarif: common.sarif.clone(),
        csv: common.csv.clone(),
    }
}

fn demo_settings(demo: &DemoArguments, calendar: &Calendar, now: Instant) -> DemoSettings {
    let usual = DemoSettings::opened(now, calendar.zone);
    DemoSettings {
        seed: demo.seed.unwrap_or(usual.seed),
        stories: demo.stories.unwrap_or(usual.stories),
        pull_requests: demo.pull_requests,
        frozen: demo.frozen,
        ..usual
    }
}

fn title(config: &Config) -> String {
    let named = config.board.clone().or_else(|| config.project.clone());
    named
        .or_else(|| config.git.as_ref().and_then(|git| discover(&git.path)).map(|found| found.project))
        .unwrap_or_else(|| {
            config
                .root
                .file_name()
                .map_or_else(|| "board".to_owned(), |name| name.to_string_lossy().into_owned())
        })
}

/// The name of the board's directory: readable, and another one for other sources. A board
/// that was given a name keeps its past when the project moves. What the board is called on
/// the screen is no part of it: that may change with a setting or the remote's address. Nor is a
/// forge that joins by itself: it comes and goes with the remote, and the past stays.
fn identity(config: &Config, demo: Option<&DemoSettings>) -> String {
    let name: Cow<'_, str>;
    let mut digest = Sha256::new();
    let mut add = |part: &[u8]| {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    };
    if let Some(demo) = demo {
        name = "demo".into();
        add(b"demo");
        let pull_requests = demo.pull_requests.map_or(u64::MAX, |count| count as u64);
        // Where time stands still, it is another time.
        for number in [demo.seed, demo.stories as u64, pull_requests, u64::from(demo.frozen)] {
            add(&number.to_be_bytes());
        }
    } else if let Some(board) = &config.board {
        name = board.into();
        add(b"name");
        add(board.as_bytes());
    } else {
        name = config.root.file_name().unwrap_or_default().to_string_lossy();
        let git = config.git.iter().map(|git| (b"git ", &git.path));
        let plan = config.plan.iter().flat_map(|plan| &plan.inline).map(|file| (b"plan", file));
        for (kind, path) in std::iter::once((b"root", &config.root)).chain(git).chain(plan) {
            add(kind);
            // However it was written: `../plan.toml`, or through a link.
            add(path.canonicalize().as_ref().unwrap_or(path).as_os_str().as_encoded_bytes());
        }
        for repository in config.github.iter().flat_map(|github| &github.repositories) {
            add(b"hub ");
            add(repository.as_bytes());
        }
        for project in config.gitlab.iter().flat_map(|gitlab| &gitlab.projects) {
            add(b"lab ");
            add(project.as_bytes());
        }
        let tables = config.csv.as_ref().map(|tables| &tables.report);
        for table in tables.iter().flat_map(|tables| &tables.files) {
            add(b"csv ");
            add(table.to_string().as_bytes());
        }
        if let Some(jira) = &config.jira {
            add(b"jira");
            add(host_of_site(&jira.site).unwrap_or_default().as_bytes());
            jira.projects.iter().for_each(|project| add(project.as_bytes()));
        }
    }
    // Files of the command line are the board of that command: who else looks at the board of the
    // configuration does not see them.
    let tables = config.csv.as_ref().map(|tables| &tables.report);
    let reports = [("junit", config.junit.as_ref()), ("sarif", config.sarif.as_ref()), ("csv", tables)];
    for (name, reports) in reports {
        let origin = config.origin(&format!("source.{name}.files")).map(Origin::layer);
        if demo.is_none() && origin == Some(Layer::Flags) {
            for file in reports.iter().flat_map(|reports| &reports.files) {
                digest.update(name);
                digest.update(file.to_string());
            }
        }
    }
    let digest = digest.finalize();
    let readable: String = name
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
        .take(32)
        .collect();
    let short = digest.iter().take(6).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!("{readable}-{short:012x}")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::config::Environment;

    use super::*;

    fn identity_of(config: &Path) -> String {
        let environment = Environment {
            working_directory: config.parent().unwrap().to_owned(),
            home: Some("/nowhere".into()),
            ..Environment::default()
        };
        let flags = Flags { config: Some(config.to_owned()), ..Flags::default() };
        identity(&config::load(&environment, &flags).unwrap(), None)
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test makes its files")]
    fn a_board_stays_the_same_however_it_is_called_and_its_file_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let here = directory.path().join("here");
        let there = directory.path().join("there");
        for path in [&here, &there] {
            std::fs::create_dir(path).unwrap();
        }
        let write = |path: PathBuf, text: &str| {
            std::fs::write(&path, text).unwrap();
            path
        };
        let release = "[[release]]\nversion = \"4.2\"\n";
        let plain = identity_of(&write(here.join("plan.toml"), release));
        assert!(plain.starts_with("here-"), "{plain}");
        assert_eq!(identity_of(&here.join("../here/plan.toml")), plain, "the same file");
        write(here.join("plan.toml"), &format!("project = \"ledger\"\n{release}"));
        assert_eq!(identity_of(&here.join("plan.toml")), plain, "another title");
        let another = write(here.join("another.toml"), release);
        assert_ne!(identity_of(&another), plain, "another plan");
        assert_ne!(identity_of(&write(there.join("plan.toml"), release)), plain, "another project");
        let named = identity_of(&write(here.join("plan.toml"), "board = \"wall\""));
        assert_eq!(identity_of(&write(there.join("plan.toml"), "board = \"wall\"")), named, "it moved");
    }
}
