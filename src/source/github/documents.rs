//! The GraphQL documents, and what is taken out of them for a server that does not know all of
//! their fields.
//!
//! The documents are files, so that they can be validated against GitHub's published schema. Two
//! comments in them matter:
//! - `# optional Type.field` at the end of a line: the line goes when the server has no such field, or
//!   one of several (`# optional Type.field, Other.field`);
//! - `#newer Type.field: line`: a line that the published schema does not know yet. It is asked for until the
//!   server says that it has no such field.
//!
//! So an older Enterprise server costs one refused request, once, and loses these facts only.

use std::{collections::BTreeSet, fmt::Write};

use serde::{Deserialize, Serialize};

/// A GraphQL document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub(super) enum Document {
    Repository,
    Branch,
    Build,
    Milestones,
    Issues,
    MilestoneIssues,
    PullRequests,
    PullRequestsAgain,
    Search,
    Deployments,
    Releases,
    Tags,
}

/// Fields that a server does not have, as `Type.field`.
pub(super) type Lacking = BTreeSet<String>;

impl Document {
    /// All there are.
    pub(super) const ALL: [Self; 12] = [
        Self::Repository,
        Self::Branch,
        Self::Build,
        Self::Milestones,
        Self::Issues,
        Self::MilestoneIssues,
        Self::PullRequests,
        Self::PullRequestsAgain,
        Self::Search,
        Self::Deployments,
        Self::Releases,
        Self::Tags,
    ];

    /// Its file, and the file of the fragment that it uses.
    pub(super) fn source(self) -> &'static str {
        match self {
            Self::Repository => include_str!("queries/repository.graphql"),
            Self::Branch => include_str!("queries/branch.graphql"),
            Self::Build => include_str!("queries/build.graphql"),
            Self::Milestones => include_str!("queries/milestones.graphql"),
            Self::Issues => {
                concat!(include_str!("queries/issues.graphql"), include_str!("queries/issue_facts.graphql"))
            }
            Self::MilestoneIssues => concat!(
                include_str!("queries/milestone_issues.graphql"),
                include_str!("queries/issue_facts.graphql")
            ),
            Self::PullRequests => concat!(
                include_str!("queries/pull_requests.graphql"),
                include_str!("queries/pull_request_facts.graphql")
            ),
            Self::PullRequestsAgain => concat!(
                include_str!("queries/pull_requests_again.graphql"),
                include_str!("queries/pull_request_facts.graphql")
            ),
            Self::Search => concat!(
                include_str!("queries/search.graphql"),
                include_str!("queries/pull_request_facts.graphql")
            ),
            Self::Deployments => include_str!("queries/deployments.graphql"),
            Self::Releases => include_str!("queries/releases.graphql"),
            Self::Tags => include_str!("queries/tags.graphql"),
        }
    }

    /// What is being done, in errors.
    pub(super) fn operation(self) -> &'static str {
        match self {
            Self::Repository => "repository",
            Self::Branch => "rules of a branch",
            Self::Build => "checks of a branch",
            Self::Milestones => "milestones",
            Self::Issues => "issues",
            Self::MilestoneIssues => "issues of a milestone",
            Self::PullRequests | Self::PullRequestsAgain => "pull requests",
            Self::Search => "search of pull requests",
            Self::Deployments => "deployments",
            Self::Releases => "releases",
            Self::Tags => "tags",
        }
    }

    /// The permission of a fine-grained token that reading it needs.
    pub(super) fn permission(self) -> &'static str {
        match self {
            Self::Repository | Self::Branch => "Metadata: read",
            Self::Build => "Contents: read, Checks: read and Commit statuses: read",
            Self::Milestones | Self::Issues | Self::MilestoneIssues => "Issues: read",
            Self::PullRequests | Self::PullRequestsAgain | Self::Search => {
                "Pull requests: read, Contents: read, Checks: read and Commit statuses: read"
            }
            Self::Deployments => "Deployments: read",
            Self::Releases | Self::Tags => "Contents: read",
        }
    }

    /// Without what an answer says nothing.
    pub(super) fn root(self) -> &'static [&'static str] {
        match self {
            Self::PullRequestsAgain => &["data"],
            Self::Search => &["data", "search"],
            _ => &["data", "repository"],
        }
    }

    /// How many items a page has while all is well. Pull requests hold so much that a server
    /// runs out of time with more.
    pub(super) fn page_size(self) -> u32 {
        match self {
            Self::PullRequests | Self::PullRequestsAgain | Self::Search => 50,
            _ => 100,
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

/// A line of a document: what of it is sent, and the fields without which it goes.
fn read(line: &str) -> (Option<&str>, &str) {
    let line = line.trim();
    if let Some((fields, newer)) = line.strip_prefix("#newer ").and_then(|rest| rest.split_once(": ")) {
        return (Some(newer), fields);
    }
    match line.split_once("# optional ") {
        Some((text, fields)) => (Some(text.trim_end()), fields),
        None => (Some(line).filter(|line| !line.starts_with('#') && !line.is_empty()), ""),
    }
}

/// The text of the document `source`, to send to a server that lacks `lacking`.
pub(super) fn text_without(source: &str, lacking: &Lacking) -> String {
    let mut text = String::with_capacity(source.len());
    for line in source.lines() {
        let (kept, fields) = read(line);
        if let Some(kept) = kept.filter(|_| !fields.split(", ").any(|field| lacking.contains(field))) {
            let _ = writeln!(text, "{kept}");
        }
    }
    text
}

/// Whether there is something in the document `source` that can be taken out for `field`.
pub(super) fn can_do_without(source: &str, field: &str) -> bool {
    source.lines().any(|line| read(line).1.split(", ").any(|known| known == field))
}

#[cfg(test)]
mod tests {
    use super::{super::cost::cost, *};

    /// Fields in the documents that older servers may lack.
    fn optional(document: Document) -> Lacking {
        let lines = document.source().lines();
        lines
            .filter_map(|line| {
                let newer = line.trim().strip_prefix("#newer ").and_then(|rest| rest.split_once(": "));
                newer
                    .map(|(field, _)| field)
                    .or_else(|| line.split_once("# optional ").map(|(_, field)| field))
            })
            .map(|field| field.trim().to_owned())
            .collect()
    }

    #[test]
    fn every_document_is_whole_with_and_without_its_optional_fields() {
        for document in Document::ALL {
            for lacking in [Lacking::new(), optional(document)] {
                let text = document.text(&lacking);
                assert_eq!(text.matches('{').count(), text.matches('}').count(), "{document:?}");
                assert_eq!(text.matches('(').count(), text.matches(')').count(), "{document:?}");
                assert!(!text.contains('#') && text.starts_with("query "), "{document:?}");
            }
            for field in optional(document) {
                assert!(document.can_do_without(&field), "{field}");
                let short = document.text(&Lacking::from([field.clone()]));
                assert!(short.len() < document.text(&Lacking::new()).len(), "{field}");
                let name = field.rsplit('.').next().unwrap();
                assert!(!short.contains(&format!("{name} {{")), "{field}");
            }
            assert!(!document.can_do_without("Issue.title"));
        }
    }

    #[test]
    fn nodes_and_points_are_what_they_are_meant_to_be() {
        // By GitHub's formula ("Rate limits and query limits for the GraphQL API"), at full pages
        // and with every optional field. The limit is 500,000 nodes and 5,000 points an hour.
        for (document, nodes, points) in [
            (Document::Repository, 100, 1),
            (Document::Branch, 0, 1),
            (Document::Build, 100, 1),
            (Document::Milestones, 100, 1),
            (Document::Issues, 11_100, 5),
            (Document::MilestoneIssues, 11_100, 5),
            (Document::PullRequests, 9_150, 5),
            (Document::PullRequestsAgain, 9_100, 5),
            (Document::Search, 9_150, 5),
            (Document::Deployments, 2_100, 1),
            (Document::Releases, 100, 1),
            (Document::Tags, 100, 1),
        ] {
            let known = cost(&document.text(&Lacking::new()), document.page_size());
            assert_eq!((known.nodes, known.points), (nodes, points), "{document:?}");
        }
    }
}
