#![expect(clippy::items_after_statements, reason = "a case is named where its table is")]

use std::sync::Arc;

use super::*;
use crate::{
    app::{
        Event, Key, Layout, Options, Overlay, QuestionPage,
        fixture::{board, board_with_first, now, operators},
        update,
    },
    domain::{CheckOutcome, Mergeability, PullRequest, PullRequestState},
    insight::{Board, Changes},
    source::operation::{HandsOff, PullRequestOperation},
};

fn seconds(count: i64) -> Instant {
    now() + Duration::seconds(count)
}

fn state_of(board: Board, hands_off: Option<HandsOff>) -> State {
    let options = Options { operators: operators(hands_off), ..Options::default() };
    State::new(Arc::new(board), options, now())
}

/// On `api#812`, the first row of the tab Pull requests.
fn state() -> State {
    let mut state = state_of(board_with_first(|_| {}), None);
    press(&mut state, now(), "2");
    state
}

/// Presses keys at `at`; everything that they asked for.
fn press(state: &mut State, at: Instant, keys: &str) -> Vec<Effect> {
    let mut effects = Vec::new();
    for key in keys.split_whitespace() {
        let key: Key = key.parse().unwrap();
        effects.extend(update(state, Event::Key(key.into()), at));
        draw_whole(state, at);
    }
    effects
}

/// A screen on which every question has room.
fn draw_whole(state: &mut State, at: Instant) {
    draw_part(state, 0, u16::MAX, at);
}

/// A screen that shows `height` lines of a question from `first` on, as far as it is scrolled there;
/// each row takes two lines.
fn draw_part(state: &mut State, first: u16, height: u16, at: Instant) {
    let Some(Dialog::Question(question)) = dialog(state) else { return };
    let rows = question.asked.len() + question.left_out.len();
    let ends: Vec<u16> = (1u16..).take(rows).map(|row| row * 2).collect();
    let total = 2 * rows as u16;
    let page = QuestionPage { first, height, total, ends };
    let layout = Layout {
        question: Some(Box::new(page)),
        overlay_most: total.saturating_sub(height),
        ..Layout::default()
    };
    assert!(sent(&update(state, Event::Drawn(layout), at)).is_empty());
}

fn type_in(state: &mut State, text: &str) {
    for character in text.chars() {
        update(state, Event::Key(crossterm::event::KeyCode::Char(character).into()), now());
    }
}

fn sent(effects: &[Effect]) -> Vec<QueuedOperation> {
    let sent = effects.iter().filter_map(|effect| match effect {
        Effect::CarryOut(queued) => Some((**queued).clone()),
        _ => None,
    });
    sent.collect()
}

fn dialog(state: &State) -> Option<&Dialog> {
    match state.overlays.last() {
        Some(Overlay::Operations(dialog)) => Some(dialog),
        _ => None,
    }
}

fn question(state: &State) -> &Question {
    match dialog(state) {
        Some(Dialog::Question(question)) => question,
        other => panic!("{other:?}"),
    }
}

fn said(state: &State) -> &str {
    state.message.as_ref().map(|message| message.text.as_str()).unwrap_or_default()
}

fn first() -> Subject {
    Subject::PullRequest("api#812".into())
}

fn progress_of(state: &State) -> Option<&Progress> {
    state.operations.of(&first()).map(|tracked| &tracked.progress)
}

/// Confirms a merge and lets its time come; its number.
fn sent_merge(state: &mut State) -> u64 {
    press(state, now(), "m y");
    let sent = sent(&update(state, Event::Tick, seconds(10)));
    assert_eq!(sent.len(), 1);
    sent[0].number
}

#[test]
fn a_merge_is_asked_waits_is_sent_once_and_told_until_it_was_looked_at() {
    let mut state = state();
    press(&mut state, now(), "m");
    assert_eq!(
        question(&state).asked[0].sentence.as_str(),
        "merge api#812 Refund webhook retries at 1a2b3c4 into main, by the first method that the \
         repository allows of merge commit, squash, rebase at github.com as ana"
    );
    press(&mut state, now(), "tab tab");
    let squash = "squash and merge api#812 Refund webhook retries at 1a2b3c4 into main at github.com as ana";
    assert_eq!(question(&state).asked[0].sentence.as_str(), squash);

    // Everything but y is no, or nothing.
    for key in ["enter", "n", "esc", "q"] {
        press(&mut state, now(), "m");
        press(&mut state, now(), key);
        assert!(dialog(&state).is_none() && state.operations.waiting().next().is_none(), "{key}");
        assert_eq!(said(&state), "no: nothing was changed");
    }
    press(&mut state, now(), "m j k u a m space");
    assert_eq!(
        question(&state).asked[0].sentence.as_str(),
        squash,
        "the method stays, and no other key answers"
    );

    assert!(sent(&press(&mut state, now(), "y")).is_empty());
    assert_eq!(progress_of(&state), Some(&Progress::Waits));
    assert_eq!(state.next_tick(now()), Some(seconds(1)), "the countdown is drawn");
    assert!(sent(&update(&mut state, Event::Tick, seconds(9))).is_empty());
    // Nobody carries out what comes back from these.
    for event in [Event::Drawn(crate::app::Layout::default()), Event::Notice("dark".into())] {
        assert!(sent(&update(&mut state, event, seconds(10))).is_empty());
    }
    let effects = update(&mut state, Event::Tick, seconds(10));
    let carried = sent(&effects);
    assert_eq!(carried.len(), 1);
    let Operation::PullRequest(target, PullRequestOperation::Merge(Some(MergeMethod::Squash))) =
        &carried[0].operation
    else {
        panic!("{carried:?}");
    };
    assert_eq!(target.head.as_deref(), Some("1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d"));
    assert_eq!(carried[0].account.as_deref(), Some("ana"));
    for second in 11..40 {
        assert!(sent(&update(&mut state, Event::Tick, seconds(second))).is_empty(), "never twice");
    }
    press(&mut state, seconds(40), "m");
    assert_eq!(said(&state), "not possible: it is being done");
    press(&mut state, seconds(40), "u");
    assert!(said(&state).contains("cannot be taken back"));

    let number = carried[0].number;
    let done = Done { what: "merged as 4f2a9c1".into(), url: None };
    let effects =
        update(&mut state, Event::OperationAnswered { number, answer: Ok(done.clone()) }, seconds(41));
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::Refresh(Some(source)) if source.as_str() == "github"))
    );
    assert_eq!(said(&state), "merge api#812: merged as 4f2a9c1");
    assert_eq!(progress_of(&state), Some(&Progress::Done(done)));
    press(&mut state, seconds(42), "j");
    assert_eq!(progress_of(&state), None, "it was looked at");
}

#[test]
fn until_it_is_sent_it_can_be_undone_the_last_one_first() {
    let mut state = state();
    press(&mut state, now(), "m y");
    press(&mut state, seconds(3), "c");
    type_in(&mut state, "please look");
    press(&mut state, seconds(3), "enter y");
    assert_eq!(state.operations.waiting().count(), 2);
    press(&mut state, seconds(4), "u");
    assert_eq!(said(&state), "undone before it was sent: comment on api#812");
    // At the very second it is too late: it is sent with that event.
    let effects = press(&mut state, seconds(10), "u");
    assert_eq!(sent(&effects).len(), 1);
    assert!(said(&state).starts_with("nothing to undo"));
    assert!(sent(&update(&mut state, Event::Tick, seconds(30))).is_empty());
}

#[test]
fn what_stood_still_when_it_was_due_is_not_sent_any_more() {
    let mut state = state();
    press(&mut state, now(), "m y");
    assert!(sent(&update(&mut state, Event::Resumed, seconds(3600))).is_empty());
    assert!(
        matches!(progress_of(&state), Some(Progress::NotDone(problem)) if problem.what.contains("stood still"))
    );
}

#[test]
fn how_it_ended_is_told_and_an_unclear_end_wants_a_look_first() {
    let problem = || Problem::new("409 the head moved", "look at it again");
    type Case = (OperationError, &'static str, bool, &'static str);
    let cases: [Case; 3] = [
        (OperationError::NotDone(problem()), "merge api#812: not done: 409", false, ""),
        (OperationError::Moved(problem()), "merge api#812: not done, it moved: 409", true, ""),
        (
            OperationError::Unclear(problem()),
            "merge api#812: unclear whether done: 409",
            true,
            "not possible: it may have been done: look first",
        ),
    ];
    for (error, told, refreshes, again) in cases {
        let mut state = state();
        let number = sent_merge(&mut state);
        let effects =
            update(&mut state, Event::OperationAnswered { number, answer: Err(error) }, seconds(11));
        assert!(said(&state).starts_with(told), "{}", said(&state));
        assert!(sent(&effects).is_empty(), "never again by itself");
        assert_eq!(effects.iter().any(|effect| matches!(effect, Effect::Refresh(_))), refreshes);
        // A second answer for the same number changes nothing.
        let late = Event::OperationAnswered { number, answer: Ok(Done { what: "late".into(), url: None }) };
        update(&mut state, late, seconds(12));
        assert!(!said(&state).contains("late"));
        press(&mut state, seconds(13), "m");
        if again.is_empty() {
            assert!(question(&state).has_methods(), "a person may ask again");
        } else {
            assert_eq!(said(&state), again);
        }
    }

    for (found, told, may_ask) in [
        (Found::Done(Done { what: "merged as 4f2a9c1".into(), url: None }), "merged as 4f2a9c1", true),
        (Found::NotDone, "looked: it was not done", true),
        (Found::CannotTell(problem()), "cannot be told: 409", true),
    ] {
        let mut state = state();
        let number = sent_merge(&mut state);
        let answer = Err(OperationError::Unclear(problem()));
        update(&mut state, Event::OperationAnswered { number, answer }, seconds(11));
        // Leaving the row forgets nothing that is not clear.
        press(&mut state, seconds(12), "j k");
        let effects = press(&mut state, seconds(12), "a enter");
        let looks = effects.iter().filter(|effect| {
            matches!(effect, Effect::LookWhetherDone { queued, sent } if queued.number == number && *sent == seconds(10))
        });
        assert_eq!(looks.count(), 1);
        update(&mut state, Event::OperationFound { number, found }, seconds(13));
        assert!(said(&state).contains(told), "{}", said(&state));
        press(&mut state, seconds(14), "m");
        assert_eq!(matches!(dialog(&state), Some(Dialog::Question(_))), may_ask);
    }
}

#[test]
fn what_is_not_offered_says_why() {
    type Change = fn(&mut PullRequest);
    let cases: [(Change, &str, &str); 9] = [
        (|it| it.head = None, "m", "does not tell its newest commit"),
        (|it| it.head = None, "v", "does not tell its newest commit"),
        (|it| it.draft = true, "m", "it is a draft"),
        (|it| it.mergeability = Mergeability::Conflicts, "m", "it conflicts with its base"),
        (|it| it.state = PullRequestState::Merged, "m", "it is merged"),
        (|it| it.state = PullRequestState::Closed, "v", "it is closed"),
        (|it| it.number = None, "c", "no pull request yet"),
        (
            |it| it.checks.iter_mut().for_each(|check| check.outcome = CheckOutcome::Passed),
            "F",
            "none of its checks",
        ),
        (|_| {}, "F", ""),
    ];
    for (change, key, why) in cases {
        let mut state = state_of(board_with_first(change), None);
        press(&mut state, now(), "2");
        // Where ended ones are folded away, it is still the row that is opened.
        state.overlays.push(Overlay::Item { subject: first(), scroll: 0 });
        press(&mut state, now(), key);
        assert!(said(&state).contains(why), "{key}: {:?} lacks {why:?}", said(&state));
        assert_eq!(matches!(dialog(&state), Some(Dialog::Question(_))), why.is_empty(), "{key} {why}");
    }
    // A story: no priority here, and no merge at all.
    let mut state = state_of(board_with_first(|_| {}), None);
    press(&mut state, now(), "m");
    assert_eq!(said(&state), "not for rows of this kind");
    press(&mut state, now(), "a");
    let Some(Dialog::Menu(menu)) = dialog(&state) else { panic!("no menu") };
    let refused: Vec<_> = menu.offers.iter().filter(|offer| offer.refused.is_some()).collect();
    assert_eq!(menu.offers.len(), 5);
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].choice, Choice::Ask(OperationKind::SetPriority));
}

#[test]
fn a_board_that_keeps_its_hands_off_offers_nothing() {
    for (hands_off, past, word) in [
        (Some(HandsOff::ReadOnly), false, "read-only"),
        (Some(HandsOff::Wall), false, "wall"),
        (None, true, "this is the past"),
    ] {
        let mut state = state_of(board_with_first(|_| {}), hands_off);
        press(&mut state, now(), "2 m");
        if past {
            // A question that is open when the past comes cannot be said yes to any more.
            let mut then = board_with_first(|_| {});
            then.at = now() - Duration::hours(1);
            let changes = Arc::new(Changes::between(&then, &board()));
            update(&mut state, Event::Past { board: Arc::new(then), changes }, now());
            press(&mut state, now(), "y");
        }
        for key in ["a", "v", "c", "m", "F"] {
            press(&mut state, now(), key);
            assert!(dialog(&state).is_none(), "{word} {key}");
            assert!(said(&state).contains(word), "{key}: {}", said(&state));
        }
        assert!(state.operations.waiting().next().is_none());
    }
}

#[test]
fn what_moved_while_it_was_asked_is_not_confirmed() {
    let mut state = state();
    press(&mut state, now(), "m");
    let moved = board_with_first(|it| it.head = Some("ffffffff".into()));
    update(&mut state, Event::Board(Arc::new(moved)), now());
    press(&mut state, now(), "y");
    assert!(said(&state).contains("a newer commit than the one you were asked about"), "{}", said(&state));
    assert!(state.operations.waiting().next().is_none());
}

#[test]
fn a_line_takes_names_completes_them_and_leads_to_the_question() {
    let mut state = state_of(board_with_first(|_| {}), None);
    let mut world = (*state.board.world).clone();
    world.stories = state.release().unwrap().stories.iter().map(|row| Arc::clone(&row.story)).collect();
    let mut shown = (*state.board).clone();
    shown.world = Arc::new(world);
    update(&mut state, Event::Board(Arc::new(shown)), now());
    press(&mut state, now(), ":");
    type_in(&mut state, "assign");
    press(&mut state, now(), "enter");
    press(&mut state, now(), "enter");
    let Some(Dialog::Line(line)) = dialog(&state) else { panic!("no line") };
    assert!(line.problem.as_ref().is_some_and(|problem| problem.contains("write something")));
    type_in(&mut state, "yu");
    press(&mut state, now(), "tab enter");
    assert_eq!(
        question(&state).asked[0].sentence.as_str(),
        "give PAY-311 Refund webhook retries to yuki at github as ana"
    );
    press(&mut state, now(), "esc :");
    type_in(&mut state, "move-to-release");
    press(&mut state, now(), "enter");
    type_in(&mut state, "none");
    press(&mut state, now(), "enter");
    assert!(
        question(&state).asked[0]
            .sentence
            .starts_with("take PAY-311 Refund webhook retries out of its release")
    );
}

#[test]
fn what_is_marked_is_asked_together_undone_together_and_each_sent_once() {
    let mut state = state();
    // The first two rows; the second one cannot be merged.
    press(&mut state, now(), "g space space");
    let marked = state.marked();
    assert_eq!(marked.len(), 2);
    press(&mut state, now(), "c");
    type_in(&mut state, "please look");
    press(&mut state, now(), "enter");
    let asked = &question(&state).asked;
    assert_eq!(asked.iter().map(|asked| asked.subject.clone()).collect::<Vec<_>>(), marked);
    assert!(asked.iter().all(|asked| asked.sentence.contains("please look")));
    // No is the answer that needs no thought, and the marks stay.
    press(&mut state, now(), "enter");
    assert!(state.operations.waiting().next().is_none());
    assert_eq!(state.marked().len(), 2);

    let ask_again = |state: &mut State| {
        press(state, now(), "c");
        type_in(state, "please look");
        press(state, now(), "enter y");
    };
    ask_again(&mut state);
    assert_eq!(state.operations.waiting().count(), 2);
    assert!(state.marked().is_empty(), "they did their duty");
    press(&mut state, seconds(3), "u");
    assert!(
        said(&state).starts_with("undone before they were sent: comment on api#812 and 1 more"),
        "{}",
        said(&state)
    );
    assert!(state.operations.waiting().next().is_none());

    press(&mut state, now(), "g space space");
    ask_again(&mut state);
    let carried = sent(&update(&mut state, Event::Tick, seconds(10)));
    assert_eq!(carried.iter().map(|queued| queued.subject.clone()).collect::<Vec<_>>(), marked);
    assert_eq!(carried[0].batch, carried[1].batch);
    for second in 11..30 {
        assert!(sent(&update(&mut state, Event::Tick, seconds(second))).is_empty(), "never twice");
    }
}

#[test]
fn rows_that_it_cannot_be_done_to_are_named_and_left_out() {
    let mut state = state();
    press(&mut state, now(), "g");
    let rows = state.list(crate::app::ListId::PullRequests).rows.len();
    press(&mut state, now(), "space G ctrl-space");
    assert!(state.marked().len() > 2 && rows > 2);
    press(&mut state, now(), "m");
    let question = question(&state);
    // Of the others the source does not tell the newest commit.
    assert_eq!(question.asked.iter().map(|asked| asked.subject.clone()).collect::<Vec<_>>(), [first()]);
    let left_out: Vec<_> = question.left_out.iter().map(|(name, why)| format!("{name}: {why}")).collect();
    assert!(left_out.len() > 1 && left_out[0].contains("newest commit"), "{left_out:?}");
    press(&mut state, now(), "esc esc");
    assert!(state.marked().is_empty(), "esc takes the marks away");
}

/// Presses one key without a frame after it.
fn press_unseen(state: &mut State, key: &str) {
    update(state, Event::Key(key.parse::<Key>().unwrap().into()), now());
}

/// Asks for a comment on all rows of the list; how many.
fn asked_of_all() -> (State, usize) {
    let mut state = state();
    press(&mut state, now(), "g space G ctrl-space c");
    type_in(&mut state, "please look");
    press_unseen(&mut state, "enter");
    assert!(question(&state).asked.len() >= 3 && !question(&state).left_out.is_empty());
    let rows = question(&state).asked.len();
    (state, rows)
}

#[test]
fn yes_counts_only_when_every_row_was_on_the_screen() {
    let yes = |state: &mut State| {
        press_unseen(state, "y");
        state.operations.waiting().count()
    };
    // Typed ahead of the frame.
    let (mut state, rows) = asked_of_all();
    assert_eq!(yes(&mut state), 0);
    assert!(said(&state).contains("the question was not shown"), "{}", said(&state));
    // A frame with room for all of it.
    draw_whole(&mut state, now());
    assert_eq!(yes(&mut state), rows);

    // Three lines at a time: a row and a half.
    for (keys, is_read) in [("j", true), ("page-down", true), ("ctrl-d", true), ("down", true), ("G", false)]
    {
        let (mut state, rows) = asked_of_all();
        draw_part(&mut state, 0, 3, now());
        assert_eq!(yes(&mut state), 0, "{keys}");
        let all = rows + question(&state).left_out.len();
        assert_eq!(said(&state), format!("not yet: {} rows not shown (j, page-down)", all - 1));
        for _ in 0..2 * all {
            press_unseen(&mut state, keys);
            let first = question(&state).scroll;
            draw_part(&mut state, first, 3, now());
        }
        let is_at_the_end = question(&state).scroll + 3 == 2 * all as u16;
        assert!(is_at_the_end, "{keys}: {}", question(&state).scroll);
        assert_eq!(
            yes(&mut state),
            if is_read { rows } else { 0 },
            "{keys}: what was jumped over is not read"
        );
    }

    // Having been at the end is enough; other words, or another width, are read anew.
    let (mut state, rows) = asked_of_all();
    draw_whole(&mut state, now());
    draw_part(&mut state, 0, 3, now());
    assert_eq!(yes(&mut state.clone()), rows);
    let narrower = QuestionPage { first: 0, height: 3, total: 90, ends: vec![30, 60, 90] };
    let layout = Layout { question: Some(Box::new(narrower)), overlay_most: 87, ..Layout::default() };
    update(&mut state, Event::Drawn(layout), now());
    assert_eq!(yes(&mut state), 0);
    let mut state = self::state();
    press(&mut state, now(), "m");
    press_unseen(&mut state, "tab");
    assert_eq!(yes(&mut state), 0, "another method is another question");
    // And no is no, seen or not.
    press_unseen(&mut state, "enter");
    assert!(dialog(&state).is_none() && state.operations.waiting().next().is_none());
}

#[test]
fn a_reminder_is_asked_as_a_comment_is() {
    let mut state = state();
    press(&mut state, now(), ":");
    type_in(&mut state, "nudge");
    press(&mut state, now(), "enter");
    let asked = &question(&state).asked[0];
    assert!(asked.sentence.contains("Hi @lee, a friendly reminder"), "{}", asked.sentence);
    let Operation::PullRequest(_, PullRequestOperation::Comment(comment)) = asked.operation.clone() else {
        panic!("{:?}", asked.operation)
    };
    // The same for a chat: nothing is sent.
    let effects = press(&mut state, now(), "c");
    let copied = effects.iter().find_map(|effect| match effect {
        Effect::Copy { text, .. } => Some(text.clone()),
        _ => None,
    });
    assert!(copied.is_some_and(|text| text.starts_with(&comment)), "{effects:?}");
    assert!(dialog(&state).is_none() && state.operations.waiting().next().is_none());
    // Of another question it is no answer.
    press(&mut state, now(), "m c");
    assert!(matches!(dialog(&state), Some(Dialog::Question(_))));
}

#[test]
fn a_comment_is_written_in_the_editor_and_asked_as_another_is() {
    let mut state = state();
    press(&mut state, now(), ":");
    type_in(&mut state, "comment");
    press(&mut state, now(), "enter");
    let edits = |effects: &[Effect]| {
        effects.iter().any(|effect| matches!(effect, Effect::Edit(text) if text.is_empty()))
    };
    assert!(!edits(&press(&mut state, now(), "ctrl-e")), "none is set");
    state.desk.editor = true;
    assert!(edits(&press(&mut state, now(), "ctrl-e")));
    for nothing in [Ok(" \n".to_owned()), Err("vi cannot be run".into())] {
        update(&mut state, Event::Edited(nothing), now());
        assert!(matches!(dialog(&state), Some(Dialog::Line(line)) if line.problem.is_some()));
    }
    update(&mut state, Event::Edited(Ok("One line.\n\nAnd another.\n".to_owned())), now());
    let wanted = PullRequestOperation::Comment("One line.\n\nAnd another.".to_owned());
    assert!(
        matches!(&question(&state).asked[0].operation, Operation::PullRequest(_, found) if *found == wanted)
    );
    assert!(state.operations.waiting().next().is_none(), "nothing is sent before somebody says yes");
}

#[test]
fn a_viewer_does_not_speak_for_the_account_of_who_asks_the_sources() {
    let mut state = state();
    state.operations.is_viewer = true;
    press(&mut state, now(), "m");
    let asked = &question(&state).asked[0];
    assert!(asked.account.is_none() && asked.sentence.ends_with("as whoever your credentials belong to"));
}

#[test]
fn leaving_with_something_that_waits_asks_and_drops_it() {
    let quits = |effects: &[Effect]| effects.iter().any(|effect| matches!(effect, Effect::Quit));
    let mut state = state();
    press(&mut state, now(), "m y");
    for key in ["q", "ctrl-c"] {
        assert!(!quits(&press(&mut state, seconds(1), key)));
        assert!(matches!(dialog(&state), Some(Dialog::Leave)));
        press(&mut state, seconds(1), "esc");
        assert!(dialog(&state).is_none());
    }
    press(&mut state, seconds(1), "q enter");
    assert!(dialog(&state).is_none(), "the answer is no unless it is said");
    for answer in ["y", "ctrl-c"] {
        let mut state = state.clone();
        press(&mut state, seconds(2), "q");
        let effects = press(&mut state, seconds(2), answer);
        assert!(quits(&effects) && sent(&effects).is_empty(), "{answer}");
    }
}

#[test]
fn the_log_is_read_when_it_is_asked_for() {
    let mut state = state();
    press(&mut state, now(), ":");
    type_in(&mut state, "operation-log");
    let effects = press(&mut state, now(), "enter");
    assert!(effects.iter().any(|effect| matches!(effect, Effect::ReadOperationLog)));
    update(&mut state, Event::OperationLog(Ok(Vec::new())), now());
    assert!(matches!(dialog(&state), Some(Dialog::Log { entries: Some(Ok(_)), .. })));
}

mod properties {
    use std::collections::{HashMap, HashSet};

    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Debug)]
    enum Step {
        Keys(&'static str),
        Seconds(i64),
        Answer(u8),
        Board(bool),
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let keys = prop_oneof![
            3 => Just("m y"), 2 => Just("v y"), 2 => Just("c h i enter y"), 1 => Just("F y"),
            1 => Just("m"), 1 => Just("y"), 2 => Just("u"), 1 => Just("a enter"), 1 => Just("j"),
            1 => Just("k"), 1 => Just("esc"), 1 => Just("enter"), 1 => Just("q"), 1 => Just("tab"),
            1 => Just("1"), 1 => Just("2"),
        ];
        let step = prop_oneof![
            6 => keys.prop_map(Step::Keys),
            3 => (0i64..14).prop_map(Step::Seconds),
            2 => (0u8..4).prop_map(Step::Answer),
            1 => any::<bool>().prop_map(Step::Board),
        ];
        proptest::collection::vec(step, 1..60)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(128))]

        /// What was confirmed is sent at most once, never before its ten seconds are over, and
        /// never after it was undone.
        #[test]
        fn each_is_sent_at_most_once_and_only_when_due(steps in steps()) {
            let mut state = state();
            let mut at = now();
            let mut confirmed: HashMap<u64, Instant> = HashMap::new();
            let mut gone: HashSet<u64> = HashSet::new();
            let mut last = None;
            for step in steps {
                let events: Vec<Event> = match step {
                    Step::Keys(keys) => keys
                        .split_whitespace()
                        .map(|key| Event::Key(key.parse::<Key>().unwrap().into()))
                        .collect(),
                    Step::Seconds(count) => {
                        at += Duration::seconds(count);
                        vec![Event::Tick]
                    }
                    Step::Answer(kind) => {
                        let problem = Problem::new("x", "y");
                        let answer = match kind {
                            0 => Ok(Done { what: "done".into(), url: None }),
                            1 => Err(OperationError::NotDone(problem)),
                            2 => Err(OperationError::Moved(problem)),
                            _ => Err(OperationError::Unclear(problem)),
                        };
                        last.map(|number| Event::OperationAnswered { number, answer }).into_iter().collect()
                    }
                    Step::Board(moved) => {
                        let head = if moved { "ffff" } else { "1a2b3c4d" };
                        vec![Event::Board(Arc::new(board_with_first(|it| it.head = Some(head.into()))))]
                    }
                };
                for event in events {
                    let before: HashSet<u64> = state.operations.waiting().map(|one| one.number).collect();
                    let carried = sent(&update(&mut state, event, at));
                    draw_whole(&mut state, at);
                    for queued in &carried {
                        prop_assert!(gone.insert(queued.number), "{} twice", queued.number);
                        let since = confirmed.get(&queued.number);
                        prop_assert!(since.is_some_and(|since| at - *since >= Duration::seconds(10)));
                        last = Some(queued.number);
                    }
                    let after: HashSet<u64> = state.operations.waiting().map(|one| one.number).collect();
                    // Undone, dropped or sent: it never waits or is sent again.
                    gone.extend(before.difference(&after));
                    prop_assert!(after.is_disjoint(&gone));
                    for number in after.difference(&before) {
                        prop_assert!(confirmed.insert(*number, at).is_none());
                    }
                }
            }
        }
    }
}
