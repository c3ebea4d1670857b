//! Values of settings: how they are read, and how they are written.

use std::{
    collections::BTreeSet,
    fmt,
    ops::Range,
    path::{Path, PathBuf},
    time::Duration,
};

use chrono::{NaiveDate, NaiveTime, Weekday};
use chrono_tz::Tz;
use globset::GlobBuilder;
use reqwest::Url;
use toml::{Spanned, de::DeValue};

use super::{
    complaint::nearest,
    document::{Moment, describe, moment_of, number_of, text_of},
    duration::{self, format_duration, parse_duration},
    setting::{DAY, Kind, Setting},
};
use crate::domain::{Hours, Severity, clean};

/// What a setting holds.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Text(String),
    Flag(bool),
    Share(f64),
    Count(u64),
    Duration(Duration),
    Texts(Vec<String>),
    Zone(Tz),
    Week(Vec<Weekday>),
    Hours(Hours),
    Days(BTreeSet<NaiveDate>),
    Severities(Vec<Severity>),
    Path(PathBuf),
    Patterns(Vec<FilePattern>),
    Url(Url),
    Addresses(Vec<Url>),
}

/// Files: a path, or all that match a pattern beneath a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePattern {
    /// The file; where there is a pattern, the directory that it starts from.
    pub base: PathBuf,
    /// A pattern with `*`, `?` and `**`, relative to `base`; empty for a single file.
    pub pattern: String,
}

impl FilePattern {
    /// Reads `written`, relative to `directory`. The parts before the first one with a wildcard
    /// are taken as they are, so that odd characters in them are no wildcards.
    fn new(written: &str, start: Base<'_>) -> Self {
        let is_wild = |part: &str| part.contains(['*', '?', '[', '{']);
        let parts: Vec<&str> = written.split('/').collect();
        let plain = parts.iter().position(|part| is_wild(part)).unwrap_or(parts.len());
        let base = parts[..plain].join("/");
        let base = if plain > 0 && base.is_empty() { "/".to_owned() } else { base };
        Self { base: start.join(&base), pattern: parts[plain..].join("/") }
    }
}

impl fmt::Display for FilePattern {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pattern.as_str() {
            "" => write!(formatter, "{}", self.base.display()),
            pattern => write!(formatter, "{}", self.base.join(pattern).display()),
        }
    }
}

/// Where paths start that are not absolute.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Base<'a> {
    /// The directory of what names the path.
    pub(crate) directory: &'a Path,
    /// What `~/` stands for: no shell reads a file.
    pub(crate) home: Option<&'a Path>,
}

impl Base<'_> {
    /// `written` as seen from here, without needless dots.
    pub(super) fn join(self, written: &str) -> PathBuf {
        let path = match (self.home, written.strip_prefix("~/")) {
            (Some(home), Some(rest)) => home.join(rest),
            _ => self.directory.join(written),
        };
        path.components().collect()
    }
}

/// Hours of a day as they are written: `09:00-17:00`.
fn hours(written: &str) -> Option<Hours> {
    let (from, until) = written.split_once('-')?;
    let time = |written: &str| NaiveTime::parse_from_str(written.trim(), "%H:%M").ok();
    Some(Hours { from: time(from)?, until: time(until)? })
}

/// Weekdays as they are written.
const WEEKDAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Mon),
    ("tue", Weekday::Tue),
    ("wed", Weekday::Wed),
    ("thu", Weekday::Thu),
    ("fri", Weekday::Fri),
    ("sat", Weekday::Sat),
    ("sun", Weekday::Sun),
];

/// Severities as they are written.
pub(crate) const SEVERITIES: [(&str, Severity); 4] = [
    ("critical", Severity::Critical),
    ("high", Severity::High),
    ("medium", Severity::Medium),
    ("low", Severity::Low),
];

/// Longest question to a service, in bytes: what services accept in an address.
const LONGEST_QUERY: usize = 8_000;

/// Why a value does not fit: what is wrong, and what to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Misfit {
    /// Where the part stands that does not fit, if it is not the whole value.
    pub(crate) part: Option<Range<usize>>,
    pub(crate) what: String,
    pub(crate) next_step: String,
}

impl Setting {
    /// Reads `value`; relative paths start at `base`.
    pub(crate) fn read(&self, value: &DeValue<'_>, base: Base<'_>) -> Result<Value, Misfit> {
        let expected = |expected: &str| Misfit {
            part: None,
            what: format!("`{}` must be {expected}, not {}", self.key, describe(value)),
            next_step: String::new(),
        };
        // Of a list, the item that does not fit is named; the value itself if it is no list.
        let expected_items = |expected: &str, item: Option<&Spanned<DeValue<'_>>>| Misfit {
            part: item.map(Spanned::span),
            what: format!(
                "`{}` must be {expected}, not {}",
                self.key,
                describe(item.map_or(value, Spanned::get_ref))
            ),
            next_step: String::new(),
        };
        // What may hold a password is not repeated.
        let secret = |expected: &str| Misfit {
            part: None,
            what: format!("`{}` must be {expected}", self.key),
            next_step: "a user or a password belongs into no address but that of a proxy".to_owned(),
        };
        let text = || value.as_str().map(clean).filter(|text| !text.is_empty());
        match &self.kind {
            Kind::Text => text().map(Value::Text).ok_or_else(|| expected("a text that is not empty")),
            Kind::Flag => value.as_bool().map(Value::Flag).ok_or_else(|| expected("true or false")),
            Kind::Share => number_of(value)
                .filter(|share| *share <= 1.0)
                .map(Value::Share)
                .ok_or_else(|| expected("a share from 0 to 1")),
            Kind::Count(range) => number_of(value)
                .filter(|count| count.fract() == 0.0)
                .map(|count| count as u64)
                .filter(|count| range.contains(count))
                .map(Value::Count)
                .ok_or_else(|| {
                    expected(&format!("a whole number from {} to {}", range.start(), range.end()))
                }),
            Kind::Duration(range, multiple) => {
                let duration =
                    value.as_str().and_then(parse_duration).ok_or_else(|| expected(duration::EXAMPLES))?;
                if !range.contains(&duration.as_secs()) {
                    let written = |seconds| format_duration(Duration::from_secs(seconds));
                    let (least, most) = (written(*range.start()), written(*range.end()));
                    return Err(expected(&format!("from {least} to {most}")));
                }
                if !duration.as_secs().is_multiple_of(*multiple) {
                    return Err(expected(if *multiple == DAY { "whole days" } else { "whole hours" }));
                }
                Ok(Value::Duration(duration))
            }
            Kind::Texts => list(value, |item| text_of(item).map(|text| text.to_string()))
                .map(Value::Texts)
                .map_err(|item| expected_items("a list of texts", item)),
            Kind::Zone => {
                let written = text().ok_or_else(|| expected("a time zone such as \"Europe/Berlin\""))?;
                zone(&written).map(Value::Zone).map_err(|near| Misfit {
                    part: None,
                    what: format!("unknown time zone \"{written}\"{near}"),
                    next_step: "names are those of the IANA database, such as \"Europe/Berlin\" or \"UTC\""
                        .to_owned(),
                })
            }
            Kind::Week => {
                let days: Vec<Weekday> = list(value, |item| word(item, &WEEKDAYS)).map_err(|item| {
                    expected_items(
                        "a list of weekdays (\"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\", \"sun\")",
                        item,
                    )
                })?;
                let unique: BTreeSet<u32> = days.iter().map(Weekday::num_days_from_monday).collect();
                if days.is_empty() || unique.len() < days.len() {
                    return Err(expected("at least one weekday, none of them twice"));
                }
                Ok(Value::Week(days))
            }
            Kind::Hours => value
                .as_str()
                .and_then(hours)
                .map(Value::Hours)
                .ok_or_else(|| expected("hours of a day such as \"09:00-17:00\"")),
            Kind::Days => list(value, |item| match moment_of(item) {
                Some(Moment::Day(day)) => Some(day),
                _ => None,
            })
            .map(|days: Vec<_>| Value::Days(days.into_iter().collect()))
            .map_err(|item| expected_items("a list of dates such as \"2026-12-25\"", item)),
            Kind::Severities => {
                list(value, |item| word(item, &SEVERITIES)).map(Value::Severities).map_err(|item| {
                    expected_items("a list of severities (\"critical\", \"high\", \"medium\", \"low\")", item)
                })
            }
            Kind::Path => path_text(value)
                .map(|written| Value::Path(base.join(written)))
                .ok_or_else(|| expected("a path")),
            Kind::Patterns => {
                let patterns = list(value, |item| path_text(item).map(|item| FilePattern::new(item, base)))
                    .map_err(|item| expected_items("a list of paths", item))?;
                match patterns.iter().find_map(|files: &FilePattern| glob_error(&files.pattern)) {
                    Some(misfit) => Err(misfit),
                    None => Ok(Value::Patterns(patterns)),
                }
            }
            Kind::Globs => {
                let globs: Vec<String> = list(value, |item| text_of(item).map(|text| text.to_string()))
                    .map_err(|item| expected_items("a list of patterns such as \"release/*\"", item))?;
                match globs.iter().find_map(|glob| glob_error(glob)) {
                    Some(misfit) => Err(misfit),
                    None => Ok(Value::Texts(globs)),
                }
            }
            Kind::Host => host_of(value)
                .map(Value::Text)
                .ok_or_else(|| expected("a host such as \"git.example.org\", without https://")),
            Kind::HostAndFolder => host_and_folder(value)
                .map(Value::Text)
                .ok_or_else(|| expected("a host such as \"git.example.org\", without https://")),
            Kind::Hosts => list(value, host_of).map(Value::Texts).map_err(|item| {
                expected_items("a list of hosts such as \"git.example.org\", without https://", item)
            }),
            Kind::Site => url(value, &["https", "http"])
                .filter(|url| url.username().is_empty() && url.password().is_none())
                .filter(|url| url.query().is_none() && url.fragment().is_none())
                .map(Value::Url)
                .ok_or_else(|| secret("an address such as \"https://example.atlassian.net\"")),
            Kind::Proxy => url(value, &["http", "https", "socks5", "socks5h"])
                .map(Value::Url)
                .ok_or_else(|| secret("an address such as \"http://proxy.example.org:3128\"")),
            Kind::Command => list(value, |item| path_text(item).map(str::to_owned))
                .ok()
                .filter(|words| !words.is_empty())
                .map(Value::Texts)
                .ok_or_else(|| expected("a list of a program and its arguments")),
            Kind::Query => value
                .as_str()
                .map(|written| written.split_whitespace().collect::<Vec<_>>().join(" "))
                .filter(|query| !query.is_empty() && query.len() <= LONGEST_QUERY)
                .filter(|query| !query.chars().any(char::is_control))
                .map(Value::Text)
                .ok_or_else(|| expected("a question of at most 8000 characters")),
            Kind::RepositoryPaths(names) => {
                let example = if *names.end() > 2 { "group/subgroup/name" } else { "owner/name" };
                list(value, |item| repository_path(item, names)).map(Value::Texts).map_err(|item| {
                    expected_items(&format!("a list of repositories such as \"{example}\""), item)
                })
            }
            // An address is a secret: what does not fit is not repeated.
            Kind::Addresses => list(value, |item| {
                url(item, &["https", "http"])
                    .filter(|url| url.username().is_empty() && url.password().is_none())
            })
            .map(Value::Addresses)
            .map_err(|item| Misfit {
                part: item.map(Spanned::span),
                what: format!(
                    "`{}` must be a list of addresses that begin with https:// or http://",
                    self.key
                ),
                next_step: "a user or a password belongs into no address; a file belongs into `files`"
                    .to_owned(),
            }),
            Kind::Summaries => {
                let expected = "a list of patterns such as \"deploy {release} to {environment}\"";
                let patterns = list(value, |item| text_of(item).map(|text| text.to_string()))
                    .map_err(|item| expected_items(expected, item))?;
                let is_odd = |pattern: &&String| {
                    let rest = pattern.replace("{release}", "").replace("{environment}", "");
                    rest.contains(['{', '}'])
                };
                match patterns.iter().find(is_odd) {
                    Some(pattern) => Err(Misfit {
                        part: None,
                        what: format!("`{}`: \"{pattern}\" has braces around something else", self.key),
                        next_step: "{release} and {environment} stand for names, * for anything".to_owned(),
                    }),
                    None => Ok(Value::Texts(patterns)),
                }
            }
            Kind::Pattern => {
                let written = text().ok_or_else(|| expected("a pattern such as \"v*\""))?;
                match glob_error(&written) {
                    Some(misfit) => Err(misfit),
                    None => Ok(Value::Text(written)),
                }
            }
        }
    }

    /// Reads what a variable of the environment holds.
    pub(crate) fn read_variable(&self, written: &str, base: Base<'_>) -> Result<Value, Misfit> {
        let plain = matches!(self.kind, Kind::Flag | Kind::Share | Kind::Count(_));
        match plain.then(|| DeValue::parse(written.trim())) {
            Some(Ok(value)) => self.read(value.get_ref(), base),
            _ => self.read(&DeValue::String(written.into()), base),
        }
    }

    /// What holds without a word.
    pub(crate) fn default_value(&self) -> Option<Value> {
        let parsed = DeValue::parse(self.default?).ok()?;
        self.read(parsed.get_ref(), Base { directory: Path::new(""), home: None }).ok()
    }
}

/// The items of a list; else the first item that does not fit, or none if it is no list.
fn list<'v, 'd, T>(
    value: &'v DeValue<'d>,
    read: impl Fn(&'v DeValue<'d>) -> Option<T>,
) -> Result<Vec<T>, Option<&'v Spanned<DeValue<'d>>>> {
    let items = value.as_array().ok_or(None)?;
    items.iter().map(|item| read(item.get_ref()).ok_or(Some(item))).collect()
}

fn word<T: Copy>(value: &DeValue<'_>, words: &[(&str, T)]) -> Option<T> {
    let written = value.as_str()?.trim().to_lowercase();
    words.iter().find(|(name, _)| *name == written).map(|(_, meaning)| *meaning)
}

/// A host in small letters, perhaps with a port; none if it is none.
fn host_of(value: &DeValue<'_>) -> Option<String> {
    host_name(value.as_str()?)
}

/// A host, perhaps with the folder that a service is installed under: `example.org/gitlab`.
fn host_and_folder(value: &DeValue<'_>) -> Option<String> {
    let written = value.as_str()?.trim().trim_end_matches('/');
    let (host, folder) =
        written.split_once('/').map_or((written, None), |(host, folder)| (host, Some(folder)));
    let host = host_name(host)?;
    match folder {
        None => Some(host),
        Some(folder) => is_repository_path(folder, &(1..=5)).then(|| format!("{host}/{folder}")),
    }
}

/// `written` as a host in small letters, perhaps with a port; none if it is none.
pub(crate) fn host_name(written: &str) -> Option<String> {
    let written = written.trim().to_ascii_lowercase();
    let (name, port) = written.split_once(':').map_or((&*written, None), |(name, port)| (name, Some(port)));
    let is_part = |part: &str| {
        !part.is_empty()
            && part.len() <= 63
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
            && !part.starts_with('-')
    };
    let is_number =
        |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
    (name.len() <= 253 && name.split('.').all(is_part) && port.is_none_or(is_number)).then_some(written)
}

fn url(value: &DeValue<'_>, schemes: &[&str]) -> Option<Url> {
    let url = Url::parse(value.as_str()?.trim()).ok()?;
    (schemes.contains(&url.scheme()) && url.host_str().is_some_and(|host| !host.is_empty())).then_some(url)
}

/// `owner/name` and the like, without what would lead elsewhere in an address.
fn repository_path(value: &DeValue<'_>, names: &std::ops::RangeInclusive<usize>) -> Option<String> {
    let path = value.as_str()?.trim();
    is_repository_path(path, names).then(|| path.to_owned())
}

/// Whether `path` is a repository's at a forge: so many names with slashes between them.
pub(crate) fn is_repository_path(path: &str, names: &std::ops::RangeInclusive<usize>) -> bool {
    let is_name = |name: &str| {
        !name.is_empty()
            && name != "."
            && name != ".."
            && name.len() <= 255
            && name.chars().all(|character| character.is_ascii_alphanumeric() || "-_.".contains(character))
    };
    names.contains(&path.split('/').count()) && path.split('/').all(is_name)
}

fn path_text<'a>(value: &'a DeValue<'_>) -> Option<&'a str> {
    value.as_str().filter(|written| !written.trim().is_empty() && !written.contains('\0'))
}

/// The zone called `written`; else a hint at the name that was meant, to be put behind an error.
fn zone(written: &str) -> Result<Tz, String> {
    if let Ok(zone) = written.parse() {
        return Ok(zone);
    }
    let near = nearest(written, chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()));
    Err(near.map(|near| format!(" — did you mean \"{near}\"?")).unwrap_or_default())
}

fn glob_error(pattern: &str) -> Option<Misfit> {
    let error = GlobBuilder::new(pattern).literal_separator(true).build().err()?;
    Some(Misfit {
        part: None,
        what: format!("`{pattern}` is not a pattern: {}", error.kind()),
        next_step: "* stands for any characters, ? for one, ** for any directories".to_owned(),
    })
}

/// As TOML writes it.
impl fmt::Display for Value {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fn quoted<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> String {
            let items: Vec<_> = items.into_iter().map(|item| quote(item.as_ref())).collect();
            format!("[{}]", items.join(", "))
        }
        match self {
            Self::Text(text) => formatter.write_str(&quote(text)),
            Self::Flag(flag) => flag.fmt(formatter),
            Self::Share(share) => write!(formatter, "{share:?}"),
            Self::Count(count) => count.fmt(formatter),
            Self::Duration(duration) => formatter.write_str(&quote(&format_duration(*duration))),
            Self::Texts(texts) => formatter.write_str(&quoted(texts)),
            Self::Zone(zone) => formatter.write_str(&quote(zone.name())),
            Self::Week(days) => {
                formatter.write_str(&quoted(days.iter().map(|day| day.to_string().to_lowercase())))
            }
            Self::Hours(Hours { from, until }) => {
                formatter.write_str(&quote(&format!("{}-{}", from.format("%H:%M"), until.format("%H:%M"))))
            }
            Self::Days(days) => formatter.write_str(&quoted(days.iter().map(NaiveDate::to_string))),
            Self::Severities(severities) => {
                let name = |severity: &Severity| SEVERITIES.iter().find(|(_, named)| named == severity);
                formatter.write_str(&quoted(severities.iter().filter_map(name).map(|(name, _)| *name)))
            }
            Self::Path(path) => formatter.write_str(&quote(&path.to_string_lossy())),
            Self::Url(url) => {
                let mut shown = url.clone();
                if shown.password().is_some() {
                    // An address with a host can have a password.
                    let _ = shown.set_password(Some("***"));
                }
                formatter.write_str(&quote(shown.as_str()))
            }
            Self::Addresses(addresses) => formatter.write_str(&quoted(addresses.iter().map(|address| {
                format!("{}://{}/***", address.scheme(), address.host_str().unwrap_or_default())
            }))),
            Self::Patterns(paths) => formatter.write_str(&quoted(paths.iter().map(FilePattern::to_string))),
        }
    }
}

/// A TOML string that is safe to print.
pub(crate) fn quote(text: &str) -> String {
    toml::Value::String(clean(text)).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_start_where_they_are_named_or_at_home() {
        let base = Base { directory: Path::new("/work/here"), home: Some(Path::new("/home/ada")) };
        for (written, directory, pattern) in [
            ("plan.toml", "/work/here/plan.toml", ""),
            ("./plan/*.toml", "/work/here/plan", "*.toml"),
            ("~/plan/**/a.toml", "/home/ada/plan", "**/a.toml"),
            ("/plan/*.toml", "/plan", "*.toml"),
            ("/*.toml", "/", "*.toml"),
            ("*.toml", "/work/here", "*.toml"),
            ("~other/plan.toml", "/work/here/~other/plan.toml", ""),
        ] {
            let files = FilePattern::new(written, base);
            assert_eq!((files.base.as_path(), files.pattern.as_str()), (Path::new(directory), pattern));
        }
    }

    #[test]
    fn what_does_not_fit_is_named_with_what_would() {
        let base = Base { directory: Path::new("/"), home: None };
        for (key, written, expected) in [
            ("mouse", "1", "`mouse` must be true or false, not 1"),
            ("gates.tests_passing", "99", "`gates.tests_passing` must be a share from 0 to 1, not 99"),
            ("gates.tests_passing", "nan", "`gates.tests_passing` must be a share from 0 to 1, not nan"),
            (
                "source.git.releases",
                "0",
                "`source.git.releases` must be a whole number from 1 to 1000, not 0",
            ),
            (
                "source.git.releases",
                "1.5",
                "`source.git.releases` must be a whole number from 1 to 1000, not 1.5",
            ),
            ("source.plan.interval", "\"1s\"", "`source.plan.interval` must be from 5s to 24h, not \"1s\""),
            ("last_day", "\"90m\"", "`last_day` must be whole hours, not \"90m\""),
            (
                "source.git.recent_branches",
                "\"36h\"",
                "`source.git.recent_branches` must be whole days, not \"36h\"",
            ),
            (
                "working_week",
                "[]",
                "`working_week` must be at least one weekday, none of them twice, not this list",
            ),
            (
                "holidays",
                "[2026-12-25T10:00:00]",
                "`holidays` must be a list of dates such as \"2026-12-25\", not 2026-12-25T10:00:00",
            ),
            (
                "time_zone",
                "\"Europe/Berln\"",
                "unknown time zone \"Europe/Berln\" — did you mean \"Europe/Berlin\"?",
            ),
            ("theme", "\"\"", "`theme` must be a text that is not empty, not an empty text"),
            (
                "source.git.tag_pattern",
                "\"v[\"",
                "`v[` is not a pattern: unclosed character class; missing ']'",
            ),
        ] {
            let value = DeValue::parse(written).unwrap();
            let setting = Setting::of(key).unwrap();
            let misfit = setting.read(value.get_ref(), base).unwrap_err();
            assert_eq!(misfit.what, expected);
        }
    }

    #[test]
    fn variables_hold_what_files_hold() {
        let base = Base { directory: Path::new("/work"), home: None };
        for (key, written, expected) in [
            ("mouse", "false", Some(Value::Flag(false))),
            ("mouse", "no", None),
            ("theme", "true", Some(Value::Text("true".to_owned()))),
            ("gates.tests_passing", "0.9", Some(Value::Share(0.9))),
            ("source.git.releases", "7", Some(Value::Count(7))),
            ("last_day", "48h", Some(Value::Duration(Duration::from_secs(172_800)))),
            ("data_dir", "kept", Some(Value::Path(PathBuf::from("/work/kept")))),
        ] {
            let setting = Setting::of(key).unwrap();
            assert_eq!(setting.read_variable(written, base).ok(), expected, "{key}");
        }
        assert_eq!(Setting::of("time_zone").unwrap().variable().as_deref(), Some("TMINUS_TIME_ZONE"));
        assert_eq!(Setting::of("holidays").unwrap().variable(), None);
    }
}
