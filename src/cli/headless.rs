//! A board without a screen: what is known, refreshed once.

use std::{path::Path, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;

use crate::{
    domain::{Problem, SourceId},
    history::{self, HistoryError, LockError, OwnerLock, PaintCache, Retention},
    insight::{Board, Preview},
    refresh::{Refresher, Setup, Storage},
    source::{Answer, Round, Source, SourceError},
};

use super::{Failure, args::Common, complain, context::Context};

/// Version of [`Preview`]: rises when its type changes.
const PREVIEW_SCHEMA: u32 = 2;

/// The board of the context, after every source was asked once (`--offline`: none), or
/// `--timeout` has passed. What did not answer is unknown.
pub(super) fn board(context: &Context, common: &Common) -> Result<Arc<Board>, Failure> {
    let now = context.clock.now();
    // The lock is held while the store is open: one process at a time.
    let (lock, storage) =
        match context.directory.as_deref().map(|directory| (directory, OwnerLock::acquire(directory, now))) {
            None => (None, None),
            Some((directory, Ok(lock))) => (Some(lock), Some(storage(directory, context))),
            Some((directory, Err(LockError::Held { .. }))) if common.offline => {
                // The owner's last picture is all that can be read without asking anybody.
                return preview(directory).map(Arc::new).ok_or_else(|| {
                    Failure::Usage(
                        "the board is held by another process that has shown nothing yet: wait a moment"
                            .into(),
                    )
                });
            }
            Some((_, Err(error))) => {
                let problem = error.problem();
                complain(&format!("note: {}; sources are asked, the history is not read", problem.what));
                (None, None)
            }
        };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let board = runtime.block_on(async {
        let mut refresher = Refresher::start(Setup {
            title: context.title.clone(),
            policy: Arc::clone(&context.policy),
            clock: context.clock,
            sources: sources(context, common),
            storage,
            preview: None,
        });
        let settled = tokio::time::timeout(Duration::from_secs(common.timeout), refresher.settled()).await;
        let board = settled.unwrap_or_else(|_| {
            complain(&format!("note: not every source answered within {} s", common.timeout));
            refresher.board()
        });
        refresher.stop().await;
        board
    });
    runtime.shutdown_background();
    drop(lock);
    Ok(board)
}

/// The sources of the context; with `--offline` such as cannot be asked.
pub(super) fn sources(context: &Context, common: &Common) -> Vec<Box<dyn Source>> {
    let sources = context.sources();
    if !common.offline {
        return sources;
    }
    sources.into_iter().map(|source| Box::new(NotAsked(source)) as Box<dyn Source>).collect()
}

/// The history and the picture of the last visit in `directory`.
pub(super) fn storage(directory: &Path, context: &Context) -> Storage {
    let now = context.clock.now();
    let (store, cache) = (directory.to_owned(), PaintCache::new(directory, PREVIEW_SCHEMA));
    Storage {
        open: Box::new(move || history::open(&store, now)),
        paint: Box::new(move |board| {
            if let Err(error) = keep_preview(&cache, board) {
                tracing::warn!(%error, "the picture for the next start was not kept");
            }
        }),
        retention: Retention { calendar: context.policy.calendar.clone(), ..Retention::default() },
    }
}

/// Keeps the full picture, else half of it, and so on down to the headlines: it must fit.
fn keep_preview(cache: &PaintCache, board: &Board) -> Result<(), HistoryError> {
    let mut refused = Ok(());
    for size in [1.0, 0.5, 0.25, 0.1, 0.0] {
        refused = cache.store(&Preview::of(board, size));
        if refused.is_ok() {
            break;
        }
    }
    refused
}

/// The board of the last visit, if it left a picture.
pub(super) fn preview(directory: &Path) -> Option<Board> {
    PaintCache::new(directory, PREVIEW_SCHEMA).load::<Preview>().map(Preview::into_board)
}

/// A source that is left alone: what it said last stays, with its age.
struct NotAsked(Box<dyn Source>);

impl Source for NotAsked {
    fn id(&self) -> SourceId {
        self.0.id()
    }

    fn interval(&self) -> Duration {
        self.0.interval()
    }

    fn fetch<'a>(&'a mut self, _: &'a Round) -> BoxFuture<'a, Result<Answer, SourceError>> {
        let problem = Problem::new("not asked: --offline", "leave --offline out");
        Box::pin(std::future::ready(Err(SourceError::Refused(problem))))
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone as _, Utc};

    use super::*;
    use crate::{
        domain::{Policy, SourceHealth, Text, World},
        insight::Completeness,
        source::demo::{DemoSettings, Organisation, facts},
    };

    #[test]
    fn the_next_start_shows_as_much_of_the_board_as_fits() {
        let directory = tempfile::tempdir().unwrap();
        let settings =
            DemoSettings::opened(Utc.with_ymd_and_hms(2026, 11, 22, 8, 24, 0).unwrap(), chrono_tz::Tz::UTC);
        let now = settings.picture();
        let facts = facts(&Organisation::new(&settings), now);
        let id = SourceId::new("demo");
        let board = Board::derive(
            Text::new("demo"),
            Arc::new(World::union([(&id, &facts)])),
            vec![SourceHealth::starting(id.clone())].into(),
            Arc::new(Policy::default()),
            Completeness::Whole,
            now,
        );
        keep_preview(&PaintCache::new(directory.path(), PREVIEW_SCHEMA), &board).unwrap();
        let shown = preview(directory.path()).unwrap();
        assert_eq!(shown.completeness, Completeness::Preview);
        let (shown, known) = (&shown.insight.releases[0], &board.insight.releases[0]);
        assert_eq!((&shown.release, shown.verdict), (&known.release, known.verdict));
        assert!(shown.stories.len() >= 48, "{} rows of stories fill no screen", shown.stories.len());
        assert_eq!(shown.stories[..], known.stories[..shown.stories.len()]);
    }
}
