//! Which issues a merge request will close: what its description says.
//!
//! GitLab's default pattern (`Closes #4`, `fixes: acme/api#7 and #8`; "Default closing pattern"
//! in its documentation of issues). A server may have another one; reading what it makes of it
//! would take a request for each merge request.

use crate::domain::Text;

/// Most issues that one merge request closes.
const MOST: usize = 20;
/// How much of a description is looked at, in words.
const LOOKED_AT: usize = 10_000;

const VERBS: [&str; 16] = [
    "close",
    "closes",
    "closed",
    "closing",
    "fix",
    "fixes",
    "fixed",
    "fixing",
    "resolve",
    "resolves",
    "resolved",
    "resolving",
    "implement",
    "implements",
    "implemented",
    "implementing",
];

/// Projects (empty: this one) and numbers of the issues that `description` says it closes.
pub(super) fn closed_by(description: &str) -> Vec<(Text, u64)> {
    let mut found: Vec<(Text, u64)> = Vec::new();
    let mut is_closing = false;
    for word in description.split_whitespace().take(LOOKED_AT) {
        let bare = word.trim_matches(|character: char| ",.;:!()[]*_".contains(character));
        let lower = bare.to_ascii_lowercase();
        if VERBS.contains(&lower.as_str()) {
            is_closing = true;
        } else if let Some(reference) = reference(bare).filter(|_| is_closing) {
            if !found.contains(&reference) && found.len() < MOST {
                found.push(reference);
            }
        } else if !matches!(lower.as_str(), "and" | "issue" | "issues" | "") {
            is_closing = false;
        }
        // A sentence ends what a verb began.
        is_closing &= !word.ends_with(['.', ';']);
    }
    found
}

/// `#12`, `acme/api#12` or the address of an issue.
fn reference(word: &str) -> Option<(Text, u64)> {
    let (project, number) = if let Some(split) = word.split_once('#') {
        split
    } else {
        let path = word.strip_prefix("https://")?.split_once('/')?.1;
        path.split_once("/-/issues/").or_else(|| path.split_once("/issues/"))?
    };
    let is_path = project.chars().all(|character| character.is_alphanumeric() || "-_./".contains(character));
    Some((Text::new(project), number.parse().ok().filter(|number| *number > 0 && is_path)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_say_what_they_close() {
        for (description, expected) in [
            ("Closes #12", &["#12"][..]),
            ("closes: #12, #13 and acme/api#4.", &["#12", "#13", "acme/api#4"]),
            ("Fixes issue #3\n\nRelated to #9", &["#3"]),
            ("Related to #9", &[]),
            ("Resolves https://gitlab.example.com/acme/shop/-/issues/77", &["acme/shop#77"]),
            ("This fixes the bug seen in #5", &[]),
            ("Closes #12. See #13", &["#12"]),
            ("Implements #x and closes #0", &[]),
            ("Closes #1 closes #1", &["#1"]),
            ("", &[]),
        ] {
            let found: Vec<String> = closed_by(description)
                .iter()
                .map(|(project, number)| format!("{project}#{number}"))
                .collect();
            assert_eq!(found, expected, "{description}");
        }
    }
}
