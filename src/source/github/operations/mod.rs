//! What GitHub is asked to change.
//!
//! ```text
//! Operation ─▶ Errand ─▶ look at the head (GraphQL) ─▶ change (REST, or a mutation), once
//!                          another one: Moved            guarded by the head where GitHub can
//! ```
//!
//! | operation | request | permission |
//! | --- | --- | --- |
//! | comment | `POST issues/N/comments` | Issues or Pull requests: write |
//! | approve | `POST pulls/N/reviews` with `commit_id` | Pull requests: write |
//! | request review | `POST pulls/N/requested_reviewers` | Pull requests: write |
//! | merge | `PUT pulls/N/merge` with `sha`; with a merge queue `enqueuePullRequest` | Contents: write |
//! | merge when ready | `enablePullRequestAutoMerge` | Contents and Pull requests: write |
//! | run failed checks again | `POST actions/runs/N/rerun-failed-jobs`, `POST check-runs/N/rerequest` | Actions and Checks: write |
//! | update the branch | `PUT pulls/N/update-branch` with `expected_head_sha` | Pull requests and Contents: write |
//! | mark ready | `markPullRequestReadyForReview` | Pull requests: write |
//! | close, reopen | `PATCH pulls/N`, `PATCH issues/N` | Pull requests, Issues: write |
//! | assign | `POST issues/N/assignees` | Issues or Pull requests: write |
//! | milestone | `PATCH issues/N` | Issues or Pull requests: write |
//!
//! GitHub has no priorities; which of many labels would be one, and which of them to take away,
//! nobody can know: setting a priority is not offered. GitHub leaves out silently who cannot be
//! assigned, and a milestone that one may not set: what it answers is compared with what was asked.

mod checks;
mod documents;
mod errand;
mod found;
mod merge;
mod now;
mod pull_request;
mod reading;
#[cfg(test)]
mod tests;
mod thing;

use std::sync::{Arc, Mutex};

use futures_util::future::BoxFuture;

use self::errand::Errand;
use super::{
    documents::Lacking,
    naming::Naming,
    settings::{GithubRepository, GithubSettings},
};
use crate::{
    domain::{Instant, Text},
    source::{
        Round,
        http::Http,
        operation::{
            Attempt, Done, Found, Operation, OperationError, Operator, PullRequestOperation, StoryOperation,
        },
        reading::Reader,
    },
};

/// Carries out operations at one GitHub, with the token that its source reads with.
pub(super) struct GithubOperator {
    /// The name of the source.
    service: Text,
    prefix: &'static str,
    graphql: &'static str,
    repositories: Vec<(GithubRepository, Naming)>,
    http: Http,
    /// Fields that the server does not have.
    lacking: Mutex<Lacking>,
}

impl GithubOperator {
    pub(super) fn new(service: &str, settings: &GithubSettings, http: Http) -> Self {
        let (prefix, graphql) = settings.paths();
        let repositories = settings.repositories.iter().map(|repository| {
            let project = repository.project.as_ref().unwrap_or(&repository.name);
            let naming = Naming { repository: Text::new(&repository.name), project: Text::new(project) };
            (repository.clone(), naming)
        });
        Self {
            service: Text::new(service),
            prefix,
            graphql,
            repositories: repositories.collect(),
            http,
            lacking: Mutex::default(),
        }
    }

    /// The repository that is called `name` on the board. None if two are: nobody knows which
    /// one is meant.
    fn repository(&self, name: &str) -> Option<&(GithubRepository, Naming)> {
        let mut named = self.repositories.iter().filter(|(_, naming)| naming.repository.as_str() == name);
        named.next().filter(|_| named.next().is_none())
    }

    /// Repository and number of what an operation is on.
    fn place(&self, operation: &Operation) -> Option<(&(GithubRepository, Naming), u64)> {
        match operation {
            Operation::PullRequest(target, _) => Some((self.repository(&target.repository)?, target.number)),
            Operation::Story(key, _) => {
                let (repository, number) = key.as_str().rsplit_once('#')?;
                Some((self.repository(repository)?, number.parse().ok()?))
            }
        }
    }

    fn errand<'a>(&'a self, operation: &Operation, round: &'a Round) -> Option<Errand<'a>> {
        let ((repository, naming), number) = self.place(operation)?;
        let (word, permission) = words(operation);
        let session = self.http.session_beside(round);
        Some(Errand { operator: self, session, repository, naming, number, word, permission })
    }

    async fn carried_out(&self, operation: &Operation, attempt: &Attempt) -> Result<Done, OperationError> {
        let round = round(attempt);
        let Some(errand) = self.errand(operation, &round).filter(|_| self.offers(operation)) else {
            return Err(OperationError::NotDone(not_offered(&self.service)));
        };
        match operation {
            Operation::PullRequest(target, operation) => {
                let seen = target.head.as_ref();
                match operation {
                    PullRequestOperation::Comment(body) => errand.comment(body).await,
                    PullRequestOperation::Approve(body) => errand.approve(seen, body.as_deref()).await,
                    PullRequestOperation::RequestReview(people) => errand.request_review(people).await,
                    PullRequestOperation::Merge(method) => errand.merge(seen, *method).await,
                    PullRequestOperation::MergeWhenReady(method) => {
                        errand.merge_when_ready(seen, *method).await
                    }
                    PullRequestOperation::RunFailedChecksAgain => errand.run_failed_checks_again(seen).await,
                    PullRequestOperation::UpdateBranch => errand.update_branch(seen).await,
                    PullRequestOperation::MarkReady => errand.mark_ready().await,
                    PullRequestOperation::Close => errand.close().await,
                    PullRequestOperation::Assign(people) => errand.assign(people).await,
                    PullRequestOperation::Move(title) => errand.move_to(title.as_ref()).await,
                }
            }
            Operation::Story(_, operation) => match operation {
                StoryOperation::Comment(body) => errand.comment(body).await,
                StoryOperation::Assign(people) => errand.assign(people).await,
                StoryOperation::Move(title) => errand.move_to(title.as_ref()).await,
                StoryOperation::Transition(word) => errand.transition(word).await,
                StoryOperation::SetPriority(_) => Err(OperationError::NotDone(not_offered(&self.service))),
            },
        }
    }

    async fn found(&self, operation: &Operation, tried_at: Instant, attempt: &Attempt) -> Found {
        let round = round(attempt);
        match self.errand(operation, &round) {
            Some(errand) => errand.found(operation, tried_at).await,
            None => Found::CannotTell(not_offered(&self.service)),
        }
    }
}

impl Operator for GithubOperator {
    fn offers(&self, operation: &Operation) -> bool {
        let is_known = match operation {
            Operation::Story(_, StoryOperation::SetPriority(_)) => false,
            Operation::Story(_, StoryOperation::Transition(word)) => thing::Transition::named(word).is_some(),
            Operation::PullRequest(..) | Operation::Story(..) => true,
        };
        is_known && self.place(operation).is_some()
    }

    fn carry_out<'a>(
        &'a self,
        operation: &'a Operation,
        attempt: &'a Attempt,
    ) -> BoxFuture<'a, Result<Done, OperationError>> {
        Box::pin(self.carried_out(operation, attempt))
    }

    fn look<'a>(
        &'a self,
        operation: &'a Operation,
        tried_at: Instant,
        attempt: &'a Attempt,
    ) -> BoxFuture<'a, Found> {
        Box::pin(self.found(operation, tried_at, attempt))
    }
}

fn round(attempt: &Attempt) -> Round {
    Round { cancelled: attempt.cancelled.clone(), ..Round::at(attempt.now) }
}

fn not_offered(service: &str) -> crate::domain::Problem {
    crate::domain::Problem::new(
        format!("{service}: GitHub has no such operation"),
        "do it in the tool that it belongs to",
    )
}

/// What something is once an operation is done on it, and the permission that the operation needs.
fn words(operation: &Operation) -> (&'static str, &'static str) {
    const BOTH: &str = "Issues: write or Pull requests: write";
    const PULL_REQUESTS: &str = "Pull requests: write";
    const ISSUES: &str = "Issues: write";
    match operation {
        Operation::PullRequest(_, operation) => match operation {
            PullRequestOperation::Comment(_) => ("commented on", BOTH),
            PullRequestOperation::Approve(_) => ("approved", PULL_REQUESTS),
            PullRequestOperation::RequestReview(_) => ("given to a reviewer", PULL_REQUESTS),
            PullRequestOperation::Merge(_) => ("merged", "Contents: write"),
            PullRequestOperation::MergeWhenReady(_) => {
                ("set to merge when ready", "Contents: write and Pull requests: write")
            }
            PullRequestOperation::RunFailedChecksAgain => {
                ("checked again", "Actions: write and Checks: write")
            }
            PullRequestOperation::UpdateBranch => ("updated", "Pull requests: write and Contents: write"),
            PullRequestOperation::MarkReady => ("marked ready", PULL_REQUESTS),
            PullRequestOperation::Close => ("closed", PULL_REQUESTS),
            PullRequestOperation::Assign(_) => ("assigned", BOTH),
            PullRequestOperation::Move(_) => ("moved", BOTH),
        },
        Operation::Story(_, operation) => match operation {
            StoryOperation::Comment(_) => ("commented on", ISSUES),
            StoryOperation::Assign(_) => ("assigned", ISSUES),
            StoryOperation::Move(_) => ("moved", ISSUES),
            StoryOperation::SetPriority(_) => ("given a priority", ISSUES),
            StoryOperation::Transition(_) => ("changed", ISSUES),
        },
    }
}

/// What reads closer for a source.
pub(super) fn reader(service: &str, settings: &GithubSettings, http: Http) -> Arc<dyn Reader> {
    Arc::new(GithubOperator::new(service, settings, http))
}

/// The operator of a source.
pub(super) fn operator(service: &str, settings: &GithubSettings, http: Http) -> Arc<dyn Operator> {
    Arc::new(GithubOperator::new(service, settings, http))
}
