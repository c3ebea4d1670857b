//! What the pull requests are grouped by.

use crate::{
    domain::{Release, Text},
    insight::PullRequestRow,
};

/// What the pull requests are grouped by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GroupBy {
    /// One list.
    #[default]
    Nothing,
    /// How far they are.
    Stage,
    /// The release that they belong to.
    Release,
    /// Their repository.
    Repository,
    /// Who wrote them.
    Author,
    /// Who was asked for a review: in each of their groups.
    Reviewer,
}

impl GroupBy {
    /// All of them, in the order of the key.
    pub const ALL: [Self; 6] =
        [Self::Nothing, Self::Stage, Self::Release, Self::Repository, Self::Author, Self::Reviewer];

    /// Its word on the screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Stage => "stage",
            Self::Release => "release",
            Self::Repository => "repository",
            Self::Author => "author",
            Self::Reviewer => "reviewer",
        }
    }

    /// The next one, around the end.
    pub(super) fn next(self) -> Self {
        let at = Self::ALL.iter().position(|by| *by == self).unwrap_or(0);
        Self::ALL[(at + 1) % Self::ALL.len()]
    }

    /// The groups that a row is in; never none.
    pub(super) fn of(self, row: &PullRequestRow, release: Option<&Release>) -> Vec<Text> {
        let pull_request = &row.pull_request;
        let or = |text: &Text, none: &str| if text.is_empty() { Text::new(none) } else { text.clone() };
        match self {
            Self::Nothing => vec![Text::default()],
            Self::Stage => vec![Text::new(row.stage.word())],
            Self::Release => {
                vec![
                    release
                        .map_or_else(|| "not in a release".into(), |release| Text::new(release.id.as_str())),
                ]
            }
            Self::Repository => vec![or(&pull_request.repository, "no repository")],
            Self::Author => vec![or(&pull_request.author, "nobody")],
            Self::Reviewer if pull_request.requested_reviewers.is_empty() => vec!["nobody is asked".into()],
            Self::Reviewer => pull_request.requested_reviewers.clone(),
        }
    }
}
