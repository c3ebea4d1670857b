//! Cells that mean something: the one of the drift that is selected, columns that must not give way,
//! and colours.

use ratatui::style::Color;

use super::*;

/// What is behind on production/eu is selected; two rows above it nothing is.
#[test]
fn a_cell_of_the_drift_is_marked_opened_and_clicked() {
    let mut state = on_environments(USUAL, "b");
    let shown = render(&mut state, USUAL, GlyphSet::Unicode, now());
    assert!(shown.contains("▌4.1 −1 2d → 1 key"), "{shown}");
    assert!(shown.contains("h/l cell") && shown.contains("t trace"), "{shown}");
    assert!(!shown.contains("/ filter") && !shown.contains("in time"), "{shown}");
    go_on(&mut state, USUAL, "enter");
    insta::assert_snapshot!("environments_cell_120x36", render(&mut state, USUAL, GlyphSet::Unicode, now()));
    // A click selects, another one on the same cell opens.
    go_on(&mut state, USUAL, "esc");
    let area = |state: &State| state.layout.drift.iter().find(|(place, _)| *place == (0, 1)).unwrap().1;
    let click = |state: &mut State| {
        let area = area(state);
        let mouse = crossterm::event::MouseEvent {
            kind: crossterm::event::MouseEventKind::Down(crossterm::event::MouseButton::Left),
            column: area.x + 2,
            row: area.y,
            modifiers: crossterm::event::KeyModifiers::NONE,
        };
        update(state, Event::Mouse(mouse), now());
    };
    click(&mut state);
    assert_eq!(state.subject(), Subject::Component("auth".into(), "staging".into()));
    assert!(state.overlays.is_empty());
    click(&mut state);
    assert_eq!(state.overlays.len(), 1);
    // Where not all columns have room, those around the selected cell do.
    let mut state = on_environments((60, 24), "b g h h h");
    let shown = render(&mut state, (60, 24), GlyphSet::Unicode, now());
    assert!(shown.contains("test-1") && shown.contains('▌'), "{shown}");
}

#[test]
fn the_selected_cell_is_in_sight_however_many_components_there_are() {
    let mut state = on_environments(SMALL, "b");
    let mut view = (**state.environments.view.as_ref().unwrap()).clone();
    let like = view.drift.components[0].clone();
    for number in 0..60 {
        let component = Text::new(format!("part {number:02}"));
        view.drift.components.push(crate::insight::ComponentDrift { component, ..like.clone() });
    }
    let insight = Arc::clone(&state.board.insight);
    update(&mut state, Event::Surveyed { insight, environments: Arc::new(view) }, now());
    for (keys, name) in [("G", "part 59"), ("k k", "part 57"), ("ctrl-u", "part"), ("g", "auth")] {
        go_on(&mut state, SMALL, keys);
        let shown = render(&mut state, SMALL, GlyphSet::Unicode, now());
        let marked =
            shown.lines().find(|line| line.contains('▌')).unwrap_or_else(|| panic!("{keys}: {shown}"));
        assert!(marked.contains(name), "{keys}: {shown}");
        let Subject::Component(selected, _) = state.subject() else { panic!("no cell") };
        assert!(marked.contains(selected.as_str()), "{keys}: {shown}");
    }
}

#[test]
fn a_runbook_far_from_its_window_is_asked_about() {
    for (name, size) in [("80x24", SMALL), ("120x36", USUAL)] {
        let mut state = after(board(), size, "3 .");
        let shown = render(&mut state, size, GlyphSet::Unicode, now());
        assert!(shown.contains("before its window") && shown.contains("enter no"), "{shown}");
        insta::assert_snapshot!(format!("runbook_begin_{name}"), shown);
    }
}

#[test]
fn what_a_deployment_takes_stands_beside_its_window_at_120_columns() {
    use crate::{
        domain::{Policy, SourceHealth, SourceId, World},
        insight::{Learned, board::Completeness},
        source::demo::{DemoSettings, Organisation, facts},
    };
    let source = SourceId::new("demo");
    let organisation = Organisation::new(&DemoSettings::opened(now(), chrono_tz::Tz::UTC));
    let world = World::union([(&source, &facts(&organisation, now()))]);
    let mut health = SourceHealth::starting(source);
    (health.answered_at, health.stale_from) = (Some(now()), Some(now() + Duration::hours(1)));
    let board = Board::derive(
        Text::new("demo"),
        Arc::new(world),
        vec![health].into(),
        Arc::new(Policy::default()),
        &Learned::default(),
        Completeness::Whole,
        now(),
    );
    let shown = screen(board, USUAL, "3");
    let heading = shown.lines().find(|line| line.contains("when↑") && line.contains("release")).unwrap();
    for column in ["goes to", "window", "takes", "state", "forecast", "problems"] {
        assert!(heading.contains(column), "{column}: {shown}");
    }
    // Where it goes has a time of its own, which is told whole.
    assert!(shown.contains("production/us 05:00 EST"), "{shown}");
}

#[test]
fn failures_have_the_colour_of_what_is_bad_whatever_their_place() {
    use crate::insight::{CardId, CardStanding, Picture, Series};
    let line = |name: &str, standing| Series {
        name: name.into(),
        values: (1..=26).map(|value| Some(f64::from(value))).collect(),
        standing,
    };
    let mut study = cards();
    study.cards.truncate(1);
    study.cards[0].id = CardId::Delivery;
    study.cards[0].picture = Picture::Lines {
        steps: (1..=26).map(|week| Text::new(format!("week {week}"))).collect(),
        series: vec![
            line("lead time", CardStanding::Told),
            line("deployments", CardStanding::Told),
            line("failures", CardStanding::Poor),
        ],
        stacked: false,
    };
    let mut state = after(board(), USUAL, "5");
    let insight = Arc::clone(&state.board.insight);
    update(&mut state, Event::Studied { insight, study: Arc::new(study) }, now());
    let styles = Styles::resolve(&shipped("dark").unwrap(), ColorDepth::Truecolor);
    let look = Look { styles: styles.clone(), glyphs: Glyphs::of(GlyphSet::Unicode) };
    let mut terminal = Terminal::new(TestBackend::new(USUAL.0, USUAL.1)).unwrap();
    terminal.draw(|frame| drop(draw(frame, &state, &look, now()))).unwrap();
    let buffer = terminal.backend().buffer();
    let row = |name: &str| {
        let text = |y: u16| (0..USUAL.0).map(|x| buffer[(x, y)].symbol()).collect::<String>();
        (0..USUAL.1).find(|y| text(*y).contains(name)).unwrap()
    };
    let colours = |name: &str| -> Vec<Color> {
        let y = row(name);
        let bars = (0..USUAL.0)
            .filter(|x| Glyphs::of(GlyphSet::Unicode).bars[1..].contains(&buffer[(*x, y)].symbol()));
        let mut found: Vec<Color> = bars.map(|x| buffer[(x, y)].fg).collect();
        found.dedup();
        found
    };
    assert_eq!(colours("failures"), [styles.no_go.fg.unwrap()]);
    assert_ne!(colours("failures"), colours("deployments"));
    assert!(!colours("failures").contains(&styles.go.fg.unwrap()));
}
