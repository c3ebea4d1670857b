//! What a commit's message says about the pull request that it brought in.

/// Most stories that are taken from one message.
const MOST_STORIES: usize = 20;
/// How much of a message is looked at, in bytes: closing references stand near its top.
const LOOKED_AT: usize = 8 * 1024;
/// Prefixes that look like a project's key and are none.
const NO_PROJECTS: [&str; 16] = [
    "UTF", "SHA", "ISO", "RFC", "CVE", "CWE", "PEP", "GHSA", "AES", "MD", "UTC", "GMT", "IEEE", "ECMA", "ES",
    "HTTP",
];

/// A message, read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Subject {
    /// Number of the pull request; none where the message names none.
    pub(crate) number: Option<u64>,
    /// What it is about, without the decoration of a forge.
    pub(crate) title: String,
    /// The branch that was merged.
    pub(crate) branch: Option<String>,
    /// Stories that it names: keys of a tracker (`PAY-311`), issues of its own repository as
    /// `#123`, issues of another one as `owner/name#123`.
    pub(crate) stories: Vec<String>,
}

impl Subject {
    /// Reads a message, in whatever encoding: what is no UTF-8 becomes a replacement
    /// character.
    pub(crate) fn parse(message: &[u8]) -> Self {
        let message = String::from_utf8_lossy(&message[..message.len().min(LOOKED_AT)]);
        let message = message.trim_start();
        let (line, body) = message.split_once('\n').unwrap_or((message, ""));
        let line = line.trim();
        let mut subject = merged(line, body).unwrap_or_else(|| squashed(line));
        if subject.title.is_empty() {
            subject.title = subject.branch.as_deref().map(humanised).unwrap_or_default();
        }
        if subject.title.trim().is_empty() {
            "(no subject)".clone_into(&mut subject.title);
        }
        let own = subject.number;
        subject.stories = stories(&subject, line, body);
        subject.stories.retain(|story| own.is_none_or(|number| *story != format!("#{number}")));
        subject
    }
}

/// A branch name as a title: `feature/PAY-311_fix-tls` → `PAY-311 fix tls`.
pub(crate) fn humanised(branch: &str) -> String {
    let name = branch.rsplit('/').next().unwrap_or(branch);
    let characters: Vec<char> = name.chars().collect();
    let words = characters.iter().enumerate().map(|(index, character)| {
        let between = |test: fn(&char) -> bool, side: Option<&char>| side.is_some_and(test);
        // The dash of a story's key stays.
        let in_key = *character == '-'
            && index > 0
            && between(char::is_ascii_uppercase, characters.get(index - 1))
            && between(char::is_ascii_digit, characters.get(index + 1));
        if matches!(character, '-' | '_') && !in_key { ' ' } else { *character }
    });
    words.collect()
}

/// A merge commit of a forge or of git.
fn merged(line: &str, body: &str) -> Option<Subject> {
    let first_of_body = || body.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    // GitHub: `Merge pull request #12 from owner/branch`, the title below.
    if let Some(rest) = line.strip_prefix("Merge pull request #") {
        let (number, rest) = leading_number(rest)?;
        let rest = rest.trim_start();
        if let Some(source) = rest.strip_prefix("from ") {
            let source = source.split_whitespace().next().unwrap_or_default();
            let branch = source.split_once('/').map_or(source, |(_, branch)| branch);
            return Some(Subject {
                number: Some(number),
                title: first_of_body().to_owned(),
                branch: some(branch),
                ..Subject::default()
            });
        }
        // Bitbucket Server: `Merge pull request #12 in PROJECT/repo from branch to main`.
        let branch = rest.split_once(" from ").map(|(_, rest)| rest.split(" to ").next().unwrap_or(rest));
        return Some(Subject {
            number: Some(number),
            title: first_of_body().trim_start_matches("* commit").trim().to_owned(),
            branch: branch.and_then(some),
            ..Subject::default()
        });
    }
    // Bitbucket Cloud: `Merged in branch (pull request #12)`, the title below.
    if let Some(rest) = line.strip_prefix("Merged in ") {
        let (branch, rest) = rest.split_once(" (pull request #")?;
        let (number, _) = leading_number(rest)?;
        return Some(Subject {
            number: Some(number),
            title: first_of_body().to_owned(),
            branch: some(branch),
            ..Subject::default()
        });
    }
    // Azure DevOps: `Merged PR 12: title`.
    if let Some(rest) = line.strip_prefix("Merged PR ") {
        let (number, rest) = leading_number(rest)?;
        let title = rest.strip_prefix(':')?.trim();
        return Some(Subject { number: Some(number), title: title.to_owned(), ..Subject::default() });
    }
    // GitLab and git: `Merge branch 'x' into 'main'`, with `See merge request group/name!12`.
    let rest = line
        .strip_prefix("Merge branch '")
        .or_else(|| line.strip_prefix("Merge remote-tracking branch '"))?;
    let (branch, _) = rest.split_once('\'')?;
    let branch = branch.strip_prefix("origin/").unwrap_or(branch);
    let number = body.lines().rev().find_map(|line| {
        let reference = line.trim().strip_prefix("See merge request ")?;
        leading_number(reference.rsplit_once('!')?.1).map(|(number, _)| number)
    });
    let title = if number.is_some() && !first_of_body().starts_with("See merge request") {
        first_of_body().to_owned()
    } else {
        String::new()
    };
    Some(Subject { number, title, branch: some(branch), ..Subject::default() })
}

/// `Title (#12)`, or any other first line. Of several numbers the last one brought the commit
/// here: the ones before are those that it was taken from.
fn squashed(line: &str) -> Subject {
    let (mut title, mut number) = (line, None);
    while let Some((rest, found)) = trailing_number(title) {
        number = number.or(Some(found));
        title = rest;
    }
    if title.is_empty() {
        title = line;
    }
    Subject { number, title: title.to_owned(), ..Subject::default() }
}

/// Splits `Title (#12)` (GitHub) or `Title (!12)` (GitLab).
fn trailing_number(line: &str) -> Option<(&str, u64)> {
    let inner = line.strip_suffix(')')?;
    let (title, digits) = inner.rsplit_once("(#").or_else(|| inner.rsplit_once("(!"))?;
    let (number, rest) = leading_number(digits)?;
    rest.is_empty().then(|| (title.trim_end(), number))
}

fn leading_number(text: &str) -> Option<(u64, &str)> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let number = text[..digits].parse().ok()?;
    Some((number, &text[digits..]))
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn stories(subject: &Subject, line: &str, body: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut add = |story: String| {
        if found.len() < MOST_STORIES && !found.contains(&story) {
            found.push(story);
        }
    };
    for text in [line, &subject.title, subject.branch.as_deref().unwrap_or_default()] {
        keys(text).for_each(&mut add);
    }
    for text in [line, body] {
        closing_references(text).into_iter().for_each(&mut add);
    }
    found
}

/// Keys of a tracker in `text`: two or more capitals or digits, a dash, a number.
pub(crate) fn keys(text: &str) -> impl Iterator<Item = String> {
    text.split(|character: char| !(character.is_ascii_alphanumeric() || character == '-')).flat_map(|word| {
        let parts: Vec<&str> = word.split('-').collect();
        let mut keys = Vec::new();
        for pair in parts.windows(2) {
            let (project, number) = (pair[0], pair[1]);
            let is_project = project.len() >= 2
                && project.len() <= 10
                && project.starts_with(|character: char| character.is_ascii_uppercase())
                && project.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
            let is_number = !number.is_empty()
                && number.len() <= 7
                && number.bytes().all(|byte| byte.is_ascii_digit())
                && !number.starts_with('0');
            if is_project && is_number && !NO_PROJECTS.contains(&project) {
                keys.push(format!("{project}-{number}"));
            }
        }
        keys
    })
}

/// `Fixes #12`, `closes: #13`, `Resolved owner/name#14`.
fn closing_references(text: &str) -> Vec<String> {
    const WORDS: [&str; 9] =
        ["close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves", "resolved"];
    let mut references = Vec::new();
    let mut closes = false;
    for word in text.split_whitespace() {
        let bare = word.trim_matches(|character: char| matches!(character, ':' | '(' | '*' | '-'));
        if WORDS.contains(&bare.to_ascii_lowercase().as_str()) {
            closes = true;
            continue;
        }
        if closes {
            let reference =
                word.trim_matches(|character: char| matches!(character, ',' | '.' | ';' | ':' | ')' | '('));
            match reference.split_once('#') {
                Some((repository, number))
                    if leading_number(number).is_some_and(|(_, rest)| rest.is_empty())
                        && number.len() <= 9
                        && repository
                            .bytes()
                            .all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte)) =>
                {
                    references.push(reference.to_owned());
                    // `Fixes #1, #2`.
                    closes = word.ends_with(',');
                }
                _ => closes = false,
            }
        }
    }
    references
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn messages_are_read() {
        for (message, number, title, branch, stories) in [
            (
                "Merge pull request #12 from owner/PAY-311-fix-tls\n\nFix TLS\n\nFixes #7",
                Some(12),
                "Fix TLS",
                Some("PAY-311-fix-tls"),
                vec!["PAY-311", "#7"],
            ),
            (
                "Merge pull request #12 from owner/feature/fix_tls",
                Some(12),
                "fix tls",
                Some("feature/fix_tls"),
                vec![],
            ),
            (
                "Merge pull request #4 in PAY/api from fix-tls to main\n\nFix it",
                Some(4),
                "Fix it",
                Some("fix-tls"),
                vec![],
            ),
            ("Fix TLS (#12)", Some(12), "Fix TLS", None, vec![]),
            ("Fix TLS (#12) (#13)", Some(13), "Fix TLS", None, vec![]),
            ("Fix TLS (!12)", Some(12), "Fix TLS", None, vec![]),
            ("Fixes #12: TLS (#13)", Some(13), "Fixes #12: TLS", None, vec!["#12"]),
            (
                "TLS\n\nFixes #12, #14. Closes owner/name#3",
                None,
                "TLS",
                None,
                vec!["#12", "#14", "owner/name#3"],
            ),
            ("TLS (#12)\n\nFixes #12", Some(12), "TLS", None, vec![]),
            (
                "Merge branch 'fix-tls' into 'main'\n\nFix TLS\n\nSee merge request group/sub/name!12",
                Some(12),
                "Fix TLS",
                Some("fix-tls"),
                vec![],
            ),
            (
                "Merge branch 'x-y' into 'main'\n\nSee merge request a/b!3",
                Some(3),
                "x y",
                Some("x-y"),
                vec![],
            ),
            ("Merge branch 'topic'", None, "topic", Some("topic"), vec![]),
            ("Merge remote-tracking branch 'origin/topic'", None, "topic", Some("topic"), vec![]),
            ("Merged in fix (pull request #12)\n\nFix TLS", Some(12), "Fix TLS", Some("fix"), vec![]),
            ("Merged PR 12: Fix TLS", Some(12), "Fix TLS", None, vec![]),
            (
                "PAY-311, UTF-8 and API2-4: done",
                None,
                "PAY-311, UTF-8 and API2-4: done",
                None,
                vec!["PAY-311", "API2-4"],
            ),
            ("(#12)", Some(12), "(#12)", None, vec![]),
            ("", None, "(no subject)", None, vec![]),
            ("Issue (#x)", None, "Issue (#x)", None, vec![]),
            ("Huge (#99999999999999999999999)", None, "Huge (#99999999999999999999999)", None, vec![]),
            ("Merge pull request #x from a/b", None, "Merge pull request #x from a/b", None, vec![]),
        ] {
            let subject = Subject::parse(message.as_bytes());
            assert_eq!(subject.number, number, "{message}");
            assert_eq!(subject.title, title, "{message}");
            assert_eq!(subject.branch.as_deref(), branch, "{message}");
            assert_eq!(subject.stories, stories, "{message}");
        }
    }

    #[test]
    fn a_branch_reads_like_a_title() {
        for (branch, title) in
            [("feature/PAY-311_fix-tls", "PAY-311 fix tls"), ("fix-2-things", "fix 2 things"), ("x", "x")]
        {
            assert_eq!(humanised(branch), title);
        }
    }

    proptest! {
        #[test]
        fn no_message_is_too_strange(
            prefix in prop_oneof![
                Just(""), Just("Merge pull request #"), Just("Merge branch '"), Just("Merged in "), Just("Merged PR "),
            ],
            message in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let mut bytes = prefix.as_bytes().to_vec();
            bytes.extend(message);
            prop_assert!(!Subject::parse(&bytes).title.is_empty());
        }
    }
}
