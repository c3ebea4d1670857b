//! What stands in the way of a window, and the next one that nothing stands in the way of.

use std::sync::Arc;

use chrono::Duration;
use proptest::prelude::*;

use crate::domain::{
    Booking, BookingId, Category, DeploymentState, EnvironmentId, Freeze, Hours, Instant, OnCall, Release,
    ReleaseId, Tier, Window,
};
use crate::insight::{
    DeploymentRow, ScheduleProblemKind as Kind, Verdict, can_go,
    fixture::{ALL_KINDS, Setting, at, deployment, environment, now, story},
};

fn all() -> Setting {
    let mut production = environment("production", Tier::Production);
    let mut eu = environment("production/eu", Tier::Production);
    (production.platform, eu.group) = (None, Some(EnvironmentId::new("production")));
    Setting::covering(&ALL_KINDS).environment(production).environment(eu)
}

fn freeze(setting: &mut Setting, name: &str, from: Instant, until: Instant) {
    let window = Window { from, until };
    setting.facts.freezes.push(Arc::new(Freeze { name: name.into(), window, environments: Vec::new() }));
}

fn book(setting: &mut Setting, name: &str, environment: &str, from: Instant, until: Instant) {
    setting.facts.bookings.push(Arc::new(Booking {
        id: BookingId::new(name),
        environment: EnvironmentId::new(environment),
        release: None,
        window: Window { from, until },
        approved: true,
        shareable: false,
    }));
}

fn hours(from: u32, until: u32) -> Hours {
    let time = |hour| chrono::NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
    Hours { from: time(from), until: time(until) }
}

fn row(setting: &Setting) -> DeploymentRow {
    let schedule = setting.insight().schedule;
    schedule.deployments.iter().find(|row| row.deployment.id.as_str() == "a").unwrap().clone()
}

/// Kinds of problems, and the first free windows as day, hour and length in minutes.
fn found(setting: &Setting) -> (Vec<Kind>, Vec<(u32, u32, i64)>) {
    use chrono::{Datelike as _, Timelike as _};
    let row = row(setting);
    let slots =
        row.slots.iter().map(|slot| (slot.from.day(), slot.from.hour(), slot.duration().num_minutes()));
    (row.problems.iter().map(|problem| problem.kind).collect(), slots.collect())
}

/// What it is, what makes it, the problems, and the free windows as [`found`] says them.
type Case = (&'static str, fn(&mut Setting), Vec<Kind>, Vec<(u32, u32, i64)>);

#[test]
fn each_rule_is_named_and_the_nearest_windows_keep_to_all() {
    // Wednesday 25 November, 10:00 to 12:00.
    let planned = || all().deployment(deployment("a", "payments 4.2", at(25, 10), 120));
    let cases: [Case; 10] = [
        ("nothing", |_| {}, vec![], vec![]),
        (
            "a freeze",
            |it| freeze(it, "sale", at(25, 11), at(25, 15)),
            vec![Kind::Freeze],
            vec![(25, 15, 120), (25, 9, 120)],
        ),
        (
            "a freeze, and a booking of the group after it",
            |it| {
                freeze(it, "sale", at(25, 11), at(25, 15));
                book(it, "b", "production", at(25, 16), at(25, 18));
            },
            vec![Kind::Freeze],
            vec![(25, 18, 120), (25, 9, 120)],
        ),
        (
            "a booking for ever",
            |it| book(it, "b", "production/eu", at(25, 9), Instant::MAX_UTC),
            vec![Kind::Conflict],
            vec![(25, 7, 120)],
        ),
        (
            "hours of a day",
            |it| it.policy.schedule.hours = Some(hours(13, 17)),
            vec![Kind::OutsideHours],
            vec![(25, 13, 120), (24, 15, 120)],
        ),
        (
            "hours through the night",
            |it| it.policy.schedule.hours = Some(hours(22, 4)),
            vec![Kind::OutsideHours],
            vec![(25, 22, 120), (25, 2, 120)],
        ),
        (
            "working days",
            |it| {
                it.policy.schedule.working_days = true;
                it.policy.calendar.holidays.extend([25, 26].map(|day| at(day, 0).date_naive()));
            },
            vec![Kind::OutsideHours],
            vec![(27, 0, 120), (24, 22, 120)],
        ),
        (
            "nobody on call",
            |it| {
                it.policy.schedule.on_call = true;
                it.policy.schedule.shifts = vec![OnCall {
                    who: "ada".into(),
                    window: Window { from: at(25, 11), until: at(26, 9) },
                    environments: vec!["production".into()],
                }];
            },
            vec![Kind::NobodyOnCall],
            vec![(25, 11, 120)],
        ),
        (
            "what it needs is planned later",
            |it| {
                it.facts.releases.push(Arc::new(Release::named("auth", "2.9")));
                Arc::make_mut(&mut it.facts.releases[0]).depends_on = vec![ReleaseId::new("auth 2.9")];
                it.facts.deployments.push(Arc::new(deployment("b", "auth 2.9", at(25, 14), 60)));
            },
            vec![Kind::Dependency],
            vec![(25, 15, 120)],
        ),
        (
            "what it needs is planned nowhere",
            |it| {
                it.facts.releases.push(Arc::new(Release::named("auth", "2.9")));
                Arc::make_mut(&mut it.facts.releases[0]).depends_on = vec![ReleaseId::new("auth 2.9")];
            },
            vec![Kind::Dependency],
            vec![],
        ),
    ];
    for (case, change, problems, slots) in cases {
        let mut setting = planned();
        change(&mut setting);
        assert_eq!(found(&setting), (problems, slots), "{case}");
    }
}

#[test]
fn a_conflict_says_what_is_the_booking_and_what_the_deployment() {
    let mut setting = all().deployment(deployment("a", "payments 4.2", at(25, 10), 60));
    let mut other = deployment("b", "ledger 1.8", at(25, 10), 60);
    other.state = DeploymentState::Draft;
    setting.facts.deployments.push(Arc::new(other));
    book(&mut setting, "load test", "production", at(25, 9), at(25, 12));
    book(&mut setting, "around it", "production/eu", at(25, 9), at(25, 13));
    Arc::make_mut(&mut setting.facts.bookings[1]).release = Some(ReleaseId::new("ledger 1.8"));
    let said: Vec<String> = row(&setting).problems.iter().map(|problem| problem.what.to_string()).collect();
    assert_eq!(
        said,
        [
            "with the deployment of ledger 1.8, Wed 25 Nov 10:00–11:00",
            "with the booking for ledger 1.8, Wed 25 Nov 09:00–13:00",
            "with the booking load test, Wed 25 Nov 09:00–12:00",
        ]
    );
}

#[test]
fn what_only_needs_longer_begins_as_it_was_meant_to() {
    // An hour is planned, 73 minutes are needed: nobody has to begin a second earlier.
    let mut planned = deployment("a", "payments 4.2", at(25, 10), 60);
    planned.activities = vec![crate::domain::Activity::new("migrate", 73)];
    let slots = |setting: &Setting| -> Vec<(i64, i64)> {
        let row = row(setting);
        assert!(row.problems.iter().any(|problem| problem.kind == Kind::Overrun), "{:?}", row.problems);
        let of = |slot: &Window| ((slot.from - at(25, 10)).num_seconds(), slot.duration().num_minutes());
        row.slots.iter().map(of).collect()
    };
    let free = all().deployment(planned);
    assert_eq!(slots(&free), [(0, 73)]);
    // Something else ends 20 seconds after the hour: it begins on a whole minute all the same.
    let mut taken = free;
    let until = at(25, 10) + Duration::seconds(20);
    book(&mut taken, "b", "production/eu", at(25, 9), until);
    assert_eq!(slots(&taken), [(60, 73), (-(60 + 73) * 60, 73)]);
}

#[test]
fn red_gates_count_from_the_last_day_on() {
    for (day, kinds) in [(23, vec![Kind::GateRed]), (26, vec![])] {
        let setting = all().story(story("PAY-1", Category::InProgress)).deployment(deployment(
            "a",
            "payments 4.2",
            at(day, 8),
            60,
        ));
        let row = row(&setting);
        assert_eq!(row.problems.iter().map(|problem| problem.kind).collect::<Vec<_>>(), kinds, "{day}");
        for problem in &row.problems {
            assert!(problem.what.contains("Stories"), "{}", problem.what);
        }
    }
}

#[test]
fn a_person_is_answered_with_each_rule_and_the_next_window() {
    let mut setting = all().deployment(deployment("a", "payments 4.2", at(25, 10), 120));
    freeze(&mut setting, "sale", at(27, 0), at(29, 0));
    book(&mut setting, "load test", "production/eu", at(29, 0), at(29, 6));
    let board = setting.board_at(now());
    let ask = |at| can_go(&board, &"a".into(), at).unwrap();
    let kinds = |at| ask(at).against.iter().map(|problem| problem.kind).collect::<Vec<_>>();
    // The time is free, and that alone is no yes.
    let free = ask(at(26, 22));
    assert_eq!((free.is_free(), free.is_yes()), (true, free.verdict == Some(Verdict::Go)));
    assert_eq!(kinds(at(26, 23)), [Kind::Freeze]);
    assert_eq!(kinds(at(28, 23)), [Kind::Freeze, Kind::Conflict]);
    assert_eq!(kinds(at(21, 23)), [Kind::Past]);
    let slots = ask(at(28, 23)).slots;
    assert_eq!(slots.iter().map(|slot| slot.from).collect::<Vec<_>>(), [at(29, 6), at(26, 22)]);
    assert_eq!(can_go(&board, &"unknown".into(), at(26, 0)), None);
}

#[test]
fn a_free_time_is_no_yes_while_the_release_is_no_go() {
    use crate::domain::PullRequestState;
    use crate::insight::fixture::pull_request;
    let planned = || {
        let setting = all().deployment(deployment("a", "payments 4.2", at(27, 10), 60));
        setting.story(story("PAY-1", Category::Done))
    };
    let red = planned().pull_request(pull_request(7, PullRequestState::Open)).board_at(now());
    let answer = can_go(&red, &"a".into(), at(26, 22)).unwrap();
    assert!(answer.is_free() && !answer.is_yes(), "{answer:?}");
    assert_eq!(answer.answer(), "the time is free, its release is no-go now");
    let said = answer.readiness.unwrap();
    assert!(said.starts_with("payments 4.2: all stories ready; 1 gate no-go (Pull requests)"), "{said}");
}

/// A schedule in whole hours of one week: so that trying every hour is trying everything.
#[derive(Clone, Debug)]
struct Generated {
    wanted: i64,
    length: i64,
    freezes: Vec<(i64, i64)>,
    bookings: Vec<(usize, i64, i64)>,
    others: Vec<(usize, i64, i64)>,
    hours: Option<(u32, u32)>,
    shift: Option<(i64, i64)>,
}

const PLACES: [&str; 3] = ["production/eu", "production", "staging"];

fn generated() -> impl Strategy<Value = Generated> {
    let span = || (0_i64..168, 1_i64..30);
    let placed = || (0_usize..3, 0_i64..168, 1_i64..30);
    (
        (0_i64..150, 1_i64..7),
        prop::collection::vec(span(), 0..4),
        prop::collection::vec(placed(), 0..4),
        prop::collection::vec(placed(), 0..4),
        prop::option::of((0_u32..24, 0_u32..24)),
        prop::option::of((0_i64..100, 8_i64..120)),
    )
        .prop_map(|((wanted, length), freezes, bookings, others, hours, shift)| Generated {
            wanted,
            length,
            freezes,
            bookings,
            others,
            hours,
            shift,
        })
}

/// Sunday noon and so many hours.
fn hour(hour: i64) -> Instant {
    at(22, 12) + Duration::hours(hour)
}

impl Generated {
    fn setting(&self) -> Setting {
        let mut setting = all().environment(environment("staging", Tier::Staging)).deployment(deployment(
            "a",
            "payments 4.2",
            hour(self.wanted),
            self.length * 60,
        ));
        for (from, length) in &self.freezes {
            freeze(&mut setting, &format!("freeze {from}"), hour(*from), hour(from + length));
        }
        for (number, (place, from, length)) in self.bookings.iter().enumerate() {
            book(&mut setting, &format!("b{number}"), PLACES[*place], hour(*from), hour(from + length));
        }
        for (number, (place, from, length)) in self.others.iter().enumerate() {
            let mut other = deployment(&format!("d{number}"), "ledger 1.8", hour(*from), length * 60);
            other.environment = PLACES[*place].into();
            other.state = DeploymentState::Draft;
            setting.facts.deployments.push(Arc::new(other));
        }
        let policy = &mut setting.policy.schedule;
        policy.hours = self.hours.map(|(from, until)| hours(from, until));
        if let Some((from, length)) = self.shift {
            policy.on_call = true;
            policy.shifts = vec![OnCall {
                who: "ada".into(),
                window: Window { from: hour(from), until: hour(from + length) },
                environments: Vec::new(),
            }];
        }
        setting
    }

    /// Whether nothing stands in the way of a start, hour by hour.
    fn fits(&self, start: i64) -> bool {
        let is_taken = |spans: &[(usize, i64, i64)], hour: i64| {
            spans.iter().any(|(place, from, length)| *place < 2 && (*from..from + length).contains(&hour))
        };
        (start..start + self.length).all(|hour| {
            let frozen = self.freezes.iter().any(|(from, length)| (*from..from + length).contains(&hour));
            let of_day = ((hour + 12).rem_euclid(24)) as u32;
            let is_worked = self.hours.is_none_or(|(from, until)| match from.cmp(&until) {
                std::cmp::Ordering::Less => (from..until).contains(&of_day),
                std::cmp::Ordering::Equal => true,
                std::cmp::Ordering::Greater => of_day >= from || of_day < until,
            });
            let on_call = self.shift.is_none_or(|(from, length)| (from..from + length).contains(&hour));
            !frozen
                && !is_taken(&self.bookings, hour)
                && !is_taken(&self.others, hour)
                && is_worked
                && on_call
        })
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn slots_are_those_that_trying_every_hour_finds(generated in generated()) {
        let row = row(&generated.setting());
        prop_assert_eq!(row.problems.is_empty(), generated.fits(generated.wanted), "{:?}", row.problems);
        if row.problems.is_empty() {
            prop_assert!(row.slots.is_empty());
            return Ok(());
        }
        // All that is generated ends within ten days; now is three hours before the first of it.
        let later = (generated.wanted..400).find(|start| generated.fits(*start));
        let earlier = (-3..generated.wanted).rev().find(|start| generated.fits(*start));
        let found: Vec<Instant> = row.slots.iter().map(|slot| slot.from).collect();
        let tried: Vec<Instant> = later.into_iter().chain(earlier).map(hour).collect();
        prop_assert_eq!(found, tried);
    }
}
