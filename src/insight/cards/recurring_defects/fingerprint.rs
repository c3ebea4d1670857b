//! What makes two reports the same defect.

use std::collections::BTreeSet;

use crate::domain::{Story, Text};

/// Words that say nothing of what is wrong.
const EMPTY: [&str; 34] = [
    "a", "after", "again", "an", "and", "are", "as", "at", "be", "by", "does", "for", "from", "has", "if",
    "in", "is", "it", "not", "of", "on", "or", "still", "that", "the", "there", "this", "to", "was", "when",
    "while", "with", "without", "bug",
];
/// Words that two different defects may share by chance.
const LEAST_WORDS: usize = 2;

/// Component, and the function that is named, else the words of the title.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fingerprint {
    component: Option<String>,
    function: Option<String>,
    /// In order and each once, where no function is named.
    words: BTreeSet<String>,
    /// The title as it was written first.
    title: Title,
}

/// What it is called: never tells two apart.
#[derive(Clone, Debug)]
struct Title(String);

impl PartialEq for Title {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Title {}

impl PartialOrd for Title {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Title {
    fn cmp(&self, _: &Self) -> std::cmp::Ordering {
        std::cmp::Ordering::Equal
    }
}

impl Fingerprint {
    /// That of a defect; none where its title has too few words and names no function.
    pub(super) fn of(defect: &Story) -> Option<Self> {
        let function = function(&defect.title);
        let words = if function.is_some() { BTreeSet::new() } else { words(&defect.title) };
        let component = defect.component.as_ref().map(|component| component.to_lowercase());
        (function.is_some() || words.len() >= LEAST_WORDS).then(|| Self {
            component,
            function,
            words,
            title: Title(defect.title.to_string()),
        })
    }

    /// That of a test that failed.
    pub(super) fn of_test(name: &Text) -> Option<Self> {
        let plain = without_numbers(name);
        let title = Title(name.to_string());
        (!plain.is_empty()).then_some(Self {
            component: None,
            function: Some(plain),
            words: BTreeSet::new(),
            title,
        })
    }

    /// What it is called.
    pub(super) fn named(&self) -> String {
        self.title.0.clone()
    }

    /// The part of the product, in small letters.
    pub(super) fn component(&self) -> Option<&str> {
        self.component.as_deref()
    }

    /// A function tells it apart.
    pub(super) fn is_function(&self) -> bool {
        self.function.is_some()
    }

    /// Whether a failing test names its function, or all words of it.
    pub(super) fn is_named_by(&self, test: &FailingTest) -> bool {
        match &self.function {
            Some(function) => test.name.contains(function.trim_end_matches("()")),
            None => self.words.is_subset(&test.words),
        }
    }
}

/// The name of a test that failed, read once.
pub(super) struct FailingTest {
    /// In small letters.
    name: String,
    words: BTreeSet<String>,
}

impl FailingTest {
    pub(super) fn of(name: &str) -> Self {
        Self { name: name.to_lowercase(), words: words(name) }
    }
}

/// The function that a title names: `charge()`, `Cart::total`.
fn function(title: &str) -> Option<String> {
    let inside = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | ':' | '.');
    let token = |word: &str| {
        let word = word.trim_matches(|letter: char| !inside(letter) && letter != '(' && letter != ')');
        let word = word.trim_end_matches(['.', ':']);
        let name = word.strip_suffix("()").unwrap_or(word);
        let is_name = !name.is_empty() && name.chars().all(inside) && !name.starts_with(':');
        (is_name && (word.ends_with("()") || name.contains("::"))).then(|| name.to_lowercase())
    };
    title.split_whitespace().find_map(token)
}

/// The words of a title that say something, without numbers and keys.
fn words(title: &str) -> BTreeSet<String> {
    let split = title.split(|letter: char| !(letter.is_alphanumeric() || letter == '-'));
    let plain = split.filter(|word| !word.chars().any(|letter| letter.is_ascii_digit()));
    let parts = plain.flat_map(|word| word.split('-')).map(str::to_lowercase);
    parts.filter(|word| word.chars().count() > 1 && !EMPTY.contains(&word.as_str())).collect()
}

/// A name without the numbers in it, in small letters.
fn without_numbers(name: &str) -> String {
    name.to_lowercase()
        .chars()
        .filter(|letter| !letter.is_ascii_digit())
        .collect::<String>()
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::insight::fixture::now;

    #[test]
    fn what_is_the_same_defect_and_what_is_not() {
        let of = |component: Option<&str>, title: &str| {
            Fingerprint::of(&Story {
                component: component.map(Text::new),
                ..Story::new("PAY-1", title, now())
            })
        };
        let same = of(Some("Cart"), "Total is wrong after refund");
        for (component, title, expected) in [
            (Some("cart"), "After a refund the total is wrong", true),
            (Some("Cart"), "Total is wrong after refund 4711 (PAY-12)", true),
            (Some("Cart"), "Total is wrong after discount", false),
            (Some("Checkout"), "Total is wrong after refund", false),
            (None, "Total is wrong after refund", false),
        ] {
            assert_eq!(of(component, title) == same, expected, "{title}");
        }
        // A function counts, whatever is said of it.
        assert_eq!(of(None, "Crash in `Cart::total()` on empty cart"), of(None, "cart::total is off by one"));
        assert_ne!(of(None, "charge() hangs"), of(None, "refund() hangs"));
        assert_eq!(of(None, "The bug is 42"), None);
        assert_eq!(Fingerprint::of_test(&"refund_2".into()), Fingerprint::of_test(&"Refund_3".into()));
    }
}
