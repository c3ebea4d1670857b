//! The source `github`: what github.com, a tenant's `name.ghe.com` or an Enterprise server knows
//! of the releases of some repositories.
//!
//! ```text
//! notice ──▶ sync ──▶ known ──▶ facts
//! REST, 304   GraphQL   wire       stories, pull_requests, releases, deployments, naming, labels
//! ```
//!
//! - A round asks seven conditional questions for each repository (`notice.rs`). While all are answered
//!   "nothing has changed" that is all it does, and it costs nothing against the rate limit.
//! - What changed is read over GraphQL (`sync.rs`): everything the first time and once a day, because nothing
//!   tells of what was deleted; later on what changed since. Pages shrink while the server runs out of
//!   time; a part that the token may not see is a problem that names the permission, and loses itself.
//! - Without a token the newest of what is public is read over REST (`public.rs`).
//!
//! A token needs, of the fine-grained permissions (all read): Metadata, Issues, Pull requests,
//! Contents, Checks, Commit statuses, Deployments, Actions; of the classic scopes `repo`, or
//! `public_repo` for public repositories.
//!
//! What operations need besides is in `operations/mod.rs`.
//!
//! Workflow runs are no test runs: they have no counts of tests. They are read to notice that
//! checks changed.

#[cfg(test)]
mod cost;
mod deployments;
mod documents;
mod graphql;
mod known;
mod labels;
mod naming;
mod notice;
mod operations;
mod public;
mod pull_requests;
mod releases;
mod remote;
mod rules;
mod settings;
mod stories;
mod sync;
#[cfg(test)]
mod tests;
mod wire;

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use globset::{Glob, GlobSet, GlobSetBuilder};

pub use labels::LabelSettings;
pub use remote::parse_remote;
pub use settings::{GithubRepository, GithubSettings};

use self::{
    graphql::{Dialect, Graphql},
    known::{Known, Meaning, Part, days_before, share},
    labels::Labels,
    naming::Naming,
    sync::{Reading, is_sweep_due, is_whole_due},
};
use crate::{
    domain::{Facts, Instant, Problem, SourceId, Text},
    source::{
        Answer, Report, Round, Source, SourceError,
        http::{Http, HttpError, Session},
        operation::Operator,
    },
};

/// Without a token: sixty requests an hour are seven for a round at the most.
const SHORTEST_PUBLIC_INTERVAL: Duration = Duration::from_secs(15 * 60);

/// The source `github`.
#[derive(Debug)]
pub struct GithubSource {
    id: SourceId,
    settings: GithubSettings,
    http: Http,
    labels: Labels,
    bases: Option<GlobSet>,
    /// What is wrong with the settings.
    mistakes: Vec<Problem>,
    /// What is known, in the order of the repositories.
    known: Vec<Known>,
    dialect: Dialect,
    last: Option<Arc<Facts>>,
    /// What the last round advised.
    wait: Duration,
}

impl GithubSource {
    /// A source that reads the repositories of `settings` through `http`, which was made from
    /// [`GithubSettings::http`]. Nothing is read yet.
    pub fn new(id: SourceId, settings: GithubSettings, http: Http) -> Self {
        let (labels, mut mistakes) = Labels::new(&settings.labels);
        let bases = bases(&settings.bases, &mut mistakes);
        let known = vec![Known::default(); settings.repositories.len()];
        let wait = settings.interval;
        Self {
            id,
            settings,
            http,
            labels,
            bases,
            mistakes,
            known,
            dialect: Dialect::default(),
            last: None,
            wait,
        }
    }

    /// The client, whose budget and validators others may want to see and keep.
    pub fn http(&self) -> &Http {
        &self.http
    }

    async fn round(&mut self, round: &Round) -> Result<Answer, SourceError> {
        let http = self.http.clone();
        let session = http.session(round);
        let (prefix, _) = self.settings.paths();
        let mut is_news = self.last.is_none();
        let mut refused: Vec<(usize, HttpError)> = Vec::new();
        for index in 0..self.settings.repositories.len() {
            let repository = self.settings.repositories[index].clone();
            let looked = notice::look(&session, prefix, &repository, &mut self.known[index]).await;
            let read = match looked {
                Ok(()) if session.sign_in_problem().is_some() => {
                    public::read(&session, prefix, &repository, &mut self.known[index]).await
                }
                Ok(()) => self.read(index, &session, round).await,
                Err(error) => Err(error),
            };
            match read {
                Ok(news) => is_news |= news,
                // One of several repositories that is not there does not hide the others.
                Err(error) if notice::is_hidden(error.kind()) && self.settings.repositories.len() > 1 => {
                    is_news |= !self.known[index].read.is_empty();
                    self.known[index] = Known::default();
                    refused.push((index, error));
                }
                Err(error) => return Err(error.into()),
            }
        }
        if refused.len() == self.settings.repositories.len()
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
        let mut besides = self.mistakes.clone();
        besides.extend(anonymous);
        besides.extend(refused.iter().map(|(_, error)| error.problem()));
        let was = self.last.as_deref();
        if !is_news && was.is_some_and(|facts| besides.iter().all(|problem| facts.problems.contains(problem)))
        {
            return Ok(Answer::Unchanged);
        }
        let mut facts = self.facts(&self.known.iter().collect::<Vec<_>>(), round.now);
        facts.problems.splice(0..0, besides);
        share(&mut facts, was);
        if was == Some(&facts) {
            return Ok(Answer::Unchanged);
        }
        let facts = Arc::new(facts);
        self.last = Some(Arc::clone(&facts));
        Ok(Answer::Facts(facts))
    }

    /// One repository over GraphQL. True if anything was read.
    async fn read(&mut self, index: usize, session: &Session<'_>, round: &Round) -> Result<bool, HttpError> {
        let (prefix, graphql) = self.settings.paths();
        let repository = self.settings.repositories[index].clone();
        let service = self.id.to_string();
        let mut known = std::mem::take(&mut self.known[index]);
        let mut dialect = std::mem::take(&mut self.dialect);
        let is_whole = is_whole_due(&known, round.now) || known.is_public;
        let mut fresh = Known::default();
        let of = if is_whole { &mut fresh } else { &mut known };
        if !is_whole && is_sweep_due(of, round.now) {
            let mut hidden = std::mem::take(&mut of.hidden);
            if hidden.remove(&Part::Runs) {
                of.problems.remove(&Part::Runs);
            }
            of.changed.extend(hidden);
        }
        let is_first = self.last.is_none();
        let result = async {
            notice::notice(session, prefix, &repository, of, &service).await?;
            let graphql = Graphql { session, service: &service, path: graphql, dialect: &mut dialect };
            let mut reading = Reading {
                graphql,
                prefix,
                repository: &repository,
                round,
                recent_days: self.settings.recent_days,
            };
            if !is_whole {
                return reading.news(of).await;
            }
            let told = |so_far: &Known| {
                if is_first {
                    let all = self.known.iter().enumerate();
                    let all: Vec<&Known> =
                        all.map(|(at, other)| if at == index { so_far } else { other }).collect();
                    (round.report)(Report::Partial(Arc::new(self.facts(&all, round.now))));
                }
            };
            reading.whole(of, &told).await.map(|()| true)
        }
        .await;
        self.dialect = dialect;
        // A whole that was not read to its end leaves what was known before.
        self.known[index] = if is_whole && result.is_ok() { fresh } else { known };
        result
    }

    fn facts(&self, known: &[&Known], now: Instant) -> Facts {
        let mut facts = Facts::default();
        for (repository, known) in self.settings.repositories.iter().zip(known) {
            let project = repository.project.as_ref().unwrap_or(&repository.name);
            let naming = Naming { repository: Text::new(&repository.name), project: Text::new(project) };
            let meaning = Meaning {
                service: self.id.as_str(),
                naming: &naming,
                labels: &self.labels,
                bases: self.bases.as_ref(),
                calendar: &self.settings.calendar,
                since: days_before(now, self.settings.recent_days),
            };
            known.tell(&meaning, &mut facts);
        }
        facts
    }
}

fn bases(patterns: &[String], mistakes: &mut Vec<Problem>) -> Option<GlobSet> {
    if patterns.is_empty() {
        return None;
    }
    let mut builder = GlobSetBuilder::new();
    for pattern in patterns {
        match Glob::new(pattern) {
            Ok(glob) => {
                builder.add(glob);
            }
            Err(error) => mistakes.push(Problem::new(
                format!("the base branch pattern \"{pattern}\" cannot be read: {}", error.kind()),
                "correct `bases` of the github source: `*` and `?` match anything",
            )),
        }
    }
    builder.build().ok()
}

impl Source for GithubSource {
    fn id(&self) -> SourceId {
        self.id.clone()
    }

    fn interval(&self) -> Duration {
        self.wait
    }

    fn fetch<'a>(&'a mut self, round: &'a Round) -> BoxFuture<'a, Result<Answer, SourceError>> {
        Box::pin(self.round(round))
    }

    fn operator(&self) -> Option<Arc<dyn Operator>> {
        Some(operations::operator(self.id.as_str(), &self.settings, self.http.clone()))
    }
}
