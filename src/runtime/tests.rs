//! The whole loop: scripted keys and sources, a real refresher, and what a terminal then
//! shows. Time stands still, and every wait is for something that must happen.

use std::{
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::{FutureExt as _, future::BoxFuture};
use ratatui::layout::Size;
use tokio::{
    sync::{Notify, mpsc},
    task::JoinHandle,
};

use super::*;
use crate::{
    app::{
        Key, Options,
        fixture::{board, board_with, board_with_first, now, operators},
    },
    domain::{Facts, Kind, Policy, Release, SourceHealth, SourceId, StoryKey},
    history::{History, MemoryHistory, Retention},
    insight::Preview,
    refresh::{Deriver, Storage},
    server::{Identity, Place, Session, SessionSetup},
    source::{
        Answer, Round, Source, SourceError,
        demo::{DemoSettings, DemoSource},
    },
    terminal::emulator,
    theme::{ColorDepth, GlyphSet, Glyphs, SHIPPED, Styles, shipped},
    view::Look,
};

/// How long anything may take, on any machine.
const PATIENCE: Duration = Duration::from_secs(60);
const USUAL: Size = Size { width: 120, height: 36 };

/// What stands for the terminal: reads every frame as it is written.
#[derive(Clone)]
struct Terminal(Arc<(Mutex<Shown>, Notify)>);

struct Shown {
    parser: vt100::Parser,
    written: Vec<u8>,
    frames: usize,
}

impl Terminal {
    fn new(size: Size) -> Self {
        let shown = Shown { parser: emulator(size.width, size.height), written: Vec::new(), frames: 0 };
        Self(Arc::new((Mutex::new(shown), Notify::new())))
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl io::Write for Terminal {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.shown().written.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let mut shown = self.shown();
        let written = std::mem::take(&mut shown.written);
        shown.parser.process(&written);
        shown.frames += 1;
        drop(shown);
        self.0.1.notify_one();
        Ok(())
    }
}

/// Keys and signals as the test sends them.
struct Script(mpsc::UnboundedReceiver<TerminalEvent>);

impl Input for Script {
    async fn next(&mut self) -> TerminalEvent {
        match self.0.recv().await {
            Some(event) => event,
            None => std::future::pending().await,
        }
    }

    fn ready(&mut self) -> Option<TerminalEvent> {
        self.0.try_recv().ok()
    }
}

/// A source that never answers, but ends when it shall.
struct Silent;

impl Source for Silent {
    fn id(&self) -> SourceId {
        SourceId::new("silent")
    }

    fn interval(&self) -> Duration {
        Duration::from_secs(3600)
    }

    fn fetch<'a>(&'a mut self, round: &'a Round) -> BoxFuture<'a, Result<Answer, SourceError>> {
        Box::pin(async {
            round.cancelled.cancelled().await;
            Err(SourceError::Cancelled)
        })
    }
}

/// A source that knows one release, of which the version is the number of the round.
#[derive(Default)]
struct Counting(usize);

impl Source for Counting {
    fn id(&self) -> SourceId {
        SourceId::new("counting")
    }

    fn interval(&self) -> Duration {
        Duration::from_secs(3600)
    }

    fn fetch<'a>(&'a mut self, _: &'a Round) -> BoxFuture<'a, Result<Answer, SourceError>> {
        self.0 += 1;
        let release = Arc::new(Release::named("round", &self.0.to_string()));
        let facts = Facts { covers: [Kind::Releases].into(), releases: vec![release], ..Facts::default() };
        Box::pin(std::future::ready(Ok(Answer::Facts(Arc::new(facts)))))
    }
}

/// The loop, and everything it is connected to.
struct Rig {
    terminal: Terminal,
    events: mpsc::UnboundedSender<TerminalEvent>,
    session: Session,
    code: JoinHandle<i32>,
    /// Where the board lives, if it has a place.
    _directory: Option<tempfile::TempDir>,
}

fn looks() -> Looks {
    let look = |name: &str| Look {
        styles: Styles::resolve(&shipped(name).expect("a shipped theme"), ColorDepth::Truecolor),
        glyphs: Glyphs::of(GlyphSet::Unicode),
    };
    let others = SHIPPED.iter().map(|(name, _)| ((*name).to_owned(), look(name)));
    Looks::new(("dark".to_owned(), look("dark")), others)
}

/// The loop on the boards of a refresher with `source`, which begins with the picture of a
/// last visit.
fn rig(source: impl Source + 'static, size: Size) -> Rig {
    start(source, size, Some(Preview::of(&board(), 1.0).into_board()), None)
}

/// The loop on the boards that the test sends.
fn rig_on(boards: watch::Receiver<Arc<Board>>, size: Size) -> Rig {
    start(Silent, size, None, Some(boards))
}

fn start(
    source: impl Source + 'static,
    size: Size,
    preview: Option<Board>,
    boards: Option<watch::Receiver<Arc<Board>>>,
) -> Rig {
    // Without a place nobody else is looked for.
    start_with(source, size, preview, boards, None).now_or_never().expect("nothing is waited for")
}

async fn start_with(
    source: impl Source + 'static,
    size: Size,
    preview: Option<Board>,
    boards: Option<watch::Receiver<Arc<Board>>>,
    mut storage: Option<Storage>,
) -> Rig {
    let directory = storage.as_ref().map(|_| tempfile::tempdir().expect("a directory"));
    let place = directory.as_ref().map(|directory| Place {
        directory: directory.path().to_owned(),
        sockets: vec![directory.path().to_owned()],
        group: None,
    });
    let clock = Clock::Frozen(now());
    let mut sources: Option<Vec<Box<dyn Source>>> = Some(vec![Box::new(source)]);
    let setup = SessionSetup {
        deriver: Deriver {
            title: Text::new("payments"),
            policy: Arc::new(Policy::default()),
            learned: Arc::default(),
        },
        clock,
        identity: Identity { version: Text::new("0"), sources: Vec::new(), is_offline: false },
        place,
        sources: Box::new(move || Ok(sources.take().unwrap_or_default())),
        storage: Box::new(move || storage.take().expect("only with a place, and once")),
        preview,
        focus: None,
        status: |_| String::new(),
        schedule: |_, _| String::new(),
        lock: None,
    };
    let session = Session::start(setup).await.expect("a session");
    let terminal = Terminal::new(size);
    let screen = Screen::over(terminal.clone(), size).expect("a thread");
    let (events, script) = mpsc::unbounded_channel();
    let boards = boards.unwrap_or_else(|| session.boards());
    let first = Arc::clone(&boards.borrow());
    let wiring = Wiring {
        sections: SectionStore::default(),
        screen,
        input: Script(script),
        boards,
        session: session.handle(),
        archive: session.archive(),
        operation_log: OperationLog::none(),
        edge: Edge::default(),
        looks: looks(),
        clock,
    };
    let options = Options { operators: operators(None), ..Options::default() };
    let mut state = State::new(first, options, now());
    // Time stands still: what is confirmed is due at once.
    state.operations.hold = chrono::Duration::zero();
    let code = tokio::spawn(run(wiring, state));
    Rig { terminal, events, session, code, _directory: directory }
}

impl Rig {
    fn send(&self, event: TerminalEvent) {
        assert!(self.events.send(event).is_ok(), "the loop has ended");
    }

    fn press(&self, keys: &str) {
        for key in keys.split_whitespace() {
            let key: Key = key.parse().expect("a key");
            self.send(TerminalEvent::Key(key.into()));
        }
    }

    fn text(&self) -> String {
        self.terminal.shown().parser.screen().contents()
    }

    /// Waits until the terminal is as `is_it` wants it.
    async fn until(&self, what: &str, is_it: impl Fn(&vt100::Screen) -> bool) {
        let wait = async {
            while !is_it(self.terminal.shown().parser.screen()) {
                self.terminal.0.1.notified().await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, wait).await;
        assert!(waited.is_ok(), "not {what}, but:\n{}", self.text());
    }

    async fn until_text(&self, text: &str) {
        self.until(text, |screen| screen.contents().contains(text)).await;
    }

    /// How the loop ended.
    async fn ended(self) -> i32 {
        let code = tokio::time::timeout(PATIENCE, self.code).await;
        tokio::time::timeout(PATIENCE, self.session.stop()).await.expect("everything ends");
        code.expect("the loop ends").expect("no panic")
    }
}

/// The row with the mark of the selection in the list of stories.
fn selected(screen: &vt100::Screen) -> Option<String> {
    let text = screen.contents();
    let row = text.lines().find(|line| line.starts_with("│▌"))?;
    row.split_whitespace().find(|word| word.contains("PAY-")).map(str::to_owned)
}

#[tokio::test]
async fn the_last_visit_is_on_the_screen_before_any_source_answered() {
    let rig = rig(Silent, USUAL);
    rig.until("its release and its stories", |screen| {
        screen.contents().contains("payments 4.2") && selected(screen).as_deref() == Some("PAY-311")
    })
    .await;
    rig.press("q");
    assert_eq!(rig.ended().await, 0);
}

#[tokio::test]
async fn keys_lead_through_the_screens_and_out() {
    let rig = rig(Silent, USUAL);
    rig.until_text("PAY-311").await;
    for (keys, shown) in [
        ("2", "Bump tls"),
        ("3", "production"),
        ("1", "What turns it green"),
        ("?", "next row"),
        ("esc / r e f u n d", "1 of 48"),
        ("enter esc L", "ledger 1.8"),
        ("esc %", "┌ Sources"),
    ] {
        rig.press(keys);
        rig.until_text(shown).await;
    }
    rig.press("q");
    rig.until("closed", |screen| !screen.contents().contains("┌ Sources")).await;
    rig.press("q");
    assert_eq!(rig.ended().await, 0);
}

#[tokio::test]
async fn a_new_board_keeps_what_is_selected() {
    let (boards, receiver) = watch::channel(Arc::new(board()));
    let rig = rig_on(receiver, USUAL);
    rig.press("j j");
    rig.until("on the third", |screen| selected(screen).as_deref() == Some("PAY-320")).await;
    boards.send_replace(Arc::new(board_with(|release| {
        let mut row = release.stories[0].clone();
        let mut story = (*row.story).clone();
        story.key = StoryKey::new("PAY-999");
        row.story = Arc::new(story);
        release.stories.insert(0, row);
    })));
    rig.until_text("PAY-999").await;
    assert_eq!(selected(rig.terminal.shown().parser.screen()).as_deref(), Some("PAY-320"));
    rig.press("q");
    assert_eq!(rig.ended().await, 0);
}

#[tokio::test]
async fn a_flood_of_keys_and_boards_costs_few_frames() {
    let (boards, receiver) = watch::channel(Arc::new(board()));
    let rig = rig_on(receiver, USUAL);
    rig.until_text("PAY-311").await;
    let before = rig.terminal.shown().frames;
    let presses = 10_000;
    for number in 0..presses {
        rig.press(if number % 2 == 0 { "j" } else { "k" });
        if number % 100 == 0 {
            boards.send_replace(Arc::new(board()));
        }
    }
    rig.press("j");
    rig.until("on the second", |screen| selected(screen).as_deref() == Some("PAY-298")).await;
    let frames = rig.terminal.shown().frames - before;
    assert!(frames <= presses / MOST_EVENTS + 2, "{frames} frames");
    rig.press("q");
    assert_eq!(rig.ended().await, 0);
}

#[tokio::test]
async fn a_refresh_reaches_the_source_and_its_answer_the_screen() {
    let rig = rig(Counting::default(), USUAL);
    rig.until_text("round 1").await;
    rig.press("R");
    rig.until_text("round 2").await;
    rig.press("R");
    rig.until_text("round 3").await;
    rig.press("q");
    assert_eq!(rig.ended().await, 0);
}

#[tokio::test]
async fn every_size_is_drawn_and_every_key_works_there() {
    let rig = rig(Silent, Size::new(1, 1));
    for (width, height) in [(1, 1), (2, 30), (10, 3), (20, 5), (39, 9), (40, 10), (300, 4), (120, 36)] {
        rig.terminal.shown().parser = emulator(width, height);
        rig.send(TerminalEvent::Resize(Size::new(width, height)));
        for key in ["j", "h", "enter", "esc", "2", "J", "]", "b", "3", "b", "?", "?", "L", "esc", "e", "x"] {
            rig.press(key);
            rig.press("esc 1");
        }
        rig.press("ctrl-l");
        rig.until("drawn", |screen| !screen.contents().trim().is_empty()).await;
    }
    rig.until_text("payments 4.2").await;
    rig.press("q");
    assert_eq!(rig.ended().await, 0);
}

#[tokio::test]
async fn what_others_wrote_over_the_screen_is_drawn_again() {
    let rig = rig(Silent, USUAL);
    rig.until_text("PAY-311").await;
    let redrawn = async |event| {
        rig.terminal.shown().parser.process(b"\x1b[2J\x1b[Hfish: Job 1 has stopped");
        rig.send(event);
        rig.until("whole again", |screen| {
            let text = screen.contents();
            !text.contains("fish") && text.contains("PAY-311")
        })
        .await;
    };
    let repaint: Key = "ctrl-l".parse().expect("a key");
    redrawn(TerminalEvent::Key(repaint.into())).await;
    // Without a terminal there is no stop, but what follows one is the same.
    rig.send(TerminalEvent::Signal(Signal::Stop));
    redrawn(TerminalEvent::Signal(Signal::Continue)).await;
    rig.press("q");
    assert_eq!(rig.ended().await, 0);
}

#[tokio::test]
async fn another_theme_has_other_colours() {
    let rig = rig(Silent, USUAL);
    rig.until_text("PAY-311").await;
    let colors = |screen: &vt100::Screen| screen.cell(0, 1).map(|cell| (cell.fgcolor(), cell.bgcolor()));
    let before = colors(rig.terminal.shown().parser.screen());
    rig.press("T");
    rig.until("another", |screen| colors(screen) != before && screen.contents().contains("PAY-311")).await;
    rig.press("q");
    assert_eq!(rig.ended().await, 0);
}

#[tokio::test]
async fn every_way_out_has_its_exit_code() {
    let key = |key: &str| TerminalEvent::Key(key.parse::<Key>().expect("a key").into());
    for (open, event, code) in [
        ("", key("q"), 0),
        ("?", key("ctrl-c"), 0),
        ("/", key("ctrl-c"), 0),
        ("L", TerminalEvent::Signal(Signal::Quit(143)), 143),
        ("", TerminalEvent::HungUp, 129),
    ] {
        let rig = rig(Silent, USUAL);
        rig.press(open);
        rig.send(event.clone());
        assert_eq!(rig.ended().await, code, "{event:?}");
    }
}

#[tokio::test]
async fn the_demo_fills_the_screen() {
    let settings = DemoSettings { frozen: true, ..DemoSettings::opened(now(), chrono_tz::Tz::UTC) };
    let rig = start(DemoSource::new(settings), USUAL, None, None);
    rig.until("the demo", |screen| selected(screen).is_some()).await;
    let first = selected(rig.terminal.shown().parser.screen());
    rig.press("j");
    rig.until("on the next", |screen| {
        let selected = selected(screen);
        selected.is_some() && selected != first
    })
    .await;
    rig.press("q");
    assert_eq!(rig.ended().await, 0);
}

#[tokio::test]
async fn what_is_assumed_is_worked_out_beside_the_loop_and_left_again() {
    let settings = DemoSettings { frozen: true, ..DemoSettings::opened(now(), chrono_tz::Tz::UTC) };
    let rig = start(DemoSource::new(settings), USUAL, None, None);
    rig.until("the demo", |screen| selected(screen).is_some()).await;
    rig.press(": w h a t - i f space t a r g e t space + 9 0 d enter");
    rig.until_text("WHAT IF 1 change").await;
    // With ninety days more it is on track: that is worked out by the whole of insight.
    rig.until("the answer", |screen| {
        let third = screen.contents().lines().nth(3).map(str::to_owned).unwrap_or_default();
        third.contains("then outlook") && third.contains("→ on track")
    })
    .await;
    rig.press("esc");
    rig.until("the truth", |screen| !screen.contents().contains("WHAT IF")).await;
    rig.press("q");
    assert_eq!(rig.ended().await, 0);
}

#[tokio::test]
async fn nothing_runs_while_nothing_happens() {
    let rig = rig(Counting::default(), USUAL);
    rig.until_text("round 1").await;
    // A task that is always ready lets timers run late, but never lets the thread rest.
    let metrics = tokio::runtime::Handle::current().metrics();
    let before = metrics.worker_park_count(0);
    drop(tokio::time::timeout(Duration::from_millis(5), std::future::pending::<()>()).await);
    assert!(metrics.worker_park_count(0) > before, "some task spins");
    rig.press("q");
    assert_eq!(rig.ended().await, 0);
}

/// A history in which yesterday another release was known.
fn yesterday() -> Storage {
    let open = || {
        let mut history = MemoryHistory::default();
        let release = Arc::new(Release::named("yesterday", "1"));
        let facts = Facts { covers: [Kind::Releases].into(), releases: vec![release], ..Facts::default() };
        let source = SourceId::new("counting");
        let then = now() - chrono::Duration::days(1);
        let health = SourceHealth { answered_at: Some(then), ..SourceHealth::starting(source.clone()) };
        history.append(&source, then, &Arc::new(facts), &health)?;
        Ok(Box::new(history) as Box<dyn History>)
    };
    Storage { open: Box::new(open), paint: Box::new(|_| {}), retention: Retention::default(), is_kept: true }
}

#[tokio::test]
async fn the_whole_board_steps_into_the_past_and_back() {
    let rig = start_with(Counting(0), USUAL, None, None, Some(yesterday())).await;
    rig.until_text("round 1").await;
    rig.press("6");
    rig.until_text("yesterday 1").await;
    rig.until_text("no source knows it any more").await;
    rig.press("1 <");
    rig.until_text("AS OF Sat 21 Nov").await;
    rig.until("the release of then", |screen| {
        screen.contents().starts_with(" AS OF Sat 21 Nov 08:24  yesterday 1")
    })
    .await;
    rig.press("<");
    rig.until_text("the history begins here").await;
    rig.press("=");
    rig.until("now", |screen| {
        screen.contents().starts_with(" round 1") && !screen.contents().contains("AS OF")
    })
    .await;
    rig.press("q");
    assert_eq!(rig.ended().await, 0);
}

#[tokio::test]
async fn what_is_confirmed_is_carried_out_and_its_answer_reaches_the_row() {
    let (boards, receiver) = watch::channel(Arc::new(board_with_first(|_| {})));
    let rig = rig_on(receiver, USUAL);
    rig.until_text("PAY-311").await;
    rig.press("2 m");
    rig.until_text("merge api#812 Refund webhook retries at 1a2b3c4 into main").await;
    rig.press("y");
    // Due at once; the clock stands still, so it is noticed at the next key.
    rig.until("confirmed", |screen| {
        let shown = screen.contents();
        shown.contains("merge: waits") || shown.contains("in 0 s") || shown.contains("✓ merged")
    })
    .await;
    rig.press("j");
    rig.until_text("✓ merged as 4f2a9c1").await;
    rig.press("q");
    assert_eq!(rig.ended().await, 0);
    drop(boards);
}
