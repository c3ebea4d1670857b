//! Asking a GitLab about one project.

use serde::de::DeserializeOwned;

use super::{known::Part, settings::GitlabProject};
use crate::{
    domain::{Problem, Progress, Text},
    source::{
        Report, Round,
        forge::note,
        http::{HttpError, HttpErrorKind, Pages, Reply, Request, Session},
    },
};

/// Items of a page: the most that GitLab gives.
const PER_PAGE: &str = "100";

/// One round with one project.
#[derive(Clone, Copy)]
pub(super) struct Asking<'a> {
    pub(super) session: &'a Session<'a>,
    pub(super) project: &'a GitlabProject,
    pub(super) service: &'a str,
    pub(super) round: &'a Round,
}

/// What a list held, as far as it was read.
#[derive(Debug)]
pub(super) struct Listed<T> {
    pub(super) items: Vec<T>,
    pub(super) problems: Vec<Problem>,
    /// There is more than was read.
    pub(super) is_cut: bool,
}

/// A list to be asked for.
#[derive(Clone, Debug)]
pub(super) struct List<'a> {
    pub(super) operation: &'static str,
    /// Below the project: `issues`.
    pub(super) below: &'a str,
    pub(super) query: Vec<(&'static str, String)>,
    /// Most items.
    pub(super) most: usize,
    /// Pages by key rather than by number are worth asking for: GitLab counts no offsets then.
    pub(super) keyset: bool,
}

impl Asking<'_> {
    /// The path of something below the project: `projects/group%2Fsub%2Fname/issues`.
    pub(super) fn path(&self, below: &str) -> String {
        path(&self.project.path, below)
    }

    pub(super) fn get(&self, operation: &'static str, below: &str) -> Request {
        Request::get(operation, self.path(below))
    }

    /// Asks for one thing, as if for the first time.
    pub(super) async fn one<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        below: &str,
    ) -> Result<T, HttpError> {
        self.session.send(self.get(operation, below).never_remembered()).await?.json()
    }

    /// All items of a list of which nobody needs to be told how far it is.
    pub(super) async fn quietly<T: DeserializeOwned>(&self, list: List<'_>) -> Result<Listed<T>, HttpError> {
        self.read(list, false).await
    }

    /// All items of a list, page after page, as `Link` names them: nothing else tells in lists of
    /// more than 10,000 items, where GitLab leaves out the counts. An item that cannot be read is
    /// a problem.
    pub(super) async fn all<T: DeserializeOwned>(&self, list: List<'_>) -> Result<Listed<T>, HttpError> {
        self.read(list, true).await
    }

    async fn read<T: DeserializeOwned>(&self, list: List<'_>, told: bool) -> Result<Listed<T>, HttpError> {
        let request = |keyset: bool| {
            let mut request = self.get(list.operation, list.below).never_remembered();
            request = request.query("per_page", PER_PAGE);
            if keyset {
                request = request.query("pagination", "keyset");
            }
            list.query.iter().fold(request, |request, (name, value)| request.query(name, value))
        };
        let mut pages = Pages::new(self.session, request(list.keyset));
        let first = match pages.next().await {
            // This server, or this order, has no such pages (405; some say 400).
            Err(error)
                if list.keyset
                    && matches!(error.kind(), HttpErrorKind::Rejected { status: 400 | 405, .. }) =>
            {
                pages = Pages::new(self.session, request(false));
                pages.next().await?
            }
            first => first?,
        };
        let mut listed = Listed { items: Vec::new(), problems: Vec::new(), is_cut: false };
        let mut next = first;
        while let Some(reply) = next {
            take(&reply, &mut listed)?;
            if told && !listed.items.is_empty() {
                self.progress(list.operation, listed.items.len() as u64, total(&reply));
            }
            if listed.items.len() >= list.most {
                listed.is_cut = reply.next().is_some();
                break;
            }
            next = pages.next().await?;
        }
        listed.items.truncate(list.most);
        Ok(listed)
    }

    /// A list of one page that is asked for conditionally; None: it has not changed. What asks
    /// keeps what it made of it.
    pub(super) async fn page<T: DeserializeOwned>(
        &self,
        operation: &'static str,
        below: &str,
        query: &[(&str, &str)],
    ) -> Result<Option<Listed<T>>, HttpError> {
        let mut request = self.get(operation, below).kept_by_asker();
        for (name, value) in query {
            request = request.query(name, value);
        }
        let reply = self.session.send(request).await?;
        if reply.unchanged() {
            return Ok(None);
        }
        let mut listed = Listed { items: Vec::new(), problems: Vec::new(), is_cut: reply.next().is_some() };
        take(&reply, &mut listed)?;
        Ok(Some(listed))
    }

    pub(super) fn progress(&self, what: &str, done: u64, total: Option<u64>) {
        (self.round.report)(Report::Progress(Progress { what: Text::new(what), done, total }));
    }

    /// Whether an error means that one thing is not shown, while others may be.
    pub(super) fn is_hidden(&self, error: &HttpError) -> bool {
        is_hidden(error) || (self.is_anonymous() && matches!(error.kind(), HttpErrorKind::SignedOut { .. }))
    }

    /// Nobody is signed in: what asks for it is not shown, the rest is.
    pub(super) fn is_anonymous(&self) -> bool {
        self.session.sign_in_problem().is_some()
    }

    /// That `part` cannot be read, and what would help.
    pub(super) fn hidden(&self, part: Part) -> Problem {
        let (what, needs) = part.needs();
        Problem::new(
            format!("{}: {}: {what} cannot be read", self.service, self.project.path),
            format!("if the project uses them: use {needs}; asked again within the hour"),
        )
    }
}

/// Whether an error means that one thing is not shown, while others may be.
pub(super) fn is_hidden(error: &HttpError) -> bool {
    matches!(
        error.kind(),
        HttpErrorKind::Forbidden { .. } | HttpErrorKind::NotFound | HttpErrorKind::Rejected { .. }
    )
}

/// `projects/group%2Fsub%2Fname/below`.
pub(super) fn path(project: &str, below: &str) -> String {
    let project = Request::segment(project.trim_matches('/'));
    if below.is_empty() { format!("projects/{project}") } else { format!("projects/{project}/{below}") }
}

fn take<T: DeserializeOwned>(reply: &Reply, listed: &mut Listed<T>) -> Result<(), HttpError> {
    let found = reply.items::<T>(&[])?;
    listed.items.extend(found.kept);
    for lost in found.lost {
        note(&mut listed.problems, lost.problem());
    }
    Ok(())
}

fn total(reply: &Reply) -> Option<u64> {
    reply.header("x-total")?.parse().ok()
}
