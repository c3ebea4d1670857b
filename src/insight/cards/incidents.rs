//! Which deployments to production failed, which incident stands behind each failure, how sure
//! that is, and what it took to recover.

use std::collections::{BTreeMap, HashMap};

use chrono::Duration;

use crate::{
    domain::{Category, Deployment, DeploymentState, EnvironmentId, Instant, ReleaseId, Story},
    insight::context::Context,
};

use super::timeline;

/// An incident within so many hours after a deployment is likely to come from it.
const LIKELY_HOURS: i64 = 24;
/// After so many days nobody can tell any more; and a deployment so long after a failed one is
/// an ordinary one.
const GUESS_DAYS: i64 = 7;

/// A deployment to production that is over.
pub(super) struct Ran<'a> {
    pub(super) deployment: &'a Deployment,
    pub(super) ended: Instant,
    project: &'a str,
}

impl<'a> Ran<'a> {
    /// It reached those who use the product, if perhaps not for long.
    pub(super) fn reached(&self) -> bool {
        matches!(self.deployment.state, DeploymentState::Succeeded | DeploymentState::RolledBack)
    }

    /// What of it and where: what follows there replaces it.
    fn place(&self) -> (&'a str, &'a EnvironmentId) {
        (self.project, &self.deployment.environment)
    }
}

/// All deployments to production that are over, the oldest first; and how many of them ended
/// nobody knows when, so that the end of their window counts.
pub(super) fn ran<'a>(context: &Context<'a>) -> (Vec<Ran<'a>>, usize) {
    let mut undated = 0;
    let over = context.deployments.iter().filter(|deployment| {
        let has_run = matches!(
            deployment.state,
            DeploymentState::Succeeded | DeploymentState::Failed | DeploymentState::RolledBack
        );
        has_run && context.is_production(&deployment.environment)
    });
    let mut ran: Vec<Ran<'a>> = over
        .filter_map(|deployment| {
            let ended = deployment.finished_at.unwrap_or(deployment.window.until);
            let release = deployment.release.as_ref().and_then(|id| context.release(id));
            let project = release.map_or("", |release| context.releases[release].project.as_str());
            undated += usize::from(deployment.finished_at.is_none() && ended <= context.now);
            (ended <= context.now).then_some(Ran { deployment, ended, project })
        })
        .collect();
    ran.sort_by(|a, b| (a.ended, &a.deployment.id).cmp(&(b.ended, &b.deployment.id)));
    (ran, undated)
}

/// How sure it is that a deployment is behind a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sureness {
    /// It says so itself, or the incident names its release.
    Sure,
    /// The only product that went out in the day before the incident.
    Likely,
    /// The last one of several, or of some days before.
    Guess,
}

impl Sureness {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Sure => "sure",
            Self::Likely => "likely",
            Self::Guess => "a guess",
        }
    }
}

/// A deployment that needed somebody at once.
#[derive(Clone, Copy)]
pub(super) struct Failure<'a> {
    /// Its position among those that ran.
    pub(super) ran: usize,
    pub(super) incident: Option<&'a Story>,
    pub(super) sureness: Sureness,
    /// From the failure until it was over; none: not yet, or nobody tells.
    pub(super) recovery: Option<Duration>,
    /// The deployment that it made necessary, by position.
    pub(super) rework: Option<usize>,
}

/// What went wrong.
#[derive(Default)]
pub(super) struct Failures<'a> {
    /// By position of the deployment, each once.
    pub(super) all: Vec<Failure<'a>>,
    /// Incidents that no deployment is near.
    pub(super) unattributed: Vec<&'a Story>,
    /// Incidents that are marked as such.
    pub(super) incidents: usize,
}

/// Where in what ran something is: positions, the oldest first, so that nothing is gone through from
/// one end to the other for each failure.
struct Index<'r, 'a> {
    ran: &'r [Ran<'a>],
    /// What reached those who use the product.
    reached: Vec<usize>,
    /// For each of those, as places in `reached`: since which one all were of its project.
    alike_since: Vec<usize>,
    /// The same by what and where.
    reached_at: HashMap<(&'a str, &'a EnvironmentId), Vec<usize>>,
    /// The same by release.
    reached_of: HashMap<&'a ReleaseId, Vec<usize>>,
    /// What stayed, by what and where.
    succeeded_at: HashMap<(&'a str, &'a EnvironmentId), Vec<usize>>,
}

impl<'r, 'a> Index<'r, 'a> {
    fn of(ran: &'r [Ran<'a>]) -> Self {
        let mut index = Self {
            ran,
            reached: Vec::new(),
            alike_since: Vec::new(),
            reached_at: HashMap::new(),
            reached_of: HashMap::new(),
            succeeded_at: HashMap::new(),
        };
        for (position, one) in ran.iter().enumerate().filter(|(_, one)| one.reached()) {
            let own = index.reached.len();
            let before = index.reached.last().zip(index.alike_since.last());
            let is_alike = |before: usize| ran[before].project == one.project;
            let since = before.filter(|(before, _)| is_alike(**before)).map_or(own, |(_, since)| *since);
            index.alike_since.push(since);
            index.reached.push(position);
            index.reached_at.entry(one.place()).or_default().push(position);
            if let Some(release) = &one.deployment.release {
                index.reached_of.entry(release).or_default().push(position);
            }
            if one.deployment.state == DeploymentState::Succeeded {
                index.succeeded_at.entry(one.place()).or_default().push(position);
            }
        }
        index
    }

    /// The first of `positions` that ended after `at`.
    fn first_after(&self, positions: Option<&Vec<usize>>, at: Instant) -> Option<usize> {
        let positions = positions?;
        positions.get(positions.partition_point(|position| self.ran[*position].ended <= at)).copied()
    }

    /// The last of `positions` that ended at `at` or before.
    fn last_until(&self, positions: Option<&Vec<usize>>, at: Instant) -> Option<usize> {
        let positions = positions?;
        let end = positions.partition_point(|position| self.ran[*position].ended <= at);
        positions.get(end.checked_sub(1)?).copied()
    }

    /// The first deployment that stayed, of the same and at the same place.
    fn successor(&self, failed: &Ran<'a>) -> Option<usize> {
        self.first_after(self.succeeded_at.get(&failed.place()), failed.ended)
    }

    /// The deployment that an incident comes from.
    fn cause(&self, incident: &Story) -> Option<(usize, Sureness)> {
        let created = incident.created_at;
        let named = incident.releases.iter();
        let named = named.filter_map(|release| self.last_until(self.reached_of.get(release), created));
        if let Some(position) = named.max() {
            return Some((position, Sureness::Sure));
        }
        let ended = |place: &usize| self.ran[*place].ended;
        let newest = self.reached.partition_point(|position| ended(position) <= created).checked_sub(1)?;
        let position = *self.reached.get(newest)?;
        let since = created - ended(&position);
        if since > Duration::days(GUESS_DAYS) {
            return None;
        }
        let likely = Duration::hours(LIKELY_HOURS);
        let first = self.reached.partition_point(|position| created - ended(position) > likely);
        let is_only = self.alike_since.get(newest).is_some_and(|alike| *alike <= first);
        Some((position, if since <= likely && is_only { Sureness::Likely } else { Sureness::Guess }))
    }

    /// The deployment that an incident made necessary: the first one to the same place before it
    /// was over, or the one that it names.
    fn rework(&self, cause: usize, incident: &Story, until: Instant) -> Option<usize> {
        let place = self.ran.get(cause)?;
        let in_time = |position: &usize| self.ran[*position].ended <= until;
        let after = |positions, at| self.first_after(positions, at).filter(in_time);
        let named = incident.releases.iter();
        let named = named.filter_map(|release| after(self.reached_of.get(release), incident.created_at));
        named
            .min()
            .or_else(|| after(self.reached_at.get(&place.place()), incident.created_at.max(place.ended)))
    }
}

/// The failures of what `ran`.
pub(super) fn failures<'a>(context: &Context<'a>, ran: &[Ran<'a>]) -> Failures<'a> {
    let positions = Index::of(ran);
    let mut found = Failures::default();
    let mut by_deployment = BTreeMap::<usize, Failure<'a>>::new();
    for (index, one) in ran.iter().enumerate() {
        if one.deployment.state == DeploymentState::Succeeded {
            continue;
        }
        let next = positions.successor(one).map(|next| (next, ran[next].ended - one.ended));
        let in_time = next.filter(|(_, after)| *after <= Duration::days(GUESS_DAYS));
        let failure = Failure {
            ran: index,
            incident: None,
            sureness: Sureness::Sure,
            recovery: next.map(|(_, after)| after),
            rework: in_time.map(|(next, _)| next),
        };
        by_deployment.insert(index, failure);
    }
    let is_incident = |story: &Story| {
        let mut labels = story.labels.iter();
        labels.any(|label| context.policy.incident_labels.iter().any(|it| it.eq_ignore_ascii_case(label)))
    };
    let mut incidents: Vec<&'a Story> = context
        .stories
        .iter()
        .map(|story| &***story)
        .filter(|story| is_incident(story) && story.created_at <= context.now)
        .collect();
    incidents.sort_by_key(|story| (story.created_at, &story.key));
    found.incidents = incidents.len();
    for incident in incidents {
        let Some((index, sureness)) = positions.cause(incident) else {
            found.unattributed.push(incident);
            continue;
        };
        let closed = closed(context, incident);
        let recovery = closed.map(|at| at - incident.created_at);
        let rework = positions.rework(index, incident, closed.unwrap_or(context.now));
        let failure = by_deployment.entry(index).or_insert(Failure {
            ran: index,
            incident: Some(incident),
            sureness,
            recovery,
            rework,
        });
        // What failed by itself is sure; the first of several incidents stands for it.
        if failure.incident.is_none() {
            failure.incident = Some(incident);
            failure.recovery = recovery.or(failure.recovery);
            failure.rework = failure.rework.or(rework);
        }
    }
    found.all = by_deployment.into_values().collect();
    found
}

/// When an incident was over.
fn closed(context: &Context<'_>, incident: &Story) -> Option<Instant> {
    let mut steps = Vec::new();
    let is_told = timeline::trace(incident, context.now, &mut steps);
    steps.last().filter(|(_, category)| is_told && *category == Category::Done).map(|(at, _)| *at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::insight::fixture;

    fn at(hours: i64) -> Instant {
        fixture::at(1, 0) + Duration::hours(hours)
    }

    /// The slow way: everything is looked at.
    fn cause(ran: &[Ran<'_>], incident: &Story) -> Option<(usize, Sureness)> {
        let before: Vec<usize> = (0..ran.len())
            .rev()
            .filter(|it| ran[*it].reached() && ran[*it].ended <= incident.created_at)
            .collect();
        let is_named = |it: &&usize| {
            ran[**it].deployment.release.as_ref().is_some_and(|release| incident.releases.contains(release))
        };
        if let Some(named) = before.iter().find(is_named) {
            return Some((*named, Sureness::Sure));
        }
        let last = *before.first()?;
        let since = |it: usize| incident.created_at - ran[it].ended;
        let day: Vec<usize> =
            before.into_iter().filter(|it| since(*it) <= Duration::hours(LIKELY_HOURS)).collect();
        let is_only = day.iter().all(|it| ran[*it].project == ran[last].project);
        match () {
            () if since(last) > Duration::days(GUESS_DAYS) => None,
            () if day.is_empty() || !is_only => Some((last, Sureness::Guess)),
            () => Some((last, Sureness::Likely)),
        }
    }

    fn rework(ran: &[Ran<'_>], cause: usize, incident: &Story, until: Instant) -> Option<usize> {
        let after = || {
            (0..ran.len()).filter(|it| {
                ran[*it].reached() && ran[*it].ended > incident.created_at && ran[*it].ended <= until
            })
        };
        let is_named = |it: &usize| {
            ran[*it].deployment.release.as_ref().is_some_and(|release| incident.releases.contains(release))
        };
        let follows =
            |it: &usize| ran[*it].place() == ran[cause].place() && ran[*it].ended > ran[cause].ended;
        after().find(is_named).or_else(|| after().find(follows))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn what_is_looked_up_is_what_looking_at_everything_finds(
            mut generated in proptest::collection::vec((0i64..500, 0usize..2, 0usize..2, 0usize..3, 0usize..5), 0..24),
            created in 0i64..500, open in 0i64..200, named in proptest::collection::vec(0usize..4, 0..3),
        ) {
            generated.sort_unstable();
            let releases = ["payments 4.1", "payments 4.2", "auth 1", "auth 2"];
            let states = [
                DeploymentState::Succeeded, DeploymentState::Succeeded, DeploymentState::RolledBack,
                DeploymentState::Failed, DeploymentState::Failed,
            ];
            let deployments: Vec<Deployment> = generated.iter().map(|(ended, place, project, release, state)| Deployment {
                environment: EnvironmentId::new(["eu", "us"][*place]),
                release: releases[project * 2..].get(*release % 2).filter(|_| *release < 2).map(ReleaseId::new),
                state: states[*state],
                ..fixture::deployment("any", "any 1", at(*ended), 1)
            }).collect();
            let ran: Vec<Ran<'_>> = deployments.iter().zip(&generated)
                .map(|(deployment, it)| Ran { deployment, ended: at(it.0), project: ["payments", "auth"][it.2] })
                .collect();
            let incident = Story {
                created_at: at(created),
                releases: named.iter().map(|it| ReleaseId::new(releases[*it])).collect(),
                ..fixture::defect("INC-1", Category::ToDo)
            };
            let index = Index::of(&ran);
            let found = index.cause(&incident);
            prop_assert_eq!(found, cause(&ran, &incident));
            if let Some((position, _)) = found {
                let until = at(created + open);
                prop_assert_eq!(index.rework(position, &incident, until), rework(&ran, position, &incident, until));
            }
            for one in &ran {
                let next = ran.iter().position(|next| {
                    next.deployment.state == DeploymentState::Succeeded
                        && next.place() == one.place()
                        && next.ended > one.ended
                });
                prop_assert_eq!(index.successor(one), next);
            }
        }
    }
}
