//! Menu, line, question, and the question before leaving: what is on top, and what keys do there.

use crossterm::event::{KeyCode, KeyEvent};
use tui_input::{Input, InputRequest};

use crate::{
    domain::{Instant, SourceId, Text},
    insight::Subject,
    source::operation::{MergeMethod, Operation, PullRequestOperation},
};

use super::{
    Choice, LogEntry, Offer, OperationKind, State, enqueue,
    offer::{build, hands_off, known_words, offers, refusal},
    sentence::sentence,
};
use crate::app::{Effect, Overlay, update::say};

/// Characters that a comment takes.
const LONGEST_LINE: usize = 400;

/// Something on top that belongs to operations.
#[derive(Clone, Debug)]
pub enum Dialog {
    /// What can be done to a row.
    Menu(Menu),
    /// What an operation still needs: text, names, a release.
    Line(Line),
    /// Whether it shall be done.
    Question(Question),
    /// Whether to leave although something waits.
    Leave,
    /// The last operations, once they were read.
    Log {
        /// The newest first; none: they are being read.
        entries: Option<Result<Vec<LogEntry>, Text>>,
        /// Lines scrolled away.
        scroll: u16,
    },
}

/// What can be done to a row.
#[derive(Clone, Debug)]
pub struct Menu {
    /// The row.
    pub subject: Subject,
    /// All that there is for rows of its kind, with the reason against it.
    pub offers: Vec<Offer>,
    /// The one that enter takes.
    pub selected: usize,
}

/// The line in which something is written that an operation needs.
#[derive(Clone, Debug)]
pub struct Line {
    /// The row.
    pub subject: Subject,
    /// What it is for.
    pub kind: OperationKind,
    /// What is written.
    pub input: Input,
    /// Words that fit, as far as this board knows some.
    pub known: Vec<Text>,
    /// What is wrong with what is written.
    pub problem: Option<Text>,
}

/// Whether an operation shall be done.
#[derive(Clone, Debug)]
pub struct Question {
    /// The row.
    pub subject: Subject,
    /// What kind it is.
    pub kind: OperationKind,
    /// What exactly.
    pub operation: Operation,
    /// The same in words.
    pub sentence: Text,
    /// The same in few words.
    pub short: Text,
    /// The source of the service that is asked.
    pub source: Option<SourceId>,
    /// As whom, as far as that is known.
    pub account: Option<Text>,
}

impl Line {
    /// What is asked for.
    pub fn prompt(&self) -> &'static str {
        self.kind.prompt().unwrap_or_default()
    }

    /// The known words that go on with the word that is being written.
    pub fn completions(&self) -> impl Iterator<Item = &Text> {
        let begun = last_word(self.input.value()).to_lowercase();
        self.known.iter().filter(move |word| word.to_lowercase().contains(&begun))
    }
}

fn last_word(value: &str) -> &str {
    value.rsplit(',').next().unwrap_or_default().trim_start().trim_start_matches('@')
}

impl Question {
    /// The merge method can still be chosen.
    pub fn has_methods(&self) -> bool {
        self.kind.merges()
    }
}

fn top(state: &mut State) -> Option<&mut Dialog> {
    match state.overlays.last_mut() {
        Some(Overlay::Operations(dialog)) => Some(dialog),
        _ => None,
    }
}

/// The row that operations are for: that of what is on top, else the selected one.
fn subject(state: &State) -> Option<Subject> {
    let subject = match state.overlays.last() {
        Some(Overlay::Operations(dialog)) => match &**dialog {
            Dialog::Menu(menu) => menu.subject.clone(),
            _ => return None,
        },
        Some(Overlay::Item { subject, .. }) => subject.clone(),
        Some(_) => return None,
        None => state.subject(),
    };
    matches!(subject, Subject::PullRequest(_) | Subject::Story(_)).then_some(subject)
}

/// The row, or what to say where there is none.
fn row(state: &mut State, now: Instant, effects: &mut Vec<Effect>) -> Option<Subject> {
    if let Some(hands_off) = hands_off(state) {
        let problem = hands_off.problem();
        say(state, format!("{} → {}", problem.what, problem.next_step), now, effects);
        return None;
    }
    if state.operations.operators.is_empty() {
        say(state, "no source of this board can change anything outside", now, effects);
        return None;
    }
    let subject = subject(state).filter(|subject| state.knows(subject));
    if subject.is_none() {
        say(state, "select a pull request or a story first", now, effects);
    }
    subject
}

fn show(state: &mut State, dialog: Dialog, effects: &mut Vec<Effect>) {
    state.overlays.retain(|overlay| !matches!(overlay, Overlay::Operations(_)));
    state.overlays.push(Overlay::Operations(Box::new(dialog)));
    effects.push(Effect::Draw);
}

fn close(state: &mut State, effects: &mut Vec<Effect>) {
    state.overlays.retain(|overlay| !matches!(overlay, Overlay::Operations(_)));
    effects.push(Effect::Draw);
}

/// Opens the menu for the row, or closes it again.
pub(crate) fn open_menu(state: &mut State, now: Instant, effects: &mut Vec<Effect>) {
    if matches!(top(state), Some(Dialog::Menu(_))) {
        return close(state, effects);
    }
    let Some(subject) = row(state, now, effects) else { return };
    let offers = offers(state, &subject);
    let selected = offers.iter().position(|offer| offer.refused.is_none()).unwrap_or(0);
    show(state, Dialog::Menu(Menu { subject, offers, selected }), effects);
}

/// Opens the log of operations.
pub(crate) fn open_log(state: &mut State, effects: &mut Vec<Effect>) {
    show(state, Dialog::Log { entries: None, scroll: 0 }, effects);
    effects.push(Effect::ReadOperationLog);
}

/// Asks for an operation on the row, as its own key or the palette does.
pub(crate) fn ask_by_key(state: &mut State, kind: OperationKind, now: Instant, effects: &mut Vec<Effect>) {
    let Some(subject) = row(state, now, effects) else { return };
    let offer = offers(state, &subject).into_iter().find(|offer| offer.choice == Choice::Ask(kind));
    match offer {
        Some(Offer { refused: None, .. }) => begin(state, subject, kind, now, effects),
        Some(Offer { refused: Some(why), .. }) => say(state, format!("not possible: {why}"), now, effects),
        None => say(state, "not for rows of this kind", now, effects),
    }
}

/// The line if something must be written, else the question.
fn begin(state: &mut State, subject: Subject, kind: OperationKind, now: Instant, effects: &mut Vec<Effect>) {
    if kind.prompt().is_some() {
        let known = known_words(state, &subject, kind);
        let line = Line { subject, kind, input: Input::default(), known, problem: None };
        return show(state, Dialog::Line(line), effects);
    }
    let repository = match &subject {
        Subject::PullRequest(id) => state.pull_request(id).map(|row| row.pull_request.repository.clone()),
        _ => None,
    };
    let method =
        repository.and_then(|repository| state.operations.methods.get(&repository).copied()).flatten();
    match build(state, &subject, kind, "", method) {
        Ok(operation) => ask(state, subject, kind, operation, effects),
        Err(why) => say(state, format!("not possible: {why}"), now, effects),
    }
}

fn ask(
    state: &mut State,
    subject: Subject,
    kind: OperationKind,
    operation: Operation,
    effects: &mut Vec<Effect>,
) {
    let words = sentence(state, &subject, &operation);
    let source = state.operations.operators.source(&operation).cloned();
    let question = Question {
        subject,
        kind,
        operation,
        sentence: words.whole,
        short: words.short,
        source,
        account: words.account,
    };
    show(state, Dialog::Question(question), effects);
}

/// What enter does in a dialog. Whether there is one.
pub(crate) fn open(state: &mut State, now: Instant, effects: &mut Vec<Effect>) -> bool {
    let Some(dialog) = top(state).cloned() else { return false };
    match dialog {
        Dialog::Menu(menu) => match menu.offers.get(menu.selected).cloned() {
            Some(Offer { refused: Some(why), .. }) => {
                say(state, format!("not possible: {why}"), now, effects);
            }
            Some(Offer { choice: Choice::Ask(kind), .. }) => begin(state, menu.subject, kind, now, effects),
            Some(Offer { choice: Choice::Look(number), .. }) => {
                close(state, effects);
                super::look(state, number, now, effects);
            }
            None => close(state, effects),
        },
        Dialog::Line(line) => written(state, line, effects),
        // No is the answer that needs no thought.
        Dialog::Question(_) => refused(state, now, effects),
        Dialog::Leave | Dialog::Log { .. } => close(state, effects),
    }
    true
}

/// From the line to the question, if what was written will do.
fn written(state: &mut State, mut line: Line, effects: &mut Vec<Effect>) {
    let value = line.input.value().trim().to_owned();
    let is_empty = value.split([',', ' ', '@']).all(str::is_empty);
    let made = if is_empty {
        Err(Text::new("write something first, or leave by esc"))
    } else {
        build(state, &line.subject, line.kind, &value, None).and_then(|operation| {
            refusal(state, &line.subject, line.kind, &operation).map_or(Ok(operation), Err)
        })
    };
    match made {
        Ok(operation) => ask(state, line.subject, line.kind, operation, effects),
        Err(why) => {
            line.problem = Some(why);
            show(state, Dialog::Line(line), effects);
        }
    }
}

fn refused(state: &mut State, now: Instant, effects: &mut Vec<Effect>) {
    close(state, effects);
    say(state, "no: nothing was changed", now, effects);
}

/// Yes: what was asked waits from now on, if it can still be done.
fn confirmed(state: &mut State, question: Question, now: Instant, effects: &mut Vec<Effect>) {
    close(state, effects);
    match refusal(state, &question.subject, question.kind, &question.operation) {
        Some(why) => say(state, format!("nothing was changed: {why}"), now, effects),
        None => enqueue(state, question, now),
    }
}

/// The next method of a merge that is asked about.
fn other_method(state: &mut State, mut question: Question, effects: &mut Vec<Effect>) {
    use MergeMethod as M;
    let (Operation::PullRequest(target, wanted), true) = (&mut question.operation, question.kind.merges())
    else {
        return;
    };
    if let PullRequestOperation::Merge(method) | PullRequestOperation::MergeWhenReady(method) = wanted {
        *method = match *method {
            None => Some(M::Merge),
            Some(M::Merge) => Some(M::Squash),
            Some(M::Squash) => Some(M::Rebase),
            Some(M::Rebase) => None,
        };
        state.operations.methods.insert(target.repository.clone(), *method);
    }
    let Question { subject, kind, operation, .. } = question;
    ask(state, subject, kind, operation, effects);
}

/// Keys that mean something in a dialog only. Whether that was one.
pub(crate) fn on_key(state: &mut State, key: KeyEvent, now: Instant, effects: &mut Vec<Effect>) -> bool {
    let is_control = crate::app::Key::from(key).parts().1;
    let Some(dialog) = top(state) else { return false };
    match dialog {
        Dialog::Question(question) => {
            // Nothing but these: a key that was meant for something else must not answer.
            match key.code {
                _ if is_control => return false,
                KeyCode::Char('y') => {
                    let question = question.clone();
                    confirmed(state, question, now, effects);
                }
                KeyCode::Tab => {
                    let question = question.clone();
                    other_method(state, question, effects);
                }
                KeyCode::Char('n' | 'q') | KeyCode::Enter | KeyCode::Esc => refused(state, now, effects),
                _ => {}
            }
            true
        }
        Dialog::Leave => {
            match key.code {
                _ if is_control => return false,
                KeyCode::Char('y') | KeyCode::Enter => effects.push(Effect::Quit),
                KeyCode::Char('n' | 'q') | KeyCode::Esc => close(state, effects),
                _ => {}
            }
            true
        }
        Dialog::Line(line) if key.code == KeyCode::Tab => {
            let completed = line.completions().next().cloned();
            if let Some(word) = completed {
                let value = line.input.value().to_owned();
                let kept = value.len() - last_word(&value).len();
                line.input = Input::new(format!("{}{word}", &value[..kept]));
                effects.push(Effect::Draw);
            }
            true
        }
        Dialog::Line(_) | Dialog::Menu(_) | Dialog::Log { .. } => false,
    }
}

/// Edits the line. Whether there is one.
pub(crate) fn edit(state: &mut State, requests: &mut dyn Iterator<Item = InputRequest>) -> bool {
    let Some(Dialog::Line(line)) = top(state) else { return false };
    for request in requests {
        let adds = matches!(request, InputRequest::InsertChar(_));
        if !adds || line.input.value().chars().count() < LONGEST_LINE {
            line.input.handle(request);
        }
    }
    line.problem = None;
    true
}

/// Moves through the menu. Whether there is one.
pub(crate) fn step(state: &mut State, steps: isize) -> bool {
    let Some(Dialog::Menu(menu)) = top(state) else { return false };
    let last = menu.offers.len().saturating_sub(1);
    menu.selected = menu.selected.saturating_add_signed(steps).min(last);
    true
}

/// Whether leaving must be asked for first; asks.
pub(crate) fn leave(state: &mut State, effects: &mut Vec<Effect>) -> bool {
    let is_asked = matches!(top(state), Some(Dialog::Leave));
    if is_asked || state.operations.waiting().next().is_none() {
        return false;
    }
    show(state, Dialog::Leave, effects);
    true
}

/// What is on top, without rows that are gone.
pub(crate) fn is_still_meant(state: &State, dialog: &Dialog) -> bool {
    match dialog {
        Dialog::Menu(Menu { subject, .. })
        | Dialog::Line(Line { subject, .. })
        | Dialog::Question(Question { subject, .. }) => state.knows(subject),
        Dialog::Leave | Dialog::Log { .. } => true,
    }
}
