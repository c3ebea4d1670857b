//! `tminus history`: the stored past as a whole.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs::{File, OpenOptions},
    io::{self, BufReader, BufWriter},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    process::ExitCode,
    sync::Arc,
};

use clap::{Args, Subcommand};
use serde_json::{Map, Value, json};

use crate::{
    domain::{Calendar, Facts, Instant, Problem, SourceId},
    history::{self, Archive, Counts, HistoryError, OwnerLock, StoreOptions},
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

/// The directory of the board, which nobody else has open.
fn board(context: &Context) -> Result<(&Path, OwnerLock), Failure> {
    let Some(directory) = context.directory.as_deref() else {
        return Err(Failure::Usage("the demo keeps no history: give it a place with --data-dir".into()));
    };
    let lock = OwnerLock::acquire(directory, context.clock.now()).map_err(|error| usage(&error.problem()))?;
    Ok((directory, lock))
}

/// The stored past. The lock is dropped after it.
fn archive(context: &Context) -> Result<(Box<dyn Archive>, OwnerLock), Failure> {
    let (directory, lock) = board(context)?;
    // Looking must not begin one.
    if !directory.join("history").exists() && !directory.join("marker").exists() {
        let what = format!("nothing is kept in {} yet", directory.display());
        return Err(Failure::Usage(format!("{what}\nopen the board once, or read an export with `import`")));
    }
    let now = context.clock.now();
    let archive =
        history::open_archive(directory, now, StoreOptions::default()).map_err(|error| failed(&error))?;
    Ok((archive, lock))
}

/// What was found wrong and dealt with when the store was opened.
fn tell(problems: &[Problem]) {
    for problem in problems {
        complain(&format!("note: {}\n{}", problem.what, problem.next_step));
    }
}

/// A change, for the list.
struct Listed {
    source: SourceId,
    at: Instant,
    held_until: Option<Instant>,
    lists: Vec<(&'static str, Counts)>,
}

fn list(context: &Context, arguments: &ListArguments) -> Result<ExitCode, Failure> {
    let (archive, _lock) = archive(context)?;
    tell(&archive.problems());
    let mut known: BTreeMap<SourceId, Arc<Facts>> = BTreeMap::new();
    let mut listed = Vec::new();
    let visited = archive.visit(&mut |record| {
        let Some(change) = record.change else { return Ok(()) };
        let source = record.health.id;
        if arguments.source.as_ref().is_some_and(|wanted| wanted != source.as_str()) {
            return Ok(());
        }
        let before = known.insert(source.clone(), Arc::clone(&change.facts)).unwrap_or_default();
        let lists = history::compare(&before, &change.facts)?;
        listed.push(Listed { source, at: record.at, held_until: change.held_until, lists });
        Ok(())
    });
    visited.map_err(|error| damaged(&error))?;
    listed.sort_by(|a, b| (a.at, &a.source).cmp(&(b.at, &b.source)));
    let skipped = arguments.last.map_or(0, |last| listed.len().saturating_sub(last));
    print(&match arguments.format {
        TableFormat::Text => table(&listed[skipped..], &context.policy.calendar),
        TableFormat::Json => json_of(&listed[skipped..], context.title.as_str()),
    })?;
    Ok(ExitCode::SUCCESS)
}

fn table(changes: &[Listed], calendar: &Calendar) -> String {
    let width = changes.iter().map(|change| change.source.as_str().chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for Listed { source, at, lists, .. } in changes {
        let at = at.with_timezone(&calendar.zone).format("%Y-%m-%d %H:%M:%S%.3f %Z");
        let lists: Vec<String> = lists
            .iter()
            .map(|(name, Counts { added, changed, removed })| {
                let parts = [('+', added), ('~', changed), ('-', removed)];
                let parts = parts.iter().filter(|(_, count)| **count > 0);
                parts.fold((*name).to_owned(), |said, (sign, count)| format!("{said} {sign}{count}"))
            })
            .collect();
        // Another order of the same items, or another thing that is covered.
        let said = if lists.is_empty() { "nothing to count".to_owned() } else { lists.join(", ") };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{at}  {:width$}  {said}", source.as_str());
    }
    text
}

fn json_of(changes: &[Listed], board: &str) -> String {
    let changes: Vec<Value> = changes
        .iter()
        .map(|Listed { source, at, held_until, lists }| {
            let lists: Map<String, Value> = lists
                .iter()
                .map(|(name, Counts { added, changed, removed })| {
                    let counts = json!({ "added": added, "changed": changed, "removed": removed });
                    (name.replace(' ', "_"), counts)
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
    let (archive, _lock) = archive(context)?;
    tell(&archive.problems());
    let now = context.clock.now();
    let title = context.title.as_str();
    let directory = context.directory.as_deref().unwrap_or(Path::new(""));
    let (said, problem) = history::triage(directory, now).map_err(|error| failed(&error))?;
    tell(problem.as_slice());
    let Some(path) = &arguments.output else {
        let mut out = BufWriter::new(io::stdout().lock());
        return match history::export(archive.as_ref(), &said, title, now, &mut out) {
            Ok(_) => Ok(ExitCode::SUCCESS),
            // A reader that has seen enough is no error.
            Err(HistoryError::Store { cause, .. }) if cause.contains("Broken pipe") => Ok(ExitCode::SUCCESS),
            Err(error) => Err(damaged(&error)),
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
    let written = history::export(archive.as_ref(), &said, title, now, &mut out);
    let count = match written {
        Ok(count) => count,
        Err(error) => {
            // Half of a past would be taken for one.
            #[expect(clippy::disallowed_methods, reason = "it was made here")]
            let _ = std::fs::remove_file(path);
            return Err(damaged(&error));
        }
    };
    out.get_ref().sync_all().map_err(|error| wrong(&error))?;
    complain(&format!("{count} rounds written to {}", path.display()));
    Ok(ExitCode::SUCCESS)
}

fn import(context: &Context, file: &Path) -> Result<ExitCode, Failure> {
    let (directory, _lock) = board(context)?;
    let now = context.clock.now();
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
    let (mut archive, lock) = archive(context)?;
    tell(&archive.problems());
    let (directory, now) = (context.directory.clone().unwrap_or_default(), context.clock.now());
    let retention = headless::retention(context);
    let said = if arguments.dry_run {
        let count = archive.prunable(now, &retention).map_err(|error| failed(&error))?;
        format!("{count} changes would be deleted\n")
    } else {
        let before = history::disk_use(&directory)?;
        let count = archive.prune(now, &retention).map_err(|error| failed(&error))?;
        let after = history::disk_use(&directory)?;
        format!("{count} changes deleted; {} KiB on the disk, before {} KiB\n", after / 1024, before / 1024)
    };
    drop((archive, lock));
    print(&said)?;
    Ok(ExitCode::SUCCESS)
}

fn verify(context: &Context) -> Result<ExitCode, Failure> {
    let (archive, _lock) = archive(context)?;
    let problems = archive.problems();
    let found = archive.verify().map_err(|error| failed(&error))?;
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
        "{verdict}: {} sources, {} changes and {} rounds could be read",
        found.sources, found.changes, found.rounds
    );
    print(&text)?;
    Ok(if is_sound { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
