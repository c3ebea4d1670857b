//! Questions in JQL, Jira's query language.
//!
//! Whatever comes from outside is a quoted string here, or digits: nothing can get out of its
//! place. Strings and their escapes: "Advanced searching using JQL", "Reserved characters".

use std::fmt::Write;

use chrono::{Duration, TimeZone};
use chrono_tz::Tz;

use crate::domain::Instant;

/// Most versions that a question names; beyond, Jira is asked for all unreleased ones.
const MOST_VERSIONS: usize = 200;
/// What was changed so long before what is known to be the last change is asked for again: the
/// index that is searched follows the changes with a delay, and minutes are the finest grain.
const OVERLAP_MINUTES: i64 = 5;

/// `raw` as a string in JQL.
pub(super) fn quote(raw: &str) -> String {
    let mut quoted = String::with_capacity(raw.len() + 2);
    quoted.push('"');
    for character in raw.chars() {
        match character {
            '"' | '\\' => {
                quoted.push('\\');
                quoted.push(character);
            }
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            control if u32::from(control) < 0x20 => {
                // Infallible: it is a string that is written to.
                let _ = write!(quoted, "\\u{:04x}", u32::from(control));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// Which issues are read: of `projects`, what is open, what changed in the last `days`, and what
/// is in one of `versions` (their ids).
pub(super) fn of_projects<'a>(
    projects: impl Iterator<Item = &'a str>,
    versions: &[&str],
    days: u32,
) -> String {
    let keys: Vec<String> = projects.map(quote).collect();
    let ids: Vec<&str> = versions.iter().filter(|id| is_id(id)).copied().collect();
    let versions = match ids.len() {
        0 => String::new(),
        1..=MOST_VERSIONS => format!(" OR fixVersion in ({})", ids.join(",")),
        _ => " OR fixVersion in unreleasedVersions()".to_owned(),
    };
    format!(
        "project in ({}) AND (statusCategory != Done OR updated >= \"-{days}d\"{versions})",
        keys.join(",")
    )
}

/// A person's own question as a condition: without its sorting.
pub(super) fn of_person(jql: &str) -> String {
    let jql = jql.trim();
    let mut quote = None;
    let mut escaped = false;
    for (at, character) in jql.char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if character == '\\' => escaped = true,
            Some(mark) if character == mark => quote = None,
            None if matches!(character, '"' | '\'') => quote = Some(character),
            None if is_sorting(jql, at) => return jql[..at].trim_end().to_owned(),
            Some(_) | None => {}
        }
    }
    jql.to_owned()
}

/// `ORDER BY` begins at `at`.
fn is_sorting(jql: &str, at: usize) -> bool {
    let before = jql[..at].chars().next_back();
    if before.is_some_and(|character| !character.is_whitespace() && character != ')') {
        return false;
    }
    let mut words = jql[at..].split_whitespace();
    words.next().is_some_and(|word| word.eq_ignore_ascii_case("order"))
        && words.next().is_some_and(|word| word.eq_ignore_ascii_case("by"))
}

/// `condition`, and changed since shortly before `since`.
///
/// JQL knows minutes, in the time zone of whoever asks. Without knowing that zone it is asked
/// relative to the service's own clock.
pub(super) fn changed_since(condition: &str, since: Instant, zone: Option<Tz>, now: Instant) -> String {
    let from = since - Duration::minutes(OVERLAP_MINUTES);
    let moment = match zone {
        Some(zone) => {
            let local = from.with_timezone(&zone);
            // An hour that clocks go through twice: which one is meant nobody can say.
            let twice = zone.from_local_datetime(&local.naive_local()).single().is_none();
            let local = if twice { (from - Duration::hours(2)).with_timezone(&zone) } else { local };
            local.format("%Y-%m-%d %H:%M").to_string()
        }
        None => format!("-{}m", (now - from).num_minutes().max(0) + 1),
    };
    format!("({condition}) AND updated >= \"{moment}\" ORDER BY updated ASC")
}

/// `condition`, sorted so that what is new comes first and nothing else moves.
pub(super) fn newest_first(condition: &str) -> String {
    format!("({condition}) ORDER BY created DESC")
}

/// The issues with these ids.
pub(super) fn with_ids(ids: &[&str]) -> String {
    let ids: Vec<&str> = ids.iter().filter(|id| is_id(id)).copied().collect();
    format!("id in ({}) ORDER BY created DESC", ids.join(","))
}

/// Whether it is nothing but an id.
pub(super) fn is_id(text: &str) -> bool {
    !text.is_empty() && text.len() <= 20 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use chrono::Utc;
    use proptest::prelude::*;

    use super::*;

    /// Reads a JQL string the way Jira does: up to the first quote that is not escaped.
    fn unquote(jql: &str) -> Option<(String, &str)> {
        let mut rest = jql.strip_prefix('"')?.chars();
        let mut text = String::new();
        loop {
            match rest.next()? {
                '"' => return Some((text, rest.as_str())),
                '\\' => match rest.next()? {
                    'n' => text.push('\n'),
                    'r' => text.push('\r'),
                    't' => text.push('\t'),
                    'u' => {
                        let digits: String = rest.by_ref().take(4).collect();
                        text.push(char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?);
                    }
                    other @ ('"' | '\\' | '\'' | ' ') => text.push(other),
                    _ => return None,
                },
                other => text.push(other),
            }
        }
    }

    proptest! {
        #[test]
        fn nothing_gets_out_of_its_quotes(
            raw in prop_oneof![any::<String>(), "[\"\\\\' )\n\t\u{0}(a-zOR=,]{0,40}"]
        ) {
            let quoted = quote(&raw);
            prop_assert_eq!(unquote(&quoted), Some((raw.clone(), "")));
            let question = of_projects([raw.as_str(), "PAY"].into_iter(), &[raw.as_str()], 90);
            let rest = question.strip_prefix("project in (").unwrap();
            let (read, rest) = unquote(rest).unwrap();
            prop_assert_eq!(read, raw.clone());
            prop_assert!(rest.starts_with(",\"PAY\") AND (statusCategory != Done OR updated >= \"-90d\""));
            prop_assert_eq!(rest.contains("fixVersion"), is_id(&raw));
        }

        #[test]
        fn a_question_of_a_person_never_gets_longer(raw in any::<String>()) {
            prop_assert!(raw.contains(&of_person(&raw)));
        }
    }

    #[test]
    fn projects_and_versions_are_named() {
        assert_eq!(
            of_projects(["PAY", "AUTH"].into_iter(), &["10001", "1) OR (1", ""], 30),
            "project in (\"PAY\",\"AUTH\") AND (statusCategory != Done OR updated >= \"-30d\" \
             OR fixVersion in (10001))"
        );
        let many = vec!["1"; 201];
        assert!(of_projects(["PAY"].into_iter(), &many, 30).ends_with("unreleasedVersions())"));
    }

    #[test]
    fn the_sorting_of_a_person_is_left_out() {
        for (jql, expected) in [
            ("project = PAY order by Rank", "project = PAY"),
            ("(project = PAY)ORDER  BY created", "(project = PAY)"),
            ("ORDER BY created", ""),
            ("summary ~ \"order by\"", "summary ~ \"order by\""),
            ("summary ~ 'it\\'s order by' ORDER BY x", "summary ~ 'it\\'s order by'"),
            ("labels = border by = x", "labels = border by = x"),
        ] {
            assert_eq!(of_person(jql), expected);
        }
    }

    #[test]
    fn changes_are_asked_for_in_the_zone_of_whoever_asks() {
        let at = |month, day, hour, minute| Utc.with_ymd_and_hms(2026, month, day, hour, minute, 30).unwrap();
        let ask = |since, zone| changed_since("a = b OR c = d", since, zone, at(11, 22, 12, 0));
        let noon = at(11, 22, 11, 30);
        for (since, zone, expected) in [
            (noon, Some(Tz::UTC), "2026-11-22 11:25"),
            (noon, Some(Tz::Australia__Sydney), "2026-11-22 22:25"),
            (noon, Some(Tz::America__St_Johns), "2026-11-22 07:55"),
            // In Berlin, 02:30 came twice that day: the question begins before both.
            (at(10, 25, 1, 35), Some(Tz::Europe__Berlin), "2026-10-25 01:30"),
            (at(10, 25, 0, 35), Some(Tz::Europe__Berlin), "2026-10-25 00:30"),
            (at(10, 25, 2, 35), Some(Tz::Europe__Berlin), "2026-10-25 03:30"),
            (noon, None, "-36m"),
        ] {
            let jql = format!("(a = b OR c = d) AND updated >= \"{expected}\" ORDER BY updated ASC");
            assert_eq!(ask(since, zone), jql);
        }
    }
}
