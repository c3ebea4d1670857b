//! Operations on merge requests and issues: each is sent once, with the credentials of the source.
//!
//! A token needs the scope `api`; the role Developer does for most, and merging into a protected
//! branch is for whom the project says. How GitLab answers is documented with each endpoint
//! (`doc/api/merge_requests.md`, `merge_request_approvals.md`, `notes.md`, `pipelines.md`): 401 is also
//! what it says to somebody who may not merge or approve, 405 and 422 to a merge that is not possible
//! yet, 409 to a head that is not the one that was seen.
//!
//! Which method a branch is merged by is the project's own setting; a merge can only choose to squash.
//! Asking for another method is refused before anything is sent.
//!
//! After an answer that got lost `found.rs` looks whether it was done all the same.

mod found;
mod quick_actions;
mod reading;
mod refusal;
mod step;

use futures_util::future::BoxFuture;

use self::{
    refusal::not_done,
    step::{Outcome, Step},
};
use super::{ask::Asking, settings::GitlabProject};
use crate::{
    domain::{Instant, StoryKey, Text},
    source::{
        Round,
        http::{Http, Session},
        operation::{
            Attempt, Found, Operation, OperationError, Operator, PullRequestOperation, StoryOperation,
        },
    },
};

/// Carries out operations at a GitLab.
#[derive(Clone, Debug)]
pub(super) struct GitlabOperator {
    projects: Vec<GitlabProject>,
    http: Http,
}

/// What an operation is on.
struct Place<'a> {
    project: &'a GitlabProject,
    /// Below the project: `merge_requests/7`.
    below: String,
    /// As people call it: `api!7`.
    name: String,
}

impl GitlabOperator {
    pub(super) fn new(projects: Vec<GitlabProject>, http: Http) -> Self {
        Self { projects, http }
    }

    /// The one project of that name: two of one name cannot be told apart.
    fn project(&self, name: &str) -> Option<&GitlabProject> {
        let mut of_name = self.projects.iter().filter(|project| Text::new(project.name()).as_str() == name);
        of_name.next().filter(|_| of_name.next().is_none())
    }

    /// Project and number of an issue: `api#12`.
    fn issue(&self, key: &StoryKey) -> Option<(&GitlabProject, u64)> {
        let (name, number) = key.as_str().rsplit_once('#')?;
        Some((self.project(name)?, number.parse().ok()?))
    }

    fn place(&self, operation: &Operation) -> Option<Place<'_>> {
        match operation {
            Operation::PullRequest(target, _) => Some(Place {
                project: self.project(&target.repository)?,
                below: format!("merge_requests/{}", target.number),
                name: format!("{}!{}", target.repository, target.number),
            }),
            Operation::Story(key, _) => {
                let (project, number) = self.issue(key)?;
                Some(Place { project, below: format!("issues/{number}"), name: key.to_string() })
            }
        }
    }

    /// Something that is done on, or read of, `place`; `what` for people.
    fn step<'a>(
        &'a self,
        place: &'a Place<'a>,
        session: &'a Session<'a>,
        round: &'a Round,
        attempt: &'a Attempt,
        what: &str,
    ) -> Step<'a> {
        Step {
            asking: Asking { session, project: place.project, service: self.http.service(), round },
            attempt,
            http: &self.http,
            what: format!("{}: {what}", place.name),
            below: &place.below,
        }
    }

    async fn perform(&self, operation: &Operation, attempt: &Attempt) -> Outcome {
        let Some(place) = self.place(operation) else { return Err(no_such_project()) };
        // Not the round of anybody else: what was sent is waited for, whatever ends meanwhile.
        let round = Round::at(attempt.now);
        let session = self.http.session_beside(&round);
        let step = |what: &str| self.step(&place, &session, &round, attempt, what);
        match operation {
            Operation::PullRequest(target, operation) => match operation {
                PullRequestOperation::Comment(words) => step("comment").comment(words).await,
                PullRequestOperation::Approve(words) => {
                    step("approve").approve(target, words.as_deref()).await
                }
                PullRequestOperation::RequestReview(people) => {
                    step("request a review").people(people, true).await
                }
                PullRequestOperation::Merge(method) => step("merge").merge(target, *method, false).await,
                PullRequestOperation::MergeWhenReady(method) => {
                    step("merge when ready").merge(target, *method, true).await
                }
                PullRequestOperation::RunFailedChecksAgain => {
                    step("run failed jobs again").retry(target).await
                }
                PullRequestOperation::UpdateBranch => step("rebase").rebase(target).await,
                PullRequestOperation::MarkReady => step("mark as ready").mark_ready().await,
                PullRequestOperation::Close => step("close").close().await,
                PullRequestOperation::Assign(people) => step("assign").people(people, false).await,
                PullRequestOperation::Move(title) => {
                    step("move to a milestone").milestone(title.as_ref()).await
                }
            },
            Operation::Story(_, operation) => match operation {
                StoryOperation::Comment(words) => step("comment").comment(words).await,
                StoryOperation::Assign(people) => step("assign").people(people, false).await,
                StoryOperation::Move(title) => step("move to a milestone").milestone(title.as_ref()).await,
                StoryOperation::SetPriority(_) | StoryOperation::Transition(_) => Err(not_done(
                    format!("{}: GitLab's issues have neither priorities nor statuses to be set", place.name),
                    "set a label in GitLab",
                )),
            },
        }
    }

    async fn found(&self, operation: &Operation, tried_at: Instant, attempt: &Attempt) -> Found {
        let Some(place) = self.place(operation) else {
            return Found::CannotTell(no_such_project().problem().clone());
        };
        // Reading changes nothing: it may be given up at any moment.
        let round = Round { cancelled: attempt.cancelled.clone(), ..Round::at(attempt.now) };
        let session = self.http.session_beside(&round);
        self.step(&place, &session, &round, attempt, "look").found(operation, tried_at).await
    }
}

fn no_such_project() -> OperationError {
    not_done("this source has no such project", "look at the projects of the gitlab source")
}

impl Operator for GitlabOperator {
    fn offers(&self, operation: &Operation) -> bool {
        match operation {
            Operation::PullRequest(target, _) => self.project(&target.repository).is_some(),
            Operation::Story(key, operation) => {
                let is_known =
                    !matches!(operation, StoryOperation::SetPriority(_) | StoryOperation::Transition(_));
                is_known && self.issue(key).is_some()
            }
        }
    }

    fn carry_out<'a>(&'a self, operation: &'a Operation, attempt: &'a Attempt) -> BoxFuture<'a, Outcome> {
        Box::pin(self.perform(operation, attempt))
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
