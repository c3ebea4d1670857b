//! Deployments, and the environments that they go to.

use std::collections::BTreeMap;

use chrono::Duration;

use super::wire;
use crate::{
    domain::{
        Deployment, DeploymentId, DeploymentState, Environment, EnvironmentId, Instant, Kind, Problem,
        Release, ReleaseId, Text, Tier, Window,
    },
    source::{forge::note, labels, naming::Naming},
};

/// A deployment that has not ended is shown as taking so long.
fn shortest() -> Duration {
    Duration::minutes(1)
}

/// The deployments of a project. What goes out is known where the deployment names a tag of a
/// release, or the commit of one of `releases`. One whose state is unheard of is left out and a
/// problem.
pub(super) fn deployments<'a>(
    found: impl Iterator<Item = &'a wire::Deployment>,
    releases: &[Release],
    naming: &Naming,
    service: &str,
) -> (Vec<Deployment>, Vec<Problem>) {
    let by_commit: BTreeMap<&Text, &ReleaseId> =
        releases.iter().filter_map(|release| Some((release.commit.as_ref()?, &release.id))).collect();
    let (mut problems, mut told) = (Vec::new(), Vec::new());
    for deployment in found {
        let Some(environment) = &deployment.environment else { continue };
        let Some(state) = state(deployment.status.as_deref()) else {
            let what = format!(
                "{service}: deployment {} to {}: the status \"{}\" is unheard of, it is left out",
                deployment.id,
                environment.name,
                deployment.status.as_deref().unwrap_or("")
            );
            let problem = Problem::new(what, "update tminus, or report it");
            note(&mut problems, problem.losing(&[Kind::Deployments]));
            continue;
        };
        let job = deployment.deployable.as_ref();
        let has_begun =
            state == DeploymentState::Running || (state.is_over() && state != DeploymentState::Cancelled);
        let started_at =
            job.and_then(|job| job.started_at).or(Some(deployment.created_at)).filter(|_| has_begun);
        let finished_at = job
            .and_then(|job| job.finished_at)
            .or(deployment.updated_at)
            .filter(|_| state.is_over())
            // A job may be over before GitLab has written the deployment down.
            .map(|finished| finished.max(started_at.unwrap_or(finished)));
        let from = started_at.unwrap_or(deployment.created_at);
        let until = finished_at.or(deployment.updated_at).unwrap_or(from).max(from + shortest());
        let release = deployment
            .reference
            .as_ref()
            .and_then(|reference| naming.release_of_tag(reference))
            .map(|(project, version)| ReleaseId::of(&project, &version))
            .filter(|id| releases.iter().any(|release| release.id == *id))
            .or_else(|| by_commit.get(deployment.sha.as_ref()?).map(|id| (*id).clone()));
        told.push(Deployment {
            id: DeploymentId::new(format!("{}/{}", naming.repository, deployment.id)),
            release,
            environment: EnvironmentId::new(&environment.name),
            window: Window { from, until },
            state,
            started_at,
            finished_at,
            activities: Vec::new(),
            time_zone: None,
            configuration: std::collections::BTreeMap::new(),
            url: job.and_then(|job| job.web_url.clone()),
        });
    }
    (told, problems)
}

fn state(status: Option<&str>) -> Option<DeploymentState> {
    Some(match status? {
        "created" => DeploymentState::Approved,
        // Waits for somebody: an approval, or a job that is started by hand.
        "blocked" => DeploymentState::Draft,
        "running" => DeploymentState::Running,
        "success" => DeploymentState::Succeeded,
        "failed" => DeploymentState::Failed,
        "canceled" | "skipped" => DeploymentState::Cancelled,
        _ => return None,
    })
}

/// What an environment is for: what GitLab says, else what its name says.
fn tier(environment: &wire::Environment) -> Tier {
    match environment.tier.as_deref() {
        Some("production") => Tier::Production,
        Some("staging") => Tier::Staging,
        Some("testing") => Tier::Test,
        Some("development") => Tier::Development,
        _ => labels::tier(&environment.name),
    }
}

/// Environments: those that are set up and not stopped, and those that something was deployed to.
pub(super) fn environments<'a>(
    set_up: &'a [wire::Environment],
    found: impl Iterator<Item = &'a wire::Deployment>,
) -> Vec<Environment> {
    let mut tiers: BTreeMap<&Text, Tier> = BTreeMap::new();
    for environment in found.filter_map(|deployment| deployment.environment.as_ref()) {
        tiers.insert(&environment.name, tier(environment));
    }
    for environment in set_up {
        let is_stopped = matches!(environment.state.as_deref(), Some("stopped" | "stopping"));
        if !is_stopped || tiers.contains_key(&environment.name) {
            tiers.insert(&environment.name, tier(environment));
        }
    }
    tiers
        .into_iter()
        .map(|(name, tier)| Environment {
            id: EnvironmentId::new(name),
            tier,
            platform: None,
            region: None,
            group: None,
            shareable: false,
            cost_per_day: None,
            time_zone: None,
        })
        .collect()
}

/// When a commit first ran in production: what the deployments that name it say.
pub(super) fn in_production<'a>(
    commit: &str,
    found: impl Iterator<Item = &'a wire::Deployment>,
    environments: &[Environment],
) -> Option<Instant> {
    let is_production = |name: &Text| {
        environments.iter().any(|place| place.id.text() == name && place.tier == Tier::Production)
    };
    found
        .filter(|deployment| {
            deployment.sha.as_deref() == Some(commit) && deployment.status.as_deref() == Some("success")
        })
        .filter(|deployment| deployment.environment.as_ref().is_some_and(|place| is_production(&place.name)))
        .filter_map(|deployment| {
            deployment.deployable.as_ref().and_then(|job| job.finished_at).or(deployment.updated_at)
        })
        .min()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn found(more: Value) -> wire::Deployment {
        // The shape of doc/api/deployments.md.
        let mut body = json!({
            "id": 42, "iid": 2, "ref": "main", "sha": "abc", "created_at": "2026-11-24T10:00:00Z",
            "updated_at": "2026-11-24T11:00:00Z", "status": "success",
            "environment": { "id": 9, "name": "eu", "external_url": "https://x", "tier": "production" },
            "deployable": { "id": 664, "status": "success", "stage": "deploy", "name": "deploy", "tag": false,
                "created_at": "2026-11-24T10:00:00Z", "started_at": "2026-11-24T10:02:00Z",
                "finished_at": "2026-11-24T10:09:00Z", "web_url": "https://gitlab.example.com/acme/api/-/jobs/664" },
        });
        let Value::Object(more) = more else { panic!("fields") };
        body.as_object_mut().unwrap().extend(more);
        serde_json::from_value(body).unwrap()
    }

    #[test]
    fn statuses_are_states() {
        use DeploymentState::{Approved, Cancelled, Draft, Failed, Running, Succeeded};
        let naming = Naming { repository: Text::new("api"), project: Text::new("api") };
        let releases = [Release { commit: Some(Text::new("abc")), ..Release::named("api", "4.2") }];
        for (more, expected, minutes) in [
            (json!({}), Some(Succeeded), Some((2, 9))),
            (json!({ "deployable": null }), Some(Succeeded), Some((0, 60))),
            (json!({ "status": "failed" }), Some(Failed), Some((2, 9))),
            (json!({ "status": "canceled", "deployable": null }), Some(Cancelled), None),
            (
                json!({ "status": "running", "deployable": { "started_at": "2026-11-24T10:02:00Z" } }),
                Some(Running),
                None,
            ),
            (json!({ "status": "blocked", "deployable": null }), Some(Draft), None),
            (json!({ "status": "created", "deployable": null }), Some(Approved), None),
            (json!({ "status": "levitating" }), None, None),
        ] {
            let found = [found(more.clone())];
            let (told, problems) = deployments(found.iter(), &releases, &naming, "gitlab");
            assert_eq!(told.first().map(|deployment| deployment.state), expected, "{more}");
            assert_eq!(problems.len(), usize::from(expected.is_none()), "{more}");
            let Some(deployment) = told.first() else { continue };
            assert_eq!(deployment.release, Some(ReleaseId::of("api", "4.2")));
            assert!(deployment.window.from < deployment.window.until);
            let minute = |at: Option<Instant>| at.map(|at| (at - found[0].created_at).num_minutes());
            assert_eq!(minute(deployment.started_at).zip(minute(deployment.finished_at)), minutes, "{more}");
        }
    }

    #[test]
    fn environments_have_the_tier_that_gitlab_says() {
        let place = |name: &str, tier: Option<&str>, state: &str| -> wire::Environment {
            serde_json::from_value(
                json!({ "id": 1, "name": name, "slug": name, "tier": tier, "state": state }),
            )
            .unwrap()
        };
        let set_up = [
            place("eu", Some("production"), "available"),
            place("old", Some("production"), "stopped"),
            place("review/12", Some("development"), "available"),
            place("odd staging", Some("other"), "available"),
            place("qa", None, "available"),
        ];
        let deployed = [found(json!({})), found(json!({ "sha": "def", "status": "failed" }))];
        let told = environments(&set_up, deployed.iter());
        let tiers: Vec<_> = told.iter().map(|place| (place.id.as_str(), place.tier)).collect();
        assert_eq!(
            tiers,
            [
                ("eu", Tier::Production),
                ("odd staging", Tier::Staging),
                ("qa", Tier::Test),
                ("review/12", Tier::Development),
            ]
        );
        let at = in_production("abc", deployed.iter(), &told).unwrap();
        assert_eq!(at.to_rfc3339(), "2026-11-24T10:09:00+00:00");
        assert_eq!(in_production("def", deployed.iter(), &told), None);
    }
}
