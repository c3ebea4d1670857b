//! The hub: knows what every source said last, and turns it into boards.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Weak},
    thread::JoinHandle,
    time::Duration,
};

use chrono::NaiveDate;
use tokio::{
    sync::{Notify, mpsc, watch},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use crate::{
    clock::Clock,
    domain::{
        Cadence, DayFigures, Facts, Instant, Problem, ReleaseId, SourceHealth, SourceId, SourceState, Triage,
        World,
    },
    history::Kept,
    insight::{Board, Completeness, Insight},
    source::{Answer, Report, Source, SourceError},
};

use super::{
    actor::{self, Actor, Message, RoundEnd, What},
    deriver::{Deriver, is_over, until_over},
    keeper::{Keeper, Said, Storage},
    schedule::{later, stale_from},
};

/// How old the picture for the next start may get: what a kill costs.
const PAINT_EVERY: chrono::Duration = chrono::Duration::minutes(1);

/// What a refresher is made of.
pub struct Setup {
    /// What boards are made by.
    pub deriver: Deriver,
    /// Where `now` comes from.
    pub clock: Clock,
    /// Sources in the order of their rank: what people wrote down before what is derived.
    pub sources: Vec<Box<dyn Source>>,
    /// Where the past is kept, if it is.
    pub storage: Option<Storage>,
    /// The board of the last visit, shown until there is a better one.
    pub preview: Option<Board>,
    /// The release that is looked at first, as far as is known.
    pub focus: Option<ReleaseId>,
    /// What people said, and whatever follows: some of it are times of activities.
    pub said: watch::Receiver<Arc<Triage>>,
}

/// Asks, keeps and publishes until it is stopped.
pub struct Refresher {
    boards: watch::Receiver<Arc<Board>>,
    settled: watch::Receiver<bool>,
    asker: Asker,
    cancelled: CancellationToken,
    actors: JoinSet<()>,
    hub: tokio::task::JoinHandle<()>,
    keeper: Option<(Keeper, JoinHandle<()>)>,
}

impl Refresher {
    /// Starts everything; must be called within a tokio runtime. Nothing is waited for.
    pub fn start(setup: Setup) -> Self {
        let cancelled = CancellationToken::new();
        let (messages, inbox) = mpsc::unbounded_channel();
        let (said, history) = mpsc::unbounded_channel();
        let keeper = setup.storage.and_then(|storage| {
            let (said, failed) = (said.clone(), said);
            match Keeper::start(storage, move |word| drop(said.send(word))) {
                Ok(started) => Some(started),
                Err(error) => {
                    let problem =
                        Problem::new(format!("nothing is kept: {error}"), "free some memory, then restart");
                    drop(failed.send(Said::Trouble(Some(problem))));
                    None
                }
            }
        });
        let store = keeper.as_ref().map(|(keeper, _)| keeper);
        let mut parts = Vec::new();
        let mut requests = HashMap::new();
        let focus = watch::Sender::new(setup.focus);
        let mut actors = JoinSet::new();
        for source in setup.sources {
            let id = source.id();
            let request = Arc::new(Notify::new());
            requests.insert(id.clone(), Arc::clone(&request));
            parts.push(Part::new(id, source.interval()));
            actors.spawn(actor::run(Actor {
                source,
                clock: setup.clock,
                requests: request,
                focus: focus.subscribe(),
                keeper: store.cloned(),
                hub: messages.clone(),
                cancelled: cancelled.clone(),
            }));
        }
        let first = setup.preview.unwrap_or_else(|| {
            let health = parts.iter().map(|part| part.health.clone()).collect();
            setup.deriver.empty(health, setup.clock.now())
        });
        let (publish, boards) = watch::channel(Arc::new(first));
        let (settle, settled) = watch::channel(false);
        let heard = Arc::clone(&setup.said.borrow());
        let hub = Hub {
            deriver: setup.deriver,
            clock: setup.clock,
            parts,
            keeper: store.cloned(),
            remembered: store.is_none(),
            trouble: None,
            notes: Vec::new(),
            observed_from: None,
            days: BTreeMap::new(),
            forgetful: BTreeMap::new(),
            painted: None,
            heard,
            said: setup.said,
            publish,
            settle,
        };
        let hub = tokio::spawn(hub.run(inbox, history, cancelled.clone()));
        Self { boards, settled, asker: Asker { requests, focus }, cancelled, actors, hub, keeper }
    }

    /// The newest board, and those that follow.
    pub fn boards(&self) -> watch::Receiver<Arc<Board>> {
        self.boards.clone()
    }

    /// The store's thread, if the past is kept.
    pub fn keeper(&self) -> Option<&Keeper> {
        self.keeper.as_ref().map(|(keeper, _)| keeper)
    }

    /// What asks the sources, for somebody who does not own the refresher.
    pub fn asker(&self) -> Asker {
        self.asker.clone()
    }

    /// Whether every source has answered or failed once, and the board says so.
    pub(crate) fn settling(&self) -> watch::Receiver<bool> {
        self.settled.clone()
    }

    /// Waits until every source has answered or failed once, and the board says so.
    pub async fn settled(&mut self) -> Arc<Board> {
        // An error means that the hub has ended: what it published last is all there is.
        drop(self.settled.wait_for(|settled| *settled).await);
        self.board()
    }

    /// The newest board.
    pub fn board(&self) -> Arc<Board> {
        Arc::clone(&self.boards.borrow())
    }

    /// Ends the sources' rounds, waits until what was said and what the sources remember is
    /// kept, and closes the store. A disk that hangs holds it up: bound it.
    pub async fn stop(self) {
        self.cancelled.cancel();
        drop(self.hub.await);
        // A source that broke down has nothing to give: the panic hook has said what happened.
        let mut actors = self.actors;
        while actors.join_next().await.is_some() {}
        if let Some((keeper, thread)) = self.keeper {
            keeper.close();
            drop(tokio::task::spawn_blocking(move || thread.join()).await);
        }
    }
}

/// Tells the sources what is wanted: to be asked before their interval is over, and what is
/// looked at.
#[derive(Clone)]
pub struct Asker {
    requests: HashMap<SourceId, Arc<Notify>>,
    focus: watch::Sender<Option<ReleaseId>>,
}

impl Asker {
    /// Asks `source`, or all sources, now. Asking again before it answered changes nothing.
    pub fn refresh(&self, source: Option<&SourceId>) {
        for (id, request) in &self.requests {
            if source.is_none_or(|asked| asked == id) {
                request.notify_one();
            }
        }
    }

    /// From the next rounds on, what belongs to `release` is read first. Of several who look at
    /// the board, the one who turned to another release last counts.
    pub fn look_at(&self, release: &ReleaseId) {
        self.focus.send_replace(Some(release.clone()));
    }
}

/// One source, as the hub knows it.
struct Part {
    health: SourceHealth,
    /// How often it is asked while all is well.
    interval: Duration,
    /// How often its settings want it to be asked.
    wanted: Duration,
    facts: Option<Arc<Facts>>,
    /// The facts are those of a round that has not ended.
    partial: bool,
    /// At least one round has ended.
    asked: bool,
}

impl Part {
    fn new(id: SourceId, interval: Duration) -> Self {
        let health = SourceHealth::starting(id);
        Self { health, interval, wanted: interval, facts: None, partial: false, asked: false }
    }
}

struct Hub {
    deriver: Deriver,
    clock: Clock,
    parts: Vec<Part>,
    keeper: Option<Keeper>,
    /// The store has said what it held, or that it cannot.
    remembered: bool,
    /// Why nothing is kept, while nothing is kept.
    trouble: Option<Problem>,
    /// What was wrong with the store when it was opened.
    notes: Vec<Problem>,
    /// The first instant of what is kept.
    observed_from: Option<Instant>,
    /// What boards said on days that are over.
    days: BTreeMap<NaiveDate, Arc<DayFigures>>,
    /// Sources whose memory cannot be kept or read.
    forgetful: BTreeMap<SourceId, Problem>,
    /// When the picture for the next start was taken last, and of what.
    painted: Option<(Instant, Weak<Insight>)>,
    /// What people said, as far as the board shows it.
    heard: Arc<Triage>,
    said: watch::Receiver<Arc<Triage>>,
    publish: watch::Sender<Arc<Board>>,
    settle: watch::Sender<bool>,
}

/// How much of the board must be made again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    Nothing,
    Health,
    Facts,
}

impl Hub {
    async fn run(
        mut self,
        mut inbox: mpsc::UnboundedReceiver<Message>,
        mut history: mpsc::UnboundedReceiver<Said>,
        cancelled: CancellationToken,
    ) {
        let mut history_ended = self.keeper.is_none();
        loop {
            let settled = self.remembered && self.parts.iter().all(|part| part.asked);
            if settled && !*self.settle.borrow() {
                self.settle.send_replace(true);
            }
            self.paint(PAINT_EVERY);
            let wait = until_over(&self.publish.borrow(), self.clock);
            // A channel that is closed has nothing to say, again and again: it is not listened to.
            let mut change = tokio::select! {
                () = cancelled.cancelled() => break,
                Some(message) = inbox.recv() => self.hear(message),
                said = history.recv(), if !history_ended => {
                    history_ended = said.is_none();
                    self.hear_history(said)
                }
                Ok(()) = self.said.changed() => self.hear_people(),
                () = tokio::time::sleep(wait) => Change::Nothing,
            };
            // What arrived together becomes one board.
            while let Ok(message) = inbox.try_recv() {
                change = change.max(self.hear(message));
            }
            while let Ok(said) = history.try_recv() {
                change = change.max(self.hear_history(Some(said)));
            }
            if is_over(&self.publish.borrow(), self.clock.now()) {
                change = change.max(Change::Facts);
            }
            if change > Change::Nothing {
                self.make_board(change).await;
            }
        }
        self.paint(chrono::Duration::zero());
    }

    /// Leaves a picture for the next start, if there is another one than last time and that
    /// one is older than `age`.
    fn paint(&mut self, age: chrono::Duration) {
        let board = Arc::clone(&self.publish.borrow());
        let news = !self
            .painted
            .as_ref()
            .is_some_and(|(_, insight)| Weak::ptr_eq(insight, &Arc::downgrade(&board.insight)));
        // Either way: a clock that was set back must not put it off.
        let due = self.painted.as_ref().is_none_or(|(at, _)| (board.at - *at).abs() >= age);
        if let Some(keeper) = &self.keeper
            && news
            && due
            && board.completeness == Completeness::Whole
        {
            self.painted = Some((board.at, Arc::downgrade(&board.insight)));
            keeper.paint(board);
        }
    }

    fn hear(&mut self, message: Message) -> Change {
        let Some(part) = self.parts.iter_mut().find(|part| part.health.id == message.source) else {
            return Change::Nothing;
        };
        match message.what {
            What::Asked => {
                part.health.state = SourceState::Fetching;
                part.health.next_at = None;
                // A round that nobody waits for is not worth a frame.
                if part.asked { Change::Nothing } else { Change::Health }
            }
            What::Report(Report::Progress(progress)) => {
                part.health.progress = Some(progress);
                Change::Health
            }
            // Half of what is known is worth showing only where nothing is known yet.
            What::Report(Report::Partial(facts)) if part.facts.is_none() || part.partial => {
                part.facts = Some(facts);
                part.partial = true;
                Change::Facts
            }
            What::Report(Report::Partial(_)) => Change::Nothing,
            What::Ended(RoundEnd { result, standing, interval, pause }) => {
                part.asked = true;
                part.interval = interval;
                part.health.progress = None;
                part.health.next_at = later(message.at, pause);
                part.health.cadence = Some(Cadence {
                    every_seconds: interval.as_secs(),
                    wanted_seconds: part.wanted.as_secs(),
                });
                part.health.account = standing.account;
                part.health.allowances = standing.allowances;
                self.hear_result(&message.source, message.at, result)
            }
        }
    }

    fn hear_result(&mut self, source: &SourceId, at: Instant, result: Result<Answer, SourceError>) -> Change {
        let Some(part) = self.parts.iter_mut().find(|part| part.health.id == *source) else {
            return Change::Nothing;
        };
        match result {
            Ok(answer) => {
                let news = match answer {
                    Answer::Facts(facts) if part.facts.as_ref() != Some(&facts) || part.partial => {
                        Some(facts)
                    }
                    Answer::Facts(_) | Answer::Unchanged => None,
                };
                // Answers rest on both.
                let was_in_doubt = part.health.is_stale(at) || part.health.failure.is_some();
                part.health.state = SourceState::Waiting;
                part.health.answered_at = Some(at);
                part.health.stale_from = stale_from(at, part.interval);
                part.health.failure = None;
                part.health.failures = 0;
                let change = if news.is_some() || was_in_doubt { Change::Facts } else { Change::Health };
                if let Some(facts) = news {
                    part.facts = Some(facts);
                    part.partial = false;
                    part.health.changed_at = Some(at);
                }
                if let (Some(keeper), Some(facts)) = (&self.keeper, &part.facts) {
                    keeper.keep(source.clone(), at, Arc::clone(facts), part.health.clone());
                    self.observed_from.get_or_insert(at);
                }
                change
            }
            Err(SourceError::Cancelled) => Change::Health,
            Err(error) => {
                part.health.state = match error {
                    SourceError::Refused(_) => SourceState::Refused,
                    _ => SourceState::BackingOff,
                };
                part.health.failure = error.problem().cloned();
                part.health.failures = part.health.failures.saturating_add(1);
                if let Some(keeper) = &self.keeper {
                    keeper.keep_health(at, part.health.clone());
                }
                // An answer may rest on it: let the gates see that it failed.
                Change::Facts
            }
        }
    }

    /// What the keeper says; none: its thread has ended without being told to.
    fn hear_history(&mut self, said: Option<Said>) -> Change {
        self.remembered = true;
        match said {
            Some(Said::Opened { kept, problems }) => {
                self.notes = problems;
                for kept in kept {
                    self.restore(kept);
                }
                Change::Facts
            }
            Some(Said::ObservedFrom(first)) => {
                let is_news = self.observed_from.is_none_or(|from| first < from);
                if is_news {
                    self.observed_from = Some(first);
                    return Change::Facts;
                }
                Change::Nothing
            }
            Some(Said::Days(Ok(days))) => {
                self.days.extend(days.into_iter().map(|day| (day.day, Arc::new(day))));
                Change::Facts
            }
            Some(Said::Days(Err(problem))) => {
                self.notes.push(problem);
                Change::Facts
            }
            // What is wrong is part of the world, too: see `store_problems`.
            Some(Said::Trouble(trouble)) => {
                let is_news = self.trouble != trouble;
                self.trouble = trouble;
                if is_news { Change::Facts } else { Change::Nothing }
            }
            Some(Said::MemoryTrouble(source, None)) => match self.forgetful.remove(&source) {
                Some(_) => Change::Facts,
                None => Change::Nothing,
            },
            Some(Said::MemoryTrouble(source, Some(problem))) => {
                let is_news = self.forgetful.get(&source) != Some(&problem);
                self.forgetful.insert(source, problem);
                if is_news { Change::Facts } else { Change::Nothing }
            }
            None => {
                tracing::error!("the thread of the history has ended");
                self.keeper = None;
                self.trouble = Some(Problem::new(
                    "nothing is kept: the part of tminus that keeps the history has broken down",
                    "look into the log for the reason, and start again",
                ));
                Change::Facts
            }
        }
    }

    /// What was known at the last visit, for a source that has not answered since.
    fn restore(&mut self, kept: Kept) {
        let Some(part) = self.parts.iter_mut().find(|part| part.health.id == kept.source) else {
            return;
        };
        if part.facts.is_some() && !part.partial {
            return;
        }
        part.facts = Some(kept.facts);
        part.partial = false;
        part.health.answered_at = Some(kept.until);
        part.health.changed_at = Some(kept.since);
        part.health.stale_from = stale_from(kept.until, part.interval);
    }

    /// What people say moves the board where it says when an activity began or ended.
    fn hear_people(&mut self) -> Change {
        let said = Arc::clone(&self.said.borrow_and_update());
        let steps = said.entries.iter().filter(|entry| entry.is_step());
        if steps.eq(self.heard.entries.iter().filter(|entry| entry.is_step())) {
            return Change::Nothing;
        }
        self.heard = said;
        Change::Facts
    }

    async fn make_board(&mut self, change: Change) {
        let at = self.clock.now();
        let health = self.health();
        let last = Arc::clone(&self.publish.borrow());
        let whole = self.parts.iter().all(|part| part.facts.is_some() && !part.partial || part.asked);
        let completeness = if whole { Completeness::Whole } else { Completeness::Filling };
        if last.completeness == Completeness::Preview
            && self.parts.iter().all(|part| part.facts.is_none() && !part.asked)
        {
            // Nothing better than the last visit yet; do not blank the screen.
            self.publish.send_replace(Arc::new(Board { health, ..(*last).clone() }));
            return;
        }
        drop(last);
        if change == Change::Health && self.publish.borrow().completeness == completeness {
            let board = Board { at, health, ..(**self.publish.borrow()).clone() };
            self.publish(board);
            return;
        }
        let Some(board) = self.derive(health.clone(), completeness, at).await else { return };
        self.publish(board);
        // How good forecasts were follows.
        if whole
            && self.deriver.catch_up().await
            && let Some(board) = self.derive(health, completeness, at).await
        {
            self.publish(board);
        }
    }

    /// None while the program is ending.
    async fn derive(
        &self,
        health: Arc<[SourceHealth]>,
        completeness: Completeness,
        at: Instant,
    ) -> Option<Board> {
        let known: Vec<_> = self
            .parts
            .iter()
            .filter_map(|part| part.facts.clone().map(|facts| (part.health.id.clone(), facts)))
            .collect();
        // The first one is the state of the history itself: see `health`.
        let problems: Vec<_> = self.store_problems().skip(1).cloned().collect();
        let days: Vec<_> = self.days.values().cloned().collect();
        let heard = Arc::clone(&self.heard);
        let world = move || {
            let mut world = World::union(known.iter().map(|(id, facts)| (id, &**facts)));
            world.problems.extend(problems.into_iter().map(|problem| (SourceId::history(), problem)));
            world.days = days;
            world.hear(&heard, at);
            Arc::new(world)
        };
        self.deriver.derive(world, health, completeness, at).await
    }

    fn publish(&self, board: Board) {
        let old = self.publish.send_replace(Arc::new(board));
        // A big board takes long to take apart.
        drop(tokio::task::spawn_blocking(move || drop(old)));
    }

    fn health(&self) -> Arc<[SourceHealth]> {
        let observed_from = self.observed_from;
        let of = |part: &Part| SourceHealth { observed_from, ..part.health.clone() };
        let mut health: Vec<_> = self.parts.iter().map(of).collect();
        health.extend(self.store_problems().next().cloned().map(SourceHealth::of_history));
        health.into()
    }

    /// What is wrong with the store, the worst first.
    fn store_problems(&self) -> impl Iterator<Item = &Problem> {
        self.trouble.iter().chain(&self.notes).chain(self.forgetful.values())
    }
}

#[cfg(test)]
mod tests {
    use std::{
        future::Future as _,
        pin::pin,
        sync::atomic::{AtomicUsize, Ordering},
        task::{Context, Wake, Waker},
    };

    use chrono::{TimeZone, Utc};

    use super::*;
    use crate::domain::Text;

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn hub(clock: Clock, board: Board) -> Hub {
        Hub {
            deriver: deriver(),
            clock,
            parts: Vec::new(),
            keeper: None,
            remembered: true,
            trouble: None,
            notes: Vec::new(),
            observed_from: None,
            days: BTreeMap::new(),
            forgetful: BTreeMap::new(),
            painted: None,
            heard: Arc::default(),
            said: watch::channel(Arc::default()).1,
            publish: watch::channel(Arc::new(board)).0,
            settle: watch::channel(false).0,
        }
    }

    fn deriver() -> Deriver {
        Deriver { title: Text::new("payments"), policy: Arc::default(), learned: Arc::default() }
    }

    fn board(at: Instant) -> Board {
        Board { completeness: Completeness::Whole, ..deriver().empty([].into(), at) }
    }

    #[tokio::test]
    async fn with_nobody_left_to_listen_to_it_rests() {
        let now = Utc.with_ymd_and_hms(2026, 11, 22, 8, 24, 0).unwrap();
        let hub = hub(Clock::Frozen(now), board(now));
        let (_, inbox) = mpsc::unbounded_channel();
        let (_, history) = mpsc::unbounded_channel();
        let settled = hub.settle.subscribe();
        let mut running = pin!(hub.run(inbox, history, CancellationToken::new()));
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        assert!(running.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        assert_eq!(woken.0.load(Ordering::SeqCst), 0, "it asks to be run again at once");
        assert!(*settled.borrow(), "without sources there is nothing to wait for");
    }

    #[test]
    fn a_board_ends_by_its_time_and_by_a_clock_that_was_set_back() {
        let now = Utc.with_ymd_and_hms(2026, 11, 22, 8, 24, 0).unwrap();
        let hub = hub(Clock::Frozen(now), board(now));
        let until = hub.publish.borrow().valid_until;
        let hub_is_over = |now| is_over(&hub.publish.borrow(), now);
        assert!(!hub_is_over(now));
        assert!(hub_is_over(until));
        assert!(hub_is_over(now - chrono::Duration::days(1)));
        hub.publish.send_modify(|board| {
            *board = Arc::new(Board { completeness: Completeness::Preview, ..(**board).clone() });
        });
        assert!(!hub_is_over(until), "the last visit is shown until something better comes");
    }
}
