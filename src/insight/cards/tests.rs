//! Cards of small worlds, worked out by hand.

mod delivery;
mod demo;
mod effort;
mod flow;
mod independent;
mod plain;
mod quality;
mod quality_independent;
mod same;
mod value_stream;

use chrono::{Duration, TimeZone, Utc};

use super::*;
use crate::{
    domain::{Category, Instant, Kind, Release, ReleaseId, StatusMove, Story, StoryKind, Target, Text},
    insight::fixture::{self, Setting, now},
};

fn day(month: u32, day: u32) -> Instant {
    Utc.with_ymd_and_hms(2026, month, day, 12, 0, 0).unwrap()
}

/// A release of payments that went out so many days after its target, with so many stories.
fn went_out(setting: Setting, version: &str, at: Instant, late_days: i64, stories: u32) -> Setting {
    of_project(setting, "payments", version, at, late_days, stories)
}

fn of_project(
    setting: Setting,
    project: &str,
    version: &str,
    at: Instant,
    late_days: i64,
    stories: u32,
) -> Setting {
    let id = ReleaseId::of(project, version);
    let release = Release {
        start: Some(at - Duration::days(20)),
        target: Some(Target { at: at - Duration::days(late_days), estimated: false }),
        released_at: Some(at),
        ..Release::named(project, version)
    };
    (0..stories).fold(setting.other(release), |setting, number| {
        setting.story(Story {
            kind: StoryKind::Story,
            status: Text::new("Done"),
            category: Category::Done,
            moves: vec![StatusMove { at: at - Duration::days(2), to: Category::Done }],
            releases: vec![id.clone()],
            ..Story::new(format!("{project}-{version}-{number}"), "Refunds", at - Duration::days(15))
        })
    })
}

/// The cells of a row by its first one.
fn row<'a>(card: &'a Card, name: &str) -> Vec<&'a str> {
    let row = card.rows.iter().find(|row| &*row.cells[0] == name);
    row.unwrap_or_else(|| panic!("no row {name}")).cells.iter().map(|cell| &**cell).collect()
}

fn figure(card: &Card, name: &str) -> Option<f64> {
    card.figures.iter().find(|figure| figure.name == name).unwrap().value
}

/// A story that was in each of these statuses from then on.
fn story_with(key: &str, created_at: Instant, moves: &[(Instant, Category)]) -> Story {
    Story {
        category: moves.last().map_or(Category::ToDo, |(_, to)| *to),
        moves: moves.iter().map(|(at, to)| StatusMove { at: *at, to: *to }).collect(),
        ..Story::new(key, "Refunds", created_at)
    }
}

fn study(setting: &Setting) -> Study {
    Study::of(&setting.board_at(now()))
}

#[test]
fn a_card_for_each_question_and_none_claims_what_nobody_knows() {
    let study = study(&Setting::covering(&[Kind::Releases, Kind::Stories]));
    assert_eq!(study.cards.iter().map(|card| card.id).collect::<Vec<_>>(), CardId::ALL);
    for card in &study.cards {
        assert_eq!(card.standing, CardStanding::Unknown, "{}", card.id.name());
        assert!(card.rows.is_empty(), "{}", card.id.name());
        assert_eq!(CardId::named(card.id.name()), Some(card.id));
    }
}

#[test]
fn stories_per_release_against_the_quartiles_of_the_team() {
    // Sizes 2, 4, 6, 8: lower quartile 3.5, median 5. The small ones were 1 and 3 days late.
    let setting = Setting::covering(&[Kind::Releases, Kind::Stories]);
    let setting = went_out(setting, "1.0", day(6, 1), 1, 2);
    let setting = went_out(setting, "1.1", day(7, 1), 3, 4);
    let setting = went_out(setting, "1.2", day(8, 1), -2, 6);
    let all = went_out(setting.clone(), "1.3", day(9, 1), -2, 8);
    let study = study(&all);
    let card = study.card(CardId::StoriesPerRelease).unwrap();
    assert_eq!(
        &*card.sentence,
        "payments 1.3 had 8 stories, which is many; the median of the 4 releases of payments is 5; of all 4 \
         releases the smaller ones were 2d late in the middle, the larger ones 2d early"
    );
    assert_eq!(card.standing, CardStanding::Good);
    let figures: Vec<_> = card.figures.iter().map(|figure| (figure.name, figure.value)).collect();
    assert_eq!(
        figures,
        [
            ("releases", Some(4.0)),
            ("newest", Some(8.0)),
            ("lower_quartile", Some(3.5)),
            ("median", Some(5.0)),
            ("few_below", Some(3.5)),
            ("many_from", Some(5.0)),
            ("median_slip_of_small", Some(2.0)),
            ("median_slip_of_large", Some(-2.0)),
        ]
    );
    let rows: Vec<_> = card.rows.iter().map(|row| (&*row.cells[0], &*row.cells[2], row.standing)).collect();
    assert_eq!(
        rows,
        [
            ("payments 1.3", "8", CardStanding::Good),
            ("payments 1.2", "6", CardStanding::Good),
            ("payments 1.1", "4", CardStanding::Watch),
            ("payments 1.0", "2", CardStanding::Poor),
        ]
    );
    // Three releases do not say what is many.
    let few = Study::of(&setting.board_at(now()));
    let card = few.card(CardId::StoriesPerRelease).unwrap();
    assert_eq!((card.standing, card.left_out.len()), (CardStanding::Told, 1));
}

#[test]
fn a_release_is_judged_by_those_of_its_own_project() {
    use CardStanding::{Good, Poor, Watch};
    // Payments had 2, 3, 4 and 5 stories, ledger 20, 30, 40 and 50; all of them on the day.
    let mut setting = Setting::covering(&[Kind::Releases, Kind::Stories]);
    for (index, stories) in [2, 3, 4, 5].into_iter().enumerate() {
        let month = 2 * index as u32 + 1;
        setting = went_out(setting, &format!("1.{index}"), day(month, 1), 0, stories);
        setting = of_project(setting, "ledger", &format!("1.{index}"), day(month + 1, 1), 0, stories * 10);
    }
    let told = |setting: &Setting| {
        let study = study(setting);
        let card = study.card(CardId::StoriesPerRelease).unwrap().clone();
        let standings: Vec<_> = card.rows.iter().map(|row| row.standing).collect();
        (card, standings)
    };
    let (card, standings) = told(&setting);
    // Newest first, ledger and payments in turn.
    assert_eq!(standings, [Good, Good, Good, Good, Watch, Watch, Poor, Poor]);
    assert_eq!(row(&card, "payments 1.3")[5], "3.5");
    assert_eq!(
        &*card.sentence,
        "ledger 1.3 had 50 stories, which is many; the median of the 4 releases of ledger is 35; of all 8 releases \
         the smaller and the larger ones were both on time in the middle"
    );
    let small = setting.policy(|policy| policy.stories_per_release.few = Some(10));
    let (card, standings) = told(&small);
    assert_eq!(standings, [Good, Poor, Good, Poor, Watch, Poor, Watch, Poor], "by configuration");
    assert_eq!((figure(&card, "few_below"), figure(&card, "many_from")), (Some(10.0), Some(35.0)));
}

#[test]
fn every_card_is_documented() {
    let document = include_str!("../../../docs/insights.md");
    for id in CardId::ALL {
        let section = document.split("\n## ").find(|section| section.starts_with(id.title()));
        let section = section.unwrap_or_else(|| panic!("docs/insights.md has no section {:?}", id.title()));
        assert!(section.contains(&format!("`{}`", id.name())), "{} is not named", id.name());
        assert!(section.contains("Left out"), "{} does not say what it leaves out", id.name());
    }
}
