//! One operation under way: how it asks, and what an answer that is none means.
//!
//! What only reads may fail as often as it likes: nothing was changed. What changes something is
//! sent once, and every way in which that can end badly is either certain (the service refused,
//! or was never reached) or it is not.

use std::sync::PoisonError;

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{
    super::{
        graphql::{WireError, there},
        naming::Naming,
        notice,
        settings::GithubRepository,
    },
    GithubOperator,
    documents::Document,
    now::{PullRequestIn, PullRequestNow, State},
};
use crate::{
    domain::{Problem, Text},
    source::{
        http::{HttpError, HttpErrorKind, Reply, Request, Session},
        operation::{Done, OperationError},
    },
};

/// One operation under way.
pub(super) struct Errand<'a> {
    pub(super) operator: &'a GithubOperator,
    pub(super) session: Session<'a>,
    pub(super) repository: &'a GithubRepository,
    pub(super) naming: &'a Naming,
    /// Of the pull request or issue.
    pub(super) number: u64,
    /// What it is once it is done: `merged`.
    pub(super) word: &'static str,
    /// The permission of a fine-grained token that it needs.
    pub(super) permission: &'static str,
}

/// How a request that should change something ended badly.
pub(super) struct Ended {
    pub(super) error: OperationError,
    /// The service read the request, and refused it with this status.
    pub(super) status: Option<u16>,
    /// A GraphQL document that the service did not even begin to carry out.
    pub(super) is_of_document: bool,
}

impl Ended {
    fn new(error: OperationError, status: Option<u16>) -> Self {
        Self { error, status, is_of_document: false }
    }
}

impl From<Ended> for OperationError {
    fn from(ended: Ended) -> Self {
        ended.error
    }
}

impl Errand<'_> {
    /// `repos/owner/name/rest` below the root of the REST interface.
    pub(super) fn path(&self, rest: &str) -> String {
        notice::path(self.operator.prefix, self.repository, rest)
    }

    /// What it is done to: `github: api#812`.
    fn thing(&self) -> String {
        format!("{}: {}", self.operator.service, self.naming.pull_request(self.number))
    }

    /// Nothing was changed, because of `why`.
    pub(super) fn problem(&self, why: impl AsRef<str>, next_step: impl AsRef<str>) -> Problem {
        Problem::new(format!("{}: not {}: {}", self.thing(), self.word, why.as_ref()), next_step)
    }

    /// Nothing was changed, because of `why`.
    pub(super) fn not_done(&self, why: impl AsRef<str>, next_step: impl AsRef<str>) -> OperationError {
        OperationError::NotDone(self.problem(why, next_step))
    }

    /// Nobody knows whether it was changed, because of `why`.
    fn unclear(&self, why: impl AsRef<str>) -> OperationError {
        let what = format!("{}: perhaps {}, perhaps not: {}", self.thing(), self.word, why.as_ref());
        OperationError::Unclear(Problem::new(what, "look whether it was done before trying again"))
    }

    /// The head is no longer the one that was decided on.
    pub(super) fn moved(&self, seen: &str, head: &str) -> OperationError {
        let what = format!(
            "{}: not {}: the head is {} now, {} was seen",
            self.thing(),
            self.word,
            short(head),
            short(seen)
        );
        OperationError::Moved(Problem::new(what, "look at what changed, then decide again"))
    }

    /// A reading that failed: nothing was changed.
    pub(super) fn unread(&self, error: &HttpError) -> OperationError {
        OperationError::NotDone(self.explained(error))
    }

    /// Sends a REST request that changes something, once.
    pub(super) async fn change(&self, request: Request) -> Result<Reply, Ended> {
        self.send(notice::accepting(request)).await
    }

    async fn send(&self, request: Request) -> Result<Reply, Ended> {
        let before = self.session.tally().requests;
        self.session.send(request).await.map_err(|error| {
            let was_sent = self.session.tally().requests > before;
            self.ended(&error, was_sent)
        })
    }

    /// Sends what is guarded by the head that was seen. A refusal because of another head is
    /// told by looking: services word it as they like.
    pub(super) async fn change_at(&self, seen: &str, request: Request) -> Result<Reply, OperationError> {
        match self.change(request).await {
            Ok(reply) => Ok(reply),
            Err(ended) => Err(self.unless_moved(seen, ended).await),
        }
    }

    /// What a refusal comes down to: another head, or what the service said.
    pub(super) async fn unless_moved(&self, seen: &str, ended: Ended) -> OperationError {
        let (OperationError::NotDone(problem), Some(status)) = (&ended.error, ended.status) else {
            return ended.error;
        };
        if !matches!(status, 200 | 405 | 409 | 422) {
            return ended.error;
        }
        match self.look().await {
            Ok((_, now)) if now.head.as_str() != seen => self.moved(seen, &now.head),
            // The documented meaning of this status: the head is another one.
            _ if status == 409 => OperationError::Moved(problem.clone()),
            _ => ended.error,
        }
    }

    /// The pull request as it is now, and its repository.
    pub(super) async fn look(&self) -> Result<(PullRequestIn, PullRequestNow), OperationError> {
        let mut found: PullRequestIn = self.query(Document::PullRequestNow).await?;
        match found.pull_request.take() {
            Some(now) => {
                found.pull_request = Some(now.clone());
                Ok((found, now))
            }
            None => Err(self.not_there()),
        }
    }

    /// The pull request, if it is open and `seen` is still its head.
    pub(super) async fn look_for(
        &self,
        seen: Option<&Text>,
    ) -> Result<(PullRequestIn, PullRequestNow, Text), OperationError> {
        let Some(seen) = seen else {
            return Err(self.not_done(
                "nobody said which head was looked at",
                "wait until the board knows its head, then try again",
            ));
        };
        let (found, now) = self.look().await?;
        self.is_open(&now)?;
        if now.head != *seen {
            return Err(self.moved(seen, &now.head));
        }
        Ok((found, now, seen.clone()))
    }

    /// Refuses what is only done to an open pull request.
    pub(super) fn is_open(&self, now: &PullRequestNow) -> Result<(), OperationError> {
        let why = match now.state() {
            State::Open => return Ok(()),
            State::Merged => "it is merged already",
            State::Closed => "it is closed",
            State::Unknown => "its state is unheard of",
        };
        Err(self.not_done(why, "nothing to do, unless it should be open: then reopen it"))
    }

    pub(super) fn not_there(&self) -> OperationError {
        self.not_done(
            "it is not there, or not shown to you",
            format!("look whether it still exists; the token needs {}", self.permission),
        )
    }

    /// Asks a GraphQL question about the pull request or issue.
    pub(super) async fn query<T: DeserializeOwned>(&self, document: Document) -> Result<T, OperationError> {
        self.query_with(document, &Value::Null).await
    }

    /// The same, with `more` variables.
    pub(super) async fn query_with<T: DeserializeOwned>(
        &self,
        document: Document,
        more: &Value,
    ) -> Result<T, OperationError> {
        let mut variables = json!({
            "owner": self.repository.owner, "name": self.repository.name, "number": self.number,
        });
        for (name, value) in more.as_object().into_iter().flatten() {
            variables[name] = value.clone();
        }
        loop {
            let lacking = self.operator.lacking.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let body = json!({ "query": document.text(&lacking), "variables": variables });
            let request = Request::post(document.operation(), self.operator.graphql).json(&body).repeatable();
            let reply = self.session.send(request).await.map_err(|error| self.unread(&error))?;
            let keys = ["data", document.root()];
            if there(&reply, &keys) {
                return reply.at(&keys).map_err(|error| self.unread(&error));
            }
            let errors = errors(&reply);
            let news: Vec<String> = errors
                .iter()
                .filter_map(WireError::lacking)
                .filter(|field| document.can_do_without(field) && !lacking.contains(field))
                .collect();
            if news.is_empty() {
                return Err(match errors.first() {
                    Some(error) => OperationError::NotDone(self.refused(error)),
                    None => self.not_there(),
                });
            }
            self.operator.lacking.lock().unwrap_or_else(PoisonError::into_inner).extend(news);
        }
    }

    /// Sends a GraphQL mutation, once.
    pub(super) async fn mutate<T: DeserializeOwned>(
        &self,
        document: Document,
        input: &Value,
    ) -> Result<Option<T>, Ended> {
        let text = document.text(&std::collections::BTreeSet::new());
        let body = json!({ "query": text, "variables": { "input": input } });
        let reply = self.send(Request::post(document.operation(), self.operator.graphql).json(&body)).await?;
        let keys = ["data", document.root()];
        if there(&reply, &keys) {
            // It is done. What it says besides is for the log only.
            return Ok(reply.at(&keys).ok());
        }
        let errors = errors(&reply);
        let Some(error) = errors.first() else {
            return Err(Ended::new(self.unclear("the answer says neither yes nor no"), None));
        };
        // Checked before anything is done: the document, the permission, the state of the thing.
        // Anything else may have happened in the middle of it.
        let is_certain = error.is_of_document()
            || matches!(
                error.kind.as_deref(),
                Some("FORBIDDEN" | "INSUFFICIENT_SCOPES" | "NOT_FOUND" | "UNPROCESSABLE" | "STALE_DATA")
            );
        if is_certain {
            return Err(Ended {
                error: OperationError::NotDone(self.refused(error)),
                status: Some(reply.status()),
                is_of_document: error.is_of_document(),
            });
        }
        let said = error.message.as_deref().unwrap_or("no reason given");
        Err(Ended::new(self.unclear(format!("it says: {said}")), None))
    }

    /// What GraphQL says against it.
    fn refused(&self, error: &WireError) -> Problem {
        let said = error.message.as_deref().unwrap_or("no reason given");
        let next_step = match error.kind.as_deref() {
            Some("FORBIDDEN" | "INSUFFICIENT_SCOPES") => self.permission_step(said, ""),
            Some("NOT_FOUND") => {
                format!("look whether it still exists; the token needs {}", self.permission)
            }
            _ => DO_WHAT_IT_ASKS.to_owned(),
        };
        self.problem(said, next_step)
    }

    /// What to do where somebody may not.
    fn permission_step(&self, said: &str, needs: &str) -> String {
        let said = said.to_ascii_lowercase();
        if said.contains("saml") || said.contains("single sign") {
            "authorize the token for the organisation's single sign-on (SAML SSO): on GitHub under Settings, \
             Developer settings, your token, Configure SSO; with gh, run `gh auth refresh`"
                .to_owned()
        } else if said.contains("archived") {
            "nothing can be changed in an archived repository: unarchive it first".to_owned()
        } else if needs.is_empty() {
            format!(
                "give the token the permission {} (classic: the scope repo), or ask for write access",
                self.permission
            )
        } else {
            format!("use a token that has {needs}, or ask for write access")
        }
    }

    /// What an error of a request that should change something means.
    fn ended(&self, error: &HttpError, was_sent: bool) -> Ended {
        // What was not sent was held back until the service wants to be asked again, or has no address.
        if was_sent && !error.kind().changed_nothing() {
            let why = match error.kind() {
                HttpErrorKind::Cancelled => "the program was ended before the answer came".to_owned(),
                _ => reason(error),
            };
            return Ended::new(self.unclear(why), None);
        }
        let status = match error.kind() {
            HttpErrorKind::Rejected { status, .. } if was_sent => Some(*status),
            _ => None,
        };
        Ended::new(OperationError::NotDone(self.explained(error)), status)
    }

    /// An error after which it is certain that nothing was changed.
    fn explained(&self, error: &HttpError) -> Problem {
        let said = |message: &Text, status: &str| {
            if message.is_empty() { format!("GitHub refuses it ({status})") } else { message.to_string() }
        };
        let usual = error.problem().next_step;
        match error.kind() {
            HttpErrorKind::Forbidden { message, needs } => {
                self.problem(said(message, "HTTP 403"), self.permission_step(message, needs))
            }
            HttpErrorKind::NotFound => self.problem(
                "it is not there, or not shown to you",
                format!("look whether it still exists; the token needs {}", self.permission),
            ),
            HttpErrorKind::Rejected { status, message } => {
                self.problem(said(message, &format!("HTTP {status}")), DO_WHAT_IT_ASKS)
            }
            HttpErrorKind::Cancelled => self.problem("the program is being ended", "start it again"),
            HttpErrorKind::Untrusted { .. }
            | HttpErrorKind::Setup { .. }
            | HttpErrorKind::Redirected { .. }
            | HttpErrorKind::SignedOut { .. } => self.problem(reason(error), usual),
            HttpErrorKind::Limited { .. } | HttpErrorKind::Busy { until: Some(_), .. } => {
                self.problem(reason(error), "nothing was changed: try again then")
            }
            HttpErrorKind::Unreachable { .. } => {
                self.problem(reason(error), "nothing was sent: look at the network, then try again")
            }
            HttpErrorKind::TimedOut { .. }
            | HttpErrorKind::Interrupted
            | HttpErrorKind::Busy { until: None, .. }
            | HttpErrorKind::Unexpected { .. }
            | HttpErrorKind::TooLarge { .. }
            | HttpErrorKind::Endless { .. } => {
                self.problem(reason(error), "it could not be looked at, and nothing was changed: try again")
            }
        }
    }
}

const DO_WHAT_IT_ASKS: &str = "do what it asks for, then try again";

/// An error without the names of service and request, which stand before it already.
fn reason(error: &HttpError) -> String {
    let whole = error.to_string();
    let begin = format!("{}: {}: ", error.service(), error.operation());
    whole.strip_prefix(&begin).unwrap_or(&whole).to_owned()
}

/// It is done.
pub(super) fn done(what: impl AsRef<str>, url: Option<Text>) -> Done {
    Done { what: Text::new(what), url }
}

/// The first characters of a commit's name.
pub(super) fn short(commit: &str) -> String {
    commit.chars().take(7).collect()
}

/// The errors of a GraphQL answer.
fn errors(reply: &Reply) -> Vec<WireError> {
    #[derive(Deserialize)]
    struct Errors {
        #[serde(default)]
        errors: Vec<WireError>,
    }
    reply.json::<Errors>().map(|answer| answer.errors).unwrap_or_default()
}
