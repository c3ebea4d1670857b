//! A calibrated forecast of when a release is ready, and how good such forecasts were.
//!
//! Burn-downs are not straight: scope emerges, and much is completed at the end. So the
//! forecast is a regression on the logarithm of the remaining days, learnt from releases
//! that have finished, with a range whose hit rate is measured ([`run_backtest`]).
//!
//! A release is a [`ReleaseSeries`], its team's completions are a [`Throughput`]; finished
//! ones make a [`Past`], from which a [`Forecaster`] learns.

mod backtest;
mod baselines;
mod features;
mod items;
mod learned;
mod model;
mod outlook;
mod past;
mod prior;
mod report;
mod ridge;
mod scores;
mod series;

#[cfg(test)]
mod tests;

pub use backtest::{BacktestError, run_backtest, track_record};
pub use features::{Cadence, Features, State, Term};
pub use items::ItemsError;
pub use learned::{Learned, TrackRecord};
pub use model::{Distribution, FURTHEST_DAYS};
pub use outlook::{CALIBRATED_FROM, Dates, Forecast, Forecaster, Withheld};
pub use past::{Past, Project};
pub use prior::{Scope, learn_prior};
pub use report::Report;
pub use scores::{MethodScores, SHARES};
pub use series::{DayCounts, LONGEST_DAYS, ReleaseSeries, Throughput};
