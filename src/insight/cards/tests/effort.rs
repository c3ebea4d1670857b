//! What is left and for whom, worked out by hand.

use super::*;
use crate::{domain::Team, insight::fixture::at};

fn setting() -> Setting {
    Setting::covering(&[Kind::Releases, Kind::Stories, Kind::PullRequests])
        .other(Release { released_at: Some(at(6, 12)), ..Release::named("payments", "4.1") })
        .other(Release { released_at: Some(at(6, 12)), ..Release::named("ledger", "1.0") })
        // All of the 90 days are known.
        .story(story_with("OLD-1", now() - Duration::days(100), &[]))
}

/// Done at the beginning of Friday the 20th, after whole weeks of five working days.
fn finished(key: &str, release: &str, owner: Option<&str>, weeks: i64) -> Story {
    let done = at(20, 0);
    let begun = done - Duration::weeks(weeks);
    Story {
        owner: owner.map(Text::new),
        releases: vec![ReleaseId::new(release)],
        ..story_with(key, begun, &[(begun, Category::InProgress), (done, Category::Done)])
    }
}

fn open(key: &str, owner: Option<&str>) -> Story {
    Story {
        owner: owner.map(Text::new),
        releases: vec![ReleaseId::new("payments 4.2")],
        ..story_with(key, at(19, 0), &[])
    }
}

/// Ten stories of payments that took five working days each, all by `owner`.
fn ten(setting: Setting, owner: &str) -> Setting {
    (0..10).fold(setting, |setting, number| {
        setting.story(finished(&format!("PAY-{number}"), "payments 4.1", Some(owner), 1))
    })
}

fn cells<'a>(card: &'a Card, name: &str) -> [&'a str; 5] {
    let row = row(card, name);
    [row[1], row[2], row[3], row[4], row[5]]
}

#[test]
fn only_who_finished_work_of_this_project_makes_it_faster() {
    // ada finished ten times five days in 64 working days. Twenty people of ledger finished
    // far more, and none of it is payments.
    let mut setting = ten(setting(), "ada");
    let alone = study(&setting.clone().story(open("PAY-20", Some("ada"))).story(open("PAY-21", Some("lee"))));
    for person in 0..20 {
        for number in 0..6 {
            let key = format!("LED-{person}-{number}");
            setting = setting.story(finished(&key, "ledger 1.0", Some(&format!("person {person}")), 8));
        }
    }
    setting = setting.story(open("PAY-20", Some("ada"))).story(open("PAY-21", Some("lee")));
    let crowded = study(&setting);
    let [alone, crowded] = [&alone, &crowded].map(|study| study.card(CardId::Effort).unwrap());
    assert_eq!(row(alone, "everybody")[3], "1.0");
    assert_eq!(row(crowded, "everybody")[3], "1.0");
    assert_eq!(row(crowded, "lee")[3], "1.0", "who finished nothing works on one at a time");
    assert!(
        crowded.notes.iter().any(|note| note.contains("by what was finished of payments")),
        "{:?}",
        crowded.notes
    );
}

#[test]
fn what_belongs_to_nobody_is_no_persons_burden() {
    // Five days each, and 2.7 until the target.
    let setting = ten(setting(), "ada")
        .story(open("PAY-20", None))
        .story(open("PAY-21", None))
        .story(open("PAY-22", Some("lee")));
    let study = study(&setting);
    let card = study.card(CardId::Effort).unwrap();
    assert_eq!(
        &*card.sentence,
        "half of 10 finished stories took up to 5.0d, 85 % up to 5.0d; the 3 items left in payments 4.2 add up to 15d of work, \
         15d for all together with 2.7d to go; more than the 2.7d until the target: lee; 2 items (10d) belong to \
         nobody"
    );
    assert_eq!(cells(card, "nobody"), ["2", "10d", "–", "–", "2.7d"]);
    assert_eq!((figure(card, "people_overloaded"), figure(card, "belong_to_nobody")), (Some(1.0), Some(2.0)));
    assert_eq!(card.standing, CardStanding::Poor);
}

#[test]
fn an_estimate_takes_eight_that_were_done() {
    let with = |done: u32| {
        let setting = (0..done).fold(setting(), |setting, number| {
            setting.story(finished(&format!("PAY-{number}"), "payments 4.1", Some("ada"), 1))
        });
        study(&setting.story(open("PAY-20", Some("ada"))))
    };
    let eight = with(8);
    let card = eight.card(CardId::Effort).unwrap();
    assert_eq!((figure(card, "work_left"), figure(card, "not_estimated")), (Some(5.0), Some(0.0)));
    assert_eq!(cells(card, "ada")[..2], ["1", "5.0d"]);
    // Of seven nobody knows: that is not nothing.
    let seven = with(7);
    let card = seven.card(CardId::Effort).unwrap();
    assert_eq!((figure(card, "work_left"), figure(card, "not_estimated")), (None, Some(1.0)));
    for name in ["everybody", "ada"] {
        assert_eq!(cells(card, name), ["1", "–", "1.0", "–", "2.7d"], "{name}");
    }
    assert!(card.sentence.contains("too few like the 1 item left in payments 4.2"), "{}", card.sentence);
    assert_eq!(card.standing, CardStanding::Unknown);
}

#[test]
fn what_is_known_of_some_only_is_a_least() {
    let defect = Story { kind: StoryKind::Defect, ..open("PAY-21", Some("ada")) };
    let study = study(&ten(setting(), "ada").story(open("PAY-20", Some("ada"))).story(defect));
    let card = study.card(CardId::Effort).unwrap();
    assert_eq!(cells(card, "ada")[..2], ["2", "at least 5.0d"]);
    assert!(card.sentence.contains("add up to at least 5.0d of work"), "{}", card.sentence);
}

#[test]
fn what_took_longer_than_all_before_takes_their_median_once_more() {
    // Begun on 2 November: 15 working days until Sunday the 22nd, and none took more than 5.
    let begun = Story {
        owner: Some(Text::new("ada")),
        releases: vec![ReleaseId::new("payments 4.2")],
        ..story_with("PAY-20", at(2, 0), &[(at(2, 0), Category::InProgress)])
    };
    let late = study(&ten(setting(), "ada").story(begun.clone()));
    assert_eq!(figure(late.card(CardId::Effort).unwrap(), "work_left"), Some(5.0));
    // Begun on Thursday the 19th: two of five days are over.
    let moves = vec![StatusMove { at: at(19, 0), to: Category::InProgress }];
    let early = study(&ten(setting(), "ada").story(Story { moves, ..begun }));
    assert_eq!(figure(early.card(CardId::Effort).unwrap(), "work_left"), Some(3.0));
}

#[test]
fn teams_have_what_their_people_have() {
    let teams = vec![
        Team {
            name: Text::new("money"),
            members: vec![Text::new("Ada"), Text::new("lee")],
            ..Team::default()
        },
        Team { name: Text::new("core"), components: vec![Text::new("ledger")], ..Team::default() },
    ];
    let of_core = Story { component: Some(Text::new("Ledger")), ..open("PAY-23", None) };
    let setting = ten(setting(), "ada")
        .story(open("PAY-20", Some("ada")))
        .story(open("PAY-21", Some("lee")))
        .story(of_core)
        .policy(|policy| policy.teams = teams);
    let study = study(&setting);
    let card = study.card(CardId::Effort).unwrap();
    assert_eq!(cells(card, "team money"), ["2", "10d", "1.0", "10d", "2.7d"]);
    assert_eq!(cells(card, "team core"), ["1", "5.0d", "1.0", "5.0d", "2.7d"]);
    assert_eq!(figure(card, "teams_overloaded"), Some(2.0));
    assert!(
        card.sentence.contains("more than the 2.7d until the target: team money, team core, ada and 1 more"),
        "{}",
        card.sentence
    );
}
