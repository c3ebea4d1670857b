//! Changing something outside: what is offered, the question before it, the ten seconds in which
//! it can be undone, and what came of it.
//!
//! ```text
//! key ─▶ menu ─▶ line ─▶ question ──y──▶ waits 10 s ─▶ CarryOut, once ─▶ ended
//!                            │                │                            │ unclear
//!                            └ n, enter, esc  └ u                          └ look
//! ```
//!
//! What was sent is never sent again by itself. What a person asks again is asked anew.

mod dialog;
mod log;
mod nudge;
pub(super) mod offer;
mod question;
mod sentence;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use chrono::Duration;

use crate::{
    domain::{Instant, Problem, SourceId, Text},
    insight::Subject,
    source::operation::{Done, Found, MergeMethod, Operation, OperationError, Operators},
};

use super::{Effect, State, triage, update::say};

pub use dialog::{Dialog, Line, Menu};
pub(super) use dialog::{
    ask_by_key, ask_to_begin, click, drawn, edit, edited, is_still_meant, leave, on_key, open, open_log,
    open_menu, step,
};
pub use log::{LogEntry, Outcome};
pub use offer::{Choice, Offer, OperationKind};
pub use question::{Asked, Question};
pub use sentence::Sentence;

/// So long what was confirmed waits, and can be undone.
const HOLD: Duration = Duration::seconds(10);
/// What could not be sent so long after its time (the program was stopped, the machine slept)
/// is not sent any more: nobody would expect it then.
const TOO_LATE: Duration = Duration::seconds(5);
/// Operations that ended and are remembered for their rows.
const MOST_ENDED: usize = 200;

/// What the key for undoing takes back: whatever was done last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undo {
    /// The operations that were confirmed together, as long as they wait.
    Operations(u64),
    /// What was said last about something on the board.
    Said,
}

/// An operation that somebody confirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedOperation {
    /// Counted from 1 as long as the program runs.
    pub number: u64,
    /// The number of the first of those that were confirmed together: they are undone together.
    pub batch: u64,
    /// The row.
    pub subject: Subject,
    /// What it is.
    pub operation: Operation,
    /// The source of the service that is asked.
    pub source: Option<SourceId>,
    /// As whom, as far as that is known.
    pub account: Option<Text>,
    /// What was confirmed, word by word.
    pub sentence: Text,
    /// The same in few words: `merge api#812`.
    pub short: Text,
    /// When it is sent.
    pub due: Instant,
}

/// How far an operation is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Progress {
    /// It waits until it is due, and can be undone.
    Waits,
    /// It was sent, at this instant; there is no answer yet.
    Sent(Instant),
    /// The answer to what was sent at this instant got lost, or tells nothing.
    Unclear {
        /// When it was sent.
        sent: Instant,
        /// What happened.
        problem: Problem,
        /// Somebody asked for a look, and the answer to that is not there yet.
        looking: bool,
    },
    /// It is done.
    Done(Done),
    /// Certain: nothing was changed.
    NotDone(Problem),
    /// It is not what it was when somebody decided; nothing was changed.
    Moved(Problem),
    /// A look found that it is not done.
    FoundNotDone,
    /// A look could not tell: it is for a person to find out.
    CannotTell(Problem),
}

/// An operation and how far it is.
#[derive(Clone, Debug)]
pub struct Tracked {
    /// What was confirmed.
    pub queued: QueuedOperation,
    /// How far it is.
    pub progress: Progress,
}

impl Tracked {
    fn waits(&self) -> bool {
        self.progress == Progress::Waits
    }

    /// There may still come something of it.
    pub fn is_open(&self) -> bool {
        matches!(self.progress, Progress::Waits | Progress::Sent(_) | Progress::Unclear { .. })
    }
}

/// All operations of this screen.
#[derive(Clone, Debug)]
pub struct Operations {
    /// Who can carry them out.
    pub operators: Operators,
    /// In the order in which they were confirmed.
    tracked: Vec<Tracked>,
    /// The method that somebody chose last in a repository.
    methods: HashMap<Text, Option<MergeMethod>>,
    last: u64,
    /// How long what was confirmed waits.
    pub(crate) hold: Duration,
    /// Another process asks the sources: as whom they are signed in is nothing of this one, which
    /// changes things with the credentials of its own user.
    pub is_viewer: bool,
}

impl Operations {
    /// Operations by these operators.
    pub fn by(operators: Operators) -> Self {
        Self {
            operators,
            tracked: Vec::new(),
            methods: HashMap::new(),
            last: 0,
            hold: HOLD,
            is_viewer: false,
        }
    }

    /// What is to be told at the row of `subject`: the newest, of which somebody has not yet
    /// looked at the end.
    pub fn of(&self, subject: &Subject) -> Option<&Tracked> {
        self.tracked.iter().rev().find(|tracked| tracked.queued.subject == *subject)
    }

    /// Those that wait, the next one first.
    pub fn waiting(&self) -> impl DoubleEndedIterator<Item = &QueuedOperation> {
        self.tracked.iter().filter(|tracked| tracked.waits()).map(|tracked| &tracked.queued)
    }

    /// The one with this number.
    pub fn numbered(&self, number: u64) -> Option<&Tracked> {
        self.tracked.iter().find(|tracked| tracked.queued.number == number)
    }

    fn find(&mut self, number: u64) -> Option<&mut Tracked> {
        self.tracked.iter_mut().find(|tracked| tracked.queued.number == number)
    }

    /// One of the same kind on the same row, of which it is not known yet what comes of it.
    fn same(&self, subject: &Subject, operation: &Operation) -> Option<&Tracked> {
        self.tracked.iter().rev().filter(|tracked| tracked.is_open()).find(|tracked| {
            tracked.queued.subject == *subject && is_same(&tracked.queued.operation, operation)
        })
    }

    /// Forgets the oldest of those that ended, beyond what is remembered.
    fn bound(&mut self) {
        let mut surplus =
            self.tracked.iter().filter(|tracked| !tracked.is_open()).count().saturating_sub(MOST_ENDED);
        self.tracked.retain(|tracked| {
            let goes = surplus > 0 && !tracked.is_open();
            surplus -= usize::from(goes);
            !goes
        });
    }
}

/// Whether doing both would be doing one thing twice. Two comments are two things.
fn is_same(one: &Operation, other: &Operation) -> bool {
    use crate::source::operation::{PullRequestOperation as P, StoryOperation as S};
    match (one, other) {
        (Operation::PullRequest(_, P::Comment(one)), Operation::PullRequest(_, P::Comment(other)))
        | (Operation::Story(_, S::Comment(one)), Operation::Story(_, S::Comment(other))) => one == other,
        // Whichever is first, there is nothing left for the other.
        (
            Operation::PullRequest(_, P::Merge(_) | P::MergeWhenReady(_)),
            Operation::PullRequest(_, P::Merge(_) | P::MergeWhenReady(_)),
        ) => true,
        (Operation::PullRequest(_, one), Operation::PullRequest(_, other)) => {
            std::mem::discriminant(one) == std::mem::discriminant(other)
        }
        (Operation::Story(_, one), Operation::Story(_, other)) => {
            std::mem::discriminant(one) == std::mem::discriminant(other)
        }
        _ => false,
    }
}

/// Puts what was confirmed together where it waits.
fn enqueue(state: &mut State, sure: Vec<Asked>, now: Instant) {
    let operations = &mut state.operations;
    let batch = operations.last + 1;
    for Asked { subject, operation, sentence, short, source, account, .. } in sure {
        operations.last += 1;
        let due = now + operations.hold;
        let number = operations.last;
        let queued =
            QueuedOperation { number, batch, subject, operation, source, account, sentence, short, due };
        operations.tracked.push(Tracked { queued, progress: Progress::Waits });
    }
    operations.bound();
    state.undo = Some(Undo::Operations(batch));
    // What was said of something before would be read as said of this.
    state.message = None;
}

/// What can be undone next: what was confirmed last and still waits.
fn next_undo(state: &State) -> Option<Undo> {
    state.operations.waiting().next_back().map(|last| Undo::Operations(last.batch))
}

/// Sends what is due, each once.
pub(super) fn advance(state: &mut State, now: Instant, effects: &mut Vec<Effect>) {
    let mut late = None;
    for tracked in state.operations.tracked.iter_mut().filter(|tracked| tracked.waits()) {
        let over = now - tracked.queued.due;
        if over > TOO_LATE {
            let problem = Problem::new(
                "not sent: the program stood still when it was due",
                "ask for it again, if it is still wanted",
            );
            late = Some(format!("{}: {}", tracked.queued.short, problem.what));
            tracked.progress = Progress::NotDone(problem);
        } else if over >= Duration::zero() {
            tracked.progress = Progress::Sent(now);
            effects.push(Effect::CarryOut(Box::new(tracked.queued.clone())));
            effects.push(Effect::Draw);
        }
    }
    if let Some(text) = late {
        say(state, text, now, effects);
    }
    // What was sent cannot be taken back; the one before it may still wait.
    if let Some(Undo::Operations(batch)) = state.undo
        && !state.operations.waiting().any(|waiting| waiting.batch == batch)
    {
        state.undo = next_undo(state);
    }
}

/// Takes back what was done last.
pub(super) fn undo(state: &mut State, now: Instant, effects: &mut Vec<Effect>) {
    match state.undo {
        Some(Undo::Operations(batch)) => {
            let mut taken = Vec::new();
            state.operations.tracked.retain(|one| {
                let goes = one.queued.batch == batch && one.waits();
                if goes {
                    taken.push(one.queued.short.clone());
                }
                !goes
            });
            state.undo = next_undo(state);
            let said = match taken.as_slice() {
                [] => return,
                [one] => format!("undone before it was sent: {one}"),
                [first, rest @ ..] => {
                    format!("undone before they were sent: {first} and {} more", rest.len())
                }
            };
            say(state, said, now, effects);
        }
        Some(Undo::Said) => {
            state.undo = next_undo(state);
            triage::undo(state, now, effects);
        }
        None => say(state, "nothing to undo: what was sent cannot be taken back", now, effects),
    }
}

/// Takes the answer of [`Effect::CarryOut`].
pub(super) fn answered(
    state: &mut State,
    number: u64,
    answer: Result<Done, OperationError>,
    now: Instant,
    effects: &mut Vec<Effect>,
) {
    let Some(tracked) = state.operations.find(number) else { return };
    let Progress::Sent(sent) = tracked.progress else { return };
    let asks_again = !matches!(answer, Err(OperationError::NotDone(_)));
    tracked.progress = match answer {
        Ok(done) => Progress::Done(done),
        Err(OperationError::NotDone(problem)) => Progress::NotDone(problem),
        Err(OperationError::Moved(problem)) => Progress::Moved(problem),
        Err(OperationError::Unclear(problem)) => Progress::Unclear { sent, problem, looking: false },
    };
    tell(state, number, asks_again, now, effects);
}

/// Takes the answer of [`Effect::LookWhetherDone`].
pub(super) fn found(state: &mut State, number: u64, found: Found, now: Instant, effects: &mut Vec<Effect>) {
    let Some(tracked) = state.operations.find(number) else { return };
    if !matches!(tracked.progress, Progress::Unclear { .. }) {
        return;
    }
    tracked.progress = match found {
        Found::Done(done) => Progress::Done(done),
        Found::NotDone => Progress::FoundNotDone,
        Found::CannotTell(problem) => Progress::CannotTell(problem),
    };
    tell(state, number, true, now, effects);
}

/// Says what came of an operation, and has its source asked again.
fn tell(state: &mut State, number: u64, asks_again: bool, now: Instant, effects: &mut Vec<Effect>) {
    let Some(tracked) = state.operations.find(number) else { return };
    let (short, said) = (tracked.queued.short.clone(), sentence::progress(&tracked.progress));
    let source = tracked.queued.source.clone().filter(|_| asks_again);
    let next = match &tracked.progress {
        Progress::NotDone(problem) | Progress::Moved(problem) | Progress::CannotTell(problem) => {
            format!(" → {}", problem.next_step)
        }
        Progress::Unclear { .. } => " → look whether it was done, by the menu".to_owned(),
        _ => String::new(),
    };
    effects.extend(source.map(|source| Effect::Refresh(Some(source))));
    state.operations.bound();
    say(state, format!("{short}: {said}{next}"), now, effects);
}

/// Asks for a look whether it was done.
fn look(state: &mut State, number: u64, now: Instant, effects: &mut Vec<Effect>) {
    let Some(tracked) = state.operations.find(number) else { return };
    if let Progress::Unclear { sent, looking, .. } = &mut tracked.progress {
        if *looking {
            return say(state, "somebody is looking already", now, effects);
        }
        *looking = true;
        let (queued, sent) = (Box::new(tracked.queued.clone()), *sent);
        effects.push(Effect::LookWhetherDone { queued, sent });
        effects.push(Effect::Draw);
    }
}

/// The row was looked at: what ended there need not be told any more.
pub(super) fn looked_at(state: &mut State, subject: &Subject) {
    state.operations.tracked.retain(|tracked| tracked.is_open() || tracked.queued.subject != *subject);
}

pub(super) use question::{about_to_merge, weigh};
use sentence::{Together, together};
pub(crate) use sentence::{brief, progress};
