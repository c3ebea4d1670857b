//! What can stand at the caret of a query that is being written.

use std::{collections::BTreeSet, ops::Range};

use crate::domain::{Instant, Items, Team};

use super::{
    fields::{self, Field, Kind, SEVERITIES},
    item::{Item, Value},
};

/// Most candidates: nobody reads more.
const MOST: usize = 50;

/// What can stand in place of a part of a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Completion {
    /// The characters that are replaced, counted from 0.
    pub(crate) at: Range<usize>,
    /// What can stand there, the likeliest first.
    pub(crate) candidates: Vec<String>,
}

/// What can stand at `caret` (in characters) of `text`, a query over `items`: first names of
/// fields, behind a colon their values. Of a field with texts those that `occurring` finds.
pub(crate) fn complete_with(
    text: &str,
    caret: usize,
    items: Items,
    teams: &[Team],
    occurring: impl FnOnce(Field) -> BTreeSet<String>,
) -> Completion {
    let begun: Vec<char> = text.chars().take(caret).collect();
    let start = start_of_term(&begun);
    let term = &begun[start..];
    // A text in quotes is meant as it is written.
    if term.first() == Some(&'"') {
        return Completion { at: start..begun.len(), candidates: Vec::new() };
    }
    let Some(colon) = term.iter().position(|character| *character == ':') else {
        let names = fields::fields(items).map(|row| row.name).chain(["is"]);
        let names = names.map(|name| format!("{name}:"));
        return matching(start, term, names.collect());
    };
    let name: String = term[..colon].iter().collect();
    let rest = &term[colon + 1..];
    let value = start + colon + 1 + start_of_value(rest);
    let written = &begun[value..];
    if name == "is" {
        return matching(value, written, fields::flags(items).map(|(name, _)| name.to_owned()).collect());
    }
    let Some(row) = fields::fields(items).find(|row| row.name == name) else {
        return Completion { at: value..caret.min(begun.len()), candidates: Vec::new() };
    };
    let mut values: Vec<String> = match row.kind {
        Kind::Word => fields::words(row.field, items).iter().map(|word| (*word).to_owned()).collect(),
        Kind::Severity => SEVERITIES.iter().map(|(name, _)| (*name).to_owned()).collect(),
        Kind::Text | Kind::Status => occurring(row.field).into_iter().map(quoted).collect(),
        Kind::Team => teams.iter().map(|team| quoted(team.name.to_string())).collect(),
        // Whoever asks for a length of time knows it.
        Kind::Number | Kind::Time => Vec::new(),
    };
    if fields::is_people(row.field) {
        values.insert(0, "@me".to_owned());
    }
    if matches!(row.kind, Kind::Text | Kind::Status | Kind::Team) {
        values.push("none".to_owned());
    }
    matching(value, written, values)
}

/// The same with the values that `shown` have.
pub(crate) fn complete<'a>(
    text: &str,
    caret: usize,
    items: Items,
    teams: &[Team],
    shown: impl Iterator<Item = Item<'a>>,
    now: Instant,
) -> Completion {
    complete_with(text, caret, items, teams, |field| {
        let mut values = BTreeSet::new();
        for item in shown {
            match item.value(field, now) {
                Value::Texts(texts) => {
                    let new = texts.into_iter().filter(|text| !text.is_empty());
                    let new: Vec<&str> = new.filter(|text| !values.contains(*text)).collect();
                    values.extend(new.into_iter().map(str::to_owned));
                }
                Value::Status(_, status) if !status.is_empty() && !values.contains(status) => {
                    values.insert(status.to_owned());
                }
                _ => {}
            }
        }
        values
    })
}

/// Where the term begins that is being written: behind the last blank outside of quotes, and
/// behind its minus.
fn start_of_term(begun: &[char]) -> usize {
    let (mut start, mut is_quoted, mut is_escaped) = (0, false, false);
    for (at, character) in begun.iter().enumerate() {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            blank if blank.is_whitespace() && !is_quoted => start = at + 1,
            _ => {}
        }
    }
    start + usize::from(begun.get(start) == Some(&'-'))
}

/// Where the value begins that is being written: behind the last comma outside of quotes, and
/// behind its comparison.
fn start_of_value(rest: &[char]) -> usize {
    let (mut start, mut is_quoted) = (0, false);
    for (at, character) in rest.iter().enumerate() {
        match character {
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => start = at + 1,
            _ => {}
        }
    }
    start + rest[start..].iter().take_while(|character| matches!(character, '<' | '>' | '=')).count()
}

/// Candidates that begin with what is written, then those that only contain it.
fn matching(at: usize, written: &[char], candidates: Vec<String>) -> Completion {
    let begun: String = written.iter().filter(|character| **character != '"').collect();
    let begun = begun.to_lowercase();
    let plain = |candidate: &String| candidate.trim_start_matches('"').to_lowercase();
    let (mut first, rest): (Vec<String>, Vec<String>) =
        candidates.into_iter().partition(|candidate| plain(candidate).starts_with(&begun));
    first.extend(rest.into_iter().filter(|candidate| plain(candidate).contains(&begun)));
    first.truncate(MOST);
    Completion { at: at..at + written.len(), candidates: first }
}

/// A value as it must be written.
fn quoted(value: String) -> String {
    let is_plain = |character: char| !character.is_whitespace() && !",\"\\".contains(character);
    let is_comparison = value.starts_with(['<', '>', '=']);
    if value.chars().all(is_plain) && !is_comparison && !value.is_empty() {
        return value;
    }
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_first_then_values_that_occur() {
        for (text, caret, at, candidates) in [
            ("aut", 3, 0..3, &["author:"][..]),
            ("-aut", 4, 1..4, &["author:"]),
            ("is:open sta", 11, 8..11, &["state:", "stage:", "in_stage:"]),
            ("stage:re", 8, 6..8, &["review"]),
            ("stage:review,pic", 16, 13..16, &["pickup"]),
            ("is:dr", 5, 3..5, &["draft"]),
            ("author:", 7, 7..7, &["@me", "lee", "\"van dyk\"", "none"]),
            ("author:\"van", 11, 7..11, &["\"van dyk\""]),
            ("author:LE", 9, 7..9, &["lee"]),
            ("\"author:", 8, 0..8, &[]),
            ("age:>3", 6, 5..6, &[]),
            ("nothing:x", 9, 8..9, &[]),
            ("team:", 5, 5..5, &["checkout", "\"card payments\"", "none"]),
            ("team:pay", 8, 5..8, &["\"card payments\""]),
            // Only what stands before the caret counts.
            ("aut is:open", 3, 0..3, &["author:"]),
        ] {
            let teams =
                ["checkout", "card payments"].map(|name| Team { name: name.into(), ..Team::default() });
            let found = complete_with(text, caret, Items::PullRequests, &teams, |_| {
                BTreeSet::from(["lee".to_owned(), "van dyk".to_owned()])
            });
            assert_eq!(
                (found.at, found.candidates.as_slice()),
                (at, &*candidates.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>()),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_completed_can_be_read() {
        for value in ["van dyk", "a,b", "say \"hi\"", "back\\slash", ">3", ""] {
            let query = format!("author:{}", quoted(value.to_owned()));
            assert_eq!(
                super::super::parse_for(&query, Items::PullRequests, &[], None).is_ok(),
                !value.is_empty(),
                "{query}"
            );
        }
    }
}
