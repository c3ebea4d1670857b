//! The source `jira`: what Jira Cloud or Jira Data Center knows of the versions of some projects
//! and of the issues in them.
//!
//! ```text
//! search, changelog ──▶ sync ──▶ known ──▶ facts
//! token or offset        what     issue     stories, meaning
//! ```
//!
//! - The first time, and once a day, everything is read (`sync.rs`): versions, issues by JQL
//!   (`jql.rs`, `search.rs`), and what was changed of their status, resolution and versions in the
//!   past (`changelog.rs`). Later on what changed since. An idle round is one small search.
//! - What was read is kept as it was sent (`issue.rs`) and given a meaning when it is told
//!   (`meaning.rs`, `stories.rs`): a status by its category unless the settings know better.
//! - One issue, version or project that cannot be read is a problem of its own.
//!
//! **Permissions.** To read: *Browse projects*. To change (`operations.rs`): *Add comments*,
//! *Assign issues*, *Edit issues*, *Resolve issues* (for fix versions) and *Transition issues*.
//! Scopes of a token that has scopes: `read:jira-work` and `read:jira-user`; `write:jira-work` for
//! operations. With less, what can be read is read, and the board says what is missing.
//!
//! **Signing in.** Jira Cloud: the e-mail address and an API token (`JIRA_EMAIL`,
//! `JIRA_API_TOKEN`). Data Center: a personal access token (`JIRA_TOKEN`).

mod api;
mod changelog;
mod document;
mod examine;
mod fields;
mod issue;
mod jql;
mod known;
mod meaning;
mod operations;
mod pasts;
mod search;
mod settings;
mod stories;
mod sync;
#[cfg(test)]
mod tests;
mod wire;

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::future::BoxFuture;

pub use settings::{Flavour, JiraSettings};

use super::timestamp;

use self::{
    api::Api,
    known::Known,
    meaning::Words,
    operations::{JiraOperator, Shared},
    sync::{Reading, find_place, is_whole_due},
};
use crate::{
    domain::{Facts, Problem, SourceId},
    source::{
        Answer, Diagnosis, Report, Round, Source, SourceError, Standing, http::Http, operation::Operator,
    },
};

/// The source `jira`.
#[derive(Debug)]
pub struct JiraSource {
    id: SourceId,
    settings: JiraSettings,
    http: Http,
    words: Words,
    /// What is wrong with the settings.
    mistakes: Vec<Problem>,
    known: Known,
    last: Option<Arc<Facts>>,
    /// Something is known that was not told.
    untold: bool,
    /// What the last round advised.
    wait: Duration,
    shared: Arc<Mutex<Shared>>,
}

impl JiraSource {
    /// A source that reads what `settings` say through `http`, which was made from
    /// [`JiraSettings::http`]. Nothing is read yet.
    pub fn new(id: SourceId, settings: JiraSettings, http: Http) -> Self {
        let (words, mistakes) = Words::new(&settings);
        let wait = settings.interval;
        Self {
            id,
            settings,
            http,
            words,
            mistakes,
            known: Known::default(),
            last: None,
            untold: true,
            wait,
            shared: Arc::default(),
        }
    }

    /// The client, whose budget and validators others may want to see and keep.
    pub fn http(&self) -> &Http {
        &self.http
    }

    /// Why nothing can be read with these settings.
    fn impossible(&self) -> Option<Problem> {
        let says_nothing = match &self.settings.jql {
            Some(jql) => jql::of_person(jql).is_empty(),
            None => self.settings.projects.iter().all(|key| key.trim().is_empty()),
        };
        says_nothing.then(|| {
            Problem::new(
                format!("{}: nothing says which issues to read", self.id),
                "name `projects` of the jira source by their keys, or choose the issues with `jql`",
            )
        })
    }

    async fn round(&mut self, round: &Round) -> Result<Answer, SourceError> {
        if let Some(problem) = self.impossible() {
            return Err(SourceError::Refused(problem));
        }
        let http = self.http.clone();
        let session = http.session(round);
        let is_whole = is_whole_due(&self.known, round.now);
        let place = match &self.known.place {
            Some(place) if !is_whole => place.clone(),
            _ => find_place(&session, &self.settings).await?,
        };
        let mut reading = Reading {
            api: Api::new(&session, place.is_cloud),
            settings: &self.settings,
            round,
            service: self.id.as_str(),
            stranger: None,
        };
        let read = if is_whole {
            // A whole that is not read to its end leaves what was known before.
            let mut fresh =
                Known { place: Some(place), versions: self.known.versions.clone(), ..Known::default() };
            let told = |known: &Known| {
                if self.last.is_none() {
                    let facts = known.tell(&self.words, &self.settings, self.id.as_str(), round.now, None);
                    (round.report)(Report::Partial(Arc::new(facts)));
                }
            };
            let read = reading.whole(&mut fresh, &told).await;
            read.map(|()| {
                self.known = fresh;
                true
            })
        } else {
            // What was read before a failure is told by the next round that does not fail.
            let read = reading.news(&mut self.known).await;
            self.untold |= read.is_err();
            read
        };
        let is_near_limit = reading.api.is_near_limit();
        self.share();
        self.untold |= read?;
        let advised = http.budget().advise(self.settings.interval, round.now);
        self.wait = if is_near_limit { advised.saturating_mul(2) } else { advised };
        let mut besides = self.mistakes.clone();
        besides.extend(session.sign_in_problem());
        let was = self.last.as_deref();
        if !self.untold && was.is_some_and(|facts| facts.problems.starts_with(&besides)) {
            return Ok(Answer::Unchanged);
        }
        let mut facts = self.known.tell(&self.words, &self.settings, self.id.as_str(), round.now, was);
        facts.problems.splice(0..0, besides);
        self.untold = false;
        if was == Some(&facts) {
            return Ok(Answer::Unchanged);
        }
        let facts = Arc::new(facts);
        self.last = Some(Arc::clone(&facts));
        Ok(Answer::Facts(facts))
    }

    /// Tells the operator and the client what is known.
    fn share(&self) {
        if let Some(account) = &self.known.account {
            self.http.set_account(account.clone());
        }
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        shared.place.clone_from(&self.known.place);
    }
}

impl Source for JiraSource {
    fn id(&self) -> SourceId {
        self.id.clone()
    }

    fn interval(&self) -> Duration {
        self.wait
    }

    fn fetch<'a>(&'a mut self, round: &'a Round) -> BoxFuture<'a, Result<Answer, SourceError>> {
        Box::pin(self.round(round))
    }

    fn standing(&self) -> Standing {
        self.http.standing()
    }

    fn memory(&self) -> Option<Vec<u8>> {
        self.known.to_memory(&self.settings)
    }

    fn recall(&mut self, memory: &[u8]) {
        if let Some(known) = Known::of_memory(memory, &self.settings) {
            self.known = known;
            self.untold = true;
            self.share();
        }
    }

    fn examine<'a>(&'a mut self, round: &'a Round) -> BoxFuture<'a, Vec<Diagnosis>> {
        Box::pin(examine::examine(self, round))
    }

    fn operator(&self) -> Option<Arc<dyn Operator>> {
        Some(Arc::new(JiraOperator::new(
            self.id.clone(),
            self.settings.clone(),
            self.http.clone(),
            Arc::clone(&self.shared),
        )))
    }
}
