mod cells;

use std::sync::Arc;

use chrono::Duration;
use crossterm::event::KeyEvent;
use ratatui::{Terminal, backend::TestBackend};

use super::*;
use crate::{
    app::{
        Effect, Event, Key, Options,
        fixture::{self, board, board_with, now},
        update,
    },
    domain::{Kind, Text},
    insight::{
        Board, Flaky, MetricDay, MetricValue, Outlook, Subject, SuiteRow, TestRow, Verdict, Week,
        board::Completeness,
    },
    theme::{ColorDepth, GlyphSet, shipped},
};

/// Plain, as without colours: what a state is must be in the text.
fn look(set: GlyphSet) -> Look {
    Look { styles: Styles::resolve(&shipped("dark").unwrap(), ColorDepth::None), glyphs: Glyphs::of(set) }
}

/// A state after a script of keys, drawn in between as the runtime does.
fn after(board: Board, size: (u16, u16), keys: &str) -> State {
    let mut state = State::new(Arc::new(board), Options::default(), now());
    update(&mut state, Event::Resize(size.0, size.1), now());
    go_on(&mut state, size, keys);
    state
}

fn go_on(state: &mut State, size: (u16, u16), keys: &str) {
    render(state, size, GlyphSet::Unicode, now());
    for key in keys.split_whitespace() {
        let key: Key = key.parse().unwrap();
        let mut effects = press(state, key);
        while !effects.is_empty() {
            effects = effects.into_iter().flat_map(|effect| carried_out(state, effect)).collect();
        }
        render(state, size, GlyphSet::Unicode, now());
    }
}

/// What the runtime would do at once, and what comes of it.
fn carried_out(state: &mut State, effect: Effect) -> Vec<Effect> {
    let event = match effect {
        Effect::RestTimer => Event::Rested,
        Effect::LookCloser { id, .. } => Event::LookedCloser { id, look: Arc::new(fixture::closer_look()) },
        Effect::ReadDetail { version, .. } => {
            Event::DetailRead { version, answer: Ok(Arc::new(fixture::detail())) }
        }
        _ => return Vec::new(),
    };
    update(state, event, now())
}

fn press(state: &mut State, key: Key) -> Vec<Effect> {
    update(state, Event::Key(key.into()), now())
}

/// The screen as text, one line for each row; hands the layout back like the runtime.
fn render(state: &mut State, size: (u16, u16), set: GlyphSet, now: Instant) -> String {
    let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).unwrap();
    let mut layout = Layout::default();
    let look = look(set);
    terminal.draw(|frame| layout = draw(frame, state, &look, now)).unwrap();
    update(state, Event::Drawn(layout), now);
    let buffer = terminal.backend().buffer();
    let mut text = String::new();
    for y in 0..size.1 {
        let mut skip = 0;
        let mut line = String::new();
        for x in 0..size.0 {
            let symbol = buffer[(x, y)].symbol();
            // A wide character covers the cell after it.
            if skip == 0 {
                line.push_str(symbol);
            }
            skip = if skip > 0 { skip - 1 } else { text::width(symbol).saturating_sub(1) };
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn screen(board: Board, size: (u16, u16), keys: &str) -> String {
    let mut state = after(board, size, keys);
    render(&mut state, size, GlyphSet::Unicode, now())
}

const SMALL: (u16, u16) = (80, 24);
const USUAL: (u16, u16) = (120, 36);
const LARGE: (u16, u16) = (200, 50);

#[test]
fn readiness() {
    for (name, size) in [("80x24", SMALL), ("120x36", USUAL), ("200x50", LARGE), ("40x10", (40, 10))] {
        insta::assert_snapshot!(format!("readiness_{name}"), screen(board(), size, ""));
    }
}

#[test]
fn pull_requests() {
    for (name, size) in [("80x24", SMALL), ("120x36", USUAL), ("200x50", LARGE), ("40x10", (40, 10))] {
        insta::assert_snapshot!(format!("pull_requests_{name}"), screen(board(), size, "2"));
    }
}

#[test]
fn schedule() {
    for (name, size) in [("80x24", SMALL), ("120x36", USUAL), ("200x50", LARGE), ("40x10", (40, 10))] {
        insta::assert_snapshot!(format!("schedule_{name}"), screen(board(), size, "3"));
    }
    for (name, size) in [("80x24", SMALL), ("120x36", USUAL), ("200x50", LARGE), ("40x10", (40, 10))] {
        insta::assert_snapshot!(format!("gantt_{name}"), screen(board(), size, "3 b b"));
    }
    insta::assert_snapshot!("schedule_running", screen(fixture::running_board(), USUAL, "3"));
}

#[test]
fn overlays() {
    for (name, keys) in [
        ("help", "?"),
        ("why", "h x"),
        ("releases", "L p a"),
        ("sources", "%"),
        ("story", "enter"),
        ("deployment", "3 j enter"),
    ] {
        insta::assert_snapshot!(format!("overlay_{name}"), screen(board(), SMALL, keys));
    }
}

#[test]
fn limits_are_said_on_any_screen_and_on_any_day() {
    let mut board = board();
    let mut health = board.health.to_vec();
    let github = &mut health[1];
    github.allowances[0].resets_at = now() - Duration::minutes(3);
    github.allowances[1].resets_at = now() + Duration::hours(20);
    github.allowances[1].remaining = 0;
    github.allowances[1].name = "throttle_authenticated_web_requests".into();
    board.health = health.into();
    for (size, lines) in [
        (
            SMALL,
            &[
                "every 6m instead of 1m: the limit",
                "core     4988 of 5000 left · was reset 09:21         · last round 3",
                "thrott…     0 of 5000 left · resets Mon 23 Nov 05:24 · last round 96",
            ][..],
        ),
        (
            (40, 24),
            &[
                "    core: 4988 of 5000 left · was",
                "      reset 09:21 · last round 3",
                "      Mon 23 Nov 05:24 · last round",
            ],
        ),
    ] {
        let shown = screen(board.clone(), size, "%");
        for line in lines {
            assert!(shown.contains(line), "{line}:\n{shown}");
        }
    }
}

#[test]
fn other_pictures() {
    for (name, size, keys) in [
        ("burn_up", USUAL, "b"),
        ("month", USUAL, "3 b"),
        ("detail_right", LARGE, "2 j"),
        ("detail_below", LARGE, "2 P"),
    ] {
        insta::assert_snapshot!(name, screen(board(), size, keys));
    }
}

#[test]
fn before_the_first_answer() {
    let mut board = fixture::empty_board();
    let mut git = crate::domain::SourceHealth::starting("git".into());
    git.state = crate::domain::SourceState::Fetching;
    git.progress = Some(crate::domain::Progress { what: "commits".into(), done: 12_000, total: None });
    board.health = vec![git, crate::domain::SourceHealth::starting("plan".into())].into();
    let text = screen(board, SMALL, "");
    assert!(text.contains("\n reading git: 12,000 commits · plan\n"), "{text}");
    assert!(!text.contains("What to do") && !text.contains("No release"), "{text}");
}

#[test]
fn features_say_what_they_wait_for() {
    let board = board_with(|insight| {
        for row in insight.stories.iter_mut().take(3) {
            Arc::make_mut(&mut row.story).parent = Some("PAY-1".into());
        }
        insight.features = vec![fixture::feature("PAY-1")];
    });
    for size in [(40, 12), SMALL, USUAL] {
        insta::assert_snapshot!(format!("features-{}", size.0), screen(board.clone(), size, "s s s s s"));
    }
}

#[test]
fn filter_and_sections() {
    let mut screens = String::new();
    for (keys, size) in [("/ r e f u n d", SMALL), ("l", SMALL), ("h e", SMALL), ("2 s b j j", SMALL)] {
        screens.extend([format!("── {keys}\n"), screen(board(), size, keys)]);
    }
    insta::assert_snapshot!(screens);
}

#[test]
fn smallest_screens() {
    let mut screens = String::new();
    for size in [(39, 9), (60, 1), (20, 2), (12, 1), (1, 1)] {
        screens.extend([format!("── {}x{}\n", size.0, size.1), screen(board(), size, "")]);
    }
    insta::assert_snapshot!(screens);
}

#[test]
fn empty_board_and_release_without_stories() {
    insta::assert_snapshot!("empty", screen(fixture::empty_board(), SMALL, ""));
    let no_stories = board_with(|insight| {
        insight.stories.clear();
        insight.burn_down.unit = crate::insight::Unit::PullRequests;
    });
    insta::assert_snapshot!("no_stories", screen(no_stories, USUAL, ""));
}

#[test]
fn ascii() {
    for keys in ["", "2", "3"] {
        let mut state = after(board(), USUAL, keys);
        let text = render(&mut state, USUAL, GlyphSet::Ascii, now());
        // What comes from outside stays as it is: a title, a dash in a measured value.
        let ours: String =
            text.chars().filter(|c| !c.is_ascii() && !"支払い画面の翻訳–".contains(*c)).collect();
        assert_eq!(ours, "", "{text}");
    }
}

/// The header as it changes with the release and the time.
#[test]
fn the_header_leads_with_the_right_question() {
    let target = fixture::at(25, 14, 0);
    let header = |board: Board, now: Instant, width: u16| {
        let mut state = after(board, (width, 24), "");
        let text = render(&mut state, (width, 24), GlyphSet::Unicode, now);
        text.lines().next().unwrap().to_owned()
    };
    let cases: Vec<(String, &[&str], &[&str])> = vec![
        (
            header(board(), now(), 120),
            &["payments 4.2 ▾  T-3d 04h  ▲ AT RISK 61 %", "now ✗ no-go 3", "sonar 14m stale"],
            &[],
        ),
        (
            header(board(), now(), 80),
            &["payments 4.2 ▾  T-3d 04h  ▲ AT RISK 61 %  now ✗ no-go 3 · ? 1  sonar 14m stale"],
            &[],
        ),
        (header(board(), now(), 40), &["payments 4.2", "T-3d 04h", "▲ AT RISK"], &[]),
        (
            header(board(), target - Duration::minutes(252), 120),
            &["T-04h 12m  ✗ NO-GO 3", "outlook ▲ at risk"],
            &["AT RISK"],
        ),
        (header(board(), target - Duration::seconds(754), 120), &["T-12m 34s  ✗ NO-GO 3"], &[]),
        (header(board(), target + Duration::hours(51), 120), &["T+2d 03h  ✗ NO-GO 3"], &[]),
        (
            header(
                board_with(|insight| {
                    insight.verdict = Verdict::Unknown;
                    insight.outlook = Outlook::Unknown;
                    insight.last_day_from = None;
                    let release = Arc::make_mut(&mut insight.release);
                    release.target =
                        Some(crate::domain::Target { at: fixture::at(20, 14, 0), estimated: true });
                }),
                now(),
                160,
            ),
            &["T+1d 19h est.", "? OUTLOOK UNKNOWN", "est. target Fri 20 Nov", "now ? unknown 1"],
            &["late", "LATE", "%"],
        ),
        (
            header(
                board_with(|insight| {
                    insight.outlook = Outlook::Released;
                    Arc::make_mut(&mut insight.release).released_at = Some(fixture::at(20, 14, 0));
                }),
                now(),
                120,
            ),
            &["payments 4.2 ▾  ✓ released  out since Fri 20 Nov  1d ago"],
            &["T+", "T-", "no-go"],
        ),
    ];
    for (header, present, absent) in cases {
        assert!(present.iter().all(|part| header.contains(part)), "{header:?} lacks one of {present:?}");
        assert!(!absent.iter().any(|part| header.contains(part)), "{header:?} has one of {absent:?}");
    }
}

#[test]
fn the_second_line_says_what_is_not_now() {
    let line = |board: Board, keys: &str| screen(board, USUAL, keys).lines().nth(1).unwrap().to_owned();
    let mut preview = board();
    preview.completeness = Completeness::Preview;
    assert!(line(preview, "").contains("from the last visit"));
    let mut filling = board();
    filling.completeness = Completeness::Filling;
    assert!(line(filling, "").contains("… filling in"));
    assert!(line(board(), "f").contains("FROZEN 09:24"));
    assert!(!line(board(), "f f").contains("FROZEN"));
    assert!(line(board(), "").ends_with("Sun 22 Nov 09:24 CET"));
}

/// A writer that counts.
#[derive(Clone, Default)]
struct Counter(std::rc::Rc<std::cell::Cell<usize>>);

impl std::io::Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.set(self.0.get() + bytes.len());
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// On a slow link a key may cost 450 bytes, whatever the depth of colours.
#[test]
fn a_key_costs_two_rows_and_few_bytes() {
    for tab in ["1", "2", "3"] {
        let mut state = after(board(), USUAL, tab);
        let look = Look {
            styles: Styles::resolve(&shipped("dark").unwrap(), ColorDepth::Truecolor),
            glyphs: Glyphs::of(GlyphSet::Unicode),
        };
        let counter = Counter::default();
        let area = Rect::new(0, 0, USUAL.0, USUAL.1);
        let backend = ratatui::backend::CrosstermBackend::new(counter.clone());
        let options = ratatui::TerminalOptions { viewport: ratatui::Viewport::Fixed(area) };
        let mut terminal = Terminal::with_options(backend, options).unwrap();
        terminal.draw(|frame| drop(draw(frame, &state, &look, now()))).unwrap();
        press(&mut state, "j".parse().unwrap());
        let first_frame = counter.0.get();
        terminal.draw(|frame| drop(draw(frame, &state, &look, now()))).unwrap();
        let bytes = counter.0.get() - first_frame;
        assert!(bytes > 20 && bytes <= 450, "tab {tab}: {bytes} bytes");
    }
}

/// However large or small, with whatever keys: nothing panics, and what the layout names is
/// on the screen.
mod properties {
    use proptest::prelude::*;

    use super::*;
    use crate::app::{Command, Context, KeyMap};

    #[derive(Clone, Debug)]
    enum Step {
        Key(usize),
        Letter(char),
        Click(u16, u16),
        Wheel(bool, u16, u16),
        Resize(u16, u16),
        Board(usize),
        Minutes(i64),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let size = || prop_oneof![0u16..250, 0u16..30];
        let step = prop_oneof![
            12 => (0usize..200).prop_map(Step::Key),
            2 => any::<char>().prop_map(Step::Letter),
            2 => (size(), size()).prop_map(|(x, y)| Step::Click(x, y)),
            1 => (any::<bool>(), size(), size()).prop_map(|(down, x, y)| Step::Wheel(down, x, y)),
            2 => (size(), size()).prop_map(|(x, y)| Step::Resize(x, y)),
            3 => (0usize..5).prop_map(Step::Board),
            1 => (-10_000i64..10_000).prop_map(Step::Minutes),
        ];
        proptest::collection::vec(step, 1..40)
    }

    fn a_board(number: usize) -> Arc<Board> {
        Arc::new(match number {
            0 => fixture::empty_board(),
            1 => fixture::running_board(),
            2 => board_with(|insight| insight.stories.clear()),
            3 => board_with(|insight| {
                insight.stories.truncate(3);
                insight.pull_requests.clear();
                insight.gates.clear();
                insight.remedies.clear();
            }),
            _ => board(),
        })
    }

    fn mouse(kind: crossterm::event::MouseEventKind, column: u16, row: u16) -> Event {
        let modifiers = crossterm::event::KeyModifiers::NONE;
        Event::Mouse(crossterm::event::MouseEvent { kind, column, row, modifiers })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn nothing_panics(steps in steps()) {
            use crossterm::event::{MouseButton, MouseEventKind};
            let keys = KeyMap::default();
            let bound: Vec<Key> = Context::ALL
                .iter()
                .flat_map(|context| Command::ALL.iter().flat_map(|command| keys.keys(*context, *command)))
                .collect();
            let mut state = State::new(a_board(4), Options::default(), now());
            let mut size = (80, 24);
            let mut now = now();
            for step in steps {
                let event = match step {
                    Step::Key(index) => Event::Key(bound[index % bound.len()].into()),
                    Step::Letter(letter) => {
                        Event::Key(KeyEvent::from(crossterm::event::KeyCode::Char(letter)))
                    }
                    Step::Click(x, y) => mouse(MouseEventKind::Down(MouseButton::Left), x, y),
                    Step::Wheel(true, x, y) => mouse(MouseEventKind::ScrollDown, x, y),
                    Step::Wheel(false, x, y) => mouse(MouseEventKind::ScrollUp, x, y),
                    Step::Resize(x, y) => {
                        size = (x, y);
                        Event::Resize(x, y)
                    }
                    Step::Board(number) => Event::Board(a_board(number)),
                    Step::Minutes(minutes) => {
                        now += Duration::minutes(minutes);
                        Event::Tick
                    }
                };
                update(&mut state, event, now);
                update(&mut state, Event::Rested, now);
                render(&mut state, size, GlyphSet::Unicode, now);
                let screen = Rect::new(0, 0, size.0, size.1);
                for list in &state.layout.lists {
                    prop_assert!(
                        list.area.is_empty() || screen.intersection(list.area) == list.area,
                        "{list:?} on {screen:?}"
                    );
                }
                let tick = state.next_tick(now);
                prop_assert!(tick.is_some_and(|at| at > now), "time must move on");
            }
        }
    }
}

/// The board as it was yesterday, when less was ready and a release was missing.
fn yesterday() -> Board {
    let mut then = board_with(|release| {
        release.verdict = Verdict::Go;
        for gate in &mut release.gates {
            gate.answer = crate::insight::GateAnswer::Go;
        }
        let first = Arc::make_mut(&mut release.pull_requests[0].pull_request);
        first.due = Some(now() + Duration::days(1));
    });
    then.at = now() - Duration::hours(15);
    then
}

#[test]
fn what_changed_is_told_at_every_size() {
    for size in [(80, 24), (120, 36)] {
        let mut state = after(board(), size, "6");
        state.comparison.last_visit = Some(yesterday().at);
        let changes = Arc::new(crate::insight::Changes::between(&yesterday(), &board()));
        update(&mut state, Event::Compared(Ok(changes)), now());
        insta::assert_snapshot!(
            format!("changes_{}x{}", size.0, size.1),
            render(&mut state, size, GlyphSet::Unicode, now())
        );
    }
}

#[test]
fn the_past_says_so_on_every_tab_and_marks_what_differs() {
    let size = (80, 24);
    let mut state = after(board(), size, "");
    let changes = Arc::new(crate::insight::Changes::between(&yesterday(), &board()));
    update(&mut state, Event::Past { board: Arc::new(yesterday()), changes }, now());
    for key in ["1", "2", "3", "6"] {
        press(&mut state, key.parse().unwrap());
        let text = render(&mut state, size, GlyphSet::Unicode, now());
        // What is counted down to is as far away as it was then.
        assert!(text.starts_with(" AS OF Sat 21 Nov 18:24  payments 4.2 ▾  T-3d 19h"), "{text}");
    }
    press(&mut state, "1".parse().unwrap());
    let last_year = now() - chrono::Duration::days(365);
    let long_ago = Arc::new(Board { at: last_year, ..yesterday() });
    let mut older = state.clone();
    let changes = Arc::new(crate::insight::Changes::between(&yesterday(), &board()));
    update(&mut older, Event::Past { board: long_ago, changes }, now());
    let text = render(&mut older, size, GlyphSet::Unicode, now());
    assert!(text.starts_with(" AS OF Sat 22 Nov 2025 09:24 "), "{text}");
    insta::assert_snapshot!("past_80x24", render(&mut state, size, GlyphSet::Unicode, now()));
    // What is read first says that this is not now, at every size.
    for (size, banner) in [
        ((200, 50), " AS OF Sat 21 Nov 18:24 "),
        ((80, 24), " AS OF Sat 21 Nov 18:24 "),
        ((40, 12), " AS OF "),
        ((39, 9), "AS OF "),
    ] {
        let shown = render(&mut state, size, GlyphSet::Unicode, now());
        assert!(shown.starts_with(banner), "{size:?}\n{shown}");
        assert_eq!(shown.matches("AS OF").count(), if size.0 == 40 { 2 } else { 1 }, "{size:?}\n{shown}");
    }
}

#[test]
fn what_is_assumed_says_so_on_every_tab_beside_the_truth() {
    let mut state = after(board(), (120, 36), "");
    let mut then = board_with(|insight| {
        insight.stories.retain(|row| row.story.key.as_str() != "PAY-320");
        insight.outlook = crate::insight::Outlook::OnTrack;
        insight.tally.gates_no_go = 2;
        let at = insight.release.target.unwrap().at;
        if let crate::insight::ForecastView::Dates { p85, by_target, .. } = &mut insight.forecast {
            (*p85, *by_target) = (crate::insight::ForecastDate::By(at), Some(0.88));
        }
    });
    press(&mut state, "j".parse().unwrap());
    press(&mut state, "j".parse().unwrap());
    press(&mut state, "W".parse().unwrap());
    let what_if = state.what_if.clone().unwrap();
    std::sync::Arc::make_mut(&mut then.world).assumed.clone_from(&what_if.assumed);
    let event = Event::Assumed { truth: what_if.truth, board: Arc::new(then) };
    for size in [(120, 36), (80, 24)] {
        let waiting = render(&mut state, size, GlyphSet::Unicode, now());
        assert!(waiting.lines().nth(3).unwrap().starts_with(" then …"), "{waiting}");
    }
    update(&mut state, event, now());
    state.message = None;
    for key in ["1", "2", "3", "6"] {
        press(&mut state, key.parse().unwrap());
        for size in [(120, 36), (80, 24), (40, 10)] {
            let text = render(&mut state, size, GlyphSet::Unicode, now());
            let banner = if size.0 < 60 { " WHAT IF " } else { " WHAT IF 1 change " };
            assert!(text.starts_with(banner), "{text}");
            assert!(text.lines().nth(2).unwrap().starts_with(" what if PAY-320 left out"), "{text}");
            assert!(text.lines().nth(3).unwrap().starts_with(" then P85 Fri 27 Nov → Wed 25"), "{text}");
        }
        let smallest = render(&mut state, (39, 1), GlyphSet::Ascii, now());
        assert!(smallest.starts_with("WHAT IF "), "{smallest}");
    }
    press(&mut state, "1".parse().unwrap());
    let text = render(&mut state, (120, 36), GlyphSet::Unicode, now());
    insta::assert_snapshot!("what_if_120x36", text);
    for (size, banner) in [((80, 24), " WHAT IF 1 change "), ((40, 12), " WHAT IF "), ((39, 9), "WHAT IF ")] {
        let shown = render(&mut state, size, GlyphSet::Unicode, now());
        assert!(shown.starts_with(banner), "{size:?}\n{shown}");
    }
}

/// A suite with a test that fails, one that newly fails, and one that is flaky.
fn suites() -> Vec<SuiteRow> {
    let ago = |hours| now() - Duration::hours(hours);
    let test = |name: &str, failing_since, newly, flaky| TestRow {
        name: name.into(),
        failing_since,
        newly,
        failed_at: ago(1),
        flaky,
    };
    let flaky = Flaky { mixed: 2, of: 9, at_least: 0.06 };
    vec![SuiteRow {
        suite: "unit".into(),
        counts: true,
        at: ago(1),
        commit: None,
        passed: 97,
        failed: 2,
        skipped: 1,
        runs: 12,
        tests: vec![
            test("till::opens", Some(ago(1)), true, None),
            test("till::counts", Some(ago(50)), false, None),
            test("till::prints", None, false, Some(flaky)),
        ],
    }]
}

#[test]
fn the_list_of_tests_says_what_fails_since_when_and_what_is_flaky() {
    let board = || board_with(|release| release.suites = suites());
    for size in [SMALL, USUAL, LARGE] {
        let shown = screen(board(), size, "d d");
        let row = |name: &str| {
            let found = shown.lines().find(|line| line.contains(name));
            found.unwrap_or_else(|| panic!("{name} is not on\n{shown}")).to_owned()
        };
        assert!(row("97/99 passed").contains("2 failed"), "{shown}");
        assert!(row("till::opens").contains("newly failing"), "{shown}");
        assert!(!row("till::counts").contains("newly") && row("till::counts").contains("failing"), "{shown}");
        assert!(row("till::prints").contains("flaky"), "{shown}");
        insta::assert_snapshot!(format!("tests_{}x{}", size.0, size.1), shown);
    }
    let detail = screen(board(), USUAL, "d d j j enter");
    assert!(detail.contains("failing since") || detail.contains("newly failing since"), "{detail}");
    let why = screen(board(), USUAL, "d d j x");
    assert!(why.contains("till::") && why.contains("unit"), "{why}");
}

#[test]
fn metrics_of_ones_own_stand_beneath_the_gates_and_weeks_beneath_the_chart() {
    let metric = |name: &str, value, shown: &str, why: &str| MetricValue {
        name: name.into(),
        value,
        shown: shown.into(),
        why: why.into(),
        trend: Vec::new(),
        since_yesterday: None,
        change: "".into(),
    };
    let today = now().date_naive();
    let day = |back: u64, value| MetricDay { day: today - chrono::Days::new(back), value };
    let board = board_with(|release| {
        release.metrics = vec![
            metric("review time", Some(93_600.0), "1d 02h", ""),
            metric("escaped", None, "unknown", "defects are not known"),
            MetricValue {
                trend: vec![day(4, 7.0), day(3, 5.0), day(1, 4.0)],
                since_yesterday: Some(-4.0),
                change: "-4 since yesterday".into(),
                ..metric("left", Some(0.0), "0", "")
            },
        ];
        let monday = now().date_naive().week(chrono::Weekday::Mon).first_day();
        let week = |back: i64, done, defects_opened, defects_solved| Week {
            from: monday - Duration::days(7 * back),
            done,
            defects_opened,
            defects_solved,
        };
        release.burn_down.weeks = vec![week(1, 8, 3, 1), week(0, 4, 2, 6)];
    });
    let shown = screen(board, LARGE, "");
    insta::assert_snapshot!("weeks_and_metrics", shown);
    let row = |name: &str| {
        let found = shown.lines().find(|line| line.contains(name));
        found.unwrap_or_else(|| panic!("{name} is not on\n{shown}")).to_owned()
    };
    assert!(row("review time").contains("1d 02h"), "{shown}");
    assert!(row("left  ").contains("0 █▆ ▅▁ -4 since yesterday"), "{shown}");
    assert!(row("escaped").contains("defects are not known"), "{shown}");
    for (name, said) in [
        ("stories done", "4 this week, 8 the week before"),
        ("defects opened", "2 this week, 3 the week before"),
        ("defects solved", "6 this week, 1 the week before"),
    ] {
        assert!(row(name).contains(said), "{shown}");
    }
}

#[test]
fn the_palette_lists_what_can_be_done() {
    let size = (80, 24);
    let mut state = after(board(), size, ": r e l e a s e");
    insta::assert_snapshot!("palette_80x24", render(&mut state, size, GlyphSet::Unicode, now()));
}

/// A board on which something can be changed, on its first pull request.
fn acting(size: (u16, u16), keys: &str) -> State {
    let options = Options { operators: fixture::operators(None), ..Options::default() };
    let mut state = State::new(Arc::new(fixture::board_with_first(|_| {})), options, now());
    go_on(&mut state, size, "2");
    go_on(&mut state, size, keys);
    state
}

#[test]
fn a_heading_has_an_arrow_only_where_the_rows_are_in_its_order() {
    // Sorted by: slack and more, age, stage, author, repo, number.
    for (keys, arrows, said) in [
        ("", &[][..], "most delayed first"),
        ("S", &[], "least delayed first"),
        ("s", &["age↓"], "by age"),
        ("s S", &["age↑"], "by age"),
        ("s s", &["stage↓"], "by stage"),
        ("s s s", &["author↑"], "by author"),
        ("s s s s s", &["number↑"], "by number"),
    ] {
        let mut state = acting(USUAL, keys);
        let shown = render(&mut state, USUAL, GlyphSet::Unicode, now());
        let lines: Vec<&str> = shown.lines().collect();
        assert!(lines[2].contains(said), "{keys}: {}", lines[2]);
        let found: Vec<&str> =
            lines[4].split_whitespace().filter(|word| word.ends_with(['↑', '↓'])).collect();
        assert_eq!(found, arrows, "{keys}: {}", lines[4]);
    }
}

#[test]
fn what_is_written_is_read_whole_before_it_is_sent() {
    for size in [SMALL, (40, 12), USUAL] {
        let mut state = acting(size, "c x");
        let words: Vec<String> = (0..120).map(|number| format!("word{number}")).collect();
        let text = format!("{}\n\nThe end.", words.join(" "));
        update(&mut state, Event::Edited(Ok(text.clone())), now());
        let mut read = String::new();
        for _ in 0..60 {
            let shown = render(&mut state, size, GlyphSet::Unicode, now());
            assert!(shown.contains("y yes"), "{size:?}: the keys stay\n{shown}");
            read += &shown;
            if !shown.contains("below") {
                break;
            }
            go_on(&mut state, size, "y");
            assert!(state.operations.waiting().next().is_none(), "{size:?}: not before its end was seen");
            go_on(&mut state, size, "j");
        }
        for word in text.split_whitespace() {
            assert!(read.contains(word), "{size:?}: {word}");
        }
        assert!(!read.contains("1 lines") && !read.contains("rows below"), "{read}");
        go_on(&mut state, size, "y");
        assert_eq!(state.operations.waiting().count(), 1, "{size:?}");
    }
}

#[test]
fn a_merge_of_many_says_once_what_they_share_and_of_each_what_speaks_against_it() {
    let mut board = fixture::board_with_first(|_| {});
    let insight = Arc::make_mut(&mut board.insight);
    for release in &mut insight.releases {
        for row in &mut Arc::make_mut(release).pull_requests {
            let item = Arc::make_mut(&mut row.pull_request);
            if item.state == crate::domain::PullRequestState::Open && !item.draft {
                item.head = Some(Text::new("1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d"));
                item.url = Some(Text::new("https://github.com/acme/api/pull/812"));
            }
        }
    }
    let options =
        Options { operators: fixture::operators(None), readers: fixture::readers(), ..Options::default() };
    let mut state = State::new(Arc::new(board), options, now());
    go_on(&mut state, SMALL, "2 g space space space m");
    let shown = render(&mut state, SMALL, GlyphSet::Unicode, now());
    insta::assert_snapshot!("operation_merges_80x24", shown);
    assert_eq!(shown.matches("github.com").count(), 1, "{shown}");
    assert_eq!(shown.matches("repository allows").count(), 1, "{shown}");
    assert!(shown.contains("left open"), "the threads were read\n{shown}");
}

#[test]
fn operations_are_offered_asked_counted_down_and_told() {
    for (name, keys) in [
        ("menu", "a"),
        ("line", "c p l e a s e space l o o k"),
        ("names", "a j j j j j enter l"),
        ("question", "m tab tab"),
        ("queue", "m tab tab y v y"),
        ("leave", "m y q"),
    ] {
        let mut state = acting(SMALL, keys);
        let shown = render(&mut state, SMALL, GlyphSet::Unicode, now() + Duration::milliseconds(2100));
        insta::assert_snapshot!(format!("operation_{name}_80x24"), shown);
    }
    let mut state = acting(USUAL, "m y j");
    update(&mut state, Event::Tick, now() + Duration::seconds(10));
    let done = crate::source::operation::Done { what: "merged as 4f2a9c1".into(), url: None };
    update(&mut state, Event::OperationAnswered { number: 1, answer: Ok(done) }, now());
    insta::assert_snapshot!("operation_done_120x36", render(&mut state, USUAL, GlyphSet::Unicode, now()));
}

#[test]
fn every_row_leads_to_where_more_is_read() {
    for links in [true, false] {
        let desk = crate::app::Desk { links, ..crate::app::Desk::default() };
        let linked = board_with(|release| {
            for row in &mut release.pull_requests {
                let pull_request = Arc::make_mut(&mut row.pull_request);
                pull_request.url = Some(Text::new(format!("https://example.org/{}", pull_request.id)));
            }
        });
        let mut state = State::new(Arc::new(linked), Options { desk, ..Options::default() }, now());
        update(&mut state, Event::Resize(USUAL.0, USUAL.1), now());
        go_on(&mut state, USUAL, "2");
        let shown = render(&mut state, USUAL, GlyphSet::Unicode, now());
        let list =
            state.layout.lists.iter().find(|list| list.id == crate::app::ListId::PullRequests).unwrap().area;
        let rows = state.list(crate::app::ListId::PullRequests).rows.clone();
        let expected: Vec<_> = rows
            .iter()
            .zip(list.y..list.bottom())
            .filter_map(|(row, y)| Some((y, state.link(&state.subject_of(*row)?)?.as_str().to_owned())))
            .filter(|_| links)
            .collect();
        let found: Vec<_> = state
            .layout
            .links
            .iter()
            .filter(|link| list.intersects(link.area))
            .map(|link| (link.area.y, link.link.as_str().to_owned()))
            .collect();
        assert_eq!(found, expected, "{shown}");
        assert_eq!(links, found.len() > 3, "{shown}");
        // The name of the row is what leads there, not what else is said of it.
        for link in state.layout.links.iter().filter(|link| list.intersects(link.area)) {
            let line: Vec<char> = shown.lines().nth(usize::from(link.area.y)).unwrap().chars().collect();
            let words: String =
                line[usize::from(link.area.x)..usize::from(link.area.right())].iter().collect();
            let number = link.link.as_str().rsplit('#').next().unwrap();
            assert!(words.contains(number), "{words:?} {number}");
        }
    }
}

#[test]
fn every_row_of_a_question_can_be_read_before_yes_counts() {
    for (size, keys) in [((40, 12), "j"), ((40, 12), "page-down"), ((80, 24), "j"), ((120, 36), "j")] {
        let mut state = acting(size, "g space G ctrl-space c h i enter");
        let question = |state: &State| match state.overlays.last() {
            Some(crate::app::Overlay::Operations(dialog)) => match &**dialog {
                crate::app::Dialog::Question(question) => Some(question.clone()),
                _ => None,
            },
            _ => None,
        };
        let asked = question(&state).expect("a question").asked;
        let mut shown = render(&mut state, size, GlyphSet::Unicode, now());
        if size == (40, 12) {
            insta::assert_snapshot!(format!("operation_rows_{}", keys), shown);
        }
        let mut read = shown.clone();
        for _ in 0..200 {
            if !shown.contains("below") {
                break;
            }
            assert!(
                shown.contains("y yes") && shown.contains("enter no"),
                "{size:?}: the keys stay\n{shown}"
            );
            go_on(&mut state, size, "y");
            assert!(question(&state).is_some(), "{size:?}: not yet\n{shown}");
            go_on(&mut state, size, keys);
            shown = render(&mut state, size, GlyphSet::Unicode, now());
            read.push_str(&shown);
        }
        for asked in &asked {
            let crate::insight::Subject::PullRequest(id) = &asked.subject else {
                panic!("{:?}", asked.subject)
            };
            assert!(read.contains(&format!(" {id} ")), "{size:?}: {id} was never shown\n{read}");
        }
        go_on(&mut state, size, "y");
        assert_eq!(state.operations.waiting().count(), asked.len(), "{size:?}\n{shown}");
    }
}

#[test]
fn the_log_of_operations_tells_who_what_when_and_the_answer() {
    use crate::app::{LogEntry, Outcome};
    let entry = |minutes, outcome, answer: Option<&str>| LogEntry {
        id: crate::domain::Text::new(format!("{minutes}")),
        at: now() - Duration::minutes(minutes),
        who: Some("ana".into()),
        source: Some("github".into()),
        what: "squash and merge api#812 Refund webhook retries at 1a2b3c4 into main at github.com as ana"
            .into(),
        outcome,
        answer: answer.map(Into::into),
        url: None,
    };
    let mut state = acting(SMALL, ": o p e r a t i o n - l o g enter");
    let entries = vec![
        entry(1, Outcome::Sent, None),
        entry(5, Outcome::Done, Some("merged as 4f2a9c1")),
        entry(60, Outcome::Unclear, Some("github.com did not answer within 10 s")),
        entry(2000, Outcome::Moved, Some("the head is another one now")),
    ];
    update(&mut state, Event::OperationLog(Ok(entries)), now());
    insta::assert_snapshot!("operation_log_80x24", render(&mut state, SMALL, GlyphSet::Unicode, now()));
}

#[test]
fn rows_say_what_is_new_and_what_people_said() {
    use crate::domain::{Triage, TriageEntry, TriageKind, TriageSubject};
    let last_visit = now() - Duration::days(1);
    let options = Options { last_visit: Some(last_visit), user: "ada".into(), ..Options::default() };
    let mut state = State::new(Arc::new(board()), options, now());
    let mut changes = crate::insight::Changes::between(&yesterday(), &board());
    let touched = state.release().unwrap().stories[1].story.key.clone();
    for change in &mut changes.changes {
        change.subject = crate::insight::Subject::Story(touched.clone());
    }
    update(&mut state, Event::Compared(Ok(Arc::new(changes))), now());
    // The third of them is a defect.
    let story = state.release().unwrap().stories[3].story.key.clone();
    let said = |kind, text: &str| TriageEntry {
        subject: TriageSubject::Story(story.clone()),
        kind,
        who: "lee".into(),
        at: now() - Duration::hours(2),
        text: text.into(),
    };
    let entries = vec![said(TriageKind::Acknowledged, ""), said(TriageKind::Note, "waits for the vendor")];
    update(&mut state, Event::Triage(Arc::new(Triage { entries })), now());
    let text = render(&mut state, USUAL, GlyphSet::Unicode, now());
    insta::assert_snapshot!("marks", text);
    let is_new = format!("{}▲ {touched}", Glyphs::of(GlyphSet::Unicode).changed);
    assert!(text.contains(&is_new), "{text}");
    // Down to the third story, and opened: who said what is there to be read.
    for key in ["j", "j", "enter"] {
        press(&mut state, key.parse().unwrap());
    }
    let text = render(&mut state, USUAL, GlyphSet::Unicode, now());
    assert!(text.contains("acknowledged by lee 2h ago"), "{text}");
    assert!(text.contains("note by lee 2h ago: waits for the vendor"), "{text}");
}

#[test]
fn two_releases_stand_beside_each_other() {
    use crate::insight::{Compared, Figure, LastRelease, SameDistance};
    for (name, size) in [("small", SMALL), ("usual", USUAL)] {
        let mut state = after(board(), size, "6 b b b b");
        let distance = SameDistance::of(&state.board, &fixture::payments()).unwrap();
        let mut last = LastRelease::compare(&state.board, &distance, None).unwrap();
        // Those of this board have no days to tell it from.
        let figures = [("45 of 50 (90 %)", Compared::Worse), ("50", Compared::Less), ("3", Compared::Better)];
        for (measure, (text, compared)) in last.measures.iter_mut().zip(figures) {
            measure.then = Some(Figure { value: 0.0, text: text.into() });
            measure.compared = compared;
        }
        update(&mut state, Event::ReleasesCompared(Ok(Arc::new(last))), now());
        let text = render(&mut state, size, GlyphSet::Unicode, now());
        insta::assert_snapshot!(format!("last_release_{name}"), text);
    }
}

#[test]
fn a_pull_request_looked_at_closer() {
    let options = || Options {
        readers: fixture::readers(),
        desk: crate::app::Desk { links: true, ..crate::app::Desk::default() },
        ..Options::default()
    };
    for (name, size) in [("80x24", SMALL), ("120x36", USUAL), ("200x50", LARGE)] {
        let mut state = State::new(Arc::new(board()), options(), now());
        update(&mut state, Event::Resize(size.0, size.1), now());
        go_on(&mut state, size, "2 enter");
        insta::assert_snapshot!(
            format!("closer_item_{name}"),
            render(&mut state, size, GlyphSet::Unicode, now())
        );
        go_on(&mut state, size, "esc");
        for page in ["overview", "checks", "reviews", "stories", "files", "timeline"] {
            let shown = render(&mut state, size, GlyphSet::Unicode, now());
            assert!(shown.contains(page), "{page} at {name}: {shown}");
            if page == "files" || page == "timeline" {
                insta::assert_snapshot!(format!("closer_{page}_{name}"), shown);
            }
            go_on(&mut state, size, "]");
        }
    }
}

#[test]
fn links_are_where_their_words_are_and_not_below_what_covers_them() {
    let desk = crate::app::Desk { links: true, ..crate::app::Desk::default() };
    let options = Options { readers: fixture::readers(), desk, ..Options::default() };
    let mut state = State::new(Arc::new(board()), options, now());
    go_on(&mut state, LARGE, "2 enter G");
    let shown = render(&mut state, LARGE, GlyphSet::Unicode, now());
    let overlay = state.layout.overlay.unwrap();
    let within = |found: &&crate::app::LinkArea| overlay.intersects(found.area);
    let links: Vec<_> = state.layout.links.iter().filter(within).cloned().collect();
    assert!(!links.is_empty(), "{shown}");
    for found in &links {
        let line: Vec<char> = shown.lines().nth(usize::from(found.area.y)).unwrap().chars().collect();
        let (from, until) = (usize::from(found.area.x), usize::from(found.area.right()));
        let words: String = line[from..until].iter().collect();
        assert!(
            [
                ("the incident", "https://example.org/incidents/41"),
                ("src/refunds/retry.rs:41", "https://example.org/pull/812#r1")
            ]
            .contains(&(words.as_str(), found.link.as_str())),
            "{words:?}"
        );
        assert!(overlay.contains(found.area.as_position()), "{words:?}");
    }
    // A terminal without links spells them out, and has none.
    state.desk.links = false;
    let shown = render(&mut state, LARGE, GlyphSet::Unicode, now());
    assert!(state.layout.links.is_empty());
    assert!(shown.contains("file:///etc/passwd"), "{shown}");
}

#[test]
fn the_release_as_others_see_it() {
    for (name, size) in [("80x24", SMALL), ("120x36", USUAL), ("200x50", LARGE)] {
        let mut state = after(board(), size, ":");
        for character in "release-view".chars() {
            go_on(&mut state, size, &character.to_string());
        }
        go_on(&mut state, size, "enter");
        insta::assert_snapshot!(
            format!("release_view_{name}"),
            render(&mut state, size, GlyphSet::Unicode, now())
        );
    }
}

/// The board with environments, of which one is wanted twice, one is idle and one has no price.
fn environments_board() -> Board {
    use crate::domain::DeploymentState::{Failed, Succeeded};
    use crate::domain::{Booking, BookingId, Environment, Tier, Window};
    use fixture::at;
    let mut board = board();
    let mut world = (*board.world).clone();
    let place = |id: &str, tier, platform: &str, shareable, cost_per_day| {
        Arc::new(Environment {
            id: id.into(),
            tier,
            platform: Some(platform.into()),
            region: None,
            group: id.starts_with("production/").then(|| "production".into()),
            shareable,
            cost_per_day,
            time_zone: None,
        })
    };
    world.environments = vec![
        place("production", Tier::Production, "kubernetes", true, None),
        place("production/eu", Tier::Production, "kubernetes", false, Some(1840.0)),
        place("production/us", Tier::Production, "virtual machines", false, Some(1460.0)),
        place("staging", Tier::Staging, "kubernetes", false, Some(310.0)),
        place("perf", Tier::Staging, "kubernetes", false, None),
        place("test-1", Tier::Test, "kubernetes", true, Some(95.0)),
    ];
    let booked = |environment: &str, release: &str, from: (i64, i64), until: (i64, i64), shareable| {
        Arc::new(Booking {
            id: BookingId::new(format!("{environment} {release}")),
            environment: environment.into(),
            release: Some(release.into()),
            window: Window { from: at(from.0, from.1, 0), until: at(until.0, until.1, 0) },
            approved: release != "auth 2.10",
            shareable,
        })
    };
    world.bookings = vec![
        booked("production/eu", "payments 4.2", (25, 8), (26, 8), false),
        booked("staging", "auth 2.9", (12, 0), (18, 0), false),
        booked("staging", "payments 4.2", (18, 0), (27, 0), false),
        booked("staging", "auth 2.10", (26, 0), (31, 0), false),
        booked("perf", "ledger 1.8", (19, 0), (24, 0), false),
        booked("test-1", "payments 4.2", (9, 0), (28, 0), true),
        booked("test-1", "ledger 1.8", (16, 0), (24, 0), true),
    ];
    let insight = &board.insight;
    world.releases = insight.releases.iter().map(|one| Arc::clone(&one.release)).collect();
    world.deployments = insight.schedule.deployments.iter().map(|row| Arc::clone(&row.deployment)).collect();
    world.freezes = vec![Arc::new(crate::domain::Freeze {
        name: "Sale weekend".into(),
        window: Window { from: at(27, 0, 0), until: at(30, 0, 0) },
        environments: vec!["production*".into()],
    })];
    for kind in [Kind::Environments, Kind::Deployments, Kind::Bookings, Kind::Freezes] {
        world.covers.entry(kind).or_default().insert("plan".into());
    }
    let ran = |id: &str, release: &str, environment: &str, day: i64, state| {
        Arc::new(crate::domain::Deployment {
            id: id.into(),
            release: Some(release.into()),
            environment: environment.into(),
            window: Window { from: at(day, 10, 0), until: at(day, 11, 0) },
            state,
            started_at: Some(at(day, 10, 2)),
            finished_at: Some(at(day, 10, 50)),
            activities: Vec::new(),
            time_zone: None,
            configuration: [("LOG_LEVEL", "a"), ("RETRY_LIMIT", if day < 3 { "b" } else { "c" })]
                .map(|(key, digest)| (key.into(), digest.into()))
                .into(),
            url: None,
        })
    };
    world.deployments.extend([
        ran("r1", "payments 4.1", "staging", 1, Succeeded),
        ran("r2", "payments 4.1", "production/eu", 2, Succeeded),
        ran("r3", "auth 2.9", "staging", 13, Succeeded),
        ran("r4", "auth 2.9", "production/us", 14, Failed),
        ran("r5", "payments 4.2", "staging", 19, Succeeded),
        ran("r6", "payments 4.2", "test-1", 20, Succeeded),
    ]);
    board.world = Arc::new(world);
    board
}

/// A state on the tab Environments, with what [`Effect::Study`] asks for.
fn on_environments(size: (u16, u16), keys: &str) -> State {
    let board = environments_board();
    let mut state = after(board.clone(), size, "4");
    let insight = Arc::clone(&state.board.insight);
    let environments = Arc::new(crate::insight::EnvironmentsView::of(&board));
    let study = Arc::new(crate::insight::Study::of(&board));
    update(&mut state, Event::Studied { insight: Arc::clone(&insight), study }, now());
    update(&mut state, Event::Surveyed { insight, environments }, now());
    go_on(&mut state, size, keys);
    state
}

#[test]
fn environments() {
    for (name, size) in [("80x24", SMALL), ("120x36", USUAL), ("200x50", LARGE), ("40x10", (40, 10))] {
        let mut state = on_environments(size, "");
        insta::assert_snapshot!(
            format!("environments_{name}"),
            render(&mut state, size, GlyphSet::Unicode, now())
        );
    }
    for (name, keys) in
        [("drift", "b"), ("cost", "b b"), ("hard", "b b b"), ("day", "+ j j"), ("year", "- - l j j j")]
    {
        let mut state = on_environments(USUAL, keys);
        let shown = render(&mut state, USUAL, GlyphSet::Unicode, now());
        insta::assert_snapshot!(format!("environments_{name}_120x36"), shown);
    }
    let mut state = on_environments(USUAL, "j j j x");
    insta::assert_snapshot!("environments_why_120x36", render(&mut state, USUAL, GlyphSet::Unicode, now()));
    let mut state = on_environments(USUAL, "j j j");
    insta::assert_snapshot!("environments_ascii_120x36", render(&mut state, USUAL, GlyphSet::Ascii, now()));
}

#[test]
fn environments_fit_every_width() {
    let mut state = on_environments(USUAL, "j j j");
    for keys in ["", "b", "b", "b"] {
        for width in (40..=300).step_by(13) {
            for height in [10, 17, 24, 36, 60] {
                for set in [GlyphSet::Unicode, GlyphSet::Ascii] {
                    let shown = render(&mut state, (width, height), set, now());
                    assert!(shown.contains('4') && (set == GlyphSet::Unicode || shown.is_ascii()), "{shown}");
                }
            }
        }
        go_on(&mut state, USUAL, keys);
    }
    // Nobody says more at a glance than that a place is wanted twice.
    let mut state = on_environments(SMALL, "");
    let shown = render(&mut state, SMALL, GlyphSet::Unicode, now());
    assert!(shown.contains("conflict") && shown.contains("staging"), "{shown}");
}

/// Cards with every kind of picture, one of which cannot say anything.
fn cards() -> crate::insight::Study {
    use crate::insight::{Bar, Card, CardColumn, CardId, CardRow, CardStanding, Picture, Series, Study};
    let bar = |label: &str, parts: &[f64], says: &str, standing| Bar {
        label: label.into(),
        parts: parts.to_vec(),
        says: says.into(),
        standing,
    };
    let plain = |id, sentence: &str, standing, picture| Card {
        id,
        sentence: sentence.into(),
        standing,
        figures: Vec::new(),
        picture,
        columns: vec![
            CardColumn { title: "release", is_figure: false },
            CardColumn { title: "stories", is_figure: true },
        ],
        rows: ["payments 4.2", "支払い 4.1"]
            .map(|name| CardRow {
                cells: vec![name.into(), "48".into()],
                standing,
                subject: Some(Subject::Release("payments 4.2".into())),
                behind: Vec::new(),
            })
            .to_vec(),
        notes: Vec::new(),
        left_out: vec!["two releases without a target are left out".into()],
    };
    let sizes = [
        bar("payments 4.0", &[12.0], "12", CardStanding::Poor),
        bar("payments 4.1", &[33.0], "33", CardStanding::Good),
    ];
    let ways = [
        bar("coding", &[20.0, 4.0], "1.0d", CardStanding::Told),
        bar("pickup", &[0.0, 16.0], "16h constraint", CardStanding::Watch),
    ];
    let line = |name: &str, values: [f64; 4]| Series {
        name: name.into(),
        values: values.into_iter().map(Some).collect(),
        standing: CardStanding::Told,
    };
    let lines = |stacked| Picture::Lines {
        steps: ["2 Nov", "9 Nov", "16 Nov", "22 Nov"].map(Text::new).to_vec(),
        series: vec![line("opened", [3.0, 5.0, 0.0, 2.0]), line("solved", [1.0, 4.0, 6.0, 2.0])],
        stacked,
    };
    let ways = Picture::Parts { parts: ["working", "waiting"].map(Text::new).to_vec(), bars: ways.to_vec() };
    let mut silent = plain(CardId::Effort, "no story was finished yet", CardStanding::Unknown, Picture::None);
    (silent.rows, silent.columns, silent.left_out) = (Vec::new(), Vec::new(), Vec::new());
    let sizes = Picture::Bars { bars: sizes.to_vec() };
    Study {
        at: now(),
        cards: vec![
            plain(CardId::StoriesPerRelease, "payments 4.1 had 33 stories", CardStanding::Good, sizes),
            plain(CardId::OpenedAndSolved, "5 are open; surely shrinking", CardStanding::Watch, lines(false)),
            plain(CardId::ValueStream, "the constraint is pickup with 16h a story", CardStanding::Poor, ways),
            plain(CardId::CumulativeFlow, "12 under way, as many as before", CardStanding::Told, lines(true)),
            silent,
        ],
        remaining: 0,
    }
}

#[test]
fn insights() {
    for (name, size) in [("40x10", (40, 10)), ("80x24", SMALL), ("120x36", USUAL), ("200x50", LARGE)] {
        let mut state = after(board(), size, "5");
        let waiting = render(&mut state, size, GlyphSet::Unicode, now());
        assert!(waiting.contains("reading what the data says"), "{waiting}");
        let insight = Arc::clone(&state.board.insight);
        update(&mut state, Event::Studied { insight, study: Arc::new(cards()) }, now());
        for (picture, keys) in [("all", "l"), ("one", "enter"), ("back", "esc j j")] {
            go_on(&mut state, size, keys);
            let shown = render(&mut state, size, GlyphSet::Unicode, now());
            insta::assert_snapshot!(format!("insights_{picture}_{name}"), shown);
        }
        // A row leads to what it is about: a release in the making to what it needs.
        go_on(&mut state, size, "h h h h enter enter");
        assert_eq!(state.tab, Tab::Readiness);
    }
}

/// A card for each question, each with a key in its sentence.
fn every_card() -> crate::insight::Study {
    use crate::insight::CardId;
    let mut study = cards();
    for id in CardId::ALL {
        if study.card(id).is_none() {
            let sentence = format!("{}: PAY-311 and 2 others, since 9f31c2e", id.name());
            let like = study.cards[0].clone();
            study.cards.push(crate::insight::Card { id, sentence: sentence.as_str().into(), ..like });
        }
    }
    study.cards.sort_by_key(|card| card.id);
    study
}

#[test]
fn each_reader_sees_other_cards_words_and_depth() {
    use crate::insight::{CardId, Lens};
    for lens in [Lens::Engineer, Lens::ReleaseManager, Lens::Executive] {
        for (name, size) in [("80x24", SMALL), ("120x36", USUAL)] {
            let options = Options { lens, tab: Some(Tab::Insights), ..Options::default() };
            let mut state = State::new(Arc::new(board()), options, now());
            update(&mut state, Event::Resize(size.0, size.1), now());
            let environments = Arc::new(crate::insight::EnvironmentsView::of(&board()));
            let insight = Arc::clone(&state.board.insight);
            let study = Arc::new(every_card());
            update(&mut state, Event::Studied { insight: Arc::clone(&insight), study }, now());
            update(&mut state, Event::Surveyed { insight, environments }, now());
            go_on(&mut state, size, "");
            let shown = render(&mut state, size, GlyphSet::Unicode, now());
            assert!(shown.lines().nth(1).unwrap().contains(&format!("{} lens", lens.name())), "{shown}");
            insta::assert_snapshot!(format!("lens_{}_{name}", lens.name()), shown);
            // All of its cards, page by page, and the last of them in full.
            let mut all = String::new();
            for _ in CardId::ALL {
                all.push_str(&render(&mut state, size, GlyphSet::Unicode, now()));
                go_on(&mut state, size, "l");
            }
            assert_eq!(all.contains("PAY-311") || all.contains("9f31c2e"), lens.has_keys(), "{all}");
            assert_eq!(all.contains("Did we keep our promises?"), lens == Lens::Executive);
            assert_eq!(all.contains(CardId::Effort.title()), lens != Lens::Executive);
            go_on(&mut state, size, "enter");
            let opened = render(&mut state, size, GlyphSet::Unicode, now());
            assert_eq!(opened.contains("for other readers"), lens != Lens::ReleaseManager, "{opened}");
        }
    }
}

#[test]
fn executives_see_dates_and_titles_and_no_keys() {
    use crate::insight::Lens;
    for (name, size) in [("80x24", SMALL), ("120x36", USUAL)] {
        let options = Options { lens: Lens::Executive, ..Options::default() };
        let mut state = State::new(Arc::new(board()), options, now());
        update(&mut state, Event::Resize(size.0, size.1), now());
        for (tab, keys) in [("readiness", "1"), ("steps", "l l l"), ("pull_requests", "2"), ("schedule", "3")]
        {
            go_on(&mut state, size, keys);
            let shown = render(&mut state, size, GlyphSet::Unicode, now());
            assert!(shown.contains("P85 Fri 27 Nov") && shown.contains("sonar 14m stale"), "{shown}");
            assert!(!shown.contains("PAY-3") && !shown.contains("#812"), "{shown}");
            insta::assert_snapshot!(format!("executive_{tab}_{name}"), shown);
        }
    }
}

#[test]
fn a_bar_opens_its_release_as_it_ended() {
    for (name, size) in [("40x10", (40, 10)), ("80x24", SMALL), ("120x36", USUAL)] {
        let out = board_with(|insight| {
            Arc::make_mut(&mut insight.release).released_at = Some(now() - chrono::Duration::hours(20));
        });
        let mut state = after(out.clone(), size, "5");
        let insight = Arc::clone(&state.board.insight);
        update(&mut state, Event::Studied { insight, study: Arc::new(cards()) }, now());
        go_on(&mut state, size, "enter enter");
        let shown = render(&mut state, size, GlyphSet::Unicode, now());
        for said in ["As it ended payments 4.2", "What worked"] {
            assert!(shown.contains(said), "{said}: {shown}");
        }
        // It fills the screen: nothing of the card is beside it.
        assert!(!shown.contains("payments 4.1 had 33 stories"), "{shown}");
        insta::assert_snapshot!(format!("insights_ended_{name}"), shown);
        go_on(&mut state, size, "esc");
        assert!(state.overlays.is_empty() && state.insights.opened && state.tab == Tab::Insights);
        let back = render(&mut state, size, GlyphSet::Unicode, now());
        assert!(back.contains("payments 4.1 had 33 stories"), "{back}");
    }
}

#[test]
fn cards_are_shown_as_they_come_and_stay_while_newer_ones_are_made() {
    let mut state = after(board(), USUAL, "5");
    let insight = Arc::clone(&state.board.insight);
    let mut first = cards();
    (first.remaining, _) = (8, first.cards.split_off(3));
    let studied = |study: &crate::insight::Study| Event::Studied {
        insight: Arc::clone(&insight),
        study: Arc::new(study.clone()),
    };
    update(&mut state, studied(&first), now());
    let shown = render(&mut state, USUAL, GlyphSet::Unicode, now());
    assert!(shown.contains("3 of 11 cards") && shown.contains("payments 4.1 had 33 stories"), "{shown}");
    update(&mut state, studied(&cards()), now());
    let whole = render(&mut state, USUAL, GlyphSet::Unicode, now());
    assert!(!whole.contains("of 11 cards") && whole.contains("12 under way"), "{whole}");
    // Of a newer board the first cards are there: all of the older ones are better than a few.
    update(&mut state, studied(&first), now());
    assert_eq!(render(&mut state, USUAL, GlyphSet::Unicode, now()), whole);
}

#[test]
fn why_of_a_card_is_that_of_the_card_on_the_screen() {
    let mut state = after(board(), USUAL, "5");
    let insight = Arc::clone(&state.board.insight);
    go_on(&mut state, USUAL, "x");
    let waiting = render(&mut state, USUAL, GlyphSet::Unicode, now());
    go_on(&mut state, USUAL, "x");
    let mut study = cards();
    study.cards[0].notes = vec!["counted in another way".into()];
    update(&mut state, Event::Studied { insight, study: Arc::new(study) }, now());
    go_on(&mut state, USUAL, "x");
    let shown = render(&mut state, USUAL, GlyphSet::Unicode, now());
    assert_ne!(waiting, shown);
    // The figures are those of the made study, not of one that is computed anew from the board.
    assert!(shown.contains("payments 4.1 had 33 stories"), "{shown}");
    let place = |words: &str| shown.find(words).unwrap_or_else(|| panic!("no {words:?} in {shown}"));
    assert!(place("counted in another way") < place("left out"), "{shown}");
    assert!(place("left out") < place("two releases without a target"), "{shown}");
}

#[test]
fn the_verdict_is_never_cut() {
    use crate::insight::Outlook;
    for (outlook, days, said) in [
        (Outlook::Unknown, 3, "? UNKNOWN"),
        (Outlook::Unknown, 300, "? UNKNOWN"),
        (Outlook::AtRisk, 300, "▲ AT RISK"),
        (Outlook::OnTrack, 3, "✓ ON TRACK"),
    ] {
        for estimated in [false, true] {
            let board = board_with(|insight| {
                insight.outlook = outlook;
                insight.last_day_from = None;
                let release = Arc::make_mut(&mut insight.release);
                release.target =
                    Some(crate::domain::Target { at: now() + chrono::Duration::days(days), estimated });
            });
            let mut state = after(board, (40, 12), "");
            let text = render(&mut state, (40, 12), GlyphSet::Unicode, now());
            let first = text.lines().next().unwrap();
            assert!(first.contains(said), "{outlook:?} in {days} days: {first}");
        }
    }
    let board = board_with(|insight| insight.outlook = Outlook::Unknown);
    let mut state = after(board, (120, 36), "");
    let text = render(&mut state, (120, 36), GlyphSet::Unicode, now());
    assert!(text.lines().next().unwrap().contains("OUTLOOK UNKNOWN"), "{text}");
}

#[test]
fn a_forecast_of_two_days_is_not_loud() {
    let board = board_with(|insight| {
        if let crate::insight::ForecastView::Dates { basis, .. } = &mut insight.forecast {
            basis.elapsed_days = 2;
        }
    });
    for (size, said) in [((80, 24), "61 % wide"), ((160, 40), ", 2 days of data")] {
        let mut state = after(board.clone(), size, "");
        let text = render(&mut state, size, GlyphSet::Unicode, now());
        assert!(text.lines().next().unwrap().contains(said), "{text}");
    }
}

#[test]
fn gates_that_nobody_needs_are_not_counted_against_it() {
    let board = board_with(|insight| {
        let tally = &mut insight.tally;
        (tally.gates_go, tally.gates_no_go, tally.gates_unknown, tally.gates_not_needed) = (1, 1, 0, 8);
    });
    let mut state = after(board, (120, 36), "");
    let text = render(&mut state, (120, 36), GlyphSet::Unicode, now());
    assert!(text.contains("1 of 2 needed go"), "{text}");
}

#[test]
fn what_went_out_stays_and_offers_the_next_by_a_key() {
    let mut state = after(board(), (160, 40), "");
    let mut out = board_with(|insight| {
        Arc::make_mut(&mut insight.release).released_at = Some(now());
        insight.outlook = crate::insight::Outlook::Released;
    });
    Arc::make_mut(&mut out.insight).releases.rotate_left(1);
    update(&mut state, Event::Board(Arc::new(out)), now());
    let text = render(&mut state, (160, 40), GlyphSet::Unicode, now());
    let first = text.lines().next().unwrap();
    for said in ["payments 4.2", "RELEASED", "out since Sun 22 Nov", "L next is ledger 1.8"] {
        assert!(first.to_uppercase().contains(&said.to_uppercase()), "{said}: {first}");
    }
}
