//! What finished releases teach, from one board to the next.

use std::sync::Arc;

use chrono::Duration;

use crate::domain::{Category, Kind, Release, ReleaseId, StatusMove, Text};
use crate::insight::{
    Board, ForecastDate, ForecastView, Insight, Learned, Subject,
    board::Completeness,
    derive, explain,
    fixture::{Setting, at, id, now, story},
};

/// `payments 4.2` after `finished` releases of three weeks, each with 24 stories of which some
/// came late.
fn after(finished: u32) -> Setting {
    let mut setting = Setting::covering(&[Kind::Stories]);
    for number in 0..finished {
        let start = at(9, 0) - Duration::days(i64::from(21 * (finished - number)));
        let release = Release {
            start: Some(start),
            released_at: Some(start + Duration::days(21)),
            ..Release::named("payments", &format!("3.{number}"))
        };
        for item in 0..24_i64 {
            let mut done = story(&format!("OLD-{number}-{item}"), Category::Done);
            done.releases = vec![release.id.clone()];
            done.created_at = start + Duration::hours(item * (6 + i64::from(number % 4)));
            done.moves = vec![StatusMove {
                at: start + Duration::hours(60 + item * (14 + i64::from(number % 5))),
                to: Category::Done,
            }];
            setting = setting.story(done);
        }
        setting = setting.other(release);
    }
    open(setting, 0, 14)
}

/// With stories from `first` to `until` of the release in the making, a third of them open.
fn open(mut setting: Setting, first: u32, until: u32) -> Setting {
    for number in first..until {
        let mut made = story(&format!("PAY-{number}"), Category::Done);
        if number % 3 == 0 {
            made = story(&format!("PAY-{number}"), Category::ToDo);
        }
        setting = setting.story(made);
    }
    setting
}

fn said(setting: &Setting, learned: &Learned) -> Insight {
    derive(&setting.world(), &setting.health, &setting.policy, learned, now()).0
}

/// How many forecasts were scored, and which share of the 85 % dates held.
fn record(insight: &Insight) -> (u32, Option<f64>) {
    let found = insight.releases.iter().find(|it| it.release.id == id()).unwrap();
    let ForecastView::Dates { scored, held, .. } = found.forecast else { panic!("{:?}", found.forecast) };
    (scored, held)
}

#[test]
fn what_was_learnt_changes_no_answer_but_the_track_record() {
    let learned = Learned::default();
    let before = said(&after(12), &learned);
    assert_eq!(record(&before), (0, None));
    assert_eq!(said(&after(12), &learned), before, "a model that was kept says the same");
    // More is done in the release in the making: nothing new to learn, and the same dates as
    // from nothing.
    let more = open(after(12), 14, 30);
    assert_eq!(said(&more, &learned), said(&more, &Learned::default()));

    assert!(learned.catch_up());
    assert!(!learned.catch_up());
    let after_it = said(&after(12), &learned);
    let (scored, held) = record(&after_it);
    assert!(scored >= 20, "{scored}");
    assert!((0.0..=1.0).contains(&held.unwrap()), "{held:?}");
    assert_eq!(record(&said(&more, &learned)), (scored, held));
    assert!(!learned.catch_up(), "nothing else went out");

    let mut later = said(&after(13), &learned);
    assert_eq!(record(&later), (0, None));
    assert!(learned.catch_up());
    later = said(&after(13), &learned);
    assert!(record(&later).0 > scored);
}

#[test]
fn without_a_finished_release_there_is_no_track_record() {
    let learned = Learned::default();
    assert_eq!(record(&said(&after(0), &learned)), (0, None));
    assert!(!learned.catch_up());
}

#[test]
fn a_forecast_is_the_product_of_its_factors() {
    for (finished, by) in [(0, "the shipped releases of others"), (12, "12 finished releases here and those")]
    {
        let setting = after(finished);
        let learned = Learned::default();
        said(&setting, &learned);
        learned.catch_up();
        let board = Board::derive(
            Text::new("payments"),
            Arc::new(setting.world()),
            setting.health.clone().into(),
            Arc::new(setting.policy.clone()),
            &learned,
            Completeness::Whole,
            now(),
        );
        let answer = board.release(&id()).unwrap();
        let ForecastView::Dates { p50, p85, basis, .. } = &answer.forecast else { panic!() };
        let days = |date: ForecastDate| (date.at().unwrap() - now()).num_minutes() as f64 / 1_440.0;
        assert_eq!(basis.effects.len(), 5);
        assert!(basis.middle_days() > 0.0 && days(*p50) < days(*p85));

        let explained = explain(&board, &ReleaseId::new("payments 4.2"), &Subject::Headline, now());
        let number = |line: &str| -> f64 {
            let digits = line.trim_start_matches(['×', '=', ' ']);
            digits.split(' ').next().unwrap().parse().unwrap()
        };
        let lines: Vec<&str> = explained.counted.iter().map(String::as_str).collect();
        let lines = &lines[lines.iter().position(|line| line.contains(" days are typical")).unwrap()..];
        assert!(lines[0].contains(by), "{}", lines[0]);
        let factors = lines.iter().skip(1).take_while(|line| line.starts_with('×'));
        let product = factors.fold(number(lines[0]), |product, line| product * number(line));
        let middle = lines.iter().position(|line| line.contains("in the middle of the road")).unwrap();
        // The lines are rounded.
        assert!((product / number(lines[middle]) - 1.0).abs() < 0.03, "{lines:#?}");
        let p50_of_lines = number(lines[middle]) * number(lines[middle + 1]);
        assert!((p50_of_lines / number(lines[middle + 2]) - 1.0).abs() < 0.03, "{lines:#?}");
        assert!((number(lines[middle + 2]) - days(*p50)).abs() < 0.06, "{lines:#?}");
    }
}
