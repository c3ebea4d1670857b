//! Owners and viewers in one process, over a real socket in a temporary directory. Every wait
//! is for something that must happen.

use std::{
    io,
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
            identity: Identity {
                version: Text::new(env!("CARGO_PKG_VERSION")),
                sources: vec![Text::new("scripted a")],
                is_offline: false,
            },
            place: Some(Place { directory: self.directory(), sockets: vec![self.root.path().join("run")] }),
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

#[tokio::test]
async fn the_second_one_is_told_by_the_first_and_asks_nobody() {
    let ground = Ground::new();
    let owner = ground.start().await;
    until_names(&owner, "1.0").await;
    socket(&owner).await;
    let mut viewer = ground.start().await;
    viewer.settled().await;
    until_names(&viewer, "1.0").await;
    assert_eq!(*viewer.standing().borrow(), Standing::Viewer(std::process::id()));
    let asked = ground.service.rounds();
    assert_eq!((asked, ground.service.made()), (1, 1), "one asks");

    ground.service.says("1.1");
    viewer.handle().refresh(Some(&SourceId::new("scripted")));
    until_names(&owner, "1.1").await;
    until_names(&viewer, "1.1").await;
    let same = |board: &Arc<Board>| picture(board) == picture(&owner.board());
    until(&mut viewer.boards(), "the same board", same).await;
    assert_eq!((ground.service.rounds(), ground.service.made()), (2, 1));

    let kept = viewer.handle().at(now() + chrono::Duration::hours(1)).await.unwrap();
    assert_eq!(kept.len(), 1);
    assert_eq!(kept, owner.handle().at(now() + chrono::Duration::hours(1)).await.unwrap());
    let span = (now() - chrono::Duration::hours(1), now() + chrono::Duration::hours(1));
    let instants = viewer.handle().instants(span.0, span.1).await.unwrap();
    assert_eq!(instants.len(), 2, "two states were kept");
    viewer.stop().await;
    owner.stop().await;
}

#[tokio::test]
async fn who_shows_something_else_is_refused_with_the_reason() {
    let ground = Ground::new();
    let owner = ground.start().await;
    socket(&owner).await;
    for (sources, version, said) in [
        ("scripted b", env!("CARGO_PKG_VERSION"), "it has scripted a, this one has scripted b"),
        ("scripted a", "9.9.9", "this is tminus 9.9.9"),
    ] {
        let mut setup = ground.setup();
        setup.identity.sources = vec![Text::new(sources)];
        setup.identity.version = Text::new(version);
        let problem = Session::start(setup).await.err().expect("a refusal");
        assert!(problem.what.contains(said), "{}", problem.what);
        assert!(problem.what.contains(&std::process::id().to_string()), "{}", problem.what);
    }
    owner.stop().await;
}

#[tokio::test]
async fn when_the_owner_ends_a_viewer_goes_on_with_the_same_past_and_picture() {
    let ground = Ground::new();
    let owner = ground.start().await;
    until_names(&owner, "1.0").await;
    socket(&owner).await;
    let viewers = [ground.start().await, ground.start().await];
    let mut shown = Vec::new();
    for viewer in &viewers {
        until_names(viewer, "1.0").await;
        // From here on every board that somebody would see is looked at.
        let mut boards = viewer.boards();
        shown.push(tokio::spawn(async move {
            let mut worst = Completeness::Whole;
            while boards.changed().await.is_ok() {
                let board = Arc::clone(&boards.borrow_and_update());
                if board.completeness != Completeness::Whole || names(&board).is_empty() {
                    worst = Completeness::Filling;
                }
            }
            worst
        }));
    }
    ground.service.says("2.0");
    owner.stop().await;
    for viewer in &viewers {
        until_names(viewer, "2.0").await;
    }
    let is_owner = |viewer: &Session| matches!(&*viewer.standing().borrow(), Standing::Owner(Some(_)));
    assert_eq!(viewers.iter().filter(|viewer| is_owner(viewer)).count(), 1);
    assert_eq!(ground.service.made(), 2, "the second owner asks, nobody else");
    let [first, second] = viewers;
    for viewer in [&first, &second] {
        let then = viewer.handle().at(now()).await.unwrap();
        assert_eq!(then[0].facts.releases[0].version, Text::new("1.0"), "what the first owner kept");
    }
    // The next one is handed over to, too, by an owner that is suspended and comes back.
    let (owner, viewer) = if is_owner(&first) { (first, second) } else { (second, first) };
    owner.handle().suspend().await;
    socket(&viewer).await;
    owner.handle().resume();
    until_standing(&owner, |standing| matches!(standing, Standing::Viewer(_))).await;
    owner.stop().await;
    viewer.stop().await;
    for seen in shown {
        assert_eq!(seen.await.unwrap(), Completeness::Whole, "no screen was disturbed");
    }
}

#[tokio::test]
async fn a_board_that_is_read_anew_keeps_its_lock_and_refuses_viewers_of_the_old_one() {
    let ground = Ground::new();
    let owner = ground.start().await;
    socket(&owner).await;
    let viewer = ground.start().await;
    until_names(&viewer, "1.0").await;
    let lock = owner.stop_with_lock().await;
    assert!(lock.is_some());
    let mut setup = ground.setup();
    setup.identity.sources = vec![Text::new("scripted b")];
    let owner = Session::start(SessionSetup { lock, ..setup }).await.unwrap();
    let told = |board: &Arc<Board>| {
        let trouble = board.health.iter().filter_map(|health| health.failure.as_ref());
        trouble.into_iter().any(|problem| problem.what.contains("other sources"))
    };
    until(&mut viewer.boards(), "the reason", told).await;
    assert_eq!(names(&viewer.board()), ["payments 1.0"], "what was known stays");
    owner.stop().await;
    socket(&viewer).await;
    until(&mut viewer.boards(), "it is well again", |board| !told(board)).await;
    viewer.stop().await;
}

#[tokio::test]
async fn offline_looks_and_never_keeps_others_from_the_board() {
    let ground = Ground::new();
    let owner = ground.start().await;
    until_names(&owner, "1.0").await;
    socket(&owner).await;
    let mut setup = ground.setup();
    setup.identity.is_offline = true;
    let viewer = Session::start(setup).await.unwrap();
    until_names(&viewer, "1.0").await;
    owner.stop().await;
    let told = |board: &Arc<Board>| board.health.iter().any(SourceHealth::is_own);
    until(&mut viewer.boards(), "nobody asks any more", told).await;
    let next = ground.start().await;
    socket(&next).await;
    until_standing(&viewer, |standing| matches!(standing, Standing::Viewer(_))).await;
    viewer.stop().await;
    next.stop().await;
}

#[tokio::test]
async fn who_has_no_sources_any_more_leaves_the_board_to_others() {
    let ground = Ground::new();
    let owner = ground.start().await;
    socket(&owner).await;
    let mut setup = ground.setup();
    setup.sources = Box::new(|| Err(Problem::new("the token has gone", "set it again")));
    let viewer = Session::start(setup).await.unwrap();
    until_names(&viewer, "1.0").await;
    owner.stop().await;
    let told = |board: &Arc<Board>| {
        let failures = board.health.iter().filter_map(|health| health.failure.as_ref());
        failures.into_iter().any(|problem| problem.what.contains("the token has gone"))
    };
    until(&mut viewer.boards(), "why nobody asks", told).await;
    let next = ground.start().await;
    socket(&next).await;
    until_standing(&viewer, |standing| matches!(standing, Standing::Viewer(_))).await;
    until(&mut viewer.boards(), "it is well again", |board| !told(board)).await;
    viewer.stop().await;
    next.stop().await;
}

/// Serves a board as an owner would that says what cannot be read after its greeting, and
/// counts those who come.
async fn babble(listener: tokio::net::UnixListener, hello: Vec<u8>, came: Arc<AtomicUsize>) {
    while let Ok((mut stream, _)) = listener.accept().await {
        came.fetch_add(1, Ordering::SeqCst);
        let mut answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_vec();
        for (number, payload) in (0..).zip([hello.as_slice(), &[250, 1, 2]]) {
            answer.extend_from_slice(&wire::header(number, payload.len()));
            answer.extend_from_slice(payload);
        }
        // What was not read would take the answer along when the connection is closed.
        let mut request = [0; 4096];
        drop(stream.read(&mut request).await);
        drop(stream.write_all(&answer).await);
    }
}

#[tokio::test]
async fn an_owner_that_cannot_be_understood_is_told_of_and_not_asked_without_end() {
    let ground = Ground::new();
    let mut lock = history::OwnerLock::acquire(&ground.directory(), now()).unwrap();
    let path = ground.root.path().join("a.sock");
    let listener = tokio::net::UnixListener::bind(&path).unwrap();
    lock.announce(Some(path));
    let identity = ground.setup().identity;
    let hello = wire::Hello { wire: wire::WIRE, owner: lock.owner().clone(), identity };
    let came = Arc::new(AtomicUsize::new(0));
    let hello = serde_json::to_vec(&hello).unwrap();
    let babbling = tokio::spawn(babble(listener, hello, Arc::clone(&came)));
    let viewer = ground.start().await;
    let told = |board: &Arc<Board>| {
        let failures = board.health.iter().filter_map(|health| health.failure.as_ref());
        failures.into_iter().any(|problem| problem.what.contains("cannot read"))
    };
    until(&mut viewer.boards(), "what is wrong", told).await;
    assert!(came.load(Ordering::SeqCst) <= 2, "{came:?}");
    babbling.abort();
    drop(lock);
    socket(&viewer).await;
    until_names(&viewer, "1.0").await;
    viewer.stop().await;
}

#[tokio::test]
async fn a_board_that_cannot_be_shared_works_and_says_so() {
    let ground = Ground::new();
    let mut setup = ground.setup();
    let file = ground.root.path().join("file");
    std::os::unix::fs::symlink("/nowhere/at/all", &file).unwrap();
    setup.place.as_mut().unwrap().sockets = vec![file];
    let owner = Session::start(setup).await.unwrap();
    let board = until_names(&owner, "1.0").await;
    until_standing(&owner, |standing| *standing == Standing::Owner(None)).await;
    drop(board);
    let told =
        |board: &Arc<Board>| board.health.iter().any(|health| health.is_own() && health.failure.is_some());
    until(&mut owner.boards(), "why", told).await;
    let problem = Session::start(ground.setup()).await.err().expect("no way in");
    assert!(problem.what.contains("does not answer"), "{}", problem.what);
    owner.stop().await;
}

async fn request(socket: &PathBuf, request: &[u8]) -> String {
    let mut stream = UnixStream::connect(socket).await.unwrap();
    // A server that has heard enough closes before it has read all.
    drop(stream.write_all(request).await);
    let mut answer = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    drop(read.expect("an end"));
    String::from_utf8_lossy(&answer).into_owned()
}

fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nHost: tminus\r\n\r\n").into_bytes()
}

#[tokio::test]
async fn scripts_ask_for_the_status_and_the_health() {
    let ground = Ground::new();
    let owner = ground.start().await;
    until_names(&owner, "1.0").await;
    let socket = socket(&owner).await;
    let status = request(&socket, &get("/v1/status")).await;
    assert!(status.starts_with("HTTP/1.1 200") && status.ends_with("{\"board\":\"payments\"}"), "{status}");
    assert!(request(&socket, &get("/healthz")).await.starts_with("HTTP/1.1 200"));
    *ground.service.0.says.lock().unwrap() = Err(Problem::new("no route to host", "look at the network"));
    let asked = request(&socket, b"POST /v1/refresh/scripted HTTP/1.1\r\nHost: tminus\r\n\r\n").await;
    assert!(asked.starts_with("HTTP/1.1 202"), "{asked}");
    let failed = |board: &Arc<Board>| board.health.iter().any(|health| health.failure.is_some());
    until(&mut owner.boards(), "a failure", failed).await;
    let health = request(&socket, &get("/healthz")).await;
    assert!(health.starts_with("HTTP/1.1 503") && health.contains("scripted: no route to host"), "{health}");
    for (path, status) in
        [("/", 404), ("/v1/viewer/0.0.0-1/at/0", 409), ("/v1/viewer/x/at/soon", 400), ("/v1/refresh", 405)]
    {
        let answer = request(&socket, &get(path)).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{path}: {answer}");
    }
    owner.stop().await;
    assert!(!socket.exists(), "it goes with its owner");
}

/// What a client that follows the events has read, until it holds `text`.
async fn follow(socket: &PathBuf, last: Option<&str>, text: &str) -> String {
    let mut stream = UnixStream::connect(socket).await.unwrap();
    let last = last.map(|last| format!("Last-Event-ID: {last}\r\n")).unwrap_or_default();
    let request = format!("GET /v1/events HTTP/1.1\r\nHost: tminus\r\n{last}\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut read = String::new();
    let mut buffer = [0; 4096];
    while !read.contains(text) {
        let count = tokio::time::timeout(PATIENCE, stream.read(&mut buffer)).await;
        let count = count.unwrap_or_else(|_| panic!("no {text} in {read}")).unwrap();
        assert!(count > 0, "it ended: {read}");
        read.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
    read
}

#[tokio::test]
async fn events_go_on_where_a_client_left_and_say_when_they_cannot() {
    let ground = Ground::new();
    let owner = ground.start().await;
    until_names(&owner, "1.0").await;
    let socket = socket(&owner).await;
    let live = tokio::spawn({
        let socket = socket.clone();
        async move { follow(&socket, None, "payments 1.1").await }
    });
    let reset = follow(&socket, Some("nonsense"), "event: reset").await;
    let id = reset.lines().find_map(|line| line.strip_prefix("id: ")).expect("an id").to_owned();
    // The live one follows by now or soon: news come until it has seen some.
    for version in ["1.1", "1.2"] {
        ground.service.says(version);
        owner.handle().refresh(None);
        until_names(&owner, version).await;
    }
    let resumed = follow(&socket, Some(&id), "payments 1.2").await;
    assert!(resumed.contains("payments 1.1") && resumed.contains("\"facts_changed\":true"), "{resumed}");
    assert!(!resumed.contains("reset"), "{resumed}");
    let epoch = id.split_once('-').unwrap().0;
    let other = follow(&socket, Some("17-3"), "event: reset").await;
    assert!(other.contains(&format!("id: {epoch}-")), "{other}");
    live.abort();
    owner.stop().await;
}

#[tokio::test]
async fn a_hostile_client_harms_nobody() {
    let ground = Ground::new();
    let owner = ground.start().await;
    until_names(&owner, "1.0").await;
    let socket = socket(&owner).await;
    let huge = [b"GET /".to_vec(), vec![b'a'; 1 << 20]].concat();
    for hostile in [huge, vec![0xff; 4096], b"\r\n\r\n\r\n".to_vec()] {
        let answer = request(&socket, &hostile).await;
        assert!(!answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    // As many as want to stay, saying nothing: some are let in, the rest is closed at once.
    let mut held = Vec::new();
    let mut closed = 0;
    while closed == 0 {
        assert!(held.len() < 1000, "no end of connections");
        let stream = UnixStream::connect(&socket).await.unwrap();
        let mut byte = [0];
        // The server closes what it does not want before it accepts the next one.
        match tokio::time::timeout(Duration::from_millis(5), stream.peek_once(&mut byte)).await {
            Ok(_) => closed += 1,
            Err(_) => held.push(stream),
        }
    }
    assert!(held.len() <= 128, "{}", held.len());
    drop(held);
    // Their places are free again.
    let mut viewer = ground.start().await;
    viewer.settled().await;
    until_names(&viewer, "1.0").await;
    viewer.stop().await;
    owner.stop().await;
}

/// Reads what is there, or the end.
trait PeekOnce {
    async fn peek_once(&self, byte: &mut [u8]) -> io::Result<usize>;
}

impl PeekOnce for UnixStream {
    async fn peek_once(&self, byte: &mut [u8]) -> io::Result<usize> {
        loop {
            self.readable().await?;
            match self.try_read(byte) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return read,
            }
        }
    }
}

#[tokio::test]
async fn a_slow_viewer_holds_up_nobody_and_gets_the_newest() {
    let ground = Ground::new();
    let big = |version: &str| *ground.service.0.says.lock().unwrap() = Ok(facts(version, 5_000));
    big("1.0");
    let owner = ground.start().await;
    until_names(&owner, "1.0").await;
    let socket = socket(&owner).await;
    let client = client::Client::new(&socket).unwrap();
    let identity = ground.setup().identity;
    // It attaches, and reads nothing for as long as it takes: a snapshot does not fit into
    // what the system buffers.
    let mut slow = client.attach(&identity).await.unwrap_or_else(|trouble| panic!("{trouble:?}"));
    let quick = ground.start().await;
    for version in ["1.1", "1.2", "1.3", "1.4", "1.5"] {
        big(version);
        owner.handle().refresh(None);
        until_names(&owner, version).await;
        until_names(&quick, version).await;
    }
    let (mut mirror, mut states) = (mirror::Mirror::default(), 0);
    let deriver = ground.setup().deriver;
    loop {
        let frame = tokio::time::timeout(PATIENCE, slow.next()).await.expect("a frame").unwrap();
        if let wire::Frame::State(state) = frame {
            mirror.hear(*state).unwrap();
            states += 1;
            let board = mirror.board(&deriver, Clock::Frozen(now()), None).await.unwrap();
            if names(&board).contains(&"payments 1.5".to_owned()) {
                break;
            }
        }
    }
    assert!(states <= 3, "{states} states were kept for it");
    drop(slow);
    quick.stop().await;
    owner.stop().await;
}

#[tokio::test]
async fn twenty_viewers_are_one_poller() {
    let ground = Ground::new();
    let owner = ground.start().await;
    until_names(&owner, "1.0").await;
    socket(&owner).await;
    let mut viewers = Vec::new();
    for _ in 0..20 {
        viewers.push(ground.start().await);
    }
    for version in ["1.1", "1.2", "1.3"] {
        ground.service.says(version);
        viewers[7].handle().refresh(None);
        for viewer in &viewers {
            until_names(viewer, version).await;
        }
    }
    assert_eq!((ground.service.rounds(), ground.service.made()), (4, 1));
    for viewer in viewers {
        viewer.stop().await;
    }
    owner.stop().await;
}

#[tokio::test]
async fn the_picture_of_the_last_visit_is_not_served() {
    let ground = Ground::new();
    *ground.service.0.says.lock().unwrap() = Err(Problem::new("no route to host", "look at the network"));
    let deriver = ground.setup().deriver;
    let facts = facts("0.9", 0);
    let world = crate::domain::World::union([(&SourceId::new("scripted"), &*facts)]);
    let last = deriver.derive(move || Arc::new(world), [].into(), Completeness::Whole, now()).await.unwrap();
    let preview = Preview::of(&last, 1.0).into_board();
    let owner = Session::start(SessionSetup { preview: Some(preview), ..ground.setup() }).await.unwrap();
    socket(&owner).await;
    let viewer = ground.start().await;
    until(&mut viewer.boards(), "what the owner knows", |board| !board.health.is_empty()).await;
    assert!(names(&viewer.board()).is_empty());
    viewer.stop().await;
    owner.stop().await;
}
