//! `--as-of`: the board as it was.

use std::{path::Path, sync::Arc};

use chrono::{DateTime, NaiveDate, NaiveDateTime};

use crate::{
    domain::{Calendar, Instant, World},
    history::{self, LockError, OwnerLock},
    insight::{Board, Completeness, Learned},
    server::ask_past,
};

use super::{Failure, context::Context};

/// The instant that a person means: `2026-11-22T14:00:00+01:00`, `2026-11-22 14:00` in the
/// configured time zone, or `2026-11-22` for the end of that day.
pub(super) fn instant(written: &str, calendar: &Calendar) -> Result<Instant, Failure> {
    let written = written.trim();
    let with_offset = || DateTime::parse_from_rfc3339(written).ok().map(|instant| instant.to_utc());
    let local = || {
        let formats = ["%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"];
        let local = formats.iter().find_map(|format| NaiveDateTime::parse_from_str(written, format).ok())?;
        local.and_local_timezone(calendar.zone).earliest().map(|instant| instant.to_utc())
    };
    let day = || NaiveDate::parse_from_str(written, "%Y-%m-%d").ok().map(|day| calendar.end_of(day));
    with_offset().or_else(local).or_else(day).ok_or_else(|| {
        Failure::Usage(format!(
            "--as-of: `{written}` is no time\nwrite 2026-11-22, \"2026-11-22 14:00\" or 2026-11-22T14:00:00+01:00"
        ))
    })
}

/// The board as it was at `at`, from the history alone: what every source had said by then,
/// judged by the rules of today.
pub(super) fn board(context: &Context, at: Instant) -> Result<Arc<Board>, Failure> {
    let Some(directory) = &context.directory else {
        return Err(Failure::Usage("the demo keeps no history: give it a place with --data-dir".into()));
    };
    let now = context.clock.now();
    let usage =
        |problem: crate::domain::Problem| Failure::Usage(format!("{}\n{}", problem.what, problem.next_step));
    let mut kept = match OwnerLock::acquire(directory, now) {
        Ok(_lock) => read(directory, now, at).map_err(|error| error.problem()),
        Err(LockError::Held { owner }) => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(ask_past(owner.as_ref(), at))
        }
        Err(error) => Err(error.problem()),
    }
    .map_err(usage)?;
    if kept.is_empty() {
        let day = crate::insight::words::day_and_time(at, &context.policy.calendar);
        return Err(Failure::Usage(format!("nothing was known at {day}: the history begins later")));
    }
    let rank: Vec<_> = context.sources()?.iter().map(|source| source.id()).collect();
    kept.sort_by_key(|kept| rank.iter().position(|id| *id == kept.source).unwrap_or(rank.len()));
    let world = World::union(kept.iter().map(|kept| (&kept.source, &*kept.facts)));
    let health = kept.iter().map(|kept| kept.health.clone()).collect();
    let (title, policy) = (context.title.clone(), Arc::clone(&context.policy));
    let learned = Learned::default();
    Ok(Arc::new(Board::derive(title, Arc::new(world), health, policy, &learned, Completeness::Whole, at)))
}

fn read(directory: &Path, now: Instant, at: Instant) -> Result<Vec<history::Kept>, history::HistoryError> {
    history::open(directory, now)?.at(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_as_people_write_it() {
        let calendar = Calendar { zone: chrono_tz::Tz::Europe__Berlin, ..Calendar::default() };
        for (written, meant) in [
            ("2026-11-22T14:00:00+01:00", "2026-11-22T13:00:00Z"),
            ("2026-11-22 14:00", "2026-11-22T13:00:00Z"),
            ("2026-07-22T14:00:30", "2026-07-22T12:00:30Z"),
            ("2026-11-22", "2026-11-22T22:59:59Z"),
        ] {
            let meant = DateTime::parse_from_rfc3339(meant).unwrap().to_utc();
            assert_eq!(instant(written, &calendar).ok(), Some(meant), "{written}");
        }
        for wrong in ["yesterday", "", "2026-13-01", "2026-03-29 02:30"] {
            assert!(instant(wrong, &calendar).is_err(), "{wrong}");
        }
    }
}
