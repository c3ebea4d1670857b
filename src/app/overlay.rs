//! What lies on top of a tab.

use nucleo_matcher::{
    Config, Matcher, Utf32Str,
    pattern::{CaseMatching, Normalization, Pattern},
};
use tui_input::Input;

use crate::insight::{Board, Explanation, Recap, Subject, Trace, Traced};

use super::{CommandDialog, Dialog, Palette, Row};

/// Something on top of a tab. `esc` and `q` close it.
#[derive(Clone, Debug)]
pub enum Overlay {
    /// The keys that apply here.
    Help {
        /// Lines scrolled away.
        scroll: u16,
    },
    /// Why a number is what it is.
    Why {
        /// Which number.
        subject: Subject,
        /// The answer, for the board that is shown.
        explanation: Box<Explanation>,
        /// Lines scrolled away.
        scroll: u16,
    },
    /// Where something is, or what a deployment brings.
    Trace {
        /// What is traced.
        asked: Traced,
        /// The answer, for the board that is shown.
        answer: Box<Trace>,
        /// Lines scrolled away.
        scroll: u16,
    },
    /// The last answer to "can this go then?".
    CanGo {
        /// Lines scrolled away.
        scroll: u16,
    },
    /// All that is known of one item.
    Item {
        /// Which one.
        subject: Subject,
        /// Lines scrolled away.
        scroll: u16,
    },
    /// The release as it is shown to somebody else.
    Release {
        /// Lines scrolled away.
        scroll: u16,
    },
    /// A release as it ended: it fills the screen.
    Recap {
        /// What became of it.
        recap: Box<Recap>,
        /// Lines scrolled away.
        scroll: u16,
    },
    /// How the sources are doing.
    Sources {
        /// Lines scrolled away.
        scroll: u16,
    },
    /// The releases to choose from.
    Chooser(Chooser),
    /// Everything that can be done, by its name.
    Palette(Palette),
    /// What can be done to a row, and the questions before it.
    Operations(Box<Dialog>),
    /// Commands of one's own: the menu, the question, the output.
    Commands(Box<CommandDialog>),
}

impl Overlay {
    /// Lines scrolled away, for those that scroll as a text.
    pub(super) fn scroll(&mut self) -> Option<&mut u16> {
        match self {
            Self::Help { scroll }
            | Self::Why { scroll, .. }
            | Self::Trace { scroll, .. }
            | Self::CanGo { scroll }
            | Self::Item { scroll, .. }
            | Self::Release { scroll }
            | Self::Recap { scroll, .. }
            | Self::Sources { scroll } => Some(scroll),
            Self::Operations(dialog) => match &mut **dialog {
                Dialog::Log { scroll, .. } => Some(scroll),
                Dialog::Question(question) => Some(&mut question.scroll),
                _ => None,
            },
            Self::Commands(dialog) => dialog.scroll(),
            Self::Chooser(_) | Self::Palette(_) => None,
        }
    }
}

/// The release chooser: a line to type in; the list below is
/// [`ListId::Releases`](super::ListId::Releases).
#[derive(Clone, Debug, Default)]
pub struct Chooser {
    /// What is typed.
    pub input: Input,
}

/// The releases whose name matches fuzzily, best first; without a pattern in their own order.
pub(super) fn matching_releases(board: &Board, typed: &str) -> Vec<Row> {
    let releases = board.insight.releases.iter().zip(0u32..);
    if typed.trim().is_empty() {
        return releases.map(|(_, index)| Row::Release(index)).collect();
    }
    let pattern = Pattern::parse(typed, CaseMatching::Smart, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut buffer = Vec::new();
    let mut scored: Vec<(u32, u32)> = releases
        .filter_map(|(insight, index)| {
            let name = Utf32Str::new(insight.release.id.as_str(), &mut buffer);
            pattern.score(name, &mut matcher).map(|score| (score, index))
        })
        .collect();
    // Stable: equally good ones stay in the order of the board.
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    scored.into_iter().map(|(_, index)| Row::Release(index)).collect()
}
