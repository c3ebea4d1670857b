//! A plan that people write: releases, stories, environments, bookings, freezes and
//! deployments, in TOML files or beside the settings in the configuration. `docs/plan.md`
//! describes the tables.
//!
//! A round finds the files (`source::files`), reads them as they are written (`config::plan_tables`) and
//! says what they mean (`convert`, `stories`, `deployments`); what refers to nothing or waits for
//! itself is reported (`references`). The same contents are not converted twice.

mod convert;
mod cycles;
mod deployments;
mod references;
mod stories;

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    hash::Hash,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use futures_util::future::BoxFuture;
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;

use self::convert::{PlanFile, convert};
pub use crate::config::PlanSettings;
use crate::{
    config::{
        Complaint, Document, Reading, TableReader,
        plan_tables::{self, PLAN_TABLES},
    },
    domain::{Facts, Instant, Problem, SourceId},
    source::{Answer, Round, Source, SourceError, Watched, files},
};

/// Most bytes of all files together.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// The source `plan`.
#[derive(Debug)]
pub struct PlanSource {
    settings: Arc<PlanSettings>,
    memory: Memory,
}

/// What is kept from round to round.
#[derive(Clone, Debug, Default)]
struct Memory {
    known: Option<Known>,
    /// When a file was last changed, as it was when it was first seen: what is dated by it must
    /// not move with every later change.
    changed_at: BTreeMap<PathBuf, Instant>,
    watched: BTreeSet<Watched>,
}

/// What the last good round found.
#[derive(Clone, Debug)]
struct Known {
    digest: [u8; 32],
    facts: Arc<Facts>,
    valid_until: Option<Instant>,
}

impl PlanSource {
    /// A source that reads the plan described by `settings`.
    pub fn new(settings: PlanSettings) -> Self {
        // Before the first round: what is named. Directories beneath a pattern are not known yet.
        let (patterns, named): (Vec<_>, Vec<_>) =
            settings.files.iter().partition(|files| !files.pattern.is_empty());
        let mut files = settings.inline.clone();
        files.extend(named.into_iter().map(|files| files.base.clone()));
        let mut memory = Memory::default();
        memory.watch(&files, patterns.into_iter().map(|files| files.base.clone()).collect());
        Self { settings: Arc::new(settings), memory }
    }
}

impl Memory {
    fn watch(&mut self, files: &[PathBuf], directories: BTreeSet<PathBuf>) {
        self.watched = directories.into_iter().map(Watched::Directory).collect();
        self.watched.extend(files.iter().cloned().map(Watched::File));
    }

    /// One round. What it returns replaces `self`, also when it failed.
    fn round(
        &mut self,
        settings: &PlanSettings,
        now: Instant,
        cancelled: &CancellationToken,
    ) -> Result<Answer, SourceError> {
        let found = files::find("plan", &settings.files);
        let mut paths = settings.inline.clone();
        paths.extend(found.files.into_iter().filter(|file| !settings.inline.contains(file)));
        self.watch(&paths, found.directories);

        let mut documents = Vec::with_capacity(paths.len());
        let mut digest = Sha256::new();
        let mut bytes = 0;
        for path in &paths {
            if cancelled.is_cancelled() {
                return Err(SourceError::Cancelled);
            }
            let document = read(settings, path).map_err(|complaint| failed(&[complaint]))?;
            bytes += document.text.len();
            if bytes > MOST_BYTES {
                return Err(SourceError::Refused(Problem::new(
                    format!("the plan files together are larger than {} MiB", MOST_BYTES / 1024 / 1024),
                    "name fewer files in source.plan.files",
                )));
            }
            for part in [path.as_os_str().as_encoded_bytes(), document.text.as_bytes()] {
                digest.update((part.len() as u64).to_be_bytes());
                digest.update(part);
            }
            documents.push(document);
        }
        for problem in &found.problems {
            digest.update(problem.what.as_bytes());
        }
        let digest: [u8; 32] = digest.finalize().into();
        if let Some(known) = &self.known
            && known.digest == digest
            && known.valid_until.is_none_or(|until| now < until)
        {
            return Ok(Answer::Unchanged);
        }

        let mut plan = Vec::with_capacity(documents.len());
        for document in &documents {
            if cancelled.is_cancelled() {
                return Err(SourceError::Cancelled);
            }
            let changed_at = *self
                .changed_at
                .entry(document.path.clone())
                .or_insert_with(|| changed_at(&document.path).unwrap_or(now));
            let is_configuration = settings.inline.contains(&document.path);
            plan.push(parse(document, is_configuration, changed_at).map_err(|wrong| failed(&wrong))?);
        }
        let project = settings.project.as_deref();
        let mut meaning = convert(&plan, project, &settings.calendar, now, found.problems);
        if let Some(known) = &self.known {
            share(&known.facts, &mut meaning.facts);
        }
        let facts = Arc::new(meaning.facts);
        self.known = Some(Known { digest, facts: Arc::clone(&facts), valid_until: meaning.valid_until });
        Ok(Answer::Facts(facts))
    }
}

/// Reads a plan once, now: what it says, problems included. For checks; blocks on the disk.
pub fn read_once(settings: &PlanSettings, now: Instant) -> Result<Arc<Facts>, SourceError> {
    match Memory::default().round(settings, now, &CancellationToken::new())? {
        Answer::Facts(facts) => Ok(facts),
        // Nothing was known before, so that nothing can be unchanged.
        Answer::Unchanged => Ok(Arc::default()),
    }
}

fn read(settings: &PlanSettings, path: &Path) -> Result<Document, Complaint> {
    let shown = path.strip_prefix(&settings.root).unwrap_or(path);
    Document::read(path, &shown.to_string_lossy())
}

/// A file that cannot be read, or is not TOML, is often just being written: the facts from
/// before stay, with their age, until it can be read again.
fn failed(complaints: &[Complaint]) -> SourceError {
    let what = complaints.first().map(|first| format!("{}: {}", first.at, first.what)).unwrap_or_default();
    SourceError::Failed(Problem::new(
        what,
        "correct the file; until then the board shows the plan from before",
    ))
}

fn parse(
    document: &Document,
    is_configuration: bool,
    changed_at: Instant,
) -> Result<PlanFile, Vec<Complaint>> {
    let table = document.parse()?;
    let reading = Reading::new(document);
    let mut top = TableReader::new(&reading, &table, 0..0, "");
    let tables = plan_tables::read(&mut top);
    let mut misspelt = Vec::new();
    // The settings beside a plan are read elsewhere.
    if !is_configuration {
        top.finish();
        let unknown = table.iter().filter(|(key, _)| !PLAN_TABLES.contains(&key.get_ref().as_ref()));
        misspelt.extend(unknown.filter_map(|(key, value)| {
            let kinds = plan_tables::carried_by(key.get_ref(), value.get_ref())?;
            Some((reading.place(&key.span()), kinds))
        }));
    }
    let mut complaints = reading.finish();
    complaints.sort();
    Ok(PlanFile { tables, complaints, misspelt, changed_at })
}

fn changed_at(path: &Path) -> Option<Instant> {
    Some(std::fs::metadata(path).ok()?.modified().ok()?.into())
}

/// Hands out the items of `before` again where they are equal, so that boards share them.
fn share(before: &Facts, now: &mut Facts) {
    fn each<T: PartialEq, K: Eq + Hash>(before: &[Arc<T>], now: &mut [Arc<T>], key: impl Fn(&T) -> K) {
        let known: HashMap<K, &Arc<T>> = before.iter().map(|item| (key(item), item)).collect();
        for item in now {
            if let Some(same) = known.get(&key(item)).filter(|same| **same == item) {
                *item = Arc::clone(same);
            }
        }
    }
    each(&before.releases, &mut now.releases, |release| release.id.clone());
    each(&before.stories, &mut now.stories, |story| story.key.clone());
    each(&before.environments, &mut now.environments, |environment| environment.id.clone());
    each(&before.bookings, &mut now.bookings, |booking| booking.id.clone());
    each(&before.freezes, &mut now.freezes, |freeze| (freeze.name.clone(), freeze.window.from));
    each(&before.deployments, &mut now.deployments, |deployment| deployment.id.clone());
}

impl Source for PlanSource {
    fn id(&self) -> SourceId {
        SourceId::new("plan")
    }

    fn interval(&self) -> Duration {
        self.settings.interval
    }

    fn has_memory(&self) -> bool {
        false
    }

    fn watched(&self) -> Vec<Watched> {
        self.memory.watched.iter().cloned().collect()
    }

    fn fetch<'a>(&'a mut self, round: &'a Round) -> BoxFuture<'a, Result<Answer, SourceError>> {
        Box::pin(async move {
            let settings = Arc::clone(&self.settings);
            let mut memory = self.memory.clone();
            let (now, cancelled) = (round.now, round.cancelled.clone());
            let task = tokio::task::spawn_blocking(move || {
                let answer = memory.round(&settings, now, &cancelled);
                (memory, answer)
            });
            let joined = tokio::select! {
                () = round.cancelled.cancelled() => return Err(SourceError::Cancelled),
                joined = task => joined,
            };
            let Ok((memory, answer)) = joined else {
                return Err(SourceError::Failed(Problem::new(
                    "reading the plan ended in an error of tminus itself",
                    "please report it, with the plan file that it happened with",
                )));
            };
            self.memory = memory;
            answer
        })
    }
}
