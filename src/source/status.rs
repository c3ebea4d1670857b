//! What the words mean that people write as a status.

use crate::domain::Category;

/// Words by what they mean, in small letters, blanks for `-` and `_`.
const WORDS: [(Category, &[&str]); 6] = [
    (
        Category::ToDo,
        &[
            "to do",
            "todo",
            "open",
            "new",
            "backlog",
            "planned",
            "not started",
            "reopened",
            "created",
            "selected for development",
            "ready for development",
        ],
    ),
    (
        Category::InProgress,
        &[
            "in progress",
            "doing",
            "started",
            "in development",
            "developing",
            "in work",
            "active",
            "wip",
            "ongoing",
            "assigned",
            "blocked",
            "on hold",
        ],
    ),
    (
        Category::InReview,
        &[
            "in review",
            "review",
            "reviewing",
            "code review",
            "in code review",
            "ready for review",
            "waiting for review",
        ],
    ),
    (
        Category::InTest,
        &[
            "in test",
            "in testing",
            "test",
            "testing",
            "in qa",
            "qa",
            "ready for test",
            "ready for testing",
            "ready for qa",
            "in verification",
            "verification",
            "verifying",
        ],
    ),
    (
        Category::Done,
        &[
            "done",
            "closed",
            "resolved",
            "finished",
            "complete",
            "completed",
            "fixed",
            "verified",
            "accepted",
            "merged",
            "released",
            "shipped",
        ],
    ),
    (
        Category::Dropped,
        &[
            "dropped",
            "cancelled",
            "canceled",
            "won't do",
            "wont do",
            "won't fix",
            "wont fix",
            "wontfix",
            "rejected",
            "declined",
            "duplicate",
            "invalid",
            "abandoned",
            "not planned",
            "obsolete",
        ],
    ),
];

/// What `status` means; none for a word unheard of.
pub(super) fn category(status: &str) -> Option<Category> {
    let plain = status.to_lowercase().replace(['-', '_'], " ").replace('’', "'");
    WORDS.iter().find(|(_, words)| words.contains(&plain.trim())).map(|(category, _)| *category)
}

/// The first word for a category.
pub(super) fn name(category: Category) -> &'static str {
    let known = WORDS.iter().find(|(named, _)| *named == category);
    known.and_then(|(_, words)| words.first()).copied().unwrap_or("unknown")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn words_mean_one_thing_each_however_they_are_spelt() {
        for (written, meaning) in [
            ("To Do", Some(Category::ToDo)),
            ("IN_PROGRESS", Some(Category::InProgress)),
            ("in-review", Some(Category::InReview)),
            ("Ready for QA", Some(Category::InTest)),
            ("Done", Some(Category::Done)),
            ("Won’t fix", Some(Category::Dropped)),
            ("almost done", None),
            ("", None),
        ] {
            assert_eq!(category(written), meaning, "{written}");
        }
        let words: Vec<_> = WORDS.iter().flat_map(|(_, words)| words.iter()).collect();
        assert_eq!(words.iter().collect::<BTreeSet<_>>().len(), words.len());
        for (meaning, words) in WORDS {
            assert!(words.iter().all(|word| category(word) == Some(meaning)));
            assert_eq!(category(name(meaning)), Some(meaning));
        }
    }
}
