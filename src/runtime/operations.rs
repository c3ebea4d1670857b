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

#[cfg(test)]
mod tests {
    use futures_util::future::BoxFuture;
    use std::sync::atomic::AtomicUsize;

    use super::*;
    use crate::{
        app::{Outcome, fixture::now},
        domain::{Problem, SourceId},
        insight::Subject,
        source::{
            Answer, Round, Source, SourceError,
            operation::{
                Done, Found, Operation, OperationError, Operator, PullRequestOperation, PullRequestTarget,
            },
        },
    };

    /// Closes at once; a comment is sent and never answered.
    #[derive(Clone, Default)]
    struct Service(Arc<AtomicUsize>);

    impl Source for Service {
        fn id(&self) -> SourceId {
            SourceId::new("service")
        }

        fn interval(&self) -> Duration {
            Duration::from_secs(60)
        }

        fn fetch<'a>(&'a mut self, _: &'a Round) -> BoxFuture<'a, Result<Answer, SourceError>> {
            Box::pin(std::future::ready(Ok(Answer::Unchanged)))
        }

        fn operator(&self) -> Option<Arc<dyn Operator>> {
            Some(Arc::new(self.clone()))
        }
    }

    impl Operator for Service {
        fn offers(&self, _: &Operation) -> bool {
            true
        }

        fn carry_out<'a>(
            &'a self,
            operation: &'a Operation,
            attempt: &'a Attempt,
        ) -> BoxFuture<'a, Result<Done, OperationError>> {
            self.0.fetch_add(1, Ordering::SeqCst);
            let is_close = matches!(operation, Operation::PullRequest(_, PullRequestOperation::Close));
            Box::pin(async move {
                if is_close {
                    return Ok(Done { what: "closed".into(), url: None });
                }
                attempt.cancelled.cancelled().await;
                Err(OperationError::Unclear(Problem::new("the answer got lost", "look")))
            })
        }

        fn look<'a>(&'a self, _: &'a Operation, _: Instant, _: &'a Attempt) -> BoxFuture<'a, Found> {
            Box::pin(std::future::ready(Found::NotDone))
        }
    }

    fn queued(number: u64, operation: PullRequestOperation) -> QueuedOperation {
        let target = PullRequestTarget { repository: "api".into(), number: 812, head: None };
        QueuedOperation {
            number,
            batch: number,
            subject: Subject::PullRequest("api#812".into()),
            operation: Operation::PullRequest(target, operation),
            source: Some(SourceId::new("service")),
            account: Some("ana".into()),
            sentence: "what was confirmed".into(),
            short: "in short".into(),
            due: now(),
        }
    }

    #[tokio::test]
    async fn each_is_carried_out_once_answered_and_written_down_also_at_the_end() {
        let directory = tempfile::tempdir().unwrap();
        let log = OperationLog::new(directory.path());
        let service = Service::default();
        let operators = Operators::of(&[Box::new(service.clone())], None);
        let (told, mut answers) = mpsc::unbounded_channel();
        let mut carrier = Carrier::new(operators, log.clone(), Clock::Frozen(now()), told);

        carrier.carry_out(queued(1, PullRequestOperation::Close));
        let Some(Event::OperationAnswered { number: 1, answer: Ok(done) }) = answers.recv().await else {
            panic!("no answer");
        };
        assert_eq!(done.what.as_str(), "closed");

        carrier.carry_out(queued(2, PullRequestOperation::Comment("hi".into())));
        while service.0.load(Ordering::SeqCst) < 2 {
            tokio::task::yield_now().await;
        }
        carrier.look(queued(3, PullRequestOperation::Close), now());
        let Some(Event::OperationFound { number: 3, found: Found::NotDone }) = answers.recv().await else {
            panic!("no look");
        };
        // The end does not wait for ever, and what came back by then is written down.
        carrier.end().await;
        assert_eq!(service.0.load(Ordering::SeqCst), 2, "nothing was tried again");

        let Event::OperationLog(Ok(entries)) = log.last().await else { panic!("no log") };
        let mut outcomes: Vec<_> = entries.iter().map(|entry| entry.outcome).collect();
        outcomes.sort_by_key(|outcome| format!("{outcome:?}"));
        assert_eq!(outcomes, [Outcome::Done, Outcome::FoundNotDone, Outcome::Unclear]);
        assert!(entries.iter().all(|entry| entry.who.as_deref() == Some("ana")));
    }
}
