//! The source `gitlab`: what gitlab.com or a server of one's own knows of the releases of some
//! projects, over REST (version 4).
//!
//! ```text
//! notice ──▶ sync ──▶ details ──▶ known ──▶ facts
//! 304s       lists     single things   wire      stories, merge_requests, releases, deployments, freezes, test_runs, builds
//! ```
//!
//! - A round asks seven conditional questions for each project (`notice.rs`). While all are answered
//!   "nothing has changed" that is all it does.
//! - Lists that changed are read from their last known change on (`sync.rs`): everything the first time
//!   and once a day, because nothing tells of what was deleted.
//! - What takes requests for each single thing (the past of an issue; reviews, jobs and first commit of a
//!   merge request; test reports; jobs of branches) is read for what is on the board and changed, a bounded number in a
//!   round, and what is looked at first (`details.rs`).
//! - A part that is not shown is a problem that names the role and the scope, and loses itself. Without a
//!   token what is public is read, with fewer details.
//! - Of several projects the one on screen is asked first, and more often than the rest while the limit
//!   is tight (`source/attention.rs`).
//! - Operations (`operations/`) are sent once, and guarded by the head that was seen; after an answer that
//!   got lost it is looked whether they were done.
//!
//! A token needs the scope `read_api`, for operations `api`, and its owner the role Reporter in a private
//! project (Guest reads issues and milestones, Developer merge trains and is needed for most operations).
//! Personal, project and group access tokens and OAuth tokens are sent as `Authorization: Bearer`, or the
//! first three as `PRIVATE-TOKEN`. Job tokens (`CI_JOB_TOKEN`) are for a few services of GitLab that tell
//! little of a release; they are not supported.
//!
//! What a smaller tier or an older server does not have (approval rules, links that block, epics,
//! iterations, merge trains; before 15.6 `detailed_merge_status`) is done without.

mod ask;
mod builds;
mod closing;
mod deployments;
mod details;
mod examine;
mod freezes;
mod known;
mod merge_requests;
mod notice;
mod operations;
mod releases;
mod settings;
mod stories;
mod sync;
mod test_runs;
#[cfg(test)]
mod tests;
mod wire;

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use globset::GlobSet;
use serde::{Deserialize, Serialize};

pub use settings::{GitlabProject, GitlabSettings};

use self::{
    ask::{Asking, is_hidden},
    details::{Details, most_requests},
    known::{Known, Meaning},
    operations::GitlabOperator,
    stories::Statuses,
    sync::{Reading, is_whole_due},
};
use crate::{
    domain::{Facts, Instant, Problem, SourceId, Text},
    source::{
        Answer, Diagnosis, Report, Round, Source, SourceError, Standing,
        attention::Attention,
        forge::{bases, days_before, news},
        http::{Http, HttpError, HttpErrorKind, Request, Session, Validators},
        labels::Labels,
        naming::Naming,
        operation::Operator,
        reading::Reader,
    },
};

/// Without a token a server allows less.
const SHORTEST_PUBLIC_INTERVAL: Duration = Duration::from_secs(5 * 60);
/// The form of what is kept across restarts.
const MEMORY_VERSION: u32 = 3;

/// The source `gitlab`.
#[derive(Debug)]
pub struct GitlabSource {
    id: SourceId,
    settings: GitlabSettings,
    http: Http,
    labels: Labels,
    statuses: Statuses,
    bases: Option<GlobSet>,
    /// What is wrong with the settings.
    mistakes: Vec<Problem>,
    /// What is known, in the order of the projects.
    known: Vec<Known>,
    last: Option<Arc<Facts>>,
    /// Something is known that was not told.
    untold: bool,
    /// As whom what is known was read.
    account: Option<Text>,
    /// Was asked as whom the token is signed in.
    account_asked: bool,
    /// What the last round advised.
    wait: Duration,
    attention: Attention,
}

/// What is kept across restarts.
#[derive(Serialize, Deserialize)]
struct Memory {
    version: u32,
    settings: [u8; 32],
    account: Option<Text>,
    /// As JSON: it has the form of what the service sends.
    known: Vec<u8>,
    validators: Validators,
}

impl GitlabSource {
    /// A source that reads the projects of `settings` through `http`, which was made from
    /// [`GitlabSettings::http`]. Nothing is read yet.
    pub fn new(id: SourceId, settings: GitlabSettings, http: Http) -> Self {
        let (labels, mut mistakes) = Labels::new(&settings.labels);
        let statuses = Statuses::new(&settings.statuses, &mut mistakes);
        let bases = bases(&settings.bases, &mut mistakes);
        let known = vec![Known::default(); settings.projects.len()];
        let wait = settings.interval;
        Self {
            id,
            settings,
            http,
            labels,
            statuses,
            bases,
            mistakes,
            known,
            last: None,
            untold: true,
            account: None,
            account_asked: false,
            wait,
            attention: Attention::default(),
        }
    }

    /// The client, whose budget and validators others may want to see and keep.
    pub fn http(&self) -> &Http {
        &self.http
    }

    async fn round(&mut self, round: &Round) -> Result<Answer, SourceError> {
        let http = self.http.clone();
        let session = http.session(round);
        self.ask_account(&session).await?;
        // What was read before a failure is told by the next round that does not fail.
        let mut is_news = std::mem::replace(&mut self.untold, true);
        let mut refused: Vec<(usize, HttpError)> = Vec::new();
        let projects: Vec<&str> = self.settings.projects.iter().map(GitlabProject::project).collect();
        let is_known: Vec<bool> = self.known.iter().map(|known| !known.read.is_empty()).collect();
        let asked = self.attention.begin(&projects, &is_known, round.focus.as_ref());
        for index in asked {
            match self.read(index, &session, round).await {
                Ok(news) => is_news |= news,
                // One of several projects that is not there does not hide the others.
                Err(error) if self.settings.projects.len() > 1 && is_absent(&session, &error) => {
                    is_news |= !self.known[index].read.is_empty();
                    self.known[index] = Known::default();
                    refused.push((index, error));
                }
                Err(error) => return Err(error.into()),
            }
        }
        if refused.len() == self.settings.projects.len()
            && let Some((_, error)) = refused.pop()
        {
            return Err(error.into());
        }
        let anonymous = session.sign_in_problem();
        let interval = if anonymous.is_some() {
            self.settings.interval.max(SHORTEST_PUBLIC_INTERVAL)
        } else {
            self.settings.interval
        };
        self.wait = http.budget().advise(interval, round.now);
        self.attention.pause(self.wait, interval);
        let mut besides = self.mistakes.clone();
        // What strangers may not see they are not told of: each list says so itself.
        besides.extend(anonymous.map(Problem::losing_nothing));
        besides.extend(refused.iter().map(|(_, error)| error.problem()));
        self.untold = false;
        let all = || self.facts(&self.known.iter().collect::<Vec<_>>(), round.now);
        let Some(facts) = news(self.last.as_deref(), is_news, besides, all) else {
            return Ok(Answer::Unchanged);
        };
        self.last = Some(Arc::clone(&facts));
        Ok(Answer::Facts(facts))
    }

    /// As whom the token is signed in: asked once, and again after another token was found.
    async fn ask_account(&mut self, session: &Session<'_>) -> Result<(), HttpError> {
        if self.http.standing().account.is_some() {
            // It is forgotten with the token.
            self.account_asked = false;
            return Ok(());
        }
        if std::mem::replace(&mut self.account_asked, true) {
            return Ok(());
        }
        if self.settings.credentials.places.is_empty() {
            return Ok(());
        }
        match session.send(Request::get("account", "user").never_remembered()).await {
            Ok(reply) => {
                if let Ok(user) = reply.json::<wire::User>() {
                    // Somebody else may see other things.
                    if self.account.as_ref().is_some_and(|before| *before != user.username) {
                        self.known.iter_mut().for_each(|known| known.whole_at = None);
                    }
                    self.account = Some(user.username.clone());
                    self.http.set_account(user.username);
                }
                Ok(())
            }
            // Nobody, or a token that may not say whose it is.
            Err(error) if is_hidden(&error) || matches!(error.kind(), HttpErrorKind::SignedOut { .. }) => {
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// One project. True if anything was read.
    async fn read(&mut self, index: usize, session: &Session<'_>, round: &Round) -> Result<bool, HttpError> {
        let project = self.settings.projects[index].clone();
        let service = self.id.to_string();
        let naming = naming(&project);
        let ask = Asking { session, project: &project, service: &service, round };
        let reading = Reading { ask, naming: &naming, recent_days: self.settings.recent_days };
        let mut known = std::mem::take(&mut self.known[index]);
        known.named = builds::named(&self.settings.bases);
        let mut is_news = true;
        let result = if is_whole_due(&known, round.now) {
            let mut fresh = known.without_lists();
            let is_first = self.last.is_none();
            let told = |so_far: &Known| {
                if is_first {
                    let all = self.known.iter().enumerate();
                    let all: Vec<&Known> =
                        all.map(|(at, other)| if at == index { so_far } else { other }).collect();
                    (round.report)(Report::Partial(Arc::new(self.facts(&all, round.now))));
                }
            };
            let result = reading.whole(&mut fresh, &told).await;
            // A whole that was not read to its end leaves what was known before.
            if result.is_ok() {
                known = fresh;
                told(&known);
            }
            result
        } else {
            reading.news(&mut known).await.map(|news| is_news = news)
        };
        self.known[index] = known;
        result?;
        let known = &mut self.known[index];
        let details = Details {
            ask,
            naming: &naming,
            since: days_before(round.now, self.settings.recent_days),
            with_labels: !self.statuses.is_empty(),
            most: most_requests(&self.http.budget(), ask.is_anonymous(), round.now),
        };
        if details.is_due(known) {
            details.read(known).await?;
            is_news = true;
        }
        Ok(is_news)
    }

    fn facts(&self, known: &[&Known], now: Instant) -> Facts {
        let mut facts = Facts::default();
        for (project, known) in self.settings.projects.iter().zip(known) {
            let naming = naming(project);
            let meaning = Meaning {
                service: self.id.as_str(),
                naming: &naming,
                labels: &self.labels,
                statuses: &self.statuses,
                bases: self.bases.as_ref(),
                calendar: &self.settings.calendar,
                now,
                since: days_before(now, self.settings.recent_days),
            };
            known.tell(&meaning, &mut facts);
        }
        facts
    }
}

/// What things of `project` are called.
fn naming(project: &GitlabProject) -> Naming {
    Naming { repository: Text::new(project.name()), project: Text::new(project.project()) }
}

/// Whether an error means that one project is not there, or not shown.
fn is_absent(session: &Session<'_>, error: &HttpError) -> bool {
    is_hidden(error)
        || (session.sign_in_problem().is_some() && matches!(error.kind(), HttpErrorKind::SignedOut { .. }))
}

impl Source for GitlabSource {
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
        let known = serde_json::to_vec(&self.known).ok()?;
        let memory = Memory {
            version: MEMORY_VERSION,
            settings: self.settings.digest(),
            account: self.account.clone(),
            known,
            validators: self.http.validators(),
        };
        postcard::to_stdvec(&memory).ok()
    }

    fn recall(&mut self, memory: &[u8]) {
        let Ok(memory) = postcard::from_bytes::<Memory>(memory) else { return };
        if memory.version != MEMORY_VERSION || memory.settings != self.settings.digest() {
            return;
        }
        let Ok(known) = serde_json::from_slice::<Vec<Known>>(&memory.known) else { return };
        if known.len() == self.settings.projects.len() {
            self.known = known;
            self.account = memory.account;
            self.http.remember(memory.validators);
        }
    }

    fn examine<'a>(&'a mut self, round: &'a Round) -> BoxFuture<'a, Vec<Diagnosis>> {
        Box::pin(examine::examine(&self.http, &self.settings, &self.id, round))
    }

    fn operator(&self) -> Option<Arc<dyn Operator>> {
        Some(Arc::new(GitlabOperator::new(self.settings.projects.clone(), self.http.clone())))
    }

    fn reader(&self) -> Option<Arc<dyn Reader>> {
        Some(Arc::new(GitlabOperator::new(self.settings.projects.clone(), self.http.clone())))
    }
}
