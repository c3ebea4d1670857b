//! The palette carries out what is meant and asks before a guess; the lens decides what is shown.

use super::*;
use crate::{
    app::{ListId, PaletteEntry, Row},
    insight::{CardId, EnvironmentsView, Lens, Study},
};

fn type_into_palette(state: &mut State, typed: &str) {
    press(state, ":");
    type_in(state, typed);
}

fn line(state: &State) -> Option<String> {
    match state.overlays.last() {
        Some(Overlay::Palette(palette)) => Some(palette.input.value().to_owned()),
        _ => None,
    }
}

fn message(state: &State) -> &str {
    state.message.as_ref().map_or("", |message| &message.text)
}

fn selected(state: &State) -> Option<&'static str> {
    match state.list(ListId::Palette).row() {
        Some(Row::Palette(index)) => PaletteEntry::at(index).map(PaletteEntry::name),
        _ => None,
    }
}

#[test]
fn a_guess_is_not_carried_out_unasked() {
    // What is typed, what is selected then, and whether enter carries it out.
    for (typed, name, at_once) in [
        ("freeze", "freeze", true),
        ("fre", "freeze", true),
        ("FREEZE", "freeze", true),
        ("frz", "freeze", false),
        ("freze", "freeze", false),
        ("quit", "quit", true),
        ("qit", "quit", false),
        ("earlier hour", "hour-earlier", true),
        ("lense", "lens engineer", false),
        ("sources", "sources", true),
    ] {
        let mut state = state(board());
        type_into_palette(&mut state, typed);
        assert_eq!(selected(&state), Some(name), "{typed}");
        let effects = press(&mut state, "enter");
        let is_done = line(&state).is_none();
        assert_eq!(is_done, at_once, "{typed}: {}", summary(&state));
        assert_eq!(effects.iter().any(|it| matches!(it, Effect::Quit)), name == "quit" && at_once);
        assert_eq!(state.frozen.is_some(), name == "freeze" && at_once, "{typed}");
        if at_once {
            continue;
        }
        assert_eq!((line(&state).as_deref(), state.lens), (Some(name), Lens::All), "{typed}");
        assert!(message(&state).contains(typed) && message(&state).contains(name), "{}", message(&state));
        // Who sees what it would be says yes by the same key.
        let effects = press(&mut state, "enter");
        assert_eq!(line(&state), None);
        let is_done = match name {
            "freeze" => state.frozen.is_some(),
            "quit" => effects.iter().any(|it| matches!(it, Effect::Quit)),
            _ => state.lens == Lens::Engineer,
        };
        assert!(is_done, "{typed}");
    }
    // Letters that lie scattered over what is said of something name nothing.
    for typed in ["pofd", "bring me the moon", "fxrz"] {
        let mut state = state(board());
        type_into_palette(&mut state, typed);
        assert_eq!(selected(&state), None, "{typed}");
        press(&mut state, "enter");
        assert!(message(&state).starts_with("there is no command"), "{}", message(&state));
        assert!(state.frozen.is_none() && state.what_if.is_none());
    }
}

#[test]
fn who_points_at_a_row_means_it_whatever_comes_meanwhile() {
    let mut state = state(board());
    type_into_palette(&mut state, "frz");
    press(&mut state, "down enter");
    assert!(state.frozen.is_some(), "it was pointed at");
    press(&mut state, "f");
    // To type on is to look for something else.
    type_into_palette(&mut state, "fr");
    press(&mut state, "down");
    type_in(&mut state, "z");
    press(&mut state, "enter");
    assert!(state.frozen.is_none());
    press(&mut state, "esc");
    // A new board leaves the selection where it is.
    press(&mut state, ": down down down");
    let pointed = selected(&state);
    let mut newer = board();
    newer.insight = Arc::new((*newer.insight).clone());
    update(&mut state, Event::Board(Arc::new(newer)), now());
    assert!(pointed.is_some() && selected(&state) == pointed, "{:?}", selected(&state));
}

#[test]
fn the_line_of_the_palette_is_completed() {
    for (typed, completed) in [
        ("lens r", "lens release-manager"),
        ("as", "as-of "),
        ("frz", "freeze"),
        ("nothing like it", "nothing like it"),
    ] {
        let mut state = state(board());
        type_into_palette(&mut state, typed);
        press(&mut state, "tab");
        assert_eq!(line(&state).as_deref(), Some(completed));
        assert_eq!(state.tab, Tab::Readiness, "tab leads nowhere else");
    }
}

fn studied(state: &mut State) {
    let study = Arc::new(Study::of(&state.board));
    let environments = Arc::new(EnvironmentsView::of(&state.board));
    let insight = Arc::clone(&state.board.insight);
    update(state, Event::Studied { insight: Arc::clone(&insight), study }, now());
    update(state, Event::Surveyed { insight, environments }, now());
}

fn cards(state: &State) -> Vec<CardId> {
    let study = state.insights.study.as_ref().unwrap();
    let rows = state.list(ListId::Cards).rows.iter();
    let cards = rows.filter_map(|row| match row {
        Row::Card(index) => Some(study.cards[*index as usize].id),
        _ => None,
    });
    cards.collect()
}

#[test]
fn a_lens_is_chosen_by_name_and_shows_its_cards() {
    let mut state = state(board());
    press(&mut state, "5");
    studied(&mut state);
    assert_eq!(cards(&state), CardId::ALL);
    // Without a reader the line waits for one, however often somebody presses enter.
    type_into_palette(&mut state, "lens");
    for _ in 0..2 {
        press(&mut state, "enter");
        assert_eq!((line(&state).as_deref(), state.lens), (Some("lens "), Lens::All));
        assert!(message(&state).contains("engineer, release-manager, executive or all"));
        assert_eq!(selected(&state), Some("lens engineer"));
    }
    press(&mut state, "esc");
    for lens in Lens::ALL.into_iter().rev() {
        let effects = command(&mut state, &format!("lens {}", lens.name()));
        assert_eq!((state.lens, line(&state)), (lens, None));
        assert!(message(&state).starts_with("for ") && effects.iter().any(|it| matches!(it, Effect::Draw)));
        let expected: Vec<CardId> = CardId::ALL
            .into_iter()
            .filter(|card| lens.depth(crate::insight::Part::Card(*card)) > crate::insight::Depth::Hidden)
            .collect();
        assert_eq!(cards(&state), expected, "{lens:?}");
    }
    // What is read anew is shown to the same reader.
    command(&mut state, "lens exec");
    assert_eq!(state.lens, Lens::Executive);
    studied(&mut state);
    update(&mut state, Event::Triage(Arc::default()), now());
    assert!(!cards(&state).contains(&CardId::Effort) && cards(&state).contains(&CardId::Delivery));
}

#[test]
fn a_card_that_the_next_reader_does_not_see_is_closed_and_another_one_stays() {
    for (card, stays) in [(CardId::Effort, false), (CardId::Delivery, true)] {
        let mut state = state(board());
        press(&mut state, "5");
        studied(&mut state);
        let steps = CardId::ALL.iter().position(|known| *known == card).unwrap();
        press(&mut state, &"l ".repeat(steps));
        press(&mut state, "enter");
        assert!(state.insights.opened && state.card().map(|it| it.id) == Some(card));
        command(&mut state, "lens executive");
        assert_eq!(state.insights.opened, stays, "{card:?}");
        assert_eq!(state.card().map(|it| it.id) == Some(card), stays, "{card:?}");
        assert!(state.list(ListId::CardRows).rows.len() <= state.card().map_or(0, |it| it.rows.len()));
    }
}

#[test]
fn executives_begin_with_outlook_and_dates() {
    let options = Options { lens: Lens::Executive, ..Options::default() };
    let mut state = State::new(Arc::new(board()), options, now());
    assert_eq!((state.section, state.schedule), (Section::BurnDown, SchedulePicture::Month));
    assert!(!state.detail.on);
    command(&mut state, "lens engineer");
    assert_eq!((state.section, state.schedule), (Section::Stories, SchedulePicture::List));
    assert!(state.detail.on);
    // Among the others nothing moves that somebody chose.
    press(&mut state, "3 b 1 h");
    let chosen = (state.section, state.schedule);
    command(&mut state, "lens release-manager");
    assert_eq!((state.section, state.schedule), chosen);
    assert_ne!(chosen, (Section::default(), SchedulePicture::default()));
}
