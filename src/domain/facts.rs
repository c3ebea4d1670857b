//! What one source knows: complete for what it covers, true at one time.

use std::{collections::BTreeSet, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{
    Booking, Build, Deployment, Environment, Finding, Freeze, PullRequest, Release, Story, TestRun, Text,
};

/// Everything that one source knows. A later `Facts` of the same source replaces an earlier
/// one as a whole: what it no longer names is gone.
///
/// Items are behind `Arc` so that boards that follow each other share them; a source hands
/// out the same `Arc` again for what did not change where it can.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// Kinds of items that the source covers, whether it has any or not. A gate over a kind
    /// that nobody covers is "not needed" and never green.
    pub covers: BTreeSet<Kind>,
    /// Releases.
    pub releases: Vec<Arc<Release>>,
    /// Stories and defects.
    pub stories: Vec<Arc<Story>>,
    /// Pull requests and open branches.
    pub pull_requests: Vec<Arc<PullRequest>>,
    /// Deployments, planned and done.
    pub deployments: Vec<Arc<Deployment>>,
    /// Environments.
    pub environments: Vec<Arc<Environment>>,
    /// Bookings of environments.
    pub bookings: Vec<Arc<Booking>>,
    /// Times without deployments.
    pub freezes: Vec<Arc<Freeze>>,
    /// Test runs, oldest first.
    pub test_runs: Vec<Arc<TestRun>>,
    /// Findings of code analyzers.
    pub findings: Vec<Arc<Finding>>,
    /// Builds of the branches that releases are made of; of a repository the main branch first.
    pub builds: Vec<Arc<Build>>,
    /// What could not be read: each loses one item, not the round. Each says which kinds are
    /// incomplete because of it.
    pub problems: Vec<Problem>,
}

/// A kind of item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// [`Release`].
    Releases,
    /// [`Story`] of kind story.
    Stories,
    /// [`Story`] of kind defect.
    Defects,
    /// [`PullRequest`].
    PullRequests,
    /// [`Deployment`].
    Deployments,
    /// [`Environment`].
    Environments,
    /// [`Booking`].
    Bookings,
    /// [`Freeze`].
    Freezes,
    /// [`TestRun`].
    TestRuns,
    /// [`Finding`].
    Findings,
    /// [`Build`].
    Builds,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Releases,
        Self::Stories,
        Self::Defects,
        Self::PullRequests,
        Self::Deployments,
        Self::Environments,
        Self::Bookings,
        Self::Freezes,
        Self::TestRuns,
        Self::Findings,
        Self::Builds,
    ];

    /// Its name in JSON and in the configuration.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Releases => "releases",
            Self::Stories => "stories",
            Self::Defects => "defects",
            Self::PullRequests => "pull_requests",
            Self::Deployments => "deployments",
            Self::Environments => "environments",
            Self::Bookings => "bookings",
            Self::Freezes => "freezes",
            Self::TestRuns => "test_runs",
            Self::Findings => "findings",
            Self::Builds => "builds",
        }
    }

    /// The kind of this name.
    pub fn of_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.key() == key)
    }
}

/// Something a person should know of and can mend.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What happened and where: `release "payments 4.2" depends on itself through "auth 2.9"`.
    pub what: Text,
    /// What to do about it.
    pub next_step: Text,
    /// Kinds of which its source does not tell all because of it: an item could not be read, a
    /// list was cut, or may not be seen. None: nobody said, which among [`Facts`] counts as all
    /// kinds that the source covers, so that what nobody thought of never reads as go.
    #[serde(default)]
    pub incomplete: Option<BTreeSet<Kind>>,
}

impl Problem {
    /// A problem and its next step. Of which kinds facts are incomplete because of it is not
    /// said.
    pub fn new(what: impl AsRef<str>, next_step: impl AsRef<str>) -> Self {
        Self { what: Text::new(what), next_step: Text::new(next_step), incomplete: None }
    }

    /// The same, and because of it not everything of `kinds` is told.
    #[must_use]
    pub fn losing(self, kinds: &[Kind]) -> Self {
        Self { incomplete: Some(kinds.iter().copied().collect()), ..self }
    }

    /// The same, and everything is told in spite of it.
    #[must_use]
    pub fn losing_nothing(self) -> Self {
        self.losing(&[])
    }

    /// The same; where nothing else is said, not everything of `kinds` is told because of it.
    #[must_use]
    pub fn within(self, kinds: &[Kind]) -> Self {
        if self.incomplete.is_some() { self } else { self.losing(kinds) }
    }

    /// Adds itself to `problems`, which get `most` at most: a thousand alike help nobody. What
    /// one that is left out makes incomplete stays so because of the last one that is told.
    pub fn note(self, problems: &mut Vec<Self>, most: usize) {
        if problems.contains(&self) {
            return;
        }
        if problems.len() < most {
            problems.push(self);
        } else if let Some(last) = problems.last_mut() {
            last.incomplete = match (last.incomplete.take(), self.incomplete) {
                (Some(kinds), Some(more)) => Some(&kinds | &more),
                _ => None,
            };
        }
    }
}

#[cfg(test)]
impl Facts {
    /// The kinds of which the source does not tell all.
    pub(crate) fn incomplete(&self) -> BTreeSet<Kind> {
        let source = super::SourceId::new("source");
        super::World::union([(&source, self)]).incomplete().map(|(kind, ..)| kind).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_that_is_not_told_still_counts() {
        let problem = |what: &str, kinds: &[Kind]| Problem::new(what, "mend it").losing(kinds);
        let mut problems = Vec::new();
        for one in [problem("a", &[]), problem("b", &[Kind::Stories]), problem("c", &[Kind::Findings])] {
            one.clone().note(&mut problems, 2);
            one.note(&mut problems, 2);
        }
        assert_eq!(problems.len(), 2);
        assert_eq!(problems[1].incomplete, Some([Kind::Stories, Kind::Findings].into()));
        Problem::new("d", "mend it").note(&mut problems, 2);
        assert_eq!(problems[1].incomplete, None, "what nobody explained may be anything");
    }
}
