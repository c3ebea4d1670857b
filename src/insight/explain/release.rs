//! "Why?" of a release as a whole: its headline and its burn-down.

use crate::domain::{Kind, ReleaseId, StoryKind};
use crate::insight::{ForecastView, Gate, GateAnswer, Unit, Verdict, words};

use super::{Explainer, Explanation, forecast::FORMULA, gates::gate_line, lines, missing};

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
        if matches!(insight.forecast, ForecastView::Dates { .. }) {
            formula.push(FORMULA.to_owned());
        }
        let said = self.forecast(&insight.forecast);
        let mut counted: Vec<String> = [said.dates, said.record, said.basis].concat();
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
