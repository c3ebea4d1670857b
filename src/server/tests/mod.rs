//! Owners and viewers in one process, over a real socket in a temporary directory. Every wait
//! is for something that must happen.

mod requests;
mod sharing;

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use chrono::{TimeZone, Utc};
use futures_util::future::BoxFuture;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::UnixStream,
    sync::watch,
};

use super::*;
use crate::{
    clock::Clock,
    domain::{Facts, Instant, Kind, Policy, Problem, Release, SourceHealth, SourceId, Text},
    history::{self, Retention},
    insight::{Board, Completeness, Preview},
    refresh::{Deriver, Storage},
    source::{Answer, Round, Source, SourceError},
};

/// How long anything may take, on any machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// The service behind all sources of a test: what it says, and who asked.
#[derive(Clone)]
struct Service(Arc<Asked>);

struct Asked {
    says: Mutex<Result<Arc<Facts>, Problem>>,
    rounds: AtomicUsize,
    /// Sources that were made: one for each owner.
    made: AtomicUsize,
}

impl Service {
    fn new(version: &str) -> Self {
        let says = Mutex::new(Ok(facts(version, 0)));
        Self(Arc::new(Asked { says, rounds: AtomicUsize::new(0), made: AtomicUsize::new(0) }))
    }

    fn says(&self, version: &str) {
        *self.0.says.lock().unwrap() = Ok(facts(version, 0));
    }

    fn rounds(&self) -> usize {
        self.0.rounds.load(Ordering::SeqCst)
    }

    fn made(&self) -> usize {
        self.0.made.load(Ordering::SeqCst)
    }
}

struct Scripted(Service);

impl Source for Scripted {
    fn id(&self) -> SourceId {
        SourceId::new("scripted")
    }

    fn interval(&self) -> Duration {
        Duration::from_secs(3600)
    }

    fn fetch<'a>(&'a mut self, _: &'a Round) -> BoxFuture<'a, Result<Answer, SourceError>> {
        self.0.0.rounds.fetch_add(1, Ordering::SeqCst);
        let says = self.0.0.says.lock().unwrap().clone();
        Box::pin(std::future::ready(says.map(Answer::Facts).map_err(SourceError::Failed)))
    }
}

fn now() -> Instant {
    Utc.with_ymd_and_hms(2026, 11, 22, 8, 24, 0).unwrap()
}

fn facts(version: &str, more: usize) -> Arc<Facts> {
    let releases = vec![Arc::new(Release::named("payments", version))];
    let unreadable = |number| Problem::new(format!("{number}{}", "?".repeat(400)), "mend it");
    let problems = (0..more).map(unreadable).collect();
    Arc::new(Facts { covers: [Kind::Releases].into(), releases, problems, ..Facts::default() })
}

/// A place for one board.
struct Ground {
    root: TempDir,
    service: Service,
}

impl Ground {
    fn new() -> Self {
        Self { root: tempfile::tempdir().unwrap(), service: Service::new("1.0") }
    }

    fn directory(&self) -> PathBuf {
        self.root.path().join("boards/payments-0123456789ab")
    }

    fn setup(&self) -> SessionSetup {
        let (service, store) = (self.service.clone(), self.directory());
        SessionSetup {
            deriver: Deriver {
                title: Text::new("payments"),
                policy: Arc::new(Policy::default()),
                learned: Arc::default(),
            },
            clock: Clock::Frozen(now()),
            focus: None,
            identity: Identity {
                version: Text::new(env!("CARGO_PKG_VERSION")),
                sources: vec![Text::new("scripted a")],
                is_offline: false,
            },
            place: Some(Place {
                directory: self.directory(),
                sockets: vec![self.root.path().join("run")],
                group: None,
            }),
            sources: Box::new(move || {
                service.0.made.fetch_add(1, Ordering::SeqCst);
                Ok(vec![Box::new(Scripted(service.clone()))])
            }),
            storage: Box::new(move || {
                let store = store.clone();
                Storage {
                    open: Box::new(move || history::open(&store, now())),
                    paint: Box::new(|_| {}),
                    retention: Retention::default(),
                    is_kept: true,
                }
            }),
            preview: None,
            schedule: |board, now| format!("BEGIN:VCALENDAR {} {}", board.title, now.timestamp()),
            status: |board| format!("{{\"board\":\"{}\"}}", board.title),
            lock: None,
        }
    }

    async fn start(&self) -> Session {
        Session::start(self.setup()).await.unwrap()
    }
}

async fn until<T>(receiver: &mut watch::Receiver<T>, what: &str, is_it: impl FnMut(&T) -> bool) {
    let waited = tokio::time::timeout(PATIENCE, receiver.wait_for(is_it)).await;
    assert!(waited.is_ok_and(|waited| waited.is_ok()), "never: {what}");
}

fn names(board: &Board) -> Vec<String> {
    board.world.releases.iter().map(|release| release.id.to_string()).collect()
}

async fn until_names(session: &Session, version: &str) -> Arc<Board> {
    let name = format!("payments {version}");
    until(&mut session.boards(), version, |board| names(board).contains(&name)).await;
    session.board()
}

async fn until_standing(session: &Session, is_it: impl Fn(&Standing) -> bool) -> Standing {
    let mut standing = session.standing();
    until(&mut standing, "another standing", |standing| is_it(standing)).await;
    standing.borrow().clone()
}

async fn socket(session: &Session) -> PathBuf {
    match until_standing(session, |standing| matches!(standing, Standing::Owner(_))).await {
        Standing::Owner(Some(socket)) => socket,
        other => panic!("{other:?}"),
    }
}

/// All that a person sees of a board.
fn picture(board: &Board) -> String {
    format!("{:?} {:?} {:?}", board.world, board.insight, board.health)
}
