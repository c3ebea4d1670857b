//! Which tags are releases, and what the next one is and when.

use std::collections::{BTreeMap, HashMap};

use chrono::Duration;
use gix::{ObjectId, objs::Kind as ObjectKind};
use globset::{Glob, GlobMatcher};

use super::{
    commit::{RawCommit, RawTag, instant},
    objects::Objects,
    repository::TagReference,
};
use crate::{
    domain::{
        Instant, Problem,
        version::{Version, VersionTag, next_version},
    },
    source::SourceError,
};

/// How many tags a tag may name in a row before it is left alone.
const DEEPEST_TAG: usize = 5;
/// A version that so many later releases stay below was a mistake, or another scheme.
const LEFT_BEHIND: usize = 10;
/// Intervals between releases that the cadence is taken from.
const CADENCE: usize = 10;

/// A tag that is a release.
#[derive(Clone, Debug)]
pub(crate) struct Tag {
    /// Its name.
    pub(crate) name: String,
    /// The version that it names.
    pub(crate) version: Version,
    /// The commit that it names.
    pub(crate) commit: ObjectId,
    /// When that commit came to be, in seconds since 1970.
    pub(crate) committed_at: i64,
    /// When the tag was made; where it does not say, when its commit was.
    pub(crate) at: Instant,
}

/// What a tag names.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dated {
    commit: ObjectId,
    /// When the commit came to be, in seconds since 1970.
    committed_at: i64,
    /// When the tag was made, in seconds since 1970.
    tagged_at: Option<i64>,
}

/// The releases of a repository.
#[derive(Clone, Debug, Default)]
pub(crate) struct Releases {
    /// What their tags share, see [`VersionTag::family`].
    pub(crate) family: String,
    /// The newest ones, oldest first.
    pub(crate) newest: Vec<Tag>,
    /// All before those, oldest first.
    pub(crate) older: Vec<Tag>,
    /// A pre-release that was tagged after the last release.
    pub(crate) ahead: Option<Version>,
    /// What a person should know.
    pub(crate) problems: Vec<Problem>,
}

/// Chooses among `references` the newest `most` tags that are releases of one family.
///
/// With a `pattern` all tags that match it are one family; without, the family with the
/// newest tag is followed. `remembered` keeps what tags name, by the identity of the tag.
pub(crate) fn read(
    references: &[TagReference],
    pattern: Option<&str>,
    project: &str,
    most: usize,
    now: Instant,
    objects: &mut Objects<'_>,
    remembered: &mut HashMap<ObjectId, Option<Dated>>,
) -> Result<Releases, SourceError> {
    let mut problems = Vec::new();
    let matcher = pattern.and_then(|pattern| match Glob::new(pattern) {
        Ok(glob) => Some(glob.compile_matcher()),
        Err(error) => {
            problems.push(Problem::new(
                format!("the tag pattern \"{pattern}\" cannot be read: {}", error.kind()),
                "correct `tag_pattern` of the git source: `*` and `?` match anything",
            ));
            None
        }
    });
    let mut families: BTreeMap<String, Vec<(&TagReference, Version)>> = BTreeMap::new();
    for reference in references {
        if let Some((family, version)) = recognise(reference, matcher.as_ref(), project) {
            families.entry(family).or_default().push((reference, version));
        }
    }
    let mut read: Vec<(String, Vec<Tag>, Option<Tag>)> = Vec::new();
    let mut known = HashMap::with_capacity(references.len());
    for (family, members) in families {
        let (mut releases, mut ahead): (Vec<Tag>, Option<Tag>) = (Vec::with_capacity(members.len()), None);
        for (reference, version) in members {
            objects.check()?;
            let dated = match remembered.get(&reference.id) {
                Some(dated) => *dated,
                None => dated(reference.id, objects),
            };
            known.insert(reference.id, dated);
            let Some(Dated { commit, committed_at, tagged_at }) = dated else { continue };
            let at = instant(tagged_at.unwrap_or(committed_at), now);
            let tag = Tag { name: reference.name.clone(), version, commit, committed_at, at };
            if !tag.version.is_prerelease {
                releases.push(tag);
            } else if ahead.as_ref().is_none_or(|ahead| tag.version > ahead.version) {
                ahead = Some(tag);
            }
        }
        releases.sort_by(|left, right| (left.at, &left.version).cmp(&(right.at, &right.version)));
        // `v1.2` and `1.2` are one release: the first of them.
        let mut seen = std::collections::HashSet::new();
        releases.retain(|tag| seen.insert(tag.version.text.clone()));
        if !releases.is_empty() || ahead.is_some() {
            read.push((family, releases, ahead));
        }
    }
    *remembered = known;
    let newest_of = |(_, releases, ahead): &(String, Vec<Tag>, Option<Tag>)| {
        releases.last().map(|tag| tag.at).max(ahead.as_ref().map(|tag| tag.at))
    };
    let Some(index) = (0..read.len()).max_by_key(|&index| (newest_of(&read[index]), read[index].1.len()))
    else {
        let none = match (pattern, references.is_empty()) {
            (Some(pattern), false) => Problem::new(
                format!("no tag that names a version matches \"{pattern}\": there are no releases"),
                "correct `tag_pattern` of the git source, or `git fetch --tags`",
            ),
            (_, true) => Problem::new(
                "the repository has no tags: there are no releases yet",
                "tag the commit of a release, such as `git tag -a v0.1.0`, or `git fetch --tags`",
            ),
            (None, false) => Problem::new(
                "no tag of the repository names a version: there are no releases yet",
                "set `tag_pattern` of the git source, or tag releases as v1.2.3",
            ),
        };
        problems.push(none.losing_nothing());
        return Ok(Releases { problems, ..Releases::default() });
    };
    let (family, mut releases, ahead) = read.swap_remove(index);
    if let Some(problem) = others(&family, releases.last(), &read) {
        problems.push(problem);
    }
    let ahead = ahead
        .filter(|ahead| releases.last().is_none_or(|last| last.at <= ahead.at))
        .map(|ahead| ahead.version);
    let newest = releases.split_off(releases.len().saturating_sub(most));
    Ok(Releases { family, newest, older: releases, ahead, problems })
}

/// The tags among which the newest `most` releases most likely are: of the five families with
/// the most tags, those with the highest versions.
pub(crate) fn likely(references: &[TagReference], most: usize) -> Vec<TagReference> {
    let mut families: BTreeMap<String, Vec<(Version, &TagReference)>> = BTreeMap::new();
    for reference in references {
        if let Some(tag) = VersionTag::parse(&reference.name, "") {
            families.entry(tag.family).or_default().push((tag.version, reference));
        }
    }
    let mut families: Vec<_> = families.into_values().collect();
    families.sort_by_key(|members| std::cmp::Reverse(members.len()));
    families.truncate(5);
    let highest = families.into_iter().flat_map(|mut members| {
        members.sort_by(|left, right| right.0.cmp(&left.0));
        members.truncate(2 * most);
        members
    });
    highest.map(|(_, reference)| reference.clone()).collect()
}

fn recognise(
    reference: &TagReference,
    matcher: Option<&GlobMatcher>,
    project: &str,
) -> Option<(String, Version)> {
    if matcher.is_some_and(|matcher| !matcher.is_match(&reference.name)) {
        return None;
    }
    let tag = VersionTag::parse(&reference.name, project)?;
    Some((if matcher.is_some() { String::new() } else { tag.family }, tag.version))
}

/// The commit that the object `id` names, and the date of the first tag on the way.
fn dated(mut id: ObjectId, objects: &mut Objects<'_>) -> Option<Dated> {
    let mut tagged_at = None;
    for _ in 0..=DEEPEST_TAG {
        let (kind, data) = objects.read(id)?;
        match kind {
            ObjectKind::Commit => {
                let committed_at = RawCommit::parse(data).committed_at.max(0);
                return Some(Dated { commit: id, committed_at, tagged_at });
            }
            ObjectKind::Tag => {
                let tag = RawTag::parse(data);
                tagged_at = tagged_at.or(tag.tagged_at);
                id = tag.target?;
            }
            ObjectKind::Tree | ObjectKind::Blob => return None,
        }
    }
    None
}

/// Says so where other families are as alive as the one that is followed: three releases or
/// more, the newest within a year of ours.
fn others(family: &str, last: Option<&Tag>, rest: &[(String, Vec<Tag>, Option<Tag>)]) -> Option<Problem> {
    let since = last.map(|tag| tag.at - Duration::days(365));
    let alive: Vec<&str> = rest
        .iter()
        .filter(|(_, releases, _)| releases.len() >= 3 && releases.last().map(|tag| tag.at) >= since)
        .map(|(family, ..)| family.as_str())
        .collect();
    if alive.is_empty() {
        return None;
    }
    let shown =
        |family: &str| if family.is_empty() { "plain versions".to_owned() } else { format!("\"{family}\"") };
    let named = alive.iter().take(3).map(|family| shown(family)).collect::<Vec<_>>().join(", ");
    let more = if alive.len() > 3 { format!(" and {} more", alive.len() - 3) } else { String::new() };
    let problem = Problem::new(
        format!("the repository tags several things: {} is followed, not {named}{more}", shown(family)),
        "add a git source for each with its own `tag_pattern` and `project`",
    );
    Some(problem.losing_nothing())
}

impl Releases {
    /// The release before `tag`: the highest version below its own of those that went out
    /// before it, so that a backport follows the release that it mends.
    pub(crate) fn previous(&self, tag: &Tag) -> Option<&Tag> {
        self.older
            .iter()
            .chain(&self.newest)
            .filter(|other| other.at <= tag.at && other.version < tag.version)
            .max_by(|left, right| left.version.cmp(&right.version))
    }

    /// The releases that went on from each other, oldest first: those that are higher than
    /// all before them. Backports are not among them.
    pub(crate) fn line(&self) -> Vec<&Tag> {
        let mut from = 0;
        loop {
            let mut line: Vec<usize> = Vec::new();
            for (index, tag) in self.newest.iter().enumerate().skip(from) {
                if line.last().is_none_or(|&last| self.newest[last].version < tag.version) {
                    line.push(index);
                }
            }
            match line.last() {
                Some(&last) if self.newest.len() - last > LEFT_BEHIND => from = last + 1,
                _ => return line.into_iter().map(|index| &self.newest[index]).collect(),
            }
        }
    }

    /// When the next release is to be expected: one [`Self::cadence`] after the last release.
    pub(crate) fn expected(&self) -> Option<Instant> {
        self.line().last()?.at.checked_add_signed(self.cadence()?)
    }

    /// The target that the cadence suggests. None once another whole interval has passed
    /// without a release: then there is no such cadence any more.
    pub(crate) fn estimate(&self, now: Instant) -> Option<Instant> {
        let until = self.expected()?.checked_add_signed(self.cadence()?)?;
        self.expected().filter(|_| now <= until)
    }

    /// The median of the last intervals between releases. None for fewer than three releases.
    fn cadence(&self) -> Option<Duration> {
        let line = self.line();
        if line.len() < 3 {
            return None;
        }
        let mut intervals: Vec<Duration> =
            line.windows(2).map(|pair| pair[1].at - pair[0].at).rev().take(CADENCE).collect();
        intervals.sort();
        let middle = intervals.len() / 2;
        let median = if intervals.len() % 2 == 1 {
            intervals[middle]
        } else {
            (intervals[middle - 1] + intervals[middle]) / 2
        };
        Some(median).filter(|median| *median > Duration::zero())
    }

    /// The name of the release in progress.
    pub(crate) fn next(&self, now: Instant) -> String {
        let line: Vec<_> =
            self.line().into_iter().map(|tag| (tag.version.clone(), tag.at.date_naive())).collect();
        let day = self.expected().unwrap_or(now).date_naive();
        next_version(&line, self.ahead.as_ref(), day)
    }
}
