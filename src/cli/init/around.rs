//! What lies around in a directory: reports and plans, known by what is in them, not by their names.
#![expect(clippy::disallowed_methods, reason = "a person asked what is here")]

use std::{
    collections::VecDeque,
    fs::{self, File},
    io::Read as _,
    path::Path,
};

use quick_xml::{Reader, events::Event};

use crate::{config::Document, domain::clean};

/// Deepest nesting of directories that is looked into.
const DEEPEST: usize = 8;
/// Most directory entries that are looked at, and of one directory.
const MOST_ENTRIES: usize = 50_000;
const MOST_OF_ONE: usize = 5_000;
/// Most files whose beginning is read.
const MOST_READ: usize = 2_000;
/// How much of a file is read to know what it is.
const BEGINNING: u64 = 8 * 1024;
/// A larger file is no plan that a person wrote.
const LARGEST_PLAN: u64 = 256 * 1024;
/// Deepest directory in which plans lie.
const PLANS_WITHIN: usize = 2;
/// Directories of what others made, and of what tests are fed with.
const LEFT_OUT: [&str; 11] = [
    "node_modules",
    "vendor",
    "third_party",
    "site-packages",
    "testdata",
    "test-data",
    "test_data",
    "fixtures",
    "__fixtures__",
    "resources",
    "snapshots",
];

/// Files of one kind, as seen from the directory, with `/` between their parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Files {
    /// Those that are of the kind.
    pub(super) found: Vec<String>,
    /// Those that are called alike and are not.
    pub(super) others: Vec<String>,
}

/// What lies around.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Around {
    /// Test reports.
    pub(super) junit: Files,
    /// Reports of code analyzers.
    pub(super) sarif: Files,
    /// Files with the tables of a plan.
    pub(super) plans: Vec<String>,
    /// The key of the project at a `SonarQube`.
    pub(super) sonarqube: Option<String>,
    /// Not everything was looked at: there is too much of it.
    pub(super) is_cut: bool,
}

impl Around {
    /// Looks into `root` and what is in it, what is near first. Hidden directories, links and
    /// what others made are left out.
    pub(super) fn look(root: &Path) -> Self {
        let mut around = Self::default();
        let (mut entries_left, mut reads_left) = (MOST_ENTRIES, MOST_READ);
        let mut waiting = VecDeque::from([(String::new(), 0)]);
        while let Some((within, depth)) = waiting.pop_front() {
            let Ok(entries) = fs::read_dir(root.join(&within)) else { continue };
            let mut names: Vec<(String, bool)> = Vec::new();
            for (index, entry) in entries.flatten().enumerate() {
                if entries_left == 0 || index == MOST_OF_ONE {
                    around.is_cut = true;
                    break;
                }
                entries_left -= 1;
                // A linked directory could lead round in a circle.
                let Ok(kind) = entry.file_type() else { continue };
                let Ok(name) = entry.file_name().into_string() else { continue };
                let is_plain = clean(&name) == name && !name.contains(['*', '?', '[', ']', '{', '}', '\\']);
                if is_plain && !name.starts_with('.') && (kind.is_dir() || kind.is_file()) {
                    names.push((name, kind.is_dir()));
                }
            }
            names.sort_unstable();
            for (name, is_directory) in names {
                let path = if within.is_empty() { name.clone() } else { format!("{within}/{name}") };
                if is_directory {
                    if depth < DEEPEST && !LEFT_OUT.contains(&name.as_str()) {
                        waiting.push_back((path, depth + 1));
                    }
                } else {
                    around.file(root, path, &name, depth, &mut reads_left);
                }
            }
        }
        around
    }

    fn file(&mut self, root: &Path, path: String, name: &str, depth: usize, reads_left: &mut usize) {
        let lower = name.to_ascii_lowercase();
        let is = |ending: &str| lower.ends_with(ending);
        let is_properties = depth == 0 && name == "sonar-project.properties";
        let is_plan = depth <= PLANS_WITHIN && is(".toml");
        if !(is(".xml") || is(".sarif") || is(".sarif.json") || is_plan || is_properties) {
            return;
        }
        if *reads_left == 0 {
            self.is_cut = true;
            return;
        }
        *reads_left -= 1;
        let file = root.join(&path);
        if is_plan {
            if is_plan_file(&file, &path) {
                self.plans.push(path);
            }
        } else if is_properties {
            self.sonarqube = project_key(&beginning(&file));
        } else if is(".xml") {
            let kind = &mut self.junit;
            if is_junit(&beginning(&file)) { kind.found.push(path) } else { kind.others.push(path) }
        } else {
            let kind = &mut self.sarif;
            if is_object(&beginning(&file)) { kind.found.push(path) } else { kind.others.push(path) }
        }
    }
}

/// The first bytes of a file; nothing of one that cannot be read.
fn beginning(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    // What was read before it failed is judged.
    drop(File::open(path).and_then(|file| file.take(BEGINNING).read_to_end(&mut bytes)));
    bytes
}

/// The first element is that of test reports.
fn is_junit(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let mut reader = Reader::from_str(&text);
    loop {
        match reader.read_event() {
            Ok(Event::Start(start) | Event::Empty(start)) => {
                return matches!(start.local_name().as_ref(), "testsuites" | "testsuite");
            }
            Ok(Event::Eof) | Err(_) => return false,
            Ok(_) => {}
        }
    }
}

fn is_object(bytes: &[u8]) -> bool {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    bytes.trim_ascii_start().first() == Some(&b'{')
}

/// The file has releases, as a plan has them.
fn is_plan_file(path: &Path, shown: &str) -> bool {
    if fs::metadata(path).map_or(u64::MAX, |known| known.len()) > LARGEST_PLAN {
        return false;
    }
    let Ok(document) = Document::read(path, shown) else { return false };
    let Ok(tables) = document.parse() else { return false };
    let first = tables.get("release").and_then(|releases| releases.get_ref().as_array()?.iter().next());
    let release = first.and_then(|release| release.get_ref().as_table());
    release.is_some_and(|release| ["version", "name"].iter().any(|key| release.contains_key(*key)))
}

/// `sonar.projectKey` of a properties file.
fn project_key(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes);
    let pairs = text.lines().filter_map(|line| line.trim().split_once('='));
    let mut keys = pairs.filter(|(key, _)| key.trim() == "sonar.projectKey");
    keys.next().map(|(_, value)| clean(value)).filter(|key| !key.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_what_is_in_it() {
        let directory = tempfile::tempdir().unwrap();
        let suite = "<?xml version=\"1.0\"?><!-- by hand --><testsuite name=\"a\" tests=\"0\"/>";
        let release = "[[release]]\nversion = \"1\"\n";
        for (path, text) in [
            ("pom.xml", "<project/>"),
            ("out/TEST-a.xml", suite),
            ("out/all.XML", "<ns:testsuites xmlns:ns=\"x\"></ns:testsuites>"),
            ("out/summary.xml", "<failsafe-summary/>"),
            ("out/broken.xml", "<test"),
            ("node_modules/a/junit.xml", suite),
            (".cache/junit.xml", suite),
            ("a/fixtures/junit.xml", suite),
            ("o[d]d/junit.xml", suite),
            ("lint.sarif", " {\"version\": \"2.1.0\"}"),
            ("scan/codeql.sarif.json", "\u{feff}{}"),
            ("scan/empty.sarif", ""),
            ("Cargo.toml", "[package]\nname = \"a\"\n"),
            ("plan/next.toml", release),
            ("plan/wrong.toml", "[[release]]\nversion = \n"),
            ("plan/odd.toml", "[[release]]\ntag = \"1\"\n"),
            ("a/b/c/far.toml", release),
            ("sonar-project.properties", "# key\n sonar.projectKey = shop \nsonar.sources=src\n"),
        ] {
            let file = directory.path().join(path);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, text).unwrap();
        }
        let around = Around::look(directory.path());
        let owned = |paths: &[&str]| paths.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>();
        assert_eq!(around.junit.found, owned(&["out/TEST-a.xml", "out/all.XML"]));
        assert_eq!(around.junit.others, owned(&["pom.xml", "out/broken.xml", "out/summary.xml"]));
        assert_eq!(around.sarif.found, owned(&["lint.sarif", "scan/codeql.sarif.json"]));
        assert_eq!(around.sarif.others, owned(&["scan/empty.sarif"]));
        assert_eq!(around.plans, owned(&["plan/next.toml"]));
        assert_eq!(around.sonarqube.as_deref(), Some("shop"));
        assert!(!around.is_cut);
    }

    #[test]
    fn a_directory_with_too_much_in_it_is_said_to_be_cut() {
        let directory = tempfile::tempdir().unwrap();
        for number in 0..=MOST_OF_ONE {
            fs::write(directory.path().join(format!("{number}.txt")), "").unwrap();
        }
        assert!(Around::look(directory.path()).is_cut);
        assert_eq!(Around::look(&directory.path().join("missing")), Around::default());
    }
}
