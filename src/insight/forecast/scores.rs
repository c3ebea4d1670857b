//! How good a forecast was, once the end is known.

use serde::Serialize;

/// Shares that the dates shown stand for.
pub const SHARES: [f64; 3] = [0.5, 0.85, 0.95];

/// Points of the continuous ranked probability score: .005, .015 … .995.
const POINTS: u32 = 100;

/// One forecast beside what happened.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Score {
    /// Whether it was done by the 50, 85 and 95 % dates: a date lasts until its day ends.
    pub(super) held: [bool; 3],
    /// Continuous ranked probability score in days: twice the mean pinball loss.
    pub(super) crps: f64,
    /// |P50 − actual| / remaining.
    pub(super) error: f64,
    /// P85 / remaining.
    pub(super) width: f64,
}

impl Score {
    /// Scores a forecast, given as the days that it says for a share, against the days that
    /// really remained.
    pub(super) fn of(days: &dyn Fn(f64) -> f64, remaining: f64) -> Self {
        let losses = (0..POINTS).map(|point| {
            let share = (f64::from(point) + 0.5) / f64::from(POINTS);
            let missed = remaining - days(share);
            if missed >= 0.0 { share * missed } else { (share - 1.0) * missed }
        });
        Self {
            held: SHARES.map(|share| remaining <= days(share).ceil()),
            crps: 2.0 * losses.sum::<f64>() / f64::from(POINTS),
            error: (days(SHARES[0]) - remaining).abs() / remaining,
            width: days(SHARES[1]) / remaining,
        }
    }
}

/// How good a method was, all releases weighing the same.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MethodScores {
    /// The method.
    pub name: &'static str,
    /// Forecasts scored.
    pub n: usize,
    /// Releases that they are of.
    pub releases: usize,
    /// Share of cases that were done by the 50 % date.
    pub cov50: f64,
    /// Share of cases that were done by the 85 % date.
    pub cov85: f64,
    /// Share of cases that were done by the 95 % date.
    pub cov95: f64,
    /// Continuous ranked probability score, in days.
    pub crps_days: f64,
    /// Median of |P50 − actual| / remaining.
    pub median_abs_error_ratio: f64,
    /// Median of P85 / remaining.
    pub p85_width_ratio: f64,
}

impl MethodScores {
    /// Sums up the scores of a method, release by release; none without any.
    pub(super) fn of(name: &'static str, releases: &[&[Score]]) -> Option<Self> {
        let releases: Vec<_> = releases.iter().filter(|scores| !scores.is_empty()).collect();
        if releases.is_empty() {
            return None;
        }
        let mean = |value: &dyn Fn(&Score) -> f64| {
            let means =
                releases.iter().map(|scores| scores.iter().map(value).sum::<f64>() / scores.len() as f64);
            means.sum::<f64>() / releases.len() as f64
        };
        let median = |value: &dyn Fn(&Score) -> f64| {
            let weighted = |scores: &&&[Score]| {
                let weight = 1.0 / scores.len() as f64;
                scores.iter().map(|score| (value(score), weight)).collect::<Vec<_>>()
            };
            weighted_median(releases.iter().flat_map(weighted).collect())
        };
        let held = |index: usize| mean(&|score| f64::from(u8::from(score.held[index])));
        Some(Self {
            name,
            n: releases.iter().map(|scores| scores.len()).sum(),
            releases: releases.len(),
            cov50: held(0),
            cov85: held(1),
            cov95: held(2),
            crps_days: mean(&|score| score.crps),
            median_abs_error_ratio: median(&|score| score.error),
            p85_width_ratio: median(&|score| score.width),
        })
    }
}

/// The value that half of the weight lies below.
fn weighted_median(mut values: Vec<(f64, f64)>) -> f64 {
    values.sort_unstable_by(|left, right| left.0.total_cmp(&right.0));
    let half = values.iter().map(|(_, weight)| weight).sum::<f64>() / 2.0;
    let mut passed = 0.0;
    values
        .iter()
        .find(|(_, weight)| {
            passed += weight;
            passed >= half
        })
        .map_or(f64::NAN, |(value, _)| *value)
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use super::*;

    #[test]
    fn the_score_of_a_single_date_is_how_far_it_is_off() {
        for (said, actual) in [(10.0, 16.0), (16.0, 10.0), (10.0, 10.0)] {
            let score = Score::of(&|_| said, actual);
            // The mean of the shares is one half, and twice that is one.
            assert!((score.crps - (said - actual).abs()).abs() < 1e-9);
            assert!((score.error - (said - actual).abs() / actual).abs() < 1e-9);
            assert!((score.width - said / actual).abs() < 1e-9);
            assert_eq!(score.held, [actual <= said; 3]);
        }
    }

    #[test]
    fn a_range_around_what_happened_is_scored_by_its_width() {
        // Uniform on 0 to 2 days with 1 in the middle: CRPS = 1/3 - 1/4, times the width.
        let score = Score::of(&|share| 2.0 * share, 1.0);
        assert!((score.crps - 2.0 / 12.0).abs() < 1e-4, "{}", score.crps);
    }

    #[test]
    fn a_date_holds_until_its_day_ends() {
        assert_eq!(Score::of(&|share| 9.0 + share, 10.0).held, [true; 3]);
        assert_eq!(Score::of(&|share| 8.2 + share, 10.0).held, [false, true, true]);
    }

    #[test]
    fn releases_weigh_the_same_however_often_they_were_forecast() {
        let off = |days: f64| Score::of(&move |_| 10.0 + days, 10.0);
        let long = [off(1.0), off(1.0), off(1.0), off(1.0)];
        let short = [off(-5.0)];
        let scores = MethodScores::of("x", &[&long, &short, &[]]).unwrap();
        assert_eq!((scores.n, scores.releases), (5, 2));
        assert!((scores.crps_days - 3.0).abs() < 1e-9);
        assert!((scores.cov85 - 0.5).abs() < 1e-9);
        assert_eq!(MethodScores::of("x", &[&[]]), None);
    }

    #[test]
    fn the_median_goes_by_weight() {
        assert_eq!(weighted_median(vec![(1.0, 1.0), (9.0, 0.4), (5.0, 0.5)]), 1.0);
        assert_eq!(weighted_median(vec![(1.0, 1.0), (9.0, 0.7), (5.0, 0.5)]), 5.0);
    }
}
