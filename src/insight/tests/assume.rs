//! "What if?", and the days that steps save.

use std::sync::Arc;

use chrono::Duration;
use proptest::prelude::*;

use crate::domain::{
    Assumed, Assumption, Category, Instant, Kind, MatchRule, PullRequestState, Severity, StoryKey, StoryKind,
    Target, Text,
};
use crate::insight::{
    Board, ForecastView, GateAnswer, GateName, Learned, Outlook, ReleaseInsight, Subject, differences,
    fixture::{Setting, at, defect, id, now, pull_request, scope_move, story},
    parse_assumption, with_assumption,
};

fn assumed(assumption: Assumption) -> Assumed {
    Assumed { release: id(), assumption }
}

fn leave_out(key: &str) -> Assumption {
    Assumption::LeaveOut(StoryKey::new(key))
}

/// What is said of the release once all that is true, `of` the board.
fn if_it_was(of: &Board, assumptions: &[Assumption]) -> Arc<ReleaseInsight> {
    let all: Vec<Assumed> = assumptions.iter().cloned().map(assumed).collect();
    let board = of.assuming(&all, &Learned::default());
    assert_eq!(board.world.assumed, all);
    Arc::clone(board.release(&id()).unwrap())
}

fn gate<'a>(insight: &'a ReleaseInsight, name: &GateName) -> (GateAnswer, &'a str) {
    let gate = insight.gates.iter().find(|gate| gate.name == *name).unwrap();
    (gate.answer, &gate.measured)
}

fn p85(insight: &ReleaseInsight) -> Instant {
    match insight.forecast {
        ForecastView::Dates { p85, .. } => p85.at().unwrap(),
        ref other => panic!("no dates: {other:?}"),
    }
}

/// Thirty stories: most done, some added late; so the scope grows.
fn growing() -> Setting {
    let mut setting = Setting::covering(&[Kind::Stories, Kind::Defects, Kind::PullRequests]);
    for number in 0..30_u32 {
        let category = match number {
            0..24 => Category::Done,
            24..26 => Category::InTest,
            26..28 => Category::InProgress,
            _ => Category::ToDo,
        };
        let mut one = story(&format!("PAY-{number}"), category);
        one.scope = vec![scope_move(9 + number / 3, crate::domain::ScopeChange::Added)];
        one.created_at = at(9 + number / 3, 12);
        for change in &mut one.moves {
            change.at = at(10 + number / 3, 12);
        }
        setting = setting.story(one);
    }
    setting
}

#[test]
fn what_is_assumed_changes_what_it_says_and_nothing_else() {
    let board = growing().board_at(now());
    let truth = if_it_was(&board, &[]);
    assert_eq!(gate(&truth, &GateName::Stories), (GateAnswer::NoGo, "24/30"));

    let open: Vec<Assumption> = (24..30).map(|number| leave_out(&format!("PAY-{number}"))).collect();
    let without = if_it_was(&board, &open);
    assert_eq!(gate(&without, &GateName::Stories), (GateAnswer::Go, "24/24"));
    assert_eq!(without.forecast, ForecastView::Ready);
    assert_eq!(without.stories.len(), 24);
    // What stood in the scope of the days before stands there still.
    let days = |insight: &ReleaseInsight| {
        insight.burn_down.days.iter().map(|day| (day.day, day.scope)).collect::<Vec<_>>()
    };
    let (mut was, is) = (days(&truth), days(&without));
    assert_eq!((was.pop().unwrap().1, is.last().unwrap().1), (30, 24));
    assert_eq!(was, is[..was.len()]);

    let later = at(30, 17) + Duration::days(20);
    let moved = if_it_was(&board, &[Assumption::MoveTarget(later)]);
    assert_eq!(moved.release.target, Some(Target { at: later, estimated: false }));
    assert_eq!(p85(&moved), p85(&truth));
    let chance = |insight: &ReleaseInsight| match insight.forecast {
        ForecastView::Dates { by_target, .. } => by_target.unwrap(),
        _ => panic!("no dates"),
    };
    assert!(chance(&moved) > chance(&truth));

    let frozen = if_it_was(&board, &[Assumption::FreezeScope]);
    let effects = |insight: &ReleaseInsight| match &insight.forecast {
        ForecastView::Dates { basis, .. } => basis.effects.clone(),
        other => panic!("no dates: {other:?}"),
    };
    let (is, was) = (effects(&frozen), effects(&truth));
    assert!(was[2].what.starts_with("the scope grows"), "{was:?}");
    assert_eq!(&*is[2].what, "the scope stays as it is");
    assert_eq!([&is[0], &is[1], &is[3], &is[4]], [&was[0], &was[1], &was[3], &was[4]]);
    assert_eq!(frozen.tally, truth.tally);
}

#[test]
fn a_story_is_left_out_whatever_says_that_it_belongs() {
    let mut labelled = story("PAY-1", Category::ToDo);
    labelled.releases.clear();
    labelled.labels = vec![Text::new("next")];
    let rules = || {
        Setting::covering(&[Kind::Stories, Kind::Defects, Kind::PullRequests])
            .release(|it| {
                it.rules = vec![MatchRule::Label(Text::new("next")), MatchRule::Story(Text::new("PAY-*"))];
            })
            .story(story("PAY-2", Category::Done))
    };
    let linked = |milestone: Option<&str>| {
        let mut request = pull_request(1, PullRequestState::Open);
        request.release = None;
        request.milestone = milestone.map(Text::new);
        request.stories = vec![StoryKey::new("PAY-1")];
        request
    };
    let mut blocking = defect("PAY-9", Category::ToDo);
    blocking.severity = Some(Severity::Critical);
    let mut waits = story("PAY-3", Category::ToDo);
    waits.blocked_by = vec![StoryKey::new("PAY-1")];
    for (setting, left_out, name, before, after) in [
        (
            rules().story(labelled.clone()),
            "PAY-1",
            GateName::Stories,
            (GateAnswer::NoGo, "1/2"),
            (GateAnswer::Go, "1/1"),
        ),
        (rules().story(blocking), "PAY-9", GateName::Defects, (GateAnswer::NoGo, "1"), (GateAnswer::Go, "0")),
        // What belongs only by the story goes with it.
        (
            rules().story(labelled.clone()).pull_request(linked(None)),
            "PAY-1",
            GateName::PullRequests,
            (GateAnswer::NoGo, "0/1"),
            (GateAnswer::NotNeeded, ""),
        ),
        // What waits for it waits for something elsewhere then.
        (
            rules().story(labelled).story(waits),
            "PAY-1",
            GateName::Blocked,
            (GateAnswer::Go, "0"),
            (GateAnswer::NoGo, "1"),
        ),
    ] {
        let board = setting.board_at(now());
        assert_eq!(gate(&if_it_was(&board, &[]), &name), before, "{left_out}");
        assert_eq!(gate(&if_it_was(&board, &[leave_out(left_out)]), &name), after, "{left_out}");
    }
}

#[test]
fn days_saved_are_what_the_board_then_says() {
    let mut outlooks = Vec::new();
    for days in [3, 15, 30, 60, 90, 120] {
        let target = now() + Duration::days(days);
        let setting = growing().release(|it| it.target = Some(Target { at: target, estimated: false }));
        let board = setting.board_at(now());
        let truth = if_it_was(&board, &[]);
        let told: Vec<_> = truth.remedies.iter().filter(|it| it.days_saved.is_some()).collect();
        assert!(!told.is_empty());
        // Those that save days first, the most days first; then those that turn a gate.
        let saved: Vec<f64> =
            truth.remedies.iter().map(|remedy| remedy.days_saved.unwrap_or(f64::MIN)).collect();
        assert!(saved.is_sorted_by(|one, other| one >= other), "{saved:?}");
        for remedy in told {
            let then = if_it_was(&board, &remedy.what_if);
            let sooner = (p85(&truth) - p85(&then)).num_minutes() as f64 / 1440.0;
            let days = remedy.days_saved.unwrap();
            // Dates are to the minute.
            assert!((sooner - days).abs() < 2.0 / 1440.0, "{}: {days} and {sooner}", remedy.action);
            assert!(remedy.outlook.is_none_or(|outlook| outlook == then.outlook), "{}", remedy.action);
            assert_eq!(remedy.outlook.is_some(), then.outlook != truth.outlook, "{}", remedy.action);
            assert_eq!(remedy.gate, None);
            outlooks.extend(remedy.outlook);
        }
    }
    assert!(outlooks.contains(&Outlook::OnTrack), "{outlooks:?}");
}

#[test]
fn what_is_expected_to_take_longest_is_left_out_first() {
    let answer = growing().answer();
    let said: Vec<_> = answer.remedies.iter().map(|it| (&*it.action, it.subject.clone())).collect();
    let story = |key: &str| Some(Subject::Story(StoryKey::new(key)));
    assert_eq!(said[0], ("leave out PAY-28", story("PAY-28")));
    assert!(said.contains(&("finish or leave out 6 stories", story("PAY-26"))), "{said:?}");
    // Where nothing is done there is no pace to go by, and no number.
    let setting =
        Setting::covering(&[Kind::Stories]).story(super::super::fixture::story("PAY-1", Category::ToDo));
    assert!(setting.answer().remedies.iter().all(|it| it.days_saved.is_none() && it.gate.is_some()));
}

#[test]
fn assumptions_are_read_as_people_write_them() {
    let board = growing().board_at(now());
    let insight = board.release(&id()).unwrap();
    let calendar = &board.policy.calendar;
    let target = |day, hour| Ok(Assumption::MoveTarget(at(day, hour)));
    for (written, meant) in [
        ("leave-out PAY-7", Ok(leave_out("PAY-7"))),
        ("leave-out=pay-7", Ok(leave_out("PAY-7"))),
        ("freeze-scope", Ok(Assumption::FreezeScope)),
        ("target +3d", target(28, 17)),
        ("target=-1d", target(24, 17)),
        ("target 2026-11-30 12:00", target(30, 12)),
        ("leave-out", Err("which story?")),
        ("leave-out AUTH-1", Err("has no story \"AUTH-1\"")),
        ("target 3d", Err("is no target; write +3d")),
        ("target +soon", Err("is no target")),
        ("target +-3d", Err("is no target")),
        ("target", Err("is no target")),
        ("freeze-scope now", Err("is no assumption; write leave-out KEY")),
        ("", Err("is no assumption")),
    ] {
        match (parse_assumption(written, insight, now(), calendar), meant) {
            (Ok(found), Ok(meant)) => assert_eq!(found, assumed(meant), "{written}"),
            (Err(said), Err(part)) => assert!(said.contains(part), "{written}: {said}"),
            (found, meant) => panic!("{written}: {found:?}, not {meant:?}"),
        }
    }
    let out = growing().release(|it| it.released_at = Some(at(21, 1))).answer();
    assert!(parse_assumption("freeze-scope", &out, now(), calendar).unwrap_err().contains("went out"));

    let twice = with_assumption(&[assumed(leave_out("PAY-7"))], assumed(leave_out("PAY-7")));
    assert_eq!(twice.len(), 1);
    let moved = with_assumption(&twice, assumed(Assumption::MoveTarget(at(26, 1))));
    let moved = with_assumption(&moved, assumed(Assumption::MoveTarget(at(27, 1))));
    assert_eq!(moved, [assumed(leave_out("PAY-7")), assumed(Assumption::MoveTarget(at(27, 1)))]);
}

#[test]
fn differences_stand_beside_the_truth() {
    let board = growing().board_at(now());
    let truth = if_it_was(&board, &[]);
    let calendar = &board.policy.calendar;
    assert_eq!(differences(&truth, &truth, calendar), []);
    let open: Vec<Assumption> = (24..30).map(|number| leave_out(&format!("PAY-{number}"))).collect();
    let without = if_it_was(&board, &open);
    let found = differences(&truth, &without, calendar);
    let said: Vec<_> = found.iter().map(|it| (&*it.what, &*it.assumed)).collect();
    assert_eq!(
        said,
        [
            ("P50", "ready"),
            ("P85", "ready"),
            ("outlook", "on track"),
            ("verdict", "go"),
            ("Stories ready", "go 24/24")
        ]
    );
    assert_eq!(without.outlook, Outlook::OnTrack);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whatever is left out: the forecast is that of the model with so many fewer open, and
    /// nothing assumed is the truth.
    #[test]
    fn leaving_restores_and_the_model_answers(
        stories in proptest::collection::vec((0_i64..330, 0_usize..4, any::<bool>(), any::<bool>()), 2..16),
        out in proptest::collection::vec(any::<bool>(), 16),
    ) {
        let mut setting = Setting::covering(&[Kind::Stories])
            .story(story("DONE-1", Category::Done)).story(story("DONE-2", Category::Done))
            .story(story("OPEN-1", Category::ToDo));
        for (index, (hours, category, has_history, is_defect)) in stories.iter().enumerate() {
            let category = [Category::ToDo, Category::InTest, Category::Done, Category::Dropped][*category];
            let mut one = story(&format!("PAY-{index}"), category);
            one.created_at = at(9, 0) + Duration::hours(*hours);
            for change in &mut one.moves {
                change.at = change.at.max(one.created_at);
            }
            if *has_history {
                let entered = one.created_at + Duration::hours(5);
                one.scope = vec![crate::domain::ScopeMove {
                    at: entered.min(now()), ..scope_move(9, crate::domain::ScopeChange::Added)
                }];
            }
            if *is_defect {
                one.kind = StoryKind::Defect;
            }
            setting = setting.story(one);
        }
        let board = setting.board_at(now());
        let same = board.assuming(&[], &Learned::default());
        prop_assert_eq!(&*same.insight, &*board.insight);

        let truth = board.release(&id()).unwrap();
        let open: Vec<_> = truth.stories.iter().filter(|row| row.open).collect();
        let chosen: Vec<Assumption> = open.iter().zip(&out).filter(|(_, out)| **out)
            .map(|(row, _)| Assumption::LeaveOut(row.story.key.clone())).collect();
        let stories = open.iter().zip(&out)
            .filter(|(row, out)| **out && row.story.kind == StoryKind::Story).count();
        let then = if_it_was(&board, &chosen);
        prop_assert_eq!(then.tally.stories as usize + stories, truth.tally.stories as usize);
        if let (ForecastView::Dates { basis: is, .. }, ForecastView::Dates { basis: was, .. }) =
            (&then.forecast, &truth.forecast)
        {
            // All that the model was told but what is open and what share is done stays.
            prop_assert_eq!(&is.effects[2], &was.effects[2], "growth");
            prop_assert_eq!(&is.effects[3], &was.effects[3], "elapsed");
            if stories == 0 {
                prop_assert_eq!(&then.forecast, &truth.forecast);
            }
        }
    }
}
