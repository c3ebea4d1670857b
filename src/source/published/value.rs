//! A JSON value with the path that leads to it, so that every error says where.

use std::cell::RefCell;

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use serde_json::{Map, Value};

use crate::{
    config::nearest,
    domain::{Calendar, Instant, Kind, Text},
};

/// How much of an unexpected value is shown, in characters.
const SHOWN: usize = 60;
/// Numbers from here on are milliseconds since 1970, not seconds: as seconds they were beyond the year 5000.
const MILLISECONDS_FROM: f64 = 100_000_000_000.0;

/// What is wrong with an item: it is lost, or counts as less than it says.
pub(super) type Wrong = String;

/// What is wrong with a document that is read all the same.
#[derive(Debug)]
pub(super) struct Note {
    pub(super) what: Wrong,
    /// The kinds of which not all is told because of it; none: any may be.
    pub(super) lost: Option<Vec<Kind>>,
}

/// Takes notes while a document is read.
pub(super) type Notes = RefCell<Vec<Note>>;

/// An object that is read by asking for its fields.
pub(super) struct Object<'v> {
    fields: &'v Map<String, Value>,
    path: String,
    notes: &'v Notes,
    calendar: &'v Calendar,
    asked: RefCell<Vec<&'static str>>,
}

impl<'v> Object<'v> {
    /// `value`, which stands at `path`, as an object.
    pub(super) fn new(
        value: &'v Value,
        path: String,
        notes: &'v Notes,
        calendar: &'v Calendar,
    ) -> Result<Self, Wrong> {
        match value {
            Value::Object(fields) => Ok(Self { fields, path, notes, calendar, asked: RefCell::default() }),
            other => Err(format!("{}: expected an object, got {}", at(&path), shown(other))),
        }
    }

    /// The path of a field.
    fn at(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// The value of `key`; null is the same as nothing.
    pub(super) fn value(&self, key: &'static str) -> Option<&'v Value> {
        self.asked.borrow_mut().push(key);
        self.fields.get(key).filter(|value| !value.is_null())
    }

    fn missing(&self, key: &str, expected: &str) -> Wrong {
        format!("{}: expected {expected}, there is none", self.at(key))
    }

    fn wrong(&self, key: &str, expected: &str, got: &Value) -> Wrong {
        format!("{}: expected {expected}, got {}", self.at(key), shown(got))
    }

    fn read<T>(
        &self,
        key: &'static str,
        expected: &str,
        read: impl FnOnce(&'v Value) -> Option<T>,
    ) -> Result<Option<T>, Wrong> {
        let Some(value) = self.value(key) else { return Ok(None) };
        read(value).map(Some).ok_or_else(|| self.wrong(key, expected, value))
    }

    fn required<T>(&self, key: &'static str, expected: &str, read: Option<T>) -> Result<T, Wrong> {
        read.ok_or_else(|| self.missing(key, expected))
    }

    /// A text; one without a visible character is none. Numbers are texts, too: versions look so.
    pub(super) fn text(&self, key: &'static str) -> Result<Option<Text>, Wrong> {
        Ok(self.read(key, "a text", text)?.filter(|text| !text.is_empty()))
    }

    /// A text that the item is nothing without.
    pub(super) fn required_text(&self, key: &'static str) -> Result<Text, Wrong> {
        let text = self.text(key)?;
        self.required(key, "a text that is not empty", text)
    }

    /// A list of texts.
    pub(super) fn texts(&self, key: &'static str) -> Result<Vec<Text>, Wrong> {
        let texts =
            self.read(key, "a list of texts", |value| value.as_array()?.iter().map(text).collect())?;
        Ok(texts.unwrap_or_default())
    }

    /// An object of texts, numbers and truths, each by its name.
    pub(super) fn values(&self, key: &'static str) -> Result<Vec<(&'v str, String)>, Wrong> {
        let expected = "an object of texts, numbers, true or false";
        let values = self.read(key, expected, |value| {
            let written = |value: &Value| match value {
                Value::String(text) => Some(text.clone()),
                Value::Number(number) => Some(number.to_string()),
                Value::Bool(flag) => Some(flag.to_string()),
                Value::Null => Some(String::new()),
                Value::Array(_) | Value::Object(_) => None,
            };
            value.as_object()?.iter().map(|(name, value)| Some((name.as_str(), written(value)?))).collect()
        });
        // What is written there may be a secret: it is not shown.
        let values = values.map_err(|_| format!("{}: expected {expected}", self.at(key)))?;
        Ok(values.unwrap_or_default())
    }

    /// True or false; false if it is not said.
    pub(super) fn flag(&self, key: &'static str) -> Result<bool, Wrong> {
        Ok(self.maybe_flag(key)?.unwrap_or(false))
    }

    /// True or false; none if it is not said.
    pub(super) fn maybe_flag(&self, key: &'static str) -> Result<Option<bool>, Wrong> {
        self.read(key, "true or false", Value::as_bool)
    }

    /// A whole number.
    pub(super) fn count(&self, key: &'static str) -> Result<Option<u32>, Wrong> {
        self.read(key, "a whole number from 0 to 4294967295", |value| {
            let whole = value.as_u64().or_else(|| {
                // 3.0 is 3: some languages know no other numbers.
                let number = value.as_f64().filter(|number| number.fract() == 0.0 && *number >= 0.0)?;
                (number <= f64::from(u32::MAX)).then_some(number as u64)
            });
            u32::try_from(whole?).ok()
        })
    }

    /// A number that is not negative, as far as the board counts.
    pub(super) fn number(&self, key: &'static str) -> Result<Option<f64>, Wrong> {
        const MOST: f64 = 1e12;
        self.read(key, "a number from 0 to 1e12", |value| {
            value.as_f64().filter(|number| (0.0..=MOST).contains(number))
        })
    }

    /// A time, see [`time`]; of a day its first instant.
    pub(super) fn time(&self, key: &'static str) -> Result<Option<Instant>, Wrong> {
        self.moment(key, |day| self.calendar.start_of(day))
    }

    /// The same, of a day its last instant: until then it is on time.
    pub(super) fn deadline(&self, key: &'static str) -> Result<Option<Instant>, Wrong> {
        self.moment(key, |day| self.calendar.end_of(day))
    }

    /// The same, of a day the first instant after it: a span that ends with a day includes it.
    pub(super) fn end(&self, key: &'static str) -> Result<Option<Instant>, Wrong> {
        self.moment(key, |day| self.calendar.end_of(day) + chrono::Duration::seconds(1))
    }

    fn moment(
        &self,
        key: &'static str,
        of_day: impl Fn(NaiveDate) -> Instant,
    ) -> Result<Option<Instant>, Wrong> {
        self.read(key, EXPECTED_TIME, |value| time(value, of_day))
    }

    /// A time that the item is nothing without.
    pub(super) fn required_time(&self, key: &'static str) -> Result<Instant, Wrong> {
        let time = self.time(key)?;
        self.required(key, EXPECTED_TIME, time)
    }

    /// The end of a span that the item is nothing without.
    pub(super) fn required_end(&self, key: &'static str) -> Result<Instant, Wrong> {
        let time = self.end(key)?;
        self.required(key, EXPECTED_TIME, time)
    }

    /// One of several words, each by its first letter in whatever case and with `-`, `_` or a
    /// blank between its parts.
    pub(super) fn word<T: Copy>(&self, key: &'static str, words: &[(&str, T)]) -> Result<Option<T>, Wrong> {
        self.read(key, &one_of(words), |value| find(value.as_str()?, words))
    }

    /// A word that the item is nothing without.
    pub(super) fn required_word<T: Copy>(&self, key: &'static str, words: &[(&str, T)]) -> Result<T, Wrong> {
        let word = self.word(key, words)?;
        self.required(key, &one_of(words), word)
    }

    /// One of several words; one that is unheard of counts as `unknown`, and is noted.
    pub(super) fn word_or<T: Copy>(
        &self,
        key: &'static str,
        words: &[(&str, T)],
        unknown: T,
    ) -> Result<Option<T>, Wrong> {
        let Some(written) = self.text(key)? else { return Ok(None) };
        Ok(Some(find(&written, words).unwrap_or_else(|| {
            // "unknown" is what those say who do not know.
            if !written.eq_ignore_ascii_case("unknown") {
                let got = Value::String(written.to_string());
                self.note(format!("{}, so it counts as unknown", self.wrong(key, &one_of(words), &got)));
            }
            unknown
        })))
    }

    /// The objects of a list. Each is read by `read`; one that cannot be loses the whole item.
    pub(super) fn objects<T>(
        &self,
        key: &'static str,
        read: impl Fn(&Object<'_>) -> Result<T, Wrong>,
    ) -> Result<Vec<T>, Wrong> {
        let list = self.read(key, "a list", Value::as_array)?;
        let items = list.into_iter().flatten().enumerate().map(|(index, value)| {
            let path = format!("{}[{index}]", self.at(key));
            let object = Object::new(value, path, self.notes, self.calendar)?;
            let read = read(&object)?;
            object.finish();
            Ok(read)
        });
        items.collect()
    }

    /// What is wrong with the item as a whole.
    pub(super) fn error(&self, what: &str) -> Wrong {
        format!("{}: {what}", at(&self.path))
    }

    /// Notes what loses no item.
    pub(super) fn note(&self, what: Wrong) {
        self.note_lost(what, Some(Vec::new()));
    }

    /// Notes what loses items of `kinds`; none: of any kind.
    pub(super) fn note_lost(&self, what: Wrong, kinds: Option<Vec<Kind>>) {
        self.notes.borrow_mut().push(Note { what, lost: kinds });
    }

    /// The calendar by which days are read.
    pub(super) fn calendar(&self) -> &'v Calendar {
        self.calendar
    }

    /// Where its notes go.
    pub(super) fn notes(&self) -> &'v Notes {
        self.notes
    }

    /// Notes fields that nobody asked for. To be called when all were asked for.
    pub(super) fn finish(&self) {
        self.note_unasked(|_, _, _| Some(Vec::new()));
    }

    /// The same of the document itself: a list that nobody asked for is one whose name is
    /// misspelt, and must not read as one that is empty.
    pub(super) fn finish_as_a_whole(&self) {
        self.note_unasked(|key, value, near| match near.and_then(Kind::of_key) {
            // Stories are of two kinds, in one list.
            Some(Kind::Stories) => Some(vec![Kind::Stories, Kind::Defects]),
            Some(kind) => Some(vec![kind]),
            None if key == Kind::Defects.key() => Some(vec![Kind::Defects]),
            None if value.is_array() => None,
            None => Some(Vec::new()),
        });
    }

    /// Notes fields that nobody asked for, each with what `lost` says of its name, its value and
    /// the name that is near.
    fn note_unasked(&self, lost: impl Fn(&str, &Value, Option<&str>) -> Option<Vec<Kind>>) {
        let asked = self.asked.borrow();
        for (key, value) in self.fields.iter().filter(|(key, _)| !asked.contains(&key.as_str())) {
            let near = nearest(key, asked.iter().copied());
            let guess = near.map(|near| format!(" — did you mean `{near}`?")).unwrap_or_default();
            let what = format!("{}: there is no such field{guess}", self.at(&clipped(key)));
            self.note_lost(what, lost(key, value, near));
        }
    }

    /// The fields that were asked for, as the schema has to name them.
    #[cfg(test)]
    pub(super) fn asked(&self) -> Vec<&'static str> {
        self.asked.borrow().clone()
    }
}

const EXPECTED_TIME: &str = "a time such as \"2026-11-22T09:00:00Z\" or a day such as \"2026-11-22\"";

fn at(path: &str) -> &str {
    if path.is_empty() { "the document" } else { path }
}

fn text(value: &Value) -> Option<Text> {
    match value {
        Value::String(text) => Some(Text::new(text)),
        Value::Number(number) => Some(Text::new(number.to_string())),
        _ => None,
    }
}

/// RFC 3339, the same without a zone (in that of the calendar, by `of_day` and an hour), a day, or
/// seconds or milliseconds since 1970.
fn time(value: &Value, of_day: impl Fn(NaiveDate) -> Instant) -> Option<Instant> {
    let is_sane = |instant: &Instant| {
        use chrono::Datelike;
        (1970..=9999).contains(&instant.year())
    };
    let instant = match value {
        Value::Number(number) => {
            let number = number.as_f64()?;
            let seconds = if number.abs() >= MILLISECONDS_FROM { number / 1_000.0 } else { number };
            DateTime::from_timestamp(seconds as i64, 0)
        }
        Value::String(written) => {
            let written = written.trim();
            DateTime::parse_from_rfc3339(written)
                .ok()
                // `+0100`, as Java writes it.
                .or_else(|| DateTime::parse_from_str(written, "%Y-%m-%dT%H:%M:%S%.f%z").ok())
                .map(|fixed| fixed.to_utc())
                .or_else(|| {
                    let day = NaiveDate::parse_from_str(written, "%Y-%m-%d").ok()?;
                    // `%Y` takes `26` for a year.
                    (written.len() == 10).then(|| of_day(day))
                })
        }
        _ => None,
    };
    instant.filter(is_sane)
}

/// A time without a zone is told apart from one that is no time at all: the message can help.
pub(super) fn lacks_zone(value: &Value) -> bool {
    value.as_str().is_some_and(|written| {
        NaiveDateTime::parse_from_str(written.trim(), "%Y-%m-%dT%H:%M:%S%.f").is_ok()
            || NaiveDateTime::parse_from_str(written.trim(), "%Y-%m-%d %H:%M:%S%.f").is_ok()
    })
}

fn find<T: Copy>(written: &str, words: &[(&str, T)]) -> Option<T> {
    let plain = written.trim().to_lowercase().replace(['-', ' '], "_");
    words.iter().find(|(word, _)| *word == plain).map(|(_, meaning)| *meaning)
}

fn one_of<T>(words: &[(&str, T)]) -> String {
    let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    format!("one of {}", words.join(", "))
}

fn clipped(raw: &str) -> String {
    match raw.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &raw[..end]),
        None => raw.to_owned(),
    }
}

/// A value as an error shows it.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::String(text) => format!("\"{}\"", clipped(text)),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        other => clipped(&other.to_string()),
    }
}
