//! What is known of a Jira between rounds and across restarts, and the facts that it is.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    fields::CustomFields,
    issue::Issue,
    meaning::{Meaning, Words, not_understood, version_text},
    settings::JiraSettings,
    stories,
};
use crate::{
    domain::{Facts, Instant, Kind, Problem, Release, Story, Target, Text},
    source::forge::days_before,
};

/// The form of what is remembered; another one is not read.
const FORM: u32 = 2;
/// How many problems with single issues are told.
const MOST_TOLD: usize = 20;

/// A part that is read by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) enum Part {
    Statuses,
    Fields,
    Versions,
    Issues,
    Past,
    /// What changed since they were read.
    Changes,
}

impl Part {
    /// Of which kinds not all is told where something of it cannot be read.
    fn kinds(self) -> &'static [Kind] {
        match self {
            // Each issue names its own status. Fields hold sizes, sprints and epics.
            Self::Statuses | Self::Fields | Self::Past => &[],
            // What belongs to a release is told by its version.
            Self::Versions => &[Kind::Releases, Kind::Stories, Kind::Defects],
            Self::Issues | Self::Changes => &[Kind::Stories, Kind::Defects],
        }
    }
}

/// What is known of a Jira.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Known {
    pub(super) place: Option<Place>,
    pub(super) account: Option<Text>,
    /// The time zone of whoever asks: JQL is read in it.
    pub(super) zone: Option<Tz>,
    pub(super) fields: CustomFields,
    pub(super) statuses: BTreeMap<Text, KnownStatus>,
    pub(super) versions: BTreeMap<Text, KnownVersion>,
    /// By their ids: keys change when issues move.
    pub(super) issues: BTreeMap<Text, Issue>,
    /// Issues that cannot be read, by their ids; with a text instead where these cannot either.
    pub(super) lost: BTreeMap<Text, Lost>,
    pub(super) problems: BTreeMap<Part, Vec<Problem>>,
    /// Projects that are not shown.
    pub(super) hidden: BTreeSet<Text>,
    /// Which issues were read: what is asked for changes.
    pub(super) selection: String,
    /// There were more issues than are read.
    pub(super) is_cut: bool,
    /// The service has no changelog in bulk.
    pub(super) no_bulk: bool,
    /// When everything was read.
    pub(super) whole_at: Option<Instant>,
    /// When what nothing tells of was looked at.
    pub(super) swept_at: Option<Instant>,
    /// When versions were read.
    pub(super) versions_at: Option<Instant>,
}

/// Which Jira it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) is_cloud: bool,
    pub(super) version: Option<Text>,
    /// What addresses of issues begin with, without a slash at the end.
    pub(super) site: String,
}

/// A status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KnownStatus {
    pub(super) name: Text,
    /// The key of its category; empty: none.
    pub(super) category: Text,
}

/// A version of a project.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct KnownVersion {
    /// The key of its project.
    pub(super) project: Text,
    pub(super) name: Text,
    pub(super) is_released: bool,
    pub(super) is_archived: bool,
    pub(super) start: Option<NaiveDate>,
    /// When it shall be released, or was.
    pub(super) date: Option<NaiveDate>,
    /// When it was seen to be released first.
    pub(super) released_seen: Option<Instant>,
    /// It was seen before it was released, so that moment is about when it was.
    pub(super) was_open: bool,
}

/// An issue that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Lost {
    /// When it was changed last, in Jira's words.
    pub(super) updated: Option<Text>,
    pub(super) problem: Problem,
}

impl KnownVersion {
    /// When it went out. Jira knows the day; on that day itself, the moment when it was first
    /// seen to be out.
    fn released_at(&self, settings: &JiraSettings) -> Option<Instant> {
        let seen = self.released_seen.filter(|_| self.is_released)?;
        match self.date {
            Some(day) => Some(settings.calendar.end_of(day).min(seen)),
            None => self.was_open.then_some(seen),
        }
    }

    /// Whether it is a release on the board: in the making, or out since `since`. What was put
    /// away without having been released is none.
    pub(super) fn is_told(&self, settings: &JiraSettings, since: Instant) -> bool {
        if self.is_released {
            self.released_at(settings).is_some_and(|at| at >= since)
        } else {
            !self.is_archived
        }
    }

    fn release(&self, id: &str, settings: &JiraSettings, site: &str) -> Release {
        let project = settings.name_of(&self.project);
        let calendar = &settings.calendar;
        Release {
            start: self.start.map(|day| calendar.start_of(day)),
            target: self.date.map(|day| Target { at: calendar.end_of(day), estimated: false }),
            released_at: self.released_at(settings),
            url: Some(Text::new(format!("{site}/projects/{}/versions/{id}", self.project))),
            ..Release::named(project, &version_text(project, &self.name))
        }
    }
}

impl Known {
    /// The last change that is known, by Jira's clock.
    pub(super) fn until(&self) -> Option<Instant> {
        self.issues.values().map(|issue| issue.updated_at).max().or(self.whole_at)
    }

    /// What could not be read of a part, replacing what could not be read before. True if that
    /// is something else.
    pub(super) fn set_problems(&mut self, part: Part, problems: Vec<Problem>) -> bool {
        let before = if problems.is_empty() {
            self.problems.remove(&part)
        } else {
            self.problems.insert(part, problems)
        };
        before.as_ref() != self.problems.get(&part)
    }

    /// Versions that are told, by their ids.
    pub(super) fn told_versions(&self, settings: &JiraSettings, since: Instant) -> Vec<&str> {
        let told = self.versions.iter().filter(|(_, version)| version.is_told(settings, since));
        told.map(|(id, _)| id.as_str()).collect()
    }

    pub(super) fn meaning<'a>(&'a self, words: &'a Words, settings: &'a JiraSettings) -> Meaning<'a> {
        Meaning {
            words,
            settings,
            statuses: &self.statuses,
            versions: &self.versions,
            not_understood: RefCell::default(),
        }
    }

    /// All that is known, as facts; what did not change since `last` is shared with it.
    pub(super) fn tell(
        &self,
        words: &Words,
        settings: &JiraSettings,
        service: &str,
        now: Instant,
        last: Option<&Facts>,
    ) -> Facts {
        let meaning = self.meaning(words, settings);
        let site = self.place.as_ref().map_or("", |place| &place.site);
        let since = days_before(now, settings.recent_days);
        let mut facts = Facts::default();
        let told = self.versions.iter().filter(|(_, version)| version.is_told(settings, since));
        let before: BTreeMap<_, _> = last
            .into_iter()
            .flat_map(|facts| &facts.releases)
            .map(|release| (&release.id, release))
            .collect();
        let mut seen = BTreeSet::new();
        for (id, version) in told {
            let release = version.release(id, settings, site);
            if seen.insert(release.id.clone()) {
                let known = before.get(&release.id).filter(|known| ****known == release);
                facts.releases.push(known.map_or_else(|| Arc::new(release), |known| Arc::clone(known)));
            }
        }
        let before: BTreeMap<_, &Arc<Story>> =
            last.into_iter().flat_map(|facts| &facts.stories).map(|story| (&story.key, story)).collect();
        for issue in self.issues.values() {
            let story = stories::story(issue, &meaning, site);
            let known = before.get(&story.key).filter(|known| ****known == story);
            facts.stories.push(known.map_or_else(|| Arc::new(story), |known| Arc::clone(known)));
        }
        if self.versions_at.is_some() {
            facts.covers.insert(Kind::Releases);
        }
        if !self.selection.is_empty() {
            facts.covers.extend([Kind::Stories, Kind::Defects]);
        }
        for (part, unread) in &self.problems {
            facts.problems.extend(unread.iter().map(|problem| problem.clone().within(part.kinds())));
        }
        // A status that nobody understands is no reason to do without its issue.
        let not_understood = not_understood(service, &meaning.not_understood.borrow());
        facts.problems.extend(not_understood.into_iter().map(Problem::losing_nothing));
        let mut unread: Vec<Problem> =
            self.lost.values().take(MOST_TOLD).map(|lost| lost.problem.clone()).collect();
        if self.lost.len() > MOST_TOLD {
            unread.push(Problem::new(
                format!("{service}: {} more issues cannot be read", self.lost.len() - MOST_TOLD),
                "mend what is said of the others first",
            ));
        }
        facts.problems.extend(unread.into_iter().map(|problem| problem.losing(Part::Issues.kinds())));
        facts
    }

    /// What lets it go on after a restart, if it is read with the same settings.
    pub(super) fn to_memory(&self, settings: &JiraSettings) -> Option<Vec<u8>> {
        self.whole_at?;
        postcard::to_stdvec(&(FORM, digest(settings), self)).ok()
    }

    /// What was remembered with these settings.
    pub(super) fn of_memory(memory: &[u8], settings: &JiraSettings) -> Option<Self> {
        let ((form, of), rest) = postcard::take_from_bytes::<(u32, [u8; 32])>(memory).ok()?;
        if form != FORM || of != digest(settings) {
            return None;
        }
        match postcard::take_from_bytes::<Self>(rest) {
            Ok((known, [])) => Some(known),
            _ => None,
        }
    }
}

/// Tells settings apart that make a difference to what is read. What words mean does not: that is
/// asked anew each time.
fn digest(settings: &JiraSettings) -> [u8; 32] {
    let JiraSettings { site, flavour, projects, jql, email, points_field, recent_days, .. } = settings;
    let read = format!("{site} {flavour:?} {projects:?} {jql:?} {email:?} {points_field:?} {recent_days}");
    Sha256::digest(read).into()
}
