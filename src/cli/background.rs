//! Whether the terminal is dark or light, without waiting for it twice.
//!
//! Most terminals answer within a millisecond and are asked at every start, as people change
//! their background by day and night. Those that do not answer, or are far away, would cost
//! every start the wait; what came of asking them is kept in a small file.
#![expect(clippy::disallowed_methods, reason = "state of the program, like its log")]

use std::{fs, path::Path};

use crate::terminal::{Asked, Background, ask_background};

/// Terminals that are remembered; the one asked longest ago is forgotten.
const MOST: usize = 20;
/// A larger file is not ours.
const LARGEST: u64 = 16 * 1024;

/// The background of the terminal: remembered in `directory`, or asked for. Dark if it does
/// not say.
pub(super) fn of_terminal(directory: &Path, variable: impl Fn(&str) -> Option<String>) -> Background {
    of_terminal_asking(directory, &variable, || ask_background(&variable))
}

fn of_terminal_asking(
    directory: &Path,
    variable: impl Fn(&str) -> Option<String>,
    ask: impl FnOnce() -> Asked,
) -> Background {
    let path = directory.join("terminals");
    let known = read(&path);
    let terminal = identity(variable);
    if let Some(background) = remembered(&known, &terminal) {
        return background;
    }
    let asked = ask();
    let background = asked.background.unwrap_or_default();
    if !asked.soon {
        // Nothing depends on it but the wait at the next start.
        drop(
            fs::create_dir_all(directory)
                .and_then(|()| fs::write(&path, with(&known, &terminal, background))),
        );
    }
    background
}

/// What tells terminals apart: their type, their program, and where they are.
fn identity(variable: impl Fn(&str) -> Option<String>) -> String {
    let client = variable("SSH_CONNECTION").and_then(|both| both.split(' ').next().map(str::to_owned));
    let parts = [variable("TERM"), variable("TERM_PROGRAM"), client];
    let clean = |part: Option<String>| crate::domain::clean(&part.unwrap_or_default()).replace(' ', "_");
    parts.map(clean).join("/")
}

/// A line for each terminal: its background, a space, its identity.
fn remembered(known: &str, terminal: &str) -> Option<Background> {
    known.lines().filter_map(|line| line.split_once(' ')).find(|(_, other)| *other == terminal).and_then(
        |(word, _)| match word {
            "dark" => Some(Background::Dark),
            "light" => Some(Background::Light),
            _ => None,
        },
    )
}

fn with(known: &str, terminal: &str, background: Background) -> String {
    let word = match background {
        Background::Dark => "dark",
        Background::Light => "light",
    };
    let others =
        known.lines().filter(|line| line.split_once(' ').is_some_and(|(_, other)| other != terminal));
    let mut lines = vec![format!("{word} {terminal}")];
    lines.extend(others.take(MOST - 1).map(str::to_owned));
    lines.join("\n") + "\n"
}

fn read(path: &Path) -> String {
    if fs::metadata(path).is_ok_and(|file| file.is_file() && file.len() <= LARGEST) {
        return fs::read_to_string(path).unwrap_or_default();
    }
    String::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_does_not_answer_soon_is_remembered() {
        use Background::{Dark, Light};
        let directory = tempfile::tempdir().unwrap();
        let state = directory.path().join("state");
        let ask = |term: &'static str, asked: Option<Asked>| {
            let variable = |name: &str| (name == "TERM").then(|| term.to_owned());
            of_terminal_asking(&state, variable, || asked.expect("asked once only"))
        };
        let asked = |background, soon| Some(Asked { background, soon });
        assert_eq!(ask("near", asked(Some(Light), true)), Light);
        assert_eq!(ask("near", asked(Some(Dark), true)), Dark, "asked again");
        assert_eq!(ask("silent", asked(None, false)), Dark);
        assert_eq!(ask("far", asked(Some(Light), false)), Light);
        assert_eq!(ask("silent", None), Dark);
        assert_eq!(ask("far", None), Light);
        assert_eq!(ask("near", asked(Some(Light), true)), Light);
    }

    #[test]
    fn what_is_remembered_is_bounded_and_the_newest_wins() {
        let mut known = "dark no-newline\nnonsense\n".to_owned();
        for number in 0..100 {
            known = with(&known, &format!("terminal-{number}"), Background::Light);
        }
        assert_eq!(known.lines().count(), MOST);
        assert_eq!(remembered(&known, "terminal-99"), Some(Background::Light));
        assert_eq!(remembered(&known, "terminal-0"), None);
        let known = with(&known, "terminal-99", Background::Dark);
        assert_eq!(remembered(&known, "terminal-99"), Some(Background::Dark));
        assert_eq!(known.lines().count(), MOST);
    }

    #[test]
    fn terminals_are_told_apart_by_type_program_and_place() {
        let variable = |name: &str| match name {
            "TERM" => Some("xterm 256\u{1b}".to_owned()),
            "SSH_CONNECTION" => Some("192.0.2.7 4711 192.0.2.1 22".to_owned()),
            _ => None,
        };
        assert_eq!(identity(variable), "xterm_256␛//192.0.2.7");
    }
}
