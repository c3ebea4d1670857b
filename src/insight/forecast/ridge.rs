//! Ridge regression on standardised features, with weights and a free intercept.

use nalgebra::{SMatrix, SVector};

/// Sums over weighted rows: all that a ridge needs to know of them. Adding two adds their rows.
#[derive(Clone, Debug)]
pub(super) struct Moments<const K: usize> {
    weight: f64,
    inputs: [f64; K],
    output: f64,
    /// Upper triangle only.
    products: [[f64; K]; K],
    with_output: [f64; K],
}

impl<const K: usize> Moments<K> {
    pub(super) fn new() -> Self {
        Self { weight: 0.0, inputs: [0.0; K], output: 0.0, products: [[0.0; K]; K], with_output: [0.0; K] }
    }

    /// Counts a row.
    pub(super) fn add(&mut self, inputs: &[f64; K], output: f64, weight: f64) {
        self.weight += weight;
        self.output += weight * output;
        for (row, &left) in inputs.iter().enumerate() {
            let weighted = weight * left;
            self.inputs[row] += weighted;
            self.with_output[row] += weighted * output;
            for (sum, &right) in self.products[row][row..].iter_mut().zip(&inputs[row..]) {
                *sum += weighted * right;
            }
        }
    }

    /// Counts all rows of `other`, too.
    pub(super) fn merge(&mut self, other: &Self) {
        self.weight += other.weight;
        self.output += other.output;
        for row in 0..K {
            self.inputs[row] += other.inputs[row];
            self.with_output[row] += other.with_output[row];
            for column in row..K {
                self.products[row][column] += other.products[row][column];
            }
        }
    }

    /// The ridge that minimises `Σ w·(y − b₀ − Σ bⱼ·zⱼ)² + λ·Σ bⱼ²`, with `z` the features
    /// at weighted mean 0 and variance 1. None without rows, or with rows that are not numbers.
    pub(super) fn solve(&self, lambda: f64) -> Option<Ridge<K>> {
        if self.weight <= 0.0 {
            return None;
        }
        let means = self.inputs.map(|sum| sum / self.weight);
        let output = self.output / self.weight;
        let mut scales = [1.0; K];
        for row in 0..K {
            let variance = self.products[row][row] / self.weight - means[row] * means[row];
            // A feature that never changes explains nothing, and rounding is no change.
            if variance > 1e-12 * (1.0 + means[row] * means[row]) {
                scales[row] = variance.sqrt();
            }
        }
        let normal = SMatrix::<f64, K, K>::from_fn(|row, column| {
            let product = self.products[row.min(column)][row.max(column)];
            let covariance =
                (product - self.weight * means[row] * means[column]) / (scales[row] * scales[column]);
            covariance + if row == column { lambda } else { 0.0 }
        });
        let target = SVector::<f64, K>::from_fn(|row, _| {
            (self.with_output[row] - self.weight * means[row] * output) / scales[row]
        });
        let solution = normal.cholesky()?.solve(&target);
        let coefficients = std::array::from_fn(|row| solution[row]);
        Some(Ridge { intercept: output, coefficients, means, scales }).filter(|ridge| {
            ridge.coefficients.iter().chain([&ridge.intercept]).all(|value| value.is_finite())
        })
    }
}

/// A fitted ridge.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Ridge<const K: usize> {
    /// What it answers for the mean of all features.
    pub(super) intercept: f64,
    coefficients: [f64; K],
    means: [f64; K],
    scales: [f64; K],
}

impl<const K: usize> Ridge<K> {
    /// What each feature adds to the intercept.
    pub(super) fn contributions(&self, inputs: &[f64; K]) -> [f64; K] {
        std::array::from_fn(|row| self.coefficients[row] * (inputs[row] - self.means[row]) / self.scales[row])
    }

    /// The answer.
    pub(super) fn predict(&self, inputs: &[f64; K]) -> f64 {
        self.intercept + self.contributions(inputs).iter().sum::<f64>()
    }
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use super::*;

    const ROWS: [([f64; 2], f64, f64); 5] = [
        ([1.0, 2.0], 3.0, 1.0),
        ([2.0, 1.0], 2.0, 0.5),
        ([4.0, 3.0], 7.0, 2.0),
        ([3.0, 7.0], 9.0, 1.0),
        ([0.0, 1.0], 1.0, 0.25),
    ];

    fn fit(lambda: f64) -> Ridge<2> {
        let mut moments = Moments::new();
        for (inputs, output, weight) in &ROWS {
            moments.add(inputs, *output, *weight);
        }
        moments.solve(lambda).unwrap()
    }

    #[test]
    fn one_feature_has_a_closed_form() {
        // z = -1, 1 and y = 1, 5: b = Σ zy / (Σ z² + λ) = 4 / (2 + λ), around the mean 3.
        let mut moments = Moments::new();
        moments.add(&[10.0], 1.0, 1.0);
        moments.add(&[20.0], 5.0, 1.0);
        for (lambda, slope) in [(0.0, 2.0), (2.0, 1.0), (6.0, 0.5)] {
            let ridge = moments.solve(lambda).unwrap();
            assert!((ridge.predict(&[20.0]) - (3.0 + slope)).abs() < 1e-12);
            assert!((ridge.predict(&[15.0]) - 3.0).abs() < 1e-12);
        }
    }

    #[test]
    fn the_gradient_is_zero_at_the_solution() {
        let lambda = 3.0;
        let ridge = fit(lambda);
        let missed = |inputs: &[f64; 2], output: f64| output - ridge.predict(inputs);
        let of_intercept: f64 =
            ROWS.iter().map(|(inputs, output, weight)| weight * missed(inputs, *output)).sum();
        assert!(of_intercept.abs() < 1e-9);
        for feature in 0..2 {
            let standardised =
                |inputs: &[f64; 2]| (inputs[feature] - ridge.means[feature]) / ridge.scales[feature];
            let rows = ROWS
                .iter()
                .map(|(inputs, output, weight)| weight * standardised(inputs) * missed(inputs, *output));
            assert!((rows.sum::<f64>() - lambda * ridge.coefficients[feature]).abs() < 1e-9);
        }
    }

    #[test]
    fn the_weight_of_a_row_is_how_often_it_counts() {
        let mut twice = Moments::new();
        for (inputs, output, weight) in &ROWS {
            twice.add(inputs, *output, weight / 2.0);
            let mut again = Moments::new();
            again.add(inputs, *output, weight / 2.0);
            twice.merge(&again);
        }
        let (one, two) = (fit(3.0), twice.solve(3.0).unwrap());
        assert!((one.predict(&[2.5, 2.5]) - two.predict(&[2.5, 2.5])).abs() < 1e-12);
    }

    #[test]
    fn what_cannot_be_solved_has_no_answer() {
        assert_eq!(Moments::<2>::new().solve(3.0), None);
        for broken in [f64::NAN, f64::INFINITY] {
            let mut moments = Moments::new();
            moments.add(&[1.0, broken], 1.0, 1.0);
            assert_eq!(moments.solve(3.0), None);
        }
        // A feature that never changes adds nothing.
        let mut moments = Moments::new();
        moments.add(&[1.0, 5.0], 1.0, 1.0);
        moments.add(&[2.0, 5.0], 3.0, 1.0);
        assert_eq!(moments.solve(0.1).unwrap().contributions(&[2.0, 5.0])[1], 0.0);
    }
}
