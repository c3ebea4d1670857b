//! What a release contains, beside what set differences say.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use gix::ObjectId;
use proptest::prelude::*;

use super::maker::Maker;

/// A made history: for each commit its parents (as steps back) and its day, and which commits
/// are tagged on which day after.
#[derive(Clone, Debug)]
struct History {
    commits: Vec<(Vec<usize>, i64)>,
    tags: BTreeMap<usize, i64>,
    most: usize,
}

fn history(skewed: bool) -> impl Strategy<Value = History> {
    let skew = if skewed { -14i64..15 } else { 0..1 };
    (
        proptest::collection::vec((proptest::collection::vec(1usize..6, 1..3), skew), 2..40),
        proptest::collection::btree_map(0usize..40, 0i64..5, 0..10),
        1usize..6,
    )
        .prop_map(|(commits, tags, most)| History {
            commits: (0i64..).zip(commits).map(|(day, (parents, skew))| (parents, day * 3 + skew)).collect(),
            tags,
            most,
        })
}

/// What each release contains, worked out the slow way: all ancestors of its tag that no
/// release before it has. Releases are ordered by date, but a contained one comes first.
fn naive(history: &History) -> HashMap<usize, Option<usize>> {
    let count = history.commits.len();
    let ancestors: Vec<HashSet<usize>> =
        (0..count).fold(Vec::new(), |mut known: Vec<HashSet<usize>>, commit| {
            let mut own = HashSet::from([commit]);
            for back in &history.commits[commit].0 {
                if let Some(parent) = commit.checked_sub(*back) {
                    own.extend(known[parent].iter().copied());
                }
            }
            known.push(own);
            known
        });
    let mut dated: Vec<(i64, usize)> = tags_of(history);
    dated.sort_unstable();
    let older = dated.len().saturating_sub(history.most);
    let mut taken: HashSet<usize> = HashSet::new();
    for (_, tag) in &dated[..older] {
        taken.extend(&ancestors[*tag]);
    }
    let mut waiting: Vec<usize> = dated[older..].iter().map(|(_, tag)| *tag).collect();
    let mut belongs = HashMap::new();
    while !waiting.is_empty() {
        // The first by date, after what it contains.
        let mut next = waiting[0];
        while let Some(inner) =
            waiting.iter().find(|&&other| other != next && ancestors[next].contains(&other))
        {
            next = *inner;
        }
        waiting.retain(|tag| *tag != next);
        for commit in &ancestors[next] {
            if taken.insert(*commit) {
                belongs.insert(*commit, Some(next));
            }
        }
    }
    for commit in &ancestors[count - 1] {
        if taken.insert(*commit) {
            belongs.insert(*commit, None);
        }
    }
    belongs
}

/// Tags with their days in the order of their versions.
fn tags_of(history: &History) -> Vec<(i64, usize)> {
    let count = history.commits.len();
    history
        .tags
        .iter()
        .filter(|(tag, _)| **tag < count)
        .map(|(tag, late)| (*late + tag_day(history, *tag), *tag))
        .collect()
}

fn tag_day(history: &History, tag: usize) -> i64 {
    history.commits[tag].1
}

/// Makes `history` and reads which release each commit belongs to.
fn told(history: &History) -> HashMap<usize, Option<usize>> {
    let maker = Maker::new();
    let mut ids: Vec<ObjectId> = Vec::new();
    for (index, (parents, day)) in history.commits.iter().enumerate() {
        let unique: BTreeSet<usize> = parents.iter().filter_map(|back| index.checked_sub(*back)).collect();
        let parents: Vec<ObjectId> = unique.into_iter().rev().map(|parent| ids[parent]).collect();
        ids.push(maker.commit(&parents, *day, &format!("Work (#{index})")));
    }
    for (day, tag) in tags_of(history) {
        maker.annotated(&format!("v{tag}.0"), ids[tag], day);
    }
    maker.main(*ids.last().unwrap());
    let facts = maker.read_with(|settings| settings.releases = history.most);
    let tags: HashMap<&str, usize> = facts
        .releases
        .iter()
        .filter_map(|release| {
            Some((
                release.id.as_str(),
                release.tag.as_ref()?.trim_matches('v').split('.').next()?.parse().ok()?,
            ))
        })
        .collect();
    facts
        .pull_requests
        .iter()
        .map(|found| {
            let release = found.release.as_ref().unwrap();
            (found.number.unwrap() as usize, tags.get(release.as_str()).copied())
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn releases_contain_what_set_differences_say(history in history(false)) {
        prop_assert_eq!(told(&history), naive(&history));
    }

    #[test]
    fn clocks_that_are_wrong_by_two_weeks_change_nothing(history in history(true)) {
        // What is dated after now counts as now, and then the version decides.
        prop_assume!(tags_of(&history).iter().all(|(day, _)| *day < 320));
        prop_assert_eq!(told(&history), naive(&history));
    }
}
