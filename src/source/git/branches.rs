//! Branches that are open work.
//!
//! A branch is open work if it is recent and what it does is not in the base. It is in the
//! base if one of these holds:
//!
//! - a release or the base contains its newest commit;
//! - its newest commit is there as a copy: same author, same time of writing, same subject (a rebase, a
//!   cherry-pick);
//! - a commit that came later merged a branch of its name, or carries the subject of its first or newest commit,
//!   with or without a number behind it (a squash);
//! - each version of a file that it leaves behind came into the base after the branch was begun (a squash under
//!   another name): its patch is there, whoever brought it in. This is the one test that does not trust words; a
//!   branch of which the base has everything but touched the same files in between needs one of the others.

use std::collections::{BTreeMap, HashMap, HashSet};

use gix::ObjectId;

use super::{
    commit::{RawCommit, instant},
    objects::Objects,
    repository::{Base, BranchReference},
    subject::{humanised, keys},
    trees::{FileVersion, changed_files},
    walk::{Marks, Node, Walk},
};
use crate::{
    domain::{Instant, PullRequest, PullRequestState, Text},
    source::SourceError,
};

/// Most commits of one branch that are looked at.
const MOST_OWN_COMMITS: usize = 1_000;
/// Most commits of the base whose changes are compared with those of branches.
const MOST_COMPARED: usize = 2_000;

/// A branch that may be open work.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    name: String,
    id: ObjectId,
    committed_at: i64,
}

/// The branches whose newest commit is from `since` (seconds since 1970) or later, each name
/// once. A branch that is here and at a remote counts with its newer state.
pub(crate) fn recent(
    branches: &[BranchReference],
    base: &Base,
    since: i64,
    objects: &mut Objects<'_>,
) -> Result<Vec<Candidate>, SourceError> {
    let mut found: BTreeMap<&str, Candidate> = BTreeMap::new();
    for branch in branches {
        objects.check()?;
        if *branch.name == *base.name || branch.name == "HEAD" || branch.id == base.id {
            continue;
        }
        let Some((gix::objs::Kind::Commit, data)) = objects.read(branch.id) else { continue };
        let committed_at = RawCommit::parse(data).committed_at;
        let is_newest = found.get(branch.name.as_str()).is_none_or(|known| known.committed_at < committed_at);
        if committed_at >= since && is_newest {
            let candidate = Candidate { name: branch.name.clone(), id: branch.id, committed_at };
            found.insert(&branch.name, candidate);
        }
    }
    Ok(found.into_values().collect())
}

impl Candidate {
    /// Its newest commit.
    pub(crate) fn id(&self) -> ObjectId {
        self.id
    }
}

/// A candidate with the commits that are only in it, newest first.
struct Own<'a> {
    candidate: &'a Candidate,
    commits: Vec<&'a Node>,
    /// When the first of them was written.
    begun_at: i64,
    /// The newest commit of the base that it was built on.
    fork: Option<ObjectId>,
}

/// Which of `candidates` are open work, as pull requests without a number. The walk is over
/// and had all candidates marked [`Marks::BRANCH`].
pub(crate) fn open_work(
    candidates: &[Candidate],
    walk: &Walk,
    base: &Base,
    repository: &str,
    now: Instant,
    objects: &mut Objects<'_>,
) -> Result<Vec<PullRequest>, SourceError> {
    let merged = Merged::read(walk);
    let mut open: Vec<Own<'_>> = candidates
        .iter()
        .filter_map(|candidate| own(candidate, walk))
        .filter(|own| !merged.names(own))
        .collect();
    let earliest = open.iter().map(|own| own.begun_at).min();
    if let Some(earliest) = earliest {
        let brought_in = brought_in(walk, base, earliest, objects)?;
        let mut is_open = Vec::with_capacity(open.len());
        for own in &open {
            objects.check()?;
            let files = changed_files(own.fork, own.candidate.id, objects);
            is_open.push(files.is_none_or(|files| {
                files.iter().any(|file| brought_in.get(file).is_none_or(|at| *at < own.begun_at))
            }));
        }
        let mut is_open = is_open.into_iter();
        open.retain(|_| is_open.next().unwrap_or(true));
    }
    Ok(open.iter().map(|own| pull_request(own, walk, base, repository, now)).collect())
}

/// The commits that are in `candidate` and in nothing else; none if there are none.
fn own<'a>(candidate: &'a Candidate, walk: &'a Walk) -> Option<Own<'a>> {
    let is_own = |node: &Node| node.marks == Marks::BRANCH;
    let tip = walk.index(candidate.id).filter(|&tip| is_own(walk.node(tip)))?;
    let (mut waiting, mut seen, mut commits) = (vec![tip], HashSet::from([tip]), Vec::new());
    let mut fork: Option<&Node> = None;
    while let Some(index) = waiting.pop() {
        let node = walk.node(index);
        if !is_own(node) {
            if fork.is_none_or(|fork| fork.committed_at < node.committed_at) {
                fork = Some(node);
            }
        } else if commits.len() < MOST_OWN_COMMITS {
            commits.push(node);
            waiting.extend(node.parents.iter().filter(|&&parent| seen.insert(parent)));
        }
    }
    commits[1..].sort_by_key(|node| std::cmp::Reverse(node.committed_at));
    let begun_at = commits.iter().map(|node| node.authored_at).min()?;
    Some(Own { candidate, commits, begun_at, fork: fork.map(|node| node.id) })
}

/// What the commits of the base and of releases say that they brought in.
struct Merged<'a> {
    copies: HashSet<(u32, i64, &'a str)>,
    /// When a commit with this title last came in.
    titles: HashMap<&'a str, i64>,
    /// When a branch of this name was last merged.
    branches: HashMap<&'a str, i64>,
}

impl<'a> Merged<'a> {
    fn read(walk: &'a Walk) -> Self {
        let mut merged = Self { copies: HashSet::new(), titles: HashMap::new(), branches: HashMap::new() };
        for node in walk.nodes.iter().filter(|node| node.marks != Marks::BRANCH) {
            let Some(subject) = &node.subject else { continue };
            merged.copies.insert((node.author, node.authored_at, &subject.title));
            let latest = |known: &mut i64| *known = node.committed_at.max(*known);
            latest(merged.titles.entry(&subject.title).or_insert(0));
            if let Some(branch) = &subject.branch {
                latest(merged.branches.entry(branch).or_insert(0));
            }
        }
        merged
    }

    /// Whether they name what `own` does.
    fn names(&self, own: &Own<'a>) -> bool {
        let title = |node: &'a Node| node.subject.as_deref().map(|subject| subject.title.as_str());
        let came_in = |node: &'a Node, not_before: i64| {
            title(node).and_then(|title| self.titles.get(title)).is_some_and(|at| *at >= not_before)
        };
        let (Some(tip), Some(first)) = (own.commits.first(), own.commits.last()) else { return false };
        let is_copied =
            title(tip).is_some_and(|title| self.copies.contains(&(tip.author, tip.authored_at, title)));
        let merged_at = self.branches.get(own.candidate.name.as_str()).copied();
        is_copied
            || merged_at.is_some_and(|at| at >= own.candidate.committed_at)
            || came_in(tip, tip.authored_at)
            // Work that went on after its first commit was taken is still open.
            || came_in(first, own.candidate.committed_at)
    }
}

/// The versions of files that came into the base, and when last, back to `earliest`.
fn brought_in(
    walk: &Walk,
    base: &Base,
    earliest: i64,
    objects: &mut Objects<'_>,
) -> Result<HashMap<FileVersion, i64>, SourceError> {
    let mut versions = HashMap::new();
    let mut next = walk.index(base.id);
    for _ in 0..MOST_COMPARED {
        objects.check()?;
        let Some(node) = next.map(|index| walk.node(index)) else { break };
        if node.committed_at < earliest {
            break;
        }
        let parent = node.parents.first().copied();
        let before = parent.map(|parent| walk.node(parent).id);
        for version in changed_files(before, node.id, objects).unwrap_or_default() {
            versions.entry(version).or_insert(node.committed_at);
        }
        next = parent;
    }
    Ok(versions)
}

fn pull_request(own: &Own<'_>, walk: &Walk, base: &Base, repository: &str, now: Instant) -> PullRequest {
    let name = &own.candidate.name;
    let tip = own.commits.first();
    let title = match own.commits.as_slice() {
        [only] => only.subject.as_ref().map(|subject| subject.title.clone()),
        _ => None,
    };
    let mut stories: Vec<String> = keys(name).collect();
    for subject in own.commits.iter().filter_map(|node| node.subject.as_ref()) {
        stories.extend(
            subject.stories.iter().filter(|story| !stories.contains(story)).cloned().collect::<Vec<_>>(),
        );
    }
    PullRequest {
        branch: Some(Text::new(name)),
        draft: true,
        started_at: Some(instant(own.begun_at, now)),
        updated_at: Some(instant(own.candidate.committed_at, now)),
        stories: super::pull_requests::story_keys(&stories, repository),
        ..PullRequest::new(
            format!("{repository}:{name}"),
            repository,
            title.unwrap_or_else(|| humanised(name)),
            tip.map_or("", |tip| walk.author(tip)),
            &base.name,
            PullRequestState::Open,
        )
    }
}
