//! What is open, week by week and day by day.

use super::*;
use crate::domain::Severity;

fn ago(days: i64) -> Instant {
    now() - Duration::days(days)
}

/// Some hundred items over 80 weeks with all that happens to items, the same for one seed.
pub(super) fn items(seed: u64) -> Vec<Story> {
    let mut rng = fastrand::Rng::with_seed(seed);
    let statuses = [
        Category::ToDo,
        Category::InProgress,
        Category::InReview,
        Category::InTest,
        Category::Done,
        Category::Dropped,
    ];
    let made = (0..400).map(|number| {
        // Not on a full hour, so that no two things happen at once.
        let mut at = ago(rng.i64(1..560)) + Duration::minutes(rng.i64(0..1_000)) - Duration::days(1);
        let created_at = at;
        let mut moves = Vec::new();
        for _ in 0..rng.usize(0..7) {
            at += Duration::minutes(rng.i64(60..40_000));
            if at < now() {
                moves.push((at, statuses[rng.usize(..statuses.len())]));
            }
        }
        let severities = [None, Some(Severity::Low), Some(Severity::High), Some(Severity::Critical)];
        Story {
            kind: if rng.bool() { StoryKind::Story } else { StoryKind::Defect },
            severity: severities[rng.usize(..4)],
            ..story_with(&format!("PAY-{number}"), created_at, &moves)
        }
    });
    made.collect()
}

fn with(items: Vec<Story>) -> Setting {
    items.into_iter().fold(Setting::covering(&[Kind::Releases, Kind::Stories]), Setting::story)
}

fn lines(card: &Card) -> (&[Text], &[Series]) {
    match &card.picture {
        Picture::Lines { steps, series, .. } => (steps, series),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_backlog_that_shrinks_by_one_a_week_is_empty_after_as_many_weeks_as_it_has_items() {
    // 40 items in the week of 31 August; then two come in and three are solved in each of ten
    // whole weeks, and none in this one.
    let monday = day(8, 31);
    let mut made: Vec<Story> =
        (0..40).map(|number| story_with(&format!("OLD-{number}"), monday, &[])).collect();
    for week in 1..=10 {
        let tuesday = monday + Duration::days(week * 7 + 1);
        made.extend((0..2).map(|number| story_with(&format!("NEW-{week}-{number}"), tuesday, &[])));
        for number in 0..3 {
            let index = (week as usize - 1) * 3 + number;
            made[index] = story_with(&made[index].key.to_string(), monday, &[(tuesday, Category::Done)]);
        }
    }
    // Nobody tells when this one was closed.
    made.push(Story { category: Category::Done, ..Story::new("ODD-1", "Refunds", monday) });
    let study = study(&with(made));
    let card = study.card(CardId::OpenedAndSolved).unwrap();
    // 30 weeks after the 22nd of November.
    assert_eq!(
        &*card.sentence,
        "30 are open; in the last 10 whole weeks 2.0 a week came in and 3.0 were closed: empty about 20 Jun 2027 \
         (between 20 Jun 2027 and 20 Jun 2027)"
    );
    assert_eq!(card.standing, CardStanding::Good);
    assert_eq!(row(card, "all"), ["all", "20", "30", "0", "30", "-1.0", "20 Jun 2027", "OLD-30, 82d"]);
    assert_eq!(row(card, "week of 9 Nov"), ["week of 9 Nov", "2", "3", "0", "30", "-1", "", ""]);
    assert_eq!(row(card, "week of 31 Aug"), ["week of 31 Aug", "40", "0", "0", "40", "+40", "", ""]);
    let of_stories = row(card, "week of 9 Nov, stories");
    assert_eq!(of_stories, ["week of 9 Nov, stories", "2", "3", "0", "30", "-1", "", ""]);
    assert!(card.left_out[0].starts_with("1 item left out"), "{:?}", card.left_out);
}

#[test]
fn the_pace_has_its_interval() {
    // Eight whole weeks with a net change of 1, 3, 1, 3, …: mean 2, standard deviation
    // sqrt(8/7), Student's t with 7 degrees of freedom 1.895: 2 ± 1.895 · sqrt(8/7/8).
    let mut made = vec![story_with("OLD", day(9, 14), &[])];
    for week in 0..8_i64 {
        for number in 0..if week % 2 == 0 { 1 } else { 3 } {
            made.push(story_with(&format!("N-{week}-{number}"), day(9, 22) + Duration::days(7 * week), &[]));
        }
    }
    let study = study(&with(made));
    let card = study.card(CardId::OpenedAndSolved).unwrap();
    let margin = 1.895 * (1.0_f64 / 7.0).sqrt();
    for (name, expected) in
        [("net_a_week", 2.0), ("net_a_week_low", 2.0 - margin), ("net_a_week_high", 2.0 + margin)]
    {
        assert!((figure(card, name).unwrap() - expected).abs() < 1e-9, "{name}");
    }
    assert_eq!(card.standing, CardStanding::Poor, "surely growing");
    assert!(card.sentence.ends_with("at this pace it is never empty"), "{}", card.sentence);
}

#[test]
fn what_is_open_is_what_each_item_says_of_itself() {
    for seed in 0..4 {
        let made = items(seed);
        let told = |story: &&Story| {
            !(story.moves.is_empty() && matches!(story.category, Category::Done | Category::Dropped))
        };
        let made: Vec<Story> = made.iter().filter(told).cloned().collect();
        let study = study(&with(made.clone()));
        let card = study.card(CardId::OpenedAndSolved).unwrap();
        let is_open = |category| !matches!(category, None | Some(Category::Done | Category::Dropped));
        let open_at = |at: Instant| made.iter().filter(|story| is_open(story.category_at(at))).count() as f64;
        let (_, series) = lines(card);
        let open = &series[0].values;
        let sunday = Utc.with_ymd_and_hms(2026, 11, 22, 23, 59, 59).unwrap();
        for (back, value) in open.iter().rev().enumerate() {
            let end = sunday - Duration::weeks(i64::try_from(back).unwrap());
            assert_eq!(*value, Some(open_at(end)), "seed {seed}, {back} weeks before");
        }
        assert_eq!(figure(card, "open"), Some(open_at(now())));

        let card = study.card(CardId::CumulativeFlow).unwrap();
        let (steps, series) = lines(card);
        assert_eq!((steps.len(), &*steps[0], &*steps[89]), (90, "25 Aug", "22 Nov"));
        for (name, category) in [
            ("in test", Category::InTest),
            ("in review", Category::InReview),
            ("in progress", Category::InProgress),
            ("to do", Category::ToDo),
        ] {
            let series = series.iter().find(|series| &*series.name == name).unwrap();
            for (back, value) in series.values.iter().rev().enumerate() {
                let end = sunday - Duration::days(i64::try_from(back).unwrap());
                let count = made.iter().filter(|story| story.category_at(end) == Some(category)).count();
                assert_eq!(*value, Some(count as f64), "seed {seed}, {name}, {back} days before");
            }
        }
    }
}

#[test]
fn work_in_progress_that_grew_by_half_needs_somebody() {
    // Ten are under way for a hundred days, and five more since the 9th, the first of 14 days.
    let begun = |key: String, at: Instant| story_with(&key, ago(101), &[(at, Category::InProgress)]);
    let mut made: Vec<Story> = (0..10).map(|number| begun(format!("A-{number}"), ago(100))).collect();
    made.extend((0..5).map(|number| begun(format!("B-{number}"), day(11, 9))));
    let study = study(&with(made));
    let card = study.card(CardId::CumulativeFlow).unwrap();
    assert_eq!(
        &*card.sentence,
        "15 under way; 15 on average in the last 14 days, 10 before: 50 % more; 0 done in 90 days"
    );
    assert_eq!(card.standing, CardStanding::Poor);
    assert_eq!((figure(card, "growth"), figure(card, "days_in_work")), (Some(1.5), None));
}

#[test]
fn where_the_pace_is_not_clear_no_end_is_promised() {
    // Forty items; then three are solved in one week and two come in in the next, eight weeks
    // long: mean −0.5, standard deviation sqrt(8 · 2.5² / 7), 90 % from −2.29 to +1.29.
    let monday = day(9, 14);
    let mut made: Vec<Story> =
        (0..40).map(|number| story_with(&format!("A-{number}"), monday, &[])).collect();
    for week in 0..8_usize {
        let tuesday = day(9, 22) + Duration::weeks(i64::try_from(week).unwrap());
        if week % 2 == 0 {
            for number in 0..3 {
                let index = week / 2 * 3 + number;
                made[index] = story_with(&format!("A-{index}"), monday, &[(tuesday, Category::Done)]);
            }
        } else {
            made.extend((0..2).map(|number| story_with(&format!("B-{week}-{number}"), tuesday, &[])));
        }
    }
    let study = study(&with(made));
    let card = study.card(CardId::OpenedAndSolved).unwrap();
    assert_eq!(
        &*card.sentence,
        "36 are open; in the last 8 whole weeks 1.0 a week came in and 1.5 were closed: may be empty in 16 weeks (13 Mar 2027) at the earliest, or never: the \
         pace is not clear"
    );
    assert_eq!(row(card, "all")[6], "13 Mar 2027 or never");
    assert_eq!(card.standing, CardStanding::Watch);
    assert_eq!((figure(card, "weeks_until_empty"), figure(card, "weeks_until_empty_latest")), (None, None));
    assert!((figure(card, "weeks_until_empty_earliest").unwrap() - 15.7164).abs() < 1e-3);
}

#[test]
fn before_eight_whole_weeks_nobody_tells_a_pace() {
    let study = study(&with(vec![story_with("A-1", day(11, 18), &[])]));
    let card = study.card(CardId::OpenedAndSolved).unwrap();
    assert_eq!(&*card.notes[0], "0 whole weeks are known so far: a pace is told from 8 on");
}

#[test]
fn how_long_one_is_in_work_takes_two_weeks_and_ten_items() {
    let told = |done: usize, days: i64| {
        let begun = ago(days - 1);
        let moves = [(begun, Category::InProgress), (ago(1), Category::Done)];
        let made = (0..done).map(|number| story_with(&format!("A-{number}"), begun, &moves)).collect();
        let study = study(&with(made).release(|release| release.start = None));
        let card = study.card(CardId::CumulativeFlow).unwrap();
        assert_eq!(figure(card, "days_in_work").is_some(), card.sentence.contains("is in work for"));
        figure(card, "days_in_work")
    };
    // Of 14 days ten items are under way at the end of the first 12.
    assert!((told(10, 14).unwrap() - 12.0).abs() < 1e-9);
    assert_eq!(told(9, 14), None);
    assert_eq!(told(10, 13), None);
}
