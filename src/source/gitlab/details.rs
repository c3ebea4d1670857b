//! Reading single issues, merge requests and pipelines: what the lists do not tell takes a request
//! or more for each of them. So only those are read that are on the board and that changed, what is
//! looked at first, a bounded number in a round, and no more than half of what the service still
//! allows; the next rounds read on.

use std::collections::BTreeSet;

use futures_util::{StreamExt, stream};

use super::{
    ask::{Asking, List},
    builds::{self, Built},
    known::{Known, Part},
    merge_requests::{is_unsettled, said},
    test_runs,
    wire::{Commit, Detail, History, Issue, Job, MergeRequest, Note, Project, Report, Single, Summary},
};
use crate::{
    domain::{Instant, Problem, ReleaseId, Text},
    source::{
        http::{Budget, HttpError, HttpErrorKind},
        naming::Naming,
    },
};

/// Most requests of one round for single things; and without a token.
const MOST_REQUESTS: u64 = 600;
const MOST_PUBLIC_REQUESTS: u64 = 60;
/// How many of them run at once.
const AT_ONCE: usize = 6;
/// Most notes, jobs and commits of a merge request, and events of an issue.
const MOST_OF_ONE: usize = 300;
/// After so many failures the others are left to the next round.
const MOST_FAILURES: u32 = 3;
/// How often an unsettled merge request is asked for again before its next change.
const MOST_ASKED: u32 = 10;

/// Something to be read by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Item {
    MergeRequest(u64),
    /// Only what changes without the merge request itself: jobs, approvals, mergeability.
    Again(u64),
    Issue(u64),
    Report(u64),
    /// The jobs of the newest pipeline of a branch.
    Build(u64),
}

impl Item {
    /// What is not known before it is read.
    fn part(self, known: &Known) -> Part {
        match self {
            Self::MergeRequest(_) | Self::Again(_) => Part::Notes,
            // What blocks one that is done blocks nobody any more.
            Self::Issue(iid) if known.issues.get(&iid).is_some_and(Issue::is_open) => Part::Links,
            Self::Issue(_) => Part::Histories,
            Self::Report(_) => Part::Reports,
            Self::Build(_) => Part::Jobs,
        }
    }

    /// How many requests it takes, roughly.
    fn cost(self) -> u64 {
        match self {
            Self::MergeRequest(_) => 5,
            Self::Again(_) | Self::Issue(_) => 3,
            Self::Report(_) | Self::Build(_) => 1,
        }
    }
}

/// What was read of it.
enum Found {
    MergeRequest(Option<Box<MergeRequest>>, Box<Detail>),
    Issue(History),
    Report(Summary),
    Build(Built),
    /// It is not there any more.
    Nothing,
}

/// What one reading brought besides.
#[derive(Default)]
struct Notes {
    hidden: BTreeSet<Part>,
    problems: Vec<Problem>,
}

/// How many requests a round at `now` may spend on single things.
pub(super) fn most_requests(budget: &Budget, is_anonymous: bool, now: Instant) -> u64 {
    let most = if is_anonymous { MOST_PUBLIC_REQUESTS } else { MOST_REQUESTS };
    let running = budget.windows.values().filter(|window| window.resets_at > now);
    running.map(|window| window.remaining / 2).fold(most, u64::min)
}

/// One round with the single things of one project.
#[derive(Clone, Copy)]
pub(super) struct Details<'a> {
    pub(super) ask: Asking<'a>,
    pub(super) naming: &'a Naming,
    /// What ended before is not told.
    pub(super) since: Instant,
    /// Some labels say how far an issue is.
    pub(super) with_labels: bool,
    /// Most requests.
    pub(super) most: u64,
}

impl Details<'_> {
    /// Reads what is due. How many requests that was, roughly; what ended it early is a problem,
    /// and what it had not read is read by the next round.
    pub(super) async fn read(self, known: &mut Known) -> Result<u64, HttpError> {
        let due = self.due(known);
        let all = due.len();
        let mut spent = 0;
        let chosen: Vec<Item> = due
            .iter()
            .copied()
            .take_while(|item| {
                spent += item.cost();
                spent <= self.most
            })
            .collect();
        let total = chosen.len() as u64;
        let (mut found, mut failed, mut failures) = (Vec::new(), None, 0);
        {
            let so_far: &Known = known;
            let mut reading = stream::iter(chosen.iter().copied())
                .map(|item| async move { (item, self.item(item, so_far).await) })
                .buffer_unordered(AT_ONCE);
            while let Some((item, result)) = reading.next().await {
                match result {
                    Ok(read) => found.push((item, read)),
                    Err(error) => {
                        failures += 1;
                        let is_of_all = failures >= MOST_FAILURES || !is_of_one(error.kind());
                        failed = Some(error);
                        if is_of_all {
                            break;
                        }
                    }
                }
                if total > 1 {
                    self.ask.progress("pasts and details", found.len() as u64, Some(total));
                }
            }
        }
        known.left = (all - found.len()) as u64;
        let read: BTreeSet<Item> = found.iter().map(|(item, _)| *item).collect();
        known.left_of = due.iter().filter(|item| !read.contains(item)).map(|item| item.part(known)).collect();
        if known.left == 0 {
            known.checked.clear();
        }
        let spent = found.iter().map(|(item, _)| item.cost()).sum();
        for (item, (what, notes)) in found {
            take(known, item, what);
            for part in notes.hidden {
                known.hidden.insert(part);
                known.set_problems(part, vec![self.ask.hidden(part)]);
            }
            for problem in notes.problems {
                known.lose(Part::Histories, vec![problem]);
            }
        }
        match failed {
            // The lists are as they are; that these could not be read is no reason to hide them.
            Some(error) if !matches!(error.kind(), HttpErrorKind::Cancelled) => {
                // What is left unread because of it is told by itself.
                known.set_problems(Part::Reports, vec![error.problem().losing_nothing()]);
                Ok(spent)
            }
            Some(error) => Err(error),
            None => {
                if !known.hidden.contains(&Part::Reports) {
                    known.problems.remove(&Part::Reports);
                }
                Ok(spent)
            }
        }
    }

    /// Whether anything is due.
    pub(super) fn is_due(self, known: &Known) -> bool {
        !self.due(known).is_empty()
    }

    /// What is worth reading by itself, the first first: what belongs to the release that
    /// somebody looks at, then what is open, then what ended last.
    fn due(self, known: &Known) -> Vec<Item> {
        let focus = self.ask.round.focus.as_ref();
        let is_focus = |title: Option<&Text>| {
            focus.is_some() && title.map(|title| self.naming.release_of_milestone(title)).as_ref() == focus
        };
        // Whether it is focused, its class, how long ago it changed.
        let mut due: Vec<((bool, u8, i64), Item)> = Vec::new();
        for found in known.merge_requests.values() {
            let Some(item) = self.due_merge_request(found, known) else { continue };
            let title = found.milestone.as_ref().map(|milestone| &milestone.title);
            let class = if found.is_open() { 0 } else { 3 };
            due.push(((!is_focus(title), class, -found.updated_at.timestamp()), item));
        }
        let on_board: BTreeSet<u64> =
            known.milestones_since(self.since).into_iter().map(|milestone| milestone.id).collect();
        for issue in known.issues.values().filter(|_| !known.hidden.contains(&Part::Histories)) {
            let before = known.histories.get(&issue.iid);
            let milestone = issue.milestone.as_ref();
            let is_on_board = milestone.is_some_and(|milestone| on_board.contains(&milestone.id));
            // One that left its milestone says when it did.
            let has_left = milestone.is_none() && before.is_some();
            if before.is_some_and(|before| before.of == issue.updated_at) || !(is_on_board || has_left) {
                continue;
            }
            let class = if issue.is_open() { 1 } else { 2 };
            let order =
                (!is_focus(milestone.map(|found| &found.title)), class, -issue.updated_at.timestamp());
            due.push((order, Item::Issue(issue.iid)));
        }
        for pipeline in known.pipelines.values().filter(|_| !known.hidden.contains(&Part::Reports)) {
            let updated_at = pipeline.updated_at.unwrap_or(Instant::MIN_UTC);
            if pipeline.is_over() && updated_at >= self.since && !known.reports.contains_key(&pipeline.id) {
                let release = pipeline
                    .reference
                    .as_ref()
                    .and_then(|reference| self.naming.release_of_tag(reference))
                    .map(|(project, version)| ReleaseId::of(&project, &version));
                let is_focus = focus.is_some() && release.as_ref() == focus;
                due.push(((!is_focus, 1, -updated_at.timestamp()), Item::Report(pipeline.id)));
            }
        }
        for (_, pipeline) in builds::newest(known) {
            if builds::is_due(known, pipeline) {
                due.push(((false, 0, 0), Item::Build(pipeline.id)));
            }
        }
        due.sort_unstable();
        due.into_iter().map(|(_, item)| item).collect()
    }

    fn due_merge_request(self, found: &MergeRequest, known: &Known) -> Option<Item> {
        let before = known.details.get(&found.iid);
        if found.is_open() {
            if before.is_none_or(|before| before.of != found.updated_at) {
                return Some(Item::MergeRequest(found.iid));
            }
            let asked = known.asked.get(&found.iid).copied().unwrap_or_default();
            let is_due =
                known.checked.contains(&found.iid) || (is_unsettled(found, before) && asked < MOST_ASKED);
            return is_due.then_some(Item::Again(found.iid));
        }
        // What is said after the merge changes nothing.
        let merged_at = found.merged_at.filter(|at| *at >= self.since)?;
        before.is_none_or(|before| before.of < merged_at).then_some(Item::MergeRequest(found.iid))
    }

    async fn item(self, item: Item, known: &Known) -> Result<(Found, Notes), HttpError> {
        let mut notes = Notes { hidden: known.hidden.clone(), problems: Vec::new() };
        let found = match item {
            Item::MergeRequest(iid) => self.merge_request(iid, false, known, &mut notes).await,
            Item::Again(iid) => self.merge_request(iid, true, known, &mut notes).await,
            Item::Issue(iid) => match known.issues.get(&iid) {
                Some(issue) => self.issue(issue, &mut notes).await.map(Found::Issue),
                None => Ok(Found::Nothing),
            },
            Item::Build(id) => self.build(id, known, &mut notes).await.map(Found::Build),
            Item::Report(id) => self.report(id, &mut notes).await.map(Found::Report),
        }?;
        notes.hidden = &notes.hidden - &known.hidden;
        Ok((found, notes))
    }

    /// What `asked` brings; None where `part` is hidden, or where this one thing is not there.
    async fn shown<T>(
        self,
        part: Part,
        notes: &mut Notes,
        asked: impl Future<Output = Result<T, HttpError>>,
    ) -> Result<Option<T>, HttpError> {
        if notes.hidden.contains(&part) {
            return Ok(None);
        }
        match asked.await {
            Ok(found) => Ok(Some(found)),
            Err(error) if matches!(error.kind(), HttpErrorKind::NotFound) => Ok(None),
            Err(error) if self.ask.is_hidden(&error) => {
                notes.hidden.insert(part);
                Ok(None)
            }
            Err(error)
                if matches!(
                    error.kind(),
                    HttpErrorKind::Unexpected { .. } | HttpErrorKind::TooLarge { .. }
                ) =>
            {
                notes.problems.push(part.explain(error.problem()));
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    async fn list<T: serde::de::DeserializeOwned>(
        self,
        part: Part,
        below: &str,
        query: Vec<(&'static str, String)>,
        notes: &mut Notes,
    ) -> Result<Vec<T>, HttpError> {
        let list = List { operation: part.needs().0, below, query, most: MOST_OF_ONE, keyset: false };
        let Some(found) = self.shown(part, notes, self.ask.quietly(list)).await? else {
            return Ok(Vec::new());
        };
        notes.problems.extend(found.problems.into_iter().map(|problem| part.explain(problem)));
        Ok(found.items)
    }

    async fn issue(self, issue: &Issue, notes: &mut Notes) -> Result<History, HttpError> {
        let below = |what: &str| format!("issues/{}/{what}", issue.iid);
        let part = Part::Histories;
        let states = self.list(part, &below("resource_state_events"), Vec::new(), notes).await?;
        let milestones = self.list(part, &below("resource_milestone_events"), Vec::new(), notes).await?;
        let labels = if self.with_labels {
            self.list(part, &below("resource_label_events"), Vec::new(), notes).await?
        } else {
            Vec::new()
        };
        let can_block = issue.is_open() && issue.blocking_issues_count.is_some();
        let links = if can_block {
            self.list(Part::Links, &below("links"), Vec::new(), notes).await?
        } else {
            Vec::new()
        };
        Ok(History { of: issue.updated_at, states, milestones, labels, links })
    }

    async fn merge_request(
        self,
        iid: u64,
        again: bool,
        known: &Known,
        notes: &mut Notes,
    ) -> Result<Found, HttpError> {
        let Some(listed) = known.merge_requests.get(&iid) else { return Ok(Found::Nothing) };
        let before = known.details.get(&iid);
        let below = |what: &str| format!("merge_requests/{iid}{what}");
        let mut detail = before.cloned().unwrap_or_default();
        detail.of = listed.updated_at;
        let mut newest = None;
        if listed.is_open() {
            let mut request = self.ask.get("merge request", &below("")).never_remembered();
            if merges_fast_forward(known.project.as_ref()) {
                request = request.query("include_diverged_commits_count", "true");
            }
            let asked = async {
                let reply = self.ask.session.send(request).await?;
                Ok((reply.json::<MergeRequest>()?.settle(), reply.json::<Single>()?))
            };
            let Some((found, single)) = self.shown(Part::MergeRequests, notes, asked).await? else {
                // Gone since the list, or unreadable: what the list told stays.
                return Ok(Found::MergeRequest(None, Box::new(detail)));
            };
            detail.of = found.updated_at;
            detail.jobs = self.jobs(&single, known.project.as_ref(), notes).await?;
            detail.single = single;
            newest = Some(Box::new(found));
        }
        let path = below("/approvals");
        detail.approvals = self.shown(Part::Approvals, notes, self.ask.one("approvals", &path)).await?;
        if !again {
            let query = [("sort", "asc".to_owned()), ("order_by", "created_at".to_owned())];
            let found: Vec<Note> = self.list(Part::Notes, &below("/notes"), query.into(), notes).await?;
            detail.said = found.iter().filter_map(said).collect();
        }
        let head = newest.as_deref().unwrap_or(listed).sha.clone().unwrap_or_default();
        if detail.first_commit.as_ref().is_none_or(|(of, _)| *of != head) {
            let commits: Vec<Commit> =
                self.list(Part::Commits, &below("/commits"), Vec::new(), notes).await?;
            let first = commits.iter().filter_map(|commit| commit.authored_date.or(commit.created_at)).min();
            detail.first_commit = Some((head, first));
        }
        Ok(Found::MergeRequest(newest, Box::new(detail)))
    }

    /// Jobs of the head pipeline, which may run in the project of a fork.
    async fn jobs(
        self,
        single: &Single,
        project: Option<&Project>,
        notes: &mut Notes,
    ) -> Result<Vec<Job>, HttpError> {
        let Some(pipeline) = &single.head_pipeline else { return Ok(Vec::new()) };
        let own = project.and_then(|project| project.id);
        let elsewhere = pipeline.project_id.filter(|id| own.is_some_and(|own| own != *id));
        let Some(elsewhere) = elsewhere else {
            return self
                .list(Part::Jobs, &format!("pipelines/{}/jobs", pipeline.id), Vec::new(), notes)
                .await;
        };
        let path = format!("projects/{elsewhere}/pipelines/{}/jobs", pipeline.id);
        let request =
            crate::source::http::Request::get("jobs", path).never_remembered().query("per_page", "100");
        match self.ask.session.send(request).await {
            Ok(reply) => Ok(reply.items(&[])?.kept),
            // A fork that is not shown: the pipeline's own status is.
            Err(error) if self.ask.is_hidden(&error) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// The jobs of a pipeline of a branch.
    async fn build(self, id: u64, known: &Known, notes: &mut Notes) -> Result<Built, HttpError> {
        let of = known.pipelines.get(&id).and_then(|pipeline| pipeline.updated_at);
        let jobs = self.list(Part::Jobs, &format!("pipelines/{id}/jobs"), Vec::new(), notes).await?;
        Ok(Built { of, jobs })
    }

    async fn report(self, id: u64, notes: &mut Notes) -> Result<Summary, HttpError> {
        let below = format!("pipelines/{id}/test_report_summary");
        let asked = self.ask.one::<Summary>("test report", &below);
        let Some(mut summary) = self.shown(Part::Reports, notes, asked).await? else {
            return Ok(Summary::default());
        };
        if test_runs::has_failed(&summary) {
            let below = format!("pipelines/{id}/test_report");
            let asked = self.ask.one::<Report>("test report", &below);
            if let Some(report) = self.shown(Part::Reports, notes, asked).await? {
                test_runs::name_failures(&mut summary, &report);
            }
        }
        Ok(summary)
    }
}

/// Whether an error may be one thing's own: the others are worth asking for.
fn is_of_one(kind: &HttpErrorKind) -> bool {
    matches!(
        kind,
        HttpErrorKind::Busy { until: None, .. }
            | HttpErrorKind::TimedOut { .. }
            | HttpErrorKind::Interrupted
            | HttpErrorKind::Unexpected { .. }
            | HttpErrorKind::TooLarge { .. }
    )
}

/// Projects that merge by fast-forward want every branch to be up to date with its base.
fn merges_fast_forward(project: Option<&Project>) -> bool {
    project.is_some_and(|project| matches!(project.merge_method.as_deref(), Some("ff" | "rebase_merge")))
}

fn take(known: &mut Known, item: Item, found: Found) {
    match (item, found) {
        (Item::Issue(iid), Found::Issue(history)) => {
            known.histories.insert(iid, history);
        }
        (Item::Build(id), Found::Build(built)) => {
            // Of a branch only the newest one counts.
            let newest: BTreeSet<u64> =
                builds::newest(known).into_iter().map(|(_, pipeline)| pipeline.id).collect();
            known.builds.retain(|known, _| newest.contains(known));
            known.builds.insert(id, built);
        }
        (Item::Report(id), Found::Report(summary)) => {
            known.reports.insert(id, summary);
        }
        (Item::MergeRequest(iid) | Item::Again(iid), Found::MergeRequest(newest, detail)) => {
            *known.asked.entry(iid).or_default() += 1;
            known.checked.remove(&iid);
            known.details.insert(iid, *detail);
            if let Some(newest) = newest {
                known.merge_requests.insert(iid, *newest);
            }
        }
        _ => {}
    }
}
