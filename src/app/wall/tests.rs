use std::sync::Arc;

use chrono::Duration;

use super::*;
use crate::{
    app::{
        Event, Options,
        fixture::{board, board_with, now, payments},
        update,
    },
    domain::{SourceHealth, Triage},
    insight::ReleaseInsight,
};

/// Every source has answered a minute ago.
fn fresh(mut board: Board) -> Board {
    let health = board.health.iter().map(|health| SourceHealth {
        answered_at: Some(now() - Duration::minutes(1)),
        stale_from: Some(now() + Duration::minutes(17)),
        ..health.clone()
    });
    board.health = health.collect();
    board
}

fn wall(board: Board, locked: bool) -> State {
    let wall = Some(WallOptions { locked, settings: WallConfig::default() });
    State::new(Arc::new(board), Options { wall, ..Options::default() }, now())
}

fn come(state: &mut State, mut board: Board, minutes: i64) {
    board.at = now() + Duration::minutes(minutes);
    update(state, Event::Board(Arc::new(board)), now() + Duration::minutes(minutes));
}

fn names(state: &State) -> Vec<String> {
    state
        .alarms(now() + Duration::minutes(30))
        .iter()
        .map(|alarm| format!("{}: {}", alarm.name, alarm.what))
        .collect()
}

fn gate(release: &mut ReleaseInsight, answer: GateAnswer) {
    release.gates[0].answer = answer;
}

#[test]
fn panels_take_turns_by_the_clock_and_those_with_nothing_to_show_are_left_out() {
    use WallPanel::{BurnDown, Deployments, Gates, Insights, PullRequests, Stories};
    let state = wall(board(), false);
    for (seconds, panel) in [
        (0, BurnDown),
        (14, BurnDown),
        (15, Gates),
        (30, PullRequests),
        (45, Deployments),
        (60, Stories),
        (75, Insights),
        (90, BurnDown),
        // The clock was set back.
        (-1, Insights),
    ] {
        assert_eq!(state.front(now() + Duration::seconds(seconds)), Front::Panel(panel), "{seconds}");
    }
    let state = wall(
        board_with(|release| {
            release.gates.clear();
            release.stories.clear();
        }),
        false,
    );
    assert_eq!(state.front(now() + Duration::seconds(15)), Front::Panel(PullRequests));
    assert_eq!(wall(crate::app::fixture::empty_board(), false).front(now()), Front::Nothing);
    // One wake-up for each panel, on a full second.
    let state = wall(fresh(board()), false);
    assert_eq!(state.next_tick(now()), Some(now() + Duration::seconds(15)));
    assert_eq!(state.next_tick(now() + Duration::milliseconds(15_400)), Some(now() + Duration::seconds(30)));
}

#[test]
fn what_turns_red_comes_to_the_front_and_stays_until_it_is_green() {
    use GateAnswer::{Go, NoGo, Unknown};
    for (answers, is_red) in [
        (&[Go, NoGo][..], true),
        (&[Go, NoGo, NoGo], true),
        // Nobody knows that it is green again.
        (&[Go, NoGo, Unknown], true),
        (&[Go, NoGo, Unknown, Go], false),
        (&[Go, NoGo, Go], false),
        (&[Go, Unknown, NoGo], true),
        (&[Go, Unknown], false),
        // It was red all the time, and only nobody could tell.
        (&[NoGo, Unknown, NoGo], false),
        (&[Unknown, NoGo], false),
        (&[NoGo, NoGo], false),
    ] {
        let mut boards = answers.iter().map(|answer| board_with(|release| gate(release, *answer)));
        let mut state = wall(boards.next().unwrap(), false);
        boards.zip(1..).for_each(|(board, minutes)| come(&mut state, board, minutes));
        assert_eq!(names(&state).len(), usize::from(is_red), "{answers:?}: {:?}", names(&state));
        assert_eq!(state.front(now()) == Front::Alarms, is_red, "{answers:?}");
    }
}

#[test]
fn an_outlook_that_fell_and_a_deployment_that_failed_are_red_too() {
    let mut state = wall(board_with(|release| release.outlook = Outlook::OnTrack), false);
    come(&mut state, board_with(|release| release.outlook = Outlook::AtRisk), 1);
    assert_eq!(names(&state), ["payments 4.2 outlook: at risk"]);
    come(&mut state, board_with(|release| release.outlook = Outlook::Late), 2);
    assert_eq!(names(&state), ["payments 4.2 outlook: late"]);
    // Better, and not as good as it was.
    come(&mut state, board_with(|release| release.outlook = Outlook::AtRisk), 3);
    assert_eq!(names(&state).len(), 1);
    come(&mut state, board_with(|release| release.outlook = Outlook::OnTrack), 4);
    assert_eq!(names(&state), [""; 0]);

    let with_state = |deployment: DeploymentState, again: bool| {
        let mut board = board_with(|release| release.outlook = Outlook::OnTrack);
        let mut insight = (*board.insight).clone();
        let rows = &mut insight.schedule.deployments;
        Arc::make_mut(&mut rows[1].deployment).state = deployment;
        if again {
            let mut other = rows[1].clone();
            let next = Arc::make_mut(&mut other.deployment);
            next.id = DeploymentId::new("again");
            next.state = DeploymentState::Succeeded;
            next.window.until += Duration::hours(1);
            rows.push(other);
        }
        board.insight = Arc::new(insight);
        board
    };
    come(&mut state, with_state(DeploymentState::Failed, false), 5);
    assert_eq!(names(&state), ["payments 4.2 to production/eu: failed"]);
    come(&mut state, with_state(DeploymentState::Failed, true), 6);
    assert_eq!(names(&state), [""; 0], "it went well the second time");
}

#[test]
fn what_was_acknowledged_since_leaves_the_front() {
    let green = || board_with(|release| gate(release, GateAnswer::Go));
    let key = green().release(&payments()).unwrap().gates[0].name.key().to_owned();
    let said = |kind: TriageKind, minutes: i64| TriageEntry {
        subject: TriageSubject::Gate(payments(), Text::new(&key)),
        kind,
        who: Text::new("ana"),
        at: now() + Duration::minutes(minutes),
        text: Text::default(),
    };
    for (entry, is_red) in [
        (said(TriageKind::Acknowledged, 2), false),
        // That was another time.
        (said(TriageKind::Acknowledged, -5), true),
        (said(TriageKind::Note, 2), true),
        (said(TriageKind::Snoozed(Wake::At(now() + Duration::hours(2))), 2), false),
        (said(TriageKind::Snoozed(Wake::At(now() + Duration::minutes(10))), 2), true),
    ] {
        let mut state = wall(green(), false);
        come(&mut state, board_with(|release| gate(release, GateAnswer::NoGo)), 1);
        assert_eq!(names(&state).len(), 1);
        let triage = Arc::new(Triage { entries: vec![entry.clone()] });
        update(&mut state, Event::Triage(triage), now() + Duration::minutes(2));
        assert_eq!(names(&state).len(), usize::from(is_red), "{entry:?}");
    }
}

#[test]
fn the_heart_beats_when_a_source_answered_and_never_else() {
    let mut state = wall(fresh(board()), false);
    let beats = |state: &State| state.wall.as_ref().unwrap().heartbeat();
    let (first, at) = beats(&state);
    assert_eq!(at, Some(now() - Duration::minutes(1)));
    // Worked out anew, with the answers of before.
    come(&mut state, fresh(board()), 1);
    update(&mut state, Event::Tick, now() + Duration::minutes(2));
    assert_eq!(beats(&state), (first, at));
    let mut newer = fresh(board());
    let mut health = newer.health.to_vec();
    health[0].answered_at = Some(now() + Duration::minutes(2));
    newer.health = health.into();
    come(&mut state, newer, 3);
    assert_eq!(beats(&state), (first + 1, Some(now() + Duration::minutes(2))));
}

#[test]
fn it_is_stale_when_anything_behind_the_headline_is() {
    let stale = |board: Board, minutes: i64| wall(board, false).stale(now() + Duration::minutes(minutes));
    assert_eq!(stale(fresh(board()), 0), [""; 0]);
    assert_eq!(stale(fresh(board()), 18).len(), 4, "nothing came any more");
    assert_eq!(stale(board(), 0), ["sonar 14m stale"]);
    // Nothing of the headline rests on it.
    let aside = board_with(|release| release.gates.clear());
    assert_eq!(stale(aside, 0), [""; 0]);
    let mut owner = fresh(board());
    let mut health = owner.health.to_vec();
    let problem = crate::domain::Problem::new("the owner is gone", "wait");
    health.push(SourceHealth::of_owner(problem.clone(), Some(now() - Duration::minutes(3))));
    health.push(SourceHealth::of_history(problem));
    owner.health = health.into();
    assert_eq!(stale(owner, 0), ["owner 3m stale"]);
    let preview = Board { completeness: Completeness::Preview, ..fresh(board()) };
    assert_eq!(stale(preview, 0), ["from the last visit"]);
    let mut unknown = fresh(board());
    unknown.health = [].into();
    assert!(!stale(unknown, 0).is_empty(), "nobody is asked");
}

#[test]
fn a_wall_has_no_keys_but_those_that_end_it_and_a_locked_one_not_even_those() {
    for (key, locked, ends) in [
        ("q", false, true),
        ("ctrl-c", false, true),
        ("q", true, false),
        ("ctrl-c", true, false),
        ("2", false, false),
        ("?", false, false),
        ("ctrl-z", false, false),
        ("m", false, false),
    ] {
        let mut state = wall(board(), locked);
        let key_event: Key = key.parse().unwrap();
        let effects = update(&mut state, Event::Key(key_event.into()), now());
        assert_eq!(effects.len(), usize::from(ends), "{key}: {effects:?}");
        assert_eq!(effects.iter().any(|effect| matches!(effect, Effect::Quit)), ends, "{key}");
        assert!(state.overlays.is_empty() && state.tab == crate::app::Tab::Readiness, "{key}");
    }
}
