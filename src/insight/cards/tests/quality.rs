//! Testing, recurring defects, code analysis, effort and the track record, of small worlds.

use chrono::NaiveDate;

use super::*;
use crate::{
    domain::{
        DayFigures, FindingState, ForecastFigures, PullRequest, PullRequestState, ReleaseFigures, Severity,
        TestRun,
    },
    insight::{
        Subject,
        fixture::{self, ALL_KINDS, at, finding},
    },
};

const HEAD: &str = "1a2b3c4d1a2b3c4d1a2b3c4d1a2b3c4d1a2b3c4d";
const OLD: &str = "9f8e7d6c9f8e7d6c9f8e7d6c9f8e7d6c9f8e7d6c";

/// 4.2 in the making at HEAD, 4.1 out since 6 November as OLD.
fn setting() -> Setting {
    let earlier = Release {
        released_at: Some(at(6, 12)),
        commit: Some(Text::new(OLD)),
        target: Some(Target { at: at(4, 12), estimated: false }),
        ..Release::named("payments", "4.1")
    };
    Setting::covering(&ALL_KINDS).release(|release| release.commit = Some(Text::new(HEAD))).other(earlier)
}

fn run(
    suite: &str,
    version: &str,
    at: Instant,
    commit: &str,
    counts: (u32, u32),
    failures: &[&str],
) -> TestRun {
    TestRun {
        suite: Text::new(suite),
        at,
        release: Some(ReleaseId::of("payments", version)),
        commit: Some(Text::new(commit)),
        passed: counts.0,
        failed: counts.1,
        skipped: 1,
        failures: failures.iter().map(Text::new).collect(),
        milliseconds: None,
    }
}

fn figures(card: &Card) -> Vec<(&'static str, Option<f64>)> {
    card.figures.iter().map(|figure| (figure.name, figure.value)).collect()
}

fn figure_of(card: &Card, name: &str) -> Option<f64> {
    card.figures.iter().find(|figure| figure.name == name).unwrap().value
}

fn cells(card: &Card, row: usize) -> Vec<&str> {
    card.rows[row].cells.iter().map(|cell| &**cell).collect()
}

fn tested() -> Setting {
    let returned = Story {
        component: Some(Text::new("Checkout")),
        category: Category::InProgress,
        moves: vec![
            StatusMove { at: at(18, 12), to: Category::InTest },
            StatusMove { at: at(20, 12), to: Category::InProgress },
        ],
        releases: vec![ReleaseId::new("payments 4.2")],
        ..Story::new("PAY-1", "Refunds", at(9, 12))
    };
    setting()
        .story(returned)
        .test_run(run("unit", "4.1", at(5, 12), OLD, (80, 0), &[]))
        .test_run(run("e2e", "4.1", at(5, 12), OLD, (40, 0), &[]))
        .test_run(run("load", "4.1", at(5, 12), OLD, (5, 0), &[]))
        .test_run(run("unit", "4.2", at(20, 8), HEAD, (100, 0), &[]))
        .test_run(run("unit", "4.2", at(20, 10), HEAD, (90, 10), &["refund_PAY-1_twice"]))
        .test_run(run("e2e", "4.2", at(20, 12), OLD, (50, 0), &[]))
}

#[test]
fn testing_tells_what_fails_what_did_not_run_and_what_ran_on_another_commit() {
    let study = study(&tested());
    let card = study.card(CardId::Testing).unwrap();
    assert_eq!(
        &*card.sentence,
        "payments 4.2: 10 of 150 tests fail; load did not run any more; e2e did not test it as it is now; \
         unit flaky; failing tests returned 1 story of it"
    );
    assert_eq!(card.standing, CardStanding::Poor);
    for (name, value) in [
        ("passed", 140.0),
        ("failed", 10.0),
        ("skipped", 2.0),
        ("passing", 140.0 / 150.0),
        ("suites", 3.0),
        ("suites_not_run", 1.0),
        ("suites_on_another_version", 1.0),
        ("flaky", 1.0),
        ("returned_by_failing_tests", 1.0),
        ("returned_by_others", 0.0),
    ] {
        assert_eq!(figure_of(card, name), Some(value), "{name}");
    }
    // Wilson for 1 of 1: 1/(1 + 1.96²) = 0.2065.
    assert!((figure_of(card, "flaky_at_least").unwrap() - 0.2065).abs() < 1e-3);
    let unit =
        ["payments 4.2 unit", "90", "10", "1", "+20", "–", "–", "1 of 1", "1", "fails: refund_PAY-1_twice"];
    assert_eq!(cells(card, 0), unit);
    assert_eq!(card.rows[0].subject, Some(Subject::Story("PAY-1".into())));
    let what: Vec<_> = card.rows.iter().map(|row| (&*row.cells[0], &*row.cells[9])).collect();
    assert_eq!(
        what[1..],
        [
            ("payments 4.2 e2e", "ran on payments 4.1, not on 1a2b3c4d"),
            ("payments 4.2 load", "did not run any more"),
            ("payments 4.1 e2e", ""),
            ("payments 4.1 load", ""),
            ("payments 4.1 unit", ""),
            ("payments 4.2 returned in Checkout by unit", "PAY-1"),
        ]
    );
}

/// A release that went out on a day of November.
fn out(project: &str, version: &str, day: u32) -> Release {
    Release { released_at: Some(at(day, 12)), ..Release::named(project, version) }
}

#[test]
fn a_release_is_compared_with_the_one_before_it_by_project_and_date() {
    // The newest of the project is not the newest of all, nor the one that stands next on the board.
    let mut setting = setting().other(out("auth", "2.9", 8)).other(out("payments", "5.0", 2));
    for (version, day) in [("3.5", 1), ("3.6", 1), ("3.7", 1), ("3.8", 1), ("3.9", 1)] {
        let release = Release {
            released_at: Some(at(day, version.len() as u32)),
            ..Release::named("payments", version)
        };
        setting = setting.other(release).test_run(run("unit", version, at(1, 1), OLD, (7, 0), &[]));
    }
    let mut elsewhere = run("smoke", "2.9", at(7, 12), OLD, (3, 0), &[]);
    elsewhere.release = Some(ReleaseId::of("auth", "2.9"));
    let setting = setting
        .test_run(elsewhere)
        .test_run(run("unit", "5.0", at(1, 12), OLD, (50, 0), &[]))
        .test_run(run("load", "5.0", at(1, 12), OLD, (5, 0), &[]))
        .test_run(run("unit", "4.1", at(5, 12), OLD, (80, 0), &[]))
        .test_run(run("e2e", "4.1", at(5, 12), OLD, (40, 0), &[]))
        .test_run(run("unit", "4.2", at(20, 8), HEAD, (100, 0), &[]));
    let study = study(&setting);
    let card = study.card(CardId::Testing).unwrap();
    assert_eq!(&*card.sentence, "payments 4.2: all 100 tests pass; e2e did not run any more");
    let rows: Vec<_> = card.rows.iter().map(|row| (&*row.cells[0], &*row.cells[4])).collect();
    assert_eq!(
        rows,
        [
            ("payments 4.2 e2e", "–"),
            ("payments 4.2 unit", "+20"),
            ("payments 4.1 e2e", "–"),
            ("payments 4.1 unit", "+30"),
            ("payments 5.0 load", "–"),
            ("payments 5.0 unit", "+43"),
            ("payments 3.9 unit", "+0"),
            ("payments 3.8 unit", "+0"),
            ("payments 3.7 unit", "+0"),
        ],
        "the five before, and no other project"
    );
    // Nothing of it ran yet: that is what is to be said, and not how the one before did.
    let mut none = setting.clone();
    none.facts.test_runs.retain(|run| run.release != Some(ReleaseId::of("payments", "4.2")));
    let study = Study::of(&none.board_at(now()));
    let card = study.card(CardId::Testing).unwrap();
    assert_eq!(&*card.sentence, "payments 4.2: no test ran; e2e, unit did not run any more");
    assert_eq!(card.standing, CardStanding::Poor);
}

#[test]
fn suites_that_grow_slower_are_told_the_slowest_growing_first() {
    let took = |run: TestRun, seconds: u64| TestRun { milliseconds: Some(seconds * 1_000), ..run };
    let passing = |suite, version, day, commit| run(suite, version, at(day, 12), commit, (10, 0), &[]);
    let mut setting = setting().test_run(passing("smoke", "4.2", 20, HEAD));
    // The one in the middle counts: 60, 300 and 100 seconds, then 90, 420 and 105.
    for (suite, before, now) in [
        ("unit", [60, 10, 600], [90, 95, 20]),
        ("e2e", [300, 299, 301], [420; 3]),
        ("api", [100; 3], [105; 3]),
    ] {
        for (day, (before, now)) in (1..).zip(before.into_iter().zip(now)) {
            setting = setting
                .test_run(took(passing(suite, "4.1", day, OLD), before))
                .test_run(took(passing(suite, "4.2", 15 + day, HEAD), now));
        }
    }
    let study = study(&setting);
    let card = study.card(CardId::Testing).unwrap();
    assert_eq!(
        &*card.sentence,
        "payments 4.2: all 40 tests pass; unit takes 90s, 50 % longer than in payments 4.1"
    );
    let rows: Vec<_> =
        card.rows.iter().take(4).map(|row| (&*row.cells[0], &*row.cells[5], &*row.cells[6])).collect();
    assert_eq!(
        rows,
        [
            ("payments 4.2 unit", "90s", "+50 %"),
            ("payments 4.2 e2e", "7m", "+40 %"),
            ("payments 4.2 api", "105s", "+5 %"),
            ("payments 4.2 smoke", "–", "–"),
        ]
    );
    assert_eq!(figure_of(card, "slowest_growth"), Some(0.5));
    // What one suite does not tell nobody can add up.
    assert_eq!(figure_of(card, "duration"), None);
    assert_eq!(card.notes.iter().map(|note| &**note).collect::<Vec<_>>(), ["1 run without a duration"]);
}

#[test]
fn what_is_required_must_have_run_and_after_the_last_merge() {
    let merged = PullRequest {
        merged_at: Some(at(20, 12)),
        release: Some(ReleaseId::new("payments 4.2")),
        ..fixture::pull_request(1, PullRequestState::Merged)
    };
    let setting = setting()
        .policy(|policy| policy.required_suites = vec![Text::new("smoke"), Text::new("unit")])
        .pull_request(merged);
    for (hour, what, standing) in
        [(11, "ran before the last merge", CardStanding::Poor), (13, "", CardStanding::Poor)]
    {
        let unit = TestRun { commit: None, ..run("unit", "4.2", at(20, hour), HEAD, (9, 0), &[]) };
        let study = study(&setting.clone().test_run(unit));
        let card = study.card(CardId::Testing).unwrap();
        assert_eq!(row(card, "payments 4.2 unit")[9], what);
        assert_eq!(row(card, "payments 4.2 smoke")[9], "never ran, though required");
        assert!(card.sentence.contains("smoke never ran, though required"), "{}", card.sentence);
        assert_eq!(card.standing, standing);
    }
    // Neither is required any more: what ran too early is worth an eye, and no more.
    let free = setting.policy(|policy| policy.required_suites.clear());
    let early = TestRun { commit: None, ..run("unit", "4.2", at(20, 11), HEAD, (9, 0), &[]) };
    let study = study(&free.test_run(early));
    let card = study.card(CardId::Testing).unwrap();
    assert_eq!((card.standing, card.rows.len()), (CardStanding::Watch, 1));
}

#[test]
fn returned_stories_are_those_of_the_release_each_once_and_people_only_where_configured() {
    let story = |key: &str, version: &str, component: &str, owner: &str, back: &[u32]| {
        let moves = back
            .iter()
            .flat_map(|day| [(at(day - 1, 12), Category::InTest), (at(*day, 12), Category::InProgress)]);
        Story {
            component: Some(Text::new(component)),
            owner: Some(Text::new(owner)),
            releases: vec![ReleaseId::of("payments", version)],
            ..story_with(key, at(1, 0), &moves.collect::<Vec<_>>())
        }
    };
    let setting = setting()
        // Twice returned by the same suite, and by another one: it is one story.
        .story(story("PAY-1", "4.2", "Checkout", "lee", &[12, 16, 20]))
        .story(story("PAY-2", "4.2", "Cart", "lee", &[20]))
        // Of the release before, by one of its runs.
        .story(story("PAY-3", "4.1", "Cart", "kim", &[5]))
        // No failing run names it, or the one that does is too old.
        .story(story("PAY-4", "4.2", "Cart", "kim", &[20]))
        .test_run(run("unit", "4.1", at(4, 12), OLD, (9, 1), &["pays_PAY-3"]))
        .test_run(run("unit", "4.2", at(12, 8), HEAD, (9, 1), &["pays_PAY-1"]))
        .test_run(run("unit", "4.2", at(16, 8), HEAD, (9, 2), &["pays_PAY-1", "pays_PAY-4"]))
        .test_run(run("e2e", "4.2", at(20, 8), HEAD, (9, 2), &["buys_PAY-1", "buys_PAY-2"]));
    let of = |setting: &Setting| {
        let study = study(setting);
        let card = study.card(CardId::Testing).unwrap().clone();
        let returned = card.rows.iter().filter(|row| row.cells[0].contains("returned"));
        let cells = |row: &CardRow| [0, 8, 9].map(|cell: usize| row.cells[cell].to_string()).join(" | ");
        (returned.map(cells).collect::<Vec<_>>(), card)
    };
    let (told, card) = of(&setting);
    assert!(card.sentence.ends_with("failing tests returned 2 stories of it"), "{}", card.sentence);
    assert_eq!(figure_of(&card, "returned_by_failing_tests"), Some(2.0));
    assert_eq!(figure_of(&card, "returned_by_others"), Some(1.0));
    let by_suite = [
        "payments 4.2 returned in Cart by e2e | 1 | PAY-2",
        "payments 4.2 returned in Checkout by e2e | 1 | PAY-1",
        "payments 4.2 returned in Checkout by unit | 1 | PAY-1",
    ];
    assert_eq!(told, by_suite);
    assert_eq!(row(&card, "payments 4.2 e2e")[8], "2");
    assert_eq!(row(&card, "payments 4.1 unit")[8], "1", "that is told of its own release");
    let (told, _) = of(&setting.policy(|policy| policy.returned_by_person = true));
    assert_eq!(told[..3], by_suite);
    assert_eq!(told[3..], ["payments 4.2 returned to lee | 2 | PAY-1, PAY-2"]);
}

#[test]
fn tests_that_fail_again_are_no_defects() {
    let setting = recurring()
        .test_run(run("unit", "4.1", at(4, 8), OLD, (9, 2), &["pays_by_card", "ships_abroad"]))
        .test_run(run("unit", "4.2", at(19, 8), HEAD, (9, 2), &["pays_by_card", "ships_abroad"]));
    let study = study(&setting);
    let card = study.card(CardId::RecurringDefects).unwrap();
    assert!(
        card.sentence.starts_with(
            "1 defect came back among 3 reports: Total is wrong after refund; 2 tests failed in two releases or more; "
        ),
        "{}",
        card.sentence
    );
    assert_eq!(figure_of(card, "recurring"), Some(1.0));
    assert_eq!(figure_of(card, "tests_failing_again"), Some(2.0));
    // Defects first, whatever happened lately.
    assert_eq!(cells(card, 0)[0], "Total is wrong after refund");
    assert!(cells(card, 1)[4].starts_with("same test in every release since"), "{:?}", cells(card, 1));
    // Without any defect the tests are told all the same.
    let mut tests = setting;
    tests.facts.stories.retain(|story| story.kind != StoryKind::Defect);
    let study = Study::of(&tests.board_at(now()));
    let card = study.card(CardId::RecurringDefects).unwrap();
    assert!(
        card.sentence.starts_with("no defect was ever reported; 2 tests failed in two releases or more"),
        "{}",
        card.sentence
    );
}

#[test]
fn of_defects_that_came_back_as_often_none_is_the_worst() {
    let again = |setting: Setting, title: &str, key: u32| {
        setting.story(fixed(&format!("PAY-{key}"), "Cart", title, "4.1", 1, &[3])).story(fixed(
            &format!("PAY-{}", key + 1),
            "Cart",
            title,
            "4.2",
            10,
            &[11],
        ))
    };
    let all = ["Total is wrong", "Page stays blank", "Login hangs forever"];
    let of = |count: usize| {
        all.iter()
            .zip((40..).step_by(2))
            .take(count)
            .fold(setting(), |setting, (title, key)| again(setting, title, key))
    };
    // Opened again once more.
    let worse = || of(3).story(fixed("PAY-60", "Cart", "Page stays blank", "4.2", 12, &[13, 15]));
    let both = || worse().story(fixed("PAY-61", "Cart", "Login hangs forever", "4.2", 12, &[13, 15]));
    for (setting, said) in [
        (of(1), "1 defect came back among 2 reports: Total is wrong"),
        (of(2), "2 defects came back among 4 reports, none more often than another"),
        (of(3), "3 defects came back among 6 reports, none more often than another"),
        (worse(), "3 defects came back among 7 reports, most of all Page stays blank"),
        (
            both(),
            "3 defects came back among 8 reports, most of all, and as often, Page stays blank and Login hangs forever",
        ),
    ] {
        let study = study(&setting);
        let sentence = &study.card(CardId::RecurringDefects).unwrap().sentence;
        assert_eq!(sentence.split(';').next(), Some(said));
    }
}

/// A defect with this title, done on these days of November and opened again between.
fn fixed(key: &str, component: &str, title: &str, version: &str, opened: u32, done: &[u32]) -> Story {
    let mut moves = Vec::new();
    for (index, day) in done.iter().enumerate() {
        if index > 0 {
            moves.push(StatusMove { at: at(day - 1, 12), to: Category::InProgress });
        }
        moves.push(StatusMove { at: at(*day, 12), to: Category::Done });
    }
    Story {
        kind: StoryKind::Defect,
        category: Category::Done,
        component: Some(Text::new(component)),
        releases: vec![ReleaseId::of("payments", version)],
        moves,
        ..Story::new(key, title, at(opened, 12))
    }
}

fn recurring() -> Setting {
    let mut setting = setting()
        .story(fixed("PAY-1", "Cart", "Total is wrong after refund", "4.1", 1, &[3]))
        .story(fixed("PAY-2", "Cart", "After refund the total is wrong again", "4.2", 10, &[11, 13]))
        .story(fixed("PAY-3", "Login", "Session ends too early", "4.2", 10, &[12]))
        .test_run(run("unit", "4.2", at(20, 8), HEAD, (100, 1), &["total_wrong_refund"]));
    // Ten stories in Login, none in Cart, one begun in Ledger, of which nobody ever heard.
    for number in 10..20 {
        let story = Story {
            component: Some(Text::new("Login")),
            ..Story::new(format!("PAY-{number}"), "A", at(9, 12))
        };
        setting = setting.story(Story { category: Category::ToDo, ..story });
    }
    let moved = vec![StatusMove { at: at(19, 12), to: Category::InProgress }];
    setting.story(Story {
        component: Some(Text::new("Ledger")),
        category: Category::InProgress,
        moves: moved,
        releases: vec![ReleaseId::new("payments 4.2")],
        ..Story::new("PAY-30", "Books", at(9, 12))
    })
}

#[test]
fn defects_that_come_back_are_recognised_and_told_why() {
    let study = study(&recurring());
    let card = study.card(CardId::RecurringDefects).unwrap();
    assert_eq!(
        &*card.sentence,
        "1 defect came back among 3 reports: Total is wrong after refund; \
         Cart needs more fixes than its share; Ledger changed, and no test or defect speaks of it"
    );
    assert_eq!(
        cells(card, 0),
        [
            "Total is wrong after refund",
            "cart",
            "2",
            "2",
            "same defect in every release since; reopened 1x; back after a fix 1x; a failing test names it"
        ]
    );
    assert_eq!(card.rows[0].subject, Some(Subject::Story("PAY-2".into())));
    assert_eq!(cells(card, 1)[0], "silence of Ledger");
    // Fixes on the 3rd, 11th, 13th (Cart) and 12th (Login): t = (day − 3) / 10.
    let weight = |day: f64| 1.0 / (1.0 + (12.0_f64 - 12.0 * (day - 3.0) / 10.0).exp());
    let Picture::Bars { bars } = &card.picture else { panic!("{:?}", card.picture) };
    let drawn: Vec<_> = bars.iter().map(|bar| (&*bar.label, bar.parts[0])).collect();
    assert_eq!((drawn.len(), drawn[0].0, drawn[1].0), (2, "Cart", "Login"));
    assert!((drawn[0].1 - (weight(3.0) + weight(11.0) + weight(13.0))).abs() < 1e-9);
    assert!((drawn[1].1 - weight(12.0)).abs() < 1e-9);
    // Of 4 fixes Cart should have 1 of (1 + 11 + 2) shares: mean 0.2857, P(3 or more) = 0.0031.
    assert!(
        cells(card, 2)[4].starts_with("more than its share: 0.3 expected, p 0.003"),
        "{:?}",
        cells(card, 2)
    );
    assert_eq!(card.standing, CardStanding::Poor);
}

fn analysed() -> Setting {
    let mut fixed = finding(4, 8, Some(Severity::Low));
    (fixed.state, fixed.closed_at) = (FindingState::Fixed, Some(at(12, 12)));
    let mut dismissed = finding(5, 8, Some(Severity::High));
    dismissed.state = FindingState::Dismissed;
    let mut elsewhere = finding(3, 20, None);
    elsewhere.path = None;
    setting()
        .finding(finding(1, 2, Some(Severity::Critical)))
        .finding(finding(2, 12, Some(Severity::Medium)))
        .finding(elsewhere)
        .finding(fixed)
        .finding(dismissed)
}

#[test]
fn code_analysis_counts_what_is_open_new_and_old() {
    let study = study(&analysed());
    let card = study.card(CardId::CodeAnalysis).unwrap();
    // Opened on the 2nd, 12th and 20th at noon; now is the 22nd, 9:00.
    assert_eq!(
        figures(card),
        [
            ("open", Some(3.0)),
            ("open_severe_or_unrated", Some(2.0)),
            ("new_since_release", Some(2.0)),
            ("new_severe_or_unrated", Some(1.0)),
            ("opened_in_4_weeks", Some(4.0)),
            ("fixed_in_4_weeks", Some(1.0)),
            ("median_age", Some(9.875)),
            ("p85_age", Some(9.875 + 0.7 * 10.0)),
            ("median_time_to_fix", Some(4.0)),
            ("quality_gates", Some(0.0)),
            ("quality_gates_failed", Some(0.0)),
        ]
    );
    assert_eq!(card.standing, CardStanding::Poor);
    let Picture::Lines { series, .. } = &card.picture else { panic!("{:?}", card.picture) };
    let last =
        |index: usize| series[index].values.iter().rev().take(3).map(|v| v.unwrap()).collect::<Vec<_>>();
    // Weeks of the 9th, the 2nd and 26 October; when the dismissed one was closed nobody says.
    assert_eq!(
        [last(0), last(1), last(2)],
        [[2.0, 2.0, 0.0], [1.0, 3.0, 0.0], [1.0, 0.0, 0.0]].map(Vec::from)
    );
    assert_eq!(cells(card, 0), ["payments", "0", "0", "0", "0", "1", "1", "0", "0", "1.9d", ""]);
    assert_eq!(
        cells(card, 1),
        ["payments/src", "1", "0", "1", "0", "0", "1", "1", "1", "19.9d", ""]
            .map(|cell| { if cell == "19.9d" { "20d" } else { cell } })
    );
}

#[test]
fn quality_gates_are_told_beside_the_findings_and_an_analysis_is_none() {
    let remark = |number: u32, rule: &str, title: &str, severity| {
        let mut told = finding(number, 21, severity);
        (told.rule, told.title) = (Text::new(rule), Text::new(title));
        (told.state, told.closed_at, told.path) = (FindingState::Dismissed, Some(at(21, 12)), None);
        told
    };
    let failed = "Sonar way failed: coverage is 70, and must not be less than 80; met: duplications";
    let gate = |severity| remark(8, crate::domain::Finding::QUALITY_GATE, failed, severity);
    let plain = study(&analysed()).card(CardId::CodeAnalysis).unwrap().clone();
    let with = analysed().finding(remark(7, crate::domain::Finding::ANALYSIS, "what was analyzed", None));
    assert_eq!(
        study(&with).card(CardId::CodeAnalysis).unwrap(),
        &plain,
        "an analysis is no dismissed finding"
    );
    let with = with.finding(gate(Some(Severity::Critical)));
    let card = study(&with).card(CardId::CodeAnalysis).unwrap().clone();
    assert_eq!(*card.sentence, format!("the quality gate fails; {}", plain.sentence));
    let [name, .., what] = &card.rows[0].cells[..] else { panic!("{:?}", card.rows) };
    assert_eq!(
        (&**name, &**what, card.rows[0].standing),
        ("quality gate of payments", failed, CardStanding::Poor)
    );
    assert_eq!((&card.rows[1..], &card.notes), (&plain.rows[..], &plain.notes));
    assert_eq!(figure_of(&card, "quality_gates_failed"), Some(1.0));
    let why = crate::insight::explain(
        &with.board_at(now()),
        &ReleaseId::new("payments 4.2"),
        &Subject::Gate(crate::insight::GateName::Findings),
        now(),
    );
    assert!(why.counted[0].starts_with("Sonar way failed: coverage is 70"), "{:?}", why.counted);
    // Without a finding there is one that looked.
    for (severity, sentence, standing) in [
        (Some(Severity::Low), "the quality gate passes; no finding is open", CardStanding::Good),
        (Some(Severity::Critical), "the quality gate fails; no finding is open", CardStanding::Poor),
        (None, "the quality gate neither passes nor fails; no finding is open", CardStanding::Watch),
    ] {
        let study = study(&setting().finding(gate(severity)));
        let card = study.card(CardId::CodeAnalysis).unwrap();
        assert!(card.sentence.starts_with(sentence), "{}", card.sentence);
        assert_eq!(card.standing, standing);
    }
}

/// Ten stories that took 1 to 10 working days, the last of them done on 20 November.
fn estimated() -> Setting {
    let mut setting = setting();
    let days = |days: i64| Duration::days(days);
    for number in 1..=10_i64 {
        // From Monday 2 November on: 5 working days are a week.
        let done = at(2, 0) + days(number + 2 * ((number - 1) / 5));
        let moves = [(at(2, 0), Category::InProgress), (done, Category::Done)];
        setting = setting.story(Story {
            category: Category::Done,
            owner: Some(Text::new("ada")),
            moves: moves.map(|(at, to)| StatusMove { at, to }).to_vec(),
            ..Story::new(format!("PAY-{number}"), "Done", at(1, 0))
        });
    }
    for (number, owner) in [(20, "lee"), (21, "lee"), (22, "ada")] {
        setting = setting.story(Story {
            category: Category::ToDo,
            owner: Some(Text::new(owner)),
            releases: vec![ReleaseId::new("payments 4.2")],
            ..Story::new(format!("PAY-{number}"), "Open", at(1, 0))
        });
    }
    setting
}

#[test]
fn effort_adds_up_what_is_left_for_each_person_until_the_target() {
    let study = study(&estimated());
    let card = study.card(CardId::Effort).unwrap();
    for (name, value) in [
        ("stories_p50", 5.5),
        ("stories_p85", 8.65),
        ("open", 3.0),
        // On average 5.5 days each; until Wednesday 17:00 there are 2 days and 17 hours.
        ("work_left", 16.5),
        ("until_target", 2.0 + 17.0 / 24.0),
        ("people_overloaded", 1.0),
    ] {
        let found = figure_of(card, name).unwrap();
        assert!((found - value).abs() < 1e-9, "{name}: {found} for {value}");
    }
    // lee did nothing in the last 90 days: one at a time, 11 days. ada: 55 days of work in the
    // working days of 90 days.
    let of = |name: &str| card.rows.iter().find(|row| &*row.cells[0] == name).unwrap();
    let lee: Vec<&str> = of("lee").cells.iter().map(|cell| &**cell).collect();
    assert_eq!(lee[..6], ["lee", "2", "11d", "1.0", "11d", "2.7d"]);
    assert_eq!(of("lee").standing, CardStanding::Poor);
    assert_eq!(of("stories").cells[6..], ["10", "5.5d", "8.6d"].map(Text::new));
    assert!(
        card.sentence.contains("the 3 items left in payments 4.2 add up to 16d of work"),
        "{}",
        card.sentence
    );
}

fn day_of(day: u32, target: u32, forecast: [u32; 3]) -> DayFigures {
    let [p50, p85, p95] = forecast.map(|day| at(day, 12));
    DayFigures {
        day: NaiveDate::from_ymd_opt(2026, 11, day).unwrap(),
        at: at(day, 18),
        releases: vec![ReleaseFigures {
            release: ReleaseId::new("payments 4.1"),
            scope: 5,
            ready: 1,
            defects: 0,
            tests_passed: 0,
            tests: 0,
            target: Some(at(target, 12)),
            forecast: Some(ForecastFigures { p50, p85, p95 }),
            verdict: Text::new("go"),
            outlook: Text::new("late"),
            metrics: Vec::new(),
        }],
    }
}

#[test]
fn the_track_record_is_of_what_was_said_at_the_time() {
    // Came on the 6th. First promised for the 3rd, then for the 4th.
    let days = [day_of(1, 3, [3, 5, 8]), day_of(2, 4, [5, 6, 8]), day_of(7, 4, [9, 9, 9])];
    let study = Study::with_days(&setting().board_at(now()), &days);
    let card = study.card(CardId::TrackRecord).unwrap();
    assert_eq!(
        figures(card),
        [
            ("releases_promised", Some(1.0)),
            ("promises_kept", Some(0.0)),
            ("median_late", Some(3.0)),
            ("forecast_days", Some(2.0)),
            ("held_50", Some(0.0)),
            ("held_85", Some(0.5)),
            ("held_95", Some(1.0)),
            ("median_width", Some(4.0)),
            ("scored_afterwards", None),
        ]
    );
    assert_eq!(
        cells(card, 0),
        ["payments 4.1", "Tue 3 Nov", "Fri 6 Nov", "3d late", "1x", "2", "50 %", "2.0d", "4.0d"]
    );
    assert_eq!(card.standing, CardStanding::Poor);
    // Without a history the target of today is all that is known.
    let plain = Study::of(&setting().board_at(now()));
    let card = plain.card(CardId::TrackRecord).unwrap();
    assert_eq!((figure_of(card, "median_late"), figure_of(card, "held_85")), (Some(2.0), None));
}

#[test]
fn order_repetition_and_the_time_zone_change_nothing() {
    for setting in [tested(), recurring(), analysed(), estimated()] {
        let expected = study(&setting).cards;
        let mut other = setting.clone();
        let facts = &mut other.facts;
        facts.stories = facts.stories.iter().rev().flat_map(|one| [one.clone(), one.clone()]).collect();
        facts.findings = facts.findings.iter().rev().flat_map(|one| [one.clone(), one.clone()]).collect();
        facts.test_runs = facts.test_runs.iter().rev().flat_map(|one| [one.clone(), one.clone()]).collect();
        facts.releases.reverse();
        assert_eq!(study(&other).cards, expected);
    }
    // Everything is at noon, so in any zone that is a few hours off each day has the same.
    for setting in [tested(), recurring(), analysed()] {
        let moved = setting.clone().policy(|policy| policy.calendar.zone = chrono_tz::Tz::Europe__Berlin);
        // How long it is until the target depends on when the days of the zone begin.
        let of = |setting: &Setting| {
            let cards = study(setting).cards.into_iter();
            let here = [CardId::Testing, CardId::RecurringDefects, CardId::CodeAnalysis, CardId::TrackRecord];
            cards.filter(|card| here.contains(&card.id)).collect::<Vec<_>>()
        };
        assert_eq!(of(&moved), of(&setting));
    }
}
