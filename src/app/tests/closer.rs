//! Reading closer, the release for others: by scripted keys.

use std::sync::Arc;

use super::*;
use crate::{
    app::{Closely, Effect, fixture},
    domain::{Problem, PullRequestId},
    insight::Completeness,
};

fn state_of(board: Board) -> State {
    State::new(Arc::new(board), Options { readers: fixture::readers(), ..Options::default() }, now())
}

/// What is asked for, in words.
fn asked(effects: &[Effect]) -> Vec<String> {
    let said = |effect: &Effect| match effect {
        Effect::LookCloser { id, .. } => Some(format!("look {id}")),
        Effect::ReadDetail { version, place } => {
            Some(format!("read {} of {}#{} into {}", version.id, place.repository, place.number, place.base))
        }
        _ => None,
    };
    effects.iter().filter_map(said).collect()
}

/// All that keys ask for.
fn asked_by(state: &mut State, keys: &str) -> Vec<String> {
    keys.split_whitespace().flat_map(|key| asked(&press(state, key))).collect()
}

#[test]
fn what_is_looked_at_is_asked_for_once() {
    let both = ["look api#812", "read api#812 of api#812 into main"];
    let cases: [(&str, &[&str]); 7] = [
        ("2", &both),
        ("2 x", &both),
        ("2 2 enter", &both),
        // Nobody reads the repository of the second one; it is followed when the keys rest.
        ("2 j", &both),
        ("2 p", &both),
        ("1", &[]),
        ("3", &[]),
    ];
    for (keys, expected) in cases {
        let mut state = state_of(fixture::board());
        assert_eq!(asked_by(&mut state, keys), expected, "{keys}");
    }
    let mut state = state_of(fixture::board());
    press(&mut state, "2 j");
    assert_eq!(asked(&update(&mut state, Event::Rested, now())), ["look web#798"]);
    assert_eq!(state.closely(&PullRequestId::new("web#798")), None);

    let mut preview = fixture::board();
    preview.completeness = Completeness::Preview;
    assert_eq!(asked(&press(&mut state_of(preview), "2")), [""; 0]);
}

#[test]
fn what_was_read_is_kept_and_what_failed_is_asked_again_later() {
    let id = PullRequestId::new("api#812");
    let mut state = state_of(fixture::board());
    let effects = press(&mut state, "2");
    assert_eq!(state.closely(&id), Some(&Closely::Reading));
    let Some(Effect::ReadDetail { version, .. }) =
        effects.into_iter().find(|effect| matches!(effect, Effect::ReadDetail { .. }))
    else {
        panic!("nothing is read")
    };
    let failed = Err(Problem::new("github: no answer", "asked again in a minute"));
    let failed = Event::DetailRead { version: version.clone(), answer: failed };
    assert_eq!(asked(&update(&mut state, failed, now())), [""; 0]);
    assert!(matches!(state.closely(&id), Some(Closely::Failed(..))));
    let later = now() + chrono::Duration::seconds(61);
    assert_eq!(asked(&update(&mut state, Event::Tick, later)).len(), 1);
    let read = Event::DetailRead { version, answer: Ok(Arc::new(fixture::detail())) };
    assert_eq!(asked(&update(&mut state, read, later)), [""; 0]);
    assert_eq!(asked_by(&mut state, "k enter esc ]"), [""; 0]);

    // A newer version of it is read; until then what was read is shown.
    let moved = fixture::board_with_first(|first| first.updated_at = Some(now()));
    let effects = update(&mut state, Event::Board(Arc::new(moved)), later);
    assert_eq!(asked(&effects).len(), 2);
    assert!(matches!(state.closely(&id), Some(Closely::Read(_))));
}

#[test]
fn the_release_is_shown_to_others_and_copied() {
    let mut state = state_of(fixture::board());
    press(&mut state, ":");
    type_in(&mut state, "release-view");
    press(&mut state, "enter");
    assert!(matches!(state.overlays.last(), Some(Overlay::Release { .. })));
    press(&mut state, "esc :");
    type_in(&mut state, "share");
    let effects = press(&mut state, "enter");
    let copied = effects.iter().find_map(|effect| match effect {
        Effect::Copy { text, said } => Some((text.clone(), said.to_string())),
        _ => None,
    });
    let (text, said) = copied.unwrap();
    assert_eq!(said, "copied payments 4.2 as Markdown");
    for part in ["# payments 4.2", "| build |", "## Since yesterday", "## Next", "lee: fix 2 failed checks"] {
        assert!(text.contains(part), "{part}: {text}");
    }
}
