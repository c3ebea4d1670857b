//! `SonarQube` (Server and Cloud) as a source of findings: issues, security hotspots, and the
//! conditions of the quality gate that are not met. `docs/sources.md` says what is read.
//!
//! A project is read whole whenever it was analyzed again, and every ten minutes, as people
//! decide on issues in between; else its newest analysis is asked for and nothing more.

mod findings;
#[cfg(test)]
mod tests;
mod wire;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use chrono::TimeDelta;
use futures_util::future::BoxFuture;
use reqwest::Url;
use serde::de::DeserializeOwned;

use crate::{
    domain::{Facts, Finding, Instant, Kind, Problem, SourceId, Text},
    source::{
        Answer, Diagnosis, DiagnosisState, Round, Source, SourceError, Standing,
        http::{
            Credentials, Http, HttpError, Reply, Request, Scheme, Session, Settings, SignedIn, TokenFrom,
        },
    },
};

use self::findings::Analyzed;

/// Items of a page: the most that there can be.
const PAGE: usize = 500;
/// What is beyond this item of a list is not told, whatever the page.
const MOST_OF_A_LIST: usize = 10_000;
/// Most pages of issues that were closed lately.
const MOST_CLOSED: usize = 4;
/// Severities, each of which is a list of its own where all together are too many.
const SEVERITIES: [&str; 5] = ["BLOCKER", "CRITICAL", "MAJOR", "MINOR", "INFO"];
/// How long what people decide on issues may go unseen.
const SEEN_WITHIN: TimeDelta = TimeDelta::minutes(10);

/// Which `SonarQube` to read, and what of it.
#[derive(Clone, Debug)]
pub struct SonarqubeSettings {
    /// Its address.
    pub site: Url,
    /// Keys of projects.
    pub projects: Vec<String>,
    /// The repository, by the key of the project, where it has another name.
    pub names: BTreeMap<String, String>,
    /// Branches that were analyzed; none: the main one.
    pub branches: Vec<String>,
    /// Who asks.
    pub credentials: Credentials,
    /// Issues that were closed longer ago are not read, in days.
    pub recent_days: u32,
    /// How long to wait between two rounds.
    pub interval: Duration,
}

impl SonarqubeSettings {
    /// The `SonarQube` at `site`, with everything else as it usually is.
    pub fn new(site: Url) -> Self {
        let places = ["SONAR_TOKEN", "SONARQUBE_TOKEN"].map(|name| TokenFrom::Environment(name.to_owned()));
        Self {
            site,
            projects: Vec::new(),
            names: BTreeMap::new(),
            branches: Vec::new(),
            credentials: Credentials::new(Scheme::Bearer, places.into()),
            recent_days: 90,
            interval: Duration::from_secs(60),
        }
    }

    /// How it is reached.
    pub fn http(&self, service: &str) -> Settings {
        let mut settings = Settings::new(service, self.site.clone(), self.credentials.clone());
        settings.sign_in =
            "make a user token in SonarQube (My Account, Security) and set SONAR_TOKEN to it".into();
        settings
    }
}

/// The source `sonarqube`.
#[derive(Debug)]
pub struct SonarqubeSource {
    id: SourceId,
    settings: SonarqubeSettings,
    http: Http,
    wait: Duration,
    /// What each project and branch said last, and when and at which analysis it was read.
    known: BTreeMap<(String, Option<String>), Known>,
    said: Option<Arc<Facts>>,
}

#[derive(Clone, Debug)]
struct Known {
    analysis: Text,
    read_at: Instant,
    findings: Vec<Arc<Finding>>,
    problems: Vec<Problem>,
}

impl SonarqubeSource {
    /// A source that asks by way of `http`.
    pub fn new(id: SourceId, settings: SonarqubeSettings, http: Http) -> Self {
        let wait = settings.interval;
        Self { id, settings, http, wait, known: BTreeMap::new(), said: None }
    }

    async fn round(&mut self, round: &Round) -> Result<Answer, SourceError> {
        let http = self.http.clone();
        let session = http.session(round);
        let branches: Vec<Option<String>> = match &self.settings.branches[..] {
            [] => vec![None],
            named => named.iter().cloned().map(Some).collect(),
        };
        let mut known = BTreeMap::new();
        for key in &self.settings.projects {
            for branch in &branches {
                let before = self.known.get(&(key.clone(), branch.clone()));
                let reading = Reading { session: &session, source: self, key, branch: branch.as_deref() };
                known.insert((key.clone(), branch.clone()), reading.project(before, round.now).await?);
            }
        }
        self.known = known;
        self.wait = self.http.budget().advise(self.settings.interval, round.now);
        let mut facts = Facts { covers: [Kind::Findings].into(), ..Facts::default() };
        for known in self.known.values() {
            facts.findings.extend(known.findings.iter().cloned());
            facts.problems.extend(known.problems.iter().cloned());
        }
        // What is public is read as a whole.
        facts.problems.extend(session.sign_in_problem().map(Problem::losing_nothing));
        if self.said.as_deref() == Some(&facts) {
            return Ok(Answer::Unchanged);
        }
        let facts = Arc::new(facts);
        self.said = Some(Arc::clone(&facts));
        Ok(Answer::Facts(facts))
    }
}

/// One project at one branch, being read.
struct Reading<'a> {
    session: &'a Session<'a>,
    source: &'a SonarqubeSource,
    key: &'a str,
    branch: Option<&'a str>,
}

impl Reading<'_> {
    /// What it says now; what it said before if nothing has happened since.
    async fn project(&self, before: Option<&Known>, now: Instant) -> Result<Known, SourceError> {
        let request = self.about(Request::get("analyses", "api/project_analyses/search"), &["project"]);
        let reply = self.session.send(request.query("ps", "1")).await?;
        let Some(analysis) = reply.items::<wire::Analysis>(&["analyses"])?.kept.into_iter().next() else {
            return Err(SourceError::Refused(Problem::new(
                format!("{}: {} was never analyzed", self.source.id, self.called()),
                "analyze it, or correct source.sonarqube.projects and branches",
            )));
        };
        if let Some(before) = before
            && before.analysis == analysis.key
            && now - before.read_at < SEEN_WITHIN
        {
            return Ok(before.clone());
        }
        let settings = &self.source.settings;
        let site = settings.site.as_str();
        let site = if site.ends_with('/') { site.to_owned() } else { format!("{site}/") };
        let analyzed = Analyzed {
            key: self.key,
            repository: Text::new(settings.names.get(self.key).map_or(self.key, String::as_str)),
            branch: self.branch,
            commit: analysis.revision.clone(),
            at: analysis.date.0,
            site: &site,
        };
        let mut known =
            Known { analysis: analysis.key, read_at: now, findings: Vec::new(), problems: Vec::new() };
        known.findings.push(Arc::new(analyzed.analysis()));

        let gate =
            self.about(Request::get("quality gate", "api/qualitygates/project_status"), &["projectKey"]);
        let gate: wire::ProjectStatus = self.session.send(gate).await?.at(&["projectStatus"])?;
        let name = self.name_of_the_gate().await;
        known.findings.extend(analyzed.how_the_gate_stands(&gate, name.as_ref()).map(Arc::new));
        known.findings.extend(analyzed.quality_gate(&gate).into_iter().map(Arc::new));

        let issues = self.issues(&mut known, now).await?;
        known.findings.extend(issues.iter().map(|issue| Arc::new(analyzed.issue(issue))));

        // `project` since version 10.2, `projectKey` before and in the cloud.
        let hotspots =
            self.about(Request::get("hotspots", "api/hotspots/search"), &["project", "projectKey"]);
        let (hotspots, total) =
            self.list::<wire::Hotspot>(&hotspots, "hotspots", usize::MAX, &mut known).await?;
        if total > MOST_OF_A_LIST {
            known.problems.push(self.cut("hotspots", hotspots.len(), total, "review some"));
        }
        known.findings.extend(hotspots.iter().map(|hotspot| Arc::new(analyzed.hotspot(hotspot))));
        Ok(known)
    }

    /// What the quality gate of the project is called. How it stands is known without: where the server
    /// does not tell, as the Cloud does not without its organization, it has no name.
    async fn name_of_the_gate(&self) -> Option<Text> {
        let request = Request::get("name of the quality gate", "api/qualitygates/get_by_project")
            .query("project", self.key);
        let gate = self.session.send(request).await.ok()?;
        Some(gate.at::<wire::QualityGate>(&["qualityGate"]).ok()?.name)
    }

    /// All that are open, and those that were closed lately.
    async fn issues(&self, known: &mut Known, now: Instant) -> Result<Vec<wire::Issue>, SourceError> {
        // `components` since version 10.2, `componentKeys` before and in the cloud.
        let all =
            || self.about(Request::get("issues", "api/issues/search"), &["components", "componentKeys"]);
        let open = || all().query("resolved", "false").query("s", "CREATION_DATE").query("asc", "false");
        let count = self.session.send(open().query("ps", "1").query("p", "1")).await?;
        let mut issues = Vec::new();
        if total(&count)? <= MOST_OF_A_LIST {
            issues.extend(self.list(&open(), "issues", usize::MAX, known).await?.0);
        } else {
            let mut rated = 0;
            for severity in SEVERITIES {
                let (read, total) = self
                    .list::<wire::Issue>(&open().query("severities", severity), "issues", usize::MAX, known)
                    .await?;
                if total > MOST_OF_A_LIST {
                    let what = format!("open issues of severity {severity}");
                    known.problems.push(self.cut(&what, read.len(), total, "accept or fix some"));
                }
                rated += total;
                issues.extend(read);
            }
            // Those of a severity that nobody has heard of.
            let all = total(&count)?;
            if rated < all {
                known.problems.push(self.cut("open issues", rated, all, "update tminus"));
            }
        }
        let since = now - TimeDelta::days(i64::from(self.source.settings.recent_days));
        let closed = all().query("resolved", "true").query("s", "CLOSE_DATE").query("asc", "false");
        let (closed, _) = self.list::<wire::Issue>(&closed, "issues", MOST_CLOSED, known).await?;
        let is_recent =
            |issue: &wire::Issue| issue.close_date.or(issue.update_date).is_some_and(|at| at.0 >= since);
        issues.extend(closed.into_iter().filter(is_recent));
        Ok(issues)
    }

    /// That only `read` of `total` were: the server gives no more.
    fn cut(&self, what: &str, read: usize, total: usize, mend: &str) -> Problem {
        Problem::new(
            format!(
                "{}: {}: {read} of {total} {what} read: no more are to be had",
                self.source.id,
                self.called()
            ),
            format!("{mend}, or divide the project"),
        )
    }

    /// The first pages of a list, and how long it is.
    async fn list<T: DeserializeOwned>(
        &self,
        request: &Request,
        key: &'static str,
        pages: usize,
        known: &mut Known,
    ) -> Result<(Vec<T>, usize), HttpError> {
        let mut items = Vec::new();
        let mut number = 1;
        loop {
            let page = request.clone().query("ps", PAGE.to_string()).query("p", number.to_string());
            let reply = self.session.send(page).await?;
            let total = total(&reply)?;
            let read = reply.items::<T>(&[key])?;
            let is_empty = read.kept.is_empty() && read.lost.is_empty();
            items.extend(read.kept);
            known.problems.extend(read.lost.iter().map(HttpError::problem));
            let reached = number * PAGE;
            if is_empty || reached >= total.min(MOST_OF_A_LIST) || number >= pages {
                return Ok((items, total));
            }
            number += 1;
        }
    }

    /// `request` for this project, which is named by each of `parameters`, and branch.
    fn about(&self, mut request: Request, parameters: &[&str]) -> Request {
        for parameter in parameters {
            request = request.query(parameter, self.key);
        }
        match self.branch {
            Some(branch) => request.query("branch", branch),
            None => request,
        }
    }

    fn called(&self) -> String {
        match self.branch {
            Some(branch) => format!("{} at {branch}", self.key),
            None => self.key.to_owned(),
        }
    }
}

/// How long a list is.
fn total(reply: &Reply) -> Result<usize, HttpError> {
    Ok(reply.at::<wire::Paging>(&["paging"])?.total)
}

impl Source for SonarqubeSource {
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
        // It sends no validators: after a restart everything is read again.
        false
    }

    fn fetch<'a>(&'a mut self, round: &'a Round) -> BoxFuture<'a, Result<Answer, SourceError>> {
        Box::pin(self.round(round))
    }

    fn examine<'a>(&'a mut self, round: &'a Round) -> BoxFuture<'a, Vec<Diagnosis>> {
        Box::pin(async move {
            self.said = None;
            self.known.clear();
            let answer = self.round(round).await;
            let mut points = vec![if let Some(SignedIn::With(from)) = self.http.signed_in() {
                Diagnosis::good("signed in", format!("with {from}"))
            } else {
                let problem = Problem::new(
                    "nobody is signed in: only public projects can be read",
                    "set SONAR_TOKEN to a user token that may browse the projects",
                );
                Diagnosis::of_problem("signed in", DiagnosisState::Limited, &problem)
            }];
            match answer {
                Err(error) => points.push(Diagnosis::of_error("reads", &error)),
                Ok(Answer::Unchanged) => points.push(Diagnosis::good("reads", "it answered")),
                Ok(Answer::Facts(facts)) => {
                    let what = format!("{} findings at {}", facts.findings.len(), self.http.host());
                    points.push(Diagnosis::good("reads", what));
                    let limited = |problem| Diagnosis::of_problem("reads", DiagnosisState::Limited, problem);
                    points.extend(facts.problems.iter().map(limited));
                }
            }
            points
        })
    }
}
