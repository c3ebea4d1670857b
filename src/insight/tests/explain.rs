//! "Why?" of everything that can be asked about.

use std::sync::Arc;

use crate::domain::{
    Category, DeploymentId, PullRequestId, PullRequestState, SourceId, StoryKey, Text, World,
};
use crate::insight::{
    Board, GateName, Learned, Subject,
    board::Completeness,
    explain,
    fixture::{ALL_KINDS, Setting, at, deployment, id, now, pull_request, story, test_run},
};

fn board(setting: &Setting) -> Board {
    Board::derive(
        Text::new("payments"),
        Arc::new(setting.world()),
        setting.health.clone().into(),
        Arc::new(setting.policy.clone()),
        &Learned::default(),
        Completeness::Whole,
        now(),
    )
}

fn full() -> Setting {
    Setting::covering(&ALL_KINDS)
        .story(story("PAY-1", Category::Done))
        .story(story("PAY-2", Category::ToDo))
        .story(story("PAY-3", Category::Dropped))
        .pull_request(pull_request(1, PullRequestState::Open))
        .test_run(test_run("unit", 20, 9, 1))
        .deployment(deployment("next", "payments 4.2", at(25, 14), 60))
}

fn subjects() -> Vec<Subject> {
    let mut subjects = vec![
        Subject::Headline,
        Subject::BurnDown,
        Subject::Day(chrono::NaiveDate::from_ymd_opt(2026, 11, 20).unwrap()),
        Subject::Story(StoryKey::new("PAY-2")),
        Subject::PullRequest(PullRequestId::new("api#1")),
        Subject::Deployment(DeploymentId::new("next")),
        Subject::Release(id()),
        Subject::Source(SourceId::new("plan")),
    ];
    subjects.extend(GateName::BUILT_IN.map(Subject::Gate));
    subjects
}

#[test]
fn everything_on_the_board_has_an_explanation() {
    let board = board(&full());
    for subject in subjects() {
        let said = explain(&board, &id(), &subject, now());
        assert!(!said.title.is_empty() && !said.value.is_empty(), "{subject:?}");
        assert!(!said.formula.is_empty(), "{subject:?}");
        assert_ne!(said.value, "not on this board", "{subject:?}");
        assert_eq!(said.sources.first().map(String::as_str), Some("plan, answered 1m ago"), "{subject:?}");
    }
}

#[test]
fn rows_that_count_and_rows_that_do_not() {
    let said = explain(&board(&full()), &id(), &Subject::Gate(GateName::Stories), now());
    assert_eq!(said.value, "Stories ready: no-go (1/2, all)");
    assert_eq!(said.counted, ["PAY-2 Refunds · to do · release 4.2", "PAY-1 Refunds · done · release 4.2"]);
    assert_eq!(said.left_out, ["PAY-3 Refunds · dropped Fri 20 Nov 12:00"]);
    let tests = explain(&board(&full()), &id(), &Subject::Gate(GateName::Tests), now());
    assert_eq!(tests.counted, ["unit: 9 passed, 1 failed, 1 skipped, Fri 20 Nov 12:00"]);
}

#[test]
fn what_is_not_there_is_said_to_be_so() {
    let board = board(&full());
    for subject in [
        Subject::Story(StoryKey::new("X-1")),
        Subject::PullRequest(PullRequestId::new("x#1")),
        Subject::Deployment(DeploymentId::new("x")),
        Subject::Release("x 1".into()),
        Subject::Source(SourceId::new("x")),
    ] {
        assert_eq!(explain(&board, &id(), &subject, now()).value, "not on this board", "{subject:?}");
    }
}

#[test]
fn a_preview_says_that_rows_come_later() {
    let mut preview = board(&full());
    (preview.world, preview.completeness) = (Arc::new(World::default()), Completeness::Preview);
    for subject in subjects() {
        let said = explain(&preview, &id(), &subject, now());
        assert_eq!(said.counted, ["the rows come when the store is open"], "{subject:?}");
        assert!(said.left_out.is_empty());
    }
}

#[test]
fn long_lists_are_cut_and_say_so() {
    let setting =
        (0..500).fold(full(), |setting, number| setting.story(story(&format!("Z-{number}"), Category::ToDo)));
    let said = explain(&board(&setting), &id(), &Subject::Gate(GateName::Stories), now());
    assert_eq!(said.counted.len(), 201);
    assert_eq!(said.counted[200], "… and 302 more");
}
