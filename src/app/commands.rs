//! Commands of one's own: what may be run for a row, the question before it, its output.
//!
//! Nothing here goes through a shell unless the command says so, and then what stands on the
//! board reaches the script as `$1`, `$2` and so on, never as a part of it.

use crossterm::event::{KeyCode, KeyEvent};

use crate::{
    config::{CommandConfig, CommandOutput},
    domain::{Instant, Text, shell_word},
    insight::Subject,
    source::operation::HandsOff,
};

use super::{Context, Effect, Key, KeyMap, Overlay, State, operations::offer::hands_off, update::say};

/// A command of one's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnCommand {
    /// What it is called.
    pub name: Text,
    /// Its key, if it has one.
    pub key: Option<Key>,
    config: CommandConfig,
    does: String,
}

impl OwnCommand {
    /// What it runs, as it is configured.
    pub fn does(&self) -> &str {
        &self.does
    }
}

/// All commands of one's own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnCommands(Vec<OwnCommand>);

impl OwnCommands {
    /// Commands as they are configured, beside the keys of the board; or all that is wrong with
    /// their keys.
    pub fn new(configs: &[CommandConfig], keys: &KeyMap) -> Result<Self, Vec<String>> {
        let (mut commands, mut problems): (Vec<OwnCommand>, Vec<String>) = (Vec::new(), Vec::new());
        for config in configs {
            let mut key = None;
            if let Some(written) = &config.key {
                match written.parse::<Key>() {
                    Ok(parsed) => key = Some(parsed),
                    Err(error) => problems.push(format!("command {:?}: {error}", config.name.as_str())),
                }
            }
            if let Some(key) = key {
                let mut contexts = Context::ALL.into_iter().filter(|context| !context.is_typing());
                let taken = contexts.find_map(|context| Some((context, keys.command(context, key)?)));
                if let Some((context, command)) = taken {
                    problems.push(format!(
                        "command {:?}: the key {key} is bound to {command}; choose another one, or free it \
                         with \"{key}\" = \"none\" under [keys.{}]",
                        config.name.as_str(),
                        context.name(),
                    ));
                }
                if let Some(other) = commands.iter().find(|other| other.key == Some(key)) {
                    problems.push(format!(
                        "command {:?}: the key {key} is that of command {:?}, too",
                        config.name.as_str(),
                        other.name.as_str()
                    ));
                }
            }
            let does = crate::domain::clean(&config.run.join(" "));
            commands.push(OwnCommand { name: config.name.clone(), key, config: config.clone(), does });
        }
        if problems.is_empty() { Ok(Self(commands)) } else { Err(problems) }
    }

    /// All of them, in the order of the files.
    pub fn all(&self) -> &[OwnCommand] {
        &self.0
    }
}

/// Programs to run one after the other, as long as each ends well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Counted from 1 as long as the program runs.
    pub number: u64,
    /// What it is called.
    pub name: Text,
    /// Each a program and its arguments.
    pub steps: Vec<Vec<String>>,
    /// Where its output goes.
    pub output: CommandOutput,
    /// What to tell when all ended well.
    pub done: Text,
}

impl Job {
    /// What is run, for a person: words with blanks in quotes.
    pub fn shown(&self) -> String {
        let step =
            |words: &Vec<String>| words.iter().map(|word| shell_word(word)).collect::<Vec<_>>().join(" ");
        self.steps.iter().map(step).collect::<Vec<_>>().join(" && ")
    }
}

/// What came of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandResult {
    /// All steps ended well.
    pub is_good: bool,
    /// How it ended: `done`, `ended with exit status: 1`.
    pub how: Text,
    /// The end of what it wrote.
    pub lines: Vec<Text>,
}

/// What came of a job, or why there is nothing to tell.
pub type JobAnswer = Result<CommandResult, Text>;

/// Something that can be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Choice {
    Own(usize),
    Checkout,
}

/// An entry of the menu.
#[derive(Clone, Debug)]
pub struct CommandOffer {
    choice: Choice,
    /// Its key, as it is written.
    pub key: Option<String>,
    /// What it is called.
    pub name: Text,
    /// Why it cannot be run for this row.
    pub refused: Option<Text>,
}

/// What can be run for a row.
#[derive(Clone, Debug)]
pub struct CommandMenu {
    /// The row.
    pub subject: Subject,
    /// All there is.
    pub offers: Vec<CommandOffer>,
    /// The one that enter takes.
    pub selected: usize,
}

/// Whether a command shall be run.
#[derive(Clone, Debug)]
pub struct CommandQuestion {
    /// The row.
    pub subject: Subject,
    /// What would be run.
    pub job: Job,
    /// It changes something outside.
    pub dangerous: bool,
}

/// Something on top that belongs to commands of one's own.
#[derive(Clone, Debug)]
pub enum CommandDialog {
    /// What can be run.
    Menu(CommandMenu),
    /// Whether it shall be.
    Question(CommandQuestion),
    /// What it wrote.
    Output {
        /// The job.
        job: Job,
        /// What came of it; none: it runs.
        answer: Option<JobAnswer>,
        /// Lines scrolled away.
        scroll: u16,
    },
}

impl CommandDialog {
    pub(super) fn scroll(&mut self) -> Option<&mut u16> {
        match self {
            Self::Output { scroll, .. } => Some(scroll),
            _ => None,
        }
    }

    pub(super) fn is_still_meant(&self, state: &State) -> bool {
        match self {
            Self::Menu(CommandMenu { subject, .. }) | Self::Question(CommandQuestion { subject, .. }) => {
                state.knows(subject)
            }
            Self::Output { .. } => true,
        }
    }
}

fn top(state: &mut State) -> Option<&mut CommandDialog> {
    match state.overlays.last_mut() {
        Some(Overlay::Commands(dialog)) => Some(dialog),
        _ => None,
    }
}

fn show(state: &mut State, dialog: CommandDialog, effects: &mut Vec<Effect>) {
    close(state, effects);
    state.overlays.push(Overlay::Commands(Box::new(dialog)));
}

fn close(state: &mut State, effects: &mut Vec<Effect>) {
    state.overlays.retain(|overlay| !matches!(overlay, Overlay::Commands(_)));
    effects.push(Effect::Draw);
}

/// What a placeholder stands for in a row; none if it has no such thing.
fn value(state: &State, subject: &Subject, placeholder: &str) -> Option<String> {
    let story = match subject {
        Subject::Story(key) => state.story(key),
        _ => None,
    };
    let row = match subject {
        Subject::PullRequest(id) => state.pull_request(id),
        _ => story.and_then(|story| state.pull_request(story.pull_requests.first()?)),
    };
    let pull_request = row.map(|row| &row.pull_request);
    let found = match placeholder {
        "repo" => pull_request?.repository.to_string(),
        "number" => pull_request?.number?.to_string(),
        "branch" => pull_request?.branch.as_ref()?.to_string(),
        "url" => state.link(subject)?.as_str().to_owned(),
        "story" => match (story, pull_request) {
            (Some(story), _) => story.story.key.to_string(),
            (None, Some(pull_request)) => pull_request.stories.first()?.to_string(),
            _ => return None,
        },
        _ => return None,
    };
    // One that was cut, or is empty, would name something else.
    (!found.is_empty() && !found.ends_with('…')).then_some(found)
}

/// An argument with what its placeholders stand for. What a placeholder brings in cannot become
/// an option of the program.
fn expand(state: &State, subject: &Subject, argument: &str) -> Result<String, Text> {
    let mut expanded = String::new();
    let mut rest = argument;
    while let Some((before, after)) = rest.split_once('{') {
        expanded.push_str(before);
        let known = after.split_once('}').filter(|(name, _)| crate::config::PLACEHOLDERS.contains(name));
        if let Some((name, behind)) = known {
            let value = value(state, subject, name)
                .ok_or_else(|| Text::new(format!("nothing is known for {{{name}}}")))?;
            if expanded.is_empty() && value.starts_with('-') {
                return Err(Text::new(format!(
                    "{{{name}}} is {value:?}, which the program would take for an option"
                )));
            }
            expanded.push_str(&value);
            rest = behind;
        } else {
            expanded.push('{');
            rest = after;
        }
    }
    expanded.push_str(rest);
    Ok(expanded)
}

/// Why a command must not be run now, whatever the row.
fn refused(state: &State, dangerous: bool) -> Option<Text> {
    match hands_off(state) {
        None => None,
        // What changes nothing outside is welcome there.
        Some(HandsOff::ReadOnly) if !dangerous => None,
        Some(hands_off) => Some(hands_off.problem().what),
    }
}

/// What would be run for a row, or why nothing can be.
fn job(state: &State, subject: &Subject, choice: Choice) -> Result<(Job, bool, bool), Text> {
    match choice {
        Choice::Own(index) => {
            let command = state.desk.commands.all().get(index).ok_or("there is no such command")?;
            let config = &command.config;
            if let Some(why) = refused(state, config.dangerous) {
                return Err(why);
            }
            let mut words: Vec<String> = Vec::new();
            if config.shell {
                // The script's name, for its messages, goes before its arguments.
                words.extend(["sh", "-c"].map(str::to_owned));
            }
            for (index, word) in config.run.iter().enumerate() {
                words.push(if index == 0 { word.clone() } else { expand(state, subject, word)? });
                if config.shell && index == 0 {
                    words.push("tminus".to_owned());
                }
            }
            let done = Text::new(format!("{}: done", command.name));
            let job = Job {
                number: 0,
                name: command.name.clone(),
                steps: vec![words],
                output: config.output,
                done,
            };
            Ok((job, config.confirm || config.dangerous, config.dangerous))
        }
        Choice::Checkout => {
            if let Some(why) = refused(state, true) {
                return Err(why);
            }
            let checkout = state.desk.checkout.as_ref();
            let checkout =
                checkout.ok_or("set checkout.directory in your own file, in a repository of a forge")?;
            let Subject::PullRequest(id) = subject else { return Err("not for rows of this kind".into()) };
            let row = state.pull_request(id).ok_or("it is not on this board any more")?;
            Ok((checkout.job(&row.pull_request)?, true, false))
        }
    }
}

/// Opens the menu for the row, or closes it again.
pub(super) fn open_menu(state: &mut State, now: Instant, effects: &mut Vec<Effect>) {
    if matches!(top(state), Some(CommandDialog::Menu(_))) {
        return close(state, effects);
    }
    let Some(subject) = state.pointed() else { return };
    let own = state.desk.commands.all().iter().enumerate().map(|(index, command)| {
        (Choice::Own(index), command.key.map(|key| key.to_string()), command.name.clone())
    });
    let checkout = state.desk.checkout.as_ref().map(|_| (Choice::Checkout, None, Text::new("checkout")));
    let choices: Vec<_> = own.chain(checkout).collect();
    if choices.is_empty() {
        let said = "you have no commands of your own yet: add a [[command]] to your configuration";
        return say(state, said, now, effects);
    }
    let offers: Vec<CommandOffer> = choices
        .into_iter()
        .map(|(choice, key, name)| {
            let refused = job(state, &subject, choice).err();
            CommandOffer { choice, key, name, refused }
        })
        .collect();
    let selected = offers.iter().position(|offer| offer.refused.is_none()).unwrap_or(0);
    show(state, CommandDialog::Menu(CommandMenu { subject, offers, selected }), effects);
}

fn ask(state: &mut State, subject: Subject, choice: Choice, now: Instant, effects: &mut Vec<Effect>) {
    match job(state, &subject, choice) {
        Ok((job, true, dangerous)) => {
            show(state, CommandDialog::Question(CommandQuestion { subject, job, dangerous }), effects);
        }
        Ok((job, false, _)) => begin(state, job, now, effects),
        Err(why) => {
            close(state, effects);
            say(state, format!("not possible: {why}"), now, effects);
        }
    }
}

fn begin(state: &mut State, mut job: Job, now: Instant, effects: &mut Vec<Effect>) {
    close(state, effects);
    state.desk.jobs += 1;
    job.number = state.desk.jobs;
    match job.output {
        CommandOutput::Pane => {
            show(state, CommandDialog::Output { job: job.clone(), answer: None, scroll: 0 }, effects);
        }
        CommandOutput::Log => say(state, format!("{} runs", job.name), now, effects),
        CommandOutput::Terminal => {}
    }
    effects.push(Effect::RunJob(Box::new(job)));
}

/// Runs the command whose key was pressed, or asks.
pub(super) fn by_key(state: &mut State, key: Key, now: Instant, effects: &mut Vec<Effect>) {
    let index = state.desk.commands.all().iter().position(|command| command.key == Some(key));
    if let (Some(index), None | Some(Overlay::Item { .. })) = (index, state.overlays.last()) {
        ask_by_index(state, index, now, effects);
    }
}

/// The same for a command of the palette.
pub(super) fn ask_by_index(state: &mut State, index: usize, now: Instant, effects: &mut Vec<Effect>) {
    let Some(subject) = state.pointed() else { return };
    ask(state, subject, Choice::Own(index), now, effects);
}

/// Asks whether to check the selected pull request out.
pub(super) fn ask_for_checkout(state: &mut State, now: Instant, effects: &mut Vec<Effect>) {
    let Some(subject) = state.pointed() else { return };
    ask(state, subject, Choice::Checkout, now, effects);
}

/// What enter does. Whether there is a dialog.
pub(super) fn open(state: &mut State, now: Instant, effects: &mut Vec<Effect>) -> bool {
    let Some(dialog) = top(state).cloned() else { return false };
    match dialog {
        CommandDialog::Menu(menu) => match menu.offers.get(menu.selected) {
            Some(offer) => ask(state, menu.subject, offer.choice, now, effects),
            None => close(state, effects),
        },
        // No is the answer that needs no thought.
        CommandDialog::Question(_) => decline(state, now, effects),
        CommandDialog::Output { .. } => close(state, effects),
    }
    true
}

fn decline(state: &mut State, now: Instant, effects: &mut Vec<Effect>) {
    close(state, effects);
    say(state, "no: nothing was run", now, effects);
}

/// Keys that mean something in a question only. Whether there is one.
pub(super) fn on_key(state: &mut State, key: KeyEvent, now: Instant, effects: &mut Vec<Effect>) -> bool {
    let is_control = Key::from(key).parts().1;
    let Some(CommandDialog::Question(question)) = top(state) else { return false };
    match key.code {
        _ if is_control => return false,
        KeyCode::Char('y') => {
            let question = question.clone();
            // The board may have gone into the past meanwhile.
            match refused(state, question.dangerous) {
                Some(why) => {
                    close(state, effects);
                    say(state, format!("not possible: {why}"), now, effects);
                }
                None => begin(state, question.job, now, effects),
            }
        }
        KeyCode::Char('n' | 'q') | KeyCode::Enter | KeyCode::Esc => decline(state, now, effects),
        _ => {}
    }
    true
}

/// Moves through the menu. Whether there is one.
pub(super) fn step(state: &mut State, steps: isize) -> bool {
    let Some(CommandDialog::Menu(menu)) = top(state) else { return false };
    menu.selected = menu.selected.saturating_add_signed(steps).min(menu.offers.len().saturating_sub(1));
    true
}

/// Takes the answer of [`Effect::RunJob`].
pub(super) fn ended(
    state: &mut State,
    number: u64,
    answer: JobAnswer,
    now: Instant,
    effects: &mut Vec<Effect>,
) {
    let pane = state.overlays.iter_mut().find_map(|overlay| match overlay {
        Overlay::Commands(dialog) => match &mut **dialog {
            CommandDialog::Output { job, answer, .. } if job.number == number => {
                Some((job.done.clone(), answer))
            }
            _ => None,
        },
        _ => None,
    });
    let said = match &answer {
        Ok(result) => result.how.clone(),
        Err(why) => why.clone(),
    };
    if let Some((done, shown)) = pane {
        let is_good = answer.as_ref().is_ok_and(|result| result.is_good);
        *shown = Some(answer);
        effects.push(Effect::Draw);
        if is_good {
            say(state, done, now, effects);
        }
    } else {
        say(state, said, now, effects);
    }
}
