//! Benchmarks of the screen: `cargo bench --bench screen`. A release with 10,000 stories and
//! 10,000 pull requests, at 120x36.

use std::sync::{Arc, LazyLock};

use chrono_tz::Tz;
use crossterm::event::{KeyCode, KeyEvent};
use divan::{Bencher, black_box};
use ratatui::{Terminal, backend::TestBackend};
use tminus::{
    app::{Event, Options, State, Tab, update},
    domain::{Instant, Policy, SourceHealth, SourceId, Text, World},
    insight::{Board, Learned, board::Completeness, explain},
    source::demo::{DemoSettings, Organisation, facts},
    theme::{ColorDepth, GlyphSet, Glyphs, Styles, shipped},
    view::{Look, draw},
};

const ITEMS: usize = 10_000;
const TABS: [Tab; Tab::ALL.len()] = Tab::ALL;

fn main() {
    divan::main();
}

static BOARD: LazyLock<Arc<Board>> = LazyLock::new(|| {
    let settings = DemoSettings {
        stories: ITEMS,
        pull_requests: Some(ITEMS),
        ..DemoSettings::opened(Instant::UNIX_EPOCH + chrono::Duration::days(20_779), Tz::UTC)
    };
    let now = settings.picture();
    let source = SourceId::new("demo");
    let world = World::union([(&source, &facts(&Organisation::new(&settings), now))]);
    let mut health = SourceHealth::starting(source);
    (health.answered_at, health.stale_from) = (Some(now), Some(now + chrono::Duration::hours(1)));
    let board = Board::derive(
        Text::new("demo"),
        Arc::new(world),
        vec![health].into(),
        Arc::new(Policy::default()),
        &Learned::default(),
        Completeness::Whole,
        now,
    );
    Arc::new(board)
});

fn state(tab: Tab) -> State {
    let mut state = State::new(Arc::clone(&BOARD), Options::default(), BOARD.at);
    state.tab = tab;
    update(&mut state, Event::Resize(120, 36), BOARD.at);
    state
}

fn press(state: &mut State, code: KeyCode) {
    update(state, Event::Key(KeyEvent::from(code)), BOARD.at);
}

/// One letter of a filter.
#[divan::bench(args = TABS)]
fn filter(bencher: Bencher<'_, '_>, tab: Tab) {
    let mut state = state(tab);
    press(&mut state, KeyCode::Char('/'));
    bencher.bench_local(|| {
        press(&mut state, KeyCode::Char('r'));
        press(&mut state, KeyCode::Backspace);
    });
}

/// A whole query over the pull requests.
#[divan::bench(args = ["author:lee stage:review age:>3d -is:draft", "is:open is:late \"retries\"", "rfnd wbhk", "next:@me -author:bot"])]
fn query(bencher: Bencher<'_, '_>, query: &str) {
    let mut state = state(Tab::PullRequests);
    press(&mut state, KeyCode::Char('/'));
    for character in query.chars() {
        press(&mut state, KeyCode::Char(character));
    }
    // A blank more: the same query, read and asked anew.
    bencher.bench_local(|| {
        press(&mut state, KeyCode::Char(' '));
        press(&mut state, KeyCode::Backspace);
    });
}

/// One letter of a query over the pull requests: it is read, picks its rows, and those are sorted by
/// age and grouped by stage.
#[divan::bench(args = ["is:open", "author:lee stage:review age:>3d -is:draft", "is:open is:late \"retries\""])]
fn pick_sort_group(bencher: Bencher<'_, '_>, query: &str) {
    let mut state = state(Tab::PullRequests);
    for key in ['s', 'B', '/'] {
        press(&mut state, KeyCode::Char(key));
    }
    for character in query.chars() {
        press(&mut state, KeyCode::Char(character));
    }
    let mut turn = false;
    bencher.bench_local(|| {
        turn = !turn;
        press(&mut state, if turn { KeyCode::Char(' ') } else { KeyCode::Backspace });
    });
}

/// The next group.
#[divan::bench]
fn group(bencher: Bencher<'_, '_>) {
    let mut state = state(Tab::PullRequests);
    bencher.bench_local(|| press(&mut state, KeyCode::Char('B')));
}

/// The next order.
#[divan::bench(args = TABS)]
fn sort(bencher: Bencher<'_, '_>, tab: Tab) {
    let mut state = state(tab);
    bencher.bench_local(|| press(&mut state, KeyCode::Char('s')));
}

/// A board with news takes the place of another.
#[divan::bench]
fn new_board(bencher: Bencher<'_, '_>) {
    let mut state = state(Tab::Readiness);
    let mut other = (**BOARD).clone();
    other.insight = Arc::new((*other.insight).clone());
    let other = Arc::new(other);
    let mut turn = false;
    bencher.bench_local(|| {
        turn = !turn;
        let board = if turn { &other } else { &*BOARD };
        update(&mut state, Event::Board(Arc::clone(board)), board.at)
    });
}

/// One frame.
#[divan::bench(args = TABS)]
fn draw_frame(bencher: Bencher<'_, '_>, tab: Tab) {
    let state = state(tab);
    let Some(palette) = shipped("dark") else { return };
    let look = Look {
        styles: Styles::resolve(&palette, ColorDepth::Truecolor),
        glyphs: Glyphs::of(GlyphSet::Unicode),
    };
    let Ok(mut terminal) = Terminal::new(TestBackend::new(120, 36));
    bencher.bench_local(|| {
        terminal
            .draw(|frame| {
                black_box(draw(frame, &state, &look, BOARD.at));
            })
            .map(|frame| frame.count)
    });
}

/// `x`: why the headline is what it is.
#[divan::bench]
fn why(bencher: Bencher<'_, '_>) {
    let state = state(Tab::Readiness);
    let Some(release) = &state.release else { return };
    let subject = state.subject();
    bencher.bench_local(|| explain(&BOARD, release, black_box(&subject), BOARD.at));
}
