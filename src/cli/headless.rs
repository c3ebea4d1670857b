//! A board without a screen: what is known, refreshed once.

use std::{path::Path, sync::Arc, time::Duration};

use futures_util::future::BoxFuture;

use crate::{
    domain::{Problem, ReleaseId, SourceId},
    history::{self, PaintCache, Retention},
    insight::{Board, Preview},
    refresh::Storage,
    server::{MakeSources, MakeStorage, Session, SessionSetup},
    source::{Answer, Round, Source, SourceError},
};

use super::{Failure, args::Common, as_of, complain, context::Context, say, sharing, status};

/// Version of [`Preview`]: rises when its type changes.
const PREVIEW_SCHEMA: u32 = 12;

/// How long the sources are waited for unless `--timeout` says otherwise.
const SETTLED_WITHIN: Duration = Duration::from_secs(60);

/// The board of the context, after every source was asked once (`--offline`: none), or
/// `--timeout` has passed. What did not answer is unknown.
///
/// With `--as-of` nothing is asked: the board is that of then.
pub(super) fn board(context: &Context, common: &Common) -> Result<Arc<Board>, Failure> {
    if let Some(written) = &common.as_of {
        return as_of::board(context, as_of::instant("--as-of", written, context)?);
    }
    let made = sources(context, common)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let board = runtime.block_on(async {
        let setup = sharing::setup(context, common, once(made));
        let mut session = match Session::start(setup).await {
            Ok(session) => session,
            Err(problem) => {
                // Without the store the last picture is all that can be read.
                if common.offline
                    && let Some(picture) = context.directory.as_deref().and_then(preview)
                {
                    let what = "this is the picture that was left last, which need not have everything";
                    complain(&format!("note: {}: {what}\n{}", problem.what, problem.next_step));
                    return Ok(Arc::new(picture));
                }
                let asked = if common.offline { "no source is asked" } else { "the sources are asked" };
                let what = format!("{asked}, the history is not read");
                complain(&format!("note: {}: {what}\n{}", problem.what, problem.next_step));
                let setup = sharing::setup(context, common, once(sources(context, common)?));
                let alone = Session::start(SessionSetup { place: None, ..setup }).await;
                alone.map_err(|problem| Failure::Usage(say(&problem)))?
            }
        };
        let within = common.timeout.map_or(SETTLED_WITHIN, Duration::from_secs);
        let settled = tokio::time::timeout(within, session.settled()).await;
        let board = settled.unwrap_or_else(|_| {
            complain(&format!("note: not every source answered within {} s", within.as_secs()));
            session.board()
        });
        session.stop().await;
        Ok::<_, Failure>(board)
    })?;
    runtime.shutdown_background();
    Ok(board)
}

/// Sources for a session that becomes the owner at most once.
fn once(sources: Vec<Box<dyn Source>>) -> MakeSources {
    let mut sources = Some(sources);
    Box::new(move || {
        sources.take().ok_or_else(|| Problem::new("the sources were asked already", "start again"))
    })
}

/// The sources of the context; with `--offline` such as cannot be asked.
pub(super) fn sources(context: &Context, common: &Common) -> Result<Vec<Box<dyn Source>>, Failure> {
    let sources = context.sources()?;
    // The demo is not anywhere else: it can be asked without a line.
    if !common.offline || context.is_demo() {
        return Ok(sources);
    }
    Ok(sources.into_iter().map(|source| Box::new(NotAsked(source)) as Box<dyn Source>).collect())
}

/// Opens the history and the picture of the last visit in `directory`.
pub(super) fn storage(directory: &Path, context: &Context, common: &Common) -> MakeStorage {
    let (directory, clock) = (directory.to_owned(), context.clock);
    let retention = retention(context);
    // That nobody was asked is no event of the past.
    let is_kept = !common.offline || context.is_demo();
    Box::new(move || {
        let (store, cache) = (directory.clone(), PaintCache::new(&directory, PREVIEW_SCHEMA));
        Storage {
            open: Box::new(move || history::open(&store, clock.now())),
            paint: Box::new(move |board| leave_picture(&cache, board)),
            retention: retention.clone(),
            is_kept,
        }
    })
}

/// How much of the past is kept.
pub(super) fn retention(context: &Context) -> Retention {
    let days = |length| chrono::Duration::from_std(length).unwrap_or(chrono::Duration::MAX);
    Retention {
        every_change: days(context.config.every_change),
        hourly: days(context.config.hourly),
        calendar: context.policy.calendar.clone(),
    }
}

/// Keeps the full picture, else a smaller one, else the headlines: it must fit.
fn leave_picture(cache: &PaintCache, board: &Board) {
    let mut kept = Ok(());
    for size in [1.0, 0.5, 0.25, 0.1, 0.0] {
        kept = cache.store(&Preview::of(board, size));
        if kept.is_ok() {
            return;
        }
    }
    if let Err(error) = kept {
        tracing::warn!(%error, "the picture for the next start was not kept");
    }
}

/// The release that is worth reading first: the one that was asked for, as the picture of the
/// last visit names it, else the one that it begins with.
pub(super) fn focus(common: &Common, picture: Option<&Board>) -> Option<ReleaseId> {
    match &common.release {
        Some(name) => {
            let known = picture.and_then(|board| status::named(board, name).ok());
            Some(known.unwrap_or_else(|| ReleaseId::new(name)))
        }
        None => Some(picture?.default_release()?.release.id.clone()),
    }
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

    fn has_memory(&self) -> bool {
        false
    }

    fn fetch<'a>(&'a mut self, _: &'a Round) -> BoxFuture<'a, Result<Answer, SourceError>> {
        let problem = Problem::new("not asked: --offline", "leave --offline out");
        Box::pin(std::future::ready(Err(SourceError::Refused(problem))))
    }
}

#[cfg(test)]
mod tests {
    use chrono::{TimeZone, Utc};

    use crate::{
        domain::{Facts, Release, Text, World},
        insight::{Completeness, Learned},
    };

    use super::*;

    #[test]
    fn the_next_start_gets_the_largest_picture_that_fits() {
        let directory = tempfile::tempdir().unwrap();
        let cache = PaintCache::new(directory.path(), PREVIEW_SCHEMA);
        let source = SourceId::new("plan");
        for (releases, length, kept) in [(3, 8, 3), (40, 450, 20)] {
            let named = |number| {
                let mut release = Release::named("payments", &format!("4.{number}"));
                release.url = Some(Text::new("例".repeat(length)));
                release.tag.clone_from(&release.url);
                Arc::new(release)
            };
            let facts = Facts { releases: (0..releases).map(named).collect(), ..Facts::default() };
            let world = Arc::new(World::union([(&source, &facts)]));
            let now = Utc.with_ymd_and_hms(2026, 11, 22, 8, 24, 0).unwrap();
            let board = Board::derive(
                Text::new("payments"),
                world,
                [].into(),
                Arc::default(),
                &Learned::default(),
                Completeness::Whole,
                now,
            );
            leave_picture(&cache, &board);
            let shown = cache.load::<Preview>().map(Preview::into_board).unwrap();
            assert_eq!(shown.insight.releases.len(), kept);
        }
    }
}
