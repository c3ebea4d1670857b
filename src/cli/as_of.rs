//! `--as-of`: the board as it was.

use std::sync::Arc;

use crate::{
    domain::{Instant, Problem, World},
    history::{self, Kept, LockError, OwnerLock},
    insight::{Board, Completeness, Learned, when, words},
    server::ask_past,
};

use super::{Failure, context::Context};

/// The instant that a person means: see [`when::instant`]. `option` is what it was written behind.
/// One that is still to come is a mistake: nothing is known of it.
pub(super) fn instant(option: &str, written: &str, context: &Context) -> Result<Instant, Failure> {
    let now = context.clock.now();
    let wrong =
        |why: &str| Failure::Usage(format!("{option}: `{written}` is {why}\nwrite {}", when::EXAMPLES));
    match when::instant(written, now, &context.policy.calendar) {
        None => Err(wrong("no time")),
        Some(at) if at > now => Err(wrong("still to come")),
        Some(at) => Ok(at),
    }
}

/// The board as it was at `at`, from the history alone: what every source had said by then,
/// judged by the rules of today.
pub(super) fn board(context: &Context, at: Instant) -> Result<Arc<Board>, Failure> {
    let board = boards(context, &[at])?.pop().flatten();
    board.ok_or_else(|| {
        let day = words::day_and_time(at, &context.policy.calendar);
        Failure::Usage(format!("nothing was known at {day}: the history begins later"))
    })
}

/// The boards as they were at `instants`, in their order; none where nothing was known yet.
pub(super) fn boards(context: &Context, instants: &[Instant]) -> Result<Vec<Option<Arc<Board>>>, Failure> {
    let Some(directory) = &context.directory else {
        return Err(Failure::Usage("the demo keeps no history: give it a place with --data-dir".into()));
    };
    let now = context.clock.now();
    let usage = |problem: Problem| Failure::Usage(format!("{}\n{}", problem.what, problem.next_step));
    let past: Vec<Vec<Kept>> = match OwnerLock::acquire(directory, now) {
        Ok(_lock) => {
            let store = history::open(directory, now).map_err(|error| usage(error.problem()))?;
            let read: Result<_, _> = instants.iter().map(|at| store.at(*at)).collect();
            read.map_err(|error| usage(error.problem()))?
        }
        Err(LockError::Held { owner }) => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let mut past = Vec::new();
            for at in instants {
                past.push(runtime.block_on(ask_past(owner.as_ref(), *at)).map_err(usage)?);
            }
            past
        }
        Err(error) => return Err(usage(error.problem())),
    };
    let rank: Vec<_> = context.sources()?.iter().map(|source| source.id()).collect();
    let board = |(mut kept, at): (Vec<Kept>, &Instant)| {
        kept.sort_by_key(|kept| rank.iter().position(|id| *id == kept.source).unwrap_or(rank.len()));
        (!kept.is_empty()).then(|| Arc::new(derive(context, &kept, *at)))
    };
    Ok(past.into_iter().zip(instants).map(board).collect())
}

/// The board of an instant at which nothing was known.
pub(super) fn empty(context: &Context, at: Instant) -> Board {
    derive(context, &[], at)
}

fn derive(context: &Context, kept: &[Kept], at: Instant) -> Board {
    let world = World::union(kept.iter().map(|kept| (&kept.source, &*kept.facts)));
    let health = kept.iter().map(|kept| kept.health.clone()).collect();
    let (title, policy) = (context.title.clone(), Arc::clone(&context.policy));
    Board::derive(title, Arc::new(world), health, policy, &Learned::default(), Completeness::Whole, at)
}
