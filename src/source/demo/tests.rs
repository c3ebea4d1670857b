use std::collections::{HashMap, HashSet};

use chrono::{Duration, TimeZone, Utc};
use proptest::prelude::*;

use super::*;
use crate::domain::{
    Category, DeploymentState, Facts, Kind, Mergeability, PullRequestState, ReleaseId, ReviewVerdict,
    ScopeChange, Severity, StoryKind,
};

fn settings(stories: usize) -> DemoSettings {
    let opened = Utc.with_ymd_and_hms(2026, 11, 22, 9, 24, 0).unwrap();
    DemoSettings { stories, ..DemoSettings::opened(opened, Tz::Europe__Berlin) }
}

fn main_release() -> ReleaseId {
    ReleaseId::of("payments", "4.2")
}

fn counts(facts: &Facts) -> (usize, usize) {
    let main = main_release();
    let scope = || {
        facts.stories.iter().filter(|story| story.kind == StoryKind::Story && story.releases.contains(&main))
    };
    (scope().filter(|story| story.category == Category::Done).count(), scope().count())
}

#[test]
fn the_same_seed_makes_the_same_organisation() {
    let settings = settings(48);
    let now = settings.picture();
    let one = facts(&Organisation::new(&settings), now);
    assert_eq!(one, facts(&Organisation::new(&settings), now));
    let other = DemoSettings { seed: 8, ..settings };
    assert_ne!(one, facts(&Organisation::new(&other), now));
}

#[test]
fn the_release_on_screen_has_as_many_stories_as_asked_for() {
    for (stories, done) in [(1, 0), (7, 6), (48, 41), (1_000, 857)] {
        let settings = settings(stories);
        let organisation = Organisation::new(&settings);
        assert_eq!(counts(&facts(&organisation, settings.anchor)), (done, stories));
        assert_eq!(counts(&facts(&organisation, settings.picture())), (done, stories));
        let past = facts(&organisation, settings.anchor);
        let items =
            past.stories.len() + past.pull_requests.len() + past.deployments.len() + past.test_runs.len();
        assert!(items - stories - settings.pull_requests() < 4_500, "{items}");
    }
}

#[test]
fn the_release_on_screen_is_in_trouble_and_the_next_to_come() {
    let settings = settings(48);
    let now = settings.picture();
    let facts = facts(&Organisation::new(&settings), now);
    let open: Vec<_> = facts.releases.iter().filter(|release| release.released_at.is_none()).collect();
    assert_eq!(open.len(), 6);
    let nearest = open
        .iter()
        .filter(|release| release.target.is_some())
        .min_by_key(|release| release.target.unwrap().at);
    assert_eq!(nearest.unwrap().id, main_release());
    assert_eq!((nearest.unwrap().target.unwrap().at - now).num_hours(), 76);
    assert_eq!(open.iter().filter(|release| release.target.is_none()).count(), 1);

    let blocking = facts.stories.iter().filter(|story| {
        story.severity == Some(Severity::Critical)
            && story.category != Category::Done
            && story.releases.contains(&main_release())
    });
    assert_eq!(blocking.count(), 2);
    let pulls: Vec<_> =
        facts.pull_requests.iter().filter(|pull| pull.milestone.as_deref() == Some("payments 4.2")).collect();
    let in_state = |state| pulls.iter().filter(|pull| pull.state == state).count();
    assert_eq!(
        [PullRequestState::Merged, PullRequestState::Closed, PullRequestState::Open].map(in_state),
        [15, 2, 7]
    );
    let open = || pulls.iter().filter(|pull| pull.state == PullRequestState::Open);
    assert!(open().any(|pull| pull.draft));
    assert!(open().any(|pull| pull.author == "renovate"));
    assert!(open().any(|pull| pull.mergeability == Mergeability::Conflicts));
    assert!(open().any(|pull| pull.mergeability == Mergeability::Behind));
    assert!(
        open()
            .any(|pull| pull.checks.iter().any(|check| check.outcome == crate::domain::CheckOutcome::Failed))
    );
    assert!(
        open()
            .any(|pull| pull.reviews.iter().any(|review| review.verdict == ReviewVerdict::ChangesRequested))
    );
    assert!(open().any(|pull| !pull.draft && pull.reviews.iter().all(|review| review.bot)));

    assert!(facts.deployments.iter().any(|deployment| {
        deployment.state == DeploymentState::Running
            && deployment.release == Some(main_release())
            && deployment.activities.iter().any(|activity| activity.finished_at.is_some())
            && deployment.activities.iter().any(|activity| activity.started_at.is_none())
    }));
    let open_and_high = |repository: &str| {
        facts.findings.iter().any(|finding| {
            finding.repository.as_str() == repository
                && finding.severity == Some(Severity::High)
                && finding.state == crate::domain::FindingState::Open
        })
    };
    assert!(open_and_high("ledger-core") && !open_and_high("api"));
    let main_of = |repository: &str| {
        facts.builds.iter().find(|build| build.repository.as_str() == repository).unwrap().outcome()
    };
    assert_eq!(main_of("ledger-core"), crate::domain::CheckOutcome::Failed);
    assert_eq!(facts.builds.len(), 5);
    let auth = ReleaseId::of("auth", "2.9");
    let of_auth = |environment: &str, state| {
        facts.deployments.iter().any(|deployment| {
            deployment.release.as_ref() == Some(&auth)
                && deployment.environment.as_str() == environment
                && deployment.state == state
        })
    };
    assert!(of_auth("production/eu", DeploymentState::Succeeded));
    assert!(of_auth("production/us", DeploymentState::Approved));
    let upcoming: Vec<_> = facts.bookings.iter().filter(|booking| booking.window.until > now).collect();
    let conflicts = upcoming.iter().enumerate().flat_map(|(index, one)| {
        upcoming[index + 1..]
            .iter()
            .filter(move |other| one.environment == other.environment && one.window.overlaps(&other.window))
    });
    assert_eq!(conflicts.count(), 1);
    let next = facts.deployments.iter().find(|deployment| {
        deployment.release == Some(main_release()) && deployment.environment.as_str() == "production/eu"
    });
    let minutes = next.unwrap().activities.iter().map(|activity| activity.estimate_minutes).sum::<u32>();
    assert!(i64::from(minutes) * 12 / 10 > next.unwrap().window.duration().num_minutes());
    assert!(!facts.freezes.iter().any(|freeze| freeze.window.overlaps(&next.unwrap().window)));
}

#[test]
fn what_is_named_exists() {
    let settings = settings(300);
    let organisation = Organisation::new(&settings);
    for hours in [-5_000, -1_000, -300, -40, 9, 40, 200, 1_000] {
        let facts = facts(&organisation, settings.anchor + Duration::hours(hours));
        let stories: HashSet<_> = facts.stories.iter().map(|story| &story.key).collect();
        assert_eq!(stories.len(), facts.stories.len(), "keys differ");
        let pulls: HashSet<_> = facts.pull_requests.iter().map(|pull| &pull.id).collect();
        assert_eq!(pulls.len(), facts.pull_requests.len(), "numbers differ");
        let deployments: HashSet<_> = facts.deployments.iter().map(|deployment| &deployment.id).collect();
        assert_eq!(deployments.len(), facts.deployments.len(), "deployments differ");
        let bookings: HashSet<_> = facts.bookings.iter().map(|booking| &booking.id).collect();
        assert_eq!(bookings.len(), facts.bookings.len(), "bookings differ");
        let releases: HashSet<_> = facts.releases.iter().map(|release| &release.id).collect();
        assert_eq!(releases.len(), facts.releases.len(), "releases differ");
        let environments: HashSet<_> = facts.environments.iter().map(|environment| &environment.id).collect();
        for pull in &facts.pull_requests {
            assert!(pull.stories.iter().all(|key| stories.contains(key)), "{} {:?}", pull.id, pull.stories);
        }
        for story in &facts.stories {
            assert!(story.blocked_by.iter().all(|key| stories.contains(key)), "{}", story.key);
            assert!(story.releases.iter().all(|release| releases.contains(release)), "{}", story.key);
        }
        for release in &facts.releases {
            assert!(release.depends_on.iter().all(|needed| releases.contains(needed)), "{}", release.id);
        }
        for deployment in &facts.deployments {
            assert!(environments.contains(&deployment.environment));
            assert!(
                deployment.release.as_ref().is_none_or(|release| releases.contains(release)),
                "{}",
                deployment.id
            );
            let names: HashSet<_> = deployment.activities.iter().map(|activity| &activity.name).collect();
            assert_eq!(names.len(), deployment.activities.len());
            for activity in &deployment.activities {
                assert!(activity.after.iter().all(|name| names.contains(name)), "{}", activity.name);
            }
        }
        assert!(facts.bookings.iter().all(|booking| environments.contains(&booking.environment)));
        assert!(facts.test_runs.is_sorted_by_key(|run| run.at), "oldest first");
    }
}

/// Nothing that is said to have happened is later than `now`, and what follows from events
/// agrees with them.
fn assert_of_its_time(facts: &Facts, now: Instant) {
    let past = |at: &Instant| *at <= now;
    for story in &facts.stories {
        assert!(past(&story.created_at), "{}", story.key);
        assert!(story.moves.iter().all(|change| past(&change.at)), "{}", story.key);
        assert!(story.moves.is_sorted_by_key(|change| change.at), "{}", story.key);
        assert!(story.moves.iter().all(|change| change.at >= story.created_at), "{}", story.key);
        assert!(story.scope.iter().all(|change| past(&change.at)), "{}", story.key);
        let last = story.moves.last().map_or(Category::ToDo, |change| change.to);
        assert_eq!(story.category, last, "{}", story.key);
        for release in &story.releases {
            let change = story.scope.iter().rev().find(|change| change.release == *release);
            assert_eq!(change.map(|change| change.change), Some(ScopeChange::Added), "{}", story.key);
        }
    }
    for pull in &facts.pull_requests {
        let dates = [
            pull.started_at,
            pull.opened_at,
            pull.ready_at,
            pull.merged_at,
            pull.closed_at,
            pull.updated_at,
            pull.deployed_at,
        ];
        assert!(dates.iter().flatten().all(past), "{}", pull.id);
        assert!(pull.reviews.iter().all(|review| past(&review.at)), "{}", pull.id);
        assert!(pull.checks.iter().filter_map(|check| check.at).all(|at| past(&at)), "{}", pull.id);
        assert_eq!(pull.state == PullRequestState::Merged, pull.merge_commit.is_some(), "{}", pull.id);
        assert!(pull.merged_at >= pull.opened_at || pull.merged_at.is_none(), "{}", pull.id);
        assert!(
            pull.reviews.iter().all(|review| pull.opened_at.is_some_and(|at| at <= review.at)),
            "{}",
            pull.id
        );
        assert!(pull.reviews.iter().all(|review| review.reviewer != pull.author), "{}", pull.id);
    }
    for deployment in &facts.deployments {
        assert!(deployment.started_at.iter().chain(&deployment.finished_at).all(past), "{}", deployment.id);
        assert_eq!(deployment.finished_at.is_some(), deployment.state.is_over(), "{}", deployment.id);
        for activity in &deployment.activities {
            assert!(activity.started_at.iter().chain(&activity.finished_at).all(past), "{}", deployment.id);
            assert!(
                activity.finished_at.is_none_or(|end| activity.started_at.is_some_and(|start| start <= end))
            );
        }
    }
    assert!(facts.releases.iter().filter_map(|release| release.released_at).all(|at| past(&at)));
    assert!(facts.test_runs.iter().all(|run| past(&run.at)));
    for build in &facts.builds {
        assert!(past(&build.at) && build.checks.iter().filter_map(|check| check.at).all(|at| past(&at)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn nothing_of_the_future_leaks(seed in 0_u64..1_000, minutes in -540_000_i64..70_000) {
        let settings = DemoSettings { seed, ..settings(60) };
        let organisation = Organisation::new(&settings);
        for minutes in [minutes, minutes.rem_euclid(4_000)] {
            let now = settings.anchor + Duration::minutes(minutes);
            assert_of_its_time(&facts(&organisation, now), now);
        }
    }

    #[test]
    fn the_trouble_is_there_on_any_day_in_any_zone(seed in any::<u64>(), day in 0_i64..800, hour in 0_i64..24) {
        for zone in [Tz::UTC, Tz::Asia__Tokyo, Tz::America__Santiago] {
            let opened = settings(48).anchor + Duration::days(day);
            let settings = DemoSettings { seed, ..DemoSettings::opened(opened, zone) };
            let now = settings.anchor + Duration::hours(hour);
            let facts = facts(&Organisation::new(&settings), now);
            assert_of_its_time(&facts, now);
            let main = main_release();
            let blocking = facts.stories.iter().filter(|story| {
                story.severity == Some(Severity::Critical)
                    && story.category < Category::Done
                    && story.releases.contains(&main)
            });
            prop_assert_eq!(blocking.count(), 2);
            let (done, scope) = counts(&facts);
            prop_assert!((41..=43).contains(&done) && (48..=49).contains(&scope), "{} of {}", done, scope);
            let unreleased = facts.releases.iter().filter(|release| release.released_at.is_none());
            let nearest = unreleased.filter_map(|release| Some((release.target?.at, &release.id))).min();
            prop_assert_eq!(nearest.map(|(_, id)| id), Some(&main));
        }
    }

    #[test]
    fn rounds_agree_with_asking_anew(mut steps in proptest::collection::vec(-2_000_i64..6_000, 1..6)) {
        let settings = settings(60);
        let organisation = Organisation::new(&settings);
        let mut rounds = Rounds::open(&organisation, settings.anchor);
        steps.push(1);
        let mut now = settings.anchor;
        for minutes in steps {
            now += Duration::minutes(minutes);
            rounds.go_to(&organisation, now);
            prop_assert_eq!(rounds.facts(), facts(&organisation, now));
        }
    }
}

/// Items that differ between two instants.
fn changes(stories: usize, from: Instant, until: Instant) -> usize {
    let organisation = Organisation::new(&settings(stories));
    let (one, other) = (facts(&organisation, from), facts(&organisation, until));
    let keys = |facts: &Facts| -> HashMap<String, String> {
        let stories = facts.stories.iter().map(|story| (story.key.to_string(), format!("{story:?}")));
        let pulls = facts.pull_requests.iter().map(|pull| (pull.id.to_string(), format!("{pull:?}")));
        let deployments = facts.deployments.iter().map(|item| (item.id.to_string(), format!("{item:?}")));
        let runs = facts
            .test_runs
            .iter()
            .map(|run| (format!("{} {:?} {}", run.suite, run.release, run.at), String::new()));
        stories.chain(pulls).chain(deployments).chain(runs).collect()
    };
    let before = keys(&one);
    keys(&other).into_iter().filter(|(key, value)| before.get(key) != Some(value)).count()
}

/// Events in so many hours from the anchor on.
fn events(organisation: &Organisation, anchor: Instant, hours: std::ops::Range<i64>) -> Vec<Instant> {
    let from = anchor + Duration::hours(hours.start) - Duration::seconds(1);
    let until = anchor + Duration::hours(hours.end);
    let rounds = Rounds::open(organisation, from);
    let mut events: Vec<_> = rounds.times().take_while(|at| *at < until).collect();
    events.dedup();
    events
}

#[test]
fn something_happens_every_minute_or_two_however_many_stories_there_are() {
    let anchor = settings(48).anchor;
    let (from, until) = (anchor + Duration::hours(9), anchor + Duration::minutes(550));
    let few = changes(48, from, until);
    assert!((5..=40).contains(&few), "{few} items changed within ten minutes");
    assert_eq!(few, changes(1_000, from, until));

    for seed in 7..9 {
        let of = |stories| {
            let settings = DemoSettings { seed, ..settings(stories) };
            events(&Organisation::new(&settings), anchor, 0..48)
        };
        let all = of(48);
        let differs =
            all.iter().zip(&of(500)).find(|(few, many)| few != many).map(|(few, many)| (*few, *many));
        assert_eq!(differs, None, "seed {seed}");
        let a_minute = all.len() as f64 / 48.0 / 60.0;
        assert!((1.0..4.0).contains(&a_minute), "{a_minute} events a minute with seed {seed}");
        let longest = all.windows(2).map(|pair| (pair[1] - pair[0]).num_minutes()).max();
        assert!(longest < Some(8), "{longest:?} minutes without an event with seed {seed}");
        let quiet = (of(1).len() as f64) / 48.0 / 60.0;
        assert!((1.0..4.0).contains(&quiet), "{quiet} events a minute with one story");
    }
}

#[test]
fn what_did_not_change_is_the_same_allocation() {
    let settings = settings(48);
    let organisation = Organisation::new(&settings);
    let mut rounds = Rounds::open(&organisation, settings.picture());
    let one = rounds.facts();
    assert!(!rounds.has_news(settings.picture()));
    let next = settings.picture() + Duration::minutes(5);
    assert!(rounds.has_news(next));
    rounds.go_to(&organisation, next);
    let other = rounds.facts();
    let before: HashSet<_> = one.pull_requests.iter().map(Arc::as_ptr).collect();
    let new = other.pull_requests.iter().filter(|pull| !before.contains(&Arc::as_ptr(pull))).count();
    assert!((1..20).contains(&new), "{new} of {}", other.pull_requests.len());
    let same = one.stories.iter().zip(&other.stories).filter(|(one, other)| Arc::ptr_eq(one, other)).count();
    assert!(same + 5 > one.stories.len());
}

#[test]
fn the_source_says_what_is_new_and_when_nothing_is() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let settings = settings(48);
    let mut source = DemoSource::new(settings.clone());
    let mut ask = |now| runtime.block_on(source.fetch(&Round::at(now)));
    let now = settings.picture();
    let Ok(Answer::Facts(first)) = ask(now) else { panic!("the first round has facts") };
    assert_eq!(*first, facts(&Organisation::new(&settings), now));
    assert!(Kind::Builds == *first.covers.last().unwrap() && first.covers.len() == 11);
    assert!(matches!(ask(now), Ok(Answer::Unchanged)));
    assert!(matches!(ask(now + Duration::minutes(10)), Ok(Answer::Facts(_))));
    assert!(matches!(ask(now), Ok(Answer::Facts(_))), "back in time");
    let cancelled = Round::at(now);
    cancelled.cancelled.cancel();
    assert!(matches!(runtime.block_on(source.fetch(&cancelled)), Err(SourceError::Cancelled)));
}

#[test]
fn the_past_is_a_year_of_releases_with_an_end_of_release_rush() {
    let settings = settings(48);
    let facts = facts(&Organisation::new(&settings), settings.anchor);
    let released = facts.releases.iter().filter(|release| release.released_at.is_some());
    assert_eq!(released.count(), 60);
    let oldest = facts.releases.iter().filter_map(|release| release.released_at).min();
    assert!((300..380).contains(&(settings.anchor - oldest.unwrap()).num_days()));
    let (mut last_quarter, mut all) = (0, 0);
    for release in facts.releases.iter().filter(|release| release.project == "payments") {
        let (Some(start), Some(end)) = (release.start, release.released_at) else { continue };
        for story in facts.stories.iter().filter(|story| story.releases.contains(&release.id)) {
            if story.kind == StoryKind::Story && story.category == Category::Done {
                all += 1;
                last_quarter +=
                    usize::from((end - story.since()).num_hours() * 4 < (end - start).num_hours());
            }
        }
    }
    let share = f64::from(last_quarter as u32) / f64::from(all);
    assert!((0.25..0.5).contains(&share), "{share} of {all} in the last quarter");
    let ended = |state| facts.deployments.iter().filter(|deployment| deployment.state == state).count();
    assert!(ended(DeploymentState::Failed) > 1 && ended(DeploymentState::RolledBack) > 0);
    assert!(facts.stories.iter().any(|story| !story.title.is_ascii()));
}

#[test]
fn a_large_release_is_made_and_moves_quickly() {
    #[expect(clippy::disallowed_methods, reason = "how long the making takes is what is tested")]
    fn timed<T>(work: impl FnOnce() -> T) -> (T, std::time::Duration) {
        let start = std::time::Instant::now();
        (work(), start.elapsed())
    }
    let settings = settings(50_000);
    let (organisation, took) = timed(|| Organisation::new(&settings));
    // About a second on an idle machine; work that grows with the square takes minutes.
    assert!(took < std::time::Duration::from_secs(30), "made in {took:?}");
    let mut rounds = Rounds::open(&organisation, settings.picture());
    let facts = rounds.facts();
    assert_eq!(counts(&facts).1, 50_000);
    rounds.go_to(&organisation, settings.picture() + Duration::minutes(5));
    let moved = rounds.facts();
    assert!(rounds.looked_at() < 100, "a round looks at what had an event only");
    let before: HashSet<_> = facts.stories.iter().map(Arc::as_ptr).collect();
    let new = moved.stories.iter().filter(|story| !before.contains(&Arc::as_ptr(story))).count();
    assert!(new < 10, "{new} stories were made anew");
}

#[test]
fn the_trouble_ends_well_unless_there_is_too_much_of_it() {
    let settings = settings(48);
    let later = settings.anchor + Duration::days(5);
    let facts = facts(&Organisation::new(&settings), later);
    assert_eq!(counts(&facts), (48, 48));
    let released = facts.releases.iter().find(|release| release.id == main_release());
    let released = released.unwrap();
    assert!(released.released_at > released.target.map(|target| target.at));
    assert!(released.tag.is_some());
    let live = facts.deployments.iter().find(|deployment| {
        deployment.release == Some(main_release()) && deployment.environment.as_str() == "production/eu"
    });
    assert_eq!(live.map(|deployment| deployment.state), Some(DeploymentState::Succeeded));
    assert!(facts.pull_requests.iter().all(|pull| {
        pull.milestone.as_deref() != Some("payments 4.2") || pull.state != PullRequestState::Open
    }));
    let auth = facts.releases.iter().find(|release| release.id == ReleaseId::of("auth", "2.9"));
    assert!(auth.is_some_and(|release| release.released_at.is_some()));

    let many = super::facts(&Organisation::new(&DemoSettings { stories: 49 * 7, ..settings }), later);
    assert!(
        many.releases.iter().any(|release| release.id == main_release() && release.released_at.is_none())
    );
}

#[test]
fn what_a_pipeline_reports_is_not_done_by_hand_and_the_rest_is() {
    let settings = settings(48);
    let facts = facts(&Organisation::new(&settings), settings.picture());
    let by_hand = |wanted: &dyn Fn(&crate::domain::Deployment) -> bool| {
        let found = facts.deployments.iter().find(|it| wanted(it)).unwrap();
        assert!(found.activities.iter().any(|it| it.point_of_no_return && it.rollback_minutes == Some(20)));
        found.activities.iter().filter(|it| found.is_by_hand(it)).count()
    };
    let ledger = ReleaseId::of("ledger", "1.8");
    let is_ledger = |it: &crate::domain::Deployment| {
        it.release.as_ref() == Some(&ledger)
            && it.environment.as_str() == "production/eu"
            && !it.state.is_over()
    };
    assert_eq!(by_hand(&is_ledger), 9);
    assert_eq!(by_hand(&|it| it.state == DeploymentState::Running), 0);
    let there = |name: &str| facts.environments.iter().find(|it| it.id.as_str() == name).unwrap().time_zone;
    assert_eq!(there("production/us"), Some(Tz::America__New_York));
    assert_eq!(there("production/eu"), None);
}
