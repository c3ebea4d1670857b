//! Reading JSON so that errors say where, and what was there instead.
//!
//! The depth is bounded by `serde_json` (128), the size by the client.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;

use crate::domain::Text;

use super::HttpErrorKind;

/// How much of an unexpected value is shown.
const SHOWN: usize = 60;

/// Reads all of `body`, which is at `at` in the answer.
pub(super) fn read<T: DeserializeOwned>(body: &[u8], at: &str) -> Result<T, HttpErrorKind> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(&mut deserializer, &mut track);
    let error = match T::deserialize(tracked) {
        Ok(value) => match deserializer.end() {
            Ok(()) => return Ok(value),
            Err(error) => return Err(unexpected(at, &plain(&error.to_string()))),
        },
        Err(error) => error,
    };
    let path = track.path();
    if !error.is_data() {
        let why = if error.is_eof() && body.is_empty() {
            "the answer is empty".to_owned()
        } else {
            plain(&error.to_string())
        };
        return Err(unexpected(at, &why));
    }
    Err(unexpected(&join(at, &path.to_string()), &describe(&error.to_string(), body, &path)))
}

/// The items of a list, unread.
pub(super) fn list<'a>(body: &'a [u8], at: &str) -> Result<Vec<&'a RawValue>, HttpErrorKind> {
    struct List<'a>(PhantomData<&'a ()>);
    impl<'de> Visitor<'de> for List<'de> {
        type Value = Vec<&'de RawValue>;

        fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
            formatter.write_str("a list")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Self::Value, A::Error> {
            let mut items = Vec::new();
            while let Some(item) = sequence.next_element()? {
                items.push(item);
            }
            Ok(items)
        }
    }
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let items =
        deserializer.deserialize_seq(List(PhantomData)).and_then(|items| deserializer.end().map(|()| items));
    items.map_err(|error| unexpected(at, &plain(&error.to_string())))
}

/// The part of `body` that the keys lead to.
pub(super) fn find<'a>(body: &'a [u8], keys: &[&str]) -> Result<&'a [u8], HttpErrorKind> {
    let mut part = body;
    for (depth, key) in keys.iter().enumerate() {
        let at = || keys[..depth].join(".");
        let mut deserializer = serde_json::Deserializer::from_slice(part);
        let found = deserializer
            .deserialize_map(Field(key))
            .map_err(|error| unexpected(&at(), &plain(&error.to_string())))?;
        part = found
            .ok_or_else(|| unexpected(&at(), &format!("expected a field `{key}`, there is none")))?
            .get()
            .as_bytes();
    }
    Ok(part)
}

struct Field<'k>(&'k str);

impl<'de> Visitor<'de> for Field<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "an object with a field `{}`", self.0)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(Key(key)) = map.next_key()? {
            if key == self.0 {
                found = Some(map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }
}

#[derive(Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

fn unexpected(at: &str, why: &str) -> HttpErrorKind {
    HttpErrorKind::Unexpected { at: Text::new(at), why: Text::new(why) }
}

/// `issues[3]` and `fields.duedate` make `issues[3].fields.duedate`.
fn join(at: &str, inner: &str) -> String {
    match (at, inner) {
        (_, "." | "") => at.to_owned(),
        ("", inner) => inner.to_owned(),
        (at, inner) if inner.starts_with('[') => format!("{at}{inner}"),
        (at, inner) => format!("{at}.{inner}"),
    }
}

/// serde's message without the line and column, which nobody can look at, and in plain order:
/// "invalid type: null, expected a string" becomes "expected a string, got null".
fn plain(message: &str) -> String {
    let message = message.rsplit_once(" at line ").map_or(message, |(message, _)| message);
    for prefix in ["invalid type: ", "invalid value: ", "invalid length "] {
        if let Some(rest) = message.strip_prefix(prefix)
            && let Some((got, expected)) = rest.rsplit_once(", expected ")
        {
            return format!("expected {expected}, got {got}");
        }
    }
    message.to_owned()
}

/// What was expected, and what was there instead.
fn describe(message: &str, body: &[u8], path: &serde_path_to_error::Path) -> String {
    let plain = plain(message);
    if plain.contains(", got ") || plain.starts_with("missing field") {
        return plain;
    }
    // chrono says how a text is wrong, but not that it should have been a date.
    let is_date = [
        "input contains invalid characters",
        "premature end of input",
        "trailing input",
        "input is out of range",
        "input is not enough for unique date and time",
        "no possible date and time matching input",
    ]
    .contains(&plain.as_str());
    let expected = if is_date { "expected a date" } else { &plain };
    match value_at(body, path) {
        Some(value) => format!("{expected}, got {}", shorten(&value.to_string())),
        None => expected.to_owned(),
    }
}

/// The value at `path`. Reads the whole body once more: only done for an error.
fn value_at(body: &[u8], path: &serde_path_to_error::Path) -> Option<serde_json::Value> {
    let root: serde_json::Value = serde_json::from_slice(body).ok()?;
    let mut value = &root;
    for segment in path {
        value = match segment {
            serde_path_to_error::Segment::Seq { index } => value.get(index)?,
            serde_path_to_error::Segment::Map { key } => value.get(key)?,
            serde_path_to_error::Segment::Enum { .. } | serde_path_to_error::Segment::Unknown => return None,
        };
    }
    (!value.is_object() && !value.is_array()).then(|| value.clone())
}

fn shorten(shown: &str) -> String {
    match shown.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &shown[..end]),
        None => shown.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct Issue {
        #[expect(dead_code, reason = "only read")]
        fields: Fields,
    }

    #[derive(Debug, Deserialize)]
    struct Fields {
        #[expect(dead_code, reason = "only read")]
        duedate: Option<NaiveDate>,
        #[expect(dead_code, reason = "only read")]
        points: Option<f64>,
    }

    fn at_and_why(kind: HttpErrorKind) -> (String, String) {
        match kind {
            HttpErrorKind::Unexpected { at, why } => (at.to_string(), why.to_string()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn errors_say_where_and_what_was_there() {
        for (body, at, why) in [
            (
                r#"{"fields": {"duedate": "soon"}}"#,
                "issues[3].fields.duedate",
                r#"expected a date, got "soon""#,
            ),
            (r#"{"fields": {"duedate": 7}}"#, "issues[3].fields.duedate", "got integer `7`"),
            (
                r#"{"fields": {"points": "many"}}"#,
                "issues[3].fields.points",
                r#"expected f64, got string "many""#,
            ),
            ("{}", "issues[3]", "missing field `fields`"),
            ("null", "issues[3]", "expected struct Issue, got null"),
            (r#"{"fields": "#, "issues[3]", "EOF while parsing"),
            ("", "issues[3]", "the answer is empty"),
            (r#"{"fields": {}} x"#, "issues[3]", "trailing characters"),
            ("plain words", "issues[3]", "expected value"),
        ] {
            let (found_at, found_why) = at_and_why(read::<Issue>(body.as_bytes(), "issues[3]").unwrap_err());
            assert_eq!(found_at, at, "{body}");
            assert!(found_why.contains(why), "{body}: {found_why}");
            assert!(!found_why.contains("column"), "{found_why}");
        }
        let body = format!(r#"{{"duedate": "{}"}}"#, "x".repeat(1_000));
        let (at, why) = at_and_why(read::<Fields>(body.as_bytes(), "").unwrap_err());
        assert_eq!(at, "duedate");
        assert!(why.chars().count() < 100, "{why}");
    }

    #[test]
    fn a_part_is_found_by_its_keys() {
        let body = br#"{"data": {"other": [{}], "rep\u006fsitory": {"name": "x"}}, "errors": []}"#;
        let part = find(body, &["data", "repository", "name"]).unwrap();
        assert_eq!(part, br#""x""#);
        assert_eq!(find(body, &[]).unwrap(), body);
        for (keys, at, why) in [
            (&["data", "user"][..], "data", "expected a field `user`"),
            (&["errors", "user"][..], "errors", "expected an object with a field `user`, got sequence"),
        ] {
            let (found_at, found_why) = at_and_why(find(body, keys).unwrap_err());
            assert_eq!(found_at, at);
            assert!(found_why.contains(why), "{found_why}");
        }
    }

    #[test]
    fn what_is_too_deep_is_an_error() {
        let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
        let (_, why) = at_and_why(read::<serde_json::Value>(deep.as_bytes(), "").unwrap_err());
        assert!(why.contains("recursion limit"), "{why}");
        let items = list(deep.as_bytes(), "").unwrap();
        assert_eq!(items.len(), 1);
        assert!(read::<serde_json::Value>(items[0].get().as_bytes(), "[0]").is_err());
    }
}
