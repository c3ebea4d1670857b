//! Sync windows of projects: times in which their applications are not to be synced.
//!
//! As Argo CD has it (`user-guide/sync_windows.md`): an application that no window matches may
//! always be synced; one that allowing windows match, only while one of them is open; and none
//! while a denying window is. A window with `manualSync` holds up only what syncs by itself.
//! Freezes are of environments: one covers those that an application which is held up goes to, and
//! its name says of which applications it speaks.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use chrono::Duration;
use chrono_tz::Tz;
use croner::Cron;
use globset::{Glob, GlobMatcher};

use super::{
    settings::{Place, cluster},
    wire::{Application, Project, SyncWindow},
};
use crate::{
    domain::{Freeze, Instant, Problem, Text, Window},
    source::{cron, forge::note},
};

/// Most freezes of all projects.
const MOST_FREEZES: usize = 5_000;
/// Most windows of one project that are looked at.
const MOST_OF_A_PROJECT: usize = 200;
/// Longest window: one that never ends is no window.
const LONGEST_DAYS: i64 = 366;

/// What sync windows say.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Frozen {
    pub(super) freezes: Vec<Freeze>,
    pub(super) problems: Vec<Problem>,
}

/// A window that could be read.
struct Read {
    begins: Cron,
    length: Duration,
    zone: Tz,
}

/// The times around `now` in which applications are not to be synced.
pub(super) fn freezes(
    projects: &[Project],
    applications: &[(&Application, &Place)],
    now: Instant,
    service: &str,
) -> Frozen {
    let mut by_project: BTreeMap<&Text, Vec<(&Application, &Place)>> = BTreeMap::new();
    for (application, place) in applications {
        by_project.entry(&application.spec.project).or_default().push((application, place));
    }
    let mut frozen = Frozen::default();
    for project in projects {
        let applications = by_project.get(&project.metadata.name).map(Vec::as_slice).unwrap_or_default();
        if !project.spec.sync_windows.is_empty() && !applications.is_empty() {
            of_project(project, applications, now, service, &mut frozen);
        }
    }
    if frozen.freezes.len() > MOST_FREEZES {
        frozen.freezes.sort_by_key(|freeze| freeze.window.from);
        // Those that are over are the least of a loss.
        let over = frozen.freezes.partition_point(|freeze| freeze.window.from < now);
        frozen.freezes.drain(..over.min(frozen.freezes.len() - MOST_FREEZES));
        frozen.freezes.truncate(MOST_FREEZES);
        frozen.problems.push(Problem::new(
            format!("{service}: the sync windows make more than {MOST_FREEZES} freezes, the furthest ahead are left out"),
            "name fewer projects in source.argocd.projects",
        ));
    }
    frozen
}

fn of_project(
    project: &Project,
    applications: &[(&Application, &Place)],
    now: Instant,
    service: &str,
    frozen: &mut Frozen,
) {
    let name = &project.metadata.name;
    let correct = format!("correct it: `argocd proj windows list {name}`");
    // By the allowing windows that match: where applications go that are held up outside of them.
    let mut outside: BTreeMap<Vec<usize>, BTreeSet<&Text>> = BTreeMap::new();
    let mut allowing: Vec<(usize, Option<Read>)> = Vec::new();
    let mut matched: Vec<Vec<usize>> = vec![Vec::new(); applications.len()];
    for (index, window) in project.spec.sync_windows.iter().take(MOST_OF_A_PROJECT).enumerate() {
        let read = read(window);
        if let Err(why) = &read {
            let what = format!("{service}: project {name}: sync window {index}: {why}");
            note(&mut frozen.problems, Problem::new(what, &correct));
        }
        let whose = Matcher::new(window);
        match (window.kind.as_str(), read) {
            // One that cannot be read opens nothing.
            ("allow", read) => {
                for (application, matched) in applications.iter().zip(&mut matched) {
                    if whose.is_of(application.0) {
                        matched.push(index);
                    }
                }
                allowing.push((index, read.ok()));
            }
            ("deny", Ok(read)) => {
                let held_up = applications.iter().filter(|(application, _)| {
                    whose.is_of(application) && (!window.manual_sync || application.spec.is_automated())
                });
                let environments: BTreeSet<&Text> = held_up.map(|(_, place)| &place.environment).collect();
                if environments.is_empty() {
                    continue;
                }
                let called = format!(
                    "sync window of {name}: deny {} for {}{}",
                    cron::clipped(&window.schedule),
                    cron::clipped(&window.duration),
                    whom(window)
                );
                let found = cron::lasting(&read.begins, read.length, now.with_timezone(&read.zone));
                if !found.is_whole {
                    let what = format!(
                        "{service}: project {name}: sync window {index} recurs too often: only its next times are told"
                    );
                    note(
                        &mut frozen.problems,
                        Problem::new(what, "join what follows each other into one window"),
                    );
                }
                add(frozen, &called, &found.windows, &environments);
            }
            _ => {}
        }
    }
    for ((application, place), matched) in applications.iter().zip(matched) {
        let by_hand = matched.iter().all(|index| project.spec.sync_windows[*index].manual_sync);
        if !matched.is_empty() && (!by_hand || application.spec.is_automated()) {
            outside.entry(matched).or_default().insert(&place.environment);
        }
    }
    for (matched, environments) in outside {
        let Some(horizon) = cron::horizon(now) else { continue };
        let mut open = Vec::new();
        let mut known_until = horizon.until;
        let mut who = BTreeSet::new();
        for (index, read) in allowing.iter().filter(|(index, _)| matched.contains(index)) {
            who.insert(whom(&project.spec.sync_windows[*index]));
            let Some(read) = read else { continue };
            let found = cron::lasting(&read.begins, read.length, now.with_timezone(&read.zone));
            if let Some(last) = found.windows.last().filter(|_| !found.is_whole) {
                // Nobody knows what is open after that.
                known_until = known_until.min(last.until);
                let what = format!(
                    "{service}: project {name}: sync window {index} recurs too often: what is after {} is not told",
                    last.until.format("%Y-%m-%d")
                );
                note(
                    &mut frozen.problems,
                    Problem::new(what, "join what follows each other into one window"),
                );
            }
            open.extend(found.windows);
        }
        let who: Vec<String> = who.into_iter().filter(|who| !who.is_empty()).collect();
        let called = format!("outside the sync windows of {name}{}", who.concat());
        let closed = closed(open, Window { from: horizon.from, until: known_until });
        add(frozen, &called, &closed, &environments);
    }
}

fn add(frozen: &mut Frozen, called: &str, windows: &[Window], environments: &BTreeSet<&Text>) {
    let called = Text::new(called);
    let environments: Vec<Text> = environments.iter().copied().cloned().collect();
    // One more than is told: so much is seen to be left out.
    let room = (MOST_FREEZES * 2).saturating_sub(frozen.freezes.len());
    frozen.freezes.extend(windows.iter().take(room).map(|window| Freeze {
        name: called.clone(),
        window: *window,
        environments: environments.clone(),
    }));
}

/// `, applications payments-*`: whom a window speaks of, unless it is all.
fn whom(window: &SyncWindow) -> String {
    let lists = [
        ("applications", &window.applications),
        ("namespaces", &window.namespaces),
        ("clusters", &window.clusters),
    ];
    let named = lists
        .into_iter()
        .filter(|(_, patterns)| !patterns.is_empty() && !patterns.iter().any(|pattern| pattern == "*"));
    let mut said = String::new();
    for (what, patterns) in named {
        let _ = write!(said, ", {what} {}", cron::clipped(&patterns.join(" ")));
    }
    said
}

/// The parts of `within` that nothing of `open` covers.
fn closed(mut open: Vec<Window>, within: Window) -> Vec<Window> {
    open.sort_by_key(|window| window.from);
    let mut closed = Vec::new();
    let mut from = within.from;
    for window in open {
        if window.from >= within.until {
            break;
        }
        if window.from > from {
            closed.push(Window { from, until: window.from });
        }
        from = from.max(window.until);
    }
    if from < within.until {
        closed.push(Window { from, until: within.until });
    }
    closed
}

fn read(window: &SyncWindow) -> Result<Read, String> {
    if !matches!(window.kind.as_str(), "allow" | "deny") {
        return Err(format!("the kind \"{}\" is unheard of", cron::clipped(&window.kind)));
    }
    let begins = cron::pattern(&window.schedule)?;
    let length = length(&window.duration)
        .ok_or_else(|| format!("the duration \"{}\" cannot be read", cron::clipped(&window.duration)))?;
    Ok(Read { begins, length, zone: cron::zone(window.time_zone.as_deref())? })
}

/// A duration as Go writes it: `1h30m`, `90m`, `1.5h`.
fn length(written: &str) -> Option<Duration> {
    let mut left = written.trim();
    let mut seconds = 0.0;
    if left.is_empty() {
        return None;
    }
    while !left.is_empty() {
        let end = left.find(|character: char| !character.is_ascii_digit() && character != '.')?;
        let number: f64 = left[..end].parse().ok()?;
        left = &left[end..];
        let units = [
            ("ms", 0.001),
            ("us", 0.000_001),
            ("µs", 0.000_001),
            ("ns", 0.000_000_001),
            ("h", 3_600.0),
            ("m", 60.0),
            ("s", 1.0),
        ];
        let (unit, factor) = units.iter().find(|(unit, _)| left.starts_with(unit))?;
        seconds += number * factor;
        left = &left[unit.len()..];
    }
    let most = (LONGEST_DAYS * 86_400) as f64;
    (seconds >= 1.0 && seconds <= most).then(|| Duration::seconds(seconds as i64))
}

/// Which applications a window is for.
struct Matcher {
    applications: Vec<GlobMatcher>,
    namespaces: Vec<GlobMatcher>,
    clusters: Vec<GlobMatcher>,
    /// How many lists say anything at all, also if it cannot be read.
    lists: usize,
    is_and: bool,
}

impl Matcher {
    fn new(window: &SyncWindow) -> Self {
        let globs = |patterns: &[String]| {
            let globs = patterns.iter().filter_map(|pattern| Glob::new(pattern).ok());
            globs.map(|glob| glob.compile_matcher()).collect()
        };
        let lists = [&window.applications, &window.namespaces, &window.clusters];
        Self {
            applications: globs(&window.applications),
            namespaces: globs(&window.namespaces),
            clusters: globs(&window.clusters),
            lists: lists.into_iter().filter(|list| !list.is_empty()).count(),
            is_and: window.use_and_operator,
        }
    }

    fn is_of(&self, application: &Application) -> bool {
        let destination = &application.spec.destination;
        let is = |globs: &[GlobMatcher], text: &str| globs.iter().any(|glob| glob.is_match(text));
        let called = cluster(destination);
        let clusters = [destination.name.as_str(), destination.server.as_str(), called.as_str()];
        let found = [
            is(&self.applications, &application.metadata.name),
            is(&self.namespaces, &destination.namespace),
            clusters.iter().any(|cluster| !cluster.is_empty() && is(&self.clusters, cluster)),
        ];
        let count = found.into_iter().filter(|found| *found).count();
        if self.is_and { count > 0 && count == self.lists } else { count > 0 }
    }
}
