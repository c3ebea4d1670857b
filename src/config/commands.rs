//! `[[command]]`: commands of one's own, and `[notify]`.

use super::{
    Layer, Resolver,
    complaint::{Complaint, nearest},
    document::TableReader,
    value::Value,
};
use crate::domain::Text;

/// The key at the top of a file that holds commands.
pub(crate) const COMMAND_TABLE: &str = "command";

/// What may stand in an argument of a command.
pub const PLACEHOLDERS: [&str; 5] = ["repo", "number", "url", "branch", "story"];

/// Most commands: a menu has an end.
const MOST: usize = 50;
/// Words of a command, and bytes of one, at most.
const MOST_WORDS: usize = 50;
const LONGEST_WORD: usize = 4_000;

/// Where the output of a command goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CommandOutput {
    /// Into a pane over the board.
    #[default]
    Pane,
    /// Into the log file.
    Log,
    /// The command has the terminal until it ends.
    Terminal,
}

/// A command of one's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandConfig {
    /// What it is called.
    pub name: Text,
    /// The key, as it is written.
    pub key: Option<String>,
    /// Program and arguments; with `shell` a script and its arguments. Arguments may hold
    /// [`PLACEHOLDERS`] in braces.
    pub run: Vec<String>,
    /// The first word is a script for `sh`, the others are its `$1`, `$2`, …
    pub shell: bool,
    /// Where its output goes.
    pub output: CommandOutput,
    /// It asks first.
    pub confirm: bool,
    /// It changes something outside: it asks first, and is off on a board that is read only.
    pub dangerous: bool,
}

/// Reads the commands at the top of a file. What cannot be used is left out and complained about.
pub(crate) fn read(layer: Layer, top: &mut TableReader<'_>) -> Vec<CommandConfig> {
    let mut commands: Vec<CommandConfig> = Vec::new();
    for mut table in top.tables(COMMAND_TABLE, COMMAND_TABLE) {
        if layer == Layer::Project {
            table.complain(
                "a project's file cannot have a [[command]]",
                "put it into your own file: it runs a program on your machine",
            );
            continue;
        }
        let read = command(&mut table);
        if let Some(command) = read {
            if commands.iter().any(|other| other.name == command.name) {
                table.complain("a second [[command]] of this name", "give it another name");
            } else if commands.len() == MOST {
                table.complain(format!("more than {MOST} [[command]]"), "remove some");
            } else {
                commands.push(command);
            }
        }
        table.finish();
    }
    commands
}

fn command(table: &mut TableReader<'_>) -> Option<CommandConfig> {
    let name = table.required_text("name");
    let key = table.text("key").map(|key| key.to_string());
    let run = table.read("run", "a list of a program and its arguments", |value| {
        let words = value.as_array()?.iter().map(|item| Some(item.get_ref().as_str()?.to_owned()));
        let words: Vec<String> = words.collect::<Option<_>>()?;
        let fits = |word: &String| word.len() <= LONGEST_WORD && !word.contains('\0');
        let is_usable = words.first().is_some_and(|program| !program.trim().is_empty())
            && words.len() <= MOST_WORDS
            && words.iter().all(fits);
        is_usable.then_some(words)
    });
    if !table.has("run") {
        table.complain("[command] without `run`", "add run = [\"program\", \"argument\", \"{branch}\"]");
    }
    let shell = table.flag("shell").unwrap_or(false);
    let outputs =
        [("pane", CommandOutput::Pane), ("log", CommandOutput::Log), ("terminal", CommandOutput::Terminal)];
    let output = table.word("output", &outputs).unwrap_or_default();
    let confirm = table.flag("confirm").unwrap_or(false);
    let dangerous = table.flag("dangerous").unwrap_or(false);
    let run = run?;
    for (index, word) in run.iter().enumerate() {
        for placeholder in placeholders(word) {
            if index == 0 {
                let what = format!("a placeholder in the {}", if shell { "script" } else { "program" });
                let next = "write it as an argument of its own: [\"git log \\\"$1\\\"\", \"{branch}\"] with shell = true";
                table.complain_within("run", 0, what, next);
                return None;
            }
            if !PLACEHOLDERS.contains(&placeholder) {
                let near =
                    nearest(placeholder, PLACEHOLDERS).map(|near| format!(" — did you mean {{{near}}}?"));
                let what =
                    format!("no placeholder {{{}}}{}", Text::new(placeholder), near.unwrap_or_default());
                let known = PLACEHOLDERS.map(|name| format!("{{{name}}}")).join(", ");
                table.complain_within("run", 0, what, format!("known here: {known}"));
                return None;
            }
        }
    }
    Some(CommandConfig { name: name?, key, run, shell, output, confirm, dangerous })
}

/// The names in braces: small letters only, so that JSON in an argument stays what it is.
fn placeholders(word: &str) -> impl Iterator<Item = &str> {
    word.split('{').skip(1).filter_map(|rest| {
        let (name, _) = rest.split_once('}')?;
        (!name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase())).then_some(name)
    })
}

/// What is told while nobody looks, as configured.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NotifyConfig {
    /// What turned red is told.
    pub red: bool,
    /// What needs the user is told.
    pub me: bool,
    /// Releases that changed their verdict are told.
    pub verdict: bool,
    /// How the terminal is told: `auto`, `bell`, `osc9`, `osc777`, `osc99`.
    pub by: String,
    /// Told by a command instead: it gets a title and a text as its last arguments.
    pub command: Vec<String>,
    /// From when until when of the day nothing is told, in minutes since midnight.
    pub quiet: Option<(u32, u32)>,
}

impl Resolver {
    /// `[notify]`; words that it does not know are complained about.
    pub(super) fn notify(&self, complaints: &mut Vec<Complaint>) -> NotifyConfig {
        let words: Vec<String> = self.texts("notify.about").iter().map(ToString::to_string).collect();
        for word in words.iter().filter(|word| !["red", "me", "verdict"].contains(&word.as_str())) {
            complaints.push(Complaint::new(
                "notify.about",
                format!("there is nothing called {word:?} to be told of"),
                "allowed here: red, me, verdict",
            ));
        }
        let about = |name: &str| words.iter().any(|word| word == name);
        let by = self.text("notify.by").unwrap_or_default();
        if !["auto", "bell", "osc9", "osc777", "osc99"].contains(&by.as_str()) {
            complaints.push(Complaint::new(
                "notify.by",
                format!("there is no way to tell called {by:?}"),
                "allowed here: auto, bell, osc9, osc777, osc99",
            ));
        }
        let quiet = self.text("notify.quiet").and_then(|written| {
            let hours = hours(&written);
            if hours.is_none() {
                let next = "write from when until when, such as \"22:00-07:30\"";
                complaints.push(Complaint::new("notify.quiet", format!("{written:?} are no hours"), next));
            }
            hours
        });
        let command = match self.get("notify.command") {
            Some(Value::Texts(words)) => words.clone(),
            _ => Vec::new(),
        };
        NotifyConfig { red: about("red"), me: about("me"), verdict: about("verdict"), by, command, quiet }
    }
}

/// `22:00-07:30` in minutes since midnight.
fn hours(written: &str) -> Option<(u32, u32)> {
    let minutes = |part: &str| {
        let (hour, minute) = part.trim().split_once(':')?;
        let (hour, minute): (u32, u32) = (hour.parse().ok()?, minute.parse().ok()?);
        (hour <= 24 && minute < 60 && hour * 60 + minute <= 24 * 60).then_some(hour * 60 + minute)
    };
    let (from, until) = written.split_once(['-', '–'])?;
    Some((minutes(from)?, minutes(until)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_and_placeholders_are_read() {
        for (written, read) in [
            ("22:00-07:30", Some((1320, 450))),
            ("0:00 - 24:00", Some((0, 1440))),
            ("22-7", None),
            ("25:00-07:00", None),
            ("22:60-07:00", None),
            ("", None),
        ] {
            assert_eq!(hours(written), read, "{written}");
        }
        let names: Vec<_> = placeholders("a{repo}b{\"json\": 1}{}{typo}{").collect();
        assert_eq!(names, ["repo", "typo"]);
    }
}
