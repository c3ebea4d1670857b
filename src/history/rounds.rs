//! Rounds of a source, exactly and in few bytes: every round is kept, so that what was
//! known at any instant, how old it was and how its source was doing can all be told.
//!
//! Most rounds are like the one before. So the instants of a health are kept relative to
//! what they follow from, and what is left the same is kept once per run.

use serde::{Deserialize, Serialize};

use crate::domain::{Instant, Problem, Progress, SourceHealth, SourceId, SourceState};

/// Up to [`Run::LONGEST`] rounds that follow each other, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Run {
    /// How many runs of this source there were before: a gap shows that one was lost.
    pub(super) ordinal: u64,
    /// The last round with an answer before this run, in milliseconds since 1970.
    answered_before: Option<i64>,
    /// When the first round was.
    began: i64,
    /// What rounds have in common.
    shapes: Vec<Shape>,
    // One list for each property: equal values next to each other compress to nothing.
    /// Milliseconds since the round before; since `began` for the first.
    steps: Vec<u64>,
    /// Whether the source answered.
    answered: Vec<bool>,
    /// Which of `shapes`.
    shape: Vec<u8>,
    /// When the source was going to be asked next, relative to the round.
    next: Vec<Option<i64>>,
    /// Failed rounds since the last answer.
    failures: Vec<u32>,
}

/// The part of a health that stays the same over many rounds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Shape {
    state: SourceState,
    failure: Option<Problem>,
    progress: Option<Progress>,
    answered: Moment,
    changed: Moment,
    stale: Moment,
}

/// An instant by what it follows from, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
enum Moment {
    Never,
    At(i64),
    /// So long after the last answer.
    SinceAnswer(i64),
    /// So long after the last change.
    SinceChange(i64),
}

impl Moment {
    fn relative(instant: Option<Instant>, anchor: Option<i64>, relation: fn(i64) -> Self) -> Self {
        match (instant.map(|instant| instant.timestamp_millis()), anchor) {
            (None, _) => Self::Never,
            (Some(instant), None) => Self::At(instant),
            (Some(instant), Some(anchor)) => instant.checked_sub(anchor).map_or(Self::At(instant), relation),
        }
    }

    fn absolute(self, answer: Option<i64>, change: Option<i64>) -> Option<Instant> {
        let millis = match self {
            Self::Never => None,
            Self::At(instant) => Some(instant),
            Self::SinceAnswer(offset) => answer?.checked_add(offset),
            Self::SinceChange(offset) => change?.checked_add(offset),
        }?;
        Instant::from_timestamp_millis(millis)
    }
}

/// What is known of the last round at or before an instant.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Known {
    /// The last round with an answer.
    pub(super) answered: Option<i64>,
    /// How the source was doing.
    pub(super) health: SourceHealth,
}

impl Run {
    /// A quiet round rewrites the run it belongs to, so runs are short.
    pub(super) const LONGEST: usize = 64;

    /// The run after this one, still empty.
    pub(super) fn following(&self) -> Self {
        Self { ordinal: self.ordinal + 1, answered_before: self.last_answered(i64::MAX), ..Self::default() }
    }

    /// No more rounds fit in.
    pub(super) fn is_full(&self) -> bool {
        self.steps.len() >= Self::LONGEST
    }

    /// The instant of the first round.
    pub(super) fn first(&self) -> Option<i64> {
        (!self.steps.is_empty()).then_some(self.began)
    }

    /// The instant of the last round.
    pub(super) fn last(&self) -> Option<i64> {
        self.instants().last()
    }

    /// Every round, and whether the source answered.
    pub(super) fn rounds(&self) -> impl Iterator<Item = (i64, bool)> {
        self.instants().zip(self.answered.iter().copied())
    }

    fn instants(&self) -> impl Iterator<Item = i64> {
        self.steps.iter().scan(self.began, |at, step| {
            *at = at.saturating_add_unsigned(*step);
            Some(*at)
        })
    }

    /// Adds a round that is later than the last one. `change` is when the facts that the
    /// source answered last began.
    pub(super) fn push(&mut self, at: i64, answered: bool, change: Option<i64>, health: &SourceHealth) {
        if self.steps.is_empty() {
            self.began = at;
        }
        let last = self.last().unwrap_or(at);
        self.steps.push(at.saturating_sub(last).max(0).cast_unsigned());
        self.answered.push(answered);
        let answer = self.last_answered(at);
        let shape = Shape {
            state: health.state,
            failure: health.failure.clone(),
            progress: health.progress.clone(),
            answered: Moment::relative(health.answered_at, answer, Moment::SinceAnswer),
            changed: Moment::relative(health.changed_at, change, Moment::SinceChange),
            stale: Moment::relative(health.stale_from, answer, Moment::SinceAnswer),
        };
        let index = self.shapes.iter().position(|known| *known == shape).unwrap_or_else(|| {
            self.shapes.push(shape);
            self.shapes.len() - 1
        });
        // There are no more shapes than rounds, and those are few.
        self.shape.push(u8::try_from(index).unwrap_or(u8::MAX));
        self.next.push(health.next_at.map(|next| next.timestamp_millis().saturating_sub(at)));
        self.failures.push(health.failures);
    }

    /// The last round with an answer at or before `at`, this run's or one before.
    pub(super) fn last_answered(&self, at: i64) -> Option<i64> {
        self.instants()
            .zip(&self.answered)
            .take_while(|(instant, _)| *instant <= at)
            .filter_map(|(instant, answered)| answered.then_some(instant))
            .last()
            .or(self.answered_before)
    }

    /// The last round at or before `at`; none if this run began later or contradicts itself.
    pub(super) fn known(&self, source: &SourceId, at: i64, change: Option<i64>) -> Option<Known> {
        let (index, round) = self.instants().enumerate().take_while(|(_, instant)| *instant <= at).last()?;
        let answered = self.last_answered(at);
        let shape = self.shapes.get(usize::from(*self.shape.get(index)?))?;
        let next = match self.next.get(index)? {
            Some(offset) => Some(Instant::from_timestamp_millis(round.checked_add(*offset)?)?),
            None => None,
        };
        Some(Known {
            answered,
            health: SourceHealth {
                cadence: None,
                account: None,
                allowances: Vec::new(),
                observed_from: None,
                id: source.clone(),
                state: shape.state,
                answered_at: shape.answered.absolute(answered, change),
                changed_at: shape.changed.absolute(answered, change),
                stale_from: shape.stale.absolute(answered, change),
                next_at: next,
                failure: shape.failure.clone(),
                failures: *self.failures.get(index)?,
                progress: shape.progress.clone(),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn instant(millis: i64) -> Instant {
        Instant::from_timestamp_millis(millis).unwrap()
    }

    fn waiting(at: i64, changed: i64) -> SourceHealth {
        SourceHealth {
            state: SourceState::Waiting,
            answered_at: Some(instant(at)),
            changed_at: Some(instant(changed)),
            stale_from: Some(instant(at + 180_000)),
            next_at: Some(instant(at + 60_000 + at % 7)),
            ..SourceHealth::starting(SourceId::new("git"))
        }
    }

    #[test]
    fn quiet_rounds_cost_little() {
        let mut run = Run::default();
        for index in 0..64 {
            let at = 1_795_000_000_000 + index * 60_000 + index * 37 % 900;
            run.push(at, true, Some(1_794_000_000_000), &waiting(at, 1_794_000_000_000));
        }
        assert!(run.is_full());
        assert_eq!(run.shapes.len(), 1);
        let bytes = postcard::to_stdvec(&run).unwrap().len();
        assert!(bytes < 64 * 11, "{bytes} bytes");
    }

    #[test]
    fn health_is_read_back_as_it_was_given() {
        let source = SourceId::new("git");
        let failing = |at: i64, failures| SourceHealth {
            state: SourceState::BackingOff,
            failure: Some(Problem::new("no route", "look at the cable")),
            failures,
            next_at: Some(instant(at + 1000 * i64::from(failures))),
            ..waiting(3_000, 2_000)
        };
        let mut run = Run::default();
        run.push(1_000, false, None, &SourceHealth::starting(source.clone()));
        run.push(2_000, true, Some(2_000), &waiting(2_000, 2_000));
        run.push(3_000, true, Some(2_000), &waiting(3_000, 2_000));
        run.push(4_000, false, Some(2_000), &failing(4_000, 1));
        run.push(9_000, false, Some(2_000), &failing(9_000, 2));
        assert_eq!(run.shapes.len(), 3, "failures that go on are one shape");
        for (at, change, answered, health) in [
            (1_500, None, None, SourceHealth::starting(source.clone())),
            (2_000, Some(2_000), Some(2_000), waiting(2_000, 2_000)),
            (2_999, Some(2_000), Some(2_000), waiting(2_000, 2_000)),
            (3_500, Some(2_000), Some(3_000), waiting(3_000, 2_000)),
            (4_000, Some(2_000), Some(3_000), failing(4_000, 1)),
            (i64::MAX, Some(2_000), Some(3_000), failing(9_000, 2)),
        ] {
            assert_eq!(run.known(&source, at, change), Some(Known { answered, health }), "at {at}");
        }
        assert_eq!(run.known(&source, 999, None), None);
        assert_eq!(run.following().last_answered(0), Some(3_000));
    }

    #[test]
    fn a_run_that_contradicts_itself_is_not_believed() {
        let mut run = Run::default();
        run.push(1_000, true, None, &waiting(1_000, 1_000));
        run.shapes.clear();
        assert_eq!(run.known(&SourceId::new("git"), 1_000, None), None);
    }
}
