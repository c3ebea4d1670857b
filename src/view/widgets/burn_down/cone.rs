//! The cone of the forecast: where the line of what remains will probably go.

/// A cone in dots: from what remains today down to zero, between the dates that are half
/// sure and 95 % sure.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cone {
    /// Today and what remains.
    pub(super) tip: (f64, f64),
    /// The dot of zero.
    pub(super) bottom: f64,
    /// The dots of P50, P85 and P95.
    pub(super) dates: [f64; 3],
}

impl Cone {
    /// How dark a cell is, of 1 (unlikely) to 3 (likely); none outside the cone. A cell that
    /// a straight way down crosses is as dark as that way's date is likely.
    pub(super) fn shade(&self, left: f64, right: f64, top: f64, bottom: f64) -> Option<usize> {
        let (x, y) = self.tip;
        let height = self.bottom - y;
        if right <= x || bottom <= y || height <= 0.0 {
            return None;
        }
        let [p50, p85, p95] = self.dates.map(|date| date.max(x + 1.0));
        let way = |date: f64, dot: f64| x + (date - x) * ((dot - y) / height).clamp(0.0, 1.0);
        if right <= way(p50, top) || way(p95, bottom) + 1.0 <= left {
            return None;
        }
        let fallen = ((f64::midpoint(top, bottom) - y) / height).clamp(0.05, 1.0);
        let date = x + (f64::midpoint(left, right) - x) / fallen;
        Some(match date {
            date if date < f64::midpoint(p50, p85) => 3,
            date if date < p85.max(p50 + 1.0) => 2,
            _ => 1,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONE: Cone = Cone { tip: (10.0, 0.0), bottom: 40.0, dates: [30.0, 50.0, 70.0] };

    fn row(top: f64) -> String {
        let shade = |column: u32| {
            let left = f64::from(column * 2);
            CONE.shade(left, left + 2.0, top, top + 4.0).map_or('.', |shade| ['?', '-', '+', '#'][shade])
        };
        (0..40).map(shade).collect()
    }

    #[test]
    fn it_widens_and_gets_lighter_with_less_certainty() {
        let widths: Vec<_> =
            (0..10).map(|index| row(f64::from(index) * 4.0).matches(['#', '+', '-']).count()).collect();
        assert!(widths.is_sorted(), "{widths:?}");
        for index in 0..10 {
            let row = row(f64::from(index) * 4.0);
            let dark = row.trim_matches('.');
            assert!(dark.starts_with('#') && dark.ends_with('-') && !dark.contains('.'), "{row}");
        }
    }

    #[test]
    fn nothing_left_has_no_cone_and_a_near_date_has_one() {
        let done = Cone { tip: (10.0, 40.0), ..CONE };
        assert!((0..40).all(|x| done.shade(f64::from(x), f64::from(x) + 1.0, 36.0, 40.0).is_none()));
        let near = Cone { dates: [10.0; 3], ..CONE };
        assert!(
            (0..10).all(|y| near.shade(10.0, 12.0, f64::from(y) * 4.0, f64::from(y) * 4.0 + 4.0).is_some())
        );
    }
}
