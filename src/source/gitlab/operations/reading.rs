//! Reading closer: what a merge request says, the discussions left open on it, the files it changes
//! (`doc/api/merge_requests.md`, `discussions.md`). Changes nothing.

use futures_util::future::{BoxFuture, join3};
use serde::Deserialize;

use super::{
    super::{
        ask::{Asking, List, Listed},
        wire::User,
    },
    GitlabOperator,
};
use crate::{
    domain::{ChangedFile, FileChange, Instant, Problem, Prose, PullRequestDetail, Text, Thread},
    source::{
        Round,
        http::{HttpError, HttpErrorKind},
        operation::Attempt,
        reading::{PullRequestPlace, Reader},
    },
};

#[derive(Debug, Deserialize)]
struct Described {
    description: Option<String>,
    web_url: Option<Text>,
}

/// What an older server tells instead of `diffs`.
#[derive(Debug, Deserialize)]
struct Changes {
    #[serde(default)]
    changes: Vec<Diff>,
}

#[derive(Debug, Deserialize)]
struct Diff {
    new_path: Text,
    #[serde(default)]
    new_file: bool,
    #[serde(default)]
    renamed_file: bool,
    #[serde(default)]
    deleted_file: bool,
    /// Empty where it is too large.
    #[serde(default)]
    diff: String,
    #[serde(default)]
    too_large: Option<bool>,
    #[serde(default)]
    collapsed: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct Discussion {
    #[serde(default)]
    notes: Vec<DiscussionNote>,
}

#[derive(Debug, Deserialize)]
struct DiscussionNote {
    id: u64,
    body: Option<Text>,
    author: Option<User>,
    created_at: Option<Instant>,
    #[serde(default)]
    resolvable: bool,
    #[serde(default)]
    resolved: Option<bool>,
    position: Option<Position>,
}

#[derive(Debug, Deserialize)]
struct Position {
    new_path: Option<Text>,
    old_path: Option<Text>,
    new_line: Option<u32>,
    old_line: Option<u32>,
}

/// Discussions that are looked through for open ones.
const MOST_DISCUSSIONS: usize = 300;

impl GitlabOperator {
    async fn detail(
        &self,
        place: &PullRequestPlace,
        attempt: &Attempt,
    ) -> Result<PullRequestDetail, Problem> {
        let name = format!("{}!{}", place.repository, place.number);
        let Some(project) = self.project(&place.repository) else {
            let what = format!("{name}: this source has no such project");
            return Err(Problem::new(what, "open it in the browser"));
        };
        let round = Round { cancelled: attempt.cancelled.clone(), ..Round::at(attempt.now) };
        let session = self.http.session_beside(&round);
        let asking = Asking { session: &session, project, service: self.http.service(), round: &round };
        let below = format!("merge_requests/{}", place.number);
        let unread = |error: &HttpError| {
            let problem = error.problem();
            Problem::new(format!("{name}: not read: {}", problem.what), problem.next_step)
        };
        let discussions = format!("{below}/discussions");
        let list = List {
            operation: "discussions",
            below: &discussions,
            query: Vec::new(),
            most: MOST_DISCUSSIONS,
            keyset: false,
        };
        let (described, discussions, diffs) = join3(
            asking.one::<Described>("merge request", &below),
            asking.quietly::<Discussion>(list),
            diffs(asking, &below),
        )
        .await;
        let described = described.map_err(|error| unread(&error))?;
        let discussions = discussions.map_err(|error| unread(&error))?;
        let url = described.web_url.as_deref();
        let mut open = discussions.items.iter().filter_map(|discussion| thread(discussion, url));
        let threads: Vec<Thread> = open.by_ref().take(PullRequestDetail::MOST_THREADS).collect();
        // What is too large to be read says nothing of the rest.
        let (files, more_files) = match diffs {
            Ok(diffs) => (Some(diffs.items.iter().map(file).collect()), diffs.is_cut),
            Err(_) => (None, false),
        };
        Ok(PullRequestDetail {
            description: Prose::new(described.description.unwrap_or_default()),
            more_threads: discussions.is_cut || open.next().is_some(),
            threads,
            files,
            more_files,
            // Nothing short of a request for each of them tells what they changed.
            merged_lately: Vec::new(),
        })
    }
}

/// The files that it changes; servers before 15.7 tell all of them at once.
async fn diffs(asking: Asking<'_>, below: &str) -> Result<Listed<Diff>, HttpError> {
    let most = PullRequestDetail::MOST_FILES;
    let path = format!("{below}/diffs");
    let list = List { operation: "diffs", below: &path, query: Vec::new(), most, keyset: false };
    match asking.quietly(list).await {
        Err(error) if matches!(error.kind(), HttpErrorKind::NotFound) => {
            let mut all: Changes = asking.one("changes", &format!("{below}/changes")).await?;
            let is_cut = all.changes.len() > most;
            all.changes.truncate(most);
            Ok(Listed { items: all.changes, problems: Vec::new(), is_cut })
        }
        listed => listed,
    }
}

fn file(diff: &Diff) -> ChangedFile {
    let is_told = !(diff.too_large == Some(true) || diff.collapsed == Some(true));
    // A diff begins with its first hunk: no line of it is a header with a sign.
    let lines = |sign: char| {
        is_told
            .then(|| u32::try_from(diff.diff.lines().filter(|line| line.starts_with(sign)).count()).ok())
            .flatten()
    };
    ChangedFile {
        path: diff.new_path.clone(),
        change: match (diff.new_file, diff.deleted_file, diff.renamed_file) {
            (true, _, _) => FileChange::Added,
            (_, true, _) => FileChange::Deleted,
            (_, _, true) => FileChange::Renamed,
            _ => FileChange::Modified,
        },
        additions: lines('+'),
        deletions: lines('-'),
    }
}

/// The thread, if it can be resolved and nobody did.
fn thread(discussion: &Discussion, url: Option<&str>) -> Option<Thread> {
    let is_open = |note: &DiscussionNote| note.resolvable && note.resolved != Some(true);
    let first = discussion.notes.first().filter(|_| discussion.notes.iter().any(is_open))?;
    let position = first.position.as_ref();
    Some(Thread {
        path: position.and_then(|position| position.new_path.clone().or_else(|| position.old_path.clone())),
        line: position.and_then(|position| position.new_line.or(position.old_line)),
        author: first.author.as_ref().map_or_else(|| "ghost".into(), |author| author.username.clone()),
        at: first.created_at,
        said: first.body.clone().unwrap_or_default(),
        replies: u32::try_from(discussion.notes.len() - 1).unwrap_or(u32::MAX),
        // It is not told of which of the diffs it is.
        outdated: false,
        url: url.map(|url| Text::new(format!("{url}#note_{}", first.id))),
    })
}

impl Reader for GitlabOperator {
    fn knows(&self, place: &PullRequestPlace) -> bool {
        self.project(&place.repository).is_some()
    }

    fn read<'a>(
        &'a self,
        place: &'a PullRequestPlace,
        attempt: &'a Attempt,
    ) -> BoxFuture<'a, Result<PullRequestDetail, Problem>> {
        Box::pin(self.detail(place, attempt))
    }
}
