//! The command palette: everything that can be done, by its name.

use nucleo_matcher::{
    Config, Matcher, Utf32Str,
    pattern::{CaseMatching, Normalization, Pattern},
};
use tui_input::Input;

use crate::domain::Instant;

use super::{Command, Effect, Group, ListId, Row, State, past, past::Step, update::carry_out, what_if};

/// The command palette: a line to type in; the list below is
/// [`ListId::Palette`](super::ListId::Palette).
#[derive(Clone, Debug, Default)]
pub struct Palette {
    /// What is typed.
    pub input: Input,
}

/// Something that can be done from the palette.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaletteEntry {
    /// What a key does, too.
    Command(Command),
    /// The board of a time: `as-of yesterday 14:00`.
    AsOf,
    /// What changed since a time: `since 3h`.
    Since,
    /// What would be if something was: `what-if target +3d`.
    WhatIf,
    /// A step through the past; towards now if true.
    Step(Step, bool),
    /// Pins the instant on the screen as A (0) or B (1).
    Pin(usize),
}

/// What no key is bound to.
const EXTRAS: [PaletteEntry; 11] = [
    PaletteEntry::AsOf,
    PaletteEntry::Since,
    PaletteEntry::WhatIf,
    PaletteEntry::Step(Step::Hour, false),
    PaletteEntry::Step(Step::Hour, true),
    PaletteEntry::Step(Step::Day, false),
    PaletteEntry::Step(Step::Day, true),
    PaletteEntry::Step(Step::Release, false),
    PaletteEntry::Step(Step::Release, true),
    PaletteEntry::Pin(0),
    PaletteEntry::Pin(1),
];

impl PaletteEntry {
    /// All of them, the ones with a time first.
    pub fn all() -> impl Iterator<Item = Self> {
        // Who moves a row moves it with a key.
        let commands = Command::ALL.iter().filter(|command| {
            (command.group() != Group::Move || is_tab(**command)) && **command != Command::WhatIf
        });
        EXTRAS.into_iter().chain(commands.map(|command| Self::Command(*command)))
    }

    /// The entry of a row of the list.
    pub fn at(index: u32) -> Option<Self> {
        Self::all().nth(index as usize)
    }

    /// What is typed to get it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Command(command) => command.name(),
            Self::AsOf => "as-of",
            Self::Since => "since",
            Self::WhatIf => "what-if",
            Self::Step(Step::Change, false) => "earlier",
            Self::Step(Step::Change, true) => "later",
            Self::Step(Step::Hour, false) => "hour-earlier",
            Self::Step(Step::Hour, true) => "hour-later",
            Self::Step(Step::Day, false) => "day-earlier",
            Self::Step(Step::Day, true) => "day-later",
            Self::Step(Step::Release, false) => "release-earlier",
            Self::Step(Step::Release, true) => "release-later",
            Self::Pin(0) => "pin-a",
            Self::Pin(_) => "pin-b",
        }
    }

    /// What it does, in one line.
    pub fn help(self) -> &'static str {
        match self {
            Self::Command(command) => command.help(),
            Self::AsOf => "the board of a time: as-of yesterday 14:00",
            Self::Since => "what changed since a time: since 3h",
            Self::WhatIf => "what if: what-if leave-out KEY, target +3d, freeze-scope, off",
            Self::Step(Step::Change, _) => "the board where something changed",
            Self::Step(Step::Hour, false) => "the board an hour earlier",
            Self::Step(Step::Hour, true) => "the board an hour later",
            Self::Step(Step::Day, false) => "the board a day earlier",
            Self::Step(Step::Day, true) => "the board a day later",
            Self::Step(Step::Release, false) => "the board when a release went out before",
            Self::Step(Step::Release, true) => "the board when the next release went out",
            Self::Pin(0) => "pin the instant on the screen as A, to compare",
            Self::Pin(_) => "pin the instant on the screen as B, to compare",
        }
    }
}

fn is_tab(command: Command) -> bool {
    use Command as C;
    matches!(command, C::TabReadiness | C::TabPullRequests | C::TabSchedule | C::TabChanges)
}

/// The entries whose name or help matches fuzzily, best first. What is written behind the name of an
/// entry is no part of what is looked for.
pub(super) fn matching(typed: &str) -> Vec<Row> {
    let (name, time) = typed.trim_start().split_once(' ').unwrap_or((typed, ""));
    let takes_more = |entry: PaletteEntry| {
        matches!(entry, PaletteEntry::AsOf | PaletteEntry::Since | PaletteEntry::WhatIf)
    };
    let named = PaletteEntry::all().zip(0u32..).find(|(entry, _)| entry.name() == name && takes_more(*entry));
    if let (Some((_, index)), false) = (named, time.trim().is_empty()) {
        return vec![Row::Palette(index)];
    }
    if typed.trim().is_empty() {
        return PaletteEntry::all().zip(0u32..).map(|(_, index)| Row::Palette(index)).collect();
    }
    let pattern = Pattern::parse(typed, CaseMatching::Ignore, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut buffer = Vec::new();
    let mut scored: Vec<(u32, u32)> = PaletteEntry::all()
        .zip(0u32..)
        .filter_map(|(entry, index)| {
            let mut score = |text: &str| pattern.score(Utf32Str::new(text, &mut buffer), &mut matcher);
            // What it is called counts more than what is said of it.
            let by_name = score(entry.name()).map(|score| 2 * score);
            by_name.or_else(|| score(entry.help())).map(|score| (score, index))
        })
        .collect();
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    scored.into_iter().map(|(_, index)| Row::Palette(index)).collect()
}

/// Does what is selected in the palette.
pub(super) fn carry_out_selected(state: &mut State, typed: &str, now: Instant, effects: &mut Vec<Effect>) {
    let selected = state.list(ListId::Palette).row();
    past::close_palette(state);
    effects.push(Effect::Draw);
    let Some(entry) = selected.and_then(|row| match row {
        Row::Palette(index) => PaletteEntry::at(index),
        _ => None,
    }) else {
        return super::update::say(state, format!("there is no command \"{typed}\""), now, effects);
    };
    let time = typed.trim_start().split_once(' ').map_or("", |(_, time)| time.trim());
    match entry {
        PaletteEntry::Command(command) => carry_out(state, command, now, effects),
        // Without a time it is not known yet: the line waits for it.
        PaletteEntry::AsOf | PaletteEntry::Since | PaletteEntry::WhatIf
            if time.is_empty() || !typed.trim_start().starts_with(entry.name()) =>
        {
            let input = Input::new(format!("{} ", entry.name()));
            state.overlays.push(super::Overlay::Palette(Palette { input }));
            state.arrange(ListId::Palette);
        }
        PaletteEntry::AsOf => past::as_of(state, time, now, effects),
        PaletteEntry::WhatIf => what_if::written(state, time, now, effects),
        PaletteEntry::Since => past::since(state, time, now, effects),
        PaletteEntry::Step(by, later) => past::step(state, by, later, now, effects),
        PaletteEntry::Pin(which) => past::pin(state, which, now, effects),
    }
}
