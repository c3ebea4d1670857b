//! What the words of a Jira mean: statuses, resolutions, types, priorities and versions.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::{
    issue::{Issue, StatusName, VersionName},
    known::{KnownStatus, KnownVersion},
    settings::JiraSettings,
};
use crate::domain::{Category, Problem, ReleaseId, Severity, Text, version::VersionTag};

/// The patterns of the settings, ready to be asked.
#[derive(Clone, Debug)]
pub(super) struct Words {
    statuses: Vec<(Category, GlobSet)>,
    dropped: GlobSet,
    defects: GlobSet,
    /// Worst first.
    severities: Vec<(Severity, GlobSet)>,
}

impl Words {
    /// Reads the patterns; one that cannot be read is left out, and a problem.
    pub(super) fn new(settings: &JiraSettings) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let statuses =
            settings.statuses.iter().map(|(meaning, names)| (*meaning, set(names, &mut problems))).collect();
        let mut severities: Vec<_> =
            settings.severities.iter().map(|(how, names)| (*how, set(names, &mut problems))).collect();
        severities.sort_by_key(|(how, _)| std::cmp::Reverse(*how));
        let dropped = set(&settings.dropped, &mut problems);
        let defects = set(&settings.defects, &mut problems);
        (Self { statuses, dropped, defects, severities }, problems)
    }

    pub(super) fn is_defect(&self, kind: &str) -> bool {
        self.defects.is_match(kind)
    }

    /// What the settings say that a status of this name means.
    pub(super) fn status(&self, name: &str) -> Option<Category> {
        self.statuses.iter().find(|(_, names)| names.is_match(name)).map(|(meaning, _)| *meaning)
    }

    pub(super) fn severity(&self, priority: &str) -> Option<Severity> {
        self.severities.iter().find(|(_, names)| names.is_match(priority)).map(|(how, _)| *how)
    }
}

fn set(patterns: &[String], problems: &mut Vec<Problem>) -> GlobSet {
    let mut builder = GlobSetBuilder::new();
    for pattern in patterns {
        match GlobBuilder::new(pattern).case_insensitive(true).build() {
            Ok(glob) => {
                builder.add(glob);
            }
            Err(error) => problems.push(Problem::new(
                format!("the pattern \"{pattern}\" cannot be read: {}", error.kind()),
                "correct it in the settings of the jira source: `*` and `?` match anything",
            )),
        }
    }
    builder.build().unwrap_or_default()
}

/// What a status category of Jira means; there are no others, and `undefined` says nothing.
pub(super) fn category_of_key(key: &str) -> Category {
    match key {
        "new" => Category::ToDo,
        "indeterminate" => Category::InProgress,
        "done" => Category::Done,
        _ => Category::Unknown,
    }
}

/// What the words mean, by all that is known of a Jira.
pub(super) struct Meaning<'a> {
    pub(super) words: &'a Words,
    pub(super) settings: &'a JiraSettings,
    pub(super) statuses: &'a BTreeMap<Text, KnownStatus>,
    pub(super) versions: &'a BTreeMap<Text, KnownVersion>,
    /// Statuses that nothing is known of, as they are met.
    pub(super) not_understood: RefCell<BTreeSet<StatusName>>,
}

impl Meaning<'_> {
    /// What it means to be in `status`.
    ///
    /// A status that no longer exists is the one that is called like it, if all that are called
    /// so mean the same.
    pub(super) fn status(&self, status: &StatusName) -> Category {
        let known = self.statuses.get(&status.id);
        let name = known.map_or(&status.name, |known| &known.name);
        if let Some(meaning) = self.words.status(name) {
            return meaning;
        }
        let meaning = known.map(|known| category_of_key(&known.category)).or_else(|| {
            let mut alike = self
                .statuses
                .values()
                .filter(|other| other.name == *name)
                .map(|other| category_of_key(&other.category));
            let first = alike.next()?;
            alike.all(|other| other == first).then_some(first)
        });
        let meaning = meaning.unwrap_or(Category::Unknown);
        if meaning == Category::Unknown {
            self.not_understood.borrow_mut().insert(status.clone());
        }
        meaning
    }

    /// What it means to be in `status` with `resolution`.
    pub(super) fn category(&self, status: &StatusName, resolution: Option<&Text>) -> Category {
        match self.status(status) {
            Category::Done if resolution.is_some_and(|name| self.words.dropped.is_match(name.as_str())) => {
                Category::Dropped
            }
            meaning => meaning,
        }
    }

    /// The release that a version of an issue stands for: by its id, as it is called now; one
    /// that no longer exists by its name, in the project of the issue.
    pub(super) fn release(&self, version: &VersionName, issue: &Issue) -> ReleaseId {
        match self.versions.get(&version.id) {
            Some(known) => self.release_of(&known.project, &known.name),
            None => self.release_of(&issue.project, &version.name),
        }
    }

    /// The release that the version `name` of the project with the key `key` stands for.
    pub(super) fn release_of(&self, key: &str, name: &str) -> ReleaseId {
        let project = self.settings.name_of(key);
        ReleaseId::of(project, &version_text(project, name))
    }
}

/// The version that a name is about: `v4.2`, `Release 4.2` and `payments-4.2` of `payments` are
/// version 4.2, written as the source `git` writes the one of a tag, so that both speak of one
/// release. Any other name (`Autumn`) is a version as it is.
pub(super) fn version_text(project: &str, name: &str) -> Text {
    match VersionTag::parse(name, project) {
        Some(tag) if tag.family.is_empty() => Text::new(&tag.version.text),
        _ => Text::new(name),
    }
}

/// What to say of statuses that mean nothing.
pub(super) fn not_understood(service: &str, statuses: &BTreeSet<StatusName>) -> Option<Problem> {
    if statuses.is_empty() {
        return None;
    }
    let mut names: Vec<&str> = statuses.iter().map(|status| status.name.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let more = names.len().saturating_sub(5);
    names.truncate(5);
    let mut list = names.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
    if more > 0 {
        list = format!("{list} and {more} more");
    }
    Some(Problem::new(
        format!("{service}: nothing says what these statuses mean: {list}; they count as unknown"),
        "name them in `statuses` of the jira source, or give them a category in Jira",
    ))
}
