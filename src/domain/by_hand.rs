//! Activities that people start and finish by hand: what they said becomes times of the runbook,
//! as if a source had told them.

use std::{collections::HashMap, sync::Arc};

use super::{
    Deployment, DeploymentId, DeploymentState, Instant, Text, Triage, TriageEntry, TriageKind, TriageSubject,
    World,
};

impl World {
    /// Takes what people had said by `at` of activities that are done by hand. What a source says
    /// of an activity is never overruled.
    pub fn hear(&mut self, said: &Triage, at: Instant) {
        let mut steps: HashMap<&DeploymentId, Vec<(&Text, &TriageEntry)>> = HashMap::new();
        for entry in said.entries.iter().filter(|entry| entry.is_step() && entry.at <= at) {
            if let TriageSubject::Activity(deployment, activity) = &entry.subject {
                steps.entry(deployment).or_default().push((activity, entry));
            }
        }
        if steps.is_empty() {
            return;
        }
        for deployment in &mut self.deployments {
            if let Some(steps) = steps.get(&deployment.id) {
                *deployment = Arc::new(with_steps(deployment, steps));
            }
        }
    }
}

/// `told` with what people said. A deployment that is only planned runs once one of its
/// activities has begun, and has succeeded once all of them have ended; what its source says of
/// its end counts before that.
fn with_steps(told: &Deployment, steps: &[(&Text, &TriageEntry)]) -> Deployment {
    let mut deployment = told.clone();
    for (activity, known) in deployment.activities.iter_mut().zip(&told.activities) {
        let of = |kind: &TriageKind| {
            let is_it = |(name, entry): &&(&Text, &TriageEntry)| **name == known.name && entry.kind == *kind;
            steps.iter().rev().find(is_it).map(|(_, entry)| *entry)
        };
        let Some(started) = of(&TriageKind::Started).filter(|_| told.is_by_hand(known)) else { continue };
        activity.started_at = Some(started.at);
        activity.started_by = Some(started.who.clone());
        if let Some(finished) = of(&TriageKind::Finished).filter(|finished| finished.at >= started.at) {
            activity.finished_at = Some(finished.at);
            activity.finished_by = Some(finished.who.clone());
        }
    }
    let activities = &deployment.activities;
    let Some(first) = activities.iter().filter(|it| it.started_by.is_some()).map(|it| it.started_at).min()
    else {
        return deployment;
    };
    let was_planned = matches!(told.state, DeploymentState::Draft | DeploymentState::Approved);
    if was_planned {
        deployment.state = DeploymentState::Running;
        deployment.started_at = told.started_at.or(first);
    }
    let all_by_hand = activities.iter().all(|activity| activity.finished_by.is_some());
    let all_ended = activities.iter().all(|activity| activity.finished_at.is_some());
    if (was_planned && all_ended) || (deployment.state == DeploymentState::Running && all_by_hand) {
        deployment.finished_at = told.finished_at.or(activities.iter().filter_map(|it| it.finished_at).max());
        deployment.state = DeploymentState::Succeeded;
    }
    deployment
}

#[cfg(test)]
mod tests {
    use chrono::{Duration, TimeZone as _, Utc};

    use super::*;
    use crate::domain::{Activity, EnvironmentId, Window};

    fn at(minute: i64) -> Instant {
        Utc.with_ymd_and_hms(2026, 11, 25, 14, 0, 0).unwrap() + Duration::minutes(minute)
    }

    fn step(activity: &str, kind: TriageKind, minute: i64) -> TriageEntry {
        let subject = TriageSubject::Activity("one".into(), activity.into());
        TriageEntry { subject, kind, who: "ada".into(), at: at(minute), text: Text::default() }
    }

    fn runbook(activities: Vec<Activity>, state: DeploymentState) -> Deployment {
        Deployment {
            id: "one".into(),
            release: None,
            environment: EnvironmentId::new("production"),
            window: Window { from: at(0), until: at(60) },
            state,
            started_at: None,
            finished_at: None,
            activities,
            url: None,
            time_zone: None,
            configuration: std::collections::BTreeMap::new(),
        }
    }

    fn heard(deployment: &Deployment, steps: &[TriageEntry], minute: i64) -> Deployment {
        let mut world = World { deployments: vec![Arc::new(deployment.clone())], ..World::default() };
        world.hear(&Triage { entries: steps.to_vec() }, at(minute));
        Deployment::clone(&world.deployments[0])
    }

    #[test]
    fn what_people_say_moves_the_runbook_and_only_what_they_had_said_by_then() {
        use DeploymentState::{Approved, Cancelled, Running, Succeeded};
        use TriageKind::{Finished, Started};
        let plan = runbook(vec![Activity::new("backup", 10), Activity::new("deploy", 20)], Approved);
        let steps = [
            step("backup", Started, 1),
            step("backup", Finished, 12),
            step("deploy", Started, 13),
            step("deploy", Finished, 40),
        ];
        for (minute, state, started, finished) in [
            (0, Approved, None, None),
            (1, Running, Some(at(1)), None),
            (12, Running, Some(at(1)), None),
            (39, Running, Some(at(1)), None),
            (40, Succeeded, Some(at(1)), Some(at(40))),
        ] {
            let said = heard(&plan, &steps, minute);
            assert_eq!(
                (said.state, said.started_at, said.finished_at),
                (state, started, finished),
                "{minute}"
            );
        }
        let half = heard(&plan, &steps, 12);
        assert_eq!(half.activities[0].finished_at, Some(at(12)));
        assert_eq!(half.activities[0].finished_by.as_deref(), Some("ada"));
        assert_eq!(half.activities[1].started_at, None);
        // An end without a beginning, or before it, is none.
        assert_eq!(heard(&plan, &steps[1..2], 60), plan);
        let reversed = [step("backup", Started, 5), step("backup", Finished, 4)];
        assert_eq!(heard(&plan, &reversed, 60).activities[0].finished_at, None);
        // Another deployment, another activity.
        let elsewhere = TriageEntry {
            subject: TriageSubject::Activity("two".into(), "backup".into()),
            ..steps[0].clone()
        };
        assert_eq!(heard(&plan, &[elsewhere, step("smoke", Started, 2)], 60), plan);
        // What a source says of the end stands.
        let cancelled = Deployment { state: Cancelled, ..plan.clone() };
        assert_eq!(heard(&cancelled, &steps, 60).state, Cancelled);
    }

    #[test]
    fn what_a_source_reports_is_not_overruled() {
        use DeploymentState::Running;
        use TriageKind::{Finished, Started};
        let reported = Activity { started_at: Some(at(3)), ..Activity::new("backup", 10) };
        let manual = Activity { manual: true, ..Activity::new("deploy", 20) };
        let other = Activity::new("smoke", 5);
        let told = runbook(vec![reported, manual, other], Running);
        assert_eq!(
            told.activities.iter().map(|activity| told.is_by_hand(activity)).collect::<Vec<_>>(),
            [false, true, false]
        );
        let steps = ["backup", "deploy", "smoke"].map(|name| step(name, Started, 9));
        let ends = ["backup", "deploy", "smoke"].map(|name| step(name, Finished, 10));
        let said = heard(&told, &[steps, ends].concat(), 30);
        let times: Vec<_> = said.activities.iter().map(|it| (it.started_at, it.finished_at)).collect();
        assert_eq!(times, [(Some(at(3)), None), (Some(at(9)), Some(at(10))), (None, None)]);
        assert_eq!(said.state, Running);
    }
}
