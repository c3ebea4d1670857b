//! Reading a repository over GraphQL: all of it the first time and once a day, later on what
//! changed.

use std::collections::BTreeMap;

use chrono::Duration;
use serde_json::{Map, json};

use super::{
    builds::{self, Branches},
    documents::Document,
    findings,
    graphql::{Graphql, Paging, note},
    known::{Known, Part},
    notice::{accepting, is_hidden, path},
    rules::{BranchRules, RulesetRule},
    search,
    settings::GithubRepository,
    wire::{
        Actor, Deployment, Issue, Milestone, PullRequest, Referenced, ReferencedHead, Release, Repository,
        Tag,
    },
};
use crate::{
    domain::{Instant, Problem, Progress, Text},
    source::{
        Report, Round,
        forge::days_before,
        http::{HttpError, HttpErrorKind, Request},
    },
};

/// Most items of one kind in one repository; the ones that changed last are kept.
pub(super) const MOST_ITEMS: usize = 10_000;
/// Most milestones, releases, tags and deployments.
const MOST_OF_OTHERS: usize = 500;
/// Branches whose rules are read: the main one, and the bases of most open pull requests.
const MOST_BRANCHES: usize = 5;
/// Everything is read again after so long: nothing tells of what was deleted or moved away.
const WHOLE_HOURS: i64 = 24;
/// What nothing tells of is looked at after so long.
const SWEEP_MINUTES: i64 = 60;
/// Searches that are made, and pull requests that one of them may select.
const MOST_SEARCHES: usize = 10;
const MOST_FOUND: usize = 300;
/// The order in which parts are read.
const PARTS: [Part; 8] = [
    Part::Milestones,
    Part::Releases,
    Part::PullRequests,
    Part::Search,
    Part::Issues,
    Part::Deployments,
    Part::Findings,
    // After pull requests: one that was merged is a new head.
    Part::Builds,
];
/// How often an unsettled pull request is asked again before its next change.
const MOST_ASKED: u32 = 10;

/// One round with one repository.
pub(super) struct Reading<'a> {
    pub(super) graphql: Graphql<'a>,
    /// What REST paths begin with.
    pub(super) prefix: &'static str,
    pub(super) repository: &'a GithubRepository,
    pub(super) round: &'a Round,
    pub(super) recent_days: u32,
    pub(super) searches: &'a [String],
    pub(super) branches: Branches<'a>,
}

/// Whether everything must be read: for the first time, or because a day has passed.
pub(super) fn is_whole_due(known: &Known, now: Instant) -> bool {
    known.whole_at.is_none_or(|at| now - at >= Duration::hours(WHOLE_HOURS))
}

/// Whether it is time to look at what nothing tells of.
pub(super) fn is_sweep_due(known: &Known, now: Instant) -> bool {
    known.swept_at.is_none_or(|at| now - at >= Duration::minutes(SWEEP_MINUTES))
}

impl Reading<'_> {
    /// Reads everything into `known`, which is new. `told` is called when a part is read.
    pub(super) async fn whole(
        &mut self,
        known: &mut Known,
        told: &(dyn Fn(&Known) + Send + Sync),
    ) -> Result<(), HttpError> {
        known.changed.extend([
            Part::Milestones,
            Part::Issues,
            Part::PullRequests,
            Part::Releases,
            Part::Deployments,
            Part::Findings,
            Part::Search,
            Part::Builds,
        ]);
        known.changed = &known.changed - &known.hidden;
        self.branch(known).await?;
        for part in PARTS {
            self.part(part, known).await?;
            told(known);
        }
        self.rules(known).await?;
        known.swept_at = Some(self.round.now);
        known.whole_at = Some(self.round.now);
        known.checked.clear();
        Ok(())
    }

    /// Reads what changed. True if anything was read.
    pub(super) async fn news(&mut self, known: &mut Known) -> Result<bool, HttpError> {
        let mut any = false;
        if is_sweep_due(known, self.round.now) {
            self.branch(known).await?;
            let problems = self.open_pull_requests(known).await?;
            known.lose(Part::PullRequests, problems);
            self.rules(known).await?;
            known.asked.clear();
            known.changed.extend([Part::Search, Part::Builds]);
            known.swept_at = Some(self.round.now);
            any = true;
        }
        if known.changed.contains(&Part::PullRequests) && !known.hidden.contains(&Part::Search) {
            known.changed.insert(Part::Search);
        }
        if known.builds_asked < MOST_ASKED && known.builds.values().any(builds::is_running) {
            known.changed.insert(Part::Builds);
        }
        known.changed = &known.changed - &known.hidden;
        for part in PARTS {
            any |= self.part(part, known).await?;
        }
        Ok(self.again(known).await? || any)
    }

    /// Reads `part` if it has changed. True if it was read. A part that is not shown is a
    /// problem, and leaves the others alone.
    async fn part(&mut self, part: Part, known: &mut Known) -> Result<bool, HttpError> {
        if !known.changed.contains(&part) {
            return Ok(false);
        }
        let result = match part {
            Part::Milestones => self.milestones(known).await,
            Part::Issues => self.issues(known).await,
            Part::PullRequests => self.pull_requests(known).await,
            Part::Releases => self.releases(known).await,
            Part::Deployments => self.deployments(known).await,
            Part::Findings => self.findings(known).await,
            Part::Search => self.search(known).await,
            Part::Builds => self.builds(known).await,
            Part::Repository | Part::Runs => Ok(Vec::new()),
        };
        match result {
            Ok(problems) => {
                known.read.insert(part);
                if part.is_read_by_change() {
                    known.set_problems(part, Vec::new());
                    known.lose(part, problems);
                } else {
                    known.set_problems(part, problems);
                }
            }
            Err(error) if part == Part::Findings && findings::is_not_there(error.kind()) => {
                known.hidden.insert(part);
            }
            // What is wrong with a search stays wrong until somebody changes it.
            Err(error)
                if is_hidden(error.kind())
                    || part == Part::Search && matches!(error.kind(), HttpErrorKind::Unexpected { .. }) =>
            {
                known.hidden.insert(part);
                known.set_problems(part, vec![error.problem()]);
            }
            // It is asked for again in the next round; what was known of it stays.
            Err(error) if matches!(error.kind(), HttpErrorKind::Unexpected { .. }) => {
                known.set_problems(part, vec![error.problem()]);
                return Ok(true);
            }
            Err(error) => return Err(error),
        }
        known.changed.remove(&part);
        Ok(true)
    }

    fn variables(&self) -> serde_json::Value {
        json!({ "owner": self.repository.owner, "name": self.repository.name })
    }

    fn since(&self) -> Instant {
        days_before(self.round.now, self.recent_days)
    }

    fn progress(&self, what: &str, done: usize, total: Option<u64>) {
        (self.round.report)(Report::Progress(Progress { what: Text::new(what), done: done as u64, total }));
    }

    fn cut(&self, most: usize, what: &str) -> Problem {
        Problem::new(
            format!(
                "{}: {}/{} has more than {most} {what}: those that changed last are read",
                self.graphql.service, self.repository.owner, self.repository.name
            ),
            "set fewer `recent_days` for the github source",
        )
    }

    async fn branch(&mut self, known: &mut Known) -> Result<(), HttpError> {
        let variables = self.variables();
        let variables = variables.as_object().cloned().unwrap_or_default();
        let answered = self.graphql.ask(Document::Repository, &variables, false).await?;
        let mut problems = answered.problems.clone();
        let found = match answered.part::<Repository>(&["repository"]) {
            Ok(found) => found,
            Err(error) => {
                note(&mut problems, error.problem());
                None
            }
        };
        if let Ok(Some(viewer)) = answered.part::<Actor>(&["viewer"])
            && let Some(login) = viewer.login
        {
            // Somebody else may see other things.
            if known.account.as_ref().is_some_and(|before| *before != login) {
                known.whole_at = None;
            }
            self.graphql.http.set_account(login.clone());
            known.account = Some(login);
        }
        known.set_problems(Part::Repository, problems);
        let Some(found) = found else { return Ok(()) };
        known.full_name = found.name_with_owner;
        known.environments =
            super::wire::all(found.environments.as_ref()).iter().map(|place| place.name.clone()).collect();
        known.rules.clear();
        known.main = found.default_branch_ref.as_ref().map(|branch| branch.name.clone());
        if let Some(branch) = found.default_branch_ref {
            let mut rules = BranchRules::default();
            if let Some(rule) = &branch.ref_update_rule {
                rules.add_protection(rule);
            }
            known.rules.insert(branch.name, rules);
        }
        Ok(())
    }

    /// Rules of the main branch and the bases of open pull requests: protection rules, and
    /// rulesets. A server without these (Enterprise before 3.11) says that there is no such thing.
    async fn rules(&mut self, known: &mut Known) -> Result<(), HttpError> {
        let mut bases: BTreeMap<&Text, usize> =
            known.rules.keys().map(|main| (main, usize::MAX / 2)).collect();
        for (base, count) in known.open_bases() {
            let before = bases.entry(base).or_default();
            *before = before.saturating_add(count);
        }
        let mut bases: Vec<(Text, usize)> =
            bases.into_iter().map(|(base, count)| (base.clone(), count)).collect();
        bases.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        for (base, _) in bases.into_iter().take(MOST_BRANCHES) {
            if !known.rules.contains_key(&base) {
                match self.protection(&base).await {
                    Ok(rules) => drop(known.rules.insert(base.clone(), rules)),
                    Err(error) if matches!(error.kind(), HttpErrorKind::Unexpected { .. }) => {
                        note(known.problems.entry(Part::Repository).or_default(), error.problem());
                    }
                    Err(error) => return Err(error),
                }
            }
            let of =
                path(self.prefix, self.repository, &format!("rules/branches/{}", Request::segment(&base)));
            let request = accepting(Request::get("rules of a branch", of).query("per_page", "100"));
            let reply = match self.graphql.session.send(request).await {
                Ok(reply) => reply,
                Err(error) if is_hidden(error.kind()) => return Ok(()),
                Err(error) => return Err(error),
            };
            let found = reply.items::<RulesetRule>(&[])?;
            let rules = known.rules.entry(base).or_default();
            found.kept.iter().for_each(|rule| rules.add_ruleset(rule));
            for lost in found.lost {
                note(known.problems.entry(Part::Repository).or_default(), lost.problem());
            }
        }
        Ok(())
    }

    /// What the protection rule of a branch that is not the main one demands.
    async fn protection(&mut self, branch: &Text) -> Result<BranchRules, HttpError> {
        let mut variables = self.variables();
        variables["ref"] = format!("refs/heads/{branch}").into();
        let variables = variables.as_object().cloned().unwrap_or_default();
        let mut rules = BranchRules::default();
        // What is not told of one branch is as if there was no rule; it hides nothing else.
        let answered = match self.graphql.ask(Document::Branch, &variables, false).await {
            Err(error) if is_hidden(error.kind()) => return Ok(rules),
            answered => answered?,
        };
        if let Ok(Some(Referenced { reference: Some(found) })) = answered.part(&["repository"])
            && let Some(rule) = &found.ref_update_rule
        {
            rules.add_protection(rule);
        }
        Ok(rules)
    }

    /// Heads of the main branch and of release branches.
    async fn builds(&mut self, known: &mut Known) -> Result<Vec<Problem>, HttpError> {
        let (mut heads, mut problems) = (BTreeMap::new(), Vec::new());
        for branch in self.branches.of(known, MOST_BRANCHES) {
            let mut variables = self.variables();
            variables["ref"] = format!("refs/heads/{branch}").into();
            let variables = variables.as_object().cloned().unwrap_or_default();
            let answered = self.graphql.ask(Document::Build, &variables, false).await?;
            match answered.part::<ReferencedHead>(&["repository"]) {
                // A branch that is not there has no build.
                Ok(found) => {
                    let head = found.and_then(|found| found.reference).and_then(|branch| branch.target);
                    heads.extend(head.map(|head| (branch, head)));
                }
                Err(error) => note(&mut problems, error.problem()),
            }
            for problem in answered.problems {
                note(&mut problems, problem);
            }
        }
        known.builds_asked = if known.builds == heads { known.builds_asked.saturating_add(1) } else { 0 };
        known.builds = heads;
        Ok(problems)
    }

    async fn findings(&mut self, known: &mut Known) -> Result<Vec<Problem>, HttpError> {
        let range = (self.since(), known.findings_until);
        let (session, repository) = (self.graphql.session, self.repository);
        let (until, problems) =
            findings::read(session, self.prefix, repository, &mut known.findings, range).await?;
        known.findings_until = until;
        self.progress("findings", known.findings.len(), None);
        Ok(problems)
    }

    /// Pull requests that the searches of the settings find here.
    async fn search(&mut self, known: &mut Known) -> Result<Vec<Problem>, HttpError> {
        let mut problems = Vec::new();
        known.searched.clear();
        let configured = format!("{}/{}", self.repository.owner, self.repository.name);
        let repository = self.repository;
        for text in self
            .searches
            .iter()
            .filter_map(|text| search::of_repository(text, repository))
            .take(MOST_SEARCHES)
        {
            let mut paging = Paging::new(Document::Search, json!({ "search": text }), &["search"]);
            let mut read = 0;
            while let Some(page) = paging.next::<PullRequest>(&mut self.graphql).await? {
                for found in page {
                    read += 1;
                    let name = found.repository.as_ref().map(|repository| &*repository.name_with_owner);
                    let is_here = name.is_none_or(|name| {
                        name.eq_ignore_ascii_case(&configured) || known.full_name.as_deref() == Some(name)
                    });
                    if is_here {
                        known.searched.insert(found.number);
                        keep(known, PullRequest { repository: None, ..found });
                    }
                }
                self.progress("search", known.searched.len(), paging.total);
                if read >= MOST_FOUND {
                    if paging.total.is_none_or(|total| total > read as u64) {
                        let what = format!(
                            "{}: the search \"{text}\" finds more than {MOST_FOUND} pull requests: the first are read",
                            self.graphql.service
                        );
                        problems.push(Problem::new(what, "narrow the search of the github source"));
                    }
                    break;
                }
            }
            problems.extend(paging.problems);
        }
        Ok(problems)
    }

    async fn milestones(&mut self, known: &mut Known) -> Result<Vec<Problem>, HttpError> {
        let mut paging = Paging::new(Document::Milestones, self.variables(), &["repository", "milestones"]);
        let mut found: BTreeMap<u64, Milestone> = BTreeMap::new();
        while let Some(page) = paging.next::<Milestone>(&mut self.graphql).await? {
            found.extend(page.into_iter().map(|milestone| (milestone.number, milestone)));
            self.progress("milestones", found.len(), None);
            if found.len() >= MOST_OF_OTHERS {
                if !paging.is_over {
                    note(&mut paging.problems, self.cut(MOST_OF_OTHERS, "milestones"));
                }
                break;
            }
        }
        known.milestones = found;
        Ok(paging.problems)
    }

    /// Issues that changed since the last one that is known, or within the last days; the first
    /// time also those of the milestones on the board that did not change for longer.
    async fn issues(&mut self, known: &mut Known) -> Result<Vec<Problem>, HttpError> {
        let is_first = known.issues_until.is_none();
        let since = known.issues_until.unwrap_or_else(|| self.since());
        let mut variables = self.variables();
        variables["since"] = since.to_rfc3339_opts(chrono::SecondsFormat::Secs, true).into();
        let mut paging = Paging::new(Document::Issues, variables, &["repository", "issues"]);
        let mut read = 0;
        let mut until = known.issues_until;
        let mut problems = Vec::new();
        while let Some(page) = paging.next::<Issue>(&mut self.graphql).await? {
            read += page.len();
            for issue in page {
                until = until.max(Some(issue.updated_at));
                known.issues.insert(issue.number, issue);
            }
            self.progress("issues", read, paging.total);
            if read >= MOST_ITEMS {
                if paging.total.is_none_or(|total| total > read as u64) {
                    problems.push(self.cut(MOST_ITEMS, "issues"));
                }
                break;
            }
        }
        problems.extend(paging.problems);
        if is_first {
            problems.extend(self.older_issues(known).await?);
        }
        // Only now: what a failed round had not read is read by the next one.
        known.issues_until = until.or(Some(since));
        Ok(problems)
    }

    async fn older_issues(&mut self, known: &mut Known) -> Result<Vec<Problem>, HttpError> {
        let mut problems = Vec::new();
        let mut held: BTreeMap<&Text, u64> = BTreeMap::new();
        for issue in known.issues.values() {
            if let Some(milestone) = &issue.milestone {
                *held.entry(&milestone.title).or_default() += 1;
            }
        }
        let short: Vec<u64> = known
            .milestones_since(self.since())
            .into_iter()
            .filter(|milestone| {
                let total =
                    milestone.issues.as_ref().and_then(|issues| issues.total_count).unwrap_or_default();
                total > held.get(&milestone.title).copied().unwrap_or_default()
            })
            .map(|milestone| milestone.number)
            .collect();
        for number in short {
            let mut variables = self.variables();
            variables["number"] = number.into();
            let keys = &["repository", "milestone", "issues"];
            let mut paging = Paging::new(Document::MilestoneIssues, variables, keys);
            while let Some(page) = paging.next::<Issue>(&mut self.graphql).await? {
                known.issues.extend(page.into_iter().map(|issue| (issue.number, issue)));
                self.progress("issues", known.issues.len(), None);
                if known.issues.len() >= 2 * MOST_ITEMS {
                    problems.push(self.cut(MOST_ITEMS, "issues"));
                    return Ok(problems);
                }
            }
            problems.extend(paging.problems);
        }
        Ok(problems)
    }

    /// Pull requests that changed since the last one that is known; the first time all open
    /// ones, and the others of the last days.
    async fn pull_requests(&mut self, known: &mut Known) -> Result<Vec<Problem>, HttpError> {
        let Some(until) = known.pull_requests_until else {
            let mut problems = self.open_pull_requests(known).await?;
            problems.extend(self.changed_pull_requests(known, &["MERGED", "CLOSED"], self.since()).await?);
            let newest = known.pull_requests.values().map(|found| found.updated_at).max();
            known.pull_requests_until = newest.or(Some(self.since()));
            return Ok(problems);
        };
        let problems = self.changed_pull_requests(known, &["OPEN", "MERGED", "CLOSED"], until).await?;
        let newest = known.pull_requests.values().map(|found| found.updated_at).max();
        known.pull_requests_until = newest.max(Some(until));
        Ok(problems)
    }

    async fn open_pull_requests(&mut self, known: &mut Known) -> Result<Vec<Problem>, HttpError> {
        self.changed_pull_requests(known, &["OPEN"], Instant::MIN_UTC).await
    }

    /// Pull requests in `states` that changed at `since` or later.
    async fn changed_pull_requests(
        &mut self,
        known: &mut Known,
        states: &[&str],
        since: Instant,
    ) -> Result<Vec<Problem>, HttpError> {
        let mut variables = self.variables();
        variables["states"] = json!(states);
        let mut paging = Paging::new(Document::PullRequests, variables, &["repository", "pullRequests"]);
        let (mut read, mut problems) = (0, Vec::new());
        while let Some(page) = paging.next::<PullRequest>(&mut self.graphql).await? {
            read += page.len();
            // Newest change first: an older one ends it.
            let is_last = page.iter().any(|found| found.updated_at < since);
            for found in page.into_iter().filter(|found| found.updated_at >= since) {
                keep(known, found);
            }
            self.progress("pull requests", known.pull_requests.len(), None);
            if is_last {
                break;
            }
            if read >= MOST_ITEMS {
                problems.push(self.cut(MOST_ITEMS, "pull requests"));
                break;
            }
        }
        problems.extend(paging.problems);
        Ok(problems)
    }

    /// Reads again the pull requests that are not settled.
    async fn again(&mut self, known: &mut Known) -> Result<bool, HttpError> {
        let asked = known.unsettled(MOST_ASKED);
        let size = self.graphql.dialect.size(Document::PullRequestsAgain) as usize;
        for some in asked.chunks(size.max(1)) {
            let ids: Vec<&str> = some.iter().map(|(_, id)| id.as_str()).collect();
            let variables = Map::from_iter([("ids".to_owned(), json!(ids))]);
            let mut answered = self.graphql.ask(Document::PullRequestsAgain, &variables, false).await?;
            for found in answered.items::<PullRequest>(&["nodes"])? {
                keep(known, found);
            }
            for (number, _) in some {
                *known.asked.entry(*number).or_default() += 1;
            }
            for problem in answered.problems {
                known.lose(Part::PullRequests, vec![problem]);
            }
        }
        known.checked.clear();
        Ok(!asked.is_empty())
    }

    async fn releases(&mut self, known: &mut Known) -> Result<Vec<Problem>, HttpError> {
        let (published, mut problems) =
            self.newest::<Release>(Document::Releases, &["repository", "releases"], |_| true).await?;
        let (tags, more) = self.newest::<Tag>(Document::Tags, &["repository", "refs"], |_| true).await?;
        problems.extend(more);
        (known.published, known.tags) = (published, tags);
        Ok(problems)
    }

    async fn deployments(&mut self, known: &mut Known) -> Result<Vec<Problem>, HttpError> {
        let since = self.since();
        let keys = &["repository", "deployments"];
        let (found, problems) =
            self.newest(Document::Deployments, keys, |found: &Deployment| found.created_at >= since).await?;
        known.deployments = found;
        Ok(problems)
    }

    /// The newest items of a list, at most [`MOST_OF_OTHERS`], down to the first that is not
    /// `wanted`.
    async fn newest<T: serde::de::DeserializeOwned + Send>(
        &mut self,
        document: Document,
        keys: &'static [&'static str],
        wanted: impl Fn(&T) -> bool + Send,
    ) -> Result<(Vec<T>, Vec<Problem>), HttpError> {
        let mut paging = Paging::new(document, self.variables(), keys);
        let mut items: Vec<T> = Vec::new();
        while let Some(page) = paging.next::<T>(&mut self.graphql).await? {
            let before = page.len();
            let kept: Vec<T> = page.into_iter().filter(|item| wanted(item)).collect();
            let is_last = kept.len() < before;
            items.extend(kept);
            self.progress(document.operation(), items.len(), None);
            if is_last {
                break;
            }
            if items.len() >= MOST_OF_OTHERS {
                // Of releases and tags the newest are enough: what is older is never waited for.
                if document == Document::Deployments && !(paging.is_over && items.len() == MOST_OF_OTHERS) {
                    note(&mut paging.problems, self.cut(MOST_OF_OTHERS, "deployments"));
                }
                break;
            }
        }
        items.truncate(MOST_OF_OTHERS);
        Ok((items, paging.problems))
    }
}

/// Puts a pull request in its place; one that changed may be asked again as often as a new one.
fn keep(known: &mut Known, found: PullRequest) {
    let before = known.pull_requests.get(&found.number);
    if before.is_none_or(|before| {
        before.updated_at != found.updated_at || before.head_ref_oid != found.head_ref_oid
    }) {
        known.asked.remove(&found.number);
    }
    let base = found.base_ref_name.as_ref().filter(|_| found.merged_at.is_some());
    let was_open = before.is_some_and(PullRequest::is_open);
    if was_open && base.is_some_and(|base| known.is_built(base)) {
        known.changed.insert(Part::Builds);
    }
    known.pull_requests.insert(found.number, found);
}
