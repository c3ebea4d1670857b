//! The walk: every commit that matters, read once, and which releases contain it.
//!
//! Each commit carries a set of marks: one for each release that contains it, one for the base
//! branch, one for branches, one for releases older than those asked for. Marks flow from a
//! commit to its parents, newest commits first, until all that is left is older than anything
//! asked for. So one walk answers for all releases and all branches.

use std::collections::BinaryHeap;

use gix::{ObjectId, hashtable::HashMap};

use super::{commit::RawCommit, objects::Objects, subject::Subject};
use crate::source::SourceError;

/// Most releases that are told apart.
pub(crate) const MOST_RELEASES: usize = 120;
/// Most commits that are read in one walk.
const MOST_COMMITS: usize = 500_000;
/// How much older than the oldest commit of interest the walk goes on, in seconds: clocks of
/// those who commit differ.
const SLACK: i64 = 30 * 24 * 3600;

/// A set of marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Marks(u128);

impl Marks {
    /// In the base branch.
    pub(crate) const BASE: Self = Self(1 << 125);
    /// In a branch that may be open work.
    pub(crate) const BRANCH: Self = Self(1 << 126);
    /// In a release that is older than those asked for.
    pub(crate) const OLDER: Self = Self(1 << 127);

    /// In the release with this index, below [`MOST_RELEASES`].
    pub(crate) fn release(index: usize) -> Self {
        Self(1 << index.min(MOST_RELEASES - 1))
    }

    /// All of `marks` are among these.
    pub(crate) fn has(self, marks: Self) -> bool {
        self.0 & marks.0 == marks.0
    }

    /// The indices of the releases among these.
    pub(crate) fn releases(self) -> impl Iterator<Item = usize> {
        let mut left = self.0 & ((1 << MOST_RELEASES) - 1);
        std::iter::from_fn(move || {
            let index = left.trailing_zeros() as usize;
            left &= left.wrapping_sub(1);
            (index < MOST_RELEASES).then_some(index)
        })
    }
}

/// A commit that was read.
#[derive(Debug)]
pub(crate) struct Node {
    /// Its hash.
    pub(crate) id: ObjectId,
    /// What it was built on, by index; complete once the walk is over.
    pub(crate) parents: Vec<u32>,
    /// What contains it.
    pub(crate) marks: Marks,
    /// When it came to be what it is, in seconds since 1970.
    pub(crate) committed_at: i64,
    /// When it was written, in seconds since 1970.
    pub(crate) authored_at: i64,
    /// Who wrote it, by index into [`Walk::authors`].
    pub(crate) author: u32,
    /// What its message says; none for what was known to be older than anything asked for.
    pub(crate) subject: Option<Box<Subject>>,
    unread_parents: Vec<ObjectId>,
    queued: bool,
}

/// A walk under way or over.
#[derive(Debug, Default)]
pub(crate) struct Walk {
    /// The commits read so far.
    pub(crate) nodes: Vec<Node>,
    /// Names of authors, each once.
    pub(crate) authors: Vec<String>,
    /// More commits than can be read in one walk: the rest is missing.
    pub(crate) is_cut: bool,
    known: HashMap<ObjectId, u32>,
    author_indices: std::collections::HashMap<String, u32>,
    queue: BinaryHeap<(i64, u32)>,
    /// How many commits in the queue are not [`Marks::OLDER`].
    interesting: usize,
    oldest_interesting: Option<i64>,
    shallow: Vec<ObjectId>,
    /// Commits of older releases that the walk has not come to yet, and their dates, oldest
    /// first.
    older: Vec<(i64, ObjectId)>,
}

impl Walk {
    /// A walk that goes nowhere beyond `shallow`, which is sorted, and that marks `older`
    /// commits, each with its date in seconds since 1970, as [`Marks::OLDER`] on its way.
    pub(crate) fn new(shallow: &[ObjectId], mut older: Vec<(i64, ObjectId)>) -> Self {
        older.sort();
        Self { shallow: shallow.to_owned(), older, ..Self::default() }
    }

    /// Puts `marks` on `id` and, later, on all that it was built on. A commit that cannot be
    /// read is left out.
    pub(crate) fn mark(&mut self, id: ObjectId, marks: Marks, objects: &mut Objects<'_>) -> Option<u32> {
        let index = match self.known.get(&id) {
            Some(&index) => index,
            None => self.read(id, marks, objects)?,
        };
        let node = &mut self.nodes[index as usize];
        let was_interesting = node.queued && !node.marks.has(Marks::OLDER);
        let (before, was_queued) = (node.marks, node.queued);
        node.marks = Marks(node.marks.0 | marks.0);
        if node.marks != before || (!was_queued && !node.unread_parents.is_empty()) {
            node.queued = true;
            if !was_queued {
                self.queue.push((node.committed_at, index));
            }
        }
        let is_interesting = node.queued && !node.marks.has(Marks::OLDER);
        self.interesting = self.interesting + usize::from(is_interesting) - usize::from(was_interesting);
        Some(index)
    }

    fn read(&mut self, id: ObjectId, marks: Marks, objects: &mut Objects<'_>) -> Option<u32> {
        if self.nodes.len() >= MOST_COMMITS {
            self.is_cut = true;
            return None;
        }
        let (_, data) = objects.read(id).filter(|(kind, _)| *kind == gix::objs::Kind::Commit)?;
        let raw = RawCommit::parse(data);
        let subject = (!marks.has(Marks::OLDER)).then(|| Box::new(Subject::parse(raw.message)));
        let author = String::from_utf8_lossy(raw.author);
        let author = if let Some(&known) = self.author_indices.get(author.as_ref()) {
            known
        } else {
            let index = self.authors.len() as u32;
            self.authors.push(author.clone().into_owned());
            self.author_indices.insert(author.into_owned(), index);
            index
        };
        let unread_parents = if self.shallow.binary_search(&id).is_ok() { Vec::new() } else { raw.parents };
        let index = self.nodes.len() as u32;
        self.nodes.push(Node {
            id,
            parents: Vec::new(),
            marks: Marks(0),
            committed_at: raw.committed_at.max(0),
            authored_at: raw.authored_at.max(0),
            author,
            subject,
            unread_parents,
            queued: false,
        });
        self.known.insert(id, index);
        Some(index)
    }

    /// Goes on for at most `steps` commits. Whether the walk is over.
    pub(crate) fn advance(&mut self, steps: usize, objects: &mut Objects<'_>) -> Result<bool, SourceError> {
        for step in 0..steps {
            if step % 256 == 0 {
                objects.check()?;
            }
            if self.interesting == 0 && self.is_far_enough() {
                return Ok(true);
            }
            // Of 12,000 tags only those are read that the walk comes to.
            while let Some((_, id)) = self.next_older() {
                self.mark(id, Marks::OLDER, objects);
            }
            let Some((_, index)) = self.queue.pop() else { return Ok(true) };
            let node = &mut self.nodes[index as usize];
            node.queued = false;
            let marks = node.marks;
            if !marks.has(Marks::OLDER) {
                self.interesting -= 1;
                let oldest = self.oldest_interesting.get_or_insert(node.committed_at);
                *oldest = node.committed_at.min(*oldest);
            }
            let unread = std::mem::take(&mut node.unread_parents);
            if unread.is_empty() {
                // Marks that came late, over a newer commit with an older date.
                let parents = node.parents.clone();
                for parent in parents {
                    let id = self.nodes[parent as usize].id;
                    self.mark(id, marks, objects);
                }
            } else {
                let mut parents = Vec::with_capacity(unread.len());
                for id in unread {
                    parents.extend(self.mark(id, marks, objects));
                }
                self.nodes[index as usize].parents = parents;
            }
        }
        Ok(false)
    }

    fn next_older(&mut self) -> Option<(i64, ObjectId)> {
        let newest = self.queue.peek().map_or(i64::MIN, |(newest, _)| *newest);
        self.older.pop_if(|(at, _)| *at >= newest)
    }

    /// Nothing that is left can lead to a commit of interest, unless the clocks of two people
    /// were further apart than [`SLACK`].
    fn is_far_enough(&self) -> bool {
        let queued = self.queue.peek().map(|(at, _)| *at);
        let Some(newest) = queued.max(self.older.last().map(|(at, _)| *at)) else { return true };
        self.oldest_interesting.is_none_or(|oldest| newest < oldest.saturating_sub(SLACK))
    }

    /// The index of `id`, if it was read.
    pub(crate) fn index(&self, id: ObjectId) -> Option<u32> {
        self.known.get(&id).copied()
    }

    /// The commit with this index.
    pub(crate) fn node(&self, index: u32) -> &Node {
        &self.nodes[index as usize]
    }

    /// Who wrote a commit.
    pub(crate) fn author(&self, node: &Node) -> &str {
        &self.authors[node.author as usize]
    }
}

/// Which release a commit belongs to: the oldest one that contains it.
#[derive(Debug)]
pub(crate) struct Order {
    /// Indices of releases, oldest first.
    pub(crate) oldest_first: Vec<usize>,
    rank: Vec<usize>,
}

/// Where a commit belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The release with this index.
    Release(usize),
    /// The release in progress.
    InProgress,
}

impl Order {
    /// Orders releases, whose commits are `tagged` in order of their dates: by date, but a
    /// release that is contained in another one before that one, whatever the dates say.
    pub(crate) fn new(walk: &Walk, tagged: &[Option<u32>]) -> Self {
        let marks = |index: usize| tagged[index].map_or(Marks(0), |node| walk.node(node).marks);
        let comes_first = |inner: usize, outer: usize| {
            tagged[inner] != tagged[outer] && marks(inner).has(Marks::release(outer))
        };
        let mut order = Self { oldest_first: Vec::new(), rank: vec![usize::MAX; tagged.len()] };
        let mut waiting: Vec<usize> = (0..tagged.len()).rev().collect();
        while let Some(&outer) = waiting.last() {
            if order.rank[outer] != usize::MAX {
                waiting.pop();
                continue;
            }
            let inner =
                (0..tagged.len()).find(|&inner| order.rank[inner] == usize::MAX && comes_first(inner, outer));
            // Each commit contains only older ones, so this ends.
            if let Some(inner) = inner.filter(|_| waiting.len() <= 2 * tagged.len()) {
                waiting.push(inner);
            } else {
                order.rank[outer] = order.oldest_first.len();
                order.oldest_first.push(outer);
                waiting.pop();
            }
        }
        order
    }

    /// Where a commit with `marks` belongs; none if it is older than anything asked for or
    /// in nothing but branches.
    pub(crate) fn place(&self, marks: Marks) -> Option<Place> {
        if marks.has(Marks::OLDER) {
            return None;
        }
        let oldest =
            marks.releases().min_by_key(|&index| self.rank.get(index).copied().unwrap_or(usize::MAX));
        oldest.map(Place::Release).or_else(|| marks.has(Marks::BASE).then_some(Place::InProgress))
    }

    /// Position of a place in time: releases oldest first, then the one in progress.
    pub(crate) fn rank(&self, place: Place) -> usize {
        match place {
            Place::Release(index) => self.rank.get(index).copied().unwrap_or(usize::MAX),
            Place::InProgress => usize::MAX,
        }
    }
}
