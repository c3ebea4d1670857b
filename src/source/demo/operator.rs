//! What changes something in the simulated organisation: nothing. It answers as a service would,
//! so that triage can be tried, and says that nothing was sent.

use futures_util::future::BoxFuture;

use crate::{
    domain::Instant,
    source::operation::{
        Attempt, Done, Found, Operation, OperationError, Operator, PullRequestOperation, StoryOperation,
    },
};

/// The operator of the source `demo`.
#[derive(Clone, Copy, Debug)]
pub(super) struct DemoOperator;

impl Operator for DemoOperator {
    fn offers(&self, _: &Operation) -> bool {
        true
    }

    fn carry_out<'a>(
        &'a self,
        operation: &'a Operation,
        _: &'a Attempt,
    ) -> BoxFuture<'a, Result<Done, OperationError>> {
        let what = format!("demo: nothing was sent; it would be {} now", would_be(operation));
        Box::pin(std::future::ready(Ok(Done { what: what.into(), url: None })))
    }

    fn look<'a>(&'a self, _: &'a Operation, _: Instant, _: &'a Attempt) -> BoxFuture<'a, Found> {
        Box::pin(std::future::ready(Found::NotDone))
    }
}

/// What a service would say that it did.
fn would_be(operation: &Operation) -> &'static str {
    use PullRequestOperation as P;
    use StoryOperation as S;
    match operation {
        Operation::PullRequest(_, P::Comment(_)) | Operation::Story(_, S::Comment(_)) => "commented on",
        Operation::PullRequest(_, P::Approve(_)) => "approved",
        Operation::PullRequest(_, P::RequestReview(_)) => "waiting for their review",
        Operation::PullRequest(_, P::Merge(_)) => "merged",
        Operation::PullRequest(_, P::MergeWhenReady(_)) => "merged once it may be",
        Operation::PullRequest(_, P::RunFailedChecksAgain) => "checked again",
        Operation::PullRequest(_, P::UpdateBranch) => "up to date with its base",
        Operation::PullRequest(_, P::MarkReady) => "ready for review",
        Operation::PullRequest(_, P::Close) => "closed",
        Operation::PullRequest(_, P::Assign(_)) | Operation::Story(_, S::Assign(_)) => "theirs",
        Operation::PullRequest(_, P::Move(_)) | Operation::Story(_, S::Move(_) | S::Transition(_)) => "moved",
        Operation::Story(_, S::SetPriority(_)) => "set",
    }
}
