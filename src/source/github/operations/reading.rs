//! Reading closer: one document for one pull request, which changes nothing.

use futures_util::future::BoxFuture;
use serde::Deserialize;
use serde_json::json;

use super::{
    super::{
        naming::Naming,
        wire::{Listed, all},
    },
    GithubOperator,
    documents::Document,
    errand::Errand,
    now::Somebody,
    round,
};
use crate::{
    domain::{
        ChangedFile, FileChange, Instant, MergedLately, Problem, Prose, PullRequestDetail, Text, Thread,
    },
    source::{
        operation::Attempt,
        reading::{PullRequestPlace, Reader},
    },
};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct In {
    pull_request: Option<Detail>,
    pull_requests: Listed<Merged>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detail {
    body: Option<String>,
    files: Listed<File>,
    review_threads: Listed<ReviewThread>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    path: Text,
    additions: Option<i64>,
    deletions: Option<i64>,
    change_type: Option<Text>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReviewThread {
    is_resolved: Option<bool>,
    is_outdated: Option<bool>,
    path: Option<Text>,
    line: Option<i64>,
    comments: Listed<Comment>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Comment {
    author: Option<Somebody>,
    created_at: Option<Instant>,
    body: Option<Text>,
    url: Option<Text>,
}

#[derive(Clone, Debug, Deserialize)]
struct Merged {
    /// One that makes no sense loses itself alone.
    number: i64,
    files: Listed<Path>,
}

#[derive(Clone, Debug, Deserialize)]
struct Path {
    path: Text,
}

impl GithubOperator {
    async fn detail(
        &self,
        place: &PullRequestPlace,
        attempt: &Attempt,
    ) -> Result<PullRequestDetail, Problem> {
        let round = round(attempt);
        let Some((repository, naming)) = self.repository(&place.repository) else {
            let what = format!("{}: {} is not a repository of this source", self.service, place.repository);
            return Err(Problem::new(what, "open it in the browser"));
        };
        let errand = Errand {
            operator: self,
            session: self.http.session_beside(&round),
            repository,
            naming,
            number: place.number,
            word: "read",
            permission: "Pull requests: read",
        };
        let found: Result<In, _> =
            errand.query_with(Document::PullRequestDetail, &json!({ "base": place.base })).await;
        let found = found.map_err(|error| error.problem().clone())?;
        let Some(detail) = found.pull_request else { return Err(errand.not_there().problem().clone()) };
        Ok(detail.read(
            found.pull_requests.as_ref().map_or(&[], |merged| &merged.nodes),
            naming,
            place.number,
        ))
    }
}

impl Detail {
    fn read(self, merged: &[Merged], naming: &Naming, number: u64) -> PullRequestDetail {
        let count = |count: Option<i64>| count.and_then(|count| u32::try_from(count).ok());
        let file = |file: &File| ChangedFile {
            path: file.path.clone(),
            change: match file.change_type.as_deref() {
                Some("ADDED" | "COPIED") => FileChange::Added,
                Some("MODIFIED" | "CHANGED") => FileChange::Modified,
                Some("DELETED") => FileChange::Deleted,
                Some("RENAMED") => FileChange::Renamed,
                _ => FileChange::Unknown,
            },
            additions: count(file.additions),
            deletions: count(file.deletions),
        };
        let threads = all(self.review_threads.as_ref());
        // Unheard of is not resolved: it is shown rather than hidden.
        let open = threads.iter().filter(|thread| thread.is_resolved != Some(true));
        let thread = |thread: &ReviewThread| {
            let first = all(thread.comments.as_ref()).first();
            let comments = thread.comments.as_ref().and_then(|comments| comments.total_count).unwrap_or(1);
            Thread {
                path: thread.path.clone(),
                line: count(thread.line),
                // Who left GitHub has no name any more.
                author: first
                    .and_then(|first| first.author.as_ref()?.login.clone())
                    .unwrap_or_else(|| "ghost".into()),
                at: first.and_then(|first| first.created_at),
                said: first.and_then(|first| first.body.clone()).unwrap_or_default(),
                replies: u32::try_from(comments.saturating_sub(1)).unwrap_or(u32::MAX),
                outdated: thread.is_outdated == Some(true),
                url: first.and_then(|first| first.url.clone()),
            }
        };
        let more = |total: Option<u64>, read: usize| total.is_some_and(|total| total > read as u64);
        let total = self.review_threads.as_ref().and_then(|list| list.total_count);
        let more_threads =
            more(total, threads.len()) || open.clone().count() > PullRequestDetail::MOST_THREADS;
        let read = all(self.files.as_ref());
        let others = merged.iter().filter_map(|other| {
            let id = u64::try_from(other.number).ok().filter(|other| *other != number)?;
            Some((id, other))
        });
        PullRequestDetail {
            description: Prose::new(self.body.unwrap_or_default()),
            threads: open.take(PullRequestDetail::MOST_THREADS).map(thread).collect(),
            more_threads,
            files: self.files.as_ref().map(|_| read.iter().map(file).collect()),
            more_files: more(self.files.as_ref().and_then(|list| list.total_count), read.len()),
            merged_lately: others
                .map(|(id, other)| MergedLately {
                    id: naming.pull_request(id),
                    files: all(other.files.as_ref()).iter().map(|file| file.path.clone()).collect(),
                })
                .collect(),
        }
    }
}

impl Reader for GithubOperator {
    fn knows(&self, place: &PullRequestPlace) -> bool {
        self.repository(&place.repository).is_some()
    }

    fn read<'a>(
        &'a self,
        place: &'a PullRequestPlace,
        attempt: &'a Attempt,
    ) -> BoxFuture<'a, Result<PullRequestDetail, Problem>> {
        Box::pin(self.detail(place, attempt))
    }
}
