//! The way of stories, worked out by hand.

use super::*;
use crate::{
    domain::{PullRequest, PullRequestState, Review, ReviewVerdict, StoryKey},
    insight::fixture::at,
};

const KINDS: [Kind; 4] = [Kind::Releases, Kind::Stories, Kind::PullRequests, Kind::Deployments];

/// A story that is a day in each step, and two until production; the weekend of the 7th and
/// 8th does not count.
fn story(key: &str) -> Story {
    story_with(
        key,
        at(2, 12),
        &[(at(3, 12), Category::InProgress), (at(10, 12), Category::InTest), (at(11, 12), Category::Done)],
    )
}

fn pull_request(number: u64, story: &str, first: ReviewVerdict) -> PullRequest {
    let review = |day, verdict| Review {
        at: at(day, 12),
        reviewer: Text::new("kim"),
        verdict,
        bot: false,
        of_head: None,
    };
    PullRequest {
        number: Some(number),
        started_at: Some(at(4, 12)),
        opened_at: Some(at(5, 12)),
        ready_at: Some(at(5, 12)),
        merged_at: Some(at(10, 12)),
        deployed_at: Some(at(13, 12)),
        reviews: vec![review(6, first), review(9, ReviewVerdict::Approved)],
        stories: vec![StoryKey::new(story)],
        ..PullRequest::new(format!("api#{number}"), "api", "Refunds", "lee", "main", PullRequestState::Merged)
    }
}

fn with(stories: u64, first: ReviewVerdict) -> Setting {
    (0..stories).fold(Setting::covering(&KINDS), |setting, number| {
        let key = format!("PAY-{number}");
        setting.story(story(&key)).pull_request(pull_request(number, &key, first))
    })
}

#[test]
fn the_steps_of_a_story_add_up_to_its_way() {
    let setting = with(5, ReviewVerdict::ChangesRequested)
        // Waits for a review since Monday; nobody opened a pull request.
        .story(story_with("PAY-9", at(2, 12), &[(at(16, 12), Category::InReview)]))
        // Nobody knows when it was done.
        .story(Story { category: Category::Done, ..Story::new("PAY-10", "Refunds", at(2, 12)) });
    let study = study(&setting);
    let card = study.card(CardId::ValueStream).unwrap();
    for step in ["to do", "in progress", "coding", "pickup", "review", "merge", "test"] {
        assert_eq!(row(card, step)[1..5], ["5", "24.0h", "24.0h", "24.0h"], "{step}");
    }
    assert_eq!(row(card, "deploy")[1..7], ["5", "2.0d", "2.0d", "2.0d", "100 %", "0"]);
    assert_eq!((row(card, "review")[7], row(card, "test")[7]), ("1", "0"));
    // Eight days since work began, four of them work.
    assert_eq!(figure(card, "flow_efficiency"), Some(0.5));
    assert_eq!(figure(card, "start_to_production_p50"), Some(192.0));
    assert_eq!(figure(card, "constraint_cost"), Some(240.0));
    assert_eq!(
        &*card.sentence,
        "the constraint is deploy: 2.0d of the 8.0d that an item takes on average, 240 hours of all 5 together \
         in 365 days; half take 8.0d or less from the first work to production; 50 % of the time of all is work"
    );
    assert_eq!(card.standing, CardStanding::Good);
    assert_eq!(row(card, "repository api")[1..6], ["5", "8.0d", "8.0d", "8.0d", "50 %"]);
    assert!(card.left_out[0].starts_with("1 item left out"), "{:?}", card.left_out);
    assert!(!card.notes.iter().any(|note| note.contains("candidate")), "five are too few to say so");
}

#[test]
fn what_is_entered_again_adds_up() {
    let returned = story_with(
        "PAY-1",
        at(2, 12),
        &[
            (at(2, 12), Category::InProgress),
            (at(3, 12), Category::InTest),
            (at(4, 12), Category::InProgress),
            (at(5, 12), Category::InTest),
            (at(6, 12), Category::Done),
        ],
    );
    let study = study(&Setting::covering(&KINDS).story(returned));
    let card = study.card(CardId::ValueStream).unwrap();
    assert_eq!(row(card, "in progress")[1..7], ["1", "2.0d", "2.0d", "2.0d", "0 %", "1"]);
    assert_eq!(row(card, "test")[6], "1");
    assert_eq!((figure(card, "flow_efficiency"), card.standing), (Some(1.0), CardStanding::Told));
    assert_eq!(&*card.sentence, "1 item reached production in 365 days: too few to say how long one takes");
}

#[test]
fn a_mean_is_the_same_wherever_it_stands() {
    // Four stories never were in test, six were for a day each: 0.6 days of all ten.
    let mut setting = with(6, ReviewVerdict::ChangesRequested);
    for number in 10..14 {
        let key = format!("PAY-{number}");
        let moves = [(at(3, 12), Category::InProgress), (at(10, 12), Category::Done)];
        setting = setting.story(story_with(&key, at(2, 12), &moves));
    }
    let study = study(&setting);
    let card = study.card(CardId::ValueStream).unwrap();
    assert_eq!(row(card, "test")[1..4], ["6", "14.4h", "24.0h"]);
    let Picture::Parts { bars, .. } = &card.picture else { panic!() };
    let bar = bars.iter().find(|bar| &*bar.label == "test").unwrap();
    assert!(bar.says.starts_with("14.4h"), "{}", bar.says);
    // The means of the steps after the beginning add up to that of the way.
    let sum: f64 = bars.iter().skip(1).map(|bar| bar.parts.iter().sum::<f64>()).sum();
    assert!((sum - figure(card, "start_to_production_mean").unwrap()).abs() < 1e-9, "{sum}");
}

#[test]
fn too_few_in_a_quarter_are_those_of_a_year() {
    let finished = |key: String, days_ago: i64| {
        let end = now() - Duration::days(days_ago);
        let begun = end - Duration::days(7);
        story_with(&key, begun, &[(begun, Category::InProgress), (end, Category::Done)])
    };
    let looked_at = |lately: u32| {
        let mut setting = Setting::covering(&[Kind::Releases, Kind::Stories]);
        for number in 0..lately {
            setting = setting.story(finished(format!("NEW-{number}"), 1 + i64::from(number)));
        }
        // Within the year, and before it.
        for (number, days_ago) in [(0, 91), (1, 200), (2, 364), (3, 366)] {
            setting = setting.story(finished(format!("OLD-{number}"), days_ago));
        }
        let study = study(&setting);
        let card = study.card(CardId::ValueStream).unwrap();
        (figure(card, "days"), figure(card, "items"))
    };
    assert_eq!(looked_at(20), (Some(90.0), Some(20.0)));
    assert_eq!(looked_at(19), (Some(365.0), Some(22.0)));
}

#[test]
fn the_way_is_told_by_team() {
    let setting = with(5, ReviewVerdict::ChangesRequested).policy(|policy| {
        policy.teams = vec![crate::domain::Team {
            name: Text::new("money"),
            repositories: vec![Text::new("API")],
            ..Default::default()
        }];
    });
    let study = study(&setting);
    let card = study.card(CardId::ValueStream).unwrap();
    assert_eq!(row(card, "team money")[1..6], row(card, "repository api")[1..6]);
    assert_eq!(row(card, "team money")[1], "5");
}

#[test]
fn a_step_that_nobody_tells_of_is_unknown_and_not_short() {
    let done =
        story_with("PAY-1", at(2, 12), &[(at(4, 12), Category::InProgress), (at(6, 12), Category::Done)]);
    let said = |kinds: &[Kind], name: &str| {
        let study = study(&Setting::covering(kinds).story(done.clone()));
        let Picture::Parts { bars, .. } = &study.card(CardId::ValueStream).unwrap().picture else { panic!() };
        let bar = bars.iter().find(|bar| &*bar.label == name).unwrap();
        bar.says.split(' ').next().unwrap().to_owned()
    };
    assert_eq!(said(&[Kind::Stories], "pickup"), "unknown");
    assert_eq!(said(&[Kind::Stories, Kind::PullRequests], "pickup"), "–");
    assert_eq!(said(&[Kind::Stories], "in progress"), "2.0d");
}

#[test]
fn steps_that_never_changed_anything_are_named() {
    let candidates = |first| {
        let study = study(&with(20, first));
        let card = study.card(CardId::ValueStream).unwrap();
        let notes = card.notes.iter().filter_map(|note| note.strip_prefix("candidate to "));
        notes.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        candidates(ReviewVerdict::Approved),
        [
            "remove: review, none of 20 reviews said anything, fewer than 15 % do (0 hours of all together in 90 \
             days)",
            "remove: test, none of 20 items came back from it, fewer than 15 % do (480 hours of all together in 90 \
             days)",
            "shorten: pickup, pure waiting, 12.5 % of the way (480 hours of all together in 90 days)",
            // Approved at once: the day of the second review is one of waiting for the merge.
            "shorten: merge, pure waiting, 25 % of the way (960 hours of all together in 90 days)",
            "shorten: deploy, pure waiting, 25 % of the way (960 hours of all together in 90 days)",
        ]
    );
    let said = candidates(ReviewVerdict::ChangesRequested);
    assert_eq!(said.len(), 4, "reviews ask for changes: {said:?}");
}
