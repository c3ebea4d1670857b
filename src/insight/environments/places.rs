//! Environments, and which of them hold which.

use std::collections::{HashMap, HashSet};

use crate::{domain::EnvironmentId, insight::context::Context};

/// Groups within groups that are followed for a price.
const DEEPEST: usize = 8;

/// All environments that anything names.
pub(super) struct Places<'a> {
    /// Those that a source describes in its order, then those that are only named, by name.
    pub(super) all: Vec<&'a EnvironmentId>,
    /// The groups that hold each, and what each holds; without itself.
    related: HashMap<&'a EnvironmentId, Vec<&'a EnvironmentId>>,
    members: HashMap<&'a EnvironmentId, Vec<&'a EnvironmentId>>,
}

impl<'a> Places<'a> {
    pub(super) fn of(context: &Context<'a>) -> Self {
        let mut seen = HashSet::new();
        let mut all: Vec<&EnvironmentId> = Vec::new();
        all.extend(context.world.environments.iter().map(|one| &one.id).filter(|id| seen.insert(*id)));
        let booked = context.bookings.iter().map(|booking| &booking.environment);
        let deployed = context.deployments.iter().map(|deployment| &deployment.environment);
        let mut named: Vec<&EnvironmentId> = booked.chain(deployed).filter(|id| seen.insert(*id)).collect();
        named.sort_unstable();
        all.extend(named);
        let mut related: HashMap<_, Vec<_>> = HashMap::new();
        let mut members: HashMap<_, Vec<_>> = HashMap::new();
        for id in &all {
            let chain = context.held_by(id);
            for holder in chain.iter().skip(1) {
                related.entry(*holder).or_default().push(*id);
                related.entry(*id).or_default().push(*holder);
            }
            if let Some(group) = chain.get(1) {
                members.entry(*group).or_default().push(*id);
            }
        }
        Self { all, related, members }
    }

    /// The environment, the groups that hold it, and what it holds.
    pub(super) fn around<'s>(&'s self, id: &'s EnvironmentId) -> impl Iterator<Item = &'s EnvironmentId> {
        std::iter::once(id).chain(self.related.get(id).into_iter().flatten().copied())
    }

    /// What a day costs: what somebody wrote down, else what the members of the group cost
    /// together; none where nobody priced any of it.
    pub(super) fn rate(&self, context: &Context<'_>, id: &EnvironmentId) -> Option<f64> {
        self.rate_within(context, id, DEEPEST)
    }

    fn rate_within(&self, context: &Context<'_>, id: &EnvironmentId, depth: usize) -> Option<f64> {
        let own = context.environment(id).and_then(|environment| environment.cost_per_day);
        if own.is_some() || depth == 0 {
            return own.filter(|rate| rate.is_finite());
        }
        let members = self.members.get(id)?.iter();
        members
            .filter_map(|member| self.rate_within(context, member, depth - 1))
            .reduce(|sum, rate| sum + rate)
    }
}
