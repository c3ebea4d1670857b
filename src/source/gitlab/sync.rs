//! Reading the lists of a project: all of them the first time and once a day, later on what
//! changed.

use chrono::{Duration, SecondsFormat};

use super::{
    ask::{Asking, List, Listed},
    known::{Known, Part},
    notice::{self, MILESTONES, hide},
    wire::{
        Deployment, Environment, FreezePeriod, Issue, MergeRequest, Milestone, Pipeline, Project, Release,
        Tag,
    },
};
use crate::{
    domain::{Instant, Problem},
    source::{
        forge::{days_before, note},
        http::{HttpError, HttpErrorKind},
        naming::Naming,
    },
};

/// Most items of one kind that one round reads; the next one reads on.
const MOST_ITEMS: usize = 10_000;
/// Most items of one kind in one project.
const MOST_KEPT: usize = 50_000;
/// Most milestones, releases, tags, environments and deployments.
const MOST_OF_OTHERS: usize = 500;
/// Open milestones whose older closed issues are read.
const MOST_MILESTONES: usize = 30;
/// Pipelines of the main branch whose test reports are read, of tags, and of each other base.
const MOST_PIPELINES: [usize; 3] = [50, 20, 10];
/// Other bases of open merge requests whose pipelines are read.
const MOST_BASES: usize = 4;
/// Everything is read again after so long: nothing tells of what was deleted or moved away.
const WHOLE_HOURS: i64 = 24;
/// What nothing tells of is looked at after so long.
const SWEEP_MINUTES: i64 = 60;

/// Whether everything must be read: for the first time, or because a day has passed.
pub(super) fn is_whole_due(known: &Known, now: Instant) -> bool {
    known.whole_at.is_none_or(|at| now - at >= Duration::hours(WHOLE_HOURS))
}

/// Whether it is time to look at what nothing tells of.
pub(super) fn is_sweep_due(known: &Known, now: Instant) -> bool {
    known.swept_at.is_none_or(|at| now - at >= Duration::minutes(SWEEP_MINUTES))
}

/// One round with the lists of one project.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) ask: Asking<'a>,
    pub(super) naming: &'a Naming,
    pub(super) recent_days: u32,
}

impl Reading<'_> {
    /// Reads everything into `known`, which has no lists yet. `told` is called when a part is read.
    pub(super) async fn whole(
        self,
        known: &mut Known,
        told: &(dyn Fn(&Known) + Send + Sync),
    ) -> Result<(), HttpError> {
        self.project(known).await?;
        notice::notice(self.ask, known, self.naming).await?;
        known.changed.extend(Part::LISTS);
        for part in Part::LISTS {
            if self.part(part, known).await? {
                told(known);
            }
        }
        tidy(known);
        known.swept_at = Some(self.ask.round.now);
        known.whole_at = Some(self.ask.round.now);
        Ok(())
    }

    /// Reads what changed. True if anything did.
    pub(super) async fn news(self, known: &mut Known) -> Result<bool, HttpError> {
        let mut is_news = false;
        if is_sweep_due(known, self.ask.round.now) {
            for part in std::mem::take(&mut known.hidden) {
                known.problems.remove(&part);
                known.changed.insert(part);
            }
            is_news |= self.project(known).await?;
            is_news |= self.sweep(known).await?;
            known.asked.clear();
            known.swept_at = Some(self.ask.round.now);
        }
        notice::notice(self.ask, known, self.naming).await?;
        is_news |= known.changed.remove(&Part::Reports) || !known.checked.is_empty();
        for part in Part::LISTS {
            is_news |= self.part(part, known).await?;
        }
        Ok(is_news)
    }

    /// Settings of the project. True if they changed. Who does not see it sees nothing.
    async fn project(self, known: &mut Known) -> Result<bool, HttpError> {
        let request = self.ask.get("project", "");
        let request =
            if known.project.is_some() { request.kept_by_asker() } else { request.never_remembered() };
        let reply = self.ask.session.send(request).await?;
        if reply.unchanged() {
            return Ok(false);
        }
        match reply.json::<Project>() {
            Ok(project) => {
                known.set_problems(Part::Project, Vec::new());
                let is_news = known.project.as_ref() != Some(&project);
                known.project = Some(project);
                Ok(is_news)
            }
            Err(error) => {
                known.set_problems(Part::Project, vec![error.problem()]);
                Ok(true)
            }
        }
    }

    /// Environments and freezes: conditionally, as they change rarely.
    async fn sweep(self, known: &mut Known) -> Result<bool, HttpError> {
        let mut is_news = false;
        for part in [Part::Environments, Part::Freezes] {
            if part.is_off(known.project.as_ref()) {
                continue;
            }
            let below = if part == Part::Environments { "environments" } else { "freeze_periods" };
            let request = self.ask.get("changes of settings", below).kept_by_asker().query("per_page", "100");
            match self.ask.session.send(request).await {
                Ok(reply) if reply.unchanged() => {}
                Ok(_) => {
                    known.changed.insert(part);
                    is_news = true;
                }
                Err(error) if self.ask.is_hidden(&error) => hide(self.ask, known, part),
                Err(error) => return Err(error),
            }
        }
        Ok(is_news)
    }

    /// Reads `part` if it has changed. True if it was read. A part that is not shown is a
    /// problem, and leaves the others alone.
    async fn part(self, part: Part, known: &mut Known) -> Result<bool, HttpError> {
        if known.hidden.contains(&part) || part.is_off(known.project.as_ref()) {
            known.changed.remove(&part);
        }
        if !known.changed.contains(&part) {
            return Ok(false);
        }
        // Reading a part that is too long puts it back.
        known.changed.remove(&part);
        let result = match part {
            Part::Milestones => self.milestones(known).await,
            Part::Issues => self.issues(known).await,
            Part::MergeRequests => self.merge_requests(known).await,
            Part::Releases => self.list("releases", "releases", &[]).await.map(|found: Listed<Release>| {
                known.releases = found.items;
                found.problems
            }),
            Part::Tags => self.tags(known).await,
            Part::Deployments => self.deployments(known).await,
            Part::Environments => {
                self.list("environments", "environments", &[]).await.map(|found: Listed<Environment>| {
                    known.environments = found.items;
                    found.problems
                })
            }
            Part::Freezes => {
                self.list("deploy freezes", "freeze_periods", &[]).await.map(|found: Listed<FreezePeriod>| {
                    known.freezes = found.items;
                    found.problems
                })
            }
            Part::Pipelines => self.pipelines(known).await,
            // Read when they were noticed.
            _ => Ok(known.problems.get(&part).cloned().unwrap_or_default()),
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
            Err(error) if self.ask.is_hidden(&error) => hide(self.ask, known, part),
            // It is asked for again in the next round; what was known of it stays.
            Err(error) if matches!(error.kind(), HttpErrorKind::Unexpected { .. }) => {
                known.set_problems(part, vec![error.problem()]);
                known.changed.insert(part);
            }
            Err(error) => {
                known.changed.insert(part);
                return Err(error);
            }
        }
        Ok(true)
    }

    fn since(self) -> Instant {
        days_before(self.ask.round.now, self.recent_days)
    }

    fn cut(self, what: &str, most: usize) -> Problem {
        Problem::new(
            format!(
                "{}: {} has more than {most} {what}: not all are read",
                self.ask.service, self.ask.project.path
            ),
            "set fewer `recent_days` for the gitlab source",
        )
    }

    async fn list<T: serde::de::DeserializeOwned>(
        self,
        operation: &'static str,
        below: &str,
        query: &[(&'static str, &str)],
    ) -> Result<Listed<T>, HttpError> {
        let query = query.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let mut listed =
            self.ask.all(List { operation, below, query, most: MOST_OF_OTHERS, keyset: false }).await?;
        // Of releases the newest are enough: what is older is never waited for.
        if listed.is_cut && operation != "releases" {
            note(&mut listed.problems, self.cut(operation, MOST_OF_OTHERS));
        }
        Ok(listed)
    }

    async fn milestones(self, known: &mut Known) -> Result<Vec<Problem>, HttpError> {
        let found: Listed<Milestone> = self.list("milestones", "milestones", &MILESTONES[..1]).await?;
        known.milestones = found.items.into_iter().map(|milestone| (milestone.id, milestone)).collect();
        Ok(found.problems)
    }

    async fn tags(self, known: &mut Known) -> Result<Vec<Problem>, HttpError> {
        let query = [("order_by", "updated".to_owned()), ("sort", "desc".to_owned())].into();
        let list =
            List { operation: "tags", below: "repository/tags", query, most: MOST_OF_OTHERS, keyset: false };
        let found: Listed<Tag> = self.ask.all(list).await?;
        known.tags = found.items;
        Ok(found.problems)
    }

    /// Issues or merge requests that changed at some time, oldest change first: what is cut off is
    /// then read by the next round. Pages by key where the server has them.
    async fn changed<T: serde::de::DeserializeOwned>(
        self,
        operation: &'static str,
        below: &str,
        more: &[(&'static str, String)],
    ) -> Result<Listed<T>, HttpError> {
        let mut query = vec![("order_by", "updated_at".to_owned()), ("sort", "asc".to_owned())];
        query.extend_from_slice(more);
        self.ask.all(List { operation, below, query, most: MOST_ITEMS, keyset: true }).await
    }

    /// Issues that changed since the last one that is known, or within the last days; the first
    /// time also those that did not change for longer: open ones that have a milestone, and closed
    /// ones of milestones that are open.
    async fn issues(self, known: &mut Known) -> Result<Vec<Problem>, HttpError> {
        let is_first = known.issues_until.is_none();
        let since = known.issues_until.unwrap_or_else(|| self.since());
        let query = [("state", "all".to_owned()), ("updated_after", instant(since))];
        let mut found: Listed<Issue> = self.changed("issues", "issues", &query).await?;
        let mut problems = std::mem::take(&mut found.problems);
        if std::mem::take(&mut found.is_cut) && known.issues.len() < MOST_KEPT {
            known.changed.insert(Part::Issues);
        } else if known.issues.len() >= MOST_KEPT {
            problems.push(self.cut("issues", MOST_KEPT));
        }
        let until = found.items.iter().map(|issue| issue.updated_at).max();
        if is_first {
            let before = ("updated_before", instant(since));
            let open = [("state", "opened".to_owned()), ("milestone", "Any".to_owned()), before.clone()];
            self.older(&mut found, &mut problems, &open).await?;
            let mut milestones: Vec<&Milestone> =
                known.milestones.values().filter(|milestone| !milestone.is_closed()).collect();
            milestones.sort_by_key(|milestone| (milestone.due_date.is_none(), milestone.due_date));
            for milestone in milestones.into_iter().take(MOST_MILESTONES) {
                let title = ("milestone", milestone.title.to_string());
                let closed = [("state", "closed".to_owned()), title, before.clone()];
                self.older(&mut found, &mut problems, &closed).await?;
            }
            if found.is_cut {
                problems.push(self.cut("issues", MOST_ITEMS));
            }
        }
        known.issues.extend(found.items.into_iter().map(|issue| (issue.iid, issue)));
        // Only now: what a failed round had not read is read by the next one.
        known.issues_until = until.max(known.issues_until).or(Some(since));
        Ok(problems)
    }

    async fn older(
        self,
        into: &mut Listed<Issue>,
        problems: &mut Vec<Problem>,
        query: &[(&'static str, String)],
    ) -> Result<(), HttpError> {
        let more: Listed<Issue> = self.changed("issues", "issues", query).await?;
        into.items.extend(more.items);
        into.is_cut |= more.is_cut;
        for problem in more.problems {
            note(problems, problem);
        }
        Ok(())
    }

    /// Merge requests that changed since the last one that is known, or within the last days; the
    /// first time also open ones that did not change for longer.
    async fn merge_requests(self, known: &mut Known) -> Result<Vec<Problem>, HttpError> {
        let is_first = known.merge_requests_until.is_none();
        let since = known.merge_requests_until.unwrap_or_else(|| self.since());
        let query = [("state", "all".to_owned()), ("updated_after", instant(since))];
        let mut found: Listed<MergeRequest> =
            self.changed("merge requests", "merge_requests", &query).await?;
        let until = found.items.iter().map(|found| found.updated_at).max();
        if is_first {
            let query = [("state", "opened".to_owned()), ("updated_before", instant(since))];
            let older: Listed<MergeRequest> =
                self.changed("merge requests", "merge_requests", &query).await?;
            found.items.extend(older.items);
            found.problems.extend(older.problems);
            if older.is_cut {
                found.problems.push(self.cut("open merge requests", MOST_ITEMS));
            }
        }
        if found.is_cut && known.merge_requests.len() < MOST_KEPT {
            known.changed.insert(Part::MergeRequests);
        } else if known.merge_requests.len() >= MOST_KEPT {
            found.problems.push(self.cut("merge requests", MOST_KEPT));
        }
        for merge_request in found.items {
            let merge_request = merge_request.settle();
            let iid = merge_request.iid;
            let before = known.merge_requests.insert(iid, merge_request);
            if before.as_ref().map(|before| before.updated_at)
                != known.merge_requests.get(&iid).map(|now| now.updated_at)
            {
                // One that changed may be asked for again as often as a new one.
                known.asked.remove(&iid);
            }
        }
        known.merge_requests_until = until.max(known.merge_requests_until).or(Some(since));
        Ok(found.problems)
    }

    async fn deployments(self, known: &mut Known) -> Result<Vec<Problem>, HttpError> {
        let since = known.deployments_until.unwrap_or_else(|| self.since());
        // Newest change first: the newest ones are worth most where there are too many. GitLab
        // wants to sort by what it filters by.
        let query = [
            ("updated_after", instant(since)),
            ("order_by", "updated_at".to_owned()),
            ("sort", "desc".to_owned()),
        ];
        let list = List {
            operation: "deployments",
            below: "deployments",
            query: query.into(),
            most: MOST_OF_OTHERS,
            keyset: false,
        };
        let mut found: Listed<Deployment> = self.ask.all(list).await?;
        if found.is_cut {
            note(&mut found.problems, self.cut("deployments", MOST_OF_OTHERS));
        }
        let until = found.items.iter().filter_map(|deployment| deployment.updated_at).max();
        known.deployments.extend(found.items.into_iter().map(|deployment| (deployment.id, deployment)));
        while known.deployments.len() > MOST_OF_OTHERS {
            known.deployments.pop_first();
        }
        known.deployments_until = until.max(known.deployments_until).or(Some(since));
        Ok(found.problems)
    }

    /// Pipelines whose test reports are told. Later ones are noticed.
    async fn pipelines(self, known: &mut Known) -> Result<Vec<Problem>, HttpError> {
        let main = known.project.as_ref().and_then(|project| project.default_branch.clone());
        let mut of: Vec<((&'static str, String), usize)> = Vec::new();
        if let Some(main) = &main {
            of.push((("ref", main.to_string()), MOST_PIPELINES[0]));
        }
        of.push((("scope", "tags".to_owned()), MOST_PIPELINES[1]));
        let mut bases: Vec<_> = known
            .merge_requests
            .values()
            .filter(|found| found.is_open())
            .filter_map(|found| found.target_branch.clone())
            .filter(|base| Some(base) != main.as_ref())
            .collect();
        bases.extend(known.named.iter().filter(|named| Some(*named) != main.as_ref()).cloned());
        bases.sort();
        bases.dedup();
        of.extend(
            bases.into_iter().take(MOST_BASES).map(|base| (("ref", base.to_string()), MOST_PIPELINES[2])),
        );
        let mut problems = Vec::new();
        for (which, most) in of {
            let query = [
                which,
                ("updated_after", instant(self.since())),
                ("order_by", "id".to_owned()),
                ("sort", "desc".to_owned()),
            ];
            let list =
                List { operation: "pipelines", below: "pipelines", query: query.into(), most, keyset: false };
            let found: Listed<Pipeline> = self.ask.all(list).await?;
            for pipeline in found.items {
                notice::keep(known, pipeline, self.naming);
            }
            for problem in found.problems {
                note(&mut problems, problem);
            }
        }
        known.changed.remove(&Part::Reports);
        Ok(problems)
    }
}

/// Forgets what belongs to nothing any more.
fn tidy(known: &mut Known) {
    let Known { histories, issues, details, merge_requests, reports, builds, pipelines, .. } = known;
    histories.retain(|iid, _| issues.contains_key(iid));
    details.retain(|iid, _| merge_requests.contains_key(iid));
    reports.retain(|id, _| pipelines.contains_key(id));
    builds.retain(|id, _| pipelines.contains_key(id));
    known.checked.clear();
}

/// As GitLab wants to be asked for a time. In UTC, so that there is no `+` to be taken for a blank.
fn instant(at: Instant) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
