//! Delivery metrics, worked out by hand.

use super::*;
use crate::{
    domain::{Deployment, DeploymentState, PullRequest, PullRequestState},
    insight::fixture,
};

fn ago(hours: i64) -> Instant {
    now() - Duration::hours(hours)
}

/// Ended so many days ago.
fn deployed(name: &str, release: &str, days: i64, state: DeploymentState) -> Deployment {
    let end = ago(24 * days);
    Deployment {
        state,
        finished_at: Some(end),
        ..fixture::deployment(name, release, end - Duration::minutes(30), 60)
    }
}

fn change(number: u64, author: &str, merged: i64, took_days: i64) -> PullRequest {
    let deployed_at = ago(24 * 18);
    PullRequest {
        number: Some(number),
        started_at: Some(deployed_at - Duration::days(took_days)),
        merged_at: Some(ago(24 * merged)),
        deployed_at: Some(deployed_at),
        ..PullRequest::new(
            format!("api#{number}"),
            "api",
            "Refunds",
            author,
            "main",
            PullRequestState::Merged,
        )
    }
}

fn incident(key: &str, created_at: Instant, closed: Option<Instant>, release: Option<&str>) -> Story {
    let moves: Vec<_> = closed.into_iter().map(|at| (at, Category::Done)).collect();
    Story {
        kind: StoryKind::Defect,
        labels: vec![Text::new("Incident")],
        releases: release.into_iter().map(ReleaseId::new).collect(),
        ..story_with(key, created_at, &moves)
    }
}

/// Eleven deployments in a quarter: one rolled back and made good a day later, one failed that
/// was made good after nine days, one with an incident five hours long, one with an open incident.
fn setting() -> Setting {
    let kinds = [Kind::Releases, Kind::Stories, Kind::PullRequests, Kind::Deployments];
    let mut setting = Setting::covering(&kinds)
        .other(Release::named("payments", "4.1"))
        .policy(|policy| policy.left_out_authors = vec![Text::new("*[bot]")])
        .deployment(deployed("first", "payments 4.1", 200, DeploymentState::Succeeded))
        .deployment(deployed("again", "payments 4.1", 26, DeploymentState::Succeeded))
        // Not production, not over: neither counts.
        .deployment(Deployment {
            environment: crate::domain::EnvironmentId::new("staging"),
            ..deployed("staged", "payments 4.1", 5, DeploymentState::Failed)
        })
        .deployment(deployed("planned", "payments 4.2", 4, DeploymentState::Approved))
        .story(incident("INC-1", ago(24 * 63 - 2), Some(ago(24 * 63 - 7)), None))
        .story(incident("INC-2", ago(24 * 8), None, Some("payments 4.2")))
        .story(incident("INC-3", ago(24 * 150), None, None))
        .pull_request(change(1, "lee", 19, 1))
        .pull_request(change(2, "lee", 19, 2))
        .pull_request(change(3, "lee", 19, 9))
        .pull_request(change(4, "renovate[bot]", 19, 1))
        .pull_request(change(5, "lee", 210, 230));
    for number in 1..=10 {
        let (release, state) = match number {
            1 => ("payments 4.2", DeploymentState::Succeeded),
            3 => ("payments 4.1", DeploymentState::RolledBack),
            5 => ("payments 4.1", DeploymentState::Failed),
            _ => ("payments 4.1", DeploymentState::Succeeded),
        };
        setting = setting.deployment(deployed(&format!("deploy {number}"), release, 9 * number, state));
    }
    setting
}

#[test]
fn the_five_metrics_of_a_quarter() {
    let study = study(&setting());
    let card = study.card(CardId::Delivery).unwrap();
    let close = |name: &str, expected: f64| {
        let value = figure(card, name).unwrap();
        assert!((value - expected).abs() < 1e-9, "{name}: {value}");
    };
    close("lead_time_p50", 2.0 * 86_400.0);
    // Of 1, 2 and 9 days: 2 + 0.7 · 7.
    close("lead_time_p85", 6.9 * 86_400.0);
    close("frequency", 10.0 / 13.0);
    close("frequency_before", 0.0);
    close("change_fail_rate", 4.0 / 11.0);
    // Of 5 and 24 hours and nine days.
    close("recovery_time", 24.0 * 3_600.0);
    // One change took a day, one two, one nine.
    close("lead_time_under_day", 0.0);
    close("lead_time_under_week", 2.0);
    close("lead_time_under_month", 1.0);
    close("recovery_under_day", 1.0);
    close("recovery_under_week", 1.0);
    close("recovery_under_month", 1.0);
    close("rework_rate", 1.0 / 11.0);
    assert_eq!(
        &*card.sentence,
        "in 13 weeks half of 3 changes took 2.0d or less to production, 0.8/week deployed, 4 of 11 deployments \
         failed (36.3 %), half of 3 were over in 24.0h or less; by the report of 2023 low for change fail rate"
    );
    assert_eq!(card.standing, CardStanding::Poor);
    assert_eq!(row(card, "lead time for changes")[4..], ["3", "no level"]);
    assert_eq!(row(card, "deployment frequency")[5], "medium, better");
}

#[test]
fn every_failure_says_what_is_behind_it_and_how_sure_that_is() {
    let study = study(&setting());
    let card = study.card(CardId::Delivery).unwrap();
    let why: Vec<_> = card.rows[15..].iter().map(|row| (&*row.cells[0], &*row.cells[5])).collect();
    assert_eq!(
        why,
        [
            ("payments 4.2 production/eu Fri 13 Nov", "sure: incident INC-2 Refunds; not known to be over"),
            (
                "payments 4.1 production/eu Mon 26 Oct",
                "sure: rolled back; over after 24.0h; then payments 4.1 production/eu"
            ),
            ("payments 4.1 production/eu Thu 8 Oct", "sure: failed; over after 9.0d"),
            ("payments 4.1 production/eu Sun 20 Sep", "likely: incident INC-1 Refunds; over after 5.0h"),
            ("INC-3 Refunds", "no deployment in the week before it: no failure of one"),
        ]
    );
    let left_out: Vec<&str> = card.remarks().map(|note| &**note).collect();
    assert_eq!(
        left_out,
        [
            "production only, finished deployments only, each environment on its own; times are medians of \
             calendar time; 3 incidents known",
            "levels are told from 5 cases on",
            "1 change left out of lead time: merged before the first known deployment",
            "1 change left out: of authors left out",
            "1 failure left out of recovery: not known to be over",
        ]
    );
    // By another label there are no incidents.
    let other = setting().policy(|policy| policy.incident_labels = vec![Text::new("outage")]);
    let study = Study::of(&other.board_at(now()));
    assert_eq!(figure(study.card(CardId::Delivery).unwrap(), "change_fail_rate"), Some(2.0 / 11.0));
}

#[test]
fn of_several_products_on_one_day_it_is_a_guess() {
    let with = |last: &str| {
        let setting = Setting::covering(&[Kind::Releases, Kind::Stories, Kind::Deployments])
            .other(Release::named("auth", "2.0"))
            .deployment(deployed("one", "payments 4.2", 3, DeploymentState::Succeeded))
            .deployment(deployed("two", last, 3, DeploymentState::Succeeded))
            .story(incident("INC-1", ago(24 * 3 - 1), None, None));
        let study = study(&setting);
        study.card(CardId::Delivery).unwrap().rows[5].cells[5].to_string()
    };
    assert!(with("payments 4.2").starts_with("likely: "));
    assert!(with("auth 2.0").starts_with("a guess: "));
}

/// What is said of a failure, or of an incident that is none of a deployment.
fn why(setting: &Setting) -> String {
    let study = study(setting);
    let card = study.card(CardId::Delivery).unwrap();
    let says = |row: &&CardRow| {
        let cell = &row.cells[5];
        ["sure: ", "likely: ", "a guess: ", "no deployment"].iter().any(|begin| cell.starts_with(begin))
    };
    card.rows.iter().find(says).unwrap().cells[5].to_string()
}

#[test]
fn a_day_and_a_week_after_a_deployment_are_still_near_and_a_second_more_is_not() {
    let (day, week) = (Duration::days(1), Duration::days(7));
    let second = Duration::seconds(1);
    for (after, said) in [
        (Duration::zero(), "likely: "),
        (day, "likely: "),
        (day + second, "a guess: "),
        (week, "a guess: "),
        (week + second, "no deployment in the week before it"),
    ] {
        let setting = Setting::covering(&[Kind::Releases, Kind::Stories, Kind::Deployments])
            .deployment(deployed("one", "payments 4.2", 30, DeploymentState::Succeeded))
            .story(incident("INC-1", ago(24 * 30) + after, None, None));
        let found = why(&setting);
        assert!(found.starts_with(said), "{after}: {found}");
    }
}

#[test]
fn what_follows_within_a_week_is_rework_and_recovery_has_no_limit() {
    let week = Duration::days(7);
    for (after, said, rework) in [
        (week, "sure: failed; over after 7.0d; then payments 4.2 production/eu", 0.5),
        (week + Duration::seconds(1), "sure: failed; over after 7.0d", 0.0),
        (Duration::days(20), "sure: failed; over after 20.0d", 0.0),
    ] {
        let good = Deployment {
            finished_at: Some(ago(24 * 40) + after),
            ..deployed("good", "payments 4.2", 39, DeploymentState::Succeeded)
        };
        let setting = Setting::covering(&[Kind::Releases, Kind::Stories, Kind::Deployments])
            .deployment(deployed("bad", "payments 4.2", 40, DeploymentState::Failed))
            .deployment(good);
        assert_eq!(why(&setting), said);
        let study = study(&setting);
        let card = study.card(CardId::Delivery).unwrap();
        assert_eq!(figure(card, "recovery_time"), Some(after.num_seconds() as f64));
        assert_eq!(figure(card, "rework_rate"), Some(rework), "{after}");
    }
}

#[test]
fn of_several_metrics_at_the_worst_level_all_are_named() {
    let mut setting = Setting::covering(&[Kind::Releases, Kind::Stories, Kind::Deployments]);
    for number in 0..6 {
        let days = 88 - 12 * number;
        setting = setting
            .deployment(deployed(&format!("bad {number}"), "payments 4.2", days, DeploymentState::Failed))
            .deployment(deployed(
                &format!("good {number}"),
                "payments 4.2",
                days - 8,
                DeploymentState::Succeeded,
            ));
    }
    let study = study(&setting);
    let card = study.card(CardId::Delivery).unwrap();
    assert!(
        card.sentence
            .ends_with("by the report of 2023 low for change fail rate, failed deployment recovery time"),
        "{}",
        card.sentence
    );
}
