//! Environments: who has which of them when, what that costs, which versions they hold, and which
//! of them are hard to deploy to.
//!
//! Made of a whole board when somebody looks, like the cards. Each file answers one question:
//! [`allocation`] (bookings, observed use, free slots), [`conflicts`], [`suggestions`] (who should
//! yield), [`cost`], [`drift`] and [`platforms`].

mod allocation;
mod beta;
mod conflicts;
mod cost;
mod drift;
mod places;
mod platforms;
mod suggestions;
mod tables;
#[cfg(test)]
mod tests;

pub use allocation::{BookingUse, EnvironmentUse, Observation, ObservationKind};
pub use conflicts::{Claim, ClaimKind, Conflict};
pub use cost::{Cost, Extreme, MonthCost, ReleaseCost};
pub use drift::{
    AcceptedDifferences, ComponentDrift, ConfigurationDifference, Drift, DriftCell, DriftStanding,
    KeyDifference, KeyStanding,
};
pub use platforms::{HardPlace, PlaceKind, Rate};
pub use suggestions::Suggestion;
pub(crate) use tables::{Table, tables};

use std::collections::HashMap;

use serde::Serialize;

use crate::domain::{DeploymentId, EnvironmentId, Instant, Kind, Window};

use super::{Board, DeploymentRow, context::Context, membership::Membership, schedule_rules::ClosedTimes};

/// Days ahead for which free slots are told.
pub const HORIZON_DAYS: i64 = 90;

/// All that is said of environments.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EnvironmentsView {
    /// The instant of the board.
    pub at: Instant,
    /// A source tells who has what, and none of them lacks a part of it. Else nobody knows whether
    /// there are more conflicts, or what is free.
    pub bookings_known: bool,
    /// Every environment: those that a source describes, then those that are only named.
    pub environments: Vec<EnvironmentUse>,
    /// All bookings, by their beginning.
    pub bookings: Vec<BookingUse>,
    /// Claims on one place that overlap and are not over, by the beginning of the overlap.
    pub conflicts: Vec<Conflict>,
    /// There are more conflicts than are listed.
    pub has_more_conflicts: bool,
    /// What bookings cost.
    pub cost: Cost,
    /// Which version of each component is where.
    pub drift: Drift,
    /// Platforms and environments by how hard they are to deploy to, the hardest first.
    pub hard: Vec<HardPlace>,
}

/// What every answer is made of.
struct Material<'a> {
    board: &'a Board,
    context: &'a Context<'a>,
    membership: &'a Membership,
    places: places::Places<'a>,
    closed: ClosedTimes<'a, 'a>,
    /// Deployments by their identity, with what the schedule says of them.
    rows: HashMap<&'a DeploymentId, &'a DeploymentRow>,
    bookings_known: bool,
}

impl EnvironmentsView {
    /// What `board` says of environments. Takes longer than a frame on a large board.
    pub fn of(board: &Board) -> Self {
        let context = Context::new(&board.world, &board.health, &board.policy, board.at);
        let membership = Membership::of(&context);
        Self::within(board, &context, &membership)
    }

    /// The same, where the facts were already put in order.
    pub(crate) fn within(board: &Board, context: &Context<'_>, membership: &Membership) -> Self {
        let world = &board.world;
        let bookings_known =
            world.is_covered(Kind::Bookings) && !world.incomplete().any(|(kind, ..)| kind == Kind::Bookings);
        let rows = &board.insight.schedule.deployments;
        let material = Material {
            board,
            context,
            membership,
            places: places::Places::of(context),
            closed: ClosedTimes::of(context),
            rows: rows.iter().map(|row| (&row.deployment.id, row)).collect(),
            bookings_known,
        };
        let claims = conflicts::claims(context);
        let (conflicts, has_more_conflicts) = conflicts::find(&material, &claims);
        let bookings = allocation::bookings(&material);
        Self {
            at: board.at,
            bookings_known,
            environments: allocation::environments(&material, &claims),
            cost: cost::cost(&material, &bookings),
            bookings,
            conflicts,
            has_more_conflicts,
            drift: drift::drift(&material),
            hard: platforms::hard(&material),
        }
    }

    /// One environment.
    pub fn environment(&self, id: &EnvironmentId) -> Option<&EnvironmentUse> {
        self.environments.iter().find(|one| one.id == *id)
    }

    /// The bookings of an environment and of the groups that hold it, by their beginning.
    pub fn bookings_of<'a>(
        &'a self,
        environment: &'a EnvironmentUse,
    ) -> impl Iterator<Item = &'a BookingUse> {
        environment.bookings.iter().filter_map(|index| self.bookings.get(*index))
    }

    /// The conflicts on an environment.
    pub fn conflicts_of<'a>(&'a self, id: &'a EnvironmentId) -> impl Iterator<Item = &'a Conflict> {
        self.conflicts.iter().filter(move |conflict| conflict.environment == *id)
    }

    /// The share of the booked working time of `window` that saw no use, and the share of which
    /// nobody can tell, 0 to 1 both; none where no working time of it is over.
    pub fn idle_shares(&self, environment: &EnvironmentUse) -> Option<[f64; 2]> {
        let [used, idle, unclear] = self.bookings_of(environment).fold([0, 0, 0], |sum, one| {
            [sum[0] + one.used_seconds, sum[1] + one.idle_seconds, sum[2] + one.unclear_seconds]
        });
        let all = used + idle + unclear;
        (all > 0).then(|| [idle as f64 / all as f64, unclear as f64 / all as f64])
    }
}

/// What two windows share.
fn shared(one: &Window, other: &Window) -> Option<Window> {
    let window = Window { from: one.from.max(other.from), until: one.until.min(other.until) };
    (window.from < window.until).then_some(window)
}
