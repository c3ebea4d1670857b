//! What things of a repository at a forge are called on the board, so that other sources mean
//! the same.

use crate::domain::{PullRequestId, ReleaseId, StoryKey, Text, version::VersionTag};

/// How things of one repository are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Naming {
    /// The repository without its owner, as the source `git` calls it too.
    pub(super) repository: Text,
    /// What its releases are of: the repository, unless configured.
    pub(super) project: Text,
}

impl Naming {
    /// The version that a milestone is about.
    ///
    /// A title that names a version of this project and nothing else (`v4.2`, `4.2`,
    /// `Release 4.2`, `payments-4.2` in `payments`) is that version, written as the source `git`
    /// writes the one of a tag; so the release is the same one by its identity. Any other title
    /// (`Sprint 12`) is a version of its own.
    pub(super) fn version(&self, title: &str) -> Text {
        match VersionTag::parse(title, &self.project) {
            Some(tag) if tag.family.is_empty() => Text::new(&tag.version.text),
            _ => Text::new(title),
        }
    }

    /// The release that a milestone stands for.
    pub(super) fn release_of_milestone(&self, title: &str) -> ReleaseId {
        ReleaseId::of(&self.project, &self.version(title))
    }

    /// Project and version that a tag names: like the source `git`, `foo-v1.2` is version 1.2 of
    /// `foo`. None for one that names no version, or one on the way to a version.
    pub(super) fn release_of_tag(&self, tag: &str) -> Option<(Text, Text)> {
        let tag = VersionTag::parse(tag, &self.project).filter(|tag| !tag.version.is_prerelease)?;
        let project = if tag.family.is_empty() { self.project.clone() } else { Text::new(&tag.family) };
        Some((project, Text::new(&tag.version.text)))
    }

    /// The key of an issue of this repository: `api#12`.
    pub(super) fn story(&self, number: u64) -> StoryKey {
        StoryKey::new(format!("{}#{number}", self.repository))
    }

    /// The key of an issue of `repository`, which may be another one, with or without its owner
    /// or groups: `acme/api` and 12 are `api#12`.
    pub(super) fn story_of(&self, repository: &str, number: u64) -> StoryKey {
        match repository.rsplit('/').next().filter(|name| !name.is_empty()) {
            Some(repository) => StoryKey::new(format!("{repository}#{number}")),
            None => self.story(number),
        }
    }

    /// The identity of a pull request: `api#812`.
    pub(super) fn pull_request(&self, number: u64) -> PullRequestId {
        PullRequestId::new(format!("{}#{number}", self.repository))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn milestones_and_tags_of_one_version_are_one_release() {
        let naming = Naming { repository: Text::new("payments"), project: Text::new("payments") };
        for (title, expected) in [
            ("v4.2", "payments 4.2"),
            ("4.2", "payments 4.2"),
            ("Release 4.2", "payments 4.2"),
            ("payments-4.2", "payments 4.2"),
            ("4.2.0-rc1", "payments 4.2.0-rc1"),
            ("Sprint 12", "payments Sprint 12"),
            ("auth 2.9", "payments auth 2.9"),
            ("Backlog", "payments Backlog"),
        ] {
            assert_eq!(naming.release_of_milestone(title).as_str(), expected, "{title}");
        }
        let tag = |tag| naming.release_of_tag(tag).map(|(project, version)| format!("{project} {version}"));
        assert_eq!(tag("v4.2").as_deref(), Some("payments 4.2"));
        assert_eq!(tag("auth-v2.9").as_deref(), Some("auth 2.9"));
        assert_eq!(tag("v4.2-rc1"), None);
        assert_eq!(tag("nightly-2026"), None);
    }
}
