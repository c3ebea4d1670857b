//! One actor per source: it alone decides when the source is asked.

use std::{sync::Arc, time::Duration};

use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;

use crate::{
    clock::Clock,
    domain::{Instant, SourceId},
    source::{Answer, Report, Round, Source, SourceError},
};

use super::{
    schedule::{Ended, Wait, pause},
    watch::Watch,
};

/// After a file changed, how long to wait for the rest of the change: a commit or a checkout
/// touches many files.
const SETTLE: Duration = Duration::from_millis(150);

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
    /// A round ended; the next one comes after `pause` unless asked for earlier.
    Ended { result: Result<Answer, SourceError>, pause: Duration },
}

/// The actor's reason to ask.
enum Reason {
    Due,
    Requested,
    FilesChanged,
    Quit,
}

/// Runs until `cancelled`. Requests that come while a round is under way are one further
/// round: the newest wins.
pub(super) async fn run(
    mut source: Box<dyn Source>,
    clock: Clock,
    requests: Arc<Notify>,
    hub: mpsc::UnboundedSender<Message>,
    cancelled: CancellationToken,
) {
    let id = source.id();
    let changed = Arc::new(Notify::new());
    let mut watch = Watch::new(Arc::clone(&changed));
    // Before the first round, so that what changes during it is not missed.
    watch.follow(source.watched());
    let mut failures = 0_u32;
    loop {
        let now = clock.now();
        let tell = |what| hub.send(Message { source: id.clone(), at: clock.now(), what }).is_ok();
        if !tell(What::Asked) {
            return;
        }
        let round = Round {
            now,
            focus: None,
            cancelled: cancelled.child_token(),
            report: reporter(&id, clock, &hub),
        };
        let result = source.fetch(&round).await;
        if cancelled.is_cancelled() {
            return;
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
        let pause = pause(source.interval(), ended, chance);
        if !tell(What::Ended { result, pause }) {
            return;
        }
        // What a source reads may change with what it read: a plan names further files.
        if watch.follow(source.watched()) {
            changed.notify_one();
        }
        match next_reason(pause, clock, &requests, &changed, &cancelled).await {
            Reason::Quit => return,
            Reason::Due | Reason::Requested => {}
            Reason::FilesChanged => {
                tokio::select! {
                    () = tokio::time::sleep(SETTLE) => {}
                    () = cancelled.cancelled() => return,
                }
            }
        }
        drain(&changed).await;
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
