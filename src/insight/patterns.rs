//! Patterns with `*` and `?` that match a whole value, many at once.

use std::collections::HashMap;

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

/// Patterns, each with something that it stands for.
#[derive(Clone, Debug)]
pub(crate) struct Patterns<T> {
    exact: HashMap<String, Vec<usize>>,
    wild: Option<GlobSet>,
    /// What the patterns of `wild` stand for, in their order.
    wild_targets: Vec<usize>,
    targets: Vec<T>,
}

impl<T> Patterns<T> {
    /// Compiles all of them once.
    pub(crate) fn new(patterns: impl IntoIterator<Item = (impl AsRef<str>, T)>) -> Self {
        let mut exact = HashMap::<String, Vec<usize>>::new();
        let mut builder = GlobSetBuilder::new();
        let mut wild_targets = Vec::new();
        let mut targets = Vec::new();
        for (pattern, target) in patterns {
            let pattern = pattern.as_ref();
            if pattern.contains(['*', '?']) {
                // Only `*` and `?` are left special, so there is nothing left to refuse.
                if let Ok(glob) = GlobBuilder::new(&quoted(pattern)).backslash_escape(false).build() {
                    builder.add(glob);
                    wild_targets.push(targets.len());
                }
            } else {
                exact.entry(pattern.to_owned()).or_default().push(targets.len());
            }
            targets.push(target);
        }
        let wild = if wild_targets.is_empty() { None } else { builder.build().ok() };
        Self { exact, wild, wild_targets, targets }
    }

    /// Whether there is no pattern at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.targets.is_empty()
    }

    /// What the patterns that match `value` stand for, in the order they were given.
    pub(crate) fn matching(&self, value: &str) -> Vec<&T> {
        if self.is_empty() {
            return Vec::new();
        }
        let mut found = self.exact.get(value).cloned().unwrap_or_default();
        if let Some(wild) = &self.wild {
            found.extend(wild.matches(value).into_iter().map(|index| self.wild_targets[index]));
            found.sort_unstable();
        }
        found.into_iter().map(|index| &self.targets[index]).collect()
    }
}

/// The pattern with everything but `*` and `?` standing for itself.
fn quoted(pattern: &str) -> String {
    let mut quoted = String::with_capacity(pattern.len());
    for character in pattern.chars() {
        match character {
            '[' | ']' | '{' | '}' => quoted.extend(['[', character, ']']),
            // Two stars in a row would mean something else to the library.
            '*' if quoted.ends_with('*') => {}
            other => quoted.push(other),
        }
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_the_whole_value() {
        for (pattern, value, matches) in [
            ("v4.2", "v4.2", true),
            ("v4.2", "v4.2.1", false),
            ("v4.2*", "v4.2.1", true),
            ("v4.2*", "v4.2", true),
            ("*", "", true),
            ("release/*", "release/4.2/fix", true),
            ("**/x", "x", false),
            ("**/x", "a/b/x", true),
            ("PAY-?", "PAY-1", true),
            ("PAY-?", "PAY-12", false),
            ("[a]*", "[a]b", true),
            ("[a]*", "ab", false),
            ("{a,b}*", "ab", false),
            ("a\\*", "a\\b", true),
            ("V4.*", "v4.2", false),
        ] {
            let patterns = Patterns::new([(pattern, ())]);
            assert_eq!(!patterns.matching(value).is_empty(), matches, "{pattern:?} {value:?}");
        }
    }

    #[test]
    fn all_that_match_are_found_in_order() {
        let patterns = Patterns::new([("v4*", 'a'), ("v4.2", 'b'), ("x", 'c'), ("*2", 'd')]);
        assert_eq!(patterns.matching("v4.2"), [&'a', &'b', &'d']);
        assert!(Patterns::<()>::new([] as [(&str, ()); 0]).is_empty());
    }
}
