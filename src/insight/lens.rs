//! For whom the board is shown: which parts, and how deep.
//!
//! One table for the report and for the screen, so that both show the same to the same reader.

use std::borrow::Cow;

use super::{Board, Card, CardId, Picture, Study, plain_words};
use crate::domain::Text;

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
    /// And rows: on a page so many at most, on a screen, which scrolls, all of them.
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

    /// Its reader, in words.
    pub fn reader(self) -> &'static str {
        match self {
            Self::All => "everybody",
            Self::Engineer => "engineers",
            Self::ReleaseManager => "release managers",
            Self::Executive => "executives",
        }
    }

    /// What its reader gets, in a few words.
    pub fn about(self) -> &'static str {
        match self {
            Self::All => "everything there is",
            Self::Engineer => "tests, findings, defects and flow in full; promises in short",
            Self::ReleaseManager => "all cards; tests, analysis and defects in short",
            Self::Executive => "outlook and dates first, trends as questions; no keys, no commits",
        }
    }

    /// Its reader knows things by their keys and numbers; else by their titles.
    pub fn has_keys(self) -> bool {
        self != Self::Executive
    }

    /// Its reader asks for the outlook and the dates before anything else.
    pub fn puts_dates_first(self) -> bool {
        self == Self::Executive
    }

    /// What a card is called: to those who answer for it, the question that it answers.
    pub fn title(self, card: CardId) -> &'static str {
        match (self, card) {
            (Self::Executive, CardId::AutomaticFindings) => "What changed?",
            (Self::Executive, CardId::StoriesPerRelease) => "How large were releases, and how late?",
            (Self::Executive, CardId::OpenedAndSolved) => "Does the backlog shrink?",
            (Self::Executive, CardId::ValueStream) => "Where does the time go?",
            (Self::Executive, CardId::Delivery) => "How fast do we deliver, how safely?",
            (Self::Executive, CardId::Testing) => "Do the tests hold?",
            (Self::Executive, CardId::EnvironmentCost) => "What do environments cost?",
            (Self::Executive, CardId::TrackRecord) => "Did we keep our promises?",
            _ => card.title(),
        }
    }

    /// A sentence in the words of its reader: where that one knows no keys, by the titles of what
    /// `board` knows.
    pub fn words<'a>(self, said: &'a str, board: &Board) -> Cow<'a, str> {
        if self.has_keys() { Cow::Borrowed(said) } else { plain_words::of(said, board) }
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

impl Study {
    /// The cards that the reader of `lens` sees, in that one's words and with the pictures that it
    /// asks for. Who sees rows sees all of them: a screen scrolls. A page calls [`Self::cut`], too.
    #[must_use]
    pub fn seen_by(&self, lens: Lens, board: &Board) -> Self {
        let is_shown = |card: &&Card| lens.depth(Part::Card(card.id)) > Depth::Hidden;
        let cards = self.cards.iter().filter(is_shown).map(|card| seen_by(card, lens, board));
        Self { at: self.at, cards: cards.collect(), remaining: self.remaining }
    }

    /// No more rows than the reader of `lens` gets on a page; a card says how many are left out.
    /// Who asked for everything gets everything.
    #[must_use]
    pub fn cut(mut self, lens: Lens) -> Self {
        for card in self.cards.iter_mut().filter(|_| lens != Lens::All) {
            let most = lens.depth(Part::Card(card.id)).rows();
            let known = card.rows.len();
            if known > most {
                card.rows.truncate(most);
                card.left_out.push(Text::new(format!(
                    "{} left out for this reader",
                    super::words::count(known - most, "more row", "more rows")
                )));
            }
        }
        self
    }
}

fn seen_by(card: &Card, lens: Lens, board: &Board) -> Card {
    let depth = lens.depth(Part::Card(card.id));
    let mut seen = card.clone();
    if !depth.has_picture() {
        seen.picture = Picture::None;
    }
    if depth.rows() == 0 {
        seen.rows.clear();
    }
    if lens.has_keys() {
        return seen;
    }
    let rows = seen.rows.iter_mut().flat_map(|row| row.cells.iter_mut().chain(&mut row.behind));
    let bars = match &mut seen.picture {
        Picture::Bars { bars } | Picture::Parts { bars, .. } => bars.as_mut_slice(),
        Picture::Lines { .. } | Picture::None => &mut [],
    };
    let bars = bars.iter_mut().flat_map(|bar| [&mut bar.label, &mut bar.says]);
    let notes = seen.notes.iter_mut().chain(&mut seen.left_out);
    let texts = std::iter::once(&mut seen.sentence).chain(notes).chain(rows).chain(bars);
    for text in texts {
        if let Cow::Owned(plain) = lens.words(text, board) {
            *text = Text::new(plain);
        }
    }
    seen
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
            CardId::EnvironmentCost => [Rows(8), Sentence, Rows(15), Picture],
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

    #[test]
    fn everything_is_everything_and_other_readers_get_what_the_table_says() {
        let board = crate::app::fixture::board();
        let study = Study {
            at: board.at,
            cards: CardId::ALL.into_iter().map(|id| full(id, 40)).collect(),
            remaining: 0,
        };
        assert_eq!(study.seen_by(Lens::All, &board).cut(Lens::All), study);
        for lens in Lens::ALL {
            let seen = study.seen_by(lens, &board);
            for id in CardId::ALL {
                let depth = lens.depth(Part::Card(id));
                let Some(card) = seen.card(id) else {
                    assert_eq!(depth, Depth::Hidden, "{lens:?} {id:?}");
                    continue;
                };
                assert!(depth > Depth::Hidden, "{lens:?} {id:?}");
                assert_eq!(card.picture != Picture::None, depth.has_picture(), "{lens:?} {id:?}");
                assert_eq!(card.rows.len(), if depth.rows() > 0 { 40 } else { 0 }, "{lens:?} {id:?}");
                assert_eq!(card.sentence.contains("PAY-9999"), lens != Lens::Executive, "{}", card.sentence);
            }
            for card in seen.cut(lens).cards.iter().filter(|_| lens != Lens::All) {
                let most = lens.depth(Part::Card(card.id)).rows();
                assert_eq!(card.rows.len(), most, "{lens:?} {:?}", card.id);
                let left = format!("{} more rows left out for this reader", 40 - most);
                assert_eq!(
                    card.left_out.iter().any(|note| **note == *left),
                    most > 0,
                    "{lens:?} {:?}",
                    card.id
                );
            }
        }
    }

    fn full(id: CardId, rows: usize) -> Card {
        use crate::insight::{Bar, CardRow, CardStanding};
        let standing = CardStanding::Good;
        let row = CardRow { cells: vec!["a row".into()], standing, subject: None, behind: Vec::new() };
        let bar = Bar { label: "a bar".into(), parts: vec![1.0], says: "1".into(), standing };
        Card {
            sentence: "PAY-9999 came back".into(),
            standing,
            picture: Picture::Bars { bars: vec![bar] },
            rows: vec![row; rows],
            ..Card::silent(id, "")
        }
    }
}
