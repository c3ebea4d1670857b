//! What the loop does, on the demo with 10,000 stories: `cargo bench --bench loop`.

use std::{io, sync::Arc};

use chrono::DateTime;
use chrono_tz::Tz;
use divan::{Bencher, black_box};
use ratatui::layout::Size;
use tminus::{
    app::{Event, Key, Options, State, Tab, update},
    domain::{Facts, Instant, Policy, SourceHealth, SourceId, Text, World},
    history::PaintCache,
    insight::{Board, Completeness, Learned, Preview},
    source::demo::{DemoSettings, Organisation, facts},
    terminal::Screen,
    theme::{ColorDepth, GlyphSet, Glyphs, Styles, shipped},
    view::{self, Look},
};

const STORIES: usize = 10_000;
const USUAL: Size = Size { width: 120, height: 36 };

fn main() {
    divan::main();
}

fn settings(stories: usize) -> DemoSettings {
    let day: Instant = DateTime::from_timestamp(1_795_335_840, 0).unwrap_or_default();
    DemoSettings { stories, ..DemoSettings::opened(day, Tz::UTC) }
}

fn demo(stories: usize) -> (Facts, Instant) {
    let settings = settings(stories);
    let now = settings.picture();
    (facts(&Organisation::new(&settings), now), now)
}

fn board(stories: usize) -> Arc<Board> {
    let (facts, now) = demo(stories);
    let source = SourceId::new("demo");
    let mut health = SourceHealth::starting(source.clone());
    (health.answered_at, health.stale_from) = (Some(now), Some(now + chrono::Duration::hours(1)));
    Arc::new(Board::derive(
        Text::new("demo"),
        Arc::new(World::union([(&source, &facts)])),
        vec![health].into(),
        Arc::new(Policy::default()),
        &Learned::default(),
        Completeness::Whole,
        now,
    ))
}

/// A screen that writes nowhere, and a state of which it showed one frame.
struct Shown {
    screen: Screen,
    state: State,
    look: Look,
    now: Instant,
}

impl Shown {
    fn new(tab: Tab) -> Option<Self> {
        let board = board(STORIES);
        let now = board.at;
        let mut shown = Self {
            screen: Screen::over(io::sink(), USUAL).ok()?,
            state: State::new(board, Options { tab: Some(tab), ..Options::default() }, now),
            look: Look {
                styles: Styles::resolve(&shipped("dark")?, ColorDepth::Truecolor),
                glyphs: Glyphs::of(GlyphSet::Unicode),
            },
            now,
        };
        update(&mut shown.state, Event::Resize(USUAL.width, USUAL.height), now);
        shown.draw();
        Some(shown)
    }

    /// Draws, and waits until the bytes are made and written.
    fn draw(&mut self) {
        let mut layout = tminus::app::Layout::default();
        let (state, look, now) = (&self.state, &self.look, self.now);
        self.screen.draw(|frame| layout = view::draw(frame, state, look, now));
        update(&mut self.state, Event::Drawn(layout), now);
        self.screen.wait_until_written();
    }
}

/// From a key to the bytes for the terminal: down, and at the end of the screen a scroll.
#[divan::bench(args = ["readiness", "pull-requests", "schedule"], max_time = 3)]
fn key_to_bytes(bencher: Bencher<'_, '_>, tab: &str) {
    let Some((mut shown, down)) = Tab::named(tab).and_then(Shown::new).zip("j".parse::<Key>().ok()) else {
        return;
    };
    bencher.bench_local(|| {
        let now = shown.now;
        update(&mut shown.state, Event::Key(down.into()), now);
        shown.draw();
    });
}

/// What a new board costs the loop before it can draw: lists, selections.
#[divan::bench(max_time = 3)]
fn board_arrives(bencher: Bencher<'_, '_>) {
    let Some(mut shown) = Shown::new(Tab::Readiness) else { return };
    let board = board(STORIES);
    bencher.bench_local(|| {
        let now = shown.now;
        drop(black_box(update(&mut shown.state, Event::Board(Arc::clone(&board)), now)));
    });
}

/// The picture of the last visit, from the file to a board.
#[divan::bench(max_time = 3)]
fn last_visit(bencher: Bencher<'_, '_>) {
    let directory = std::env::temp_dir().join(format!("tminus-bench-{}", std::process::id()));
    let cache = PaintCache::new(&directory, 1);
    if cache.store(&Preview::of(&board(STORIES), 1.0)).is_ok() {
        bencher.bench_local(|| cache.load::<Preview>().map(Preview::into_board));
    }
    #[expect(clippy::disallowed_methods, reason = "what the benchmark wrote goes with it")]
    drop(std::fs::remove_dir_all(&directory));
}

/// The demo's organisation and what it says in its first round.
#[divan::bench(args = [48, 10_000], max_time = 3)]
fn demo_round(bencher: Bencher<'_, '_>, stories: usize) {
    bencher.bench_local(|| demo(black_box(stories)));
}

/// A board of the demo, from its facts: what a round with news costs beside the loop.
#[divan::bench(max_time = 5)]
fn derive_board(bencher: Bencher<'_, '_>) {
    let (facts, now) = demo(STORIES);
    let source = SourceId::new("demo");
    bencher.bench_local(|| {
        let world = Arc::new(World::union([(&source, &facts)]));
        let health = vec![SourceHealth::starting(source.clone())].into();
        let policy = Arc::new(Policy::default());
        Board::derive(Text::new("demo"), world, health, policy, &Learned::default(), Completeness::Whole, now)
    });
}
