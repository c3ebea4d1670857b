//! Stories and pull requests as rows.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::domain::{Instant, PullRequest, PullRequestId, Story, StoryKey, Text};

/// A story or defect of a release.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoryRow {
    /// The story.
    pub story: Arc<Story>,
    /// It is neither ready nor dropped.
    pub open: bool,
    /// Since when it has its status.
    pub since: Instant,
    /// Why it stands where it stands in the list: `blocked by AUTH-12`, `returned 2x`; empty
    /// for nothing in particular.
    pub reason: Text,
    /// It needs somebody's attention: drawn with the mark of a risk.
    pub attention: bool,
    /// Its pull requests.
    pub pull_requests: Vec<PullRequestId>,
    /// Unfinished stories it waits for.
    pub waits_for: Vec<StoryKey>,
    /// 85 % leave the status that it has within so many seconds; none where too few did, and
    /// for what is not under way.
    pub usual_seconds: Option<i64>,
    /// How often it went back from a review, test or done state to an earlier one.
    pub returns: u32,
    /// Why it belongs to the release: `fix version 4.2`.
    pub belongs: Text,
}

/// What stories of a release are parts of: an epic, a parent issue.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Feature {
    /// Its key.
    pub key: StoryKey,
    /// Its title; none where no source knows it itself.
    pub title: Option<Text>,
    /// Stories of it that are in the release.
    pub stories: u32,
    /// Of those, ready.
    pub stories_ready: u32,
    /// Defects of it that are in the release and open.
    pub defects_open: u32,
    /// Unfinished stories elsewhere, of no or another feature or of another release, that its
    /// stories wait for.
    pub waits_for: Vec<StoryKey>,
    /// All its stories in the release are ready, and none waits for an unfinished one elsewhere.
    pub ready: bool,
}

/// A pull request or open branch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PullRequestRow {
    /// The pull request.
    pub pull_request: Arc<PullRequest>,
    /// Why it belongs to its release: `milestone 4.2`; empty if it belongs to none.
    pub belongs: Text,
    /// Where it is on its way.
    pub stage: Stage,
    /// Since when; none where the source does not tell.
    pub since: Option<Instant>,
    /// Build, test, review, merge, deploy.
    pub steps: Steps,
    /// Seconds between its usual arrival and when it is due; negative: late. None without a
    /// due date, a promised target, or when it ended.
    pub slack_seconds: Option<i64>,
    /// Compared with the team's own percentiles.
    pub standing: Standing,
    /// What should happen next, and who can do it.
    pub next: NextStep,
}

/// Where a pull request is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// From the first commit to being ready for review.
    Coding,
    /// From being ready to the first review by someone else.
    Pickup,
    /// From the first review to the approval.
    Review,
    /// From the approval to the merge.
    Merge,
    /// From the merge to production.
    Deploy,
    /// In production, or merged where no source knows of deployments.
    Done,
    /// Closed unmerged.
    Closed,
}

impl Stage {
    /// Its word on the screen and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Coding => "coding",
            Self::Pickup => "pickup",
            Self::Review => "review",
            Self::Merge => "merge",
            Self::Deploy => "deploy",
            Self::Done => "done",
            Self::Closed => "closed",
        }
    }
}

/// The steps of a pull request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Steps {
    /// Checks that build.
    pub build: StepState,
    /// Checks that test.
    pub test: StepState,
    /// Approvals: done of required.
    pub review: StepState,
    /// The merge.
    pub merge: StepState,
    /// Production.
    pub deploy: StepState,
}

/// How far a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Done.
    Done,
    /// Failed, or blocked.
    Failed,
    /// Under way.
    Running,
    /// So many of so many.
    Part(u32, u32),
    /// Not begun.
    Waiting,
    /// The source does not tell.
    Unknown,
}

/// A pull request against the team's own percentiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// Past its due date, not merged.
    Overdue,
    /// Negative slack.
    Late,
    /// In its stage for longer than 85 % usually are, but it has slack.
    Slow,
    /// In time.
    InTime,
    /// Under the team's median.
    Ahead,
    /// Nothing to compare with.
    Unknown,
    /// It ended.
    Ended,
}

impl Standing {
    /// Its word on the screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Overdue => "overdue",
            Self::Late => "late",
            Self::Slow => "slow",
            Self::InTime => "in time",
            Self::Ahead => "ahead",
            Self::Unknown => "nothing to compare with",
            Self::Ended => "ended",
        }
    }
}

/// One concrete action.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextStep {
    /// Who can take it; empty where nobody is known.
    pub who: Vec<Text>,
    /// What to do: `fix 2 failed checks`; empty when nothing is left.
    pub action: Text,
}
