//! The simulated organisation: what several cards and the recap say of one thing is the same.

use std::{collections::BTreeSet, sync::Arc};

use chrono_tz::Tz;

use super::*;
use crate::{
    domain::{Calendar, Policy, SourceId, World},
    insight::{Completeness, Learned, Recap},
    source::demo::{DemoSettings, Organisation, facts, teams},
};

fn board() -> Board {
    let zone = Tz::Europe__Berlin;
    let settings = DemoSettings::opened(now(), zone);
    let at = settings.picture();
    let facts = facts(&Organisation::new(&settings), at);
    let source = SourceId::new("demo");
    let policy =
        Policy { calendar: Calendar { zone, ..Calendar::default() }, teams: teams(), ..Policy::default() };
    Board::derive(
        Text::new("demo"),
        Arc::new(World::union([(&source, &facts)])),
        [fixture::fresh("demo")].into(),
        Arc::new(policy),
        &Learned::default(),
        Completeness::Whole,
        at,
    )
}

fn cell<'a>(card: &'a Card, name: &str, column: &str) -> &'a str {
    let column = card.columns.iter().position(|it| it.title == column).unwrap();
    row(card, name)[column]
}

#[test]
fn what_is_said_twice_is_the_same() {
    let board = board();
    let study = Study::of(&board);
    let card = |id| study.card(id).unwrap();

    // The recap returns what the card says was returned.
    let sizes = card(CardId::StoriesPerRelease);
    let mut compared = 0;
    for row in &sizes.rows {
        let recap = Recap::of(&board, &ReleaseId::new(&*row.cells[0]), [], &[]).unwrap();
        assert_eq!(row.cells[4].parse::<usize>().unwrap(), recap.returned.len(), "{}", row.cells[0]);
        compared += recap.returned.len();
    }
    assert!(compared > 20, "{compared}");

    // Who is on time on the one card is on the other.
    let promises = card(CardId::TrackRecord);
    let by_card: BTreeSet<_> = sizes.rows.iter().map(|row| (&row.cells[0], &row.cells[3])).collect();
    let by_record: BTreeSet<_> = promises.rows.iter().map(|row| (&row.cells[0], &row.cells[3])).collect();
    assert_eq!(by_card, by_record);
    let kept =
        promises.rows.iter().filter(|row| &*row.cells[3] == "on time" || row.cells[3].ends_with("early"));
    assert!(
        promises.sentence.starts_with(&format!("{} of {} releases", kept.count(), promises.rows.len())),
        "{}",
        promises.sentence
    );

    // A mean is one, and items are stories and defects.
    let stream = card(CardId::ValueStream);
    let deploy = format!("the constraint is deploy: {} of the", cell(stream, "deploy", "mean"));
    assert!(stream.sentence.starts_with(&deploy), "{} {deploy}", stream.sentence);
    let of = |name: &str| cell(stream, name, "items").parse::<f64>().unwrap();
    assert_eq!(figure(stream, "items"), Some(of("stories") + of("defects")));
    for team in teams() {
        assert!(of(&format!("team {}", team.name)) > 0.0, "{}", team.name);
    }

    // Nobody of another product makes payments faster, and what belongs to nobody is no person's.
    let effort = card(CardId::Effort);
    let team = &teams()[0];
    let at_a_time: f64 = cell(effort, "everybody", "at a time").parse().unwrap();
    assert!(at_a_time < 2.0 * team.members.len() as f64, "{at_a_time}");
    let people: Vec<_> =
        effort.rows.iter().filter(|row| &*row.cells[3] != "–").map(|row| &row.cells[0]).collect();
    assert!(people.contains(&&Text::new("team payments")), "{people:?}");
    assert!(!people.contains(&&Text::new("nobody")), "{people:?}");
    assert_eq!(cell(effort, "nobody", "at a time"), "–");
    assert!(effort.sentence.contains("to nobody"), "{}", effort.sentence);
}
