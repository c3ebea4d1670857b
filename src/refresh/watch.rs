//! Wakes a source whose files changed.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::Notify;

use crate::source::Watched;

/// What a source reads, watched for as long as this lives.
pub(super) struct Watch {
    wake: Arc<Notify>,
    places: Vec<Watched>,
    watcher: Option<RecommendedWatcher>,
}

impl Watch {
    /// Watches nothing yet; `wake` will be told of changes.
    pub(super) fn new(wake: Arc<Notify>) -> Self {
        Self { wake, places: Vec::new(), watcher: None }
    }

    /// From now on watches `places`. Where the system cannot, the interval has to do and the
    /// log says why.
    pub(super) fn follow(&mut self, places: Vec<Watched>) {
        if places == self.places {
            return;
        }
        self.watcher = watcher(&places, Arc::clone(&self.wake));
        self.places = places;
    }
}

/// What must be watched so that every one of `places` is seen: of a file its directory,
/// because whoever replaces a file takes the watch on the old one with it.
fn roots(places: &[Watched]) -> BTreeMap<PathBuf, RecursiveMode> {
    let mut roots = BTreeMap::new();
    for place in places {
        let (path, mode) = match place {
            Watched::File(file) => (file.parent().unwrap_or(Path::new(".")), RecursiveMode::NonRecursive),
            Watched::Directory(directory) => (directory.as_path(), RecursiveMode::NonRecursive),
            Watched::Tree(tree) => (tree.as_path(), RecursiveMode::Recursive),
        };
        let known = roots.entry(path.to_owned()).or_insert(mode);
        if mode == RecursiveMode::Recursive {
            *known = mode;
        }
    }
    roots
}

/// Whether a change of `path` is one of `places`.
fn concerns(places: &[Watched], path: &Path) -> bool {
    places.iter().any(|place| match place {
        Watched::File(file) => path == file,
        Watched::Directory(directory) => path.parent() == Some(directory) || path == directory,
        Watched::Tree(tree) => path.starts_with(tree),
    })
}

fn watcher(places: &[Watched], wake: Arc<Notify>) -> Option<RecommendedWatcher> {
    if places.is_empty() {
        return None;
    }
    let of_interest = places.to_vec();
    let created = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        // Reading is no change. An error, such as an overflow of the queue, may hide one.
        let matters = event.map_or(true, |event| {
            !event.kind.is_access() && event.paths.iter().any(|path| concerns(&of_interest, path))
        });
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
    for (path, mode) in roots(places) {
        if let Err(error) = watcher.watch(&path, mode) {
            tracing::warn!(%error, path = %path.display(), "cannot be watched");
        }
    }
    Some(watcher)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_watched_through_its_directory_and_its_neighbours_do_not_wake() {
        let places = [Watched::File("/p/.tminus.toml".into()), Watched::Tree("/p/.git/refs".into())];
        assert_eq!(
            roots(&places).into_iter().collect::<Vec<_>>(),
            [
                (PathBuf::from("/p"), RecursiveMode::NonRecursive),
                (PathBuf::from("/p/.git/refs"), RecursiveMode::Recursive)
            ]
        );
        for (path, wakes) in [
            ("/p/.tminus.toml", true),
            ("/p/.git/refs/heads/feature/x", true),
            ("/p/target", false),
            ("/p/.tminus.toml.swp", false),
        ] {
            assert_eq!(concerns(&places, Path::new(path)), wakes, "{path}");
        }
        let directory = [Watched::Directory("/p/plan".into())];
        assert!(concerns(&directory, Path::new("/p/plan/new.toml")));
        assert!(!concerns(&directory, Path::new("/p/plan/deep/new.toml")));
    }

    #[tokio::test]
    async fn a_changed_file_wakes() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap();
        let wake = Arc::new(Notify::new());
        let mut watch = Watch::new(Arc::clone(&wake));
        watch.follow(vec![Watched::File(root.join("plan.toml"))]);
        #[expect(clippy::disallowed_methods, reason = "the change that is watched for")]
        std::fs::write(root.join("plan.toml"), "x = 1").unwrap();
        let woken = tokio::time::timeout(std::time::Duration::from_secs(20), wake.notified()).await;
        assert!(woken.is_ok());
    }
}
