//! Facts as JSON, in the form that is published: `docs/facts.schema.json`, explained in
//! `docs/exec.md`. Programs print it (`exec`), and answers of services are made into it (`http`).
//!
//! An item that cannot be read is lost alone, with its path: `stories[3].created: expected a time
//! …, got "soon"`. A list of which nothing can be read ends the round: nothing of something is no
//! answer, and a gate must not take it for one.

mod items;
#[cfg(test)]
pub(super) mod tests;
mod value;

use std::{cell::RefCell, collections::BTreeSet, sync::Arc};

use serde_json::Value;

use self::{
    items::Item,
    value::{Notes, Object, Wrong, lacks_zone, shown},
};
use crate::{
    config::nearest,
    domain::{Calendar, Facts, Kind, Problem, StoryKind, Text},
};

/// The version of the form that is read.
const VERSION: u64 = 1;

/// Most items of one kind.
const MOST_ITEMS: usize = 100_000;
/// Most problems that are told one by one.
const MOST_PROBLEMS: usize = 20;

/// What a document needs besides what it says.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    /// The name of the source, at the front of problems.
    pub(super) source: String,
    /// The project of releases that do not say theirs.
    pub(super) project: Option<String>,
    /// Whose days are meant.
    pub(super) calendar: Calendar,
    /// What to do about what is wrong.
    pub(super) next_step: String,
}

impl Reader {
    /// The facts of a document; the problem if it is none.
    pub(super) fn read(&self, bytes: &[u8]) -> Result<Facts, Problem> {
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Err(self.problem("it said nothing, and nothing is no facts"));
        }
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let value: Value = serde_json::from_slice(bytes)
            .map_err(|error| self.problem(&format!("this is no JSON: {error}")))?;
        self.read_value(&value)
    }

    /// The same of a document that was parsed.
    pub(super) fn read_value(&self, value: &Value) -> Result<Facts, Problem> {
        let notes: Notes = RefCell::default();
        let read = self.document(value, &notes);
        let mut facts = read.map_err(|wrong| self.problem(&wrong))?;
        let notes = notes.into_inner();
        let more = notes.len().saturating_sub(MOST_PROBLEMS);
        for note in notes {
            let mut problem = self.problem(&note.what);
            problem.incomplete = note.lost.map(|kinds| kinds.into_iter().collect());
            problem.note(&mut facts.problems, MOST_PROBLEMS);
        }
        if more > 0 {
            let problem = self.problem(&format!("{more} more are not as the schema says"));
            facts.problems.push(problem.losing_nothing());
        }
        Ok(facts)
    }

    fn problem(&self, what: &str) -> Problem {
        Problem::new(format!("{}: {what}", self.source), &self.next_step)
    }

    #[expect(
        clippy::redundant_closure_for_method_calls,
        reason = "a method is one of an item of certain lifetimes, the closure of any"
    )]
    fn document(&self, value: &Value, notes: &Notes) -> Result<Facts, Wrong> {
        let document = Object::new(value, String::new(), notes, &self.calendar)?;
        if let Some(version) = document.value("version")
            && version.as_u64() != Some(VERSION)
        {
            return Err(format!(
                "version: expected {VERSION}, got {}: this tminus cannot read another form",
                shown(version)
            ));
        }
        // For editors: where the schema is.
        document.value("$schema");
        let mut facts = Facts { covers: covers(&document)?, ..Facts::default() };
        let lists = Lists { reader: self, document: &document };
        facts.releases = lists.read("releases", |item| item.release())?;
        facts.stories = lists.read("stories", |item| item.story())?;
        facts.pull_requests = lists.read("pull_requests", |item| item.pull_request())?;
        facts.deployments = lists.read("deployments", |item| item.deployment())?;
        facts.environments = lists.read("environments", |item| item.environment())?;
        facts.bookings = lists.read("bookings", |item| item.booking())?;
        facts.freezes = lists.read("freezes", |item| item.freeze())?;
        facts.test_runs = lists.read("test_runs", |item| item.test_run())?;
        facts.test_runs.sort_by_key(|run| run.at);
        facts.findings = lists.read("findings", |item| item.finding())?;
        facts.builds = lists.read("builds", |item| item.build())?;
        document.finish_as_a_whole();
        cover_what_is_there(&mut facts);
        Ok(facts)
    }
}

/// The kinds that a document says it covers.
fn covers(document: &Object<'_>) -> Result<BTreeSet<Kind>, Wrong> {
    if document.value("covers").is_none() {
        let all = Kind::ALL.map(Kind::key);
        let expected = "expected a list of the kinds that are told completely, there is none";
        return Err(format!("covers: {expected} (there are {})", all.join(", ")));
    }
    let mut covered = BTreeSet::new();
    for (index, word) in document.texts("covers")?.iter().enumerate() {
        if let Some(kind) = Kind::of_key(word) {
            covered.insert(kind);
            continue;
        }
        // Whatever was meant is not told of as far as this program understands.
        let what = format!("covers[{index}]: there is no kind {:?}", word.as_str());
        let meant = nearest(word, Kind::ALL.map(Kind::key)).and_then(Kind::of_key);
        document.note_lost(what, meant.map(|kind| vec![kind]));
    }
    Ok(covered)
}

/// A kind of which there are items is covered, whether that was said or not: what is there counts.
fn cover_what_is_there(facts: &mut Facts) {
    let any_of = |kind| facts.stories.iter().any(|story| story.kind == kind);
    let there = [
        (Kind::Releases, !facts.releases.is_empty()),
        (Kind::Stories, any_of(StoryKind::Story)),
        (Kind::Defects, any_of(StoryKind::Defect)),
        (Kind::PullRequests, !facts.pull_requests.is_empty()),
        (Kind::Deployments, !facts.deployments.is_empty()),
        (Kind::Environments, !facts.environments.is_empty()),
        (Kind::Bookings, !facts.bookings.is_empty()),
        (Kind::Freezes, !facts.freezes.is_empty()),
        (Kind::TestRuns, !facts.test_runs.is_empty()),
        (Kind::Findings, !facts.findings.is_empty()),
        (Kind::Builds, !facts.builds.is_empty()),
    ];
    facts.covers.extend(there.into_iter().filter(|(_, is_there)| *is_there).map(|(kind, _)| kind));
}

/// The lists of a document.
struct Lists<'d, 'v> {
    reader: &'d Reader,
    document: &'d Object<'v>,
}

impl Lists<'_, '_> {
    /// The items of the list called `key`. One that cannot be read is noted and lost.
    fn read<T>(
        &self,
        key: &'static str,
        read: impl for<'o, 'i> Fn(&Item<'o, 'i>) -> Result<T, Wrong>,
    ) -> Result<Vec<Arc<T>>, Wrong> {
        let document = self.document;
        let Some(value) = document.value(key) else { return Ok(Vec::new()) };
        let Some(list) = value.as_array() else {
            return Err(format!("{key}: expected a list, got {}", shown(value)));
        };
        if list.len() > MOST_ITEMS {
            return Err(format!("{key}: {} items, of which at most {MOST_ITEMS} can be read", list.len()));
        }
        let kinds: Vec<Kind> = match Kind::of_key(key) {
            // Stories are of two kinds, in one list.
            Some(Kind::Stories) => vec![Kind::Stories, Kind::Defects],
            kind => kind.into_iter().collect(),
        };
        let mut kept = Vec::with_capacity(list.len());
        for (index, value) in list.iter().enumerate() {
            match self.item(value, format!("{key}[{index}]"), &read) {
                Ok(item) => kept.push(Arc::new(item)),
                // Fewer than there are must not read as better than it is.
                Err(wrong) => document.note_lost(wrong, Some(kinds.clone())),
            }
        }
        Ok(kept)
    }

    fn item<T>(
        &self,
        value: &Value,
        path: String,
        read: impl for<'o, 'i> Fn(&Item<'o, 'i>) -> Result<T, Wrong>,
    ) -> Result<T, Wrong> {
        let fields = Object::new(value, path, self.document.notes(), self.document.calendar())?;
        let item = Item { fields: &fields, project: self.reader.project.as_deref() };
        let read = read(&item).map_err(|wrong| with_hint(wrong, value))?;
        fields.finish();
        Ok(read)
    }
}

/// A time without a zone is the commonest mistake: say what is missing.
fn with_hint(wrong: Wrong, item: &Value) -> Wrong {
    let is_time = wrong.contains(": expected a time such as");
    let lacks = item.as_object().is_some_and(|fields| fields.values().any(lacks_zone));
    if is_time && lacks { format!("{wrong} (a time needs its zone: Z or +01:00)") } else { wrong }
}

/// The last lines of what a program or service said, cleaned and bounded.
pub(super) fn last_words(said: &str) -> Text {
    const LONGEST: usize = 300;
    let said = said.trim();
    let skipped = said.chars().count().saturating_sub(LONGEST);
    let end: String = said.chars().skip(skipped).collect();
    Text::new(if skipped > 0 { format!("…{end}") } else { end })
}
