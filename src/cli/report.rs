//! `tminus report`: the whole board as one page, for those who have no terminal.

use std::{fs, io::Write as _, path::Path, process::ExitCode};

use crate::report::Report;

use super::{
    Failure,
    args::{Common, ReportArguments, ReportFormat},
    context::Context,
    headless, insights, print, status,
};

/// Writes the board, or what of it concerns `--release`, to `--output` or to the standard output.
pub(super) fn run(context: &Context, common: &Common, asked: &ReportArguments) -> Result<ExitCode, Failure> {
    let board = headless::board(context, common)?;
    let release = common
        .release
        .as_deref()
        .map(|name| status::named(&board, name))
        .transpose()
        .map_err(Failure::Usage)?;
    let study = insights::study(context, &board)?.seen_by(asked.lens, &board);
    let report = Report { board: &board, study: &study, release: release.as_ref(), lens: asked.lens };
    let written = match asked.format {
        ReportFormat::Html => report.html(),
        ReportFormat::Markdown => report.markdown(),
    };
    match &asked.output {
        Some(file) => keep(file, &written)?,
        None => print(&written)?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Puts `written` in the place of `file` at once: who reads it meanwhile has the old one or the
/// new one, never a part.
#[expect(clippy::disallowed_methods, reason = "a person asked for this file")]
pub(super) fn keep(file: &Path, written: &str) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::Usage(format!(
            "cannot write {}: {error}\nname a file in a directory that exists and that you may write to",
            file.display()
        ))
    };
    // Through a link to what it leads to; a device or a pipe is written to as it is.
    let file = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let is_special = fs::metadata(&file).is_ok_and(|known| !known.is_file());
    if is_special {
        return fs::OpenOptions::new()
            .write(true)
            .open(&file)
            .and_then(|mut opened| opened.write_all(written.as_bytes()))
            .map_err(failed);
    }
    let mut beside = file.clone().into_os_string();
    beside.push(format!(".{}.tmp", std::process::id()));
    let beside = Path::new(&beside);
    let kept = fs::write(beside, written).and_then(|()| fs::rename(beside, &file));
    if kept.is_err() {
        // Nothing half written is left behind.
        drop(fs::remove_file(beside));
    }
    kept.map_err(failed)
}
