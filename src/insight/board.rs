//! The board: the one value that the screen, `status`, `check` and the history read.

use std::sync::Arc;

use crate::domain::{Assumed, Instant, Policy, ReleaseId, SourceHealth, Text, World};

use super::{Insight, ReleaseInsight, assume, derive, forecast::Learned};

/// Everything that is known and what it means, at one instant. Immutable; shared by `Arc`.
#[derive(Clone, Debug)]
pub struct Board {
    /// What the board is called: the project.
    pub title: Text,
    /// The instant it was derived for.
    pub at: Instant,
    /// The first instant at which time alone may change an answer.
    pub valid_until: Instant,
    /// The facts. Empty on a board that was painted from the cache.
    pub world: Arc<World>,
    /// What they mean.
    pub insight: Arc<Insight>,
    /// How each source is doing, in the order of their rank.
    pub health: Arc<[SourceHealth]>,
    /// The rules that were applied.
    pub policy: Arc<Policy>,
    /// How true it is as a whole.
    pub completeness: Completeness,
}

/// How much of the truth a board holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// From the cache of the last visit: headline and first rows only.
    Preview,
    /// A source is still filling in what it never told before.
    Filling,
    /// All that the sources said.
    Whole,
}

impl Board {
    /// What `world` means at `now`, with what was `learned` so far.
    pub fn derive(
        title: Text,
        world: Arc<World>,
        health: Arc<[SourceHealth]>,
        policy: Arc<Policy>,
        learned: &Learned,
        completeness: Completeness,
        now: Instant,
    ) -> Self {
        let (insight, valid_until) = derive(&world, &health, &policy, learned, now);
        Self { title, at: now, valid_until, world, insight: Arc::new(insight), health, policy, completeness }
    }

    /// The board as it would be if `assumed` was true: the same facts, rules and instant. With
    /// nothing assumed it says the same.
    #[must_use]
    pub fn assuming(&self, assumed: &[Assumed], learned: &Learned) -> Self {
        Self::derive(
            self.title.clone(),
            Arc::new(assume(&self.world, assumed, self.at)),
            Arc::clone(&self.health),
            Arc::clone(&self.policy),
            learned,
            self.completeness,
            self.at,
        )
    }

    /// The release to show when nobody asked for one: the unreleased one with the nearest
    /// target, else the one released last.
    pub fn default_release(&self) -> Option<&Arc<ReleaseInsight>> {
        self.insight.releases.first()
    }

    /// The release with this identity.
    pub fn release(&self, id: &ReleaseId) -> Option<&Arc<ReleaseInsight>> {
        self.insight.releases.iter().find(|insight| insight.release.id == *id)
    }
}
