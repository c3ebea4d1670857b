//! Argo CD as a source of deployments, environments, versions and freezes. `docs/argocd.md` says
//! what is read.
//!
//! A round asks for the projects, for their sync windows, and for all applications by the fields
//! that a list can be asked for (`fields`, which keeps thousands of them small). The history of an
//! application and the revision that is wanted are not among those: of an application that did
//! something since, or that is new, all is read, the newest first and so many in a round.

mod deployments;
mod examine;
mod settings;
#[cfg(test)]
mod tests;
mod windows;
mod wire;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::Duration,
};

use futures_util::{StreamExt, future::BoxFuture, stream};
use globset::{Glob, GlobSet, GlobSetBuilder};

use crate::{
    domain::{Environment, EnvironmentId, Facts, Instant, Kind, Problem, Progress, SourceId, Text},
    source::{
        Answer, Diagnosis, Report, Round, Source, SourceError, Standing,
        forge::{days_before, note, share},
        http::{Http, HttpError, HttpErrorKind, Reply, Request, Session},
        labels,
    },
};

pub use self::settings::ArgocdSettings;
use self::{
    deployments::{Told, Version},
    settings::Place,
    wire::{Application, Project},
};

/// Most applications of which all is read in one round.
const MOST_DETAILS: usize = 500;
/// Most applications that are told of.
const MOST_APPLICATIONS: usize = 10_000;
/// So many that could not be read are enough for a round: it has something else to do.
const MOST_FAILED: usize = 5;
/// Requests at once.
const AT_ONCE: usize = 6;
/// What of each application a list is asked for: Argo CD has a list of its own of what there can be
/// (`pkg/apiclient/application/forwarder_overwrite.go`).
const FIELDS: [&str; 10] = [
    "items.metadata.name",
    "items.metadata.namespace",
    "items.metadata.labels",
    "items.spec",
    "items.status.sync.status",
    "items.status.health",
    "items.status.summary",
    "items.status.operationState.phase",
    "items.status.operationState.startedAt",
    "items.status.operationState.finishedAt",
];
/// The same of each project.
const PROJECT_FIELDS: &str = "items.metadata.name,items.spec.syncWindows";
/// The policy that is enough for all that is read.
pub(super) const POLICY: &str =
    "`p, ROLE, applications, get, */*, allow` and `p, ROLE, projects, get, *, allow`";

/// The source `argocd`.
#[derive(Debug)]
pub struct ArgocdSource {
    id: SourceId,
    settings: ArgocdSettings,
    http: Http,
    wait: Duration,
    /// By namespace and name.
    known: BTreeMap<(Text, Text), Known>,
    said: Option<Arc<Facts>>,
}

/// What is known of one application.
#[derive(Clone, Debug)]
struct Known {
    application: Application,
    /// What it looked like when all of it was read; none: it never was.
    read: Option<Mark>,
    /// Versions that only images said, by the beginning of the sync.
    seen: HashMap<i64, Version>,
    /// Why not all of it could be read; told until it is read again.
    lost: Option<Problem>,
}

/// What changes whenever something happened to an application.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mark {
    sync: Text,
    phase: Text,
    started_at: Option<Instant>,
    finished_at: Option<Instant>,
}

impl Mark {
    fn of(application: &Application) -> Self {
        let operation = application.status.operation_state.as_ref();
        Self {
            sync: application.status.sync.status.clone(),
            phase: operation.map(|it| it.phase.clone()).unwrap_or_default(),
            started_at: operation.and_then(|it| it.started_at).map(|at| at.0),
            finished_at: operation.and_then(|it| it.finished_at).map(|at| at.0),
        }
    }

    fn newest(&self) -> Option<Instant> {
        self.finished_at.or(self.started_at)
    }
}

impl ArgocdSource {
    /// A source that asks by way of `http`.
    pub fn new(id: SourceId, settings: ArgocdSettings, http: Http) -> Self {
        let wait = settings.interval;
        Self { id, settings, http, wait, known: BTreeMap::new(), said: None }
    }

    async fn round(&mut self, round: &Round) -> Result<Answer, SourceError> {
        let http = self.http.clone();
        let session = http.session(round);
        let mut problems = Vec::new();
        let projects = self.projects(&session, &mut problems).await?;
        // Nothing but their windows is read of projects.
        problems = problems.into_iter().map(|problem| problem.within(&[Kind::Freezes])).collect();
        let listed = self.applications(&session, projects.as_deref(), &mut problems).await?;
        let mut known: BTreeMap<(Text, Text), Known> = BTreeMap::new();
        for application in listed {
            let key = (application.metadata.namespace.clone(), application.metadata.name.clone());
            let fresh = Known { application, read: None, seen: HashMap::new(), lost: None };
            known.insert(
                key.clone(),
                match self.known.remove(&key) {
                    Some(before) => fresh.after(before),
                    None => fresh,
                },
            );
        }
        self.known = known;
        self.details(&session, round, &mut problems).await?;
        self.wait = self.http.budget().advise(self.settings.interval, round.now);
        problems.extend(session.sign_in_problem());
        let mut facts = self.facts(projects.as_deref(), problems, round.now);
        share(&mut facts, self.said.as_deref());
        if self.said.as_deref() == Some(&facts) {
            return Ok(Answer::Unchanged);
        }
        let facts = Arc::new(facts);
        self.said = Some(Arc::clone(&facts));
        Ok(Answer::Facts(facts))
    }

    /// The projects; none where the token may not see them.
    async fn projects(
        &self,
        session: &Session<'_>,
        problems: &mut Vec<Problem>,
    ) -> Result<Option<Vec<Project>>, SourceError> {
        let request = Request::get("projects", "api/v1/projects").query("fields", PROJECT_FIELDS);
        let reply = match session.send(request).await {
            Ok(reply) => reply,
            Err(error) if matches!(error.kind(), HttpErrorKind::Forbidden { .. }) => {
                problems.push(refused(&error));
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        Ok(Some(items(&reply, problems)?))
    }

    /// All applications that are wanted, by what a list says of them.
    async fn applications(
        &self,
        session: &Session<'_>,
        projects: Option<&[Project]>,
        problems: &mut Vec<Problem>,
    ) -> Result<Vec<Application>, SourceError> {
        let wanted = globs(&self.settings.projects);
        let is_wanted = |name: &str| wanted.is_empty() || wanted.is_match(name);
        let plain = self.settings.projects.iter().all(|name| !name.contains(['*', '?', '[', '{', '\\']));
        let narrowed: &[String] = if plain { &self.settings.projects } else { &[] };
        let mut found = match session.send(self.list(narrowed)).await {
            Ok(reply) => items::<Application>(&reply, problems)?,
            Err(error) if matches!(error.kind(), HttpErrorKind::TooLarge { .. }) => {
                // Of one project after the other: there are no pages.
                let names = projects.unwrap_or_default().iter().map(|project| &project.metadata.name);
                let names: Vec<&Text> = names.filter(|name| is_wanted(name)).collect();
                if names.len() < 2 {
                    return Err(too_large(error));
                }
                let mut found = Vec::new();
                for name in names {
                    let reply = session.send(self.list(&[name.to_string()])).await.map_err(too_large)?;
                    found.extend(items::<Application>(&reply, problems)?);
                }
                found
            }
            Err(error) if matches!(error.kind(), HttpErrorKind::Forbidden { .. }) => {
                return Err(SourceError::Refused(refused(&error)));
            }
            Err(error) => return Err(error.into()),
        };
        found.retain(|application| is_wanted(&application.spec.project));
        if found.is_empty() {
            problems.push(Problem::new(
                format!("{}: there is no application, or none that this token may see", self.id),
                format!("look at source.argocd.projects and selector; a token needs {POLICY}"),
            ));
        }
        if found.len() > MOST_APPLICATIONS {
            problems.push(Problem::new(
                format!(
                    "{}: of {} applications the first {MOST_APPLICATIONS} are told of",
                    self.id,
                    found.len()
                ),
                "narrow them down with source.argocd.projects or selector",
            ));
            found.truncate(MOST_APPLICATIONS);
        }
        Ok(found)
    }

    fn list(&self, projects: &[String]) -> Request {
        let mut request =
            Request::get("applications", "api/v1/applications").query("fields", FIELDS.join(","));
        for project in projects {
            request = request.query("projects", project);
        }
        match &self.settings.selector {
            Some(selector) => request.query("selector", selector),
            None => request,
        }
    }

    /// Reads all of those applications to which something happened.
    async fn details(
        &mut self,
        session: &Session<'_>,
        round: &Round,
        problems: &mut Vec<Problem>,
    ) -> Result<(), SourceError> {
        let mut unread: Vec<(Option<Instant>, (Text, Text), Mark)> = Vec::new();
        for (key, known) in &self.known {
            let mark = Mark::of(&known.application);
            if known.read.as_ref() != Some(&mark) {
                unread.push((mark.newest(), key.clone(), mark));
            }
        }
        unread.sort_by(|one, other| (&other.0, &one.1).cmp(&(&one.0, &other.1)));
        let all = unread.len();
        unread.truncate(MOST_DETAILS);
        if all > unread.len() {
            problems.push(Problem::new(
                format!("{}: the history of {} applications is not read yet", self.id, all - unread.len()),
                "nothing to do: it is read in the next rounds, or narrow down source.argocd.projects",
            ));
        }
        let total = Some(unread.len() as u64);
        let requests: Vec<_> = unread
            .into_iter()
            .filter_map(|(_, key, mark)| Some((self.detail(&key)?, key, mark)))
            .map(|(request, key, mark)| async move { (session.send(request).await, key, mark) })
            .collect();
        let mut answers = stream::iter(requests).buffer_unordered(AT_ONCE);
        let (mut done, mut failed) = (0, 0);
        while let Some((answer, key, mark)) = answers.next().await {
            done += 1;
            let progress = Progress { what: "applications".into(), done, total };
            (round.report)(Report::Progress(progress));
            let read = answer.and_then(|reply| reply.json::<Application>());
            match read {
                Ok(application) => {
                    if let Some(known) = self.known.get_mut(&key) {
                        // The list says how it was asked for: what came in between is read next time.
                        known.application.status = application.status;
                        known.read = Some(mark);
                        known.lost = None;
                    }
                }
                Err(error) if is_of_one(error.kind()) => {
                    let problem = match error.kind() {
                        HttpErrorKind::Forbidden { .. } => refused(&error),
                        _ => error.problem(),
                    };
                    let what = format!("{}: {}", key.1, problem.what);
                    // It is asked for again when something happens to it, not in every round.
                    if let Some(known) = self.known.get_mut(&key) {
                        known.read = Some(mark);
                        known.lost = Some(Problem::new(what, problem.next_step));
                    }
                }
                Err(error) if ends_the_round(error.kind()) => return Err(error.into()),
                Err(error) => {
                    // It is asked for again in the next round; all of them will be if there are many.
                    note(problems, error.problem());
                    failed += 1;
                    if failed >= MOST_FAILED {
                        break;
                    }
                }
            }
        }
        Ok(())
    }

    fn detail(&self, key: &(Text, Text)) -> Option<Request> {
        let application = &self.known.get(key)?.application;
        let path = format!("api/v1/applications/{}", Request::segment(&key.1));
        let mut request = Request::get("application", path).never_remembered();
        if !key.0.is_empty() {
            request = request.query("appNamespace", &key.0);
        }
        if !application.spec.project.is_empty() {
            request = request.query("project", &application.spec.project);
        }
        Some(request)
    }

    /// What is known now.
    fn facts(&mut self, projects: Option<&[Project]>, problems: Vec<Problem>, now: Instant) -> Facts {
        let since = days_before(now, self.settings.recent_days);
        let service = self.id.as_str().to_owned();
        let mut facts = Facts { problems, ..Facts::default() };
        facts.covers.extend([Kind::Deployments, Kind::Environments]);
        let mut told: Vec<(Place, Told)> = Vec::with_capacity(self.known.len());
        let (mut standing, mut stood) = (Vec::new(), 0);
        let mut environments: BTreeMap<Text, Option<Text>> = BTreeMap::new();
        for known in self.known.values_mut() {
            if let Some(lost) = &known.lost {
                note(&mut facts.problems, lost.clone());
            }
            let place = self.settings.place(&known.application);
            let url = address(&self.settings, &known.application);
            let mut one =
                deployments::deployments(&known.application, &place, since, &mut known.seen, &url, &service);
            for problem in one.problems.drain(..) {
                note(&mut facts.problems, problem);
            }
            if let Some(problem) = deployments::standing(&known.application, &place, &one, &service) {
                stood += 1;
                note(&mut standing, problem);
            }
            let region = environments.entry(place.environment.clone()).or_default();
            *region = region.take().or_else(|| place.region.clone());
            facts.deployments.extend(one.deployments.iter().cloned());
            told.push((place, one));
        }
        if stood > standing.len() {
            let what = format!(
                "{service}: {} more applications are out of sync or not healthy",
                stood - standing.len()
            );
            standing.push(Problem::new(what, "see `argocd app list`"));
        }
        // What is left unread may be a deployment or a place; how applications stand is told whole.
        let lost = [Kind::Deployments, Kind::Environments];
        facts.problems = facts.problems.into_iter().map(|problem| problem.within(&lost)).collect();
        facts.problems.extend(standing.into_iter().map(Problem::losing_nothing));
        let released = deployments::releases(told.iter().map(|(place, told)| (place, told)));
        facts.releases.extend(released.map(Arc::new));
        facts.environments.extend(environments.into_iter().map(|(name, region)| {
            Arc::new(Environment {
                id: EnvironmentId::new(&name),
                tier: labels::tier(&name),
                platform: Some("kubernetes".into()),
                region,
                group: None,
                shareable: false,
                cost_per_day: None,
                time_zone: None,
            })
        }));
        if let Some(projects) = projects {
            facts.covers.insert(Kind::Freezes);
            let applications: Vec<(&Application, &Place)> = self
                .known
                .values()
                .map(|known| &known.application)
                .zip(told.iter().map(|(place, _)| place))
                .collect();
            let frozen = windows::freezes(projects, &applications, now, &service);
            facts.freezes.extend(frozen.freezes.into_iter().map(Arc::new));
            let lost = [Kind::Freezes];
            facts.problems.extend(frozen.problems.into_iter().map(|problem| problem.within(&lost)));
        }
        facts
    }
}

impl Known {
    /// What was known `before` and a list does not say.
    fn after(mut self, before: Self) -> Self {
        let (status, old) = (&mut self.application.status, before.application.status);
        if status.history.is_empty() {
            status.history = old.history;
        }
        if status.sync.revision.is_empty() && status.sync.revisions.is_empty() {
            (status.sync.revision, status.sync.revisions) = (old.sync.revision, old.sync.revisions);
        }
        if let (Some(new), Some(old)) = (&mut status.operation_state, old.operation_state)
            && new.started_at == old.started_at
        {
            new.sync_result = new.sync_result.take().or(old.sync_result);
        }
        self.read = before.read;
        self.seen = before.seen;
        self.lost = before.lost;
        self
    }
}

/// The items of a list, which is `null` where there are none. A bad one loses itself.
fn items<T: serde::de::DeserializeOwned>(
    reply: &Reply,
    problems: &mut Vec<Problem>,
) -> Result<Vec<T>, SourceError> {
    if reply.at::<Option<serde::de::IgnoredAny>>(&["items"])?.is_none() {
        return Ok(Vec::new());
    }
    let read = reply.items::<T>(&["items"])?;
    for lost in &read.lost {
        note(problems, lost.problem());
    }
    Ok(read.kept)
}

/// Whether an error is about one application and says nothing of the others.
fn is_of_one(kind: &HttpErrorKind) -> bool {
    matches!(
        kind,
        HttpErrorKind::NotFound
            | HttpErrorKind::Forbidden { .. }
            | HttpErrorKind::Rejected { .. }
            | HttpErrorKind::Unexpected { .. }
            | HttpErrorKind::TooLarge { .. }
    )
}

/// Whether nothing else can be read after it.
fn ends_the_round(kind: &HttpErrorKind) -> bool {
    matches!(kind, HttpErrorKind::Cancelled | HttpErrorKind::SignedOut { .. })
}

/// What to do where the token is known and may not: which policy would do.
fn refused(error: &HttpError) -> Problem {
    Problem::new(error.to_string(), format!("give the role of the token {POLICY}"))
}

fn too_large(error: HttpError) -> SourceError {
    match error.kind() {
        HttpErrorKind::TooLarge { .. } => SourceError::Failed(Problem::new(
            error.to_string(),
            "narrow it down with source.argocd.projects or source.argocd.selector",
        )),
        _ => error.into(),
    }
}

fn globs(patterns: &[String]) -> GlobSet {
    let mut builder = GlobSetBuilder::new();
    // What cannot be read the configuration has complained about.
    for glob in patterns.iter().filter_map(|pattern| Glob::new(pattern).ok()) {
        builder.add(glob);
    }
    builder.build().unwrap_or_default()
}

/// Where a person sees an application.
fn address(settings: &ArgocdSettings, application: &Application) -> Text {
    let site = settings.site.as_str().trim_end_matches('/');
    let of = &application.metadata;
    let namespace = Some(&of.namespace).filter(|namespace| !namespace.is_empty());
    let namespace = namespace.map(|it| format!("{}/", Request::segment(it))).unwrap_or_default();
    Text::new(format!("{site}/applications/{namespace}{}", Request::segment(&of.name)))
}

impl Source for ArgocdSource {
    fn id(&self) -> SourceId {
        self.id.clone()
    }

    fn interval(&self) -> Duration {
        self.wait
    }

    fn standing(&self) -> Standing {
        self.http.standing()
    }

    fn has_memory(&self) -> bool {
        // After a restart everything is read again.
        false
    }

    fn fetch<'a>(&'a mut self, round: &'a Round) -> BoxFuture<'a, Result<Answer, SourceError>> {
        Box::pin(self.round(round))
    }

    fn examine<'a>(&'a mut self, round: &'a Round) -> BoxFuture<'a, Vec<Diagnosis>> {
        Box::pin(async move {
            let mut points = examine::reachable(&self.http, round).await;
            self.said = None;
            self.known.clear();
            let answer = self.round(round).await;
            points.extend(examine::reading(&self.http, answer));
            points
        })
    }
}
