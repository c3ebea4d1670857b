//! Reports and tables that other programs write: test results as `JUnit` XML, findings as SARIF,
//! stories as CSV. `docs/reports.md` says what of them counts, and how.
//!
//! A round finds the files and reads those that changed (`contents`); a format says what one
//! file holds (`junit`, `sarif`, `table`); what all of them say together, and which commit and
//! release they are of, is put together at the end (`together`). A file that cannot be read is a
//! problem, and leaves a mark in its place that no gate takes for an answer.

mod contents;
mod dates;
mod junit;
mod sarif;
mod table;
mod together;
mod vanished;
mod xml;

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use self::{
    contents::{Contents, Known},
    vanished::Told,
};
pub use crate::config::{ReportConfig, TableConfig};
use crate::{
    domain::{Facts, Instant, Problem, SourceId},
    source::{Answer, Round, Source, SourceError, Watched, files},
};

/// Name of a file that stands for what is put into the program.
pub const STANDARD_INPUT: &str = "-";

/// Version of what is kept over a restart.
const MEMORY: u32 = 3;

/// What a source reads.
#[derive(Debug)]
enum Format {
    Junit,
    Sarif,
    Table(table::Meaning),
}

/// One of the sources `junit`, `sarif` and `csv`.
#[derive(Debug)]
pub struct ReportSource {
    format: Arc<Format>,
    settings: Arc<ReportConfig>,
    memory: Memory,
}

/// What is kept from round to round.
#[derive(Clone, Debug, Default)]
struct Memory {
    /// What each file held when it was read last.
    known: BTreeMap<PathBuf, Known>,
    /// When something was seen first that does not say since when it is so, by what it is.
    seen: BTreeMap<String, Instant>,
    /// What analyzers found.
    told: Told,
    /// What was said last.
    facts: Option<Arc<Facts>>,
    watched: BTreeSet<Watched>,
}

impl Format {
    /// The source that reads it.
    fn name(&self) -> &'static str {
        match self {
            Self::Junit => "junit",
            Self::Sarif => "sarif",
            Self::Table(_) => "csv",
        }
    }

    /// What the file `name`, written at `at`, holds; the problem if it is not what it says.
    fn read(
        &self,
        settings: &ReportConfig,
        name: &str,
        bytes: &[u8],
        at: Instant,
    ) -> Result<Contents, Problem> {
        match self {
            Self::Junit => junit::read(settings, name, bytes, at),
            Self::Sarif => sarif::read(settings, name, bytes, at),
            Self::Table(meaning) => table::read(meaning, settings, name, bytes, at),
        }
    }
}

impl ReportSource {
    /// A source that reads test reports.
    pub fn junit(settings: ReportConfig) -> Self {
        Self::new(Format::Junit, settings)
    }

    /// A source that reads reports of code analyzers.
    pub fn sarif(settings: ReportConfig) -> Self {
        Self::new(Format::Sarif, settings)
    }

    /// A source that reads tables of stories.
    pub fn csv(settings: TableConfig) -> Self {
        let (meaning, report) = table::Meaning::new(settings);
        Self::new(Format::Table(meaning), report)
    }

    fn new(format: Format, settings: ReportConfig) -> Self {
        // Before the first round: what is named. Directories beneath a pattern are not known yet.
        let watched = settings
            .files
            .iter()
            .filter(|files| files.base != Path::new(STANDARD_INPUT))
            .map(|files| {
                if files.pattern.is_empty() {
                    Watched::File(files.base.clone())
                } else {
                    Watched::Directory(files.base.clone())
                }
            })
            .collect();
        let memory = Memory { watched, ..Memory::default() };
        Self { format: Arc::new(format), settings: Arc::new(settings), memory }
    }
}

impl Memory {
    /// One round. What it returns replaces `self`, also when it failed.
    fn round(
        &mut self,
        format: &Format,
        settings: &ReportConfig,
        now: Instant,
        cancelled: &CancellationToken,
    ) -> Result<Answer, SourceError> {
        let found = files::find(format.name(), &settings.files);
        let on_disk = found.files.iter().filter(|file| *file != Path::new(STANDARD_INPUT));
        self.watched = on_disk.cloned().map(Watched::File).collect();
        let directories = found.directories.into_iter().filter(|directory| !directory.as_os_str().is_empty());
        self.watched.extend(directories.map(Watched::Directory));

        let mut known = BTreeMap::new();
        for path in found.files {
            if cancelled.is_cancelled() {
                return Err(SourceError::Cancelled);
            }
            let before = self.known.remove(&path);
            let read = |name: &str, bytes: &[u8], at| format.read(settings, name, bytes, at);
            known.insert(path.clone(), contents::of(&path, &settings.root, now, before, read));
        }
        self.known = known;
        let files: Vec<&Known> = self.known.values().collect();
        let (seen, told) = (&mut self.seen, &mut self.told);
        let facts = together::facts(format, settings, &files, found.problems, seen, told, now);
        if self.facts.as_deref() == Some(&facts) {
            return Ok(Answer::Unchanged);
        }
        let facts = Arc::new(facts);
        self.facts = Some(Arc::clone(&facts));
        Ok(Answer::Facts(facts))
    }
}

impl Source for ReportSource {
    fn id(&self) -> SourceId {
        SourceId::new(self.format.name())
    }

    fn interval(&self) -> Duration {
        self.settings.interval
    }

    fn watched(&self) -> Vec<Watched> {
        self.memory.watched.iter().cloned().collect()
    }

    fn has_memory(&self) -> bool {
        !matches!(*self.format, Format::Junit)
    }

    fn memory(&self) -> Option<Vec<u8>> {
        let Memory { seen, told, .. } = &self.memory;
        let is_empty = seen.is_empty() && told.is_empty();
        (!is_empty).then(|| postcard::to_stdvec(&(MEMORY, seen, told)).ok())?
    }

    fn recall(&mut self, memory: &[u8]) {
        if let Ok((MEMORY, seen, told)) = postcard::from_bytes::<(u32, _, _)>(memory) {
            (self.memory.seen, self.memory.told) = (seen, told);
            self.memory.facts = None;
        }
    }

    fn fetch<'a>(&'a mut self, round: &'a Round) -> BoxFuture<'a, Result<Answer, SourceError>> {
        Box::pin(async move {
            let (format, settings) = (Arc::clone(&self.format), Arc::clone(&self.settings));
            let mut memory = self.memory.clone();
            let (now, cancelled) = (round.now, round.cancelled.clone());
            let task = tokio::task::spawn_blocking(move || {
                let answer = memory.round(&format, &settings, now, &cancelled);
                (memory, answer)
            });
            let joined = tokio::select! {
                () = round.cancelled.cancelled() => return Err(SourceError::Cancelled),
                joined = task => joined,
            };
            let Ok((memory, answer)) = joined else {
                return Err(SourceError::Failed(Problem::new(
                    format!("reading the {} files ended in an error of tminus itself", self.format.name()),
                    "please report it, with the file that it happened with",
                )));
            };
            self.memory = memory;
            answer
        })
    }
}
