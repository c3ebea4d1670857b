//! Wakes a source whose files changed.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher as _, event::ModifyKind};
use tokio::sync::Notify;

use crate::source::Watched;

/// What a source reads, watched for as long as this lives.
pub(super) struct Watch {
    wake: Arc<Notify>,
    places: Vec<Watched>,
    /// A place is not watched: it is not there, cannot be watched, or went away and took its
    /// watch with it.
    broken: Arc<AtomicBool>,
    watcher: Option<RecommendedWatcher>,
}

impl Watch {
    /// Watches nothing yet; `wake` will be told of changes.
    pub(super) fn new(wake: Arc<Notify>) -> Self {
        Self { wake, places: Vec::new(), broken: Arc::default(), watcher: None }
    }

    /// From now on watches `places`; says whether all of them are watched that were not
    /// before, so that what changed until now may have been missed. Where the system cannot
    /// watch, the interval has to do, the log says why, and the next call tries again.
    pub(super) fn follow(&mut self, places: Vec<Watched>) -> bool {
        let was_broken = self.broken.load(Ordering::Relaxed);
        if places == self.places && !was_broken {
            return false;
        }
        let again = places == self.places;
        // A flag of its own: the old watcher may still have something to say.
        self.broken = Arc::default();
        self.watcher = self.watcher(&places, again);
        self.places = places;
        self.watcher.is_some() && !self.broken.load(Ordering::Relaxed)
    }

    /// Watches `places`; failures of a second attempt (`again`) are not worth a warning.
    fn watcher(&self, places: &[Watched], again: bool) -> Option<RecommendedWatcher> {
        if places.is_empty() {
            return None;
        }
        let roots = roots(places);
        let (wake, broken) = (Arc::clone(&self.wake), Arc::clone(&self.broken));
        let (of_interest, directories) = (places.to_vec(), roots.clone());
        let created = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            // Reading is no change. An error, such as an overflow of the queue, may hide one.
            let matters = event.map_or(true, |event| {
                let comes_or_goes = event.kind.is_create()
                    || event.kind.is_remove()
                    || matches!(event.kind, EventKind::Modify(ModifyKind::Name(_)));
                let is_on_the_way = |path| directories.keys().any(|root| root.starts_with(path));
                let moved = comes_or_goes && event.paths.iter().any(is_on_the_way);
                if moved {
                    broken.store(true, Ordering::Relaxed);
                }
                !event.kind.is_access()
                    && (moved || event.paths.iter().any(|path| concerns(&of_interest, path)))
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
        for (root, mode) in &roots {
            // What is not there yet is waited for in the directory that it will appear in.
            let there = root.ancestors().find(|path| path.is_dir()).unwrap_or(root);
            let is_missing = there != root;
            if is_missing {
                self.broken.store(true, Ordering::Relaxed);
            }
            if is_missing && roots.contains_key(there) {
                continue;
            }
            let mode = if is_missing { RecursiveMode::NonRecursive } else { *mode };
            if let Err(error) = watcher.watch(there, mode) {
                self.broken.store(true, Ordering::Relaxed);
                if !again {
                    tracing::warn!(%error, path = %there.display(), "cannot be watched");
                }
            }
        }
        Some(watcher)
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

    #[tokio::test]
    #[expect(clippy::disallowed_methods, reason = "the change that is watched for")]
    async fn a_directory_that_goes_and_comes_back_is_watched_again() {
        let directory = tempfile::tempdir().unwrap();
        let plans = directory.path().canonicalize().unwrap().join("plan");
        let wake = Arc::new(Notify::new());
        let woken = || tokio::time::timeout(std::time::Duration::from_secs(20), wake.notified());
        let mut watch = Watch::new(Arc::clone(&wake));
        let places = || vec![Watched::Directory(plans.clone())];
        assert!(!watch.follow(places()), "there is nothing to watch");
        std::fs::create_dir(&plans).unwrap();
        assert!(woken().await.is_ok(), "its directory was watched");
        assert!(watch.follow(places()), "what was written until now was not seen");
        assert!(!watch.follow(places()), "watched already");
        std::fs::remove_dir(&plans).unwrap();
        assert!(woken().await.is_ok());
        assert!(!watch.follow(places()));
        std::fs::create_dir(&plans).unwrap();
        assert!(woken().await.is_ok());
        assert!(watch.follow(places()));
        std::fs::write(plans.join("new.toml"), "").unwrap();
        assert!(woken().await.is_ok());
    }
}
