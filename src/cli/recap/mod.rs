//! `tminus recap`: a release that ended.

mod json;
mod markdown;
mod text;

use std::{process::ExitCode, sync::Arc};

use chrono::{Days, NaiveDate};

use crate::{
    domain::{DayFigures, Instant},
    history::{Question, Reply},
    insight::{Board, Recap, words},
};

use super::{
    Failure,
    args::{Common, Format},
    as_of, complain,
    context::Context,
    headless, history, print, status,
};

/// Prints what became of `--release`.
pub(super) fn run(context: &Context, common: &Common, format: Format) -> Result<ExitCode, Failure> {
    let Some(name) = common.release.as_deref() else {
        return Err(Failure::Usage("which release?\nname one that went out with --release".into()));
    };
    let board = headless::board(context, common)?;
    let release = status::named(&board, name).map_err(Failure::Usage)?;
    let instants = Recap::instants(&board, &release);
    let (days, then) = told(context, &board, &instants).unwrap_or_else(|failure| {
        complain(&format!("note: the history is not read, so no forecasts are told\n{}", failure.message()));
        (Vec::new(), Vec::new())
    });
    let then = then.iter().flatten().map(|board| &**board);
    let Some(recap) = Recap::of(&board, &release, then, &days) else {
        return Err(Failure::Usage(format!(
            "{release} did not go out yet\n`tminus status --release '{release}'` says how it stands"
        )));
    };
    print(&match format {
        Format::Text => text::recap(&board, &recap),
        Format::Json => json::recap(&board, &recap),
        Format::Markdown => markdown::recap(&board, &recap),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Figures of days, and boards of instants.
type Told = (Vec<DayFigures>, Vec<Option<Arc<Board>>>);

/// What the board said on the way: the figures of the days, and boards of those `instants` of
/// which there are none.
fn told(context: &Context, board: &Board, instants: &[Instant]) -> Result<Told, Failure> {
    let (Some(first), Some(_)) = (instants.first(), &context.directory) else {
        return Ok((Vec::new(), Vec::new()));
    };
    let day = |at| board.policy.calendar.day(at);
    let margin = Days::new(7);
    let from = day(*first).checked_sub_days(margin).unwrap_or(NaiveDate::MIN);
    let (reply, _) = history::ask(context, &Question::Days { from, until: day(board.at) })?;
    let days = if let Reply::Days(days) = reply { days } else { Vec::new() };
    let then = as_of::boards(context, &Recap::missing(instants, &days))?;
    Ok((days, then))
}

/// The release in a few sentences, for text and page alike: what, and how.
fn facts(board: &Board, recap: &Recap) -> Vec<(&'static str, String)> {
    let calendar = &board.policy.calendar;
    let day = |at| words::day_and_time(at, calendar);
    let mut facts = vec![("went out", day(recap.released_at))];
    if let Some((target, slip)) = recap.target.zip(recap.slip_hours) {
        let how = words::duration(chrono::Duration::hours(slip.abs()));
        let how = match slip {
            0 => "within the hour".to_owned(),
            1.. => format!("{how} late"),
            _ => format!("{how} early"),
        };
        facts.push(("target", format!("{} ({how})", day(target))));
    } else {
        facts.push(("target", "nobody promised one".to_owned()));
    }
    facts.push((
        "stories",
        format!(
            "{} planned, {} added, {} removed, {} of {} delivered",
            recap.planned, recap.added, recap.removed, recap.delivered, recap.scope
        ),
    ));
    let returns: u32 = recap.returned.iter().map(|story| story.times).sum();
    let returned = words::count(recap.returned.len(), "story", "stories");
    facts.push(("returned", format!("{returned}, {returns} times in all")));
    facts.push(("defects", format!("{}, {} open when it went out", recap.defects, recap.defects_open)));
    facts.push(("test runs", format!("{} with failures, of {}", recap.failed_runs, recap.runs)));
    if let Some(daily) = recap.daily {
        let days = words::count(daily.days as usize, "day", "days");
        let off = match daily.median_days_late {
            0 => "on the day".to_owned(),
            late if late > 0 => format!("{late}d too early"),
            early => format!("{}d too late", -early),
        };
        facts.push((
            "forecasts",
            format!("P85 held on {} of {days}; P50 was {off} in the median", daily.held),
        ));
    }
    facts
}

/// The forecasts in words: when it was said, what was said, whether it came so.
fn forecasts(board: &Board, recap: &Recap) -> Vec<[String; 4]> {
    let calendar = &board.policy.calendar;
    let row = |said: &crate::insight::Said| {
        let held = if said.held { "held" } else { "missed" };
        let day = |at| words::day(at, calendar);
        [
            words::day(said.at, calendar),
            format!("P50 {}", said.p50.said(day)),
            format!("P85 {}", said.p85.said(day)),
            held.to_owned(),
        ]
    };
    recap.forecasts.iter().map(row).collect()
}

/// How a deployment went, in words.
fn deployments(board: &Board, recap: &Recap) -> Vec<[String; 4]> {
    let row = |one: &crate::insight::Deployed| {
        let at = one.started_at.map(|at| words::day_and_time(at, &board.policy.calendar)).unwrap_or_default();
        let took = one.actual_minutes.map_or("not told".to_owned(), |minutes| format!("{minutes}m"));
        [
            at,
            one.environment.to_string(),
            one.state.word().to_owned(),
            format!("{took} of {}m", one.planned_minutes),
        ]
    };
    recap.deployments.iter().map(row).collect()
}
