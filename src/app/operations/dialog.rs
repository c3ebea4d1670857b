//! Menu, line, question, and the question before leaving: what is on top, and what keys do there.

use crossterm::event::{KeyCode, KeyEvent};
use tui_input::{Input, InputRequest};

use crate::{
    domain::{Instant, Text},
    insight::Subject,
    source::operation::{MergeMethod, Operation, PullRequestOperation},
};

use super::{
    Choice, LogEntry, Offer, OperationKind, State, enqueue, nudge,
    offer::{build, hands_off, known_words, offers, refusal},
    question::{Asked, Question, weighed},
    sentence::sentence,
};
use crate::app::{Effect, FarBeginning, Overlay, runbook, update::say};

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
    /// Whether a runbook shall begin far from its window.
    Begin(FarBeginning),
    /// The last operations, once they were read.
    Log {
        /// The newest first; none: they are being read.
        entries: Option<Result<Vec<LogEntry>, Text>>,
        /// Lines scrolled away.
        scroll: u16,
    },
}

/// What can be done to rows.
#[derive(Clone, Debug)]
pub struct Menu {
    /// The rows: those that are marked, else the selected one.
    pub subjects: Vec<Subject>,
    /// All that there is for rows of its kind, with the reason against it.
    pub offers: Vec<Offer>,
    /// The one that enter takes.
    pub selected: usize,
}

/// The line in which something is written that an operation needs.
#[derive(Clone, Debug)]
pub struct Line {
    /// The rows.
    pub subjects: Vec<Subject>,
    /// What it is for.
    pub kind: OperationKind,
    /// What is written.
    pub input: Input,
    /// Words that fit, as far as this board knows some.
    pub known: Vec<Text>,
    /// What is wrong with what is written.
    pub problem: Option<Text>,
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

fn top(state: &mut State) -> Option<&mut Dialog> {
    match state.overlays.last_mut() {
        Some(Overlay::Operations(dialog)) => Some(dialog),
        _ => None,
    }
}

/// The rows that operations are for: that of what is on top, else those that are marked, else
/// the selected one.
fn subjects(state: &State) -> Vec<Subject> {
    let is_row = |subject: &Subject| matches!(subject, Subject::PullRequest(_) | Subject::Story(_));
    let subject = match state.overlays.last() {
        Some(Overlay::Operations(dialog)) => match &**dialog {
            Dialog::Menu(menu) => return menu.subjects.clone(),
            _ => return Vec::new(),
        },
        Some(Overlay::Item { subject, .. }) => subject.clone(),
        Some(_) => return Vec::new(),
        None => {
            let marked: Vec<Subject> = state.marked().into_iter().filter(is_row).collect();
            if !marked.is_empty() {
                return marked;
            }
            state.subject()
        }
    };
    Some(subject).filter(is_row).into_iter().collect()
}

/// The rows; none, and what to say, where there are none.
fn rows(state: &mut State, now: Instant, effects: &mut Vec<Effect>) -> Vec<Subject> {
    if let Some(hands_off) = hands_off(state) {
        let problem = hands_off.problem();
        say(state, format!("{} → {}", problem.what, problem.next_step), now, effects);
        return Vec::new();
    }
    if state.operations.operators.is_empty() {
        say(state, "no source of this board can change anything outside", now, effects);
        return Vec::new();
    }
    let mut subjects = subjects(state);
    subjects.retain(|subject| state.knows(subject));
    if subjects.is_empty() {
        say(state, "select a pull request or a story first", now, effects);
    }
    subjects
}

/// The menu for some rows: what can be done to one of them at least.
fn offers_for(state: &State, subjects: &[Subject]) -> Vec<Offer> {
    let mut all = subjects.iter().map(|subject| offers(state, subject));
    let mut together = all.next().unwrap_or_default();
    for of_row in all {
        for offer in of_row {
            match together.iter_mut().find(|known| known.choice == offer.choice) {
                Some(known) if offer.refused.is_none() => known.refused = None,
                Some(_) => {}
                None => together.push(offer),
            }
        }
    }
    together
}

fn show(state: &mut State, dialog: Dialog, effects: &mut Vec<Effect>) {
    if matches!(dialog, Dialog::Question(_)) {
        // What was said of something before would be read as an answer to this.
        state.message = None;
    }
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
    let subjects = rows(state, now, effects);
    if subjects.is_empty() {
        return;
    }
    let offers = offers_for(state, &subjects);
    let selected = offers.iter().position(|offer| offer.refused.is_none()).unwrap_or(0);
    show(state, Dialog::Menu(Menu { subjects, offers, selected }), effects);
}

/// Opens the log of operations.
pub(crate) fn open_log(state: &mut State, effects: &mut Vec<Effect>) {
    show(state, Dialog::Log { entries: None, scroll: 0 }, effects);
    effects.push(Effect::ReadOperationLog);
}

/// Asks for an operation on the row, as its own key or the palette does.
pub(crate) fn ask_by_key(state: &mut State, kind: OperationKind, now: Instant, effects: &mut Vec<Effect>) {
    let subjects = rows(state, now, effects);
    if subjects.is_empty() {
        return;
    }
    let offer = offers_for(state, &subjects).into_iter().find(|offer| offer.choice == Choice::Ask(kind));
    match offer {
        Some(Offer { refused: None, .. }) => begin(state, subjects, kind, now, effects),
        Some(Offer { refused: Some(why), .. }) => say(state, format!("not possible: {why}"), now, effects),
        None => say(state, "not for rows of this kind", now, effects),
    }
}

/// The line if something must be written, else the question.
fn begin(
    state: &mut State,
    subjects: Vec<Subject>,
    kind: OperationKind,
    now: Instant,
    effects: &mut Vec<Effect>,
) {
    let Some(first) = subjects.first() else { return };
    if kind.prompt().is_some() {
        let known = known_words(state, first, kind);
        let input = Input::default();
        return show(state, Dialog::Line(Line { subjects, kind, input, known, problem: None }), effects);
    }
    match asked(state, &subjects, kind, |state, subject| match kind {
        OperationKind::Nudge => {
            nudge::comment(state, subject, now).ok_or_else(|| Text::new("it waits for nobody"))
        }
        _ => Ok(String::new()),
    }) {
        Ok(question) => {
            let question = weighed(state, question, now);
            show(state, Dialog::Question(question), effects);
        }
        Err(why) => say(state, format!("not possible: {why}"), now, effects),
    }
}

/// The method that somebody chose last in the repository of a row.
fn method_of(state: &State, subject: &Subject) -> Option<MergeMethod> {
    let Subject::PullRequest(id) = subject else { return None };
    let repository = &state.pull_request(id)?.pull_request.repository;
    state.operations.methods.get(repository).copied().flatten()
}

/// The question for those of the rows that it can be done to; why not, where there is none.
fn asked(
    state: &State,
    subjects: &[Subject],
    kind: OperationKind,
    words: impl Fn(&State, &Subject) -> Result<String, Text>,
) -> Result<Question, Text> {
    let (mut asked, mut left_out) = (Vec::new(), Vec::new());
    for subject in subjects {
        let made = words(state, subject).and_then(|written| {
            let operation = build(state, subject, kind, &written, method_of(state, subject))?;
            refusal(state, subject, kind, &operation).map_or(Ok(operation), Err)
        });
        match made {
            Ok(operation) => asked.push(ask(state, subject.clone(), operation)),
            Err(why) => left_out.push((name_of(subject), why)),
        }
    }
    match left_out.first() {
        Some((_, why)) if asked.is_empty() => Err(why.clone()),
        _ => Ok(Question::new(kind, asked, left_out)),
    }
}

fn name_of(subject: &Subject) -> Text {
    match subject {
        Subject::PullRequest(id) => Text::new(id.as_str()),
        Subject::Story(key) => Text::new(key.as_str()),
        _ => Text::default(),
    }
}

fn ask(state: &State, subject: Subject, operation: Operation) -> Asked {
    let words = sentence(state, &subject, &operation);
    let source = state.operations.operators.source(&operation).cloned();
    Asked {
        subject,
        operation,
        sentence: words.whole,
        parts: words.sentence,
        short: words.short,
        source,
        account: words.account,
        reasons: None,
    }
}

/// A click on a row of the menu: selects it; on the selected one: takes it.
pub(crate) fn click(state: &mut State, position: usize, now: Instant, effects: &mut Vec<Effect>) {
    let Some(Dialog::Menu(menu)) = top(state) else { return };
    if position >= menu.offers.len() {
        return;
    }
    if menu.selected == position {
        open(state, now, effects);
    } else {
        menu.selected = position;
        effects.push(Effect::Draw);
    }
}

/// What enter does in a dialog. Whether there is one.
pub(crate) fn open(state: &mut State, now: Instant, effects: &mut Vec<Effect>) -> bool {
    let Some(dialog) = top(state).cloned() else { return false };
    match dialog {
        Dialog::Menu(menu) => match menu.offers.get(menu.selected).cloned() {
            Some(Offer { refused: Some(why), .. }) => {
                say(state, format!("not possible: {why}"), now, effects);
            }
            Some(Offer { choice: Choice::Ask(kind), .. }) => begin(state, menu.subjects, kind, now, effects),
            Some(Offer { choice: Choice::Look(number), .. }) => {
                close(state, effects);
                super::look(state, number, now, effects);
            }
            None => close(state, effects),
        },
        Dialog::Line(line) => written(state, line, effects),
        // No is the answer that needs no thought.
        Dialog::Question(_) => refused(state, now, effects),
        Dialog::Begin(_) => not_begun(state, now, effects),
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
        asked(state, &line.subjects, line.kind, |_, _| Ok(value.clone()))
    };
    match made {
        Ok(question) => show(state, Dialog::Question(question), effects),
        Err(why) => {
            line.problem = Some(why);
            show(state, Dialog::Line(line), effects);
        }
    }
}

/// From the editor to the question, if something was written there.
pub(crate) fn edited(state: &mut State, answer: Result<String, Text>, effects: &mut Vec<Effect>) {
    let Some(Dialog::Line(line)) = top(state) else { return };
    let mut line = line.clone();
    let made = match answer {
        Ok(text) if text.trim().is_empty() || text.trim() == line.input.value().trim() => {
            Err("nothing was written, so nothing is asked".into())
        }
        Ok(text) => asked(state, &line.subjects, line.kind, |_, _| Ok(text.trim().to_owned())),
        Err(why) => Err(why),
    };
    match made {
        Ok(question) => show(state, Dialog::Question(question), effects),
        Err(why) => {
            line.problem = Some(why);
            show(state, Dialog::Line(line), effects);
        }
    }
}

/// Copies a reminder for a chat, with the links of what it is about, and sends nothing.
fn copied(state: &mut State, question: &Question, effects: &mut Vec<Effect>) {
    let of = |asked: &Asked| {
        let Operation::PullRequest(_, PullRequestOperation::Comment(text)) = &asked.operation else {
            return None;
        };
        let link = state.link(&asked.subject).map(|link| format!(" {}", link.as_str()));
        Some(format!("{text}{}", link.unwrap_or_default()))
    };
    let texts: Vec<String> = question.asked.iter().filter_map(of).collect();
    close(state, effects);
    effects.push(Effect::Copy {
        said: "copied the reminder for a chat: nothing was sent".into(),
        text: texts.join("\n\n"),
    });
}

fn refused(state: &mut State, now: Instant, effects: &mut Vec<Effect>) {
    close(state, effects);
    say(state, "no: nothing was changed", now, effects);
}

/// Asks whether a runbook shall begin far from its window.
pub(crate) fn ask_to_begin(state: &mut State, asked: FarBeginning, effects: &mut Vec<Effect>) {
    show(state, Dialog::Begin(asked), effects);
}

fn not_begun(state: &mut State, now: Instant, effects: &mut Vec<Effect>) {
    close(state, effects);
    say(state, "no: nothing was started", now, effects);
}

/// Yes: what was asked waits from now on, as far as it can still be done.
fn confirmed(state: &mut State, question: Question, now: Instant, effects: &mut Vec<Effect>) {
    close(state, effects);
    let kind = question.kind;
    let (mut sure, mut refused) = (Vec::new(), Vec::new());
    for asked in question.asked {
        match refusal(state, &asked.subject, kind, &asked.operation) {
            Some(why) => refused.push((asked.short, why)),
            None => sure.push(asked),
        }
    }
    let are_some = !sure.is_empty();
    if are_some {
        enqueue(state, sure, now);
        crate::app::marks::clear(state);
    }
    match refused.as_slice() {
        [] => {}
        [(_, why)] if !are_some => say(state, format!("nothing was changed: {why}"), now, effects),
        [(short, why), ..] => {
            say(state, format!("not done for {} of them: {short}: {why}", refused.len()), now, effects);
        }
    }
}

/// The next method of the merges that are asked about: the same for all.
fn other_method(state: &mut State, question: &Question, now: Instant, effects: &mut Vec<Effect>) {
    use MergeMethod as M;
    if !question.kind.merges() {
        return;
    }
    let method = question.asked.first().and_then(|asked| match &asked.operation {
        Operation::PullRequest(
            _,
            PullRequestOperation::Merge(method) | PullRequestOperation::MergeWhenReady(method),
        ) => *method,
        _ => None,
    });
    let next = match method {
        None => Some(M::Merge),
        Some(M::Merge) => Some(M::Squash),
        Some(M::Squash) => Some(M::Rebase),
        Some(M::Rebase) => None,
    };
    let mut others = Vec::new();
    for asked in &question.asked {
        let mut operation = asked.operation.clone();
        if let Operation::PullRequest(target, wanted) = &mut operation
            && let PullRequestOperation::Merge(method) | PullRequestOperation::MergeWhenReady(method) = wanted
        {
            *method = next;
            state.operations.methods.insert(target.repository.clone(), next);
        }
        others.push(ask(state, asked.subject.clone(), operation));
    }
    let question = Question::new(question.kind, others, question.left_out.clone());
    let question = weighed(state, question, now);
    show(state, Dialog::Question(question), effects);
}

/// Keys that answer a question, or change it.
const ANSWERS: [KeyCode; 7] = [
    KeyCode::Char('y'),
    KeyCode::Char('n'),
    KeyCode::Char('q'),
    KeyCode::Char('c'),
    KeyCode::Tab,
    KeyCode::Enter,
    KeyCode::Esc,
];

/// Scrolls the question from its line `first` on, if the key moves. A page leaves a line of the one
/// before, so that nothing is passed over.
fn scroll(state: &mut State, first: u16, key: KeyEvent, effects: &mut Vec<Effect>) -> bool {
    use crate::app::Command as C;
    let Some(command) = state.keys.command(state.context(), crate::app::Key::from(key)) else { return false };
    let height = state.layout.question.as_ref().map_or(1, |page| page.height);
    let page = height.saturating_sub(1).max(1);
    let wanted = match command {
        C::MoveDown | C::DetailDown => first.saturating_add(1),
        C::MoveUp | C::DetailUp => first.saturating_sub(1),
        C::HalfPageDown => first.saturating_add((page / 2).max(1)),
        C::HalfPageUp => first.saturating_sub((page / 2).max(1)),
        C::PageDown => first.saturating_add(page),
        C::PageUp => first.saturating_sub(page),
        C::First => 0,
        C::Last => u16::MAX,
        _ => return false,
    };
    let most = state.layout.overlay_most;
    if let Some(Dialog::Question(question)) = top(state) {
        question.scroll = wanted.min(most);
    }
    effects.push(Effect::Draw);
    true
}

/// What was on the screen: a question counts as read as far as it was shown.
pub(crate) fn drawn(state: &mut State) {
    let Some(page) = state.layout.question.clone() else { return };
    if let Some(Dialog::Question(question)) = top(state) {
        question.note(&page);
    }
}

/// Keys that mean something in a dialog only. Whether that was one.
pub(crate) fn on_key(state: &mut State, key: KeyEvent, now: Instant, effects: &mut Vec<Effect>) -> bool {
    let is_control = crate::app::Key::from(key).parts().1;
    if let Some(Dialog::Question(question)) = top(state)
        && !ANSWERS.contains(&key.code)
    {
        let first = question.scroll;
        return scroll(state, first, key, effects) || !is_control;
    }
    let Some(dialog) = top(state) else { return false };
    match dialog {
        Dialog::Question(question) => {
            // Nothing but these: a key that was meant for something else must not answer.
            match key.code {
                _ if is_control => return false,
                KeyCode::Char('y') => {
                    let question = question.clone();
                    match question.unseen() {
                        Some(why) => say(state, why, now, effects),
                        None => confirmed(state, question, now, effects),
                    }
                }
                KeyCode::Char('c') if question.kind == OperationKind::Nudge => {
                    let question = question.clone();
                    copied(state, &question, effects);
                }
                KeyCode::Tab => {
                    let question = question.clone();
                    other_method(state, &question, now, effects);
                }
                KeyCode::Char('n' | 'q') | KeyCode::Enter | KeyCode::Esc => refused(state, now, effects),
                _ => {}
            }
            true
        }
        Dialog::Leave => {
            match key.code {
                _ if is_control => return false,
                KeyCode::Char('y') => effects.push(Effect::Quit),
                KeyCode::Char('n' | 'q') | KeyCode::Enter | KeyCode::Esc => close(state, effects),
                _ => {}
            }
            true
        }
        Dialog::Begin(asked) => {
            match key.code {
                _ if is_control => return false,
                KeyCode::Char('y') => {
                    let asked = asked.clone();
                    close(state, effects);
                    runbook::begin(state, &asked, now, effects);
                }
                KeyCode::Char('n' | 'q') | KeyCode::Enter | KeyCode::Esc => not_begun(state, now, effects),
                _ => {}
            }
            true
        }
        Dialog::Line(line)
            if is_control && key.code == KeyCode::Char('e') && line.kind == OperationKind::Comment =>
        {
            let text = line.input.value().to_owned();
            if state.desk.editor {
                effects.push(Effect::Edit(text));
            } else {
                say(state, "no editor is set: $VISUAL or $EDITOR names one", now, effects);
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
        Dialog::Menu(Menu { subjects, .. }) | Dialog::Line(Line { subjects, .. }) => {
            subjects.iter().all(|subject| state.knows(subject))
        }
        Dialog::Question(question) => question.asked.iter().all(|asked| state.knows(&asked.subject)),
        Dialog::Begin(asked) => {
            state.deployment(&asked.deployment).is_some_and(|row| !row.deployment.state.is_over())
        }
        Dialog::Leave | Dialog::Log { .. } => true,
    }
}
