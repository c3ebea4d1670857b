//! Looking back, off the loop: what [`Effect::LookBack`](crate::app::Effect) and
//! [`Effect::Compare`](crate::app::Effect) ask for.

use std::sync::Arc;

use crate::{
    app::{Event, Look},
    domain::{Instant, Problem, ReleaseId, Text},
    insight::{Board, Changes, LastRelease, SameDistance, words},
    server::Archive,
};

/// The board of the past that was asked for, and what is another on `newest`.
pub(super) async fn look_back(archive: &Archive, look: Look, newest: &Arc<Board>) -> Event {
    let found = async {
        let at = match look {
            Look::At(at) => at,
            Look::Change { from, later } => match archive.next_change(from, later).await? {
                Some(at) => at,
                None if later => return Ok(None),
                None => return Err(Problem::new("the history begins here", "")),
            },
        };
        let board = archive.board(at, newest).await?;
        let begins_later = || {
            let day = words::day_and_time(at, &newest.policy.calendar);
            Problem::new(format!("nothing was known at {day}: the history begins later"), "")
        };
        board.map(Some).ok_or_else(begins_later)
    };
    match found.await {
        Ok(Some(board)) => {
            let (board, newest) = (Arc::new(board), Arc::clone(newest));
            let older = Arc::clone(&board);
            let compared = tokio::task::spawn_blocking(move || Changes::between(&older, &newest));
            match compared.await {
                Ok(changes) => Event::Past { board, changes: Arc::new(changes) },
                Err(_) => Event::Notice("the boards could not be compared: try again".into()),
            }
        }
        Ok(None) => Event::Notice("this is the last change: = is now".into()),
        Err(problem) => Event::Notice(said(&problem)),
    }
}

/// What changed from one instant to another, or to `newest`.
pub(super) async fn compare(
    archive: &Archive,
    from: Instant,
    until: Option<Instant>,
    newest: Arc<Board>,
) -> Event {
    let compared = async {
        // What was not observed is told from the items' own events: so it is without a history.
        let before = archive.board(from, &newest).await.ok().flatten().unwrap_or_else(|| archive.empty(from));
        let after = match until {
            Some(until) => archive.board(until, &newest).await?.unwrap_or_else(|| archive.empty(until)),
            None => Board::clone(&newest),
        };
        let changes = tokio::task::spawn_blocking(move || Changes::between(&before, &after)).await;
        changes.map_err(|_| Problem::new("the boards could not be compared", "try again"))
    };
    Event::Compared(match compared.await {
        Ok(changes) => Ok(Arc::new(changes)),
        Err(problem) => Err(said(&problem)),
    })
}

/// A release against the one before it, at the same distance from its target.
pub(super) async fn compare_releases(archive: &Archive, release: &ReleaseId, newest: Arc<Board>) -> Event {
    let compared = async {
        let distance = SameDistance::of(&newest, release)?;
        // What was not kept is told from the items' own events.
        let then = archive.board(distance.then, &newest).await.ok().flatten();
        let compare = move || LastRelease::compare(&newest, &distance, then.as_ref());
        let compared = tokio::task::spawn_blocking(compare).await.ok().flatten();
        compared.ok_or_else(|| Text::new("the releases could not be compared: try again"))
    };
    Event::ReleasesCompared(compared.await.map(Arc::new))
}

/// A problem in one line.
pub(super) fn said(problem: &Problem) -> Text {
    if problem.next_step.is_empty() {
        problem.what.clone()
    } else {
        Text::new(format!("{}: {}", problem.what, problem.next_step))
    }
}
