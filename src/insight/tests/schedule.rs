//! Deployments with their problems, the next one, and the calendar.

use std::sync::Arc;

use crate::domain::{
    Category,
    DeploymentState::{self, Approved, Cancelled, Running, Succeeded},
    Freeze, Kind, Tier, Window,
};
use crate::insight::{
    CalendarKind, EstimateBasis, ScheduleProblemKind, Verdict,
    fixture::{ALL_KINDS, Setting, at, deployment, environment, now, story},
};

fn all() -> Setting {
    Setting::covering(&ALL_KINDS).environment(environment("production/eu", Tier::Production))
}

fn with_state(name: &str, day: u32, state: DeploymentState) -> crate::domain::Deployment {
    let mut made = deployment(name, "payments 4.2", at(day, 8), 120);
    made.state = state;
    if state == DeploymentState::Running {
        made.started_at = Some(made.window.from);
    }
    made
}

#[test]
fn the_one_that_runs_is_next_else_the_one_that_comes() {
    for (case, deployments, next) in [
        ("none", vec![], None),
        ("over", vec![("a", 20, Succeeded), ("b", 25, Cancelled)], None),
        ("coming", vec![("b", 25, Approved), ("a", 24, Approved)], Some("a")),
        ("running", vec![("a", 22, Running), ("b", 20, Approved), ("c", 24, Approved)], Some("a")),
        ("should run", vec![("a", 22, Approved), ("b", 24, Approved)], Some("a")),
        ("forgotten", vec![("a", 10, Approved), ("b", 24, Approved)], Some("b")),
    ] {
        let setting = deployments
            .into_iter()
            .fold(all(), |setting, (name, day, state)| setting.deployment(with_state(name, day, state)));
        let schedule = setting.insight().schedule;
        let found = schedule.next.map(|index| schedule.deployments[index].deployment.id.to_string());
        assert_eq!(found.as_deref(), next, "{case}");
        assert!(schedule.deployments.is_sorted_by_key(|row| row.deployment.window.from));
    }
}

#[test]
fn problems_are_found_and_only_of_what_is_not_over() {
    let problems = |setting: Setting| {
        let schedule = setting.insight().schedule;
        let row = schedule.deployments.iter().find(|row| row.deployment.id.as_str() == "a").unwrap();
        row.problems.iter().map(|problem| (problem.kind, problem.what.to_string())).collect::<Vec<_>>()
    };
    let missed = all().deployment(with_state("a", 22, Approved));
    assert_eq!(problems(missed), [(ScheduleProblemKind::NotStarted, "1h 00m late".to_owned())]);
    let mut passed = with_state("a", 22, Approved);
    passed.window =
        Window { from: now() - chrono::Duration::hours(5), until: now() - chrono::Duration::hours(3) };
    assert_eq!(
        problems(all().deployment(passed.clone())),
        [(ScheduleProblemKind::WindowPassed, "3h 00m ago, not reported".to_owned())]
    );
    passed.started_at = Some(passed.window.from);
    passed.state = Running;
    let said = problems(all().deployment(passed));
    assert!(said.iter().all(|(kind, _)| *kind != ScheduleProblemKind::WindowPassed), "{said:?}");
    let mut slow = with_state("a", 22, Running);
    slow.activities = vec![crate::domain::Activity {
        started_at: slow.started_at,
        ..crate::domain::Activity::new("migrate", 150)
    }];
    assert_eq!(
        problems(all().deployment(slow.clone())),
        [(ScheduleProblemKind::Overrun, "ends 30m after its window".to_owned())]
    );
    (slow.state, slow.started_at) = (Approved, None);
    slow.window = Window { from: at(25, 8), until: at(25, 10) };
    assert_eq!(
        problems(all().deployment(slow.clone())),
        [(ScheduleProblemKind::Overrun, "P85 2h 30m, window 2h 00m".to_owned())]
    );
    slow.state = Succeeded;
    assert!(problems(all().deployment(slow)).is_empty());
}

#[test]
fn an_estimate_says_what_it_was_learnt_from() {
    let past = |place: &str, number: u32| {
        let mut done = deployment(&format!("{place} {number}"), "old 1", at(number, 10), 60);
        done.environment = place.into();
        done.state = DeploymentState::Succeeded;
        (done.started_at, done.finished_at) = (Some(at(number, 10)), Some(at(number, 11)));
        done
    };
    let on = |name: &str| {
        let mut made = environment(name, Tier::Production);
        made.platform = Some("kubernetes".into());
        made
    };
    let setting = |places: &[&str]| {
        let known = Setting::covering(&ALL_KINDS)
            .environment(on("production/eu"))
            .environment(on("production/us"))
            .environment(environment("mainframe", Tier::Production))
            .deployment(deployment("a", "payments 4.2", at(25, 8), 120));
        places.iter().zip(1..).fold(known, |setting, (place, number)| setting.deployment(past(place, number)))
    };
    for (places, basis) in [
        (&["production/eu"; 3][..], Some((EstimateBasis::Environment, 3))),
        (&["production/eu", "production/us", "production/us"], Some((EstimateBasis::Platform, 3))),
        (&["production/eu", "production/us", "mainframe"], Some((EstimateBasis::Anywhere, 3))),
        (&["production/eu", "production/us"], None),
    ] {
        let schedule = setting(places).insight().schedule;
        let row = schedule.deployments.iter().find(|row| row.deployment.id.as_str() == "a").unwrap();
        assert_eq!(row.estimate.map(|it| (it.basis, it.runs)), basis, "{places:?}");
    }
}

#[test]
fn a_row_says_what_its_release_says() {
    let setting = Setting::covering(&[Kind::Stories])
        .story(story("PAY-1", Category::Done))
        .deployment(deployment("a", "payments 4.2", at(25, 8), 60));
    let row = setting.insight().schedule.deployments[0].clone();
    assert_eq!((row.verdict, row.ready_by_start), (Some(Verdict::Go), Some(1.0)));
}

#[test]
fn the_calendar_tells_of_targets_deployments_freezes_and_releases() {
    let mut setting = all()
        .deployment(deployment("a", "payments 4.2", at(24, 23), 120))
        .other(crate::domain::Release {
            released_at: Some(at(20, 9)),
            ..crate::domain::Release::named("auth", "2.9")
        })
        .policy(|it| it.calendar.zone = chrono_tz::Tz::Europe__Berlin);
    setting.facts.freezes.push(Arc::new(Freeze {
        name: "Black Friday".into(),
        window: Window { from: at(27, 0), until: at(28, 23) },
        environments: Vec::new(),
    }));
    let calendar = setting.insight().schedule.calendar;
    let entries: Vec<_> =
        calendar.iter().map(|it| (it.day.format("%-d").to_string(), it.kind, it.label.to_string())).collect();
    let entry = |day: &str, kind, label: &str| (day.to_owned(), kind, label.to_owned());
    assert_eq!(
        entries,
        [
            entry("20", CalendarKind::Released, "auth 2.9"),
            entry("25", CalendarKind::Deployment, "payments 4.2"),
            entry("25", CalendarKind::Target, "payments 4.2"),
            entry("27", CalendarKind::Freeze, "Black Friday"),
            entry("28", CalendarKind::Freeze, "Black Friday"),
        ]
    );
    assert!(now() < at(24, 23));
}

#[test]
fn an_endless_freeze_stays_bounded() {
    let mut setting = all();
    setting.facts.freezes.push(Arc::new(Freeze {
        name: "for ever".into(),
        window: Window {
            from: chrono::DateTime::<chrono::Utc>::MIN_UTC,
            until: chrono::DateTime::<chrono::Utc>::MAX_UTC,
        },
        environments: Vec::new(),
    }));
    assert!(setting.insight().schedule.calendar.len() < 800);
}
