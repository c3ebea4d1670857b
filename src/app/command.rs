//! What a key can be bound to.

use std::fmt;

/// Where a command stands in the help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Getting around.
    Move,
    /// Looking closer at one thing.
    Look,
    /// Which rows are listed, and in which order.
    List,
    /// Changing something outside.
    Change,
    /// The board as a whole.
    Board,
    /// The program.
    Program,
}

impl Group {
    /// Its heading in the help.
    pub fn title(self) -> &'static str {
        match self {
            Self::Move => "Move",
            Self::Look => "Look closer",
            Self::List => "List",
            Self::Change => "Change",
            Self::Board => "Board",
            Self::Program => "Program",
        }
    }
}

macro_rules! commands {
    ($($variant:ident, $name:literal, $group:ident, $short:literal, $help:literal;)*) => {
        /// A verb that a key can be bound to.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Command {
            $(#[doc = $help] $variant,)*
        }

        impl Command {
            /// All of them, in the order of the help.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// Its name in the configuration.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// One or two words for the footer.
            pub fn short(self) -> &'static str {
                match self { $(Self::$variant => $short,)* }
            }

            /// What it does, in one line.
            pub fn help(self) -> &'static str {
                match self { $(Self::$variant => $help,)* }
            }

            /// Where it stands in the help.
            pub fn group(self) -> Group {
                match self { $(Self::$variant => Group::$group,)* }
            }
        }
    };
}

commands! {
    MoveDown, "move-down", Move, "down", "next row";
    MoveUp, "move-up", Move, "up", "previous row";
    First, "first", Move, "first", "first row";
    Last, "last", Move, "last", "last row";
    HalfPageDown, "half-page-down", Move, "half page", "half a page down";
    HalfPageUp, "half-page-up", Move, "half page", "half a page up";
    PageDown, "page-down", Move, "page", "a page down";
    PageUp, "page-up", Move, "page", "a page up";
    SectionLeft, "section-left", Move, "section", "section before";
    SectionRight, "section-right", Move, "section", "section after";
    TabReadiness, "tab-readiness", Move, "readiness", "tab Readiness";
    TabPullRequests, "tab-pull-requests", Move, "pull requests", "tab Pull requests";
    TabSchedule, "tab-schedule", Move, "schedule", "tab Schedule";
    TabEnvironments, "tab-environments", Move, "environments", "tab Environments";
    TabInsights, "tab-insights", Move, "insights", "tab Insights";
    TabChanges, "tab-changes", Move, "changes", "tab Changes";
    NextTab, "next-tab", Move, "tab", "next tab";
    PreviousTab, "previous-tab", Move, "tab", "previous tab";
    Open, "open", Look, "open", "open the selected row";
    Back, "back", Look, "back", "close what is on top, drop the filter";
    Why, "why", Look, "why", "why? formula, what counts, sources";
    WhyHeadline, "why-headline", Look, "why so", "why? of the headline";
    Detail, "detail", Look, "detail", "detail pane on or off";
    DetailPlace, "detail-place", Look, "place", "detail pane below or at the right";
    DetailDown, "detail-down", Look, "detail down", "scroll the detail pane down";
    DetailUp, "detail-up", Look, "detail up", "scroll the detail pane up";
    DetailNextPage, "detail-next-page", Look, "detail page", "next page of the detail pane";
    DetailPreviousPage, "detail-previous-page", Look, "detail page", "previous page of the detail pane";
    Expand, "expand", Look, "expand", "the whole screen for one section, and back";
    CountBy, "count-by", Look, "points", "the chart by stories or by points";
    ZoomIn, "zoom-in", Look, "zoom in", "less time on the chart, in more detail";
    ZoomOut, "zoom-out", Look, "zoom out", "more time on the chart";
    OtherPicture, "other-picture", Look, "other picture", "the tab's other picture";
    Acknowledge, "acknowledge", Look, "acknowledge", "say that it was seen; again: take it back";
    Snooze, "snooze", Look, "snooze", "put it off for a day; again: take it back";
    Watch, "watch", Look, "watch", "watch it; again: do not";
    Trace, "trace", Look, "trace", "where it is and what carries it on; what it would bring";
    Browse, "browse", Look, "browse", "open it in the browser";
    CopyReference, "copy-reference", Look, "copy", "copy its key or number";
    CopyLink, "copy-link", Look, "copy link", "copy its link";
    Filter, "filter", List, "filter", "show only rows that a query picks";
    NextMatch, "next-match", List, "next match", "next match, around the end";
    PreviousMatch, "previous-match", List, "previous match", "previous match, around the start";
    Complete, "complete", List, "complete", "complete the word of the filter, or the command";
    GroupBy, "group-by", List, "group", "group the pull requests by stage, release, repository …";
    Mark, "mark", List, "mark", "mark the row, or take its mark away";
    MarkRange, "mark-range", List, "mark range", "mark all rows from the last marked one";
    NextList, "next-list", List, "lists", "stories, defects, tests";
    Sort, "sort", List, "sort", "sort by the next column";
    ReverseSort, "reverse-sort", List, "reverse", "turn the order round";
    Operations, "operations", Change, "act", "what can be done to the row";
    Approve, "approve", Change, "approve", "approve the pull request";
    Comment, "comment", Change, "comment", "comment on the row";
    Merge, "merge", Change, "merge", "merge the pull request";
    RunFailedChecksAgain, "run-failed-again", Change, "re-run", "run its failed checks again";
    StartOrFinish, "start-or-finish", Change, "start, finish", "start or finish the activity of a runbook that is done by hand";
    Undo, "undo", Change, "undo", "take back what was done last, while it can be";
    OwnCommands, "own-commands", Change, "own", "commands of your own, for this row";
    ChooseRelease, "choose-release", Board, "release", "choose the release";
    Refresh, "refresh", Board, "refresh", "ask the sources of this list again";
    RefreshAll, "refresh-all", Board, "refresh all", "ask every source again";
    Sources, "sources", Board, "sources", "sources: age, next round, errors";
    Freeze, "freeze", Board, "freeze", "hold this board, or let newer ones in";
    Earlier, "earlier", Board, "earlier", "the board before the last change, and back from there";
    Later, "later", Board, "later", "from the past towards now";
    Now, "now", Board, "now", "from the past to now";
    WhatIf, "what-if", Board, "what if", "what if the story was left out, or the step taken";
    Palette, "palette", Program, "commands", "everything by its name: as-of yesterday 14:00";
    NextTheme, "next-theme", Program, "theme", "next theme";
    Help, "help", Program, "help", "keys that apply here";
    Repaint, "repaint", Program, "repaint", "draw the whole screen again";
    Suspend, "suspend", Program, "suspend", "back to the shell; `fg` returns";
    Quit, "quit", Program, "quit", "close what is on top, then quit";
    QuitNow, "quit-now", Program, "quit now", "quit at once";
}

impl Command {
    /// The command with this name in the configuration.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|command| command.name() == name)
    }

    /// The command whose name is nearest to a mistyped one.
    pub fn nearest(name: &str) -> Option<Self> {
        nearest(name, Self::ALL.iter().map(|command| (command.name(), *command)))
    }
}

impl fmt::Display for Command {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// The value whose name is nearest to a mistyped one, if any is near at all.
pub(crate) fn nearest<'a, T>(name: &str, known: impl Iterator<Item = (&'a str, T)>) -> Option<T> {
    known
        .map(|(candidate, value)| (strsim::jaro_winkler(name, candidate), value))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, value)| value)
}
