//! Carries out what somebody confirmed, beside the loop: each once, written down before it is
//! sent and after it was answered.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{sync::mpsc, task::JoinSet};
use tokio_util::sync::CancellationToken;

use crate::{
    app::{Event, LogEntry, QueuedOperation},
    clock::Clock,
    domain::{Instant, Text},
    source::operation::{Attempt, Operators},
};

use super::OperationLog;

/// How long the end of the program waits for the answers to what was sent.
const LAST_ANSWERS: Duration = Duration::from_secs(3);

/// Who carries out operations.
pub(super) struct Carrier {
    operators: Operators,
    log: OperationLog,
    clock: Clock,
    told: mpsc::UnboundedSender<Event>,
    ended: CancellationToken,
    tasks: JoinSet<()>,
    /// It was said that the log cannot be written.
    complained: Arc<AtomicBool>,
}

impl Carrier {
    pub(super) fn new(
        operators: Operators,
        log: OperationLog,
        clock: Clock,
        told: mpsc::UnboundedSender<Event>,
    ) -> Self {
        let (ended, tasks) = (CancellationToken::new(), JoinSet::new());
        Self { operators, log, clock, told, ended, tasks, complained: Arc::default() }
    }

    /// Carries it out; the answer goes to the loop and into the log.
    pub(super) fn carry_out(&mut self, queued: QueuedOperation) {
        while self.tasks.try_join_next().is_some() {}
        let now = self.clock.now();
        let (operators, clock, attempt) = (self.operators.clone(), self.clock, self.attempt(now));
        let (told, note) = (self.told.clone(), self.note());
        let sent = LogEntry::sent(self.log.identity(now, queued.number), &queued, now);
        self.tasks.spawn(async move {
            note(sent.clone()).await;
            let answer = operators.carry_out(&queued.operation, &attempt).await;
            note(sent.answered(&answer, clock.now())).await;
            // A loop that has ended needs no answer; the log has it.
            drop(told.send(Event::OperationAnswered { number: queued.number, answer }));
        });
    }

    /// Looks whether it was done; the answer goes to the loop and into the log.
    pub(super) fn look(&mut self, queued: QueuedOperation, sent_at: Instant) {
        let (operators, clock) = (self.operators.clone(), self.clock);
        let attempt = self.attempt(clock.now());
        let (told, note) = (self.told.clone(), self.note());
        let sent = LogEntry::sent(self.log.identity(sent_at, queued.number), &queued, sent_at);
        self.tasks.spawn(async move {
            let found = operators.look(&queued.operation, sent_at, &attempt).await;
            note(sent.found(&found, clock.now())).await;
            drop(told.send(Event::OperationFound { number: queued.number, found }));
        });
    }

    /// Sends nothing more, and waits a little for the answers to what was sent. What is not
    /// answered by then stands in the log without an answer.
    pub(super) async fn end(mut self) {
        self.ended.cancel();
        let all = async { while self.tasks.join_next().await.is_some() {} };
        drop(tokio::time::timeout(LAST_ANSWERS, all).await);
    }

    fn attempt(&self, now: Instant) -> Attempt {
        Attempt { now, cancelled: self.ended.clone() }
    }

    /// Writes a line of the log. That it cannot be written is said once, and holds up nothing.
    fn note(&self) -> impl Fn(LogEntry) -> futures_util::future::BoxFuture<'static, ()> + Send + 'static {
        let (log, told, complained) = (self.log.clone(), self.told.clone(), self.complained.clone());
        move |entry| {
            let (log, told, complained) = (log.clone(), told.clone(), complained.clone());
            Box::pin(async move {
                let written = tokio::task::spawn_blocking(move || log.append(&entry)).await;
                if let Ok(Err(error)) = written
                    && !complained.swap(true, Ordering::Relaxed)
                {
                    tracing::error!(%error, "the log of operations was not written");
                    let said = format!("the log of operations cannot be written: {error}");
                    drop(told.send(Event::Notice(Text::new(said))));
                }
            })
        }
    }
}
