//! A deployment that is over against what was planned and what is usual: by activity, and as a
//! whole where it went.

use serde::Serialize;

use crate::domain::{Deployment, EnvironmentId, Instant, Text, World};

use super::{
    Estimate,
    past_activities::{PastActivities, minutes_between},
    runbook, words,
};

/// What was planned, what is usual, and what it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RunbookComparison {
    /// The deployment as a whole, under the name of its environment.
    pub target: ComparedTime,
    /// Its activities, in the order of the plan.
    pub activities: Vec<ComparedTime>,
}

/// A length of time against what was planned and what is usual.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ComparedTime {
    /// Of what.
    pub name: Text,
    /// By the plan, minutes; of the whole, along its critical path. None where nothing is planned.
    pub planned_minutes: Option<u32>,
    /// By runs that were over before this one began.
    pub usual: Option<Estimate>,
    /// What it took, minutes; none where nobody told, or where it was not done.
    pub actual_minutes: Option<u32>,
    /// The difference: `4m longer than planned, as usual`.
    pub difference: Text,
}

/// Compares deployments that are over with the plan and with those before them.
pub struct RunbookComparisons<'a>(PastActivities<'a>);

impl<'a> RunbookComparisons<'a> {
    /// Knows all deployments of `world`.
    pub fn of(world: &'a World) -> Self {
        let platform =
            |id: &EnvironmentId| world.environments.iter().find(|it| it.id == *id)?.platform.as_ref();
        Self(PastActivities::learn(world.deployments.iter().map(|it| &**it), platform))
    }

    /// How `deployment` went; none unless it is over and ran.
    pub fn compare(&self, deployment: &Deployment) -> Option<RunbookComparison> {
        if !deployment.state.is_over() {
            return None;
        }
        let activities = &deployment.activities;
        let began = activities.iter().filter_map(|activity| activity.started_at).chain(deployment.started_at);
        // Without a time at which it began nothing is known to be before it.
        let before = began.min()?;
        let whole = ComparedTime::of(
            deployment.environment.text().clone(),
            runbook::planned_minutes(activities),
            self.0.whole(deployment, before),
            took(deployment.started_at, deployment.finished_at),
        );
        let activities = activities.iter().map(|activity| {
            ComparedTime::of(
                activity.name.clone(),
                Some(activity.estimate_minutes),
                self.0.activity(deployment, &activity.name, before),
                took(activity.started_at, activity.finished_at),
            )
        });
        Some(RunbookComparison { target: whole, activities: activities.collect() })
    }
}

fn took(started: Option<Instant>, finished: Option<Instant>) -> Option<u32> {
    u32::try_from(minutes_between(started?, finished?)?).ok()
}

impl ComparedTime {
    fn of(name: Text, planned: Option<u32>, usual: Option<Estimate>, actual: Option<u32>) -> Self {
        let against = |other: Option<u32>, what: &str| {
            let (actual, other) = (actual?, other?);
            Some(match actual.cmp(&other) {
                std::cmp::Ordering::Equal => format!("as {what}"),
                std::cmp::Ordering::Less => format!("{} shorter than {what}", words::minutes(other - actual)),
                std::cmp::Ordering::Greater => {
                    format!("{} longer than {what}", words::minutes(actual - other))
                }
            })
        };
        let both = [against(planned, "planned"), against(usual.map(|usual| usual.p50_minutes), "usual")];
        let difference = match (actual, both) {
            (None, _) => "no times are known".to_owned(),
            (_, both) => both.into_iter().flatten().collect::<Vec<_>>().join(", "),
        };
        let difference = Text::new(difference);
        Self { name, planned_minutes: planned, usual, actual_minutes: actual, difference }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use chrono::{Duration, TimeZone as _, Utc};

    use super::*;
    use crate::domain::{Activity, DeploymentState, EnvironmentId, Window};

    fn at(day: u32, minute: i64) -> Instant {
        Utc.with_ymd_and_hms(2026, 11, day, 14, 0, 0).unwrap() + Duration::minutes(minute)
    }

    fn done(environment: &str, day: u32, backup: i64, deploy: Option<i64>) -> Deployment {
        let mut activities = vec![Activity::new("backup", 10), Activity::new("deploy", 20)];
        activities[1].after = vec!["backup".into()];
        activities[0].started_at = Some(at(day, 0));
        activities[0].finished_at = Some(at(day, backup));
        activities[1].started_at = deploy.map(|_| at(day, backup));
        activities[1].finished_at = deploy.map(|minutes| at(day, backup + minutes));
        Deployment {
            id: format!("{environment} {day}").as_str().into(),
            release: None,
            environment: EnvironmentId::new(environment),
            window: Window { from: at(day, 0), until: at(day, 60) },
            state: if deploy.is_some() { DeploymentState::Succeeded } else { DeploymentState::Failed },
            started_at: Some(at(day, 0)),
            finished_at: Some(at(day, backup + deploy.unwrap_or(1))),
            activities,
            url: None,
            time_zone: None,
            configuration: std::collections::BTreeMap::new(),
        }
    }

    #[test]
    fn what_was_is_compared_with_the_plan_and_with_runs_before_it() {
        let all = [
            done("eu", 2, 8, Some(20)),
            done("eu", 3, 9, Some(22)),
            done("us", 4, 30, Some(60)),
            done("eu", 5, 10, Some(24)),
            done("eu", 6, 14, Some(20)),
            // Later ones do not count.
            done("eu", 7, 50, Some(50)),
            done("eu", 8, 12, None),
        ];
        let world =
            World { deployments: all.iter().map(|it| Arc::new(it.clone())).collect(), ..World::default() };
        let comparisons = RunbookComparisons::of(&world);
        let said = |index: usize| {
            let found = comparisons.compare(&all[index]).unwrap();
            let all = std::iter::once(&found.target).chain(&found.activities);
            all.map(|it| {
                let usual = it.usual.map(|usual| usual.p50_minutes);
                (it.name.to_string(), it.planned_minutes, usual, it.actual_minutes, it.difference.to_string())
            })
            .collect::<Vec<_>>()
        };
        let row = |name: &str, planned, usual, actual, said: &str| {
            (name.to_owned(), Some(planned), usual, actual, said.to_owned())
        };
        assert_eq!(
            said(4),
            [
                row("eu", 30, Some(31), Some(34), "4m longer than planned, 3m longer than usual"),
                row("backup", 10, Some(9), Some(14), "4m longer than planned, 5m longer than usual"),
                row("deploy", 20, Some(22), Some(20), "as planned, 2m shorter than usual"),
            ]
        );
        assert_eq!(said(0)[1], row("backup", 10, None, Some(8), "2m shorter than planned"));
        assert_eq!(said(6)[2], row("deploy", 20, Some(22), None, "no times are known"));
        let running = Deployment { state: DeploymentState::Running, ..all[0].clone() };
        assert_eq!(comparisons.compare(&running), None);
    }
}
