//! Finding the files that a source reads: by name or by pattern.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use globset::{GlobBuilder, GlobMatcher};

use crate::{config::FilePattern, domain::Problem};

/// Most files that a source may have.
pub(super) const MOST_FILES: usize = 1_000;

/// Most directory entries that are looked at for one pattern.
const MOST_ENTRIES: usize = 100_000;

/// Deepest nesting of directories that is walked.
const DEEPEST: usize = 16;

/// What a source consists of on disk.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Found {
    /// Its files, in the order of the patterns, each once.
    pub(super) files: Vec<PathBuf>,
    /// Directories that were looked into.
    pub(super) directories: BTreeSet<PathBuf>,
    /// Patterns that found nothing or too much.
    pub(super) problems: Vec<Problem>,
}

/// Looks for the files of `patterns`, which are those of the source `source`. A file that is named
/// without a wildcard is listed whether it exists or not.
pub(super) fn find(source: &str, patterns: &[FilePattern]) -> Found {
    let mut found = Found::default();
    for pattern in patterns {
        let mut files = Vec::new();
        if pattern.pattern.is_empty() {
            files.push(pattern.base.clone());
            found.directories.extend(pattern.base.parent().map(Path::to_owned));
        } else {
            let glob = GlobBuilder::new(&pattern.pattern).literal_separator(true).build();
            // Checked when the configuration was read.
            let Ok(glob) = glob else { continue };
            // There or not: it may come.
            found.directories.insert(pattern.base.clone());
            let depth =
                if pattern.pattern.contains("**") { DEEPEST } else { pattern.pattern.split('/').count() - 1 };
            let mut left = MOST_ENTRIES;
            let matcher = glob.compile_matcher();
            walk(
                &pattern.base,
                Path::new(""),
                depth,
                &matcher,
                &mut left,
                &mut files,
                &mut found.directories,
            );
            if left == 0 {
                found.problems.push(Problem::new(
                    format!("{source} files {pattern}: more than {MOST_ENTRIES} files were looked at"),
                    format!("name a smaller directory in source.{source}.files"),
                ));
            }
            if files.is_empty() {
                found.problems.push(Problem::new(
                    format!("{source} files {pattern}: there is no such file"),
                    format!("correct source.{source}.files, or add such a file"),
                ));
            }
            files.sort();
        }
        for file in files {
            if !found.files.contains(&file) {
                found.files.push(file);
            }
        }
    }
    if found.files.len() > MOST_FILES {
        found.problems.push(Problem::new(
            format!("{} {source} files, of which the first {MOST_FILES} are read", found.files.len()),
            format!("name fewer in source.{source}.files"),
        ));
        found.files.truncate(MOST_FILES);
    }
    found
}

fn walk(
    base: &Path,
    within: &Path,
    depth: usize,
    matcher: &GlobMatcher,
    left: &mut usize,
    files: &mut Vec<PathBuf>,
    directories: &mut BTreeSet<PathBuf>,
) {
    let directory = base.join(within);
    #[expect(clippy::disallowed_methods, reason = "files of a source are found by pattern")]
    let Ok(entries) = std::fs::read_dir(&directory) else { return };
    directories.insert(directory);
    for entry in entries.flatten() {
        if *left == 0 {
            return;
        }
        *left -= 1;
        let inner = within.join(entry.file_name());
        // A linked directory could lead round in a circle: only linked files are followed.
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() {
            if depth > 0 {
                walk(base, &inner, depth - 1, matcher, left, files, directories);
            }
        } else if matcher.is_match(&inner) && entry.path().is_file() {
            files.push(base.join(inner));
        }
    }
}
