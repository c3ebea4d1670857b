use std::sync::Arc;

use chrono::Duration;
use crossterm::event::{KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use ratatui::layout::Rect;

use super::{
    fixture::{at, board, board_with, empty_board, now, payments},
    *,
};
use crate::{
    domain::{ReleaseId, SourceId, SourceState},
    insight::{Board, Change, ChangeGroup, Changes, GateName, Subject},
};

mod cards;
mod closer;
mod cutover;
mod desk;
mod lens;
mod runbook;
mod said;
mod sections;

fn state(board: Board) -> State {
    State::new(Arc::new(board), Options::default(), now())
}

/// Presses keys, one after the other; what the last one asked for.
fn press(state: &mut State, keys: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    for key in keys.split_whitespace() {
        let key: Key = key.parse().unwrap();
        effects = update(state, Event::Key(key.into()), now());
    }
    effects
}

/// What a state shows, in a few words: tab, section, release, selected row, overlays.
fn summary(state: &State) -> String {
    let overlays = state.overlays.iter().map(|overlay| match overlay {
        Overlay::Help { .. } => "help",
        Overlay::Why { .. } => "why",
        Overlay::Item { .. } => "item",
        Overlay::Release { .. } => "release",
        Overlay::Recap { .. } => "recap",
        Overlay::Sources { .. } => "sources",
        Overlay::Chooser(_) => "chooser",
        Overlay::Palette(_) => "palette",
        Overlay::Operations(_) => "operations",
        Overlay::Commands(_) => "commands",
        Overlay::Trace { .. } => "trace",
        Overlay::CanGo { .. } => "can go",
    });
    let selected = match state.active_list().and_then(|id| state.list(id).selected.clone()) {
        Some(Subject::Story(key)) => key.to_string(),
        Some(Subject::PullRequest(id)) => id.to_string(),
        Some(Subject::Gate(name)) => name.key().to_owned(),
        Some(Subject::Deployment(id)) => id.to_string(),
        Some(Subject::Release(id)) => id.to_string(),
        _ => "nothing".to_owned(),
    };
    let mut parts = vec![state.tab.name().to_owned(), selected];
    parts.extend(overlays.map(str::to_owned));
    parts.join(" ")
}

/// Types into a line, character by character.
fn type_in(state: &mut State, text: &str) {
    for character in text.chars() {
        let key = crossterm::event::KeyCode::Char(character);
        update(state, Event::Key(key.into()), now());
    }
}

/// The board of another day, on which one pull request was still open.
fn earlier(hours: i64) -> Arc<Board> {
    let mut board = board();
    board.at = now() - Duration::hours(hours);
    Arc::new(board)
}

fn looked_at(effects: &[Effect]) -> Option<Look> {
    effects.iter().find_map(|effect| match effect {
        Effect::LookBack { look, .. } => Some(*look),
        _ => None,
    })
}

#[test]
fn the_palette_does_everything_by_name_and_looks_at_any_time() {
    let hours = |count| now() - Duration::hours(count);
    for (typed, look) in [
        ("as-of 3h", Some(Look::At(hours(3)))),
        ("as-of yesterday 09:24", Some(Look::At(hours(24)))),
        ("earlier", Some(Look::Change { from: now(), later: false })),
        ("hour-earlier", Some(Look::At(hours(1)))),
        ("day earlier", Some(Look::At(hours(24)))),
        ("as-of soon", None),
        ("no such command", None),
    ] {
        let mut state = state(board());
        press(&mut state, ":");
        type_in(&mut state, typed);
        let effects = press(&mut state, "enter");
        assert_eq!(looked_at(&effects), look, "{typed}");
        assert_eq!(state.message.is_some(), look.is_none(), "{typed}: whoever is not understood is told");
    }
    let mut state = state(board());
    press(&mut state, ":");
    type_in(&mut state, "tab-sched");
    press(&mut state, "enter");
    assert_eq!(state.tab, Tab::Schedule);
    // Without a time the line waits for it.
    press(&mut state, ":");
    type_in(&mut state, "as-of");
    press(&mut state, "enter");
    assert!(summary(&state).ends_with("palette"));
}

#[test]
fn the_past_stays_on_the_screen_until_somebody_leaves_it() {
    let mut state = state(board());
    let changes = Arc::new(Changes::between(&earlier(24), &board()));
    update(&mut state, Event::Past { board: earlier(24), changes }, now());
    assert_eq!(
        (state.board.at, state.instant(now())),
        (now() - Duration::hours(24), now() - Duration::hours(24))
    );
    // What comes in waits.
    let mut newer = board();
    newer.at = now() + Duration::minutes(1);
    update(&mut state, Event::Board(Arc::new(newer)), now());
    assert_eq!(state.board.at, now() - Duration::hours(24));
    let back = looked_at(&press(&mut state, "<"));
    assert_eq!(back, Some(Look::Change { from: now() - Duration::hours(24), later: false }));
    press(&mut state, "=");
    assert!(state.past.is_none());
    assert_eq!(state.board.at, now() + Duration::minutes(1), "the newest one");
    // Beyond now there is nothing.
    assert_eq!(looked_at(&press(&mut state, ">")), None);
    assert!(state.message.is_some());
}

/// What was asked to be worked out, and the answer to it: the truth with another verdict.
fn answered(effects: &[Effect]) -> Option<Event> {
    effects.iter().find_map(|effect| match effect {
        Effect::Assume { truth, assumed } => {
            let mut board = board_with(|insight| insight.verdict = crate::insight::Verdict::Go);
            Arc::make_mut(&mut board.world).assumed.clone_from(assumed);
            Some(Event::Assumed { truth: Arc::clone(truth), board: Arc::new(board) })
        }
        _ => None,
    })
}

fn command(state: &mut State, typed: &str) -> Vec<Effect> {
    press(state, ":");
    type_in(state, typed);
    press(state, "enter")
}

#[test]
fn what_is_assumed_stays_until_somebody_leaves_it_and_the_truth_comes_back() {
    for leave in ["esc", "=", "off"] {
        let truth = Arc::new(board());
        let mut state = State::new(Arc::clone(&truth), Options::default(), now());
        press(&mut state, "j j");
        assert_eq!(summary(&state), "readiness PAY-320");
        let effects = press(&mut state, "W");
        assert!(!state.is_assumed(), "it is on its way");
        update(&mut state, answered(&effects).unwrap(), now());
        assert!(state.is_assumed());
        let effects = command(&mut state, "what-if target +3d");
        update(&mut state, answered(&effects).unwrap(), now());
        assert_eq!(state.what_if.as_ref().unwrap().assumed.len(), 2);
        assert!(Arc::ptr_eq(state.newest(), &truth), "what changed is told of the truth");

        // A newer board: the same is assumed of it, and the answer for the one before is late.
        let newer = Arc::new(board());
        let late = answered(&effects).unwrap();
        let effects = update(&mut state, Event::Board(Arc::clone(&newer)), now());
        let shown = Arc::clone(&state.board);
        update(&mut state, late, now());
        assert!(Arc::ptr_eq(&state.board, &shown));
        update(&mut state, answered(&effects).unwrap(), now());
        assert!(state.is_assumed() && !Arc::ptr_eq(&state.board, &shown));

        match leave {
            "off" => drop(command(&mut state, "what-if off")),
            key => drop(press(&mut state, key)),
        }
        assert!(state.what_if.is_none() && Arc::ptr_eq(&state.board, &newer), "{leave}");
        // An answer that comes after that is nobody's.
        update(&mut state, answered(&effects).unwrap(), now());
        assert!(Arc::ptr_eq(&state.board, &newer), "{leave}");
    }
}

#[test]
fn whoever_assumes_what_cannot_be_is_told() {
    for (typed, said) in [
        ("what-if off", "nothing is assumed"),
        ("what-if leave-out PAY-999", "payments 4.2 has no story \"PAY-999\""),
        ("what-if target soon", "\"soon\" is no target; write +3d, -2d or 2026-12-01"),
        ("what-if it-rains", "\"it-rains\" is no assumption; write"),
    ] {
        let mut state = state(board());
        assert!(answered(&command(&mut state, typed)).is_none(), "{typed}");
        let message = state.message.as_ref().unwrap();
        assert!(message.text.starts_with(said), "{typed}: {}", message.text);
        assert!(state.what_if.is_none());
    }
    // Without an assumption the line waits for it.
    let mut waiting = state(board());
    command(&mut waiting, "what-if");
    assert!(summary(&waiting).ends_with("palette"));
    // A step that only turns a gate assumes nothing; one that leaves out does.
    let mut steps = state(board());
    assert!(answered(&press(&mut steps, "l W")).is_none());
    assert!(answered(&press(&mut steps, "G W")).is_some());
    // The past is what it was; to look at it leaves what was assumed.
    let changes = Arc::new(Changes::between(&earlier(24), &board()));
    update(&mut steps, Event::Past { board: earlier(24), changes }, now());
    assert!(steps.what_if.is_none());
    assert!(answered(&command(&mut steps, "what-if freeze-scope")).is_none());
    press(&mut steps, "=");
    assert!(steps.past.is_none() && !steps.is_assumed());
}

#[test]
fn changes_are_asked_for_and_lead_to_what_changed() {
    let asked = |effects: &[Effect]| {
        effects.iter().find_map(|effect| match effect {
            Effect::Compare { from, until, .. } => Some((now() - *from, *until)),
            _ => None,
        })
    };
    let mut state = state(board());
    assert_eq!(
        asked(&press(&mut state, "6")),
        Some((Duration::days(1), None)),
        "nothing is known of a visit"
    );
    assert_eq!(asked(&press(&mut state, "b")), Some((Duration::hours(1), None)));
    assert_eq!(asked(&press(&mut state, "b")), Some((Duration::days(1), None)));
    assert_eq!(asked(&press(&mut state, "b")), Some((Duration::weeks(1), None)));
    press(&mut state, ":");
    type_in(&mut state, "since 3h");
    assert_eq!(asked(&press(&mut state, "enter")), Some((Duration::hours(3), None)));

    let change = |subject: Subject| Change {
        group: ChangeGroup::TurnedRed,
        subject,
        release: Some(payments()),
        name: "a change".into(),
        what: "go → no-go".into(),
        who: None,
        at: None,
        url: None,
        rebuilt: false,
    };
    let changes = Changes {
        from: now() - Duration::hours(3),
        until: now(),
        changes: vec![
            change(Subject::Story("PAY-298".into())),
            change(Subject::Gate(GateName::Tests)),
            change(Subject::Source("jira".into())),
            change(Subject::Story("PAY-0".into())),
        ],
        concerned: Vec::new(),
    };
    for (keys, expected) in [
        ("6 enter", "readiness PAY-298"),
        ("6 j enter", "readiness tests"),
        ("6 j j enter", "changes nothing sources"),
        ("6 j j j enter", "changes PAY-0"),
    ] {
        let mut state = state.clone();
        update(&mut state, Event::Compared(Ok(Arc::new(changes.clone()))), now());
        press(&mut state, keys);
        assert_eq!(summary(&state), expected, "{keys}");
    }
}

#[test]
fn two_pinned_instants_are_compared() {
    let mut state = state(board());
    let changes = Arc::new(Changes::between(&earlier(24), &board()));
    for (name, hours) in [("pin-b", 0), ("pin-a", 24)] {
        if hours > 0 {
            let changes = Arc::clone(&changes);
            update(&mut state, Event::Past { board: earlier(hours), changes }, now());
        }
        press(&mut state, ":");
        type_in(&mut state, name);
        let effects = press(&mut state, "enter");
        let compared = effects.iter().any(|effect| {
            matches!(effect, Effect::Compare { from, until, .. }
                if *from == now() - Duration::hours(24) && *until == Some(now()))
        });
        assert_eq!(compared, hours > 0, "{name}");
    }
    assert_eq!(state.tab, Tab::Changes);
}

#[test]
fn the_past_is_compared_up_to_its_instant() {
    let compared = |effects: &[Effect]| {
        effects.iter().find_map(|effect| match effect {
            Effect::Compare { from, until, newest } => Some((*from, *until, newest.at)),
            _ => None,
        })
    };
    let hours = Duration::hours;
    let mut state = state(board());
    press(&mut state, "6");
    let changes = Arc::new(Changes::between(&earlier(24), &board()));
    let past = Event::Past { board: earlier(24), changes };
    let then = now() - hours(24);
    let effects = update(&mut state, past, now());
    assert_eq!(compared(&effects), Some((then - hours(24), None, then)), "since a day before then");
    // An instant after it is the later of the two.
    press(&mut state, ":");
    type_in(&mut state, "since 1h");
    let effects = press(&mut state, "enter");
    let later = compared(&effects).map(|(from, until, _)| (from, until));
    assert_eq!(later, Some((then, Some(now() - hours(1)))));
    let effects = press(&mut state, "=");
    assert_eq!(compared(&effects).map(|(_, until, newest)| (until, newest)), Some((None, now())));
}

#[test]
fn keys_lead_where_they_say() {
    for (keys, expected) in [
        ("", "readiness PAY-311"),
        ("j", "readiness PAY-298"),
        ("j j k", "readiness PAY-298"),
        ("k", "readiness PAY-311"),
        // Over the heading between open and ready ones.
        ("j j j j j j j", "readiness PAY-240"),
        ("j j j j j j j k", "readiness PAY-327"),
        // Stories, defects, tests.
        ("d", "readiness PAY-330"),
        ("h d j", "readiness PAY-330"),
        ("d d", "readiness nothing"),
        ("d d d", "readiness PAY-311"),
        ("2 d", "pull-requests api#812"),
        ("G", "readiness PAY-280"),
        ("G g", "readiness PAY-311"),
        ("h", "readiness stories"),
        ("h j", "readiness blocked"),
        ("h h", "readiness nothing"),
        ("h h h h", "readiness nothing"),
        ("l", "readiness stories"),
        ("l j", "readiness PAY-330"),
        ("l j enter", "readiness PAY-330"),
        ("l j j enter", "pull-requests api#812"),
        ("2", "pull-requests api#812"),
        ("tab", "pull-requests api#812"),
        ("shift-tab", "changes nothing"),
        ("2 G", "pull-requests api:spike-queue"),
        ("2 j j j j j j", "pull-requests api:spike-queue"),
        ("2 b j j j j j j", "pull-requests api#760"),
        ("3 j", "schedule payments 4.2"),
        ("enter", "readiness nothing item"),
        ("enter esc", "readiness PAY-311"),
        ("enter enter", "pull-requests api#812"),
        ("2 enter enter", "readiness PAY-311"),
        ("h enter", "readiness nothing why"),
        ("x", "readiness nothing why"),
        ("X", "readiness nothing why"),
        ("x x", "readiness PAY-311"),
        ("x ? q", "readiness nothing why"),
        ("? ?", "readiness PAY-311"),
        ("% 3", "schedule payments-4.2"),
        ("esc esc esc", "readiness PAY-311"),
        ("L", "readiness payments 4.2 chooser"),
        ("L down enter", "readiness nothing"),
        ("L l e d g enter 3", "schedule payments-4.2"),
        ("L z z z enter", "readiness PAY-311"),
        ("/ r e f u n d enter", "readiness PAY-311"),
        ("/ r e f u n d enter n", "readiness PAY-311"),
        ("/ r e f u n d enter n n", "readiness PAY-311"),
        ("/ r e f u n d enter N", "readiness PAY-311"),
        ("/ n o t h i n g space l i k e", "readiness nothing"),
        ("/ 2 q", "readiness nothing"),
        ("5", "insights nothing"),
        ("4 5 1", "readiness PAY-311"),
        ("6", "changes nothing"),
    ] {
        let mut state = state(board());
        press(&mut state, keys);
        assert_eq!(summary(&state), expected, "{keys}");
    }
}

#[test]
fn effects_are_asked_for_once_and_by_name() {
    let said = |keys: &str| {
        let effects = press(&mut state(board()), keys);
        let said = effects.iter().map(|effect| match effect {
            Effect::Refresh(Some(source)) => format!("refresh {source}"),
            Effect::LookAt(release) => format!("look at {release}"),
            Effect::Refresh(None) => "refresh all".to_owned(),
            Effect::DropBoard(_) => "drop board".to_owned(),
            other => format!("{other:?}").to_lowercase(),
        });
        said.collect::<Vec<_>>().join(", ")
    };
    for (keys, expected) in [
        ("j", "draw, resttimer"),
        ("k", ""),
        ("ctrl-z", "suspend"),
        ("ctrl-l", "repaint"),
        ("ctrl-c", "quit"),
        ("? ctrl-c", "quit"),
        ("/ ctrl-c", "quit"),
        ("q", "quit"),
        ("? q", "draw"),
        ("esc", ""),
        ("R", "refresh all, draw"),
        ("r", "refresh jira, draw"),
        ("2 r", "refresh github, draw"),
        ("3 r", "refresh github, refresh plan, draw"),
        ("h j j j r", "refresh sonar, draw"),
        ("h h r", "refresh all, draw"),
        ("L down enter", "draw, look at ledger 1.8"),
        ("L enter", "draw"),
        ("T", "nexttheme"),
        ("0", ""),
    ] {
        assert_eq!(said(keys), expected, "{keys}");
    }
}

#[test]
fn a_filter_narrows_while_it_is_typed_and_esc_brings_back_what_was() {
    let mut state = state(board());
    press(&mut state, "/ K I M");
    let list = |state: &State| (state.list(ListId::Stories).shown, state.list(ListId::Stories).known);
    assert_eq!(list(&state), (2, 48), "the owner, whatever the case");
    press(&mut state, "space r a t e");
    assert_eq!(list(&state), (1, 48), "all words must be there");
    press(&mut state, "ctrl-w ctrl-w enter");
    assert_eq!(list(&state), (48, 48));
    press(&mut state, "/ l e e enter / x x");
    assert_eq!(list(&state), (0, 48));
    press(&mut state, "esc");
    assert_eq!(list(&state), (1, 48), "the filter before");
    press(&mut state, "esc");
    assert_eq!(list(&state), (48, 48), "and without one");
    update(&mut state, Event::Paste("refund\u{1b}[2J\n".into()), now());
    assert_eq!(list(&state), (48, 48), "nothing is pasted where nothing is typed");
    press(&mut state, "/");
    update(&mut state, Event::Paste("re\u{202e}fund\n".into()), now());
    assert_eq!(list(&state).0, 1);
}

#[test]
fn orders_follow_each_other_and_turn_round() {
    let keys = |state: &State| -> Vec<String> {
        let list = state.list(ListId::PullRequests);
        let subjects = list.rows.iter().take(6).filter_map(|row| state.subject_of(*row));
        subjects
            .map(|subject| match subject {
                Subject::PullRequest(id) => id.to_string(),
                other => format!("{other:?}"),
            })
            .collect()
    };
    let mut state = state(board());
    press(&mut state, "2");
    assert_eq!(keys(&state)[0], "api#812");
    press(&mut state, "S");
    assert_eq!(keys(&state)[0], "api#826");
    press(&mut state, "s s");
    assert_eq!(state.list(ListId::PullRequests).order_name(ListId::PullRequests), "stage");
    assert_eq!(keys(&state)[0], "api#820", "nearest to the end");
    press(&mut state, "s s s");
    assert_eq!(keys(&state)[0], "web#798", "by number");
    assert_eq!(summary(&state), "pull-requests api#812", "the selection stayed with its row");
    press(&mut state, "s");
    assert_eq!(keys(&state)[0], "api#812");
}

#[test]
fn rows_are_followed_by_identity_when_the_board_changes() {
    let mut state = state(board());
    press(&mut state, "j j");
    assert_eq!(summary(&state), "readiness PAY-320");
    let reversed = || board_with(|insight| insight.stories.reverse());
    let effects = update(&mut state, Event::Board(Arc::new(reversed())), now());
    assert!(matches!(effects[..], [Effect::DropBoard(_), Effect::Draw, Effect::Compare { .. }]));
    assert_eq!(summary(&state), "readiness PAY-320");
    let gone = board_with(|insight| insight.stories.retain(|row| row.story.key.as_str() != "PAY-320"));
    let position = state.list(ListId::Stories).position;
    update(&mut state, Event::Board(Arc::new(gone)), now());
    assert_eq!(state.list(ListId::Stories).position, position, "its neighbour");
    assert_ne!(summary(&state), "readiness nothing");
    update(&mut state, Event::Board(Arc::new(empty_board())), now());
    assert_eq!((summary(&state).as_str(), &state.release), ("readiness nothing", &None));
    update(&mut state, Event::Board(Arc::new(board())), now());
    assert_eq!(summary(&state), "readiness PAY-311");
}

#[test]
fn a_chosen_release_stays_chosen_and_an_unchosen_one_follows_the_default() {
    let ledger = ReleaseId::of("ledger", "1.8");
    let without_first = || {
        let mut changed = board();
        let mut insight = (*changed.insight).clone();
        insight.releases.remove(0);
        changed.insight = Arc::new(insight);
        Arc::new(changed)
    };
    let mut follows = state(board());
    assert_eq!(follows.release, Some(payments()));
    update(&mut follows, Event::Board(without_first()), now());
    assert_eq!(follows.release, Some(ledger.clone()));

    let mut chosen = state(board());
    press(&mut chosen, "L 4 . 1 enter");
    assert_eq!(chosen.release, Some(ReleaseId::of("payments", "4.1")));
    update(&mut chosen, Event::Board(without_first()), now());
    assert_eq!(chosen.release, Some(ReleaseId::of("payments", "4.1")));
}

#[test]
fn a_release_that_was_asked_for_is_shown_once_a_source_knows_it() {
    for (wanted, found) in [
        ("ledger 1.8", "ledger 1.8"),
        ("LEDGER 1.8", "ledger 1.8"),
        ("2.10", "auth 2.10"),
        ("v2.9", "auth 2.9"),
    ] {
        let options = Options { release: Some(wanted.to_owned()), ..Options::default() };
        let mut state = State::new(Arc::new(empty_board()), options, now());
        assert!(state.message.as_ref().is_some_and(|message| message.text.contains(wanted)));
        update(&mut state, Event::Board(Arc::new(board())), now());
        assert_eq!(state.release, Some(ReleaseId::new(found)));
        assert_eq!(state.message, None);
    }
}

#[test]
fn a_frozen_board_stays_while_newer_ones_wait() {
    let mut state = state(board());
    press(&mut state, "f");
    let newer = || Arc::new(board_with(|insight| insight.stories.truncate(2)));
    assert_eq!(update(&mut state, Event::Board(newer()), now()).len(), 1, "drawn: a newer one waits");
    let again = update(&mut state, Event::Board(newer()), now());
    assert!(matches!(again[..], [Effect::DropBoard(_)]), "nothing new to say");
    assert_eq!(state.list(ListId::Stories).known, 48);
    let effects = press(&mut state, "f");
    assert!(matches!(effects[..], [Effect::DropBoard(_), Effect::Draw]));
    assert_eq!(state.list(ListId::Stories).known, 2);
}

#[test]
fn the_detail_pane_follows_when_the_keys_rest() {
    let mut state = state(board());
    press(&mut state, "2 j");
    assert_eq!(state.detail.subject, Some(Subject::PullRequest("api#812".into())));
    let effects = update(&mut state, Event::Rested, now());
    assert!(matches!(effects[..], [Effect::Draw, ..]));
    assert_eq!(state.detail.subject, Some(Subject::PullRequest("web#798".into())));
    assert!(update(&mut state, Event::Rested, now()).is_empty(), "nothing new to draw");
    press(&mut state, "p j");
    assert!(update(&mut state, Event::Rested, now()).is_empty(), "there is no pane to draw");
}

#[test]
fn time_is_told_in_the_coarsest_unit_that_is_honest() {
    let target = at(25, 14, 0);
    let state = state(board());
    let next = |now| state.next_tick(now).map(|next| (next - now).num_milliseconds());
    assert_eq!(next(now() + Duration::milliseconds(2_500)), Some(57_500));
    assert_eq!(next(target - Duration::minutes(61)), Some(60_000));
    assert_eq!(next(target - Duration::milliseconds(59 * 60_000 + 400)), Some(400));
    assert_eq!(next(target + Duration::minutes(1)), Some(60_000));
}

#[test]
fn a_message_goes_away_by_time() {
    let mut state = state(board());
    update(&mut state, Event::Notice("the plan was read again".into()), now());
    let until = state.next_tick(now()).unwrap();
    assert!(until < now() + Duration::minutes(1));
    update(&mut state, Event::Tick, until);
    assert_eq!(state.message, None);
}

#[test]
fn the_mouse_selects_scrolls_and_switches() {
    let mut state = state(board());
    let stories = Rect::new(1, 10, 70, 5);
    let layout = Layout {
        tabs: vec![(Tab::Schedule, Rect::new(30, 1, 10, 1))],
        release: Rect::new(1, 0, 14, 1),
        lists: vec![
            ListArea { id: ListId::Gates, area: Rect::new(80, 3, 30, 9), first: 0, lines: 1 },
            ListArea { id: ListId::Stories, area: stories, first: 0, lines: 1 },
        ],
        sections: vec![
            (Section::Gates, Rect::new(79, 2, 32, 11)),
            (Section::Stories, Rect::new(0, 9, 72, 7)),
        ],
        ..Layout::default()
    };
    update(&mut state, Event::Drawn(layout), now());
    let mut mouse = |kind, column, row| {
        let event = MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
        update(&mut state, Event::Mouse(event), now());
        summary(&state)
    };
    let click = MouseEventKind::Down(MouseButton::Left);
    assert_eq!(mouse(click, 5, 12), "readiness PAY-320");
    assert_eq!(mouse(MouseEventKind::ScrollDown, 5, 12), "readiness PAY-326");
    assert_eq!(mouse(MouseEventKind::ScrollUp, 5, 12), "readiness PAY-320");
    assert_eq!(mouse(click, 85, 4), "readiness blocked", "a click goes to the section it falls on");
    assert_eq!(mouse(click, 85, 4), "readiness nothing why", "a second one opens");
    assert_eq!(mouse(click, 0, 20), "readiness blocked", "one beside an overlay closes it");
    assert_eq!(mouse(click, 3, 0), "readiness payments 4.2 chooser");
    assert_eq!(mouse(click, 33, 1), "schedule payments-4.2");
}

#[test]
fn the_selection_stays_in_sight_and_nothing_scrolls_that_need_not() {
    let mut state = state(board());
    let area = Rect::new(1, 10, 70, 5);
    let layout = Layout {
        lists: vec![ListArea { id: ListId::Stories, area, first: 0, lines: 1 }],
        ..Layout::default()
    };
    update(&mut state, Event::Drawn(layout), now());
    let first = |state: &State| state.list(ListId::Stories).first;
    press(&mut state, "j j j j");
    assert_eq!(first(&state), 0);
    press(&mut state, "j");
    assert_eq!(first(&state), 1);
    press(&mut state, "k k");
    assert_eq!(first(&state), 1);
    press(&mut state, "G");
    assert_eq!(first(&state), 44);
    press(&mut state, "ctrl-u");
    assert_eq!((first(&state), summary(&state).as_str()), (44, "readiness PAY-278"));
    press(&mut state, "g");
    assert_eq!(first(&state), 0);
}

#[test]
fn a_source_in_the_list_of_a_gate_is_named_in_the_message() {
    let mut state = state(board());
    press(&mut state, "h r");
    let sources: Vec<SourceId> = state.release().unwrap().gates[0].sources.clone();
    assert_eq!(sources, [SourceId::new("jira")]);
    assert_eq!(state.message.unwrap().text, "asking jira again");
}

#[test]
fn a_round_without_news_explains_nothing_anew() {
    let mut state = state(board());
    press(&mut state, "x");
    let title = |state: &State| match state.overlays.last() {
        Some(Overlay::Why { explanation, .. }) => explanation.title.clone(),
        _ => String::new(),
    };
    if let Some(Overlay::Why { explanation, .. }) = state.overlays.last_mut() {
        explanation.title = "as it was explained".to_owned();
    }
    let mut same = (*state.board).clone();
    same.at += Duration::minutes(1);
    update(&mut state, Event::Board(Arc::new(same.clone())), now());
    assert_eq!(title(&state), "as it was explained");
    assert_eq!(state.board.at, same.at, "its age is that of the newer one");
    update(&mut state, Event::Board(Arc::new(board())), now());
    assert_ne!(title(&state), "as it was explained", "there was news");
}

#[test]
fn the_detail_pane_goes_where_it_is_told_if_there_is_room() {
    let mut state = state(board());
    press(&mut state, "2");
    for (columns, keys, place) in [
        (200, "", DetailPlace::Right),
        (120, "", DetailPlace::Below),
        (120, "P", DetailPlace::Right),
        (120, "P", DetailPlace::Below),
        (80, "P", DetailPlace::Below),
    ] {
        update(&mut state, Event::Drawn(Layout { size: (columns, 36), ..Layout::default() }), now());
        press(&mut state, keys);
        assert_eq!(state.detail_place(columns), place, "{columns} {keys}");
    }
    assert!(state.message.is_some(), "on a narrow screen it says why not");
}

#[test]
fn nothing_is_said_before_the_first_answer() {
    let reading = |change: fn(&mut crate::domain::SourceHealth)| {
        let mut board = empty_board();
        let mut health = crate::domain::SourceHealth::starting(SourceId::new("git"));
        change(&mut health);
        board.health = vec![board.health[0].clone(), health].into();
        state(board).is_reading()
    };
    assert!(reading(|_| {}));
    assert!(reading(|health| health.state = SourceState::Fetching));
    assert!(!reading(|health| health.state = SourceState::Refused));
    assert!(!reading(|health| (health.state, health.failures) = (SourceState::Fetching, 1)));
    assert!(!reading(|health| health.answered_at = Some(now())));
    assert!(!state(empty_board()).is_reading());
    assert!(!state(board()).is_reading());
}

#[test]
fn the_cursor_of_the_chart_moves_day_by_day_and_opens_a_day() {
    let mut state = state(board());
    state.section = Section::BurnDown;
    let days: Vec<_> = state.release().unwrap().burn_down.days.iter().map(|day| day.day).collect();
    let newest = days.len() - 1;
    for (keys, at) in
        [("k", newest - 1), ("k j j", newest), ("ctrl-u", newest - 5), ("g", 0), ("k", 0), ("G", newest)]
    {
        press(&mut state, keys);
        assert_eq!(state.chart.cursor, Some(days[at]).filter(|_| at < newest), "{keys}");
    }
    // The newest day has no step: there is nothing to open but the chart itself.
    press(&mut state, "enter");
    assert!(state.expanded && state.overlays.is_empty());
    press(&mut state, "esc k enter");
    assert!(
        matches!(state.overlays.last(), Some(Overlay::Why { subject: Subject::Day(day), .. }) if *day == days[newest - 1])
    );
    press(&mut state, "esc x");
    assert_eq!(summary(&state), "readiness nothing why", "why? of a day is the same");
    press(&mut state, "esc esc");
    assert_eq!(state.chart.cursor, None, "back to the newest day");
    assert_eq!(state.subject(), Subject::BurnDown);
    press(&mut state, "k");
    state.choose(ReleaseId::of("ledger", "1.8"), now());
    assert_eq!(state.chart.cursor, None, "another release has other days");
}

#[test]
fn parts_of_the_chart_are_switched_from_the_palette_and_points_by_a_key() {
    let mut state = state(board_with(|insight| {
        for day in &mut insight.burn_down.days {
            day.points = Some(crate::insight::BurnDownPoints::default());
        }
    }));
    press(&mut state, ":");
    type_in(&mut state, "series tests");
    press(&mut state, "enter");
    assert!(!state.chart.shows(ChartSeries::Tests) && state.chart.shows(ChartSeries::Scope));
    press(&mut state, "B b");
    assert_eq!((state.chart.counted_by, state.chart.picture), (CountedBy::Points, ChartPicture::BurnUp));
    state.choose(ReleaseId::of("ledger", "1.8"), now());
    assert!(!state.chart.shows(ChartSeries::Tests), "remembered for the session");
    press(&mut state, "B");
    assert!(state.message.is_some(), "a release without points says so");
    assert_eq!(state.chart.counted_by, CountedBy::Points);
}

#[test]
fn stories_stand_below_their_feature() {
    let parents = [("PAY-311", "PAY-1"), ("PAY-320", "PAY-2"), ("PAY-326", "PAY-1"), ("PAY-240", "PAY-2")];
    let mut state = state(board_with(|insight| {
        for row in &mut insight.stories {
            let parent = parents.iter().find(|(key, _)| *key == row.story.key.as_str());
            Arc::make_mut(&mut row.story).parent = parent.map(|(_, parent)| (*parent).into());
        }
        insight.features = ["PAY-1", "PAY-2"].map(super::fixture::feature).into();
    }));
    press(&mut state, "s s s s s");
    let list = state.list(ListId::Stories);
    assert_eq!(list.order_name(ListId::Stories), "feature");
    let told: Vec<String> = list
        .rows
        .iter()
        .take(7)
        .map(|row| match *row {
            Row::Heading(Heading::Feature(index)) => format!("feature {index}"),
            Row::Heading(Heading::NoFeature(count)) => format!("rest {count}"),
            Row::Story(index) => state.release().unwrap().stories[index as usize].story.key.to_string(),
            other => format!("{other:?}"),
        })
        .collect();
    let rest = format!("rest {}", state.release().unwrap().stories.len() - 5);
    assert_eq!(told, ["feature 0", "PAY-311", "PAY-326", "feature 1", "PAY-320", "PAY-240", &rest]);
    // The defect has a list of its own.
    assert_eq!(list.shown + 1, state.release().unwrap().stories.len(), "no row is lost");
}

#[test]
fn the_release_that_is_looked_at_stays_when_it_goes_out() {
    let out = || {
        let mut board = board_with(|insight| {
            Arc::make_mut(&mut insight.release).released_at = Some(now());
            insight.outlook = crate::insight::Outlook::Released;
        });
        // What went out comes last.
        let insight = Arc::make_mut(&mut board.insight);
        insight.releases.rotate_left(1);
        Arc::new(board)
    };
    let shown = |state: &State| state.release.clone().unwrap().to_string();
    let mut state = state(board());
    assert_eq!((shown(&state), state.next_release()), ("payments 4.2".to_owned(), None));
    update(&mut state, Event::Board(out()), now());
    assert_eq!(shown(&state), "payments 4.2");
    assert_eq!(state.next_release().unwrap().as_str(), "ledger 1.8");
    update(&mut state, Event::Board(out()), now());
    assert_eq!(shown(&state), "payments 4.2", "with every newer board");
    // Whoever opens the board later begins with the next one.
    let later = State::new(out(), Options::default(), now());
    assert_eq!(shown(&later), "ledger 1.8");
}
