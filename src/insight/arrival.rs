//! When what was merged first ran in production: one rule for the lead time, the stage deploy,
//! the value stream and traces.
//!
//! It is the end of the first successful deployment to production that contains the merge commit.
//! A source may know that by the commits. Else it is taken from the release that contains it, of
//! which only deployments that began after the merge count: what was under way before cannot
//! have taken it along, whatever the release is called.

use crate::domain::{Deployment, DeploymentState, Instant, Kind, PullRequest};

use super::{context::Context, stages::Production};

/// When a deployment began; where nobody tells, when it was meant to, or its end if that was
/// before.
fn began(deployment: &Deployment) -> Instant {
    deployment.started_at.unwrap_or_else(|| deployment.window.from.min(ended(deployment)))
}

/// When a deployment ended; where nobody tells, the end of its window.
fn ended(deployment: &Deployment) -> Instant {
    deployment.finished_at.unwrap_or(deployment.window.until)
}

/// Whether `deployment`, of a release that contains `request`, can have taken it along. One that
/// did not begin yet will.
pub(crate) fn can_take(deployment: &Deployment, request: &PullRequest) -> bool {
    let has_begun = deployment.started_at.is_some()
        || deployment.state == DeploymentState::Running
        || deployment.state.is_over();
    // Where the commits are known to have run before it ended, they count, not the dates.
    let is_told = request.deployed_at.is_some_and(|at| at <= ended(deployment));
    let is_after = request.merged_at.is_none_or(|merged| merged <= began(deployment));
    !has_begun || is_told || is_after
}

/// What reached production and when.
pub(crate) struct Arrivals<'a> {
    /// Successful deployments of each release to production, by position, the first end first.
    of_release: Vec<Vec<&'a Deployment>>,
    covers_deployments: bool,
}

impl<'a> Arrivals<'a> {
    pub(crate) fn of(context: &Context<'a>) -> Self {
        let mut of_release = vec![Vec::<&'a Deployment>::new(); context.releases.len()];
        for deployment in &context.deployments {
            let Some(release) = deployment.release.as_ref().and_then(|id| context.release(id)) else {
                continue;
            };
            let succeeded = deployment.state == DeploymentState::Succeeded;
            if succeeded && context.is_production(&deployment.environment) {
                of_release[release].push(deployment);
            }
        }
        for all in &mut of_release {
            all.sort_by_key(|one| ended(one));
        }
        Self { of_release, covers_deployments: context.world.is_covered(Kind::Deployments) }
    }

    /// Whether any source knows of deployments.
    pub(crate) fn covers_deployments(&self) -> bool {
        self.covers_deployments
    }

    /// When the release at this position first ran in production.
    pub(crate) fn of_release(&self, release: usize) -> Option<Instant> {
        self.of_release[release].first().map(|first| ended(first))
    }

    /// Whether what was merged is in production. Nobody tells where no source knows of
    /// deployments, or where its release went out after the merge without a known one.
    pub(crate) fn of_pull_request(&self, context: &Context<'_>, request: &PullRequest) -> Production {
        if let Some(at) = request.deployed_at {
            // What ran there from its branch is in the product since the merge.
            return Production::Since(request.merged_at.map_or(at, |merged| merged.max(at)));
        }
        if !self.covers_deployments {
            return Production::NotTold;
        }
        let Some(release) = request.release.as_ref().and_then(|id| context.release(id)) else {
            return Production::NotYet;
        };
        if let Some(first) = self.of_release[release].iter().find(|one| can_take(one, request)) {
            return Production::Since(ended(first));
        }
        let out = context.releases[release].released_at;
        let went_out = out.is_some_and(|out| request.merged_at.is_none_or(|merged| merged <= out));
        if went_out { Production::NotTold } else { Production::NotYet }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{PullRequestState, ReleaseId},
        insight::fixture::{ALL_KINDS, Setting, at, deployment, id, now, pull_request},
    };

    /// A deployment of the release that runs from `day`, 10:00 to 11:00.
    fn ran(name: &str, day: u32, state: DeploymentState) -> Deployment {
        Deployment {
            state,
            started_at: Some(at(day, 10)),
            finished_at: Some(at(day, 11)),
            ..deployment(name, "payments 4.2", at(day, 10), 60)
        }
    }

    #[test]
    fn nothing_is_in_production_before_it_was_merged() {
        use DeploymentState::{Failed, RolledBack, Succeeded};
        let all = vec![
            ran("early", 19, Succeeded),
            ran("failed", 20, Failed),
            ran("back", 21, RolledBack),
            ran("late", 22, Succeeded),
        ];
        let early = vec![ran("early", 19, Succeeded)];
        let merged = |day, hour| PullRequest {
            merged_at: Some(at(day, hour)),
            release: Some(id()),
            ..pull_request(7, PullRequestState::Merged)
        };
        let told = |merged_at, day| PullRequest { deployed_at: Some(at(day, 12)), ..merged(merged_at, 9) };
        let cases = [
            ("before it began", merged(19, 9), &all, None, Production::Since(at(19, 11))),
            ("as it began", merged(19, 10), &all, None, Production::Since(at(19, 11))),
            // The next one that succeeded, not the one that failed or was taken back.
            ("after it began", merged(19, 16), &all, None, Production::Since(at(22, 11))),
            ("after the only one", merged(19, 16), &early, None, Production::NotYet),
            ("after its release was out", merged(19, 16), &early, Some(at(19, 12)), Production::NotYet),
            ("out since, by no known one", merged(19, 16), &early, Some(at(20, 12)), Production::NotTold),
            ("told by its commits", told(18, 19), &early, None, Production::Since(at(19, 12))),
            ("from its branch", told(20, 19), &early, None, Production::Since(at(20, 9))),
            ("of no release", PullRequest { release: None, ..merged(18, 9) }, &all, None, Production::NotYet),
            (
                "of a release that nobody knows",
                PullRequest { release: Some(ReleaseId::new("x 1")), ..merged(18, 9) },
                &all,
                None,
                Production::NotYet,
            ),
        ];
        for (case, request, deployments, out, expected) in cases {
            let setting = deployments
                .iter()
                .fold(Setting::covering(&ALL_KINDS), |setting, one| setting.deployment(one.clone()))
                .release(|release| release.released_at = out);
            let world = setting.world();
            let context = Context::new(&world, &setting.health, &setting.policy, now());
            let found = Arrivals::of(&context).of_pull_request(&context, &request);
            assert_eq!(found, expected, "{case}");
        }
    }
}
