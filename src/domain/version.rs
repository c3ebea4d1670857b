//! Versions as tags carry them: recognised, ordered, and the one that comes next.

use std::{cmp::Ordering, fmt::Write};

use chrono::{Datelike, NaiveDate};

/// Longest tag that is looked at, in bytes.
const LONGEST_TAG: usize = 200;
/// Most numbers in one version.
const MOST_NUMBERS: usize = 6;
/// How far back the habits of a project are looked at, in releases.
const HABIT: usize = 10;

/// Words around a version that do not name a project of their own.
const GENERIC: [&str; 10] =
    ["v", "ver", "version", "r", "rel", "release", "releases", "tag", "tags", "stable"];
/// Words that say that a tag is no release, whatever number it carries.
const NO_RELEASE: [&str; 14] = [
    "nightly", "snapshot", "build", "builds", "daily", "weekly", "canary", "ci", "test", "backup", "before",
    "wip", "tmp", "pre",
];
/// Words after a version that say: a release all the same.
const FINAL: [&str; 14] = [
    "final", "release", "ga", "lts", "stable", "post", "hotfix", "p", "patch", "sp", "r", "rev", "update",
    "fix",
];

/// A version: numbers, and what stands behind them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    /// As it is written, without prefix.
    pub(crate) text: String,
    /// Its numbers, most significant first; never empty.
    numbers: Vec<Number>,
    /// What came after the numbers of a release: `-2`, `.post1`, `w` of `1.1.1w`.
    revision: u64,
    /// On the way to a release: `-rc1`, `-beta.2`.
    pub(crate) is_prerelease: bool,
}

/// One number of a version, and how it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Number {
    value: u64,
    /// Digits, where zeros lead; 0 where they do not.
    width: usize,
    /// What stands before it; `'\0'` for the first.
    separator: char,
}

/// A tag, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct VersionTag {
    /// What the tags of one line of releases share: empty for `v1.2`, `foo` for `foo-v1.2`.
    pub(crate) family: String,
    /// The version.
    pub(crate) version: Version,
}

impl VersionTag {
    /// Takes `tag` apart; none where it is no version. A prefix that only repeats `project`
    /// makes no family.
    pub(crate) fn parse(tag: &str, project: &str) -> Option<Self> {
        if tag.len() > LONGEST_TAG {
            return None;
        }
        let starts = tag.char_indices().filter(|(_, character)| character.is_ascii_digit());
        for (start, _) in starts {
            let (prefix, rest) = tag.split_at(start);
            if !begins_version(prefix, rest) {
                continue;
            }
            if let Some(version) = Version::parse(rest) {
                return Some(Self { family: family(prefix, project)?, version });
            }
        }
        None
    }
}

/// Whether a version may begin between `prefix` and `rest`.
fn begins_version(prefix: &str, rest: &str) -> bool {
    let letters = prefix.trim_end_matches(|character: char| character.is_ascii_alphabetic());
    let word = &prefix[letters.len()..];
    if word.is_empty() {
        // Not in the middle of a version.
        let before = prefix.trim_end_matches(['.', '_']);
        let is_inside = before.len() < prefix.len() && before.ends_with(|digit: char| digit.is_ascii_digit());
        return prefix.is_empty() || (prefix.ends_with(is_separator) && !is_inside);
    }
    let stands_alone = letters.is_empty() || letters.ends_with(is_separator);
    let is_generic = GENERIC.contains(&word.to_ascii_lowercase().as_str());
    // `go1.21`: a name glued to a version that has several numbers; not `log4j-2.17`.
    let is_glued =
        letters.is_empty() && rest.trim_start_matches(|digit: char| digit.is_ascii_digit()).starts_with('.');
    stands_alone && (is_generic || is_glued)
}

fn is_separator(character: char) -> bool {
    matches!(character, '-' | '_' | '/' | '@' | '.' | ' ')
}

/// What names the line of releases in `prefix`; none where the prefix says that it is none.
fn family(prefix: &str, project: &str) -> Option<String> {
    let lower = prefix.to_lowercase();
    let mut name = lower.trim_matches(is_separator);
    if name.split(is_separator).any(|word| NO_RELEASE.contains(&word)) {
        return None;
    }
    let project = project.to_lowercase();
    loop {
        let before = name;
        if name == project || GENERIC.contains(&name) {
            return Some(String::new());
        }
        for word in GENERIC {
            if let Some(shorter) = name.strip_suffix(word).filter(|shorter| shorter.ends_with(is_separator)) {
                name = shorter.trim_matches(is_separator);
            }
            if let Some(shorter) = name.strip_prefix(word).filter(|shorter| shorter.starts_with(is_separator))
            {
                name = shorter.trim_matches(is_separator);
            }
        }
        if name == before {
            return Some(name.to_owned());
        }
    }
}

impl Version {
    /// Reads a version that fills the whole of `text`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut numbers: Vec<Number> = Vec::new();
        let mut rest = text;
        let mut separator = '\0';
        loop {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            if digits == 0 || numbers.len() == MOST_NUMBERS {
                return None;
            }
            let value = rest[..digits].parse().ok().filter(|value| *value < u64::MAX / 2)?;
            let width = if digits > 1 && rest.starts_with('0') { digits } else { 0 };
            numbers.push(Number { value, width, separator });
            rest = &rest[digits..];
            let mut ahead = rest.chars();
            let (next, after) = (ahead.next(), ahead.next());
            let is_dated = rest.len() > 1
                && (1990..=2100).contains(&numbers[0].value)
                && numbers.len() < 3
                && rest[1..].bytes().take_while(u8::is_ascii_digit).count() == 2;
            match next {
                Some(character)
                    if after.is_some_and(|digit| digit.is_ascii_digit())
                        && (matches!(character, '.' | '_') || (character == '-' && is_dated)) =>
                {
                    separator = character;
                    rest = &rest[1..];
                }
                _ => break,
            }
        }
        let (revision, is_prerelease) = suffix(rest)?;
        Some(Self { text: text.to_owned(), numbers, revision, is_prerelease })
    }

    /// The numbers alone, as they are written: `2.0` of `2.0-rc1`.
    pub(crate) fn core(&self) -> String {
        written(&self.numbers)
    }

    /// Compares the numbers alone; a missing one is 0.
    pub(crate) fn compare_numbers(&self, other: &Self) -> Ordering {
        compare(&self.numbers, &other.numbers)
    }

    fn value(&self, index: usize) -> u64 {
        self.numbers.get(index).map_or(0, |number| number.value)
    }

    /// The first number in which `next` is higher, if it is a step up.
    fn step_to(&self, next: &Self) -> Option<usize> {
        let index = (0..self.numbers.len().max(next.numbers.len()))
            .find(|&index| self.value(index) != next.value(index))?;
        (next.value(index) > self.value(index)).then_some(index)
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// By numbers; a pre-release before its release, a revision after it.
impl Ord for Version {
    fn cmp(&self, other: &Self) -> Ordering {
        self.compare_numbers(other)
            .then_with(|| other.is_prerelease.cmp(&self.is_prerelease))
            .then_with(|| self.revision.cmp(&other.revision))
            .then_with(|| self.text.cmp(&other.text))
    }
}

fn compare(left: &[Number], right: &[Number]) -> Ordering {
    let value = |numbers: &[Number], index: usize| numbers.get(index).map_or(0, |number| number.value);
    (0..left.len().max(right.len()))
        .map(|index| value(left, index).cmp(&value(right, index)))
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

fn written(numbers: &[Number]) -> String {
    let mut out = String::new();
    for number in numbers {
        if number.separator != '\0' {
            out.push(number.separator);
        }
        let _ = write!(out, "{:0width$}", number.value, width = number.width);
    }
    out
}

/// What the text after the numbers means: a revision, and whether it is a pre-release; none
/// where it is no version after all.
fn suffix(text: &str) -> Option<(u64, bool)> {
    if text.is_empty() || text.starts_with('+') {
        return Some((0, false));
    }
    let is_glued = text.starts_with(|character: char| character.is_ascii_alphabetic());
    let lower = text.trim_start_matches(['-', '.', '_', '~']).to_ascii_lowercase();
    let word = lower.trim_start_matches(|character: char| character.is_ascii_alphabetic());
    let (word, tail) = lower.split_at(lower.len() - word.len());
    let tail = tail.trim_start_matches(['-', '.', '_']);
    if word.is_empty() {
        // `1.2-3`: a revision. `2-1.0` is a name that ends in a number.
        return tail.parse().ok().map(|revision| (revision, false));
    }
    if word == "x" {
        return None;
    }
    if is_glued && tail.is_empty() && word.len() == 1 {
        return Some((u64::from(word.as_bytes()[0] - b'a') + 1, false));
    }
    if FINAL.contains(&word) {
        return Some((tail.parse().unwrap_or(0), false));
    }
    Some((0, true))
}

/// The version that comes after `line`, whose releases are in order, oldest first, each with
/// the day that it went out.
///
/// - A pre-release that is ahead of the last release names the next one: `2.0-rc1` → `2.0`.
/// - Versions that follow the calendar follow it on: the year, month and day of `expected`, numbers that only
///   count go on counting.
/// - Any other version takes the step that was taken most often in the last 10 releases (of two that were taken
///   equally often, the one taken last); with a single release the second number.
/// - Without a release it is `0.1.0`.
///
/// The answer is always higher than the last of `line`.
pub(crate) fn next_version(
    line: &[(Version, NaiveDate)],
    ahead: Option<&Version>,
    expected: NaiveDate,
) -> String {
    let last = line.last();
    if let Some(ahead) =
        ahead.filter(|ahead| last.is_none_or(|(last, _)| ahead.compare_numbers(last).is_gt()))
    {
        return ahead.core();
    }
    let Some((last, _)) = last else {
        return "0.1.0".to_owned();
    };
    let recent = &line[line.len().saturating_sub(HABIT)..];
    let next = if follows_calendar(recent) {
        next_by_calendar(recent, last, expected)
    } else {
        let index = usual_step(recent, 0).unwrap_or_else(|| 1.min(last.numbers.len() - 1));
        step(recent, last, index)
    };
    if compare(&next, &last.numbers).is_gt() {
        return written(&next);
    }
    let mut next = last.numbers.clone();
    if let Some(number) = next.last_mut() {
        number.value += 1;
    }
    written(&next)
}

/// The number that was stepped most often, of those from `first` on.
fn usual_step(recent: &[(Version, NaiveDate)], first: usize) -> Option<usize> {
    let steps: Vec<usize> = recent
        .windows(2)
        .filter_map(|pair| pair[0].0.step_to(&pair[1].0))
        .filter(|index| *index >= first)
        .collect();
    (0..MOST_NUMBERS).filter(|index| steps.contains(index)).max_by_key(|index| {
        (steps.iter().filter(|step| *step == index).count(), steps.iter().rposition(|step| step == index))
    })
}

/// `last` with the number at `index` one higher and zeros behind it, as long as the version
/// that last took this step.
fn step(recent: &[(Version, NaiveDate)], last: &Version, index: usize) -> Vec<Number> {
    let model = recent
        .windows(2)
        .rev()
        .find(|pair| pair[0].0.step_to(&pair[1].0) == Some(index))
        .map_or(last, |pair| &pair[1].0);
    let length = model.numbers.len().max(index + 1);
    (0..length)
        .map(|position| {
            let written = last.numbers.get(position).or(model.numbers.get(position)).copied();
            let written = written.unwrap_or(Number { value: 0, width: 0, separator: '.' });
            let value = match position.cmp(&index) {
                Ordering::Less => last.value(position),
                Ordering::Equal => last.value(position) + 1,
                Ordering::Greater => 0,
            };
            Number { value, ..written }
        })
        .collect()
}

/// Whether the first number is the year in which each of the last five releases went out.
fn follows_calendar(recent: &[(Version, NaiveDate)]) -> bool {
    recent.iter().rev().take(5).all(|(version, day)| {
        let first = version.numbers[0].value;
        let year = u64::from(day.year().unsigned_abs());
        let is_day = version.numbers.len() == 1 && compact_day(first) == Some(*day);
        let is_long = version.numbers.len() > 1 && (first == year || first == year + 1);
        let is_short =
            version.numbers.len() > 1 && first == year % 100 && version.value(1) == u64::from(day.month());
        is_day || is_long || is_short
    })
}

/// The day that `20260115` stands for.
fn compact_day(number: u64) -> Option<NaiveDate> {
    let number = u32::try_from(number).ok()?;
    let year = i32::try_from(number / 10_000).ok().filter(|year| *year >= 1970)?;
    NaiveDate::from_ymd_opt(year, number / 100 % 100, number % 100)
}

fn next_by_calendar(recent: &[(Version, NaiveDate)], last: &Version, expected: NaiveDate) -> Vec<Number> {
    let (year, month, day) =
        (u64::from(expected.year().unsigned_abs()), u64::from(expected.month()), u64::from(expected.day()));
    let mut next = last.numbers.clone();
    if next.len() == 1 {
        next[0].value = year * 10_000 + month * 100 + day;
        return next;
    }
    let mostly = |index: usize, part: fn(NaiveDate) -> u32| {
        let fits =
            recent.iter().filter(|(version, day)| version.value(index) == u64::from(part(*day))).count();
        5 * fits >= 3 * recent.len()
    };
    let year = if next[0].value < 1000 { year % 100 } else { year };
    let by_month = mostly(1, |day| day.month());
    let by_day = by_month && next.len() > 2 && mostly(2, |day| day.day());
    let mut period = vec![year];
    if by_month {
        period.push(month);
    }
    if by_day {
        period.push(day);
    }
    let is_same = period.iter().zip(&next).all(|(value, number)| *value == number.value);
    if is_same {
        let index = usual_step(recent, period.len()).unwrap_or(period.len()).min(next.len() - 1);
        return step(recent, last, index);
    }
    // A new period counts from where the last new period began to count.
    let model = recent
        .windows(2)
        .rev()
        .find(|pair| pair[0].0.step_to(&pair[1].0).is_some_and(|index| index < period.len()))
        .map(|pair| &pair[1].0);
    if let Some(model) = model {
        next.clone_from(&model.numbers);
    }
    for (index, number) in next.iter_mut().enumerate() {
        let counted = model.map_or(u64::from(period.len() == 1 && index == 1), |model| model.value(index));
        number.value = period.get(index).copied().unwrap_or(counted);
    }
    next
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn tags_are_taken_apart() {
        for (tag, family, version, is_prerelease) in [
            ("v1.2.3", "", "1.2.3", false),
            ("1.2", "", "1.2", false),
            ("V3", "", "3", false),
            ("release-2024.01", "", "2024.01", false),
            ("release/v1.2", "", "1.2", false),
            ("board-v1.2.3", "", "1.2.3", false),
            ("board-release-7", "", "7", false),
            ("2024-01-15", "", "2024-01-15", false),
            ("20240115", "", "20240115", false),
            ("release_1_2_3", "", "1_2_3", false),
            ("foo-v1.0.0", "foo", "1.0.0", false),
            ("packages/foo/v1.2.0", "packages/foo", "1.2.0", false),
            ("@scope/name@1.2.0", "scope/name", "1.2.0", false),
            ("log4j-2.17.1", "log4j", "2.17.1", false),
            ("go1.21.3", "go", "1.21.3", false),
            ("foo-2-1.0", "foo-2", "1.0", false),
            ("v2.0.0-rc1", "", "2.0.0-rc1", true),
            ("v2.0.0-rc.1", "", "2.0.0-rc.1", true),
            ("2.0b2", "", "2.0b2", true),
            ("2.0.0-alpha", "", "2.0.0-alpha", true),
            ("4.0.0.Beta1", "", "4.0.0.Beta1", true),
            ("v1.0-SNAPSHOT", "", "1.0-SNAPSHOT", true),
            ("4.0.0.Final", "", "4.0.0.Final", false),
            ("1.1.1w", "", "1.1.1w", false),
            ("1.2.3-2", "", "1.2.3-2", false),
            ("1.2.3.post1", "", "1.2.3.post1", false),
            ("v1.2.3+build.5", "", "1.2.3+build.5", false),
        ] {
            let parsed = VersionTag::parse(tag, "board").unwrap_or_else(|| panic!("{tag}"));
            assert_eq!(
                (parsed.family.as_str(), parsed.version.text.as_str(), parsed.version.is_prerelease),
                (family, version, is_prerelease),
                "{tag}"
            );
        }
        for tag in [
            "",
            "latest",
            "nightly-2024-01-01",
            "build-17",
            "v1.2.x",
            "before-1.2",
            "v",
            "python3",
            "1.2.3.4.5.6.7",
            "v99999999999999999999",
            "é1",
            &"9.".repeat(200),
        ] {
            assert_eq!(VersionTag::parse(tag, "board"), None, "{tag}");
        }
    }

    #[test]
    fn versions_are_in_order() {
        let ordered = [
            "0.9",
            "1.0-alpha",
            "1.0-rc1",
            "1.0",
            "1.0.1",
            "1.1.1a",
            "1.1.1w",
            "1.2.3",
            "1.2.3-1",
            "1.2.3-2",
            "1.10",
            "2",
            "2024.01",
            "2024.02.1",
        ];
        for pair in ordered.windows(2) {
            let [lower, higher] = [pair[0], pair[1]].map(|text| Version::parse(text).unwrap());
            assert!(lower < higher, "{} < {}", pair[0], pair[1]);
        }
    }

    #[test]
    fn the_next_version_does_what_the_past_ones_did() {
        for (line, ahead, expected, next) in [
            ("", "", "2026-11-22", "0.1.0"),
            ("", "0.3.0-rc1", "2026-11-22", "0.3.0"),
            ("1.2.0@2026-10-01", "", "2026-11-22", "1.3.0"),
            ("5@2026-10-01", "", "2026-11-22", "6"),
            ("4.1@2026-08-01 4.2@2026-10-01", "", "2026-11-22", "4.3"),
            // What most steps did, and written as that step writes.
            ("1.0.0@2026-08-01 1.1.0@2026-09-01 1.2.0@2026-10-01", "", "2026-11-22", "1.3.0"),
            ("1.0.0@2026-08-01 1.0.1@2026-09-01 1.0.2@2026-10-01", "", "2026-11-22", "1.0.3"),
            ("4.1@2026-07-01 4.2@2026-08-01 4.2.1@2026-09-01", "", "2026-11-22", "4.2.2"),
            ("4.0@2026-06-01 4.1@2026-07-01 4.2@2026-08-01 4.2.1@2026-09-01", "", "2026-11-22", "4.3"),
            ("120.0@2026-08-01 121.0@2026-09-01 122.0@2026-10-01", "", "2026-11-22", "123.0"),
            // A pre-release says it itself, unless it is behind.
            ("1.8.0@2026-08-01 1.9.0@2026-10-01", "2.0.0-rc2", "2026-11-22", "2.0.0"),
            ("1.8.0@2026-08-01 1.9.0@2026-10-01", "1.9.0-rc2", "2026-11-22", "1.10.0"),
            // The calendar.
            ("2026.08@2026-08-05 2026.09@2026-09-03", "", "2026-10-04", "2026.10"),
            ("2026.09@2026-09-05 2026.10@2026-10-03", "", "2027-01-04", "2027.1"),
            ("26.04@2026-04-20 26.10@2026-10-20", "", "2027-04-20", "27.4"),
            ("22.04@2022-04-20 22.10@2022-10-20 23.04@2023-04-20", "", "2023-10-20", "23.10"),
            ("2026.9.0@2026-09-01 2026.9.1@2026-09-09", "", "2026-09-20", "2026.9.2"),
            ("2026.8.0@2026-08-01 2026.9.0@2026-09-01 2026.9.1@2026-09-09", "", "2026-10-02", "2026.10.0"),
            ("2026-09-01@2026-09-01 2026-10-01@2026-10-01", "", "2026-11-03", "2026-11-03"),
            ("20260901@2026-09-01 20261001@2026-10-01", "", "2026-11-03", "20261103"),
            ("2026.1@2026-04-09 2026.2@2026-07-20", "", "2026-11-22", "2026.3"),
            ("2025.2@2025-07-20 2025.3@2025-11-20 2026.1@2026-04-09", "", "2027-04-01", "2027.1"),
            // Late or twice in one period: still higher than the last.
            ("2026.10@2026-10-01 2026.11@2026-11-01", "", "2026-11-22", "2026.12"),
        ] {
            let line: Vec<_> = line
                .split_whitespace()
                .map(|entry| {
                    let (version, date) = entry.split_once('@').unwrap();
                    (Version::parse(version).unwrap(), day(date))
                })
                .collect();
            let ahead = Version::parse(ahead);
            assert_eq!(next_version(&line, ahead.as_ref(), day(expected)), next, "{line:?}");
        }
    }

    proptest! {
        #[test]
        fn the_next_version_is_higher_than_the_last(
            line in proptest::collection::vec(
                (proptest::collection::vec(prop_oneof![0u64..30, 2020u64..2030], 1..4), 0i32..3000), 1..12),
            later in 0i32..4000,
        ) {
            let start = day("2020-01-01");
            let date = |days: i32| start + chrono::Duration::days(days.into());
            let mut line: Vec<_> = line
                .into_iter()
                .map(|(numbers, days)| {
                    let text = numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(".");
                    (Version::parse(&text).unwrap(), date(days))
                })
                .collect();
            line.sort();
            let next = Version::parse(&next_version(&line, None, date(later))).unwrap();
            prop_assert!(next > line.last().unwrap().0);
        }

        #[test]
        fn no_tag_is_too_strange(tag in any::<String>(), project in "[a-z]{0,3}") {
            let _ = VersionTag::parse(&tag, &project);
        }

        #[test]
        fn what_looks_like_a_tag_is_read_without_harm(tag in "[a-zA-Z0-9._/@+é-]{0,40}") {
            if let Some(parsed) = VersionTag::parse(&tag, "board") {
                prop_assert!(tag.ends_with(&parsed.version.text));
            }
        }
    }
}
