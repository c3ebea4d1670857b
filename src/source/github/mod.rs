//! The source `github`: what github.com, a tenant's `name.ghe.com` or an Enterprise server knows
//! of the releases of some repositories.
//!
//! ```text
//! notice ──▶ sync ──▶ known ──▶ facts
//! REST, 304   GraphQL   wire       stories, pull_requests, releases, deployments, naming, labels
//! ```
//!
//! - A round asks eight conditional questions for each repository (`notice.rs`). While all are answered
//!   "nothing has changed" that is all it does, and it costs nothing against the rate limit. What is on
//!   screen is asked first, and more often than the rest while the limit is tight (`source/attention.rs`).
//! - What changed is read over GraphQL (`sync.rs`): everything the first time and once a day, because nothing
//!   tells of what was deleted; later on what changed since. Pages shrink while the server runs out of
//!   time; a part that the token may not see is a problem that names the permission, and loses itself.
//! - Without a token the newest of what is public is read over REST (`public.rs`).
//! - What is known survives a restart (`memory.rs`): the first round after it asks only whether anything
//!   has changed.
//!
//! A token with fewer permissions reads less, and the board says what is missing:
//!
//! | part | fine-grained permission (read) |
//! | --- | --- |
//! | the repository, its main branch and rules, environments | Metadata |
//! | issues, milestones | Issues |
//! | pull requests with reviews and requested reviewers | Pull requests |
//! | their commits and checks, builds | Contents, Checks, Commit statuses |
//! | releases, tags | Contents |
//! | deployments | Deployments |
//! | workflow runs | Actions |
//! | findings | Code scanning alerts |
//! | searches | Pull requests |
//!
//! Of the classic scopes it needs `repo` (findings included), or `public_repo` for public
//! repositories, and for findings of these `security_events`.
//!
//! What operations need besides is in `operations/mod.rs`.
//!
//! Workflow runs are no test runs: they have no counts of tests. They are read to notice that
//! checks changed: those of pull requests, and those of the heads of the main branch and of release
//! branches, which are builds (`builds.rs`).

mod builds;
#[cfg(test)]
mod cost;
mod deployments;
mod documents;
mod examine;
mod findings;
mod graphql;
mod known;
mod memory;
mod naming;
mod notice;
mod operations;
mod public;
mod pull_requests;
mod releases;
mod rules;
mod search;
mod settings;
mod stories;
mod sync;
#[cfg(test)]
mod tests;
mod wire;

use std::{borrow::Cow, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;
use globset::GlobSet;

pub use settings::{GithubRepository, GithubSettings};

use self::{
    builds::Branches,
    graphql::{Dialect, Graphql},
    known::{Known, Meaning, Part},
    memory::Memory,
    naming::Naming,
    sync::{Reading, is_sweep_due, is_whole_due},
};
use crate::{
    domain::{Facts, Instant, Kind, Problem, SourceId, Text},
    source::{
        Answer, Diagnosis, Report, Round, Source, SourceError, Standing,
        attention::Attention,
        forge::{bases, days_before, news},
        http::{Http, HttpError, Session},
        labels::Labels,
        operation::Operator,
        reading::Reader,
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
    /// Something is known that was not told.
    untold: bool,
    /// What the last round advised.
    wait: Duration,
    attention: Attention,
}

impl GithubSource {
    /// A source that reads the repositories of `settings` through `http`, which was made from
    /// [`GithubSettings::http`]. Nothing is read yet.
    pub fn new(id: SourceId, settings: GithubSettings, http: Http) -> Self {
        let (labels, mut mistakes) = Labels::new(&settings.labels);
        let bases = bases(&settings.bases, &mut mistakes);
        mistakes.extend(settings.search.iter().filter_map(|text| astray(text, &settings.repositories)));
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
            untold: true,
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
        let (prefix, _) = self.settings.paths();
        // What was read before a failure is told by the next round that does not fail.
        let mut is_news = std::mem::replace(&mut self.untold, true);
        let mut refused: Vec<(usize, HttpError)> = Vec::new();
        let is_known: Vec<bool> = self.known.iter().map(|known| !known.read.is_empty()).collect();
        let projects: Vec<&str> = self.settings.repositories.iter().map(GithubRepository::project).collect();
        let asked = self.attention.begin(&projects, &is_known, round.focus.as_ref());
        for &index in &asked {
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
        self.attention.pause(self.wait, interval);
        let mut besides = self.mistakes.clone();
        // What is public is read as a whole.
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
            let is_news = notice::notice(session, prefix, &repository, of, &service).await?;
            let http = &self.http;
            let graphql = Graphql { http, session, service: &service, path: graphql, dialect: &mut dialect };
            let mut reading = Reading {
                graphql,
                prefix,
                repository: &repository,
                round,
                recent_days: self.settings.recent_days,
                searches: &self.settings.search,
                branches: Branches { patterns: &self.settings.bases, bases: self.bases.as_ref() },
            };
            if !is_whole {
                return reading.news(of).await.map(|read| read || is_news);
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
            let project = Text::new(repository.project());
            let naming = Naming { repository: Text::new(&repository.name), project };
            let meaning = Meaning {
                service: self.id.as_str(),
                naming: &naming,
                labels: &self.labels,
                branches: Branches { patterns: &self.settings.bases, bases: self.bases.as_ref() },
                calendar: &self.settings.calendar,
                since: days_before(now, self.settings.recent_days),
            };
            known.tell(&meaning, &mut facts);
        }
        facts
    }
}

/// What is wrong with a search: it is about no repository that is read.
fn astray(text: &str, repositories: &[GithubRepository]) -> Option<Problem> {
    let is_made = repositories.iter().any(|repository| search::of_repository(text, repository).is_some());
    (!is_made).then(|| {
        Problem::new(
            format!("the search \"{text}\" is about a repository that is not read"),
            "add the repository to the github source, or leave `repo:` out of the search",
        )
        .losing(&[Kind::PullRequests])
    })
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

    fn standing(&self) -> Standing {
        self.http.standing()
    }

    fn memory(&self) -> Option<Vec<u8>> {
        self.last.as_ref()?;
        let memory = Memory {
            known: Cow::Borrowed(&self.known),
            dialect: Cow::Borrowed(&self.dialect),
            validators: self.http.validators(),
        };
        memory::pack(&memory, &self.settings)
    }

    fn recall(&mut self, memory: &[u8]) {
        let Some(memory) = memory::unpack(memory, &self.settings) else { return };
        self.known = memory.known.into_owned();
        self.dialect = memory.dialect.into_owned();
        self.http.remember(memory.validators);
    }

    fn examine<'a>(&'a mut self, round: &'a Round) -> BoxFuture<'a, Vec<Diagnosis>> {
        Box::pin(examine::examine(&self.http, &self.settings, round))
    }

    fn operator(&self) -> Option<Arc<dyn Operator>> {
        Some(operations::operator(self.id.as_str(), &self.settings, self.http.clone()))
    }

    fn reader(&self) -> Option<Arc<dyn Reader>> {
        Some(operations::reader(self.id.as_str(), &self.settings, self.http.clone()))
    }
}
