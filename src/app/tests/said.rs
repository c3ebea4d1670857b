//! What people say of rows, what is new of them, and with which instant the screen begins.

use super::*;
use crate::{
    domain::{Triage, TriageChange, TriageKind, TriageSubject, Wake},
    insight::{LastRelease, SameDistance},
};

fn noted(effects: &[Effect]) -> Option<TriageChange> {
    effects.iter().find_map(|effect| match effect {
        Effect::Note(change) => Some(change.clone()),
        _ => None,
    })
}

/// As the owner of the board does it.
fn keep(state: &mut State, triage: &mut Triage, change: TriageChange) {
    triage.apply(change);
    update(state, Event::Triage(Arc::new(triage.clone())), now());
}

fn by(user: &str) -> State {
    let options = Options { user: user.into(), ..Options::default() };
    State::new(Arc::new(board()), options, now())
}

#[test]
fn rows_are_acknowledged_put_off_and_watched_by_a_key_and_undone_by_another() {
    let mut state = by("ada");
    let mut triage = Triage::default();
    let selected = state.list(ListId::Stories).row().unwrap();
    let key = state.list(ListId::Stories).selected.clone();
    let Some(Subject::Story(key)) = key else { panic!("{key:?}") };
    for (press_this, mark) in [("Z", Some("a")), ("w", Some("a")), ("z", Some("z")), ("z", Some("a"))] {
        let change = noted(&press(&mut state, press_this)).expect(press_this);
        if let Some(said) = &change.said {
            assert_eq!((&said.subject, said.who.as_str()), (&TriageSubject::Story(key.clone()), "ada"));
        }
        keep(&mut state, &mut triage, change);
        assert_eq!(state.said_mark(selected, now()), mark, "{press_this}");
    }
    // The last one woke it: undone, it is put off again; a day later it is back by itself.
    let undone = noted(&press(&mut state, "u")).unwrap();
    keep(&mut state, &mut triage, undone);
    assert_eq!(state.said_mark(selected, now()), Some("z"));
    assert_eq!(state.said_mark(selected, now() + Duration::days(1)), Some("a"));
    assert!(noted(&press(&mut state, "u")).is_none(), "once");
    // Who watches it sees that; others do not.
    let mut watched = Triage::default();
    let mut state = by("ada");
    let change = noted(&press(&mut state, "w")).unwrap();
    keep(&mut state, &mut watched, change.clone());
    assert_eq!(state.said_mark(selected, now()), Some("w"));
    let mut other = by("lee");
    keep(&mut other, &mut Triage::default(), change);
    assert_eq!(other.said_mark(selected, now()), None);
    // Too late.
    let late = now() + Duration::seconds(11);
    let u: Key = "u".parse().unwrap();
    assert!(noted(&update(&mut state, Event::Key(u.into()), late)).is_none());
}

#[test]
fn the_palette_says_it_in_words() {
    let mut triage = Triage::default();
    let mut state = by("ada");
    let mut type_command = |state: &mut State, line: &str| {
        press(state, ":");
        type_in(state, line);
        let effects = press(state, "enter");
        if let Some(change) = noted(&effects) {
            keep(state, &mut triage, change.clone());
            return change.said;
        }
        None
    };
    let said = type_command(&mut state, "note waits for the vendor").unwrap();
    assert_eq!((said.kind, said.text.as_str()), (TriageKind::Note, "waits for the vendor"));
    let said = type_command(&mut state, "acknowledge lee is on it").unwrap();
    assert_eq!((said.kind, said.text.as_str()), (TriageKind::Acknowledged, "lee is on it"));
    let said = type_command(&mut state, "snooze 2d").unwrap();
    assert_eq!(said.kind, TriageKind::Snoozed(Wake::At(now() + Duration::days(2))));
    for nonsense in ["snooze soon", "snooze 0d", "snooze 9999d"] {
        assert!(type_command(&mut state, nonsense).is_none(), "{nonsense}");
        assert!(state.message.is_some());
    }
    // Without words the line waits for them.
    assert!(type_command(&mut state, "note").is_none());
    assert!(summary(&state).ends_with("palette"));
    press(&mut state, "esc");

    // Put off until it changes: it comes back when it does.
    let said = type_command(&mut state, "snooze changed").unwrap();
    assert!(matches!(said.kind, TriageKind::Snoozed(Wake::Change(_))), "{said:?}");
    let row = state.list(ListId::Stories).row().unwrap();
    assert_eq!(state.said_mark(row, now()), Some("z"));
    let another = board_with(|release| {
        for row in &mut release.stories {
            Arc::make_mut(&mut row.story).status = "quite another".into();
        }
    });
    update(&mut state, Event::Board(Arc::new(another)), now());
    assert_eq!(state.said_mark(row, now()), Some("a"));

    // In the past nothing is said.
    let changes = Arc::new(Changes::between(&earlier(24), &board()));
    update(&mut state, Event::Past { board: earlier(24), changes }, now());
    assert!(noted(&press(&mut state, "Z")).is_none());
    assert!(state.message.is_some());
}

#[test]
fn what_changed_since_the_last_visit_is_marked_until_it_was_looked_at() {
    let last_visit = now() - Duration::days(2);
    let options = Options { last_visit: Some(last_visit), ..Options::default() };
    let mut state = State::new(Arc::new(board()), options, now());
    let rows = state.list(ListId::Stories).rows.clone();
    let Some(Subject::Story(second)) = state.subject_of(rows[1]) else { panic!("no story") };
    let change = |subject: Subject, release| Change {
        group: ChangeGroup::Moved,
        subject,
        release: Some(release),
        name: "a change".into(),
        what: "to do → in progress".into(),
        who: None,
        at: None,
        url: None,
        rebuilt: false,
    };
    let changes = Changes {
        from: last_visit,
        until: now(),
        changes: vec![
            change(Subject::Story(second), payments()),
            change(Subject::Gate(GateName::Tests), ReleaseId::of("ledger", "1.8")),
        ],
        concerned: Vec::new(),
    };
    // Asked for once, whatever is on the screen.
    let asked = update(&mut state, Event::Board(Arc::new(board())), now());
    assert!(asked.iter().any(|effect| matches!(effect, Effect::Compare { from, .. } if *from == last_visit)));
    update(&mut state, Event::Compared(Ok(Arc::new(changes.clone()))), now());
    // What changed on a row that somebody watches has a letter of its own.
    let mut watching = by("ada");
    update(&mut watching, Event::Compared(Ok(Arc::new(changes.clone()))), now());
    let mut watched = Triage::default();
    for (keys, mark) in [("w", Some("w")), ("j w", Some("W"))] {
        let change = noted(&press(&mut watching, keys)).unwrap();
        keep(&mut watching, &mut watched, change);
        let selected = watching.list(ListId::Stories).row().unwrap();
        assert_eq!(watching.said_mark(selected, now()), mark, "{keys}");
    }
    let unseen = |state: &State| rows.iter().filter(|row| state.is_unseen(**row)).count();
    assert_eq!(unseen(&state), 1);
    let gates = state.list(ListId::Gates).rows.clone();
    assert!(!gates.iter().any(|row| state.is_unseen(*row)), "another release's gate");
    press(&mut state, "j");
    assert_eq!(unseen(&state), 0, "it was looked at");
    // A later answer tells of the same visit: what was looked at stays so.
    update(&mut state, Event::Compared(Ok(Arc::new(changes))), now());
    assert_eq!(unseen(&state), 0);
    assert_eq!(unseen(&self::state(board())), 0, "nothing is known of a visit");
}

#[test]
fn the_screen_begins_with_the_instant_that_was_asked_for() {
    let yesterday = now() - Duration::days(1);
    let options = || Options { as_of: Some(yesterday), ..Options::default() };
    let mut state = State::new(Arc::new(board()), options(), now());
    let first: Vec<Effect> = state.begin().into_iter().collect();
    assert_eq!(looked_at(&first), Some(Look::At(yesterday)));
    assert!(state.begin().is_none(), "once");
    // The picture of the last visit waits for the board.
    let mut preview = board();
    preview.completeness = crate::insight::Completeness::Preview;
    let mut state = State::new(Arc::new(preview), options(), now());
    assert!(state.begin().is_none());
    let effects = update(&mut state, Event::Board(Arc::new(board())), now());
    assert_eq!(looked_at(&effects), Some(Look::At(yesterday)));
}

#[test]
fn two_releases_are_compared_by_a_choice_of_the_tab() {
    let mut state = state(board());
    let asked = |effects: &[Effect]| {
        effects.iter().find_map(|effect| match effect {
            Effect::CompareReleases { release, .. } => Some(release.clone()),
            _ => None,
        })
    };
    assert_eq!(asked(&press(&mut state, "6 b b b b")), Some(payments()));
    // What was asked before and comes now belongs to another choice.
    let changes = Arc::new(Changes::between(&earlier(24), &board()));
    update(&mut state, Event::Compared(Ok(changes)), now());
    assert!(state.comparison.changes.is_none());
    let distance = SameDistance::of(&state.board, &payments()).unwrap();
    let last = Arc::new(LastRelease::compare(&state.board, &distance, None).unwrap());
    update(&mut state, Event::ReleasesCompared(Ok(last)), now());
    assert_eq!(state.list(ListId::Changes).rows.len(), 7);
    let mut opened = state.clone();
    press(&mut opened, "enter");
    assert_eq!(opened.release, Some(ReleaseId::of("payments", "4.1")));
    press(&mut state, "b");
    assert!(state.comparison.last_release.is_none());
}
