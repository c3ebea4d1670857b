//! `tminus history`: the stored past as a whole.

use std::{
    fmt::Write as _,
    fs::{File, OpenOptions},
    io::{self, BufReader, BufWriter, Write},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use chrono::NaiveDate;
use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::{
    domain::{Calendar, DayFigures, Problem, ReleaseFigures, Text},
    history::{
        self, Archive, Counts, HistoryError, ListedChange, LockError, Owner, OwnerLock, Question, Reply,
        StoreOptions,
    },
    insight::ForecastDate,
    server,
};

use super::{
    Failure,
    args::{Common, Format, TableFormat},
    complain,
    context::Context,
    headless, print, status,
};

/// What to do with the stored past.
#[derive(Debug, Subcommand)]
pub enum HistoryCommand {
    /// The changes that are kept, oldest first, and how many items each changed.
    List(ListArguments),
    /// The board as it was: `tminus history show "2026-11-22 14:00"`.
    Show(ShowArguments),
    /// Write the whole past as lines of JSON.
    Export(ExportArguments),
    /// Read what `export` wrote, where there is no past yet.
    Import(ImportArguments),
    /// Delete what is kept no longer; a running tminus does it every hour.
    Prune(PruneArguments),
    /// Read everything and check it: exit 0 sound, 1 damaged.
    Verify,
}

/// Which changes to list.
#[derive(Debug, Args)]
pub struct ListArguments {
    /// Only the newest ones.
    #[arg(long, value_name = "N")]
    pub last: Option<usize>,
    /// The figures of each day and release instead, which are kept for ever.
    #[arg(long, conflicts_with = "source")]
    pub daily: bool,
    /// Only those of one source.
    #[arg(long, value_name = "NAME")]
    pub source: Option<String>,
    /// For people or for programs.
    #[arg(long, value_enum, default_value_t = TableFormat::Text)]
    pub format: TableFormat,
}

/// Which instant to show.
#[derive(Debug, Args)]
pub struct ShowArguments {
    /// 2026-11-22 for the end of that day, "2026-11-22 14:00" or 2026-11-22T14:00:00+01:00.
    #[arg(value_name = "TIME")]
    pub at: String,
    /// For people, for programs, or for a page.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// Where to write the past.
#[derive(Debug, Args)]
pub struct ExportArguments {
    /// A new file; none: the standard output.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Where to read the past.
#[derive(Debug, Args)]
pub struct ImportArguments {
    /// What `export` wrote; `-`: the standard input.
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
}

/// How to delete.
#[derive(Debug, Args)]
pub struct PruneArguments {
    /// Only say how much would go.
    #[arg(long)]
    pub dry_run: bool,
}

/// Carries out what was asked for.
pub(super) fn run(context: &Context, common: &Common, command: &HistoryCommand) -> Result<ExitCode, Failure> {
    match command {
        HistoryCommand::List(arguments) => list(context, arguments),
        HistoryCommand::Show(arguments) => {
            let common = Common { as_of: Some(arguments.at.clone()), ..common.clone() };
            status::run(context, &common, arguments.format, &[])
        }
        HistoryCommand::Export(arguments) => export(context, arguments),
        HistoryCommand::Import(arguments) => import(context, &arguments.file),
        HistoryCommand::Prune(arguments) => prune(context, arguments),
        HistoryCommand::Verify => verify(context),
    }
}

fn usage(problem: &Problem) -> Failure {
    Failure::Usage(format!("{}\n{}", problem.what, problem.next_step))
}

fn failed(error: &HistoryError) -> Failure {
    usage(&error.problem())
}

/// Who has the board open.
enum Holder {
    /// This process. The lock is dropped after the past.
    Us(Box<dyn Archive>, OwnerLock),
    /// Another one, which may say which.
    Other(Option<Owner>),
}

/// The directory of the board.
fn directory(context: &Context) -> Result<&Path, Failure> {
    let nowhere = || Failure::Usage("the demo keeps no history: give it a place with --data-dir".into());
    context.directory.as_deref().ok_or_else(nowhere)
}

/// The stored past, or who has it.
fn archive(context: &Context) -> Result<Holder, Failure> {
    let (directory, now) = (directory(context)?, context.clock.now());
    // Looking must not begin one, nor make the directory that it would be in.
    if !directory.exists() {
        return Err(nothing_kept(directory));
    }
    let lock = match OwnerLock::acquire(directory, now) {
        Ok(lock) => lock,
        Err(LockError::Held { owner }) => return Ok(Holder::Other(owner)),
        Err(error) => return Err(usage(&error.problem())),
    };
    if !is_begun(directory) {
        return Err(nothing_kept(directory));
    }
    let archive =
        history::open_archive(directory, now, StoreOptions::default()).map_err(|error| failed(&error))?;
    Ok(Holder::Us(archive, lock))
}

/// Whether a history was begun in the directory of a board.
pub(super) fn is_begun(directory: &Path) -> bool {
    directory.join("history").exists() || directory.join("marker").exists()
}

fn nothing_kept(directory: &Path) -> Failure {
    let what = format!("there is no history: nothing is kept in {} yet", directory.display());
    Failure::Usage(format!("{what}\nopen the board once, or read an export with `import`"))
}

/// What was found wrong and dealt with when the store was opened.
fn tell(problems: &[Problem]) {
    for problem in problems {
        complain(&format!("note: {}\n{}", problem.what, problem.next_step));
    }
}

/// What is said to `question`: read here, or by the process that has the board open.
pub(super) fn ask(context: &Context, question: &Question) -> Result<(Reply, Vec<Problem>), Failure> {
    let (mut archive, _lock) = match archive(context)? {
        Holder::Us(archive, lock) => (archive, lock),
        Holder::Other(owner) => {
            let asked = asking()?.block_on(server::ask_history(owner.as_ref(), question));
            return asked.map_err(|problem| usage(&problem));
        }
    };
    let reply = question.ask(archive.as_mut(), &headless::retention(context), context.clock.now());
    reply.map_err(|error| damaged(&error))
}

/// What an owner is asked on.
fn asking() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

/// It answered another question than was asked.
fn confused() -> Failure {
    Failure::Usage("the owner of this board said something else than was asked\nuse the same version".into())
}

fn list(context: &Context, arguments: &ListArguments) -> Result<ExitCode, Failure> {
    if arguments.daily {
        return days(context, arguments);
    }
    let question = Question::Changes {
        source: arguments.source.as_ref().map(Text::new),
        last: arguments.last.map(|last| last as u64),
    };
    let (Reply::Changes(changes), problems) = ask(context, &question)? else { return Err(confused()) };
    tell(&problems);
    print(&match arguments.format {
        TableFormat::Text => table(&changes, &context.policy.calendar),
        TableFormat::Json => json_of(&changes, context.title.as_str()),
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The figures of each day.
fn days(context: &Context, arguments: &ListArguments) -> Result<ExitCode, Failure> {
    let question = Question::Days { from: NaiveDate::MIN, until: NaiveDate::MAX };
    let (Reply::Days(mut days), problems) = ask(context, &question)? else { return Err(confused()) };
    tell(&problems);
    let skipped = arguments.last.map_or(0, |last| days.len().saturating_sub(last));
    days.drain(..skipped);
    print(&match arguments.format {
        TableFormat::Text => days_table(&days, &context.policy.calendar),
        TableFormat::Json => {
            let title = context.title.as_str();
            format!("{:#}\n", json!({ "schema_version": 1, "board": title, "days": days_json(&days) }))
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// The days as they are kept; a date of a forecast that is beyond three years is null.
fn days_json(days: &[DayFigures]) -> Value {
    let mut value = json!(days);
    for (day, told) in days.iter().zip(value.as_array_mut().into_iter().flatten()) {
        let releases = told.get_mut("releases").and_then(Value::as_array_mut).into_iter().flatten();
        for (figures, told) in day.releases.iter().zip(releases) {
            let Some(forecast) = figures.forecast else { continue };
            let dates = [("p50", forecast.p50), ("p85", forecast.p85), ("p95", forecast.p95)];
            for (name, _) in
                dates.iter().filter(|(_, at)| ForecastDate::kept(*at, day.at) == ForecastDate::Beyond)
            {
                if let Some(date) = told.get_mut("forecast").and_then(|forecast| forecast.get_mut(name)) {
                    *date = Value::Null;
                }
            }
        }
    }
    value
}

fn days_table(days: &[DayFigures], calendar: &Calendar) -> String {
    let all =
        || days.iter().flat_map(|day| day.releases.iter().map(move |figures| (day.day, &day.at, figures)));
    let width = all().map(|(_, _, figures)| figures.release.as_str().chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for (day, said_at, figures) in all() {
        let ReleaseFigures { release, scope, ready, defects, tests, tests_passed, .. } = figures;
        let forecast = figures.forecast.map_or("no forecast".to_owned(), |forecast| {
            let date = |at| ForecastDate::kept(at, *said_at).said(|at| calendar.day(at).to_string());
            format!("P50 {}  P85 {}", date(forecast.p50), date(forecast.p85))
        });
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{day}  {:width$}  {ready:>4} of {scope:<4}  defects {defects:<3}  tests {tests_passed}/{tests}  \
             {:<7}  {:<8}  {forecast}",
            release.as_str(),
            figures.verdict.as_str(),
            figures.outlook.as_str(),
        );
    }
    text
}

fn table(changes: &[ListedChange], calendar: &Calendar) -> String {
    let width = changes.iter().map(|change| change.source.as_str().chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for ListedChange { source, at, lists, .. } in changes {
        let at = at.with_timezone(&calendar.zone).format("%Y-%m-%d %H:%M:%S%.3f %Z");
        let lists: Vec<String> = lists
            .iter()
            .map(|(name, Counts { added, changed, removed })| {
                let parts = [('+', added), ('~', changed), ('-', removed)];
                let parts = parts.iter().filter(|(_, count)| **count > 0);
                parts.fold(name.to_string(), |said, (sign, count)| format!("{said} {sign}{count}"))
            })
            .collect();
        // Another order of the same items, or another thing that is covered.
        let said = if lists.is_empty() { "nothing to count".to_owned() } else { lists.join(", ") };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{at}  {:width$}  {said}", source.as_str());
    }
    text
}

fn json_of(changes: &[ListedChange], board: &str) -> String {
    let changes: Vec<Value> = changes
        .iter()
        .map(|ListedChange { source, at, held_until, lists }| {
            let lists: Map<String, Value> = lists
                .iter()
                .map(|(name, Counts { added, changed, removed })| {
                    let counts = json!({ "added": added, "changed": changed, "removed": removed });
                    (name.as_str().replace(' ', "_"), counts)
                })
                .collect();
            json!({ "source": source, "at": at, "held_until": held_until, "lists": lists })
        })
        .collect();
    format!("{:#}\n", json!({ "schema_version": 1, "board": board, "changes": changes }))
}

/// A past that cannot be read to its end.
fn damaged(error: &HistoryError) -> Failure {
    match error {
        HistoryError::Damaged { .. } => {
            Failure::Usage(format!("{error}\n`tminus history verify` names every such place"))
        }
        _ => failed(error),
    }
}

fn export(context: &Context, arguments: &ExportArguments) -> Result<ExitCode, Failure> {
    let Some(path) = &arguments.output else {
        let mut out = BufWriter::new(io::stdout().lock());
        return match export_to(context, &mut out)? {
            Ok(()) => Ok(ExitCode::SUCCESS),
            // A reader that has seen enough is no error.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
            Err(error) => Err(Failure::Usage(format!("writing the export: {error}"))),
        };
    };
    let wrong = |error: &io::Error| {
        Failure::Usage(format!("{}: {error}\nname a new file that can be written", path.display()))
    };
    #[expect(clippy::disallowed_methods, reason = "a person asked for this file")]
    let file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(|error| wrong(&error))?;
    let mut out = BufWriter::new(file);
    let written = match export_to(context, &mut out) {
        Ok(written) => written.and_then(|()| out.get_ref().sync_all()).map_err(|error| wrong(&error)),
        Err(failure) => Err(failure),
    };
    if let Err(failure) = written {
        // Half of a past would be taken for one.
        #[expect(clippy::disallowed_methods, reason = "it was made here")]
        let _ = std::fs::remove_file(path);
        return Err(failure);
    }
    complain(&format!("written to {}", path.display()));
    Ok(ExitCode::SUCCESS)
}

/// Writes the export to `out`; within: what went wrong with that.
fn export_to(context: &Context, out: &mut dyn Write) -> Result<io::Result<()>, Failure> {
    let now = context.clock.now();
    let (mut file, _length) = match archive(context)? {
        Holder::Us(archive, _lock) => {
            tell(&archive.problems());
            history::export_aside(archive.as_ref(), context.title.as_str(), now)
                .map_err(|error| damaged(&error))?
        }
        Holder::Other(owner) => {
            let asked = server::ask_export(owner.as_ref(), |piece| out.write_all(piece));
            let written = asking()?.block_on(asked).map_err(|problem| usage(&problem))?;
            return Ok(written.and_then(|()| out.flush()));
        }
    };
    Ok(io::copy(&mut file, out).and_then(|_| out.flush()))
}

fn import(context: &Context, file: &Path) -> Result<ExitCode, Failure> {
    let (directory, now) = (directory(context)?, context.clock.now());
    // It would replace the past under whoever has it open.
    let _lock = OwnerLock::acquire(directory, now).map_err(|error| usage(&error.problem()))?;
    let read = if file == Path::new("-") {
        history::import(directory, now, &mut io::stdin().lock())
    } else {
        #[expect(clippy::disallowed_methods, reason = "a person named this file")]
        let opened = File::open(file);
        let opened = opened.map_err(|error| Failure::Usage(format!("{}: {error}", file.display())))?;
        history::import(directory, now, &mut BufReader::new(opened))
    };
    let count = read.map_err(|error| match error {
        HistoryError::Damaged { what } => {
            Failure::Usage(format!("{}: {what}\nnothing of it was kept", file.display()))
        }
        other => Failure::Usage(other.to_string()),
    })?;
    complain(&format!("{count} rounds read into {}", directory.display()));
    Ok(ExitCode::SUCCESS)
}

fn prune(context: &Context, arguments: &PruneArguments) -> Result<ExitCode, Failure> {
    let question = Question::Prune { dry_run: arguments.dry_run };
    let (Reply::Pruned { changes, before, after }, problems) = ask(context, &question)? else {
        return Err(confused());
    };
    tell(&problems);
    let (before, after) = (before / 1024, after / 1024);
    print(&if arguments.dry_run {
        format!("{changes} changes would be deleted\n")
    } else {
        format!("{changes} changes deleted; {after} KiB on the disk, before {before} KiB\n")
    })?;
    Ok(ExitCode::SUCCESS)
}

fn verify(context: &Context) -> Result<ExitCode, Failure> {
    let (Reply::Verified(found), problems) = ask(context, &Question::Verify)? else { return Err(confused()) };
    let mut text = String::new();
    for problem in &problems {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "damaged: {}", problem.what);
    }
    for place in &found.damage {
        let _ = writeln!(text, "damaged: {place}");
    }
    let is_sound = problems.is_empty() && found.damage.is_empty();
    let verdict = if is_sound { "sound" } else { "damaged" };
    let _ = writeln!(
        text,
        "{verdict}: {} sources, {} changes, {} rounds and {} days could be read",
        found.sources, found.changes, found.rounds, found.days
    );
    print(&text)?;
    Ok(if is_sound { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::ForecastFigures,
        insight::{
            fixture::{ALL_KINDS, Setting, now},
            forecast::FURTHEST_DAYS,
        },
    };

    #[test]
    fn a_date_beyond_three_years_is_null() {
        let day = |hours: i64| {
            let mut day = Setting::covering(&ALL_KINDS).board_at(now()).day_figures();
            let far = now() + chrono::Duration::days(FURTHEST_DAYS as i64) - chrono::Duration::hours(hours);
            day.releases[0].forecast = Some(ForecastFigures { p50: now(), p85: far, p95: far });
            day
        };
        let told = days_json(&[day(0), day(1)]);
        let forecast = |index: usize| &told[index]["releases"][0]["forecast"];
        assert_eq!(forecast(0)["p50"], "2026-11-22T09:00:00Z");
        for name in ["p85", "p95"] {
            // The key is there, and has no date.
            assert!(forecast(0).as_object().unwrap()[name].is_null(), "{told}");
            assert!(forecast(1)[name].is_string(), "an hour before is a date: {told}");
        }
        let table = days_table(&[day(0)], &Calendar::default());
        assert!(table.contains("P85 beyond 3 years"), "{table}");
    }
}
