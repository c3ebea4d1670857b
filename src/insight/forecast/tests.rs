//! The parts together: back-tests of real and of made releases, and forecasts of open ones.

use std::{fmt::Write as _, sync::Arc};

use chrono::{Days, NaiveDate};
use proptest::prelude::*;

use super::*;
use crate::domain::Text;

const DATA: &[u8] = include_bytes!("../../../data/forecast/releases.csv");

fn method<'report>(report: &'report Report, name: &str) -> &'report MethodScores {
    report.methods.iter().find(|method| method.name == name).unwrap()
}

/// The table of `data/forecast/README.md`: coverage, error, CRPS and width of each method.
#[test]
fn the_measured_table_holds() {
    let tables = [
        (
            Scope::Emerging,
            [
                ("linear", [0.06, 0.06, 0.06, 0.80, 36.9, 0.20]),
                ("jira-like", [0.06, 0.08, 0.08, 0.80, 36.6, 0.22]),
                ("monte carlo", [0.05, 0.09, 0.15, 0.81, 35.2, 0.31]),
                ("monte carlo x split", [0.07, 0.12, 0.20, 0.77, 33.6, 0.38]),
                ("own cadence", [0.65, 0.87, 0.93, 0.58, 29.1, 4.00]),
                ("tminus", [0.49, 0.85, 0.95, 0.36, 14.5, 1.69]),
            ],
        ),
        (
            Scope::Fixed,
            [
                ("linear", [0.51, 0.51, 0.51, 0.35, 22.4, 0.96]),
                ("jira-like", [0.51, 0.57, 0.58, 0.35, 20.7, 1.03]),
                ("monte carlo", [0.47, 0.66, 0.74, 0.33, 12.7, 1.20]),
                ("monte carlo x split", [0.61, 0.76, 0.82, 0.34, 14.0, 1.40]),
                ("own cadence", [0.66, 0.88, 0.93, 0.62, 29.7, 4.15]),
                ("tminus", [0.55, 0.85, 0.95, 0.27, 8.4, 1.45]),
            ],
        ),
    ];
    for (scope, table) in tables {
        let report = run_backtest(DATA, scope).unwrap();
        assert_eq!(report.rows_left_out, 0);
        assert_eq!(report.projects.len(), 3);
        for (found, (name, expected)) in report.methods.iter().zip(table) {
            assert_eq!(found.name, name);
            assert_eq!(found.releases, 90);
            let values = [
                found.cov50,
                found.cov85,
                found.cov95,
                found.median_abs_error_ratio,
                found.crps_days,
                found.p85_width_ratio,
            ];
            for (value, expected) in values.into_iter().zip(expected) {
                let most = if expected > 5.0 { 0.06 } else { 0.006 };
                assert!((value - expected).abs() < most, "{scope:?} {name}: {value} is not {expected}");
            }
        }
        // What the forecast is there for, whatever the last digit.
        let (ours, simulated, line) =
            (method(&report, "tminus"), method(&report, "monte carlo"), method(&report, "linear"));
        let most = if scope == Scope::Emerging { 0.45 } else { 0.70 };
        assert!((0.80..=0.90).contains(&ours.cov85));
        assert!(ours.crps_days < most * simulated.crps_days);
        assert!(ours.crps_days < 0.45 * line.crps_days);
    }
}

fn day(days: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2024, 1, 1).unwrap().checked_add_days(Days::new(days)).unwrap()
}

/// Releases of one project; the first one only begins the second. Each of 24 items and 60 days, two items done every five days.
fn made(releases: u64) -> String {
    let mut csv = String::from("project,release_id,item_id,created_at,done_at,release_date\n");
    for release in 0..releases {
        let start = 60 * release;
        for item in 0..24 {
            let done = day(start + 4 + 5 * (item / 2));
            let (start, end) = (day(start), day(start + 60));
            let _ = writeln!(csv, "made,{release},{release}-{item},{start},{done},{end}");
        }
    }
    csv
}

#[test]
fn a_report_is_the_same_each_time_and_has_the_keys_that_are_promised() {
    let csv = made(16);
    let report = run_backtest(csv.as_bytes(), Scope::Fixed).unwrap();
    let json = report.to_json().unwrap();
    assert_eq!(run_backtest(csv.as_bytes(), Scope::Fixed).unwrap().to_json().unwrap(), json);
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    let ours = value["methods"].as_array().unwrap().last().unwrap().as_object().unwrap();
    assert_eq!(ours["name"], "tminus");
    let mut keys: Vec<_> = ours.keys().map(String::as_str).collect();
    keys.sort_unstable();
    let mut promised = [
        "name",
        "n",
        "releases",
        "cov50",
        "cov85",
        "cov95",
        "crps_days",
        "median_abs_error_ratio",
        "p85_width_ratio",
    ];
    promised.sort_unstable();
    assert_eq!(keys, promised);
    assert_eq!(value["scope"], "fixed");
    assert_eq!(value["projects"]["made"], value["methods"], "there is one project only");
    let text = report.to_text();
    assert!(text.contains("all projects: 35 forecasts of 5 releases"), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 110), "{text}");
}

#[test]
fn too_few_releases_are_an_error_that_says_what_counts() {
    let error = run_backtest(made(5).as_bytes(), Scope::Fixed).unwrap_err().to_string();
    assert!(
        error.starts_with("nothing to score: 4 releases have finished (0 rows were left out)"),
        "{error}"
    );
}

/// An open release on its day 20, with `open` and `done` items.
fn open_release(open: u32, done: u32) -> ReleaseSeries {
    let mut days = vec![DayCounts { open: open + done, ..DayCounts::default() }; 21];
    for (index, counts) in days.iter_mut().enumerate() {
        counts.done = done * u32::try_from(index).unwrap() / 20;
        counts.open = open + done - counts.done;
        counts.completed = u32::from(index > 0) * (done / 20);
    }
    ReleaseSeries { start: day(0), days, finished_on: None }
}

fn forecaster() -> Forecaster {
    let team = Throughput::of((0..20).map(day));
    let project = Project { name: Text::new("payments"), team, releases: Vec::new() };
    Forecaster::learn(Arc::new(Past::new(Scope::Emerging, vec![project])), 0, day(20))
}

#[test]
fn a_team_without_releases_of_its_own_has_the_forecast_of_the_prior() {
    let Forecast::Dates(dates) = forecaster().forecast(&open_release(20, 20), day(20)) else {
        panic!("there is enough to go by");
    };
    assert_eq!((dates.learnt_from, dates.widened), (0, false));
    let shares = SHARES.map(|share| dates.date(share, day(20)).unwrap());
    assert!(day(20) < shares[0] && shares[0] < shares[1] && shares[1] < shares[2]);
    for (share, date) in SHARES.into_iter().zip(shares) {
        assert!(dates.probability_by(date, day(20)) >= share);
        assert!(dates.probability_by(date.pred_opt().unwrap(), day(20)) < share);
    }
    assert!(dates.probability_by(day(20), day(20)) <= 0.0, "a target that has passed");
    assert_eq!(dates.contributions.len(), 10);
}

#[test]
fn less_work_and_more_throughput_bring_the_date_nearer() {
    let forecaster = forecaster();
    let Forecast::Dates(dates) = forecaster.forecast(&open_release(40, 20), day(20)) else {
        panic!("there is enough to go by");
    };
    for (what, other) in
        [("left out", dates.state.leaving_out(20)), ("faster", dates.state.with_throughput(1.2))]
    {
        let Forecast::Dates(other) = forecaster.forecast_state(other) else { panic!("{what}") };
        assert!(other.distribution.days(0.5) < dates.distribution.days(0.5), "{what}");
    }
}

#[test]
fn where_there_is_too_little_to_go_by_the_range_is_wider_or_withheld() {
    let forecaster = forecaster();
    for (open, done, expected) in [(0, 20, Withheld::NothingOpen), (20, 0, Withheld::NothingDone)] {
        let found = forecaster.forecast(&open_release(open, done), day(20));
        assert_eq!(found, Forecast::Withheld(expected));
    }
    let series = open_release(5, 20);
    for (today, expected) in [
        (day(0).pred_opt().unwrap(), Withheld::NotStarted),
        (day(21), Withheld::NoDays),
        (NaiveDate::MAX, Withheld::NoDays),
    ] {
        assert_eq!(forecaster.forecast(&series, today), Forecast::Withheld(expected));
    }
    let spread = |open| match forecaster.forecast(&open_release(open, 20), day(20)) {
        Forecast::Dates(dates) => (dates.widened, dates.distribution.spread),
        Forecast::Withheld(why) => panic!("{}", why.reason()),
    };
    assert!(spread(2).0 && !spread(3).0);
    assert!(spread(2).1 > 1.1 * spread(3).1);
}

#[test]
fn ten_releases_of_its_own_teach_a_team_its_own_pace() {
    let of_items = |releases: u64| {
        let releases = (0..releases).map(|release| {
            let mut series = open_release(0, 20);
            series.start = day(21 * release);
            series.finished_on = Some(day(21 * release + 21));
            (Text::new(release.to_string()), series)
        });
        let team = Throughput::of((0..400).map(day));
        let project = Project { name: Text::new("payments"), team, releases: releases.collect() };
        Arc::new(Past::new(Scope::Fixed, vec![project]))
    };
    let few = Forecaster::learn(of_items(9), 0, day(400));
    let enough = Forecaster::learn(of_items(12), 0, day(400));
    let early = Forecaster::learn(of_items(12), 0, day(100));
    let mut series = open_release(10, 10);
    series.days.truncate(11);
    let dates = |forecaster: &Forecaster| match forecaster.forecast(&series, day(10)) {
        Forecast::Dates(dates) => dates,
        Forecast::Withheld(why) => panic!("{}", why.reason()),
    };
    assert_eq!([&few, &early, &enough].map(|forecaster| dates(forecaster).learnt_from), [0, 0, 12]);
    let days = |forecaster: &Forecaster| {
        dates(forecaster).distribution.days(0.85) - dates(forecaster).distribution.days(0.5)
    };
    assert!(days(&enough) < days(&few), "releases that were all alike make a narrow range");
}

#[test]
fn the_track_record_counts_from_the_first_release() {
    let past = |releases: u64| {
        let releases = (0..releases).map(|release| {
            let mut series = open_release(0, 20);
            series.start = day(400 + 21 * release);
            series.finished_on = Some(day(400 + 21 * release + 21));
            (Text::new(release.to_string()), series)
        });
        let project = Project {
            name: Text::new("payments"),
            team: Throughput::default(),
            releases: releases.collect(),
        };
        Past::new(Scope::Fixed, vec![project])
    };
    assert_eq!(track_record(&past(0)), None);
    // Days 7 and 14 of each, with 13 and 6 items open.
    let record = track_record(&past(3)).unwrap();
    assert_eq!((record.name, record.releases, record.n), ("tminus", 3, 6));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Whatever stands in the file: an answer or a reason, never a panic.
    #[test]
    fn any_items_are_answered(
        rows in prop::collection::vec((0..2_u8, 0..14_u64, 0..60_u64, 0..90_u64, 0..3_u64), 0..700),
        emerging: bool,
    ) {
        let mut csv = String::from("project,release_id,item_id,created_at,done_at,release_date\n");
        for (index, (project, release, created, taken, late)) in rows.iter().enumerate() {
            let released = day(100 + 40 * release + late);
            let created = 30 * release + created;
            let (created, done) = (day(created), day(created + taken));
            let _ = writeln!(csv, "{project},{release},{index},{created},{done},{released}");
        }
        let scope = if emerging { Scope::Emerging } else { Scope::Fixed };
        match run_backtest(csv.as_bytes(), scope) {
            Ok(report) => for method in &report.methods {
                prop_assert!(method.crps_days.is_finite() && method.p85_width_ratio.is_finite(), "{method:?}");
                prop_assert!((0.0..=1.0).contains(&method.cov85));
            },
            Err(error) => prop_assert!(error.to_string().starts_with("nothing to score")),
        }
    }

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut csv = b"project,release_id,item_id,created_at,done_at,release_date\n".to_vec();
        csv.extend(bytes);
        prop_assert!(run_backtest(csv.as_slice(), Scope::Fixed).is_err());
    }
}
