//! What is deployed where, and what goes there next.

use std::collections::BTreeSet;

use crate::{
    domain::{Deployment, DeploymentState, EnvironmentId, Instant},
    insight::schedule::is_ahead,
};

use super::{Tracer, contents::Home};

/// What of a project is in a place.
#[derive(Clone, Debug)]
pub(super) struct There<'a> {
    /// Position of the release.
    pub(super) release: usize,
    /// The deployment that put it there.
    pub(super) deployment: &'a Deployment,
    /// Deployments after it that were taken back or failed, the newest first.
    pub(super) since: Vec<&'a Deployment>,
}

/// When it ended, or shall.
pub(super) fn ended(deployment: &Deployment) -> Instant {
    deployment.finished_at.or(deployment.started_at).unwrap_or(deployment.window.until)
}

impl<'a> Tracer<'a, '_> {
    /// Every place that something was or will be deployed to, by name.
    pub(super) fn places(&self) -> BTreeSet<&'a EnvironmentId> {
        let deployments = self.context.deployments.iter().map(|deployment| &deployment.environment);
        let known = self.context.world.environments.iter().map(|environment| &environment.id);
        deployments.chain(known).collect()
    }

    /// Deployments to a place, or to a group that holds it, of a release that `is_meant`.
    pub(super) fn to(
        &self,
        place: &'a EnvironmentId,
        is_meant: impl Fn(usize) -> bool,
    ) -> Vec<(usize, &'a Deployment)> {
        let held_by = self.context.held_by(place);
        let all = self.context.deployments.iter().filter(|one| held_by.contains(&&one.environment));
        all.filter_map(|one| Some((self.context.release(one.release.as_ref()?)?, &***one)))
            .filter(|(release, _)| is_meant(*release))
            .collect()
    }

    /// What is in a place of the releases that are meant; before `until` if that is asked.
    pub(super) fn there(
        &self,
        place: &'a EnvironmentId,
        is_meant: impl Fn(usize) -> bool,
        until: Option<(Instant, &Deployment)>,
    ) -> Option<There<'a>> {
        let mut past = self.to(place, is_meant);
        past.retain(|(_, one)| {
            let before = until.is_none_or(|(at, but)| ended(one) <= at && one.id != but.id);
            before
                && matches!(
                    one.state,
                    DeploymentState::Succeeded | DeploymentState::RolledBack | DeploymentState::Failed
                )
        });
        past.sort_by(|(_, one), (_, other)| (ended(other), &other.id).cmp(&(ended(one), &one.id)));
        let mut since = Vec::new();
        for (release, deployment) in past {
            if deployment.state == DeploymentState::Succeeded {
                return Some(There { release, deployment, since });
            }
            since.push(deployment);
        }
        None
    }

    /// The first deployment to a place that runs or will, of a release that is meant, and that
    /// itself is.
    pub(super) fn next(
        &self,
        place: &'a EnvironmentId,
        is_meant: impl Fn(usize) -> bool,
        is_meant_itself: impl Fn(&Deployment) -> bool,
    ) -> Option<(usize, &'a Deployment)> {
        let ahead = self.to(place, is_meant).into_iter().filter(|(_, one)| is_ahead(one, self.now));
        ahead.into_iter().find(|(_, one)| is_meant_itself(one))
    }

    /// Whether a release is of a project that something first came into.
    pub(super) fn is_of(&self, homes: &[Home], release: usize) -> bool {
        homes.iter().any(|home| self.contents.are_related(home.release, release))
    }
}

/// What happened after what is there was put there: `4.3 was rolled back Fri 20 Nov 12:00`.
pub(super) fn told_since(tracer: &Tracer<'_, '_>, there: &There<'_>) -> Option<String> {
    let newest = there.since.first()?;
    let name = newest.release.as_ref().map_or(newest.id.as_str(), crate::domain::ReleaseId::as_str);
    let at = tracer.moment(ended(newest));
    Some(match newest.state {
        DeploymentState::Failed => format!("{name} failed there {at}: what it left is not sure"),
        _ => format!("{name} was taken back {at}"),
    })
}
