//! The calibrated regression: what a release has left, and how sure that is.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::{
    features::{FEATURES, Features, SPREAD_FEATURES, State, Term},
    ridge::{Moments, Ridge},
};

/// No forecast reaches further, in days.
pub const FURTHEST_DAYS: f64 = 1_095.0;

/// Groups of releases that residuals are cross-fitted by.
pub(super) const FOLDS: usize = 5;
const LAMBDA: f64 = 3.0;
const SPREAD_LAMBDA: f64 = 10.0;
/// Added to a residual before its logarithm is taken: one that is zero is luck.
const LEAST_RESIDUAL: f64 = 0.05;

/// What a finished release was like on one of its days, and how long it then took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct TrainingRow {
    /// Which group its release is in: [`fold_of`].
    pub(super) fold: u8,
    /// Its share of its release's weight.
    pub(super) weight: f64,
    /// The state of that day, as features.
    pub(super) features: Features,
    /// Days until the day after its last item was done.
    pub(super) remaining: f64,
}

impl TrainingRow {
    /// A row of a release whose rows weigh `weight` each.
    pub(super) fn new(fold: u8, weight: f64, state: &State, remaining: f64) -> Self {
        Self { fold, weight, features: state.features(), remaining }
    }
}

/// The group that a release is in: SHA-256 of `project|release` as one number, modulo 5.
pub(super) fn fold_of(project: &str, release: &str) -> u8 {
    let digest = Sha256::digest(format!("{project}|{release}"));
    let rest = digest.iter().fold(0_usize, |rest, byte| (rest * 256 + usize::from(*byte)) % FOLDS);
    rest as u8
}

/// A fitted model.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Model {
    date: Ridge<FEATURES>,
    spread: Ridge<SPREAD_FEATURES>,
    residuals: Quantiles,
}

impl Model {
    /// Fits to what finished releases were like: a ridge on the logarithm of the remaining
    /// days, and the spread of its residuals where the release itself was left out. None
    /// where the rows are of fewer than two groups of releases.
    pub(super) fn fit(rows: &[TrainingRow]) -> Option<Self> {
        let mut groups: [Moments<FEATURES>; FOLDS] = std::array::from_fn(|_| Moments::new());
        for row in rows {
            groups[fold(row)].add(&row.features.of_date, row.remaining.ln(), row.weight);
        }
        let without = |left_out: Option<usize>| {
            let mut all = Moments::new();
            groups
                .iter()
                .enumerate()
                .filter(|(group, _)| Some(*group) != left_out)
                .for_each(|(_, group)| all.merge(group));
            all.solve(LAMBDA)
        };
        let date = without(None)?;
        let crossed: [_; FOLDS] = std::array::from_fn(|group| without(Some(group)));
        let mut spreads = Moments::new();
        let mut residuals = Vec::with_capacity(rows.len());
        for row in rows {
            let residual = row.remaining.ln() - crossed[fold(row)].as_ref()?.predict(&row.features.of_date);
            spreads.add(&row.features.of_spread, (residual.abs() + LEAST_RESIDUAL).ln(), row.weight);
            residuals.push((residual, row.weight));
        }
        let spread = spreads.solve(SPREAD_LAMBDA)?;
        for ((residual, _), row) in residuals.iter_mut().zip(rows) {
            *residual /= spread.predict(&row.features.of_spread).exp();
        }
        Some(Self { date, spread, residuals: Quantiles::of(residuals)? })
    }

    /// When a release that looks like this will be done.
    pub(super) fn predict(&self, features: &Features) -> Distribution {
        Distribution {
            middle: self.date.predict(&features.of_date),
            spread: self.spread.predict(&features.of_spread).exp(),
            residuals: self.residuals.clone(),
        }
    }

    /// What each term contributes to the logarithm of the remaining days: the sum is
    /// [`Distribution::middle`], and the exponential of one is the factor that it stands for.
    pub(super) fn contributions(&self, features: &Features) -> Vec<(Term, f64)> {
        let of_features = Term::FEATURES.into_iter().zip(self.date.contributions(&features.of_date));
        std::iter::once((Term::Typical, self.date.intercept)).chain(of_features).collect()
    }
}

fn fold(row: &TrainingRow) -> usize {
    usize::from(row.fold) % FOLDS
}

/// How many days a release has left, as a distribution.
#[derive(Clone, Debug, PartialEq)]
pub struct Distribution {
    /// `μ(x)`: logarithm of the remaining days in the middle of the road.
    pub middle: f64,
    /// `s(x)`: how wide the range is.
    pub spread: f64,
    residuals: Quantiles,
}

impl Distribution {
    /// The same middle with a range `factor` times as wide, in logarithms.
    #[must_use]
    pub(super) fn widened(self, factor: f64) -> Self {
        Self { spread: self.spread * factor, ..self }
    }

    /// Days from now until it is done with the probability `share`, between .005 and .995:
    /// `min(1095, exp(μ + s·z))`.
    pub fn days(&self, share: f64) -> f64 {
        (self.middle + self.spread * self.residuals.at(share)).exp().min(FURTHEST_DAYS)
    }

    /// The probability that it is done within `days` days: the inverse of
    /// [`Distribution::days`], between .005 and .995, and 0 in the past.
    pub fn probability_by(&self, days: f64) -> f64 {
        if days.is_nan() || days <= 0.0 {
            return 0.0;
        }
        if days >= FURTHEST_DAYS {
            return LAST;
        }
        self.residuals.share_up_to((days.ln() - self.middle) / self.spread)
    }
}

/// Points of the table of quantiles: .005, .010 … .995.
const POINTS: usize = 199;
const STEP: f64 = 0.005;
const LAST: f64 = 0.995;

/// Quantiles of a weighted sample, at .005, .010 … .995.
#[derive(Clone, Debug, PartialEq)]
struct Quantiles(Arc<[f64]>);

impl Quantiles {
    /// Of values with weights: each value stands in the middle of its weight, and between
    /// two the line counts.
    fn of(mut sample: Vec<(f64, f64)>) -> Option<Self> {
        if sample.is_empty() || sample.iter().any(|(value, weight)| !value.is_finite() || !weight.is_finite())
        {
            return None;
        }
        sample.sort_unstable_by(|left, right| left.0.total_cmp(&right.0));
        let total: f64 = sample.iter().map(|(_, weight)| weight).sum();
        let mut table = Vec::with_capacity(POINTS);
        let mut before = (0.0, sample[0].0);
        let mut passed = 0.0;
        for &(value, weight) in &sample {
            let here = ((passed + weight / 2.0) / total, value);
            passed += weight;
            while table.len() < POINTS && STEP * (table.len() + 1) as f64 <= here.0 {
                let share = STEP * (table.len() + 1) as f64;
                let way = if here.0 > before.0 { (share - before.0) / (here.0 - before.0) } else { 1.0 };
                table.push(before.1 + way * (here.1 - before.1));
            }
            before = here;
        }
        table.resize(POINTS, before.1);
        Some(Self(table.into()))
    }

    fn at(&self, share: f64) -> f64 {
        let place = (share / STEP - 1.0).clamp(0.0, (POINTS - 1) as f64);
        let below = place.floor() as usize;
        let above = (below + 1).min(POINTS - 1);
        self.0[below] + (place - below as f64) * (self.0[above] - self.0[below])
    }

    fn share_up_to(&self, value: f64) -> f64 {
        let above = self.0.partition_point(|quantile| *quantile <= value);
        if above == 0 {
            return STEP;
        }
        if above == POINTS {
            return LAST;
        }
        let (low, high) = (self.0[above - 1], self.0[above]);
        STEP * (above as f64 + (value - low) / (high - low))
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::insight::forecast::{
        features::Cadence,
        prior::{self, Scope},
    };

    fn states() -> impl Strategy<Value = State> {
        (1_u32..500, 1_u32..500, 1_u32..600, 1_u32..400, -50_i32..200, 0_u32..30).prop_map(
            |(open, done, elapsed, hundredths, growth, finished)| State {
                open: f64::from(open),
                done: f64::from(done),
                elapsed: f64::from(elapsed),
                velocity: f64::from(hundredths) / 100.0,
                velocity_since_start: f64::from(done) / f64::from(elapsed),
                growth: f64::from(growth) / 100.0,
                cadence: Cadence { finished, median: 60.0 },
            },
        )
    }

    proptest! {
        #[test]
        fn dates_rise_with_their_share_and_probabilities_are_their_inverse(
            state in states(), low in 0.005..0.995, high in 0.005..0.995,
        ) {
            let distribution = prior::model(Scope::Emerging).unwrap().predict(&state.features());
            let (low, high) = if low <= high { (low, high) } else { (high, low) };
            prop_assert!(distribution.days(low) > 0.0);
            prop_assert!(distribution.days(low) <= distribution.days(high));
            prop_assert!(distribution.days(high) <= FURTHEST_DAYS);
            if distribution.days(high) < FURTHEST_DAYS {
                let share = distribution.probability_by(distribution.days(high));
                prop_assert!((share - high).abs() < 1e-9, "{share} is not {high}");
            }
        }

        #[test]
        fn contributions_add_up_to_the_middle(state in states()) {
            for scope in [Scope::Emerging, Scope::Fixed] {
                let model = prior::model(scope).unwrap();
                let features = state.features();
                let sum: f64 = model.contributions(&features).iter().map(|(_, part)| part).sum();
                prop_assert!((sum - model.predict(&features).middle).abs() < 1e-9);
            }
        }
    }

    #[test]
    fn probabilities_beyond_the_table_are_those_of_its_ends() {
        let rows: Vec<_> = prior::rows(Scope::Fixed).iter().map(|row| row.training).collect();
        let model = Model::fit(&rows).unwrap();
        let distribution = model.predict(&rows[0].features);
        for (days, expected) in [
            (f64::NAN, 0.0),
            (-1.0, 0.0),
            (0.0, 0.0),
            (1e-9, 0.005),
            (FURTHEST_DAYS, 0.995),
            (f64::INFINITY, 0.995),
        ] {
            assert_eq!(distribution.probability_by(days), expected, "within {days} days");
        }
        assert_eq!(Model::fit(&rows).unwrap(), model, "the same rows give the same model");
    }

    #[test]
    fn releases_of_one_group_cannot_be_cross_fitted() {
        let mut rows: Vec<_> = prior::rows(Scope::Fixed).iter().map(|row| row.training).collect();
        for row in &mut rows {
            row.fold = 2;
        }
        assert_eq!(Model::fit(&rows), None);
        assert_eq!(Model::fit(&[]), None);
    }

    #[test]
    fn groups_are_those_of_the_digest() {
        // From `printf 'kafka|2.0.0' | sha256sum`, modulo 5, and so on.
        for (project, release, expected) in
            [("kafka", "2.0.0", 1), ("helm", "v3.1.0", 0), ("xarray", "v0.8.0", 3), ("payments", "4.2", 3)]
        {
            assert_eq!(fold_of(project, release), expected, "{project} {release}");
        }
    }

    #[test]
    fn quantiles_of_a_weighted_sample() {
        // The values stand at 1/8, 1/2 and 7/8 of the weight.
        let quantiles = Quantiles::of(vec![(3.0, 1.0), (1.0, 1.0), (2.0, 2.0)]).unwrap();
        for (share, expected) in
            [(0.005, 1.0), (0.125, 1.0), (0.5, 2.0), (0.3125, 1.5), (0.875, 3.0), (0.995, 3.0)]
        {
            assert!((quantiles.at(share) - expected).abs() < 1e-9, "{share}: {}", quantiles.at(share));
        }
        assert_eq!(quantiles.share_up_to(0.5), 0.005);
        assert_eq!(quantiles.share_up_to(3.5), 0.995);
        assert!((quantiles.share_up_to(1.5) - 0.3125).abs() < 1e-9);
        assert_eq!(Quantiles::of(vec![(f64::NAN, 1.0)]), None);
    }
}
