//! Running failed checks again: workflow runs by their failed jobs, checks of other apps by
//! asking these for another run.

use serde::Deserialize;

use super::errand::{Errand, done, short};
use crate::{
    domain::Text,
    source::{
        http::{Pages, Request},
        operation::{Done, OperationError},
    },
};

/// Most pages of runs and of checks that are looked through.
const MOST_PAGES: usize = 5;
/// Most requests that one operation makes: GitHub asks for few changes at a time.
const MOST_AGAIN: usize = 25;

#[derive(Deserialize)]
struct WorkflowRun {
    id: u64,
    name: Option<Text>,
    conclusion: Option<Text>,
}

#[derive(Deserialize)]
struct CheckRun {
    id: u64,
    name: Option<Text>,
    conclusion: Option<Text>,
    app: Option<App>,
}

#[derive(Deserialize)]
struct App {
    slug: Option<Text>,
}

/// Something that failed, and what runs it again.
pub(super) struct Failed {
    name: Text,
    path: String,
}

impl Errand<'_> {
    pub(super) async fn run_failed_checks_again(&self, seen: Option<&Text>) -> Result<Done, OperationError> {
        let (_, now) = self.look().await?;
        if let Some(seen) = seen.filter(|seen| **seen != now.head) {
            return Err(self.moved(seen, &now.head));
        }
        let failed = self.failed(&now.head).await?;
        if failed.is_empty() {
            let why = format!("no check of {} has failed", short(&now.head));
            return Err(self.not_done(why, "nothing to do; statuses of other services are run again there"));
        }
        if failed.len() > MOST_AGAIN {
            let why = format!("{} checks have failed, more than are run again at once", failed.len());
            return Err(self.not_done(why, "look for what they have in common"));
        }
        let (mut begun, mut refused) = (Vec::new(), Vec::new());
        for check in &failed {
            match self.change(Request::post("run again", check.path.clone())).await {
                Ok(_) => begun.push(&*check.name),
                Err(ended) => match ended.error {
                    OperationError::NotDone(problem) | OperationError::Moved(problem) => {
                        refused.push((check, problem));
                    }
                    // The rest is left: it is not known how far this went.
                    unclear @ OperationError::Unclear(_) => return Err(unclear),
                },
            }
        }
        match refused.as_slice() {
            [] => Ok(done(format!("run again: {}", begun.join(", ")), now.url)),
            [(_, problem), ..] if begun.is_empty() => Err(OperationError::NotDone(problem.clone())),
            [(check, problem), ..] => {
                let what = format!(
                    "run again: {}; {} not: {} ({})",
                    begun.join(", "),
                    refused.len(),
                    check.name,
                    problem.what
                );
                Ok(done(what, now.url))
            }
        }
    }

    /// What has failed on `head`.
    pub(super) async fn failed(&self, head: &str) -> Result<Vec<Failed>, OperationError> {
        let runs = Request::get("workflow runs", self.path("actions/runs")).query("head_sha", head);
        let runs: Vec<WorkflowRun> = self.list(runs, "workflow_runs").await?;
        let mut failed: Vec<Failed> = runs
            .into_iter()
            .filter_map(|run| {
                let how = match run.conclusion.as_deref()? {
                    "failure" | "timed_out" | "cancelled" => "rerun-failed-jobs",
                    // No job of it ever began.
                    "startup_failure" => "rerun",
                    _ => return None,
                };
                Some(Failed {
                    name: run.name.unwrap_or_else(|| "workflow".into()),
                    path: self.path(&format!("actions/runs/{}/{how}", run.id)),
                })
            })
            .collect();
        let head = Request::segment(head);
        let checks = Request::get("check runs", self.path(&format!("commits/{head}/check-runs")))
            .query("filter", "latest");
        let checks: Vec<CheckRun> = self.list(checks, "check_runs").await?;
        failed.extend(checks.into_iter().filter_map(|check| {
            let is_workflow =
                check.app.as_ref().and_then(|app| app.slug.as_deref()) == Some("github-actions");
            let has_failed =
                matches!(check.conclusion.as_deref(), Some("failure" | "timed_out" | "cancelled"));
            (has_failed && !is_workflow).then(|| Failed {
                name: check.name.unwrap_or_else(|| "check".into()),
                path: self.path(&format!("check-runs/{}/rerequest", check.id)),
            })
        }));
        Ok(failed)
    }

    async fn list<T: serde::de::DeserializeOwned>(
        &self,
        request: Request,
        key: &str,
    ) -> Result<Vec<T>, OperationError> {
        let request = super::super::notice::accepting(request.query("per_page", "100").never_remembered());
        let mut pages = Pages::new(&self.session, request).at_most(MOST_PAGES);
        let mut all = Vec::new();
        while let Some(page) = pages.next().await.map_err(|error| self.unread(&error))? {
            all.extend(page.items(&[key]).map_err(|error| self.unread(&error))?.kept);
        }
        Ok(all)
    }
}
