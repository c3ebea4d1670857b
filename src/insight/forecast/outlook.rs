//! The forecast of a release: dates with their probabilities, or why there are none.

use std::sync::Arc;

use chrono::NaiveDate;

use super::{
    features::{State, Term},
    model::{Distribution, Model},
    past::{LEAST_RELEASES, Past},
    prior,
    series::ReleaseSeries,
};

/// Scored forecasts from which on hit rates mean something.
pub const CALIBRATED_FROM: usize = 20;
/// Open items below which the range is widened.
const FEW_OPEN: f64 = 3.0;
/// How much wider, then: on `data/forecast`, with one or two items open, the 95 % date held
/// in 92 % of cases as it is and in 98 % so, where the scope emerges.
const WIDENED: f64 = 1.25;

/// Forecasts the releases of one project.
#[derive(Clone, Debug)]
pub struct Forecaster {
    past: Arc<Past>,
    project: usize,
    model: Option<Model>,
    from_own: usize,
}

impl Forecaster {
    /// Learns from the releases of `past` that had finished by the end of `today`, those of
    /// the project of this index at three times the weight, and from the shipped prior; with
    /// fewer than ten of them, from the prior alone.
    ///
    /// A fit takes milliseconds: keep it as long as no other release finishes.
    pub fn learn(past: Arc<Past>, project: usize, today: NaiveDate) -> Self {
        let known = past.known_on(today).len();
        let from_own = if known < LEAST_RELEASES { 0 } else { known };
        let model = match from_own {
            0 => prior::model(past.scope()).cloned(),
            _ => past.train(project, today),
        };
        Self { past, project, model, from_own }
    }

    /// The same with a model that was learnt before, from a past that taught the same.
    pub(super) fn with_past(&self, past: Arc<Past>) -> Self {
        Self { past, ..self.clone() }
    }

    /// The forecast of a release of the project at the end of `today`.
    pub fn forecast(&self, series: &ReleaseSeries, today: NaiveDate) -> Forecast {
        match self.state(series, today) {
            Ok(state) => self.forecast_state(state),
            Err(withheld) => Forecast::Withheld(withheld),
        }
    }

    /// What the model sees of a release of the project at the end of `today`.
    pub fn state(&self, series: &ReleaseSeries, today: NaiveDate) -> Result<State, Withheld> {
        let elapsed = u32::try_from(series.elapsed(today)).map_err(|_| Withheld::NotStarted)?;
        self.past.state(self.project, series, elapsed).ok_or(Withheld::NoDays)
    }

    /// The forecast of a state: of a real one, or of one that is asked about ("what if").
    pub fn forecast_state(&self, state: State) -> Forecast {
        let Some(model) = &self.model else { return Forecast::Withheld(Withheld::NoModel) };
        if state.open < 1.0 {
            return Forecast::Withheld(Withheld::NothingOpen);
        }
        if state.done < 1.0 {
            return Forecast::Withheld(Withheld::NothingDone);
        }
        let features = state.features();
        let widened = state.open < FEW_OPEN;
        let distribution = model.predict(&features).widened(if widened { WIDENED } else { 1.0 });
        Forecast::Dates(Box::new(Dates {
            state,
            distribution,
            contributions: model.contributions(&features),
            widened,
            learnt_from: self.from_own,
        }))
    }
}

/// When a release will be ready, as far as that can be said.
#[derive(Clone, Debug, PartialEq)]
pub enum Forecast {
    /// Dates.
    Dates(Box<Dates>),
    /// None, rather than invented ones.
    Withheld(Withheld),
}

/// A forecast with what it was made from.
#[derive(Clone, Debug, PartialEq)]
pub struct Dates {
    /// What the model saw.
    pub state: State,
    /// Days from now, and their probabilities.
    pub distribution: Distribution,
    /// What each term contributes to the logarithm of the remaining days.
    pub contributions: Vec<(Term, f64)>,
    /// Fewer than three items are open: the range was widened.
    pub widened: bool,
    /// Finished releases here that it learnt from; none: it is the shipped prior's.
    pub learnt_from: usize,
}

impl Dates {
    /// The date by which it is ready, that is the day after its last item, with the
    /// probability `share`; none beyond the calendar.
    pub fn date(&self, share: f64, today: NaiveDate) -> Option<NaiveDate> {
        today.checked_add_days(chrono::Days::new(self.distribution.days(share).ceil() as u64))
    }

    /// The probability that it is ready by the end of `day`.
    pub fn probability_by(&self, day: NaiveDate, today: NaiveDate) -> f64 {
        self.distribution.probability_by((day - today).num_days() as f64)
    }
}

/// Why there is no forecast.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Withheld {
    /// The release has not started.
    NotStarted,
    /// Nothing is known of today.
    NoDays,
    /// Nothing is open.
    NothingOpen,
    /// Nothing is done yet.
    NothingDone,
    /// There is nothing to learn from.
    NoModel,
}

impl Withheld {
    /// The reason, as a sentence goes on after "no forecast: ".
    pub fn reason(self) -> &'static str {
        match self {
            Self::NotStarted => "the release has not started",
            Self::NoDays => "nothing is known of the release today",
            Self::NothingOpen => "nothing is open",
            Self::NothingDone => "nothing is done yet, so there is no pace to go by",
            Self::NoModel => "too few releases have finished to learn from",
        }
    }
}
