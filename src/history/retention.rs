//! Which changes may go: planned from what there is and a given now, deleted in a step of
//! its own.

use std::collections::BTreeSet;

use chrono::{Duration, NaiveDate, Timelike};

use crate::domain::{Calendar, Facts, Instant, ReleaseId};

/// How long the past is kept in which detail. What held when a release went out, and just
/// before, is kept for ever.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Every change is kept for so long.
    pub every_change: Duration,
    /// The last state of each hour is kept for so long; of each day for ever.
    pub hourly: Duration,
    /// The days.
    pub calendar: Calendar,
}

impl Default for Retention {
    fn default() -> Self {
        Self { every_change: Duration::days(14), hourly: Duration::days(90), calendar: Calendar::default() }
    }
}

/// A change's place in time when only one per place is kept.
#[derive(PartialEq)]
enum Slot {
    Hour(NaiveDate, u32),
    Day(NaiveDate),
}

/// Retention takes for granted that time went on by no more than this since it was applied
/// last.
const LONGEST_STEP: Duration = Duration::days(1);

/// How far the past may be looked through at `now`: never beyond the `newest` record, and one
/// day further than `last` time at most. So a clock that is set far ahead for a while costs a
/// day of detail and not all of it; a board that was left alone for long catches up.
pub(super) fn horizon(last: Option<Instant>, newest: Instant, now: Instant) -> Instant {
    let reached = now.min(newest);
    match last {
        Some(last) => reached.clamp(last, last.checked_add_signed(LONGEST_STEP).unwrap_or(last)),
        None => reached,
    }
}

/// When releases went out that `after` says are out, and `before`, the facts of the same source
/// before, did not. What went out before anybody looked (`since`) is no event of this past.
pub(super) fn ends(before: &Facts, after: &Facts, since: Instant) -> Vec<Instant> {
    let released = |facts: &Facts| -> BTreeSet<ReleaseId> {
        let out = facts.releases.iter().filter(|release| release.released_at.is_some());
        out.map(|release| release.id.clone()).collect()
    };
    let known = released(before);
    let mut ends: Vec<_> = after
        .releases
        .iter()
        .filter(|release| !known.contains(&release.id))
        .filter_map(|release| release.released_at)
        .filter(|at| *at >= since)
        .collect();
    ends.sort();
    ends.dedup();
    ends
}

/// The instants to delete out of `changes`, which are those of one source, oldest first.
///
/// Of each hour or day the last change stays: the state at its end. The first change of all
/// stays, too: nothing is known before it, and that does not move. And so does what held just
/// before and at each of the `ends`, at which a release went out.
pub(super) fn plan(
    changes: &[Instant],
    ends: &BTreeSet<Instant>,
    now: Instant,
    retention: &Retention,
) -> Vec<Instant> {
    let slot = |change: Instant| {
        let age = now - change;
        let day = retention.calendar.day(change);
        if age < retention.every_change {
            None
        } else if age < retention.hourly {
            Some(Slot::Hour(day, change.with_timezone(&retention.calendar.zone).hour()))
        } else {
            Some(Slot::Day(day))
        }
    };
    let wanted: BTreeSet<Instant> = ends
        .iter()
        .flat_map(|end| {
            let before = changes.partition_point(|change| change < end);
            let at = changes.partition_point(|change| change <= end);
            [before, at].map(|after| after.checked_sub(1).map(|index| changes[index]))
        })
        .flatten()
        .collect();
    changes
        .windows(2)
        .skip(1)
        .filter(|pair| slot(pair[0]).is_some_and(|first| slot(pair[1]) == Some(first)))
        .map(|pair| pair[0])
        .filter(|change| !wanted.contains(change))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chrono::{TimeZone, Utc};
    use proptest::prelude::*;

    use crate::domain::Release;

    use super::*;

    fn now() -> Instant {
        Utc.with_ymd_and_hms(2026, 11, 22, 12, 30, 0).unwrap()
    }

    /// What goes of `changes` when every change is kept for two days and the hours of fourteen.
    fn planned(changes: &[Instant]) -> Vec<Instant> {
        plan(changes, &BTreeSet::new(), now(), &short())
    }

    fn short() -> Retention {
        Retention { every_change: Duration::days(2), hourly: Duration::days(14), ..Retention::default() }
    }

    #[test]
    fn what_held_when_a_release_went_out_stays() {
        let minutes = |ago: i64| now() - Duration::days(300) - Duration::minutes(ago);
        let changes = [500, 90, 80, 70, 60, 50, 40].map(minutes);
        for (end, deleted) in [
            (None, &[90, 80, 70, 60, 50][..]),
            (Some(minutes(70)), &[90, 60, 50]),
            (Some(minutes(65)), &[90, 80, 60, 50]),
            (Some(minutes(900)), &[90, 80, 70, 60, 50]),
            (Some(minutes(1)), &[90, 80, 70, 60, 50]),
        ] {
            let deleted: Vec<_> = deleted.iter().copied().map(minutes).collect();
            let ends = end.into_iter().collect();
            assert_eq!(plan(&changes, &ends, now(), &short()), deleted, "{end:?}");
        }
    }

    #[test]
    fn a_release_ends_when_it_is_said_to_be_out_for_the_first_time() {
        let since = now() - Duration::days(10);
        let facts = |releases: &[(&str, Option<i64>)]| Facts {
            releases: releases
                .iter()
                .map(|(version, days)| {
                    let mut release = Release::named("payments", version);
                    release.released_at = days.map(|days| now() - Duration::days(days));
                    Arc::new(release)
                })
                .collect(),
            ..Facts::default()
        };
        let before = facts(&[("4.0", Some(9)), ("4.1", None)]);
        for (after, out) in [
            (facts(&[("4.0", Some(9)), ("4.1", None), ("4.2", None)]), None),
            (facts(&[("4.0", Some(8)), ("4.1", Some(1))]), Some(1)),
            (facts(&[("4.2", Some(2))]), Some(2)),
            (facts(&[("3.9", Some(400))]), None),
        ] {
            let expected: Vec<_> = out.into_iter().map(|days| now() - Duration::days(days)).collect();
            assert_eq!(ends(&before, &after, since), expected);
        }
    }

    #[test]
    fn a_clock_that_is_far_ahead_costs_a_day() {
        let days = |count: i64| now() + Duration::days(count);
        for (last, newest, clock, expected) in [
            (None, 0, 0, 0),
            (None, 0, 4_000, 0),
            (Some(0), 4_000, 4_000, 1),
            (Some(0), 0, 4_000, 0),
            (Some(0), 21, 21, 1),
            (Some(5), 0, 0, 5),
            (Some(5), 6, -300, 5),
        ] {
            assert_eq!(horizon(last.map(days), days(newest), days(clock)), days(expected));
        }
    }

    #[test]
    fn what_is_old_gets_coarser() {
        let minutes = |ago: i64| now() - Duration::minutes(ago);
        let day = 24 * 60;
        for (name, changes, deleted) in [
            ("nothing", vec![], vec![]),
            ("one", vec![400 * day], vec![]),
            ("the first stays", vec![400 * day, 400 * day - 1, 400 * day - 2], vec![400 * day - 1]),
            ("every change of two days", vec![2 * day - 1, 2 * day - 2, 3, 2, 1], vec![]),
            (
                "the last of each hour",
                vec![20 * day, 5 * day, 5 * day - 10, 5 * day - 31, 5 * day - 40],
                vec![5 * day, 5 * day - 31],
            ),
            (
                "the last of each day",
                vec![30 * day, 20 * day, 20 * day - 60, 20 * day - 300, 19 * day],
                vec![20 * day, 20 * day - 60],
            ),
        ] {
            let changes: Vec<_> = changes.into_iter().map(minutes).collect();
            let deleted: Vec<_> = deleted.into_iter().map(minutes).collect();
            assert_eq!(planned(&changes), deleted, "{name}");
        }
    }

    #[test]
    fn an_hour_on_the_border_of_two_spans_keeps_both_its_ends() {
        // Two days before now is within an hour: its newer part is whole.
        let border = now() - Duration::days(2);
        let changes = [-600, -20, -10, 10, 20].map(|minutes| border + Duration::minutes(minutes));
        assert_eq!(planned(&changes), [changes[1]]);
    }

    proptest! {
        #[test]
        fn what_is_left_is_not_planned_again_and_is_bounded(
            ages in proptest::collection::vec(0i64..60 * 24 * 60, 0..400)
        ) {
            let mut changes: Vec<_> = ages.iter().map(|age| now() - Duration::minutes(*age)).collect();
            changes.sort();
            changes.dedup();
            let deleted = planned(&changes);
            let left: Vec<_> = changes.iter().copied().filter(|at| !deleted.contains(at)).collect();
            prop_assert!(planned(&left).is_empty());
            prop_assert_eq!(left.first(), changes.first());
            prop_assert_eq!(left.last(), changes.last());
            let old = left.iter().filter(|at| now() - **at >= Duration::days(2)).count();
            prop_assert!(old <= 1 + 12 * 24 + 2 + 60, "{}", old);
        }
    }
}
