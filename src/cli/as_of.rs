//! `--as-of`: the board as it was.

use std::sync::Arc;

use chrono::Days;

use crate::{
    domain::{DayFigures, Instant, Problem, SourceId, Triage, World},
    history::{self, Kept, LockError, OwnerLock, Question, Reply},
    insight::{Board, Completeness, Learned, when, words},
    server::{ask_history, ask_past},
};

use super::{Failure, context::Context};

/// Days before that are known to a board, at most: no chart is longer.
const MOST_DAYS: u64 = 800;

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
    let last = instants.iter().max().copied().unwrap_or(now);
    let until = context.policy.calendar.day(last);
    let from = until.checked_sub_days(Days::new(MOST_DAYS)).unwrap_or(until);
    let (said, _) = history::triage(directory, now).map_err(|error| usage(error.problem()))?;
    // Looking must not make the directory.
    let lock = directory.exists().then(|| OwnerLock::acquire(directory, now)).transpose();
    let (past, days): (Vec<Vec<Kept>>, Vec<Arc<DayFigures>>) = match lock {
        Ok(lock) if lock.is_none() || !super::history::is_begun(directory) => {
            (vec![Vec::new(); instants.len()], Vec::new())
        }
        Ok(_lock) => {
            let store = history::open(directory, now).map_err(|error| usage(error.problem()))?;
            let read: Result<_, _> = instants.iter().map(|at| store.at(*at)).collect();
            let days = store.days(from, until);
            let days = days.map(shared).map_err(|error| usage(error.problem()));
            (read.map_err(|error| usage(error.problem()))?, days?)
        }
        Err(LockError::Held { owner }) => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let mut past = Vec::new();
            for at in instants {
                past.push(runtime.block_on(ask_past(owner.as_ref(), *at)).map_err(usage)?);
            }
            let question = Question::Days { from, until };
            let days = match runtime.block_on(ask_history(owner.as_ref(), &question)).map_err(usage)? {
                (Reply::Days(days), _) => shared(days),
                _ => Vec::new(),
            };
            (past, days)
        }
        Err(error) => return Err(usage(error.problem())),
    };
    let rank: Vec<_> = context.sources()?.iter().map(|source| source.id()).collect();
    let board = |(mut kept, at): (Vec<Kept>, &Instant)| {
        kept.sort_by_key(|kept| rank.iter().position(|id| *id == kept.source).unwrap_or(rank.len()));
        let until_then = days.iter().filter(|day| day.at <= *at).cloned().collect();
        (!kept.is_empty()).then(|| Arc::new(derive(context, &kept, until_then, &said, *at)))
    };
    Ok(past.into_iter().zip(instants).map(board).collect())
}

/// The board as it was at `at`, to hold `after` against; none where nothing was known yet. A source that
/// never answered was silent then, too: that it still is, is no news.
pub(super) fn before(context: &Context, at: Instant, after: &Board) -> Result<Option<Arc<Board>>, Failure> {
    let board = boards(context, &[at])?.pop().flatten();
    Ok(board.map(|board| as_silent(board, after)))
}

fn as_silent(board: Arc<Board>, after: &Board) -> Arc<Board> {
    let is_known = |id: &SourceId| board.health.iter().any(|known| known.id == *id);
    let silent = after.health.iter().filter(|health| health.answered_at.is_none() && !is_known(&health.id));
    let silent: Vec<_> = silent.cloned().collect();
    if silent.is_empty() {
        return board;
    }
    let health = board.health.iter().cloned().chain(silent).collect();
    let (title, policy) = (board.title.clone(), Arc::clone(&board.policy));
    let world = Arc::clone(&board.world);
    Arc::new(Board::derive(title, world, health, policy, &Learned::default(), Completeness::Whole, board.at))
}

fn shared(days: Vec<DayFigures>) -> Vec<Arc<DayFigures>> {
    days.into_iter().map(Arc::new).collect()
}

/// The board of an instant at which nothing was known.
pub(super) fn empty(context: &Context, at: Instant) -> Board {
    derive(context, &[], Vec::new(), &Triage::default(), at)
}

fn derive(context: &Context, kept: &[Kept], days: Vec<Arc<DayFigures>>, said: &Triage, at: Instant) -> Board {
    let union = World::union(kept.iter().map(|kept| (&kept.source, &*kept.facts)));
    let mut world = World { days, ..union };
    world.hear(said, at);
    let health = kept.iter().map(|kept| kept.health.clone()).collect();
    let (title, policy) = (context.title.clone(), Arc::clone(&context.policy));
    Board::derive(title, Arc::new(world), health, policy, &Learned::default(), Completeness::Whole, at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::SourceHealth,
        insight::{
            Changes,
            fixture::{ALL_KINDS, Setting, at, now},
        },
    };

    #[test]
    fn who_never_answered_is_no_news() {
        let setting = Setting::covering(&ALL_KINDS[..1]);
        let mut with_silent = setting.clone();
        with_silent.health.push(SourceHealth::starting(SourceId::new("silent")));
        let (before, after) = (Arc::new(setting.board_at(at(20, 9))), with_silent.board_at(now()));
        // Gates that nobody fed then may be fed by who is silent now.
        assert!(!Changes::between(&before, &after).changes.is_empty());
        let changes = Changes::between(&as_silent(Arc::clone(&before), &after), &after).changes;
        assert!(changes.is_empty(), "{changes:?}");
        // Of who answers by now it is news.
        assert!(Arc::ptr_eq(&as_silent(Arc::clone(&before), &before), &before));
    }
}
