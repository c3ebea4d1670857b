//! Where the boards of one process come from: it owns the board, or is told by who does.
//!
//! ```text
//!            the lock is free                     the owner goes
//!   seek ─────────────────────▶ own      seek ◀──────────────────── view
//!    ▲  ╲ somebody serves it     │                                    ▲
//!    │   ╰───────────────────────┼────────────────────────────────────╯
//!    ╰── suspended ◀─────────────╯ hands over
//! ```
//!
//! Who looks at the boards sees nothing of it: the last one stays until there is a newer one.

use std::{path::PathBuf, sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, oneshot, watch},
    task::JoinHandle,
};

use super::{
    Archive,
    client::{Attachment, Client, Trouble, no_answer},
    mirror::Mirror,
    owning::Owning,
    wire::Identity,
};
use crate::{
    clock::{Clock, stopwatch},
    domain::{Instant, Problem, ReleaseId, SourceHealth, SourceId, Triage, TriageChange},
    history::{Kept, LockError, OwnerLock},
    insight::{Board, Completeness},
    refresh::{Deriver, Storage},
    source::Source,
};

/// How long a process that starts looks for an owner that answers.
const START_WITHIN: Duration = Duration::from_secs(3);
/// How long an owner may take to hand over.
pub(super) const END_WITHIN: Duration = Duration::from_secs(2);

/// What a session is made of.
pub struct SessionSetup {
    /// What boards are made by.
    pub deriver: Deriver,
    /// Where `now` comes from.
    pub clock: Clock,
    /// What this process shows: an owner that shows something else is refused.
    pub identity: Identity,
    /// Where the board lives; none: it is not shared, and has no past.
    pub place: Option<Place>,
    /// Makes the sources, in the order of their rank, whenever this process becomes the owner.
    pub sources: MakeSources,
    /// Opens the past, whenever this process becomes the owner.
    pub storage: MakeStorage,
    /// The board of the last visit, shown until there is a better one.
    pub preview: Option<Board>,
    /// The release that somebody looks at, as far as that is known.
    pub focus: Option<ReleaseId>,
    /// The board as `tminus status --format json` prints it.
    pub status: fn(&Board) -> String,
    /// The board as `tminus schedule --format ics` prints it at an instant.
    pub schedule: fn(&Board, Instant) -> String,
    /// The lock of the board, where this process has it already.
    pub lock: Option<OwnerLock>,
}

/// Makes sources; a problem where they cannot be made any more.
pub type MakeSources = Box<dyn FnMut() -> Result<Vec<Box<dyn Source>>, Problem> + Send>;
/// Makes what a store is opened by.
pub type MakeStorage = Box<dyn FnMut() -> Storage + Send>;

/// Where a board lives.
#[derive(Clone, Debug)]
pub struct Place {
    /// The directory of its lock and its history.
    pub directory: PathBuf,
    /// Directories for its socket; the first one that will do is taken.
    pub sockets: Vec<PathBuf>,
    /// A group of users that may look, by name or number; none: the user alone.
    pub group: Option<String>,
}

/// What the process is for its board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It asks and keeps, and serves at this socket; none: nobody can see it.
    Owner(Option<PathBuf>),
    /// It is told by the process with this id.
    Viewer(u32),
    /// It looks for an owner, or for the lock.
    Seeking,
    /// It has handed over.
    Suspended,
}

/// Boards, until it is stopped.
pub struct Session {
    boards: watch::Receiver<Arc<Board>>,
    settled: watch::Receiver<bool>,
    standing: watch::Receiver<Standing>,
    handle: SessionHandle,
    archive: Archive,
    task: JoinHandle<Option<OwnerLock>>,
}

/// What a session can be asked for, by somebody who does not own it.
#[derive(Clone)]
pub struct SessionHandle {
    orders: mpsc::UnboundedSender<Order>,
    triage: watch::Receiver<Arc<Triage>>,
    standing: watch::Receiver<Standing>,
}

pub(super) enum Order {
    Refresh(Option<SourceId>),
    LookAt(ReleaseId),
    At { at: Instant, answer: Answer<Vec<Kept>> },
    Instants { from: Instant, until: Instant, answer: Answer<Vec<Instant>> },
    Note { change: TriageChange, answer: Answer<()> },
    Suspend(oneshot::Sender<()>),
    Resume,
    Stop { keeps_lock: bool },
}

pub(super) type Answer<T> = oneshot::Sender<Result<T, Problem>>;

impl SessionHandle {
    /// Asks `source`, or all sources, now: through the owner, if that is another process.
    pub fn refresh(&self, source: Option<&SourceId>) {
        self.order(Order::Refresh(source.cloned()));
    }

    /// Says which release is looked at: what belongs to it is read first, where this process asks.
    pub fn look_at(&self, release: &ReleaseId) {
        self.order(Order::LookAt(release.clone()));
    }

    /// What every source had said at `at`.
    pub async fn at(&self, at: Instant) -> Result<Vec<Kept>, Problem> {
        let (answer, kept) = oneshot::channel();
        self.order(Order::At { at, answer });
        kept.await.unwrap_or_else(|_| Err(nobody()))
    }

    /// Instants in `from..=until` at which something changed, oldest first.
    pub async fn instants(&self, from: Instant, until: Instant) -> Result<Vec<Instant>, Problem> {
        let (answer, instants) = oneshot::channel();
        self.order(Order::Instants { from, until, answer });
        instants.await.unwrap_or_else(|_| Err(nobody()))
    }

    /// Another process owns the board and asks the sources.
    pub fn is_viewer(&self) -> bool {
        matches!(*self.standing.borrow(), Standing::Viewer(_))
    }

    /// What people said about things on the board, and whatever follows.
    pub fn triage(&self) -> watch::Receiver<Arc<Triage>> {
        self.triage.clone()
    }

    /// Says something about a thing on the board, or takes it back, for everybody who looks at
    /// it: through the owner, if that is another process. It is kept when this returns.
    pub async fn note(&self, change: TriageChange) -> Result<(), Problem> {
        let (answer, noted) = oneshot::channel();
        self.order(Order::Note { change, answer });
        noted.await.unwrap_or_else(|_| Err(nobody()))
    }

    /// Hands the board over, before this process is stopped. Returns when that is done, or
    /// takes too long.
    pub async fn suspend(&self) {
        let (done, is_done) = oneshot::channel();
        self.order(Order::Suspend(done));
        drop(tokio::time::timeout(END_WITHIN * 2, is_done).await);
    }

    /// Goes on after [`suspend`](Self::suspend).
    pub fn resume(&self) {
        self.order(Order::Resume);
    }

    fn order(&self, order: Order) {
        // A session that has ended has no orders.
        drop(self.orders.send(order));
    }
}

/// The answer while nobody has the board.
pub(super) fn nobody() -> Problem {
    Problem::new("that cannot be done now: this board is just changing hands", "try again in a moment")
}

impl Session {
    /// Becomes the owner of the board, or attaches to it; a problem if it can do neither. Must
    /// be called within a tokio runtime.
    pub async fn start(mut setup: SessionSetup) -> Result<Self, Problem> {
        let first = setup.preview.take();
        let first = first.unwrap_or_else(|| setup.deriver.empty([].into(), setup.clock.now()));
        let (publish, boards) = watch::channel(Arc::new(first));
        let (settle, settled) = watch::channel(false);
        let (stand, standing) = watch::channel(Standing::Seeking);
        let (say, triage) = watch::channel(Arc::default());
        let (orders, inbox) = mpsc::unbounded_channel();
        let plain = Arc::clone(&boards.borrow());
        let mut desk = Desk {
            setup,
            plain,
            trouble: None,
            mirror: Mirror::default(),
            is_in_vain: false,
            publish,
            settle,
            stand,
            triage: say,
            orders: inbox,
        };
        let next = desk.begin().await?;
        if let Next::Own(owning) = &next {
            // With its sources, before anybody looks.
            desk.show(owning.board());
        }
        let handle = SessionHandle { orders, triage, standing: standing.clone() };
        let archive = Archive::new(handle.clone(), desk.setup.deriver.clone());
        let task = tokio::spawn(desk.run(next));
        Ok(Self { boards, settled, standing, handle, archive, task })
    }

    /// The newest board, and those that follow.
    pub fn boards(&self) -> watch::Receiver<Arc<Board>> {
        self.boards.clone()
    }

    /// The newest board.
    pub fn board(&self) -> Arc<Board> {
        Arc::clone(&self.boards.borrow())
    }

    /// What this process is for its board, and what it becomes.
    pub fn standing(&self) -> watch::Receiver<Standing> {
        self.standing.clone()
    }

    /// What asks the sources and reads the past.
    pub fn handle(&self) -> SessionHandle {
        self.handle.clone()
    }

    /// What makes boards of the past.
    pub fn archive(&self) -> Archive {
        self.archive.clone()
    }

    /// Waits until every source has answered or failed once, and the board says so.
    pub async fn settled(&mut self) -> Arc<Board> {
        // An error means that the session has ended: what it published last is all there is.
        drop(self.settled.wait_for(|settled| *settled).await);
        self.board()
    }

    /// Hands the board over and ends: what was said is kept, the store is closed.
    pub async fn stop(self) {
        self.end(false).await;
    }

    /// Ends as [`stop`](Self::stop) does, but keeps the right to the board, if it has it: for
    /// who goes on with another configuration.
    pub async fn stop_with_lock(self) -> Option<OwnerLock> {
        self.end(true).await
    }

    async fn end(self, keeps_lock: bool) -> Option<OwnerLock> {
        self.handle.order(Order::Stop { keeps_lock });
        self.task.await.ok().flatten()
    }
}

/// What the session does next.
pub(super) enum Next {
    Own(Owning),
    View(Attachment),
    Seek,
    Suspended,
    Ended(Option<OwnerLock>),
}

/// What somebody found who looked for the owner.
enum Found {
    /// It was not looked for.
    Nothing,
    /// Nobody: the board is ours.
    Free(OwnerLock),
    Owner(Attachment),
    /// The owner shows something else.
    Refused(Problem),
    /// It has the board and does not serve it, or not yet.
    NoAnswer(Problem),
    /// There is no place for a board.
    NoPlace(LockError),
}

/// The session's task.
pub(super) struct Desk {
    pub(super) setup: SessionSetup,
    /// The newest board without what is said of the owner.
    pub(super) plain: Arc<Board>,
    trouble: Option<SourceHealth>,
    pub(super) mirror: Mirror,
    /// The owner that was attached to last said nothing of use.
    pub(super) is_in_vain: bool,
    pub(super) publish: watch::Sender<Arc<Board>>,
    pub(super) settle: watch::Sender<bool>,
    pub(super) stand: watch::Sender<Standing>,
    pub(super) triage: watch::Sender<Arc<Triage>>,
    pub(super) orders: mpsc::UnboundedReceiver<Order>,
}

impl Desk {
    async fn run(mut self, mut next: Next) -> Option<OwnerLock> {
        loop {
            next = match next {
                Next::Own(owning) => self.own(owning).await,
                Next::View(attachment) => self.view(attachment).await,
                Next::Seek => self.seek().await,
                Next::Suspended => self.suspended().await,
                Next::Ended(lock) => return lock,
            };
        }
    }

    /// The first role, or why there is none.
    async fn begin(&mut self) -> Result<Next, Problem> {
        if self.setup.place.is_none() {
            return Ok(Next::Own(Owning::alone(self, None).await?));
        }
        if let Some(lock) = self.setup.lock.take() {
            return Ok(Next::Own(Owning::with_lock(self, lock).await?));
        }
        let looking = stopwatch();
        loop {
            match self.find().await {
                Found::Free(lock) => return Ok(Next::Own(Owning::with_lock(self, lock).await?)),
                Found::Owner(attachment) => return Ok(Next::View(attachment)),
                // Without a place to keep it the board has no past, and says so.
                Found::NoPlace(error) => return Ok(Next::Own(Owning::alone(self, Some(&error)).await?)),
                Found::Refused(problem) => return Err(problem),
                Found::NoAnswer(problem) if looking() > START_WITHIN => return Err(problem),
                Found::NoAnswer(_) | Found::Nothing => tokio::time::sleep(between(20, 80)).await,
            }
        }
    }

    /// Looks once who has the board.
    async fn find(&mut self) -> Found {
        let Some(place) = &self.setup.place else { return Found::NoAnswer(nobody()) };
        let (directory, now) = (place.directory.clone(), self.setup.clock.now());
        let acquired = tokio::task::spawn_blocking(move || OwnerLock::acquire(&directory, now)).await;
        let owner = match acquired {
            Ok(Ok(lock)) => return Found::Free(lock),
            Ok(Err(LockError::Held { owner })) => owner,
            Ok(Err(error)) => return Found::NoPlace(error),
            // The program is ending.
            Err(_) => return Found::NoAnswer(nobody()),
        };
        let Some(socket) = owner.as_ref().and_then(|owner| owner.socket.as_deref()) else {
            return Found::NoAnswer(no_answer(owner.as_ref()));
        };
        let attached = match Client::new(socket) {
            Ok(client) => client.attach(&self.setup.identity).await,
            Err(problem) => Err(Trouble::Refused(problem)),
        };
        match attached {
            Ok(attachment) => Found::Owner(attachment),
            Err(Trouble::Refused(problem)) => Found::Refused(problem),
            Err(Trouble::Gone | Trouble::Silent) => Found::NoAnswer(no_answer(owner.as_ref())),
        }
    }

    /// Looks for the owner or the lock until it has one of them.
    async fn seek(&mut self) -> Next {
        self.stand.send_replace(Standing::Seeking);
        let looking = stopwatch();
        loop {
            let found = match self.setup.lock.take() {
                Some(lock) => Found::Free(lock),
                // It would be so at once again.
                None if std::mem::take(&mut self.is_in_vain) => Found::Nothing,
                None => self.find().await,
            };
            let pause = match found {
                Found::Nothing => between(500, 1_500),
                Found::Free(lock) if self.may_own() => match Owning::with_lock(self, lock).await {
                    Ok(owning) => return Next::Own(owning),
                    // Who has the sources may have the board: the lock is free again.
                    Err(problem) => {
                        self.trouble(problem, None);
                        between(500, 1_500)
                    }
                },
                Found::Owner(attachment) => return Next::View(attachment),
                Found::Free(lock) => {
                    drop(lock);
                    let problem = Problem::new(
                        "the process that asked the sources of this board has ended",
                        "start this one again without --offline",
                    );
                    self.trouble(problem, None);
                    between(500, 1_500)
                }
                Found::Refused(problem) => {
                    self.trouble(problem, None);
                    between(500, 1_500)
                }
                Found::NoAnswer(problem) if looking() > START_WITHIN => {
                    self.trouble(problem, None);
                    between(500, 1_500)
                }
                Found::NoAnswer(_) => between(10, 60),
                Found::NoPlace(error) => match Owning::alone(self, Some(&error)).await {
                    Ok(owning) => return Next::Own(owning),
                    Err(problem) => {
                        self.trouble(problem, None);
                        between(500, 1_500)
                    }
                },
            };
            let mut pause = std::pin::pin!(tokio::time::sleep(pause));
            loop {
                let over = self.until_over();
                tokio::select! {
                                    biased;
                                    order = self.orders.recv() => match order {
                                        Some(Order::Stop { .. }) | None => return Next::Ended(None),
                                        Some(Order::Suspend(done)) => {
                                            // Whoever waited may have gone on.
                let _ = done.send(());
                                            return Next::Suspended;
                                        }
                                        // Whoever asks about the past hears that it cannot be read now.
                                        Some(_) => {}
                                    },
                                    () = &mut pause => break,
                                    () = tokio::time::sleep(over) => self.age().await,
                                }
            }
        }
    }

    /// An owner that asks nobody would keep those from it that do.
    fn may_own(&self) -> bool {
        !self.setup.identity.is_offline
    }

    async fn suspended(&mut self) -> Next {
        self.stand.send_replace(Standing::Suspended);
        loop {
            match self.orders.recv().await {
                Some(Order::Resume) => return Next::Seek,
                Some(Order::Suspend(done)) => {
                    let _ = done.send(());
                }
                Some(Order::Stop { .. }) | None => return Next::Ended(self.setup.lock.take()),
                Some(_) => {}
            }
        }
    }

    /// Publishes a board.
    pub(super) fn show(&mut self, board: Arc<Board>) {
        let old = std::mem::replace(&mut self.plain, board);
        self.republish();
        // A big board takes long to take apart.
        drop(tokio::task::spawn_blocking(move || drop(old)));
    }

    fn republish(&self) {
        let board = match &self.trouble {
            None => Arc::clone(&self.plain),
            Some(trouble) => {
                let health = self.plain.health.iter().chain([trouble]).cloned().collect();
                Arc::new(Board { health, ..(*self.plain).clone() })
            }
        };
        let old = self.publish.send_replace(board);
        drop(tokio::task::spawn_blocking(move || drop(old)));
    }

    /// Shows what is wrong with the owner, which was heard of last at this time.
    pub(super) fn trouble(&mut self, problem: Problem, heard_at: Option<Instant>) {
        let trouble = SourceHealth::of_owner(problem, heard_at);
        if self.trouble.as_ref() != Some(&trouble) {
            self.trouble = Some(trouble);
            self.republish();
        }
    }

    /// Nothing is wrong any more.
    pub(super) fn fine(&mut self) {
        if self.trouble.take().is_some() {
            self.republish();
        }
    }

    /// Whether somebody looks at a board that must not go for a lesser one.
    pub(super) fn has_shown_all(&self) -> bool {
        self.plain.completeness == Completeness::Whole
    }
}

/// A pause of so many milliseconds, by chance: those who wait for the same must not stay in
/// step.
fn between(least: u64, most: u64) -> Duration {
    Duration::from_millis(fastrand::u64(least..most))
}
