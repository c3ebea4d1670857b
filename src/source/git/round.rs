//! One round: from a repository to facts.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use gix::ObjectId;

use super::{
    GitSettings, branches,
    objects::Objects,
    pull_requests::{History, MOST_PER_RELEASE},
    repository::{self, Base, References, TagReference},
    tags::{self, Dated, Releases},
    walk::{MOST_RELEASES, Marks, Order, Place, Walk},
};
use crate::{
    domain::{Facts, Instant, Kind, Problem, Progress, PullRequest, Release, ReleaseId, Target, Text},
    source::{Answer, Report, SourceError},
};

/// Commits between two reports of progress.
const STEP: usize = 1_000;
/// Commits after which the first pull requests are told, and by how much this grows each time.
const FIRST_PART: usize = 1_000;
const PART_GROWS: usize = 4;
/// With more tags than this, the first outline is made of the most likely ones.
const MANY_TAGS: usize = 1_000;

/// What is remembered between rounds.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    dates: HashMap<ObjectId, Option<Dated>>,
    last: Option<(u64, i64, Arc<Facts>)>,
}

/// One round at `now`. Ends early with [`SourceError::Cancelled`] once `cancelled` is.
pub(crate) fn run(
    settings: &GitSettings,
    memory: &mut Memory,
    now: Instant,
    cancelled: &tokio_util::sync::CancellationToken,
    report: &dyn Fn(Report),
) -> Result<Answer, SourceError> {
    let repository = repository::open(&settings.path)?;
    let references = References::read(&repository)?;
    let fingerprint = references.fingerprint();
    // Branches stop being recent while nobody touches the repository.
    let day = now.timestamp().div_euclid(24 * 3600);
    if memory.last.as_ref().is_some_and(|(print, then, _)| (*print, *then) == (fingerprint, day)) {
        return Ok(Answer::Unchanged);
    }
    let mut objects = Objects::new(&repository, cancelled);
    let last = memory.last.as_ref().map(|(.., facts)| Arc::clone(facts));
    let reading = Reading {
        settings,
        repository: &repository,
        references: &references,
        now,
        last: last.as_deref(),
        report,
    };
    let facts = reading.facts(&mut objects, &mut memory.dates)?;
    let facts = Arc::new(facts);
    memory.last = Some((fingerprint, day, Arc::clone(&facts)));
    Ok(Answer::Facts(facts))
}

/// What a round works with.
struct Reading<'a> {
    settings: &'a GitSettings,
    repository: &'a gix::Repository,
    references: &'a References,
    now: Instant,
    /// What the last round said.
    last: Option<&'a Facts>,
    report: &'a dyn Fn(Report),
}

/// What is known of the releases before the walk.
struct Outline {
    repository: String,
    base: Option<Base>,
    releases: Releases,
    /// Identities of `releases.newest`.
    ids: Vec<ReleaseId>,
    in_progress: Option<ReleaseId>,
    told: Vec<Arc<Release>>,
    problems: Vec<Problem>,
}

impl Reading<'_> {
    fn facts(
        &self,
        objects: &mut Objects<'_>,
        dates: &mut HashMap<ObjectId, Option<Dated>>,
    ) -> Result<Facts, SourceError> {
        // The dates of thousands of tags take longer to read than a person should wait.
        let is_slow = self.references.tags.len() > MANY_TAGS && self.settings.tag_pattern.is_none();
        if self.last.is_none() && is_slow {
            let likely = tags::likely(&self.references.tags, self.most());
            let outline = self.outline(&likely, objects, dates)?;
            self.tell(&outline, Vec::new());
        }
        let mut outline = self.outline(&self.references.tags, objects, dates)?;
        self.tell(&outline, Vec::new());

        let candidates = match &outline.base {
            Some(base) => {
                let since = self.now.timestamp() - i64::from(self.settings.recent_days) * 24 * 3600;
                branches::recent(&self.references.branches, base, since, objects)?
            }
            None => Vec::new(),
        };
        let older = outline.releases.older.iter().map(|tag| (tag.committed_at, tag.commit)).collect();
        let mut walk = Walk::new(&self.references.shallow, older);
        if let Some(base) = &outline.base {
            walk.mark(base.id, Marks::BASE, objects);
        }
        for candidate in &candidates {
            walk.mark(candidate.id(), Marks::BRANCH, objects);
        }
        let tagged: Vec<Option<u32>> = (0..)
            .zip(&outline.releases.newest)
            .map(|(index, tag)| walk.mark(tag.commit, Marks::release(index), objects))
            .collect();
        let mut next_part = FIRST_PART;
        while !walk.advance(STEP, objects)? {
            let done = walk.nodes.len();
            (self.report)(Report::Progress(Progress {
                what: Text::new("commits"),
                done: done as u64,
                total: None,
            }));
            if done >= next_part {
                next_part = done * PART_GROWS;
                let (pull_requests, _) = self.merged(&outline, &walk, &tagged);
                self.tell(&outline, pull_requests);
            }
        }

        self.count_commits(&mut outline, &walk, &tagged);
        let (mut pull_requests, too_many) = self.merged(&outline, &walk, &tagged);
        let mut problems = outline.problems.clone();
        for release in too_many {
            let problem = Problem::new(
                format!(
                    "{release} has more than {MOST_PER_RELEASE} pull requests and commits: the oldest are left out"
                ),
                "tag releases more often, or let `tag_pattern` of the git source match more tags",
            );
            problems.push(problem.losing(&[Kind::PullRequests]));
        }
        if walk.is_cut {
            let problem = Problem::new(
                format!(
                    "the history has more than {} commits to look at: the oldest are left out",
                    walk.nodes.len()
                ),
                "ask for fewer `releases` of the git source",
            );
            problems.push(problem.losing(&[Kind::PullRequests]));
        }
        // Trees that are not there, as in a clone without them, lose nothing that is told.
        let (first_missing, missing) = (objects.first_missing, objects.missing);
        if let Some(base) = &outline.base {
            if !candidates.is_empty() {
                self.tell(&outline, pull_requests.clone());
            }
            pull_requests.extend(branches::open_work(
                &candidates,
                &walk,
                base,
                &outline.repository,
                self.now,
                objects,
            )?);
        }
        if let Some(id) = first_missing {
            problems.push(Problem::new(
                format!(
                    "{} of the repository at {} {} missing or damaged, the first one is {id}: what they led to is left out",
                    if missing == 1 { "an object".to_owned() } else { format!("{missing} objects") },
                    repository::root(self.repository).display(),
                    if missing == 1 { "is" } else { "are" },
                ),
                "run `git fsck`, then `git fetch` or clone the repository again",
            ));
        }
        Ok(self.facts_of(&outline, pull_requests, problems))
    }

    /// How many releases are told.
    fn most(&self) -> usize {
        self.settings.releases.clamp(1, MOST_RELEASES)
    }

    /// Names and dates: what is known without walking through the history.
    fn outline(
        &self,
        tags: &[TagReference],
        objects: &mut Objects<'_>,
        dates: &mut HashMap<ObjectId, Option<Dated>>,
    ) -> Result<Outline, SourceError> {
        let repository = repository::name(self.repository);
        let (base, mut problems) = repository::base(self.repository, self.references, self.settings);
        if !self.references.shallow.is_empty() {
            problems.push(Problem::new(
                format!("the repository \"{repository}\" is a shallow clone: older releases and pull requests are missing"),
                "run `git fetch --unshallow`",
            ));
        }
        if self.references.unreadable > 0 {
            problems.push(Problem::new(
                format!(
                    "{} references of \"{repository}\" cannot be read and are left out",
                    self.references.unreadable
                ),
                "look at them with `git fsck` and `git for-each-ref`",
            ));
        }
        let known_as = self.settings.project.as_deref().unwrap_or(&repository);
        let has_commits = base.is_some() || !self.references.tags.is_empty();
        let mut releases = if has_commits {
            let pattern = self.settings.tag_pattern.as_deref();
            tags::read(tags, pattern, known_as, self.most(), self.now, objects, dates)?
        } else {
            Releases::default()
        };
        problems.append(&mut releases.problems);
        // What a repository of several things tags is called as the tags call it.
        let project = match &self.settings.project {
            Some(project) => project.clone(),
            None if releases.family.is_empty() => repository.clone(),
            None => releases.family.clone(),
        };
        let ids: Vec<ReleaseId> =
            releases.newest.iter().map(|tag| ReleaseId::of(&project, &tag.version.text)).collect();
        let mut told: Vec<Release> = releases
            .newest
            .iter()
            .map(|tag| Release {
                start: releases.previous(tag).map(|previous| previous.at),
                released_at: Some(tag.at),
                tag: Some(Text::new(&tag.name)),
                commit: Some(Text::new(tag.commit.to_string())),
                ..Release::named(&project, &tag.version.text)
            })
            .collect();
        let in_progress = base.as_ref().map(|base| Release {
            start: releases.line().last().map(|tag| tag.at),
            target: releases.estimate(self.now).map(|at| Target { at, estimated: true }),
            commit: Some(Text::new(base.id.to_string())),
            ..Release::named(&project, &releases.next(self.now))
        });
        let in_progress_id = in_progress.as_ref().map(|release| release.id.clone());
        told.extend(in_progress);
        let told = shared(told, self.last.map(|facts| facts.releases.as_slice()), |release| &release.id);
        Ok(Outline { repository, base, releases, ids, in_progress: in_progress_id, told, problems })
    }

    /// How many commits each release brought. Where some could not be read, nobody knows.
    fn count_commits(&self, outline: &mut Outline, walk: &Walk, tagged: &[Option<u32>]) {
        if walk.is_cut || !self.references.shallow.is_empty() || tagged.contains(&None) {
            return;
        }
        let order = Order::new(walk, tagged);
        let mut counts: HashMap<&ReleaseId, u32> = HashMap::new();
        for place in walk.nodes.iter().filter_map(|node| order.place(node.marks)) {
            let release = match place {
                Place::Release(index) => outline.ids.get(index),
                Place::InProgress => outline.in_progress.as_ref(),
            };
            if let Some(release) = release {
                *counts.entry(release).or_default() += 1;
            }
        }
        let counted = outline.told.iter().map(|release| {
            let commits = Some(counts.get(&release.id).copied().unwrap_or(0));
            Release { commits, ..(**release).clone() }
        });
        let counted = counted.collect();
        outline.told =
            shared(counted, self.last.map(|facts| facts.releases.as_slice()), |release| &release.id);
    }

    fn merged(
        &self,
        outline: &Outline,
        walk: &Walk,
        tagged: &[Option<u32>],
    ) -> (Vec<PullRequest>, Vec<ReleaseId>) {
        let (Some(base), Some(in_progress)) = (&outline.base, &outline.in_progress) else {
            return (Vec::new(), Vec::new());
        };
        let order = Order::new(walk, tagged);
        History {
            walk,
            order: &order,
            tagged,
            releases: &outline.ids,
            in_progress,
            base,
            repository: &outline.repository,
            now: self.now,
        }
        .pull_requests()
    }

    /// Says what is known so far, in the first round: later on the board has more than that.
    fn tell(&self, outline: &Outline, pull_requests: Vec<PullRequest>) {
        if self.last.is_none() {
            let told = self.facts_of(outline, pull_requests, outline.problems.clone());
            (self.report)(Report::Partial(Arc::new(told)));
        }
    }

    fn facts_of(&self, outline: &Outline, pull_requests: Vec<PullRequest>, problems: Vec<Problem>) -> Facts {
        Facts {
            covers: BTreeSet::from([Kind::Releases, Kind::PullRequests]),
            releases: outline.told.clone(),
            pull_requests: shared(
                pull_requests,
                self.last.map(|facts| facts.pull_requests.as_slice()),
                |pull_request| &pull_request.id,
            ),
            problems,
            ..Facts::default()
        }
    }
}

/// `items` behind the `Arc`s that `last` had for those that did not change.
fn shared<T: PartialEq, I: Eq + std::hash::Hash>(
    items: Vec<T>,
    last: Option<&[Arc<T>]>,
    id: impl Fn(&T) -> &I,
) -> Vec<Arc<T>> {
    let known: HashMap<&I, &Arc<T>> = last.unwrap_or_default().iter().map(|item| (id(item), item)).collect();
    items
        .into_iter()
        .map(|item| match known.get(id(&item)) {
            Some(known) if ***known == item => Arc::clone(known),
            _ => Arc::new(item),
        })
        .collect()
}
