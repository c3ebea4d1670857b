//! Tab 4: who has which environment when, seen through a window of time that moves.

use std::sync::Arc;

use chrono::{Duration, NaiveDate};

use crate::{
    domain::{Calendar, EnvironmentId, Instant, Text, Window},
    insight::{Drift, DriftCell, DriftStanding, EnvironmentUse, EnvironmentsView},
};

use super::{Effect, State, Tab};

/// Steps of time that lead away from now at most, in either direction.
const FARTHEST: i32 = 60;

/// What the tab Environments shows.
#[derive(Clone, Debug, Default)]
pub struct Environments {
    /// What is known; none before it is worked out.
    pub view: Option<Arc<EnvironmentsView>>,
    /// Which picture.
    pub picture: EnvironmentsPicture,
    /// How much time is in sight.
    pub scale: TimeScale,
    /// Quarters of that time that the sight was moved, to later ones if positive.
    pub moved: i32,
    /// The cell of the drift that somebody went to: a component and an environment.
    cell: Option<(Text, EnvironmentId)>,
}

/// The pictures of the tab Environments.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum EnvironmentsPicture {
    /// Bookings over time; where there is room, with the two others below.
    #[default]
    Allocation,
    /// Which version is where.
    Drift,
    /// What bookings cost.
    Cost,
    /// Where deployments are hard.
    Hard,
}

impl EnvironmentsPicture {
    /// The one that follows.
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::Allocation => Self::Drift,
            Self::Drift => Self::Cost,
            Self::Cost => Self::Hard,
            Self::Hard => Self::Allocation,
        }
    }

    /// Its word in the footer.
    pub fn word(self) -> &'static str {
        match self {
            Self::Allocation => "allocation",
            Self::Drift => "drift",
            Self::Cost => "cost",
            Self::Hard => "hard places",
        }
    }
}

/// How much time is in sight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum TimeScale {
    /// A day.
    Day,
    /// Two weeks, so that the next one is in sight.
    #[default]
    Week,
    /// Two months, for the same reason.
    Month,
    /// A year.
    Year,
}

impl TimeScale {
    const ALL: [Self; 4] = [Self::Day, Self::Week, Self::Month, Self::Year];

    /// Its word on the screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Week => "weeks",
            Self::Month => "months",
            Self::Year => "year",
        }
    }

    /// Days in sight.
    pub fn days(self) -> i64 {
        match self {
            Self::Day => 1,
            Self::Week => 14,
            Self::Month => 61,
            Self::Year => 366,
        }
    }
}

impl Environments {
    /// The time in sight, whole days but on the scale of a day.
    pub fn sight(&self, calendar: &Calendar, now: Instant) -> Window {
        let days = self.scale.days();
        if self.scale == TimeScale::Day {
            let from = calendar.start_of(calendar.day(now)) + Duration::hours(6 * i64::from(self.moved));
            return Window { from, until: from + Duration::hours(24) };
        }
        let step = (days + 3) / 4;
        let first = calendar.day(now) - Duration::days(step) + Duration::days(step * i64::from(self.moved));
        let start = |day: NaiveDate| calendar.start_of(day);
        Window { from: start(first), until: start(first + Duration::days(days)) }
    }
}

impl Environments {
    /// Where the selected cell of the drift is: its row and its column. The one that somebody went to,
    /// while it is there; else the first one that is behind, or differs, or the first one.
    pub fn cell(&self) -> Option<(usize, usize)> {
        let drift = &self.view.as_ref()?.drift;
        let gone_to = self.cell.as_ref().and_then(|(name, id)| place(drift, name, id));
        let first = |wanted: &dyn Fn(&DriftCell) -> bool| {
            let is_it = |cell: &Option<DriftCell>| cell.as_ref().is_some_and(wanted);
            drift.components.iter().enumerate().find_map(|(row, component)| {
                component.cells.iter().position(is_it).map(|column| (row, column))
            })
        };
        let keys = |cell: &DriftCell| cell.configuration.as_ref().is_some_and(|keys| keys.unaccepted() > 0);
        gone_to
            .or_else(|| first(&|cell| cell.standing == DriftStanding::Behind))
            .or_else(|| first(&|cell| cell.standing == DriftStanding::OnItsWay || keys(cell)))
            .or_else(|| first(&|_| true))
    }

    pub(super) fn knows_cell(&self, name: &Text, id: &EnvironmentId) -> bool {
        self.view.as_ref().is_some_and(|view| place(&view.drift, name, id).is_some())
    }
}

fn place(drift: &Drift, name: &Text, id: &EnvironmentId) -> Option<(usize, usize)> {
    let row = drift.components.iter().position(|component| component.component == *name)?;
    Some((row, drift.environments.iter().position(|known| known == id)?))
}

impl State {
    /// The component and the environment of the selected cell, where the drift fills the tab.
    pub(super) fn drift_cell(&self) -> Option<(Text, EnvironmentId)> {
        if self.tab != Tab::Environments || self.environments.picture != EnvironmentsPicture::Drift {
            return None;
        }
        let (row, column) = self.environments.cell()?;
        let drift = &self.environments.view.as_ref()?.drift;
        Some((drift.components.get(row)?.component.clone(), drift.environments.get(column)?.clone()))
    }

    /// The keys that move go over the cells of the drift.
    pub(crate) fn is_in_drift(&self) -> bool {
        self.overlays.is_empty() && self.drift_cell().is_some()
    }

    /// The environment with this name.
    pub fn environment(&self, id: &EnvironmentId) -> Option<&EnvironmentUse> {
        self.environments.view.as_ref()?.environment(id)
    }
}

/// Moves the sight by a quarter of it.
pub(super) fn move_in_time(state: &mut State, later: bool, effects: &mut Vec<Effect>) {
    let moved = state.environments.moved + if later { 1 } else { -1 };
    state.environments.moved = moved.clamp(-FARTHEST, FARTHEST);
    effects.push(Effect::Draw);
}

/// A shorter or a longer time, around the same instant as far as whole steps allow.
pub(super) fn zoom(state: &mut State, closer: bool, effects: &mut Vec<Effect>) {
    if state.tab != Tab::Environments {
        return;
    }
    let picture = &mut state.environments;
    let all = TimeScale::ALL;
    let at = all.iter().position(|scale| *scale == picture.scale).unwrap_or_default();
    let next = if closer { at.saturating_sub(1) } else { (at + 1).min(all.len() - 1) };
    let (before, after) = (picture.scale.days(), all[next].days());
    picture.scale = all[next];
    let moved = i64::from(picture.moved) * before / after;
    picture.moved = i32::try_from(moved).unwrap_or(0).clamp(-FARTHEST, FARTHEST);
    effects.push(Effect::Draw);
}

/// The tab's other pictures, in turn.
pub(super) fn next_picture(state: &mut State) {
    state.environments.picture = state.environments.picture.next();
    state.follow_detail();
}

/// Selects a cell of the drift by what it is about.
pub(super) fn select_cell(state: &mut State, name: Text, id: EnvironmentId) {
    state.environments.picture = EnvironmentsPicture::Drift;
    state.environments.cell = Some((name, id));
}

/// Goes to the cell of the drift at a row and a column, or the nearest there is.
pub(super) fn go_to_cell(state: &mut State, (row, column): (usize, usize), effects: &mut Vec<Effect>) {
    let Some(view) = &state.environments.view else { return };
    let drift = &view.drift;
    let row = drift.components.get(row).or(drift.components.last());
    let column = drift.environments.get(column).or(drift.environments.last());
    let (Some(row), Some(column)) = (row, column) else { return };
    let cell = Some((row.component.clone(), column.clone()));
    if state.environments.cell != cell {
        state.environments.cell = cell;
        effects.extend([Effect::Draw, Effect::RestTimer]);
    }
}

/// Moves over the cells of the drift, stopping at the ends.
pub(super) fn step_cell(state: &mut State, rows: isize, columns: isize, effects: &mut Vec<Effect>) {
    let Some((row, column)) = state.environments.cell() else { return };
    go_to_cell(state, (row.saturating_add_signed(rows), column.saturating_add_signed(columns)), effects);
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use crate::{
        app::{Effect, Event, Key, Options, Overlay, State, Tab, update},
        domain::{DeploymentState, EnvironmentId, Release, ReleaseId, Text, Tier},
        insight::{
            EnvironmentsView, Subject,
            fixture::{ALL_KINDS, Setting, at, deployment, environment, now},
        },
    };

    fn press(state: &mut State, keys: &str) -> Vec<Effect> {
        let all = keys.split_whitespace().flat_map(|key| {
            let key: Key = key.parse().unwrap();
            update(state, Event::Key(key.into()), now())
        });
        all.collect()
    }

    /// The drift of two components over three environments: auth 2.8 is behind on production/us.
    fn opened() -> State {
        let mut setting = Setting::covering(&ALL_KINDS);
        for (name, tier) in [
            ("staging", Tier::Staging),
            ("production/eu", Tier::Production),
            ("production/us", Tier::Production),
        ] {
            setting = setting.environment(environment(name, tier));
        }
        for (release, place, day) in [
            ("auth 2.8", "staging", 10),
            ("auth 2.9", "staging", 18),
            ("auth 2.8", "production/us", 12),
            ("payments 4.1", "production/eu", 12),
        ] {
            let (project, version) = release.split_once(' ').unwrap();
            if setting.facts.releases.iter().all(|known| known.id.as_str() != release) {
                setting = setting.other(Release::named(project, version));
            }
            let mut done = deployment(&format!("{release} {place}"), release, at(day, 8), 60);
            done.environment = place.into();
            (done.state, done.started_at, done.finished_at) =
                (DeploymentState::Succeeded, Some(at(day, 8)), Some(at(day, 9)));
            setting = setting.deployment(done);
        }
        let board = Arc::new(setting.board_at(now()));
        let mut state = State::new(Arc::clone(&board), Options::default(), now());
        let environments = Arc::new(EnvironmentsView::of(&board));
        update(&mut state, Event::Surveyed { insight: Arc::clone(&board.insight), environments }, now());
        press(&mut state, "4 b");
        state
    }

    fn cell(name: &str, environment: &str) -> Subject {
        Subject::Component(Text::new(name), EnvironmentId::new(environment))
    }

    #[test]
    fn keys_go_over_the_cells_of_the_drift_and_stop_at_its_ends() {
        let mut state = opened();
        assert_eq!(state.subject(), cell("auth", "production/us"), "what is behind comes first");
        for (keys, name, environment) in [
            ("h", "auth", "production/eu"),
            ("left", "auth", "staging"),
            ("h", "auth", "staging"),
            ("j", "payments", "staging"),
            ("j", "payments", "staging"),
            ("l", "payments", "production/eu"),
            ("right l l", "payments", "production/us"),
            ("k k", "auth", "production/us"),
            ("G h", "payments", "production/eu"),
            ("g", "auth", "production/eu"),
        ] {
            press(&mut state, keys);
            assert_eq!(state.subject(), cell(name, environment), "{keys}");
        }
        // New data moves cells, not the selection.
        let view = state.environments.view.clone().unwrap();
        let mut more = (*view).clone();
        more.drift.environments.insert(0, EnvironmentId::new("dev"));
        more.drift.components.iter_mut().for_each(|row| row.cells.insert(0, None));
        let insight = Arc::clone(&state.board.insight);
        update(&mut state, Event::Surveyed { insight, environments: Arc::new(more) }, now());
        assert_eq!(state.subject(), cell("auth", "production/eu"));
        assert_eq!(state.environments.cell(), Some((0, 2)));
        // Elsewhere on the tab these keys move in time, and over environments.
        press(&mut state, "b b b l");
        assert_eq!((state.environments.moved, state.tab), (1, Tab::Environments));
        assert!(matches!(state.subject(), Subject::Environment(_)));
    }

    #[test]
    fn a_cell_is_opened_explained_and_traced_for_itself() {
        let mut state = opened();
        press(&mut state, "enter");
        let Some(Overlay::Item { subject, .. }) = state.overlays.last() else { panic!("not opened") };
        assert_eq!(*subject, cell("auth", "production/us"));
        // From there to the environment, and back.
        press(&mut state, "enter");
        assert_eq!(state.subject(), Subject::Environment(EnvironmentId::new("production/us")));
        press(&mut state, "b t");
        let traced = |state: &State| match state.overlays.last() {
            Some(Overlay::Trace { answer, .. }) => (answer.title.to_string(), answer.answer.to_string()),
            other => panic!("{other:?}"),
        };
        let (title, answer) = traced(&state);
        assert_eq!(title, "auth on production/us");
        assert_eq!(answer, "auth 2.8 is here since Thu 12 Nov 09:00; nothing is planned to come");
        // Where it never was, it says so; of another component that is there nothing is told.
        press(&mut state, "t h t");
        let (title, answer) = traced(&state);
        assert_eq!(title, "auth on production/eu");
        assert_eq!(answer, "nothing is known to be here; nothing is planned to come");
        press(&mut state, "t x");
        let Some(Overlay::Why { explanation, .. }) = state.overlays.last() else { panic!("not explained") };
        assert_eq!(explanation.value, "no successful deployment of it there is known");
        let release = ReleaseId::new("payments 4.1");
        assert!(explanation.counted.iter().all(|row| !row.contains(release.as_str())));
    }
}
