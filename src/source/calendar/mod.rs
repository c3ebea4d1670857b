//! Calendars: what goes out when, and when nothing may, as iCalendar (RFC 5545) tells it.
//! `docs/calendar.md` says which events count, and how.
//!
//! A round reads the files and addresses that changed (`event`), finds out when their events
//! happen (`occurrences`, `recurrence`) and says what they mean (`meaning`, `template`). A calendar
//! that cannot be read ends the round: without it nobody could tell a time without a freeze.

mod event;
mod meaning;
mod occurrences;
mod recurrence;
mod template;

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Read as _,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use self::{
    event::{MOST_EVENTS, Read},
    meaning::Meanings,
};
pub use crate::config::CalendarConfig;
use crate::{
    domain::{Facts, Instant, Kind, Problem, SourceId},
    source::{
        Answer, Round, Source, SourceError, Standing, Watched, files,
        http::{Http, Request},
    },
};

/// Largest calendar, in bytes.
pub const LARGEST: u64 = 32 * 1024 * 1024;

/// The source `calendar`.
#[derive(Debug)]
pub struct CalendarSource {
    settings: Arc<CalendarConfig>,
    meanings: Arc<Meanings>,
    /// Calendars at an address, each with its client.
    subscribed: Vec<Subscription>,
    memory: Memory,
}

/// A calendar at an address.
#[derive(Debug)]
struct Subscription {
    http: Http,
    /// Where it is. Who knows the address may often read the calendar: it is printed by nothing.
    address: String,
    known: Option<Arc<Read>>,
}

/// What is kept from round to round.
#[derive(Clone, Debug, Default)]
struct Memory {
    /// What each file held when it was read last.
    files: BTreeMap<PathBuf, Known>,
    /// What was said last, of which calendars, and in which hour.
    said: Option<(Arc<Facts>, Vec<Arc<Read>>, i64)>,
    watched: BTreeSet<Watched>,
}

/// A file as it was read last.
#[derive(Clone, Debug)]
struct Known {
    /// By what a change of it is seen.
    digest: [u8; 32],
    read: Arc<Read>,
}

impl CalendarSource {
    /// A source that reads the calendars of `settings`. `clients` are those of its addresses, in
    /// their order.
    pub fn new(settings: CalendarConfig, clients: Vec<Http>) -> Self {
        let subscribed = clients
            .into_iter()
            .zip(&settings.addresses)
            .map(|(http, address)| Subscription { http, address: address.to_string(), known: None })
            .collect();
        // Before the first round: what is named. Directories beneath a pattern are not known yet.
        let watched = settings
            .files
            .iter()
            .map(|files| {
                if files.pattern.is_empty() {
                    Watched::File(files.base.clone())
                } else {
                    Watched::Directory(files.base.clone())
                }
            })
            .collect();
        Self {
            meanings: Arc::new(Meanings::new(&settings)),
            settings: Arc::new(settings),
            subscribed,
            memory: Memory { watched, ..Memory::default() },
        }
    }
}

impl Subscription {
    /// What the calendar says now.
    async fn read(&mut self, round: &Round) -> Result<Arc<Read>, SourceError> {
        let session = self.http.session(round);
        let request = Request::get("calendar", self.address.as_str())
            .accept("text/calendar, */*;q=0.1")
            .kept_by_asker();
        let reply =
            session.send(request).await.map_err(|error| error.hiding(&self.address, "this calendar"))?;
        if let (true, Some(known)) = (reply.unchanged(), &self.known) {
            return Ok(Arc::clone(known));
        }
        let name = format!("the calendar at {}", self.http.host());
        let body = reply.body().to_vec();
        let read = tokio::task::spawn_blocking(move || parse(&name, &body)).await;
        let read = read.map_err(|_| own_fault()).and_then(|read| read.map_err(SourceError::Failed));
        // What could not be read must not count as unchanged the next time.
        let read = Arc::new(read.inspect_err(|_| self.http.forget())?);
        self.known = Some(Arc::clone(&read));
        Ok(read)
    }
}

impl Memory {
    /// One round over the files, with the calendars at addresses. What it returns replaces
    /// `self`, also when it failed.
    fn round(
        &mut self,
        settings: &CalendarConfig,
        meanings: &Meanings,
        subscribed: Vec<Arc<Read>>,
        now: Instant,
        cancelled: &CancellationToken,
    ) -> Result<Answer, SourceError> {
        let found = files::find("calendar", &settings.files);
        self.watched = found.files.iter().cloned().map(Watched::File).collect();
        self.watched.extend(found.directories.into_iter().map(Watched::Directory));
        let mut reads = subscribed;
        let mut known = BTreeMap::new();
        for path in found.files {
            if cancelled.is_cancelled() {
                return Err(SourceError::Cancelled);
            }
            let file = self.file(&path, &settings.root).map_err(SourceError::Failed)?;
            reads.push(Arc::clone(&file.read));
            known.insert(path, file);
        }
        self.files = known;
        // What is told moves with the time.
        let hour = now.timestamp().div_euclid(3_600);
        if let Some((_, before, at)) = &self.said
            && *at == hour
            && before.len() == reads.len()
            && before.iter().zip(&reads).all(|(before, read)| Arc::ptr_eq(before, read))
        {
            return Ok(Answer::Unchanged);
        }
        let events: usize = reads.iter().map(|read| read.events.len()).sum();
        if events > MOST_EVENTS {
            return Err(SourceError::Refused(Problem::new(
                format!("the calendars hold {events} events, of which at most {MOST_EVENTS} can be read"),
                "name fewer or smaller calendars",
            )));
        }
        let mut facts = meanings.facts(reads.iter().flat_map(|read| &read.events), &settings.calendar, now);
        facts.problems.extend(reads.iter().flat_map(|read| &read.problems).cloned());
        facts.problems.extend(found.problems);
        // A freeze that cannot be read would look like none; what cannot be read may be anything
        // that the calendar tells.
        let mut kinds: Vec<Kind> = facts.covers.iter().copied().collect();
        kinds.extend((!facts.deployments.is_empty()).then_some(Kind::Deployments));
        facts.problems = facts.problems.into_iter().map(|problem| problem.within(&kinds)).collect();
        let before = self.said.take().map(|(facts, ..)| facts);
        let is_same = before.as_deref() == Some(&facts);
        let facts = before.filter(|_| is_same).unwrap_or_else(|| Arc::new(facts));
        self.said = Some((Arc::clone(&facts), reads, hour));
        Ok(if is_same { Answer::Unchanged } else { Answer::Facts(facts) })
    }

    /// What the file at `path` holds; what is known if it still is the same.
    fn file(&self, path: &Path, root: &Path) -> Result<Known, Problem> {
        let name = path.strip_prefix(root).unwrap_or(path).display().to_string();
        let bytes = bytes(path, &name)?;
        let digest = <sha2::Sha256 as sha2::Digest>::digest(&bytes).into();
        if let Some(known) = self.files.get(path).filter(|known| known.digest == digest) {
            return Ok(known.clone());
        }
        Ok(Known { digest, read: Arc::new(parse(&name, &bytes)?) })
    }
}

fn parse(name: &str, bytes: &[u8]) -> Result<Read, Problem> {
    // A byte that is no UTF-8 costs a letter of a summary, not the calendar.
    event::read(name, &String::from_utf8_lossy(bytes))
}

fn bytes(path: &Path, name: &str) -> Result<Vec<u8>, Problem> {
    let unreadable = |error: &std::io::Error| {
        let what = match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
            std::io::ErrorKind::PermissionDenied => "you may not read it".to_owned(),
            _ => format!("cannot be read: {error}"),
        };
        Problem::new(format!("{name}: {what}"), "put the calendar there, or correct source.calendar.files")
    };
    // A pipe or device might never end.
    if !std::fs::metadata(path).map_err(|error| unreadable(&error))?.is_file() {
        return Err(Problem::new(format!("{name}: this is no file"), "name a file"));
    }
    #[expect(clippy::disallowed_methods, reason = "calendars are files")]
    let file = std::fs::File::open(path).map_err(|error| unreadable(&error))?;
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    if bytes.len() as u64 > LARGEST {
        return Err(Problem::new(
            format!("{name}: larger than {} MiB", LARGEST / 1024 / 1024),
            "name a smaller calendar, or export a shorter time",
        ));
    }
    Ok(bytes)
}

fn own_fault() -> SourceError {
    SourceError::Failed(Problem::new(
        "reading the calendars ended in an error of tminus itself",
        "please report it, with the calendar that it happened with",
    ))
}

impl Source for CalendarSource {
    fn id(&self) -> SourceId {
        SourceId::new("calendar")
    }

    fn interval(&self) -> Duration {
        self.settings.interval
    }

    fn has_memory(&self) -> bool {
        false
    }

    fn watched(&self) -> Vec<Watched> {
        self.memory.watched.iter().cloned().collect()
    }

    fn standing(&self) -> Standing {
        let holds = self.subscribed.iter().filter_map(|one| one.http.standing().not_before);
        Standing { not_before: holds.max(), ..Standing::default() }
    }

    fn fetch<'a>(&'a mut self, round: &'a Round) -> BoxFuture<'a, Result<Answer, SourceError>> {
        Box::pin(async move {
            let mut subscribed = Vec::with_capacity(self.subscribed.len());
            for subscription in &mut self.subscribed {
                subscribed.push(subscription.read(round).await?);
            }
            let (settings, meanings) = (Arc::clone(&self.settings), Arc::clone(&self.meanings));
            let mut memory = self.memory.clone();
            let (now, cancelled) = (round.now, round.cancelled.clone());
            let task = tokio::task::spawn_blocking(move || {
                let answer = memory.round(&settings, &meanings, subscribed, now, &cancelled);
                (memory, answer)
            });
            let joined = tokio::select! {
                () = round.cancelled.cancelled() => return Err(SourceError::Cancelled),
                joined = task => joined,
            };
            let Ok((memory, answer)) = joined else { return Err(own_fault()) };
            self.memory = memory;
            answer
        })
    }
}
