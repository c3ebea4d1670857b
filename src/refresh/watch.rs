//! Wakes a source whose files changed.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;

/// The files and directories that a source reads, watched for as long as this lives.
pub(super) struct Watch {
    wake: Arc<Notify>,
    paths: Vec<PathBuf>,
    watcher: Option<RecommendedWatcher>,
}

impl Watch {
    /// Watches nothing yet; `wake` will be told of changes.
    pub(super) fn new(wake: Arc<Notify>) -> Self {
        Self { wake, paths: Vec::new(), watcher: None }
    }

    /// From now on watches `paths`: a directory with all below it, a file by name, so that an
    /// editor may replace it. Where the system cannot, the interval has to do and the log
    /// says why.
    pub(super) fn follow(&mut self, paths: Vec<PathBuf>) {
        if paths == self.paths {
            return;
        }
        self.watcher = watcher(&paths, Arc::clone(&self.wake));
        self.paths = paths;
    }
}

fn watcher(paths: &[PathBuf], wake: Arc<Notify>) -> Option<RecommendedWatcher> {
    if paths.is_empty() {
        return None;
    }
    let (directories, files): (Vec<PathBuf>, Vec<PathBuf>) =
        paths.iter().cloned().partition(|path| path.is_dir());
    let parents: BTreeSet<PathBuf> =
        files.iter().filter_map(|file| file.parent().map(Path::to_owned)).collect();
    let of_interest = {
        let directories = directories.clone();
        move |path: &PathBuf| {
            files.contains(path) || directories.iter().any(|directory| path.starts_with(directory))
        }
    };
    let created = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // Reading is no change. An error, such as an overflow of the queue, may hide one.
        let matters =
            event.map_or(true, |event| !event.kind.is_access() && event.paths.iter().any(&of_interest));
        if matters {
            wake.notify_one();
        }
    });
    let mut watcher = match created {
        Ok(watcher) => watcher,
        Err(error) => {
            tracing::warn!(%error, "files cannot be watched; their source is asked by interval only");
            return None;
        }
    };
    let all = directories
        .iter()
        .map(|path| (path, RecursiveMode::Recursive))
        .chain(parents.iter().map(|path| (path, RecursiveMode::NonRecursive)));
    for (path, mode) in all {
        if let Err(error) = watcher.watch(path, mode) {
            tracing::warn!(%error, path = %path.display(), "cannot be watched");
        }
    }
    Some(watcher)
}
