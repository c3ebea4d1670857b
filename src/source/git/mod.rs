//! The source `git`: what a repository tells about releases without asking anybody.
//!
//! - **Releases** are the newest tags that name a version (`version.rs`). One that is on the way to another, such
//!   as `v2.0-rc1`, is none of its own.
//! - **The release in progress** is what the base branch has and no release contains. It is named by the next
//!   version; its target is estimated from the cadence of the past.
//! - **Pull requests** are what the subjects of merges and squashes say (`subject.rs`), and every other commit on
//!   the first-parent line; each belongs to the oldest release that contains it (`walk.rs`).
//! - **Open work** are recent branches that are not in the base (`branches.rs`), as drafts.
//!
//! The repository is read with `gix`; no git program is needed or called, and nothing is
//! ever written. What cannot be read is a [`Problem`] and loses only itself.

mod branches;
mod checkout;
mod commit;
mod objects;
mod pull_requests;
mod repository;
mod round;
pub(crate) mod subject;
mod tags;
#[cfg(test)]
mod tests;
mod trees;
mod walk;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use futures_util::future::BoxFuture;
use tokio::sync::mpsc;

pub(crate) use self::checkout::checked_out_at;
pub use crate::config::GitSettings;
use crate::{
    domain::{Problem, SourceId},
    source::{Answer, Round, Source, SourceError, Watched},
};

/// A repository that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Discovered {
    /// Where its working tree begins; the repository itself if it has none.
    pub root: PathBuf,
    /// What it is called: its name at the remote `upstream` or `origin`, else the name of its
    /// directory.
    pub project: String,
}

/// The repository that `path` is part of, if it is part of one. Reads nothing but the
/// repository's configuration.
pub fn discover(path: &Path) -> Option<Discovered> {
    let repository = repository::open(path).ok()?;
    Some(Discovered { root: repository::root(&repository), project: repository::name(&repository) })
}

/// The remotes of the repository that `path` is part of: their names and the addresses that are
/// fetched from, as they are configured. None if it is part of no repository.
pub fn remotes(path: &Path) -> Vec<(String, String)> {
    repository::open(path).map(|repository| repository::remotes(&repository)).unwrap_or_default()
}

/// The source `git`, for one repository.
#[derive(Debug)]
pub struct GitSource {
    id: SourceId,
    settings: GitSettings,
    /// Away while a round lasts; lost, and then built anew, with a round that is dropped.
    memory: Option<round::Memory>,
}

impl GitSource {
    /// A source that reads the repository of `settings`. Nothing is read yet.
    pub fn new(id: SourceId, settings: GitSettings) -> Self {
        Self { id, settings, memory: None }
    }
}

impl Source for GitSource {
    fn id(&self) -> SourceId {
        self.id.clone()
    }

    fn interval(&self) -> Duration {
        self.settings.interval
    }

    fn has_memory(&self) -> bool {
        false
    }

    fn watched(&self) -> Vec<Watched> {
        match repository::open(&self.settings.path) {
            Ok(found) => repository::watched(&found),
            // It may come, or come back.
            Err(_) => vec![Watched::Directory(self.settings.path.clone())],
        }
    }

    fn fetch<'a>(&'a mut self, round: &'a Round) -> BoxFuture<'a, Result<Answer, SourceError>> {
        Box::pin(async move {
            let settings = self.settings.clone();
            let mut memory = self.memory.take().unwrap_or_default();
            let (now, cancelled) = (round.now, round.cancelled.child_token());
            // A round that is dropped must not go on in the background.
            let _guard = cancelled.clone().drop_guard();
            let (sender, mut reports) = mpsc::unbounded_channel();
            let reading = tokio::task::spawn_blocking(move || {
                let report = |report| {
                    let _ = sender.send(report);
                };
                let answer = round::run(&settings, &mut memory, now, &cancelled, &report);
                (memory, answer)
            });
            while let Some(report) = reports.recv().await {
                (round.report)(report);
            }
            match reading.await {
                Ok((memory, answer)) => {
                    self.memory = Some(memory);
                    answer
                }
                Err(_) => Err(SourceError::Failed(Problem::new(
                    format!("reading the repository at {} ended unexpectedly", self.settings.path.display()),
                    "look into the log for the reason, and report it",
                ))),
            }
        })
    }
}
