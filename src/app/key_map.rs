//! Which key does what, and where.

use std::collections::BTreeMap;

use super::{
    command::{Command, nearest},
    keys::Key,
};

/// Where a binding holds. What a place does not bind falls through to [`Context::Global`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Context {
    /// Everywhere.
    Global,
    /// The tab Readiness.
    Readiness,
    /// The tab Pull requests.
    PullRequests,
    /// The tab Schedule.
    Schedule,
    /// The tab Environments.
    Environments,
    /// The tab Insights.
    Insights,
    /// The tab Changes.
    Changes,
    /// The line in which a filter is typed; characters go into it.
    Filter,
    /// The release chooser and the palette; characters go into its line.
    Chooser,
}

impl Context {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Global,
        Self::Readiness,
        Self::PullRequests,
        Self::Schedule,
        Self::Environments,
        Self::Insights,
        Self::Changes,
        Self::Filter,
        Self::Chooser,
    ];

    /// Its name in the configuration.
    pub fn name(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Readiness => "readiness",
            Self::PullRequests => "pull-requests",
            Self::Schedule => "schedule",
            Self::Environments => "environments",
            Self::Insights => "insights",
            Self::Changes => "changes",
            Self::Filter => "filter",
            Self::Chooser => "chooser",
        }
    }

    /// Characters are typed here, so that they reach no global binding.
    pub fn is_typing(self) -> bool {
        matches!(self, Self::Filter | Self::Chooser)
    }
}

/// Which key does what, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyMap(BTreeMap<Context, BTreeMap<Key, Command>>);

/// What is wrong with a binding in the configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyProblem {
    /// No such place.
    #[error("there is no key context {name:?}{}; contexts are global, readiness, pull-requests, schedule, changes, filter, chooser", suggestion(.nearest.as_deref()))]
    UnknownContext {
        /// What was written.
        name: String,
        /// The nearest that exists.
        nearest: Option<String>,
    },
    /// Not a key.
    #[error("keys.{context}: {message}")]
    UnknownKey {
        /// Where it was bound.
        context: String,
        /// What is wrong, with examples.
        message: String,
    },
    /// No such verb.
    #[error("keys.{context}.{key}: there is no command {name:?}{}", suggestion(.nearest.as_deref()))]
    UnknownCommand {
        /// Where it was bound.
        context: String,
        /// To which key.
        key: String,
        /// What was written.
        name: String,
        /// The nearest that exists.
        nearest: Option<String>,
    },
    /// Two spellings of one key, bound to two commands.
    #[error("keys.{context}: {first:?} and {second:?} are the same key; keep one of them")]
    Clash {
        /// Where they were bound.
        context: String,
        /// One spelling.
        first: String,
        /// The other one.
        second: String,
    },
    /// Nothing would end the program any more.
    #[error("no key quits: bind one to quit or quit-now under keys.global")]
    NoQuit,
}

fn suggestion(nearest: Option<&str>) -> String {
    nearest.map(|name| format!("; did you mean {name:?}?")).unwrap_or_default()
}

/// The word that takes a binding away.
const UNBOUND: &str = "none";

impl Default for KeyMap {
    fn default() -> Self {
        use Command as C;
        let global: &[(&str, C)] = &[
            ("j", C::MoveDown),
            ("down", C::MoveDown),
            ("k", C::MoveUp),
            ("up", C::MoveUp),
            ("g", C::First),
            ("home", C::First),
            ("G", C::Last),
            ("end", C::Last),
            ("ctrl-d", C::HalfPageDown),
            ("ctrl-u", C::HalfPageUp),
            ("page-down", C::PageDown),
            ("page-up", C::PageUp),
            ("1", C::TabReadiness),
            ("2", C::TabPullRequests),
            ("3", C::TabSchedule),
            ("4", C::TabEnvironments),
            ("5", C::TabInsights),
            ("6", C::TabChanges),
            ("tab", C::NextTab),
            ("shift-tab", C::PreviousTab),
            ("enter", C::Open),
            ("esc", C::Back),
            ("x", C::Why),
            ("X", C::WhyHeadline),
            ("/", C::Filter),
            ("space", C::Mark),
            ("ctrl-space", C::MarkRange),
            ("n", C::NextMatch),
            ("N", C::PreviousMatch),
            ("s", C::Sort),
            ("S", C::ReverseSort),
            ("e", C::Expand),
            ("a", C::Operations),
            ("v", C::Approve),
            ("c", C::Comment),
            ("m", C::Merge),
            ("F", C::RunFailedChecksAgain),
            (".", C::StartOrFinish),
            ("u", C::Undo),
            ("!", C::OwnCommands),
            ("o", C::Browse),
            ("y", C::CopyReference),
            ("Y", C::CopyLink),
            ("L", C::ChooseRelease),
            ("r", C::Refresh),
            ("R", C::RefreshAll),
            ("%", C::Sources),
            ("f", C::Freeze),
            ("Z", C::Acknowledge),
            ("z", C::Snooze),
            ("w", C::Watch),
            ("t", C::Trace),
            ("<", C::Earlier),
            (">", C::Later),
            ("=", C::Now),
            (":", C::Palette),
            ("T", C::NextTheme),
            ("?", C::Help),
            ("ctrl-l", C::Repaint),
            ("ctrl-z", C::Suspend),
            ("q", C::Quit),
            ("ctrl-c", C::QuitNow),
        ];
        let readiness: &[(&str, C)] = &[
            ("h", C::SectionLeft),
            ("left", C::SectionLeft),
            ("l", C::SectionRight),
            ("right", C::SectionRight),
            ("b", C::OtherPicture),
            ("B", C::CountBy),
            ("d", C::NextList),
            ("W", C::WhatIf),
        ];
        let detail: &[(&str, C)] = &[
            ("p", C::Detail),
            ("P", C::DetailPlace),
            ("J", C::DetailDown),
            ("K", C::DetailUp),
            ("]", C::DetailNextPage),
            ("[", C::DetailPreviousPage),
            ("b", C::OtherPicture),
        ];
        let schedule: &[(&str, C)] = &[
            ("h", C::SectionLeft),
            ("left", C::SectionLeft),
            ("l", C::SectionRight),
            ("right", C::SectionRight),
            ("+", C::ZoomIn),
            ("-", C::ZoomOut),
        ];
        let sections: &[(&str, C)] = &[
            ("h", C::SectionLeft),
            ("left", C::SectionLeft),
            ("l", C::SectionRight),
            ("right", C::SectionRight),
            ("B", C::GroupBy),
        ];
        let filter: &[(&str, C)] = &[("tab", C::Complete)];
        let environments: &[(&str, C)] = &[
            ("h", C::SectionLeft),
            ("left", C::SectionLeft),
            ("l", C::SectionRight),
            ("right", C::SectionRight),
            ("+", C::ZoomIn),
            ("-", C::ZoomOut),
        ];
        let changes: &[(&str, C)] = &[("b", C::OtherPicture)];
        let insights: &[(&str, C)] = &[
            ("h", C::SectionLeft),
            ("left", C::SectionLeft),
            ("l", C::SectionRight),
            ("right", C::SectionRight),
        ];
        let typing: &[(&str, C)] = &[("enter", C::Open), ("esc", C::Back)];
        let chooser: &[(&str, C)] = &[("ctrl-n", C::MoveDown), ("ctrl-p", C::MoveUp), ("tab", C::Complete)];
        let mut map = BTreeMap::new();
        for (context, bindings) in [
            (Context::Global, global),
            (Context::Readiness, readiness),
            (Context::PullRequests, detail),
            (Context::PullRequests, sections),
            (Context::Schedule, detail),
            (Context::Environments, detail),
            (Context::Environments, environments),
            (Context::Insights, insights),
            (Context::Schedule, schedule),
            (Context::Changes, changes),
            (Context::Filter, typing),
            (Context::Filter, filter),
            (Context::Chooser, typing),
            (Context::Chooser, chooser),
        ] {
            let keys: &mut BTreeMap<Key, C> = map.entry(context).or_default();
            keys.extend(
                bindings.iter().filter_map(|(key, command)| key.parse().ok().map(|key| (key, *command))),
            );
        }
        Self(map)
    }
}

impl KeyMap {
    /// The defaults with the bindings of the configuration on top: context, key, command.
    /// The command `none` takes a binding away. All problems are found, not only the first.
    pub fn with_overrides(
        overrides: &BTreeMap<String, BTreeMap<String, String>>,
    ) -> Result<Self, Vec<KeyProblem>> {
        let mut map = Self::default();
        let mut problems = Vec::new();
        for (name, bindings) in overrides {
            let contexts = Context::ALL.into_iter();
            let Some(context) = contexts.clone().find(|context| context.name() == name) else {
                let nearest = nearest(name, contexts.map(|context| (context.name(), context.name())));
                let (name, nearest) = (crate::domain::clean(name), nearest.map(str::to_owned));
                problems.push(KeyProblem::UnknownContext { name, nearest });
                continue;
            };
            map.override_context(context, bindings, &mut problems);
        }
        let quits = |command: &Command| matches!(command, Command::Quit | Command::QuitNow);
        if !map.0.get(&Context::Global).is_some_and(|keys| keys.values().any(quits)) {
            problems.push(KeyProblem::NoQuit);
        }
        if problems.is_empty() { Ok(map) } else { Err(problems) }
    }

    fn override_context(
        &mut self,
        context: Context,
        bindings: &BTreeMap<String, String>,
        problems: &mut Vec<KeyProblem>,
    ) {
        let mut spelled: BTreeMap<Key, &str> = BTreeMap::new();
        let keys = self.0.entry(context).or_default();
        for (text, name) in bindings {
            let key = match text.parse::<Key>() {
                Ok(key) => key,
                Err(error) => {
                    let (context, message) = (context.name().to_owned(), error.to_string());
                    problems.push(KeyProblem::UnknownKey { context, message });
                    continue;
                }
            };
            if let Some(first) = spelled.insert(key, text) {
                problems.push(KeyProblem::Clash {
                    context: context.name().to_owned(),
                    first: first.to_owned(),
                    second: text.clone(),
                });
            }
            if name == UNBOUND {
                keys.remove(&key);
            } else if let Some(command) = Command::named(name) {
                keys.insert(key, command);
            } else {
                problems.push(KeyProblem::UnknownCommand {
                    context: context.name().to_owned(),
                    key: text.clone(),
                    name: crate::domain::clean(name),
                    nearest: Command::nearest(name).map(|command| command.name().to_owned()),
                });
            }
        }
    }

    /// What `key` does in `context`.
    pub fn command(&self, context: Context, key: Key) -> Option<Command> {
        let here = self.0.get(&context).and_then(|keys| keys.get(&key));
        let falls_through = !(context.is_typing() && key.typed().is_some());
        let everywhere = || self.0.get(&Context::Global).and_then(|keys| keys.get(&key));
        here.copied().or_else(|| if falls_through { everywhere().copied() } else { None })
    }

    /// Whether the context itself binds `key`.
    pub(crate) fn binds(&self, context: Context, key: Key) -> bool {
        self.0.get(&context).is_some_and(|keys| keys.contains_key(&key))
    }

    /// The keys that do `command` in `context`, plain ones first.
    pub fn keys(&self, context: Context, command: Command) -> Vec<Key> {
        let mut keys: Vec<Key> = [context, Context::Global]
            .iter()
            .filter_map(|place| self.0.get(place))
            .flatten()
            .filter(|(key, bound)| **bound == command && self.command(context, **key) == Some(command))
            .map(|(key, _)| *key)
            .collect();
        keys.sort_by_key(|key| (key.typed().is_none(), *key));
        keys.dedup();
        keys
    }

    /// All that can be done in `context`, in the order of the help, with its keys.
    pub fn commands(&self, context: Context) -> Vec<(Command, Vec<Key>)> {
        Command::ALL
            .iter()
            .map(|command| (*command, self.keys(context, *command)))
            .filter(|(_, keys)| !keys.is_empty())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn overrides(entries: &[(&str, &str, &str)]) -> BTreeMap<String, BTreeMap<String, String>> {
        let mut overrides: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        for (context, key, command) in entries {
            overrides
                .entry((*context).to_owned())
                .or_default()
                .insert((*key).to_owned(), (*command).to_owned());
        }
        overrides
    }

    fn key(text: &str) -> Key {
        text.parse().unwrap()
    }

    #[test]
    fn every_command_has_a_name_of_its_own_and_a_default_key() {
        let map = KeyMap::default();
        for command in Command::ALL {
            assert_eq!(Command::named(command.name()), Some(*command));
            assert!(command.name().chars().all(|c| c.is_ascii_lowercase() || c == '-'));
            assert!(
                Context::ALL.iter().any(|context| !map.keys(*context, *command).is_empty()),
                "{command} has no key"
            );
        }
    }

    #[test]
    fn a_binding_can_be_added_moved_and_taken_away() {
        let map = KeyMap::with_overrides(&overrides(&[
            ("global", "ctrl-r", "refresh-all"),
            ("global", "R", "none"),
            ("schedule", "r", "other-picture"),
        ]))
        .unwrap();
        assert_eq!(map.command(Context::Readiness, key("ctrl-r")), Some(Command::RefreshAll));
        assert_eq!(map.command(Context::Readiness, key("R")), None);
        assert_eq!(map.command(Context::Schedule, key("r")), Some(Command::OtherPicture));
        assert_eq!(map.command(Context::Readiness, key("r")), Some(Command::Refresh));
        // What is covered by a binding of the place is not listed as global there.
        assert!(map.keys(Context::Schedule, Command::Refresh).is_empty());
    }

    #[test]
    fn characters_are_typed_and_not_commands_where_text_is_edited() {
        let map = KeyMap::default();
        assert_eq!(map.command(Context::Filter, key("q")), None);
        assert_eq!(map.command(Context::Filter, key("ctrl-c")), Some(Command::QuitNow));
        assert_eq!(map.command(Context::Chooser, key("down")), Some(Command::MoveDown));
    }

    #[test]
    fn problems_name_the_place_and_the_nearest_name() {
        type Binding<'a> = (&'a str, &'a str, &'a str);
        let cases: [(&[Binding<'_>], &[&str]); 5] = [
            (&[("globl", "j", "move-down")], &["no key context \"globl\"", "did you mean \"global\"?"]),
            (&[("global", "j", "move-dwn")], &["keys.global.j", "did you mean \"move-down\"?"]),
            (&[("global", "jj", "move-down")], &["keys.global", "\"jj\" is not a key"]),
            (&[("global", "shift-g", "last"), ("global", "G", "first")], &["the same key"]),
            (&[("global", "q", "none"), ("global", "ctrl-c", "none")], &["no key quits"]),
        ];
        for (entries, parts) in cases {
            let problems = KeyMap::with_overrides(&overrides(entries)).unwrap_err();
            assert_eq!(problems.len(), 1, "{problems:?}");
            let said = problems[0].to_string();
            assert!(parts.iter().all(|part| said.contains(part)), "{said}");
        }
    }
}
