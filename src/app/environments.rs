//! Tab 4: who has which environment when, seen through a window of time that moves.

use std::sync::Arc;

use chrono::{Duration, NaiveDate};

use crate::{
    domain::{Calendar, EnvironmentId, Instant, Window},
    insight::{EnvironmentUse, EnvironmentsView},
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

impl State {
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
}
