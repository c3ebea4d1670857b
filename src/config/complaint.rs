//! What is wrong with a file that a person wrote, said so that the person can mend it.

use std::{fmt, sync::Arc};

use crate::domain::clean;

/// Most complaints that are printed; the rest is counted.
const SHOWN: usize = 20;

/// Longest name that is compared with others, in bytes.
const LONGEST_COMPARED: usize = 100;

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file, as it is shown to a person.
    pub file: Arc<str>,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// What a complaint is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Location {
    /// A place in a file.
    File(Place),
    /// A file as a whole, a variable or a flag, by its name.
    Named(String),
}

impl From<Place> for Location {
    fn from(place: Place) -> Self {
        Self::File(place)
    }
}

impl From<&str> for Location {
    fn from(name: &str) -> Self {
        Self::Named(clean(name))
    }
}

impl From<String> for Location {
    fn from(name: String) -> Self {
        Self::from(name.as_str())
    }
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(place) => place.fmt(formatter),
            Self::Named(name) => name.fmt(formatter),
        }
    }
}

/// One thing that is wrong with what a person wrote.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Complaint {
    /// Where.
    pub at: Location,
    /// What is wrong.
    pub what: String,
    /// What is allowed, or what to do.
    pub next_step: String,
}

impl Complaint {
    /// A complaint about the place `at`. What comes from the file is cleaned here.
    pub fn new(at: impl Into<Location>, what: impl AsRef<str>, next_step: impl AsRef<str>) -> Self {
        Self { at: at.into(), what: clean(what.as_ref()), next_step: next_step.as_ref().to_owned() }
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.at, self.what)?;
        if !self.next_step.is_empty() {
            write!(formatter, "\n  {}", self.next_step)?;
        }
        Ok(())
    }
}

/// The configuration cannot be used. Its `Display` has several lines and names everything that
/// is wrong, in the order of the files.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    /// All that is wrong.
    pub complaints: Vec<Complaint>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, complaint) in self.complaints.iter().take(SHOWN).enumerate() {
            if index > 0 {
                writeln!(formatter)?;
            }
            write!(formatter, "{complaint}")?;
        }
        let more = self.complaints.len().saturating_sub(SHOWN);
        if more > 0 {
            write!(formatter, "\nand {more} more")?;
        }
        Ok(())
    }
}

/// The candidate that `written` most probably meant, if one is near enough to be a typing
/// mistake.
pub fn nearest<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Comparing takes time and memory by the product of the lengths; no name is this long.
    if written.len() > LONGEST_COMPARED {
        return None;
    }
    let written = written.to_lowercase().replace('-', "_");
    // A third of the letters may be wrong; a transposition counts as one.
    let allowed = (written.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= LONGEST_COMPARED)
        .map(|candidate| {
            let plain = candidate.to_lowercase().replace('-', "_");
            (strsim::damerau_levenshtein(&written, &plain), candidate)
        })
        .filter(|(distance, _)| *distance <= allowed)
        // Of several equally near ones always the same.
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_candidate_is_found_only_if_it_is_near() {
        let keys = ["time_zone", "theme", "mouse", "last_day"];
        for (written, expected) in [
            ("tiem_zone", Some("time_zone")),
            ("time-zone", Some("time_zone")),
            ("Theme", Some("theme")),
            ("mose", Some("mouse")),
            ("lastday", Some("last_day")),
            ("colour", None),
            ("x", None),
        ] {
            assert_eq!(nearest(written, keys), expected, "{written}");
        }
    }

    #[test]
    fn a_complaint_cannot_carry_escape_sequences() {
        let complaint = Complaint::new("a.toml:1:1", "unknown key `\u{1b}[2J`", "");
        assert_eq!(complaint.to_string(), "a.toml:1:1: unknown key `␛[2J`");
    }

    #[test]
    fn a_flood_of_complaints_is_counted() {
        let complaints = (0..25).map(|line| Complaint::new(format!("a:{line}:1"), "no", "")).collect();
        let shown = ConfigError { complaints }.to_string();
        assert_eq!(shown.lines().count(), 21);
        assert!(shown.ends_with("and 5 more"));
    }
}
