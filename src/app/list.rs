//! A list on the screen: which rows, in which order, and which one is selected.

use crate::insight::{ChangeGroup, Subject};

/// The lists there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ListId {
    /// The gates of the release.
    Gates,
    /// Its stories, or its pull requests where it has none.
    Stories,
    /// Its defects.
    Defects,
    /// Its suites and tests.
    Tests,
    /// What turns it green.
    Remedies,
    /// Pull requests.
    PullRequests,
    /// Deployments and releases by time.
    Schedule,
    /// Environments and who has them.
    Environments,
    /// The cards.
    Cards,
    /// The rows behind the card that fills the screen.
    CardRows,
    /// What is another than it was.
    Changes,
    /// The releases to choose from.
    Releases,
    /// What can be done from the palette.
    Palette,
}

impl ListId {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Gates,
        Self::Stories,
        Self::Defects,
        Self::Tests,
        Self::Remedies,
        Self::PullRequests,
        Self::Schedule,
        Self::Environments,
        Self::Cards,
        Self::CardRows,
        Self::Changes,
        Self::Releases,
        Self::Palette,
    ];

    /// Those whose rows are of the release that is shown.
    pub(super) const OF_A_RELEASE: [Self; 6] =
        [Self::Gates, Self::Stories, Self::Defects, Self::Tests, Self::Remedies, Self::PullRequests];

    /// The orders that it can be sorted by; the first is the default. Lists with a meaning in
    /// their order have that one only.
    pub fn orders(self) -> &'static [&'static str] {
        match self {
            Self::Gates
            | Self::Remedies
            | Self::Cards
            | Self::CardRows
            | Self::Changes
            | Self::Releases
            | Self::Palette => &["importance"],
            Self::Stories => &["worst", "age", "status", "owner", "key", "feature"],
            Self::Defects => &["worst", "age", "status", "owner", "key"],
            Self::Tests => &["suite", "since", "flaky", "name"],
            Self::PullRequests => &["slack", "age", "stage", "author", "repo", "number"],
            Self::Schedule => &["when", "release"],
            Self::Environments => &["tier", "name", "conflicts", "idle", "cost"],
        }
    }

    /// Whether the figures of a column fall in the order of its name: the oldest first, the furthest
    /// stage first.
    pub fn falls(self, order: &str) -> bool {
        match self {
            Self::Stories | Self::Defects => order == "age",
            Self::PullRequests => matches!(order, "age" | "stage"),
            Self::Tests => order == "flaky",
            Self::Environments => matches!(order, "conflicts" | "idle" | "cost"),
            _ => false,
        }
    }
}

/// What the list of the tab Readiness shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Listed {
    /// Stories, or pull requests where the release has none.
    #[default]
    Stories,
    /// Defects.
    Defects,
    /// Suites and their failing and flaky tests.
    Tests,
}

impl Listed {
    /// All of them, in order.
    pub const ALL: [Self; 3] = [Self::Stories, Self::Defects, Self::Tests];

    /// The list that it is.
    pub fn list(self) -> ListId {
        match self {
            Self::Stories => ListId::Stories,
            Self::Defects => ListId::Defects,
            Self::Tests => ListId::Tests,
        }
    }
}

/// One row: where its item is on the board, or a heading. Positions hold for the board they
/// were computed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// Not an item: says what follows.
    Heading(Heading),
    /// A gate of the release.
    Gate(u32),
    /// A story of the release.
    Story(u32),
    /// A suite of the release.
    Suite(u32),
    /// A test of the release: its suite, and its place there.
    Test(u32, u32),
    /// A pull request of the release.
    PullRequest(u32),
    /// A pull request that belongs to no release.
    Unassigned(u32),
    /// A pull request of another release: the position of that one, and in it.
    Elsewhere(u32, u32),
    /// A remedy of the release.
    Remedy(u32),
    /// A deployment of the schedule.
    Deployment(u32),
    /// A release.
    Release(u32),
    /// An environment.
    Environment(u32),
    /// A card.
    Card(u32),
    /// A row behind the card that fills the screen.
    OfCard(u32),
    /// All releases together.
    AllReleases,
    /// A change.
    Change(u32),
    /// A release that waits for one that changed.
    Concerned(u32),
    /// A figure of the release and of the one before it.
    Measure(u32),
    /// An entry of the palette.
    Palette(u32),
    /// A command of one's own, in the palette.
    Own(u32),
}

/// A row that groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heading {
    /// Stories that are ready, and those that were dropped.
    Ready {
        /// How many are ready.
        ready: u32,
        /// How many were dropped.
        dropped: u32,
    },
    /// A feature of the release: its stories follow.
    Feature(u32),
    /// Stories that are no part of a feature.
    NoFeature(u32),
    /// Pull requests that ended: merged, closed; and whether they follow or are folded.
    Ended {
        /// How many were merged.
        merged: u32,
        /// How many were closed without it.
        closed: u32,
        /// Their rows follow.
        shown: bool,
    },
    /// Pull requests that belong to no release.
    Unassigned(u32),
    /// A group of pull requests: its position among the list's groups, and how many.
    Group(u32, u32),
    /// What is over.
    Past(u32),
    /// Releases without a date.
    Undated(u32),
    /// Changes of one group.
    Changes(ChangeGroup, u32),
    /// Releases that wait for one that changed.
    Concerned(u32),
}

/// The state of one list. Rows are followed by identity: new data moves a row, not the
/// selection.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct List {
    /// The rows in the order they are shown.
    pub rows: Vec<Row>,
    /// Items that would be shown without the filter.
    pub known: usize,
    /// Items that are shown.
    pub shown: usize,
    /// What is selected.
    pub selected: Option<Subject>,
    /// The position of the selected row, or where it was.
    pub position: usize,
    /// The selection is somebody's, or stood there when everything had come: it is followed. Until
    /// then it is the first row, whatever comes above it.
    pub(super) is_followed: bool,
    /// The position of the row at the top.
    pub first: usize,
    /// Which of the orders of the list.
    pub order: usize,
    /// The order is turned round.
    pub reversed: bool,
    /// The query that picks the rows, as it is written; empty for all rows.
    pub filter: String,
    /// The same, read.
    pub(crate) asked: super::filter::Filter,
    /// Names of the groups.
    pub groups: Vec<crate::domain::Text>,
}

impl List {
    /// The selected row.
    pub fn row(&self) -> Option<Row> {
        self.rows.get(self.position).copied().filter(|row| is_item(*row))
    }

    /// The position of the row at the top when `height` rows fit, so that the selection is
    /// in sight and nothing moves that need not.
    pub fn first_for(&self, height: usize) -> usize {
        let height = height.max(1);
        let most = self.rows.len().saturating_sub(height);
        let mut first = self.first.min(most);
        if self.position < first {
            first = self.position;
            // A heading belongs to the first row below it.
            if first > 0 && height > 1 && !self.rows.get(first - 1).copied().is_none_or(is_item) {
                first -= 1;
            }
        } else if self.position >= first + height {
            first = self.position + 1 - height;
        }
        first
    }

    /// Keeps the top row that [`first_for`](Self::first_for) names.
    pub(super) fn settle(&mut self, height: usize) {
        self.first = self.first_for(height);
    }

    /// Moves by `steps` items, stopping at the ends.
    pub(super) fn step(&mut self, steps: isize) {
        let forward = steps > 0;
        for _ in 0..steps.unsigned_abs() {
            let next = if forward {
                (self.position + 1..self.rows.len()).find(|at| is_item(self.rows[*at]))
            } else {
                (0..self.position.min(self.rows.len())).rev().find(|at| is_item(self.rows[*at]))
            };
            match next {
                Some(at) => self.position = at,
                None => break,
            }
        }
    }

    /// Goes to the item at `position`, else to the nearest one.
    pub(super) fn go_to(&mut self, position: usize) {
        let last = self.rows.len().saturating_sub(1);
        let wanted = position.min(last);
        let below = (wanted..self.rows.len()).find(|at| is_item(self.rows[*at]));
        let above = || (0..wanted).rev().find(|at| is_item(self.rows[*at]));
        self.position = below.or_else(above).unwrap_or(0);
    }

    /// The next item in a direction, around the end.
    pub(super) fn step_around(&mut self, forward: bool) {
        let before = self.position;
        self.step(if forward { 1 } else { -1 });
        if self.position == before {
            self.go_to(if forward { 0 } else { usize::MAX });
        }
    }

    /// The name of the order it is in.
    pub fn order_name(&self, id: ListId) -> &'static str {
        let orders = id.orders();
        orders.get(self.order % orders.len()).copied().unwrap_or("importance")
    }
}

/// Whether a row can be selected.
pub(super) fn is_item(row: Row) -> bool {
    !matches!(row, Row::Heading(_))
}
