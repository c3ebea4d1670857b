//! One actor per source: it alone decides when the source is asked.

use std::{sync::Arc, time::Duration};

use tokio::sync::{Notify, mpsc, watch};
use tokio_util::sync::CancellationToken;

use crate::{
    clock::Clock,
    domain::{Instant, ReleaseId, SourceId},
    source::{Answer, Report, Round, Source, SourceError, Standing},
};

use super::{
    keeper::Keeper,
    keeping::Keeping,
    schedule::{Ended, Wait, left_alone, pause},
    watch::Watch,
};

/// After a file changed, how long to wait for the rest of the change: a commit or a checkout
/// touches many files.
const SETTLE: Duration = Duration::from_millis(150);
/// How long a source waits for what it remembered: a store that takes longer to open is not
/// waited for.
const RECALL_WITHIN: Duration = Duration::from_secs(10);
/// How long a round that was cancelled may take to end: after that it is dropped.
const END_WITHIN: Duration = Duration::from_millis(500);

/// What an actor tells the hub.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) source: SourceId,
    pub(super) at: Instant,
    pub(super) what: What,
}

#[derive(Debug)]
pub(super) enum What {
    /// A round began.
    Asked,
    /// A round tells of its way.
    Report(Report),
    /// A round ended.
    Ended(RoundEnd),
}

/// How a round ended, and what follows.
#[derive(Debug)]
pub(super) struct RoundEnd {
    pub(super) result: Result<Answer, SourceError>,
    /// How the service stands towards whoever asks.
    pub(super) standing: Standing,
    /// How often the source is asked from now on while all is well.
    pub(super) interval: Duration,
    /// The next round comes after this, unless asked for earlier.
    pub(super) pause: Duration,
}

/// What an actor works with.
pub(super) struct Actor {
    pub(super) source: Box<dyn Source>,
    pub(super) clock: Clock,
    /// Somebody wants a round now.
    pub(super) requests: Arc<Notify>,
    /// What somebody looks at.
    pub(super) focus: watch::Receiver<Option<ReleaseId>>,
    /// Keeps what the source remembers.
    pub(super) keeper: Option<Keeper>,
    pub(super) hub: mpsc::UnboundedSender<Message>,
    pub(super) cancelled: CancellationToken,
}

/// What is handed to a thread that may block, and comes back.
struct Hands {
    source: Box<dyn Source>,
    watch: Watch,
}

/// The actor's reason to ask.
enum Reason {
    Due,
    Requested,
    FilesChanged,
    Quit,
}

/// Runs until cancelled. Requests that come while a round is under way are one further round:
/// the newest wins.
pub(super) async fn run(actor: Actor) {
    let Actor { source, clock, requests, focus, keeper, hub, cancelled } = actor;
    let id = source.id();
    let changed = Arc::new(Notify::new());
    // A source without a memory needs no keeper, and waits for none.
    let keeper = keeper.filter(|_| source.has_memory());
    let memory = tokio::select! {
        memory = recalled(&id, keeper.as_ref()) => memory,
        () = cancelled.cancelled() => return,
    };
    // Where nothing new is kept, nobody is asked what to keep.
    let keeper = keeper.filter(Keeper::is_kept);
    let watch = Watch::new(Arc::clone(&changed));
    let prepared = aside(Hands { source, watch }, move |hands| {
        if let Some(memory) = memory {
            hands.source.recall(&memory);
        }
        // Before the first round, so that what changes during it is not missed.
        hands.watch.follow(hands.source.watched());
    });
    let Some((mut hands, ())) = prepared.await else { return };
    let mut failures = 0_u32;
    let mut keeping = Keeping::default();
    loop {
        let tell = |what| hub.send(Message { source: id.clone(), at: clock.now(), what }).is_ok();
        if !tell(What::Asked) {
            break;
        }
        let round = Round {
            now: clock.now(),
            focus: focus.borrow().clone(),
            cancelled: cancelled.child_token(),
            report: reporter(&id, clock, &hub),
        };
        // What a round left behind that did not end is not worth keeping.
        let Some(result) = ask(&mut *hands.source, &round, &cancelled).await else { return };
        keeping.ended(matches!(result, Ok(Answer::Facts(_))));
        if cancelled.is_cancelled() {
            break;
        }
        let ended = match &result {
            Ok(_) => Ended::Well,
            Err(SourceError::Refused(_)) => Ended::Refused,
            Err(_) => Ended::Failed(failures.saturating_add(1)),
        };
        failures = match ended {
            Ended::Well => 0,
            _ => failures.saturating_add(1),
        };
        let chance = match clock {
            Clock::Real => fastrand::f64(),
            // Where time stands still, chance does too: the same board every time.
            Clock::Frozen(_) => 0.5,
        };
        let (interval, standing) = (hands.source.interval(), hands.source.standing());
        let pause = pause(interval, ended, left_alone(standing.not_before, clock.now()), chance);
        if !tell(What::Ended(RoundEnd { result, standing, interval, pause })) {
            break;
        }
        let due = keeper.as_ref().filter(|_| keeping.is_due(clock.now()));
        let is_due = due.is_some();
        let looked = aside(hands, move |hands| {
            // What a source reads may change with what it read: a plan names further files.
            let missed = hands.watch.follow(hands.source.watched());
            (missed, if is_due { hands.source.memory() } else { None })
        });
        let Some((returned, (missed, memory))) = looked.await else { return };
        hands = returned;
        if let Some(keeper) = due {
            keep(keeper, &id, memory);
            keeping.kept(clock.now());
        }
        if missed {
            changed.notify_one();
        }
        match next_reason(pause, clock, &requests, &changed, &cancelled).await {
            Reason::Quit => break,
            Reason::Due | Reason::Requested => {}
            Reason::FilesChanged => {
                tokio::select! {
                    () = tokio::time::sleep(SETTLE) => {}
                    () = cancelled.cancelled() => break,
                }
            }
        }
        drain(&changed).await;
    }
    if let Some(keeper) = keeper.filter(|_| keeping.is_newer())
        && let Some((_, memory)) = aside(hands, |hands| hands.source.memory()).await
    {
        keep(&keeper, &id, memory);
    }
}

/// What the source remembered before a restart, as soon as the store is open.
async fn recalled(source: &SourceId, keeper: Option<&Keeper>) -> Option<Vec<u8>> {
    let memory = tokio::time::timeout(RECALL_WITHIN, keeper?.memory(source.clone())).await;
    memory.unwrap_or_else(|_| {
        tracing::warn!(%source, "the history takes long to open; what it remembers is not waited for");
        None
    })
}

fn keep(keeper: &Keeper, source: &SourceId, memory: Option<Vec<u8>>) {
    if let Some(memory) = memory {
        keeper.keep_memory(source.clone(), memory);
    }
}

/// Does `work` where blocking holds up nobody: files are looked at, and what a source remembers
/// may be many megabytes. None: it broke down, and the source with it.
async fn aside<T: Send + 'static>(
    mut hands: Hands,
    work: impl FnOnce(&mut Hands) -> T + Send + 'static,
) -> Option<(Hands, T)> {
    let done = tokio::task::spawn_blocking(move || {
        let done = work(&mut hands);
        (hands, done)
    });
    // An error: the panic hook has said what happened and is ending the program.
    done.await.ok()
}

/// One round; none: the program ends, and the round did not follow it soon.
async fn ask(
    source: &mut dyn Source,
    round: &Round,
    cancelled: &CancellationToken,
) -> Option<Result<Answer, SourceError>> {
    let overdue = async {
        cancelled.cancelled().await;
        tokio::time::sleep(END_WITHIN).await;
    };
    tokio::select! {
        biased;
        result = source.fetch(round) => Some(result),
        () = overdue => None,
    }
}

async fn next_reason(
    pause: Duration,
    clock: Clock,
    requests: &Notify,
    changed: &Notify,
    cancelled: &CancellationToken,
) -> Reason {
    let mut wait = Wait::new(clock.now(), pause);
    let due = async {
        while let Some(sleep) = wait.next(clock.now()) {
            tokio::time::sleep(sleep).await;
        }
    };
    tokio::select! {
        biased;
        () = cancelled.cancelled() => Reason::Quit,
        () = requests.notified() => Reason::Requested,
        () = changed.notified() => Reason::FilesChanged,
        () = due => Reason::Due,
    }
}

/// Takes a wake-up that is already there, so that the round that now begins answers it too.
async fn drain(changed: &Notify) {
    tokio::select! {
        biased;
        () = changed.notified() => {}
        () = std::future::ready(()) => {}
    }
}

fn reporter(
    id: &SourceId,
    clock: Clock,
    hub: &mpsc::UnboundedSender<Message>,
) -> Box<dyn Fn(Report) + Send + Sync> {
    let (id, hub) = (id.clone(), hub.clone());
    Box::new(move |report| {
        // A hub that is gone needs no reports.
        drop(hub.send(Message { source: id.clone(), at: clock.now(), what: What::Report(report) }));
    })
}
