//! Two who want one place at the same time.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use crate::{
    domain::{Booking, Deployment, DeploymentId, EnvironmentId, ReleaseId, Text, Window},
    insight::context::Context,
};

use super::{Material, Suggestion, shared, suggestions};

/// Conflicts that are listed of one environment.
const MOST: usize = 200;

/// A booking, or a deployment that is planned or runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Claim {
    /// Which of the two.
    pub kind: ClaimKind,
    /// Its name in the plan.
    pub id: Text,
    /// For which release.
    pub release: Option<ReleaseId>,
    /// On what.
    pub environment: EnvironmentId,
    /// When.
    pub window: Window,
    /// Somebody agreed to it.
    pub approved: bool,
    /// It bears others beside it.
    pub shareable: bool,
    /// The window of the deployment that it is; of a booking, that of the first deployment of its
    /// release that it holds: who moves the one moves the other.
    pub deployment: Option<Window>,
    /// Which deployment that is.
    #[serde(skip)]
    pub deployment_id: Option<DeploymentId>,
}

/// What claims a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimKind {
    /// A booking.
    Booking,
    /// A deployment that is not over.
    Deployment,
}

impl ClaimKind {
    /// What it is and for whom: `the booking for ledger 1.8`, `the deployment hotfix` where it is for no
    /// release.
    pub fn said(self, release: Option<&ReleaseId>, name: &str) -> String {
        match (self, release) {
            (Self::Booking, Some(release)) => format!("the booking for {release}"),
            (Self::Booking, None) => format!("the booking {name}"),
            (Self::Deployment, Some(release)) => format!("the deployment of {release}"),
            (Self::Deployment, None) => format!("the deployment {name}"),
        }
    }
}

impl Claim {
    /// What it is and for whom: `the deployment of ledger 1.8`.
    pub fn said(&self) -> String {
        self.kind.said(self.release.as_ref(), &self.id)
    }

    /// What it is called on the screen: its release, else its name.
    pub fn name(&self) -> &str {
        self.release.as_ref().map_or(&self.id, |release| release.as_str())
    }
}

/// Two claims on one place whose times overlap.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Conflict {
    /// The place: of a group and what it holds the inner one.
    pub environment: EnvironmentId,
    /// The two, the earlier one first.
    pub claims: [Claim; 2],
    /// When they overlap.
    pub window: Window,
    /// Somebody agreed to both.
    pub approved: bool,
    /// Who should yield, and why; none where nothing tells them apart.
    pub suggestion: Option<Suggestion>,
}

impl Conflict {
    /// Two bookings to both of which somebody agreed: they share the place by intention, which is no
    /// fault. Who agreed to a deployment did not agree to a booking of somebody else.
    pub fn is_approved_double_booking(&self) -> bool {
        self.approved && self.claims.iter().all(|claim| claim.kind == ClaimKind::Booking)
    }

    /// What it is: `conflict`, or `approved double booking`.
    pub fn word(&self) -> &'static str {
        if self.is_approved_double_booking() { "approved double booking" } else { "conflict" }
    }

    /// Both claims: `the deployment of ledger 1.8 and the booking for payments 4.2`.
    pub fn said(&self) -> String {
        let [one, other] = self.claims.each_ref().map(Claim::said);
        format!("{one} and {other}")
    }
}

/// Bookings and planned deployments that are not over, by their beginning.
pub(super) fn claims(context: &Context<'_>) -> Vec<Claim> {
    let is_ahead = |window: &Window| window.until > context.now && window.from < window.until;
    let ahead = context.deployments.iter().filter(|one| !one.state.is_over() && is_ahead(&one.window));
    let mut planned: HashMap<(&ReleaseId, &EnvironmentId), Vec<&Deployment>> = HashMap::new();
    for deployment in ahead.clone() {
        let Some(release) = &deployment.release else { continue };
        for place in context.held_by(&deployment.environment) {
            planned.entry((release, place)).or_default().push(deployment);
        }
    }
    let held = |booking: &Booking| {
        let all = planned.get(&(booking.release.as_ref()?, &booking.environment))?.iter();
        let within = |one: &&&Deployment| {
            booking.window.from <= one.window.from && one.window.until <= booking.window.until
        };
        all.filter(within).min_by_key(|one| one.window.from).copied()
    };
    let bookings = context.bookings.iter().filter(|booking| is_ahead(&booking.window));
    let bookings = bookings.map(|booking| (booking, held(booking))).map(|(booking, held)| Claim {
        deployment: held.map(|held| held.window),
        deployment_id: held.map(|held| held.id.clone()),
        kind: ClaimKind::Booking,
        id: booking.id.text().clone(),
        release: booking.release.clone(),
        environment: booking.environment.clone(),
        window: booking.window,
        approved: booking.approved,
        shareable: booking.shareable,
    });
    let deployments = ahead.map(|deployment| Claim {
        deployment: Some(deployment.window),
        deployment_id: Some(deployment.id.clone()),
        kind: ClaimKind::Deployment,
        id: deployment.id.text().clone(),
        release: deployment.release.clone(),
        environment: deployment.environment.clone(),
        window: deployment.window,
        approved: deployment.state != crate::domain::DeploymentState::Draft,
        // It minds who keeps the place for itself; two deployments are the schedule's to tell.
        shareable: true,
    });
    let mut claims: Vec<Claim> = bookings.chain(deployments).collect();
    claims
        .sort_by(|a, b| (a.window.from, a.window.until, &a.id).cmp(&(b.window.from, b.window.until, &b.id)));
    claims
}

/// Whether the two cannot both have a place that bears only one.
pub(super) fn exclude_each_other(one: &Claim, other: &Claim) -> bool {
    let is_other = one.release.is_none() || one.release != other.release;
    is_other && !(one.shareable && other.shareable)
}

/// All conflicts, by the beginning of the overlap, and whether there are more.
pub(super) fn find(material: &Material<'_>, claims: &[Claim]) -> (Vec<Conflict>, bool) {
    let context = material.context;
    let mut at: HashMap<&EnvironmentId, Vec<usize>> = HashMap::new();
    for (index, claim) in claims.iter().enumerate() {
        at.entry(&claim.environment).or_default().push(index);
    }
    let mut found: BTreeMap<(usize, usize), &EnvironmentId> = BTreeMap::new();
    let mut has_more = false;
    for (place, own) in &at {
        if context.environment(place).is_some_and(|environment| environment.shareable) {
            continue;
        }
        // Its own claims, and those on the groups that hold it, by their beginning.
        let holders = context.held_by(place);
        let above = holders.iter().skip(1).filter_map(|holder| at.get(*holder)).flatten();
        let mut all: Vec<(usize, bool)> =
            own.iter().map(|index| (*index, true)).chain(above.map(|index| (*index, false))).collect();
        all.sort_unstable();
        let mut active: Vec<(usize, bool)> = Vec::new();
        let mut count = 0;
        for (index, is_own) in all {
            let claim = &claims[index];
            active.retain(|(other, _)| claims[*other].window.until > claim.window.from);
            for (other, is_others) in &active {
                if !(is_own || *is_others) || !exclude_each_other(&claims[*other], claim) {
                    continue;
                }
                count += 1;
                if count <= MOST {
                    found.insert((*other, index), *place);
                }
            }
            active.push((index, is_own));
            if count > MOST {
                has_more = true;
                break;
            }
        }
    }
    let conflict = |((one, other), place): ((usize, usize), &EnvironmentId)| {
        let (one, other) = (&claims[one], &claims[other]);
        Some(Conflict {
            environment: place.clone(),
            window: shared(&one.window, &other.window)?,
            approved: one.approved && other.approved,
            suggestion: suggestions::suggest(material, (claims, &at), [one, other]),
            claims: [one.clone(), other.clone()],
        })
    };
    let mut conflicts: Vec<Conflict> = found.into_iter().filter_map(conflict).collect();
    conflicts.sort_by(|a, b| (a.window.from, &a.environment).cmp(&(b.window.from, &b.environment)));
    (conflicts, has_more)
}
