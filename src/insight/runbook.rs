//! Runbooks: how long they take by their plan, by their past, and while they run.

use std::collections::HashMap;

use chrono::Duration;

use crate::domain::{Activity, Deployment, DeploymentState, EnvironmentId, Instant, Text};

use super::{
    Estimate, EstimateBasis,
    context::{Context, later},
    past_activities::minutes_between,
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
            if deployment.state != DeploymentState::Succeeded {
                continue;
            }
            let Some(minutes) = minutes_between(started, finished) else { continue };
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
    let spans = spans(activities, |_, activity, begin| Span {
        begins: begin,
        ends: begin + i64::from(activity.estimate_minutes),
    });
    u32::try_from(latest_end(&spans)?).ok()
}

/// When a running deployment will end, by what is not finished; none without activities or
/// anything else to tell from. What lasts longer than planned is taken to end now.
pub(crate) fn projected_end(
    deployment: &Deployment,
    estimate: Option<&Estimate>,
    now: Instant,
) -> Option<Instant> {
    let begun = begun(deployment);
    let end = latest_end(&projected(deployment, now, |_| None));
    let usual = estimate.map(|estimate| i64::from(estimate.p50_minutes) * 60);
    let end = later(begun, Duration::seconds(end.or(usual)?));
    Some(end.max(now))
}

/// When a deployment began, or is meant to.
pub(crate) fn begun(deployment: &Deployment) -> Instant {
    deployment.started_at.unwrap_or(deployment.window.from)
}

/// When the activities of a runbook begin and end, in seconds since it [`begun`]: by what is
/// known of those that began, by estimates else. `supposed` may say of an activity, by its place,
/// how it was supposed to go instead.
pub(crate) fn projected(
    deployment: &Deployment,
    now: Instant,
    supposed: impl Fn(usize) -> Option<Supposed>,
) -> Vec<Span> {
    let begun = begun(deployment);
    let seconds = |instant: Instant| (instant - begun).num_seconds();
    spans(&deployment.activities, |index, activity, begin| {
        let planned = i64::from(activity.estimate_minutes) * 60;
        let supposed = supposed(index);
        match (activity.started_at, activity.finished_at) {
            (Some(started), _) if supposed == Some(Supposed::AsPlanned) => {
                Span { begins: seconds(started), ends: seconds(started) + planned }
            }
            (started, Some(finished)) => {
                Span { begins: seconds(started.unwrap_or(finished)), ends: seconds(finished) }
            }
            (Some(started), None) => {
                let begins = seconds(started);
                Span { begins, ends: (begins + planned).max(seconds(now)) }
            }
            (None, None) => {
                let begins = if supposed.is_some() { begin } else { begin.max(seconds(now)) };
                Span { begins, ends: begins + planned }
            }
        }
    })
}

/// How an activity was supposed to go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Supposed {
    /// It takes as long as its estimate, whatever it takes.
    AsPlanned,
    /// It begins as soon as what is before it has ended, even if that is past.
    AtOnce,
}

/// When an activity begins and ends, in any unit, since the runbook began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) begins: i64,
    pub(crate) ends: i64,
}

/// When the last one ends.
pub(crate) fn latest_end(spans: &[Span]) -> Option<i64> {
    spans.iter().map(|span| span.ends).max()
}

/// For each activity the places of those that must be finished before.
pub(crate) fn before(activities: &[Activity]) -> Vec<Vec<usize>> {
    let mut by_name = HashMap::new();
    for (index, activity) in activities.iter().enumerate() {
        by_name.entry(&activity.name).or_insert(index);
    }
    let of =
        |activity: &Activity| activity.after.iter().filter_map(|name| by_name.get(name).copied()).collect();
    activities.iter().map(of).collect()
}

/// When all activities begin and end, if each begins when those before it have ended. `span` is
/// given the place of an activity, the activity, and when it can begin. Activities that wait for
/// each other in a circle follow one after the other, so that a broken plan still has an end.
fn spans(activities: &[Activity], span: impl Fn(usize, &Activity, i64) -> Span) -> Vec<Span> {
    let mut waits = vec![0_usize; activities.len()];
    let mut followers = vec![Vec::new(); activities.len()];
    for (index, before) in before(activities).into_iter().enumerate() {
        waits[index] = before.len();
        for before in before {
            followers[before].push(index);
        }
    }
    let mut begins = vec![0_i64; activities.len()];
    let mut ready: Vec<usize> = (0..activities.len()).filter(|index| waits[*index] == 0).collect();
    let mut latest = 0;
    let mut spans: Vec<Option<Span>> = vec![None; activities.len()];
    while let Some(index) = ready.pop() {
        let found = span(index, &activities[index], begins[index]);
        spans[index] = Some(found);
        latest = latest.max(found.ends);
        for &follower in &followers[index] {
            begins[follower] = begins[follower].max(found.ends);
            waits[follower] -= 1;
            if waits[follower] == 0 {
                ready.push(follower);
            }
        }
    }
    let in_circle = |(index, known): (usize, Option<Span>)| {
        known.unwrap_or_else(|| {
            let found = span(index, &activities[index], latest.max(begins[index]));
            latest = latest.max(found.ends);
            found
        })
    };
    spans.into_iter().enumerate().map(in_circle).collect()
}

/// The activities on the way that makes the end what it is: from the one that ends last back to
/// the first one, each time over the one before that ended last.
pub(crate) fn critical(activities: &[Activity], spans: &[Span]) -> Vec<bool> {
    let before = before(activities);
    let mut critical = vec![false; activities.len()];
    // Of those that end at the same time the first one in the plan.
    let last =
        |indices: &mut dyn Iterator<Item = usize>| indices.min_by_key(|index| (-spans[*index].ends, *index));
    let mut next = last(&mut (0..activities.len()));
    while let Some(index) = next.filter(|index| !critical[*index]) {
        critical[index] = true;
        next = last(&mut before[index].iter().copied());
    }
    critical
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};

    use super::*;
    use crate::domain::{DeploymentId, Window};

    fn activity(name: &str, minutes: u32, after: &[&str]) -> Activity {
        Activity { after: after.iter().map(Text::new).collect(), ..Activity::new(name, minutes) }
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
            time_zone: None,
            configuration: std::collections::BTreeMap::new(),
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

    /// Every way through the graph, one after the other, for graphs without circles.
    fn longest_way(deployment: &Deployment, index: usize, now: Instant) -> i64 {
        let seconds = |at: Instant| (at - begun(deployment)).num_seconds();
        let activity = &deployment.activities[index];
        let planned = i64::from(activity.estimate_minutes) * 60;
        if let Some(finished) = activity.finished_at {
            return seconds(finished);
        }
        if let Some(started) = activity.started_at {
            return (seconds(started) + planned).max(seconds(now));
        }
        let is_before = |other: &usize| activity.after.contains(&deployment.activities[*other].name);
        let before = (0..deployment.activities.len()).filter(is_before);
        let begin = before.map(|other| longest_way(deployment, other, now)).max().unwrap_or(0);
        begin.max(seconds(now)) + planned
    }

    #[test]
    fn the_end_of_runbooks_timed_by_hand_is_that_of_the_longest_way() {
        let start = Utc.with_ymd_and_hms(2026, 11, 25, 14, 0, 0).unwrap();
        let minute = |minutes: i64| start + Duration::minutes(minutes);
        let mut rng = fastrand::Rng::with_seed(7);
        let mut beyond_the_plan = 0;
        for _ in 0..2_000 {
            let now = minute(rng.i64(0..60));
            let mut activities: Vec<Activity> = Vec::new();
            for index in 0..rng.usize(1..7) {
                let after: Vec<Text> =
                    activities.iter().filter(|_| rng.u8(..) < 90).map(|before| before.name.clone()).collect();
                let mut activity =
                    Activity { after, ..Activity::new(format!("step {index}"), rng.u32(1..30)) };
                // People start things before what is planned before them has ended, too.
                if rng.bool() {
                    let started = rng.i64(0..=(now - start).num_minutes());
                    activity.started_at = Some(minute(started));
                    activity.started_by = Some("ada".into());
                    if rng.bool() {
                        activity.finished_at = Some(minute(rng.i64(started..=(now - start).num_minutes())));
                        activity.finished_by = Some("ada".into());
                    }
                }
                activities.push(activity);
            }
            rng.shuffle(&mut activities);
            let deployment = Deployment {
                id: DeploymentId::new("one"),
                release: None,
                environment: EnvironmentId::new("production"),
                window: Window { from: start, until: minute(120) },
                state: DeploymentState::Running,
                started_at: Some(start),
                finished_at: None,
                activities,
                url: None,
                time_zone: None,
                configuration: std::collections::BTreeMap::new(),
            };
            let ways = (0..deployment.activities.len()).map(|index| longest_way(&deployment, index, now));
            let expected = ways.max().unwrap();
            let end = start + Duration::seconds(expected);
            assert_eq!(projected_end(&deployment, None, now), Some(end.max(now)), "{deployment:?}");
            beyond_the_plan +=
                usize::from(planned_minutes(&deployment.activities).map(i64::from) < Some(expected / 60));

            // What is critical ends last, and each one before it as late as any before.
            let spans = projected(&deployment, now, |_| None);
            let critical = critical(&deployment.activities, &spans);
            let on_it: Vec<usize> = (0..critical.len()).filter(|index| critical[*index]).collect();
            assert!(on_it.iter().any(|index| spans[*index].ends == expected));
            // If what is critical and has not ended takes longer, the end is later.
            for index in on_it {
                let mut slower = deployment.clone();
                let activity = &mut slower.activities[index];
                if activity.started_at.is_none() && spans.iter().all(|span| span.begins >= 0) {
                    activity.estimate_minutes += 50;
                    let later = projected_end(&slower, None, now);
                    assert!(
                        later > Some(end) || deployment.activities.iter().any(|it| it.started_at.is_some())
                    );
                }
            }
        }
        assert!(beyond_the_plan > 100, "{beyond_the_plan}");
    }
}
