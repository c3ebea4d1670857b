//! Changing an issue: a comment, its owner, its release, its priority, its status.
//!
//! What is needed to know is read first; then one request changes something, sent once. It ends
//! well, or certainly badly (Jira refused, or was never reached), or unclear, which nobody here
//! repeats.

mod errand;
mod look;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures_util::future::BoxFuture;

use self::errand::Errand;
use super::{api::Api, known::Place, settings::JiraSettings, sync::find_place};
use crate::{
    domain::{Instant, Problem, SourceId, StoryKey},
    source::{
        Round,
        http::Http,
        operation::{Attempt, Done, Found, Operation, OperationError, Operator, StoryOperation},
    },
};

/// What the source has found out and the operator wants to know.
#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) place: Option<Place>,
}

/// Carries out operations at one Jira.
pub(super) struct JiraOperator {
    id: SourceId,
    settings: JiraSettings,
    http: Http,
    shared: Arc<Mutex<Shared>>,
}

impl JiraOperator {
    pub(super) fn new(id: SourceId, settings: JiraSettings, http: Http, shared: Arc<Mutex<Shared>>) -> Self {
        Self { id, settings, http, shared }
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a key is one of an issue of this source.
    fn is_ours(&self, key: &StoryKey) -> bool {
        let Some(project) = project_of(key) else { return false };
        // A question in JQL may find issues of any project, and the board's operators are made for
        // a source that reads nothing: its rounds run in another process. No other service has keys
        // of this form, and what is not there Jira refuses.
        self.settings.jql.is_some()
            || self.settings.projects.iter().any(|ours| ours.trim().eq_ignore_ascii_case(project))
    }

    async fn do_once(&self, operation: &Operation, attempt: &Attempt) -> Result<Done, OperationError> {
        let Operation::Story(key, wanted) = operation else { return Err(self.not_mine()) };
        let round = round(attempt);
        let errand = self.errand(key, word(wanted), permission(wanted), &round).await?;
        match wanted {
            StoryOperation::Comment(text) => errand.comment(text).await,
            StoryOperation::Assign(people) => errand.assign(people).await,
            StoryOperation::Move(version) => errand.move_to(version.as_ref()).await,
            StoryOperation::SetPriority(priority) => errand.set_priority(priority).await,
            StoryOperation::Transition(status) => errand.transition(status).await,
        }
    }

    async fn look_at(&self, operation: &Operation, tried_at: Instant, attempt: &Attempt) -> Found {
        let Operation::Story(key, wanted) = operation else {
            return Found::CannotTell(self.not_mine().problem().clone());
        };
        let round = round(attempt);
        let found = match self.errand(key, word(wanted), permission(wanted), &round).await {
            Ok(errand) => errand.look(wanted, tried_at).await,
            Err(error) => Err(error),
        };
        found.unwrap_or_else(|error| Found::CannotTell(error.problem().clone()))
    }

    async fn errand<'a>(
        &'a self,
        key: &'a StoryKey,
        word: &'static str,
        permission: &'static str,
        round: &'a Round,
    ) -> Result<Errand<'a>, OperationError> {
        // What is not a key is no part of an address.
        if project_of(key).is_none() {
            return Err(self.not_mine());
        }
        let session = self.http.session_beside(round);
        let known = self.shared().place.clone();
        let place = match known {
            Some(place) => place,
            None => match find_place(&session, &self.settings).await {
                Ok(place) => {
                    self.shared().place = Some(place.clone());
                    place
                }
                Err(error) => {
                    let Problem { what, next_step, .. } = error.problem();
                    let what = format!("{}: {key}: not {word}: {what}", self.id);
                    return Err(OperationError::NotDone(Problem::new(what, next_step)));
                }
            },
        };
        Ok(Errand {
            service: self.id.as_str(),
            settings: &self.settings,
            session,
            place,
            key,
            word,
            permission,
        })
    }

    fn not_mine(&self) -> OperationError {
        let what = format!("{}: that is nothing that Jira can do", self.id);
        OperationError::NotDone(Problem::new(what, "do it in the tool that it belongs to"))
    }
}

impl Operator for JiraOperator {
    fn offers(&self, operation: &Operation) -> bool {
        matches!(operation, Operation::Story(key, _) if self.is_ours(key))
    }

    fn carry_out<'a>(
        &'a self,
        operation: &'a Operation,
        attempt: &'a Attempt,
    ) -> BoxFuture<'a, Result<Done, OperationError>> {
        Box::pin(self.do_once(operation, attempt))
    }

    fn look<'a>(
        &'a self,
        operation: &'a Operation,
        tried_at: Instant,
        attempt: &'a Attempt,
    ) -> BoxFuture<'a, Found> {
        Box::pin(self.look_at(operation, tried_at, attempt))
    }
}

fn round(attempt: &Attempt) -> Round {
    Round { cancelled: attempt.cancelled.clone(), ..Round::at(attempt.now) }
}

/// `PAY` of `PAY-311`; none if it is no key of an issue.
fn project_of(key: &StoryKey) -> Option<&str> {
    let (project, number) = key.as_str().rsplit_once('-')?;
    let is_project = project.starts_with(|first: char| first.is_ascii_alphabetic())
        && project.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let is_number =
        !number.is_empty() && number.len() <= 12 && number.bytes().all(|byte| byte.is_ascii_digit());
    (is_project && is_number).then_some(project)
}

/// What an issue is once it is done.
fn word(wanted: &StoryOperation) -> &'static str {
    match wanted {
        StoryOperation::Comment(_) => "commented on",
        StoryOperation::Assign(_) => "assigned",
        StoryOperation::Move(_) => "moved",
        StoryOperation::SetPriority(_) => "given that priority",
        StoryOperation::Transition(_) => "moved to that status",
    }
}

/// The permission in the project that it needs.
fn permission(wanted: &StoryOperation) -> &'static str {
    match wanted {
        StoryOperation::Comment(_) => "Add comments",
        StoryOperation::Assign(_) => "Assign issues",
        StoryOperation::Move(_) => "Edit issues and Resolve issues",
        StoryOperation::SetPriority(_) => "Edit issues",
        StoryOperation::Transition(_) => "Transition issues",
    }
}

impl Errand<'_> {
    fn api(&self) -> Api<'_> {
        Api::new(&self.session, self.place.is_cloud)
    }
}
