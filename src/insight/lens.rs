//! For whom the board is shown: which parts, and how deep.
//!
//! One table for the report and for the screen, so that both show the same to the same reader.

use super::CardId;

/// A reader of the board.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lens {
    /// Nobody in particular: everything that there is.
    #[default]
    All,
    /// Who builds it: items, pull requests, tests, findings.
    Engineer,
    /// Who brings it out: gates with their evidence, schedule, environments.
    ReleaseManager,
    /// Who answers for it: verdicts, dates and trends.
    Executive,
}

/// A part of the board that a lens can leave out or shorten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The gates of a release.
    Gates,
    /// The items that a gate rests on.
    Evidence,
    /// The burn-down of a release.
    BurnDown,
    /// What turns a release green.
    Remedies,
    /// Its open stories, worst first.
    Stories,
    /// Pull requests by stage, with their next steps.
    PullRequests,
    /// What goes out when.
    Schedule,
    /// Who has which environment, and which versions are where.
    Environments,
    /// A card of the insights.
    Card(CardId),
    /// The sources with their age.
    Sources,
}

/// How much of a part is shown; more is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Depth {
    /// Nothing.
    Hidden,
    /// What it comes to, in a sentence.
    Sentence,
    /// And the picture.
    Picture,
    /// And so many rows at most.
    Rows(usize),
}

impl Depth {
    /// The rows that are shown.
    pub fn rows(self) -> usize {
        if let Self::Rows(most) = self { most } else { 0 }
    }

    /// The picture is shown.
    pub fn has_picture(self) -> bool {
        self >= Self::Picture
    }
}

impl Lens {
    /// Every lens, in the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::All, Self::Engineer, Self::ReleaseManager, Self::Executive];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Engineer => "engineer",
            Self::ReleaseManager => "release-manager",
            Self::Executive => "executive",
        }
    }

    /// The lens with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lens| lens.name() == name)
    }

    /// How much of `part` its reader sees.
    pub fn depth(self, part: Part) -> Depth {
        let [all, engineer, release_manager, executive] = row(part);
        match self {
            Self::All => all,
            Self::Engineer => engineer,
            Self::ReleaseManager => release_manager,
            Self::Executive => executive,
        }
    }
}

/// What each reader sees of a part: everybody, engineer, release manager, executive.
fn row(part: Part) -> [Depth; 4] {
    use Depth::{Hidden, Picture, Rows, Sentence};
    match part {
        Part::Gates => [Rows(40), Rows(40), Rows(40), Sentence],
        Part::Evidence => [Rows(3), Rows(5), Rows(3), Hidden],
        Part::BurnDown => [Picture, Picture, Picture, Picture],
        Part::Remedies => [Rows(8), Rows(8), Rows(8), Rows(3)],
        Part::Stories => [Rows(15), Rows(25), Rows(10), Hidden],
        Part::PullRequests => [Rows(40), Rows(60), Rows(20), Sentence],
        Part::Schedule => [Rows(20), Rows(10), Rows(30), Picture],
        Part::Environments => [Rows(20), Rows(10), Rows(30), Hidden],
        Part::Sources => [Rows(30), Rows(30), Rows(30), Rows(30)],
        Part::Card(card) => match card {
            CardId::AutomaticFindings => [Rows(10), Rows(10), Rows(10), Rows(3)],
            CardId::OpenedAndSolved => [Rows(8), Rows(8), Rows(8), Picture],
            CardId::ValueStream => [Rows(8), Rows(12), Rows(8), Sentence],
            CardId::CumulativeFlow => [Rows(8), Picture, Picture, Hidden],
            CardId::Delivery => [Rows(8), Rows(8), Rows(8), Rows(5)],
            CardId::Testing => [Rows(8), Rows(15), Picture, Sentence],
            CardId::RecurringDefects => [Rows(8), Rows(15), Picture, Hidden],
            CardId::CodeAnalysis => [Rows(8), Rows(15), Sentence, Hidden],
            CardId::Effort => [Rows(8), Rows(12), Rows(12), Hidden],
            CardId::Environments => [Rows(8), Sentence, Rows(15), Picture],
            CardId::StoriesPerRelease | CardId::TrackRecord => [Rows(8), Sentence, Rows(8), Picture],
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lens_shows_no_more_than_everything_and_names_lead_back() {
        let parts =
            [Part::Gates, Part::BurnDown, Part::Remedies, Part::Schedule, Part::Environments, Part::Sources];
        let cards = CardId::ALL.into_iter().map(Part::Card);
        for part in parts.into_iter().chain(cards) {
            assert!(Lens::All.depth(part) >= Depth::Picture, "{part:?}: everything has a picture at least");
            assert!(Lens::Executive.depth(part) <= Lens::All.depth(part), "{part:?}");
        }
        for lens in Lens::ALL {
            assert_eq!(Lens::named(lens.name()), Some(lens));
        }
        assert_eq!(Lens::named("boss"), None);
    }
}
