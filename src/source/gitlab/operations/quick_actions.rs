//! Words of a comment that GitLab would carry out instead of showing.
//!
//! GitLab has two readers of quick actions, and a server has one or both of them:
//!
//! - one of patterns (`lib/gitlab/quick_actions/extractor.rb`): a line that begins with a slash
//!   and a name is carried out, unless a pattern took it up before: a block from a line that
//!   begins with three backticks *up to a line that is three backticks*, anything between two
//!   backticks, a tag alone on its line up to a closing tag alone on its line, `>>>` up to
//!   `>>>`. A block that is not closed is no block, so what is in it is carried out, as is what is
//!   in a comment of HTML. Carriage returns are taken out before it looks, and letters are
//!   compared whatever their case, also those that only fold to a plain one;
//! - one of Markdown (`lib/banzai/filter/quick_action_filter.rb`): the same lines, in paragraphs.
//!
//! So nothing here rests on what is a block, but for the one form on which both readers agree.

/// Fence of a block of code.
const FENCE: &str = "```";

/// `words` so that they are shown as they were written: a line that begins with a slash would be
/// carried out as a quick action, without the guards of an operation. A backslash before the
/// slash is not shown in text; in a block of code it is, and so the lines of a block are left alone
/// where every reader of GitLab takes them for code.
pub(super) fn written(words: &str) -> String {
    // A line that ends in one is the same line for GitLab, and so is one that begins with one.
    let words = words.replace('\r', "");
    let lines: Vec<&str> = words.split('\n').collect();
    let mut safe: Vec<String> = Vec::with_capacity(lines.len());
    let mut are_blocks_plain = true;
    while let Some(&line) = lines.get(safe.len()) {
        let block = if are_blocks_plain { block(&lines[safe.len()..]) } else { 0 };
        if block > 0 {
            safe.extend(lines[safe.len()..].iter().take(block).map(|line| (*line).to_owned()));
            continue;
        }
        are_blocks_plain &= is_plain(line, safe.is_empty());
        safe.push(escaped(line));
    }
    safe.join("\n")
}

/// A line that begins with a slash, after whatever looks like nothing, with a backslash before it.
fn escaped(line: &str) -> String {
    let bare = line.trim_start_matches(|first: char| first.is_whitespace() || first.is_control());
    if bare.starts_with('/') {
        format!("{}\\{bare}", &line[..line.len() - bare.len()])
    } else {
        line.to_owned()
    }
}

/// How many of `lines` are a block of code at their beginning, for every reader: from a line of three
/// backticks and a word at most, up to the first line that is three backticks, with something
/// between them and no further fence of any kind there.
fn block(lines: &[&str]) -> usize {
    let Some((first, rest)) = lines.split_first() else { return 0 };
    let is_name =
        |name: &str| name.chars().all(|letter| letter.is_ascii_alphanumeric() || "+-_.".contains(letter));
    if !first.strip_prefix(FENCE).is_some_and(is_name) {
        return 0;
    }
    match rest.iter().position(|line| line.contains(FENCE)) {
        // The pattern wants at least one line between two bare fences.
        Some(last) if last > 0 && rest[last] == FENCE => last + 2,
        _ => 0,
    }
}

/// Whether `line` begins nothing that could swallow the fence of a block further down, for one
/// reader at least: code in a line or of another fence, HTML, a quote, mathematics, or the head of a
/// document.
fn is_plain(line: &str, is_first: bool) -> bool {
    let is_head = is_first && ["---", "+++", ";;;"].iter().any(|fence| line.trim().starts_with(fence));
    !is_head && !line.contains(['`', '<', '>', '~', '$'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_no_commands() {
        for (case, words, expected) in [
            ("nothing", "", ""),
            ("plain words", "looks good", "looks good"),
            ("a slash within a line", "see /usr/bin\n\n", "see /usr/bin\n\n"),
            ("an action", "/merge", "\\/merge"),
            ("any name, whatever it begins with", "/1st\n/ſpend 1d\n//", "\\/1st\n\\/ſpend 1d\n\\//"),
            ("large letters", "/MERGE", "\\/MERGE"),
            ("in further lines", "please\n  /close\nthanks / bye", "please\n  \\/close\nthanks / bye"),
            ("after blanks that nobody sees", "\t\u{a0}\u{b}/close", "\t\u{a0}\u{b}\\/close"),
            (
                "returns are no letters",
                "a\r\n/close\r\n\r/merge\n/\rmerge",
                "a\n\\/close\n\\/merge\n\\/merge",
            ),
            ("it was escaped already", "\\/close", "\\/close"),
            (
                "a block of code is shown as it is",
                "```\n/approve\n```\n/approve",
                "```\n/approve\n```\n\\/approve",
            ),
            (
                "one after the other",
                "a\n```sh\n/a\n```\nb\n```c++\n/b\n\n```\n/c",
                "a\n```sh\n/a\n```\nb\n```c++\n/b\n\n```\n\\/c",
            ),
            ("a block that is not closed is none", "```\n/merge", "```\n\\/merge"),
            ("nor is one that is closed by more", "```\n/merge\n````", "```\n\\/merge\n````"),
            ("or by less", "```\n/merge\n``", "```\n\\/merge\n``"),
            ("or further in", "```\n/merge\n  ```", "```\n\\/merge\n  ```"),
            ("or with a blank behind it", "```\n/merge\n``` ", "```\n\\/merge\n``` "),
            ("or closed for one reader only", "```\na\n  ```\n/merge\n```", "```\na\n  ```\n\\/merge\n```"),
            ("or begun further in", "  ```\n/merge\n```", "  ```\n\\/merge\n```"),
            ("or begun by more", "````\n/merge\n```\n````", "````\n\\/merge\n```\n````"),
            ("or begun with code in its line", "```a`b\n/merge\n```", "```a`b\n\\/merge\n```"),
            ("nothing between bare fences", "```\n```\n/merge\n```", "```\n```\n\\/merge\n```"),
            ("the other fence", "~~~\n/merge\n~~~", "~~~\n\\/merge\n~~~"),
            ("one fence in the other", "~~~\n```\n~~~\n/merge\n```", "~~~\n```\n~~~\n\\/merge\n```"),
            ("code before swallows the fence", "a ` b\n```\n/merge\n```", "a ` b\n```\n\\/merge\n```"),
            ("code over lines", "`\n/merge\n`", "`\n\\/merge\n`"),
            ("a comment of HTML", "<!--\n/merge\n-->", "<!--\n\\/merge\n-->"),
            ("which may hold a fence", "<!--\n```\n-->\n/merge\n```", "<!--\n```\n-->\n\\/merge\n```"),
            ("a tag, closed or not", "<pre>\n/merge\n</pre>", "<pre>\n\\/merge\n</pre>"),
            ("quotes", ">>>\n/merge\n>>>\n> /merge", ">>>\n\\/merge\n>>>\n> /merge"),
            ("code by its indent", "a\n\n    /merge", "a\n\n    \\/merge"),
            ("mathematics", "$$\n```\n$$\n/merge\n```", "$$\n```\n$$\n\\/merge\n```"),
            ("the head of a document", "---\n```\n---\n/merge\n```", "---\n```\n---\n\\/merge\n```"),
        ] {
            assert_eq!(written(words), expected, "{case}");
        }
    }

    #[test]
    fn whatever_is_written_nothing_but_a_closed_block_begins_with_a_slash() {
        // All texts of six lines of these: for the reader of patterns, the fences that are left are
        // where it finds a block.
        const LINES: [&str; 5] = ["/merge", "```", "```sh", "`", "<b>"];
        for number in 0..LINES.len().pow(6) {
            let pick = |place: u32| LINES[number / LINES.len().pow(place) % LINES.len()];
            let words = (0..6).map(pick).collect::<Vec<_>>().join("\n");
            assert_eq!(carried_out(&written(&words)), 0, "{words}");
        }
        assert_eq!(carried_out("/merge\n```\n/merge\n```\n/merge"), 2, "the reader of this test reads");
    }

    /// Lines that GitLab's reader of patterns would carry out, taken from its order: at each place a
    /// block of code first, then code between backticks, then HTML, then an action.
    fn carried_out(text: &str) -> usize {
        let (mut at, mut found) = (0, 0);
        while at < text.len() {
            let rest = &text[at..];
            let begins = at == 0 || text.as_bytes()[at - 1] == b'\n';
            let until = |from: usize, end: &str, is_line_end: bool| {
                let mut places =
                    rest.get(from..)?.match_indices(end).map(|(place, _)| from + place + end.len());
                places.find(|end| !is_line_end || matches!(rest.as_bytes().get(*end), None | Some(b'\n')))
            };
            let block = if begins && rest.starts_with("```") { until(4, "\n```", true) } else { None };
            let code = || if rest.starts_with('`') { until(2, "`", false) } else { None };
            let tag = || if begins && rest.starts_with("<b>\n") { until(5, "\n</b>", true) } else { None };
            if let Some(length) = block.or_else(code).or_else(tag) {
                at += length;
            } else {
                found += usize::from(begins && rest.starts_with("/merge"));
                at += 1;
            }
        }
        found
    }
}
