//! Where sections are kept that somebody saves: a file beside the history of the board.

#![expect(clippy::disallowed_methods, reason = "this is the room of the file of sections")]

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use crate::{app::PullRequestSection, domain::Problem};

/// Its name in the directory of the board.
const NAME: &str = "sections.json";
/// Longest file that is read, in bytes.
const LONGEST: u64 = 256 * 1024;
/// Most sections that are read.
const MOST: usize = 100;

/// A file beside the history; none where the board keeps nothing.
#[derive(Clone, Debug, Default)]
pub struct SectionStore(Option<PathBuf>);

impl SectionStore {
    /// The file of the board in `directory`.
    pub fn new(directory: Option<&Path>) -> Self {
        Self(directory.map(|directory| directory.join(NAME)))
    }

    /// What was kept; a problem where it is there and cannot be read.
    pub fn read(&self) -> Result<Vec<PullRequestSection>, Problem> {
        let Some(path) = &self.0 else { return Ok(Vec::new()) };
        let unreadable = |cause: String| {
            Problem::new(
                format!("saved sections cannot be read: {cause}"),
                format!("mend or remove {}", path.display()),
            )
        };
        match fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(unreadable(error.to_string())),
            Ok(metadata) if metadata.len() > LONGEST => return Err(unreadable("too large".to_owned())),
            Ok(_) => {}
        }
        let bytes = fs::read(path).map_err(|error| unreadable(error.to_string()))?;
        let mut kept: Vec<PullRequestSection> =
            serde_json::from_slice(&bytes).map_err(|error| unreadable(error.to_string()))?;
        kept.truncate(MOST);
        Ok(kept)
    }

    /// Keeps these in place of what was kept. Nothing is half written.
    pub fn keep(&self, sections: &[PullRequestSection]) -> Result<(), Problem> {
        let Some(path) = &self.0 else {
            return Err(Problem::new(
                "this board keeps nothing: the section lasts as long as the program runs",
                "give it a place with --data-dir",
            ));
        };
        let write = || -> io::Result<()> {
            let beside = path.with_extension(format!("{}.new", std::process::id()));
            fs::write(&beside, serde_json::to_vec_pretty(sections)?)?;
            fs::rename(&beside, path)
        };
        write().map_err(|error| {
            Problem::new(format!("the section was not kept: {error}"), format!("look at {}", path.display()))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_read_again_and_what_is_broken_is_said() {
        let directory = tempfile::tempdir().unwrap();
        let store = SectionStore::new(Some(directory.path()));
        assert_eq!(store.read().unwrap(), []);
        let sections = PullRequestSection::built_in();
        store.keep(&sections).unwrap();
        assert_eq!(store.read().unwrap(), sections);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "nothing is left over");
        fs::write(directory.path().join(NAME), "{").unwrap();
        assert!(store.read().unwrap_err().what.contains("cannot be read"));
        assert!(SectionStore::default().keep(&sections).is_err());
    }
}
