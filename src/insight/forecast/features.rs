//! What the model looks at: the state of a release at the end of a day, and its features.

use chrono::NaiveDate;

use super::series::{ReleaseSeries, Throughput};

/// Features of the model, the intercept left out.
pub(super) const FEATURES: usize = 9;
/// Features of the model of the spread, the intercept left out.
pub(super) const SPREAD_FEATURES: usize = 4;

/// Days after which a day weighs half in the velocity.
const HALF_LIFE: f64 = 28.0;
/// Days that the velocity looks back on, at least and at most.
const WINDOW: (usize, usize) = (14, 180);
/// Days of the team's usual throughput that the velocity is mixed with.
const PRIOR_DAYS: f64 = 14.0;
/// Days that the team's usual throughput is counted over.
const THROUGHPUT_DAYS: u32 = 90;
/// Least throughput of a team, in items a day.
const LEAST_THROUGHPUT: f64 = 1.0 / 200.0;

/// A term of the model: the forecast is the sum of what each contributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Term {
    /// What a typical release has left, before anything is known of this one.
    Typical,
    /// Days of work left at the recent velocity: `ln((R + .5) / v)`.
    RecentVelocity,
    /// Days of work left at the velocity since the start: `ln((R + .5) / vs)`.
    VelocitySinceStart,
    /// Time since the start: `ln(e + 3)`.
    Elapsed,
    /// Open items: `ln(R + .5)`.
    Open,
    /// Share that is done: `logit p`.
    ShareDone,
    /// How fast the scope grows: `sign(a)·ln(1 + 10|a|)`.
    ScopeGrowth,
    /// How many own releases the team has finished: `ow = n / (n + 2)`.
    OwnReleases,
    /// What own releases usually have left by now: `ow·(own − ln(e + 3))`.
    OwnCadence,
    /// Time since the start, for a team with own releases: `ow·ln(e + 3)`.
    OwnElapsed,
}

impl Term {
    /// The terms that features stand for, in their order.
    pub const FEATURES: [Self; FEATURES] = [
        Self::RecentVelocity,
        Self::VelocitySinceStart,
        Self::Elapsed,
        Self::Open,
        Self::ShareDone,
        Self::ScopeGrowth,
        Self::OwnReleases,
        Self::OwnCadence,
        Self::OwnElapsed,
    ];
}

/// The finished releases of the same team.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Cadence {
    /// How many (n).
    pub finished: u32,
    /// Median of their durations in days (m).
    pub median: f64,
}

impl Cadence {
    /// Of the durations, in days, of the releases that have finished.
    pub fn of(durations: impl IntoIterator<Item = u32>) -> Self {
        let mut durations: Vec<_> = durations.into_iter().collect();
        durations.sort_unstable();
        let finished = u32::try_from(durations.len()).unwrap_or(u32::MAX);
        let middle = durations.len() / 2;
        let median = match durations.get(middle) {
            None => 0.0,
            Some(&upper) if durations.len() % 2 == 1 => f64::from(upper),
            Some(&upper) => f64::midpoint(f64::from(upper), f64::from(durations[middle - 1])),
        };
        Self { finished, median }
    }
}

/// A release at the end of a day, as the model sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct State {
    /// Items open (R).
    pub open: f64,
    /// Items done (D).
    pub done: f64,
    /// Days since the start (e).
    pub elapsed: f64,
    /// Items a day, recently (v).
    pub velocity: f64,
    /// Items a day since the start (vs).
    pub velocity_since_start: f64,
    /// Items that enter the scope a day, less those that leave it (a).
    pub growth: f64,
    /// The team's finished releases (n, m).
    pub cadence: Cadence,
}

impl State {
    /// The state at the end of the day `elapsed` days after the start; none where the
    /// series does not reach.
    pub fn at(series: &ReleaseSeries, elapsed: usize, team: &Throughput, cadence: Cadence) -> Option<Self> {
        let today = series.days.get(elapsed)?;
        let usual = usual_throughput(team, series.day(elapsed)?);
        let window = elapsed.clamp(WINDOW.0, WINDOW.1);
        let (mut weights, mut completed, mut grown) = (0.0, 0.0, 0.0);
        let mut weight = 1.0;
        let decay = 0.5_f64.powf(1.0 / HALF_LIFE);
        for day in series.days[..=elapsed].iter().rev().take(window) {
            weights += weight;
            completed += weight * f64::from(day.completed);
            grown += weight * (f64::from(day.added) - f64::from(day.removed));
            weight *= decay;
        }
        let since_start: f64 = series.days[..=elapsed].iter().map(|day| f64::from(day.completed)).sum();
        Some(Self {
            open: f64::from(today.open),
            done: f64::from(today.done),
            elapsed: elapsed as f64,
            velocity: (PRIOR_DAYS * usual + completed) / (PRIOR_DAYS + weights),
            velocity_since_start: (PRIOR_DAYS * usual + since_start) / (PRIOR_DAYS + elapsed as f64),
            growth: grown / (PRIOR_DAYS + weights),
            cadence,
        })
    }

    /// The state if `items` of the open ones were left out.
    #[must_use]
    pub fn leaving_out(self, items: u32) -> Self {
        Self { open: (self.open - f64::from(items)).max(0.0), ..self }
    }

    /// The state if the scope neither grew nor shrank from now on.
    #[must_use]
    pub fn with_frozen_scope(self) -> Self {
        Self { growth: 0.0, ..self }
    }

    /// The state at `factor` times the throughput: 1.2 for a fifth more.
    #[must_use]
    pub fn with_throughput(self, factor: f64) -> Self {
        Self {
            velocity: self.velocity * factor,
            velocity_since_start: self.velocity_since_start * factor,
            ..self
        }
    }

    /// What the model makes of it.
    pub fn features(&self) -> Features {
        let elapsed = (self.elapsed + 3.0).ln();
        let open = (self.open + 0.5).ln();
        let share = (self.done + 0.5) / (self.open + self.done + 1.0);
        let logit = (share / (1.0 - share)).ln();
        let finished = f64::from(self.cadence.finished);
        let own_weight = finished / (finished + 2.0);
        let left = (self.cadence.median - self.elapsed).max(0.15 * self.cadence.median).max(2.0).ln();
        Features {
            of_date: [
                open - self.velocity.ln(),
                open - self.velocity_since_start.ln(),
                elapsed,
                open,
                logit,
                self.growth.signum() * (10.0 * self.growth.abs()).ln_1p(),
                own_weight,
                own_weight * (left - elapsed),
                own_weight * elapsed,
            ],
            of_spread: [elapsed, open, logit, own_weight],
        }
    }
}

/// `p90`: completions of the team a day over the last 90 days, at least 1/200.
fn usual_throughput(team: &Throughput, today: NaiveDate) -> f64 {
    (f64::from(team.completed(today, THROUGHPUT_DAYS)) / f64::from(THROUGHPUT_DAYS)).max(LEAST_THROUGHPUT)
}

/// What the model sees of a state.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Features {
    /// In the order of [`Term::FEATURES`].
    pub of_date: [f64; FEATURES],
    /// `ln(e + 3)`, `ln(R + .5)`, `logit p`, `ow`.
    pub of_spread: [f64; SPREAD_FEATURES],
}

#[cfg(test)]
#[expect(clippy::float_cmp, reason = "these values are exact")]
mod tests {
    use super::*;
    use crate::insight::forecast::series::DayCounts;

    fn close(left: f64, right: f64) -> bool {
        (left - right).abs() < 1e-9
    }

    /// 17 days: two items added and one removed on day 15, one completed on days 10 and 16.
    fn series() -> ReleaseSeries {
        let mut days = vec![DayCounts { open: 10, ..DayCounts::default() }; 17];
        days[0].completed = 1;
        days[10].completed = 1;
        days[15] = DayCounts { added: 2, removed: 1, ..days[15] };
        days[16] = DayCounts { open: 9, done: 3, completed: 1, ..DayCounts::default() };
        ReleaseSeries { start: NaiveDate::from_ymd_opt(2026, 3, 1).unwrap(), days, finished_on: None }
    }

    #[test]
    fn a_state_is_what_the_definition_says() {
        let series = series();
        let today = series.day(16).unwrap();
        // 9 completions in the last 90 days, one long before.
        let long_ago = today.checked_sub_days(chrono::Days::new(90)).unwrap();
        let team = Throughput::of(std::iter::repeat_n(today, 9).chain([long_ago]));
        let cadence = Cadence::of([30, 50, 41]);
        let state = State::at(&series, 16, &team, cadence).unwrap();

        // e = 16 lies between 14 and 180: the window is 16 days, so day 0 is out of it.
        let weight = |age: f64| 0.5_f64.powf(age / 28.0);
        let weights: f64 = (0..16).map(|age| weight(f64::from(age))).sum();
        let usual = 14.0 * 9.0 / 90.0;
        assert!(close(state.velocity, (usual + weight(0.0) + weight(6.0)) / (14.0 + weights)));
        assert!(close(state.velocity_since_start, (usual + 3.0) / (14.0 + 16.0)));
        assert!(close(state.growth, weight(1.0) / (14.0 + weights)));
        assert_eq!((state.open, state.done, state.elapsed), (9.0, 3.0, 16.0));
        assert_eq!(cadence, Cadence { finished: 3, median: 41.0 });
        assert_eq!(State::at(&series, 17, &team, cadence), None, "no such day");
    }

    #[test]
    fn an_idle_team_has_the_least_throughput() {
        let state = State::at(&series(), 5, &Throughput::default(), Cadence::default()).unwrap();
        // Days 0 to 5 are all there is; the one completion is five days old.
        let weights: f64 = (0..6).map(|age| 0.5_f64.powf(f64::from(age) / 28.0)).sum();
        assert!(close(state.velocity, (14.0 / 200.0 + 0.5_f64.powf(5.0 / 28.0)) / (14.0 + weights)));
    }

    #[test]
    fn features_by_hand() {
        let state = State {
            open: 7.5,
            done: 11.5,
            elapsed: 17.0,
            velocity: 0.5,
            velocity_since_start: 2.0,
            growth: -0.1,
            cadence: Cadence { finished: 2, median: 40.0 },
        };
        let features = state.features();
        let logit = (0.6_f64 / 0.4).ln();
        // own = ln(40 - 17), ow = 2 / 4.
        let expected = [
            16.0_f64.ln(),
            4.0_f64.ln(),
            20.0_f64.ln(),
            8.0_f64.ln(),
            logit,
            -(2.0_f64.ln()),
            0.5,
            0.5 * (23.0_f64.ln() - 20.0_f64.ln()),
            0.5 * 20.0_f64.ln(),
        ];
        for (index, (found, expected)) in features.of_date.iter().zip(expected).enumerate() {
            assert!(close(*found, expected), "{:?}: {found} is not {expected}", Term::FEATURES[index]);
        }
        assert_eq!(features.of_spread, [expected[2], expected[3], features.of_date[4], 0.5]);

        // Longer than usual already: 15 % of the median are taken to be left, 2 days at least.
        let own = |elapsed, median| {
            let cadence = Cadence { finished: 2, median };
            State { elapsed, cadence, ..state }.features().of_date[7] / 0.5 + (elapsed + 3.0).ln()
        };
        assert!(close(own(50.0, 40.0), 6.0_f64.ln()));
        assert!(close(own(50.0, 10.0), 2.0_f64.ln()));
    }

    #[test]
    fn what_if_changes_what_it_says_and_nothing_else() {
        let state = State::at(&series(), 16, &Throughput::default(), Cadence::default()).unwrap();
        assert_eq!(state.leaving_out(4), State { open: 5.0, ..state });
        assert_eq!(state.leaving_out(40), State { open: 0.0, ..state });
        assert_eq!(state.with_frozen_scope(), State { growth: 0.0, ..state });
        let faster = state.with_throughput(1.2);
        assert!(close(faster.velocity, 1.2 * state.velocity));
        assert!(close(faster.velocity_since_start, 1.2 * state.velocity_since_start));
    }

    #[test]
    fn the_median_of_an_even_number_is_between_the_middle_two() {
        assert_eq!(Cadence::of([]), Cadence::default());
        assert_eq!(Cadence::of([9, 1, 4, 2]), Cadence { finished: 4, median: 3.0 });
    }
}
