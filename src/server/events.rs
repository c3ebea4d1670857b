//! What happened on a board, one event per change, for scripts that follow it.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use axum::response::sse::Event;
use futures_util::stream::{self, Stream};
use serde::Serialize;
use tokio::sync::watch;

use crate::{
    domain::{Instant, Problem, ReleaseId, SourceHealth, SourceState, World},
    insight::{Board, Completeness, Outlook, Verdict},
};

/// Events that are kept for those who come back.
const MOST: usize = 256;
/// Releases that are named in one event; it counts the others.
const MOST_RELEASES: usize = 100;

/// The latest events of one owner.
#[derive(Clone)]
pub(super) struct EventLog(Arc<Log>);

struct Log {
    /// Tells this owner's numbers from those of the one before.
    epoch: i64,
    kept: Mutex<Kept>,
    newest: watch::Sender<u64>,
}

#[derive(Default)]
struct Kept {
    /// The number of the newest event; the first one has 1.
    newest: u64,
    events: VecDeque<Arc<str>>,
    seen: Option<Seen>,
}

/// What the newest event was about.
struct Seen {
    world: Weak<World>,
    is_complete: bool,
    releases: HashMap<ReleaseId, (Verdict, Outlook)>,
    sources: Vec<SourceJson>,
}

#[derive(Serialize)]
struct EventJson<'a> {
    at: Instant,
    /// Every source has said what it knows.
    complete: bool,
    /// Something that a source told of is another than before.
    facts_changed: bool,
    /// Releases of which the answer is another one than in the event before.
    releases: Vec<ReleaseJson<'a>>,
    /// Such releases that are not named here.
    more_releases: usize,
    /// Sources of which the state is another one than in the event before.
    sources: Vec<&'a SourceJson>,
}

#[derive(Serialize)]
struct ReleaseJson<'a> {
    name: &'a ReleaseId,
    verdict: Verdict,
    outlook: Outlook,
}

#[derive(Clone, PartialEq, Serialize)]
struct SourceJson {
    id: String,
    state: SourceState,
    failure: Option<Problem>,
}

impl SourceJson {
    /// Being asked is nothing that happened.
    fn of(health: &SourceHealth) -> Self {
        let state = match health.state {
            SourceState::Fetching if health.failure.is_some() => SourceState::BackingOff,
            SourceState::Fetching if health.answered_at.is_none() => SourceState::Starting,
            SourceState::Fetching => SourceState::Waiting,
            state => state,
        };
        Self { id: health.id.to_string(), state, failure: health.failure.clone() }
    }
}

impl EventLog {
    /// No events, of an owner since then.
    pub(super) fn new(since: Instant) -> Self {
        let epoch = since.timestamp_millis();
        Self(Arc::new(Log { epoch, kept: Mutex::default(), newest: watch::channel(0).0 }))
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // What is in it is whole at any time.
        self.0.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes an event of what is new on `board`, if anything is.
    pub(super) fn note(&self, board: &Board) {
        if board.completeness == Completeness::Preview {
            return;
        }
        let mut kept = self.kept();
        let seen = Seen {
            world: Arc::downgrade(&board.world),
            is_complete: board.completeness == Completeness::Whole,
            releases: board
                .insight
                .releases
                .iter()
                .map(|release| (release.release.id.clone(), (release.verdict, release.outlook)))
                .collect(),
            sources: board.health.iter().map(SourceJson::of).collect(),
        };
        let before = kept.seen.as_ref();
        let facts_changed = before.is_none_or(|before| !Weak::ptr_eq(&before.world, &seen.world));
        let is_new = |release: &ReleaseId| {
            before.and_then(|before| before.releases.get(release)) != seen.releases.get(release)
        };
        let mut releases: Vec<_> = board
            .insight
            .releases
            .iter()
            .filter(|release| is_new(&release.release.id))
            .map(|release| ReleaseJson {
                name: &release.release.id,
                verdict: release.verdict,
                outlook: release.outlook,
            })
            .collect();
        let more_releases = releases.len().saturating_sub(MOST_RELEASES);
        releases.truncate(MOST_RELEASES);
        let is_new = |source: &&SourceJson| before.is_none_or(|before| !before.sources.contains(source));
        let sources: Vec<_> = seen.sources.iter().filter(is_new).collect();
        let is_complete = before.map(|before| before.is_complete);
        let news = facts_changed
            || !releases.is_empty()
            || !sources.is_empty()
            || is_complete.is_some_and(|before| before != seen.is_complete);
        if !news {
            return;
        }
        let (at, complete) = (board.at, seen.is_complete);
        let event = EventJson { at, complete, facts_changed, releases, more_releases, sources };
        match serde_json::to_string(&event) {
            Ok(json) => {
                kept.newest += 1;
                kept.events.push_back(json.into());
                if kept.events.len() > MOST {
                    kept.events.pop_front();
                }
                self.0.newest.send_replace(kept.newest);
            }
            Err(error) => tracing::error!(%error, "an event could not be written down"),
        }
        kept.seen = Some(seen);
    }

    /// Events after the one with the id `last`, and those that come. Without a `last` it
    /// begins with what comes; `reset` comes first where what followed `last` is gone.
    pub(super) fn follow(&self, last: Option<&str>) -> impl Stream<Item = Event> + use<> {
        let newest = self.kept().newest;
        let (after, reset) = match last.map(|last| self.after(last)) {
            None => (newest, None),
            Some(Some(after)) => (after, None),
            Some(None) => (newest, Some(self.event(newest, "reset", "{}"))),
        };
        let start = (self.clone(), after, reset, self.0.newest.subscribe());
        stream::unfold(start, |(log, after, reset, mut newest)| async move {
            if let Some(reset) = reset {
                return Some((reset, (log, after, None, newest)));
            }
            newest.wait_for(|newest| *newest > after).await.ok()?;
            let (number, name, data) = log.next(after);
            Some((log.event(number, name, &data), (log, number, None, newest)))
        })
    }

    /// The number in `last`, if everything that followed it is still here.
    fn after(&self, last: &str) -> Option<u64> {
        let (epoch, number) = last.split_once('-')?;
        let (epoch, number): (i64, u64) = (epoch.parse().ok()?, number.parse().ok()?);
        let kept = self.kept();
        let oldest = kept.newest - kept.events.len() as u64;
        (epoch == self.0.epoch && (oldest..=kept.newest).contains(&number)).then_some(number)
    }

    /// The event after this one; `reset` if it has gone while somebody read slowly.
    fn next(&self, after: u64) -> (u64, &'static str, Arc<str>) {
        let kept = self.kept();
        let gone = kept.newest - kept.events.len() as u64;
        let place = after.checked_sub(gone).and_then(|place| kept.events.get(place as usize));
        match place {
            Some(data) => (after + 1, "board", Arc::clone(data)),
            None => (kept.newest, "reset", "{}".into()),
        }
    }

    fn event(&self, number: u64, name: &'static str, data: &str) -> Event {
        Event::default().id(format!("{}-{number}", self.0.epoch)).event(name).data(data)
    }
}
