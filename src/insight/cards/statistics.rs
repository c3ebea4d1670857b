//! What tells a change from noise.

use statrs::distribution::{ContinuousCDF as _, DiscreteCDF as _, Normal, Poisson};

use super::numbers::{quantile, sorted};

/// How two groups of numbers differ.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Shift {
    /// By how much the second is above the first: the median of all differences of a number of
    /// one and a number of the other (Hodges and Lehmann, 1963).
    pub(super) by: f64,
    /// How often a number of the second is above one of the first, less how often it is below:
    /// −1 to 1 (Cliff's delta).
    pub(super) delta: f64,
    /// How likely at least such a difference is if there is none: two-sided, by ranks (Mann and
    /// Whitney, 1947), in the normal approximation with ties and continuity corrected.
    pub(super) p: f64,
}

impl Shift {
    /// From the numbers of `before` to those of `after`; none if one has none.
    pub(super) fn between(before: &[f64], after: &[f64]) -> Option<Self> {
        let pairs = (before.len() * after.len()) as f64;
        let differences = sorted(after.iter().flat_map(|new| before.iter().map(move |old| new - old)));
        let by = quantile(&differences, 0.5)?;
        let above = differences.iter().filter(|difference| **difference > 0.0).count() as f64;
        let below = differences.iter().filter(|difference| **difference < 0.0).count() as f64;
        let off = (above - below) / 2.0;
        let all = sorted(before.iter().chain(after).copied());
        let count = all.len() as f64;
        let same = all.chunk_by(|one, next| one.total_cmp(next).is_eq()).map(|tied| tied.len() as f64);
        let ties: f64 = same.map(|tied| tied * (tied * tied - 1.0)).sum();
        let variance = pairs / 12.0 * (count + 1.0 - ties / (count * (count - 1.0)).max(1.0));
        let z = (off.abs() - 0.5).max(0.0) / variance.sqrt();
        let p = if variance > 0.0 { (2.0 * Normal::standard().sf(z)).min(1.0) } else { 1.0 };
        Some(Self { by, delta: (above - below) / pairs, p })
    }
}

/// How likely at least `count` events are where `mean` are expected (Poisson).
pub(super) fn at_least(count: u64, mean: f64) -> f64 {
    match (count.checked_sub(1), Poisson::new(mean)) {
        (Some(fewer), Ok(events)) => events.sf(fewer),
        // Nothing is always reached; something where nothing can be is not.
        (None, _) => 1.0,
        (Some(_), Err(_)) => 0.0,
    }
}

/// Which of the tests found something, so that of what is found no more than `rate` is expected
/// to be noise (Benjamini and Hochberg, 1995).
pub(super) fn discoveries(p: &[f64], rate: f64) -> Vec<bool> {
    let ranked = sorted(p.iter().copied());
    let is_within = |(index, p): &(usize, &f64)| **p <= rate * (index + 1) as f64 / ranked.len() as f64;
    let largest = ranked.iter().enumerate().filter(is_within).map(|(_, p)| *p).next_back();
    p.iter().map(|p| largest.is_some_and(|largest| *p <= largest)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shift_by_ranks_as_worked_out_by_hand() {
        // All of the second above all of the first: U = 12 of 12, mean 6, variance 3·4·8/12 = 8,
        // z = (6 − 0.5)/√8 = 1.9445, p = 0.05183. Of the differences 3, 4, 4, 5, 5, 5, 6, 6, 7, 7, 8, 9 the median is 5.5.
        let found = Shift::between(&[1.0, 2.0, 3.0], &[6.0, 7.0, 8.0, 10.0]).unwrap();
        assert_eq!((found.by, found.delta), (5.5, 1.0));
        assert!((found.p - 0.051_83).abs() < 1e-4, "{found:?}");
        let back = Shift::between(&[6.0, 7.0, 8.0, 10.0], &[1.0, 2.0, 3.0]).unwrap();
        assert_eq!((back.by, back.delta, back.p), (-5.5, -1.0, found.p));
        // Equal numbers differ by nothing, and nothing is compared with nothing.
        let same = Shift::between(&[4.0; 9], &[4.0; 5]).unwrap();
        assert_eq!((same.by, same.delta, same.p), (0.0, 0.0, 1.0));
        assert_eq!(Shift::between(&[], &[1.0]), None);
    }

    #[test]
    fn the_approximation_is_near_the_exact_test() {
        // Every way to choose 4 of 10 ranks: the share at least as far off is the exact p.
        let all: Vec<f64> = (1..=10).map(f64::from).collect();
        let ways: Vec<u32> = (0u32..1 << 10).filter(|way| way.count_ones() == 4).collect();
        let split = |way: u32| -> (Vec<f64>, Vec<f64>) {
            let (after, before): (Vec<_>, Vec<_>) =
                all.iter().enumerate().partition(|(index, _)| way & (1 << index) != 0);
            let only = |side: Vec<(usize, &f64)>| side.into_iter().map(|(_, number)| *number).collect();
            (only(before), only(after))
        };
        let sums: Vec<f64> =
            ways.iter().map(|way| (split(*way).1.iter().sum::<f64>() - 22.0).abs()).collect();
        for (way, sum) in ways.iter().zip(&sums) {
            let exact = sums.iter().filter(|other| **other >= *sum).count() as f64 / sums.len() as f64;
            let (before, after) = split(*way);
            let found = Shift::between(&before, &after).unwrap();
            assert!((found.p - exact).abs() < 0.025, "{after:?}: {} but exactly {exact}", found.p);
        }
    }

    #[test]
    fn events_by_poisson_and_discoveries_by_benjamini_and_hochberg() {
        // 1 − e^−2 (1 + 2 + 2) = 0.3233.
        assert!((at_least(3, 2.0) - 0.323_32).abs() < 1e-4);
        assert_eq!((at_least(0, 2.0), at_least(1, 0.0)), (1.0, 0.0));
        // The example of the paper: of fifteen tests four are found at 5 %.
        let p = [
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719,
            0.6528, 0.7590, 1.0,
        ];
        let found = discoveries(&p, 0.05);
        assert_eq!(found.iter().filter(|found| **found).count(), 4);
        assert!(found[..4].iter().all(|found| *found));
        assert!(discoveries(&[], 0.05).is_empty());
    }
}
