//! The door: every text from outside becomes a [`Text`] before anything else sees it.
//!
//! A title, a branch name or an error message may carry escape sequences that move the
//! cursor, bidirectional overrides that reverse a word, characters without width that hide
//! one, or a megabyte of anything. `Text` can only be made by [`Text::new`], which cleans
//! and bounds, also when it is read back from a file; so whoever prints a `Text` prints
//! what a person can see.

use std::{borrow::Borrow, fmt, ops::Deref, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// One line of text from outside: cleaned, bounded, cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(Arc<str>);

impl Text {
    /// Longest text kept, in characters; a longer one ends in `…`.
    pub const LONGEST: usize = 500;

    /// Cleans `raw` by [`clean`].
    pub fn new(raw: impl AsRef<str>) -> Self {
        Self(clean(raw.as_ref()).into())
    }

    /// The cleaned text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Makes `raw` safe to print on one line of any terminal.
///
/// - line ends, tabs and any other blanks become one space; other control characters become their visible
///   picture (`␛` for escape), those above 127 the replacement character;
/// - what changes direction, has no width or cannot be seen is dropped, and so is a third
///   combining mark on one character;
/// - the result has at most [`Text::LONGEST`] characters and no blank ends.
///
/// Cleaning twice changes nothing.
pub fn clean(raw: &str) -> String {
    cleaned(raw, false, Text::LONGEST)
}

/// [`clean`], but several blanks stay several: for lines in which columns may mean something. The
/// result has at most `longest` characters.
pub(super) fn clean_line(raw: &str, longest: usize) -> String {
    cleaned(raw, true, longest)
}

fn cleaned(raw: &str, keeps_blanks: bool, longest: usize) -> String {
    let mut out = String::with_capacity(raw.len().min(4 * longest));
    let mut length = 0;
    let mut marks = 0;
    // What cannot be seen may be endless, too: look at a bounded part of it only.
    for character in raw.chars().take(16 * longest) {
        let character = match character {
            blank if blank.is_whitespace() => ' ',
            '\u{0}'..='\u{1f}' => char::from_u32(0x2400 + character as u32).unwrap_or('\u{fffd}'),
            '\u{7f}' => '\u{2421}',
            '\u{80}'..='\u{9f}' => '\u{fffd}',
            invisible if is_invisible(invisible) => continue,
            other => other,
        };
        if character == ' ' && (out.is_empty() || (!keeps_blanks && out.ends_with(' '))) {
            continue;
        }
        let is_mark = unicode_width::UnicodeWidthChar::width(character) == Some(0);
        marks = if is_mark { marks + 1 } else { 0 };
        if marks > 2 || (is_mark && out.is_empty()) {
            continue;
        }
        if length == longest {
            out.pop();
            out.truncate(out.trim_end().len());
            out.push('…');
            return out;
        }
        out.push(character);
        length += 1;
    }
    out.truncate(out.trim_end().len());
    out
}

/// Characters that show nothing, or that change how their neighbours are shown.
fn is_invisible(character: char) -> bool {
    matches!(character,
        '\u{ad}' // soft hyphen
        | '\u{34f}' // combining grapheme joiner
        | '\u{61c}' // Arabic letter mark
        | '\u{115f}' | '\u{1160}' | '\u{3164}' | '\u{ffa0}' // Hangul fillers
        | '\u{17b4}' | '\u{17b5}' // Khmer inherent vowels
        | '\u{180b}'..='\u{180f}' // Mongolian selectors
        | '\u{200b}'..='\u{200f}' // zero width, direction marks
        | '\u{202a}'..='\u{202e}' // embeddings and overrides
        | '\u{2060}'..='\u{206f}' // joiners, isolates, deprecated format
        | '\u{2800}' // blank braille: looks like a space, is none
        | '\u{fe00}'..='\u{fe0f}' // variation selectors: terminals disagree on the width
        | '\u{feff}'
        | '\u{fff0}'..='\u{fffb}' // annotation and unassigned specials
        | '\u{1bca0}'..='\u{1bca3}' // shorthand format
        | '\u{1d173}'..='\u{1d17a}' // musical format
        | '\u{e0000}'..='\u{e0fff}' // tags, more variation selectors
    )
}

impl Default for Text {
    fn default() -> Self {
        Self::new("")
    }
}

impl Deref for Text {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl Borrow<str> for Text {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Text {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl From<&str> for Text {
    fn from(raw: &str) -> Self {
        Self::new(raw)
    }
}

impl From<String> for Text {
    fn from(raw: String) -> Self {
        Self::new(raw)
    }
}

impl PartialEq<str> for Text {
    fn eq(&self, other: &str) -> bool {
        self.as_str() == other
    }
}

impl PartialEq<&str> for Text {
    fn eq(&self, other: &&str) -> bool {
        self.as_str() == *other
    }
}

impl fmt::Display for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(&self.0)
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, formatter)
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Cleaned again: a file that was written by us can have been changed by others.
        String::deserialize(deserializer).map(Self::from)
    }
}

/// A word as a shell wants it, for a person to copy.
pub fn shell_word(word: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "-_./:=@%+,#".contains(character);
    // At the beginning of a word it begins a comment.
    if !word.is_empty() && !word.starts_with('#') && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_could_move_the_cursor_is_made_visible() {
        for (raw, cleaned) in [
            ("plain", "plain"),
            ("\u{1b}[31mred\u{1b}[0m", "␛[31mred␛[0m"),
            ("two\r\nlines\tand a tab", "two lines and a tab"),
            ("  blank   ends ", "blank ends"),
            ("bell\u{7}", "bell␇"),
            ("delete\u{7f}", "delete␡"),
            ("\u{9b}31m", "\u{fffd}31m"),
            ("user\u{202e}txt.exe", "usertxt.exe"),
            ("zero\u{200b}width\u{feff}", "zerowidth"),
            ("tag\u{e0041}\u{e007f}", "tag"),
            ("e\u{301}\u{301}\u{301}\u{301}", "e\u{301}\u{301}"),
            ("\u{301}first", "first"),
            ("日本語 ✓", "日本語 ✓"),
        ] {
            assert_eq!(clean(raw), cleaned, "{raw:?}");
        }
    }

    #[test]
    fn a_long_text_is_cut_and_says_so() {
        let cleaned = clean(&"x".repeat(10_000));
        assert_eq!(cleaned.chars().count(), Text::LONGEST);
        assert!(cleaned.ends_with('…'));
        assert_eq!(clean(&"y".repeat(Text::LONGEST)), "y".repeat(Text::LONGEST));
    }

    proptest! {
        #[test]
        fn nothing_unprintable_gets_through(raw in any::<String>()) {
            let cleaned = clean(&raw);
            prop_assert!(!cleaned.chars().any(|c| c.is_control() || is_invisible(c)));
            prop_assert!(cleaned.chars().count() <= Text::LONGEST);
            prop_assert_eq!(cleaned.trim(), &cleaned);
            prop_assert_eq!(clean(&cleaned), cleaned.clone(), "cleaning twice changes nothing");
        }

        #[test]
        fn hostile_characters_never_get_through(
            raw in proptest::collection::vec(
                prop_oneof![
                    0u32..0xa0, 0x200bu32..0x2070, 0xfe00u32..0xff00, 0xe0000u32..0xe0200, 0x300u32..0x370,
                ]
                .prop_filter_map("a character", char::from_u32),
                0..700,
            )
        ) {
            let raw: String = raw.into_iter().collect();
            let cleaned = clean(&raw);
            prop_assert!(!cleaned.chars().any(|c| c.is_control() || is_invisible(c)));
            prop_assert_eq!(clean(&cleaned), cleaned.clone());
        }
    }

    #[test]
    fn words_are_quoted_for_a_shell() {
        for (word, quoted) in [
            ("a-b.sh", "a-b.sh"),
            ("", "''"),
            ("a b", "'a b'"),
            ("it's", "'it'\\''s'"),
            ("api#1", "api#1"),
            ("#1", "'#1'"),
            ("~/x", "'~/x'"),
        ] {
            assert_eq!(shell_word(word), quoted);
        }
    }
}
