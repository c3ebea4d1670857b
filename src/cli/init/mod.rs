//! `tminus init`: a configuration file for what is found here.

mod around;
mod patterns;
mod said;
mod tokens;
mod written;

use std::{
    fs::OpenOptions,
    io::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use chrono::NaiveDate;

use crate::{
    clock::Clock,
    config::{self, Config, Environment, KnownHosts, Project},
    domain::{Calendar, clean},
    source::{
        git,
        home::{self, Home},
    },
};

use self::{
    around::Around,
    patterns::{Pattern, patterns},
};
use super::{
    Failure,
    args::{Common, InitArguments},
    complain, connectors,
    context::{Context, flags},
    environment, print, report, tell,
};

/// What was found where the program was started.
#[derive(Clone, Debug)]
struct Found {
    /// The file to write, as it is shown to a person.
    shown: String,
    /// What the project is called: the repository, else the directory.
    project: String,
    /// The git repository, as it is shown to a person.
    repository: Option<String>,
    /// The forge that the repository is at, else the host of its remote, which nobody knows.
    home: Result<Home, Option<String>>,
    /// Reports and plans.
    around: Around,
    junit: Vec<Pattern>,
    /// Test reports that no pattern matches.
    junit_left: usize,
    sarif: Vec<Pattern>,
    sarif_left: usize,
    /// A past is kept of the board, which would be another one if the file named its forge.
    keeps_past: bool,
    /// The zone of the machine.
    zone: Option<String>,
    today: NaiveDate,
}

impl Found {
    /// Nothing is here that a board could be made of.
    fn is_nothing(&self) -> bool {
        self.repository.is_none()
            && self.around.plans.is_empty()
            && self.junit.is_empty()
            && self.sarif.is_empty()
    }
}

/// Writes the file, or prints it with `--print`; says what was found and what to do next.
pub(super) fn run(common: &Common, asked: &InitArguments) -> Result<ExitCode, Failure> {
    let environment = environment()?;
    let project = Project::around(&environment.working_directory);
    let shown = environment.shown(&project.file);
    if !asked.print && !asked.force && project.file.symlink_metadata().is_ok() {
        return Err(is_there(&shown));
    }
    let found = look(&environment, &project, common);
    let text = written::written(&found);
    let is_set = |name: &str| environment.variable(name).is_some();
    let said = format!("{}\n{}", said::found(&found), said::next_steps(&found, is_set));
    if asked.print {
        print(&text)?;
        tell(&said);
        return Ok(ExitCode::SUCCESS);
    }
    keep(&project.file, &shown, &text, asked.force)?;
    print(&format!("wrote {shown}\n{said}"))?;
    if asked.force && before(&project.file).exists() {
        tell(&format!("what it was before is kept beside it: {}", environment.shown(&before(&project.file))));
    }
    if let Err(error) = config::check(&environment, &flags(common)) {
        complain(&format!("note: the configuration as a whole is not right yet\n{error}"));
    }
    Ok(ExitCode::SUCCESS)
}

fn is_there(shown: &str) -> Failure {
    Failure::Usage(format!(
        "{shown} is there already, and stays as it is\n\
         `tminus init --print` shows what would be written, --force replaces it, `tminus config check` says whether it is right"
    ))
}

/// Writes `text`; only with `is_forced` in the place of what is there.
fn keep(file: &Path, shown: &str, text: &str, is_forced: bool) -> Result<(), Failure> {
    if is_forced {
        keep_before(file, shown, text)?;
        return report::keep(file, text);
    }
    #[expect(clippy::disallowed_methods, reason = "a person asked for this file")]
    let opened = OpenOptions::new().write(true).create_new(true).open(file);
    opened.and_then(|mut opened| opened.write_all(text.as_bytes())).map_err(|error| {
        if error.kind() == std::io::ErrorKind::AlreadyExists {
            // It came in between.
            return is_there(shown);
        }
        Failure::Usage(format!(
            "cannot write {shown}: {error}\n`tminus init --print` shows it, and you can keep it where you may write"
        ))
    })
}

/// Where the file that is replaced is kept: it may hold a plan that stands nowhere else.
fn before(file: &Path) -> PathBuf {
    file.with_extension("toml.before")
}

/// Keeps what is there, unless it is what is written now.
#[expect(clippy::disallowed_methods, reason = "a person asked for this file")]
fn keep_before(file: &Path, shown: &str, text: &str) -> Result<(), Failure> {
    if !file.is_file() || std::fs::read(file).is_ok_and(|known| known == text.as_bytes()) {
        return Ok(());
    }
    std::fs::copy(file, before(file)).map(drop).map_err(|error| {
        Failure::Usage(format!(
            "cannot keep what {shown} is now: {error}\nit stays as it is; move it away, then ask again"
        ))
    })
}

/// Looks around, whether there is a configuration yet or not, and whether that is right or not.
fn look(environment: &Environment, project: &Project, common: &Common) -> Found {
    let loaded = config::load(environment, &flags(common)).ok();
    let hosts = loaded.as_ref().map_or_else(|| KnownHosts::of(environment), |config| config.hosts.clone());
    let found = project.repository.as_deref().and_then(git::discover);
    let remotes = project.repository.as_deref().map(git::remotes).unwrap_or_default();
    let home = match home::find(&remotes, &hosts) {
        Ok(home) => Ok(in_folder(home, loaded.as_ref())),
        Err(remote) => Err(remote.map(|remote| clean(&remote.host()))),
    };
    let around = Around::look(&project.root);
    let (junit, junit_left) = patterns(&around.junit);
    let (sarif, sarif_left) = patterns(&around.sarif);
    let directory = project.root.file_name().map(|name| clean(&name.to_string_lossy()));
    let named = found.map(|found| clean(&found.project)).or(directory).filter(|name| !name.is_empty());
    let calendar = loaded.as_ref().map_or_else(Calendar::default, |config| config.policy.calendar.clone());
    Found {
        shown: environment.shown(&project.file),
        project: named.unwrap_or_else(|| "project".to_owned()),
        repository: project.repository.as_deref().map(|path| repository(environment, path)),
        home,
        around,
        junit,
        junit_left,
        sarif,
        sarif_left,
        keeps_past: loaded.is_some_and(|config| keeps_past(config, common)),
        zone: environment.system_zone.clone(),
        today: calendar.day(Clock::Real.now()),
    }
}

fn repository(environment: &Environment, path: &Path) -> String {
    match environment.shown(path).as_str() {
        "." => "the repository here".to_owned(),
        elsewhere => format!("the repository {elsewhere}"),
    }
}

fn in_folder(home: Home, config: Option<&Config>) -> Home {
    match config.and_then(|config| config.gitlab.as_ref()) {
        Some(gitlab) if home.service == home::Service::Gitlab => connectors::in_folder(&home, &gitlab.host),
        _ => home,
    }
}

/// A past is kept of the board as it is configured, and it does not name its forge.
fn keeps_past(config: Config, common: &Common) -> bool {
    let names_forge = config.github.iter().any(|github| !github.repositories.is_empty())
        || config.gitlab.iter().any(|gitlab| !gitlab.projects.is_empty());
    let common = Common { demo: None, ..common.clone() };
    let directory: Option<PathBuf> =
        Context::of(config, &common, None).ok().and_then(|context| context.directory);
    !names_forge && directory.is_some_and(|directory| super::history::is_begun(&directory))
}

#[cfg(test)]
mod tests;
