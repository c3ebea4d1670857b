//! Items of releases as CSV: what a back-test reads.
//!
//! Columns, by name and in any order: `project`, `release_id`, `item_id`, `created_at`,
//! `done_at`, `release_date`; dates, or instants in RFC 3339 or without a zone (then UTC).
//! `done_at` and `release_date` may be empty: not done, not released.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
};

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime};
use serde::Deserialize;
use thiserror::Error;

use crate::domain::{Problem, Text};

/// Rows that are read at most.
const MOST_ROWS: usize = 500_000;
/// Bytes that are read at most.
const MOST_BYTES: u64 = 1 << 28;
/// Problems that are told in full.
const MOST_PROBLEMS: usize = 20;
/// Years that a date may be in.
const YEARS: std::ops::RangeInclusive<i32> = 1970..=2199;

/// Columns that have to be there.
const COLUMNS: [&str; 6] = ["project", "release_id", "item_id", "created_at", "done_at", "release_date"];

/// Why items cannot be read at all.
#[derive(Debug, Error)]
pub enum ItemsError {
    /// The file cannot be read, or its first line is no line of CSV.
    #[error("the items cannot be read: {0}")]
    Unreadable(#[from] csv::Error),
    /// A column that has to be there is not.
    #[error("the items have no column {0}: a CSV with the columns {columns} is needed", columns = COLUMNS.join(", "))]
    NoColumn(&'static str),
}

/// A row as it stands in the file.
#[derive(Deserialize)]
struct Row {
    project: String,
    release_id: String,
    item_id: String,
    created_at: String,
    done_at: String,
    release_date: String,
}

/// An item of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) created_on: NaiveDate,
    pub(super) done_on: Option<NaiveDate>,
}

/// A release with its items.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ItemRelease {
    /// When it was released, where that is known: the next one starts then.
    pub(super) released_at: Option<NaiveDateTime>,
    pub(super) items: Vec<Item>,
}

/// What a file of items says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Items {
    /// By project and release.
    pub(super) projects: BTreeMap<Text, BTreeMap<Text, ItemRelease>>,
    /// Rows that could not be used, with their lines: the first few.
    pub(super) problems: Vec<Problem>,
    /// How many rows could not be used.
    pub(super) left_out: usize,
}

/// Reads items. A row that makes no sense is left out and told, with its line.
pub(super) fn read(csv: impl io::Read) -> Result<Items, ItemsError> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(csv.take(MOST_BYTES));
    let headers = reader.headers()?.clone();
    if let Some(missing) = COLUMNS.into_iter().find(|column| headers.iter().all(|header| header != *column)) {
        return Err(ItemsError::NoColumn(missing));
    }
    let mut items = Items::default();
    let mut seen = BTreeSet::new();
    let mut record = csv::StringRecord::new();
    loop {
        let before = reader.position().line();
        let row = match reader.read_record(&mut record) {
            Ok(false) => break,
            Ok(true) => record.deserialize(Some(&headers)),
            Err(error) => Err(error),
        };
        let outcome = match row {
            Err(error) if error.is_io_error() => return Err(error.into()),
            Err(error) => Err(reason(&error)),
            Ok(_) if seen.len() >= MOST_ROWS => {
                items.leave_out(before, &format!("only {MOST_ROWS} rows are read, the rest is not"));
                break;
            }
            Ok(row) => add(&mut items, &mut seen, &row),
        };
        if let Err(what) = outcome {
            items.leave_out(record.position().map_or(before, csv::Position::line), &what);
        }
    }
    let end = reader.position().line();
    if reader.into_inner().limit() == 0 {
        items.leave_out(end, &format!("only {} MiB are read, the rest is not", MOST_BYTES >> 20));
    }
    Ok(items)
}

impl Items {
    fn leave_out(&mut self, line: u64, what: &str) {
        self.left_out += 1;
        if self.problems.len() < MOST_PROBLEMS {
            self.problems.push(Problem::new(
                format!("line {line}: {what}"),
                "correct the row; it is left out until then",
            ));
        }
    }
}

/// What is wrong with a line, without the parser's own words for where.
fn reason(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("has {len} fields where the first line has {expected_len}")
        }
        csv::ErrorKind::Utf8 { .. } => "is not UTF-8".into(),
        _ => error.to_string(),
    }
}

fn add(items: &mut Items, seen: &mut BTreeSet<[Text; 3]>, row: &Row) -> Result<(), String> {
    let name = |column: &str, raw: &str| {
        let text = Text::new(raw);
        if text.as_str().is_empty() { Err(format!("{column} is empty")) } else { Ok(text) }
    };
    let project = name("project", &row.project)?;
    let release = name("release_id", &row.release_id)?;
    let item = name("item_id", &row.item_id)?;
    let created_at = date("created_at", &row.created_at)?.ok_or("created_at is empty")?;
    let done_at = date("done_at", &row.done_at)?;
    let released_at = date("release_date", &row.release_date)?;
    if done_at.is_some_and(|done| done < created_at) {
        return Err("done_at is before created_at".into());
    }
    if !seen.insert([project.clone(), release.clone(), item.clone()]) {
        return Err(format!("{item} stands in {project} {release} twice"));
    }
    let entry = items.projects.entry(project).or_default().entry(release).or_default();
    entry.released_at = entry.released_at.max(released_at);
    entry.items.push(Item { created_on: created_at.date(), done_on: done_at.map(|at| at.date()) });
    Ok(())
}

fn date(column: &str, raw: &str) -> Result<Option<NaiveDateTime>, String> {
    if raw.is_empty() {
        return Ok(None);
    }
    let parsed = DateTime::parse_from_rfc3339(raw)
        .map(|instant| instant.naive_utc())
        .or_else(|_| raw.parse::<NaiveDateTime>())
        .or_else(|_| NaiveDateTime::parse_from_str(raw, "%Y-%m-%d %H:%M:%S%.f"))
        .or_else(|_| raw.parse::<NaiveDate>().map(|day| day.and_time(NaiveTime::MIN)))
        .map_err(|_| {
            format!("{column} is no date: {}", Text::new(raw.chars().take(40).collect::<String>()))
        })?;
    if YEARS.contains(&parsed.year()) {
        Ok(Some(parsed))
    } else {
        Err(format!("{column} is out of range: {}", parsed.date()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "project,release_id,item_id,created_at,done_at,release_date\n";

    fn read_rows(rows: &str) -> Items {
        read(format!("{HEADER}{rows}").as_bytes()).unwrap()
    }

    #[test]
    fn dates_are_read_in_each_of_their_forms() {
        for created in [
            "2026-03-01",
            "2026-03-01T10:00:00",
            "2026-03-01 10:00:00",
            "2026-03-01T23:30:00Z",
            "2026-03-02T01:00:00+02:00",
        ] {
            let items = read_rows(&format!("a,1,x,{created},2026-03-05,\n"));
            assert_eq!(items.left_out, 0, "{created}: {:?}", items.problems);
            let release = &items.projects[&Text::new("a")][&Text::new("1")];
            assert_eq!(release.released_at, None);
            assert_eq!(release.items[0].created_on, NaiveDate::from_ymd_opt(2026, 3, 1).unwrap());
        }
    }

    #[test]
    fn a_row_that_makes_no_sense_is_left_out_and_told_with_its_line() {
        let cases = [
            ("a,1,y,yesterday,,", "created_at is no date: yesterday"),
            ("a,1,y,,,", "created_at is empty"),
            ("a,,y,2026-03-01,,", "release_id is empty"),
            ("a,1,y,2026-03-02,2026-03-01,", "done_at is before created_at"),
            ("a,1,y,9999-03-02,,", "created_at is out of range: 9999-03-02"),
            ("a,1,y,2026-02-30,,", "created_at is no date: 2026-02-30"),
            ("a,1,x,2026-03-01,,", "x stands in a 1 twice"),
            ("a,1,y", "has 3 fields where the first line has 6"),
            ("a,1,\u{1b}[2J,\u{1b}[2J,,", "created_at is no date: ␛[2J"),
        ];
        for (row, expected) in cases {
            let items = read_rows(&format!("a,1,x,2026-03-01,2026-03-01,\n{row}\na,1,z,2026-03-01,,\n"));
            let told: Vec<_> = items.problems.iter().map(|problem| problem.what.as_str()).collect();
            assert_eq!(told, [format!("line 3: {expected}")]);
            assert_eq!(items.left_out, 1);
            assert_eq!(
                items.projects[&Text::new("a")][&Text::new("1")].items.len(),
                2,
                "the others are read"
            );
        }
    }

    #[test]
    fn text_that_is_no_utf8_is_told_with_its_line() {
        let mut bytes = HEADER.as_bytes().to_vec();
        bytes.extend(b"a,1,\xff,2026-03-01,,\na,1,z,2026-03-01,,\n");
        let items = read(bytes.as_slice()).unwrap();
        assert_eq!(items.problems[0].what.as_str(), "line 2: is not UTF-8");
        assert_eq!(items.projects.len(), 1);
    }

    #[test]
    fn many_problems_are_counted_and_the_first_are_told() {
        let items = read_rows(&"a,1,x,,,\n".repeat(100));
        assert_eq!((items.left_out, items.problems.len()), (100, MOST_PROBLEMS));
    }

    #[test]
    fn columns_may_stand_in_any_order_but_have_to_be_there() {
        let shuffled =
            "release_date,done_at,created_at,item_id,release_id,project,more\n,,2026-03-01,x,1,a,\n";
        assert_eq!(read(shuffled.as_bytes()).unwrap().projects.len(), 1);
        let missing = read("project,release_id,item_id,created_at,release_date\n".as_bytes()).unwrap_err();
        assert!(missing.to_string().starts_with("the items have no column done_at: "));
        assert!(matches!(read(&[][..]), Err(ItemsError::NoColumn("project"))));
    }
}
