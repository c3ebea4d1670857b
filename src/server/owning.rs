//! A session that owns its board: asks, keeps and serves.

use std::{path::Path, sync::Arc, time::Duration};

use super::{
    group,
    host::{Host, Hosting},
    session::{Answer, Desk, END_WITHIN, Next, Order, Place, Standing},
    socket,
    triage::TriageDesk,
};
use crate::{
    domain::Problem,
    history::{HistoryError, LockError, OwnerLock, Retention},
    insight::{Board, Completeness},
    refresh::{Keeper, Refresher, Setup, Storage},
};

/// How long the board of the owner before stays, if the store is not read by then.
const QUIET: Duration = Duration::from_secs(10);

/// The sources are asked; others are not let in yet.
pub(super) struct Owning {
    refresher: Refresher,
    lock: Option<OwnerLock>,
    said: TriageDesk,
    /// What was wrong with what people had said.
    problem: Option<Problem>,
}

impl Owning {
    /// Owns a board that has a place. Without sources the lock is let go.
    pub(super) async fn with_lock(desk: &mut Desk, lock: OwnerLock) -> Result<Self, Problem> {
        let sources = (desk.setup.sources)()?;
        let storage = (desk.setup.storage)();
        Ok(Self::start(desk, sources, Some(storage), Some(lock)).await)
    }

    /// Shows a board that nobody else can see; `error`: because it cannot be kept.
    pub(super) async fn alone(desk: &mut Desk, error: Option<&LockError>) -> Result<Self, Problem> {
        let sources = (desk.setup.sources)()?;
        Ok(Self::start(desk, sources, error.map(no_storage), None).await)
    }

    async fn start(
        desk: &mut Desk,
        sources: Vec<Box<dyn crate::source::Source>>,
        storage: Option<Storage>,
        lock: Option<OwnerLock>,
    ) -> Self {
        // First: some of what people said are facts, and the first board must have them.
        let directory = desk.setup.place.as_ref().filter(|_| lock.is_some());
        let directory = directory.map(|place| place.directory.clone());
        let (said, problem) = TriageDesk::open(directory, desk.setup.clock, desk.triage.clone()).await;
        let preview = (desk.plain.completeness == Completeness::Preview).then(|| (*desk.plain).clone());
        let refresher = Refresher::start(Setup {
            deriver: desk.setup.deriver.clone(),
            clock: desk.setup.clock,
            sources,
            storage,
            preview,
            focus: desk.setup.focus.clone(),
            said: said.subscribe(),
        });
        Self { refresher, lock, said, problem }
    }

    /// The newest board.
    pub(super) fn board(&self) -> Arc<Board> {
        self.refresher.board()
    }
}

/// A history that cannot be kept, for the reason that the board then shows.
fn no_storage(error: &LockError) -> Storage {
    let error = HistoryError::Store { doing: "taking the board", cause: error.to_string() };
    Storage {
        open: Box::new(move || Err(error)),
        paint: Box::new(|_| {}),
        retention: Retention::default(),
        is_kept: false,
    }
}

impl Desk {
    /// Until the board is handed over or the session ends.
    pub(super) async fn own(&mut self, owning: Owning) -> Next {
        let Owning { refresher, mut lock, said, problem } = owning;
        self.fine();
        let host = if let (Some(lock), Some(place)) = (&mut lock, self.setup.place.clone()) {
            self.host(&place, lock, &refresher, &said)
        } else {
            self.stand.send_replace(Standing::Owner(None));
            None
        };
        if let Some(problem) = problem {
            self.trouble(problem, None);
        }
        let (asker, keeper) = (refresher.asker(), refresher.keeper().cloned());
        let (mut boards, mut settled) = (refresher.boards(), refresher.settling());
        // What the owner before knew stays on the screens until this one has read it, too.
        let mut quiet = self.has_shown_all().then(|| Box::pin(tokio::time::sleep(QUIET)));
        boards.mark_changed();
        settled.mark_changed();
        loop {
            tokio::select! {
                            biased;
                            order = self.orders.recv() => match order {
                                Some(Order::Refresh(source)) => asker.refresh(source.as_ref()),
                                Some(Order::LookAt(release)) => {
                                    asker.look_at(&release);
                                    self.setup.focus = Some(release);
                                }
                                Some(Order::At { at, answer }) => {
                                    ask(keeper.clone(), answer, move |keeper| async move { keeper.at(at).await });
                                }
                                Some(Order::Instants { from, until, answer }) => {
                                    let read = move |keeper: Keeper| async move { keeper.instants(from, until).await };
                                    ask(keeper.clone(), answer, read);
                                }
                                Some(Order::Note { change, answer }) => {
                                    let said = said.clone();
                                    tokio::spawn(async move {
                                        // Whoever asked may have gone on.
                                        drop(answer.send(said.note(change).await));
                                    });
                                }
                                Some(Order::Suspend(done)) => {
                                    said.close().await;
                                    self.setup.lock = hand_over(host, refresher, lock, false).await;
                                    // Whoever waited may have gone on.
            let _ = done.send(());
                                    return Next::Suspended;
                                }
                                Some(Order::Resume) => {}
                                Some(Order::Stop { keeps_lock }) => {
                                    said.close().await;
                                    return Next::Ended(hand_over(host, refresher, lock, keeps_lock).await);
                                }
                                None => {
                                    said.close().await;
                                    return Next::Ended(hand_over(host, refresher, lock, false).await);
                                }
                            },
                            Ok(()) = boards.changed() => {
                                let board = Arc::clone(&boards.borrow_and_update());
                                if quiet.is_none() || board.completeness == Completeness::Whole {
                                    quiet = None;
                                    self.show(board);
                                }
                            }
                            Ok(()) = settled.changed() => {
                                if *settled.borrow_and_update() {
                                    self.settle.send_replace(true);
                                }
                            }
                            () = wait(&mut quiet) => {
                                quiet = None;
                                self.show(refresher.board());
                            }
                        }
        }
    }

    /// Lets others in; a board that cannot be shared works all the same, and says so.
    fn host(
        &mut self,
        place: &Place,
        lock: &mut OwnerLock,
        refresher: &Refresher,
        said: &TriageDesk,
    ) -> Option<Host> {
        let group = place.group.as_deref().map(|name| group::resolve(name).ok_or_else(|| no_group(name)));
        let started = group.transpose().and_then(|group| {
            let path = socket::path(&place.directory, &place.sockets, group)?;
            let hosting = Hosting {
                owner: lock.owner().clone(),
                identity: self.setup.identity.clone(),
                clock: self.setup.clock,
                boards: self.publish.subscribe(),
                settled: self.settle.subscribe(),
                asker: refresher.asker(),
                keeper: refresher.keeper().cloned(),
                triage: said.clone(),
                status: self.setup.status,
                schedule: self.setup.schedule,
            };
            match Host::start(&path, group, hosting) {
                Ok(host) => Ok((path, host)),
                Err(error) => Err(cannot_serve(&path, &error)),
            }
        });
        match started {
            Ok((path, host)) => {
                lock.announce(Some(path.clone()));
                self.stand.send_replace(Standing::Owner(Some(path)));
                Some(host)
            }
            Err(problem) => {
                tracing::warn!(what = %problem.what, "the board is not served");
                self.stand.send_replace(Standing::Owner(None));
                self.trouble(problem, None);
                None
            }
        }
    }
}

fn no_group(name: &str) -> Problem {
    Problem::new(
        format!("other processes cannot see this board: there is no group `{name}` to let in (serve.group)"),
        "write one that is in /etc/group, or its number (`getent group NAME`), and start again",
    )
}

fn cannot_serve(path: &Path, error: &std::io::Error) -> Problem {
    Problem::new(
        format!("other processes cannot see this board: {}: {error}", path.display()),
        "make the directory writable, or set XDG_RUNTIME_DIR to another",
    )
}

/// Ends what an owner does, in the order in which the next one needs it: nobody comes in, the
/// store is closed, the lock is free, the viewers hear of it. The lock, if it is kept: because
/// it shall be, or because the store would not close.
async fn hand_over(
    host: Option<Host>,
    refresher: Refresher,
    mut lock: Option<OwnerLock>,
    keeps_lock: bool,
) -> Option<OwnerLock> {
    if let Some(host) = &host {
        host.shut();
    }
    // What was said is on disk already; a source that hangs is not waited for.
    let is_closed = tokio::time::timeout(END_WITHIN, refresher.stop()).await.is_ok();
    if let Some(lock) = lock.as_mut() {
        lock.announce(None);
    }
    let kept = lock.filter(|_| keeps_lock || !is_closed);
    if let Some(host) = host {
        host.part().await;
    }
    kept
}

/// Reads the past without waiting for it here.
fn ask<T: Send + 'static, F>(
    keeper: Option<Keeper>,
    answer: Answer<T>,
    read: impl FnOnce(Keeper) -> F + Send + 'static,
) where
    F: Future<Output = Option<Result<T, HistoryError>>> + Send,
{
    tokio::spawn(async move {
        let read = match keeper {
            Some(keeper) => read(keeper).await,
            None => None,
        };
        let read = if let Some(read) = read {
            read.map_err(|error| error.problem())
        } else {
            let next_step = "give it a place with --data-dir, or look at its sources (%) for the reason";
            Err(Problem::new("this board keeps no history", next_step))
        };
        // Whoever asked may have gone on.
        drop(answer.send(read));
    });
}

async fn wait(timer: &mut Option<std::pin::Pin<Box<tokio::time::Sleep>>>) {
    match timer {
        Some(timer) => timer.await,
        None => std::future::pending().await,
    }
}
