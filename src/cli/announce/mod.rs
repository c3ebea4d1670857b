//! `tminus announce`: what is new, a sentence for each, for a chat or a mail.

mod json;
mod markdown;
mod text;

use std::{path::Path, process::ExitCode, sync::Arc};

use chrono::Duration;

use crate::{
    domain::{Instant, Problem, ReleaseId},
    history::{keep_announcement, last_announcement},
    insight::{Changes, Completeness, words},
};

use super::{
    Failure,
    args::{AnnounceArguments, Common, Format},
    as_of, complain,
    context::Context,
    diff, headless, print, say, status,
};

/// How far the first announcement goes back.
const FIRST: Duration = Duration::days(1);

/// Prints what changed since `--since`, or since it was last announced to whoever asks; nothing if
/// nothing did.
pub(super) fn run(
    context: &Context,
    common: &Common,
    asked: &AnnounceArguments,
) -> Result<ExitCode, Failure> {
    if common.as_of.is_some() {
        return Err(Failure::Usage(
            "what is announced is new now: leave --as-of out\n`tminus diff --since TIME --until TIME` tells of the past"
                .into(),
        ));
    }
    let Some(directory) = context.directory.as_deref() else {
        return Err(Failure::Usage("the demo keeps no history: give it a place with --data-dir".into()));
    };
    let written =
        asked.since.as_deref().map(|since| as_of::instant("--since", since, context)).transpose()?;
    // Now first: the sources may tell more of then.
    let after = headless::board(context, common)?;
    if after.completeness == Completeness::Preview {
        let problem = Problem::new(
            "only the picture of the last visit can be read, and it may be old",
            "ask again once the history can be read",
        );
        return Err(Failure::Usage(say(&problem)));
    }
    let release = common.release.as_deref().map(|name| status::named(&after, name)).transpose();
    let release = release.map_err(Failure::Usage)?;
    // A clock that was wrong then may have been ahead.
    let last = last_announcement(directory, release.as_ref()).filter(|last| *last <= after.at);
    let since = written.or(last).unwrap_or(after.at - FIRST);
    let before = as_of::before(context, since, &after)?;
    if let (None, None) = (&before, written) {
        complain("note: nothing was known before: from now on it is announced what changes");
    } else {
        if last.is_none() && written.is_none() {
            let from = words::day_and_time(since, &context.policy.calendar);
            complain(&format!("note: it is announced for the first time: what changed since {from}"));
        }
        let before = before.unwrap_or_else(|| Arc::new(as_of::empty(context, since)));
        let mut changes = Changes::between(&before, &after);
        if let Some(release) = &release {
            changes = diff::of_release(changes, release);
        }
        if !(changes.changes.is_empty() && changes.concerned.is_empty()) {
            print(&match asked.format {
                Format::Text => text::changes(&after, &changes),
                Format::Json => json::changes(&after, &changes),
                Format::Markdown => markdown::changes(&after, &changes),
            })?;
        }
    }
    if written.is_none() {
        keep(directory, release.as_ref(), after.at);
    }
    Ok(ExitCode::SUCCESS)
}

/// Where it was kept not, it is said again the next time: better twice than never.
fn keep(directory: &Path, release: Option<&ReleaseId>, at: Instant) {
    if let Err(error) = keep_announcement(directory, release, at) {
        complain(&format!("note: this is announced again the next time\n{}", say(&error.problem())));
    }
}
