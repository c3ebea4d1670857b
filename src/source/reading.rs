//! Reading closer: what a source tells of one pull request only when somebody looks at it.
//!
//! Nothing is changed by it, so that a board which keeps its hands off may read all the same; a
//! board of the past, and one that asks nobody, may not.

use std::{fmt, sync::Arc};

use futures_util::future::BoxFuture;

use super::{Source, operation::Attempt};
use crate::domain::{Problem, PullRequestDetail, Text};

/// Which pull request, as it is called on the board.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PullRequestPlace {
    /// Its repository.
    pub repository: Text,
    /// Its number.
    pub number: u64,
    /// The branch that it goes to.
    pub base: Text,
}

/// Reads closer at one service, with the credentials of its source.
pub trait Reader: Send + Sync {
    /// Whether the pull request is one of this service. Asks nobody.
    fn knows(&self, place: &PullRequestPlace) -> bool;

    /// What there is to read of it.
    fn read<'a>(
        &'a self,
        place: &'a PullRequestPlace,
        attempt: &'a Attempt,
    ) -> BoxFuture<'a, Result<PullRequestDetail, Problem>>;
}

/// All readers of a board.
#[derive(Clone, Default)]
pub struct Readers(Arc<[Arc<dyn Reader>]>);

impl Readers {
    /// The readers of `sources`.
    pub fn of(sources: &[Box<dyn Source>]) -> Self {
        Self(sources.iter().filter_map(|source| source.reader()).collect())
    }

    /// Whether one of them can read it.
    pub fn know(&self, place: &PullRequestPlace) -> bool {
        self.0.iter().any(|reader| reader.knows(place))
    }

    /// Reads with the first one that can.
    pub async fn read(
        &self,
        place: &PullRequestPlace,
        attempt: &Attempt,
    ) -> Result<PullRequestDetail, Problem> {
        match self.0.iter().find(|reader| reader.knows(place)) {
            Some(reader) => reader.read(place, attempt).await,
            None => Err(Problem::new("no source of this board reads more of it", "open it in the browser")),
        }
    }
}

impl fmt::Debug for Readers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Readers").field("count", &self.0.len()).finish()
    }
}
