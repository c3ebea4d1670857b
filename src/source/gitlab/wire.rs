//! What GitLab's REST interface sends, as far as it is asked for. All that may be null, or that an
//! older or a smaller GitLab does not have, is an `Option`; enumerations stay texts, so that a
//! value unheard of loses nothing.
//!
//! Shapes: `doc/api/*.md` of GitLab. They are kept across restarts as they are.

#![expect(clippy::struct_field_names, reason = "fields are called what the service calls them")]

use chrono::NaiveDate;
use serde::{Deserialize, Deserializer, Serialize};

use crate::domain::{Instant, Text};

/// Most items of a list within an item.
const MOST_NESTED: usize = 100;

/// A list that may be null.
fn listed<'de, D: Deserializer<'de>, T: Deserialize<'de>>(from: D) -> Result<Vec<T>, D::Error> {
    let mut items = Option::<Vec<T>>::deserialize(from)?.unwrap_or_default();
    items.truncate(MOST_NESTED);
    Ok(items)
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Project {
    pub(super) id: Option<u64>,
    pub(super) path_with_namespace: Option<Text>,
    pub(super) default_branch: Option<Text>,
    pub(super) merge_method: Option<Text>,
    pub(super) squash_option: Option<Text>,
    pub(super) merge_trains_enabled: Option<bool>,
    pub(super) only_allow_merge_if_pipeline_succeeds: Option<bool>,
    pub(super) issues_enabled: Option<bool>,
    pub(super) merge_requests_enabled: Option<bool>,
    pub(super) jobs_enabled: Option<bool>,
    pub(super) environments_access_level: Option<Text>,
    pub(super) releases_access_level: Option<Text>,
    pub(super) repository_access_level: Option<Text>,
    pub(super) permissions: Option<Permissions>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Permissions {
    pub(super) project_access: Option<Access>,
    pub(super) group_access: Option<Access>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Access {
    pub(super) access_level: Option<u32>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct User {
    pub(super) id: u64,
    pub(super) username: Text,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Milestone {
    pub(super) id: u64,
    pub(super) title: Text,
    pub(super) state: Option<Text>,
    pub(super) due_date: Option<NaiveDate>,
    pub(super) start_date: Option<NaiveDate>,
    pub(super) updated_at: Option<Instant>,
    pub(super) web_url: Option<Text>,
}

impl Milestone {
    pub(super) fn is_closed(&self) -> bool {
        self.state.as_deref().is_some_and(|state| state.eq_ignore_ascii_case("closed"))
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct MilestoneName {
    pub(super) id: u64,
    pub(super) title: Text,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Named {
    pub(super) name: Text,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct References {
    pub(super) full: Option<Text>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Issue {
    pub(super) iid: u64,
    pub(super) title: Text,
    pub(super) state: Option<Text>,
    pub(super) created_at: Instant,
    pub(super) updated_at: Instant,
    pub(super) closed_at: Option<Instant>,
    #[serde(default, deserialize_with = "listed")]
    pub(super) labels: Vec<Text>,
    pub(super) milestone: Option<MilestoneName>,
    #[serde(default, deserialize_with = "listed")]
    pub(super) assignees: Vec<User>,
    pub(super) issue_type: Option<Text>,
    pub(super) severity: Option<Text>,
    pub(super) weight: Option<f32>,
    pub(super) due_date: Option<NaiveDate>,
    pub(super) epic: Option<Epic>,
    pub(super) iteration: Option<Iteration>,
    pub(super) web_url: Option<Text>,
    pub(super) moved_to_id: Option<u64>,
    #[serde(rename = "_links")]
    pub(super) links: Option<IssueLinks>,
    /// There where issues can block each other (a paid tier).
    pub(super) blocking_issues_count: Option<u64>,
}

impl Issue {
    pub(super) fn is_open(&self) -> bool {
        self.state.as_deref() == Some("opened")
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct IssueLinks {
    pub(super) closed_as_duplicate_of: Option<Text>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Epic {
    pub(super) iid: u64,
    /// `/groups/acme/-/epics/5`.
    pub(super) url: Option<Text>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Iteration {
    pub(super) title: Option<Text>,
    pub(super) start_date: Option<NaiveDate>,
    pub(super) due_date: Option<NaiveDate>,
}

/// What happened to an issue.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct History {
    /// The last change of the issue that is in it.
    pub(super) of: Instant,
    pub(super) states: Vec<StateEvent>,
    pub(super) milestones: Vec<MilestoneEvent>,
    pub(super) labels: Vec<LabelEvent>,
    pub(super) links: Vec<Linked>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct StateEvent {
    pub(super) created_at: Instant,
    pub(super) state: Option<Text>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct MilestoneEvent {
    pub(super) created_at: Instant,
    pub(super) milestone: Option<MilestoneName>,
    pub(super) action: Option<Text>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct LabelEvent {
    pub(super) created_at: Instant,
    /// Null once the label is deleted.
    pub(super) label: Option<Named>,
    pub(super) action: Option<Text>,
}

/// An issue that another one is linked to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Linked {
    pub(super) iid: u64,
    pub(super) link_type: Option<Text>,
    pub(super) references: Option<References>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct MergeRequest {
    pub(super) iid: u64,
    pub(super) title: Text,
    /// Only until [`Self::settle`].
    #[serde(default)]
    pub(super) description: Option<String>,
    /// What the description says will be closed: number, and project if it is another one.
    #[serde(default)]
    pub(super) closes: Vec<(Text, u64)>,
    pub(super) state: Option<Text>,
    pub(super) draft: Option<bool>,
    pub(super) work_in_progress: Option<bool>,
    pub(super) author: Option<User>,
    #[serde(default, deserialize_with = "listed")]
    pub(super) reviewers: Vec<User>,
    #[serde(default, deserialize_with = "listed")]
    pub(super) labels: Vec<Text>,
    pub(super) milestone: Option<MilestoneName>,
    pub(super) source_branch: Option<Text>,
    pub(super) target_branch: Option<Text>,
    pub(super) created_at: Instant,
    pub(super) updated_at: Instant,
    pub(super) merged_at: Option<Instant>,
    pub(super) closed_at: Option<Instant>,
    pub(super) sha: Option<Text>,
    pub(super) merge_commit_sha: Option<Text>,
    pub(super) squash_commit_sha: Option<Text>,
    pub(super) merge_status: Option<Text>,
    pub(super) detailed_merge_status: Option<Text>,
    pub(super) has_conflicts: Option<bool>,
    pub(super) merge_when_pipeline_succeeds: Option<bool>,
    pub(super) web_url: Option<Text>,
}

impl MergeRequest {
    pub(super) fn is_open(&self) -> bool {
        matches!(self.state.as_deref(), Some("opened" | "locked"))
    }

    pub(super) fn is_draft(&self) -> bool {
        self.draft.or(self.work_in_progress).unwrap_or_default()
    }

    /// Keeps of the description only what it says will be closed.
    pub(super) fn settle(mut self) -> Self {
        if let Some(description) = self.description.take() {
            self.closes = super::closing::closed_by(&description);
        }
        self
    }
}

/// What only a merge request that is asked for by itself tells.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Single {
    pub(super) head_pipeline: Option<Pipeline>,
    pub(super) diverged_commits_count: Option<u64>,
}

/// What is known of a merge request besides what the list tells.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Detail {
    /// The last change of the merge request that is in it.
    pub(super) of: Instant,
    pub(super) single: Single,
    pub(super) approvals: Option<Approvals>,
    pub(super) said: Vec<Said>,
    pub(super) jobs: Vec<Job>,
    /// The head whose first commit is known, and when that was written.
    pub(super) first_commit: Option<(Text, Option<Instant>)>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Approvals {
    pub(super) approvals_required: Option<u32>,
    pub(super) approvals_left: Option<u32>,
    #[serde(default, deserialize_with = "listed")]
    pub(super) approved_by: Vec<Approval>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Approval {
    pub(super) user: User,
    pub(super) approved_at: Option<Instant>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Note {
    pub(super) body: Option<String>,
    pub(super) author: Option<User>,
    pub(super) created_at: Instant,
    #[serde(default)]
    pub(super) system: bool,
}

/// What a note of a merge request says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Said {
    pub(super) at: Instant,
    pub(super) by: Text,
    pub(super) what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum What {
    Commented,
    Approved,
    Unapproved,
    RequestedChanges,
    Ready,
    /// Commits came to the branch.
    Pushed,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Commit {
    pub(super) id: Option<Text>,
    pub(super) authored_date: Option<Instant>,
    pub(super) committed_date: Option<Instant>,
    pub(super) created_at: Option<Instant>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Pipeline {
    pub(super) id: u64,
    pub(super) sha: Option<Text>,
    #[serde(rename = "ref")]
    pub(super) reference: Option<Text>,
    pub(super) status: Option<Text>,
    pub(super) updated_at: Option<Instant>,
    /// The project that runs it: a fork's, perhaps.
    pub(super) project_id: Option<u64>,
    pub(super) web_url: Option<Text>,
}

impl Pipeline {
    /// It came to an end that tests may have been part of.
    pub(super) fn is_over(&self) -> bool {
        matches!(self.status.as_deref(), Some("success" | "failed"))
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Job {
    pub(super) name: Text,
    pub(super) stage: Option<Text>,
    pub(super) status: Option<Text>,
    #[serde(default)]
    pub(super) allow_failure: bool,
    pub(super) created_at: Option<Instant>,
    pub(super) started_at: Option<Instant>,
    pub(super) finished_at: Option<Instant>,
}

/// The test report of a pipeline, in numbers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Summary {
    #[serde(default, deserialize_with = "listed")]
    pub(super) test_suites: Vec<Suite>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Suite {
    pub(super) name: Text,
    #[serde(default)]
    pub(super) success_count: u32,
    #[serde(default)]
    pub(super) failed_count: u32,
    #[serde(default)]
    pub(super) skipped_count: u32,
    #[serde(default)]
    pub(super) error_count: u32,
    pub(super) suite_error: Option<Text>,
    /// Seconds that its tests took.
    #[serde(default)]
    pub(super) total_time: Option<f64>,
    /// Names of tests that failed; from the whole report, if it was asked for.
    #[serde(default)]
    pub(super) failures: Vec<Text>,
}

/// The whole test report of a pipeline: read for the names of what failed.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Report {
    #[serde(default)]
    pub(super) test_suites: Vec<ReportedSuite>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct ReportedSuite {
    pub(super) name: Text,
    #[serde(default)]
    pub(super) test_cases: Vec<Case>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Case {
    pub(super) status: Option<Text>,
    pub(super) name: Text,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Release {
    pub(super) tag_name: Text,
    pub(super) released_at: Option<Instant>,
    #[serde(default)]
    pub(super) upcoming_release: Option<bool>,
    pub(super) commit: Option<Commit>,
    #[serde(default, deserialize_with = "listed")]
    pub(super) milestones: Vec<MilestoneName>,
    #[serde(rename = "_links")]
    pub(super) links: Option<SelfLink>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct SelfLink {
    #[serde(rename = "self")]
    pub(super) itself: Option<Text>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Tag {
    pub(super) name: Text,
    pub(super) commit: Option<Commit>,
    /// When an annotated tag was made (from 16.11 on).
    pub(super) created_at: Option<Instant>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Environment {
    pub(super) name: Text,
    pub(super) state: Option<Text>,
    pub(super) tier: Option<Text>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Deployment {
    pub(super) id: u64,
    #[serde(rename = "ref")]
    pub(super) reference: Option<Text>,
    pub(super) sha: Option<Text>,
    pub(super) created_at: Instant,
    pub(super) updated_at: Option<Instant>,
    pub(super) status: Option<Text>,
    pub(super) environment: Option<Environment>,
    pub(super) deployable: Option<Deployable>,
}

/// The job that deploys.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Deployable {
    pub(super) started_at: Option<Instant>,
    pub(super) finished_at: Option<Instant>,
    pub(super) web_url: Option<Text>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct FreezePeriod {
    pub(super) id: u64,
    pub(super) freeze_start: String,
    pub(super) freeze_end: String,
    pub(super) cron_timezone: Option<String>,
}

/// A merge request on a merge train.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Car {
    pub(super) id: u64,
    pub(super) merge_request: CarMergeRequest,
    pub(super) target_branch: Option<Text>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct CarMergeRequest {
    pub(super) iid: u64,
}
