//! How long something usually takes, when some of it has not ended yet.

/// Durations from which percentiles are taken: fewer tell nothing.
pub(crate) const ENOUGH: usize = 20;

/// The value that a share `share` of `sorted` does not exceed (nearest rank); none of nothing.
pub(crate) fn nearest_rank(sorted: &[i64], share: f64) -> Option<i64> {
    let rank = (share * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.clamp(1, sorted.len().max(1)) - 1).copied()
}

/// The lower bound of Wilson's interval (1927) at 95 % for a share of which `of` were seen and
/// `hits` had it; 0 of nothing.
pub(crate) fn wilson_lower(hits: u32, of: u32) -> f64 {
    /// The normal quantile of a two-sided 95 %.
    const Z: f64 = 1.959_963_984_540_054;
    if of == 0 {
        return 0.0;
    }
    let (n, share) = (f64::from(of), f64::from(hits) / f64::from(of));
    let middle = share + Z * Z / (2.0 * n);
    let half = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    ((middle - half) / (1.0 + Z * Z / n)).max(0.0)
}

/// How likely something still lasts after a time: Kaplan and Meier's estimate (1958), in
/// which what has not ended counts for as long as it was seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct Survival {
    /// Durations at which something ended, and the share that lasts longer; ascending.
    steps: Vec<(i64, f64)>,
}

impl Survival {
    /// From (seconds, whether it ended). None if fewer than [`ENOUGH`] ended.
    pub(crate) fn of(mut spans: Vec<(i64, bool)>) -> Option<Self> {
        if spans.iter().filter(|(_, ended)| *ended).count() < ENOUGH {
            return None;
        }
        // At the same duration, what ended counts before what was cut off.
        spans.sort_unstable_by_key(|(seconds, ended)| (*seconds, !ended));
        let mut steps: Vec<(i64, f64)> = Vec::new();
        let mut lasting = 1.0;
        let total = spans.len();
        for (index, (seconds, ended)) in spans.into_iter().enumerate() {
            if !ended {
                continue;
            }
            let at_risk = (total - index) as f64;
            lasting *= 1.0 - 1.0 / at_risk;
            match steps.last_mut() {
                Some(step) if step.0 == seconds => step.1 = lasting,
                _ => steps.push((seconds, lasting)),
            }
        }
        Some(Self { steps })
    }

    /// The duration that a share `share` does not exceed; the longest seen if too much has
    /// not ended to tell.
    pub(crate) fn percentile(&self, share: f64) -> i64 {
        self.first_below(1.0 - share)
    }

    /// What usually (in the median) still remains of something that lasts for `age` already.
    pub(crate) fn remaining(&self, age: i64) -> i64 {
        let passed = self.steps.partition_point(|(seconds, _)| *seconds <= age);
        let lasting = passed.checked_sub(1).map_or(1.0, |index| self.steps[index].1);
        let median = self.first_below(lasting / 2.0) - age;
        // Longer than anything seen: nothing is known but that it is not over.
        if median > 0 { median } else { self.percentile(0.5) }
    }

    fn first_below(&self, share: f64) -> i64 {
        let found = self.steps.iter().find(|(_, lasting)| *lasting <= share + 1e-9);
        found.or(self.steps.last()).map_or(0, |(seconds, _)| *seconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_ranks() {
        let values: Vec<i64> = (1..=20).collect();
        for (share, value) in [(0.0, 1), (0.05, 1), (0.5, 10), (0.85, 17), (1.0, 20)] {
            assert_eq!(nearest_rank(&values, share), Some(value), "{share}");
        }
        assert_eq!(nearest_rank(&[], 0.5), None);
        assert_eq!(nearest_rank(&[7], 0.85), Some(7));
    }

    #[test]
    fn without_open_ones_it_is_the_nearest_rank() {
        let survival = Survival::of((1..=20).map(|seconds| (seconds, true)).collect()).unwrap();
        assert_eq!(survival.percentile(0.5), 10);
        assert_eq!(survival.percentile(0.85), 17);
        assert_eq!(survival.remaining(0), 10);
        assert_eq!(survival.remaining(10), 5);
        assert_eq!(survival.remaining(30), 10, "longer than any");
    }

    #[test]
    fn open_ones_make_it_longer() {
        let ended = (1..=20).map(|seconds| (seconds, true));
        let open = (0..10).map(|_| (15, false));
        let survival = Survival::of(ended.chain(open).collect()).unwrap();
        assert_eq!(survival.percentile(0.5), 15);
        assert!(survival.percentile(0.85) > 17);
    }

    #[test]
    fn few_tell_nothing() {
        assert!(Survival::of((0..19).map(|seconds| (seconds, true)).collect()).is_none());
        assert!(Survival::of((0..99).map(|seconds| (seconds, seconds < 19)).collect()).is_none());
    }
}
