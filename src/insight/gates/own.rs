//! Gates and metrics of one's own. They follow the rules of the others: stale or missing data
//! is unknown, what nobody feeds is not needed unless required, and a number that could be
//! on either side of the threshold says nothing.

use crate::domain::{GateRule, Instant, Kind, Metric, Policy, Text};
use crate::insight::{
    Gate, GateName, MetricDay, MetricValue,
    context::{Context, Freshness},
    metrics::{self, Compiled, Inputs, Measured, Outcome, Rounding, Unit, figures},
    patterns::Patterns,
};

use super::{Answer, Question, gate};

/// What a policy says of metrics and gates, read once for all releases.
pub(crate) struct Rules {
    metrics: Vec<(Metric, Understood)>,
    gates: Vec<OwnGate>,
}

/// A metric as it is counted, or what is wrong with it.
type Understood = Result<(Compiled, Unit), String>;

struct OwnGate {
    rule: GateRule,
    /// None: there is no such metric.
    metric: Option<Metric>,
    understood: Understood,
    scope: Patterns<()>,
}

impl Rules {
    /// Reads the queries of `policy`. What cannot be read, though the configuration was checked,
    /// makes its gate unknown.
    pub(crate) fn of(policy: &Policy) -> Self {
        let own_gate = |rule: &GateRule| {
            let metric = metric(policy, &rule.metric);
            let understood = match &metric {
                Some(metric) => understand(metric),
                None => Err(format!("no metric {}", rule.metric)),
            };
            let scope = Patterns::new(rule.scope.iter().map(|pattern| (pattern, ())));
            OwnGate { rule: rule.clone(), metric, understood, scope }
        };
        Self {
            metrics: policy.metrics.iter().map(|metric| (metric.clone(), understand(metric))).collect(),
            gates: policy.own_gates.iter().map(own_gate).collect(),
        }
    }

    /// The first instant after now at which time alone may change an answer for a release.
    pub(crate) fn changes_at(&self, inputs: Inputs<'_, '_>) -> Option<Instant> {
        let of_metrics = self.metrics.iter().map(|(_, understood)| understood);
        let of_gates = self.gates.iter().map(|own| &own.understood);
        let understood = of_metrics.chain(of_gates).filter_map(|understood| understood.as_ref().ok());
        understood.filter_map(|(compiled, _)| compiled.changes_at(inputs)).min()
    }

    /// What the gate called `name` looks at, if it is one of these.
    pub(super) fn kind(&self, name: &GateName) -> Option<Kind> {
        let GateName::Own(name) = name else { return None };
        let own = self.gates.iter().find(|own| own.rule.name == *name)?;
        own.understood.as_ref().ok().map(|(compiled, _)| metrics::kind(compiled.items))
    }

    /// The formula of the gate called `name`, in words.
    pub(crate) fn formula(&self, name: &str) -> Option<String> {
        let own = self.gates.iter().find(|own| own.rule.name == *name)?;
        let metric = own.metric.as_ref()?;
        let needed = needed(&own.rule, own.understood.as_ref().map_or(Unit::Number, |(_, unit)| *unit));
        let mut said = format!("{}. Go if it is {needed}.", metrics::described(metric));
        if !own.rule.scope.is_empty() {
            said = format!("{said} Only for {}.", crate::insight::words::list(&own.rule.scope, 5));
        }
        Some(said)
    }

    /// The items behind the gate called `name`.
    pub(crate) fn measure<'i>(&self, name: &str, inputs: Inputs<'i, 'i>) -> Option<Measured<'i>> {
        let own = self.gates.iter().find(|own| own.rule.name == *name)?;
        own.understood.as_ref().ok().map(|(compiled, _)| compiled.measure(inputs))
    }
}

fn metric(policy: &Policy, name: &Text) -> Option<Metric> {
    let own = policy.metrics.iter().find(|metric| metric.name == *name).cloned();
    own.or_else(|| metrics::built_in(name))
}

fn understand(metric: &Metric) -> Understood {
    metrics::compile(metric).map_err(|_| format!("the metric {} is not understood", metric.name))
}

/// What is needed: `max 5`.
fn needed(rule: &GateRule, unit: Unit) -> String {
    let threshold = metrics::amount(rule.threshold, unit, Rounding::Down);
    format!("{} {threshold}", metrics::operator(rule.operator))
}

/// A value, or the least and the most that it can be.
fn measured(low: f64, high: f64, unit: Unit, rounding: Rounding) -> String {
    let amount = |value| metrics::amount(value, unit, rounding);
    match (low.is_finite(), high.is_finite()) {
        (true, true) if (high - low).abs() < f64::EPSILON => amount(low),
        (true, true) => format!("{} to {}", amount(low), amount(high)),
        (true, false) => format!("{} or more", amount(low)),
        (false, true) => format!("{} or less", amount(high)),
        (false, false) => String::new(),
    }
}

impl<'a, 'b> Question<'a, 'b> {
    pub(crate) fn inputs(&self) -> Inputs<'a, 'b> {
        Inputs {
            context: self.context,
            membership: self.membership,
            tests: self.tests,
            pull_requests: self.pull_requests,
            release: self.release,
        }
    }

    pub(super) fn own_gates(&self) -> Vec<Gate> {
        self.rules.gates.iter().map(|own| self.own_gate(own)).collect()
    }

    fn own_gate(&self, own: &OwnGate) -> Gate {
        let policy = self.context.policy;
        let name = GateName::Own(own.rule.name.clone());
        let release = self.context.releases[self.release];
        let is_outside = !own.scope.is_empty() && own.scope.matching(release.id.as_str()).is_empty();
        let exempt = if Self::lists(&policy.disabled_gates, &name) {
            Some("switched off")
        } else if is_outside {
            Some("not for this release")
        } else if release.released_at.is_some() {
            // What its items were then is not rebuilt.
            Some("it went out")
        } else {
            None
        };
        if let Some(why) = exempt {
            return gate(name, Answer::not_needed(why), Vec::new());
        }
        let (compiled, unit) = match &own.understood {
            Ok((compiled, unit)) => (compiled, *unit),
            Err(why) => return gate(name, Answer::unknown("", why), Vec::new()),
        };
        let feeding = [metrics::kind(compiled.items)];
        let ask = || self.compare(&own.rule, compiled, unit);
        // What is not known may bring a metric to either side of its threshold.
        let (answer, sources) = self.on_fresh_data(&feeding, &[], false, ask);
        let is_required = own.rule.required || Self::lists(&policy.required_gates, &name);
        gate(name, if is_required { answer.required() } else { answer }, sources)
    }

    fn compare(&self, rule: &GateRule, compiled: &Compiled, unit: Unit) -> Answer {
        match compiled.measure(self.inputs()).outcome {
            Outcome::NotNeeded(why) => Answer::not_needed(why),
            Outcome::Unknown(why) => Answer::unknown("", why),
            Outcome::Range(low, high, why) => {
                let measured = measured(low, high, unit, Rounding::for_comparison(rule.operator));
                match rule.operator.of_range(low, high, rule.threshold) {
                    Some(is_met) => Answer::of(is_met, measured, needed(rule, unit)),
                    None => Answer::unknown(measured, why),
                }
            }
        }
    }

    /// The metrics of one's own, in their order. Of what went out there are none: what its items
    /// were then is not rebuilt.
    pub(crate) fn metrics(&self) -> Vec<MetricValue> {
        if self.context.releases[self.release].released_at.is_some() {
            return Vec::new();
        }
        self.rules.metrics.iter().map(|(metric, understood)| self.metric(metric, understood)).collect()
    }

    fn metric(&self, metric: &Metric, understood: &Understood) -> MetricValue {
        let unknown = |why: &str| MetricValue {
            name: metric.name.clone(),
            value: None,
            shown: Text::default(),
            why: Text::new(why),
            trend: self.trend(metric),
            since_yesterday: None,
            change: Text::default(),
        };
        let (compiled, unit) = match understood {
            Ok((compiled, unit)) => (compiled, *unit),
            Err(why) => return unknown(why),
        };
        match self.context.freshness(&[metrics::kind(metric.items)]) {
            Freshness::NotCovered => return unknown("no source"),
            Freshness::Stale { why, .. } | Freshness::Incomplete { why, .. } => return unknown(&why),
            Freshness::Fresh(_) => {}
        }
        match compiled.measure(self.inputs()).outcome {
            Outcome::NotNeeded(why) => unknown(why),
            Outcome::Unknown(why) => unknown(&why),
            Outcome::Range(low, high, why) => {
                let value = ((high - low).abs() < f64::EPSILON).then_some(low);
                let trend = self.trend(metric);
                let days = &self.context.days;
                let change = figures::since_yesterday(&trend, value, days.date(days.today()), unit);
                MetricValue {
                    name: metric.name.clone(),
                    value,
                    shown: Text::new(measured(low, high, unit, Rounding::Down)),
                    why: Text::new(why),
                    trend,
                    since_yesterday: change.as_ref().map(|(by, _)| *by),
                    change: change.map(|(_, said)| said).unwrap_or_default(),
                }
            }
        }
    }

    /// What a metric was on the days that are kept.
    fn trend(&self, metric: &Metric) -> Vec<MetricDay> {
        let Context { world, days, now, .. } = self.context;
        let today = days.date(days.today());
        figures::trend(&world.days, &self.context.releases[self.release].id, metric, today, *now)
    }
}
