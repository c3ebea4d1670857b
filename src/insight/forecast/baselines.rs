//! Forecasts as others make them, to be scored beside ours.

use chrono::{Days, NaiveDate};

use super::{
    features::State,
    model::FURTHEST_DAYS,
    past::{Finished, Past},
    series::Throughput,
};

/// Runs of a simulation.
const RUNS: usize = 400;
/// Days of throughput that a simulation draws from.
const DRAWN_DAYS: u32 = 90;
/// By how much work grows when it is split, at most.
const MOST_SPLIT: f64 = 1.3;
/// Own releases that took longer, for their durations to say something.
const LEAST_DURATIONS: usize = 3;

/// What other methods say of a release on one of its days.
pub(super) struct Baselines {
    linear: f64,
    /// Sorted samples.
    monte_carlo: Vec<f64>,
    monte_carlo_split: Vec<f64>,
    own_cadence: Vec<f64>,
}

impl Baselines {
    /// Of a release at the end of `day`.
    pub(super) fn of(past: &Past, release: &Finished, day: NaiveDate, state: &State) -> Self {
        let team = &past.projects()[release.project].1;
        let days = release.series.days.iter().take(state.elapsed as usize + 1);
        let completed: f64 = days.map(|day| f64::from(day.completed)).sum();
        let mut durations: Vec<_> = past.durations(release.project, day).collect();
        if durations.is_empty() {
            durations = past.known_on(day).iter().map(|other| other.duration).collect();
        }
        Self {
            linear: (state.open * state.elapsed / completed.max(0.5)).min(FURTHEST_DAYS),
            monte_carlo: simulate(team, day, state.open, 1.0),
            monte_carlo_split: simulate(team, day, state.open, MOST_SPLIT),
            own_cadence: cadence(&durations, state.elapsed),
        }
    }

    /// The straight line: open items at the throughput since the start, half an item done
    /// at least.
    pub(super) fn linear(&self) -> f64 {
        self.linear
    }

    /// The straight line and ten percent around it, as the release chart of a tracker draws
    /// it; the edges count as 5 and 95 % dates.
    pub(super) fn jira_like(&self, share: f64) -> f64 {
        self.linear * (1.0 + 0.1 * ((share - 0.5) / 0.45).clamp(-1.0, 1.0))
    }

    /// Days of the last 90 are drawn until nothing is open.
    pub(super) fn monte_carlo(&self, share: f64) -> f64 {
        whole_quantile(&self.monte_carlo, share)
    }

    /// The same, with the open work growing by up to 30 % as it is split.
    pub(super) fn monte_carlo_split(&self, share: f64) -> f64 {
        whole_quantile(&self.monte_carlo_split, share)
    }

    /// What own releases that took longer than this one so far had left by now.
    pub(super) fn own_cadence(&self, share: f64) -> f64 {
        let place = share * (self.own_cadence.len() - 1) as f64;
        let below = place.floor() as usize;
        let above = (below + 1).min(self.own_cadence.len() - 1);
        self.own_cadence[below] + (place - below as f64) * (self.own_cadence[above] - self.own_cadence[below])
    }
}

/// What simulated runs took, sorted; the same for the same arguments.
fn simulate(team: &Throughput, today: NaiveDate, open: f64, most_split: f64) -> Vec<f64> {
    let drawn: Vec<_> = (0..DRAWN_DAYS)
        .filter_map(|back| today.checked_sub_days(Days::new(u64::from(back))))
        .map(|day| f64::from(team.completed(day, 1)))
        .collect();
    if drawn.iter().all(|completed| *completed < 1.0) {
        return vec![FURTHEST_DAYS];
    }
    let mut random =
        fastrand::Rng::with_seed(open.to_bits() ^ u64::from(today.to_epoch_days().unsigned_abs()));
    let mut run = || {
        let mut left = open * (1.0 + (most_split - 1.0) * random.f64());
        let mut days = 0.0;
        while left > 0.0 && days < FURTHEST_DAYS {
            left -= drawn[random.usize(..drawn.len())];
            days += 1.0;
        }
        days
    };
    let mut runs: Vec<_> = (0..RUNS).map(|_| run()).collect();
    runs.sort_unstable_by(f64::total_cmp);
    runs
}

/// A quantile of sorted whole days.
fn whole_quantile(sorted: &[f64], share: f64) -> f64 {
    let place = (share * sorted.len() as f64).ceil() as usize;
    sorted[place.clamp(1, sorted.len()) - 1]
}

/// What is left, sorted, of the durations of releases that took longer than `elapsed` days.
/// With fewer than three, the time that has passed says how long it may yet take.
fn cadence(durations: &[u32], elapsed: f64) -> Vec<f64> {
    let left = durations.iter().map(|days| f64::from(*days) - elapsed).filter(|left| *left > 0.0);
    let mut left: Vec<_> = left.collect();
    if left.len() < LEAST_DURATIONS {
        left = vec![0.1 * elapsed, 0.5 * elapsed, elapsed];
    }
    left.sort_unstable_by(f64::total_cmp);
    left
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use super::*;

    #[test]
    fn a_steady_team_is_simulated_as_what_it_is() {
        let today = NaiveDate::from_ymd_opt(2026, 3, 31).unwrap();
        let steady = Throughput::of((0..90).flat_map(|back| {
            let day = today.checked_sub_days(Days::new(back)).unwrap();
            [day, day]
        }));
        let runs = simulate(&steady, today, 11.0, 1.0);
        assert!(runs.iter().all(|days| *days == 6.0), "11 items at two a day");
        let split = simulate(&steady, today, 100.0, MOST_SPLIT);
        assert!(split[0] >= 50.0 && split[RUNS - 1] <= 65.0);
        assert!(whole_quantile(&split, 0.85) > whole_quantile(&split, 0.5));
        assert_eq!(split, simulate(&steady, today, 100.0, MOST_SPLIT), "no chance in it");
        assert_eq!(simulate(&Throughput::default(), today, 1.0, 1.0), [FURTHEST_DAYS]);
    }

    #[test]
    fn the_cadence_is_that_of_releases_that_took_longer() {
        assert_eq!(cadence(&[50, 20, 31, 44], 30.0), [1.0, 14.0, 20.0]);
        assert_eq!(cadence(&[50, 20], 30.0), [3.0, 15.0, 30.0]);
    }

    #[test]
    fn the_straight_line_and_ten_percent_around_it() {
        let baselines = Baselines {
            linear: 20.0,
            monte_carlo: vec![1.0],
            monte_carlo_split: vec![1.0],
            own_cadence: vec![1.0, 3.0],
        };
        for (share, expected) in [(0.005, 18.0), (0.05, 18.0), (0.5, 20.0), (0.95, 22.0), (0.995, 22.0)] {
            assert!((baselines.jira_like(share) - expected).abs() < 1e-9);
        }
        assert!((baselines.own_cadence(0.75) - 2.5).abs() < 1e-9);
    }
}
