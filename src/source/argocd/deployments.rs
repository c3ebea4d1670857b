//! What the history and the operation of an application are as deployments, and which versions
//! went out.
//!
//! A sync of the whole application that succeeds gets an entry in `status.history`; one that does
//! not is seen in `status.operationState` only, until the next one begins. Both say when it began,
//! and that is what it is called by, so that one that runs stays the same when it is over.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use chrono::{Duration, SecondsFormat};

use super::{
    settings::Place,
    wire::{Application, Entry, Origin},
};
use crate::{
    domain::{
        Deployment, DeploymentId, DeploymentState, EnvironmentId, Instant, Problem, Release, ReleaseId, Text,
        Tier, Window, version::VersionTag,
    },
    source::{labels, naming::Naming},
};

/// A deployment that has not ended is shown as taking so long.
fn shortest() -> Duration {
    Duration::minutes(1)
}

/// A version: of which project, and which.
pub(super) type Version = (Text, Text);

/// A sync, whichever way it is told of.
struct Sync {
    state: DeploymentState,
    started_at: Option<Instant>,
    finished_at: Option<Instant>,
    version: Option<Version>,
    /// The number in the history, where it is there.
    number: Option<i64>,
    /// What went out, to tell whether it went out before.
    revisions: Vec<Text>,
}

/// What is told of one application.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Told {
    pub(super) deployments: Vec<Arc<Deployment>>,
    /// The version of each, in the same order.
    pub(super) versions: Vec<Option<Version>>,
    pub(super) problems: Vec<Problem>,
}

/// The deployments of an application since `since`, and the newest one whenever it was, oldest
/// first.
///
/// `seen` are versions by the beginning of a sync that only the images said, while they ran: of
/// earlier entries of the history nothing else says which version it was.
pub(super) fn deployments(
    application: &Application,
    place: &Place,
    since: Instant,
    seen: &mut HashMap<i64, Version>,
    url: &Text,
    service: &str,
) -> Told {
    let mut told = Told::default();
    let mut syncs: Vec<Sync> =
        application.status.history.iter().map(|entry| of_entry(entry, place)).collect();
    syncs.sort_by_key(|sync| (sync.finished_at, sync.number));
    take_back(&mut syncs);
    match running(application, place) {
        Ok(Some(sync)) if syncs.iter().all(|known| known.started_at != sync.started_at) => {
            // One that succeeded without an entry was a part of the application only, once the
            // history is there.
            if sync.state != DeploymentState::Succeeded || syncs.is_empty() {
                syncs.push(sync);
            }
        }
        Ok(_) => {}
        Err(phase) => told.problems.push(Problem::new(
            format!(
                "{service}: {}: the phase \"{phase}\" of its operation is unheard of, it is left out",
                application.metadata.name
            ),
            "update tminus, or report it",
        )),
    }
    of_images(application, place, &mut syncs, seen);
    let newest = syncs.iter().rposition(|sync| sync.state == DeploymentState::Succeeded);
    for (index, sync) in syncs.into_iter().enumerate() {
        let ended = sync.finished_at.or(sync.started_at);
        if Some(index) != newest && ended.is_some_and(|at| at < since) {
            continue;
        }
        let Some(from) = sync.started_at.or(sync.finished_at) else { continue };
        let name = match sync.number {
            // An Argo CD before version 2.0 does not say when it began.
            Some(number) if sync.started_at.is_none() => format!("#{number}"),
            _ => from.to_rfc3339_opts(SecondsFormat::Secs, true),
        };
        let of = &application.metadata;
        told.deployments.push(Arc::new(Deployment {
            id: DeploymentId::new(format!("{}/{} {name}", of.namespace, of.name)),
            release: sync.version.as_ref().map(|(project, version)| ReleaseId::of(project, version)),
            environment: EnvironmentId::new(&place.environment),
            window: Window { from, until: sync.finished_at.unwrap_or(from).max(from + shortest()) },
            state: sync.state,
            started_at: sync.started_at,
            finished_at: sync.finished_at,
            time_zone: None,
            configuration: std::collections::BTreeMap::new(),
            activities: Vec::new(),
            url: Some(url.clone()),
        }));
        told.versions.push(sync.version);
    }
    told
}

fn of_entry(entry: &Entry, place: &Place) -> Sync {
    let finished_at = entry.deployed_at.0;
    Sync {
        state: DeploymentState::Succeeded,
        started_at: entry.deploy_started_at.map(|at| at.0.min(finished_at)),
        finished_at: Some(finished_at),
        version: version(&entry.revision, &entry.revisions, &entry.source, &entry.sources, place),
        number: Some(entry.id),
        revisions: all(&entry.revision, &entry.revisions),
    }
}

/// The operation that runs or was the last one; an error is a phase that is unheard of.
fn running(application: &Application, place: &Place) -> Result<Option<Sync>, Text> {
    let Some(operation) = &application.status.operation_state else { return Ok(None) };
    let state = match operation.phase.as_str() {
        // One that is being ended has not ended.
        "Running" | "Terminating" => DeploymentState::Running,
        "Succeeded" => DeploymentState::Succeeded,
        "Failed" | "Error" => DeploymentState::Failed,
        "" => return Ok(None),
        _ => return Err(operation.phase.clone()),
    };
    let started_at = operation.started_at.map(|at| at.0);
    let finished_at = operation.finished_at.map(|at| at.0).filter(|_| state.is_over());
    let result = operation.sync_result.as_ref();
    Ok(Some(Sync {
        state,
        started_at,
        finished_at: finished_at.map(|at| at.max(started_at.unwrap_or(at))),
        version: result.and_then(|it| version(&it.revision, &it.revisions, &it.source, &it.sources, place)),
        number: None,
        revisions: result.map(|it| all(&it.revision, &it.revisions)).unwrap_or_default(),
    }))
}

fn all(revision: &Text, revisions: &[Text]) -> Vec<Text> {
    if revisions.is_empty() { vec![revision.clone()] } else { revisions.to_vec() }
}

/// A sync that brought back exactly what was there before the one before it took that one back.
fn take_back(syncs: &mut [Sync]) {
    for later in 2..syncs.len() {
        let (before, back) = (&syncs[later - 1].revisions, &syncs[later].revisions);
        let is_known = back.iter().all(|revision| !revision.is_empty());
        if is_known && back != before && *back == syncs[later - 2].revisions {
            syncs[later - 1].state = DeploymentState::RolledBack;
        }
    }
}

/// Which version the revisions and their sources say: of a chart its version, else a tag.
fn version(
    revision: &Text,
    revisions: &[Text],
    origin: &Origin,
    origins: &[Origin],
    place: &Place,
) -> Option<Version> {
    let revisions = all(revision, revisions);
    let single = std::slice::from_ref(origin);
    let origins = if origins.is_empty() { single } else { origins };
    let pairs = || revisions.iter().zip(origins);
    let chart = pairs().filter(|(_, origin)| !origin.chart.is_empty());
    let chart = chart.filter_map(|(revision, _)| named(revision, place));
    let said = pairs().filter_map(|(revision, _)| named(revision, place));
    let wanted = pairs().filter_map(|(_, origin)| named(&origin.target_revision, place));
    chart.chain(said).chain(wanted).next()
}

/// The version that a tag, or a chart's version, names. A commit is none: nothing says which of
/// two is the newer one.
fn named(tag: &str, place: &Place) -> Option<Version> {
    let is_commit = tag.len() >= 7 && tag.bytes().all(|byte| byte.is_ascii_hexdigit());
    // `1.*` and `>=1.2 <2` are ranges.
    let is_plain = tag.chars().all(|character| character.is_alphanumeric() || "._-+/@".contains(character));
    if is_commit || !is_plain {
        return None;
    }
    let naming = Naming { repository: place.component.clone(), project: place.component.clone() };
    naming.release_of_tag(tag).or_else(|| {
        let tag = VersionTag::parse(tag, &place.component)?;
        Some((place.component.clone(), Text::new(&tag.version.text)))
    })
}

/// Gives the newest sync the version that the images which run say, if nothing else did, and
/// earlier ones what they said when they ran. Forgets what is not in the history any more.
fn of_images(application: &Application, place: &Place, syncs: &mut [Sync], seen: &mut HashMap<i64, Version>) {
    let mark = |sync: &Sync| sync.started_at.or(sync.finished_at).map(|at| at.timestamp());
    let status = &application.status;
    // While it is out of sync, or does something, nobody can tell what runs because of which.
    let is_settled = status.sync.status.as_str() == "Synced"
        && syncs.last().is_some_and(|sync| sync.state == DeploymentState::Succeeded);
    if is_settled
        && let Some(newest) = syncs.last()
        && newest.version.is_none()
        && let (Some(mark), Some(version)) = (mark(newest), of_running(&status.summary.images, place))
    {
        seen.insert(mark, version);
    }
    seen.retain(|known, _| syncs.iter().any(|sync| mark(sync) == Some(*known)));
    for sync in syncs.iter_mut().filter(|sync| sync.version.is_none()) {
        sync.version = mark(sync).and_then(|mark| seen.get(&mark).cloned());
    }
}

/// The version that images say: the one that is called like the component, else all of them if
/// they agree.
fn of_running(images: &[Text], place: &Place) -> Option<Version> {
    let taken_apart = images.iter().map(|image| image_tag(image));
    let (own, others): (Vec<_>, Vec<_>) =
        taken_apart.partition(|(name, _)| *name == place.component.as_str());
    let agreed = |images: &[(&str, Option<&str>)]| {
        let versions: Option<Vec<Version>> = images.iter().map(|(_, tag)| named((*tag)?, place)).collect();
        let versions = versions?;
        let first = versions.first()?.clone();
        versions.iter().all(|version| *version == first).then_some(first)
    };
    if own.is_empty() { agreed(&others) } else { agreed(&own) }
}

/// The last part of an image's name, and its tag: `registry:5000/shop/pay:4.2@sha256:…`.
fn image_tag(image: &str) -> (&str, Option<&str>) {
    let image = image.split('@').next().unwrap_or_default();
    let last = image.rsplit('/').next().unwrap_or_default();
    last.split_once(':').map_or((last, None), |(name, tag)| (name, Some(tag)))
}

/// What is told of versions: those that reached production with when they first did, and those
/// that are anywhere now. A component that has no production is out wherever it first went.
pub(super) fn releases<'a>(
    told: impl Iterator<Item = (&'a Place, &'a Told)> + Clone,
) -> impl Iterator<Item = Release> {
    let is_production = |place: &Place| labels::tier(&place.environment) == Tier::Production;
    let mut with_production: HashMap<&Text, bool> = HashMap::new();
    for (place, _) in told.clone() {
        *with_production.entry(&place.component).or_default() |= is_production(place);
    }
    // By version: whether it is somewhere now, and when it went out.
    let mut all: BTreeMap<&Version, (bool, Option<Instant>)> = BTreeMap::new();
    for (place, told) in told {
        let counts = is_production(place) || !with_production[&place.component];
        let pairs = told.deployments.iter().zip(&told.versions);
        let pairs = pairs.filter_map(|(deployment, version)| Some((deployment, version.as_ref()?)));
        let newest =
            told.deployments.iter().rposition(|deployment| deployment.state == DeploymentState::Succeeded);
        let newest = newest.and_then(|newest| told.versions[newest].as_ref());
        for (deployment, version) in pairs {
            let entry = all.entry(version).or_default();
            entry.0 |= newest == Some(version) || deployment.state == DeploymentState::Running;
            let is_out = matches!(deployment.state, DeploymentState::Succeeded | DeploymentState::RolledBack);
            if let Some(at) = deployment.finished_at.filter(|_| counts && is_out) {
                entry.1 = Some(entry.1.map_or(at, |known| known.min(at)));
            }
        }
    }
    let told =
        all.into_iter().filter(|(_, (is_anywhere, released_at))| *is_anywhere || released_at.is_some());
    let release = |((project, version), (_, released_at)): (&Version, (bool, Option<Instant>))| Release {
        released_at,
        ..Release::named(project, version)
    };
    told.map(release).collect::<Vec<_>>().into_iter()
}

/// What stands against taking an application for what its history says: it is out of sync with a
/// revision that is wanted, or not healthy. In words, with what to do.
pub(super) fn standing(
    application: &Application,
    place: &Place,
    told: &Told,
    service: &str,
) -> Option<Problem> {
    let status = &application.status;
    let name = &application.metadata.name;
    let at = format!("{service}: {name} ({} at {})", place.component, place.environment);
    let sync = &status.sync;
    let live = status.history.iter().max_by_key(|entry| (entry.deployed_at.0, entry.id));
    let wanted = all(&sync.revision, &sync.revisions);
    let is_other = live.is_some_and(|live| all(&live.revision, &live.revisions) != wanted);
    if sync.status.as_str() == "OutOfSync" {
        let short = |revisions: Vec<Text>| {
            let shown = revisions.iter().map(|revision| revision.chars().take(12).collect::<String>());
            shown.collect::<Vec<_>>().join(", ")
        };
        let newest = told.deployments.iter().rposition(|one| one.state == DeploymentState::Succeeded);
        let version = newest.and_then(|newest| told.versions[newest].as_ref());
        let holds = version.map(|(_, version)| version.to_string());
        let holds = holds.or_else(|| live.map(|live| short(all(&live.revision, &live.revisions))));
        let wanted_version = named(&sync.revision, place).map(|(_, version)| version.to_string());
        let what = match (holds, is_other && !wanted.iter().all(|revision| revision.is_empty())) {
            (Some(holds), true) => {
                let wants = wanted_version.unwrap_or_else(|| short(wanted));
                format!("is out of sync: it holds {holds}, wanted is {wants}")
            }
            (Some(holds), false) => format!("is out of sync: it holds {holds} with changes"),
            (None, _) => "is out of sync: nothing of it was deployed yet".to_owned(),
        };
        let next_step = if application.spec.is_automated() {
            format!("it syncs by itself; if it stays so, see `argocd app get {name}`")
        } else {
            format!("`argocd app diff {name}`, then `argocd app sync {name}`")
        };
        return Some(Problem::new(format!("{at} {what}"), next_step));
    }
    let health = &status.health.status;
    let next_step = format!("see `argocd app get {name}`");
    match health.as_str() {
        "Degraded" | "Missing" => Some(Problem::new(format!("{at} is {}", health.to_lowercase()), next_step)),
        _ if sync.status.as_str() == "Unknown" => {
            Some(Problem::new(format!("{at}: Argo CD cannot tell whether it is in sync"), next_step))
        }
        _ => None,
    }
}
