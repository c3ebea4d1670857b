//! From text to a query, or to what is wrong with it and where.

use std::{borrow::Cow, ops::Range};

use unicode_width::UnicodeWidthStr;

use crate::domain::{Comparison, Items, Team, Text};
use crate::insight::patterns::Patterns;

use super::{
    fields::{self, Field, FieldRow, Kind, SEVERITIES},
    matching::{Needle, Query, Test, Wanted},
};

/// Most terms of a query.
const MOST_TERMS: usize = 50;

/// What is wrong with a query, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct QueryError {
    /// The characters that are wrong, counted from 0.
    pub(crate) at: Range<usize>,
    /// What is wrong: ``no field `stauts` ``.
    pub(crate) what: String,
    /// The word that is wrong, where one of `known` may be meant.
    pub(crate) word: String,
    /// What can stand there.
    pub(crate) known: Vec<Cow<'static, str>>,
}

impl QueryError {
    pub(super) fn new(at: Range<usize>, what: impl Into<String>) -> Self {
        Self { at, what: what.into(), word: String::new(), known: Vec::new() }
    }

    fn unknown(at: Range<usize>, what: &str, word: &str, known: Vec<&'static str>) -> Self {
        let known = known.into_iter().map(Cow::Borrowed).collect();
        Self { at, what: format!("no {what} `{word}`"), word: word.to_owned(), known }
    }

    /// The word that was probably meant.
    pub(crate) fn nearest(&self) -> Option<&str> {
        let likeness = |known: &str| strsim::jaro_winkler(&self.word, known);
        let known = self.known.iter().map(|known| &**known).filter(|_| !self.word.is_empty());
        let likely = known.map(|known| (likeness(known), known)).filter(|(likeness, _)| *likeness > 0.75);
        likely.max_by(|(one, _), (other, _)| one.total_cmp(other)).map(|(_, known)| known)
    }

    /// The carets that stand below the wrong part of `query`, with the blanks before them.
    pub(crate) fn carets(&self, query: &str) -> String {
        let part =
            |range: Range<usize>| -> String { query.chars().skip(range.start).take(range.len()).collect() };
        let before = part(0..self.at.start).width();
        let under = part(self.at.clone()).width().max(1);
        format!("{}{}", " ".repeat(before), "^".repeat(under))
    }
}

/// Reads a query over `items` that is the same for everybody, as that of a metric.
pub(crate) fn parse(text: &str, items: Items) -> Result<Query, QueryError> {
    read(text, items, None, None)
}

/// Reads a query over `items` for somebody who looks at them: `@me` are these names, and what
/// people said of an item can be asked for. `teams` are those of the configuration; none where
/// they are not known yet: then every name can be one, and nobody knows who is in it.
pub(crate) fn parse_for(
    text: &str,
    items: Items,
    me: &[Text],
    teams: Option<&[Team]>,
) -> Result<Query, QueryError> {
    read(text, items, Some(me), teams)
}

/// Who looks.
const ME: &str = "@me";

fn read(text: &str, items: Items, me: Option<&[Text]>, teams: Option<&[Team]>) -> Result<Query, QueryError> {
    let characters = text.chars().collect();
    let mut parser = Parser { characters, position: 0, items, me, teams, asks_who: None };
    let mut conditions = Vec::new();
    while parser.skip_blanks() {
        if conditions.len() == MOST_TERMS {
            let rest = parser.position..parser.characters.len();
            return Err(QueryError::new(rest, format!("more than {MOST_TERMS} terms")));
        }
        conditions.push(parser.term()?);
    }
    let asks_who = parser.asks_who;
    Ok(Query { terms: conditions, asks_who })
}

/// The field called `name`, of which a median or a sum can be made.
pub(crate) fn measured_field(name: &str, items: Items) -> Result<(Field, Kind), QueryError> {
    let measured = || fields::fields(items).filter(|row| matches!(row.kind, Kind::Number | Kind::Time));
    let found = measured().find(|row| row.name == name).map(|row| (row.field, row.kind));
    found.ok_or_else(|| {
        let known = measured().map(|row| row.name).collect();
        QueryError::unknown(0..name.chars().count(), "field with numbers", name, known)
    })
}

struct Parser<'m> {
    characters: Vec<char>,
    position: usize,
    items: Items,
    /// Who looks; none where the query must mean the same to everybody.
    me: Option<&'m [Text]>,
    teams: Option<&'m [Team]>,
    asks_who: Option<Range<usize>>,
}

/// A word as it was written.
struct Word {
    text: String,
    at: Range<usize>,
    is_quoted: bool,
}

impl Parser<'_> {
    fn peek(&self) -> Option<char> {
        self.characters.get(self.position).copied()
    }

    fn take(&mut self, character: char) -> bool {
        let is_there = self.peek() == Some(character);
        self.position += usize::from(is_there);
        is_there
    }

    /// Goes to the next term; false at the end.
    fn skip_blanks(&mut self) -> bool {
        while self.peek().is_some_and(char::is_whitespace) {
            self.position += 1;
        }
        self.peek().is_some()
    }

    fn term(&mut self) -> Result<(bool, Test), QueryError> {
        let minus = self.position;
        let negated = self.take('-');
        if negated && self.peek().is_none_or(char::is_whitespace) {
            return Err(QueryError::new(minus..minus + 1, "a minus with nothing behind it"));
        }
        let word = self.word(true)?;
        if word.is_quoted || !self.take(':') {
            let part = Needle::new(&word.text);
            return Ok((negated, Test::Contains { part, is_quoted: word.is_quoted }));
        }
        if word.text == "is" {
            return Ok((negated, Test::Field(Field::State, self.alternatives(Self::flag)?)));
        }
        let Some(row) = fields::fields(self.items).find(|row| row.name == word.text) else {
            let mut known: Vec<_> = fields::fields(self.items).map(|row| row.name).collect();
            known.push("is");
            let what = format!("field of {}", self.items.key().replace('_', " "));
            return Err(QueryError::unknown(word.at, &what, &word.text, known));
        };
        let field = row.field;
        Ok((negated, Test::Field(field, self.alternatives(|parser| parser.wanted(row))?)))
    }

    fn alternatives(
        &mut self,
        mut one: impl FnMut(&mut Self) -> Result<Wanted, QueryError>,
    ) -> Result<Vec<Wanted>, QueryError> {
        let mut wanted = vec![one(self)?];
        while self.take(',') {
            wanted.push(one(self)?);
        }
        Ok(wanted)
    }

    fn flag(&mut self) -> Result<Wanted, QueryError> {
        let word = self.value("a word such as open")?;
        let is_mine = self.me.is_some();
        let flags = || fields::flags(self.items).filter(|(_, flag)| is_mine || !flag.is_said());
        let found = flags().find(|(name, _)| *name == word.text);
        found.map(|(_, flag)| Wanted::Flag(flag)).ok_or_else(|| {
            let known = flags().map(|(name, _)| name).collect();
            let what = format!("word after is: for {}", self.items.key().replace('_', " "));
            QueryError::unknown(word.at, &what, &word.text, known)
        })
    }

    fn wanted(&mut self, row: &FieldRow) -> Result<Wanted, QueryError> {
        let start = self.position;
        let comparison = self.comparison();
        let signs = start..self.position;
        let is_ordered = matches!(row.kind, Kind::Severity | Kind::Number | Kind::Time);
        if comparison.is_some_and(|comparison| comparison != Comparison::Equal) && !is_ordered {
            return Err(QueryError::new(signs, format!("`{}` has no order", row.name)));
        }
        let word = self.value(match row.kind {
            Kind::Number => "a number",
            Kind::Time => "a length of time such as 3d",
            Kind::Severity => "a severity",
            Kind::Text | Kind::Status | Kind::Word => "a value",
            Kind::Team => "the name of a team",
        })?;
        if word.text == "none" && !word.is_quoted && comparison.is_none() && row.kind != Kind::Team {
            return Ok(Wanted::Nothing);
        }
        if word.text == ME && !word.is_quoted && fields::is_people(row.field) {
            let Some(me) = self.me else {
                return Err(QueryError::new(word.at, "`@me` is another one for everybody: name people"));
            };
            self.asks_who.get_or_insert(word.at);
            return Ok(Wanted::AnyOf(me.iter().map(|name| name.to_lowercase()).collect()));
        }
        let comparison = comparison.unwrap_or(Comparison::Equal);
        match row.kind {
            Kind::Text if row.field == Field::Title => Ok(Wanted::Part(word.text.to_lowercase())),
            Kind::Text if !word.text.contains(['*', '?']) => {
                Ok(Wanted::AnyOf(vec![word.text.to_lowercase()]))
            }
            Kind::Text => Ok(Wanted::Text(Patterns::new([(word.text.to_lowercase(), ())]))),
            Kind::Status => Ok(Wanted::status(&word.text)),
            Kind::Team => self.team(&word),
            Kind::Word => {
                let known = fields::words(row.field, self.items);
                let found = known.iter().find(|state| **state == word.text);
                found
                    .map(|state| Wanted::State(state))
                    .ok_or_else(|| QueryError::unknown(word.at, row.name, &word.text, known.to_vec()))
            }
            Kind::Severity => {
                let found = SEVERITIES.iter().find(|(name, _)| *name == word.text);
                found.map(|(_, severity)| Wanted::Severity(comparison, *severity)).ok_or_else(|| {
                    let known = SEVERITIES.iter().map(|(name, _)| *name).collect();
                    QueryError::unknown(word.at, "severity", &word.text, known)
                })
            }
            Kind::Number => match word.text.parse::<f64>() {
                Ok(number) if number.is_finite() => Ok(Wanted::Amount(comparison, number)),
                _ => Err(QueryError::new(word.at, format!("`{}` is not a number", word.text))),
            },
            Kind::Time => {
                if let Some(seconds) = seconds(&word.text) {
                    Ok(Wanted::Amount(comparison, seconds as f64))
                } else {
                    let what = format!("`{}` is not a length of time such as 3d or 12h", word.text);
                    Err(QueryError::new(word.at, what))
                }
            }
        }
    }

    /// The people of a team, else where nobody of any team is.
    fn team(&self, word: &Word) -> Result<Wanted, QueryError> {
        if self.me.is_none() {
            // Whose number it is would change with the configuration of who looks.
            return Err(QueryError::new(word.at.clone(), "`team` is for lists: name people here"));
        }
        let Some(teams) = self.teams else { return Ok(Wanted::AnyOf(Vec::new())) };
        let small =
            |team: &Team| -> Vec<String> { team.members.iter().map(|it| it.to_lowercase()).collect() };
        if word.text == "none" && !word.is_quoted {
            return Ok(Wanted::NoneOf(teams.iter().flat_map(small).collect()));
        }
        let wanted = word.text.to_lowercase();
        match teams.iter().find(|team| team.name.to_lowercase() == wanted) {
            Some(team) if team.members.is_empty() => {
                let what = format!("the team `{}` has no members; ask by `repo`", team.name);
                Err(QueryError::new(word.at.clone(), what))
            }
            Some(team) => Ok(Wanted::AnyOf(small(team))),
            None if teams.is_empty() => {
                let what = format!("no team `{}`: the configuration has no [[team]]", word.text);
                Err(QueryError::new(word.at.clone(), what))
            }
            None => Err(QueryError {
                known: teams.iter().map(|team| Cow::Owned(team.name.to_string())).collect(),
                ..QueryError::unknown(word.at.clone(), "team", &word.text, Vec::new())
            }),
        }
    }

    fn comparison(&mut self) -> Option<Comparison> {
        if self.take('>') {
            return Some(if self.take('=') { Comparison::AtLeast } else { Comparison::Above });
        }
        if self.take('<') {
            return Some(if self.take('=') { Comparison::AtMost } else { Comparison::Below });
        }
        self.take('=').then(|| {
            self.take('=');
            Comparison::Equal
        })
    }

    fn value(&mut self, expected: &str) -> Result<Word, QueryError> {
        let word = self.word(false)?;
        if word.text.is_empty() {
            return Err(QueryError::new(word.at.start..word.at.start + 1, format!("{expected} is missing")));
        }
        Ok(word)
    }

    /// A word, or a text in quotes. A name ends at a colon; a value at a comma.
    fn word(&mut self, is_name: bool) -> Result<Word, QueryError> {
        let start = self.position;
        let mut text = String::new();
        if self.take('"') {
            while let Some(character) = self.peek() {
                self.position += 1;
                match character {
                    '"' => return Ok(Word { text, at: start..self.position, is_quoted: true }),
                    '\\' => {
                        text.extend(self.peek());
                        self.position += 1;
                    }
                    other => text.push(other),
                }
            }
            return Err(QueryError::new(start..start + 1, "a quote that is not closed"));
        }
        while let Some(character) = self.peek() {
            let ends =
                character.is_whitespace() || (character == ':' && is_name) || (character == ',' && !is_name);
            if ends {
                break;
            }
            text.push(character);
            self.position += 1;
        }
        if is_name && text.is_empty() {
            return Err(QueryError::new(start..start + 1, "a field is missing before the colon"));
        }
        Ok(Word { text, at: start..self.position, is_quoted: false })
    }
}

/// A length of time: `3d`, `12h`, `1d12h`, negative with a minus before it.
fn seconds(written: &str) -> Option<i64> {
    let (sign, mut rest) = match written.strip_prefix('-') {
        Some(rest) => (-1, rest),
        None => (1, written),
    };
    let mut units = [('w', 604_800_i64), ('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)].iter();
    let mut seconds = 0_i64;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|character: char| !character.is_ascii_digit())?;
        let unit = rest[digits..].chars().next()?;
        let (_, length) = units.find(|(name, _)| *name == unit)?;
        seconds = seconds.checked_add(rest[..digits].parse::<i64>().ok()?.checked_mul(*length)?)?;
        rest = &rest[digits + 1..];
    }
    Some(sign * seconds)
}
