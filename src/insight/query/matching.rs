//! Whether an item is what a query asks for: yes, no, or nobody knows.

use chrono::Duration;

use crate::domain::{Category, Comparison, Instant, Severity};
use crate::insight::{context::later, patterns::Patterns};

use super::{
    fields::{Field, Flag},
    item::{Amount, Item, Value},
};

/// A query that was read.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    /// Each with whether it is turned round.
    pub(super) terms: Vec<(bool, Test)>,
}

/// One condition.
#[derive(Clone, Debug)]
pub(super) enum Test {
    /// Title or key contain it, in small letters.
    Contains(String),
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
        let answers = self.terms.iter().map(|(negated, test)| {
            let answer = test.holds(item, now);
            if *negated { answer.map(|holds| !holds) } else { answer }
        });
        all(answers)
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
    fn holds(&self, item: &Item<'_>, now: Instant) -> Option<bool> {
        match self {
            Self::Contains(part) => Some(item.names().iter().any(|name| name.to_lowercase().contains(part))),
            Self::Field(field, wanted) => any(wanted.iter().map(|wanted| wanted.is_met(item, *field, now))),
        }
    }
}

impl Wanted {
    fn is_met(&self, item: &Item<'_>, field: Field, now: Instant) -> Option<bool> {
        if let Self::Flag(flag) = self {
            return item.is(*flag, now);
        }
        match (self, item.value(field, now)) {
            (Self::Nothing, value) => Some(value.is_missing()),
            (Self::Part(part), Value::Texts(texts)) => {
                Some(texts.iter().any(|text| text.to_lowercase().contains(part)))
            }
            (Self::Text(pattern), Value::Texts(texts)) => {
                Some(texts.iter().any(|text| !pattern.matching(&text.to_lowercase()).is_empty()))
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
