use std::sync::Arc;

use chrono::Duration;
use ratatui::{Terminal, backend::TestBackend};

use crate::{
    app::{
        Event, Options, State, WallOptions,
        fixture::{self, board, board_with, now},
        update,
    },
    domain::{Instant, SourceHealth},
    insight::{Board, GateAnswer, Outlook},
    theme::{ColorDepth, GlyphSet, Glyphs, Styles, shipped},
    view::{Look, draw},
};

fn fresh(mut board: Board) -> Board {
    let health = board.health.iter().map(|health| SourceHealth {
        answered_at: Some(now() - Duration::minutes(1)),
        stale_from: Some(now() + Duration::minutes(17)),
        ..health.clone()
    });
    board.health = health.collect();
    board
}

fn wall(board: Board) -> State {
    let options = Options { wall: Some(WallOptions::default()), ..Options::default() };
    State::new(Arc::new(board), options, now())
}

fn render(state: &State, size: (u16, u16), set: GlyphSet, now: Instant) -> String {
    let look = Look {
        styles: Styles::resolve(&shipped("dark").unwrap(), ColorDepth::None),
        glyphs: Glyphs::of(set),
    };
    let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).unwrap();
    terminal.draw(|frame| drop(draw(frame, state, &look, now))).unwrap();
    let buffer = terminal.backend().buffer();
    let mut text = String::new();
    for y in 0..size.1 {
        let mut covered = 0;
        let mut line = String::new();
        for x in 0..size.0 {
            let symbol = buffer[(x, y)].symbol();
            // A wide character covers the cell after it.
            if covered == 0 {
                line.push_str(symbol);
            }
            covered =
                if covered > 0 { covered - 1 } else { crate::view::text::width(symbol).saturating_sub(1) };
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn unicode(state: &State, size: (u16, u16), seconds: i64) -> String {
    render(state, size, GlyphSet::Unicode, now() + Duration::seconds(seconds))
}

#[test]
fn walls() {
    let state = wall(fresh(board()));
    for (name, size) in
        [("40x10", (40, 10)), ("80x24", (80, 24)), ("120x36", (120, 36)), ("200x50", (200, 50))]
    {
        insta::assert_snapshot!(format!("wall_{name}"), unicode(&state, size, 15));
    }
}

#[test]
fn panels() {
    let state = wall(fresh(board()));
    let mut screens = String::new();
    for seconds in [0, 30, 45, 60, 75] {
        screens.extend([format!("── after {seconds} s\n"), unicode(&state, (80, 24), seconds)]);
    }
    insta::assert_snapshot!(screens);
}

#[test]
fn what_is_assumed_is_said_before_the_answer() {
    let mut state = wall(fresh(board()));
    let truth = std::sync::Arc::clone(&state.board);
    let assumed = crate::domain::Assumed {
        release: state.release.clone().unwrap(),
        assumption: crate::domain::Assumption::FreezeScope,
    };
    state.what_if = Some(crate::app::WhatIf::of(truth, vec![assumed]));
    for (size, banner) in [((120, 36), " WHAT IF 1 change "), ((60, 16), " WHAT IF "), ((30, 8), "WHAT IF ")]
    {
        let shown = unicode(&state, size, 0);
        let line = shown.lines().find(|line| line.contains("WHAT IF")).unwrap_or_else(|| panic!("{shown}"));
        assert!(
            line.trim_start_matches('│').trim_start().starts_with(banner.trim_start()),
            "{size:?}\n{shown}"
        );
    }
}

#[test]
fn stale_is_said_by_the_whole_frame_and_in_words() {
    let state = wall(board());
    for (name, size) in [("40x10", (40, 10)), ("80x24", (80, 24))] {
        insta::assert_snapshot!(format!("stale_{name}"), unicode(&state, size, 15));
    }
    for size in [(39, 9), (20, 1), (3, 1), (1, 1), (300, 3)] {
        let text = unicode(&state, size, 0);
        assert!("STALE ".starts_with(text.trim_end()) || text.starts_with("STALE"), "{size:?}: {text}");
    }
    assert!(!unicode(&wall(fresh(board())), (80, 24), 0).contains("STALE"));
}

#[test]
fn a_new_red_is_in_front_of_the_panels() {
    let mut state = wall(fresh(board_with(|release| {
        release.gates[0].answer = GateAnswer::Go;
        release.outlook = Outlook::OnTrack;
    })));
    update(&mut state, Event::Board(Arc::new(fresh(board()))), now());
    insta::assert_snapshot!(unicode(&state, (80, 24), 15));
}

#[test]
fn other_headlines() {
    let mut screens = String::new();
    for (name, board, at) in [
        ("the last day", board(), fixture::at(25, 13, 59)),
        (
            "released",
            board_with(|release| {
                release.outlook = Outlook::Released;
                Arc::make_mut(&mut release.release).released_at = Some(fixture::at(20, 14, 0));
            }),
            now(),
        ),
        ("no release", fixture::empty_board(), now()),
        ("unknown", board_with(|release| release.outlook = Outlook::Unknown), now()),
    ] {
        let mut board = fresh(board);
        let far = at + Duration::minutes(5);
        board.health =
            board.health.iter().map(|one| SourceHealth { stale_from: Some(far), ..one.clone() }).collect();
        let text = render(&wall(board), (80, 24), GlyphSet::Unicode, at);
        // What is below is another test's.
        let head: Vec<&str> = text.lines().take(14).collect();
        screens.extend([format!("── {name}\n{}\n", head.join("\n"))]);
    }
    insta::assert_snapshot!(screens);
}

#[test]
fn ascii() {
    let state = wall(board());
    for size in [(40, 10), (80, 24), (200, 50)] {
        for seconds in [0, 15, 30, 45, 60, 75] {
            let text = render(&state, size, GlyphSet::Ascii, now() + Duration::seconds(seconds));
            // What comes from outside stays as it is: a title, a dash in a measured value.
            let ours: String =
                text.chars().filter(|c| !c.is_ascii() && !"支払い画面の翻訳–…".contains(*c)).collect();
            assert_eq!(ours, "", "{text}");
        }
    }
    insta::assert_snapshot!(render(&state, (80, 24), GlyphSet::Ascii, now() + Duration::seconds(15)));
}

/// Between two panels and minutes nothing is written, whatever wakes the wall.
#[test]
fn an_idle_wall_draws_the_same() {
    let state = wall(fresh(board()));
    let first = unicode(&state, (80, 24), 1);
    for seconds in 2..15 {
        assert_eq!(unicode(&state, (80, 24), seconds), first, "{seconds}");
    }
    assert_ne!(unicode(&state, (80, 24), 15), first);
}
