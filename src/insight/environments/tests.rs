//! Worked out by hand, and against brute force on generated plans.

mod told;

use std::sync::Arc;

use chrono::{Duration, NaiveDate, TimeZone, Utc};
use proptest::prelude::*;

use super::*;
use crate::{
    domain::{
        AcceptedDrift, Booking, BookingId, Deployment, DeploymentState, Environment, EnvironmentId, Instant,
        Kind, Release, ReleaseId, Target, TestRun, Text, Tier, Window,
    },
    insight::fixture::{self, Setting, at, now},
};

fn window(from: Instant, until: Instant) -> Window {
    Window { from, until }
}

fn booking(name: &str, environment: &str, release: &str, window: Window) -> Booking {
    Booking {
        id: BookingId::new(name),
        environment: EnvironmentId::new(environment),
        release: Some(ReleaseId::new(release)).filter(|release| !release.as_str().is_empty()),
        window,
        approved: true,
        shareable: false,
    }
}

fn environment(name: &str, tier: Tier, group: Option<&str>, cost: Option<f64>) -> Environment {
    Environment {
        group: group.map(EnvironmentId::new),
        cost_per_day: cost,
        time_zone: None,
        ..fixture::environment(name, tier)
    }
}

/// A deployment that ran for an hour from `from` on.
fn deployed(release: &str, environment: &str, from: Instant, state: DeploymentState) -> Deployment {
    let mut deployment = fixture::deployment(&format!("{release} {environment} {from}"), release, from, 60);
    deployment.environment = EnvironmentId::new(environment);
    deployment.state = state;
    deployment.started_at = Some(from);
    deployment.finished_at = Some(from + Duration::hours(1));
    deployment
}

fn setting() -> Setting {
    let mut setting = Setting::covering(&fixture::ALL_KINDS)
        .environment(environment("production", Tier::Production, None, None))
        .environment(environment("production/eu", Tier::Production, Some("production"), Some(100.0)))
        .environment(environment("production/us", Tier::Production, Some("production"), Some(60.0)))
        .environment(environment("staging", Tier::Staging, None, Some(10.0)))
        .environment(environment("lab", Tier::Test, None, None));
    Arc::make_mut(&mut setting.facts.environments[0]).shareable = true;
    for (version, target) in [("4.3", Some(at(30, 12))), ("4.1", None)] {
        let mut release = Release::named("payments", version);
        release.target = target.map(|at| Target { at, estimated: false });
        release.released_at = (version == "4.1").then(|| at(2, 12));
        setting = setting.other(release);
    }
    setting
}

fn booked(mut setting: Setting, bookings: impl IntoIterator<Item = Booking>) -> Setting {
    setting.facts.bookings.extend(bookings.into_iter().map(Arc::new));
    setting
}

fn view(setting: &Setting) -> EnvironmentsView {
    EnvironmentsView::of(&setting.board_at(now()))
}

#[test]
fn a_conflict_names_both_who_should_yield_and_where_to() {
    // payments 4.2 is due on the 25th, 4.3 on the 30th: 4.3 yields, and fits from the 26th on.
    let setting = booked(
        setting(),
        [
            booking("a", "staging", "payments 4.2", window(at(23, 0), at(26, 0))),
            booking("b", "staging", "payments 4.3", window(at(25, 0), at(27, 0))),
            booking("c", "staging", "payments 4.2", window(at(24, 0), at(25, 0))),
            booking("d", "staging", "payments 4.1", window(at(28, 12), at(29, 0))),
            booking("e", "lab", "payments 4.3", window(at(25, 0), at(27, 0))),
        ],
    );
    let view = view(&setting);
    assert_eq!(view.conflicts.len(), 1, "one release does not stand in its own way");
    let conflict = &view.conflicts[0];
    assert_eq!(conflict.claims.each_ref().map(|claim| claim.id.as_str()), ["a", "b"]);
    assert_eq!((conflict.window, conflict.approved), (window(at(25, 0), at(26, 0)), true));
    let suggestion = conflict.suggestion.as_ref().unwrap();
    assert_eq!(&*suggestion.yields, "payments 4.3");
    assert_eq!(suggestion.yields_index, 1);
    assert_eq!(
        &*suggestion.reasons[0],
        "payments 4.3 is expected Mon 30 Nov (target), payments 4.2 is expected Wed 25 Nov (target)"
    );
    assert_eq!(suggestion.move_to, Some(window(at(26, 0), at(28, 0))));
}

#[test]
fn a_group_is_booked_with_what_it_holds_and_shareable_places_bear_all() {
    let both = |first: &str, second: &str, change: fn(&mut Booking)| {
        let mut other = booking("b", second, "payments 4.3", window(at(24, 0), at(25, 0)));
        change(&mut other);
        let first = booking("a", first, "payments 4.2", window(at(23, 0), at(26, 0)));
        let found = view(&booked(setting(), [first, other])).conflicts;
        found.iter().map(|conflict| conflict.environment.to_string()).collect::<Vec<_>>()
    };
    let same: fn(&mut Booking) = |_| {};
    for (first, second, change, expected) in [
        ("production", "production/eu", same, &["production/eu"][..]),
        ("production/eu", "production", same, &["production/eu"]),
        ("production/eu", "production/us", same, &[]),
        ("production", "production", same, &[]),
        ("staging", "staging", |booking| booking.shareable = true, &["staging"]),
        ("staging", "staging", |booking| booking.window = window(at(26, 0), at(27, 0)), &[]),
        ("staging", "staging", |booking| booking.release = None, &["staging"]),
    ] {
        assert_eq!(both(first, second, change), expected, "{first} {second}");
    }
}

#[test]
fn idle_is_booked_working_time_that_is_over_and_saw_nothing() {
    // Mon 16 to Sun 22 November; now is Sunday, 9 o'clock. A deployment on Tuesday; test runs on
    // Wednesday (only here) and Thursday (booked at two places).
    let mut setting = booked(
        setting().deployment(deployed("payments 4.2", "staging", at(17, 12), DeploymentState::Failed)),
        [
            booking("a", "staging", "payments 4.2", window(at(16, 0), at(25, 0))),
            booking("b", "lab", "payments 4.2", window(at(19, 0), at(20, 0))),
        ],
    );
    for day in [18, 19] {
        setting =
            setting.test_run(TestRun { suite: Text::new("unit"), ..fixture::test_run("unit", day, 1, 0) });
    }
    let found = view(&setting);
    let staging = found.environment(&EnvironmentId::new("staging")).unwrap();
    let made = &found.bookings[staging.bookings[0]];
    let day = 86_400;
    assert_eq!([made.used_seconds, made.idle_seconds, made.unclear_seconds], [2 * day, 2 * day, day]);
    assert_eq!(made.idle, [window(at(16, 0), at(17, 0)), window(at(20, 0), at(21, 0))]);
    assert_eq!(found.idle_shares(staging), Some([0.4, 0.2]));
    assert_eq!(staging.observed.len(), 2, "the run of which nobody knows where is not shown here");
    // Where nobody tells of deployments, nothing is called idle.
    setting.facts.covers.remove(&Kind::Deployments);
    assert_eq!(view(&setting).bookings[0].idle_seconds, 0);
}

#[test]
fn months_add_up_and_name_their_peaks() {
    // In November: 15 days of staging before now's instant or after it, 3 of both productions.
    let setting = booked(
        setting(),
        [
            booking("a", "staging", "payments 4.2", window(at(10, 9), at(25, 9))),
            booking("b", "production", "payments 4.3", window(at(23, 0), at(26, 0))),
            booking("c", "lab", "payments 4.3", window(at(23, 0), at(26, 0))),
        ],
    );
    let cost = view(&setting).cost;
    let month = cost.this_month().unwrap();
    assert_eq!(month.month, NaiveDate::from_ymd_opt(2026, 11, 1).unwrap());
    assert_eq!((month.so_far, month.ahead), (120.0, 30.0 + 3.0 * 160.0));
    let peak = month.peak.as_ref().unwrap();
    assert_eq!((peak.window, peak.per_day), (window(at(23, 0), at(25, 9)), 170.0));
    assert_eq!(peak.bookings.iter().map(BookingId::as_str).collect::<Vec<_>>(), ["a", "b"]);
    let trough = month.trough.as_ref().unwrap();
    assert_eq!((trough.window.until, trough.per_day, trough.bookings.len()), (at(10, 9), 0.0, 0));
    assert_eq!(cost.releases[0].release, Some(ReleaseId::new("payments 4.3")));
    assert_eq!((cost.releases[0].total, cost.releases[1].total), (480.0, 150.0));
    assert_eq!(cost.unpriced, [EnvironmentId::new("lab")], "what nobody priced is said");
    // All of staging's working time that is over was idle: eight days of ten each, one of them
    // from nine o'clock on.
    assert!((cost.releases[1].idle - (8.0 + 15.0 / 24.0) * 10.0).abs() < 1e-9, "{}", cost.releases[1].idle);
}

#[test]
fn versions_are_newer_by_their_numbers() {
    use std::cmp::Ordering::{Equal, Greater, Less};
    for (one, other, expected) in [
        ("4.10", "4.9", Greater),
        ("v4.2", "4.2", Equal),
        ("4.2", "4.2.1", Less),
        ("1.0-rc1", "1.0", Less),
        ("1.0-rc2", "1.0-rc10", Less),
        ("2026.11", "2026.2", Greater),
        ("1.0b2", "1.0b10", Less),
    ] {
        assert_eq!(drift::by_version(one, other), expected, "{one} {other}");
        assert_eq!(drift::by_version(other, one), expected.reverse(), "{other} {one}");
    }
}

#[test]
fn what_is_behind_is_told_from_what_is_on_its_way_and_what_is_meant() {
    use DeploymentState::{Failed, RolledBack, Succeeded};
    let released = |version: &str, day| {
        let mut release = Release::named("ledger", version);
        release.released_at = Some(at(day, 12));
        release
    };
    let mut setting = setting();
    // Four versions came to staging; each of the first three went to production two days later.
    for (version, day) in [("1.1", 2), ("1.2", 6), ("1.3", 10), ("1.4", 21)] {
        let name = format!("ledger {version}");
        setting = setting.other(released(version, day)).deployment(deployed(
            &name,
            "staging",
            at(day, 12),
            Succeeded,
        ));
        if version != "1.4" {
            setting = setting.deployment(deployed(&name, "production/eu", at(day + 2, 12), Succeeded));
        }
    }
    setting = setting
        // One region stayed behind: what came after went wrong there.
        .deployment(deployed("ledger 1.2", "production/us", at(9, 12), Succeeded))
        .deployment(deployed("ledger 1.3", "production/us", at(13, 12), Failed))
        .deployment(deployed("ledger 1.3", "production/us", at(14, 12), RolledBack))
        .deployment(deployed("ledger 1.1", "lab", at(3, 12), Succeeded));
    setting.policy.accepted_drift.push(AcceptedDrift {
        keys: Vec::new(),
        component: Text::new("led*"),
        environment: Text::new("lab"),
        reason: Text::new("the devices are old"),
    });
    let drift = view(&setting).drift;
    let order: Vec<&str> = drift.environments.iter().map(EnvironmentId::as_str).collect();
    assert_eq!(order, ["lab", "staging", "production/eu", "production/us"]);
    let row = &drift.components[0];
    assert_eq!((&*row.component, &*row.newest), ("ledger", "1.4"));
    let said: Vec<_> = row
        .cells
        .iter()
        .flatten()
        .map(|cell| (&*cell.version, cell.versions_behind, cell.standing, cell.behind_since, &*cell.why))
        .collect();
    assert_eq!(
        said,
        [
            ("1.1", 3, DriftStanding::Accepted, Some(at(6, 13)), "the devices are old"),
            ("1.4", 0, DriftStanding::Newest, None, ""),
            ("1.3", 1, DriftStanding::OnItsWay, Some(at(21, 13)), "usual lag 2d 00h, by 3 promotions"),
            // It took three days once, which is too few to speak of here.
            (
                "1.2",
                2,
                DriftStanding::Behind,
                Some(at(10, 13)),
                "nothing is planned, and no usual lag is known"
            ),
        ]
    );
    assert_eq!(row.cells[2].as_ref().unwrap().expected, Some(at(23, 13)));
    // What is planned is no drift either.
    let mut planned = deployed("ledger 1.4", "production/us", at(24, 12), DeploymentState::Approved);
    (planned.started_at, planned.finished_at) = (None, None);
    let drift = view(&setting.deployment(planned)).drift;
    let cell = drift.components[0].cells[3].as_ref().unwrap();
    assert_eq!((cell.standing, cell.expected), (DriftStanding::OnItsWay, Some(at(24, 12))));
}

#[test]
fn hard_places_are_ranked_by_what_is_sure() {
    let mut setting = setting();
    let hours = |index: i64| at(1, 0) + Duration::hours(index);
    for index in 0..60 {
        let failed = |every: i64| {
            if index % every == 0 { DeploymentState::Failed } else { DeploymentState::Succeeded }
        };
        setting = setting
            .deployment(deployed("payments 4.1", "production/eu", hours(index), failed(20)))
            .deployment(deployed("payments 4.1", "production/us", hours(index), failed(3)));
    }
    // One of one: bad luck so far, and no more.
    setting = setting.deployment(deployed("payments 4.1", "staging", hours(1), DeploymentState::Failed));
    let hard = view(&setting).hard;
    let names: Vec<&str> = hard.iter().map(|place| &*place.name).collect();
    assert_eq!(names, ["production/us", "production/eu", "staging"], "no environment names a platform");
    assert_eq!((hard[0].failed.events, hard[0].failed.runs), (20, 60));
    assert!(hard.iter().all(|place| place.failed.lower < place.failed.expected));
    assert!(hard[2].failed.expected < 0.9, "one run is drawn towards all of them");
    assert!(!hard[2].failed.is_ranked() && hard[2].overran.is_none(), "none went well there");
}

/// The environments of generated plans: a group, two in it, and one that is shareable.
const PLACES: [&str; 5] = ["production", "production/eu", "production/us", "staging", "lab"];

/// Half hours from the 20th on: before and after now.
fn half_hour(index: i64) -> Instant {
    Utc.with_ymd_and_hms(2026, 11, 20, 0, 0, 0).unwrap() + Duration::minutes(30 * index)
}

prop_compose! {
    fn any_booking()(
        place in 0..PLACES.len(), release in 0usize..4, from in 0i64..250, length in 1i64..80, shareable: bool,
    ) -> (usize, usize, i64, i64, bool) {
        (place, release, from, length, shareable)
    }
}

fn plan(generated: &[(usize, usize, i64, i64, bool)]) -> Setting {
    let releases = ["payments 4.1", "payments 4.2", "payments 4.3", ""];
    let bookings =
        generated.iter().enumerate().map(|(index, (place, release, from, length, shareable))| Booking {
            shareable: *shareable,
            ..booking(
                &format!("b{index}"),
                PLACES[*place],
                releases[*release],
                window(half_hour(*from), half_hour(from + length)),
            )
        });
    let mut setting = booked(setting(), bookings);
    Arc::make_mut(&mut setting.facts.environments[4]).shareable = true;
    setting
}

/// The inner one of two places that share one.
fn inner(one: usize, other: usize) -> Option<usize> {
    match (one, other) {
        (one, other) if one == other => Some(one),
        (0, inner @ (1 | 2)) | (inner @ (1 | 2), 0) => Some(inner),
        _ => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn conflicts_and_free_slots_are_those_of_brute_force(
        generated in proptest::collection::vec(any_booking(), 0..14),
    ) {
        let found = view(&plan(&generated));
        // Every pair, every half hour: the slow way.
        let mut expected = Vec::new();
        for (index, one) in generated.iter().enumerate() {
            for (offset, other) in generated[index + 1..].iter().enumerate() {
                let both = (0..340).filter(|half| {
                    let holds = |it: &(usize, usize, i64, i64, bool)| it.2 <= *half && *half < it.2 + it.3;
                    holds(one) && holds(other)
                });
                let is_over = |it: &(usize, usize, i64, i64, bool)| half_hour(it.2 + it.3) <= now();
                let Some(place) = inner(one.0, other.0) else { continue };
                let is_shared = place == 0 || place == 4 || (one.4 && other.4);
                let is_other = one.1 == 3 || one.1 != other.1;
                if both.count() > 0 && !is_shared && is_other && !is_over(one) && !is_over(other) {
                    let mut names = [format!("b{index}"), format!("b{}", index + 1 + offset)];
                    names.sort();
                    expected.push((PLACES[place].to_owned(), names));
                }
            }
        }
        let mut conflicts: Vec<_> = found.conflicts.iter().map(|conflict| {
            let mut names = conflict.claims.each_ref().map(|claim| claim.id.to_string());
            names.sort();
            (conflict.environment.to_string(), names)
        }).collect();
        expected.sort();
        conflicts.sort();
        prop_assert_eq!(conflicts, expected);
        for (place, name) in PLACES.iter().enumerate() {
            let environment = found.environment(&EnvironmentId::new(name)).unwrap();
            for half in 114..340 {
                // Half hours from now on: now is on one of them.
                let instant = half_hour(half);
                let is_taken = generated.iter().any(|it| {
                    inner(it.0, place).is_some() && it.2 <= half && half < it.2 + it.3
                });
                let is_free = environment.free.iter().any(|slot| slot.from <= instant && instant < slot.until);
                prop_assert_eq!(is_free, !is_taken, "{} at {}", name, instant);
            }
        }
    }

    #[test]
    fn what_yields_would_be_in_nobodys_way_and_could_not_be_earlier(
        generated in proptest::collection::vec(any_booking(), 2..10),
    ) {
        let found = view(&plan(&generated));
        for suggestion in found.conflicts.iter().filter_map(|conflict| {
            Some((conflict.suggestion.as_ref()?, conflict))
        }) {
            let (suggestion, conflict) = suggestion;
            let claim = &conflict.claims[suggestion.yields_index];
            let index: usize = claim.id[1..].parse().unwrap();
            let (place, release, from, length, shareable) = generated[index];
            let clashes = |begin: i64, end: i64| generated.iter().enumerate().any(|(other, it)| {
                let place = inner(place, it.0);
                other != index
                    && place.is_some_and(|place| place != 0 && place != 4)
                    && !(shareable && it.4)
                    && (release == 3 || release != it.1)
                    && half_hour(it.2 + it.3) > now()
                    && it.2 < end
                    && begin < it.2 + it.3
            });
            let began = from.max(114);
            let left = from + length - began;
            let first = (began..1000).find(|begin| !clashes(*begin, begin + left)).unwrap();
            prop_assert_eq!(suggestion.move_to, Some(window(half_hour(first), half_hour(first + left))));
        }
    }

    #[test]
    fn idle_days_are_those_of_brute_force(
        from in 0i64..400, length in 1i64..300,
        deployments in proptest::collection::vec(0i64..700, 0..12),
    ) {
        // Hours from the 1st of November on.
        let hour = |index: i64| at(1, 0) + Duration::hours(index);
        let mut setting = booked(
            setting(),
            [booking("a", "staging", "payments 4.2", window(hour(from), hour(from + length)))],
        );
        for begin in &deployments {
            if hour(*begin + 1) <= now() {
                setting = setting.deployment(
                    deployed("payments 4.2", "staging", hour(*begin), DeploymentState::Succeeded),
                );
            }
        }
        let found = view(&setting);
        let made = &found.bookings[0];
        let [mut used, mut idle] = [0, 0];
        for day in 0..22 {
            use chrono::Datelike;
            let weekday = hour(day * 24).weekday().num_days_from_monday();
            let hours: Vec<i64> = (day * 24..day * 24 + 24)
                .filter(|it| from <= *it && *it < from + length && hour(*it) < now())
                .collect();
            if hours.is_empty() || weekday > 4 {
                continue;
            }
            let (first, last) = (hours[0], hours[hours.len() - 1]);
            let is_used = deployments.iter().any(|begin| {
                hour(*begin + 1) <= now() && *begin <= last && begin + 1 >= first
            });
            let seconds = i64::try_from(hours.len()).unwrap() * 3600;
            if is_used { used += seconds } else { idle += seconds }
        }
        prop_assert_eq!((made.used_seconds, made.idle_seconds, made.unclear_seconds), (used, idle, 0));
        prop_assert_eq!(made.idle.iter().map(|part| part.duration().num_seconds()).sum::<i64>(), idle);
    }

    #[test]
    fn tests_ran_where_their_release_had_its_only_place(
        bookings in proptest::collection::vec((0usize..3, 0usize..2, 0i64..480, 1i64..120), 0..8),
        runs in proptest::collection::vec((0usize..2, 0i64..530), 0..24),
    ) {
        use chrono::Datelike;
        // Hours from the 1st of November on; now is the 513th.
        let hour = |index: i64| at(1, 0) + Duration::hours(index);
        let places = ["production/eu", "staging", "lab"];
        let releases = ["payments 4.2", "payments 4.3"];
        let planned = bookings.iter().enumerate().map(|(index, (place, release, from, length))| {
            booking(&format!("b{index}"), places[*place], releases[*release], window(hour(*from), hour(from + length)))
        });
        let mut setting = booked(setting(), planned);
        for (index, (release, hours)) in runs.iter().enumerate() {
            setting = setting.test_run(TestRun {
                suite: Text::new(format!("suite {index}")),
                at: hour(*hours),
                release: Some(ReleaseId::new(releases[*release])),
                ..fixture::test_run("unit", 1, 1, 0)
            });
        }
        let found = view(&setting);
        let held = |release: usize, hours: i64| -> std::collections::BTreeSet<usize> {
            let holds = bookings.iter().filter(|it| it.0 > 0 && it.1 == release && it.2 <= hours && hours < it.2 + it.3);
            holds.map(|it| it.0).collect()
        };
        for (place, name) in places.iter().enumerate() {
            let mut expected: Vec<String> = runs.iter().enumerate()
                .filter(|(_, (release, hours))| {
                    hour(*hours) <= now() && held(*release, *hours).into_iter().eq([place])
                })
                .map(|(index, _)| format!("suite {index}"))
                .collect();
            let seen = found.environment(&EnvironmentId::new(name)).map(|it| it.observed.as_slice());
            let mut seen: Vec<String> = seen.unwrap_or_default().iter()
                .filter(|it| it.kind == ObservationKind::TestRun)
                .map(|it| it.name.to_string())
                .collect();
            expected.sort();
            seen.sort();
            prop_assert_eq!(seen, expected, "{}", name);
        }
        for (index, (place, release, from, length)) in bookings.iter().enumerate() {
            let [mut used, mut idle, mut unclear] = [0, 0, 0];
            for day in 0..22 {
                let hours: Vec<i64> = (day * 24..day * 24 + 24)
                    .filter(|it| from <= it && *it < from + length && hour(*it) < now())
                    .collect();
                if hours.is_empty() || hour(day * 24).weekday().num_days_from_monday() > 4 {
                    continue;
                }
                let tested = runs.iter().filter(|run| *place > 0 && run.0 == *release && hours.contains(&run.1));
                let places: Vec<usize> = tested.map(|run| held(run.0, run.1).len()).collect();
                let seconds = i64::try_from(hours.len()).unwrap() * 3600;
                let is_today = day == 21 && hour(from + length) > now();
                if places.contains(&1) {
                    used += seconds;
                } else if is_today {
                } else if places.is_empty() {
                    idle += seconds;
                } else {
                    unclear += seconds;
                }
            }
            let made = found.bookings.iter().find(|it| it.booking.id.as_str() == format!("b{index}")).unwrap();
            prop_assert_eq!((made.used_seconds, made.idle_seconds, made.unclear_seconds), (used, idle, unclear));
        }
    }
}
