//! The forecast of a release in words: its dates, how often such dates held, and how they come about.

use crate::domain::{Instant, Kind, ReleaseId};
use crate::insight::{
    Board, ForecastBasis, ForecastDate, ForecastView, Unit, forecast::CALIBRATED_FROM, words,
};

use super::{Explainer, context};

/// How a forecast comes about.
pub(super) const FORMULA: &str = "Forecast: what is typical times what is known of this release, learnt from \
     finished releases; P85 is the date that holds in 85 of 100 cases.";

/// A forecast in words, part by part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ForecastInWords {
    /// The dates and the probability to be ready by the target; or why there are none.
    pub dates: Vec<String>,
    /// How often such dates held here.
    pub record: Vec<String>,
    /// How the dates come about, factor by factor; none where there are no dates.
    pub basis: Vec<String>,
    /// The sources that what is counted comes from, each with the age of its answer.
    pub sources: Vec<String>,
}

/// The forecast of `release` as the answer to "why?" tells it. Nothing of a release that is not on
/// the board.
pub fn forecast_in_words(board: &Board, release: &ReleaseId, now: Instant) -> ForecastInWords {
    let context = context(board);
    let explainer = Explainer::new(board, &context, release, now);
    let Some(insight) = explainer.insight else { return ForecastInWords::default() };
    let kinds: &[Kind] = match insight.burn_down.unit {
        Unit::Stories => &[Kind::Stories],
        Unit::PullRequests => &[Kind::PullRequests],
    };
    ForecastInWords { sources: explainer.sources(kinds), ..explainer.forecast(&insight.forecast) }
}

impl Explainer<'_, '_> {
    /// The forecast, without its sources.
    pub(super) fn forecast(&self, forecast: &ForecastView) -> ForecastInWords {
        let mut said = ForecastInWords::default();
        match forecast {
            ForecastView::Dates { p50, p85, p95, by_target, scored, held, basis, .. } => {
                for (name, date) in [("P50", p50), ("P85", p85), ("P95", p95)] {
                    said.dates.push(format!("{name} {}", date.said(|at| self.date(at))));
                }
                said.dates
                    .extend(by_target.map(|share| format!("ready by the target: {}", words::percent(share))));
                if let Some(held) = held {
                    let scored = words::count(*scored as usize, "forecast", "forecasts");
                    let held = words::percent(*held);
                    said.record
                        .push(format!("{scored} of finished releases scored: {held} held their P85 date"));
                }
                if (*scored as usize) < CALIBRATED_FROM {
                    said.record.push(format!("not yet calibrated: {scored} forecasts scored"));
                }
                said.basis = self.basis_lines(basis, [*p50, *p85, *p95]);
            }
            ForecastView::Withheld(why) => said.dates.push(format!("no forecast: {why}")),
            ForecastView::Ready => said.dates.push("nothing is left to forecast".to_owned()),
        }
        said
    }

    /// Day and time, with the year where it is another one.
    fn date(&self, at: Instant) -> String {
        let calendar = &self.context.policy.calendar;
        format!("{} {}", words::day_from(at, self.board.at, calendar), words::time(at, calendar))
    }

    /// The forecast factor by factor: the product of the lines is the P50.
    fn basis_lines(&self, basis: &ForecastBasis, [p50, p85, p95]: [ForecastDate; 3]) -> Vec<String> {
        let learnt_from = match basis.learnt_from {
            0 => "the shipped releases of others".to_owned(),
            own => format!(
                "{} here and those shipped",
                words::count(own as usize, "finished release", "finished releases")
            ),
        };
        let mut lines = vec![format!("{:.1} days are typical, by {learnt_from}", basis.typical_days)];
        lines.extend(basis.effects.iter().map(|effect| factor(effect.factor, &effect.what)));
        let days = |at: Instant| (at - self.board.at).num_minutes() as f64 / 1_440.0;
        let middle = basis.middle_days();
        lines.push(format!("= {middle:.1} days in the middle of the road"));
        let Some(p50) = p50.at().map(days) else {
            lines.push(format!("the P50 and what is surer is {}: no date is said", ForecastDate::BEYOND));
            return lines;
        };
        lines.push(factor(p50 / middle, "what half of such releases kept to"));
        let wider = if basis.widened { ", wider as so little is open" } else { "" };
        let than_half = |date: ForecastDate| {
            date.at().map_or_else(|| ForecastDate::BEYOND.to_owned(), |at| times(days(at) / p50))
        };
        lines.push(format!(
            "= {p50:.1} days for the P50; {} for the P85 and {} for the P95{wider}",
            than_half(p85),
            than_half(p95),
        ));
        lines
    }
}

/// `× 0.54  85 % done: sooner`.
fn factor(factor: f64, what: &str) -> String {
    let means = match factor {
        factor if factor <= 0.95 => ": sooner",
        factor if factor >= 1.05 => ": later",
        _ => "",
    };
    format!("{} {what}{means}", times(factor))
}

fn times(factor: f64) -> String {
    format!("× {factor:.2}")
}
