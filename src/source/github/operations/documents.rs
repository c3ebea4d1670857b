//! The GraphQL documents of operations. Files, so that they can be validated against GitHub's
//! published schema.

use super::super::documents::{Lacking, can_do_without, text_without};

/// A GraphQL document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Document {
    PullRequestNow,
    PullRequestDetail,
    IssueNow,
    Comments,
    Enqueue,
    MergeWhenReady,
    MarkReady,
}

impl Document {
    #[cfg(test)]
    pub(super) const ALL: [Self; 7] = [
        Self::PullRequestNow,
        Self::PullRequestDetail,
        Self::IssueNow,
        Self::Comments,
        Self::Enqueue,
        Self::MergeWhenReady,
        Self::MarkReady,
    ];

    /// Its file.
    pub(super) fn source(self) -> &'static str {
        match self {
            Self::PullRequestNow => include_str!("documents/pull_request_now.graphql"),
            Self::PullRequestDetail => include_str!("documents/pull_request_detail.graphql"),
            Self::IssueNow => include_str!("documents/issue_now.graphql"),
            Self::Comments => include_str!("documents/comments.graphql"),
            Self::Enqueue => include_str!("documents/enqueue.graphql"),
            Self::MergeWhenReady => include_str!("documents/merge_when_ready.graphql"),
            Self::MarkReady => include_str!("documents/mark_ready.graphql"),
        }
    }

    /// What is being done, in errors.
    pub(super) fn operation(self) -> &'static str {
        match self {
            Self::PullRequestNow | Self::PullRequestDetail => "pull request",
            Self::IssueNow => "issue",
            Self::Comments => "comments",
            Self::Enqueue => "merge queue",
            Self::MergeWhenReady => "merge when ready",
            Self::MarkReady => "mark ready",
        }
    }

    /// Where in the data what was asked for is.
    pub(super) fn root(self) -> &'static str {
        match self {
            Self::PullRequestNow | Self::PullRequestDetail | Self::IssueNow | Self::Comments => "repository",
            Self::Enqueue => "enqueuePullRequest",
            Self::MergeWhenReady => "enablePullRequestAutoMerge",
            Self::MarkReady => "markPullRequestReadyForReview",
        }
    }

    /// The text to send to a server that lacks `lacking`.
    pub(super) fn text(self, lacking: &Lacking) -> String {
        text_without(self.source(), lacking)
    }

    /// Whether there is something in it that can be taken out for `field`.
    pub(super) fn can_do_without(self, field: &str) -> bool {
        can_do_without(self.source(), field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_document_names_its_root_and_is_whole_without_what_a_server_may_lack() {
        for document in Document::ALL {
            assert!(document.source().contains(&format!("{}(", document.root())), "{document:?}");
        }
        let old =
            ["PullRequest.isMergeQueueEnabled", "PullRequestParameters.allowedMergeMethods", "Ref.rules"];
        for field in old {
            assert!(Document::PullRequestNow.can_do_without(field), "{field}");
        }
        let text = Document::PullRequestNow.text(&old.map(str::to_owned).into());
        assert!(!text.contains("isMergeQueueEnabled") && !text.contains("rules") && !text.contains('#'));
        assert_eq!(text.matches('{').count(), text.matches('}').count());
    }
}
