//! Activities of a runbook that are started and finished by hand.

use super::*;
use crate::{
    domain::{Activity, DeploymentState, Triage, TriageChange, TriageKind, TriageSubject, Window, World},
    insight::DeploymentRow,
};

const DEPLOYMENT: &str = "payments-4.2";

fn noted(effects: &[Effect]) -> Option<TriageChange> {
    effects.iter().find_map(|effect| match effect {
        Effect::Note(change) => Some(change.clone()),
        _ => None,
    })
}

fn board_of(change: impl Fn(&mut DeploymentRow)) -> Board {
    let mut board = board();
    let mut insight = (*board.insight).clone();
    for row in insight.schedule.deployments.iter_mut().filter(|row| row.deployment.id.as_str() == DEPLOYMENT)
    {
        change(row);
    }
    board.insight = Arc::new(insight);
    board
}

/// Its window begins now.
fn is_due(row: &mut DeploymentRow) {
    let window = Window { from: now(), until: now() + Duration::minutes(70) };
    Arc::make_mut(&mut row.deployment).window = window;
}

fn due() -> Board {
    board_of(is_due)
}

/// The board after the owner has heard of it.
fn heard(triage: &Triage) -> Board {
    board_of(|row| {
        is_due(row);
        let deployments = vec![Arc::clone(&row.deployment)];
        let mut world = World { deployments, ..World::default() };
        world.hear(triage, now());
        row.deployment = world.deployments.remove(0);
    })
}

fn opened(board: Board, options: Options) -> State {
    let mut state = State::new(Arc::new(board), Options { user: "ada".into(), ..options }, now());
    press(&mut state, "3");
    state.list_mut(ListId::Schedule).selected = Some(Subject::Deployment(DEPLOYMENT.into()));
    state.arrange(ListId::Schedule);
    assert_eq!(state.subject(), Subject::Deployment(DEPLOYMENT.into()));
    state
}

/// Presses keys until one says something, which the owner keeps and shows to everybody.
fn step(state: &mut State, triage: &mut Triage, keys: &str) -> (String, TriageKind) {
    let change = noted(&press(state, keys)).expect(keys);
    let told = change.said.clone().or(change.withdrawn.clone()).unwrap();
    assert_eq!(told.who.as_str(), "ada");
    let TriageSubject::Activity(deployment, activity) = &told.subject else { panic!("{told:?}") };
    assert_eq!(deployment.as_str(), DEPLOYMENT);
    triage.apply(change);
    update(state, Event::Triage(Arc::new(triage.clone())), now());
    update(state, Event::Board(Arc::new(heard(triage))), now());
    (activity.to_string(), told.kind)
}

#[test]
fn one_key_starts_an_activity_finishes_it_and_goes_on_to_the_next_one() {
    use TriageKind::{Finished, Started};
    let mut state = opened(due(), Options::default());
    let mut triage = Triage::default();
    for (keys, activity, kind) in [
        (".", "backup", Started),
        (".", "backup", Finished),
        (".", "migrate", Started),
        // What people did out of order is kept as it was.
        ("l .", "deploy", Started),
        (".", "deploy", Finished),
        (".", "migrate", Finished),
    ] {
        assert_eq!(step(&mut state, &mut triage, keys), (activity.to_owned(), kind), "{keys}");
    }
    assert_eq!(state.deployment(&DEPLOYMENT.into()).unwrap().deployment.state, DeploymentState::Running);
    // Undone, it runs again; once.
    assert_eq!(step(&mut state, &mut triage, "u"), ("migrate".to_owned(), Finished));
    let row = state.deployment(&DEPLOYMENT.into()).unwrap();
    let times: Vec<_> = row
        .deployment
        .activities
        .iter()
        .map(|it| (it.started_at.is_some(), it.finished_at.is_some()))
        .collect();
    assert_eq!(times, [(true, true), (true, false), (true, true), (false, false)]);
    assert!(noted(&press(&mut state, "u")).is_none());
    for (keys, activity, kind) in
        [(".", "migrate", Finished), (".", "smoke", Started), (".", "smoke", Finished)]
    {
        assert_eq!(step(&mut state, &mut triage, keys), (activity.to_owned(), kind), "{keys}");
    }
    assert_eq!(state.deployment(&DEPLOYMENT.into()).unwrap().deployment.state, DeploymentState::Succeeded);
    assert!(noted(&press(&mut state, ".")).is_none());
    // Too late to take it back.
    let u: Key = "u".parse().unwrap();
    assert!(noted(&update(&mut state, Event::Key(u.into()), now() + Duration::seconds(11))).is_none());
}

#[test]
fn two_presses_before_the_board_follows_are_a_beginning_and_an_end() {
    let mut state = opened(due(), Options::default());
    let mut triage = Triage::default();
    for kind in [TriageKind::Started, TriageKind::Finished] {
        let change = noted(&press(&mut state, ".")).unwrap();
        let said = change.said.clone().unwrap();
        assert_eq!(
            (&said.subject, &said.kind),
            (&TriageSubject::Activity(DEPLOYMENT.into(), "backup".into()), &kind)
        );
        triage.apply(change);
        update(&mut state, Event::Triage(Arc::new(triage.clone())), now());
    }
}

#[test]
fn a_runbook_begins_far_from_its_window_only_when_somebody_says_so() {
    let asked = |state: &State| match state.overlays.last() {
        Some(Overlay::Operations(dialog)) => match &**dialog {
            Dialog::Begin(asked) => Some(asked.activity.to_string()),
            other => panic!("{other:?}"),
        },
        _ => None,
    };
    let minutes = Duration::minutes;
    for (case, window, is_asked) in [
        ("days before", None, true),
        ("61 minutes before", Some((minutes(61), minutes(131))), true),
        ("an hour before", Some((minutes(60), minutes(130))), false),
        ("within", Some((minutes(-30), minutes(30))), false),
        ("an hour after", Some((minutes(-120), minutes(-60))), false),
        ("61 minutes after", Some((minutes(-120), minutes(-61))), true),
    ] {
        let board = board_of(|row| {
            if let Some((from, until)) = window {
                let window = Window { from: now() + from, until: now() + until };
                Arc::make_mut(&mut row.deployment).window = window;
            }
        });
        let mut state = opened(board, Options::default());
        let first = noted(&press(&mut state, "."));
        assert_eq!((first.is_some(), asked(&state).is_some()), (!is_asked, is_asked), "{case}");
        if !is_asked {
            continue;
        }
        assert_eq!(asked(&state).as_deref(), Some("backup"), "{case}");
        // Whatever is no clear yes is no.
        for no in ["enter", "esc", "n", "q"] {
            assert!(noted(&press(&mut state, no)).is_none() && asked(&state).is_none(), "{case}: {no}");
            assert!(noted(&press(&mut state, ".")).is_none(), "{case}: {no}");
        }
        assert!(noted(&press(&mut state, ". j l")).is_none(), "{case}: other keys answer nothing");
        let begun = noted(&press(&mut state, "y")).expect(case).said.unwrap();
        assert_eq!(begun.subject, TriageSubject::Activity(DEPLOYMENT.into(), "backup".into()), "{case}");
        assert_eq!(begun.kind, TriageKind::Started, "{case}");
        // Once it runs nobody is asked again: neither for its end, nor for what follows.
        let mut triage = Triage::default();
        triage.apply(TriageChange { withdrawn: None, said: Some(begun) });
        update(&mut state, Event::Triage(Arc::new(triage)), now());
        assert!(noted(&press(&mut state, ".")).is_some() && asked(&state).is_none(), "{case}");
        assert!(noted(&press(&mut state, "l .")).is_some() && asked(&state).is_none(), "{case}");
    }
}

#[test]
fn what_is_reported_is_not_done_by_hand_and_neither_is_what_nobody_may_touch() {
    let reported = |manual: bool| {
        board_of(move |row| {
            let deployment = Arc::make_mut(&mut row.deployment);
            deployment.state = DeploymentState::Running;
            deployment.activities[0].started_at = Some(now());
            deployment.activities[1].manual = manual;
        })
    };
    let over = board_of(|row| Arc::make_mut(&mut row.deployment).state = DeploymentState::Cancelled);
    let none = board_of(|row| Arc::make_mut(&mut row.deployment).activities = Vec::<Activity>::new());
    let read_only = || Options { read_only: true, ..Options::default() };
    for (board, options, why) in [
        (reported(false), Options::default(), "its source reports them"),
        (over, Options::default(), "is over: cancelled"),
        (none, Options::default(), "has no runbook"),
        (board(), read_only(), "read-only"),
    ] {
        let mut state = opened(board, options);
        assert!(noted(&press(&mut state, ".")).is_none(), "{why}");
        let said = state.message.as_ref().unwrap().text.to_string();
        assert!(said.contains(why), "{said}");
    }
    // One that the plan names so is done by hand among reported ones, and they are not.
    let mut state = opened(reported(true), Options::default());
    let change = noted(&press(&mut state, ".")).unwrap();
    let subject = TriageSubject::Activity(DEPLOYMENT.into(), "migrate".into());
    assert_eq!(change.said.unwrap().subject, subject);
    assert!(noted(&press(&mut state, "h .")).is_none());
    assert!(state.message.as_ref().unwrap().text.contains("reported by its source"));
    // Elsewhere the key does nothing, and neither does it in the past.
    press(&mut state, "1");
    assert!(noted(&press(&mut state, ".")).is_none());
}
