//! Writing Markdown of what came from outside.

use std::fmt::Write as _;

/// Rows of a table that are written; the rest is counted.
const ROWS: usize = 20;

/// A table under a heading; nothing if it has no rows. What is in its cells is written as it is:
/// [`escape`] it first.
pub(crate) fn table(title: &str, columns: &[&str], mut rows: Vec<Vec<String>>) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let more = rows.len().saturating_sub(ROWS);
    rows.truncate(ROWS);
    let mut out = format!("\n## {title}\n") + &bare_table(columns, &rows);
    if more > 0 {
        let _ = writeln!(out, "\n… and {more} more");
    }
    out
}

/// A table of all `rows`, without a heading. What is in its cells is written as it is, as above.
pub(crate) fn bare_table(columns: &[&str], rows: &[Vec<String>]) -> String {
    let mut out = format!("\n| {} |\n|{}\n", columns.join(" | "), " --- |".repeat(columns.len()));
    for row in rows {
        let _ = writeln!(out, "| {} |", row.join(" | "));
    }
    out
}

/// Takes from outside text what Markdown would read as something else.
pub(crate) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            // A name is shown, nobody is called.
            '@' => out.push('＠'),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' => {
                out.push('\\');
                out.push(character);
            }
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::escape;

    #[test]
    fn a_title_cannot_break_out_of_its_cell() {
        assert_eq!(escape("a|b `c` [d](e) <i>"), "a\\|b \\`c\\` \\[d\\](e) &lt;i&gt;");
        assert_eq!(escape("plain title 4.2"), "plain title 4.2");
    }
}
