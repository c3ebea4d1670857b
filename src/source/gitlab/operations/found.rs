//! Looking whether something was done whose answer got lost: told from what is there now.
//!
//! | operation | done if | cannot be told if |
//! | --- | --- | --- |
//! | comment | a note of ours says so since then | there are too many newer notes |
//! | approve | we are among those who approve | the head moved: a push takes approvals away |
//! | merge | it is merged, or on the merge train | it is being merged at this moment |
//! | merge when ready | the same, or it is set | the same, or the head moved: a push takes it back |
//! | run failed jobs again | the pipeline has jobs made since then | the head, and so the pipeline, is another one |
//! | rebase | GitLab is at it, or the base has nothing that the branch has not | the head moved, and is behind |
//! | all others | it is as it was to be | |

use super::{
    super::{
        ask::{List, is_hidden},
        naming,
        wire::{Approvals, Car, Job, Note, Project, User},
    },
    quick_actions::written,
    step::{Step, Target, ready_title, short},
};
use crate::{
    domain::{Instant, Problem, Text},
    source::{
        forge::{earliest, says_the_same},
        http::Request,
        operation::{
            Done, Found, Operation, OperationError, PullRequestOperation, PullRequestTarget, StoryOperation,
        },
    },
};

/// Most notes that are looked through for one of ours, the newest ones.
const MOST_NOTES: usize = 300;

type Looked = Result<Found, OperationError>;

impl Step<'_> {
    /// Whether `operation`, which was tried at `tried_at`, is done.
    pub(super) async fn found(&self, operation: &Operation, tried_at: Instant) -> Found {
        let since = earliest(tried_at, self.http.clock_skew());
        let looked = match operation {
            Operation::PullRequest(target, operation) => {
                self.found_merge_request(target, operation, since).await
            }
            Operation::Story(_, operation) => self.found_issue(operation, since).await,
        };
        looked.unwrap_or_else(|error| Found::CannotTell(error.problem().clone()))
    }

    async fn found_merge_request(
        &self,
        target: &PullRequestTarget,
        operation: &PullRequestOperation,
        since: Instant,
    ) -> Looked {
        let seen = target.head.as_ref();
        match operation {
            PullRequestOperation::Comment(words) => self.found_comment(words, since).await,
            PullRequestOperation::Approve(words) => {
                let has_words = words.as_ref().is_some_and(|words| !words.trim().is_empty());
                self.found_approval(seen, has_words, since).await
            }
            PullRequestOperation::RequestReview(people) => {
                let now = self.target().await?;
                Ok(with_people("asked for a review", people, &now.reviewers, &now))
            }
            PullRequestOperation::Merge(_) => self.found_merge(seen, false).await,
            PullRequestOperation::MergeWhenReady(_) => self.found_merge(seen, true).await,
            PullRequestOperation::RunFailedChecksAgain => self.found_retry(seen, since).await,
            PullRequestOperation::UpdateBranch => self.found_rebase(seen).await,
            PullRequestOperation::MarkReady => {
                let now = self.target().await?;
                Ok(if ready_title(&now.title) == now.title {
                    done("marked as ready", &now)
                } else {
                    Found::NotDone
                })
            }
            PullRequestOperation::Close => {
                let now = self.target().await?;
                Ok(if now.state.as_deref() == Some("closed") { done("closed", &now) } else { Found::NotDone })
            }
            PullRequestOperation::Assign(people) => self.found_assigned(people).await,
            PullRequestOperation::Move(title) => self.found_milestone(title.as_ref()).await,
        }
    }

    async fn found_issue(&self, operation: &StoryOperation, since: Instant) -> Looked {
        match operation {
            StoryOperation::Comment(words) => self.found_comment(words, since).await,
            StoryOperation::Assign(people) => self.found_assigned(people).await,
            StoryOperation::Move(title) => self.found_milestone(title.as_ref()).await,
            StoryOperation::SetPriority(_) | StoryOperation::Transition(_) => {
                Ok(self.unknown("it is never sent to GitLab"))
            }
        }
    }

    async fn found_comment(&self, words: &str, since: Instant) -> Looked {
        let ours = self.ourselves().await?;
        let below = format!("{}/notes", self.below);
        let query = vec![("sort", "desc".to_owned()), ("order_by", "created_at".to_owned())];
        let list = List { operation: "notes", below: &below, query, most: MOST_NOTES, keyset: false };
        let notes = self.asking.quietly::<Note>(list).await.map_err(|error| self.unread(&error))?;
        let words = written(words);
        let is_ours = |note: &Note| {
            !note.system
                && note.created_at >= since
                && note.author.as_ref().is_some_and(|author| author.username == ours)
                && note.body.as_ref().is_some_and(|body| says_the_same(body, &words))
        };
        Ok(if notes.items.iter().any(is_ours) {
            Found::Done(Done { what: "commented".into(), url: None })
        } else if !notes.problems.is_empty()
            || (notes.is_cut && notes.items.iter().all(|note| note.created_at >= since))
        {
            self.unknown("some of its notes could not be read")
        } else {
            Found::NotDone
        })
    }

    /// GitLab does not tell of which head an approval is; where the project wants it so, a push
    /// takes approvals away.
    async fn found_approval(&self, seen: Option<&Text>, has_words: bool, since: Instant) -> Looked {
        let ours = self.ourselves().await?;
        let approvals: Approvals = self.ask(&format!("{}/approvals", self.below)).await?;
        let now = self.target().await?;
        let is_seen = seen.is_some() && seen == now.sha.as_ref();
        let approval = approvals.approved_by.iter().find(|approval| approval.user.username == ours);
        let head = seen.map_or("it", |head| short(head));
        Ok(match approval {
            Some(approval) if is_seen || approval.approved_at.is_some_and(|at| at >= since) => {
                let besides = if has_words { ", without the words: they were not sent" } else { "" };
                done(format!("approved {head}{besides}"), &now)
            }
            None if is_seen => Found::NotDone,
            _ => self.moved(&now),
        })
    }

    async fn found_merge(&self, seen: Option<&Text>, when_ready: bool) -> Looked {
        let now = self.target().await?;
        let is_seen = seen.is_some() && seen == now.sha.as_ref();
        match now.state.as_deref() {
            Some("merged") => {
                let commit = now.merge_commit_sha.as_ref().or(now.squash_commit_sha.as_ref());
                let mut what = commit
                    .or(now.sha.as_ref())
                    .map_or_else(|| "merged".to_owned(), |commit| format!("merged as {}", short(commit)));
                if let Some(head) = now.sha.as_ref().filter(|_| !is_seen) {
                    what = format!("{what}, by somebody else: its head was {} then", short(head));
                }
                return Ok(done(what, &now));
            }
            Some("locked") => return Ok(self.unknown("it is being merged at this moment")),
            Some("opened") => {}
            Some("closed") => return Ok(Found::NotDone),
            _ => return Ok(self.unknown("it is of an unknown state")),
        }
        if self.is_on_train().await? {
            return Ok(done("on the merge train", &now));
        }
        Ok(match now.merge_when_pipeline_succeeds {
            _ if !when_ready => Found::NotDone,
            Some(true) => done("will be merged once it may be", &now),
            // A push would have taken it back.
            Some(false) if is_seen => Found::NotDone,
            Some(false) => self.moved(&now),
            None => self.unknown("GitLab does not tell"),
        })
    }

    async fn is_on_train(&self) -> Result<bool, OperationError> {
        let project: Project = self.ask("").await?;
        if project.merge_trains_enabled != Some(true) {
            return Ok(false);
        }
        let below = format!("merge_trains/{}", self.below);
        match self.asking.one::<Car>("merge train", &below).await {
            Ok(_) => Ok(true),
            Err(error) if matches!(error.kind(), crate::source::http::HttpErrorKind::NotFound) => Ok(false),
            Err(error) => Err(self.unread(&error)),
        }
    }

    /// Running failed jobs again makes new ones.
    async fn found_retry(&self, seen: Option<&Text>, since: Instant) -> Looked {
        let now = self.target().await?;
        if seen.is_some() && seen != now.sha.as_ref() {
            return Ok(self.moved(&now));
        }
        let Some(pipeline) = &now.head_pipeline else { return Ok(Found::NotDone) };
        let below = format!("pipelines/{}/jobs", pipeline.id);
        let path = match pipeline.project_id {
            Some(project) => format!("projects/{project}/{below}"),
            None => self.asking.path(&below),
        };
        // The newest come first.
        let request = Request::get("jobs", path).never_remembered().query("per_page", "100");
        let jobs = self.asking.session.send(request).await.and_then(|reply| reply.items::<Job>(&[]));
        let jobs = jobs.map_err(|error| self.unread(&error))?;
        let (newer, older): (Vec<_>, Vec<_>) =
            jobs.kept.iter().filter_map(|job| job.created_at).partition(|created| *created >= since);
        Ok(match (newer.is_empty(), older.is_empty()) {
            (false, false) => done(format!("failed jobs of pipeline {} run again", pipeline.id), &now),
            (true, false) if jobs.lost.is_empty() => Found::NotDone,
            (false, true) => self.unknown("its pipeline is a new one"),
            _ => self.unknown("its jobs could not be read"),
        })
    }

    /// GitLab rebases in the background.
    async fn found_rebase(&self, seen: Option<&Text>) -> Looked {
        let request = self.asking.get("operation", self.below).never_remembered();
        let request = request
            .query("include_rebase_in_progress", "true")
            .query("include_diverged_commits_count", "true");
        let now = self.asking.session.send(request).await.and_then(|reply| reply.json::<Target>());
        let now = now.map_err(|error| self.unread(&error))?;
        let is_seen = seen.is_some() && seen == now.sha.as_ref();
        let head = now.sha.as_deref().map_or("another one", short);
        Ok(match (now.rebase_in_progress, now.diverged_commits_count) {
            (Some(true), _) => done("GitLab is rebasing it", &now),
            (_, Some(0)) => done(format!("its base is in it, its head is {head} now"), &now),
            _ if is_seen => Found::NotDone,
            _ => self.moved(&now),
        })
    }

    async fn found_assigned(&self, people: &[Text]) -> Looked {
        let now = self.target().await?;
        Ok(with_people("assigned", people, &now.assignees, &now))
    }

    async fn found_milestone(&self, title: Option<&Text>) -> Looked {
        let now = self.target().await?;
        let naming = naming(self.asking.project);
        let is_there = match (title, &now.milestone) {
            (None, None) => true,
            (Some(title), Some(milestone)) => {
                milestone.title == *title || naming.version(&milestone.title) == naming.version(title)
            }
            _ => false,
        };
        Ok(match title {
            _ if !is_there => Found::NotDone,
            Some(title) => done(format!("moved to {title}"), &now),
            None => done("taken out of its milestone", &now),
        })
    }

    /// As whom we are signed in.
    async fn ourselves(&self) -> Result<Text, OperationError> {
        let request = Request::get("account", "user").never_remembered();
        match self.asking.session.send(request).await.and_then(|reply| reply.json::<User>()) {
            Ok(user) => Ok(user.username),
            Err(error) if is_hidden(&error) => Err(OperationError::NotDone(Problem::new(
                format!("{}: GitLab does not tell as whom the token is signed in", self.what),
                "look at it in GitLab before you try again",
            ))),
            Err(error) => Err(self.unread(&error)),
        }
    }

    fn unknown(&self, why: &str) -> Found {
        Found::CannotTell(Problem::new(
            format!("{}: {why}", self.what),
            "look again in a minute, or in GitLab, before you try again",
        ))
    }

    fn moved(&self, now: &Target) -> Found {
        let head = now.sha.as_deref().map_or("another one", short);
        self.unknown(&format!("its head is {head} now: somebody has pushed to it"))
    }
}

fn done(what: impl AsRef<str>, now: &Target) -> Found {
    Found::Done(Done { what: Text::new(what), url: now.web_url.clone() })
}

/// Whether `people` are among `there`. Without multiple assignees or reviewers (a paid tier) GitLab
/// keeps the first one only.
fn with_people(what: &str, people: &[Text], there: &[User], now: &Target) -> Found {
    let is_there = |name: &&Text| there.iter().any(|user| user.username.eq_ignore_ascii_case(name));
    let taken: Vec<&str> = people.iter().filter(is_there).map(Text::as_str).collect();
    let is_first_alone = there.len() == 1 && people.first().is_some_and(|first| is_there(&first));
    if taken.is_empty() || (taken.len() < people.len() && !is_first_alone) {
        return Found::NotDone;
    }
    done(format!("{what}: {}", taken.join(", ")), now)
}
