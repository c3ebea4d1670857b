//! Effort, stories per release, opened and solved, and the track record, computed once more in
//! another, plainer way over generated worlds: both must agree.

use std::sync::Arc;

use chrono::NaiveDate;
use proptest::prelude::*;

use super::*;
use crate::domain::{DayFigures, ForecastFigures, ReleaseFigures, Severity};

/// Whether an item counts in a line.
type IsOf = fn(&Story) -> bool;

const OWNERS: [Option<&str>; 4] = [None, Some("ada"), Some("lee"), Some("kim")];

fn hours_ago(hours: i64) -> Instant {
    now() - Duration::hours(hours)
}

fn is_near(found: Option<f64>, expected: Option<f64>) -> bool {
    match (found, expected) {
        (Some(found), Some(expected)) => (found - expected).abs() < 1e-6,
        (found, expected) => found.is_none() && expected.is_none(),
    }
}

/// The number that splits the sorted ones by `share`: what lies between two is split evenly.
fn split(numbers: &[f64], share: f64) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = (sorted.len() - 1) as f64 * share;
    let before = sorted[place as usize];
    let after = sorted.get(place as usize + 1).copied().unwrap_or(before);
    before * (1.0 - place.fract()) + after * place.fract()
}

/// A piece of work, in hours before now.
#[derive(Clone, Debug)]
struct Task {
    is_defect: bool,
    owner: usize,
    begun: i64,
    /// None: it is open.
    done: Option<i64>,
    is_of_ledger: bool,
}

fn task() -> impl Strategy<Value = Task> {
    let length = prop::option::weighted(0.8, 1_i64..600);
    (any::<bool>(), 0_usize..4, 1_i64..2_900, length, prop::bool::weighted(0.2)).prop_map(
        |(is_defect, owner, begun, length, is_of_ledger)| Task {
            is_defect,
            owner,
            begun,
            done: length.map(|length| (begun - length).max(0)),
            is_of_ledger,
        },
    )
}

fn board_of(tasks: &[Task]) -> Setting {
    let mut setting = Setting::covering(&[Kind::Releases, Kind::Stories])
        .other(Release::named("ledger", "1.0"))
        // All of the 90 days are known.
        .story(story_with("OLD-1", hours_ago(3_000), &[]));
    for (number, task) in tasks.iter().enumerate() {
        let begun = hours_ago(task.begun);
        let mut moves = vec![(begun, Category::InProgress)];
        moves.extend(task.done.map(|done| (hours_ago(done), Category::Done)));
        let release = if task.is_of_ledger { "ledger 1.0" } else { "payments 4.2" };
        setting = setting.story(Story {
            kind: if task.is_defect { StoryKind::Defect } else { StoryKind::Story },
            owner: OWNERS[task.owner].map(Text::new),
            releases: vec![ReleaseId::new(release)],
            ..story_with(&format!("T-{number}"), begun, &moves)
        });
    }
    setting
}

/// Hours of working days from one hour before now until another one.
fn worked(from: i64, until: i64) -> f64 {
    let calendar = crate::domain::Calendar::default();
    let is_worked = |hour: &i64| calendar.is_working(calendar.day(hours_ago(*hour)));
    (until + 1..=from).filter(is_worked).count() as f64
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn effort_is_that_of_a_plain_count(tasks in prop::collection::vec(task(), 20..60)) {
        let study = study(&board_of(&tasks));
        let card = study.card(CardId::Effort).unwrap();
        let took = |is_defect: bool| -> Vec<f64> {
            let alike = tasks.iter().filter(|task| task.is_defect == is_defect);
            alike.filter_map(|task| Some(worked(task.begun, task.done?) / 24.0)).collect()
        };
        let left = |task: &Task| {
            let took = took(task.is_defect);
            if took.len() < 8 {
                return None;
            }
            let spent = worked(task.begun, 0) / 24.0;
            let rest: Vec<f64> = took.iter().map(|took| took - spent).filter(|rest| *rest > 0.0).collect();
            Some(if rest.is_empty() { split(&took, 0.5) } else { rest.iter().sum::<f64>() / rest.len() as f64 })
        };
        let quarter = 90 * 24;
        let at_a_time = |owner: Option<usize>| {
            let done = tasks.iter().filter(|task| !task.is_of_ledger);
            let done = done.filter(|task| owner.is_none_or(|owner| task.owner == owner));
            let spent = done.filter_map(|task| {
                let done = task.done.filter(|done| *done < quarter)?;
                Some(worked(task.begun.min(quarter), done))
            });
            (spent.sum::<f64>() / worked(quarter, 0)).max(1.0)
        };
        let open: Vec<&Task> = tasks.iter().filter(|task| task.done.is_none() && !task.is_of_ledger).collect();
        let sum = |open: &[&Task]| {
            let known: Vec<f64> = open.iter().filter_map(|task| left(task)).collect();
            (!known.is_empty() || open.is_empty()).then(|| known.iter().sum::<f64>())
        };
        // From Sunday 9:00 until Wednesday 17:00.
        let until_target = 2.0 + 17.0 / 24.0;
        let people = (1..4).filter_map(|owner| {
            let own: Vec<&Task> = open.iter().copied().filter(|task| task.owner == owner).collect();
            Some(sum(&own).filter(|_| !own.is_empty())? / at_a_time(Some(owner)))
        });
        let expected = [
            ("open", Some(open.len() as f64)),
            ("not_estimated", Some(open.iter().filter(|task| left(task).is_none()).count() as f64)),
            ("belong_to_nobody", Some(open.iter().filter(|task| task.owner == 0).count() as f64)),
            ("work_left", sum(&open)),
            ("all_need", sum(&open).map(|left| left / at_a_time(None))),
            ("people_overloaded", Some(people.filter(|needs| *needs > until_target).count() as f64)),
        ];
        if took(false).is_empty() && took(true).is_empty() {
            return Ok(());
        }
        for (name, expected) in expected {
            let found = figure(card, name);
            prop_assert!(is_near(found, expected), "{}: {:?}, counted {:?}", name, found, expected);
        }
    }

    #[test]
    fn stories_per_release_are_those_of_a_plain_count(
        went in prop::collection::vec((0_usize..2, 1_u32..9, -3_i64..6), 1..14),
    ) {
        let projects = ["payments", "ledger"];
        let mut setting = Setting::covering(&[Kind::Releases, Kind::Stories]);
        for (number, (project, stories, late)) in went.iter().enumerate() {
            let at = day(1, 2) + Duration::days(20 * i64::try_from(number).unwrap());
            setting = of_project(setting, projects[*project], &format!("9.{number}"), at, *late, *stories);
        }
        let study = study(&setting);
        let card = study.card(CardId::StoriesPerRelease).unwrap();
        let sizes = |of: usize| -> Vec<f64> {
            went.iter().filter(|(project, ..)| *project == of).map(|(_, stories, _)| f64::from(*stories)).collect()
        };
        let at = |of: usize, share| (sizes(of).len() >= 4).then(|| split(&sizes(of), share));
        let (newest, stories, _) = went[went.len() - 1];
        let slips = |wanted: bool| {
            let of: Vec<f64> = went
                .iter()
                .filter(|(project, stories, _)| {
                    at(*project, 0.5).is_some_and(|median| (f64::from(*stories) >= median) == wanted)
                })
                .map(|(_, _, late)| *late as f64)
                .collect();
            (!of.is_empty()).then(|| split(&of, 0.5))
        };
        for (name, expected) in [
            ("releases", Some(went.len() as f64)),
            ("newest", Some(f64::from(stories))),
            ("lower_quartile", at(newest, 0.25)),
            ("median", at(newest, 0.5)),
            ("median_slip_of_small", slips(false)),
            ("median_slip_of_large", slips(true)),
        ] {
            prop_assert!(is_near(figure(card, name), expected), "{}: {:?} {:?}", name, figure(card, name), expected);
        }
        for (row, (project, stories, _)) in card.rows.iter().rev().zip(&went) {
            let standing = match at(*project, 0.25).zip(at(*project, 0.5)) {
                None => CardStanding::Told,
                Some((lower, _)) if f64::from(*stories) < lower => CardStanding::Poor,
                Some((_, median)) if f64::from(*stories) >= median => CardStanding::Good,
                Some(_) => CardStanding::Watch,
            };
            prop_assert_eq!(row.standing, standing);
        }
    }

    #[test]
    fn promises_and_forecasts_are_those_of_a_plain_count(
        went in prop::collection::vec((-3_i64..6, prop::collection::vec((0_i64..6, 0_i64..9, 0_i64..4), 0..5)), 1..6),
    ) {
        // Each came on the 28th day of its span; what was said of it is of the days before.
        let came = |release: usize| day(1, 2) + Duration::days(50 * i64::try_from(release).unwrap() + 28);
        let mut setting = Setting::covering(&[Kind::Releases, Kind::Stories]);
        let mut days = Vec::new();
        for (number, (late, told)) in went.iter().enumerate() {
            setting = of_project(setting, "ledger", &format!("9.{number}"), came(number), *late, 1);
            for (back, (moved, ahead, wide)) in (1_i64..).zip(told) {
                let at = came(number) - Duration::days(2 * back);
                let p50 = came(number) + Duration::days(ahead - 4);
                let on = |days: i64| p50 + Duration::days(days);
                days.push(DayFigures {
                    day: at.date_naive(),
                    at,
                    releases: vec![ReleaseFigures {
                        metrics: Vec::new(),
                        release: ReleaseId::of("ledger", &format!("9.{number}")),
                        scope: 1,
                        ready: 0,
                        defects: 0,
                        tests_passed: 0,
                        tests: 0,
                        target: Some(came(number) - Duration::days(late + moved)),
                        forecast: Some(ForecastFigures { p50, p85: on(*wide), p95: on(2 * wide) }),
                        verdict: Text::new("go"),
                        outlook: Text::new("late") }],
                });
            }
        }
        let board = setting.board_at(now());
        let study = Study::with_days(&board, days.iter().rev());
        let card = study.card(CardId::TrackRecord).unwrap();
        // The oldest day was pushed last.
        let late: Vec<f64> = went
            .iter()
            .map(|(late, told)| (late + told.last().map_or(0, |(moved, ..)| *moved)) as f64)
            .collect();
        let shares: Vec<f64> = went
            .iter()
            .filter(|(_, told)| !told.is_empty())
            .map(|(_, told)| {
                told.iter().filter(|(_, ahead, wide)| ahead - 4 + wide >= 0).count() as f64 / told.len() as f64
            })
            .collect();
        let widths: Vec<f64> =
            went.iter().flat_map(|(_, told)| told).map(|(.., wide)| 2.0 * *wide as f64).collect();
        let kept = late.iter().filter(|late| **late <= 0.0).count() as f64 / late.len() as f64;
        for (name, expected) in [
            ("releases_promised", Some(went.len() as f64)),
            ("promises_kept", Some(kept)),
            ("median_late", Some(split(&late, 0.5))),
            ("forecast_days", Some(days.len() as f64)),
            ("held_85", (!shares.is_empty()).then(|| shares.iter().sum::<f64>() / shares.len() as f64)),
            ("median_width", (!widths.is_empty()).then(|| split(&widths, 0.5))),
        ] {
            prop_assert!(is_near(figure(card, name), expected), "{}: {:?} {:?}", name, figure(card, name), expected);
        }
    }
}

#[test]
fn weeks_by_kind_and_severity_are_those_of_the_items() {
    let lines: [(&str, IsOf); 5] = [
        ("stories", |story| story.kind == StoryKind::Story),
        ("critical defects", |story| is_defect(story, Some(Severity::Critical))),
        ("high defects", |story| is_defect(story, Some(Severity::High))),
        ("low defects", |story| is_defect(story, Some(Severity::Low))),
        ("unrated defects", |story| is_defect(story, None)),
    ];
    for seed in 0..3 {
        let told = |story: &Story| !(story.moves.is_empty() && is_closed(story.category));
        let made: Vec<Story> = flow::items(seed).into_iter().filter(told).collect();
        let setting = made.iter().cloned().fold(Setting::covering(&[Kind::Stories]), Setting::story);
        let study = study(&setting);
        let card = study.card(CardId::OpenedAndSolved).unwrap();
        let sunday = Utc.with_ymd_and_hms(2026, 11, 22, 23, 59, 59).unwrap();
        for (name, is_of) in lines {
            let suffix = format!(", {name}");
            let weeks: Vec<_> = card.rows.iter().filter(|row| row.cells[0].ends_with(&suffix)).collect();
            assert!(weeks.len() > 50, "seed {seed}, {name}");
            for (back, row) in (0_i64..).zip(weeks) {
                let ends = [sunday - Duration::weeks(back + 1), sunday - Duration::weeks(back)];
                let [before, after] = ends.map(|end| {
                    let is_open = |story: &&Story| {
                        is_of(story) && story.category_at(end).is_some_and(|category| !is_closed(category))
                    };
                    i64::try_from(made.iter().filter(is_open).count()).unwrap()
                });
                let number = |cell: usize| row.cells[cell].parse::<i64>().unwrap();
                assert_eq!(number(4), after, "seed {seed}, {}", row.cells[0]);
                assert_eq!(
                    number(1) - number(2) - number(3),
                    after - before,
                    "seed {seed}, {}",
                    row.cells[0]
                );
                assert_eq!(number(5), after - before, "seed {seed}, {}", row.cells[0]);
            }
        }
    }
}

fn is_defect(story: &Story, severity: Option<Severity>) -> bool {
    story.kind == StoryKind::Defect && story.severity == severity
}

fn is_closed(category: Category) -> bool {
    matches!(category, Category::Done | Category::Dropped)
}

#[test]
fn a_board_and_its_history_say_the_same() {
    // What the tab reads of its board, and what the command line reads of the history.
    let said = |month, number: u32| DayFigures {
        day: NaiveDate::from_ymd_opt(2026, month, number).unwrap(),
        at: day(month, number),
        releases: vec![ReleaseFigures {
            metrics: Vec::new(),
            release: ReleaseId::of("payments", "3.9"),
            scope: 4,
            ready: 2,
            defects: 0,
            tests_passed: 0,
            tests: 0,
            target: Some(day(8, 20)),
            forecast: Some(ForecastFigures { p50: day(8, 22), p85: day(8, 26), p95: day(8, 30) }),
            verdict: Text::new("go"),
            outlook: Text::new("late"),
        }],
    };
    let days = [said(8, 10), said(8, 15)];
    let setting = went_out(Setting::covering(&[Kind::Releases, Kind::Stories]), "3.9", day(8, 25), 1, 4);
    let mut board = setting.board_at(now());
    let by_history = Study::with_days(&board, &days);
    let mut world = (*board.world).clone();
    world.days = days.iter().cloned().map(Arc::new).collect();
    board.world = Arc::new(world);
    let by_board = Study::of(&board);
    assert_eq!(by_board, by_history);
    let card = by_board.card(CardId::TrackRecord).unwrap();
    assert_eq!((figure(card, "forecast_days"), figure(card, "median_late")), (Some(2.0), Some(5.0)));
    assert!(!card.notes.iter().any(|note| note.contains("no day was kept")), "{:?}", card.notes);
}
