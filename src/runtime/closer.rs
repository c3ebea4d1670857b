//! Looking closer, off the loop: what [`Effect::LookCloser`](crate::app::Effect) and
//! [`Effect::ReadDetail`](crate::app::Effect) ask for.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use crate::{
    app::{Event, Version},
    clock::Clock,
    domain::{Problem, PullRequestId},
    insight::{Board, CloserLook},
    source::{
        operation::Attempt,
        reading::{PullRequestPlace, Readers},
    },
};

/// How long a service may take to tell.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is known of `id` besides its own facts.
pub(super) async fn look(board: Arc<Board>, id: PullRequestId) -> Event {
    let of = id.clone();
    let look = tokio::task::spawn_blocking(move || CloserLook::of(&board, &of)).await;
    Event::LookedCloser { id, look: Arc::new(look.ok().flatten().unwrap_or_default()) }
}

/// What the service says of `place`.
pub(super) async fn read(readers: Readers, version: Version, place: PullRequestPlace, clock: Clock) -> Event {
    let cancelled = CancellationToken::new();
    // Whoever waits no longer takes the request with it.
    let _end = cancelled.clone().drop_guard();
    let attempt = Attempt { now: clock.now(), cancelled };
    let answer = match tokio::time::timeout(PATIENCE, readers.read(&place, &attempt)).await {
        Ok(answer) => answer.map(Arc::new),
        Err(_) => Err(Problem::new(
            format!("{}: no answer within {} seconds", version.id, PATIENCE.as_secs()),
            "asked again in a minute",
        )),
    };
    Event::DetailRead { version, answer }
}
