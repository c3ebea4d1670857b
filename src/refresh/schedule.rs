//! When a source is asked again: a pure function of how it went.

use std::time::Duration;

use crate::domain::Instant;

/// The longest pause between two rounds of a source that fails, unless its own interval is
/// longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(15 * 60);

/// Clocks are set and machines sleep: look at the clock again after this long at the latest.
pub(super) const LONGEST_SLEEP: Duration = Duration::from_secs(60);

/// A pause that is over when so much time was waited, or when the clock says so: a timer does
/// not run while the machine sleeps, and a clock may be set back.
#[derive(Debug)]
pub(super) struct Wait {
    due: Option<Instant>,
    left: Duration,
}

impl Wait {
    /// A pause that begins now.
    pub(super) fn new(now: Instant, pause: Duration) -> Self {
        Self { due: later(now, pause), left: pause }
    }

    /// How long to wait before asking this again; none: it is over.
    pub(super) fn next(&mut self, now: Instant) -> Option<Duration> {
        if self.left.is_zero() || self.due.is_some_and(|due| due <= now) {
            return None;
        }
        let sleep = self.left.min(LONGEST_SLEEP);
        self.left -= sleep;
        Some(sleep)
    }
}

/// How the last round of a source ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// It answered.
    Well,
    /// It failed so many times in a row.
    Failed(u32),
    /// It will not work before a person changes something.
    Refused,
}

/// The widest spread of rounds that begin when a service may be asked again.
const WIDEST_SPREAD: Duration = Duration::from_secs(10);

/// How long to wait before the next round: the longer of what the interval and failures say and
/// of how long the service wants to be left alone (`left_alone`).
///
/// `chance` (0 to 1) spreads the rounds by a tenth of the interval either way, so that sources
/// and boards that were started together do not stay in step; those that were turned away
/// together, by up to ten seconds, and only to later.
pub(super) fn pause(interval: Duration, ended: Ended, left_alone: Duration, chance: f64) -> Duration {
    let longest = interval.max(LONGEST_PAUSE);
    let base = match ended {
        Ended::Well => interval,
        Ended::Failed(failures) => {
            interval.saturating_mul(1_u32.checked_shl(failures.min(16)).unwrap_or(u32::MAX)).min(longest)
        }
        Ended::Refused => longest,
    };
    let chance = chance.clamp(0.0, 1.0);
    let usual = base.mul_f64(0.9 + 0.2 * chance);
    if left_alone.is_zero() {
        return usual;
    }
    usual.max(left_alone.saturating_add((interval / 10).min(WIDEST_SPREAD).mul_f64(chance)))
}

/// How long a service wants to be left alone that does not want to be asked before `not_before`.
pub(super) fn left_alone(not_before: Option<Instant>, now: Instant) -> Duration {
    not_before.and_then(|until| (until - now).to_std().ok()).unwrap_or_default()
}

/// From when on facts that were true at `answered` count as stale: after three intervals.
/// None: they always do, as there is no such instant.
pub(super) fn stale_from(answered: Instant, interval: Duration) -> Option<Instant> {
    later(answered, interval.saturating_mul(3))
}

/// `pause` after `at`, unless there is no such instant.
pub(super) fn later(at: Instant, pause: Duration) -> Option<Instant> {
    at.checked_add_signed(chrono::Duration::from_std(pause).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_double_the_pause_up_to_a_limit() {
        let minute = Duration::from_secs(60);
        for (ended, seconds) in [
            (Ended::Well, 60),
            (Ended::Failed(1), 120),
            (Ended::Failed(2), 240),
            (Ended::Failed(3), 480),
            (Ended::Failed(4), 900),
            (Ended::Failed(u32::MAX), 900),
            (Ended::Refused, 900),
        ] {
            assert_eq!(pause(minute, ended, Duration::ZERO, 0.5).as_secs(), seconds, "{ended:?}");
        }
        let day = Duration::from_secs(86_400);
        assert_eq!(
            pause(day, Ended::Failed(9), Duration::ZERO, 0.5),
            day,
            "a slow source is not asked more often when it fails"
        );
    }

    #[test]
    fn chance_moves_the_pause_by_a_tenth_at_most() {
        let interval = Duration::from_secs(100);
        for (chance, seconds) in [(0.0, 90), (1.0, 110), (7.0, 110)] {
            assert_eq!(pause(interval, Ended::Well, Duration::ZERO, chance).as_secs(), seconds);
        }
    }

    #[test]
    fn a_service_is_left_alone_for_as_long_as_it_wants() {
        let minute = Duration::from_secs(60);
        for (ended, left_alone, chance, seconds) in [
            // The interval is longer: what the service says changes nothing.
            (Ended::Well, 0, 0.0, 54.0),
            (Ended::Well, 30, 0.0, 54.0),
            (Ended::Well, 30, 1.0, 66.0),
            // Never sooner, whatever chance says; a little later.
            (Ended::Well, 58, 0.0, 58.0),
            (Ended::Well, 58, 1.0, 66.0),
            (Ended::Well, 3_600, 0.0, 3_600.0),
            (Ended::Well, 3_600, 0.5, 3_603.0),
            (Ended::Well, 3_600, 1.0, 3_606.0),
            // After failures, too.
            (Ended::Failed(1), 90, 0.0, 108.0),
            (Ended::Failed(1), 110, 0.0, 110.0),
            (Ended::Failed(30), 3_600, 0.5, 3_603.0),
            (Ended::Refused, 86_400, 0.0, 86_400.0),
        ] {
            let paused = pause(minute, ended, Duration::from_secs(left_alone), chance);
            assert!(
                (paused.as_secs_f64() - seconds).abs() < 1e-6,
                "{ended:?} {left_alone} {chance}: {paused:?}"
            );
            assert!(paused.as_secs() >= left_alone);
        }
        let day = Duration::from_secs(86_400);
        assert_eq!(pause(day, Ended::Well, day * 2, 1.0), day * 2 + WIDEST_SPREAD, "a bounded spread");
        assert_eq!(pause(day, Ended::Well, Duration::MAX, 1.0), Duration::MAX);

        let at = |seconds| Instant::from_timestamp(seconds, 0).unwrap();
        for (not_before, seconds) in [(None, 0), (Some(at(90)), 0), (Some(at(100)), 0), (Some(at(160)), 60)] {
            assert_eq!(left_alone(not_before, at(100)).as_secs(), seconds);
        }
    }

    #[test]
    fn an_instant_that_does_not_exist_is_stale_not_a_panic() {
        let minute = Duration::from_secs(60);
        assert_eq!(stale_from(Instant::UNIX_EPOCH, minute), Instant::from_timestamp(180, 0));
        assert_eq!(stale_from(Instant::MAX_UTC, minute), None);
        assert_eq!(stale_from(Instant::UNIX_EPOCH, Duration::MAX), None);
    }

    #[test]
    fn a_pause_ends_by_what_was_waited_or_by_the_clock() {
        let at = |seconds| Instant::from_timestamp(seconds, 0).unwrap();
        let seconds = |wait: Option<Duration>| wait.map(|wait| wait.as_secs());
        let mut wait = Wait::new(at(1000), Duration::from_secs(90));
        assert_eq!(seconds(wait.next(at(1000))), Some(60));
        assert_eq!(seconds(wait.next(at(500))), Some(30), "a clock set back does not put it off");
        assert_eq!(seconds(wait.next(at(530))), None);
        let mut wait = Wait::new(at(1000), Duration::from_secs(3600));
        assert_eq!(seconds(wait.next(at(1000))), Some(60));
        assert_eq!(seconds(wait.next(at(9000))), None, "the machine has slept");
    }
}
