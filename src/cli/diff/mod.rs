//! `tminus diff`: what changed between two instants.

mod json;
mod last_release;
pub(super) mod markdown;
mod text;

use std::{process::ExitCode, sync::Arc};

use crate::{
    domain::ReleaseId,
    insight::{Board, Change, Changes, words},
};

use super::{
    Failure,
    args::{Common, DiffArguments, Format},
    as_of, complain,
    context::Context,
    headless, print, status,
};

/// Prints what is another than it was, of `--release` or of all releases.
pub(super) fn run(context: &Context, common: &Common, diff: &DiffArguments) -> Result<ExitCode, Failure> {
    if diff.since == last_release::NAME {
        return last_release::run(context, common, diff);
    }
    let since = as_of::instant("--since", &diff.since, context)?;
    let until = diff.until.as_deref().or(common.as_of.as_deref());
    let until = until.map(|until| as_of::instant("--until", until, context)).transpose()?;
    if until.is_some_and(|until| until < since) {
        return Err(Failure::Usage("--until is before --since\nname the earlier instant first".into()));
    }
    let (before, after) = if let Some(until) = until {
        let mut boards = as_of::boards(context, &[since, until])?.into_iter();
        (boards.next().flatten(), boards.next().flatten())
    } else {
        // Now first: the sources may tell more of then.
        let after = headless::board(context, common)?;
        (as_of::before(context, since, &after)?, Some(after))
    };
    let Some(after) = after else {
        return Err(Failure::Usage("nothing was known at either instant: the history begins later".into()));
    };
    let before = before.unwrap_or_else(|| {
        let day = words::day_and_time(since, &context.policy.calendar);
        complain(&format!(
            "note: nothing was observed at {day}; what was is told from the items' own events"
        ));
        Arc::new(as_of::empty(context, since))
    });
    let release = common
        .release
        .as_deref()
        .map(|name| status::named(&after, name))
        .transpose()
        .map_err(Failure::Usage)?;
    let mut changes = Changes::between(&before, &after);
    if let Some(release) = &release {
        changes = of_release(changes, release);
    }
    print(&match diff.format {
        Format::Text => text::changes(&after, &changes),
        Format::Json => json::changes(&after, &changes),
        Format::Markdown => markdown::changes(&after, &changes),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// What concerns one release, or no release in particular: a source that is silent.
pub(super) fn of_release(changes: Changes, release: &ReleaseId) -> Changes {
    let concerns = |change: &Change| change.release.as_ref().is_none_or(|of| of == release);
    Changes {
        changes: changes.changes.into_iter().filter(concerns).collect(),
        concerned: changes.concerned.into_iter().filter(|other| other.because_of == *release).collect(),
        ..changes
    }
}

/// `Sat 21 Nov 09:24 to Sun 22 Nov 09:24 (1d 00h)`.
fn span(board: &Board, changes: &Changes) -> String {
    let calendar = &board.policy.calendar;
    format!(
        "{} to {} ({})",
        words::day_and_time(changes.from, calendar),
        words::day_and_time(changes.until, calendar),
        words::duration(changes.until - changes.from)
    )
}

/// `3 turned red · 5 done`; what there is none of is left out.
fn summary(changes: &Changes) -> String {
    let counted = crate::insight::ChangeGroup::ALL.into_iter().filter_map(|group| {
        let count = changes.of(group).count();
        (count > 0).then(|| format!("{count} {}", group.title()))
    });
    let counted: Vec<_> = counted.collect();
    if counted.is_empty() { "nothing changed".to_owned() } else { counted.join(" · ") }
}
