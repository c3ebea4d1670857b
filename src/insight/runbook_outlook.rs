//! How a runbook goes on: what takes longer than it should, what that moves, and from when on
//! there is no way back.

use chrono::Duration;

use crate::domain::{Deployment, Instant, Window};

use super::{
    ActivityOutlook, ActivityOverrun, PointOfNoReturn, RunbookOutlook,
    context::later,
    past_activities::{PastActivities, minutes_between},
    runbook::{self, Span, Supposed},
};

/// How the runbook of a deployment that runs or will goes on; none without activities.
pub(crate) fn outlook(
    deployment: &Deployment,
    past: &PastActivities<'_>,
    now: Instant,
) -> Option<RunbookOutlook> {
    if deployment.activities.is_empty() {
        return None;
    }
    let spans = runbook::projected(deployment, now, |_| None);
    let critical = runbook::critical(&deployment.activities, &spans);
    let begun = runbook::begun(deployment);
    let at = |seconds| later(begun, Duration::seconds(seconds));
    let activities = deployment.activities.iter().zip(&spans).enumerate().map(|(index, (activity, span))| {
        let usual = past.activity(deployment, &activity.name, begun);
        let limit = usual.map_or(activity.estimate_minutes, |usual| usual.p85_minutes);
        let over = activity.started_at.map_or(0, |started| {
            let spent = minutes_between(started, activity.finished_at.unwrap_or(now));
            spent.unwrap_or(0) - i64::from(limit)
        });
        let overrun = u32::try_from(over).ok().filter(|over| *over > 0);
        ActivityOutlook {
            begins_at: at(span.begins),
            ends_at: at(span.ends),
            is_critical: critical[index],
            usual,
            overrun: overrun.map(|over_minutes| ActivityOverrun {
                over_minutes,
                limit_minutes: limit,
                is_usual: usual.is_some(),
                moves_end_minutes: moved(deployment, &spans, index, now),
            }),
        }
    });
    let activities: Vec<ActivityOutlook> = activities.collect();
    let point_of_no_return = point_of_no_return(deployment, &activities, now);
    Some(RunbookOutlook { activities, point_of_no_return })
}

/// By how many minutes the end is later because the activity at `index` takes longer than its
/// estimate: what follows it and has not begun would have begun as soon as it could.
fn moved(deployment: &Deployment, spans: &[Span], index: usize, now: Instant) -> u32 {
    let before = runbook::before(&deployment.activities);
    let mut follows = vec![false; before.len()];
    follows[index] = true;
    // As often as there are activities: then the last one of the longest way is reached.
    for _ in 0..before.len() {
        for (other, before) in before.iter().enumerate() {
            follows[other] |= before.iter().any(|before| follows[*before]);
        }
    }
    let supposed = runbook::projected(deployment, now, |other| match follows[other] {
        true if other == index => Some(Supposed::AsPlanned),
        true => Some(Supposed::AtOnce),
        false => None,
    });
    let moved = runbook::latest_end(spans).zip(runbook::latest_end(&supposed));
    moved.map_or(0, |(end, supposed)| u32::try_from((end - supposed + 59) / 60).unwrap_or(0))
}

/// The first of the activities that are marked so.
fn point_of_no_return(
    deployment: &Deployment,
    outlooks: &[ActivityOutlook],
    now: Instant,
) -> Option<PointOfNoReturn> {
    let marked =
        deployment.activities.iter().zip(outlooks).filter(|(activity, _)| activity.point_of_no_return);
    let (activity, outlook) = marked.min_by_key(|(_, outlook)| outlook.begins_at)?;
    let rollback = activity.rollback_minutes.map(|minutes| Duration::minutes(i64::from(minutes)));
    let latest_rollback = rollback.map(|rollback| later(deployment.window.until, -rollback));
    let begins = outlook.begins_at;
    let at = latest_rollback.map_or(begins, |latest| latest.min(begins));
    let has_begun = deployment.activities.iter().any(|activity| activity.started_at.is_some())
        || deployment.started_at.is_some();
    Some(PointOfNoReturn {
        activity: activity.name.clone(),
        at,
        // Of what has not begun there is nothing to take back.
        passed: activity.started_at.is_some() || (has_begun && at <= now),
        rollback_minutes: activity.rollback_minutes,
        latest_rollback,
        rollback_fits: latest_rollback.map(|latest| begins <= latest),
    })
}

impl ActivityOverrun {
    /// `3m over its P85 of 9m, moves the end by 2m`.
    pub fn words(&self) -> String {
        let limit = if self.is_usual { "its P85" } else { "its estimate" };
        let minutes = super::words::minutes;
        let moves = match self.moves_end_minutes {
            0 => "does not move the end".to_owned(),
            moved => format!("moves the end by {}", minutes(moved)),
        };
        format!("{} over {limit} of {}, {moves}", minutes(self.over_minutes), minutes(self.limit_minutes))
    }
}

impl PointOfNoReturn {
    /// `point of no return (deploy) in 12m, at the planned pace a rollback of 20m from there ends within
    /// the planned window`; `PASSED` once it was reached. `planned` is the window of the deployment,
    /// `time` says an instant.
    pub fn words(&self, planned: Window, now: Instant, time: impl Fn(Instant) -> String) -> String {
        let rollback = self.rollback_minutes.map(super::words::minutes);
        if self.passed {
            let ago = super::words::duration(now - self.at);
            let why = match (self.rollback_fits, &rollback) {
                (Some(false), Some(rollback)) => {
                    format!(", a rollback of {rollback} ends after the planned window")
                }
                _ => String::new(),
            };
            return format!(
                "point of no return ({}) PASSED {ago} ago, at {}{why}",
                self.activity,
                time(self.at)
            );
        }
        let left = super::words::duration(self.at - now);
        // The window is the planned one; whoever begins early goes back before it.
        let rolled_back =
            self.rollback_minutes.map(|minutes| later(self.at, Duration::minutes(i64::from(minutes))));
        let is_early = rolled_back.is_some_and(|end| end <= planned.from);
        let fits = match (self.rollback_fits, &rollback) {
            (Some(_), Some(rollback)) if is_early => {
                format!(", a rollback of {rollback} from there ends before the planned window begins")
            }
            (Some(true), Some(rollback)) => {
                format!(
                    ", at the planned pace a rollback of {rollback} from there ends within the planned window"
                )
            }
            (Some(false), Some(rollback)) => {
                format!(", from then on a rollback of {rollback} ends after the planned window")
            }
            _ => ", the plan does not say how long a rollback takes".to_owned(),
        };
        format!("point of no return ({}) in {left}, at {}{fits}", self.activity, time(self.at))
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone as _, Utc};

    use super::*;
    use crate::domain::{Activity, DeploymentState, EnvironmentId};

    fn at(minute: i64) -> Instant {
        Utc.with_ymd_and_hms(2026, 11, 25, 14, 0, 0).unwrap() + Duration::minutes(minute)
    }

    fn deployment(activities: Vec<Activity>) -> Deployment {
        Deployment {
            id: "one".into(),
            release: None,
            environment: EnvironmentId::new("production/eu"),
            window: Window { from: at(0), until: at(60) },
            state: DeploymentState::Running,
            started_at: Some(at(0)),
            finished_at: None,
            activities,
            url: None,
            time_zone: None,
            configuration: std::collections::BTreeMap::new(),
        }
    }

    fn after(name: &str, minutes: u32, after: &[&str]) -> Activity {
        Activity { after: after.iter().map(|name| (*name).into()).collect(), ..Activity::new(name, minutes) }
    }

    fn alone(deployment: &Deployment, now: Instant) -> RunbookOutlook {
        outlook(deployment, &PastActivities::learn(std::iter::empty(), |_| None), now).unwrap()
    }

    #[test]
    fn an_overrun_is_named_with_what_it_moves() {
        let mut one = deployment(vec![
            Activity { started_at: Some(at(0)), ..Activity::new("backup", 10) },
            Activity { started_at: Some(at(0)), ..Activity::new("drain", 5) },
            after("migrate", 20, &["backup", "drain"]),
        ]);
        let words = |one: &Deployment, minute| {
            let said = alone(one, at(minute));
            let all = one.activities.iter().zip(said.activities);
            let named =
                all.filter_map(|(it, outlook)| Some(format!("{} {}", it.name, outlook.overrun?.words())));
            named.collect::<Vec<_>>()
        };
        assert_eq!(words(&one, 5), Vec::<String>::new());
        assert_eq!(words(&one, 8), ["drain 3m over its estimate of 5m, does not move the end"]);
        assert_eq!(
            words(&one, 13),
            [
                // The other one is as late: each alone moves nothing.
                "backup 3m over its estimate of 10m, does not move the end",
                "drain 8m over its estimate of 5m, does not move the end",
            ]
        );
        one.activities[1].finished_at = Some(at(5));
        assert_eq!(words(&one, 13), ["backup 3m over its estimate of 10m, moves the end by 3m"]);
        one.activities[0].finished_at = Some(at(14));
        one.activities[2].started_at = Some(at(15));
        assert_eq!(
            words(&one, 20),
            ["backup 4m over its estimate of 10m, does not move the end"],
            "what follows began when it did"
        );
    }

    #[test]
    fn the_limit_is_what_it_took_there_before() {
        let past: Vec<Deployment> = [8, 9, 12]
            .into_iter()
            .map(|minutes| {
                let mut past = deployment(vec![Activity::new("backup", 5)]);
                past.state = DeploymentState::Succeeded;
                past.activities[0].started_at = Some(at(-600));
                past.activities[0].finished_at = Some(at(-600 + minutes));
                past
            })
            .collect();
        let learnt = PastActivities::learn(past.iter(), |_| None);
        let one = deployment(vec![Activity { started_at: Some(at(0)), ..Activity::new("backup", 5) }]);
        for (minute, over) in
            [(7, None), (12, None), (14, Some("2m over its P85 of 12m, moves the end by 9m"))]
        {
            let said = outlook(&one, &learnt, at(minute)).unwrap().activities[0].overrun;
            assert_eq!(said.map(|over| over.words()).as_deref(), over, "{minute}");
        }
    }

    #[test]
    fn the_point_of_no_return_is_counted_down_by_the_critical_path() {
        let switch = |rollback| Activity {
            point_of_no_return: true,
            rollback_minutes: rollback,
            ..after("switch", 10, &["migrate"])
        };
        let one = |rollback| deployment(vec![Activity::new("migrate", 30), switch(rollback)]);
        let started = |minute| {
            let mut one = one(Some(20));
            one.activities[0].started_at = Some(at(0));
            one.activities[0].finished_at = Some(at(minute - 1));
            one.activities[1].started_at = Some(at(minute));
            one
        };
        let late = || {
            let mut one = one(Some(20));
            one.activities[0].started_at = Some(at(12));
            one
        };
        let early = || {
            let mut one = one(Some(20));
            (one.started_at, one.activities[0].started_at) = (Some(at(-120)), Some(at(-120)));
            one
        };
        for (case, now, words, passed) in [
            (
                one(Some(20)),
                10,
                "in 30m, at 40, at the planned pace a rollback of 20m from there ends within the planned window",
                false,
            ),
            (
                one(Some(25)),
                0,
                "in 30m, at 30, at the planned pace a rollback of 25m from there ends within the planned window",
                false,
            ),
            (
                late(),
                15,
                "in 25m, at 40, from then on a rollback of 20m ends after the planned window",
                false,
            ),
            (late(), 41, "PASSED 1m ago, at 40, a rollback of 20m ends after the planned window", true),
            // Begun two hours before its window: back again before it begins.
            (
                early(),
                -110,
                "in 20m, at -90, a rollback of 20m from there ends before the planned window begins",
                false,
            ),
            (one(None), 0, "in 30m, at 30, the plan does not say how long a rollback takes", false),
            (started(33), 35, "PASSED 2m ago, at 33", true),
        ] {
            let found = alone(&case, at(now)).point_of_no_return.unwrap();
            let time = |instant: Instant| (instant - at(0)).num_minutes().to_string();
            assert_eq!(
                found.words(case.window, at(now), time),
                format!("point of no return (switch) {words}")
            );
            assert_eq!(found.passed, passed, "{words}");
        }
        let unmarked = deployment(vec![Activity::new("migrate", 30)]);
        assert_eq!(alone(&unmarked, at(0)).point_of_no_return, None);
        // What has not begun has nothing behind it, however late it is.
        let planned = Deployment { state: DeploymentState::Approved, started_at: None, ..one(Some(20)) };
        assert!(!alone(&planned, at(55)).point_of_no_return.unwrap().passed);
    }
}
