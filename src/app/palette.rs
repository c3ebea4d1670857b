//! The command palette: everything that can be done, by its name.

use nucleo_matcher::{
    Config, Matcher, Utf32Str,
    pattern::{CaseMatching, Normalization, Pattern},
};
use tui_input::Input;

use crate::domain::Instant;

use super::{
    ChartSeries, Command, Effect, Group, ListId, OperationKind, OwnCommands, Row, State, commands,
    operations, past,
    past::Step,
    sections, share,
    triage::{self, Saying},
    update::carry_out,
    what_if, when,
};

/// The command palette: a line to type in; the list below is
/// [`ListId::Palette`].
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
    /// A note on what is selected: `note waits for the vendor`.
    Note,
    /// What is selected was seen: `acknowledge lee looks into it`.
    Acknowledge,
    /// What is selected is put off: `snooze 2d`, `snooze changed`.
    Snooze,
    /// What would be if something was: `what-if target +3d`.
    WhatIf,
    /// Whether the selected deployment can go at a time: `when Friday 16:00`.
    When,
    /// A step through the past; towards now if true.
    Step(Step, bool),
    /// Pins the instant on the screen as A (0) or B (1).
    Pin(usize),
    /// Switches a part of the chart off, or on again: `series tests`.
    Series(ChartSeries),
    /// Asks for an operation that no key is bound to.
    Operation(OperationKind),
    /// The operations that were carried out.
    OperationLog,
    /// Checks the selected pull request out.
    Checkout,
    /// Keeps the filter of the pull requests as a section: `save old reviews`.
    Save,
    /// Drops such a section: `forget old reviews`.
    Forget,
    /// Pull requests of all releases, or of the one that is shown.
    AllReleases,
    /// The release as it is shown to somebody else.
    ReleaseView,
    /// Copies that as Markdown.
    Share,
}

/// What no key is bound to.
const EXTRAS: [PaletteEntry; 23] = [
    PaletteEntry::AsOf,
    PaletteEntry::Since,
    PaletteEntry::WhatIf,
    PaletteEntry::When,
    PaletteEntry::Step(Step::Hour, false),
    PaletteEntry::Step(Step::Hour, true),
    PaletteEntry::Step(Step::Day, false),
    PaletteEntry::Step(Step::Day, true),
    PaletteEntry::Step(Step::Release, false),
    PaletteEntry::Step(Step::Release, true),
    PaletteEntry::Pin(0),
    PaletteEntry::Pin(1),
    PaletteEntry::Series(ChartSeries::Scope),
    PaletteEntry::Series(ChartSeries::Tests),
    PaletteEntry::Series(ChartSeries::Defects),
    PaletteEntry::Series(ChartSeries::Ideal),
    PaletteEntry::Series(ChartSeries::Forecast),
    PaletteEntry::Note,
    PaletteEntry::Acknowledge,
    PaletteEntry::Snooze,
    PaletteEntry::Save,
    PaletteEntry::Forget,
    PaletteEntry::AllReleases,
];

impl PaletteEntry {
    /// All of them, the ones with a time first.
    pub fn all() -> impl Iterator<Item = Self> {
        // Who moves a row moves it with a key.
        let commands =
            Command::ALL.iter().filter(|command| command.group() != Group::Move || is_tab(**command));
        // With words behind them they do more than their keys.
        let commands = commands
            .filter(|command| !matches!(command, Command::Acknowledge | Command::Snooze | Command::WhatIf));
        let operations = OperationKind::ALL.into_iter().filter(|kind| kind.command().is_none());
        EXTRAS
            .into_iter()
            .chain(commands.map(|command| Self::Command(*command)))
            .chain(operations.map(Self::Operation))
            .chain([Self::ReleaseView, Self::Share, Self::Checkout, Self::OperationLog])
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
            Self::Note => "note",
            Self::Acknowledge => "acknowledge",
            Self::Snooze => "snooze",
            Self::WhatIf => "what-if",
            Self::When => "when",
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
            Self::Series(ChartSeries::Scope) => "series-scope",
            Self::Series(ChartSeries::Tests) => "series-tests",
            Self::Series(ChartSeries::Defects) => "series-defects",
            Self::Series(ChartSeries::Ideal) => "series-ideal",
            Self::Series(ChartSeries::Forecast) => "series-forecast",
            Self::Operation(kind) => kind.name(),
            Self::OperationLog => "operation-log",
            Self::Checkout => "checkout",
            Self::Save => "save",
            Self::Forget => "forget",
            Self::AllReleases => "all-releases",
            Self::ReleaseView => "release-view",
            Self::Share => "share",
        }
    }

    /// Words may stand behind its name.
    fn takes_words(self) -> bool {
        matches!(
            self,
            Self::AsOf
                | Self::Since
                | Self::WhatIf
                | Self::When
                | Self::Note
                | Self::Acknowledge
                | Self::Snooze
                | Self::Save
                | Self::Forget
        )
    }

    /// What it does, in one line.
    pub fn help(self) -> &'static str {
        match self {
            Self::Command(command) => command.help(),
            Self::AsOf => "the board of a time: as-of yesterday 14:00",
            Self::Since => "what changed since a time: since 3h",
            Self::Note => "a note on what is selected: note waits for the vendor",
            Self::Acknowledge => "say that what is selected was seen: acknowledge lee is on it",
            Self::Snooze => "put it off: snooze 2d, changed, commit, checks, review",
            Self::WhatIf => "what if: what-if leave-out KEY, target +3d, freeze-scope, off",
            Self::When => "can the selected deployment go then: when Friday 16:00",
            Self::Step(Step::Change, _) => "the board where something changed",
            Self::Step(Step::Hour, false) => "the board an hour earlier",
            Self::Step(Step::Hour, true) => "the board an hour later",
            Self::Step(Step::Day, false) => "the board a day earlier",
            Self::Step(Step::Day, true) => "the board a day later",
            Self::Step(Step::Release, false) => "the board when a release went out before",
            Self::Step(Step::Release, true) => "the board when the next release went out",
            Self::Pin(0) => "pin the instant on the screen as A, to compare",
            Self::Pin(_) => "pin the instant on the screen as B, to compare",
            Self::Series(ChartSeries::Scope) => "the scope on the chart, on or off",
            Self::Series(ChartSeries::Tests) => "passing tests on the chart, on or off",
            Self::Series(ChartSeries::Defects) => "open defects on the chart, on or off",
            Self::Series(ChartSeries::Ideal) => "the ideal line on the chart, on or off",
            Self::Series(ChartSeries::Forecast) => "the forecast on the chart, on or off",
            Self::Operation(kind) => kind.help(),
            Self::OperationLog => "the last operations: who, what, when, the answer",
            Self::Checkout => "the pull request into a work tree of its own",
            Self::Save => "keep the filter as a section: save old reviews",
            Self::Forget => "drop a section that was saved: forget old reviews",
            Self::AllReleases => "pull requests of all releases, or of this one",
            Self::ReleaseView => "the release for others: steps, overdue, what changed, what next",
            Self::Share => "copy the release for others, as Markdown",
        }
    }
}

fn is_tab(command: Command) -> bool {
    use Command as C;
    matches!(command, C::TabReadiness | C::TabPullRequests | C::TabSchedule | C::TabInsights | C::TabChanges)
}

/// The entries whose name or help matches fuzzily, best first. A time or other words behind the
/// name of an entry that takes them are no part of what is looked for.
pub(super) fn matching(typed: &str, own: &OwnCommands) -> Vec<Row> {
    let (name, time) = typed.trim_start().split_once(' ').unwrap_or((typed, ""));
    let named =
        PaletteEntry::all().zip(0u32..).find(|(entry, _)| entry.name() == name && entry.takes_words());
    if let (Some((_, index)), false) = (named, time.trim().is_empty()) {
        return vec![Row::Palette(index)];
    }
    if typed.trim().is_empty() {
        let entries = PaletteEntry::all().zip(0u32..).map(|(_, index)| Row::Palette(index));
        return entries.chain(own.all().iter().zip(0u32..).map(|(_, index)| Row::Own(index))).collect();
    }
    let pattern = Pattern::parse(typed, CaseMatching::Ignore, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut buffer = Vec::new();
    let entries = PaletteEntry::all().zip(0u32..);
    let entries = entries.map(|(entry, index)| (Row::Palette(index), entry.name(), entry.help()));
    let commands = own.all().iter().zip(0u32..);
    let commands = commands.map(|(command, index)| (Row::Own(index), command.name.as_str(), command.does()));
    let mut scored: Vec<(u32, Row)> = entries
        .chain(commands)
        .filter_map(|(row, name, help)| {
            let mut score = |text: &str| pattern.score(Utf32Str::new(text, &mut buffer), &mut matcher);
            // What it is called counts more than what is said of it.
            let by_name = score(name).map(|score| 2 * score);
            by_name.or_else(|| score(help)).map(|score| (score, row))
        })
        .collect();
    scored.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    scored.into_iter().map(|(_, row)| row).collect()
}

/// Does what is selected in the palette.
pub(super) fn carry_out_selected(state: &mut State, typed: &str, now: Instant, effects: &mut Vec<Effect>) {
    let selected = state.list(ListId::Palette).row();
    past::close_palette(state);
    effects.push(Effect::Draw);
    if let Some(Row::Own(index)) = selected {
        return commands::ask_by_index(state, index as usize, now, effects);
    }
    let Some(entry) = selected.and_then(|row| match row {
        Row::Palette(index) => PaletteEntry::at(index),
        _ => None,
    }) else {
        return super::update::say(state, format!("there is no command \"{typed}\""), now, effects);
    };
    let (name, words) = typed.trim_start().split_once(' ').unwrap_or((typed.trim(), ""));
    let time = if name == entry.name() { words.trim() } else { "" };
    match entry {
        PaletteEntry::Command(command) => carry_out(state, command, now, effects),
        // Without a time it is not known yet: the line waits for it.
        PaletteEntry::AsOf
        | PaletteEntry::Since
        | PaletteEntry::WhatIf
        | PaletteEntry::When
        | PaletteEntry::Note
        | PaletteEntry::Save
        | PaletteEntry::Forget
            if time.is_empty() =>
        {
            let input = Input::new(format!("{} ", entry.name()));
            state.overlays.push(super::Overlay::Palette(Palette { input }));
            state.arrange(ListId::Palette);
        }
        PaletteEntry::AsOf => past::as_of(state, time, now, effects),
        PaletteEntry::WhatIf => what_if::written(state, time, now, effects),
        PaletteEntry::When => when::ask(state, time, now, effects),
        PaletteEntry::Since => past::since(state, time, now, effects),
        PaletteEntry::Note => triage::tell(state, &Saying::Note(time), now, effects),
        PaletteEntry::Acknowledge => triage::tell(state, &Saying::Acknowledge(time), now, effects),
        PaletteEntry::Snooze => triage::tell(state, &Saying::Snooze(time), now, effects),
        PaletteEntry::Step(by, later) => past::step(state, by, later, now, effects),
        PaletteEntry::Pin(which) => past::pin(state, which, now, effects),
        PaletteEntry::Series(series) => {
            let is = if state.chart.toggle(series) { "shown" } else { "hidden" };
            super::update::say(state, format!("{} {is} on the chart", series.word()), now, effects);
        }
        PaletteEntry::Operation(kind) => operations::ask_by_key(state, kind, now, effects),
        PaletteEntry::OperationLog => operations::open_log(state, effects),
        PaletteEntry::Checkout => commands::ask_for_checkout(state, now, effects),
        PaletteEntry::Save => sections::save(state, time, now, effects),
        PaletteEntry::Forget => sections::forget(state, time, now, effects),
        PaletteEntry::AllReleases => {
            let all = !state.all_releases;
            super::open::show_all_releases(state, all);
            super::update::show_tab(state, super::Tab::PullRequests, effects);
        }
        PaletteEntry::ReleaseView => share::open(state, now, effects),
        PaletteEntry::Share => share::share(state, now, effects),
    }
}
