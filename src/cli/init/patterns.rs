//! Many files as few patterns, none of which matches what is something else.

use std::{cmp::Reverse, collections::BTreeMap};

use globset::GlobBuilder;

use super::around::Files;

/// Most patterns that are written; more name single files and are left to a person.
const MOST: usize = 12;
/// Files of one directory that are named one by one where no pattern fits; of more only the first.
const MOST_NAMED: usize = 6;

/// A pattern, and how many files of those that were found it matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pattern {
    /// As the setting `files` takes it.
    pub(super) written: String,
    /// How many files.
    pub(super) files: usize,
}

/// The patterns for `files`, in order, and how many files none of them matches.
pub(super) fn patterns(files: &Files) -> (Vec<Pattern>, usize) {
    let mut directories: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for path in &files.found {
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        directories.entry(directory).or_default().push(name);
    }
    // What a directory's files are called, by directory.
    let mut shapes: Vec<(&str, String)> = Vec::new();
    let mut written: Vec<String> = Vec::new();
    for (directory, names) in &directories {
        match shape(directory, names, files) {
            Some(shape) => shapes.push((directory, shape)),
            None => written.extend(names.iter().take(MOST_NAMED).map(|name| joined(directory, name))),
        }
    }
    while let Some((first, shape)) = shapes.first().cloned() {
        let alike = |place: usize| -> Vec<&str> {
            let of_shape = shapes.iter().filter(|(_, other)| *other == shape);
            of_shape.map(|(directory, _)| *directory).filter(|other| differ_at(first, other, place)).collect()
        };
        // A pattern of wildcards alone would match whatever comes.
        let places = 0..Some(first.split('/').count()).filter(|parts| *parts > 1).unwrap_or(0);
        let groups = places.map(|place| (place, alike(place))).filter(|(_, group)| group.len() > 1);
        let largest = groups
            .map(|(place, group)| (with_wildcard(first, place), group))
            .filter(|(directory, _)| !matches_others(&joined(directory, &shape), files))
            .min_by_key(|(_, group)| Reverse(group.len()));
        let (directory, group) = largest.unwrap_or_else(|| (first.to_owned(), vec![first]));
        written.push(joined(&directory, &shape));
        shapes.retain(|(other, of)| *of != shape || !group.contains(other));
    }
    written.sort();
    written.truncate(MOST);
    let mut left: Vec<&String> = files.found.iter().collect();
    let counted = written.into_iter().map(|written| {
        let before = left.len();
        left.retain(|path| !matches(&written, path));
        Pattern { files: before - left.len(), written }
    });
    let patterns: Vec<Pattern> = counted.filter(|pattern| pattern.files > 0).collect();
    (patterns, left.len())
}

/// The pattern of the names of a directory's files; none where they are better named one by one.
fn shape(directory: &str, names: &[&str], files: &Files) -> Option<String> {
    // As Surefire, Failsafe and Gradle call them.
    let is_usual = names.iter().all(|name| matches("TEST-*.xml", name));
    let candidate = if is_usual {
        "TEST-*.xml".to_owned()
    } else if names.len() > 1 && !directory.is_empty() {
        let extension = names.first()?.rsplit('.').next()?;
        format!("*.{extension}")
    } else {
        return None;
    };
    let whole = joined(directory, &candidate);
    let all = names.iter().all(|name| matches(&whole, &joined(directory, name)));
    (all && !matches_others(&whole, files)).then_some(candidate)
}

fn joined(directory: &str, name: &str) -> String {
    if directory.is_empty() { name.to_owned() } else { format!("{directory}/{name}") }
}

/// Both have as many parts, and they are the same but for that at `place`, where they may differ.
fn differ_at(one: &str, other: &str, place: usize) -> bool {
    let rest = |path: &str| -> Vec<String> {
        let parts = path.split('/').enumerate();
        parts.map(|(index, part)| if index == place { String::new() } else { part.to_owned() }).collect()
    };
    !one.is_empty() && rest(one) == rest(other)
}

fn with_wildcard(path: &str, place: usize) -> String {
    let parts = path.split('/').enumerate();
    parts.map(|(index, part)| if index == place { "*" } else { part }).collect::<Vec<_>>().join("/")
}

fn matches(pattern: &str, path: &str) -> bool {
    let glob = GlobBuilder::new(pattern).literal_separator(true).build();
    glob.is_ok_and(|glob| glob.compile_matcher().is_match(path))
}

fn matches_others(pattern: &str, files: &Files) -> bool {
    let glob = GlobBuilder::new(pattern).literal_separator(true).build();
    let Ok(matcher) = glob.map(|glob| glob.compile_matcher()) else { return true };
    files.others.iter().any(|other| matcher.is_match(other))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_patterns_match_all_that_was_found_and_nothing_else() {
        for (case, found, others, expected) in [
            ("nothing", &[][..], &["pom.xml"][..], &[][..]),
            ("one", &["junit.xml"], &["pom.xml"], &[("junit.xml", 1)]),
            ("one of surefire", &["target/r/TEST-a.xml"], &[], &[("target/r/TEST-*.xml", 1)]),
            ("several", &["reports/a.xml", "reports/b.xml"], &["pom.xml"], &[("reports/*.xml", 2)]),
            (
                "beside something else",
                &["reports/a.xml", "reports/b.xml"],
                &["reports/coverage.xml"],
                &[("reports/a.xml", 1), ("reports/b.xml", 1)],
            ),
            (
                "surefire beside something else",
                &["t/TEST-a.xml", "t/TEST-b.xml"],
                &["t/testng-results.xml"],
                &[("t/TEST-*.xml", 2)],
            ),
            (
                "two directories",
                &["a/x.xml", "a/y.xml", "b/x.xml", "b/y.xml"],
                &[],
                &[("a/*.xml", 2), ("b/*.xml", 2)],
            ),
            ("at the root", &["a.xml", "b.xml"], &[], &[("a.xml", 1), ("b.xml", 1)]),
            (
                "modules",
                &["api/t/r/TEST-a.xml", "api/t/r/TEST-b.xml", "web/t/r/TEST-c.xml"],
                &["api/pom.xml"],
                &[("*/t/r/TEST-*.xml", 3)],
            ),
            (
                "modules and a suite of their own",
                &["b/test/TEST-a.xml", "b/it/TEST-b.xml", "c/test/TEST-c.xml", "c/it/TEST-d.xml"],
                &[],
                &[("*/it/TEST-*.xml", 2), ("*/test/TEST-*.xml", 2)],
            ),
            (
                "a module with something that is called alike",
                &["a/r/TEST-a.xml", "b/r/TEST-b.xml"],
                &["c/r/TEST-c.xml"],
                &[("a/r/TEST-*.xml", 1), ("b/r/TEST-*.xml", 1)],
            ),
            (
                "analyzers",
                &["scan/a.sarif", "scan/b.sarif.json"],
                &[],
                &[("scan/a.sarif", 1), ("scan/b.sarif.json", 1)],
            ),
        ] {
            let owned = |paths: &[&str]| paths.iter().map(|path| (*path).to_owned()).collect();
            let (patterns, left) = patterns(&Files { found: owned(found), others: owned(others) });
            let told: Vec<_> = patterns.iter().map(|one| (one.written.as_str(), one.files)).collect();
            assert_eq!((told.as_slice(), left), (expected, 0), "{case}");
        }
    }

    #[test]
    fn more_than_fits_is_counted() {
        let found = (0..40).map(|number| format!("{number}/{number}/deep-{number}.xml")).collect();
        let (patterns, left) = patterns(&Files { found, others: Vec::new() });
        assert_eq!((patterns.len(), left), (MOST, 40 - MOST));
    }
}
