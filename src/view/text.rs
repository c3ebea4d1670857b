//! Text measured and cut in cells, by what a person sees as one character.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Cells that a text takes.
pub(crate) fn width(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.graphemes(true).map(UnicodeWidthStr::width).sum() }
}

/// The text in at most `cells` cells; what is cut ends in `ellipsis`.
pub(crate) fn fit<'a>(text: &'a str, cells: usize, ellipsis: &str) -> Cow<'a, str> {
    if width(text) <= cells {
        return Cow::Borrowed(text);
    }
    let Some(room) = cells.checked_sub(width(ellipsis)) else {
        return Cow::Borrowed("");
    };
    let mut used = 0;
    let mut end = 0;
    for (start, grapheme) in text.grapheme_indices(true) {
        used += grapheme.width();
        if used > room {
            break;
        }
        end = start + grapheme.len();
    }
    Cow::Owned(format!("{}{ellipsis}", text[..end].trim_end()))
}

/// The text in lines of at most `cells` cells, broken between words where that is possible.
pub(crate) fn wrap(text: &str, cells: usize) -> Vec<String> {
    let cells = cells.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        let needed = width(word.trim_end());
        if used + needed > cells && used > 0 {
            lines.push(std::mem::take(&mut line).trim_end().to_owned());
            used = 0;
        }
        if used == 0 && word.trim().is_empty() && !lines.is_empty() {
            continue;
        }
        for grapheme in word.graphemes(true) {
            let needed = grapheme.width();
            if used + needed > cells && grapheme.trim().is_empty() {
                // What would stand beyond the end of the line is not seen.
                continue;
            }
            if used + needed > cells && used > 0 {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push_str(grapheme);
            used += needed;
        }
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line.trim_end().to_owned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn cut_text_ends_in_an_ellipsis_and_never_in_half_a_character() {
        for (text, cells, cut) in [
            ("refund", 6, "refund"),
            ("refund webhook", 8, "refund…"),
            ("refund", 1, "…"),
            ("refund", 0, ""),
            ("支払い画面", 5, "支払…"),
            ("支払い画面", 4, "支…"),
            ("👩‍🚀 launch", 4, "👩‍🚀…"),
            ("e\u{301}e\u{301}e\u{301}", 2, "e\u{301}…"),
        ] {
            assert_eq!(fit(text, cells, "…"), cut, "{text:?} in {cells}");
        }
    }

    #[test]
    fn lines_break_between_words_and_nowhere_else() {
        for (text, cells, lines) in [
            ("slow · slack +1d 16h", 17, &["slow · slack +1d", "16h"][..]),
            ("slow · slack +1d 16h", 14, &["slow · slack", "+1d 16h"]),
            ("one two", 3, &["one", "two"]),
            ("abcdefgh", 3, &["abc", "def", "gh"]),
            ("支払い画面", 4, &["支払", "い画", "面"]),
            ("", 3, &[""]),
        ] {
            assert_eq!(wrap(text, cells), lines, "{text:?} in {cells}");
        }
    }

    proptest! {
        #[test]
        fn nothing_is_wider_than_it_may_be(text in "\\PC*", cells in 0usize..60) {
            prop_assert!(width(&fit(&text, cells, "…")) <= cells);
            let words = |text: &str| text.split_whitespace().collect::<String>();
            let lines = wrap(&text, cells.max(2));
            // One character that is wider than the line has no other place.
            let fits = |line: &String| width(line) <= cells.max(2) || line.graphemes(true).count() == 1;
            prop_assert!(lines.iter().all(fits), "{lines:?}");
            prop_assert_eq!(words(&lines.concat()), words(&text), "no character is lost");
        }
    }
}
