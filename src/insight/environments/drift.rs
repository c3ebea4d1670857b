//! Which version of each component is where, and how far behind the newest one.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet, HashMap, btree_map::Entry},
};

use chrono::Duration;
use serde::Serialize;

use crate::{
    domain::{
        Deployment, DeploymentState, EnvironmentId, Instant, Kind, PullRequestState, Release, ReleaseId,
        Text, Tier,
    },
    insight::{context::later, is_ahead, patterns::Patterns, percentile::nearest_rank, words},
};

use super::Material;

/// Promotions below which the usual lag is not told.
const FEWEST_PROMOTIONS: usize = 3;

/// Components by environments.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Drift {
    /// The environments that hold anything, those nearest to the developers first.
    pub environments: Vec<EnvironmentId>,
    /// The components by name.
    pub components: Vec<ComponentDrift>,
}

/// One component everywhere.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ComponentDrift {
    /// The component: the project of its releases.
    pub component: Text,
    /// The newest version that was ever deployed with success.
    pub newest: Text,
    /// By environment, in the order of [`Drift::environments`]; none where it never was.
    pub cells: Vec<Option<DriftCell>>,
}

/// One component on one environment.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct DriftCell {
    /// Where.
    pub environment: EnvironmentId,
    /// What was deployed there last with success and was not taken back.
    pub release: ReleaseId,
    /// Its version.
    pub version: Text,
    /// Since when.
    pub since: Instant,
    /// Newer versions that were deployed anywhere with success.
    pub versions_behind: u32,
    /// Commits that all versions after this one brought, up to the newest, deployed or not; none where
    /// no source has counted those of every one of them.
    pub commits_behind: Option<u32>,
    /// Merged pull requests of those versions; none where no source tells of pull requests.
    pub pull_requests_behind: Option<u32>,
    /// Keys of the configuration that differ from the environment before it; none where no source
    /// tells them of both.
    pub configuration: Option<ConfigurationDifference>,
    /// Since when a newer version is anywhere.
    pub behind_since: Option<Instant>,
    /// What that means.
    pub standing: DriftStanding,
    /// Why, in words; empty for the newest one.
    pub why: Text,
    /// When the next version is expected there.
    pub expected: Option<Instant>,
}

/// How the configuration of a component differs from that of the environment before: of the nearest
/// tier below, else of its own, the first one by name that tells of it. Values are not kept, and not
/// shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConfigurationDifference {
    /// The environment that it is compared with.
    pub from: EnvironmentId,
    /// The keys that are not the same, by name.
    pub keys: Vec<KeyDifference>,
}

impl ConfigurationDifference {
    /// Keys that differ and nobody accepted.
    pub fn unaccepted(&self) -> usize {
        self.keys.iter().filter(|key| key.accepted.is_none()).count()
    }

    /// Keys that differ and somebody accepted.
    pub fn accepted(&self) -> usize {
        self.keys.len() - self.unaccepted()
    }

    /// Those that nobody accepted, in words: `2 keys differ from staging: DATABASE_URL, LOG_LEVEL
    /// (missing)`; none where there are none.
    pub fn said(&self, most: usize) -> Option<String> {
        let open: Vec<String> =
            self.keys.iter().filter(|key| key.accepted.is_none()).map(KeyDifference::said).collect();
        if open.is_empty() {
            return None;
        }
        let verb = if open.len() == 1 { "differs" } else { "differ" };
        let count = words::count(open.len(), "key", "keys");
        Some(format!("{count} {verb} from {}: {}", self.from, words::list(&open, most)))
    }

    /// Those that somebody accepted, each with why: `DATABASE_URL differs from staging: each has its own`.
    pub fn said_accepted(&self) -> impl Iterator<Item = String> {
        let accepted = self.keys.iter().filter_map(|key| Some((key, key.accepted.as_ref()?)));
        accepted.map(|(key, why)| {
            let how = match key.standing {
                KeyStanding::Differs => "differs from",
                KeyStanding::OnlyHere => "is not on",
                KeyStanding::Missing => "is only on",
            };
            format!("{} {how} {}: {why}", key.key, self.from)
        })
    }
}

/// A key of the configuration that is not the same as on the environment before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyDifference {
    /// Its name.
    pub key: Text,
    /// In which way.
    pub standing: KeyStanding,
    /// Why it is meant to be, where the configuration of the board accepts it.
    pub accepted: Option<Text>,
}

impl KeyDifference {
    fn said(&self) -> String {
        match self.standing {
            KeyStanding::Differs => self.key.to_string(),
            KeyStanding::OnlyHere => format!("{} (only here)", self.key),
            KeyStanding::Missing => format!("{} (missing)", self.key),
        }
    }
}

/// In which way a key is not the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyStanding {
    /// Both have it, with different values.
    Differs,
    /// The environment before does not have it.
    OnlyHere,
    /// This one does not have it.
    Missing,
}

/// What a difference means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DriftStanding {
    /// It is the newest one.
    Newest,
    /// A newer one is on its way: planned, in the making, or within the usual lag.
    OnItsWay,
    /// The configuration accepts the difference.
    Accepted,
    /// Drift.
    Behind,
}

/// How many differences the configuration accepts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AcceptedDifferences {
    /// Of versions.
    pub versions: usize,
    /// Of keys.
    pub keys: usize,
}

impl AcceptedDifferences {
    /// Those of `cells`.
    pub fn of<'a>(cells: impl Iterator<Item = &'a DriftCell>) -> Self {
        cells.fold(Self::default(), |sum, cell| Self {
            versions: sum.versions + usize::from(cell.standing == DriftStanding::Accepted),
            keys: sum.keys + cell.configuration.as_ref().map_or(0, ConfigurationDifference::accepted),
        })
    }

    /// In words: `1 version, 14 keys`; none where there are none.
    pub fn said(self) -> Option<String> {
        let versions = (self.versions > 0).then(|| words::count(self.versions, "version", "versions"));
        let keys = (self.keys > 0).then(|| words::count(self.keys, "key", "keys"));
        let said: Vec<String> = versions.into_iter().chain(keys).collect();
        (!said.is_empty()).then(|| said.join(", "))
    }
}

impl Drift {
    /// All cells that hold something, component by component.
    pub fn cells(&self) -> impl Iterator<Item = &DriftCell> {
        self.components.iter().flat_map(|row| row.cells.iter().flatten())
    }

    /// A component, if anything of it is anywhere.
    pub fn component(&self, name: &str) -> Option<&ComponentDrift> {
        self.components.iter().find(|row| &*row.component == name)
    }
}

impl ComponentDrift {
    /// What of it is on an environment.
    pub fn at(&self, environment: &EnvironmentId) -> Option<&DriftCell> {
        self.cells.iter().flatten().find(|cell| cell.environment == *environment)
    }
}

impl DriftCell {
    /// How far behind in words: `1 version, 15 commits`; pull requests, by name, where nobody counted
    /// commits. Empty for the newest one.
    pub fn distance(&self) -> String {
        if self.versions_behind == 0 {
            return String::new();
        }
        let mut said = words::count(self.versions_behind as usize, "version", "versions");
        let work = match (self.commits_behind, self.pull_requests_behind) {
            (Some(commits), _) => Some(words::count(commits as usize, "commit", "commits")),
            (None, Some(requests)) if requests > 0 => {
                Some(words::count(requests as usize, "pull request", "pull requests"))
            }
            _ => None,
        };
        said.extend(work.into_iter().map(|work| format!(", {work}")));
        said
    }
}

impl DriftStanding {
    /// Its word on the screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Newest => "newest",
            Self::OnItsWay => "on its way",
            Self::Accepted => "accepted",
            Self::Behind => "behind",
        }
    }
}

/// Which of two versions of one component is the newer one: numbers by their value, and
/// `1.0-rc1` before `1.0`.
pub(super) fn by_version(one: &str, other: &str) -> Ordering {
    let parts = |version: &str| {
        let version = version.strip_prefix(['v', 'V']).unwrap_or(version);
        let (main, rest) = version.split_once('-').map_or((version, None), |(main, rest)| (main, Some(rest)));
        (pieces(main), rest.map(pieces))
    };
    let ((main, rest), (others, other_rest)) = (parts(one), parts(other));
    main.cmp(&others).then_with(|| match (&rest, &other_rest) {
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        _ => rest.cmp(&other_rest),
    })
}

/// A text as numbers and words; a word is older than a number: `1.0.beta` before `1.0.1`.
fn pieces(text: &str) -> Vec<(Option<u64>, String)> {
    let mut pieces = Vec::new();
    for part in text.split(|character: char| !character.is_alphanumeric()) {
        let mut rest = part;
        while !rest.is_empty() {
            let digits = rest.len() - rest.trim_start_matches(|it: char| it.is_ascii_digit()).len();
            let end = if digits > 0 {
                digits
            } else {
                rest.find(|it: char| it.is_ascii_digit()).unwrap_or(rest.len())
            };
            let (piece, after) = rest.split_at(end);
            // A number too long for one is a word like any other.
            pieces.push(match piece.parse() {
                Ok(number) => (Some(number), String::new()),
                Err(_) => (None, piece.to_owned()),
            });
            rest = after;
        }
    }
    pieces
}

/// A component's versions, and when each came where.
struct Component<'a> {
    /// Deployed anywhere with success, oldest version first.
    versions: Vec<&'a Release>,
    /// By environment: what it holds.
    holds: BTreeMap<&'a EnvironmentId, Held<'a>>,
    /// By version: when it first came to each environment.
    first: HashMap<&'a ReleaseId, HashMap<&'a EnvironmentId, Instant>>,
}

/// What an environment holds of a component.
struct Held<'a> {
    release: &'a Release,
    /// Since when.
    since: Instant,
    /// Deployed last, be it the same version once more.
    last: Instant,
    /// What it was deployed with, where that is told.
    configuration: Option<&'a BTreeMap<Text, Text>>,
}

pub(super) fn drift(material: &Material<'_>) -> Drift {
    let context = material.context;
    let mut components: BTreeMap<&Text, Component<'_>> = BTreeMap::new();
    let mut places: BTreeSet<&EnvironmentId> = BTreeSet::new();
    for deployment in &context.deployments {
        if deployment.state != DeploymentState::Succeeded {
            continue;
        }
        let known = deployment.release.as_ref().and_then(|id| context.release(id));
        let Some(release) = known.map(|index| &**context.releases[index]) else { continue };
        let at = deployment.finished_at.unwrap_or(deployment.window.until);
        let component = components.entry(&release.project).or_insert_with(|| Component {
            versions: Vec::new(),
            holds: BTreeMap::new(),
            first: HashMap::new(),
        });
        places.insert(&deployment.environment);
        if !component.first.contains_key(&release.id) {
            component.versions.push(release);
        }
        let first = component.first.entry(&release.id).or_default();
        let first = first.entry(&deployment.environment).or_insert(at);
        *first = (*first).min(at);
        let configuration = Some(&deployment.configuration).filter(|keys| !keys.is_empty());
        let new = Held { release, since: at, last: at, configuration };
        match component.holds.entry(&deployment.environment) {
            Entry::Vacant(entry) => {
                entry.insert(new);
            }
            Entry::Occupied(mut entry) => {
                let held = entry.get_mut();
                let is_same = held.release.id == release.id;
                if at >= held.last {
                    // Deployed once more, it holds the same version since then as before, with what
                    // was told of its configuration last.
                    let since = if is_same { held.since.min(at) } else { at };
                    let configuration = configuration.or(held.configuration.filter(|_| is_same));
                    *held = Held { since, configuration, ..new };
                } else if is_same {
                    held.configuration = held.configuration.or(configuration);
                }
            }
        }
    }
    let mut environments: Vec<&EnvironmentId> = places.into_iter().collect();
    environments.sort_by_key(|id| (tier(material, id), *id));
    for component in components.values_mut() {
        component.versions.sort_by(|a, b| by_version(&a.version, &b.version));
    }
    let mut planned: HashMap<&EnvironmentId, Vec<&Deployment>> = HashMap::new();
    for deployment in context.deployments.iter().filter(|one| is_ahead(one, context.now)) {
        planned.entry(&deployment.environment).or_default().push(deployment);
    }
    let rules = context.policy.accepted_drift.iter().enumerate();
    let mut lineages: HashMap<&Text, Vec<usize>> = HashMap::new();
    for (index, release) in context.releases.iter().enumerate() {
        if components.contains_key(&release.project) {
            lineages.entry(&release.project).or_default().push(index);
        }
    }
    for lineage in lineages.values_mut() {
        lineage.sort_by(|a, b| by_version(&context.releases[*a].version, &context.releases[*b].version));
    }
    let judge = Judge {
        material,
        lineages,
        lags: Lags::of(material, &components),
        accepted: Patterns::new(rules.map(|(index, rule)| (&*rule.environment, index))),
        planned,
    };
    let rows = components.iter().filter_map(|(name, component)| {
        let cells = environments.iter().map(|environment| {
            Some(judge.cell(name, component, environment, component.holds.get(environment)?))
        });
        Some(ComponentDrift {
            component: (*name).clone(),
            newest: component.versions.last()?.version.clone(),
            cells: cells.collect(),
        })
    });
    Drift { components: rows.collect(), environments: environments.into_iter().cloned().collect() }
}

fn tier(material: &Material<'_>, id: &EnvironmentId) -> Option<Tier> {
    if material.context.is_production(id) { Some(Tier::Production) } else { material.context.tier(id) }
}

/// How long a version usually takes from the tier below to an environment.
struct Lags<'a> {
    own: HashMap<(&'a Text, &'a EnvironmentId), Vec<i64>>,
    all: HashMap<&'a EnvironmentId, Vec<i64>>,
}

impl<'a> Lags<'a> {
    fn of(material: &Material<'_>, components: &BTreeMap<&'a Text, Component<'a>>) -> Self {
        let mut lags = Self { own: HashMap::new(), all: HashMap::new() };
        for (name, component) in components {
            let arrivals = component.first.iter();
            let arrivals = arrivals
                .flat_map(|(release, first)| first.iter().map(move |(place, at)| (release, place, at)));
            for (release, environment, at) in arrivals {
                let Some(before) = before(material, component, release, environment) else { continue };
                if before < *at {
                    let seconds = (*at - before).num_seconds();
                    lags.own.entry((*name, *environment)).or_default().push(seconds);
                    lags.all.entry(*environment).or_default().push(seconds);
                }
            }
        }
        lags.own.values_mut().chain(lags.all.values_mut()).for_each(|lags| lags.sort_unstable());
        lags
    }

    /// The median, and of how many promotions.
    fn usual(&self, component: &Text, environment: &EnvironmentId) -> Option<(Duration, usize)> {
        let own = self.own.iter().find(|((name, place), _)| **name == *component && **place == *environment);
        let enough = |lags: &&Vec<i64>| lags.len() >= FEWEST_PROMOTIONS;
        let lags =
            own.map(|(_, lags)| lags).filter(enough).or_else(|| self.all.get(environment).filter(enough))?;
        Some((Duration::seconds(nearest_rank(lags, 0.5)?), lags.len()))
    }
}

/// When a version came to the tier below an environment, the nearest one that it was ever on; on
/// the lowest tier to another environment of the same one.
fn before(
    material: &Material<'_>,
    component: &Component<'_>,
    release: &ReleaseId,
    environment: &EnvironmentId,
) -> Option<Instant> {
    let here = tier(material, environment);
    let elsewhere = component.first.get(release).into_iter().flatten();
    let elsewhere = elsewhere.filter(|(place, _)| ***place != *environment);
    let with_tier = elsewhere.map(|(place, at)| (tier(material, place), *at));
    let below = with_tier.clone().filter(|(tier, _)| *tier < here).map(|(tier, _)| tier).max();
    let wanted = below.unwrap_or(here);
    with_tier.filter(|(tier, _)| *tier == wanted).map(|(_, at)| at).min()
}

/// What is needed to say what a difference means.
struct Judge<'a> {
    material: &'a Material<'a>,
    /// By component: positions of all its releases, deployed or not, oldest version first.
    lineages: HashMap<&'a Text, Vec<usize>>,
    lags: Lags<'a>,
    /// By patterns of environments: which of the policy's rules.
    accepted: Patterns<usize>,
    /// By environment: deployments that run or will, the earliest first.
    planned: HashMap<&'a EnvironmentId, Vec<&'a Deployment>>,
}

impl Judge<'_> {
    fn cell(
        &self,
        name: &Text,
        component: &Component<'_>,
        environment: &EnvironmentId,
        held: &Held<'_>,
    ) -> DriftCell {
        let (release, since) = (held.release, held.since);
        let context = self.material.context;
        // Oldest first: what follows is newer.
        let position = component.versions.iter().position(|known| known.id == release.id);
        let newer = position.map_or(&[][..], |position| &component.versions[position + 1..]);
        let arrivals = newer.iter().filter_map(|one| component.first.get(&one.id)).flatten();
        let merged = |one: &&Release| {
            let index = context.release(&one.id)?;
            let requests = self.material.membership.pull_requests[index].iter();
            let merged = requests
                .filter(|member| context.pull_requests[member.item].state == PullRequestState::Merged)
                .count();
            u32::try_from(merged).ok()
        };
        let tells = context.world.is_covered(Kind::PullRequests);
        let mut cell = DriftCell {
            environment: environment.clone(),
            release: release.id.clone(),
            version: release.version.clone(),
            since,
            versions_behind: u32::try_from(newer.len()).unwrap_or(u32::MAX),
            commits_behind: newer.last().and_then(|newest| self.commits(name, release, newest)),
            configuration: self.configuration(name, component, environment, held),
            pull_requests_behind: tells.then(|| newer.iter().filter_map(merged).sum()),
            behind_since: arrivals.map(|(_, at)| *at).min(),
            standing: DriftStanding::Newest,
            why: Text::default(),
            expected: None,
        };
        if !newer.is_empty() {
            let (standing, expected, why) = self.meaning(name, component, newer, environment);
            (cell.standing, cell.expected, cell.why) = (standing, expected, Text::new(why));
        }
        cell
    }

    /// The commits of the versions after `held` up to `newest`, of which some may never have been
    /// deployed; none where nobody counted those of one of them.
    fn commits(&self, name: &Text, held: &Release, newest: &Release) -> Option<u32> {
        let context = self.material.context;
        let own = |index: usize| {
            context.releases[index].commits.or_else(|| {
                // A planned release has those of the repository's releases that it is made of.
                let taken = &self.material.membership.taken_over[index];
                let all = taken.iter().map(|taken| context.releases[*taken].commits);
                all.sum::<Option<u32>>().filter(|_| !taken.is_empty())
            })
        };
        let lineage = self.lineages.get(name)?.iter().copied();
        let between = lineage.filter(|index| {
            let version = &context.releases[*index].version;
            by_version(&held.version, version).is_lt() && by_version(version, &newest.version).is_le()
        });
        between.map(own).sum()
    }

    /// Which keys differ from the environment before.
    fn configuration(
        &self,
        name: &Text,
        component: &Component<'_>,
        environment: &EnvironmentId,
        held: &Held<'_>,
    ) -> Option<ConfigurationDifference> {
        let keys = held.configuration?;
        let here = tier(self.material, environment);
        let others = component.holds.iter().filter(|(place, _)| ***place != *environment);
        let told = others.filter_map(|(place, other)| Some((*place, other.configuration?)));
        let with_tier = told.map(|(place, keys)| (tier(self.material, place), place, keys));
        // Of a tier the first one by name; of its own only what comes before it by name, so that of two
        // regions one is compared with the other.
        let below = with_tier.clone().filter(|(tier, ..)| *tier < here);
        let beside = with_tier.filter(|(tier, place, _)| *tier == here && *place < environment);
        let by_name = |a: &(Option<Tier>, &EnvironmentId, _), b: &(Option<Tier>, &EnvironmentId, _)| {
            a.0.cmp(&b.0).then_with(|| b.1.cmp(a.1))
        };
        let (_, from, others) = below.max_by(by_name).or_else(|| beside.max_by(by_name))?;
        let all: BTreeSet<&Text> = keys.keys().chain(others.keys()).collect();
        let keys = all.into_iter().filter_map(|key| {
            let standing = match (keys.get(key), others.get(key)) {
                (Some(one), Some(other)) if one == other => return None,
                (Some(_), Some(_)) => KeyStanding::Differs,
                (Some(_), None) => KeyStanding::OnlyHere,
                (None, _) => KeyStanding::Missing,
            };
            Some(KeyDifference {
                key: key.clone(),
                standing,
                accepted: self.accepted_key(name, environment, key),
            })
        });
        Some(ConfigurationDifference { from: from.clone(), keys: keys.collect() })
    }

    /// Why a key may differ, where the configuration says so.
    fn accepted_key(&self, name: &Text, environment: &EnvironmentId, key: &Text) -> Option<Text> {
        let rules = self.accepted.matching(environment.as_str()).into_iter();
        let mut rules = rules.map(|index| &self.material.context.policy.accepted_drift[*index]);
        let matches =
            |pattern: &Text, value: &str| !Patterns::new([(&**pattern, ())]).matching(value).is_empty();
        let rule = rules.find(|rule| {
            rule.keys.iter().any(|pattern| matches(pattern, key)) && matches(&rule.component, name)
        });
        rule.map(|rule| rule.reason.clone())
    }

    /// What it means that `newer` versions are elsewhere and not here.
    fn meaning(
        &self,
        name: &Text,
        component: &Component<'_>,
        newer: &[&Release],
        environment: &EnvironmentId,
    ) -> (DriftStanding, Option<Instant>, String) {
        let context = self.material.context;
        let calendar = &context.policy.calendar;
        for index in self.accepted.matching(environment.as_str()) {
            let rule = &context.policy.accepted_drift[*index];
            // A rule that names keys speaks of nothing else.
            if rule.keys.is_empty() && !Patterns::new([(&*rule.component, ())]).matching(name).is_empty() {
                return (DriftStanding::Accepted, None, rule.reason.to_string());
            }
        }
        let planned = self.planned.get(environment).into_iter().flatten().find(|deployment| {
            deployment.release.as_ref().is_some_and(|id| newer.iter().any(|one| one.id == *id))
        });
        if let Some(planned) = planned {
            let at = planned.window.from;
            let what = planned.release.as_ref().map(ToString::to_string).unwrap_or_default();
            let why = format!("{what} is planned for {}", words::day_and_time(at, calendar));
            return (DriftStanding::OnItsWay, Some(at), why);
        }
        let in_the_making = newer.iter().all(|one| one.released_at.is_none_or(|at| at > context.now));
        if let (true, true, Some(next)) = (in_the_making, context.is_production(environment), newer.first()) {
            let at = next.target.map(|target| target.at);
            let until = at.map(|at| format!(", target {}", words::day(at, calendar))).unwrap_or_default();
            return (DriftStanding::OnItsWay, at, format!("{} is in the making{until}", next.id));
        }
        let arrived =
            newer.iter().filter_map(|one| before(self.material, component, &one.id, environment)).min();
        let (Some(arrived), Some((lag, runs))) = (arrived, self.lags.usual(name, environment)) else {
            let why = "nothing is planned, and no usual lag is known".to_owned();
            return (DriftStanding::Behind, None, why);
        };
        let expected = later(arrived, lag);
        let usual = format!("usual lag {}, by {runs} promotions", words::duration(lag));
        if expected > context.now {
            return (DriftStanding::OnItsWay, Some(expected), usual);
        }
        let why = format!("expected {} ({usual})", words::day(expected, calendar));
        (DriftStanding::Behind, Some(expected), why)
    }
}
