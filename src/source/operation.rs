//! Operations: what a person asks a service to change.
//!
//! Nothing here decides whether something should be done; whoever asks has asked a person. An
//! operator carries out one operation once. It never tries again what may have been done, and
//! says of every failure whether it is certain that nothing happened.

use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use crate::domain::{Instant, Problem, StoryKey, Text};

/// Something that a service is asked to change, and on what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// On a pull request.
    PullRequest(PullRequestTarget, PullRequestOperation),
    /// On a story.
    Story(StoryKey, StoryOperation),
}

/// Which pull request, as it was when somebody decided.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PullRequestTarget {
    /// Its repository, as it is called on the board.
    pub repository: Text,
    /// Its number.
    pub number: u64,
    /// The head that was seen: what approves or merges does so only while it is still this one.
    pub head: Option<Text>,
}

/// What can be done to a pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PullRequestOperation {
    /// Says something. As it was written, with its lines: services bound it themselves.
    Comment(String),
    /// Approves it, perhaps with words. Needs the head that was seen.
    Approve(Option<String>),
    /// Asks these people for a review.
    RequestReview(Vec<Text>),
    /// Merges it now. Needs the head that was seen. None: the first method that the repository allows.
    Merge(Option<MergeMethod>),
    /// Lets the service merge it once it may be merged. Needs the head that was seen.
    MergeWhenReady(Option<MergeMethod>),
    /// Runs the failed checks of its head again.
    RunFailedChecksAgain,
    /// Brings its base into its branch. Needs the head that was seen.
    UpdateBranch,
    /// Declares a draft ready for review.
    MarkReady,
    /// Closes it without merging.
    Close,
    /// Gives it to these people, besides those who have it.
    Assign(Vec<Text>),
    /// Moves it to another release: a milestone of this title; none: out of its release.
    Move(Option<Text>),
}

/// What can be done to a story.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoryOperation {
    /// Says something.
    Comment(String),
    /// Gives it to these people; services with one owner take the first.
    Assign(Vec<Text>),
    /// Moves it to another release: a milestone or fix version of this name; none: out of it.
    Move(Option<Text>),
    /// Sets how urgent it is, in the tracker's own words.
    SetPriority(Text),
    /// Moves it to another status, in the tracker's own words.
    Transition(Text),
}

/// How a branch is brought into its base.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MergeMethod {
    /// With a commit of its own.
    Merge,
    /// As one commit.
    Squash,
    /// Its commits, on top of the base.
    Rebase,
}

/// What an operation is given.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The instant that it counts as.
    pub now: Instant,
    /// The program is being ended: what was not sent yet is not sent any more.
    pub cancelled: CancellationToken,
}

/// How an operation ended well: what the service says it did, for the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// In a few words: `merged as 4f2a9c1`.
    pub what: Text,
    /// Where a person sees it.
    pub url: Option<Text>,
}

/// How an operation ended badly.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OperationError {
    /// Certain: nothing was changed. The service refused, or was never asked.
    #[error("{}", .0.what)]
    NotDone(Problem),
    /// Certain: nothing was changed, because what was decided on is no longer what is there.
    #[error("{}", .0.what)]
    Moved(Problem),
    /// It may have been done or not: the answer got lost on the way. Never to be repeated
    /// before somebody looked.
    #[error("{}", .0.what)]
    Unclear(Problem),
}

impl OperationError {
    /// What to show.
    pub fn problem(&self) -> &Problem {
        match self {
            Self::NotDone(problem) | Self::Moved(problem) | Self::Unclear(problem) => problem,
        }
    }
}

/// Carries out operations at one service, with the credentials of its source.
pub trait Operator: Send + Sync {
    /// Whether it knows how to carry out `operation`, and on a thing of this service. Asks nobody.
    fn offers(&self, operation: &Operation) -> bool;

    /// Carries out `operation`, once.
    fn carry_out<'a>(
        &'a self,
        operation: &'a Operation,
        attempt: &'a Attempt,
    ) -> BoxFuture<'a, Result<Done, OperationError>>;
}
