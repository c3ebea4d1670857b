//! Rates of few runs, drawn towards the rate of all: the beta-binomial model.
//!
//! A place with `events` of `runs` has the rate Beta(events + s·p, runs − events + s·(1 − p)),
//! where `p` is the rate of all places and `s`, how many runs that is worth, is the one under which
//! what was seen is likeliest (empirical Bayes; Gelman et al., Bayesian Data Analysis, section 5.3).

/// Weights of the rate of all that are tried, in runs.
const WEIGHTS: [f64; 9] = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
/// Weight where one place alone tells nothing of how places differ.
const ALONE: f64 = 8.0;
/// What stands for zero where something is divided by it.
const TINY: f64 = 1e-300;

/// What places are drawn towards.
#[derive(Clone, Copy, Debug)]
pub(super) struct Prior {
    rate: f64,
    weight: f64,
}

/// Events among runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) events: u32,
    pub(super) runs: u32,
}

impl Prior {
    /// Learns it from all places; none without a run.
    pub(super) fn learn(counts: &[Count]) -> Option<Self> {
        let runs: u32 = counts.iter().map(|count| count.runs).sum();
        let events: u32 = counts.iter().map(|count| count.events).sum();
        if runs == 0 {
            return None;
        }
        // Half an event more, so that what never failed is not sure never to fail.
        let rate = (f64::from(events) + 0.5) / (f64::from(runs) + 1.0);
        if counts.iter().filter(|count| count.runs > 0).count() < 2 {
            return Some(Self { rate, weight: ALONE });
        }
        let likelihood = |weight: f64| -> f64 {
            counts.iter().map(|count| log_likelihood(*count, rate * weight, (1.0 - rate) * weight)).sum()
        };
        let best = WEIGHTS.into_iter().max_by(|a, b| likelihood(*a).total_cmp(&likelihood(*b)))?;
        Some(Self { rate, weight: best })
    }

    fn parameters(&self, count: Count) -> [f64; 2] {
        let events = f64::from(count.events);
        let others = f64::from(count.runs.saturating_sub(count.events));
        [events + self.rate * self.weight, others + (1.0 - self.rate) * self.weight]
    }

    /// The expected rate of a place.
    pub(super) fn mean(&self, count: Count) -> f64 {
        let [a, b] = self.parameters(count);
        a / (a + b)
    }

    /// The rate that a place exceeds with this probability.
    pub(super) fn lower_bound(&self, count: Count, sure: f64) -> f64 {
        let [a, b] = self.parameters(count);
        quantile(1.0 - sure, a, b)
    }
}

/// The logarithm of the beta-binomial likelihood, without the part that no parameter changes.
fn log_likelihood(count: Count, a: f64, b: f64) -> f64 {
    let events = f64::from(count.events);
    let others = f64::from(count.runs.saturating_sub(count.events));
    log_beta(events + a, others + b) - log_beta(a, b)
}

fn log_beta(a: f64, b: f64) -> f64 {
    log_gamma(a) + log_gamma(b) - log_gamma(a + b)
}

/// The logarithm of the gamma function of a positive number: Stirling's series (DLMF 5.11.1).
fn log_gamma(value: f64) -> f64 {
    let (mut shifted, mut below) = (value, 0.0);
    while shifted < 10.0 {
        below += shifted.ln();
        shifted += 1.0;
    }
    let inverse = 1.0 / shifted;
    let square = inverse * inverse;
    let series = inverse * (1.0 / 12.0 - square * (1.0 / 360.0 - square * (1.0 / 1260.0 - square / 1680.0)));
    (shifted - 0.5) * shifted.ln() - shifted + 0.5 * std::f64::consts::TAU.ln() + series - below
}

/// The share of Beta(a, b) below `x`: the continued fraction of DLMF 8.17.22, by Lentz's method.
fn below(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    // The fraction converges fast on this side only.
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - below(1.0 - x, b, a);
    }
    let front = (a * x.ln() + b * (1.0 - x).ln() - log_beta(a, b)).exp() / a;
    let keep_off_zero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut upper = 1.0;
    let mut lower = 1.0 / keep_off_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = lower;
    for step in 1..=300 {
        let step = f64::from(step);
        let even = step * (b - step) * x / ((a + 2.0 * step - 1.0) * (a + 2.0 * step));
        let odd = -(a + step) * (a + b + step) * x / ((a + 2.0 * step) * (a + 2.0 * step + 1.0));
        let mut change = 1.0;
        for part in [even, odd] {
            lower = 1.0 / keep_off_zero(1.0 + part * lower);
            upper = keep_off_zero(1.0 + part / upper);
            change = lower * upper;
            fraction *= change;
        }
        if (change - 1.0).abs() < 1e-12 {
            break;
        }
    }
    (front * fraction).clamp(0.0, 1.0)
}

/// The value below which a share of Beta(a, b) lies, by halving.
fn quantile(share: f64, a: f64, b: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if below(middle, a, b) < share {
            low = middle;
        } else {
            high = middle;
        }
    }
    0.5 * (low + high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distribution_is_the_known_one() {
        // Beta(1, 1) is uniform; Beta(2, 1) has x², Beta(1, 3) has 1 − (1 − x)³; a symmetric one
        // has its middle at a half.
        for (x, a, b, expected) in [
            (0.3, 1.0, 1.0, 0.3),
            (0.3, 2.0, 1.0, 0.09),
            (0.2, 1.0, 3.0, 0.488),
            (0.5, 7.5, 7.5, 0.5),
            (0.9, 2.0, 1.0, 0.81),
        ] {
            assert!((below(x, a, b) - expected).abs() < 1e-9, "{x} {a} {b}: {}", below(x, a, b));
            assert!((quantile(expected, a, b) - x).abs() < 1e-9, "{x} {a} {b}");
        }
        // 9! and the half: Γ(10) = 362880, Γ(½) = √π.
        assert!((log_gamma(10.0) - 362_880_f64.ln()).abs() < 1e-9);
        assert!((log_gamma(0.5) - 0.5 * std::f64::consts::PI.ln()).abs() < 1e-9);
    }

    #[test]
    fn few_runs_are_drawn_further_than_many() {
        let counts = [
            Count { events: 1, runs: 2 },
            Count { events: 50, runs: 100 },
            Count { events: 2, runs: 100 },
            Count { events: 0, runs: 0 },
        ];
        let prior = Prior::learn(&counts).unwrap();
        let [few, many, rare, never] = counts.map(|count| prior.mean(count));
        assert!(many > few && few > rare, "{few} {many} {rare}");
        assert!((never - prior.rate).abs() < 1e-9, "without runs it is what all are");
        let bound = |count| prior.lower_bound(count, 0.9);
        assert!(bound(counts[1]) > bound(counts[0]), "few failures are less sure");
        assert!(counts.iter().all(|count| bound(*count) < prior.mean(*count)));
        assert!(Prior::learn(&[]).is_none() && Prior::learn(&[Count::default()]).is_none());
    }
}
