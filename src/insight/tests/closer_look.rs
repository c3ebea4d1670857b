//! One pull request looked at closer, and a release as others see it.

use chrono::Duration;

use super::super::{
    CloserLook, ReleaseView, Stage,
    fixture::{ALL_KINDS, Setting, at, build, defect, id, now, pull_request, release},
};
use crate::domain::{
    Category, ChangedFile, Check, CheckOutcome, FileChange, MergedLately, PullRequest, PullRequestDetail,
    PullRequestId, PullRequestState, Release, ReleaseId, Review, ReviewVerdict, Step, Text,
};

use CheckOutcome::{Failed, Passed};

fn checked(number: u64, day: u32, outcome: CheckOutcome) -> PullRequest {
    let state = if number == 100 { PullRequestState::Open } else { PullRequestState::Merged };
    let check =
        Check { name: "refunds".into(), step: Step::Test, required: true, outcome, at: Some(at(day, 8)) };
    PullRequest { checks: vec![check], ..pull_request(number, state) }
}

fn look(setting: &Setting) -> CloserLook {
    CloserLook::of(&setting.board_at(now()), &PullRequestId::new("api#100")).unwrap()
}

#[test]
fn a_check_has_the_history_that_others_gave_it() {
    let earlier = || Release { released_at: Some(at(1, 9)), ..Release::named("payments", "4.1") };
    let of_earlier = |number, day, outcome| PullRequest {
        release: Some(ReleaseId::new("payments 4.1")),
        ..checked(number, day, outcome)
    };
    let turns = [Failed, Passed, Failed, Passed, Passed, Passed];
    let turning =
        turns.iter().zip(1..).map(|(outcome, number)| checked(number, 10 + number as u32, *outcome));
    let cases: Vec<(Vec<PullRequest>, CheckOutcome, &[&str])> = vec![
        (vec![], Failed, &[]),
        (vec![checked(1, 20, Passed)], Failed, &["failed 1 of the last 2 runs"]),
        (
            vec![checked(1, 20, Passed), of_earlier(2, 3, Failed)],
            Failed,
            &["recurring failure", "failed 2 of the last 3 runs", "also failed in 4.1 (api#2)"],
        ),
        (
            vec![checked(1, 20, Failed), checked(2, 19, Failed)],
            Failed,
            &["recurring failure", "failed 3 of the last 3 runs"],
        ),
        (turning.collect(), Passed, &["flaky", "failed 2 of the last 7 runs"]),
        // Passed again, and nothing to say of it.
        (vec![checked(1, 20, Passed)], Passed, &[]),
        // What did not end says nothing.
        (vec![checked(1, 20, CheckOutcome::Running), checked(2, 20, CheckOutcome::Skipped)], Failed, &[]),
    ];
    for (others, outcome, expected) in cases {
        let setting = Setting::covering(&ALL_KINDS).other(earlier()).pull_request(checked(100, 22, outcome));
        let setting = others.into_iter().fold(setting, Setting::pull_request);
        let look = look(&setting);
        assert_eq!(look.check("refunds").unwrap().words(), expected);
    }
    let mut main = build(21, &[("refunds", Failed)]);
    main.repository = "api".into();
    let setting = Setting::covering(&ALL_KINDS).pull_request(checked(100, 22, Failed)).build(main);
    assert_eq!(
        look(&setting).check("refunds").unwrap().words(),
        ["failed 2 of the last 2 runs", "fails on its base, too"]
    );
}

#[test]
fn the_way_through_the_stages_is_told_against_what_is_usual() {
    let mut first = checked(100, 22, Passed);
    first.reviews = vec![Review {
        at: at(18, 12),
        reviewer: "kim".into(),
        verdict: ReviewVerdict::Commented,
        bot: false,
        of_head: None,
    }];
    let look = look(&Setting::covering(&ALL_KINDS).pull_request(first));
    let times: Vec<_> =
        look.timeline.iter().map(|time| (time.stage, time.left.is_some(), time.learnt)).collect();
    // Too few were finished: what is usual is assumed, and said to be.
    let expected =
        [(Stage::Coding, true, false), (Stage::Pickup, true, false), (Stage::Review, false, false)];
    assert_eq!(times, expected);
    assert!(look.timeline.iter().all(|time| time.p50_seconds < time.p85_seconds));
    assert_eq!(look.timeline[1].seconds, 24 * 3_600);
    let nowhere = PullRequestId::new("api#999");
    assert_eq!(CloserLook::of(&Setting::covering(&ALL_KINDS).board_at(now()), &nowhere), None);
}

#[test]
fn files_that_many_or_fixes_change_are_hot() {
    let file = |path: &str| ChangedFile {
        path: Text::new(path),
        change: FileChange::Modified,
        additions: None,
        deletions: None,
    };
    let lately = |number: u64, files: &[&str]| MergedLately {
        id: PullRequestId::new(format!("api#{number}")),
        files: files.iter().map(Text::new).collect(),
    };
    let detail = PullRequestDetail {
        files: Some(vec![file("often"), file("twice"), file("fixed"), file("never")]),
        merged_lately: vec![
            lately(1, &["often", "twice", "fixed"]),
            lately(2, &["often", "twice", "fixed"]),
            lately(3, &["often"]),
        ],
        ..PullRequestDetail::default()
    };
    let setting = |fixes: bool| {
        let base = Setting::covering(&ALL_KINDS).pull_request(checked(100, 22, Passed));
        let base = base.story(defect("PAY-7", Category::Done));
        [1, 2].into_iter().fold(base, |base, number| {
            let stories = if fixes { vec!["PAY-7".into()] } else { Vec::new() };
            base.pull_request(PullRequest { stories, ..checked(number, 20, Passed) })
        })
    };
    for (fixes, expected) in [(false, [true, false, false, false]), (true, [true, true, true, false])] {
        let heat = look(&setting(fixes)).heat(&detail);
        assert_eq!(heat.iter().map(|heat| heat.is_hot).collect::<Vec<_>>(), expected, "{fixes}");
        assert_eq!((heat[0].changed_by, heat[0].fixes), (3, if fixes { 2 } else { 0 }));
    }
}

#[test]
fn a_release_is_told_to_others_in_shares_and_in_what_happened() {
    let merged = PullRequest { merged_at: Some(now() - Duration::hours(3)), ..checked(1, 20, Passed) };
    let before = PullRequest { merged_at: Some(now() - Duration::hours(30)), ..checked(2, 20, Passed) };
    let mut late = checked(100, 22, Failed);
    late.title = "Refund | *retries* @lee".into();
    late.due = Some(at(21, 9));
    let setting = [merged, before, late, pull_request(3, PullRequestState::Closed)]
        .into_iter()
        .fold(Setting::covering(&ALL_KINDS), Setting::pull_request);
    let board = setting.board_at(now());
    let view = ReleaseView::of(&board, board.release(&id()).unwrap(), now());
    assert_eq!(view.title.as_str(), release().id.as_str());
    let shares: Vec<_> = view.steps.iter().map(|step| (step.name, step.done, step.failed, step.of)).collect();
    assert_eq!(shares[1], ("test", 2, 1, 3), "those given up do not count");
    assert_eq!(shares[3], ("merge", 2, 0, 3));
    assert_eq!(view.overdue_words(), "1 of 1 open pull requests are overdue (100 %)");
    let happened: Vec<_> = view.happened.iter().map(|one| (one.what, one.words())).collect();
    let expected = [
        ("pull request merged", "api#1".to_owned()),
        ("pull request with a check that failed", "api#100".to_owned()),
    ];
    assert_eq!(happened, expected);
    let markdown = view.markdown();
    for part in ["# payments 4.2", "- 1 pull request merged: api\\#1", "Refund \\| \\*retries\\* ＠lee"] {
        assert!(markdown.contains(part), "{part}: {markdown}");
    }
    assert!(view.text().contains("merge   #############....... 66.6 %  2 of 3"), "{}", view.text());
}
