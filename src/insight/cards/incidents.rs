//! Which deployments to production failed, which incident stands behind each failure, how sure
//! that is, and what it took to recover.

use std::collections::BTreeMap;

use chrono::Duration;

use crate::{
    domain::{Category, Deployment, DeploymentState, Instant, Story},
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

impl Ran<'_> {
    /// It reached those who use the product, if perhaps not for long.
    pub(super) fn reached(&self) -> bool {
        matches!(self.deployment.state, DeploymentState::Succeeded | DeploymentState::RolledBack)
    }

    fn is_successor_of(&self, other: &Self) -> bool {
        self.ended > other.ended
            && self.project == other.project
            && self.deployment.environment == other.deployment.environment
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

/// The failures of what `ran`.
pub(super) fn failures<'a>(context: &Context<'a>, ran: &[Ran<'a>]) -> Failures<'a> {
    let mut found = Failures::default();
    let mut by_deployment = BTreeMap::<usize, Failure<'a>>::new();
    for (index, one) in ran.iter().enumerate() {
        if one.deployment.state == DeploymentState::Succeeded {
            continue;
        }
        let next = ran.iter().enumerate().skip(index + 1).find(|(_, next)| {
            next.is_successor_of(one) && next.deployment.state == DeploymentState::Succeeded
        });
        let in_time = next.filter(|(_, next)| next.ended - one.ended <= Duration::days(GUESS_DAYS));
        let failure = Failure {
            ran: index,
            incident: None,
            sureness: Sureness::Sure,
            recovery: next.map(|(_, next)| next.ended - one.ended),
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
        let Some((index, sureness)) = cause(ran, incident) else {
            found.unattributed.push(incident);
            continue;
        };
        let closed = closed(context, incident);
        let recovery = closed.map(|at| at - incident.created_at);
        let rework = rework(ran, index, incident, closed.unwrap_or(context.now));
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

/// The deployment that an incident comes from.
fn cause(ran: &[Ran<'_>], incident: &Story) -> Option<(usize, Sureness)> {
    let before = || {
        let all = ran.iter().enumerate().rev();
        all.filter(|(_, ran)| ran.reached() && ran.ended <= incident.created_at)
    };
    let is_named = |ran: &Ran<'_>| {
        ran.deployment.release.as_ref().is_some_and(|release| incident.releases.contains(release))
    };
    if let Some((index, _)) = before().find(|(_, ran)| is_named(ran)) {
        return Some((index, Sureness::Sure));
    }
    let (index, last) = before().next()?;
    let since = incident.created_at - last.ended;
    if since > Duration::days(GUESS_DAYS) {
        return None;
    }
    let likely = Duration::hours(LIKELY_HOURS);
    let is_only = before()
        .take_while(|(_, ran)| incident.created_at - ran.ended <= likely)
        .all(|(_, ran)| ran.project == last.project);
    Some((index, if since <= likely && is_only { Sureness::Likely } else { Sureness::Guess }))
}

/// When an incident was over.
fn closed(context: &Context<'_>, incident: &Story) -> Option<Instant> {
    let mut steps = Vec::new();
    let is_told = timeline::trace(incident, context.now, &mut steps);
    steps.last().filter(|(_, category)| is_told && *category == Category::Done).map(|(at, _)| *at)
}

/// The deployment that an incident made necessary: the first one to the same place before it
/// was over, or the one that it names.
fn rework(ran: &[Ran<'_>], cause: usize, incident: &Story, until: Instant) -> Option<usize> {
    let after = || {
        let all = ran.iter().enumerate();
        all.filter(|(_, ran)| ran.reached() && ran.ended > incident.created_at && ran.ended <= until)
    };
    let place = &ran.get(cause)?;
    let named = after().find(|(_, ran)| {
        ran.deployment.release.as_ref().is_some_and(|release| incident.releases.contains(release))
    });
    named.or_else(|| after().find(|(_, ran)| ran.is_successor_of(place))).map(|(index, _)| index)
}
