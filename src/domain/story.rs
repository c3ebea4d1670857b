//! Stories and defects, with the events that say what they were on any day.

use serde::{Deserialize, Serialize};

use super::{Instant, ReleaseId, StoryKey, Text};

/// A story, task or defect of a tracker or plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Story {
    /// Its key in the tracker.
    pub key: StoryKey,
    /// What it is about.
    pub title: Text,
    /// Story or defect.
    pub kind: StoryKind,
    /// Its status in the tracker's own words.
    pub status: Text,
    /// What that status means.
    pub category: Category,
    /// How bad, for defects.
    pub severity: Option<Severity>,
    /// How urgent, in the tracker's own words.
    pub priority: Option<Text>,
    /// Who works on it.
    pub owner: Option<Text>,
    /// Who worked on it since when, oldest first; empty where the source has no such history.
    #[serde(default)]
    pub owners: Vec<OwnerMove>,
    /// Estimated size.
    pub points: Option<f32>,
    /// When it was created.
    pub created_at: Instant,
    /// Changes of its status since, oldest first. Before the first one it was to do.
    pub moves: Vec<StatusMove>,
    /// Releases that it is in now.
    pub releases: Vec<ReleaseId>,
    /// When it entered and left releases, oldest first. Empty where the source has no such
    /// history: then it counts as in scope since its creation.
    pub scope: Vec<ScopeMove>,
    /// Stories that must be done before.
    pub blocked_by: Vec<StoryKey>,
    /// The feature (epic, parent issue) it is part of.
    pub parent: Option<StoryKey>,
    /// The sprint or iteration that it is in now.
    pub sprint: Option<Text>,
    /// The part of the product.
    pub component: Option<Text>,
    /// Labels of the tracker.
    pub labels: Vec<Text>,
    /// When it shall be done, if it has a date of its own.
    pub due: Option<Instant>,
    /// Where a person reads more.
    pub url: Option<Text>,
}

/// What a story is counted as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoryKind {
    /// Work that adds something: counts in the burn-down.
    Story,
    /// A defect: counts as such, never as a story.
    Defect,
}

/// What a status means, whatever the tracker calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// Not begun.
    ToDo,
    /// Somebody works on it.
    InProgress,
    /// It waits for a review or is in one.
    InReview,
    /// It is being tested.
    InTest,
    /// Ready.
    Done,
    /// Closed without being done: leaves the scope that day.
    Dropped,
    /// The source did not say, or said something unheard of. Never counts as ready.
    Unknown,
}

/// How bad a defect is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// A blemish.
    Low,
    /// Annoying.
    Medium,
    /// Hurts many.
    High,
    /// Blocks a release, unless configured otherwise.
    Critical,
}

/// A change of a story's status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusMove {
    /// When.
    pub at: Instant,
    /// What the new status means.
    pub to: Category,
}

/// A story that went to another person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnerMove {
    /// When.
    pub at: Instant,
    /// To whom; none: nobody works on it from then on.
    pub to: Option<Text>,
}

/// A story that entered or left a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopeMove {
    /// When.
    pub at: Instant,
    /// Which release.
    pub release: ReleaseId,
    /// In or out.
    pub change: ScopeChange,
}

/// In or out of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScopeChange {
    /// It entered the release.
    Added,
    /// It left the release.
    Removed,
}

impl Story {
    /// A story of which no more than this is known.
    pub fn new(key: impl AsRef<str>, title: impl AsRef<str>, created_at: Instant) -> Self {
        Self {
            key: StoryKey::new(key),
            title: Text::new(title),
            kind: StoryKind::Story,
            status: Text::default(),
            category: Category::Unknown,
            severity: None,
            priority: None,
            owner: None,
            owners: Vec::new(),
            points: None,
            created_at,
            moves: Vec::new(),
            releases: Vec::new(),
            scope: Vec::new(),
            blocked_by: Vec::new(),
            parent: None,
            sprint: None,
            component: None,
            labels: Vec::new(),
            due: None,
            url: None,
        }
    }

    /// What its status meant at `instant`, by its own events; none before it existed.
    pub fn category_at(&self, instant: Instant) -> Option<Category> {
        if instant < self.created_at {
            return None;
        }
        let moved = self.moves.iter().rev().find(|change| change.at <= instant);
        Some(match moved {
            Some(change) => change.to,
            None if self.moves.is_empty() => self.category,
            None => Category::ToDo,
        })
    }

    /// The last change of who works on it up to `instant`; none where its events do not tell.
    pub fn owner_at(&self, instant: Instant) -> Option<&OwnerMove> {
        self.owners.iter().rev().find(|change| change.at <= instant)
    }

    /// Since when its status means what it means now.
    pub fn since(&self) -> Instant {
        self.moves.last().map_or(self.created_at, |change| change.at)
    }
}
