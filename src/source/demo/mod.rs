//! A simulated organisation that moves, and has a year of past.
//!
//! Five products with their teams, repositories, environments and monthly releases. It is
//! made once from a seed, complete with everything that will happen for 45 days; what a
//! round says is everything in it that has happened by then, so any instant can be asked
//! for and the same instant always gives the same answer.
//!
//! The release on screen, payments 4.2, is in the middle of trouble: its target is three days
//! and some hours away, stories are open, two defects block it, and its window is short.
//! About twice a minute something happens somewhere for two days after the anchor, day and
//! night; after that, less often and in working hours.

mod builds;
mod cast;
mod closer;
mod deploy;
mod draft;
mod findings;
mod life;
mod live;
mod on_screen;
mod operator;
mod organisation;
mod past;
mod present;
mod rhythm;
mod rounds;
mod runs;
mod script;
mod titles;

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use chrono_tz::Tz;
use futures_util::future::BoxFuture;

use crate::domain::{AcceptedDrift, Calendar, Instant, Problem, SourceId, Team};

use super::{Answer, Round, Source, SourceError, Standing, operation::Operator, reading::Reader};

pub use organisation::{Organisation, facts};

/// Differences between its environments that the organisation means to have.
pub(crate) fn accepted_drift() -> Vec<AcceptedDrift> {
    vec![
        AcceptedDrift {
            component: "auth".into(),
            environment: "staging".into(),
            reason: "auth goes from its test environment to production".into(),
            keys: Vec::new(),
        },
        AcceptedDrift {
            component: "*".into(),
            environment: "*".into(),
            reason: "each environment has its own database".into(),
            keys: vec!["DATABASE_URL".into()],
        },
    ]
}

/// Who works together in it: a team for each product.
pub(crate) fn teams() -> Vec<Team> {
    let team = |product: &cast::Product| Team {
        name: product.name.into(),
        members: product.people.iter().map(|name| (*name).into()).collect(),
        repositories: vec![product.repository.into()],
        components: product.components.iter().map(|name| (*name).into()).collect(),
    };
    cast::PRODUCTS.iter().map(team).collect()
}

use rounds::Rounds;

/// What the organisation is made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DemoSettings {
    /// Where chance begins: another seed, another organisation.
    pub seed: u64,
    /// Stories in scope of the release on screen at the anchor, 1 to
    /// [`DemoSettings::MOST`]; one in seven of them is open. Everything else, some 4,000 items
    /// of past included, is the same for every number, and so is what moves: a release with
    /// more than 48 stories has too many open ones to go out.
    pub stories: usize,
    /// Pull requests of the release on screen, up to [`DemoSettings::MOST`]; unless given,
    /// half as many as it has stories, at most 1,000.
    pub pull_requests: Option<usize>,
    /// The zone that people work in.
    pub zone: Tz,
    /// Time stands still: nothing will change, so there is little reason to ask.
    pub frozen: bool,
    /// What all dates are relative to: see [`DemoSettings::opened`].
    pub anchor: Instant,
}

impl DemoSettings {
    /// Most stories, and most pull requests, of the release on screen.
    pub const MOST: usize = 100_000;

    /// The settings of a demo that was opened at `now`: the anchor is the beginning of that
    /// day in `zone`.
    pub fn opened(now: Instant, zone: Tz) -> Self {
        let calendar = Calendar { zone, ..Calendar::default() };
        let anchor = calendar.start_of(calendar.day(now));
        Self { seed: 7, stories: 48, pull_requests: None, zone, frozen: false, anchor }
    }

    /// The morning of the first day, with a deployment under way: the instant for pictures.
    pub fn picture(&self) -> Instant {
        self.anchor + chrono::Duration::minutes(9 * 60 + 24)
    }

    /// How many pull requests the release on screen has.
    pub fn pull_requests(&self) -> usize {
        self.pull_requests.unwrap_or((self.stories / 2).clamp(1, 1_000)).min(Self::MOST)
    }

    /// Within what can be made.
    fn bounded(&self) -> Self {
        Self { stories: self.stories.clamp(1, Self::MOST), ..self.clone() }
    }
}

/// The source `demo`.
pub struct DemoSource {
    settings: DemoSettings,
    /// Made in the first round.
    state: Option<State>,
}

struct State {
    organisation: Organisation,
    rounds: Rounds,
}

impl DemoSource {
    /// A source that will make the organisation of `settings` in its first round.
    pub fn new(settings: DemoSettings) -> Self {
        Self { settings, state: None }
    }
}

impl Source for DemoSource {
    fn id(&self) -> SourceId {
        SourceId::new("demo")
    }

    fn interval(&self) -> Duration {
        Duration::from_secs(if self.settings.frozen { 3_600 } else { 20 })
    }

    fn has_memory(&self) -> bool {
        false
    }

    fn standing(&self) -> Standing {
        // Who answers for the release on screen.
        Standing { account: Some(cast::PRODUCTS[cast::PAYMENTS].lead.into()), ..Standing::default() }
    }

    fn operator(&self) -> Option<Arc<dyn Operator>> {
        Some(Arc::new(operator::DemoOperator))
    }

    fn reader(&self) -> Option<Arc<dyn Reader>> {
        Some(Arc::new(closer::DemoReader { seed: self.settings.seed }))
    }

    fn fetch<'a>(&'a mut self, round: &'a Round) -> BoxFuture<'a, Result<Answer, SourceError>> {
        Box::pin(async move {
            if round.cancelled.is_cancelled() {
                return Err(SourceError::Cancelled);
            }
            let now = round.now;
            if self.state.as_ref().is_some_and(|state| !state.rounds.has_news(now)) {
                return Ok(Answer::Unchanged);
            }
            let (state, settings) = (self.state.take(), self.settings.clone());
            let work = tokio::task::spawn_blocking(move || {
                let state = if let Some(mut state) = state {
                    state.rounds.go_to(&state.organisation, now);
                    state
                } else {
                    let organisation = Organisation::new(&settings);
                    let rounds = Rounds::open(&organisation, now);
                    State { organisation, rounds }
                };
                let facts = Arc::new(state.rounds.facts());
                (state, facts)
            });
            // Short enough to be waited for, and what it made is needed again.
            match work.await {
                Ok((state, facts)) => {
                    self.state = Some(state);
                    Ok(Answer::Facts(facts))
                }
                Err(error) => Err(SourceError::Failed(Problem::new(
                    format!("the simulated organisation could not be made: {error}"),
                    "open the demo with another --seed, and report this one",
                ))),
            }
        })
    }
}
