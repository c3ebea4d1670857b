//! A release: what is meant to go out together, and until when.

use serde::{Deserialize, Serialize};

use super::{Instant, ReleaseId, Text};

/// A version of a project that went out, is in the making or is planned.
///
/// Several sources may speak of one release, each of what it knows: the plan of its target,
/// the repository of its tag. [`World`](super::World) joins them by [`Release::id`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// Project and version.
    pub id: ReleaseId,
    /// The project: a repository, a product.
    pub project: Text,
    /// The version within the project, as its people write it.
    pub version: Text,
    /// When work on it began, where a source says so.
    pub start: Option<Instant>,
    /// When it shall be ready.
    pub target: Option<Target>,
    /// When it went out; none while it is in the making.
    pub released_at: Option<Instant>,
    /// Who answers for it.
    pub owner: Option<Text>,
    /// Releases that must be deployed before this one.
    pub depends_on: Vec<ReleaseId>,
    /// What of other sources belongs to it, besides what those say themselves.
    pub rules: Vec<MatchRule>,
    /// The tag it went out as.
    pub tag: Option<Text>,
    /// The commit it went out as, or the head it would go out as now (full hexadecimal).
    pub commit: Option<Text>,
    /// Commits that it contains and no older release of its repository does; merges count, as
    /// `git rev-list --count` does. None where no source has counted them.
    pub commits: Option<u32>,
    /// Where a person reads more.
    pub url: Option<Text>,
}

impl Release {
    /// A release about which only the name is known.
    pub fn named(project: &str, version: &str) -> Self {
        Self {
            id: ReleaseId::of(project, version),
            project: Text::new(project),
            version: Text::new(version),
            start: None,
            target: None,
            released_at: None,
            owner: None,
            depends_on: Vec::new(),
            rules: Vec::new(),
            tag: None,
            commit: None,
            commits: None,
            url: None,
        }
    }
}

/// When a release shall be ready.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// The last instant that is still on time.
    pub at: Instant,
    /// Nobody promised it: it was computed from the cadence of the past. An estimated target
    /// makes nothing late.
    pub estimated: bool,
}

/// One way in which an item of another source belongs to a release. Patterns may use `*`
/// and `?`, and match the whole value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchRule {
    /// The milestone of a pull request.
    Milestone(Text),
    /// A label of a story or pull request.
    Label(Text),
    /// The base branch of a pull request.
    BaseBranch(Text),
    /// A branch that a pull request comes from.
    Branch(Text),
    /// The key of a story.
    Story(Text),
    /// The tag (or version) of a release of a repository, whose pull requests then belong
    /// to this release too.
    Tag(Text),
}
