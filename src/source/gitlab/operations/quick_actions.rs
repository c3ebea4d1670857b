//! Words of a comment that GitLab would carry out instead of showing.

/// `words` so that they are shown as they were written: a line that begins with `/merge` or
/// another quick action would be carried out, without the guards of an operation. A backslash before
/// the slash is not shown. Blocks of code are never carried out, and are left alone.
pub(super) fn written(words: &str) -> String {
    let mut in_code = false;
    let lines = words.split('\n').map(|line| {
        let bare = line.trim_start();
        if bare.starts_with("```") || bare.starts_with("~~~") {
            in_code = !in_code;
        }
        let is_action = !in_code
            && bare
                .strip_prefix('/')
                .is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_alphabetic()));
        if is_action { format!("{}\\{bare}", &line[..line.len() - bare.len()]) } else { line.to_owned() }
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_no_commands() {
        for (words, expected) in [
            ("looks good", "looks good"),
            ("/merge", "\\/merge"),
            ("please\n  /close\nthanks / bye", "please\n  \\/close\nthanks / bye"),
            ("```\n/approve\n```\n/approve", "```\n/approve\n```\n\\/approve"),
            ("see /usr/bin\n\n", "see /usr/bin\n\n"),
        ] {
            assert_eq!(written(words), expected);
        }
    }
}
