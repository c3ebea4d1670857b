//! Deployments, and the environments that they go to.

use std::collections::{BTreeMap, BTreeSet};

use chrono::Duration;

use super::{
    known::MOST_PROBLEMS,
    naming::Naming,
    wire::{self, DeploymentStatus, all},
};
use crate::{
    domain::{
        Deployment, DeploymentId, DeploymentState, Environment, EnvironmentId, Instant, Kind, Problem,
        Release, ReleaseId, Text, Window,
    },
    source::labels::tier,
};

/// A deployment that has not ended is shown as taking so long.
fn shortest() -> Duration {
    Duration::minutes(1)
}

/// The deployments of a repository. What goes out is known where the deployment names a tag of a
/// release, or the commit of one of `releases`. One whose state is unheard of is left out and a
/// problem.
pub(super) fn deployments(
    found: &[wire::Deployment],
    releases: &[Release],
    naming: &Naming,
    service: &str,
) -> (Vec<Deployment>, Vec<Problem>) {
    let by_commit: BTreeMap<&Text, &ReleaseId> =
        releases.iter().filter_map(|release| Some((release.commit.as_ref()?, &release.id))).collect();
    let mut problems = Vec::new();
    let mut told = Vec::with_capacity(found.len());
    for deployment in found {
        let Some(environment) = &deployment.environment else { continue };
        let mut statuses: Vec<&DeploymentStatus> = all(deployment.statuses.as_ref()).iter().collect();
        statuses.sort_by_key(|status| status.created_at);
        let number = deployment.database_id.map_or_else(|| deployment.id.clone(), |id| id.to_string());
        let Some(state) = state(deployment.state.as_deref(), &statuses) else {
            let problem = Problem::new(
                format!(
                    "{service}: deployment {number} to {environment}: the state \"{}\" is unheard of, it is left out",
                    deployment.state.as_deref().unwrap_or("")
                ),
                "update tminus, or report it",
            );
            problem.losing(&[Kind::Deployments]).note(&mut problems, MOST_PROBLEMS);
            continue;
        };
        let named = |states: &[&str]| {
            let is = |status: &&&DeploymentStatus| {
                status.state.as_deref().is_some_and(|state| states.contains(&state.to_uppercase().as_str()))
            };
            statuses.iter().find(is).map(|status| status.created_at)
        };
        let started_at = named(&["IN_PROGRESS"])
            .or(Some(deployment.created_at).filter(|_| state.is_over() || state == DeploymentState::Running));
        let finished_at =
            named(&["SUCCESS", "FAILURE", "ERROR"]).or(deployment.updated_at).filter(|_| state.is_over());
        let from = started_at.unwrap_or(deployment.created_at);
        let until = finished_at.or(deployment.updated_at).unwrap_or(from).max(from + shortest());
        let release = deployment
            .reference
            .as_ref()
            .and_then(|reference| naming.release_of_tag(&reference.name))
            .map(|(project, version)| ReleaseId::of(&project, &version))
            .filter(|id| releases.iter().any(|release| release.id == *id))
            .or_else(|| by_commit.get(deployment.commit_oid.as_ref()?).map(|id| (*id).clone()));
        told.push(Deployment {
            id: DeploymentId::new(format!("{}/{number}", naming.repository)),
            release,
            environment: EnvironmentId::new(environment),
            window: Window { from, until },
            state,
            started_at,
            finished_at,
            activities: Vec::new(),
            time_zone: None,
            configuration: std::collections::BTreeMap::new(),
            url: statuses.iter().rev().find_map(|status| status.log_url.clone()),
        });
    }
    (told, problems)
}

/// Where a deployment stands. GitHub calls one inactive once a newer one has taken its place:
/// how it ended is then in its statuses.
fn state(state: Option<&str>, statuses: &[&DeploymentStatus]) -> Option<DeploymentState> {
    let ended = |otherwise| {
        let last =
            statuses.iter().rev().find_map(|status| match status.state.as_deref()?.to_uppercase().as_str() {
                "SUCCESS" => Some(DeploymentState::Succeeded),
                "FAILURE" | "ERROR" => Some(DeploymentState::Failed),
                _ => None,
            });
        last.unwrap_or(otherwise)
    };
    Some(match state?.to_uppercase().as_str() {
        "ACTIVE" | "SUCCESS" => DeploymentState::Succeeded,
        "ERROR" | "FAILURE" => DeploymentState::Failed,
        "INACTIVE" | "DESTROYED" | "ABANDONED" => ended(DeploymentState::Cancelled),
        "IN_PROGRESS" => DeploymentState::Running,
        // Waiting: somebody must approve it first.
        "WAITING" => DeploymentState::Draft,
        "PENDING" | "QUEUED" => DeploymentState::Approved,
        _ => return None,
    })
}

/// Environments: those that are set up, and those that something was deployed to.
pub(super) fn environments(set_up: &BTreeSet<Text>, deployments: &[Deployment]) -> Vec<Environment> {
    let mut names: BTreeSet<Text> = set_up.clone();
    names.extend(deployments.iter().map(|deployment| deployment.environment.text().clone()));
    names
        .into_iter()
        .map(|name| Environment {
            tier: tier(&name),
            id: EnvironmentId::new(&name),
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
pub(super) fn in_production(
    commit: &str,
    deployments: &[wire::Deployment],
    told: &BTreeMap<DeploymentId, &Deployment>,
    naming: &Naming,
) -> Option<Instant> {
    let of = deployments.iter().filter(|deployment| deployment.commit_oid.as_deref() == Some(commit));
    of.filter_map(|deployment| {
        let id = DeploymentId::new(format!("{}/{}", naming.repository, deployment.database_id?));
        let deployment = told.get(&id)?;
        let is_live = deployment.state == DeploymentState::Succeeded
            && tier(deployment.environment.as_str()) == crate::domain::Tier::Production;
        deployment.finished_at.filter(|_| is_live)
    })
    .min()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn found(state: &str, statuses: &Value) -> wire::Deployment {
        serde_json::from_value(json!({
            "id": "DE_1", "databaseId": 42, "environment": "production", "state": state,
            "createdAt": "2026-11-24T10:00:00Z", "updatedAt": "2026-11-24T11:00:00Z", "commitOid": "abc",
            "ref": { "name": "v4.2" }, "statuses": { "nodes": statuses },
        }))
        .unwrap()
    }

    fn status(state: &str, minute: u32) -> Value {
        json!({ "state": state, "createdAt": format!("2026-11-24T10:{minute:02}:00Z"), "logUrl": "https://ci/1" })
    }

    #[test]
    fn states_and_times_come_from_the_statuses() {
        use DeploymentState::{Approved, Cancelled, Draft, Failed, Running, Succeeded};
        let naming = Naming { repository: Text::new("api"), project: Text::new("api") };
        let releases = [Release { commit: Some(Text::new("abc")), ..Release::named("api", "4.2") }];
        let well = json!([status("SUCCESS", 9), status("IN_PROGRESS", 2), status("QUEUED", 1)]);
        let badly = json!([status("INACTIVE", 30), status("ERROR", 5)]);
        for (state, statuses, expected, minutes) in [
            ("ACTIVE", &well, Some(Succeeded), Some((2, 9))),
            ("INACTIVE", &well, Some(Succeeded), Some((2, 9))),
            ("INACTIVE", &badly, Some(Failed), Some((0, 5))),
            ("ABANDONED", &json!([]), Some(Cancelled), Some((0, 60))),
            ("FAILURE", &badly, Some(Failed), Some((0, 5))),
            ("IN_PROGRESS", &json!([status("IN_PROGRESS", 2)]), Some(Running), None),
            ("WAITING", &json!([]), Some(Draft), None),
            ("QUEUED", &json!([]), Some(Approved), None),
            ("LEVITATING", &json!([]), None, None),
        ] {
            let (told, problems) = deployments(&[found(state, statuses)], &releases, &naming, "github");
            assert_eq!(told.first().map(|deployment| deployment.state), expected, "{state}");
            assert_eq!(problems.len(), usize::from(expected.is_none()), "{state}");
            let Some(deployment) = told.first() else { continue };
            assert_eq!(deployment.release, Some(ReleaseId::of("api", "4.2")));
            assert!(deployment.window.from < deployment.window.until);
            let opened = chrono::DateTime::parse_from_rfc3339("2026-11-24T10:00:00Z").unwrap().to_utc();
            let minute = |at: Option<Instant>| at.map(|at| (at - opened).num_minutes());
            let spent = minute(deployment.started_at).zip(minute(deployment.finished_at));
            assert_eq!(spent, minutes, "{state}");
        }
    }

    #[test]
    fn a_commit_is_in_production_when_its_first_deployment_there_ended_well() {
        let naming = Naming { repository: Text::new("api"), project: Text::new("api") };
        let found = [found("ACTIVE", &json!([status("SUCCESS", 9)]))];
        let (told, _) = deployments(&found, &[], &naming, "github");
        assert_eq!(told[0].release, None, "a release that nobody knows is not named");
        let by_id = told.iter().map(|deployment| (deployment.id.clone(), deployment)).collect();
        assert_eq!(in_production("abc", &found, &by_id, &naming), told[0].finished_at);
        assert_eq!(in_production("def", &found, &by_id, &naming), None);
        let told = environments(&BTreeSet::from([Text::new("staging")]), &told);
        assert_eq!(told.iter().map(|place| place.id.as_str()).collect::<Vec<_>>(), ["production", "staging"]);
    }
}
