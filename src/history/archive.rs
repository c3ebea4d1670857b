//! The past as a whole: read from one end to the other, written out, read in, checked.
//!
//! The stream that [`export`] writes and [`import`] reads is documented in `docs/history.md`.

use std::{
    collections::BTreeMap,
    io::{BufRead, Read, Write},
    path::Path,
    sync::Arc,
};

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Difference, History, HistoryError, Retention, StoreOptions, files};
use crate::domain::{DayFigures, Facts, Instant, SourceHealth, SourceId, Text, Triage, TriageEntry};

/// One round of a source, as it is kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// When it was.
    pub at: Instant,
    /// Whether the source answered.
    pub answered: bool,
    /// What it said, if that is a change that is still kept.
    pub change: Option<Change>,
    /// How the source was doing; names it.
    pub health: SourceHealth,
}

/// Facts that a source began to say.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// What it said from then on.
    pub facts: Arc<Facts>,
    /// What came after is kept no more: until when it is known to have said so.
    pub held_until: Option<Instant>,
}

/// A past that can be read and written as a whole.
pub trait Archive: History {
    /// Hands every round to `each`, oldest first for each source, one source after the other;
    /// an error if any of it is damaged.
    fn visit(&self, each: &mut dyn FnMut(Record) -> Result<(), HistoryError>) -> Result<(), HistoryError>;

    /// Keeps rounds that [`visit`](Self::visit) handed out, in that order: every instant is then
    /// what it was there. On disk when this returns. How many they were.
    fn restore(
        &mut self,
        records: &mut dyn Iterator<Item = Result<Record, HistoryError>>,
    ) -> Result<u64, HistoryError>;

    /// Reads everything, and checks that it is what was written and that nothing is missing.
    fn verify(&self) -> Result<Verification, HistoryError>;

    /// The directory of the board.
    fn board(&self) -> &Path;

    /// How many changes [`History::prune`] would delete.
    fn prunable(&self, now: Instant, retention: &Retention) -> Result<usize, HistoryError>;
}

/// What a check of everything found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verification {
    /// Sources.
    pub sources: usize,
    /// Changes that could be read.
    pub changes: u64,
    /// Rounds that could be read.
    pub rounds: u64,
    /// Days whose figures could be read.
    pub days: u64,
    /// Each place where something is wrong.
    pub damage: Vec<String>,
}

/// Version of the stream: rises when a key changes its meaning or goes away.
const SCHEMA_VERSION: u32 = 1;
/// What the stream is called in its first line.
const STREAM: &str = "tminus-history";
/// No line is longer.
const LONGEST_LINE: u64 = 1 << 28;

/// The first line.
#[derive(Serialize, Deserialize)]
struct Header {
    stream: String,
    schema_version: u32,
    board: Text,
    exported_at: Instant,
}

/// Every other line.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    source: SourceId,
    at: Instant,
    answered: bool,
    /// The first change of a source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    facts: Option<Facts>,
    /// Every further one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    difference: Option<Difference>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    held_until: Option<Instant>,
    health: SourceHealth,
}

/// A line of what people said; they follow the rounds.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SaidLine {
    triage: TriageEntry,
}

/// Begins such a line.
const SAID: &[u8] = b"{\"triage\":";

/// A line of the figures of a day; they follow the rounds, too.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct DayLine {
    figures: DayFigures,
}

/// Begins such a line.
const FIGURES: &[u8] = b"{\"figures\":";
/// Days that are read from a stream at most: a hundred years.
const MOST_DAYS: usize = 36_600;

/// Writes the whole past of the board called `board` to `out`, and what people said about things
/// on it; how many rounds.
pub fn export(
    archive: &dyn Archive,
    triage: &Triage,
    board: &str,
    now: Instant,
    out: &mut dyn Write,
) -> Result<u64, HistoryError> {
    fn line(out: &mut dyn Write, value: &impl Serialize) -> Result<(), HistoryError> {
        let written = serde_json::to_writer(&mut *out, value).map_err(std::io::Error::from);
        written.and_then(|()| out.write_all(b"\n")).map_err(|error| HistoryError::store(WRITING, &error))
    }
    let header = Header {
        stream: STREAM.into(),
        schema_version: SCHEMA_VERSION,
        board: Text::new(board),
        exported_at: now,
    };
    line(out, &header)?;
    let mut count = 0;
    let mut known: BTreeMap<SourceId, Arc<Facts>> = BTreeMap::new();
    archive.visit(&mut |record| {
        let Record { at, answered, change, health } = record;
        let (mut facts, mut difference, mut held_until) = (None, None, None);
        if let Some(change) = change {
            match known.insert(health.id.clone(), Arc::clone(&change.facts)) {
                Some(before) => difference = Some(Difference::between(&before, &change.facts)?),
                None => facts = Some(Arc::unwrap_or_clone(change.facts)),
            }
            held_until = change.held_until;
        }
        count += 1;
        line(out, &Line { source: health.id.clone(), at, answered, facts, difference, held_until, health })
    })?;
    for figures in archive.days(NaiveDate::MIN, NaiveDate::MAX)? {
        line(out, &DayLine { figures })?;
    }
    for entry in &triage.entries {
        line(out, &SaidLine { triage: entry.clone() })?;
    }
    out.flush().map_err(|error| HistoryError::store(WRITING, &error))?;
    Ok(count)
}

const WRITING: &str = "writing the export";

/// Reads what [`export`] wrote into `board`, which must have no history yet; how many rounds.
/// If it fails, none of it stays.
pub fn import(board: &Path, now: Instant, stream: &mut dyn BufRead) -> Result<u64, HistoryError> {
    if ["history", "marker"].iter().any(|name| board.join(name).exists()) {
        let what = format!("{} has a history: name another directory with --data-dir", board.display());
        return Err(HistoryError::store("reading into a new history", &what));
    }
    // Before anything is made.
    let mut records = Import::new(stream)?;
    let mut archive = super::open_archive(board, now, StoreOptions::default())?;
    let restored = archive.restore(&mut records).and_then(|count| {
        std::mem::take(&mut records.days).iter().try_for_each(|figures| archive.keep_day(figures))?;
        Ok(count)
    });
    drop(archive);
    let said = std::mem::take(&mut records.triage);
    let restored = restored.and_then(|count| {
        if !said.entries.is_empty() {
            super::keep_triage(board, &said)?;
        }
        Ok(count)
    });
    if restored.is_err() {
        for name in ["history", "marker"] {
            files::remove(&board.join(name))
                .map_err(|error| HistoryError::file("tidying up", board, &error))?;
        }
    }
    restored
}

/// The rounds of a stream, read one by one.
struct Import<'a> {
    stream: &'a mut dyn BufRead,
    number: u64,
    known: BTreeMap<SourceId, Arc<Facts>>,
    triage: Triage,
    days: Vec<DayFigures>,
    failed: bool,
}

impl<'a> Import<'a> {
    /// Reads the first line.
    fn new(stream: &'a mut dyn BufRead) -> Result<Self, HistoryError> {
        let mut import = Self {
            stream,
            number: 0,
            known: BTreeMap::new(),
            triage: Triage::default(),
            days: Vec::new(),
            failed: false,
        };
        let wrong = |what: &dyn std::fmt::Display| HistoryError::damaged(format!("line 1: {what}"));
        let first = import.line()?.ok_or_else(|| wrong(&"the stream is empty"))?;
        let header: Header =
            serde_json::from_slice(&first).map_err(|_| wrong(&"this is no export of a history"))?;
        if header.stream != STREAM {
            return Err(wrong(&"this is no export of a history"));
        }
        if header.schema_version != SCHEMA_VERSION {
            let version = header.schema_version;
            return Err(wrong(&format!("schema_version {version}, and this tminus knows {SCHEMA_VERSION}")));
        }
        Ok(import)
    }

    fn line(&mut self) -> Result<Option<Vec<u8>>, HistoryError> {
        let mut line = Vec::new();
        self.number += 1;
        (&mut *self.stream)
            .take(LONGEST_LINE)
            .read_until(b'\n', &mut line)
            .map_err(|error| HistoryError::store("reading the stream", &error))?;
        match line.last() {
            None => Ok(None),
            Some(b'\n') => Ok(Some(line)),
            Some(_) => Err(HistoryError::damaged(format!("line {} is cut short", self.number))),
        }
    }

    fn record(&mut self) -> Result<Option<Record>, HistoryError> {
        let line = loop {
            let Some(line) = self.line()? else { return Ok(None) };
            let wrong =
                |error: serde_json::Error| HistoryError::damaged(format!("line {}: {error}", self.number));
            if line.starts_with(FIGURES) {
                let line: DayLine = serde_json::from_slice(&line).map_err(wrong)?;
                if self.days.len() < MOST_DAYS {
                    self.days.push(line.figures);
                }
                continue;
            }
            if !line.starts_with(SAID) {
                break line;
            }
            let said: SaidLine = serde_json::from_slice(&line).map_err(wrong)?;
            if self.triage.entries.len() < Triage::MOST {
                self.triage.entries.push(said.triage);
            }
        };
        let wrong =
            |what: &dyn std::fmt::Display| HistoryError::damaged(format!("line {}: {what}", self.number));
        let line: Line = serde_json::from_slice(&line).map_err(|error| wrong(&error))?;
        let facts = match (line.facts, line.difference) {
            (None, None) => None,
            _ if !line.answered => return Err(wrong(&"facts of a round without an answer")),
            (Some(facts), None) => Some(facts),
            (None, Some(difference)) => {
                let before = self.known.get(&line.source).ok_or_else(|| wrong(&"no facts came before"))?;
                Some(difference.apply(Facts::clone(before)).map_err(|error| wrong(&error))?)
            }
            (Some(_), Some(_)) => return Err(wrong(&"both facts and a difference")),
        };
        let change = facts.map(|facts| {
            let facts = Arc::new(facts);
            self.known.insert(line.source.clone(), Arc::clone(&facts));
            Change { facts, held_until: line.held_until }
        });
        let health = SourceHealth { id: line.source, ..line.health };
        Ok(Some(Record { at: line.at, answered: line.answered, change, health }))
    }
}

impl Iterator for Import<'_> {
    type Item = Result<Record, HistoryError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let record = self.record();
        self.failed = record.is_err();
        record.transpose()
    }
}
