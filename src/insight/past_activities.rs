//! How long activities, and whole deployments, took where they went.

use std::collections::HashMap;

use crate::domain::{Deployment, DeploymentState, EnvironmentId, Instant, Text};

use super::{Estimate, EstimateBasis, percentile::nearest_rank};

/// Past runs from which an estimate is made; fewer tell nothing.
pub(crate) const ENOUGH_RUNS: usize = 3;

/// A run that succeeded.
struct Run<'a> {
    environment: &'a EnvironmentId,
    platform: Option<&'a Text>,
    finished_at: Instant,
    minutes: i64,
}

/// Whether a run counts.
type Counts<'c> = &'c dyn Fn(&Run<'_>) -> bool;

/// What activities of successful deployments took, by their names, and whole deployments.
pub(crate) struct PastActivities<'a> {
    activities: HashMap<&'a Text, Vec<Run<'a>>>,
    whole: Vec<Run<'a>>,
    platforms: HashMap<&'a EnvironmentId, Option<&'a Text>>,
}

impl<'a> PastActivities<'a> {
    /// Learns from `deployments`; `platform` says what an environment runs on.
    pub(crate) fn learn(
        deployments: impl Iterator<Item = &'a Deployment>,
        platform: impl Fn(&'a EnvironmentId) -> Option<&'a Text>,
    ) -> Self {
        let mut past = Self { activities: HashMap::new(), whole: Vec::new(), platforms: HashMap::new() };
        for deployment in deployments {
            let environment = &deployment.environment;
            let platform = *past.platforms.entry(environment).or_insert_with(|| platform(environment));
            if deployment.state != DeploymentState::Succeeded {
                continue;
            }
            let run = |started_at: Option<Instant>, finished_at: Option<Instant>| {
                let finished_at = finished_at?;
                let minutes = minutes_between(started_at?, finished_at)?;
                Some(Run { environment, platform, finished_at, minutes })
            };
            past.whole.extend(run(deployment.started_at, deployment.finished_at));
            for activity in &deployment.activities {
                if let Some(run) = run(activity.started_at, activity.finished_at) {
                    past.activities.entry(&activity.name).or_default().push(run);
                }
            }
        }
        past
    }

    /// How long the activity called `name` took where `deployment` goes, in runs that were over
    /// by `before`: else on that platform, else anywhere. None where it ran less than three times.
    pub(crate) fn activity(&self, deployment: &Deployment, name: &Text, before: Instant) -> Option<Estimate> {
        self.usual(self.activities.get(name)?, deployment, before)
    }

    /// How long whole deployments took where `deployment` goes, in runs that were over by `before`.
    pub(crate) fn whole(&self, deployment: &Deployment, before: Instant) -> Option<Estimate> {
        self.usual(&self.whole, deployment, before)
    }

    fn usual(&self, runs: &[Run<'_>], deployment: &Deployment, before: Instant) -> Option<Estimate> {
        let platform = self.platforms.get(&deployment.environment).copied().flatten();
        let here = |run: &Run<'_>| *run.environment == deployment.environment;
        let on_platform = |run: &Run<'_>| platform.is_some() && run.platform == platform;
        let by: [(Counts<'_>, EstimateBasis); 3] = [
            (&here, EstimateBasis::Environment),
            (&on_platform, EstimateBasis::Platform),
            (&|_| true, EstimateBasis::Anywhere),
        ];
        by.into_iter().find_map(|(counts, basis)| {
            let counted = runs.iter().filter(|run| run.finished_at <= before && counts(run));
            let mut minutes: Vec<i64> = counted.map(|run| run.minutes).collect();
            if minutes.len() < ENOUGH_RUNS {
                return None;
            }
            minutes.sort_unstable();
            let at = |share| u32::try_from(nearest_rank(&minutes, share)?).ok();
            let runs = u32::try_from(minutes.len()).unwrap_or(u32::MAX);
            Some(Estimate { p50_minutes: at(0.5)?, p85_minutes: at(0.85)?, basis, runs })
        })
    }
}

/// Whole minutes between two instants, a begun one is one; none if they are not in order. Every length
/// of an activity or a deployment is counted so: what was planned and the difference add up to what it
/// took.
pub(crate) fn minutes_between(from: Instant, until: Instant) -> Option<i64> {
    (until >= from).then(|| ((until - from).num_seconds() + 59) / 60)
}
