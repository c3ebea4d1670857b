//! Operations: what a person asks a service to change.
//!
//! Nothing here decides whether something should be done; whoever asks has asked a person. An
//! operator carries out one operation once. It never tries again what may have been done, and
//! says of every failure whether it is certain that nothing happened.
//!
//! After an answer that got lost a person looks before trying again: [`Operators::look`] asks
//! the service whether it was done.

use std::{fmt, sync::Arc};

use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use super::Source;
use crate::domain::{Instant, Problem, SourceId, StoryKey, Text};

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

/// What was found by looking whether an operation was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// It is done, by this operation or by somebody else.
    Done(Done),
    /// It is not done, as of now. A service that was busy may still do it for some seconds
    /// after it was asked.
    NotDone,
    /// It cannot be told, and why.
    CannotTell(Problem),
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

    /// Looks whether `operation`, which was tried at `tried_at` and ended as
    /// [`OperationError::Unclear`], was done. Changes nothing.
    fn look<'a>(
        &'a self,
        _operation: &'a Operation,
        _tried_at: Instant,
        _attempt: &'a Attempt,
    ) -> BoxFuture<'a, Found> {
        Box::pin(std::future::ready(Found::CannotTell(Problem::new(
            "it cannot be told from here whether that was done",
            "look at it in a browser before trying again",
        ))))
    }
}

/// Why a board changes nothing outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HandsOff {
    /// It was asked for.
    ReadOnly,
    /// The past is looked at.
    Past,
    /// A wall display, which nobody sits at.
    Wall,
}

impl HandsOff {
    /// What to tell somebody who asks for an operation all the same.
    pub fn problem(self) -> Problem {
        match self {
            Self::ReadOnly => {
                Problem::new("this board changes nothing: it is read-only", "start it without --read-only")
            }
            Self::Past => Problem::new(
                "nothing can be changed here: this is the past",
                "go back to now, or start without --as-of",
            ),
            Self::Wall => Problem::new(
                "this board changes nothing: it is a wall display",
                "open the board without --wall",
            ),
        }
    }
}

/// All operators of a board.
#[derive(Clone, Default)]
pub struct Operators {
    all: Vec<(SourceId, Arc<dyn Operator>)>,
    hands_off: Option<HandsOff>,
}

impl Operators {
    /// The operators of `sources`; none where the board keeps its hands off: then they are not
    /// even made.
    pub fn of(sources: &[Box<dyn Source>], hands_off: Option<HandsOff>) -> Self {
        let all = match hands_off {
            None => sources.iter().filter_map(|source| Some((source.id(), source.operator()?))).collect(),
            Some(_) => Vec::new(),
        };
        Self { all, hands_off }
    }

    /// Whether one of them offers `operation`.
    pub fn offers(&self, operation: &Operation) -> bool {
        self.find(operation).is_some()
    }

    /// The source whose service would carry out `operation`.
    pub fn source(&self, operation: &Operation) -> Option<&SourceId> {
        self.all.iter().find(|(_, operator)| operator.offers(operation)).map(|(source, _)| source)
    }

    /// There is none: nothing can be changed.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Why nothing at all can be changed, if that is so.
    pub fn hands_off(&self) -> Option<HandsOff> {
        self.hands_off
    }

    /// Carries out `operation` with the first one that offers it.
    pub async fn carry_out(&self, operation: &Operation, attempt: &Attempt) -> Result<Done, OperationError> {
        if attempt.cancelled.is_cancelled() {
            let problem = Problem::new("not done: the program is being ended", "start it again");
            return Err(OperationError::NotDone(problem));
        }
        match self.find(operation) {
            Some(operator) => operator.carry_out(operation, attempt).await,
            None => Err(OperationError::NotDone(self.nobody())),
        }
    }

    /// Looks whether `operation`, which was tried at `tried_at`, was done. See [`Operator::look`].
    pub async fn look(&self, operation: &Operation, tried_at: Instant, attempt: &Attempt) -> Found {
        match self.find(operation) {
            Some(operator) => operator.look(operation, tried_at, attempt).await,
            None => Found::CannotTell(self.nobody()),
        }
    }

    fn find(&self, operation: &Operation) -> Option<&Arc<dyn Operator>> {
        self.all.iter().map(|(_, operator)| operator).find(|operator| operator.offers(operation))
    }

    fn nobody(&self) -> Problem {
        self.hands_off.map_or_else(
            || Problem::new("no source of this board can do that", "do it in the tool that it belongs to"),
            HandsOff::problem,
        )
    }
}

impl fmt::Debug for Operators {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Operators")
            .field("count", &self.all.len())
            .field("hands_off", &self.hands_off)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use chrono::DateTime;

    use super::*;
    use crate::source::{Answer, Round, SourceError};

    /// A source whose operator can close, and counts how often it was made and asked.
    #[derive(Clone, Default)]
    struct Closing {
        made: Arc<AtomicUsize>,
        asked: Arc<AtomicUsize>,
    }

    impl Source for Closing {
        fn id(&self) -> SourceId {
            SourceId::new("closing")
        }

        fn interval(&self) -> std::time::Duration {
            std::time::Duration::from_secs(60)
        }

        fn fetch<'a>(&'a mut self, _: &'a Round) -> BoxFuture<'a, Result<Answer, SourceError>> {
            Box::pin(std::future::ready(Ok(Answer::Unchanged)))
        }

        fn operator(&self) -> Option<Arc<dyn Operator>> {
            self.made.fetch_add(1, Ordering::SeqCst);
            Some(Arc::new(self.clone()))
        }
    }

    impl Operator for Closing {
        fn offers(&self, operation: &Operation) -> bool {
            matches!(operation, Operation::PullRequest(_, PullRequestOperation::Close))
        }

        fn carry_out<'a>(
            &'a self,
            _: &'a Operation,
            _: &'a Attempt,
        ) -> BoxFuture<'a, Result<Done, OperationError>> {
            self.asked.fetch_add(1, Ordering::SeqCst);
            Box::pin(std::future::ready(Ok(Done { what: "closed".into(), url: None })))
        }
    }

    fn operation(what: PullRequestOperation) -> Operation {
        Operation::PullRequest(PullRequestTarget { repository: "api".into(), number: 1, head: None }, what)
    }

    fn attempt() -> Attempt {
        Attempt { now: DateTime::UNIX_EPOCH, cancelled: CancellationToken::new() }
    }

    #[tokio::test]
    async fn the_one_that_offers_it_carries_it_out_and_else_nobody() {
        let source = Closing::default();
        let operators = Operators::of(&[Box::new(source.clone())], None);
        let close = operation(PullRequestOperation::Close);
        assert!(operators.offers(&close));
        assert_eq!(operators.carry_out(&close, &attempt()).await.unwrap().what.as_str(), "closed");
        assert!(matches!(
            operators.look(&close, DateTime::UNIX_EPOCH, &attempt()).await,
            Found::CannotTell(_)
        ));

        let merge = operation(PullRequestOperation::Merge(None));
        assert!(!operators.offers(&merge));
        let refused = operators.carry_out(&merge, &attempt()).await.unwrap_err();
        assert!(matches!(&refused, OperationError::NotDone(problem) if problem.what.contains("no source")));

        let ended = attempt();
        ended.cancelled.cancel();
        let refused = operators.carry_out(&close, &ended).await;
        assert!(matches!(refused, Err(OperationError::NotDone(_))));
        assert_eq!(source.asked.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn a_board_that_keeps_its_hands_off_has_no_operators_and_says_why() {
        for (hands_off, word) in
            [(HandsOff::ReadOnly, "read-only"), (HandsOff::Past, "past"), (HandsOff::Wall, "wall")]
        {
            let source = Closing::default();
            let operators = Operators::of(&[Box::new(source.clone())], Some(hands_off));
            let close = operation(PullRequestOperation::Close);
            assert!(!operators.offers(&close));
            let Err(OperationError::NotDone(problem)) = operators.carry_out(&close, &attempt()).await else {
                panic!("{hands_off:?}")
            };
            assert!(problem.what.contains(word), "{problem:?}");
            assert_eq!(source.made.load(Ordering::SeqCst), 0, "it was not even made");
        }
    }
}
