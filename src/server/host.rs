//! Serves one board on a unix socket: who may come in, how many, and how it ends.

use std::{
    io,
    path::{Path, PathBuf},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use tokio::{
    net::{UnixListener, UnixStream},
    sync::{Notify, Semaphore, watch},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use super::{
    events::EventLog,
    feed::{HEARTBEAT, States},
    group,
    router::{Door, router},
    socket,
    triage::TriageDesk,
    wire::Identity,
};
use crate::{
    clock::Clock,
    domain::Instant,
    history::Owner,
    insight::Board,
    refresh::{Asker, Keeper},
};

/// Connections at a time: viewers and scripts of one user. One more is closed at once.
const MOST_CONNECTIONS: usize = 128;
/// How long a request may take to arrive.
const REQUEST_WITHIN: Duration = Duration::from_secs(5);
/// How much of a request is read before its body.
const LARGEST_REQUEST: usize = 16 * 1024;
const MOST_HEADERS: usize = 32;
/// How long viewers may take to hear that the owner goes.
const PARTING: Duration = Duration::from_millis(300);
/// The pause after a connection could not be accepted: no file descriptors are left.
const BREATH: Duration = Duration::from_millis(200);

/// What the requests are answered from.
pub(super) struct Served {
    pub(super) owner: Owner,
    pub(super) identity: Identity,
    pub(super) clock: Clock,
    pub(super) boards: watch::Receiver<Arc<Board>>,
    pub(super) settled: watch::Receiver<bool>,
    pub(super) asker: Asker,
    pub(super) keeper: Option<Keeper>,
    pub(super) triage: TriageDesk,
    /// The board as `tminus status --format json` prints it.
    pub(super) status: fn(&Board) -> String,
    /// The board as `tminus schedule --format ics` prints it at an instant.
    pub(super) schedule: fn(&Board, Instant) -> String,
    pub(super) states: States,
    pub(super) events: EventLog,
    /// The owner goes.
    pub(super) closing: CancellationToken,
    /// Signs of life. All viewers are given them together: one wake-up for all.
    pub(super) beats: watch::Sender<u64>,
    /// Somebody has come to hear them.
    pub(super) attached: Notify,
}

impl Served {
    /// Gives signs of life while anybody hears them.
    async fn beat(&self) {
        loop {
            if self.beats.receiver_count() == 0 {
                self.attached.notified().await;
            }
            tokio::time::sleep(HEARTBEAT).await;
            self.beats.send_modify(|beat| *beat += 1);
        }
    }
}

/// A board that is served.
pub(super) struct Host {
    path: PathBuf,
    listening: CancellationToken,
    closing: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

/// What a host needs of the owner.
pub(super) struct Hosting {
    pub(super) owner: Owner,
    pub(super) identity: Identity,
    pub(super) clock: Clock,
    pub(super) boards: watch::Receiver<Arc<Board>>,
    pub(super) settled: watch::Receiver<bool>,
    pub(super) asker: Asker,
    pub(super) keeper: Option<Keeper>,
    pub(super) triage: TriageDesk,
    pub(super) status: fn(&Board) -> String,
    pub(super) schedule: fn(&Board, Instant) -> String,
}

impl Host {
    /// Serves the board at `path`, to a group as well if there is one. Whoever calls this holds the
    /// lock of the board.
    pub(super) fn start(path: &Path, group: Option<u32>, hosting: Hosting) -> io::Result<Self> {
        let listener = socket::bind(path, group)?;
        let Hosting { owner, identity, clock, boards, settled, asker, keeper, triage, status, schedule } =
            hosting;
        let (listening, closing) = (CancellationToken::new(), CancellationToken::new());
        let served = Arc::new(Served {
            events: EventLog::new(owner.since),
            owner,
            identity,
            clock,
            boards,
            settled,
            asker,
            keeper,
            triage,
            status,
            schedule,
            states: States::default(),
            closing: closing.clone(),
            beats: watch::channel(0).0,
            attached: Notify::new(),
        });
        let task = tokio::spawn(run(listener, served, group, listening.clone()));
        Ok(Self { path: path.to_owned(), listening, closing, task })
    }

    /// Lets nobody in any more and takes the socket away; who is in stays. While the lock is
    /// held, or the socket of the next owner would go.
    pub(super) fn shut(&self) {
        self.listening.cancel();
        socket::remove(&self.path);
    }

    /// Tells the viewers that the board is free: after the lock was let go.
    pub(super) async fn part(mut self) {
        self.closing.cancel();
        if tokio::time::timeout(PARTING, &mut self.task).await.is_err() {
            // One that does not read hears of it by the end of its connection.
            self.task.abort();
        }
    }
}

async fn run(listener: UnixListener, served: Arc<Served>, group: Option<u32>, listening: CancellationToken) {
    let mut connections = JoinSet::new();
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let service = |door| TowerToHyperService::new(router(Arc::clone(&served), door));
    let (service, of_group) = (service(Door::User), service(Door::Group));
    let mut boards = served.boards.clone();
    served.events.note(&boards.borrow_and_update());
    let beating = Arc::clone(&served);
    let mut beating = pin!(beating.beat());
    loop {
        let accepted = tokio::select! {
            () = listening.cancelled() => break,
            () = &mut beating => continue,
            Ok(()) = boards.changed() => {
                let board = Arc::clone(&boards.borrow_and_update());
                served.events.note(&board);
                continue;
            }
            Some(_) = connections.join_next() => continue,
            accepted = listener.accept() => accepted,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "a connection was not accepted");
                tokio::time::sleep(BREATH).await;
                continue;
            }
        };
        let peer = stream.peer_cred();
        let Some(door) = peer.as_ref().ok().and_then(|peer| group::door(peer, group)) else {
            tracing::warn!(?peer, "somebody else was at the socket");
            continue;
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            tracing::warn!("more than {MOST_CONNECTIONS} connections");
            continue;
        };
        let service = if door == Door::User { service.clone() } else { of_group.clone() };
        connections.spawn(async move {
            answer(stream, service).await;
            drop(place);
        });
    }
    drop(listener);
    served.closing.cancelled().await;
    while connections.join_next().await.is_some() {}
}

async fn answer(stream: UnixStream, service: TowerToHyperService<axum::Router>) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(REQUEST_WITHIN)
        // One request each: a connection that waits for more would take the place of another.
        .keep_alive(false)
        .max_buf_size(LARGEST_REQUEST)
        .max_headers(MOST_HEADERS)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = connection.await {
        tracing::debug!(%error, "a connection broke");
    }
}
