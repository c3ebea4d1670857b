//! The organisation: all its items with all their events, made once.

use std::{collections::BTreeSet, sync::Arc};

use crate::domain::{Booking, Environment, Facts, Freeze, Instant, Kind, TestRun};

use super::{
    DemoSettings,
    builds::{self, BuildLife},
    cast,
    deploy::freezes,
    draft::{Draft, PullRequestDraft, ReleaseDraft, StoryDraft},
    findings,
    life::{DeploymentLife, FindingLife, Known, PullRequestLife, ReleaseLife, StoryLife},
    live, past, present,
    rhythm::Rhythm,
    rounds::Rounds,
    runs,
};

/// A simulated organisation: everything that happened in it within a year, and everything
/// that will happen within some weeks.
pub struct Organisation {
    pub(super) releases: Vec<ReleaseLife>,
    pub(super) stories: Vec<StoryLife>,
    pub(super) pull_requests: Vec<PullRequestLife>,
    pub(super) deployments: Vec<DeploymentLife>,
    pub(super) environments: Vec<Known<Environment>>,
    pub(super) bookings: Vec<Known<Booking>>,
    pub(super) freezes: Vec<Known<Freeze>>,
    pub(super) test_runs: Vec<Known<TestRun>>,
    pub(super) findings: Vec<FindingLife>,
    pub(super) builds: Vec<BuildLife>,
}

impl Organisation {
    /// Makes the organisation of `settings`; the same settings always make the same one.
    pub fn new(settings: &DemoSettings) -> Self {
        let settings = settings.bounded();
        let after = u64::try_from(live::DAYS).unwrap_or(0);
        let mut draft = Draft {
            seed: settings.seed,
            anchor: settings.anchor,
            rhythm: Rhythm::new(settings.anchor, settings.zone, 430, after),
            releases: Vec::new(),
            stories: Vec::new(),
            pull_requests: Vec::new(),
            deployments: Vec::new(),
            bookings: Vec::new(),
        };
        past::make(&mut draft);
        present::make(&mut draft, &settings);
        let ended = live::make(&mut draft);
        let mut heads = runs::heads(&draft);
        let test_runs = runs::make(&draft, &heads, &ended);
        let freezes = freezes(&draft);
        let findings = findings::make(&draft);
        let builds = builds::make(&draft);
        let releases = draft.releases.into_iter().map(|made| {
            let ReleaseDraft { release, known_from, targets, .. } = made;
            let commits = heads.remove(&release.id).unwrap_or_default();
            ReleaseLife::new(release, known_from, targets, commits)
        });
        Self {
            releases: releases.collect(),
            stories: draft.stories.into_iter().map(StoryDraft::seal).collect(),
            pull_requests: draft.pull_requests.into_iter().map(PullRequestDraft::seal).collect(),
            deployments: draft.deployments,
            environments: cast::environments()
                .into_iter()
                .map(|environment| Known::new(Instant::MIN_UTC, environment))
                .collect(),
            bookings: draft.bookings,
            freezes,
            test_runs,
            findings,
            builds,
        }
    }
}

/// What the organisation's tools would say at `now`: nothing in it happened later.
pub fn facts(organisation: &Organisation, now: Instant) -> Facts {
    Rounds::open(organisation, now).facts()
}

/// All kinds: the organisation has tools for everything.
pub(super) fn covers() -> BTreeSet<Kind> {
    use Kind::{
        Bookings, Builds, Defects, Deployments, Environments, Findings, Freezes, PullRequests, Releases,
        Stories, TestRuns,
    };
    let work = [Releases, Stories, Defects, PullRequests, TestRuns, Findings, Builds];
    work.into_iter().chain([Deployments, Environments, Bookings, Freezes]).collect()
}

/// The items that are there.
pub(super) fn listed<T>(items: &[Option<Arc<T>>]) -> Vec<Arc<T>> {
    let mut list = Vec::with_capacity(items.len());
    list.extend(items.iter().flatten().cloned());
    list
}
