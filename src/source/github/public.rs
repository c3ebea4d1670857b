//! Reading without a token: GraphQL wants one, REST shows what is public, sixty requests an
//! hour. So this is the newest of it only, and without what takes a request for each item:
//! events, reviews and checks. They are unknown then, not absent: the problem beside the facts
//! says how to sign in.

use serde::Deserialize;

use super::{
    known::{Known, Part},
    notice::{accepting, path},
    settings::GithubRepository,
    wire::{self, Connection, Listed},
};
use crate::{
    domain::{Instant, Problem, Text},
    source::http::{HttpError, HttpErrorKind, Pages, Reply, Request, Session},
};

/// Most pages of each list.
const MOST_PAGES: usize = 3;

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Milestone {
    number: u64,
    title: Text,
    state: Option<Text>,
    due_on: Option<Instant>,
    closed_at: Option<Instant>,
    html_url: Option<Text>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Issue {
    number: u64,
    title: Text,
    state: Option<Text>,
    state_reason: Option<Text>,
    created_at: Instant,
    closed_at: Option<Instant>,
    updated_at: Instant,
    html_url: Option<Text>,
    milestone: Option<wire::Titled>,
    #[serde(default)]
    assignees: Option<Vec<User>>,
    #[serde(default)]
    labels: Option<Vec<wire::Named>>,
    #[serde(rename = "type")]
    kind: Option<wire::Named>,
    /// There where the issue is a pull request.
    pull_request: Option<serde::de::IgnoredAny>,
}

#[derive(Clone, Debug, Deserialize)]
struct User {
    login: Option<Text>,
    #[serde(rename = "type")]
    kind: Option<Text>,
    slug: Option<Text>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct PullRequest {
    node_id: Option<String>,
    number: u64,
    title: Text,
    state: Option<Text>,
    #[serde(default)]
    draft: Option<bool>,
    user: Option<User>,
    head: Option<Reference>,
    base: Option<Reference>,
    created_at: Instant,
    updated_at: Instant,
    closed_at: Option<Instant>,
    merged_at: Option<Instant>,
    merge_commit_sha: Option<Text>,
    html_url: Option<Text>,
    milestone: Option<wire::Titled>,
    #[serde(default)]
    labels: Option<Vec<wire::Named>>,
    #[serde(default)]
    requested_reviewers: Option<Vec<User>>,
    #[serde(default)]
    requested_teams: Option<Vec<User>>,
    additions: Option<u32>,
    deletions: Option<u32>,
    /// Null where nobody asked for it.
    auto_merge: Option<serde::de::IgnoredAny>,
}

#[derive(Clone, Debug, Deserialize)]
struct Reference {
    #[serde(rename = "ref")]
    name: Option<Text>,
    sha: Option<Text>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Release {
    tag_name: Text,
    #[serde(default)]
    draft: bool,
    #[serde(default)]
    prerelease: bool,
    published_at: Option<Instant>,
    html_url: Option<Text>,
}

fn listed<A, B>(items: Option<Vec<A>>, into: impl Fn(A) -> B) -> Listed<B> {
    items.map(|items| Connection { total_count: None, nodes: items.into_iter().map(into).collect() })
}

impl From<User> for wire::Actor {
    fn from(user: User) -> Self {
        Self { kind: user.kind, login: user.login, slug: user.slug }
    }
}

impl From<Milestone> for wire::Milestone {
    fn from(found: Milestone) -> Self {
        Self {
            number: found.number,
            title: found.title,
            state: found.state,
            due_on: found.due_on,
            closed_at: found.closed_at,
            url: found.html_url,
            issues: None,
        }
    }
}

impl From<Issue> for wire::Issue {
    fn from(found: Issue) -> Self {
        Self {
            number: found.number,
            title: found.title,
            state: found.state,
            state_reason: found.state_reason,
            created_at: found.created_at,
            closed_at: found.closed_at,
            updated_at: found.updated_at,
            url: found.html_url,
            milestone: found.milestone,
            assignees: listed(found.assignees, wire::Actor::from),
            labels: listed(found.labels, std::convert::identity),
            kind: found.kind,
            parent: None,
            blocked_by: None,
            closed_by_pull_requests_references: None,
            timeline_items: None,
        }
    }
}

impl From<PullRequest> for wire::PullRequest {
    fn from(found: PullRequest) -> Self {
        let is_merged = found.merged_at.is_some();
        let mut asked = found.requested_reviewers.unwrap_or_default();
        asked.extend(found.requested_teams.unwrap_or_default());
        let (head, base, auto_merge) = (found.head, found.base, found.auto_merge);
        Self {
            id: found.node_id,
            number: found.number,
            title: found.title,
            // REST calls a merged one closed.
            state: if is_merged { Some(Text::new("merged")) } else { found.state },
            is_draft: found.draft.unwrap_or_default(),
            author: found.user.map(wire::Actor::from),
            head_ref_name: head.as_ref().and_then(|head| head.name.clone()),
            head_ref_oid: head.and_then(|head| head.sha),
            base_ref_name: base.and_then(|base| base.name),
            created_at: found.created_at,
            merged_at: found.merged_at,
            closed_at: found.closed_at,
            updated_at: found.updated_at,
            url: found.html_url,
            additions: found.additions,
            deletions: found.deletions,
            mergeable: None,
            merge_state_status: None,
            review_decision: None,
            auto_merge_request: auto_merge.map(|_| wire::AutoMerge { enabled_at: None }),
            merge_queue_entry: None,
            merge_commit: found.merge_commit_sha.map(|oid| wire::Object { oid: Some(oid) }),
            milestone: found.milestone,
            labels: listed(found.labels, std::convert::identity),
            reviews: None,
            latest_opinionated_reviews: None,
            review_requests: listed(Some(asked), |user| wire::ReviewRequest {
                requested_reviewer: Some(user.into()),
            }),
            closing_issues_references: None,
            timeline_items: None,
            first_commit: None,
            head: None,
            repository: None,
        }
    }
}

impl From<Release> for wire::Release {
    fn from(found: Release) -> Self {
        Self {
            tag_name: found.tag_name,
            is_draft: found.draft,
            is_prerelease: found.prerelease,
            published_at: found.published_at,
            url: found.html_url,
            tag_commit: None,
        }
    }
}

/// Reads what is public of a repository into `known`. False if nothing of it has changed.
pub(super) async fn read(
    session: &Session<'_>,
    prefix: &str,
    repository: &GithubRepository,
    known: &mut Known,
) -> Result<bool, HttpError> {
    let of = |operation, last: &str, query: &[(&str, &str)]| {
        let mut request = Request::get(operation, path(prefix, repository, last)).query("per_page", "100");
        for (name, value) in query {
            request = request.query(name, value);
        }
        accepting(request)
    };
    let newest = [("state", "all"), ("sort", "updated"), ("direction", "desc")];
    let (pull_requests, first) = pages(session, of("pull requests", "pulls", &newest)).await?;
    let (issues, second) = pages(session, of("issues", "issues", &newest)).await?;
    let (milestones, third) =
        pages(session, of("milestones", "milestones", &[("state", "all"), ("sort", "due_on")])).await?;
    let (releases, fourth) = pages(session, of("releases", "releases", &[])).await?;
    if known.is_public && !(first || second || third || fourth) {
        return Ok(false);
    }
    let mut fresh = Known { is_public: true, ..Known::default() };
    for (what, replies, part) in [
        ("pull requests", &pull_requests, Part::PullRequests),
        ("issues", &issues, Part::Issues),
        ("milestones", &milestones, Part::Milestones),
    ] {
        if let Some(last) = replies.last().filter(|last| last.next().is_some()) {
            let service = last.error(HttpErrorKind::NotFound).service().to_owned();
            let GithubRepository { owner, name, .. } = repository;
            let what = format!(
                "{service}: {owner}/{name}: only the newest {what} are read of whoever is not signed in"
            );
            fresh.lose(part, vec![Problem::new(what, "sign in: with a token all are read")]);
        }
    }
    let found = items::<PullRequest>(&pull_requests, Part::PullRequests, &mut fresh)?;
    // Newest first; of one that moved on between two pages the newer state counts.
    fresh.pull_requests = found.into_iter().rev().map(|found| (found.number, found.into())).collect();
    let found = items::<Issue>(&issues, Part::Issues, &mut fresh)?;
    let found = found.into_iter().rev().filter(|found| found.pull_request.is_none());
    fresh.issues = found.map(|found| (found.number, found.into())).collect();
    let found = items::<Milestone>(&milestones, Part::Milestones, &mut fresh)?;
    fresh.milestones = found.into_iter().rev().map(|found| (found.number, found.into())).collect();
    let found = items::<Release>(&releases, Part::Releases, &mut fresh)?;
    fresh.published = found.into_iter().map(wire::Release::from).collect();
    *known = fresh;
    Ok(true)
}

/// The first pages of a list, and whether any of them has changed.
async fn pages(session: &Session<'_>, first: Request) -> Result<(Vec<Reply>, bool), HttpError> {
    let mut pages = Pages::new(session, first);
    let (mut read, mut has_changed) = (Vec::new(), false);
    while read.len() < MOST_PAGES {
        let Some(reply) = pages.next().await? else { break };
        has_changed |= !reply.unchanged();
        read.push(reply);
    }
    Ok((read, has_changed))
}

fn items<T: serde::de::DeserializeOwned>(
    replies: &[Reply],
    part: Part,
    known: &mut Known,
) -> Result<Vec<T>, HttpError> {
    let (mut kept, mut problems) = (Vec::new(), Vec::new());
    for reply in replies {
        let found = reply.items::<T>(&[])?;
        kept.extend(found.kept);
        for lost in found.lost {
            super::graphql::note(&mut problems, lost.problem());
        }
    }
    known.set_problems(part, problems);
    known.read.insert(part);
    Ok(kept)
}
