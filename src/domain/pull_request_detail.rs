//! What is read of a pull request only when somebody looks closer at it.

use std::sync::Arc;

use super::{Instant, PullRequestId, Text, text::clean_line};

/// What a pull request says, what is asked of it and what it changes. Never part of the facts:
/// it is read when it is looked at, and forgotten.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PullRequestDetail {
    /// Its description, as Markdown.
    pub description: Prose,
    /// Threads of its review that are left open, oldest first, at most [`Self::MOST_THREADS`].
    pub threads: Vec<Thread>,
    /// There are more threads than were read.
    pub more_threads: bool,
    /// The files that it changes, at most [`Self::MOST_FILES`]; none where that could not be read.
    pub files: Option<Vec<ChangedFile>>,
    /// It changes more files than were read.
    pub more_files: bool,
    /// What else was merged into its base lately, where the service tells.
    pub merged_lately: Vec<MergedLately>,
}

impl PullRequestDetail {
    /// Most files that are kept.
    pub const MOST_FILES: usize = 100;
    /// Most open threads that are kept.
    pub const MOST_THREADS: usize = 50;
}

/// A discussion that nobody has resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thread {
    /// The file that it is about.
    pub path: Option<Text>,
    /// The line of that file.
    pub line: Option<u32>,
    /// Who began it.
    pub author: Text,
    /// When.
    pub at: Option<Instant>,
    /// How it begins.
    pub said: Text,
    /// Answers to it.
    pub replies: u32,
    /// The lines that it is about were changed since.
    pub outdated: bool,
    /// Where a person reads it.
    pub url: Option<Text>,
}

/// One file of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChangedFile {
    /// Its path in the repository.
    pub path: Text,
    /// What happened to it.
    pub change: FileChange,
    /// Lines added.
    pub additions: Option<u32>,
    /// Lines deleted.
    pub deletions: Option<u32>,
}

/// What happened to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FileChange {
    /// It is new.
    Added,
    /// Its contents are others.
    Modified,
    /// It is gone.
    Deleted,
    /// It is called otherwise.
    Renamed,
    /// The service did not say, or said something unheard of.
    Unknown,
}

/// Another pull request that was merged, and what it changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergedLately {
    /// Which one.
    pub id: PullRequestId,
    /// Paths of the files that it changed, at most [`PullRequestDetail::MOST_FILES`].
    pub files: Vec<Text>,
}

/// A text of many lines from outside: each line cleaned like a [`Text`], but with its
/// indentation; bounded as a whole. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prose {
    text: Arc<str>,
    is_cut: bool,
}

impl Prose {
    /// Bytes that are kept of it.
    pub const LONGEST: usize = 64 * 1024;
    /// Lines that are kept of it.
    const MOST_LINES: usize = 4_000;
    /// Cells that a line is indented at most.
    const DEEPEST: usize = 40;

    /// Cleans and bounds `raw`.
    pub fn new(raw: impl AsRef<str>) -> Self {
        let mut text = String::new();
        let mut is_cut = false;
        for (index, line) in raw.as_ref().lines().enumerate() {
            let rest = line.trim_start_matches([' ', '\t']);
            let blanks = &line[..line.len() - rest.len()];
            let indent: usize =
                blanks.chars().take(Self::DEEPEST).map(|c| if c == '\t' { 4 } else { 1 }).sum();
            // Who writes does not always break lines: a paragraph is one.
            let cleaned = clean_line(rest, Self::LONGEST);
            if index >= Self::MOST_LINES || text.len() + cleaned.len() + Self::DEEPEST > Self::LONGEST {
                is_cut = true;
                break;
            }
            if !cleaned.is_empty() {
                text.push_str(&" ".repeat(indent.min(Self::DEEPEST)));
            }
            text.push_str(&cleaned);
            text.push('\n');
        }
        text.truncate(text.trim_end().len());
        Self { text: text.into(), is_cut }
    }

    /// The cleaned text; its lines end in `\n`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// It was longer.
    pub fn is_cut(&self) -> bool {
        self.is_cut
    }
}

impl Default for Prose {
    fn default() -> Self {
        Self::new("")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_keeps_its_lines_and_nothing_that_a_terminal_obeys() {
        let long = ["word"; 900].join(" ");
        for (raw, cleaned) in [
            ("# What\r\n\r\n\r\n- one\r\n  - two\r\n", "# What\n\n\n- one\n  - two"),
            ("```\n\tif x {\n\t\ty\n```", "```\n    if x {\n        y\n```"),
            ("a\u{1b}[31mred\u{202e}x", "a␛[31mredx"),
            ("\u{200b}\n\n", ""),
            ("one  two   three", "one  two   three"),
            (&long, &long),
        ] {
            assert_eq!(Prose::new(raw).as_str(), cleaned, "{raw:?}");
        }
    }

    #[test]
    fn prose_is_bounded_in_bytes_lines_and_depth() {
        for raw in
            ["x\n".repeat(100_000), "é".repeat(400).repeat(3) + "\n", format!("{}x", " ".repeat(9_000))]
        {
            let prose = Prose::new(raw.repeat(300));
            assert!(prose.as_str().len() <= Prose::LONGEST);
            assert!(prose.as_str().lines().count() <= Prose::MOST_LINES);
            let depth = |line: &str| line.len() - line.trim_start().len();
            assert!(prose.as_str().lines().all(|line| depth(line) <= Prose::DEEPEST));
        }
        assert!(Prose::new("x\n".repeat(100_000)).is_cut());
        assert!(!Prose::new("x\n".repeat(100)).is_cut());
    }
}
