//! Looking back: the board of another instant, and what changed since.

use std::{collections::HashSet, sync::Arc};

use chrono::Duration;

use crate::{
    domain::{Instant, ReleaseId, Text},
    insight::{Board, Changes, Completeness, LastRelease, Subject, when, words},
};

use super::{
    Effect, ListId, Message, Overlay, State, Tab,
    update::{say, show_tab},
    what_if,
};

/// The past is on the screen: what is now waits.
#[derive(Clone, Debug)]
pub struct Past {
    /// The newest board.
    pub newest: Arc<Board>,
    /// What is another now than it was then; gates and headlines with their release.
    differs: Places,
}

impl Past {
    fn new(newest: Arc<Board>, changes: &Changes) -> Self {
        Self { newest, differs: Places::of(changes) }
    }
}

/// Things on the board; gates and headlines with their release.
#[derive(Clone, Debug, Default)]
pub(super) struct Places(HashSet<(Subject, Option<ReleaseId>)>);

impl Places {
    /// Where something changed.
    fn of(changes: &Changes) -> Self {
        let changes = changes.changes.iter();
        Self(
            changes
                .map(|change| (change.subject.clone(), place(&change.subject, change.release.as_ref())))
                .collect(),
        )
    }

    fn hold(&self, subject: Subject, release: Option<&ReleaseId>) -> bool {
        let release = place(&subject, release);
        self.0.contains(&(subject, release))
    }
}

/// The release that a subject needs to be told apart.
fn place(subject: &Subject, release: Option<&ReleaseId>) -> Option<ReleaseId> {
    let is_of_a_release = matches!(subject, Subject::Gate(_) | Subject::Headline | Subject::BurnDown);
    release.filter(|_| is_of_a_release).cloned()
}

/// Which instant to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// The board as it was then.
    At(Instant),
    /// The next instant at which something changed, from there.
    Change {
        /// From where.
        from: Instant,
        /// Towards now.
        later: bool,
    },
}

/// How far a step through the past goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// To where something changed.
    Change,
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// To where a release went out.
    Release,
}

/// Since when changes are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Since {
    /// The last time that this user left the board; a day ago if nothing is known of it.
    #[default]
    LastVisit,
    /// An hour ago.
    Hour,
    /// A day ago.
    Day,
    /// A week ago.
    Week,
    /// The release before, at the same distance from its target.
    LastRelease,
    /// An instant that somebody named.
    Instant(Instant),
    /// From the one pinned instant to the other.
    Pins,
}

/// What the tab Changes shows.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// Since when.
    pub since: Since,
    /// When this user left the board last.
    pub last_visit: Option<Instant>,
    /// The two instants that were pinned.
    pub pins: [Option<Instant>; 2],
    /// The answer, once it is there.
    pub changes: Option<Arc<Changes>>,
    /// The answer where two releases are compared, once it is there.
    pub last_release: Option<Arc<LastRelease>>,
    /// Why there is none.
    pub problem: Option<Text>,
    /// The answer is on its way.
    pub(super) asked: bool,
    /// What changed since the last visit was told once.
    pub(super) visit_told: bool,
}

impl Comparison {
    /// The earlier instant, and the later one where that is not now.
    pub fn span(&self, now: Instant) -> (Instant, Option<Instant>) {
        let day = now - Duration::days(1);
        match (self.since, self.pins) {
            (Since::LastVisit, _) => (self.last_visit.filter(|at| *at < now).unwrap_or(day), None),
            // Two releases are compared, not two instants.
            (Since::LastRelease | Since::Day, _) | (Since::Pins, [None, None]) => (day, None),
            (Since::Hour, _) => (now - Duration::hours(1), None),
            (Since::Week, _) => (now - Duration::weeks(1), None),
            (Since::Instant(at), _) | (Since::Pins, [Some(at), None] | [None, Some(at)]) if at > now => {
                // The past that is shown is the earlier one.
                (now, Some(at))
            }
            (Since::Instant(at), _) | (Since::Pins, [Some(at), None] | [None, Some(at)]) => (at, None),
            (Since::Pins, [Some(a), Some(b)]) => (a.min(b), Some(a.max(b))),
        }
    }

    /// In words: `since the last visit`.
    pub fn words(&self) -> &'static str {
        match self.since {
            Since::LastVisit if self.last_visit.is_some() => "since the last visit",
            Since::LastVisit | Since::Day => "since a day ago",
            Since::Hour => "since an hour ago",
            Since::Week => "since a week ago",
            Since::LastRelease => "since the last release at the same T-minus",
            Since::Instant(_) => "since then",
            Since::Pins => "between A and B",
        }
    }

    fn next(&self) -> Since {
        match self.since {
            Since::LastVisit => Since::Hour,
            Since::Hour => Since::Day,
            Since::Day => Since::Week,
            Since::Week => Since::LastRelease,
            Since::LastRelease if self.pins.iter().any(Option::is_some) => Since::Pins,
            Since::LastRelease | Since::Instant(_) | Since::Pins => Since::LastVisit,
        }
    }
}

impl State {
    /// The newest board, whatever is on the screen.
    pub fn newest(&self) -> &Arc<Board> {
        let truth = self.what_if.as_ref().map_or(&self.board, |what_if| &what_if.truth);
        self.past.as_ref().map_or(truth, |past| &past.newest)
    }

    /// The instant that the screen is drawn for: the past is looked at from then.
    pub fn instant(&self, now: Instant) -> Instant {
        if self.past.is_some() { self.board.at } else { now }
    }

    /// While the past is shown: what the row is about is another now.
    pub(crate) fn differs_from_now(&self, row: super::Row) -> bool {
        let past = self.past.as_ref().filter(|past| !past.differs.0.is_empty());
        let Some((past, subject)) = past.zip(self.subject_of(row)) else { return false };
        past.differs.hold(subject, self.release.as_ref())
    }

    /// What the row is about changed since the last visit, and was not looked at yet.
    pub(crate) fn is_unseen(&self, row: super::Row) -> bool {
        !self.unseen.0.is_empty()
            && self.subject_of(row).is_some_and(|subject| self.unseen.hold(subject, self.release.as_ref()))
    }

    /// Somebody looks at it.
    pub(super) fn look_at(&mut self, subject: &Subject) {
        if !self.unseen.0.is_empty() {
            let release = place(subject, self.release.as_ref());
            self.unseen.0.remove(&(subject.clone(), release));
        }
    }

    /// Asks for the board of the past that the screen begins with, once there is one to compare it
    /// with.
    pub fn begin(&mut self) -> Option<Effect> {
        if self.board.completeness == Completeness::Preview || self.board.health.is_empty() {
            return None;
        }
        let look = Look::At(self.opening.take()?);
        Some(Effect::LookBack { look, newest: Arc::clone(self.newest()) })
    }

    /// The board up to which is compared: the newest, or that of the past on the screen.
    pub fn compared_with(&self) -> &Arc<Board> {
        if self.past.is_some() { &self.board } else { self.newest() }
    }

    /// The effect that asks for what changed, up to the [board](Self::compared_with) on the screen
    /// or the later pin.
    pub(super) fn compare(&mut self) -> Effect {
        self.comparison.asked = true;
        let newest = Arc::clone(self.compared_with());
        if self.comparison.since == Since::LastRelease
            && let Some(release) = self.release.clone()
        {
            return Effect::CompareReleases { release, newest };
        }
        let (from, until) = self.comparison.span(newest.at);
        Effect::Compare { from, until, newest }
    }

    /// Whether a newer board, with news or without, is to be compared: for the tab Changes, and
    /// once for the footer.
    pub(super) fn wants_comparison(&self, is_news: bool) -> bool {
        let Comparison { asked, changes, last_release, problem, .. } = &self.comparison;
        let is_first = changes.is_none() && last_release.is_none() && problem.is_none();
        let is_live = self.past.is_none() && self.frozen.is_none() && self.what_if.is_none();
        let is_whole = self.board.completeness == Completeness::Whole;
        is_live && is_whole && !asked && (is_first || (is_news && self.tab == Tab::Changes))
    }

    /// Takes the answer of [`Effect::Compare`].
    pub(super) fn compared(&mut self, answer: Result<Arc<Changes>, Text>) {
        self.comparison.asked = false;
        if self.comparison.since == Since::LastRelease {
            // Somebody has gone on to another choice.
            return;
        }
        if let (Ok(changes), Since::LastVisit) = (&answer, self.comparison.since)
            && self.comparison.last_visit.is_some()
            && !std::mem::replace(&mut self.comparison.visit_told, true)
        {
            self.unseen = Places::of(changes);
        }
        match answer {
            Ok(changes) => (self.comparison.changes, self.comparison.problem) = (Some(changes), None),
            Err(problem) => (self.comparison.changes, self.comparison.problem) = (None, Some(problem)),
        }
        self.arrange(ListId::Changes);
    }

    /// Takes the answer of [`Effect::CompareReleases`].
    pub(super) fn releases_compared(&mut self, answer: Result<Arc<LastRelease>, Text>) {
        self.comparison.asked = false;
        if self.comparison.since != Since::LastRelease {
            return;
        }
        let (last, problem) = match answer {
            Ok(last) => (Some(last), None),
            Err(problem) => (None, Some(problem)),
        };
        (self.comparison.last_release, self.comparison.problem) = (last, problem);
        self.arrange(ListId::Changes);
    }
}

/// Shows the board of the past that was asked for.
pub(super) fn show(
    state: &mut State,
    board: Arc<Board>,
    changes: &Changes,
    now: Instant,
    effects: &mut Vec<Effect>,
) {
    let shown = state.show_board(board, now);
    let newest = if let Some(past) = state.past.take() {
        past.newest
    } else {
        // A frozen board gives way, and what came in the meantime is the newest.
        let newer = state.frozen.take().and_then(|(_, newest)| newest);
        // And so does what was assumed.
        let truth = what_if::end(state);
        newer.or(truth).unwrap_or_else(|| Arc::clone(&shown))
    };
    state.past = Some(Past::new(newest, changes));
    effects.extend([Effect::DropBoard(shown), Effect::Draw]);
    compare_anew(state, effects);
}

/// Another board is compared up to from here on: what was said of the one before goes.
fn compare_anew(state: &mut State, effects: &mut Vec<Effect>) {
    let Comparison { changes, last_release, problem, .. } = &mut state.comparison;
    (*changes, *last_release, *problem) = (None, None, None);
    state.arrange(ListId::Changes);
    if state.tab == Tab::Changes || state.past.is_none() {
        effects.push(state.compare());
    }
}

/// Back to now.
pub(super) fn leave(state: &mut State, now: Instant, effects: &mut Vec<Effect>) {
    match state.past.take() {
        Some(past) => {
            effects.push(Effect::DropBoard(state.show_board(past.newest, now)));
            effects.push(Effect::Draw);
            compare_anew(state, effects);
        }
        None if state.what_if.is_some() => what_if::leave(state, now, effects),
        None => say(state, "this is now", now, effects),
    }
}

/// Asks for the board a step away.
pub(super) fn step(state: &mut State, by: Step, later: bool, now: Instant, effects: &mut Vec<Effect>) {
    let (from, newest) = (state.board.at, state.newest().at);
    let moved = |by: Duration| if later { from + by } else { from - by };
    let look = match by {
        Step::Change => Look::Change { from, later },
        Step::Hour => Look::At(moved(Duration::hours(1))),
        Step::Day => Look::At(moved(Duration::days(1))),
        Step::Release => {
            let ends =
                state.newest().insight.releases.iter().filter_map(|insight| insight.release.released_at);
            let next =
                if later { ends.filter(|at| *at > from).min() } else { ends.filter(|at| *at < from).max() };
            match next {
                Some(at) => Look::At(at),
                None if later => return leave(state, now, effects),
                None => return say(state, "no release went out before that", now, effects),
            }
        }
    };
    if state.past.is_none() && later {
        return say(state, "this is now", now, effects);
    }
    match look {
        Look::At(at) if at >= newest => leave(state, now, effects),
        look => effects.push(Effect::LookBack { look, newest: Arc::clone(state.newest()) }),
    }
}

/// Asks for the board of the time that a person wrote.
pub(super) fn as_of(state: &mut State, written: &str, now: Instant, effects: &mut Vec<Effect>) {
    match when::instant(written, now, &state.board.policy.calendar) {
        Some(at) if at >= state.newest().at => leave(state, now, effects),
        Some(at) => {
            effects.push(Effect::LookBack { look: Look::At(at), newest: Arc::clone(state.newest()) });
        }
        None => not_a_time(state, written, now, effects),
    }
}

/// Asks for what changed since the time that a person wrote.
pub(super) fn since(state: &mut State, written: &str, now: Instant, effects: &mut Vec<Effect>) {
    match when::instant(written, now, &state.board.policy.calendar) {
        Some(at) => choose(state, Since::Instant(at), effects),
        None => not_a_time(state, written, now, effects),
    }
}

fn not_a_time(state: &mut State, written: &str, now: Instant, effects: &mut Vec<Effect>) {
    say(state, format!("\"{written}\" is no time; write {}", when::EXAMPLES), now, effects);
}

/// The next choice of the tab Changes.
pub(super) fn next_since(state: &mut State, effects: &mut Vec<Effect>) {
    choose(state, state.comparison.next(), effects);
}

fn choose(state: &mut State, since: Since, effects: &mut Vec<Effect>) {
    state.comparison.since = since;
    state.comparison.changes = None;
    state.comparison.last_release = None;
    state.comparison.problem = None;
    state.arrange(ListId::Changes);
    show_tab(state, Tab::Changes, effects);
}

/// Pins the instant on the screen as A (`0`) or B (`1`).
pub(super) fn pin(state: &mut State, which: usize, now: Instant, effects: &mut Vec<Effect>) {
    let at = state.board.at;
    let Some(pin) = state.comparison.pins.get_mut(which) else { return };
    *pin = Some(at);
    let name = if which == 0 { "A" } else { "B" };
    let day = words::day_and_time(at, &state.board.policy.calendar);
    if state.comparison.pins.iter().all(Option::is_some) {
        choose(state, Since::Pins, effects);
    }
    state.message = Some(Message::new(format!("{name} is {day}"), now));
    effects.push(Effect::Draw);
}

/// What is on top covers what would be compared.
pub(super) fn close_palette(state: &mut State) {
    state.overlays.retain(|overlay| !matches!(overlay, Overlay::Palette(_)));
}
