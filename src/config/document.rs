//! One TOML file with the place of everything in it, and a reader of its tables that knows
//! which keys were asked for: what nobody asked for is unknown.

use std::{
    cell::RefCell,
    io::Read,
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, Utc};
use toml::{
    Spanned,
    de::{DeTable, DeValue},
    value::Datetime,
};

use super::{
    complaint::{Complaint, Place, nearest},
    duration,
};
use crate::domain::{Instant, Text, clean};

/// Longest file that is read, in bytes.
pub const LONGEST_FILE: u64 = 16 * 1024 * 1024;

/// Most syntax errors of one file that are reported: further ones are mostly echoes.
const MOST_SYNTAX_ERRORS: usize = 5;

/// Most complaints about one file that are kept: nobody reads more, and a file may hold millions.
const MOST_COMPLAINTS: usize = 1_000;

/// A TOML file that was read.
#[derive(Clone, Debug)]
pub struct Document {
    /// Where it is.
    pub path: PathBuf,
    /// Its path as it is shown to a person: cleaned, shortened.
    pub shown: Arc<str>,
    /// Its text.
    pub text: String,
}

impl Document {
    /// Reads the file at `path`, which messages call `shown`.
    pub fn read(path: &Path, shown: &str) -> Result<Self, Complaint> {
        let shown: Arc<str> = clean(shown).into();
        let complain = |what: String, next_step: &str| Complaint::new(shown.as_ref(), what, next_step);
        let failed = |cause: std::io::Error| complain(format!("cannot be read: {cause}"), "");
        // A pipe or device would be waited for.
        let metadata = std::fs::metadata(path).map_err(failed)?;
        if !metadata.is_file() {
            return Err(complain("is not a file".to_owned(), "name a TOML file"));
        }
        #[expect(clippy::disallowed_methods, reason = "configuration and plan files are read here")]
        let file = std::fs::File::open(path).map_err(failed)?;
        let mut bytes = Vec::new();
        file.take(LONGEST_FILE + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > LONGEST_FILE {
            return Err(complain("is larger than 16 MiB".to_owned(), "split it into several files"));
        }
        let text = String::from_utf8(bytes).map_err(|error| {
            let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = before.split(|byte| *byte == b'\n').count();
            let at = format!("{shown}:{line}");
            Complaint::new(at, "is not UTF-8 text", "save it with the encoding UTF-8")
        })?;
        Ok(Self { path: path.to_owned(), shown, text })
    }

    /// Its tables, or all that is wrong with its syntax.
    pub fn parse(&self) -> Result<DeTable<'_>, Vec<Complaint>> {
        let (table, errors) = DeTable::parse_recoverable(&self.text);
        if errors.is_empty() {
            return Ok(table.into_inner());
        }
        let lines = self.index();
        let complaint = |error: &toml::de::Error| {
            let place = lines.place(&error.span().unwrap_or(0..0));
            Complaint::new(place, format!("not TOML: {}", error.message()), "")
        };
        let mut complaints: Vec<_> = errors.iter().map(complaint).collect();
        complaints.sort();
        complaints.truncate(MOST_SYNTAX_ERRORS);
        Err(complaints)
    }

    fn index(&self) -> LineIndex<'_> {
        let ends = self.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts = std::iter::once(0).chain(ends.map(|(end, _)| end + 1)).collect();
        LineIndex { document: self, starts }
    }
}

/// Where the lines of a document start.
struct LineIndex<'d> {
    document: &'d Document,
    starts: Vec<usize>,
}

impl LineIndex<'_> {
    fn place(&self, span: &Range<usize>) -> Place {
        let line = self.starts.partition_point(|start| *start <= span.start);
        let start = line.checked_sub(1).and_then(|index| self.starts.get(index)).copied().unwrap_or(0);
        let before = self.document.text.get(start..span.start).unwrap_or("");
        Place { file: Arc::clone(&self.document.shown), line, column: 1 + before.chars().count() }
    }
}

/// A document being read: where things are, and what was found wrong so far.
pub(crate) struct Reading<'d> {
    lines: LineIndex<'d>,
    complaints: RefCell<Vec<Complaint>>,
}

impl<'d> Reading<'d> {
    /// Nothing is read yet.
    pub(crate) fn new(document: &'d Document) -> Self {
        Self { lines: document.index(), complaints: RefCell::default() }
    }

    pub(crate) fn place(&self, span: &Range<usize>) -> Place {
        self.lines.place(span)
    }

    pub(crate) fn complain(&self, span: &Range<usize>, what: impl AsRef<str>, next_step: impl AsRef<str>) {
        if !self.is_full() {
            self.complaints.borrow_mut().push(Complaint::new(self.place(span), what, next_step));
        }
    }

    fn is_full(&self) -> bool {
        self.complaints.borrow().len() >= MOST_COMPLAINTS
    }

    /// Says that `key` is unknown in `table` (empty: the top of the file), and what is known.
    pub(crate) fn unknown(&self, key: &str, span: &Range<usize>, table: &str, known: &[&str]) {
        if self.is_full() {
            return;
        }
        let within = if table.is_empty() { String::new() } else { format!(" in [{table}]") };
        let guess = nearest(key, known.iter().copied())
            .map(|near| format!(" — did you mean `{near}`?"))
            .unwrap_or_default();
        let mut known = known.to_vec();
        known.sort_unstable();
        self.complain(
            span,
            format!("unknown key `{key}`{within}{guess}"),
            format!("allowed here: {}", known.join(", ")),
        );
    }

    /// All that was found wrong, in the order of the file.
    pub(crate) fn finish(self) -> Vec<Complaint> {
        self.complaints.into_inner()
    }
}

/// A date or time as it was written; what instant it is depends on the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// A whole day.
    Day(NaiveDate),
    /// A time of day in the configured time zone.
    Local(NaiveDateTime),
    /// An instant, written with its offset.
    Fixed(Instant),
}

/// Reads a date, a local date and time, or one with an offset.
pub(crate) fn parse_moment(written: &Datetime) -> Option<Moment> {
    let date = written.date?;
    let day = NaiveDate::from_ymd_opt(i32::from(date.year), u32::from(date.month), u32::from(date.day))?;
    let Some(time) = written.time else { return Some(Moment::Day(day)) };
    // A leap second is the last one that clocks know.
    let second = u32::from(time.second.unwrap_or(0)).min(59);
    let local = day.and_hms_opt(u32::from(time.hour), u32::from(time.minute), second)?;
    let minutes = match written.offset {
        None => return Some(Moment::Local(local)),
        Some(toml::value::Offset::Z) => 0,
        Some(toml::value::Offset::Custom { minutes }) => i32::from(minutes),
    };
    let offset = FixedOffset::east_opt(minutes.checked_mul(60)?)?;
    let instant = local.and_local_timezone(offset).earliest()?;
    Some(Moment::Fixed(DateTime::<Utc>::from(instant)))
}

/// One value of a table, with what is needed to complain about it.
pub(crate) type Value<'t> = Spanned<DeValue<'t>>;

/// Reads one table by asking for its keys.
pub(crate) struct TableReader<'r> {
    reading: &'r Reading<'r>,
    table: &'r DeTable<'r>,
    span: Range<usize>,
    name: &'static str,
    asked: Vec<&'static str>,
}

impl<'r> TableReader<'r> {
    /// A reader of `table`, which is called `name` and stands at `span`.
    pub(crate) fn new(
        reading: &'r Reading<'r>,
        table: &'r DeTable<'r>,
        span: Range<usize>,
        name: &'static str,
    ) -> Self {
        Self { reading, table, span, name, asked: Vec::new() }
    }

    /// Where the table stands.
    pub(crate) fn place(&self) -> Place {
        self.reading.place(&self.span)
    }

    /// Complains about the table as a whole.
    pub(crate) fn complain(&self, what: impl AsRef<str>, next_step: impl AsRef<str>) {
        self.reading.complain(&self.span, what, next_step);
    }

    /// Where the value of `key` stands; the table where it has none.
    pub(crate) fn place_of(&self, key: &str) -> Place {
        self.reading.place(&self.table.get(key).map_or_else(|| self.span.clone(), Spanned::span))
    }

    /// Complains about the text of `key`, from its character `at` (from 0) on.
    pub(crate) fn complain_within(
        &self,
        key: &str,
        at: usize,
        what: impl AsRef<str>,
        next_step: impl AsRef<str>,
    ) {
        let Some(value) = self.table.get(key) else { return self.complain(what, next_step) };
        let mut span = value.span();
        let written = self.reading.lines.document.text.get(span.clone()).unwrap_or_default();
        // Where quotes and escapes make the text another one, the value as a whole is meant.
        let plain = written.strip_prefix(['"', '\'']).filter(|rest| !rest.contains(['\\', '\n']));
        if let Some(plain) = plain.filter(|rest| !rest.starts_with(['"', '\''])) {
            span.start += 1 + plain.chars().take(at).map(char::len_utf8).sum::<usize>();
        }
        self.reading.complain(&span, what, next_step);
    }

    /// Complains about what nobody asked for. To be called when all keys were asked for.
    pub(crate) fn finish(self) {
        for (key, _) in self.table {
            if !self.asked.contains(&key.get_ref().as_ref()) {
                self.reading.unknown(key.get_ref(), &key.span(), self.name, &self.asked);
            }
        }
    }

    /// The value of `key` as it stands there.
    pub(crate) fn value(&mut self, key: &'static str) -> Option<&'r Value<'r>> {
        self.asked.push(key);
        self.table.get(key)
    }

    fn wrong(&self, key: &str, value: &Value<'_>, expected: &str) {
        self.reading.complain(
            &value.span(),
            format!("`{key}` must be {expected}, not {}", describe(value.get_ref())),
            "",
        );
    }

    /// The value of `key` by way of `read`, which says none where it is not `expected`.
    pub(crate) fn read<T>(
        &mut self,
        key: &'static str,
        expected: &str,
        read: impl FnOnce(&'r DeValue<'r>) -> Option<T>,
    ) -> Option<T> {
        let value = self.value(key)?;
        let result = read(value.get_ref());
        if result.is_none() {
            self.wrong(key, value, expected);
        }
        result
    }

    /// A text. A number is read as it is written: versions look like numbers.
    pub(crate) fn text(&mut self, key: &'static str) -> Option<Text> {
        self.read(key, "a text that is not empty", text_of)
    }

    /// A text that the item is nothing without.
    pub(crate) fn required_text(&mut self, key: &'static str) -> Option<Text> {
        let text = self.text(key);
        if !self.has(key) {
            self.complain(format!("[{}] without `{key}`", self.name), format!("add {key} = \"…\""));
        }
        text
    }

    /// Whether `key` is written at all.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }

    /// What the table is called.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Several texts, or a single one.
    pub(crate) fn texts(&mut self, key: &'static str) -> Vec<Text> {
        self.read(key, "a text or a list of texts", |value| match value {
            DeValue::Array(items) => items.iter().map(|item| text_of(item.get_ref())).collect(),
            single => text_of(single).map(|text| vec![text]),
        })
        .unwrap_or_default()
    }

    /// A table of texts, numbers and truths, each by its name. What is written there may be a secret:
    /// no message shows it.
    pub(crate) fn values(&mut self, key: &'static str) -> Vec<(String, String)> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let written = |value: &DeValue<'_>| {
            value
                .as_bool()
                .map(|flag| flag.to_string())
                .or_else(|| text_of(value).map(|text| text.to_string()))
                .or_else(|| matches!(value, DeValue::String(text) if text.is_empty()).then(String::new))
        };
        let table = value.get_ref().as_table();
        let values: Option<Vec<(String, String)>> = table.and_then(|table| {
            table
                .iter()
                .map(|(name, value)| Some((name.get_ref().to_string(), written(value.get_ref())?)))
                .collect()
        });
        values.unwrap_or_else(|| {
            let example = "{ LOG_LEVEL = \"info\" }";
            let what = format!("`{key}` must be a table of texts, numbers, true or false");
            self.reading.complain(&value.span(), what, format!("such as {key} = {example}"));
            Vec::new()
        })
    }

    /// True or false.
    pub(crate) fn flag(&mut self, key: &'static str) -> Option<bool> {
        self.read(key, "true or false", DeValue::as_bool)
    }

    /// A number that is not negative.
    pub(crate) fn number(&mut self, key: &'static str) -> Option<f64> {
        self.read(key, "a number that is not negative", number_of)
    }

    /// A length of time.
    pub(crate) fn duration(&mut self, key: &'static str) -> Option<Duration> {
        self.read(key, duration::EXAMPLES, |value| value.as_str().and_then(duration::parse_duration))
    }

    /// A date or time, as TOML's own or as a text.
    pub(crate) fn moment(&mut self, key: &'static str) -> Option<Moment> {
        self.read(key, "a date such as 2026-12-01 or 2026-12-01T18:00:00", moment_of)
    }

    /// One of several words.
    pub(crate) fn word<T: Copy>(&mut self, key: &'static str, words: &[(&str, T)]) -> Option<T> {
        let names: Vec<_> = words.iter().map(|(name, _)| format!("\"{name}\"")).collect();
        self.read(key, &format!("one of {}", names.join(", ")), |value| {
            let written = value.as_str()?.to_lowercase().replace(['_', '-'], " ");
            words.iter().find(|(name, _)| *name == written.trim()).map(|(_, meaning)| *meaning)
        })
    }

    /// A table within this one.
    pub(crate) fn table(&mut self, key: &'static str, name: &'static str) -> Option<TableReader<'r>> {
        let value = self.value(key)?;
        let Some(table) = value.get_ref().as_table() else {
            self.wrong(key, value, "a table");
            return None;
        };
        Some(TableReader::new(self.reading, table, value.span(), name))
    }

    /// The tables of an array of tables.
    pub(crate) fn tables(&mut self, key: &'static str, name: &'static str) -> Vec<TableReader<'r>> {
        let Some(value) = self.value(key) else { return Vec::new() };
        let Some(items) = value.get_ref().as_array() else {
            self.reading.complain(
                &value.span(),
                format!("`{key}` must be a list of tables, not {}", describe(value.get_ref())),
                format!("write [[{name}]], with two brackets, above each"),
            );
            return Vec::new();
        };
        let mut tables = Vec::with_capacity(items.len());
        for item in items {
            match item.get_ref().as_table() {
                Some(table) => tables.push(TableReader::new(self.reading, table, item.span(), name)),
                None => self.wrong(key, item, "a list of tables"),
            }
        }
        tables
    }
}

/// A text or number as text; none if it is empty.
pub(crate) fn text_of(value: &DeValue<'_>) -> Option<Text> {
    let text = match value {
        DeValue::String(text) => Text::new(text),
        DeValue::Integer(number) => Text::new(number.to_string()),
        DeValue::Float(number) => Text::new(number.as_str()),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// A finite number that is not negative.
pub(crate) fn number_of(value: &DeValue<'_>) -> Option<f64> {
    let number = match value {
        DeValue::Integer(number) if number.radix() == 10 => number.as_str().parse::<f64>().ok()?,
        DeValue::Float(number) => number.as_str().parse().ok()?,
        _ => return None,
    };
    (number.is_finite() && number >= 0.0).then_some(number)
}

/// A date or time, as TOML's own or as a text.
pub(crate) fn moment_of(value: &DeValue<'_>) -> Option<Moment> {
    match value {
        DeValue::Datetime(written) => parse_moment(written),
        DeValue::String(written) => parse_moment(&written.trim().parse().ok()?),
        _ => None,
    }
}

/// A value as an error message quotes it.
pub(crate) fn describe(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) if text.is_empty() => "an empty text".to_owned(),
        DeValue::String(text) => {
            let shown: String = text.chars().take(60).collect();
            format!("\"{shown}{}\"", if shown.len() < text.len() { "…" } else { "" })
        }
        DeValue::Integer(number) => number.to_string(),
        DeValue::Float(number) => number.to_string(),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(written) => written.to_string(),
        DeValue::Array(_) => "this list".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;

    use super::*;

    #[test]
    fn dates_and_times_are_read_as_toml_or_as_text() {
        let day = NaiveDate::from_ymd_opt(2026, 12, 1).unwrap();
        let local = |hour, minute| Some(Moment::Local(day.and_hms_opt(hour, minute, 0).unwrap()));
        let fixed = |hour| Some(Moment::Fixed(Utc.with_ymd_and_hms(2026, 12, 1, hour, 0, 0).unwrap()));
        for (written, expected) in [
            ("2026-12-01", Some(Moment::Day(day))),
            ("\"2026-12-01\"", Some(Moment::Day(day))),
            ("2026-12-01T18:30:00", local(18, 30)),
            ("\"2026-12-01 18:30\"", local(18, 30)),
            ("2026-12-01T18:00:00Z", fixed(18)),
            ("2026-12-01T18:00:00+02:00", fixed(16)),
            ("\"2026-12-01T18:00:00-03:00\"", fixed(21)),
            ("18:00:00", None),
            ("\"2026-02-30\"", None),
            ("\"soon\"", None),
            ("20261201", None),
        ] {
            let value = DeValue::parse(written).unwrap();
            assert_eq!(moment_of(value.get_ref()), expected, "{written}");
        }
    }

    #[test]
    fn places_count_characters_and_lines_from_one() {
        let text = "a = 1\n\n\"é\" = 2 # é\nb = \"日本\" \r\nc = 3".to_owned();
        let document = Document { path: PathBuf::new(), shown: "f".into(), text };
        let reading = Reading::new(&document);
        let table = document.parse().unwrap();
        for (key, place) in [("a", "f:1:5"), ("é", "f:3:7"), ("b", "f:4:5"), ("c", "f:5:5")] {
            assert_eq!(reading.place(&table[key].span()).to_string(), place, "{key}");
        }
        assert_eq!(reading.place(&(9_999..9_999)).line, 5);
    }
}
