//! The command palette: everything that can be done, by its name.

use nucleo_matcher::{
    Config, Matcher, Utf32Str,
    pattern::{CaseMatching, Normalization, Pattern},
};
use tui_input::Input;

use crate::{domain::Instant, insight::Lens};

use super::{
    ChartSeries, Command, Effect, Group, ListId, OperationKind, Overlay, OwnCommands, Row, State, commands,
    insights, operations, past,
    past::Step,
    sections, share,
    triage::{self, Saying},
    update::{carry_out, say},
    what_if, when,
};

/// The command palette: a line to type in; the list below is
/// [`ListId::Palette`].
#[derive(Clone, Debug, Default)]
pub struct Palette {
    /// What is typed.
    pub input: Input,
    /// Somebody went to the row that is selected, and did not type since.
    pub(super) pointed: bool,
}

impl Palette {
    fn typed(text: String) -> Self {
        Self { input: Input::new(text), pointed: false }
    }
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
    /// Shows the board to another reader: `lens engineer`.
    Lens(Lens),
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
const EXTRAS: [PaletteEntry; 27] = [
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
    PaletteEntry::Lens(Lens::Engineer),
    PaletteEntry::Lens(Lens::ReleaseManager),
    PaletteEntry::Lens(Lens::Executive),
    PaletteEntry::Lens(Lens::All),
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
            Self::Lens(Lens::All) => "lens all",
            Self::Lens(Lens::Engineer) => "lens engineer",
            Self::Lens(Lens::ReleaseManager) => "lens release-manager",
            Self::Lens(Lens::Executive) => "lens executive",
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
            Self::Acknowledge => "seen, with a note: acknowledge lee is on it",
            Self::Snooze => "put off: 2d, commit, checks, review, changed",
            Self::WhatIf => "leave-out KEY, target +3d, freeze-scope, off",
            Self::When => "can the deployment go then: when Fri 16:00",
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
            Self::Lens(lens) => lens.about(),
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
    matches!(
        command,
        C::TabReadiness
            | C::TabPullRequests
            | C::TabSchedule
            | C::TabEnvironments
            | C::TabInsights
            | C::TabChanges
    )
}

/// How well what is typed names an entry; the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    /// It is its name.
    Exact,
    /// Its name begins so.
    Beginning,
    /// Words of its name begin so.
    Words,
    /// Its name has these letters in this order.
    Letters,
    /// These words are said of it.
    Help,
}

impl Fit {
    /// That is what somebody meant; else it is a guess, which is not carried out unasked.
    fn is_sure(self) -> bool {
        self <= Self::Words
    }

    /// How well `typed` names what is called `name`, where that can be told without guessing.
    fn by_name(typed: &str, name: &str) -> Option<Self> {
        let name = name.to_lowercase();
        let wanted = typed.to_lowercase().split_whitespace().collect::<Vec<_>>().join("-");
        let joined = name.replace(' ', "-");
        if joined == wanted {
            return Some(Self::Exact);
        }
        if joined.starts_with(&wanted) {
            return Some(Self::Beginning);
        }
        let begins = |word: &str| joined.split('-').any(|part| part.starts_with(word));
        let mut words = wanted.split('-').filter(|word| !word.is_empty()).peekable();
        (words.peek().is_some() && words.all(begins)).then_some(Self::Words)
    }
}

/// What an entry or a command of one's own is called, and what is said of it.
fn called(row: Row, own: &OwnCommands) -> Option<(&str, &str)> {
    match row {
        Row::Palette(index) => PaletteEntry::at(index).map(|entry| (entry.name(), entry.help())),
        Row::Own(index) => own.all().get(index as usize).map(|command| (&*command.name, command.does())),
        _ => None,
    }
}

/// The entry of this name that words stand behind, and these.
fn with_words(typed: &str) -> Option<(u32, &str)> {
    let (name, words) = typed.trim_start().split_once(' ')?;
    let mut entries = PaletteEntry::all().zip(0u32..);
    let (_, index) = entries.find(|(entry, _)| entry.name() == name && entry.takes_words())?;
    (!words.trim().is_empty()).then_some((index, words.trim()))
}

/// The entries that what is typed names, and those that it may mean, best first. A time or other
/// words behind the name of an entry that takes them are no part of what is looked for.
pub(super) fn matching(typed: &str, own: &OwnCommands) -> Vec<Row> {
    if let Some((index, _)) = with_words(typed) {
        return vec![Row::Palette(index)];
    }
    let entries = PaletteEntry::all().zip(0u32..).map(|(_, index)| Row::Palette(index));
    let rows = entries.chain(own.all().iter().zip(0u32..).map(|(_, index)| Row::Own(index)));
    if typed.trim().is_empty() {
        return rows.collect();
    }
    let pattern = Pattern::parse(typed, CaseMatching::Ignore, Normalization::Smart);
    let mut matcher = Matcher::new(Config::DEFAULT);
    let mut buffer = Vec::new();
    let words: Vec<String> = typed.split_whitespace().map(str::to_lowercase).collect();
    let mut found: Vec<(Fit, u32, Row)> = rows
        .filter_map(|row| {
            let (name, help) = called(row, own)?;
            let score = pattern.score(Utf32Str::new(name, &mut buffer), &mut matcher);
            // Letters that lie scattered over a sentence say nothing.
            let is_said = || {
                let help = help.to_lowercase();
                words.iter().all(|word| help.contains(word.as_str()))
            };
            let fit = Fit::by_name(typed, name)
                .or_else(|| score.map(|_| Fit::Letters))
                .or_else(|| is_said().then_some(Fit::Help))?;
            Some((fit, score.unwrap_or(0), row))
        })
        .collect();
    found.sort_by_key(|(fit, score, _)| (*fit, std::cmp::Reverse(*score)));
    found.into_iter().map(|(_, _, row)| row).collect()
}

/// Somebody goes to a row: that one is meant, whatever was typed.
pub(super) fn point(state: &mut State) {
    if let Some(Overlay::Palette(palette)) = state.overlays.last_mut() {
        palette.pointed = true;
    }
}

/// Writes into the line what is selected below it.
pub(super) fn complete(state: &mut State, effects: &mut Vec<Effect>) {
    let row = state.list(ListId::Palette).row();
    let Some((name, _)) = row.and_then(|row| called(row, &state.desk.commands)) else { return };
    let takes_words = match row {
        Some(Row::Palette(index)) => PaletteEntry::at(index).is_some_and(PaletteEntry::takes_words),
        _ => false,
    };
    let text = if takes_words { format!("{name} ") } else { name.to_owned() };
    open_with(state, text, effects);
}

/// The palette with this in its line, in place of one that is open.
fn open_with(state: &mut State, text: String, effects: &mut Vec<Effect>) {
    past::close_palette(state);
    state.overlays.push(Overlay::Palette(Palette::typed(text)));
    let list = state.list_mut(ListId::Palette);
    (list.position, list.first) = (0, 0);
    state.arrange(ListId::Palette);
    effects.push(Effect::Draw);
}

/// What must be said before something is carried out. A guess stays one until somebody goes to it or
/// says yes: its name comes into the line, where enter carries it out.
fn ask_first(state: &mut State, typed: &str, row: Row, now: Instant, effects: &mut Vec<Effect>) -> bool {
    let Some((name, _)) = called(row, &state.desk.commands) else { return false };
    let name = name.to_owned();
    let is_lens =
        matches!(row, Row::Palette(index) if matches!(PaletteEntry::at(index), Some(PaletteEntry::Lens(_))));
    if is_lens && typed.trim() == "lens" {
        open_with(state, "lens ".to_owned(), effects);
        say(state, "for whom: engineer, release-manager, executive or all", now, effects);
        return true;
    }
    let is_sure = with_words(typed).is_some() || Fit::by_name(typed, &name).is_some_and(Fit::is_sure);
    if is_sure || typed.trim().is_empty() {
        return false;
    }
    let said = format!("there is no command \"{}\": enter again for {name}", typed.trim());
    open_with(state, name, effects);
    say(state, said, now, effects);
    true
}

/// Does what is selected in the palette, if that is what somebody meant.
pub(super) fn carry_out_selected(
    state: &mut State,
    palette: &Palette,
    now: Instant,
    effects: &mut Vec<Effect>,
) {
    let typed = palette.input.value();
    let selected = state.list(ListId::Palette).row();
    if let (Some(row), false) = (selected, palette.pointed)
        && ask_first(state, typed, row, now, effects)
    {
        return;
    }
    past::close_palette(state);
    effects.push(Effect::Draw);
    if let Some(Row::Own(index)) = selected {
        return commands::ask_by_index(state, index as usize, now, effects);
    }
    let Some(entry) = selected.and_then(|row| match row {
        Row::Palette(index) => PaletteEntry::at(index),
        _ => None,
    }) else {
        return say(state, format!("there is no command \"{typed}\""), now, effects);
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
            open_with(state, format!("{} ", entry.name()), effects);
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
            say(state, format!("{} {is} on the chart", series.word()), now, effects);
        }
        PaletteEntry::Lens(lens) => insights::look_through(state, lens, now, effects),
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
