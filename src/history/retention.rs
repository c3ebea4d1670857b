//! Which changes may go: planned from what there is and a given now, deleted in a step of
//! its own.

use chrono::{Duration, NaiveDate, Timelike};

use crate::domain::{Calendar, Instant};

/// How long the past is kept in which detail.
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
        Self { every_change: Duration::days(2), hourly: Duration::days(14), calendar: Calendar::default() }
    }
}

/// A change's place in time when only one per place is kept.
#[derive(PartialEq)]
enum Slot {
    Hour(NaiveDate, u32),
    Day(NaiveDate),
}

/// The instants to delete out of `changes`, which are those of one source, oldest first.
///
/// Of each hour or day the last change stays: the state at its end. The first change of all
/// stays, too: nothing is known before it, and that does not move.
pub(super) fn plan(changes: &[Instant], now: Instant, retention: &Retention) -> Vec<Instant> {
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
    changes
        .windows(2)
        .skip(1)
        .filter(|pair| slot(pair[0]).is_some_and(|first| slot(pair[1]) == Some(first)))
        .map(|pair| pair[0])
        .collect()
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};
    use proptest::prelude::*;

    use super::*;

    fn now() -> Instant {
        Utc.with_ymd_and_hms(2026, 11, 22, 12, 30, 0).unwrap()
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
            assert_eq!(plan(&changes, now(), &Retention::default()), deleted, "{name}");
        }
    }

    #[test]
    fn an_hour_on_the_border_of_two_spans_keeps_both_its_ends() {
        // Two days before now is within an hour: its newer part is whole.
        let border = now() - Duration::days(2);
        let changes = [-600, -20, -10, 10, 20].map(|minutes| border + Duration::minutes(minutes));
        assert_eq!(plan(&changes, now(), &Retention::default()), [changes[1]]);
    }

    proptest! {
        #[test]
        fn what_is_left_is_not_planned_again_and_is_bounded(
            ages in proptest::collection::vec(0i64..60 * 24 * 60, 0..400)
        ) {
            let mut changes: Vec<_> = ages.iter().map(|age| now() - Duration::minutes(*age)).collect();
            changes.sort();
            changes.dedup();
            let deleted = plan(&changes, now(), &Retention::default());
            let left: Vec<_> = changes.iter().copied().filter(|at| !deleted.contains(at)).collect();
            prop_assert!(plan(&left, now(), &Retention::default()).is_empty());
            prop_assert_eq!(left.first(), changes.first());
            prop_assert_eq!(left.last(), changes.last());
            let old = left.iter().filter(|at| now() - **at >= Duration::days(2)).count();
            prop_assert!(old <= 1 + 12 * 24 + 2 + 60, "{}", old);
        }
    }
}
