//! Reading a Jira: all of it the first time and once a day, later on what changed.
//!
//! What a round costs:
//! - without news one search, of ids and times of change only: Jira has no validators for searches,
//!   so that even this is never a 304;
//! - every five minutes one question for the versions of each project, conditional where Jira has
//!   `ETag`s;
//! - with news one search more and, on Cloud, one question for the changelogs;
//! - once an hour a search of ids only (up to 5,000 to a page), to see what was deleted or moved
//!   away, and three questions for statuses, fields and the account.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::Duration;

use super::{
    api::Api,
    fields::CustomFields,
    issue::{Issue, in_order, past},
    jql,
    known::{Known, KnownStatus, KnownVersion, Lost, Part, Place},
    search::{Question, Search},
    settings::{Flavour, JiraSettings},
    timestamp::Timestamp,
    wire,
};
use crate::{
    domain::{Instant, Problem, Progress, Text},
    source::{
        Report, Round,
        forge::days_before,
        http::{HttpError, HttpErrorKind, Request, Session},
    },
};

/// Most issues; the ones that were created last are kept.
pub(super) const MOST_ISSUES: usize = 10_000;
/// Most versions of a project.
const MOST_VERSIONS: usize = 2_000;
/// Most projects whose versions are read where nobody named them.
const MOST_PROJECTS: usize = 50;
/// Issues to a page, with and without their past.
const PAGE: u64 = 100;
pub(super) const PAGE_WITH_PAST: u64 = 50;
/// Ids to a page; Data Center cuts that down itself.
const PAGE_OF_IDS: u64 = 5_000;
/// Everything is read again after so long.
const WHOLE_HOURS: i64 = 24;
/// What nothing tells of is looked at after so long.
const SWEEP_MINUTES: i64 = 60;
/// Versions are read again after so long.
const VERSIONS_MINUTES: i64 = 5;

/// The fields of an issue that every Jira has.
pub(super) const FIELDS: [&str; 17] = [
    "summary",
    "status",
    "project",
    "issuetype",
    "priority",
    "resolution",
    "assignee",
    "created",
    "updated",
    "resolutiondate",
    "statuscategorychangedate",
    "duedate",
    "fixVersions",
    "components",
    "labels",
    "issuelinks",
    "parent",
];

/// One round with a Jira.
pub(super) struct Reading<'a> {
    pub(super) api: Api<'a>,
    pub(super) settings: &'a JiraSettings,
    pub(super) round: &'a Round,
    pub(super) service: &'a str,
    /// Jira does not know who asks, and why.
    pub(super) stranger: Option<HttpError>,
}

/// Which Jira it is, by its own words where it says them.
pub(super) async fn find_place(session: &Session<'_>, settings: &JiraSettings) -> Result<Place, HttpError> {
    let info = match session.send(Request::get("server info", "rest/api/2/serverInfo")).await {
        Ok(reply) => reply.json::<wire::ServerInfo>()?,
        // Behind some proxies it is not there: then by its address.
        Err(error) if is_withheld(error.kind()) => wire::ServerInfo::default(),
        Err(error) => return Err(error),
    };
    let says_cloud = info.deployment_type.as_ref().map(|kind| kind.eq_ignore_ascii_case("cloud"));
    let is_cloud = match settings.flavour {
        Flavour::Cloud => true,
        Flavour::DataCenter => false,
        Flavour::Detect => settings.looks_like_cloud() || says_cloud == Some(true),
    };
    let told = info.base_url.filter(|url| url.starts_with("https://") || url.starts_with("http://"));
    let site = told.map_or_else(|| settings.site.to_string(), |url| url.to_string());
    Ok(Place { is_cloud, version: info.version, site: site.trim_end_matches('/').to_owned() })
}

/// The service has it, perhaps, but not for this token.
pub(super) fn is_withheld(kind: &HttpErrorKind) -> bool {
    matches!(
        kind,
        HttpErrorKind::NotFound
            | HttpErrorKind::Forbidden { .. }
            | HttpErrorKind::SignedOut { .. }
            | HttpErrorKind::Rejected { .. }
    )
}

/// Whether everything must be read.
pub(super) fn is_whole_due(known: &Known, now: Instant) -> bool {
    is_due(known.whole_at, now, Duration::hours(WHOLE_HOURS))
}

fn is_due(last: Option<Instant>, now: Instant, after: Duration) -> bool {
    // A clock that was set back is a reason too.
    last.is_none_or(|at| now - at >= after || now < at)
}

impl Reading<'_> {
    /// Reads everything into `known`, which is new but for what was seen of versions. `told` is
    /// called when a page is read.
    pub(super) async fn whole(
        &mut self,
        known: &mut Known,
        told: &(dyn Fn(&Known) + Send + Sync),
    ) -> Result<(), HttpError> {
        self.orient(known).await?;
        if self.settings.jql.is_none() {
            self.versions(known).await?;
        }
        known.selection = self.select(known);
        let question = self.question(known, jql::newest_first(&known.selection));
        self.issues(known, question, &HashSet::new(), told).await?;
        self.is_shown_something(known.issues.len() + known.lost.len())?;
        if self.settings.jql.is_some() {
            self.versions(known).await?;
        }
        known.whole_at = Some(self.round.now);
        known.swept_at = Some(self.round.now);
        Ok(())
    }

    /// Reads what changed. True if anything is not as it was.
    pub(super) async fn news(&mut self, known: &mut Known) -> Result<bool, HttpError> {
        let now = self.round.now;
        let mut any = false;
        let is_sweep = is_due(known.swept_at, now, Duration::minutes(SWEEP_MINUTES));
        if is_sweep {
            any |= self.orient(known).await?;
        }
        if is_due(known.versions_at, now, Duration::minutes(VERSIONS_MINUTES)) {
            any |= self.versions(known).await?;
        }
        let before = known.selection.clone();
        let selection = self.select(known);
        any |= self.changes(known, &selection).await?;
        if is_sweep || before != selection {
            any |= self.sweep(known, &selection).await?;
            known.swept_at = Some(now);
        }
        Ok(any)
    }

    /// Finds out what issues are read in: whose time zone, which statuses and fields. True if
    /// that is not as it was.
    async fn orient(&mut self, known: &mut Known) -> Result<bool, HttpError> {
        let before = (known.zone, known.account.clone(), known.statuses.clone(), known.fields.clone());
        let problems = known.problems.clone();
        match self.api.get("account", "myself").await {
            Ok(reply) => {
                let user: wire::User = reply.json()?;
                known.zone = user.time_zone.as_ref().and_then(|zone| zone.parse().ok());
                known.account = user.called();
            }
            // Nobody is signed in: what is public is read.
            Err(error) if is_withheld(error.kind()) => {
                (known.zone, known.account) = (None, None);
                self.stranger = Some(error);
            }
            Err(error) => return Err(error),
        }
        match self.api.get("statuses", "status").await {
            Ok(reply) => {
                let statuses = reply.items::<wire::Status>(&[])?;
                known.statuses.clear();
                statuses.kept.into_iter().for_each(|status| note_status(known, &status));
                known.set_problems(Part::Statuses, statuses.lost.iter().map(HttpError::problem).collect());
            }
            // Each issue names its own.
            Err(error) if is_withheld(error.kind()) => {
                known.set_problems(Part::Statuses, vec![error.problem()]);
            }
            Err(error) => return Err(error),
        }
        let points = self.settings.points_field.as_deref();
        match self.api.get("fields", "field").await {
            Ok(reply) => {
                let fields = reply.items::<wire::Field>(&[])?;
                known.fields = CustomFields::find(&fields.kept, points);
                let missing = points.filter(|_| known.fields.points.is_empty());
                let missing = missing.map(|name| self.no_points(name, &known.fields.candidates));
                known.set_problems(Part::Fields, missing.into_iter().collect());
            }
            Err(error) if is_withheld(error.kind()) => {
                known.set_problems(Part::Fields, vec![error.problem()]);
            }
            Err(error) => return Err(error),
        }
        let after = (known.zone, known.account.clone(), known.statuses.clone(), known.fields.clone());
        Ok(before != after || problems != known.problems)
    }

    /// A stranger who finds nothing was not told that there is nothing: Jira hides issues
    /// without a word.
    fn is_shown_something(&self, found: usize) -> Result<(), HttpError> {
        match &self.stranger {
            Some(error) if found == 0 => Err(error.clone()),
            _ => Ok(()),
        }
    }

    fn no_points(&self, name: &str, candidates: &[Text]) -> Problem {
        let what =
            format!("{}: there is no field \"{name}\" with a number: no story has points", self.service);
        if candidates.is_empty() {
            return Problem::new(what, "correct `points_field` of the jira source");
        }
        let list: Vec<String> = candidates.iter().map(|name| format!("\"{name}\"")).collect();
        Problem::new(what, format!("set `points_field` of the jira source to one of {}", list.join(", ")))
    }

    /// The keys of the projects that are read.
    fn projects(&self, known: &Known) -> Vec<Text> {
        let keys: BTreeSet<Text> = match &self.settings.jql {
            None => self.settings.projects.iter().map(|key| Text::new(key.to_uppercase())).collect(),
            Some(_) => known.issues.values().map(|issue| issue.project.clone()).collect(),
        };
        keys.into_iter().filter(|key| !key.is_empty()).take(MOST_PROJECTS).collect()
    }

    /// Reads the versions of all projects. True if they are not as they were. A project that is
    /// not shown is a problem, and leaves the others alone; if none is shown the round fails.
    async fn versions(&mut self, known: &mut Known) -> Result<bool, HttpError> {
        let projects = self.projects(known);
        let mut versions: BTreeMap<Text, KnownVersion> = BTreeMap::new();
        let mut problems = Vec::new();
        let mut hidden = BTreeSet::new();
        let mut first_error = None;
        for project in &projects {
            let path = format!("project/{}/versions", Request::segment(project));
            match self.api.get("versions", &path).await {
                Ok(reply) => {
                    let found = reply.items::<wire::Version>(&[])?;
                    problems.extend(found.lost.iter().map(HttpError::problem));
                    // Jira lists the oldest first.
                    let skipped = found.kept.len().saturating_sub(MOST_VERSIONS);
                    for version in found.kept.into_iter().skip(skipped) {
                        let was = known.versions.get(&version.id);
                        versions.insert(version.id.clone(), self.seen(version, project, was));
                    }
                }
                Err(error) if is_withheld(error.kind()) => {
                    problems.push(self.hidden_project(project, &error));
                    hidden.insert(project.clone());
                    first_error.get_or_insert(error);
                }
                Err(error) => return Err(error),
            }
        }
        if let Some(error) =
            first_error.filter(|_| hidden.len() == projects.len() && self.settings.jql.is_none())
        {
            return Err(error);
        }
        let is_news = known.versions != versions || known.hidden != hidden || known.versions_at.is_none();
        known.versions = versions;
        known.hidden = hidden;
        known.versions_at = Some(self.round.now);
        Ok(known.set_problems(Part::Versions, problems) || is_news)
    }

    fn seen(&self, version: wire::Version, project: &Text, was: Option<&KnownVersion>) -> KnownVersion {
        let is_released = version.released.unwrap_or(false);
        KnownVersion {
            project: project.clone(),
            name: version.name,
            is_released,
            is_archived: version.archived.unwrap_or(false),
            start: version.start_date,
            date: version.release_date,
            released_seen: is_released
                .then(|| was.and_then(|was| was.released_seen).unwrap_or(self.round.now)),
            was_open: was.is_some_and(|was| was.was_open || !was.is_released) || !is_released,
        }
    }

    fn hidden_project(&self, project: &str, error: &HttpError) -> Problem {
        let Problem { next_step, .. } = error.problem();
        let next_step = match error.kind() {
            HttpErrorKind::SignedOut { .. } => next_step.to_string(),
            _ => format!(
                "ask for the permission Browse projects in {project} (scope read:jira-work), or correct \
                 `projects` of the jira source"
            ),
        };
        let what = format!("{}: the project {project} is not there, or not shown to you", self.service);
        Problem::new(what, next_step)
    }

    /// Which issues are read now.
    fn select(&self, known: &Known) -> String {
        if let Some(jql) = &self.settings.jql {
            return jql::of_person(jql);
        }
        let projects = self.projects(known);
        let shown = projects.iter().filter(|key| !known.hidden.contains(*key));
        let since = days_before(self.round.now, self.settings.recent_days);
        let versions = known.told_versions(self.settings, since);
        jql::of_projects(shown.map(Text::as_str), &versions, self.settings.recent_days)
    }

    /// Asks for whole issues.
    fn question(&self, known: &Known, jql: String) -> Question {
        let with_past = !self.api.is_cloud || known.no_bulk;
        let fields = FIELDS.into_iter().chain(known.fields.ids());
        Question {
            operation: "issues",
            jql,
            fields: fields.map(str::to_owned).collect(),
            with_past,
            page: if with_past { PAGE_WITH_PAST } else { PAGE },
            most: MOST_ISSUES,
        }
    }

    /// Reads the issues that `question` finds, but for those whose ids are in `as_known`, with
    /// their past.
    async fn issues(
        &mut self,
        known: &mut Known,
        question: Question,
        as_known: &HashSet<Text>,
        told: &(dyn Fn(&Known) + Send + Sync),
    ) -> Result<(), HttpError> {
        let with_past = question.with_past;
        let is_whole = known.whole_at.is_none();
        let (mut ids, mut cut) = (Vec::new(), Vec::new());
        let mut unreadable = 0;
        {
            let mut search = Search::new(&self.api, question);
            let (mut done, mut pages) = (0, 0_u32);
            while let Some(page) = search.next::<wire::Issue>().await? {
                done += (page.items.len() + page.lost.len()) as u64;
                note_lost(known, page.lost);
                for mut issue in page.items.into_iter().filter(|issue| !as_known.contains(&issue.id)) {
                    note_status(known, &issue.fields.status);
                    let changelog = issue.changelog.take();
                    let mut issue = Issue::of(issue, &known.fields);
                    if let Some(changelog) = changelog.filter(|_| with_past) {
                        let came = changelog.histories.len() as u64;
                        let (changes, lost) = past(changelog.histories);
                        unreadable += lost;
                        issue.past = Some(in_order(changes));
                        if changelog.total.is_some_and(|total| total > came) {
                            cut.push(issue.id.clone());
                        }
                    }
                    // Until its past is read it has the one that is known.
                    let was = known.issues.get(&issue.id).and_then(|was| was.past.clone());
                    issue.past = issue.past.or(was);
                    known.lost.remove(&issue.id);
                    ids.push(issue.id.clone());
                    known.issues.insert(issue.id.clone(), issue);
                }
                if is_whole {
                    let progress = Progress { what: "issues".into(), done, total: page.total };
                    (self.round.report)(Report::Progress(progress));
                    pages += 1;
                    // Ever more seldom: each time all that is known is told.
                    if pages.is_power_of_two() {
                        told(known);
                    }
                }
            }
            if is_whole {
                known.is_cut = search.is_cut();
            }
        }
        let problem = known.is_cut.then(|| {
            Problem::new(
                format!(
                    "{}: there are more than {MOST_ISSUES} issues; only the newest are read",
                    self.service
                ),
                "name fewer projects, lower `recent_days`, or choose the issues with `jql`",
            )
        });
        known.set_problems(Part::Issues, problem.into_iter().collect());
        if !with_past {
            unreadable += self.pasts(known, &ids).await?;
        }
        self.cut_pasts(known, &cut, unreadable).await
    }

    /// Looks what was changed, and reads that. True if anything was.
    async fn changes(&mut self, known: &mut Known, selection: &str) -> Result<bool, HttpError> {
        let now = self.round.now;
        let since = known.until().unwrap_or(now);
        let jql = jql::changed_since(selection, since, known.zone, now);
        let (handles, is_cut) = self.handles("changes", jql.clone(), &["updated"], PAGE_OF_IDS / 5).await?;
        // The oldest changes come first: the next round begins behind those that are read in this one.
        let behind = is_cut.then(|| {
            Problem::new(
                format!(
                    "{}: more than {MOST_ISSUES} issues changed since they were read; not all are read yet",
                    self.service
                ),
                "nothing to do: the next rounds read on, and everything is read again within a day",
            )
        });
        let is_told = known.set_problems(Part::Changes, behind.into_iter().collect());
        let (same, changed): (Vec<_>, Vec<_>) =
            handles.into_iter().partition(|handle| is_as_known(known, handle));
        if changed.is_empty() {
            return Ok(is_told);
        }
        let same: HashSet<Text> = same.into_iter().map(|handle| handle.id).collect();
        let question = self.question(known, jql);
        self.issues(known, question, &same, &|_| ()).await?;
        Ok(true)
    }

    /// Finds what is no longer there, and what came without being changed. True if there is any.
    async fn sweep(&mut self, known: &mut Known, selection: &str) -> Result<bool, HttpError> {
        let jql = jql::newest_first(selection);
        let (handles, is_cut) = self.handles("sweep", jql, &["id"], PAGE_OF_IDS).await?;
        self.is_shown_something(handles.len())?;
        let there: HashSet<Text> = handles.into_iter().map(|handle| handle.id).collect();
        let before = known.issues.len() + known.lost.len();
        // Of a list that was not read to its end nobody knows what is missing.
        if !is_cut {
            known.issues.retain(|id, _| there.contains(id));
            known.lost.retain(|id, _| there.contains(id));
        }
        let mut any = before != known.issues.len() + known.lost.len();
        selection.clone_into(&mut known.selection);
        let mut new: Vec<&str> = there
            .iter()
            .filter(|id| !known.issues.contains_key(*id) && !known.lost.contains_key(*id))
            .map(Text::as_str)
            .collect();
        new.sort_unstable();
        new.truncate(MOST_ISSUES.saturating_sub(known.issues.len()));
        for chunk in new.chunks(PAGE as usize) {
            let question = self.question(known, jql::with_ids(chunk));
            match self.issues(known, question, &HashSet::new(), &|_| ()).await {
                Ok(()) => any = true,
                // One of them was deleted just now; the next sweep knows.
                Err(error) if matches!(error.kind(), HttpErrorKind::Rejected { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(any)
    }

    async fn handles(
        &self,
        operation: &'static str,
        jql: String,
        fields: &[&str],
        page: u64,
    ) -> Result<(Vec<wire::Handle>, bool), HttpError> {
        let fields = fields.iter().map(|name| (*name).to_owned()).collect();
        let question = Question { operation, jql, fields, with_past: false, page, most: MOST_ISSUES };
        let mut search = Search::new(&self.api, question);
        let mut handles = Vec::new();
        while let Some(page) = search.next::<wire::Handle>().await? {
            handles.extend(page.items);
        }
        Ok((handles, search.is_cut()))
    }
}

/// Whether nothing was changed since what is known.
fn is_as_known(known: &Known, handle: &wire::Handle) -> bool {
    let updated = handle.updated();
    if let Some(lost) = known.lost.get(&handle.id) {
        return lost.updated == updated;
    }
    let updated = updated.and_then(|text| Timestamp::parse(&text));
    known
        .issues
        .get(&handle.id)
        .is_some_and(|issue| updated.is_some_and(|Timestamp(at)| at == issue.updated_at))
}

fn note_lost(known: &mut Known, lost: Vec<(Option<wire::Handle>, Problem)>) {
    for (handle, problem) in lost {
        let (id, updated) = match handle {
            Some(handle) => (handle.id.clone(), handle.updated()),
            None => (problem.what.clone(), None),
        };
        // What was known of it is no longer so.
        known.issues.remove(&id);
        known.lost.insert(id, Lost { updated, problem });
    }
}

fn note_status(known: &mut Known, status: &wire::Status) {
    let category = status.category.as_ref().map(|category| category.key.clone()).unwrap_or_default();
    let name = status.name.clone();
    known.statuses.entry(status.id.clone()).or_insert(KnownStatus { name, category });
}
