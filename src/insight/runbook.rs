//! Runbooks: how long they take by their plan, by their past, and while they run.

use std::collections::HashMap;

use chrono::Duration;

use crate::domain::{Activity, Deployment, DeploymentState, EnvironmentId, Instant, Text};

use super::{
    Estimate, EstimateBasis,
    context::{Context, later},
    percentile::nearest_rank,
};

/// Past runs from which an estimate is made; fewer tell nothing.
const ENOUGH_RUNS: usize = 3;

/// Minutes that past successful deployments took, by where they went.
pub(crate) struct PastRuns<'a> {
    by_environment: HashMap<&'a EnvironmentId, Vec<i64>>,
    by_platform: HashMap<&'a str, Vec<i64>>,
    anywhere: Vec<i64>,
}

impl<'a> PastRuns<'a> {
    pub(crate) fn learn(context: &Context<'a>) -> Self {
        let mut past =
            Self { by_environment: HashMap::new(), by_platform: HashMap::new(), anywhere: Vec::new() };
        for deployment in &context.deployments {
            let (Some(started), Some(finished)) = (deployment.started_at, deployment.finished_at) else {
                continue;
            };
            if deployment.state != DeploymentState::Succeeded || finished < started {
                continue;
            }
            // A begun minute is a minute.
            let minutes = ((finished - started).num_seconds() + 59) / 60;
            past.by_environment.entry(&deployment.environment).or_default().push(minutes);
            if let Some(platform) = platform(context, &deployment.environment) {
                past.by_platform.entry(platform).or_default().push(minutes);
            }
            past.anywhere.push(minutes);
        }
        let lists = past.by_environment.values_mut().chain(past.by_platform.values_mut());
        lists.chain([&mut past.anywhere]).for_each(|minutes| minutes.sort_unstable());
        past
    }

    /// How long a deployment usually takes: by past runs on its environment, else on its
    /// platform, else anywhere, else by the plan's own estimates.
    pub(crate) fn estimate(&self, context: &Context<'a>, deployment: &Deployment) -> Option<Estimate> {
        let on_platform = platform(context, &deployment.environment);
        let learnt = [
            (self.by_environment.get(&deployment.environment), EstimateBasis::Environment),
            (on_platform.and_then(|platform| self.by_platform.get(platform)), EstimateBasis::Platform),
            (Some(&self.anywhere), EstimateBasis::Anywhere),
        ];
        let learnt = learnt.into_iter().find_map(|(minutes, basis)| {
            let minutes = minutes.filter(|minutes| minutes.len() >= ENOUGH_RUNS)?;
            let at = |share| u32::try_from(nearest_rank(minutes, share)?).ok();
            Some(Estimate {
                p50_minutes: at(0.5)?,
                p85_minutes: at(0.85)?,
                basis,
                runs: minutes.len() as u32,
            })
        });
        learnt.or_else(|| {
            let minutes = planned_minutes(&deployment.activities)?;
            Some(Estimate { p50_minutes: minutes, p85_minutes: minutes, basis: EstimateBasis::Plan, runs: 0 })
        })
    }
}

fn platform<'a>(context: &Context<'a>, environment: &EnvironmentId) -> Option<&'a str> {
    context.environment(environment)?.platform.as_ref().map(Text::as_str)
}

/// Minutes that a runbook takes along its critical path, as planned; none without activities.
pub(crate) fn planned_minutes(activities: &[Activity]) -> Option<u32> {
    let length = |activity: &Activity, begin: i64| begin + i64::from(activity.estimate_minutes);
    let end = critical_path(activities, 0, length)?;
    u32::try_from(end).ok()
}

/// When a running deployment will end, by what is not finished; none without activities or
/// anything else to tell from. What lasts longer than planned is taken to end now.
pub(crate) fn projected_end(
    deployment: &Deployment,
    estimate: Option<&Estimate>,
    now: Instant,
) -> Option<Instant> {
    let begun = deployment.started_at.unwrap_or(deployment.window.from);
    let planned = |activity: &Activity| i64::from(activity.estimate_minutes) * 60;
    let seconds = |instant: Instant| (instant - begun).num_seconds();
    let end = critical_path(&deployment.activities, 0, |activity, begin| {
        match (activity.started_at, activity.finished_at) {
            (_, Some(finished)) => seconds(finished),
            (Some(started), None) => (seconds(started) + planned(activity)).max(seconds(now)),
            (None, None) => begin.max(seconds(now)) + planned(activity),
        }
    });
    let usual = estimate.map(|estimate| i64::from(estimate.p50_minutes) * 60);
    let end = later(begun, Duration::seconds(end.or(usual)?));
    Some(end.max(now))
}

/// The latest end of all activities, if each begins when those before it have ended. `end`
/// is given an activity and when it can begin. Activities that wait for each other in a
/// circle follow one after the other, so that a broken plan still has an end.
fn critical_path(activities: &[Activity], begin: i64, end: impl Fn(&Activity, i64) -> i64) -> Option<i64> {
    let mut by_name = HashMap::new();
    for (index, activity) in activities.iter().enumerate() {
        by_name.entry(&activity.name).or_insert(index);
    }
    let mut waits = vec![0_usize; activities.len()];
    let mut followers = vec![Vec::new(); activities.len()];
    for (index, activity) in activities.iter().enumerate() {
        for before in activity.after.iter().filter_map(|name| by_name.get(name)) {
            waits[index] += 1;
            followers[*before].push(index);
        }
    }
    let mut begins = vec![begin; activities.len()];
    let mut ready: Vec<usize> = (0..activities.len()).filter(|index| waits[*index] == 0).collect();
    let mut latest = None::<i64>;
    let mut done = vec![false; activities.len()];
    while let Some(index) = ready.pop() {
        done[index] = true;
        let ended = end(&activities[index], begins[index]);
        latest = Some(latest.map_or(ended, |latest| latest.max(ended)));
        for &follower in &followers[index] {
            begins[follower] = begins[follower].max(ended);
            waits[follower] -= 1;
            if waits[follower] == 0 {
                ready.push(follower);
            }
        }
    }
    for (index, activity) in activities.iter().enumerate().filter(|(index, _)| !done[*index]) {
        let begins = latest.unwrap_or(begin).max(begins[index]);
        latest = Some(end(activity, begins));
    }
    latest
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};

    use super::*;
    use crate::domain::{DeploymentId, Window};

    fn activity(name: &str, minutes: u32, after: &[&str]) -> Activity {
        Activity {
            name: Text::new(name),
            owner: None,
            after: after.iter().map(Text::new).collect(),
            estimate_minutes: minutes,
            started_at: None,
            finished_at: None,
        }
    }

    #[test]
    fn the_longest_way_counts() {
        for (activities, minutes) in [
            (vec![], None),
            (vec![activity("a", 10, &[])], Some(10)),
            (vec![activity("b", 5, &["a"]), activity("a", 10, &[])], Some(15)),
            (vec![activity("a", 10, &[]), activity("b", 5, &[])], Some(10)),
            (
                vec![
                    activity("a", 10, &[]),
                    activity("b", 25, &["a"]),
                    activity("c", 15, &["a"]),
                    activity("d", 5, &["b", "c"]),
                ],
                Some(40),
            ),
            (vec![activity("a", 10, &["b"]), activity("b", 5, &["a"])], Some(15)),
            (vec![activity("a", 10, &["a"])], Some(10)),
            (vec![activity("a", 10, &["nobody"])], Some(10)),
        ] {
            assert_eq!(planned_minutes(&activities), minutes, "{activities:?}");
        }
    }

    #[test]
    fn what_runs_late_moves_the_end() {
        let at = |minute| Utc.with_ymd_and_hms(2026, 11, 25, 14, minute, 0).unwrap();
        let mut deployment = Deployment {
            id: DeploymentId::new("one"),
            release: None,
            environment: EnvironmentId::new("production"),
            window: Window { from: at(0), until: at(50) },
            state: DeploymentState::Running,
            started_at: Some(at(0)),
            finished_at: None,
            activities: vec![activity("backup", 10, &[]), activity("migrate", 25, &["backup"])],
            url: None,
        };
        assert_eq!(projected_end(&deployment, None, at(0)), Some(at(35)));
        deployment.activities[0].started_at = Some(at(0));
        assert_eq!(projected_end(&deployment, None, at(5)), Some(at(35)), "as planned");
        assert_eq!(projected_end(&deployment, None, at(20)), Some(at(45)), "the backup overruns");
        deployment.activities[0].finished_at = Some(at(8));
        deployment.activities[1].started_at = Some(at(8));
        assert_eq!(projected_end(&deployment, None, at(10)), Some(at(33)), "ahead");
        deployment.activities.clear();
        assert_eq!(projected_end(&deployment, None, at(10)), None);
        let usual = Estimate { p50_minutes: 30, p85_minutes: 40, basis: EstimateBasis::Anywhere, runs: 3 };
        assert_eq!(projected_end(&deployment, Some(&usual), at(10)), Some(at(30)));
        assert_eq!(projected_end(&deployment, Some(&usual), at(40)), Some(at(40)));
    }
}
