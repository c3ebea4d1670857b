//! The loop: waits, hands what happened to `update`, carries out what that asks for, and
//! draws when nothing more is waiting.
//!
//! Nothing here waits for a source, a disk or the terminal's link: boards arrive ready made,
//! and pictures are handed to the screen's own thread. Ten sources that answer together cost
//! one frame; an idle board costs nothing.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, watch},
    time::Sleep,
};

use crate::{
    app::{self, Effect, Event, LinkArea, State},
    clock::Clock,
    config::CommandOutput,
    domain::Text,
    insight::Board,
    server::{Archive, SessionHandle},
    terminal::{Events, Hyperlink, Screen, Signal, TerminalEvent, request_stop},
    view::{self, Looks},
};

pub use desk::Edge;
pub use operation_log::OperationLog;
use operations::Carrier;
pub use sections::SectionStore;

/// The pause after a key until what is costly to draw follows.
const REST: Duration = Duration::from_millis(120);
/// The longest wait for time to move on: clocks are set, and machines sleep.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);
/// Events handled before a frame is drawn, so that a flood of them cannot hold up the screen.
const MOST_EVENTS: usize = 256;
/// Exit code when the terminal is gone: that of the signal that should have come.
const EXIT_HUNG_UP: i32 = 129;

/// Where events of the terminal come from.
pub trait Input {
    /// The next event. May be dropped at any time without losing one.
    fn next(&mut self) -> impl Future<Output = TerminalEvent>;

    /// An event that is there already.
    fn ready(&mut self) -> Option<TerminalEvent>;

    /// Leaves the keys to another program, until [`resume`](Self::resume).
    fn pause(&mut self) -> impl Future<Output = ()> {
        std::future::ready(())
    }

    /// Reads keys again.
    fn resume(&mut self) {}
}

impl Input for Events {
    async fn next(&mut self) -> TerminalEvent {
        Self::next(self).await
    }

    fn ready(&mut self) -> Option<TerminalEvent> {
        Self::ready(self)
    }

    async fn pause(&mut self) {
        Self::pause(self).await;
    }

    fn resume(&mut self) {
        Self::resume(self);
    }
}

/// What the loop is connected to.
pub struct Wiring<I> {
    /// Where pictures go.
    pub screen: Screen,
    /// Where keys come from.
    pub input: I,
    /// Where boards come from.
    pub boards: watch::Receiver<Arc<Board>>,
    /// Who is told that sources shall be asked again, and that this process will be stopped.
    pub session: SessionHandle,
    /// Who makes boards of the past.
    pub archive: Archive,
    /// Where what was changed outside is written down.
    pub operation_log: OperationLog,
    /// How it reaches outside, besides operations.
    pub edge: Edge,
    /// Where sections are kept that somebody saves.
    pub sections: SectionStore,
    /// How it looks.
    pub looks: Looks,
    /// Where `now` comes from.
    pub clock: Clock,
}

/// Shows boards until somebody quits; the exit code. The terminal is given back before this
/// returns.
pub async fn run<I: Input>(wiring: Wiring<I>, state: State) -> i32 {
    let (told, answers) = mpsc::unbounded_channel();
    let operators = state.operations.operators.clone();
    let mut carrier = Carrier::new(operators, wiring.operation_log.clone(), wiring.clock, told.clone());
    // The terminal is given back in there.
    let code = turn(wiring, state, (told, answers), &mut carrier).await;
    carrier.end().await;
    code
}

type Answers = (mpsc::UnboundedSender<Event>, mpsc::UnboundedReceiver<Event>);

async fn turn<I: Input>(
    mut wiring: Wiring<I>,
    mut state: State,
    (told, mut answers): Answers,
    carrier: &mut Carrier,
) -> i32 {
    let mut rest: Option<Pin<Box<Sleep>>> = None;
    let mut triage = wiring.session.triage();
    // What was said before is news to the screen.
    triage.mark_changed();
    if let Some(release) = &state.release {
        wiring.session.look_at(release);
    }
    draw(&mut wiring, &mut state);
    if let Some(Effect::LookBack { look, newest }) = state.begin() {
        let archive = wiring.archive.clone();
        answer(&told, async move { past::look_back(&archive, look, &newest).await });
    }
    loop {
        state.operations.is_viewer = wiring.session.is_viewer();
        let tick = until_tick(&wiring, &state);
        let mut happened = tokio::select! {
            biased;
            event = wiring.input.next() => Happened::Terminal(event),
            Some(event) = answers.recv() => Happened::Event(Box::new(event)),
            () = wait(&mut rest) => Happened::Event(Box::new(Event::Rested)),
            Ok(()) = wiring.boards.changed() => Happened::Board,
            Ok(()) = triage.changed() => {
                Happened::Event(Box::new(Event::Triage(Arc::clone(&triage.borrow_and_update()))))
            }
            () = tokio::time::sleep(tick) => Happened::Event(Box::new(Event::Tick)),
        };
        let mut dirty = false;
        let mut handled = 0;
        loop {
            let effects = match happened {
                Happened::Event(event) => {
                    if matches!(*event, Event::Rested) {
                        rest = None;
                    }
                    app::update(&mut state, *event, wiring.clock.now())
                }
                Happened::Board => {
                    let board = Arc::clone(&wiring.boards.borrow_and_update());
                    app::update(&mut state, Event::Board(board), wiring.clock.now())
                }
                Happened::Terminal(event) => match hear(&mut wiring, &mut state, event) {
                    Heard::Effects(effects) => effects,
                    Heard::Stop => {
                        stop(&mut wiring).await;
                        Vec::new()
                    }
                    Heard::End(code) => return code,
                },
            };
            for effect in effects {
                match effect {
                    Effect::Draw => dirty = true,
                    Effect::Repaint => {
                        wiring.screen.redraw();
                        dirty = true;
                    }
                    Effect::RestTimer => rest = Some(Box::pin(tokio::time::sleep(REST))),
                    Effect::LookAt(release) => wiring.session.look_at(&release),
                    Effect::Refresh(source) => wiring.session.refresh(source.as_ref()),
                    Effect::NextTheme => {
                        let name = Text::new(wiring.looks.turn());
                        app::update(&mut state, Event::Notice(name), wiring.clock.now());
                        dirty = true;
                    }
                    Effect::LookBack { look, newest } => {
                        let archive = wiring.archive.clone();
                        answer(&told, async move { past::look_back(&archive, look, &newest).await });
                    }
                    Effect::Compare { from, until, newest } => {
                        let archive = wiring.archive.clone();
                        answer(&told, async move { past::compare(&archive, from, until, newest).await });
                    }
                    Effect::LookCloser { board, id } => answer(&told, closer::look(board, id)),
                    Effect::ReadDetail { version, place } => {
                        let readers = state.closer.readers.clone();
                        answer(&told, closer::read(readers, version, place, wiring.clock));
                    }
                    Effect::CarryOut(queued) => carrier.carry_out(*queued),
                    Effect::LookWhetherDone { queued, sent } => carrier.look(*queued, sent),
                    Effect::ReadOperationLog => {
                        let log = wiring.operation_log.clone();
                        answer(&told, async move { log.last().await });
                    }
                    Effect::CompareReleases { release, newest } => {
                        let archive = wiring.archive.clone();
                        answer(
                            &told,
                            async move { past::compare_releases(&archive, &release, newest).await },
                        );
                    }
                    Effect::Note(change) => {
                        let (session, told) = (wiring.session.clone(), told.clone());
                        tokio::spawn(async move {
                            if let Err(problem) = session.note(change).await {
                                // A loop that has ended needs no answer.
                                drop(told.send(Event::Notice(past::said(&problem))));
                            }
                        });
                    }
                    Effect::Study(board) => cards::study(board, told.clone()),
                    Effect::KeepSections(kept) => {
                        let store = wiring.sections.clone();
                        let told = told.clone();
                        tokio::task::spawn_blocking(move || {
                            if let Err(problem) = store.keep(&kept) {
                                drop(told.send(Event::Notice(past::said(&problem))));
                            }
                        });
                    }
                    Effect::Assume { truth, assumed } => {
                        let archive = wiring.archive.clone();
                        answer(&told, async move { what_if::assume(&archive, truth, assumed).await });
                    }
                    Effect::Browse(link) => wiring.edge.browse(&link, told.clone()),
                    Effect::Copy { text, said } => {
                        wiring.edge.copy(text, said, wiring.screen.beside(), told.clone());
                    }
                    Effect::RunJob(job) if job.output == CommandOutput::Terminal => {
                        let run = async |edge: &Edge| {
                            let answer = processes::run_in_terminal(&job, &edge.directory).await;
                            Event::JobEnded { number: job.number, answer }
                        };
                        if let Some(code) = lend(&mut wiring, run, &told).await {
                            return code;
                        }
                    }
                    Effect::Edit(text) => {
                        let edit = async |edge: &Edge| {
                            let private = edge.private.as_deref();
                            Event::Edited(editor::edit(&edge.editor, &text, private, &edge.directory).await)
                        };
                        if let Some(code) = lend(&mut wiring, edit, &told).await {
                            return code;
                        }
                    }
                    Effect::RunJob(job) => wiring.edge.run(*job, wiring.clock, told.clone()),
                    Effect::ConsiderNotices(considered) => {
                        wiring.edge.consider(*considered, wiring.clock, told.clone());
                    }
                    Effect::Tell(notices) => {
                        wiring.edge.tell(notices, &wiring.screen.beside(), told.clone());
                    }
                    // Comes back as a signal, so that key and `kill -TSTP` take the same way.
                    Effect::Suspend => {
                        if let Err(error) = request_stop() {
                            tracing::error!(%error, "could not stop");
                        }
                    }
                    // Taking a big board apart takes longer than a frame.
                    Effect::DropBoard(board) => drop(tokio::task::spawn_blocking(move || drop(board))),
                    Effect::Quit => return 0,
                }
            }
            handled += 1;
            if handled == MOST_EVENTS {
                // Before one more is taken, which would be lost.
                break;
            }
            // More that is there already goes into the same frame.
            happened = match wiring.input.ready() {
                Some(event) => Happened::Terminal(event),
                None if wiring.boards.has_changed().unwrap_or(false) => Happened::Board,
                None => break,
            };
        }
        if dirty {
            draw(&mut wiring, &mut state);
        }
    }
}

/// Lets a command have the terminal until it ends; an exit code if it cannot be taken back.
async fn lend<I: Input>(
    wiring: &mut Wiring<I>,
    command: impl AsyncFnOnce(&Edge) -> Event,
    told: &mpsc::UnboundedSender<Event>,
) -> Option<i32> {
    wiring.input.pause().await;
    wiring.screen.lend();
    let answer = command(&wiring.edge).await;
    if let Err(error) = wiring.screen.take_back() {
        tracing::error!(%error, "the terminal could not be taken back");
        return Some(EXIT_HUNG_UP);
    }
    wiring.input.resume();
    let size = wiring.screen.size();
    for event in [Event::Resize(size.width, size.height), answer] {
        // The loop itself hears it.
        drop(told.send(event));
    }
    None
}

/// Hands the event that `work` ends with back to the loop.
fn answer(told: &mpsc::UnboundedSender<Event>, work: impl Future<Output = Event> + Send + 'static) {
    let told = told.clone();
    tokio::spawn(async move {
        // A loop that has ended needs no answer.
        drop(told.send(work.await));
    });
}

enum Happened {
    /// What the screen is told; large beside the others.
    Event(Box<Event>),
    Board,
    Terminal(TerminalEvent),
}

enum Heard {
    Effects(Vec<Effect>),
    Stop,
    End(i32),
}

/// What an event of the terminal means.
fn hear<I>(wiring: &mut Wiring<I>, state: &mut State, event: TerminalEvent) -> Heard {
    let event = match event {
        TerminalEvent::Key(key) => Event::Key(key),
        TerminalEvent::Mouse(mouse) => Event::Mouse(mouse),
        TerminalEvent::Paste(text) => Event::Paste(text),
        TerminalEvent::Resize(size) => {
            wiring.screen.resize(size);
            Event::Resize(size.width, size.height)
        }
        TerminalEvent::FocusGained => Event::FocusGained,
        TerminalEvent::FocusLost => Event::FocusLost,
        TerminalEvent::Signal(Signal::Quit(code)) => return Heard::End(code),
        TerminalEvent::HungUp => return Heard::End(EXIT_HUNG_UP),
        TerminalEvent::Signal(Signal::Stop) => return Heard::Stop,
        TerminalEvent::Signal(Signal::Continue) => match wiring.screen.resume() {
            // In the background there is nothing to draw on; the signal comes again.
            Ok(false) => return Heard::Effects(Vec::new()),
            Ok(true) => {
                let size = wiring.screen.size();
                let mut effects = app::update(state, Event::Resumed, wiring.clock.now());
                effects.extend(app::update(
                    state,
                    Event::Resize(size.width, size.height),
                    wiring.clock.now(),
                ));
                return Heard::Effects(effects);
            }
            Err(error) => {
                tracing::error!(%error, "the terminal could not be taken back");
                return Heard::End(EXIT_HUNG_UP);
            }
        },
    };
    Heard::Effects(app::update(state, event, wiring.clock.now()))
}

/// Stops this process, and returns when it goes on. Meanwhile somebody else may have the board.
async fn stop<I>(wiring: &mut Wiring<I>) {
    wiring.session.suspend().await;
    if let Err(error) = wiring.screen.stop() {
        tracing::error!(%error, "could not stop");
    }
    wiring.session.resume();
}

fn draw<I>(wiring: &mut Wiring<I>, state: &mut State) {
    let now = wiring.clock.now();
    let look = wiring.looks.look();
    let mut layout = app::Layout::default();
    wiring.screen.draw_linked(|frame| {
        layout = view::draw(frame, state, look, now);
        layout.links.iter().map(hyperlink).collect()
    });
    // Where things are changes no picture: what it asks for can wait for the next one.
    drop(app::update(state, Event::Drawn(layout), now));
}

fn hyperlink(found: &LinkArea) -> Hyperlink {
    let LinkArea { area, link } = found;
    Hyperlink { x: area.x, y: area.y, cells: area.width, url: link.as_str().into() }
}

/// How long until time alone changes what is drawn.
fn until_tick<I>(wiring: &Wiring<I>, state: &State) -> Duration {
    let now = wiring.clock.now();
    let left = state.next_tick(now).map(|tick| (tick - now).to_std().unwrap_or(Duration::ZERO));
    match wiring.clock {
        Clock::Frozen(_) => LONGEST_SLEEP,
        Clock::Real => left.unwrap_or(LONGEST_SLEEP).clamp(Duration::from_millis(20), LONGEST_SLEEP),
    }
}

async fn wait(timer: &mut Option<Pin<Box<Sleep>>>) {
    match timer {
        Some(timer) => timer.await,
        None => std::future::pending().await,
    }
}

mod cards;
mod closer;
mod desk;
mod editor;
mod operation_log;
mod operations;
mod past;
mod processes;
mod sections;
#[cfg(test)]
mod tests;
mod what_if;
