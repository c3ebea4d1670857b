//! Endpoints that answer with JSON: facts as they are published, or anything that expressions of
//! `JMESPath` make into such. `docs/exec.md` says how.
//!
//! Whether something has changed is asked with the `ETag` of the answer before; pages follow the
//! `Link` header, each is mapped by itself, and their lists are put together.

mod map;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use futures_util::future::BoxFuture;

pub use crate::config::HttpConfig;
use crate::{
    domain::{Calendar, Facts, Problem, SourceId},
    source::{
        Answer, Diagnosis, DiagnosisState, Round, Source, SourceError, Standing,
        http::{Http, Pages, Request, SignedIn, Validators},
        published::Reader,
    },
};

use self::map::Mapping;

/// Most pages of one answer.
const MOST_PAGES: usize = 100;
/// Most bytes of all pages together.
const MOST_BYTES: usize = 64 << 20;

/// One of the sources `http:NAME`.
#[derive(Debug)]
pub struct EndpointSource {
    id: SourceId,
    http: Http,
    /// Path and query. They may hold what is nobody's to see: printed by nothing.
    address: String,
    /// How long to wait at least.
    asked_every: Duration,
    /// How long to wait, as the service's limits want it.
    wait: Duration,
    meaning: Arc<Meaning>,
    said: Option<Arc<Facts>>,
}

/// What answers mean.
#[derive(Debug)]
struct Meaning {
    mapping: Mapping,
    reader: Reader,
}

impl EndpointSource {
    /// A source that asks the address of `settings` by way of `http`, and reads days by `calendar`.
    /// Fails where an expression of its map is none.
    pub fn new(settings: &HttpConfig, http: Http, calendar: Calendar) -> Result<Self, Problem> {
        let name = format!("http:{}", settings.name);
        let table = format!("source.http.{}", settings.name);
        let mapping = Mapping::new(&settings.map, &settings.covers)
            .map_err(|why| Problem::new(format!("{table}.map.{why}"), "see https://jmespath.org"))?;
        let next_step = if settings.map.is_empty() {
            "correct the answer: docs/facts.schema.json says what it may be; or make it so with a map"
                .to_owned()
        } else {
            format!("correct [{table}.map]: docs/facts.schema.json says what it has to make")
        };
        let reader = Reader { source: name.clone(), project: settings.project.clone(), calendar, next_step };
        Ok(Self {
            id: SourceId::new(name),
            http,
            address: settings.url.to_string(),
            asked_every: settings.interval,
            wait: settings.interval,
            meaning: Arc::new(Meaning { mapping, reader }),
            said: None,
        })
    }

    async fn round(&mut self, round: &Round) -> Result<Answer, SourceError> {
        let session = self.http.session(round);
        let request = Request::get("facts", self.address.as_str());
        let mut pages = Pages::new(&session, request).at_most(MOST_PAGES);
        let mut bodies = Vec::new();
        let mut bytes = 0;
        let mut is_same = true;
        while let Some(page) =
            pages.next().await.map_err(|error| error.hiding(&self.address, "its address"))?
        {
            is_same &= page.unchanged();
            bytes += page.body().len();
            if bytes > MOST_BYTES {
                return Err(SourceError::Failed(Problem::new(
                    format!("{}: the pages are larger than {} MiB together", self.id, MOST_BYTES >> 20),
                    "ask for less in its `url`",
                )));
            }
            bodies.push(page.body().to_vec());
        }
        self.wait = self.http.budget().advise(self.asked_every, round.now);
        if is_same && self.said.is_some() {
            return Ok(Answer::Unchanged);
        }
        let meaning = Arc::clone(&self.meaning);
        let read = tokio::task::spawn_blocking(move || meaning.facts(&bodies)).await;
        let read = read.unwrap_or_else(|_| {
            Err(Problem::new(
                format!("{}: reading the answer ended in an error of tminus itself", self.id),
                "please report it, with the answer",
            ))
        });
        let mut facts = read.map_err(SourceError::Failed)?;
        facts.problems.extend(session.sign_in_problem().filter(|_| self.wants_token()));
        if self.said.as_deref() == Some(&facts) {
            return Ok(Answer::Unchanged);
        }
        let facts = Arc::new(facts);
        self.said = Some(Arc::clone(&facts));
        Ok(Answer::Facts(facts))
    }

    /// A place of a token is configured. Without, nobody expects to be signed in.
    fn wants_token(&self) -> bool {
        match self.http.signed_in() {
            Some(SignedIn::Anonymously(reasons)) => !reasons.is_empty(),
            Some(SignedIn::With(_)) => true,
            None => false,
        }
    }
}

impl Meaning {
    /// What the pages of an answer say.
    fn facts(&self, pages: &[Vec<u8>]) -> Result<Facts, Problem> {
        if self.mapping.is_empty() {
            return match pages {
                [page] => self.reader.read(page),
                _ => Err(Problem::new(
                    format!(
                        "{}: {} pages of facts, of which there can be one",
                        self.reader.source,
                        pages.len()
                    ),
                    "answer in one page, or make facts of the pages with a map",
                )),
            };
        }
        let made = self.mapping.apply(pages);
        let made = made
            .map_err(|why| Problem::new(format!("{}: {why}", self.reader.source), &self.reader.next_step))?;
        self.reader.read_value(&made)
    }
}

impl Source for EndpointSource {
    fn id(&self) -> SourceId {
        self.id.clone()
    }

    fn interval(&self) -> Duration {
        self.wait
    }

    fn standing(&self) -> Standing {
        self.http.standing()
    }

    fn memory(&self) -> Option<Vec<u8>> {
        self.said.as_ref().map(|_| self.http.validators().to_bytes())
    }

    fn recall(&mut self, memory: &[u8]) {
        if let Some(validators) = Validators::from_bytes(memory) {
            self.http.remember(validators);
        }
    }

    fn fetch<'a>(&'a mut self, round: &'a Round) -> BoxFuture<'a, Result<Answer, SourceError>> {
        Box::pin(self.round(round))
    }

    fn examine<'a>(&'a mut self, round: &'a Round) -> BoxFuture<'a, Vec<Diagnosis>> {
        Box::pin(async move {
            self.said = None;
            let facts = match self.round(round).await {
                Ok(Answer::Facts(facts)) => facts,
                Ok(Answer::Unchanged) => return vec![Diagnosis::good("reads", "it answered")],
                Err(error) => return vec![Diagnosis::of_error("reads", &error)],
            };
            let covers: Vec<&str> = facts.covers.iter().map(|kind| kind.key()).collect();
            let mut points = vec![
                Diagnosis::good("reads", format!("{} answered", self.http.host())),
                Diagnosis::good("covers", covers.join(", ")),
            ];
            if let Some(SignedIn::With(from)) = self.http.signed_in() {
                points.push(Diagnosis::good("signed in", format!("with {from}")));
            }
            let limited = |problem| Diagnosis::of_problem("facts", DiagnosisState::Limited, problem);
            points.extend(facts.problems.iter().map(limited));
            points
        })
    }
}
