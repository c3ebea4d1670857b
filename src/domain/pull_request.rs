//! Pull requests (merge requests), and branches that may become one.

use serde::{Deserialize, Serialize};

use super::{Instant, PullRequestId, ReleaseId, StoryKey, Text};

/// A change on its way into a base branch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PullRequest {
    /// Repository and number, or repository and branch.
    pub id: PullRequestId,
    /// The repository.
    pub repository: Text,
    /// Its number at the forge; none for a branch without a pull request.
    pub number: Option<u64>,
    /// What it is about.
    pub title: Text,
    /// Who wrote it.
    pub author: Text,
    /// The branch it comes from.
    pub branch: Option<Text>,
    /// The commit at the end of its branch (full hexadecimal), where the source tells: what a
    /// merge must name, so that nothing is merged that nobody saw.
    pub head: Option<Text>,
    /// The branch it goes to.
    pub base: Text,
    /// Open, merged or closed.
    pub state: PullRequestState,
    /// Not yet meant to be reviewed.
    pub draft: bool,
    /// When its first commit was written.
    pub started_at: Option<Instant>,
    /// When it was opened.
    pub opened_at: Option<Instant>,
    /// When it was declared ready for review; equal to `opened_at` if it never was a draft.
    pub ready_at: Option<Instant>,
    /// When it was merged.
    pub merged_at: Option<Instant>,
    /// When it was closed without being merged.
    pub closed_at: Option<Instant>,
    /// The last change of any kind.
    pub updated_at: Option<Instant>,
    /// When it shall be merged, if it has a date of its own.
    pub due: Option<Instant>,
    /// The commit that brought it into the base branch (full hexadecimal).
    pub merge_commit: Option<Text>,
    /// All reviews, oldest first.
    pub reviews: Vec<Review>,
    /// Who was asked and has not answered.
    pub requested_reviewers: Vec<Text>,
    /// Approvals needed before it may be merged; none where the source does not tell.
    pub required_approvals: Option<u32>,
    /// The newest run of each check on its head.
    pub checks: Vec<Check>,
    /// Whether it can be merged as it is.
    pub mergeability: Mergeability,
    /// The forge will merge it by itself once it may be merged.
    pub auto_merge: bool,
    /// Its place in the merge queue, counted from 1; none if it is not in one.
    pub queue_position: Option<u32>,
    /// Milestone of the forge.
    pub milestone: Option<Text>,
    /// Labels of the forge.
    pub labels: Vec<Text>,
    /// Stories that it names: in its branch, its title or a closing reference.
    pub stories: Vec<StoryKey>,
    /// The release that contains its merge commit, where the source knows.
    pub release: Option<ReleaseId>,
    /// When its merge commit first ran in production, where the source knows.
    pub deployed_at: Option<Instant>,
    /// Lines added.
    pub additions: Option<u32>,
    /// Lines deleted.
    pub deletions: Option<u32>,
    /// Where a person reads more.
    pub url: Option<Text>,
}

impl PullRequest {
    /// A pull request of which no more than this is known.
    pub fn new(
        id: impl AsRef<str>,
        repository: impl AsRef<str>,
        title: impl AsRef<str>,
        author: impl AsRef<str>,
        base: impl AsRef<str>,
        state: PullRequestState,
    ) -> Self {
        Self {
            id: PullRequestId::new(id),
            repository: Text::new(repository),
            number: None,
            title: Text::new(title),
            author: Text::new(author),
            branch: None,
            head: None,
            base: Text::new(base),
            state,
            draft: false,
            started_at: None,
            opened_at: None,
            ready_at: None,
            merged_at: None,
            closed_at: None,
            updated_at: None,
            due: None,
            merge_commit: None,
            reviews: Vec::new(),
            requested_reviewers: Vec::new(),
            required_approvals: None,
            checks: Vec::new(),
            mergeability: Mergeability::Unknown,
            auto_merge: false,
            queue_position: None,
            milestone: None,
            labels: Vec::new(),
            stories: Vec::new(),
            release: None,
            deployed_at: None,
            additions: None,
            deletions: None,
            url: None,
        }
    }
}

/// Where a pull request ended, if it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PullRequestState {
    /// Still on its way.
    Open,
    /// In the base branch.
    Merged,
    /// Given up.
    Closed,
}

/// Whether the forge would merge it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mergeability {
    /// Nothing in the way.
    Clean,
    /// It conflicts with its base.
    Conflicts,
    /// Its base moved on and must be merged in first.
    Behind,
    /// The source has not said (yet). Not the same as blocked.
    Unknown,
}

/// One review.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Review {
    /// When.
    pub at: Instant,
    /// By whom.
    pub reviewer: Text,
    /// With which result.
    pub verdict: ReviewVerdict,
    /// Written by a program: never counts as a first review or an approval.
    pub bot: bool,
    /// It is about the commit at the end of the branch as that is now; false: something was pushed
    /// since. None where the source does not tell.
    pub of_head: Option<bool>,
}

/// The result of a review.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReviewVerdict {
    /// May go in.
    Approved,
    /// Must change first.
    ChangesRequested,
    /// Said something, decided nothing.
    Commented,
    /// Taken back.
    Dismissed,
}

/// The newest run of one automatic check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Its name at the forge.
    pub name: Text,
    /// Whether it belongs to building or to testing.
    pub step: Step,
    /// It must pass before a merge.
    pub required: bool,
    /// How it ended.
    pub outcome: CheckOutcome,
    /// When it ended, or began if it runs.
    pub at: Option<Instant>,
}

/// The step that a check belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Compiling, packaging, linting.
    Build,
    /// Anything that runs the product.
    Test,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckOutcome {
    /// Fine.
    Passed,
    /// Not fine.
    Failed,
    /// Has not ended.
    Running,
    /// Decided not to run.
    Skipped,
    /// The source did not say, or said something unheard of.
    Unknown,
}
