//! Reports in made directories, read by whole rounds of the sources.

#![expect(clippy::disallowed_methods, reason = "tests make the files that are read")]

mod hostile;
mod junit;
mod rounds;
mod sarif;
mod table;

use std::{fs, time::Duration};

use chrono::{TimeZone, Utc};
use tempfile::TempDir;

use super::*;
use crate::{
    config::{self, Environment, FilePattern, Flags},
    domain::{Calendar, Finding, Story, TestRun},
};

/// Noon of a Sunday.
fn now() -> Instant {
    at(22, 12)
}

fn at(day: u32, hour: u32) -> Instant {
    Utc.with_ymd_and_hms(2026, 11, day, hour, 0, 0).unwrap()
}

/// A directory with a source that reads `reports/*` in it.
struct Reports {
    directory: TempDir,
    source: ReportSource,
}

impl Reports {
    fn junit() -> Self {
        Self::of(|settings| settings, ReportSource::junit)
    }

    fn sarif() -> Self {
        Self::of(|settings| settings, ReportSource::sarif)
    }

    fn of(
        change: impl FnOnce(ReportConfig) -> ReportConfig,
        make: impl FnOnce(ReportConfig) -> ReportSource,
    ) -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("reports")).unwrap();
        let source = make(change(settings(directory.path())));
        Self { directory, source }
    }

    /// The settings as they are without a word, and what `table` says in `[source.csv]`.
    fn csv(table: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let text = format!(
            "time_zone = \"UTC\"\ndata_dir = \"data\"\n[source.csv]\nfiles = [\"reports/*\"]\n{table}"
        );
        fs::create_dir(directory.path().join("reports")).unwrap();
        let file = directory.path().join("named.toml");
        fs::write(&file, text).unwrap();
        let environment =
            Environment { working_directory: directory.path().to_owned(), ..Environment::default() };
        let flags = Flags { config: Some(file), ..Flags::default() };
        let config = config::load(&environment, &flags).unwrap_or_else(|error| panic!("{error}"));
        Self { directory, source: ReportSource::csv(config.csv.unwrap()) }
    }

    /// Writes a file, last changed on the day of November at noon.
    fn file(&self, name: &str, day: u32, text: impl AsRef<[u8]>) -> &Self {
        let path = self.directory.path().join("reports").join(name);
        fs::write(&path, text).unwrap();
        let file = fs::File::options().write(true).open(path).unwrap();
        file.set_modified(at(day, 12).into()).unwrap();
        self
    }

    fn round(&mut self, now: Instant) -> Answer {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(self.source.fetch(&Round::at(now))).unwrap()
    }

    /// What was said last.
    fn facts_again(&self) -> Arc<Facts> {
        Arc::clone(self.source.memory.facts.as_ref().unwrap())
    }

    fn facts(&mut self) -> Arc<Facts> {
        match self.round(now()) {
            Answer::Facts(facts) => facts,
            Answer::Unchanged => panic!("unchanged"),
        }
    }
}

fn settings(root: &Path) -> ReportConfig {
    ReportConfig {
        root: root.to_owned(),
        files: vec![FilePattern { base: root.join("reports"), pattern: "*".to_owned() }],
        commit: None,
        release: None,
        repository: None,
        project: Some("shop".to_owned()),
        checkout: None,
        calendar: Calendar::default(),
        interval: Duration::from_secs(60),
    }
}

fn run<'a>(facts: &'a Facts, suite: &str) -> &'a TestRun {
    let suites: Vec<&str> = facts.test_runs.iter().map(|run| run.suite.as_str()).collect();
    let found = facts.test_runs.iter().rfind(|run| run.suite.as_str() == suite);
    found.unwrap_or_else(|| panic!("{suite} is none of {suites:?}; {:?}", facts.problems))
}

fn counts(run: &TestRun) -> (u32, u32, u32) {
    (run.passed, run.failed, run.skipped)
}

fn names(texts: &[crate::domain::Text]) -> Vec<&str> {
    texts.iter().map(crate::domain::Text::as_str).collect()
}

fn problems(facts: &Facts) -> Vec<&str> {
    facts.problems.iter().map(|problem| problem.what.as_str()).collect()
}

fn finding<'a>(facts: &'a Facts, title: &str) -> &'a Finding {
    let found = facts.findings.iter().find(|finding| finding.title.contains(title));
    found.unwrap_or_else(|| panic!("{:?} {:?}", facts.findings, facts.problems))
}

fn story<'a>(facts: &'a Facts, key: &str) -> &'a Story {
    let found = facts.stories.iter().find(|story| story.key.as_str() == key);
    found.unwrap_or_else(|| panic!("{:?} {:?}", facts.stories, facts.problems))
}
