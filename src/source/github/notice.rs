//! Noticing that something changed: conditional requests (REST) that cost nothing while the
//! answer is that nothing has.
//!
//! | asked | tells of |
//! | --- | --- |
//! | the pull request that changed last | pull requests: commits, reviews, labels … |
//! | the issue that changed last | issues |
//! | milestones | milestones |
//! | the newest releases, the first tags | releases |
//! | the newest deployments | deployments and their statuses |
//! | the newest workflow runs | checks of the pull requests whose heads they ran on, and of branches |
//! | the alert of code scanning that changed last | findings |
//!
//! What none of them tells (statuses of other services on a commit, rules of branches) is looked
//! at once an hour, and pull requests whose checks run are asked again anyway.

use futures_util::future::join_all;
use serde::Deserialize;

use super::{
    findings,
    graphql::note,
    known::{Known, Part},
    settings::GithubRepository,
};
use crate::{
    domain::{Instant, Problem, Text},
    source::http::{HttpError, HttpErrorKind, Reply, Request, Session},
};

/// A question of which only the answer "nothing has changed" is expected.
pub(super) struct Probe {
    pub(super) part: Part,
    /// What is asked, in a few words.
    pub(super) operation: &'static str,
    path: &'static str,
    query: &'static [(&'static str, &'static str)],
    /// Of a fine-grained token.
    pub(super) permission: &'static str,
}

impl Probe {
    /// The question about `repository`, on paths that begin with `prefix`.
    pub(super) fn request(&self, prefix: &str, repository: &GithubRepository) -> Request {
        let mut request = Request::get(self.operation, path(prefix, repository, self.path));
        for (name, value) in self.query {
            request = request.query(name, value);
        }
        accepting(request)
    }
}

const NEWEST: &[(&str, &str)] =
    &[("state", "all"), ("sort", "updated"), ("direction", "desc"), ("per_page", "1")];

/// The first one answers for the repository itself: who does not see it sees nothing.
pub(super) const PROBES: [Probe; 8] = [
    Probe {
        part: Part::PullRequests,
        operation: "newest pull request",
        path: "pulls",
        query: NEWEST,
        permission: "Pull requests: read",
    },
    Probe {
        part: Part::Issues,
        operation: "newest issue",
        path: "issues",
        query: NEWEST,
        permission: "Issues: read",
    },
    Probe {
        part: Part::Milestones,
        operation: "milestones",
        path: "milestones",
        query: &[("state", "all"), ("sort", "due_on"), ("direction", "desc"), ("per_page", "100")],
        permission: "Issues: read",
    },
    Probe {
        part: Part::Releases,
        operation: "newest releases",
        path: "releases",
        query: &[("per_page", "5")],
        permission: "Contents: read",
    },
    Probe {
        part: Part::Releases,
        operation: "tags",
        path: "tags",
        query: &[("per_page", "100")],
        permission: "Contents: read",
    },
    Probe {
        part: Part::Deployments,
        operation: "newest deployments",
        path: "deployments",
        query: &[("per_page", "10")],
        permission: "Deployments: read",
    },
    Probe {
        part: Part::Runs,
        operation: "newest workflow runs",
        path: "actions/runs",
        query: &[("per_page", "20")],
        permission: "Actions: read",
    },
    Probe {
        part: Part::Findings,
        operation: "newest alert of code scanning",
        path: findings::PATH,
        query: &[("sort", "updated"), ("direction", "desc"), ("per_page", "1")],
        permission: findings::PERMISSION,
    },
];

#[derive(Deserialize)]
struct Runs {
    #[serde(default)]
    workflow_runs: Vec<Run>,
}

#[derive(Deserialize)]
struct Run {
    head_sha: Option<Text>,
    head_branch: Option<Text>,
    updated_at: Option<Instant>,
}

/// `repos/owner/name/path` below `prefix`.
pub(super) fn path(prefix: &str, repository: &GithubRepository, path: &str) -> String {
    let (owner, name) = (Request::segment(&repository.owner), Request::segment(&repository.name));
    format!("{prefix}repos/{owner}/{name}/{path}")
}

/// Asks the first question only: whether the repository can be seen, and by whom.
pub(super) async fn look(
    session: &Session<'_>,
    prefix: &str,
    repository: &GithubRepository,
    known: &mut Known,
) -> Result<(), HttpError> {
    let reply = session.send(PROBES[0].request(prefix, repository).kept_by_asker()).await?;
    changed(&reply, known, PROBES[0].part)
}

/// Asks all other questions, and notes in `known` what has changed. True if something that was
/// shown is not shown any more.
pub(super) async fn notice(
    session: &Session<'_>,
    prefix: &str,
    repository: &GithubRepository,
    known: &mut Known,
    service: &str,
) -> Result<bool, HttpError> {
    let mut is_news = false;
    let questions: Vec<&Probe> =
        PROBES[1..].iter().filter(|question| !known.hidden.contains(&question.part)).collect();
    let asked =
        questions.iter().map(|question| session.send(question.request(prefix, repository).kept_by_asker()));
    // Together: how long a round takes is how far away the service is.
    let answers = join_all(asked).await;
    for (question, answer) in questions.into_iter().zip(answers) {
        match answer.and_then(|reply| changed(&reply, known, question.part)) {
            Err(error) if is_hidden(error.kind()) => {
                is_news = true;
                known.hidden.insert(question.part);
                known.changed.remove(&question.part);
                if question.part == Part::Findings && findings::is_not_there(error.kind()) {
                    known.findings.clear();
                    known.read.remove(&question.part);
                    continue;
                }
                let what = format!(
                    "{service}: {}/{}: {} cannot be read",
                    repository.owner, repository.name, question.operation
                );
                let next_step = format!(
                    "give the token the permission {} if the repository uses them; asked again within the hour",
                    question.permission
                );
                let mut problem = Problem::new(what, next_step);
                // Issues that are switched off are gone, and not hidden from anybody.
                if matches!(error.kind(), HttpErrorKind::Rejected { status: 410, .. }) {
                    problem = problem.losing_nothing();
                }
                note(known.problems.entry(question.part).or_default(), problem);
            }
            answered => answered?,
        }
    }
    Ok(is_news)
}

/// Whether an error means that one thing is not shown, while others may be.
pub(super) fn is_hidden(kind: &HttpErrorKind) -> bool {
    matches!(kind, HttpErrorKind::Forbidden { .. } | HttpErrorKind::NotFound | HttpErrorKind::Rejected { .. })
}

/// Notes in `known` what an answer about `part` says.
fn changed(reply: &Reply, known: &mut Known, part: Part) -> Result<(), HttpError> {
    if reply.unchanged() {
        return Ok(());
    }
    if part == Part::Runs {
        let runs: Runs = reply.json()?;
        ran(&runs.workflow_runs, known);
        known.checked.extend(runs.workflow_runs.into_iter().filter_map(|run| run.head_sha));
    } else {
        known.changed.insert(part);
    }
    Ok(())
}

/// Notes which branches something ran on since the last time.
fn ran(runs: &[Run], known: &mut Known) {
    let mut latest = known.runs.clone();
    latest.retain(|branch, _| known.is_built(branch));
    for run in runs {
        let (Some(branch), Some(at)) = (&run.head_branch, run.updated_at) else { continue };
        if known.is_built(branch) && known.runs.get(branch).is_none_or(|before| *before < at) {
            known.changed.insert(Part::Builds);
        }
        let known = latest.entry(branch.clone()).or_insert(at);
        *known = at.max(*known);
    }
    known.runs = latest;
}

/// What GitHub asks every client of its REST interface to send.
pub(super) fn accepting(request: Request) -> Request {
    request.accept("application/vnd.github+json").header("X-GitHub-Api-Version", "2022-11-28")
}
