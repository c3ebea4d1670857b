//! The refresher with sources that answer when the test says so. Nothing waits for time.

mod remembering;
mod standing;

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use chrono::{NaiveDate, TimeZone, Utc};
use futures_util::future::BoxFuture;
use tokio::sync::mpsc;

use crate::{
    clock::Clock,
    domain::{
        DayFigures, Facts, Instant, Policy, Problem, Release, ReleaseId, SourceHealth, SourceId, SourceState,
        Text,
    },
    history::{Appended, History, HistoryError, Kept, Retention},
    insight::{Board, Completeness, GateAnswer},
    source::{Answer, Report, Round, Source, SourceError, Standing},
};

use super::{Deriver, Refresher, Setup, Storage};

/// A source that ends a round when it is handed the result.
struct Scripted {
    answers: mpsc::UnboundedReceiver<Step>,
    rounds: Arc<AtomicUsize>,
    script: Arc<Mutex<Manner>>,
}

/// How a scripted source is, and what was done with it.
struct Manner {
    interval: Duration,
    standing: Standing,
    memory: Option<Vec<u8>>,
    /// Does not end when it shall.
    is_deaf: bool,
    /// `recall …`, `round …` (what was looked at), `memory`.
    log: Vec<String>,
}

impl Default for Manner {
    fn default() -> Self {
        Self {
            interval: Duration::from_secs(3600),
            standing: Standing::default(),
            memory: None,
            is_deaf: false,
            log: Vec::new(),
        }
    }
}

impl Scripted {
    fn manner(&self) -> std::sync::MutexGuard<'_, Manner> {
        self.script.lock().unwrap()
    }
}

enum Step {
    Partial(Arc<Facts>),
    End(Result<Answer, SourceError>),
}

impl Source for Scripted {
    fn id(&self) -> SourceId {
        SourceId::new("scripted")
    }

    fn interval(&self) -> Duration {
        self.manner().interval
    }

    fn standing(&self) -> Standing {
        self.manner().standing.clone()
    }

    fn memory(&self) -> Option<Vec<u8>> {
        let mut manner = self.manner();
        manner.log.push("memory".to_owned());
        manner.memory.clone()
    }

    fn recall(&mut self, memory: &[u8]) {
        self.manner().log.push(format!("recall {}", String::from_utf8_lossy(memory)));
    }

    fn fetch<'a>(&'a mut self, round: &'a Round) -> BoxFuture<'a, Result<Answer, SourceError>> {
        self.rounds.fetch_add(1, Ordering::SeqCst);
        let focus = round.focus.as_ref().map_or("nothing", ReleaseId::as_str);
        self.manner().log.push(format!("round {focus}"));
        let is_deaf = self.manner().is_deaf;
        Box::pin(async move {
            loop {
                let step = tokio::select! {
                    step = self.answers.recv() => step,
                    () = round.cancelled.cancelled(), if !is_deaf => None,
                };
                match step {
                    Some(Step::Partial(facts)) => (round.report)(Report::Partial(facts)),
                    Some(Step::End(result)) => return result,
                    None => return Err(SourceError::Cancelled),
                }
            }
        })
    }
}

struct Rig {
    refresher: Refresher,
    script: mpsc::UnboundedSender<Step>,
    rounds: Arc<AtomicUsize>,
    manner: Arc<Mutex<Manner>>,
}

fn now() -> Instant {
    Utc.with_ymd_and_hms(2026, 11, 22, 8, 24, 0).unwrap()
}

fn facts(version: &str) -> Facts {
    Facts { releases: vec![Arc::new(Release::named("payments", version))], ..Facts::default() }
}

fn answer(version: &str) -> Step {
    Step::End(Ok(Answer::Facts(Arc::new(facts(version)))))
}

fn failure() -> Step {
    Step::End(Err(SourceError::Failed(Problem::new("no route to host", "look at the network"))))
}

fn rig(storage: Option<Storage>) -> Rig {
    rig_of(Manner::default(), storage)
}

fn rig_of(manner: Manner, storage: Option<Storage>) -> Rig {
    let manner = Arc::new(Mutex::new(manner));
    let (script, answers) = mpsc::unbounded_channel();
    let rounds = Arc::new(AtomicUsize::new(0));
    let refresher = Refresher::start(Setup {
        deriver: Deriver {
            title: Text::new("payments"),
            policy: Arc::new(Policy::default()),
            learned: Arc::default(),
        },
        clock: Clock::Frozen(now()),
        sources: vec![Box::new(Scripted {
            answers,
            rounds: Arc::clone(&rounds),
            script: Arc::clone(&manner),
        })],
        storage,
        preview: None,
        focus: Some(ReleaseId::of("payments", "4.2")),
        said: tokio::sync::watch::channel(Arc::default()).1,
    });
    Rig { refresher, script, rounds, manner }
}

impl Rig {
    fn then(&self, step: Step) {
        assert!(self.script.send(step).is_ok(), "the source has ended");
    }

    /// What was done with the source so far.
    fn log(&self) -> Vec<String> {
        self.manner.lock().unwrap().log.clone()
    }

    /// Waits until so many rounds have begun.
    async fn begun(&self, rounds: usize) {
        while self.rounds.load(Ordering::SeqCst) < rounds {
            tokio::task::yield_now().await;
        }
    }

    async fn board(&self, is_it: impl Fn(&Board) -> bool) -> Arc<Board> {
        let mut boards = self.refresher.boards();
        let board =
            tokio::time::timeout(Duration::from_secs(20), boards.wait_for(|board| is_it(board))).await;
        Arc::clone(&board.expect("such a board within reason").expect("the hub runs"))
    }
}

fn has(board: &Board, version: &str) -> bool {
    board.world.releases.iter().any(|release| release.version == version)
}

#[tokio::test]
async fn what_a_source_says_is_on_the_next_board() {
    let rig = rig(None);
    assert_eq!(rig.refresher.board().completeness, Completeness::Filling);
    rig.then(Step::Partial(Arc::new(facts("4.1"))));
    let board = rig.board(|board| has(board, "4.1")).await;
    assert_eq!(board.completeness, Completeness::Filling, "half a round is not the whole truth");
    rig.then(answer("4.2"));
    let board = rig.board(|board| has(board, "4.2")).await;
    assert_eq!(board.completeness, Completeness::Whole);
    assert!(!has(&board, "4.1"), "what a source no longer names is gone");
    assert_eq!(board.health[0].answered_at, Some(now()));
    assert!(!board.health[0].is_stale(now()));
    rig.refresher.stop().await;
}

#[tokio::test]
async fn five_requests_during_a_round_are_one_further_round() {
    let rig = rig(None);
    rig.then(Step::Partial(Arc::new(facts("4.1"))));
    rig.board(|board| has(board, "4.1")).await;
    for _ in 0..5 {
        rig.refresher.asker().refresh(None);
    }
    rig.then(answer("4.2"));
    rig.then(answer("4.3"));
    rig.board(|board| has(board, "4.3")).await;
    rig.then(answer("4.4"));
    rig.refresher.asker().refresh(Some(&SourceId::new("another")));
    rig.refresher.stop().await;
    assert_eq!(rig.rounds.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_failing_source_keeps_what_it_said_and_its_age() {
    let rig = rig(None);
    rig.then(answer("4.2"));
    rig.board(|board| has(board, "4.2")).await;
    rig.refresher.asker().refresh(None);
    rig.then(failure());
    let board = rig.board(|board| board.health[0].failure.is_some()).await;
    assert!(has(&board, "4.2"));
    assert_eq!(board.health[0].state, SourceState::BackingOff);
    assert_eq!(board.health[0].failures, 1);
    assert_eq!(board.health[0].answered_at, Some(now()));
    rig.refresher.asker().refresh(None);
    rig.then(answer("4.2"));
    let board = rig.board(|board| board.health[0].failure.is_none()).await;
    assert_eq!(board.health[0].failures, 0);
    rig.refresher.stop().await;
}

#[tokio::test]
async fn a_round_without_news_derives_nothing() {
    let rig = rig(None);
    rig.then(answer("4.2"));
    let first = rig.board(|board| has(board, "4.2")).await;
    rig.refresher.asker().refresh(None);
    let mut boards = rig.refresher.boards();
    boards.borrow_and_update();
    rig.then(Step::End(Ok(Answer::Unchanged)));
    tokio::time::timeout(Duration::from_secs(20), boards.changed()).await.unwrap().unwrap();
    let second = rig.refresher.board();
    assert!(Arc::ptr_eq(&first.world, &second.world) && Arc::ptr_eq(&first.insight, &second.insight));
    rig.refresher.stop().await;
}

#[tokio::test]
async fn a_round_that_hangs_does_not_hold_up_the_end() {
    let rig = rig(None);
    let stopped = tokio::time::timeout(Duration::from_secs(20), rig.refresher.stop()).await;
    assert!(stopped.is_ok());
}

/// A store that remembers one thing and writes down what it is told.
struct Remembering {
    kept: Vec<Kept>,
    told: Arc<Mutex<Vec<String>>>,
    full: bool,
    memory: Option<Vec<u8>>,
    problems: Vec<Problem>,
    days: Vec<DayFigures>,
}

impl History for Remembering {
    fn append(
        &mut self,
        source: &SourceId,
        at: Instant,
        facts: &Arc<Facts>,
        _: &SourceHealth,
    ) -> Result<Appended, HistoryError> {
        if self.full {
            return Err(HistoryError::Store { doing: "write", cause: "no space left".into() });
        }
        self.told.lock().unwrap().push(format!("{source} {}", facts.releases[0].version));
        Ok(Appended::Changed(at))
    }

    fn record_health(&mut self, _: Instant, health: &SourceHealth) -> Result<(), HistoryError> {
        self.told.lock().unwrap().push(format!("{} failed {}", health.id, health.failures));
        Ok(())
    }

    fn at(&self, _: Instant) -> Result<Vec<Kept>, HistoryError> {
        self.latest()
    }

    fn latest(&self) -> Result<Vec<Kept>, HistoryError> {
        Ok(self.kept.clone())
    }

    fn instants(&self, _: Instant, _: Instant) -> Result<Vec<Instant>, HistoryError> {
        Ok(self.kept.iter().map(|kept| kept.since).collect())
    }

    fn keep_memory(&mut self, source: &SourceId, memory: &[u8]) -> Result<(), HistoryError> {
        if self.full {
            return Err(HistoryError::Store { doing: "write", cause: "no space left".into() });
        }
        let memory = String::from_utf8_lossy(memory);
        self.told.lock().unwrap().push(format!("{source} remembers {memory}"));
        Ok(())
    }

    fn memory(&self, _: &SourceId) -> Result<Option<Vec<u8>>, HistoryError> {
        if self.full {
            return Err(HistoryError::Store { doing: "read", cause: "bad sector".into() });
        }
        Ok(self.memory.clone())
    }

    fn keep_day(&mut self, figures: &DayFigures) -> Result<(), HistoryError> {
        let releases: Vec<_> = figures.releases.iter().map(|figures| figures.release.as_str()).collect();
        self.told.lock().unwrap().push(format!("figures of {} {releases:?}", figures.day));
        Ok(())
    }

    fn days(&self, _: NaiveDate, _: NaiveDate) -> Result<Vec<DayFigures>, HistoryError> {
        Ok(self.days.clone())
    }

    fn problems(&self) -> Vec<Problem> {
        self.problems.clone()
    }

    fn prune(&mut self, now: Instant, _: &Retention) -> Result<usize, HistoryError> {
        self.told.lock().unwrap().push(format!("pruned {now}"));
        Ok(0)
    }
}

fn remembering(full: bool) -> (Storage, Arc<Mutex<Vec<String>>>) {
    storage(|store| store.full = full)
}

fn storage(change: impl FnOnce(&mut Remembering)) -> (Storage, Arc<Mutex<Vec<String>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let before = now() - chrono::Duration::days(1);
    let source = SourceId::new("scripted");
    let kept = Kept {
        source: source.clone(),
        facts: Arc::new(facts("4.1")),
        since: before,
        until: before,
        health: SourceHealth::starting(source),
    };
    let painted = Arc::clone(&told);
    let mut store = Remembering {
        kept: vec![kept],
        told: Arc::clone(&told),
        full: false,
        memory: None,
        problems: Vec::new(),
        days: Vec::new(),
    };
    change(&mut store);
    let storage = Storage {
        open: Box::new(move || Ok(Box::new(store))),
        paint: Box::new(move |board| {
            painted.lock().unwrap().push(format!("painted {}", board.world.releases[0].version));
        }),
        retention: Retention::default(),
        is_kept: true,
    };
    (storage, told)
}

#[tokio::test]
async fn the_last_board_comes_back_and_looks_as_old_as_it_is() {
    let (storage, told) = remembering(false);
    let rig = rig(Some(storage));
    let board = rig.board(|board| has(board, "4.1")).await;
    assert!(board.health[0].is_stale(now()), "facts of yesterday are not fresh because they were read now");
    rig.then(answer("4.2"));
    let board = rig.board(|board| has(board, "4.2")).await;
    assert!(!board.health[0].is_stale(now()));
    rig.refresher.asker().refresh(None);
    rig.then(failure());
    rig.board(|board| board.health[0].failures == 1).await;
    rig.refresher.stop().await;
    let told = told.lock().unwrap();
    assert!(
        told.contains(&"scripted 4.2".to_owned()) && told.contains(&"scripted failed 1".to_owned()),
        "{told:?}"
    );
    assert!(told.contains(&"painted 4.2".to_owned()), "{told:?}");
    assert!(told.contains(&"figures of 2026-11-22 [\"payments 4.2\"]".to_owned()), "{told:?}");
    assert_eq!(told.iter().filter(|order| order.starts_with("pruned")).count(), 1, "{told:?}");
}

#[tokio::test]
async fn what_was_said_on_earlier_days_is_on_the_board() {
    let at = now() - chrono::Duration::days(1);
    let yesterday = DayFigures { day: at.date_naive(), at, releases: Vec::new() };
    let (storage, _told) = storage(|store| store.days = vec![yesterday.clone()]);
    let rig = rig(Some(storage));
    let board = rig.board(|board| !board.world.days.is_empty()).await;
    assert_eq!(*board.world.days[0], yesterday);
    rig.refresher.stop().await;
}

#[tokio::test]
async fn a_store_that_fails_stops_the_keeping_and_says_so() {
    let (storage, _) = remembering(true);
    let rig = rig(Some(storage));
    rig.then(answer("4.2"));
    rig.board(|board| {
        let trouble = board.health.last().filter(|health| health.is_own());
        trouble.and_then(|health| health.failure.as_ref()).is_some_and(|it| it.what.contains("no space left"))
    })
    .await;
    rig.refresher.asker().refresh(None);
    rig.then(answer("4.3"));
    let board = rig.board(|board| has(board, "4.3") && board.health.len() == 2).await;
    let release = board.default_release().unwrap();
    let unknown = release.gates.iter().filter(|gate| gate.answer == GateAnswer::Unknown).count();
    assert_eq!(unknown, 0, "no gate rests on the store");
    rig.refresher.stop().await;
}

#[tokio::test]
async fn settled_means_that_every_source_was_heard_and_the_past_read() {
    let (storage, _) = remembering(false);
    let mut rig = rig(Some(storage));
    rig.then(failure());
    let board = tokio::time::timeout(Duration::from_secs(20), rig.refresher.settled()).await.unwrap();
    assert!(has(&board, "4.1"), "the source failed, so what it said last counts");
    assert!(board.health[0].failure.is_some());
    rig.refresher.stop().await;
}

#[tokio::test]
async fn a_store_whose_thread_breaks_down_is_said_and_not_waited_for() {
    let (storage, _) = remembering(false);
    let mut rig = rig(Some(Storage { open: Box::new(|| panic!("the store breaks down")), ..storage }));
    rig.then(answer("4.2"));
    let board = tokio::time::timeout(Duration::from_secs(20), rig.refresher.settled()).await.unwrap();
    assert!(has(&board, "4.2"));
    let failure = board.health.last().and_then(|health| health.failure.clone()).unwrap();
    assert!(failure.what.contains("nothing is kept"), "{failure:?}");
    rig.refresher.stop().await;
}

#[tokio::test]
async fn an_answer_after_a_failure_is_judged_anew_without_news_too() {
    let rig = rig(None);
    rig.then(answer("4.2"));
    rig.board(|board| has(board, "4.2")).await;
    rig.refresher.asker().refresh(None);
    rig.then(failure());
    let failed = rig.board(|board| board.health[0].failure.is_some()).await;
    rig.refresher.asker().refresh(None);
    rig.then(Step::End(Ok(Answer::Unchanged)));
    let board = rig.board(|board| board.health[0].failure.is_none()).await;
    assert!(!Arc::ptr_eq(&failed.insight, &board.insight), "remedies speak of the failure");
    rig.refresher.stop().await;
}
