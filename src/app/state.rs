//! Everything that decides what is on the screen.

use std::{collections::HashMap, sync::Arc};

use chrono::{Duration, DurationRound};
use tui_input::Input;

use crate::{
    domain::{
        DeploymentId, DeploymentState, Instant, PullRequestId, Release, ReleaseId, SourceHealth, SourceState,
        Text,
    },
    insight::{
        Board, CanGo, DeploymentRow, Explanation, Lens, PullRequestRow, ReleaseInsight, StoryRow, Subject,
    },
    source::{operation::Operators, reading::Readers},
};

use super::{
    ChartState, Chooser, Comparison, Context, Desk, Dialog, GroupBy, KeyMap, Layout, List, ListId, Listed,
    Marks, Operations, Overlay, Palette, Past, PullRequestSection, Row, Sections, Undo, WhatIf,
    filter::Cycle,
    operations,
    rows::{self, View},
};

/// A tab.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tab {
    /// Is it ready?
    #[default]
    Readiness,
    /// What is on its way?
    PullRequests,
    /// What goes out when?
    Schedule,
    /// Who has which environment, and what is on it?
    Environments,
    /// What does the data teach?
    Insights,
    /// What is another than it was?
    Changes,
}

impl Tab {
    /// All of them, in order.
    pub const ALL: [Self; 6] = [
        Self::Readiness,
        Self::PullRequests,
        Self::Schedule,
        Self::Environments,
        Self::Insights,
        Self::Changes,
    ];

    /// Its title on the screen.
    pub fn title(self) -> &'static str {
        match self {
            Self::Readiness => "Readiness",
            Self::PullRequests => "Pull requests",
            Self::Schedule => "Schedule",
            Self::Environments => "Environments",
            Self::Insights => "Insights",
            Self::Changes => "Changes",
        }
    }

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Readiness => "readiness",
            Self::PullRequests => "pull-requests",
            Self::Schedule => "schedule",
            Self::Environments => "environments",
            Self::Insights => "insights",
            Self::Changes => "changes",
        }
    }

    /// The tab with this name on the command line.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tab| tab.name() == name)
    }

    /// Where its own key bindings are.
    pub fn context(self) -> Context {
        match self {
            Self::Readiness => Context::Readiness,
            Self::PullRequests => Context::PullRequests,
            Self::Schedule => Context::Schedule,
            Self::Environments => Context::Environments,
            Self::Insights => Context::Insights,
            Self::Changes => Context::Changes,
        }
    }

    /// The digit that stands before its title.
    pub fn digit(self) -> char {
        match self {
            Self::Readiness => '1',
            Self::PullRequests => '2',
            Self::Schedule => '3',
            Self::Environments => '4',
            Self::Insights => '5',
            Self::Changes => '6',
        }
    }
}

/// A section of the tab Readiness.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// The burn-down chart.
    BurnDown,
    /// The gates.
    Gates,
    /// The stories, or the pull requests where there are none.
    #[default]
    Stories,
    /// What turns it green.
    Remedies,
}

impl Section {
    /// All of them, in reading order.
    pub const ALL: [Self; 4] = [Self::BurnDown, Self::Gates, Self::Stories, Self::Remedies];
}

/// What the tab Pull requests lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PullRequestPicture {
    /// Open ones; those that ended are counted.
    #[default]
    Open,
    /// Those that ended, too.
    All,
}

/// What the tab Schedule shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SchedulePicture {
    /// Rows.
    #[default]
    List,
    /// The days of a month.
    Month,
    /// A row for each environment, along the time.
    Gantt,
}

/// How much time a cell of the Gantt chart stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum GanttScale {
    /// A quarter of an hour.
    Hours,
    /// An hour.
    #[default]
    Days,
    /// Six hours.
    Weeks,
    /// A day.
    Months,
}

impl GanttScale {
    /// All of them, the finest first.
    pub const ALL: [Self; 4] = [Self::Hours, Self::Days, Self::Weeks, Self::Months];

    /// Minutes of a cell.
    pub fn minutes(self) -> i64 {
        match self {
            Self::Hours => 15,
            Self::Days => 60,
            Self::Weeks => 360,
            Self::Months => 1440,
        }
    }

    /// Its word on the screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Hours => "hours",
            Self::Days => "days",
            Self::Weeks => "weeks",
            Self::Months => "months",
        }
    }
}

/// Where the detail pane is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DetailPlace {
    /// Below the list.
    Below,
    /// At the right of the list.
    Right,
}

/// The pane that tells more of the selected row. It follows when the keys rest, so that a
/// key costs a slow link one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DetailPane {
    /// It is shown.
    pub on: bool,
    /// Where; none as long as nobody said: at the right of a wide screen, else below.
    pub place: Option<DetailPlace>,
    /// What it tells of.
    pub subject: Option<Subject>,
    /// Which of its pages.
    pub page: usize,
    /// Lines scrolled away.
    pub scroll: u16,
}

/// Something that was said to the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// What.
    pub text: Text,
    /// It goes away at.
    pub until: Instant,
}

impl Message {
    /// How long a message stays, in seconds.
    const SECONDS: i64 = 8;

    pub(super) fn new(text: impl AsRef<str>, now: Instant) -> Self {
        Self { text: Text::new(text), until: now + Duration::seconds(Self::SECONDS) }
    }
}

/// How the screen begins.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The release that was asked for: its identity, or its version alone.
    pub release: Option<String>,
    /// The tab that was asked for.
    pub tab: Option<Tab>,
    /// Nothing outside may be changed: said in the header.
    pub read_only: bool,
    /// Time stands still, as in pictures: nothing that waits for it will come.
    pub clock_stands: bool,
    /// Which key does what.
    pub keys: KeyMap,
    /// When this user left the board last.
    pub last_visit: Option<Instant>,
    /// Who changes something outside.
    pub operators: Operators,
    /// The instant of the past that was asked for.
    pub as_of: Option<Instant>,
    /// Who looks at the screen.
    pub user: Text,
    /// What is around the board.
    pub desk: Desk,
    /// It is a wall that nobody touches.
    pub wall: Option<super::WallOptions>,
    /// Sections of the configuration.
    pub sections: Vec<PullRequestSection>,
    /// Sections that somebody saved.
    pub saved_sections: Vec<PullRequestSection>,
    /// Who reads closer what is looked at.
    pub readers: Readers,
    /// For whom the board is shown.
    pub lens: Lens,
}

/// Where a pull request stands in the lists of the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PullRequestAt {
    Release(u32),
    Unassigned(u32),
    Elsewhere(u32, u32),
}

/// Everything that decides what is on the screen.
#[derive(Clone, Debug)]
pub struct State {
    /// The board that is shown.
    pub board: Arc<Board>,
    /// While frozen: since when, and the newest board that came in the meantime.
    pub frozen: Option<(Instant, Option<Arc<Board>>)>,
    /// While the past is shown: what waits.
    pub past: Option<Past>,
    /// While something is assumed: what, and the truth that waits.
    pub what_if: Option<WhatIf>,
    /// What the tab Changes shows.
    pub comparison: Comparison,
    /// The instant of the past to begin with, until it was asked for.
    pub(super) opening: Option<Instant>,
    /// What changed since the last visit and was not looked at yet.
    pub(super) unseen: super::past::Places,
    /// What people said about things on the board.
    pub said: super::Said,
    /// What the tab Insights shows.
    pub insights: super::Insights,
    /// What the tab Environments shows.
    pub environments: super::Environments,
    /// The tab that is shown.
    pub tab: Tab,
    /// The release that is shown; none if the board has none.
    pub release: Option<ReleaseId>,
    /// The release that somebody chose; while there is none, the board's default is shown.
    pub(super) chosen: Option<ReleaseId>,
    /// The release that was shown when it was not out yet, where nobody chose one: it stays when it
    /// goes out.
    was_open: Option<ReleaseId>,
    /// A release that was asked for and that no source knows yet.
    pub(super) wanted: Option<String>,
    /// The section of the tab Readiness that the keys go to.
    pub section: Section,
    /// What the list of the tab Readiness shows.
    pub listed: Listed,
    /// The section, or the list of another tab, has the whole screen.
    pub expanded: bool,
    /// What the chart of the tab Readiness shows.
    pub chart: ChartState,
    /// What the tab Pull requests lists.
    pub pull_requests: PullRequestPicture,
    /// It lists those of all releases that did not go out.
    pub all_releases: bool,
    /// What they are grouped by.
    pub group: GroupBy,
    /// The sections of the tab Pull requests.
    pub sections: Sections,
    /// Rows that are marked.
    pub marks: Marks,
    /// As whom the sources are signed in.
    pub(super) me: Vec<Text>,
    /// What the tab Schedule shows.
    pub schedule: SchedulePicture,
    /// How much time its Gantt chart shows.
    pub scale: GanttScale,
    /// The last answer to "can this go then?".
    pub can_go: Option<(DeploymentId, CanGo)>,
    /// The detail pane.
    pub detail: DetailPane,
    /// What lies on top, the topmost last.
    pub overlays: Vec<Overlay>,
    /// The line in which a filter is typed, while it is, and the filter before.
    pub filter: Option<(Input, String)>,
    /// While a word of it is being completed: by what.
    pub(super) completing: Option<Cycle>,
    /// What was said last.
    pub message: Option<Message>,
    /// Where things are on the frame that was drawn last.
    pub layout: Layout,
    /// Which key does what.
    pub keys: Arc<KeyMap>,
    /// Nothing outside may be changed.
    pub read_only: bool,
    /// Time stands still: nothing that waits for it will come.
    pub clock_stands: bool,
    /// What is changed outside: what waits, what was sent, what came of it.
    pub operations: Operations,
    /// What the key for undoing takes back.
    pub undo: Option<Undo>,
    /// The activity of a runbook that somebody pointed at.
    pub(super) pointed: Option<super::runbook::PointedActivity>,
    /// What is around the board.
    pub desk: Desk,
    /// While it is a wall: what came to it.
    pub wall: Option<super::Wall>,
    /// What was read of pull requests that were looked at.
    pub closer: super::Closer,
    /// For whom the board is shown.
    pub lens: Lens,
    lists: [List; ListId::ALL.len()],
    pull_request_at: HashMap<PullRequestId, PullRequestAt>,
}

impl State {
    /// The state that the screen begins with.
    pub fn new(board: Arc<Board>, options: Options, now: Instant) -> Self {
        let wall = options.wall.map(|wall| super::Wall::new(wall, &board, now));
        let mut state = Self {
            board,
            frozen: None,
            past: None,
            what_if: None,
            comparison: Comparison { last_visit: options.last_visit, ..Comparison::default() },
            opening: options.as_of,
            unseen: super::past::Places::default(),
            said: super::Said::by(options.user),
            insights: super::Insights::default(),
            environments: super::Environments::default(),
            tab: options.tab.unwrap_or_default(),
            release: None,
            chosen: None,
            was_open: None,
            wanted: options.release,
            section: Section::default(),
            listed: Listed::default(),
            expanded: false,
            chart: ChartState::default(),
            pull_requests: PullRequestPicture::default(),
            all_releases: false,
            group: GroupBy::default(),
            sections: Sections::new(options.sections, options.saved_sections),
            marks: Marks::default(),
            me: Vec::new(),
            schedule: SchedulePicture::default(),
            scale: GanttScale::default(),
            can_go: None,
            detail: DetailPane { on: true, place: None, subject: None, page: 0, scroll: 0 },
            overlays: Vec::new(),
            filter: None,
            completing: None,
            message: None,
            layout: Layout::default(),
            keys: Arc::new(options.keys),
            read_only: options.read_only,
            clock_stands: options.clock_stands,
            operations: Operations::by(options.operators),
            undo: None,
            pointed: None,
            desk: options.desk,
            wall,
            closer: super::Closer::by(options.readers),
            lens: Lens::default(),
            lists: Default::default(),
            pull_request_at: HashMap::new(),
        };
        state.arrange_all();
        state.begin_for(options.lens);
        state.follow_detail();
        if let Some(wanted) = &state.wanted {
            state.message = Some(Message::new(format!("no source knows a release {wanted:?} yet"), now));
        }
        state
    }

    /// The release that is shown.
    pub fn release(&self) -> Option<&ReleaseInsight> {
        self.board.release(self.release.as_ref()?).map(AsRef::as_ref)
    }

    /// The tab has nothing to show: no release, and no row that belongs to none.
    pub fn is_empty(&self) -> bool {
        self.release.is_none()
            && !matches!(self.tab, Tab::Changes | Tab::Environments | Tab::Insights)
            && (self.tab == Tab::Readiness || self.list(self.main_list()).known == 0)
    }

    /// Nothing can be said yet: no source knows a release, and one of them has still to answer
    /// for the first time.
    pub fn is_reading(&self) -> bool {
        self.release.is_none() && self.board.health.iter().any(is_first_round)
    }

    /// Where the detail pane is on a screen of so many columns.
    pub fn detail_place(&self, columns: u16) -> DetailPlace {
        // Below these widths a list that shares them loses more than the pane gains.
        const LEAST: u16 = 110;
        let from = if self.tab == Tab::Schedule { 230 } else { 170 };
        match self.detail.place {
            Some(place) if columns >= LEAST => place,
            None if columns >= from => DetailPlace::Right,
            _ => DetailPlace::Below,
        }
    }

    /// A list.
    pub fn list(&self, id: ListId) -> &List {
        &self.lists[id as usize]
    }

    pub(super) fn list_mut(&mut self, id: ListId) -> &mut List {
        &mut self.lists[id as usize]
    }

    /// The list that the keys go to; none where a section has no rows.
    pub fn active_list(&self) -> Option<ListId> {
        if let Some(overlay) = self.overlays.last() {
            return match overlay {
                Overlay::Chooser(_) => Some(ListId::Releases),
                Overlay::Palette(_) => Some(ListId::Palette),
                _ => None,
            };
        }
        match (self.tab, self.section) {
            (Tab::Readiness, Section::BurnDown) => None,
            (Tab::Readiness, Section::Gates) => Some(ListId::Gates),
            (Tab::Readiness, Section::Stories) => Some(self.listed.list()),
            (Tab::Readiness, Section::Remedies) => Some(ListId::Remedies),
            (Tab::PullRequests, _) => Some(ListId::PullRequests),
            (Tab::Schedule, _) => Some(ListId::Schedule),
            (Tab::Environments, _) => Some(ListId::Environments),
            (Tab::Insights, _) if self.insights.opened => Some(ListId::CardRows),
            (Tab::Insights, _) => Some(ListId::Cards),
            (Tab::Changes, _) => Some(ListId::Changes),
        }
    }

    /// The list of the tab that can be filtered and sorted.
    pub fn main_list(&self) -> ListId {
        match self.tab {
            Tab::Readiness => self.listed.list(),
            Tab::PullRequests => ListId::PullRequests,
            Tab::Schedule => ListId::Schedule,
            Tab::Environments => ListId::Environments,
            Tab::Insights if self.insights.opened => ListId::CardRows,
            Tab::Insights => ListId::Cards,
            Tab::Changes => ListId::Changes,
        }
    }

    /// Where a key is looked up first.
    pub fn context(&self) -> Context {
        if self.filter.is_some() {
            Context::Filter
        } else if matches!(self.overlays.last(), Some(Overlay::Chooser(_) | Overlay::Palette(_))) {
            Context::Chooser
        } else if let Some(Overlay::Operations(dialog)) = self.overlays.last()
            && matches!(**dialog, Dialog::Line(_))
        {
            Context::Chooser
        } else {
            self.tab.context()
        }
    }

    /// What is selected in the list that the keys go to, else what the section is about.
    pub fn subject(&self) -> Subject {
        if let Some((name, id)) = self.drift_cell().filter(|_| self.overlays.is_empty()) {
            return Subject::Component(name, id);
        }
        match self.active_list() {
            Some(id) => self.list(id).selected.clone().unwrap_or(Subject::Headline),
            None if self.overlays.is_empty() => self.chart.cursor.map_or(Subject::BurnDown, Subject::Day),
            None => Subject::Headline,
        }
    }

    /// The story of the release with this key.
    pub fn story(&self, key: &crate::domain::StoryKey) -> Option<&StoryRow> {
        self.release()?.stories.iter().find(|row| row.story.key == *key)
    }

    /// A pull request of the release, or one that belongs to none.
    pub fn pull_request(&self, id: &PullRequestId) -> Option<&PullRequestRow> {
        match *self.pull_request_at.get(id)? {
            PullRequestAt::Release(index) => self.release()?.pull_requests.get(index as usize),
            PullRequestAt::Unassigned(index) => self.board.insight.unassigned.get(index as usize),
            PullRequestAt::Elsewhere(of, index) => {
                self.board.insight.releases.get(of as usize)?.pull_requests.get(index as usize)
            }
        }
    }

    /// A pull request of another release than the one that is shown.
    pub(super) fn pull_request_is_elsewhere(&self, subject: &Subject) -> bool {
        let Subject::PullRequest(id) = subject else { return false };
        matches!(self.pull_request_at.get(id), Some(PullRequestAt::Elsewhere(..)))
    }

    /// The pull request of a row of a list.
    pub(crate) fn pull_request_of(&self, row: Row) -> Option<&PullRequestRow> {
        match row {
            Row::PullRequest(index) => self.release()?.pull_requests.get(index as usize),
            Row::Unassigned(index) => self.board.insight.unassigned.get(index as usize),
            Row::Elsewhere(of, index) => {
                self.board.insight.releases.get(of as usize)?.pull_requests.get(index as usize)
            }
            _ => None,
        }
    }

    /// The deployment with this identity.
    pub fn deployment(&self, id: &crate::domain::DeploymentId) -> Option<&DeploymentRow> {
        self.board.insight.schedule.deployments.iter().find(|row| row.deployment.id == *id)
    }

    /// The next instant at which something on the screen changes by time alone: the next
    /// minute; the next second in the last hour before what is counted down to, or while a
    /// message waits to go away its end.
    pub fn next_tick(&self, now: Instant) -> Option<Instant> {
        let step = if self.counts_seconds(now) || self.operations.waiting().next().is_some() {
            Duration::seconds(1)
        } else {
            Duration::minutes(1)
        };
        let next = now.duration_trunc(step).ok()?.checked_add_signed(step)?;
        let message = self.message.as_ref().map(|message| message.until).filter(|until| *until > now);
        // What is due is sent then, not at the next full second.
        let due = self.operations.waiting().map(|waiting| waiting.due).filter(|due| *due > now).min();
        Some([message, due, self.wall_tick(now)].into_iter().flatten().fold(next, Instant::min))
    }

    fn counts_seconds(&self, now: Instant) -> bool {
        let soon = |at: Instant| at > now && at - now <= Duration::hours(1);
        let promised = |release: &Release| {
            release.released_at.is_none()
                && release.target.is_some_and(|target| !target.estimated && soon(target.at))
        };
        let next = || {
            let schedule = &self.board.insight.schedule;
            let row = schedule.next.and_then(|next| schedule.deployments.get(next))?;
            let waits = !matches!(row.deployment.state, DeploymentState::Running);
            Some(waits && soon(row.deployment.window.from))
        };
        self.release().is_some_and(|insight| promised(&insight.release))
            || (self.tab == Tab::Schedule && next() == Some(true))
    }

    /// Shows `board`, keeping release, selections and scroll positions by identity. Hands
    /// back the old one.
    pub(super) fn show_board(&mut self, board: Arc<Board>, now: Instant) -> Arc<Board> {
        let old = std::mem::replace(&mut self.board, board);
        // A round without news: only ages moved, and those are drawn.
        if Arc::ptr_eq(&old.insight, &self.board.insight) {
            return old;
        }
        self.arrange_all();
        if self.detail.subject.as_ref().is_none_or(|subject| !self.knows(subject)) {
            self.follow_detail();
        }
        self.refresh_overlays(now);
        old
    }

    /// Whether it is on the board that is shown, in the release that is shown.
    pub(super) fn knows(&self, subject: &Subject) -> bool {
        match subject {
            Subject::PullRequest(id) => self.pull_request(id).is_some(),
            Subject::Deployment(id) => self.deployment(id).is_some(),
            Subject::Release(id) => self.board.release(id).is_some(),
            Subject::Story(key) => self.story(key).is_some(),
            Subject::Suite(name) => self.release().is_some_and(|release| release.suite(name).is_some()),
            Subject::Test(suite, name) => {
                self.release().is_some_and(|release| release.test(suite, name).is_some())
            }
            Subject::Environment(id) => self.environment(id).is_some(),
            Subject::Remedy(action) => self
                .release()
                .is_some_and(|release| release.remedies.iter().any(|remedy| remedy.action == *action)),
            Subject::Component(name, id) => self.environments.knows_cell(name, id),
            Subject::Day(day) => self
                .release()
                .is_some_and(|release| release.burn_down.days.iter().any(|known| known.day == *day)),
            _ => true,
        }
    }

    fn refresh_overlays(&mut self, now: Instant) {
        let mut overlays = std::mem::take(&mut self.overlays);
        overlays.retain(|overlay| match overlay {
            Overlay::Item { subject, .. } | Overlay::Why { subject, .. } => self.knows(subject),
            Overlay::Operations(dialog) => operations::is_still_meant(self, dialog),
            Overlay::Commands(dialog) => dialog.is_still_meant(self),
            _ => true,
        });
        let looked_from = self.instant(now);
        overlays.retain_mut(|overlay| match overlay {
            Overlay::Trace { asked, answer, .. } => {
                crate::insight::trace(&self.board, asked, looked_from).map(|newer| **answer = newer).is_ok()
            }
            Overlay::Recap { recap, .. } => {
                super::insights::recap(&self.board, &recap.release).map(|newer| **recap = newer).is_some()
            }
            _ => true,
        });
        operations::weigh(self, &mut overlays, now);
        self.overlays = overlays;
        self.explain_anew(|_| true, now);
    }

    /// Why `subject` is as it is; of a card, that one which is shown.
    pub(super) fn explain(&self, release: &ReleaseId, subject: &Subject, now: Instant) -> Explanation {
        let now = self.instant(now);
        let study = self.insights.study.as_ref();
        match subject {
            Subject::Card(id) => study
                .and_then(|study| study.card(*id))
                .map(|card| crate::insight::explain_card(&self.board, card, now)),
            Subject::CardRow(id, row) => study
                .and_then(|study| study.card(*id))
                .map(|card| crate::insight::explain_card_row(&self.board, card, row, now)),
            _ => None,
        }
        .unwrap_or_else(|| crate::insight::explain(&self.board, release, subject, now))
    }

    /// Explanations that are open, of the subjects that `is`.
    pub(super) fn explain_anew(&mut self, is: impl Fn(&Subject) -> bool, now: Instant) {
        let mut overlays = std::mem::take(&mut self.overlays);
        for overlay in &mut overlays {
            if let (Overlay::Why { subject, explanation, .. }, Some(release)) = (overlay, &self.release)
                && is(subject)
            {
                **explanation = self.explain(release, subject, now);
            }
        }
        self.overlays = overlays;
    }

    /// The release that was shown until it went out. A screen with keys stays with it: which release
    /// one looks at does not change by itself. A wall goes on to the next one.
    fn just_out(&self) -> Option<ReleaseId> {
        let id = self.was_open.as_ref().filter(|_| self.past.is_none() && self.wall.is_none())?;
        let is_out = self.board.release(id)?.release.released_at.is_some();
        is_out.then(|| id.clone())
    }

    /// The release to go on with, where the one that is shown is out: the next one that is not.
    pub fn next_release(&self) -> Option<&ReleaseId> {
        self.release()?.release.released_at?;
        let next = self.board.default_release()?;
        next.release.released_at.is_none().then_some(&next.release.id)
    }

    /// Decides the release, then computes every list anew.
    pub(super) fn arrange_all(&mut self) {
        if let Some(wanted) = &self.wanted
            && let Some(found) = find_release(&self.board, wanted)
        {
            self.chosen = Some(found);
            self.wanted = None;
            self.message = None;
        }
        let chosen = self.chosen.as_ref().filter(|id| self.board.release(id).is_some()).cloned();
        self.release = chosen
            .or_else(|| self.just_out())
            .or_else(|| Some(self.board.default_release()?.release.id.clone()));
        if self.past.is_none() && self.release().is_some_and(|shown| shown.release.released_at.is_none()) {
            self.was_open.clone_from(&self.release);
        }
        self.pull_request_at.clear();
        let board = Arc::clone(&self.board);
        let others = board.insight.releases.iter().zip(0u32..);
        // Of several releases the first counts, as in the list.
        let others: Vec<_> =
            others.filter(|(it, _)| self.all_releases && it.release.released_at.is_none()).collect();
        for (release, of) in others.into_iter().rev() {
            for (row, index) in release.pull_requests.iter().zip(0u32..) {
                self.pull_request_at.insert(row.pull_request.id.clone(), PullRequestAt::Elsewhere(of, index));
            }
        }
        for (row, index) in board.insight.unassigned.iter().zip(0u32..) {
            self.pull_request_at.insert(row.pull_request.id.clone(), PullRequestAt::Unassigned(index));
        }
        if let Some(release) = self.release.as_ref().and_then(|id| board.release(id)) {
            for (row, index) in release.pull_requests.iter().zip(0u32..) {
                self.pull_request_at.insert(row.pull_request.id.clone(), PullRequestAt::Release(index));
            }
        }
        // Whoever owns the board is somebody else.
        let own = board.health.iter().filter(|_| !self.operations.is_viewer);
        let me: Vec<Text> = own.filter_map(|health| health.account.clone()).collect();
        if me != self.me || !self.sections.is_read() {
            self.sections.read(&me, &self.board.policy.teams);
            self.me = me;
        }
        let is_whole = !self.board.health.iter().any(is_first_round);
        // What can be done is the same on every board: who points at something there goes on to.
        for id in ListId::ALL.into_iter().filter(|id| *id != ListId::Palette) {
            self.arrange(id);
            // From now on rows move, and the selection with them.
            let list = self.list_mut(id);
            list.is_followed |= is_whole && list.selected.is_some();
        }
        self.recount_sections();
    }

    /// Computes one list anew.
    pub(super) fn arrange(&mut self, id: ListId) {
        let mut list = std::mem::take(self.list_mut(id));
        rows::arrange(&mut list, id, self.view());
        if let Some(height) = self.layout.page(id) {
            list.settle(usize::from(height));
        }
        *self.list_mut(id) = list;
    }

    pub(super) fn view(&self) -> View<'_> {
        let typed = match self.overlays.last() {
            Some(Overlay::Chooser(Chooser { input }) | Overlay::Palette(Palette { input, .. })) => {
                input.value()
            }
            _ => "",
        };
        View {
            board: &self.board,
            release: self.release(),
            ended: self.pull_requests == PullRequestPicture::All,
            all_releases: self.all_releases,
            group: self.group,
            section: self.sections.query(),
            me: &self.me,
            said: &self.said,
            offers_all: self.tab == Tab::PullRequests,
            typed,
            own: &self.desk.commands,
            changes: self.comparison.changes.as_deref(),
            lens: self.lens,
            study: self.insights.study.as_deref(),
            environments: self.environments.view.as_deref(),
            card: self.card(),
            last_release: self.comparison.last_release.as_deref(),
        }
    }

    /// What a row of the board is about.
    pub(crate) fn subject_of(&self, row: Row) -> Option<Subject> {
        rows::subject(self.view(), row)
    }

    /// The detail pane tells of the selected row. Whether that is news.
    pub(super) fn follow_detail(&mut self) -> bool {
        let cell = self.drift_cell().map(|(name, id)| Subject::Component(name, id));
        let selected = cell.or_else(|| self.list(self.main_list()).selected.clone());
        if self.detail.subject == selected {
            return false;
        }
        self.detail.subject = selected;
        self.detail.scroll = 0;
        !matches!(self.tab, Tab::Readiness | Tab::Changes) && self.detail.on
    }

    /// Shows the release `id` from now on.
    pub(super) fn choose(&mut self, id: ReleaseId, now: Instant) {
        self.chosen = Some(id);
        self.wanted = None;
        self.chart.cursor = None;
        for list in ListId::OF_A_RELEASE {
            let list = self.list_mut(list);
            list.selected = None;
            list.position = 0;
            list.first = 0;
        }
        self.arrange_all();
        self.follow_detail();
        self.refresh_overlays(now);
    }
}

/// A source that was never heard of and has not failed either.
pub(crate) fn is_first_round(health: &SourceHealth) -> bool {
    health.answered_at.is_none()
        && health.failures == 0
        && matches!(health.state, SourceState::Starting | SourceState::Fetching)
}

/// The release that somebody names: by its identity, else by its version or tag alone.
fn find_release(board: &Board, wanted: &str) -> Option<ReleaseId> {
    let wanted = crate::domain::clean(wanted);
    let named = |text: &str| text.eq_ignore_ascii_case(&wanted);
    let mut releases = board.insight.releases.iter().map(|insight| &insight.release);
    releases
        .clone()
        .find(|release| named(release.id.as_str()))
        .or_else(|| {
            releases.find(|release| named(&release.version) || release.tag.as_deref().is_some_and(named))
        })
        .map(|release| release.id.clone())
}
