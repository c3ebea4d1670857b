//! The thread that owns the store: it blocks on the disk so that nobody else has to.

use std::{
    sync::{Arc, mpsc},
    thread::JoinHandle,
};

use tokio::sync::oneshot;

use crate::{
    domain::{DayFigures, Facts, Instant, Problem, SourceHealth, SourceId},
    history::{Archive, History, HistoryError, Kept, Retention},
    insight::Board,
};

/// Where the past is kept. Both run on the keeper's thread.
pub struct Storage {
    /// Opens the store.
    pub open: Box<dyn FnOnce() -> Result<Box<dyn History>, HistoryError> + Send>,
    /// Writes what the next start shows first. The figures of the day are kept with it.
    pub paint: Box<dyn Fn(&Board) + Send>,
    /// How much of the past is kept.
    pub retention: Retention,
    /// New rounds are kept; otherwise the past is only read.
    pub is_kept: bool,
}

/// How often what retention lets go is deleted.
const PRUNE_EVERY: chrono::Duration = chrono::Duration::hours(1);

/// Days that are said at the start, at most: no chart is longer.
const MOST_DAYS: u64 = 800;

/// What the store is asked to do.
enum Order {
    Keep { source: SourceId, at: Instant, facts: Arc<Facts>, health: SourceHealth },
    KeepMemory { source: SourceId, memory: Vec<u8> },
    Memory { source: SourceId, answer: oneshot::Sender<Vec<u8>> },
    KeepHealth { at: Instant, health: SourceHealth },
    At { at: Instant, answer: oneshot::Sender<Result<Vec<Kept>, HistoryError>> },
    Instants { from: Instant, until: Instant, answer: oneshot::Sender<Result<Vec<Instant>, HistoryError>> },
    Whole(Job),
    Paint(Arc<Board>),
    Close,
}

/// Something that is done with the past as a whole.
type Job = Box<dyn FnOnce(&mut dyn Archive, &Retention) + Send>;

/// What the keeper says by itself.
#[derive(Debug)]
pub(super) enum Said {
    /// The store is open; this is what it held, and what was wrong with it.
    Opened { kept: Vec<Kept>, problems: Vec<Problem> },
    /// The first instant that it held: said apart, as nothing waits for it.
    ObservedFrom(Instant),
    /// What was said on days that are over, the latest ones that were kept; and why not, if that
    /// cannot be read.
    Days(Result<Vec<DayFigures>, Problem>),
    /// Keeping fails (and since then nothing is kept), or works again.
    Trouble(Option<Problem>),
    /// What this source remembers cannot be read or kept, or can be again.
    MemoryTrouble(SourceId, Option<Problem>),
}

/// A handle on the store's thread. Orders are carried out one after the other; dropping the
/// last handle does not end it, the refresher does when it stops.
#[derive(Clone)]
pub struct Keeper {
    orders: mpsc::Sender<Order>,
    is_kept: bool,
}

impl Keeper {
    /// Starts the thread, which opens the store first. `say` must not block.
    pub(super) fn start(
        storage: Storage,
        say: impl Fn(Said) + Send + 'static,
    ) -> std::io::Result<(Self, JoinHandle<()>)> {
        let (orders, inbox) = mpsc::channel();
        let is_kept = storage.is_kept;
        let thread =
            std::thread::Builder::new().name("history".into()).spawn(move || keep(storage, &inbox, &say))?;
        Ok((Self { orders, is_kept }, thread))
    }

    pub(super) fn keep(&self, source: SourceId, at: Instant, facts: Arc<Facts>, health: SourceHealth) {
        self.order(Order::Keep { source, at, facts, health });
    }

    pub(super) fn keep_health(&self, at: Instant, health: SourceHealth) {
        self.order(Order::KeepHealth { at, health });
    }

    /// New things are kept; otherwise the past is only read.
    pub fn is_kept(&self) -> bool {
        self.is_kept
    }

    /// Keeps what `source` remembers, in place of what it did before.
    pub(super) fn keep_memory(&self, source: SourceId, memory: Vec<u8>) {
        self.order(Order::KeepMemory { source, memory });
    }

    /// What was kept of what `source` remembers, once the store is open; none if there is none,
    /// or no store.
    pub(super) async fn memory(&self, source: SourceId) -> Option<Vec<u8>> {
        let (answer, memory) = oneshot::channel();
        self.order(Order::Memory { source, answer });
        memory.await.ok()
    }

    /// What every source said at `at`; none if the store is closed.
    pub async fn at(&self, at: Instant) -> Option<Result<Vec<Kept>, HistoryError>> {
        let (answer, kept) = oneshot::channel();
        self.order(Order::At { at, answer });
        kept.await.ok()
    }

    /// Instants at which something changed; none if the store is closed.
    pub async fn instants(
        &self,
        from: Instant,
        until: Instant,
    ) -> Option<Result<Vec<Instant>, HistoryError>> {
        let (answer, instants) = oneshot::channel();
        self.order(Order::Instants { from, until, answer });
        instants.await.ok()
    }

    /// What `job` makes of the past as a whole; none if the store is closed, or is none on a disk.
    /// Until it is done nothing else is kept or read, so it should not wait for anybody.
    pub async fn whole<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut dyn Archive, &Retention) -> Result<T, HistoryError> + Send + 'static,
    ) -> Option<Result<T, HistoryError>> {
        let (answer, done) = oneshot::channel();
        self.order(Order::Whole(Box::new(move |archive, retention| {
            // Whoever asked may have gone on.
            drop(answer.send(job(archive, retention)));
        })));
        done.await.ok()
    }

    pub(super) fn paint(&self, board: Arc<Board>) {
        self.order(Order::Paint(board));
    }

    /// Carries out what was ordered so far, then closes the store.
    pub(super) fn close(&self) {
        self.order(Order::Close);
    }

    fn order(&self, order: Order) {
        // A keeper that has ended said why; there is nothing to add.
        drop(self.orders.send(order));
    }
}

fn keep(storage: Storage, inbox: &mpsc::Receiver<Order>, say: &impl Fn(Said)) {
    let opened = (storage.open)().and_then(|store| store.latest().map(|kept| (store, kept)));
    // Without a store the orders are still taken, and the next start still gets its picture.
    let mut store = match opened {
        Ok((store, kept)) => {
            let last = kept.iter().map(|kept| kept.until).max();
            say(Said::Opened { kept, problems: store.problems() });
            let instants = last.and_then(|last| store.instants(Instant::UNIX_EPOCH, last).ok());
            if let Some(first) = instants.and_then(|instants| instants.first().copied()) {
                say(Said::ObservedFrom(first));
            }
            if let Some(last) = last {
                say_days(store.as_ref(), last, say);
            }
            Some(store)
        }
        Err(error) => {
            say(Said::Trouble(Some(trouble(&error))));
            None
        }
    };
    let mut in_trouble = false;
    let mut was_lost = false;
    let mut pruned_at: Option<Instant> = None;
    let mut day: Option<DayFigures> = None;
    while let Ok(order) = inbox.recv() {
        let done = match (order, store.as_mut()) {
            (Order::Close, _) => return,
            (
                Order::Keep { .. } | Order::KeepHealth { .. } | Order::KeepMemory { .. } | Order::Paint(_),
                _,
            ) if !storage.is_kept => continue,
            (Order::Paint(board), store) => {
                // A board that cannot be summed up is no reason to keep nothing more of the past.
                let painted = crate::history::contained(|| {
                    (storage.paint)(&board);
                    board.day_figures()
                });
                let figures = match painted {
                    Ok(figures) => figures,
                    Err(said) => {
                        if !was_lost {
                            tracing::error!(%said, "the figures of the day could not be made");
                            say(Said::Days(Err(Problem::new(
                                format!(
                                    "the figures of today are not kept: an error of tminus itself: {said}"
                                ),
                                "please report it; all else of the past is kept",
                            ))));
                        }
                        was_lost = true;
                        continue;
                    }
                };
                was_lost = false;
                match store {
                    Some(store) if day.as_ref().is_none_or(|day| !day.equals(&figures)) => {
                        let kept = store.keep_day(&figures);
                        let before = day.replace(figures);
                        let is_over =
                            |before: &DayFigures| day.as_ref().is_some_and(|day| before.day < day.day);
                        if let Some(before) = before.filter(is_over) {
                            say(Said::Days(Ok(vec![before])));
                        }
                        kept
                    }
                    _ => continue,
                }
            }
            (_, None) => continue,
            (Order::Whole(job), Some(store)) => {
                if let Some(archive) = store.as_archive() {
                    job(archive, &storage.retention);
                }
                continue;
            }
            (Order::KeepMemory { source, memory }, Some(store)) => {
                remembering(store.keep_memory(&source, &memory), source, "kept", say);
                continue;
            }
            (Order::Memory { source, answer }, Some(store)) => {
                // Without an answer, the source begins anew.
                if let Some(Some(memory)) = remembering(store.memory(&source), source, "read", say) {
                    drop(answer.send(memory));
                }
                continue;
            }
            (Order::Keep { source, at, facts, health }, Some(store)) => {
                let kept = store.append(&source, at, &facts, &health).map(drop);
                if pruned_at.is_none_or(|last| at - last >= PRUNE_EVERY) {
                    pruned_at = Some(at);
                    kept.and_then(|()| store.prune(at, &storage.retention).map(drop))
                } else {
                    kept
                }
            }
            (Order::KeepHealth { at, health }, Some(store)) => store.record_health(at, &health),
            (Order::At { at, answer }, Some(store)) => {
                drop(answer.send(store.at(at)));
                continue;
            }
            (Order::Instants { from, until, answer }, Some(store)) => {
                drop(answer.send(store.instants(from, until)));
                continue;
            }
        };
        match done {
            Ok(()) if in_trouble => {
                in_trouble = false;
                say(Said::Trouble(None));
            }
            Ok(()) => {}
            Err(error) => {
                // Once: a disk that stays full must not fill another one with the log.
                if !in_trouble {
                    tracing::error!(%error, "the history could not be written");
                }
                in_trouble = true;
                say(Said::Trouble(Some(trouble(&error))));
            }
        }
    }
}

/// Says what was said on the days before `last`, as many as are drawn.
fn say_days(store: &dyn History, last: Instant, say: &impl Fn(Said)) {
    let until = last.date_naive() + chrono::Days::new(1);
    let from = until.checked_sub_days(chrono::Days::new(MOST_DAYS)).unwrap_or(until);
    match store.days(from, until) {
        Ok(days) if days.is_empty() => {}
        Ok(days) => say(Said::Days(Ok(days))),
        Err(error) => {
            tracing::warn!(%error, "what was said on earlier days could not be read");
            let problem = error.problem();
            let what = format!("what was observed on earlier days cannot be read: {}", problem.what);
            let next_step = format!("{}; until then those days are rebuilt", problem.next_step);
            say(Said::Days(Err(Problem::new(what, next_step))));
        }
    }
}

/// Says how it went to keep or to read what `source` remembers. The past is kept all the same.
fn remembering<T>(
    done: Result<T, HistoryError>,
    source: SourceId,
    verb: &str,
    say: &impl Fn(Said),
) -> Option<T> {
    match done {
        Ok(done) => {
            say(Said::MemoryTrouble(source, None));
            Some(done)
        }
        Err(error) => {
            tracing::warn!(%error, %source, "what a source remembers could not be {verb}");
            let problem = error.problem();
            let what = format!("what {source} remembers cannot be {verb}: {}", problem.what);
            let next_step = format!("{}; until then a start asks it for everything", problem.next_step);
            say(Said::MemoryTrouble(source, Some(Problem::new(what, next_step))));
            None
        }
    }
}

fn trouble(error: &HistoryError) -> Problem {
    let problem = error.problem();
    Problem::new(format!("nothing is kept: {}", problem.what), problem.next_step)
}
