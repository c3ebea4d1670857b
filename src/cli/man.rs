//! `tminus man`: manual pages, made from the same types as the command line.

use std::{path::Path, process::ExitCode};

use clap::{Command, CommandFactory as _};
use clap_mangen::{
    Man,
    roff::{Roff, bold, roman},
};

use crate::config::nearest;

use super::{
    Failure,
    args::{Arguments, ManArguments},
    print, report,
};

/// What an exit code means.
const EXIT_STATUS: [(&str, &str); 4] = [
    ("0", "It is done; of a question: yes."),
    ("1", "Of a question: no. Else: it failed."),
    ("2", "The command line or the configuration is wrong; what, and what to do, is said."),
    ("3", "The question cannot be answered."),
];

/// What is read and written.
const FILES: [(&str, &str); 5] = [
    (".tminus.toml", "The configuration of a project, and its plan; tminus init writes one."),
    ("~/.config/tminus/config.toml", "The user's configuration."),
    ("~/.config/tminus/themes/", "The user's own themes."),
    ("~/.local/share/tminus/", "The stored past of the boards."),
    ("~/.local/state/tminus/", "Logs and reports of what went wrong."),
];

/// Variables that are read.
const VARIABLES: [(&str, &str); 4] = [
    ("TMINUS_...", "Any setting that is no list, its key in capitals: TMINUS_TIME_ZONE for time_zone."),
    (
        "GH_TOKEN, GITHUB_TOKEN, GITLAB_TOKEN, ...",
        "Tokens of services; tminus doctor says which one is used.",
    ),
    ("NO_COLOR, COLORTERM, TERM", "How many colours the terminal has."),
    ("XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_STATE_HOME", "Where the directories above are."),
];

/// Prints the page that was asked for, or writes all of them into `--out`.
pub(super) fn run(asked: &ManArguments) -> Result<ExitCode, Failure> {
    let root = root();
    match &asked.out {
        Some(directory) => print(&keep(&root, directory)?)?,
        None => print(&page(named(&root, &asked.command)?)?)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// The command line with all names filled in.
fn root() -> Command {
    // Of help that is help there is no page.
    let mut root = Arguments::command().disable_help_subcommand(true);
    root.build();
    root
}

/// The command of these names.
fn named<'a>(root: &'a Command, names: &[String]) -> Result<&'a Command, Failure> {
    names.iter().try_fold(root, |command, name| {
        command.find_subcommand(name).ok_or_else(|| {
            let known: Vec<&str> = command.get_subcommands().map(Command::get_name).collect();
            let hint = match nearest(name, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None if known.is_empty() => format!("`{}` has no commands", title(command)),
                None => format!("there are {}", known.join(", ")),
            };
            Failure::Usage(format!("no page for `{name}`\n{hint}"))
        })
    })
}

/// `tminus-history-list`.
fn title(command: &Command) -> &str {
    command.get_display_name().unwrap_or_else(|| command.get_name())
}

/// The page of one command.
fn page(command: &Command) -> Result<String, Failure> {
    let is_root = title(command) == "tminus";
    let mut written = Vec::new();
    let man = Man::new(command.clone())
        .manual("tminus manual")
        .source(concat!("tminus ", env!("CARGO_PKG_VERSION")));
    man.render(&mut written)?;
    // An empty date would be left out, and the source taken for one.
    let mut written = String::from_utf8(written)?.replacen(" 1  \"", " 1 \"\" \"", 1).into_bytes();
    let mut roff = Roff::new();
    if is_root {
        section(&mut roff, "EXIT STATUS", &EXIT_STATUS);
        section(&mut roff, "FILES", &FILES);
        section(&mut roff, "ENVIRONMENT", &VARIABLES);
    } else {
        section(&mut roff, "EXIT STATUS", &EXIT_STATUS);
        roff.control("SH", ["SEE ALSO"]);
        roff.text([bold("tminus"), roman("(1)")]);
    }
    roff.to_writer(&mut written)?;
    Ok(String::from_utf8(written)?)
}

fn section(roff: &mut Roff, title: &str, entries: &[(&str, &str)]) {
    roff.control("SH", [title]);
    for (what, about) in entries {
        roff.control("TP", []);
        roff.text([bold(*what)]);
        roff.text([roman(*about)]);
    }
}

/// Writes the pages of `root` and of all commands beneath it; the files, one in a line.
fn keep(root: &Command, directory: &Path) -> Result<String, Failure> {
    let mut said = String::new();
    let mut waiting = vec![root];
    while let Some(command) = waiting.pop() {
        let file = directory.join(format!("{}.1", title(command)));
        report::keep(&file, &page(command)?)?;
        said.push_str(&file.display().to_string());
        said.push('\n');
        let below: Vec<&Command> = command.get_subcommands().filter(|below| !below.is_hide_set()).collect();
        waiting.extend(below.into_iter().rev());
    }
    Ok(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_a_page_that_says_what_it_is_for() {
        let root = root();
        let directory = tempfile::tempdir().unwrap();
        let said = keep(&root, directory.path()).unwrap();
        let names: Vec<&str> = said.lines().filter_map(|line| line.rsplit('/').next()).collect();
        assert_eq!(names[0], "tminus.1");
        for name in ["tminus-status.1", "tminus-forecast.1", "tminus-history.1", "tminus-history-list.1"] {
            assert!(names.contains(&name), "{names:?}");
        }
        for (command, title) in [(&[][..], "tminus"), (&["history", "list"], "tminus\\-history\\-list")] {
            let command: Vec<String> = command.iter().map(|name| (*name).to_owned()).collect();
            let page = page(named(&root, &command).unwrap()).unwrap();
            for said in [
                " 1 \"\" \"tminus ",
                &*format!("\n{title} \\- "),
                ".SH SYNOPSIS",
                ".SH \"EXIT STATUS\"",
                "cannot be answered",
            ] {
                assert!(page.contains(said), "{said} is not in {page}");
            }
            assert_eq!(page.contains(".SH FILES"), command.is_empty());
        }
    }

    #[test]
    fn a_page_that_is_not_there_is_said_with_the_nearest() {
        let root = root();
        for (names, hint) in [
            (&["forcast"][..], "did you mean `forecast`?"),
            (&["history", "xxxxxxx"], "there are list, show"),
            (&["status", "xxxxxxx"], "has no commands"),
        ] {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            let Err(Failure::Usage(message)) = named(&root, &names) else { panic!("{names:?}") };
            assert!(message.contains(hint), "{message}");
        }
    }
}
