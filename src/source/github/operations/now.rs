//! What a pull request or an issue is now, and what can be told from it.

use serde::Deserialize;

use super::super::wire::{Connection, Listed, Titled, all};
use crate::{
    domain::{Instant, Text},
    source::{forge::says_the_same, operation::MergeMethod},
};

/// A repository, and one pull request of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PullRequestIn {
    #[serde(default)]
    merge_commit_allowed: bool,
    #[serde(default)]
    squash_merge_allowed: bool,
    #[serde(default)]
    rebase_merge_allowed: bool,
    pub(super) pull_request: Option<PullRequestNow>,
}

/// A pull request as it is now.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct PullRequestNow {
    pub(super) id: String,
    pub(super) url: Option<Text>,
    state: Text,
    pub(super) is_draft: Option<bool>,
    #[serde(rename = "headRefOid")]
    pub(super) head: Text,
    merge_commit: Option<Commit>,
    milestone: Option<Titled>,
    auto_merge_request: Option<serde::de::IgnoredAny>,
    #[serde(rename = "isMergeQueueEnabled")]
    has_merge_queue: Option<bool>,
    is_in_merge_queue: Option<bool>,
    assignees: Listed<Somebody>,
    review_requests: Listed<ReviewRequest>,
    reviews: Listed<Approval>,
    commits: Listed<CommitOf>,
    base_ref: Option<Base>,
}

#[derive(Clone, Debug, Deserialize)]
struct Commit {
    oid: Text,
    parents: Listed<Parent>,
}

#[derive(Clone, Debug, Deserialize)]
struct Parent {
    oid: Text,
}

#[derive(Clone, Debug, Deserialize)]
struct CommitOf {
    commit: Commit,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Somebody {
    #[serde(alias = "slug")]
    pub(super) login: Option<Text>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReviewRequest {
    requested_reviewer: Option<Somebody>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Approval {
    viewer_did_author: Option<bool>,
    pub(super) url: Option<Text>,
    commit: Option<Parent>,
}

#[derive(Clone, Debug, Deserialize)]
struct Base {
    rules: Listed<Rule>,
}

#[derive(Clone, Debug, Deserialize)]
struct Rule {
    #[serde(rename = "type")]
    kind: Option<Text>,
    parameters: Option<RuleParameters>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RuleParameters {
    allowed_merge_methods: Option<Vec<Text>>,
}

/// An issue as it is now.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct IssueNow {
    pub(super) url: Option<Text>,
    pub(super) state: Text,
    pub(super) state_reason: Option<Text>,
    pub(super) milestone: Option<Titled>,
    pub(super) assignees: Listed<Somebody>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct IssueIn {
    pub(super) issue: Option<IssueNow>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CommentsIn {
    pub(super) issue_or_pull_request: Option<Commented>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Commented {
    pub(super) comments: Listed<Comment>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Comment {
    viewer_did_author: Option<bool>,
    created_at: Option<Instant>,
    body: String,
    pub(super) url: Option<Text>,
}

impl Comment {
    /// Whether it is what we said, not before `since`.
    pub(super) fn is_ours(&self, body: &str, since: Instant) -> bool {
        self.viewer_did_author == Some(true)
            && self.created_at.is_some_and(|at| at >= since)
            && says_the_same(&self.body, body)
    }
}

/// Where a pull request stands, for what can be done to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Open,
    Merged,
    Closed,
    /// A word unheard of.
    Unknown,
}

impl PullRequestNow {
    pub(super) fn state(&self) -> State {
        match self.state.as_str() {
            "OPEN" => State::Open,
            "MERGED" => State::Merged,
            "CLOSED" => State::Closed,
            _ => State::Unknown,
        }
    }

    /// It is merged through a queue only.
    pub(super) fn has_merge_queue(&self) -> bool {
        self.has_merge_queue == Some(true)
    }

    pub(super) fn is_in_merge_queue(&self) -> bool {
        self.is_in_merge_queue == Some(true)
    }

    /// The service merges it once it may be merged.
    pub(super) fn is_merged_when_ready(&self) -> bool {
        self.auto_merge_request.is_some()
    }

    pub(super) fn merge_commit(&self) -> Option<&Text> {
        self.merge_commit.as_ref().map(|commit| &commit.oid)
    }

    pub(super) fn milestone(&self) -> Option<&Text> {
        self.milestone.as_ref().map(|milestone| &milestone.title)
    }

    pub(super) fn assignees(&self) -> Vec<Text> {
        names(self.assignees.as_ref())
    }

    /// Who was asked for a review: logins and slugs of teams.
    pub(super) fn asked_for_review(&self) -> Vec<Text> {
        let asked = all(self.review_requests.as_ref()).iter();
        asked.filter_map(|request| request.requested_reviewer.as_ref()?.login.clone()).collect()
    }

    /// Our approval of `head`, if there is one.
    pub(super) fn approval_of(&self, head: &str) -> Option<&Approval> {
        all(self.reviews.as_ref()).iter().find(|review| {
            review.viewer_did_author == Some(true)
                && review.commit.as_ref().is_some_and(|commit| commit.oid.as_str() == head)
        })
    }

    /// Its head is a merge of something into `head`.
    pub(super) fn is_updated_from(&self, head: &str) -> bool {
        let last = all(self.commits.as_ref()).first().map(|last| &last.commit);
        last.is_some_and(|last| {
            let parents = all(last.parents.as_ref());
            last.oid == self.head
                && parents.len() == 2
                && parents.iter().any(|parent| parent.oid.as_str() == head)
        })
    }
}

/// The names of `people`.
pub(super) fn names(people: Option<&Connection<Somebody>>) -> Vec<Text> {
    all(people).iter().filter_map(|somebody| somebody.login.clone()).collect()
}

impl PullRequestIn {
    /// How it may be merged: what the repository allows and no rule of the base forbids.
    pub(super) fn methods(&self) -> Vec<MergeMethod> {
        let rules = self.pull_request.as_ref().and_then(|found| found.base_ref.as_ref());
        let rules = rules.map_or(&[][..], |base| all(base.rules.as_ref()));
        let is_forbidden = |method: MergeMethod| {
            rules.iter().any(|rule| {
                let is_linear = rule.kind.as_deref() == Some("REQUIRED_LINEAR_HISTORY");
                let listed = rule.parameters.as_ref().and_then(|known| known.allowed_merge_methods.as_ref());
                (is_linear && method == MergeMethod::Merge)
                    || listed.is_some_and(|listed| {
                        !listed.iter().any(|name| name.eq_ignore_ascii_case(word(method)))
                    })
            })
        };
        [
            (MergeMethod::Merge, self.merge_commit_allowed),
            (MergeMethod::Squash, self.squash_merge_allowed),
            (MergeMethod::Rebase, self.rebase_merge_allowed),
        ]
        .into_iter()
        .filter(|(method, is_allowed)| *is_allowed && !is_forbidden(*method))
        .map(|(method, _)| method)
        .collect()
    }
}

/// A method as GitHub's REST interface writes it.
pub(super) fn word(method: MergeMethod) -> &'static str {
    match method {
        MergeMethod::Merge => "merge",
        MergeMethod::Squash => "squash",
        MergeMethod::Rebase => "rebase",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn pull_request_in(rules: &Value) -> PullRequestIn {
        serde_json::from_value(json!({
            "mergeCommitAllowed": true, "squashMergeAllowed": true, "rebaseMergeAllowed": false,
            "pullRequest": {
                "id": "PR_1", "url": null, "state": "OPEN", "isDraft": false, "headRefOid": "a1",
                "baseRef": { "rules": { "nodes": rules } },
            },
        }))
        .unwrap()
    }

    #[test]
    fn methods_are_what_repository_and_rules_allow() {
        use MergeMethod::{Merge, Squash};
        for (rules, expected) in [
            (json!([]), vec![Merge, Squash]),
            (json!([{ "type": "REQUIRED_LINEAR_HISTORY", "parameters": null }]), vec![Squash]),
            (
                json!([{ "type": "PULL_REQUEST", "parameters": { "allowedMergeMethods": ["merge"] } }, null]),
                vec![Merge],
            ),
            (
                json!([{ "type": "PULL_REQUEST", "parameters": { "allowedMergeMethods": ["rebase"] } }]),
                vec![],
            ),
            (json!([{ "type": "DELETION", "parameters": {} }]), vec![Merge, Squash]),
        ] {
            assert_eq!(pull_request_in(&rules).methods(), expected, "{rules}");
        }
    }
}
