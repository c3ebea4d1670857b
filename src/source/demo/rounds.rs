//! From round to round: only what had an event is looked at again.

use std::sync::Arc;

use crate::domain::{
    Booking, Build, Deployment, Environment, Facts, Finding, Freeze, Instant, Kind, PullRequest, Release,
    Story, TestRun,
};

use super::{
    life::Life,
    organisation::{Organisation, covers, listed},
};

/// An event to come: which item has it. Stories and defects are one kind here.
type Event = (Instant, Kind, usize);

/// What is known of each item, and when that changes next.
pub(super) struct Rounds {
    at: Instant,
    releases: Vec<Option<Arc<Release>>>,
    stories: Vec<Option<Arc<Story>>>,
    pull_requests: Vec<Option<Arc<PullRequest>>>,
    deployments: Vec<Option<Arc<Deployment>>>,
    environments: Vec<Option<Arc<Environment>>>,
    bookings: Vec<Option<Arc<Booking>>>,
    freezes: Vec<Option<Arc<Freeze>>>,
    test_runs: Vec<Option<Arc<TestRun>>>,
    findings: Vec<Option<Arc<Finding>>>,
    builds: Vec<Option<Arc<Build>>>,
    /// Events after the first round, oldest first.
    events: Vec<Event>,
    /// How many of them have happened.
    happened: usize,
}

impl Rounds {
    /// The first round, at `now`.
    pub(super) fn open(organisation: &Organisation, now: Instant) -> Self {
        let mut events = Vec::new();
        let mut rounds = Self {
            at: now,
            releases: first(&organisation.releases, now, Kind::Releases, &mut events),
            stories: first(&organisation.stories, now, Kind::Stories, &mut events),
            pull_requests: first(&organisation.pull_requests, now, Kind::PullRequests, &mut events),
            deployments: first(&organisation.deployments, now, Kind::Deployments, &mut events),
            environments: first(&organisation.environments, now, Kind::Environments, &mut events),
            bookings: first(&organisation.bookings, now, Kind::Bookings, &mut events),
            freezes: first(&organisation.freezes, now, Kind::Freezes, &mut events),
            test_runs: first(&organisation.test_runs, now, Kind::TestRuns, &mut events),
            findings: first(&organisation.findings, now, Kind::Findings, &mut events),
            builds: first(&organisation.builds, now, Kind::Builds, &mut events),
            events: Vec::new(),
            happened: 0,
        };
        events.sort_unstable();
        rounds.events = events;
        rounds
    }

    /// Whether anything is different at `now`.
    pub(super) fn has_news(&self, now: Instant) -> bool {
        now < self.at || self.events.get(self.happened).is_some_and(|(at, ..)| *at <= now)
    }

    /// The round at `now`. Time that goes back begins anew.
    pub(super) fn go_to(&mut self, organisation: &Organisation, now: Instant) {
        if now < self.at {
            *self = Self::open(organisation, now);
            return;
        }
        self.at = now;
        let news = self.events[self.happened..].partition_point(|(at, ..)| *at <= now);
        for index in self.happened..self.happened + news {
            let (_, kind, item) = self.events[index];
            match kind {
                Kind::Releases => again(&organisation.releases, &mut self.releases, item, now),
                Kind::Stories | Kind::Defects => again(&organisation.stories, &mut self.stories, item, now),
                Kind::PullRequests => {
                    again(&organisation.pull_requests, &mut self.pull_requests, item, now);
                }
                Kind::Deployments => again(&organisation.deployments, &mut self.deployments, item, now),
                Kind::Environments => again(&organisation.environments, &mut self.environments, item, now),
                Kind::Bookings => again(&organisation.bookings, &mut self.bookings, item, now),
                Kind::Freezes => again(&organisation.freezes, &mut self.freezes, item, now),
                Kind::Findings => again(&organisation.findings, &mut self.findings, item, now),
                Kind::Builds => again(&organisation.builds, &mut self.builds, item, now),
                Kind::TestRuns => again(&organisation.test_runs, &mut self.test_runs, item, now),
            }
        }
        self.happened += news;
    }

    /// Instants of the events to come.
    #[cfg(test)]
    pub(super) fn times(&self) -> impl Iterator<Item = Instant> {
        self.events[self.happened..].iter().map(|(at, ..)| *at)
    }

    /// How many items were looked at again since the first round.
    #[cfg(test)]
    pub(super) fn looked_at(&self) -> usize {
        self.happened
    }

    /// What is known.
    pub(super) fn facts(&self) -> Facts {
        Facts {
            covers: covers(),
            releases: listed(&self.releases),
            stories: listed(&self.stories),
            pull_requests: listed(&self.pull_requests),
            deployments: listed(&self.deployments),
            environments: listed(&self.environments),
            bookings: listed(&self.bookings),
            freezes: listed(&self.freezes),
            test_runs: listed(&self.test_runs),
            findings: listed(&self.findings),
            builds: listed(&self.builds),
            problems: Vec::new(),
        }
    }
}

fn first<L: Life>(
    lives: &[L],
    now: Instant,
    kind: Kind,
    events: &mut Vec<Event>,
) -> Vec<Option<Arc<L::Item>>> {
    lives
        .iter()
        .enumerate()
        .map(|(index, life)| {
            life.times(&mut |at| {
                if at > now {
                    events.push((at, kind, index));
                }
            });
            life.at(now)
        })
        .collect()
}

fn again<L: Life>(lives: &[L], known: &mut [Option<Arc<L::Item>>], item: usize, now: Instant) {
    known[item] = lives[item].at(now);
}
