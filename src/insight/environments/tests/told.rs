//! What is told of costs, freezes, drift and hard places where little is known, and what a
//! suggestion must not say.

use std::collections::BTreeMap;

use super::*;
use crate::{
    domain::{Category, Freeze, Hours},
    insight::{CardId, CardStanding, Study, fixture::deployment},
};

fn table(view: &EnvironmentsView, title: &str) -> Vec<Vec<String>> {
    let tables = tables(view, &crate::domain::Calendar::default());
    tables.into_iter().find(|table| table.title == title).unwrap().rows
}

#[test]
fn who_booked_for_its_own_deployment_is_no_mere_booking() {
    // payments 4.2 (due on the 25th) keeps production/eu for its deployment, ledger 1.8 (of no date)
    // deploys into it: neither is easier to move than the other one.
    let planned = |name: &str, release: &str, from, minutes| Deployment {
        environment: EnvironmentId::new("production/eu"),
        ..deployment(name, release, from, minutes)
    };
    let mut ledger = Release::named("ledger", "1.8");
    ledger.target = Some(Target { at: at(30, 12), estimated: false });
    let setting = booked(
        setting()
            .other(ledger)
            .deployment(planned("ours", "payments 4.2", at(25, 14), 60))
            .deployment(planned("theirs", "ledger 1.8", at(25, 14), 60)),
        [booking("a", "production/eu", "payments 4.2", window(at(25, 14), at(25, 16)))],
    );
    let said = |setting: &Setting| {
        let conflicts = view(setting).conflicts;
        assert_eq!(conflicts.len(), 1);
        conflicts[0].suggestion.clone().unwrap()
    };
    let suggestion = said(&setting);
    assert_eq!(&*suggestion.yields, "ledger 1.8", "{:?}", suggestion.reasons);
    assert!(suggestion.reasons.iter().all(|reason| !reason.contains("books")), "{:?}", suggestion.reasons);
    assert_eq!(suggestion.move_to, Some(window(at(25, 16), at(25, 17))));
    // A freeze, and hours: on the 26th and 27th nothing may go, the 28th and 29th are a weekend, and
    // nothing goes before eight.
    let mut ruled = setting.clone();
    ruled.facts.freezes.push(Arc::new(Freeze {
        name: "sale".into(),
        window: window(at(25, 16) + Duration::minutes(30), at(28, 0)),
        environments: vec!["production*".into()],
    }));
    assert_eq!(said(&ruled).move_to, Some(window(at(28, 0), at(28, 1))));
    let time = |hour| chrono::NaiveTime::from_hms_opt(hour, 0, 0).unwrap();
    ruled.policy.schedule.hours = Some(Hours { from: time(8), until: time(18) });
    ruled.policy.schedule.working_days = true;
    assert_eq!(said(&ruled).move_to, Some(window(at(30, 8), at(30, 9))));
    // Who keeps a place for tests moves over night, too, but not into a freeze.
    let mut tests = ruled;
    tests.facts.deployments.retain(|one| one.id.as_str() == "ours");
    tests = booked(tests, [booking("b", "production/eu", "ledger 1.8", window(at(25, 15), at(25, 20)))]);
    let suggestion = said(&tests);
    assert_eq!(&*suggestion.reasons[0], "ledger 1.8 only books it, the other one deploys there");
    assert_eq!(suggestion.move_to, Some(window(at(28, 0), at(28, 5))));
    // A freeze without an end leaves no time.
    let mut never = tests;
    Arc::make_mut(&mut never.facts.freezes[0]).window.until = Instant::MAX_UTC;
    assert_eq!(said(&never).move_to, None);
    assert!(table(&view(&never), "Conflicts")[0][3].contains("nothing is free for it"));
}

#[test]
fn a_freeze_is_shown_and_what_nobody_knows_is_not_free() {
    let frozen = |from, until| {
        Arc::new(Freeze {
            name: "sale".into(),
            window: window(from, until),
            environments: vec!["production*".into()],
        })
    };
    let mut setting = setting();
    setting.facts.freezes =
        vec![frozen(at(26, 0), at(28, 0)), frozen(at(1, 0), at(2, 0)), frozen(at(22, 0), at(23, 0))];
    let found = view(&setting);
    let eu = found.environment(&EnvironmentId::new("production/eu")).unwrap();
    let windows: Vec<Window> = eu.frozen.iter().map(|frozen| frozen.window).collect();
    assert_eq!(
        windows,
        [window(at(22, 0), at(23, 0)), window(at(26, 0), at(28, 0))],
        "what is over is not told"
    );
    assert!(eu.frozen_at(now()).is_some() && eu.frozen_at(at(24, 0)).is_none());
    assert!(found.environment(&EnvironmentId::new("staging")).unwrap().frozen.is_empty());
    let row = |view: &EnvironmentsView| {
        table(view, "Allocation").into_iter().find(|row| row[0] == "production/eu").unwrap()
    };
    assert!(row(&found)[3].ends_with("sale"), "{:?}", row(&found));
    assert!(found.bookings_known && table(&found, "Conflicts").is_empty() && !eu.free.is_empty());
    // Nobody tells who has what, or not all of it.
    let mut unheard = setting.clone();
    unheard.facts.covers.remove(&Kind::Bookings);
    let mut partly = setting;
    partly
        .facts
        .problems
        .push(crate::domain::Problem::new("a booking was left out", "mend it").losing(&[Kind::Bookings]));
    for setting in [unheard, partly] {
        let found = view(&setting);
        assert!(!found.bookings_known && found.environments.iter().all(|one| one.free.is_empty()));
        assert_eq!(row(&found)[2], "not known");
        assert_eq!(table(&found, "Conflicts"), [["not known: no source tells all bookings"]]);
    }
}

#[test]
fn the_month_is_forecast_by_what_is_usual_and_not_only_by_what_is_booked() {
    // Staging costs 10 a day. August, September and October had 10, 20 and 30 days of it; now is the
    // 22nd of November, 9 o'clock.
    let day = |month, day| Utc.with_ymd_and_hms(2026, month, day, 0, 0, 0).unwrap();
    let past = [
        booking("a", "staging", "payments 4.1", window(day(8, 1), day(8, 11))),
        booking("b", "staging", "payments 4.2", window(day(9, 1), day(9, 21))),
        booking("c", "staging", "payments 4.2", window(day(10, 1), day(10, 31))),
        booking("d", "staging", "payments 4.2", window(day(11, 1), day(11, 11))),
    ];
    let ahead = [
        booking("e", "staging", "payments 4.2", window(day(11, 25), day(11, 26))),
        booking("f", "staging", "payments 4.2", window(day(12, 1), day(12, 6))),
        booking("g", "staging", "payments 4.3", window(day(1, 1), day(1, 2))),
    ];
    let mut january = ahead;
    january[2].window = Window {
        from: Utc.with_ymd_and_hms(2027, 1, 1, 0, 0, 0).unwrap(),
        until: Utc.with_ymd_and_hms(2027, 1, 27, 0, 0, 0).unwrap(),
    };
    let setting = booked(setting(), past.clone().into_iter().chain(january));
    let found = view(&setting);
    let cost = &found.cost;
    assert_eq!((cost.usual, cost.usual_months), (Some(200.0), 3));
    let month = cost.this_month().unwrap();
    assert_eq!((month.so_far, month.ahead, month.booked_days), (100.0, 10.0, 11.0));
    // 8 days and 15 hours of 30 are to come.
    let expected = 200.0 * (8.0 + 15.0 / 24.0) / 30.0 - 10.0;
    assert!((month.expected.unwrap() - expected).abs() < 1e-9);
    assert!((month.forecast() - 110.0 - expected).abs() < 1e-9);
    let later: Vec<_> = cost.months[4..].iter().map(|month| (month.booked(), month.expected)).collect();
    assert_eq!(later, [(50.0, Some(150.0)), (260.0, Some(0.0)), (0.0, Some(200.0))]);
    assert_eq!(cost.months[0].expected, None, "what is over is not expected");
    // In all is in all: from August on, and what is to come.
    let total = |id: &str| {
        cost.releases.iter().find(|cost| cost.release == Some(ReleaseId::new(id))).map(|cost| cost.total)
    };
    assert_eq!((total("payments 4.2"), total("payments 4.1")), (Some(660.0), Some(100.0)));
    let older = booked(setting, [booking("h", "staging", "payments 4.1", window(day(1, 1), day(1, 31)))]);
    let totals: Vec<f64> = view(&older).cost.releases.iter().map(|cost| cost.total).collect();
    assert!(totals.contains(&400.0), "a booking of January counts to what it cost in all: {totals:?}");
    // Two months say nothing of what is usual.
    let few = booked(super::setting(), past.into_iter().skip(1));
    let cost = view(&few).cost;
    assert_eq!((cost.usual, cost.usual_months), (None, 2));
    assert!(cost.months.iter().all(|month| month.expected.is_none()));
    // Without a booking there is no table of nothing, and none of minus nothing.
    let empty = view(&super::setting());
    assert!(table(&empty, "Cost").is_empty());
    assert!(
        empty
            .cost
            .months
            .iter()
            .all(|month| month.so_far.is_sign_positive() && month.ahead.is_sign_positive())
    );
}

#[test]
fn too_few_runs_have_no_rank() {
    let mut setting = setting();
    let hours = |index: i64| at(1, 0) + Duration::hours(index);
    for index in 0..122 {
        let state = if index < 7 { DeploymentState::Failed } else { DeploymentState::Succeeded };
        setting = setting.deployment(deployed("payments 4.1", "production/eu", hours(index), state));
    }
    setting = setting.deployment(deployed("payments 4.1", "lab", hours(1), DeploymentState::Succeeded));
    let found = view(&setting);
    let names: Vec<(&str, bool)> =
        found.hard.iter().map(|place| (&*place.name, place.failed.is_ranked())).collect();
    assert_eq!(names, [("production/eu", true), ("lab", false)]);
    let rows = table(&found, "Hard places");
    assert_eq!(rows[1][1], "0/1, too few runs");
    assert!(rows[0][1].starts_with("7/122, above "), "{rows:?}");
}

/// Payments on staging and both productions, each with such keys.
fn configured(keys: [&[(&str, &str)]; 3]) -> Setting {
    let places = ["staging", "production/eu", "production/us"];
    places.into_iter().zip(keys).zip(0..).fold(setting(), |setting, ((place, keys), index)| {
        let mut deployment = deployed("payments 4.1", place, at(3 + index, 12), DeploymentState::Succeeded);
        deployment.configuration =
            keys.iter().map(|(key, value)| (Text::new(key), Text::new(value))).collect::<BTreeMap<_, _>>();
        setting.deployment(deployment)
    })
}

#[test]
fn keys_that_differ_are_named_and_their_values_are_not() {
    let mut setting = configured([
        &[("URL", "a1"), ("LEVEL", "b1"), ("LIMIT", "c1")],
        &[("URL", "a2"), ("LEVEL", "b1"), ("LIMIT", "c1")],
        &[("URL", "a3"), ("LEVEL", "b2"), ("EXTRA", "d1")],
    ]);
    setting.policy.accepted_drift.push(AcceptedDrift {
        component: Text::new("*"),
        environment: Text::new("production*"),
        reason: Text::new("each has its own"),
        keys: vec![Text::new("U*")],
    });
    let found = view(&setting);
    let cells: Vec<&DriftCell> = found.drift.components[0].cells.iter().flatten().collect();
    assert_eq!(cells[0].configuration, None, "nothing is before staging");
    let said: Vec<Option<String>> =
        cells[1..].iter().map(|cell| cell.configuration.as_ref().unwrap().said(9)).collect();
    assert_eq!(
        said,
        [None, Some("3 keys differ from staging: EXTRA (only here), LEVEL, LIMIT (missing)".to_owned()),]
    );
    assert_eq!(cells[2].configuration.as_ref().unwrap().unaccepted(), 3);
    let accepted: Vec<_> = cells[2]
        .configuration
        .iter()
        .flat_map(|found| &found.keys)
        .filter_map(|key| key.accepted.as_deref())
        .collect();
    assert_eq!(accepted, ["each has its own"]);
    // A rule about keys accepts no version that is behind.
    assert!(cells.iter().all(|cell| cell.standing == DriftStanding::Newest));
    let rows = table(&found, "Drift");
    assert!(rows[2][6].starts_with("3 keys differ from staging"), "{rows:?}");
    let json = serde_json::to_string(&found).unwrap();
    for value in ["a1", "a2", "b2", "d1"] {
        assert!(!json.contains(&format!("\"{value}\"")), "{value}");
    }
    // Deployed once more without a word about it, what was told last still holds; what is not told
    // anywhere is not compared.
    let again = deployed("payments 4.1", "production/us", at(10, 12), DeploymentState::Succeeded);
    let found = view(&setting.clone().deployment(again));
    assert!(found.drift.components[0].cells[2].as_ref().unwrap().configuration.is_some());
    let other = deployed("payments 4.2", "production/us", at(10, 12), DeploymentState::Succeeded);
    let found = view(&setting.deployment(other));
    assert_eq!(found.drift.components[0].cells[2].as_ref().unwrap().configuration, None);
}

#[test]
fn how_far_behind_counts_commits_where_every_version_between_is_counted() {
    let with = |commits: [Option<u32>; 4]| {
        let versions = ["1.1", "1.2", "1.3", "1.4"];
        let mut setting = setting();
        for ((version, commits), index) in versions.into_iter().zip(commits).zip(0..) {
            setting = setting.other(Release { commits, ..Release::named("ledger", version) });
            // 1.3 was never deployed.
            if version != "1.3" {
                let from = at(2 + index, 12);
                setting = setting.deployment(deployed(
                    &format!("ledger {version}"),
                    "staging",
                    from,
                    DeploymentState::Succeeded,
                ));
            }
        }
        let setting =
            setting.deployment(deployed("ledger 1.1", "lab", at(3, 12), DeploymentState::Succeeded));
        let found = view(&setting);
        let cell = found.drift.components[0].cells[0].clone().unwrap();
        assert_eq!(&*cell.environment.to_string(), "lab");
        (cell.versions_behind, cell.commits_behind, cell.distance())
    };
    let all = with([Some(100), Some(7), Some(11), Some(1)]);
    assert_eq!(all, (2, Some(19), "2 versions, 19 commits".to_owned()), "1.3 is in 1.4");
    assert_eq!(with([Some(100), Some(7), None, Some(1)]).1, None, "nobody counted those of 1.3");
    // Then pull requests are told as what they are.
    let mut cell = DriftCell {
        environment: EnvironmentId::new("lab"),
        release: ReleaseId::new("ledger 1.1"),
        version: Text::new("1.1"),
        since: now(),
        versions_behind: 1,
        commits_behind: None,
        pull_requests_behind: Some(15),
        configuration: None,
        behind_since: None,
        standing: DriftStanding::Behind,
        why: Text::default(),
        expected: None,
    };
    assert_eq!(cell.distance(), "1 version, 15 pull requests");
    cell.pull_requests_behind = None;
    assert_eq!(cell.distance(), "1 version");
}

/// By hand: 10 days of November at 10 are over, one is ahead; three whole months cost 100, 200 and
/// 300, so 200 is usual, of which 57.5 is for what is left of November, and 10 of that is booked.
#[test]
fn the_card_says_what_the_month_costs_and_how_much_of_it_nobody_used() {
    let day = |month, day| Utc.with_ymd_and_hms(2026, month, day, 0, 0, 0).unwrap();
    let setting = booked(
        setting(),
        [
            booking("a", "staging", "payments 4.1", window(day(8, 1), day(8, 11))),
            booking("b", "staging", "payments 4.2", window(day(9, 1), day(9, 21))),
            booking("c", "staging", "payments 4.2", window(day(10, 1), day(10, 31))),
            booking("d", "staging", "payments 4.2", window(day(11, 1), day(11, 11))),
            booking("e", "staging", "payments 4.2", window(day(11, 25), day(11, 26))),
        ],
    );
    let study = Study::of(&setting.board_at(now()));
    let card = study.card(CardId::EnvironmentCost).unwrap();
    assert_eq!(
        &*card.sentence,
        "November will cost 158: 100 so far, 10 booked ahead, 48 expected; 100 % of the working time booked \
         in the last 90 days saw no use"
    );
    assert_eq!(card.standing, CardStanding::Poor);
}

/// When a release is ready as likely as not.
fn half_ready(board: &crate::insight::Board, release: &str) -> Option<Instant> {
    match board.release(&ReleaseId::new(release)).unwrap().forecast {
        crate::insight::ForecastView::Dates { p50, .. } => p50.at(),
        _ => None,
    }
}

#[test]
fn a_suggested_window_is_the_one_that_the_schedule_finds() {
    // payments 4.2 keeps the place for its deployment on the 25th; ledger 1.8, of a later target, deploys
    // into that time for 40 minutes, and may have a booking of its own.
    let planned = |place: &str, usual: u32, stories: usize, books: bool| {
        let on = |name: &str, release: &str, minutes| Deployment {
            environment: EnvironmentId::new(place),
            ..deployment(name, release, at(25, 14), minutes)
        };
        let mut ledger = Release::named("ledger", "1.8");
        ledger.target = Some(Target { at: at(30, 12), estimated: false });
        let mut theirs = on("theirs", "ledger 1.8", 40);
        theirs.activities = vec![crate::domain::Activity::new("migrate", usual)];
        let mut setting = booked(
            setting().other(ledger).deployment(on("ours", "payments 4.2", 60)).deployment(theirs),
            [booking("a", place, "payments 4.2", window(at(25, 14), at(25, 16)))],
        );
        if books {
            let theirs = booking("b", place, "ledger 1.8", window(at(25, 13), at(25, 15)));
            setting = booked(setting, [theirs]);
        }
        for number in 0..stories {
            let category = if number % 2 == 0 { Category::Done } else { Category::InProgress };
            let mut story = fixture::story(&format!("L-{number}"), category);
            story.releases = vec![ReleaseId::new("ledger 1.8")];
            setting = setting.story(story);
        }
        setting
    };
    for (place, usual, stories, is_held) in [
        ("production/eu", 20, 0, false),
        ("production/eu", 73, 0, false),
        ("production/eu", 73, 20, true),
        // To become ready is what a release goes there for.
        ("staging", 73, 20, false),
    ] {
        let case = format!("{place}, {usual}, {stories}");
        let board = planned(place, usual, stories, false).board_at(now());
        let view = EnvironmentsView::of(&board);
        let suggestion = view.conflicts[0].suggestion.as_ref().unwrap();
        assert_eq!(&*suggestion.yields, "ledger 1.8", "{case}");
        let rows = &board.insight.schedule.deployments;
        let row = rows.iter().find(|row| row.deployment.id.as_str() == "theirs").unwrap();
        assert_eq!(suggestion.move_to, row.slots.first().copied(), "{case}");
        let found = suggestion.move_to.unwrap();
        assert_eq!(found.duration().num_minutes(), i64::from(usual.max(40)), "{case}");
        let ready = half_ready(&board, "ledger 1.8");
        assert_eq!(ready.is_some(), stories > 0, "{case}");
        assert!(ready.is_none_or(|ready| !is_held || (ready > at(25, 16) && found.from >= ready)), "{case}");
        assert_eq!(found.from == at(25, 16), !is_held, "{case}: {found:?}");
    }
    // Who has a booking for it moves as a whole, by the same rule for what goes out within it.
    let board = planned("production/eu", 73, 20, true).board_at(now());
    let view = EnvironmentsView::of(&board);
    let of_bookings = |conflict: &&Conflict| conflict.claims.iter().all(|it| it.kind == ClaimKind::Booking);
    let conflict = view.conflicts.iter().find(of_bookings).unwrap();
    assert_eq!(&*conflict.suggestion.as_ref().unwrap().yields, "ledger 1.8");
    let moved = conflict.suggestion.as_ref().unwrap().move_to.unwrap();
    let ready = half_ready(&board, "ledger 1.8").unwrap();
    // The deployment begins an hour after its booking, and needs 13 minutes more than that has left.
    assert!(moved.from + Duration::hours(1) >= ready, "{moved:?} {ready}");
    assert_eq!(moved.duration().num_minutes(), 60 + 73);
    // Of what is never ready nothing is promised, and why is said.
    let mut needs = planned("production/eu", 40, 0, false).other(Release::named("auth", "2.9"));
    let ledger = needs.facts.releases.iter_mut().find(|it| it.id.as_str() == "ledger 1.8").unwrap();
    Arc::make_mut(ledger).depends_on = vec![ReleaseId::new("auth 2.9")];
    let found = super::view(&needs);
    let suggestion = found.conflicts[0].suggestion.as_ref().unwrap();
    assert_eq!(suggestion.move_to, None);
    assert_eq!(suggestion.why_none.as_deref(), Some("no deployment of auth 2.9 is planned before it"));
    assert!(table(&found, "Conflicts")[0][3].contains("nothing is free for it: no deployment of auth 2.9"));
}

#[test]
fn what_is_approved_on_both_sides_is_no_fault_and_both_sides_are_told_apart() {
    let with = |approved: [bool; 2], deploys: bool| {
        let mut bookings = ["payments 4.2", "payments 4.3"]
            .map(|release| booking(release, "staging", release, window(at(24, 0), at(26, 0))));
        for (booking, approved) in bookings.iter_mut().zip(approved) {
            booking.approved = approved;
        }
        let [one, other] = bookings;
        if !deploys {
            return view(&booked(setting(), [one, other]));
        }
        let into = Deployment {
            environment: EnvironmentId::new("staging"),
            ..deployment("into", "payments 4.3", at(25, 10), 60)
        };
        view(&booked(setting().deployment(into), [one]))
    };
    for (approved, deploys, is_agreed, said) in [
        ([true, true], false, true, "the booking for payments 4.2 and the booking for payments 4.3"),
        ([true, false], false, false, "the booking for payments 4.2 and the booking for payments 4.3"),
        // Who agreed to the one did not agree to the other.
        ([true, true], true, false, "the booking for payments 4.2 and the deployment of payments 4.3"),
    ] {
        let found = with(approved, deploys);
        let conflict = &found.conflicts[0];
        assert_eq!((conflict.is_approved_double_booking(), conflict.said()), (is_agreed, said.to_owned()));
        assert_eq!(table(&found, "Conflicts")[0][2].contains("approved double booking"), is_agreed, "{said}");
    }
}

#[test]
fn what_is_accepted_is_told_apart_from_what_differs() {
    let with = |place: &str, from, keys: &[(&str, &str)]| Deployment {
        configuration: keys.iter().map(|(key, value)| (Text::new(key), Text::new(value))).collect(),
        ..deployed("payments 4.1", place, from, DeploymentState::Succeeded)
    };
    let mut setting = setting()
        .deployment(with("staging", at(19, 8), &[("HOST", "1"), ("LIMIT", "1"), ("OLD", "1")]))
        .deployment(with("production/eu", at(20, 8), &[("HOST", "2"), ("LIMIT", "2"), ("NEW", "1")]));
    let accept = |keys: &[&str]| AcceptedDrift {
        component: Text::new("*"),
        environment: Text::new("production*"),
        keys: keys.iter().map(Text::new).collect(),
        reason: Text::new("each has its own"),
    };
    let row = |setting: &Setting| {
        let rows = table(&view(setting), "Drift");
        let row = rows.into_iter().find(|row| row[0] == "production/eu").unwrap();
        (row[6].clone(), row[7].clone())
    };
    let all = "4 keys differ from staging: HOST, LIMIT, NEW (only here), OLD (missing)";
    assert_eq!(row(&setting), (all.to_owned(), String::new()));
    setting.policy.accepted_drift.push(accept(&["HOST"]));
    let some = "3 keys differ from staging: LIMIT, NEW (only here), OLD (missing)";
    assert_eq!(row(&setting), (some.to_owned(), "1 key".to_owned()));
    setting.policy.accepted_drift.push(accept(&["LIMIT", "NEW", "OLD"]));
    assert_eq!(row(&setting), (String::new(), "4 keys".to_owned()));
    let found = view(&setting);
    let configuration = found.drift.cells().find_map(|cell| cell.configuration.clone()).unwrap();
    let said: Vec<String> = configuration.said_accepted().collect();
    assert_eq!(
        said,
        [
            "HOST differs from staging: each has its own",
            "LIMIT differs from staging: each has its own",
            "NEW is not on staging: each has its own",
            "OLD is only on staging: each has its own",
        ]
    );
}
