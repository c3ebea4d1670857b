//! What GitHub's GraphQL interface sends, as far as it is asked for. All that may be null, or
//! that an older server does not have, is an `Option`; enumerations stay texts, so that a value
//! unheard of loses nothing.
//!
//! It is written, too: what is known survives a restart (`memory.rs`). What is written for a
//! field has the shape that is read for it, as a form without names demands.

use serde::{Deserialize, Serialize};

use crate::domain::{Instant, Text};

/// Most items of a list within an item: more were never asked for.
const MOST_NESTED: usize = 100;

/// A list in an answer, whose elements may be missing one by one.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase", bound(serialize = "T: Serialize", deserialize = "T: Deserialize<'de>"))]
pub(super) struct Connection<T> {
    #[serde(default, with = "count")]
    pub(super) total_count: Option<u64>,
    #[serde(default = "Vec::new", with = "present")]
    pub(super) nodes: Vec<T>,
}

/// What is there of a list.
mod present {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn deserialize<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
        from: D,
    ) -> Result<Vec<T>, D::Error> {
        let nodes = Option::<Vec<Option<T>>>::deserialize(from)?;
        Ok(nodes.unwrap_or_default().into_iter().flatten().take(super::MOST_NESTED).collect())
    }

    pub(super) fn serialize<S: Serializer, T: Serialize>(nodes: &[T], to: S) -> Result<S::Ok, S::Error> {
        Some(nodes.iter().map(Some).collect::<Vec<_>>()).serialize(to)
    }
}

/// A count. A negative one says nothing, and loses nothing else.
mod count {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn deserialize<'de, D: Deserializer<'de>, T: TryFrom<i64>>(
        from: D,
    ) -> Result<Option<T>, D::Error> {
        Ok(Option::<i64>::deserialize(from)?.and_then(|count| T::try_from(count).ok()))
    }

    #[expect(clippy::ref_option, reason = "serde hands over the field as it is")]
    pub(super) fn serialize<S: Serializer, T: Copy + TryInto<i64>>(
        count: &Option<T>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        count.and_then(|count| count.try_into().ok()).serialize(to)
    }
}

/// A list that may be missing as a whole; [`all`] goes through it.
pub(super) type Listed<T> = Option<Connection<T>>;

/// What there is in a list.
pub(super) fn all<T>(list: Option<&Connection<T>>) -> &[T] {
    list.map_or(&[], |list| &list.nodes)
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Milestone {
    pub(super) number: u64,
    pub(super) title: Text,
    pub(super) state: Option<Text>,
    pub(super) due_on: Option<Instant>,
    pub(super) closed_at: Option<Instant>,
    pub(super) url: Option<Text>,
    pub(super) issues: Listed<()>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct Titled {
    pub(super) title: Text,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct Named {
    pub(super) name: Text,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct Actor {
    #[serde(rename = "__typename")]
    pub(super) kind: Option<Text>,
    pub(super) login: Option<Text>,
    pub(super) slug: Option<Text>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RepositoryName {
    pub(super) name_with_owner: Text,
}

/// An issue, here or elsewhere.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct IssueName {
    pub(super) number: u64,
    pub(super) repository: Option<RepositoryName>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Issue {
    pub(super) number: u64,
    pub(super) title: Text,
    pub(super) state: Option<Text>,
    pub(super) state_reason: Option<Text>,
    pub(super) created_at: Instant,
    pub(super) closed_at: Option<Instant>,
    pub(super) updated_at: Instant,
    pub(super) url: Option<Text>,
    pub(super) milestone: Option<Titled>,
    pub(super) assignees: Listed<Actor>,
    pub(super) labels: Listed<Named>,
    #[serde(rename = "issueType")]
    pub(super) kind: Option<Named>,
    pub(super) parent: Option<IssueName>,
    pub(super) blocked_by: Listed<IssueName>,
    pub(super) closed_by_pull_requests_references: Listed<Closer>,
    pub(super) timeline_items: Listed<Event>,
}

/// A pull request that will close an issue.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Closer {
    pub(super) state: Option<Text>,
    pub(super) created_at: Instant,
}

/// What happened to an issue or pull request.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Event {
    #[serde(rename = "__typename")]
    pub(super) kind: Text,
    pub(super) created_at: Option<Instant>,
    pub(super) milestone_title: Option<Text>,
    pub(super) state_reason: Option<Text>,
    pub(super) assignee: Option<Actor>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PullRequest {
    pub(super) id: Option<String>,
    pub(super) number: u64,
    pub(super) title: Text,
    pub(super) state: Option<Text>,
    #[serde(default)]
    pub(super) is_draft: bool,
    pub(super) author: Option<Actor>,
    pub(super) head_ref_name: Option<Text>,
    pub(super) head_ref_oid: Option<Text>,
    pub(super) base_ref_name: Option<Text>,
    pub(super) created_at: Instant,
    pub(super) merged_at: Option<Instant>,
    pub(super) closed_at: Option<Instant>,
    pub(super) updated_at: Instant,
    pub(super) url: Option<Text>,
    #[serde(default, with = "count")]
    pub(super) additions: Option<u32>,
    #[serde(default, with = "count")]
    pub(super) deletions: Option<u32>,
    pub(super) mergeable: Option<Text>,
    pub(super) merge_state_status: Option<Text>,
    pub(super) review_decision: Option<Text>,
    pub(super) auto_merge_request: Option<AutoMerge>,
    pub(super) merge_queue_entry: Option<QueueEntry>,
    pub(super) merge_commit: Option<Object>,
    pub(super) milestone: Option<Titled>,
    pub(super) labels: Listed<Named>,
    pub(super) reviews: Listed<Review>,
    pub(super) latest_opinionated_reviews: Listed<Review>,
    pub(super) review_requests: Listed<ReviewRequest>,
    pub(super) closing_issues_references: Listed<IssueName>,
    pub(super) timeline_items: Listed<Event>,
    pub(super) first_commit: Listed<FirstCommit>,
    pub(super) head: Listed<HeadCommit>,
    /// Where it is; asked only of those that a search finds.
    pub(super) repository: Option<RepositoryName>,
}

impl PullRequest {
    pub(super) fn is_open(&self) -> bool {
        self.state.as_deref().is_some_and(|state| state.eq_ignore_ascii_case("open"))
    }

    /// The checks of its head.
    pub(super) fn contexts(&self) -> Option<&Connection<StatusContext>> {
        self.rollup()?.contexts.as_ref()
    }

    /// The checks of its head, and how they ended together.
    pub(super) fn rollup(&self) -> Option<&Rollup> {
        let commit = all(self.head.as_ref()).last()?;
        commit.commit.as_ref()?.status_check_rollup.as_ref()
    }
}

/// It will be merged once it may be.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AutoMerge {
    pub(super) enabled_at: Option<Instant>,
}

/// It waits in a merge queue.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct QueueEntry {
    #[serde(default, with = "count")]
    pub(super) position: Option<u32>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct Object {
    pub(super) oid: Option<Text>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Review {
    pub(super) id: Option<String>,
    pub(super) state: Option<Text>,
    pub(super) submitted_at: Option<Instant>,
    pub(super) author: Option<Actor>,
    /// The commit that it is about; none where that is gone.
    pub(super) commit: Option<Object>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ReviewRequest {
    pub(super) requested_reviewer: Option<Actor>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct FirstCommit {
    pub(super) commit: Option<Authored>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Authored {
    pub(super) authored_date: Option<Instant>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct HeadCommit {
    pub(super) commit: Option<Checked>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Checked {
    pub(super) status_check_rollup: Option<Rollup>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct Rollup {
    /// How all its checks together ended.
    pub(super) state: Option<Text>,
    pub(super) contexts: Listed<StatusContext>,
}

/// A check run (`name`) or a commit status (`context`).
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StatusContext {
    pub(super) name: Option<Text>,
    pub(super) status: Option<Text>,
    pub(super) conclusion: Option<Text>,
    pub(super) started_at: Option<Instant>,
    pub(super) completed_at: Option<Instant>,
    pub(super) context: Option<Text>,
    pub(super) state: Option<Text>,
    pub(super) created_at: Option<Instant>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Deployment {
    pub(super) id: String,
    #[serde(default, with = "count")]
    pub(super) database_id: Option<u64>,
    pub(super) environment: Option<Text>,
    pub(super) state: Option<Text>,
    pub(super) created_at: Instant,
    pub(super) updated_at: Option<Instant>,
    pub(super) commit_oid: Option<Text>,
    #[serde(rename = "ref")]
    pub(super) reference: Option<Named>,
    pub(super) statuses: Listed<DeploymentStatus>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DeploymentStatus {
    pub(super) state: Option<Text>,
    pub(super) created_at: Instant,
    pub(super) log_url: Option<Text>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Release {
    pub(super) tag_name: Text,
    #[serde(default)]
    pub(super) is_draft: bool,
    #[serde(default)]
    pub(super) is_prerelease: bool,
    pub(super) published_at: Option<Instant>,
    pub(super) url: Option<Text>,
    pub(super) tag_commit: Option<Object>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct Tag {
    pub(super) name: Text,
    pub(super) target: Option<TagTarget>,
}

/// A commit, or a tag object that names one.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct TagTarget {
    #[serde(rename = "__typename")]
    pub(super) kind: Option<Text>,
    pub(super) oid: Option<Text>,
    pub(super) committed_date: Option<Instant>,
    pub(super) tagger: Option<Tagger>,
    pub(super) target: Option<Box<TagTarget>>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(super) struct Tagger {
    pub(super) date: Option<Instant>,
}

/// A branch by its name, and what it ends with.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct ReferencedHead {
    #[serde(rename = "ref")]
    pub(super) reference: Option<Head>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Head {
    pub(super) target: Option<BranchHead>,
}

/// The commit at the end of a branch.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct BranchHead {
    pub(super) oid: Option<Text>,
    pub(super) committed_date: Option<Instant>,
    pub(super) url: Option<Text>,
    pub(super) status_check_rollup: Option<Rollup>,
}

/// A branch or tag by its name.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Referenced {
    #[serde(rename = "ref")]
    pub(super) reference: Option<Branch>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Repository {
    pub(super) name_with_owner: Option<Text>,
    pub(super) default_branch_ref: Option<Branch>,
    pub(super) environments: Listed<Named>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Branch {
    pub(super) name: Text,
    pub(super) ref_update_rule: Option<UpdateRule>,
}

#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UpdateRule {
    #[serde(default, with = "count")]
    pub(super) required_approving_review_count: Option<u32>,
    pub(super) required_status_check_contexts: Option<Vec<Option<Text>>>,
}
