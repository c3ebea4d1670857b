//! What is kept of the configuration that a deployment goes out with: names of keys, and digests.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::domain::Text;

/// Most keys of one deployment; what follows by name is left out.
pub(crate) const MOST_KEYS: usize = 1_000;

/// Keys with a digest of each value: enough to say whether two are the same, and no more. Values
/// do not leave this function. What is easily guessed is easily guessed from its digest, too.
pub(crate) fn digests<'v>(values: impl IntoIterator<Item = (&'v str, &'v str)>) -> BTreeMap<Text, Text> {
    let mut kept = BTreeMap::new();
    for (key, value) in values {
        let key = Text::new(key);
        if !key.is_empty() {
            kept.insert(key, digest(value));
        }
    }
    while kept.len() > MOST_KEYS {
        kept.pop_last();
    }
    kept
}

/// The first half of the SHA-256 of a value, hexadecimal.
fn digest(value: &str) -> Text {
    use std::fmt::Write as _;
    let mut written = String::with_capacity(32);
    for byte in Sha256::digest(value.as_bytes()).iter().take(16) {
        // Writing to a string cannot fail.
        let _ = write!(written, "{byte:02x}");
    }
    Text::new(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_told_apart_and_not_kept() {
        let one = digests([("URL", "postgres://eu"), ("LEVEL", "info"), ("", "nameless")]);
        let other = digests([("LEVEL", "info"), ("URL", "postgres://us")]);
        assert_eq!(one.keys().map(|key| &**key).collect::<Vec<_>>(), ["LEVEL", "URL"]);
        assert_eq!(one["LEVEL"], other["LEVEL"]);
        assert_ne!(one["URL"], other["URL"]);
        assert!(one.values().all(|value| value.len() == 32 && !value.contains("postgres")));
        let many: Vec<String> = (0..MOST_KEYS + 5).map(|index| format!("{index:05}")).collect();
        assert_eq!(digests(many.iter().map(|key| (key.as_str(), ""))).len(), MOST_KEYS);
    }
}
