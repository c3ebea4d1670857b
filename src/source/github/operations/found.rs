//! Looking whether something was done whose answer got lost: told from what is there now.

use super::{
    super::wire::{Titled, all},
    checks::Failed,
    documents::Document,
    errand::{Errand, done, short},
    now::{CommentsIn, IssueIn, IssueNow, PullRequestNow, State, names},
    pull_request::logins,
    thing::Transition,
};
use crate::{
    domain::{Instant, Problem, Text},
    source::{
        forge::earliest,
        operation::{Found, Operation, OperationError, PullRequestOperation, StoryOperation},
    },
};

impl Errand<'_> {
    pub(super) async fn found(&self, operation: &Operation, tried_at: Instant) -> Found {
        let looked = match operation {
            Operation::PullRequest(_, PullRequestOperation::Comment(body))
            | Operation::Story(_, StoryOperation::Comment(body)) => self.found_comment(body, tried_at).await,
            Operation::PullRequest(target, operation) => {
                let seen = target.head.as_deref();
                match self.look().await {
                    Ok((_, now)) => self.found_pull_request(operation, seen, &now).await,
                    Err(error) => Err(error),
                }
            }
            Operation::Story(_, operation) => self.found_story(operation).await,
        };
        looked.unwrap_or_else(|error| Found::CannotTell(error.problem().clone()))
    }

    async fn found_comment(&self, body: &str, tried_at: Instant) -> Result<Found, OperationError> {
        let comments: CommentsIn = self.query(Document::Comments).await?;
        let Some(commented) = comments.issue_or_pull_request else { return Err(self.not_there()) };
        let since = earliest(tried_at, self.operator.http.clock_skew());
        let ours = all(commented.comments.as_ref()).iter().rev().find(|comment| comment.is_ours(body, since));
        Ok(ours.map_or(Found::NotDone, |comment| Found::Done(done("commented", comment.url.clone()))))
    }

    async fn found_pull_request(
        &self,
        operation: &PullRequestOperation,
        seen: Option<&str>,
        now: &PullRequestNow,
    ) -> Result<Found, OperationError> {
        if let PullRequestOperation::RunFailedChecksAgain = operation {
            let failed: Vec<Failed> = self.failed(&now.head).await?;
            return Ok(if failed.is_empty() {
                Found::Done(done("no check has failed any more", now.url.clone()))
            } else {
                Found::NotDone
            });
        }
        Ok(pull_request(operation, seen, now, |title| self.naming.version(title)))
    }

    async fn found_story(&self, operation: &StoryOperation) -> Result<Found, OperationError> {
        let found: IssueIn = self.query(Document::IssueNow).await?;
        let Some(now) = found.issue else { return Err(self.not_there()) };
        Ok(story(operation, &now, |title| self.naming.version(title)))
    }
}

/// What a pull request tells about an operation on it.
fn pull_request(
    operation: &PullRequestOperation,
    seen: Option<&str>,
    now: &PullRequestNow,
    version: impl Fn(&str) -> Text,
) -> Found {
    let merged = || match now.merge_commit() {
        Some(commit) => format!("merged as {}", short(commit)),
        None => "merged".to_owned(),
    };
    let what = match operation {
        PullRequestOperation::Approve(_) => {
            let ours = seen.and_then(|seen| Some((seen, now.approval_of(seen)?)));
            return ours.map_or(Found::NotDone, |(seen, approval)| {
                Found::Done(done(format!("approved {}", short(seen)), approval.url.clone()))
            });
        }
        PullRequestOperation::Merge(_) | PullRequestOperation::MergeWhenReady(_)
            if now.state() == State::Merged =>
        {
            Some(merged())
        }
        PullRequestOperation::Merge(_) => now.is_in_merge_queue().then(|| "in the merge queue".to_owned()),
        PullRequestOperation::MergeWhenReady(_) => {
            (now.is_merged_when_ready() || now.is_in_merge_queue()).then(|| "merged when ready".to_owned())
        }
        PullRequestOperation::UpdateBranch => match seen {
            Some(seen) if now.head.as_str() == seen => None,
            Some(seen) if now.is_updated_from(seen) => {
                Some(format!("its base was brought in, the head is {} now", short(&now.head)))
            }
            _ => {
                return Found::CannotTell(Problem::new(
                    format!("the head is {} now: somebody may have pushed to it", short(&now.head)),
                    "look at its commits",
                ));
            }
        },
        PullRequestOperation::MarkReady => (now.is_draft == Some(false)).then(|| "marked ready".to_owned()),
        PullRequestOperation::Close => (now.state() == State::Closed).then(|| "closed".to_owned()),
        PullRequestOperation::Assign(people) => {
            has_all(&now.assignees(), &logins(people)).then(|| "assigned".to_owned())
        }
        PullRequestOperation::RequestReview(people) => {
            let slug = |name: &str| name.rsplit('/').next().unwrap_or_default().to_owned();
            let wanted: Vec<String> = logins(people).into_iter().map(slug).collect();
            let wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
            has_all(&now.asked_for_review(), &wanted).then(|| "asked for a review".to_owned())
        }
        PullRequestOperation::Move(title) => moved(title.as_ref(), now.milestone(), version),
        PullRequestOperation::Comment(_) | PullRequestOperation::RunFailedChecksAgain => {
            return Found::CannotTell(Problem::new("it leaves no trace here", "look at it in a browser"));
        }
    };
    what.map_or(Found::NotDone, |what| Found::Done(done(what, now.url.clone())))
}

/// What an issue tells about an operation on it.
fn story(operation: &StoryOperation, now: &IssueNow, version: impl Fn(&str) -> Text) -> Found {
    let what = match operation {
        StoryOperation::Assign(people) => {
            has_all(&names(now.assignees.as_ref()), &logins(people)).then(|| "assigned".to_owned())
        }
        StoryOperation::Move(title) => {
            moved(title.as_ref(), now.milestone.as_ref().map(|Titled { title }| title), version)
        }
        StoryOperation::Transition(word) => Transition::named(word)
            .filter(|transition| transition.is(&now.state, now.state_reason.as_deref()))
            .map(|transition| transition.said().to_owned()),
        StoryOperation::Comment(_) | StoryOperation::SetPriority(_) => {
            return Found::CannotTell(Problem::new("it leaves no trace here", "look at it in a browser"));
        }
    };
    what.map_or(Found::NotDone, |what| Found::Done(done(what, now.url.clone())))
}

fn has_all(known: &[Text], wanted: &[&str]) -> bool {
    wanted.iter().all(|name| known.iter().any(|known| known.eq_ignore_ascii_case(name)))
}

fn moved(wanted: Option<&Text>, is_in: Option<&Text>, version: impl Fn(&str) -> Text) -> Option<String> {
    match (wanted, is_in) {
        (None, None) => Some("moved out of its milestone".to_owned()),
        (Some(wanted), Some(title)) if version(wanted) == version(title) => Some(format!("moved to {title}")),
        _ => None,
    }
}
