//! When people work, and chance that can be repeated.

use chrono::{Datelike, Days, Duration, NaiveDate};
use chrono_tz::Tz;
use fastrand::Rng;

use crate::domain::{Calendar, Instant};

/// Hours of a working day, from nine o'clock on.
const HOURS: f64 = 9.0;

/// The working hours of the organisation on one axis: a position is a count of working days
/// since the first one known, its fraction the share of that day's hours. Nights, weekends
/// and holidays have no length on it, so that work spread evenly over positions is spread
/// over working hours.
pub(super) struct Rhythm {
    /// Nine o'clock of each working day.
    days: Vec<Instant>,
}

impl Rhythm {
    /// The working days from `before` days before `anchor` to `after` days after it.
    pub(super) fn new(anchor: Instant, zone: Tz, before: u64, after: u64) -> Self {
        let mut calendar = Calendar { zone, ..Calendar::default() };
        let today = calendar.day(anchor);
        let first = today.checked_sub_days(Days::new(before)).unwrap_or(today);
        let last = today.checked_add_days(Days::new(after)).unwrap_or(today);
        for year in first.year()..=last.year() {
            let holidays = [(1, 1), (12, 24), (12, 25), (12, 26), (12, 31)];
            let dates = holidays.iter().filter_map(|&(month, day)| NaiveDate::from_ymd_opt(year, month, day));
            calendar.holidays.extend(dates);
        }
        let most = usize::try_from(before + after + 1).unwrap_or(usize::MAX);
        let mut days: Vec<_> = Calendar::days(first, last, most)
            .into_iter()
            .filter(|day| calendar.is_working(*day))
            .map(|day| calendar.start_of(day) + Duration::hours(9))
            .collect();
        if days.is_empty() {
            days.push(anchor);
        }
        Self { days }
    }

    /// The instant at `position`; positions beyond the ends are the ends.
    pub(super) fn at(&self, position: f64) -> Instant {
        let position = position.clamp(0.0, self.days.len() as f64 - 0.001);
        self.days[position as usize] + Duration::seconds((position.fract() * HOURS * 3_600.0) as i64)
    }

    /// The position of `instant`; one outside working hours counts as the next morning.
    pub(super) fn position(&self, instant: Instant) -> f64 {
        let next = self.days.partition_point(|day| *day <= instant);
        let Some(day) = next.checked_sub(1) else { return 0.0 };
        let hours = (instant - self.days[day]).num_seconds() as f64 / 3_600.0;
        day as f64 + (hours / HOURS).min(1.0)
    }

    /// Whether people are at work at `instant`.
    pub(super) fn is_working(&self, instant: Instant) -> bool {
        self.position(instant).fract() > 0.0
    }

    /// Nine o'clock of all working days.
    pub(super) fn days(&self) -> &[Instant] {
        &self.days
    }
}

/// The random numbers of one item: they depend on the seed and on which item it is, and on
/// nothing else, so that more of one kind never reshuffles the others.
pub(super) fn generator(seed: u64, about: &str, item: impl IntoIterator<Item = usize>) -> Rng {
    // FNV-1a over the words, then one round of SplitMix64 for each number.
    let mut state = about.bytes().fold(0xcbf2_9ce4_8422_2325 ^ seed, |state, byte| {
        (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    for number in std::iter::once(0).chain(item) {
        state = state.wrapping_add(number as u64).wrapping_add(0x9e37_79b9_7f4a_7c15);
        state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        state ^= state >> 31;
    }
    Rng::with_seed(state)
}

/// A number from `low` up to `high`.
pub(super) fn between(rng: &mut Rng, low: f64, high: f64) -> f64 {
    low + rng.f64() * (high - low)
}

/// One of `choices`, which must not be empty.
pub(super) fn pick<T: Copy>(rng: &mut Rng, choices: &[T]) -> T {
    choices[rng.usize(..choices.len())]
}

/// True once in a while: with probability `share`.
pub(super) fn chance(rng: &mut Rng, share: f64) -> bool {
    rng.f64() < share
}

/// The name of a commit.
pub(super) fn commit(rng: &mut Rng) -> String {
    format!("{:016x}{:016x}{:08x}", rng.u64(..), rng.u64(..), rng.u32(..))
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};

    use super::*;

    #[test]
    fn positions_and_instants_agree() {
        let anchor = Utc.with_ymd_and_hms(2026, 11, 22, 0, 0, 0).unwrap();
        let rhythm = Rhythm::new(anchor, Tz::Europe__Berlin, 365, 45);
        for tenth in 0..2_700_u32 {
            let position = f64::from(tenth) / 10.0;
            let instant = rhythm.at(position);
            assert!((rhythm.position(instant) - position).abs() < 0.001, "{position} {instant}");
            let day = instant.with_timezone(&Tz::Europe__Berlin).weekday();
            assert!(!matches!(day, chrono::Weekday::Sat | chrono::Weekday::Sun), "{instant}");
        }
    }

    #[test]
    fn an_item_has_its_own_chance() {
        let first = |about, item: &[usize]| generator(7, about, item.iter().copied()).u64(..);
        assert_eq!(first("story", &[1, 2]), first("story", &[1, 2]));
        assert_ne!(first("story", &[1, 2]), first("story", &[2, 1]));
        assert_ne!(first("story", &[1]), first("defect", &[1]));
        assert_ne!(first("story", &[1]), generator(8, "story", [1]).u64(..));
    }
}
