//! The question before something is changed: what exactly, what speaks against it, and how much of
//! that was on the screen.

use crate::{
    app::{Overlay, QuestionPage},
    domain::{Instant, PullRequestId, SourceId, Text},
    insight::{MergeReasons, Subject, freezes_now, merge_reasons, words},
    source::operation::{Operation, PullRequestOperation},
};

use super::{Dialog, OperationKind, Sentence, State, Together, together};

/// Pull requests of one question of which the threads are read: each is a request.
const MOST_READ: usize = 20;

/// Whether an operation shall be done, to each of some rows.
#[derive(Clone, Debug)]
pub struct Question {
    /// What kind it is.
    pub kind: OperationKind,
    /// What exactly, row by row; at least one.
    pub asked: Vec<Asked>,
    /// Rows that it cannot be done to, with the reason.
    pub left_out: Vec<(Text, Text)>,
    /// Lines scrolled away.
    pub scroll: u16,
    /// What of it was on the screen so far.
    seen: Seen,
}

/// What is asked of one row.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The row.
    pub subject: Subject,
    /// What exactly.
    pub operation: Operation,
    /// The same in words, in one line, as the log keeps it.
    pub sentence: Text,
    /// The same in its parts.
    pub parts: Sentence,
    /// The same in few words.
    pub short: Text,
    /// The source of the service that is asked.
    pub source: Option<SourceId>,
    /// As whom, as far as that is known.
    pub account: Option<Text>,
    /// Of a merge: what speaks against it, and for it.
    pub reasons: Option<MergeReasons>,
}

/// How much of a question was on the screen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Seen {
    /// Lines that all its rows take; where that changes, they were wrapped anew.
    total: u16,
    /// Lines from the first one on, without a gap, that were seen.
    to: u16,
    /// Rows that were not seen to their end; none: nothing was drawn yet.
    missing: Option<usize>,
}

impl Seen {
    fn note(&mut self, page: &QuestionPage) {
        if self.total != page.total {
            *self = Self { total: page.total, ..Self::default() };
        }
        if page.first <= self.to {
            self.to = self.to.max(page.first.saturating_add(page.height));
        }
        self.missing = Some(page.ends.iter().filter(|end| **end > self.to).count());
    }
}

impl Question {
    pub(super) fn new(kind: OperationKind, asked: Vec<Asked>, left_out: Vec<(Text, Text)>) -> Self {
        Self { kind, asked, left_out, scroll: 0, seen: Seen::default() }
    }

    /// Notes what of it is on the screen.
    pub(super) fn note(&mut self, page: &QuestionPage) {
        self.seen.note(page);
    }

    /// Why it cannot be said yes to yet: not everything that it is about was on the screen.
    pub(super) fn unseen(&self) -> Option<String> {
        match self.seen.missing {
            Some(0) => None,
            Some(_) if self.asked.len() + self.left_out.len() == 1 => {
                Some("not yet: its end was not shown (j, page-down)".to_owned())
            }
            Some(missing) => {
                let rows = words::count(missing, "row", "rows");
                Some(format!("not yet: {rows} not shown (j, page-down)"))
            }
            None => Some("not yet: the question was not shown: read it first".to_owned()),
        }
    }

    /// The merge method can still be chosen.
    pub fn has_methods(&self) -> bool {
        self.kind.merges()
    }

    /// What it asks, in words.
    pub(crate) fn together(&self) -> Together<'_> {
        let parts: Vec<&Sentence> = self.asked.iter().map(|asked| &asked.parts).collect();
        together(&parts)
    }

    /// Works out what speaks against what it merges. What is another than it was must be read anew.
    fn weigh(&mut self, state: &State, now: Instant) {
        for (index, asked) in self.asked.iter_mut().enumerate() {
            let (true, Subject::PullRequest(id)) = (merges(&asked.operation), &asked.subject) else {
                continue;
            };
            let Some(row) = state.pull_request(id) else { continue };
            let threads = state.open_threads(id, index < MOST_READ);
            let freezes = freezes_now(&state.board, id, now);
            let reasons = Some(merge_reasons(&row.pull_request, &threads, &freezes, now));
            if asked.reasons != reasons {
                asked.reasons = reasons;
                self.seen = Seen::default();
            }
        }
    }
}

fn merges(operation: &Operation) -> bool {
    use PullRequestOperation as P;
    matches!(operation, Operation::PullRequest(_, P::Merge(_) | P::MergeWhenReady(_)))
}

/// `question` with what speaks against it.
pub(super) fn weighed(state: &State, mut question: Question, now: Instant) -> Question {
    question.weigh(state, now);
    question
}

/// Works out anew what speaks against what is asked in one of `overlays`.
pub(crate) fn weigh(state: &State, overlays: &mut [Overlay], now: Instant) {
    for overlay in overlays {
        if let Overlay::Operations(dialog) = overlay
            && let Dialog::Question(question) = &mut **dialog
        {
            question.weigh(state, now);
        }
    }
}

/// The pull requests that somebody is asked whether to merge, as far as their threads are read.
pub(crate) fn about_to_merge(state: &State) -> Vec<PullRequestId> {
    let Some(Overlay::Operations(dialog)) = state.overlays.last() else { return Vec::new() };
    let Dialog::Question(question) = &**dialog else { return Vec::new() };
    let asked = question.asked.iter().take(MOST_READ).filter(|asked| merges(&asked.operation));
    let ids = asked.filter_map(|asked| match &asked.subject {
        Subject::PullRequest(id) => Some(id.clone()),
        _ => None,
    });
    ids.collect()
}
