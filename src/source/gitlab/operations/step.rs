//! The requests of an operation: what is looked at before, what is sent, and what is said of it.

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    super::{
        ask::{Asking, List},
        naming,
        wire::{Milestone, MilestoneName, Pipeline, Project, User},
    },
    quick_actions::written,
    refusal::{Sent, is_in_the_way, not_done, refusal},
};
use crate::{
    domain::{Problem, Text},
    source::{
        http::{Http, HttpError, Method, Reply, Request, Session},
        operation::{Attempt, Done, MergeMethod, OperationError, PullRequestTarget},
    },
};

/// Most people that one operation asks or assigns.
const MOST_PEOPLE: usize = 20;

/// A merge request or an issue, as it is at this moment.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Target {
    pub(super) title: String,
    pub(super) state: Option<Text>,
    pub(super) sha: Option<Text>,
    #[serde(default)]
    pub(super) assignees: Vec<User>,
    #[serde(default)]
    pub(super) reviewers: Vec<User>,
    pub(super) milestone: Option<MilestoneName>,
    pub(super) head_pipeline: Option<Pipeline>,
    pub(super) merge_when_pipeline_succeeds: Option<bool>,
    pub(super) merge_commit_sha: Option<Text>,
    pub(super) squash_commit_sha: Option<Text>,
    /// Only where they are asked for.
    pub(super) diverged_commits_count: Option<u64>,
    pub(super) rebase_in_progress: Option<bool>,
    detailed_merge_status: Option<Text>,
    #[serde(rename = "target_branch")]
    base: Option<Text>,
    pub(super) web_url: Option<Text>,
}

/// What a change was answered with, as far as it is told.
#[derive(Clone, Debug, Default, Deserialize)]
struct Changed {
    state: Option<Text>,
    merge_commit_sha: Option<Text>,
    squash_commit_sha: Option<Text>,
    #[serde(default)]
    assignees: Vec<User>,
    #[serde(default)]
    reviewers: Vec<User>,
    web_url: Option<Text>,
}

/// One operation under way.
pub(super) struct Step<'a> {
    pub(super) asking: Asking<'a>,
    pub(super) attempt: &'a Attempt,
    pub(super) http: &'a Http,
    /// What is called what: `api!7: merge`.
    pub(super) what: String,
    /// Below the project: `merge_requests/7`.
    pub(super) below: &'a str,
}

pub(super) type Outcome = Result<Done, OperationError>;

impl Step<'_> {
    /// Reads: whatever goes wrong, nothing was changed.
    pub(super) async fn ask<T: serde::de::DeserializeOwned>(&self, below: &str) -> Result<T, OperationError> {
        let asked: Result<T, HttpError> = self.asking.one("operation", below).await;
        asked.map_err(|error| self.unread(&error))
    }

    pub(super) fn unread(&self, error: &HttpError) -> OperationError {
        let problem = error.problem();
        not_done(format!("{}: {}", self.what, problem.what), problem.next_step)
    }

    /// Changes something. Nothing is sent while the service wants to be left alone or once the
    /// program is being ended.
    async fn send(
        &self,
        method: Method,
        below: &str,
        body: &Value,
        sent: Sent,
    ) -> Result<Reply, OperationError> {
        let path = self.asking.path(below);
        self.send_to(method, path, body, sent).await
    }

    async fn send_to(
        &self,
        method: Method,
        path: String,
        body: &Value,
        sent: Sent,
    ) -> Result<Reply, OperationError> {
        self.attempted(method, path, body).await?.map_err(|error| refusal(&self.what, &error, sent))
    }

    /// Sends a change, if it may be sent; the inner result is what came of it.
    async fn attempted(
        &self,
        method: Method,
        path: String,
        body: &Value,
    ) -> Result<Result<Reply, HttpError>, OperationError> {
        if self.attempt.cancelled.is_cancelled() {
            return Err(not_done(
                format!("{}: not sent: the program is being ended", self.what),
                "start it again",
            ));
        }
        if let Some(until) = self.http.not_before().filter(|until| self.attempt.now < *until) {
            let what = format!("{}: not sent: GitLab wants to be left alone until {until}", self.what);
            return Err(not_done(what, "try again then"));
        }
        let request = Request::new("operation", method, path).json(body);
        let session: &Session<'_> = self.asking.session;
        Ok(session.send(request).await)
    }

    /// The merge request or issue as it is now.
    pub(super) async fn target(&self) -> Result<Target, OperationError> {
        self.ask(self.below).await
    }

    /// The same, and it is still open.
    async fn open(&self) -> Result<Target, OperationError> {
        let target = self.target().await?;
        match target.state.as_deref() {
            Some("opened") => Ok(target),
            state => Err(OperationError::Moved(Problem::new(
                format!("{}: it is {} now", self.what, state.unwrap_or("of an unknown state")),
                "look at it again",
            ))),
        }
    }

    fn head<'t>(&self, target: &'t PullRequestTarget) -> Result<&'t Text, OperationError> {
        target.head.as_ref().filter(|head| !head.is_empty()).ok_or_else(|| {
            not_done(
                format!("{}: not sent: the head that was seen is not known", self.what),
                "refresh, and look at it again",
            )
        })
    }

    pub(super) async fn comment(&self, words: &str) -> Outcome {
        self.say(words).await?;
        Ok(Done { what: "commented".into(), url: None })
    }

    async fn say(&self, words: &str) -> Result<(), OperationError> {
        if words.trim().is_empty() {
            return Err(not_done(format!("{}: not sent: there are no words in it", self.what), "write some"));
        }
        let below = format!("{}/notes", self.below);
        self.send(Method::Post, &below, &json!({ "body": written(words) }), Sent::Change).await.map(drop)
    }

    pub(super) async fn approve(&self, target: &PullRequestTarget, words: Option<&str>) -> Outcome {
        let head = self.head(target)?;
        let below = format!("{}/approve", self.below);
        self.send(Method::Post, &below, &json!({ "sha": head }), Sent::Guarded).await?;
        let mut what = format!("approved {}", short(head));
        // The approval is given, whatever becomes of the words.
        if let Some(words) = words.filter(|words| !words.trim().is_empty())
            && let Err(error) = self.say(words).await
        {
            what = format!("{what}, without the words: {}", error.problem().what);
        }
        Ok(Done { what: Text::new(what), url: None })
    }

    /// Merges now, or lets GitLab do it once it may be merged: by the merge train, where the
    /// project has one.
    pub(super) async fn merge(
        &self,
        target: &PullRequestTarget,
        method: Option<MergeMethod>,
        when_ready: bool,
    ) -> Outcome {
        let head = self.head(target)?;
        let project: Project = self.ask("").await?;
        let mut body = json!({ "sha": head });
        if let Some(squash) = self.squash(&project, method)? {
            body["squash"] = squash.into();
        }
        let by_train = when_ready && project.merge_trains_enabled == Some(true);
        if when_ready {
            body["auto_merge"] = true.into();
            // What it was called before 17.11; each server leaves out what it does not know.
            let older = if by_train { "when_pipeline_succeeds" } else { "merge_when_pipeline_succeeds" };
            body[older] = true.into();
        }
        let (method, below) = if by_train {
            (Method::Post, format!("merge_trains/{}", self.below))
        } else {
            (Method::Put, format!("{}/merge", self.below))
        };
        let reply = match self.attempted(method, self.asking.path(&below), &body).await? {
            Ok(reply) => reply,
            Err(error) if is_in_the_way(&error) => return Err(self.explained(&error).await),
            Err(error) => return Err(refusal(&self.what, &error, Sent::Guarded)),
        };
        if by_train {
            return Ok(Done { what: "put on the merge train, or will be once it may".into(), url: None });
        }
        let changed: Changed = reply.json().unwrap_or_default();
        let what = match changed.state.as_deref() {
            Some("merged") => match changed.merge_commit_sha.or(changed.squash_commit_sha) {
                Some(commit) => format!("merged as {}", short(&commit)),
                None => format!("merged {}", short(head)),
            },
            _ if when_ready => "will be merged once it may be".to_owned(),
            state => {
                format!("asked to merge; it is {} at this moment", state.unwrap_or("of an unknown state"))
            }
        };
        Ok(Done { what: Text::new(what), url: changed.web_url })
    }

    /// Whether to squash, for a method that was asked for. None: as the project has it.
    fn squash(&self, project: &Project, method: Option<MergeMethod>) -> Result<Option<bool>, OperationError> {
        let Some(method) = method else { return Ok(None) };
        let (of_project, squashing) = (project.merge_method.as_deref(), project.squash_option.as_deref());
        let why = match method {
            MergeMethod::Squash if squashing == Some("never") => "the project never squashes",
            MergeMethod::Squash => return Ok(Some(true)),
            _ if squashing == Some("always") => "the project always squashes",
            MergeMethod::Merge if of_project == Some("ff") => "the project merges by fast-forward only",
            MergeMethod::Rebase if of_project != Some("ff") => {
                "the project makes a merge commit of every merge"
            }
            MergeMethod::Merge | MergeMethod::Rebase => return Ok(Some(false)),
        };
        let next_step = "choose no method: the project's own is used; it is set in Settings, Merge requests";
        Err(not_done(format!("{}: not sent: {why}", self.what), next_step))
    }

    /// GitLab only says that it does not merge; the merge request says why.
    async fn explained(&self, error: &HttpError) -> OperationError {
        let refused = refusal(&self.what, error, Sent::Guarded);
        let status = self.target().await.ok().and_then(|target| target.detailed_merge_status);
        let Some(status) = status.filter(|status| status.as_str() != "mergeable") else { return refused };
        let problem = refused.problem();
        let what = format!("{}; its status is: {}", problem.what, status.replace('_', " "));
        not_done(what, &problem.next_step)
    }

    pub(super) async fn retry(&self, target: &PullRequestTarget) -> Outcome {
        let now = self.open().await?;
        self.is_seen(target, &now)?;
        let Some(pipeline) = now.head_pipeline else {
            return Err(not_done(format!("{}: it has no pipeline", self.what), "start one in GitLab"));
        };
        let below = format!("pipelines/{}/retry", pipeline.id);
        // Pipelines of a fork run there.
        let path = match pipeline.project_id {
            Some(project) => format!("projects/{project}/{below}"),
            None => self.asking.path(&below),
        };
        self.send_to(Method::Post, path, &json!({}), Sent::Change).await?;
        Ok(Done {
            what: Text::new(format!("failed jobs of pipeline {} run again", pipeline.id)),
            url: now.web_url,
        })
    }

    pub(super) async fn rebase(&self, target: &PullRequestTarget) -> Outcome {
        self.head(target)?;
        let now = self.open().await?;
        self.is_seen(target, &now)?;
        let below = format!("{}/rebase", self.below);
        self.send(Method::Put, &below, &json!({}), Sent::Change).await?;
        let base = now.base.unwrap_or_default();
        Ok(Done { what: Text::new(format!("GitLab has begun to rebase it onto {base}")), url: now.web_url })
    }

    /// GitLab has no guard of its own here: it is looked at just before.
    fn is_seen(&self, target: &PullRequestTarget, now: &Target) -> Result<(), OperationError> {
        if target.head.is_none() || target.head == now.sha {
            return Ok(());
        }
        let head = now.sha.as_deref().map_or("another one", short);
        let what = format!("{}: its head is {head} now", self.what);
        Err(OperationError::Moved(Problem::new(what, "look at what is new, then decide again")))
    }

    /// A draft is what its title says.
    pub(super) async fn mark_ready(&self) -> Outcome {
        let now = self.open().await?;
        let title = ready_title(&now.title);
        if title == now.title {
            return Err(not_done(format!("{}: it is no draft", self.what), "nothing to do"));
        }
        let reply = self.send(Method::Put, self.below, &json!({ "title": title }), Sent::Change).await?;
        let changed: Changed = reply.json().unwrap_or_default();
        Ok(Done { what: "marked as ready".into(), url: changed.web_url.or(now.web_url) })
    }

    pub(super) async fn close(&self) -> Outcome {
        let now = self.open().await?;
        self.send(Method::Put, self.below, &json!({ "state_event": "close" }), Sent::Change).await?;
        Ok(Done { what: "closed".into(), url: now.web_url })
    }

    /// Asks people for a review, or assigns them, besides those that are there. New ones come
    /// first: the free tier keeps the first one only.
    pub(super) async fn people(&self, people: &[Text], as_reviewers: bool) -> Outcome {
        if people.is_empty() || people.len() > MOST_PEOPLE {
            let what = format!("{}: not sent: {} people are named", self.what, people.len());
            return Err(not_done(what, format!("name one to {MOST_PEOPLE} people")));
        }
        let now = self.open().await?;
        let mut ids = Vec::new();
        for name in people {
            ids.push(self.user(name).await?);
        }
        let there = if as_reviewers { &now.reviewers } else { &now.assignees };
        for user in there {
            if !ids.contains(&user.id) {
                ids.push(user.id);
            }
        }
        let field = if as_reviewers { "reviewer_ids" } else { "assignee_ids" };
        let reply = self.send(Method::Put, self.below, &json!({ field: ids }), Sent::Change).await?;
        let done = if as_reviewers { "asked for a review" } else { "assigned" };
        let names = |names: &[&Text]| names.iter().map(|name| name.as_str()).collect::<Vec<_>>().join(", ");
        let all: Vec<&Text> = people.iter().collect();
        let Ok(changed) = reply.json::<Changed>() else {
            return Ok(Done { what: Text::new(format!("{done}: {}", names(&all))), url: now.web_url });
        };
        let kept = if as_reviewers { &changed.reviewers } else { &changed.assignees };
        let (taken, left): (Vec<&Text>, Vec<&Text>) = all
            .into_iter()
            .partition(|name| kept.iter().any(|user| user.username.eq_ignore_ascii_case(name)));
        if taken.is_empty() {
            let what = format!("{}: GitLab took none of {}", self.what, names(&left));
            return Err(not_done(what, "look at whether they are members of the project"));
        }
        let mut what = format!("{done}: {}", names(&taken));
        if !left.is_empty() {
            what = format!("{what}; not {}: GitLab kept {} only", names(&left), kept.len());
        }
        Ok(Done { what: Text::new(what), url: changed.web_url })
    }

    async fn user(&self, name: &Text) -> Result<u64, OperationError> {
        let request = Request::get("user", "users").query("username", name.as_str()).never_remembered();
        let found = self.asking.session.send(request).await.and_then(|reply| reply.json::<Vec<User>>());
        let found = found.map_err(|error| self.unread(&error))?;
        let user = found.into_iter().find(|user| user.username.eq_ignore_ascii_case(name));
        user.map(|user| user.id).ok_or_else(|| {
            not_done(
                format!("{}: not sent: nobody is called {name}", self.what),
                "look at the user name in GitLab",
            )
        })
    }

    /// Moves it to the milestone of that title, or of that version; none: out of its milestone.
    pub(super) async fn milestone(&self, title: Option<&Text>) -> Outcome {
        let (id, what) = match title {
            // How GitLab is told that there shall be none.
            None => (0, "taken out of its milestone".to_owned()),
            Some(title) => (self.find_milestone(title).await?, format!("moved to {title}")),
        };
        let reply = self.send(Method::Put, self.below, &json!({ "milestone_id": id }), Sent::Change).await?;
        let changed: Changed = reply.json().unwrap_or_default();
        Ok(Done { what: Text::new(what), url: changed.web_url })
    }

    async fn find_milestone(&self, title: &Text) -> Result<u64, OperationError> {
        let query = vec![("state", "active".to_owned()), ("include_parent_milestones", "true".to_owned())];
        let list = List { operation: "milestones", below: "milestones", query, most: 500, keyset: false };
        let found = self.asking.quietly::<Milestone>(list).await.map_err(|error| self.unread(&error))?.items;
        let naming = naming(self.asking.project);
        let of_title: Vec<&Milestone> = found.iter().filter(|found| found.title == *title).collect();
        let of_version: Vec<&Milestone> =
            found.iter().filter(|found| naming.version(&found.title) == *title).collect();
        match if of_title.is_empty() { of_version } else { of_title }.as_slice() {
            [one] => Ok(one.id),
            [] => Err(not_done(
                format!("{}: not sent: there is no open milestone {title}", self.what),
                "make it in GitLab, or look at its title",
            )),
            _ => Err(not_done(
                format!("{}: not sent: several open milestones are called {title}", self.what),
                "rename one of them: the project and its groups have one each",
            )),
        }
    }
}

/// The first digits of a commit.
pub(super) fn short(commit: &str) -> &str {
    commit.get(..8).unwrap_or(commit)
}

/// `title` without what makes it a draft.
pub(super) fn ready_title(title: &str) -> String {
    let mut rest = title.trim_start();
    'again: loop {
        for prefix in ["draft:", "[draft]", "(draft)", "wip:", "[wip]"] {
            if rest.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix)) {
                rest = rest[prefix.len()..].trim_start();
                continue 'again;
            }
        }
        break;
    }
    if rest.len() == title.trim_start().len() { title.to_owned() } else { rest.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draft_is_what_its_title_says() {
        for (title, expected) in [
            ("Draft: Refunds", "Refunds"),
            ("draft:[Draft] (DRAFT) Refunds", "Refunds"),
            ("WIP: Refunds", "Refunds"),
            ("Refunds in draft: one", "Refunds in draft: one"),
            (" Drafting refunds", " Drafting refunds"),
            ("Ärger", "Ärger"),
        ] {
            assert_eq!(ready_title(title), expected);
        }
    }
}
