//! What must not change a card, and how long cards may take.

use std::sync::Arc;

use chrono_tz::Tz;

use super::*;
use crate::{
    domain::{
        Calendar, DayFigures, Deployment, DeploymentState, ForecastFigures, PullRequest, PullRequestState,
        ReleaseFigures, StoryKey,
    },
    insight::fixture,
};

/// A world of everything, all of it `shift` later.
fn world(shift: Duration) -> Setting {
    let kinds = [Kind::Releases, Kind::Stories, Kind::Defects, Kind::PullRequests, Kind::Deployments];
    let mut setting = Setting::covering(&kinds).release(|release| {
        release.start = release.start.map(|at| at + shift);
        release.target = release.target.map(|target| Target { at: target.at + shift, ..target });
    });
    // Some that went out, with what they contained.
    for (version, days, late, stories) in
        [("3.7", 170, 3, 4), ("3.8", 130, 0, 6), ("3.9", 95, -2, 2), ("4.0", 60, 8, 9), ("4.1", 30, 1, 5)]
    {
        setting = went_out(setting, version, now() + shift - Duration::days(days), late, stories);
    }
    let mut rng = fastrand::Rng::with_seed(1);
    for mut story in flow::items(1) {
        story.created_at += shift;
        story.moves.iter_mut().for_each(|change| change.at += shift);
        if rng.u8(..) < 8 {
            story.labels.push(Text::new("incident"));
        }
        story.owner = [None, Some("ada"), Some("lee"), Some("kim")][rng.usize(..4)].map(Text::new);
        if rng.u8(..) < 40 {
            story.releases.push(fixture::id());
        }
        setting = setting.story(story);
    }
    for number in 0..120_u64 {
        let merged_at = now() + shift - Duration::minutes(rng.i64(1_000..250_000));
        setting = setting.pull_request(PullRequest {
            number: Some(number),
            started_at: Some(merged_at - Duration::minutes(rng.i64(2_000..9_000))),
            opened_at: Some(merged_at - Duration::minutes(2_000)),
            ready_at: Some(merged_at - Duration::minutes(rng.i64(10..2_000))),
            merged_at: Some(merged_at),
            deployed_at: Some(merged_at + Duration::minutes(rng.i64(10..900))),
            stories: vec![StoryKey::new(format!("PAY-{}", rng.u32(..400)))],
            ..PullRequest::new(
                format!("api#{number}"),
                "api",
                "Refunds",
                "lee",
                "main",
                PullRequestState::Merged,
            )
        });
        let end = now() + shift - Duration::minutes(rng.i64(1_000..270_000));
        let states = [DeploymentState::Succeeded, DeploymentState::Succeeded, DeploymentState::RolledBack];
        setting = setting.deployment(Deployment {
            state: states[rng.usize(..3)],
            finished_at: Some(end),
            ..fixture::deployment(
                &format!("deploy {number}"),
                "payments 4.2",
                end - Duration::minutes(30),
                60,
            )
        });
    }
    setting
}

/// What the board said on the days before two releases went out, `shift` later.
fn days(shift: Duration) -> Vec<DayFigures> {
    let said = |version: &str, days_ago: i64| {
        let at = now() + shift - Duration::days(days_ago);
        let ahead = |days| at + Duration::days(days);
        DayFigures {
            day: (now() - Duration::days(days_ago)).date_naive(),
            at,
            releases: vec![ReleaseFigures {
                release: ReleaseId::of("payments", version),
                scope: 9,
                ready: 3,
                defects: 1,
                tests_passed: 0,
                tests: 0,
                target: Some(ahead(days_ago % 7)),
                forecast: Some(ForecastFigures { p50: ahead(4), p85: ahead(7), p95: ahead(12) }),
                verdict: Text::new("go"),
                outlook: Text::new("late"),
            }],
        }
    };
    (31..50).map(|ago| said("4.1", ago)).chain((61..80).map(|ago| said("4.0", ago))).collect()
}

/// Cards that say something: what an empty one says never changes.
fn assert_told(cards: &[Card], ids: &[CardId]) {
    for id in ids {
        let card = cards.iter().find(|card| card.id == *id).unwrap();
        assert!(card.standing != CardStanding::Unknown && !card.rows.is_empty(), "{card:?}");
    }
}

#[test]
fn the_order_of_days_and_their_repetition_change_nothing() {
    let of = |shift: Duration, zone: Option<Tz>, change: fn(Vec<DayFigures>) -> Vec<DayFigures>| {
        let mut setting = world(shift);
        if let Some(zone) = zone {
            setting = setting.policy(|policy| policy.calendar = Calendar { zone, ..Calendar::default() });
        }
        let board = setting.board_at(now() + shift);
        let days = change(days(shift));
        Study::with_days(&board, &days).card(CardId::TrackRecord).unwrap().clone()
    };
    let expected = of(Duration::zero(), None, |days| days);
    assert_eq!(figure(&expected, "forecast_days"), Some(38.0));
    let reversed =
        |days: Vec<DayFigures>| days.into_iter().rev().flat_map(|day| [day.clone(), day]).collect();
    assert_eq!(of(Duration::zero(), None, reversed), expected);
    assert_eq!(of(Duration::hours(-5), Some(Tz::Etc__GMTMinus5), |days| days), expected);
}

#[test]
fn order_and_repetitions_change_nothing() {
    let setting = world(Duration::zero());
    let expected = study(&setting).cards;
    assert!(expected.iter().filter(|card| card.standing != CardStanding::Unknown).count() >= 4);
    assert_told(&expected, &[CardId::Effort, CardId::OpenedAndSolved, CardId::ValueStream]);
    let changed = expected.iter().find(|card| card.id == CardId::AutomaticFindings).unwrap();
    assert!(figure(changed, "series_compared").unwrap() >= 3.0, "{changed:?}");
    let mut other = setting.clone();
    other.facts.stories.reverse();
    other.facts.pull_requests.reverse();
    other.facts.deployments.reverse();
    assert_eq!(study(&other).cards, expected, "order");
    other.facts.stories.extend(setting.facts.stories.iter().map(Arc::clone));
    other.facts.pull_requests.extend(setting.facts.pull_requests.iter().map(Arc::clone));
    other.facts.deployments.extend(setting.facts.deployments.iter().map(Arc::clone));
    assert_eq!(study(&other).cards, expected, "repetitions");
}

#[test]
fn what_releases_say_of_themselves_needs_no_order_no_repetition_and_no_time_zone() {
    let of_releases = |setting: &Setting, at: Instant| {
        let study = Study::of(&setting.board_at(at));
        [CardId::Delivery, CardId::StoriesPerRelease, CardId::TrackRecord]
            .map(|id| study.card(id).unwrap().clone())
    };
    let setting = world(Duration::zero());
    let expected = of_releases(&setting, now());
    for card in &expected {
        assert!(card.standing != CardStanding::Unknown && card.rows.len() >= 5, "{card:?}");
    }
    let mut other = setting.clone();
    other.facts.releases.reverse();
    other.facts.stories.reverse();
    other.facts.pull_requests.reverse();
    other.facts.deployments.reverse();
    assert_eq!(of_releases(&other, now()), expected, "order");
    other.facts.releases.extend(setting.facts.releases.iter().map(Arc::clone));
    other.facts.stories.extend(setting.facts.stories.iter().map(Arc::clone));
    assert_eq!(of_releases(&other, now()), expected, "repetitions");
    for (zone, hours) in [(Tz::Etc__GMTMinus5, -5), (Tz::Etc__GMTPlus7, 7)] {
        let shift = Duration::hours(hours);
        let there = world(shift).policy(|policy| {
            policy.calendar = Calendar { zone, ..Calendar::default() };
        });
        assert_eq!(of_releases(&there, now() + shift), expected, "{zone}");
    }
}

#[test]
fn the_same_days_elsewhere_say_the_same() {
    // Five hours east everything happens five hours earlier.
    let shift = Duration::hours(-5);
    let east = world(shift).policy(|policy| {
        policy.calendar = Calendar { zone: Tz::Etc__GMTMinus5, ..Calendar::default() };
    });
    let cards = Study::of(&east.board_at(now() + shift)).cards;
    assert_eq!(cards, study(&world(Duration::zero())).cards);
}

/// `cargo test --release --lib cards_of_five_years -- --ignored --nocapture`
#[test]
#[ignore = "a measurement: means something in a release build only"]
#[expect(clippy::disallowed_methods, clippy::print_stdout, reason = "it measures, and says what")]
fn cards_of_five_years_are_there_before_anybody_waits() {
    let mut setting = Setting::covering(&[Kind::Releases, Kind::Stories]);
    let mut rng = fastrand::Rng::with_seed(1);
    for number in 0..100_000 {
        let mut at = now() - Duration::minutes(rng.i64(100_000..2_600_000));
        let created_at = at;
        let way = [Category::InProgress, Category::InReview, Category::InTest, Category::Done].map(|to| {
            at += Duration::minutes(rng.i64(60..20_000));
            (at, to)
        });
        setting = setting.story(story_with(&format!("PAY-{number}"), created_at, &way));
    }
    let board = setting.board_at(now());
    let begun = std::time::Instant::now();
    let study = Study::of(&board);
    let took = begun.elapsed();
    println!("{} cards of 100,000 stories: {took:?}", study.cards.len());
    assert!(took.as_millis() < 200, "{took:?}");
}
