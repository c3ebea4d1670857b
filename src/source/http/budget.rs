//! What a service still allows, and how to make it last.

use std::{collections::BTreeMap, time::Duration};

use chrono::TimeDelta;
use reqwest::header::HeaderMap;

use crate::domain::{Allowance, Instant, Text};

use super::retry;

/// How many limits of one service are watched.
const MOST_WINDOWS: usize = 32;
/// The part of what remains that is planned with; the rest is for the person at the keys.
const PLANNED: f64 = 0.9;

/// What a service still allows, by the name of its limit (`core`, `graphql`; empty if it has
/// one only).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    /// Its limits.
    pub windows: BTreeMap<String, Window>,
}

/// One limit, as the service told it last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// How much is allowed from one reset to the next.
    pub limit: u64,
    /// How much of it is left.
    pub remaining: u64,
    /// When it is whole again.
    pub resets_at: Instant,
    /// What this round has used up so far.
    pub spent: u64,
    /// What a cycle costs, a round and the pause before it: all that went between the ends of
    /// two rounds, by whatever uses the same token.
    pub cycle: u64,
    /// What was left when the last round ended.
    left_before: Option<u64>,
    /// What was left when this round's first answer came.
    left_first: Option<u64>,
}

impl Budget {
    /// A round begins: what it spends is counted from here.
    pub fn begin(&mut self) {
        for window in self.windows.values_mut() {
            if window.left_first.is_some() {
                window.left_before = Some(window.remaining);
            }
            window.left_first = None;
            window.spent = 0;
        }
    }

    /// Notes what an answer says that came at `now`. `charged`: it was counted itself, which
    /// GitHub does not do for 304.
    pub fn observe(&mut self, headers: &HeaderMap, charged: bool, now: Instant) {
        let names = ["x-ratelimit-limit", "ratelimit-limit"];
        let (Some(limit), Some(remaining)) = (retry::number(headers, &names), retry::remaining(headers))
        else {
            return;
        };
        let remaining = remaining.min(limit);
        let Some(resets_at) = retry::reset(headers, now) else { return };
        let name = ["x-ratelimit-resource", "ratelimit-name"]
            .iter()
            .find_map(|name| headers.get(*name)?.to_str().ok())
            .unwrap_or_default();
        // What was left before this answer, were it the first of the round.
        let first = (remaining + u64::from(charged)).min(limit);
        let spent = first - remaining;
        let fresh = Window {
            limit,
            remaining,
            resets_at,
            spent,
            cycle: spent,
            left_before: None,
            left_first: Some(first),
        };
        let Some(window) = self.windows.get_mut(name) else {
            if self.windows.len() < MOST_WINDOWS && name.len() <= 64 {
                self.windows.insert(name.to_owned(), fresh);
            }
            return;
        };
        let is_later = resets_at > window.resets_at + TimeDelta::seconds(5);
        if window.resets_at <= now || (is_later && remaining > window.remaining) {
            // Whole again. What a cycle costs is still known from before.
            *window = Window { cycle: window.cycle.max(spent), ..fresh };
            return;
        }
        // Answers overtake each other: only less can be true in the same window.
        window.limit = limit;
        window.remaining = window.remaining.min(remaining);
        window.resets_at = resets_at;
        window.spent = window.left_first.get_or_insert(first).saturating_sub(window.remaining);
        window.cycle =
            window.left_before.map_or(window.spent, |before| before.saturating_sub(window.remaining));
    }

    /// The same for the board: every limit with what the last round used up.
    pub fn allowances(&self) -> Vec<Allowance> {
        let allowance = |(name, window): (&String, &Window)| Allowance {
            name: Text::new(name),
            limit: window.limit,
            remaining: window.remaining,
            resets_at: window.resets_at,
            spent: window.spent,
        };
        self.windows.iter().map(allowance).collect()
    }

    /// How long to wait between two rounds, at least `interval`, so that what is left lasts
    /// until the reset if every cycle costs what the last one did. One tenth is kept back.
    pub fn advise(&self, interval: Duration, now: Instant) -> Duration {
        self.windows.values().map(|window| window.advise(interval, now)).max().unwrap_or(interval)
    }
}

impl Window {
    fn advise(&self, interval: Duration, now: Instant) -> Duration {
        let Ok(until_reset) = (self.resets_at - now).to_std() else { return interval };
        if self.cycle == 0 {
            return interval;
        }
        let rounds = self.remaining as f64 * PLANNED / self.cycle as f64;
        if rounds < 1.0 {
            return interval.max(until_reset);
        }
        interval.max(until_reset.div_f64(rounds))
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    fn now() -> Instant {
        Utc.with_ymd_and_hms(2026, 3, 2, 12, 0, 0).unwrap()
    }

    fn told(resource: &str, remaining: u64, resets_at: Instant) -> HeaderMap {
        [
            ("x-ratelimit-limit", "5000".to_owned()),
            ("x-ratelimit-remaining", remaining.to_string()),
            ("x-ratelimit-reset", resets_at.timestamp().to_string()),
            ("x-ratelimit-resource", resource.to_owned()),
        ]
        .into_iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(&value).unwrap()))
        .collect()
    }

    #[test]
    fn the_pause_grows_so_that_the_budget_lasts() {
        let minute = Duration::from_secs(60);
        for (remaining, cycle, minutes_left, seconds) in [
            (5_000, 0, 60, 60),    // nothing is spent: as often as wanted
            (5_000, 10, 60, 60),   // 450 rounds in an hour: a minute is enough
            (5_000, 450, 60, 360), // 10 rounds in an hour
            (100, 90, 10, 600),    // one round is left
            (50, 90, 10, 600),     // none is: wait for the reset
            (0, 1, 30, 1_800),
            (0, 0, 30, 60), // it costs nothing: 304 only
            (0, 90, 0, 60), // whole again already
            (0, 90, -5, 60),
        ] {
            let window = Window {
                limit: 5_000,
                remaining,
                resets_at: now() + TimeDelta::minutes(minutes_left),
                spent: cycle,
                cycle,
                left_before: None,
                left_first: None,
            };
            let budget = Budget { windows: [("core".to_owned(), window)].into() };
            assert_eq!(budget.advise(minute, now()).as_secs(), seconds, "{remaining} {cycle} {minutes_left}");
        }
        assert_eq!(Budget::default().advise(minute, now()), minute);
    }

    #[test]
    fn what_a_round_and_a_cycle_cost_is_measured() {
        let mut budget = Budget::default();
        let reset = now() + TimeDelta::hours(1);
        budget.begin();
        for remaining in [4_990, 4_988, 4_989, 4_980] {
            budget.observe(&told("core", remaining, reset), true, now());
        }
        let core = budget.windows["core"];
        assert_eq!((core.spent, core.cycle, core.remaining), (11, 11, 4_980), "overtaken answers count once");

        // Somebody else took 30 in between, the next round takes 20.
        budget.begin();
        budget.observe(&told("core", 4_949, reset), true, now());
        budget.observe(&told("core", 4_930, reset), true, now());
        let core = budget.windows["core"];
        assert_eq!((core.spent, core.cycle), (20, 50));

        // A round without cost, as long as nobody else spends.
        budget.begin();
        budget.observe(&told("core", 4_930, reset), false, now());
        let core = budget.windows["core"];
        assert_eq!((core.spent, core.cycle), (0, 0));

        // After the reset it starts anew.
        let later = reset + TimeDelta::minutes(1);
        budget.observe(&told("core", 4_999, later + TimeDelta::hours(1)), true, later);
        assert_eq!(budget.windows["core"].remaining, 4_999);
    }

    #[test]
    fn limits_are_told_apart_and_their_number_is_bounded() {
        let mut budget = Budget::default();
        let reset = now() + TimeDelta::hours(1);
        budget.observe(&told("core", 10, reset), true, now());
        budget.observe(&told("graphql", 4_000, reset), true, now());
        assert_eq!(budget.windows["core"].remaining, 10);
        assert_eq!(budget.windows["graphql"].remaining, 4_000);
        for name in 0..1_000 {
            budget.observe(&told(&name.to_string(), 1, reset), true, now());
        }
        assert_eq!(budget.windows.len(), MOST_WINDOWS);
        let before = budget.clone();
        budget.observe(&HeaderMap::new(), true, now());
        assert_eq!(budget, before, "an answer that says nothing changes nothing");
    }
}
