//! Stages, steps, standing and the next step of pull requests.

use chrono::Duration;

use crate::domain::{
    Check, CheckOutcome, DeploymentState, Instant, Kind, Mergeability, PullRequest, PullRequestState, Review,
    ReviewVerdict, Step,
};
use crate::insight::{
    PullRequestRow, Stage, Standing, StepState,
    fixture::{ALL_KINDS, Setting, at, deployment, now, pull_request},
};

fn row(pull_request: PullRequest) -> PullRequestRow {
    let setting = Setting::covering(&[Kind::PullRequests]).pull_request(pull_request);
    setting.answer().pull_requests[0].clone()
}

fn open(change: impl FnOnce(&mut PullRequest)) -> PullRequest {
    let mut open = pull_request(1, PullRequestState::Open);
    change(&mut open);
    open
}

fn review(day: u32, reviewer: &str, verdict: ReviewVerdict) -> Review {
    Review { at: at(day, 12), reviewer: reviewer.into(), verdict, bot: false, of_head: None }
}

fn check(name: &str, step: Step, outcome: CheckOutcome, required: bool) -> Check {
    Check { name: name.into(), step, required, outcome, at: None }
}

use ReviewVerdict::{Approved, ChangesRequested, Commented, Dismissed};

#[test]
fn a_stage_is_entered_and_left() {
    let reviewed = |reviews: Vec<Review>| open(|it| it.reviews = reviews);
    let bot = Review { bot: true, ..review(18, "linter", Approved) };
    for (case, pull_request, stage, since) in [
        (
            "a branch",
            open(|it| (it.opened_at, it.ready_at, it.number) = (None, None, None)),
            Stage::Coding,
            Some(at(16, 12)),
        ),
        ("a draft", open(|it| (it.draft, it.ready_at) = (true, None)), Stage::Coding, Some(at(16, 12))),
        ("a draft again", open(|it| it.draft = true), Stage::Coding, None),
        ("nobody looked", open(|_| {}), Stage::Pickup, Some(at(17, 12))),
        ("only a program looked", reviewed(vec![bot]), Stage::Pickup, Some(at(17, 12))),
        (
            "only the author looked",
            reviewed(vec![review(18, "lee", Commented)]),
            Stage::Pickup,
            Some(at(17, 12)),
        ),
        ("commented", reviewed(vec![review(18, "kim", Commented)]), Stage::Review, Some(at(18, 12))),
        ("approved", reviewed(vec![review(18, "kim", Approved)]), Stage::Merge, Some(at(18, 12))),
        (
            "approved, then changes requested",
            reviewed(vec![review(18, "kim", Approved), review(19, "raj", ChangesRequested)]),
            Stage::Review,
            Some(at(19, 12)),
        ),
        (
            "approved after all",
            reviewed(vec![review(18, "kim", ChangesRequested), review(19, "kim", Approved)]),
            Stage::Merge,
            Some(at(19, 12)),
        ),
        (
            "a comment takes nothing back",
            reviewed(vec![review(18, "kim", Approved), review(19, "kim", Commented)]),
            Stage::Merge,
            Some(at(18, 12)),
        ),
        (
            "taken back",
            reviewed(vec![review(18, "kim", Approved), review(19, "kim", Dismissed)]),
            Stage::Review,
            Some(at(19, 12)),
        ),
        (
            "one of two",
            open(|it| (it.reviews, it.required_approvals) = (vec![review(18, "kim", Approved)], Some(2))),
            Stage::Review,
            Some(at(18, 12)),
        ),
        ("no approval needed", open(|it| it.required_approvals = Some(0)), Stage::Merge, Some(at(17, 12))),
        ("merged", pull_request(1, PullRequestState::Merged), Stage::Done, Some(at(20, 12))),
        ("closed", pull_request(1, PullRequestState::Closed), Stage::Closed, Some(at(20, 12))),
    ] {
        let row = row(pull_request);
        assert_eq!((row.stage, row.since), (stage, since), "{case}");
    }
}

#[test]
fn a_merge_is_on_its_way_until_production() {
    let merged = || Setting::covering(&ALL_KINDS).pull_request(pull_request(1, PullRequestState::Merged));
    let first = |setting: Setting| {
        let row = setting.answer().pull_requests[0].clone();
        (row.stage, row.since, row.steps.deploy)
    };
    assert_eq!(first(merged()), (Stage::Deploy, Some(at(20, 12)), StepState::Waiting));
    let mut done = deployment("done", "payments 4.2", at(21, 10), 60);
    (done.state, done.finished_at) = (DeploymentState::Succeeded, Some(at(21, 11)));
    let deployed = merged().deployment(done);
    assert_eq!(first(deployed), (Stage::Done, Some(at(21, 11)), StepState::Done));
    let released = merged().release(|it| it.released_at = Some(at(21, 1)));
    assert_eq!(first(released), (Stage::Done, Some(at(20, 12)), StepState::Unknown), "went out unseen");
}

#[test]
fn the_next_step_is_the_first_thing_in_the_way() {
    let failing = |required| {
        vec![
            check("unit", Step::Test, CheckOutcome::Failed, required),
            check("docs", Step::Build, CheckOutcome::Passed, true),
        ]
    };
    for (pull_request, who, action) in [
        (open(|it| it.number = None), "lee", "merge into main"),
        (open(|it| it.mergeability = Mergeability::Conflicts), "lee", "resolve conflicts with main"),
        (open(|it| it.checks = failing(true)), "lee", "fix unit"),
        (open(|it| it.checks = failing(false)), "lee", "ask for a review"),
        (
            open(|it| {
                let failed = |name| check(name, Step::Test, CheckOutcome::Failed, false);
                it.checks = vec![failed("unit"), failed("ui")];
            }),
            "lee",
            "fix 2 failed checks",
        ),
        (
            open(|it| it.reviews = vec![review(18, "kim", ChangesRequested)]),
            "lee",
            "answer kim: changes requested",
        ),
        (
            open(|it| {
                it.reviews = vec![review(18, "kim", ChangesRequested)];
                it.requested_reviewers = vec!["kim".into()];
            }),
            "kim",
            "review again",
        ),
        (
            open(|it| {
                it.reviews = vec![review(18, "kim", ChangesRequested), review(18, "raj", ChangesRequested)];
                it.requested_reviewers = vec!["kim".into()];
            }),
            "lee",
            "answer raj: changes requested",
        ),
        (open(|it| it.requested_reviewers = vec!["kim".into(), "raj".into()]), "kim, raj", "review"),
        (
            open(|it| (it.required_approvals, it.reviews) = (Some(2), vec![review(18, "kim", Approved)])),
            "lee",
            "ask for 1 more review",
        ),
        (
            open(|it| {
                (it.mergeability, it.reviews) = (Mergeability::Behind, vec![review(18, "kim", Approved)]);
            }),
            "lee",
            "update from main",
        ),
        (open(|it| it.draft = true), "lee", "finish the draft"),
        (open(|it| it.reviews = vec![review(18, "kim", Approved)]), "lee", "merge"),
        (
            open(|it| {
                it.reviews = vec![review(18, "kim", Approved)];
                it.checks = vec![check("unit", Step::Test, CheckOutcome::Running, true)];
            }),
            "",
            "wait for 1 check",
        ),
        (pull_request(1, PullRequestState::Merged), "", ""),
        (pull_request(1, PullRequestState::Closed), "", ""),
    ] {
        let next = row(pull_request).next;
        let names: Vec<&str> = next.who.iter().map(|name| &**name).collect();
        assert_eq!((names.join(", ").as_str(), &*next.action), (who, action));
    }
}

#[test]
fn what_a_source_does_not_tell_is_unknown_not_failed() {
    let steps = row(open(|it| it.mergeability = Mergeability::Unknown)).steps;
    for state in [steps.build, steps.test, steps.review, steps.merge, steps.deploy] {
        assert_eq!(state, StepState::Unknown);
    }
    let told = row(open(|it| {
        it.checks = vec![
            check("build", Step::Build, CheckOutcome::Passed, true),
            check("unit", Step::Test, CheckOutcome::Failed, false),
        ];
        it.required_approvals = Some(2);
        it.reviews = vec![review(18, "kim", Approved)];
        it.mergeability = Mergeability::Behind;
    }))
    .steps;
    assert_eq!(
        [told.build, told.test, told.review, told.merge],
        [StepState::Done, StepState::Failed, StepState::Part(1, 2), StepState::Failed]
    );
}

#[test]
fn slack_is_what_is_left_after_what_usually_remains() {
    // Without anything learnt: half of the pickups take 4 hours, reviews a day, merges 2 hours.
    // This one waits since Friday noon; today is Sunday, so it has waited for half a day.
    let waiting = |due: Option<Instant>| {
        open(|it| {
            (it.opened_at, it.ready_at, it.due) = (Some(at(20, 12)), Some(at(20, 12)), due);
        })
    };
    let answer = |due| {
        let setting = Setting::covering(&[Kind::PullRequests]).release(|it| it.target = None);
        setting.pull_request(waiting(due)).answer().pull_requests[0].clone()
    };
    // 4 hours more, a day, and 2 hours: from Monday 0:00 on that is Tuesday 6:00.
    let arrival = at(24, 6);
    for (due, slack, standing) in [
        (None, None, Standing::InTime),
        (Some(at(24, 8)), Some(2 * 3_600), Standing::InTime),
        (Some(at(24, 5)), Some(-3_600), Standing::Late),
        (Some(at(22, 8)), Some((at(22, 8) - arrival).num_seconds()), Standing::Overdue),
    ] {
        let row = answer(due);
        assert_eq!((row.slack_seconds, row.standing), (slack, standing), "{due:?}");
    }
}

#[test]
fn the_earliest_date_counts_and_an_estimated_one_does_not() {
    let slack = |change: fn(&mut crate::domain::Release), due: Option<Instant>| {
        let setting = Setting::covering(&[Kind::PullRequests]).release(change);
        setting.pull_request(open(|it| it.due = due)).answer().pull_requests[0].slack_seconds
    };
    let promised = slack(|_| {}, None);
    assert!(promised.is_some());
    assert_eq!(slack(|_| {}, Some(at(30, 1))), promised, "the release is due earlier");
    assert!(slack(|_| {}, Some(at(24, 1))) < promised);
    assert_eq!(slack(|it| it.target.as_mut().unwrap().estimated = true, None), None);
}

#[test]
fn a_team_is_measured_by_its_own() {
    let mut setting = Setting::covering(&[Kind::PullRequests]).release(|it| it.target = None);
    for number in 0..20 {
        let mut done = pull_request(100 + number, PullRequestState::Merged);
        let opened = at(17, 0);
        (done.opened_at, done.ready_at) = (Some(opened), Some(opened));
        done.reviews = vec![Review { at: opened + Duration::minutes(10), ..review(17, "kim", Approved) }];
        setting = setting.pull_request(done);
    }
    let waiting = |hours| {
        open(|it| {
            let since = at(20, 12) - Duration::hours(hours);
            (it.opened_at, it.ready_at) = (Some(since), Some(since));
        })
    };
    let row = setting.pull_request(waiting(0)).answer().pull_requests[0].clone();
    assert_eq!(
        (row.stage, row.standing),
        (Stage::Pickup, Standing::Slow),
        "half a day, where ten minutes are usual"
    );
    assert!(now() > row.since.unwrap());
}
