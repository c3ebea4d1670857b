//! Which platforms and environments are hard to deploy to.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    domain::{Deployment, DeploymentState, Text},
    insight::runbook,
};

use super::{
    Material,
    beta::{Count, Prior},
};

/// Deployments from which on a place is ranked: of fewer its rate says little but that of all.
const FEWEST: u32 = 5;
/// How sure it is that a rate exceeds its lower bound.
const SURE: f64 = 0.9;

/// How deployments to one platform or environment go.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HardPlace {
    /// Which of the two.
    pub kind: PlaceKind,
    /// Its name.
    pub name: Text,
    /// Deployments that failed or were taken back, of all that ended.
    pub failed: Rate,
    /// Deployments that took longer than planned, of those that went well.
    pub overran: Option<Rate>,
}

/// What a row is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PlaceKind {
    /// All environments of a platform.
    Platform,
    /// One environment.
    Environment,
}

/// A rate, as counted and as believed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Rate {
    /// How often it happened.
    pub events: u32,
    /// Of how many.
    pub runs: u32,
    /// The rate drawn towards that of all, 0 to 1.
    pub expected: f64,
    /// It is higher than this with a probability of 90 %.
    pub lower: f64,
}

impl Rate {
    /// There are enough runs to rank it by.
    pub fn is_ranked(&self) -> bool {
        self.runs >= FEWEST
    }
}

#[derive(Clone, Copy, Default)]
struct Tally {
    failed: Count,
    overran: Count,
}

/// Platforms, then environments, each the hardest first; those with too few runs to rank follow, by
/// name.
pub(super) fn hard(material: &Material<'_>) -> Vec<HardPlace> {
    let context = material.context;
    let platform = |deployment: &Deployment| {
        context.environment(&deployment.environment).and_then(|environment| environment.platform.clone())
    };
    let environment = |deployment: &Deployment| Some(deployment.environment.text().clone());
    let mut hard = ranked(material, PlaceKind::Platform, &platform);
    hard.extend(ranked(material, PlaceKind::Environment, &environment));
    hard
}

fn ranked(
    material: &Material<'_>,
    kind: PlaceKind,
    name: &dyn Fn(&Deployment) -> Option<Text>,
) -> Vec<HardPlace> {
    let mut tallies: BTreeMap<Text, Tally> = BTreeMap::new();
    for deployment in &material.context.deployments {
        let Some(name) = name(deployment) else { continue };
        count(tallies.entry(name).or_default(), deployment);
    }
    let of = |part: fn(&Tally) -> Count| Prior::learn(&tallies.values().map(part).collect::<Vec<_>>());
    let [failures, overruns] = [of(|tally| tally.failed), of(|tally| tally.overran)];
    let Some(failures) = failures else { return Vec::new() };
    let rate = |prior: &Prior, count: Count| Rate {
        events: count.events,
        runs: count.runs,
        expected: prior.mean(count),
        lower: prior.lower_bound(count, SURE),
    };
    let mut places: Vec<HardPlace> = tallies
        .iter()
        .filter(|(_, tally)| tally.failed.runs > 0)
        .map(|(name, tally)| HardPlace {
            kind,
            name: name.clone(),
            failed: rate(&failures, tally.failed),
            overran: overruns
                .as_ref()
                .filter(|_| tally.overran.runs > 0)
                .map(|overruns| rate(overruns, tally.overran)),
        })
        .collect();
    let overrun = |place: &HardPlace| place.overran.filter(Rate::is_ranked).map_or(0.0, |rate| rate.lower);
    places.sort_by(|a, b| {
        let by_rank = || b.failed.lower.total_cmp(&a.failed.lower).then(overrun(b).total_cmp(&overrun(a)));
        match (a.failed.is_ranked(), b.failed.is_ranked()) {
            (true, true) => by_rank(),
            // The places come by name already, and sorting keeps that.
            (false, false) => std::cmp::Ordering::Equal,
            (is_ranked, _) => {
                if is_ranked {
                    std::cmp::Ordering::Less
                } else {
                    std::cmp::Ordering::Greater
                }
            }
        }
    });
    places
}

fn count(tally: &mut Tally, deployment: &Deployment) {
    let failed = match deployment.state {
        DeploymentState::Succeeded => false,
        DeploymentState::Failed | DeploymentState::RolledBack => true,
        _ => return,
    };
    tally.failed.runs += 1;
    tally.failed.events += u32::from(failed);
    if let (false, Some(started), Some(finished)) = (failed, deployment.started_at, deployment.finished_at) {
        // The runbook says how long it takes; a window alone how long it may.
        let planned = runbook::planned_minutes(&deployment.activities).map_or_else(
            || deployment.window.duration(),
            |minutes| chrono::Duration::minutes(i64::from(minutes)),
        );
        tally.overran.runs += 1;
        tally.overran.events += u32::from(finished - started > planned);
    }
}
