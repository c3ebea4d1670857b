//! Order, burn-down, outlook and worst-first of releases.

use chrono::{Datelike as _, Duration};

use crate::domain::{
    Category, Kind, PullRequestState, Release, ScopeChange, Severity, StatusMove, Story, StoryKey, StoryKind,
    Target,
};
use crate::insight::{
    CalendarKind, ForecastBasis, ForecastDate, ForecastView, Learned, Outlook, Subject, Unit, Verdict,
    derive, explain,
    fixture::{Setting, at, id, now, pull_request, scope_move, story},
};

fn stories() -> Setting {
    Setting::covering(&[Kind::Stories])
}

fn target(day: i64, estimated: bool) -> Target {
    Target { at: now() + Duration::days(day), estimated }
}

#[test]
fn the_nearest_target_comes_first() {
    let named = |version: &str, target, released: Option<u32>| Release {
        target,
        released_at: released.map(|day| at(day, 1)),
        ..Release::named("payments", version)
    };
    let setting = stories()
        .other(named("later", Some(target(9, false)), None))
        .other(named("estimated", Some(target(1, true)), None))
        .other(named("passed", Some(target(-2, false)), None))
        .other(named("given up", Some(target(-60, false)), None))
        .other(named("undated", None, None))
        .other(named("old", None, Some(3)))
        .other(named("new", None, Some(20)));
    let insight = setting.insight();
    let order: Vec<&str> = insight.releases.iter().map(|it| &*it.release.version).collect();
    assert_eq!(order, ["passed", "estimated", "4.2", "later", "undated", "given up", "new", "old"]);
}

fn days(setting: &Setting) -> Vec<(String, u32, u32)> {
    let days = setting.answer().burn_down.days.clone();
    days.iter().map(|day| (day.day.format("%-d").to_string(), day.scope, day.ready)).collect()
}

fn on(days: &[(String, u32, u32)], day: u32) -> (u32, u32) {
    let found = days.iter().find(|it| it.0 == day.to_string()).unwrap();
    (found.1, found.2)
}

#[test]
fn a_removed_story_stays_in_the_scope_of_the_days_before() {
    let removed = Story {
        releases: Vec::new(),
        scope: vec![scope_move(10, ScopeChange::Added), scope_move(20, ScopeChange::Removed)],
        ..story("PAY-1", Category::ToDo)
    };
    let days = days(&stories().story(removed).story(story("PAY-2", Category::ToDo)));
    for (day, scope) in [(9, 1), (10, 2), (19, 2), (20, 1), (22, 1)] {
        assert_eq!(on(&days, day).0, scope, "{day}");
    }
}

#[test]
fn a_reopened_story_remains_from_that_day_on() {
    let mut reopened = story("PAY-1", Category::InProgress);
    reopened.moves = vec![
        StatusMove { at: at(12, 1), to: Category::Done },
        StatusMove { at: at(18, 1), to: Category::InProgress },
    ];
    let days = days(&stories().story(reopened));
    for (day, ready) in [(11, 0), (12, 1), (17, 1), (18, 0), (22, 0)] {
        assert_eq!(on(&days, day), (1, ready), "{day}");
    }
}

#[test]
fn what_was_dropped_leaves_the_scope_that_day() {
    let days =
        days(&stories().story(story("PAY-1", Category::Dropped)).story(story("PAY-2", Category::ToDo)));
    assert_eq!((on(&days, 19).0, on(&days, 20).0), (2, 1));
}

#[test]
fn the_start_is_configured_or_found() {
    let undated = || stories().release(|it| it.start = None);
    let with = |setting: Setting, created: &[u32]| {
        created.iter().fold(setting, |setting, day| {
            let mut made = story(&format!("PAY-{day}"), Category::ToDo);
            made.created_at = at(*day, 1);
            setting.story(made)
        })
    };
    let before = Release { released_at: Some(at(6, 1)), ..Release::named("payments", "4.1") };
    let elsewhere = Release { released_at: Some(at(7, 1)), ..Release::named("ledger", "1.8") };
    for (case, setting, first) in [
        ("configured", with(stories(), &[3]), Some("9")),
        ("the release before", with(undated().other(before).other(elsewhere.clone()), &[3]), Some("6")),
        ("three in scope", with(undated().other(elsewhere), &[3, 5, 8, 9]), Some("8")),
        ("fewer", with(undated(), &[3, 5]), Some("3")),
        ("none", undated(), None),
    ] {
        assert_eq!(days(&setting).first().map(|day| &*day.0), first, "{case}");
    }
}

#[test]
fn the_ideal_line_rests_on_days_off() {
    // From Monday 9 to Wednesday 25 there are twelve working days.
    let answer = stories().story(story("PAY-1", Category::ToDo)).answer();
    let ideal = |day: &str| {
        let found = answer.burn_down.days.iter().find(|it| it.day.format("%-d").to_string() == day);
        found.unwrap().ideal.unwrap()
    };
    for (day, part) in
        [("9", 0.0), ("10", 1.0), ("13", 4.0), ("14", 4.0), ("15", 4.0), ("16", 5.0), ("22", 9.0)]
    {
        assert!((ideal(day) - (1.0 - part / 12.0)).abs() < 1e-9, "{day}");
    }
    assert!(answer.burn_down.scope_rebuilt);
    let ahead: Vec<_> = answer.burn_down.ideal_ahead.iter().map(|(day, ideal)| (day.day(), *ideal)).collect();
    let expected = [(23, 10.0), (24, 11.0), (25, 12.0)].map(|(day, part)| (day, 1.0 - part / 12.0));
    assert_eq!(ahead.len(), expected.len());
    for (said, expected) in ahead.iter().zip(expected) {
        assert!(said.0 == expected.0 && (said.1 - expected.1).abs() < 1e-9, "{said:?}");
    }
}

#[test]
fn the_ideal_line_ends_at_the_target_and_at_the_end() {
    let days_ahead = |setting: Setting| setting.answer().burn_down.ideal_ahead.len();
    let with = |day| {
        let setting = stories().story(story("PAY-1", Category::ToDo));
        setting.release(|it| it.target = Some(target(day, false)))
    };
    assert_eq!(days_ahead(with(5)), 5);
    assert_eq!(days_ahead(with(-2)), 0, "passed");
    assert!(days_ahead(with(100_000)) <= 800);
    assert_eq!(days_ahead(with(5).release(|it| it.released_at = Some(at(20, 15)))), 0, "it is out");
}

#[test]
fn the_days_of_a_forecast_are_those_of_the_zone() {
    let setting = under_way(20, 20).policy(|it| it.calendar.zone = chrono_tz::Tz::Pacific__Kiritimati);
    let answer = setting.answer();
    let ForecastView::Dates { p50, p85, p95, .. } = answer.forecast else { panic!() };
    let days = [p50, p85, p95].map(|date| setting.policy.calendar.day(date.at().unwrap()));
    assert_eq!(answer.burn_down.forecast_days, Some(days));
    assert_eq!(stories().answer().burn_down.forecast_days, None);
}

#[test]
fn without_stories_pull_requests_are_counted() {
    let setting = stories()
        .pull_request(pull_request(1, PullRequestState::Merged))
        .pull_request(pull_request(2, PullRequestState::Open))
        .pull_request(pull_request(3, PullRequestState::Closed));
    assert_eq!(setting.answer().burn_down.unit, Unit::PullRequests);
    let days = days(&setting);
    assert_eq!([on(&days, 16), on(&days, 17), on(&days, 20)], [(0, 0), (3, 0), (2, 1)]);
}

#[test]
fn a_released_one_ends_on_its_day() {
    let setting =
        stories().story(story("PAY-1", Category::Done)).release(|it| it.released_at = Some(at(20, 15)));
    assert_eq!(days(&setting).last().unwrap().0, "20");
    let answer = setting.answer();
    assert_eq!((answer.outlook, &answer.forecast), (Outlook::Released, &ForecastView::Ready));
}

#[test]
fn a_board_holds_until_a_pull_request_is_slow() {
    let mut setting = stories().release(|it| it.target = None);
    setting.health[0].stale_from = Some(at(30, 0));
    let mut waiting = pull_request(1, PullRequestState::Open);
    (waiting.opened_at, waiting.ready_at) = (Some(at(23, 8)), Some(at(23, 8)));
    setting = setting.pull_request(waiting);
    let until = |hour| {
        derive(&setting.world(), &setting.health, &setting.policy, &Learned::default(), at(23, hour)).1
    };
    // Half of them are looked at within four hours, as long as nothing was learnt.
    assert_eq!(until(9), at(23, 12));
    assert_eq!(until(12), at(24, 0));
}

/// Some done each day, some not.
fn under_way(done: u32, open: u32) -> Setting {
    let mut setting = stories();
    for number in 0..done + open {
        let mut made = story(&format!("PAY-{number}"), Category::ToDo);
        if number < done {
            made.category = Category::Done;
            made.moves = vec![StatusMove { at: at(10 + number % 12, 12), to: Category::Done }];
        }
        setting = setting.story(made);
    }
    setting
}

#[test]
fn the_outlook_follows_the_probability() {
    let outlook = |setting: Setting| setting.answer().outlook;
    let due = |setting: Setting, day: i64, estimated| {
        setting.release(|it| it.target = Some(target(day, estimated)))
    };
    assert_eq!(outlook(due(under_way(40, 2), 400, false)), Outlook::OnTrack);
    assert_eq!(outlook(due(under_way(12, 30), 1, false)), Outlook::Late);
    assert_eq!(outlook(due(under_way(12, 30), -1, false)), Outlook::Late, "passed");
    assert_eq!(outlook(due(under_way(12, 30), 1, true)), Outlook::Unknown, "nobody promised it");
    assert_eq!(outlook(due(under_way(12, 30), -1, true)), Outlook::Unknown, "nobody promised it");
    assert_eq!(outlook(under_way(12, 30).release(|it| it.target = None)), Outlook::Unknown);
    assert_eq!(outlook(due(under_way(12, 0), 1, false)), Outlook::OnTrack, "all ready");
    assert_eq!(outlook(due(under_way(12, 0), -1, true)), Outlook::Unknown, "ready, but nobody promised it");
    assert_eq!(outlook(due(under_way(12, 0), -1, false)), Outlook::OnTrack, "was ready in time");
    assert_eq!(outlook(due(under_way(12, 0), -5, false)), Outlook::Late, "was not ready in time");
    assert_eq!(outlook(due(under_way(0, 9), 30, false)), Outlook::Unknown, "nothing done yet");
    assert_eq!(outlook(due(under_way(0, 0), 30, false)), Outlook::Unknown, "nothing in it");
}

#[test]
fn merged_commits_alone_promise_nothing() {
    let merged = |numbers: std::ops::Range<u64>| {
        let setting = Setting::covering(&[Kind::PullRequests, Kind::Releases])
            .release(|it| it.target = Some(target(-10, true)));
        numbers.fold(setting, |setting, number| {
            setting.pull_request(pull_request(number, PullRequestState::Merged))
        })
    };
    let answer = merged(1..9).answer();
    assert_eq!((answer.verdict, answer.outlook), (Verdict::Unknown, Outlook::Unknown));
    assert!(matches!(answer.forecast, ForecastView::Withheld(_)), "{:?}", answer.forecast);
    assert!(answer.remedies.is_empty(), "nothing is wrong: {:?}", answer.remedies);
    let out = merged(1..9).release(|it| it.released_at = Some(at(20, 1))).answer();
    assert_eq!((out.verdict, out.outlook), (Verdict::Unknown, Outlook::Released));
    // A branch needs a pull request only where there are any.
    let mut branch = pull_request(9, PullRequestState::Open);
    (branch.number, branch.release) = (None, None);
    let next = |setting: Setting| setting.insight().unassigned[0].next.action.to_string();
    assert_eq!(next(merged(1..9).pull_request(branch.clone())), "open a pull request");
    assert_eq!(next(merged(1..1).pull_request(branch)), "merge into main");
}

#[test]
fn dates_are_in_order_and_agree_with_the_probability() {
    let answer = under_way(20, 20).answer();
    let ForecastView::Dates { p50, p85, p95, by_target, scored, held, .. } = answer.forecast else {
        panic!("{:?}", answer.forecast)
    };
    assert!(ForecastDate::By(now()) < p50 && p50 < p85 && p85 < p95);
    assert_eq!((scored, held), (0, None));
    assert!((0.0..=1.0).contains(&by_target.unwrap()));
    let at_p85 =
        under_way(20, 20).release(|it| it.target = Some(Target { at: p85.at().unwrap(), estimated: false }));
    let ForecastView::Dates { by_target, .. } = at_p85.answer().forecast else { panic!() };
    assert!((by_target.unwrap() - 0.85).abs() < 0.01, "{by_target:?}");
}

#[test]
fn a_date_three_years_away_is_none() {
    // One of five thousand is done: no date that the model has is that far.
    let hopeless = (0..3_000).fold(under_way(1, 40), |setting, number| {
        setting.story(story(&format!("MORE-{number}"), Category::ToDo))
    });
    let target = Target { at: now() + Duration::days(1_200), estimated: false };
    let hopeless = hopeless.release(|it| it.target = Some(target));
    let board = hopeless.board_at(now());
    let answer = board.release(&id()).unwrap();
    let ForecastView::Dates { p50, p85, p95, .. } = answer.forecast else { panic!("{:?}", answer.forecast) };
    assert_eq!((p85, p95), (ForecastDate::Beyond, ForecastDate::Beyond), "{p50:?}");
    assert!(board.insight.schedule.calendar.iter().all(|entry| entry.kind != CalendarKind::P85));
    // What is kept of the day is an instant, and is read as what was said.
    let kept = board.day_figures().of(&id()).unwrap().forecast.unwrap();
    assert_eq!(ForecastDate::kept(kept.p85, now()), ForecastDate::Beyond);
    assert_eq!(ForecastDate::kept(kept.p50, now()).at().is_some(), p50.at().is_some());
    // The next visit is told the same, until it has worked out how likely other instants are.
    let told = serde_json::to_value(&answer.forecast).unwrap();
    assert!(told["dates"].as_object().unwrap()["p85"].is_null(), "{told}");
    let mut forecast = answer.forecast.clone();
    if let ForecastView::Dates { likelihood, .. } = &mut forecast {
        assert!(likelihood.take().is_some());
    }
    assert_eq!(serde_json::from_value::<ForecastView>(told).unwrap(), forecast);
    let explained = explain(&board, &id(), &Subject::Headline, now());
    assert!(explained.counted.contains(&"P85 beyond 3 years".to_owned()), "{:#?}", explained.counted);
}

#[test]
fn a_forecast_says_why_its_range_is_wide() {
    let wide = |elapsed_days, widened| ForecastBasis { widened, elapsed_days, ..Default::default() }.wide();
    assert_eq!(wide(2, false).as_deref(), Some("2 days of data"));
    assert_eq!(wide(1, true).as_deref(), Some("1 day of data"));
    assert_eq!(wide(3, true).as_deref(), Some("fewer than 3 open"));
    assert_eq!(wide(3, false), None);
}

#[test]
fn the_worst_story_comes_first() {
    let mut blocked = story("PAY-1", Category::InTest);
    blocked.blocked_by = vec![StoryKey::new("AUTH-1")];
    let mut returned = story("PAY-2", Category::InProgress);
    let step = |day, to| StatusMove { at: at(day, 1), to };
    returned.moves = vec![
        step(10, Category::InReview),
        step(11, Category::InProgress),
        step(20, Category::InTest),
        step(21, Category::InProgress),
    ];
    let mut nobody = story("PAY-3", Category::ToDo);
    nobody.owner = None;
    let setting = stories()
        .story(story("PAY-9", Category::Done))
        .story(story("PAY-5", Category::InReview))
        .story(story("PAY-4", Category::ToDo))
        .story(nobody)
        .story(returned)
        .story(blocked);
    let answer = setting.answer();
    let rows: Vec<_> =
        answer.stories.iter().map(|row| (row.story.key.as_str(), &*row.reason, row.attention)).collect();
    assert_eq!(
        rows,
        [
            ("PAY-1", "blocked by AUTH-1", true),
            ("PAY-2", "returned 2x", true),
            ("PAY-3", "no owner", true),
            ("PAY-4", "", false),
            ("PAY-5", "", false),
            ("PAY-9", "", false),
        ]
    );
    assert_eq!(answer.stories[1].returns, 2);
}

#[test]
fn the_worst_comes_first_whatever_its_status() {
    let of = |key: &str, category, severity, created: u32| {
        let mut made = story(key, category);
        made.kind = StoryKind::Defect;
        made.severity = severity;
        made.moves.iter_mut().for_each(|step| step.at = at(created, 12));
        made.created_at = at(created, 12);
        made
    };
    let nobody = |mut story: Story| {
        story.owner = None;
        story
    };
    let mut overdue = story("PAY-7", Category::InTest);
    overdue.due = Some(at(21, 1));
    let mut soon = nobody(of("PAY-8", Category::ToDo, Some(Severity::Low), 9));
    soon.due = Some(at(24, 1));
    let setting = stories()
        .story(nobody(of("PAY-1", Category::ToDo, Some(Severity::Low), 9)))
        .story(of("PAY-2", Category::InTest, Some(Severity::Critical), 20))
        .story(of("PAY-3", Category::ToDo, Some(Severity::High), 10))
        .story(of("PAY-4", Category::InProgress, Some(Severity::Critical), 12))
        .story(nobody(story("PAY-5", Category::ToDo)))
        .story(overdue)
        .story(soon)
        .policy(|policy| policy.blocking = [Severity::High, Severity::Critical].into());
    let rows = |setting: &Setting| {
        let answer = setting.answer();
        let said = answer
            .stories
            .iter()
            .map(|row| format!("{} {}{}", row.story.key, row.reason, if row.attention { " !" } else { "" }));
        said.collect::<Vec<_>>()
    };
    let worst = ["PAY-4 critical defect !", "PAY-2 critical defect !", "PAY-3 high defect !"];
    let near = ["PAY-5 no owner !", "PAY-8 no owner !", "PAY-7 overdue !", "PAY-1 no owner"];
    assert_eq!(rows(&setting), [&worst[..], &near[..]].concat());
    let far = setting.release(|it| it.target = Some(target(30, false)));
    let far_away = ["PAY-8 no owner !", "PAY-7 overdue !", "PAY-1 no owner", "PAY-5 no owner"];
    assert_eq!(rows(&far), [&worst[..], &far_away[..]].concat());
}

#[test]
fn a_story_is_slow_against_what_is_usual_here() {
    let mut setting = stories();
    for number in 0..20 {
        let mut done = story(&format!("OLD-{number}"), Category::Done);
        done.moves = vec![
            StatusMove { at: at(10, 0), to: Category::InProgress },
            StatusMove { at: at(11, 0), to: Category::Done },
        ];
        setting = setting.story(done);
    }
    let answer = setting.story(story("PAY-1", Category::InProgress)).answer();
    assert_eq!((&*answer.stories[0].reason, answer.stories[0].attention), ("P85 1d", true));
    assert_eq!(answer.stories[0].usual_seconds, Some(86_400));
    assert_eq!(answer.stories[1].usual_seconds, None);
}

#[test]
fn a_board_holds_until_time_alone_changes_an_answer() {
    let setting = stories().release(|it| it.target = Some(target(3, false)));
    let until = |setting: &Setting, at| {
        derive(&setting.world(), &setting.health, &setting.policy, &Learned::default(), at).1
    };
    assert_eq!(until(&setting, now()), now() + Duration::minutes(10), "the source gets stale");
    assert_eq!(until(&setting, now() + Duration::minutes(10)), at(23, 0), "the day ends");
    assert_eq!(until(&setting, at(24, 1)), at(24, 9), "the last day begins");
    assert_eq!(until(&setting, at(25, 1)), at(25, 9) + Duration::milliseconds(1), "the target passes");
    assert_eq!(setting.answer().last_day_from, Some(at(24, 9)));
    assert_eq!(setting.answer().release.id, id());
}
