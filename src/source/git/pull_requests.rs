//! Pull requests as the history tells of them.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{
    commit::instant,
    repository::Base,
    walk::{Node, Order, Place, Walk},
};
use crate::domain::{Instant, PullRequest, PullRequestState, ReleaseId, StoryKey, Text};

/// Most pull requests of one release; the newest are kept.
pub(crate) const MOST_PER_RELEASE: usize = 5_000;

/// What is to be said about the history, besides the walk itself.
pub(crate) struct History<'a> {
    /// The walk.
    pub(crate) walk: &'a Walk,
    /// The order of releases.
    pub(crate) order: &'a Order,
    /// The commits of releases, by index; none where one could not be read.
    pub(crate) tagged: &'a [Option<u32>],
    /// Names of releases, by index.
    pub(crate) releases: &'a [ReleaseId],
    /// Name of the release in progress.
    pub(crate) in_progress: &'a ReleaseId,
    /// The base branch.
    pub(crate) base: &'a Base,
    /// The repository.
    pub(crate) repository: &'a str,
    /// Now.
    pub(crate) now: Instant,
}

/// A commit that brought something in.
#[derive(Clone, Copy)]
struct Entry {
    index: u32,
    place: Place,
    /// When the work on it began, in seconds since 1970.
    started_at: i64,
    /// The commit whose author wrote it.
    written_by: u32,
}

impl History<'_> {
    /// The pull requests of all releases, oldest release first, and the releases that have
    /// more than [`MOST_PER_RELEASE`].
    ///
    /// - A commit whose subject names a pull request is that pull request, wherever it stands; one number counts
    ///   once, for the oldest release that has it.
    /// - Any other commit on the first-parent line of a release, down to where another release takes over, is a
    ///   pull request without a number, named by its hash: work that went straight to the base is work, too, and
    ///   the board then agrees with `git log --first-parent`.
    pub(crate) fn pull_requests(&self) -> (Vec<PullRequest>, Vec<ReleaseId>) {
        let line = self.line();
        let mut entries: Vec<Entry> = line.clone();
        let on_line: HashSet<u32> = line.iter().map(|entry| entry.index).collect();
        for (index, node) in (0u32..).zip(&self.walk.nodes) {
            let has_number = node.subject.as_ref().is_some_and(|subject| subject.number.is_some());
            if let Some(place) =
                self.order.place(node.marks).filter(|_| has_number && !on_line.contains(&index))
            {
                let written_by = *node.parents.get(1).unwrap_or(&index);
                let started_at = node.authored_at.min(self.walk.node(written_by).authored_at);
                entries.push(Entry { index, place, started_at, written_by });
            }
        }
        let when = |entry: &Entry| (self.order.rank(entry.place), self.node(entry).committed_at);
        // Of two commits with one date the merge that is on the line speaks for both.
        entries.sort_by_key(|entry| {
            let (rank, committed_at) = when(entry);
            (rank, committed_at, !on_line.contains(&entry.index), self.node(entry).id)
        });
        let mut numbers = HashSet::new();
        entries.retain(|entry| {
            let number = self.node(entry).subject.as_ref().and_then(|subject| subject.number);
            number.is_none_or(|number| numbers.insert(number))
        });
        let mut counts: HashMap<usize, usize> = HashMap::new();
        for entry in &entries {
            *counts.entry(self.order.rank(entry.place)).or_default() += 1;
        }
        let mut too_many: BTreeMap<usize, ReleaseId> = BTreeMap::new();
        let mut found = Vec::with_capacity(entries.len());
        for entry in &entries {
            let rank = self.order.rank(entry.place);
            let left = counts.entry(rank).or_default();
            if *left > MOST_PER_RELEASE {
                *left -= 1;
                too_many.insert(rank, self.release(entry.place).clone());
            } else {
                found.push(self.pull_request(entry));
            }
        }
        (found, too_many.into_values().collect())
    }

    fn node(&self, entry: &Entry) -> &Node {
        self.walk.node(entry.index)
    }

    fn release(&self, place: Place) -> &ReleaseId {
        match place {
            Place::Release(index) => self.releases.get(index).unwrap_or(self.in_progress),
            Place::InProgress => self.in_progress,
        }
    }

    /// The first-parent lines of all releases, oldest first: what each merge on them brought
    /// in was begun by the earliest of its own commits.
    fn line(&self) -> Vec<Entry> {
        let mut entries = Vec::new();
        let mut claimed = vec![false; self.walk.nodes.len()];
        let heads = self
            .order
            .oldest_first
            .iter()
            .map(|&index| (Place::Release(index), self.tagged[index]))
            .chain([(Place::InProgress, self.walk.index(self.base.id))]);
        for (place, head) in heads {
            let mut line = Vec::new();
            let mut next = head;
            while let Some(index) = next {
                let node = self.walk.node(index);
                if claimed[index as usize] || self.order.place(node.marks) != Some(place) {
                    break;
                }
                claimed[index as usize] = true;
                line.push(index);
                next = node.parents.first().copied();
            }
            for &index in line.iter().rev() {
                let node = self.walk.node(index);
                let mut started_at = node.authored_at;
                let mut waiting: Vec<u32> = node.parents.iter().skip(1).copied().collect();
                while let Some(side) = waiting.pop() {
                    let commit = self.walk.node(side);
                    if claimed[side as usize] || self.order.place(commit.marks) != Some(place) {
                        continue;
                    }
                    claimed[side as usize] = true;
                    started_at = started_at.min(commit.authored_at);
                    waiting.extend(&commit.parents);
                }
                let written_by = *node.parents.get(1).unwrap_or(&index);
                entries.push(Entry { index, place, started_at, written_by });
            }
        }
        entries
    }

    fn pull_request(&self, entry: &Entry) -> PullRequest {
        let node = self.node(entry);
        let subject = node.subject.as_deref().cloned().unwrap_or_default();
        let id = match subject.number {
            Some(number) => format!("{}#{number}", self.repository),
            None => format!("{}@{}", self.repository, node.id.to_hex_with_len(10)),
        };
        let merged_at = Some(instant(node.committed_at, self.now));
        PullRequest {
            number: subject.number,
            branch: subject.branch.as_ref().map(Text::new),
            started_at: Some(instant(entry.started_at, self.now)).min(merged_at),
            merged_at,
            updated_at: merged_at,
            merge_commit: Some(Text::new(node.id.to_string())),
            stories: story_keys(&subject.stories, self.repository),
            release: Some(self.release(entry.place).clone()),
            ..PullRequest::new(
                &id,
                self.repository,
                &subject.title,
                self.walk.author(self.walk.node(entry.written_by)),
                &self.base.name,
                PullRequestState::Merged,
            )
        }
    }
}

/// Keys of stories: an issue of `repository` itself carries its name, `api#12`.
pub(crate) fn story_keys(stories: &[String], repository: &str) -> Vec<StoryKey> {
    stories
        .iter()
        .map(|story| {
            if story.starts_with('#') {
                StoryKey::new(format!("{repository}{story}"))
            } else {
                StoryKey::new(story)
            }
        })
        .collect()
}
