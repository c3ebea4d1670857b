//! What changed between two worlds, as it is sent: items that stayed are named by their
//! place, others go over whole. A snapshot is the change from an empty world.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

use super::wire::WireError;
use crate::domain::{
    Booking, Build, DayFigures, Deployment, Environment, Finding, Freeze, Kind, Problem, PullRequest,
    Release, SourceId, Story, TestRun, World,
};

/// The change from one world to another.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct WorldDelta {
    /// Small, so always whole.
    covers: BTreeMap<Kind, BTreeSet<SourceId>>,
    releases: Edits<Arc<Release>>,
    stories: Edits<Arc<Story>>,
    pull_requests: Edits<Arc<PullRequest>>,
    deployments: Edits<Arc<Deployment>>,
    environments: Edits<Arc<Environment>>,
    bookings: Edits<Arc<Booking>>,
    freezes: Edits<Arc<Freeze>>,
    test_runs: Edits<Arc<TestRun>>,
    findings: Edits<Arc<Finding>>,
    builds: Edits<Arc<Build>>,
    problems: Edits<(SourceId, Problem)>,
    days: Edits<Arc<DayFigures>>,
}

/// A list as pieces of the one before and new items, in their order.
type Edits<T> = Vec<Edit<T>>;

#[derive(Debug, Serialize, Deserialize)]
enum Edit<T> {
    /// So many items from this place of the list before.
    Kept { from: u32, count: u32 },
    /// Items that were not there, or not like this.
    New(Vec<T>),
}

impl WorldDelta {
    /// What makes `new` of `old`. Takes long for large worlds that have little in common.
    pub(super) fn between(old: &World, new: &World) -> Self {
        // Named one by one: a kind that is added later must not be forgotten here.
        let World {
            covers,
            releases,
            stories,
            pull_requests,
            deployments,
            environments,
            bookings,
            freezes,
            test_runs,
            findings,
            builds,
            problems,
            days,
            // Facts are served, never what somebody assumes.
            assumed: _,
        } = new;
        Self {
            covers: covers.clone(),
            releases: edits(&old.releases, releases),
            stories: edits(&old.stories, stories),
            pull_requests: edits(&old.pull_requests, pull_requests),
            deployments: edits(&old.deployments, deployments),
            environments: edits(&old.environments, environments),
            bookings: edits(&old.bookings, bookings),
            freezes: edits(&old.freezes, freezes),
            test_runs: edits(&old.test_runs, test_runs),
            findings: edits(&old.findings, findings),
            builds: edits(&old.builds, builds),
            problems: edits(&old.problems, problems),
            days: edits(&old.days, days),
        }
    }

    /// The new world, of the `old` one that it was made for.
    pub(super) fn apply(self, old: &World) -> Result<World, WireError> {
        Ok(World {
            covers: self.covers,
            releases: applied(self.releases, &old.releases)?,
            stories: applied(self.stories, &old.stories)?,
            pull_requests: applied(self.pull_requests, &old.pull_requests)?,
            deployments: applied(self.deployments, &old.deployments)?,
            environments: applied(self.environments, &old.environments)?,
            bookings: applied(self.bookings, &old.bookings)?,
            freezes: applied(self.freezes, &old.freezes)?,
            test_runs: applied(self.test_runs, &old.test_runs)?,
            findings: applied(self.findings, &old.findings)?,
            builds: applied(self.builds, &old.builds)?,
            problems: applied(self.problems, &old.problems)?,
            days: applied(self.days, &old.days)?,
            assumed: Vec::new(),
        })
    }
}

/// Whether two items are the same; cheap where they are one.
trait Same {
    fn is_same(&self, other: &Self) -> bool;
}

impl<T: PartialEq> Same for Arc<T> {
    fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(self, other) || **self == **other
    }
}

impl Same for (SourceId, Problem) {
    fn is_same(&self, other: &Self) -> bool {
        self == other
    }
}

fn edits<T: Same + Clone + Serialize>(old: &[T], new: &[T]) -> Edits<T> {
    let mut edits = Vec::new();
    // Most often little changed: what is the same at both ends needs no look-up.
    let head = old.iter().zip(new).take_while(|(old, new)| old.is_same(new)).count();
    let tails = old[head..].iter().rev().zip(new[head..].iter().rev());
    let tail = tails.take_while(|(old, new)| old.is_same(new)).count();
    let middle = &old[head..old.len() - tail];
    keep(&mut edits, 0, head);
    let mut places: HashMap<u64, Vec<usize>> = HashMap::new();
    for (place, item) in middle.iter().enumerate() {
        places.entry(digest(item)).or_default().push(head + place);
    }
    for item in &new[head..new.len() - tail] {
        let known = if places.is_empty() { None } else { places.get(&digest(item)) };
        let known = known.and_then(|places| places.iter().find(|place| old[**place].is_same(item)));
        match (known, edits.last_mut()) {
            (Some(place), _) => keep(&mut edits, *place, 1),
            (None, Some(Edit::New(items))) => items.push(item.clone()),
            (None, _) => edits.push(Edit::New(vec![item.clone()])),
        }
    }
    keep(&mut edits, old.len() - tail, tail);
    edits
}

/// Adds a piece of the list before; joins it with the last piece where they touch.
fn keep<T>(edits: &mut Edits<T>, place: usize, count: usize) {
    // A world has fewer than four thousand million items.
    let (place, count) = (place as u32, count as u32);
    match edits.last_mut() {
        _ if count == 0 => {}
        Some(Edit::Kept { from, count: before }) if *from + *before == place => *before += count,
        _ => edits.push(Edit::Kept { from: place, count }),
    }
}

/// Tells items apart without knowing what they are.
fn digest<T: Serialize>(item: &T) -> u64 {
    let mut hasher = DefaultHasher::new();
    // What cannot be written down is new every time, and fails where it is sent.
    postcard::to_stdvec(item).unwrap_or_default().hash(&mut hasher);
    hasher.finish()
}

fn applied<T: Clone>(edits: Edits<T>, old: &[T]) -> Result<Vec<T>, WireError> {
    let mut new = Vec::new();
    for edit in edits {
        match edit {
            Edit::Kept { from, count } => {
                let from = from as usize;
                let kept = from.checked_add(count as usize).and_then(|until| old.get(from..until));
                new.extend_from_slice(kept.ok_or(WireError::Foreign)?);
            }
            Edit::New(items) if new.is_empty() => new = items,
            Edit::New(items) => new.extend(items),
        }
    }
    Ok(new)
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone as _, Utc};
    use proptest::prelude::*;
    use tokio_util::sync::CancellationToken;

    use super::super::wire::{decode, encode};
    use super::*;
    use crate::{
        domain::{Facts, PullRequestState, Text},
        source::{
            Answer, Round, Source as _,
            demo::{DemoSettings, DemoSource},
        },
    };

    /// Facts with these items: each has a key and a state.
    fn facts(releases: &[(u8, u8)], requests: &[(u8, u8)], problems: &[u8]) -> Facts {
        let release = |(key, state): &(u8, u8)| {
            let mut release = Release::named("shop", &key.to_string());
            release.url = Some(Text::new(state.to_string()));
            Arc::new(release)
        };
        let request = |(key, state): &(u8, u8)| {
            let key = key.to_string();
            let title = format!("state {state}");
            Arc::new(PullRequest::new(&key, "api", &title, "lee", "main", PullRequestState::Open))
        };
        Facts {
            covers: [Kind::Releases].into(),
            releases: releases.iter().map(release).collect(),
            pull_requests: requests.iter().map(request).collect(),
            problems: problems.iter().map(|number| Problem::new(number.to_string(), "")).collect(),
            ..Facts::default()
        }
    }

    fn world(facts: &Facts) -> World {
        World::union([(&SourceId::new("plan"), facts)])
    }

    fn items() -> impl Strategy<Value = Vec<(u8, u8)>> {
        prop::collection::vec((0..12_u8, 0..3_u8), 0..16)
    }

    fn generated() -> impl Strategy<Value = Facts> {
        (items(), items(), prop::collection::vec(0..4_u8, 0..6))
            .prop_map(|(releases, requests, problems)| facts(&releases, &requests, &problems))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_viewer_knows_what_its_owner_knows(
            rounds in prop::collection::vec((generated(), any::<bool>()), 1..12),
        ) {
            let (mut sent, mut viewers) = (World::default(), World::default());
            for (facts, is_sent) in rounds {
                let owners = world(&facts);
                // Of what a slow viewer missed it gets the difference in one.
                if !is_sent {
                    continue;
                }
                let bytes = encode(&WorldDelta::between(&sent, &owners)).unwrap();
                viewers = decode::<WorldDelta>(&bytes).unwrap().apply(&viewers).unwrap();
                prop_assert_eq!(format!("{viewers:?}"), format!("{owners:?}"));
                sent = owners;
            }
        }
    }

    #[tokio::test]
    async fn every_kind_of_item_arrives_as_it_was() {
        let now = Utc.with_ymd_and_hms(2026, 11, 22, 8, 24, 0).unwrap();
        let settings = DemoSettings { stories: 40, ..DemoSettings::opened(now, chrono_tz::Tz::UTC) };
        let report = Box::new(|_| {});
        let round = Round { now, focus: None, cancelled: CancellationToken::new(), report };
        let answer = DemoSource::new(settings).fetch(&round).await.unwrap();
        let Answer::Facts(mut facts) = answer else { panic!("{answer:?}") };
        Arc::make_mut(&mut facts).problems.push(Problem::new("release 7", "mend it"));
        let world = world(&facts);
        for (kind, count) in [
            ("releases", world.releases.len()),
            ("stories", world.stories.len()),
            ("pull requests", world.pull_requests.len()),
            ("deployments", world.deployments.len()),
            ("environments", world.environments.len()),
            ("bookings", world.bookings.len()),
            ("freezes", world.freezes.len()),
            ("test runs", world.test_runs.len()),
        ] {
            assert!(count > 0, "no {kind} to send");
        }
        let bytes = encode(&WorldDelta::between(&World::default(), &world)).unwrap();
        let arrived = decode::<WorldDelta>(&bytes).unwrap().apply(&World::default()).unwrap();
        assert_eq!(format!("{arrived:?}"), format!("{world:?}"));
    }

    #[test]
    fn only_what_changed_is_sent() {
        let many: Vec<_> = (0..200).map(|key| (key, 0)).collect();
        let before = world(&facts(&[], &many, &[]));
        let mut changed = many.clone();
        changed[77].1 = 1;
        changed.swap(10, 150);
        changed.remove(20);
        let after = world(&facts(&[], &changed, &[]));
        let delta = WorldDelta::between(&before, &after);
        let new: usize = delta
            .pull_requests
            .iter()
            .map(|edit| if let Edit::New(items) = edit { items.len() } else { 0 })
            .sum();
        assert_eq!(new, 1);
        let (delta, whole) =
            (encode(&delta).unwrap(), encode(&WorldDelta::between(&World::default(), &after)).unwrap());
        assert!(delta.len() * 20 < whole.len(), "{} of {}", delta.len(), whole.len());
        let none = encode(&WorldDelta::between(&after, &after)).unwrap();
        assert!(none.len() < 50, "{}", none.len());
    }

    #[test]
    fn a_change_of_another_world_is_refused() {
        let before = world(&facts(&[(1, 0), (2, 0)], &[], &[]));
        let delta = WorldDelta::between(&before, &before);
        assert!(matches!(delta.apply(&World::default()), Err(WireError::Foreign)));
    }
}
