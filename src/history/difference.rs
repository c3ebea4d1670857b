//! What turns the facts of a source into those that came after: the items that are new or
//! changed, and which of the old ones stay, in their order.
//!
//! Items are found again by their identity and compared by their bytes, so that
//! [`Difference::apply`] gives exactly what was there, whatever moved, doubled or does not
//! equal itself.

use std::{
    collections::{BTreeSet, HashMap},
    hash::Hash,
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use super::HistoryError;
use crate::domain::{
    Booking, BookingId, Build, BuildId, Deployment, DeploymentId, Environment, EnvironmentId, Facts, Finding,
    FindingId, Freeze, Instant, Kind, Problem, PullRequest, PullRequestId, Release, ReleaseId, Story,
    StoryKey, TestRun, Text, Window,
};

/// From the facts of a source to the next ones. A list that is left out (null) stays as it was.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// [`Facts::covers`], as a whole.
    pub covers: Option<BTreeSet<Kind>>,
    /// [`Facts::releases`].
    pub releases: Option<Vec<Part<Arc<Release>>>>,
    /// [`Facts::stories`].
    pub stories: Option<Vec<Part<Arc<Story>>>>,
    /// [`Facts::pull_requests`].
    pub pull_requests: Option<Vec<Part<Arc<PullRequest>>>>,
    /// [`Facts::deployments`].
    pub deployments: Option<Vec<Part<Arc<Deployment>>>>,
    /// [`Facts::environments`].
    pub environments: Option<Vec<Part<Arc<Environment>>>>,
    /// [`Facts::bookings`].
    pub bookings: Option<Vec<Part<Arc<Booking>>>>,
    /// [`Facts::freezes`].
    pub freezes: Option<Vec<Part<Arc<Freeze>>>>,
    /// [`Facts::test_runs`].
    pub test_runs: Option<Vec<Part<Arc<TestRun>>>>,
    /// [`Facts::findings`].
    pub findings: Option<Vec<Part<Arc<Finding>>>>,
    /// [`Facts::builds`].
    pub builds: Option<Vec<Part<Arc<Build>>>>,
    /// [`Facts::problems`].
    pub problems: Option<Vec<Part<Problem>>>,
}

/// A stretch of a list; the stretches one after the other are the new list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part<T> {
    /// Items of the old list.
    Kept {
        /// The place of the first one, counted from 0.
        from: u32,
        /// How many.
        count: u32,
    },
    /// Items that are new, or not what they were.
    New(Vec<T>),
}

/// How many items of one list are not what they were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Were not there.
    pub added: usize,
    /// Were there, and are something else now.
    pub changed: usize,
    /// Are there no more.
    pub removed: usize,
}

/// No list of ours is longer; a difference that asks for more is wrong.
const MOST_ITEMS: usize = 4_000_000;

/// An entry of a list, found again by its identity.
trait Item: Clone + Serialize {
    type Identity<'a>: Eq + Hash
    where
        Self: 'a;

    fn identity(&self) -> Self::Identity<'_>;

    /// The two are one value in memory.
    fn is_shared(&self, _: &Self) -> bool {
        false
    }
}

macro_rules! items {
    ($($item:ty, $identity:ty, $this:ident => $value:expr;)*) => {$(
        impl Item for Arc<$item> {
            type Identity<'a> = $identity;

            fn identity(&self) -> Self::Identity<'_> {
                let $this = self;
                $value
            }

            fn is_shared(&self, other: &Self) -> bool {
                Arc::ptr_eq(self, other)
            }
        }
    )*};
}

items! {
    Release, &'a ReleaseId, release => &release.id;
    Story, &'a StoryKey, story => &story.key;
    PullRequest, &'a PullRequestId, request => &request.id;
    Deployment, &'a DeploymentId, deployment => &deployment.id;
    Environment, &'a EnvironmentId, environment => &environment.id;
    Booking, &'a BookingId, booking => &booking.id;
    Freeze, (&'a Text, Instant), freeze => { let Window { from, .. } = freeze.window; (&freeze.name, from) };
    TestRun, (&'a Text, Instant), run => (&run.suite, run.at);
    Finding, &'a FindingId, finding => &finding.id;
    Build, &'a BuildId, build => &build.id;
}

impl Item for Problem {
    type Identity<'a> = &'a Text;

    fn identity(&self) -> Self::Identity<'_> {
        &self.what
    }
}

/// Compares items by what is kept of them; holds on to its memory.
#[derive(Default)]
struct Comparison(Vec<u8>, Vec<u8>);

impl Comparison {
    fn same<T: Item>(&mut self, a: &T, b: &T) -> Result<bool, HistoryError> {
        if a.is_shared(b) {
            return Ok(true);
        }
        let Self(first, second) = self;
        first.clear();
        second.clear();
        let encoding = |error: postcard::Error| HistoryError::store("encoding facts", &error);
        *first = postcard::to_extend(a, std::mem::take(first)).map_err(encoding)?;
        *second = postcard::to_extend(b, std::mem::take(second)).map_err(encoding)?;
        Ok(first == second)
    }

    /// The parts of `after`; none if it is `before`.
    fn parts<T: Item>(&mut self, before: &[T], after: &[T]) -> Result<Option<Vec<Part<T>>>, HistoryError> {
        let mut parts: Vec<Part<T>> = Vec::new();
        let mut places: Option<HashMap<T::Identity<'_>, usize>> = None;
        // Where the item would be if nothing had moved since the one before it.
        let mut expected = 0;
        for item in after {
            let identity = item.identity();
            let place = match before.get(expected) {
                Some(old) if old.identity() == identity => Some(expected),
                _ => places.get_or_insert_with(|| places_of(before)).get(&identity).copied(),
            };
            if let Some(place) = place {
                expected = place + 1;
                if self.same(&before[place], item)? {
                    keep(&mut parts, place);
                    continue;
                }
            }
            match parts.last_mut() {
                Some(Part::New(items)) => items.push(item.clone()),
                _ => parts.push(Part::New(vec![item.clone()])),
            }
        }
        let is_unchanged = match parts.as_slice() {
            [] => before.is_empty(),
            [Part::Kept { from: 0, count }] => *count as usize == before.len(),
            _ => false,
        };
        Ok((!is_unchanged).then_some(parts))
    }

    fn counts<T: Item>(&mut self, before: &[T], after: &[T]) -> Result<Counts, HistoryError> {
        let mut counts = Counts::default();
        let old = places_of(before);
        let new = places_of(after);
        counts.removed = old.keys().filter(|identity| !new.contains_key(identity)).count();
        for (identity, place) in &new {
            match old.get(identity) {
                None => counts.added += 1,
                Some(was) => counts.changed += usize::from(!self.same(&before[*was], &after[*place])?),
            }
        }
        Ok(counts)
    }
}

fn places_of<T: Item>(items: &[T]) -> HashMap<T::Identity<'_>, usize> {
    items.iter().enumerate().map(|(place, item)| (item.identity(), place)).collect()
}

fn keep<T>(parts: &mut Vec<Part<T>>, place: usize) {
    // Lists are far shorter.
    let place = u32::try_from(place).unwrap_or(u32::MAX);
    match parts.last_mut() {
        Some(Part::Kept { from, count }) if from.checked_add(*count) == Some(place) => *count += 1,
        _ => parts.push(Part::Kept { from: place, count: 1 }),
    }
}

/// Puts the new list in the place of `list`.
fn put<T: Clone>(list: &mut Vec<T>, parts: Option<Vec<Part<T>>>) -> Result<(), HistoryError> {
    let Some(parts) = parts else { return Ok(()) };
    let wrong = || HistoryError::damaged("a difference does not fit what it follows");
    let mut length = 0_usize;
    for part in &parts {
        length = length.saturating_add(match part {
            Part::Kept { count, .. } => *count as usize,
            Part::New(items) => items.len(),
        });
    }
    if length > MOST_ITEMS {
        return Err(wrong());
    }
    let mut new = Vec::with_capacity(length);
    for part in parts {
        match part {
            Part::Kept { from, count } => {
                let until = (from as usize).checked_add(count as usize).ok_or_else(wrong)?;
                new.extend_from_slice(list.get(from as usize..until).ok_or_else(wrong)?);
            }
            Part::New(items) => new.extend(items),
        }
    }
    *list = new;
    Ok(())
}

impl Difference {
    /// What turns `before` into `after`.
    pub fn between(before: &Facts, after: &Facts) -> Result<Self, HistoryError> {
        let mut comparison = Comparison::default();
        Ok(Self {
            covers: (before.covers != after.covers).then(|| after.covers.clone()),
            releases: comparison.parts(&before.releases, &after.releases)?,
            stories: comparison.parts(&before.stories, &after.stories)?,
            pull_requests: comparison.parts(&before.pull_requests, &after.pull_requests)?,
            deployments: comparison.parts(&before.deployments, &after.deployments)?,
            environments: comparison.parts(&before.environments, &after.environments)?,
            bookings: comparison.parts(&before.bookings, &after.bookings)?,
            freezes: comparison.parts(&before.freezes, &after.freezes)?,
            test_runs: comparison.parts(&before.test_runs, &after.test_runs)?,
            findings: comparison.parts(&before.findings, &after.findings)?,
            builds: comparison.parts(&before.builds, &after.builds)?,
            problems: comparison.parts(&before.problems, &after.problems)?,
        })
    }

    /// The facts after `before`; an error if they cannot be those that this was made for.
    pub fn apply(self, before: Facts) -> Result<Facts, HistoryError> {
        let mut facts = before;
        if let Some(covers) = self.covers {
            facts.covers = covers;
        }
        put(&mut facts.releases, self.releases)?;
        put(&mut facts.stories, self.stories)?;
        put(&mut facts.pull_requests, self.pull_requests)?;
        put(&mut facts.deployments, self.deployments)?;
        put(&mut facts.environments, self.environments)?;
        put(&mut facts.bookings, self.bookings)?;
        put(&mut facts.freezes, self.freezes)?;
        put(&mut facts.test_runs, self.test_runs)?;
        put(&mut facts.findings, self.findings)?;
        put(&mut facts.builds, self.builds)?;
        put(&mut facts.problems, self.problems)?;
        Ok(facts)
    }
}

/// How many items changed from `before` to `after`, by list; lists without a change are left
/// out. Items of one identity count once.
pub fn compare(before: &Facts, after: &Facts) -> Result<Vec<(&'static str, Counts)>, HistoryError> {
    let mut comparison = Comparison::default();
    let lists = [
        ("releases", comparison.counts(&before.releases, &after.releases)?),
        ("stories", comparison.counts(&before.stories, &after.stories)?),
        ("pull requests", comparison.counts(&before.pull_requests, &after.pull_requests)?),
        ("deployments", comparison.counts(&before.deployments, &after.deployments)?),
        ("environments", comparison.counts(&before.environments, &after.environments)?),
        ("bookings", comparison.counts(&before.bookings, &after.bookings)?),
        ("freezes", comparison.counts(&before.freezes, &after.freezes)?),
        ("test runs", comparison.counts(&before.test_runs, &after.test_runs)?),
        ("findings", comparison.counts(&before.findings, &after.findings)?),
        ("builds", comparison.counts(&before.builds, &after.builds)?),
        ("problems", comparison.counts(&before.problems, &after.problems)?),
    ];
    Ok(lists.into_iter().filter(|(_, counts)| *counts != Counts::default()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::conformance::sample;

    fn stories(numbers: &[usize]) -> Facts {
        Facts {
            stories: numbers.iter().map(|number| Arc::new(sample::story(*number))).collect(),
            ..Facts::default()
        }
    }

    #[test]
    fn a_difference_has_what_is_new_and_leads_to_what_was_there() {
        let kept = |from, count| Part::Kept { from, count };
        let new = |numbers: &[usize]| Part::New(stories(numbers).stories);
        for (name, before, after, parts) in [
            ("nothing", vec![], vec![], None),
            ("the same", vec![1, 2, 3], vec![1, 2, 3], None),
            ("one more", vec![1, 2], vec![1, 2, 3], Some(vec![kept(0, 2), new(&[3])])),
            ("one less", vec![1, 2, 3], vec![1, 3], Some(vec![kept(0, 1), kept(2, 1)])),
            ("none left", vec![1, 2], vec![], Some(vec![])),
            ("in another order", vec![1, 2, 3], vec![3, 1, 2], Some(vec![kept(2, 1), kept(0, 2)])),
            ("twice", vec![1, 2], vec![1, 1, 2], Some(vec![kept(0, 1), kept(0, 2)])),
        ] {
            let (before, after) = (stories(&before), stories(&after));
            let difference = Difference::between(&before, &after).unwrap();
            assert_eq!(difference.stories, parts, "{name}");
            assert_eq!(difference.apply(before).unwrap(), after, "{name}");
        }
        let (before, mut after) = (stories(&[1, 2, 3]), stories(&[1, 2, 3]));
        let changed = Story { points: Some(0.0), ..sample::story(2) };
        after.stories[1] = Arc::new(changed.clone());
        let difference = Difference::between(&before, &after).unwrap();
        assert_eq!(difference.stories.unwrap().len(), 3);
        // Equal, and yet not the same bytes.
        let minus =
            Facts { stories: vec![Arc::new(Story { points: Some(-0.0), ..changed })], ..Facts::default() };
        let plus = Facts { stories: vec![Arc::clone(&after.stories[1])], ..Facts::default() };
        assert_eq!(plus, minus);
        assert!(Difference::between(&plus, &minus).unwrap().stories.is_some());
    }

    #[test]
    fn every_kind_is_compared() {
        let (nothing, everything) = (Facts::default(), sample::facts(12));
        for (before, after) in [(&nothing, &everything), (&everything, &nothing)] {
            let difference = Difference::between(before, after).unwrap();
            assert_eq!(difference.apply(before.clone()).unwrap(), *after);
        }
        let counts = compare(&nothing, &everything).unwrap();
        assert_eq!(counts.len(), 11);
        assert_eq!(counts[1], ("stories", Counts { added: 9, ..Counts::default() }));
        assert!(compare(&everything, &everything).unwrap().is_empty());
    }

    #[test]
    fn a_difference_that_does_not_fit_is_an_error() {
        for part in [Part::Kept { from: 2, count: 2 }, Part::Kept { from: u32::MAX, count: u32::MAX }] {
            let difference = Difference { stories: Some(vec![part]), ..Difference::default() };
            assert!(difference.apply(stories(&[1, 2, 3])).is_err());
        }
    }
}
