//! Sentences for those who do not know keys: what a key or a number names is called by its title.

use std::borrow::Cow;

use super::Board;

/// What looks like a key and is none.
const STANDARDS: [&str; 8] = ["CVE", "CWE", "HTTP", "IPV", "ISO", "RFC", "SHA", "UTF"];
/// Digits of a commit that is written short, at least; and of a whole one.
const COMMIT: std::ops::RangeInclusive<usize> = 7..=40;

/// What a word of a sentence refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reference {
    /// `PAY-311`
    Item,
    /// `api#812`, `#812`, `api!12`
    PullRequest,
    /// `9f31c2e`
    Commit,
}

impl Reference {
    fn of(word: &str) -> Option<Self> {
        let is_number =
            |digits: &str| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
        if word.rsplit_once(['#', '!']).is_some_and(|(_, number)| is_number(number)) {
            return Some(Self::PullRequest);
        }
        let is_project = |name: &str| {
            name.len() > 1
                && name.starts_with(|first: char| first.is_ascii_uppercase())
                && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
                && !STANDARDS.contains(&name)
        };
        if word.rsplit_once('-').is_some_and(|(project, number)| is_project(project) && is_number(number)) {
            return Some(Self::Item);
        }
        let is_commit = COMMIT.contains(&word.len())
            && word.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
            && word.bytes().any(|byte| byte.is_ascii_digit())
            && word.bytes().any(|byte| byte.is_ascii_alphabetic());
        is_commit.then_some(Self::Commit)
    }

    /// What it is called where nobody knows its title.
    fn word(self) -> &'static str {
        match self {
            Self::Item => "an item",
            Self::PullRequest => "a pull request",
            Self::Commit => "a commit",
        }
    }

    /// Its title; none where nobody or more than one is called so.
    fn title<'a>(self, word: &str, board: &'a Board) -> Option<&'a str> {
        let releases = &board.insight.releases;
        match self {
            Self::Item => {
                let mut stories = releases.iter().flat_map(|release| &release.stories);
                stories.find(|row| row.story.key.as_str() == word).map(|row| &*row.story.title)
            }
            Self::PullRequest => {
                let number: Option<u64> =
                    word.strip_prefix(['#', '!']).and_then(|number| number.parse().ok());
                let rows = releases.iter().flat_map(|release| &release.pull_requests);
                let rows = rows.chain(&board.insight.unassigned).map(|row| &row.pull_request);
                let mut found = rows.filter(|it| match number {
                    Some(_) => it.number == number,
                    None => it.id.as_str() == word,
                });
                let Some(first) = found.next() else {
                    // Analyzers number what they find like pull requests.
                    let mut findings = board.world.findings.iter();
                    return findings.find(|finding| finding.id.as_str() == word).map(|it| &*it.title);
                };
                // One that belongs to several releases is one.
                found.all(|other| other.id == first.id).then_some(&*first.title)
            }
            Self::Commit => None,
        }
    }
}

/// `said` without keys, numbers of pull requests and commits.
pub(super) fn of<'a>(said: &'a str, board: &Board) -> Cow<'a, str> {
    let mut plain = String::new();
    let mut copied = 0;
    let is_part = |character: char| character.is_alphanumeric() || "-_#!/.".contains(character);
    let mut rest = 0;
    while let Some(start) = said[rest..].find(is_part).map(|at| rest + at) {
        let end = said[start..].find(|character| !is_part(character)).map_or(said.len(), |at| start + at);
        rest = end;
        let word = said[start..end].trim_end_matches(['.', '-', '!', '/', '_']);
        let Some(reference) = Reference::of(word) else { continue };
        plain.push_str(&said[copied..start]);
        copied = start + word.len();
        match reference.title(word, board) {
            // The title stands behind it anyway.
            Some(title) if said[copied..].trim_start().starts_with(title) => {
                copied = said.len() - said[copied..].trim_start().len();
            }
            Some(title) => {
                plain.push('"');
                plain.push_str(title);
                plain.push('"');
            }
            None => plain.push_str(reference.word()),
        }
    }
    if copied == 0 {
        return Cow::Borrowed(said);
    }
    plain.push_str(&said[copied..]);
    Cow::Owned(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_key_names_is_called_by_its_title() {
        let board = crate::app::fixture::board();
        for (said, plain) in [
            ("fix PAY-311, then go", "fix \"Refund webhook retries\", then go"),
            ("PAY-311 Refund webhook retries is late", "Refund webhook retries is late"),
            ("waits for AUTH-12.", "waits for an item."),
            ("#999999 waits; api#999999, too", "a pull request waits; a pull request, too"),
            ("built of 9f31c2e", "built of a commit"),
            ("48 of 1234567 in UTF-8, P85 on 27 Nov, T-3", "48 of 1234567 in UTF-8, P85 on 27 Nov, T-3"),
            ("production/eu decade 支払い", "production/eu decade 支払い"),
            ("payments 4.2 out of 4.1-rc.1", "payments 4.2 out of 4.1-rc.1"),
            ("", ""),
        ] {
            assert_eq!(of(said, &board), plain, "{said}");
        }
    }
}
