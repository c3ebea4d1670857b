//! Whether an item is what a query asks for: yes, no, or nobody knows.

use chrono::Duration;
use memchr::{memchr2, memchr2_iter};

use crate::domain::{Category, Comparison, Instant, Severity};
use crate::insight::{context::later, patterns::Patterns};

use super::{
    QueryError,
    fields::{Field, Flag},
    item::{Amount, Item, Value},
};

/// A query that was read.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    /// Each with whether it is turned round.
    pub(super) terms: Vec<(bool, Test)>,
    /// Where it asks for who looks: the characters of the first `@me`.
    pub(super) asks_who: Option<std::ops::Range<usize>>,
}

/// How an item is looked at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Glance {
    pub(crate) now: Instant,
    /// What people said of it.
    pub(crate) said: SaidOf,
    /// What a text without a field is looked for in.
    pub(crate) reach: Reach,
}

/// What people said of an item, as far as it still counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct SaidOf {
    pub(crate) snoozed: bool,
    pub(crate) acknowledged: bool,
    /// By who looks.
    pub(crate) watched: bool,
}

/// What a text without a field is looked for in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Title and key.
    #[default]
    Names,
    /// Everything that its row says in words.
    Row,
    /// The same, and a text without quotes need only have its letters there in their order.
    Fuzzy,
}

/// One condition.
#[derive(Clone, Debug)]
pub(super) enum Test {
    /// Title or key contain it.
    Contains { part: Needle, is_quoted: bool },
    /// The field is one of these.
    Field(Field, Vec<Wanted>),
}

/// What a field is asked for.
#[derive(Clone, Debug)]
pub(super) enum Wanted {
    Nothing,
    Flag(Flag),
    Part(String),
    Text(Patterns<()>),
    /// One of these, in small letters; without any of them nobody knows.
    AnyOf(Vec<String>),
    /// None of these, in small letters.
    NoneOf(Vec<String>),
    Category(Category),
    /// The tracker's own word.
    Status(Patterns<()>),
    State(&'static str),
    Severity(Comparison, Severity),
    Amount(Comparison, f64),
}

impl Wanted {
    /// What a status means, if it is a word for that, else the tracker's own word.
    pub(super) fn status(written: &str) -> Self {
        let plain = written.to_lowercase().replace(['_', '-'], " ");
        match plain.as_str() {
            "to do" => Self::Category(Category::ToDo),
            "in progress" => Self::Category(Category::InProgress),
            "in review" => Self::Category(Category::InReview),
            "in test" => Self::Category(Category::InTest),
            "done" => Self::Category(Category::Done),
            "dropped" => Self::Category(Category::Dropped),
            _ => Self::Status(Patterns::new([(written.to_lowercase(), ())])),
        }
    }
}

impl Query {
    /// Whether `item` is meant at `now`; none where its source does not tell enough.
    pub(crate) fn matches(&self, item: &Item<'_>, now: Instant) -> Option<bool> {
        self.picks(item, &Glance { now, said: SaidOf::default(), reach: Reach::Names })
    }

    /// The same for who looks at it.
    pub(crate) fn picks(&self, item: &Item<'_>, glance: &Glance) -> Option<bool> {
        let answers = self.terms.iter().map(|(negated, test)| {
            let answer = test.holds(item, glance);
            if *negated { answer.map(|holds| !holds) } else { answer }
        });
        all(answers)
    }

    /// It asks for who looks at it.
    pub(crate) fn asks_who(&self) -> bool {
        self.asks_who.is_some()
    }

    /// What is wrong with it where nobody knows who looks: it can pick nothing.
    pub(crate) fn without_who(&self) -> Option<QueryError> {
        let what = "nobody knows who `@me` is: no source says who you are here; write a name";
        self.asks_who.clone().map(|at| QueryError::new(at, what))
    }

    /// It asks for what people said.
    pub(crate) fn asks_said(&self) -> bool {
        self.terms.iter().any(|(_, test)| match test {
            Test::Field(_, wanted) => {
                wanted.iter().any(|wanted| matches!(wanted, Wanted::Flag(flag) if flag.is_said()))
            }
            Test::Contains { .. } => false,
        })
    }

    /// A text without a field and without quotes is looked for.
    pub(crate) fn has_bare_words(&self) -> bool {
        self.terms.iter().any(|(_, test)| matches!(test, Test::Contains { is_quoted: false, .. }))
    }

    /// Nothing is looked for but texts.
    pub(crate) fn is_of_texts(&self) -> bool {
        self.terms.iter().all(|(_, test)| matches!(test, Test::Contains { .. }))
    }

    /// Whether these texts are what is asked for, of a query that is looking for texts.
    pub(crate) fn picks_texts(&self, texts: &[&str], reach: Reach) -> bool {
        self.terms.iter().all(|(negated, test)| match test {
            Test::Contains { part, is_quoted } => {
                is_there(texts.iter().copied(), part, *is_quoted, reach) != *negated
            }
            Test::Field(..) => false,
        })
    }

    /// Whether it has a term over `field`.
    pub(crate) fn asks(&self, field: Field) -> bool {
        self.terms.iter().any(|(_, test)| matches!(test, Test::Field(asked, _) if *asked == field))
    }

    /// Instants at which time alone changes whether `item` is meant.
    pub(crate) fn changes_at(&self, item: &Item<'_>) -> Vec<Instant> {
        let mut instants = Vec::new();
        for (_, test) in &self.terms {
            let Test::Field(field, wanted) = test else { continue };
            for wanted in wanted {
                match wanted {
                    Wanted::Amount(_, seconds) => {
                        let Some(since) = item.runs_since(*field) else { continue };
                        // Bounded by what a calendar can hold.
                        let Some(length) = Duration::try_seconds(*seconds as i64) else { continue };
                        let at = later(since, length);
                        // A comparison turns when the length is reached, or a moment after it.
                        instants.extend([at, later(at, Duration::seconds(1))]);
                    }
                    Wanted::Flag(Flag::Overdue) => {
                        instants.extend(item.due().map(|due| later(due, Duration::milliseconds(1))));
                    }
                    _ => {}
                }
            }
        }
        instants
    }
}

impl Test {
    fn holds(&self, item: &Item<'_>, glance: &Glance) -> Option<bool> {
        match self {
            Self::Contains { part, is_quoted } => {
                let is_named = is_there(item.names(), part, *is_quoted, glance.reach);
                let is_said = || is_there(item.words(), part, *is_quoted, glance.reach);
                Some(is_named || (glance.reach != Reach::Names && is_said()))
            }
            Self::Field(field, wanted) => {
                any(wanted.iter().map(|wanted| wanted.is_met(item, *field, glance)))
            }
        }
    }
}

fn is_there<'a>(
    mut texts: impl Iterator<Item = &'a str>,
    part: &Needle,
    is_quoted: bool,
    reach: Reach,
) -> bool {
    if reach == Reach::Fuzzy && !is_quoted {
        texts.any(|text| part.is_in_order_in(text))
    } else {
        texts.any(|text| part.is_in(text))
    }
}

/// A part of a text that is looked for, in whatever case it is written.
#[derive(Clone, Debug)]
pub(crate) struct Needle {
    /// In small letters.
    small: String,
    /// The rarest character of a plain one, and where it is: most texts do not have it, and no more of
    /// them needs to be looked at.
    rarest: Option<(usize, u8)>,
}

impl Needle {
    pub(crate) fn new(part: &str) -> Self {
        let small = part.to_lowercase();
        let frequency = |character: u8| FREQUENCIES.get(usize::from(character)).copied().unwrap_or(0);
        let characters = small.bytes().enumerate().filter(|_| small.is_ascii());
        let rarest = characters.min_by_key(|(_, character)| frequency(*character));
        Self { small, rarest }
    }

    /// Whether `text` contains it.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        if self.is_ruled_out(text) {
            return false;
        }
        let (Some((offset, rarest)), true) = (self.rarest, is_comparable(text)) else {
            return text.to_lowercase().contains(&self.small);
        };
        let (text, part) = (text.as_bytes(), self.small.as_bytes());
        let Some(last) = text.len().checked_sub(part.len()) else { return false };
        // Where all of it has room.
        memchr2_iter(rarest, rarest.to_ascii_uppercase(), &text[offset..=offset + last])
            .any(|at| text[at..at + part.len()].eq_ignore_ascii_case(part))
    }

    /// Whether its letters are in `text` in their order, the first one where a word begins.
    pub(crate) fn is_in_order_in(&self, text: &str) -> bool {
        let Some(first) = self.small.chars().next() else { return true };
        if self.is_ruled_out(text) {
            return false;
        }
        if self.rarest.is_some() && is_comparable(text) {
            let (bytes, part) = (text.as_bytes(), self.small.as_bytes());
            let begins = |at: &usize| !text[..*at].chars().next_back().is_some_and(char::is_alphanumeric);
            let mut starts = memchr2_iter(part[0], part[0].to_ascii_uppercase(), bytes);
            let Some(start) = starts.find(begins) else { return false };
            let mut rest = &bytes[start + 1..];
            return part[1..].iter().all(|wanted| {
                let found = memchr2(*wanted, wanted.to_ascii_uppercase(), rest);
                found.inspect(|found| rest = &rest[found + 1..]).is_some()
            });
        }
        let lower = text.to_lowercase();
        let mut before = ' ';
        for (at, character) in lower.char_indices() {
            if character == first && !before.is_alphanumeric() {
                let mut rest = lower[at..].chars();
                return self.small.chars().all(|wanted| rest.any(|found| found == wanted));
            }
            before = character;
        }
        false
    }

    /// Nearly every text is out by its rarest character, whatever else is in it.
    fn is_ruled_out(&self, text: &str) -> bool {
        // These two are also small letters of others.
        self.rarest.is_some_and(|(_, rarest)| {
            !matches!(rarest, b'k' | b'i')
                && memchr2(rarest, rarest.to_ascii_uppercase(), text.as_bytes()).is_none()
        })
    }
}

/// Whether the letters of `text` can be compared byte by byte with plain ones. Nearly every text can,
/// and is then looked through without a copy: all letters that are not plain have small ones that are
/// not plain either, but for two.
fn is_comparable(text: &str) -> bool {
    /// The sign of kelvin (`k`) and the I with a dot (`i` and a dot).
    const PLAIN_WHEN_SMALL: [char; 2] = ['\u{212a}', '\u{130}'];
    /// Each is in one of the two when they are written as bytes, and hardly ever in another text.
    const SIGNS: [u8; 2] = [0x84, 0xc4];
    memchr2(SIGNS[0], SIGNS[1], text.as_bytes()).is_none() || !text.contains(PLAIN_WHEN_SMALL)
}

/// How often letters are used, the most frequent ones of English first; what is not here is rarer.
const FREQUENT: &[u8] = b" etaoinsrhldcumfpgwybvkxjqz";

/// How frequent each plain character is: 0 is rare.
const FREQUENCIES: [u8; 128] = {
    let mut frequencies = [0; 128];
    let mut index = 0;
    while index < FREQUENT.len() {
        frequencies[FREQUENT[index] as usize] = (FREQUENT.len() - index) as u8;
        index += 1;
    }
    frequencies
};

/// Whether a text is this one (in small letters), whatever the case.
fn is_text(text: &str, wanted: &str) -> bool {
    if text.is_ascii() { text.eq_ignore_ascii_case(wanted) } else { text.to_lowercase() == wanted }
}

impl Wanted {
    fn is_met(&self, item: &Item<'_>, field: Field, glance: &Glance) -> Option<bool> {
        if let Self::Flag(flag) = self {
            return match flag {
                Flag::Snoozed => Some(glance.said.snoozed),
                Flag::Acknowledged => Some(glance.said.acknowledged),
                Flag::Watched => Some(glance.said.watched),
                _ => item.is(*flag, glance.now),
            };
        }
        match (self, item.value(field, glance.now)) {
            (Self::Nothing, value) => Some(value.is_missing()),
            (Self::Part(part), Value::Texts(texts)) => {
                Some(texts.iter().any(|text| text.to_lowercase().contains(part)))
            }
            (Self::Text(pattern), Value::Texts(texts)) => {
                Some(texts.iter().any(|text| !pattern.matching(&text.to_lowercase()).is_empty()))
            }
            (Self::AnyOf(wanted), _) if wanted.is_empty() => None,
            (Self::AnyOf(wanted), Value::Texts(texts)) => {
                Some(texts.iter().any(|text| wanted.iter().any(|wanted| is_text(text, wanted))))
            }
            (Self::NoneOf(others), Value::Texts(texts)) => {
                Some(texts.iter().all(|text| others.iter().all(|other| !is_text(text, other))))
            }
            // What no source explains is neither this nor that.
            (Self::Category(_), Value::Status(Category::Unknown, _)) => None,
            (Self::Category(wanted), Value::Status(category, _)) => Some(category == *wanted),
            (Self::Status(pattern), Value::Status(_, status)) => {
                Some(!pattern.matching(&status.to_lowercase()).is_empty())
            }
            (Self::State(wanted), Value::State(state)) => state.map(|state| state == *wanted),
            (Self::Severity(comparison, wanted), Value::Severity(severity)) => {
                Some(comparison.is_met(f64::from(severity as u8), f64::from(*wanted as u8)))
            }
            (Self::Amount(comparison, wanted), Value::Amount(Amount::Known(amount))) => {
                Some(comparison.is_met(amount, *wanted))
            }
            (Self::Amount(..), Value::Amount(Amount::Absent)) | (_, Value::Absent) => Some(false),
            (..) => None,
        }
    }
}

/// Yes if all are, no if one is not.
pub(super) fn all(answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut result = Some(true);
    for answer in answers {
        match answer {
            Some(false) => return Some(false),
            None => result = None,
            Some(true) => {}
        }
    }
    result
}

/// Yes if one is, no if none is.
fn any(answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    all(answers.map(|answer| answer.map(|holds| !holds))).map(|none| !none)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What [`Needle::is_in_order_in`] means, the plain way.
    fn has_in_order_plainly(text: &str, part: &str) -> bool {
        let text: Vec<char> = text.to_lowercase().chars().collect();
        let begins = |at: &usize| *at == 0 || !text[at - 1].is_alphanumeric();
        let Some(first) = part.chars().next() else { return true };
        let Some(start) = (0..text.len()).filter(|at| text[*at] == first).find(begins) else { return false };
        let mut rest = text[start..].iter();
        part.chars().all(|wanted| rest.any(|found| *found == wanted))
    }

    /// Few letters, so that much is found; among them those whose small ones are of another
    /// length, plain, or two.
    const LETTERS: &str = "[abkiABKI aß\u{212a}\u{130}\u{307}éÉΣς0-]{0,9}";

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]

        #[test]
        fn texts_are_found_as_the_plain_way_finds_them(text in LETTERS, part in LETTERS) {
            let (needle, part) = (Needle::new(&part), part.to_lowercase());
            prop_assert_eq!(needle.is_in(&text), text.to_lowercase().contains(&part), "{} {}", text, part);
            let plainly = has_in_order_plainly(&text, &part);
            prop_assert_eq!(needle.is_in_order_in(&text), plainly, "{} {}", text, part);
        }
    }
}
