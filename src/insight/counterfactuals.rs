//! Steps of which the forecast can tell how many days they save.
//!
//! The model can answer what it sees: how much is open, and how the scope grows. So it is asked
//! about leaving out stories and about a scope that stays as it is. Of everything else only the
//! gate is known that it turns.

use chrono::Duration;

use crate::domain::{Assumption, StoryKind, Text};

use super::{
    Outlook, Remedy, StoryRow, Subject, Unit,
    context::Context,
    forecast::{Distribution, State},
    outlook::{Asked, by_share},
    stories::UsualAges,
};

/// Fewer days are no step worth naming.
const LEAST_DAYS: f64 = 0.05;
/// Most stories that are proposed to be left out: more is another release.
const MOST_LEFT_OUT: usize = 20;
/// Stories that are named in one step; of more only the count is.
const MOST_NAMED: usize = 3;
const SECONDS_A_DAY: f64 = 86_400.0;

/// What is asked about one release.
pub(crate) struct Sooner<'a, 'b> {
    pub(crate) context: &'b Context<'a>,
    pub(crate) asked: Asked<'b>,
    pub(crate) release: usize,
    pub(crate) unit: Unit,
    pub(crate) outlook: Outlook,
}

impl Sooner<'_, '_> {
    /// The story with the longest expected remaining time left out; the fewest of them that
    /// bring the release back on track; the scope frozen. Only what comes sooner by it.
    pub(crate) fn steps(&self, stories: &[StoryRow], usual: &UsualAges) -> Vec<Remedy> {
        let longest = self.longest(stories, usual);
        let mut steps = Vec::new();
        if self.unit == Unit::Stories {
            let one = self.leave_out(&longest, 1);
            let is_enough = one.as_ref().is_some_and(|step| step.outlook == Some(Outlook::OnTrack));
            steps.extend(one);
            if matches!(self.outlook, Outlook::AtRisk | Outlook::Late) && !is_enough {
                let more = (2..=longest.len().min(MOST_LEFT_OUT))
                    .filter_map(|count| self.leave_out(&longest, count));
                steps.extend(more.into_iter().find(|step| step.outlook == Some(Outlook::OnTrack)));
            }
        }
        let state = self.asked.state();
        if state.growth > 0.0 {
            let frozen = state.with_frozen_scope();
            let what_if = vec![Assumption::FreezeScope];
            steps.extend(self.step("freeze the scope".to_owned(), frozen, what_if, Subject::BurnDown));
        }
        steps
    }

    /// The open stories, those first that are expected to take longest: what their status and
    /// those after it usually take; where that is not known or the same, what is furthest from
    /// done, what waits for others, what is largest.
    fn longest<'s>(&self, stories: &'s [StoryRow], usual: &UsualAges) -> Vec<&'s StoryRow> {
        let is_open = |row: &&StoryRow| row.open && row.story.kind == StoryKind::Story;
        let mut open: Vec<&StoryRow> = stories.iter().filter(is_open).collect();
        let left = |row: &StoryRow| usual.left(row.story.category, self.context.now - row.since);
        open.sort_by(|one, other| {
            let points = |row: &StoryRow| row.story.points.unwrap_or(0.0);
            left(other)
                .cmp(&left(one))
                .then_with(|| one.story.category.cmp(&other.story.category))
                .then_with(|| other.waits_for.len().cmp(&one.waits_for.len()))
                .then_with(|| points(other).total_cmp(&points(one)))
                .then_with(|| one.story.key.cmp(&other.story.key))
        });
        open
    }

    /// The first `count` left out.
    fn leave_out(&self, longest: &[&StoryRow], count: usize) -> Option<Remedy> {
        let out = longest.get(..count)?;
        let keys: Vec<&str> = out.iter().map(|row| row.story.key.as_str()).collect();
        let named = if count <= MOST_NAMED { keys.join(", ") } else { format!("{count} stories") };
        let what_if = out.iter().map(|row| Assumption::LeaveOut(row.story.key.clone())).collect();
        // Steps of which one holds the other lead to rows of their own.
        let subject = Subject::Story(out.last()?.story.key.clone());
        let state = self.asked.state().leaving_out(u32::try_from(count).ok()?);
        self.step(format!("leave out {named}"), state, what_if, subject)
    }

    fn step(
        &self,
        action: String,
        state: State,
        what_if: Vec<Assumption>,
        subject: Subject,
    ) -> Option<Remedy> {
        let then = self.asked.if_it_was(state)?;
        let days_saved = self.asked.distribution().days(0.85) - then.days(0.85);
        if days_saved < LEAST_DAYS {
            return None;
        }
        let outlook = self.outlook_of(&then).filter(|outlook| *outlook != self.outlook);
        Some(Remedy {
            action: Text::new(action),
            gate: None,
            days_saved: Some(days_saved),
            outlook,
            what_if,
            subject: Some(subject),
        })
    }

    fn outlook_of(&self, distribution: &Distribution) -> Option<Outlook> {
        let target = self.context.releases[self.release].target.filter(|target| !target.estimated)?;
        let left: Duration = target.at - self.context.now;
        let days = left.num_seconds() as f64 / SECONDS_A_DAY;
        (days > 0.0).then(|| by_share(distribution.probability_by(days)))
    }
}

/// What saves days first, the most days first; of as many days the step that changes less. Then
/// what turns gates, in the order that they have.
pub(crate) fn in_order(mut sooner: Vec<Remedy>, gates: Vec<Remedy>) -> Vec<Remedy> {
    sooner.sort_by(|one, other| {
        let days = |remedy: &Remedy| remedy.days_saved.unwrap_or_default();
        days(other).total_cmp(&days(one)).then(one.what_if.len().cmp(&other.what_if.len()))
    });
    sooner.into_iter().chain(gates).collect()
}
