//! Names of things of a repository, from what GitHub sends.

pub(super) use crate::source::naming::Naming;

use super::wire::IssueName;
use crate::domain::StoryKey;

impl Naming {
    /// The key of an issue, wherever it is.
    pub(super) fn named(&self, issue: &IssueName) -> StoryKey {
        let elsewhere = issue.repository.as_ref().map_or("", |found| found.name_with_owner.as_str());
        self.story_of(elsewhere, issue.number)
    }
}
