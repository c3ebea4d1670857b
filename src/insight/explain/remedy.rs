//! Why a step is on the list of what turns a release green.

use crate::{
    domain::{Assumption, Kind, Text},
    insight::{ForecastView, Gate, ReleaseInsight, Remedy, Unit, words},
};

use super::{Explainer, Explanation, gates::gate_line, lines, missing};

/// The order of the list, in words.
const ORDER: &str = "the list: first what the forecast can tell to save days, most days first; then what turns \
                     gates: several at once before one, a no-go before an unknown, the fewest things first";
const SECONDS_A_DAY: f64 = 86_400.0;

impl Explainer<'_, '_> {
    /// Explains the step that does `action`: the gate that it turns with the rows behind it, or how
    /// the days came about that it saves.
    pub(super) fn remedy(&self, action: &Text) -> Explanation {
        let found = self.insight.and_then(|insight| {
            let place = insight.remedies.iter().position(|remedy| remedy.action == *action)?;
            Some((insight, place, &insight.remedies[place]))
        });
        let Some((insight, place, remedy)) = found else { return missing(action) };
        let gate = remedy.gate.as_ref().and_then(|name| insight.gates.iter().find(|gate| gate.name == *name));
        let mut explanation = match (remedy.days_saved, gate) {
            (Some(days), _) => self.counterfactual(insight, remedy, days),
            (None, Some(gate)) => self.turned(gate),
            (None, None) => Explanation::default(),
        };
        explanation.title = action.to_string();
        explanation.value = remedy.said();
        let steps = insight.remedies.len();
        explanation.notes.push(format!("step {} of {steps}; {ORDER}", place + 1));
        explanation
    }

    /// A step that turns a gate: what the gate asks for, and what stands in its way.
    fn turned(&self, gate: &Gate) -> Explanation {
        let (counted, left_out) = self.gate_rows(&gate.name);
        Explanation {
            formula: format!(
                "It turns this gate: {}. {} How many days such a step saves the forecast cannot tell.",
                gate_line(gate),
                self.gate_formula(&gate.name)
            ),
            counted: lines(counted),
            left_out: lines(left_out),
            sources: self.ages(&gate.sources),
            ..Explanation::default()
        }
    }

    /// A step that saves days: the forecast is asked what would be.
    fn counterfactual(&self, insight: &ReleaseInsight, remedy: &Remedy, days: f64) -> Explanation {
        let left_out: Vec<_> = remedy
            .what_if
            .iter()
            .filter_map(|assumption| match assumption {
                Assumption::LeaveOut(key) => Some(key),
                _ => None,
            })
            .collect();
        let (open, noun) = match insight.burn_down.unit {
            Unit::Stories => (insight.tally.stories - insight.tally.stories_ready, ["story", "stories"]),
            Unit::PullRequests => (
                insight.tally.pull_requests - insight.tally.pull_requests_merged,
                ["pull request", "pull requests"],
            ),
        };
        let instead = if left_out.is_empty() {
            "with a scope that stays as it is from now on".to_owned()
        } else {
            let then = (open as usize).saturating_sub(left_out.len());
            format!("with {} open instead of {open}", words::count(then, noun[0], noun[1]))
        };
        let mut counted = Vec::new();
        if let ForecastView::Dates { p85, basis, .. } = &insight.forecast {
            if let Some(now) = p85.at() {
                let from_now = (now - self.context.now).num_seconds() as f64 / SECONDS_A_DAY;
                let then = now - chrono::Duration::seconds((days * SECONDS_A_DAY) as i64);
                counted
                    .push(format!("as it is: 85 % sure by {}, {from_now:.1} days from now", self.day(now)));
                counted.push(format!(
                    "with this step: 85 % sure by {}, {:.1} days from now: {days:.1} days sooner",
                    self.day(then),
                    from_now - days
                ));
            }
            if left_out.is_empty() {
                counted.extend(
                    basis
                        .effects
                        .iter()
                        .map(|effect| effect.what.to_string())
                        .filter(|what| what.starts_with("the scope")),
                );
            }
        }
        if let Some(then) = remedy.outlook {
            counted.push(format!("the outlook is {} then, not {}", then.word(), insight.outlook.word()));
        }
        counted.extend(left_out.iter().filter_map(|key| {
            let row = insight.stories.iter().find(|row| row.story.key == **key)?;
            let age = words::age(self.context.now - row.since);
            Some(format!("left out: {key} {} · {} for {age}", row.story.title, row.story.status))
        }));
        let chosen =
            if left_out.is_empty() { "" } else { " Those are left out that are expected to take longest." };
        Explanation {
            formula: format!(
                "What would be: the forecast is asked again {instead}, and all else as it is. Days saved: by how much \
                 its 85 % date comes sooner.{chosen}"
            ),
            counted,
            sources: self.sources(&[Kind::Stories]),
            ..Explanation::default()
        }
    }
}
