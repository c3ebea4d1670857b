//! "Why?" of a release as a whole: its headline and its burn-down.

use crate::domain::{Instant, Kind, ReleaseId, StoryKind};
use crate::insight::{
    ForecastBasis, ForecastDate, ForecastView, Gate, GateAnswer, Unit, Verdict, forecast::CALIBRATED_FROM,
    words,
};

use super::{Explainer, Explanation, gates::gate_line, lines, missing};

impl Explainer<'_, '_> {
    pub(super) fn headline(&self, id: &ReleaseId) -> Explanation {
        let Some(insight) = self.insight else { return missing(id.as_str()) };
        let mut formula = vec![
            "Outlook: on track if the probability to be ready by the target is at least 85 %, at risk from \
             50 % on, late below or when the target has passed. A target that nobody promised makes nothing late."
                .to_owned(),
            "Verdict: no-go if any gate says no-go, else unknown if any has no answer, else go. Before the \
             last day the outlook leads, then the verdict."
                .to_owned(),
        ];
        let mut counted = Vec::new();
        match &insight.forecast {
            ForecastView::Dates { p50, p85, p95, by_target, scored, held, basis, .. } => {
                formula.push(
                    "Forecast: what is typical times what is known of this release, learnt from finished \
                     releases; P85 is the date that holds in 85 of 100 cases."
                        .to_owned(),
                );
                counted.push(format!("P50 {}", p50.said(|at| self.day(at))));
                counted.push(format!("P85 {}", p85.said(|at| self.day(at))));
                counted.push(format!("P95 {}", p95.said(|at| self.day(at))));
                counted
                    .extend(by_target.map(|share| format!("ready by the target: {}", words::percent(share))));
                if let Some(held) = held {
                    let scored = words::count(*scored as usize, "forecast", "forecasts");
                    let held = words::percent(*held);
                    counted.push(format!("{scored} of finished releases scored: {held} held their P85 date"));
                }
                if (*scored as usize) < CALIBRATED_FROM {
                    counted.push(format!("not yet calibrated: {scored} forecasts scored"));
                }
                counted.extend(self.basis_lines(basis, [*p50, *p85, *p95]));
            }
            ForecastView::Withheld(why) => counted.push(format!("no forecast: {why}")),
            ForecastView::Ready => counted.push("nothing is left to forecast".to_owned()),
        }
        if let Some(target) = insight.release.target {
            let kind = if target.estimated { "estimated from the cadence" } else { "promised" };
            counted.push(format!("target {}, {kind}", self.day(target.at)));
        }
        let is_needed = |gate: &&Gate| gate.answer != GateAnswer::NotNeeded;
        counted.extend(insight.gates.iter().filter(is_needed).map(gate_line));
        let mut left_out: Vec<String> =
            insight.gates.iter().filter(|gate| !is_needed(gate)).map(gate_line).collect();
        if insight.verdict == Verdict::Unknown {
            if insight.gates.iter().all(|gate| gate.answer == GateAnswer::NotNeeded) {
                left_out.push("no gate has anything to go by, so nothing says go".to_owned());
            }
            let unheard = self.context.unheard();
            left_out.extend(
                unheard.map(|source| format!("{source} has not answered: nobody knows what it would say")),
            );
        }
        let builds = words::builds(&insight.builds, self.now);
        left_out.extend(builds.iter().map(|(name, said)| format!("{name} {said} (no gate asks for it)")));
        Explanation {
            notes: Vec::new(),
            title: insight.release.id.to_string(),
            value: format!("{} · now {}", insight.outlook.word(), insight.verdict.word()),
            formula: formula.join(" "),
            counted,
            left_out,
            sources: self.ages(self.context.all_health().iter().map(|health| &health.id)),
        }
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

    pub(super) fn burn_down(&self) -> Explanation {
        let Some(insight) = self.insight else { return missing("the burn-down") };
        let burn_down = &insight.burn_down;
        let last = burn_down.days.last();
        let what = match burn_down.unit {
            Unit::Stories => "stories",
            Unit::PullRequests => "pull requests",
        };
        let mut formula = format!(
            "Remaining {what} = in scope − ready, at the end of each day; today's is now's. What was removed \
             later stays in the scope of the days before; what was reopened is remaining from that day on."
        );
        if burn_down.unit == Unit::PullRequests {
            formula.push_str(" No source has stories for this release, so its pull requests are counted.");
        }
        if burn_down.scope_rebuilt {
            formula.push_str(
                " Scope rebuilt: the sources have no history of it, so items count from their creation.",
            );
        }
        formula.push_str(
            " The ideal line runs from the scope at the start to zero at the target, over working days.",
        );
        let (counted, left_out) = match burn_down.unit {
            Unit::Stories => self.stories(|_| true, StoryKind::Story),
            Unit::PullRequests => self.pull_requests(),
        };
        let mut counted = lines(counted);
        for step in burn_down.scope_steps.iter().rev() {
            counted.push(format!(
                "{}: scope +{} −{}",
                step.day.format("%a %-d %b"),
                step.added,
                step.removed
            ));
        }
        Explanation {
            notes: Vec::new(),
            title: "Burn-down".to_owned(),
            value: last.map_or_else(
                || "nothing in scope".to_owned(),
                |last| format!("{} of {} {what} remain", last.remaining(), last.scope),
            ),
            formula,
            counted,
            left_out: lines(left_out),
            sources: self.sources(match burn_down.unit {
                Unit::Stories => &[Kind::Stories, Kind::Defects, Kind::TestRuns],
                Unit::PullRequests => &[Kind::PullRequests],
            }),
        }
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
