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
//! | the newest workflow runs | checks of the pull requests whose heads they ran on |
//!
//! What none of them tells (statuses of other services on a commit, rules of branches) is looked
//! at once an hour, and pull requests whose checks run are asked again anyway.

use serde::Deserialize;

use super::{
    graphql::note,
    known::{Known, Part},
    settings::GithubRepository,
};
use crate::{
    domain::{Problem, Text},
    source::http::{HttpError, HttpErrorKind, Request, Session},
};

/// A question of which only the answer "nothing has changed" is expected.
struct Probe {
    part: Part,
    operation: &'static str,
    path: &'static str,
    query: &'static [(&'static str, &'static str)],
    permission: &'static str,
}

const NEWEST: &[(&str, &str)] =
    &[("state", "all"), ("sort", "updated"), ("direction", "desc"), ("per_page", "1")];

/// The first one answers for the repository itself: who does not see it sees nothing.
const PROBES: [Probe; 7] = [
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
];

#[derive(Deserialize)]
struct Runs {
    #[serde(default)]
    workflow_runs: Vec<Run>,
}

#[derive(Deserialize)]
struct Run {
    head_sha: Option<Text>,
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
    probe(session, prefix, repository, known, &PROBES[0]).await
}

/// Asks all other questions, and notes in `known` what has changed.
pub(super) async fn notice(
    session: &Session<'_>,
    prefix: &str,
    repository: &GithubRepository,
    known: &mut Known,
    service: &str,
) -> Result<(), HttpError> {
    for question in &PROBES[1..] {
        if known.hidden.contains(&question.part) {
            continue;
        }
        match probe(session, prefix, repository, known, question).await {
            Err(error) if is_hidden(error.kind()) => {
                known.hidden.insert(question.part);
                known.changed.remove(&question.part);
                let what = format!(
                    "{service}: {}/{}: {} cannot be read",
                    repository.owner, repository.name, question.operation
                );
                let next_step = format!(
                    "give the token the permission {} if the repository uses them; asked again within the hour",
                    question.permission
                );
                note(known.problems.entry(question.part).or_default(), Problem::new(what, next_step));
            }
            answered => answered?,
        }
    }
    Ok(())
}

/// Whether an error means that one thing is not shown, while others may be.
pub(super) fn is_hidden(kind: &HttpErrorKind) -> bool {
    matches!(kind, HttpErrorKind::Forbidden { .. } | HttpErrorKind::NotFound | HttpErrorKind::Rejected { .. })
}

async fn probe(
    session: &Session<'_>,
    prefix: &str,
    repository: &GithubRepository,
    known: &mut Known,
    question: &Probe,
) -> Result<(), HttpError> {
    let mut request =
        Request::get(question.operation, path(prefix, repository, question.path)).kept_by_asker();
    for (name, value) in question.query {
        request = request.query(name, value);
    }
    let reply = session.send(accepting(request)).await?;
    if reply.unchanged() {
        return Ok(());
    }
    if question.part == Part::Runs {
        let runs: Runs = reply.json()?;
        known.checked.extend(runs.workflow_runs.into_iter().filter_map(|run| run.head_sha));
    } else {
        known.changed.insert(question.part);
    }
    Ok(())
}

/// What GitHub asks every client of its REST interface to send.
pub(super) fn accepting(request: Request) -> Request {
    request.accept("application/vnd.github+json").header("X-GitHub-Api-Version", "2022-11-28")
}
