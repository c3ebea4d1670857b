//! Releases that must be deployed before another one.

use std::collections::{HashMap, HashSet};

use crate::domain::{EnvironmentId, Instant, Kind, ReleaseId, Text, Tier, Window};

use super::{GateAnswer, Need, context::Context, words};

/// Where a release that must be deployed before stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Dependency {
    /// It is where it must be; since when and where, in words.
    Deployed(String),
    /// It is not; where it must be.
    Missing(String),
    /// No source knows it.
    Unknown,
}

impl Dependency {
    /// It is where it must be.
    pub(crate) fn is_deployed(&self) -> bool {
        matches!(self, Self::Deployed(_))
    }

    /// What it says of the release of this identity.
    pub(crate) fn need(&self, id: ReleaseId) -> Need {
        let answer = match self {
            Self::Deployed(_) => GateAnswer::Go,
            Self::Missing(_) => GateAnswer::NoGo,
            Self::Unknown => GateAnswer::Unknown,
        };
        Need { answer, said: Text::new(self.said_of(&id)), release: id }
    }

    /// In words, of a release.
    pub(crate) fn said_of(&self, id: &ReleaseId) -> String {
        match self {
            Self::Deployed(evidence) => format!("{id} {evidence}"),
            Self::Missing(place) => format!("{id} is not in {place}"),
            Self::Unknown => format!("{id} is not known"),
        }
    }
}

/// Where a release must be before another one goes to an environment: there or at another one of
/// its tier; without an environment, in production.
struct Goal<'a> {
    tier: Option<Tier>,
    environment: Option<&'a EnvironmentId>,
}

impl<'a> Goal<'a> {
    fn of(context: &Context<'_>, environment: Option<&'a EnvironmentId>) -> Self {
        let tier = match environment {
            Some(environment) => context.tier(environment),
            None => Some(Tier::Production),
        };
        Self { tier, environment }
    }

    fn is_met_at(&self, context: &Context<'_>, place: &EnvironmentId) -> bool {
        match self.tier {
            Some(Tier::Production) => context.is_production(place),
            Some(tier) => context.tier(place) == Some(tier),
            None => Some(place) == self.environment,
        }
    }

    fn word(&self) -> String {
        match self.tier {
            Some(Tier::Development) => "development".to_owned(),
            Some(Tier::Test) => "test".to_owned(),
            Some(Tier::Staging) => "staging".to_owned(),
            Some(Tier::Production) => "production".to_owned(),
            None => self.environment.map(ToString::to_string).unwrap_or_default(),
        }
    }
}

/// The releases that the one at this position depends on, each with whether it is deployed to
/// `environment` or another one of its tier; without one, to production. Where no source
/// covers deployments, having gone out is all that can be asked.
pub(crate) fn dependencies(
    context: &Context<'_>,
    release: usize,
    environment: Option<&EnvironmentId>,
) -> Vec<(ReleaseId, Dependency)> {
    let covered = context.world.is_covered(Kind::Deployments);
    let goal = Goal::of(context, environment);
    let calendar = &context.policy.calendar;
    let mut seen = HashSet::new();
    let depends_on = context.releases[release].depends_on.iter().filter(|id| seen.insert(*id));
    depends_on
        .map(|id| {
            let Some(index) = context.release(id) else { return (id.clone(), Dependency::Unknown) };
            let evidence = if covered {
                let newest = newest_success(context, id, &goal);
                newest.map(|(at, place)| format!("went to {place}, {}", words::day_and_time(at, calendar)))
            } else {
                let went_out = context.releases[index].released_at.filter(|at| *at <= context.now);
                went_out.map(|at| format!("went out {}", words::day(at, calendar)))
            };
            let missing = || if covered { goal.word() } else { "the releases that went out".to_owned() };
            (id.clone(), evidence.map_or_else(|| Dependency::Missing(missing()), Dependency::Deployed))
        })
        .collect()
}

/// When and where the release went last, of the places where it still is.
fn newest_success<'a>(
    context: &Context<'a>,
    id: &ReleaseId,
    goal: &Goal<'_>,
) -> Option<(Instant, &'a EnvironmentId)> {
    use crate::domain::DeploymentState::{RolledBack, Succeeded};
    // In each place the last one that ended decides: it may have been taken back.
    let mut last = HashMap::<&EnvironmentId, (Instant, bool)>::new();
    for deployment in context.deployments_of(id) {
        let succeeded = match deployment.state {
            Succeeded => true,
            RolledBack => false,
            _ => continue,
        };
        if goal.is_met_at(context, &deployment.environment) {
            let ended = (deployment.finished_at.unwrap_or(deployment.window.until), succeeded);
            let newest = last.entry(&deployment.environment).or_insert(ended);
            *newest = (*newest).max(ended);
        }
    }
    let there = last.into_iter().filter(|(_, (_, succeeded))| *succeeded);
    there.map(|(place, (at, _))| (at, place)).max()
}

/// The first window, of those that are still to come, that brings a release to `environment` or
/// another one of its tier.
pub(crate) fn first_planned(
    context: &Context<'_>,
    id: &ReleaseId,
    environment: &EnvironmentId,
) -> Option<Window> {
    let goal = Goal::of(context, Some(environment));
    let coming = context.deployments_of(id).filter(|deployment| {
        super::schedule::is_ahead(deployment, context.now) && goal.is_met_at(context, &deployment.environment)
    });
    coming.map(|deployment| deployment.window).min_by_key(|window| window.until)
}
